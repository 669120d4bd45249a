"""Check codes and document numbers as people write them, and check codes in addresses."""

from __future__ import annotations

import re
import unicodedata

from django.urls import register_converter

from portal.documents.models import CHECK_CODE_LENGTH, CHECK_CODE_LETTERS

_CODE = re.compile(f"[{CHECK_CODE_LETTERS}]{{{CHECK_CODE_LENGTH}}}")
_IN_ADDRESS = re.compile(r"/verify/([0-9A-Za-z-]+)/?")
_BRACKETS = str.maketrans(dict.fromkeys("[【(［（﹝", "〔") | dict.fromkeys("]】)］）﹞", "〕"))


def canonical(text: str) -> str:
    """The check code that was meant, ten letters; "" when it is none.

    Small and full-width letters, blanks, hyphens and the whole address of the QR code are taken as well.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if found := _IN_ADDRESS.search(text):
        text = found[1]
    code = re.sub(r"[\s\-‐‑–—−]", "", text).upper()
    return code if _CODE.fullmatch(code) else ""


def canonical_number(text: str) -> str:
    """A document's number as it is kept: without blanks, the year in 〔〕 (GB/T 9704, 7.2.5)."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).translate(_BRACKETS)


class CheckCode:
    """`<code:code>` in an address: with or without its hyphen, in small letters too."""

    regex = r"[0-9A-Za-z]{5}-?[0-9A-Za-z]{5}"

    def to_python(self, value: str) -> str:
        """Raises ValueError for letters that stand in no code, so that the address is no page of ours."""
        code = canonical(value)
        if not code:
            raise ValueError(value)
        return code

    def to_url(self, value: str) -> str:
        return value


register_converter(CheckCode, "code")
