"""The verbs of the catalogue, and its only writers: an item comes out, is corrected, ends or is withdrawn.

Each is one transaction with its event, the text that is searched, and the count that stands beside the
filters. Each raises Refused, at the field, and NotAllowed, and nothing is written then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from disclosure import workflow
from disclosure.codes import index_number
from disclosure.models import (
    Category,
    Channel,
    Disclosure,
    DisclosureFile,
    PublicationFile,
    SearchText,
    Theme,
    Validity,
    Version,
)
from disclosure.normal import normal
from portal.cases.terms import local_day
from portal.cases.text import check_fields
from portal.ledger.actions import Entry as Event
from portal.ledger.actions import record, record_many
from portal.numbering.models import next_numbers
from portal.organisation.actors import Actor
from portal.organisation.models import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is made public: the text, and where it stands in the catalogue; `dated_on`: when it was made."""

    category: Category
    theme: Theme
    unit: Unit
    title: str
    body: str
    dated_on: date
    document_number: str = ""
    channels: Sequence[str] = (Channel.WEBSITE,)
    keywords: str = ""
    # Numbers that look like those of persons, as they stand in the text, which somebody lets stand.
    confirmed: Sequence[str] = ()
    files: Sequence[PublicationFile] = ()


def publish(entry: Entry, *, actor: Actor, at: datetime) -> Disclosure:
    """Bring an item out, under the next index number of its year."""
    return publish_many([entry], actor=actor, at=at)[0]


@transaction.atomic
def publish_many(entries: Sequence[Entry], *, actor: Actor, at: datetime) -> list[Disclosure]:
    """Bring items out in their order, all or none, in a number of statements that does not grow with them."""
    workflow.check_may_publish(actor)
    today, public_numbers = local_day(at), workflow.public_numbers()
    for entry in entries:
        check(entry, today=today, public_numbers=public_numbers)
    year, numbers = today.year, next_numbers("disclosure", str(today.year), len(entries))
    pairs = [_new(entry, number, year=year, at=at) for entry, number in zip(entries, numbers, strict=True)]
    Disclosure.objects.bulk_create(item for item, _version in pairs)
    Version.objects.bulk_create(version for _item, version in pairs)
    searched = []
    for entry, (item, version) in zip(entries, pairs, strict=True):
        texts = _searched(item, version.body, entry.files)
        searched.append(SearchText(disclosure=item, published_at=at, **texts))
    SearchText.objects.bulk_create(searched)
    for kind, count in Counter(kind_of(item) for item, _version in pairs).items():
        _count(kind, count)
    _keep_files((version, entry.files) for entry, (_item, version) in zip(entries, pairs, strict=True))
    told = [
        {**_told(item, version), "confirmed": len(entry.confirmed)}
        for entry, (item, version) in zip(entries, pairs, strict=True)
    ]
    if len(pairs) == 1:
        record(pairs[0][0].subject, "published", at=at, actor=actor, data=told[0], opens=True)
    else:
        items = [item for item, _version in pairs]
        record_many(
            [
                Event(item.subject, "published", at, actor, data)
                for item, data in zip(items, told, strict=True)
            ]
        )
    return [item for item, _version in pairs]


def _new(entry: Entry, number: int, *, year: int, at: datetime) -> tuple[Disclosure, Version]:
    """An item and its first version, not yet saved. Raises Refused for what a form would refuse."""
    item = Disclosure(
        index_number=index_number(settings.BUREAU["organisation_code"], year, number),
        category=entry.category,
        theme=entry.theme,
        unit=entry.unit,
        title=entry.title.strip(),
        document_number=workflow.document_number(entry.document_number),
        dated_on=entry.dated_on,
        published_at=at,
        year=year,
        channels=list(entry.channels),
        keywords=entry.keywords.strip(),
    )
    version = Version(
        disclosure=item,
        number=1,
        title=item.title,
        document_number=item.document_number,
        body=entry.body.strip(),
        published_at=at,
    )
    check_fields(item, ("title", "channels", "keywords"))
    check_fields(version, ("body",))
    return item, version


@transaction.atomic
def correct(item: Disclosure, entry: Entry, *, note: str, actor: Actor, at: datetime) -> Disclosure:
    """Put a corrected text in the place of the one that holds; the old one stays for staff to read.

    `note` tells the public what was corrected. Index number and day of publication stay.
    """
    workflow.check_may_publish(actor)
    workflow.check_correction(note)
    check(entry, today=local_day(at), public_numbers=workflow.public_numbers(), note=note)
    locked = _locked(item)
    _count(kind_of(locked), -1)
    locked.category, locked.theme, locked.unit = entry.category, entry.theme, entry.unit
    locked.title, locked.dated_on = entry.title.strip(), entry.dated_on
    locked.document_number = workflow.document_number(entry.document_number)
    locked.channels, locked.keywords = list(entry.channels), entry.keywords.strip()
    locked.corrected_at = at
    last = locked.versions.order_by("-number").values_list("number", flat=True)[0]
    version = Version(
        disclosure=locked,
        number=last + 1,
        title=locked.title,
        document_number=locked.document_number,
        body=entry.body.strip(),
        published_at=at,
        note=note.strip(),
    )
    check_fields(locked, ("title", "channels", "keywords"))
    check_fields(version, ("body", "note"))
    locked.save()
    version.save(force_insert=True)
    _keep_files([(version, entry.files)])
    texts = _searched(locked, version.body, entry.files)
    SearchText.objects.filter(disclosure=locked).update(**texts)
    _count(kind_of(locked), +1)
    record(locked.subject, "corrected", at=at, actor=actor, data=_told(locked, version))
    return locked


