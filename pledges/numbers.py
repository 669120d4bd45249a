"""Numbers of complaints in addresses: anything else is no page of ours, and never reaches the database."""

from __future__ import annotations

from django.urls import register_converter

from portal.cases.converters import CaseNumber


class BreachNumber(CaseNumber):
    """WN-20261123-0007, as `actions.new_number` makes them; `<breach:number>` in an address."""

    regex = r"WN-[0-9]{8}-[0-9]{4,12}"


register_converter(BreachNumber, "breach")
