"""The tables as the form rules them (国办公开办函〔2021〕30号): cells that span lines and columns.

One shape for the page, the PDF and the Word file. A page names rows and columns in its reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from disclosure import annual_names as names
from disclosure.annual import COLUMNS, KINDS, REMEDIES, REMEDY_COLUMNS, Tables
from disclosure.annual_names import Name
from disclosure.rules.annual import CHAPTERS, figure_name
from disclosure.rules.replies import RESULTS

# How a name is written: as the form prints it, or in the language of the page.
Naming = Callable[[Name], str]


def official(name: Name) -> str:
    return name.chinese


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: a head with its `scope`, or a number. `of` names row and column of one that opens its cases."""

    text: str
    across: int = 1
    down: int = 1
    scope: str = ""
    of: tuple[str, str] | None = None

    @property
    def is_head(self) -> bool:
        return bool(self.scope)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: how wide its columns are to one another, and its lines, of which the first `heads` are heads.

    A cell that spans several lines or columns stands where it begins; in what it covers nothing stands.
    """

    widths: tuple[int, ...]
    heads: int
    lines: list[list[Cell]]
    caption: str = ""

    @property
    def head_lines(self) -> list[list[Cell]]:
        return self.lines[: self.heads]

    @property
    def body_lines(self) -> list[list[Cell]]:
        return self.lines[self.heads :]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter: its heading, its text, or its tables. `dense` is a table that needs a page of its own."""

    code: str
    heading: str
    paragraphs: list[str]
    grids: list[Grid]
    dense: bool = False


def _column(text: str, *, across: int = 1, down: int = 1) -> Cell:
    return Cell(text, across, down, scope="col")


def _row(text: str, *, across: int = 1, down: int = 1) -> Cell:
    return Cell(text, across, down, scope="row")


def placed(grid: Grid) -> Iterator[tuple[int, int, Cell]]:
    """Each cell with the line and the column, from 0, in which it begins."""
    covered: set[tuple[int, int]] = set()
    for line, cells in enumerate(grid.lines):
        column = 0
        for cell in cells:
            while (line, column) in covered:
                column += 1
            yield line, column, cell
            covered |= {
                (line + below, column + beside) for below in range(cell.down) for beside in range(cell.across)
            }


# Table 2 ----------------------------------------------------------------------------------------------------

# Item of art. 20, its lines, and what of them.
PARTS = (
    ("item_1", ("rules", "normative_documents"), ("made", "repealed", "in_force")),
    ("item_5", ("permits",), ("decisions",)),
    ("item_6", ("penalties", "compulsory_measures"), ("decisions",)),
    ("item_8", ("fees",), ("amount",)),
)


def figures_grids(figures: Mapping[str, Any], named: Naming) -> list[Grid]:
    """Table 2: a table for each item of art. 20, all of four columns, to stand one below the other."""
    return [_part(figures, named, *part) for part in PARTS]


def _part(
    figures: Mapping[str, Any], named: Naming, item: str, lines: tuple[str, ...], measures: tuple[str, ...]
) -> Grid:
    across = 3 // len(measures)
    heads = [
        [_column(named(names.ITEMS[item]), across=4)],
        [
            _column(named(names.CONTENT)),
            *(_column(named(names.MEASURES[measure]), across=across) for measure in measures),
        ],
    ]
    body = [
        [
            _row(named(names.LINES[line])),
            *(Cell(_shown(figures.get(figure_name(line, each))), across=across) for each in measures),
        ]
        for line in lines
    ]
    return Grid((4, 3, 3, 3), 2, [*heads, *body], caption=named(names.ITEMS[item]))


def _shown(figure: Any) -> str:
    return "" if figure is None else str(figure)


# Table 3 ----------------------------------------------------------------------------------------------------


def requests_grid(tables: Tables, named: Naming) -> Grid:
    """Table 3: three columns of names, and seven of figures."""
    heads = [
        [
            _column(named(names.BALANCE), across=3, down=3),
            _column(named(names.APPLICANTS), across=7),
        ],
        [
            _column(named(names.COLUMNS["person"]), down=2),
            _column(named(names.ORGANISATIONS), across=5),
            _column(named(names.TOTAL), down=2),
        ],
        [_column(named(names.COLUMNS[kind])) for kind in KINDS if kind != "person"],
    ]
    body = [
        _line(tables, "received", [_row(named(names.RECEIVED), across=3)]),
        _line(tables, "carried_in", [_row(named(names.CARRIED_IN), across=3)]),
        *_results(tables, named),
        _line(tables, "carried_out", [_row(named(names.CARRIED_OUT), across=3)]),
    ]
    return Grid((7, 14, 42, *(7,) * 7), 3, [*heads, *body], caption=named(names.CHAPTERS["requests"]))


def _line(tables: Tables, row: str, heads: list[Cell]) -> list[Cell]:
    counts = tables.requests[row]
    return [*heads, *(Cell(str(counts[each]), of=(row, each)) for each in COLUMNS)]


def _results(tables: Tables, named: Naming) -> list[list[Cell]]:
    """三、本年度办理结果: a heading such as （三）不予公开 stands beside its lines, without a figure."""
    lines: list[list[Cell]] = []
    beside: list[Cell] = []
    for row in RESULTS:
        if row.code not in tables.requests:
            beside = [_row(named(names.ROWS[row.code]), down=len(row.cells))]
            continue
        # What stands by itself is as wide as heading and line together.
        across = 2 if row.level == 1 else 1
        lines.append(_line(tables, row.code, [*beside, _row(named(names.ROWS[row.code]), across=across)]))
        beside = []
    lines[0].insert(0, _row(named(names.RESULTS_OF_YEAR), down=len(lines)))
    return lines


# Table 4 ----------------------------------------------------------------------------------------------------


def remedies_grid(tables: Tables, named: Naming) -> Grid:
    """Table 4: one line of figures, three times the same five columns."""
    per = len(REMEDY_COLUMNS)
    heads = [
        [
            _column(named(names.REMEDIES["reconsideration"]), across=per, down=2),
            _column(named(names.SUITS), across=2 * per),
        ],
        [_column(named(names.REMEDIES[kind]), across=per) for kind in REMEDIES[1:]],
        [_column(named(names.REMEDY_RESULTS[each])) for _kind in REMEDIES for each in REMEDY_COLUMNS],
    ]
    line = [
        Cell(str(tables.remedies[kind][each]), of=(kind, each))
        for kind in REMEDIES
        for each in REMEDY_COLUMNS
    ]
    return Grid((1,) * 3 * per, 3, [*heads, line], caption=named(names.CHAPTERS["remedies"]))


# The report -------------------------------------------------------------------------------------------------


def chapters(
    figures: Mapping[str, Any], texts: Mapping[str, str], tables: Tables, named: Naming = official
) -> list[Chapter]:
    """All six chapters, in their order."""
    grids = {
        "proactive": figures_grids(figures, named),
        "requests": [requests_grid(tables, named)],
        "remedies": [remedies_grid(tables, named)],
    }
    return [
        Chapter(
            code,
            named(name),
            texts.get(code, "").splitlines() if code in CHAPTERS else [],
            grids.get(code, []),
            dense=code == "requests",
        )
        for code, name in names.CHAPTERS.items()
    ]
