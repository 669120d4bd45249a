"""The verbs of an application that touch more than the case itself: to apply, at the counter or on the web.

Every other step is `take`, one transition of the workflow; what follows from it beside the case (papers,
surveys, permits, a bad rating) is written by `approvals.following` in the same transaction, whoever takes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from approvals.files import delete_files, keep_files
from approvals.models import ApprovalCase, GivenMaterial, ItemGuide, MaterialFile, Paper
from approvals.models.applications import ApplicantKind, Source
from approvals.rules import guide as guides
from approvals.rules import service
from approvals.rules import survey as surveys
from approvals.rules.terms import approval_of
from approvals.workflow import WORKFLOW
from portal.cases import identity
from portal.cases.actions import advance, lock, open_case, plain
from portal.cases.attachments import Photo, attach
from portal.cases.kept_files import undone_with_the_verb
from portal.cases.phones import normal_phone
from portal.cases.terms import local_day
from portal.cases.text import check_fields
from portal.cases.uploads import Upload
from portal.cases.workflow import Conflict, Move, Refused, Transition
from portal.ledger.actions import record
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
        return identity.check_number(application.applicant_kind, application.applicant_number)
    except ValidationError as wrong:
        raise Refused(wrong.messages[0], field="applicant_number") from None


@undone_with_the_verb()
@transaction.atomic
def apply(application: Application, *, actor: Actor, at: datetime) -> ApprovalCase:
    """Receive an application: from a clerk at the counter, or from the applicant on the web.

    Five working days for its acceptance begin to run, and the applicant gets a receipt. Files may be missing,
    on whatever way it comes: who would not receive what is incomplete refused unlawfully (行政许可法 art. 32,
    one notice asks for the rest). The form on the web only asks before, in `drafts.submit`. Raises Refused.
    """
    number = check_application(application)
    guide = application.guide
    materials = list(guide.materials.all())
    _check_files(application.files, guide)
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
    check_fields(case, TOLD)
    brought = [GivenMaterial(case=case, material=each) for each in materials]
    # The receipt lists them; they are written with the case.
    case.__dict__["given"] = brought
    data = {"item": guide.item.code, "guide": guide.number, "source": case.source}
    case.opening = open_case(case, actor=actor, at=at, data=data, beside=brought)
    case.__dict__.pop("given", None)
    keep_files(application.files, case=case, actor=actor, at=at)
    return case


def _check_files(files: Mapping[int, Sequence[Upload]], guide: ItemGuide) -> None:
    if files and (strangers := set(files) - {each.pk for each in guide.materials.all()}):
        raise ValueError(f"files for materials that the guide does not ask for: {sorted(strangers)}")


TOLD = Application.__dataclass_fields__.keys() - {"guide", "files"}


def asdict_of(application: Application) -> dict[str, Any]:
    """The fields as they are; `dataclasses.asdict` would copy the guide and every file."""
    return {name: getattr(application, name) for name in Application.__dataclass_fields__}


@undone_with_the_verb()
@transaction.atomic
def receive_at_counter(
    application: Application,
    checked: Checked,
    *,
    accept: bool = False,
    ask_supplement: bool = False,
    actor: Actor,
    at: datetime,
) -> ApprovalCase:
    """What a clerk does in one go: receive, look at every material; then accept, or ask for what is missing.

    Where one of these cannot be, nothing is received. Raises Refused.
    """
    case = apply(application, actor=actor, at=at)
    case = take(case, "check_materials", actor=actor, at=at, checked=checked)
    if accept:
        return take(case, "accept", actor=actor, at=at)
    return take(case, "ask_supplement", actor=actor, at=at) if ask_supplement else case


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


@undone_with_the_verb()
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
    _check_files(files, case.guide)
    moved = take(case, "supplement", actor=actor, at=at, note=note, seen=seen)
    asked_at = moved.supplement_asked_at
    assert asked_at is not None
    keep_files(files, case=moved, actor=actor, at=at, since=asked_at, recorded=False)
    # With what was kept before, a file at a time: all of it is sent now.
    if hashes := list(moved.files.filter(at__gte=asked_at).values_list("sha256", flat=True)):
        record(moved.subject, "files_attached", at=at, actor=actor, data={"sha256": hashes})
    return moved


@undone_with_the_verb()
@transaction.atomic
def keep_for_supplement(
    case: ApprovalCase, files: Mapping[int, Sequence[Upload]], *, actor: Actor, at: datetime
) -> None:
    """Keep files of a supplement that is not whole yet: nothing is sent by this, and no limit moves.

    Raises Refused where a supplement cannot be brought, or beyond the files that it may have.
    """
    _check_files(files, case.guide)
    locked = approval_of(lock(case))
    WORKFLOW.check_may(WORKFLOW.transition("supplement"), Move(case=locked, actor=actor, at=at))
    keep_files(files, case=locked, actor=actor, at=at, since=locked.supplement_asked_at, recorded=False)


@transaction.atomic
def take_out(case: ApprovalCase, pk: int, *, actor: Actor, at: datetime) -> None:
    """Take a file out of a supplement that is not sent yet; any other file is left alone. Raises Refused."""
    locked = approval_of(lock(case))
    WORKFLOW.check_may(WORKFLOW.transition("supplement"), Move(case=locked, actor=actor, at=at))
    rows = MaterialFile.objects.filter(case=locked, pk=pk)
    delete_files(rows.filter(pk__in=[each.pk for each in rows if locked.is_unsent(each)]))


@undone_with_the_verb()
@transaction.atomic
def sign_opinion(
    case: ApprovalCase,
    *,
    photos: Sequence[Photo] = (),
    actor: Actor,
    at: datetime,
    seen: int | None = None,
    **entered: Any,
) -> ApprovalCase:
    """A unit signs what it saw at the survey, with its photos: both, or neither."""
    moved = take(case, "sign_opinion", actor=actor, at=at, seen=seen, **entered)
    attach(moved, photos, actor=actor, at=at)
    return moved


@undone_with_the_verb()
@transaction.atomic
def add_photos(case: ApprovalCase, photos: Sequence[Photo], *, actor: Actor, at: datetime) -> ApprovalCase:
    """Photos of the site that come after their unit's opinion, until the survey is concluded.

    Raises Refused and NotAllowed.
    """
    locked = approval_of(lock(case))
    surveys.check_may_add_photos(locked, actor=actor)
    if not photos:
        raise Refused(_("Please choose a photo."), field="photos")
    attach(locked, photos, actor=actor, at=at)
    return locked


@transaction.atomic
def record_service(
    paper: Paper, *, served_by: str, served_to: str, served_on: date | None, actor: Actor, at: datetime
) -> Paper:
    """Keep the proof that a paper reached the applicant (送达回证). That of a decision is kept by `serve`.

    Raises Refused, NotAllowed, and Conflict when somebody recorded it already.
    """
    locked = Paper.objects.select_for_update(of=("self",)).select_related("document").get(pk=paper.pk)
    case = ApprovalCase.objects.select_related("first_contact").get(pk=locked.case_id)
    service.check_may_record(case, locked.purpose, actor=actor)
    if locked.served_on is not None:
        raise Conflict(_("Somebody has recorded the service of this paper already."))
    given = service.Service(served_by=served_by, served_to=served_to.strip(), served_on=served_on)
    service.check_proof(given, issued_on=local_day(locked.document.made_at), today=local_day(at))
    locked.served_by, locked.served_to, locked.served_on = given.served_by, given.served_to, served_on
    locked.save(update_fields=["served_by", "served_to", "served_on"])
    data = {
        "document": locked.document.number,
        "served_by": given.served_by,
        "served_to": given.served_to,
        "served_on": plain(served_on),
    }
    record(case.subject, "paper_served", at=at, actor=actor, role=Role.CLERK, data=data)
    return locked


def allowed(case: ApprovalCase, *, actor: Actor, at: datetime) -> list[Transition]:
    """The steps that this actor may take now, for drawing buttons."""
    return WORKFLOW.allowed(case, actor=actor, at=at)
