"""Who says when: an authority at an address, which may be slow, wrong or hostile, or the bureau's own."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from asn1crypto import cms, tsp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from portal.documents.signing import authority, certificates, keystore, timestamps
from portal.documents.signing.keyfile import KeyFileSigner
from portal.documents.signing.signer import SigningFailed
from portal.documents.signing.software import software_signer
from tests.portal.documents.conftest import needs

DIGEST = hashlib.sha256(b"a document").digest()


def own(clock: Callable[[], datetime] | None = None) -> timestamps.OwnAuthority:
    signer = software_signer(keystore.identity(keystore.CLOCK), authority.ca_certificate())
    return timestamps.OwnAuthority(signer, clock=clock) if clock else timestamps.OwnAuthority(signer)


def told(stamping, digest: bytes = DIGEST, algorithm: str = "sha256") -> tsp.TSTInfo:
    token = asyncio.run(stamping.async_timestamp(digest, algorithm))
    return token["content"]["encap_content_info"]["content"].parsed


# The bureau's own ------------------------------------------------------------------------------------------


def test_the_own_authority_tells_its_own_clock_in_whole_seconds(signing):
    at = datetime(2026, 5, 4, 9, 30, 15, 999999, tzinfo=UTC)
    info = told(own(lambda: at))
    assert info["gen_time"].native == at.replace(microsecond=0)
    assert info["message_imprint"]["hashed_message"].native == DIGEST
    assert info["policy"].native == timestamps.POLICY
    assert info["accuracy"]["seconds"].native == 1


def test_no_two_timestamps_bear_one_number(signing):
    stamping = own()
    assert len({told(stamping)["serial_number"].native for _ in range(5)}) == 5


@pytest.mark.parametrize(
    ("algorithm", "length", "status"),
    [
        ("sha256", 32, "granted"),
        ("sha512", 64, "granted"),
        ("sha1", 20, "rejection"),
        ("sha256", 20, "rejection"),
    ],
)
def test_the_own_authority_takes_sound_digests_alone(signing, algorithm, length, status):
    imprint = {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": bytes(length)}
    request = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True})
    answer = asyncio.run(own().async_request_tsa_response(request))
    assert answer["status"]["status"].native == status
    assert ("bad_alg" in (answer["status"]["fail_info"].native or ())) is (status == "rejection")


def test_openssl_believes_the_own_authority(signing, tmp_path: Path):
    """Another reader of RFC 3161, which also wants ESSCertIDv2 and the critical purpose."""
    needs("openssl")
    token = asyncio.run(own().async_timestamp(DIGEST, "sha256"))
    (tmp_path / "token.der").write_bytes(token.dump())
    (tmp_path / "ca.pem").write_bytes(authority.ca_pem())
    argv = ["openssl", "ts", "-verify", "-digest", DIGEST.hex(), "-in", "token.der", "-token_in"]
    answer = subprocess.run([*argv, "-CAfile", "ca.pem"], cwd=tmp_path, capture_output=True, text=True)
    assert "Verification: OK" in answer.stdout + answer.stderr
    wrong = ["-digest", hashlib.sha256(b"another").hexdigest()]
    answer = subprocess.run(
        [*argv[:3], *wrong, *argv[5:], "-CAfile", "ca.pem"], cwd=tmp_path, capture_output=True, text=True
    )
    assert "FAILED" in answer.stdout + answer.stderr


# One at an address -----------------------------------------------------------------------------------------


@dataclass
class Server:
    """An authority at an address of this machine; `answer` makes of a request what is sent back."""

    answer: Callable[[bytes], tuple[int, str, bytes]]
    asked: list[bytes] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def server(signing) -> Iterator[Server]:
    def granted(body: bytes) -> tuple[int, str, bytes]:
        request = tsp.TimeStampReq.load(body)
        return 200, timestamps.REPLY, asyncio.run(own().async_request_tsa_response(request)).dump()

    offered = Server(granted)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == timestamps.QUERY
            offered.asked.append(body)
            code, kind, data = offered.answer(body)
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.end_headers()
            # Whoever has heard enough hangs up.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        offered.url = f"http://127.0.0.1:{listening.server_port}/tsa"
        yield offered
        listening.shutdown()
        thread.join()


def test_a_document_bears_the_time_of_the_authority_at_the_address(server, settings, letter, now):
    settings.TIMESTAMP_URL = server.url
    at = now - timedelta(days=100)
    signed = KeyFileSigner().sign(letter, reason="", at=at)
    assert server.asked
    (signature,) = PdfFileReader(io.BytesIO(signed.pdf)).embedded_signatures
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=authority.trust_roots()))
    assert status.timestamp_validity.trusted
    assert status.timestamp_validity.timestamp == signed.signed_at
    assert signed.signed_at - at >= timedelta(days=100) - timedelta(seconds=1)


def test_one_request_a_document_after_the_first(server, settings, letter, now):
    settings.TIMESTAMP_URL = server.url
    signer = KeyFileSigner()
    signer.sign(letter, reason="", at=now)
    before = len(server.asked)
    signer.sign(letter, reason="", at=now)
    assert len(server.asked) == before + 1


def changed(body: bytes, change: Callable[[dict], None]) -> bytes:
    """The answer to a request that is not the one that was made."""
    request = tsp.TimeStampReq.load(body)
    asked = {
        "version": 1,
        "message_imprint": request["message_imprint"],
        "cert_req": True,
        "nonce": request["nonce"],
    }
    change(asked)
    return asyncio.run(own().async_request_tsa_response(tsp.TimeStampReq(asked))).dump()


def another_digest(asked: dict) -> None:
    asked["message_imprint"] = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}


def another_nonce(asked: dict) -> None:
    asked["nonce"] = 7


def broken_signature(body: bytes) -> bytes:
    answer = bytearray(changed(body, lambda asked: None))
    answer[-1] ^= 1
    return bytes(answer)


def rejection(body: bytes) -> bytes:
    return tsp.TimeStampResp({"status": {"status": "rejection", "status_string": ["no"]}}).dump()


def of_the_seal(body: bytes) -> bytes:
    """A certificate that may sign documents may not tell the time."""
    signer = software_signer(keystore.identity(keystore.SEAL), authority.ca_certificate())
    stamping = timestamps.OwnAuthority(signer)
    return asyncio.run(stamping.async_request_tsa_response(tsp.TimeStampReq.load(body))).dump()


def no_timestamp(body: bytes) -> bytes:
    token = cms.ContentInfo({"content_type": "data", "content": b"hello"})
    return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()


UNUSABLE, REFUSES = "sent an answer that cannot be used", "does not answer or refuses"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda body: (500, "text/plain", b"no"), rf"{REFUSES} \(HTTP 500\)"),
        (lambda body: (200, "text/html", b"<html>"), REFUSES),
        (lambda body: (200, timestamps.REPLY, b""), UNUSABLE),
        (lambda body: (200, timestamps.REPLY, b"\x30\x82\xff\xff"), UNUSABLE),
        (lambda body: (200, timestamps.REPLY, bytes(timestamps.LARGEST_ANSWER + 1)), REFUSES),
        (lambda body: (200, timestamps.REPLY, rejection(body)), REFUSES),
        (lambda body: (200, timestamps.REPLY, no_timestamp(body)), UNUSABLE),
        (lambda body: (200, timestamps.REPLY, changed(body, another_digest)), UNUSABLE),
        (lambda body: (200, timestamps.REPLY, changed(body, another_nonce)), "cannot be used|refuses"),
        (lambda body: (200, timestamps.REPLY, broken_signature(body)), UNUSABLE),
    ],
    ids=["500", "html", "empty", "cut", "long", "rejected", "none", "digest", "nonce", "forged"],
)
def test_an_answer_that_is_none_is_a_sentence_and_nothing_is_signed(
    server, settings, letter, now, answer, sentence
):
    settings.TIMESTAMP_URL = server.url
    server.answer = answer
    with pytest.raises(SigningFailed, match=rf"^The timestamp authority 127\.0\.0\.1 .*({sentence})"):
        KeyFileSigner().sign(letter, reason="", at=now)


def test_a_stranger_s_timestamp_is_refused_where_the_bureau_says_whom_it_believes(
    server, signing, settings, letter, now
):
    settings.TIMESTAMP_URL = server.url
    (signing / "timestamp-roots").mkdir()
    believed = certificates.new_authority("时间戳服务", at=now)
    keystore.put_certificates("timestamp-roots/service.pem", [believed.certificate])
    clock = certificates.new_clock(certificates.new_authority("别人", at=now), "别人", at=now)

    def strange(body: bytes) -> tuple[int, str, bytes]:
        stamping = timestamps.OwnAuthority(software_signer(clock))
        request = tsp.TimeStampReq.load(body)
        return 200, timestamps.REPLY, asyncio.run(stamping.async_request_tsa_response(request)).dump()

    server.answer = strange
    with pytest.raises(
        SigningFailed, match=r"^The timestamp of 127\.0\.0\.1 was not made under a certificate"
    ):
        KeyFileSigner().sign(letter, reason="", at=now)
    clock = certificates.new_clock(believed, "时间戳服务", at=now)
    assert KeyFileSigner().sign(letter, reason="", at=now).signed_at >= now.replace(microsecond=0)
    server.answer = lambda body: (200, timestamps.REPLY, of_the_seal(body))
    with pytest.raises(
        SigningFailed, match=r"^The timestamp of 127\.0\.0\.1 was not made under a certificate"
    ):
        KeyFileSigner().sign(letter, reason="", at=now)


def test_an_authority_that_is_silent_is_not_waited_for_long(server):
    done = threading.Event()

    def silent(body: bytes) -> tuple[int, str, bytes]:
        done.wait(5)
        return 200, timestamps.REPLY, b""

    server.answer = silent
    stamping = timestamps.RemoteAuthority(server.url, within=0.05)
    with pytest.raises(SigningFailed, match=r"does not answer or refuses \(> 0\.05 s\)\.$"):
        asyncio.run(stamping.async_timestamp(DIGEST, "sha256"))
    done.set()


def test_nobody_at_the_address_is_a_sentence_without_its_password(signing, settings, letter, now):
    settings.TIMESTAMP_URL = "http://portal:hidden@127.0.0.1:1/tsa"
    with pytest.raises(
        SigningFailed, match=r"^The timestamp authority 127\.0\.0\.1 does not answer"
    ) as failed:
        KeyFileSigner().sign(letter, reason="", at=now)
    assert "hidden" not in str(failed.value)


# The choice ------------------------------------------------------------------------------------------------


def test_one_machine_need_not_choose_and_production_must(settings, in_english):
    settings.PRODUCTION, settings.TIMESTAMP_URL = False, ""
    assert timestamps.chosen() == timestamps.OWN
    settings.PRODUCTION = True
    with pytest.raises(SigningFailed, match=r"^TIMESTAMP_URL must be the address of a timestamp authority"):
        timestamps.chosen()
    settings.TIMESTAMP_URL = "own"
    assert timestamps.chosen() == timestamps.OWN
    settings.TIMESTAMP_URL = "https://time.invalid/tsa"
    assert timestamps.chosen() == "https://time.invalid/tsa"


@pytest.mark.parametrize(
    "value", ["hidden", "ftp://hidden/", "https://", "http://hidden:99999/", "http://[hidden"]
)
def test_an_address_that_is_none_is_refused_without_being_shown(settings, in_english, value):
    settings.TIMESTAMP_URL = value
    with pytest.raises(SigningFailed, match=r"^TIMESTAMP_URL must look like https://host/path") as refused:
        timestamps.chosen()
    assert "hidden" not in str(refused.value)
