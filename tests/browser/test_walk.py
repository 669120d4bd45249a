"""The whole URL configuration, with every role: nobody gets in who should not, and nothing falls over."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.browser.addresses import EVERYBODY, NO_PAGES, PAGES, SAMPLES, patterns
from tests.browser.people import client_of, make_world


@pytest.fixture
def _quiet() -> Iterator[None]:
    """Django notes every refusal, with where it came from; here there are two thousand of them."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def test_no_address_is_forgotten() -> None:
    known = {address.route for address in patterns()}
    forgotten = sorted(known - set(PAGES))
    assert not forgotten, (
        f"addresses.py does not say who may see {forgotten}: add them to PAGES, and to NO_PAGES if "
        " they are no pages to be looked at"
    )
    unfilled = sorted(
        address.route for address in patterns() if address.takes and address.route not in SAMPLES
    )
    assert not unfilled, f"addresses.py has no sample of what {unfilled} take: add one to SAMPLES"
    assert sorted({*PAGES, *SAMPLES, *NO_PAGES} - known) == []  # nor is one remembered that is gone


@pytest.mark.django_db
@pytest.mark.usefixtures("_quiet")
@pytest.mark.parametrize("who", EVERYBODY)
def test_who_gets_what(who: str) -> None:
    world = make_world()
    client = client_of(world, who)
    wrong = []
    # What is forgotten is said by the test above, once.
    for address in (each for each in patterns() if each.route in PAGES):
        sample = SAMPLES.get(address.route, lambda world: {})
        url = address.filled(sample(world))
        answer = client.get(url, raise_request_exception=False)
        expected = PAGES[address.route][who]
        if answer.status_code != expected:
            wrong.append(f"{url} gives {answer.status_code} to {who}, not {expected}")
        elif answer.status_code == 200:
            is_page = b"</html>" in answer.getvalue()
            if is_page == (address.route in NO_PAGES):
                wrong.append(f"{url} is {'a page' if is_page else 'no page'}, against NO_PAGES")
    assert not wrong, "\n".join(wrong)
