"""From values to PDF: a layout, typst, and the two Noto fonts.

Every document is PDF/A-2b (it will be read in thirty years) and PDF/UA-1 (it can be read aloud). The same
values at the same moment give the same bytes. What each layout takes: `Official`, `Letter` and `Pledge` in
values_official.py, `Notice`, `Certificate` and `BlankForm` in values_window.py.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.utils.translation import gettext as _

from portal.documents.glyphs import FONT_FOLDER
from portal.documents.values import LAYOUTS, MOST_CHARACTERS, RenderingFailed, checked

__all__ = ["LAYOUTS", "Layout", "RenderingFailed", "layout", "layout_in", "render"]

LAYOUT_FOLDER = Path(__file__).parent / "layouts"
STANDARDS = ["a-2b", "ua-1"]
IMPORT = re.compile(r'^#import "([^"@]+\.typ)"', re.MULTILINE)
VERSION = re.compile(r"// version (\d+)\n")

# A compiler keeps its inputs between calls and refuses a second caller: one document at a time in a process.
_one_at_a_time = threading.Lock()


class _Threads:
    """Whether this process can typeset: a child has none of typst's threads, and would wait for ever."""

    started = False
    lost = False


def _after_fork() -> None:
    _Threads.lost = _Threads.lost or _Threads.started


os.register_at_fork(after_in_child=_after_fork)


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout as each document keeps it: `digest` is the SHA-256 of its file and of all that it imports."""

    name: str
    version: str
    digest: str


@functools.cache
def layout(name: str) -> Layout:
    """The layout of a name, read once a process. Raises RenderingFailed for an unknown one."""
    if name not in LAYOUTS:
        raise RenderingFailed(_("There is no layout “%(name)s”.") % {"name": name})
    return layout_in(LAYOUT_FOLDER, name)


def layout_in(folder: Path, name: str) -> Layout:
    """The layout of a name in a folder. Raises ValueError when its first line has no version."""
    texts: dict[str, bytes] = {}
    waiting = [f"{name}.typ"]
    while waiting:
        file = waiting.pop()
        if file not in texts:
            texts[file] = (folder / file).read_bytes()
            waiting += IMPORT.findall(texts[file].decode())
    version = VERSION.match(texts[f"{name}.typ"].decode())
    if not version:
        raise ValueError(f"the first line of {name}.typ must be like: // version 3")
    digest = hashlib.sha256()
    for file in sorted(texts):
        digest.update(f"{file} {len(texts[file])}\n".encode() + texts[file])
    return Layout(name=name, version=version[1], digest=digest.hexdigest())


def render(name: str, values: Mapping[str, Any], *, at: datetime) -> bytes:
    """The document as PDF/A-2b and PDF/UA-1: a layout filled with values, made at an aware moment.

    Raises RenderingFailed, with a sentence and the field, for an unknown layout, a missing or wrong value,
    and a character that cannot be printed.
    """
    if at.tzinfo is None:
        raise ValueError("a document is made at an aware moment")
    layout(name)
    data = json.dumps(checked(LAYOUTS[name], values).for_layout(), ensure_ascii=False)
    if len(data) > MOST_CHARACTERS:
        raise RenderingFailed(
            _("The document is longer than %(most)s characters.") % {"most": MOST_CHARACTERS}
        )
    if _Threads.lost:
        raise RenderingFailed(_("This process was split off from one that typesets."))
    with _one_at_a_time:
        _Threads.started = True
        try:
            pdf = _compiler(name).compile(
                format="pdf",
                sys_inputs={"data": data},
                pdf_standards=STANDARDS,  # type: ignore[arg-type]
                timestamp=int(at.timestamp()),
            )
        except typst.TypstError as error:
            # Values were checked: what is left is a fault of the layout, whose place typst names.
            raise RenderingFailed(_("The layout “%(name)s” failed.") % {"name": name}) from error
    if not isinstance(pdf, bytes):
        raise RenderingFailed(_("The layout “%(name)s” failed.") % {"name": name})
    return pdf


@functools.cache
def _compiler(name: str) -> typst.Compiler:
    """A layout's compiler, which keeps what it has read and worked out for the next document."""
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONT_FOLDER)]
    )
    return typst.Compiler(str(LAYOUT_FOLDER / f"{name}.typ"), root=str(LAYOUT_FOLDER), font_paths=fonts)
