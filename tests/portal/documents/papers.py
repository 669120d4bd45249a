"""Values for each layout, and what is read on the paper that comes of them."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from typing import Any

from tests.portal.documents.conftest import needs

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)


def official(**more: Any) -> dict[str, Any]:
    return {
        "agency": "云溪市城市管理局",
        "number": "云城管发〔2026〕18号",
        "title": "关于规范城区停车秩序的通知",
        "dated_on": "2026-11-24",
        "check_url": "https://portal.invalid/verify/7KQ2M-XB4RT/",
        "check_code": "7KQ2MXB4RT",
        "paragraphs": ["现将有关事项通知如下。"],
        "addressee": "各街道办事处",
        **more,
    }


def pledge(**more: Any) -> dict[str, Any]:
    return official(
        **{
            "title": "公开承诺书",
            "number": "云城管承〔2026〕3号",
            "unit": "行政审批科",
            "clauses": ["当场受理。"],
            "valid_from": "2026-12-01",
            "signer": {"name": "申屠晞", "title": "科长"},
            "paragraphs": [],
            **more,
        }
    )


VALUES = {"official": official, "letter": official, "pledge": pledge}


def text_of(pdf: bytes, *, lines: bool = False) -> str:
    """What poppler reads on the pages; without the white space that typesetting adds, unless by lines."""
    needs("pdftotext")
    shape = "-layout" if lines else "-raw"
    text = subprocess.run(["pdftotext", shape, "-", "-"], input=pdf, capture_output=True, check=True)
    return text.stdout.decode() if lines else re.sub(r"—\d+—", "", bare(text.stdout.decode()))


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def pages(pdf: bytes) -> list[str]:
    return text_of(pdf, lines=True).rstrip("\f").split("\f")
