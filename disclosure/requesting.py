"""The verbs of an information request that touch more than the case itself: to apply, and to note a remedy.

Every other step is `take`, one transition of the workflow; what follows beside the case (papers, opinions,
files) is `disclosure.following`'s, in the same transaction, whoever takes the step.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from disclosure.models import InformationRequest, Remedy, RequestFile
from disclosure.models.requests import ApplicantKind, WantedDelivery, WantedForm
from disclosure.normal import normal
from disclosure.publishing import split
from disclosure.rules import request as rules
from disclosure.rules import request_checks as checks
from disclosure.rules.request_terms import CHANNELS, COUNTER, RECEIVED_AT_ONCE, WEB, request_of
from portal.cases import identity
from portal.cases.actions import advance, lock, open_case
from portal.cases.kept_files import undone_with_the_verb
from portal.cases.phones import normal_phone
from portal.cases.terms import local_day
from portal.cases.text import check_fields
from portal.cases.uploads import Upload
from portal.cases.workflow import NotAllowed, Refused
from portal.documents import typed
from portal.ledger.actions import record
from portal.numbering.models import next_number
from portal.organisation.actors import Actor

KIND = "information_request"
# A passport or a travel permit, of those who have no resident's ID number.
OTHER_DOCUMENT = re.compile(r"[0-9A-Z]{5,20}")
MOST_FILES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What an applicant asks for and who they are (art. 29). `files` show who they are, or what is meant."""

    applicant_kind: str
    applicant_name: str
    applicant_number: str
    phone: str
    description: str
    wanted_title: str = ""
    wanted_number: str = ""
    wanted_form: str = WantedForm.ELECTRONIC
    wanted_delivery: str = WantedDelivery.NET
    representative: str = ""
    email: str = ""
    address: str = ""
    may_publish: bool = False
    files: Sequence[Upload] = field(default=())


TOLD = tuple(name for name in Asking.__dataclass_fields__ if name != "files")


def new_number(at: datetime) -> str:
    """The next number of the day in Asia/Shanghai, for example YS-20261125-0007 (依申请)."""
    day = local_day(at).strftime("%Y%m%d")
    return f"YS-{day}-{next_number('information_request', day):04d}"


def check_asking(asking: Asking) -> str:
    """The applicant's number in its normal form. Raises Refused, at the field."""
    if asking.applicant_kind not in ApplicantKind.values:
        raise Refused(_("Please choose who applies."), field="applicant_kind")
    if not any(each.strip() for each in (asking.description, asking.wanted_title, asking.wanted_number)):
        # Art. 29: its title, its document number, or another description by which it is found.
        raise Refused(_("Please describe the information that is wanted."), field="description")
    if asking.applicant_kind != ApplicantKind.PERSON and not asking.representative.strip():
        raise Refused(_("Please name who speaks for it."), field="representative")
    if not any(each.strip() for each in (asking.phone, asking.email, asking.address)):
        # Art. 29: contact. Of a letter it may be no more than the address on its envelope.
        raise Refused(_("Please give a phone number, an e-mail address or a postal address."), field="phone")
    if asking.wanted_delivery == WantedDelivery.POST and not asking.address.strip():
        raise Refused(_("Please give the address to which it is sent."), field="address")
    if asking.wanted_delivery == WantedDelivery.NET and asking.wanted_form != WantedForm.ELECTRONIC:
        raise Refused(_("Over the net only an electronic document can be sent."), field="wanted_delivery")
    return number_of(asking.applicant_kind, asking.applicant_number)


# What the receipt prints of a request.
PRINTED = {
    "applicant_name": typed.one_line,
    "wanted_title": typed.optional_line,
    "wanted_number": typed.optional_line,
    "description": typed.some_lines,
}


def _check_printed(request: InformationRequest) -> None:
    """Raises Refused, at the field, for what no paper could print: it would never be registered."""
    for name, check in PRINTED.items():
        try:
            check(getattr(request, name))
        except typed.Wrong as wrong:
            sentence = _("The document cannot be typeset: %(why)s") % {"why": wrong}
            raise Refused(sentence, field=name) from None


def number_of(kind: str, written: str) -> str:
    """Of a person an ID number, or that of a passport or permit; of a body its credit code.

    In its normal form. Raises Refused, at the field.
    """
    plain = identity.normal_number(written)
    is_person = kind == ApplicantKind.PERSON
    if is_person and len(plain) != 18 and OTHER_DOCUMENT.fullmatch(plain) and not plain.isdigit():
        return plain
    try:
        return identity.check_number("person" if is_person else "body", plain)
    except ValidationError as wrong:
        raise Refused(wrong.messages[0], field="applicant_number") from None


@undone_with_the_verb()
@transaction.atomic
def apply(
    asking: Asking,
    *,
    channel: str = WEB,
    received_on: date | None = None,
    actor: Actor,
    at: datetime,
) -> InformationRequest:
    """Take a request: from the applicant on the web, or by an officer who has it in hand.

    What was handed in or signed for is received at once, on `received_on` (today, if not given); the others
    are confirmed with the applicant first, and their limit runs from that day (art. 31). The day of signing
    is not today by itself: it is asked for. Raises Refused.
    """
    if channel not in CHANNELS:
        raise Refused(_("Please choose how it came."), field="channel")
    if actor.is_staff == (channel == WEB):
        raise NotAllowed(_("Your role does not permit this step."))
    number = check_asking(asking)
    told = {name: getattr(asking, name) for name in TOLD}
    told = {name: value.strip() if isinstance(value, str) else value for name, value in told.items()}
    request = InformationRequest(
        kind=KIND,
        number=new_number(at),
        # Who asks is no part of it: it stands in lists and notices.
        title=_title(asking),
        channel=channel,
        **{**told, "applicant_number": number, "phone": normal_phone(asking.phone)},
        asked=asked_of(asking.wanted_title, asking.wanted_number, asking.description),
    )
    left_out = {"may_publish"} if request.phone else {"may_publish", "phone"}
    check_fields(request, [name for name in TOLD if name not in left_out])
    _check_printed(request)
    request.opening = open_case(request, actor=actor, at=at, data={"channel": channel})
    keep_files(request, asking.files, is_given=False, actor=actor, at=at)
    if channel not in RECEIVED_AT_ONCE:
        return request
    if channel == COUNTER and received_on is None:
        received_on = local_day(at)
    return take(request, "register", received_on=received_on, actor=actor, at=at)


