"""What the citizens of the made-up city of Yunxi tell the hotline, and what they are told.

Everything is drawn from a `random.Random` that the caller seeds: the same seed gives the same words. Nothing
here reads the clock, the database or Django. The sentences themselves are in `demonstration_texts.toml`, in
Chinese only, as they are what people said. No person, street or telephone number is meant to be a real one.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

Source = Literal["call", "web", "12345"]

# A rating below this is a bad one (好差评: 不满意, 非常不满意).
LOWEST_GOOD_RATING = 3


@dataclass(frozen=True, slots=True)
class CategoryText:
    """A category of the hotline: `nature` is enquiry, ordinary or complex; `unit` is a unit's code."""

    code: str
    name: str
    name_en: str
    nature: Literal["enquiry", "ordinary", "complex"]
    unit: str


CATEGORIES = (
    CategoryText("street-vending", "占道经营", "Street vending", "ordinary", "appearance"),
    CategoryText("billboards", "违规户外广告", "Unlawful outdoor advertising", "ordinary", "advertising"),
    CategoryText("road-damage", "路面破损", "Damaged road surface", "ordinary", "facilities"),
    CategoryText("manholes", "井盖缺失", "Missing manhole cover", "ordinary", "facilities"),
    CategoryText("street-lamps", "路灯不亮", "Street lamp out", "ordinary", "facilities"),
    CategoryText("rubbish", "垃圾清运", "Refuse collection", "ordinary", "sanitation"),
    CategoryText("toilets", "公厕管理", "Public toilets", "ordinary", "sanitation"),
    CategoryText("greenery", "绿化养护", "Care of greenery", "ordinary", "greening"),
    CategoryText("dust", "渣土扬尘", "Construction waste and dust", "ordinary", "dust"),
    CategoryText("unauthorised-building", "违法建设", "Unauthorised building", "complex", "enforcement"),
    CategoryText("parking-order", "停车秩序", "Parking order", "ordinary", "parking"),
    CategoryText("fumes-noise", "油烟噪声", "Cooking fumes and noise", "complex", "enforcement"),
    CategoryText("dogs", "犬只管理", "Control of dogs", "ordinary", "enforcement"),
    CategoryText("policy", "政策咨询", "Enquiry about rules", "enquiry", "appearance"),
)
CATEGORY_CODES = tuple(category.code for category in CATEGORIES)

