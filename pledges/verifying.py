"""Are the pledges still as signed, and where the ledger left them? Part of `manage.py verify_ledger`."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext as _

from pledges.actions import data_of, text_digest, values_of
from pledges.models import PledgeVersion
from portal.documents.actions import Tampered, document_bytes
from portal.documents.enclosed import NothingEnclosed, enclosed
from portal.ledger.faults import Fault

# The last that was recorded of each version, and of each of its steps, beside its row.
STATES_SQL = """
    SELECT v.pledge_id, v.number, coalesce(e.id, 0)
    FROM pledges_pledgeversion v
    LEFT JOIN documents_document d ON d.id = v.document_id
    LEFT JOIN LATERAL (
        SELECT id, data FROM ledger_event
        WHERE subject = 'pledge:' || v.pledge_id AND (data->>'version')::integer = v.number
        ORDER BY seq DESC LIMIT 1
    ) e ON true
    LEFT JOIN LATERAL (
        SELECT max(at) FILTER (WHERE verb = 'pledge_sign') AS signed_at,
               max(actor_id) FILTER (WHERE verb = 'pledge_sign') AS signer_id,
               max(at) FILTER (WHERE verb = 'pledge_publish') AS published_at,
               max(at) FILTER (WHERE verb IN ('pledge_withdraw', 'pledge_supersede')) AS ended_at,
               max(data->>'note') FILTER (WHERE verb = 'pledge_withdraw') AS reason,
               max(at) FILTER (WHERE verb IN ('pledge_write', 'pledge_change')) AS written_at,
               array_agg(DISTINCT actor_id) FILTER (WHERE verb IN ('pledge_write', 'pledge_change'))
                   AS writers
        FROM ledger_event
        WHERE subject = 'pledge:' || v.pledge_id AND (data->>'version')::integer = v.number
    ) s ON true
    LEFT JOIN LATERAL (
        SELECT verb, at, actor_id FROM ledger_event
        WHERE subject = 'pledge:' || v.pledge_id AND (data->>'version')::integer = v.number
          AND verb IN ('pledge_review', 'pledge_send_back')
        ORDER BY seq DESC LIMIT 1
    ) r ON true
    WHERE (e.data->>'state', e.data->>'document') IS DISTINCT FROM (v.state, d.number)
       OR (s.signed_at, s.signer_id, s.published_at, s.ended_at, s.written_at)
          IS DISTINCT FROM (v.signed_at, v.signer_id, v.published_at, v.ended_at, v.written_at)
       OR coalesce(s.reason, '') <> v.ended_reason
       OR s.writers IS DISTINCT FROM (SELECT array_agg(w ORDER BY w) FROM unnest(v.writers) w)
       OR (CASE WHEN r.verb = 'pledge_review' THEN r.at END,
           CASE WHEN r.verb = 'pledge_review' THEN r.actor_id END)
          IS DISTINCT FROM (v.reviewed_at, v.reviewed_by_id)
    ORDER BY v.pledge_id, v.number
"""
# Versions that were written and are there no more.
GONE_SQL = """
    SELECT split_part(e.subject, ':', 2), e.data->>'version', e.id
    FROM ledger_event e
    LEFT JOIN pledges_pledgeversion v ON 'pledge:' || v.pledge_id = e.subject
         AND v.number = (e.data->>'version')::integer
    WHERE e.verb = 'pledge_write' AND e.subject LIKE 'pledge:%' AND v.id IS NULL ORDER BY e.id
"""
# Answers of measures, on both sides.
RESULTS_SQL = """
    SELECT coalesce(r.subject, e.subject), coalesce(r.day, e.day), coalesce(e.id, 0)
    FROM (
        SELECT 'pledge-measured:' || v.pledge_id AS subject, v.number, c.position, r.first::text, r.day::text,
               r.part, r.whole, r.measured_at AS at
        FROM pledges_result r
        JOIN pledges_clause c ON c.id = r.clause_id
        JOIN pledges_pledgeversion v ON v.id = c.version_id
    ) r
    FULL JOIN (
        SELECT subject, (data->>'version')::integer AS number, (data->>'clause')::integer AS position,
               data->>'first' AS first, data->>'day' AS day, (data->>'part')::integer AS part,
               (data->>'whole')::integer AS whole, at, id
        FROM ledger_event WHERE verb = 'pledge_measured'
    ) e ON (e.subject, e.number, e.position, e.first, e.day, e.part, e.whole, e.at)
         = (r.subject, r.number, r.position, r.first, r.day, r.part, r.whole, r.at)
    WHERE e.subject IS NULL OR r.subject IS NULL
    ORDER BY 1, 2
"""
# What each version's last step recorded of its words.
TEXTS_SQL = """
    SELECT DISTINCT ON (subject, data->>'version') subject, (data->>'version')::integer, data->>'text'
    FROM ledger_event WHERE subject LIKE 'pledge:%' ORDER BY subject, data->>'version', seq DESC
