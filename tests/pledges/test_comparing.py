"""Two versions of a pledge side by side: what a person would say has changed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pledges import comparing
from pledges.comparing import Change, compare, pieces

VISITS = "实行首问负责制，热情接待来访群众。"
LIMIT = "接到投诉后，15个工作日内答复。"
PERIOD = "".join(chr(0x4E00 + n) for n in range(20, 50))
CLEAN = "廉洁自律，不收受任何礼品礼金。"


def summary(changes: list[Change]) -> list[tuple[str, int | None, int | None]]:
    return [(each.kind, each.old_number, each.new_number) for each in changes]


def marked(old: str, new: str) -> str:
    """The pieces in one line: [-gone-], {+come+}."""
    forms = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(forms[each.kind].format(each.text) for each in pieces(old, new))


# Clauses ----------------------------------------------------------------------------------------------------


def test_nothing_changed():
    changes = compare([VISITS, LIMIT], [VISITS, LIMIT])
    assert summary(changes) == [("same", 1, 1), ("same", 2, 2)]
    assert [piece.kind for each in changes for piece in each.pieces] == ["same", "same"]


def test_one_put_in_at_the_top_changes_none_of_the_others():
    changes = compare([VISITS, LIMIT], [CLEAN, VISITS, LIMIT])
    assert summary(changes) == [("added", None, 1), ("same", 1, 2), ("same", 2, 3)]


def test_what_was_removed_stands_where_it_stood():
    assert summary(compare([VISITS, LIMIT, CLEAN], [VISITS, CLEAN])) == [
        ("same", 1, 1),
        ("removed", 2, None),
        ("same", 3, 2),
    ]
    assert summary(compare([VISITS, LIMIT, CLEAN], [CLEAN])) == [
        ("removed", 1, None),
        ("removed", 2, None),
        ("same", 3, 1),
    ]


def test_a_moved_clause_is_the_same_with_two_numbers():
    assert summary(compare([VISITS, LIMIT, CLEAN], [CLEAN, VISITS, LIMIT])) == [
        ("same", 3, 1),
        ("same", 1, 2),
        ("same", 2, 3),
    ]


def test_a_changed_clause_is_found_where_it_moved_to():
    shorter = LIMIT.replace("15", "10")
    assert summary(compare([VISITS, LIMIT, CLEAN], [shorter, CLEAN, VISITS])) == [
        ("changed", 2, 1),
        ("same", 3, 2),
        ("same", 1, 3),
    ]


def test_the_likest_is_the_same_clause():
    ten, twenty = LIMIT.replace("15", "10"), LIMIT.replace("15个工作日内", "20天后才")
    assert summary(compare([LIMIT], [twenty, ten])) == [("added", None, 1), ("changed", 1, 2)]


def test_of_clauses_equally_like_each_keeps_its_place():
    old = [f"服务事项{each}，15日内办结。" for each in "甲乙丙"]
    new = [each.replace("15", "10") for each in old]
    assert summary(compare(old, new)) == [("changed", 1, 1), ("changed", 2, 2), ("changed", 3, 3)]


def test_unlike_clauses_are_not_called_changed():
    assert summary(compare([VISITS], [CLEAN])) == [("removed", 1, None), ("added", None, 1)]


def test_equal_texts_are_matched_in_their_order():
    assert summary(compare([VISITS, VISITS], [VISITS, LIMIT, VISITS])) == [
        ("same", 1, 1),
        ("added", None, 2),
        ("same", 2, 3),
    ]


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ([], [], []),
        ([], ["甲"], ["added"]),
        (["甲"], [], ["removed"]),
        (["", "甲"], ["甲", ""], ["same", "same"]),
    ],
)
def test_next_to_nothing(old, new, kinds):
    assert [each.kind for each in compare(old, new)] == kinds


# Pieces -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("15个工作日内答复。", "10个工作日内答复。", "[-15-]{+10+}个工作日内答复。"),
        ("于15:30前到场", "于15:45前到场", "于[-15:30-]{+15:45+}前到场"),
        ("不超过1.5公里", "不超过1.2公里", "不超过[-1.5-]{+1.2+}公里"),
        ("十五日内答复", "二十五日内答复", "[-十五-]{+二十五+}日内答复"),
        ("登录App办理", "登录Apps办理", "登录[-App-]{+Apps+}办理"),
        ("热情接待", "热情接待群众", "热情接待{+群众+}"),
        ("热情接待群众", "接待群众", "[-热情-]接待群众"),
        # "日" alone would be left standing between two changes.
        ("每月3日5时巡查", "每月4日6时巡查", "每月[-3日5-]{+4日6+}时巡查"),
        ("甲甲甲，乙乙乙", "丙丙丙，丁丁丁", "[-甲甲甲，乙乙乙-]{+丙丙丙，丁丁丁+}"),
        ("第一行\n第二行内容", "第一行\n第二行的内容", "第一行\n第二行{+的+}内容"),
        # A single character at either end is no confetti.
        ("请监督。", "请举报。", "请[-监督-]{+举报+}。"),
        ("", "甲", "{+甲+}"),
        ("甲", "", "[-甲-]"),
        ("", "", ""),
    ],
)
def test_pieces_that_a_person_can_read(old, new, expected):
    assert marked(old, new) == expected


def test_a_rewritten_sentence():
    assert (
        marked(
            "接到投诉后十五个工作日内答复，并告知结果。", "接到投诉后三个工作日内办结，并书面告知投诉人结果。"
        )
        == "接到投诉后[-十五-]{+三+}个工作日内[-答复，并告知-]{+办结，并书面告知投诉人+}结果。"
    )


def test_with_its_work_used_up_the_rest_is_shown_whole():
    old, new = "甲乙丙丁戊己庚辛", "子乙丙丁丑己庚辛"
    assert marked(old, new) == "[-甲-]{+子+}乙丙丁[-戊-]{+丑+}己庚辛"
    assert [(each.text, each.kind) for each in pieces(old, new, most_work=5)] == [
        ("甲乙丙丁戊", "removed"),
        ("子乙丙丁丑", "added"),
        ("己庚辛", "same"),
    ]


# Whatever the texts -----------------------------------------------------------------------------------------

# Few characters, so that texts have much in common.
TEXTS = st.one_of(st.text("甲乙丙，。1203十五aB\n", max_size=60), st.text(max_size=20))


def told(found: list[Any], kind: str) -> str:
    return "".join(each.text for each in found if each.kind in ("same", kind))


@given(TEXTS, TEXTS, st.sampled_from([0, 30, comparing.MOST_WORK]))
@settings(max_examples=300, deadline=None)
def test_both_texts_can_be_put_together_again(old, new, most_work):
    found = pieces(old, new, most_work=most_work)
    assert (told(found, "removed"), told(found, "added")) == (old, new)
    assert all(each.text for each in found)
    # What stands between two changes is long enough to be read, and no two pieces of a kind touch.
    for before, piece, after in zip(found, found[1:], found[2:], strict=False):
        if piece.kind == "same" and "same" not in (before.kind, after.kind):
            assert len(piece.text) >= comparing.SHORTEST_ISLAND
    assert all(one.kind != other.kind for one, other in pairwise(found))


@given(st.lists(TEXTS, max_size=8), st.lists(TEXTS, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_every_clause_is_told_of_once(old, new, random):
    new = new + random.sample(old, len(old) // 2)
    changes = compare(old, new)
    assert [each.new_number for each in changes if each.new_number] == list(range(1, len(new) + 1))
    assert sorted(each.old_number for each in changes if each.old_number) == list(range(1, len(old) + 1))
    for each in changes:
        if each.old_number:
            assert told(each.pieces, "removed") == old[each.old_number - 1]
        if each.new_number:
            assert told(each.pieces, "added") == new[each.new_number - 1]
        kinds = {
            "same": (True, True),
            "changed": (True, True),
            "added": (False, True),
            "removed": (True, False),
        }
        assert kinds[each.kind] == (each.old_number is not None, each.new_number is not None)
        if each.old_number and each.new_number:
            assert (each.kind == "same") == (old[each.old_number - 1] == new[each.new_number - 1])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # Of one character, in which everything equals everything; and of equal parts that never end.
        (lambda n: "是" * 1990 + f"甲{n}", lambda n: "否" + "是" * 1990 + f"乙{n}"),
        (lambda n: PERIOD * 66 + f"甲{n}", lambda n: "否" + PERIOD[3:] * 73 + f"{n}"),
    ],
    ids=["one character", "thirty characters"],
)
def test_the_largest_and_worst_pledge_is_compared(old, new):
    """In seconds; without a measure of the work it would be many minutes."""
    changes = compare([old(n) for n in range(200)], [new(n) for n in range(200)])
    assert len(changes) >= 200
