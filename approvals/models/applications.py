"""An application (办件) and what belongs to it: materials, files, surveys, papers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Q
from django.db.models.functions import JSONObject
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from approvals.models.items import GuideStep, ItemGuide, Material
from approvals.rules.checks import PROCEDURES, RECOMMENDATIONS, REFUSAL_GROUNDS, SERVED_BY, VERDICTS
from approvals.rules.terms import SUPPLEMENT
from approvals.workflow import OUTCOMES
from portal.cases.identity import normal_number
from portal.cases.models import Case, CaseQuerySet
from portal.cases.opening import Opening
from portal.cases.phones import validate_phone
from portal.cases.text import LineField, TextField
from portal.documents.models import Document


class ApplicantKind(models.TextChoices):
    PERSON = "person", _("Person")
    BODY = "body", _("Company or other body")


class Source(models.TextChoices):
    COUNTER = "counter", _("Counter")
    WEB = "web", _("Web")


class Rating(models.IntegerChoices):
    """好差评: five grades, of which the last two are bad (国办发〔2019〕51号)."""

    VERY_SATISFIED = 5, _("Very satisfied")
    SATISFIED = 4, _("Satisfied")
    FAIRLY_SATISFIED = 3, _("Fairly satisfied")
    DISSATISFIED = 2, _("Dissatisfied")
    VERY_DISSATISFIED = 1, _("Very dissatisfied")


# Under what name surveys that were read with an application lie on it.
READ_SURVEYS: str = "surveys_read"


class ApprovalQuerySet(CaseQuerySet["ApprovalCase"]):
    def for_list(self) -> ApprovalQuerySet:
        return self.select_related("guide__item", "unit", "holder", "first_contact")

    def for_step(self) -> ApprovalQuerySet:
        """With the steps of its guide, which say where every step leads."""
        steps = GuideStep.objects.filter(guide=models.OuterRef("guide")).order_by("id")
        pairs = steps.values(pair=JSONObject(step="step", days="days"))
        return self.annotate(guide_steps=ArraySubquery(pairs))

    def with_surveys(self) -> ApprovalQuerySet:
        """With every survey that was arranged, its units, and who was there, for pages that only look."""
        parties = SurveyParty.objects.select_related("unit", "signed_by").prefetch_related("present")
        surveys = Survey.objects.prefetch_related(models.Prefetch("parties", parties))
        return self.prefetch_related(models.Prefetch("surveys", surveys, to_attr=READ_SURVEYS))

    def of_applicant(self, number: str) -> ApprovalQuerySet:
        """Applications of the holder of an ID number or credit code, newest first."""
        return self.filter(applicant_number=normal_number(number)).order_by("-opened_at", "-id")


class ApprovalManager(models.Manager.from_queryset(ApprovalQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> Any:
        # Every rule asks the guide under which the application runs.
        return super().get_queryset().select_related("guide__item__unit")


class ApprovalCase(Case):
    """An application at the one-stop window. Its guide is the version under which it was received."""

    guide = models.ForeignKey(
        ItemGuide, on_delete=models.PROTECT, related_name="applications", verbose_name=_("guide")
    )
    source = models.CharField(_("source"), max_length=7, choices=Source)
    applicant_kind = models.CharField(_("applicant"), max_length=6, choices=ApplicantKind)
    applicant_name = LineField(_("applicant's name"), max_length=100)
    applicant_number = LineField(_("ID number or credit code"), max_length=18)
    representative = LineField(_("representative or agent"), max_length=60, blank=True, default="")
    phone = LineField(_("phone"), max_length=20, validators=[validate_phone])
    email = models.EmailField(_("e-mail"), blank=True, default="")
    address = LineField(_("address"), max_length=200, blank=True, default="")
    subject_matter = TextField(_("what is applied for"), max_length=1000)
    place = LineField(_("place of the matter"), max_length=200)
    # 一票制: a construction project's charges stand on one bill.
    consolidated_bill = models.BooleanField(_("construction project on a consolidated bill"), default=False)

    received_at = models.DateTimeField(_("received"))
    accepted_at = models.DateTimeField(_("accepted"), null=True)
    deemed = models.BooleanField(_("accepted by silence"), default=False)
    first_contact = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("taken by"),
        help_text=_("Answers for it to the applicant until a handover is accepted."),
    )
    handover_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("handover offered to"),
    )
    # Who did which step, in whatever round: {"preliminary": [12], …}.
    done_by = models.JSONField(default=dict)
    supplement_asked_at = models.DateTimeField(_("supplement asked for"), null=True)
    supplement_until = models.DateField(_("to be supplemented by"), null=True)
    refusal_ground = models.CharField(
        _("ground"), max_length=20, choices=list(REFUSAL_GROUNDS.items()), blank=True, default=""
    )
    competent_agency = LineField(_("competent agency"), max_length=100, blank=True, default="")
    recommendation = models.CharField(
        _("recommendation"), max_length=5, choices=list(RECOMMENDATIONS.items()), blank=True, default=""
    )
    surveyed = models.BooleanField(_("survey held"), default=False)
    special_kind = models.CharField(
        _("special procedure"), max_length=13, choices=list(PROCEDURES.items()), blank=True, default=""
    )
    special_until = models.DateField(_("special procedure until"), null=True)
    extension_asked = models.PositiveSmallIntegerField(_("extension asked for"), null=True)
    outcome = models.CharField(
        _("decision"), max_length=7, choices=list(OUTCOMES.items()), blank=True, default=""
    )
    decided_at = models.DateTimeField(_("decided"), null=True)
    content = TextField(_("what is granted"), max_length=2000, blank=True, default="")
    conditions = TextField(_("requirements"), max_length=2000, blank=True, default="")
    valid_from = models.DateField(_("valid from"), null=True)
    valid_until = models.DateField(_("valid until"), null=True)
    denial_basis = TextField(_("basis of the denial"), max_length=500, blank=True, default="")
    served_by = models.CharField(
        _("served"), max_length=4, choices=list(SERVED_BY.items()), blank=True, default=""
    )
    served_to = LineField(_("received by"), max_length=60, blank=True, default="")
    served_on = models.DateField(_("served on"), null=True)
    rating = models.PositiveSmallIntegerField(_("rating"), choices=Rating, null=True)
    rating_words = TextField(_("the applicant's words"), max_length=1000, blank=True, default="")
    rated_at = models.DateTimeField(_("rated"), null=True)

    # On the very object that was opened, never on one that was read: what the answer to it can be made from.
    opening: Opening | None = None

    surveys_read: list[Survey]
    _under_way: Survey | None

    # The header row has a manager of its own; ours is for the whole application.
    objects = ApprovalManager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        indexes = [
            models.Index(fields=["applicant_number"], name="approval_applicant"),
            models.Index(fields=["first_contact"], name="approval_first_contact"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(rating=None) | Q(rating__gte=1, rating__lte=5), name="approval_rating_is_a_grade"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_at=None) | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="a_decision_says_when",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=models.F("valid_from")),
                name="a_grant_is_valid_for_a_day_at_least",
            ),
        ]

    @property
    def is_person(self) -> bool:
        return self.applicant_kind == ApplicantKind.PERSON

    def days_of(self, step: str) -> int:
        """The working days of a step in its guide; 0 where the item does not have it."""
        # Read with the application where a step is taken, else by the guide itself.
        read: list[dict[str, Any]] | None = self.__dict__.get("guide_steps")
        if read is not None:
            return next((each["days"] for each in read if each["step"] == step), 0)
        return self.guide.days_of(step)

    @cached_property
    def given(self) -> list[GivenMaterial]:
        """What the guide asks for, as it was brought, in the guide's order."""
        return list(self.given_materials.select_related("material").order_by("material__position"))

    def missing(self) -> list[GivenMaterial]:
        """What is not in order and has to be: required and absent, or brought and faulty."""
        return [
            each
            for each in self.given
            if each.in_order is False or (each.material.required and not each.in_order)
        ]

    def is_unsent(self, file: MaterialFile) -> bool:
        """Chosen for a supplement that is not sent yet: the applicant may take it out; nobody reads it."""
        asked = self.supplement_asked_at
        return self.state == SUPPLEMENT and file.by_public and asked is not None and file.at >= asked

    def sent_files(self) -> list[MaterialFile]:
        """What has come with the application, for whoever may read it."""
        return [each for each in self.files.all() if not self.is_unsent(each)]

    def survey(self) -> Survey | None:
        """The survey that is under way: arranged and not yet concluded."""
        # A page that asks every rule reads them once, with `with_surveys`.
        if hasattr(self, "surveys_read"):
            return next((each for each in self.surveys_read if each.concluded_at is None), None)
        if not hasattr(self, "_under_way"):
            # Asked by several rules of one step, so it is kept until `surveys` writes what changes it.
            parties = SurveyParty.objects.select_related("unit").prefetch_related("present")
            running = self.surveys.filter(concluded_at=None)
            self._under_way = running.prefetch_related(models.Prefetch("parties", parties)).last()
        return self._under_way

    def forget_survey(self) -> None:
        """What was read of the survey is no longer so."""
        self.__dict__.pop("_under_way", None)


