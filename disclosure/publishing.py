"""The verbs of a publication: draft texts, change one, take the steps that lead them into the catalogue.

What follows from a step beside the case (a text is written, items come out) is `disclosure.following`'s, in
the same transaction, whoever takes the step.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from disclosure import extracting, workflow
from disclosure.models import (
    Category,
    Disclosure,
    InformationRequest,
    Publication,
    PublicationEntry,
    PublicationFile,
    Theme,
)
from disclosure.rules import publication as rules
from portal.cases.actions import advance, open_case
from portal.cases.kept_files import undone_with_the_verb
from portal.cases.terms import local_day
from portal.cases.text import check_fields
from portal.cases.uploads import Upload
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.actions import record
from portal.numbering.models import next_number
from portal.organisation.actors import Actor
from portal.organisation.models import Unit

KIND = "publication"
MOST_FILES = 10


@dataclass(frozen=True, slots=True)
class Attached:
    """An upload with the text that was found in it; `problem` is a key of `extracting.SENTENCES`, or ""."""

    upload: Upload
    text: str = ""
    problem: str = ""


def read(upload: Upload) -> Attached:
    """What an upload says. It takes its time, so it is done before anything is locked."""
    if upload.kind == "jpg":
        return Attached(upload)
    try:
        return Attached(upload, extracting.text_of(upload.data, upload.kind))
    except extracting.NoText as none:
        return Attached(upload, problem=none.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text as somebody wrote it, and where it is to stand. `confirmed` are numbers that may stand in it."""

    category: Category
    theme: Theme
    unit: Unit
    title: str
    body: str
    dated_on: date
    document_number: str = ""
    channels: Sequence[str] = ("website",)
    keywords: str = ""
    confirmed: Sequence[str] = ()
    files: Sequence[Attached] = ()


WRITTEN = (
    "category",
    "theme",
    "unit",
    "title",
    "body",
    "dated_on",
    "document_number",
    "channels",
    "keywords",
)


def new_number(at: datetime) -> str:
    """The next number of the day in Asia/Shanghai, for example GK-20261125-0007 (公开)."""
    day = local_day(at).strftime("%Y%m%d")
    return f"GK-{day}-{next_number('publication', day):04d}"


@undone_with_the_verb()
@transaction.atomic
def draft(
    texts: Sequence[Text],
    *,
    occasion: str = rules.MADE,
    corrects: Disclosure | None = None,
    correction_note: str = "",
    request: InformationRequest | None = None,
    third_party: str = "",
    needs_approval: bool = False,
    actor: Actor,
    at: datetime,
) -> Publication:
    """Begin to bring texts out: one that was written, or many that came together.

    The twenty working days of art. 26 run from the day on which the oldest was made, unless the occasion is
    another. Raises Refused, at the field, and NotAllowed.
    """
    if not texts:
        raise Refused(_("There is no text yet."))
    if occasion not in rules.OCCASIONS:
        raise Refused(_("Please choose why it is published."), field="occasion")
    if corrects is not None:
        _check_correctable(corrects, texts, actor=actor)
        _check_note(correction_note)
    if request is not None:
        # Two who begin at once wait for one another here.
        InformationRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if request is not None and request.publications.exclude(state=rules.DROPPED).exists():
        raise Refused(_("The answer to this request is being published already."))
    for text in texts:
        check_writable(text, actor=actor, today=local_day(at), has_files=corrects is not None)
    title = texts[0].title.strip()[:100]
    publication = Publication(
        kind=KIND,
        number=new_number(at),
        title=title if len(texts) == 1 else f"{title} 等{len(texts)}件",
        unit=texts[0].unit,
        occasion=rules.CARRIED_OVER if corrects is not None else occasion,
        made_on=min(text.dated_on for text in texts),
        corrects=corrects,
        correction_note=correction_note.strip(),
        request=request,
        third_party=third_party.strip(),
        needs_approval=needs_approval,
    )
    check_fields(publication, ("correction_note", "third_party"))
    rows = [_row(text, position) for position, text in enumerate(texts, 1)]
    data = {"texts": len(texts), "occasion": publication.occasion}
    publication.opening = open_case(publication, actor=actor, at=at, data=data)
    for row in rows:
        row.publication = publication
    PublicationEntry.objects.bulk_create(rows)
    if corrects is not None:
        _take_over_files(corrects, rows[0])
    for row, text in zip(rows, texts, strict=True):
        _attach(publication, row, text.files, actor=actor, at=at)
    return publication


def _take_over_files(item: Disclosure, row: PublicationEntry) -> None:
    """What belongs to the text that holds belongs to the corrected one, until somebody takes it out."""
    last = item.versions.order_by("-number")[0]
    PublicationFile.objects.bulk_create(
        PublicationFile(entry=row, text=each.text, problem=each.problem, **each.taken_over())
        for each in last.files.all()
    )


