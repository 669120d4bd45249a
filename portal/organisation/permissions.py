"""Who may open a page or call an API view, by role."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission

from portal.organisation.actors import ANONYMOUS, STAFF_ROLES, Role
from portal.organisation.actors_of import actor_of

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def sentence_for(roles: tuple[Role, ...]) -> str:
    """Why the page stays closed, in the reader's language."""
    names = _(", ").join(str(role.label) for role in roles)
    return _("This page is for these roles only: %(roles)s.") % {"roles": names}


def require_role(*roles: Role) -> Callable[[View], View]:
    """Decorates a view: signed-out visitors go to sign-in, others without any of the roles get a 403.

    Without a role named, everyone who works here may enter. For class-based views, with `method_decorator`.
    """
    wanted = roles or STAFF_ROLES

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = actor_of(request)
            if actor is ANONYMOUS:
                return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))
            if not actor.has_role(*wanted):
                raise PermissionDenied(sentence_for(wanted))
            return view(request, *args, **kwargs)

        return guarded  # type: ignore[return-value]

    return decorate


class HasRole(BasePermission):
    """For DRF: `permission_classes = [HasRole.of(Role.OPERATOR, Role.SUPERVISOR)]`."""

    roles: ClassVar[tuple[Role, ...]] = STAFF_ROLES

    @classmethod
    @cache
    def of(cls, *roles: Role) -> type[HasRole]:
        return type("HasRole", (cls,), {"roles": roles})

    @property
    def message(self) -> str:
        return sentence_for(self.roles)

    def has_permission(self, request: Any, view: Any) -> bool:
        return actor_of(request).has_role(*self.roles)
