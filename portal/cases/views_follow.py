"""Follow a matter of any kind by its number and look-up code, and leave no trace at a computer of others."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from portal.cases import access, kinds
from portal.cases.forms import FollowForm
from portal.cases.pages import is_throttled, too_many


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("code")
@sensitive_variables("form")
@never_cache
def follow(request: HttpRequest) -> HttpResponse:
    """Number and look-up code; which of the two is wrong, nobody is told."""
    if request.method != "POST":
        return render(request, "cases/follow.html", {"form": FollowForm()})
    if is_throttled(request, "lookup"):
        return too_many(request)
    form = FollowForm(request.POST)
    if form.is_valid():
        case = access.find_by_code(form.cleaned_data["number"], form.cleaned_data["code"])
        if case is not None:
            access.remember(request, case)
            return redirect(kinds.of(case).public_url_name, case.number)
        for leads in access.elsewhere:
            if address := leads(request, form.cleaned_data["number"], form.cleaned_data["code"]):
                return redirect(address)
        form.add_error(None, _("Number and look-up code do not belong together. Please check both."))
    return render(request, "cases/follow.html", {"form": form}, status=400)


@require_POST
@never_cache
def finish(request: HttpRequest) -> HttpResponse:
    """At a computer that others use as well: nothing of the own matters can be reached from it any more."""
    access.forget(request)
    sentence = _(
        "This computer no longer shows your matters. With number and look-up code you can follow them again "
        "at any time."
    )
    messages.success(request, sentence)
    return redirect("cases:follow")
