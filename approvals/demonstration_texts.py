"""The made-up bureau's items and guides, and what the people of Yunxi apply for under them.

Everything is drawn from a `random.Random` that the caller seeds: the same seed gives the same words. Nothing
here reads the clock, the database or Django. The guides' facts and all sentences are in
`demonstration_items.toml`, in Chinese only. No person, company, street, project or number is meant to be a
real one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

Kind = Literal["person", "body"]
Verdict = Literal["agree", "conditional", "disagree"]

CITY = "云溪市"
# In the order in which an application takes them.
STEPS = ("preliminary", "survey", "review", "sign_off")
# "enforcement" in a survey is the brigade of the district where the matter is.
BRIGADES = {"东溪区": "east", "西岭区": "west", "南湖区": "lake"}
# A unit of a survey agrees plainly oftener than with a condition.
CONDITIONAL_OF_TEN = 2
# So many draws that are all told already mean that nothing new is left.
ATTEMPTS = 1000


# The items --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MaterialText:
    """What an applicant brings. `form` has (label, sample value) pairs, () where there is no form."""

    name: str
    originals: int
    copies: int
    required: bool
    note: str
    form: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemText:
    """An item and its guide. `steps` has (step, working days) pairs; `validity_months` None means no end."""

    code: str
    name: str
    name_en: str
    short: str
    basic_code: str
    for_persons: bool
    for_bodies: bool
    unit: str
    basis: str
    conditions: str
    statutory_days: int
    promised_days: int
    joint: bool
    fee: str
    fee_basis: str
    fee_exemptions: str
    hours: str
    certificate: str
    validity_months: int | None
    steps: tuple[tuple[str, int], ...]
    materials: tuple[MaterialText, ...]

    def has(self, step: str) -> bool:
        return any(step == each for each, _days in self.steps)


@cache
def texts() -> dict[str, Any]:
    """The whole file, read once."""
    with Path(__file__).with_name("demonstration_items.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def items() -> tuple[ItemText, ...]:
    """The thirteen items, in the order of lists."""
    return tuple(_item(each) for each in texts()["items"])


def item(code: str) -> ItemText:
    return next(each for each in items() if each.code == code)


def _item(raw: Mapping[str, Any]) -> ItemText:
    plain = {key: value for key, value in raw.items() if key not in ("scene", "steps", "materials")}
    return ItemText(
        **{
            **plain,
            "basis": raw["basis"].strip(),
            "conditions": raw["conditions"].strip(),
            "validity_months": raw.get("validity_months"),
            "steps": tuple((step, raw["steps"][step]) for step in STEPS if step in raw["steps"]),
            "materials": tuple(_material(each) for each in raw["materials"]),
        }
    )


def _material(raw: Mapping[str, Any]) -> MaterialText:
    return MaterialText(
        **{
            **raw,
            "form": tuple((label, value) for label, value in raw.get("form", ())),
            "problems": tuple(raw.get("problems", ())),
        }
    )


# Who applies ------------------------------------------------------------------------------------------------

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CREDIT_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_DISTRICT = "330802"
_FIRST_BIRTH = date(1986, 1, 1)
_LAST_BIRTH = date(2004, 12, 31)
BODIES_AT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class ApplicantText:
    """Who applies: `number` is an ID number or a credit code; `representative` is "" for a person."""

    kind: Kind
    name: str
    number: str
    representative: str
    phone: str
    address: str


def id_number(rng: Random) -> str:
    """A resident's number by GB 11643. Its serial is 000, which is given to nobody."""
    born = _FIRST_BIRTH + timedelta(days=rng.randrange((_LAST_BIRTH - _FIRST_BIRTH).days + 1))
    figures = f"{_DISTRICT}{born:%Y%m%d}000"
    total = sum(weight * int(figure) for weight, figure in zip(_ID_WEIGHTS, figures, strict=True))
    return figures + _ID_CHECKS[total % 11]


