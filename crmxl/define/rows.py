"""Every row that a template makes, with the cells that stand on it: what keys exist and what a subtotal adds up.

Knows where the definition gives each row (its trail), but nothing of parts, years or sheets' geometry: that is layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from crmxl.define.document import Trail
from crmxl.model import (
    MONTHS,
    Column,
    Field,
    Group,
    Key,
    Kind,
    Level,
    Line,
    Section,
    Sheet,
    Template,
    Text,
    Type,
    split_key,
)

BLANK_TITLE = Column("title", Text("项目名称", "Name"), Type.TEXT)
"""The name that a unit writes on a blank line, ``1.1.n01@title``."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a field, a line, a blank line, a list row, a subtotal or a total."""

    code: str
    """The part of its keys before ``@``."""
    trail: Trail
    """What in the definition makes it."""
    sheet: int
    """Index of its sheet."""
    level: Level
    """LINE for everything that is not a subtotal or total."""
    columns: Mapping[str, Column]
    """The columns that have a cell here, by id."""
    children: tuple[str, ...] = ()
    """Codes of the leaf rows that a subtotal or total adds up."""
    line: Line | None = None
    """The fixed line that it is."""

    @property
    def generated(self) -> bool:
        """Whether its code is made by crmxl rather than written in the definition."""
        return self.level is Level.TOTAL or (self.trail[-1] != "code" and self.trail[2] != "fields")

    @property
    def leaf(self) -> bool:
        """Whether it is a row of its own rather than a sum of others."""
        return self.level is Level.LINE


def rows(template: Template) -> tuple[Row, ...]:
    """All rows in definition order; codes may stand twice where the definition is unsound."""
    found: list[Row] = []
    for index, sheet in enumerate(template.sheets):
        match sheet.kind:
            case Kind.FORM:
                found += (_field(index, at, field) for at, field in enumerate(sheet.fields))
            case Kind.LIST:
                found += _list(index, sheet)
            case Kind.GRID:
                found += _grid(index, sheet)
    return tuple(found)


def by_code(found: Sequence[Row]) -> dict[str, Row]:
    """Rows by code; where a code stands twice a generated row wins, then the first, so one mistake makes no second."""
    return {row.code: row for row in sorted(reversed(found), key=lambda row: row.generated)}


def has_total_row(sheet: Sheet) -> bool:
    """Whether a grid has subtotals and a row ``total``, or a list a total row with the sheet's id."""
    return any(column.total for column in sheet.columns)


def naming(sheet: Sheet) -> str:
    """Id of the column in which units name the rows of a list, its first with words; empty where there is none."""
    words = (Type.TEXT, Type.CHOICE)
    return next((one.id for one in sheet.columns if one.type in words and not one.calculated), "")


def stands(column: Column, level: Level) -> bool:
    """Whether ``column`` has a cell on rows of ``level``, where its sheet has such rows."""
    if level is Level.LINE:
        return not column.calculated or level in column.levels
    return column.total or (column.calculated and level in column.levels)


def column_at(rows_by_code: Mapping[str, Row], key: Key) -> Column | None:
    """The column of ``key``, where the key exists; months and the part not yet split have their year's column."""
    code, name = split_key(key)
    row = rows_by_code.get(code)
    if row is None:
        return None
    column_id, dot, month = name.partition(".")
    column = row.columns.get(column_id)
    if dot and (column is None or not column.months or month not in (*MONTHS, "rest")):
        return None
    return column


def _field(sheet: int, index: int, field: Field) -> Row:
    return Row(field.id, ("sheet", sheet, "fields", index, "id"), sheet, Level.LINE, {"value": field.column})


def _cells(sheet: Sheet, level: Level) -> dict[str, Column]:
    if level is not Level.LINE and not has_total_row(sheet):
        return {}
    return {column.id: column for column in sheet.columns if stands(column, level)}


def _list(index: int, sheet: Sheet) -> Iterator[Row]:
    """The numbered rows, then the total."""
    cells = _cells(sheet, Level.LINE)
    trail: Trail = ("sheet", index, "id")
    codes = tuple(f"{sheet.id}.{number:03d}" for number in range(1, sheet.rows + 1))
    for code in codes:
        yield Row(code, trail, index, Level.LINE, cells)
    if has_total_row(sheet):
        yield Row(sheet.total_row, trail, index, Level.TOTAL, _cells(sheet, Level.TOTAL), codes)


def _grid(index: int, sheet: Sheet) -> Iterator[Row]:
    """Sections with their lines and groups, then the total."""
    leaves: list[str] = []
    for at, section in enumerate(sheet.sections):
        made = tuple(_section(index, sheet, section, ("sheet", index, "section", at)))
        leaves += (row.code for row in made if row.leaf)
        yield from made
    if has_total_row(sheet):
        cells = _cells(sheet, Level.TOTAL)
        trail: Trail = ("sheet", index, "total_code") if sheet.total_code else ("sheet", index)
        yield Row(sheet.total_row, trail, index, Level.TOTAL, cells, tuple(leaves))


def _section(index: int, sheet: Sheet, section: Section, trail: Trail) -> Iterator[Row]:
    """The section's heading, its own lines, then its groups each with its lines."""
    own = tuple(_lines(index, sheet, section, trail))
    groups: list[Row] = []
    for at, group in enumerate(section.groups):
        inner: Trail = (*trail, "group", at)
        lines = tuple(_lines(index, sheet, group, inner))
        cells = _cells(sheet, Level.GROUP)
        codes = tuple(line.code for line in lines)
        groups += (Row(group.code, (*inner, "code"), index, Level.GROUP, cells, codes), *lines)
    leaves = tuple(row.code for row in (*own, *groups) if row.leaf)
    yield Row(section.code, (*trail, "code"), index, Level.SECTION, _cells(sheet, Level.SECTION), leaves)
    yield from own
    yield from groups


def _lines(index: int, sheet: Sheet, parent: Section | Group, trail: Trail) -> Iterator[Row]:
    """Fixed lines, then blank ones."""
    cells = _cells(sheet, Level.LINE)
    for at, line in enumerate(parent.lines):
        own = {id: column for id, column in cells.items() if id not in line.without} if line.without else cells
        yield Row(line.code, (*trail, "lines", at, "code"), index, Level.LINE, own, line=line)
    for number in range(1, parent.open + 1):
        named = {BLANK_TITLE.id: BLANK_TITLE, **cells}
        yield Row(f"{parent.code}.n{number:02d}", (*trail, "open"), index, Level.LINE, named)
