"""The demonstration bureau: its units, and staff in every role, made by the verbs that a real one uses.

Nothing of it is secret, and nothing of it belongs in a real installation: one password for all, whose hash
is made once and shared with its salt, and second factors with a secret that follows from the user name.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from portal.organisation.actions import create_unit, enrol_second_factor, hire
from portal.organisation.actors import NEEDS_SECOND_FACTOR, SYSTEM, Role
from portal.organisation.models import Unit

ROOT = "yunxi"
PASSWORD = "yunxi-12319-demo"  # noqa: S105 - printed for everyone who tries the portal
FOUNDED_DAYS_AGO = 200
# These sign with their second factor, and have one here so that signing can be tried.
SIGNS_DOCUMENTS = frozenset({Role.OFFICE_HEAD, Role.CHIEF_REPRESENTATIVE})

# code, code of the unit above, name, name in English, phone
UNITS = (
    (ROOT, None, "云溪市城市管理局", "Yunxi Urban Management Bureau", "0570-5550100"),
    ("hotline", ROOT, "12319指挥中心", "12319 Hotline Centre", "12319"),
    ("appearance", ROOT, "市容管理科", "City Appearance Section", "0570-5550121"),
    ("sanitation", ROOT, "环境卫生管理处", "Environmental Sanitation Division", "0570-5550122"),
    ("facilities", ROOT, "市政设施养护中心", "Municipal Facilities Maintenance Centre", "0570-5550123"),
    ("greening", ROOT, "园林绿化管理处", "Parks and Greening Division", "0570-5550124"),
    ("advertising", ROOT, "户外广告管理科", "Outdoor Advertising Section", "0570-5550125"),
    ("dust", ROOT, "渣土与扬尘管理科", "Construction Waste and Dust Section", "0570-5550126"),
    ("parking", ROOT, "停车管理中心", "Parking Management Centre", "0570-5550127"),
    ("enforcement", ROOT, "综合行政执法支队", "Law Enforcement Detachment", "0570-5550130"),
    ("east", "enforcement", "东溪执法大队", "East Creek Enforcement Brigade", "0570-5550131"),
    ("west", "enforcement", "西岭执法大队", "West Ridge Enforcement Brigade", "0570-5550132"),
    ("lake", "enforcement", "南湖执法大队", "South Lake Enforcement Brigade", "0570-5550133"),
    ("permits", ROOT, "行政审批办公室", "Administrative Approval Office", "0570-5550140"),
    ("disclosure", ROOT, "政务公开办公室", "Government Disclosure Office", "0570-5550150"),
    ("efficiency", ROOT, "效能监察室", "Efficiency Supervision Office", "0570-5550160"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """One demonstration account. `secret` is for an authenticator app, None where the role uses none."""

    username: str
    role: Role
    unit: str
    name: str
    title: str

    @property
    def secret(self) -> str | None:
        uses_one = self.role in NEEDS_SECOND_FACTOR | SIGNS_DOCUMENTS
        return demonstration_secret(self.username) if uses_one else None


def demonstration_secret(username: str) -> str:
    """The same on every machine, so that a phone that learnt it once keeps working."""
    digest = hashlib.sha256(f"demonstration second factor of {username}".encode()).digest()
    return base64.b32encode(digest[:20]).decode()


# The first account of a role is the one that is shown. The names say that nobody is called so.
ACCOUNTS = (
    Account("operator", Role.OPERATOR, "hotline", "云接线", "话务员"),
    Account("operator2", Role.OPERATOR, "hotline", "溪接听", "话务员"),
    Account("handler", Role.HANDLER, "sanitation", "洁示例", "承办人"),
    Account("handler_sanitation", Role.HANDLER, "sanitation", "扫示例", "承办人"),
    Account("handler_appearance", Role.HANDLER, "appearance", "容示例", "承办人"),
    Account("handler_facilities", Role.HANDLER, "facilities", "路示例", "承办人"),
    Account("handler_greening", Role.HANDLER, "greening", "林示例", "承办人"),
    Account("handler_advertising", Role.HANDLER, "advertising", "牌示例", "承办人"),
    Account("handler_dust", Role.HANDLER, "dust", "尘示例", "承办人"),
    Account("handler_parking", Role.HANDLER, "parking", "泊示例", "承办人"),
    Account("handler_enforcement", Role.HANDLER, "enforcement", "执示例", "支队值班员"),
    Account("handler_east", Role.HANDLER, "east", "东示例", "大队内勤"),
    Account("handler_west", Role.HANDLER, "west", "西示例", "大队内勤"),
    Account("handler_lake", Role.HANDLER, "lake", "湖示例", "大队内勤"),
    # Who answers for what the centre and the office have pledged.
    Account("handler_hotline", Role.HANDLER, "hotline", "线示例", "热线中心内勤"),
    Account("handler_permits", Role.HANDLER, "permits", "批示例", "审批办内勤"),
    Account("clerk", Role.CLERK, "permits", "窗样例", "窗口工作人员"),
    Account("clerk2", Role.CLERK, "permits", "口样例", "窗口工作人员"),
    Account("office_head", Role.OFFICE_HEAD, "permits", "审样例", "审批办主任"),
    Account("chief", Role.CHIEF_REPRESENTATIVE, "permits", "签样例", "首席代表"),
    Account("agency_head", Role.AGENCY_HEAD, ROOT, "局样例", "副局长"),
    Account("disclosure", Role.DISCLOSURE_OFFICER, "disclosure", "公样例", "政务公开专员"),
    Account("secrecy", Role.SECRECY_REVIEWER, "disclosure", "密样例", "保密审查员"),
    Account("supervisor", Role.SUPERVISOR, "efficiency", "督样例", "效能监察员"),
    Account("administrator", Role.ADMINISTRATOR, ROOT, "管样例", "系统管理员"),
)


def accounts() -> tuple[Account, ...]:
    return ACCOUNTS


def is_loaded() -> bool:
    return Unit.objects.filter(code=ROOT).exists()


@transaction.atomic
def load(*, today: date, seed: int, progress: Callable[[str, int, int], None]) -> None:
    """Found the bureau, `FOUNDED_DAYS_AGO` calendar days before `today`, at nine in the morning.

    Nothing here is left to chance, so that `seed` changes nothing. Does nothing when it is loaded already.
    """
    if is_loaded():
        return
    at = founded_at(today)
    steps = len(UNITS) + len(ACCOUNTS)
    units: dict[str, Unit] = {}
    for done, (code, above, name, name_en, phone) in enumerate(UNITS, start=1):
        units[code] = create_unit(
            code=code,
            parent=units[above] if above else None,
            name=name,
            name_en=name_en,
            phone=phone,
            actor=SYSTEM,
            at=at,
        )
        progress("units", done, steps)
    # Twenty hashes would take longer than all the rest.
    encoded = make_password(PASSWORD)
    for done, account in enumerate(ACCOUNTS, start=len(UNITS) + 1):
        staff = hire(
            username=account.username,
            name=account.name,
            roles=[account.role],
            unit=units[account.unit],
            title=account.title,
            phone=f"0570-5550{200 + done}",
            encoded_password=encoded,
            actor=SYSTEM,
            at=at,
        )
        if account.secret:
            enrol_second_factor(staff=staff, secret=account.secret, actor=SYSTEM, at=at)
        progress("staff", done, steps)


def founded_at(today: date) -> datetime:
    """When the demonstration bureau began, as an aware datetime."""
    day = today - timedelta(days=FOUNDED_DAYS_AGO)
    return timezone.make_aware(datetime.combine(day, time(9)))
