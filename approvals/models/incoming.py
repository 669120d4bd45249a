"""Documents and requests that come in over the counter, and are answered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from approvals.rules import incoming as rules
from portal.cases.models import Case, CaseQuerySet
from portal.cases.phones import validate_phone
from portal.cases.text import LineField, TextField


class Form(models.TextChoices):
    DOCUMENT = rules.DOCUMENT, _("Incoming document")
    REQUEST = rules.REQUEST, _("Incoming request")


class IncomingQuerySet(CaseQuerySet["Incoming"]):
    def for_list(self) -> IncomingQuerySet:
        return self.select_related("unit", "holder", "registered_by")


class Incoming(Case):
    """An incoming document (来文) or request (来件)."""

    form = models.CharField(_("kind"), max_length=8, choices=Form)
    sender = LineField(_("from"), max_length=100)
    sender_phone = LineField(
        _("sender's phone"), max_length=20, blank=True, default="", validators=[validate_phone]
    )
    sender_number = LineField(_("sender's document number"), max_length=60, blank=True, default="")
    dated_on = models.DateField(_("dated"), null=True, blank=True)
    content = TextField(_("content"), max_length=2000)
    own_days = models.PositiveSmallIntegerField(
        _("limit that the document sets"),
        null=True,
        blank=True,
        help_text=_("Working days; empty where it sets none."),
    )
    same_day = models.BooleanField(_("to be answered on the same day"), default=False)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("registered by"),
    )
    reply = TextField(_("answer"), max_length=4000, blank=True, default="")
    reply_number = LineField(_("number of the answer"), max_length=60, blank=True, default="")
    replied_at = models.DateTimeField(_("answered"), null=True)

    objects = IncomingQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("incoming document or request")
        verbose_name_plural = _("incoming documents and requests")
        constraints = [
            models.CheckConstraint(
                condition=Q(form=rules.REQUEST, own_days=None) | Q(form=rules.DOCUMENT, same_day=False),
                name="incoming_limit_fits_its_kind",
            ),
        ]
