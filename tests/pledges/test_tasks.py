"""What the clock does for pledges: the days that are over in Shanghai, once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine

from pledges.models import Result
from pledges.tasks import measure
from portal.celery import app
from tests.pledges.office import version_in


@pytest.fixture
def measured(bureau):
    """Published, and in force, from Monday the 2nd of November 2026."""
    return version_in("published", bureau, measured=True)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2026, 11, 4, 16, 20, tzinfo=UTC), date(2026, 11, 4)),  # twenty past midnight in Shanghai
        (datetime(2026, 11, 4, 15, 59, tzinfo=UTC), date(2026, 11, 3)),
    ],
)
def test_the_task_measures_the_days_that_ended_in_shanghai(measured, now, last):
    with time_machine.travel(now, tick=False):
        found = measure()
        assert measure() == 0
    days = list(Result.objects.order_by("day").values_list("day", "measured_at"))
    assert days == [(date(2026, 11, day), now) for day in range(2, last.day + 1)]
    assert found == len(days)
    assert measure.name == "pledges.tasks.measure"


def test_beat_wakes_it_every_hour():
    entry = app.conf.beat_schedule["measure"]
    assert entry["task"] == measure.name
    assert entry["schedule"].minute == {20}
    assert entry["schedule"].hour == set(range(24))
    assert entry["options"]["expires"] < 3600
