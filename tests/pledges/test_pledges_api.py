"""Pledges over the API: who may do what, what is told, what is refused and where, and what it costs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from pledges import actions
from pledges.actions import Draft, Promise
from pledges.api_urls import urlpatterns
from pledges.measuring import measure_due
from pledges.models import Breach, Clause, Pledge, PledgeVersion
from pledges.serializers_desk import BREACH_STEPS, VERSION_STEPS
from pledges.workflow import BREACH_WORKFLOW, VERSION_WORKFLOW
from portal.cases.terms import ONE_DAY, local_day
from portal.documents.actions import document_bytes
from portal.ledger.models import Event
from portal.organisation import one_time_codes
from portal.organisation.actions import enrol_second_factor
from portal.organisation.actors import SYSTEM
from portal.oversight import measures
from portal.oversight.measures import Measure, Share
from tests.bureau import MONDAY, PEOPLE, Bureau
from tests.hotline.conftest import photo_bytes, signed_in
from tests.pledges.office import TEXTS, breach_in, draft, take, version_in

ApiOf = Callable[[str], APIClient]
PLEDGES, VERSIONS, BREACHES = "/api/v1/pledges/", "/api/v1/pledge-versions/", "/api/v1/breaches/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
MEASURED = {"text": "三个工作日内办结。", "measure": "hotline.closed_within", "days": 3, "target": "95.00"}
WRITTEN = {
    "unit": "greening",
    "title": "园林绿化服务公开承诺书",
    "preamble": "为方便群众监督，现公开承诺如下。",
    "clauses": [{"text": "一个工作日内到场。"}, MEASURED],
    "closing": "请社会监督。",
    "phone": "0570-5550124",
    "valid_from": "2026-11-02",
    "valid_until": "2027-12-31",
}
TEXT = {name: value for name, value in WRITTEN.items() if name != "unit"}
GRIEVANCE = {
    "clause": 2,
    "description": "反映五天无人处理。",
    "name": "测试市民",
    "phone": "199-0000-0002",
    "email": "citizen@portal.invalid",
}


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Who was slowed down in one test is not in the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def just_now() -> datetime:
    return timezone.now() - timedelta(minutes=1)


@pytest.fixture
def api_of(bureau: Bureau) -> ApiOf:
    """`api_of("chief")`: that person, signed in; "nobody" is anyone."""

    def client_of(username: str) -> APIClient:
        return APIClient() if username == "nobody" else signed_in(APIClient(), bureau, username)

    return client_of


@pytest.fixture
def photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("photo.jpg", photo_bytes(), content_type="image/jpeg")


def code() -> str:
    return one_time_codes.code(SECRET, at=timezone.now())


def enrol(bureau: Bureau, username: str) -> None:
    enrol_second_factor(staff=bureau.staff[username], secret=SECRET, actor=SYSTEM, at=timezone.now())


def desk(version: PledgeVersion, step: str = "") -> str:
    return f"{VERSIONS}{version.pk}/{step}/" if step else f"{VERSIONS}{version.pk}/"


def of(breach: Breach, step: str = "") -> str:
    return f"{BREACHES}{breach.number}/{step}/" if step else f"{BREACHES}{breach.number}/"


def send(client: APIClient, url: str, given: Any, method: str = "post") -> Any:
    return getattr(client, method)(url, given, format="json", headers={"Accept-Language": "en"})


# Every address × every role ---------------------------------------------------------------------------------

STAFF = (
    "operator",
    "handler",  # of the pledging unit, and who wrote
    "handler_roads",
    "clerk",
    "office_head",
    "chief",  # signs in `version_in`
    "agency_head",
    "disclosure",
    "disclosure2",
    "secrecy",
    "supervisor",
    "supervisor_greening",  # of the pledging unit
    "administrator",
)
EVERYONE = dict.fromkeys(("nobody", *STAFF), 200)
NOBODY = dict.fromkeys(EVERYONE, 403)
SEES_ALL = ("office_head", "chief", "disclosure", "disclosure2", "supervisor", "supervisor_greening")
DESK = NOBODY | dict.fromkeys((*SEES_ALL, "handler", "handler_roads"), 200)
# A draft of the greening division.
DRAFT = DESK | {"handler_roads": 404}
HANDLES = ("supervisor", "supervisor_greening", "disclosure", "disclosure2")
BREACH_DESK = NOBODY | dict.fromkeys((*HANDLES, "handler", "handler_roads"), 200)

# Method and address → who gets what. Nothing is given, so that 400 means: it is theirs to do.
API: dict[tuple[str, str], dict[str, int]] = {
    ("get", "pledges/"): EVERYONE,
    ("get", "pledges/{pledge}/"): EVERYONE,
    ("get", "pledges/{drafted}/"): dict.fromkeys(EVERYONE, 404),
    ("post", "pledges/{pledge}/versions/"): NOBODY | {"handler": 400, "disclosure": 400, "disclosure2": 400},
    # A handler of another unit does not even learn of the draft.
    ("post", "pledges/{drafted}/versions/"): NOBODY
    | {"handler": 400, "handler_roads": 404, "disclosure": 400, "disclosure2": 400},
    ("get", "pledges/{pledge}/versions/1/"): EVERYONE,
    ("get", "pledges/{drafted}/versions/1/"): dict.fromkeys(EVERYONE, 404)
    | dict.fromkeys((*SEES_ALL, "handler"), 200),
    ("post", "pledges/{pledge}/complaints/"): dict.fromkeys(EVERYONE, 400),
    ("post", "pledges/{drafted}/complaints/"): dict.fromkeys(EVERYONE, 404),
    ("get", "pledge-versions/"): DESK,
    ("post", "pledge-versions/"): NOBODY
    | {"handler": 400, "handler_roads": 400, "disclosure": 400, "disclosure2": 400},
    ("get", "pledge-versions/{version}/"): DESK | {"handler_roads": 404},
    ("get", "pledge-versions/{draft}/"): DRAFT,
    ("put", "pledge-versions/{draft}/"): NOBODY
    | {"handler": 400, "handler_roads": 404, "disclosure": 400, "disclosure2": 400},
    ("get", "breaches/"): BREACH_DESK,
    ("get", "breaches/{breach}/"): BREACH_DESK | {"handler_roads": 404},
    ("get", "measures/"): EVERYONE,
}


def test_every_address_stands_in_a_table() -> None:
    shapes = {str(each.pattern) for each in urlpatterns}
    steps = {f"pledge-versions/<int:pk>/{name}/" for name in VERSION_STEPS}
    steps |= {f"breaches/<breach:number>/{name}/" for name in BREACH_STEPS}
    told = {address for _method, address in API}
    for name in ("{pledge}", "{drafted}", "{version}", "{draft}"):
        told = {each.replace(name, "<int:pk>") for each in told}
    told = {each.replace("1/", "<int:number>/").replace("{breach}", "<breach:number>") for each in told}
    assert shapes == told | steps
    assert set(STAFF) == set(PEOPLE) - {"operator2"} | {"disclosure2", "supervisor_greening"}
    assert set(VERSION_STEPS) == set(VERSION_WORKFLOW.transitions) - {"change", "supersede"}
    assert set(BREACH_STEPS) == set(BREACH_WORKFLOW.transitions)


def test_who_may_ask_what(api_of: ApiOf, bureau: Bureau) -> None:
    version, drafted = version_in("published", bureau), version_in("draft", bureau)
    breach = breach_in("received", bureau, version)
    named = {
        "pledge": version.pledge_id,
        "drafted": drafted.pledge_id,
        "version": version.pk,
        "draft": drafted.pk,
        "breach": breach.number,
    }
    before = Event.objects.count()
    found: dict[tuple[str, str], dict[str, int]] = {each: {} for each in API}
    for who in EVERYONE:
        cache.clear()  # complaints are counted by address
        client = api_of(who)
        for method, address in API:
            answer = send(client, "/api/v1/" + address.format(**named), {}, method)
            found[method, address][who] = answer.status_code
    assert found == API
    assert Event.objects.count() == before


# In the state from which it is taken: for whom a step is, by role, unit and own hand.
VERSION_TABLE: dict[str, tuple[str, set[str]]] = {
    "review": ("draft", {"disclosure", "disclosure2", "office_head"}),
    "send_back": ("reviewed", {"disclosure", "disclosure2", "office_head", "chief"}),
    "sign": ("reviewed", {"office_head", "chief"}),
    "publish": ("signed", {"disclosure", "disclosure2"}),
    "withdraw": ("published", {"disclosure", "disclosure2"}),
}


@pytest.mark.parametrize("step", VERSION_TABLE)
def test_who_may_take_which_step_of_a_version(api_of: ApiOf, bureau: Bureau, step: str) -> None:
    state, theirs = VERSION_TABLE[step]
    version = version_in(state, bureau)
    for who in EVERYONE:
        expected = 400 if who in theirs else 403
        if who == "handler_roads":
            expected = 404
        # What was seen is no number: those whose step it is are told so, and nothing happens.
        answer = send(api_of(who), desk(version, step), {"seen": "x"})
        assert answer.status_code == expected, who
    version.refresh_from_db()
    assert version.state == state


BREACH_TABLE: dict[str, tuple[str, set[str]]] = {
    "accept": ("received", {"supervisor", "disclosure", "disclosure2"}),
    "refuse": ("received", {"supervisor", "disclosure", "disclosure2"}),
    "investigate": ("accepted", {"supervisor", "disclosure", "disclosure2"}),
    "explain": ("accepted", {"handler"}),
    "uphold": ("investigating", {"supervisor", "disclosure", "disclosure2"}),
    "reject": ("investigating", {"supervisor", "disclosure", "disclosure2"}),
    "put_right": ("upheld", {"handler"}),
    "not_yet": ("put_right", {"supervisor", "disclosure", "disclosure2"}),
    "close": ("put_right", {"supervisor", "disclosure", "disclosure2"}),
}


@pytest.mark.parametrize("step", BREACH_TABLE)
def test_who_may_take_which_step_of_a_complaint(
    api_of: ApiOf, bureau: Bureau, just_now: datetime, step: str
) -> None:
    state, theirs = BREACH_TABLE[step]
    breach = breach_in(state, bureau, version_in("published", bureau), at=just_now)
    for who in EVERYONE:
        expected = 404 if who == "handler_roads" else 400 if who in theirs else 403
        assert send(api_of(who), of(breach, step), {"seen": "x"}).status_code == expected, who
    breach.refresh_from_db()
    assert breach.state == state


def test_what_there_is_no_step_or_number_for_is_no_page(api_of: ApiOf, bureau: Bureau) -> None:
    version = version_in("draft", bureau)
    client = api_of("disclosure")
    for step in ("write", "supersede", "change", "delete"):
        assert send(client, desk(version, step), {}).status_code == 404
    for number in ("1", "WN-20261123-7", "WN-20261123-٠٠٠٧", "12319-20261123-0007", "WN-20261123-0007'"):
        assert client.get(f"{BREACHES}{number}/").status_code == 404
    for number in ("0", "999999", "9" * 30, "-1", "x"):
        assert client.get(f"{VERSIONS}{number}/").status_code == 404
        assert client.get(f"{PLEDGES}{number}/").status_code == 404
        assert client.get(f"{PLEDGES}{version.pledge_id}/versions/{number}/").status_code == 404
        assert send(client, f"{PLEDGES}{number}/complaints/", GRIEVANCE).status_code == 404
        assert send(client, f"{PLEDGES}{number}/versions/", TEXT).status_code == 404


# What everyone reads ----------------------------------------------------------------------------------------


def test_the_list_has_what_is_in_force_with_its_signed_file(api_of: ApiOf, bureau: Bureau) -> None:
    for state in ("draft", "reviewed", "signed", "withdrawn"):
        version_in(state, bureau)
    first = version_in("superseded", bureau, measured=True)
    version = first.pledge.in_force
    assert version is not None
    said = APIClient().get(PLEDGES).json()
    assert (said["next"], said["previous"]) == (None, None)
    assert [row["id"] for row in said["results"]] == [version.pledge_id]
    (row,) = said["results"]
    assert version.document is not None
    check = f"http://testserver/verify/{version.document.check_code}/"
    assert row == {
        "id": version.pledge_id,
        "unit": {"code": "greening", "name": "园林绿化管理处"},
        "title": "园林绿化服务公开承诺书",
        "number": version.document.number,
        "version": 2,
        "state": "published",
        "state_label": row["state_label"],
        "holds": True,
        "valid_from": "2026-11-02",
        "valid_until": "2027-12-31",
        "published_at": row["published_at"],
        "ended_at": None,
        "document_url": f"{check}document.pdf",
        "verify_url": check,
        "url": f"http://testserver/api/v1/pledges/{version.pledge_id}/",
        "clauses_count": 3,
        "measured": {"kept": 0, "missed": 0},
    }
    assert datetime.fromisoformat(row["published_at"]) == version.published_at
    assert APIClient().get(row["document_url"]).content == document_bytes(version.document)
    assert APIClient().get(row["url"]).json()["number"] == version.document.number


def test_the_list_is_narrowed(bureau: Bureau) -> None:
    version = version_in("published", bureau, title="行道树养护公开承诺书")
    other = version_in("published", bureau)
    version_in("draft", bureau, title="行道树养护新承诺书")
    assert version.document is not None

    def listed(**query: str) -> list[int]:
        answer = APIClient().get(PLEDGES, query)
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    both = [other.pledge_id, version.pledge_id]
    assert listed() == both
    assert listed(q="行道树") == [version.pledge_id]
    assert listed(q=version.document.number) == [version.pledge_id]
    # Two clauses of each have it, and each is told once.
    assert listed(q="群众") == both
    assert listed(q="%") == listed(q="_") == listed(q="没有的字") == []
    assert listed(unit="greening") == both
    assert listed(unit="roads") == []
    assert listed(q="行道树", unit="greening") == [version.pledge_id]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"q": "字" * 101}, "q"),
        ({"q": "\x01"}, "q"),
        ({"unit": "nowhere"}, "unit"),
        ({"older": "x"}, "older"),
        ({"newer": "2026-01-01_1"}, "newer"),
    ],
)
def test_a_question_that_makes_no_sense_names_its_field(
    api_of: ApiOf, query: dict[str, str], field: str
) -> None:
    for client, url in ((APIClient(), PLEDGES), (api_of("chief"), VERSIONS)):
        answer = client.get(url, query)
        assert answer.status_code == 400
        assert set(answer.json()) == {field}


def counted(share: Share) -> Measure:
    """The hotline's own measure, answering what is given here."""
    known = measures.named("hotline.closed_within")
    return Measure(
        code=known.code,
        name=known.name,
        sentence=known.sentence,
        part_label=known.part_label,
        whole_label=known.whole_label,
        count=lambda **_asked: share,
        figures_url_name=known.figures_url_name,
        takes_days=True,
    )


