from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    name = "approvals"
    label = "approvals"
    verbose_name = _("One-stop window")

    def ready(self) -> None:
        from approvals import registration

        registration.register()
