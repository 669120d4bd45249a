"""The search finds what LIKE finds, all of it and nothing else, in the order titles first, new over old."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from disclosure import actions, browsing, searching
from disclosure.models import Category, Disclosure, SearchText, Theme
from disclosure.normal import normal, words_of
from disclosure.searching import Condition, Key
from disclosure.synthetic_words import sample_words
from portal.organisation.actors import SYSTEM
from portal.organisation.models import Unit
from tests.bureau import FOUNDED, MONDAY, Bureau


@pytest.fixture(params=["walks", "looks up", "as it likes"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each question is asked in both ways, and as the statistics say."""
    if request.param == "walks":
        monkeypatch.setattr(searching, "_share", lambda column, words: 0.9)
        monkeypatch.setattr(searching, "INDEX_COSTS", 10_000)
    elif request.param == "looks up":
        monkeypatch.setattr(searching, "_share", lambda column, words: 0.0)
    return str(request.param)


def by_like(words: list[str], where: str = "TRUE") -> list[int]:
    """The same question to LIKE alone, without any of our code or indexes."""
    likes = [f"%{word}%" for word in words]
    anywhere = " AND ".join(["s.words LIKE %s"] * len(words))
    in_title = " AND ".join(["s.title LIKE %s"] * len(words))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(
            f"SELECT s.disclosure_id FROM disclosure_searchtext s JOIN disclosure_disclosure d "
            f"ON d.id = s.disclosure_id WHERE {where} AND {anywhere} "
            f"ORDER BY ({in_title}) DESC, s.published_at DESC, s.disclosure_id DESC",
            [*likes, *likes],
        )
        found = [row[0] for row in cursor.fetchall()]
        cursor.execute("RESET enable_indexscan; RESET enable_bitmapscan")
    return found


def all_pages(words: list[str], narrowed: Condition | None = None, *, size: int = 7) -> list[int]:
    found: list[int] = []
    after: Key | None = None
    while True:
        page = searching.search(words, narrowed=narrowed, after=after, size=size)
        found += [each.pk for each in page.keys]
        if not page.more:
            return found
        assert len(page.keys) == size
        after = page.keys[-1]


QUESTIONS = [
    *(sample_words("rare", seed=1, count=4) + sample_words("one_percent", seed=1, count=4)),
    *(sample_words("frequent", seed=1, count=4) + sample_words("four", seed=1, count=4)),
    *(sample_words("two_words", seed=1, count=4) + sample_words("phrase", seed=1, count=4)),
    *(
        "管",
        "的",
        "工",
        "12319",
        "pm2.5",
        "PM2.5",
        "云城管发〔2026〕",
        "GB/T",
        "城市管理 工作",
        "没有这个词组",
    ),
    *("%", "_", "\\", "１２３１９", "“城市管理”", "2026"),
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_finds_what_like_finds_in_its_order(items: Bureau, way: str, question: str) -> None:
    words = words_of(question)
    likes = [word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in words]
    expected = by_like(likes)
    assert all_pages(words) == expected
    first = searching.search(words)
    assert first.total in (len(expected), None)


def test_the_questions_find_something(items: Bureau) -> None:
    """Of each class a word at least stands in these few items: the test above compares something."""
    for kind in ("one_percent", "frequent", "four", "phrase"):
        words = sample_words(kind, seed=1, count=4)  # type: ignore[arg-type]
        assert any(by_like(words_of(word)) for word in words), kind


def test_it_is_narrowed_like_a_list(items: Bureau, way: str) -> None:
    item = Disclosure.objects.order_by("pk")[200]
    wanted = {"category_id": [item.category_id], "year": [item.year]}
    where = f"d.category_id = {item.category_id} AND d.year = {item.year}"
    found = all_pages(["管理"], browsing.condition(wanted), size=2)
    assert found == by_like(["管理"], where)
    assert item.pk in all_pages([normal(item.title)], browsing.condition(wanted))


def test_a_key_is_a_place_whatever_came_since(items: Bureau) -> None:
    first = searching.search(["工作"], size=5)
    later = searching.search(["工作"], after=first.keys[-1], size=5)
    assert [each.pk for each in first.keys + later.keys] == by_like(["工作"])[:10]
    assert later.total is None


def test_beyond_what_is_counted_it_says_so(items: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    number = len(by_like(["管理"]))
    assert searching.search(["管理"]).total == number
    monkeypatch.setattr(searching, "MOST_COUNTED", number - 1)
    assert searching.count(["管理"], Condition()) is None
    monkeypatch.setattr(searching, "MOST_COUNTED", number)
    assert searching.count(["管理"], Condition()) == number


def test_the_pairs_are_those_of_the_database(db: None) -> None:
    with connection.cursor() as cursor:
        for word in ("管", "城市", "pm2.5", "云城管发〔2026〕", "a b", "𠮷野家", "家𠮷"):
            cursor.execute("SELECT disclosure_grams(%s)", [word])
            assert set(searching.grams(word)) <= set(cursor.fetchone()[0]), word
        cursor.execute("SELECT disclosure_grams('')")
        assert not cursor.fetchone()[0]


def test_a_frequent_word_walks_and_a_rare_one_does_not(
    items: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the database's own statistics; without them everything is looked up."""
    walked: list[str] = []
    really = searching._walked

    def counted(column: Any, words: Any, *rest: Any) -> Any:
        walked.extend(words)
        return really(column, words, *rest)

    monkeypatch.setattr(searching, "_walked", counted)
    searching.search(["管理"])
    assert "管理" in walked
    walked.clear()
    searching.search(words_of(sample_words("rare", seed=1, count=1)[0]))
    assert walked == []


def test_words_are_compared_in_one_form() -> None:
    assert words_of("  ＰＭ２．５　治理 PM2.5 ") == ["pm2.5", "治理"]
    assert words_of("“城市 管理” 的") == ["城市 管理", "的"]
    assert words_of('"') == []
    assert len(words_of(" ".join("甲乙丙丁戊己庚辛壬癸"))) == 8
    assert words_of("a\0b") == ["ab"]


def test_what_is_withdrawn_is_not_found(items: Bureau) -> None:
    entry = actions.Entry(
        category=Category.objects.get(code="c1"),
        theme=Theme.objects.get(code="t1"),
        unit=Unit.objects.get(code="greening"),
        title="关于保护朱鹮栖息地的通知",
        body="在滩涂立牌，不得惊扰丹顶鹤。",
        dated_on=FOUNDED.date(),
    )
    item = actions.publish(entry, actor=SYSTEM, at=MONDAY)
    assert all_pages(["朱鹮"]) == all_pages(["丹顶鹤"]) == [item.pk]
    actions.withdraw(item, reason="内容有误。", actor=SYSTEM, at=MONDAY)
    assert all_pages(["朱鹮"]) == []
    assert not SearchText.objects.filter(pk=item.pk).exists()
