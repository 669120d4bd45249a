"""No page for a supervisor or an administrator whose session has not passed a second factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from portal.organisation import second_factor
from portal.organisation.models import Staff

ALWAYS_OPEN = frozenset({"account_login", "account_logout", "set_language", "site:elder", "site:healthz"})
SET_UP_PAGES = frozenset(
    {"mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn", "account_reauthenticate"}
)
# Who has a factor and did not use it may use it, and may not set up another one instead.
PROOF_PAGES = frozenset({"mfa_reauthenticate", "mfa_reauthenticate_webauthn"})


class RequireSecondFactor:
    """Sends them to where they set up, or use, their second factor; an API call is answered with 403.

    Costs nothing for anyone else, and for those who passed: the roles are on the user, the mark in the
    session. Token requests come without a session and are refused by `StaffTokenAuthentication`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        # A request without a session is not worth loading one for.
        user = request.user if request.session.session_key else None
        if not isinstance(user, Staff) or not second_factor.needed(user):
            return None
        if second_factor.passed(request, user):
            return None
        page = request.resolver_match.view_name if request.resolver_match else ""
        if page in ALWAYS_OPEN:
            return None
        if second_factor.enrolled(user):
            if page in PROOF_PAGES:
                return None
            sentence = _("Enter the code of your second factor to go on.")
            return _refuse(request, "mfa_reauthenticate", sentence)
        if page in SET_UP_PAGES:
            return None
        sentence = _("Your role needs a second factor. Set it up to go on.")
        return _refuse(request, "mfa_activate_totp", sentence)


def _refuse(request: HttpRequest, url_name: str, sentence: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": sentence}, status=403)
    messages.warning(request, sentence)
    after = request.get_full_path() if request.method == "GET" else "/"
    url = f"{reverse(url_name)}?{urlencode({REDIRECT_FIELD_NAME: after})}"
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(url)
    return HttpResponseRedirect(url)
