"""What openpyxl and XlsxWriter write is read as openpyxl reads it: every cell, and all that stands around the cells."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from crmxl.issue.addresses import a1, letters
from tests.differential.compare import differences
from tests.differential.readers import ours, with_calamine, with_openpyxl
from tests.differential.seen import Seen
from tests.receive.packages import saved

ORACLES = {"openpyxl": with_openpyxl, "calamine": with_calamine}
ROWS, COLUMNS = 40, 60
At: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Formula:
    """A formula and, where the writer can store one, its value."""

    text: str
    value: float | str | bool


Value: TypeAlias = bool | int | float | str | datetime.datetime | Formula


@dataclass(frozen=True)
class Drawn:
    """A sheet to be written."""

    name: str
    state: str
    cells: Mapping[At, tuple[Value, str]]
    """Value and number format."""
    merges: tuple[tuple[int, int, int, int], ...]
    hidden_rows: frozenset[int]
    hidden_columns: frozenset[int]


@dataclass(frozen=True)
class Book:
    """A workbook to be written."""

    date_1904: bool
    sheets: tuple[Drawn, ...] = field(default_factory=tuple)


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="_=", exclude_categories=("Cc", "Cs")), min_size=1
).filter(lambda text: text.isprintable())
"""Less what the two writers write each in its own way: formulas, escapes, control characters."""
NUMBERS = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.floats(-1e15, 1e15).map(lambda number: float(f"{number:.15g}")),
    st.integers(-(10**13), 10**13).map(lambda fen: fen / 100),
)
"""Of as many digits as both writers write."""
MOMENTS = st.datetimes(datetime.datetime(1904, 1, 2), datetime.datetime(9999, 12, 30)).map(
    lambda moment: moment.replace(microsecond=0)
)
FORMATS = ("General", "0.00", "#,##0.00;[Red]-#,##0.00", '0"元"', "0.00%", "@")
DATE_FORMATS = ("yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "yyyy/m/d h:mm:ss", "mm-dd-yy", "[$-804]yyyy-mm-dd;@")
FORMULAS = st.sampled_from(("A1+1", "SUM($A$1:B$2)", 'IF(A1>0,"x",预算!B2)', "1/0", "'a b'!A1&\"&<>\"", "LOG10(AA3)"))
RESULTS = st.one_of(NUMBERS, st.booleans(), st.sampled_from(("x", "甲 乙", "#DIV/0!", "#N/A")))


@st.composite
def values(draw: st.DrawFn) -> tuple[Value, str]:
    """A value and the format that it is shown in."""
    value: Value = draw(st.one_of(NUMBERS, TEXTS, st.booleans(), MOMENTS, st.builds(Formula, FORMULAS, RESULTS)))
    return value, draw(st.sampled_from(DATE_FORMATS if isinstance(value, datetime.datetime) else FORMATS))


@st.composite
def sheets(draw: st.DrawFn, name: str, first: bool) -> Drawn:
    """A sheet with cells, merges that do not meet, and hidden lines."""
    rows, columns = st.integers(1, ROWS), st.integers(1, COLUMNS)
    cells = draw(st.dictionaries(st.tuples(rows, columns), values(), max_size=12))
    tops = draw(st.lists(st.sampled_from(range(ROWS + 1, ROWS + 20, 3)), max_size=3, unique=True))
    merges = tuple((top, draw(columns), top + draw(st.integers(1, 2)), COLUMNS + 1) for top in tops)
    state = "visible" if first else draw(st.sampled_from(("visible", "hidden", "veryHidden")))
    return Drawn(
        name, state, cells, merges, draw(st.frozensets(rows, max_size=3)), draw(st.frozensets(columns, max_size=3))
    )


@st.composite
def books(draw: st.DrawFn) -> Book:
    """A workbook of one to three sheets."""
    names = draw(st.permutations(("预算", "a b", "Sheet'1", "_x", "1.1")))[: draw(st.integers(1, 3))]
    return Book(draw(st.booleans()), tuple(draw(sheets(name, number == 0)) for number, name in enumerate(names)))


def by_openpyxl(book: Book) -> bytes:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    if book.date_1904:
        workbook.epoch = CALENDAR_MAC_1904
    for drawn in book.sheets:
        sheet: Any = workbook.create_sheet(drawn.name)
        sheet.sheet_state = drawn.state
        for (row, column), (value, shown) in drawn.cells.items():
            cell = sheet.cell(row, column, f"={value.text}" if isinstance(value, Formula) else value)
            cell.number_format = shown
        for top, left, bottom, right in drawn.merges:
            sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)
        for row in drawn.hidden_rows:
            sheet.row_dimensions[row].hidden = True
        for column in drawn.hidden_columns:
            sheet.column_dimensions[letters(column)].hidden = True
    return saved(workbook)


def by_xlsxwriter(book: Book, streaming: bool) -> bytes:
    """``streaming`` writes texts into the cells, row by row."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "constant_memory": streaming, "date_1904": book.date_1904}
    workbook = xlsxwriter.Workbook(buffer, options)
    for drawn in book.sheets:
        sheet = workbook.add_worksheet(drawn.name)
        if drawn.state != "visible":
            (sheet.hide if drawn.state == "hidden" else sheet.very_hidden)()
        for column in sorted(drawn.hidden_columns):
            sheet.set_column(column - 1, column - 1, None, None, {"hidden": True})
        for row in range(1, ROWS + 1):
            if row in drawn.hidden_rows:
                sheet.set_row(row - 1, None, None, {"hidden": True})
            for column in range(1, COLUMNS + 1):
                if (row, column) in drawn.cells:
                    value, shown = drawn.cells[row, column]
                    write(sheet, row - 1, column - 1, value, workbook.add_format({"num_format": shown}))
        for top, left, bottom, right in sorted(drawn.merges):
            sheet.merge_range(top - 1, left - 1, bottom - 1, right - 1, "x")
    workbook.close()
    return buffer.getvalue()


