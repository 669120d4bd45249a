"""A bureau with something lying on every page, and its people, for those who look at all of them."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from approvals.actions import apply
from approvals.models import ApprovalCase, BadRating, Incoming
from disclosure import actions as disclosing
from disclosure.models import Category, Disclosure, Theme, Validity
from hotline import actions as hotline
from hotline.models import Ticket
from pledges.measuring import measure_due
from pledges.models import Breach, Pledge, PledgeVersion
from portal.cases.actions import advance, sweep
from portal.cases.attachments import read_photo
from portal.cases.models import Case, SweepFailure
from portal.documents import batches
from portal.documents.actions import issue_by_hand
from portal.documents.letters import Letter
from portal.documents.models import Batch, Document
from portal.ledger.actions import seal
from portal.notices.models import Notice
from portal.organisation import second_factor
from portal.organisation.actors import CITIZEN
from portal.organisation.models import Staff
from portal.oversight.models import Card
from tests.approvals.public import PDF, looked_at, materials_of, next_guide
from tests.approvals.window import MATERIALS, add_window, application, bad_rating_in, case_in, incoming_in
from tests.browser import openness
from tests.browser.openness import Openness
from tests.browser.walk import give_password, give_second_factor, photo_with_a_place
from tests.bureau import Bureau, matter, ticket
from tests.pledges.office import breach_in, make_office, version_in

WITH_A_FACTOR = ("supervisor", "administrator")
WITH_A_KEY = "clerk"


@dataclass(slots=True)
class World:
    """`own` is the citizen's report, replied to by the greening division; `late` nobody signed for.

    `pledge` is in force in its second version; `complaint` is the citizen's own, being investigated. So is
    the application "sent"; of the others, "survey" and "closed" are the greening division's to see as well.
    `openness` has texts on their way into the catalogue, and requests; those in its `own` are the citizen's.
    """

    bureau: Bureau
    tickets: dict[str, Ticket]
    own: Ticket
    late: Ticket
    card: Card
    failed: Notice
    key: Authenticator
    document: Document
    batch: Batch
    versions: dict[str, PledgeVersion]
    breaches: dict[str, Breach]
    approvals: dict[str, ApprovalCase]
    disclosed: dict[str, Disclosure]
    openness: Openness

    @property
    def draft(self) -> PledgeVersion:
        return self.versions["draft"]

    @property
    def pledge(self) -> Pledge:
        return self.versions["superseded"].pledge

    @property
    def complaint(self) -> Breach:
        return self.breaches["investigating"]


def _disclosed(bureau: Bureau) -> dict[str, Disclosure]:
    """An item of the catalogue in each of its conditions."""
    officer, at = bureau.actor("disclosure"), timezone.now() - timedelta(days=2)
    category, below, theme = Category(), Category(), Theme()
    arranges = {"actor": bureau.actor("administrator"), "at": at}
    for row, name, name_en in (
        (Category(), "工作规则", "Work rules"),
        (Theme(), "城市管理", "Urban management"),
    ):
        disclosing.arrange(row, code="office", name=name, name_en=name_en, **arranges)
    disclosing.arrange(category, code="rules", name="规章文件", name_en="Rules", **arranges)
    disclosing.arrange(below, code="notices", name="通知公告", name_en="Notices", parent=category, **arranges)
    disclosing.arrange(theme, code="greening", name="园林绿化", name_en="Greening", **arranges)
    made, entries = {}, {}
    for number, state in enumerate(("in_force", "corrected", "repealed", "withdrawn"), 1):
        entries[state] = disclosing.Entry(
            category=below,
            theme=theme,
            unit=bureau.units["greening"],
            title=f"关于加强公共绿地养护管理工作的通知（之{number}）",
            body=(
                f"各养护单位：\n一、按月巡查公共绿地，发现缺株及时补植。\n二、入冬前完成第{number}标段树干涂白。"
            ),
            dated_on=at.date(),
            document_number=f"云城管发〔2026〕{number}号",
            keywords="绿地 养护",
        )
        made[state] = disclosing.publish(entries[state], actor=officer, at=at)
    now = timezone.now()
    corrected = replace(entries["corrected"], body=f"{entries['corrected'].body}\n三、养护记录按季公开。")
    disclosing.correct(made["corrected"], corrected, note="增加第三条。", actor=officer, at=now)
    disclosing.end(made["repealed"], Validity.REPEALED, by=made["in_force"], actor=officer, at=now)
    disclosing.withdraw(made["withdrawn"], reason="内容有误，待更正后另行公布。", actor=officer, at=now)
    return made


def make_world(*, pledges: bool = True, approvals: bool = True, requests: bool = True) -> World:
    """Tickets in every state, some late; a card, a seal, photos, failed notices, a security key.

    `pledges` in every state and `approvals` are left out where no page shows them: to sign them all takes
    three seconds. So does every state of publications and `requests`, of which else there are a few.
    """
    cache.clear()
    bureau = make_office()
    actor = bureau.actor
    for staff in bureau.staff.values():
        give_password(staff)
    for username in WITH_A_FACTOR:
        give_second_factor(bureau.staff[username])
        RecoveryCodes.activate(bureau.staff[username])
    now = timezone.now()
    late = ticket(bureau, "dispatched", at=now - timedelta(days=30))
    just_now = now - timedelta(hours=1)
    states = ("received", "returned", "handling", "replied", "reached", "complained", "closed")
    tickets = {state: ticket(bureau, state, at=just_now) for state in states}
    asked = tickets["handling"]
    advance(
        asked, "ask_extension", actor=actor("handler"), at=just_now, note="需要更换设备。", extension_asked=2
    )
    sweep(at=now)
    own = hotline.report(
        matter(bureau, caller_email="citizen@portal.invalid"),
        photos=[_photo()],
        actor=CITIZEN,
        at=just_now,
    )
    advance(own, "dispatch", actor=actor("operator"), at=just_now, unit=bureau.units["greening"])
    advance(own, "sign", actor=actor("handler"), at=just_now)
    hotline.reply(
        own, text="已派人修剪，现场已清理。", photos=[_photo()], actor=actor("handler"), at=just_now
    )
    # As after eight tries over a day, and a clock that would not be settled.
    Notice.objects.filter(channel=Notice.Channel.SMS, case=late).update(
        state=Notice.State.FAILED, next_attempt_at=None, attempts=8, error="ConnectionRefusedError 111"
    )
    SweepFailure.objects.create(
        case=Case.objects.get(pk=tickets["received"].pk),
        attempts=2,
        first_at=just_now,
        last_at=now,
        retry_at=now + timedelta(minutes=4),
        error="OperationalError",
    )
    seal(day=timezone.localdate(just_now) - timedelta(days=1), at=now)
    key = Authenticator.objects.create(
        user=bureau.staff[WITH_A_KEY],
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "007", "credential": _credential()},
    )
    own.refresh_from_db()
    late.refresh_from_db()
    card = Card.objects.filter(case=late).order_by("pk").first()
    failed = Notice.objects.failed().order_by("pk").first()
    assert card is not None
    assert failed is not None
    document, batch = _letters(bureau)
    versions, breaches = _pledges(bureau, just_now) if pledges else ({}, {})
    applications = _approvals(bureau, just_now) if approvals else {}
    disclosed = _disclosed(bureau)
    opened = openness.walked(bureau, at=just_now, whole=requests)
    disclosed["with_files"] = openness.item_of(opened.publications["published"])
    return World(
        bureau=bureau,
        tickets=tickets,
        own=own,
        late=late,
        card=card,
        failed=failed,
        key=key,
        document=document,
        batch=batch,
        versions=versions,
        breaches=breaches,
        approvals=applications,
        disclosed=disclosed,
        openness=opened,
    )


def _letters(bureau: Bureau) -> tuple[Document, Batch]:
    """A letter that is not public; and a batch, with a letter issued, one that failed, and one that waits."""
    head, now = bureau.actor("office_head"), timezone.now()
    letter = Letter("关于青石路路灯改造的函", "青石路社区居民委员会", "经研究，现函复如下。")
    document = issue_by_hand("letter", title=letter.title, values=letter.values(), actor=head, at=now)
    texts = ("因管道检修，明日停水。", "因管道检修\x07，明日停水。", "因管道检修，后日停水。")
    rows = [("关于停水的函", Letter("", "东街居民", text).values()) for text in texts]
    batch = batches.order("letter", title="关于{小区}停水的函", rows=rows, actor=head, at=now)
    batches.run(clock=timezone.now, most=2)
    return document, batch


def _pledges(bureau: Bureau, at: datetime) -> tuple[dict[str, PledgeVersion], dict[str, Breach]]:
    """Versions in every state, measured for some days; complaints in every state about the one in force."""
    day = timezone.localdate(at)
    more = {"valid_from": day - timedelta(days=40), "valid_until": day + timedelta(days=200)}
    begun = at - timedelta(days=40)
    states = ("draft", "reviewed", "signed", "superseded", "withdrawn")
    versions = {
        state: version_in(state, bureau, at=begun, measured=state != "superseded", **more) for state in states
    }
    # Measured night by night, some nights with nothing due.
    measured = version_in("published", bureau, at=begun, measured=True, **more)
    for back in (3, 2, 1):
        measure_due(at=at - timedelta(days=back))
    current = versions["superseded"].pledge.in_force
    assert current is not None
    walked = ("received", "accepted", "refused", "investigating", "upheld", "rejected", "put_right", "closed")
    breaches = {state: breach_in(state, bureau, current, at=at) for state in walked}
    breaches["anonymous"] = breach_in("received", bureau, current, at=at, name="", phone="")
    return versions | {"measured": measured}, breaches


def _approvals(bureau: Bureau, at: datetime) -> dict[str, ApprovalCase]:
    """One that the citizen sent with a file, one being surveyed, one that ended with a certificate.

    Beside them a request that came in, a bad rating, and a guide's next version, to be reviewed.
    """
    add_window(bureau)
    incoming_in("assigned", bureau, form="request", at=at)
    bad_rating_in("received", bureau, at=at)
    next_guide("short", bureau, *MATERIALS, promised_days=5)
    files = {materials_of("all")[0].pk: [looked_at("申请表.pdf", PDF)]}
    return {
        "sent": apply(application(files=files), actor=CITIZEN, at=at),
        "survey": case_in("survey:arranged", bureau, at=at),
        "closed": case_in("closed", bureau, at=at),
    }


def _credential() -> dict[str, Any]:
    """A security key as the browser hands it in when it is added."""
    identity = b"a-security-key-0"
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    data = AuthenticatorData.create(
        hashlib.sha256(b"localhost").digest(),
        flags=AuthenticatorData.FLAG.USER_PRESENT | AuthenticatorData.FLAG.ATTESTED,
        counter=0,
        credential_data=AttestedCredentialData.create(bytes(16), identity, public),
    )
    client = CollectedClientData.create("webauthn.create", challenge=bytes(16), origin="http://localhost")
    return {
        "id": websafe_encode(identity),
        "rawId": websafe_encode(identity),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        },
        "clientExtensionResults": {},
    }


def _photo() -> Any:
    data = photo_with_a_place()["buffer"]
    return read_photo(SimpleUploadedFile("photo.jpg", data), size=len(data))


def client_of(world: World, who: str) -> Client:
    """A browser of that person: "nobody", the "citizen" who follows the own ticket, or a member of staff."""
    client = Client()
    if who == "citizen":
        report = {"category": "trees", "place": "东街3号", "description": "行道树折断。"}
        assert client.post(reverse("hotline:report"), report).status_code == 302
        follow = {"number": world.own.number, "code": world.own.lookup_code}
        assert client.post(reverse("cases:follow"), follow).status_code == 302
        if world.breaches:
            follow = {"number": world.complaint.number, "code": world.complaint.lookup_code}
            assert client.post(reverse("cases:follow"), follow).status_code == 302
        if world.approvals:
            own_ones = (world.approvals["sent"], Incoming.objects.get(), BadRating.objects.get())
            for each in own_ones:
                follow = {"number": each.number, "code": each.lookup_code}
                assert client.post(reverse("cases:follow"), follow).status_code == 302
        for own in world.openness.own_requests():
            follow = {"number": own.number, "code": own.lookup_code}
            assert client.post(reverse("cases:follow"), follow).status_code == 302
    elif who != "nobody":
        enter(client, world.bureau.staff[who])
    return client


def enter(client: Client, staff: Staff) -> None:
    """As after password and second factor, both a moment ago."""
    client.force_login(staff)
    session = client.session
    second_factor.mark_passed(session, staff)
    # allauth asks for the password again where it was not typed within minutes.
    record = {"method": "password", "at": time.time(), "reauthenticated": True}
    session["account_authentication_methods"] = [record]
    session["account_authentication_methods_user"] = str(staff.pk)
    session.save()
