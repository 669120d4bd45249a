"""A page on which steps are taken, of whatever has states under rules: read, checked, taken, drawn again.

Each page says what it shows; what becomes of a step that was sent is the same on all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.cases.keyset import BadKey, Page, read_page
from portal.cases.pages import put_error
from portal.cases.step_forms import StepForm, about_now
from portal.cases.workflow import Conflict, Move, NotAllowed, Refused, Transition, Workflow
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of

PAGE_SIZE = 20
# What a rule calls an input, where the forms call it otherwise.
INPUT_OF = {"days": "extend_by", "reason": "note"}


@dataclass(frozen=True, slots=True)
class Tried:
    """A step that was sent and not taken: its form as it was typed, and what the rule said."""

    form: StepForm | None = None
    sentence: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True)
class StepPage:
    """What a page has to say of its steps; `row` is a case, or a guide in its place.

    `take(row, step, actor=…, at=…, seen=…, given=…)` is the one domain call, `load()` reads the row anew,
    `draw(row, tried)` shows it, `done()` leads on.
    """

    workflow: Workflow
    form_for: Callable[..., StepForm]
    take: Callable[..., object]
    load: Callable[[], Any]
    draw: Callable[[Any, Tried], HttpResponse]
    done: Callable[[], HttpResponse]


def answer(request: HttpRequest, page: StepPage) -> HttpResponse:
    """The page as it is; or, where a step was sent, what came of it."""
    row = page.load()
    if request.method != "POST":
        return page.draw(row, Tried())
    actor, at = actor_of(request), timezone.now()
    try:
        step = page.workflow.transition(request.POST.get("step", ""))
        check_is_for(page.workflow, row, step, actor=actor, at=at)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        return page.draw(row, Tried(sentence=str(refused.message), status=400))
    form = page.form_for(step, row, request.POST)
    if not form.is_valid():
        return page.draw(row, Tried(form, status=400))
    try:
        page.take(row, step, actor=actor, at=at, seen=form.cleaned_data["seen"], given=form.given())
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Conflict as refused:
        # Read anew: the page shows what the other person made of it.
        return page.draw(page.load(), Tried(form, str(refused.message), 409))
    except Refused as refused:
        # Another step has a field of its own that is called days.
        put_error(form, refused, {**form.input_of, **(INPUT_OF if step.extends else {})})
        return page.draw(row, Tried(form, status=400))
    messages.success(request, _("Done: %(step)s.") % {"step": step.label})
    return page.done()


def check_is_for(workflow: Workflow, row: Any, step: Transition, *, actor: Actor, at: datetime) -> None:
    """Raises NotAllowed when the step is not this actor's to take at all, before anyone reads the input."""
    try:
        workflow.check_may(step, Move(case=row, actor=actor, at=at))
    except NotAllowed:
        raise
    except Refused:
        return  # what stands in the way may be gone when the row is locked, and is said then


@dataclass(frozen=True, slots=True)
class Shown:
    """The forms of a page; `lost` are texts whose step is no longer possible, to be copied."""

    forms: list[StepForm]
    sentences: list[str] = field(default_factory=list)
    lost: list[tuple[str, str]] = field(default_factory=list)

    def context(self, tried: Tried) -> dict[str, Any]:
        """What templates/cases/_tried.html and the list of steps read."""
        return {
            "forms": self.forms,
            "tried": tried.form,
            "sentences": self.sentences,
            "lost": self.lost,
        }


def shown(row: Any, forms: Iterable[StepForm], tried: Tried) -> Shown:
    """The blank forms of a row, with the one that was tried in its place."""
    by_name = {form.step.name: form for form in forms}
    sentences, lost = [tried.sentence] if tried.sentence else [], []
    form = tried.form
    if form is not None and form.step.name in by_name:
        # Sent once more, it is about the row as it stands now.
        about_now(form, row.version)
        by_name[form.step.name] = form
    elif form is not None:
        # There is no form any more that could say it.
        lost = form.typed_texts()
        sentences += [str(sentence) for errors in form.errors.values() for sentence in errors]
    return Shown(list(by_name.values()), sentences, lost)


def listed(request: HttpRequest, found: Any, address: str) -> tuple[dict[str, Any], Page, int]:
    """A page of a filtered list of cases: what its template reads, the rows, and the status."""
    page, status = Page([], "", ""), 400
    if found.is_valid():
        after, before = request.GET.get("after", ""), request.GET.get("before", "")
        try:
            page = read_page(found.qs, order=found.order(), after=after, before=before, size=PAGE_SIZE)
            status = 200
        except BadKey:
            found.form.add_error(None, _("There is no such page of the list. Please begin with the first."))
    asked = {name: str(value) for name, value in request.GET.items() if value}
    for key in ("after", "before"):
        asked.pop(key, None)
    context = {
        "form": found.form,
        "is_filtered": bool(asked),
        "address": address,
        "newer_url": f"{address}?{urlencode({**asked, 'before': page.before})}" if page.before else "",
        "older_url": f"{address}?{urlencode({**asked, 'after': page.after})}" if page.after else "",
    }
    return context, page, status