def write(sheet: Any, row: int, column: int, value: Value, shown: Any) -> None:
    match value:
        case bool():
            sheet.write_boolean(row, column, value, shown)
        case int() | float():
            sheet.write_number(row, column, value, shown)
        case str():
            sheet.write_string(row, column, value, shown)
        case datetime.datetime():
            sheet.write_datetime(row, column, value, shown)
        case Formula():
            sheet.write_formula(row, column, f"={value.text}", shown, value.value)


def compared(data: bytes, reader: str) -> list[str]:
    """How we read otherwise than ``reader``; calamine gives Python no error values but blanks."""
    found = differences(ours(data, "a.xlsx"), ORACLES[reader](data, "a.xlsx"), reader)
    blank = reader == "calamine"
    return [str(one) for one in found if not (blank and isinstance(one.ours, Seen) and one.ours.kind == "error")]


@pytest.mark.parametrize("reader", sorted(ORACLES))
@settings(max_examples=25)
@given(book=books())
def test_what_openpyxl_writes_is_read_as_others_read_it(reader: str, book: Book) -> None:
    assert compared(by_openpyxl(book), reader) == []


@pytest.mark.parametrize("reader", sorted(ORACLES))
@settings(max_examples=25)
@given(book=books(), streaming=st.booleans())
def test_what_xlsxwriter_writes_is_read_as_others_read_it(reader: str, book: Book, streaming: bool) -> None:
    assert compared(by_xlsxwriter(book, streaming), reader) == []


@settings(max_examples=25)
@given(book=books())
def test_what_was_written_is_what_is_read(book: Book) -> None:
    """Not only as others read it: the very values."""
    read = {sheet.name: sheet for sheet in ours(by_openpyxl(book), "a.xlsx").sheets}
    for drawn in book.sheets:
        there = read[drawn.name]
        assert there.state == drawn.state
        assert (there.merges, there.hidden_rows) == (frozenset(drawn.merges), drawn.hidden_rows)
        assert there.hidden_columns == drawn.hidden_columns
        assert set(there.cells) == set(drawn.cells), [a1(*at) for at in {*there.cells} ^ {*drawn.cells}]
        for at, (value, _) in drawn.cells.items():
            seen = there.cells[at]
            if isinstance(value, Formula):
                assert (seen.kind, seen.formula) == ("blank", f"={value.text}")
            elif isinstance(value, datetime.datetime):
                epoch = datetime.datetime(1899, 12, 30)
                assert seen.kind == "date" and isinstance(seen.value, float)
                assert abs(seen.value - (value - epoch) / datetime.timedelta(days=1)) < 1e-6
            else:
                assert seen.value == value and isinstance(seen.value, bool) == isinstance(value, bool)
