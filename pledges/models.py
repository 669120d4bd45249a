"""Pledges with their versions and clauses, what their measures said day by day, and complaints of breach."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import EmailValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from pledges import workflow
from portal.cases.models import Case, CaseQuerySet
from portal.cases.phones import validate_phone
from portal.cases.text import LineField, TextField
from portal.documents.models import Document
from portal.ledger.models import Event
from portal.organisation.actors import Actor, Role
from portal.oversight import measures
from portal.oversight.measures import Measure, Share

VERSION_STATE_CHOICES = list(workflow.VERSION_STATES.items())
# What may still be written of a version that was reviewed, and of one that was signed.
UNTIL_SIGNED = (
    *("state", "version", "reviewed_by_id", "reviewed_at", "document_id"),
    *("signer_id", "signer_name", "signer_title", "signed_at"),
)
ONCE_SIGNED = ("state", "version", "published_at", "ended_at", "ended_reason")


class Pledge(models.Model):
    """What a unit promises the public, through all its versions."""

    unit = models.ForeignKey(
        "organisation.Unit", on_delete=models.PROTECT, related_name="pledges", verbose_name=_("pledging unit")
    )
    created_at = models.DateTimeField(_("begun"))

    class Meta:
        verbose_name = _("pledge")
        verbose_name_plural = _("pledges")
        ordering = ["unit__code", "id"]

    def __str__(self) -> str:
        return f"{self.unit} {self.pk}"

    @property
    def subject(self) -> str:
        """Under what name the ledger knows the pledge."""
        return f"pledge:{self.pk}"

    @property
    def measured_subject(self) -> str:
        """Under what name the ledger knows the answers of its measures."""
        return f"pledge-measured:{self.pk}"

    @property
    def in_force(self) -> PledgeVersion | None:
        return self.versions.filter(state=workflow.PUBLISHED).first()


class VersionQuerySet(models.QuerySet["PledgeVersion"]):
    def public(self) -> Self:
        """What has been published once: in force, superseded, or withdrawn since."""
        return self.filter(published_at__isnull=False)

    def in_force(self) -> Self:
        return self.filter(state=workflow.PUBLISHED)

    def visible_to(self, actor: Actor) -> Self:
        """Drafts too: all by role, those of the own unit to a handler; to others what is public."""
        if actor.has_role(*workflow.VERSIONS_SEEN_BY):
            return self.all()
        public = Q(published_at__isnull=False)
        if actor.has_role(Role.HANDLER) and actor.unit_ids:
            return self.filter(public | Q(pledge__unit_id__in=actor.unit_ids))
        return self.filter(public)

    def at_the_desk_of(self, actor: Actor) -> Self:
        """What this actor works on: all by role, those of the own unit to a handler, to others nothing.

        What is public of other units stands on everyone's pages, with less of who did what.
        """
        if actor.has_role(*workflow.VERSIONS_SEEN_BY):
            return self.all()
        if actor.has_role(Role.HANDLER) and actor.unit_ids:
            return self.filter(pledge__unit_id__in=actor.unit_ids)
        return self.none()

    def for_list(self) -> Self:
        return self.select_related("pledge__unit", "document")


class PledgeVersion(models.Model):
    """One text of a pledge, on its way from draft to what is in force. `pledges.actions` alone writes.

    From the review on the database refuses every change of the words.
    """

    pledge = models.ForeignKey(
        Pledge, on_delete=models.PROTECT, related_name="versions", verbose_name=_("pledge")
    )
    number = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=12, choices=VERSION_STATE_CHOICES)
    version = models.PositiveIntegerField(
        _("changes"),
        default=1,
        help_text=_("Counts changes; tells the second of two people who was first."),
    )
    title = LineField(_("title"), max_length=100)
    preamble = TextField(_("words before the clauses"), max_length=2000, blank=True, default="")
    closing = TextField(_("words after the clauses"), max_length=1000, blank=True, default="")
    phone = LineField(_("complaints telephone"), max_length=30, validators=[validate_phone])
    fax = LineField(_("fax"), max_length=30, blank=True, default="", validators=[validate_phone])
    email = LineField(_("e-mail"), max_length=254, blank=True, default="", validators=[EmailValidator()])
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    # Everyone who wrote on this text, by staff number.
    writers = ArrayField(models.BigIntegerField(), verbose_name=_("written by"), default=list)
    written_at = models.DateTimeField(_("last changed"))
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("reviewed by"),
    )
    reviewed_at = models.DateTimeField(_("reviewed"), null=True)
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("signer"),
    )
    # As they were on that day: who is promoted since stays what the paper says.
    signer_name = models.CharField(_("signer's name"), max_length=60, blank=True, default="")
    signer_title = models.CharField(_("signer's title"), max_length=60, blank=True, default="")
    signed_at = models.DateTimeField(_("signed"), null=True)
    published_at = models.DateTimeField(_("published"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended_reason = models.CharField(_("why it ended"), max_length=500, blank=True, default="")
    document = models.OneToOneField(
        Document,
        on_delete=models.PROTECT,
        null=True,
        related_name="pledge_version",
        verbose_name=_("document"),
    )

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a pledge")
        verbose_name_plural = _("versions of pledges")
        ordering = ["pledge", "number"]
        constraints = [
            models.UniqueConstraint(fields=["pledge", "number"], name="versions_of_a_pledge_are_numbered"),
            models.UniqueConstraint(
                fields=["pledge"], condition=Q(state=workflow.PUBLISHED), name="one_pledge_in_force"
            ),
            models.UniqueConstraint(
                fields=["pledge"],
                condition=Q(state__in=[workflow.DRAFT, workflow.REVIEWED, workflow.SIGNED]),
                name="one_next_version_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="a_pledge_holds_for_a_day_at_least",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[workflow.DRAFT, workflow.REVIEWED], document=None, signed_at=None)
                | (
                    ~Q(state__in=[workflow.DRAFT, workflow.REVIEWED])
                    & Q(document__isnull=False, signed_at__isnull=False, signer__isnull=False)
                ),
                name="a_signed_pledge_has_its_document",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[workflow.DRAFT, workflow.REVIEWED, workflow.SIGNED], published_at=None)
                | Q(state=workflow.WITHDRAWN)
                | Q(state__in=[workflow.PUBLISHED, workflow.SUPERSEDED], published_at__isnull=False),
                name="a_pledge_is_published_when_it_says_so",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_reason="")
                & ~Q(state__in=[workflow.SUPERSEDED, workflow.WITHDRAWN])
                | Q(ended_at__isnull=False, state=workflow.SUPERSEDED)
                | (Q(ended_at__isnull=False, state=workflow.WITHDRAWN) & ~Q(ended_reason="")),
                name="a_withdrawn_pledge_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["-written_at", "-id"], name="pledge_version_newest"),
            models.Index(
                fields=["pledge", "-published_at"],
                condition=Q(published_at__isnull=False),
                name="pledge_version_public",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="pledge_version_stays", operation=pgtrigger.Delete),
            # What was reviewed is what is signed, and what was signed stays.
            pgtrigger.Trigger(
                name="pledge_as_reviewed",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=~pgtrigger.Q(old__state=workflow.DRAFT),
                declare=[("free", "text[]")],
                func=f"""
                    free := CASE WHEN OLD.document_id IS NULL
                        THEN '{{{",".join(UNTIL_SIGNED)}}}' ELSE '{{{",".join(ONCE_SIGNED)}}}' END;
                    IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free
                        OR NEW.published_at IS DISTINCT FROM coalesce(OLD.published_at, NEW.published_at)
                        OR NEW.ended_at IS DISTINCT FROM coalesce(OLD.ended_at, NEW.ended_at)
                    THEN
                        RAISE EXCEPTION 'pgtrigger: a reviewed pledge cannot be changed';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"

    @property
    def state_label(self) -> str:
        return str(workflow.VERSION_STATES[self.state])

    @property
    def is_public(self) -> bool:
        return self.published_at is not None

    def holds_on(self, day: date) -> bool:
        """Whether the pledge binds on a day, in Asia/Shanghai."""
        if self.state != workflow.PUBLISHED or day < self.valid_from:
            return False
        return self.valid_until is None or day <= self.valid_until


