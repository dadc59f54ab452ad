"""Inputs → the exact value of every calculated cell, as the workbook would compute it; and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from crmxl.errors import DefinitionError, Problem
from crmxl.expression import Cells, Ready, Value, evaluate, walk
from crmxl.issue.places import Cell, Layout
from crmxl.model import Key, Template


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
    """Raise DefinitionError where a formula passes Excel's limits."""
    problems = []
    for key in layout.order:
        try:
            layout.formula(key)
        except ValueError as error:
            problems.append(Problem(f"{layout.template.name}: {key}", str(error)))
    if problems:
        raise DefinitionError(tuple(problems))


def subtract(left: Value, right: Value) -> Value:
    """The difference of two numbers; what is no number passes through."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left - right
    return left if not isinstance(left, Fraction) else right