def measured(bureau: Bureau, monkeypatch: pytest.MonkeyPatch, share: Share) -> PledgeVersion:
    """A pledge in force whose second clause was measured on its first night."""
    monkeypatch.setitem(measures._measures, "hotline.closed_within", counted(share))
    version = version_in("published", bureau, measured=True)
    measure_due(at=MONDAY + ONE_DAY)
    return version


@pytest.mark.parametrize(
    ("share", "percent", "kept", "counts"),
    [
        (Share(2, 3), 66.6, False, {"kept": 0, "missed": 1}),
        (Share(1999, 2000), 99.9, True, {"kept": 1, "missed": 0}),
        (Share(0, 0), None, None, {"kept": 0, "missed": 0}),
    ],
)
def test_a_pledge_is_told_with_what_was_measured(
    bureau: Bureau,
    monkeypatch: pytest.MonkeyPatch,
    share: Share,
    percent: float | None,
    kept: bool | None,
    counts: dict[str, int],
) -> None:
    version = measured(bureau, monkeypatch, share)
    said = APIClient().get(f"{PLEDGES}{version.pledge_id}/").json()
    assert [clause["number"] for clause in said["clauses"]] == [1, 2, 3]
    assert said["clauses"][0]["result"] is None
    assert said["clauses"][1]["result"] == {
        "first": "2026-11-02",
        "day": "2026-11-02",
        "part": share.part,
        "whole": share.whole,
        "percent": percent,
        "target": "95.00",
        "kept": kept,
    }
    assert "3" in said["clauses"][1]["measure"]
    assert said["clauses"][2]["measure"] == ""
    assert APIClient().get(PLEDGES).json()["results"][0]["measured"] == counts


