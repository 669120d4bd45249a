"""Events, the end of each chain, and the daily seals. Written by `portal.ledger.actions` alone.

The triggers keep honest hands from mistakes; hashes, keys and seals find the others (docs/ledger.md).
"""

from __future__ import annotations

from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.ledger import chain

SUBJECT_LENGTH = 120


def append_only(name: str) -> pgtrigger.Trigger:
    """Refuses every statement that changes or removes rows, even one that would find none."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
        func="RAISE EXCEPTION 'append-only: % of % is refused', TG_OP, TG_TABLE_NAME;",
    )


class EventQuerySet(models.QuerySet["Event"]):
    def of(self, subject: str) -> Self:
        """The events of one subject, in order."""
        return self.filter(subject=subject).order_by("seq")


class Event(models.Model):
    """Something that happened to a subject: who did what and when, chained to the event before it.

    No foreign keys: an event stays as it was written, whatever becomes of the rows it speaks of. `at` is when
    it happened, `id` the order in which it was written; a late sweep writes later what happened earlier.
    """

    # In the order of bytes, so that Python sorts subjects, and takes their locks, as the database does.
    subject = models.CharField(_("subject"), max_length=SUBJECT_LENGTH, db_collation="C")
    seq = models.PositiveIntegerField(_("number"))
    verb = models.CharField(_("what happened"), max_length=60)
    at = models.DateTimeField(_("when"))
    actor_id = models.BigIntegerField(_("staff number"), null=True)
    actor_name = models.CharField(_("who"), max_length=150)
    actor_role = models.CharField(_("as"), max_length=30, blank=True)
    data = models.JSONField(_("details"), default=dict)
    actor_hash = models.CharField(_("hash of who acted"), max_length=64)
    data_hash = models.CharField(_("hash of the data"), max_length=64)
    previous = models.CharField(_("hash of the event before"), max_length=64)
    hash = models.CharField(_("hash"), max_length=64)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        # By the unique index, so that the last event of a subject costs one look-up in any ledger.
        ordering = ["subject", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["subject", "seq"], name="event_one_a_place"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="event_counts_from_one"),
        ]
        triggers = [append_only("event_append_only")]

    def __str__(self) -> str:
        return f"{self.subject} {self.seq} {self.verb}"

    def expected(self) -> chain.Hashes:
        """The hashes that an event with these fields has when the portal wrote it."""
        return chain.hashes(
            subject=self.subject,
            seq=self.seq,
            verb=self.verb,
            at=self.at,
            role=self.actor_role,
            previous=self.previous,
            actor_id=self.actor_id,
            actor_name=self.actor_name,
            data=self.data,
        )

    @property
    def is_ours(self) -> bool:
        """Whether the portal, which alone has the key, wrote the event as it stands."""
        return self.expected() == chain.Hashes(self.actor_hash, self.data_hash, self.hash)

    def header(self) -> dict[str, Any]:
        """The public part, of which the event's hash is taken."""
        return chain.header(
            subject=self.subject,
            seq=self.seq,
            verb=self.verb,
            at=self.at,
            role=self.actor_role,
            previous=self.previous,
            actor_hash=self.actor_hash,
            data_hash=self.data_hash,
        )


class Head(models.Model):
    """Where the chain of a subject ends: what a writer locks, and what finds a tail that was cut off."""

    subject = models.CharField(_("subject"), max_length=SUBJECT_LENGTH, primary_key=True, db_collation="C")
    seq = models.PositiveIntegerField(_("events"))
    hash = models.CharField(_("hash of the last event"), max_length=64)
    mac = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("end of a chain")
        verbose_name_plural = _("ends of chains")
        ordering = ["subject"]
        triggers = [
            pgtrigger.Trigger(
                name="head_stays",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Delete | pgtrigger.Truncate,
                func="RAISE EXCEPTION 'append-only: % of % is refused', TG_OP, TG_TABLE_NAME;",
            ),
            pgtrigger.Protect(
                name="head_moves_forward",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__seq__lte=pgtrigger.F("old__seq"))
                | ~pgtrigger.Q(new__subject=pgtrigger.F("old__subject")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.seq}"

    @property
    def is_ours(self) -> bool:
        return chain.head_is_ours(self.subject, self.seq, self.hash, self.mac)


class SealQuerySet(models.QuerySet["Seal"]):
    def headers(self) -> Self:
        """Without the leaves, which are as long as the day was busy."""
        return self.defer("leaves")


class Seal(models.Model):
    """The bureau's signature over all events of a day, and over the seal before it."""

    number = models.PositiveIntegerField(_("number"), primary_key=True)
    day = models.DateField(_("day"), unique=True)
    at = models.DateTimeField(_("sealed"))
    first_event_id = models.BigIntegerField(_("first event"), null=True)
    last_event_id = models.BigIntegerField(
        _("last event"), help_text=_("On a day without events, the last one that was sealed before.")
    )
    count = models.PositiveIntegerField(_("events"))
    root = models.CharField(_("root"), max_length=64)
    previous = models.CharField(_("hash of the seal before"), max_length=64)
    leaves = models.BinaryField()
    hash = models.CharField(_("hash"), max_length=64)
    signature = models.CharField(_("signature"), max_length=128)

    objects = SealQuerySet.as_manager()

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="seal_counts_from_one"),
            models.CheckConstraint(
                condition=Q(count=0, first_event_id=None)
                | Q(count__gte=1, first_event_id__lte=F("last_event_id")),
                name="seal_of_a_busy_day_has_a_first_event",
            ),
        ]
        triggers = [append_only("seal_append_only")]

    def __str__(self) -> str:
        return f"{self.number} ({self.day})"

    def header(self) -> dict[str, Any]:
        """What is hashed and signed."""
        return {
            "number": self.number,
            "day": self.day.isoformat(),
            "at": chain.stamp(self.at),
            "first": self.first_event_id,
            "last": self.last_event_id,
            "count": self.count,
            "root": self.root,
            "previous": self.previous,
        }

    def public(self) -> dict[str, Any]:
        """The seal as it is published, in the list and in receipts."""
        return {**self.header(), "hash": self.hash, "signature": self.signature}
