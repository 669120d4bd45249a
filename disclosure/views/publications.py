"""Publications for staff: the list, a new text, one that corrects an item, and one with its steps."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from disclosure import publishing, texts, workflow
from disclosure.extracting import SENTENCES
from disclosure.forms.publication_steps import (
    PublicationFilter,
    blank_forms,
    form_for,
    seen_publications,
)
from disclosure.forms.publications import MASK, NewPublicationForm, ReviseForm, numbers_in
from disclosure.models import Disclosure, InformationRequest, Publication, PublicationEntry, Version
from disclosure.rules import publication as rules
from disclosure.rules import request as request_rules
from disclosure.rules.replies import REPLIES
from disclosure.wording_publications import history
from portal.cases.explaining import case_deadlines, clocks_of, row_of
from portal.cases.pages import UnderWay, opened_once, put_error
from portal.cases.step_forms import about_now
from portal.cases.stepping import StepPage, Tried, answer, listed, shown
from portal.cases.workflow import Conflict, NotAllowed, Refused, Transition
from portal.ledger.models import Event
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.workdays.current import current_calendar

READERS = tuple(sorted(rules.SEEN_BY | rules.HANDLED_BY))
AUTHORS = tuple(sorted(rules.AUTHORS))
# Of a spreadsheet with thousands of rows the page shows so many texts in full.
MOST_SHOWN = 50


@require_role(*READERS)
@require_safe
@never_cache
def publications(request: HttpRequest) -> HttpResponse:
    """What is due first stands on top; a unit's author sees those of the own unit."""
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    found = PublicationFilter(
        request.GET, seen_publications(actor), request=request, now=now, calendar=calendar
    )
    context, page, status = listed(request, found, reverse("disclosure:publications"))
    context |= {
        "rows": [row_of(each, now=now, calendar=calendar) for each in page.rows],
        "may_write": actor.has_role(*rules.AUTHORS),
    }
    return render(request, "disclosure/publications.html", context, status=status)


# A new text -------------------------------------------------------------------------------------------------


@require_role(*AUTHORS)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """A text to come out; what is shown next is its draft."""
    asked = _request_named(request)
    initial = _from_request(asked) if asked is not None else {}
    return _new(request, asked=asked, initial=initial)


@require_role(*AUTHORS)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def correct(request: HttpRequest, index_number: str) -> HttpResponse:
    """The text of an item, to be corrected: it goes the same way as a new one."""
    item = get_object_or_404(
        Disclosure.objects.listed().select_related("category", "theme", "unit"), index_number=index_number
    )
    version = Version.objects.filter(disclosure=item).order_by("-number")[0]
    names = ("title", "category", "theme", "unit", "dated_on", "document_number", "channels", "keywords")
    initial = {name: getattr(item, name) for name in names} | {"body": version.body}
    return _new(request, corrects=item, initial=initial)


def _request_named(request: HttpRequest) -> InformationRequest | None:
    """The request whose answer is to be published, where the page was opened from it."""
    number = request.GET.get("request", "")
    if not number:
        return None
    if not number.isprintable():
        raise Http404
    seen: Any = InformationRequest.objects.visible_to(actor_of(request))
    # What was given, to an applicant who consents; a refusal holds nothing to publish.
    given = [code for code, reply in REPLIES.items() if reply.gives]
    found: InformationRequest = get_object_or_404(seen, number=number, may_publish=True, reply_type__in=given)
    return found


def _from_request(asked: InformationRequest) -> dict[str, Any]:
    """The answer as a draft. Who asked does not stand in it."""
    title = asked.wanted_title or " ".join(asked.description.split())[:60]
    return {"occasion": rules.ON_REQUEST, "title": title, "body": asked.reply_text}


def _new(
    request: HttpRequest,
    *,
    corrects: Disclosure | None = None,
    asked: InformationRequest | None = None,
    initial: dict[str, Any],
) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()
    if request.method != "POST":
        form = NewPublicationForm(actor=actor, corrects=corrects is not None, initial=initial)
        return _draw_new(request, form, corrects, asked)
    form = NewPublicationForm(
        request.POST, request.FILES, actor=actor, corrects=corrects is not None, initial=initial
    )
    status = 400
    if form.is_valid():
        given = form.cleaned_data

        def opens() -> str:
            made = publishing.draft(
                [form.text()],
                occasion=given.get("occasion", rules.MADE),
                corrects=corrects,
                correction_note=given.get("correction_note", ""),
                request=asked,
                third_party=given["third_party"],
                needs_approval=given["needs_approval"],
                actor=actor,
                at=at,
            )
            return made.number

        try:
            number = opened_once(form, opens, actor=actor)
        except NotAllowed as refused:
            raise PermissionDenied(str(refused.message)) from None
        except Refused as refused:
            put_error(form, refused, {"files": "uploads"})
        except UnderWay:
            form.add_error(None, _("This is being saved already. You find it in the list."))
            status = 409
        else:
            messages.success(request, _("The draft is kept: %(number)s.") % {"number": number})
            return redirect("disclosure:publication", number)
    return _draw_new(request, form, corrects, asked, status=status)


def _draw_new(
    request: HttpRequest,
    form: NewPublicationForm,
    corrects: Disclosure | None,
    asked: InformationRequest | None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "corrects": corrects, "asked": asked}
    return render(request, "disclosure/publication_new.html", context, status=status)


