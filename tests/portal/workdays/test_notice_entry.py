"""Entering notices: what changes, what does not, and that nothing is ever half-written."""

from __future__ import annotations

import threading
import uuid
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from portal.ledger.models import Event
from portal.organisation.actors import SYSTEM, Actor, Role
from portal.workdays import current
from portal.workdays.actions import (
    NoticeDay,
    NoticeRefused,
    enter_notice,
    normal_number,
    preview_notice,
    seed_calendar,
)
from portal.workdays.calendar import HOLIDAY, MAKEUP, WORKDAY, Calendar
from portal.workdays.current import (
    CalendarMissing,
    current_calendar,
    lock_calendar_exclusive,
    lock_calendar_shared,
)
from portal.workdays.models import CalendarNotice, CalendarVersion
from portal.workdays.models import Day as DayRow
from portal.workdays.planning import SeedNotice, seed_notices

NUMBER = "国办发明电〔2026〕9号"
DAYS = (
    NoticeDay(date(2026, 12, 26), True, "元旦"),
    NoticeDay(date(2027, 1, 1), False, "元旦"),
    NoticeDay(date(2027, 1, 2), False, "元旦"),
    NoticeDay(date(2027, 2, 8), False, "春节"),
    NoticeDay(date(2027, 2, 20), True, "春节"),
)


def heading(**changes: Any) -> dict[str, Any]:
    return {
        "number": NUMBER,
        "title": "国务院办公厅关于2027年部分节假日安排的通知",
        "issued_on": date(2026, 11, 20),
        "year": 2027,
        "days": DAYS,
        **changes,
    }


def assert_ordinals_are_those_of(calendar: Calendar) -> None:
    rows = list(DayRow.objects.order_by("date").values_list("date", "working", "ordinal"))
    assert rows == [(day.date, day.working, calendar.ordinal(day.date)) for day in calendar.days]


def test_loading_is_what_the_pure_seed_says_and_may_be_repeated(loaded: None, seeded: Calendar) -> None:
    assert current_calendar() == seeded
    assert_ordinals_are_those_of(seeded)
    before = CalendarVersion.objects.get()
    out = StringIO()
    call_command("load_calendar", stdout=out)
    assert "up to date" in out.getvalue()
    assert CalendarVersion.objects.get().token == before.token
    assert CalendarNotice.objects.filter(seeded=True).count() == 26
    assert Event.objects.of("calendar:2026").count() == 1


def test_the_first_notice_fixes_the_whole_year(loaded: None, at: datetime, supervisor: Actor) -> None:
    before = current_calendar()
    notice = enter_notice(**heading(number="国办发明电[2026] 9号"), at=at, actor=supervisor)
    after = current_calendar()
    assert notice.number == NUMBER
    assert after.provisional_from == date(2028, 1, 1)
    # 1 October 2027 was a holiday by its fixed date; this notice does not name it, so it is an ordinary day.
    assert before.day(date(2027, 10, 1)).reason == HOLIDAY
    assert after.day(date(2027, 10, 1)).reason == WORKDAY
    assert after.day(date(2027, 2, 8)).notice == NUMBER
    assert after.day(date(2027, 2, 20)).reason == MAKEUP
    assert after.day(date(2026, 12, 26)).reason == MAKEUP
    assert after.day(date(2026, 12, 25)) == before.day(date(2026, 12, 25))
    assert_ordinals_are_those_of(after)


def test_an_amendment_changes_only_its_own_days(loaded: None, at: datetime, supervisor: Actor) -> None:
    enter_notice(**heading(), at=at, actor=supervisor)
    before = current_calendar()
    amendment = (
        NoticeDay(date(2027, 2, 8), True, "春节"),
        NoticeDay(date(2027, 2, 20), False, "春节"),
        NoticeDay(date(2027, 2, 9), False, "春节"),
    )
    enter_notice(
        **heading(number="国办发明电〔2027〕1号", title="调整", days=amendment),
        at=at + timedelta(days=60),
        actor=supervisor,
    )
    after = current_calendar()
    changed = [day for day in after.days if before.day(day.date) != day]
    assert [(day.date, day.reason) for day in changed] == [
        (date(2027, 2, 8), WORKDAY),
        (date(2027, 2, 9), HOLIDAY),
        (date(2027, 2, 20), HOLIDAY),
    ]
    assert_ordinals_are_those_of(after)


