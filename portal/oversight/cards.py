"""The verbs of a card: the clock issues it, the unit answers or appeals, a supervisor decides.

What happens to a card is an event of its case, so that it stands in the case's history and receipt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import formats
from django.utils.translation import gettext as _

from portal.cases import actions
from portal.cases.effects import Batch, Fired
from portal.cases.models import Deadline
from portal.cases.terms import SHANGHAI, DayUnit, local_day
from portal.cases.workflow import Conflict
from portal.ledger.actions import Entry, record
from portal.notices import outbox, texts
from portal.numbering.models import next_numbers
from portal.organisation.actors import SYSTEM, Actor, Role
from portal.organisation.colleagues import Colleague
from portal.organisation.models import Unit
from portal.oversight import workflow
from portal.oversight.models import Card, CardStep
from portal.oversight.workflow import Colour, State, Step
from portal.rows import copy_in

# As a document's number is written (发文字号); a series a colour and year, so that none can be missing.
SERIES = {Colour.YELLOW: "黄牌", Colour.RED: "红牌"}
VERBS = {
    "answer": "card_answered",
    "appeal": "card_appealed",
    "accept": "card_accepted",
    "uphold": "card_upheld",
    "withdraw": "card_withdrawn",
}
LIMITS = {"statutory": "法定时限", "promised": "承诺时限", "step": "环节时限"}
DAYS = {each.value: "日" for each in DayUnit} | {DayUnit.WORKING_DAYS.value: "个工作日"}


# Issued by the clock ---------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A card's columns when it is issued, before it has an id."""

    number: str
    colour: Colour
    state: State
    case_id: int
    deadline_id: int
    holder_id: int | None
    holder_name: str
    unit_id: int | None
    issued_at: datetime
    demand: str
    reply_by: date
    version: int = 1


def issue_cards(batch: Batch) -> list[Entry]:
    """A card for every missed limit of the batch, in a constant number of statements; answers their events.

    Runs inside the sweep's transaction: mark, event and card are one commit. A deadline can have one card
    only, and the database holds that.
    """
    breaches = [fired for fired in batch.fired if fired.stage == "breach"]
    if not breaches:
        return []
    units = _units_of_nobodys(breaches, batch.holders)
    # From the day on which it can be read: a card that a late sweep wrote is not late at once.
    reply_by = workflow.reply_by(local_day(breaches[0].noticed_at), batch.calendar)
    rows = []
    for fired, number in zip(breaches, _numbers(breaches), strict=True):
        # The card goes where the responsible person works: a callback that was forgotten is the centre's
        # fault, not that of the unit whose reply waits for it.
        holder = batch.holders.get(fired.case.holder_id)
        name = holder.name if holder else ""
        unit_id, unit_name = fired.case.unit_id, units.get(fired.case.unit_id, "")
        if holder and holder.unit_id:
            unit_id, unit_name = holder.unit_id, holder.unit_name
        rows.append(
            Row(
                number=number,
                colour=workflow.colour_of(fired.deadline.limit),
                state=State.ISSUED,
                case_id=fired.case.pk,
                deadline_id=fired.deadline.pk,
                holder_id=fired.case.holder_id,
                holder_name=name,
                unit_id=unit_id,
                issued_at=fired.at,
                demand=demand(fired, reply_by, addressee=unit_name + name),
                reply_by=reply_by,
            )
        )
    copy_in(Card, Row._fields, rows)
    return [
        Entry(
            subject=fired.case.subject,
            verb="card_issued",
            at=fired.at,
            actor=SYSTEM,
            data={
                "card": row.number,
                "colour": row.colour,
                "term": fired.deadline.term,
                "reply_by": row.reply_by.isoformat(),
                "holder": row.holder_id,
                "unit": row.unit_id,
            },
        )
        for fired, row in zip(breaches, rows, strict=True)
    ]


