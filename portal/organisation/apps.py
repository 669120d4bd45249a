from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrganisationConfig(AppConfig):
    name = "portal.organisation"
    label = "organisation"
    verbose_name = _("Units and staff")

    def ready(self) -> None:
        from portal.organisation import second_factor_events

        second_factor_events.connect()
