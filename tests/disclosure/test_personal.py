"""Personal data in texts that are to be published: what is found, what must not be, and what stays of it.

Nobody has these numbers: ID numbers name places that there are not (99…) or days before anybody living, cards
an issuer that there is not, telephone numbers repeat one figure.
"""

from __future__ import annotations

import re

import pytest
from django.utils.translation import override

from disclosure import personal
from disclosure.personal import Found, Kind, find, masked

# 63 + 81 + 90 + 45 + 72 + 36 + 2 + 8 + 54 + 27 + 7 + 18 + 30 + 5 + 0 + 0 + 2 = 540 = 49 × 11 + 1: 0.
ID = "999999189912310010"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
OLD_ID = "330800010101999"
MOBILE = "13800000000"
PLATE = "浙H00000"


def with_check_digit(first: str) -> str:
    """By GB 11643, written once more so that what is tested does not judge itself."""
    return first + "10X98765432"[sum(int(a) * b for a, b in zip(first, WEIGHTS, strict=True)) % 11]


def with_luhn(first: str) -> str:
    """Each second figure from the right is doubled, and its own figures added."""
    total = sum(
        sum(divmod(2 * int(each), 10)) if place % 2 else int(each)
        for place, each in enumerate(reversed(first), 1)
    )
    return f"{first}{-total % 10}"


CARD = with_luhn("999999000000001")
CARD_OF_19 = with_luhn("999999000000000001")


def kinds(text: str, **more: frozenset[str]) -> list[tuple[Kind, str]]:
    return [(each.kind, each.text) for each in find(text, **more)]


def test_the_numbers_of_this_file_are_what_they_should_be():
    assert with_check_digit(ID[:-1]) == ID
    assert with_luhn("7992739871") == "79927398713"  # the example that everybody gives
    assert (len(CARD), len(CARD_OF_19)) == (16, 19)


# What is found ----------------------------------------------------------------------------------------------

FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"{ID[:6]} {ID[6:14]} {ID[14:]}",
        f"{ID[:6]}-{ID[6:14]}-{ID[14:]}",
        f"{ID[:4]} {ID[4:8]} {ID[8:12]} {ID[12:16]} {ID[16:]}",
        f"{ID[:6]}－{ID[6:14]}—{ID[14:]}",
        f"{ID[:6]}\u3000{ID[6:]}",
        f"{ID[:9]}\u200b{ID[9:]}",
        " ".join(ID),
        ID.translate(FULL_WIDTH),
    ],
)
@pytest.mark.parametrize("around", ["{}", "某样例（身份证号：{}）", "ID{}，", "证件{}号"])
def test_id_numbers(text: str, around: str):
    whole = around.format(text)
    assert find(whole) == [Found(Kind.ID_NUMBER, whole.index(text), whole.index(text) + len(text), text)]


def test_an_id_number_that_ends_in_x():
    number = next(
        each for last in range(1000) if (each := with_check_digit(f"99999918991231{last:03}"))[-1] == "X"
    )
    for text in (
        number,
        number.lower(),
        number.translate(FULL_WIDTH),
        number[:-1] + "ｘ",
        number[:-1] + " x",
    ):
        assert kinds(f"（{text}）") == [(Kind.ID_NUMBER, text)]


@pytest.mark.parametrize(
    "number",
    [
        # The check digit, the day, the month and the year are wrong.
        ID[:-1] + "3",
        with_check_digit("99999918990229001"),
        with_check_digit("99999918991301001"),
        with_check_digit("99999921991231001"),
        ID + "0",
        "1" + ID,
        f"A1{ID}",
        f"{ID}A",
    ],
)
def test_what_is_no_id_number(number: str):
    assert Kind.ID_NUMBER not in [kind for kind, _text in kinds(number)]


@pytest.mark.parametrize(
    "text",
    [OLD_ID, f"{OLD_ID[:6]} {OLD_ID[6:12]} {OLD_ID[12:]}", "330800-01-01-01-999", "3308 0001 0101 999"],
)
def test_id_numbers_of_the_old_form(text: str):
    assert kinds(f"原身份证{text}。") == [(Kind.OLD_ID_NUMBER, text)]


@pytest.mark.parametrize(
    "number",
    ["330800010230999", "330800011301999", "200800010101999", "990800010101999", "202601010101999"],
)
def test_what_is_no_id_number_of_the_old_form(number: str):
    assert Kind.OLD_ID_NUMBER not in [kind for kind, _text in kinds(number)]


