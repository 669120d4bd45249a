"""Half a year of the one-stop window: 116 applications received and closed, and what is under way today."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from approvals import demonstration_texts as texts
from approvals import drafts, permits
from approvals.demonstration_guides import found_items
from approvals.demonstration_incoming import Mail
from approvals.demonstration_steps import EXTENDED_BY, LATE_BY, SPECIAL_DAYS, Course
from approvals.demonstration_way import Window
from approvals.models import ServiceItem
from portal.cases.terms import ONE_DAY
from portal.site.story import Story

HALF_YEAR_DAYS = 183
# What is under way was received in so many working days before today; the half year ends before them.
LATELY = 6
# Where promises were missed, so many working days into the half year: before anybody pledged anything.
LONG_AGO = 45

# Of construction projects, whose charges stand on one bill (一票制): 107.
CONSOLIDATED = {
    "plan-review": 52,
    "construction-waste": 20,
    "drainage": 9,
    "road-digging": 8,
    "road-occupation": 8,
    "temporary-works": 5,
    "sanitation-removal": 3,
    "trees": 2,
}
# 9.
OTHERS = {"outdoor-ads": 3, "banners": 2, "special-vehicles": 2, "domestic-waste": 1, "green-space": 1}
RECEIVED = sum(CONSOLIDATED.values()) + sum(OTHERS.values())

# What the first applications of an item went through; the others went as they should.
EXTRAORDINARY: dict[str, tuple[dict[str, Any], ...]] = {
    "plan-review": (
        {"denied": True},
        {"denied": True, "bad": True},
        {"sent_back": True},
        {"web": True, "untaken": True},
        {"handed_over": True},
        {"special": True},
    ),
    "construction-waste": ({"special": True}, {"late": True, "bad": True}, {"sent_back": True}),
    "drainage": ({"extended": True}, {"unrated": True}),
    "road-digging": ({"denied": True}, {"late": True}),
    "road-occupation": ({"handed_over": True},),
    "outdoor-ads": ({"denied": True},),
    "domestic-waste": ({"extended": True, "special": True},),
}
WEB_OF_TEN, SUPPLEMENTS_OF_TEN = 2, 1

# What is under way: working days since it was received, hours of that day, and where it stands now.
UNDER_WAY: tuple[tuple[int, tuple[int, int], Course], ...] = (
    (4, (9, 11), Course(item="outdoor-ads", left_in="received")),
    (1, (17, 22), Course(item="special-vehicles", web=True, left_in="received:web")),
    (2, (17, 22), Course(item="green-space", web=True, left_in="received:web")),
    (3, (9, 11), Course(item="trees", supplement=True, left_in="supplement")),
    (1, (9, 11), Course(item="outdoor-ads", left_in="accepted")),
    (1, (9, 11), Course(item="road-occupation", left_in="survey")),
    (2, (9, 11), Course(item="green-space", left_in="survey:one_to_sign")),
    (4, (9, 11), Course(item="temporary-works", left_in="survey:one_to_sign")),
    (2, (9, 11), Course(item="drainage", left_in="review")),
    (1, (9, 11), Course(item="plan-review", consolidated=True, left_in="sign_off")),
    (1, (9, 11), Course(item="banners", left_in="sign_off")),
    (1, (9, 11), Course(item="special-vehicles", left_in="granted")),
    (1, (9, 11), Course(item="banners", left_in="serving")),
    (1, (9, 11), Course(item="trees", handed_over=True, left_in="offered")),
    (3, (9, 11), Course(item="domestic-waste", extended=True, left_in="extension_asked")),
    (3, (9, 11), Course(item="construction-waste", consolidated=True, special=True, left_in="special")),
)
REFUSED = (4, Course(item="road-digging", left_in="received"))
WITHDRAWN = (5, Course(item="outdoor-ads", left_in="accepted"))
# What came in over the counter in so many working days and was answered; three of each are open.
MAIL_DAYS, DOCUMENTS, REQUESTS = 62, 9, 9


def plan(story: Story) -> None:
    """The items when the bureau is founded; then applications, in the order of time."""
    if ServiceItem.objects.exists():
        return
    HalfYear(story).plan_all()


@dataclass
class HalfYear:
    """When what is received; `told` counts the applications so far, of `total`."""

    story: Story
    told: int = 0
    total: int = 0
    plots: list[texts.ProjectText] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = self.story.rng
        self.window = Window(self.story, found_items(self.story), self.count)
        self.calendar = self.story.calendar
        # Today, or the working day after it: limits end on working days.
        self.base = self.calendar.roll_on(self.story.today)

    def count(self) -> None:
        self.told += 1
        self.story.progress("window", self.told, self.total)

    def working_day(self, back: int) -> date:
        """The working day that lies so many working days before today."""
        day, wanted = self.base, self.calendar.ordinal(self.base) - back
        while self.calendar.ordinal(day) != wanted or not self.calendar.is_working(day):
            day -= ONE_DAY
        return day

    def plan_all(self) -> None:
        courses = [
            *self.courses(CONSOLIDATED, consolidated=True),
            *self.courses(OTHERS, consolidated=False),
        ]
        self.total = len(courses) + len(UNDER_WAY) + 2
        for course in courses:
            self.plan_course(course)
        for back, (first, last), course in UNDER_WAY:
            self.receive_on(self.working_day(back), first, last, course)
        self.plan_refused_and_withdrawn()
        self.plan_permits()
        self.plan_draft()
        Mail(self.story, self.window.clerks, self.working_day).plan(
            days=MAIL_DAYS, documents=DOCUMENTS, requests=REQUESTS
        )

    # The half year ------------------------------------------------------------------------------------------

    def courses(self, how_many: dict[str, int], *, consolidated: bool) -> list[Course]:
        made = []
        for item, count in how_many.items():
            known = EXTRAORDINARY.get(item, ())
            for number in range(count):
                course = Course(item=item, consolidated=consolidated)
                if number < len(known):
                    course = replace(course, **known[number])
                else:
                    course = replace(
                        course,
                        web=self.rng.randrange(10) < WEB_OF_TEN,
                        supplement=self.rng.randrange(10) < SUPPLEMENTS_OF_TEN,
                    )
                made.append(self.at_a_plot(course))
        return made

    def at_a_plot(self, course: Course) -> Course:
        """Each review of plans is of a project of its own."""
        if not texts.is_about_a_project(course.item):
            return course
        if not self.plots:
            self.plots = texts.projects(self.rng, CONSOLIDATED[course.item] + 1)
        return replace(course, project=self.plots.pop())

    def plan_course(self, course: Course) -> None:
        """Received so early that it is closed before those that are under way were received."""
        first = self.calendar.ordinal(
            self.calendar.roll_on(self.story.today - timedelta(days=HALF_YEAR_DAYS))
        )
        last = self.calendar.ordinal(self.base) - LATELY - 1 - self.longest(course)
        if course.late or course.untaken:
            last = first + LONG_AGO
        # There is more to do from month to month.
        day = max(self.rng.randrange(first, last + 1), self.rng.randrange(first, last + 1))
        back = self.calendar.ordinal(self.base) - day
        self.receive_on(self.working_day(back), 8, 22 if course.web else 16, course)

    def longest(self, course: Course) -> int:
        """In how many working days an application is closed at the latest, service and all."""
        promised = texts.item(course.item).promised_days
        interludes = (
            (course.web, 1),
            (course.untaken, 6),
            (course.supplement, 9),
            (course.sent_back, 4),
            (course.handed_over, 2),
            (course.special, SPECIAL_DAYS + 1),
            (course.extended, EXTENDED_BY),
            (course.late, LATE_BY),
        )
        # A day to issue the certificate, two to serve it, one to spare.
        return promised + 4 + sum(days for happens, days in interludes if happens)

    def receive_on(self, day: date, first: int, last: int, course: Course) -> None:
        self.story.plan(self.story.moment(day, first, last), partial(self.window.receive, course))

    # What came of it, lately --------------------------------------------------------------------------------

    def plan_refused_and_withdrawn(self) -> None:
        for (back, course), deed in ((REFUSED, self.window.refuse), (WITHDRAWN, self.window.withdraw)):
            self.receive_on(self.working_day(back), 9, 11, course)
            at = self.story.moment(self.working_day(back - 1), 13, 16)
            self.story.plan(at, partial(self.end, course, deed))

    def end(self, course: Course, deed: Any, at: datetime) -> None:
        deed(next(each for each in self.window.affairs if each.course is course), at)

    def plan_permits(self) -> None:
        """Of the permits of the half year one is suspended, one changed, one revoked, one rated badly."""
        for back, deed in ((6, self.change), (4, self.suspend), (2, self.revoke)):
            self.story.plan(self.story.moment(self.working_day(back)), deed)
        self.story.plan(self.story.moment(self.working_day(1), 18, 22), self.rate_badly)

    def granted(self, item: str) -> Any:
        """The permit of the last application of an item that was granted and closed."""
        return next(
            each.case.permit
            for each in reversed(self.window.affairs)
            if each.course.item == item and each.case.state == "closed" and each.case.outcome == "granted"
        )

    def change(self, at: datetime) -> None:
        permit = self.granted("drainage")
        permits.take(
            permit,
            "change",
            actor=self.window.chief,
            at=at,
            content=f"{permit.content}接入检查井一处，位置以变更后的附图为准。",
            conditions=permit.conditions,
            valid_until=permit.valid_until,
            note="持证人申请变更接入检查井位置，经核实符合条件。",
            basis="《中华人民共和国行政许可法》第四十九条",
        )

    def suspend(self, at: datetime) -> None:
        permits.take(
            self.granted("construction-waste"),
            "suspend",
            actor=self.window.chief,
            at=at,
            note="检查发现出场车辆未密闭运输，限期整改期间暂停处置。",
            basis="《中华人民共和国行政许可法》第六十八条",
        )

    def revoke(self, at: datetime) -> None:
        permits.take(
            self.granted("outdoor-ads"),
            "revoke",
            actor=self.window.chief,
            at=at,
            note="经查，申请时提交的载体使用权证明不真实。",
            basis="《中华人民共和国行政许可法》第六十九条第二款",
        )

    def rate_badly(self, at: datetime) -> None:
        """Somebody has to call the applicant tomorrow."""
        affair = next(each for each in self.window.affairs if each.course.unrated)
        self.window.rate_badly(affair, texts.bad_rating(self.rng), at)

    def plan_draft(self) -> None:
        self.story.plan(self.story.moment(self.working_day(1), 19, 22), self.begin_draft)

    def begin_draft(self, at: datetime) -> None:
        """Somebody fills in an application on the web, and has not sent it."""
        guide = self.window.guides["banners"]
        who = texts.applicant(self.rng, "banners", kind="person")
        draft = drafts.begin(guide, at=at)
        typed = {
            "applicant_kind": who.kind,
            "applicant_name": who.name,
            "applicant_number": who.number,
            "phone": who.phone,
            "subject_matter": texts.draw(self.rng, "banners", told=self.window.told).subject,
        }
        drafts.save(draft, data=typed, files=self.window.files("banners", guide), at=at)
