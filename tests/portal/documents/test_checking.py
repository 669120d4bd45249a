from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pgtrigger
import pytest
from asn1crypto import x509 as asn1
from django.conf import settings as configured

from portal.documents import actions, checking, codes, reading
from portal.documents.checking import Finding, Trust, Verdict, Why, check_upload
from portal.documents.models import Document, Standing
from portal.documents.signing import authority, certificates, keystore
from portal.organisation.actors import SYSTEM
from tests.portal.documents import samples

pytestmark = pytest.mark.django_db

VALUES = {"paragraphs": ["道路已修好。"], "addressee": "测试单位"}


def issued(at: datetime, **more: Any) -> Document:
    return actions.issue("letter", title="关于道路维修的函", values=VALUES, actor=SYSTEM, at=at, **more)


def checked(data: bytes, at: datetime) -> Finding:
    return check_upload(io.BytesIO(data), size=len(data), at=at)


@pytest.fixture
def document(now: datetime) -> Document:
    return issued(now)


@pytest.fixture
def pdf(document: Document) -> bytes:
    return actions.document_bytes(document)


# Ours ---------------------------------------------------------------------------------------------------


def test_a_document_as_it_was_issued(document: Document, pdf: bytes, now: datetime):
    found = checked(pdf, now)
    assert (found.verdict, found.why) == (Verdict.VALID, Why.NONE)
    assert (found.document, found.is_original, found.standing) == (document, True, Standing.IN_FORCE)
    assert found.signer == configured.BUREAU["name"] == document.signer
    assert (found.signed_at, found.timestamp_ok) == (document.signed_at, True)
    assert not found.changed_since
    assert found.sha256 == hashlib.sha256(pdf).hexdigest()
    (signature,) = found.signatures
    assert (signature.serial, signature.trust, signature.covers_file) == (document.serial, Trust.OURS, True)


@pytest.mark.parametrize(
    ("more", "standing"),
    [
        ({"valid_from": 5}, Standing.NOT_YET),
        ({"valid_from": -9, "valid_until": -1}, Standing.EXPIRED),
        ({"valid_from": -9, "valid_until": 0}, Standing.IN_FORCE),
    ],
)
def test_a_genuine_document_need_not_be_in_force(now: datetime, more: dict[str, int], standing: Standing):
    from portal.cases.terms import local_day

    days = {name: local_day(now) + timedelta(days=count) for name, count in more.items()}
    found = checked(actions.document_bytes(issued(now, **days)), now)
    assert (found.verdict, found.standing) == (Verdict.VALID, standing)


def test_one_byte_changed(document: Document, pdf: bytes, now: datetime):
    found = checked(samples.one_byte_changed(pdf), now)
    assert (found.verdict, found.why) == (Verdict.CHANGED, Why.BYTES)
    assert (found.document, found.is_original, found.changed_since) == (document, False, True)


def test_a_byte_of_the_signature_changed(document: Document, pdf: bytes, now: datetime):
    at = pdf.rindex(b"/Contents") + 40
    found = checked(pdf[:at] + (b"0" if pdf[at : at + 1] != b"0" else b"1") + pdf[at + 1 :], now)
    assert (found.verdict, found.document) == (Verdict.CHANGED, document)


@pytest.mark.parametrize("added", [b"\n", b"%" + b"x" * 100 + b"\n", b"PK\x03\x04" + bytes(64)])
def test_bytes_behind_the_end(document: Document, pdf: bytes, now: datetime, added: bytes):
    found = checked(pdf + added, now)
    assert (found.verdict, found.why, found.document) == (Verdict.CHANGED, Why.ADDED, document)


def test_something_laid_over_a_page(document: Document, pdf: bytes, now: datetime):
    found = checked(samples.added_to(pdf), now)
    assert (found.verdict, found.why, found.document) == (Verdict.CHANGED, Why.ADDED, document)
    assert found.signatures[0].intact
    assert not found.signatures[0].covers_file


