from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DisclosureConfig(AppConfig):
    name = "disclosure"
    label = "disclosure"
    verbose_name = _("Government information")

    def ready(self) -> None:
        from disclosure import registration

        registration.register()
