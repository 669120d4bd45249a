"""The site map for search engines (sitemaps.org): every listed item, and when it was last changed.

Items stand in sections of five thousand by their keys: section 3 has the keys from 10,001 to 15,000. So a
section is a range of the primary key, found without counting and without passing over others; an item never
moves to another section, so that only those are read again in which something changed; and unlike ranges of
index numbers, they do not depend on how a bureau numbers, nor on a year. What was withdrawn leaves a gap, and
a section with nothing left is not named.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps import views as sitemap_views
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db.models import F, Max, QuerySet
from django.db.models.functions import Greatest
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from disclosure.models import Disclosure

STEP = 5_000
# The index reads every item's moments, for search engines that come some times a day; it names no item.
KEPT_SECONDS = 600
KEY = "disclosure:sitemap"


class OnePage(Paginator):
    """A section fits on one page by its making, so that nothing has to be counted."""

    count = STEP


class Section(Sitemap):
    """The listed items of a range of keys; `changed_at`: the last change in it, where it is known."""

    limit = STEP

    def __init__(self, number: int, changed_at: datetime | None = None) -> None:
        self.number = number
        self.changed_at = changed_at

    def items(self) -> QuerySet[Disclosure]:
        last = self.number * STEP
        rows = Disclosure.objects.listed().filter(pk__gt=last - STEP, pk__lte=last)
        return rows.only("index_number", "published_at", "corrected_at").order_by("pk")

    def lastmod(self, item: Disclosure) -> datetime:
        return item.corrected_at or item.published_at

    def get_latest_lastmod(self) -> datetime | None:
        return self.changed_at

    @property
    def paginator(self) -> Paginator[Disclosure]:
        return OnePage(self.items(), STEP)


def sections() -> list[tuple[int, datetime]]:
    """The number of each section that has listed items, and the last change in it."""
    listed = Disclosure.objects.listed().annotate(section=(F("pk") - 1) / STEP + 1)
    changed = Max(Greatest("published_at", "corrected_at"))
    return list(
        listed.values("section").annotate(at=changed).order_by("section").values_list("section", "at")
    )


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """/sitemap.xml: the addresses of the sections."""
    found = cache.get_or_set(KEY, sections, KEPT_SECONDS) or []
    maps: dict[str, Any] = {str(number): Section(number, at) for number, at in found}
    return sitemap_views.index(request, maps, sitemap_url_name="sitemap_section")


@require_safe
def section(request: HttpRequest, section: int) -> HttpResponse:
    """/sitemap-3.xml: the items of a section, as they are listed now; 404 where there are none."""
    found = Section(section)
    if not found.items().exists():
        raise Http404
    return sitemap_views.sitemap(request, {str(section): found}, section=str(section))
