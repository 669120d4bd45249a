"""What a visitor of the check page brings: a file, or the number or check code that stands on a document."""

from __future__ import annotations

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.documents.checking import MOST_BYTES
from portal.documents.codes import canonical, canonical_number
from portal.documents.models import Document, is_held_back

LONGEST_QUESTION = 200


def too_large() -> str:
    return _("The file is larger than %(most)s MB, and was not read.") % {"most": MOST_BYTES // 1024 // 1024}


class UploadForm(forms.Form):
    """One file, taken as it is: what it is worth is said by `checking`."""

    file = forms.FileField(
        label=gettext_lazy("PDF file"),
        help_text=gettext_lazy("At most 20 MB. The file is read once and not kept."),
        # However long the file's own name is, it matters to nobody.
        max_length=None,
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
        error_messages={
            "required": gettext_lazy("Please choose a file."),
            "empty": gettext_lazy("This file is empty."),
            "missing": gettext_lazy("Please choose a file."),
            "invalid": gettext_lazy("No file has arrived. Please choose it again."),
        },
    )

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(too_large(), "too_large")
        return file


class QuestionForm(forms.Form):
    """The number or the check code of a document; `found` is the document, once the form is valid."""

    found: Document | None = None

    q = forms.CharField(
        label=gettext_lazy("Document number or check code"),
        max_length=LONGEST_QUESTION,
        help_text=gettext_lazy("The check code has ten letters and stands below the QR code."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"required": gettext_lazy("Please enter the number or the check code.")},
    )

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"]
        code = canonical(text)
        # Numbers can be guessed: what was not published yet is not there for who has no more than that.
        asked = Q(check_code=code) if code else Q(number=canonical_number(text)) & ~is_held_back()
        self.found = Document.objects.filter(asked).only("check_code").first()
        if self.found is None:
            raise forms.ValidationError(no_such_document(), "unknown")
        return text


def no_such_document() -> str:
    return _(
        "The bureau has issued no document with this number or check code. Please compare it with the paper, "
        "sign by sign. If it is the same, please do not rely on the paper, and ask the bureau."
    )
