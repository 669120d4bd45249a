"""What the public's pages ask for: an application with its files, and an applicant's own steps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.files import not_brought
from approvals.forms import ApplicantForm
from approvals.models import ApprovalCase, GivenMaterial, ItemGuide, Material, MaterialFile
from approvals.models.applications import Rating
from portal.cases.fields import FilesField, Trap, Words, text
from portal.cases.fields import read_files as looked_at
from portal.cases.step_forms import StepForm
from portal.cases.uploads import MOST_FILES, Upload
from portal.cases.workflow import Transition

PREFIX = "material_"


def field_of(material: Material) -> str:
    return f"{PREFIX}{material.pk}"


class MaterialFiles(FilesField):
    """Files for a material, as they were sent: the form looks at each, so that one refused costs no other."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = [each for each in (data if isinstance(data, list) else [data]) if each]
        if len(files) > self.most:
            raise ValidationError(_("At most %(most)s files can be sent.") % {"most": self.most}, "too_many")
        return files


class WithFiles(forms.Form):
    """A form that takes files for materials. `uploads` are those that are fit to be kept, right or not."""

    uploads: dict[int, list[Upload]]

    def ask_for(self, materials: Iterable[Material]) -> None:
        self.materials = list(materials)
        self.uploads = {}
        for each in self.materials:
            self.fields[field_of(each)] = MaterialFiles(
                label=_("Files for “%(name)s”") % {"name": each.name}, help_text="", most=MOST_FILES
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for material in self.materials:
            name = field_of(material)
            for file in cleaned.get(name) or ():
                try:
                    self.uploads.setdefault(material.pk, []).extend(looked_at([file]))
                except ValidationError as wrong:
                    self.add_error(name, wrong)
        return cleaned


class ApplyForm(WithFiles, ApplicantForm, Trap):
    """An application from the web. `version` is the guide's, under which the page was drawn."""

    incomplete = forms.BooleanField(
        label=gettext_lazy("Send it without these files"),
        required=False,
        help_text=gettext_lazy(
            "The window will ask you for them once, in writing, and goes on when they are there."
        ),
    )

    def __init__(self, guide: ItemGuide, *args: Any, **options: Any) -> None:
        super().__init__(guide, *args, **options)
        self.ask_for(guide.materials.all())

    def typed(self) -> dict[str, str]:
        """What stands in the applicant's fields, as it was typed; for the draft."""
        left_out = {"once", "website", "incomplete", *(field_of(each) for each in self.materials)}
        return {name: self.data.get(name, "") for name in self.fields if name not in left_out}

    def says_nothing(self) -> bool:
        """Nothing was filled in and nothing uploaded: there is nothing to keep."""
        chosen = self.initial.get("applicant_kind")
        told = (value for name, value in self.typed().items() if (name, value) != ("applicant_kind", chosen))
        return not self.uploads and not any(told)

    def forget_all_but_files(self) -> None:
        """Who saves a draft is told of files that were refused, and not yet of what is to be filled in."""
        for name in list(self.errors):
            if name in self.fields and not name.startswith(PREFIX):
                del self.errors[name]


class ContinueForm(forms.Form):
    """Number and look-up code of a draft, as they were written down."""

    number = Words(
        label=gettext_lazy("Number of the draft"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "CG-20260101-0001"}),
    )
    code = Words(
        label=gettext_lazy("Look-up code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Eight letters and figures; capital or small makes no difference."),
    )


# The own application ----------------------------------------------------------------------------------------


class OwnStepForm(StepForm):
    note_labels = {
        "withdraw": gettext_lazy("Why you withdraw it"),
        "supplement": gettext_lazy("Anything else you would like to say"),
    }


class SupplementForm(WithFiles, OwnStepForm):
    """Everything that was asked for, a place for the files of each; what came before need not come again."""

    def __init__(self, step: Transition, case: ApprovalCase, data: Any = None, files: Any = None) -> None:
        super().__init__(step, case, data, files)
        self.application = case
        self.missing: list[GivenMaterial] = case.missing()
        self.ask_for(each.material for each in self.missing)
        self.order_fields(["seen", *(field_of(each.material) for each in self.missing), "note"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for each in not_brought(self.application, self.uploads):
            name = field_of(each.material)
            if name not in self.errors:
                self.add_error(
                    name, _("Please add a file for it. What you cannot send, bring to the window.")
                )
        return cleaned

    def kept(self) -> dict[int, list[MaterialFile]]:
        """Files that have come since it was asked for, by the key of their material."""
        found: dict[int, list[MaterialFile]] = {}
        for file in self.application.files.filter(at__gte=self.application.supplement_asked_at):
            found.setdefault(file.material_id, []).append(file)
        return found

    def rows(self) -> list[dict[str, Any]]:
        """What is missing, what is wrong with it, what has come already, and the field for further files."""
        kept = self.kept()
        return [
            {"given": each, "field": self[field_of(each.material)], "files": kept.get(each.material_id, [])}
            for each in self.missing
        ]

    def given(self) -> dict[str, Any]:
        return {"note": self.cleaned_data.get("note", "")}


class RateForm(OwnStepForm):
    rating = forms.TypedChoiceField(
        label=gettext_lazy("How satisfied are you?"),
        choices=Rating.choices,
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please choose one of the five.")},
    )
    rating_words = text(
        ApprovalCase,
        "rating_words",
        label=gettext_lazy("What was good, what was not?"),
        rows=3,
        help_text=gettext_lazy("If you are not satisfied, somebody who did not handle it will call you."),
    )


FORMS: dict[str, type[OwnStepForm]] = {"supplement": SupplementForm, "rate": RateForm}


def own_form(step: Transition, case: ApprovalCase, data: Any = None, files: Any = None) -> OwnStepForm:
    return FORMS.get(step.name, OwnStepForm)(step, case, data, files)
