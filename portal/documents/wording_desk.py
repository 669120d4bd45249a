"""Documents and batches in the words of the desk: their history, how they stand, how far a batch is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from portal.cases import kinds as case_kinds
from portal.cases.history import Entry, who
from portal.cases.models import Case
from portal.documents.batches import Progress
from portal.documents.models import Batch, Document
from portal.documents.wording_check import Words, of_standing
from portal.ledger.models import Event


@dataclass(frozen=True, slots=True)
class Row:
    """A document in a list, with how it stands: sign, colour and words."""

    document: Document
    standing: Words


def rows(documents: Iterable[Document], today: date) -> list[Row]:
    """Documents that the reader may read."""
    return [Row(each, of_standing(each, each.standing(today), may_read=True)) for each in documents]


def history(events: Sequence[Event]) -> list[Entry]:
    """What happened to a document, newest first."""
    return [Entry(event.at, _title(event), who(event), _details(event)) for event in events][::-1]


def _title(event: Event) -> str:
    titles = {
        "document_issued": _("Issued and signed"),
        "document_published": _("Published"),
        "document_suspended": _("Suspended"),
        "document_reinstated": _("Reinstated"),
        "document_revoked": _("Revoked"),
        "document_superseded": _("Replaced by another document"),
        "batch_ordered": _("Ordered"),
        "batch_stopped": _("Stopped"),
    }
    return titles.get(event.verb) or _("Something else was noted")


def _details(event: Event) -> str:
    return str(event.data.get("reason") or event.data.get("by") or "")


def case_url(case: Case | None) -> str:
    """The staff's page of a case; "" where its app has none."""
    if case is None:
        return ""
    try:
        return reverse(case_kinds.of(case).url_name, args=[case.number])
    except (KeyError, NoReverseMatch):
        return ""


def state_of(batch: Batch, progress: Progress) -> Words:
    """How far a batch is, in a line."""
    words: dict[str, Any] = {"done": progress.issued + progress.failed, "total": progress.total}
    if batch.stopped_at:
        return Words(_("Stopped: %(done)d of %(total)d rows were done.") % words, "", "careful", "■")
    if progress.waiting:
        return Words(_("Running: %(done)d of %(total)d rows are done.") % words, "", "careful", "…")
    if progress.failed:
        return Words(_("Finished, with rows that failed."), "")
    return Words.good(_("Finished: every letter was issued."))


def is_over(batch: Batch) -> bool:
    return bool(batch.finished_at or batch.stopped_at)
