"""Files that somebody may bring to the check page: signed by others, changed, hostile. All made here."""

from __future__ import annotations

import io
import re
import zlib
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils import generic, writer
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

from portal.documents.signing import certificates, timestamps
from portal.documents.signing.certificates import Identity
from portal.documents.signing.software import software_signer


def identity(name: str, *, begins: datetime, lasts: timedelta = timedelta(days=365)) -> Identity:
    """A certificate that someone has made for himself, with any name."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lasts)
        .add_extension(certificates._usage("digital_signature", "content_commitment"), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Identity(key, certificate)


class _Ruthless(PdfSigner):
    """Signs also where the document forbids it."""

    def _enforce_certification_constraints(self, reader: object) -> None:
        pass


def signed_by(
    who: Identity,
    pdf: bytes,
    *,
    at: datetime,
    clock: Identity | None = None,
    root: Identity | None = None,
    field: str = "Seal",
) -> bytes:
    """The file with a signature added; `clock` stamps it, at `at`."""
    stamper = None
    if clock is not None:
        signer = software_signer(clock, (root or clock).certificate)
        stamper = timestamps.OwnAuthority(signer, clock=lambda: at)
    metadata = PdfSignatureMetadata(
        field_name=field,
        subfilter=fields.SigSeedSubFilter.PADES,
        md_algorithm="sha256",
    )
    signer = _Ruthless(metadata, signer=software_signer(who, (root or who).certificate), timestamper=stamper)
    return signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue()


def added_to(pdf: bytes) -> bytes:
    """A note is laid over the first page, as programs do that mark documents."""
    found = IncrementalPdfFileWriter(io.BytesIO(pdf))
    found.add_stream_to_page(
        0, found.add_object(generic.StreamObject(stream_data=b"BT ET q 0 0 99 99 re f Q"))
    )
    out = io.BytesIO()
    found.write(out)
    return out.getvalue()


def one_byte_changed(pdf: bytes) -> bytes:
    """In a page's own content: what is printed changes, how the file is read does not."""
    place = re.search(rb"/FlateDecode[^>]*>>\s*stream\r?\n", pdf)
    assert place
    at = place.end() + 40
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


