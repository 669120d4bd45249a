"""An item for staff: every text that was public, and what ends it: amended, repealed, withdrawn."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from disclosure import actions
from disclosure.models import Disclosure
from portal.ledger.models import Event
from tests.approvals.browsers import MOST_QUERIES, browser, queries_of
from tests.bureau import Bureau
from tests.disclosure import desks
from tests.disclosure import office as of
from tests.disclosure.desks import NOBODY, NOW, gets

founded, office, plain_papers = of.founded, of.office, of.plain_papers
today, fresh_cache = desks.today, desks.fresh_cache
pytestmark = pytest.mark.usefixtures("plain_papers")
CATALOGUE = reverse("disclosure:catalogue")
READERS = gets(200, "disclosure", "secrecy", "agency_head", "supervisor", nobody=302)


def desk(item: Disclosure) -> str:
    return reverse("disclosure:item_desk", args=[item.index_number])


def correction(item: Disclosure) -> str:
    return reverse("disclosure:publication_correct", args=[item.index_number])


def end(office: Bureau, item: Disclosure, who: str = "disclosure", **given: str) -> Any:
    return browser(office, who).post(
        desk(item), {"do": "end", "validity": "repealed", "ended_by": "", **given}
    )


def withdraw(office: Bureau, item: Disclosure, who: str = "disclosure", reason: str = "内容有误。") -> Any:
    return browser(office, who).post(desk(item), {"do": "withdraw", "reason": reason})


def corrected(office: Bureau, item: Disclosure, body: str, note: str, **more: Any) -> None:
    """The item with another text in the place of the one that holds, by the way that every text goes."""
    text = of.text(office, body=body, **more)
    of.publication_in("published", office, text, corrects=item, correction_note=note)
    item.refresh_from_db()


def as_public(item: Disclosure) -> tuple[Any, ...]:
    """What there is of it, to see that nothing was written."""
    return (Disclosure.objects.filter(pk=item.pk).values().get(), Event.objects.count())


# Who opens what ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", NOBODY)
def test_who_opens_it(office: Bureau, who: str) -> None:
    item = of.public_item(office)
    client = browser(office, who)
    assert client.get(desk(item)).status_code == READERS[who]
    # Everyone reads the item itself; of staff those who see the desk are led there.
    shown = client.get(item.get_absolute_url())
    assert shown.status_code == 200
    assert (desk(item) in shown.content.decode()) is (READERS[who] == 200)


@pytest.mark.parametrize("who", NOBODY)
def test_the_catalogue_is_everyones(office: Bureau, who: str) -> None:
    item = of.public_item(office)
    client = browser(office, who)
    for address in (CATALOGUE, reverse("disclosure:feed"), reverse("disclosure:export", args=["json"])):
        found = client.get(address)
        assert found.status_code == 200
        assert item.index_number in found.getvalue().decode()
        assert client.post(address).status_code == 405


def test_only_an_officer_ends_withdraws_and_corrects_it_here(office: Bureau) -> None:
    item = of.public_item(office)
    for who in NOBODY:
        if READERS[who] == 200:
            shown = browser(office, who).get(desk(item))
            is_officer = who == "disclosure"
            assert (shown.context["end_form"] is not None) is is_officer, who
            assert (shown.context["withdraw_form"] is not None) is is_officer, who
            assert (correction(item) in shown.content.decode()) is is_officer, who
        if who != "disclosure":
            before = as_public(item)
            # Who was signed out in the meantime is shown what was typed, before signing in.
            assert withdraw(office, item, who).status_code == 403, who
            assert end(office, item, who).status_code == (302 if who == "nobody" else 403), who
            assert as_public(item) == before


def test_what_is_not_there(office: Bureau) -> None:
    officer = browser(office, "disclosure")
    for number in ("MB0DEM019/2026-09999", "MB0DEM019/2026-00000"):
        for name in ("item", "item_desk", "publication_correct"):
            assert officer.get(reverse(f"disclosure:{name}", args=[number])).status_code == 404


# What was public --------------------------------------------------------------------------------------------


def test_every_text_that_was_public_is_there_to_read(office: Bureau, client: Client) -> None:
    item = of.public_item(office, body="第一稿：七时开放。")
    corrected(office, item, "第二稿：八时开放。", "开放时间更正。")
    for who in ("disclosure", "secrecy", "agency_head", "supervisor"):
        shown = browser(office, who).get(desk(item))
        assert [(each.number, each.note) for each in shown.context["versions"]] == [
            (2, "开放时间更正。"),
            (1, ""),
        ]
        text = shown.content.decode()
        for words in (
            "第一稿：七时开放。",
            "第二稿：八时开放。",
            "开放时间更正。",
            item.corrections.get().number,
        ):
            assert words in text
    # The public reads what holds, and what was corrected.
    text = client.get(item.get_absolute_url()).content.decode()
    assert "第一稿：七时开放。" not in text
    assert "开放时间更正。" in text


# Amended and repealed ---------------------------------------------------------------------------------------


def test_an_item_is_amended_and_then_repealed_by_another(office: Bureau, client: Client) -> None:
    item, other = of.public_item(office), of.public_item(office, title="关于废止有关文件的决定")
    assert end(office, item, validity="amended").url == desk(item)
    item.refresh_from_db()
    assert (item.validity, item.ended_by) == ("amended", None)
    # As people write it: full width, with blanks around.
    typed = f" {other.index_number.replace('/', '／')} "
    assert end(office, item, ended_by=typed).status_code == 302
    item.refresh_from_db()
    assert (item.validity, item.ended_by) == ("repealed", other)
    assert other.get_absolute_url() in client.get(item.get_absolute_url()).content.decode()
    # What was repealed stays so, and is not asked for again.
    shown = browser(office, "disclosure").get(desk(item))
    assert shown.context["end_form"] is None
    assert shown.context["withdraw_form"] is not None
    before = as_public(item)
    assert end(office, item, validity="amended").status_code == 400
    assert as_public(item) == before


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"validity": ""}, "validity"),
        ({"validity": "in_force"}, "validity"),
        ({"ended_by": "MB0DEM019/2026-09999"}, "ended_by"),
        ({"ended_by": "那份决定"}, "ended_by"),
        ({"ended_by": "\x00"}, "ended_by"),
        ({"ended_by": "1" * 41}, "ended_by"),
        ({"ended_by": "itself"}, "ended_by"),
        ({"ended_by": "withdrawn"}, "ended_by"),
    ],
)
def test_a_wrong_end_is_said_at_its_field_and_stays(
    office: Bureau, given: dict[str, str], field: str
) -> None:
    item, other = of.public_item(office), of.public_item(office)
    actions.withdraw(other, reason="内容有误。", actor=office.actor("disclosure"), at=NOW)
    numbers = {"itself": item.index_number, "withdrawn": other.index_number}
    sent = {name: numbers.get(value, value) for name, value in given.items()}
    before = as_public(item)
    refused = end(office, item, **sent)
    assert refused.status_code == 400
    form = refused.context["end_form"]
    assert list(form.errors) == [field]
    assert {name: form[name].value() for name in sent} == sent
    # The form stands open; the other one is as it was.
    assert not refused.context["withdraw_form"].is_bound
    assert as_public(item) == before


# Withdrawn --------------------------------------------------------------------------------------------------


def test_an_item_is_withdrawn_and_says_why(office: Bureau, client: Client) -> None:
    item = of.public_item(office)
    assert withdraw(office, item, reason=" 公开了不应公开的内容。 ").url == desk(item)
    item.refresh_from_db()
    assert (item.withdrawn_at, item.withdrawn_reason) == (NOW, "公开了不应公开的内容。")
    gone = client.get(item.get_absolute_url())
    assert gone.status_code == 410
    assert "公开了不应公开的内容。" in gone.content.decode()
    assert item.title not in gone.content.decode()
    assert client.get(CATALOGUE).context["rows"] == []
    # Staff still read what it was, and find nothing to do.
    for who in ("disclosure", "secrecy", "agency_head", "supervisor"):
        shown = browser(office, who).get(desk(item))
        assert shown.status_code == 200
        text = shown.content.decode()
        assert item.versions.get().body in text
        assert "公开了不应公开的内容。" in text
        assert 'value="withdraw"' not in text
        assert correction(item) not in text


@pytest.mark.parametrize("reason", ["", " ", "字" * 201, "a\x00b", "一\n二", "误写电话19900000002。"])
def test_a_wrong_reason_is_said_at_its_field_and_stays(office: Bureau, reason: str) -> None:
    item = of.public_item(office)
    before = as_public(item)
    refused = withdraw(office, item, reason=reason)
    assert refused.status_code == 400
    form = refused.context["withdraw_form"]
    assert list(form.errors) == ["reason"]
    assert form["reason"].value() == reason
    assert not refused.context["end_form"].is_bound
    assert as_public(item) == before


def test_a_double_click_withdraws_once(office: Bureau) -> None:
    item = of.public_item(office)
    assert withdraw(office, item).status_code == 302
    before = as_public(item)
    again = withdraw(office, item, reason="再来一次。")
    assert again.status_code == 400
    # The page says what holds.
    assert "内容有误。" in again.content.decode()
    assert as_public(item) == before
    assert end(office, item).status_code == 400
    assert as_public(item) == before


# What it costs ----------------------------------------------------------------------------------------------


def test_the_desk_costs_the_same_however_many_texts(office: Bureau) -> None:
    plain, rich = of.public_item(office), of.public_item(office)
    for count in range(3):
        files = [desks.attached(f"{each}.jpg", shade=10 * count + each) for each in range(3)]
        corrected(office, rich, f"第{count}稿", "更正。", files=files)
    corrected(office, plain, "第二稿", "更正。", files=[desks.attached()])
    for who in ("disclosure", "supervisor"):
        client = browser(office, who)
        assert queries_of(client, desk(plain)) == queries_of(client, desk(rich)) <= MOST_QUERIES
    assert queries_of(Client(), plain.get_absolute_url()) == queries_of(Client(), rich.get_absolute_url())


def test_the_page_of_a_correction_costs_the_same(office: Bureau) -> None:
    plain, rich = of.public_item(office), of.public_item(office)
    for item, count in ((plain, 1), (rich, 4)):
        files = [desks.attached(f"{each}.jpg", shade=each) for each in range(count)]
        corrected(office, item, "第二稿", "更正。", files=files)
    client = browser(office, "disclosure")
    assert queries_of(client, correction(plain)) == queries_of(client, correction(rich)) <= 16
