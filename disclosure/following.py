"""What follows from a step beside the case itself, in the same transaction, whoever takes the step.

Registered as an effect of the cases, before the notices: what people are told of is there when they are told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from disclosure import actions, letters, letters_reply, texts, workflow
from disclosure.models import Consultation, Publication
from disclosure.publishing import KIND as PUBLICATION
from disclosure.requesting import KIND as REQUEST
from disclosure.requesting import tell_of_files, write_files
from disclosure.rules import request_checks as checks
from disclosure.rules.publication import PUBLISHED, publication_of
from disclosure.rules.request_terms import CONSULT, CONSULTING, LAW, REPLY, request_of
from portal.cases.effects import Moved
from portal.cases.excluding import exclude_from, resume_in
from portal.cases.terms import ONE_DAY, local_day
from portal.cases.workflow import Refused


def follow(moved: Moved) -> None:
    """Do what belongs to the step; other kinds of case are others' concern."""
    for what in FOLLOWS.get((moved.case.kind, moved.transition.name), ()):
        what(moved)


# Publications -----------------------------------------------------------------------------------------------


def read_over(moved: Moved) -> None:
    """Before anybody else reads a text, it is one that may stand in the catalogue."""
    publication = publication_of(moved.case)
    if publication.corrects is not None:
        workflow.check_not_withdrawn(publication.corrects)
    texts.check_texts(
        texts.texts_of(publication), note=publication.correction_note, today=local_day(moved.at)
    )


def obstacle(publication: Publication, today: date) -> str:
    """Why the publication cannot come out as it is; "" where it can."""
    try:
        if publication.corrects is not None:
            workflow.check_not_withdrawn(publication.corrects)
        texts.check_texts(texts.texts_of(publication), note=publication.correction_note, today=today)
    except Refused as refused:
        return str(refused.message)
    return ""


def come_out(moved: Moved) -> None:
    """The texts become items of the catalogue, or one takes the place of the text that it corrects."""
    publication = publication_of(moved.case)
    if publication.state != PUBLISHED:
        return
    rows = texts.texts_of(publication)
    entries = [texts.entry_of(row) for row in rows]
    if publication.corrects is not None:
        note = publication.correction_note
        items = [actions.correct(publication.corrects, entries[0], note=note, actor=moved.actor, at=moved.at)]
    else:
        try:
            items = actions.publish_many(entries, actor=moved.actor, at=moved.at)
        except Refused:
            # Of many it is said which one it was.
            texts.check_texts(rows, note="", today=local_day(moved.at))
            raise
    for row, item in zip(rows, items, strict=True):
        row.item = item
    type(rows[0]).objects.bulk_update(rows, ["item"], batch_size=1000)


# Requests ---------------------------------------------------------------------------------------------------


def ask(moved: Moved) -> None:
    """Letters to all at once; the days until they answer do not count (art. 33)."""
    request = request_of(moved.case)
    asked = letters.ask_parties(moved, moved.given["parties"])
    request.forget_consultations()
    clocks = {each.term: each for each in moved.running}
    answer_by, reply = clocks[CONSULT], clocks.get(REPLY)
    # A limit that is missed has no days left of which some might not count.
    if reply is None or reply.breached_at is not None:
        return
    assert moved.calendar is not None
    assert answer_by.due_at is not None
    exclude_from(
        request,
        list(moved.running),
        REPLY,
        starts_on=local_day(moved.at) + ONE_DAY,
        ends_on=local_day(answer_by.due_at - timedelta(seconds=1)),
        reason="征求第三方或者共同制作机关意见",
        basis=f"{LAW}第三十三条第三款",
        evidence="、".join(each.document.number for each in asked)[:200],
        actor=moved.actor,
        at=moved.at,
        calendar=moved.calendar,
    )


def keep_opinion(moved: Moved) -> None:
    """What came is kept; with the last answer the days count again."""
    request = request_of(moved.case)
    row: Consultation = moved.given["party"]
    row.answer, row.answered_at = moved.given["answer"], moved.at
    row.answered_on = moved.given.get("answered_on") or local_day(moved.at)
    row.reason = str(moved.given.get("reason", "")).strip()
    row.save(update_fields=["answer", "answered_at", "answered_on", "reason"])
    request.forget_consultations()
    if request.state == CONSULTING:
        return
    _count_on(moved)


def _count_on(moved: Moved) -> None:
    reply = next((each for each in moved.running if each.term == REPLY), None)
    today = local_day(moved.at)
    pauses = reply.run().pauses if reply is not None else ()
    if not any(each.covers(today) or each.covers(today + ONE_DAY) for each in pauses):
        return
    # The days until the last answer came do not count, however late somebody enters it.
    answers = request_of(moved.case).consultations.values_list("answered_on", flat=True)
    came = max(each for each in answers if each is not None)
    begun = max(each.starts_on for each in pauses)
    assert moved.calendar is not None
    resume_in(
        moved.case,
        list(moved.running),
        REPLY,
        ends_on=max(came, begun) if begun <= today else today,
        actor=moved.actor,
        at=moved.at,
        calendar=moved.calendar,
    )


def take_silence(moved: Moved) -> None:
    """Art. 32 and 34: a third party's silence leaves it to the agency, another agency's is consent."""
    waiting = request_of(moved.case).consultations.filter(answer="")
    over = {"answered_at": moved.at, "answered_on": local_day(moved.at)}
    waiting.filter(kind=checks.CO_AGENCY).update(answer=checks.AGREES, **over)
    waiting.filter(kind=checks.THIRD_PARTY).update(answer=checks.SILENT, **over)
    request_of(moved.case).forget_consultations()


def give(moved: Moved) -> None:
    """The information itself, and the letter that it comes with."""
    request, files = request_of(moved.case), moved.given.get("files") or ()
    # Written first, since the letter names them; told last, since its event follows that of the step.
    write_files(request, files, is_given=True, at=moved.at)
    letters_reply.issue_reply(moved)
    letters_reply.tell_objectors(moved)
    tell_of_files(request, files, is_given=True, actor=moved.actor, at=moved.at)


FOLLOWS: dict[tuple[str, str], tuple[Callable[[Moved], object], ...]] = {
    (PUBLICATION, "submit"): (read_over,),
    (PUBLICATION, "publish"): (come_out,),
    (REQUEST, "register"): (letters.issue_receipt,),
    (REQUEST, "ask_supplement"): (letters.issue_supplement,),
    (REQUEST, "lapse"): (letters.issue_lapsed,),
    (REQUEST, "consult"): (ask,),
    (REQUEST, "record_opinion"): (keep_opinion,),
    (REQUEST, "consultation_over"): (take_silence,),
    (REQUEST, "extend"): (letters.issue_extension,),
    (REQUEST, "ask_fee"): (letters.issue_fee,),
    (REQUEST, "reply"): (give,),
}
