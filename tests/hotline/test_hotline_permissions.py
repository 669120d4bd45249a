"""Every page of the hotline × every role, written out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from rest_framework.test import APIClient

from tests.bureau import PEOPLE, Bureau, ticket

STAFF = (
    "operator",
    "handler",
    "handler_roads",
    "supervisor",
    "administrator",
    "clerk",
    "office_head",
    "chief",
    "agency_head",
    "disclosure",
    "secrecy",
)
EVERYONE = dict.fromkeys(("nobody", *STAFF), 200)
SIGN_IN = {"nobody": 302} | dict.fromkeys(STAFF, 403)
OPERATORS = SIGN_IN | {"operator": 200}
# The ticket is with the greening division: another unit's handler finds none, and sees that it is none.
ITS_PEOPLE = SIGN_IN | {"operator": 200, "handler": 200, "supervisor": 200, "handler_roads": 404}

# page → who gets what; the ticket is one that was dispatched to the greening division.
PAGES: dict[str, dict[str, int]] = {
    "start": EVERYONE,
    "report": EVERYONE,
    "reported": dict.fromkeys(EVERYONE, 302),  # to the form, for who has reported nothing
    "followed": dict.fromkeys(EVERYONE, 302),  # to the form, for who has not given the code
    "new_call": OPERATORS,
    "caller": SIGN_IN | {"operator": 405},
    "limits": OPERATORS,
    "call_noted": OPERATORS,
    "call_logged": OPERATORS,
    "call_added": OPERATORS,
    "desk": SIGN_IN | {"handler": 200, "handler_roads": 200},
    "queue": SIGN_IN | {"operator": 200, "handler": 200, "handler_roads": 200, "supervisor": 200},
    "ticket": ITS_PEOPLE,
}
WITH_NUMBER = {"followed", "call_logged", "call_added", "ticket"}


def test_every_page_stands_in_the_table() -> None:
    names = {key for key in get_resolver("hotline.urls").reverse_dict if isinstance(key, str)}
    assert names == set(PAGES)
    assert set(STAFF) == set(PEOPLE) - {"operator2"}


@pytest.mark.parametrize("name", PAGES)
def test_who_may_open_which_page(
    browser_of: Callable[[str], Client], bureau: Bureau, just_now: datetime, name: str
) -> None:
    made = ticket(bureau, "dispatched", at=just_now)
    url = reverse(f"hotline:{name}", args=[made.number] if name in WITH_NUMBER else [])
    found = {
        who: (Client() if who == "nobody" else browser_of(who)).get(url).status_code for who in PAGES[name]
    }
    assert found == PAGES[name]


STEP_ROLES = {
    "dispatch": {"operator"},
    "answer": {"operator"},
    "sign": {"handler"},
    "return": {"handler"},
    "ask_extension": {"handler"},
    "extend": {"supervisor"},
    "refuse_extension": {"supervisor"},
    "reply": {"handler"},
    "call_back": {"operator"},
    "rework": {"operator"},
    "close": {"operator"},
    "urge": {"operator", "supervisor"},
}


@pytest.mark.parametrize("step", STEP_ROLES)
def test_who_may_take_which_step(
    browser_of: Callable[[str], Client],
    api_of: Callable[[str], APIClient],
    bureau: Bureau,
    just_now: datetime,
    step: str,
) -> None:
    """Those whose step it is are told of the input or the state; the others that it is not theirs."""
    made = ticket(bureau, "dispatched", at=just_now)
    page = reverse("hotline:ticket", args=[made.number])
    sees = {"operator", "handler", "supervisor"}
    for who in STAFF:
        # Nothing is given with it, so that nothing happens where the step is one's own.
        expected = 400 if who in STEP_ROLES[step] else 403 if who in sees else ITS_PEOPLE[who]
        on_page = browser_of(who).post(page, {"step": step})
        assert on_page.status_code == expected, who
        over_api = api_of(who).post(f"/api/v1/tickets/{made.number}/{step}/", {"seen": -1}, format="json")
        assert over_api.status_code == expected, who
    made.refresh_from_db()
    assert made.state == "dispatched"


# Address → method → who gets what; an empty call is wrong for those who may log one.
API: dict[tuple[str, str], dict[str, int]] = {
    ("get", "/api/v1/tickets/"): {"nobody": 403}
    | dict.fromkeys(STAFF, 403)
    | {"operator": 200, "handler": 200, "handler_roads": 200, "supervisor": 200},
    ("post", "/api/v1/tickets/"): {"nobody": 403} | dict.fromkeys(STAFF, 403) | {"operator": 400},
    ("get", "/api/v1/tickets/{number}/"): ITS_PEOPLE | {"nobody": 403},
    ("get", "/api/v1/hotline-categories/"): EVERYONE,
    ("post", "/api/v1/reports/"): dict.fromkeys(EVERYONE, 400),
}


@pytest.mark.parametrize(("method", "address"), API)
def test_who_may_ask_the_api(
    api_of: Callable[[str], APIClient], bureau: Bureau, just_now: datetime, method: str, address: str
) -> None:
    made = ticket(bureau, "dispatched", at=just_now)
    url = address.replace("{number}", made.number)
    expected = API[method, address]
    found = {
        who: getattr(APIClient() if who == "nobody" else api_of(who), method)(url).status_code
        for who in expected
    }
    assert found == expected
