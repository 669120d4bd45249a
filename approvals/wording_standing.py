"""Where an application stands, for the applicant and in the chain of steps that its guide names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from approvals.models import ApprovalCase
from approvals.rules.checks import REFUSAL_GROUNDS
from approvals.rules.terms import (
    ACCEPT,
    ACCEPT_WITHIN,
    ACCEPTED,
    CLOSED,
    DECIDE,
    DELIVER,
    DELIVER_WITHIN,
    GRANTED,
    PROMISE,
    RECEIVED,
    REFUSED,
    REVIEW,
    SERVING,
    SIGN_OFF,
    STEP_AT,
    STEP_NAMES,
    SUPPLEMENT,
    SURVEY,
    WITHDRAWN,
)
from portal.cases.explaining import Clock
from portal.site.wording import local_date, local_moment

# The chain --------------------------------------------------------------------------------------------------

ACCEPTANCE, CERTIFICATE, DELIVERY = "acceptance", "certificate", "delivery"
DONE, NOW, TO_COME, ENDED, DROPPED = "done", "now", "to_come", "ended", "dropped"
SIGNS = {DONE: "✓", NOW: "▶", TO_COME: "○", ENDED: "✕", DROPPED: "–"}
WORDS = {
    DONE: pgettext_lazy("step", "done"),
    NOW: pgettext_lazy("step", "now"),
    TO_COME: pgettext_lazy("step", "to come"),
    ENDED: pgettext_lazy("step", "ended here"),
    DROPPED: pgettext_lazy("step", "no longer"),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the chain: `days` are the working days that it may take, None where none are set.

    `state` is one of done, now, to_come, ended, dropped; `sign` and `words` say it.
    """

    name: str | Promise
    days: int | None
    state: str

    @property
    def sign(self) -> str:
        return SIGNS[self.state]

    @property
    def words(self) -> str:
        return str(WORDS[self.state])


def chain(case: ApprovalCase) -> list[Stage]:
    """The steps that the item's guide has, between acceptance and delivery, and how far the case is."""
    guide = case.guide
    steps: list[tuple[str, str | Promise, int | None]] = [
        (ACCEPTANCE, gettext_lazy("acceptance"), ACCEPT_WITHIN.length),
        *((step, name, guide.days_of(step)) for step, name in STEP_NAMES.items() if guide.days_of(step)),
    ]
    if guide.certificate and case.outcome != "denied":
        steps.append((CERTIFICATE, pgettext_lazy("step", "certificate"), None))
    steps.append((DELIVERY, gettext_lazy("delivery of the decision"), DELIVER_WITHIN.length))
    at = _place(case, [step for step, _name, _days in steps])
    over = case.state in (REFUSED, WITHDRAWN)
    found = []
    for place, (step, name, days) in enumerate(steps):
        # A survey that was held is not held again when the application was sent back.
        if place < at or (step == "survey" and case.surveyed):
            state = DONE
        elif place == at:
            state = ENDED if over else NOW
        else:
            state = DROPPED if over else TO_COME
        found.append(Stage(name, days, state))
    return found


def _place(case: ApprovalCase, steps: list[str]) -> int:
    """At which of the steps the case is; behind the last when it is closed."""
    if case.state == CLOSED:
        return len(steps)
    if case.state == WITHDRAWN and case.accepted_at is not None:
        return next(at for at, step in enumerate(steps) if at and step not in case.done_by)
    if case.state in STEP_AT:
        return steps.index(STEP_AT[case.state])
    return steps.index({GRANTED: CERTIFICATE, SERVING: DELIVERY}.get(case.state, ACCEPTANCE))


# In sentences -----------------------------------------------------------------------------------------------

Until = dict[str, date]


def where_it_stands(case: ApprovalCase, clocks: Iterable[Clock] | None = None) -> list[str]:
    """Who has it now, until when, and what comes next: sentences for the applicant. Names no person.

    `clocks` are those of the case, where they were read before.
    """
    limits = case.deadlines.running() if clocks is None else [each.deadline for each in clocks]
    until = {each.term: each.due_on for each in limits if each.is_running and each.due_on is not None}
    return [sentence for sentence in STANDING[case.state](case, until) if sentence]


def _received(case: ApprovalCase, until: Until) -> list[str]:
    found = [_("The window has your application and checks whether it is complete.")]
    if ACCEPT in until:
        words = {"day": local_date(until[ACCEPT])}
        told = (
            _("By %(day)s you are told whether it is accepted.")
            if case.supplement_asked_at
            else _("By %(day)s you are told whether it is accepted, or everything that is missing.")
        )
        found += [
            told % words,
            _("If you hear nothing by then, it counts as accepted from the day of receipt."),
        ]
    return found


