"""The verbs of a document: issue it, suspend and reinstate it, revoke it, let another take its place.

A document is numbered, set, signed, kept and recorded in one transaction. Its number's series stays locked
until then, so that numbers follow one another without a gap and nobody reads a document that is not in the
ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from portal.cases import kept_files
from portal.cases.models import Case
from portal.cases.terms import local_day
from portal.cases.workflow import NotAllowed, Refused
from portal.documents import kinds
from portal.documents.enclosed import enclose
from portal.documents.kinds import DocumentKind
from portal.documents.models import LONGEST_REASON, Document, Ended, Standing, new_check_code, shown_code
from portal.documents.rendering import RenderingFailed, layout, render
from portal.documents.signing.signer import Signed, SigningFailed, the_signer
from portal.ledger.actions import record
from portal.ledger.models import Event
from portal.numbering.models import next_number
from portal.organisation.actors import Actor


class Tampered(Exception):
    """The bytes that lie in storage are not those that were signed, or are gone."""


def check_address(code: str) -> str:
    """Where anyone checks the document of this code; it stands in its QR code."""
    return f"{settings.PUBLIC_URL}/verify/{code}/"


def next_document_number(kind: DocumentKind, *, year: int) -> str:
    """The next number of the kind within the year, as a document's number is written (发文字号, GB/T 9704).

    The series is locked until the caller's transaction ends, so that no number is given twice or left out.
    """
    number = next_number(f"document.{kind.series_word}", str(year))
    return f"{settings.BUREAU['document_prefix']}{kind.series_word}〔{year}〕{number}号"


# Part of the verb that calls it: all of that is undone, or nothing, so that a savepoint would buy nothing.
@kept_files.undone_with_the_verb()
@transaction.atomic(savepoint=False)
def issue(
    kind_code: str,
    *,
    title: str,
    values: Mapping[str, Any],
    actor: Actor,
    at: datetime,
    case: Case | None = None,
    after: Event | None = None,
    valid_from: date | None = None,
    valid_until: date | None = None,
    is_public: bool | None = None,
    number: str = "",
    enclosing: Mapping[str, Any] | None = None,
) -> Document:
    """Issue a document of a kind and answer it, signed and kept.

    `values` are what the kind's layout takes, without agency, number, title, date, check code and address,
    which are set here. Days are in Asia/Shanghai; without `valid_from` it holds from the day of issue.
    `number` is for a document that brings its own. `enclosing` is what a document that encloses its values
    carries besides, under "data". `after` is the case's last event, where this transaction wrote it. Raises
    Refused, with a sentence, when it cannot be set or signed: nothing is written then, and its number is not
    used up.
    """
    kind = kinds.named(kind_code)
    today = local_day(at)
    code = new_check_code()
    number = number or next_document_number(kind, year=today.year)
    signed = _signed(kind, title, values, enclosing, number=number, code=code, at=at)
    setting = layout(kind.layout)
    document = Document(
        number=number,
        kind=kind.code,
        check_code=code,
        title=title,
        case=case,
        layout=setting.name,
        layout_version=setting.version,
        layout_digest=setting.digest,
        sha256=hashlib.sha256(signed.pdf).hexdigest(),
        size=len(signed.pdf),
        made_at=at,
        made_by_id=actor.id,
        made_by_name=actor.name,
        signer=signed.signer,
        serial=signed.serial,
        signed_at=signed.signed_at,
        valid_from=valid_from or today,
        valid_until=valid_until,
        is_public=kind.public if is_public is None else is_public,
    )
    document.file.save(f"{document.sha256}.pdf", ContentFile(signed.pdf), save=False)
    kept_files.note(document.file)
    document.save(force_insert=True)
    _record_issue(document, after, actor=actor, at=at)
    return document


def check_may_issue(kind: DocumentKind, actor: Actor) -> None:
    """Raises NotAllowed unless the actor may issue, and revoke, documents of the kind by hand."""
    if not actor.has_role(*kind.issued_by):
        raise NotAllowed(_("Your role may not issue documents of this kind."))


def issue_by_hand(
    kind_code: str, *, title: str, values: Mapping[str, Any], actor: Actor, at: datetime, **more: Any
) -> Document:
    """`issue` for a person who chose to, outside of any case. Raises NotAllowed besides what `issue` does."""
    check_may_issue(kinds.named(kind_code), actor)
    return issue(kind_code, title=title, values=values, actor=actor, at=at, **more)


def _signed(
    kind: DocumentKind,
    title: str,
    values: Mapping[str, Any],
    enclosing: Mapping[str, Any] | None,
    *,
    number: str,
    code: str,
    at: datetime,
) -> Signed:
    whole = {
        **values,
        "agency": settings.BUREAU["name"],
        "number": number,
        "title": title,
        "dated_on": local_day(at).isoformat(),
        "check_code": shown_code(code),
        "check_url": check_address(code),
    }
    try:
        pdf = render(kind.layout, whole, at=at)
        if kind.encloses:
            pdf = enclose(pdf, {**whole, "data": enclosing or {}}, at=at)
        return the_signer().sign(pdf, reason=title, at=at)
    except RenderingFailed as failed:
        sentence = _("The document cannot be typeset: %(why)s") % {"why": failed}
        raise Refused(sentence, field=failed.field or None) from failed
    except SigningFailed as failed:
        raise Refused(_("The document cannot be signed: %(why)s") % {"why": failed}) from failed


def _record_issue(document: Document, after: Event | None, *, actor: Actor, at: datetime) -> None:
    """In the document's own chain, and in that of its case, where there is one."""
    data = {
        "document": document.number,
        "kind": document.kind,
        "sha256": document.sha256,
        "layout": f"{document.layout} {document.layout_version}",
        "layout_digest": document.layout_digest,
        "signer": document.signer,
        "serial": document.serial,
        "case": document.case.number if document.case else None,
        "valid_from": document.valid_from.isoformat(),
        "valid_until": document.valid_until.isoformat() if document.valid_until else None,
        "public": document.is_public,
    }
    record(document.subject, "document_issued", at=at, actor=actor, data=data, opens=True)
    if document.case:
        brief = {"document": document.number, "sha256": document.sha256, "check_code": document.check_code}
        record(document.case.subject, "document_issued", at=at, actor=actor, data=brief, after=after)


