"""Texts on their way into the catalogue: one that was written, or many that came in a spreadsheet."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from disclosure.models.catalogue import LONGEST_BODY, Category, Channel, Disclosure, Theme
from disclosure.models.requests import InformationRequest
from disclosure.rules.publication import OCCASIONS, THIRD_PARTY_ANSWERS
from portal.cases.models import Case, CaseQuerySet
from portal.cases.opening import Opening
from portal.cases.text import LineField, TextField


class PublicationQuerySet(CaseQuerySet["Publication"]):
    def for_list(self) -> PublicationQuerySet:
        return self.select_related("unit", "holder", "author")

    def for_step(self) -> PublicationQuerySet:
        return self.select_related("author", "corrects")


class Publication(Case):
    """The work of bringing texts out; with `corrects` it puts one in the place of a text that is public."""

    occasion = models.CharField(_("why it is published"), max_length=12, choices=list(OCCASIONS.items()))
    made_on = models.DateField(_("made on"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("author"),
    )
    # Everybody who has put a hand to the text: none of them reviews it.
    written_by = ArrayField(models.BigIntegerField(), verbose_name=_("written by"), default=list)
    corrects = models.ForeignKey(
        Disclosure,
        on_delete=models.PROTECT,
        null=True,
        related_name="corrections",
        verbose_name=_("corrects"),
    )
    correction_note = LineField(_("what is corrected"), max_length=200, blank=True, default="")
    request = models.ForeignKey(
        InformationRequest,
        on_delete=models.PROTECT,
        null=True,
        related_name="publications",
        verbose_name=_("request on which it was given"),
    )
    third_party = LineField(_("third party whom it concerns"), max_length=100, blank=True, default="")
    needs_approval = models.BooleanField(_("a superior has to approve it"), default=False)
    secrecy_basis = TextField(_("basis of the secrecy review"), max_length=500, blank=True, default="")
    secrecy_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("secrecy reviewed by"),
    )
    secrecy_at = models.DateTimeField(_("secrecy reviewed"), null=True)
    may_be_public = models.BooleanField(_("may be public"), null=True)
    determined_by = LineField(_("authority that decided"), max_length=100, blank=True, default="")
    third_party_answer = models.CharField(
        _("what the third party says"),
        max_length=8,
        choices=list(THIRD_PARTY_ANSWERS.items()),
        blank=True,
        default="",
    )
    public_interest = TextField(_("public interest that demands it"), max_length=1000, blank=True, default="")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    publish_on = models.DateField(_("to be published on"), null=True)
    scheduled_on = models.DateField(_("scheduled on"), null=True)

    # On the very object that was opened, never on one that was read: what the answer to it can be made from.
    opening: Opening | None = None

    # The header row has a manager of its own; ours is for the whole publication.
    objects = PublicationQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        constraints = [
            models.CheckConstraint(
                condition=Q(corrects=None) | ~Q(correction_note=""), name="a_correction_says_what_it_corrects"
            ),
            models.CheckConstraint(
                condition=Q(secrecy_at=None, secrecy_by=None, secrecy_basis="")
                | (Q(secrecy_at__isnull=False, secrecy_by__isnull=False) & ~Q(secrecy_basis="")),
                name="a_secrecy_review_is_whole",
            ),
        ]


class PublicationEntry(models.Model):
    """One text of a publication, and where it is to stand in the catalogue."""

    publication = models.ForeignKey(
        Publication, on_delete=models.PROTECT, related_name="entries", verbose_name=_("publication")
    )
    position = models.PositiveIntegerField(_("position"))
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="+", verbose_name=_("category")
    )
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="+", verbose_name=_("theme"))
    unit = models.ForeignKey(
        "organisation.Unit", on_delete=models.PROTECT, related_name="+", verbose_name=_("issuing unit")
    )
    title = LineField(_("title"), max_length=200)
    body = TextField(_("text"), max_length=LONGEST_BODY, blank=True)
    dated_on = models.DateField(_("made on"))
    document_number = models.CharField(_("document number"), max_length=60, blank=True, default="")
    channels = ArrayField(
        models.CharField(max_length=12, choices=Channel), verbose_name=_("made public by"), default=list
    )
    keywords = LineField(_("keywords"), max_length=120, blank=True, default="")
    # Numbers that look like those of persons, which somebody looked at one by one and lets stand.
    confirmed = ArrayField(
        models.CharField(max_length=40), verbose_name=_("numbers that may stand"), default=list, blank=True
    )
    item = models.ForeignKey(
        Disclosure,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("item of the catalogue"),
    )

    class Meta:
        verbose_name = _("text to come out")
        verbose_name_plural = _("texts to come out")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "position"], name="one_text_a_position"),
        ]

    def __str__(self) -> str:
        return f"{self.publication_id}/{self.position}"
