"""Made-up texts of the catalogue: their forms, and how often their words stand in them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

import pytest

from disclosure.synthetic import Text, texts
from disclosure.synthetic_words import kinds, sample_words, themes, vocabulary

FIRST, LAST = date(2025, 11, 25), date(2026, 11, 24)
CATEGORIES = ("通知公告", "行政许可", "行政处罚", "政府采购", "机构职能")
UNITS = ("综合办公室", "园林绿化科", "市容管理科")
# 发文字号 as the catalogue takes it.
DOCUMENT_NUMBER = re.compile(r"[一-龥]{2,20}〔(?:19|20)\d{2}〕[1-9]\d*号")


def make(count: int, *, seed: int = 1, first: date = FIRST, last: date = LAST) -> list[Text]:
    return list(texts(count, seed=seed, first=first, last=last, categories=CATEGORIES, units=UNITS))


@pytest.fixture(scope="module")
def many() -> list[Text]:
    return make(20_000)


def test_the_same_seed_gives_the_same_texts_and_another_gives_others():
    once, again, others = make(300), make(300), make(300, seed=2)
    assert once == again
    assert sum(a.body == b.body for a, b in zip(once, others, strict=True)) == 0


def test_there_are_as_many_as_wanted():
    assert [len(make(count)) for count in (0, 1, 7, 1687)] == [0, 1, 7, 1687]


def test_titles_and_bodies_have_the_lengths_of_real_ones(many):
    lengths = [len(text.body) for text in many]
    assert (min(lengths) >= 300, max(lengths) <= 520) == (True, True)
    assert 380 <= sum(lengths) / len(lengths) <= 420
    assert {len(text.title) for text in many} <= set(range(12, 41))
    assert {text.body.count("\n") + 1 for text in many} <= {3, 4, 5, 6}


def test_nothing_is_left_unfilled(many):
    for text in many:
        assert not set("{}") & set(text.title + text.body)
        assert "None" not in text.title + text.body


def test_no_text_is_there_twice(many):
    assert len({text.body for text in many}) == len(many)


def test_they_are_made_on_weekdays_in_order_over_the_whole_span(many):
    days = [text.dated_on for text in many]
    assert days == sorted(days)
    assert (days[0], days[-1]) == (FIRST, LAST)
    assert {day.weekday() for day in days} == {0, 1, 2, 3, 4}
    # A year has 261 weekdays: 76 or 77 of 20,000 on each.
    assert set(Counter(days).values()) == {76, 77}


def test_they_are_published_within_20_days_and_not_in_the_future(many):
    delays = {(text.published_on - text.dated_on).days for text in many}
    assert (min(delays), max(delays)) == (0, 20)
    assert max(text.published_on for text in many) == LAST


def test_a_span_without_weekdays_is_used_whole():
    saturday = date(2026, 11, 21)
    made = make(4, first=saturday, last=saturday + timedelta(days=1))
    assert [text.dated_on.day for text in made] == [21, 21, 22, 22]
    assert {text.published_on.day for text in made} <= {21, 22}


@pytest.mark.parametrize(
    "wrong", [{"first": LAST, "last": FIRST}, {"categories": ()}, {"units": ()}], ids=["span", "none", "unit"]
)
def test_a_span_that_ends_before_it_begins_and_empty_lists_are_refused(wrong):
    call = {"seed": 1, "first": FIRST, "last": LAST, "categories": CATEGORIES, "units": UNITS} | wrong
    with pytest.raises(ValueError, match="a span of days, a category and a unit"):
        next(texts(1, **call))


def test_document_numbers_count_up_without_a_gap_in_their_year(many):
    numbers = [text.document_number for text in many if text.document_number]
    assert 0.4 < len(numbers) / len(many) < 0.8
    assert all(DOCUMENT_NUMBER.fullmatch(number) for number in numbers)
    notices = [text for text in many if text.document_number.startswith("云城管发")]
    assert notices[0].document_number == "云城管发〔2025〕1号"
    of_2026 = [text.document_number for text in notices if text.dated_on.year == 2026]
    assert of_2026 == [f"云城管发〔2026〕{number}号" for number in range(1, len(of_2026) + 1)]


def test_categories_and_units_get_what_their_names_hint_at(many):
    assert {text.category for text in many} == set(CATEGORIES)
    assert {text.unit for text in many} == set(UNITS)
    for text in many:
        assert ("行政处罚信息" in text.title) == (text.category == "行政处罚")
        if text.theme == "园林绿化":
            assert text.unit == "园林绿化科"


def test_names_that_hint_at_nothing_are_used_as_well():
    made = list(texts(200, seed=1, first=FIRST, last=LAST, categories=("A1", "A2"), units=("B1", "B2")))
    assert {(text.category, text.unit) for text in made} == {
        ("A1", "B1"),
        ("A1", "B2"),
        ("A2", "B1"),
        ("A2", "B2"),
    }


def test_themes_and_validity_are_the_known_ones(many):
    assert {text.theme for text in many} == set(themes())
    assert {text.validity for text in many} == {"in_force", "repealed", "amended"}
    # Only what rules can end: a notice, or a set of rules, which both have a document number.
    assert all(text.document_number for text in many if text.validity != "in_force")


def test_keywords_are_of_the_text_and_different(many):
    for text in many:
        assert 3 <= len(text.keywords) <= 5
        assert len(set(text.keywords)) == len(text.keywords)
    assert {keyword for text in many for keyword in text.keywords} >= set(kinds())


def test_there_is_no_snow_in_summer_and_no_flood_in_winter(many):
    assert {t.dated_on.month for t in many if "除雪除冰" in t.keywords} == {11, 12, 1, 2, 3}
    assert {t.dated_on.month for t in many if "防汛排涝" in t.keywords} == {4, 5, 6, 7, 8, 9}


def test_reports_are_of_the_month_or_quarter_that_is_over():
    in_january = make(3000, first=date(2026, 1, 1), last=date(2026, 1, 31))
    months = {text.title[:8] for text in in_january if "热线运行月报" in text.title}
    quarters = {text.title[:9] for text in in_january if "工作目标进展情况" in text.title}
    assert (months, quarters) == ({"2025年12月"}, {"2025年第四季度"})
    in_may = make(3000, first=date(2026, 5, 1), last=date(2026, 5, 31))
    assert {text.title[:9] for text in in_may if "工作目标进展情况" in text.title} == {"2026年第一季度"}


def test_no_number_of_a_person_stands_in_a_text(many):
    for text in many:
        # 12319 is the only number of five figures but fines of 10,000 yuan; telephones and IDs have more.
        assert set(re.findall(r"\d{5,}", text.title + text.body)) <= {"12319", "10000", "19095", "33358"}
        # A plate: a province, a letter, and five more.
        assert not re.search(r"[一-龥][A-Z][A-Z0-9]{5}", text.body)


def test_latin_words_and_figures_occur(many):
    everything = "\n".join(text.body for text in many)
    for word in ("PM2.5", "GB/T 33358", "5G", "LED", "APP", "12319"):
        assert word in everything


def test_the_vocabulary_is_rich():
    words = vocabulary()
    assert len({*words["roads"], *words["areas"], *words["opens"]}) >= 300
    assert len({topic for field in words["fields"] for topic in field["topics"]}) >= 200
    assert len({measure for field in words["fields"] for measure in field["measures"]}) >= 150
    assert sum(len(closings) for closings in words["closings"].values()) >= 100


def test_characters_of_rare_words_stand_nowhere_else():
    """Else a pair of them could come about where two words meet."""
    rare = vocabulary()["rare"]
    first, second = rare["first"].strip(), rare["second"].strip()
    assert len(set(first + second)) == len(first + second) == 160
    others = str({key: value for key, value in vocabulary().items() if key not in ("rare", "rare_words")})
    assert not set(first + second) & set(others)


# How often words stand in texts -----------------------------------------------------------------------------


def in_how_many(words: list[str], many: list[Text]) -> dict[str, float]:
    """The share of texts in which all parts of a query stand."""
    searched = [f"{text.title}\n{text.body}" for text in many]
    return {
        word: sum(all(part in text for part in word.split()) for text in searched) / len(searched)
        for word in words
    }


def test_frequent_words_stand_in_a_tenth_or_more(many):
    shares = in_how_many(sample_words("frequent", seed=1, count=20), many)
    assert len(shares) == 20
    assert min(map(len, shares)) >= 2
    assert {word: share for word, share in shares.items() if share < 0.1} == {}
    assert min(in_how_many(["城市管理", "工作"], many).values()) > 0.3


def test_words_of_one_percent_do(many):
    shares = in_how_many(sample_words("one_percent", seed=1, count=60), many)
    assert len(shares) == 60
    assert min(map(len, shares)) >= 2
    assert {word: share for word, share in shares.items() if not 0.003 <= share <= 0.03} == {}


def test_rare_words_stand_in_hardly_any_yet_some_are_found(many):
    words = sample_words("rare", seed=1, count=100)
    assert {len(word) for word in words} == {2}
    shares = in_how_many(words, many)
    assert max(shares.values()) <= 0.0005
    assert sum(share > 0 for share in shares.values()) > 20


@pytest.mark.parametrize("kind", ["four", "two_words"])
def test_queries_of_four_characters_and_of_two_words_are_found(many, kind):
    shares = in_how_many(sample_words(kind, seed=1, count=40), many)
    assert sum(share > 0 for share in shares.values()) >= 36
    lengths = {len(word) if kind == "four" else len(word.split()) for word in shares}
    assert lengths == ({4} if kind == "four" else {2})


def test_phrases_are_found(many):
    everything = "\n".join(f"{text.title}\n{text.body}" for text in many)
    phrases = sample_words("phrase", seed=1, count=40)
    assert {phrase for phrase in phrases if phrase not in everything} == set()
    assert min(map(len, phrases)) >= 6


def test_sampled_words_are_the_same_for_a_seed_and_different_from_each_other():
    assert sample_words("rare", seed=3, count=50) == sample_words("rare", seed=3, count=50)
    assert sample_words("rare", seed=3, count=50) != sample_words("rare", seed=4, count=50)
    assert len(set(sample_words("phrase", seed=3, count=50))) == 50
    # More than there are: some come again.
    assert len(sample_words("frequent", seed=3, count=500)) == 500
