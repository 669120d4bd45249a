"""What the pledges' pages ask for: a text with its clauses, a step with its confirmation, a complaint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pledges.actions import Draft, Promise
from pledges.complaints import Grievance
from pledges.models import Breach, Clause, PledgeVersion
from pledges.word_files import MOST_BYTES, MOST_CHARACTERS
from pledges.workflow import (
    LEAST_TARGET,
    LONGEST_REASON,
    MOST_CLAUSES,
    MOST_DAYS,
    PUT_RIGHT_AT_MOST,
    may_write_for,
)
from portal.cases.fields import FromCitizen, Once, Words, text
from portal.cases.step_forms import StepForm
from portal.cases.text import refuse_control_characters
from portal.organisation.actors import Actor
from portal.organisation.models import Unit
from portal.oversight import measures

# Rows that a new pledge begins with, and how many one click adds.
CLAUSES_SHOWN = 5
NO_DAY = {"invalid": gettext_lazy("There is no such day. Please write it like 2026-02-13.")}


def day(label: Any, **options: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        input_formats=["%Y-%m-%d"],
        error_messages=NO_DAY,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        **options,
    )


class DraftForm(Once):
    """All of a pledge's text but its clauses. `actor` says for which units one may write."""

    unit = forms.ModelChoiceField(
        label=gettext_lazy("Pledging unit"),
        queryset=Unit.objects.active(),
        to_field_name="code",
        empty_label=gettext_lazy("Please choose"),
        error_messages={"invalid_choice": gettext_lazy("There is no such unit.")},
    )
    title = text(
        PledgeVersion,
        "title",
        label=gettext_lazy("Title"),
        help_text=gettext_lazy("As it stands on the pledge, for example 园林绿化服务公开承诺书."),
    )
    preamble = text(PledgeVersion, "preamble", label=gettext_lazy("Words before the clauses"), rows=3)
    closing = text(PledgeVersion, "closing", label=gettext_lazy("Words after the clauses"), rows=2)
    phone = text(PledgeVersion, "phone", label=gettext_lazy("Complaints telephone"))
    fax = text(PledgeVersion, "fax", label=gettext_lazy("Fax"))
    email = text(PledgeVersion, "email", label=gettext_lazy("E-mail"))
    valid_from = day(gettext_lazy("Valid from"))
    valid_until = day(
        gettext_lazy("Valid until"),
        required=False,
        help_text=gettext_lazy("The last day; empty: without an end."),
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, actor: Actor, unit: Unit | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["unit"]
        assert isinstance(field, forms.ModelChoiceField)
        if unit is not None:
            # A version is its pledge's unit's; there is nothing to choose.
            del self.fields["unit"]
            return
        units = list(Unit.objects.active())
        own = [each.pk for each in units if may_write_for(actor, each.pk)]
        field.queryset = Unit.objects.filter(pk__in=own)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("valid_from"), cleaned.get("valid_until")
        if first and last and last < first:
            self.add_error("valid_until", _("The last day lies before the first."))
        return cleaned

    def draft(self, promises: Iterable[Promise]) -> Draft:
        names = ("title", "preamble", "closing", "phone", "fax", "email", "valid_from", "valid_until")
        return Draft(clauses=list(promises), **{name: self.cleaned_data[name] for name in names})


def measure_choices() -> list[tuple[str, Any]]:
    return [("", _("none")), *((each.code, each.name) for each in measures.every())]


class ClauseForm(forms.Form):
    """A clause, and what the portal measures it by. One that is emptied is left out."""

    text = text(Clause, "text", label=gettext_lazy("Clause"), rows=2, required=False)
    measure = forms.ChoiceField(
        label=gettext_lazy("Measured by the portal"), choices=measure_choices, required=False
    )
    days = forms.IntegerField(
        label=gettext_lazy("Working days"),
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        help_text=gettext_lazy("Where the measure asks for them."),
    )
    target = forms.DecimalField(
        label=gettext_lazy("At least, in %"),
        required=False,
        max_digits=5,
        decimal_places=2,
        min_value=LEAST_TARGET,
        max_value=100,
    )

    def promise(self) -> Promise | None:
        """What is promised; None where the row was left empty."""
        cleaned = self.cleaned_data
        if all(cleaned.get(name) in ("", None) for name in ("text", "measure", "days", "target")):
            return None
        return Promise(cleaned["text"], cleaned["measure"] or "", cleaned["days"], cleaned["target"])


def moved_to(place: int, wanted: int | None) -> tuple[int, int, int]:
    """What a clause at a place is sorted by when it is given a number.

    A clause that is moved gets the number that was asked for: up, it comes before the one that had it; down,
    behind it.
    """
    wanted = wanted or place
    return wanted, (wanted > place) - (wanted < place), place


class BaseClauses(forms.BaseFormSet):
    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        order = form.fields["ORDER"]
        order.label, order.required = _("Number"), False
        order.widget = forms.NumberInput(attrs={"min": 1, "max": MOST_CLAUSES})

    def clean(self) -> None:
        # Django takes less than none for none, and what was typed would be lost in silence.
        if (self.management_form.cleaned_data["TOTAL_FORMS"] or 0) < 0:
            raise forms.ValidationError(_("The clauses did not arrive as a whole. Please send them again."))

    def rows(self) -> list[tuple[ClauseForm, Promise]]:
        """The clauses that are filled in, in the order asked for; each with its form, for what is refused."""
        filled = [
            (moved_to(place, form.cleaned_data.get("ORDER")), form, form.promise())
            for place, form in enumerate(self.forms, 1)
        ]
        found = [(place, form, promise) for place, form, promise in filled if promise is not None]
        return [(form, promise) for _place, form, promise in sorted(found, key=lambda each: each[0])]


Clauses = forms.formset_factory(
    ClauseForm,
    formset=BaseClauses,
    extra=0,
    can_order=True,
    max_num=MOST_CLAUSES,
    absolute_max=MOST_CLAUSES + CLAUSES_SHOWN,
    validate_max=True,
)


def put_promise_error(rows: list[tuple[ClauseForm, Promise]], field: str, sentence: str) -> bool:
    """What a rule said of `clauses.3.target`, at the field of that clause. False where it is about none."""
    parts = field.split(".")
    if len(parts) != 3 or parts[0] != "clauses" or not parts[1].isdigit():
        return False
    number = int(parts[1])
    if not 1 <= number <= len(rows):
        return False
    rows[number - 1][0].add_error(parts[2], sentence)
    return True


def clause_rows(clauses: Iterable[Clause]) -> list[dict[str, Any]]:
    return [
        {"text": each.text, "measure": each.measure, "days": each.measure_days, "target": each.measure_target}
        for each in clauses
    ]


class ImportForm(forms.Form):
    """An existing pledge, as a file or pasted."""

    file = forms.FileField(
        label=gettext_lazy("Word or text file"),
        required=False,
        help_text=gettext_lazy(".docx or .txt, at most 5 MB."),
        widget=forms.FileInput(attrs={"accept": ".docx,.txt"}),
    )
    pasted = Words(
        label=gettext_lazy("or the text itself"),
        required=False,
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 10}),
        validators=[refuse_control_characters],
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "file" in self.errors or "pasted" in self.errors:
            return cleaned
        if bool(cleaned.get("file")) == bool(cleaned.get("pasted")):
            raise forms.ValidationError(_("Please give either a file or the text."), "one")
        if cleaned.get("file") and cleaned["file"].size > MOST_BYTES:
            self.add_error(
                "file",
                _("The file is larger than %(most)s MB.") % {"most": MOST_BYTES // 1024 // 1024},
            )
        return cleaned


# Steps ------------------------------------------------------------------------------------------------------


class VersionStepForm(StepForm):
    """A step of a version; signing asks for the code of the signer's second factor."""

    note_labels = {
        "review": gettext_lazy("Remark"),
        "send_back": gettext_lazy("What is to be changed, and why"),
        "withdraw": gettext_lazy("Why it is withdrawn; everyone reads this"),
    }
    note_lengths = {"withdraw": LONGEST_REASON}

    def __init__(self, step: Any, version: Any, data: Any = None, files: Any = None) -> None:
        super().__init__(step, version, data, files)
        if step.name == "sign":
            self.fields["code"] = forms.CharField(
                label=_("Code of your second factor"),
                max_length=20,
                help_text=_("Six digits from your authenticator app, or a recovery code. Each serves once."),
                widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
            )


class BreachStepForm(StepForm):
    note_labels = {
        "accept": gettext_lazy("Note to the unit"),
        "refuse": gettext_lazy("Why it is not accepted; the complainant reads this"),
        "investigate": gettext_lazy("Remark"),
        "not_yet": gettext_lazy("What is still to be put right"),
        "close": gettext_lazy("Remark"),
    }


class UpholdForm(BreachStepForm):
    finding = text(
        Breach,
        "finding",
        label=gettext_lazy("What was found"),
        required=True,
        rows=4,
        help_text=gettext_lazy("The complainant and the unit read this."),
    )
    put_right_days = forms.IntegerField(
        label=gettext_lazy("Working days to put it right"), min_value=1, max_value=PUT_RIGHT_AT_MOST
    )


class RejectForm(BreachStepForm):
    finding = text(
        Breach,
        "finding",
        label=gettext_lazy("What was found"),
        required=True,
        rows=4,
        help_text=gettext_lazy("The complainant and the unit read this."),
    )


class ExplainForm(BreachStepForm):
    statement = text(Breach, "statement", label=gettext_lazy("The unit's statement"), required=True, rows=4)


class PutRightForm(BreachStepForm):
    remedy = text(
        Breach,
        "remedy",
        label=gettext_lazy("What was put right, and how"),
        required=True,
        rows=4,
        help_text=gettext_lazy("The complainant reads this. Name no other person in it."),
    )


BREACH_FORMS: Mapping[str, type[BreachStepForm]] = {
    "uphold": UpholdForm,
    "reject": RejectForm,
    "explain": ExplainForm,
    "put_right": PutRightForm,
}


def breach_form(step: Any, breach: Breach, data: Any = None, files: Any = None) -> BreachStepForm:
    return BREACH_FORMS.get(step.name, BreachStepForm)(step, breach, data, files)


# Complaints -------------------------------------------------------------------------------------------------


class ClauseChoice(forms.ModelChoiceField):
    def label_from_instance(self, clause: Any) -> str:
        line = clause.text.splitlines()[0]
        return f"{clause.position}. {line[:60]}{'…' if len(line) > 60 else ''}"


class ComplaintForm(FromCitizen):
    """“This was not kept”: which clause, and what happened instead."""

    clause = ClauseChoice(
        label=gettext_lazy("Which clause was not kept?"),
        queryset=Clause.objects.none(),
        to_field_name="position",
        empty_label=gettext_lazy("Please choose"),
        error_messages={"invalid_choice": gettext_lazy("This pledge has no such clause.")},
    )
    description = text(
        Breach,
        "description",
        label=gettext_lazy("What happened instead?"),
        rows=6,
        help_text=gettext_lazy(
            "When, where, and who should have done what. Please write no identity numbers and no names of "
            "other people: the unit concerned reads this."
        ),
    )

    # The text that was read; another may be in force by the time it is sent.
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=32767, required=False)

    field_order = ["clause", "description", "photos", "name", "phone", "email", "website"]

    def __init__(self, *args: Any, version: PledgeVersion, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["clause"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = version.clauses.all()
        self.initial["version"] = version.number
        self.fields["photos"].label = _("Photos or scans as evidence")
        self.fields["phone"].help_text = _("By text message we tell you of each step, and of nothing else.")

    def grievance(self) -> Grievance:
        names = ("clause", "description", "name", "phone", "email", "photos")
        return Grievance(**{name: self.cleaned_data[name] for name in names})
