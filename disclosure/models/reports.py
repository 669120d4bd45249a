"""The yearly report on open government (政府信息公开工作年度报告): what is written, what was approved."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.documents.models import Document


class ReportState(models.TextChoices):
    DRAFT = "draft", _("draft")
    APPROVED = "approved", pgettext_lazy("annual report", "approved")


class AnnualReport(models.Model):
    """The report of one year. `disclosure.reporting` is its only writer.

    `figures` are what the portal does not know and an officer enters, by the names of `rules.annual.FIGURES`;
    `texts` are the chapters in words. `tables` are counted from the cases as long as it is a draft, and kept
    as they were counted when it is approved.
    """

    year = models.PositiveSmallIntegerField(_("year"))
    state = models.CharField(_("state"), max_length=8, choices=ReportState, default=ReportState.DRAFT)
    figures = models.JSONField(_("figures that are entered"), default=dict)
    texts = models.JSONField(_("chapters in words"), default=dict)
    tables = models.JSONField(_("tables"), null=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("begun by")
    )
    # Everybody who ever wrote in it, its author among them: none of them approves it.
    writers = ArrayField(models.BigIntegerField(), verbose_name=_("written by"), default=list)
    begun_at = models.DateTimeField(_("begun"))
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    approved_at = models.DateTimeField(_("approved"), null=True)
    document = models.OneToOneField(
        Document,
        on_delete=models.PROTECT,
        null=True,
        related_name="annual_report",
        verbose_name=_("document"),
    )
    version = models.PositiveIntegerField(_("version"), default=1)

    class Meta:
        verbose_name = _("annual report")
        verbose_name_plural = _("annual reports")
        ordering = ["-year"]
        constraints = [
            models.UniqueConstraint(fields=["year"], name="one_report_a_year"),
            models.CheckConstraint(
                # Of a JSON field `tables=None` would ask for its own null, which is a value.
                condition=Q(
                    state="draft", tables__isnull=True, approved_by=None, approved_at=None, document=None
                )
                | Q(
                    state="approved",
                    tables__isnull=False,
                    approved_by__isnull=False,
                    approved_at__isnull=False,
                    document__isnull=False,
                ),
                name="an_approved_report_has_its_tables_and_document",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("author")),
                name="a_report_is_approved_by_somebody_else",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="an_approved_report_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="approved"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.year)

    @property
    def subject(self) -> str:
        """Under what name the ledger knows the report."""
        return f"annual_report:{self.year}"

    @property
    def is_approved(self) -> bool:
        return self.state == ReportState.APPROVED
