"""The workbooks that mutations start from, made by our own writer when they are needed: every shipped template, in
Chinese, in English and in a round, a small one with every kind of cell, and some of them in odd but legal shapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from random import Random

from crmxl.check.standard import Standard
from crmxl.define.library import Library
from crmxl.expression import Value
from crmxl.issue.addresses import a1
from crmxl.issue.places import Layout
from crmxl.model import MONTHS, Key, Type
from tests.fuzz import harmless
from tests.fuzz.draft import Draft, Mutation, opened
from tests.mutation.base import Entries, lines_in_all
from tests.mutation.fillings import LIBRARY, TEMPLATES, base
from tests.mutation.package import part_of, tab_names
from tests.receive import returned

_DAYS_TO_1904 = 1_462


@dataclass(frozen=True)
class Seed:
    """A workbook, and what it is read and judged by."""

    name: str
    data: bytes
    layout: Layout
    library: Library
    total: Callable[[Entries], Fraction]
    """The total that stands in given entries, in yuan."""
    standard: Standard = field(default_factory=Standard)

    def draft(self) -> Draft:
        """The workbook to be changed."""
        inputs: dict[str, frozenset[str]] = {}
        for plan in self.layout.sheets:
            part = part_of(self.data, plan.name) if plan.name in tab_names(self.data) else ""
            own = (cell for cell in self.layout.inputs if cell.sheet == plan.id)
            inputs["".join(filter(str.isdigit, part))] = frozenset(a1(cell.row, cell.column) for cell in own)
        return opened(self.data, {number: own for number, own in inputs.items() if own})


def _from_1904(random: Random, draft: Draft, seed: Seed) -> str:
    """Days counted from 1904."""
    book = draft.part("xl/workbook.xml").decode()
    draft.put("xl/workbook.xml", book.replace("<workbookPr ", '<workbookPr date1904="1" ').encode())
    for cell in seed.layout.inputs:
        if cell.type is not Type.DATE:
            continue
        part = part_of(seed.data, seed.layout.by_id[cell.sheet].name)
        there = re.compile(rf'(<c r="{a1(cell.row, cell.column)}"[^>]*><v>)([0-9]+)(</v>)')
        text = draft.part(part).decode()
        moved = there.sub(lambda match: f"{match[1]}{int(match[2]) - _DAYS_TO_1904}{match[3]}", text)
        draft.put(part, moved.encode())
    return "from 1904"


SHAPES: dict[str, tuple[Mutation, ...]] = {
    "prefixed, marked, streamed": (harmless.prefixed, harmless.marked, harmless.streamed),
    "inline, stored, unplaced": (harmless.inline, harmless.unplaced, harmless.stored),
    "shared formulas, rich": (harmless.shared_formulas, harmless.rich),
    "array formulas, respelled, renamed": (harmless.array_formulas, harmless.respelled, harmless.parts_renamed),
}
"""Odd but legal."""
SHAPED = ("small", "cosmetics-plan 0")
_WAYS = (0, 1, 2)
"""Numbers of bases: in Chinese, in a round, in English."""
NAMES: tuple[str, ...] = (
    "small",
    "small en",
    *(f"{template} {number}" for template in TEMPLATES for number in _WAYS),
    *(f"{name} ({shape})" for name in SHAPED for shape in SHAPES),
    "small (from 1904)",
)
"""Every seed."""


@cache
def seed(name: str) -> Seed:
    """The seed of this name."""
    plain, _, shape = name.removesuffix(")").partition(" (")
    if not shape:
        return _plain(name)
    start = seed(plain)
    random, draft = Random(name), start.draft()
    if shape == "from 1904":
        _from_1904(random, draft, start)
    else:
        for change in SHAPES[shape]:
            change(random, draft)
    return replace(start, name=name, data=draft.saved())


def _plain(name: str) -> Seed:
    template, _, way = name.partition(" ")
    if template == "small":
        given = replace(returned.ASSIGNMENT, lang="en") if way else returned.ASSIGNMENT
        layout = returned.layout(given)
        return Seed(name, returned.issued(given, _small()), layout, returned.SHELF, lines_in_all)
    start = base(template, int(way))
    return Seed(name, start.data, start.layout, LIBRARY, start.arithmetic.total, start.standard)


def _small() -> dict[Key, Value]:
    """The entries of the small workbook; each amount stands in the last month."""
    inputs = {key: value for key, value in returned.INPUTS.items() if "@amount." not in key}
    amounts = {f"{key}.{MONTHS[-1]}": value for key, value in inputs.items() if key.endswith("@amount")}
    return {**inputs, **amounts}
