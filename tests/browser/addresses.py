"""Every address of the portal, and by hand: what each takes, who gets in, and which pages are looked at.

`patterns()` reads the URL configuration itself, so that what is added there and forgotten here is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from approvals.models import BadRating, Incoming, ItemGuide
from disclosure.sitemaps import STEP
from tests.browser.people import World

STAFF = (
    "operator",
    "handler",
    "handler_roads",
    "clerk",
    "office_head",
    "chief",
    "agency_head",
    "disclosure",
    "secrecy",
    "supervisor",
    "administrator",
)
PUBLIC = ("nobody", "citizen")
EVERYBODY = (*PUBLIC, *STAFF)


@dataclass(frozen=True, slots=True)
class Address:
    """One pattern of the URL configuration: its route from the root, and whether it takes anything."""

    route: str

    @property
    def takes(self) -> list[str]:
        return re.findall(r"<(?:\w+:)?(\w+)>", self.route)

    def filled(self, values: dict[str, Any]) -> str:
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), self.route)


def patterns() -> list[Address]:
    return list(_below(get_resolver(), ""))


def _below(resolver: URLResolver, before: str) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        # Of the few patterns that are regular expressions only the names of their groups are kept.
        own = re.sub(r"\(\?P(<\w+>)[^)]*\)|[\^$]", r"\1", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _below(pattern, before + own)
        else:
            assert isinstance(pattern, URLPattern)
            yield Address(before + own)


# Who gets what ----------------------------------------------------------------------------------------------

Expected = dict[str, int]
ALL: Expected = dict.fromkeys(EVERYBODY, 200)
# To the sign-in page for whoever is not signed in, "this is not for you" for the others.
CLOSED: Expected = dict.fromkeys(PUBLIC, 302) | dict.fromkeys(STAFF, 403)
EVERY_STAFF: Expected = dict.fromkeys(PUBLIC, 302) | dict.fromkeys(STAFF, 200)
BY_POST: Expected = dict.fromkeys(EVERYBODY, 405)


def only(*who: str, gets: int = 200, else_: Expected = CLOSED) -> Expected:
    return else_ | dict.fromkeys(who, gets)


HANDLERS = ("handler", "handler_roads")
# The ticket of the table is with the greening division.
ITS_OWN = only("operator", "handler", "supervisor") | {"handler_roads": 404}
# About the case as such; the citizen follows it. Administrators keep the portal going and read no cases.
ITS_PEOPLE = dict.fromkeys(EVERYBODY, 404) | dict.fromkeys(
    ("citizen", "operator", "handler", "supervisor"), 200
)
WRITE_LETTERS = ("office_head", "chief")
READ_LETTERS = (*WRITE_LETTERS, "disclosure", "supervisor")
ON_PLEDGES = ("disclosure", "office_head", "chief")
WRITE_PLEDGES = (*HANDLERS, "disclosure")
READ_DRAFTS = (*ON_PLEDGES, "supervisor")
HANDLE_COMPLAINTS = ("disclosure", "supervisor")
# The pledges of the table are the greening division's.
ITS_PLEDGE = only("handler", *READ_DRAFTS) | {"handler_roads": 404}
ITS_COMPLAINT = only("handler", *HANDLE_COMPLAINTS) | {"handler_roads": 404}
AT_THE_WINDOW = ("clerk", "office_head", "chief", "agency_head", "supervisor")
# Of the applications of the table, the greening division takes part in the survey of two.
ITS_APPLICATION = only("handler", *AT_THE_WINDOW) | {"handler_roads": 404}
ITS_FILES = dict.fromkeys(EVERYBODY, 404) | dict.fromkeys(("citizen", *AT_THE_WINDOW), 200)
API_STAFF: Expected = dict.fromkeys(EVERYBODY, 403)
API_STEP = API_STAFF | dict.fromkeys(("operator", *HANDLERS, "supervisor"), 405)

STEPS = (
    "answer",
    "dispatch",
    "sign",
    "return",
    "ask_extension",
    "extend",
    "refuse_extension",
    "reply",
    "call_back",
    "rework",
    "close",
    "urge",
)
VERSION_STEPS = ("review", "send_back", "sign", "publish", "withdraw")
BREACH_STEPS = (
    "accept",
    "refuse",
    "investigate",
    "explain",
    "uphold",
    "reject",
    "put_right",
    "not_yet",
    "close",
)
APPROVAL_STEPS = (
    *("take", "check_materials", "accept", "certify_acceptance", "ask_supplement", "supplement", "refuse"),
    *("withdraw", "pass_preliminary", "arrange_survey", "sign_opinion", "conclude_survey", "pass_review"),
    *("send_back", "grant", "deny", "issue_certificate", "serve", "special_procedure"),
    *("end_special_procedure", "ask_extension", "extend", "refuse_extension", "offer_handover"),
    *("accept_handover", "decline_handover", "reassign", "urge"),
)
REQUEST_STEPS = (
    *("register", "begin_review", "ask_supplement", "supplement", "lapse", "consult", "record_opinion"),
    *("pass_secrecy", "ask_extension", "extend", "refuse_extension", "ask_fee", "record_payment", "reply"),
    *("deliver", "close", "withdraw", "urge"),
)
TEXT_STEPS = (
    *("submit", "pass_secrecy", "escalate", "record_determination", "record_third_party", "approve"),
    *("publish", "schedule", "unschedule", "send_back", "drop", "urge"),
)
READ_INCOMING = ("clerk", "office_head", "supervisor", *HANDLERS)
HANDLE_RATINGS = ("office_head", "supervisor")
WRITE_TEXTS = (*HANDLERS, "disclosure")
READ_REQUESTS = ("disclosure", "secrecy", "agency_head", "supervisor")
READ_TEXTS = (*HANDLERS, *READ_REQUESTS)
# The draft of the table is the greening division's.
ITS_TEXT = only(*READ_TEXTS) | {"handler_roads": 404}
# The citizen sent it with a copy of an identity card, which only those read who answer.
ITS_REQUEST = dict.fromkeys(EVERYBODY, 404) | dict.fromkeys(("citizen", "disclosure"), 200)
READ_GUIDES = ("clerk", "office_head", "chief", "supervisor", "administrator")
TO_THE_DOOR: Expected = dict.fromkeys(EVERYBODY, 302)
ADMINISTRATORS = only("administrator", else_=TO_THE_DOOR)
NO_ADMINISTRATOR_EITHER = only("administrator", gets=403, else_=TO_THE_DOOR)
WITH_A_FACTOR = ("supervisor", "administrator")
OWN_FACTOR = only(*WITH_A_FACTOR, else_=EVERY_STAFF | dict.fromkeys(STAFF, 404))

PAGES: dict[str, Expected] = {
    "": ALL,
    "sitemap/": ALL,
    "robots.txt": ALL,
    # On to their desk.
    "workbench/": EVERY_STAFF
    | dict.fromkeys(("operator", *HANDLERS, "supervisor", *ON_PLEDGES, "clerk", "agency_head"), 302)
    | {"secrecy": 302},
    "account/": EVERY_STAFF,
    "elder/": BY_POST,
    "still-here/": dict.fromkeys(EVERYBODY, 204),
    # No beat runs beside the tests, and it says so.
    "healthz": dict.fromkeys(EVERYBODY, 503),
    "workdays/": ALL,
    "workdays/<int:year>/": ALL,
    "disclosure/": ALL,
    "disclosure/feed.atom": ALL,
    "disclosure/export.<kind>": ALL,
    "disclosure/<index:index_number>/": ALL,
    "disclosure/<index:index_number>/files/<int:pk>/": ALL,
    "sitemap.xml": ALL,
    "sitemap-<int:section>.xml": ALL,
    "api/v1/disclosures/": ALL,
    "disclosure/requests/": ALL,
    "disclosure/requests/apply/": ALL,
    # The citizen of the table reported a tree last.
    "disclosure/requests/received/": dict.fromkeys(EVERYBODY, 302),
    "disclosure/requests/<request:number>/": only("citizen", else_=dict.fromkeys(EVERYBODY, 302)),
    "disclosure/requests/<request:number>/files/<int:pk>/": ITS_REQUEST,
    "disclosure/requests/<request:number>/papers/<int:pk>/": ITS_REQUEST,
    "disclosure/desk/requests/": only(*READ_REQUESTS),
    "disclosure/desk/requests/new/": only("disclosure"),
    "disclosure/desk/requests/<request:number>/": only(*READ_REQUESTS),
    "disclosure/desk/requests/<request:number>/letters/<int:pk>/": only("disclosure"),
    "disclosure/desk/publications/": only(*READ_TEXTS),
    "disclosure/desk/publications/new/": only(*WRITE_TEXTS),
    "disclosure/desk/publications/import/": only(*WRITE_TEXTS),
    "disclosure/desk/publications/import/template/": only(*WRITE_TEXTS),
    "disclosure/desk/publications/<publication:number>/": ITS_TEXT,
    # Its author and the officers change a draft.
    "disclosure/desk/publications/<publication:number>/texts/<int:position>/": only("handler", "disclosure")
    | {"handler_roads": 404},
    "disclosure/desk/publications/<publication:number>/files/<int:pk>/": ITS_TEXT,
    "disclosure/annual-reports/": ALL,
    "disclosure/annual-reports/<report_year:year>/": ALL,
    "disclosure/annual-reports/<report_year:year>/report.docx": ALL,
    "disclosure/desk/annual-reports/": only(*READ_REQUESTS),
    **{
        f"disclosure/desk/annual-reports/<report_year:year>/{rest}": only(*READ_REQUESTS)
        for rest in (
            *("", "draft.pdf"),
            *(f"{cases}/<slug:row>/<slug:column>/" for cases in ("requests", "remedies")),
        )
    },
    "disclosure/desk/items/<index:index_number>/": only(*READ_REQUESTS),
    "disclosure/desk/items/<index:index_number>/correct/": only(*WRITE_TEXTS),
    "ledger/": ALL,
    "ledger/seals.json": ALL,
    "ledger/verify_receipt.py": ALL,
    "ledger/<int:number>/": ALL,
    "cases/calendar/new/": only("supervisor", "administrator"),
    "cases/photos/<int:pk>/": ITS_PEOPLE,
    "cases/<case:number>/deadlines/<int:pk>/": ITS_PEOPLE,
    "cases/<case:number>/receipt.json": ITS_PEOPLE,
    "verify/": ALL,
    "verify/ca.pem": ALL,
    "verify/<code:code>/": ALL,
    "verify/<code:code>/receipt.json": ALL,
    # The letter of the table is not public.
    "verify/<code:code>/document.pdf": dict.fromkeys(EVERYBODY, 404) | dict.fromkeys(READ_LETTERS, 200),
    "documents/": EVERY_STAFF,
    "documents/new/": only(*WRITE_LETTERS),
    "documents/batches/": only(*READ_LETTERS),
    "documents/batches/new/": only(*WRITE_LETTERS),
    "documents/batches/<int:pk>/": only(*READ_LETTERS),
    # Part of a page, for its script; without it, on to the page.
    "documents/batches/<int:pk>/progress/": only(*READ_LETTERS, gets=302),
    "documents/batches/<int:pk>/stop/": only(*READ_LETTERS, gets=405),
    "documents/<code:code>/": only(*READ_LETTERS, else_=EVERY_STAFF | dict.fromkeys(STAFF, 404)),
    "documents/<code:code>/revoke/": EVERY_STAFF | dict.fromkeys(STAFF, 405),
    "notices/": EVERY_STAFF,
    "notices/read/": EVERY_STAFF | dict.fromkeys(STAFF, 405),
    "notices/<int:pk>/read/": EVERY_STAFF | dict.fromkeys(STAFF, 405),
    "notices/failed/": only("supervisor", "administrator"),
    "notices/failed/<int:pk>/retry/": only("supervisor", "administrator", gets=405),
    "oversight/": only("supervisor"),
    "oversight/cards/": only("supervisor", "operator", *HANDLERS),
    "oversight/cards/<int:pk>/": only("supervisor", "handler", else_=EVERY_STAFF | dict.fromkeys(STAFF, 404)),
    "oversight/cards/<int:pk>/<slug:name>/": EVERY_STAFF | dict.fromkeys(STAFF, 405),
    "oversight/appraisal/": only("supervisor"),
    "organisation/units/": EVERY_STAFF,
    "organisation/access/": EVERY_STAFF,
    "hotline/": ALL,
    "hotline/report/": ALL,
    # To the form for who has reported nothing, to the question for the code for who has not given it.
    "hotline/report/received/": only("citizen", else_=dict.fromkeys(EVERYBODY, 302)),
    "cases/follow/": ALL,
    "hotline/follow/<ticket:number>/": only("citizen", else_=dict.fromkeys(EVERYBODY, 302)),
    "cases/follow/finish/": BY_POST,
    "hotline/calls/new/": only("operator"),
    "hotline/calls/caller/": only("operator", gets=405),
    "hotline/calls/limits/": only("operator"),
    "hotline/calls/noted/": only("operator"),
    "hotline/calls/<ticket:number>/logged/": only("operator"),
    "hotline/calls/<ticket:number>/added/": only("operator"),
    "hotline/desk/": only(*HANDLERS),
    "hotline/tickets/": only("operator", *HANDLERS, "supervisor"),
    "hotline/tickets/<ticket:number>/": ITS_OWN,
    "pledges/": ALL,
    "pledges/<int:pk>/": ALL,
    "pledges/<int:pk>/versions/<int:number>/": ALL,
    "pledges/<int:pk>/versions/<int:old>/to/<int:new>/": ALL,
    "pledges/<int:pk>/complain/": ALL,
    "pledges/<int:pk>/next/": only("handler", "disclosure") | {"handler_roads": 404},
    # To the pledges for who has complained of nothing; the citizen of the table reported a tree last.
    "pledges/complaints/received/": dict.fromkeys(EVERYBODY, 302),
    "pledges/follow/<breach:number>/": only("citizen", else_=dict.fromkeys(EVERYBODY, 302)),
    "pledges/desk/": only(*HANDLERS, *READ_DRAFTS),
    "pledges/desk/new/": only(*WRITE_PLEDGES),
    "pledges/desk/import/": only(*WRITE_PLEDGES),
    "pledges/desk/<int:pk>/": ITS_PLEDGE,
    "pledges/desk/<int:pk>/draft.pdf": ITS_PLEDGE,
    "pledges/desk/<int:pk>/change/": only("handler", "disclosure") | {"handler_roads": 404},
    "pledges/complaints/": only(*HANDLERS, *HANDLE_COMPLAINTS),
    "pledges/complaints/<breach:number>/": ITS_COMPLAINT,
    "approvals/": ALL,
    "approvals/items/<slug:code>/": ALL,
    "approvals/items/<slug:code>/versions/<int:number>/": ALL,
    # The guides of the table have no forms to download.
    "approvals/items/<slug:code>/materials/<int:pk>/<slug:which>/": dict.fromkeys(EVERYBODY, 404),
    "approvals/items/<slug:code>/apply/": ALL,
    "approvals/apply/number/": BY_POST,
    "approvals/apply/continue/": ALL,
    # The citizen of the table reported a tree last.
    "approvals/apply/received/": dict.fromkeys(EVERYBODY, 302),
    "approvals/follow/<approval:number>/": only("citizen", else_=dict.fromkeys(EVERYBODY, 302)),
    "approvals/desk/": only("clerk", "office_head", "chief", "agency_head", *HANDLERS),
    "approvals/cases/": only(*AT_THE_WINDOW, *HANDLERS),
    "approvals/cases/new/": only("clerk"),
    "approvals/cases/new/<slug:code>/": only("clerk"),
    "approvals/cases/number/": only("clerk", gets=405),
    "approvals/cases/applicant/": only("clerk", gets=405),
    "approvals/cases/<approval:number>/received/": only("clerk"),
    "approvals/cases/<approval:number>/": ITS_APPLICATION,
    # A scan of an identity card says what the page masks: for those who know whose it is.
    "approvals/cases/<approval:number>/files/<int:pk>/": ITS_FILES
    | dict.fromkeys(("supervisor", "agency_head"), 404),
    "approvals/cases/<approval:number>/papers/<int:pk>/": ITS_FILES,
    "approvals/permits/<approval:number>/": ITS_APPLICATION,
    "approvals/surveys/<approval:number>/": ITS_APPLICATION,
    "approvals/incoming/": only(*READ_INCOMING),
    "approvals/incoming/new/": only("clerk"),
    # It was assigned to the greening division.
    "approvals/incoming/<incoming:number>/": only(*READ_INCOMING) | {"handler_roads": 404},
    "approvals/incoming/follow/<incoming:number>/": only("citizen", else_=dict.fromkeys(EVERYBODY, 302)),
    "approvals/ratings/": only(*HANDLE_RATINGS),
    "approvals/ratings/<rating:number>/": only(*HANDLE_RATINGS),
    "approvals/ratings/follow/<rating:number>/": only("citizen", else_=dict.fromkeys(EVERYBODY, 302)),
    "approvals/guides/": only(*READ_GUIDES),
    "approvals/guides/<int:pk>/": only(*READ_GUIDES),
    # The guides of the table have no forms to download.
    "approvals/guides/<slug:code>/files/<int:pk>/<slug:which>/": only(*READ_GUIDES, gets=404),
    "i18n/setlang/": dict.fromkeys(EVERYBODY, 302),
    "api/v1/workdays/add": ALL | dict.fromkeys(EVERYBODY, 400),
    "api/v1/workdays/add/": ALL | dict.fromkeys(EVERYBODY, 400),
    # Over the API the citizen names the code with each request.
    "api/v1/cases/<case:number>/": ITS_PEOPLE | {"citizen": 404},
    "api/v1/cases/<case:number>/deadlines/": ITS_PEOPLE | {"citizen": 404},
    # The ticket of the table has no paper.
    "api/v1/cases/<case:number>/documents/": ITS_PEOPLE | {"citizen": 404},
    "api/v1/cases/<case:number>/documents/<code:code>/": dict.fromkeys(EVERYBODY, 404),
    "api/v1/documents/": ALL,
    "api/v1/documents/<code:code>/": ALL,
    "api/v1/service-items/": ALL,
    "api/v1/service-items/<slug:code>/": ALL,
    "api/v1/applications/": BY_POST,
    **{
        f"api/v1/applications/<approval:number>/{step}/": BY_POST
        for step in ("supplement", "withdraw", "rate")
    },
    "api/v1/approvals/": API_STAFF | dict.fromkeys((*AT_THE_WINDOW, *HANDLERS), 200),
    "api/v1/approvals/<approval:number>/": API_STAFF | ITS_APPLICATION | dict.fromkeys(PUBLIC, 403),
    "api/v1/approvals/<approval:number>/files/<int:pk>/": API_STAFF
    | dict.fromkeys((*AT_THE_WINDOW, *HANDLERS), 404)
    | dict.fromkeys(("clerk", "office_head", "chief"), 200),
    "api/v1/approvals/<approval:number>/papers/<int:pk>/service/": API_STAFF | {"clerk": 405},
    "api/v1/approvals/<approval:number>/photos/": API_STAFF | dict.fromkeys((*AT_THE_WINDOW, *HANDLERS), 405),
    **{
        f"api/v1/approvals/<approval:number>/{step}/": API_STAFF
        | dict.fromkeys((*AT_THE_WINDOW, *HANDLERS), 405)
        for step in APPROVAL_STEPS
    },
    "api/v1/incoming/": API_STAFF | dict.fromkeys(READ_INCOMING, 200),
    # Nothing of that number has come in, and nobody has rated badly.
    "api/v1/incoming/<incoming:number>/": API_STAFF | dict.fromkeys(READ_INCOMING, 404),
    **{
        f"api/v1/incoming/<incoming:number>/{step}/": API_STAFF | dict.fromkeys(READ_INCOMING, 405)
        for step in ("assign", "give_back", "not_today", "reply", "extend", "urge")
    },
    "api/v1/ratings/": API_STAFF | dict.fromkeys(("office_head", "supervisor"), 200),
    "api/v1/ratings/<rating:number>/": API_STAFF | dict.fromkeys(("office_head", "supervisor"), 404),
    **{
        f"api/v1/ratings/<rating:number>/{step}/": API_STAFF
        | dict.fromkeys(("office_head", "supervisor"), 405)
        for step in ("call_back", "not_reached", "put_right")
    },
    "api/v1/permits/<approval:number>/": API_STAFF | ITS_APPLICATION | dict.fromkeys(PUBLIC, 403),
    **{
        f"api/v1/permits/<approval:number>/{step}/": API_STAFF
        | dict.fromkeys((*AT_THE_WINDOW, *HANDLERS), 405)
        for step in ("suspend", "reinstate", "change", "revoke")
    },
    # Everybody applies, and those who deal with requests see the list.
    "api/v1/information-requests/": API_STAFF | dict.fromkeys(READ_REQUESTS, 200),
    "api/v1/information-requests/received/": API_STAFF | {"disclosure": 405},
    "api/v1/information-requests/<request:number>/": API_STAFF | dict.fromkeys(READ_REQUESTS, 200),
    **{
        f"api/v1/information-requests/<request:number>/{step}/": API_STAFF | dict.fromkeys(READ_REQUESTS, 405)
        for step in REQUEST_STEPS
    },
    "api/v1/publications/": API_STAFF | dict.fromkeys(READ_TEXTS, 200),
    "api/v1/publications/<publication:number>/": API_STAFF | ITS_TEXT | dict.fromkeys(PUBLIC, 403),
    **{
        f"api/v1/publications/<publication:number>/{step}/": API_STAFF | dict.fromkeys(READ_TEXTS, 405)
        for step in TEXT_STEPS
    },
    "api/v1/tickets/": API_STAFF | dict.fromkeys(("operator", *HANDLERS, "supervisor"), 200),
    "api/v1/tickets/<ticket:number>/": API_STAFF | ITS_OWN | dict.fromkeys(PUBLIC, 403),
    "api/v1/reports/": BY_POST,
    "api/v1/hotline-categories/": ALL,
    "api/v1/pledges/": ALL,
    "api/v1/pledges/<int:pk>/": ALL,
    "api/v1/pledges/<int:pk>/versions/": API_STAFF | dict.fromkeys(WRITE_PLEDGES, 405),
    "api/v1/pledges/<int:pk>/versions/<int:number>/": ALL,
    "api/v1/pledges/<int:pk>/complaints/": BY_POST,
    "api/v1/measures/": ALL,
    "api/v1/pledge-versions/": API_STAFF | dict.fromkeys((*HANDLERS, *READ_DRAFTS), 200),
    "api/v1/pledge-versions/<int:pk>/": API_STAFF | ITS_PLEDGE | dict.fromkeys(PUBLIC, 403),
    "api/v1/breaches/": API_STAFF | dict.fromkeys((*HANDLERS, *HANDLE_COMPLAINTS), 200),
    "api/v1/breaches/<breach:number>/": API_STAFF | ITS_COMPLAINT | dict.fromkeys(PUBLIC, 403),
    **{
        f"api/v1/pledge-versions/<int:pk>/{step}/": API_STAFF | dict.fromkeys((*HANDLERS, *READ_DRAFTS), 405)
        for step in VERSION_STEPS
    },
    **{
        f"api/v1/breaches/<breach:number>/{step}/": API_STAFF
        | dict.fromkeys((*HANDLERS, *HANDLE_COMPLAINTS), 405)
        for step in BREACH_STEPS
    },
    "api/schema/": ALL,
    **{f"api/v1/tickets/<ticket:number>/{step}/": API_STEP for step in STEPS},
    "accounts/login/": ALL | dict.fromkeys(STAFF, 302),
    "accounts/logout/": EVERY_STAFF,
    "accounts/inactive/": ALL,
    "accounts/reauthenticate/": EVERY_STAFF,
    "accounts/password/": EVERY_STAFF,
    "accounts/sessions/": EVERY_STAFF,
    "accounts/second-factor/": EVERY_STAFF,
    # Only between password and code.
    "accounts/second-factor/code/": TO_THE_DOOR,
    "accounts/second-factor/again/": only(*WITH_A_FACTOR, else_=TO_THE_DOOR),
    # Who has an app sees it, and sets up no second one.
    "accounts/second-factor/app/set-up/": EVERY_STAFF | dict.fromkeys(WITH_A_FACTOR, 302),
    "accounts/second-factor/app/remove/": OWN_FACTOR,
    "accounts/second-factor/recovery-codes/": OWN_FACTOR,
    "accounts/second-factor/recovery-codes/new/": EVERY_STAFF,
    "accounts/second-factor/recovery-codes/download/": OWN_FACTOR,
    "accounts/second-factor/keys/": EVERY_STAFF,
    "accounts/second-factor/keys/add/": EVERY_STAFF,
    "accounts/second-factor/keys/again/": only("clerk", else_=TO_THE_DOOR),
    "accounts/second-factor/keys/<int:pk>/edit/": only(
        "clerk", else_=EVERY_STAFF | dict.fromkeys(STAFF, 404)
    ),
    "accounts/second-factor/keys/<int:pk>/remove/": only(
        "clerk", else_=EVERY_STAFF | dict.fromkeys(STAFF, 404)
    ),
    "admin/": ADMINISTRATORS,
    "admin/<app_label>/": ADMINISTRATORS,
    "admin/search/": ADMINISTRATORS,
    "admin/login/": CLOSED | {"administrator": 302},
    "admin/logout/": ADMINISTRATORS,
    "admin/password_change/": TO_THE_DOOR,
    "admin/password_change/done/": ADMINISTRATORS,
    "admin/autocomplete/": NO_ADMINISTRATOR_EITHER,
    "admin/jsi18n/": ADMINISTRATORS,
    "admin/r/<path:content_type_id>/<path:object_id>/": only("administrator", gets=404, else_=TO_THE_DOOR),
    "admin/<url>": only("administrator", gets=404, else_=TO_THE_DOOR),
}

# The administrators' pages of each table: whether rows are added there. Nothing is deleted in any of them.
ADMIN_TABLES = {
    "workdays/calendarnotice": False,
    "workdays/day": False,
    "organisation/unit": True,
    "organisation/staff": True,
    "ledger/event": False,
    "ledger/seal": False,
    "cases/case": False,
    "cases/deadline": False,
    "cases/sweepfailure": False,
    "documents/document": False,
    "documents/batch": False,
    "notices/notice": False,
    "oversight/card": False,
    "hotline/category": True,
    "hotline/limitrule": False,
    "hotline/ticket": False,
    "hotline/call": False,
    "pledges/pledge": False,
    "pledges/pledgeversion": False,
    "pledges/result": False,
    "pledges/breach": False,
    "disclosure/category": True,
    "disclosure/theme": True,
    "disclosure/disclosure": False,
    "disclosure/publication": False,
    "disclosure/informationrequest": False,
    "approvals/serviceitem": True,
    "approvals/itemguide": True,
    "approvals/approvalcase": False,
    "approvals/incoming": False,
    "approvals/badrating": False,
    "approvals/permit": False,
}
for table, grows in ADMIN_TABLES.items():
    row = f"admin/{table}/<path:object_id>/"
    PAGES |= {
        f"admin/{table}/": ADMINISTRATORS,
        f"admin/{table}/add/": ADMINISTRATORS if grows else NO_ADMINISTRATOR_EITHER,
        row: TO_THE_DOOR,  # on to the row's own page
        f"{row}change/": ADMINISTRATORS,
        f"{row}history/": ADMINISTRATORS,
        f"{row}delete/": NO_ADMINISTRATOR_EITHER,
    }

# What is no page of its own: data, downloads, parts of a page.
NO_PAGES = {
    "disclosure/feed.atom",
    "disclosure/export.<kind>",
    "disclosure/<index:index_number>/files/<int:pk>/",
    "disclosure/requests/<request:number>/files/<int:pk>/",
    "disclosure/requests/<request:number>/papers/<int:pk>/",
    "disclosure/desk/requests/<request:number>/letters/<int:pk>/",
    "disclosure/annual-reports/<report_year:year>/report.docx",
    "disclosure/desk/annual-reports/<report_year:year>/draft.pdf",
    "disclosure/desk/publications/import/template/",
    "disclosure/desk/publications/<publication:number>/files/<int:pk>/",
    "robots.txt",
    "sitemap.xml",
    "sitemap-<int:section>.xml",
    "ledger/seals.json",
    "ledger/verify_receipt.py",
    "cases/photos/<int:pk>/",
    "cases/<case:number>/receipt.json",
    "verify/ca.pem",
    "verify/<code:code>/receipt.json",
    "verify/<code:code>/document.pdf",
    "hotline/calls/limits/",
    "pledges/desk/<int:pk>/draft.pdf",
    "approvals/cases/<approval:number>/files/<int:pk>/",
    "approvals/cases/<approval:number>/papers/<int:pk>/",
    "approvals/guides/<slug:code>/files/<int:pk>/<slug:which>/",
    "accounts/second-factor/recovery-codes/download/",
    "admin/jsi18n/",
    "admin/search/",
    *(route for route in PAGES if route.startswith("api/")),
}


# What an address takes --------------------------------------------------------------------------------------

Sample = Callable[[World], dict[str, Any]]


def _own(world: World) -> dict[str, Any]:
    return {"number": world.own.number}


def _request(state: str, files: str = "") -> Sample:
    """A request in that state, and the first of its files, papers or consultations."""

    def sample(world: World) -> dict[str, Any]:
        found = world.openness.requests[state]
        more = {"pk": getattr(found, files).order_by("pk")[0].pk} if files else {}
        return {"number": found.number, **more}

    return sample


def _text(world: World) -> dict[str, Any]:
    found = world.openness.publications["draft"]
    return {"number": found.number, "position": 1, "pk": found.entries.get().files.get().pk}


def _last_year(world: World) -> dict[str, Any]:
    return {"year": timezone.localdate().year - 1}


def _this_year(row: str) -> Sample:
    column = "pending" if row == "reconsideration" else "person"
    return lambda world: {"year": timezone.localdate().year, "row": row, "column": column}


def _item(world: World) -> dict[str, Any]:
    return {"index_number": world.disclosed["corrected"].index_number}


def _file(world: World) -> dict[str, Any]:
    found = world.disclosed["with_files"]
    return {"index_number": found.index_number, "pk": found.versions.get().files.order_by("pk")[0].pk}


def _row(table: str) -> Sample:
    model = apps.get_model(table.replace("/", "."))
    return lambda world: {"object_id": model._default_manager.order_by("pk").values_list("pk", flat=True)[0]}


SAMPLES: dict[str, Sample] = {
    "disclosure/export.<kind>": lambda world: {"kind": "xlsx"},
    "disclosure/<index:index_number>/": _item,
    "disclosure/<index:index_number>/files/<int:pk>/": _file,
    "disclosure/desk/items/<index:index_number>/": _item,
    "disclosure/desk/items/<index:index_number>/correct/": _item,
    "sitemap-<int:section>.xml": lambda world: {"section": (world.disclosed["in_force"].pk - 1) // STEP + 1},
    **{f"disclosure/annual-reports/<report_year:year>/{rest}": _last_year for rest in ("", "report.docx")},
    **{
        f"disclosure/desk/annual-reports/<report_year:year>/{rest}": _this_year(row)
        for rest, row in (
            *(("", ""), ("draft.pdf", "")),
            ("requests/<slug:row>/<slug:column>/", "received"),
            ("remedies/<slug:row>/<slug:column>/", "reconsideration"),
        )
    },
    "disclosure/requests/<request:number>/": _request("submitted"),
    "disclosure/requests/<request:number>/files/<int:pk>/": _request("submitted", "files"),
    "disclosure/requests/<request:number>/papers/<int:pk>/": _request("answered", "papers"),
    "disclosure/desk/requests/<request:number>/": _request("consulting"),
    "disclosure/desk/requests/<request:number>/letters/<int:pk>/": _request("consulting", "consultations"),
    **{
        f"disclosure/desk/publications/<publication:number>/{rest}": _text
        for rest in ("", "texts/<int:position>/", "files/<int:pk>/")
    },
    "workdays/<int:year>/": lambda world: {"year": 2026},
    "ledger/<int:number>/": lambda world: {"number": 1},
    "cases/photos/<int:pk>/": lambda world: {"pk": world.own.attachments.order_by("pk")[0].pk},
    "cases/<case:number>/deadlines/<int:pk>/": lambda world: {
        **_own(world),
        "pk": world.own.deadlines.get(term="hotline.reply").pk,
    },
    "notices/<int:pk>/read/": lambda world: {"pk": world.failed.pk},
    "notices/failed/<int:pk>/retry/": lambda world: {"pk": world.failed.pk},
    "oversight/cards/<int:pk>/": lambda world: {"pk": world.card.pk},
    "oversight/cards/<int:pk>/<slug:name>/": lambda world: {"pk": world.card.pk, "name": "answer"},
    "accounts/second-factor/keys/<int:pk>/edit/": lambda world: {"pk": world.key.pk},
    "accounts/second-factor/keys/<int:pk>/remove/": lambda world: {"pk": world.key.pk},
    "api/v1/pledges/<int:pk>/versions/<int:number>/": lambda world: {"pk": world.pledge.pk, "number": 1},
    "pledges/<int:pk>/versions/<int:number>/": lambda world: {"pk": world.pledge.pk, "number": 1},
    "pledges/<int:pk>/versions/<int:old>/to/<int:new>/": lambda world: {
        "pk": world.pledge.pk,
        "old": 1,
        "new": 2,
    },
    "approvals/items/<slug:code>/": lambda world: {"code": "all"},
    "approvals/items/<slug:code>/versions/<int:number>/": lambda world: {"code": "all", "number": 1},
    "approvals/items/<slug:code>/materials/<int:pk>/<slug:which>/": lambda world: {
        "code": "all",
        "pk": 1,
        "which": "blank",
    },
    "approvals/items/<slug:code>/apply/": lambda world: {"code": "all"},
    "approvals/follow/<approval:number>/": lambda world: {"number": world.approvals["sent"].number},
    "approvals/cases/new/<slug:code>/": lambda world: {"code": "all"},
    "approvals/cases/<approval:number>/received/": lambda world: {"number": world.approvals["sent"].number},
    "approvals/cases/<approval:number>/": lambda world: {"number": world.approvals["survey"].number},
    "approvals/surveys/<approval:number>/": lambda world: {"number": world.approvals["survey"].number},
    "approvals/permits/<approval:number>/": lambda world: {"number": world.approvals["closed"].number},
    **{
        f"api/v1/approvals/<approval:number>/{rest}": lambda world: {
            "number": world.approvals["sent"].number,
            "pk": world.approvals["sent"].files.order_by("pk")[0].pk,
        }
        for rest in ("files/<int:pk>/", "papers/<int:pk>/service/")
    },
    "approvals/cases/<approval:number>/files/<int:pk>/": lambda world: {
        "number": world.approvals["sent"].number,
        "pk": world.approvals["sent"].files.order_by("pk")[0].pk,
    },
    "approvals/cases/<approval:number>/papers/<int:pk>/": lambda world: {
        "number": world.approvals["sent"].number,
        "pk": world.approvals["sent"].papers.order_by("pk")[0].pk,
    },
    **dict.fromkeys(
        ("approvals/incoming/<incoming:number>/", "approvals/incoming/follow/<incoming:number>/"),
        lambda world: {"number": Incoming.objects.order_by("pk")[0].number},
    ),
    **dict.fromkeys(
        ("approvals/ratings/<rating:number>/", "approvals/ratings/follow/<rating:number>/"),
        lambda world: {"number": BadRating.objects.order_by("pk")[0].number},
    ),
    "approvals/guides/<int:pk>/": lambda world: {"pk": ItemGuide.objects.get(state="draft").pk},
    "approvals/guides/<slug:code>/files/<int:pk>/<slug:which>/": lambda world: {
        "code": "all",
        "pk": 1,
        "which": "blank",
    },
    "admin/<app_label>/": lambda world: {"app_label": "hotline"},
    "admin/<url>": lambda world: {"url": "nowhere/"},
    "admin/r/<path:content_type_id>/<path:object_id>/": lambda world: {
        "content_type_id": ContentType.objects.get_for_model(type(world.own)).pk,
        "object_id": world.own.pk,
    },
}
for route in PAGES:
    if route.startswith("api/v1/service-items/<"):
        SAMPLES[route] = lambda world: {"code": "all"}
    elif route.startswith("api/v1/") and "<approval:number>" in route:
        SAMPLES.setdefault(route, lambda world: {"number": world.approvals["closed"].number})
    elif route.startswith("api/v1/") and "<incoming:number>" in route:
        SAMPLES[route] = lambda world: {"number": "LW-20260101-0001"}
    elif route.startswith("api/v1/") and "<rating:number>" in route:
        SAMPLES[route] = lambda world: {"number": "CP-20260101-0001"}
    elif route.startswith("api/v1/") and "<request:number>" in route:
        SAMPLES[route] = _request("consulting")
    elif route.startswith("api/v1/") and "<publication:number>" in route:
        SAMPLES[route] = _text
    if "<case:number>" in route or "<ticket:number>" in route:
        SAMPLES.setdefault(route, _own)
    if "<breach:number>" in route:
        SAMPLES.setdefault(route, lambda world: {"number": world.complaint.number})
    if "<int:number>" in route or "<int:old>" in route:
        continue
    if route.startswith("pledges/desk/<int:pk>/") or route.startswith("api/v1/pledge-versions/<int:pk>/"):
        SAMPLES.setdefault(route, lambda world: {"pk": world.draft.pk})
    elif route.startswith(("pledges/<int:pk>/", "api/v1/pledges/<int:pk>/")):
        SAMPLES.setdefault(route, lambda world: {"pk": world.pledge.pk})
    if "<case:number>" in route and "<code:code>" in route:
        SAMPLES[route] = lambda world: {**_own(world), "code": world.document.check_code}
    elif "<code:code>" in route:
        SAMPLES.setdefault(route, lambda world: {"code": world.document.check_code})
    if route.startswith("documents/batches/<int:pk>/"):
        SAMPLES.setdefault(route, lambda world: {"pk": world.batch.pk})
for table in ADMIN_TABLES:
    for action in ("", "change/", "history/", "delete/"):
        SAMPLES[f"admin/{table}/<path:object_id>/{action}"] = _row(table)
