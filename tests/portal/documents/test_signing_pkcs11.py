"""A key that never leaves its device: SoftHSM stands for a token or a security module."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.management import CommandError, call_command
from pkcs11.exceptions import DeviceRemoved
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from portal.documents.signing import authority, certificates, keystore
from portal.documents.signing.pades import Sealer
from portal.documents.signing.pkcs11 import Pkcs11Signer, device_key
from portal.documents.signing.signer import SigningFailed
from tests.portal.documents.conftest import needs

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
TOKEN, PIN = "bureau", "493817"


@pytest.fixture(scope="module")
def module(tmp_path_factory) -> Iterator[str]:
    """A token with a P-256 key `seal` and an RSA key `old-seal`, both made in the token.

    The library reads its configuration once a process, so there is one token for all tests.
    """
    needs("softhsm2-util")
    import pkcs11
    from pkcs11 import Attribute, KeyType
    from pkcs11.util.ec import encode_named_curve_parameters

    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    path = next(each for each in MODULES if Path(each).exists())
    init = ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "8152"]
    subprocess.run(init, check=True, capture_output=True)
    with pkcs11.lib(path).get_token(token_label=TOKEN).open(rw=True, user_pin=PIN) as session:
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        parameters = session.create_domain_parameters(KeyType.EC, curve, local=True)
        parameters.generate_keypair(label="seal", store=True)
        session.generate_keypair(KeyType.RSA, 2048, label="old-seal", store=True)
    yield path
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


@pytest.fixture
def device(module, signing, settings):
    settings.SIGNER = "portal.documents.signing.pkcs11.Pkcs11Signer"
    settings.PKCS11_MODULE, settings.PKCS11_TOKEN = module, TOKEN
    settings.PKCS11_PIN, settings.PKCS11_KEY_LABEL = PIN, "seal"
    return settings


@pytest.fixture
def signer(device) -> Iterator[Pkcs11Signer]:
    opened = Pkcs11Signer()
    yield opened
    opened.close()


def status_of(pdf: bytes):
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    context = ValidationContext(trust_roots=authority.trust_roots(), allow_fetching=False)
    return validate_pdf_signature(signature, context)


@pytest.mark.parametrize(
    ("label", "kind"), [("seal", ec.EllipticCurvePublicKey), ("old-seal", rsa.RSAPublicKey)]
)
def test_the_device_signs_under_a_certificate_of_the_bureau(device, signer, letter, now, label, kind):
    device.PKCS11_KEY_LABEL = label
    call_command("make_certificates", "--for-pkcs11", stdout=(out := io.StringIO()))
    certificate = keystore.certificates_in("device.pem")[0]
    assert isinstance(certificate.public_key(), kind)
    for _ in range(2):
        signed = signer.sign(letter, reason="公函", at=now)
        assert (signed.signer, signed.serial) == ("云溪市城市管理局", certificates.serial(certificate))
        status = status_of(signed.pdf)
        assert status.bottom_line
        assert status.timestamp_validity.trusted
    assert signed.serial in out.getvalue()


def test_pdfsig_trusts_what_the_device_signed(device, signer, letter, now, tmp_path):
    needs("pdfsig", "certutil")
    from tests.portal.documents.test_signing_pdfsig import TRUSTED, VALID, WHOLE, Reader

    authority.issue_for_device(device_key(), at=now)
    reader = Reader(tmp_path / "knowing", pem=authority.ca_pem())
    assert reader.says(signer.sign(letter, reason="", at=now).pdf) == (VALID, TRUSTED, WHOLE)


def test_a_new_certificate_for_the_device_is_taken_up_and_the_old_one_kept(
    device, signer, signing, letter, now
):
    first = authority.issue_for_device(device_key(), at=now)
    before = signer.sign(letter, reason="", at=now)
    second = authority.issue_for_device(device_key(), at=now)
    after = signer.sign(letter, reason="", at=now)
    assert [before.serial, after.serial] == [certificates.serial(each) for each in (first, second)]
    assert [path.stem for path in (signing / "former").iterdir()] == [before.serial]


def test_without_a_certificate_it_does_not_sign(device, signer, letter, now):
    with pytest.raises(SigningFailed, match=r"^device\.pem is missing in SIGNING_DIR"):
        signer.sign(letter, reason="", at=now)


def test_a_certificate_of_another_key_is_refused(device, signer, letter, now):
    authority.issue_for_device(certificates.new_key().public_key(), at=now)
    with pytest.raises(
        SigningFailed, match=r"^The certificate in device\.pem was not issued for the device's"
    ):
        signer.sign(letter, reason="", at=now)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "PKCS11_KEY_LABEL",
            "nobody",
            r"^The device has no public key \(P-256 or RSA\) with the label nobody\.$",
        ),
        ("PKCS11_TOKEN", "another", r"^The signing device failed \("),
        (
            "PKCS11_MODULE",
            "/nonexistent.so",
            r"^(PKCS11_MODULE is not the library|The signing device failed)",
        ),
        ("PKCS11_MODULE", "", r"^PKCS11_MODULE must be set\.$"),
        ("PKCS11_PIN", "", r"^PKCS11_PIN must be set\.$"),
    ],
)
def test_a_wrong_setting_is_a_sentence(device, name, value, sentence):
    setattr(device, name, value)
    with pytest.raises(CommandError, match=sentence):
        call_command("make_certificates", "--for-pkcs11")


def test_a_wrong_pin_is_tried_once_and_never_shown(device, signer, letter, now, monkeypatch):
    """A device locks itself after some tries, and a batch has a thousand documents."""
    authority.issue_for_device(device_key(), at=now)
    from portal.documents.signing import pkcs11

    tries = []
    real = pkcs11.open_session
    monkeypatch.setattr(pkcs11, "open_session", lambda: (tries.append(1), real())[1])
    device.PKCS11_PIN = "000000"
    for _ in range(3):
        with pytest.raises(SigningFailed, match=r"^The device refuses PKCS11_PIN\.") as refused:
            signer.sign(letter, reason="", at=now)
        assert "000000" not in str(refused.value)
    assert len(tries) == 1
    device.PKCS11_PIN = PIN
    assert status_of(signer.sign(letter, reason="", at=now).pdf).bottom_line
    assert PIN not in repr(signer) + repr(vars(signer))


def test_a_device_that_failed_is_opened_again(device, signer, letter, now, monkeypatch):
    """As after it was pulled out and put back."""
    authority.issue_for_device(device_key(), at=now)
    signer.sign(letter, reason="", at=now)

    def gone(*args: object, **kwargs: object) -> None:
        raise DeviceRemoved

    monkeypatch.setattr(Sealer, "seal", gone)
    with pytest.raises(SigningFailed, match=r"^The signing device failed \(DeviceRemoved\)\.$"):
        signer.sign(letter, reason="", at=now)
    monkeypatch.undo()
    assert status_of(signer.sign(letter, reason="", at=now).pdf).bottom_line
