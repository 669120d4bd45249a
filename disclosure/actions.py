"""The verbs of the catalogue, and its only writers: an item comes out, is corrected, ends or is withdrawn.

Each is one transaction with its event, the text that is searched, and the count that stands beside the
filters. Each raises Refused, at the field, and NotAllowed, and nothing is written then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from disclosure import workflow
from disclosure.codes import index_number
from disclosure.models import Category, Channel, Disclosure, SearchText, Theme, Validity, Version
from disclosure.normal import normal
from portal.cases.terms import local_day
from portal.cases.text import check_fields
from portal.ledger.actions import record
from portal.numbering.models import next_number
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


@transaction.atomic
def publish(entry: Entry, *, actor: Actor, at: datetime) -> Disclosure:
    """Bring an item out, under the next index number of its year."""
    workflow.check_may_publish(actor)
    _check(entry, at=at)
    year = local_day(at).year
    item = Disclosure(
        index_number=index_number(
            settings.BUREAU["organisation_code"], year, next_number("disclosure", str(year))
        ),
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
    check_fields(
        item,
        (
            "title",
            "channels",
            "keywords",
        ),
    )
    check_fields(version, ("body",))
    item.save(force_insert=True)
    version.save(force_insert=True)
    SearchText.objects.create(disclosure=item, published_at=at, **_searched(item, version.body))
    _count(item, +1)
    data = {**_told(item, version), "confirmed": len(entry.confirmed)}
    record(item.subject, "published", at=at, actor=actor, data=data, opens=True)
    return item


@transaction.atomic
def correct(item: Disclosure, entry: Entry, *, note: str, actor: Actor, at: datetime) -> Disclosure:
    """Put a corrected text in the place of the one that holds; the old one stays for staff to read.

    `note` tells the public what was corrected. Index number and day of publication stay.
    """
    workflow.check_may_publish(actor)
    workflow.check_correction(note)
    _check(entry, at=at, note=note)
    locked = _locked(item)
    _count(locked, -1)
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
    check_fields(
        locked,
        (
            "title",
            "channels",
            "keywords",
        ),
    )
    check_fields(
        version,
        (
            "body",
            "note",
        ),
    )
    locked.save()
    version.save(force_insert=True)
    SearchText.objects.filter(disclosure=locked).update(**_searched(locked, version.body))
    _count(locked, +1)
    record(locked.subject, "corrected", at=at, actor=actor, data=_told(locked, version))
    return locked


@transaction.atomic
def end(item: Disclosure, how: Validity, *, by: Disclosure | None, actor: Actor, at: datetime) -> Disclosure:
    """Say that an item was amended or repealed, by which other one where that is public."""
    workflow.check_may_publish(actor)
    locked = _locked(item)
    workflow.check_end(locked, how, by)
    _count(locked, -1)
    locked.validity, locked.ended_by = how, by
    locked.save(update_fields=["validity", "ended_by"])
    _count(locked, +1)
    data = {"validity": how.value, "by": by.index_number if by else None}
    record(locked.subject, "ended", at=at, actor=actor, data=data)
    return locked


@transaction.atomic
def withdraw(item: Disclosure, *, reason: str, actor: Actor, at: datetime) -> Disclosure:
    """Take an item out of the catalogue. Its address says that it was there, and why it is not any more."""
    workflow.check_may_publish(actor)
    workflow.check_withdrawal(reason)
    workflow.check_tells_no_numbers({"reason": reason}, public_numbers=_public_numbers())
    locked = _locked(item)
    locked.withdrawn_at, locked.withdrawn_reason = at, reason.strip()
    check_fields(locked, ("withdrawn_reason",))
    locked.save(update_fields=["withdrawn_at", "withdrawn_reason"])
    SearchText.objects.filter(disclosure=locked).delete()
    _count(locked, -1)
    record(locked.subject, "withdrawn", at=at, actor=actor, data={"reason": locked.withdrawn_reason})
    return locked


def _locked(item: Disclosure) -> Disclosure:
    """The item as it stands, locked. Raises Refused where it was withdrawn."""
    locked = Disclosure.objects.select_for_update(of=("self",)).get(pk=item.pk)
    workflow.check_not_withdrawn(locked)
    return locked


def _check(entry: Entry, *, at: datetime, note: str = "") -> None:
    workflow.check_text(entry.title, entry.body)
    texts = {"title": entry.title, "body": entry.body, "keywords": entry.keywords, "note": note}
    workflow.check_tells_no_numbers(texts, public_numbers=_public_numbers(), confirmed=entry.confirmed)
    workflow.check_days(entry.dated_on, today=local_day(at))


def _public_numbers() -> set[str]:
    return {settings.BUREAU["contact"], *Unit.objects.exclude(phone="").values_list("phone", flat=True)}


def _searched(item: Disclosure, body: str) -> dict[str, str]:
    everything = (item.title, item.document_number, item.index_number, item.keywords, body)
    return {"title": normal(item.title), "words": normal(" ".join(each for each in everything if each))}


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


# One row a kind of item, made when the first of its kind comes; the lock on it lasts until the commit.
ONE_MORE = """
    INSERT INTO disclosure_tally AS t (category_id, theme_id, unit_id, year, validity, count)
    VALUES (%s, %s, %s, %s, %s, 1)
    ON CONFLICT (category_id, theme_id, unit_id, year, validity) DO UPDATE SET count = t.count + 1
"""
ONE_LESS = """
    UPDATE disclosure_tally SET count = count - 1
    WHERE category_id = %s AND theme_id = %s AND unit_id = %s AND year = %s AND validity = %s
"""


def _count(item: Disclosure, change: int) -> None:
    kind: list[int | str] = [item.category_id, item.theme_id, item.unit_id, item.year, item.validity]
    with connection.cursor() as cursor:
        cursor.execute(ONE_MORE if change > 0 else ONE_LESS, kind)


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
