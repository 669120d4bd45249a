"""A small bureau for tests, made by the verbs that a real one uses; and tickets walked to their states."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from hotline import actions as hotline
from hotline.models import Category, Nature, Ticket
from portal.cases.actions import advance
from portal.cases.terms import SHANGHAI
from portal.organisation.actions import create_unit, hire
from portal.organisation.actors import SYSTEM, Actor, Role
from portal.organisation.models import Staff, Unit
from portal.workdays.actions import seed_calendar
from portal.workdays.models import CalendarVersion


def moment(text: str) -> datetime:
    """2026-11-23 09:00, in Asia/Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


FOUNDED = moment("2026-01-05 09:00")
# A Monday with no holiday near: limits of a few days are easy to count by hand.
MONDAY = moment("2026-11-02 09:00")


@dataclass(slots=True)
class Bureau:
    """Units by code, staff by user name; `actor("operator")` is who acts."""

    units: dict[str, Unit] = field(default_factory=dict)
    staff: dict[str, Staff] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)

    def actor(self, username: str) -> Actor:
        return self.staff[username].actor()


ROOT_UNITS = {
    "bureau": ("测试市城市管理局", "Test City Urban Management Bureau"),
    "hotline": ("12319指挥中心", "12319 Hotline Centre"),
    "greening": ("园林绿化管理处", "Parks and Greening Division"),
    "roads": ("市政设施养护中心", "Municipal Facilities Centre"),
}
PEOPLE = {
    "operator": ("接样例", "hotline", Role.OPERATOR),
    "operator2": ("听样例", "hotline", Role.OPERATOR),
    "handler": ("林样例", "greening", Role.HANDLER),
    "handler_roads": ("路样例", "roads", Role.HANDLER),
    "clerk": ("窗样例", "bureau", Role.CLERK),
    "office_head": ("审样例", "bureau", Role.OFFICE_HEAD),
    "chief": ("签样例", "bureau", Role.CHIEF_REPRESENTATIVE),
    "agency_head": ("局样例", "bureau", Role.AGENCY_HEAD),
    "disclosure": ("公样例", "bureau", Role.DISCLOSURE_OFFICER),
    "secrecy": ("密样例", "bureau", Role.SECRECY_REVIEWER),
    "supervisor": ("督样例", "bureau", Role.SUPERVISOR),
    "administrator": ("管样例", "bureau", Role.ADMINISTRATOR),
}


def make_bureau() -> Bureau:
    """The calendar, four units, one person a role (two operators, two handlers), and three categories."""
    if not CalendarVersion.objects.exists():
        seed_calendar(at=FOUNDED, actor=SYSTEM)
    made = Bureau()
    for code, (name, name_en) in ROOT_UNITS.items():
        parent = None if code == "bureau" else made.units["bureau"]
        made.units[code] = create_unit(
            code=code, name=name, name_en=name_en, parent=parent, actor=SYSTEM, at=FOUNDED
        )
    for username, (name, unit, role) in PEOPLE.items():
        made.staff[username] = hire(
            username=username,
            name=name,
            roles=[role],
            unit=made.units[unit],
            encoded_password="!",
            actor=SYSTEM,
            at=FOUNDED,
        )
    for position, (code, name, nature, unit) in enumerate(
        [
            ("trees", "绿化养护", Nature.ORDINARY, "greening"),
            ("potholes", "路面破损", Nature.ORDINARY, "roads"),
            ("questions", "政策咨询", Nature.ENQUIRY, "hotline"),
        ]
    ):
        made.categories[code] = hotline.create_category(
            code=code,
            name=name,
            name_en=code.title(),
            nature=nature,
            usual_unit=made.units[unit],
            position=position,
            actor=SYSTEM,
            at=FOUNDED,
        )
    return made


def matter(bureau: Bureau, category: str = "trees", **more) -> hotline.Matter:
    told = {
        "place": "青石路12号",
        "description": "行道树的枝条压到了人行道上，行人要绕到车道走。",
        "caller_name": "测试市民",
        "caller_phone": "19900000001",
    }
    return hotline.Matter(category=bureau.categories[category], **{**told, **more})


def ticket(bureau: Bureau, state: str = "received", *, at: datetime = MONDAY, **more) -> Ticket:
    """A ticket of the greening division, walked to `state` by those who may, all at `at`.

    Beyond the workflow's states, "reached" is a replied ticket whose caller was reached and is content, and
    "complained" one whose caller is not.
    """
    actor = bureau.actor
    made = hotline.log_call(matter(bureau, **more), actor=actor("operator"), at=at)
    if state == "received":
        return made
    advance(made, "dispatch", actor=actor("operator"), at=at, unit=bureau.units["greening"])
    if state == "returned":
        advance(made, "return", actor=actor("handler"), at=at, note="不属于本单位职责。")
    elif state != "dispatched":
        advance(made, "sign", actor=actor("handler"), at=at)
        if state != "handling":
            hotline.reply(made, text="已派人修剪，现场已清理。", actor=actor("handler"), at=at)
            if state == "complained":
                hotline.call_back(
                    made, reached=True, resolved=False, rating=2, actor=actor("operator"), at=at
                )
            elif state != "replied":
                hotline.call_back(made, reached=True, resolved=True, rating=5, actor=actor("operator"), at=at)
                if state == "closed":
                    advance(made, "close", actor=actor("operator"), at=at)
    made.refresh_from_db()
    return made
