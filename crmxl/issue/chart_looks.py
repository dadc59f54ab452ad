"""What charts look like: fills, dashes, labels, axes and legends, told apart in grey too since budgets are printed.

Says it in XlsxWriter's words, as looks.py does for cells; knows nothing of layouts and sheets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crmxl.issue import looks
from crmxl.issue.book import FONT
from crmxl.model import ChartKind, Type

Words = Mapping[str, Any]

KINDS: Mapping[ChartKind, Mapping[str, str]] = {
    ChartKind.COLUMN: {"type": "column"},
    ChartKind.BAR: {"type": "bar"},
    ChartKind.STACKED: {"type": "column", "subtype": "stacked"},
    ChartKind.LINE: {"type": "line"},
    ChartKind.PIE: {"type": "pie"},
}
"""The kinds as XlsxWriter calls them."""
_FILLS: tuple[Words, ...] = tuple(
    {"fill": {"color": colour}}
    for colour in ("#1F3A5F", "#A9C1DC", "#2F7D55", "#E8B54A", "#7A2E2E", "#CFE6D6", "#7C8FA6", "#FFFFFF")
)
"""Of bars, columns and slices: dark and light by turns, so that neighbours differ in grey too. No hatching: in a
legend's little square it cannot be told.
"""
_STROKES = (
    ("#1F3A5F", "solid", "circle"),
    ("#C98A1B", "dash", "square"),
    ("#6F8FB3", "solid", "triangle"),
    ("#1B6B3A", "round_dot", "diamond"),
    ("#8A94A0", "long_dash", "circle"),
    ("#9C1C1C", "dash_dot", "square"),
    ("#3E5C82", "square_dot", "triangle"),
    ("#8A5A00", "long_dash_dot", "diamond"),
)
"""Of lines: colour, dash and marker."""
_EDGE, _GRID = {"color": looks.SLATE, "width": 0.75}, {"color": "#D9DFE6", "width": 0.75}
_AXIS = {Type.PERCENT: "0.0%"}
_ANY_AXIS = "[>=10]#,##0;[<=-10]-#,##0;General"
"""Between these, an axis has steps of less than 1."""
_LABELS = {Type.MONEY: "#,##0;-#,##0;", Type.INTEGER: "#,##0;-#,##0;", Type.PERCENT: "0.0%;-0.0%;"}
_ANY_LABEL = '[=0]"";[>=1000]#,##0;General'
"""Nothing is said of zero."""
_FEW = 8
"""Most columns or points whose labels do not run into each other."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart as far as its looks depend on it."""

    kind: ChartKind
    type: Type
    """What its figures are."""
    points: int
    series: int
    level: bool
    """Whether the names along its axis have room without slanting."""
    never_negative: bool
    """Whether no figure of it may be below zero."""

    def one(self, number: int) -> Words:
        """How the series with this number, from 0, is drawn and labelled."""
        alone, few = self.series == 1, self.points <= _FEW
        label = {"value": True, "num_format": _LABELS.get(self.type, _ANY_LABEL), "font": _font()}
        match self.kind:
            case ChartKind.PIE:
                points = [{**_FILLS[at % len(_FILLS)], "border": _EDGE} for at in range(self.points)]
                shares = {"percentage": True, "position": "outside_end", "num_format": "0.0%;;", "font": _font()}
                return {"points": points, "data_labels": shares}
            case ChartKind.LINE:
                colour, dash, marker = _STROKES[number % len(_STROKES)]
                solid = {"color": colour}
                return {
                    "line": {"color": colour, "width": 2, "dash_type": dash},
                    "marker": {"type": marker, "size": 6, "fill": solid, "border": solid},
                    **({"data_labels": {**label, "position": "above"}} if alone and few else {}),
                }
            case ChartKind.STACKED:
                return {**_FILLS[number % len(_FILLS)], "border": _EDGE, "gap": 60}
        fill = {"fill": {"color": looks.SLATE}} if alone else _FILLS[number % len(_FILLS)]
        labelled = {"data_labels": {**label, "position": "outside_end"}} if alone and (few or self.bars) else {}
        return {**fill, "border": _EDGE, "gap": 50 if self.bars else 60, **labelled}

    @property
    def bars(self) -> bool:
        """Whether it grows with what it shows."""
        return self.kind is ChartKind.BAR

    @property
    def settings(self) -> Mapping[str, Words]:
        """Everything but the series and the size."""
        legend: Words = {"none": True}
        if self.series > 1 or self.kind is ChartKind.PIE:
            legend = {"position": "right" if self.kind is ChartKind.PIE else "bottom", "font": _font()}
        area = {"border": {"color": looks.LINE}, "fill": {"color": "#FFFFFF"}}
        return {"title": {"none": True}, "legend": legend, "chartarea": area, **self._axes}

    @property
    def _axes(self) -> Mapping[str, Words]:
        if self.kind is ChartKind.PIE:
            return {}
        plain: Words = {"num_font": _font(), "major_tick_mark": "none"}
        names = {**plain, "line": {"color": looks.LINE}, "label_position": "low", "interval_unit": 1}
        if self.level and not self.bars:
            names["num_font"] = {**_font(), "rotation": 0}  # programs slant names sooner than need be
        numbers = {
            **plain,
            "num_format": _AXIS.get(self.type, _ANY_AXIS),
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": _GRID},
        }
        if self.never_negative and self.kind is not ChartKind.LINE:
            numbers["min"] = 0  # where figures are alike Excel begins above zero, and columns lie then
        if self.bars:  # its axes are swapped; the first row on top
            return {"y_axis": {**names, "reverse": True}, "x_axis": {**numbers, "label_position": "high"}}
        return {"x_axis": names, "y_axis": numbers}


def _font() -> Words:
    return {"name": FONT, "size": 9, "color": "#333333"}
