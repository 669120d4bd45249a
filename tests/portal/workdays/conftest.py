from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.organisation.actors import SYSTEM, Actor, Role
from portal.workdays.actions import seed_calendar
from portal.workdays.calendar import Calendar
from portal.workdays.models import CalendarVersion
from portal.workdays.planning import seed_days, seed_notices

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def seeded() -> Calendar:
    """The calendar that comes with the portal, as a value."""
    return Calendar(seed_days(seed_notices()))


@pytest.fixture
def loaded(db: None) -> None:
    """The same calendar in the database."""
    if not CalendarVersion.objects.exists():
        seed_calendar(at=AT, actor=SYSTEM)


@pytest.fixture
def at() -> datetime:
    return AT


@pytest.fixture
def supervisor() -> Actor:
    return Actor(id=7, name="督查员", roles=frozenset({Role.SUPERVISOR}))
