"""What the hotline's pages ask for: a call, a citizen's report, number and look-up code."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hotline.actions import Matter
from hotline.fields import CategoryChoice, CategoryField
from hotline.models import Call, Ticket, Urgency
from hotline.workflow import CENTRE_CODE
from portal.cases.fields import FromCitizen, Once, UnitChoice, text


class GoesOn(TextChoices):
    """What becomes of a call."""

    DISPATCH = "dispatch", gettext_lazy("Dispatch to the unit")
    KEEP = "keep", gettext_lazy("Keep, to be dispatched later")
    ANSWER = "answer", gettext_lazy("Answered at once")
    NO_MATTER = "no_matter", gettext_lazy("No matter for the hotline")


class CallForm(Once):
    """A call, in the order in which one asks. What is needed depends on how it goes on."""

    phone = text(Ticket, "caller_phone", attrs={"inputmode": "tel", "autocomplete": "off"})
    name = text(Ticket, "caller_name", attrs={"autocomplete": "off"})
    category = CategoryField(
        label=gettext_lazy("Category"),
        required=False,
        max_length=80,
        widget=CategoryField.widget(attrs={"autocomplete": "off"}),
    )
    urgency = forms.ChoiceField(
        label=gettext_lazy("Urgency"), choices=Urgency.choices, initial=Urgency.NORMAL, required=False
    )
    place = text(Ticket, "place", required=False, attrs={"autocomplete": "off"})
    description = text(Ticket, "description", required=False, rows=5)
    goes_on = forms.ChoiceField(
        label=gettext_lazy("How it goes on"),
        choices=GoesOn.choices,
        initial=GoesOn.DISPATCH,
        widget=forms.RadioSelect,
    )
    unit = UnitChoice(label=gettext_lazy("Dispatch to"), required=False)
    answer = text(Ticket, "reply", label=gettext_lazy("What you answered"), rows=3)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        unit = self.fields["unit"]
        assert isinstance(unit, UnitChoice)
        unit.queryset = unit.queryset.exclude(code=CENTRE_CODE)  # type: ignore[union-attr]
        unit.empty_label = _("the category's usual unit")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        goes_on = cleaned.get("goes_on")
        if goes_on is None:
            return cleaned
        if goes_on == GoesOn.NO_MATTER:
            # Such a call leaves a note, which is shorter than a ticket.
            most = Call._meta.get_field("note").max_length or 0
            if len(cleaned.get("description", "")) > most:
                self.add_error("description", _("Please write at most %(most)s characters.") % {"most": most})
            return cleaned
        for name in ("category", "place", "description"):
            if name not in self.errors and not cleaned.get(name):
                self.add_error(name, _("Please fill this in."))
        return cleaned

    def matter(self) -> Matter:
        cleaned = self.cleaned_data
        return Matter(
            category=cleaned["category"],
            place=cleaned["place"],
            description=cleaned["description"],
            urgency=cleaned["urgency"] or Urgency.NORMAL,
            caller_name=cleaned["name"],
            caller_phone=cleaned["phone"],
        )

    def typed(self, name: str) -> str:
        """One field alone as it was typed, when it is fit; "" otherwise."""
        field = self.fields[name]
        try:
            return str(field.clean(field.widget.value_from_datadict(self.data, self.files, name)) or "")
        except forms.ValidationError:
            return ""


class AddedCallForm(forms.Form):
    """Another call about a ticket there is already, taken from the same page."""

    phone = text(Call, "phone")
    name = text(Call, "name")
    description = text(Call, "note", required=True)


class ReportForm(FromCitizen):
    """A citizen's report from the web. Only what is needed to act on it must be given."""

    category = CategoryChoice(
        label=gettext_lazy("What is it about?"), empty_label=gettext_lazy("Please choose")
    )
    place = text(
        Ticket,
        "place",
        label=gettext_lazy("Where?"),
        help_text=gettext_lazy("Street and number, crossing, or what stands beside it."),
    )
    description = text(
        Ticket,
        "description",
        label=gettext_lazy("What happened?"),
        rows=6,
        help_text=gettext_lazy("Please write no identity numbers and no names of other people."),
    )

    def matter(self) -> Matter:
        cleaned = self.cleaned_data
        return Matter(
            category=cleaned["category"],
            place=cleaned["place"],
            description=cleaned["description"],
            caller_name=cleaned["name"],
            caller_phone=cleaned["phone"],
            caller_email=cleaned["email"],
        )
