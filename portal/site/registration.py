"""The pages of the portal's own modules in the navigation, which they stand below and cannot import."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.organisation.actors import STAFF_ROLES, Role

from . import workbench
from .navigation import Item, Section
from .navigation import register as add


def register() -> None:
    """Called once, when every app is loaded."""
    # Models: they can be imported only now.
    from portal.documents.registration import LETTER
    from portal.notices import delivery

    add(
        Section.OPENNESS,
        Item(
            _("Working-day calculator"),
            "workdays:calculator",
            summary=_("When does a limit end? Every day is shown, and why it counts or not."),
            order=10,
        ),
        Item(
            _("Ledger seals"),
            "ledger:seals",
            summary=_(
                "Check that the record of your case was not altered, with its receipt and a public seal."
            ),
            order=20,
        ),
        Item(
            _("Check a document"),
            "verify:check",
            summary=_("Is it genuine, unchanged, and still in force? Upload the file or enter its number."),
            order=30,
        ),
    )
    add(
        Section.SERVICES,
        Item(
            _("Follow my matter"),
            "cases:follow",
            summary=_("Where it stands and until when, by number and look-up code."),
            order=30,
        ),
    )
    add(
        Section.WORK,
        Item(_("Documents"), "documents:list", roles=LETTER.seen_by, order=60),
        Item(_("Notices"), "notices:inbox", roles=STAFF_ROLES, order=80),
        Item(_("Units and phone numbers"), "organisation:directory", roles=STAFF_ROLES, order=90),
    )
    add(
        Section.SUPERVISION,
        Item(_("Supervision desk"), "oversight:desk", roles={Role.SUPERVISOR}, order=10),
        Item(_("Cards"), "oversight:cards", roles={Role.SUPERVISOR, Role.HANDLER, Role.OPERATOR}, order=20),
        Item(_("Appraisal"), "oversight:appraisal", roles={Role.SUPERVISOR}, order=30),
    )
    add(
        Section.MANAGEMENT,
        Item(
            _("Enter a holiday notice"),
            "cases:enter_notice",
            roles={Role.SUPERVISOR, Role.ADMINISTRATOR},
            order=10,
        ),
        Item(_("Failed deliveries"), "notices:failed", roles=delivery.MAY_RETRY, order=20),
        Item(_("Administration"), "admin:index", roles={Role.ADMINISTRATOR}, order=90),
    )
    workbench.register(Role.SUPERVISOR, "oversight:desk")
