"""Index numbers in addresses: MB0DEM019/2026-00001, as `codes.index_number` makes them."""

from __future__ import annotations

from django.urls import register_converter


class IndexNumber:
    """`<index:index_number>` in an address; it has a slash of its own."""

    regex = r"[0-9A-Z]{9}/[0-9]{4}-[0-9]{5}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(IndexNumber, "index")
