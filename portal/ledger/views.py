"""The public side of the ledger: the list of seals, each seal, and the script that checks a receipt."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import condition, require_safe

from portal.ledger.keys import keyring
from portal.ledger.models import Seal

A_PAGE = 50
SEALS_FORMAT = "portal-ledger-seals"
VERIFIER = settings.BASE_DIR / "docs" / "verify_receipt.py"


@require_safe
def seals(request: HttpRequest) -> HttpResponse:
    """The seals, newest first; `before` is the number that the page ends short of."""
    before = request.GET.get("before", "")
    # Figures and few of them: what int() would take beyond that is no seal's number.
    if before and not (before.isascii() and before.isdigit() and len(before) <= 9):
        raise BadRequest
    newest_first = Seal.objects.headers().order_by("-number")
    rows = list((newest_first.filter(number__lt=int(before)) if before else newest_first)[: A_PAGE + 1])
    here, address = rows[:A_PAGE], reverse("ledger:seals")
    newer = ""
    if before:
        last = newest_first.first()
        top = int(before) + A_PAGE
        newer = f"{address}?before={top}" if last and top <= last.number else address
    return render(
        request,
        "ledger/seals.html",
        {
            "seals": here,
            "public_key": keyring().public_hex,
            "newer_url": newer,
            "older_url": f"{address}?before={here[-1].number}" if len(rows) > A_PAGE else "",
        },
    )


@require_safe
def seal(request: HttpRequest, number: int) -> HttpResponse:
    """One seal, with everything that was signed."""
    found = get_object_or_404(Seal.objects.headers(), pk=number)
    near = Seal.objects.filter(pk__in=[number - 1, number + 1]).values_list("pk", flat=True)
    urls = {each: reverse("ledger:seal", args=[each]) for each in near}
    return render(
        request,
        "ledger/seal.html",
        {
            "seal": found,
            "public_key": keyring().public_hex,
            "before_url": urls.get(number - 1, ""),
            "after_url": urls.get(number + 1, ""),
        },
    )


def newest_hash(request: HttpRequest) -> str | None:
    """Changes with every seal, and with nothing else."""
    found = Seal.objects.order_by("-number").values_list("hash", flat=True).first()
    return f'"{found}"' if found else None


@require_safe
@condition(etag_func=newest_hash)
def seals_json(request: HttpRequest) -> HttpResponse:
    """Every seal, oldest first, for `verify_receipt.py --seals` and for whoever keeps a copy."""
    return JsonResponse(
        {
            "format": SEALS_FORMAT,
            "version": 1,
            "public_key": keyring().public_hex,
            "seals": [each.public() for each in Seal.objects.headers()],
        },
        headers={"Content-Disposition": 'attachment; filename="seals.json"'},
    )


@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """The stand-alone script, as it stands in docs/."""
    return HttpResponse(
        VERIFIER.read_bytes(),
        content_type="text/x-python",
        headers={"Content-Disposition": f'attachment; filename="{VERIFIER.name}"'},
    )
