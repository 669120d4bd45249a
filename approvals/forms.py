"""What an application asks for, the same at the counter and on the web."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from approvals.actions import Application
from approvals.models import ApprovalCase, ItemGuide
from approvals.models.applications import ApplicantKind
from portal.cases import identity
from portal.cases.fields import Once, text
from portal.cases.uploads import Upload


class ApplicantForm(Once):
    """Who applies, for what, and where. `guide` is the published guide of the item that is applied for."""

    applicant_kind = forms.ChoiceField(
        label=gettext_lazy("Who applies?"), choices=ApplicantKind.choices, widget=forms.RadioSelect
    )
    applicant_name = text(ApprovalCase, "applicant_name", attrs={"autocomplete": "off"})
    applicant_number = text(
        ApprovalCase,
        "applicant_number",
        # Longer than a number is, so that blanks and hyphens can be typed.
        max_length=30,
        attrs={"autocomplete": "off", "spellcheck": "false"},
        help_text=gettext_lazy("A person's ID number, a body's unified social credit code."),
    )
    representative = text(
        ApprovalCase,
        "representative",
        help_text=gettext_lazy("Who acts for the applicant, with the letter of authority."),
    )
    phone = text(ApprovalCase, "phone", attrs={"inputmode": "tel", "autocomplete": "off"})
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), required=False, max_length=254, widget=forms.EmailInput()
    )
    address = text(ApprovalCase, "address")
    subject_matter = text(ApprovalCase, "subject_matter", rows=4)
    place = text(
        ApprovalCase, "place", help_text=gettext_lazy("Street and number, or what stands beside it.")
    )

    def __init__(self, guide: ItemGuide, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.guide = guide
        item = guide.item
        kinds = [kind for kind, fits in (("person", item.for_persons), ("body", item.for_bodies)) if fits]
        field = self.fields["applicant_kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [each for each in ApplicantKind.choices if each[0] in kinds]
        if len(kinds) == 1:
            self.initial.setdefault("applicant_kind", kinds[0])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind, number = cleaned.get("applicant_kind"), cleaned.get("applicant_number")
        if kind and number:
            try:
                cleaned["applicant_number"] = identity.check_number(kind, number)
            except ValidationError as wrong:
                self.add_error("applicant_number", wrong)
        return cleaned

    def application(self, files: Mapping[int, Sequence[Upload]] | None = None) -> Application:
        """What was filled in, as the verbs take it; call when the form is valid."""
        names = Application.__dataclass_fields__.keys() - {"guide", "files"}
        told = {name: value for name, value in self.cleaned_data.items() if name in names}
        return Application(guide=self.guide, files=files or {}, **told)
