"""Who writes and approves the annual report, and what has to be there and right before it is approved.

Source: 政府信息公开条例 (国令711号, 2019) art. 49 (due on 31 January) and 50 (what it tells), with the format
of 国办公开办函〔2021〕30号.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from disclosure import annual_names as names
from disclosure.rules.request import SEEN_BY
from portal.cases.workflow import NotAllowed, Refused
from portal.documents.typed import Wrong, many_lines
from portal.organisation.actors import Actor, Role

if TYPE_CHECKING:
    from disclosure.models.reports import AnnualReport

WRITERS = frozenset({Role.DISCLOSURE_OFFICER})
APPROVERS = frozenset({Role.AGENCY_HEAD})
# Its numbers open requests: who may see those may see it before it is out.
READERS = SEEN_BY
# The first year of the regulation that it reports on.
FIRST_YEAR = 2019
DUE_MONTH, DUE_DAY = 1, 31

# Table 2, which the portal knows nothing of: line, and what is counted of it.
COUNTED = (
    ("rules", "made"),
    ("rules", "repealed"),
    ("rules", "in_force"),
    ("normative_documents", "made"),
    ("normative_documents", "repealed"),
    ("normative_documents", "in_force"),
    ("permits", "decisions"),
    ("penalties", "decisions"),
    ("compulsory_measures", "decisions"),
)
# In ten thousand yuan, to a single yuan.
AMOUNTS = (("fees", "amount"),)
MOST_COUNTED, MOST_DIGITS, DECIMALS = 9_999_999, 12, 4


def figure_name(line: str, measure: str) -> str:
    return f"{line}_{measure}"


FIGURES = tuple(figure_name(*each) for each in (*COUNTED, *AMOUNTS))
AMOUNT_NAMES = frozenset(figure_name(*each) for each in AMOUNTS)
CHAPTERS = ("overall", "problems", "others")
# Stands in the first draft where somebody has to write; an approved report has none of it.
TO_WRITE = "【待补充】"


# Who --------------------------------------------------------------------------------------------------------


def check_may_write(actor: Actor) -> None:
    """Raises NotAllowed unless the actor writes the report."""
    if not actor.has_role(*WRITERS):
        raise NotAllowed(_("Your role does not permit this step."))


def may_approve(writers: Collection[int], actor: Actor) -> bool:
    return actor.has_role(*APPROVERS) and actor.id not in writers


def check_may_approve(report: AnnualReport, actor: Actor) -> None:
    """Raises NotAllowed unless the actor heads the agency and wrote nothing in it."""
    if not actor.has_role(*APPROVERS):
        raise NotAllowed(_("Your role does not permit this step."))
    if not may_approve(report.writers, actor):
        raise NotAllowed(_("Who wrote the report does not approve it."))


# When -------------------------------------------------------------------------------------------------------


def check_year(year: int, *, today: date) -> None:
    """Raises Refused for a year that has not begun, or lies before the regulation."""
    if not FIRST_YEAR <= year <= today.year:
        words = {"first": FIRST_YEAR, "last": today.year}
        raise Refused(_("There are reports of the years %(first)s to %(last)s.") % words, field="year")


def is_over(year: int, *, today: date) -> bool:
    return today.year > year


def check_is_over(year: int, *, today: date) -> None:
    """Raises Refused as long as the year goes on: what is counted might still change."""
    if not is_over(year, today=today):
        raise Refused(_("The year is not over: its report is approved from 1 January on."))


def due_on(year: int) -> date:
    """Art. 49: by 31 January it is handed in and made public."""
    return date(year + 1, DUE_MONTH, DUE_DAY)


def check_is_draft(report: AnnualReport) -> None:
    if report.is_approved:
        raise Refused(_("This report is approved: nothing in it is changed any more."))


# What -------------------------------------------------------------------------------------------------------


def figure(name: str, value: Any) -> int | str | None:
    """A figure as it is kept: a count, an amount as a text such as 12.5, None for one not known yet.

    Raises Refused at the field.
    """
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Refused(_("Please write a number."), field=name) from None
    places = DECIMALS if name in AMOUNT_NAMES else 0
    if not number.is_finite() or not 0 <= number <= MOST_COUNTED or number != round(number, places):
        sentence = (
            _("Please write an amount from 0 to %(most)s, with at most %(places)s decimals.")
            if places
            else _("Please write a whole number from 0 to %(most)s.")
        )
        raise Refused(sentence % {"most": MOST_COUNTED, "places": places}, field=name)
    return format(number.normalize(), "f") if places else int(number)


def figures(given: Mapping[str, Any]) -> dict[str, int | str | None]:
    """What was entered, as it is kept. Raises Refused at the field, also for a figure that there is not."""
    for name in given:
        if name not in FIGURES:
            raise Refused(_("There is no such figure in the report."))
    return {name: figure(name, value) for name, value in given.items()}


def text(chapter: str, value: str) -> str:
    """A chapter as it is kept: its paragraphs, one a line. Raises Refused at the field."""
    if chapter not in CHAPTERS:
        raise Refused(_("There is no such chapter in the report."))
    try:
        # What the document could not print is known while it is written, not when it is approved.
        return "\n".join(many_lines(value))
    except Wrong as wrong:
        sentence = _("%(label)s: %(why)s") % {"label": _("Text"), "why": wrong}
        raise Refused(sentence, field=chapter) from None


def check_is_whole(report: AnnualReport) -> None:
    """Raises Refused for a figure or a text that is missing: what is not known is not none at all."""
    if sentences := missing(report):
        raise Refused(sentences[0])


def missing(report: AnnualReport) -> list[str]:
    """What figures and texts still want, in sentences; none when they are whole."""
    found = []
    unknown = sum(report.figures.get(name) is None for name in FIGURES)
    if unknown:
        sentence = ngettext(
            "%(number)s figure of chapter two is missing. Where there is none, 0 is written.",
            "%(number)s figures of chapter two are missing. Where there is none, 0 is written.",
            unknown,
        )
        found.append(sentence % {"number": unknown})
    for chapter in CHAPTERS:
        name, written = names.CHAPTERS[chapter], report.texts.get(chapter, "")
        if not written.strip():
            found.append(_("“%(chapter)s” has no text yet.") % {"chapter": name})
        elif TO_WRITE in written:
            sentence = _("“%(chapter)s” still has a place where something is to be written: %(mark)s")
            found.append(sentence % {"chapter": name, "mark": TO_WRITE})
    return found