def test_a_second_signature_by_a_stranger(document: Document, pdf: bytes, now: datetime):
    stranger = samples.identity("某测试公司", begins=now - timedelta(days=1))
    found = checked(samples.signed_by(stranger, pdf, at=now, field="Second"), now)
    assert (found.verdict, found.why, found.document) == (Verdict.CHANGED, Why.ADDED, document)
    assert [each.trust for each in found.signatures] == [Trust.OURS, Trust.UNKNOWN]
    assert found.signer == configured.BUREAU["name"]


def test_the_original_is_found_by_its_first_bytes_alone(document: Document, pdf: bytes, now: datetime):
    """Whatever the file calls itself, it begins with what was issued."""
    with pgtrigger.ignore():
        Document.objects.filter(pk=document.pk).update(check_code="2222222222", number="另号")
    assert checked(samples.added_to(pdf), now).document == document
    assert checked(samples.one_byte_changed(pdf), now).document is None


def test_signed_with_our_seal_but_never_issued(letter: bytes, now: datetime):
    from portal.documents.signing.signer import the_signer

    found = checked(the_signer().sign(letter, reason="x", at=now).pdf, now)
    assert (found.verdict, found.why, found.document) == (Verdict.CONTRADICTION, Why.NOT_ISSUED, None)


def test_issued_but_its_signature_is_no_longer_believed(pdf: bytes, now: datetime, tmp_path, settings):
    settings.SIGNING_DIR = tmp_path / "another authority"
    authority.make(at=now)
    found = checked(pdf, now)
    assert (found.verdict, found.why, found.is_original) == (
        Verdict.CONTRADICTION,
        Why.NOT_SIGNED_BY_US,
        True,
    )


def test_without_any_certificates_nothing_is_ours(pdf: bytes, now: datetime, tmp_path, settings):
    settings.SIGNING_DIR = tmp_path / "nothing"
    found = checked(pdf, now)
    assert (found.verdict, found.signatures[0].trust) == (Verdict.CONTRADICTION, Trust.UNKNOWN)


def test_a_file_without_signature_that_bears_our_code(document: Document, now: datetime):
    bearing = samples.stream(b"<pdf:Keywords>" + document.shown_code.encode() + b"</pdf:Keywords>")
    found = checked(samples.plain(samples.CATALOG, samples.PAGES, b"<<>>", bearing), now)
    assert (found.verdict, found.document) == (Verdict.NO_SIGNATURE, document)
    assert not found.is_original


def test_a_document_that_the_reader_dies_on_is_still_known(
    document: Document, pdf: bytes, now: datetime, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checking, "MEMORY", 20 * 1024 * 1024)
    found = checked(pdf, now)
    assert (found.verdict, found.why) == (Verdict.UNREADABLE, Why.TOO_MUCH)
    assert (found.document, found.is_original) == (document, True)


# When ---------------------------------------------------------------------------------------------------


def seal(began: datetime, lasts: timedelta) -> tuple[Any, Any, Any]:
    """A seal certificate of the bureau with other days, with its authority and clock."""
    issuer = certificates.new_authority("测试", at=began - timedelta(days=2000))
    key = certificates.new_key()
    builder = certificates._issued(
        issuer, key.public_key(), certificates._name("测试", "测试"), at=began, lasts=lasts
    ).add_extension(certificates._usage("digital_signature", "content_commitment"), critical=True)
    from cryptography.hazmat.primitives import hashes

    own = certificates.Identity(key, builder.sign(issuer.key, hashes.SHA256()))
    return own, issuer, certificates.new_clock(issuer, "测试", at=began - timedelta(days=1000))


def read_by(pdf: bytes, issuer: Any, at: datetime, *, clocks: bool = True) -> dict[str, Any]:
    root = authority.to_asn1(issuer.certificate).dump()
    found = reading.read(pdf, roots=[root], clocks=[root] if clocks else [], at=at)
    return found["signatures"][0]