def test_the_newest_result_is_told(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    version = measured(bureau, monkeypatch, Share(1, 2))
    monkeypatch.setitem(measures._measures, "hotline.closed_within", counted(Share(2, 2)))
    measure_due(at=MONDAY + 2 * ONE_DAY)
    result = APIClient().get(f"{PLEDGES}{version.pledge_id}/").json()["clauses"][1]["result"]
    assert (result["day"], result["kept"]) == ("2026-11-03", True)
    assert APIClient().get(PLEDGES).json()["results"][0]["measured"] == {"kept": 1, "missed": 0}


def test_a_pledge_is_told_with_its_versions_and_breaches(bureau: Bureau) -> None:
    first = version_in("superseded", bureau)
    version = first.pledge.in_force
    assert version is not None
    breach_in("upheld", bureau, version, clause=3)
    breach_in("rejected", bureau, version, clause=1)
    version_in("draft", bureau, pledge=version.pledge)
    said = APIClient().get(f"{PLEDGES}{version.pledge_id}/").json()
    assert said["is_signed"] is True
    assert said["title"] == "园林绿化服务公开承诺书"
    assert said["preamble"] == ["为方便群众监督，现公开承诺如下。"]
    assert said["closing"] == ["以上承诺，请社会监督。"]
    assert [clause["text"] for clause in said["clauses"]] == list(TEXTS)
    assert [clause["upheld"] for clause in said["clauses"]] == [0, 0, 1]
    assert said["signer"] == {"name": "签样例", "title": "首席代表"}
    assert said["dated_on"] == "2026-11-02"
    assert (said["phone"], said["fax"]) == ("0570-5550124", "0570-5550125")
    assert [(each["version"], each["state"]) for each in said["versions"]] == [
        (2, "published"),
        (1, "superseded"),
    ]
    earlier = APIClient().get(said["versions"][1]["url"]).json()
    assert (earlier["version"], earlier["state"], earlier["holds"]) == (1, "superseded", False)
    assert [clause["text"] for clause in earlier["clauses"]] == list(TEXTS)
    assert APIClient().get(said["versions"][1]["document_url"]).status_code == 200


def test_the_text_is_that_of_the_signed_file(bureau: Bureau) -> None:
    """And not what stands in the tables beside it; with a file that was changed nothing is shown."""
    import pgtrigger

    version = version_in("published", bureau)
    with pgtrigger.ignore():
        Clause.objects.filter(version=version).update(text="改动过的条款。")
        PledgeVersion.objects.filter(pk=version.pk).update(title="改动过的标题", phone="0570-5550199")
    for url in (f"{PLEDGES}{version.pledge_id}/", f"{PLEDGES}{version.pledge_id}/versions/1/"):
        said = APIClient().get(url).json()
        assert "改动" not in json.dumps(said, ensure_ascii=False)
        assert [clause["text"] for clause in said["clauses"]] == list(TEXTS)
        assert said["phone"] == "0570-5550124"
    document = version.document
    assert document is not None
    name, bytes_then = document.file.name, document_bytes(document)
    document.file.storage.delete(name)
    document.file.storage.save(name, ContentFile(bytes_then.replace(b"%PDF", b"%XDF", 1)))
    try:
        answer = APIClient().get(f"{PLEDGES}{version.pledge_id}/")
    finally:
        document.file.storage.delete(name)
        document.file.storage.save(name, ContentFile(bytes_then))
    assert answer.status_code == 500
    assert set(answer.json()) == {"detail"}


def test_of_a_withdrawn_pledge_there_is_a_tombstone(bureau: Bureau) -> None:
    version = version_in("withdrawn", bureau)
    assert version.document is not None
    check = f"http://testserver/verify/{version.document.check_code}/"
    said = APIClient().get(f"{PLEDGES}{version.pledge_id}/").json()
    assert said == {
        "id": version.pledge_id,
        "version": 1,
        "state": "withdrawn",
        "state_label": said["state_label"],
        "withdrawn_at": said["withdrawn_at"],
        "reason": "职责已调整，由其他单位承担。",
        "document_url": f"{check}document.pdf",
        "verify_url": check,
    }
    assert APIClient().get(f"{PLEDGES}{version.pledge_id}/versions/1/").json() == said
    assert APIClient().get(said["document_url"]).status_code == 200
    # Set anew, it is in force again, and the tombstone stays among its versions.
    version_in("published", bureau, pledge=version.pledge)
    said = APIClient().get(f"{PLEDGES}{version.pledge_id}/").json()
    assert (said["version"], said["state"]) == (2, "published")
    assert said["versions"][1]["reason"] == "职责已调整，由其他单位承担。"
    assert "title" not in said["versions"][1]


def test_what_was_never_published_is_not_told(bureau: Bureau, api_of: ApiOf) -> None:
    """Neither on its way, nor signed and withdrawn before anyone saw it."""
    for state in ("draft", "reviewed", "signed"):
        version = version_in(state, bureau)
        for client in (APIClient(), api_of("handler_roads"), api_of("operator")):
            assert client.get(f"{PLEDGES}{version.pledge_id}/").status_code == 404
            assert client.get(f"{PLEDGES}{version.pledge_id}/versions/1/").status_code == 404
    withdrawn = take(version_in("signed", bureau), "withdraw", bureau, "disclosure", MONDAY, "有误。")
    assert APIClient().get(f"{PLEDGES}{withdrawn.pledge_id}/").status_code == 404
    assert APIClient().get(f"{PLEDGES}{withdrawn.pledge_id}/versions/1/").status_code == 404
    assert APIClient().get(PLEDGES).json()["results"] == []


def test_who_works_on_a_version_reads_it_before_it_is_public(bureau: Bureau, api_of: ApiOf) -> None:
    written, signed = version_in("draft", bureau, measured=True), version_in("signed", bureau, measured=True)
    for version, is_signed in ((written, False), (signed, True)):
        said = api_of("chief").get(f"{PLEDGES}{version.pledge_id}/versions/1/").json()
        assert (said["is_signed"], said["state"]) == (is_signed, version.state)
        assert [clause["text"] for clause in said["clauses"]] == list(TEXTS)
        assert "95%" in said["clauses"][1]["measure"]
        assert (said["number"] is None, said["signer"] is None) == (not is_signed, not is_signed)
    # The file is for those whom documents of this kind are for, which a handler is not.
    url = f"{PLEDGES}{signed.pledge_id}/versions/1/"
    file = api_of("chief").get(url).json()["document_url"]
    assert api_of("chief").get(file).status_code == 200
    assert api_of("handler").get(url).json()["document_url"] is None
    assert api_of("handler").get(file).status_code == 404


def test_what_is_over_or_not_yet_valid_says_so(bureau: Bureau) -> None:
    today = local_day(timezone.now())
    ended = version_in("published", bureau, valid_until=today - ONE_DAY)
    ahead = version_in("published", bureau, valid_from=today + ONE_DAY)
    for version in (ended, ahead):
        assert APIClient().get(f"{PLEDGES}{version.pledge_id}/").json()["holds"] is False
    assert [row["holds"] for row in APIClient().get(PLEDGES).json()["results"]] == [False, False]


def test_the_measures_are_public(bureau: Bureau) -> None:
    said = APIClient().get("/api/v1/measures/", headers={"Accept-Language": "en"}).json()
    assert {each["code"]: each["takes_days"] for each in said}.items() >= {
        "hotline.closed_within": True,
        "pledges.answered_in_time": False,
    }.items()
    assert all(set(each) == {"code", "name", "takes_days"} for each in said)


# Complaints of everyone -------------------------------------------------------------------------------------


def complaints(version: PledgeVersion) -> str:
    return f"{PLEDGES}{version.pledge_id}/complaints/"


def test_anyone_complains_without_an_account(bureau: Bureau, photo: SimpleUploadedFile) -> None:
    version = version_in("published", bureau)
    answer = APIClient().post(complaints(version), GRIEVANCE | {"photos": [photo]}, format="multipart")
    assert answer.status_code == 201, answer.content
    breach, said = Breach.objects.get(), answer.json()
    assert (said["number"], said["lookup_code"]) == (breach.number, breach.lookup_code)
    assert said["state"] == "received"
    assert [row["term"] for row in said["deadlines"]] == ["pledges.receive", "pledges.answer"]
    assert all(row["explanation"] and row["words"] for row in said["deadlines"])
    assert (breach.clause.position, breach.source) == (2, "complaint")
    assert (breach.complainant_name, breach.complainant_phone) == ("测试市民", "19900000002")
    assert breach.attachments.get().by_public is True
    # The code is for one reader, who follows the complaint with it.
    assert "no-store" in answer.headers["Cache-Control"]
    follow = APIClient().get(f"/api/v1/cases/{breach.number}/", {"code": said["lookup_code"]})
    assert follow.status_code == 200


def test_a_complaint_may_be_anonymous(bureau: Bureau) -> None:
    version = version_in("published", bureau)
    answer = send(APIClient(), complaints(version), {"clause": 1, "description": "无人到场。"})
    assert answer.status_code == 201
    assert Breach.objects.get().is_anonymous


def test_a_complaint_is_about_the_version_in_force_or_the_one_named(bureau: Bureau) -> None:
    first = version_in("superseded", bureau)
    given = {"clause": 1, "description": "无人到场。"}
    for more, number in (({}, 2), ({"version": 1}, 1)):
        answer = send(APIClient(), complaints(first), given | more)
        assert answer.status_code == 201
        breach = Breach.objects.get(number=answer.json()["number"])
        assert breach.clause.version.number == number


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"clause": 4}, "clause"),
        ({"clause": 0}, "clause"),
        ({"clause": 10**30}, "clause"),
        ({"clause": None}, "clause"),
        ({"clause": [1]}, "clause"),
        ({"version": 2}, "version"),
        ({"version": 3}, "version"),
        ({"version": "x"}, "version"),
        ({"description": ""}, "description"),
        ({"description": "  "}, "description"),
        ({"description": "字" * 2001}, "description"),
        ({"description": "\x01"}, "description"),
        ({"description": "\ud800"}, "description"),
        ({"name": "名" * 41}, "name"),
        ({"name": "一行\n两行"}, "name"),
        ({"phone": "no number"}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"photos": ["x"]}, "photos"),
        ({"photos": [["x"]]}, "photos"),
    ],
)
def test_a_complaint_that_is_not_well_formed_names_its_field(
    bureau: Bureau, given: dict[str, Any], field: str
) -> None:
    version = version_in("published", bureau)
    version_in("draft", bureau, pledge=version.pledge)
    # Escaped, so that half a surrogate pair can be sent at all.
    body = json.dumps(GRIEVANCE | given)
    answer = APIClient().post(complaints(version), body, content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {field}
    assert all(isinstance(sentence, str) for sentence in answer.json()[field])
    assert not Breach.objects.exists()


@pytest.mark.parametrize("body", ["", "[", "[]", '"text"', "null", "12"])
def test_what_is_no_object_is_refused(bureau: Bureau, api_of: ApiOf, body: str) -> None:
    version, draft = version_in("published", bureau), version_in("draft", bureau)
    for method, url, who in (
        ("post", complaints(version), "nobody"),
        ("post", VERSIONS, "disclosure"),
        ("put", desk(draft), "disclosure"),
        ("post", f"{PLEDGES}{version.pledge_id}/versions/", "disclosure"),
    ):
        answer = getattr(api_of(who), method)(url, body, content_type="application/json")
        assert answer.status_code == 400, url


def test_complaints_from_one_address_are_limited(bureau: Bureau) -> None:
    url = complaints(version_in("published", bureau))
    given = {"clause": 1, "description": "无人到场。"}
    statuses = [send(APIClient(), url, given).status_code for _each in range(21)]
    assert statuses == [201] * 20 + [429]


# Versions at the desk ---------------------------------------------------------------------------------------


def test_the_whole_way_of_a_version(api_of: ApiOf, bureau: Bureau) -> None:
    enrol(bureau, "chief")
    handler, disclosure, chief = api_of("handler"), api_of("disclosure"), api_of("chief")
    answer = send(handler, VERSIONS, WRITTEN)
    assert answer.status_code == 201, answer.content
    said = answer.json()
    version = PledgeVersion.objects.get()
    assert (said["id"], said["pledge"], said["seen"]) == (version.pk, version.pledge_id, 1)
    assert (said["state"], said["version"], said["number"]) == ("draft", 1, None)
    assert said["clauses"] == [
        {"text": "一个工作日内到场。", "measure": "", "days": None, "target": None},
        MEASURED,
    ]
    assert said["writers"] == ["林样例"]
    assert said["allowed"] == ["change"]
    assert (said["fax"], said["document_url"]) == ("", None)
    assert version.clauses.get(position=2).measure_target == Decimal(95)

    changed = {**TEXT, "title": "园林绿化公开承诺书", "seen": said["seen"]}
    said = send(handler, desk(version), changed, "put").json()
    assert (said["title"], said["seen"]) == ("园林绿化公开承诺书", 2)

    said = disclosure.get(desk(version)).json()
    assert said["allowed"] == ["change", "review"]
    for client, step, given, state in (
        (disclosure, "review", {"note": ""}, "reviewed"),
        (chief, "send_back", {"note": "请补一条。"}, "draft"),
        (disclosure, "review", {}, "reviewed"),
        (chief, "sign", {"code": code()}, "signed"),
        (disclosure, "publish", {}, "published"),
    ):
        answer = send(client, desk(version, step), {**given, "seen": said["seen"]})
        assert answer.status_code == 200, (step, answer.content)
        said = answer.json()
        assert said["state"] == state
    assert (said["reviewed_by"], said["signer_name"]) == ("公样例", "签样例")
    assert (said["signer_title"], said["allowed"]) == ("首席代表", ["withdraw"])
    assert said["number"] == APIClient().get(PLEDGES).json()["results"][0]["number"]

    answer = send(handler, f"{PLEDGES}{version.pledge_id}/versions/", {**TEXT, "clauses": [MEASURED]})
    assert answer.status_code == 201, answer.content
    assert (answer.json()["version"], answer.json()["pledge"]) == (2, version.pledge_id)
    assert APIClient().get(f"{PLEDGES}{version.pledge_id}/").json()["version"] == 1

    answer = send(disclosure, desk(version, "withdraw"), {"note": "职责已调整。", "seen": said["seen"]})
    assert (answer.status_code, answer.json()["reason"]) == (200, "职责已调整。")
    verbs = [event.verb for event in Event.objects.of(version.pledge.subject)]
    assert verbs[0] == "pledge_write"
    assert verbs[-1] == "pledge_withdraw"


def test_the_desk_lists_drafts_for_those_who_may_see_them(api_of: ApiOf, bureau: Bureau) -> None:
    public = version_in("published", bureau)
    drafted = version_in("draft", bureau, at=MONDAY + timedelta(hours=1), title="市容公开承诺书")

    def listed(who: str, **query: str) -> list[int]:
        answer = api_of(who).get(VERSIONS, query)
        assert answer.status_code == 200, answer.content
        return [row["id"] for row in answer.json()["results"]]

    for who in (*SEES_ALL, "handler"):
        assert listed(who) == [drafted.pk, public.pk]
    assert listed("handler_roads") == []
    assert listed("chief", state="draft") == [drafted.pk]
    assert listed("handler_roads", state="draft") == listed("handler_roads", q="市容") == []
    assert listed("chief", q="市容") == [drafted.pk]
    assert listed("chief", unit="roads") == []
    answer = api_of("chief").get(VERSIONS, {"state": "lost"})
    assert (answer.status_code, set(answer.json())) == (400, {"state"})


WRONG_TEXTS: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "title"),
    ({"title": "题" * 101}, "title"),
    ({"title": "一行\n两行"}, "title"),
    ({"title": "\x07"}, "title"),
    ({"title": None}, "title"),
    ({"preamble": "字" * 2001}, "preamble"),
    ({"closing": "字" * 1001}, "closing"),
    ({"phone": ""}, "phone"),
    ({"phone": "call me"}, "phone"),
    ({"fax": "none"}, "fax"),
    ({"email": "nobody"}, "email"),
    ({"valid_from": "2026-02-30"}, "valid_from"),
    ({"valid_from": None}, "valid_from"),
    ({"valid_until": "2026-11-01"}, "valid_until"),
    ({"valid_until": "for ever"}, "valid_until"),
    ({"clauses": None}, "clauses"),
    ({"clauses": "one"}, "clauses"),
    ({"clauses": {"1": "one"}}, "clauses"),
    ({"clauses": [{"text": "x"}] * 201}, "clauses"),
    ({"clauses": ["one"]}, "clauses.1"),
    ({"clauses": [None]}, "clauses.1"),
    ({"clauses": [{}]}, "clauses.1.text"),
    ({"clauses": [{"text": "  "}]}, "clauses.1.text"),
    ({"clauses": [{"text": "好"}, {"text": "字" * 2001}]}, "clauses.2.text"),
    ({"clauses": [{"text": "\x00"}]}, "clauses.1.text"),
    ({"clauses": [{"text": "x", "measure": "nothing.known"}]}, "clauses.1.measure"),
    ({"clauses": [{"text": "x", "target": "95"}]}, "clauses.1.measure"),
    ({"clauses": [{"text": "x", "measure": ["a"]}]}, "clauses.1.measure"),
    ({"clauses": [MEASURED | {"target": None}]}, "clauses.1.target"),
    ({"clauses": [MEASURED | {"target": "0"}]}, "clauses.1.target"),
    ({"clauses": [MEASURED | {"target": "100.01"}]}, "clauses.1.target"),
    ({"clauses": [MEASURED | {"target": "0.001"}]}, "clauses.1.target"),
    ({"clauses": [MEASURED | {"target": "NaN"}]}, "clauses.1.target"),
    ({"clauses": [MEASURED | {"target": "1e400"}]}, "clauses.1.target"),
    ({"clauses": [MEASURED | {"days": None}]}, "clauses.1.days"),
    ({"clauses": [MEASURED | {"days": 0}]}, "clauses.1.days"),
    ({"clauses": [MEASURED | {"days": 61}]}, "clauses.1.days"),
    ({"clauses": [MEASURED | {"measure": "pledges.answered_in_time"}]}, "clauses.1.days"),
]


