"""A signed document: what is added to it, what it claims, what time stands in it, and what never leaks."""

from __future__ import annotations

import io
import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from django.core.exceptions import ImproperlyConfigured
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from portal.documents.signing import authority, keystore, pades
from portal.documents.signing.keyfile import KeyFileSigner
from portal.documents.signing.signer import Signed, SigningFailed, the_signer

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


@pytest.fixture
def signed(signing, letter, now) -> Signed:
    return KeyFileSigner().sign(letter, reason="公函", at=now)


def checked(pdf: bytes, **context):
    """What pyHanko says of the one signature in a document, trusting whom the portal trusts."""
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    given = {"trust_roots": authority.trust_roots(), "allow_fetching": False}
    return signature, validate_pdf_signature(signature, ValidationContext(**{**given, **context}))


def test_the_signature_is_trusted_and_covers_the_whole_file(signed: Signed):
    signature, status = checked(signed.pdf)
    assert (status.intact, status.valid, status.trusted, status.docmdp_ok) == (True, True, True, True)
    assert status.coverage.name == "ENTIRE_FILE"
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert signature.sig_object["/Reason"] == "公函"
    assert signature.sig_object["/Name"] == signature.sig_object["/Location"] == "云溪市城市管理局"


def test_the_answer_names_the_certificate_that_is_in_the_file(signed: Signed):
    signature, _ = checked(signed.pdf)
    certificate = signature.signer_cert
    assert signed.signer == certificate.subject.native["common_name"] == KeyFileSigner().name
    assert int(signed.serial, 16) == certificate.serial_number
    chain = {each.subject.native["common_name"] for each in signature.other_embedded_certs}
    assert chain == {"云溪市城市管理局文件签章根证书"}


def test_the_moment_of_the_timestamp_is_the_authority_s_and_that_of_the_document_the_portal_s(
    signing, letter, now
):
    """`at` is what the document claims; who adds the time does not take it from us."""
    signed = KeyFileSigner().sign(letter, reason="", at=AT)
    signature, status = checked(signed.pdf)
    assert signature.self_reported_timestamp == AT
    stamp = status.timestamp_validity
    assert (stamp.intact, stamp.valid, stamp.trusted) == (True, True, True)
    assert stamp.timestamp == signed.signed_at
    assert now.replace(microsecond=0) <= signed.signed_at <= now + timedelta(minutes=5)


def test_the_document_s_own_bytes_stay_and_nothing_is_added_that_pdf_a_forbids(signed: Signed, letter: bytes):
    assert signed.pdf.startswith(letter)
    added = signed.pdf[len(letter) :]
    # Metadata, version, script and transparency are as typesetting left them: not there to be added.
    for word in (b"/Metadata ", b"/Version", b"/JavaScript", b"/JS", b"/AA", b"/SMask", b"/AP", b"/XObject"):
        assert (word in added) is (word == b"/Metadata "), word
    before, after = (PdfFileReader(io.BytesIO(each)) for each in (letter, signed.pdf))
    assert after.root.raw_get("/Metadata") == before.root.raw_get("/Metadata")
    assert after.trailer["/Info"] == before.trailer["/Info"]
    assert after.trailer["/ID"][0] == before.trailer["/ID"][0]
    assert list(after.root["/Extensions"]) == ["/ESIC"]


def test_the_field_is_invisible_as_both_standards_want_it(signed: Signed):
    """PDF/A-2: printable, not hidden. PDF/UA-1: off the page and named, on a page in structure order."""
    root = PdfFileReader(io.BytesIO(signed.pdf)).root
    (reference,) = root["/AcroForm"]["/Fields"]
    field = reference.get_object()
    assert "/NeedAppearances" not in root["/AcroForm"]
    assert int(field["/F"]) & 0b100111 == 0b100
    left, bottom, right, top = (float(each) for each in field["/Rect"])
    assert left == right < 0
    assert bottom == top < 0
    assert field["/TU"] == "云溪市城市管理局"
    assert field["/P"]["/Tabs"] == "/S"


def test_the_clock_s_key_cannot_seal(signing, letter, now):
    """A key for timestamps lies beside the seal's; what it signs is not the bureau's signature."""
    identity = keystore.identity(keystore.CLOCK)
    from portal.documents.signing import timestamps
    from portal.documents.signing.software import software_signer

    forged = pades.Sealer(
        identity.certificate, software_signer(identity, authority.ca_certificate()), timestamps.made("own")
    ).seal(letter, reason="", at=now)
    _, status = checked(forged.pdf)
    assert status.intact
    assert not status.trusted