# How often each is heard, in the order of CATEGORIES.
WEIGHTS = (12, 5, 8, 5, 8, 12, 4, 7, 8, 5, 12, 10, 5, 9)


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the city: `spoken` as a caller says it, `address` as the operator writes it down."""

    kind: str
    district: str
    spoken: str
    address: str


# The detachment's brigade for each district, which gets what the category gives to the detachment.
BRIGADES = {"东溪区": "east", "西岭区": "west", "南湖区": "lake"}

# kind, then "spoken|address without its district", for each district.
_PLACES = {
    "东溪区": {
        "road": (
            "枕溪路茶厂路口|枕溪路126号（茶厂路口）",
            "鸣泉路邮政网点门口|鸣泉路41号",
            "东溪大道老客运站一带|东溪大道308号（老客运站）",
            "青坊街供销社旧楼前|青坊街17号",
            "织锦巷巷口|织锦巷1号",
            "渡口路码头对面|渡口路92号（货运码头对面）",
            "柏叶路公交回车场旁|柏叶路260号",
            "桂语路药店门口|桂语路75号",
        ),
        "school": ("桂语路第三小学门口|桂语路150号", "枕溪路东溪中学门口|枕溪路333号"),
        "estate": (
            "桂语苑小区|桂语路18号桂语苑",
            "织锦新村|织锦巷36号织锦新村",
            "听溪公寓|枕溪路210号听溪公寓",
            "青坊花园|青坊街88号青坊花园",
        ),
        "market": ("青坊农贸市场|青坊街5号", "渡口水产市场|渡口路61号"),
        "park": ("东溪滨水公园|渡口路与枕溪路交叉口东侧", "鸣泉口袋公园|鸣泉路55号对面"),
        "site": ("柏叶路安置房工地|柏叶路300号地块", "东溪大道商务楼工地|东溪大道420号地块"),
    },
    "西岭区": {
        "road": (
            "望岭路加油站旁|望岭路203号",
            "松涛路职工医院门口|松涛路12号",
            "岭脚街菜场路口|岭脚街70号",
            "竹海路旧书店门口|竹海路76号",
            "石门路水泥厂宿舍前|石门路119号",
            "云雾路公交末站|云雾路400号",
            "采石巷老浴室门口|采石巷23号",
            "西岭大道文化宫门口|西岭大道566号",
        ),
        "school": ("松涛路实验小学门口|松涛路98号", "望岭路职业中专门口|望岭路377号"),
        "estate": (
            "松涛里小区|松涛路45号松涛里",
            "石门佳苑|石门路200号石门佳苑",
            "望岭雅居|望岭路58号望岭雅居",
            "竹海人家小区|竹海路31号竹海人家",
        ),
        "market": ("岭脚农贸市场|岭脚街66号", "西岭建材市场|西岭大道610号"),
        "park": ("西岭山脚公园|望岭路北端", "采石公园|采石巷60号"),
        "site": ("云雾路厂房改造工地|云雾路315号地块", "石门路旧改工地|石门路140号地块"),
    },
    "南湖区": {
        "road": (
            "湖滨东路游船码头旁|湖滨东路6号",
            "荷风路银行门口|荷风路111号",
            "芦汀路湿地入口|芦汀路270号",
            "渔歌街理发店门口|渔歌街39号",
            "南湖大道会展中心一带|南湖大道1200号",
            "菱角巷巷口|菱角巷2号",
            "堤岸路水闸旁|堤岸路83号",
            "晴雨路体育馆对面|晴雨路144号",
        ),
        "school": ("荷风路实验中学门口|荷风路230号", "晴雨路幼儿园门口|晴雨路27号"),
        "estate": (
            "荷风雅苑|荷风路62号荷风雅苑",
            "渔歌新村|渔歌街101号渔歌新村",
            "湖畔人家小区|湖滨东路159号湖畔人家",
            "晴雨家园|晴雨路88号晴雨家园",
        ),
        "market": ("渔歌农贸市场|渔歌街50号", "南湖小商品市场|南湖大道860号"),
        "park": ("芦汀湿地公园|芦汀路300号", "南湖健身公园|堤岸路40号"),
        "site": ("南湖大道地块工地|南湖大道1450号地块", "晴雨路学校扩建工地|晴雨路190号地块"),
    },
}
PLACES = tuple(
    Place(kind, district, spoken, f"云溪市{district}{address}")
    for district, kinds in _PLACES.items()
    for kind, lines in kinds.items()
    for spoken, address in (line.split("|") for line in lines)
)

_SINCE = (
    "这两天",
    "这几天",
    "最近几天",
    "最近一个星期",
    "这半个月",
    "近来",
    "这一阵",
    "这十来天",
    "从上周末起",
)
_AGO = ("昨天晚上", "昨天下午", "前天一早", "前天夜里", "大前天", "上周末", "前几天", "上个星期")

_OPENINGS: dict[str, tuple[str, ...]] = {
    "call": ("市民来电反映：", "来电人反映，", "市民来电称：", "来电人表示，", "居民来电反映："),
    "web": ("您好，", "你们好，反映一个问题：", "城管局的同志，您好。", "", "请问这事归谁管？"),
    "12345": ("【12345转办】市民反映：", "【12345转办】来电人诉求：", "【12345转办】"),
}
_CLOSINGS: dict[str, tuple[str, ...]] = {
    "call": (
        "希望尽快处理。",
        "希望有关部门到现场看一看。",
        "要求给个答复。",
        "希望近期能解决。",
        "来电人愿意到现场指认。",
        "之前没有反映过。",
        "希望处理完回个电话。",
        "来电人情绪较急，请优先核实。",
    ),
    "web": (
        "麻烦派人来看看，谢谢。",
        "盼复。",
        "希望能彻底解决，不要只管几天。",
        "辛苦了。",
        "如果不归你们管，也请告诉我该找谁。",
        "照片随后补上。",
        "谢谢你们的工作。",
    ),
    "12345": ("请核实处理并答复市民。", "请依职责办理，结果反馈12345平台。", "请按时限办结。"),
}
_ASKING: dict[str, tuple[str, ...]] = {
    "call": ("市民来电咨询：", "来电人咨询，", "居民来电询问："),
    "web": ("您好，想咨询一下：", "请教一个问题。", "您好，"),
    "12345": ("【12345转办】市民咨询：",),
}
_ASKED: dict[str, tuple[str, ...]] = {
    "call": ("请予解答。", "希望得到准确答复。", "请业务科室回电说明。"),
    "web": ("谢谢。", "盼复。", "麻烦说得具体一点。"),
    "12345": ("请答复市民。", "请业务科室解答并反馈。"),
}


_SURNAMES = "周吴郑徐胡朱何罗宋谢唐许邓冯曹彭曾肖潘袁董余叶蒋杜程魏丁沈姜范卢戴夏钟汪石姚方金邱"
_GIVEN_FIRST = "水阿建金秀桂彩银根亚雪月巧荷仁伟炳荣宝顺"
_GIVEN_LAST = "根娣仙芬琴泉坤苗英珍妹土木法权江富松连贵"


@dataclass(frozen=True, slots=True)
class CallerText:
    """A made-up citizen with a number that no one is meant to answer: 1990000 and four digits."""

    name: str
    phone: str


@dataclass(frozen=True, slots=True)
class ReturnText:
    """Why a unit hands a ticket back; `belongs_to` is the right unit's code, "" for none of the bureau."""

    reason: str
    belongs_to: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """All that is said about one matter at one place, from the call to the callback.

    `unit` is the code of the unit it goes to; `answer` is what the operator says at once, "" where a unit
    must go and look; `reworked` is the unit's second reply, after a bad rating.
    """

    category: str
    unit: str
    source: Source
    place: Place
    title: str
    description: str
    answer: str
    replies: tuple[str, ...]
    reworked: str
    returns: tuple[ReturnText, ...]
    extensions: tuple[str, ...]
    thanks: tuple[str, ...]
    complaints: tuple[str, ...]