def test_a_certificate_that_ended_later_does_no_harm(letter: bytes, now: datetime):
    long_ago = now - timedelta(days=500)
    own, issuer, clock = seal(long_ago - timedelta(days=1), timedelta(days=30))
    stamped = samples.signed_by(own, letter, at=long_ago, clock=clock, root=issuer)
    found = read_by(stamped, issuer, now)
    assert (found["trust"], found["intact"]) == ("ours", True)
    assert found["stamped_at"] == long_ago.replace(microsecond=0).isoformat()


def test_a_certificate_that_had_ended_before(letter: bytes, now: datetime):
    long_ago = now - timedelta(days=500)
    own, issuer, clock = seal(long_ago - timedelta(days=90), timedelta(days=30))
    stamped = samples.signed_by(own, letter, at=long_ago, clock=clock, root=issuer)
    assert read_by(stamped, issuer, now)["trust"] == "lapsed"


def test_a_time_that_nobody_confirmed_counts_for_nothing(letter: bytes, now: datetime):
    """Without a timestamp the signer may write any time: the certificate must hold today."""
    own, issuer, _clock = seal(now - timedelta(days=60), timedelta(days=30))
    found = read_by(samples.signed_by(own, letter, at=now, root=issuer), issuer, now)
    assert (found["trust"], found["stamped_at"]) == ("lapsed", "")
    assert found["claimed_at"]


def test_a_clock_that_is_not_believed(letter: bytes, now: datetime):
    own, issuer, clock = seal(now - timedelta(days=1), timedelta(days=30))
    stamped = samples.signed_by(own, letter, at=now, clock=clock, root=issuer)
    assert read_by(stamped, issuer, now, clocks=False)["stamped_at"] == ""
    assert read_by(stamped, issuer, now)["stamped_at"]


def test_the_clocks_certificate_signs_no_documents(letter: bytes, now: datetime):
    _own, issuer, clock = seal(now - timedelta(days=1), timedelta(days=30))
    assert read_by(samples.signed_by(clock, letter, at=now, root=issuer), issuer, now)["trust"] == "unknown"


def test_a_lapsed_certificate_is_a_contradiction(letter: bytes, now: datetime, monkeypatch):
    own, issuer, clock = seal(now - timedelta(days=90), timedelta(days=30))
    root = asn1.Certificate.load(authority.to_asn1(issuer.certificate).dump())
    monkeypatch.setattr(authority, "trust_roots", lambda: [root])
    monkeypatch.setattr(authority, "timestamp_roots", lambda: [root])
    found = checked(samples.signed_by(own, letter, at=now, clock=clock, root=issuer), now)
    assert (found.verdict, found.why) == (Verdict.CONTRADICTION, Why.CERTIFICATE)


# Others' ------------------------------------------------------------------------------------------------


def test_signed_by_somebody_else(letter: bytes, now: datetime):
    stranger = samples.identity("某测试公司", begins=now - timedelta(days=1))
    found = checked(samples.signed_by(stranger, letter, at=now), now)
    assert (found.verdict, found.signer, found.timestamp_ok) == (
        Verdict.VALID_NOT_OURS,
        "某测试公司",
        False,
    )
    assert found.signed_at is not None
    assert not found.signatures[0].names_the_bureau


def test_a_stranger_with_the_bureaus_name(letter: bytes, now: datetime):
    name = " ".join(configured.BUREAU["name"])
    stranger = samples.identity(name, begins=now - timedelta(days=1))
    found = checked(samples.signed_by(stranger, letter, at=now), now)
    assert found.verdict is Verdict.VALID_NOT_OURS
    assert found.signatures[0].names_the_bureau


def test_a_stranger_under_the_name_of_our_authority(letter: bytes, now: datetime):
    """Names are compared first, but it is the signature that counts."""
    _own, issuer, _clock = seal(now - timedelta(days=1), timedelta(days=30))
    false_key = certificates.new_key()
    false = certificates.Identity(false_key, issuer.certificate)
    key = certificates.new_key()
    forged = certificates.Identity(
        key, certificates.new_seal(false, key.public_key(), "测试", at=now - timedelta(hours=2))
    )
    found = read_by(samples.signed_by(forged, letter, at=now, root=issuer), issuer, now)
    assert (found["trust"], found["intact"]) == ("unknown", True)


