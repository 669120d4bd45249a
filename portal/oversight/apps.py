from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OversightConfig(AppConfig):
    name = "portal.oversight"
    label = "oversight"
    verbose_name = _("Supervision")

    def ready(self) -> None:
        from portal.cases import effects
        from portal.oversight import appraisal, cards, measures

        if cards.issue_cards not in effects.on_fired:
            effects.on_fired.append(cards.issue_cards)
        measures.register(measures.PROMISED_KEPT)
        appraisal.register(appraisal.YELLOW_CARDS)
        appraisal.register(appraisal.RED_CARDS)
