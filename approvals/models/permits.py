"""What was granted (许可证), and whether it holds."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from approvals.models.applications import ApprovalCase
from approvals.rules import permit as rules
from portal.cases.text import TextField
from portal.documents.models import Document


class Permit(models.Model):
    """A permit: the document that says so now, and its state. `document` has the public check page."""

    case = models.OneToOneField(
        ApprovalCase, on_delete=models.PROTECT, related_name="permit", verbose_name=_("application")
    )
    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, related_name="permit", verbose_name=_("certificate")
    )
    state = models.CharField(_("state"), max_length=10, choices=list(rules.STATES.items()))
    content = TextField(_("what is granted"), max_length=2000)
    conditions = TextField(_("requirements"), max_length=2000, blank=True, default="")
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True)
    issued_at = models.DateTimeField(_("issued"))
    version = models.PositiveIntegerField(_("count of changes"), default=1)

    class Meta:
        verbose_name = _("permit")
        verbose_name_plural = _("permits")
        ordering = ["-issued_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="a_permit_is_valid_for_a_day_at_least",
            ),
        ]

    def __str__(self) -> str:
        return self.document.number

    @property
    def subject(self) -> str:
        """Under what name the ledger knows the permit."""
        return f"permit:{self.case.number}"

    @property
    def state_label(self) -> str:
        return str(rules.STATES[self.state])
