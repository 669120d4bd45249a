from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from django.test.utils import override_settings
from django.utils.translation import gettext_lazy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.ledger import chain, keys
from portal.ledger.actions import Entry, LedgerBroken, record, record_many
from portal.ledger.checks import ledger_key_is_usable
from portal.ledger.models import Event, Head, Seal
from portal.organisation.actors import ANONYMOUS, SYSTEM, Role
from tests.portal.ledger.tampering import AT, CLERK, behind_the_portals_back, write

pytestmark = pytest.mark.django_db


def test_an_event_is_chained_to_the_one_before_it():
    first = record("case:1", "log_call", at=AT, actor=CLERK, data={"note": "路灯不亮"}, opens=True)
    second = record("case:1", "dispatch", at=AT, actor=SYSTEM)
    assert [event.seq for event in Event.objects.of("case:1")] == [1, 2]
    assert (first.previous, second.previous) == (chain.NOTHING, first.hash)
    assert first.hash == chain.digest(first.header())
    head = Head.objects.get(pk="case:1")
    assert (head.seq, head.hash, head.is_ours) == (2, second.hash, True)
    stored = Event.objects.get(pk=first.pk)
    assert stored.is_ours
    assert (stored.actor_id, stored.actor_name, stored.data) == (41, "张敏", {"note": "路灯不亮"})


def test_the_role_is_the_one_named_or_the_first():
    assert record("case:1", "a", at=AT, actor=CLERK, role=Role.OPERATOR).actor_role == "operator"
    assert record("case:1", "b", at=AT, actor=CLERK).actor_role == "handler"
    assert record("case:1", "c", at=AT, actor=ANONYMOUS).actor_role == ""


def test_what_writing_costs(django_assert_num_queries):
    with django_assert_num_queries(1):
        record("case:1", "log_call", at=AT, actor=CLERK, opens=True)
    with django_assert_num_queries(2):
        event = record("case:1", "dispatch", at=AT, actor=CLERK)
    with django_assert_num_queries(5):
        record("case:2", "log_call", at=AT, actor=CLERK)
    assert Event.objects.get(pk=event.pk) == event
    assert not event._state.adding


@pytest.mark.parametrize("size", [1, 10, 300])
def test_a_batch_costs_the_same_whatever_its_size(size: int, django_assert_num_queries):
    entries = [Entry(f"case:{n % 50}", "warn", AT, SYSTEM) for n in range(size)]
    for count in (5, 4):  # with new subjects, with known ones
        with django_assert_num_queries(count):
            record_many(entries)
    with django_assert_num_queries(0):
        record_many([])


def test_a_batch_keeps_its_order_where_a_subject_comes_twice():
    write("case:2", "open")
    record_many(
        [
            Entry("case:2", "warn", AT, SYSTEM),
            Entry("case:1", "warn", AT, SYSTEM),
            Entry("case:2", "breach", AT, SYSTEM),
        ]
    )
    events = list(Event.objects.filter(subject__startswith="case:").order_by("id"))[1:]
    assert [(event.subject, event.seq, event.verb) for event in events] == [
        ("case:2", 2, "warn"),
        ("case:1", 1, "warn"),
        ("case:2", 3, "breach"),
    ]
    assert events[2].previous == events[0].hash
    assert Head.objects.get(pk="case:2").hash == events[2].hash


def test_opening_what_exists_is_refused():
    write("case:1", "open")
    with pytest.raises(IntegrityError), transaction.atomic():
        record("case:1", "open", at=AT, actor=CLERK, opens=True)


@pytest.mark.parametrize("subject", ["", "x" * 121, chain.SEALS])
def test_not_every_text_is_a_subject(subject: str):
    with pytest.raises(ValueError, match="not a subject"):
        record(subject, "open", at=AT, actor=CLERK)
    with pytest.raises(ValueError, match="not a subject"):
        record_many([Entry(subject, "open", AT, CLERK)])


def test_a_moment_names_its_time_zone():
    with pytest.raises(ValueError, match="time zone"):
        record("case:1", "open", at=datetime(2026, 11, 20, 8), actor=CLERK)  # noqa: DTZ001


@pytest.mark.django_db(transaction=True)
def test_nothing_is_written_outside_a_transaction():
    with pytest.raises(transaction.TransactionManagementError, match="same transaction"):
        record("case:1", "open", at=AT, actor=CLERK)
    with pytest.raises(transaction.TransactionManagementError, match="same transaction"):
        record_many([Entry("case:1", "open", AT, CLERK)])


