"""The texts of a publication: what was written or brought, as the catalogue takes it."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from disclosure import workflow
from disclosure.actions import Entry, check
from disclosure.models import Publication, PublicationEntry
from portal.cases.workflow import Refused


def entry_of(text: PublicationEntry) -> Entry:
    """The text as the verbs of the catalogue take it, with its files."""
    return Entry(
        category=text.category,
        theme=text.theme,
        unit=text.unit,
        title=text.title,
        body=text.body,
        dated_on=text.dated_on,
        document_number=text.document_number,
        channels=text.channels,
        keywords=text.keywords,
        confirmed=text.confirmed,
        files=list(text.files.all()),
    )


def texts_of(publication: Publication, *, first: int = 1, most: int | None = None) -> list[PublicationEntry]:
    """In their order from the position `first` on, with all that is shown of each; at most `most` of them."""
    rows = publication.entries.select_related("category", "theme", "unit", "item").prefetch_related("files")
    return list(rows.filter(position__gte=first).order_by("position")[:most])


def check_texts(texts: list[PublicationEntry], *, note: str, today: date) -> None:
    """Raises Refused for the first text that may not come out as it is; of several it says which."""
    if not texts:
        raise Refused(_("There is no text yet."))
    public_numbers = workflow.public_numbers()
    for text in texts:
        try:
            check(entry_of(text), today=today, public_numbers=public_numbers, note=note)
        except Refused as refused:
            if len(texts) == 1:
                raise
            sentence = _("Text %(position)s, “%(title)s”: %(why)s")
            words = {"position": text.position, "title": text.title[:40], "why": refused.message}
            raise Refused(sentence % words) from None
