"""What every page's template may use; made only when it is used."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from portal.notices.inbox import unread_count
from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of

from . import navigation
from .elder import is_elder


def site(request: HttpRequest) -> dict[str, Any]:
    """bureau, bureau_name, actor, navigation, unread (notices), elder: for base.html and the components."""
    bureau = settings.BUREAU
    chinese = (get_language() or "").startswith("zh")

    def actor() -> Actor:
        return actor_of(request)

    def groups() -> list[navigation.Group]:
        return navigation.groups(actor_of(request), request.path)

    def unread() -> int:
        who = actor_of(request)
        return unread_count(who) if who.is_staff else 0

    return {
        "bureau": bureau,
        "bureau_name": bureau["name"] if chinese else bureau["name_en"],
        "actor": SimpleLazyObject(actor),
        "navigation": SimpleLazyObject(groups),
        "unread": SimpleLazyObject(unread),
        "elder": is_elder(request),
    }
