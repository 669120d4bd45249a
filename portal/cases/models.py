"""The header row of everything that has a clock, and the rows its clocks are made of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import reduce
from operator import or_
from typing import Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.cases import kinds
from portal.cases.terms import ONE_DAY, DayUnit, Interval, Limit, Run, local_day
from portal.organisation.actors import Actor

# Sorts behind every real date: a case on which no clock runs stands at the end of a queue.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


AnyCase = TypeVar("AnyCase", bound="Case")


class CaseQuerySet(models.QuerySet[AnyCase]):
    def visible_to(self, actor: Actor) -> Self:
        """The cases that this actor may see: all of a kind by role, or those of the own unit by role."""
        seen = [kind.code for kind in kinds.every() if actor.has_role(*kind.seen_by)]
        own = [kind.code for kind in kinds.every() if actor.has_role(*kind.handled_by)]
        rules = []
        if seen:
            rules.append(Q(kind__in=seen))
        if own and actor.unit_ids:
            rules.append(Q(kind__in=own, unit_id__in=actor.unit_ids))
        rules += [kind.also_seen(actor) for kind in kinds.every() if kind.also_seen and actor.is_staff]
        return self.filter(reduce(or_, rules)) if rules else self.none()

    def for_list(self) -> Self:
        """With what a list shows of each; a kind adds what its own rows need."""
        return self.select_related("unit", "holder")

    def for_step(self) -> Self:
        """With what the rules of a step ask of the case; a kind adds its own."""
        return self

    def open(self) -> Self:
        return self.filter(closed_at=None)

    def overdue(self, now: datetime) -> Self:
        return self.open().filter(next_due_at__lte=now)


class Case(models.Model):
    """What every case has, whatever its kind. An app's own model stands beside it by inheritance.

    Only `portal.cases.actions` writes here, through a workflow's transitions.
    """

    number = models.CharField(_("case number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=20)
    title = models.CharField(_("title"), max_length=120)
    state = models.CharField(_("state"), max_length=20)
    unit = models.ForeignKey(
        "organisation.Unit", on_delete=models.PROTECT, null=True, related_name="cases", verbose_name=_("unit")
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="cases_held",
        verbose_name=_("responsible person"),
        help_text=_("Whose name stands on a missed limit."),
    )
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True)
    lookup_code = models.CharField(_("look-up code"), max_length=12)
    version = models.PositiveIntegerField(
        _("version"),
        default=1,
        help_text=_("Counts transitions; tells the second of two people who was first."),
    )
    next_due_at = models.DateTimeField(_("next due"), default=NEVER)

    running_deadlines: list[Deadline]

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")),
                name="case_closed_after_opened",
            ),
        ]
        indexes = [
            # A queue shows what is open, what is due first on top, and pages by (next_due_at, id).
            models.Index(
                fields=["kind", "next_due_at", "id"], condition=Q(closed_at=None), name="case_queue"
            ),
            models.Index(
                fields=["unit", "kind", "next_due_at", "id"],
                condition=Q(closed_at=None),
                name="case_unit_queue",
            ),
            # A rare state ("to be dispatched") would otherwise read every open case.
            models.Index(
                fields=["kind", "state", "next_due_at", "id"],
                condition=Q(closed_at=None),
                name="case_state_queue",
            ),
            models.Index(fields=["kind", "-opened_at", "-id"], name="case_newest"),
            models.Index(fields=["unit", "-opened_at", "-id"], name="case_unit_newest"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> str:
        """Under what name the ledger knows the case."""
        return f"case:{self.number}"

    @property
    def state_label(self) -> str:
        return str(kinds.of(self).workflow.states[self.state])

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def running_clocks(self) -> list[Deadline]:
        """The limits that run; lists and pages read them with the case, as `running_deadlines`."""
        if not hasattr(self, "running_deadlines"):
            self.running_deadlines = list(self.deadlines.running().order_by("id"))
        return self.running_deadlines


class DeadlineQuerySet(models.QuerySet["Deadline"]):
    def running(self) -> Self:
        return self.filter(stopped_at=None)

    def awake(self, at: datetime) -> Self:
        """Those of which a stage has fallen due by `at`, oldest first: what a sweep costs."""
        return self.filter(wake_at__lte=at).order_by("wake_at")


class Deadline(models.Model):
    """One clock of a case. `portal.cases.deadlines` is the only writer.

    `due_at` is the first moment that is too late. It, `warn_at`, `wake_at` and `provisional` are derived
    from start, term, pauses, extensions and calendar, and can be derived again at any time. The term is
    copied on to the row, so that a new rule does not rewrite running cases.
    """

    class Ended(models.TextChoices):
        KEPT = "kept", _("done")
        RESTARTED = "restarted", _("begun anew")
        VOID = "void", _("no longer applies")
        FOLLOWED = "followed", _("took effect by itself")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="deadlines", verbose_name=_("case"))
    term = models.CharField(_("limit"), max_length=40)
    limit = models.CharField(
        _("whose limit"), max_length=10, choices=[(each.value, each.value) for each in Limit]
    )
    length = models.PositiveSmallIntegerField(_("length"))
    unit = models.CharField(
        _("days of"), max_length=13, choices=[(each.value, each.value) for each in DayUnit]
    )
    warn = models.PositiveSmallIntegerField(_("warn days before"))
    basis = models.CharField(_("basis"), max_length=200)
    at_closing = models.BooleanField(_("ends at closing time"), default=False)
    extensions_allowed = models.PositiveSmallIntegerField(_("extensions allowed"), default=0)
    extend_at_most = models.PositiveSmallIntegerField(_("extension at most"), default=0)
    then = models.CharField(_("what the clock does then"), max_length=40, blank=True, default="")

    started_at = models.DateTimeField(_("started"))
    extended = models.PositiveSmallIntegerField(_("extended by"), default=0)
    warn_at = models.DateTimeField(_("warns"), null=True)
    due_at = models.DateTimeField(_("due"), null=True)
    provisional = models.BooleanField(_("provisional"), default=False)
    wake_at = models.DateTimeField(_("next moment of interest"), null=True)
    warned_at = models.DateTimeField(_("warned"), null=True)
    breached_at = models.DateTimeField(_("overdue since"), null=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True)
    ended = models.CharField(_("how it ended"), max_length=10, choices=Ended, blank=True, default="")

    objects = DeadlineQuerySet.as_manager()

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "term"], condition=Q(stopped_at=None), name="one_running_clock_a_term"
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None, ended="") | (Q(stopped_at__isnull=False) & ~Q(ended="")),
                name="a_stopped_clock_says_how_it_ended",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at=None) | Q(wake_at=None), name="a_stopped_clock_never_wakes"
            ),
            models.CheckConstraint(
                condition=Q(breached_at=None) | Q(breached_at=F("due_at")),
                name="a_breach_bears_the_due_moment",
            ),
            models.CheckConstraint(
                condition=Q(warned_at=None) | Q(warned_at__gt=F("started_at")),
                name="a_warning_follows_the_start",
            ),
        ]
        indexes = [
            models.Index(fields=["wake_at"], condition=Q(wake_at__isnull=False), name="deadline_wakes"),
        ]

    def __str__(self) -> str:
        return f"{self.term} #{self.case_id}"

    @property
    def due_on(self) -> date | None:
        """The last day, in Asia/Shanghai; None while the clock stands still."""
        if self.due_at is None:
            return None
        return local_day(self.due_at) if self.at_closing else local_day(self.due_at) - ONE_DAY

    @property
    def is_running(self) -> bool:
        return self.stopped_at is None

    @property
    def name(self) -> str:
        return str(kinds.term_name(self.term))

    def run(self, pauses: Iterable[Pause] | None = None) -> Run:
        """The deadline as a value for `portal.cases.terms`.

        Reads the pauses where they are not given, so prefetch them for lists.
        """
        known = self.pauses.all() if pauses is None else pauses
        return Run(
            started_on=local_day(self.started_at),
            length=self.length,
            unit=DayUnit(self.unit),
            extended=self.extended,
            pauses=tuple(pause.interval() for pause in known),
            at_closing=self.at_closing,
        )


class Pause(models.Model):
    """Excluded time: days that do not count, each with its reason, legal basis and evidence.

    Rows may overlap, since each keeps its own document; the arithmetic excludes a day once.
    """

    deadline = models.ForeignKey(Deadline, on_delete=models.PROTECT, related_name="pauses")
    starts_on = models.DateField(_("first day excluded"))
    ends_on = models.DateField(_("last day excluded"), null=True)
    reason = models.CharField(_("reason"), max_length=200)
    basis = models.CharField(_("legal basis"), max_length=200)
    evidence = models.CharField(_("document"), max_length=200)
    by_name = models.CharField(_("entered by"), max_length=60)
    by_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(_("entered"))

    class Meta:
        verbose_name = _("excluded time")
        verbose_name_plural = _("excluded times")
        ordering = ["starts_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="excluded_time_ends_after_it_starts",
            ),
            models.UniqueConstraint(
                fields=["deadline"], condition=Q(ends_on=None), name="one_open_pause_a_clock"
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(basis="") & ~Q(evidence=""), name="excluded_time_is_documented"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_on or '…'}"

    def interval(self) -> Interval:
        return Interval(self.starts_on, self.ends_on, self.reason)


class Extension(models.Model):
    """Days added to a running limit, by whom and why."""

    deadline = models.ForeignKey(Deadline, on_delete=models.PROTECT, related_name="extensions")
    length = models.PositiveSmallIntegerField(_("days added"))
    reason = models.CharField(_("reason"), max_length=500)
    basis = models.CharField(_("legal basis"), max_length=200)
    by_name = models.CharField(_("approved by"), max_length=60)
    by_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(_("approved"))

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(length__gte=1), name="an_extension_adds_days"),
            models.CheckConstraint(condition=~Q(reason=""), name="an_extension_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"+{self.length}"


class SweepFailure(models.Model):
    """A case whose clock could not be settled: passed by, tried again later, and shown to the supervisor."""

    case = models.OneToOneField(
        Case, on_delete=models.CASCADE, related_name="sweep_failure", verbose_name=_("case")
    )
    attempts = models.PositiveIntegerField(_("attempts"))
    first_at = models.DateTimeField(_("first failed"))
    last_at = models.DateTimeField(_("last failed"))
    retry_at = models.DateTimeField(_("tried again"))
    error = models.CharField(_("error"), max_length=500)

    class Meta:
        verbose_name = _("clock that failed")
        verbose_name_plural = _("clocks that failed")

    def __str__(self) -> str:
        return f"{self.case_id}: {self.error}"


def photo_path(attachment: Attachment, name: str) -> str:
    """By the content's own hash, so that neither a person nor a case shows in the path."""
    return f"photos/{attachment.sha256[:2]}/{name}"


class Attachment(models.Model):
    """A photo with a case, from the citizen who reported or the unit that replied."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="attachments")
    file = models.FileField(_("file"), upload_to=photo_path, max_length=200)
    sha256 = models.CharField(_("hash"), max_length=64)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    by_public = models.BooleanField(_("from the citizen"))
    at = models.DateTimeField(_("added"))

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.sha256[:12]
