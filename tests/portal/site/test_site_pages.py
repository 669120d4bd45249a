"""The frame of every page, and the site's own pages."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from portal.organisation.models import Staff
from portal.site import home, workbench

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> Staff:
    return Staff.objects.create_user("clerk", password="x", name="窗样例", roles=["clerk"])


def test_the_head_says_whose_site_it_is(client: Client) -> None:
    page = client.get("/").content.decode()
    assert '<html lang="zh-CN">' in page
    for name in ("SiteName", "SiteDomain", "SiteIDCode"):
        assert re.search(rf'<meta name="{name}" content="[^"]+">', page)


def test_nothing_inline_that_the_policy_forbids(client: Client) -> None:
    response = client.get("/")
    assert "default-src 'self'" in response["Content-Security-Policy"]
    page = response.content.decode()
    assert "<style" not in page
    assert not re.search(r"\s(style|on\w+)=", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)


def test_typing_is_no_idleness(client: Client, clerk: Staff) -> None:
    assert "data-still-here" in client.get("/").content.decode()
    client.force_login(clerk)
    heard = client.get(reverse("site:still_here"))
    assert (heard.status_code, heard.content) == (204, b"")
    # The thirty minutes begin anew.
    assert heard.cookies["sessionid"]["max-age"] == 30 * 60


def test_a_visitor_costs_no_query(client: Client, django_assert_num_queries: object) -> None:
    client.get("/sitemap/")
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert client.get("/sitemap/").status_code == 200


def test_chinese_until_the_reader_chooses(client: Client) -> None:
    assert "网站地图" in client.get("/sitemap/", headers={"accept-language": "en-GB"}).content.decode()
    client.post(reverse("set_language"), {"language": "en", "next": "/sitemap/"})
    page = client.get("/sitemap/").content.decode()
    assert '<html lang="en">' in page
    assert "Site map" in page


def test_elder_mode_is_remembered_and_left_again(client: Client) -> None:
    answer = client.post(reverse("site:elder"), {"on": "1", "next": "/sitemap/"})
    assert answer["Location"] == "/sitemap/"
    assert 'class="elder"' in client.get("/").content.decode()
    client.post(reverse("site:elder"), {"on": "0"})
    assert 'class="elder"' not in client.get("/").content.decode()


def test_elder_mode_leads_to_no_other_site(client: Client) -> None:
    answer = client.post(reverse("site:elder"), {"on": "1", "next": "https://elsewhere.invalid/"})
    assert answer["Location"] == "/"
    assert client.get(reverse("site:elder")).status_code == 405


def test_figures_show_what_they_are_made_of(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = home.Figure("办结率", 2586, 2694, "办结", "交办")
    monkeypatch.setattr(home, "_suppliers", [lambda now: [figure]])
    page = client.get("/").content.decode()
    assert "95.9%" in page
    assert "办结 2586" in page
    assert "交办 2694" in page


def test_work_begins_after_signing_in(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    url = reverse("site:workbench")
    assert client.get(url).status_code == 302
    # Whose role has no page of its own to begin with.
    monkeypatch.setattr(workbench, "_pages", {})
    client.force_login(Staff.objects.create_user("secrecy", name="密样例", roles=["secrecy_reviewer"]))
    page = client.get(url)
    assert page.status_code == 200
    assert reverse("notices:inbox") in page.content.decode()


def test_my_account_says_who_i_am(client: Client, clerk: Staff) -> None:
    client.force_login(clerk)
    page = client.get(reverse("site:account")).content.decode()
    assert "窗样例" in page
    assert "窗口工作人员" in page
    assert client.post(reverse("site:account")).status_code == 405


def test_what_only_other_roles_may_see_is_not_offered(client: Client, clerk: Staff) -> None:
    client.force_login(clerk)
    page = client.get("/sitemap/").content.decode()
    assert reverse("workdays:calculator") in page
    assert reverse("oversight:desk") not in page


def test_the_administrators_pages_ask_the_portals_own_sign_in(client: Client) -> None:
    answer = client.get("/admin/login/")
    assert answer.status_code == 302
    assert reverse("account_login") in answer["Location"]


def test_the_schema_of_the_api_is_public(client: Client) -> None:
    answer = client.get("/api/schema/")
    assert answer.status_code == 200
    assert b"/workdays/add" in b"".join(answer)
