"""Workbooks to be edited: complete, valid, seeded, made by the real writer; and what stands in them, as plain data.

``Base.inputs`` is the test's own record of the entries. Totals are added up from it here, never by crmxl.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from random import Random
from typing import TypeAlias

from crmxl.check.standard import Standard
from crmxl.expression import Call, Value, keys, walk
from crmxl.expression.functions import MATCHING
from crmxl.issue.addresses import a1
from crmxl.issue.places import CHECKS, Layout, Role, Row, RowKind, SheetPlan
from crmxl.model import MONTHS, Key, Kind, Type
from tests.mutation.package import tab_names

Entry: TypeAlias = Decimal | str | date
Entries: TypeAlias = Mapping[Key, Entry]

COUNTED = "@amount"
"""Column of the amounts that count: the year of every line."""
TYPED = "@amount_in"
"""Column of amounts that are typed, in templates where a line's amount may also follow from a price or a share."""
EPOCH = date(1899, 12, 30)
TEXTS = (
    "问卷 500 份 × 2 元",
    "含税，单价 12.50 元/份",
    "第一行\n第二行",
    "A&B <试用> “引号”",
    "2024",
    "按上年 ×1.1 取整",
    "3 人 × 8,000 元 × 12 个月",
)
NAMES = ("外包服务", "临时搬迁", "展会", "咨询 (二期)", "Audit & tax", "年会")


def exact(entry: Entry | None) -> Value:
    """An entry as crmxl's values have it: exact numbers, dates as serial numbers."""
    if isinstance(entry, date):
        return Fraction((entry - EPOCH).days)
    return Fraction(entry) if isinstance(entry, Decimal) else entry


def lines_in_all(inputs: Entries) -> Fraction:
    """The sum of all lines' amounts, in yuan."""
    amounts = (entry for key, entry in inputs.items() if key.endswith(COUNTED))
    return Fraction(sum((entry for entry in amounts if isinstance(entry, Decimal)), Decimal(0)))


@dataclass(frozen=True)
class Arithmetic:
    """What the test itself makes of the entries of a template."""

    total: Callable[[Entries], Fraction] = lines_in_all
    """The total, in yuan."""
    broken: Callable[[Base, Entries], Iterable[tuple[str, Key]]] = lambda base, inputs: ()
    """The policy rules that they break, each with the key that its finding names."""


