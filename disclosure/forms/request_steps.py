"""A form for each step of an information request: how it is asked. What must be given the rules say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from disclosure.codes import check_index_number
from disclosure.models import Consultation, Disclosure, InformationRequest
from disclosure.requesting import MOST_FILES
from disclosure.rules import fees
from disclosure.rules.replies import REPLIES, WITHHELD
from disclosure.rules.request_checks import (
    AGREES,
    ANSWERS,
    BY_NUMBER,
    CO_AGENCY,
    FEES_BY,
    OBJECTS,
    SERVED_BY,
    THIRD_PARTY,
)
from disclosure.rules.request_terms import (
    EXTEND_AT_MOST,
    LEAST_SUPPLEMENT_DAYS,
    MOST_SUPPLEMENT_DAYS,
    SUPPLEMENT_DAYS,
)
from portal.cases.fields import FilesField, Words, text
from portal.cases.models import Extension
from portal.cases.step_forms import StepForm, day_field, one_of
from portal.cases.terms import local_day
from portal.cases.text import refuse_control_characters
from portal.cases.workflow import Transition
from portal.organisation.actors import Actor

NOTE_LABELS = {
    "register": gettext_lazy("How it was confirmed, or a note"),
    "begin_review": gettext_lazy("Note"),
    "ask_supplement": gettext_lazy("Everything that is unclear or missing; it stands in the notice"),
    "supplement": gettext_lazy("Note"),
    "lapse": gettext_lazy("That there was no good reason, and how you know; it stands in the notice"),
    "consult": gettext_lazy("What they are asked about; it stands in the letters, without the applicant"),
    "pass_secrecy": gettext_lazy("Opinion of the review"),
    "ask_extension": gettext_lazy("Why more time is needed"),
    "extend": gettext_lazy("Why it may take longer; it stands in the notice"),
    "refuse_extension": gettext_lazy("Why not"),
    "ask_fee": gettext_lazy("Where and how it is paid; it stands in the notice"),
    "record_payment": gettext_lazy("Note"),
    "deliver": gettext_lazy("Note"),
    "close": gettext_lazy("Note"),
    "withdraw": gettext_lazy("Who said so, and how"),
    "urge": gettext_lazy("What is to be hurried, and why"),
}


# What a rule calls an input, where the forms call it otherwise.
UPLOADS = {"files": "uploads"}


class RequestStepForm(StepForm):
    """The form of a step that asks no more than a note, drawn at the moment `at` for `actor`."""

    note_labels = NOTE_LABELS
    input_of = UPLOADS
    note_lengths = {"extend": Extension._meta.get_field("reason").max_length or 0}

    def __init__(
        self,
        step: Transition,
        case: InformationRequest,
        data: Any = None,
        files: Any = None,
        *,
        actor: Actor,
        at: datetime,
    ) -> None:
        super().__init__(step, case, data, files)
        self.request, self.actor, self.at = case, actor, at
        self.begin()

    def begin(self) -> None:
        """What a form fills in beforehand from the request and the actor."""

    def given(self) -> dict[str, Any]:
        return with_files(super().given())

    @property
    def today(self) -> date:
        return local_day(self.at)


def with_files(given: dict[str, Any]) -> dict[str, Any]:
    """What was sent, under the name that the verbs have for it."""
    return {("files" if name == "uploads" else name): value for name, value in given.items()}


class RegisterForm(RequestStepForm):
    received_on = day_field(
        gettext_lazy("Received on"),
        help_text=gettext_lazy(
            "In person the day of handing in, by post that was signed for the day of signing; else today, "
            "when you have confirmed it with the applicant. The limit for the answer runs from this day."
        ),
    )

    def begin(self) -> None:
        self.initial["received_on"] = self.today


class AskSupplementForm(RequestStepForm):
    supplement_days = forms.IntegerField(
        label=gettext_lazy("Working days that the applicant gets"),
        min_value=LEAST_SUPPLEMENT_DAYS,
        max_value=MOST_SUPPLEMENT_DAYS,
        initial=SUPPLEMENT_DAYS,
    )


class SupplementForm(RequestStepForm):
    description = text(
        InformationRequest,
        "description",
        required=True,
        rows=5,
        label=gettext_lazy("What is asked for, as it was made clear"),
    )
    uploads = FilesField(most=MOST_FILES)

    def begin(self) -> None:
        self.initial["description"] = self.request.description


def lines(label: Any, help_text: Any = "") -> Words:
    return Words(
        label=label,
        required=False,
        max_length=1000,
        validators=[refuse_control_characters],
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=help_text,
    )


class ConsultForm(RequestStepForm):
    third_parties = lines(
        gettext_lazy("Third parties whose rights it may touch"),
        gettext_lazy("One a line. They have 15 working days; who says nothing leaves it to the bureau."),
    )
    co_agencies = lines(
        gettext_lazy("Agencies that made it together with the bureau"),
        gettext_lazy("One a line. They have 15 working days; who says nothing agrees."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self.parties():
            self.add_error("third_parties", _("Please name whom you ask."))
        return cleaned

    def parties(self) -> list[tuple[str, str]]:
        found = []
        for kind, name in ((THIRD_PARTY, "third_parties"), (CO_AGENCY, "co_agencies")):
            typed = self.cleaned_data.get(name, "").splitlines()
            found += [(kind, line.strip()) for line in typed if line.strip()]
        return found

    def given(self) -> dict[str, Any]:
        return {"note": self.cleaned_data["note"], "parties": self.parties()}


class PartyChoice(forms.ModelChoiceField):
    """One of those who were asked, by name."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class OpinionForm(RequestStepForm):
    party = PartyChoice(
        label=gettext_lazy("Whose answer"),
        queryset=Consultation.objects.none(),
        empty_label=gettext_lazy("Please choose"),
    )
    answer = one_of(
        {code: ANSWERS[code] for code in (AGREES, OBJECTS)},
        gettext_lazy("What they say"),
        gettext_lazy("Please say what the answer is."),
    )
    reason = lines(gettext_lazy("Reasons, where they object"))
    answered_on = day_field(gettext_lazy("It came on"))

    def begin(self) -> None:
        self.initial["answered_on"] = self.today
        field = self.fields["party"]
        assert isinstance(field, PartyChoice)
        field.queryset = self.request.consultations.filter(answer="")


