from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "portal.notices"
    label = "notices"
    verbose_name = _("Notices")

    def ready(self) -> None:
        from portal.cases import effects
        from portal.notices import outbox

        if outbox.tell_of_move not in effects.on_moved:
            effects.on_moved.append(outbox.tell_of_move)
        if outbox.tell_of_limits not in effects.on_fired:
            effects.on_fired.append(outbox.tell_of_limits)
