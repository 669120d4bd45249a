"""Documents that were issued: what was signed, by whom, and whether it still holds."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.cases.models import Case
from portal.documents import kinds
from portal.documents.values import LAYOUTS
from portal.organisation.actors import Actor

# Without 0, 1, I, L and O, which are confused on paper; 31^10 are 8 × 10^14 codes.
CHECK_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CHECK_CODE_LENGTH = 10
# Of an ending or a suspension, in characters.
LONGEST_REASON = 500


def new_check_code() -> str:
    """Ten letters and figures that nobody can guess; they stand on the document and lead to its check."""
    return "".join(secrets.choice(CHECK_CODE_LETTERS) for _position in range(CHECK_CODE_LENGTH))


def shown_code(code: str) -> str:
    """As it is printed: in two groups of five."""
    return f"{code[:5]}-{code[5:]}"


def document_path(document: Document, name: str) -> str:
    """By the content's own hash, so that neither a person nor a matter shows in the path."""
    return f"documents/{document.sha256[:2]}/{name}"


class Standing(models.TextChoices):
    """Whether a document holds on a day."""

    IN_FORCE = "in_force", _("in force")
    UNPUBLISHED = "unpublished", _("signed, not yet published")
    NOT_YET = "not_yet", _("not yet in force")
    EXPIRED = "expired", _("expired")
    SUSPENDED = "suspended", _("suspended")
    REVOKED = "revoked", _("revoked")
    SUPERSEDED = "superseded", _("superseded")


class Ended(models.TextChoices):
    """How a document ceased to hold before its time."""

    REVOKED = "revoked", _("revoked")
    SUPERSEDED = "superseded", _("superseded")


def is_held_back() -> Q:
    """What was signed to be published later, and was not, whatever became of it since."""
    return Q(kind__in=kinds.held_back(), is_public=False)


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, actor: Actor) -> Self:
        """What this actor may read: public ones, own ones, those of a kind by role, and those of own cases.

        A document of a case is read by whoever may see the case, but for kinds that only some of them read.
        """
        if not actor.is_staff:
            return self.filter(is_public=True)
        seen = [kind.code for kind in kinds.every() if actor.has_role(*kind.seen_by)]
        cases = Case.objects.visible_to(actor).values("pk")
        return self.filter(
            Q(is_public=True)
            | Q(kind__in=seen, case=None)
            # Who made one under a rule of its app does not learn by it whom it names.
            | ((Q(made_by_id=actor.id) | Q(case__in=cases)) & ~Q(kind__in=kinds.closed_to(actor)))
        )


