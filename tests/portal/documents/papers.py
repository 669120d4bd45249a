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


def notice(**more: Any) -> dict[str, Any]:
    return official(
        **{
            "title": "受理通知书",
            "number": "云城管许受〔2026〕1号",
            "addressee": "申屠某",
            "facts": [
                {"label": "申请事项", "value": "城市道路临时占用许可"},
                {"label": "申请人", "value": "申屠某（3301**********1234）"},
            ],
            "paragraphs": ["你提出的申请，本机关决定予以受理。"],
            **more,
        }
    )


def certificate(**more: Any) -> dict[str, Any]:
    whole = official(
        **{
            "title": "城市道路占用许可证",
            "number": "云城管许证〔2026〕1号",
            "holder": "云溪某某商贸有限公司",
            "item": "城市道路临时占用许可",
            "content": "占用人行道20平方米。",
            "valid_from": "2026-12-01",
            **more,
        }
    )
    return {name: value for name, value in whole.items() if name not in ("paragraphs", "addressee")}


def blank_form(**more: Any) -> dict[str, Any]:
    return {
        "title": "城市道路占用许可申请表",
        "fields": [{"label": "申请人", "value": ""}, {"label": "占用事由", "value": "", "lines": 5}],
        **more,
    }


# Of every document that is numbered, signed and checked.
VALUES = {
    "official": official,
    "letter": official,
    "pledge": pledge,
    "notice": notice,
    "certificate": certificate,
}


def structure(pdf: bytes) -> str:
    """What is read aloud: the tagged text, with its tags."""
    needs("pdfinfo")
    told = subprocess.run(["pdfinfo", "-struct-text", "-"], input=pdf, capture_output=True, check=True)
    return told.stdout.decode(errors="replace")


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