def test_the_portal_puts_no_mark_on_what_somebody_else_wrote():
    write("case:1", "open", "sign")
    with behind_the_portals_back() as run:
        run("UPDATE ledger_head SET seq = 1")
    with pytest.raises(LedgerBroken, match="verify_ledger"):
        record("case:1", "close", at=AT, actor=CLERK)
    with pytest.raises(LedgerBroken):
        record_many([Entry("case:1", "close", AT, CLERK)])
    assert Event.objects.of("case:1").count() == 2


# What an event may hold -----------------------------------------------------------------------------------


def test_values_are_kept_in_a_plain_form():
    data = {
        "at": AT,
        "day": date(2026, 11, 20),
        "role": Role.CLERK,
        "area": Decimal("12.50"),
        "tiny": 1e-7,
        "label": gettext_lazy("Seals of the ledger"),
        "roles": {"b", "a"},
        "pair": (1, None),
        7: True,
    }
    assert record("case:1", "a", at=AT, actor=CLERK, data=data).data == {
        "at": "2026-11-20T02:30:00.000000Z",
        "day": "2026-11-20",
        "role": "clerk",
        "area": "12.50",
        "tiny": "1e-07",
        "label": "Seals of the ledger",
        "roles": ["a", "b"],
        "pair": [1, None],
        "7": True,
    }


@pytest.mark.parametrize("data", [{"a": "\0"}, {"\0": 1}, {"a": "\ud800"}, {"a": object()}, {"a": b"x"}])
def test_what_the_database_cannot_hold_is_refused_before(data: dict[str, Any], django_assert_num_queries):
    with django_assert_num_queries(0), pytest.raises((ValueError, TypeError)):
        record("case:1", "a", at=AT, actor=CLERK, data=data, opens=True)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | texts | st.datetimes(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(texts, inside, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(texts, values, max_size=4), texts, st.datetimes(timezones=st.just(UTC)))
def test_whatever_is_written_reads_back_with_the_same_hashes(data: dict[str, Any], verb: str, at: datetime):
    with transaction.atomic():
        event = record("case:1", verb, at=at, actor=CLERK, data=data)
    assert Event.objects.get(pk=event.pk).is_ours


def test_equal_details_of_two_events_have_different_hashes():
    one, two = write("case:1", "a", "a")
    assert one.data_hash != two.data_hash
    assert one.actor_hash != two.actor_hash


# The key --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "abc", "z" * 64, "0" * 62])
def test_a_key_that_is_none_is_named_before_the_start(key: str):
    with override_settings(LEDGER_KEY=key):
        (error,) = ledger_key_is_usable(None)
        assert (error.id, error.msg) == ("ledger.E001", "LEDGER_KEY must be 64 hexadecimal digits.")
    assert ledger_key_is_usable(None) == []


def test_another_key_writes_other_marks():
    mac = chain.head_mac("case:1", 1, chain.NOTHING)
    public = keys.keyring().public_hex
    with override_settings(LEDGER_KEY="1" * 64):
        assert chain.head_mac("case:1", 1, chain.NOTHING) != mac
        assert keys.keyring().public_hex != public


# The database refuses -------------------------------------------------------------------------------------

REFUSED = [
    "UPDATE ledger_event SET verb = 'x'",
    "UPDATE ledger_event SET verb = 'x' WHERE false",
    "DELETE FROM ledger_event",
    "TRUNCATE ledger_event",
    "UPDATE ledger_seal SET count = 0",
    "DELETE FROM ledger_seal",
    "TRUNCATE ledger_seal",
    "DELETE FROM ledger_head",
    "TRUNCATE ledger_head",
    "UPDATE ledger_head SET seq = seq",
    "UPDATE ledger_head SET seq = 1 WHERE subject = 'case:A-1'",
    "UPDATE ledger_head SET subject = 'case:B', seq = seq + 1 WHERE subject = 'case:A-1'",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_sql_that_changes_the_ledger_is_refused(sql: str, ledger: dict[str, list[Event]]):
    refused = pytest.raises(InternalError, match=r"refused|Cannot update")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_the_orm_is_refused_as_well(ledger: dict[str, list[Event]]):
    event, head = ledger["case:A-1"][0], Head.objects.get(pk="case:A-1")
    head.seq -= 1
    seal = Seal.objects.get(pk=1)
    attempts = [
        event.save,
        event.delete,
        seal.save,
        seal.delete,
        head.save,
        head.delete,
        Event.objects.all().delete,
        lambda: Event.objects.update(verb="x"),
        lambda: Event.objects.bulk_update([event], ["verb"]),
        lambda: Event.objects.bulk_create(
            [event], update_conflicts=True, unique_fields=["id"], update_fields=["verb"]
        ),
    ]
    for attempt in attempts:
        with pytest.raises(InternalError), transaction.atomic():
            attempt()
    assert Event.objects.filter(subject__startswith="case:").count() == 9
