"""The three readers, each as a function from bytes to a ``Book``. The other two are used as their manuals say."""

from __future__ import annotations

import datetime
import io
import warnings
from collections.abc import Iterator
from typing import Any

from crmxl.receive.cells import Cells, read_cells
from crmxl.receive.gate import admit
from crmxl.receive.submission import Content, ContentType
from tests.differential.seen import BLANK, Book, Kind, Seen, Sheet

_EPOCH = datetime.datetime(1899, 12, 30)
_DAY = 86_400
_LAST_COLUMN = 16_384
_LOCAL_DATES = frozenset((*range(27, 37), *range(50, 59)))
"""Built-in formats without a text (ECMA-376 part 1, 18.8.30)."""
_KINDS: dict[ContentType, Kind] = {
    ContentType.BLANK: "blank",
    ContentType.NUMBER: "number",
    ContentType.DATE: "date",
    ContentType.TEXT: "text",
    ContentType.BOOLEAN: "boolean",
    ContentType.ERROR: "error",
}


def ours(data: bytes, name: str) -> Book:
    """What crmxl reads; raises Refused."""
    return as_book(read_cells(admit(data, name)))


def as_book(cells: Cells) -> Book:
    """crmxl's own cells in the words of the comparison."""
    sheets = tuple(
        Sheet(
            tab.name,
            tab.state,
            {place: _ours(content) for place, content in tab.cells.items()},
            frozenset(tab.merges),
            tab.hidden_rows,
            tab.hidden_columns,
        )
        for tab in cells.tabs
    )
    return Book(sheets, cells.date_1904)


def _ours(content: Content) -> Seen:
    kind = _KINDS[content.type]
    value: float | str | bool | None = content.text
    if kind in ("number", "date"):
        value = float(content.text)
    elif kind == "boolean":
        value = content.text == "TRUE"
    elif kind == "blank":
        value = None
    return Seen(kind, value, content.formula)


def with_openpyxl(data: bytes, name: str) -> Book:
    """What openpyxl reads, in its two loads: with cached values, and with formulas."""
    import openpyxl
    from openpyxl.utils.datetime import CALENDAR_MAC_1904
    from openpyxl.worksheet.worksheet import Worksheet

    values: Any
    formulas: Any
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells what it would not save again; nothing is saved
        values = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        formulas = openpyxl.load_workbook(io.BytesIO(data))
    sheets: list[Sheet] = []
    arrays: dict[str, tuple[tuple[int, int, int, int], ...]] = {}
    local: set[tuple[str, int, int]] = set()
    for shown, written in zip(values._sheets, formulas._sheets, strict=True):
        if not isinstance(shown, Worksheet):
            sheets.append(Sheet(shown.title, shown.sheet_state))
            continue
        cells = dict(_openpyxl_cells(shown, written))
        arrays[shown.title] = tuple(_openpyxl_arrays(written))
        placed: Any = shown._cells.items()
        styled = ((place, cell) for place, cell in placed if cell.has_style)
        local.update((shown.title, *place) for place, cell in styled if cell._style.numFmtId in _LOCAL_DATES)
        merges = frozenset((area.min_row, area.min_col, area.max_row, area.max_col) for area in shown.merged_cells)
        rows = frozenset(
            at for at, row in shown.row_dimensions.items() if row.hidden or (row.ht is not None and row.ht < 1)
        )
        columns: set[int] = set()
        # What is thinner than a point, or than a seventh of a character, is on the screen what has no size at all.
        hidden: Any = shown.column_dimensions.values()
        for column in hidden:
            if column.hidden or column.width < 0.15:
                columns.update(range(column.min, min(column.max, _LAST_COLUMN) + 1))
        sheets.append(Sheet(shown.title, shown.sheet_state, cells, merges, rows, frozenset(columns)))
    return Book(tuple(sheets), values.epoch == CALENDAR_MAC_1904, arrays=arrays, local_dates=frozenset(local))


def _openpyxl_cells(shown: Any, written: Any) -> Iterator[tuple[tuple[int, int], Seen]]:
    for place in sorted({*shown._cells, *written._cells}):
        formula = ""
        if place in written._cells and (cell := written._cells[place]).data_type == "f":
            formula = _openpyxl_formula(cell.value)
        seen = BLANK
        if place in shown._cells:
            cell = shown._cells[place]
            seen = Seen("error", cell.value) if cell.data_type == "e" else _of_python(cell.value)
        if formula or seen != BLANK:
            yield place, Seen(seen.kind, seen.value, formula)


def _openpyxl_formula(value: Any) -> str:
    from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

    if isinstance(value, ArrayFormula):
        return str(value.text)
    if isinstance(value, DataTableFormula):
        return f"={{TABLE({value.r1 or ''},{value.r2 or ''})}}"
    return str(value)


def _openpyxl_arrays(written: Any) -> Iterator[tuple[int, int, int, int]]:
    from openpyxl.worksheet.cell_range import CellRange
    from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

    for cell in written._cells.values():
        if isinstance(cell.value, ArrayFormula | DataTableFormula) and cell.value.ref:
            area = CellRange(cell.value.ref)
            yield area.min_row, area.min_col, area.max_row, area.max_col


def with_calamine(data: bytes, name: str) -> Book:
    """What calamine reads: cached values and merges; it tells neither formulas nor hidden rows to Python."""
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    states = (
        (SheetVisibleEnum.Visible, "visible"),
        (SheetVisibleEnum.Hidden, "hidden"),
        (SheetVisibleEnum.VeryHidden, "veryHidden"),
    )
    sheets = []
    with CalamineWorkbook.from_object(io.BytesIO(data)) as book:
        for about in book.sheets_metadata:
            state = next(word for sign, word in states if sign == about.visible)
            if about.typ != SheetTypeEnum.WorkSheet:
                sheets.append(Sheet(about.name, state))
                continue
            sheet = book.get_sheet_by_name(about.name)
            cells = {}
            if sheet.start is not None:
                top, left = sheet.start
                for row, values in enumerate(sheet.to_python(), top + 1):
                    for column, value in enumerate(values, left + 1):
                        if value != "":
                            cells[row, column] = _of_python(value)
            merges = frozenset((a + 1, b + 1, c + 1, d + 1) for (a, b), (c, d) in sheet.merged_cell_ranges or ())
            sheets.append(Sheet(about.name, state, cells, merges))
    return Book(tuple(sheets), formulas=False)


def _of_python(value: Any) -> Seen:
    """A value as Python libraries give it; dates as their serial numbers."""
    match value:
        case None:
            return BLANK
        case bool():
            return Seen("boolean", value)
        case int() | float():
            return Seen("number", float(value))
        case str():
            return Seen("text", value)
        case datetime.timedelta():
            return Seen("date", value.total_seconds() / _DAY)
        case datetime.time():
            seconds = value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
            return Seen("date", seconds / _DAY)
        case datetime.datetime():
            days = (value.replace(tzinfo=None) - _EPOCH).total_seconds() / _DAY
            return Seen("date", days - 1 if 1 < days < 61 else days)  # 1900 had no 29th of February
        case datetime.date():
            return _of_python(datetime.datetime.combine(value, datetime.time()))
    raise TypeError(type(value))
