"""The verbs that change the calendar: the notices that come with the portal, and those entered by hand."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.ledger.actions import Entry, record, record_many
from portal.organisation.actors import Actor, Role
from portal.workdays.calendar import Calendar, Day
from portal.workdays.current import lock_calendar_exclusive, lock_for_loading, read_days
from portal.workdays.models import NUMBER_PATTERN, CalendarNotice, CalendarVersion
from portal.workdays.models import Day as DayRow
from portal.workdays.notice_csv import parse_notice_csv
from portal.workdays.planning import (
    NoticeDay,
    NoticeRefused,
    SeedNotice,
    changed_days,
    plain_day,
    seed_days,
    seed_notices,
    with_notice,
)

__all__ = [
    "MAY_ENTER_NOTICES",
    "NoticeDay",
    "NoticeRefused",
    "check_may_enter",
    "enter_notice",
    "normal_number",
    "parse_notice_csv",
    "preview_notice",
    "seed_calendar",
]

MAY_ENTER_NOTICES = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.SYSTEM)
TITLE_LENGTH = 200
NAME_LENGTH = 60

_BRACKETS = str.maketrans("[]【】［］〖〗", "〔〕〔〕〔〕〔〕")


def normal_number(text: str) -> str:
    """A document number as it is printed: 国办发明电[2025] 7号 becomes 国办发明电〔2025〕7号."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).translate(_BRACKETS))


def check_may_enter(actor: Actor) -> None:
    """Whether the actor may enter a notice; raises NoticeRefused."""
    if not actor.has_role(*MAY_ENTER_NOTICES):
        raise NoticeRefused(_("Only a supervisor or an administrator may enter a calendar notice."))


def preview_notice(
    calendar: Calendar,
    *,
    number: str,
    title: str,
    issued_on: date,
    year: int,
    days: Sequence[NoticeDay],
    at: datetime,
) -> Calendar:
    """The calendar as it would be after this notice; nothing is written. Raises NoticeRefused."""
    number = normal_number(number)
    _check_heading(calendar, number=number, title=title, issued_on=issued_on, year=year, at=at)
    _check_days(calendar, year=year, days=days)
    return with_notice(calendar, year=year, days=days, label=number)


@transaction.atomic
def enter_notice(
    *,
    number: str,
    title: str,
    issued_on: date,
    year: int,
    days: Sequence[NoticeDay],
    at: datetime,
    actor: Actor,
    source: str = "",
) -> CalendarNotice:
    """Enter a notice: its days, the ordinals after them, the calendar's version and the event, or nothing.

    The first notice of a year fixes the whole year; a later one changes only its own days. The caller's
    transaction then re-plans the running deadlines: the calendar stays locked until it ends. Raises
    NoticeRefused.
    """
    check_may_enter(actor)
    before = lock_calendar_exclusive()
    after = preview_notice(
        before, number=number, title=title, issued_on=issued_on, year=year, days=days, at=at
    )
    notice = CalendarNotice.objects.create(
        number=normal_number(number),
        title=title.strip(),
        issued_on=issued_on,
        year=year,
        source=source,
        entered_at=at,
        entered_by_id=actor.id,
        entered_by_name=actor.name,
    )
    changed = changed_days(before, after)
    _write_days(before, after)
    version = _next_version()
    record(
        f"calendar:{year}",
        "notice_entered",
        at=at,
        actor=actor,
        data={
            "number": notice.number,
            "title": notice.title,
            "issued_on": issued_on.isoformat(),
            "version": version,
            "days": [
                {"date": said.date.isoformat(), "working": said.working, "name": said.name}
                for said in sorted(days, key=lambda said: said.date)
            ],
            "changed": [day.date.isoformat() for day in changed if _was_worked(before, day) != day.working],
        },
    )
    return notice


@transaction.atomic
def seed_calendar(*, at: datetime, actor: Actor, notices: Sequence[SeedNotice] | None = None) -> int:
    """Load the notices that come with the portal; the number of days written, 0 when all were there.

    A year with a notice entered by hand is left as it stands, and so are days such a notice speaks of.
    """
    notices = seed_notices() if notices is None else notices
    lock_for_loading()
    stored = read_days()
    entered = set(CalendarNotice.objects.filter(seeded=False).values_list("year", flat=True))
    kept_labels = {notice.label for notice in CalendarNotice.objects.filter(seeded=False)}
    wanted = {day.date: day for day in seed_days([n for n in notices if n.year not in entered])}
    for day in stored:
        if day.date not in wanted or day.date.year in entered or day.notice in kept_labels:
            wanted[day.date] = day
    after = Calendar(sorted(wanted.values(), key=lambda day: day.date))
    before = Calendar(stored) if stored else None
    changed = changed_days(before, after) if before else list(after.days)
    _write_seed_notices([n for n in notices if n.year not in entered], at=at, actor=actor)
    if not changed:
        return 0
    _write_days(before, after)
    version = _next_version()
    record_many(
        [
            Entry(
                subject=f"calendar:{year}",
                verb="calendar_loaded",
                at=at,
                actor=actor,
                data={
                    "version": version,
                    "notices": [notice.label for notice in notices if notice.year == year],
                    "rest": _dates(changed, year, working=False),
                    "working": _dates(changed, year, working=True),
                },
            )
            for year in sorted({day.date.year for day in changed})
        ]
    )
    return len(changed)


