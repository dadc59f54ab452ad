"""Expressions of a template: they parse, name cells that exist, fit what they fill, and never run in a circle."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from crmxl.define.document import Fault, Trail
from crmxl.define.names import RESERVED_IDS
from crmxl.define.rows import Row, by_code, column_at, rows
from crmxl.errors import ExpressionError
from crmxl.expression import (
    Call,
    Cells,
    Measure,
    Node,
    Number,
    Reference,
    bind,
    joinable,
    measure,
    outcomes,
    parse,
    references,
)
from crmxl.model import Column, Key, Kind, Level, Template, Type, split_key

BUILT_IN = frozenset({"year", "first_month"})
"""Bare names that every template has."""
ABOVE = "above"
"""``above@share`` is what the column comes to in all lines of the same grid that stand above this one."""
MEASURES: Mapping[Type, Measure] = {Type.MONEY: Measure.MONEY, Type.TEXT: Measure.TEXT, Type.CHOICE: Measure.TEXT}
"""What a cell of each type is worth in an expression; a number where not named."""
SAID: Mapping[Measure, str] = {
    Measure.MONEY: "an amount",
    Measure.NUMBER: "a number",
    Measure.COUNT: "a number",
    Measure.TEXT: "a text",
    Measure.TRUTH: "a condition",
}
"""Measures in messages."""


@dataclass(frozen=True, slots=True)
class _Formula:
    """What a column or field calculates, and the rows where it does so."""

    node: Node
    column: Column
    trail: Trail
    rows: tuple[Row, ...]


class _Unknown(Exception):
    """A reference that no cell answers."""


class _Cells:
    """Which keys a reference means, seen from a row."""

    def __init__(self, template: Template) -> None:
        self.rows = rows(template)
        self.by_code = by_code(self.rows)
        self.fields = {field.id: field.column for sheet in template.sheets for field in sheet.fields}
        self.patterns: dict[str, tuple[Key, ...]] = {}
        self.beside = {
            sheet: {name for row in self.rows if row.sheet == sheet for name in row.columns}
            for sheet in range(len(template.sheets))
        }
        self.lists = {sheet.id for sheet in template.sheets if sheet.kind is Kind.LIST}
        grids = {at for at, sheet in enumerate(template.sheets) if sheet.kind is Kind.GRID}
        self.lines = tuple(row for row in self.rows if row.leaf and row.sheet in grids)

    def keys(self, reference: str, row: Row) -> tuple[Key, ...]:
        """The keys that ``reference`` means on ``row``; none for a built-in. Raises _Unknown."""
        if "@" not in reference:
            return self._bare(reference, row)
        code, name = split_key(reference)
        if code == "*" or code.endswith(".*"):
            if reference not in self.patterns:
                self.patterns[reference] = self._pattern(code, name)
            return self.patterns[reference]
        if column_at(self.by_code, reference) is None:
            if code == ABOVE:
                return self._above(name, row)
            raise _Unknown(self._missing(code, name))
        return (reference,)

    def column(self, key: Key) -> Column:
        """The column of an existing key."""
        column = column_at(self.by_code, key)
        assert column is not None, key
        return column

    def _bare(self, name: str, row: Row) -> tuple[Key, ...]:
        if name in row.columns and name not in RESERVED_IDS:
            return (f"{row.code}@{name}",)
        if name in self.fields:
            return (f"{name}@value",)
        if name in BUILT_IN:
            return ()
        beside = self.beside[row.sheet]
        if name in beside and name not in RESERVED_IDS:
            raise _Unknown(f"`{name}` has no cell on {row.level} rows, where this column stands")
        close = difflib.get_close_matches(name, [*beside, *self.fields, *BUILT_IN], 1)
        hint = f"; is `{close[0]}` meant?" if close else ""
        raise _Unknown(f"`{name}` is neither a column here nor a form field{hint}")

    def _above(self, name: str, row: Row) -> tuple[Key, ...]:
        """The column in the lines above ``row``; above the first line there is none."""
        if row not in self.lines:
            raise _Unknown(f"`{ABOVE}@{name}` is asked by lines of grids; rows of lists may be sorted")
        if name not in self.beside[row.sheet]:
            raise _Unknown(f"`{ABOVE}@{name}`: there is no column `{name}` here")
        before = self.lines[: self.lines.index(row)]
        return tuple(f"{one.code}@{name}" for one in before if one.sheet == row.sheet and name in one.columns)

    def _pattern(self, code: str, name: str) -> tuple[Key, ...]:
        parent = code.removesuffix("*").removesuffix(".")
        if parent in self.lists:
            return self._records(parent, code, name)
        if parent and not (parent in self.by_code and self.by_code[parent].level in (Level.SECTION, Level.GROUP)):
            raise _Unknown(f"`{code}@{name}`: no section or group has the code `{parent}`")
        under = (row for row in self.lines if not parent or row.code.startswith(f"{parent}."))
        found = tuple(key for row in under if column_at(self.by_code, key := f"{row.code}@{name}") is not None)
        if not found:
            raise _Unknown(f"`{code}@{name}`: no line there has the column `{name}`")
        return found

    def _records(self, sheet: str, code: str, name: str) -> tuple[Key, ...]:
        rows = (row for row in self.rows if row.leaf and row.code.rpartition(".")[0] == sheet)
        found = tuple(f"{row.code}@{name}" for row in rows if name in row.columns)
        if not found:
            raise _Unknown(f"`{code}@{name}`: the list `{sheet}` has no column `{name}`")
        return found

    def _missing(self, code: str, name: str) -> str:
        row = self.by_code.get(code)
        if row is None:
            close = difflib.get_close_matches(code, self.by_code, 1)
            hint = f"; is `{close[0]}` meant?" if close else ""
            return f"`{code}@{name}`: no line, section or field has the code `{code}`{hint}"
        return f"`{code}@{name}`: `{code}` has no cell `{name}`; it has {', '.join(row.columns) or 'none'}"


def reference_faults(template: Template) -> Iterator[Fault]:
    """Every fault in the expressions and conditions of ``template``."""
    cells = _Cells(template)
    formulas: list[_Formula] = []
    for source, column, where, standing in _sources(template, cells):
        try:
            node = parse(source)
        except ExpressionError as error:
            yield Fault(where, str(error))
            continue
        condition = where[-1] == "required_if"
        wrong = tuple(dict.fromkeys(_misfits(node, column, condition, standing, cells)))
        yield from (Fault(where, message) for message in wrong)
        if not condition and not wrong:
            formulas.append(_Formula(node, column, where, standing))
    yield from _circles(formulas, cells)


def _sources(template: Template, cells: _Cells) -> Iterator[tuple[str, Column, Trail, tuple[Row, ...]]]:
    """Every expression and condition with its column, its place and the rows where it counts."""
    for column, trail, standing in _columns(template, cells):
        own = tuple(row for row in standing if _says_itself(row, column))
        if column.expression is not None:
            rest = tuple(row for row in standing if not _says_itself(row, column))
            yield column.expression, column, (*trail, "expression"), rest
        if column.required_if is not None:
            yield column.required_if, column, (*trail, "required_if"), standing
        for row in own:
            assert row.line is not None
            yield row.line.formulas[column.id], column, (*row.trail[:-1], "formulas", column.id), (row,)


def _columns(template: Template, cells: _Cells) -> Iterator[tuple[Column, Trail, tuple[Row, ...]]]:
    """Columns and fields, where they are defined, and the rows where they are inputs or calculated."""
    for at, sheet in enumerate(template.sheets):
        here = [row for row in cells.rows if row.sheet == at]
        for index, column in enumerate(sheet.columns):
            levels = column.levels if column.calculated and sheet.kind is Kind.GRID else (Level.LINE,)
            standing = tuple(row for row in here if row.level in levels and row.columns.get(column.id) is column)
            yield column, ("sheet", at, "columns", index), standing
        for index, field in enumerate(sheet.fields):
            standing = tuple(row for row in here if row.columns.get("value") is field.column)
            yield field.column, ("sheet", at, "fields", index), standing


def _says_itself(row: Row, column: Column) -> bool:
    """Whether the line has a formula of its own for a calculated ``column``."""
    return column.calculated and row.line is not None and column.id in row.line.formulas


def _misfits(node: Node, column: Column, condition: bool, standing: tuple[Row, ...], cells: _Cells) -> Iterator[str]:
    """References that no cell answers on some row, and values that do not fit; one row of each kind is asked."""
    for row in {(row.level, *row.columns): row for row in standing}.values():
        unknown = tuple(_unknown(node, row, cells))
        yield from unknown
        if unknown:
            continue

        def resolve(reference: Reference, row: Row = row) -> Node:
            keys = cells.keys(reference.text, row)
            if not keys:
                return Number(Fraction(0))
            kind = MEASURES.get(cells.column(keys[0]).type, Measure.NUMBER)
            if split_key(reference.text)[0] == ABOVE:
                return Call("SUM", (Cells(keys, kind, several=True),))
            return Cells(keys, kind, several="*" in reference.text)

        try:
            bound = bind(node, resolve)
        except ValueError as error:
            yield str(error)
            continue
        if isinstance(bound, Cells) and bound.several:
            yield "several cells stand where one is needed; use SUM, MIN, MAX or COUNT"
            continue
        textual = MEASURES.get(column.type) is Measure.TEXT
        others = outcomes(bound) - {Measure.TRUTH}
        if condition:
            yield from (f"gives {SAID[kind]}; must be a condition such as amount <> 0" for kind in sorted(others))
        elif Measure.TRUTH in outcomes(bound) or (measure(bound) is Measure.TEXT) is not textual:
            kind = Measure.TRUTH if Measure.TRUTH in outcomes(bound) else measure(bound)
            yield f"gives {SAID[kind]}, which does not fit the type {column.type}"
        elif textual and not joinable(bound):
            yield "gives a text or a number; round the number to at most 4 places first, as ROUND(x, 2)"


def _unknown(node: Node, row: Row, cells: _Cells) -> Iterator[str]:
    for reference in references(node):
        try:
            cells.keys(reference, row)
        except _Unknown as error:
            yield str(error)


def _circles(formulas: list[_Formula], cells: _Cells) -> Iterator[Fault]:
    """Calculated cells that need themselves, one fault a column; subtotals need the lines that they add up.

    A reference to a set is a node of its own, so that every line may ask for the sum of all without n² edges.
    """
    made_by: dict[str, _Formula] = {}
    needs: dict[str, tuple[str, ...]] = {}
    for row in cells.rows:
        for column in row.columns.values():
            if row.children and column.total:
                needs[f"{row.code}@{column.id}"] = tuple(f"{child}@{column.id}" for child in row.children)
    for formula in formulas:
        for row in formula.rows:
            key = f"{row.code}@{formula.column.id}"
            made_by[key] = formula
            wanted: list[str] = []
            for reference in references(formula.node):
                if "*" in reference:
                    wanted.append(reference)
                    if reference not in needs:
                        needs[reference] = tuple(map(_year, cells.keys(reference, row)))
                else:
                    wanted += map(_year, cells.keys(reference, row))
            needs[key] = tuple(wanted)
    while True:
        try:
            TopologicalSorter(needs).prepare()
            return
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]
        guilty = next(made_by[key] for key in circle if key in made_by)
        yield Fault(guilty.trail, f"calculates in a circle: {' needs '.join(circle)}")
        for row in guilty.rows:
            needs.pop(f"{row.code}@{guilty.column.id}", None)


def _year(key: Key) -> Key:
    """``1.1@amount`` for ``1.1@amount.03``: for circles a year and its months are one."""
    code, column = split_key(key)
    return f"{code}@{column.partition('.')[0]}"
