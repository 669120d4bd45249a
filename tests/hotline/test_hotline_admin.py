"""The administrators' pages write through the verbs alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from hotline.actions import LIMITS_SUBJECT
from hotline.models import Call, Category, LimitRule, Ticket
from portal.ledger.models import Event
from tests.bureau import Bureau, ticket

BrowserOf = Callable[[str], Client]


def verbs() -> list[str]:
    return list(Event.objects.of(LIMITS_SUBJECT).values_list("verb", flat=True))


def test_a_category_is_made_with_its_limits(browser_of: BrowserOf, bureau: Bureau) -> None:
    given = {
        "code": "noise",
        "name": "噪声扰民",
        "name_en": "Noise",
        "nature": "complex",
        "usual_unit": bureau.units["roads"].pk,
        "position": 9,
    }
    before = len(verbs())
    done = browser_of("administrator").post(reverse("admin:hotline_category_add"), given)
    assert done.status_code == 302, done.content.decode()
    made = Category.objects.get(code="noise")
    assert {rule.handle_days for rule in made.limit_rules.all()} == {15, 5}
    assert verbs()[before:] == ["category_created"]


def test_a_category_is_renamed_and_taken_out_of_use(browser_of: BrowserOf, bureau: Bureau) -> None:
    category = bureau.categories["trees"]
    url = reverse("admin:hotline_category_change", args=[category.pk])
    given = {
        "name": "树木养护",
        "name_en": "Trees",
        "usual_unit": category.usual_unit_id,
        "position": 0,
        "code": "changed",
        "nature": "complex",
    }
    assert browser_of("administrator").post(url, given).status_code == 302
    category.refresh_from_db()
    assert (category.name, category.active) == ("树木养护", False)
    assert (category.code, category.nature) == ("trees", "ordinary")
    assert verbs()[-1] == "category_changed"


def test_limits_are_set_for_tickets_to_come(
    browser_of: BrowserOf, bureau: Bureau, just_now: datetime
) -> None:
    running = ticket(bureau, at=just_now)
    rule = LimitRule.objects.get(category=bureau.categories["trees"], urgency="normal")
    url = reverse("admin:hotline_limitrule_change", args=[rule.pk])
    given = {
        "dispatch_days": 1,
        "sign_days": 1,
        "handle_days": 7,
        "callback_days": 3,
        "extend_at_most": 5,
        "basis": rule.basis,
    }
    assert browser_of("administrator").post(url, given).status_code == 302
    rule.refresh_from_db()
    assert rule.handle_days == 7
    assert verbs()[-1] == "limits_set"
    assert running.deadlines.get(term="hotline.reply").length == 5
    refused = browser_of("administrator").post(url, given | {"handle_days": 0})
    assert refused.status_code == 200
    rule.refresh_from_db()
    assert rule.handle_days == 7


@pytest.mark.parametrize("model", [Ticket, Call])
def test_tickets_and_calls_are_there_to_look_at(
    browser_of: BrowserOf, bureau: Bureau, just_now: datetime, model: type[Ticket | Call]
) -> None:
    made = ticket(bureau, at=just_now)
    name = model._meta.model_name
    administrator = browser_of("administrator")
    assert administrator.get(reverse(f"admin:hotline_{name}_changelist")).status_code == 200
    row = model.objects.get()
    page = administrator.get(reverse(f"admin:hotline_{name}_change", args=[row.pk]))
    assert page.status_code == 200
    assert made.lookup_code not in page.content.decode()
    assert "19900000001" not in page.content.decode()
    assert administrator.post(reverse(f"admin:hotline_{name}_change", args=[row.pk]), {}).status_code == 403
    assert administrator.post(reverse(f"admin:hotline_{name}_delete", args=[row.pk])).status_code == 403


@pytest.mark.parametrize("username", ["operator", "supervisor", "handler"])
def test_nobody_else_changes_limits(browser_of: BrowserOf, bureau: Bureau, username: str) -> None:
    url = reverse("admin:hotline_category_add")
    assert browser_of(username).post(url, {"code": "x"}).status_code in (302, 403)
    assert Category.objects.count() == 3
