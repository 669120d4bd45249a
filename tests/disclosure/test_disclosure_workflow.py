"""Who writes in the catalogue, and what may stand there: tables by hand from the rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from disclosure import actions, workflow
from disclosure.models import Category, Disclosure, Theme, Validity
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actors import ANONYMOUS, CITIZEN, Actor
from tests.bureau import MONDAY, PEOPLE, Bureau
from tests.disclosure.test_catalogue_pages import LATER, entry, published

# verb: who may; everybody else is refused.
WHO: dict[str, set[str]] = {
    "publish": {"disclosure"},
    "correct": {"disclosure"},
    "end": {"disclosure"},
    "withdraw": {"disclosure"},
    "arrange": {"administrator"},
}


def verbs(bureau: Bureau, item: Disclosure) -> dict[str, Callable[[Actor], object]]:
    return {
        "publish": lambda actor: actions.publish(entry(bureau), actor=actor, at=LATER),
        "correct": lambda actor: actions.correct(item, entry(bureau), note="更正。", actor=actor, at=LATER),
        "end": lambda actor: actions.end(item, Validity.AMENDED, by=None, actor=actor, at=LATER),
        "withdraw": lambda actor: actions.withdraw(item, reason="有误。", actor=actor, at=LATER),
        "arrange": lambda actor: actions.arrange(
            Theme.objects.get(code="t1"), name="新名", actor=actor, at=LATER
        ),
    }


@pytest.mark.parametrize("verb", WHO)
def test_who_may_do_what(items: Bureau, verb: str) -> None:
    item = published(items)
    do = verbs(items, item)[verb]
    strangers = [items.actor(name) for name in PEOPLE if name not in WHO[verb]]
    events = Event.objects.count()
    for actor in (*strangers, CITIZEN, ANONYMOUS):
        with pytest.raises(NotAllowed):
            do(actor)
    assert Event.objects.count() == events
    for name in WHO[verb]:
        do(items.actor(name))
    assert Event.objects.count() == events + 1


def test_every_verb_stands_in_the_table(items: Bureau) -> None:
    assert set(WHO) == set(verbs(items, published(items)))


# Numbers of persons -----------------------------------------------------------------------------------------

ID_NUMBER, MOBILE = "330802199003071239", "19900000001"


@pytest.mark.parametrize("field", ["title", "body"])
def test_a_number_of_a_person_stops_it_until_it_is_masked_or_confirmed(items: Bureau, field: str) -> None:
    given: dict[str, Any] = {field: f"联系人电话{MOBILE}，证件{ID_NUMBER}。"}
    with pytest.raises(Refused) as refused:
        published(items, **given)
    assert refused.value.field == field
    # The sentence shows where to look, and tells the numbers to nobody.
    assert MOBILE not in str(refused.value.message)
    assert ID_NUMBER not in str(refused.value.message)
    with pytest.raises(Refused):
        published(items, **given, confirmed=[MOBILE])
    item = published(items, **given, confirmed=[MOBILE, ID_NUMBER])
    said = Event.objects.of(item.subject).get().data
    assert said["confirmed"] == 2
    assert MOBILE not in str({**said, "title": ""})


def test_the_bureaus_own_telephones_are_no_secret(items: Bureau) -> None:
    unit = items.units["greening"]
    unit.phone = "0570-5550140"
    unit.save()
    assert published(items, body="请拨打12319或者0570-5550140。").pk
    with pytest.raises(Refused):
        published(items, body="请拨打0570-5550141。")


def test_what_was_corrected_is_looked_at_as_well(items: Bureau) -> None:
    item = published(items)
    with pytest.raises(Refused):
        actions.correct(
            item,
            entry(items, body=f"请拨打{MOBILE}。"),
            note="更正。",
            actor=items.actor("disclosure"),
            at=LATER,
        )
    # What the public is told of it is public as well.
    for told in (
        lambda: actions.correct(
            item, entry(items), note=f"电话更正为{MOBILE}。", actor=items.actor("disclosure"), at=LATER
        ),
        lambda: actions.withdraw(item, reason=f"泄露{MOBILE}。", actor=items.actor("disclosure"), at=LATER),
    ):
        with pytest.raises(Refused):
            told()
    assert item.versions.count() == 1


# How it is arranged -----------------------------------------------------------------------------------------


def arranged(bureau: Bureau, **changes: Any) -> Category:
    row = Category()
    given = {"name": "子目录", "name_en": "Branch", **changes}
    actions.arrange(row, actor=bureau.actor("administrator"), at=MONDAY, **given)
    return row


def test_the_tree_is_four_levels_deep_and_has_no_loop(items: Bureau) -> None:
    first = arranged(items, code="a")
    second = arranged(items, code="b", parent=first)
    third = arranged(items, code="c", parent=second)
    fourth = arranged(items, code="d", parent=third)
    with pytest.raises(Refused):
        arranged(items, code="e", parent=fourth)
    for below in (first, second, fourth):
        with pytest.raises(Refused):
            actions.arrange(
                Category.objects.get(code="a"), parent=below, actor=items.actor("administrator"), at=LATER
            )
    assert Category.objects.get(code="a").parent is None
    # What stands below goes along, and may not lie too deep either.
    above = arranged(items, code="f")
    with pytest.raises(Refused):
        actions.arrange(
            Category.objects.get(code="a"), parent=above, actor=items.actor("administrator"), at=LATER
        )


def test_the_ledger_tells_of_it(items: Bureau) -> None:
    row = arranged(items, code="a")
    actions.arrange(row, name="新名", actor=items.actor("administrator"), at=LATER)
    told = Event.objects.of("category:a")
    assert [each.verb for each in told] == ["category_made", "category_changed"]
    with pytest.raises(ValueError, match="code"):
        actions.arrange(row, code="other", actor=items.actor("administrator"), at=LATER)
    with pytest.raises(Refused):
        arranged(items, code="Not a code")


@pytest.mark.parametrize(
    ("how", "fits"), [("amended", True), ("repealed", True), ("in_force", False), ("x", False)]
)
def test_how_an_item_ends(items: Bureau, how: str, fits: bool) -> None:
    item = published(items)
    if fits:
        workflow.check_end(item, how, None)
        return
    with pytest.raises(Refused):
        workflow.check_end(item, how, None)


def test_it_is_not_ended_by_itself_or_by_what_is_not_there(items: Bureau) -> None:
    item, other = published(items), published(items)
    with pytest.raises(Refused):
        workflow.check_end(item, "repealed", item)
    actions.withdraw(other, reason="有误。", actor=items.actor("disclosure"), at=LATER)
    other.refresh_from_db()
    with pytest.raises(Refused):
        workflow.check_end(item, "repealed", other)
