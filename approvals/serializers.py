"""What the API of the window takes and answers, for everyone; the rules are the workflow's."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils import html

from approvals.actions import Application
from approvals.files import MOST_FILES, not_brought
from approvals.models import ApprovalCase, ItemGuide, Material
from approvals.models.applications import ApplicantKind
from approvals.rules.terms import STEP_NAMES, SUPPLEMENT
from approvals.workflow import STATES
from portal.cases import identity
from portal.cases.api import DeadlineSerializer
from portal.cases.api_fields import SeenSerializer, note, one_of, text_of
from portal.cases.fields import read_files
from portal.cases.uploads import Upload

POSITION = re.compile(r"[0-9]{1,4}", re.ASCII)
ITEM_CODE = re.compile(r"[-a-zA-Z0-9_]{1,40}", re.ASCII)

# Items and their guides -------------------------------------------------------------------------------------


class ItemUnitSerializer(serializers.Serializer[Any]):
    """The name is in the reader's language."""

    code = serializers.CharField()
    name = serializers.CharField(source="localized_name")


class ItemSerializer(serializers.ModelSerializer):
    """An item that can be applied for. `label` is its name in the reader's language, limits are working days.

    `url` is its guide in this API.
    """

    code = serializers.CharField(source="item.code")
    name = serializers.CharField(source="item.name")
    name_en = serializers.CharField(source="item.name_en")
    label = serializers.CharField(source="item.__str__")
    implementation_code = serializers.CharField(source="item.implementation_code")
    for_persons = serializers.BooleanField(source="item.for_persons")
    for_bodies = serializers.BooleanField(source="item.for_bodies")
    url = serializers.SerializerMethodField()

    class Meta:
        model = ItemGuide
        fields: tuple[str, ...] = (
            "code",
            "name",
            "name_en",
            "label",
            "implementation_code",
            "for_persons",
            "for_bodies",
            "statutory_days",
            "promised_days",
            "fee",
            "url",
        )

    def link(self, name: str, **where: Any) -> str:
        request: Request = self.context["request"]
        absolute: str = request.build_absolute_uri(reverse(name, kwargs=where))
        return absolute

    def get_url(self, guide: ItemGuide) -> str:
        return self.link("api-service-item", code=guide.item.code)


class GuideStepSerializer(serializers.Serializer[Any]):
    """A step of the chain, and the working days that it may take."""

    step = one_of(STEP_NAMES)
    label = serializers.CharField(source="get_step_display")
    days = serializers.IntegerField()


class MaterialSerializer(serializers.ModelSerializer):
    """What an applicant brings. `position` names it where files are sent; the two addresses are downloads."""

    blank_form_url = serializers.SerializerMethodField()
    filled_sample_url = serializers.SerializerMethodField()

    class Meta:
        model = Material
        fields = (
            *("position", "name", "originals", "copies", "required", "note"),
            *("blank_form_url", "filled_sample_url"),
        )

    def _link(self, material: Material, file: Any, which: str) -> str | None:
        if not file:
            return None
        where = {"code": self.context["item"], "pk": material.pk, "which": which}
        request: Request = self.context["request"]
        absolute: str = request.build_absolute_uri(reverse("approvals:form_file", kwargs=where))
        return absolute

    def get_blank_form_url(self, material: Material) -> str | None:
        return self._link(material, material.blank_form, "blank")

    def get_filled_sample_url(self, material: Material) -> str | None:
        return self._link(material, material.filled_sample, "sample")


class GuideSerializer(ItemSerializer):
    """The whole guide (办事指南) as it is published; all limits are working days. `number` counts versions.

    `special_days`: what a hearing, a test or an expert review may take, which does not count (art. 45).
    """

    unit = ItemUnitSerializer(source="item.unit")
    steps = GuideStepSerializer(source="steps_in_order", many=True)
    materials = serializers.SerializerMethodField()

    class Meta(ItemSerializer.Meta):
        fields = (
            *ItemSerializer.Meta.fields,
            *("number", "published_at", "unit", "basis", "conditions", "joint", "extend_at_most"),
            *("special_days", "supplement_days", "fee_basis", "fee_exemptions", "place", "hours", "phone"),
            *("certificate", "validity_months", "steps", "materials"),
        )

    @extend_schema_field(MaterialSerializer(many=True))
    def get_materials(self, guide: ItemGuide) -> Any:
        context = {**self.context, "item": guide.item.code}
        return MaterialSerializer(guide.materials.all(), many=True, context=context).data


# Applying ---------------------------------------------------------------------------------------------------


class ItemField(serializers.CharField):
    """The guide that is published of an item, by the item's code."""

    def to_internal_value(self, data: Any) -> Any:
        code = super().to_internal_value(data)
        guides = ItemGuide.objects.published().select_related("item__unit").prefetch_related("materials")
        found = guides.filter(item__code=code).first() if ITEM_CODE.fullmatch(code) else None
        if found is None:
            raise serializers.ValidationError([_("This item cannot be applied for at present.")])
        return found


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "description": "Files by the position of the guide's material: each is a part of the form called "
        "files.<position>, such as files.2; several of one material are several parts of that name. PDF, "
        f".docx, .xlsx, JPEG, PNG or WebP, at most {MOST_FILES} together. Multipart only.",
    }
)
class MaterialFilesField(serializers.Field):
    """Uploads by the position of their material, from parts of a form called `files.2`."""

    def get_value(self, dictionary: Any) -> Any:
        if not html.is_html_input(dictionary):
            return dictionary.get(self.field_name, serializers.empty)
        found: Any = html.parse_html_dict(dictionary, prefix=self.field_name or "")
        # Of a part that is called "files" alone nobody knows what it belongs to.
        whole = {"": dictionary.getlist(self.field_name)} if self.field_name in dictionary else {}
        return whole | {key: found.getlist(key) for key in found} or serializers.empty

    def to_internal_value(self, data: Any) -> dict[int, list[Upload]]:
        if not isinstance(data, dict):
            raise serializers.ValidationError([_not_files()])
        files: dict[int, list[Upload]] = {}
        wrong: dict[str, list[str]] = {}
        for key, found in data.items():
            try:
                files[_position(key)] = _uploads(found)
            except ValidationError as refused:
                wrong[str(key)[:20]] = refused.messages
        if wrong:
            raise serializers.ValidationError(wrong)
        return files

    def to_representation(self, value: Any) -> Any:
        return value