def test_a_notice_for_the_year_after_the_last_one_adds_it(
    loaded: None, at: datetime, supervisor: Actor
) -> None:
    later = at.replace(year=2030)
    enter_notice(
        **heading(
            number="国办发明电〔2030〕8号",
            title="2031",
            issued_on=date(2030, 11, 1),
            year=2031,
            days=[NoticeDay(date(2031, 1, 1), False, "元旦")],
        ),
        at=later,
        actor=supervisor,
    )
    calendar = current_calendar()
    assert calendar.last == date(2031, 12, 31)
    assert not calendar.is_provisional(date(2031, 12, 31))
    assert calendar.is_provisional(date(2030, 12, 31))
    assert_ordinals_are_those_of(calendar)
    assert seed_calendar(at=later, actor=SYSTEM) == 0


def test_entry_is_recorded_with_every_day_and_who(loaded: None, at: datetime, supervisor: Actor) -> None:
    enter_notice(**heading(), at=at, actor=supervisor)
    event = Event.objects.of("calendar:2027").last()
    assert (event.verb, event.actor_id, event.actor_name) == ("notice_entered", 7, "督查员")
    assert event.at == at
    assert [day["date"] for day in event.data["days"]] == [day.date.isoformat() for day in DAYS]
    assert event.data["changed"] == ["2026-12-26", "2027-02-08", "2027-02-20", "2027-10-01"]


def test_a_preview_writes_nothing_and_is_what_entry_makes(
    loaded: None, at: datetime, supervisor: Actor
) -> None:
    calendar = current_calendar()
    with CaptureQueriesContext(connection) as queries:
        planned = preview_notice(calendar, **heading(), at=at)
    assert all(query["sql"].startswith("SELECT") for query in queries)
    assert current_calendar() == calendar
    enter_notice(**heading(), at=at, actor=supervisor)
    assert current_calendar() == planned


def test_loading_again_keeps_what_was_entered(loaded: None, at: datetime, supervisor: Actor) -> None:
    """Also when a newer release brings its own notice for that year."""
    enter_notice(**heading(), at=at, actor=supervisor)
    entered = current_calendar()
    assert seed_calendar(at=at, actor=SYSTEM) == 0
    newer = SeedNotice(
        year=2027,
        number="",
        title="another",
        issued_on=None,
        days=(NoticeDay(date(2027, 3, 1), False, "春节"),),
    )
    seed_calendar(at=at, actor=SYSTEM, notices=[*seed_notices(), newer])
    after = current_calendar()
    assert [day for day in entered.days if after.day(day.date) != day] == []
    assert not CalendarNotice.objects.filter(title="another").exists()


def test_a_newer_release_fixes_a_provisional_year(loaded: None, at: datetime) -> None:
    newer = SeedNotice(2027, NUMBER, "2027", date(2026, 11, 20), DAYS)
    assert seed_calendar(at=at, actor=SYSTEM, notices=[*seed_notices(), newer]) > 365
    calendar = current_calendar()
    assert calendar.provisional_from == date(2028, 1, 1)
    assert calendar.last == date(2031, 12, 31)
    assert_ordinals_are_those_of(calendar)


REFUSALS = [
    ({"number": "国办发明电2026第9号"}, "number", "must look like"),
    ({"number": "国办发明电〔2026〕09号"}, "number", "must look like"),
    ({"number": "国" * 10_000}, "number", "must look like"),
    ({"number": "国办发明电〔2025〕7号"}, "number", "entered already"),
    ({"title": ""}, "title", "one line"),
    ({"title": "x" * 201}, "title", "one line"),
    ({"title": "a\x00b"}, "title", "one line"),
    ({"issued_on": date(2026, 11, 24)}, "issued_on", "future"),
    ({"issued_on": date(2020, 1, 1)}, "issued_on", "does not fit"),
    ({"year": 2003, "issued_on": date(2003, 1, 1)}, "year", "for the years 2004 to 2031"),
    ({"year": 2032}, "year", "for the years 2004 to 2031"),
    ({"days": ()}, "days", "at least one day"),
    ({"days": [NoticeDay(date(2028, 1, 1), False, "元旦")]}, "days", "not a day of 2027"),
    ({"days": [NoticeDay(date(2026, 11, 30), False, "元旦")]}, "days", "not a day of 2027"),
    ({"days": [DAYS[1], DAYS[1]]}, "days", "named twice"),
    ({"days": [NoticeDay(date(2027, 1, 1), False, " ")]}, "days", "name of its holiday"),
    ({"days": [NoticeDay(date(2027, 1, 1), False, "元\u202e旦")]}, "days", "name of its holiday"),
    ({"days": [NoticeDay(date(2027, 1, 1), False, "旦" * 10_000)]}, "days", "name of its holiday"),
    ({"days": [NoticeDay(date(2027, 3, 1), True, "春节")]}, "days", "a weekday and worked anyway"),
    ({"days": [NoticeDay(date(2027, 10, 1), True, "国庆节")]}, "days", "a weekday and worked anyway"),
]


