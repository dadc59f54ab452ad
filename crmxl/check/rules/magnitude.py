"""Family E: amounts about 10,000 times off the unit's other lines. 万元 was typed into a sheet of 元, or the reverse.

Nothing is converted: an amount may be right. A warning asks the one who knows.

It looks at amounts that people type in grids and lists and that a total takes as they stand: in a column with a total,
or in one that such a column gives, adds or subtracts (a lump sum beside quantity × price). Where the row has its amount
another way, that amount is what others are compared with. Prices, which are multiplied, are left alone: one may be a
million times the other, a text message and an exhibition. So are months, which follow their year, and the fields of a
form, each of which means something else than the one beside it; growth over last year's is for policies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from crmxl.catalogue import finding
from crmxl.check.evidence import Evidence
from crmxl.expression import Call, Node, Reference, Value, parse
from crmxl.expression.nodes import Binary
from crmxl.issue.places import Cell, Role
from crmxl.model import Finding, Key, Place, Template, Text, Type, split_key
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
    """E117. What: an amount that is typed in a grid or list and that a total takes, set right by 10,000, would be among
    the others of its column, and is far from them as it is; or every amount is below 100 元. Why: 万元 for 元 changes a
    total a little or a lot, and no formula sees it. Fix: enter 元, or leave it where it is right.
    """
    for typed, computed in _columns(evidence):
        sizes = sorted([*(size for size, _ in typed), *computed])
        if not typed or len(sizes) < FEWEST:
            continue
        if sizes[-1] < SMALL:
            name = evidence.submission.spots[typed[0][1].key].sheet
            yield finding("E117", variant="whole", place=Place(name), found=show(sizes[-1]), count=str(len(sizes)))
            continue
        few, rest = _parted(sizes)
        larger = bool(few) and few[0] > rest[-1]
        factor = Fraction(1, WAN) if larger else Fraction(WAN)
        low, high = show(rest[0]), show(rest[-1])
        others = Text(f"其他各行 {low} 至 {high}", f"other lines {low} to {high}")
        for size, cell in sorted(typed, key=lambda one: one[0]):
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


def _columns(evidence: Evidence) -> Iterator[tuple[list[tuple[Fraction, Cell]], list[Fraction]]]:
    """Of each column: the amounts typed in it with their cells, and what the total takes of rows where it is blank."""
    takers = {(sheet, column): total for sheet, column, total in _taken(evidence.layout.template)}
    found: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in evidence.entries:
        at = cell.sheet, split_key(cell.key)[1]
        if at in takers and cell.role is Role.INPUT:
            found[at].append(cell)
    for at, cells in found.items():
        sizes = [(_size(evidence.converted, cell.key), cell) for cell in cells]
        blank = [f"{split_key(cell.key)[0]}@{takers[at]}" for size, cell in sizes if not size]
        others = (_size(evidence.recomputed, key) for key in blank if takers[at] != at[1])
        yield [(size, cell) for size, cell in sizes if size], [size for size in others if size]


def _taken(template: Template) -> Iterator[tuple[str, str, str]]:
    """Sheets and columns where amounts are typed that a total takes as they stand, with the column of the total."""
    for sheet in template.sheets:
        money = {column.id: column for column in sheet.columns if column.type is Type.MONEY}
        for column in money.values():
            if column.total and column.expression is None:
                yield sheet.id, column.id, column.id
            elif column.total and column.expression is not None:
                for name in _given(parse(column.expression)):
                    if name in money and not (money[name].calculated or money[name].total):
                        yield sheet.id, name, column.id


def _given(node: Node) -> Iterator[str]:
    """The names of what ``node`` may give as it stands, or add or subtract."""
    match node:
        case Reference(text):
            yield text
        case Binary("+" | "-", left, right):
            yield from (*_given(left), *_given(right))
        case Call("IF", (_, *branches)):
            yield from (name for branch in branches for name in _given(branch))
        case Call("ROUND", (number, _)):
            yield from _given(number)


def _size(values: Mapping[Key, Value], key: Key) -> Fraction:
    value = values.get(key)
    return abs(value) if isinstance(value, Fraction) else Fraction(0)


def _parted(sizes: Sequence[Fraction]) -> tuple[Sequence[Fraction], Sequence[Fraction]]:
    """The few sizes beyond the widest step of the sorted ``sizes``, at most a third of them, and the rest."""
    step = max(range(1, len(sizes)), key=lambda at: sizes[at] / sizes[at - 1])
    low, high = sizes[:step], sizes[step:]
    few, rest = (low, high) if len(low) < len(high) else (high, low)
    if high[0] < low[-1] * APART or len(few) * 3 > len(sizes):
        return (), sizes
    return few, rest