def _not_files() -> str:
    return _("Files are sent as multipart form data, each as files.1, files.2 and so on.")


def _position(key: Any) -> int:
    if not isinstance(key, str) or not POSITION.fullmatch(key):
        raise ValidationError(_not_files())
    return int(key)


def _uploads(found: Any) -> list[Upload]:
    if not isinstance(found, list) or not all(isinstance(each, UploadedFile) for each in found):
        raise ValidationError(_not_files())
    return read_files(found)


def no_such_material(position: int) -> str:
    return _("There is no such material: %(names)s.") % {"names": position}


class WithFiles(serializers.Serializer[Any]):
    """A form with files; what is wrong with them is said at `files.2`, say."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        try:
            return super().run_validation(data)
        except serializers.ValidationError as refused:
            raise serializers.ValidationError(_by_position(refused.detail)) from None


def _by_position(detail: Any) -> Any:
    if not isinstance(detail, dict) or not isinstance(detail.get("files"), dict):
        return detail
    found = detail.pop("files")
    return detail | {f"files.{key}" if key else "files": sentences for key, sentences in found.items()}


def by_material(guide: ItemGuide, files: dict[int, list[Upload]]) -> dict[int, list[Upload]]:
    """Uploads by the key of the material; raises ValidationError for a position that the guide has not."""
    keys = {each.position: each.pk for each in guide.materials.all()}
    if strange := sorted(set(files) - set(keys)):
        wrong = {f"files.{position}": [no_such_material(position)] for position in strange}
        raise serializers.ValidationError(wrong)
    return {keys[position]: uploads for position, uploads in files.items()}


APPLICANT_FIELDS = (
    *("applicant_kind", "applicant_name", "applicant_number", "representative", "phone", "email", "address"),
    *("subject_matter", "place", "consolidated_bill"),
)


class ApplicationSerializer(WithFiles, serializers.ModelSerializer):
    """An application. `applicant_number` is a person's ID number, or a body's unified social credit code.

    Files may be missing: an incomplete application is received, and one notice asks for the rest (art. 32).
    """

    item = ItemField(help_text="The code of the item.")
    # Longer than a number is, so that blanks and hyphens can be typed.
    applicant_number = text_of(ApprovalCase, "applicant_number", longest=30)
    applicant_kind = serializers.ChoiceField(choices=ApplicantKind.choices)
    files = MaterialFilesField(required=False)

    class Meta:
        model = ApprovalCase
        fields: tuple[str, ...] = ("item", *APPLICANT_FIELDS, "files")

    def validate_applicant_number(self, value: str) -> str:
        kind = self.initial_data.get("applicant_kind")
        # What a number is depends on whose it is; a kind that is none is refused by itself.
        return identity.check_number(str(kind), value) if kind in ApplicantKind.values else value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "files": by_material(attrs["item"], attrs.get("files", {}))}

    def application(self) -> Application:
        """What is applied for, as the verbs take it; call when the form is valid."""
        given = self.validated_data
        told = {name: given[name] for name in APPLICANT_FIELDS if name in given}
        return Application(guide=given["item"], files=given["files"], **told)

    def said(self) -> dict[str, Any]:
        """The same as plain data, by which a request is known again."""
        given = self.validated_data
        files = {key: [[each.name, each.sha256] for each in found] for key, found in given["files"].items()}
        return {**given, "item": given["item"].pk, "files": files}


class ApplicationOpenedSerializer(serializers.Serializer[Any]):
    """Number and code: together they let the applicant follow the application. `lookup_code` is the code."""

    number = serializers.CharField()
    code = serializers.CharField()
    lookup_code = serializers.CharField()
    state = one_of(STATES)
    deadlines = DeadlineSerializer(many=True)


# What the applicant does afterwards -------------------------------------------------------------------------


class OwnSerializer(SeenSerializer):
    """`code` is the look-up code, where it does not come in the header X-Case-Code."""

    code = serializers.CharField(required=False, allow_blank=True, max_length=40)


class BringSerializer(WithFiles, OwnSerializer):
    """Everything that was asked for, with a file for each; what is kept already need not come again."""

    note = note(required=False)
    files = MaterialFilesField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        case: ApprovalCase = self.context["case"]
        files = by_material(case.guide, attrs.get("files", {}))
        unsent = not_brought(case, files) if case.state == SUPPLEMENT else []
        if unsent:
            sentence = _("Please add a file for it. What you cannot send, bring to the window.")
            wrong = {f"files.{each.material.position}": [sentence] for each in unsent}
            raise serializers.ValidationError(wrong)
        return {**attrs, "files": files}


class WithdrawOwnSerializer(OwnSerializer):
    note = note(required=True)


class RateSerializer(OwnSerializer):
    rating = serializers.IntegerField(
        min_value=1, max_value=5, help_text="5 very satisfied … 1 very dissatisfied (好差评)."
    )
    rating_words = text_of(ApprovalCase, "rating_words", required=False, allow_blank=True)