def _check_heading(
    calendar: Calendar, *, number: str, title: str, issued_on: date, year: int, at: datetime
) -> None:
    if not re.match(NUMBER_PATTERN, number) or len(number) > 60:
        raise NoticeRefused(_("The document number must look like 国办发明电〔2025〕7号."), field="number")
    if CalendarNotice.objects.filter(number=number).exists():
        raise NoticeRefused(
            _("The notice %(number)s has been entered already.") % {"number": number}, field="number"
        )
    title = title.strip()
    if not title or len(title) > TITLE_LENGTH or _has_control_characters(title):
        raise NoticeRefused(
            _("The title must be one line of 1 to %(limit)s characters.") % {"limit": TITLE_LENGTH},
            field="title",
        )
    if CalendarNotice.objects.filter(year=year, title=title).exists():
        raise NoticeRefused(
            _("A notice with this title has been entered for %(year)s already.") % {"year": year},
            field="title",
        )
    if issued_on > timezone.localdate(at):
        raise NoticeRefused(_("The date of issue lies in the future."), field="issued_on")
    first, last = calendar.first.year, calendar.last.year + 1
    if not first <= year <= last:
        raise NoticeRefused(
            _("The calendar can take notices for the years %(first)s to %(last)s.")
            % {"first": first, "last": last},
            field="year",
        )
    if not year - 2 <= issued_on.year <= year:
        raise NoticeRefused(
            _("The date of issue does not fit a notice for %(year)s.") % {"year": year}, field="issued_on"
        )


def _check_days(calendar: Calendar, *, year: int, days: Sequence[NoticeDay]) -> None:
    if not days:
        raise NoticeRefused(_("A notice must name at least one day."), field="days")
    seen: set[date] = set()
    bad: list[tuple[int, str]] = []
    for position, said in enumerate(days, start=1):
        if message := _fault_of_day(calendar, year, said, seen):
            bad.append((said.row or position, message))
        seen.add(said.date)
    if bad:
        raise NoticeRefused.of_rows(bad)


def _fault_of_day(calendar: Calendar, year: int, said: NoticeDay, seen: set[date]) -> str:
    """What is wrong with one day of a notice, as a sentence; empty when nothing is."""
    words = {"date": said.date.isoformat(), "year": year}
    if said.date.year != year and (said.date.year, said.date.month) != (year - 1, 12):
        return _("%(date)s is not a day of %(year)s, nor of the December before.") % words
    if said.date < calendar.first:
        return _("%(date)s lies before the first day of the calendar.") % words
    if said.date in seen:
        return _("%(date)s is named twice.") % words
    if not said.name.strip() or len(said.name) > NAME_LENGTH or _has_control_characters(said.name):
        return _("%(date)s needs the name of its holiday, of 1 to %(limit)s characters.") % {
            **words,
            "limit": NAME_LENGTH,
        }
    if said.working and said.date.isoweekday() <= 5 and not _notice_made_it_rest(calendar, said.date):
        return _("%(date)s is a weekday and worked anyway: a make-up day is a Saturday or Sunday.") % words
    return ""


def _notice_made_it_rest(calendar: Calendar, day: date) -> bool:
    """An amendment may give a weekday back that an earlier notice had made a rest day."""
    return day in calendar and not calendar.is_working(day) and not calendar.is_provisional(day)


def _has_control_characters(text: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in text)


def _was_worked(before: Calendar, day: Day) -> bool:
    return before.is_working(day.date) if day.date in before else plain_day(day.date).working


def _dates(days: Sequence[Day], year: int, *, working: bool) -> list[str]:
    """The days of a year that a notice speaks of: every other one follows from the weekday."""
    return [d.date.isoformat() for d in days if d.date.year == year and d.name and d.working is working]


def _write_seed_notices(notices: Sequence[SeedNotice], *, at: datetime, actor: Actor) -> None:
    """The rows of the seeded notices, written or corrected where they are not yet so."""
    rows = {(row.year, row.title): row for row in CalendarNotice.objects.all()}
    for notice in notices:
        row = rows.get((notice.year, notice.title))
        if row is not None and (row.number, row.issued_on) == (notice.number, notice.issued_on):
            continue
        if row is None:
            row = CalendarNotice(
                year=notice.year,
                title=notice.title,
                seeded=True,
                entered_at=at,
                entered_by_id=actor.id,
                entered_by_name=actor.name,
            )
        row.number, row.issued_on = notice.number, notice.issued_on
        row.save()


def _write_days(before: Calendar | None, after: Calendar) -> None:
    """Write every day that changed, and every day behind it whose ordinal did, in one statement.

    The ordinals come from the calendar, not from a window over the table: in the transaction that has just
    filled the table, Postgres has no statistics of it and joins it to itself row by row.
    """
    notices = {notice.label: notice for notice in CalendarNotice.objects.all()}
    DayRow.objects.bulk_create(
        [
            DayRow(
                date=day.date,
                working=day.working,
                ordinal=after.ordinal(day.date),
                reason=day.reason,
                name=day.name,
                notice=notices[day.notice] if day.notice else None,
                provisional=day.provisional,
            )
            for day in after.days
            if before is None
            or day.date not in before
            or before.day(day.date) != day
            or before.ordinal(day.date) != after.ordinal(day.date)
        ],
        update_conflicts=True,
        unique_fields=["date"],
        update_fields=["working", "ordinal", "reason", "name", "notice", "provisional"],
    )


def _next_version() -> int:
    row, created = CalendarVersion.objects.get_or_create(id=1, defaults={"version": 1})
    if not created:
        row.version += 1
        row.token = uuid.uuid4()
        row.save()
    return row.version