def _check_correctable(item: Disclosure, texts: Sequence[Text], *, actor: Actor) -> None:
    """One item has one text, and one correction at a time: a later one would undo the earlier unseen."""
    workflow.check_not_withdrawn(item)
    if not actor.has_role(*rules.OFFICER) and item.unit_id not in actor.unit_ids:
        raise NotAllowed(_("You write for your own unit."))
    if len(texts) != 1:
        raise Refused(_("A correction is of one text."))
    # Two who begin at once wait for one another here.
    Disclosure.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if Publication.objects.open().filter(corrects=item).exists():
        raise Refused(_("A correction of this item is under way already."))


def _check_note(note: str) -> None:
    """`workflow.check_correction`, at the field that it has here."""
    try:
        workflow.check_correction(note)
    except Refused as refused:
        raise Refused(refused.message, field="correction_note") from None


def check_writable(text: Text, *, actor: Actor, today: date, has_files: bool = False) -> None:
    """Raises Refused for what cannot even be kept as a draft; NotAllowed for another unit's text."""
    if not actor.has_role(*rules.OFFICER) and text.unit.pk not in actor.unit_ids:
        raise NotAllowed(_("You write for your own unit."), field="unit")
    workflow.check_text(text.title, text.body, with_files=has_files or bool(text.files))
    workflow.check_channels(text.channels)
    workflow.check_in_use(text.category, text.theme, text.unit)
    workflow.document_number(text.document_number)
    workflow.check_days(text.dated_on, today=today)


def _row(text: Text, position: int) -> PublicationEntry:
    row = PublicationEntry(position=position)
    write(row, text)
    return row


def write(row: PublicationEntry, text: Text) -> None:
    """Put what was written into the row. Raises Refused, at the field, for what a form would refuse."""
    for name in WRITTEN:
        setattr(row, name, getattr(text, name))
    row.title, row.body, row.keywords = text.title.strip(), text.body.strip(), text.keywords.strip()
    row.document_number = workflow.document_number(text.document_number)
    row.channels, row.confirmed = list(text.channels), list(text.confirmed)
    check_fields(row, ("title", "body", "keywords", "channels", "confirmed"))


def _attach(
    publication: Publication,
    row: PublicationEntry,
    files: Sequence[Attached],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    known = set(row.files.values_list("sha256", flat=True)) if files else set()
    new = {each.upload.sha256: each for each in files if each.upload.sha256 not in known}
    if len(known) + len(new) > MOST_FILES:
        raise Refused(_("At most %(most)s files can be sent.") % {"most": MOST_FILES}, field="files")
    for each in new.values():
        PublicationFile.keep(each.upload, entry=row, text=each.text, problem=each.problem)
    if new:
        data = {"sha256": list(new)}
        record(publication.subject, "files_attached", at=at, actor=actor, data=data)


@undone_with_the_verb()
@transaction.atomic
def revise(
    publication: Publication,
    text: Text,
    *,
    position: int = 1,
    without: Collection[int] = (),
    actor: Actor,
    at: datetime,
    seen: int | None = None,
    **changes: Any,
) -> Publication:
    """Write a text of the draft anew; `without` are the keys of files that no longer belong to it.

    `changes` are those of the whole publication: `third_party`, `needs_approval`, `correction_note`. Another
    day of making moves the limit (art. 26). Raises Refused, NotAllowed, Conflict.
    """
    kept = PublicationFile.objects.filter(entry__publication=publication, entry__position=position)
    has_files = kept.exclude(pk__in=without).exists()
    check_writable(text, actor=actor, today=local_day(at), has_files=has_files)
    if publication.corrects_id is not None and "correction_note" in changes:
        # The database would refuse it as well, without a sentence.
        _check_note(str(changes["correction_note"]))
    others = PublicationEntry.objects.filter(publication=publication).exclude(position=position)
    moved = advance(
        publication,
        "revise",
        actor=actor,
        at=at,
        seen=seen,
        given={"texts": [position]},
        made_on=min([text.dated_on, *others.values_list("dated_on", flat=True)]),
        **_stripped(changes),
    )
    assert isinstance(moved, Publication)
    check_fields(moved, ("correction_note", "third_party"))
    row = moved.entries.filter(position=position).first()
    if row is None:
        raise Refused(_("There is no such text in it."))
    write(row, text)
    row.save()
    row.files.filter(pk__in=without).delete()
    _attach(moved, row, text.files, actor=actor, at=at)
    return moved


def _stripped(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}


def take(
    publication: Publication,
    name: str,
    *,
    actor: Actor,
    at: datetime,
    note: str = "",
    seen: int | None = None,
    **entered: Any,
) -> Publication:
    """Take a step of a publication. Raises Refused (NotAllowed, Conflict), and nothing is written then."""
    given, changes = split(rules.WORKFLOW.transition(name).takes, entered)
    moved = advance(publication, name, actor=actor, at=at, note=note, seen=seen, given=given, **changes)
    return rules.publication_of(moved)


def split(takes: Collection[str], entered: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was entered: what a step takes besides, and the fields of the case that it writes."""
    given = {name: value for name, value in entered.items() if name in takes}
    return given, {name: value for name, value in entered.items() if name not in takes}
