"""One letter to many: the letter and its table, what would come of it, and how far it is."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError

from portal.cases.pages import UnderWay, opened_once, put_error
from portal.cases.workflow import NotAllowed, Refused
from portal.documents import batches, merge, wording_desk
from portal.documents.batches import Progress
from portal.documents.forms import BatchForm
from portal.documents.merge import Merged, Table, TableRefused
from portal.documents.models import Batch, BatchItem
from portal.documents.registration import LETTER
from portal.documents.tasks import issue_waiting
from portal.documents.views_desk import CHANGE, ISSUE, PREVIEW, TYPED, WRITERS
from portal.ledger.models import Event
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role
from portal.paging import page

logger = logging.getLogger(__name__)

# Who may read letters sees how their batches go.
READERS = tuple(sorted(LETTER.seen_by))
LETTERS_SHOWN = 3
ROWS_SHOWN = 50
# As long as somebody may look at a preview; then the table is asked for again.
KEPT_SECONDS = 60 * 60


@require_role(*READERS)
@require_safe
@never_cache
def batch_list(request: HttpRequest) -> HttpResponse:
    """Every batch, newest first, with how far it is; one query for all the figures."""
    found = Batch.objects.select_related("ordered_by")
    shown = page(found, by="ordered_at", query=request.GET)
    progress = _progress_of(shown.rows)
    context = {
        "page": shown,
        "rows": [
            {"batch": each, "progress": done, "state": wording_desk.state_of(each, done)}
            for each, done in zip(shown.rows, progress, strict=True)
        ],
        "may_write": actor_of(request).has_role(*WRITERS),
    }
    return render(request, "documents/desk_batches.html", context)


def _progress_of(found: list[Batch]) -> list[Progress]:
    """`batches.progress` of several at once, in their order."""
    counted = (
        BatchItem.objects.filter(batch__in=found)
        .values("batch_id")
        .annotate(
            issued=Count("pk", filter=Q(document__isnull=False)),
            failed=Count("pk", filter=~Q(error="")),
            waiting=Count("pk", filter=Q(document=None, error="")),
        )
    )
    known = {row["batch_id"]: Progress(row["issued"], row["failed"], row["waiting"]) for row in counted}
    return [known[each.pk] for each in found]


# A new one --------------------------------------------------------------------------------------------------


@require_role(*WRITERS)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters(*TYPED)
@never_cache
def new_batch(request: HttpRequest) -> HttpResponse:
    """Letter and table; then what would come of them; then the order, before which nothing is written."""
    if request.method != "POST":
        return _form(request, BatchForm())
    do = request.POST.get("do", PREVIEW)
    if do == CHANGE:
        return _form(request, BatchForm(initial=request.POST.dict()))
    form, actor = BatchForm(request.POST, request.FILES), actor_of(request)
    form.is_valid()
    table, kept = _table(form, actor)
    if table is not None:
        form.check_columns(table.columns)
    if table is None or form.errors:
        return _form(request, form, kept=kept, status=400)
    merged = merge.merge(form.letter(), table)
    if do == ISSUE and not merged.bad:
        return _order(request, form, table, merged, kept=kept)
    return _preview(request, form, table, merged, kept=kept, status=400 if merged.bad else 200)


def _key(mark: object, actor: Actor) -> str:
    return f"documents:table:{actor.id}:{mark}"


def _table(form: BatchForm, actor: Actor) -> tuple[Table | None, str]:
    """The table that came along, or that was kept before, and the mark under which it is kept now.

    It is kept for an hour and for this person alone, so that nobody chooses a file twice because of a word in
    the letter. (None, "") when there is none that can be read; the form says why at its field.
    """
    upload, mark = form.cleaned_data.get("table"), form.cleaned_data.get("kept")
    if upload:
        data, mark = upload.read(merge.MOST_BYTES + 1), uuid.uuid4()
    else:
        data = cache.get(_key(mark, actor)) if mark else None
    if data is None:
        if "table" not in form.errors:
            form.add_error(
                "table", _("Please choose the table again.") if mark else _("Please choose a table.")
            )
        return None, ""
    try:
        table = merge.read_table(data)
    except TableRefused as refused:
        form.add_error("table", str(refused))
        return None, ""
    cache.set(_key(mark, actor), data, KEPT_SECONDS)
    return table, str(mark)


def _form(request: HttpRequest, form: BatchForm, *, kept: str = "", status: int = 200) -> HttpResponse:
    if not form.is_bound:
        kept = form.initial.get("kept", "")
    context = {"form": form, "kept": kept, "column": merge.column(), "braces": merge.example()}
    return render(request, "documents/desk_batch_form.html", context, status=status)


def _preview(
    request: HttpRequest, form: BatchForm, table: Table, merged: Merged, *, kept: str, status: int
) -> HttpResponse:
    context = {
        "form": form,
        "kept": kept,
        "columns": table.columns,
        "count": len(table.rows),
        "letters": merged.letters[:LETTERS_SHOWN],
        "bad": merged.bad,
    }
    return render(request, "documents/desk_batch_preview.html", context, status=status)


def _order(request: HttpRequest, form: BatchForm, table: Table, merged: Merged, *, kept: str) -> HttpResponse:
    actor, at = actor_of(request), timezone.now()

    def make() -> str:
        batch = batches.order(
            LETTER.code, title=form.cleaned_data["title"], rows=merged.rows(), actor=actor, at=at
        )
        return str(batch.pk)

    content = {**form.content(), "table": table.rows, "kept": None}
    try:
        number = opened_once(form, make, content=content, actor=actor)
    except UnderWay:
        form.add_error(None, _("This batch is being ordered already. You find it in the list of batches."))
        return _preview(request, form, table, merged, kept=kept, status=409)
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        put_error(form, refused)
        return _form(request, form, kept=kept, status=400)
    if _woken():
        messages.success(request, _("The batch is ordered, and its letters are being issued."))
    else:
        sentence = _("The batch is ordered. Its first letters are issued within half a minute.")
        messages.success(request, sentence)
    return redirect("documents:batch", pk=int(number))


def _woken() -> bool:
    """Whether a worker was told. With the broker down nothing is lost: beat looks for what waits."""
    try:
        issue_waiting.apply_async(retry=False)
    except OperationalError:
        logger.warning("The broker did not take the message: the batch waits for beat.")
        return False
    return True


# One of them ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """One way to look at the rows of a batch."""

    code: str
    label: str
    count: int
    current: bool


def _narrowed(rows: QuerySet[BatchItem], show: str) -> QuerySet[BatchItem]:
    if show == "issued":
        return rows.filter(document__isnull=False)
    if show == "failed":
        return rows.exclude(error="")
    if show == "waiting":
        return rows.filter(document=None, error="")
    return rows


@require_role(*READERS)
@require_safe
@never_cache
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, and its rows: each with its document, or with the reason why there is none."""
    found = get_object_or_404(Batch.objects.select_related("ordered_by"), pk=pk)
    return _drawn(request, found)


