"""How the steps of a guide are asked: its legal review recorded, sent back, published."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from approvals.models import ItemGuide
from portal.cases.fields import text
from portal.cases.step_forms import StepForm
from portal.cases.workflow import Transition


class GuideStepForm(StepForm):
    """A guide stands in place of a case: it has a state under rules, and a count of changes."""

    note_labels = {
        "record_review": gettext_lazy("What the review says"),
        "send_back": gettext_lazy("What is to be changed, and why"),
        "publish": gettext_lazy("Remark"),
    }


class ReviewForm(GuideStepForm):
    reviewer = text(
        ItemGuide,
        "reviewer",
        required=True,
        attrs={"autocomplete": "off"},
        help_text=gettext_lazy("The office or the person who reviewed it for its lawfulness."),
    )
    review_number = text(ItemGuide, "review_number", required=True, attrs={"autocomplete": "off"})


def form_for(step: Transition, guide: ItemGuide, data: object = None) -> GuideStepForm:
    form = ReviewForm if step.name == "record_review" else GuideStepForm
    return form(step, guide, data)  # type: ignore[arg-type]
