"""What a joint site survey asks: when and where and with whom, and each unit's signed opinion."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import Survey, SurveyParty
from approvals.rules.checks import VERDICTS
from approvals.step_form_base import ApprovalStepForm
from portal.cases.attachments import MOST_PHOTOS, Photo
from portal.cases.fields import PhotosField, PhotosInput, text
from portal.cases.step_forms import one_of
from portal.organisation.models import Staff, Unit

# As `<input type="datetime-local">` sends it, in the bureau's own time.
HOUR = "%Y-%m-%dT%H:%M"


class Units(forms.ModelMultipleChoiceField):
    """Units that still work, sent as their codes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            queryset=Unit.objects.active(),
            to_field_name="code",
            widget=forms.CheckboxSelectMultiple,
            error_messages={
                "invalid_choice": gettext_lazy("There is no such unit."),
                "required": gettext_lazy("Please choose the units that take part."),
            },
            **options,
        )


class Colleagues(forms.ModelMultipleChoiceField):
    def label_from_instance(self, person: Any) -> str:
        return f"{person} {person.title}".strip()


class ArrangeSurveyForm(ApprovalStepForm):
    """Where an appointment is moved, the form begins with what stands."""

    units = Units(label=gettext_lazy("Units that take part"))
    planned_at = forms.DateTimeField(
        label=gettext_lazy("Day and hour"),
        input_formats=[HOUR],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=HOUR),
    )
    place = text(Survey, "place", label=gettext_lazy("Where one meets"))

    def begin(self) -> None:
        survey = self.approval.survey()
        if survey is None:
            unit = self.approval.unit
            self.initial.update(place=self.approval.place, units=[unit.code] if unit else [])
        else:
            self.initial.update(
                place=survey.place,
                planned_at=survey.planned_at,
                units=[each.unit.code for each in survey.parties.all()],
                note=survey.note,
            )

    def given(self) -> dict[str, Any]:
        given = super().given()
        return {**given, "units": list(given["units"])}


class CameraInput(PhotosInput):
    """Opens the camera of a phone at once; elsewhere it is like any other file input."""

    allow_multiple_selected = False

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"capture": "environment", **(attrs or {})})


class TakesPhotos(forms.Form):
    """Photos from the camera at once or from the device: six of both together."""

    camera = PhotosField(label=gettext_lazy("Take a photo"), widget=CameraInput, help_text="")
    photos = PhotosField(label=gettext_lazy("Photos from this device"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if len(self.all_photos(cleaned)) > MOST_PHOTOS:
            self.add_error(
                "photos",
                ValidationError(
                    _("At most %(most)s photos can be sent.") % {"most": MOST_PHOTOS}, "too_many"
                ),
            )
        return cleaned

    @staticmethod
    def all_photos(cleaned: dict[str, Any]) -> list[Photo]:
        return [*cleaned.get("camera", []), *cleaned.get("photos", [])]


class SignOpinionForm(TakesPhotos, ApprovalStepForm):
    """The opinion of the actor's own unit; `photos` of both inputs are kept with the application."""

    field_order = ("seen", "verdict", "opinion", "present")
    verdict = one_of(
        VERDICTS, gettext_lazy("What your unit says"), gettext_lazy("Please choose what your unit says.")
    )
    opinion = text(SurveyParty, "opinion", required=True, rows=4)
    present = Colleagues(
        label=gettext_lazy("Who of your unit was there"),
        queryset=Staff.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Please name who of your unit was there.")},
    )

    def begin(self) -> None:
        present = self.fields["present"]
        assert isinstance(present, forms.ModelMultipleChoiceField)
        # Each unit names its own.
        present.queryset = (
            Staff.objects.active().filter(unit_id=self.actor.unit_id or 0).order_by("name", "pk")
        )
        self.initial["present"] = [self.actor.id]

    def given(self) -> dict[str, Any]:
        given = super().given()
        given["photos"] = self.all_photos(given)
        del given["camera"]
        return {**given, "present": list(given["present"])}
