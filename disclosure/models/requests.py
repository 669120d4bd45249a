"""An information request (依申请公开) and what belongs to it: who is asked, papers, remedies."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from disclosure.models.catalogue import Disclosure
from disclosure.rules.replies import CELLS, REPLIES, WITHHELD
from disclosure.rules.request_checks import (
    ANSWERS,
    FEES_BY,
    PARTY_KINDS,
    REMEDY_KINDS,
    REMEDY_RESULTS,
    SERVED_BY,
)
from disclosure.rules.request_terms import CHANNELS, SUPPLEMENT_DAYS
from portal.cases.models import Case, CaseQuerySet
from portal.cases.opening import Opening
from portal.cases.phones import validate_phone
from portal.cases.text import LineField, TextField
from portal.documents.models import Document


class ApplicantKind(models.TextChoices):
    """A natural person, or one of the five kinds of body that the annual report counts apart."""

    PERSON = "person", _("Natural person")
    COMPANY = "company", _("Company")
    RESEARCH = "research", _("Research body")
    PUBLIC_INTEREST = "public_interest", _("Public-interest body")
    LEGAL_SERVICE = "legal_service", _("Legal service body")
    OTHER = "other", _("Other body")


class WantedForm(models.TextChoices):
    ELECTRONIC = "electronic", _("Electronic document")
    PAPER = "paper", _("Paper")
    DISC = "disc", _("Disc")


class WantedDelivery(models.TextChoices):
    NET = "net", _("Over the net")
    POST = "post", _("By post")
    HAND = "hand", _("Fetch it myself")


class RequestQuerySet(CaseQuerySet["InformationRequest"]):
    def for_list(self) -> RequestQuerySet:
        return self.select_related("unit", "holder")

    def for_step(self) -> RequestQuerySet:
        return self.select_related("unit").prefetch_related("consultations")

    def received(self) -> RequestQuerySet:
        """What counts as received (art. 31): confirmed with its applicant."""
        return self.filter(received_on__isnull=False)


class InformationRequest(Case):
    """A request for information that is not in the catalogue (art. 27, 29)."""

    channel = models.CharField(_("how it came"), max_length=11, choices=list(CHANNELS.items()))
    applicant_kind = models.CharField(_("applicant"), max_length=15, choices=ApplicantKind)
    applicant_name = LineField(_("applicant's name"), max_length=100)
    applicant_number = LineField(_("ID number or credit code"), max_length=30)
    representative = LineField(_("representative or agent"), max_length=60, blank=True, default="")
    phone = LineField(_("phone"), max_length=20, validators=[validate_phone])
    email = models.EmailField(_("e-mail"), blank=True, default="")
    address = LineField(_("postal address"), max_length=200, blank=True, default="")
    wanted_title = LineField(_("title of the information"), max_length=100, blank=True, default="")
    wanted_number = LineField(_("its document number"), max_length=60, blank=True, default="")
    description = TextField(_("what is asked for"), max_length=2000, blank=True, default="")
    wanted_form = models.CharField(_("wanted as"), max_length=10, choices=WantedForm)
    wanted_delivery = models.CharField(_("wanted by"), max_length=4, choices=WantedDelivery)
    may_publish = models.BooleanField(_("the answer may be published"), default=False)
    # In its normal form, by which the same question is found again.
    asked = models.TextField(default="")

    received_on = models.DateField(_("received on"), null=True)
    supplement_days = models.PositiveSmallIntegerField(
        _("working days for the supplement"), default=SUPPLEMENT_DAYS
    )
    supplement_asked_at = models.DateTimeField(_("supplement asked for"), null=True)
    supplement_over = models.BooleanField(_("not supplemented in time"), default=False)
    supplemented_at = models.DateTimeField(_("supplemented"), null=True)
    extension_asked = models.PositiveSmallIntegerField(_("extension asked for"), null=True)
    extension_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    extended_at = models.DateTimeField(_("extended"), null=True)
    secrecy_basis = TextField(_("basis of the secrecy review"), max_length=500, blank=True, default="")
    secrecy_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("secrecy reviewed by"),
    )
    secrecy_at = models.DateTimeField(_("secrecy reviewed"), null=True)
    fee_by = models.CharField(
        _("fee reckoned"), max_length=6, choices=list(FEES_BY.items()), blank=True, default=""
    )
    fee_pages = models.PositiveIntegerField(_("pages"), null=True)
    fee = models.PositiveIntegerField(_("fee in yuan"), default=0)
    fee_asked_at = models.DateTimeField(_("fee asked for"), null=True)
    payment_over = models.BooleanField(_("not paid in time"), default=False)
    paid_on = models.DateField(_("paid on"), null=True)

    reply_type = models.CharField(
        _("answer"),
        max_length=20,
        choices=[(each.code, each.label) for each in REPLIES.values()],
        blank=True,
        default="",
    )
    reply_text = TextField(_("text of the answer"), max_length=5000, blank=True, default="")
    withheld_grounds = ArrayField(
        models.CharField(max_length=20, choices=[(each, REPLIES[each].label) for each in WITHHELD]),
        verbose_name=_("withheld in part because"),
        blank=True,
        default=list,
    )
    public_item = models.ForeignKey(
        Disclosure,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("item of the catalogue"),
    )
    earlier = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("earlier request")
    )
    competent_agency = LineField(_("agency to be asked"), max_length=100, blank=True, default="")
    public_interest = TextField(_("public interest that demands it"), max_length=1000, blank=True, default="")
    outcome = models.CharField(
        _("row of the annual report"),
        max_length=20,
        choices=[(each, each) for each in CELLS],
        blank=True,
        default="",
    )
    replied_at = models.DateTimeField(_("answered"), null=True)
    served_by = models.CharField(
        _("served"), max_length=4, choices=list(SERVED_BY.items()), blank=True, default=""
    )
    served_to = LineField(_("received by"), max_length=60, blank=True, default="")
    served_on = models.DateField(_("served on"), null=True)

    # On the very object that was opened, never on one that was read: what the answer to it can be made from.
    opening: Opening | None = None

    # The header row has a manager of its own; ours is for the whole request.
    objects = RequestQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("information request")
        verbose_name_plural = _("information requests")
        indexes = [
            models.Index(fields=["applicant_number", "received_on"], name="request_applicant"),
            models.Index(fields=["received_on"], name="request_received"),
            models.Index(fields=["replied_at"], name="request_replied"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(replied_at=None, outcome="") | (Q(replied_at__isnull=False) & ~Q(outcome="")),
                name="an_answer_is_counted_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(fee_by="", fee=0, fee_pages=None)
                | Q(fee_by="number", fee__gt=0, fee_pages=None)
                | Q(fee_by="pages", fee__gt=0, fee_pages__gt=0),
                name="a_fee_is_by_number_or_by_pages",
            ),
            models.CheckConstraint(
                condition=Q(earlier=None) | ~Q(earlier=F("pk")), name="a_request_repeats_another"
            ),
            models.CheckConstraint(
                condition=Q(secrecy_at=None, secrecy_by=None, secrecy_basis="")
                | (Q(secrecy_at__isnull=False, secrecy_by__isnull=False) & ~Q(secrecy_basis="")),
                name="a_secrecy_review_of_a_request_is_whole",
            ),
        ]

    @property
    def is_person(self) -> bool:
        return self.applicant_kind == ApplicantKind.PERSON

    @property
    def reply_label(self) -> str:
        return str(REPLIES[self.reply_type].label) if self.reply_type else ""

    @property
    def withheld_labels(self) -> list[str]:
        return [str(REPLIES[each].label) for each in self.withheld_grounds]

    def place_in_month(self) -> int:
        """The how-manieth request of its applicant this is, in the calendar month of its receipt."""
        assert self.received_on is not None
        same = InformationRequest.objects.filter(
            applicant_number=self.applicant_number,
            received_on__year=self.received_on.year,
            received_on__month=self.received_on.month,
        )
        return same.filter(
            Q(received_on__lt=self.received_on) | Q(received_on=self.received_on, pk__lte=self.pk)
        ).count()

    def forget_consultations(self) -> None:
        """What was read of those who are asked is no longer so."""
        self.__dict__.get("_prefetched_objects_cache", {}).pop("consultations", None)

    def earlier_like_it(self) -> list[InformationRequest]:
        """Earlier requests for the same: by this applicant, whatever became of them, newest first."""
        rows: Any = InformationRequest.objects.filter(opened_at__lte=self.opened_at).exclude(pk=self.pk)
        same = Q(asked=self.asked)
        if self.wanted_number:
            same |= Q(wanted_number=self.wanted_number)
        return list(rows.filter(same).order_by("-opened_at", "-pk")[:10])


class Consultation(models.Model):
    """Somebody who was asked for an opinion: a third party, or an agency that made the document as well."""

    request = models.ForeignKey(
        InformationRequest, on_delete=models.PROTECT, related_name="consultations", verbose_name=_("request")
    )
    kind = models.CharField(_("who was asked"), max_length=11, choices=list(PARTY_KINDS.items()))
    name = LineField(_("name"), max_length=100)
    asked_at = models.DateTimeField(_("asked"))
    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, related_name="consultation", verbose_name=_("letter")
    )
    answer = models.CharField(
        _("answer"), max_length=7, choices=list(ANSWERS.items()), blank=True, default=""
    )
    reason = TextField(_("reasons"), max_length=1000, blank=True, default="")
    answered_at = models.DateTimeField(_("answered"), null=True)
    # The day on which it came, where it was recorded later.
    answered_on = models.DateField(_("came on"), null=True)

    class Meta:
        verbose_name = _("consultation")
        verbose_name_plural = _("consultations")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None) | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="an_opinion_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}/{self.kind}"


class RequestPaper(models.Model):
    """A document of a request: its receipt, a notice, the answer."""

    request = models.ForeignKey(
        InformationRequest, on_delete=models.PROTECT, related_name="papers", verbose_name=_("request")
    )
    purpose = models.CharField(_("purpose"), max_length=12)
    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, related_name="request_paper", verbose_name=_("document")
    )

    class Meta:
        verbose_name = _("paper of a request")
        verbose_name_plural = _("papers of a request")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.request_id}/{self.purpose}"


class Remedy(models.Model):
    """A reconsideration or a suit about the answer (table 4 of the annual report)."""

    request = models.ForeignKey(
        InformationRequest, on_delete=models.PROTECT, related_name="remedies", verbose_name=_("request")
    )
    kind = models.CharField(_("remedy"), max_length=15, choices=list(REMEDY_KINDS.items()))
    opened_on = models.DateField(_("begun on"))
    result = models.CharField(
        _("result"), max_length=9, choices=list(REMEDY_RESULTS.items()), default="pending"
    )
    decided_on = models.DateField(_("decided on"), null=True)

    class Meta:
        verbose_name = _("remedy")
        verbose_name_plural = _("remedies")
        ordering = ["opened_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(result="pending", decided_on=None)
                | (~Q(result="pending") & Q(decided_on__gte=F("opened_on"))),
                name="a_decided_remedy_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}/{self.kind}"
