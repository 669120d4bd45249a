"""Numbers in addresses: anything else is no page of ours, and never reaches the database."""

from __future__ import annotations

from django.urls import register_converter

from portal.cases.converters import CaseNumber


class IndexNumber:
    """MB0DEM019/2026-00001, as `codes.index_number` makes them; `<index:…>`, with a slash of its own."""

    regex = r"[0-9A-Z]{9}/[0-9]{4}-[0-9]{5}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class PublicationNumber(CaseNumber):
    """GK-20261125-0007; `<publication:number>` in an address."""

    regex = r"GK-[0-9]{8}-[0-9]{4,12}"


class RequestNumber(CaseNumber):
    """YS-20261125-0007; `<request:number>` in an address."""

    regex = r"YS-[0-9]{8}-[0-9]{4,12}"


register_converter(IndexNumber, "index")
register_converter(PublicationNumber, "publication")
register_converter(RequestNumber, "request")