@cache
def texts() -> dict[str, dict[str, Any]]:
    """The sentences by category code, read once."""
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        return tomllib.load(file)


_CHOICE = re.compile(r"\[([^\[\]]*)\]")


def fill(rng: Random, template: str, place: Place) -> str:
    """The template with its slots filled and one of every [甲|乙] chosen."""
    chosen = _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), template)
    return chosen.format(place=place.spoken, since=rng.choice(_SINCE), ago=rng.choice(_AGO))


def callers(rng: Random, count: int) -> list[CallerText]:
    """`count` different citizens with different numbers; at most 10,000."""
    numbers = rng.sample(range(10_000), count)
    return [CallerText(_name(rng), f"1990000{number:04d}") for number in numbers]


def _name(rng: Random) -> str:
    return rng.choice(_SURNAMES) + rng.choice(_GIVEN_FIRST) + rng.choice(_GIVEN_LAST)


def draw(
    rng: Random,
    *,
    source: Source = "call",
    category: str | None = None,
    told: set[tuple[str, str]] | None = None,
) -> Scenario:
    """One matter; `category` is a code of CATEGORIES, None for one as often as it is heard.

    `told` is kept by the caller: what it holds, a matter at a place, is not drawn again, and
    what is drawn is added to it.
    """
    while True:
        code = category or rng.choices(CATEGORY_CODES, WEIGHTS)[0]
        matter = rng.choice(texts()[code]["matters"])
        place = rng.choice([place for place in PLACES if place.kind in matter["at"]])
        if told is None or (matter["title"], place.spoken) not in told:
            break
    if told is not None:
        told.add((matter["title"], place.spoken))
    return _scenario(rng, code, matter, place, source)


def _scenario(rng: Random, category: str, matter: dict[str, Any], place: Place, source: Source) -> Scenario:
    group = texts()[category]
    general = texts()["general"]
    known = next(known for known in CATEGORIES if known.code == category)
    unit = matter.get("unit", known.unit)
    enquiry = known.nature == "enquiry"
    opening = rng.choice((_ASKING if enquiry else _OPENINGS)[source])
    closing = rng.choice((_ASKED if enquiry else _CLOSINGS)[source])

    def filled(template: str) -> str:
        return fill(rng, template, place)

    return Scenario(
        category=category,
        unit=BRIGADES[place.district] if unit == "enforcement" else unit,
        source=source,
        place=place,
        title=filled(matter["title"]),
        description=opening + filled(matter["what"]) + closing,
        answer=filled(matter.get("answer", "")),
        replies=tuple(filled(reply) for reply in matter["replies"]),
        reworked=filled(rng.choice(group.get("reworked", general["reworked"]))),
        returns=tuple(ReturnText(filled(why), whose) for why, whose in group["returns"] if whose != unit),
        extensions=tuple(group["extensions"]),
        thanks=_remarks(matter.get("thanks"), group.get("thanks", general["thanks"])),
        complaints=_remarks(matter.get("complaint"), group.get("complaints", general["complaints"])),
    )


def _remarks(own: str | None, general: list[str]) -> tuple[str, ...]:
    """What fits this matter alone is heard as often as all that fits any matter."""
    return (own,) * len(general) + tuple(general) if own else tuple(general)


def callback_note(rng: Random, scenario: Scenario, *, resolved: bool, rating: int | None) -> str:
    """What the operator notes of a callback that reached the citizen; `rating` is 5 (best) to 1, or None."""
    if not resolved:
        said = rng.choice(scenario.complaints)
        return f"已回访，市民表示{said}，要求继续处理。已告知将退回承办单位重新办理。"
    if rating is not None and rating < LOWEST_GOOD_RATING:
        return f"已回访，市民表示{rng.choice(texts()['notes']['slow'])}。已致歉，并转承办单位改进。"
    said = rng.choice(scenario.thanks)
    if rating is None:
        return f"已回访，市民表示{said}，未作评价。"
    ending = rng.choice(("对办理结果认可", "没有其他诉求", "感谢回访", "同意结案"))
    return f"已回访，市民表示{said}，{ending}。"


def not_reached_note(rng: Random) -> str:
    """A callback that reached nobody."""
    return rng.choice(texts()["notes"]["not_reached"])


def urge_note(rng: Random) -> str:
    """What the centre or a supervisor writes when it presses a unit (催办)."""
    return rng.choice(texts()["notes"]["urges"])


def asked_again_note(rng: Random) -> str:
    """A further incoming call about a ticket there is already."""
    return rng.choice(texts()["notes"]["asked_again"])


def stray_call_note(rng: Random) -> str:
    """A call that is no matter for the hotline, and becomes no ticket."""
    return rng.choice(texts()["notes"]["stray"])
