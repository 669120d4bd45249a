from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PledgesConfig(AppConfig):
    name = "pledges"
    label = "pledges"
    verbose_name = _("Public pledges")

    def ready(self) -> None:
        from pledges import registration

        registration.register()