@pytest.mark.parametrize(("given", "field"), [*WRONG_TEXTS, ({"unit": "nowhere"}, "unit")])
def test_a_new_pledge_that_is_not_well_formed_names_its_field(
    api_of: ApiOf, bureau: Bureau, given: dict[str, Any], field: str
) -> None:
    body = json.dumps(WRITTEN | given)
    answer = api_of("handler").post(VERSIONS, body, content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {field}
    assert all(isinstance(sentence, str) for sentence in answer.json()[field])
    assert (Pledge.objects.count(), PledgeVersion.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": ""}, "title"),
        ({"clauses": [MEASURED | {"target": None}]}, "clauses.1.target"),
        ({"seen": None}, "seen"),
        ({"seen": -1}, "seen"),
        ({"seen": 2**31}, "seen"),
    ],
)
def test_a_draft_that_is_not_well_formed_stays_as_it_was(
    api_of: ApiOf, bureau: Bureau, given: dict[str, Any], field: str
) -> None:
    version = version_in("draft", bureau)
    before = Event.objects.count()
    answer = send(api_of("handler"), desk(version), {**TEXT, "seen": 1, **given}, "put")
    assert (answer.status_code, set(answer.json())) == (400, {field})
    assert Event.objects.count() == before
    assert [each.text for each in version.clauses.all()] == list(TEXTS)


