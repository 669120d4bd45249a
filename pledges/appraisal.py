"""Complaints about pledges that were upheld count in the yearly appraisal of the unit that pledged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from pledges.models import Breach
from portal.cases.terms import ONE_DAY, midnight
from portal.oversight.appraisal import Item


def upheld(first: date, last: date) -> Mapping[int, int]:
    """How many breaches were upheld from `first` to `last`, by the pledging unit."""
    found = Breach.objects.filter(
        upheld=True, decided_at__gte=midnight(first), decided_at__lt=midnight(last + ONE_DAY)
    )
    rows = found.values_list("clause__version__pledge__unit_id").annotate(times=Count("pk"))
    return {int(unit_id): times for unit_id, times in rows}


UPHELD = Item("pledges.upheld", _("Pledges not kept (upheld)"), upheld)
