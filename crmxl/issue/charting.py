"""图表: the template's charts, each drawn from a small table of formulas that fetch its figures from the data sheets.

The sheet has no keys, nobody fills it and nobody reads it. A chart shows what of its rows is in the layout; one with
nothing left is left out. What charts look like is chart_looks.py's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from crmxl.expression import Value
from crmxl.issue import looks, printing
from crmxl.issue.book import Book, Page
from crmxl.issue.chart_looks import KINDS, Drawing
from crmxl.issue.places import Cell, Layout, Role, RowKind
from crmxl.model import Chart, ChartKind, Key, Lang, Text, Type, split_key

NAME = Text("图表", "Charts")
_NOTE = Text(
    "图和表取自各表的数字，随填报自动更新；本表不用填写。",
    "Drawn from the figures of the other sheets and up to date with them; nothing to fill here.",
)
_NUMBER = Text("图 {number}　{title}", "Chart {number}　{title}")
_CORNERS = {Type.MONEY: Text("单位：元", "Yuan")}
_CORNER = Text("项目", "Item")
_VALUES = {
    Type.MONEY: Text("金额", "Amount"),
    Type.PERCENT: Text("比例", "Share"),
}
_VALUE = Text("数值", "Value")
"""Header of a form's values."""

_LABEL, _FIGURE, _FIGURES = 28, 14, 7
"""Characters of the column of titles and of each figure's, and how many of those there are at least."""
_MARGIN = 12
"""Pixels between a table and the chart beside it."""
_TALL, _TALL_BELOW = 276, 340
"""Pixels of a chart's height: of one beside its table, two of which go on a page, and of one below it."""
_BAR, _AROUND_BARS, _TALLEST = 26, 60, 820
"""Pixels of one bar with its gap, of what is around all bars, and of as many as fit a page."""
_MANY, _LOW = 24, {"font_size": 9, "text_wrap": False, "shrink": True}
"""Rows of a table beyond which they are lower and of one line, so that forty fit a page."""
_BESIDE, _AROUND, _CHARACTER = 2, 80, 6.4
"""Most series whose chart stands beside their table; pixels around its columns, and of a character of their names."""
_HEADS = (looks.TITLE, looks.INFO, looks.NOTE)
_HEADING, _HEADER, _GAP = 24.0, 24.0, 14.0
_HEAD = 30 + 2 * looks.ROW_HEIGHT + 8
"""Points of the sheet's own heading."""
_PAGE = (8.27 - 2 * 0.6) * 72 * 0.97
"""Points down A4 landscape within our margins."""
_SCALES, _LEAST_SCALE = (0.85, 0.8, 0.75, 0.7), 0.65
"""Of print: tried in turn, the largest that needs the fewest pages; the least, for a chart taller than a page."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a row or a column of a chart's table is called."""

    title: str
    """As issued; where the unit names it the code, which is not shown."""
    named: Key = ""
    """The cell in which the unit names it, and as long as that is blank nothing is shown; empty where it does not."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What a chart shows in a layout."""

    chart: Chart
    points: tuple[Head, ...]
    """Along the axis; down the table."""
    series: tuple[Head, ...]
    """Across the table."""
    keys: tuple[tuple[Key, ...], ...]
    """By point, then by series."""


def drawn(layout: Layout) -> tuple[Figures, ...]:
    """The charts of ``layout`` with what it has of their rows; those with none are left out."""
    return tuple(figures for chart in layout.template.charts if (figures := _figures(layout, chart)) is not None)


def words(layout: Layout) -> set[str]:
    """The texts that the sheet is issued with, its two lines of heading aside."""
    lang = layout.lang
    found = {_NOTE.say(lang)}
    for number, figures in enumerate(drawn(layout), 1):
        found |= {_heading(figures, number, lang), _corner(figures, layout)}
        found |= {head.title for head in (*figures.points, *figures.series)}
    return found


