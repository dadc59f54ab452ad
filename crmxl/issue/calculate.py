"""Inputs → the exact value of every calculated cell, as the workbook would compute it; and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from crmxl.errors import DefinitionError, Problem
from crmxl.expression import Value, evaluate, keys
from crmxl.issue.places import Cell, Layout
from crmxl.model import Key, Template


def calculate(layout: Layout, inputs: Mapping[Key, Value]) -> dict[Key, Value]:
    """Values of all calculated cells by key; a key missing from ``inputs`` has the template's preset, else is blank.

    Money is exact 元; a text among the inputs counts 0 in sums, as Excel has it; a Fault passes through.
    """
    values: dict[Key, Value] = {**layout.preset_values, **inputs}
    cells = layout.cells
    for key in layout.order:
        formula = cells[key].formula
        assert formula is not None
        values[key] = evaluate(formula, values.get)
    return {key: values[key] for key in layout.order}


def calculation_order(template: Template, cells: dict[Key, Cell]) -> tuple[Key, ...]:
    """Calculated keys, each after what it reads; raises DefinitionError where they run in a circle."""
    order: dict[Key, None] = {}
    for start in cells:
        path: list[Key] = []
        stack = [(start, False)]
        while stack:
            key, done = stack.pop()
            cell = cells[key]
            if cell.formula is None or key in order:
                continue
            if done:
                path.pop()
                order[key] = None
                continue
            if key in path:
                circle = " → ".join([*path[path.index(key) :], key])
                raise DefinitionError((Problem(template.name, f"formulas run in a circle: {circle}"),))
            path.append(key)
            stack.append((key, True))
            stack.extend((read, False) for read in keys(cell.formula))
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
