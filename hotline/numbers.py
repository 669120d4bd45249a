"""Ticket numbers in addresses: anything else is no page of ours, and never reaches the database."""

from __future__ import annotations

from django.urls import register_converter

from portal.cases.converters import CaseNumber


class TicketNumber(CaseNumber):
    """12319-20261123-0007, as `actions.new_number` makes them; `<ticket:number>` in an address."""

    regex = r"12319-[0-9]{8}-[0-9]{4,12}"


register_converter(TicketNumber, "ticket")
