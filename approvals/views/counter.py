"""An application taken in at the counter: which item, who applies, and what of the materials is in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals import actions, workflow
from approvals.filters import seen_approvals
from approvals.forms_counter import ACCEPT, ASK, SAVE, CounterForm, ItemSearchForm, told_before
from approvals.models import ApprovalCase, ItemGuide
from approvals.models.applications import ApplicantKind, Source
from approvals.papers import PAPER_NAMES
from approvals.rules.terms import ACCEPT as ACCEPTANCE
from approvals.rules.terms import DECIDE, PROMISE
from portal.cases import identity
from portal.cases.explaining import case_deadlines
from portal.cases.pages import UnderWay, opened_once, put_error
from portal.cases.workflow import NotAllowed, Refused
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role

# What the other submit buttons say: who that is, and "take what the application of this number said".
LOOK_UP, FILL = "look_up", "fill:"
# So many earlier applications are read for what they say of their applicant.
EARLIER_READ, EARLIER_SHOWN = 20, 4
CLERK = tuple(workflow.CLERK)


# The item ---------------------------------------------------------------------------------------------------


@require_role(*CLERK)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """The items that can be applied for. Typed and fit by one alone, on to its form.

    By POST: an ID number that is typed into the wrong field never gets into an address.
    """
    published = ItemGuide.objects.published().select_related("item__unit")
    guides = list(published.order_by("item__position", "item_id"))
    search = ItemSearchForm(request.POST if request.method == "POST" else None)
    asked = search.is_bound and search.is_valid() and bool(search.cleaned_data["q"])
    found = search.among(guides) if asked else guides
    if asked and len(found) == 1 and not request.headers.get("HX-Request"):
        return redirect("approvals:new_for", found[0].item.code)
    part = bool(request.headers.get("HX-Request"))
    context = {"search": search, "guides": found, "is_filtered": asked}
    return render(request, "approvals/_new_items.html" if part else "approvals/new.html", context)


# The application --------------------------------------------------------------------------------------------


@require_role(*CLERK)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@sensitive_variables("form", "kept", "told")
@never_cache
def new_for(request: HttpRequest, code: str) -> HttpResponse:
    """The form for an item; received with it, and in the same go accepted, or asked to be supplemented."""
    guide = ItemGuide.objects.published().for_public().filter(item__code=code).first()
    if guide is None:
        raise Http404
    if request.method != "POST":
        return _draw(request, CounterForm(guide))
    do = request.POST.get("do", SAVE)
    if do == LOOK_UP or do.startswith(FILL):
        return _look_up(request, guide, do)
    form = CounterForm(guide, request.POST, request.FILES)
    if form.is_valid():
        try:
            return redirect("approvals:received", _receive(request, form, do))
        except NotAllowed as refused:
            raise PermissionDenied(str(refused.message)) from None
        except Refused as refused:
            if refused.field in (None, "checked"):
                form.put_refusal(refused, do)
            else:
                put_error(form, refused)
        except UnderWay:
            form.add_error(
                None, _("This application is being saved already. You find it in the list of applications.")
            )
            return _draw(request, form, status=409)
    return _draw(request, form, status=400)


def _receive(request: HttpRequest, form: CounterForm, do: str) -> str:
    """The number of the application, received now or with the first of two clicks."""
    actor, at = actor_of(request), timezone.now()

    def opens() -> str:
        return actions.receive_at_counter(
            form.application(form.uploads()),
            form.checked(),
            accept=do == ACCEPT,
            ask_supplement=do == ASK,
            actor=actor,
            at=at,
        ).number

    return opened_once(form, opens, actor=actor)


def _look_up(request: HttpRequest, guide: ItemGuide, do: str) -> HttpResponse:
    """Redrawn with what was typed, and without complaining of what was not asked yet."""
    names = CounterForm(guide).fields
    kept: dict[str, Any] = {name: request.POST.get(name, "") for name in names}
    if do == LOOK_UP:
        return _draw(request, CounterForm(guide, initial=kept), files_lost=bool(request.FILES))
    number = do.removeprefix(FILL)[:40].replace("\0", "")
    earlier = _earlier(request, kept["applicant_kind"], kept["applicant_number"])
    told = next((told_before(each) for each in earlier if each.number == number), None)
    if told is not None:
        form = CounterForm(guide, initial={**kept, **_said_before(told)})
        return _draw(request, form, filled=number, files_lost=bool(request.FILES))
    # Of the number that stands there now: what another said is not put to this one's name.
    form = CounterForm(guide, initial=kept)
    return _draw(request, form, unknown=True, files_lost=bool(request.FILES), status=400)


def _said_before(told: Mapping[str, str]) -> dict[str, Any]:
    """Nothing that was typed is lost to an earlier application's blanks."""
    return {name: value for name, value in told.items() if value}


