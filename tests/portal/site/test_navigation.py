"""What stands in the navigation, and for whom."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.organisation.actors import ANONYMOUS, STAFF_ROLES, Actor, Role
from portal.site import home, navigation, workbench
from portal.site.navigation import Item, Section


def actor(*roles: Role) -> Actor:
    return Actor(id=1, name="x", roles=frozenset(roles))


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "_items", {section: [] for section in Section})
    monkeypatch.setattr(workbench, "_pages", {})
    monkeypatch.setattr(home, "_suppliers", [])


def labels(who: Actor, path: str = "") -> list[str]:
    return [str(link.label) for group in navigation.groups(who, path) for link in group.links]


@pytest.mark.usefixtures("empty")
def test_staff_pages_are_for_their_roles_alone() -> None:
    navigation.register(Section.WORK, Item("Desk", "site:workbench", roles={Role.HANDLER}))
    navigation.register("services", Item("Map", "site:sitemap"))
    assert labels(ANONYMOUS) == ["Map"]
    assert labels(actor(Role.OPERATOR)) == ["Map"]
    assert labels(actor(Role.HANDLER, Role.OPERATOR)) == ["Map", "Desk"]


@pytest.mark.usefixtures("empty")
def test_a_page_is_registered_once_and_in_order() -> None:
    last, first = Item("B", "site:sitemap", order=60), Item("A", "site:home", order=10)
    navigation.register(Section.SERVICES, last, first)
    navigation.register(Section.SERVICES, last)
    assert labels(ANONYMOUS) == ["A", "B"]


@pytest.mark.usefixtures("empty")
def test_the_closest_page_is_the_current_one() -> None:
    navigation.register(Section.SERVICES, Item("Home", "site:home"), Item("Map", "site:sitemap"))
    [group] = navigation.groups(ANONYMOUS, reverse("site:sitemap") + "more/")
    assert [(link.label, link.current) for link in group.links] == [("Home", False), ("Map", True)]


def test_every_registered_page_exists() -> None:
    assert navigation.items()
    for item in navigation.items():
        assert reverse(item.url_name).startswith("/")
    for role in STAFF_ROLES:
        page = workbench.start_page(actor(role))
        assert page is None or reverse(page).startswith("/")


@pytest.mark.usefixtures("empty")
def test_the_first_role_decides_where_work_begins() -> None:
    workbench.register(Role.SUPERVISOR, "site:sitemap")
    workbench.register(Role.OPERATOR, "site:home")
    assert workbench.start_page(actor(Role.SUPERVISOR, Role.OPERATOR)) == "site:home"
    assert workbench.start_page(actor(Role.SUPERVISOR)) == "site:sitemap"
    assert workbench.start_page(actor(Role.CLERK)) is None


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(2586, 2694, "95.9%"), (9996, 10000, "99.9%"), (3, 3, "100.0%"), (0, 0, "–")],
)
def test_a_figure_is_never_rounded_up_to_all(part: int, whole: int, percent: str) -> None:
    assert home.Figure("closed", part, whole, "closed", "dispatched").percent == percent
