"""An application that is being written on the web and has not been sent."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models.items import ItemGuide


class Draft(models.Model):
    """What an applicant has filled in so far. Number and code open it again; after a month it is deleted.

    `data` are the form's fields as they were typed, right or not: nothing typed is lost.
    """

    number = models.CharField(_("number of the draft"), max_length=40, unique=True)
    lookup_code = models.CharField(_("look-up code"), max_length=12)
    guide = models.ForeignKey(ItemGuide, on_delete=models.PROTECT, related_name="+", verbose_name=_("guide"))
    data = models.JSONField(_("filled in"), default=dict)
    begun_at = models.DateTimeField(_("begun"))
    saved_at = models.DateTimeField(_("saved"))

    class Meta:
        verbose_name = _("draft of an application")
        verbose_name_plural = _("drafts of applications")
        ordering = ["-saved_at", "-id"]
        indexes = [models.Index(fields=["saved_at"], name="draft_saved")]

    def __str__(self) -> str:
        return self.number