"""
# What stands on a complaint, beside the last that was recorded of each part of it.
BREACHES_SQL = """
    SELECT c.number, coalesce(o.id, 0)
    FROM pledges_breach b
    JOIN cases_case c ON c.id = b.case_ptr_id
    JOIN pledges_clause k ON k.id = b.clause_id
    JOIN pledges_pledgeversion v ON v.id = k.version_id
    LEFT JOIN ledger_event o ON o.subject = 'case:' || c.number AND o.seq = 1
    LEFT JOIN LATERAL (
        SELECT verb, at, data FROM ledger_event
        WHERE subject = 'case:' || c.number AND verb IN ('uphold', 'reject') ORDER BY seq DESC LIMIT 1
    ) d ON true
    LEFT JOIN LATERAL (
        SELECT data->>'statement' AS said FROM ledger_event
        WHERE subject = 'case:' || c.number AND verb = 'explain' ORDER BY seq DESC LIMIT 1
    ) s ON true
    LEFT JOIN LATERAL (
        SELECT data->>'remedy' AS said FROM ledger_event
        WHERE subject = 'case:' || c.number AND verb = 'put_right' ORDER BY seq DESC LIMIT 1
    ) r ON true
    WHERE ((o.data->>'pledge')::bigint, (o.data->>'version')::integer, (o.data->>'clause')::integer,
           o.data->>'source')
          IS DISTINCT FROM (v.pledge_id, v.number::integer, k.position::integer, b.source)
       OR (d.verb = 'uphold', d.at) IS DISTINCT FROM (b.upheld, b.decided_at)
       OR (coalesce(d.data->>'finding', ''), (d.data->>'put_right_days')::integer,
           coalesce(s.said, ''), coalesce(r.said, ''))
          IS DISTINCT FROM (b.finding, b.put_right_days::integer, b.statement, b.remedy)
    ORDER BY c.number
"""
# A mark that does not follow from what was counted.
KEPT_SQL = """
    SELECT v.pledge_id, r.day
    FROM pledges_result r
    JOIN pledges_clause c ON c.id = r.clause_id
    JOIN pledges_pledgeversion v ON v.id = c.version_id
    WHERE r.kept IS DISTINCT FROM
          CASE WHEN r.whole > 0 THEN r.part::bigint * 100 >= c.measure_target * r.whole END
    ORDER BY r.id
"""


def check_pledges() -> Iterator[Fault]:
    """A fault for everything that is not as it was recorded, and for every text that is not as signed."""
    with connection.cursor() as cursor:
        cursor.execute(STATES_SQL)
        for pledge, number, place in cursor.fetchall():
            sentence = _("Version %(number)s of pledge %(pledge)s is not as the ledger recorded it.")
            words = {"number": number, "pledge": pledge}
            yield Fault("pledge", f"pledge:{pledge}", None, sentence % words, place)
        cursor.execute(GONE_SQL)
        for pledge, number, place in cursor.fetchall():
            sentence = _("Version %(number)s of pledge %(pledge)s was written, and is gone.")
            words = {"number": number, "pledge": pledge}
            yield Fault("pledge", f"pledge:{pledge}", None, sentence % words, place)
        cursor.execute(RESULTS_SQL)
        for subject, day, place in cursor.fetchall():
            sentence = _("What a measure answered for %(day)s is not as the ledger recorded it.")
            yield Fault("pledge", subject, None, sentence % {"day": day}, place)
        cursor.execute(KEPT_SQL)
        for pledge, day in cursor.fetchall():
            sentence = _("What a measure answered for %(day)s is not as the ledger recorded it.")
            yield Fault("pledge", f"pledge-measured:{pledge}", None, sentence % {"day": day})
        cursor.execute(BREACHES_SQL)
        for case, place in cursor.fetchall():
            sentence = _("Complaint %(number)s is not as the ledger recorded it.")
            yield Fault("pledge", f"case:{case}", None, sentence % {"number": case}, place)
    versions = PledgeVersion.objects.select_related("pledge__unit", "document").prefetch_related("clauses")
    recorded = _texts()
    for version in versions.order_by("pk").iterator(chunk_size=200):
        words = {"number": version.number, "pledge": version.pledge_id}
        if recorded.get((version.pledge.subject, version.number)) != text_digest(version):
            sentence = _(
                "The text of version %(number)s of pledge %(pledge)s is not the one that was recorded."
            )
            yield Fault("pledge", version.pledge.subject, None, sentence % words)
        if version.document_id is not None and not _is_as_signed(version):
            sentence = _(
                "The text of version %(number)s of pledge %(pledge)s is not the one that was signed."
            )
            yield Fault("pledge", version.pledge.subject, None, sentence % words)


def _texts() -> dict[tuple[str, int], str]:
    """The hash of each version's words as its last step recorded them."""
    with connection.cursor() as cursor:
        cursor.execute(TEXTS_SQL)
        return {(subject, number): text for subject, number, text in cursor.fetchall()}


def _is_as_signed(version: PledgeVersion) -> bool:
    """Whether the rows say what the signed file says; a unit may have been renamed since."""
    assert version.document is not None
    try:
        signed = enclosed(document_bytes(version.document))
    except Tampered:
        # The documents' own check names a file that is gone or was changed.
        return True
    except NothingEnclosed:
        return False
    told = {**values_of(version), "title": version.title}
    # What a measure is called may be said better in a later release; which it is, is in the data.
    told["clauses"] = [each["text"] for each in told["clauses"]]
    signed["clauses"] = [each["text"] for each in signed.get("clauses", ())]
    told.pop("unit")
    return signed.get("data") == data_of(version) and all(
        signed.get(name) == value for name, value in told.items()
    )
