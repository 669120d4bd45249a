from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "portal.cases"
    label = "cases"
    verbose_name = _("Cases and deadlines")

    def ready(self) -> None:
        from portal.cases.verifying import check_cases
        from portal.ledger.verify import more_checks

        if check_cases not in more_checks:
            more_checks.append(check_cases)