def _units_of_nobodys(
    breaches: Sequence[Fired], holders: Mapping[int | None, Colleague]
) -> dict[int | None, str]:
    """The names of the units of cases that nobody holds, or somebody without a unit: one query, if any."""
    wanted = set()
    for fired in breaches:
        holder = holders.get(fired.case.holder_id)
        if fired.case.unit_id and not (holder and holder.unit_id):
            wanted.add(fired.case.unit_id)
    return dict(Unit.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def _numbers(breaches: Sequence[Fired]) -> list[str]:
    """A number for each, in their order; a statement a series, the series always in the same order."""
    wanted = [(workflow.colour_of(fired.deadline.limit), local_day(fired.at).year) for fired in breaches]
    given = {
        (colour, year): iter(next_numbers(f"card.{colour}", str(year), count))
        for (colour, year), count in sorted(Counter(wanted).items())
    }
    return [f"{SERIES[colour]}〔{year}〕{next(given[colour, year])}号" for colour, year in wanted]


def demand(fired: Fired, reply_by: date, *, addressee: str) -> str:
    """What the card says, in Chinese: it is a document, whatever language the portal is read in."""
    deadline: Deadline = fired.deadline
    length = deadline.length + deadline.extended
    basis = f"，依据{deadline.basis}" if deadline.basis else ""
    return (
        f"{addressee or '承办单位'}：\n"
        f"{fired.case.number}的“{texts.limit_name(deadline)}”{LIMITS[deadline.limit]}"
        f"（{length}{DAYS[deadline.unit]}{basis}）已于{texts.moment(fired.at)}届满，尚未完成。\n"
        f"请立即办理，并于{texts.day(reply_by)}前书面说明原因和整改措施；有异议的，可在同一期限内申诉。"
    )


# By people -------------------------------------------------------------------------------------------------


@transaction.atomic
def take_step(
    card: Card, name: str, *, text: str = "", actor: Actor, at: datetime, seen: int | None = None
) -> Card:
    """Answer, appeal, accept, uphold or withdraw; the card as it is afterwards.

    `seen` is the version that the actor looked at: raises Conflict, which says who was first, when somebody
    did something about the card since. Raises Refused or NotAllowed as `workflow.check` does.
    """
    case = actions.lock(card.case)
    locked = Card.objects.select_for_update().get(pk=card.pk)
    step = workflow.step_named(name)
    _check_unchanged(locked, seen=seen)
    workflow.check(step, locked.facts(), actor, text)
    # Whoever passed the check is a person: neither the clock nor a citizen is concerned or supervises.
    assert actor.id is not None
    CardStep(
        card=locked,
        number=locked.version,
        step=step.name,
        text=text.strip(),
        at=at,
        by_id=actor.id,
        by_name=actor.name,
    ).save(force_insert=True)
    locked.state = step.target
    locked.version += 1
    locked.save(update_fields=["state", "version"])
    record(
        case.subject,
        VERBS[step.name],
        at=at,
        actor=actor,
        role=Role.SUPERVISOR if step.by == workflow.SUPERVISOR else None,
        data={"card": locked.number, "state": locked.state, "note": text.strip()},
    )
    _tell(locked, step, text=text.strip(), actor=actor, at=at)
    return locked


def _check_unchanged(card: Card, *, seen: int | None) -> None:
    if seen is None or seen == card.version:
        return
    last = card.steps.last()
    if last is None:
        raise Conflict(_("Somebody changed this card while you were looking at it. Please look again."))
    raise Conflict(
        _("%(who)s was first: “%(step)s” at %(time)s. Please look at the card again before you go on.")
        % {
            "who": last.by_name,
            "step": workflow.STEPS[last.step].label,
            "time": formats.date_format(last.at.astimezone(SHANGHAI), "H:i"),
        }
    )


def _tell(card: Card, step: Step, *, text: str, actor: Actor, at: datetime) -> None:
    """One notice: to the supervisors of what the unit did, to the unit of what a supervisor decided."""
    if step.tells == workflow.SUPERVISOR:
        reader = outbox.supervisors()
    elif card.unit_id is not None:
        reader = outbox.Reader(unit_id=card.unit_id)
    else:
        reader = outbox.Reader(staff_id=card.holder_id) if card.holder_id else outbox.supervisors()
    values = {
        "card": card.number,
        "number": card.case.number,
        "name": actor.name,
        "text": text,
        "reply_by": texts.day(card.reply_by),
    }
    outbox.queue(
        [
            outbox.notice(
                key=f"card:{card.pk}:{step.name}:{card.version}",
                case=card.case,
                reader=reader,
                text=texts.render(f"oversight/notices/{step.name}.txt", values),
                at=at,
            )
        ]
    )
