"""Everyone's pages: what can be applied for, and the guide of each item, as it was published."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from approvals import statistics
from approvals.filters_public import ItemFilter
from approvals.models import ItemGuide, Material
from approvals.rules import guide as rules
from portal.cases.serving import as_attachment, kept_bytes
from portal.cases.uploads import MEDIA_TYPES

PUBLIC = (rules.PUBLISHED, rules.REPLACED)
FILES = {"blank": "blank_form", "sample": "filled_sample"}


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """The items that can be applied for, found by words; and how the window keeps to its limits."""
    published = ItemGuide.objects.published().select_related("item__unit")
    found = ItemFilter(request.GET, published, request=request)
    valid = found.is_valid()
    counts = statistics.this_year(timezone.now())
    context = {
        "filter": found,
        "guides": list(found.qs.order_by("item__position", "item_id")) if valid else [],
        "is_filtered": any(request.GET.get(name) for name in ("q", "applicant")),
        "figures": counts,
        "rates": statistics.rates(counts),
    }
    return render(request, "approvals/start.html", context, status=200 if valid else 400)


@require_safe
def item(request: HttpRequest, code: str) -> HttpResponse:
    """The guide by which one applies today; of an item out of use the last one there was."""
    return _shown(request, code, None)


@require_safe
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """An earlier text, and the one in force, at an address that stays."""
    return _shown(request, code, number)


def _shown(request: HttpRequest, code: str, number: int | None) -> HttpResponse:
    """Raises Http404 for what was not published, so that nobody learns of a draft that it exists."""
    versions = list(ItemGuide.objects.filter(item__code=code, state__in=PUBLIC).order_by("-number"))
    fits = [each for each in versions if number is None or each.number == number]
    if not fits:
        raise Http404
    current = versions[0].state == rules.PUBLISHED
    guide = ItemGuide.objects.for_public().get(pk=fits[0].pk)
    context = {
        "guide": guide,
        "versions": versions,
        "is_earlier": guide.state == rules.REPLACED,
        "can_be_applied_for": current and guide.item.active,
    }
    return render(request, "approvals/item.html", context)


@require_safe
def form_file(request: HttpRequest, code: str, pk: int, which: str) -> HttpResponse:
    """A blank form, or the same filled in as an example; of guides that were published."""
    if which not in FILES:
        raise Http404
    material = get_object_or_404(Material, pk=pk, guide__item__code=code, guide__state__in=PUBLIC)
    return handed_out(material, which)


def handed_out(material: Material, which: str) -> HttpResponse:
    """The file of a material, under a name that says what it is. Raises Http404 where there is none."""
    file = getattr(material, FILES[which])
    if not file:
        raise Http404
    kind = file.name.rsplit(".", 1)[-1]
    words = {"blank": _("blank form"), "sample": _("filled sample")}
    name = f"{material.name} - {words[which]}.{kind}"
    return as_attachment(kept_bytes(file), name=name, media_type=MEDIA_TYPES[kind])