def _drawn(request: HttpRequest, found: Batch, *, status: int = 200) -> HttpResponse:
    progress, show = batches.progress(found), request.GET.get("show", "")
    views = [
        Shown(code, label, count, code == show)
        for code, label, count in (
            ("", _("All rows"), progress.total),
            ("issued", _("Letters issued"), progress.issued),
            ("failed", _("Failed"), progress.failed),
            ("waiting", _("Not issued") if wording_desk.is_over(found) else _("Waiting"), progress.waiting),
        )
    ]
    if show not in {each.code for each in views}:
        raise BadRequest("no such part of a batch")
    after = request.GET.get("after", "0")
    if not after.isascii() or not after.isdigit() or len(after) > 9:
        raise BadRequest("no place in the list")
    rows = _narrowed(found.items.select_related("document").defer("values"), show).order_by("position")
    here = list(rows.filter(position__gt=int(after))[: ROWS_SHOWN + 1])
    context: dict[str, Any] = {
        **_about(request, found, progress),
        "views": views,
        "show": show,
        "rows": here[:ROWS_SHOWN],
        "first_url": f"?show={show}" if after != "0" else "",
        "older_url": f"?show={show}&after={here[ROWS_SHOWN - 1].position}" if len(here) > ROWS_SHOWN else "",
        "entries": wording_desk.history(list(Event.objects.of(batches.subject_of(found)))),
    }
    return render(request, "documents/desk_batch.html", context, status=status)


def _about(request: HttpRequest, found: Batch, progress: Progress) -> dict[str, Any]:
    over = wording_desk.is_over(found)
    return {
        "batch": found,
        "progress": progress,
        "done": progress.issued + progress.failed,
        "state": wording_desk.state_of(found, progress),
        "over": over,
        "may_stop": not over and actor_of(request).id == found.ordered_by_id,
    }


@require_role(*READERS)
@require_safe
@never_cache
def batch_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, while it runs; once it is over, the whole page is read again. Without htmx, the page."""
    found = get_object_or_404(Batch, pk=pk)
    if not request.headers.get("HX-Request"):
        return redirect("documents:batch", pk=pk)
    response = render(
        request, "documents/desk_batch_progress.html", _about(request, found, batches.progress(found))
    )
    if wording_desk.is_over(found):
        response["HX-Refresh"] = "true"
    return response


@require_role(*READERS)
@require_POST
@never_cache
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Batch.objects.select_related("ordered_by"), pk=pk)
    try:
        batches.stop(found, actor=actor_of(request), at=timezone.now())
    except NotAllowed as refused:
        raise PermissionDenied(str(refused.message)) from None
    except Refused as refused:
        messages.error(request, str(refused.message))
        found.refresh_from_db()
        return _drawn(request, found, status=409)
    messages.success(request, _("The batch is stopped. What was issued stays issued."))
    return redirect(reverse("documents:batch", args=[pk]))
