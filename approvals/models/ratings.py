"""A bad rating as a task."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models.applications import ApprovalCase
from portal.cases.models import Case, CaseQuerySet
from portal.cases.text import TextField


class BadRatingQuerySet(CaseQuerySet["BadRating"]):
    def for_list(self) -> BadRatingQuerySet:
        return self.select_related("unit", "holder", "approval__guide__item")


class BadRating(Case):
    """An applicant was not satisfied: looked into, called, put right."""

    approval = models.OneToOneField(
        ApprovalCase, on_delete=models.PROTECT, related_name="bad_rating", verbose_name=_("application")
    )
    tries = models.PositiveSmallIntegerField(_("calls in vain"), default=0)
    remedy = TextField(_("what was put right"), max_length=1000, blank=True, default="")

    objects = BadRatingQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("bad rating")
        verbose_name_plural = _("bad ratings")
