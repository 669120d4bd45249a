"""What a program that knows nothing of the portal says of its documents: poppler's pdfsig."""

from __future__ import annotations

import io
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from portal.documents.signing import authority, certificates, keystore
from portal.documents.signing.keyfile import KeyFileSigner
from tests.portal.documents.conftest import needs

VALID, MISMATCH = "Signature is Valid.", "Digest Mismatch."
TRUSTED, UNKNOWN = "Certificate is Trusted.", "Certificate issuer isn't Trusted."
WHOLE, PART = "Total document signed", "Not total document signed"


class Reader:
    """pdfsig with a store of certificates (NSS): the bureau's authority in it, or nothing."""

    def __init__(self, folder: Path, *, pem: bytes = b"") -> None:
        self.folder = folder
        self.store = f"sql:{folder}"
        folder.mkdir()
        self.run("certutil", "-N", "-d", self.store, "--empty-password")
        if pem:
            (folder / "ca.pem").write_bytes(pem)
            self.run(
                "certutil", "-A", "-d", self.store, "-n", "bureau", "-t", "C,C,C", "-i", f"{folder}/ca.pem"
            )

    def run(self, *argv: str) -> str:
        answer = subprocess.run(argv, capture_output=True, text=True, timeout=30)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def says(self, pdf: bytes) -> tuple[str, str, str]:
        """Of the signature, of the certificate, and of how much of the file is signed."""
        path = self.folder / "document.pdf"
        path.write_bytes(pdf)
        text = subprocess.run(
            ["pdfsig", "-nssdir", self.store, str(path)],
            capture_output=True,
            text=True,
            timeout=30,
        ).stdout
        found = re.findall(r"^  - (?:Signature|Certificate) Validation: (.*)$", text, re.M)
        extent = re.findall(r"^  - (Total document signed|Not total document signed)$", text, re.M)
        return (found[0] if found else "", found[1] if len(found) > 1 else "", extent[0] if extent else "")


@pytest.fixture
def signed(signing, letter, now) -> bytes:
    needs("pdfsig", "certutil")
    return KeyFileSigner().sign(letter, reason="公函", at=now).pdf


@pytest.fixture
def knowing(signed, tmp_path) -> Reader:
    return Reader(tmp_path / "knowing", pem=authority.ca_pem())


def test_with_the_authority_imported_it_is_valid_and_trusted(signed, knowing: Reader):
    assert knowing.says(signed) == (VALID, TRUSTED, WHOLE)


def test_without_the_authority_it_is_valid_and_not_trusted(signed, tmp_path):
    assert Reader(tmp_path / "ignorant").says(signed) == (VALID, UNKNOWN, WHOLE)


def test_one_changed_byte_breaks_it_wherever_it_stands(signed, letter, knowing: Reader):
    """In the text, in the words about the signature, before the signature's place and after it."""
    start, end = (int(each) for each in re.findall(rb"/ByteRange \[0 (\d+) (\d+) ", signed)[0])
    places = {
        "a stream of the first page": letter.index(b"stream") + 40,
        "the title": letter.index(b"Letter"),
        "the reason": signed.index(b"/Reason") + 12,
        "the claimed moment": signed.index(b"/M (D:") + 9
        if b"/M (D:" in signed
        else signed.index(b"/M (D") + 12,
        "just before the signature": start - 1,
        "just after the signature": end + 1,
    }
    for where, at in places.items():
        assert not start <= at < end, where
        broken = bytearray(signed)
        broken[at] ^= 1
        assert knowing.says(bytes(broken))[0] != VALID, where
    title = bytearray(signed)
    title[places["the title"]] ^= 1
    assert knowing.says(bytes(title))[0] == MISMATCH


def test_a_changed_byte_of_the_signature_itself_breaks_it(signed, knowing: Reader):
    (signature,) = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    value = signature.signer_info["signature"].native.hex().upper().encode()
    # Within s, the second of its two numbers, so that it remains a signature in shape.
    place = signed.upper().index(value) + len(value) - 4
    broken = bytearray(signed)
    broken[place] = ord("0") if broken[place] != ord("0") else ord("1")
    assert knowing.says(bytes(broken))[0] != VALID


def test_what_was_added_afterwards_is_not_part_of_what_was_signed(signed, knowing: Reader):
    assert knowing.says(added_to(signed))[2] == PART


def added_to(pdf: bytes) -> bytes:
    """The document in another language, written behind the signature as a PDF allows."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.root["/Lang"] = generic.pdf_string("de")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_what_was_added_afterwards_is_found_by_the_certification_too(signed):
    """The seal certifies the document as complete, so that a reader calls any addition a breach of it."""
    (signature,) = PdfFileReader(io.BytesIO(added_to(signed))).embedded_signatures
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=authority.trust_roots()))
    assert status.intact
    assert not status.docmdp_ok
    assert not status.bottom_line


def test_a_document_signed_before_a_renewal_stays_valid(signed, knowing: Reader, letter, now):
    authority.renew_seal(at=now)
    fresh = KeyFileSigner().sign(letter, reason="", at=now).pdf
    assert knowing.says(signed) == (VALID, TRUSTED, WHOLE)
    assert knowing.says(fresh) == (VALID, TRUSTED, WHOLE)


def test_another_authority_of_the_same_name_is_not_trusted(signing, signed, knowing: Reader, letter, now):
    """Anybody can write the bureau's name on a certificate."""
    forged = certificates.new_authority("云溪市城市管理局", at=now - timedelta(minutes=1))
    keystore.put_identity(keystore.AUTHORITY, forged)
    authority.renew_seal(at=now)
    pdf = KeyFileSigner().sign(letter, reason="", at=now).pdf
    verdict, trust, _ = knowing.says(pdf)
    assert verdict == VALID
    assert trust != TRUSTED
