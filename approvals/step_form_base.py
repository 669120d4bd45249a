"""What the forms of an application's steps have in common: what notes are called, and what a form knows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy

from approvals.models import ApprovalCase
from portal.cases.models import Extension
from portal.cases.step_forms import StepForm
from portal.cases.terms import local_day
from portal.cases.workflow import Transition
from portal.organisation.actors import Actor

NOTE_LABELS = {
    "accept": gettext_lazy("Note"),
    "ask_supplement": gettext_lazy("What the applicant should know besides; it stands in the notice"),
    "supplement": gettext_lazy("Note"),
    "refuse": gettext_lazy("Reasons; they stand in the decision"),
    "withdraw": gettext_lazy("Why it is withdrawn, in the applicant's words"),
    "pass_preliminary": gettext_lazy("Opinion of the preliminary review"),
    "arrange_survey": gettext_lazy("Note to the units"),
    "conclude_survey": gettext_lazy("Result of the survey"),
    "pass_review": gettext_lazy("Opinion of the review"),
    "send_back": gettext_lazy("What is to be examined again, and why"),
    "grant": gettext_lazy("Note to the window"),
    "deny": gettext_lazy("Facts and reasons; they stand in the decision"),
    "serve": gettext_lazy("Note"),
    "special_procedure": gettext_lazy("Why it is needed; it stands in the notice"),
    "end_special_procedure": gettext_lazy("Result"),
    "ask_extension": gettext_lazy("Why more time is needed"),
    "extend": gettext_lazy("Why it may take longer; it stands in the notice"),
    "refuse_extension": gettext_lazy("Why not"),
    "offer_handover": gettext_lazy("Note to the other clerk"),
    "decline_handover": gettext_lazy("Why not"),
    "reassign": gettext_lazy("Note to the other clerk"),
    "urge": gettext_lazy("What is to be hurried, and why"),
}
NOTE_LENGTHS = {"deny": 2000, "extend": Extension._meta.get_field("reason").max_length or 0}


class ApprovalStepForm(StepForm):
    """The form of a step that asks no more than a note, drawn at the moment `at` for `actor`."""

    note_labels = NOTE_LABELS
    note_lengths = NOTE_LENGTHS

    def __init__(
        self,
        step: Transition,
        case: ApprovalCase,
        data: Any = None,
        files: Any = None,
        *,
        actor: Actor,
        at: datetime,
    ) -> None:
        super().__init__(step, case, data, files)
        self.approval, self.actor, self.at = case, actor, at
        self.begin()

    def begin(self) -> None:
        """What a form fills in beforehand from the application, its guide and the actor."""

    @property
    def today(self) -> date:
        return local_day(self.at)