def write(book: Book, layout: Layout, values: Mapping[Key, Value], head: Sequence[str], *, cache: bool) -> Page | None:
    """The sheet under ``head``, its title and whose it is; None where there is nothing to draw.

    ``cache=False`` leaves the values of formulas empty.
    """
    shown = drawn(layout)
    if not shown:
        return None
    page = book.sheet(NAME.say(layout.lang))
    page.call("hide_gridlines", 2)
    page.call("set_default_row", looks.ROW_HEIGHT)
    count = max(_FIGURES, *(len(figures.series) for figures in shown))
    page.call("set_column", 0, 0, _LABEL)
    page.call("set_column", 1, count, _FIGURE)
    page.call("set_row", 0, 30)
    page.call("set_row", 3, 8)
    for row, (text, style) in enumerate(zip((*head, _NOTE.say(layout.lang)), _HEADS, strict=True), 1):
        page.text(row, 1, text, style)
    writer = _Writer(page, layout, values, count, cache)
    for number, figures in enumerate(shown, 1):
        writer.block(figures, number)
    writer.print()
    page.call("protect", "", {"format_columns": True, "format_rows": True})
    return page


# ---- what a chart shows -------------------------------------------------------------------------------------------


def _figures(layout: Layout, chart: Chart) -> Figures | None:
    codes = [code for code in chart.rows if all(f"{code}@{id}" in layout.cells for id in chart.columns)]
    if not codes:
        return None
    rows = _row_heads(layout, chart, codes)
    columns = tuple(_column_head(layout, f"{codes[0]}@{id}") for id in chart.columns)
    if chart.across == "rows":
        return Figures(chart, rows, columns, tuple(tuple(f"{code}@{id}" for id in chart.columns) for code in codes))
    return Figures(chart, columns, rows, tuple(tuple(f"{code}@{id}" for code in codes) for id in chart.columns))


def _row_heads(layout: Layout, chart: Chart, codes: Sequence[str]) -> tuple[Head, ...]:
    """Titles of rows, subtotals by their heading; of two alike, totals have their sheet's, others their code before."""
    heads = [_row_head(layout, code) for code in codes]
    alike = Counter(head.title for head in heads)
    for at, (code, head) in enumerate(zip(codes, heads, strict=True)):
        if alike[head.title] > 1:
            sheet = layout.by_id[layout.cells[f"{code}@{chart.columns[0]}"].sheet]
            total = layout.kinds[code] is RowKind.TOTAL
            heads[at] = Head(sheet.name if total else f"{code} {head.title}", head.named)
    return tuple(heads)


def _row_head(layout: Layout, code: str) -> Head:
    match layout.kinds[code]:
        case RowKind.OPEN:
            return Head(code, f"{code}@title")
        case RowKind.RECORD:
            cells = (cell for key, cell in layout.cells.items() if split_key(key)[0] == code)
            return Head(code, next((cell.key for cell in cells if _names(cell)), ""))
        case RowKind.SUBTOTAL | RowKind.PART_TOTAL:
            return Head(layout.headings[code].partition("　")[2])
    return Head(layout.titles[code])


def _names(cell: Cell) -> bool:
    """Whether people know a list's row by this cell: the first text that is not ours."""
    return cell.type in (Type.TEXT, Type.CHOICE) and cell.role is not Role.CALCULATED


def _column_head(layout: Layout, key: Key) -> Head:
    cell = layout.cells[key]
    if split_key(key)[1] == "value":
        return Head(_VALUES.get(cell.type, _VALUE).say(layout.lang))
    return Head(layout.heading(key))


def _type(figures: Figures, layout: Layout) -> Type:
    return layout.cells[figures.keys[0][0]].type


def _heading(figures: Figures, number: int, lang: Lang) -> str:
    return _NUMBER.filled(number=number, title=figures.chart.title).say(lang)


def _corner(figures: Figures, layout: Layout) -> str:
    return _CORNERS.get(_type(figures, layout), _CORNER).say(layout.lang)


