"""Applying on the web: a form that is kept as a draft until it is sent, on whatever computer.

Whatever was typed or uploaded and could be kept is kept, also where something else was wrong. A request that
breaks off in mid-upload never arrives here, and leaves the draft as it was.
"""

from __future__ import annotations

from contextlib import suppress

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from approvals import drafts
from approvals.draft_access import own_draft, remember
from approvals.forms_public import ApplyForm, field_of
from approvals.models import ApprovalCase, Draft, ItemGuide, ServiceItem
from approvals.views.apply_page import draw, slowed_down
from approvals.views.public import PUBLIC
from portal.cases import access
from portal.cases.pages import UnderWay, is_throttled, opened_once, put_error
from portal.cases.workflow import Refused
from portal.site.wording import local_date

# What the submit buttons say. Enter in a field saves, and sends nothing.
SAVE, SEND, REMOVE = "save", "send", "remove:"
OUT_OF_USE = gettext_lazy("This item cannot be applied for at present.")


# The form ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@sensitive_variables("form")
@never_cache
def apply(request: HttpRequest, code: str) -> HttpResponse:
    """The application: filled in, saved, added to, and sent."""
    guide = ItemGuide.objects.published().for_public().filter(item__code=code).first()
    if guide is None:
        return _out_of_use(request, code)
    if request.method == "POST":
        return _received(request, guide)
    draft = None if "new" in request.GET else own_draft(request, guide.item)
    if draft is not None and draft.guide_id != guide.pk:
        try:
            draft = drafts.move_to(draft, guide)
            messages.warning(request, _moved(guide))
        except drafts.Gone:
            # Sent at this very moment, from another window of the browser.
            draft = None
    return draw(request, guide, ApplyForm(guide, initial=dict(draft.data) if draft else {}), draft)


def _moved(guide: ItemGuide) -> str:
    return _(
        "The guide of this item has changed since: version %(number)s holds now. Please look through what "
        "you filled in and uploaded once more."
    ) % {"number": guide.number}


def _received(request: HttpRequest, guide: ItemGuide) -> HttpResponse:
    named = request.POST.get("draft", "")
    draft = own_draft(request, guide.item, named) if named else None
    do = request.POST.get("do", SAVE)
    asked = _as_drawn(request, guide.item) or guide
    scope = "application" if do == SEND else "draft_save"
    if is_throttled(request, scope):
        return slowed_down(request, asked, draft, scope)
    form = ApplyForm(asked, request.POST, request.FILES)
    valid = form.is_valid()
    if "website" in form.errors:
        return draw(request, guide, form, draft, status=400)
    if asked.pk != guide.pk:
        return _moved_on(request, guide, form, draft, named)
    if draft is None and drafts.exists(named, guide.item):
        return _of_an_ended_session(request, guide, form, named)
    if do == SEND and valid:
        return _send(request, guide, form, draft, named)
    if draft is not None or do == SAVE or not form.says_nothing():
        draft = _kept(request, form, draft)
    if do.startswith(REMOVE) and draft is not None and do.removeprefix(REMOVE).isdecimal():
        # Sent or gone at this very moment, from another window: there is nothing to be taken out.
        with suppress(drafts.Gone):
            drafts.remove_file(draft, int(do.removeprefix(REMOVE)[:18]))
    if do != SEND:
        form.forget_all_but_files()
        if not form.errors:
            messages.success(request, _("The draft is saved. Nothing has been sent yet."))
            return redirect(reverse("approvals:apply", args=[guide.item.code]) + "#draft")
    return draw(request, guide, form, draft, status=400)


def _as_drawn(request: HttpRequest, item: ServiceItem) -> ItemGuide | None:
    """The version of the page that was sent: what is uploaded for it is not lost when a new one holds."""
    number = request.POST.get("version", "")
    version = int(number) if number.isdecimal() and len(number) <= 4 else 0
    return item.guides.filter(number=version, state__in=PUBLIC).first()


def _whose_session_ended(named: str) -> str:
    return _(
        "This page was open for so long that the portal no longer knows whose draft %(number)s is. What "
        "you typed, and the files that you have just chosen, are kept in a new draft. Files from before "
        "are in the other one, which its number and look-up code open."
    ) % {"number": named}


def _of_an_ended_session(request: HttpRequest, guide: ItemGuide, form: ApplyForm, named: str) -> HttpResponse:
    """The page was open for longer than the session that knew its draft: nobody changes that one any more."""
    draft = _kept(request, form, None)
    form.forget_all_but_files()
    if draft is not None:
        form.add_error(None, _whose_session_ended(named))
    return draw(request, guide, form, draft, status=409)


