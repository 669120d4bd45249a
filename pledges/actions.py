"""The verbs of a pledge's version, of a complaint, and of the nightly measuring.

A version is written under its own row's lock and recorded in its pledge's chain. A complaint is a case: its
steps are taken by `portal.cases.actions.advance`, and what touches more than the case stands here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from django.db import transaction
from django.utils import formats, translation
from django.utils.translation import gettext as _

from pledges import workflow
from pledges.models import Breach, Clause, Pledge, PledgeVersion, Result, Source
from pledges.workflow import VERSION_WORKFLOW
from portal.cases.actions import acting_role, open_case
from portal.cases.attachments import Photo, attach
from portal.cases.models import Case
from portal.cases.phones import normal_phone
from portal.cases.terms import ONE_DAY, SHANGHAI, local_day
from portal.cases.workflow import Conflict, Move, NotAllowed, Refused, Transition
from portal.documents import actions as documents
from portal.documents.models import Ended
from portal.ledger.actions import Entry, record, record_many
from portal.ledger.models import Event
from portal.numbering.models import next_number
from portal.organisation.actors import SYSTEM, Actor
from portal.organisation.models import Staff, Unit
from portal.organisation.second_factor import Confirmation
from portal.oversight import measures

logger = logging.getLogger(__name__)

KIND, DOCUMENT_KIND = "breach", "pledge"
# What a measure looks back on: so many days, the one that has just ended included.
WINDOW_DAYS = 30
# Nights that were slept through are made up; a portal that was off for longer starts anew.
MOST_DAYS_MADE_UP = 60


@dataclass(frozen=True, slots=True)
class Promise:
    """A clause as it is written: its text, and the measure with its target, if it has one."""

    text: str
    measure: str = ""
    days: int | None = None
    target: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The text of a version. Days are in Asia/Shanghai; lines of the texts are paragraphs."""

    title: str
    clauses: Sequence[Promise]
    phone: str
    valid_from: date
    valid_until: date | None = None
    preamble: str = ""
    closing: str = ""
    fax: str = ""
    email: str = ""

    def columns(self) -> dict[str, Any]:
        names = ("title", "preamble", "closing", "phone", "fax", "email", "valid_from", "valid_until")
        return {name: getattr(self, name) for name in names}


# Writing ----------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(unit: Unit, draft: Draft, *, actor: Actor, at: datetime) -> PledgeVersion:
    """The first version of a new pledge of the unit, as a draft. Raises Refused, NotAllowed."""
    _check_may_begin(unit, actor)
    pledge = Pledge.objects.create(unit=unit, created_at=at)
    return _write(PledgeVersion(pledge=pledge, number=1), draft, actor=actor, at=at)


@transaction.atomic
def begin_next(pledge: Pledge, draft: Draft, *, actor: Actor, at: datetime) -> PledgeVersion:
    """The next version of a pledge, as a draft beside the one in force. Raises Refused, NotAllowed.

    One at a time: while another is under way, that one is to be changed.
    """
    locked = Pledge.objects.select_for_update().select_related("unit").get(pk=pledge.pk)
    _check_may_begin(locked.unit, actor)
    last = locked.versions.order_by("-number").first()
    if last is not None and last.state in (workflow.DRAFT, workflow.REVIEWED, workflow.SIGNED):
        raise Refused(_("The next version of this pledge is under way already: please change that one."))
    return _write(
        PledgeVersion(pledge=locked, number=last.number + 1 if last else 1), draft, actor=actor, at=at
    )


def _check_may_begin(unit: Unit, actor: Actor) -> None:
    if not actor.has_role(*workflow.VERSION_OPENING.by):
        raise NotAllowed(_("Your role does not permit this step."))
    workflow.check_may_write_for(actor, unit)


def _write(version: PledgeVersion, draft: Draft, *, actor: Actor, at: datetime) -> PledgeVersion:
    assert actor.id is not None
    rule = workflow.VERSION_OPENING
    version.state = str(rule.target)
    _fill(version, draft, actor=actor, at=at)
    version.save(force_insert=True)
    _put_clauses(version, draft.clauses)
    _record(version, rule, actor=actor, at=at)
    return version


