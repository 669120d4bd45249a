"""The command that fills an empty portal."""

from __future__ import annotations

from datetime import date
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from portal.organisation.actions import create_unit, hire
from portal.organisation.actors import SYSTEM, Role
from portal.organisation.models import Staff
from portal.site.management.commands import load_demonstration
from portal.site.story import DAYS, Story
from tests.bureau import FOUNDED

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own servers may be named by DATABASE_URL."""
    monkeypatch.setenv("DEMONSTRATION", "1")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("load_demonstration", *arguments, stdout=out)
    return out.getvalue()


def use(monkeypatch: pytest.MonkeyPatch, load: Any) -> None:
    monkeypatch.setattr(load_demonstration, "demonstrations", lambda: [SimpleNamespace(load=load)])


def test_a_portal_with_staff_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, lambda **given: pytest.fail("must not load"))
    Staff.objects.create_user("somebody", name="某人")
    assert "nothing was loaded" in run()


@pytest.mark.parametrize("flag", [None, "0"])
def test_a_named_database_gets_no_public_passwords_unasked(
    monkeypatch: pytest.MonkeyPatch, flag: str | None
) -> None:
    use(monkeypatch, lambda **given: pytest.fail("must not load"))
    monkeypatch.setenv("DATABASE_URL", "postgres://portal@db/portal")
    if flag is None:
        monkeypatch.delenv("DEMONSTRATION")
    else:
        monkeypatch.setenv("DEMONSTRATION", flag)
    with pytest.raises(CommandError, match="DEMONSTRATION=1"):
        run()


def test_day_and_seed_reach_every_module(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def load(*, today: date, seed: int, progress: Any) -> None:
        seen.append((today, seed))
        progress("tickets", 1, 2)
        progress("tickets", 2, 2)

    use(monkeypatch, load)
    out = run("--today", "2026-11-23", "--seed", "11")
    assert seen == [(date(2026, 11, 23), 11)]
    assert "tickets" in out
    assert " s." in out


def test_what_is_there_is_loaded_before_all_tell_one_story(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []

    def load(**given: Any) -> None:
        done.append("load")
        hire(
            username="supervisor",
            name="督样例",
            roles=[Role.SUPERVISOR],
            unit=create_unit(code="root", name="局", actor=SYSTEM, at=FOUNDED),
            actor=SYSTEM,
            at=FOUNDED,
        )

    def teller(name: str) -> SimpleNamespace:
        def plan(story: Story) -> None:
            done.append((name, story.today, story.rng is story.rng_for(name)))
            story.every_night.append(lambda at: done.append(name))

        return SimpleNamespace(__name__=f"{name}.demonstration", plan=plan)

    modules = [teller("pledges"), SimpleNamespace(load=load), teller("approvals")]
    monkeypatch.setattr(load_demonstration, "demonstrations", lambda: modules)
    run("--today", "2026-11-23")
    today = date(2026, 11, 23)
    assert done[:3] == ["load", ("pledges", today, True), ("approvals", today, True)]
    assert done[3:] == ["pledges", "approvals"] * (DAYS + 1)


def test_a_load_cut_short_leaves_an_empty_portal(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(**given: Any) -> None:
        Staff.objects.create_user("half", name="半")
        raise RuntimeError("cut short")

    use(monkeypatch, load)
    with pytest.raises(RuntimeError, match="cut short"):
        run()
    assert not Staff.objects.exists()


def test_a_day_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CommandError, match="2026-02-30"):
        run("--today", "2026-02-30")


def test_what_others_stand_on_is_loaded_first() -> None:
    names = [module.__name__ for module in load_demonstration.demonstrations()]
    assert names[0] == "portal.organisation.demonstration"


def test_what_is_told_is_a_story_and_what_is_there_is_not() -> None:
    by_name = {module.__name__: module for module in load_demonstration.demonstrations()}
    assert hasattr(by_name["portal.organisation.demonstration"], "load")
    assert hasattr(by_name["hotline.demonstration"], "plan")
    assert not hasattr(by_name["hotline.demonstration"], "load")
