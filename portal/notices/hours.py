"""When a message may reach somebody's telephone: nobody is woken by the bureau. Pure."""

from __future__ import annotations

from datetime import datetime, time

from portal.cases.terms import ONE_DAY, SHANGHAI

FIRST, LAST = time(8, 30), time(20, 30)


def is_sendable(at: datetime) -> bool:
    """Whether an aware moment lies in [08:30, 20:30) of Shanghai's day."""
    return FIRST <= at.astimezone(SHANGHAI).time() < LAST


def sendable_from(at: datetime) -> datetime:
    """`at` itself when a message may go out then, else the next 08:30 in Shanghai."""
    local = at.astimezone(SHANGHAI)
    if is_sendable(at):
        return at
    day = local.date() if local.time() < FIRST else local.date() + ONE_DAY
    return datetime.combine(day, FIRST, SHANGHAI)