def _fill(version: PledgeVersion, draft: Draft, *, actor: Actor, at: datetime) -> None:
    for name, value in draft.columns().items():
        setattr(version, name, value)
    version.written_at = at
    if actor.id is not None and actor.id not in version.writers:
        version.writers = [*version.writers, actor.id]
    if version.valid_until is not None and version.valid_until < version.valid_from:
        raise Refused(_("The last day lies before the first."), field="valid_until")


def _put_clauses(version: PledgeVersion, promises: Sequence[Promise]) -> None:
    if len(promises) > workflow.MOST_CLAUSES:
        raise Refused(
            _("A pledge has at most %(most)s clauses.") % {"most": workflow.MOST_CLAUSES}, field="clauses"
        )
    for number, promise in enumerate(promises, 1):
        check_promise(promise, number=number)
    version.clauses.all().delete()
    Clause.objects.bulk_create(
        Clause(
            version=version,
            position=number,
            text=promise.text.strip(),
            measure=promise.measure,
            measure_days=promise.days,
            measure_target=promise.target,
        )
        for number, promise in enumerate(promises, 1)
    )


def check_promise(promise: Promise, *, number: int) -> None:
    """Raises Refused, with the field as `clauses.3.target`, where clause and measure do not fit together."""

    def refuse(name: str, sentence: str) -> None:
        raise Refused(sentence, field=f"clauses.{number}.{name}")

    if not promise.text.strip():
        refuse("text", _("Please write the clause."))
    if not promise.measure:
        if promise.days is not None or promise.target is not None:
            refuse("measure", _("Please choose the measure for this target."))
        return
    if not measures.known(promise.measure):
        refuse("measure", _("There is no such measure."))
    measure = measures.named(promise.measure)
    target = promise.target
    if target is None or not workflow.LEAST_TARGET <= target <= 100 or target != round(target, 2):
        refuse("target", _("Please give the target in per cent, above 0 and at most 100."))
    if measure.takes_days and not (promise.days and 1 <= promise.days <= workflow.MOST_DAYS):
        sentence = _("Please give the number of working days that are promised, from 1 to %(most)s.")
        refuse("days", sentence % {"most": workflow.MOST_DAYS})
    if not measure.takes_days and promise.days is not None:
        refuse("days", _("This measure takes no number of days."))


@transaction.atomic
def change(
    version: PledgeVersion, draft: Draft, *, actor: Actor, at: datetime, seen: int | None = None
) -> PledgeVersion:
    """Write a draft anew. Raises Refused, NotAllowed, Conflict as `take` does."""
    locked = lock(version, seen=seen)
    rule = VERSION_WORKFLOW.transition("change")
    check(locked, rule, actor=actor, at=at)
    _fill(locked, draft, actor=actor, at=at)
    locked.version += 1
    locked.save()
    _put_clauses(locked, draft.clauses)
    _record(locked, rule, actor=actor, at=at)
    return locked


# The way of a version ---------------------------------------------------------------------------------------


def check(version: PledgeVersion, rule: Transition, *, actor: Actor, at: datetime, note: str = "") -> Move:
    """The move, found right. Raises Refused or NotAllowed."""
    move = Move(case=cast("Case", version), actor=actor, at=at, note=note)
    VERSION_WORKFLOW.check(rule, move)
    return move


def check_may(version: PledgeVersion, rule: Transition, *, actor: Actor, at: datetime) -> None:
    """Raises NotAllowed or Refused unless role, state and guards permit the step."""
    VERSION_WORKFLOW.check_may(rule, Move(case=cast("Case", version), actor=actor, at=at))


def allowed(version: PledgeVersion, *, actor: Actor, at: datetime) -> list[Transition]:
    """The steps that this actor may take now, for drawing buttons."""
    return VERSION_WORKFLOW.allowed(cast("Case", version), actor=actor, at=at)