def _out_of_use(request: HttpRequest, code: str) -> HttpResponse:
    """The item went out of use while somebody wrote: it cannot be sent, and nothing of it is lost."""
    item = get_object_or_404(ServiceItem, code=code)
    if request.method != "POST":
        return _as_it_was_left(request, item)
    asked = _as_drawn(request, item)
    if asked is None:
        return redirect("approvals:item", code)
    named = request.POST.get("draft", "")
    draft = own_draft(request, item, named)
    if is_throttled(request, "draft_save"):
        return slowed_down(request, asked, draft, "draft_save")
    form = ApplyForm(asked, request.POST, request.FILES)
    form.is_valid()
    sentence = str(OUT_OF_USE)
    kept = None if "website" in form.errors else _kept(request, form, draft)
    form.forget_all_but_files()
    if kept is None:
        # It stands on the page alone. Why it is not kept matters less than that, and to send it is no way.
        form.errors.pop(NON_FIELD_ERRORS, None)
        copied = _("Please copy what you need before you go on: it is not kept anywhere.")
        form.add_error(None, f"{sentence} {copied}")
        return draw(request, asked, form, None, status=409)
    form.add_error(None, f"{sentence} {_kept_so(kept)}")
    if draft is None and drafts.exists(named, item):
        form.add_error(None, _whose_session_ended(named))
    return draw(request, asked, form, kept, status=409)


def _as_it_was_left(request: HttpRequest, item: ServiceItem) -> HttpResponse:
    """A draft of an item that is out of use can still be read; without one its last guide says how it is."""
    draft = own_draft(request, item)
    if draft is None:
        return redirect("approvals:item", item.code)
    form = ApplyForm(draft.guide, initial=dict(draft.data))
    return draw(request, draft.guide, form, draft, slowed=f"{OUT_OF_USE} {_kept_so(draft)}")


def _kept_so(draft: Draft) -> str:
    day = local_date(drafts.kept_until(draft))
    return _("What you filled in and uploaded is kept until %(day)s.") % {"day": day}


def _say_besides(request: HttpRequest, form: ApplyForm, draft: Draft | None, named: str) -> None:
    """On a page that goes on elsewhere: which files were refused, and that another draft is there as well."""
    for sentences in form.errors.values():
        for sentence in sentences:
            messages.error(request, str(sentence))
    if draft is None and drafts.exists(named, form.guide.item):
        messages.warning(request, _whose_session_ended(named))


def _kept(request: HttpRequest, form: ApplyForm, draft: Draft | None, *, sends: bool = False) -> Draft | None:
    """The draft with what the form brought; what could not be kept is said in the form.

    What is to be sent at once does not count as a draft that somebody begins.
    """
    at = timezone.now()
    if draft is None and not sends and is_throttled(request, "draft_begin"):
        _say_no_further_draft(form)
        return None
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
    remember(request, kept)
    return kept


def _say_no_further_draft(form: ApplyForm) -> None:
    sentence = _(
        "So many drafts were begun today from this connection that no further one can be kept. Please "
        "send the application, go on with a draft that there is, or try again tomorrow."
    )
    form.add_error(None, sentence)
    if form.uploads:
        form.add_error(None, _("Files have to be chosen again."))


def _moved_on(
    request: HttpRequest, guide: ItemGuide, form: ApplyForm, draft: Draft | None, named: str
) -> HttpResponse:
    """A new version holds since the page was drawn: all that was brought goes on under that one."""
    kept = _kept(request, form, draft)
    form.forget_all_but_files()
    if kept is None:
        return draw(request, form.guide, form, None, status=409)
    if kept.guide_id != guide.pk:
        # The other window has sent it: what it says of that is on the page to which this leads.
        with suppress(drafts.Gone):
            drafts.move_to(kept, guide)
    messages.warning(request, _moved(guide))
    _say_besides(request, form, draft, named)
    return redirect("approvals:apply", guide.item.code)


def _send(
    request: HttpRequest, guide: ItemGuide, form: ApplyForm, draft: Draft | None, named: str
) -> HttpResponse:
    kept = draft

    def opens() -> str:
        nonlocal kept
        if named and draft is None:
            raise drafts.Gone
        kept = _kept(request, form, draft, sends=True)
        if kept is None or form.errors:
            raise _NotKept
        incomplete = form.cleaned_data["incomplete"]
        return drafts.submit(kept, form.application(), incomplete=incomplete, at=timezone.now()).number

    status, lacking = 400, form.cleaned_data["incomplete"]
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
                _("Please add a file for it, or say below that you send the application without it."),
            )
        lacking = True
    except Refused as refused:
        put_error(form, refused)
    else:
        return _sent(request, number, named or (kept.number if kept else ""))
    if kept is not None:
        kept = Draft.objects.filter(pk=kept.pk).first()
        if kept is not None and draft is None and is_throttled(request, "draft_begin"):
            # Sending is no way to leave more behind than saving is.
            drafts.discard(kept)
            kept = None
            _say_no_further_draft(form)
    elif status == 400 and not named:
        kept = own_draft(request, guide.item)
    return draw(request, guide, form, kept, status=status, lacking=lacking)


class _NotKept(Exception):
    """What the form brought could not be kept; why, the form says."""


def _sent(request: HttpRequest, number: str, draft_number: str) -> HttpResponse:
    case = ApprovalCase.objects.get(number=number)
    access.remember(request, case)
    request.session[access.OPENED_KEY] = number
    others = [each for each in request.session.get(access.DRAFTS_KEY, []) if each != draft_number]
    request.session[access.DRAFTS_KEY] = others
    return redirect("approvals:applied")
