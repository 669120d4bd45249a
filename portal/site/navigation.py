"""What stands in the main navigation and on the site map, and who sees it.

The portal's own modules are registered by `portal.site.apps`; an app registers its pages in its
`AppConfig.ready()`:

    navigation.register(Section.SERVICES, Item(_("Report a problem"), "hotline:report", summary=_("…")))
    navigation.register(Section.WORK, Item(_("Desk"), "hotline:desk", roles={Role.HANDLER}))

An item without roles is for everyone. A public item with a summary is also one of the home page's tasks.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.organisation.actors import Actor, Role

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


class Section(TextChoices):
    """The parts of the navigation, in the order in which they are shown."""

    SERVICES = "services", _("Services")
    OPENNESS = "openness", _("Open to everyone")
    WORK = "work", _("My work")
    SUPERVISION = "supervision", _("Supervision")
    MANAGEMENT = "management", _("Management")


STAFF_SECTIONS = frozenset({Section.WORK, Section.SUPERVISION, Section.MANAGEMENT})


@dataclass(frozen=True, slots=True)
class Item:
    """A page that stands in the navigation. `url_name` takes no argument; `roles` empty means everyone."""

    label: _StrOrPromise
    url_name: str
    roles: Collection[Role] = ()
    summary: _StrOrPromise = ""
    order: int = 50


@dataclass(frozen=True, slots=True)
class Link:
    """An item as one reader sees it."""

    label: _StrOrPromise
    url: str
    summary: _StrOrPromise
    current: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The links of one section."""

    section: Section
    links: list[Link]

    @property
    def for_staff(self) -> bool:
        """Whether the section holds what members of staff work with."""
        return self.section in STAFF_SECTIONS


_items: dict[Section, list[Item]] = {section: [] for section in Section}


def register(section: Section | str, *items: Item) -> None:
    """Add pages to a section. Registering a page twice in a section has no further effect."""
    shelf = _items[Section(section)]
    known = {item.url_name for item in shelf}
    shelf.extend(item for item in items if item.url_name not in known)
    shelf.sort(key=lambda item: item.order)


def items() -> list[Item]:
    """Every registered page, in order."""
    return [item for section in Section for item in _items[section]]


def groups(actor: Actor, path: str = "") -> list[Group]:
    """The sections with the pages that the actor may open; `path` marks the page the reader is on."""
    shelves = [
        (section, [(item, reverse(item.url_name)) for item in _items[section] if _open(item, actor)])
        for section in Section
    ]
    # The longest address that the path begins with, so that a list is current on its cases' pages.
    urls = [url for _section, pairs in shelves for _item, url in pairs]
    here = max((url for url in urls if path.startswith(url)), key=len, default=None)
    return [
        Group(section, [Link(item.label, url, item.summary, url == here) for item, url in pairs])
        for section, pairs in shelves
        if pairs
    ]


def _open(item: Item, actor: Actor) -> bool:
    return not item.roles or actor.has_role(*item.roles)
