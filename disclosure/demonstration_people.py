"""Who asks the demonstration's bureau for information. Nobody is called so, and no number is anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from stdnum.cn import ric, uscc

DISTRICT = "330802"
# By its place, the weight of each character of an organisation code (GB 11714).
WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def number_of(applicant: Mapping[str, Any]) -> str:
    """A person's ID number or a body's credit code, as `applicant` of the file has them."""
    if applicant["kind"] == "person":
        return id_number(applicant["born"])
    return credit_code(applicant["prefix"], applicant["serial"])


def id_number(born: date) -> str:
    """A resident's number by GB 11643. Its serial is 000, which is given to nobody."""
    figures = f"{DISTRICT}{born:%Y%m%d}000"
    # The library leaves the last character out of the reckoning, whatever it is.
    return figures + ric.calc_check_digit(f"{figures}0")


def credit_code(prefix: str, serial: int) -> str:
    """A credit code by GB 32100; the organisation code in it begins MAYX and has its own check character."""
    organisation = f"MAYX{serial:04d}"
    check = -sum(weight * int(each, 36) for weight, each in zip(WEIGHTS, organisation, strict=True)) % 11
    start = f"{prefix}{DISTRICT}{organisation}{'X' if check == 10 else check}"
    return start + uscc.calc_check_digit(start)