class Document(models.Model):
    """A document as it was issued: its bytes never change, whatever becomes of it. `actions` alone writes.

    `sha256` is of the signed file, which the ledger keeps as well; `layout_digest` of what it was set with.
    """

    number = models.CharField(_("document number"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=40)
    check_code = models.CharField(_("check code"), max_length=CHECK_CODE_LENGTH, unique=True)
    title = models.CharField(_("title"), max_length=200)
    case = models.ForeignKey(
        Case, on_delete=models.PROTECT, null=True, related_name="documents", verbose_name=_("case")
    )
    layout = models.CharField(_("layout"), max_length=40)
    layout_version = models.CharField(_("version of the layout"), max_length=20)
    layout_digest = models.CharField(_("hash of the layout"), max_length=64)
    sha256 = models.CharField(_("hash"), max_length=64, unique=True)
    size = models.PositiveIntegerField(_("bytes"))
    file = models.FileField(_("file"), upload_to=document_path, max_length=200)
    made_at = models.DateTimeField(_("issued"))
    made_by_id = models.BigIntegerField(_("staff number"), null=True)
    made_by_name = models.CharField(_("issued by"), max_length=150)
    signer = models.CharField(_("signed as"), max_length=200)
    serial = models.CharField(_("certificate"), max_length=60)
    signed_at = models.DateTimeField(_("signed"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True)
    ended = models.CharField(_("how it ended"), max_length=10, choices=Ended, blank=True, default="")
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended_reason = models.CharField(_("why it ended"), max_length=LONGEST_REASON, blank=True, default="")
    replaced_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="replaces",
        verbose_name=_("replaced by"),
    )
    suspended_at = models.DateTimeField(_("suspended"), null=True)
    suspended_reason = models.CharField(
        _("why it is suspended"), max_length=LONGEST_REASON, blank=True, default=""
    )
    is_public = models.BooleanField(_("public"), default=False)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended="", ended_at=None, ended_reason="", replaced_by=None)
                | (Q(ended="revoked", ended_at__isnull=False, replaced_by=None) & ~Q(ended_reason=""))
                | Q(ended="superseded", ended_at__isnull=False, replaced_by__isnull=False),
                name="a_document_that_ended_says_how",
            ),
            models.CheckConstraint(
                condition=Q(suspended_at=None, suspended_reason="")
                | (Q(suspended_at__isnull=False) & ~Q(suspended_reason="")),
                name="a_document_that_is_suspended_says_why",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="a_document_is_valid_for_a_day_at_least",
            ),
        ]
        indexes = [
            models.Index(fields=["-made_at", "-id"], name="document_newest"),
            models.Index(fields=["kind", "-made_at", "-id"], name="document_kind_newest"),
        ]
        triggers = [
            pgtrigger.Protect(name="document_stays", operation=pgtrigger.Delete),
            # What was issued stays as it is; only that it was published, suspended or ended may be added.
            pgtrigger.ReadOnly(
                name="document_as_issued",
                exclude=[
                    "is_public",
                    "ended",
                    "ended_at",
                    "ended_reason",
                    "replaced_by",
                    "suspended_at",
                    "suspended_reason",
                ],
            ),
            pgtrigger.Protect(
                name="document_stays_public",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__is_public=True, new__is_public=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> str:
        """Under what name the ledger knows the document."""
        return f"document:{self.check_code}"

    @property
    def shown_code(self) -> str:
        return shown_code(self.check_code)

    @property
    def kind_name(self) -> str:
        return str(kinds.named(self.kind).name)

    @property
    def layout_name(self) -> str:
        """What people call the layout; its file's name where it is gone."""
        takes = LAYOUTS.get(self.layout)
        return str(takes.label) if takes else self.layout

    def standing(self, on: date) -> Standing:
        """Whether the document holds on a day, in Asia/Shanghai.

        What is over is over, suspended or not; what has not begun yet is suspended first of all.
        """
        if self.ended:
            return Standing(self.ended)
        if not self.is_public and self.kind in kinds.held_back():
            return Standing.UNPUBLISHED
        if self.valid_until is not None and on > self.valid_until:
            return Standing.EXPIRED
        if self.suspended_at is not None:
            return Standing.SUSPENDED
        if on < self.valid_from:
            return Standing.NOT_YET
        return Standing.IN_FORCE


class Batch(models.Model):
    """Many documents of one kind that were ordered at once; a worker issues them one after the other."""

    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    ordered_at = models.DateTimeField(_("ordered"))
    ordered_by = models.ForeignKey(
        "organisation.Staff", on_delete=models.PROTECT, related_name="+", verbose_name=_("ordered by")
    )
    stopped_at = models.DateTimeField(_("stopped"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("batch of documents")
        verbose_name_plural = _("batches of documents")
        ordering = ["-ordered_at", "-id"]
        indexes = [
            models.Index(
                fields=["ordered_at", "id"],
                condition=Q(finished_at=None, stopped_at=None),
                name="batch_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.ordered_at:%Y-%m-%d})"


class BatchItem(models.Model):
    """One document of a batch: what it is made of, and then itself, or the reason why there is none."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="items", db_index=False)
    position = models.PositiveIntegerField(_("row"))
    title = models.CharField(_("title"), max_length=200)
    values = models.JSONField(_("values"))
    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, null=True, related_name="batch_item", verbose_name=_("document")
    )
    error = models.CharField(_("error"), max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("document of a batch")
        verbose_name_plural = _("documents of a batch")
        ordering = ["batch", "position"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="one_document_a_row_of_a_batch"),
            models.CheckConstraint(
                condition=Q(document=None) | Q(error=""), name="a_document_of_a_batch_is_there_or_failed"
            ),
        ]
        indexes = [
            models.Index(
                fields=["batch", "position"],
                condition=Q(document=None, error=""),
                name="batch_item_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.position}"