def test_one_writes_for_the_own_unit(api_of: ApiOf, bureau: Bureau) -> None:
    assert send(api_of("handler_roads"), VERSIONS, WRITTEN).status_code == 403
    assert send(api_of("disclosure"), VERSIONS, WRITTEN).status_code == 201
    version = version_in("published", bureau)
    next_version = f"{PLEDGES}{version.pledge_id}/versions/"
    assert send(api_of("handler_roads"), next_version, TEXT).status_code == 403
    assert send(api_of("handler"), next_version, TEXT).status_code == 201
    second = send(api_of("disclosure"), next_version, TEXT)
    assert (second.status_code, set(second.json())) == (400, {"detail"})


@pytest.mark.parametrize(
    ("state", "who", "step", "given", "field"),
    [
        ("reviewed", "chief", "send_back", {}, "note"),
        ("reviewed", "chief", "send_back", {"note": " "}, "note"),
        ("reviewed", "chief", "send_back", {"note": "\x02"}, "note"),
        ("draft", "disclosure", "review", {"seen": 1, "note": "字" * 1001}, "note"),
        ("draft", "disclosure", "review", {}, "seen"),
        ("published", "disclosure", "withdraw", {}, "note"),
        ("published", "disclosure", "withdraw", {"note": "字" * 501}, "note"),
        ("reviewed", "chief", "sign", {"code": "123456"}, "seen"),
        ("reviewed", "chief", "sign", {"seen": 2}, "code"),
        ("reviewed", "chief", "sign", {"seen": 2, "code": ""}, "code"),
        ("reviewed", "chief", "sign", {"seen": 2, "code": "1" * 21}, "code"),
        # No second factor at all.
        ("reviewed", "chief", "sign", {"seen": 2, "code": "123456"}, "code"),
        # Not in this state: said of the version, and of no field.
        ("draft", "disclosure", "publish", {}, "detail"),
        ("reviewed", "disclosure", "review", {"seen": 2}, "detail"),
        ("draft", "chief", "sign", {"seen": 1, "code": "123456"}, "detail"),
        ("withdrawn", "disclosure", "withdraw", {"note": "x"}, "detail"),
        ("superseded", "disclosure", "publish", {}, "detail"),
    ],
)
def test_a_step_of_a_version_that_is_refused_says_why(
    api_of: ApiOf, bureau: Bureau, state: str, who: str, step: str, given: dict[str, Any], field: str
) -> None:
    version = version_in(state, bureau)
    before = Event.objects.count()
    answer = send(api_of(who), desk(version, step), given)
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {field}
    assert Event.objects.count() == before


