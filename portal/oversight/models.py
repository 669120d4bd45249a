"""Yellow and red cards, and the steps taken on them."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.cases.models import Case, Deadline
from portal.cases.text import TextField
from portal.organisation.actors import Actor, Role
from portal.oversight.workflow import WAITING, CardFacts, Colour, State


class CardQuerySet(models.QuerySet["Card"]):
    def visible_to(self, actor: Actor) -> Self:
        """The same rule as `workflow.may_see`, for lists: all for supervisors, else own and unit's."""
        if actor.has_role(Role.SUPERVISOR):
            return self.all()
        if not actor.is_staff:
            return self.none()
        rule = Q(holder_id=actor.id)
        if actor.has_role(Role.HANDLER):
            rule |= Q(unit_id__in=actor.unit_ids)
        if actor.has_role(Role.HANDLER, Role.OPERATOR) and actor.unit_id is not None:
            rule |= Q(unit_id=actor.unit_id)
        return self.filter(rule)

    def waiting(self) -> Self:
        """Those that somebody still has to answer."""
        return self.filter(state__in=WAITING)


class Card(models.Model):
    """A card for one missed limit, issued by the clock. Only `portal.oversight.cards` writes here.

    `issued_at` is the moment at which the limit passed. Unit, holder and the holder's name are those of that
    moment: who left or was moved since stays on the card.
    """

    number = models.CharField(_("card number"), max_length=40, unique=True)
    colour = models.CharField(_("colour"), max_length=6, choices=Colour)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.ISSUED)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="cards", verbose_name=_("case"))
    deadline = models.OneToOneField(
        Deadline, on_delete=models.PROTECT, related_name="card", verbose_name=_("missed limit")
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="cards",
        verbose_name=_("responsible person"),
    )
    holder_name = models.CharField(_("responsible person's name"), max_length=60, blank=True, default="")
    unit = models.ForeignKey(
        "organisation.Unit",
        on_delete=models.PROTECT,
        null=True,
        related_name="cards",
        db_index=False,
        verbose_name=_("unit"),
    )
    issued_at = models.DateTimeField(_("issued"))
    demand = models.TextField(_("demand"))
    reply_by = models.DateField(_("reply by"))
    version = models.PositiveSmallIntegerField(_("version"), default=1)

    objects = CardQuerySet.as_manager()

    class Meta:
        verbose_name = _("card")
        verbose_name_plural = _("cards")
        constraints = [
            models.CheckConstraint(condition=~Q(demand=""), name="a_card_demands_something"),
            models.CheckConstraint(
                condition=Q(holder=None) | ~Q(holder_name=""), name="a_card_names_its_holder"
            ),
            models.CheckConstraint(condition=Q(colour__in=Colour.values), name="a_card_is_yellow_or_red"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="a_card_is_in_a_known_state"),
        ]
        indexes = [
            models.Index(fields=["-issued_at", "-id"], name="card_newest"),
            models.Index(fields=["unit", "-issued_at", "-id"], name="card_unit_newest"),
            models.Index(
                fields=["-issued_at", "-id"], condition=Q(state__in=sorted(WAITING)), name="card_waiting"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def facts(self) -> CardFacts:
        return CardFacts(state=State(self.state), holder_id=self.holder_id, unit_id=self.unit_id)

    def reply_is_late(self, today: date) -> bool:
        return self.state in WAITING and today > self.reply_by


class CardStep(models.Model):
    """What somebody did about a card, and what they wrote; never changed afterwards."""

    card = models.ForeignKey(
        Card, on_delete=models.PROTECT, related_name="steps", db_index=False, verbose_name=_("card")
    )
    number = models.PositiveSmallIntegerField(_("number"))
    step = models.CharField(_("step"), max_length=10)
    text = TextField(_("text"), max_length=2000, blank=True, default="")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )
    by_name = models.CharField(_("name"), max_length=60)

    class Meta:
        verbose_name = _("step on a card")
        verbose_name_plural = _("steps on cards")
        ordering = ["card", "number"]
        constraints = [
            models.UniqueConstraint(fields=["card", "number"], name="steps_of_a_card_follow_one_another"),
            models.CheckConstraint(
                condition=Q(step="accept") | ~Q(text=""), name="a_step_on_a_card_gives_its_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.card_id}/{self.number} {self.step}"
