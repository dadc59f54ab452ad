"""Inputs → the exact value of every calculated cell, as the workbook would compute it; in which order, and what no
workbook computes alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from fractions import Fraction

from crmxl.errors import DefinitionError, Problem
from crmxl.expression import FUNCTIONS, Call, Cells, Measure, Node, Number, Ready, Value, evaluate, walk
from crmxl.expression.functions import RANKING
from crmxl.expression.nodes import Binary, Negative
from crmxl.issue.places import Cell, Layout
from crmxl.model import Key, Kind, Template, Type


def calculate(layout: Layout, inputs: Mapping[Key, Value]) -> dict[Key, Value]:
    """Values of all calculated cells by key; a key missing from ``inputs`` has the template's preset, else is blank.

    Money is exact 元; a text among the inputs counts 0 in sums, as Excel has it; a Fault passes through.
    """
    values: dict[Key, Value] = {**layout.preset_values, **inputs}
    cells, ready = layout.cells, Ready()
    for key in layout.order:
        formula = cells[key].formula
        assert formula is not None
        values[key] = evaluate(formula, values.get, ready)
    return {key: values[key] for key in layout.order}


def calculation_order(template: Template, cells: dict[Key, Cell]) -> tuple[Key, ...]:
    """Calculated keys, each after what it reads; raises DefinitionError where they run in a circle.

    A set is a node of its own, so that every row may read a column of all rows without n² steps.
    """
    order: dict[Key, None] = {}
    done: set[Key | int] = set()
    path: dict[Key | int, None] = {}
    for start in cells:
        stack: list[tuple[Key | Cells, bool]] = [(start, False)]
        while stack:
            node, left = stack.pop()
            name = node if isinstance(node, str) else id(node.keys)
            if left:
                del path[name]
                done.add(name)
                if isinstance(node, str):
                    order[node] = None
                continue
            if name in done:
                continue
            if name in path:
                names = [one for one in path if isinstance(one, str)]
                circle = " → ".join([*names[names.index(node) if node in names else 0 :], str(node)])
                raise DefinitionError((Problem(template.name, f"formulas run in a circle: {circle}"),))
            if isinstance(node, str):
                formula = cells[node].formula
                if formula is None:
                    continue
                read = [part for part in walk(formula) if isinstance(part, Cells)]
                stack_of: list[Key | Cells] = [one if one.several else one.keys[0] for one in read]
            else:
                stack_of = list(node.keys)
            path[name] = None
            stack.append((node, True))
            stack.extend((one, False) for one in stack_of)
    return tuple(order)


def hold_limits(layout: Layout) -> None:
    """Raise DefinitionError where a formula passes Excel's limits, or ranks numbers that no program has exactly."""
    problems = list(_unranked(layout))
    for key in layout.order:
        try:
            layout.formula(key)
        except ValueError as error:
            problems.append(Problem(f"{layout.template.name}: {key}", str(error)))
    if problems:
        raise DefinitionError(tuple(problems))


class _Grade(IntEnum):
    """How exactly a workbook has a number: 15 digits of it, as a criterion has them, say all of it or not."""

    LOOSE = 0
    """As it was calculated, with binary dust: not even equal to its own 15 digits."""
    ROUNDED = 1
    """Typed or rounded."""
    WHOLE = 2


def _unranked(layout: Layout) -> Iterator[Problem]:
    """Formulas whose criterion ``">"&x`` would take equal numbers for different ones, once for a column of a list."""
    lists = {sheet.id for sheet in layout.sheets if sheet.kind is Kind.LIST}
    asking: dict[tuple[str, int | Key], tuple[Key, list[Call]]] = {}
    for key in layout.order:
        cell = layout.cells[key]
        assert cell.formula is not None
        where = cell.sheet, cell.column if cell.sheet in lists else key
        if where not in asking:
            calls = [part for part in walk(cell.formula) if isinstance(part, Call) and part.function in RANKING]
            asking[where] = key, calls
    grades: dict[Key | int, _Grade] = {}
    for key in layout.order if any(calls for _, calls in asking.values()) else ():
        formula = layout.cells[key].formula
        assert formula is not None
        grades[key] = _grade(formula, layout, grades)
    for key, call in ((key, call) for key, calls in asking.values() for call in calls):
        if any(_grade(one, layout, grades) is _Grade.LOOSE for one in call.arguments):
            said = f"{call.function} compares numbers that are typed or rounded; write ROUND(…, 2) in their column"
            yield Problem(f"{layout.template.name}: {key}", said)


def _grade(node: Node, layout: Layout, grades: dict[Key | int, _Grade]) -> _Grade:
    """The grade of a formula's number, from those of the cells that it reads; texts are passed over by criteria."""
    match node:
        case Number(value):
            return _Grade.WHOLE if value.denominator == 1 else _Grade.ROUNDED
        case Cells(keys):
            asked = id(keys)  # a set that thousands of rows read is gone through once
            if asked not in grades:
                grades[asked] = min((_of_cell(layout.cells[key], grades) for key in keys), default=_Grade.WHOLE)
            return grades[asked]
        case Negative(operand):
            return _grade(operand, layout, grades)
        case Binary("+" | "-" | "*", left, right):
            both = min(_grade(left, layout, grades), _grade(right, layout, grades))
            return both if both is _Grade.WHOLE else _Grade.LOOSE
        case Binary("/"):
            return _Grade.LOOSE
        case Call("ROUND" | "ROUNDUP", (_, places)):
            return _Grade.WHOLE if places == Number(Fraction(0)) else _Grade.ROUNDED
        case Call("IF" | "MIN" | "MAX" | "ABS" as name, arguments):
            return min(_grade(one, layout, grades) for one in (arguments[1:] if name == "IF" else arguments))
        case Call(name):
            return _Grade.LOOSE if FUNCTIONS[name].measure in (None, Measure.NUMBER) else _Grade.WHOLE
        case _:
            return _Grade.WHOLE


def _of_cell(cell: Cell, grades: Mapping[Key | int, _Grade]) -> _Grade:
    typed = _Grade.WHOLE if cell.type is Type.INTEGER else _Grade.ROUNDED
    return typed if cell.formula is None else grades[cell.key]


def subtract(left: Value, right: Value) -> Value:
    """The difference of two numbers; what is no number passes through."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left - right
    return left if not isinstance(left, Fraction) else right
