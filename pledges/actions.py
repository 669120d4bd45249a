"""The verbs of a pledge's version: written under its own row's lock, and recorded in its pledge's chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from django.db import transaction
from django.utils import formats, translation
from django.utils.translation import gettext as _

from pledges import workflow
from pledges.models import Clause, Pledge, PledgeVersion
from pledges.workflow import VERSION_WORKFLOW
from portal.cases.actions import acting_role
from portal.cases.models import Case
from portal.cases.terms import SHANGHAI
from portal.cases.workflow import Conflict, Move, NotAllowed, Refused, Transition
from portal.documents import actions as documents
from portal.documents.letters import draft_of
from portal.documents.models import Ended
from portal.ledger.actions import record
from portal.ledger.models import Event
from portal.organisation.actors import SYSTEM, Actor
from portal.organisation.models import Staff, Unit
from portal.organisation.second_factor import Confirmation
from portal.oversight import measures

DOCUMENT_KIND = "pledge"


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
    locked.state = rule.leads_to(move)
    locked.version += 1
    locked.save()
    _record(locked, rule, actor=actor, at=at, note=note)
    return locked


def _record(version: PledgeVersion, rule: Transition, *, actor: Actor, at: datetime, note: str = "") -> None:
    data: dict[str, Any] = {
        "version": version.number,
        "state": version.state,
        "note": note.strip(),
        "text": text_digest(version),
    }
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


def text_digest(version: PledgeVersion) -> str:
    """The hash of all that a version says, whoever signs it; the ledger keeps it with every step."""
    words = {**values_of(version), "title": version.title, "data": data_of(version)}
    # Renamed units, and measures that are worded better, change nothing of what was promised.
    words["clauses"] = [each["text"] for each in words["clauses"]]
    del words["signer"], words["unit"]
    said = json.dumps(words, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()


def _check_as_reviewed(version: PledgeVersion) -> None:
    """Raises Refused where the words are not those that were reviewed."""
    events = Event.objects.of(version.pledge.subject).filter(data__version=version.number)
    reviewed = events.filter(verb="pledge_review").last()
    if reviewed is None or reviewed.data.get("text") != text_digest(version):
        raise Refused(_("This text is not the one that was reviewed. Please send it back to be changed."))


def _sign(version: PledgeVersion, *, actor: Actor, at: datetime, confirmed: Confirmation | None) -> None:
    """Number, typeset and sign the text, in the signer's name; from now on it is what the document says."""
    fresh = confirmed is not None and timedelta(0) <= at - confirmed.at <= workflow.CONFIRMED_FOR
    if confirmed is None or confirmed.staff_id != actor.id or not fresh:
        raise Refused(_("Please confirm with your second factor that it is you who signs."), field="code")
    _check_as_reviewed(version)
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


def preview(version: PledgeVersion, *, at: datetime) -> bytes:
    """The PDF as it would be, marked as a draft. Nothing is written. Raises RenderingFailed."""
    signer = {"name": version.signer_name or "（待签发）", "title": version.signer_title or "签发人"}
    whole = {**values_of(version), "signer": signer}
    return draft_of(DOCUMENT_KIND, whole, title=version.title, at=at)


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