@dataclass(frozen=True)
class Base:
    """A filled workbook, and the test's own record of it."""

    template: str
    number: int
    layout: Layout
    inputs: Entries
    data: bytes
    standard: Standard
    """What it is judged by: the records of its round, where it has one."""
    arithmetic: Arithmetic
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Figures that the group has issued, by field id."""

    def __str__(self) -> str:
        layout = self.layout
        choice = f"parts {','.join(layout.parts) or 'all'}, from month {layout.first_month}, {layout.lang}"
        return f"{self.template} base {self.number} ({choice}{', in a round' if self.standard.round else ''})"

    def total(self, inputs: Entries) -> Fraction:
        """The total that stands in ``inputs``, with what the group has issued, in yuan."""
        return self.arithmetic.total({**self.issued, **inputs})

    @cached_property
    def issued(self) -> Entries:
        """The figures that the group has issued, by key."""
        figures = {name if "@" in name else f"{name}@value": text for name, text in self.parameters.items()}
        return {
            key: Decimal(text)
            for key, text in figures.items()
            if key in self.layout.cells and self.layout.cells[key].type.numeric
        }

    def at(self, key: Key) -> str:
        """Address of ``key`` as issued."""
        cell = self.layout.cells[key]
        return a1(cell.row, cell.column)

    def tab(self, key: Key) -> str:
        """Name of the tab on which ``key`` stands."""
        return self.layout.by_id[self.layout.cells[key].sheet].name

    @cached_property
    def money(self) -> SheetPlan:
        """The sheet with the lines and their amounts; where no grid asks for amounts of that name, the first that asks
        for money at all.
        """
        grids = [plan for plan in self.layout.sheets if plan.kind is Kind.GRID and plan.id != CHECKS]
        typed = {plan.id: [one for one in plan.spans if one.column and not one.column.calculated] for plan in grids}
        asked = [plan for plan in grids if any(f"@{span.id}" == COUNTED for span in typed[plan.id])]
        money = [plan for plan in grids if any(span.type is Type.MONEY for span in typed[plan.id])]
        return (asked or money or grids)[0]

    @cached_property
    def typed(self) -> str:
        """Column in which the unit types a line's amount, where the amount itself may follow from something else."""
        return TYPED if any(f"@{span.id}" == TYPED for span in self.money.spans) else COUNTED

    @cached_property
    def sheets(self) -> tuple[SheetPlan, ...]:
        """The sheets that units fill."""
        return tuple(plan for plan in self.layout.sheets if plan.id != CHECKS)

    @cached_property
    def checks(self) -> SheetPlan:
        """The sheet 校验."""
        return self.layout.by_id[CHECKS]

    @cached_property
    def tabs(self) -> tuple[str, ...]:
        """All tabs in order."""
        return tab_names(self.data)

    @cached_property
    def total_at(self) -> str:
        """Where the total stands, as formulas write it."""
        total = self.layout.template.total
        return f"'{self.tab(total)}'!{self.at(total)}"

    def rows(self, *kinds: RowKind) -> list[Row]:
        """Rows of these kinds on the sheet with the amounts."""
        return [row for row in self.money.rows if row.kind in kinds]

    def lines(self, *, filled: bool | None = None, opened: bool | None = None) -> list[str]:
        """Codes of lines with a counted amount; ``filled``: not zero (or blank); ``opened``: named by the unit."""
        found = []
        for row in self.rows(RowKind.LINE, RowKind.OPEN):
            key = row.code + self.typed
            cell, amount = self.layout.cells.get(key), self.inputs.get(key)
            if cell is None or cell.role is not Role.INPUT or self._filled_otherwise(row.code):
                continue
            if (filled is not None and filled != bool(amount)) or (filled is False and amount is not None):
                continue
            if opened is None or opened == (row.kind is RowKind.OPEN):
                found.append(row.code)
        return found

    def _filled_otherwise(self, code: str) -> bool:
        """Whether something stands in the line that an amount must not stand beside: a price, a share."""
        (sheet,) = (one for one in self.layout.template.sheets if one.id == self.money.id)
        own = self.typed.removeprefix("@")
        others = {name for names in sheet.one_of if own in names for name in names} - {own}
        return any(f"{code}@{name}" in self.inputs for name in others)

    def lines_inputs(self) -> list[Key]:
        """Keys of all inputs on the sheet with the amounts."""
        return [cell.key for cell in self.layout.inputs if cell.sheet == self.money.id]

    def runs(self, plan: SheetPlan | None = None) -> list[list[Row]]:
        """Lines that stand together, group by group."""
        found: list[list[Row]] = [[]]
        for row in (plan or self.money).rows:
            if row.kind in (RowKind.LINE, RowKind.OPEN):
                found[-1].append(row)
            elif found[-1]:
                found.append([])
        return [run for run in found if run]

    def months(self, code: str) -> list[Key]:
        """Keys of a line's open months; none where the template has no months."""
        cells = (self.layout.cells.get(f"{code}{self.typed}.{month}") for month in MONTHS)
        return [cell.key for cell in cells if cell is not None and cell.role is Role.INPUT]

    def roles(self, *roles: Role) -> list[Key]:
        """Keys of cells with one of these roles, 校验 included."""
        return [key for key, cell in self.layout.cells.items() if cell.role in roles]

    @cached_property
    def looked_for(self) -> frozenset[Key]:
        """Texts by which formulas find a row: other words there change what the formulas show."""
        formulas = (cell.formula for cell in self.layout.cells.values() if cell.formula is not None)
        parts = (part for formula in formulas for part in walk(formula) if isinstance(part, Call))
        return frozenset(key for part in parts if part.function in MATCHING for key in keys(part))

    def with_line(self, random: Random, code: str, fen: int, *, even: bool = False) -> dict[Key, Entry]:
        """What to type so that the line's amount is ``fen``: the amount, its months, a name and a basis if need be."""
        entries: dict[Key, Entry] = {f"{code}{self.typed}": yuan(fen)}
        entries.update(split(random, fen, self.months(code), even=even))
        for column, words in (("title", NAMES), ("basis", TEXTS)):
            key = f"{code}@{column}"
            cell = self.layout.cells.get(key)
            if cell is not None and cell.role is Role.INPUT and key not in self.inputs:
                entries[key] = random.choice(words)
        return entries


def yuan(fen: int) -> Decimal:
    """An amount in yuan."""
    return Decimal(fen).scaleb(-2)


def some_fen(random: Random) -> int:
    """An amount that a person would plan, in fen; never 0."""
    match random.randrange(4):
        case 0:
            return random.randrange(1, 200) * 100_000
        case 1:
            return random.randrange(1, 10_000) * 5_000
        case 2:
            return random.randrange(1, 10_000_000)
        case _:
            return random.choice((1, 10, 99, 100, 12_345_678_901, 100_001))


def usual_fen(random: Random) -> int:
    """An amount in fen of a size at which nobody wonders: lines of one budget are never ten thousand times apart."""
    size = random.choice((100_000, 1_000_000, 40_000_000))
    fen = random.randrange(50_000, size)
    return fen // 100_000 * 100_000 or fen if random.random() < 0.4 else fen


def split(random: Random, fen: int, months: list[Key], *, even: bool = False) -> dict[Key, Entry]:
    """``fen`` over ``months``, each month with its share, if not ``even`` some unevenly."""
    if not months:
        return {}
    weights = [1 if even else random.choice((1, 1, 1, 2, 5)) for _ in months]
    done, passed, shares = 0, 0, []
    for weight in weights:
        passed += weight
        shares.append(fen * passed // sum(weights) - done)
        done += shares[-1]
    return {key: yuan(share) for key, share in zip(months, shares, strict=True)}


def numeric(base: Base, key: Key) -> bool:
    """Whether ``key`` holds a number."""
    return base.layout.cells[key].type.numeric


def worded(base: Base, key: Key) -> bool:
    """Whether ``key`` holds words of the unit's own, no choice and no name that formulas look for."""
    return base.layout.cells[key].type is Type.TEXT and key not in base.looked_for


def dated(base: Base, key: Key) -> bool:
    """Whether ``key`` holds a date."""
    return base.layout.cells[key].type is Type.DATE