@pytest.mark.parametrize(
    "text",
    [
        MOBILE,
        "138 0000 0000",
        "138-0000-0000",
        "138.0000.0000",
        "138 - 0000 - 0000",
        "1380000 0000",
        "1380 000 0000",
        "1380 0000 000",
        "+86 138 0000 0000",
        "+8613800000000",
        "008613800000000",
        "86-13800000000",
        "013800000000",
        "１３８００００００００",
        "０５７０－９９９９９９９",
        "0570-9999999",
        "0570 999 9999",
        "05709999999",
        "(0570)9999999",
        "（0570）9999999",
        "010-99999999",
        "01099999999",
        "021 9999 9999",
        "+86-570-9999999",
        "+86 (0)570 9999999",
        "0570-9999999-801",
        "0570-9999999转801",
        "0570—9999999",
    ],
)
@pytest.mark.parametrize("around", ["{}", "联系人某样例{}，", "电话：{}；", "请拨打{}。", "1.{}"])
def test_telephone_numbers(text: str, around: str):
    assert kinds(around.format(text)) == [(Kind.PHONE, text)]


@pytest.mark.parametrize("before", ["电话：", "联系电话:", "传真 ", "热线", "Tel: ", "座机号码为"])
@pytest.mark.parametrize("number", ["9999999", "99999999", "999 9999", "9999-9999", "9999999转801"])
def test_a_word_before_says_that_few_figures_are_a_telephone_number(before: str, number: str):
    assert kinds(f"{before}{number}。") == [(Kind.PHONE, number)]
    assert kinds(f"共{number.partition('转')[0]}件") == []


def test_numbers_in_a_list_are_each_found():
    assert [text for _kind, text in kinds("13800000000,13900000000、0570-9999999；15000000000")] == [
        "13800000000",
        "13900000000",
        "0570-9999999",
        "15000000000",
    ]


PUBLIC = frozenset({"12319", "0570-5550140"})


@pytest.mark.parametrize(
    "text",
    [
        "12319",
        "拨打12319热线",
        "0570-5550140",
        "（0570）5550140",
        "05705550140",
        "０５７０－５５５０１４０",
        "+86-570-5550140",
        "电话：5550140",
        "电话：555 0140",
        "0570-5550140-801",
        "0570-5550140转801",
    ],
)
def test_the_bureaus_own_numbers_are_public_in_every_form(text: str):
    assert find(text, public_numbers=PUBLIC) == []


@pytest.mark.parametrize("text", ["0570-5550141", "0571-5550140", "电话：5550141", "13805550140"])
def test_numbers_like_the_bureaus_are_not(text: str):
    assert [kind for kind, _text in kinds(text, public_numbers=PUBLIC)] == [Kind.PHONE]


@pytest.mark.parametrize("number", ["13800000000", "138 0000 0000", "+86 138-0000-0000"])
def test_a_mobile_number_may_be_public(number: str):
    assert find(number, public_numbers=frozenset({"138-0000-0000"})) == []


@pytest.mark.parametrize(
    "text",
    [
        "浙H00000",
        "浙H·00000",
        "浙H 00000",
        "浙H-00000",
        "浙H • 00000",
        "浙h00000",
        "浙Ｈ０００００",
        "浙H000A0",
        "浙H0000挂",
        "浙H0000警",
        "浙HD00000",
        "浙H·DA0000",
        "浙H00000D",
    ],
)
def test_licence_plates(text: str):
    assert kinds(f"车辆{text}停放") == [(Kind.PLATE, text)]


@pytest.mark.parametrize(
    "text", ["浙H0000", "浙H0000000", "浙HABCDE", "浙HABCDEF", "浙I00000", "浙O00000", "甲H00000", "浙H0000O"]
)
def test_what_is_no_licence_plate(text: str):
    assert find(f"车辆{text}停放") == []


@pytest.mark.parametrize(
    "text",
    [
        CARD,
        CARD_OF_19,
        " ".join(CARD[at : at + 4] for at in range(0, 16, 4)),
        "-".join(CARD[at : at + 4] for at in range(0, 16, 4)),
        " ".join(CARD_OF_19[at : at + 4] for at in range(0, 19, 4)),
        f"{CARD_OF_19[:6]} {CARD_OF_19[6:]}",
        with_luhn("999999000000"),
        CARD.translate(FULL_WIDTH),
    ],
)
def test_bank_cards(text: str):
    assert kinds(f"账号{text}（某样例）") == [(Kind.BANK_CARD, text)]


