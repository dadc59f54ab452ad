"""Charts of a template: every figure stands in a cell, all are of one measure, and the picture can be read.

Knows what exists (rows.py), nothing of parts, places and looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crmxl.define.document import Fault, Trail
from crmxl.define.rows import Row, by_code, column_at, rows
from crmxl.model import Chart, ChartKind, Column, Template, Type

MOST_SERIES = 8
"""Series, or slices of a pie, that can be told apart in print, where colours are grey."""
_MEASURES = {
    Type.MONEY: "amounts",
    Type.PERCENT: "shares",
    Type.INTEGER: "numbers",
    Type.QUANTITY: "numbers",
}


def chart_faults(template: Template) -> Iterator[Fault]:
    """Every fault in the charts of ``template``."""
    there = by_code(rows(template)) if template.charts else {}
    for at, chart in enumerate(template.charts):
        trail: Trail = ("chart", at)
        known = [(index, code) for index, code in enumerate(chart.rows) if code in there]
        for index, code in enumerate(chart.rows):
            if code not in there:
                yield Fault((*trail, "rows", index), f"there is no row `{code}`")
        if len(known) == len(chart.rows):
            yield from _figures(chart, there, trail)
        yield from _sizes(chart, trail)


def _figures(chart: Chart, there: Mapping[str, Row], trail: Trail) -> Iterator[Fault]:
    """Figures that do not exist, are no numbers, or are of another measure than the first ones."""
    first = ""
    for at, name in enumerate(chart.columns):
        where: Trail = (*trail, "columns", at)
        found = [column_at(there, f"{code}@{name}") for code in chart.rows]
        if not any(found):
            code = chart.rows[0]
            yield Fault(where, f"no row of the chart has a column `{name}`; `{code}` has {_numbers(there[code])}")
            continue
        measures = [_measure(column) for column in found]
        first = first or next((measure for measure in measures if measure in _MEASURES.values()), "")
        told: set[str] = set()
        alike = len(set(measures)) == 1
        for index, (code, measure) in enumerate(zip(chart.rows, measures, strict=True)):
            place = where if alike else (*trail, "rows", index)
            if measure in told:
                continue
            if not measure:
                yield Fault(place, f"the row `{code}` has no cell in the column `{name}`")
            elif measure not in _MEASURES.values():
                yield Fault(place, f"`{code}@{name}` is {measure}; only numbers can be drawn")
            elif measure != first:
                yield Fault(place, f"`{code}@{name}` is among {measure}, the others are {first}; draw two charts")
            else:
                continue
            told.add(measure)


def _measure(column: Column | None) -> str:
    """What a figure is counted in; a text's type, and empty where there is no cell."""
    return "" if column is None else _MEASURES.get(column.type, str(column.type))


def _numbers(row: Row) -> str:
    return ", ".join(id for id, column in row.columns.items() if column.type.numeric) or "no numbers"


def _sizes(chart: Chart, trail: Trail) -> Iterator[Fault]:
    """More than can be drawn."""
    names = ("rows", "columns") if chart.across == "rows" else ("columns", "rows")
    points, series = (len(getattr(chart, name)) for name in names)
    if chart.kind is ChartKind.PIE and series > 1:
        yield Fault((*trail, names[1]), f"found {series} series; a pie shows one, name one of the {names[1]}")
    elif series > MOST_SERIES:
        yield Fault((*trail, names[1]), f"found {series} series; at most {MOST_SERIES} can be told apart")
    if chart.kind is ChartKind.PIE and points > MOST_SERIES:
        yield Fault((*trail, names[0]), f"found {points} slices; at most {MOST_SERIES} can be told apart, use bars")
