"""A form that is sent twice opens once; one that was corrected, or is another form, opens something else."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django import forms
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from portal.cases.fields import Once
from portal.cases.pages import UnderWay, opened_once
from portal.organisation.actors import Actor

MARK = str(uuid.UUID(int=1))


class Told(Once):
    text = forms.CharField()
    picture = forms.FileField(required=False)


class Asked(Once):
    text = forms.CharField()


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def form(kind: type[Once] = Told, *, file: tuple[str, bytes] | None = None, **more: Any) -> Once:
    sent = QueryDict(mutable=True)
    for name, value in {"once": MARK, "text": "坑", **more}.items():
        sent[name] = value
    files = MultiValueDict({"picture": [SimpleUploadedFile(*file)]} if file else {})
    found = kind(sent, files)
    assert found.is_valid(), found.errors
    return found


def counted() -> Callable[[], str]:
    numbers = iter(range(1, 100))
    return lambda: str(next(numbers))


def test_the_same_content_twice_opens_once():
    opens = counted()
    assert [opened_once(form(), opens), opened_once(form(), opens)] == ["1", "1"]
    # Another token against forgery is not another content.
    assert opened_once(form(csrfmiddlewaretoken="x"), opens) == "1"


@pytest.mark.parametrize(
    "other",
    [
        {"text": "路面有坑"},
        {"once": str(uuid.UUID(int=2))},
        {"kind": Asked},
        {"file": ("a.jpg", b"one")},
        # What stands beside the form on its page counts as well.
        {"rows-0-text": "一"},
    ],
)
def test_anything_else_opens_something_else(other: dict[str, Any]):
    opens = counted()
    assert [opened_once(each, opens) for each in (form(), form(**other), form())] == ["1", "2", "1"]


def test_another_file_of_the_same_name_and_size_is_another():
    opens = counted()
    contents = (b"one", b"two", b"one")
    assert [opened_once(form(file=("a.jpg", each)), opens) for each in contents] == ["1", "2", "1"]


def test_without_a_mark_every_form_opens():
    opens = counted()
    assert [opened_once(form(once=""), opens) for _time in range(2)] == ["1", "2"]


def test_a_mark_belongs_to_one_person_where_one_is_named():
    opens = counted()
    first, second = (Actor(number, "", frozenset()) for number in (1, 2))
    assert [opened_once(form(), opens, actor=each) for each in (first, second, first)] == ["1", "2", "1"]


def test_content_that_is_given_stands_for_what_was_sent():
    opens = counted()
    assert [opened_once(form(text=each), opens, content={"x": 1}) for each in "ab"] == ["1", "1"]


def test_while_the_first_is_at_work_the_second_is_told_so():
    def inside() -> str:
        with pytest.raises(UnderWay):
            opened_once(form(), lambda: "never")
        return "1"

    assert opened_once(form(), inside) == "1"


def test_what_failed_may_be_sent_again():
    def fails() -> str:
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        opened_once(form(), fails)
    assert opened_once(form(), lambda: "1") == "1"
