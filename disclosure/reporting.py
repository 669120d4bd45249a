"""The verbs of the annual report: begin it, write in it, approve it. Each writes its event in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from disclosure import annual, annual_form
from disclosure.annual_texts import first_drafts
from disclosure.models.reports import AnnualReport, ReportState
from disclosure.rules import annual as rules
from portal.cases.kept_files import undone_with_the_verb
from portal.cases.terms import local_day
from portal.cases.workflow import Conflict, Refused
from portal.documents.actions import issue
from portal.documents.kinds import DocumentKind
from portal.ledger.actions import record
from portal.organisation.actors import Actor

KIND = DocumentKind(
    code="annual_report",
    name=gettext_lazy("Annual report on open government"),
    layout="annual",
    series_word="年报",
    public=True,
)


def title_of(year: int) -> str:
    return f"{settings.BUREAU['name']}{year}年政府信息公开工作年度报告"


def tables_of(report: AnnualReport) -> annual.Tables:
    """As they were approved; of a draft as they are now."""
    if report.is_approved:
        assert report.tables is not None
        return annual.Tables.of(report.year, report.tables)
    return annual.tables(report.year)


def values_of(report: AnnualReport, tables: annual.Tables) -> dict[str, Any]:
    """What the layout takes."""
    return {
        "chapters": [
            {
                "heading": chapter.heading,
                "paragraphs": [line for line in chapter.paragraphs if line],
                "grids": [_grid(each) for each in chapter.grids],
                "dense": chapter.dense,
            }
            for chapter in annual_form.chapters(report.figures, report.texts, tables)
        ]
    }


def _grid(grid: annual_form.Grid) -> dict[str, Any]:
    lines = [
        [{"text": each.text, "across": each.across, "down": each.down, "name": each.is_head} for each in line]
        for line in grid.lines
    ]
    return {"widths": list(grid.widths), "heads": grid.heads, "lines": lines}


def obstacles(report: AnnualReport, tables: annual.Tables, *, today: date) -> list[str]:
    """Why a draft cannot be approved yet, in sentences; none when nothing stands in the way."""
    found = []
    try:
        rules.check_is_over(report.year, today=today)
    except Refused as refused:
        found.append(str(refused.message))
    return [*found, *rules.missing(report), *annual.check(tables)]


# The verbs --------------------------------------------------------------------------------------------------


@transaction.atomic
def begin(year: int, *, actor: Actor, at: datetime) -> AnnualReport:
    """Begin the report of a year; its texts are drafted from what is counted. Raises Refused, NotAllowed."""
    rules.check_may_write(actor)
    rules.check_year(year, today=local_day(at))
    assert actor.id is not None
    report, is_new = AnnualReport.objects.get_or_create(
        year=year,
        defaults={
            "author_id": actor.id,
            "writers": [actor.id],
            "begun_at": at,
            "texts": first_drafts(annual.tables(year), annual.facts(year)),
        },
    )
    if not is_new:
        raise Refused(_("The report of this year has been begun already."))
    record(report.subject, "report_begun", at=at, actor=actor, opens=True)
    return report


@transaction.atomic
def write(
    report: AnnualReport,
    *,
    figures: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
    seen: int | None = None,
    actor: Actor,
    at: datetime,
) -> AnnualReport:
    """Enter figures (None for one not known yet), or write chapters; one left empty is drafted anew.

    `seen` is the version that was looked at. Raises Refused at the field, NotAllowed, and Conflict where
    somebody else wrote meanwhile.
    """
    rules.check_may_write(actor)
    locked = _locked(report, seen)
    rules.check_is_draft(locked)
    entered, written = rules.figures(figures or {}), dict(texts or {})
    if any(not each.strip() for each in written.values()):
        drafts = first_drafts(annual.tables(locked.year), annual.facts(locked.year))
        written = {name: each if each.strip() else drafts.get(name, "") for name, each in written.items()}
    written = {name: rules.text(name, each) for name, each in written.items()}
    changed = [
        name
        for kept, new in ((locked.figures, entered), (locked.texts, written))
        for name, value in new.items()
        if kept.get(name) != value
    ]
    if not changed:
        return locked
    locked.figures, locked.texts = {**locked.figures, **entered}, {**locked.texts, **written}
    assert actor.id is not None
    locked.writers = sorted({*locked.writers, actor.id})
    locked.version += 1
    locked.save(update_fields=["figures", "texts", "writers", "version"])
    # The chapters become public with the report; what they said on the way is nobody's record.
    data = {"changed": changed, "figures": {name: entered[name] for name in changed if name in entered}}
    record(locked.subject, "report_written", at=at, actor=actor, data=data)
    return locked


# Around the transaction: the signed file of a report that was not approved is not left in storage.
@undone_with_the_verb()
@transaction.atomic
def approve(report: AnnualReport, *, seen: int | None = None, actor: Actor, at: datetime) -> AnnualReport:
    """Approve the report of a year that is over: its tables are kept, and it is signed and made public.

    Raises NotAllowed for who wrote in it, Conflict where it was changed since it was looked at, and Refused
    while something is missing or does not come out even.
    """
    rules.check_may_approve(report, actor)
    locked = _locked(report, seen)
    rules.check_may_approve(locked, actor)
    rules.check_is_draft(locked)
    rules.check_is_over(locked.year, today=local_day(at))
    rules.check_is_whole(locked)
    tables = annual.tables(locked.year)
    if wrong := annual.check(tables):
        raise Refused(wrong[0])
    document = issue(
        KIND.code, title=title_of(locked.year), values=values_of(locked, tables), actor=actor, at=at
    )
    locked.state, locked.tables, locked.document = ReportState.APPROVED, tables.kept(), document
    locked.approved_by_id, locked.approved_at = actor.id, at
    locked.version += 1
    locked.save()
    data = {"document": document.number, "sha256": document.sha256, "tables": locked.tables}
    record(locked.subject, "report_approved", at=at, actor=actor, data=data)
    return locked


def _locked(report: AnnualReport, seen: int | None) -> AnnualReport:
    locked = AnnualReport.objects.select_for_update().get(pk=report.pk)
    if seen is not None and seen != locked.version:
        raise Conflict(_("Somebody else wrote in the report meanwhile. Please look at it again."))
    return locked
