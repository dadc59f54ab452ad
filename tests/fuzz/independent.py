"""What openpyxl and calamine see in a workbook, and the entries that stand in it by its anchors.

Shares no code with the reader: sheets are found by their markers, columns by their ids, rows by their codes, in twenty
lines of its own.
"""

from __future__ import annotations

import io
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import openpyxl
from python_calamine import CalamineWorkbook

from crmxl.issue.places import Layout
from crmxl.model import Key

Values: TypeAlias = Mapping[str, Mapping[tuple[int, int], Any]]
"""By sheet and place, what is not blank."""
SECONDS = 5
_REACH = 20


class Unread(Exception):
    """The other reader cannot read the file."""


@contextmanager
def limited() -> Iterator[None]:
    """Ends what takes too long."""

    def stop(signal: int, frame: object) -> None:
        raise Unread("takes too long")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def by_openpyxl(data: bytes) -> Values:
    """As openpyxl reads it, formulas by what they show."""
    try:
        with limited(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
            return {
                sheet.title: {place: cell.value for place, cell in sheet._cells.items() if cell.value not in (None, "")}
                for sheet in book.worksheets
            }
    except Unread:
        raise
    except Exception as error:  # openpyxl raises whatever it meets
        raise Unread(f"{type(error).__name__}: {error}") from None


def by_calamine(data: bytes) -> Values:
    """As calamine reads it; the caller sees to it that no sheet spans more than memory holds."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        found: dict[str, dict[tuple[int, int], Any]] = {}
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            found[name] = {
                (row, column): value
                for row, values in enumerate(rows, 1)
                for column, value in enumerate(values, 1)
                if value != ""
            }
        return found
    except BaseException as error:  # a panic of Rust is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        raise Unread(f"{type(error).__name__}: {error}") from None


READERS: Mapping[str, Callable[[bytes], Values]] = {"openpyxl": by_openpyxl, "calamine": by_calamine}


def entries(values: Values, layout: Layout) -> dict[Key, Any]:
    """What stands in the inputs of ``layout``, by key; keys that cannot be found, or are found twice, are not in it."""
    places: dict[tuple[str, str], list[tuple[str, int, int]]] = {}
    for name, cells in values.items():
        for (row, column), value in cells.items():
            if isinstance(value, str) and value.strip().startswith("crmxl:") and max(row, column) <= _REACH:
                sheet = value.strip().removeprefix("crmxl:")
                for code, id, at in _crossings(cells, row, column):
                    places.setdefault((sheet, f"{code}@{id}"), []).append((name, *at))
    found: dict[Key, Any] = {}
    for cell in layout.inputs:
        there = places.get((cell.sheet, cell.key), [])
        if len(there) == 1:
            name, row, column = there[0]
            found[cell.key] = values[name].get((row, column))
    return found


def _crossings(
    cells: Mapping[tuple[int, int], Any], marker: int, codes: int
) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Code, column id and place of every cell of a marked sheet."""
    below = sorted(row for row, column in cells if column == codes and row > marker)
    ids = next((row for row in below if _plain(cells[row, codes]) == "#"), None)
    if ids is None:
        return
    columns = {column: _plain(value) for (row, column), value in cells.items() if row == ids and column != codes}
    for row in below:
        if row > ids:
            for column, id in columns.items():
                yield _plain(cells[row, codes]), id, (row, column)


def _plain(value: Any) -> str:
    text = repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
    return text.strip()
