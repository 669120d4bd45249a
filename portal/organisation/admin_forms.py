"""What the administrators' pages ask for. The forms check; the verbs write."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminPasswordWidget

from portal.organisation.actions import check_parent, check_roles_fit
from portal.organisation.models import STAFF_ROLE_CHOICES, STAFF_ROLE_VALUES, Staff, Unit


class UnitForm(forms.ModelForm):
    class Meta:
        model = Unit
        fields = ("name", "name_en", "code", "parent", "phone", "active")

    def clean_parent(self) -> Unit | None:
        parent: Unit | None = self.cleaned_data["parent"]
        if "parent" in self.changed_data:
            try:
                check_parent(self.instance, parent)
            except ValidationError as refused:
                raise ValidationError(refused.messages) from None
        return parent


class StaffForm(forms.ModelForm):
    """Roles as boxes to tick, and a password that is only ever written."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=STAFF_ROLE_CHOICES,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    new_password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    class Meta:
        model = Staff
        fields = ("username", "name", "title", "unit", "roles", "phone", "email", "is_active")
        help_texts = {
            "is_active": _("A closed account cannot sign in. What its owner did stays in the records."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("username", "name", "title", "phone", "email"):
            if name in self.fields:
                # Somebody else's account: the administrator's browser has nothing to fill in here.
                self.fields[name].widget.attrs["autocomplete"] = "off"
        if "new_password" in self.fields:
            self.fields["new_password"].help_text = password_validators_help_text_html()

    def clean_roles(self) -> list[str]:
        return [role for role in STAFF_ROLE_VALUES if role in self.cleaned_data["roles"]]

    def clean_new_password(self) -> str:
        password: str = self.cleaned_data["new_password"]
        if password:
            validate_password(password, self.instance)
        return password

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        roles = cleaned.get("roles", self.instance.roles)
        # Django's own flags follow from the roles; the model's constraint is checked with them.
        self.instance.set_roles(roles)
        if "unit" in cleaned or "roles" in cleaned:
            check_roles_fit(roles, cleaned.get("unit", self.instance.unit))
        return cleaned
