"""Many documents at once: ordered in one go, issued one by one by a worker that may be killed at any time.

Each document is a transaction of its own, under the lock of its batch. So nothing is issued twice, a batch
goes on where it was left, and one that cannot be issued is a row with its reason and does not stop the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from portal.cases.workflow import NotAllowed, Refused
from portal.documents import kinds
from portal.documents.actions import check_may_issue, issue
from portal.documents.models import Batch, BatchItem
from portal.ledger.actions import record
from portal.organisation.actors import Actor
from portal.rows import copy_in

logger = logging.getLogger(__name__)

MOST_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is; `waiting` documents are still to be issued."""

    issued: int
    failed: int
    waiting: int

    @property
    def total(self) -> int:
        return self.issued + self.failed + self.waiting

    @property
    def percent(self) -> int:
        return (self.total - self.waiting) * 100 // self.total if self.total else 100


@transaction.atomic
def order(
    kind_code: str, *, title: str, rows: Sequence[tuple[str, Mapping[str, Any]]], actor: Actor, at: datetime
) -> Batch:
    """Order a document for each row, (title, values) as `issue` takes them. Raises Refused, NotAllowed."""
    check_may_issue(kinds.named(kind_code), actor)
    if not 1 <= len(rows) <= MOST_ROWS:
        raise Refused(_("A batch has between 1 and %(most)d documents.") % {"most": MOST_ROWS}, field="rows")
    assert actor.id is not None
    batch = Batch.objects.create(kind=kind_code, title=title, ordered_at=at, ordered_by_id=actor.id)
    columns = ("batch_id", "position", "title", "values", "error")
    copy_in(
        BatchItem,
        columns,
        [(batch.pk, number, title, dict(values), "") for number, (title, values) in enumerate(rows, 1)],
    )
    data = {"kind": kind_code, "documents": len(rows)}
    record(subject_of(batch), "batch_ordered", at=at, actor=actor, data=data, opens=True)
    return batch


def subject_of(batch: Batch) -> str:
    """Under what name the ledger knows the batch."""
    return f"batch:{batch.pk}"


@transaction.atomic
def stop(batch: Batch, *, actor: Actor, at: datetime) -> Batch:
    """Issue no more of it; what was issued stays. Raises Refused when there is nothing left to stop."""
    locked = Batch.objects.select_for_update().get(pk=batch.pk)
    if actor.id != locked.ordered_by_id:
        raise NotAllowed(_("Only who ordered the batch may stop it."))
    if locked.finished_at or locked.stopped_at:
        raise Refused(_("This batch is over already."))
    locked.stopped_at = at
    locked.save(update_fields=["stopped_at"])
    record(subject_of(locked), "batch_stopped", at=at, actor=actor)
    return locked


def progress(batch: Batch) -> Progress:
    found = batch.items.aggregate(
        issued=Count("pk", filter=Q(document__isnull=False)),
        failed=Count("pk", filter=~Q(error="")),
        waiting=Count("pk", filter=Q(document=None, error="")),
    )
    return Progress(**found)


def run(*, clock: Callable[[], datetime], most: int = MOST_ROWS) -> int:
    """Issue what waits, oldest batch first, up to `most` documents; answers how many were tried.

    `clock` is asked once a document, as each bears the moment of its own issue. A batch that another worker
    is at is passed over.
    """
    passed_over: set[int] = set()
    tried = 0
    while tried < most:
        waiting = Batch.objects.filter(finished_at=None, stopped_at=None).exclude(pk__in=passed_over)
        first = waiting.order_by("ordered_at", "pk").values_list("pk", flat=True).first()
        if first is None:
            break
        step = _issue_next(first, at=clock())
        tried += step is True
        if step is None:
            passed_over.add(first)
    return tried


@transaction.atomic
def _issue_next(batch_id: int, *, at: datetime) -> bool | None:
    """Issue the next document of a batch: True; False when it was over; None when somebody else is at it."""
    batch = (
        Batch.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("ordered_by")
        .filter(pk=batch_id, finished_at=None, stopped_at=None)
        .first()
    )
    if batch is None:
        return None
    item = batch.items.filter(document=None, error="").order_by("position").first()
    if item is None:
        batch.finished_at = at
        batch.save(update_fields=["finished_at"])
        return False
    try:
        with transaction.atomic():
            actor = batch.ordered_by.actor()
            check_may_issue(kinds.named(batch.kind), actor)
            item.document = issue(batch.kind, title=item.title, values=item.values, actor=actor, at=at)
    except Refused as refused:
        item.error = str(refused.message)[:300]
    except Exception as error:
        # Its values are people's; the log gets the kind of failure alone.
        logger.error("document %d of batch %d failed: %s", item.position, batch_id, type(error).__name__)
        item.error = _("The portal failed at this document. Please tell the administrator.")
    item.save(update_fields=["document", "error"])
    return True
