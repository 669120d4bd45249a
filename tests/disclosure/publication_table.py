"""Publications (公开审查) as a table, by hand from 政府信息公开条例 (国令711号) and the rules of the bureau.

`draft → review → [escalated] → [third_party] → [approval] → ready → [scheduled] → published | dropped`

`ALLOWED` says for a verb and a state which roles may take it when nothing else stands in the way: what is not
named is refused. Where "handler" stands it is the handler who is the publication's author. `LEADS_TO` has the
state after it in the plainest variant (nobody else is concerned, nobody need approve), None where it stays;
`ROUTES` has the others. `REFUSALS` has what stands in the way all the same. (open) marks what neither the
regulation nor the design settles, and what was decided here about it.

People of the situations: A is a handler of the greening division and the author; today is Monday 2026-11-02.
"""

from __future__ import annotations

ROLES = (
    "citizen",
    "system",
    "clerk",
    "operator",
    "handler",
    "office_head",
    "chief_representative",
    "agency_head",
    "disclosure_officer",
    "secrecy_reviewer",
    "supervisor",
    "administrator",
)
STATES = (
    "draft",
    "review",
    "escalated",
    "third_party",
    "approval",
    "ready",
    "scheduled",
    "published",
    "dropped",
)
VERBS = (
    "revise",
    "submit",
    "pass_secrecy",
    "escalate",
    "record_determination",
    "record_third_party",
    "approve",
    "schedule",
    "unschedule",
    "publish",
    "send_back",
    "drop",
    "urge",
)

OFFICER = frozenset({"disclosure_officer"})
# The author, who may be a handler, and any disclosure officer.
WRITERS = frozenset({"disclosure_officer", "handler"})
REVIEWER = frozenset({"secrecy_reviewer"})
HEAD = frozenset({"agency_head"})
SYSTEM = frozenset({"system"})
SUPERVISOR = frozenset({"supervisor"})

# How a publication comes into being: the verb, who may, the first state.
OPENING = ("draft", WRITERS, "draft")

ALLOWED: dict[str, dict[str, frozenset[str]]] = {
    # What is under review is not touched: who wants to change it has it sent back first.
    "revise": {"draft": WRITERS},
    "submit": {"draft": WRITERS},
    "pass_secrecy": {"review": REVIEWER},
    "escalate": {"review": REVIEWER},
    # What the authority above determined (art. 17) is entered by who asked it, or by another reviewer.
    "record_determination": {"escalated": REVIEWER},
    "record_third_party": {"third_party": OFFICER},
    "approve": {"approval": HEAD},
    "schedule": {"ready": OFFICER},
    "unschedule": {"scheduled": OFFICER},
    # (open) An officer need not take it from the schedule first: should the portal stand still on the day,
    # somebody must be able to publish. The portal itself publishes only what is scheduled.
    "publish": {"ready": OFFICER, "scheduled": OFFICER | SYSTEM},
    # Whose turn it is sends it back. (open) Nobody does while it lies with another authority, nor from the
    # schedule, which an officer ends first.
    "send_back": {"review": REVIEWER, "third_party": OFFICER, "approval": HEAD, "ready": OFFICER},
    "drop": {
        "draft": WRITERS,
        "review": WRITERS,
        "escalated": WRITERS,
        "third_party": WRITERS,
        "approval": WRITERS,
        "ready": WRITERS,
        "scheduled": WRITERS,
    },
    # Whatever is not over, also what waits for its day or for another authority: it may be late all the same.
    "urge": {
        "draft": SUPERVISOR,
        "review": SUPERVISOR,
        "escalated": SUPERVISOR,
        "third_party": SUPERVISOR,
        "approval": SUPERVISOR,
        "ready": SUPERVISOR,
        "scheduled": SUPERVISOR,
    },
}

LEADS_TO: dict[tuple[str, str], str | None] = {
    ("draft", "revise"): None,
    ("draft", "submit"): "review",
    ("draft", "drop"): "dropped",
    ("draft", "urge"): None,
    ("review", "pass_secrecy"): "ready",
    ("review", "escalate"): "escalated",
    ("review", "send_back"): "draft",
    ("review", "drop"): "dropped",
    ("review", "urge"): None,
    # It was determined that it may be made public.
    ("escalated", "record_determination"): "ready",
    ("escalated", "drop"): "dropped",
    ("escalated", "urge"): None,
    ("third_party", "record_third_party"): "ready",
    ("third_party", "send_back"): "draft",
    ("third_party", "drop"): "dropped",
    ("third_party", "urge"): None,
    ("approval", "approve"): "ready",
    ("approval", "send_back"): "draft",
    ("approval", "drop"): "dropped",
    ("approval", "urge"): None,
    ("ready", "schedule"): "scheduled",
    ("ready", "publish"): "published",
    ("ready", "send_back"): "draft",
    ("ready", "drop"): "dropped",
    ("ready", "urge"): None,
    ("scheduled", "unschedule"): "ready",
    ("scheduled", "publish"): "published",
    ("scheduled", "drop"): "dropped",
    ("scheduled", "urge"): None,
}

