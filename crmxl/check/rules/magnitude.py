"""Family E: amounts about 10,000 times off the unit's other lines. 万元 was typed into a sheet of 元, or the reverse.

Nothing is converted: an amount may be right. A warning asks the one who knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction

from crmxl.catalogue import finding
from crmxl.check.evidence import Evidence
from crmxl.issue.places import Cell, Role, Span
from crmxl.model import Finding, Place, Text, Type, split_key
from crmxl.money import show

WAN = 10_000
"""元 in a 万元."""
APART = 200
"""How many times an amount must be off its nearest neighbour. Of lines spread lognormally (σ of ln 2: one in six a
seventh of the middle or less) fewer than 1 sheet in 100 is warned of by chance; at σ 1, nine in ten slips are found.
"""
FEWEST = 5
"""Amounts of a column that can be compared."""
SLACK = 3
"""The amount times or by 10,000 must be among the others, or this many times outside them at most."""
SMALL = 100
"""元; a sheet of which every amount is less was probably typed in 万元 throughout."""


def magnitudes(evidence: Evidence) -> Iterator[Finding]:
    """E117. What: an amount, set right by 10,000, would be among the sheet's others, and is far from them as it is; or
    every amount is below 100 元. Why: 万元 for 元 changes a total a little or a lot, and no formula sees it. Fix: enter
    元, or leave it where it is right.
    """
    for cells in _columns(evidence).values():
        there = sorted(((size, cell) for cell in cells if (size := _size(evidence, cell))), key=lambda one: one[0])
        if len(there) < FEWEST:
            continue
        sizes = [size for size, _ in there]
        if sizes[-1] < SMALL:
            name = evidence.submission.spots[there[-1][1].key].sheet
            yield finding("E117", variant="whole", place=Place(name), found=show(sizes[-1]), count=str(len(sizes)))
            continue
        few, rest = _parted(sizes)
        larger = bool(few) and few[0] > rest[-1]
        factor = Fraction(1, WAN) if larger else Fraction(WAN)
        low, high = show(rest[0]), show(rest[-1])
        others = Text(f"其他各行 {low} 至 {high}", f"other lines {low} to {high}")
        for size, cell in there:
            meant = size * factor
            if size in few and rest[0] / SLACK <= meant <= rest[-1] * SLACK and not _has_last_year(evidence, cell):
                yield finding(
                    "E117",
                    variant="large" if larger else "",
                    place=evidence.submission.place(cell.key),
                    key=cell.key,
                    found=show(size),
                    expected=others,
                    meant=show(meant),
                )


def _has_last_year(evidence: Evidence, cell: Cell) -> bool:
    """Whether the line says last year's figure, with which policies compare it (P309)."""
    code, _ = split_key(cell.key)
    return bool(evidence.converted.get(f"{code}@last_year"))


def _columns(evidence: Evidence) -> dict[tuple[str, str], list[Cell]]:
    """The amounts of each sheet's columns that have totals, months left out: they follow their year. Prices have none,
    and one may be a million times the other: a text message, an exhibition.
    """
    totalled = {(one.id, span.id) for one in evidence.layout.sheets for span in one.spans if _totalled(span)}
    found: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in evidence.entries:
        column = cell.key.rpartition("@")[2]
        if cell.role is Role.INPUT and cell.type is Type.MONEY and (cell.sheet, column) in totalled:
            found[cell.sheet, column].append(cell)
    return found


def _totalled(span: Span) -> bool:
    return span.column is not None and span.column.total and span.id == span.column.id


def _size(evidence: Evidence, cell: Cell) -> Fraction:
    value = evidence.converted[cell.key]
    return abs(value) if isinstance(value, Fraction) else Fraction(0)


def _parted(sizes: Sequence[Fraction]) -> tuple[Sequence[Fraction], Sequence[Fraction]]:
    """The few sizes beyond the widest step of the sorted ``sizes``, at most a third of them, and the rest."""
    step = max(range(1, len(sizes)), key=lambda at: sizes[at] / sizes[at - 1])
    low, high = sizes[:step], sizes[step:]
    few, rest = (low, high) if len(low) < len(high) else (high, low)
    if high[0] < low[-1] * APART or len(few) * 3 > len(sizes):
        return (), sizes
    return few, rest
