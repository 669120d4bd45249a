"""What the pages load: whole, unaltered, from the site itself."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management import call_command
from django.test import override_settings

STATIC = settings.BASE_DIR / "static"


def test_vendored_files_are_what_their_list_says() -> None:
    listed = dict(
        re.findall(r"^\| `([^`]+)`.*`([0-9a-f]{64})` \|$", (STATIC / "vendor/README.md").read_text(), re.M)
    )
    found = {
        str(path.relative_to(STATIC / "vendor")): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (STATIC / "vendor").rglob("*.min.*")
    }
    assert found
    assert found == listed


def test_nothing_that_a_stylesheet_asks_for_goes_missing(
    tmp_path: Path,
) -> None:
    backend = f"{ManifestStaticFilesStorage.__module__}.{ManifestStaticFilesStorage.__qualname__}"
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}
    others = ["unfold", "admin", "rest_framework"]
    with override_settings(STORAGES=storages, STATIC_ROOT=tmp_path):
        call_command("collectstatic", "--noinput", verbosity=0, ignore_patterns=others)
    assert list(tmp_path.glob("portal/theme.*.css"))


@pytest.mark.parametrize("name", ["portal/theme.css", "vendor/bootstrap/bootstrap.min.css"])
def test_stylesheets_ask_nobody_else(name: str) -> None:
    assert re.findall(r"url\([\"']?(?!data:|[\"']?data:)[^)]*\)|@import", (STATIC / name).read_text()) == []


def test_red_is_for_what_is_overdue_alone() -> None:
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", (STATIC / "portal/theme.css").read_text())
    users = {selector.strip() for selector, body in rules if "var(--over" in body}
    assert users == {".limit-over"}
