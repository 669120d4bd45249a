"""What every page's template may use; made only when it is used."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from portal.organisation.actors import Actor
from portal.organisation.actors_of import actor_of

from . import navigation
from .elder import is_elder


def site(request: HttpRequest) -> dict[str, Any]:
    """bureau, bureau_name, actor, navigation, elder: for base.html and the components."""
    bureau = settings.BUREAU
    chinese = (get_language() or "").startswith("zh")

    def actor() -> Actor:
        return actor_of(request)

    def groups() -> list[navigation.Group]:
        return navigation.groups(actor_of(request), request.path)

    return {
        "bureau": bureau,
        "bureau_name": bureau["name"] if chinese else bureau["name_en"],
        "actor": SimpleLazyObject(actor),
        "navigation": SimpleLazyObject(groups),
        "elder": is_elder(request),
    }