@transaction.atomic
def end(item: Disclosure, how: Validity, *, by: Disclosure | None, actor: Actor, at: datetime) -> Disclosure:
    """Say that an item was amended or repealed, by which other one where that is public."""
    workflow.check_may_publish(actor)
    locked = _locked(item)
    workflow.check_end(locked, how, by)
    _count(kind_of(locked), -1)
    locked.validity, locked.ended_by = how, by
    locked.save(update_fields=["validity", "ended_by"])
    _count(kind_of(locked), +1)
    data = {"validity": how.value, "by": by.index_number if by else None}
    record(locked.subject, "ended", at=at, actor=actor, data=data)
    return locked


@transaction.atomic
def withdraw(item: Disclosure, *, reason: str, actor: Actor, at: datetime) -> Disclosure:
    """Take an item out of the catalogue. Its address says that it was there, and why it is not any more."""
    workflow.check_may_publish(actor)
    workflow.check_withdrawal(reason)
    workflow.check_tells_no_numbers({"reason": reason}, public_numbers=workflow.public_numbers())
    locked = _locked(item)
    locked.withdrawn_at, locked.withdrawn_reason = at, reason.strip()
    check_fields(locked, ("withdrawn_reason",))
    locked.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    SearchText.objects.filter(disclosure=locked).delete()
    _count(kind_of(locked), -1)
    record(locked.subject, "withdrawn", at=at, actor=actor, data={"reason": locked.withdrawn_reason})
    return locked


def _locked(item: Disclosure) -> Disclosure:
    """The item as it stands, locked. Raises Refused where it was withdrawn."""
    locked = Disclosure.objects.select_for_update(of=("self",)).get(pk=item.pk)
    workflow.check_not_withdrawn(locked)
    return locked


def check(entry: Entry, *, today: date, public_numbers: Collection[str], note: str = "") -> None:
    """Raises Refused, at the field, for what may not stand in the catalogue as it is."""
    workflow.check_text(entry.title, entry.body, with_files=bool(entry.files))
    workflow.check_channels(entry.channels)
    workflow.check_in_use(entry.category, entry.theme, entry.unit)
    workflow.document_number(entry.document_number)
    texts = {"title": entry.title, "body": entry.body, "keywords": entry.keywords, "note": note}
    # What a file is called is as public as what is in it.
    texts["file names"] = " ".join(each.name for each in entry.files)
    texts |= {f"files: {each.name}": each.text for each in entry.files if each.text}
    workflow.check_files_were_read([each.problem for each in entry.files])
    workflow.check_tells_no_numbers(texts, public_numbers=public_numbers, confirmed=entry.confirmed)
    workflow.check_days(entry.dated_on, today=today)


def _keep_files(versions: Iterable[tuple[Version, Sequence[PublicationFile]]]) -> None:
    """What lies in storage is not written once more: it is named by what is in it."""
    rows = [
        DisclosureFile(version=version, text=each.text, problem=each.problem, **each.taken_over())
        for version, files in versions
        for each in files
    ]
    if rows:
        DisclosureFile.objects.bulk_create(rows)


def _searched(item: Disclosure, body: str, files: Sequence[PublicationFile]) -> dict[str, str]:
    everything = (item.title, item.document_number, item.index_number, item.keywords, body)
    texts = [*everything, *(each.text for each in files)]
    return {"title": normal(item.title), "words": normal(" ".join(each for each in texts if each))}


def _told(item: Disclosure, version: Version) -> dict[str, Any]:
    return {
        "title": item.title,
        "version": version.number,
        "category": item.category.code,
        "unit": item.unit_id,
        "document_number": item.document_number,
        "dated_on": item.dated_on.isoformat(),
        "note": version.note,
    }


Kind = tuple[int, int, int, int, str]
# One row a kind of item, made when the first of its kind comes; the lock on it lasts until the commit.
MORE = """
    INSERT INTO disclosure_tally AS t (category_id, theme_id, unit_id, year, validity, count)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (category_id, theme_id, unit_id, year, validity)
    DO UPDATE SET count = t.count + excluded.count
"""
LESS = """
    UPDATE disclosure_tally SET count = count - %s
    WHERE category_id = %s AND theme_id = %s AND unit_id = %s AND year = %s AND validity = %s
"""


def kind_of(item: Disclosure) -> Kind:
    """What an item is counted by."""
    return (item.category_id, item.theme_id, item.unit_id, item.year, item.validity)


def _count(kind: Kind, change: int) -> None:
    with connection.cursor() as cursor:
        if change > 0:
            cursor.execute(MORE, [*kind, change])
        else:
            cursor.execute(LESS, [-change, *kind])


# How it is arranged -----------------------------------------------------------------------------------------

ARRANGED = ("name", "name_en", "parent", "position", "active")


@transaction.atomic
def arrange(row: Category | Theme, *, actor: Actor, at: datetime, **changes: Any) -> None:
    """Make a category or a theme, or change one; the code of one that is there stays."""
    workflow.check_may_arrange(actor)
    is_new = row.pk is None
    for name, value in changes.items():
        if name not in ARRANGED and not (is_new and name == "code"):
            raise ValueError(f"no part of what is arranged: {name}")
        setattr(row, name, value)
    if isinstance(row, Category):
        # Two who move branches at once would otherwise hang each below the other.
        workflow.check_place(row, list(Category.objects.select_for_update().order_by("pk")))
    check_fields(
        row,
        (
            "code",
            "name",
            "name_en",
        ),
    )
    row.save()
    data = {name: value.code if isinstance(value, Category) else value for name, value in changes.items()}
    kind = row._meta.model_name
    record(f"{kind}:{row.code}", f"{kind}_{'made' if is_new else 'changed'}", at=at, actor=actor, data=data)
