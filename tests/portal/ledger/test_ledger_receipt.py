"""Receipts, and the script that checks them offline."""

from __future__ import annotations

import copy
import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.test import Client
from django.test.utils import override_settings
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from portal.ledger import chain
from portal.ledger.actions import receipt, seal
from portal.ledger.keys import keyring
from portal.ledger.models import Event
from tests.portal.ledger.tampering import AT, behind_the_portals_back

SCRIPT = settings.BASE_DIR / "docs" / "verify_receipt.py"
Document = dict[str, Any]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_receipt", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = load()


def check(folder: Path, document: object, *arguments: str) -> tuple[int, str]:
    """Run the script as a citizen does: another process, without the portal and without its packages."""
    path = folder / "receipt.json"
    path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "utf8", str(SCRIPT), str(path), *arguments],
        capture_output=True,
        cwd=folder,
        env={},
        timeout=60,
    )
    assert done.stderr == b"" or b"usage:" in done.stderr, done.stderr
    return done.returncode, done.stdout.decode()


def resigned(document: Document) -> Document:
    """The document with a signature of the bureau's own key, so that the checks behind it are reached."""
    rest = {name: value for name, value in document.items() if name != "signature"}
    return {**rest, "signature": keyring().sign(chain.receipt_message(rest))}


@pytest.fixture
def paper(ledger: dict[str, list[Event]]) -> Document:
    """The receipt of a case with four sealed events and two that are not sealed yet."""
    return json.loads(json.dumps(receipt("case:A-1")))


@pytest.fixture
def published(client: Client, ledger: dict[str, list[Event]], tmp_path: Path) -> Path:
    path = tmp_path / "seals.json"
    path.write_bytes(client.get("/ledger/seals.json").content)
    return path


@pytest.mark.django_db
def test_what_a_receipt_says(paper: Document, ledger: dict[str, list[Event]]):
    assert [event["seal"] for event in paper["events"]] == [1, 1, 1, 2, None, None]
    assert [event["proof"] is None for event in paper["events"]] == [False] * 4 + [True] * 2
    assert [seal["number"] for seal in paper["seals"]] == [1, 2]
    assert paper["public_key"] == keyring().public_hex
    assert [event["role"] for event in paper["events"]] == ["operator"] * 6
    text = json.dumps(paper, ensure_ascii=False)
    assert "张敏" not in text
    assert "说明" not in text


@pytest.mark.django_db
def test_what_a_receipt_costs(ledger: dict[str, list[Event]], django_assert_num_queries):
    with django_assert_num_queries(2):
        receipt("case:A-1")


@pytest.mark.django_db
def test_a_receipt_brings_only_the_seals_it_needs(ledger: dict[str, list[Event]]):
    for day in range(22, 30):
        seal(day=date(2026, 11, day), at=AT)
    assert [each["number"] for each in receipt("case:A-2")["seals"]] == [1]
    assert [each["number"] for each in receipt("case:A-1")["seals"]] == [1, 2, 3]
    assert receipt("case:none")["events"] == []


@pytest.mark.django_db
def test_a_receipt_is_in_order(paper: Document, published: Path, tmp_path: Path):
    code, said = check(tmp_path, paper, "--seals", str(published))
    assert code == 0, said
    assert "case:A-1 has 6 events" in said
    assert "4 of them are sealed" in said
    assert "2 are not sealed yet" in said
    assert "核验通过" in said
    assert "own" not in said
    assert "   2  2026-11-20T03:30:00.000000Z  dispatch (operator)  #1" in said


@pytest.mark.django_db
def test_with_the_published_key_alone(paper: Document, tmp_path: Path):
    assert check(tmp_path, paper, "--public-key", keyring().public_hex.upper())[0] == 0
    code, said = check(tmp_path, paper, "--public-key", "a" * 64)
    assert (code, "another public key" in said) == (1, True)
    code, said = check(tmp_path, paper, "--public-key", "short")
    assert (code, "64 hexadecimal digits" in said) == (2, True)
    code, said = check(tmp_path, paper)
    assert (code, "the receipt's own" in said) == (0, True)


@pytest.mark.django_db
def test_a_copy_of_the_seals_may_be_older_than_the_receipt(paper: Document, published: Path, tmp_path: Path):
    older = json.loads(published.read_text())
    older["seals"].pop()
    published.write_text(json.dumps(older))
    assert check(tmp_path, paper, "--seals", str(published))[0] == 0


@pytest.mark.django_db
def test_a_receipt_of_another_portal_does_not_pass(published: Path, tmp_path: Path):
    with override_settings(LEDGER_KEY="e" * 64):
        foreign = resigned({**receipt("case:A-1"), "public_key": keyring().public_hex})
    code, said = check(tmp_path, foreign, "--seals", str(published))
    assert (code, "another public key" in said) == (1, True)


# Tampered: with the signature broken, and as if the bureau itself had signed --------------------------------