def _draw(
    request: HttpRequest,
    form: CounterForm,
    *,
    filled: str = "",
    unknown: bool = False,
    files_lost: bool = False,
    status: int = 200,
) -> HttpResponse:
    typed = form.data if form.is_bound else form.initial
    kind, number = (str(typed.get(name) or "") for name in ("applicant_kind", "applicant_number"))
    context = {
        "form": form,
        "guide": form.guide,
        "focus_number": form.kind_is_known() and not form.is_bound,
        "materials": form.rows(),
        "files_lost": files_lost or (form.is_bound and form.has_files()),
        "filled": filled,
        "unknown": unknown,
        **_known(request, kind, number),
        **({} if "applicant_number" in form.errors else _said(kind, number)),
    }
    return render(request, "approvals/new_for.html", context, status=status)


# While the number is being typed ----------------------------------------------------------------------------


@require_role(*CLERK)
@require_POST
@sensitive_post_parameters()
@never_cache
def check_number(request: HttpRequest) -> HttpResponse:
    """Whether the number can be right, in a sentence. By POST: no number in an address."""
    return render(request, "approvals/_number_said.html", _said(*_typed(request)))


@require_role(*CLERK)
@require_POST
@sensitive_post_parameters()
@never_cache
def applicant(request: HttpRequest) -> HttpResponse:
    """What earlier applications of the same number say of the applicant. By POST: no number in an address."""
    return render(request, "approvals/_known_applicant.html", _known(request, *_typed(request)))


def _typed(request: HttpRequest) -> tuple[str, str]:
    kind, number = (request.POST.get(name, "") for name in ("applicant_kind", "applicant_number"))
    return kind, number


def _said(kind: str, number: str) -> dict[str, Any]:
    plain = identity.normal_number(number[:60])
    if not plain:
        return {}
    if kind not in ApplicantKind.values:
        return {"number_wrong": _("Please choose above who applies: a person, or a company or other body.")}
    try:
        identity.check_number(kind, plain)
    except ValidationError as wrong:
        return {"number_wrong": " ".join(wrong.messages)}
    return {"number_right": True, "number_kind": kind}


def _known(request: HttpRequest, kind: str, number: str) -> dict[str, Any]:
    """Each telling of the applicant once, the newest first."""
    earlier = _earlier(request, kind, number)
    tellings: dict[tuple[str, ...], ApprovalCase] = {}
    for each in earlier:
        tellings.setdefault(tuple(told_before(each).values()), each)
    return {
        "known": list(tellings.values())[:EARLIER_SHOWN],
        "known_asked": "number_right" in _said(kind, number),
    }


def _earlier(request: HttpRequest, kind: str, number: str) -> list[ApprovalCase]:
    """Applications of the holder of the number that the clerk may see, newest first."""
    if "number_right" not in _said(kind, number):
        return []
    approvals: Any = seen_approvals(actor_of(request)).prefetch_related(None)
    same = approvals.of_applicant(identity.normal_number(number)).filter(applicant_kind=kind)
    return list(same[:EARLIER_READ])


# Received ---------------------------------------------------------------------------------------------------


@require_role(*CLERK)
@require_safe
@never_cache
def received(request: HttpRequest, number: str) -> HttpResponse:
    """What is told to the applicant: the number and the look-up code; and the papers, to be printed."""
    case: Any = seen_approvals(actor_of(request)).filter(number=number).first()
    if case is None:
        raise Http404
    running = {each.term: each for each in case_deadlines(case) if each.is_running}
    actor = actor_of(request)
    context = {
        "case": case,
        # With it one acts as the applicant: only who received it at the counter tells it, while it is open.
        "tells_the_code": case.source == Source.COUNTER
        and case.first_contact_id == actor.id
        and case.is_open,
        "papers": [
            {"name": PAPER_NAMES[each.purpose], "document": each.document}
            for each in case.papers.select_related("document").order_by("id")
        ],
        "clocks": [running[term] for term in (ACCEPTANCE, PROMISE, DECIDE) if term in running],
    }
    return render(request, "approvals/received.html", context)
