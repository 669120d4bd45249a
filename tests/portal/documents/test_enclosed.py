"""The values inside a signed file: covered by the signature, and seen by no reader of PDFs."""

from __future__ import annotations

import subprocess
from datetime import date

import pytest

from portal.documents.enclosed import NothingEnclosed, enclose, enclosed
from portal.documents.rendering import render
from portal.documents.signing import authority
from portal.documents.signing.keyfile import KeyFileSigner
from tests.portal.documents.conftest import needs
from tests.portal.documents.papers import AT, pledge, text_of
from tests.portal.documents.test_signing_pdfsig import MISMATCH, TRUSTED, VALID, WHOLE, Reader

VALUES = pledge(clauses=["当场受理。", {"text": "三个工作日内办结。", "measure": "办结率不低于95%"}])


@pytest.fixture
def pdf() -> bytes:
    return render("pledge", VALUES, at=AT)


def test_what_was_enclosed_comes_out_of_the_signed_file(pdf, now):
    signed = KeyFileSigner().sign(enclose(pdf, VALUES, at=AT), reason="公开承诺书", at=now).pdf
    assert enclosed(signed) == VALUES


def test_days_are_kept_as_text(pdf):
    assert enclosed(enclose(pdf, {"valid_from": date(2026, 12, 1)}, at=AT)) == {"valid_from": "2026-12-01"}


def test_the_pages_and_the_properties_stay_as_they_were(pdf):
    with_values = enclose(pdf, VALUES, at=AT)
    assert with_values.startswith(pdf)
    assert text_of(with_values) == text_of(pdf)
    needs("pdfinfo")
    told = [
        subprocess.run(["pdfinfo", "-"], input=each, capture_output=True, check=True).stdout
        for each in (pdf, with_values)
    ]
    assert [line for line in told[0].splitlines() if not line.startswith(b"File size")] == [
        line for line in told[1].splitlines() if not line.startswith(b"File size")
    ]


def test_a_changed_value_breaks_the_signature(pdf, now, tmp_path):
    needs("pdfsig", "certutil")
    reader = Reader(tmp_path / "knowing", pem=authority.ca_pem())
    signed = KeyFileSigner().sign(enclose(pdf, VALUES, at=AT), reason="公开承诺书", at=now).pdf
    assert reader.says(signed) == (VALID, TRUSTED, WHOLE)
    changed = signed.replace("三个工作日内".encode(), "九个工作日内".encode())
    assert len(changed) == len(signed)
    assert reader.says(changed)[0] == MISMATCH


@pytest.mark.parametrize("file", [b"", b"%PDF-1.7\n", b"no file at all"])
def test_a_file_without_values_says_so(file):
    with pytest.raises(NothingEnclosed):
        enclosed(file)


def test_a_document_of_another_kind_holds_none(pdf):
    with pytest.raises(NothingEnclosed):
        enclosed(pdf)
