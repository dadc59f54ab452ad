"""Accepted reports → facts: one row for each unit and leaf line that has something in it, money in whole fen.

Owns what a fact is and how facts add up without overflow; one of the two modules that touch pandas, which is imported
when needed. Knows nothing of which reports may count.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from crmxl.check.verdict import Report
from crmxl.expression import Value
from crmxl.group.outline import BASIS, Leaf, counted, leaves, sum_columns
from crmxl.issue.places import Layout
from crmxl.model import MONTHS, Key
from crmxl.money import round_fen

if TYPE_CHECKING:
    import pandas as pd

MONTH_COLUMNS = tuple(f"m{month}" for month in MONTHS)
MONEY_COLUMNS = ("amount", *MONTH_COLUMNS, "rest")
"""Whole fen: the year, its months, and the part of the year that no month has (all of it where there are none)."""
TEXT_COLUMNS = (
    *("template", "unit", "unit_name", "part", "part_title", "group", "group_title", "code", "title", "column"),
    *("basis", "file", "sheet", "cell"),
)
COLUMNS = (*TEXT_COLUMNS[:1], "year", *TEXT_COLUMNS[1:10], "counted", "rank", *MONEY_COLUMNS, *TEXT_COLUMNS[10:])
"""Columns of the facts, in order. ``counted``: whether the template's total adds the amount up."""
DIFFERENCE = "_difference"
"""Code, and part, of what a unit's total has beyond its lines."""
_INT64 = 2**63


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts of a layout: which leaf and column each is, and whether the total adds it up."""

    rows: tuple[tuple[Leaf, str, bool, bool], ...]
    """Leaf, column id, whether it has months, whether it is counted."""
    calculated: frozenset[Key]
    """Amounts that the workbook computes; they are never blank, so 0 says nothing."""


def amounts(layout: Layout) -> Amounts:
    """The amounts of ``layout`` in the template's order."""
    columns = {sheet.id: sum_columns(sheet) for sheet in layout.template.sheets}
    there = [
        (leaf, column, f"{leaf.code}@{column.id}")
        for leaf in leaves(layout.template)
        for column in columns[leaf.sheet]
        if f"{leaf.code}@{column.id}" in layout.cells
    ]
    added = counted(layout, [key for _, _, key in there])
    return Amounts(
        rows=tuple((leaf, column.id, column.months, key in added) for leaf, column, key in there),
        calculated=frozenset(key for _, column, key in there if column.calculated),
    )


def figures(values: Mapping[Key, Value], layout: Layout) -> tuple[Value, ...]:
    """The amounts of a workbook, month by month, and its total: what is added up of it."""
    keys = [layout.template.total]
    for leaf, column, split, _ in amounts(layout).rows:
        key = f"{leaf.code}@{column}"
        keys += (key, *(f"{key}.{month}" for month in MONTHS if split))
    return tuple(values.get(key) for key in keys)


def gather(reports: Sequence[Report]) -> pd.DataFrame:
    """The facts of ``reports`` with the columns ``COLUMNS``, in the order of the reports and of their templates.

    An amount that a formula computed to a fraction of a fen is rounded, half away from zero. Where a unit's total is
    not the sum of its counted amounts, one more fact, code ``_difference``, holds what it has beyond them.
    """
    plans: dict[int, Amounts] = {}
    rows: list[tuple[Any, ...]] = []
    for report in reports:
        layout = report.submission.layout
        if layout is None:
            raise ValueError(f"{report.submission.file} was not read")
        if id(layout) not in plans:
            plans[id(layout)] = amounts(layout)
        rows.extend(_facts(report, layout, plans[id(layout)]))
    return frame(rows)