def test_the_seal_cannot_issue_certificates_nor_tell_the_time(signing):
    seal = keystore.identity(keystore.SEAL).certificate
    usage = seal.extensions.get_extension_for_class(x509.KeyUsage)
    allowed = {
        name
        for name in ("digital_signature", "content_commitment", "key_cert_sign", "crl_sign", "key_agreement")
        if getattr(usage.value, name)
    }
    assert usage.critical
    assert allowed == {"digital_signature", "content_commitment"}
    assert not seal.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(x509.ExtensionNotFound):
        seal.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    clock = keystore.identity(keystore.CLOCK).certificate
    purpose = clock.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert purpose.critical
    assert [each.dotted_string for each in purpose.value] == ["1.3.6.1.5.5.7.3.8"]


def test_two_signatures_of_the_same_document_are_two_and_both_hold(signing, letter, now):
    one, two = (KeyFileSigner().sign(letter, reason="", at=now) for _ in range(2))
    assert one.pdf != two.pdf
    assert checked(one.pdf)[1].bottom_line
    assert checked(two.pdf)[1].bottom_line


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"hello", b"%PDF-1.7\n" + b"0" * 2000])
def test_what_is_no_pdf_is_refused_with_a_sentence(signing, now, data):
    with pytest.raises(SigningFailed, match=r"^This file cannot be signed: it is no PDF of ours\.$"):
        KeyFileSigner().sign(data, reason="", at=now)


def test_a_sealed_document_is_not_sealed_again(signed: Signed, now):
    with pytest.raises(SigningFailed, match="cannot be signed"):
        KeyFileSigner().sign(signed.pdf, reason="", at=now)


def test_signing_works_where_the_thread_runs_an_event_loop(signing, letter, now):
    """A browser's driver runs one in the thread of its test."""
    import asyncio

    async def within() -> Signed:
        return KeyFileSigner().sign(letter, reason="", at=now)

    assert checked(asyncio.run(within()).pdf)[1].bottom_line


def test_signers_in_threads_do_not_disturb_each_other(signing, letter, now):
    from concurrent.futures import ThreadPoolExecutor

    signer = KeyFileSigner()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda n: signer.sign(letter, reason=str(n), at=now), range(8)))
    for number, signed in enumerate(found):
        signature, status = checked(signed.pdf)
        assert status.bottom_line
        assert signature.sig_object["/Reason"] == str(number)


def test_no_secret_is_in_logs_or_representations(signing, letter, now, settings, caplog):
    caplog.set_level(logging.DEBUG)
    signer = KeyFileSigner()
    signed = signer.sign(letter, reason="", at=now)
    identity = keystore.identity(keystore.SEAL)
    secret = f"{identity.key.private_numbers().private_value:x}"
    sealer = pades.Sealer(identity.certificate, None, None)  # type: ignore[arg-type]
    shown = " ".join(map(repr, (signer, signed, identity, keystore.identity(keystore.CLOCK), sealer)))
    shown += caplog.text
    assert settings.SIGNING_PASSPHRASE not in shown
    assert secret not in shown.lower()
    assert "PRIVATE" not in shown
    assert "%PDF" not in shown
    for name in ("authority.pem", "seal.pem", "timestamp.pem"):
        text = (signing / name).read_text()
        assert text.startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert len(re.findall("-----BEGIN", text)) == 2


def test_the_signer_is_the_one_that_the_settings_name(settings):
    assert isinstance(the_signer(), KeyFileSigner)
    assert the_signer() is the_signer()
    settings.SIGNER = "portal.documents.signing.pkcs11.Pkcs11Signer"
    assert type(the_signer()).__name__ == "Pkcs11Signer"


@pytest.mark.parametrize(
    "path",
    ["", "nothing", "portal.nowhere.Signer", "portal.documents.signing.signer.Signed", "builtins.dict"],
)
def test_a_signer_that_is_none_is_refused_by_name(settings, path):
    settings.SIGNER = path
    with pytest.raises(ImproperlyConfigured, match=r"^SIGNER must be the dotted path of a signer, not "):
        the_signer()


def test_a_certificate_of_another_authority_is_trusted_alone(signing, letter, now, tmp_path, settings):
    """The bureau's certificate from elsewhere is believed; its issuer, who certifies anyone, is not."""
    home = settings.SIGNING_DIR
    settings.SIGNING_DIR = tmp_path / "elsewhere"
    authority.make(at=now)
    foreign = KeyFileSigner().sign(letter, reason="", at=now)
    certificate, issuer = keystore.certificates_in(keystore.SEAL)[0], authority.ca_certificate()
    authority.renew_seal(at=now)
    sibling = KeyFileSigner().sign(letter, reason="", at=now)
    settings.SIGNING_DIR = home
    assert not checked(foreign.pdf)[1].trusted
    keystore.put_certificates(keystore.DEVICE, [certificate, issuer])
    assert checked(foreign.pdf)[1].trusted
    assert not checked(sibling.pdf)[1].trusted
