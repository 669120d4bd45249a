"""The pages that belong to no module: home, workbench, one's account, site map, elder mode."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.organisation.actors import ANONYMOUS, STAFF_ROLES
from portal.organisation.actors_of import actor_of

from . import home, navigation, workbench
from .elder import remember


@require_safe
def home_page(request: HttpRequest) -> HttpResponse:
    """What most people come for, and the figures that the apps supply."""
    tasks = [link for group in navigation.groups(ANONYMOUS) for link in group.links if link.summary]
    return render(request, "site/home.html", {"tasks": tasks, "figures": home.figures(timezone.now())})


@require_safe
@login_required
def workbench_page(request: HttpRequest) -> HttpResponse:
    """On to the page that the role works on; a role that has none yet is told what there is for it."""
    actor = actor_of(request)
    if page := workbench.start_page(actor):
        return redirect(page)
    return render(request, "site/workbench.html", {"groups": navigation.groups(actor)})


@require_safe
@login_required
def account_page(request: HttpRequest) -> HttpResponse:
    """Who the reader is to the portal, and what keeps the account safe."""
    roles = [role.label for role in STAFF_ROLES if role in actor_of(request).roles]
    return render(request, "site/account.html", {"roles": roles})


@require_safe
def sitemap_page(request: HttpRequest) -> HttpResponse:
    """Every page of the navigation that the reader may open, by section."""
    return render(request, "site/sitemap.html", {"groups": navigation.groups(actor_of(request))})


@require_safe
@never_cache
def still_here(request: HttpRequest) -> HttpResponse:
    """Asked while somebody types: who writes a long text is not idle, and is not signed out over it."""
    return HttpResponse(status=204)


@require_POST
def elder_mode(request: HttpRequest) -> HttpResponse:
    """Switch elder mode on or off, and go back to where the reader was."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = redirect(target)
    remember(response, on=request.POST.get("on") == "1")
    return response


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Where programs find everything that is public, and what is not worth their time."""
    lines = (
        "User-agent: *",
        "Disallow: /accounts/",
        "Disallow: /admin/",
        "Disallow: /api/",
        f"Sitemap: {settings.PUBLIC_URL}{reverse('sitemap')}",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