def _supplement(case: ApprovalCase, until: Until) -> list[str]:
    last = case.supplement_until
    return [
        _("It is your turn: please bring what the supplement notice names."),
        _("You have until %(day)s; after that it may not be accepted.") % {"day": local_date(last)}
        if last
        else "",
        _("When it has arrived, the days for acceptance begin anew."),
    ]


def _under_way(case: ApprovalCase, until: Until) -> list[str]:
    """In one of the steps of the guide."""
    now = {
        ACCEPTED: _("The window examines your application: preliminary review."),
        REVIEW: _("The office head of the window reviews your application."),
        SIGN_OFF: _("The chief representative of the window decides on your application."),
    }
    found = [now[case.state]] if case.state in now else _survey(case)
    found += _limits(case, until)
    later = [str(stage.name) for stage in chain(case) if stage.state == TO_COME]
    if later:
        found.append(_("What comes next: %(step)s.") % {"step": later[0]})
    return found


def _survey(case: ApprovalCase) -> list[str]:
    # Of the units only whether they signed is asked: `case.survey()` reads their people as well.
    survey = case.surveys.filter(concluded_at=None).prefetch_related("parties").last()
    if survey is None:
        return [_("The window arranges a joint site survey; you are told when and where.")]
    if all(each.signed_at is not None for each in survey.parties.all()):
        return [_("The site survey was held; the window draws the opinions together.")]
    words = {"moment": local_moment(survey.planned_at), "place": survey.place}
    return [
        _("A joint site survey is arranged: %(moment)s, %(place)s.") % words,
        _("Please see to it that the place can be entered."),
    ]


def _limits(case: ApprovalCase, until: Until) -> list[str]:
    found = []
    promised, by_law = until.get(PROMISE), until.get(DECIDE)
    if promised and by_law and promised < by_law:
        words = {"promised": local_date(promised), "law": local_date(by_law)}
        found.append(_("A decision is promised by %(promised)s; the law allows until %(law)s.") % words)
    elif last := by_law or promised:
        found.append(_("A decision is due by %(day)s.") % {"day": local_date(last)})
    if case.special_until is not None:
        words = {"kind": case.get_special_kind_display(), "day": local_date(case.special_until)}
        found.append(_("%(kind)s: the days until %(day)s do not count.") % words)
    if case.deemed:
        found.append(_("It counts as accepted from the day of receipt, as nobody answered in time."))
    return found


def _granted(case: ApprovalCase, until: Until) -> list[str]:
    return [
        _("Your application was granted. The window makes the certificate out."),
        _("By %(day)s it is delivered to you.") % {"day": local_date(until[DELIVER])}
        if DELIVER in until
        else "",
    ]


def _serving(case: ApprovalCase, until: Until) -> list[str]:
    return [
        _outcome(case),
        _("The window delivers the decision to you by %(day)s.") % {"day": local_date(until[DELIVER])}
        if DELIVER in until
        else _("The window delivers the decision to you."),
    ]


def _outcome(case: ApprovalCase) -> str:
    if case.outcome == "granted":
        return _("Your application was granted.")
    return _("Your application was denied. The decision says why, and what you can do against it.")


def _closed(case: ApprovalCase, until: Until) -> list[str]:
    day = case.served_on
    return [
        _outcome(case),
        _("The decision was delivered on %(day)s.") % {"day": local_date(day)} if day else "",
        "" if case.rating else _("You can say how satisfied you are with the window."),
    ]


def _refused(case: ApprovalCase, until: Until) -> list[str]:
    words = {"ground": REFUSAL_GROUNDS[case.refusal_ground]}
    return [
        pgettext("application", "It was not accepted. %(ground)s.") % words,
        _("Please turn to: %(agency)s.") % {"agency": case.competent_agency} if case.competent_agency else "",
        "" if case.rating else _("You can say how satisfied you are with the window."),
    ]


def _withdrawn(case: ApprovalCase, until: Until) -> list[str]:
    return [_("The application was withdrawn. You may apply again at any time.")]


STANDING: dict[str, Callable[[ApprovalCase, Any], list[str]]] = {
    RECEIVED: _received,
    SUPPLEMENT: _supplement,
    **dict.fromkeys((ACCEPTED, SURVEY, REVIEW, SIGN_OFF), _under_way),
    GRANTED: _granted,
    SERVING: _serving,
    CLOSED: _closed,
    REFUSED: _refused,
    WITHDRAWN: _withdrawn,
}
