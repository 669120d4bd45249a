"""What a finding means, in words that a citizen understands; each with a sign and a colour beside it."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from portal.cases.terms import local_day
from portal.documents import kinds
from portal.documents.checking import Finding, Signature, Trust, Verdict, Why
from portal.documents.models import Document, Standing
from portal.workdays.wording import date_text


@dataclass(frozen=True, slots=True)
class Words:
    """`css` is one of good, careful and bad; `sign` says the same without colour."""

    title: str
    sentence: str = ""
    css: str = "careful"
    sign: str = "！"

    @classmethod
    def good(cls, title: str, sentence: str = "") -> Words:
        return cls(title, sentence, "good", "✓")

    @classmethod
    def bad(cls, title: str, sentence: str = "") -> Words:
        return cls(title, sentence, "bad", "✗")


def of_finding(found: Finding, *, may_read: bool) -> Words:
    """The verdict: a line, and what to do with it. `may_read` is of the document, as in `of_standing`."""
    if found.verdict is Verdict.VALID:
        return _genuine(found, may_read=may_read)
    if found.verdict is Verdict.CHANGED:
        return _changed(found)
    if found.verdict is Verdict.CONTRADICTION:
        return _contradiction(found)
    if found.verdict is Verdict.VALID_NOT_OURS:
        return _not_ours(found)
    if found.verdict is Verdict.NO_SIGNATURE:
        if found.document:
            return Words.bad(
                _("This is not the original: it bears no signature."),
                _("The file names a document of the bureau, which was issued with a signature. See below."),
            )
        return Words(
            _("This file is not signed."),
            _("Nothing shows who wrote it, or whether it was changed. The bureau signs every document."),
        )
    if found.verdict is Verdict.NOT_A_PDF:
        return Words(
            _("This file is not a PDF."),
            _("The bureau issues documents as PDF. A photo or a Word file cannot be checked here."),
        )
    return _unreadable(found)


def _genuine(found: Finding, *, may_read: bool) -> Words:
    unchanged = _("It was signed by the bureau, and nothing has been changed since.")
    if found.standing is Standing.IN_FORCE:
        return Words.good(_("Genuine, and in force."), unchanged)
    assert found.document is not None
    standing = of_standing(found.document, found.standing or Standing.EXPIRED, may_read=may_read)
    return Words(_("Genuine, but not in force."), f"{unchanged} {standing.title}")


def _changed(found: Finding) -> Words:
    title = _("Changed after it was signed.")
    if found.document:
        return Words.bad(
            title, _("Please do not rely on this file. What the bureau really issued is shown below.")
        )
    if found.why is Why.ADDED:
        return Words.bad(
            title, _("Something was added after the signature. Please do not rely on this file.")
        )
    return Words.bad(title, _("Its signature no longer fits its contents. Please do not rely on this file."))


def _contradiction(found: Finding) -> Words:
    ask = _("Please do not rely on it, and ask the bureau: %(contact)s.") % {
        "contact": settings.BUREAU["contact"]
    }
    if found.why is Why.NOT_ISSUED:
        return Words.bad(
            _("Signed with the bureau's seal, but not in its register."),
            _("The bureau has no record of issuing this file, which should not be possible.") + " " + ask,
        )
    if found.why is Why.CERTIFICATE:
        return Words.bad(
            _("Signed with a certificate of the bureau that was not valid at the time."),
            _("Such a signature does not count.") + " " + ask,
        )
    return Words.bad(
        _("In the bureau's register, but its signature is not the bureau's."),
        _("The file was issued like this, yet its signature cannot be traced to the bureau.") + " " + ask,
    )


def _not_ours(found: Finding) -> Words:
    title = _("Signed and unchanged, but not by this bureau.")
    if any(each.names_the_bureau for each in found.signatures):
        return Words.bad(
            title,
            _(
                "The signature bears the bureau's name, but is not the bureau's: anyone can make a "
                "certificate with any name. Please do not rely on this file."
            ),
        )
    return Words(
        title,
        _("Whether the signer is who it claims to be cannot be said here: ask whoever sent you the file."),
    )


def _unreadable(found: Finding) -> Words:
    if found.is_original:
        return Words(
            _("The signature could not be read just now."),
            _("But the file is, byte for byte, what the bureau issued. See below."),
        )
    title = _("This file could not be checked.")
    if found.why is Why.ENCRYPTED:
        return Words(title, _("It is protected with a password. The bureau's documents never are."))
    if found.why is Why.METHOD:
        return Words(
            title, _("It is signed by a method that this page does not know. It is not the bureau's method.")
        )
    if found.why is Why.TOO_MUCH:
        return Words(
            title, _("Reading it takes more time or memory than any document of the bureau would take.")
        )
    return Words(
        title,
        _("It is damaged or not complete. Please download or ask for it once more, and try again."),
    )


def of_signatures(found: Finding) -> list[tuple[Signature, Words]]:
    """Each signature with whose it is."""
    return [(each, _of_signature(each)) for each in found.signatures]


def _of_signature(signature: Signature) -> Words:
    if not signature.readable:
        return Words(_("cannot be read"))
    if not signature.intact:
        return Words.bad(_("does not fit the contents"))
    if signature.trust is Trust.LAPSED:
        return Words.bad(_("certificate of the bureau, not valid at the time"))
    if signature.is_ours:
        return Words.good(_("this bureau's"))
    return Words(_("a name that cannot be confirmed here"))


def of_standing(document: Document, standing: Standing, *, may_read: bool) -> Words:
    """Whether a document holds; to those who may read it also from when, until when, and why no longer."""
    tells_days = may_read or kinds.named(document.kind).tells_its_days
    if standing is Standing.UNPUBLISHED:
        return Words(_("Signed, not yet published."), _("It holds once the bureau has published it."))
    if standing is Standing.IN_FORCE:
        if document.valid_until is None or not tells_days:
            return Words.good(_("In force."))
        return Words.good(_("In force until %(day)s.") % {"day": date_text(document.valid_until)})
    if standing is Standing.NOT_YET:
        if not tells_days:
            return Words(_("Not yet in force."))
        return Words(_("Not yet in force: it holds from %(day)s.") % {"day": date_text(document.valid_from)})
    if standing is Standing.EXPIRED:
        if not tells_days:
            return Words(_("No longer in force."))
        assert document.valid_until is not None
        return Words(_("Expired: it held until %(day)s.") % {"day": date_text(document.valid_until)})
    if standing is Standing.SUSPENDED:
        assert document.suspended_at is not None
        title = _("Suspended since %(day)s.") % {"day": date_text(local_day(document.suspended_at))}
        return Words(title, document.suspended_reason if may_read else "")
    assert document.ended_at is not None
    day, reason = date_text(local_day(document.ended_at)), document.ended_reason if may_read else ""
    if standing is Standing.REVOKED:
        return Words.bad(_("Revoked on %(day)s.") % {"day": day}, reason)
    return Words(_("Replaced by another document on %(day)s.") % {"day": day}, reason)
