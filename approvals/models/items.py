"""The bureau's items (事项) and the versions of their guides (办事指南)."""

from __future__ import annotations

from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from approvals.codes import validate_implementation_code
from approvals.rules import guide as rules
from approvals.rules.terms import STEP_NAMES
from portal.cases.phones import validate_phone
from portal.cases.text import LineField, TextField

# What may still be written of a guide that was reviewed.
ONCE_REVIEWED = (
    *("state", "version", "reviewed_by_id", "reviewed_at", "reviewer", "review_number"),
    *("published_at", "replaced_at"),
)
DAYS = [MinValueValidator(1), MaxValueValidator(90)]


class ServiceItem(models.Model):
    """What one may apply for at the window."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = LineField(_("name"), max_length=80)
    name_en = LineField(_("name in English"), max_length=120)
    implementation_code = models.CharField(
        _("implementation code"), max_length=31, unique=True, validators=[validate_implementation_code]
    )
    unit = models.ForeignKey(
        "organisation.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("unit")
    )
    for_persons = models.BooleanField(_("for persons"), default=True)
    for_bodies = models.BooleanField(_("for companies and other bodies"), default=True)
    position = models.PositiveSmallIntegerField(_("position in lists"), default=0)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(for_persons=True) | Q(for_bodies=True), name="an_item_is_for_somebody"
            ),
        ]

    def __str__(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") and self.name_en else self.name

    @property
    def subject(self) -> str:
        """Under what name the ledger knows the item and its guides."""
        return f"item:{self.code}"


class GuideQuerySet(models.QuerySet["ItemGuide"]):
    def published(self) -> Self:
        """Those by which one applies today."""
        return self.filter(state=rules.PUBLISHED, item__active=True)

    def for_public(self) -> Self:
        return self.select_related("item__unit").prefetch_related("materials", "steps")


class ItemGuide(models.Model):
    """A version of an item's guide. A running application keeps the version under which it began."""

    item = models.ForeignKey(
        ServiceItem, on_delete=models.PROTECT, related_name="guides", verbose_name=_("item")
    )
    number = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=10, choices=list(rules.STATES.items()))
    basis = TextField(_("legal basis"), max_length=4000)
    conditions = TextField(_("conditions"), max_length=4000)
    statutory_days = models.PositiveSmallIntegerField(
        _("statutory limit"), validators=DAYS, help_text=_("Working days from acceptance.")
    )
    promised_days = models.PositiveSmallIntegerField(
        _("promised limit"),
        validators=DAYS,
        help_text=_("Working days; never more than the statutory limit."),
    )
    joint = models.BooleanField(
        _("joint handling"),
        default=False,
        help_text=_("Several agencies decide together: 45 working days and 15 more at most (art. 42)."),
    )
    extend_at_most = models.PositiveSmallIntegerField(
        _("extension at most"),
        default=10,
        validators=[MaxValueValidator(15)],
        help_text=_("0: may not be extended."),
    )
    special_days = models.PositiveSmallIntegerField(
        _("excluded time at most"),
        default=30,
        validators=DAYS,
        help_text=_("Working days that a hearing, a test or an expert review may take (art. 45)."),
    )
    supplement_days = models.PositiveSmallIntegerField(
        _("supplement within"),
        default=15,
        validators=DAYS,
        help_text=_("Working days; who brings nothing by then may be told that it is not accepted."),
    )
    fee = TextField(_("fee"), max_length=1000)
    fee_basis = TextField(_("fee basis"), max_length=1000, blank=True, default="")
    fee_exemptions = TextField(_("exemptions"), max_length=1000, blank=True, default="")
    place = LineField(_("place"), max_length=200)
    hours = LineField(_("office hours"), max_length=200)
    phone = LineField(_("phone"), max_length=40, validators=[validate_phone])
    certificate = LineField(
        _("certificate"),
        max_length=60,
        blank=True,
        default="",
        help_text=_("What it is called; empty where the decision is all that is handed out."),
    )
    validity_months = models.PositiveSmallIntegerField(_("valid for months"), null=True, blank=True)
    written_at = models.DateTimeField(_("written"))
    writers = ArrayField(models.BigIntegerField(), default=list, verbose_name=_("written by"))
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("review recorded by"),
    )
    reviewed_at = models.DateTimeField(_("review recorded"), null=True, blank=True)
    reviewer = LineField(_("legal reviewer"), max_length=60, blank=True, default="")
    review_number = LineField(_("number of the legal opinion"), max_length=60, blank=True, default="")
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    replaced_at = models.DateTimeField(_("replaced"), null=True, blank=True)
    version = models.PositiveIntegerField(_("count of changes"), default=1)

    objects = GuideQuerySet.as_manager()

    class Meta:
        verbose_name = _("guide")
        verbose_name_plural = _("guides")
        ordering = ["item__position", "item_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="one_guide_a_number"),
            models.UniqueConstraint(
                fields=["item"], condition=Q(state=rules.PUBLISHED), name="one_published_guide_an_item"
            ),
            models.CheckConstraint(
                condition=Q(promised_days__lte=F("statutory_days")), name="promised_is_within_statutory"
            ),
            models.CheckConstraint(
                condition=Q(promised_days__gte=1, special_days__gte=1), name="guide_limits_are_days"
            ),
            # Art. 42: twenty days and ten more; handled jointly, forty-five and fifteen more.
            models.CheckConstraint(
                condition=Q(joint=True, statutory_days__lte=45, extend_at_most__lte=15)
                | Q(joint=False, statutory_days__lte=20, extend_at_most__lte=10),
                name="statutory_limit_is_within_the_law",
            ),
            models.CheckConstraint(
                condition=Q(state=rules.DRAFT, reviewed_at=None)
                | (
                    ~Q(state=rules.DRAFT)
                    & Q(reviewed_at__isnull=False)
                    & ~Q(reviewer="")
                    & ~Q(review_number="")
                ),
                name="a_guide_beyond_draft_was_reviewed",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[rules.DRAFT, rules.REVIEWED], published_at=None)
                | Q(state__in=[rules.PUBLISHED, rules.REPLACED], published_at__isnull=False),
                name="a_published_guide_says_since_when",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="guide_stays",
                operation=pgtrigger.Delete,
                condition=~pgtrigger.Q(old__state=rules.DRAFT),
            ),
            pgtrigger.Trigger(
                name="guide_as_reviewed",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=~pgtrigger.Q(old__state=rules.DRAFT),
                declare=[("free", "text[]")],
                func=f"""
                    free := '{{{",".join(ONCE_REVIEWED)}}}';
                    IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free
                        OR NEW.published_at IS DISTINCT FROM coalesce(OLD.published_at, NEW.published_at)
                    THEN
                        RAISE EXCEPTION 'pgtrigger: a reviewed guide cannot be changed';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} ({self.number})"

    @property
    def state_label(self) -> str:
        return str(rules.STATES[self.state])

    @cached_property
    def days_by_step(self) -> dict[str, int]:
        return {each.step: each.days for each in self.steps.all()}

    def days_of(self, step: str) -> int:
        """The working days of a step; 0 where the item does not have it."""
        return self.days_by_step.get(step, 0)

    def steps_in_order(self) -> list[GuideStep]:
        order = list(STEP_NAMES)
        return sorted(self.steps.all(), key=lambda each: order.index(each.step))


def _frozen(table: str) -> pgtrigger.Trigger:
    """Steps and materials of a guide that was reviewed stay as they are."""
    return pgtrigger.Trigger(
        name=f"{table}_as_reviewed",
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        when=pgtrigger.Before,
        declare=[("concerned", "bigint[]")],
        func="""
            IF TG_OP = 'INSERT' THEN concerned := ARRAY[NEW.guide_id];
            ELSIF TG_OP = 'DELETE' THEN concerned := ARRAY[OLD.guide_id];
            ELSE concerned := ARRAY[OLD.guide_id, NEW.guide_id];
            END IF;
            IF EXISTS (SELECT 1 FROM approvals_itemguide WHERE id = ANY(concerned) AND state <> 'draft') THEN
                RAISE EXCEPTION 'pgtrigger: what belongs to a reviewed guide cannot be changed';
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        """,
    )


class GuideStep(models.Model):
    """A step of the chain that the item has, and its limit in working days."""

    guide = models.ForeignKey(
        ItemGuide, on_delete=models.CASCADE, related_name="steps", verbose_name=_("guide")
    )
    step = models.CharField(_("step"), max_length=12, choices=list(STEP_NAMES.items()))
    days = models.PositiveSmallIntegerField(_("within"), validators=DAYS)

    class Meta:
        verbose_name = _("step of a guide")
        verbose_name_plural = _("steps of a guide")
        ordering = ["guide", "id"]
        constraints = [
            models.UniqueConstraint(fields=["guide", "step"], name="one_limit_a_step"),
            models.CheckConstraint(condition=Q(days__gte=1), name="a_step_takes_a_day"),
        ]
        triggers = [_frozen("guide_step")]

    def __str__(self) -> str:
        return str(self.get_step_display())


def form_path(material: Material, name: str) -> str:
    return f"guides/{material.guide_id}/{name}"


class Material(models.Model):
    """What an applicant brings; `blank_form` and `filled_sample` are files to download."""

    guide = models.ForeignKey(
        ItemGuide, on_delete=models.CASCADE, related_name="materials", verbose_name=_("guide")
    )
    position = models.PositiveSmallIntegerField(_("position in lists"))
    name = LineField(_("name"), max_length=120)
    originals = models.PositiveSmallIntegerField(
        _("originals"), default=1, validators=[MaxValueValidator(20)]
    )
    copies = models.PositiveSmallIntegerField(_("copies"), default=0, validators=[MaxValueValidator(20)])
    required = models.BooleanField(_("required"), default=True)
    note = LineField(_("note"), max_length=200, blank=True, default="")
    blank_form = models.FileField(
        _("blank form"), upload_to=form_path, max_length=200, blank=True, default=""
    )
    filled_sample = models.FileField(
        _("filled sample"), upload_to=form_path, max_length=200, blank=True, default=""
    )

    class Meta:
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["guide", "position"], name="one_material_a_position"),
            models.CheckConstraint(
                condition=Q(originals__gte=1) | Q(copies__gte=1), name="a_material_is_brought_in_some_form"
            ),
        ]
        triggers = [_frozen("material")]

    def __str__(self) -> str:
        return self.name

    @property
    def counts(self) -> dict[str, Any]:
        return {"originals": self.originals, "copies": self.copies}
