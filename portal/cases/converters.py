"""Case numbers in addresses: anything else is no page of ours, and never reaches the database."""

from __future__ import annotations

from django.urls import register_converter


class CaseNumber:
    """A number of any kind of case; `<case:number>` in an address."""

    regex = r"[0-9A-Za-z-]{1,40}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CaseNumber, "case")
