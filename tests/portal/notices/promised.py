"""The texts that the transitions of each kind of case promise, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import translation

from portal.cases import kinds
from portal.cases.models import Case
from portal.notices import texts
from portal.notices.outbox import template_of

PROMISED = [
    (kind.code, rule.name, audience)
    for kind in kinds.every()
    for rule in (kind.workflow.opening, *kind.workflow.transitions.values())
    for audience in rule.tells
]


def promised_of(kind: str) -> list[tuple[str, str]]:
    return [(verb, audience) for code, verb, audience in PROMISED if code == kind]


def check_text(case: Case, verb: str, audience: str, *, secrets: Iterable[str]) -> None:
    """It is there, in Chinese, whole, and short enough for a citizen's telephone; it tells no `secrets`."""
    values = {
        "case": case,
        "number": case.number,
        "note": "理由在此",
        "due": texts.limits_of(case.deadlines.running()),
    }
    with translation.override("en"):
        text = texts.render(template_of(case, verb, audience), values)
    assert text.subject
    assert "\n" not in text.subject
    assert case.number in text.subject + text.body
    assert text.body.endswith(("。", "理由在此"))
    assert "{" not in text.body
    # The limit that runs now is told wherever a limit is told at all.
    assert "None" not in text.body
    if audience == "citizen":
        assert len(text.body) <= 140
        for secret in (*secrets, "理由在此"):
            assert secret not in text.body + text.subject
        assert (case.lookup_code in text.body) == (verb == "receive")