def test_two_signatures_of_others(letter: bytes, now: datetime):
    one, two = (samples.identity(name, begins=now - timedelta(days=1)) for name in ("甲公司", "乙公司"))
    twice = samples.signed_by(two, samples.signed_by(one, letter, at=now, field="A"), at=now, field="B")
    found = checked(twice, now)
    assert found.verdict is Verdict.VALID_NOT_OURS
    assert [each.signer for each in found.signatures] == ["甲公司", "乙公司"]
    assert [each.covers_file for each in found.signatures] == [False, True]


def test_a_strangers_file_changed(letter: bytes, now: datetime):
    stranger = samples.identity("某测试公司", begins=now - timedelta(days=1))
    signed = samples.signed_by(stranger, letter, at=now)
    assert checked(samples.one_byte_changed(signed), now).why is Why.BYTES
    assert checked(samples.added_to(signed), now).why is Why.ADDED


def test_a_name_meant_to_disguise(letter: bytes, now: datetime):
    name = "甲\u202e\u0000\n" + "长" * 15
    stranger = samples.identity(name, begins=now - timedelta(days=1))
    signer = checked(samples.signed_by(stranger, letter, at=now), now).signer
    assert signer == "甲   " + "长" * 15


def test_a_method_that_is_not_known(now: datetime):
    data = samples.signature(b"3000").replace(b"/ETSI.CAdES.detached", b"/GM.SM2.SealedEnvelp")
    found = checked(data, now)
    assert (found.verdict, found.why) == (Verdict.UNREADABLE, Why.METHOD)


def test_not_signed_at_all(letter: bytes, now: datetime):
    found = checked(letter, now)
    assert (found.verdict, found.document, found.signer) == (Verdict.NO_SIGNATURE, None, "")


# Bad files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", samples.NO_PDF)
def test_what_is_no_pdf_starts_no_process(name: str, now: datetime, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subprocess, "run", None)
    assert checked(samples.NO_PDF[name], now).verdict is Verdict.NOT_A_PDF


@pytest.mark.parametrize("name", samples.HOSTILE)
def test_a_hostile_file_is_answered_in_time(name: str, now: datetime):
    data, began = samples.HOSTILE[name](), time.monotonic()
    found = checked(data, now)
    assert found.verdict in (Verdict.UNREADABLE, Verdict.NO_SIGNATURE, Verdict.CHANGED)
    assert time.monotonic() - began < checking.WALL_SECONDS + 2


def test_an_encrypted_file(now: datetime):
    assert checked(samples.encrypted(), now).why is Why.ENCRYPTED


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_ends_too_early(document: Document, pdf: bytes, now: datetime, part: float):
    found = checked(pdf[: int(len(pdf) * part)], now)
    assert (found.verdict, found.why) == (Verdict.UNREADABLE, Why.BROKEN)


def test_a_file_that_is_too_large_is_not_read(now: datetime):
    class Unread(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError

    assert check_upload(Unread(), size=checking.MOST_BYTES + 1, at=now).verdict is Verdict.TOO_LARGE


def test_a_file_larger_than_announced(now: datetime, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checking, "MOST_BYTES", 100)
    assert check_upload(io.BytesIO(bytes(101)), size=10, at=now).verdict is Verdict.TOO_LARGE


@pytest.mark.parametrize("limit", ["MEMORY", "CPU_SECONDS", "WALL_SECONDS"])
def test_each_limit_ends_the_reader(limit: str, now: datetime, monkeypatch: pytest.MonkeyPatch):
    small = {"MEMORY": 150 * 1024 * 1024, "CPU_SECONDS": 1, "WALL_SECONDS": 0.3}[limit]
    monkeypatch.setattr(checking, limit, small)
    data = samples.wide_bomb() if limit == "MEMORY" else samples.fields_that_double()
    found = checked(data, now)
    assert (found.verdict, found.why) == (Verdict.UNREADABLE, Why.TOO_MUCH)


# The process --------------------------------------------------------------------------------------------


def confined(program: str) -> subprocess.CompletedProcess[bytes]:
    text = f"from portal.documents import reading\nreading.confine({checking.MEMORY}, 3)\n{program}"
    return subprocess.run(
        [sys.executable, "-B", "-c", text], cwd=configured.BASE_DIR, env={}, capture_output=True, timeout=20
    )


@pytest.mark.parametrize(
    "program",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.getaddrinfo('portal.invalid', 80)",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import os; os.fork()",
        "import os; os.write(os.memfd_create('x'), b'x')",
        "bytearray(500 * 1024 * 1024)",
        "held = [open('/dev/null') for _each in range(100)]",
        "while True: pass",
    ],
)
def test_the_process_can_do_nothing_else(program: str):
    assert confined("pass").returncode == 0
    assert confined(program).returncode != 0