def credit_code(serial: int) -> str:
    """The unified social credit code (GB 32100) of body number `serial`, 0 to 9999.

    The organisation code in it (GB 11714) begins MAYX and has its own check character.
    """
    if not 0 <= serial < BODIES_AT_MOST:
        raise ValueError(f"There is no body number {serial}.")
    organisation = f"MAYX{serial:04d}"
    check = -sum(w * int(c, 36) for w, c in zip(_ORGANISATION_WEIGHTS, organisation, strict=True)) % 11
    start = f"91{_DISTRICT}{organisation}{'X' if check == 10 else check}"
    total = sum(
        weight * _CREDIT_CHARACTERS.index(character)
        for weight, character in zip(_CREDIT_WEIGHTS, start, strict=True)
    )
    return start + _CREDIT_CHARACTERS[-total % 31]


@cache
def _bodies() -> tuple[tuple[str, str], ...]:
    """Trade and name of every body, in a fixed order, so that a body has the same code every time."""
    return tuple((trade, name) for trade, names in texts()["applicants"]["bodies"].items() for name in names)


def applicant(rng: Random, item_code: str, *, kind: Kind | None = None) -> ApplicantText:
    """Somebody who may apply for the item: of `kind`, or of a kind the item is for, bodies twice as often.

    A body is of a trade that applies for such things, and has the same number, phone and address every time.
    """
    wanted = item(item_code)
    if kind is None:
        kind = "person" if not wanted.for_bodies or (wanted.for_persons and rng.randrange(3) == 0) else "body"
    if kind == "person":
        return _person(rng)
    trades = _scene_of(item_code)["trades"]
    return _body(rng.choice([n for n, (trade, _name) in enumerate(_bodies()) if trade in trades]))


def _person(rng: Random) -> ApplicantText:
    return ApplicantText(
        kind="person",
        name=rng.choice(texts()["applicants"]["persons"]),
        number=id_number(rng),
        representative="",
        phone=f"1990002{rng.randrange(10_000):04d}",
        address=rng.choice(_addresses()),
    )


def _body(serial: int) -> ApplicantText:
    people, addresses = texts()["applicants"]["persons"], _addresses()
    return ApplicantText(
        kind="body",
        name=_bodies()[serial][1],
        number=credit_code(1000 + serial),
        representative=people[serial % len(people)],
        phone=f"1990001{1000 + serial:04d}",
        address=addresses[serial % len(addresses)],
    )


@cache
def _addresses() -> tuple[str, ...]:
    places = {place for raw in texts()["items"] for place in raw["scene"]["places"] if "号" in place}
    return tuple(CITY + place.partition("号")[0] + "号" for place in sorted(places))


# Construction projects --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProjectText:
    """A construction project: `commercial` in whole hundreds of square metres' floor, `households` even."""

    name: str
    place: str
    households: int
    commercial: int

    @property
    def bays(self) -> int:
        """Parking bays it needs: one per two households and one per 100 square metres of commercial floor."""
        return self.households // 2 + self.commercial // 100

    @property
    def size(self) -> str:
        homes = f"住宅{self.households}户、" if self.households else ""
        return f"{homes}商业{self.commercial}平方米"


def projects(rng: Random, count: int) -> list[ProjectText]:
    """`count` projects at as many different plots with as many different names."""
    made: dict[str, ProjectText] = {}
    while len(made) < count:
        project = _project(rng)
        if project.place not in {other.place for other in made.values()}:
            made.setdefault(project.name, project)
    return list(made.values())


def _project(rng: Random) -> ProjectText:
    known = texts()["projects"]
    use = rng.choice(("homes", "mixed", "commerce"))
    plot = f"{rng.choice(known['streets'])}{rng.randrange(2, 400, 2)}号地块"
    return ProjectText(
        name=plot.partition("区")[2] + fill(rng, rng.choice(known[use])),
        place=CITY + plot,
        households=0 if use == "commerce" else rng.randrange(60, 800, 2),
        commercial=rng.randrange(1, 6) * 100 if use == "homes" else rng.randrange(10, 300) * 100,
    )


