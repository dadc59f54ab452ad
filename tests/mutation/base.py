"""Workbooks to be edited: complete, valid, seeded, made by the real writer; and what stands in them, as plain data.

``Base.inputs`` is the test's own record of the entries. Totals are added up from it here, never by crmxl.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from random import Random
from typing import TypeAlias

from crmxl.define.library import Library
from crmxl.expression import Value
from crmxl.issue.layout import lay_out
from crmxl.issue.places import CHECKS, Layout, Role, Row, RowKind, SheetPlan, a1
from crmxl.issue.workbook import write
from crmxl.model import MONTHS, Assignment, Key, Lang, Type

Entry: TypeAlias = Decimal | str | date
Entries: TypeAlias = Mapping[Key, Entry]

LIBRARY = Library()
TEMPLATES = ("annual-departments", "cosmetics-plan")
"""Each has a function in ``FILLINGS``."""
COUNTED = "@amount"
"""What the total of these templates adds up: the year of every line."""
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


def counted(inputs: Entries) -> Fraction:
    """The total that stands in ``inputs``, in yuan."""
    amounts = (entry for key, entry in inputs.items() if key.endswith(COUNTED))
    return Fraction(sum((entry for entry in amounts if isinstance(entry, Decimal)), Decimal(0)))


def exact(entry: Entry | None) -> Value:
    """An entry as crmxl's values have it: exact numbers, dates as serial numbers."""
    if isinstance(entry, date):
        return Fraction((entry - EPOCH).days)
    return Fraction(entry) if isinstance(entry, Decimal) else entry


@dataclass(frozen=True)
class Base:
    """A filled workbook, and the test's own record of it."""

    template: str
    number: int
    layout: Layout
    inputs: Entries
    data: bytes

    def __str__(self) -> str:
        layout = self.layout
        choice = f"parts {','.join(layout.parts) or 'all'}, from month {layout.first_month}, {layout.lang}"
        return f"{self.template} base {self.number} ({choice})"

    def at(self, key: Key) -> str:
        """Address of ``key`` as issued."""
        cell = self.layout.cells[key]
        return a1(cell.row, cell.column)

    def tab(self, key: Key) -> str:
        """Name of the tab on which ``key`` stands."""
        return self.layout.by_id[self.layout.cells[key].sheet].name

    @cached_property
    def money(self) -> SheetPlan:
        """The sheet with the counted amounts."""
        return self.layout.by_id[self.layout.cells[self.layout.template.total].sheet]

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
        from tests.mutation.means import tab_names

        return tab_names(self.data)

    def rows(self, *kinds: RowKind) -> list[Row]:
        """Rows of these kinds on the sheet with the amounts."""
        return [row for row in self.money.rows if row.kind in kinds]

    def lines(self, *, filled: bool | None = None, opened: bool | None = None) -> list[str]:
        """Codes of lines with a counted amount; ``filled``: not zero (or blank); ``opened``: named by the unit."""
        found = []
        for row in self.rows(RowKind.LINE, RowKind.OPEN):
            amount = self.inputs.get(row.code + COUNTED)
            if (filled is not None and filled != bool(amount)) or (filled is False and amount is not None):
                continue
            if opened is None or opened == (row.kind is RowKind.OPEN):
                found.append(row.code)
        return found

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
        cells = (self.layout.cells.get(f"{code}{COUNTED}.{month}") for month in MONTHS)
        return [cell.key for cell in cells if cell is not None and cell.role is Role.INPUT]

    def roles(self, *roles: Role) -> list[Key]:
        """Keys of cells with one of these roles, 校验 included."""
        return [key for key, cell in self.layout.cells.items() if cell.role in roles]

    def with_line(self, random: Random, code: str, fen: int) -> dict[Key, Entry]:
        """What to type so that the line's amount is ``fen``: the amount, its months, a name and a basis if need be."""
        entries: dict[Key, Entry] = {f"{code}{COUNTED}": yuan(fen)}
        entries.update(split(random, fen, self.months(code)))
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


def split(random: Random, fen: int, months: list[Key]) -> dict[Key, Entry]:
    """``fen`` over ``months``, each month with its share, some unevenly."""
    if not months:
        return {}
    weights = [random.choice((1, 1, 1, 2, 5)) for _ in months]
    done, passed, shares = 0, 0, []
    for weight in weights:
        passed += weight
        shares.append(fen * passed // sum(weights) - done)
        done += shares[-1]
    return {key: yuan(share) for key, share in zip(months, shares, strict=True)}


@lru_cache(maxsize=64)
def base(template: str, number: int) -> Base:
    """The ``number``-th base of ``template``."""
    random = Random(f"base {template} {number}")
    definition = LIBRARY.load(template)
    known = sorted({section.part for sheet in definition.sheets for section in sheet.sections})
    whole = random.random() < 0.7
    chosen = () if whole else tuple(random.sample(known, random.randrange(1, len(known))))
    lang: Lang = "en" if random.random() < 0.2 else "zh"
    first = random.randrange(2, 12) if template == "annual-departments" and random.random() < 0.3 else 1
    assignment = Assignment(
        unit=f"U{number:03d}",
        unit_name=random.choice(("华南区域", "财务部", "")),
        year=2026,
        parts=chosen,
        first_month=first,
        lang=lang,
    )
    layout = lay_out(definition, assignment.year, chosen, first, lang)
    empty = Base(template, number, layout, {}, b"")
    inputs = dict(FILLINGS[template](random, empty))
    data = write(layout, assignment, {key: exact(entry) for key, entry in inputs.items()})
    return Base(template, number, layout, inputs, data)


def _cosmetics(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Most lines with an amount and its basis, some 0, some blank; at least one of each group filled."""
    for run in empty.runs():
        sure = random.choice(run)
        for row in run:
            chance = random.random()
            if row is sure or chance < 0.75:
                yield from empty.with_line(random, row.code, some_fen(random)).items()
            elif chance < 0.85:
                yield f"{row.code}{COUNTED}", Decimal(0)


def _departments(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Amounts with months that add up; lines of the unit's own; work items with dates."""
    for run in empty.runs():
        sure = run[0]
        for row in run:
            if row is sure or random.random() < (0.8 if row.kind is RowKind.LINE else 0.4):
                yield from empty.with_line(random, row.code, some_fen(random)).items()
    for row in empty.layout.by_id["work"].rows:
        if row.kind is RowKind.OPEN and random.random() < 0.5:
            yield f"{row.code}@title", random.choice(NAMES)
            yield f"{row.code}@measure", random.choice(TEXTS)
            yield f"{row.code}@by", date(2026, 1, 1) + timedelta(days=random.randrange(365))
            if random.random() < 0.5:
                yield f"{row.code}@owner", "王敏"


FILLINGS = {"annual-departments": _departments, "cosmetics-plan": _cosmetics}


def numeric(base: Base, key: Key) -> bool:
    """Whether ``key`` holds a number."""
    return base.layout.cells[key].type.numeric


def dated(base: Base, key: Key) -> bool:
    """Whether ``key`` holds a date."""
    return base.layout.cells[key].type is Type.DATE
