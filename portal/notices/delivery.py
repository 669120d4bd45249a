"""Send what waits in the outbox. At least once: a row is noted as delivered after it was handed over.

One row a transaction: the row is claimed with SKIP LOCKED, sent while it is held, and noted. Several workers
never take the same row; a worker that is killed leaves its row waiting, and the next one sends it again
with the same key, by which the receiving side knows it. More than that no outbox can promise, as the mail
server and the database cannot commit together.
"""

from __future__ import annotations

import hashlib
import logging
import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _

from portal.cases.actions import lock
from portal.cases.workflow import NotAllowed, Refused
from portal.ledger.actions import record
from portal.notices import sms
from portal.notices.hours import is_sendable, sendable_from
from portal.notices.models import Notice
from portal.organisation.actors import Actor, Role

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
# A server that refuses so many in a row is asked again at the next wake-up, not with the whole queue now.
REFUSALS_IN_A_ROW = 5
MAY_RETRY = (Role.SUPERVISOR, Role.ADMINISTRATOR)


@dataclass(slots=True)
class Delivered:
    """What one call did: sent, put off for another try, given up."""

    sent: int = 0
    put_off: int = 0
    failed: int = 0


def deliver(*, at: datetime, limit: int = 500) -> Delivered:
    """Send at most `limit` notices that are waiting at `at`; nothing outside of 08:30 to 20:30.

    Safe to run late, twice or by several workers at once.
    """
    result = Delivered()
    refusals = 0
    if not is_sendable(at):
        return result
    for _number in range(limit):
        with transaction.atomic():
            row = Notice.objects.waiting(at).select_for_update(skip_locked=True, of=("self",)).first()
            if row is None:
                break
            before = result.sent
            _try(row, at=at, result=result)
        refusals = 0 if result.sent > before else refusals + 1
        if refusals == REFUSALS_IN_A_ROW:
            break
    return result


def _try(row: Notice, *, at: datetime, result: Delivered) -> None:
    row.attempts += 1
    try:
        send(row)
    except Exception as error:
        row.error = without_personal_data(error)
        logger.warning("notice %s could not be delivered (attempt %d): %s", row.pk, row.attempts, row.error)
        if row.attempts >= MOST_ATTEMPTS:
            row.state, row.next_attempt_at = Notice.State.FAILED, None
            result.failed += 1
        else:
            row.next_attempt_at = sendable_from(at + wait_after(row.attempts))
            result.put_off += 1
    else:
        row.state, row.next_attempt_at, row.delivered_at = Notice.State.DELIVERED, None, at
        row.error = ""
        result.sent += 1
    row.save(update_fields=["state", "attempts", "next_attempt_at", "delivered_at", "error"])


def wait_after(attempts: int) -> timedelta:
    """How long to wait after that many attempts: 1, 4, 16 minutes … up to half a day; a day in all."""
    return timedelta(minutes=min(4 ** (attempts - 1), 720))


def send(row: Notice) -> None:
    """Hand a notice to the server of its channel; raises what the server's client raises."""
    if row.channel == Notice.Channel.SMS:
        # The sender's name in front is what the carriers ask of every message (【签名】).
        text = f"【{settings.BUREAU['name']}】{''.join(row.body.split(chr(10)))}"
        sms.backend().send(key=row.key, phone=row.address, text=text)
        return
    EmailMessage(
        subject=row.subject,
        body=row.body,
        to=[row.address],
        headers={"Message-ID": message_id(row.key), "Auto-Submitted": "auto-generated"},
    ).send()


def message_id(key: str) -> str:
    """The same for the same key, so that mail servers and readers know a repeated message."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{settings.BUREAU['domain']}>"


def without_personal_data(error: Exception) -> str:
    """What went wrong, in as much as names nobody: servers repeat the address in their answers."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    if isinstance(error, OSError) and error.errno is not None:
        return f"{type(error).__name__} {error.errno}"
    return type(error).__name__


def check_may_retry(actor: Actor) -> None:
    """Raises NotAllowed unless the actor may send failed notices again."""
    if not actor.has_role(*MAY_RETRY):
        raise NotAllowed(_("Only supervisors and administrators may send a notice again."))


@transaction.atomic
def retry(row: Notice, *, actor: Actor, at: datetime) -> Notice:
    """Queue a failed notice anew, with all its attempts; Refused when somebody else did, or NotAllowed."""
    check_may_retry(actor)
    if row.case is not None:
        lock(row.case)
    locked = Notice.objects.select_for_update().get(pk=row.pk)
    if locked.state != Notice.State.FAILED:
        raise Refused(_("This notice has been queued again already."))
    locked.state, locked.attempts, locked.error = Notice.State.QUEUED, 0, ""
    locked.next_attempt_at = sendable_from(at)
    locked.save(update_fields=["state", "attempts", "error", "next_attempt_at"])
    subject = row.case.subject if row.case else f"notice:{row.pk}"
    record(subject, "notice_retried", at=at, actor=actor, data={"notice": row.key})
    return locked
