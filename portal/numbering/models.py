"""Numbers that follow one another without a gap, under concurrency."""

from __future__ import annotations

from django.db import connection, models
from django.utils.translation import gettext_lazy as _


class Series(models.Model):
    """One run of numbers: `code` says of what, `period` within which day or year it starts at 1."""

    code = models.CharField(_("code"), max_length=40)
    period = models.CharField(_("period"), max_length=10)
    last = models.PositiveIntegerField(_("last number given"))

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = [models.UniqueConstraint(fields=["code", "period"], name="one_series_a_period")]

    def __str__(self) -> str:
        return f"{self.code} {self.period}: {self.last}"


def next_numbers(code: str, period: str, count: int) -> range:
    """The next `count` numbers of the series, in one statement.

    The series' row stays locked until the caller's transaction ends: a rolled-back number is given again,
    so that there is no gap, and the next caller waits for it.
    """
    if count < 1:
        raise ValueError("at least one number must be asked for")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO numbering_series AS s (code, period, last) VALUES (%s, %s, %s) "
            "ON CONFLICT (code, period) DO UPDATE SET last = s.last + excluded.last RETURNING last",
            [code, period, count],
        )
        (last,) = cursor.fetchone()
    return range(last - count + 1, last + 1)


def next_number(code: str, period: str) -> int:
    """The next number of the series, starting at 1."""
    return next_numbers(code, period, 1)[0]
