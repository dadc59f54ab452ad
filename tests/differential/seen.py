"""What one reader sees in one workbook, in the same words for every reader: plain values, so that they can be compared
and kept in files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["blank", "number", "date", "text", "boolean", "error"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One cell."""

    kind: Kind
    value: float | str | bool | None = None
    """A date is its serial number in the calendar from 1900; an error value is its text."""
    formula: str = ""
    """With ``=``; empty where there is none."""

    def __str__(self) -> str:
        shown = "" if self.kind == "blank" else f" {self.value!r}"
        return f"{self.kind}{shown}" + (f" {self.formula}" if self.formula else "")


BLANK = Seen("blank")


@dataclass(frozen=True)
class Sheet:
    """One sheet; None stands for what the reader does not tell."""

    name: str
    state: str | None = "visible"
    cells: Mapping[tuple[int, int], Seen] = field(default_factory=dict)
    """By (row, column) from 1; blank ones are left out."""
    merges: frozenset[tuple[int, int, int, int]] | None = None
    hidden_rows: frozenset[int] | None = None
    hidden_columns: frozenset[int] | None = None


@dataclass(frozen=True)
class Book:
    """One workbook."""

    sheets: tuple[Sheet, ...]
    date_1904: bool | None = None
    formulas: bool = True
    """Whether the reader tells formulas."""
    arrays: Mapping[str, tuple[tuple[int, int, int, int], ...]] = field(default_factory=dict)
    """Where one formula fills several cells, by sheet, as far as the reader tells."""
    local_dates: frozenset[tuple[str, int, int]] = frozenset()
    """Sheet, row and column of cells in a built-in format that only Chinese, Japanese and Korean programs know."""
