"""Who acts: the roles of the bureau, and the value that every verb names as its actor.

A verb never takes a request or a user row: it takes an `Actor`, so that the same rule serves a page, the
API, an import and the clock itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a person may do; the words are those of the bureau's rules."""

    OPERATOR = "operator", _("Hotline operator")
    HANDLER = "handler", _("Unit handler")
    CLERK = "clerk", _("Window clerk")
    OFFICE_HEAD = "office_head", _("Office head")
    CHIEF_REPRESENTATIVE = "chief_representative", _("Chief representative")
    # 本机关负责人: whom laws name where a limit is to be extended (行政许可法 art. 42).
    AGENCY_HEAD = "agency_head", _("Agency head")
    DISCLOSURE_OFFICER = "disclosure_officer", _("Disclosure officer")
    SECRECY_REVIEWER = "secrecy_reviewer", _("Secrecy reviewer")
    SUPERVISOR = "supervisor", _("Supervisor")
    ADMINISTRATOR = "administrator", _("Administrator")
    # Nobody signs in as these two: the citizen whose case it is, and the portal's own clock.
    CITIZEN = "citizen", _("Citizen")
    SYSTEM = "system", _("The portal")


STAFF_ROLES = tuple(role for role in Role if role not in (Role.CITIZEN, Role.SYSTEM))
NEEDS_SECOND_FACTOR = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
# These see the cases of every unit, so that nobody has to look up which units are theirs.
SEES_EVERY_UNIT = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `id` is the staff member's primary key, None for the portal and for citizens.

    `unit_ids` are the units whose cases the actor may handle: the own unit and those below it. It stays
    empty for the roles of `SEES_EVERY_UNIT`: ask `sees_unit`.
    """

    id: int | None
    name: str
    roles: frozenset[Role]
    unit_id: int | None = None
    unit_ids: frozenset[int] = field(default_factory=frozenset)

    def has_role(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def is_staff(self) -> bool:
        return not self.roles.isdisjoint(STAFF_ROLES)

    @property
    def sees_every_unit(self) -> bool:
        return not self.roles.isdisjoint(SEES_EVERY_UNIT)

    def sees_unit(self, unit_id: int | None) -> bool:
        """Whether cases of this unit are the actor's to see; None is a case that no unit has yet."""
        return self.sees_every_unit or (unit_id is not None and unit_id in self.unit_ids)


SYSTEM = Actor(id=None, name="system", roles=frozenset({Role.SYSTEM}))
CITIZEN = Actor(id=None, name="citizen", roles=frozenset({Role.CITIZEN}))
ANONYMOUS = Actor(id=None, name="anonymous", roles=frozenset())
