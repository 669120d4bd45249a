"""Applying on the web: a form that is kept as a draft until it is sent, on whatever computer.

Whatever was typed or uploaded and could be kept is kept, also where something else was wrong. A request that
breaks off in mid-upload never arrives here, and leaves the draft as it was.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals import codes, drafts
from approvals.forms_public import ApplyForm, ContinueForm, field_of
from approvals.models import ApprovalCase, Draft, ItemGuide, ServiceItem
from approvals.models.applications import ApplicantKind
from approvals.rules.terms import ACCEPT
from approvals.views.public import PUBLIC
from portal.cases import access
from portal.cases.pages import UnderWay, is_throttled, opened_once, put_error, too_many
from portal.cases.workflow import Refused

# What the submit buttons say. Enter in a field saves, and sends nothing.
SAVE, SEND, REMOVE = "save", "send", "remove:"
NUMBER_LENGTH = 18


# The drafts of this session ---------------------------------------------------------------------------------


def _remember(request: HttpRequest, draft: Draft) -> None:
    """From now on this session may go on with the draft; the last one that it opened stands last."""
    numbers = request.session.get(access.DRAFTS_KEY, [])
    if draft.number not in numbers and not request.user.is_authenticated:
        # Whoever planted a session in this browser before does not read along.
        request.session.cycle_key()
    others = [each for each in numbers if each != draft.number]
    request.session[access.DRAFTS_KEY] = [*others, draft.number][-access.MOST_FOLLOWED :]


def _own_draft(request: HttpRequest, item: ServiceItem, number: str | None = None) -> Draft | None:
    """The draft of this item that this session goes on with: that of the number, else the last it opened."""
    numbers = request.session.get(access.DRAFTS_KEY, [])
    if number is not None:
        numbers = [each for each in numbers if each == number]
    if not numbers:
        return None
    found = {each.number: each for each in Draft.objects.filter(number__in=numbers, guide__item=item)}
    return next((found[each] for each in reversed(numbers) if each in found), None)


# The form ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@sensitive_variables("form")
@never_cache
def apply(request: HttpRequest, code: str) -> HttpResponse:
    """The application: filled in, saved, added to, and sent."""
    guide = ItemGuide.objects.published().for_public().filter(item__code=code).first()
    if guide is None:
        # Its last guide says that it cannot be applied for; where there never was one, there is no page.
        return redirect("approvals:item", code)
    if request.method == "POST":
        return _received(request, guide)
    draft = None if "new" in request.GET else _own_draft(request, guide.item)
    if draft is not None and draft.guide_id != guide.pk:
        try:
            draft = drafts.move_to(draft, guide)
            messages.warning(request, _moved(guide))
        except drafts.Gone:
            # Sent at this very moment, from another window of the browser.
            draft = None
    return _page(request, guide, ApplyForm(guide, initial=dict(draft.data) if draft else {}), draft)


def _moved(guide: ItemGuide) -> str:
    return _(
        "The guide of this item has changed since: version %(number)s holds now. Please look through what "
        "you filled in and uploaded once more."
    ) % {"number": guide.number}


def _received(request: HttpRequest, guide: ItemGuide) -> HttpResponse:
    if is_throttled(request, "application"):
        return too_many(request)
    named = request.POST.get("draft", "")
    draft = _own_draft(request, guide.item, named) if named else None
    # As the page was drawn: what is uploaded for a material of that version is not lost when a new one holds.
    asked = guide.item.guides.filter(number=_version(request), state__in=PUBLIC).first() or guide
    form = ApplyForm(asked, request.POST, request.FILES)
    valid = form.is_valid()
    if "website" in form.errors:
        return _page(request, guide, form, draft, status=400)
    do = request.POST.get("do", SAVE)
    if asked.pk != guide.pk:
        return _moved_on(request, guide, form, draft)
    if do == SEND and valid:
        return _send(request, guide, form, draft, named)
    if draft is not None or do == SAVE or not form.says_nothing():
        draft = _kept(request, form, draft)
    if do.startswith(REMOVE) and draft is not None and do.removeprefix(REMOVE).isdecimal():
        drafts.remove_file(draft, int(do.removeprefix(REMOVE)[:18]))
    if do != SEND:
        form.forget_all_but_files()
        if not form.errors:
            messages.success(request, _("The draft is saved. Nothing has been sent yet."))
            return redirect(reverse("approvals:apply", args=[guide.item.code]) + "#draft")
    return _page(request, guide, form, draft, status=400)


def _version(request: HttpRequest) -> int:
    number = request.POST.get("version", "")
    return int(number) if number.isdecimal() and len(number) <= 4 else 0


def _kept(request: HttpRequest, form: ApplyForm, draft: Draft | None) -> Draft | None:
    """The draft with what the form brought; what could not be kept is said in the form."""
    at = timezone.now()
    kept = draft or drafts.begin(form.guide, at=at)
    try:
        drafts.save(kept, data=form.typed(), files=form.uploads, at=at)
    except drafts.Gone as gone:
        put_error(form, gone)
        return None
    except Refused as refused:
        # Too many files: what was typed is kept all the same.
        drafts.save(kept, data=form.typed(), at=at)
        put_error(form, refused)
    _remember(request, kept)
    return kept


def _moved_on(request: HttpRequest, guide: ItemGuide, form: ApplyForm, draft: Draft | None) -> HttpResponse:
    """A new version holds since the page was drawn: all that was brought goes on under that one."""
    draft = _kept(request, form, draft)
    for material in form.materials:
        for sentence in form.errors.get(field_of(material), ()):
            messages.error(request, str(sentence))
    if draft is None:
        return _page(request, guide, form, None, status=409)
    if draft.guide_id != guide.pk:
        drafts.move_to(draft, guide)
    messages.warning(request, _moved(guide))
    return redirect("approvals:apply", guide.item.code)


def _send(
    request: HttpRequest, guide: ItemGuide, form: ApplyForm, draft: Draft | None, named: str
) -> HttpResponse:
    kept = draft

    def opens() -> str:
        nonlocal kept
        if named and draft is None:
            raise drafts.Gone
        kept = _kept(request, form, draft)
        if kept is None or form.errors:
            raise _NotKept
        return drafts.submit(kept, form.application(), at=timezone.now()).number

    status = 400
    try:
        number = opened_once(form, opens)
    except _NotKept:
        pass
    except UnderWay:
        form.add_error(None, _("Your application is being sent already. Please wait a moment."))
        status = 409
    except drafts.NotAllThere as missing:
        for material in missing.materials:
            form.add_error(
                field_of(material),
                _("Please add a file for it. If you have it on paper only, apply at the window instead."),
            )
    except Refused as refused:
        put_error(form, refused)
    else:
        return _sent(request, number, named or (kept.number if kept else ""))
    if kept is not None:
        kept = Draft.objects.filter(pk=kept.pk).first()
    elif status == 400 and not named:
        kept = _own_draft(request, guide.item)
    return _page(request, guide, form, kept, status=status)


class _NotKept(Exception):
    """What the form brought could not be kept; why, the form says."""


def _sent(request: HttpRequest, number: str, draft_number: str) -> HttpResponse:
    case = ApprovalCase.objects.get(number=number)
    access.remember(request, case)
    request.session[access.OPENED_KEY] = number
    others = [each for each in request.session.get(access.DRAFTS_KEY, []) if each != draft_number]
    request.session[access.DRAFTS_KEY] = others
    return redirect("approvals:applied")


def _page(
    request: HttpRequest, guide: ItemGuide, form: ApplyForm, draft: Draft | None, *, status: int = 200
) -> HttpResponse:
    files: dict[int, list[Any]] = {}
    for file in draft.files.all() if draft else ():
        files.setdefault(file.material_id, []).append(file)
    materials: list[dict[str, Any]] = [
        {"material": each, "field": form[field_of(each)], "files": files.get(each.pk, [])}
        for each in form.materials
    ]
    context = {
        "guide": guide,
        "form": form,
        "draft": draft,
        "kept_until": drafts.kept_until(draft) if draft else None,
        "materials": materials,
        "required_missing": sum(each["material"].required and not each["files"] for each in materials),
    }
    return render(request, "approvals/apply.html", context, status=status)


# Beside the form --------------------------------------------------------------------------------------------


@require_POST
@sensitive_post_parameters()
@never_cache
def check_applicant_number(request: HttpRequest) -> HttpResponse:
    """A sentence about the number as it is being typed; part of a page, for its script."""
    if is_throttled(request, "number_check"):
        return too_many(request)
    kind = request.POST.get("applicant_kind", "")
    typed = codes.normal_number(request.POST.get("applicant_number", "")[:60])
    context: dict[str, Any] = {"typed": typed, "kind": kind, "wrong": "", "count": len(typed)}
    # Nobody is told that a number is too short while it is being typed.
    context["whole"] = len(typed) >= NUMBER_LENGTH and kind in ApplicantKind.values
    if context["whole"]:
        try:
            codes.check_number(kind, typed)
        except ValidationError as wrong:
            context["wrong"] = wrong.messages[0]
    return render(request, "approvals/_number_check.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
@sensitive_variables("form")
@never_cache
def continue_draft(request: HttpRequest) -> HttpResponse:
    """Number and look-up code of a draft; which of the two is wrong, nobody is told."""
    if request.method != "POST":
        return render(request, "approvals/continue.html", {"form": ContinueForm()})
    if is_throttled(request, "lookup"):
        return too_many(request)
    form = ContinueForm(request.POST)
    if form.is_valid():
        draft = drafts.find(form.cleaned_data["number"], form.cleaned_data["code"])
        if draft is not None:
            _remember(request, draft)
            return redirect("approvals:apply", draft.guide.item.code)
        form.add_error(None, _("There is no draft with this number and this code. Please check both."))
    return render(request, "approvals/continue.html", {"form": form}, status=400)


@require_safe
@never_cache
def applied(request: HttpRequest) -> HttpResponse:
    """Number and look-up code of the application that this browser has just sent, and its receipt."""
    case = ApprovalCase.objects.filter(number=request.session.get(access.OPENED_KEY, "")).first()
    if case is None:
        return redirect("approvals:start")
    context = {
        "case": case,
        "clock": case.deadlines.filter(term=ACCEPT).order_by("id").first(),
        "receipt": case.papers.filter(purpose="receipt").order_by("id").first(),
    }
    return render(request, "approvals/applied.html", context)
