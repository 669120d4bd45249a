"""The verbs of an application that touch more than the case itself: to apply, at the counter or on the web.

Every other step is `take`, one transition of the workflow; what follows from it beside the case (papers,
surveys, permits, a bad rating) is written by `approvals.following` in the same transaction, whoever takes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from approvals import codes
from approvals.files import keep_files
from approvals.models import ApprovalCase, GivenMaterial, ItemGuide
from approvals.models.applications import ApplicantKind, Source
from approvals.rules import guide as guides
from approvals.rules.terms import approval_of
from approvals.workflow import WORKFLOW
from portal.cases.actions import advance, open_case
from portal.cases.phones import normal_phone
from portal.cases.terms import local_day
from portal.cases.uploads import Upload
from portal.cases.workflow import Refused, Transition
from portal.numbering.models import next_number
from portal.organisation.actors import Actor, Role

KIND = "approval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What an applicant brings. `files` are uploads by the key of the guide's material."""

    guide: ItemGuide
    applicant_kind: str
    applicant_name: str
    applicant_number: str
    phone: str
    subject_matter: str
    place: str
    representative: str = ""
    email: str = ""
    address: str = ""
    consolidated_bill: bool = False
    files: Mapping[int, Sequence[Upload]] = field(default_factory=dict)


# What the clerk found of each material, by its key: whether it is in order, and what is wrong with it.
Checked = Mapping[int, tuple[bool | None, str]]


def new_number(at: datetime) -> str:
    """The next number of the day in Asia/Shanghai, for example SP-20261125-0007 (审批)."""
    day = local_day(at).strftime("%Y%m%d")
    return f"SP-{day}-{next_number('approval', day):04d}"


def check_application(application: Application) -> str:
    """The applicant's number in its normal form. Raises Refused, at the field, where one cannot apply."""
    guide = application.guide
    if guide.state != guides.PUBLISHED or not guide.item.active:
        raise Refused(_("This item cannot be applied for at present."), field="guide")
    person = application.applicant_kind == ApplicantKind.PERSON
    if not (guide.item.for_persons if person else guide.item.for_bodies):
        sentence = (
            _("This item is for companies and other bodies.") if person else _("This item is for persons.")
        )
        raise Refused(sentence, field="applicant_kind")
    try:
        return codes.check_number(application.applicant_kind, application.applicant_number)
    except ValidationError as wrong:
        raise Refused(wrong.messages[0], field="applicant_number") from None


@transaction.atomic
def apply(application: Application, *, actor: Actor, at: datetime) -> ApprovalCase:
    """Receive an application: from a clerk at the counter, or from the applicant on the web.

    Five working days for its acceptance begin to run, and the applicant gets a receipt. Raises Refused.
    """
    number = check_application(application)
    guide = application.guide
    materials = list(guide.materials.all())
    if strangers := set(application.files) - {each.pk for each in materials}:
        raise ValueError(f"files for materials that the guide does not ask for: {sorted(strangers)}")
    told = {
        name: value
        for name, value in asdict_of(application).items()
        if name not in ("files", "phone", "guide")
    }
    case = ApprovalCase(
        kind=KIND,
        number=new_number(at),
        # Who applies is no part of the title: it stands in lists and notices.
        title=f"{guide.item.name}：{application.place}"[:120],
        guide=guide,
        source=Source.COUNTER if actor.has_role(Role.CLERK) else Source.WEB,
        **{**told, "applicant_number": number},
        phone=normal_phone(application.phone),
    )
    brought = [GivenMaterial(case=case, material=each) for each in materials]
    data = {"item": guide.item.code, "guide": guide.number, "source": case.source}
    case.opening = open_case(case, actor=actor, at=at, data=data, beside=brought)
    keep_files(application.files, case=case, actor=actor, at=at)
    return case


def asdict_of(application: Application) -> dict[str, Any]:
    """The fields as they are; `dataclasses.asdict` would copy the guide and every file."""
    return {name: getattr(application, name) for name in Application.__dataclass_fields__}


@transaction.atomic
def receive_at_counter(
    application: Application, checked: Checked, *, accept: bool, actor: Actor, at: datetime
) -> ApprovalCase:
    """What a clerk does in one go: receive, look at every material, and accept where all is in order."""
    case = apply(application, actor=actor, at=at)
    case = take(case, "check_materials", actor=actor, at=at, checked=checked)
    return take(case, "accept", actor=actor, at=at) if accept else case


def take(
    case: ApprovalCase,
    name: str,
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    seen: int | None = None,
    extend_by: int = 0,
    **entered: Any,
) -> ApprovalCase:
    """Take a step of an application with what was entered for it; the application as it is afterwards.

    Raises Refused (NotAllowed, Conflict), and nothing is written then.
    """
    rule = WORKFLOW.transition(name)
    given = {key: value for key, value in entered.items() if key in rule.takes}
    changes = {key: value for key, value in entered.items() if key not in rule.takes}
    moved = advance(
        case, name, actor=actor, at=at, note=note, seen=seen, extend_by=extend_by, given=given, **changes
    )
    return approval_of(moved)


@transaction.atomic
def bring_supplement(
    case: ApprovalCase,
    files: Mapping[int, Sequence[Upload]],
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    seen: int | None = None,
) -> ApprovalCase:
    """What was asked for has arrived, with its files where it came over the net: both, or neither."""
    moved = take(case, "supplement", actor=actor, at=at, note=note, seen=seen)
    keep_files(files, case=moved, actor=actor, at=at)
    return moved


def allowed(case: ApprovalCase, *, actor: Actor, at: datetime) -> list[Transition]:
    """The steps that this actor may take now, for drawing buttons."""
    return WORKFLOW.allowed(case, actor=actor, at=at)
