"""The round's tree with subtotals per level: what each unit brings itself, what those below it bring, and both. Pure.

Where a parent's amounts are its own they stand beside those of the units below; where they are the sum of these, the
totals count the units below alone, and what the parent filed is shown, never added. Amounts are whole fen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crmxl.define.round import Round
from crmxl.define.units import Unit
from crmxl.group.totals import Block, named
from crmxl.model import Lang


@dataclass(frozen=True, slots=True)
class Level:
    """A unit in its place in the tree, with what it adds to the total."""

    unit: str
    name: str
    parent: str
    """Code of the unit above; empty at the top."""
    depth: int
    """1 at the top."""
    own: int | None
    """What the unit's own budget adds; None where none counts."""
    below: int
    """What all units below it add."""
    compared: int | None = None
    """What it filed as the sum of those below, which is only compared with them."""
    leaf: bool = True
    """Whether no unit stands below it."""

    @property
    def total(self) -> int:
        """The subtotal: all that the unit and those below it bring to the block."""
        return (self.own or 0) + self.below

    def shown(self, lang: Lang) -> str:
        """The unit for people."""
        return named(self.unit, self.name, lang)


def levels(round: Round, block: Block, compared: Mapping[str, int] | None = None) -> tuple[Level, ...]:
    """Every unit that is asked for the block's template, or has such a unit below it, before those below it, in the
    order of the units file; then what counts and is no unit of the round, at the top. Subtotals of the topmost add up
    to the block's total.

    ``compared`` are totals, by unit, of parents' files that are only compared.
    """
    own = {unit.unit: unit.total for unit in block.units}
    aside = compared or {}
    there = {unit.code for unit in round.units if unit.code in own or round.asks(unit.code, block.template.id)}
    for code in tuple(there):
        above = round.by_code[code].parent
        while above and above not in there:
            there.add(above)
            above = round.by_code[above].parent
    walked = [(unit, depth) for unit, depth in in_tree_order(round) if unit.code in there]
    below: dict[str, int] = {}
    for unit, _ in reversed(walked):
        mine = own.get(unit.code, 0) + below.get(unit.code, 0)
        below[unit.parent] = below.get(unit.parent, 0) + mine
    rows = [
        Level(
            unit=unit.code,
            name=unit.name,
            parent=unit.parent,
            depth=depth,
            own=own.get(unit.code),
            below=below.get(unit.code, 0),
            compared=aside.get(unit.code),
            leaf=not any(one.code in there for one in round.children(unit.code)),
        )
        for unit, depth in walked
    ]
    others = (one for one in block.units if one.unit not in round.by_code)
    rows += (Level(one.unit, one.name, "", 1, one.total, 0) for one in others)
    return tuple(rows)


def in_tree_order(round: Round) -> Iterator[tuple[Unit, int]]:
    """Every unit before those below it, with its depth from 1."""
    waiting = [(unit, 1) for unit in reversed(round.children(""))]
    while waiting:
        unit, depth = waiting.pop()
        yield unit, depth
        waiting.extend((one, depth + 1) for one in reversed(round.children(unit.code)))
