"""Two readers' books side by side: every cell and everything around the cells, as differences."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from crmxl.issue.addresses import a1
from tests.differential.seen import BLANK, Book, Seen, Sheet

Aspect = Literal["sheets", "state", "calendar", "value", "type", "formula", "merges", "hidden rows", "hidden columns"]

SECOND = 0.9 / 86_400
"""Dates within this are one: the other readers round to Python's datetime and some formats to seconds."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two readers see differently."""

    reader: str
    """The other reader."""
    aspect: Aspect
    sheet: str
    place: tuple[int, int] | None
    """Row and column of a cell; None for what is not of one cell."""
    ours: object
    theirs: object

    def __str__(self) -> str:
        at = f"!{a1(*self.place)}" if self.place else ""
        return f"{self.aspect} {self.sheet}{at}: ours {self.ours}, {self.reader} {self.theirs}"


def differences(ours: Book, theirs: Book, reader: str) -> Iterator[Difference]:
    """Whatever ``theirs`` has otherwise than ``ours``; what one of them does not tell is not compared."""
    if theirs.date_1904 is not None and theirs.date_1904 != ours.date_1904:
        yield Difference(reader, "calendar", "", None, ours.date_1904, theirs.date_1904)
    mine, other = [sheet.name for sheet in ours.sheets], [sheet.name for sheet in theirs.sheets]
    if mine != other:
        yield Difference(reader, "sheets", "", None, mine, other)
    found = {sheet.name: sheet for sheet in theirs.sheets}
    for sheet in ours.sheets:
        if sheet.name in found:
            yield from _sheet(sheet, found[sheet.name], reader, theirs.formulas)


def _sheet(ours: Sheet, theirs: Sheet, reader: str, formulas: bool) -> Iterator[Difference]:
    around: tuple[tuple[Aspect, object, object], ...] = (
        ("state", ours.state, theirs.state),
        ("merges", ours.merges, theirs.merges),
        ("hidden rows", ours.hidden_rows, theirs.hidden_rows),
        ("hidden columns", ours.hidden_columns, theirs.hidden_columns),
    )
    for aspect, mine, other in around:
        if mine is not None and other is not None and mine != other:
            yield Difference(reader, aspect, ours.name, None, mine, other)
    for place in sorted({*ours.cells, *theirs.cells}):
        mine_here, other_here = ours.cells.get(place, BLANK), theirs.cells.get(place, BLANK)
        if not same_kind(mine_here, other_here):
            yield Difference(reader, "type", ours.name, place, mine_here, other_here)
        elif not same_value(mine_here, other_here):
            yield Difference(reader, "value", ours.name, place, mine_here, other_here)
        if formulas and mine_here.formula != other_here.formula:
            yield Difference(reader, "formula", ours.name, place, mine_here, other_here)


def empty(seen: Seen) -> bool:
    """Whether there is no value; the empty text is none, since no reader but ours tells it from none."""
    return seen.kind == "blank" or seen.value == ""


def same_kind(ours: Seen, theirs: Seen) -> bool:
    """Whether both are numbers, both texts, and so on."""
    return ours.kind == theirs.kind or (empty(ours) and empty(theirs))


def same_value(ours: Seen, theirs: Seen) -> bool:
    """Whether two values of one kind are one."""
    if ours.kind == "date" and isinstance(ours.value, float) and isinstance(theirs.value, float):
        return math.isclose(ours.value, theirs.value, rel_tol=0, abs_tol=SECOND)
    return ours.value == theirs.value or (empty(ours) and empty(theirs))
