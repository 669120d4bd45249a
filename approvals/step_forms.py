"""A form for each step of an application: how it is asked. What must be given is the workflow's to say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from approvals.models import ApprovalCase, GivenMaterial
from approvals.rules.checks import (
    MOST_HEARING,
    PROCEDURES,
    RECOMMENDATIONS,
    REFUSAL_GROUNDS,
    SERVED_BY,
    months_later,
)
from approvals.rules.terms import SUPPLEMENT
from approvals.step_form_base import ApprovalStepForm
from approvals.survey_forms import ArrangeSurveyForm, SignOpinionForm
from portal.cases.fields import FilesField, text
from portal.cases.step_forms import day_field, one_of
from portal.cases.workflow import Transition
from portal.organisation.actors import Actor, Role
from portal.organisation.models import Staff

LOOKED_AT = [
    ("yes", gettext_lazy("in order")),
    ("no", gettext_lazy("not in order")),
    ("", gettext_lazy("not looked at")),
]


class CheckMaterialsForm(ApprovalStepForm):
    """Each material of the guide: in order, not in order and why, or not looked at yet."""

    def begin(self) -> None:
        for given in self.approval.given:
            state, problem = self.names_of(given)
            self.fields[state] = forms.ChoiceField(
                label=given.material.name, choices=LOOKED_AT, required=False, widget=forms.RadioSelect
            )
            self.fields[problem] = text(
                GivenMaterial,
                "problem",
                label=_("%(name)s: what is wrong with it") % {"name": given.material.name},
            )
            self.initial[state] = {True: "yes", False: "no", None: ""}[given.in_order]
            self.initial[problem] = given.problem

    @staticmethod
    def names_of(given: GivenMaterial) -> tuple[str, str]:
        return f"state_{given.material_id}", f"problem_{given.material_id}"

    def rows(self) -> list[dict[str, Any]]:
        """A material a row, with its two fields, for the page that draws them side by side."""
        found = []
        for given in self.approval.given:
            state, problem = self.names_of(given)
            found.append({"given": given, "state": self[state], "problem": self[problem]})
        return found

    def given(self) -> dict[str, Any]:
        in_order = {"yes": True, "no": False, "": None}
        checked = {}
        for each in self.approval.given:
            state, problem = self.names_of(each)
            checked[each.material_id] = (in_order[self.cleaned_data[state]], self.cleaned_data[problem])
        return {"checked": checked}


class BringForm(ApprovalStepForm):
    """What the applicant brought to the window; what was scanned of it goes to its material."""

    def begin(self) -> None:
        for each in self.approval.missing():
            self.fields[self.name_of(each)] = FilesField(
                label=_("%(name)s: files") % {"name": each.material.name}, help_text=""
            )
        self.order_fields([*(name for name in self.fields if name != "note"), "note"])

    @staticmethod
    def name_of(given: GivenMaterial) -> str:
        return f"files_{given.material_id}"

    def given(self) -> dict[str, Any]:
        found = {each.material_id: self.cleaned_data[self.name_of(each)] for each in self.approval.missing()}
        return {
            "note": self.cleaned_data.get("note", ""),
            "files": {pk: files for pk, files in found.items() if files},
        }


class RefuseForm(ApprovalStepForm):
    refusal_ground = one_of(
        REFUSAL_GROUNDS, gettext_lazy("Ground of the refusal"), gettext_lazy("Please choose the ground.")
    )
    competent_agency = text(
        ApprovalCase,
        "competent_agency",
        help_text=gettext_lazy("Where another agency is competent: which one."),
    )

    def begin(self) -> None:
        ground = self.fields["refusal_ground"]
        assert isinstance(ground, forms.ChoiceField)
        supplement = "not_supplemented"
        if self.approval.state == SUPPLEMENT:
            ground.choices = [(supplement, REFUSAL_GROUNDS[supplement])]
            self.initial["refusal_ground"] = supplement
            del self.fields["competent_agency"]
        elif self.approval.supplement_asked_at is None:
            ground.choices = [each for each in REFUSAL_GROUNDS.items() if each[0] != supplement]

    def given(self) -> dict[str, Any]:
        return {"competent_agency": "", **super().given()}


class RecommendForm(ApprovalStepForm):
    recommendation = one_of(
        RECOMMENDATIONS, gettext_lazy("Recommendation"), gettext_lazy("Please say what you recommend.")
    )

    def begin(self) -> None:
        self.initial["recommendation"] = self.approval.recommendation


class SendBackForm(ApprovalStepForm):
    survey_again = forms.BooleanField(
        label=gettext_lazy("The site survey is to be held once more"), required=False
    )

    def begin(self) -> None:
        if not self.approval.surveyed:
            del self.fields["survey_again"]


class GrantForm(ApprovalStepForm):
    """What is granted: begun with the applicant's own words, and with the validity that the guide names."""

    content = text(
        ApprovalCase,
        "content",
        required=True,
        rows=4,
        help_text=gettext_lazy("It stands in the decision and on the certificate."),
    )
    conditions = text(ApprovalCase, "conditions", rows=3, help_text=gettext_lazy("One a line."))
    valid_from = day_field(gettext_lazy("Valid from"))
    valid_until = day_field(gettext_lazy("Valid until"), required=False)

    def begin(self) -> None:
        months = self.approval.guide.validity_months
        self.initial.update(
            content=self.approval.subject_matter,
            valid_from=self.today,
            valid_until=months_later(self.today, months) if months else None,
        )
        self.fields["valid_until"].help_text = (
            ngettext(
                "Left empty: %(months)s month from the first day.",
                "Left empty: %(months)s months from the first day.",
                months,
            )
            % {"months": months}
            if months
            else _("Left empty: without an end.")
        )

    def clean(self) -> dict[str, Any]:
        cleaned, months = super().clean() or {}, self.approval.guide.validity_months
        first = cleaned.get("valid_from")
        if first is not None and months and "valid_until" in cleaned and cleaned["valid_until"] is None:
            try:
                cleaned["valid_until"] = months_later(first, months)
            except ValueError:
                self.add_error("valid_from", _("This day is too far away."))
        return cleaned