def plain(*objects: bytes, root: int = 1, trailer: bytes = b"") -> bytes:
    """A PDF from its objects, numbered from 1."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + each + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % each for each in places)
    out += b"trailer\n<</Size %d/Root %d 0 R%s>>\n" % (len(objects) + 1, root, trailer)
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % table


CATALOG = b"<</Type/Catalog/Pages 2 0 R/AcroForm 3 0 R>>"
PAGES = b"<</Type/Pages/Kids[]/Count 0>>"


def stream(data: bytes, more: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n" % (more, len(data)) + data + b"\nendstream"


def packed(data: bytes, layers: int = 1) -> bytes:
    for _layer in range(layers):
        data = zlib.compress(data, 9)
    return data


def encrypted() -> bytes:
    found = writer.PdfFileWriter()
    found.root["/X"] = generic.NumberObject(1)
    found.encrypt(owner_pass="geheim", user_pass="geheim")
    out = io.BytesIO()
    found.write(out)
    return out.getvalue()


def bomb() -> bytes:
    """A cross-reference stream that unpacks from some kilobytes into hundreds of megabytes."""
    data = packed(bytes(300 * 1024 * 1024), 1)
    data = zlib.compress(data, 9)
    head = b"%PDF-1.7\n"
    body = b"1 0 obj\n" + stream(
        data,
        b"/Type/XRef/Size 30000000/W[1 4 2]/Root 1 0 R/Filter[/FlateDecode/FlateDecode]",
    )
    return head + body + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def wide_bomb() -> bytes:
    """Within every limit of the library for a single stream, but far too many entries."""
    data = packed(bytes(100 * 1024 * 1024))
    head = b"%PDF-1.7\n"
    body = b"1 0 obj\n" + stream(data, b"/Type/XRef/Size 14000000/W[1 4 2]/Root 1 0 R/Filter/FlateDecode")
    return head + body + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(head)


def fields_in_a_ring() -> bytes:
    ring = b"<</Kids[4 0 R]/T(a)/FT/Sig>>"
    return plain(CATALOG, PAGES, b"<</Fields[4 0 R]/SigFlags 3>>", ring)


def fields_that_double() -> bytes:
    """Forty levels, each naming the next one twice: 2^40 fields."""
    levels = [b"<</Kids[%d 0 R %d 0 R]/T(a)>>" % (n + 1, n + 1) for n in range(4, 44)]
    return plain(CATALOG, PAGES, b"<</Fields[4 0 R]/SigFlags 3>>", *levels, b"<</T(a)/FT/Sig>>")


def nested() -> bytes:
    return plain(b"<</Type/Catalog/Pages 2 0 R/X " + b"[" * 200_000 + b"]" * 200_000 + b">>", PAGES)


def nested_dictionaries() -> bytes:
    return plain(CATALOG, PAGES, b"<</A " * 100_000 + b"1" + b">>" * 100_000)


def revisions_in_a_ring() -> bytes:
    found = plain(CATALOG, PAGES, b"<</Fields[]>>")
    place = int(re.findall(rb"startxref\n(\d+)", found)[-1])
    return found.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % place)


def references_in_a_ring() -> bytes:
    return plain(b"3 0 R", PAGES, b"1 0 R")


def object_streams_in_a_ring() -> bytes:
    """A stream of objects whose length stands in itself."""
    head = b"%PDF-1.7\n"
    objects = b"1 0 obj\n<</Type/ObjStm/N 1/First 4/Length 2 0 R>>\nstream\n2 0 9\nendstream\nendobj\n"
    table = len(head) + len(objects)
    rows = (
        b"\0\0\0\0\0"
        + b"\1"
        + len(head).to_bytes(3, "big")
        + b"\0"
        + b"\2\0\0\1\0"
        + b"\1"
        + table.to_bytes(3, "big")
        + b"\0"
    )
    last = b"3 0 obj\n" + stream(rows, b"/Type/XRef/Size 4/W[1 3 1]/Root 2 0 R") + b"\nendobj\n"
    return head + objects + last + b"startxref\n%d\n%%%%EOF\n" % table


def many_revisions() -> bytes:
    found = plain(CATALOG, PAGES, b"<</Fields[]>>")
    for _each in range(30_000):
        place = int(re.findall(rb"startxref\n(\d+)", found[-60:])[-1])
        start = len(found)
        found += b"xref\n0 0\ntrailer\n<</Size 4/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
            place,
            start,
        )
    return found


def signature(contents: bytes, byte_range: bytes = b"0 10 20 30", more: bytes = b"") -> bytes:
    value = (
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange[%s]/Contents<%s>%s>>"
        % (byte_range, contents, more)
    )
    return plain(CATALOG, PAGES, b"<</Fields[4 0 R]/SigFlags 3>>", b"<</FT/Sig/T(a)/V 5 0 R>>", value)


def many_signatures() -> bytes:
    rows = [b"<</FT/Sig/T(a%d)/V 4 0 R>>" % n for n in range(3000)]
    named = b" ".join(b"%d 0 R" % n for n in range(5, 3005))
    value = b"<</Type/Sig/SubFilter/ETSI.CAdES.detached/ByteRange[0 1 2 3]/Contents<00>>>"
    return plain(CATALOG, PAGES, b"<</Fields[" + named + b"]>>", value, *rows)


NO_PDF = {
    "word": b"PK\x03\x04" + bytes(200),
    "photo": b"\xff\xd8\xff\xe0" + bytes(200),
    "page": b"<!doctype html><script>alert(1)</script>",
    "empty": b"",
    "a page before the PDF": b"<html><!--\n%PDF-1.7\n--></html>",
    "text": "云城管函〔2026〕1号".encode(),
    "zeros": bytes(1024 * 1024),
}

HOSTILE = {
    "only the head": lambda: b"%PDF-1.7\n",
    "head and end": lambda: b"%PDF-1.7\n%%EOF",
    "noise": lambda: b"%PDF-1.7\n" + zlib.compress(bytes(range(256)) * 4000),
    "an end without a table": lambda: b"%PDF-1.7\nstartxref\n999999999999\n%%EOF\n",
    "a table before the file": lambda: b"%PDF-1.7\nstartxref\n-5\n%%EOF\n",
    "a table in itself": lambda: b"%PDF-1.7\nxref\n0 99999999999\n" + b"startxref\n9\n%%EOF\n",
    "a number of a million figures": lambda: b"%PDF-1.7\nstartxref\n" + b"9" * 1_000_000 + b"\n%%EOF\n",
    "lines without end": lambda: b"%PDF-1.7\n" + b"x" * 5_000_000,
    "bomb": bomb,
    "wide bomb": wide_bomb,
    "fields in a ring": fields_in_a_ring,
    "fields that double": fields_that_double,
    "nested arrays": nested,
    "nested dictionaries": nested_dictionaries,
    "revisions in a ring": revisions_in_a_ring,
    "references in a ring": references_in_a_ring,
    "object streams in a ring": object_streams_in_a_ring,
    "many revisions": many_revisions,
    "a signature of nothing": lambda: signature(b""),
    "a signature of noise": lambda: signature(b"30820401" + b"00" * 500),
    "a signature nested": lambda: signature(b"30800000" + b"3080" * 100_000),
    "a range beyond the file": lambda: signature(b"30", b"0 999999999999 999999999999 999999999999"),
    "a range below zero": lambda: signature(b"30", b"-5 10 -20 30"),
    "a range of words": lambda: signature(b"30", b"/a /b /c /d"),
    "many signatures": many_signatures,
    "a page tree of strings": lambda: plain(b"(no catalog)", b"(no pages)"),
    "no root": lambda: plain(CATALOG, PAGES, root=99),
}
