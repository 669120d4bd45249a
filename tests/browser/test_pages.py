"""Every page in a real browser, in both languages, wide and narrow: axe, console, requests, words, width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page

from hotline.models import Category
from portal.organisation.models import Staff, Unit
from tests.browser.addresses import (
    ADMIN_TABLES,
    EVERYBODY,
    NO_PAGES,
    PAGES,
    SAMPLES,
    Address,
    Sample,
    patterns,
)
from tests.browser.people import World, client_of, make_world
from tests.browser.walk import browser_of_their_own
from tests.browser.words import LATIN, chinese_left, english_left, written_in_chinese, written_in_latin

pytestmark = pytest.mark.django_db(transaction=True)

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
TOO_WIDE = """() => {
  const page = document.scrollingElement;
  return page.scrollWidth > page.clientWidth ? `${page.scrollWidth} > ${page.clientWidth}` : '';
}"""
UNFOLD = "() => document.querySelectorAll('main details').forEach((each) => { each.open = true; })"


@dataclass(frozen=True, slots=True)
class Visit:
    """A page as one reader opens it; `question` is what stands behind the ? in the address."""

    route: str
    who: str
    sample: Sample
    question: str = ""
    status: int = 200

    def url(self, world: World) -> str:
        return Address(self.route).filled(self.sample(world)) + self.question


def _nothing(world: World) -> dict[str, Any]:
    return {}


def visit(
    route: str, who: str = "", question: str = "", *, sample: Sample | None = None, status: int = 200
) -> Visit:
    readers = [each for each in EVERYBODY if PAGES.get(route, {}).get(each) == 200]
    return Visit(route, who or readers[0], sample or SAMPLES.get(route, _nothing), question, status)


def ticket_in(state: str) -> Sample:
    return lambda world: {"number": world.late.number if state == "late" else world.tickets[state].number}


def version_in(state: str) -> Sample:
    return lambda world: {"pk": world.versions[state].pk}


def breach_in(state: str) -> Sample:
    return lambda world: {"number": world.breaches[state].number}


def application_in(state: str) -> Sample:
    return lambda world: {"number": world.approvals[state].number}


def disclosed_as(state: str) -> Sample:
    return lambda world: {"index_number": world.disclosed[state].index_number}


def text_in(state: str) -> Sample:
    return lambda world: {"number": world.openness.publications[state].number, "position": 1}


def request_in(state: str) -> Sample:
    return lambda world: {"number": world.openness.requests[state].number}


# Each page once, as the first who may see it; and what looks different to others or when asked otherwise.
TICKET = "hotline/tickets/<ticket:number>/"
PLEDGE, VERSION = "pledges/<int:pk>/", "pledges/desk/<int:pk>/"
COMPLAINT = "pledges/complaints/<breach:number>/"
APPLICATION = "approvals/cases/<approval:number>/"
TEXT, REQUEST = (
    "disclosure/desk/publications/<publication:number>/",
    "disclosure/desk/requests/<request:number>/",
)
VISITS = [
    *(
        visit(address.route)
        for address in patterns()
        if address.route not in NO_PAGES and 200 in PAGES.get(address.route, {}).values()
    ),
    visit("disclosure/", question="?q=绿地&year=2026"),
    visit("disclosure/", question="?q=%E7%81%AB%E7%AE%AD"),
    visit("disclosure/", question="?year=7", status=400),
    *(
        visit("disclosure/<index:index_number>/", sample=disclosed_as(state), status=status)
        for state, status in (
            ("in_force", 200),
            ("repealed", 200),
            ("with_files", 200),
            ("withdrawn", 410),
        )
    ),
    visit("disclosure/", question="?q=%E9%A6%99%E6%A8%9F%E7%8E%8B"),
    visit("disclosure/export.<kind>", question="?year=7", status=400),
    *(
        visit("disclosure/requests/<request:number>/", sample=request_in(state))
        for state in ("supplement", "fee", "consulting", "answered", "withdrawn")
    ),
    *(
        visit(REQUEST, who, sample=request_in(state))
        for who, state in (
            *(("disclosure", state) for state in ("submitted", "registered", "supplement", "reviewing")),
            *(("disclosure", state) for state in ("consulting", "fee", "replied", "answered", "refused")),
            ("secrecy", "reviewing"),
            ("secrecy", "answered"),
            ("agency_head", "asked"),
            ("supervisor", "late"),
        )
    ),
    visit("disclosure/desk/annual-reports/<report_year:year>/", "disclosure"),
    visit(
        "disclosure/desk/annual-reports/<report_year:year>/",
        "agency_head",
        sample=SAMPLES["disclosure/annual-reports/<report_year:year>/"],
    ),
    visit("disclosure/desk/requests/", "supervisor", "?due=overdue"),
    visit("disclosure/desk/requests/", "disclosure", "?state=7", status=400),
    visit("disclosure/desk/requests/", "secrecy", "?state=fee"),
    *(
        visit(TEXT, who, sample=text_in(state))
        for who, state in (
            ("handler", "draft"),
            ("handler", "published"),
            ("handler", "correction"),
            *(("secrecy", state) for state in ("review", "escalated")),
            *(("disclosure", state) for state in ("third_party", "ready", "scheduled", "many", "dropped")),
            ("agency_head", "approval"),
            ("supervisor", "late"),
        )
    ),
    visit(f"{TEXT}texts/<int:position>/", "disclosure", sample=text_in("many")),
    visit(f"{TEXT}texts/<int:position>/", "handler", sample=text_in("correction")),
    visit("disclosure/desk/publications/", "supervisor"),
    visit("disclosure/desk/publications/", "handler", "?occasion=request"),
    visit("disclosure/desk/publications/", "disclosure", "?due=7", status=400),
    *(
        visit("disclosure/desk/items/<index:index_number>/", who, sample=disclosed_as(state))
        for who, state in (
            ("disclosure", "with_files"),
            ("disclosure", "repealed"),
            ("disclosure", "withdrawn"),
            ("secrecy", "corrected"),
        )
    ),
    visit("disclosure/<index:index_number>/", "disclosure", sample=disclosed_as("with_files")),
    visit("workbench/", "clerk"),
    visit("sitemap/", "supervisor"),
    visit("workdays/", question="?start=2026-02-13&days=15"),
    visit("workdays/", question="?start=2026-12-25&days=40"),
    visit("workdays/", question="?start=2026-02-30&days=-1", status=400),
    visit("workdays/<int:year>/", sample=lambda world: {"year": 2027}),
    visit("notices/", "handler"),
    visit("oversight/cards/", "handler"),
    visit("oversight/cards/<int:pk>/", "supervisor"),
    visit("oversight/", question="?colour=7", status=400),
    visit("hotline/tickets/", "supervisor", "?due=overdue"),
    visit("hotline/tickets/", "operator", "?state=7", status=400),
    visit(TICKET, "operator", sample=ticket_in("received")),
    visit(TICKET, "operator", sample=ticket_in("complained")),
    visit(TICKET, "operator", sample=ticket_in("closed")),
    visit(TICKET, "handler", sample=ticket_in("handling")),
    visit(TICKET, "handler", sample=ticket_in("late")),
    visit(TICKET, "supervisor", sample=ticket_in("handling")),
    visit("cases/<case:number>/deadlines/<int:pk>/", "handler"),
    visit("oversight/appraisal/", question="?year=1", status=400),
    visit("pledges/", question="?q=绿化"),
    visit("pledges/", question="?q=%E7%81%AB%E7%AE%AD"),
    visit(PLEDGE, sample=lambda world: {"pk": world.versions["withdrawn"].pledge_id}),
    visit(PLEDGE, sample=lambda world: {"pk": world.versions["measured"].pledge_id}),
    visit("pledges/<int:pk>/complain/", question="?clause=2"),
    *(
        visit(VERSION, who, sample=version_in(state))
        for who, state in (
            ("handler", "draft"),
            ("disclosure", "draft"),
            ("chief", "reviewed"),
            ("disclosure", "signed"),
            ("handler", "measured"),
            ("disclosure", "measured"),
            ("supervisor", "withdrawn"),
        )
    ),
    visit("pledges/desk/", "handler"),
    visit("pledges/desk/", "chief", "?state=7", status=400),
    *(
        visit(COMPLAINT, who, sample=breach_in(state))
        for who, state in (
            ("supervisor", "received"),
            ("supervisor", "investigating"),
            ("handler", "investigating"),
            ("handler", "upheld"),
            ("supervisor", "put_right"),
            ("supervisor", "closed"),
            ("disclosure", "anonymous"),
        )
    ),
    visit("pledges/complaints/", "supervisor", "?state=closed"),
    visit("pledges/complaints/", "supervisor", "?due=7", status=400),
    visit("approvals/", question="?q=%E7%81%AB%E7%AE%AD"),
    visit("approvals/", question="?applicant=7", status=400),
    visit("approvals/desk/", "agency_head"),
    visit("approvals/desk/", "clerk", "?number=9999", status=404),
    visit("approvals/cases/", "supervisor", "?due=today"),
    visit("approvals/cases/", "clerk", "?state=7", status=400),
    visit(APPLICATION, "clerk", sample=application_in("sent")),
    visit(APPLICATION, "handler", sample=application_in("survey")),
    visit(APPLICATION, "supervisor", sample=application_in("closed")),
    visit("approvals/surveys/<approval:number>/", "handler"),
    visit("approvals/permits/<approval:number>/", "chief"),
    visit("approvals/incoming/", "handler", "?due=soon"),
    visit("approvals/incoming/", "clerk", "?form=7", status=400),
    visit("approvals/incoming/<incoming:number>/", "supervisor"),
    visit("approvals/incoming/<incoming:number>/", "handler"),
    visit("approvals/ratings/", "supervisor", "?state=closed"),
    visit("approvals/guides/", "clerk", "?state=replaced"),
    visit("approvals/guides/<int:pk>/", "chief"),
    visit("admin/approvals/itemguide/add/", "administrator", "?item=all"),
]


def section(visited: Visit) -> str:
    """Pages that are opened in one test: those of a module, and those of an app's tables."""
    parts = visited.route.split("/")
    if parts[0] == "admin":
        return f"admin/{parts[1]}" if "/".join(parts[1:3]) in ADMIN_TABLES else "admin"
    return parts[0] if len(parts) > 1 and parts[0] not in ("account", "workbench", "sitemap") else "site"