class DenyForm(ApprovalStepForm):
    denial_basis = text(
        ApprovalCase,
        "denial_basis",
        required=True,
        rows=2,
        help_text=gettext_lazy("Law and article. It stands in the decision."),
    )


class SpecialProcedureForm(ApprovalStepForm):
    special_kind = forms.ChoiceField(label=gettext_lazy("Procedure"), choices=list(PROCEDURES.items()))
    days = forms.IntegerField(label=gettext_lazy("Working days that it takes"), min_value=1, max_value=90)

    def begin(self) -> None:
        most = self.approval.guide.special_days
        words = {"most": most, "hearing": min(most, MOST_HEARING)}
        self.fields["days"].help_text = (
            _("From tomorrow; they do not count. At most %(most)s, a hearing %(hearing)s.") % words
        )


class AskExtensionForm(ApprovalStepForm):
    extension_asked = forms.IntegerField(label=gettext_lazy("Working days more"), min_value=1, max_value=60)

    def begin(self) -> None:
        most = self.approval.guide.extend_at_most
        self.fields["extension_asked"].help_text = _("At most %(most)s.") % {"most": most}


class ExtendForm(ApprovalStepForm):
    extend_by = forms.IntegerField(label=gettext_lazy("Working days more"), min_value=1, max_value=60)

    def begin(self) -> None:
        most = self.approval.guide.extend_at_most
        self.fields["extend_by"].help_text = _("At most %(most)s.") % {"most": most}
        self.initial["extend_by"] = self.approval.extension_asked


class ToAnotherClerkForm(ApprovalStepForm):
    handover_to = forms.ModelChoiceField(
        label=gettext_lazy("Clerk"),
        queryset=Staff.objects.none(),
        empty_label=gettext_lazy("Please choose"),
        error_messages={"invalid_choice": gettext_lazy("Please choose a clerk who works at the window.")},
    )

    def begin(self) -> None:
        clerks = Staff.objects.active().with_role(Role.CLERK).exclude(pk=self.approval.first_contact_id)
        field = self.fields["handover_to"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = clerks.order_by("name", "pk")


class ServeForm(ApprovalStepForm):
    """How the decision reached the applicant: the proof of service."""

    served_by = one_of(
        SERVED_BY, gettext_lazy("How it was served"), gettext_lazy("Please choose how it was served.")
    )
    served_to = text(ApprovalCase, "served_to", required=True, label=gettext_lazy("Received by"))
    served_on = day_field(gettext_lazy("On which day"))

    def begin(self) -> None:
        self.initial["served_on"] = self.today


FORMS: dict[str, type[ApprovalStepForm]] = {
    "check_materials": CheckMaterialsForm,
    "supplement": BringForm,
    "refuse": RefuseForm,
    "pass_preliminary": RecommendForm,
    "pass_review": RecommendForm,
    "arrange_survey": ArrangeSurveyForm,
    "sign_opinion": SignOpinionForm,
    "send_back": SendBackForm,
    "grant": GrantForm,
    "deny": DenyForm,
    "serve": ServeForm,
    "special_procedure": SpecialProcedureForm,
    "ask_extension": AskExtensionForm,
    "extend": ExtendForm,
    "offer_handover": ToAnotherClerkForm,
    "reassign": ToAnotherClerkForm,
}
# What carries the matter on stands first, then what holds it up or hands it back.
ONWARD = (
    *("take", "accept_handover", "accept", "ask_supplement", "check_materials", "supplement"),
    *("pass_preliminary", "sign_opinion", "conclude_survey", "arrange_survey", "pass_review"),
    *("grant", "deny", "issue_certificate", "serve", "extend", "certify_acceptance"),
)
# What ends an application without a decision never stands where a hand falls first.
LAST = ("refuse", "withdraw")


def form_for(
    step: Transition, case: ApprovalCase, data: Any = None, files: Any = None, *, actor: Actor, at: datetime
) -> ApprovalStepForm:
    return FORMS.get(step.name, ApprovalStepForm)(step, case, data, files, actor=actor, at=at)


def blank_forms(
    case: ApprovalCase, allowed: Iterable[Transition], *, actor: Actor, at: datetime
) -> dict[str, ApprovalStepForm]:
    """An empty form for each step, by its name; those that carry the matter on come first."""
    found = {step.name: form_for(step, case, actor=actor, at=at) for step in allowed}
    names = sorted(found, key=lambda name: ONWARD.index(name) if name in ONWARD else len(ONWARD))
    return {name: found[name] for name in sorted(names, key=LAST.__contains__)}
