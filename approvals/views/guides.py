"""The guides' desk: every version of every item's guide, its legal review recorded, published."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from approvals import guides as verbs
from approvals.comparing import differences
from approvals.forms_guides import form_for
from approvals.models import ItemGuide, Material, ServiceItem
from approvals.rules import guide as rules
from approvals.views.public import FILES, handed_out
from approvals.wording_guides import history
from portal.cases.stepping import StepPage, Tried, answer, shown
from portal.cases.workflow import Move, Refused, Transition
from portal.ledger.models import Event
from portal.organisation.actors import Actor, Role
from portal.organisation.actors_of import actor_of
from portal.organisation.models import Staff
from portal.organisation.permissions import require_role

READERS = tuple(sorted(rules.SEEN_BY))
# The questions that are asked of the list: everything, or what is in one state.
VIEWS = ("", rules.DRAFT, rules.REVIEWED, rules.PUBLISHED, rules.REPLACED)


@require_role(*READERS)
@require_safe
@never_cache
def guides(request: HttpRequest) -> HttpResponse:
    """Every version of every item, the newest of each first."""
    state = request.GET.get("state", "")
    if state not in VIEWS:
        raise Http404
    versions = ItemGuide.objects.filter(state=state) if state else ItemGuide.objects.all()
    items = (
        ServiceItem.objects.select_related("unit")
        .prefetch_related(Prefetch("guides", versions.order_by("-number"), to_attr="versions"))
        .order_by("position", "id")
    )
    address = reverse("approvals:guides")
    context = {
        "items": [each for each in items if each.versions or not state],
        "state": state,
        "views": [
            {
                "url": f"{address}?state={each}" if each else address,
                "label": rules.STATES[each] if each else _("All versions"),
                "current": each == state,
            }
            for each in VIEWS
        ],
        "may_write": actor_of(request).has_role(Role.ADMINISTRATOR),
    }
    return render(request, "approvals/guides.html", context)


@require_role(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def guide(request: HttpRequest, pk: int) -> HttpResponse:
    """A version as everybody will read it, what it changes, and the steps that may be taken now."""
    page = StepPage(
        workflow=rules.WORKFLOW,
        form_for=form_for,
        take=_take,
        load=lambda: get_object_or_404(ItemGuide.objects.for_public().select_related("reviewed_by"), pk=pk),
        draw=lambda found, tried: _drawn(request, found, tried),
        done=lambda: redirect("approvals:guide", pk),
    )
    return answer(request, page)


def _take(found: ItemGuide, step: Transition, *, given: dict[str, Any], **who: Any) -> None:
    verbs.take(found, step.name, **who, **given)


def _drawn(request: HttpRequest, found: ItemGuide, tried: Tried) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()
    forms = [form_for(step, found) for step in verbs.allowed(found, actor=actor, at=at)]
    before = _before(found)
    events = Event.objects.of(found.item.subject).filter(data__guide=found.number)
    context = {
        "guide": found,
        "before": before,
        "differences": differences(before, found) if before else [],
        "writers": Staff.objects.filter(pk__in=found.writers).order_by("pk"),
        "entries": history(list(events)),
        "hindrance": _hindrance(found, actor, at),
        "is_about_me": actor.id in found.writers and actor.has_role(*rules.REVIEWERS),
        "may_change": actor.has_role(Role.ADMINISTRATOR) and found.state == rules.DRAFT,
        **shown(found, forms, tried).context(tried),
    }
    return render(request, "approvals/guide.html", context, status=tried.status)


def _before(found: ItemGuide) -> ItemGuide | None:
    """What it is compared with: the version in force; for one that is or was in force, the one before."""
    others = ItemGuide.objects.for_public().filter(item_id=found.item_id)
    if found.state in (rules.DRAFT, rules.REVIEWED):
        return others.filter(state=rules.PUBLISHED).first()
    return others.filter(number__lt=found.number).order_by("-number").first()


def _hindrance(found: ItemGuide, actor: Actor, at: datetime) -> str:
    """What a draft lacks before it can be reviewed; "" for one that is complete."""
    if found.state != rules.DRAFT:
        return ""
    try:
        rules.is_complete(Move(case=found, actor=actor, at=at))  # type: ignore[arg-type]
    except Refused as refused:
        return str(refused.message)
    return ""


@require_role(*READERS)
@require_safe
@never_cache
def guide_file(request: HttpRequest, code: str, pk: int, which: str) -> HttpResponse:
    """A blank form or a filled sample of any version, for those who work on the guides."""
    if which not in FILES:
        raise Http404
    material = get_object_or_404(Material, pk=pk, guide__item__code=code)
    return handed_out(material, which)
