"""A pledge of ten clauses: typeset, signed with a timestamp, and issued as a whole."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from benchmarks import many
from benchmarks.figures import Figure, in_words, seconds

if TYPE_CHECKING:
    from benchmarks.house import House

TIMES = 100
RENDERED, SIGNED = 0.060, 0.250
CLAUSE = (
    "市民来电反映的问题，自受理之日起三个工作日内办结并回复；逾期未办结的，由承办单位负责人"
    "当面说明原因，并在五个工作日内整改到位（承诺编号{number}）。"
)
PLEDGE = {
    "agency": "云溪市城市管理局",
    "number": "云城管承〔2026〕1号",
    "title": "云溪市城市管理局市政设施养护中心公开承诺书",
    "dated_on": "2026-11-24",
    "check_url": "https://portal.invalid/verify/ABCDEFGHJK/",
    "check_code": "ABCDE-FGHJK",
    "unit": "市政设施养护中心",
    "valid_from": "2026-11-24",
    "valid_until": "2027-11-23",
    "signer": {"name": "示例负责人", "title": "主任"},
    "phone": "12319",
}
LETTER = {"addressee": "市财政局", "paragraphs": [CLAUSE.format(number=number) for number in range(10)]}


def measure(house: House) -> Iterator[Figure]:
    from django.utils import timezone

    from portal.documents.actions import issue
    from portal.documents.rendering import render
    from portal.documents.signing import authority
    from portal.documents.signing.signer import the_signer

    authority.make(at=timezone.now())
    numbers = iter(range(10_000))

    def values() -> dict[str, object]:
        """Never the same twice: what was typeset once is quicker the second time."""
        number = next(numbers)
        return {**PLEDGE, "clauses": [CLAUSE.format(number=f"{number}-{place}") for place in range(10)]}

    def rendered() -> bytes:
        return render("pledge", values(), at=timezone.now())

    def signed() -> None:
        now = timezone.now()
        the_signer().sign(render("pledge", values(), at=now), reason="公开承诺书", at=now)

    yield _within("a pledge of ten clauses, rendered", rendered, RENDERED)
    yield _within("… rendered and signed, with a timestamp", signed, SIGNED)
    with house.using(many.database(house, many.SIZES[0])):
        actor = house.bureau.actor("operator")  # type: ignore[union-attr]

        def issued() -> None:
            issue("letter", title="关于核对电费的函", values=LETTER, actor=actor, at=timezone.now())

        yield _within("a letter issued: numbered, signed, kept, recorded, committed", issued, None)


def _within(what: str, run: Callable[[], object], bar: float | None) -> Figure:
    run()
    took = statistics.median(seconds(run) for _number in range(TIMES))
    met = None if bar is None else took <= bar
    return Figure(what, in_words(took), "", None, f"≤ {bar * 1000:.0f} ms" if bar else "", met)
