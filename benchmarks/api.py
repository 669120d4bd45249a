"""POST of a ticket over the API, ours and django-helpdesk's, through Django's test client with a token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from benchmarks import helpdesk, many
from benchmarks.figures import Figure, faster, in_turns, medians, middling
from benchmarks.statements import counting

if TYPE_CHECKING:
    from benchmarks.house import House

ROUNDS = 7
A_ROUND = 30
GIVEN = {
    "category": "trees",
    "place": "青石路12号",
    "description": "行道树的枝条压到了人行道上，行人要绕到车道走。",
    "name": "测试市民",
    "phone": "19900000001",
}


def measure(house: House) -> Iterator[Figure]:
    from django.test import Client
    from rest_framework.authtoken.models import Token

    name = many.database(house, many.SIZES[0])
    client = Client(SERVER_NAME="127.0.0.1")
    with house.using(name):
        token, _new = Token.objects.get_or_create(user=house.bureau.staff["operator"])
    head = {"Authorization": f"Token {token.key}"}
    body = json.dumps(GIVEN)

    def post() -> None:
        answer = client.post("/api/v1/tickets/", body, content_type="application/json", headers=head)
        assert answer.status_code == 201, answer.content

    def ours() -> float:
        with house.using(name):
            return middling(post, A_ROUND)

    with house.using(name):
        for _number in range(5):
            post()
        with counting() as counted:
            post()
    with helpdesk.opened(many.SIZES[0]) as desk:
        warm = desk.ask("post", times=5)
        found = medians(
            in_turns(ROUNDS, ours=ours, theirs=lambda: desk.ask("post", times=A_ROUND)["seconds"])
        )
    what = f"API: POST of a ticket ({counted.count} statements, theirs {warm['statements']:.0f})"
    yield faster(what, found["ours"], found["theirs"], by=5)
