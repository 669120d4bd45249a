"""The bureau's units, in a tree, and the people who work in them.

Rows are written by the verbs of `actions.py` alone, so that every change has an actor and an event.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import connection, models
from django.db.models import F, Q
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from portal.organisation.actors import SEES_EVERY_UNIT, STAFF_ROLES, Actor, Role

PLAIN_CODE = r"^[a-z][a-z0-9-]*\Z"
PLAIN_USERNAME = r"^[a-z][a-z0-9._-]*\Z"
STAFF_ROLE_CHOICES = [(role.value, role.label) for role in STAFF_ROLES]
STAFF_ROLE_VALUES = [role.value for role in STAFF_ROLES]
IS_ADMINISTRATOR = Q(roles__contains=[Role.ADMINISTRATOR.value])

# UNION, not UNION ALL: it ends even if somebody wrote a cycle behind the portal's back.
SUBTREE_SQL = """
    WITH RECURSIVE below (id) AS (
        SELECT %s::bigint
        UNION
        SELECT unit.id FROM organisation_unit unit JOIN below ON unit.parent_id = below.id
    )
    SELECT id FROM below
"""


def subtree_ids(unit_id: int) -> frozenset[int]:
    """The unit and all below it, by one query, however deep the tree."""
    with connection.cursor() as cursor:
        cursor.execute(SUBTREE_SQL, [unit_id])
        return frozenset(row[0] for row in cursor.fetchall())


class UnitQuerySet(models.QuerySet["Unit"]):
    def active(self) -> UnitQuerySet:
        return self.filter(active=True)


class Unit(models.Model):
    """A department, centre, office or brigade of the bureau; the bureau itself is the root."""

    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("name in English"), max_length=100, blank=True)
    code = models.CharField(
        _("code"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(PLAIN_CODE, _("Use small letters, digits and hyphens only."))],
        help_text=_("Small letters, digits and hyphens. It stands in the records and cannot be changed."),
    )
    parent = models.ForeignKey(
        "self",
        verbose_name=_("higher unit"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
    )
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    active = models.BooleanField(_("active"), default=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(parent=F("id")),
                name="unit_is_not_its_own_parent",
                violation_error_message=_("A unit cannot be above itself."),
            ),
            models.CheckConstraint(condition=Q(code__regex=PLAIN_CODE), name="unit_code_is_plain"),
        ]

    def __str__(self) -> str:
        return self.localized_name

    @property
    def localized_name(self) -> str:
        """The name in the reader's language; the Chinese one where no other is known."""
        if (get_language() or "").startswith("en") and self.name_en:
            return self.name_en
        return self.name

    def subtree_ids(self) -> frozenset[int]:
        """The primary keys of this unit and of every unit below it: one query."""
        return subtree_ids(self.pk)


class StaffQuerySet(models.QuerySet["Staff"]):
    def active(self) -> StaffQuerySet:
        return self.filter(is_active=True)

    def with_role(self, *roles: Role) -> StaffQuerySet:
        """Staff who have at least one of the roles."""
        return self.filter(roles__overlap=[Role(role).value for role in roles])

    def of_unit(self, unit: Unit | int) -> StaffQuerySet:
        """Staff of this very unit, not of those below it."""
        return self.filter(unit=unit)


class StaffManager(UserManager["Staff"].from_queryset(StaffQuerySet)):  # type: ignore[misc]
    """`createsuperuser` makes an administrator: the first one of a new installation."""

    use_in_migrations = False

    def create_user(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> Staff:
        administrator = Role.ADMINISTRATOR.value in extra.get("roles", ())
        return super().create_user(
            username, email, password, **{"is_staff": administrator, "is_superuser": administrator, **extra}
        )

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> Staff:
        return super().create_superuser(
            username, email, password, **{"roles": [Role.ADMINISTRATOR.value], **extra}
        )


class Staff(AbstractUser):
    """Somebody who works in the bureau, and signs in with a user name of their own.

    An administrator is what Django calls staff and superuser, and nobody else is: the database holds the
    three in step, so that no permission can outlive the role.
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    username = models.CharField(
        _("user name"),
        max_length=60,
        unique=True,
        validators=[RegexValidator(PLAIN_USERNAME, _("Use small letters, digits, and . _ - only."))],
        error_messages={"unique": _("This user name is taken.")},
        help_text=_("Small letters, digits, and . _ - only. It stands in the records and cannot be changed."),
    )
    name = models.CharField(_("full name"), max_length=60)
    unit = models.ForeignKey(
        Unit,
        verbose_name=_("unit"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="staff",
    )
    roles = ArrayField(
        models.CharField(max_length=30, choices=STAFF_ROLE_CHOICES),
        verbose_name=_("roles"),
        default=list,
        blank=True,
    )
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    title = models.CharField(_("job title"), max_length=60, blank=True)

    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[StaffManager] = StaffManager()

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")
        ordering = ("username",)
        constraints = [
            models.CheckConstraint(
                condition=Q(roles__contained_by=STAFF_ROLE_VALUES), name="staff_roles_are_known"
            ),
            models.CheckConstraint(
                condition=(IS_ADMINISTRATOR & Q(is_superuser=True, is_staff=True))
                | (~IS_ADMINISTRATOR & Q(is_superuser=False, is_staff=False)),
                name="administrator_is_superuser",
            ),
            models.CheckConstraint(
                condition=Q(username__regex=PLAIN_USERNAME), name="staff_username_is_plain"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    def has_staff_role(self, *roles: Role) -> bool:
        return not set(self.roles).isdisjoint(roles)

    def set_roles(self, roles: Iterable[Role | str]) -> None:
        """Set the roles, in the order of `Role` and each once, with what Django calls staff and superuser.

        Raises ValidationError for what is no role of staff.
        """
        wanted = {str(role) for role in roles}
        if not wanted <= set(STAFF_ROLE_VALUES):
            raise ValidationError({"roles": gettext("Nobody who works here has this role.")})
        self.roles = [value for value in STAFF_ROLE_VALUES if value in wanted]
        self.is_staff = self.is_superuser = Role.ADMINISTRATOR.value in wanted

    def role_labels(self) -> list[str]:
        return [str(Role(role).label) for role in self.roles]

    def actor(self) -> Actor:
        """This person as the one who acts; who has left the bureau may do nothing any more.

        One query, for the units below the own one; none for the roles that see every unit and handle none.
        """
        roles = frozenset(Role(role) for role in self.roles) if self.is_active else frozenset()
        needs_units = Role.HANDLER in roles or (bool(roles) and roles.isdisjoint(SEES_EVERY_UNIT))
        looks_up = self.unit_id is not None and needs_units
        return Actor(
            id=self.pk,
            name=self.name or self.username,
            roles=roles,
            unit_id=self.unit_id,
            unit_ids=subtree_ids(self.unit_id) if looks_up and self.unit_id is not None else frozenset(),
        )
