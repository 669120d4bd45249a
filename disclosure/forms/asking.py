"""What an applicant is asked for: on the web, and by an officer who has the letter in hand (art. 29)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from disclosure.models import InformationRequest
from disclosure.models.requests import ApplicantKind, WantedDelivery, WantedForm
from disclosure.requesting import MOST_FILES, TOLD, Asking, check_asking
from disclosure.rules.request_terms import CHANNELS, WEB
from portal.cases.fields import FilesField, Once, Trap, text
from portal.cases.step_forms import day_field, one_of
from portal.cases.workflow import Refused


class AskForm(Once):
    """Who asks, for what, and how the answer is wanted."""

    applicant_kind = one_of(
        dict(ApplicantKind.choices), gettext_lazy("Who applies?"), gettext_lazy("Please choose who applies.")
    )
    applicant_name = text(
        InformationRequest,
        "applicant_name",
        label=gettext_lazy("Your name, or that of the body"),
        attrs={"autocomplete": "name"},
    )
    applicant_number = text(
        InformationRequest,
        "applicant_number",
        attrs={"autocomplete": "off", "spellcheck": "false"},
        help_text=gettext_lazy(
            "Of a person the ID number, else that of a passport or permit; of a body its credit code."
        ),
    )
    representative = text(
        InformationRequest,
        "representative",
        label=gettext_lazy("Who speaks for the body, or your agent"),
        attrs={"autocomplete": "off"},
    )
    phone = text(InformationRequest, "phone", attrs={"autocomplete": "tel", "inputmode": "tel"})
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    address = text(
        InformationRequest,
        "address",
        attrs={"autocomplete": "street-address"},
        help_text=gettext_lazy("Needed where the answer is to come by post."),
    )
    wanted_title = text(
        InformationRequest,
        "wanted_title",
        attrs={"autocomplete": "off"},
        help_text=gettext_lazy("If you know what the document is called."),
    )
    wanted_number = text(
        InformationRequest,
        "wanted_number",
        attrs={"autocomplete": "off"},
        help_text=gettext_lazy("As in 样城管〔2026〕5号, if you know it."),
    )
    description = text(
        InformationRequest,
        "description",
        label=gettext_lazy("What you would like to know"),
        rows=5,
        help_text=gettext_lazy(
            "Title, number, or a description by which it can be found: what, of which time, of which place."
        ),
    )
    wanted_form = one_of(
        dict(WantedForm.choices), gettext_lazy("In what form?"), gettext_lazy("Please choose the form.")
    )
    wanted_delivery = one_of(
        dict(WantedDelivery.choices),
        gettext_lazy("How shall the answer reach you?"),
        gettext_lazy("Please choose how the answer shall reach you."),
    )
    may_publish = forms.BooleanField(
        label=gettext_lazy("The answer may be published in the catalogue, without anything about me"),
        required=False,
    )
    uploads = FilesField(
        label=gettext_lazy("A copy of your identity document, or what shows what you mean"), most=MOST_FILES
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("wanted_form", WantedForm.ELECTRONIC)
        self.initial.setdefault("wanted_delivery", WantedDelivery.NET)

    def clean(self) -> dict[str, Any]:
        """Everything that is wrong is told at once, also what only the rules know."""
        cleaned = super().clean() or {}
        told = {name: cleaned.get(name, "") for name in TOLD}
        # Whether a way fits a form that was not chosen is not asked.
        told["wanted_form"] = told["wanted_form"] or WantedForm.ELECTRONIC
        if not {"applicant_kind", "applicant_number"} & set(self.errors):
            try:
                check_asking(Asking(**{**told, "may_publish": bool(told["may_publish"])}))
            except Refused as refused:
                if refused.field not in self.errors:
                    self.add_error(refused.field, str(refused.message))
        return cleaned

    def asking(self) -> Asking:
        """What was filled in, as the verb takes it; call when the form is valid."""
        told = {name: self.cleaned_data[name] for name in TOLD}
        return Asking(**told, files=self.cleaned_data["uploads"])


class PublicAskForm(AskForm, Trap):
    """The same, with a trap for programs."""


class ReceivedForm(AskForm):
    """What came over the counter, by post or by fax; the day counts by the way on which it came."""

    channel = one_of(
        {code: label for code, label in CHANNELS.items() if code != WEB},
        gettext_lazy("How did it come?"),
        gettext_lazy("Please choose how it came."),
    )
    received_on = day_field(
        gettext_lazy("Handed in or signed for on"),
        required=False,
        help_text=gettext_lazy(
            "In person or by post that was signed for. Plain post and fax count from the day on which you "
            "confirm them with the applicant."
        ),
    )

    field_order = ("channel", "received_on")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["applicant_name"].label = gettext_lazy("Name of the applicant")
        # Of a letter the address on its envelope may be all there is: the rule asks for one of three.
        self.fields["phone"].required = False
        self.fields["description"].label = gettext_lazy("What is asked for")
        self.fields["may_publish"].label = gettext_lazy("The applicant agrees that the answer is published")
        self.fields["uploads"].label = gettext_lazy("The letter, scanned")