# What is applied for ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpinionText:
    """What a unit signs at a survey; `unit` is its code."""

    unit: str
    verdict: Verdict
    opinion: str


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is said about one application, from the application to the decision.

    `opinion` (preliminary), `survey` and `review_opinion` are empty where the item has no such step.
    `recommendation` is that of `opinion`: where a site survey finds why it must be denied, the preliminary
    review before it still recommends to grant. `review_opinion` recommends what the outcome is. `content` and
    `conditions` are what a grant says, `denial_facts` and `denial_basis` what a denial says; the other two
    are empty. `problems` has (material's name, what is wrong with it) pairs, each of another material.
    """

    item: str
    subject: str
    place: str
    district: str
    project: ProjectText | None
    problems: tuple[tuple[str, str], ...]
    extension_reason: str
    outcome: Literal["granted", "denied"]
    opinion: str
    recommendation: Literal["grant", "deny"]
    survey: tuple[OpinionText, ...]
    review_opinion: str
    content: str
    conditions: tuple[str, ...]
    denial_facts: str
    denial_basis: str


_CHOICE = re.compile(r"\[([^\[\]]*)\]")


def fill(rng: Random, template: str, **slots: object) -> str:
    """The template with one of every [甲|乙] chosen, and its slots filled."""
    return _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), template).format(**slots)


def draw(
    rng: Random,
    item_code: str,
    *,
    denied: bool = False,
    project: ProjectText | None = None,
    told: set[str] | None = None,
) -> Scene:
    """One application of the item, which is granted, or `denied`.

    `project` is for items whose matter is a construction project; one is made up where it is left out. `told`
    is kept by the caller: a subject that it holds is not drawn again, and what is drawn is added to it.
    Raises ValueError when nothing new is left.
    """
    for _attempt in range(ATTEMPTS):
        scene = _scene(rng, item_code, denied=denied, project=project)
        if told is None or scene.subject not in told:
            break
    else:
        raise ValueError(f"Nothing is left to apply for under {item_code}.")
    if told is not None:
        told.add(scene.subject)
    return scene


def is_about_a_project(item_code: str) -> bool:
    return not _scene_of(item_code)["places"]


def _scene_of(item_code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(raw["scene"] for raw in texts()["items"] if raw["code"] == item_code)
    return found


def _scene(rng: Random, item_code: str, *, denied: bool, project: ProjectText | None) -> Scene:
    raw, wanted = _scene_of(item_code), item(item_code)
    place, project, slots = _whereabouts(rng, item_code, project)
    district = place.removeprefix(CITY)[:3]
    denial = rng.choice(raw["denials"]) if denied else {}
    subject = fill(rng, denial.get("subject") or rng.choice(raw["subjects"]), **slots)
    slots["subject"] = subject

    def one_of(name: str) -> str:
        return fill(rng, rng.choice(raw[name]), **slots) if raw[name] else ""

    said = (
        _why_denied(wanted, denial, slots, district) if denied else _why_granted(rng, raw, one_of, district)
    )
    return Scene(
        item=item_code,
        subject=subject,
        place=place,
        district=district,
        project=project,
        problems=_problems(rng, wanted),
        extension_reason=one_of("extension_reasons"),
        outcome="denied" if denied else "granted",
        **said,
    )


def _whereabouts(
    rng: Random, item_code: str, project: ProjectText | None
) -> tuple[str, ProjectText | None, dict[str, object]]:
    """The place with its city, the project if there is one, and the slots that both fill."""
    if not is_about_a_project(item_code):
        spoken = rng.choice(_scene_of(item_code)["places"])
        return CITY + spoken, None, {"place": spoken}
    project = project or _project(rng)
    return project.place, project, {"project": project.name, "size": project.size, "bays": project.bays}


def _why_granted(
    rng: Random, raw: Mapping[str, Any], one_of: Callable[[str], str], district: str
) -> dict[str, Any]:
    signed = []
    for unit, opinions in raw.get("survey", {}).items():
        verdict: Verdict = "conditional" if rng.randrange(10) < CONDITIONAL_OF_TEN else "agree"
        signed.append(OpinionText(_unit_at(unit, district), verdict, opinions[verdict]))
    return {
        "opinion": one_of("opinions"),
        "recommendation": "grant",
        "survey": tuple(signed),
        "review_opinion": one_of("review_opinions"),
        "content": one_of("contents"),
        "conditions": tuple(raw["conditions"]),
        "denial_facts": "",
        "denial_basis": "",
    }


def _why_denied(
    wanted: ItemText, denial: Mapping[str, str], slots: Mapping[str, object], district: str
) -> dict[str, Any]:
    found = denial["found"]
    units = survey_units(wanted.code, district)
    opinion = (
        "经初审，材料齐全，拟同意，现场情况以踏勘为准。" if units else f"经初审，{found}，建议不予许可。"
    )
    first = OpinionText(units[0], "disagree", f"经核实，{found}，本单位不同意。") if units else None
    others = (OpinionText(unit, "disagree", f"经核实，{found}，本单位亦不同意。") for unit in units[1:])
    return {
        "opinion": opinion if wanted.has("preliminary") else "",
        "recommendation": "grant" if units else "deny",
        "survey": (first, *others) if first else (),
        "review_opinion": f"经审核，{found}，事实清楚，建议不予许可。" if wanted.has("review") else "",
        "content": "",
        "conditions": (),
        "denial_facts": denial["facts"].format(**slots),
        "denial_basis": denial["basis"],
    }


def survey_units(item_code: str, district: str) -> tuple[str, ...]:
    """The codes of the units that take part in a survey in the district, () where the item has none."""
    return tuple(_unit_at(unit, district) for unit in _scene_of(item_code).get("survey", {}))


def _unit_at(unit: str, district: str) -> str:
    return BRIGADES[district] if unit == "enforcement" else unit


def _problems(rng: Random, wanted: ItemText) -> tuple[tuple[str, str], ...]:
    """What is wrong with one to three of the materials."""
    faulty = [material for material in wanted.materials if material.problems]
    chosen = rng.sample(faulty, rng.randint(1, min(3, len(faulty))))
    return tuple(
        (each.name, rng.choice(each.problems)) for each in sorted(chosen, key=wanted.materials.index)
    )


# What comes in over the counter, and what people say --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IncomingText:
    """An incoming document or request; `unit` is the code of who answers it. `same_day` is for requests."""

    kind: Literal["document", "request"]
    sender: str
    subject: str
    reply: str
    unit: str
    same_day: bool


def incoming_document(rng: Random) -> IncomingText:
    raw = rng.choice(texts()["incoming"]["documents"])
    return IncomingText(
        "document", raw["sender"], fill(rng, raw["subject"]), raw["reply"], raw["unit"], same_day=False
    )


def incoming_request(rng: Random) -> IncomingText:
    """Its sender is a made-up citizen."""
    raw = rng.choice(texts()["incoming"]["requests"])
    sender = rng.choice(texts()["applicants"]["persons"])
    return IncomingText("request", sender, raw["subject"], raw["reply"], raw["unit"], raw["same_day"])


@dataclass(frozen=True, slots=True)
class BadRatingText:
    """A bad rating's words, what was noted when the applicant was called, and what was put right."""

    words: str
    call_back: str
    put_right: str


def good_words(rng: Random) -> str:
    chosen: str = rng.choice(texts()["ratings"]["good"])
    return chosen


def bad_rating(rng: Random) -> BadRatingText:
    return BadRatingText(**rng.choice(texts()["ratings"]["bad"]))


def note(
    rng: Random,
    kind: Literal["withdrawals", "urges", "send_backs", "handovers", "refusals_of_extension"],
) -> str:
    """What somebody writes on the way of an application."""
    chosen: str = rng.choice(texts()["notes"][kind])
    return chosen


def elsewhere(rng: Random) -> tuple[str, str]:
    """Another agency that is competent, and how the refusal says so."""
    raw = rng.choice(texts()["notes"]["elsewhere"])
    return raw["agency"], raw["words"]


def special_procedure(rng: Random) -> tuple[str, str]:
    """A kind of 行政许可法 art. 45, and why it is needed."""
    raw = rng.choice(texts()["notes"]["special"])
    return raw["kind"], raw["words"]