SECTIONS = sorted({section(each) for each in VISITS})

# The administrators' pages are another project's theme. Its script names the frame around a table in English
# ("scrollable content"), and Django calls its signs for yes and no by their Python names.
WORDS_OF_THE_THEME = {"scrollable", "content", "True", "False"}


def enter_as(page: Page, world: World, who: str, site: str) -> None:
    cookies = client_of(world, who).cookies
    page.context.add_cookies(
        [
            {"name": key, "value": cookies[key].value, "url": site}
            for key in (settings.SESSION_COOKIE_NAME,)
            if key in cookies
        ]
    )


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", SECTIONS)
def test_pages(
    browser: Browser,
    live_server: Any,
    complaints: list[str],
    axe: Callable[[Page], list[str]],
    name: str,
    language: str,
) -> None:
    world = make_world(
        pledges=name.startswith(("pledges", "admin/pledges")),
        approvals=name.startswith(("approvals", "admin/approvals")),
        requests=name.startswith(("disclosure", "admin/disclosure")),
    )
    wrong: list[str] = []
    visits = [each for each in VISITS if section(each) == name]
    for who in dict.fromkeys(each.who for each in visits):
        page = browser_of_their_own(browser, live_server.url, complaints, viewport=WIDE)
        page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
        enter_as(page, world, who, live_server.url)
        data = as_it_was_written(language, of_administrators=name.startswith("admin"))
        for each in visits:
            if each.who != who:
                continue
            answer = page.goto(each.url(world))
            here = f"{each.url(world)} as {who}"
            assert answer is not None
            if answer.status != each.status:
                wrong.append(f"{here}: status {answer.status}, not {each.status}")
                continue
            wrong += [f"{here}: {said}" for said in look(page, axe, language, data)]
        page.context.close()
    assert not wrong, "\n".join(wrong)
    assert complaints == []