@pytest.mark.parametrize(("changes", "field", "sentence"), REFUSALS)
def test_a_refused_notice_leaves_nothing_behind(
    loaded: None, at: datetime, supervisor: Actor, changes: dict[str, Any], field: str, sentence: str
) -> None:
    before, version = current_calendar(), CalendarVersion.objects.get().version
    events = Event.objects.count()
    with override("en"), pytest.raises(NoticeRefused) as caught:
        enter_notice(**heading(**changes), at=at, actor=supervisor)
    assert sentence in caught.value.message
    assert caught.value.field == field
    assert current_calendar() is before
    assert CalendarVersion.objects.get().version == version
    assert not CalendarNotice.objects.filter(seeded=False).exists()
    assert Event.objects.count() == events


def test_every_bad_row_has_its_sentence(loaded: None, at: datetime, supervisor: Actor) -> None:
    days = [
        NoticeDay(date(2027, 1, 1), False, "元旦", row=2),
        NoticeDay(date(2027, 3, 1), True, "春节", row=3),
        NoticeDay(date(2029, 1, 1), False, "元旦", row=7),
    ]
    with pytest.raises(NoticeRefused) as caught:
        enter_notice(**heading(days=days), at=at, actor=supervisor)
    assert [row for row, _sentence in caught.value.rows] == [3, 7]
    assert caught.value.row == 3


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in ("supervisor", "administrator", "system")]
)
def test_only_supervisors_and_administrators_enter_notices(loaded: None, at: datetime, role: Role) -> None:
    with pytest.raises(NoticeRefused):
        enter_notice(**heading(), at=at, actor=Actor(id=1, name="x", roles=frozenset({role})))
    assert not CalendarNotice.objects.filter(seeded=False).exists()


