"""Everything that can be reached from the home page, read through: nothing stands there that should not.

Without script Django's client follows every link of the site, also those of feed, site map and API, and reads
the text of every file; with script a browser reads the pages of open government as a person sees them.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from lxml import etree, html
from playwright.sync_api import Browser

from approvals.models import ItemGuide
from disclosure import extracting, personal, workflow
from disclosure.models import Disclosure, DisclosureFile, InformationRequest, PublicationEntry, Version
from pledges.models import PledgeVersion
from portal.cases.uploads import MEDIA_TYPES
from tests.browser.openness import SERVICE_PHONE, WORD_OF_THE_FILE
from tests.browser.people import World, make_world
from tests.browser.walk import browser_of_their_own

SITE = "http://testserver"
# What programs know of without a link.
STARTS = (
    *("/", "/robots.txt", "/sitemap.xml", "/disclosure/?q=%E7%BB%BF%E5%9C%B0"),
    *(f"/api/v1/{name}/" for name in ("disclosures", "documents", "pledges", "measures", "service-items")),
)
MOST_ADDRESSES = 1500
# A page that is narrowed down has an address for each way to do so; files of a list are given some an hour.
MOST_QUESTIONS, MOST_EXPORTS = 20, 8
KINDS = {media_type: kind for kind, media_type in MEDIA_TYPES.items()}
# Lines that short may stand anywhere.
SHORTEST = 6
READ_OUT = ("alt", "title", "placeholder", "aria-label", "content", "value")


@dataclass(slots=True)
class Hidden:
    """What nobody outside may read; and the telephones that are there to be called."""

    lines: set[str]
    phones: set[str]

    def found_in(self, text: str) -> list[str]:
        numbers = [each.text for each in personal.find(text, public_numbers=self.phones)]
        flat = "".join(text.split())
        return [*numbers, *sorted(each for each in self.lines if each in flat)]


def hidden() -> Hidden:
    """By line, without blanks: drafts, what was withdrawn or corrected, and what somebody applied for."""
    not_public: set[str] = set()
    for entry in PublicationEntry.objects.filter(item=None).prefetch_related("files"):
        not_public |= _lines(entry.title, entry.body, *(each.text for each in entry.files.all()))
    for request in InformationRequest.objects.all():
        own = (request.description, request.reply_text, request.applicant_number, request.phone)
        not_public |= _lines(request.number, *own)
    public: set[str] = set()
    held: set[int] = set()
    for version in Version.objects.select_related("disclosure").prefetch_related("files").order_by("-number"):
        lines = _lines(version.title, version.body, *(each.text for each in version.files.all()))
        holds = version.disclosure_id not in held and version.disclosure.withdrawn_at is None
        held.add(version.disclosure_id)
        if holds:
            public |= lines
        else:
            not_public |= lines
    pledged = PledgeVersion.objects.values_list("phone", "fax")
    guides = ItemGuide.objects.values_list("phone", flat=True)
    let_stand = {each for entry in PublicationEntry.objects.exclude(item=None) for each in entry.confirmed}
    phones = {*workflow.public_numbers(), *(each for pair in pledged for each in pair if each), *guides}
    return Hidden(not_public - public, phones | let_stand)


def _lines(*texts: str) -> set[str]:
    lines = {"".join(line.split()) for text in texts for line in text.splitlines()}
    return {line for line in lines if len(line) >= SHORTEST}


# Without script ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Crawl:
    """`told`: what is wrong, by address; `texts`: what each address that answered says."""

    hidden: Hidden
    texts: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def over(self, *starts: str, within: str = "/") -> None:
        client = Client()
        known, questions = set(starts), Counter[str]()
        waiting = deque(starts)
        while waiting:
            address = waiting.popleft()
            path = urlsplit(address).path
            if urlsplit(address).query:
                questions[path] += 1
                if questions[path] > (MOST_EXPORTS if "/export." in path else MOST_QUESTIONS):
                    continue
            answer = client.get(address)
            body = answer.getvalue() if answer.status_code == 200 else b""
            if answer.status_code in (301, 302):
                links = [answer.headers["Location"]]
            elif answer.status_code != 200:
                self.told.append(f"{address}: a link leads here, and it answers {answer.status_code}")
                continue
            else:
                text, links = read(body, answer.headers["Content-Type"])
                self.texts[address] = text
                self.told += [f"{address}: {each}" for each in self.hidden.found_in(text)]
            for link in links:
                target = _on_the_site(link, address)
                if target and target not in known and target.startswith(within):
                    known.add(target)
                    waiting.append(target)
            assert len(self.texts) < MOST_ADDRESSES, f"there is no end of addresses: {address}"


def _on_the_site(link: str, address: str) -> str:
    """The address within the site, "" for another's; the site also knows itself by its public name."""
    whole = urldefrag(urljoin(f"{SITE}{address}", link.strip()))[0]
    for site in (SITE, settings.PUBLIC_URL):
        if whole == site or whole.startswith((f"{site}/", f"{site}?")):
            target = whole[len(site) :] or "/"
            # What the pages are made with, which another server hands out.
            return "" if target.startswith(settings.STATIC_URL) else target
    return ""


