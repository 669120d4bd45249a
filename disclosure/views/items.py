"""An item for staff: every text that was public, and what ends it: amended, repealed, withdrawn."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from disclosure import actions, workflow
from disclosure.codes import check_index_number
from disclosure.forms.publications import EndForm, WithdrawForm
from disclosure.models import Disclosure, Validity
from disclosure.rules import publication as rules
from portal.cases.pages import put_error
from portal.cases.workflow import NotAllowed, Refused
from portal.organisation.actors_of import actor_of
from portal.organisation.permissions import require_role


@require_role(*sorted(rules.SEEN_BY))
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def item_desk(request: HttpRequest, index_number: str) -> HttpResponse:
    """Its texts with what was corrected; an officer ends or withdraws it here, and begins a correction."""
    item = get_object_or_404(
        Disclosure.objects.select_related("category", "theme", "unit", "ended_by"), index_number=index_number
    )
    if request.method != "POST":
        return _draw(request, item, EndForm(), WithdrawForm())
    if not actor_of(request).has_role(*workflow.PUBLISHERS):
        raise PermissionDenied(_("Your role does not permit this step."))
    if request.POST.get("do") == "withdraw":
        return _withdraw(request, item)
    return _end(request, item)


def _withdraw(request: HttpRequest, item: Disclosure) -> HttpResponse:
    form = WithdrawForm(request.POST)
    if form.is_valid():
        try:
            actions.withdraw(
                item, reason=form.cleaned_data["reason"], actor=actor_of(request), at=timezone.now()
            )
        except NotAllowed as refused:
            raise PermissionDenied(str(refused.message)) from None
        except Refused as refused:
            put_error(form, refused, {"withdrawn_reason": "reason"})
        else:
            messages.success(request, _("It is withdrawn. Its address says that it was there, and why."))
            return redirect("disclosure:item_desk", item.index_number)
    return _draw(request, item, EndForm(), form, status=400)


def _end(request: HttpRequest, item: Disclosure) -> HttpResponse:
    form = EndForm(request.POST)
    if form.is_valid() and (by := _ended_by(form)) is not False:
        try:
            how = Validity(form.cleaned_data["validity"])
            actions.end(item, how, by=by, actor=actor_of(request), at=timezone.now())
        except NotAllowed as refused:
            raise PermissionDenied(str(refused.message)) from None
        except Refused as refused:
            put_error(form, refused)
        else:
            messages.success(request, _("The validity is changed."))
            return redirect("disclosure:item_desk", item.index_number)
    return _draw(request, item, form, WithdrawForm(), status=400)


def _ended_by(form: forms.Form) -> Any:
    """The item that did it, None for none; False, with a sentence at the field, where it cannot be found."""
    typed = form.cleaned_data["ended_by"]
    if not typed.strip():
        return None
    try:
        found = Disclosure.objects.filter(index_number=check_index_number(typed)).first()
    except ValidationError as wrong:
        form.add_error("ended_by", wrong)
        return False
    if found is None:
        form.add_error("ended_by", _("There is no item with this index number."))
        return False
    return found


def _draw(
    request: HttpRequest, item: Disclosure, end: EndForm, withdraw: WithdrawForm, status: int = 200
) -> HttpResponse:
    may_publish = actor_of(request).has_role(*workflow.PUBLISHERS)
    context = {
        "item": item,
        "versions": list(item.versions.prefetch_related("files").order_by("-number")),
        "corrections": list(item.corrections.all()),
        "end_form": end if may_publish and item.validity != Validity.REPEALED else None,
        "withdraw_form": withdraw if may_publish else None,
    }
    return render(request, "disclosure/item_desk.html", context, status=status)
