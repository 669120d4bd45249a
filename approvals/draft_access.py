"""The drafts that this browser's session may go on with: no number opens one without its code."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from approvals import drafts
from approvals.models import Draft, ServiceItem
from portal.cases import access


def remember(request: HttpRequest, draft: Draft) -> None:
    """From now on this session may go on with the draft; the last one that it opened stands last."""
    numbers = request.session.get(access.DRAFTS_KEY, [])
    if draft.number not in numbers and not request.user.is_authenticated:
        # Whoever planted a session in this browser before does not read along.
        request.session.cycle_key()
    others = [each for each in numbers if each != draft.number]
    request.session[access.DRAFTS_KEY] = [*others, draft.number][-access.MOST_FOLLOWED :]


def own_draft(request: HttpRequest, item: ServiceItem, number: str | None = None) -> Draft | None:
    """The draft of this item that this session goes on with: that of the number, else the last it opened."""
    numbers = request.session.get(access.DRAFTS_KEY, [])
    if number is not None:
        numbers = [each for each in numbers if each == number]
    if not numbers:
        return None
    found = {each.number: each for each in Draft.objects.filter(number__in=numbers, guide__item=item)}
    return next((found[each] for each in reversed(numbers) if each in found), None)


def goes_on(request: HttpRequest, number: str, code: str) -> str:
    """Where the draft of this number and code goes on, "" for none; this session may from now on."""
    draft = drafts.find(number, code)
    if draft is None:
        return ""
    remember(request, draft)
    return reverse("approvals:apply", args=[draft.guide.item.code])
