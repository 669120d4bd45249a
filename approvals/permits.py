"""A permit (许可证) and its verbs: issued with the application, suspended, reinstated, changed, revoked.

Its document has the public check page, which says whether it holds. Rules: `approvals.rules.permit`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.models import ApprovalCase, Paper, Permit
from approvals.papers import basis_of
from approvals.rules import permit as rules
from approvals.rules.terms import approval_of
from portal.cases.actions import acting_role, plain
from portal.cases.effects import Moved
from portal.cases.identity import masked_number
from portal.cases.kept_files import undone_with_the_verb
from portal.cases.models import Case
from portal.cases.workflow import Conflict, Move, Refused, Transition
from portal.documents import actions as documents
from portal.documents.models import Document, Ended
from portal.ledger.actions import record
from portal.organisation.actors import Actor

DOCUMENT_KIND = "approval_permit"
LONGEST_REASON = Document._meta.get_field("ended_reason").max_length or 500


def issue_permit(moved: Moved) -> Permit:
    """The certificate of what was granted, in the transaction of the step."""
    case = approval_of(moved.case)
    assert case.valid_from is not None
    permit = Permit(
        case=case,
        state=rules.IN_FORCE,
        content=case.content,
        conditions=case.conditions,
        valid_from=case.valid_from,
        valid_until=case.valid_until,
        issued_at=moved.at,
    )
    permit.document = _certificate(permit, actor=moved.actor, at=moved.at)
    permit.save(force_insert=True)
    Paper.objects.create(case=case, purpose="permit", document=permit.document)
    _record(permit, rules.OPENING, actor=moved.actor, at=moved.at, opens=True)
    return permit


def _certificate(permit: Permit, *, actor: Actor, at: datetime) -> Document:
    case = permit.case
    return documents.issue(
        DOCUMENT_KIND,
        title=case.guide.certificate,
        values=values_of(permit),
        actor=actor,
        at=at,
        case=case,
        valid_from=permit.valid_from,
        valid_until=permit.valid_until,
    )


def values_of(permit: Permit) -> dict[str, Any]:
    """What the certificate's layout takes."""
    case: ApprovalCase = permit.case
    return {
        "holder": case.applicant_name,
        "holder_number": masked_number(case.applicant_number) if case.is_person else case.applicant_number,
        "item_code": case.guide.item.implementation_code,
        "basis": basis_of(case),
        "item": case.guide.item.name,
        "content": permit.content,
        "place": case.place,
        "conditions": [line.strip() for line in permit.conditions.splitlines() if line.strip()],
        "valid_from": permit.valid_from.isoformat(),
        "valid_until": permit.valid_until.isoformat() if permit.valid_until else "",
    }


def allowed(permit: Permit, *, actor: Actor, at: datetime) -> list[Transition]:
    """The steps that this actor may take now, for drawing buttons."""
    return rules.WORKFLOW.allowed(cast("Case", permit), actor=actor, at=at)


@undone_with_the_verb()
@transaction.atomic
def take(
    permit: Permit,
    name: str,
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    seen: int | None = None,
    basis: str = "",
    **changes: Any,
) -> Permit:
    """Suspend, reinstate, change or revoke a permit; the permit afterwards. Raises Refused and its kinds."""
    locked = Permit.objects.select_for_update(of=("self",)).get(pk=permit.pk)
    if seen is not None and seen != locked.version:
        raise Conflict(_("Somebody changed this permit while you were looking at it. Please look again."))
    rule = rules.WORKFLOW.transition(name)
    given = {"basis": basis} if "basis" in rule.takes else {}
    move = Move(case=cast("Case", locked), actor=actor, at=at, changes=changes, given=given, note=note)
    rules.WORKFLOW.check(rule, move)
    for column, value in changes.items():
        setattr(locked, column, value)
    _move_document(locked, rule, reason=_reason(note, basis), actor=actor, at=at)
    locked.state = rule.leads_to(move)
    locked.version += 1
    locked.save()
    _record(locked, rule, actor=actor, at=at, note=note, basis=basis, changes=changes)
    return locked


def _reason(note: str, basis: str) -> str:
    """As the public reads it beside the certificate. Raises Refused where it is longer than is kept."""
    reason = f"{note.strip()}（{basis.strip()}）" if basis.strip() else note.strip()
    if len(reason) > LONGEST_REASON:
        raise Refused(
            _("Reason and basis together have at most %(most)s characters.") % {"most": LONGEST_REASON - 2},
            field="note",
        )
    return reason


def _move_document(permit: Permit, rule: Transition, *, reason: str, actor: Actor, at: datetime) -> None:
    before = permit.document
    if rule.name == "suspend":
        documents.suspend(before, reason=reason, actor=actor, at=at)
    elif rule.name == "reinstate":
        documents.reinstate(before, reason=reason, actor=actor, at=at)
    elif rule.name == "revoke":
        documents.end(before, Ended.REVOKED, reason=reason, actor=actor, at=at)
    else:
        permit.document = _certificate(permit, actor=actor, at=at)
        documents.end(before, Ended.SUPERSEDED, reason="", actor=actor, at=at, by=permit.document)
        Paper.objects.create(case=permit.case, purpose="permit", document=permit.document)


def _record(
    permit: Permit,
    rule: Transition,
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    basis: str = "",
    changes: dict[str, Any] | None = None,
    opens: bool = False,
) -> None:
    data = {
        "state": permit.state,
        "document": permit.document.number,
        "note": note.strip(),
        "basis": basis.strip(),
        **{name: plain(value) for name, value in (changes or {}).items()},
    }
    record(
        permit.subject,
        f"permit_{rule.name}",
        at=at,
        actor=actor,
        role=acting_role(rule, actor),
        data=data,
        opens=opens,
    )
