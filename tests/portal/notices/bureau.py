"""A small bureau for the tests of notices and cards, made by the verbs, with its calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from hotline.actions import Matter, create_category, log_call
from hotline.models import Category, Nature, Ticket
from portal.cases.actions import advance
from portal.organisation import second_factor
from portal.organisation.actions import create_unit, hire
from portal.organisation.actors import NEEDS_SECOND_FACTOR, SYSTEM, Actor, Role
from portal.organisation.models import Staff, Unit
from portal.workdays.actions import seed_calendar
from portal.workdays.models import CalendarVersion

# Monday 23 November 2026, ten in the morning in Shanghai.
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
FOUNDED = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
PHONE, EMAIL = "13900000001", "somebody@example.invalid"


@dataclass(frozen=True)
class Bureau:
    centre: Unit
    greening: Unit
    roads: Unit
    category: Category
    staff: dict[str, Staff]

    def actor(self, name: str) -> Actor:
        return self.staff[name].actor()

    def ticket(self, *, at: datetime = AT, **matter: Any) -> Ticket:
        """A call that the operator logged, not dispatched yet."""
        given = {
            "category": self.category,
            "place": "青石路口",
            "description": "路灯不亮",
            "caller_name": "张三",
            "caller_phone": PHONE,
        }
        return log_call(Matter(**{**given, **matter}), actor=self.actor("operator"), at=at)

    def dispatched(self, *, at: datetime = AT, unit: Unit | None = None, **matter: Any) -> Ticket:
        ticket = self.ticket(at=at, **matter)
        unit = unit or self.greening
        return advance(ticket, "dispatch", actor=self.actor("operator"), at=at, unit=unit)

    def handled(self, *, at: datetime = AT, **matter: Any) -> Ticket:
        return advance(self.dispatched(at=at, **matter), "sign", actor=self.actor("handler"), at=at)

    def client(self, name: str) -> Client:
        """A browser in which this person has signed in, with the second factor where the role needs one."""
        client = Client()
        staff = self.staff[name]
        client.force_login(staff)
        if not NEEDS_SECOND_FACTOR.isdisjoint(staff.roles):
            session = client.session
            second_factor.mark_passed(session, staff)
            session.save()
        return client


def found() -> Bureau:
    if not CalendarVersion.objects.exists():
        seed_calendar(at=FOUNDED, actor=SYSTEM)

    def unit(code: str, name: str) -> Unit:
        return create_unit(name=name, name_en=code.title(), code=code, actor=SYSTEM, at=FOUNDED)

    centre, greening, roads = (
        unit("hotline", "热线中心"),
        unit("greening", "园林处"),
        unit("roads", "市政中心"),
    )
    people = {
        "operator": ([Role.OPERATOR], centre, ""),
        "handler": ([Role.HANDLER], greening, ""),
        "mailed": ([Role.HANDLER], roads, "roads@example.invalid"),
        "clerk": ([Role.CLERK], roads, ""),
        "office_head": ([Role.OFFICE_HEAD], roads, ""),
        "chief_representative": ([Role.CHIEF_REPRESENTATIVE], roads, ""),
        "disclosure_officer": ([Role.DISCLOSURE_OFFICER], roads, ""),
        "secrecy_reviewer": ([Role.SECRECY_REVIEWER], roads, ""),
        "supervisor": ([Role.SUPERVISOR], None, ""),
        "supervisor2": ([Role.SUPERVISOR], None, ""),
        "administrator": ([Role.ADMINISTRATOR], None, ""),
    }
    staff = {
        username: hire(
            username=username,
            name=f"示例{username}",
            roles=roles,
            unit=of_unit,
            email=email,
            actor=SYSTEM,
            at=FOUNDED,
        )
        for username, (roles, of_unit, email) in people.items()
    }
    category = create_category(
        code="lamps",
        name="路灯",
        name_en="Street lamps",
        nature=Nature.ORDINARY,
        usual_unit=greening,
        position=1,
        actor=SYSTEM,
        at=FOUNDED,
    )
    return Bureau(centre, greening, roads, category, staff)