def frame(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Facts from tuples in the order of ``COLUMNS``; int64 where no sum can overflow, else Python's integers."""
    import pandas as pd

    turned: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    columns: Mapping[str, Sequence[Any]] = dict(zip(COLUMNS, turned, strict=True))
    most = max(
        (abs(fen) for name in MONEY_COLUMNS for fen in (min(columns[name], default=0), max(columns[name], default=0))),
        default=0,
    )
    money = "int64" if max(1, len(rows)) * most < _INT64 else "object"
    types: dict[str, Any] = {"year": "int64", "rank": "int64", "counted": "bool"}
    types |= dict.fromkeys(MONEY_COLUMNS, money)
    made = {name: pd.Series(list(values), dtype=types.get(name, "object")) for name, values in columns.items()}
    return pd.DataFrame(made, columns=list(COLUMNS))


def added_up(facts: pd.DataFrame, *by: str) -> dict[Any, tuple[int, ...]]:
    """Sums of all money columns by the values of ``by``, exact; one name gives plain keys, several give tuples."""
    if facts.empty:
        return {}
    groups = facts.groupby(list(by) if len(by) > 1 else by[0], sort=False)[list(MONEY_COLUMNS)]
    sums = groups.sum()
    columns = [[int(fen) for fen in sums[name]] for name in MONEY_COLUMNS]
    return dict(zip(sums.index.tolist(), zip(*columns, strict=True), strict=True))


def _facts(report: Report, layout: Layout, plan: Amounts) -> Iterator[tuple[Any, ...]]:
    head = layout.template.name, layout.year
    unit = unit_of(report), clean(report.unit_name)
    file = clean(report.submission.file)
    lines = 0
    for leaf, column, split, adds in plan.rows:
        key = f"{leaf.code}@{column}"
        value = report.values.get(key)
        parts = [report.values.get(f"{key}.{month}") for month in MONTHS] if split else []
        title = _named(report, leaf)
        if not _filled(key, (value, *parts), title if leaf.own else "", plan):
            continue
        fen = _fen(value)
        months = tuple(map(_fen, parts)) or (0,) * len(MONTHS)
        lines += fen if adds else 0
        spot = report.submission.spots.get(key)
        place = (clean(spot.sheet), spot.cell) if spot else ("", "")
        where = leaf.part, leaf.part_title.zh, leaf.group, leaf.group_title.zh, leaf.code, title, column
        money = fen, *months, fen - sum(months)
        yield (*head, *unit, *where, adds, leaf.rank, *money, _text(report, f"{leaf.code}@{BASIS}"), file, *place)
    total = report.total
    if total is not None and (difference := round_fen(total) - lines):
        spot = report.submission.spots.get(layout.template.total)
        place = (clean(spot.sheet), spot.cell) if spot else ("", "")
        money = difference, *(0,) * len(MONTHS), difference
        where = DIFFERENCE, "", "", "", DIFFERENCE, "", layout.template.total.rpartition("@")[2]
        yield (*head, *unit, *where, True, 10**9, *money, "", file, *place)


def unit_of(report: Report) -> str:
    """The unit by which facts are gathered: its code, else its name; empty where the workbook names none."""
    return seen(clean(report.unit))


def seen(name: str) -> str:
    """A name as people see it: names that look the same are one unit, or its money would count twice."""
    return " ".join("".join(char for char in name if unicodedata.category(char) != "Cf").split())


def _filled(key: Key, values: Sequence[object], title: str, plan: Amounts) -> bool:
    if key in plan.calculated:
        return any(type(value) is Fraction and value for value in values)
    return bool(title) or Fraction in map(type, values)


def _fen(value: object) -> int:
    """Blank and text count 0, as in the workbook's own sums."""
    return round_fen(value) if type(value) is Fraction else 0


def _named(report: Report, leaf: Leaf) -> str:
    return _text(report, f"{leaf.code}@{leaf.named_in}") if leaf.named_in else leaf.title.zh


def _text(report: Report, key: Key) -> str:
    """What was typed at ``key``, as converted, else as the file has it."""
    value = report.values.get(key)
    if value is None:
        content = report.submission.contents.get(key)
        value = content.text if content else ""
    return clean(value) if isinstance(value, str) else ""


def clean(text: str) -> str:
    """Without lone surrogates, which no file can be written with."""
    return text.encode("utf-8", "replace").decode("utf-8")
