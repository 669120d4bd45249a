"""Which members of staff the hotline's pages are for, and who may know the caller."""

from __future__ import annotations

from hotline.models import Ticket
from portal.organisation.actors import Role

STAFF = (Role.OPERATOR, Role.HANDLER, Role.SUPERVISOR)


def sees_the_caller(ticket: Ticket, roles: frozenset[Role], unit_ids: frozenset[int]) -> bool:
    """The centre and the unit that handles the ticket may know whom to call; nobody else needs to."""
    return Role.OPERATOR in roles or (Role.HANDLER in roles and ticket.unit_id in unit_ids)