# One publication --------------------------------------------------------------------------------------------


@require_role(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def publication(request: HttpRequest, number: str) -> HttpResponse:
    """All of it. A step is sent back here, with the version of the case that was looked at."""
    page = StepPage(
        workflow=rules.WORKFLOW,
        form_for=form_for,
        take=_take,
        load=lambda: _load(request, number),
        draw=lambda found, tried: _drawn(request, found, tried),
        done=lambda: redirect("disclosure:publication", number),
    )
    return answer(request, page)


def _load(request: HttpRequest, number: str) -> Publication:
    """Raises Http404 for what is not the reader's to see."""
    rows = Publication.objects.visible_to(actor_of(request)).for_list()
    related = ("corrects", "secrecy_by", "approved_by", "request")
    found = rows.select_related(*related).filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _take(found: Publication, step: Transition, *, given: dict[str, Any], **who: Any) -> None:
    publishing.take(found, step.name, **given, **who)


def may_revise(found: Publication, actor: Actor) -> bool:
    """Whether this reader may change a text of it now."""
    own = found.author_id is not None and found.author_id == actor.id
    return found.state == rules.DRAFT and (actor.has_role(*rules.OFFICER) or own)


def _drawn(request: HttpRequest, found: Publication, tried: Tried) -> HttpResponse:
    actor, now, calendar = actor_of(request), timezone.now(), current_calendar()
    forms = blank_forms(found, rules.WORKFLOW.allowed(found, actor=actor, at=now))
    asked = request.GET.get("from", "")
    first = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) <= 6 else 1
    rows = texts.texts_of(found, first=first, most=MOST_SHOWN)
    # A text for each position from 1 on, so that a short first page has them all.
    whole = first <= 1 and len(rows) < MOST_SHOWN
    count = len(rows) if whole else found.entries.count()
    revises = may_revise(found, actor)
    public = frozenset(workflow.public_numbers()) if found.is_open else frozenset()
    context = {
        "publication": found,
        "clocks": clocks_of(case_deadlines(found), now=now, calendar=calendar),
        "entries": history(list(Event.objects.of(found.subject))),
        "texts": [_shown_text(row, check=found.is_open, public=public) for row in rows],
        "count": count,
        # Who reviews them has to read them all, a page at a time.
        "pages": [] if whole else _pages_of(count),
        "may_revise": revises,
        # A unit's author does not see requests.
        "sees_requests": actor.has_role(*request_rules.SEEN_BY),
        "may_correct": found.state == rules.PUBLISHED and actor.has_role(*rules.AUTHORS),
        **shown(found, forms, tried).context(tried),
    }
    return render(request, "disclosure/publication.html", context, status=tried.status)


def _pages_of(count: int) -> list[tuple[int, int]]:
    """The first and the last text of each page."""
    return [(first, min(first + MOST_SHOWN - 1, count)) for first in range(1, count + 1, MOST_SHOWN)]


def _shown_text(row: PublicationEntry, *, check: bool, public: frozenset[str]) -> dict[str, Any]:
    """A text with its files, and the numbers in it that nobody has confirmed yet."""
    found = numbers_in(row, public=public) if check else []
    waiting = [each for each in found if each not in row.confirmed]
    files = [
        {"file": each, "problem": SENTENCES[each.problem] if each.problem else ""} for each in row.files.all()
    ]
    return {"text": row, "files": files, "numbers": waiting}


@require_role(*AUTHORS)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@never_cache
def revise(request: HttpRequest, number: str, position: int) -> HttpResponse:
    """A text of a draft, to be changed; numbers of persons in it are confirmed one by one, or masked."""
    found, actor, at = _load(request, number), actor_of(request), timezone.now()
    entry = get_object_or_404(found.entries.prefetch_related("files"), position=position)
    if request.method != "POST":
        if not may_revise(found, actor):
            raise PermissionDenied(_("At this step the text can no longer be changed."))
        return _draw_text(request, found, entry, ReviseForm(found, actor=actor, entry=entry))
    form = ReviseForm(found, request.POST, request.FILES, actor=actor, entry=entry)
    if not form.is_valid():
        return _draw_text(request, found, entry, form, status=400)
    try:
        publishing.revise(
            found,
            form.text(mask=request.POST.get("do") == MASK),
            position=position,
            without=[each.pk for each in form.cleaned_data.get("without", ())],
            actor=actor,
            at=at,
            seen=form.cleaned_data["seen"],
            **form.changes(),
        )
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Conflict as refused:
        form.add_error(None, str(refused.message))
        # Sent once more, it is about the draft as it stands now.
        fresh = _load(request, number)
        about_now(form, fresh.version)
        return _draw_text(request, fresh, entry, form, status=409)
    except Refused as refused:
        put_error(form, refused, {"files": "uploads"})
        return _draw_text(request, found, entry, form, status=400)
    messages.success(request, _("The text is kept."))
    return redirect("disclosure:publication", number)


def _draw_text(
    request: HttpRequest, found: Publication, entry: PublicationEntry, form: ReviseForm, status: int = 200
) -> HttpResponse:
    context = {"publication": found, "text": entry, "form": form, "mask": MASK}
    return render(request, "disclosure/publication_text.html", context, status=status)