# ---- the sheet ----------------------------------------------------------------------------------------------------


class _Writer:
    """Writes one chart after another, and knows where pages break."""

    def __init__(self, page: Page, layout: Layout, values: Mapping[Key, Value], count: int, cache: bool) -> None:
        self.page, self.layout, self.values, self.count, self.cache = page, layout, values, count, cache
        self.lang = layout.lang
        self.address = layout.addresser("")
        self.row = 5
        """Where the next chart's heading stands."""
        self.pieces: list[tuple[int, float]] = []
        """First row and points of what stays on one page: a chart with its table, or one of them."""

    def block(self, figures: Figures, number: int) -> None:
        """Heading, table, and the chart beside or below it."""
        first, style = self.row, looks.heading(RowKind.SECTION)
        for column in range(1, self.count + 2):
            self.page.text(first, column, _heading(figures, number, self.lang) if column == 1 else "", style)
        self.page.call("set_row", first - 1, _HEADING)
        table = self._table(figures, first + 1)
        after = first + 2 + len(figures.points)
        beside = len(figures.series) <= _BESIDE and self._level(figures, len(figures.series) + 2)
        tall = _TALL if beside else _TALL_BELOW
        if figures.chart.kind is ChartKind.BAR:
            tall = max(tall, min(_TALLEST, _AROUND_BARS + _BAR * len(figures.points) * len(figures.series)))
        if beside:
            used = max(table, tall * 0.75 + 4)
            column = len(figures.series) + 2
            self._chart(figures, first + 1, column, (_MARGIN, 2), tall)
        else:
            used = table + tall * 0.75 + 10
            self._chart(figures, after, 1, (0, 8), tall)
        rows, rest = divmod(used - table, looks.ROW_HEIGHT)
        self.row = after + int(rows) + 1
        self.page.call("set_row", self.row - 2, rest + _GAP)
        if beside or _HEAD + _HEADING + used + _GAP <= _PAGE / _LEAST_SCALE:
            self.pieces.append((first, _HEADING + used + _GAP))
        else:
            self.pieces += [(first, _HEADING + table), (after, used - table + _GAP)]

    def _table(self, figures: Figures, header: int) -> float:
        """Its points of height."""
        layout, page = self.layout, self.page
        many = len(figures.points) > _MANY
        line, more = (looks.LINE_HEIGHT, _LOW) if many else (looks.ROW_HEIGHT, looks.PLAIN)
        lines = max(looks.lines(head.title, _FIGURE - 1) for head in figures.series)
        tall = _HEADER + (lines - 1) * looks.LINE_HEIGHT
        page.call("set_row", header - 1, tall)
        page.text(header, 1, _corner(figures, layout), looks.HEADER)
        for column, head in enumerate(figures.series, 2):
            self._head(header, column, head, looks.HEADER)
        for row, (head, keys) in enumerate(zip(figures.points, figures.keys, strict=True), header + 1):
            height = line if many else line + (looks.lines(head.title, _LABEL - 1) - 1) * looks.LINE_HEIGHT
            page.call("set_row", row - 1, height)
            tall += height
            self._head(row, 1, head, {**looks.cell(Role.LABEL, Type.TEXT, RowKind.LINE), **more})
            for column, key in enumerate(keys, 2):
                style = {**looks.cell(Role.CALCULATED, layout.cells[key].type, RowKind.LINE), "shrink": True, **more}
                page.formula(row, column, self.address((key,))[0], self._figure(key), style)
        return tall

    def _head(self, row: int, column: int, head: Head, style: looks.Looks) -> None:
        if not head.named:
            self.page.text(row, column, head.title, style)
            return
        there = self.address((head.named,))[0]
        named = self.values.get(head.named) or ""
        self.page.formula(row, column, f'IF({there}="","",{there})', self._cached(named), style)

    def _figure(self, key: Key) -> Value:
        """What a formula that fetches the cell shows: of a blank one 0."""
        value = self.values.get(key)
        blank = value is None or (value == "" and self.layout.cells[key].role is not Role.CALCULATED)
        return self._cached(Fraction(0) if blank else value)

    def _cached(self, value: Value) -> Value:
        return value if self.cache else ""

    def _chart(self, figures: Figures, row: int, column: int, shift: tuple[int, int], tall: int) -> None:
        """The native chart from the cell to the right edge, reading the table under the last heading."""
        header = self.row + 1
        tab, last = NAME.say(self.lang), header + len(figures.points)
        drawing = Drawing(
            kind=figures.chart.kind,
            type=_type(figures, self.layout),
            points=len(figures.points),
            series=len(figures.series),
            level=self._level(figures, column),
            never_negative=all(self._never_negative(key) for keys in figures.keys for key in keys),
        )
        series = [
            {
                "name": [tab, header - 1, at],
                "categories": [tab, header, 0, last - 1, 0],
                "values": [tab, header, at, last - 1, at],
                **drawing.one(at - 1),
            }
            for at in range(1, len(figures.series) + 1)
        ]
        size = {"width": self._wide(column) - shift[0] - 2, "height": tall}
        self.page.chart(
            row,
            column,
            KINDS[figures.chart.kind],
            series,
            {"size": size, **drawing.settings},
            {
                "x_offset": shift[0],
                "y_offset": shift[1],
                "object_position": 2,
                "description": figures.chart.title.say(self.lang),
            },
        )

    def _level(self, figures: Figures, column: int) -> bool:
        """Whether the names along the axis of a chart that begins in ``column`` can be written without slanting them.

        Chinese ones are broken anywhere, others between words, which not every program does.
        """
        if figures.chart.kind in (ChartKind.BAR, ChartKind.PIE):
            return True
        room = (self._wide(column) - _AROUND) / len(figures.points) / _CHARACTER
        return room >= 6 and all(looks.width(head.title) <= room for head in figures.points if head.title.isascii())

    def _wide(self, column: int) -> int:
        """Pixels from ``column`` to the right edge, as XlsxWriter counts them."""
        return sum((_LABEL if number == 1 else _FIGURE) * 7 + 5 for number in range(column, self.count + 2))

    def _never_negative(self, key: Key) -> bool:
        """Whether it is an input, or a sum of inputs, that must not be negative."""
        cell = self.layout.cells[key]
        column = next(span.column for span in self.layout.by_id[cell.sheet].spans if span.number == cell.column)
        if column is None:
            return cell.minimum is not None and cell.minimum >= 0
        return not column.calculated and column.minimum is not None and column.minimum >= 0

    def _breaks(self, scale: float) -> list[int]:
        """Rows after which a page ends at this scale."""
        breaks, used = [], float(_HEAD)
        for row, points in self.pieces:
            if used + points > _PAGE / scale and row != self.pieces[0][0]:
                breaks.append(row - 1)
                used = 0.0
            used += points
        return breaks

    def print(self) -> None:
        """A4 landscape, one or two charts a page."""
        widths = {number: float(_LABEL if number == 1 else _FIGURE) for number in range(1, self.count + 2)}
        tallest, across = max(points for _, points in self.pieces) + _HEAD, printing.pages_across(widths)[0]
        most = min(across, max(_LEAST_SCALE, _PAGE / tallest))
        scale = min((min(most, one) for one in _SCALES), key=lambda one: len(self._breaks(one)))
        breaks = self._breaks(scale)
        self.page.call("set_paper", 9)
        self.page.call("set_landscape")
        self.page.call("set_margins", 0.4, 0.4, 0.6, 0.6)
        self.page.call("center_horizontally")
        self.page.call("print_area", 0, 0, self.row - 2, self.count)
        self.page.call("set_print_scale", int(scale * 100))
        if breaks:
            self.page.call("set_h_pagebreaks", breaks)
