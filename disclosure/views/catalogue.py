"""Everyone's pages of the catalogue: browse and search it, read an item, follow it as a feed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from disclosure import browsing, searching, visits
from disclosure.browsing import Names
from disclosure.filters import CatalogueFilter
from disclosure.marking import excerpt, marked
from disclosure.models import Disclosure, DisclosureFile, Validity, Version
from disclosure.places import EPOCH, read, written
from disclosure.rules.publication import SEEN_BY
from disclosure.views.export import question
from portal.cases.keyset import BadKey
from portal.organisation.actors_of import actor_of

FEED_SIZE = 50
# The page's own filters, in the order in which they stand beside it.
FACETS = ("category", "year", "unit", "theme", "validity")


# A page of the catalogue ------------------------------------------------------------------------------------


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """Browse by category, year, unit, theme and validity, or search; the number beside each filter."""
    asked = CatalogueFilter(request.GET, Disclosure.objects.none())
    names = browsing.names()
    if not asked.is_valid():
        return render(request, "disclosure/catalogue.html", {"filter": asked}, status=400)
    words, wanted = asked.words(), asked.wanted(names.below)
    context: dict[str, Any]
    try:
        context = _found(request, words, wanted) if words else _newest(request, wanted)
    except BadKey:
        sentence = _("There is no such page of the list. Please begin with the first.")
        context = {"rows": [], "sentence": sentence}
    tallied: dict[str, dict[Any, int]] = context.pop("tallies", {})
    context |= {
        "filter": asked,
        "question": question(request),
        "words": words,
        "is_filtered": bool(words or wanted),
        "chosen": _chosen(request, names),
        "kept": [(name, request.GET[name]) for name in FACETS if request.GET.get(name)],
        "facets": _facets(request, names, tallied),
    }
    status = 400 if "sentence" in context else 200
    return render(request, "disclosure/catalogue.html", context, status=status)


def _newest(request: HttpRequest, wanted: browsing.Wanted) -> dict[str, Any]:
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = browsing.newest(wanted, after=after, before=before)
    tallies = browsing.tallies(wanted)
    return {
        "rows": [{"item": each, "title": marked(each.title, []), "excerpt": []} for each in page.items],
        "total": browsing.total(tallies, wanted),
        "tallies": tallies,
        "newer_url": _page(request, before=page.before) if page.before else "",
        "older_url": _page(request, after=page.after) if page.after else "",
    }


def _found(request: HttpRequest, words: list[str], wanted: browsing.Wanted) -> dict[str, Any]:
    after = read(request.GET.get("after", ""))
    results = browsing.found(words, wanted, after=after)
    items = browsing.items_of([each.pk for each in results.keys])
    context: dict[str, Any] = {
        "rows": [
            {"item": each, "title": marked(each.title, words), "excerpt": excerpt(each.body, words)}
            for each in items
        ],
        "total": results.total,
        "first_url": _page(request) if after else "",
        "older_url": _page(request, after=written(results.keys[-1])) if results.more else "",
        "is_first": after is None,
        "most_counted": searching.MOST_COUNTED,
    }
    if results.total:
        context["tallies"] = browsing.tallies_among(searching.ids(words, browsing.condition(wanted)))
    return context


def _page(request: HttpRequest, **more: str) -> str:
    """This list with other values in its address; an empty one is left out."""
    asked = {name: request.GET.get(name, "") for name in ("q", *FACETS)} | more
    question = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('disclosure:catalogue')}?{question}" if question else reverse("disclosure:catalogue")


def _chosen(request: HttpRequest, names: Names) -> list[dict[str, str]]:
    """What the list is narrowed by now, each with the address without it."""
    labels = _labels(names)
    return [
        {"label": labels[facet][value], "url": _page(request, **{facet: ""})}
        for facet in FACETS
        if (value := request.GET.get(facet, "")) and value in labels[facet]
    ]


def _labels(names: Names) -> dict[str, dict[str, str]]:
    """What each value in an address is called."""
    years = {str(year): str(year) for year in range(1900, 2100)}
    return {
        "category": {each.code: each.name for each in names.categories.values()},
        "year": years,
        "unit": {each.code: each.name for each in names.units.values()},
        "theme": {each.code: each.name for each in names.themes.values()},
        "validity": {each.value: str(each.label) for each in Validity},
    }


def _facets(request: HttpRequest, names: Names, tallies: dict[str, dict[Any, int]]) -> list[dict[str, Any]]:
    """The values that would leave something, with how much, by facet; a category counts what is below it."""
    titles = {
        "category": _("Category"),
        "year": _("Year"),
        "unit": _("Issuing unit"),
        "theme": _("Theme"),
        "validity": _("Validity"),
    }
    found = []
    for facet in FACETS:
        values = _values(facet, names, tallies)
        now = request.GET.get(facet, "")
        links = [
            {
                "label": label,
                "count": count,
                "current": code == now,
                "depth": depth,
                "url": _page(request, **{facet: "" if code == now else code}),
            }
            for code, label, count, depth in values
        ]
        if links:
            found.append({"title": titles[facet], "name": facet, "links": links})
    return found


def _values(facet: str, names: Names, tallies: dict[str, dict[Any, int]]) -> list[tuple[str, str, int, int]]:
    """Code, label, count and depth of each value of a facet, in its order."""
    if facet == "category":
        counts = tallies.get("category_id", {})
        return [
            (each.code, each.name, sum(counts.get(pk, 0) for pk in names.below[each.pk]), depth)
            for each, depth in names.tree()
            if any(pk in counts for pk in names.below[each.pk])
        ]
    if facet in ("unit", "theme"):
        known = names.units if facet == "unit" else names.themes
        counts = tallies.get(f"{facet}_id", {})
        return [(each.code, each.name, counts[pk], 0) for pk, each in known.items() if pk in counts]
    counts = tallies.get(facet, {})
    if facet == "year":
        return [(str(year), str(year), counts[year], 0) for year in sorted(counts, reverse=True)]
    return [(each.value, str(each.label), counts[each.value], 0) for each in Validity if each.value in counts]


# An item ----------------------------------------------------------------------------------------------------


@require_safe
def item(request: HttpRequest, index_number: str) -> HttpResponse:
    """An item as it holds now, at an address that stays; of a withdrawn one, that it was there."""
    found = get_object_or_404(
        Disclosure.objects.select_related("category", "theme", "unit", "ended_by"), index_number=index_number
    )
    if found.withdrawn_at is not None:
        return render(request, "disclosure/withdrawn.html", {"item": found}, status=410)
    if visits.is_reader(request.method or "", request.headers.get("User-Agent", "")):
        visits.count_visit(found.pk, timezone.now())
    versions = list(Version.objects.filter(disclosure=found).defer("body").order_by("-number"))
    context = {
        "item": found,
        "body": Version.objects.values_list("body", flat=True).get(pk=versions[0].pk),
        "files": list(DisclosureFile.objects.filter(version=versions[0]).defer("text")),
        "corrections": [each for each in versions if each.note],
        "visits": visits.visits_of(found),
        "for_staff": actor_of(request).has_role(*SEEN_BY),
        "ends": list(Disclosure.objects.listed().filter(ended_by=found).order_by("published_at")),
        "path": browsing.names().path(found.category_id),
    }
    return render(request, "disclosure/item.html", context)


@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """The newest items of what is asked for, as an Atom feed."""
    asked = CatalogueFilter(request.GET, Disclosure.objects.none())
    if not asked.is_valid():
        return HttpResponse(status=400)
    wanted = asked.wanted(browsing.names().below)
    items = browsing.newest(wanted, size=FEED_SIZE).items
    context = {
        "items": items,
        "updated": items[0].published_at if items else EPOCH,
        "here": request.build_absolute_uri(),
        "site": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "disclosure/feed.atom", context, content_type="application/atom+xml")
