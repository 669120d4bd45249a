"""Tokens for programs that speak to the API in a person's name."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from portal.organisation.actions import check_may_hold_token
from portal.organisation.models import Staff
from portal.rows import fetch

# Written out, as every call of a program asks it.
HOLDER_SQL = (
    "SELECT {columns} FROM organisation_staff m JOIN authtoken_token t ON t.user_id = m.id WHERE t.key = %s"
)


class StaffTokenAuthentication(TokenAuthentication):
    """`Authorization: Token <key>`. Refuses accounts that are closed, and roles that need a second factor:
    a token would go around it, even one that was issued before the role was given."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        holders = fetch(Staff, HOLDER_SQL, [key])
        if not holders:
            raise AuthenticationFailed(_("This token is not valid."))
        (staff,) = holders
        try:
            check_may_hold_token(staff)
        except ValidationError as refused:
            raise AuthenticationFailed(refused.messages[0]) from None
        return staff, key
