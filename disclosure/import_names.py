"""Category, theme, unit and channel by what somebody wrote in a cell: a code, a name, or a path."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from disclosure.import_headings import plain, seen
from disclosure.models import Category, Channel, Theme
from disclosure.workflow import DEEPEST, public_numbers
from portal.organisation.models import Unit

LONGEST_TOLD = 60
LANGUAGES = ("zh-hans", "en")

_STEP = re.compile(r"\s*[/＞>\\]\s*")
_BETWEEN = re.compile(r"[、,，;；\n]")

UNKNOWN = {
    "category": _("There is no category “%(value)s”."),
    "theme": _("There is no theme “%(value)s”."),
    "unit": _("There is no unit “%(value)s”."),
    "channels": _("There is no channel “%(value)s”. Known are: %(known)s."),
}
NO_LONGER = {
    "category": _("The category “%(value)s” is no longer in use."),
    "theme": _("The theme “%(value)s” is no longer in use."),
    "unit": _("The unit “%(value)s” is no longer in use."),
}
SEVERAL = _("Several are called “%(value)s”. Please write the code; one of these: %(codes)s.")

Row = TypeVar("Row", Category, Theme, Unit)


class Wrong(Exception):
    """What is written in a cell cannot be taken; the message is a sentence."""


def told(value: str) -> str:
    """What somebody wrote, in a line and no longer than a sentence bears."""
    line = seen(value)
    return line if len(line) <= LONGEST_TOLD else f"{line[:LONGEST_TOLD]}…"


class Finder(Generic[Row]):
    """Rows by code, by name in both languages, and by the end of their path from one step up to all."""

    def __init__(self, field: str, rows: Iterable[Row]) -> None:
        self._field = field
        self._by_code: dict[str, Row] = {}
        self._by_name: defaultdict[str, dict[int, Row]] = defaultdict(dict)
        by_pk = {row.pk: row for row in rows}
        for row in by_pk.values():
            self._by_code[plain(row.code)] = row
            for name in ("name", "name_en"):
                for path in _paths(row, by_pk, name):
                    self._by_name[path][row.pk] = row

    def find(self, written: str) -> Row:
        """Raises Wrong for one that is not there, is no longer used, or cannot be told from others."""
        key = _steps(written)
        found = [self._by_code[key]] if key in self._by_code else list(self._by_name.get(key, {}).values())
        used = [row for row in found if row.active]
        if len(used) == 1:
            return used[0]
        if used:
            codes = gettext(", ").join(sorted(row.code for row in used))
            raise Wrong(str(SEVERAL) % {"value": told(written), "codes": codes})
        raise Wrong(str((NO_LONGER if found else UNKNOWN)[self._field]) % {"value": told(written)})


def _paths(row: Any, by_pk: dict[int, Any], name: str) -> list[str]:
    """ "b" and "a/b" for b that belongs to a; none where a name is missing. Of categories alone."""
    paths: list[str] = []
    path, above = "", row
    while above is not None and len(paths) < DEEPEST:
        step = _steps(getattr(above, name))
        if not step:
            break
        path = f"{step}/{path}" if path else step
        paths.append(path)
        above = by_pk.get(above.parent_id) if isinstance(row, Category) else None
    return paths


def _steps(written: str) -> str:
    return _STEP.sub("/", plain(written)).strip("/")


class Catalogue:
    """What items refer to, as it stands now: four questions to the database, however many items come."""

    def __init__(self) -> None:
        self.categories = Finder("category", Category.objects.order_by("pk"))
        self.themes = Finder("theme", Theme.objects.order_by("pk"))
        self.units = Finder("unit", Unit.objects.order_by("pk"))
        self.public_numbers = public_numbers()
        self._channels = {plain(each.value): each.value for each in Channel}
        for language in LANGUAGES:
            with override(language):
                self._channels |= {plain(str(each.label)): each.value for each in Channel}

    def channels(self, written: str) -> tuple[str, ...]:
        """Codes of the channels whose names or codes are written, each once. Raises Wrong."""
        found: dict[str, None] = {}
        for each in filter(None, map(str.strip, _BETWEEN.split(written))):
            code = self._channels.get(plain(each))
            if code is None:
                known = gettext(", ").join(str(channel.label) for channel in Channel)
                raise Wrong(str(UNKNOWN["channels"]) % {"value": told(each), "known": known})
            found[code] = None
        return tuple(found)
