"""`manage.py check --deploy` says whether documents can be signed, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.documents.signing import authority, certificates, keystore
from portal.documents.signing.checks import documents_can_be_signed


def found() -> list[tuple[str, str]]:
    return [(message.id, message.msg) for message in documents_can_be_signed(None)]


def test_what_is_in_order_is_silent(signing, settings):
    settings.PRODUCTION, settings.TIMESTAMP_URL = True, "own"
    assert found() == []


def test_it_is_asked_at_deployment_and_not_by_the_command_that_makes_the_keys():
    from django.core.checks.registry import registry

    assert documents_can_be_signed in registry.deployment_checks
    assert documents_can_be_signed not in registry.registered_checks


def test_production_must_choose_who_tells_the_time(signing, settings):
    settings.PRODUCTION, settings.TIMESTAMP_URL = True, ""
    ((number, sentence),) = found()
    assert number == "documents.E001"
    assert sentence.startswith("TIMESTAMP_URL must be the address of a timestamp authority (RFC 3161)")
    settings.PRODUCTION = False
    assert found() == []


def test_an_authority_whose_certificate_nobody_has_is_a_warning(signing, settings, now):
    settings.TIMESTAMP_URL = "https://time.invalid/tsa"
    assert [number for number, _ in found()] == ["documents.W002"]
    (signing / "timestamp-roots").mkdir()
    keystore.put_certificates(
        "timestamp-roots/time.pem", [certificates.new_authority("时间", at=now).certificate]
    )
    assert found() == []


@pytest.mark.parametrize("name", ["seal.pem", "timestamp.pem"])
def test_a_missing_key_is_an_error(signing, name):
    (signing / name).unlink()
    assert found() == [
        ("documents.E002", f"{name} is missing in SIGNING_DIR: run manage.py make_certificates.")
    ]


def test_a_passphrase_that_opens_nothing_is_an_error(signing, settings):
    settings.SIGNING_PASSPHRASE = "hidden"
    ((number, sentence),) = found()
    assert number == "documents.E002"
    assert "hidden" not in sentence


def test_a_signer_that_is_none_is_an_error(signing, settings):
    settings.SIGNER = "portal.nowhere.Signer"
    assert found() == [
        ("documents.E002", "SIGNER must be the dotted path of a signer, not 'portal.nowhere.Signer'.")
    ]


@pytest.mark.parametrize(
    ("age", "number"), [(1096 - 61, None), (1096 - 59, "documents.W001"), (1097, "documents.E003")]
)
def test_the_end_of_the_certificate_is_told_two_months_before(settings, tmp_path, now, age, number):
    settings.SIGNING_DIR = tmp_path / "aged"
    authority.make(at=now - timedelta(days=age))
    assert [each for each, _ in found()] == ([number] if number else [])
