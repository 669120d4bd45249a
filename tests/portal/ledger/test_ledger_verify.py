"""Somebody changes the ledger behind the portal's back; verify_ledger finds it and names it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import override_settings

from portal.ledger import chain
from portal.ledger import verify as verification
from portal.ledger.actions import seal
from portal.ledger.faults import Fault
from portal.ledger.models import Event, Head, Seal
from portal.ledger.verify import verify
from tests.portal.ledger.tampering import AT, behind_the_portals_back, verified, write

pytestmark = pytest.mark.django_db
Ledger = dict[str, list[Event]]

# What the events of the fixture are called in a sentence.
CALL = "case:A-1 no. 1 (log_call, 2026-11-20 10:30:00)"
DISPATCH = "case:A-1 no. 2 (dispatch, 2026-11-20 11:30:00)"
SIGN = "case:A-1 no. 3 (sign, 2026-11-20 12:30:00)"
CALLBACK = "case:A-1 no. 5 (callback, 2026-11-22 10:30:00)"
CLOSE = "case:A-1 no. 6 (close, 2026-11-22 11:30:00)"


def tampered(sql: str, *params: object) -> list[str]:
    """The sentences of verify_ledger after the statement, which must make it fail."""
    with behind_the_portals_back() as run:
        run(sql, *params)
    code, lines = verified()
    assert code == 1
    count = len(lines) - 1
    assert lines[-1] == f"The ledger was changed outside the portal: {count} fault{'s' * (count > 1)}."
    return lines[:-1]


def rewrite(event: Event, **changes: object) -> None:
    """What a knowing attacker does without the key: change an event and all hashes that can be made anew."""
    previous = event.previous
    with behind_the_portals_back() as run:
        for each in Event.objects.of(event.subject).filter(seq__gte=event.seq):
            if each.seq == event.seq:
                for name, value in changes.items():
                    setattr(each, name, value)
            each.previous = previous
            each.hash = previous = chain.digest(each.header())
            run(
                "UPDATE ledger_event SET verb=%s, at=%s, actor_role=%s, previous=%s, hash=%s WHERE id=%s",
                *(each.verb, each.at, each.actor_role, each.previous, each.hash, each.pk),
            )
        run("UPDATE ledger_head SET hash=%s WHERE subject=%s", previous, event.subject)


def test_a_clean_ledger(ledger: Ledger):
    code, lines = verified()
    assert code == 0
    assert lines == [f"The ledger is as the portal wrote it: {Event.objects.count()} events, 2 seals."]


def test_an_empty_ledger():
    with behind_the_portals_back() as run:
        if Event.objects.exists():
            run("DELETE FROM ledger_event")
            run("DELETE FROM ledger_head")
    assert verified() == (0, ["The ledger is as the portal wrote it: 0 events, 0 seals."])


# Altered --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "verb = 'reply'",
            "case:A-1 no. 2 (reply, 2026-11-20 11:30:00) was altered: what it says happened, when or in what "
            "role is not what was hashed.",
        ),
        (
            "at = at - interval '3 days'",
            "case:A-1 no. 2 (dispatch, 2026-11-17 11:30:00) was altered: what it says happened, when or in "
            "what role is not what was hashed.",
        ),
        (
            "actor_role = 'supervisor'",
            f"{DISPATCH} was altered: what it says happened, when or in what role is not what was hashed.",
        ),
        ('data = \'{"note": "x"}\'', f"{DISPATCH} was altered: its details are not what was hashed."),
        ("data = '[]'", f"{DISPATCH} was altered: its details are not what was hashed."),
        ("data = '1e400'", f"{DISPATCH} was altered: its details are not what was hashed."),
        (
            "data = ('[' || repeat('[', 3000) || repeat(']', 3000) || ']')::jsonb",
            f"{DISPATCH} was altered: its details cannot be read any more.",
        ),
        (
            "data = repeat('9', 5000)::jsonb",
            f"{DISPATCH} was altered: its details cannot be read any more.",
        ),
        ("actor_name = '李强'", f"{DISPATCH} was altered: who acted is not what was hashed."),
        ("actor_id = NULL", f"{DISPATCH} was altered: who acted is not what was hashed."),
        (
            "actor_id = 7, data = '{}'",
            f"{DISPATCH} was written or rewritten by somebody who does not have the portal's key.",
        ),
    ],
)
def test_an_altered_event_is_named(change: str, sentence: str, ledger: Ledger):
    event = ledger["case:A-1"][1]
    assert tampered(f"UPDATE ledger_event SET {change} WHERE id = %s", event.pk) == [sentence]


def test_an_altered_hash_is_named_by_its_chain_and_by_its_seal(ledger: Ledger):
    event = ledger["case:A-1"][1]
    lines = tampered("UPDATE ledger_event SET hash = %s WHERE id = %s", "not a hash", event.pk)
    assert lines[0].startswith(f"{DISPATCH} was altered")
    assert lines[1].startswith(f"{DISPATCH} does not stand in seal 1 (2026-11-20)")
    assert event.hash in lines[2]


def test_a_rewritten_chain_is_named_from_its_first_event_on(ledger: Ledger):
    rewrite(ledger["case:A-1"][4], verb="closed_without_reply")
    code, lines = verified()
    assert code == 1
    assert lines == [
        "case:A-1 no. 5 (closed_without_reply, 2026-11-22 10:30:00) was written or rewritten by somebody who "
        "does not have the portal's key.",
        f"{CLOSE} was written or rewritten by somebody who does not have the portal's key.",
        f"The head of the chain that now ends with {CLOSE} was written without the portal's key.",
        "The ledger was changed outside the portal: 3 faults.",
    ]


def test_a_rewritten_chain_that_was_sealed_is_named_by_its_seals_as_well(ledger: Ledger):
    rewrite(ledger["case:A-1"][2], at=AT - timedelta(days=9))
    code, lines = verified()
    assert code == 1
    assert lines[0].startswith("case:A-1 no. 3 (sign, 2026-11-11 10:30:00) was written or rewritten")
    assert lines[1].startswith("case:A-1 no. 3 (sign, 2026-11-11 10:30:00) does not stand in seal 1")
    assert any(f"came after {DISPATCH}" in line and ledger["case:A-1"][2].hash in line for line in lines)


def test_a_link_that_was_cut_with_the_key_is_found(ledger: Ledger):
    """Even the key does not help who forgets that the next event holds the hash."""
    event = ledger["case:A-1"][4]
    event.verb = "other"
    hashes = event.expected()
    lines = tampered(
        "UPDATE ledger_event SET verb='other', actor_hash=%s, data_hash=%s, hash=%s WHERE id=%s",
        *(hashes.actor_hash, hashes.data_hash, hashes.hash, event.pk),
    )
    assert lines == [f"{CLOSE} does not follow the event before it, which was replaced."]


# Removed --------------------------------------------------------------------------------------------------


def test_an_event_removed_from_the_middle(ledger: Ledger):
    event = ledger["case:A-1"][1]
    first, second = tampered("DELETE FROM ledger_event WHERE id = %s", event.pk)
    assert first == f"case:A-1 no. 2: removed; the last event before is {CALL}."
    assert f"in seal 1 (2026-11-20) is missing or was rewritten: it came after {CALL}" in second
    assert event.hash in second


def test_events_removed_from_the_beginning_before_any_seal():
    write("case:9", "open", "sign", "close")
    lines = tampered("DELETE FROM ledger_event WHERE subject = 'case:9' AND seq < 3")
    assert lines == ["case:9 nos. 1 to 2: removed from the beginning of the chain."]


def test_a_tail_cut_off_before_the_night(ledger: Ledger):
    lines = tampered("DELETE FROM ledger_event WHERE subject = 'case:A-1' AND seq = 6")
    assert lines == [f"case:A-1 no. 6: removed; the last event before is {CALLBACK}."]


def test_a_tail_cut_off_with_its_head_set_back(ledger: Ledger):
    with behind_the_portals_back() as run:
        run("DELETE FROM ledger_event WHERE subject = 'case:A-1' AND seq = 6")
        run(
            "UPDATE ledger_head SET seq = 5, hash = %s WHERE subject = 'case:A-1'", ledger["case:A-1"][4].hash
        )
    code, lines = verified()
    assert code == 1
    assert (
        lines[0]
        == f"The head of the chain that now ends with {CALLBACK} was written without the portal's key."
    )


def test_all_events_of_a_case_removed(ledger: Ledger):
    lines = tampered("DELETE FROM ledger_event WHERE subject = 'case:A-3'")
    assert lines[0] == "case:A-3 no. 1: removed from the beginning of the chain."
    assert lines[1].startswith("Event 2 of 2 in seal 2 (2026-11-21) is missing or was rewritten")


def test_a_case_removed_with_its_head(ledger: Ledger):
    with behind_the_portals_back() as run:
        run("DELETE FROM ledger_event WHERE subject = 'case:A-2'")
        run("DELETE FROM ledger_head WHERE subject = 'case:A-2'")
    code, lines = verified()
    assert code == 1
    assert len(lines) == 3
    for line, event in zip(lines, ledger["case:A-2"], strict=False):
        assert f"in seal 1 (2026-11-20) is missing or was rewritten: it came after {SIGN}" in line
        assert line.endswith(f"its hash is {event.hash}.")


def test_a_head_removed(ledger: Ledger):
    lines = tampered("DELETE FROM ledger_head WHERE subject = 'case:A-1'")
    assert lines == [f"The head of the chain that now ends with {CLOSE} was removed."]


# Inserted and forged --------------------------------------------------------------------------------------


def forged(subject: str, seq: int, previous: str, verb: str = "forged") -> Event:
    """An event made by somebody who read this very code, and has another key."""
    with override_settings(LEDGER_KEY="f" * 64):
        event = Event(subject=subject, seq=seq, verb=verb, at=AT, actor_name="x", data={}, previous=previous)
        hashes = event.expected()
        event.actor_hash, event.data_hash, event.hash = hashes.actor_hash, hashes.data_hash, hashes.hash
        event.save(force_insert=True)
    return event


def test_an_event_added_to_the_end(ledger: Ledger):
    event = forged("case:A-1", 7, ledger["case:A-1"][-1].hash)
    named = "case:A-1 no. 7 (forged, 2026-11-20 10:30:00)"
    code, lines = verified()
    assert (code, lines[:-1]) == (
        1,
        [
            f"{named} was written or rewritten by somebody who does not have the portal's key.",
            f"{named} was inserted: the head says that the chain ends before it.",
        ],
    )
    with behind_the_portals_back() as run:
        with override_settings(LEDGER_KEY="f" * 64):
            mac = chain.head_mac("case:A-1", 7, event.hash)
        run("UPDATE ledger_head SET seq=7, hash=%s, mac=%s WHERE subject='case:A-1'", event.hash, mac)
    code, lines = verified()
    assert (code, lines[:-1]) == (
        1,
        [
            f"{named} was written or rewritten by somebody who does not have the portal's key.",
            f"The head of the chain that now ends with {named} was written without the portal's key.",
        ],
    )


def test_a_whole_case_forged(ledger: Ledger):
    event = forged("case:A-0", 1, chain.NOTHING)
    Head.objects.create(subject="case:A-0", seq=1, hash=event.hash, mac="")
    code, lines = verified()
    named = "case:A-0 no. 1 (forged, 2026-11-20 10:30:00)"
    assert (code, lines[:-1]) == (
        1,
        [
            f"{named} was written or rewritten by somebody who does not have the portal's key.",
            f"The head of the chain that now ends with {named} was written without the portal's key.",
        ],
    )


def test_a_case_forged_with_the_key_into_a_sealed_day(ledger: Ledger):
    """The seal, of which others keep copies, finds what even the key could not hide."""
    (event,) = write("case:A-9", "open")
    with behind_the_portals_back() as run:
        run("UPDATE ledger_event SET id = -5 WHERE id = %s", event.pk)
    code, lines = verified()
    assert code == 1
    assert lines[:-1] == [
        "case:A-9 no. 1 (open, 2026-11-20 10:30:00) does not stand in seal 1 (2026-11-20), made later: "
        "it was put there since."
    ]


def test_a_head_without_events_that_the_portal_did_not_write(ledger: Ledger):
    Head.objects.create(subject="case:A-7", seq=1, hash="x", mac="x")
    assert verified() == (
        1,
        [
            "The head of case:A-7 has no events, and was written without the portal's key.",
            "The ledger was changed outside the portal: 1 fault.",
        ],
    )


def test_an_event_moved_to_another_number(ledger: Ledger):
    one, two = ledger["case:A-2"]
    with behind_the_portals_back() as run:
        run("UPDATE ledger_event SET id = -1 WHERE id = %s", one.pk)
        run("UPDATE ledger_event SET id = %s WHERE id = %s", one.pk, two.pk)
        run("UPDATE ledger_event SET id = %s WHERE id = -1", two.pk)
    code, lines = verified()
    assert code == 1
    moved = "case:A-2 no. 1 (log_call, 2026-11-20 10:30:00) does not stand at the place that seal 1"
    assert any(line.startswith(moved) for line in lines)


def test_another_key_is_no_key(ledger: Ledger):
    with override_settings(LEDGER_KEY="a" * 64):
        code, lines = verified("--most", "3")
    assert code == 1
    assert len(lines) == 5
    assert lines[3].endswith(" more.")


# Seals ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["day = '2026-11-01'", "count = 0, first_event_id = NULL", "root = hash"])
def test_an_altered_seal(change: str, ledger: Ledger):
    lines = tampered(f"UPDATE ledger_seal SET {change} WHERE number = 2")
    day = "2026-11-01" if "day" in change else "2026-11-21"
    assert lines == [f"Seal 2 ({day}) was altered: it is not what was hashed."]


def test_a_seal_rewritten_with_its_hash(ledger: Ledger):
    first = Seal.objects.get(pk=1)
    first.day -= timedelta(days=1)
    lines = tampered(
        "UPDATE ledger_seal SET day=%s, hash=%s WHERE number=1", first.day, chain.digest(first.header())
    )
    assert lines == [
        "Seal 1 (2026-11-19) does not bear the bureau's signature.",
        "Seal 2 (2026-11-21) does not follow the seal before it.",
    ]


@pytest.mark.parametrize(
    "value", ["'\\x00'", "substring(leaves from 33)", "leaves || substring(leaves for 32)"]
)
def test_an_altered_list_of_leaves(value: str, ledger: Ledger):
    lines = tampered(f"UPDATE ledger_seal SET leaves = {value} WHERE number = 2")
    assert lines == ["The list of events of seal 2 (2026-11-21) was altered."]


def test_a_seal_removed_from_the_middle(ledger: Ledger):
    assert tampered("DELETE FROM ledger_seal WHERE number = 1") == ["Seal 1 was removed."]


def test_the_newest_seal_removed(ledger: Ledger):
    assert tampered("DELETE FROM ledger_seal WHERE number = 2") == ["Seal 2 was removed."]


def test_all_seals_removed(ledger: Ledger):
    assert tampered("DELETE FROM ledger_seal") == ["Seals 1 to 2 were removed."]


def test_the_newest_seal_removed_and_the_head_set_back(ledger: Ledger):
    with behind_the_portals_back() as run:
        run("DELETE FROM ledger_seal WHERE number = 2")
        run("UPDATE ledger_head SET seq = 1 WHERE subject = 'ledger:seals'")
    code, lines = verified()
    assert (code, lines[0]) == (1, "The head of the list of seals was written without the portal's key.")


def test_the_head_of_the_seals_removed(ledger: Ledger):
    lines = tampered("DELETE FROM ledger_head WHERE subject = 'ledger:seals'")
    assert lines == ["The head of the list of seals was removed."]


def test_a_seal_that_was_made_of_an_altered_event_says_so():
    event = write("case:9", "open", "sign")[1]
    with behind_the_portals_back() as run:
        run("UPDATE ledger_event SET verb = 'forged' WHERE id = %s", event.pk)
    assert seal(day=date(2026, 11, 20), at=AT)
    named = "case:9 no. 2 (forged, 2026-11-20 11:30:00)"
    assert verified()[1][:-1] == [
        f"{named} was altered: what it says happened, when or in what role is not what was hashed.",
        f"{named} was already altered when seal 1 (2026-11-20) was made, and was refused.",
    ]


# A copy kept elsewhere ------------------------------------------------------------------------------------


def kept(folder: Path) -> Path:
    path = folder / "seals.json"
    path.write_text(json.dumps({"seals": [each.public() for each in Seal.objects.all()]}))
    return path


def test_a_kept_copy_of_the_seals_agrees(ledger: Ledger, tmp_path: Path):
    assert verified("--published", str(kept(tmp_path)))[0] == 0


def test_seals_made_anew_with_the_key_do_not_agree_with_a_kept_copy(ledger: Ledger, tmp_path: Path):
    copy, old = kept(tmp_path), Seal.objects.get(pk=2)
    with behind_the_portals_back() as run:
        run("DELETE FROM ledger_seal WHERE number = 2")
        run("DELETE FROM ledger_head WHERE subject = 'ledger:seals'")
        first = Seal.objects.get(pk=1)
        mac = chain.head_mac(chain.SEALS, 1, first.hash)
        Head.objects.create(subject=chain.SEALS, seq=1, hash=first.hash, mac=mac)
    assert seal(day=old.day, at=old.at + timedelta(hours=1))
    assert verified()[0] == 0
    assert verified("--published", str(copy)) == (
        1,
        [
            f"Seal 2 (2026-11-21) was published with another hash than it has now: {old.hash}.",
            "The ledger was changed outside the portal: 1 fault.",
        ],
    )


@pytest.mark.parametrize(
    "text", ["", "[]", '{"seals": 1}', '{"seals": [{"number": 1}]}', "[" * 100_000, "\xff"]
)
def test_a_copy_that_is_none_is_a_sentence(text: str, tmp_path: Path):
    path = tmp_path / "copy.json"
    path.write_bytes(text.encode("latin-1"))
    assert verified("--published", str(path)) == (1, [f"{path} is not a list of seals."])
    assert verified("--published", str(tmp_path / "none")) == (
        1,
        [f"{tmp_path / 'none'} cannot be read: No such file or directory"],
    )


def test_a_ledger_that_cannot_be_read_is_a_sentence(ledger: Ledger):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_event RENAME COLUMN verb TO deed")
    code, lines = verified()
    assert code == 1
    assert lines == ["The ledger cannot be read: column ledger_event.verb does not exist"]


# Other modules --------------------------------------------------------------------------------------------


def test_other_modules_add_their_checks(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    def closed_in_the_ledger() -> Iterator[Fault]:
        yield Fault("state", "case:A-1", 6, "case:A-1 is open, though the ledger closed it.", place=1)

    monkeypatch.setattr(verification, "more_checks", [closed_in_the_ledger])
    assert verified()[1][0] == "case:A-1 is open, though the ledger closed it."


def test_the_first_fault_is_printed_first(ledger: Ledger):
    with behind_the_portals_back() as run:
        run("UPDATE ledger_event SET verb = 'x' WHERE id = %s", ledger["case:A-3"][0].pk)
        run("UPDATE ledger_event SET verb = 'x' WHERE id = %s", ledger["case:A-1"][4].pk)
        run("UPDATE ledger_event SET verb = 'x' WHERE id = %s", ledger["case:A-2"][1].pk)
    names = [line.split(" (")[0] for line in verified()[1][:-1]]
    assert names == ["case:A-2 no. 2", "case:A-3 no. 1", "case:A-1 no. 5"]


def test_progress_counts_every_event(ledger: Ledger):
    steps: list[int] = []
    assert list(verify(progress=steps.append)) == []
    sealed = sum(Seal.objects.values_list("count", flat=True))
    assert sum(steps) == Event.objects.count() + sealed


@pytest.mark.django_db(transaction=True)
def test_it_reads_one_snapshot_and_writes_nothing(monkeypatch: pytest.MonkeyPatch):
    write("case:1", "open", "sign")
    modes: list[str] = []

    def ask() -> Iterator[Fault]:
        with connection.cursor() as cursor:
            for name in ("transaction_isolation", "transaction_read_only"):
                cursor.execute(f"SHOW {name}")
                modes.append(cursor.fetchone()[0])
        yield from ()

    monkeypatch.setattr(verification, "more_checks", [ask])
    assert list(verify()) == []
    assert modes == ["repeatable read", "on"]