def lock(version: PledgeVersion, *, seen: int | None) -> PledgeVersion:
    """The version, locked behind its pledge, so that two of one pledge wait for each other.

    Raises Conflict, saying who was first, when it changed since the actor looked at it.
    """
    Pledge.objects.select_for_update().get(pk=version.pledge_id)
    locked = (
        PledgeVersion.objects.select_for_update(of=("self",))
        .select_related("pledge__unit")
        .get(pk=version.pk)
    )
    if seen is None or seen == locked.version:
        return locked
    events = Event.objects.of(locked.pledge.subject).filter(data__version=locked.number)
    last = events.last()
    if last is None:
        raise Conflict(_("Somebody changed this pledge while you were looking at it. Please look again."))
    labels = {each.name: each.label for each in (workflow.VERSION_OPENING, *workflow.VERSION_TRANSITIONS)}
    raise Conflict(
        _("%(who)s was first: “%(step)s” at %(time)s. Please look at the pledge again before you go on.")
        % {
            "who": last.actor_name if last.actor_id else _("The portal"),
            "step": labels.get(last.verb.removeprefix("pledge_"), last.verb),
            "time": formats.date_format(last.at.astimezone(SHANGHAI), "H:i"),
        }
    )


@transaction.atomic
def take(
    version: PledgeVersion,
    name: str,
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    seen: int | None = None,
    confirmed: Confirmation | None = None,
) -> PledgeVersion:
    """Take a step of a version: review, send_back, sign, publish, withdraw; the version as it is afterwards.

    To sign needs `confirmed`, the signer's second factor of this moment. Raises Refused (NotAllowed,
    Conflict), and nothing is written then.
    """
    locked = lock(version, seen=seen)
    rule = VERSION_WORKFLOW.transition(name)
    if rule.name in ("change", "supersede"):
        # The one has a verb of its own, the other follows from publishing the next version.
        raise Refused(_("There is no such step."))
    move = check(locked, rule, actor=actor, at=at, note=note)
    for column, value in (rule.sets(move) if rule.sets else {}).items():
        setattr(locked, column, value)
    if rule.name == "sign":
        _sign(locked, actor=actor, at=at, confirmed=confirmed)
    elif rule.name == "publish":
        _publish(locked, actor=actor, at=at)
    elif rule.name == "withdraw":
        _withdraw(locked, reason=note.strip(), actor=actor, at=at)
    assert rule.target is not None
    locked.state = rule.target
    locked.version += 1
    locked.save()
    _record(locked, rule, actor=actor, at=at, note=note)
    return locked


def _record(version: PledgeVersion, rule: Transition, *, actor: Actor, at: datetime, note: str = "") -> None:
    data: dict[str, Any] = {"version": version.number, "state": version.state, "note": note.strip()}
    if version.document_id is not None:
        assert version.document is not None
        data["document"] = version.document.number
    first = rule.name == workflow.VERSION_OPENING.name and version.number == 1
    record(
        version.pledge.subject,
        f"pledge_{rule.name}",
        at=at,
        actor=actor,
        role=acting_role(rule, actor),
        data=data,
        opens=first,
    )


def _sign(version: PledgeVersion, *, actor: Actor, at: datetime, confirmed: Confirmation | None) -> None:
    """Number, typeset and sign the text, in the signer's name; from now on it is what the document says."""
    fresh = confirmed is not None and timedelta(0) <= at - confirmed.at <= workflow.CONFIRMED_FOR
    if confirmed is None or confirmed.staff_id != actor.id or not fresh:
        raise Refused(_("Please confirm with your second factor that it is you who signs."), field="code")
    signer = Staff.objects.get(pk=actor.id)
    if not signer.title:
        raise Refused(
            _("A signer's title stands on the pledge, and yours is not known: please ask an administrator.")
        )
    version.signer, version.signer_name, version.signer_title = signer, signer.name, signer.title
    version.signed_at = at
    version.document = documents.issue(
        DOCUMENT_KIND,
        title=version.title,
        values=values_of(version),
        actor=actor,
        at=at,
        valid_from=version.valid_from,
        valid_until=version.valid_until,
        is_public=False,
        enclosing=data_of(version),
    )


def data_of(version: PledgeVersion) -> dict[str, Any]:
    """What a program reads in the signed file: whose text it is, and the measures as they were promised."""
    return {
        "pledge": version.pledge_id,
        "version": version.number,
        "unit": version.pledge.unit.code,
        "measures": [
            {
                "clause": each.position,
                "measure": each.measure,
                "days": each.measure_days,
                "target": f"{each.measure_target:.2f}",
            }
            for each in version.clauses.all()
            if each.measure
        ],
    }


