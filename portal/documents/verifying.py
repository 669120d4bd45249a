"""Are the documents still what the ledger says was signed? Part of `manage.py verify_ledger`."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext as _

from portal.documents.actions import Tampered, document_bytes
from portal.documents.models import Document
from portal.ledger.faults import Fault

# What a row says now beside what was recorded of it; the last of the ends counts, and of the suspensions.
TOLD_SQL = """
    SELECT d.number, 'document:' || d.check_code, coalesce(e.id, 0)
    FROM documents_document d
    LEFT JOIN ledger_event e ON e.subject = 'document:' || d.check_code AND e.verb = 'document_issued'
    LEFT JOIN LATERAL (
        SELECT verb, at, data FROM ledger_event
        WHERE subject = 'document:' || d.check_code AND verb IN ('document_revoked', 'document_superseded')
        ORDER BY seq DESC LIMIT 1
    ) l ON true
    LEFT JOIN LATERAL (
        SELECT verb, at, data FROM ledger_event
        WHERE subject = 'document:' || d.check_code AND verb IN ('document_suspended', 'document_reinstated')
        ORDER BY seq DESC LIMIT 1
    ) s ON s.verb = 'document_suspended'
    LEFT JOIN cases_case c ON c.id = d.case_id
    LEFT JOIN documents_document r ON r.id = d.replaced_by_id
    WHERE e.id IS NULL
       OR (e.data->>'document', e.data->>'sha256', e.data->>'kind', e.data->>'case', e.data->>'valid_from',
           e.data->>'valid_until', e.data->>'signer', e.data->>'serial',
           (e.data->>'public')::boolean OR EXISTS (
               SELECT 1 FROM ledger_event p
               WHERE p.subject = e.subject AND p.verb = 'document_published'
           ), e.at, e.actor_id)
          IS DISTINCT FROM
          (d.number, d.sha256, d.kind, c.number, d.valid_from::text, d.valid_until::text, d.signer, d.serial,
           d.is_public, d.made_at, d.made_by_id)
       OR (coalesce(replace(l.verb, 'document_', ''), ''), l.at,
           coalesce(l.data->>'reason', ''), l.data->>'by')
          IS DISTINCT FROM (d.ended, d.ended_at, d.ended_reason, r.number)
       OR (s.at, coalesce(s.data->>'reason', ''))
          IS DISTINCT FROM (d.suspended_at, d.suspended_reason)
    ORDER BY d.id
"""
GONE_SQL = """
    SELECT e.data->>'document', e.subject, e.id FROM ledger_event e
    LEFT JOIN documents_document d ON 'document:' || d.check_code = e.subject
    WHERE e.verb = 'document_issued' AND e.subject LIKE 'document:%' AND d.id IS NULL ORDER BY e.id
"""


def check_documents() -> Iterator[Fault]:
    """A fault for every document whose row, or whose bytes in storage, are not what was recorded."""
    with connection.cursor() as cursor:
        cursor.execute(TOLD_SQL)
        for number, subject, place in cursor.fetchall():
            sentence = _("Document %(number)s is not as the ledger recorded it.") % {"number": number}
            yield Fault("document", subject, None, sentence, place)
        cursor.execute(GONE_SQL)
        for number, subject, place in cursor.fetchall():
            sentence = _("Document %(number)s was issued, and is gone.") % {"number": number}
            yield Fault("document", subject, None, sentence, place)
    for document in Document.objects.order_by("pk").iterator(chunk_size=500):
        try:
            document_bytes(document)
        except Tampered:
            sentence = _("The file of document %(number)s is gone, or is not the one that was signed.")
            yield Fault("document", document.subject, None, sentence % {"number": document.number})