def first_event(paper: Document) -> Document:
    return paper["events"][0]


TAMPERED: dict[str, tuple[Callable[[Document], Any], str]] = {
    "another verb": (lambda p: first_event(p).update(verb="close"), "Event 1 was altered"),
    "another moment": (
        lambda p: first_event(p).update(at="2026-11-19T00:00:00.000000Z"),
        "Event 1 was altered",
    ),
    "another role": (lambda p: first_event(p).update(role="supervisor"), "Event 1 was altered"),
    "other details": (lambda p: first_event(p).update(data_hash="0" * 64), "Event 1 was altered"),
    "a removed event": (lambda p: p["events"].pop(1), "Event 2 is missing or out of order"),
    "a removed first event": (lambda p: p["events"].pop(0), "Event 1 is missing"),
    "an order changed": (lambda p: p["events"].reverse(), "Event 1 is missing or out of order"),
    "another subject": (lambda p: p.update(subject="case:A-2"), "Event 1 is not of this subject"),
    "a broken link": (lambda p: p["events"][1].update(previous="0" * 64), "Event 2 does not follow"),
    "a proof of another leaf": (
        lambda p: first_event(p).update(proof=p["events"][1]["proof"]),
        "Event 1 does not stand in seal 1",
    ),
    "a proof too long": (
        lambda p: first_event(p)["proof"]["path"].append("0" * 64),
        "Event 1 does not stand in seal 1",
    ),
    "a proof too short": (
        lambda p: first_event(p)["proof"]["path"].pop(),
        "Event 1 does not stand in seal 1",
    ),
    "a tree of another size": (
        lambda p: first_event(p)["proof"].update(size=2**40),
        "Event 1 does not stand",
    ),
    "no proof": (lambda p: first_event(p).update(proof=None), "no proof that event 1 stands in seal 1"),
    "a proof without a seal": (lambda p: first_event(p).update(seal=None), "Event 1: its seal None"),
    "sealed after unsealed": (
        lambda p: first_event(p).update(seal=None, proof=None),
        "Event 2 is sealed, though",
    ),
    "no seals": (lambda p: p["seals"].clear(), "Event 1: its seal 1 is not in the receipt"),
    "an altered seal": (lambda p: p["seals"][0].update(day="2026-01-01"), "Seal 1 was altered"),
    "a seal twice": (lambda p: p["seals"].insert(0, p["seals"][0]), "Seal 1 is repeated"),
    "a seal signed by nobody": (lambda p: p["seals"][1].update(signature="0" * 128), "signature of seal 2"),
    "a seal's signature on another": (
        lambda p: p["seals"][1].update(signature=p["seals"][0]["signature"]),
        "signature of seal 2",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_receipt_fails(name: str, paper: Document, tmp_path: Path, capsys):
    change, sentence = TAMPERED[name]
    changed = copy.deepcopy(paper)
    change(changed)
    code, said = check(tmp_path, changed)
    assert (code, "does not bear the bureau's signature" in said) == (1, True)
    (tmp_path / "signed.json").write_text(json.dumps(resigned(changed)))
    assert script.main([str(tmp_path / "signed.json")]) == 1
    verdict = capsys.readouterr().out.splitlines()[-1]
    assert verdict.startswith("NOT in order: ")
    assert sentence in verdict


@pytest.mark.django_db
def test_a_list_of_seals_that_was_made_anew_fails(paper: Document, published: Path, tmp_path: Path):
    document = json.loads(published.read_text())
    one = document["seals"][0]
    header = {name: one[name] for name in script.SEAL_HEADER} | {"day": "2026-11-19"}
    one.update(header, hash=chain.digest(header), signature=keyring().sign(chain.seal_message(header)))
    published.write_text(json.dumps(document))
    code, said = check(tmp_path, paper, "--seals", str(published))
    assert (code, "Seal 2 does not follow the seal before it" in said) == (1, True)
    document["seals"].pop()
    published.write_text(json.dumps(document))
    code, said = check(tmp_path, paper, "--seals", str(published))
    assert (code, "Seal 1 of the receipt is not the one that was published" in said) == (1, True)


@pytest.mark.django_db
def test_a_list_of_seals_with_a_gap_fails(paper: Document, published: Path, tmp_path: Path):
    document = json.loads(published.read_text())
    document["seals"].pop(0)
    published.write_text(json.dumps(document))
    code, said = check(tmp_path, paper, "--seals", str(published))
    assert (code, "The published list lacks seal 1" in said) == (1, True)


@pytest.mark.django_db
def test_a_receipt_drawn_from_an_altered_ledger_fails(ledger: dict[str, list[Event]], tmp_path: Path):
    with behind_the_portals_back() as run:
        run("UPDATE ledger_event SET verb = 'close' WHERE id = %s", ledger["case:A-1"][1].pk)
    code, said = check(tmp_path, receipt("case:A-1"))
    assert (code, "Event 2 was altered" in said) == (1, True)


@pytest.mark.django_db
def test_an_event_put_in_after_its_seal_has_no_proof(ledger: dict[str, list[Event]], tmp_path: Path):
    event = ledger["case:A-2"][1]
    event.verb = "close"
    hashes = event.expected()
    with behind_the_portals_back() as run:
        run(
            "UPDATE ledger_event SET verb='close', actor_hash=%s, data_hash=%s, hash=%s WHERE id=%s",
            *(hashes.actor_hash, hashes.data_hash, hashes.hash, event.pk),
        )
    code, said = check(tmp_path, receipt("case:A-2"))
    assert (code, "no proof that event 2 stands in seal 1" in said) == (1, True)


# Hostile input --------------------------------------------------------------------------------------------

HOSTILE: list[bytes] = [
    b"",
    b"\xff\xfe",
    b"[",
    b"[]",
    b"null",
    b"[" * 200_000,
    b'{"a":' * 50_000,
    b"1" * 10_000,
    b"NaN",
    b'{"format": "portal-ledger-receipt"}',
    b'{"format": "portal-ledger-receipt", "version": 1, "subject": "\\ud800"}',
    b"\x00" * 100,
]


@pytest.mark.parametrize("data", HOSTILE)
def test_what_is_no_receipt_is_a_sentence(data: bytes, tmp_path: Path):
    code, said = check(tmp_path, data)
    assert code == 2
    assert len(said.splitlines()) == 2


def test_files_that_cannot_be_read(tmp_path: Path, capsys):
    for name in (str(tmp_path), str(tmp_path / "none.json"), "a\0b", ""):
        assert script.main([name]) == 2
        assert "cannot be read" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stopped:
        script.main([])
    assert stopped.value.code == 2


@pytest.mark.django_db
def test_receipts_with_strange_fields_are_of_no_use(paper: Document, tmp_path: Path, capsys):
    path = tmp_path / "receipt.json"

    def code_of(document: object) -> int:
        path.write_text(json.dumps(document))
        return script.main([str(path)])

    for strange in (None, True, -1, 2**70, 1.5, "x", [], {}, [[]]):
        for name in paper:
            assert code_of(paper | {name: strange}) in (1, 2)
        for place in ("events", "seals"):
            for name in paper[place][0]:
                document = copy.deepcopy(paper)
                document[place][0][name] = strange
                assert code_of(document) in (1, 2)
        for name in paper["events"][0]["proof"]:
            document = copy.deepcopy(paper)
            document["events"][0]["proof"][name] = strange
            assert code_of(document) in (1, 2)
    assert code_of({**paper, "version": 2}) == 2
    assert "a newer script" in capsys.readouterr().out
    assert code_of(resigned({**paper, "events": [], "seals": []})) == 2


@pytest.mark.django_db
def test_nothing_in_a_receipt_commands_the_terminal(paper: Document, tmp_path: Path):
    event = {name: paper["events"][0][name] for name in script.HEADER}
    event |= {"verb": "\x1b[2J\u202eopen", "subject": "case:\x07"}
    event |= {"hash": chain.digest(event), "seal": None, "proof": None}
    code, said = check(tmp_path, resigned({**paper, "subject": "case:\x07", "events": [event], "seals": []}))
    assert code == 0
    assert all(character.isprintable() or character == "\n" for character in said)


@examples(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inside: (
            st.lists(inside) | st.dictionaries(st.sampled_from(["format", "events", "seals", "x"]), inside)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_input_ends_in_a_traceback(tmp_path: Path, data: bytes):
    path = tmp_path / "hostile.json"
    path.write_bytes(data)
    assert script.main([str(path)]) == 2
    assert script.main([str(path), "--seals", str(path)]) == 2


# The script's own Ed25519 -----------------------------------------------------------------------------------


@examples(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.data())
def test_signatures_agree_with_the_library(seed: bytes, message: bytes, data: st.DataObject):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert script.has_signed(public, message, signature)
    assert not script.has_signed(public, message + b"!", signature)
    broken = bytearray(signature)
    broken[data.draw(st.integers(0, 63))] ^= data.draw(st.integers(1, 255))
    assert not script.has_signed(public, message, bytes(broken))


def test_the_vector_of_rfc_8032():
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert script.has_signed(public, b"\x72", signature)
    # The same signature with the group's order added to s must not pass (RFC 8032, section 5.1.7).
    s = int.from_bytes(signature[32:], "little") + script.L
    assert not script.has_signed(public, b"\x72", signature[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize(
    "point", [b"\xff" * 32, (2**255 - 19).to_bytes(32, "little"), b"\x01" + b"\x00" * 30 + b"\x80"]
)
def test_bytes_that_are_no_point_sign_nothing(point: bytes):
    assert script.decompress(point) is None
    assert not script.has_signed(point, b"", b"\x00" * 64)