def values_of(version: PledgeVersion) -> dict[str, Any]:
    """What the layout takes of a version; the clauses with what they are measured by, in words."""
    return {
        "unit": version.pledge.unit.name,
        "paragraphs": _paragraphs(version.preamble),
        "clauses": [_clause_values(each) for each in version.clauses.all()],
        "closing": _paragraphs(version.closing),
        "valid_from": version.valid_from.isoformat(),
        "valid_until": version.valid_until.isoformat() if version.valid_until else "",
        "phone": version.phone,
        "fax": version.fax,
        "email": version.email,
        "signer": {"name": version.signer_name, "title": version.signer_title},
    }


def _paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _clause_values(clause: Clause) -> dict[str, str]:
    return {"text": clause.text, "measure": measure_in_chinese(clause)}


def measure_in_chinese(clause: Clause) -> str:
    """What a clause is measured by, as it stands on the document: in Chinese, whoever signs it."""
    measure = clause.measured_by
    if measure is None or clause.measure_target is None:
        return ""
    with translation.override("zh-hans"):
        sentence = measure.question(clause.measure_days)
    return f"{sentence}的比例不低于{clause.measure_target.normalize():f}%"


def _publish(version: PledgeVersion, *, actor: Actor, at: datetime) -> None:
    assert version.document is not None
    version.published_at = at
    version.document = documents.publish(version.document, actor=actor, at=at)
    earlier = version.pledge.in_force
    if earlier is None:
        return
    rule = VERSION_WORKFLOW.transition("supersede")
    check(earlier, rule, actor=SYSTEM, at=at)
    assert earlier.document is not None
    documents.end(earlier.document, Ended.SUPERSEDED, actor=actor, at=at, by=version.document)
    earlier.state, earlier.ended_at = str(rule.target), at
    earlier.version += 1
    earlier.save()
    _record(earlier, rule, actor=actor, at=at)


def _withdraw(version: PledgeVersion, *, reason: str, actor: Actor, at: datetime) -> None:
    assert version.document is not None
    version.ended_at, version.ended_reason = at, reason
    documents.end(version.document, Ended.REVOKED, reason=reason, actor=actor, at=at)


# Complaints -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Grievance:
    """What was not kept, as the complainant tells it. Without name, phone and e-mail it is anonymous."""

    clause: Clause
    description: str
    name: str = ""
    phone: str = ""
    email: str = ""
    photos: Sequence[Photo] = field(default=())


def new_number(at: datetime) -> str:
    """The next number of the day in Asia/Shanghai, for example WN-20261123-0007 (违诺)."""
    day = local_day(at).strftime("%Y%m%d")
    return f"WN-{day}-{next_number('breach', day):04d}"


@transaction.atomic
def complain(grievance: Grievance, *, actor: Actor, at: datetime) -> Breach:
    """Open a complaint about a clause of a pledge that has been published. Raises Refused."""
    version = grievance.clause.version
    if not version.is_public:
        raise Refused(_("This pledge has not been published."), field="clause")
    if local_day(at) < version.valid_from:
        raise Refused(
            _("This pledge holds from %(day)s on.") % {"day": version.valid_from.isoformat()}, field="clause"
        )
    if not grievance.description.strip():
        raise Refused(_("Please tell us what was not kept."), field="description")
    breach = _open(
        grievance.clause,
        description=grievance.description.strip(),
        source=Source.COMPLAINT,
        actor=actor,
        at=at,
        complainant_name=grievance.name.strip(),
        complainant_phone=normal_phone(grievance.phone),
        complainant_email=grievance.email.strip(),
    )
    attach(breach, grievance.photos, actor=actor, at=at)
    return breach


def _open(
    clause: Clause, *, description: str, source: str, actor: Actor, at: datetime, **more: Any
) -> Breach:
    version = clause.version
    breach = Breach(
        kind=KIND,
        number=new_number(at),
        title=_title(version.title, clause.position),
        clause=clause,
        source=source,
        description=description,
        **more,
    )
    open_case(
        breach,
        actor=actor,
        at=at,
        data={
            "pledge": version.pledge_id,
            "version": version.number,
            "clause": clause.position,
            "source": source,
        },
    )
    return breach


def _title(pledge: str, position: int) -> str:
    return f"{pledge[:100]}：第{position}条"


# Measuring --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Measured:
    """What a night of measuring did: results written, breaches opened, clauses that could not be measured."""

    results: int = 0
    breaches: int = 0
    failed: int = 0


