"""Where a member of staff is taken after signing in: the page that the role works on.

An app says so in its `AppConfig.ready()`: `workbench.register(Role.OPERATOR, "hotline:queue")`.
"""

from __future__ import annotations

from portal.organisation.actors import STAFF_ROLES, Actor, Role

_pages: dict[Role, str] = {}


def register(role: Role, url_name: str) -> None:
    """Make `url_name` (a page without arguments) the start page of a role. The last one to say so wins."""
    _pages[role] = url_name


def start_page(actor: Actor) -> str | None:
    """The name of the actor's start page; with several roles, that of the first in the order of `Role`."""
    return next((_pages[role] for role in STAFF_ROLES if role in actor.roles and role in _pages), None)