def test_what_was_signed_is_not_changed(api_of: ApiOf, bureau: Bureau) -> None:
    version = version_in("signed", bureau)
    answer = send(api_of("disclosure"), desk(version), {**TEXT, "seen": version.version}, "put")
    assert (answer.status_code, set(answer.json())) == (400, {"detail"})


def test_who_wrote_neither_reviews_nor_signs(api_of: ApiOf, bureau: Bureau) -> None:
    said = send(api_of("disclosure"), VERSIONS, WRITTEN).json()
    review = f"{VERSIONS}{said['id']}/review/"
    assert send(api_of("disclosure"), review, {"seen": 1}).status_code == 403
    assert send(api_of("disclosure2"), review, {"seen": 1}).status_code == 200


def test_to_sign_asks_for_the_signers_code(api_of: ApiOf, bureau: Bureau) -> None:
    enrol(bureau, "chief")
    version, chief = version_in("reviewed", bureau), api_of("chief")
    wrong = send(chief, desk(version, "sign"), {"seen": version.version, "code": "000000"})
    assert (wrong.status_code, set(wrong.json())) == (400, {"code"})
    version.refresh_from_db()
    assert (version.state, version.document) == ("reviewed", None)
    used = code()
    # Somebody changed it since: the code is not used up by that.
    late = send(chief, desk(version, "sign"), {"seen": version.version - 1, "code": used})
    assert late.status_code == 409
    assert send(chief, desk(version, "sign"), {"seen": version.version, "code": used}).status_code == 200
    other = version_in("reviewed", bureau)
    again = send(chief, desk(other, "sign"), {"seen": other.version, "code": used})
    assert (again.status_code, set(again.json())) == (400, {"code"})