class Clause(models.Model):
    """What is promised in one sentence or two; with a measure, the portal itself says whether it is kept.

    `measure_target` is in per cent: part × 100 must reach it × whole.
    """

    version = models.ForeignKey(
        PledgeVersion, on_delete=models.PROTECT, related_name="clauses", verbose_name=_("version")
    )
    position = models.PositiveSmallIntegerField(_("number"))
    text = TextField(_("clause"), max_length=workflow.LONGEST_CLAUSE)
    measure = models.CharField(_("measure"), max_length=60, blank=True, default="")
    measure_days = models.PositiveSmallIntegerField(
        _("working days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(workflow.MOST_DAYS)],
    )
    measure_target = models.DecimalField(
        _("target in per cent"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(workflow.LEAST_TARGET), MaxValueValidator(Decimal(100))],
    )

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="clauses_are_numbered"),
            models.CheckConstraint(
                condition=Q(measure="", measure_days=None, measure_target=None)
                | (
                    ~Q(measure="")
                    & Q(measure_target__isnull=False, measure_target__gt=0, measure_target__lte=100)
                ),
                name="a_measure_has_a_target",
            ),
        ]
        indexes = [
            models.Index(fields=["measure"], condition=~Q(measure=""), name="clause_measured"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="clause_as_reviewed",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                declare=[("concerned", "bigint[]")],
                func="""
                    IF TG_OP = 'INSERT' THEN concerned := ARRAY[NEW.version_id];
                    ELSIF TG_OP = 'DELETE' THEN concerned := ARRAY[OLD.version_id];
                    ELSE concerned := ARRAY[OLD.version_id, NEW.version_id];
                    END IF;
                    IF EXISTS (
                        SELECT 1 FROM pledges_pledgeversion
                        WHERE id = ANY(concerned) AND state <> 'draft'
                    ) THEN
                        RAISE EXCEPTION 'pgtrigger: the clauses of a reviewed pledge cannot be changed';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.position}"

    @property
    def measured_by(self) -> Measure | None:
        """The measure; None without one, and where the app that offered it is gone."""
        return measures.named(self.measure) if measures.known(self.measure) else None


class Result(models.Model):
    """What a measure answered at the end of a day, for the window `first` to `day`. Never changed."""

    clause = models.ForeignKey(
        Clause, on_delete=models.PROTECT, related_name="results", db_index=False, verbose_name=_("clause")
    )
    first = models.DateField(_("first day"))
    day = models.DateField(_("last day"))
    part = models.PositiveIntegerField(_("numerator"))
    whole = models.PositiveIntegerField(_("denominator"))
    kept = models.BooleanField(
        _("whether the target was reached"), null=True, help_text=_("Empty: there was nothing to measure.")
    )
    measured_at = models.DateTimeField(_("measured"))

    class Meta:
        verbose_name = _("result of a measure")
        verbose_name_plural = _("results of measures")
        ordering = ["clause", "day"]
        constraints = [
            models.UniqueConstraint(fields=["clause", "day"], name="one_result_a_day"),
            models.CheckConstraint(condition=Q(part__lte=F("whole")), name="a_part_is_part_of_the_whole"),
            models.CheckConstraint(
                condition=Q(whole=0, kept=None) | Q(whole__gt=0, kept__isnull=False),
                name="nothing_measured_is_neither_kept_nor_missed",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="result_stays", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.clause_id} {self.day}: {self.part}/{self.whole}"

    @property
    def share(self) -> Share:
        return Share(self.part, self.whole)


class Source(models.TextChoices):
    COMPLAINT = "complaint", _("Complaint")
    MEASURE = "measure", _("Missed measure")


class BreachQuerySet(CaseQuerySet["Breach"]):
    def for_list(self) -> Self:
        return self.select_related("clause__version__pledge__unit", "unit", "holder")


class Breach(Case):
    """A complaint that a clause was not kept, or a measure that was missed: a case with its clocks."""

    clause = models.ForeignKey(
        Clause, on_delete=models.PROTECT, related_name="breaches", verbose_name=_("clause")
    )
    source = models.CharField(_("source"), max_length=9, choices=Source)
    result = models.OneToOneField(
        Result, on_delete=models.PROTECT, null=True, related_name="breach", verbose_name=_("missed measure")
    )
    description = TextField(_("what was not kept"), max_length=2000)
    complainant_name = LineField(_("complainant's name"), max_length=40, blank=True, default="")
    complainant_phone = LineField(
        _("complainant's phone"), max_length=20, blank=True, default="", validators=[validate_phone]
    )
    complainant_email = models.EmailField(_("complainant's e-mail"), blank=True, default="")
    # Who took it first answers for it towards the complainant (首问负责制).
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("taken by"),
    )
    statement = TextField(_("the unit's statement"), max_length=2000, blank=True, default="")
    finding = TextField(_("what was found"), max_length=2000, blank=True, default="")
    upheld = models.BooleanField(_("upheld"), null=True)
    decided_at = models.DateTimeField(_("decided"), null=True)
    put_right_days = models.PositiveSmallIntegerField(_("working days to put it right"), null=True)
    remedy = TextField(_("what was put right"), max_length=2000, blank=True, default="")

    # The header row has a manager of its own; ours is for the whole case.
    objects = BreachQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("breach of a pledge")
        verbose_name_plural = _("breaches of pledges")
        constraints = [
            models.CheckConstraint(
                condition=Q(source=Source.MEASURE, result__isnull=False)
                | Q(source=Source.COMPLAINT, result=None),
                name="a_missed_measure_names_its_result",
            ),
            models.CheckConstraint(
                condition=Q(upheld=None, decided_at=None) | Q(upheld__isnull=False, decided_at__isnull=False),
                name="a_decision_has_its_moment",
            ),
            models.CheckConstraint(
                condition=~Q(upheld=True) | Q(put_right_days__isnull=False, put_right_days__gte=1),
                name="an_upheld_breach_is_put_right",
            ),
        ]
        indexes = [
            models.Index(fields=["clause", "source"], name="breach_of_a_clause"),
            models.Index(fields=["decided_at"], condition=Q(upheld=True), name="breach_upheld"),
        ]

    @property
    def is_anonymous(self) -> bool:
        return not (self.complainant_name or self.complainant_phone or self.complainant_email)

    @cached_property
    def spoke_for_the_unit(self) -> frozenset[int | None]:
        """Who wrote the unit's statement or its remedy, by staff number: the ledger keeps all of them."""
        events = Event.objects.of(self.subject).filter(verb__in=("explain", "put_right"))
        return frozenset(events.values_list("actor_id", flat=True))

    def personal(self) -> dict[str, Any]:
        """What is shown to those alone who handle the complaint."""
        return {
            "name": self.complainant_name,
            "phone": self.complainant_phone,
            "email": self.complainant_email,
        }
