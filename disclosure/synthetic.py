"""Made-up texts of a made-up bureau, for the demonstration and for measuring the search. Pure.

They have the forms that such bureaux publish (notices, permits, penalties, monthly reports …), lengths like
real ones, and words of every frequency: some in most texts, some in one of a hundred, and trade names that
stand in a handful of 200,000. No persons, numbers of persons, or telephones but 12319 stand in them.
The vocabulary is in `synthetic_words`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, combinations, product
from random import Random
from typing import Any

from disclosure.synthetic_words import vocabulary

BUREAU = "云溪市城市管理局"
NUMERALS = "一二三四"

# A body is as long as is drawn for it, or a little longer. The kinds' patterns have four middle parts, so
# that with opening and closing it has six paragraphs at most.
SHORTEST, LENGTH_SPREAD = 310, 100
TAILS = 1 / 12
REPEALED, AMENDED = 0.08, 0.04
# Working days from making to publishing; 14 of them are at most 20 calendar days.
DELAYS = (0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12, 14)


def _tenths(first: int, last: int, step: int = 1) -> tuple[str, ...]:
    return tuple(f"{number / 10:.1f}" for number in range(first, last, step))


# Slots of figures: `m` a few, `n` some, `k` many, `sum` in ten thousand yuan, `fine` in yuan.
FIGURES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("m", tuple(map(str, range(3, 13)))),
    ("m2", tuple(map(str, range(2, 9)))),
    ("n", tuple(map(str, range(20, 97)))),
    ("n2", tuple(map(str, range(13, 64)))),
    ("k", tuple(map(str, range(600, 2961, 7)))),
    ("k2", tuple(map(str, range(120, 581, 3)))),
    ("pct", _tenths(860, 999)),
    ("pct2", _tenths(900, 999)),
    ("sum", _tenths(1200, 9800, 17)),
    ("sum2", _tenths(206, 1180, 7)),
    ("fine", ("200", "300", "500", "800", "1000", "1500", "2000", "3000", "5000", "8000", "10000")),
)


@dataclass(frozen=True, slots=True)
class Text:
    """What an item of the catalogue needs; `validity` is in_force, amended or repealed, as in the model."""

    category: str
    theme: str
    unit: str
    title: str
    document_number: str  # or ""
    dated_on: date
    published_on: date
    body: str  # paragraphs, parted by "\n"
    keywords: tuple[str, ...]
    validity: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A kind of text in a field of work, and what fits both."""

    kind: Mapping[str, Any]
    field: Mapping[str, Any]
    theme: str
    middles: tuple[tuple[str, ...], ...]
    closings: Sequence[str]
    categories: Sequence[str]
    units: Sequence[str]


