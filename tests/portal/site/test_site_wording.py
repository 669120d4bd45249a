"""How dates, names and numbers are written for the reader."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from portal.site.wording import local_date, local_moment, masked, short_date, short_moment

# Six in the evening in London on the 11th is the 12th in Shanghai.
MOMENT = datetime(2026, 3, 11, 18, 5, tzinfo=UTC)


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "2026年3月12日"), ("en", "12 March 2026")])
def test_a_day_is_written_in_the_reader_s_language(language: str, words: str) -> None:
    with translation.override(language):
        assert local_date(date(2026, 3, 12)) == words
        assert local_date(MOMENT) == words
        assert local_moment(MOMENT) == f"{words} 02:05"


def test_narrow_columns_count_in_shanghai_s_days() -> None:
    assert short_date(MOMENT) == "2026-03-12"
    assert short_date(date(2026, 3, 12)) == "2026-03-12"
    assert short_moment(MOMENT) == "03-12 02:05"


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("张建国", "张某"),
        ("欧阳明", "欧阳某"),
        ("Anna Smith", "A***"),
        ("13812345678", "138****5678"),
        ("138 1234 5678", "138****5678"),
        ("5550123", "*****23"),
        ("", ""),
        (None, ""),
    ],
)
def test_the_public_sees_no_full_name_or_number(full: str | None, shown: str) -> None:
    assert masked(full) == shown