# Where it goes otherwise: state, verb, what is the case, state afterwards. A third party comes before the
# approval, so that the head sees what they said.
ROUTES: list[tuple[str, str, str, str]] = [
    ("review", "pass_secrecy", "a third party is concerned", "third_party"),
    ("review", "pass_secrecy", "a third party is concerned, and it needs approval", "third_party"),
    ("review", "pass_secrecy", "it needs approval", "approval"),
    ("escalated", "record_determination", "may be public; a third party is concerned", "third_party"),
    ("escalated", "record_determination", "may be public; it needs approval", "approval"),
    # (open) What was determined to be secret is not written anew under the same number: it ends here, and a
    # version without it is another publication.
    ("escalated", "record_determination", "may not be public", "dropped"),
    ("third_party", "record_third_party", "it needs approval", "approval"),
]

# What else is refused: title, situation, verb, why.
REFUSALS: list[tuple[str, str, str, str]] = [
    # Who --------------------------------------------------------------------------------------------------
    (
        "in another unit's name",
        "A opens it with an entry whose unit is the roads division",
        "draft",
        "a handler publishes for the own unit",
    ),
    (
        "of another author",
        "another handler of the greening division",
        "revise",
        "the author or a disclosure officer",
    ),
    ("sent in by another", "another handler of the greening division", "submit", "as for revise"),
    ("dropped by another", "another handler of the greening division", "drop", "as for revise"),
    (
        "moved to another unit's name",
        "A changes the unit of an entry to the roads division",
        "revise",
        "a handler publishes for the own unit, afterwards as well",
    ),
    (
        "own text reviewed",
        "the author is a secrecy reviewer as well",
        "pass_secrecy",
        "who wrote it does not review it (先审查、后公开; four eyes)",
    ),
    # (open) Whoever wrote in it counts as an author, or the rule would be kept by letter only.
    (
        "revised and reviewed",
        "A wrote it; an officer who is a secrecy reviewer as well revised it, and reviews it",
        "pass_secrecy",
        "who wrote any of it does not review it",
    ),
    ("own text escalated", "the author is a secrecy reviewer as well", "escalate", "that is a review too"),
    (
        "own text determined",
        "the author is a secrecy reviewer as well",
        "record_determination",
        "who wrote it does not enter that it may be public",
    ),
    ("own text approved", "the author is the agency's head", "approve", "another's word is needed"),
    (
        "reviewed and approved by one",
        "who passed it is the agency's head as well",
        "approve",
        "neither author nor secrecy reviewer of it",
    ),
    (
        "determined and approved by one",
        "who entered the determination is the agency's head as well",
        "approve",
        "neither author nor secrecy reviewer of it",
    ),
    # What is submitted --------------------------------------------------------------------------------------
    ("nothing to publish", "no entries", "submit", "there is nothing to review"),
    ("without a title", "the second of two entries has no title", "submit", "the catalogue shows it"),
    (
        "without a text",
        "an entry with neither body nor file",
        "submit",
        "there is nothing to review",
    ),
    ("without a category", "an entry has none", "submit", "it would stand nowhere in the catalogue"),
    ("without an issuing unit", "an entry has none", "submit", "who made it makes it public (art. 10)"),
    (
        "without a day, on the clock",
        "occasion made, dated_on is empty",
        "submit",
        "the 20 working days of art. 26 count from it",
    ),
    ("made tomorrow", "dated_on 2026-11-03", "submit", "not made yet"),
    ("no channel", "channels is empty", "submit", "made public where? (art. 23)"),
    (
        "a number of a document that cannot be",
        "document_number 样城管2026第5号",
        "submit",
        "the form of GB/T 9704; what is wrong is named",
    ),
    (
        "somebody's number in the text",
        "an ID or phone number in a body, not confirmed",
        "submit",
        "personal data is masked or confirmed number by number (art. 15)",
    ),
    (
        "somebody's number in a file",
        "an ID or phone number in the text of an attached file, not confirmed",
        "submit",
        "a file is as public as the text",
    ),
    (
        "another number confirmed",
        "two phone numbers in the body, one of them confirmed",
        "submit",
        "each is confirmed by itself",
    ),
    (
        "a number that came with a revision",
        "sent back, a new phone number is written in, and it is sent in again",
        "submit",
        "what was confirmed before says nothing of it",
    ),
    (
        "a file of another kind",
        "an attached file is no PDF, .docx, .xlsx or JPEG, whatever its name says",
        "revise",
        "by what is in it, not by its name",
    ),
    (
        "a correction without a note",
        "corrects is set, correction_note is empty",
        "submit",
        "readers see what was corrected",
    ),
    (
        "two entries for one correction",
        "corrects is set, and there are two entries",
        "submit",
        "one item has one text",
    ),
    (
        "a correction of what was withdrawn",
        "corrects is an item that was withdrawn",
        "submit",
        "its number is kept as a tombstone; what is to be public again is published anew",
    ),
    # (open) The later one would undo the earlier without seeing it.
    (
        "two corrections at once",
        "another publication that corrects the same item is in review",
        "submit",
        "the item is being corrected",
    ),
    ("an occasion that is none", "occasion is empty or unknown", "submit", "the clock hangs on it"),
    # Reviews ------------------------------------------------------------------------------------------------
    (
        "passed without a basis",
        "no words on what it rests on",
        "pass_secrecy",
        "the review is proof (art. 17)",
    ),
    ("escalated without a question", "the note is empty", "escalate", "what is in doubt is written"),
    (
        "determined by nobody",
        "the authority that determined it, or its paper, is not named",
        "record_determination",
        "only the competent or the secrecy authority determines (art. 17)",
    ),
    (
        "no determination",
        "neither that it may be public nor that it may not",
        "record_determination",
        "yes or no is needed",
    ),
    (
        "no answer of the third party",
        "neither agrees nor objects",
        "record_third_party",
        "yes or no is needed",
    ),
    # (open) Art. 32 and its 15 days are for requests. What the agency publishes by itself needs consent or a
    # public interest (art. 15): silence is neither, and the reason is written as for an objection.
    (
        "silence as consent",
        "the third party did not answer, and no public interest is named",
        "record_third_party",
        "without consent only for the public interest (art. 15)",
    ),
    (
        "against the third party",
        "the third party objects, and no public interest is named",
        "record_third_party",
        "without consent only for the public interest (art. 15)",
    ),
    ("sent back without a word", "the note is empty", "send_back", "the author has to know what to change"),
    (
        "reviewed once for two texts",
        "passed, sent back from ready, revised, and sent in: published at once",
        "publish",
        "a text that was changed is reviewed again; it stands in review",
    ),
    # Publishing ---------------------------------------------------------------------------------------------
    ("scheduled for no day", "no day", "schedule", "a day is needed"),
    ("scheduled for today", "2026-11-02, or a day before it", "schedule", "today one publishes"),
    # (open) No breach is planned. What is late already may be scheduled.
    (
        "scheduled beyond the limit",
        "occasion made, dated_on 2026-10-30, scheduled for 2026-11-30",
        "schedule",
        "20 working days (art. 26) end on 2026-11-27",
    ),
    (
        "published by itself too early",
        "scheduled for 2026-11-05, the portal on 2026-11-04",
        "publish",
        "on the scheduled day",
    ),
    (
        "published by itself without a schedule",
        "ready, the portal",
        "publish",
        "the portal publishes what an officer put on the schedule",
    ),
    (
        "published, but the item is gone",
        "corrects is an item that was withdrawn while this was under review",
        "publish",
        "there is nothing left to correct; it can be dropped",
    ),
    (
        "published, but the item has ended",
        "a correction that brings back into force what was repealed",
        "publish",
        "what was repealed does not come into force again",
    ),
    # (open) All or nothing: a publication has one state.
    (
        "one of many cannot be published",
        "of three entries the unit of one was dissolved in the meantime",
        "publish",
        "none of the three is published, and the entry is named",
    ),
    (
        "dropped without a word",
        "the note is empty",
        "drop",
        "why something stays unpublished is kept (art. 17)",
    ),
    ("pressed without a word", "the note is empty", "urge", "who is pressed has to know for what"),
]
