"""Tokens for programs that speak to the API in a person's name."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.exceptions import AuthenticationFailed

from portal.organisation.actions import check_may_hold_token


class StaffTokenAuthentication(TokenAuthentication):
    """`Authorization: Token <key>`. Refuses accounts that are closed, and roles that need a second factor:
    a token would go around it, even one that was issued before the role was given."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        try:
            token = Token.objects.select_related("user").get(key=key)
        except Token.DoesNotExist:
            raise AuthenticationFailed(_("This token is not valid.")) from None
        try:
            check_may_hold_token(token.user)
        except ValidationError as refused:
            raise AuthenticationFailed(refused.messages[0]) from None
        return token.user, token