def test_a_number_after_a_card_is_no_part_of_it():
    spaced = " ".join(CARD[at : at + 4] for at in range(0, 16, 4))
    following = next(each for each in range(1, 10) if with_luhn(f"{CARD}")[-1] != str(each))
    assert kinds(f"{spaced} {following} 张") == [(Kind.BANK_CARD, spaced)]


@pytest.mark.parametrize(
    "text",
    [
        CARD[:-1] + str((int(CARD[-1]) + 1) % 10),
        with_luhn("99999900000"),  # 12 figures
        with_luhn("9999990000000000001"),  # 20
        with_luhn("2026112300010000"),  # a day and a number
        with_luhn("1764000000000"),  # a moment in milliseconds
        "0000000000000000",
        f"A{CARD}A",
    ],
)
def test_what_is_no_bank_card(text: str):
    assert Kind.BANK_CARD not in [kind for kind, _text in kinds(text)]


# What must not be found -------------------------------------------------------------------------------------

# By GB 32100: 31 less the sum of each sign's place × weight, mod 31.
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def credit_code(first: str) -> str:
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(signs.index(each) * weight for each, weight in zip(first, CREDIT_WEIGHTS, strict=True))
    return first + signs[-total % 31]


def luhn_holds(number: str) -> bool:
    return with_luhn(number[:-1]) == number


# Of figures alone, and such that it passes for a card number as well.
NUMERIC_CREDIT_CODE = next(
    code
    for each in range(10_000)
    if (code := credit_code(f"9133080000000{each:04}")).isdigit() and luhn_holds(code)
)


@pytest.mark.parametrize(
    "text",
    [
        "样城管〔2026〕123号",
        "样政办发〔2026〕13800号",
        "MB0DEM019/2026-00001",
        "12319-20261123-0007",
        "12319-20261123-0007、12319-20261123-0008、12319-20261124-0001",
        "SP-20261123-0001",
        "GK-20261123-0001 2026-11-24 15:30",
        "2026-11-23",
        "2026年11月23日至2026年12月31日",
        "20261123",
        "20261123103000",
        "2026-11-23 10:30:00",
        "1998-2005 100户",
        "1998 2005 100",
        "2023 2024 2025 2026",
        "13,800,138,000.00元",
        "13800000000元",
        "13800000000.50",
        "￥13800000000",
        "¥ 13800000000",
        "RMB13800000000",
        f"{CARD}元",
        "面积0.13800000000公顷",
        "东经118.13800000000度",
        "共1234567件",
        credit_code("91330802MA0000000"),
        credit_code("11330800MB0DEM019"),
        NUMERIC_CREDIT_CODE,
        credit_code("11330800MB0DEM019") + "4" + "000119001000",
        "1133080000000000014000119001000",
        "33080219580607123413800000000",
        "3308000001",
        "邮编324000，第138页，共0000册",
        "https://sample.invalid/disclosure/MB0DEM019/2026-13800",
        "13800000000abc",
        "550e8400-e29b-41d4-a716-446655440000",
        "依照第三十二条、GB 50352-2019",
        "新增停车位12345个，云A区、京津冀",
    ],
)
def test_numbers_of_the_house_are_not_personal(text: str):
    assert find(text) == []
    assert find(f"根据{text}，办理。") == []


# Overlaps, places, masks ------------------------------------------------------------------------------------


def test_the_longest_holds_and_of_equals_the_most_specific():
    # An ID number that passes for a card number as well.
    number = next(
        each for last in range(999) if luhn_holds(each := with_check_digit(f"99999918991231{last:03}"))
    )
    assert [(kind, text) for kind, text in kinds(number)] == [(Kind.ID_NUMBER, number)]
    # The area code and the number of the landline are within the whole; so is what the word before it says.
    assert kinds("电话：0570-9999999-801") == [(Kind.PHONE, "0570-9999999-801")]
    old = next(each for last in range(1000) if luhn_holds(each := f"330800010101{last:03}"))
    assert kinds(old) == [(Kind.OLD_ID_NUMBER, old)]


