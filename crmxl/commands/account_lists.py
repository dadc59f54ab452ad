"""An account list's file as listings of cells: the sheets of a workbook, or a text cut at each sign that may divide it.

Which of them is the list is asked in define/accounts.py.
"""

from __future__ import annotations

import csv
import io
from bisect import bisect_left, bisect_right
from pathlib import Path

from crmxl.commands.sheet_texts import cell_text, visible_tabs
from crmxl.define.account_cells import Cell
from crmxl.define.accounts import Listing
from crmxl.define.document import label
from crmxl.define.units_table import both, csv_text
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.issue.addresses import letters
from crmxl.receive.cells import Tab
from crmxl.receive.submission import Content, ContentType
from crmxl.signs import visible

_PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How workbooks begin, whatever they are called."""
_DIVIDERS = ",;\t"


def listings(path: Path) -> tuple[Listing, ...]:
    """What may be the list in the file; raises CrmxlError where it cannot be read, DefinitionError for broken text."""
    try:
        with path.open("rb") as file:
            packed = file.read(4) in _PACKED
    except OSError as error:
        raise CrmxlError(f"{label(path)}: 无法读取 · cannot be read ({error.strerror})") from error
    if packed or path.suffix.lower() == ".xlsx":
        return tuple(_of_tab(label(path), tab) for tab in visible_tabs(path))
    return _of_text(path)


def _of_tab(name: str, tab: Tab) -> Listing:
    """The tab without the columns that are blank from top to bottom."""
    columns = sorted({column for _, column in tab.cells})
    rows = (
        (row, tuple(_cell(there.get(column, Content())) for column in columns)) for row, there in tab.by_row.items()
    )
    merges = (
        (top, bisect_left(columns, left), bottom, bisect_right(columns, right) - 1)
        for top, left, bottom, right in tab.merges
    )
    return Listing(
        name,
        tuple(rows),
        visible(tab.name),
        tuple(map(letters, columns)),
        tuple(area for area in merges if area[1] <= area[3]),
        tab.hidden_rows,
    )


def _cell(content: Content) -> Cell:
    text, wrong = cell_text(content)
    match content.type:
        case ContentType.NUMBER:
            return Cell(text, "number", wrong)
        case ContentType.DATE:
            return Cell(text, "day", wrong)
    return Cell(text, "text", wrong)


def _of_text(path: Path) -> tuple[Listing, ...]:
    name = label(path)
    text = csv_text(path)
    if text is None:
        said = both(
            "既不是 UTF-8 也不是 GBK 文本，请另存为 CSV UTF-8 或 .xlsx",
            "is neither UTF-8 nor GBK text; save it as CSV UTF-8 or as .xlsx",
        )
        raise DefinitionError((Problem(name, said),))
    found = []
    problems = []
    for divider in _DIVIDERS:
        try:
            found.append(_cut(name, text, divider))
        except csv.Error as error:
            said = both(f"不是 CSV：{error}", f"this is not CSV: {error}")
            problems.append(Problem(name, said))
    if not found:
        raise DefinitionError(tuple(problems[:1]))
    return tuple(found)


def _cut(name: str, text: str, divider: str) -> Listing:
    """The rows of ``text``, cut at ``divider``; raises csv.Error."""
    rows: list[tuple[int, tuple[Cell, ...]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
    number = 1
    for row in reader:
        rows.append((number, tuple(map(Cell, row))))
        number = reader.line_num + 1
    return Listing(name, tuple(rows))
