"""What stands in the way of a step of a publication: every entry of the table as a real try.

Each is refused at its field, or with its sentence; nothing is written then; and the same step with that put
right is taken, so that nothing else was in the way.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as made_by
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from disclosure import actions, publishing
from disclosure.models import Disclosure, Publication, PublicationFile
from portal.cases.uploads import Upload, read_upload
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.models import Event
from portal.organisation.actions import close_unit, move_to_unit
from portal.organisation.actors import SYSTEM
from portal.organisation.models import Staff, Unit
from tests.bureau import MONDAY, Bureau, moment
from tests.disclosure import office as of
from tests.disclosure import publication_table as table

founded, office = of.founded, of.office

# What cannot come to be tried, and why.
DO_NOT_APPLY = {
    "without a category": "a text has one by its type: form and spreadsheet ask for it before there is one",
    "without an issuing unit": "as for the category",
    "without a day, on the clock": "as for the category; whatever the occasion",
    "published, but the item has ended": "a correction does not touch whether an item is in force: "
    "test_a_correction_brings_nothing_back_into_force",
}
PHONE, ANOTHER_PHONE = "19900000001", "19900000002"

Scene = str | Callable[[Bureau], Publication]


@dataclass(frozen=True)
class Try:
    """A step with something wrong in it."""

    scene: Scene
    verb: str
    entered: dict[str, Any] = made_by(default_factory=dict)
    # Where the sentence is put; or which it is, where it is about no field.
    field: str | None = None
    says: str = ""
    who: str = "disclosure"
    at: datetime = MONDAY
    not_allowed: bool = False
    # What is put right; None where nothing would be.
    instead: dict[str, Any] | None = made_by(default_factory=dict)


def after(state: str, *steps: tuple[str, str], **more: Any) -> Callable[[Bureau], Publication]:
    def walk(office: Bureau) -> Publication:
        made = of.publication_in(state, office, **more)
        for name, who in steps:
            made = of.move(made, name, office, who)
        return made

    return walk


def four_eyes(scene: Scene, verb: str, who: str, instead: str, says: str) -> list[Try]:
    return [Try(scene, verb, says=says, who=who, not_allowed=True, instead={"who": instead})]


def made_in_october(office: Bureau) -> Publication:
    return of.publication_in("ready", office, of.text(office, dated_on=of.day("2026-10-30")))


def moved_to_roads(office: Bureau) -> publishing.Text:
    return of.text(office, unit=office.units["roads"])


NOT_REVIEWED, NOT_APPROVED = (
    "Who wrote a text does not review it.",
    "Who wrote or reviewed a text does not approve it.",
)
OWN = "Somebody else wrote this."
BY_A_REVIEWER = {"who": "writer_reviewer"}
NOBODY_ASKED = {"third_party_answer": "silent", "public_interest": " "}
AGAINST_THEM = {"third_party_answer": "objects", "public_interest": ""}
TRIES: dict[str, list[Try]] = {
    # Who
    "of another author": four_eyes("draft", "revise", "handler2", "handler", OWN),
    "sent in by another": four_eyes("draft", "submit", "handler2", "disclosure", OWN),
    "dropped by another": four_eyes("review", "drop", "handler2", "handler", OWN),
    "moved to another unit's name": [
        Try(
            "draft",
            "revise",
            {"text": moved_to_roads},
            "unit",
            who="handler",
            not_allowed=True,
            instead={"text": moved_to_roads, "who": "disclosure"},
        )
    ],
    "own text reviewed": four_eyes(
        after("review", **BY_A_REVIEWER), "pass_secrecy", "writer_reviewer", "secrecy", NOT_REVIEWED
    ),
    "revised and reviewed": four_eyes(
        after("draft", ("revise", "officer_reviewer"), ("submit", "handler")),
        "pass_secrecy",
        "officer_reviewer",
        "secrecy",
        NOT_REVIEWED,
    ),
    "own text escalated": four_eyes(
        after("review", **BY_A_REVIEWER), "escalate", "writer_reviewer", "secrecy", NOT_REVIEWED
    ),
    "own text determined": four_eyes(
        after("escalated", **BY_A_REVIEWER),
        "record_determination",
        "writer_reviewer",
        "secrecy2",
        NOT_REVIEWED,
    ),
    "own text approved": four_eyes(
        after("approval", who="officer_head"), "approve", "officer_head", "agency_head", NOT_APPROVED
    ),
    "reviewed and approved by one": four_eyes(
        after("approval", reviewer="reviewer_head"), "approve", "reviewer_head", "head2", NOT_APPROVED
    ),
    "determined and approved by one": four_eyes(
        after("escalated", ("record_determination", "reviewer_head"), needs_approval=True),
        "approve",
        "reviewer_head",
        "agency_head",
        NOT_APPROVED,
    ),
    # Reviews
    "passed without a basis": [
        Try("review", "pass_secrecy", {"secrecy_basis": " "}, "secrecy_basis", who="secrecy")
    ],
    "escalated without a question": [Try("review", "escalate", {"note": " "}, "note", who="secrecy")],
    "determined by nobody": [
        Try("escalated", "record_determination", {"determined_by": ""}, "determined_by", who="secrecy"),
        # The paper is named in the note.
        Try("escalated", "record_determination", {"note": ""}, "note", who="secrecy"),
    ],
    "no determination": [
        Try("escalated", "record_determination", {"may_be_public": None}, "may_be_public", who="secrecy")
    ],
    "no answer of the third party": [
        Try("third_party", "record_third_party", {"third_party_answer": answer}, "third_party_answer")
        for answer in ("", None, "perhaps")
    ],
    "silence as consent": [
        Try(
            "third_party",
            "record_third_party",
            NOBODY_ASKED,
            "public_interest",
            instead={**NOBODY_ASKED, "public_interest": "涉及公共安全。"},
        )
    ],
    "against the third party": [
        Try(
            "third_party",
            "record_third_party",
            AGAINST_THEM,
            "public_interest",
            instead={**AGAINST_THEM, "public_interest": "涉及公共安全。"},
        )
    ],
    "sent back without a word": [
        Try(state, "send_back", {"note": ""}, "note", who=who)
        for state, who in (("review", "secrecy"), ("approval", "agency_head"), ("ready", "disclosure"))
    ],
    "reviewed once for two texts": [
        Try(
            after("ready", ("send_back", "disclosure"), ("revise", "handler"), ("submit", "handler")),
            "publish",
            instead=None,
        )
    ],
    # Publishing
    "scheduled for no day": [Try("ready", "schedule", {"publish_on": None}, "publish_on")],
    "scheduled for today": [
        Try("ready", "schedule", {"publish_on": of.day(each)}, "publish_on")
        for each in ("2026-11-02", "2026-11-01")
    ],
    "scheduled beyond the limit": [
        Try(
            made_in_october,
            "schedule",
            {"publish_on": of.day("2026-11-30")},
            "publish_on",
            instead={"publish_on": of.day("2026-11-27")},
        )
    ],
    "published by itself too early": [
        Try(
            "scheduled",
            "publish",
            says="This day has not come yet.",
            who="system",
            at=moment("2026-11-04 23:59"),
            instead=None,
        )
    ],
    "published by itself without a schedule": [
        Try(
            "ready",
            "publish",
            says="Your role does not permit this step.",
            who="system",
            not_allowed=True,
            instead={"who": "disclosure"},
        )
    ],
    "dropped without a word": [Try("review", "drop", {"note": " "}, "note", who="handler")],
    "pressed without a word": [Try("review", "urge", {"note": ""}, "note", who="supervisor")],
}
EVERY = [
    pytest.param(each, id=title if len(tries) == 1 else f"{title} {place}")
    for title, tries in TRIES.items()
    for place, each in enumerate(tries, 1)
]


@pytest.mark.parametrize("found", EVERY)
def test_what_stands_in_the_way(office: Bureau, found: Try) -> None:
    made = of.publication_in(found.scene, office) if isinstance(found.scene, str) else found.scene(office)
    before = of.as_kept(made)
    with pytest.raises(Refused) as refused:
        of.move(made, found.verb, office, **told(office, found, found.entered))
    assert (type(refused.value) is NotAllowed) == found.not_allowed
    assert refused.value.field == found.field
    if found.says:
        assert str(refused.value.message) == gettext(found.says)
    assert of.as_kept(made) == before
    if found.instead is not None:
        of.move(made, found.verb, office, **told(office, found, found.instead))


def told(office: Bureau, found: Try, entered: dict[str, Any]) -> dict[str, Any]:
    whole = {"who": found.who, "at": found.at, **entered}
    return {name: value(office) if callable(value) else value for name, value in whole.items()}


# Texts that may not be --------------------------------------------------------------------------------------


# Field, and what is wrong there. A draft is kept only where each text of it could stand in the catalogue, so
# that this is refused before it could be handed in.
WRONG_TEXTS: list[Any] = [
    pytest.param("title", {"title": " "}, id="without a title"),
    pytest.param("body", {"body": " \n"}, id="without a text"),
    pytest.param("dated_on", {"dated_on": of.day("2026-11-03")}, id="made tomorrow"),
    pytest.param("channels", {"channels": ()}, id="no channel"),
    pytest.param(
        "document_number",
        {"document_number": "样城管2026第5号"},
        id="a number of a document that cannot be",
    ),
]


@pytest.mark.parametrize(("where", "wrong"), WRONG_TEXTS)
def test_what_is_no_text(office: Bureau, where: str, wrong: dict[str, Any]) -> None:
    """Neither as the second of two, nor written over one that was right."""
    bad = of.text(office, **wrong)
    events = Event.objects.count()
    with pytest.raises(Refused) as refused:
        of.drafted(office, of.text(office), bad)
    assert refused.value.field == where
    assert Event.objects.count() == events
    draft = of.drafted(office)
    before = of.as_kept(draft)
    with pytest.raises(Refused) as refused:
        of.move(draft, "revise", office, "handler", text=bad)
    assert refused.value.field == where
    assert of.as_kept(draft) == before


def test_nothing_to_publish(office: Bureau) -> None:
    with pytest.raises(Refused) as refused:
        publishing.draft([], actor=office.actor("handler"), at=MONDAY)
    assert str(refused.value.message) == gettext("There is no text yet.")


def test_in_another_units_name(office: Bureau) -> None:
    own, others = of.text(office), of.text(office, unit=office.units["roads"])
    with pytest.raises(NotAllowed) as refused:
        of.drafted(office, own, others)
    assert refused.value.field == "unit"
    assert of.drafted(office, own, others, who="disclosure").state == "draft"


@pytest.mark.parametrize("occasion", ["", "because"])
def test_an_occasion_that_is_none(office: Bureau, occasion: str) -> None:
    with pytest.raises(Refused) as refused:
        of.drafted(office, occasion=occasion)
    assert refused.value.field == "occasion"


# Numbers of persons -----------------------------------------------------------------------------------------


def submitted(draft: Publication, office: Bureau) -> str:
    """The state afterwards, or the field at which it was refused; nothing is written then."""
    before = of.as_kept(draft)
    try:
        return of.move(draft, "submit", office, "handler").state
    except Refused as refused:
        assert of.as_kept(draft) == before
        return f"refused: {refused.field}"


def attached(said: str, kind: str = "pdf") -> publishing.Attached:
    data = said.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    return publishing.Attached(Upload(f"附件.{kind}", data, kind, "application/pdf", sha256, 1), said)


@pytest.mark.parametrize("number", [PHONE, of.ID_NUMBER])
def test_somebodys_number_in_the_text(office: Bureau, number: str) -> None:
    said = of.text(office, body=f"联系人章某，号码{number}。")
    assert submitted(of.drafted(office, said), office) == "refused: body"
    confirmed = of.text(office, body=said.body, confirmed=[number])
    assert submitted(of.drafted(office, confirmed), office) == "review"


@pytest.mark.parametrize("number", [PHONE, of.ID_NUMBER])
def test_somebodys_number_in_a_file(office: Bureau, number: str) -> None:
    file = attached(f"联系人章某，号码{number}。")
    draft = of.drafted(office, of.text(office, body="", files=[file]))
    assert submitted(draft, office) == "refused: files: 附件.pdf"
    confirmed = of.text(office, body="", files=[file], confirmed=[number])
    assert submitted(of.drafted(office, confirmed), office) == "review"


def test_another_number_confirmed(office: Bureau) -> None:
    body = f"值班电话{PHONE}，备用{ANOTHER_PHONE}。"
    one = of.drafted(office, of.text(office, body=body, confirmed=[PHONE]))
    assert submitted(one, office) == "refused: body"
    both = of.drafted(office, of.text(office, body=body, confirmed=[PHONE, ANOTHER_PHONE]))
    assert submitted(both, office) == "review"


def test_a_number_that_came_with_a_revision(office: Bureau) -> None:
    draft = of.drafted(office, of.text(office, body=f"值班电话{PHONE}。", confirmed=[PHONE]))
    of.move(draft, "submit", office, "handler")
    draft = of.move(draft, "send_back", office, "secrecy")
    more = of.text(office, body=f"值班电话{PHONE}，备用{ANOTHER_PHONE}。", confirmed=[PHONE])
    draft = of.move(draft, "revise", office, "handler", text=more)
    assert submitted(draft, office) == "refused: body"


def test_of_several_it_is_said_which(office: Bureau) -> None:
    bad = of.text(office, title="关于值班的通知", body=f"值班电话{PHONE}。")
    draft = of.drafted(office, of.text(office), bad)
    with pytest.raises(Refused) as refused:
        of.move(draft, "submit", office, "handler")
    assert "关于值班的通知" in str(refused.value.message)
    assert "2" in str(refused.value.message)
    assert PHONE not in str(refused.value.message)


@pytest.mark.parametrize("data", [b"MZ\x90\x00", b"<html></html>", b"\x89GIF", b""])
def test_a_file_of_another_kind(data: bytes) -> None:
    """The verbs take what was looked at; whatever its name says, this is not let in."""
    for name in ("附件.pdf", "附件.docx", "附件.jpg"):
        with pytest.raises(ValidationError):
            read_upload(io.BytesIO(data), name=name, size=len(data))


# Corrections ------------------------------------------------------------------------------------------------


def correcting(office: Bureau, item: Disclosure, *texts: publishing.Text, **more: Any) -> Publication:
    return of.drafted(office, *texts, corrects=item, **{"correction_note": "路段有误。", **more})


def withdraw(item: Disclosure, office: Bureau) -> None:
    actions.withdraw(item, reason="发布有误。", actor=office.actor("disclosure"), at=MONDAY)


def test_a_correction_without_a_note(office: Bureau) -> None:
    item = of.public_item(office)
    with pytest.raises(Refused) as refused:
        correcting(office, item, correction_note=" ")
    assert refused.value.field == "correction_note"
    draft = correcting(office, item)
    before = of.as_kept(draft)
    with pytest.raises(Refused) as refused:
        of.move(draft, "revise", office, "handler", correction_note="")
    assert refused.value.field == "correction_note"
    assert of.as_kept(draft) == before


def test_two_entries_for_one_correction(office: Bureau) -> None:
    with pytest.raises(Refused) as refused:
        correcting(office, of.public_item(office), of.text(office), of.text(office))
    assert str(refused.value.message) == gettext("A correction is of one text.")


def test_a_correction_of_what_was_withdrawn(office: Bureau) -> None:
    """Neither begun, nor handed in where it was withdrawn in the meantime."""
    item = of.public_item(office)
    draft = correcting(office, item)
    withdraw(item, office)
    assert submitted(draft, office) == "refused: None"
    of.move(draft, "drop", office, "handler")
    with pytest.raises(Refused) as refused:
        correcting(office, Disclosure.objects.get(pk=item.pk))
    assert str(refused.value.message) == gettext("This item was withdrawn.")


def test_published_but_the_item_is_gone(office: Bureau) -> None:
    item = of.public_item(office)
    ready = of.publication_in("ready", office, corrects=item, correction_note="路段有误。")
    withdraw(item, office)
    before = of.as_kept(ready)
    with pytest.raises(Refused) as refused:
        of.move(ready, "publish", office, "disclosure")
    assert str(refused.value.message) == gettext("This item was withdrawn.")
    assert of.as_kept(ready) == before
    assert of.move(ready, "drop", office, "disclosure").state == "dropped"


@pytest.mark.parametrize("state", ["draft", "review", "scheduled"])
def test_two_corrections_at_once(office: Bureau, state: str) -> None:
    item = of.public_item(office)
    first = of.publication_in(state, office, corrects=item, correction_note="路段有误。")
    with pytest.raises(Refused) as refused:
        correcting(office, item)
    assert str(refused.value.message) == gettext("A correction of this item is under way already.")
    of.move(first, "drop", office, "disclosure")
    assert correcting(office, item).state == "draft"


# All or nothing ---------------------------------------------------------------------------------------------


def test_one_of_many_cannot_be_published(office: Bureau) -> None:
    """The unit of the second was dissolved in the meantime: none of the three comes out, and it is named."""
    gone = of.text(office, title="关于路灯的通知", unit=office.units["roads"])
    ready = of.publication_in("ready", office, of.text(office), gone, of.text(office), who="disclosure")
    unit = Unit.objects.get(code="roads")
    before, items = of.as_kept(ready)[:2], Disclosure.objects.count()
    for member in Staff.objects.filter(unit=unit):
        move_to_unit(staff=member, unit=office.units["bureau"], actor=SYSTEM, at=MONDAY)
    close_unit(unit=unit, actor=SYSTEM, at=MONDAY)
    with pytest.raises(Refused) as refused:
        of.move(ready, "publish", office, "disclosure")
    assert "关于路灯的通知" in str(refused.value.message)
    assert of.as_kept(ready)[:2] == before
    assert Disclosure.objects.count() == items


def test_every_entry_of_the_table_is_tried() -> None:
    here = {
        "in another unit's name",
        "nothing to publish",
        *(each.id for each in WRONG_TEXTS),
        "somebody's number in the text",
        "somebody's number in a file",
        "another number confirmed",
        "a number that came with a revision",
        "a file of another kind",
        "a correction without a note",
        "two entries for one correction",
        "a correction of what was withdrawn",
        "two corrections at once",
        "an occasion that is none",
        "published, but the item is gone",
        "one of many cannot be published",
    }
    assert {title for title, *_rest in table.REFUSALS} == here | {*TRIES, *DO_NOT_APPLY}
    verbs = {title: verb for title, _situation, verb, _why in table.REFUSALS}
    assert all(each.verb == verbs[title] for title in TRIES for each in TRIES[title])


def test_what_a_file_is_called_is_as_public_as_what_is_in_it(office: Bureau) -> None:
    made = of.publication_in("draft", office)
    row = made.entries.get()
    upload = Upload("李样例19900000001.pdf", b"a", "pdf", "application/pdf", "0" * 64, 1)
    PublicationFile.keep(upload, entry=row)
    with pytest.raises(Refused, match="199"):
        of.move(made, "submit", office, "handler")


def test_a_file_that_waits_to_be_read_is_not_handed_in(office: Bureau) -> None:
    made = of.publication_in("draft", office)
    upload = Upload("方案.pdf", b"a", "pdf", "application/pdf", "0" * 64, 1)
    PublicationFile.keep(upload, entry=made.entries.get(), problem="busy")
    with pytest.raises(Refused):
        of.move(made, "submit", office, "handler")