def asked_of(title: str, number: str, description: str) -> str:
    """The question in its normal form: two that ask the same differ at most in blanks and marks."""
    return "".join(each for each in normal(f"{title}{number}{description}") if each.isalnum())


def _title(asking: Asking) -> str:
    named = (asking.wanted_title, asking.description, asking.wanted_number)
    return next(" ".join(each.split()) for each in named if each.strip())[:60]


def keep_files(
    request: InformationRequest, files: Sequence[Upload], *, is_given: bool, actor: Actor, at: datetime
) -> None:
    """Keep files with a request; call inside the transaction of the verb that they belong to."""
    write_files(request, files, is_given=is_given, at=at)
    tell_of_files(request, files, is_given=is_given, actor=actor, at=at)


def write_files(
    request: InformationRequest, files: Sequence[Upload], *, is_given: bool, at: datetime
) -> None:
    """The files and their rows, without an event. Raises Refused for too many."""
    if len(files) > MOST_FILES:
        raise Refused(_("At most %(most)s files can be sent.") % {"most": MOST_FILES}, field="files")
    for upload in files:
        RequestFile.keep(upload, request=request, is_given=is_given, at=at)


def tell_of_files(
    request: InformationRequest, files: Sequence[Upload], *, is_given: bool, actor: Actor, at: datetime
) -> None:
    """The event of files that were written; none where there are none."""
    if files:
        data = {"sha256": [each.sha256 for each in files], "given": is_given}
        record(request.subject, "files_attached", at=at, actor=actor, data=data)


def take(
    request: InformationRequest,
    name: str,
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    seen: int | None = None,
    extend_by: int = 0,
    **entered: Any,
) -> InformationRequest:
    """Take a step of a request. Raises Refused (NotAllowed, Conflict), and nothing is written then."""
    given, changes = split(rules.WORKFLOW.transition(name).takes, entered)
    moved = advance(
        request, name, actor=actor, at=at, note=note, seen=seen, extend_by=extend_by, given=given, **changes
    )
    return request_of(moved)


@undone_with_the_verb()
@transaction.atomic
def bring_supplement(
    request: InformationRequest,
    *,
    description: str,
    files: Sequence[Upload] = (),
    actor: Actor,
    at: datetime,
    note: str = "",
    seen: int | None = None,
) -> InformationRequest:
    """What was asked for has arrived: the description anew, with its files: both, or neither."""
    if (
        not files
        and not note.strip()
        and " ".join(description.split()) == " ".join(request.description.split())
    ):
        raise Refused(
            _("Nothing has been supplemented yet: please make it clear, or add a file."), field="description"
        )
    moved = take(
        request, "supplement", description=description.strip(), actor=actor, at=at, note=note, seen=seen
    )
    moved.asked = asked_of(moved.wanted_title, moved.wanted_number, moved.description)
    moved.save(update_fields=["asked"])
    check_fields(moved, ("description",))
    _check_printed(moved)
    keep_files(moved, files, is_given=False, actor=actor, at=at)
    return moved


@transaction.atomic
def note_remedy(
    request: InformationRequest,
    *,
    kind: str,
    opened_on: date,
    result: str = "pending",
    decided_on: date | None = None,
    remedy: Remedy | None = None,
    actor: Actor,
    at: datetime,
) -> Remedy:
    """Note a reconsideration or a suit about the answer, or what came of the one that is given.

    Raises Refused, at the field, and NotAllowed.
    """
    if not actor.has_role(*rules.OFFICER):
        raise NotAllowed(_("Your role does not permit this step."))
    locked = request_of(lock(request))
    today = local_day(at)
    if kind not in checks.REMEDY_KINDS:
        raise Refused(_("Please choose the remedy."), field="kind")
    if result not in checks.REMEDY_RESULTS:
        raise Refused(_("Please choose the result."), field="result")
    checks.check_remedy(locked, opened_on=opened_on, decided_on=decided_on, result=result, today=today)
    row = remedy or Remedy(request=locked)
    row.kind, row.opened_on, row.result, row.decided_on = kind, opened_on, result, decided_on
    row.save()
    data = {
        "kind": kind,
        "opened_on": opened_on.isoformat(),
        "result": result,
        "decided_on": decided_on.isoformat() if decided_on else None,
    }
    record(locked.subject, "remedy_noted", at=at, actor=actor, data=data)
    return row


def take_step(
    request: InformationRequest,
    name: str,
    *,
    actor: Actor,
    at: datetime,
    seen: int | None = None,
    **given: Any,
) -> InformationRequest:
    """A step with what was given, by the verb that it belongs to, for pages and the API alike."""
    if name == "supplement":
        return bring_supplement(request, actor=actor, at=at, seen=seen, **given)
    return take(request, name, actor=actor, at=at, seen=seen, **given)
