"""The calendar as rows: notices, days, and the version that tells processes when to read it again."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.workdays import calendar

# 发文字号: no leading zero, full-width brackets.
NUMBER_PATTERN = r"^[一-龥]{2,20}〔(19|20)[0-9]{2}〕[1-9][0-9]*号$"


class CalendarNotice(models.Model):
    """A notice of the State Council on the holidays of one year, or an amendment of it."""

    number = models.CharField(_("document number"), max_length=60, blank=True)
    title = models.CharField(_("title"), max_length=200)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    year = models.PositiveSmallIntegerField(_("year"))
    source = models.CharField(_("source"), max_length=200, blank=True)
    # Seeded notices came with the portal; entered ones are never overwritten by a newer release.
    seeded = models.BooleanField(_("came with the portal"), default=False)
    entered_at = models.DateTimeField(_("entered at"))
    entered_by_id = models.BigIntegerField(_("entered by (id)"), null=True, blank=True)
    entered_by_name = models.CharField(_("entered by"), max_length=150)

    class Meta:
        verbose_name = _("calendar notice")
        verbose_name_plural = _("calendar notices")
        ordering = ["-year", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=~Q(number=""), name="calendar_notice_number_once"
            ),
            models.UniqueConstraint(fields=["year", "title"], name="calendar_notice_title_once_a_year"),
            models.CheckConstraint(
                condition=Q(number="") | Q(number__regex=NUMBER_PATTERN),
                name="calendar_notice_number_well_formed",
            ),
            models.CheckConstraint(
                condition=Q(seeded=True) | ~Q(number=""), name="calendar_notice_entered_has_number"
            ),
            models.CheckConstraint(
                condition=Q(year__gte=1949, year__lte=2200), name="calendar_notice_year_plausible"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return self.number or self.title


class Reason(models.TextChoices):
    WORKDAY = calendar.WORKDAY, _("Working day")
    WEEKEND = calendar.WEEKEND, _("Weekend")
    HOLIDAY = calendar.HOLIDAY, _("Holiday")
    MAKEUP = calendar.MAKEUP, _("Make-up working day")


class Day(models.Model):
    """One day. A due date in SQL is one join: the working day whose ordinal is the start's plus n."""

    date = models.DateField(_("date"), primary_key=True)
    working = models.BooleanField(_("working day"))
    # Working days from the calendar's first day up to and including this one.
    ordinal = models.PositiveIntegerField(_("ordinal"))
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    name = models.CharField(_("holiday"), max_length=60, blank=True)
    notice = models.ForeignKey(
        CalendarNotice,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="days",
        verbose_name=_("notice"),
    )
    provisional = models.BooleanField(_("provisional"), default=False)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["date"]
        indexes = [
            models.Index(
                fields=["ordinal"], include=["date"], condition=Q(working=True), name="working_day_by_ordinal"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(working=True, reason__in=[calendar.WORKDAY, calendar.MAKEUP])
                | Q(working=False, reason__in=[calendar.WEEKEND, calendar.HOLIDAY]),
                name="calendar_day_reason_agrees_with_working",
            ),
            models.CheckConstraint(
                condition=~Q(reason__in=[calendar.HOLIDAY, calendar.MAKEUP]) | ~Q(name=""),
                name="calendar_day_holiday_and_makeup_have_name",
            ),
            models.CheckConstraint(
                condition=~Q(reason=calendar.MAKEUP) | Q(notice__isnull=False),
                name="calendar_day_makeup_needs_notice",
            ),
            models.CheckConstraint(
                condition=Q(provisional=False) | Q(notice__isnull=True),
                name="calendar_day_provisional_until_notice",
            ),
            models.CheckConstraint(
                condition=~Q(reason__in=[calendar.WEEKEND, calendar.MAKEUP]) | Q(date__iso_week_day__gte=6),
                name="calendar_day_weekend_and_makeup_on_weekend",
            ),
        ]

    def __str__(self) -> str:
        return self.date.isoformat()


class CalendarVersion(models.Model):
    """One row. `token` changes with every change and is never used twice, not even after a rollback."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    version = models.PositiveIntegerField(_("version"), default=0)
    token = models.UUIDField(_("token"), default=uuid.uuid4)

    class Meta:
        verbose_name = _("calendar version")
        verbose_name_plural = _("calendar versions")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="calendar_version_one_row")]

    def __str__(self) -> str:
        return str(self.version)
