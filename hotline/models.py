"""Tickets, calls, and the categories with their limits."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.cases.models import Case, CaseQuerySet
from portal.cases.opening import Opening
from portal.cases.phones import normal_phone, validate_phone
from portal.cases.text import LineField, TextField
from portal.rows import fetch


class Urgency(models.TextChoices):
    NORMAL = "normal", _("Ordinary")
    URGENT = "urgent", _("Urgent")


class Source(models.TextChoices):
    CALL = "call", _("Call")
    WEB = "web", _("Web")
    TRANSFER = "12345", _("Transfer from 12345")


class Nature(models.TextChoices):
    """What a category asks of the unit; its default limit follows from it."""

    ENQUIRY = "enquiry", _("Enquiry")
    ORDINARY = "ordinary", _("Ordinary matter")
    COMPLEX = "complex", _("Complex matter")


class Rating(models.IntegerChoices):
    """好差评: five grades, of which the last two are bad (国办发〔2019〕51号)."""

    VERY_SATISFIED = 5, _("Very satisfied")
    SATISFIED = 4, _("Satisfied")
    FAIRLY_SATISFIED = 3, _("Fairly satisfied")
    DISSATISFIED = 2, _("Dissatisfied")
    VERY_DISSATISFIED = 1, _("Very dissatisfied")


BAD_RATINGS = frozenset({Rating.DISSATISFIED, Rating.VERY_DISSATISFIED})


class Category(models.Model):
    """What a ticket is about, and the unit that usually handles it."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("name in English"), max_length=80)
    nature = models.CharField(_("nature"), max_length=10, choices=Nature)
    usual_unit = models.ForeignKey(
        "organisation.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("usual unit")
    )
    position = models.PositiveSmallIntegerField(_("position in lists"), default=0)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        if (get_language() or "").startswith("en"):
            return self.name_en
        return self.name


DAYS = [MinValueValidator(1), MaxValueValidator(60)]


RULE_SQL = "SELECT {columns} FROM hotline_limitrule m WHERE m.category_id = %s AND m.urgency = %s"


class LimitRule(models.Model):
    """The limits of a category at an urgency, in working days. Running tickets keep those they began with."""

    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="limit_rules", verbose_name=_("category")
    )
    urgency = models.CharField(_("urgency"), max_length=8, choices=Urgency)
    dispatch_days = models.PositiveSmallIntegerField(_("dispatch within"), validators=DAYS)
    sign_days = models.PositiveSmallIntegerField(_("sign within"), validators=DAYS)
    handle_days = models.PositiveSmallIntegerField(_("reply within"), validators=DAYS)
    callback_days = models.PositiveSmallIntegerField(_("call back within"), validators=DAYS)
    extend_at_most = models.PositiveSmallIntegerField(
        _("extension at most"), validators=[MaxValueValidator(60)], help_text=_("0: may not be extended.")
    )
    basis = models.CharField(_("basis"), max_length=200)

    class Meta:
        verbose_name = _("limits of a category")
        verbose_name_plural = _("limits of the categories")
        ordering = ["category__position", "urgency"]
        constraints = [
            models.UniqueConstraint(fields=["category", "urgency"], name="one_rule_a_category_and_urgency"),
            models.CheckConstraint(
                condition=Q(dispatch_days__gte=1, sign_days__gte=1, handle_days__gte=1, callback_days__gte=1),
                name="hotline_limits_are_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} / {self.get_urgency_display()}"


class TicketQuerySet(CaseQuerySet["Ticket"]):
    def of_caller(self, phone: str) -> TicketQuerySet:
        """Tickets of the person who calls from this number, newest first."""
        return self.filter(caller_phone=normal_phone(phone)).order_by("-opened_at")

    def for_list(self) -> TicketQuerySet:
        return self.select_related("category", "unit", "holder")


class Ticket(Case):
    """A citizen's matter on its way: citizen → hotline centre → responsible unit → citizen."""

    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="tickets", verbose_name=_("category")
    )
    urgency = models.CharField(_("urgency"), max_length=8, choices=Urgency, default=Urgency.NORMAL)
    source = models.CharField(_("source"), max_length=6, choices=Source, default=Source.CALL)
    description = TextField(_("what happened"), max_length=2000)
    place = LineField(_("place"), max_length=120)
    caller_name = LineField(_("caller's name"), max_length=40, blank=True, default="")
    caller_phone = LineField(
        _("caller's phone"), max_length=20, blank=True, default="", validators=[validate_phone]
    )
    caller_email = models.EmailField(_("caller's e-mail"), blank=True, default="")
    # Who took it first answers for it towards the citizen (首问负责制).
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("taken by"),
    )
    returned_by = models.ForeignKey(
        "organisation.Unit",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("returned by"),
    )
    extension_asked = models.PositiveSmallIntegerField(_("extension asked for"), null=True)
    reply = TextField(_("reply"), max_length=4000, blank=True, default="")
    replied_at = models.DateTimeField(_("replied"), null=True)
    rating = models.PositiveSmallIntegerField(_("rating"), choices=Rating, null=True)
    resolved = models.BooleanField(_("resolved"), null=True)
    answered_at_once = models.BooleanField(_("answered at once"), default=False)

    # On the very object that was opened, never on one that was read: what the answer to it can be made from.
    opening: Opening | None = None

    # The header row has a manager of its own; ours is for the whole ticket.
    objects = TicketQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        indexes = [
            models.Index(fields=["caller_phone"], condition=~Q(caller_phone=""), name="ticket_caller"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(rating=None) | Q(rating__gte=1, rating__lte=5), name="ticket_rating_is_a_grade"
            ),
        ]

    @cached_property
    def limits(self) -> LimitRule:
        """The limits of the ticket's category and urgency as they are in force now."""
        found = fetch(LimitRule, RULE_SQL, [self.category_id, self.urgency])
        if not found:
            raise LimitRule.DoesNotExist(f"no limits for category {self.category_id}, {self.urgency}")
        return found[0]

    @property
    def can_be_called(self) -> bool:
        return bool(self.caller_phone)

    def callbacks(self) -> models.QuerySet[Call]:
        return self.calls.filter(direction=Call.Direction.OUT)


