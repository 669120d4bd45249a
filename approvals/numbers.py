"""Numbers of the window in addresses: anything else is no page of ours, and never reaches the database."""

from __future__ import annotations

from django.urls import register_converter

from portal.cases.converters import CaseNumber


class ApprovalNumber(CaseNumber):
    """SP-20261125-0007, as `actions.new_number` makes them; `<approval:number>` in an address."""

    regex = r"SP-[0-9]{8}-[0-9]{4,12}"


class IncomingNumber(CaseNumber):
    """LW-20261125-0007 of a document, LJ-20261125-0007 of a request; `<incoming:number>` in an address."""

    regex = r"L[WJ]-[0-9]{8}-[0-9]{4,12}"


class RatingNumber(CaseNumber):
    """CP-20261125-0007; `<rating:number>` in an address."""

    regex = r"CP-[0-9]{8}-[0-9]{4,12}"


register_converter(ApprovalNumber, "approval")
register_converter(IncomingNumber, "incoming")
register_converter(RatingNumber, "rating")
