"""What a template's money stands on: its leaf rows under parts and groups, and which of them make its total.

Pure. Knows templates and layouts, nothing of units, files or sums.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crmxl.define.rows import naming
from crmxl.expression import Cells, Node
from crmxl.expression.nodes import Binary, Call
from crmxl.issue.places import Layout
from crmxl.model import Column, Group, Key, Kind, Level, Section, Sheet, Template, Text, Type, split_key

BASIS = "basis"
"""Id of the column that says how an amount was arrived at."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A row that holds amounts of its own: a line, a blank line or a row of a list."""

    code: str
    """Its code; never a subtotal's."""
    title: Text
    """The template's title; empty where each unit names its own."""
    sheet: str
    """Sheet id."""
    part: str
    """Code of its section; of a list, the sheet's id."""
    part_title: Text
    group: str
    """Code of its group; empty where the line stands in no group."""
    group_title: Text
    rank: int
    """Place in the template's order."""
    named_in: str = ""
    """Column in which the unit names the row; empty where the template does. Lists have no title: their first text."""

    @property
    def own(self) -> bool:
        """Whether units name it, each its own."""
        return bool(self.named_in) or not self.title.zh

    @property
    def owner(self) -> str:
        """Code of the smallest thing above it."""
        return self.group or self.part


def leaves(template: Template) -> tuple[Leaf, ...]:
    """The leaf rows of every sheet that has money to add up, in the template's order."""
    found: list[Leaf] = []
    rank = 0
    for sheet in template.sheets:
        if sum_columns(sheet):
            found.extend(_leaves(sheet, rank))
            rank = found[-1].rank + max(0, sheet.most - sheet.rows)  # the same whatever a unit's list has
    return tuple(found)


def sum_columns(sheet: Sheet) -> tuple[Column, ...]:
    """The money columns whose lines the group adds up; form fields are single values and never are."""
    if sheet.kind is Kind.FORM:
        return ()
    return tuple(
        column
        for column in sheet.columns
        if column.type is Type.MONEY
        and column.consolidate == "sum"
        and (not column.calculated or Level.LINE in column.levels)
    )


def counted(layout: Layout, amounts: Sequence[Key]) -> frozenset[Key]:
    """Which of the leaf ``amounts`` the template's total adds up, each once.

    Found by opening the total's formula: sums, subtotals and ROUND are opened, other formulas are not. Where that
    meets no amount at all, the total is not a sum of lines, and the lines of the total's own column are taken.
    Whatever this misses shows as a difference between a unit's total and its lines.
    """
    known = frozenset(amounts)
    found = opened(layout, layout.template.total, known)
    if found:
        return found
    code, column = split_key(layout.template.total)
    total = layout.cells.get(layout.template.total)
    if total is None or code not in (sheet.total_row for sheet in layout.template.sheets if sheet.id == total.sheet):
        return frozenset()
    return frozenset(key for key in known if split_key(key)[1] == column and layout.cells[key].sheet == total.sheet)


def opened(layout: Layout, key: Key, known: frozenset[Key]) -> frozenset[Key]:
    """Which of the amounts ``known`` the amount at ``key`` adds up, each once; itself where it is one of them."""
    found: set[Key] = set()
    seen: set[Key] = set()
    todo = [key]
    while todo:
        key = todo.pop()
        if key in known:
            found.add(key)
        elif key not in seen:
            seen.add(key)
            cell = layout.cells.get(key)
            if cell is not None and cell.formula is not None:
                todo.extend(_added(cell.formula))
    return frozenset(found)


def _added(node: Node) -> Iterator[Key]:
    """The keys that ``node`` adds, with a plus sign and no factor."""
    match node:
        case Cells():
            yield from node.keys
        case Binary("+", left, right):
            yield from _added(left)
            yield from _added(right)
        case Binary("-", left, _):
            yield from _added(left)
        case Call("SUM", arguments):
            for argument in arguments:
                yield from _added(argument)
        case Call("ROUND", arguments):
            yield from _added(arguments[0])


def _leaves(sheet: Sheet, rank: int) -> Iterator[Leaf]:
    if sheet.kind is Kind.LIST:
        name = naming(sheet)
        for number in range(1, sheet.rows + 1):
            code = f"{sheet.id}.{number:03d}"
            yield Leaf(code, Text(""), sheet.id, sheet.id, sheet.title, "", Text(""), rank + number, name)
        return
    for section in sheet.sections:
        owners: tuple[Section | Group, ...] = (section, *section.groups)
        for owner in owners:
            for code, title, named in _rows(owner):
                inner = owner if isinstance(owner, Group) else None
                rank += 1
                yield Leaf(
                    code=code,
                    title=title,
                    sheet=sheet.id,
                    part=section.code,
                    part_title=section.title,
                    group=inner.code if inner else "",
                    group_title=inner.title if inner else Text(""),
                    rank=rank,
                    named_in=named,
                )


def _rows(owner: Section | Group) -> Iterator[tuple[str, Text, str]]:
    for line in owner.lines:
        yield line.code, line.title, ""
    for number in range(1, owner.open + 1):
        yield f"{owner.code}.n{number:02d}", Text(""), "title"
