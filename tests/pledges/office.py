"""A bureau that pledges: the small one of all tests, people who may sign, and pledges walked to a state."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from pledges import actions
from pledges.actions import Draft, Promise
from pledges.complaints import Grievance, complain
from pledges.models import Breach, Pledge, PledgeVersion
from portal.cases.actions import advance
from portal.organisation.actions import change_details, hire
from portal.organisation.actors import CITIZEN, SYSTEM, Actor, Role
from portal.organisation.second_factor import Confirmation
from tests.bureau import FOUNDED, MONDAY, Bureau, make_bureau

TEXTS = (
    "群众来电反映的绿化问题，1个工作日内到场查看。",
    "三个工作日内办结群众反映的一般问题。",
    "办理结果主动告知来电人，听取意见。",
)


def make_office() -> Bureau:
    """The bureau of all tests; signers have a title, and there is a second disclosure officer to review."""
    bureau = make_bureau()
    for username, title in (("office_head", "办公室主任"), ("chief", "首席代表")):
        change_details(staff=bureau.staff[username], title=title, actor=SYSTEM, at=FOUNDED)
    for username, name, unit, role in (
        ("disclosure2", "阅样例", "bureau", Role.DISCLOSURE_OFFICER),
        ("supervisor_greening", "察样例", "greening", Role.SUPERVISOR),
    ):
        bureau.staff[username] = hire(
            username=username,
            name=name,
            roles=[role],
            unit=bureau.units[unit],
            encoded_password="!",
            actor=SYSTEM,
            at=FOUNDED,
        )
    for staff in bureau.staff.values():
        staff.refresh_from_db()
    return bureau


def draft(*texts: str, **more) -> Draft:
    """Without texts three plain clauses; `measured` in **more puts the hotline's measure on the second."""
    measured = more.pop("measured", False)
    promises = [Promise(text) for text in texts or TEXTS]
    if measured:
        promises[1] = Promise(promises[1].text, "hotline.closed_within", 3, Decimal(95))
    given = {
        "title": "园林绿化服务公开承诺书",
        "preamble": "为方便群众监督，现公开承诺如下。",
        "closing": "以上承诺，请社会监督。",
        "phone": "0570-5550124",
        "fax": "0570-5550125",
        "email": "greening@portal.invalid",
        "valid_from": date(2026, 11, 2),
        "valid_until": date(2027, 12, 31),
    }
    return Draft(clauses=promises, **{**given, **more})


def confirmed(actor: Actor, at: datetime) -> Confirmation:
    assert actor.id is not None
    return Confirmation(actor.id, at)


def take(
    version: PledgeVersion, name: str, bureau: Bureau, who: str, at: datetime, note: str = ""
) -> PledgeVersion:
    actor = bureau.actor(who)
    seal = confirmed(actor, at) if name == "sign" else None
    return actions.take(version, name, actor=actor, at=at, note=note, confirmed=seal)


def version_in(
    state: str, bureau: Bureau, *, at: datetime = MONDAY, pledge: Pledge | None = None, **more
) -> PledgeVersion:
    """A pledge of the greening division: written by its handler, reviewed, signed and published by others."""
    handler = bureau.actor("handler")
    if pledge is None:
        version = actions.begin(bureau.units["greening"], draft(**more), actor=handler, at=at)
    else:
        version = actions.begin_next(pledge, draft(**more), actor=handler, at=at)
    way = [("review", "disclosure"), ("sign", "chief"), ("publish", "disclosure")]
    reached = {"draft": 0, "reviewed": 1, "signed": 2, "published": 3, "superseded": 3, "withdrawn": 3}[state]
    for name, who in way[:reached]:
        version = take(version, name, bureau, who, at)
    if state == "superseded":
        version_in("published", bureau, at=at + timedelta(hours=1), pledge=version.pledge, **more)
    elif state == "withdrawn":
        version = take(version, "withdraw", bureau, "disclosure", at, "职责已调整，由其他单位承担。")
    version.refresh_from_db()
    return version


def breach_in(
    state: str, bureau: Bureau, version: PledgeVersion, *, at: datetime = MONDAY, clause: int = 1, **more
) -> Breach:
    """A citizen's complaint about a clause, walked to a state by the supervisor and the unit's handler."""
    told = {"description": "反映三天无人到场。", "name": "测试市民", "phone": "19900000002", **more}
    found = version.clauses.get(position=clause)
    breach = complain(Grievance(clause=found, **told), actor=CITIZEN, at=at)
    actor = bureau.actor

    def step(name: str, who: str, **given) -> None:
        advance(breach, name, actor=actor(who), at=at, **given)

    if state == "refused":
        step("refuse", "supervisor", note="不属于承诺事项。")
    elif state != "received":
        step("accept", "supervisor")
        if state != "accepted":
            step("investigate", "supervisor")
            if state == "rejected":
                step("reject", "supervisor", finding="现场记录显示当日已到场。")
            elif state != "investigating":
                step("uphold", "supervisor", finding="经查，确未按时到场。", put_right_days=5)
                if state != "upheld":
                    step("put_right", "handler", remedy="已到场处理，并增加巡查班次。")
                    if state == "closed":
                        step("close", "supervisor")
    breach.refresh_from_db()
    return breach
