"""Who may open a page, by hand: every role × every page of this module, and the two guards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from portal.organisation.actions import deactivate
from portal.organisation.actors import STAFF_ROLES, SYSTEM, Actor, Role
from portal.organisation.models import Staff
from portal.organisation.permissions import HasRole, require_role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.organisation.urls")]

STATUS = {"I": 200, "L": 302, "N": 403}  # in, to the sign-in or away from it, no
Make = Callable[..., Staff]

# nobody; operator, handler, clerk; heads of office and agency, chief, disclosure; secrecy, supervisor,
# administrator; no role
PAGES = {
    "organisation:directory": "L III IIII III N",
    "organisation:access": "L III IIII III N",
    "admin:organisation_staff_changelist": "L NNN NNNN NNI N",
    "admin:organisation_staff_add": "L NNN NNNN NNI N",
    "admin:organisation_unit_changelist": "L NNN NNNN NNI N",
    "admin:organisation_unit_add": "L NNN NNNN NNI N",
    "account_change_password": "L III IIII III I",
    "usersessions_list": "L III IIII III I",
    "mfa_index": "L III IIII III I",
    "account_login": "I LLL LLLL LLL L",
}
READERS: list[tuple[Role, ...] | None] = [None, *((role,) for role in STAFF_ROLES), ()]


@pytest.mark.parametrize("page_name", PAGES)
@pytest.mark.parametrize("place", range(len(READERS)))
def test_pages(client: Client, make_staff: Make, sign_in: Any, page_name: str, place: int) -> None:
    roles = READERS[place]
    if roles is not None:
        sign_in(make_staff(*roles))
    answer = client.get(reverse(page_name))
    expected = STATUS[PAGES[page_name].replace(" ", "")[place]]
    if page_name.startswith("admin:") and expected == 403:
        # Django sends a signed-in stranger to the door first, which refuses.
        answer = client.get(answer.url)
    assert answer.status_code == expected
    if expected == 302 and roles is None:
        assert answer.url.split("?")[0] in (reverse("account_login"), reverse("admin:login"))


@require_role(Role.OPERATOR, Role.SUPERVISOR)
def guarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


class Guarded(APIView):
    permission_classes = [HasRole.of(Role.OPERATOR, Role.SUPERVISOR)]

    def get(self, request: Any) -> Response:
        return Response("in")


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_both_guards_agree(make_staff: Make, rf: Any, role: Role) -> None:
    staff = make_staff(role)
    request = rf.get("/some/page/?q=1")
    request.user = staff
    call = APIRequestFactory().get("/")
    force_authenticate(call, user=staff)
    if role in (Role.OPERATOR, Role.SUPERVISOR):
        assert guarded(request).status_code == 200
        assert Guarded.as_view()(call).status_code == 200
        return
    with pytest.raises(PermissionDenied), translation.override("en"):
        guarded(request)
    with translation.override("en"):
        answer = Guarded.as_view()(call)
    assert answer.status_code == 403
    assert answer.data["detail"] == "This page is for these roles only: Hotline operator, Supervisor."


def test_signed_out_goes_to_sign_in_and_comes_back(rf: Any) -> None:
    request = rf.get("/some/page/?q=1")
    request.user = AnonymousUser()
    assert guarded(request).url == reverse("account_login") + "?next=/some/page/%3Fq%3D1"
    assert Guarded.as_view()(APIRequestFactory().get("/")).status_code in (401, 403)


def test_who_left_may_do_nothing(make_staff: Make, rf: Any, at: Any) -> None:
    staff = make_staff(Role.OPERATOR)
    deactivate(staff=staff, actor=SYSTEM, at=at)
    request = rf.get("/")
    request.user = staff
    with pytest.raises(PermissionDenied):
        guarded(request)


def test_the_403_page_says_whom_the_page_is_for(client: Client, make_staff: Make, sign_in: Any) -> None:
    sign_in(make_staff())
    client.cookies["django_language"] = "en"
    answer = client.get(reverse("organisation:directory"))
    assert answer.status_code == 403
    assert "This page is for these roles only: Hotline operator, Unit handler" in answer.content.decode()


def test_the_own_account_and_no_other(client: Client, make_staff: Make, sign_in: Any, boss: Actor) -> None:
    staff = make_staff(Role.CLERK)
    other = make_staff(Role.CLERK, name="别人")
    sign_in(staff)
    client.cookies["django_language"] = "en"
    text = client.get(reverse("organisation:access")).content.decode()
    assert "Account opened" in text
    assert other.name not in text


def test_the_directory_shows_who_works_there_with_few_queries(
    client: Client, make_staff: Make, sign_in: Any, at: Any, django_assert_max_num_queries: Any
) -> None:
    gone = make_staff(Role.CLERK, name="已离职")
    deactivate(staff=gone, actor=SYSTEM, at=at)
    for _number in range(5):
        make_staff(Role.HANDLER)
    sign_in(make_staff(Role.OPERATOR, name="在职者"))
    with django_assert_max_num_queries(6):
        text = client.get(reverse("organisation:directory")).content.decode()
    assert "在职者" in text
    assert "园林处" in text
    assert "已离职" not in text