def test_places_are_those_of_the_text_as_it_stands():
    text = f"甲：{MOBILE}；乙：{ID.translate(FULL_WIDTH)}；车：{PLATE}；卡：{CARD}。"
    found = find(text)
    assert [each.kind for each in found] == [Kind.PHONE, Kind.ID_NUMBER, Kind.PLATE, Kind.BANK_CARD]
    assert all(text[each.start : each.end] == each.text for each in found)
    assert [each.start for each in found] == sorted(each.start for each in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("某样例13800001234，", "某样例138****1234，"),
        ("+86 138-0000-1234", "138****1234"),
        ("0570-9999912", "057****9912"),
        ("电话：9999912。", "电话：*****12。"),
        (f"（{ID}）", "（999999**********10）"),
        (f"（{ID[:6]} {ID[6:].translate(FULL_WIDTH)}）", "（999999**********10）"),
        (f"{OLD_ID}等", "330800*******99等"),
        (f"卡{CARD}", f"卡999999********{CARD[-2:]}"),
        ("浙H·12345、浙HD12345", "浙H*****、浙H*****"),
        ("并无其他", "并无其他"),
    ],
)
def test_what_stays_behind_the_mask(text: str, expected: str):
    assert masked(text, find(text)) == expected
    assert find(expected) == []


def test_only_what_is_given_is_masked():
    text = f"{MOBILE} {PLATE}"
    assert masked(text, find(text)[:1]) == f"138****0000 {PLATE}"
    assert masked(text, []) == text


def test_kinds_have_names():
    with override("en"):
        assert [str(each.label) for each in Kind] == [
            "ID number",
            "ID number of the old form",
            "telephone number",
            "licence plate",
            "bank card number",
        ]


# Hostile texts ----------------------------------------------------------------------------------------------


def repeats(parsed: object) -> list[tuple[int, int]]:
    """The least and the most of every repetition in a parsed pattern."""
    found = []
    for code, value in parsed:  # type: ignore[attr-defined]
        name = str(code)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, inner = value
            found += [(int(least), int(most)), *repeats(inner)]
        elif name == "BRANCH":
            found += [each for branch in value[1] for each in repeats(branch)]
        elif name == "SUBPATTERN":
            found += repeats(value[-1])
        elif name in ("ASSERT", "ASSERT_NOT"):
            found += repeats(value[1])
    return found


def test_no_pattern_repeats_without_end():
    for _kind, pattern, _check in personal.CHECKS:
        found = repeats(re._parser.parse(pattern.pattern))  # type: ignore[attr-defined]
        assert found
        assert max(most for _least, most in found) <= 20


MILLION = 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        "1" * MILLION,
        "０" * MILLION,
        "A" * MILLION,
        " " * MILLION,
        "-" * MILLION,
        "13800000000" * (MILLION // 11),
        "浙H" * (MILLION // 2),
        "电话" * (MILLION // 2),
    ],
    ids=["figures", "full-width", "letters", "blanks", "hyphens", "mobiles", "plates", "words"],
)
def test_in_one_long_run_there_is_nothing_to_check(text: str, monkeypatch: pytest.MonkeyPatch):
    checked: list[str] = []
    monkeypatch.setattr(
        personal,
        "CHECKS",
        tuple(
            (kind, pattern, lambda number: checked.append(number) or True)
            for kind, pattern, _ in personal.CHECKS
        ),
    )
    assert find(text) == []
    assert checked == []


@pytest.mark.parametrize(
    "text", ["1 " * 50_000, "1380 " * 20_000, f"{ID[:-1]}0 " * 5_000, "浙H00000" * 10_000]
)
def test_checks_grow_with_the_text_and_no_faster(text: str, monkeypatch: pytest.MonkeyPatch):
    """Twice the text, twice the checks: at every run of figures each pattern is tried once."""
    counts = []
    for part in (text[: len(text) // 2], text):
        seen: list[int] = []
        monkeypatch.setattr(
            personal,
            "CHECKS",
            tuple(
                (kind, pattern, lambda number, seen=seen: seen.append(len(number)) or False)
                for kind, pattern, _ in personal.CHECKS
            ),
        )
        assert find(part) == []
        assert max(seen, default=0) <= 19
        counts.append(len(seen))
        monkeypatch.undo()
    assert counts[1] <= 2 * counts[0] + 20
