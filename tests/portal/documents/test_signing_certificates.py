"""Keys and certificates: made once and whole, kept closed, renewed without losing the old."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from portal.documents.signing import authority, certificates, keystore
from portal.documents.signing.keyfile import KeyFileSigner
from portal.documents.signing.signer import SigningFailed
from portal.embedded.checks import NOWHERE

FILES = ["authority.pem", "seal.pem", "timestamp.pem"]


@pytest.fixture
def nothing_yet(tmp_path: Path, settings, in_english) -> Path:
    settings.SIGNING_DIR = tmp_path / "keys" / "signing"
    return settings.SIGNING_DIR


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_set_is_readable_by_its_owner_alone_whatever_the_umask(nothing_yet, now):
    before = os.umask(0)
    try:
        assert authority.make(at=now) is True
        authority.renew_seal(at=now)
    finally:
        os.umask(before)
    assert mode(nothing_yet) == mode(nothing_yet / "former") == 0o700
    for path in nothing_yet.rglob("*.pem"):
        assert mode(path) == 0o600, path
    assert sorted(path.name for path in nothing_yet.glob("*")) == sorted([*FILES, "former"])
    assert [path.name for path in nothing_yet.parent.iterdir()] == ["signing"]


def test_what_is_there_is_never_made_anew(signing, now):
    before = {path.name: path.read_bytes() for path in signing.iterdir()}
    assert authority.make(at=now + timedelta(days=1)) is False
    call_command("make_certificates", stdout=StringIO())
    assert {path.name: path.read_bytes() for path in signing.iterdir()} == before


def test_keys_are_opened_by_the_passphrase_alone(signing, settings):
    for name in FILES:
        data = (signing / name).read_bytes()
        assert load_pem_private_key(data, settings.SIGNING_PASSPHRASE.encode())
        with pytest.raises(TypeError):
            load_pem_private_key(data, None)
    settings.SIGNING_PASSPHRASE = "another"
    with pytest.raises(
        SigningFailed, match=r"^The key in seal\.pem cannot be opened: SIGNING_PASSPHRASE"
    ) as no:
        KeyFileSigner().sign(b"", reason="", at=datetime.now(UTC))
    assert "another" not in str(no.value)
    # The certificate is public: who asks for it alone needs no passphrase.
    assert authority.ca_pem().startswith(b"-----BEGIN CERTIFICATE-----")


def test_the_three_certificates_last_as_long_as_they_say(signing, now):
    ca, seal, clock = (keystore.certificates_in(name)[0] for name in FILES)
    lasting = {each: (each.not_valid_after_utc - now).days for each in (ca, seal, clock)}
    assert list(lasting.values()) == [3652, 1095, 3652]
    for each in (ca, seal, clock):
        assert each.not_valid_before_utc <= now
        each.verify_directly_issued_by(ca)
    constraints = ca.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)


def test_no_certificate_outlives_its_authority(nothing_yet, now):
    authority.make(at=now - timedelta(days=3653 - 100))
    renewed = authority.renew_seal(at=now)
    assert renewed.not_valid_after_utc == authority.ca_certificate().not_valid_after_utc
    with pytest.raises(SigningFailed, match=r"^The bureau's certificate authority ended on \d{4}-\d\d-\d\d"):
        authority.renew_seal(at=now + timedelta(days=101))


def test_many_at_once_make_one_set(nothing_yet, now):
    with ThreadPoolExecutor(6) as threads:
        made = list(threads.map(lambda _: authority.make(at=now), range(6)))
    assert sum(made) == 1
    assert sorted(path.name for path in nothing_yet.iterdir()) == FILES
    assert [path.name for path in nothing_yet.parent.iterdir()] == ["signing"]
    keystore.certificates_in("seal.pem")[0].verify_directly_issued_by(authority.ca_certificate())


def test_two_processes_at_once_make_one_set(nothing_yet):
    environment = {**os.environ, **NOWHERE, "SIGNING_DIR": str(nothing_yet), "LANG": "C.UTF-8"}
    argv = [sys.executable, "-W", "ignore", "manage.py", "make_certificates"]
    running = [
        subprocess.Popen(
            argv,
            cwd=django_settings.BASE_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [each.communicate(timeout=60) for each in running]
    assert [each.returncode for each in running] == [0, 0], answers
    assert answers[0][0] == answers[1][0]
    assert sorted(path.name for path in nothing_yet.iterdir()) == FILES


def test_a_death_half_way_leaves_nothing_that_looks_finished(nothing_yet, now, monkeypatch):
    written = []

    def dying(path: Path, data: bytes) -> None:
        written.append(path.name)
        if len(written) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(keystore, "_write", dying)
    with pytest.raises(KeyboardInterrupt):
        authority.make(at=now)
    monkeypatch.undo()
    assert not nothing_yet.exists()
    django_settings.SIGNING_DIR = nothing_yet
    assert authority.make(at=now) is True


def test_a_folder_that_holds_something_else_is_left_alone(nothing_yet, now):
    nothing_yet.mkdir(parents=True)
    (nothing_yet / "letter.txt").write_text("mine")
    with pytest.raises(SigningFailed, match="must be a folder that does not exist yet or is empty"):
        authority.make(at=now)
    assert [path.name for path in nothing_yet.iterdir()] == ["letter.txt"]
    assert [path.name for path in nothing_yet.parent.iterdir()] == ["signing"]


def test_an_empty_folder_is_taken(nothing_yet, now):
    nothing_yet.mkdir(parents=True, mode=0o755)
    assert authority.make(at=now) is True
    assert mode(nothing_yet) == 0o700


def test_a_renewal_is_taken_up_at_once_and_keeps_the_old_certificate(signing, letter, now):
    signer = KeyFileSigner()
    before = signer.sign(letter, reason="", at=now)
    old = keystore.certificates_in("seal.pem")[0]
    call_command("make_certificates", "--renew", stdout=(out := StringIO()))
    after = signer.sign(letter, reason="", at=now)
    assert before.serial != after.serial
    assert after.serial in out.getvalue()
    (kept,) = (signing / "former").iterdir()
    assert kept.name == f"{before.serial}.pem"
    assert x509.load_pem_x509_certificate(kept.read_bytes()) == old
    assert b"PRIVATE" not in kept.read_bytes()


def test_renewals_at_once_lose_no_certificate(signing, now):
    first = keystore.certificates_in("seal.pem")[0]
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: authority.renew_seal(at=now), range(4)))
    current = keystore.identity("seal.pem").certificate
    kept = {x509.load_pem_x509_certificate(path.read_bytes()) for path in (signing / "former").iterdir()}
    assert kept | {current} == {first, *made}
    assert len(kept) == 4


def test_nothing_is_signed_under_a_certificate_that_has_ended(nothing_yet, letter, now):
    authority.make(at=now - timedelta(days=1097))
    for at in (now, now - timedelta(days=30)):
        # The second: the portal's moment lies before the end, the timestamp's after it.
        with pytest.raises(
            SigningFailed, match=r"^The seal's certificate ended on .* and must be renewed\.$"
        ):
            KeyFileSigner().sign(letter, reason="", at=at)
    authority.renew_seal(at=now)
    assert KeyFileSigner().sign(letter, reason="", at=now).signed_at >= now.replace(microsecond=0)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("seal.pem", r"^seal\.pem is missing in SIGNING_DIR: run manage\.py make_certificates\.$"),
        ("timestamp.pem", r"^timestamp\.pem is missing in SIGNING_DIR"),
        ("authority.pem", r"^authority\.pem is missing in SIGNING_DIR"),
    ],
)
def test_a_missing_file_is_a_sentence(signing, letter, now, name, sentence):
    (signing / name).unlink()
    with pytest.raises(SigningFailed, match=sentence):
        KeyFileSigner().sign(letter, reason="", at=now)


def test_a_damaged_file_is_a_sentence(signing, letter, now):
    whole = (signing / "seal.pem").read_bytes()
    cut = whole.index(b"-----BEGIN CERTIFICATE")
    (signing / "seal.pem").write_bytes(whole[:cut])
    with pytest.raises(SigningFailed, match=r"^seal\.pem in SIGNING_DIR holds no certificate\.$"):
        KeyFileSigner().sign(letter, reason="", at=now)
    (signing / "seal.pem").write_bytes(whole[: cut // 2] + b"AAAAAAAA" + whole[cut // 2 + 8 :])
    with pytest.raises(SigningFailed, match="cannot be opened"):
        KeyFileSigner().sign(letter, reason="", at=now)
    other = (signing / "timestamp.pem").read_bytes()
    (signing / "seal.pem").write_bytes(whole[:cut] + other[other.index(b"-----BEGIN CERTIFICATE") :])
    with pytest.raises(SigningFailed, match=r"^The key in seal\.pem is not the one its certificate"):
        KeyFileSigner().sign(letter, reason="", at=now)


def test_a_name_that_no_certificate_takes_is_refused(nothing_yet, settings, now):
    for name in ("", "局" * 22):
        settings.BUREAU = {**settings.BUREAU, "name": name}
        with pytest.raises(SigningFailed, match=r"BUREAU_NAME must have 1 to 21 Chinese characters\.$"):
            authority.make(at=now)
    settings.BUREAU = {**settings.BUREAU, "name": "局" * 21}
    assert authority.make(at=now) is True
    ca, seal, clock = (certificates.common_name(keystore.certificates_in(name)[0]) for name in FILES)
    assert (ca, seal, clock) == ("文件签章根证书", "局" * 21, "时间戳")


def test_a_key_without_a_passphrase_is_never_made(nothing_yet, settings, now):
    settings.SIGNING_PASSPHRASE = ""
    with pytest.raises(SigningFailed, match="SIGNING_PASSPHRASE must be set"):
        authority.make(at=now)
    assert not nothing_yet.exists()


def test_the_command_says_what_is_wrong_in_a_sentence(nothing_yet, settings):
    with pytest.raises(CommandError, match=r"^There are no certificates in SIGNING_DIR yet"):
        call_command("make_certificates", "--renew")
    settings.SIGNING_PASSPHRASE = ""
    with pytest.raises(CommandError, match=r"^SIGNING_PASSPHRASE must be set"):
        call_command("make_certificates")


def test_documents_of_a_former_authority_are_still_believed(signing, now):
    before = authority.ca_certificate()
    (signing / "former").mkdir()
    keystore.put_certificates("former/2026.pem", [before])
    keystore.put_identity("authority.pem", certificates.new_authority("云溪市城市管理局", at=now))
    trusted = {each.sha256 for each in authority.trust_roots()}
    assert trusted == {authority.to_asn1(each).sha256 for each in (before, authority.ca_certificate())}
    assert trusted == {each.sha256 for each in authority.timestamp_roots()}
