"""A form for each step of a permit: how it is asked. What must be given is the rules' to say."""

from __future__ import annotations

from typing import Any, cast

from django.utils.translation import gettext_lazy

from approvals.models import Permit
from portal.cases.fields import Words, text
from portal.cases.models import Case
from portal.cases.step_forms import StepForm, day_field
from portal.cases.text import refuse_control_characters
from portal.cases.workflow import Transition

# Together they are the reason that everyone reads beside the certificate, which has 500 characters.
NOTE_LENGTH, BASIS_LENGTH = 300, 190


class PermitStepForm(StepForm):
    note_labels = {
        "suspend": gettext_lazy("Why; everyone reads this beside the certificate"),
        "reinstate": gettext_lazy("Why it may hold again"),
        "change": gettext_lazy("Why it is changed"),
        "revoke": gettext_lazy("Why; everyone reads this beside the certificate"),
    }
    note_lengths = dict.fromkeys(note_labels, NOTE_LENGTH)

    def __init__(self, step: Transition, permit: Permit, data: Any = None, files: Any = None) -> None:
        super().__init__(step, cast("Case", permit), data, files)
        if "content" in step.changes:
            self.fields["content"] = text(Permit, "content", rows=4)
            self.fields["conditions"] = text(Permit, "conditions", rows=3)
            self.fields["valid_until"] = day_field(gettext_lazy("Valid until"), required=False)
            self.initial.update({name: getattr(permit, name) for name in step.changes})
        if "basis" in step.takes:
            self.fields["basis"] = Words(
                label=gettext_lazy("Law and article"),
                max_length=BASIS_LENGTH,
                validators=[refuse_control_characters],
            )
        self.order_fields([*(name for name in self.fields if name != "note"), "note"])