class Call(models.Model):
    """A telephone call, in or out. A ticket has as many as it took; some calls have no ticket."""

    class Direction(models.TextChoices):
        IN = "in", _("Incoming")
        OUT = "out", _("Callback")

    class Outcome(models.TextChoices):
        TICKET = "ticket", _("became a ticket")
        ANSWERED = "answered", _("answered at once")
        NO_MATTER = "no_matter", _("no matter for the hotline")
        ADDED = "added", _("about a ticket there is already")
        REACHED = "reached", _("reached")
        NOT_REACHED = "not_reached", _("not reached")

    ticket = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, null=True, related_name="calls", verbose_name=_("ticket")
    )
    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome)
    at = models.DateTimeField(_("at"))
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("operator")
    )
    phone = LineField(_("phone"), max_length=20, blank=True, default="", validators=[validate_phone])
    name = LineField(_("name"), max_length=40, blank=True, default="")
    note = TextField(_("note"), max_length=1000, blank=True, default="")
    resolved = models.BooleanField(_("resolved"), null=True)
    rating = models.PositiveSmallIntegerField(_("rating"), choices=Rating, null=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["-at", "-id"], name="call_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(direction="in", outcome__in=["ticket", "answered", "no_matter", "added"])
                | Q(direction="out", outcome__in=["reached", "not_reached"]),
                name="call_outcome_fits_its_direction",
            ),
            models.CheckConstraint(
                condition=Q(ticket__isnull=False) | Q(outcome="no_matter"),
                name="only_a_call_without_matter_has_no_ticket",
            ),
            models.CheckConstraint(
                condition=Q(rating=None) | Q(direction="out", outcome="reached"),
                name="only_who_was_reached_rates",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="reached") | Q(resolved__isnull=False),
                name="a_callback_asks_whether_it_is_resolved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.at:%Y-%m-%d %H:%M}"

    def is_bad(self) -> bool:
        """A callback after which the matter is to be put right: not resolved, or rated bad."""
        return self.outcome == self.Outcome.REACHED and (not self.resolved or self.rating in BAD_RATINGS)