class SecrecyForm(RequestStepForm):
    secrecy_basis = text(
        InformationRequest,
        "secrecy_basis",
        required=True,
        rows=2,
        help_text=gettext_lazy("Law and article, or the list of secrets that was gone through."),
    )


class AskExtensionForm(RequestStepForm):
    extension_asked = forms.IntegerField(
        label=gettext_lazy("Working days more"), min_value=1, max_value=EXTEND_AT_MOST
    )


class ExtendForm(RequestStepForm):
    extend_by = forms.IntegerField(
        label=gettext_lazy("Working days more"), min_value=1, max_value=EXTEND_AT_MOST
    )

    def begin(self) -> None:
        self.initial["extend_by"] = self.request.extension_asked


class FeeForm(RequestStepForm):
    fee_by = one_of(
        FEES_BY, gettext_lazy("How it is reckoned"), gettext_lazy("Please choose how the fee is reckoned.")
    )
    fee_pages = forms.IntegerField(
        label=gettext_lazy("Pages, where it is by pages"), required=False, min_value=1, max_value=100_000
    )

    def begin(self) -> None:
        place = self.request.place_in_month()
        words = {"place": place, "fee": fees.fee_by_number(place)}
        self.fields["fee_by"].help_text = (
            _("By number: this is request %(place)s of its applicant in the month, %(fee)s yuan.") % words
        )

    def given(self) -> dict[str, Any]:
        given = super().given()
        if given["fee_by"] == BY_NUMBER and given["fee_pages"] is None:
            del given["fee_pages"]
        return given


class PaymentForm(RequestStepForm):
    paid_on = day_field(gettext_lazy("Paid on"))

    def begin(self) -> None:
        self.initial["paid_on"] = self.today


