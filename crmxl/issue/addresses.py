"""Addresses: column letters, A1 and the fewest rectangles that hold some cells. Rows and columns count from 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def letters(column: int) -> str:
    """Column letters: 1 is A, 27 is AA."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def column_number(letters: str) -> int:
    """The number of a column by its letters, large or small: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def a1(row: int, column: int) -> str:
    """An address such as ``C5``."""
    return f"{letters(column)}{row}"


def quoted(name: str) -> str:
    """A tab's name as formulas write it."""
    return "'" + name.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of cells."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    @property
    def first(self) -> str:
        """Address of the top-left cell."""
        return a1(self.top, self.left)

    def in_row(self, row: str) -> str:
        """Its address with ``row`` for the number of its one row."""
        first, last = f"{letters(self.left)}{row}", f"{letters(self.right)}{row}"
        return first if first == last else f"{first}:{last}"

    def __str__(self) -> str:
        last = a1(self.bottom, self.right)
        return self.first if self.first == last else f"{self.first}:{last}"


def boxes(places: Iterable[tuple[str, int, int]]) -> list[Box]:
    """Cells (sheet, row, column) as few rectangles, by sheet in order of appearance, then row."""
    rows: dict[tuple[str, int], list[int]] = {}
    for sheet, row, column in places:
        rows.setdefault((sheet, row), []).append(column)
    by_sheet: dict[str, dict[tuple[int, int], list[int]]] = {sheet: {} for sheet, _ in rows}
    for (sheet, row), columns in sorted(rows.items(), key=lambda item: item[0][1]):
        for run in _runs(sorted(set(columns))):
            by_sheet[sheet].setdefault(run, []).append(row)
    found = []
    for sheet, runs in by_sheet.items():
        here = [
            Box(sheet, top, left, bottom, right)
            for (left, right), numbers in runs.items()
            for top, bottom in _runs(numbers)
        ]
        found.extend(sorted(here, key=lambda box: (box.top, box.left)))
    return found


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as runs (first, last)."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
