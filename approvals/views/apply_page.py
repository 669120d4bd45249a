"""How the application form is drawn: blank, with what is wrong, and when somebody is slowed down."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from approvals import drafts
from approvals.forms_public import ApplyForm, field_of
from approvals.models import Draft, ItemGuide
from portal.cases.pages import too_often


def draw(
    request: HttpRequest,
    guide: ItemGuide,
    form: ApplyForm,
    draft: Draft | None,
    *,
    status: int = 200,
    slowed: str = "",
    lacking: bool = False,
    named: str = "",
) -> HttpResponse:
    """The form with the files of its draft. `lacking` offers to send it though a file is missing."""
    files: dict[int, list[Any]] = {}
    for file in draft.files.select_related("material") if draft else ():
        files.setdefault(file.material_id, []).append(file)
    materials: list[dict[str, Any]] = [
        {"material": each, "field": form[field_of(each)], "files": files.pop(each.pk, [])}
        for each in form.materials
    ]
    context = {
        "guide": guide,
        "form": form,
        "draft": draft,
        # Also of a draft that this session no longer knows: it is said when the page is sent again.
        "draft_number": draft.number if draft else named,
        "kept_until": drafts.kept_until(draft) if draft else None,
        "materials": materials,
        "slowed": slowed,
        "lacking": lacking,
        # Of a material that an earlier version asked for.
        "left_over": [each for found in files.values() for each in found],
        "required_missing": sum(each["material"].required and not each["files"] for each in materials),
    }
    return render(request, "approvals/apply.html", context, status=status)


def slowed_down(request: HttpRequest, asked: ItemGuide, draft: Draft | None, scope: str) -> HttpResponse:
    """The page as it was sent, with what was typed; files are not even looked at."""
    said, sent = too_often(request, scope), request.POST
    form = ApplyForm(asked, initial={name: sent.get(name, "") for name in ApplyForm(asked).fields})
    lacking, named = "incomplete" in sent, sent.get("draft", "")
    page = draw(request, asked, form, draft, status=429, slowed=said.sentence, lacking=lacking, named=named)
    return said.on(page)