def measure_due(*, at: datetime) -> Measured:
    """Answer every measured clause in force for each day that is over and has no answer yet, oldest first.

    Right when run late, twice or in parallel: an answer, and the breach that follows from it, are one commit
    for each clause and day.
    """
    done = Measured()
    yesterday = local_day(at) - ONE_DAY
    clauses = (
        Clause.objects.exclude(measure="")
        .filter(version__state=workflow.PUBLISHED, version__valid_from__lte=yesterday)
        .select_related("version__pledge__unit")
        .order_by("pk")
    )
    for clause in clauses:
        try:
            for day in _days_to_measure(clause, yesterday):
                breach = measure_day(clause, day, at=at)
                done.results += breach is not False
                done.breaches += isinstance(breach, Breach)
        except Exception:
            # One measure that fails does not leave the others unmeasured; it is tried again in an hour.
            logger.exception(
                "Clause %s of pledge %s could not be measured.", clause.pk, clause.version.pledge_id
            )
            done.failed += 1
    return done


def bound_from(version: PledgeVersion) -> date:
    """The first day of which a version can be asked whether it was kept: in force, and public."""
    assert version.published_at is not None
    return max(version.valid_from, local_day(version.published_at))


def _days_to_measure(clause: Clause, yesterday: date) -> list[date]:
    last = clause.results.order_by("-day").values_list("day", flat=True).first()
    version = clause.version
    first = max(
        last + ONE_DAY if last else bound_from(version),
        yesterday - timedelta(days=MOST_DAYS_MADE_UP - 1),
    )
    end = min(yesterday, version.valid_until) if version.valid_until else yesterday
    return [first + timedelta(days=each) for each in range((end - first).days + 1)]


@transaction.atomic
def measure_day(clause: Clause, day: date, *, at: datetime) -> Breach | bool | None:
    """Answer one clause for the window that ends with `day`: the breach it opened, None without one.

    False when the answer was there already, or nobody knows the measure any more.
    """
    measure = clause.measured_by
    if measure is None or clause.measure_target is None:
        return False
    # One at a time for a pledge, so that two nights at once neither answer twice nor open two breaches.
    Pledge.objects.select_for_update().get(pk=clause.version.pledge_id)
    if clause.results.filter(day=day).exists():
        return False
    first = max(day - timedelta(days=WINDOW_DAYS - 1), bound_from(clause.version))
    unit = clause.version.pledge.unit
    units = None if unit.parent_id is None else unit.subtree_ids()
    share = measure.count(unit_ids=units, first=first, last=day, days=clause.measure_days, now=at)
    kept = share.reaches(clause.measure_target)
    result = Result.objects.create(
        clause=clause, first=first, day=day, part=share.part, whole=share.whole, kept=kept, measured_at=at
    )
    record_many([_measured_entry(result)])
    if kept is not False or not _is_news(clause, first):
        return None
    return _open(
        clause,
        description=_missed(clause, result),
        source=Source.MEASURE,
        actor=SYSTEM,
        at=at,
        result=result,
    )


def _measured_entry(result: Result) -> Entry:
    data = {
        "version": result.clause.version.number,
        "clause": result.clause.position,
        "first": result.first,
        "day": result.day,
        "part": result.part,
        "whole": result.whole,
    }
    subject = result.clause.version.pledge.measured_subject
    return Entry(subject, "pledge_measured", result.measured_at, SYSTEM, data)


def _is_news(clause: Clause, first: date) -> bool:
    """A miss opens a breach unless one of this clause is open, or was opened by a day of the same window."""
    by_measure = Breach.objects.filter(clause=clause, source=Source.MEASURE)
    return (
        not by_measure.filter(closed_at=None).exists()
        and not by_measure.filter(result__day__gte=first).exists()
    )


def _missed(clause: Clause, result: Result) -> str:
    """In Chinese: it is a record, whatever language the portal is read in."""
    words: Mapping[str, Any] = {
        "measure": measure_in_chinese(clause),
        "first": result.first.isoformat(),
        "day": result.day.isoformat(),
        "part": result.part,
        "whole": result.whole,
        "percent": result.share.shown,
    }
    return "{measure}。{first}至{day}：{part}÷{whole}，即{percent}，未达到承诺。".format(**words)
