"""What the portal itself issues, and what of documents is checked with the ledger."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.documents import kinds
from portal.documents.kinds import DocumentKind
from portal.organisation.actors import Role

LETTER = DocumentKind(
    code="letter",
    name=_("Official letter"),
    layout="letter",
    series_word="函",
    issued_by=frozenset({Role.OFFICE_HEAD, Role.CHIEF_REPRESENTATIVE}),
    seen_by=frozenset(
        {Role.OFFICE_HEAD, Role.CHIEF_REPRESENTATIVE, Role.DISCLOSURE_OFFICER, Role.SUPERVISOR}
    ),
)


def register() -> None:
    from portal.documents.signing import checks  # noqa: F401 - registers itself
    from portal.documents.verifying import check_documents
    from portal.ledger.verify import more_checks

    kinds.register(LETTER)
    if check_documents not in more_checks:
        more_checks.append(check_documents)