class GivenMaterial(models.Model):
    """A material as the applicant brought it; `in_order` is None until somebody has looked at it."""

    case = models.ForeignKey(
        ApprovalCase, on_delete=models.PROTECT, related_name="given_materials", verbose_name=_("application")
    )
    material = models.ForeignKey(
        Material, on_delete=models.PROTECT, related_name="+", verbose_name=_("material")
    )
    in_order = models.BooleanField(_("in order"), null=True)
    problem = LineField(_("what is wrong with it"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("material of an application")
        verbose_name_plural = _("materials of an application")
        ordering = ["material__position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "material"], name="a_material_once_an_application"),
            models.CheckConstraint(
                condition=~Q(in_order=False) | ~Q(problem=""), name="what_is_not_in_order_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.material_id}"


def material_path(file: MaterialFile, name: str) -> str:
    """By the content's own hash, so that neither a person nor a matter shows in the path."""
    return f"materials/{file.sha256[:2]}/{name}"


class MaterialFile(models.Model):
    """A file that was uploaded for a material: of an application, or of a draft that is not sent yet."""

    case = models.ForeignKey(
        ApprovalCase, on_delete=models.PROTECT, null=True, related_name="files", verbose_name=_("application")
    )
    draft = models.ForeignKey(
        "approvals.Draft", on_delete=models.CASCADE, null=True, related_name="files", verbose_name=_("draft")
    )
    material = models.ForeignKey(
        Material, on_delete=models.PROTECT, related_name="+", verbose_name=_("material")
    )
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=4)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(_("hash"), max_length=64)
    file = models.FileField(_("file"), upload_to=material_path, max_length=200)
    by_public = models.BooleanField(_("from the applicant"))
    at = models.DateTimeField(_("added"))

    class Meta:
        verbose_name = _("file of an application")
        verbose_name_plural = _("files of an application")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(case__isnull=False, draft=None) | Q(case=None, draft__isnull=False),
                name="a_file_belongs_to_an_application_or_a_draft",
            ),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class Survey(models.Model):
    """A joint site survey (联合踏勘): one record, of which each unit signs its own opinion."""

    case = models.ForeignKey(
        ApprovalCase, on_delete=models.PROTECT, related_name="surveys", verbose_name=_("application")
    )
    planned_at = models.DateTimeField(_("planned for"))
    place = LineField(_("where"), max_length=200)
    note = LineField(_("note"), max_length=1000, blank=True, default="")
    arranged_at = models.DateTimeField(_("arranged"))
    concluded_at = models.DateTimeField(_("concluded"), null=True)

    class Meta:
        verbose_name = _("site survey")
        verbose_name_plural = _("site surveys")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(concluded_at=None), name="one_survey_under_way_an_application"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.planned_at:%Y-%m-%d}"

    def present_ids(self) -> set[int]:
        """The keys of all who were there, of whatever unit."""
        return {each.pk for party in self.parties.all() for each in party.present.all()}


class SurveyParty(models.Model):
    """A unit that takes part in a survey, and the opinion that it signed."""

    survey = models.ForeignKey(
        Survey, on_delete=models.PROTECT, related_name="parties", verbose_name=_("survey")
    )
    unit = models.ForeignKey(
        "organisation.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit")
    )
    verdict = models.CharField(
        _("what the unit says"), max_length=11, choices=list(VERDICTS.items()), blank=True, default=""
    )
    opinion = TextField(_("opinion"), max_length=1000, blank=True, default="")
    present = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="+", verbose_name=_("who was there")
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("signed by"),
    )
    signed_at = models.DateTimeField(_("signed"), null=True)

    class Meta:
        verbose_name = _("unit at a survey")
        verbose_name_plural = _("units at a survey")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["survey", "unit"], name="a_unit_once_a_survey"),
            models.CheckConstraint(
                condition=Q(signed_at=None, signed_by=None, verdict="")
                | (Q(signed_at__isnull=False, signed_by__isnull=False) & ~Q(verdict="") & ~Q(opinion="")),
                name="a_signed_opinion_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.survey_id}/{self.unit_id}"


class Paper(models.Model):
    """A document of an application, and the proof that it was served (送达回证)."""

    case = models.ForeignKey(
        ApprovalCase, on_delete=models.PROTECT, related_name="papers", verbose_name=_("application")
    )
    purpose = models.CharField(_("purpose"), max_length=12)
    document = models.OneToOneField(
        Document, on_delete=models.PROTECT, related_name="paper", verbose_name=_("document")
    )
    served_by = models.CharField(
        _("served"), max_length=4, choices=list(SERVED_BY.items()), blank=True, default=""
    )
    served_to = LineField(_("received by"), max_length=60, blank=True, default="")
    served_on = models.DateField(_("served on"), null=True)

    class Meta:
        verbose_name = _("paper of an application")
        verbose_name_plural = _("papers of an application")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(served_by="", served_to="", served_on=None)
                | (~Q(served_by="") & ~Q(served_to="") & Q(served_on__isnull=False)),
                name="a_proof_of_service_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.purpose}"
