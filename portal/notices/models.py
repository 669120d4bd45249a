"""The outbox: what people are told is a row, written in the transaction of what it tells of."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.organisation.actors import Role

NO_STAFF, NO_UNIT, NO_ROLE = Q(staff=None), Q(unit=None), Q(role=None)
ONE_INBOX = (
    (~NO_STAFF & NO_UNIT & NO_ROLE) | (NO_STAFF & ~NO_UNIT & NO_ROLE) | (NO_STAFF & NO_UNIT & ~NO_ROLE)
)


class NoticeQuerySet(models.QuerySet["Notice"]):
    def waiting(self, at: datetime) -> NoticeQuerySet:
        """What is to be sent by `at`, longest waiting first."""
        return self.filter(state=Notice.State.QUEUED, next_attempt_at__lte=at).order_by(
            "next_attempt_at", "id"
        )

    def failed(self) -> NoticeQuerySet:
        return self.filter(state=Notice.State.FAILED)

    def unread(self) -> NoticeQuerySet:
        return self.filter(read_at=None)


class Notice(models.Model):
    """One thing that one reader is told, once.

    `key` names the occasion and the reader ("case:<number>:<verb>:<version>:<audience>",
    "deadline:<id>:<stage>:<moment>"): the database refuses a second row of it, and whoever sends it hands it
    on, so that a message sent twice can be known for the same one.

    A notice is for one inbox of the portal (a member of staff, a unit, or everyone with a role), or for an
    address outside. One that goes to a member of staff by e-mail shows in that person's inbox as well.
    """

    class Channel(models.TextChoices):
        PORTAL = "portal", _("in the portal")
        EMAIL = "email", _("e-mail")
        SMS = "sms", _("text message")

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("could not be delivered")

    key = models.CharField(_("key"), max_length=120, unique=True)
    case = models.ForeignKey(
        "cases.Case", on_delete=models.PROTECT, null=True, related_name="notices", verbose_name=_("case")
    )
    channel = models.CharField(_("channel"), max_length=6, choices=Channel)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="notices",
        db_index=False,
        verbose_name=_("member of staff"),
    )
    unit = models.ForeignKey(
        "organisation.Unit",
        on_delete=models.PROTECT,
        null=True,
        related_name="notices",
        db_index=False,
        verbose_name=_("unit"),
    )
    role = models.CharField(
        _("role"), max_length=30, null=True, choices=[(role.value, role.label) for role in Role]
    )
    address = models.CharField(_("address"), max_length=254, blank=True, default="")
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    queued_at = models.DateTimeField(_("written"))
    deliver_after = models.DateTimeField(_("not to be delivered before"))
    state = models.CharField(_("state"), max_length=9, choices=State)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    error = models.CharField(
        _("error"), max_length=200, blank=True, default="", help_text=_("Without any personal data.")
    )
    read_at = models.DateTimeField(_("read"), null=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("read by"),
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.CheckConstraint(
                condition=(Q(channel="portal", address="") & ONE_INBOX)
                | (Q(channel__in=["email", "sms"]) & ~Q(address="") & NO_UNIT & NO_ROLE),
                name="a_notice_has_one_reader",
            ),
            models.CheckConstraint(
                condition=Q(state="queued", next_attempt_at__isnull=False, delivered_at=None)
                | Q(state="delivered", next_attempt_at=None, delivered_at__isnull=False)
                | Q(state="failed", next_attempt_at=None, delivered_at=None),
                name="only_a_queued_notice_is_tried_again",
            ),
            models.CheckConstraint(
                condition=~Q(channel="portal") | Q(state="delivered"),
                name="a_notice_in_the_portal_is_there_at_once",
            ),
            models.CheckConstraint(
                condition=Q(deliver_after__gte=F("queued_at")), name="a_notice_is_written_before_it_goes"
            ),
            models.CheckConstraint(
                condition=Q(read_at=None, read_by=None) | Q(read_at__isnull=False, read_by__isnull=False),
                name="a_read_notice_says_who_read_it",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"], condition=Q(state="queued"), name="notice_waiting"
            ),
            models.Index(fields=["-queued_at", "-id"], condition=Q(state="failed"), name="notice_failed"),
            # Each inbox is its own index, so that a row for a citizen is in none of them.
            models.Index(
                fields=["staff", "-queued_at", "-id"], condition=~NO_STAFF, name="notice_inbox_staff"
            ),
            models.Index(fields=["unit", "-queued_at", "-id"], condition=~NO_UNIT, name="notice_inbox_unit"),
            models.Index(fields=["role", "-queued_at", "-id"], condition=~NO_ROLE, name="notice_inbox_role"),
            models.Index(
                fields=["staff", "-queued_at", "-id"],
                condition=~NO_STAFF & Q(read_at=None),
                name="notice_unread_staff",
            ),
            models.Index(
                fields=["unit", "-queued_at", "-id"],
                condition=~NO_UNIT & Q(read_at=None),
                name="notice_unread_unit",
            ),
            models.Index(
                fields=["role", "-queued_at", "-id"],
                condition=~NO_ROLE & Q(read_at=None),
                name="notice_unread_role",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def is_unread(self) -> bool:
        return self.read_at is None
