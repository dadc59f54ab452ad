"""Inputs → the exact value of every calculated cell, as the workbook would compute it."""

from __future__ import annotations

from collections.abc import Mapping

from crmxl.expression import Fault, Value, evaluate
from crmxl.issue.places import Layout
from crmxl.model import Key


def calculate(layout: Layout, inputs: Mapping[Key, Value]) -> dict[Key, Value]:
    """Values of all calculated cells by key; a key missing from ``inputs`` is a blank cell.

    Money is exact 元; a text among the inputs counts 0 in sums, as Excel has it; a Fault passes through.
    """
    values: dict[Key, Value] = dict(inputs)
    cells = layout.cells
    for key in layout.order:
        formula = cells[key].formula
        assert formula is not None
        values[key] = evaluate(formula, values.get)
    return {key: values[key] for key in layout.order}


def is_fault(value: Value) -> bool:
    """Whether ``value`` is an Excel error value."""
    return isinstance(value, Fault)
