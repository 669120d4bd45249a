"""Are the cases still what the ledger says they are? Part of `manage.py verify_ledger`.

The ledger's own checks find an altered event. These find a row that was altered beside it: a state that no
transition led to, a missed limit whose mark was rubbed out, a due date that does not follow from its rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from portal.cases import kinds
from portal.cases.replanning import DERIVED_SQL, by_hand
from portal.cases.terms import moments
from portal.ledger.faults import Fault
from portal.workdays.current import current_calendar

STATES_SQL = """
    SELECT c.number, c.state, e.state, coalesce(e.id, 0)
    FROM cases_case c
    LEFT JOIN LATERAL (
        SELECT id, data->>'state' AS state FROM ledger_event
        WHERE subject = 'case:' || c.number AND verb = ANY(%s) ORDER BY seq DESC LIMIT 1
    ) e ON true
    WHERE e.state IS DISTINCT FROM c.state
    ORDER BY c.id
"""

# Cases that were opened and are there no more, with all their rows.
GONE_SQL = """
    SELECT e.subject, e.id
    FROM ledger_event e
    LEFT JOIN cases_case c ON 'case:' || c.number = e.subject
    WHERE e.seq = 1 AND e.verb = ANY(%s) AND e.subject LIKE 'case:%%' AND c.id IS NULL
    ORDER BY e.id
"""

# Stages, on both sides: a mark without its event was forged, a breach without its mark rubbed out. A warning
# may stand in the ledger alone: a limit that was extended warns once more, at another moment.
STAGES_SQL = """
    SELECT coalesce(d.subject, e.subject), coalesce(d.term, e.term), coalesce(d.verb, e.verb),
           coalesce(d.at, e.at), d.subject IS NULL, coalesce(e.id, 0)
    FROM (
        SELECT 'case:' || c.number AS subject, d.term, s.verb, s.at
        FROM cases_deadline d
        JOIN cases_case c ON c.id = d.case_id,
        LATERAL (VALUES ('limit_warned', d.warned_at), ('limit_missed', d.breached_at)) s (verb, at)
        WHERE s.at IS NOT NULL
    ) d
    FULL JOIN (
        SELECT subject, data->>'term' AS term, verb, at, id FROM ledger_event
        WHERE verb IN ('limit_warned', 'limit_missed')
    ) e ON (e.subject, e.term, e.verb, e.at) = (d.subject, d.term, d.verb, d.at)
    WHERE e.subject IS NULL OR (d.subject IS NULL AND e.verb = 'limit_missed')
    ORDER BY 6, 1
"""

DUE_SQL = f"""
    SELECT c.number, d.term, d.due_at, n.due_at
    FROM ({DERIVED_SQL}) n
    JOIN cases_deadline d ON d.id = n.id
    JOIN cases_case c ON c.id = d.case_id
    WHERE d.due_at IS DISTINCT FROM n.due_at
    ORDER BY d.id
"""  # noqa: S608 - both parts are constants

# An alarm that is switched off silences a clock; one that failed is put off, and has a row that says so.
ALARM_SQL = """
    SELECT c.number, d.term
    FROM cases_deadline d
    JOIN cases_case c ON c.id = d.case_id
    WHERE d.stopped_at IS NULL AND d.breached_at IS NULL AND d.due_at IS NOT NULL
      AND d.wake_at IS DISTINCT FROM CASE WHEN d.warned_at IS NULL AND d.warn_at IS NOT NULL
                                          THEN least(d.warn_at, d.due_at) ELSE d.due_at END
      AND NOT EXISTS (SELECT FROM cases_sweepfailure f WHERE f.case_id = c.id)
    ORDER BY d.id
"""


def opening_verbs() -> list[str]:
    return sorted({kind.workflow.opening.name for kind in kinds.every()})


def moving_verbs() -> list[str]:
    """The events that lead a case to a state; others on the same subject (a card's, say) do not."""
    return sorted({*opening_verbs(), *(name for kind in kinds.every() for name in kind.workflow.transitions)})


def check_cases() -> Iterator[Fault]:
    """A fault for every case, stage or due date that ledger and rules do not bear out, or that is gone."""
    with connection.cursor() as cursor:
        cursor.execute(STATES_SQL, [moving_verbs()])
        for number, state, told, place in cursor.fetchall():
            sentence = _("Case %(number)s is in the state “%(state)s”, but the ledger left it in “%(told)s”.")
            words = {"number": number, "state": state, "told": told or "–"}
            yield Fault("case", f"case:{number}", None, sentence % words, place)
        cursor.execute(GONE_SQL, [opening_verbs()])
        for subject, place in cursor.fetchall():
            sentence = _("Case %(number)s was opened, and is gone.")
            words = {"number": subject.removeprefix("case:")}
            yield Fault("case", subject, None, sentence % words, place)
        cursor.execute(STAGES_SQL)
        for subject, term, verb, at, rubbed_out, place in cursor.fetchall():
            if rubbed_out:
                sentence = _("%(subject)s: the mark of %(verb)s (%(term)s, %(at)s) was removed.")
            else:
                sentence = _("%(subject)s: the ledger knows nothing of %(verb)s (%(term)s, %(at)s).")
            words = {"subject": subject, "term": term, "verb": verb, "at": at.isoformat()}
            yield Fault("case", subject, None, sentence % words, place)
        cursor.execute(DUE_SQL)
        for number, term, stored, derived in cursor.fetchall():
            yield _wrong_due(number, term, stored, derived)
        for deadline in by_hand():
            derived = moments(deadline.run(), current_calendar(), warn=deadline.warn).due_at
            if derived != deadline.due_at:
                yield _wrong_due(deadline.case.number, deadline.term, deadline.due_at, derived)
        cursor.execute(ALARM_SQL)
        for number, term in cursor.fetchall():
            sentence = _("Case %(number)s: the alarm of the limit %(term)s was moved or switched off.")
            yield Fault("case", f"case:{number}", None, sentence % {"number": number, "term": term})


def _wrong_due(number: str, term: str, stored: datetime | None, derived: datetime | None) -> Fault:
    sentence = _("Case %(number)s: the limit %(term)s is due %(stored)s, its rows give %(derived)s.")
    words = {"number": number, "term": term, "stored": stored or "–", "derived": derived or "–"}
    return Fault("case", f"case:{number}", None, sentence % words)