def test_a_code_is_of_who_signs(api_of: ApiOf, bureau: Bureau) -> None:
    enrol(bureau, "office_head")
    version = version_in("reviewed", bureau)
    answer = send(api_of("chief"), desk(version, "sign"), {"seen": version.version, "code": code()})
    assert (answer.status_code, set(answer.json())) == (400, {"code"})


def test_the_second_of_two_is_told_who_was_first(api_of: ApiOf, bureau: Bureau) -> None:
    version = version_in("draft", bureau)
    given = {**TEXT, "seen": version.version}
    assert send(api_of("handler"), desk(version), given, "put").status_code == 200
    second = send(api_of("disclosure"), desk(version), given, "put")
    assert second.status_code == 409
    assert bureau.staff["handler"].name in second.json()["detail"]
    third = send(api_of("disclosure2"), desk(version, "review"), {"seen": version.version})
    assert third.status_code == 409
    assert bureau.staff["handler"].name in third.json()["detail"]


# Complaints at the desk -------------------------------------------------------------------------------------


def test_the_whole_way_of_a_complaint(api_of: ApiOf, bureau: Bureau) -> None:
    version = version_in("published", bureau)
    number = send(APIClient(), complaints(version), GRIEVANCE).json()["number"]
    breach = Breach.objects.get(number=number)
    supervisor, handler = api_of("supervisor"), api_of("handler")
    said = supervisor.get(of(breach)).json()
    assert said["clause"] == {
        "pledge": version.pledge_id,
        "title": version.title,
        "version": 1,
        "number": 2,
    }
    assert (said["text"], said["description"]) == (TEXTS[1], "反映五天无人处理。")
    assert said["allowed"] == ["accept", "refuse"]
    assert [row["term"] for row in said["deadlines"]] == ["pledges.receive", "pledges.answer"]
    assert (said["is_anonymous"], said["result"], said["holder"]) == (False, None, "督样例")
    finding = {"finding": "经查，确未按时办结。", "put_right_days": 5}
    for client, step, given, state in (
        (supervisor, "accept", {"note": ""}, "accepted"),
        (supervisor, "investigate", {}, "investigating"),
        (handler, "explain", {"statement": "当日人手不足。"}, "investigating"),
        (supervisor, "uphold", finding, "upheld"),
        (handler, "put_right", {"remedy": "已办结。"}, "put_right"),
        (supervisor, "not_yet", {"note": "仍有遗留。"}, "upheld"),
        (handler, "put_right", {"remedy": "已全部办结。"}, "put_right"),
        (supervisor, "close", {}, "closed"),
    ):
        answer = send(client, of(breach, step), {**given, "seen": said["version"]})
        assert answer.status_code == 200, (step, answer.content)
        said = answer.json()
        assert said["state"] == state
    assert (said["upheld"], said["finding"]) == (True, finding["finding"])
    assert (said["statement"], said["remedy"]) == ("当日人手不足。", "已全部办结。")
    assert (said["taken_by"], said["allowed"], said["due_at"]) == ("督样例", [], None)
    assert APIClient().get(f"{PLEDGES}{version.pledge_id}/").json()["clauses"][1]["upheld"] == 1


@pytest.mark.parametrize(
    ("step", "state", "given", "ends"),
    [
        ("refuse", "received", {"note": "不属于承诺事项。"}, "refused"),
        ("reject", "investigating", {"finding": "当日已到场。"}, "rejected"),
    ],
)
def test_a_complaint_may_end_otherwise(
    api_of: ApiOf, bureau: Bureau, just_now: datetime, step: str, state: str, given: dict[str, str], ends: str
) -> None:
    breach = breach_in(state, bureau, version_in("published", bureau), at=just_now)
    answer = send(api_of("disclosure"), of(breach, step), given)
    assert (answer.status_code, answer.json()["state"]) == (200, ends)


@pytest.mark.parametrize(
    ("state", "who", "step", "given", "field"),
    [
        ("received", "supervisor", "refuse", {}, "note"),
        ("received", "supervisor", "accept", {"note": "\x02"}, "note"),
        ("received", "supervisor", "accept", {"note": "字" * 1001}, "note"),
        ("accepted", "handler", "explain", {}, "statement"),
        ("accepted", "handler", "explain", {"statement": "字" * 2001}, "statement"),
        ("investigating", "supervisor", "uphold", {"put_right_days": 5}, "finding"),
        ("investigating", "supervisor", "uphold", {"finding": "属实。"}, "put_right_days"),
        (
            "investigating",
            "supervisor",
            "uphold",
            {"finding": "属实。", "put_right_days": 0},
            "put_right_days",
        ),
        (
            "investigating",
            "supervisor",
            "uphold",
            {"finding": "属实。", "put_right_days": 31},
            "put_right_days",
        ),
        ("investigating", "supervisor", "reject", {"finding": "  "}, "finding"),
        ("upheld", "handler", "put_right", {"remedy": ""}, "remedy"),
        ("put_right", "supervisor", "not_yet", {}, "note"),
        ("received", "supervisor", "close", {}, "detail"),
        ("closed", "supervisor", "accept", {}, "detail"),
        ("received", "handler", "explain", {"statement": "x"}, "detail"),
    ],
)
def test_a_step_of_a_complaint_that_is_refused_says_why(
    api_of: ApiOf,
    bureau: Bureau,
    just_now: datetime,
    state: str,
    who: str,
    step: str,
    given: dict[str, Any],
    field: str,
) -> None:
    breach = breach_in(state, bureau, version_in("published", bureau), at=just_now)
    before = Event.objects.count()
    answer = send(api_of(who), of(breach, step), given)
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) == {field}
    assert Event.objects.count() == before


def test_of_two_who_take_a_complaint_the_second_is_told(
    api_of: ApiOf, bureau: Bureau, just_now: datetime
) -> None:
    breach = breach_in("received", bureau, version_in("published", bureau), at=just_now)
    given = {"seen": breach.version}
    assert send(api_of("supervisor"), of(breach, "accept"), given).status_code == 200
    second = send(api_of("disclosure"), of(breach, "refuse"), given | {"note": "不属实。"})
    assert second.status_code == 409
    assert bureau.staff["supervisor"].name in second.json()["detail"]


# Who reads whose complaint it is, of those who see it at all.
SEES_THE_COMPLAINANT = {
    "supervisor": True,
    "disclosure": True,
    "disclosure2": True,
    "supervisor_greening": False,
    "handler": False,
}