def test_the_process_knows_neither_django_nor_the_environment(monkeypatch: pytest.MonkeyPatch, now: datetime):
    text = "import sys, portal.documents.reading; print([m for m in sys.modules if 'django' in m])"
    found = subprocess.run(
        [sys.executable, "-B", "-c", text], cwd=configured.BASE_DIR, capture_output=True, check=True
    )
    assert found.stdout.strip() == b"[]"
    given: dict[str, Any] = {}
    real: Callable[..., Any] = subprocess.run
    monkeypatch.setattr(
        subprocess, "run", lambda *args, **kw: given.update(kw, line=args[0]) or real(*args, **kw)
    )
    checked(samples.plain(samples.CATALOG, samples.PAGES, b"<<>>"), now)
    assert given["env"] == {}
    assert given["stderr"] is subprocess.DEVNULL


def test_only_so_many_at_once(now: datetime, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checking, "PATIENCE_SECONDS", 0.01)
    places = threading.BoundedSemaphore(1)
    monkeypatch.setattr(checking, "_places", places)
    data = samples.plain(samples.CATALOG, samples.PAGES, b"<<>>")
    with places, pytest.raises(checking.TooBusy):
        checked(data, now)
    # The place is free again, also after a reader that had to be ended.
    monkeypatch.setattr(checking, "WALL_SECONDS", 0.01)
    assert checked(data, now).why is Why.TOO_MUCH
    monkeypatch.setattr(checking, "WALL_SECONDS", 10)
    assert checked(data, now).verdict is Verdict.NO_SIGNATURE


# Codes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "ABCDEFGHJK",
        "abcde-fghjk",
        " ABCDE FGHJK ",
        "ＡＢＣＤＥ－ＦＧＨＪＫ",
        "ABCDE–FGHJK",
        "https://portal.invalid/verify/ABCDEFGHJK/",
    ],
)
def test_a_check_code_as_people_write_it(text: str):
    assert codes.canonical(text) == "ABCDEFGHJK"


@pytest.mark.parametrize(
    "text", ["", "ABCDE", "ABCDE-FGHJ0", "ABCDE-FGHJKL", "云城管函〔2026〕1号", "A" * 9 + "é"]
)
def test_what_is_no_check_code(text: str):
    assert codes.canonical(text) == ""


@pytest.mark.parametrize("text", ["〔2026〕1号", "[2026]1号", "【2026】 1 号", "（2026）１号"])
def test_a_number_as_people_write_it(text: str):
    assert codes.canonical_number(f" 云城管函 {text}") == "云城管函〔2026〕1号"


def test_renewed_seals_stay_ours(document: Document, pdf: bytes, now: datetime, tmp_path, settings):
    settings.SIGNING_DIR = tmp_path / "keys"
    authority.make(at=now)
    before = issued(now)
    authority.renew_seal(at=now)
    after = issued(datetime.now(UTC))
    assert before.serial != after.serial
    for each in (before, after):
        assert checked(actions.document_bytes(each), now).verdict is Verdict.VALID
    assert keystore.has(keystore.SEAL)