def texts(
    count: int, *, seed: int, first: date, last: date, categories: Sequence[str], units: Sequence[str]
) -> Iterator[Text]:
    """`count` texts, made on the working days from `first` to `last`, in order; the same for the same call.

    A category or unit gets the texts whose kind or field its name hints at ("行政处罚", "园林绿化科"); those
    that hint at nothing share what fits nowhere. None is published after `last`, or more than 20 days after
    it was made. Weekdays are taken for working days; a span without one is used whole.
    Raises ValueError if `first` is after `last`, or there is no category or unit.
    """
    if first > last or not categories or not units:
        raise ValueError("texts need a span of days, a category and a unit")
    span = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    days = [day for day in span if day.weekday() < 5] or span
    random = Random(seed)  # noqa: S311 - nothing secret comes of it
    plans = _plans(categories, units)
    rare = _deck(random)
    numbers: Counter[tuple[str, int]] = Counter()
    for place, day in enumerate(days):
        on_this_day = -(-(place + 1) * count // len(days)) + (-place * count // len(days))
        if on_this_day:
            soon = [days[min(place + delay, len(days) - 1)] for delay in DELAYS]
            month, weights = plans[day.month]
            calendar = _calendar(day)
            for plan in random.choices(month, cum_weights=weights, k=on_this_day):
                yield _text(plan, day, soon, calendar, random, rare, numbers)


def _fitting(names: Sequence[str], hints: Sequence[str]) -> list[str]:
    return [name for name in names if any(hint in name for hint in hints)]


def _plans(categories: Sequence[str], units: Sequence[str]) -> dict[int, tuple[list[Plan], list[float]]]:
    """For every month its plans, and their weights summed up as `choices` wants them."""
    words = vocabulary()
    fields, kinds = words["fields"], words["kinds"]
    every_hint = [hint for entry in (*fields, *kinds) for hint in entry["hints"]]
    other_categories = [name for name in categories if not _fitting([name], every_hint)] or categories
    other_units = [name for name in units if not _fitting([name], every_hint)] or units
    weighted: list[tuple[Plan, float]] = []
    for kind in kinds:
        need = kind.get("fields", "")
        wanted = [field for field in fields if not need or field["name"] == need or field.get(need)]
        shares = sum(field["share"] for field in wanted)
        pattern = kind["pattern"]
        for field in wanted:
            own = combinations(kind["sentences"], pattern.count("O"))
            of_field = combinations(field["sentences"], pattern.count("F"))
            middles = tuple(
                tuple(next(o) if letter == "O" else next(f) for letter in pattern)
                for o, f in ((iter(a), iter(b)) for a, b in product(own, of_field))
            )
            hints = (*kind["hints"], *field["hints"])
            plan = Plan(
                kind=kind,
                field=field,
                theme=kind["theme"] or field["theme"],
                middles=middles,
                closings=words["closings"][kind["closing"]],
                categories=_fitting(categories, hints) or other_categories,
                units=_fitting(units, field["hints"]) or other_units,
            )
            weighted.append((plan, kind["share"] * field["share"] / shares))
    months = {}
    for month in range(1, 13):
        here = [(p, weight) for p, weight in weighted if month in (p.field["months"] or [month])]
        months[month] = ([plan for plan, _ in here], list(accumulate(weight for _, weight in here)))
    return months


def _deck(random: Random) -> Iterator[str]:
    """Rare words without end. Dealt like cards, so that none is missing and none frequent by chance."""
    deck = [word for place, word in enumerate(vocabulary()["rare_words"]) for _ in range(1 + place % 4)]
    while True:
        random.shuffle(deck)
        yield from deck


def _one(random: Random, these: Sequence[str]) -> str:
    # A third of the time of random.choice, which matters a million times.
    return these[int(random.random() * len(these))]


def _three(random: Random, these: Sequence[str]) -> tuple[str, str, str]:
    """Three different ones, of at least three."""
    length = len(these)
    start, step = int(random.random() * length), 1 + int(random.random() * ((length - 1) // 2))
    return these[start], these[(start + step) % length], these[(start + 2 * step) % length]


def _calendar(day: date) -> dict[str, Any]:
    """The slots that all texts of a day share; `past` is the month that was over by then."""
    past = day.replace(day=1) - timedelta(days=1)
    ended = (day.month - 1) // 3 or 4
    return {
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "quarter": f"{day.year}年第{NUMERALS[(day.month - 1) // 3]}季度",
        "past_year": past.year,
        "past": past.month,
        "past_quarter": f"{day.year - (ended == 4)}年第{NUMERALS[ended - 1]}季度",
    }


def _slots(plan: Plan, calendar: Mapping[str, Any], unit: str, random: Random) -> dict[str, Any]:
    """What stands for the names in curly brackets, without the figures."""
    words, field = vocabulary(), plan.field
    slots = {**calendar, "unit": unit if random.random() < 0.5 else BUREAU, "field": field["name"]}
    slots["violation"], slots["permit"] = field.get("violation"), field.get("permit")
    slots["action"], slots["project"] = _one(random, field["actions"]), _one(random, field["projects"])
    slots["open"] = _one(random, words["opens"])
    slots["road"], slots["road2"], _ = _three(random, words["roads"])
    slots["area"], slots["area2"], _ = _three(random, words["areas"])
    slots["topic"], slots["topic2"], slots["topic3"] = _three(random, field["topics"])
    slots["measure"], slots["measure2"], _ = _three(random, field["measures"])
    return slots


def _filled(template: str, slots: dict[str, Any], random: Random) -> str:
    """With figures drawn anew, so that the paragraphs of a text do not all count the same."""
    for name, figures in FIGURES:
        slots[name] = figures[int(random.random() * len(figures))]
    return template.format_map(slots)


def _text(
    plan: Plan,
    day: date,
    soon: Sequence[date],
    calendar: Mapping[str, Any],
    random: Random,
    rare: Iterator[str],
    numbers: Counter[tuple[str, int]],
) -> Text:
    words, kind = vocabulary(), plan.kind
    unit = _one(random, plan.units)
    slots = _slots(plan, calendar, unit, random)
    tail = ""
    if kind.get("rare"):
        slots["party"] = f"云溪市{next(rare)}{_one(random, plan.field.get('trades') or words['trades'])}"
    elif random.random() < TAILS:
        tail = _one(random, words["tails"]["sentences"]).format(rare=next(rare))

    closing = _one(random, plan.closings)
    parts = [_filled(_one(random, kind["openings"]), slots, random)]
    wanted = SHORTEST + int(random.random() * LENGTH_SPREAD) - len(closing) - len(tail)
    length = len(parts[0])
    for place, middle in enumerate(plan.middles[int(random.random() * len(plan.middles))]):
        part = _filled(middle, slots, random)
        parts.append(f"{NUMERALS[place]}、{part}" if kind["numbered"] else part)
        length += len(parts[-1])
        if length >= wanted:
            break
    parts[-1] += tail
    parts.append(closing)

    number = ""
    if word := kind["word"]:
        numbers[word, day.year] += 1
        number = f"{word}〔{day.year}〕{numbers[word, day.year]}号"
    validity = "in_force"
    if kind["normative"] and (ended := random.random()) < REPEALED + AMENDED:
        validity = "repealed" if ended < REPEALED else "amended"
    return Text(
        category=_one(random, plan.categories),
        theme=plan.theme,
        unit=unit,
        title=_one(random, kind["titles"]).format_map(slots),
        document_number=number,
        dated_on=day,
        published_on=soon[int(random.random() * len(soon))],
        body="\n".join(parts),
        keywords=tuple(
            dict.fromkeys((slots["topic"], slots["topic2"], slots["field"], kind["name"], slots["road"]))
        ),
        validity=validity,
    )