def test_a_failure_after_the_days_undoes_them(
    loaded: None, at: datetime, supervisor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the ledger is lost")

    before = current_calendar()
    monkeypatch.setattr("portal.workdays.actions.record", fail)
    with pytest.raises(RuntimeError):
        enter_notice(**heading(), at=at, actor=supervisor)
    assert current_calendar() == before
    assert_ordinals_are_those_of(before)


def test_a_rolled_back_calendar_is_never_taken_for_the_one_entered_next(
    loaded: None, at: datetime, supervisor: Actor
) -> None:
    """Both would have had the same version number."""
    with transaction.atomic():
        enter_notice(**heading(), at=at, actor=supervisor)
        assert not current_calendar().is_working(date(2027, 2, 8))
        transaction.set_rollback(True)
    other = [NoticeDay(date(2027, 6, 9), False, "端午节")]
    enter_notice(**heading(days=other), at=at, actor=supervisor)
    assert current_calendar().is_working(date(2027, 2, 8))
    assert not current_calendar().is_working(date(2027, 6, 9))


def test_the_calendar_is_read_once_and_then_costs_one_small_query(
    loaded: None, django_assert_num_queries: Any
) -> None:
    current_calendar()
    with django_assert_num_queries(1):
        current_calendar()
    with django_assert_num_queries(1):
        lock_calendar_shared()
    with django_assert_num_queries(1):
        lock_calendar_exclusive()


def test_entering_a_notice_costs_a_constant_number_of_statements(
    loaded: None, at: datetime, supervisor: Actor
) -> None:
    def cost(days: list[NoticeDay], **changes: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            enter_notice(**heading(days=days, **changes), at=at, actor=supervisor)
        return len(queries)

    current_calendar()
    one = cost([NoticeDay(date(2027, 3, 1), False, "春节")])
    current_calendar()
    many = cost(
        [NoticeDay(date(2028, 3, 1) + timedelta(days=i), False, "春节") for i in range(60)],
        year=2028,
        number="国办发明电〔2026〕10号",
        title="2028",
    )
    assert one == many


@pytest.mark.django_db(transaction=True)
def test_a_writer_of_deadlines_waits_for_the_notice_and_then_sees_it(at: datetime, supervisor: Actor) -> None:
    """Two connections: the second asks for the calendar while the first has entered, not yet committed."""
    seed_calendar(at=at, actor=SYSTEM)
    seen: list[bool] = []

    def write_deadlines() -> None:
        try:
            with transaction.atomic():
                seen.append(lock_calendar_shared().is_working(date(2027, 2, 8)))
        finally:
            connection.close()

    writer = threading.Thread(target=write_deadlines)
    with transaction.atomic():
        enter_notice(**heading(), at=at, actor=supervisor)
        writer.start()
        with connection.cursor() as cursor:
            waiting = 0
            while not waiting and writer.is_alive():
                cursor.execute(
                    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
                    " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
                )
                waiting = cursor.fetchone()[0]
        assert seen == []
    writer.join()
    assert seen == [False]


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction() -> None:
    with pytest.raises(TransactionManagementError):
        lock_calendar_shared()


def test_a_database_without_a_calendar_says_so(db: None) -> None:
    DayRow.objects.all().delete()
    CalendarVersion.objects.all().delete()
    with pytest.raises(CalendarMissing, match="load_calendar"):
        current_calendar()
    with pytest.raises(CalendarMissing, match="load_calendar"):
        lock_calendar_shared()


def test_a_change_between_the_two_queries_is_noticed(loaded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token is read before and after the days: days of another version are never kept under it."""
    monkeypatch.setattr(current, "_cached", None)
    read, calls = current.read_days, []

    def read_while_another_commits() -> list[Any]:
        days = read()
        if not calls:
            CalendarVersion.objects.update(token=uuid.uuid4())
        calls.append(1)
        return days

    monkeypatch.setattr(current, "read_days", read_while_another_commits)
    current_calendar()
    assert len(calls) == 2
    assert current._cached is not None
    assert current._cached[0] == CalendarVersion.objects.get().token


BROKEN_ROWS = [
    ({"working": True, "reason": "holiday", "name": "x"}, "calendar_day_reason_agrees_with_working"),
    ({"working": False, "reason": "holiday", "name": ""}, "calendar_day_holiday_and_makeup_have_name"),
    ({"working": False, "reason": "weekend"}, "calendar_day_weekend_and_makeup_on_weekend"),
]


@pytest.mark.parametrize(("fields", "constraint"), BROKEN_ROWS)
def test_the_database_holds_the_rules_of_a_day(loaded: None, fields: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        DayRow.objects.filter(date=date(2026, 3, 2)).update(**fields)


def test_there_is_one_version_row(loaded: None) -> None:
    with pytest.raises(IntegrityError, match="calendar_version_one_row"), transaction.atomic():
        CalendarVersion.objects.create(id=2)


def test_due_dates_in_sql_are_one_join(loaded: None, seeded: Calendar) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT start.date, due.date FROM workdays_day start"
            " JOIN workdays_day due ON due.working AND due.ordinal = start.ordinal + 15"
            " WHERE start.date BETWEEN '2026-01-01' AND '2026-12-31'"
        )
        rows = cursor.fetchall()
    assert len(rows) == 365
    assert all(due == seeded.add_workdays(start, 15) for start, due in rows)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("国办发明电[2025]7号", "国办发明电〔2025〕7号"),
        ("国办发明电【2025】7号", "国办发明电〔2025〕7号"),
        ("国办发明电［２０２５］７号", "国办发明电〔2025〕7号"),
        (" 国办发明电〔2025〕 7 号 ", "国办发明电〔2025〕7号"),
    ],
)
def test_document_numbers_are_brought_into_their_printed_form(written: str, normal: str) -> None:
    assert normal_number(written) == normal
