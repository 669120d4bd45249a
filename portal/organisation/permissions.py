"""Who may open a page or call an API view, by role."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
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

    Who was signed out while a form was open is shown what was typed before going there.

    Without a role named, everyone who works here may enter. For class-based views, with `method_decorator`.
    """
    wanted = roles or STAFF_ROLES

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = actor_of(request)
            if actor is ANONYMOUS:
                return _to_sign_in(request)
            if not actor.has_role(*wanted):
                raise PermissionDenied(sentence_for(wanted))
            return view(request, *args, **kwargs)

        return guarded  # type: ignore[return-value]

    return decorate


# What stands in forms for the portal and not for a reader.
MARKS = frozenset({"csrfmiddlewaretoken", "once", "seen", "version", "do", "step", "paper"})
# What is ticked or chosen comes as a word or key of the program, which tells a reader nothing.
CHOSEN = re.compile(r"[a-z_]{1,20}|[0-9]{1,6}")


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page, which comes back here; what came with a form is not thrown away unseen."""
    typed = [
        value.strip()
        for name, values in request.POST.lists()
        if name not in MARKS
        for value in values
        if value.strip() and not CHOSEN.fullmatch(value)
    ]
    sign_in = redirect_to_login(_page_of(request), resolve_url(settings.LOGIN_URL))
    if request.headers.get("HX-Request") or not (typed or request.FILES):
        return sign_in
    context = {"typed": typed, "chose_files": bool(request.FILES), "sign_in": sign_in.url}
    response = render(request, "organisation/signed_out.html", context, status=403)
    response["Cache-Control"] = "no-store"
    return response


def _page_of(request: HttpRequest) -> str:
    """The page to come back to: of a form that is sent elsewhere, the page on which it stands."""
    came_from = request.headers.get("Referer", "")
    here = request.get_full_path()
    if request.method != "POST" or not url_has_allowed_host_and_scheme(
        came_from, {request.get_host()}, require_https=request.is_secure()
    ):
        return here
    return came_from.removeprefix(f"{request.scheme}://{request.get_host()}") or here


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
