"""The Chinese catalogue is complete, sure of itself and compiled."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.site import catalogue


def test_every_string_has_its_chinese() -> None:
    assert list(catalogue.faults()) == []


PAGE = """<p>
    {% translate "Hello" %}
  </p>
{% blocktranslate trimmed %}
  one {{ x }}
  two
{% endblocktranslate %}
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one template and one module, with its catalogue extracted."""
    (tmp_path / "portal").mkdir()
    (tmp_path / "portal" / "a.py").write_text("x = ngettext('%(n)d day', '%(n)d days', 2)\ny = _('Late')\n")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.html").write_text(PAGE)
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setattr(catalogue, "PO", tmp_path / "locale" / "django.po")
    monkeypatch.setattr(catalogue, "MO", tmp_path / "locale" / "django.mo")
    catalogue.extract()
    return tmp_path


def translate(**chinese: str) -> None:
    text = catalogue.PO.read_text()
    for english, words in chinese.items():
        text = text.replace(f'msgid "{english}"\nmsgstr ""', f'msgid "{english}"\nmsgstr "{words}"')
    catalogue.PO.write_text(text)


def test_python_and_templates_are_extracted(small: Path) -> None:
    words = {words for words, _context in catalogue.strings()}
    assert words == {"Hello", "Late", "one %(x)s two", ("%(n)d day", "%(n)d days")}


def test_what_has_no_chinese_is_named(small: Path) -> None:
    translate(Hello="您好")
    faults = list(catalogue.faults())
    assert "no Chinese: 'Late'" in faults
    assert not any("Hello" in fault for fault in faults)


def test_what_is_missing_doubtful_or_stale_is_named(small: Path) -> None:
    catalogue.MO.write_bytes(b"old")
    (small / "portal" / "b.py").write_text("z = _('New')\n")
    translate(Hello="您好", Late="逾期")
    catalogue.PO.write_text(catalogue.PO.read_text().replace('msgid "Hello"', '#, fuzzy\nmsgid "Hello"'))
    faults = list(catalogue.faults())
    assert "not in the catalogue: 'New'" in faults
    assert "doubtful Chinese: 'Hello'" in faults
    assert any("django.mo is older" in fault for fault in faults)
    assert catalogue.main(["check"]) == 1


def test_a_lost_placeholder_is_named(small: Path) -> None:
    catalogue.PO.write_text(
        catalogue.PO.read_text().replace(
            'msgid "one %(x)s two"\nmsgstr ""', 'msgid "one %(x)s two"\nmsgstr "一二"'
        )
    )
    assert "other placeholders in the Chinese: 'one %(x)s two'" in list(catalogue.faults())


def test_extracting_keeps_what_is_translated(small: Path) -> None:
    translate(Hello="您好", Late="逾期")
    before = catalogue.PO.read_text()
    catalogue.extract()
    assert catalogue.PO.read_text() == before
    (small / "templates" / "a.html").write_text("")
    catalogue.extract()
    assert "您好" not in catalogue.PO.read_text()
    assert "逾期" in catalogue.PO.read_text()
