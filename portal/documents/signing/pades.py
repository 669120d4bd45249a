"""The act of signing, whoever holds the key: PAdES B-T, added to a PDF's own bytes (ETSI EN 319 142-1)."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from cryptography import x509
from django.conf import settings
from django.utils.translation import gettext as _
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers import Signer as CmsSigner
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.timestamps import TimeStamper

from portal.documents.signing.certificates import common_name, serial
from portal.documents.signing.signer import Signed, SigningFailed
from portal.documents.signing.timestamps import Witness

FIELD, DIGEST = "Seal", "sha256"
T = TypeVar("T")


class _Appending(IncrementalPdfFileWriter):
    """Adds the signature and nothing else.

    pyHanko would write the document's properties anew, with its own name and today's date: what typesetting
    made valid PDF/A would then say two things.
    """

    def _update_meta(self) -> None:
        pass


class _Act(PdfSigner):
    """One signing, at the moment that the document claims."""

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._at = at

    def init_signing_session(self, *args: Any, **kwargs: Any) -> PdfSigningSession:
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self._at.astimezone(UTC)
        return session

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:
        """PAdES alone: pyHanko would announce PDF 2.0 for P-256 too, and PDF/A-2 is PDF 1.7."""
        pdf_out.register_extension(ESIC_EXTENSION_1)


@dataclass(slots=True)
class Sealer:
    """Signs under one certificate, with one timestamp authority; may be shared by threads if `signer` may."""

    certificate: x509.Certificate
    signer: CmsSigner
    timestamps: TimeStamper
    # How many hexadecimal digits are kept free for the signature: asked once, as the answer costs a third.
    reserved: int = 0

    def seal(self, pdf: bytes, *, reason: str, at: datetime) -> Signed:
        """The signed document. Raises SigningFailed, with nothing signed that anyone would keep."""
        self._check_lasting(at)
        try:
            witness, data = waited(self._seal(pdf, reason=reason, at=at))
        except (PdfError, SigningError, ValueError, TypeError, KeyError, RecursionError):
            raise SigningFailed(_("This file cannot be signed: it is no PDF of ours.")) from None
        moment = witness.moment
        assert moment is not None
        self._check_lasting(moment)
        return Signed(data, moment, common_name(self.certificate), serial(self.certificate))

    async def _seal(self, pdf: bytes, *, reason: str, at: datetime) -> tuple[Witness, bytes]:
        if not self.reserved:
            trial = await self.signer.async_sign(
                bytes(32), DIGEST, dry_run=True, use_pades=True, timestamper=self.timestamps
            )
            # A quarter more, as no two answers of an authority need be of one length.
            self.reserved = 2 * (len(trial.dump()) * 5 // 4)
        witness = Witness(self.timestamps)
        task = _Act(
            PdfSignatureMetadata(
                field_name=FIELD,
                subfilter=SigSeedSubFilter.PADES,
                md_algorithm=DIGEST,
                reason=reason,
                name=common_name(self.certificate),
                location=settings.BUREAU["name"],
                # What comes after the seal breaks it: a document of the bureau is complete when it is sealed.
                certify=True,
                docmdp_permissions=MDPPerm.NO_CHANGES,
            ),
            signer=self.signer,
            at=at,
            timestamper=witness,
            # No picture is drawn over the text. Without extent and off the page, the field needs neither an
            # appearance (PDF/A-2, 6.3.3) nor a place in the structure (PDF/UA-1, 7.18.1).
            new_field_spec=SigFieldSpec(
                FIELD,
                invis_sig_settings=InvisSigSettings(box_out_of_bounds=True),
                readable_field_name=settings.BUREAU["name"],
            ),
        )
        writer = _Appending(io.BytesIO(pdf))
        out = await task.async_sign_pdf(writer, bytes_reserved=self.reserved)
        return witness, out.getvalue()

    def _check_lasting(self, moment: datetime) -> None:
        end = self.certificate.not_valid_after_utc
        if moment >= end:
            raise SigningFailed(
                _("The seal's certificate ended on %(day)s and must be renewed.") % {"day": f"{end:%Y-%m-%d}"}
            )


def waited(task: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, also where this thread runs an event loop of its own."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(task)
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(asyncio.run, task).result()