class ReplyForm(RequestStepForm):
    """Every kind of answer; what belongs to some kinds alone is asked below, and refused where it is not."""

    reply_type = forms.ChoiceField(
        label=gettext_lazy("How it is answered"),
        choices=[
            ("", gettext_lazy("Please choose")),
            *((each.code, each.label) for each in REPLIES.values()),
        ],
        error_messages={"required": gettext_lazy("Please choose how the request is answered.")},
    )
    reply_text = text(
        InformationRequest,
        "reply_text",
        required=True,
        rows=6,
        label=gettext_lazy("Text of the answer: content, or facts and reasons"),
        error_messages={"required": gettext_lazy("Please write what is answered.")},
    )
    uploads = FilesField(label=gettext_lazy("The information that is given"), most=MOST_FILES)
    public_item = Words(
        label=gettext_lazy("Index number, where it is public already"),
        required=False,
        max_length=40,
        validators=[refuse_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "MB0DEM019/2026-00001"}),
    )
    withheld_grounds = forms.MultipleChoiceField(
        label=gettext_lazy("Withheld in part because"),
        required=False,
        choices=[(code, REPLIES[code].label) for code in WITHHELD],
        widget=forms.CheckboxSelectMultiple,
    )
    earlier = Words(
        label=gettext_lazy("Number of the earlier request, where it was answered before"),
        required=False,
        max_length=40,
        validators=[refuse_control_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "YS-20260101-0001"}),
    )
    competent_agency = text(
        InformationRequest,
        "competent_agency",
        label=gettext_lazy("Agency to be asked, where it is another's"),
    )
    public_interest = text(
        InformationRequest,
        "public_interest",
        rows=2,
        label=gettext_lazy("What demands it, where somebody who was asked objected"),
    )

    def clean_public_item(self) -> Disclosure | None:
        if not self.cleaned_data["public_item"].strip():
            return None
        number = check_index_number(self.cleaned_data["public_item"])
        found = Disclosure.objects.filter(index_number=number).first()
        if found is None:
            raise ValidationError(_("There is no item with this index number."), "unknown")
        return found

    def clean_earlier(self) -> InformationRequest | None:
        number = self.cleaned_data["earlier"].strip().upper()
        if not number:
            return None
        found: InformationRequest | None = InformationRequest.objects.filter(number=number).first()
        if found is None:
            raise ValidationError(_("There is no request with this number."), "unknown")
        return found


class DeliverForm(RequestStepForm):
    served_by = one_of(
        SERVED_BY, gettext_lazy("How it was served"), gettext_lazy("Please choose how it was served.")
    )
    served_to = text(InformationRequest, "served_to", required=True, label=gettext_lazy("Received by"))
    served_on = day_field(gettext_lazy("On which day"))

    def begin(self) -> None:
        self.initial.update(
            served_by=self.request.wanted_delivery,
            served_to=self.request.applicant_name[:60],
            served_on=self.today,
        )


FORMS: dict[str, type[RequestStepForm]] = {
    "register": RegisterForm,
    "ask_supplement": AskSupplementForm,
    "supplement": SupplementForm,
    "consult": ConsultForm,
    "record_opinion": OpinionForm,
    "pass_secrecy": SecrecyForm,
    "ask_extension": AskExtensionForm,
    "extend": ExtendForm,
    "ask_fee": FeeForm,
    "record_payment": PaymentForm,
    "reply": ReplyForm,
    "deliver": DeliverForm,
}
# What carries the matter on stands first, then what holds it up; what ends it without an answer last.
ONWARD = (
    *("register", "begin_review", "reply", "record_opinion", "pass_secrecy", "deliver", "close"),
    *("record_payment", "supplement", "extend", "consult", "ask_supplement", "ask_fee"),
)
LAST = ("lapse", "withdraw")


def form_for(
    step: Transition,
    case: InformationRequest,
    data: Any = None,
    files: Any = None,
    *,
    actor: Actor,
    at: datetime,
) -> RequestStepForm:
    return FORMS.get(step.name, RequestStepForm)(step, case, data, files, actor=actor, at=at)


def blank_forms(
    case: InformationRequest, allowed: Iterable[Transition], *, actor: Actor, at: datetime
) -> list[RequestStepForm]:
    """An empty form for each step; those that carry the matter on come first."""
    found = {step.name: form_for(step, case, actor=actor, at=at) for step in allowed}
    names = sorted(found, key=lambda name: ONWARD.index(name) if name in ONWARD else len(ONWARD))
    return [found[name] for name in sorted(names, key=LAST.__contains__)]


# The applicant's own ----------------------------------------------------------------------------------------


class OwnSupplementForm(StepForm):
    input_of = UPLOADS
    note_labels = {"supplement": gettext_lazy("Anything else you would like to say")}

    description = text(
        InformationRequest,
        "description",
        required=True,
        rows=5,
        label=gettext_lazy("What you would like to know, made clear"),
    )
    uploads = FilesField(most=MOST_FILES)

    def __init__(
        self, step: Transition, case: InformationRequest, data: Any = None, files: Any = None
    ) -> None:
        super().__init__(step, case, data, files)
        self.initial["description"] = case.description

    def given(self) -> dict[str, Any]:
        return with_files(super().given())


class OwnStepForm(StepForm):
    note_labels = {"withdraw": gettext_lazy("Why you withdraw it (you need not say)")}


def own_form(step: Transition, case: InformationRequest, data: Any = None, files: Any = None) -> StepForm:
    kind = OwnSupplementForm if step.name == "supplement" else OwnStepForm
    return kind(step, case, data, files)
