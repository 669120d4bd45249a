"""A bureau with a one-stop window for tests, made by real verbs; and applications walked to their states."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from approvals import guides, incoming
from approvals.actions import Application, apply, bring_supplement, take
from approvals.models import ApprovalCase, BadRating, Incoming, ItemGuide
from portal.cases.actions import advance
from portal.cases.terms import local_day
from portal.organisation.actions import deactivate, hire, reactivate
from portal.organisation.actors import CITIZEN, SYSTEM, Role
from tests.bureau import FOUNDED, MONDAY, Bureau, make_bureau

# Made up, with check digits that fit.
ID_NUMBER, CREDIT_CODE, BUREAU_CODE = "330802199003071239", "91330802MA2DEM013R", "11330800MB0DEM019D"
STEPS = {
    "all": {"preliminary": 2, "survey": 3, "review": 1, "sign_off": 1},
    "joint": {"preliminary": 2, "survey": 3, "review": 1, "sign_off": 1},
    "short": {"preliminary": 2, "sign_off": 1},
    "direct": {"sign_off": 1},
}
NAMES = {
    "all": ("临时占用城市绿地审批", "Temporary use of green space"),
    "joint": ("工程建设项目联合审批", "Joint approval of construction projects"),
    "short": ("店招标牌备案", "Registration of shop signs"),
    "direct": ("建筑垃圾处置核准", "Disposal of construction waste"),
}
MATERIALS = (
    guides.Brought(name="申请表", originals=1, note="加盖公章"),
    guides.Brought(name="现场平面图", originals=0, copies=1),
    guides.Brought(name="授权委托书", originals=1, required=False),
)


def columns(item: str) -> dict[str, Any]:
    joint = item == "joint"
    return {
        "basis": "《城市绿化条例》第二十条",
        "conditions": "因建设或者其他特殊需要临时占用。",
        "statutory_days": 45 if joint else 20,
        "promised_days": 30 if joint else 7,
        "joint": joint,
        "extend_at_most": 15 if joint else 10,
        "fee": "不收费",
        "place": "测试市政务服务中心2楼城管窗口",
        "hours": "工作日 9:00–17:00",
        "phone": "0570-5550140",
        "certificate": "" if item == "direct" else "临时占用绿地许可证",
        "validity_months": None if item == "direct" else 12,
    }


def make_window() -> Bureau:
    """`make_bureau` with a second clerk and four items, whose guides are written, reviewed and published."""
    return add_window(make_bureau())


def add_window(bureau: Bureau) -> Bureau:
    """The same for a bureau that is there already."""
    for username, name, unit, role in (("clerk2", "口样例", "bureau", Role.CLERK),):
        if username not in bureau.staff:
            bureau.staff[username] = hire(
                username=username,
                name=name,
                roles=[role],
                unit=bureau.units[unit],
                encoded_password="!",
                actor=SYSTEM,
                at=FOUNDED,
            )
    for position, item in enumerate(STEPS, 1):
        publish(write_guide(bureau, item, position=position), bureau)
    return bureau


def write_guide(bureau: Bureau, item: str, *, position: int = 1, **more: Any) -> ItemGuide:
    name, name_en = NAMES[item]
    founded = guides.found_item(
        code=item,
        name=name,
        name_en=name_en,
        implementation_code=f"{BUREAU_CODE}40001170{position:05d}",
        unit=bureau.units["bureau"],
        position=position,
        actor=SYSTEM,
        at=FOUNDED,
    )
    return guides.write(
        founded,
        columns={**columns(item), **more},
        steps=STEPS[item],
        materials=MATERIALS,
        actor=bureau.actor("administrator"),
        at=FOUNDED,
    )


def publish(guide: ItemGuide, bureau: Bureau) -> ItemGuide:
    reviewed = guides.take(
        guide,
        "record_review",
        reviewer="法制科",
        review_number="法审〔2026〕3号",
        note="合法。",
        actor=bureau.actor("office_head"),
        at=FOUNDED,
    )
    return guides.take(reviewed, "publish", actor=bureau.actor("chief"), at=FOUNDED)


def guide_of(item: str) -> ItemGuide:
    return ItemGuide.objects.published().select_related("item").get(item__code=item)


def application(item: str = "all", **more: Any) -> Application:
    told: dict[str, Any] = {
        "applicant_kind": "person",
        "applicant_name": "测试市民",
        "applicant_number": ID_NUMBER,
        "phone": "19900000001",
        "subject_matter": "因管道施工，临时占用门前绿地20平方米。",
        "place": "青石路12号",
    }
    return Application(guide=guide_of(item), **{**told, **more})


def looked_at(case: ApprovalCase, *missing: int, unseen: tuple[int, ...] = ()) -> dict[int, tuple[bool, str]]:
    """Every material in order, but for those at the positions `missing`."""
    return {
        each.material_id: (False, "图上未标注尺寸") if each.material.position in missing else (True, "")
        for each in case.given
        if each.material.position not in unseen
    }


def case_in(state: str, bureau: Bureau, item: str = "all", *, at: datetime = MONDAY) -> ApprovalCase:
    """An application of the item, walked to `state` by those who may, all at `at`.

    Beyond the states: "received:in_order", ":missing", ":again", ":web", ":offered", ":left";
    "accepted:deemed", ":web", ":special", ":asked", ":extended"; "survey:arranged", ":signed";
    "serving:granted", ":denied"; "closed:rated".
    """
    return Walk(bureau, item, at).to(state)


class Walk:
    """One application on its way; each step by whoever may take it."""

    def __init__(self, bureau: Bureau, item: str, at: datetime) -> None:
        self.bureau, self.item, self.at = bureau, item, at
        self.case: ApprovalCase

    def to(self, state: str) -> ApprovalCase:
        base, _colon, way = state.partition(":")
        clerk = self.bureau.staff["clerk"]
        if not clerk.is_active:
            reactivate(staff=clerk, actor=SYSTEM, at=self.at)
            clerk.refresh_from_db()
        if way in ("web",) or state == "accepted:web":
            self.case = apply(application(self.item), actor=CITIZEN, at=self.at)
        else:
            self.case = apply(application(self.item), actor=self.bureau.actor("clerk"), at=self.at)
        getattr(self, f"to_{base}")(way)
        return ApprovalCase.objects.get(pk=self.case.pk)

    def take(self, name: str, who: str = "clerk", **entered: Any) -> None:
        actors = {"citizen": CITIZEN, "system": SYSTEM}
        actor = actors[who] if who in actors else self.bureau.actor(who)
        self.case = take(self.case, name, actor=actor, at=self.at, **entered)

    def check(self, *missing: int) -> None:
        self.take("check_materials", checked=looked_at(self.case, *missing, unseen=(3,)))

    def to_received(self, way: str) -> None:
        if way == "in_order":
            self.check()
        elif way in ("missing", "again"):
            self.check(2)
        if way == "again":
            self.take("ask_supplement")
            self.case = bring_supplement(self.case, {}, actor=CITIZEN, at=self.at)
        elif way == "offered":
            self.take("offer_handover", handover_to=self.bureau.staff["clerk2"])
        elif way == "left":
            deactivate(staff=self.bureau.staff["clerk"], actor=SYSTEM, at=self.at)
            self.bureau.staff["clerk"].refresh_from_db()

    def to_supplement(self, way: str) -> None:
        self.check(2)
        self.take("ask_supplement")

    def to_refused(self, way: str) -> None:
        self.take(
            "refuse",
            refusal_ground="not_this_agency",
            competent_agency="测试市水利局",
            note="不属于本机关职权。",
        )

    def to_withdrawn(self, way: str) -> None:
        self.take("withdraw", "citizen", note="不再需要。")

    def to_accepted(self, way: str = "") -> None:
        if way in ("deemed", "web"):
            self.take("deem_accepted", "system")
            return
        self.check()
        self.take("accept")
        if way == "special":
            self.take(
                "special_procedure", special_kind="hearing", days=5, note="涉及他人重大利益，依申请听证。"
            )
        elif way == "asked":
            self.take("ask_extension", extension_asked=10, note="案情复杂。")
        elif way == "extended":
            self.take("extend", "agency_head", extend_by=10, note="情况属实，同意延长。")

    def to_survey(self, way: str = "") -> None:
        self.to_accepted()
        self.take("pass_preliminary", recommendation="grant", note="材料齐全，符合条件。")
        if not way:
            return
        units = [self.bureau.units["greening"], self.bureau.units["bureau"]]
        self.take("arrange_survey", units=units, planned_at=self.at, place="青石路12号")
        self.opinion("clerk")
        if way == "signed":
            self.opinion("handler")

    def opinion(self, who: str) -> None:
        told = {"verdict": "agree", "opinion": "现场与申请一致，同意。"}
        self.take("sign_opinion", who, present=[self.bureau.staff[who]], **told)

    def to_review(self, way: str = "") -> None:
        if "review" not in STEPS[self.item]:
            raise ValueError(f"{self.item} has no review")
        self.to_survey("signed")
        self.take("conclude_survey")

    def to_sign_off(self, way: str = "") -> None:
        steps = STEPS[self.item]
        if "review" in steps:
            self.to_review()
            self.take("pass_review", "office_head", recommendation="grant", note="同意初审意见。")
            return
        self.to_accepted()
        if "preliminary" in steps:
            self.take("pass_preliminary", recommendation="grant", note="材料齐全，符合条件。")

    def to_granted(self, way: str = "") -> None:
        self.to_sign_off()
        today = local_day(self.at)
        until = None if self.item == "direct" else date(today.year + 1, today.month, today.day)
        self.take("grant", "chief", content="准予临时占用绿地20平方米。", valid_from=today, valid_until=until)

    def to_serving(self, way: str = "granted") -> None:
        if way == "denied":
            self.to_sign_off()
            self.take("deny", "chief", note="占用将损毁古树。", denial_basis="《城市绿化条例》第二十条")
            return
        self.to_granted()
        if self.case.guide.certificate:
            self.take("issue_certificate")

    def to_closed(self, way: str = "") -> None:
        self.to_serving()
        self.take("serve", served_by="hand", served_to="测试市民", served_on=local_day(self.at))
        if way == "rated":
            self.take("rate", "citizen", rating=5, rating_words="办得快。")


def incoming_in(state: str, bureau: Bureau, *, form: str = "document", at: datetime = MONDAY) -> Incoming:
    """Something that came in, walked to `state`; `form`: document, own (five days), request, same_day."""
    document = form in ("document", "own")
    arrival = incoming.Arrival(
        form="document" if document else "request",
        title="关于征求绿化方案意见的函" if document else "查询占道审批结果",
        sender="测试市住房和城乡建设局" if document else "测试市民",
        sender_number="测住建函〔2026〕8号" if document else "",
        sender_phone="" if document else "19900000001",
        content="请提出意见。",
        own_days=5 if form == "own" else None,
        same_day=form == "same_day",
    )
    made = incoming.register(arrival, actor=bureau.actor("clerk"), at=at)
    if state in ("assigned", "closed"):
        advance(made, "assign", actor=bureau.actor("clerk"), at=at, unit=bureau.units["greening"])
    if state == "closed":
        advance(made, "reply", actor=bureau.actor("handler"), at=at, reply="无意见。")
    return Incoming.objects.get(pk=made.pk)


def bad_rating_in(state: str, bureau: Bureau, *, at: datetime = MONDAY) -> BadRating:
    """A bad rating of an application that the clerk owned, walked to `state`."""
    rated = case_in("closed", bureau, "direct", at=at)
    take(rated, "rate", actor=CITIZEN, at=at, rating=2, rating_words="等得太久。")
    task = BadRating.objects.get(approval=rated)
    if state in ("contacted", "closed"):
        advance(task, "call_back", actor=bureau.actor("office_head"), at=at, note="已电话联系。")
    if state == "closed":
        advance(task, "put_right", actor=bureau.actor("office_head"), at=at, note="已当面说明并致歉。")
    return BadRating.objects.get(pk=task.pk)
