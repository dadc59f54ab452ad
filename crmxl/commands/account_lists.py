"""An account list's file as listings of cells: the sheets of a workbook, or a text cut at each sign that may divide it.

Which of them is the list is asked in define/accounts.py.
"""

from __future__ import annotations

import csv
import io
from bisect import bisect_left, bisect_right
from pathlib import Path

from crmxl.commands.sheet_texts import Formats, cell_text, shown_tabs
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


def listings(path: Path, sheet: str = "") -> tuple[Listing, ...]:
    """What may be the list in the file, the sheet called ``sheet`` alone where one is named.

    Raises CrmxlError where it cannot be read or has no such sheet, DefinitionError for broken text.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(4) in _PACKED
    except OSError as error:
        raise CrmxlError(f"{label(path)}: 无法读取 · cannot be read ({error.strerror})") from error
    if packed or path.suffix.lower() == ".xlsx":
        found = tuple(_of_tab(label(path), tab, formats) for tab, formats in shown_tabs(path))
        return tuple(one for one in found if one.sheet.strip() == sheet.strip()) or _nowhere(path, sheet, found)
    return _nowhere(path, sheet, ()) if sheet else _of_text(path)


def _nowhere(path: Path, sheet: str, found: tuple[Listing, ...]) -> tuple[Listing, ...]:
    """All sheets where none is asked for; raises CrmxlError for one that is not there."""
    if not sheet:
        return found
    listed = "、".join(one.sheet for one in found)
    zh = f"看得到的工作表：{listed}" if found else "CSV 没有工作表，请去掉 --sheet"
    en = f"the sheets that can be seen are {listed}" if found else "a text has no sheets; leave --sheet out"
    shown = visible(sheet)
    raise CrmxlError(f"{label(path)}: {both(f'没有工作表“{shown}”；{zh}', f'there is no sheet `{shown}`; {en}')}")


def _of_tab(name: str, tab: Tab, formats: Formats) -> Listing:
    """The tab without the columns that are blank from top to bottom."""
    columns = sorted({column for _, column in tab.cells})
    rows = (
        (row, tuple(_cell(there.get(at, Content()), formats.get((row, at), "")) for at in columns))
        for row, there in tab.by_row.items()
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


def _cell(content: Content, format: str) -> Cell:
    text, wrong = cell_text(content)
    match content.type:
        case ContentType.NUMBER:
            return Cell(text, "number", wrong, format)
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
