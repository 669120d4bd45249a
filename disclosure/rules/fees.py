"""What a request for information costs: by its number in the month, or by its pages. Pure.

Source: 政府信息公开条例 art. 42 (free, but for what goes clearly beyond a reasonable number or frequency) and
国办函〔2020〕109号 (政府信息公开信息处理费管理办法). By number (art. 4) or by pages (art. 5): one of the two
for a request, never both (art. 3), and an agency may also ask for nothing. Amounts are in whole yuan.

Both are progressive (超额累进, art. 3): a price holds for what lies in its band, not for what lies below it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

BASIS_BY_NUMBER: Final = "国办函〔2020〕109号第四条"
BASIS_BY_PAGES: Final = "国办函〔2020〕109号第五条"

FREE_REQUESTS: Final = 10
FIRST_BAND_ENDS: Final = 30
REQUESTS_A_BAND: Final = 10
STEP: Final = 100

FREE_PAGES: Final = 30
# The last page of a band (None: there is none) and what each of its pages costs.
PAGE_BANDS: Final[tuple[tuple[int | None, int], ...]] = ((FREE_PAGES, 0), (100, 10), (200, 20), (None, 40))


def fee_by_number(ordinal_in_month: int) -> int:
    """The fee of the applicant's n-th request of a calendar month (自然月).

    1–10 are free, 11–30 cost 100 each, 31–40 200 each, 41–50 300 each, and so on without an end.

    The month is that of the day which counts as the day of receipt (条例 art. 31), as with every limit.

    The answer is for this one request, not for all up to it: the agency decides on each request anew whether
    it asks for a fee and by which of the two ways, so that a sum over the month says nothing about any of
    them. Who wants the month as if all were charged by number adds up the fees of 1 to n.

    A letter that asks for several things counts as so many requests (一事一申请, art. 4); they are counted,
    and get their ordinals, before they come here. Raises ValueError for less than 1 or what is no number.
    """
    _check(ordinal_in_month, least=1)
    if ordinal_in_month <= FREE_REQUESTS:
        return 0
    return STEP * _band(ordinal_in_month)


def explained_by_number(ordinal_in_month: int) -> list[str]:
    """How `fee_by_number` comes to its sum, a sentence a line, the sum last. Raises ValueError as it does."""
    fee = fee_by_number(ordinal_in_month)
    sentence = _("This is request no. %(ordinal)d of the applicant in this calendar month.")
    lines = [sentence % {"ordinal": ordinal_in_month}]
    if not fee:
        free = _("The first %(free)d requests of a calendar month are free of charge.")
        return [*lines, free % {"free": FREE_REQUESTS}, _("There is no fee.")]
    first, last = _ends_of(_band(ordinal_in_month))
    if first > FIRST_BAND_ENDS:
        rises = _(
            "From request no. %(first)d on, the price rises by ¥%(step)d with every %(count)d requests."
        )
        lines.append(rises % {"first": FIRST_BAND_ENDS + 1, "step": STEP, "count": REQUESTS_A_BAND})
    each = _("Requests no. %(first)d to %(last)d cost ¥%(price)d each.")
    lines.append(each % {"first": first, "last": last, "price": fee})
    return [*lines, _("The fee is ¥%(sum)d.") % {"sum": fee}]


def fee_by_pages(pages: int) -> int:
    """The fee of one request of which so many pages are given.

    Up to 30 pages are free; each page from 31 to 100 costs 10, from 101 to 200 20, from 201 on 40.

    A page is one side of A4 or smaller. Pages of several requests are not added up. It does not hold for
    what is public already, where the applicant is only told where to find it (art. 5): the workflow sees to
    that. Raises ValueError for less than 0 or what is no number.
    """
    return sum(count * price for _first, count, price in _by_band(pages))


def explained_by_pages(pages: int) -> list[str]:
    """How `fee_by_pages` comes to its sum, a sentence a line, the sum last. Raises ValueError as it does."""
    fee = fee_by_pages(pages)
    counted = ngettext(
        "%(pages)d page is given; a page is one side of A4 or smaller.",
        "%(pages)d pages are given; a page is one side of A4 or smaller.",
        pages,
    )
    lines = [counted % {"pages": pages}]
    lines.append(_("The first %(free)d pages of a request are free of charge.") % {"free": FREE_PAGES})
    if not fee:
        return [*lines, _("There is no fee.")]
    for first, count, price in _by_band(pages):
        if price:
            band = ngettext(
                "From page %(first)d on: %(count)d page at ¥%(price)d, ¥%(sum)d.",
                "From page %(first)d on: %(count)d pages at ¥%(price)d each, ¥%(sum)d.",
                count,
            )
            lines.append(band % {"first": first, "count": count, "price": price, "sum": count * price})
    return [*lines, _("The fee is ¥%(sum)d.") % {"sum": fee}]


def _band(ordinal: int) -> int:
    """1 for requests 11–30, 2 for 31–40, 3 for 41–50 …: the price is so many times 100."""
    if ordinal <= FIRST_BAND_ENDS:
        return 1
    return 2 + (ordinal - FIRST_BAND_ENDS - 1) // REQUESTS_A_BAND


def _ends_of(band: int) -> tuple[int, int]:
    """The first and the last request of a band."""
    if band == 1:
        return FREE_REQUESTS + 1, FIRST_BAND_ENDS
    last = FIRST_BAND_ENDS + (band - 1) * REQUESTS_A_BAND
    return last - REQUESTS_A_BAND + 1, last


def _by_band(pages: int) -> Iterator[tuple[int, int, int]]:
    """Of each band that the pages reach: its first page, how many are in it, and what one costs."""
    _check(pages, least=0)
    before = 0
    for last, price in PAGE_BANDS:
        reached = pages if last is None else min(pages, last)
        if reached > before:
            yield before + 1, reached - before, price
            before = reached


def _check(number: int, *, least: int) -> None:
    # True is an int to Python, and 10.5 is less than 11: neither is a count.
    if type(number) is not int or number < least:
        raise ValueError(f"a whole number from {least} on, not {number!r}")