def look(page: Page, axe: Callable[[Page], list[str]], language: str, data: set[str]) -> list[str]:
    """What is wrong with the page that is open, as sentences."""
    said = []
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        folded = page.evaluate(TOO_WIDE)
        page.evaluate(UNFOLD)
        if wide := folded or page.evaluate(TOO_WIDE):
            said.append(f"wider than {size['width']}: {wide}")
        if size is WIDE or language == "zh-hans":
            said += axe(page)
        if size is WIDE:
            left = (english_left if language == "zh-hans" else chinese_left)(page, data)
            said += [f"in the other language: {each}" for each in left]
    # The next page begins wide again.
    page.set_viewport_size(WIDE)
    return said


def as_it_was_written(language: str, *, of_administrators: bool) -> set[str]:
    """What may stand on a page in the other language, since people or the portal's code wrote it so.

    The administrators' pages show records as they are, with their codes; the others show states, holidays and
    the names of units and categories in the reader's language.
    """
    if language == "en":
        return written_in_chinese(without="" if of_administrators else "workdays")
    if of_administrators:
        return written_in_latin() | WORDS_OF_THE_THEME
    codes = [*Unit.objects.values_list("code", flat=True), *Category.objects.values_list("code", flat=True)]
    # Index numbers and credit codes are letters and figures.
    codes += [settings.BUREAU["organisation_code"]]
    names = [*Staff.objects.values_list("username", flat=True), *codes]
    return {word for name in names for word in LATIN.findall(name)}
