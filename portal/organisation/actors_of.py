"""Who acts in a request: the bridge between Django's sign-in and the value that verbs take."""

from __future__ import annotations

from django.http import HttpRequest

from portal.organisation.actors import ANONYMOUS, Actor
from portal.organisation.models import Staff


def actor_of(request: HttpRequest) -> Actor:
    """The actor behind a request; `ANONYMOUS` when nobody is signed in.

    Kept on the user object of the request, so that a page asks the database once at most.
    DRF's `Request` is taken as well.
    """
    user = getattr(request, "user", None)
    if not isinstance(user, Staff):
        # request.user is lazy, and isinstance sees through it.
        return ANONYMOUS
    known: Actor | None = getattr(user, "_actor", None)
    if known is None:
        known = user.actor()
        user._actor = known  # type: ignore[attr-defined]
    return known
