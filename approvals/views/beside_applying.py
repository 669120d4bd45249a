"""Beside the form of an application: the check of a number, going on with a draft, and the end."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.draft_access import goes_on
from approvals.forms_public import ContinueForm
from approvals.models import ApprovalCase
from approvals.models.applications import ApplicantKind
from approvals.rules.terms import ACCEPT
from portal.cases import access, identity
from portal.cases.pages import is_throttled, too_many

NUMBER_LENGTH = 18


@require_POST
@sensitive_post_parameters()
@never_cache
def check_applicant_number(request: HttpRequest) -> HttpResponse:
    """A sentence about the number as it is being typed; part of a page, for its script."""
    if is_throttled(request, "number_check"):
        return too_many(request)
    kind = request.POST.get("applicant_kind", "")
    typed = identity.normal_number(request.POST.get("applicant_number", "")[:60])
    context: dict[str, Any] = {"typed": typed, "kind": kind, "wrong": "", "count": len(typed)}
    # Nobody is told that a number is too short while it is being typed.
    context["whole"] = len(typed) >= NUMBER_LENGTH and kind in ApplicantKind.values
    if context["whole"]:
        try:
            identity.check_number(kind, typed)
        except ValidationError as wrong:
            context["wrong"] = wrong.messages[0]
    return render(request, "approvals/_number_check.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
@sensitive_variables("form")
@never_cache
def continue_draft(request: HttpRequest) -> HttpResponse:
    """Number and look-up code of a draft; which of the two is wrong, nobody is told."""
    if request.method != "POST":
        return render(request, "approvals/continue.html", {"form": ContinueForm()})
    if is_throttled(request, "lookup"):
        return too_many(request)
    form = ContinueForm(request.POST)
    if form.is_valid():
        address = goes_on(request, form.cleaned_data["number"], form.cleaned_data["code"])
        if address:
            return redirect(address)
        form.add_error(None, _("There is no draft with this number and this code. Please check both."))
    return render(request, "approvals/continue.html", {"form": form}, status=400)


@require_safe
@never_cache
def applied(request: HttpRequest) -> HttpResponse:
    """Number and look-up code of the application that this browser has just sent, and its receipt."""
    case = ApprovalCase.objects.filter(number=request.session.get(access.OPENED_KEY, "")).first()
    if case is None:
        return redirect("approvals:start")
    context = {
        "case": case,
        "clock": case.deadlines.filter(term=ACCEPT).order_by("id").first(),
        "receipt": case.papers.filter(purpose="receipt").order_by("id").first(),
    }
    return render(request, "approvals/applied.html", context)
