"""What the clerk's own pages ask for: the number of an application, and an application at the counter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.forms import ApplicantForm
from approvals.models import ApprovalCase, GivenMaterial, ItemGuide, Material
from portal.cases.fields import FilesField, Words, text
from portal.cases.identity import normal_number
from portal.cases.uploads import Upload
from portal.cases.workflow import Refused

WHOLE = re.compile(r"SP([0-9]{8})([0-9]{4,12})")
LAST = re.compile(r"[0-9]{1,8}")
# The same, as a browser asks for it before anything is sent: an ID number or a telephone number typed here by
# mistake never gets into an address. Written without a hyphen in brackets, which browsers read differently.
BROWSER_PATTERN = (
    r"\s*(?:[SsＳｓ][PpＰｐ](?:-|－|—|\s)?[0-9０-９]{8}(?:-|－|—|\s)?[0-9０-９]{4,12}|[0-9０-９]{1,8})\s*"
)


class FindForm(forms.Form):
    """The number of an application, or its last figures."""

    number = Words(
        label=gettext_lazy("Find an application"),
        required=False,
        max_length=30,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "pattern": BROWSER_PATTERN,
                "placeholder": "SP-20260101-0001",
                "title": gettext_lazy("SP-20260101-0001, or the last figures of the number"),
            }
        ),
        help_text=gettext_lazy("The number, or its last figures: 7 finds every …-0007."),
    )

    def clean_number(self) -> str:
        plain = normal_number(self.cleaned_data["number"]).replace("—", "")
        if not WHOLE.fullmatch(plain) and not LAST.fullmatch(plain):
            raise ValidationError(
                _("Please type a number like SP-20260101-0001 or its last figures; no ID or phone number."),
                "number",
            )
        return plain

    def among(self, approvals: QuerySet[ApprovalCase]) -> QuerySet[ApprovalCase]:
        """Those of the number, or whose number ends in the figures, newest first; asks for a valid form."""
        plain = self.cleaned_data["number"]
        if whole := WHOLE.fullmatch(plain):
            return approvals.filter(number=f"SP-{whole[1]}-{whole[2]}")
        # 7 is 0007; 250007 is the seventh of some 25th; 12345 is also that of a day with very many.
        wanted = Q(number__endswith=f"-{plain:0>4}")
        if len(plain) > 4:
            wanted |= Q(number__endswith=f"{plain[:-4]}-{plain[-4:]}")
        return approvals.filter(wanted).order_by("-opened_at", "-id")


# At the counter ---------------------------------------------------------------------------------------------

IN_ORDER, WRONG, UNSEEN = "yes", "no", ""
LOOKED_AT = [
    (IN_ORDER, gettext_lazy("in order")),
    (WRONG, gettext_lazy("not in order")),
    (UNSEEN, gettext_lazy("not looked at")),
]
MEANS: dict[str, bool | None] = {IN_ORDER: True, WRONG: False, UNSEEN: None}
# What the submit buttons say.
SAVE, ACCEPT, ASK = "save", "accept", "ask"
# What is offered again of a known applicant; kind and number are those that were typed.
TOLD_BEFORE = ("applicant_name", "representative", "phone", "email", "address")


class CounterForm(ApplicantForm):
    """An application as a clerk takes it in: who applies for what, and what of the materials is in order."""

    consolidated_bill = forms.BooleanField(
        label=gettext_lazy("Construction project on a consolidated bill"), required=False
    )

    def __init__(self, guide: ItemGuide, *args: Any, **options: Any) -> None:
        super().__init__(guide, *args, **options)
        self.fields["applicant_number"].help_text = ""
        # What was refused begins with the sentence that says why.
        if not self.kind_is_known() and not self.is_bound:
            self.fields["applicant_kind"].widget.attrs["autofocus"] = True
        self.materials = list(guide.materials.all())
        for each in self.materials:
            state, problem, files = names_of(each)
            self.fields[state] = forms.ChoiceField(
                label=each.name, choices=LOOKED_AT, required=False, widget=forms.RadioSelect
            )
            self.fields[problem] = text(
                GivenMaterial,
                "problem",
                label=_("%(name)s: what is wrong with it") % {"name": each.name},
                attrs={"autocomplete": "off"},
            )
            self.fields[files] = FilesField(label=_("%(name)s: files") % {"name": each.name}, help_text="")

    def kind_is_known(self) -> bool:
        """Whether the item is for persons alone, or for bodies alone, so that nobody has to choose."""
        return not (self.guide.item.for_persons and self.guide.item.for_bodies)

    def rows(self) -> list[dict[str, Any]]:
        """A material a row, with its three fields, for the page that draws them side by side."""
        found = []
        for each in self.materials:
            state, problem, files = names_of(each)
            found.append(
                {"material": each, "state": self[state], "problem": self[problem], "files": self[files]}
            )
        return found

    def checked(self) -> dict[int, tuple[bool | None, str]]:
        """What the clerk found of each material, as the verb takes it; of a valid form."""
        found = {}
        for each in self.materials:
            state, problem, _files = names_of(each)
            found[each.pk] = (MEANS[self.cleaned_data[state]], self.cleaned_data[problem])
        return found

    def uploads(self) -> dict[int, list[Upload]]:
        named = {each.pk: self.cleaned_data[names_of(each)[2]] for each in self.materials}
        return {pk: files for pk, files in named.items() if files}

    def put_refusal(self, refused: Refused, do: str) -> None:
        """What a rule said of the materials, and beside each that it is about; `do` is what was asked for."""
        self.add_error(None, str(refused.message))
        for given in self._as_it_would_be().missing():
            state, problem, _files = names_of(given.material)
            if given.in_order is False and not given.problem.strip():
                self.add_error(problem, _("Please write what is wrong with it."))
            elif given.in_order is None and do != SAVE:
                self.add_error(state, _("Not looked at yet."))
            elif given.in_order is False and do == ACCEPT:
                self.add_error(state, _("Not in order."))

    def _as_it_would_be(self) -> ApprovalCase:
        """An application that is not kept, with the materials as they were found, for the rule to judge."""
        checked = self.checked()
        case = ApprovalCase(guide=self.guide)
        rows = []
        for each in self.materials:
            in_order, problem = checked[each.pk]
            rows.append(GivenMaterial(material=each, in_order=in_order, problem=problem))
        case.__dict__["given"] = rows
        return case

    def has_files(self) -> bool:
        """Whether files came with it, which a browser does not send a second time by itself."""
        return bool(self.files)


def names_of(material: Material) -> tuple[str, str, str]:
    """What the fields of a material are called: how it was found, what is wrong, its files."""
    return f"state_{material.pk}", f"problem_{material.pk}", f"files_{material.pk}"


def told_before(case: ApprovalCase) -> Mapping[str, str]:
    """What an earlier application says of its applicant, by the names of the form's fields."""
    return {name: getattr(case, name) for name in TOLD_BEFORE}


class ItemSearchForm(forms.Form):
    """What somebody would like to apply for, in the clerk's own words."""

    q = Words(
        label=gettext_lazy("Which item?"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search"}),
        help_text=gettext_lazy("Some letters of its name or its code. Enter opens it where only one fits."),
    )

    def among(self, guides: list[ItemGuide]) -> list[ItemGuide]:
        """Those whose item fits every word; the one whose name or code it is exactly goes before others."""
        typed = self.cleaned_data["q"].casefold().split()
        whole = " ".join(typed)
        names = {each: _names(each) for each in guides}
        exact = [each for each in guides if whole and whole in names[each]]
        return exact or [each for each in guides if all(any(w in n for n in names[each]) for w in typed)]


def _names(guide: ItemGuide) -> tuple[str, ...]:
    item = guide.item
    return tuple(each.casefold() for each in (item.name, item.name_en, item.code, item.implementation_code))