def read(body: bytes, content_type: str) -> tuple[str, list[str]]:
    """What it says, to a person or a program, and where it leads."""
    media_type = content_type.partition(";")[0]
    if media_type == "text/html":
        return _of_a_page(body)
    if media_type.startswith("image/"):
        return "", []
    if kind := KINDS.get(media_type):
        return extracting.text_of(body, kind), []
    if media_type.endswith("xml"):
        tree = etree.fromstring(body)
        links = [each.text for each in tree.iter("{*}loc")] + [
            each.get("href") for each in tree.iter("{*}link")
        ]
        return " ".join(tree.itertext()), [each for each in links if each]
    text = body.decode()
    return text, re.findall(r"https?://[^\s\"'\\<>]+", text)


def _of_a_page(body: bytes) -> tuple[str, list[str]]:
    tree = html.fromstring(body.decode())
    links = [
        link for element, name, link, _at in tree.iterlinks() if element.tag != "form" and name != "action"
    ]
    for element in tree.xpath("//script|//style"):
        element.drop_tree()
    said = [
        value
        for element in tree.iter(etree.Element)
        for name, value in element.attrib.items()
        if name in READ_OUT and element.get("type") != "hidden"
    ]
    # A figure beside another is not part of it.
    return " \n".join([*tree.itertext(), *said]), links


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def test_nothing_is_read_without_script_that_is_not_public(world: World) -> None:
    crawl = Crawl(hidden())
    crawl.over(*STARTS)
    assert not crawl.told, "\n".join(crawl.told)
    # It was everywhere: items, files by their text, feed, site map, the lists as files, the API.
    with_files = world.disclosed["with_files"]
    file = DisclosureFile.objects.get(version__disclosure=with_files, kind="pdf")
    assert WORD_OF_THE_FILE in crawl.texts[file.get_absolute_url()]
    section = next(each for each in crawl.texts if each.startswith("/sitemap-"))
    lists = ("/disclosure/", "/disclosure/feed.atom", section, "/api/v1/disclosures/")
    files = [f"/disclosure/export.{kind}" for kind in ("csv", "xlsx", "json")]
    listed = Disclosure.objects.listed()
    for address in (*lists, *files):
        text = crawl.texts[address]
        assert [each.index_number for each in listed if each.index_number not in text] == [], address
        assert world.disclosed["withdrawn"].index_number not in text, address
    assert {each.get_absolute_url() for each in listed} <= set(crawl.texts)
    assert "/disclosure/requests/apply/" in crawl.texts
    # Nobody was let in anywhere.
    assert not [each for each in crawl.texts if each.startswith(("/disclosure/desk/", "/admin/"))]


def test_what_should_not_be_there_is_found(world: World) -> None:
    """As if a text had come out that is a draft, and a number in another."""
    draft = world.openness.publications["draft"].entries.get()
    Disclosure.objects.filter(pk=world.disclosed["in_force"].pk).update(title=draft.title)
    unmasked = Version.objects.get(disclosure=world.disclosed["repealed"])
    Version.objects.filter(pk=unmasked.pk).update(body=f"联系人电话19900000002，{SERVICE_PHONE}")
    crawl = Crawl(hidden())
    crawl.over("/disclosure/", within="/disclosure/")
    assert any(each.endswith(f": {draft.title}") for each in crawl.told)
    numbers = [each for each in crawl.told if each.endswith(": 19900000002")]
    assert [each.partition(": ")[0] for each in numbers] == [world.disclosed["repealed"].get_absolute_url()]
    assert not [each for each in crawl.told if SERVICE_PHONE in each]


# With script ------------------------------------------------------------------------------------------------

READ = """() => {
  document.querySelectorAll('details').forEach((each) => { each.open = true; });
  return [document.title + '\\n' + document.body.innerText, [...document.links].map((each) => each.href)];
}"""


def pages_of(browser: Browser, site: str, complaints: list[str]) -> Iterator[tuple[str, int, str]]:
    """Address, status and text of each page of open government that a visitor comes to."""
    page = browser_of_their_own(browser, site, complaints)
    waiting = deque(["/disclosure/", "/disclosure/requests/"])
    known, questions = set(waiting), 0
    while waiting:
        address = waiting.popleft()
        questions += "?" in address
        if "?" in address and questions > MOST_QUESTIONS:
            continue
        answer = page.goto(address)
        assert answer is not None
        text, links = page.evaluate(READ)
        yield address, answer.status, text
        for link in links:
            target = urldefrag(link)[0].removeprefix(site)
            # Files are not opened but saved: they are read without script.
            is_page = target.startswith("/disclosure/") and urlsplit(target).path.endswith("/")
            if is_page and "/files/" not in target and target not in known:
                known.add(target)
                waiting.append(target)
    page.context.close()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_read_with_script_that_is_not_public(
    browser: Browser, live_server: Any, complaints: list[str]
) -> None:
    world = make_world(pledges=False, approvals=False)
    secret = hidden()
    told, seen = [], set()
    for address, status, text in pages_of(browser, live_server.url, complaints):
        seen.add(address)
        told += [f"{address}: {each}" for each in secret.found_in(text)]
        if status != 200:
            told.append(f"{address}: answers {status}")
    assert not told, "\n".join(told)
    assert {each.get_absolute_url() for each in Disclosure.objects.listed()} <= seen
    assert world.disclosed["withdrawn"].get_absolute_url() not in seen
    assert "/disclosure/requests/apply/" in seen
    assert complaints == []
