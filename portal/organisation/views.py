"""Two pages for everyone who works here: who is where, and what happened to one's own account."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.organisation import access_log
from portal.organisation.directory import directory
from portal.organisation.models import Staff
from portal.organisation.permissions import require_role


@require_safe
@require_role()
def directory_page(request: HttpRequest) -> HttpResponse:
    return render(request, "organisation/directory.html", {"entries": directory()})


@require_safe
@require_role()
def access_page(request: HttpRequest) -> HttpResponse:
    assert isinstance(request.user, Staff)
    return render(request, "organisation/access.html", {"lines": access_log.lines(request.user)})
