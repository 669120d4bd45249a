"""Units in a tree."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from portal.ledger.models import Event
from portal.organisation.actions import (
    change_unit_details,
    close_unit,
    create_unit,
    move_unit,
    rename_unit,
    reopen_unit,
)
from portal.organisation.actors import Actor, Role
from portal.organisation.models import Unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree(boss: Actor, at: datetime) -> dict[str, Unit]:
    """root > left > leaf, root > right"""
    units: dict[str, Unit] = {}
    for code, above in (("root", None), ("left", "root"), ("leaf", "left"), ("right", "root")):
        parent = units[above] if above else None
        units[code] = create_unit(name=code.title(), code=code, parent=parent, actor=boss, at=at)
    return units


def verbs(unit: Unit) -> list[str]:
    return [event.verb for event in Event.objects.of(f"unit:{unit.code}")]


def test_the_subtree_is_found_by_one_query(tree: dict[str, Unit], django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        found = tree["root"].subtree_ids()
    assert found == {unit.pk for unit in tree.values()}
    assert tree["left"].subtree_ids() == {tree["left"].pk, tree["leaf"].pk}
    assert tree["leaf"].subtree_ids() == {tree["leaf"].pk}


def test_a_circle_written_behind_our_back_does_not_hang_the_query(tree: dict[str, Unit]) -> None:
    Unit.objects.filter(pk=tree["root"].pk).update(parent=tree["leaf"])
    assert tree["left"].subtree_ids() == {unit.pk for unit in tree.values()}


@pytest.mark.parametrize("below", ["root", "left", "leaf"])
def test_no_unit_below_itself(tree: dict[str, Unit], boss: Actor, at: datetime, below: str) -> None:
    with pytest.raises(ValidationError) as refused:
        move_unit(unit=tree["root"], parent=tree[below], actor=boss, at=at)
    assert list(refused.value.message_dict) == ["parent"]
    tree["root"].refresh_from_db()
    assert tree["root"].parent is None
    assert verbs(tree["root"]) == ["created"]


def test_a_unit_moves_with_all_below_it(tree: dict[str, Unit], boss: Actor, at: datetime) -> None:
    move_unit(unit=tree["left"], parent=tree["right"], actor=boss, at=at)
    assert tree["right"].subtree_ids() == {tree[code].pk for code in ("right", "left", "leaf")}
    event = Event.objects.of("unit:left").last()
    assert (event.verb, event.data["before"], event.data["after"]) == ("moved", "root", "right")
    move_unit(unit=tree["left"], parent=tree["right"], actor=boss, at=at)
    assert verbs(tree["left"]) == ["created", "moved"]


def test_the_database_refuses_a_unit_above_itself(tree: dict[str, Unit]) -> None:
    with pytest.raises(IntegrityError, match="unit_is_not_its_own_parent"), transaction.atomic():
        Unit.objects.filter(pk=tree["leaf"].pk).update(parent=tree["leaf"])


@pytest.mark.parametrize("code", ["Über", "UP", "has space", "1first", "end\n", "", "x" * 41, "a\x00b"])
def test_codes_are_plain(boss: Actor, at: datetime, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        create_unit(name="x", code=code, actor=boss, at=at)
    assert "code" in refused.value.message_dict
    assert not Unit.objects.exists()


def test_the_database_holds_codes_plain() -> None:
    for code in ("Über", "end\n"):
        with pytest.raises(IntegrityError, match="unit_code_is_plain"), transaction.atomic():
            Unit.objects.create(name="x", code=code)


def test_the_name_is_in_the_readers_language(boss: Actor, at: datetime) -> None:
    unit = create_unit(name="市容科", name_en="Appearance", code="appearance", actor=boss, at=at)
    plain = create_unit(name="无英文", code="plain", actor=boss, at=at)
    with translation.override("zh-hans"):
        assert (unit.localized_name, str(plain)) == ("市容科", "无英文")
    with translation.override("en"):
        assert (unit.localized_name, str(plain)) == ("Appearance", "无英文")


def test_renaming_keeps_the_old_name_in_the_ledger(tree: dict[str, Unit], boss: Actor, at: datetime) -> None:
    rename_unit(unit=tree["leaf"], name="新名", name_en="New", actor=boss, at=at)
    event = Event.objects.of("unit:leaf").last()
    assert (event.verb, event.data["before"], event.data["after"]) == ("renamed", "Leaf", "新名")
    change_unit_details(unit=tree["leaf"], phone="12319", actor=boss, at=at)
    change_unit_details(unit=tree["leaf"], phone="12319", actor=boss, at=at)
    assert verbs(tree["leaf"]) == ["created", "renamed", "details_changed"]


def test_a_unit_in_use_is_not_closed(
    tree: dict[str, Unit], boss: Actor, at: datetime, make_staff: Any
) -> None:
    make_staff(Role.HANDLER, unit=tree["leaf"])
    for code in ("root", "leaf"):
        with pytest.raises(ValidationError):
            close_unit(unit=tree[code], actor=boss, at=at)
    close_unit(unit=tree["right"], actor=boss, at=at)
    assert set(Unit.objects.values_list("code", flat=True)) - set(
        Unit.objects.active().values_list("code", flat=True)
    ) == {"right"}
    with pytest.raises(ValidationError):
        create_unit(name="x", code="x", parent=tree["right"], actor=boss, at=at)
    reopen_unit(unit=tree["right"], actor=boss, at=at)
    assert verbs(tree["right"]) == ["created", "closed", "reopened"]