@pytest.mark.parametrize(("who", "sees"), SEES_THE_COMPLAINANT.items())
def test_whose_complaint_it_is(
    api_of: ApiOf, bureau: Bureau, just_now: datetime, who: str, sees: bool
) -> None:
    email = "citizen@portal.invalid"
    breach = breach_in("received", bureau, version_in("published", bureau), at=just_now, email=email)
    answer = api_of(who).get(of(breach))
    said = answer.json()
    told = (said["complainant_name"], said["complainant_phone"], said["complainant_email"])
    assert told == (("测试市民", "19900000002", email) if sees else ("", "", ""))
    assert said["is_anonymous"] is False
    assert "no-store" in answer.headers["Cache-Control"]
    # In lists nobody needs it.
    listed = api_of(who).get(BREACHES).content.decode()
    assert breach.number in listed
    for personal in ("测试市民", "19900000002", email):
        assert personal not in listed
        if not sees:
            assert personal not in answer.content.decode()


def test_who_signed_does_not_learn_who_complains(api_of: ApiOf, bureau: Bureau, just_now: datetime) -> None:
    """The signer with a second role, by which they would handle complaints."""
    version = version_in("published", bureau)
    breach = breach_in("received", bureau, version, at=just_now)
    signer = bureau.staff["chief"]
    type(signer).objects.filter(pk=signer.pk).update(roles=["chief_representative", "disclosure_officer"])
    signer.refresh_from_db()
    said = api_of("chief").get(of(breach)).json()
    assert (said["complainant_name"], said["complainant_phone"], said["allowed"]) == ("", "", [])


def test_a_missed_measure_stands_in_the_list(
    api_of: ApiOf, bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = measured(bureau, monkeypatch, Share(2, 3))
    breach_in("received", bureau, version)

    def listed(**query: str) -> list[str]:
        answer = api_of("supervisor").get(BREACHES, query)
        assert answer.status_code == 200, answer.content
        return [row["source"] for row in answer.json()["results"]]

    assert sorted(listed()) == ["complaint", "measure"]
    assert listed(source="measure") == ["measure"]
    assert listed(state="closed") == listed(unit="roads") == []
    assert len(listed(unit="greening", due="overdue")) == 2
    breach = Breach.objects.get(source="measure")
    said = api_of("supervisor").get(of(breach)).json()
    assert (said["result"]["part"], said["result"]["whole"]) == (2, 3)
    assert (said["result"]["kept"], said["is_anonymous"]) == (False, True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"state": "lost"}, "state"),
        ({"source": "rumour"}, "source"),
        ({"opened_from": "2026-02-30"}, "opened_from"),
        ({"after": "x"}, "after"),
        ({"before": "1-99999999999999999999"}, "before"),
    ],
)
def test_a_wrong_question_about_complaints_names_its_field(
    api_of: ApiOf, query: dict[str, str], field: str
) -> None:
    answer = api_of("supervisor").get(BREACHES, query)
    assert (answer.status_code, set(answer.json())) == (400, {field})


# Costs ------------------------------------------------------------------------------------------------------


def cost(client: APIClient, url: str, *, rows: int | None = None) -> int:
    """Queries of a request that has been made once before, so that nothing is kept for the first time."""
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200, answer.content
    if rows is not None:
        assert len(answer.json()["results"]) == rows
    return len(queries)


def test_a_list_costs_the_same_whatever_stands_in_it(
    api_of: ApiOf, bureau: Bureau, monkeypatch: pytest.MonkeyPatch, just_now: datetime
) -> None:
    measured(bureau, monkeypatch, Share(3, 3))
    version = PledgeVersion.objects.get()
    breach_in("received", bureau, version, at=just_now)
    nobody, chief, supervisor = APIClient(), api_of("chief"), api_of("supervisor")
    # The rows; their clauses, latest results, and breaches upheld.
    assert cost(nobody, PLEDGES, rows=1) == 4
    first = {url: cost(who, url, rows=1) for who, url in ((chief, VERSIONS), (supervisor, BREACHES))}
    for _each in range(20):
        version_in("published", bureau, measured=True)
        breach_in("received", bureau, version, at=just_now)
    measure_due(at=MONDAY + ONE_DAY)
    assert cost(nobody, PLEDGES, rows=20) == 4
    assert {url: cost(who, url, rows=20) for who, url in ((chief, VERSIONS), (supervisor, BREACHES))} == first
    # Session and person each; the rows, with the running limits of complaints.
    assert first == {VERSIONS: 3, BREACHES: 4}
    # Pages lead to one another.
    older = nobody.get(nobody.get(PLEDGES).json()["next"]).json()
    assert (len(older["results"]), older["next"]) == (1, None)
    assert nobody.get(older["previous"]).json() == nobody.get(PLEDGES).json()
    older = supervisor.get(supervisor.get(BREACHES).json()["next"]).json()
    assert (len(older["results"]), older["next"]) == (1, None)
    assert supervisor.get(older["previous"]).json()["results"] == supervisor.get(BREACHES).json()["results"]


def test_a_pledge_costs_the_same_however_many_clauses(bureau: Bureau) -> None:
    def with_clauses(count: int) -> PledgeVersion:
        promises = [
            Promise(f"第{each}项承诺。", "hotline.closed_within", 3, Decimal(95)) for each in range(count)
        ]
        text = draft()
        written = Draft(clauses=promises, **text.columns())
        version = actions.begin(bureau.units["greening"], written, actor=bureau.actor("handler"), at=MONDAY)
        for name, who in (("review", "disclosure"), ("sign", "chief"), ("publish", "disclosure")):
            version = take(version, name, bureau, who, MONDAY)
        measure_due(at=MONDAY + ONE_DAY)
        return version

    few, many = with_clauses(1), with_clauses(20)
    # The version; the latest results; breaches upheld; its versions.
    assert cost(APIClient(), f"{PLEDGES}{few.pledge_id}/") == 4
    assert cost(APIClient(), f"{PLEDGES}{many.pledge_id}/") == 4


# The description --------------------------------------------------------------------------------------------


def test_the_schema_names_every_address_and_raises_no_warning(db: None) -> None:
    from drf_spectacular.drainage import GENERATOR_STATS
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.validation import validate_schema

    with GENERATOR_STATS.silence():
        schema = SchemaGenerator().get_schema(public=True)
        assert not GENERATOR_STATS._warn_cache
        assert not GENERATOR_STATS._error_cache
    validate_schema(schema)
    paths = schema["paths"]
    assert {"get", "put"} <= set(paths["/api/v1/pledge-versions/{id}/"])
    for step in VERSION_STEPS:
        assert f"/api/v1/pledge-versions/{{id}}/{step}/" in paths
    for step in BREACH_STEPS:
        assert f"/api/v1/breaches/{{number}}/{step}/" in paths
    asked = {each["name"] for each in paths["/api/v1/breaches/"]["get"]["parameters"]}
    assert {"state", "due", "unit", "source", "opened_from", "after"} <= asked
    asked = {each["name"] for each in paths["/api/v1/pledges/"]["get"]["parameters"]}
    assert asked == {"q", "unit", "older", "newer"}
