"""The catalogue of government information (信息公开目录): what everybody may read, and how it is arranged."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from disclosure import workflow
from portal.cases.text import LineField, TextField

LONGEST_BODY = 100_000


class Named(models.Model):
    """A name in both languages, in a place among its like."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = LineField(_("name"), max_length=60)
    name_en = LineField(_("name in English"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position in lists"), default=0)
    active = models.BooleanField(_("in use"), default=True)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name_en if (get_language() or "").startswith("en") else self.name


class Category(Named):
    """A branch of the catalogue (目录分类); the roots are its topics."""

    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("belongs to"),
    )

    class Meta(Named.Meta):
        verbose_name = _("category")
        verbose_name_plural = _("categories")


class Theme(Named):
    """What a document is about (主题分类), across the branches of the catalogue."""

    class Meta(Named.Meta):
        verbose_name = _("theme")
        verbose_name_plural = _("themes")


class Validity(models.TextChoices):
    IN_FORCE = workflow.IN_FORCE, _("in force")
    AMENDED = workflow.AMENDED, _("amended")
    REPEALED = workflow.REPEALED, _("repealed")


class Channel(models.TextChoices):
    """Where it was made public besides the portal (政府信息公开条例 art. 23–25)."""

    WEBSITE = "website", _("website")
    GAZETTE = "gazette", _("gazette")
    BOARD = "board", _("notice board")
    READING_ROOM = "reading_room", _("archive or library")
    PRESS = "press", _("press and broadcasting")


class DisclosureQuerySet(models.QuerySet["Disclosure"]):
    def listed(self) -> Self:
        """What stands in lists and is found: published, and not withdrawn."""
        return self.filter(withdrawn_at=None)

    def for_list(self) -> Self:
        return self.select_related("category", "theme", "unit")


class Disclosure(models.Model):
    """An item of the catalogue as it stands now. Its text is beside it, so that lists never read it.

    `disclosure.actions` is the only writer. A withdrawn one keeps its address, and shows no more than that.
    """

    index_number = models.CharField(_("index number"), max_length=40, unique=True)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="+", verbose_name=_("category")
    )
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="+", verbose_name=_("theme"))
    unit = models.ForeignKey(
        "organisation.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("issuing unit")
    )
    title = LineField(_("title"), max_length=200)
    document_number = models.CharField(_("document number"), max_length=60, blank=True, default="")
    dated_on = models.DateField(_("made on"))
    published_at = models.DateTimeField(_("published"))
    # Of the day of publication in Asia/Shanghai, by which the catalogue is browsed.
    year = models.PositiveSmallIntegerField(_("year"))
    validity = models.CharField(_("validity"), max_length=8, choices=Validity, default=Validity.IN_FORCE)
    ended_by = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="ends",
        verbose_name=_("amended or repealed by"),
    )
    channels = ArrayField(
        models.CharField(max_length=12, choices=Channel), verbose_name=_("made public by"), default=list
    )
    keywords = LineField(_("keywords"), max_length=120, blank=True, default="")
    corrected_at = models.DateTimeField(_("corrected"), null=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True)
    withdrawn_reason = LineField(_("why it was withdrawn"), max_length=200, blank=True, default="")

    # Only on rows that were read with their text.
    body: str

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("disclosed information")
        verbose_name_plural = _("disclosed information")
        indexes = [
            # Lists show what is newest first, and page by (published_at, id).
            models.Index(
                fields=["-published_at", "-id"], condition=Q(withdrawn_at=None), name="disclosure_newest"
            ),
            *(
                models.Index(
                    fields=[name, "-published_at", "-id"],
                    condition=Q(withdrawn_at=None),
                    name=f"disclosure_by_{name}",
                )
                for name in ("category", "theme", "unit", "year")
            ),
            models.Index(
                fields=["validity", "-published_at", "-id"],
                condition=Q(withdrawn_at=None) & ~Q(validity="in_force"),
                name="disclosure_no_longer",
            ),
            models.Index(fields=["document_number"], name="disclosure_document"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | ~Q(withdrawn_reason=""), name="a_withdrawal_says_why"
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None) | ~Q(validity="in_force"), name="what_was_ended_is_not_in_force"
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None) | ~Q(ended_by=F("id")), name="nothing_ends_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.index_number

    def get_absolute_url(self) -> str:
        return reverse("disclosure:item", args=[self.index_number])

    @property
    def subject(self) -> str:
        """Under what name the ledger knows the item."""
        return f"disclosure:{self.index_number}"


def grams(column: str) -> Func:
    """The pairs of neighbouring characters of a text, and each character, as numbers; see migration 0001."""
    return Func(column, function="disclosure_grams")


class Version(models.Model):
    """A text of an item as it was made public; the last one holds, the others are for staff to read."""

    disclosure = models.ForeignKey(
        Disclosure, on_delete=models.CASCADE, related_name="versions", verbose_name=_("item")
    )
    number = models.PositiveSmallIntegerField(_("version"))
    title = LineField(_("title"), max_length=200)
    document_number = models.CharField(_("document number"), max_length=60, blank=True, default="")
    body = TextField(_("text"), max_length=LONGEST_BODY, blank=True)
    published_at = models.DateTimeField(_("published"))
    note = LineField(_("what was corrected"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("version of an item")
        verbose_name_plural = _("versions of items")
        ordering = ["disclosure", "number"]
        constraints = [
            models.UniqueConstraint(fields=["disclosure", "number"], name="one_version_a_number"),
            models.CheckConstraint(condition=Q(number=1) | ~Q(note=""), name="a_correction_says_what"),
        ]

    def __str__(self) -> str:
        return f"{self.disclosure_id}/{self.number}"


class SearchText(models.Model):
    """An item in the form in which it is searched, apart from everything else, so that a row stays small.

    `words` is title, numbers, body and the text of attachments in their normal form, `title` the title
    alone. `published_at` is the item's own, so that a search can walk from new to old in this table. A
    withdrawn item has none.
    """

    disclosure = models.OneToOneField(
        Disclosure, on_delete=models.CASCADE, primary_key=True, related_name="search_text"
    )
    published_at = models.DateTimeField()
    title = models.TextField()
    words = models.TextField()

    class Meta:
        verbose_name = _("searched text")
        verbose_name_plural = _("searched texts")
        indexes = [
            models.Index(fields=["-published_at", "-disclosure"], name="search_newest"),
            GinIndex(grams("words"), name="search_words"),
            GinIndex(grams("title"), name="search_title"),
        ]

    def __str__(self) -> str:
        return str(self.disclosure_id)


class Tally(models.Model):
    """How many listed items share category, theme, unit, year and validity.

    Kept by the transaction that changes an item, so that the numbers beside the filters cost some hundred
    rows and not a million.
    """

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="+")
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("organisation.Unit", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    validity = models.CharField(max_length=8, choices=Validity)
    count = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("count of items")
        verbose_name_plural = _("counts of items")
        constraints = [
            models.UniqueConstraint(
                fields=["category", "theme", "unit", "year", "validity"], name="one_tally_a_kind"
            ),
            models.CheckConstraint(condition=Q(count__gte=0), name="nothing_is_there_less_than_never"),
        ]

    def __str__(self) -> str:
        return str(self.count)

    @property
    def kind(self) -> tuple[Any, ...]:
        return (self.category_id, self.theme_id, self.unit_id, self.year, self.validity)