@transaction.atomic
def revoke(document: Document, *, reason: str, actor: Actor, at: datetime) -> Document:
    """End a document before its time, for a reason that its readers see. Raises Refused, NotAllowed."""
    check_may_issue(kinds.named(document.kind), actor)
    return end(document, Ended.REVOKED, reason=_said(reason), actor=actor, at=at)


def _said(reason: str) -> str:
    """Raises Refused for a reason that says nothing, or more than can be kept."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Please say why, in a sentence."), field="reason")
    if len(reason) > LONGEST_REASON:
        sentence = _("Please say why in at most %(most)d characters.") % {"most": LONGEST_REASON}
        raise Refused(sentence, field="reason")
    return reason


@transaction.atomic
def suspend(document: Document, *, reason: str, actor: Actor, at: datetime) -> Document:
    """Let a document rest until it is reinstated, under the rules of the caller, as `end` does.

    Its readers see the reason. Raises Refused when it has ended, is over or is suspended already.
    """
    locked = _not_ended(document)
    if locked.suspended_at is not None:
        raise Refused(_("This document is suspended already."))
    if locked.standing(local_day(at)) is Standing.EXPIRED:
        raise Refused(_("This document has expired: there is nothing to suspend."))
    locked.suspended_at, locked.suspended_reason = at, _said(reason)
    locked.save(update_fields=["suspended_at", "suspended_reason"])
    data = {"reason": locked.suspended_reason}
    record(locked.subject, "document_suspended", at=at, actor=actor, data=data)
    return locked


@transaction.atomic
def reinstate(document: Document, *, reason: str, actor: Actor, at: datetime) -> Document:
    """Let a suspended document hold again, under the rules of the caller; the ledger keeps the reason.

    Its days do not move. Raises Refused when it has ended or is not suspended.
    """
    locked = _not_ended(document)
    if locked.suspended_at is None:
        raise Refused(_("This document is not suspended."))
    said = _said(reason)
    locked.suspended_at, locked.suspended_reason = None, ""
    locked.save(update_fields=["suspended_at", "suspended_reason"])
    record(locked.subject, "document_reinstated", at=at, actor=actor, data={"reason": said})
    return locked


@transaction.atomic
def publish(document: Document, *, actor: Actor, at: datetime) -> Document:
    """Let everyone read a document, under the rules of the caller. Raises Refused when everyone does."""
    locked = Document.objects.select_for_update().get(pk=document.pk)
    if locked.is_public:
        raise Refused(_("This document is public already."))
    locked.is_public = True
    locked.save(update_fields=["is_public"])
    record(locked.subject, "document_published", at=at, actor=actor)
    return locked


@transaction.atomic
def end(
    document: Document,
    how: Ended,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    by: Document | None = None,
) -> Document:
    """End a document under the rules of the caller: an app's own verbs have checked who may.

    A superseded one names the document `by` which it was. Raises Refused when it has ended already.
    """
    locked = _not_ended(document)
    locked.ended, locked.ended_at, locked.ended_reason, locked.replaced_by = how, at, reason, by
    locked.save(update_fields=["ended", "ended_at", "ended_reason", "replaced_by"])
    data = {"reason": reason, "by": by.number if by else None}
    record(locked.subject, f"document_{how.value}", at=at, actor=actor, data=data)
    return locked


def _not_ended(document: Document) -> Document:
    """The document's row, locked until the transaction ends. Raises Refused when it has ended."""
    locked = Document.objects.select_for_update().get(pk=document.pk)
    if locked.ended:
        raise Refused(
            _("This document has ended already: it was %(how)s.") % {"how": Ended(locked.ended).label}
        )
    return locked


def document_bytes(document: Document) -> bytes:
    """The signed file as it was issued. Raises Tampered when what lies in storage is not that."""
    try:
        with document.file.open("rb") as file:
            found = file.read()
    except (OSError, ValueError):
        # Django says ValueError of a file that it held open before it vanished.
        raise Tampered(f"the file of {document.number} is gone") from None
    if hashlib.sha256(found).hexdigest() != document.sha256:
        raise Tampered(f"the file of {document.number} was changed")
    return found
