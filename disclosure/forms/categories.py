"""What the administrators' pages ask for: a category or theme of the catalogue, saved by its verb."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from disclosure import workflow
from disclosure.models import Category
from portal.cases.workflow import Refused


class CategoryForm(forms.ModelForm):
    """Says at the field that a category would stand below itself, or too deep."""

    class Meta:
        model = Category
        fields: ClassVar[Any] = "__all__"

    def clean_parent(self) -> Category | None:
        parent: Category | None = self.cleaned_data["parent"]
        before, self.instance.parent = self.instance.parent, parent
        try:
            workflow.check_place(self.instance, list(Category.objects.all()))
        except Refused as refused:
            raise ValidationError(str(refused.message)) from None
        finally:
            self.instance.parent = before
        return parent
