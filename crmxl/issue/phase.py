"""Months from the year: the even split that the group prefills, to the fen. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from crmxl.expression import Value
from crmxl.issue.places import Layout, Role
from crmxl.model import MONTHS, Key
from crmxl.money import from_fen, split_even, to_fen


def phase_even(layout: Layout, inputs: Mapping[Key, Value]) -> dict[Key, Value]:
    """``inputs`` with the months of every amount that has a year other than 0 and no month at all.

    The year is shared out over the open months by cumulative rounding, so the months differ by at most 1 fen and add
    up to it; lines that the inputs split themselves stay as they are. Raises ValueError if a year is no whole fen.
    """
    filled = dict(inputs)
    for key, year in inputs.items():
        months = (layout.cells.get(f"{key}.{month}") for month in MONTHS)
        split = [cell.key for cell in months if cell is not None and cell.role is Role.INPUT]
        if not split or not isinstance(year, Fraction) or not year:
            continue
        if all(inputs.get(month) is None for month in split):
            shares = split_even(to_fen(year), len(split))
            filled |= {month: Fraction(from_fen(fen)) for month, fen in zip(split, shares, strict=True)}
    return filled
