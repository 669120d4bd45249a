"""Information requests (依申请公开) as a table, by hand from 政府信息公开条例 and 国办函〔2020〕109号.

`submitted → registered → [supplement] → reviewing ⇄ consulting, ⇄ fee → replied → delivered → closed`

`ALLOWED` says for a verb and a state which roles may take it when nothing else stands in the way: what is not
named is refused. `LEADS_TO` has the state after it in the plainest variant, None where it stays. `REFUSALS`
has what stands in the way all the same. (open) marks what neither the regulation nor the design settles, and
what was decided here about it.

Days of the situations, unless another is named: the request counts as received on Monday 2026-11-02, so that
the 7th working day is 2026-11-11 (notice of supplement), the 15th 2026-11-23 (consultation that began that
Monday), the 20th 2026-11-30 (reply; payment of a fee asked for that Monday).
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
    "submitted",
    "registered",
    "supplement",
    "reviewing",
    "consulting",
    "fee",
    "replied",
    "delivered",
    "closed",
)
VERBS = (
    "register",
    "ask_supplement",
    "supplement",
    "supplement_over",
    "lapse",
    "begin_review",
    "consult",
    "record_opinion",
    "consultation_over",
    "pass_secrecy",
    "ask_extension",
    "extend",
    "refuse_extension",
    "ask_fee",
    "record_payment",
    "fee_over",
    "reply",
    "deliver",
    "close",
    "withdraw",
    "urge",
)

CITIZEN = frozenset({"citizen"})
SYSTEM = frozenset({"system"})
OFFICER = frozenset({"disclosure_officer"})
# What the applicant may do, an officer enters for those who write or come (art. 29 speaks of help as well).
APPLICANT = CITIZEN | OFFICER
REVIEWER = frozenset({"secrecy_reviewer"})
# Art. 33 names the head of the office for disclosure (政府信息公开工作机构负责人); the design names the
# agency's head, who stands above. (open) The design is followed.
HEAD = frozenset({"agency_head"})
SUPERVISOR = frozenset({"supervisor"})

# How a request comes into being: the verb, who may, the first state.
OPENING = ("submit", APPLICANT, "submitted")

ALLOWED: dict[str, dict[str, frozenset[str]]] = {
    # The day that counts is settled here (art. 31): nothing happens before it.
    "register": {"submitted": OFFICER},
    # Art. 30 knows one period of 7 working days, whatever the state of the work.
    "ask_supplement": {"registered": OFFICER, "reviewing": OFFICER},
    # (open) Also after the period, until an officer lets it lapse: art. 30 lets good reasons count.
    "supplement": {"supplement": APPLICANT},
    "supplement_over": {"supplement": SYSTEM},
    # Whether there was a good reason is judged by a person (art. 30), so that the portal does not do this.
    # What was paid on the last day may be entered on the next, so that a person looks before it is given up.
    "lapse": {"supplement": OFFICER, "fee": OFFICER},
    "begin_review": {"registered": OFFICER},
    # (open) Who remembers another party while one is asked waits for the answer: all are asked at once.
    "consult": {"reviewing": OFFICER},
    "record_opinion": {"consulting": OFFICER},
    "consultation_over": {"consulting": SYSTEM},
    # (open) After all opinions are in: what others say bears on what can be given.
    "pass_secrecy": {"reviewing": REVIEWER},
    # (open) Wherever the 20 days of art. 33 run or stand still; in `supplement` and `fee` they begin anew.
    "ask_extension": {"registered": OFFICER, "reviewing": OFFICER, "consulting": OFFICER},
    # (open) The head may also extend unasked, as with applications.
    "extend": {"registered": HEAD, "reviewing": HEAD, "consulting": HEAD},
    "refuse_extension": {"registered": HEAD, "reviewing": HEAD, "consulting": HEAD},
    "ask_fee": {"reviewing": OFFICER},
    "record_payment": {"fee": OFFICER},
    # Who has not paid in 20 working days has given it up (109号 art. 6); `lapse` says so, when it is certain.
    "fee_over": {"fee": SYSTEM},
    # (open) Art. 33 wants an answer at once where it can be given; `begin_review` is a click before it.
    "reply": {"reviewing": OFFICER},
    "deliver": {"replied": OFFICER},
    "close": {"delivered": OFFICER},
    # Until there is an answer. Afterwards there is nothing to take back.
    "withdraw": {
        "submitted": APPLICANT,
        "registered": APPLICANT,
        "supplement": APPLICANT,
        "reviewing": APPLICANT,
        "consulting": APPLICANT,
        "fee": APPLICANT,
    },
    # (open) Whatever is not closed, also where the agency waits for others: it may not have told them.
    "urge": {
        "submitted": SUPERVISOR,
        "registered": SUPERVISOR,
        "supplement": SUPERVISOR,
        "reviewing": SUPERVISOR,
        "consulting": SUPERVISOR,
        "fee": SUPERVISOR,
        "replied": SUPERVISOR,
        "delivered": SUPERVISOR,
    },
}

LEADS_TO: dict[tuple[str, str], str | None] = {
    ("submitted", "register"): "registered",
    ("submitted", "withdraw"): "closed",
    ("submitted", "urge"): None,
    ("registered", "ask_supplement"): "supplement",
    ("registered", "begin_review"): "reviewing",
    ("registered", "ask_extension"): None,
    ("registered", "extend"): None,
    ("registered", "refuse_extension"): None,
    ("registered", "withdraw"): "closed",
    ("registered", "urge"): None,
    # The chain goes on behind the supplement; there is no second notice for which it would go back.
    ("supplement", "supplement"): "reviewing",
    # It is noted that the period is over, and the officer is told.
    ("supplement", "supplement_over"): None,
    ("supplement", "lapse"): "closed",
    ("supplement", "withdraw"): "closed",
    ("supplement", "urge"): None,
    ("reviewing", "ask_supplement"): "supplement",
    ("reviewing", "consult"): "consulting",
    ("reviewing", "pass_secrecy"): None,
    ("reviewing", "ask_extension"): None,
    ("reviewing", "extend"): None,
    ("reviewing", "refuse_extension"): None,
    ("reviewing", "ask_fee"): "fee",
    ("reviewing", "reply"): "replied",
    ("reviewing", "withdraw"): "closed",
    ("reviewing", "urge"): None,
    # One party was asked. With several it stays until the last has answered, or the time is over.
    ("consulting", "record_opinion"): "reviewing",
    ("consulting", "consultation_over"): "reviewing",
    ("consulting", "ask_extension"): None,
    ("consulting", "extend"): None,
    ("consulting", "refuse_extension"): None,
    ("consulting", "withdraw"): "closed",
    ("consulting", "urge"): None,
    ("fee", "record_payment"): "reviewing",
    # It is noted that the period is over, and the officer is told.
    ("fee", "fee_over"): None,
    ("fee", "lapse"): "closed",
    ("fee", "withdraw"): "closed",
    ("fee", "urge"): None,
    ("replied", "deliver"): "delivered",
    ("replied", "urge"): None,
    ("delivered", "close"): "closed",
    ("delivered", "urge"): None,
}

# The cell of table 3 of what ends without a reply.
# By verb and state, "" for every state.
ENDS_AS: dict[tuple[str, str], str] = {
    ("lapse", "supplement"): "supplement_lapsed",
    ("lapse", "fee"): "fee_lapsed",
    ("withdraw", ""): "other",
}

# What else is refused: title, situation, verb, why.
REFUSALS: list[tuple[str, str, str, str]] = [
    # The application (art. 29) ------------------------------------------------------------------------------
    ("no name", "applicant_name is empty", "submit", "an application names the applicant (art. 29)"),
    ("no kind", "applicant_kind is not chosen", "submit", "table 3 counts every request in a column of it"),
    (
        "number of a person that cannot be",
        "a person whose ID number has the wrong check digit, or a day of birth that does not exist",
        "submit",
        "an application carries proof of identity (art. 29); the field that is wrong is named",
    ),
    (
        "number of a company that cannot be",
        "a company whose credit code has the wrong check character",
        "submit",
        "an application carries proof of identity (art. 29); an ID number is no credit code",
    ),
    # (open) The regulation does not say it; the agency has to know with whom it speaks.
    ("nobody speaks for it", "a company, representative is empty", "submit", "a person answers for it"),
    ("no way to reach them", "phone, email and address are all empty", "submit", "contact (art. 29)"),
    (
        "nothing is wanted",
        "wanted_title, wanted_number and description are all empty",
        "submit",
        "title, document number or another description that lets it be found (art. 29)",
    ),
    ("by post to nowhere", "wanted_delivery post, address is empty", "submit", "it could not be sent"),
    (
        "paper over the net",
        "wanted_form paper or copy_on_disc with wanted_delivery net",
        "submit",
        "a thing that one holds cannot be sent over the net",
    ),
    (
        "a citizen at the counter",
        "a citizen sends it with channel counter, post_signed, post_plain or fax",
        "submit",
        "citizens write on the web; what comes otherwise is entered by an officer",
    ),
    # The day of receipt (art. 31) ---------------------------------------------------------------------------
    ("signed for on no day", "channel post_signed, no day given", "register", "the day of signing counts"),
    ("signed for tomorrow", "channel post_signed, the day after today", "register", "not yet signed for"),
    (
        "a day of one's own on the web",
        "channel web, a day before today is given",
        "register",
        "what comes over the net or by fax is received when both sides confirm: now",
    ),
    (
        "plain post of last week",
        "channel post_plain, the day on which the letter came is given",
        "register",
        "a letter that nobody signed for is received on the day of confirmation with the applicant: now",
    ),
    (
        "a later day at the counter",
        "channel counter, handed in on Monday, registered on Tuesday with Tuesday as its day",
        "register",
        "what is handed in is received on that day, whenever it is registered",
    ),
    # The one notice (art. 30) -------------------------------------------------------------------------------
    (
        "a second notice",
        "a supplement was asked for and came, within the first 7 working days; the state is reviewing",
        "ask_supplement",
        "one notice names all at once (一次性告知)",
    ),
    (
        "a notice on the 8th day",
        "received 2026-11-02, today is 2026-11-12, the state registered or reviewing",
        "ask_supplement",
        "within 7 working days of receipt; 2026-11-11 was the last",
    ),
    ("a notice of nothing", "what is missing is not written", "ask_supplement", "it names what to bring"),
    (
        "no time to bring it",
        "0 days are given for the supplement",
        "ask_supplement",
        "the notice names a reasonable period",
    ),
    ("a supplement of nothing", "no words and no file", "supplement", "nothing has been supplemented"),
    (
        "over on its last day",
        "today is the last day of the period",
        "supplement_over",
        "a period ends with its last day, at 24:00 (民法典 art. 203)",
    ),
    (
        "lapsed on its last day",
        "today is the last day of the period",
        "lapse",
        "the applicant has the whole of that day",
    ),
    # (open) The regulation asks for the absence of good reason, so that it is to be written down.
    ("lapsed without a word", "the note is empty", "lapse", "it says that no good reason was given"),
    # Others who have a say (arts. 32, 34). After a third party's silence, either reply is taken. ------------
    ("nobody is asked", "no parties", "consult", "there is nobody whose answer one could wait for"),
    ("a party without a name", "one of two parties has no name", "consult", "a letter has an addressee"),
    (
        "a party of no kind",
        "kind is not third_party or co_agency",
        "consult",
        "silence means different things",
    ),
    ("the same party twice", "two parties with the same name", "consult", "one letter to each"),
    ("the applicant as third party", "a party is the applicant", "consult", "who asks is no third party"),
    ("no question", "what the party is asked is empty", "consult", "they are asked in writing"),
    # (open) A second letter would exclude another 15 days.
    (
        "a party that was asked before",
        "the third party answered; the state is reviewing; the same is asked anew",
        "consult",
        "time is excluded once for each of them",
    ),
    (
        "after the limit",
        "today is 2026-12-01, no extension, the limit was missed",
        "consult",
        "no time is excluded from a limit that has passed",
    ),
    ("an answer of somebody else", "a party that was not asked", "record_opinion", "nobody asked them"),
    ("a second answer", "of two parties the first answers twice", "record_opinion", "theirs is recorded"),
    ("an answer that says nothing", "neither agrees nor objects", "record_opinion", "yes or no is needed"),
    ("an objection without reasons", "objects, no words", "record_opinion", "art. 32 weighs the reasons"),
    ("an answer from tomorrow", "its day lies after today", "record_opinion", "it has not come yet"),
    ("an answer before the question", "its day lies before the letter", "record_opinion", "nobody had asked"),
    (
        "over on the 15th day",
        "asked on 2026-11-02, today is 2026-11-23, no answer",
        "consultation_over",
        "15 working days after receipt of the letter end with the 15th",
    ),
    # Secrecy (art. 17, 保守国家秘密法) -------------------------------------------------------------------
    (
        "own work reviewed",
        "the secrecy reviewer is a disclosure officer too, and this request is theirs",
        "pass_secrecy",
        "who prepares what is given does not review it",
    ),
    ("a review without a basis", "secrecy_basis is empty", "pass_secrecy", "a review names what it rests on"),
    # Extension (art. 33) ------------------------------------------------------------------------------------
    ("21 days asked for", "extension_asked 21", "ask_extension", "at most 20 working days"),
    ("0 days asked for", "extension_asked 0 or below, or none", "ask_extension", "at least one day"),
    ("asked without a reason", "the note is empty", "ask_extension", "the head decides on reasons"),
    ("asked while undecided", "asked before, neither extended nor refused", "ask_extension", "one at a time"),
    ("asked a second time", "extended by 5 days before", "ask_extension", "once, however few days it was"),
    ("asked too late", "today is 2026-12-01", "ask_extension", "what has passed is not extended"),
    ("21 days", "21 days are asked for in the form of the head", "extend", "at most 20 working days"),
    ("0 days", "0 days", "extend", "at least one day"),
    ("a second extension", "extended by 5 days before, another 5", "extend", "once, however few days it was"),
    # (open) A supplement or payment starts the 20 days anew, but the request remains one, and so does its
    # extension: the regulation knows one for the answer.
    (
        "a second extension after a restart",
        "extended in registered, then a supplement was asked for and came",
        "extend",
        "once for a request",
    ),
    ("extended too late", "today is 2026-12-01", "extend", "what has passed is not extended"),
    ("extended without a reason", "the note is empty", "extend", "the applicant is told why"),
    # (open) The consent of the head is worth something only if it is another's.
    ("extended by who asked", "the officer who asked is also agency_head", "extend", "four eyes"),
    ("nothing to refuse", "nobody asked for an extension", "refuse_extension", "there is nothing to decide"),
    ("refused without a reason", "the note is empty", "refuse_extension", "who asked has to know"),
    # Fees (art. 42, 国办函〔2020〕109号) --------------------------------------------------------------------
    ("by neither", "fee_by is empty or unknown", "ask_fee", "the notice names by which way it is counted"),
    (
        "by number and by pages",
        "fee_by number with fee_pages given",
        "ask_fee",
        "one or the other, never both (109号 art. 3)",
    ),
    ("by pages, without them", "fee_by pages, fee_pages is empty", "ask_fee", "the sum is not known"),
    ("a fee for the tenth", "by number, the applicant's 10th request of the month", "ask_fee", "10 are free"),
    (
        "a fee for others' requests",
        "by number, the 11th request that the bureau received in the month, the applicant's first",
        "ask_fee",
        "those of the same applicant count",
    ),
    (
        "a fee for last month's requests",
        "by number, the applicant's 11th request, of which 10 were received on 2026-10-30",
        "ask_fee",
        "those of the same calendar month count",
    ),
    ("a fee for 30 pages", "by pages, fee_pages 30", "ask_fee", "30 are free"),
    # (open) What the answer will be is not written yet; public_item is the one sign of it.
    (
        "by pages for what is public",
        "public_item is set: the applicant will be told where it is",
        "ask_fee",
        "not by pages where the applicant is only told where to find it (109号 art. 5)",
    ),
    ("a second fee", "a fee was paid; the state is reviewing", "ask_fee", "one fee for a request"),
    (
        "a fee after the limit",
        "today is 2026-12-01, no extension",
        "ask_fee",
        "the notice is sent within the time for the answer (109号 art. 6)",
    ),
    ("paid on no day", "paid_on is empty", "record_payment", "the 20 days begin anew from there"),
    ("paid tomorrow", "paid_on lies after today", "record_payment", "not yet paid"),
    ("paid before it was asked", "paid_on lies before the notice", "record_payment", "nobody had asked"),
    (
        "paid too late",
        "asked on 2026-11-02, paid_on 2026-12-01, fee_over has not run yet",
        "record_payment",
        "who has not paid in 20 working days has given it up",
    ),
    (
        "over on the 20th day",
        "asked on 2026-11-02, today is 2026-11-30",
        "fee_over",
        "a period ends with its last day",
    ),
    # The reply (art. 36 to 39, 41) --------------------------------------------------------------------------
    ("a reply of no type", "reply_type is empty or unknown", "reply", "each type has its own paper and cell"),
    ("a reply without words", "reply_text is empty", "reply", "it answers in writing"),
    (
        "lapsed by reply",
        "reply_type supplement_lapsed or fee_lapsed",
        "reply",
        "these follow from lapse and fee_over; there is no answer to what was given up",
    ),
    (
        "a refusal without grounds",
        "reply_type state_secret, other_law, three_securities, third_party, internal, deliberative, "
        "enforcement_file or administrative_query, reply_grounds is empty",
        "reply",
        "refused with reasons (art. 36 no. 3, 7); one test for each",
    ),
    (
        "not held, not handled, without grounds",
        "reply_type not_held, needs_making, still_unclear, petition, duplicate, publication, confirm_again "
        "or other, reply_grounds is empty",
        "reply",
        "whoever does not get what they want learns why; one test for each",
    ),
    (
        "given without secrecy review",
        "reply_type provided, nobody passed it",
        "reply",
        "what is made public is reviewed first (art. 17)",
    ),
    ("partly given without secrecy review", "reply_type partly, nobody passed it", "reply", "art. 17"),
    (
        "partly, nothing withheld",
        "reply_type partly, withheld_grounds is empty",
        "reply",
        "of what is withheld the reason is said (art. 37)",
    ),
    (
        "given, something withheld",
        "reply_type provided, withheld_grounds internal",
        "reply",
        "that is partly, and counts in (二) alone",
    ),
    (
        "public, but where?",
        "reply_type already_public, public_item is not set, and reply_grounds, which could name another "
        "place, is empty",
        "reply",
        "the way to it is told (art. 36 no. 1)",
    ),
    # Art. 36 no. 5 asks for it where it can be known; who cannot know writes so in its place.
    (
        "another agency, but which?",
        "reply_type not_this_agency, competent_agency is empty",
        "reply",
        "art. 36",
    ),
    ("a duplicate of nothing", "reply_type duplicate, earlier is not set", "reply", "it names the first one"),
    (
        "a duplicate of itself",
        "reply_type duplicate, earlier is this request",
        "reply",
        "one is no repetition",
    ),
    ("somebody else's duplicate", "earlier is of another applicant", "reply", "the same applicant's alone"),
    (
        "a duplicate without an answer",
        "earlier is of the same applicant and still in reviewing, or closed without a reply",
        "reply",
        "only what was answered need not be answered again (art. 36 no. 6)",
    ),
    (
        "a duplicate of a later one",
        "earlier was received after this one",
        "reply",
        "the later is the repetition",
    ),
    (
        "a third party that nobody asked",
        "reply_type third_party, no third party was consulted",
        "reply",
        "they are asked in writing first (art. 32): they might agree",
    ),
    (
        "given against an objection",
        "reply_type provided, the third party objected, and reply_grounds does not say why it is given",
        "reply",
        "only for the public interest, with reasons, of which the third party is told (art. 32)",
    ),
    # (open) With what the co-agency produced: art. 34 asks for opinions and does not bind; one who objected
    # is heard, and the reason for deciding otherwise is written.
    ("given against a co-agency", "a co-agency objected, reply_grounds is empty", "reply", "art. 34"),
    (
        "unclear without asking",
        "reply_type still_unclear, no supplement was asked for",
        "reply",
        "still unclear after the supplement (table 3, 三(四)3)",
    ),
    # (open) The design has no verb for asking: that the applicant was asked for reasons, and what was said,
    # is what reply_grounds must say, and only a person can judge it.
    ("excessive without asking", "reply_type excessive, reply_grounds is empty", "reply", "art. 35"),
    # Delivery -----------------------------------------------------------------------------------------------
    ("delivered tomorrow", "served_on lies after today", "deliver", "not yet delivered"),
    ("delivered before the reply", "served_on lies before replied_at", "deliver", "there was nothing yet"),
    ("delivered on no day", "served_on is empty", "deliver", "the time for remedies runs from there"),
    ("delivered in no way", "served_by is empty or unknown", "deliver", "how it reached them is proof"),
    ("delivered to nobody", "served_to is empty", "deliver", "who received it is proof"),
    # Besides ------------------------------------------------------------------------------------------------
    # (open) A citizen needs no reason; an officer says who told them, and how.
    (
        "withdrawn by hearsay",
        "an officer, the note is empty",
        "withdraw",
        "it is the applicant's to withdraw",
    ),
    ("pressed without a word", "the note is empty", "urge", "who is pressed has to know for what"),
]
