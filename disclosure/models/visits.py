"""How often items of the catalogue are read."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from disclosure.models.catalogue import Disclosure


class Visits(models.Model):
    """How often an item was read on a day (in Shanghai). It says nothing of who read it.

    `disclosure.visits` is the only writer.
    """

    disclosure = models.ForeignKey(
        Disclosure, on_delete=models.CASCADE, related_name="+", verbose_name=_("item of the catalogue")
    )
    day = models.DateField(_("day"))
    count = models.PositiveIntegerField(_("number of visits"))

    class Meta:
        verbose_name = _("visits of an item")
        verbose_name_plural = _("visits of items")
        constraints = [
            # The day first: days are summed by this index, and an item's by that of the foreign key.
            models.UniqueConstraint(fields=["day", "disclosure"], name="one_count_of_visits_a_day"),
            models.CheckConstraint(condition=Q(count__gt=0), name="no_count_where_nobody_was"),
        ]

    def __str__(self) -> str:
        return f"{self.disclosure_id} {self.day}: {self.count}"
