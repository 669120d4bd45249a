"""Working days before today, and after the founding: by these the app tells its part of the story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.cases.terms import ONE_DAY, local_day
from portal.site.story import Story


@dataclass
class Days:
    story: Story

    def __post_init__(self) -> None:
        self.calendar = self.story.calendar
        # Today, or the working day after it: limits end on working days.
        self.base = self.calendar.roll_on(self.story.today)
        self.founded = local_day(self.story.founded)

    def before(self, back: int) -> date:
        """The working day that lies so many working days before today."""
        day, wanted = self.base, self.calendar.ordinal(self.base) - back
        while self.calendar.ordinal(day) != wanted or not self.calendar.is_working(day):
            day -= ONE_DAY
        return day

    def after_founding(self, count: int) -> date:
        """The `count`-th working day after the one on which the portal was founded."""
        return self.calendar.add_workdays(self.founded, count)

    def since_founding(self, *, but: int) -> list[date]:
        """All working days after the founding, but for the last `but` before today, and today."""
        first, last = self.after_founding(1), self.before(but + 1)
        return [
            day
            for day in (first + ONE_DAY * number for number in range((last - first).days + 1))
            if self.calendar.is_working(day)
        ]
