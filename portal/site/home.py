"""The figures of the home page. Apps supply them: `home.register(figures)` in `AppConfig.ready()`.

A figure is never a bare percentage: it always carries what was counted, out of how many, and since when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from portal.oversight.measures import Share

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


@dataclass(frozen=True, slots=True)
class Figure:
    """`part` of `whole` things, counted from `since` up to the moment of asking."""

    label: _StrOrPromise
    part: int
    whole: int
    part_label: _StrOrPromise
    whole_label: _StrOrPromise
    since: date | None = None

    @property
    def percent(self) -> str:
        return Share(self.part, self.whole).shown


Supplier = Callable[[datetime], Sequence[Figure]]
_suppliers: list[Supplier] = []


def register(supplier: Supplier) -> None:
    """Let `supplier(now)` add its figures to the home page. A second registration has no effect."""
    if supplier not in _suppliers:
        _suppliers.append(supplier)


def figures(now: datetime) -> list[Figure]:
    """What every supplier has to show at `now`, in order of registration, without shares of nothing."""
    return [figure for supplier in _suppliers for figure in supplier(now) if figure.whole]
