"""汇总: units by parts as live SUMIFS over 明细, shares, and the charts by unit and by part."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from crmxl.group.facts import DIFFERENCE
from crmxl.issue import looks
from crmxl.issue.addresses import a1, letters
from crmxl.issue.book import Page, refusing
from crmxl.issue.places import RowKind
from crmxl.model import Kind, Text
from crmxl.money import round_half_away
from crmxl.report.group_workbook_page import Desk, close, columns, count, figure, heads, height, label, share, wide
from crmxl.report.group_workbook_plan import FIRST, KEY_ROW, SUMMARY, TOTAL, Plan, part_key, sum_of

TOP = 20
"""Units that the chart shows one by one; the others are one bar."""
_NUMBER, _UNIT = Text("序号", "No."), Text("预算单位", "Unit")
_TOTAL, _SHARE, _WARNINGS = Text("合计（元）", "Total (yuan)"), Text("占比", "Share"), Text("提示数", "Warnings")
_KEY, _CONTROL = Text("匹配：单位", "Match: unit"), Text("控制数：工作簿总额", "Control: workbook's total")
_OTHERS = Text("其他 {n} 个单位", "{n} others")
_LIVE = Text("各数为对“明细”的公式汇总，可点开追溯。", "Every figure is a formula over Facts.")
_STILL = Text(
    "单位较多，各数为数值；“校验”表用公式与明细核对。",
    "Figures are values, since there are many units; Checks compares them live.",
)
_BY_UNIT = Text("各单位预算（{money}）", "Budget by unit ({money})")
_BY_PART = Text("各部分预算（{money}）", "Budget by part ({money})")
_MONEY = {10_000: Text("万元", "10,000 yuan"), 1: Text("元", "yuan")}
_CHART_DATA = Text("图表数据", "Chart data")
_LEAST_WAN = 10**7
"""Fen of the total below which charts are in 元."""
_LABEL = 24
"""Characters of a label in a chart; a longer one would leave no room for its bar."""
_HIDDEN = 6
"""Match key, control total, and two label and value columns for the charts."""
_LEAST_CHART = 300
"""Pixels of a chart's height."""
_PAGE_WIDTH, _PAGE_POINTS = 110, 480
"""Characters across and points down A4 landscape within our margins."""
_LEAST_SCALE = 0.65
"""At which table and charts still go on one page."""
_CHART_CHARACTER = 6.2
"""Pixels of a character in a chart."""
_PIXELS = 7
"""Of a character's width; a row's point is 4/3 of one."""


def write_units(desk: Desk, plan: Plan) -> None:
    """The sheet 汇总 of a block."""
    lang, block = desk.lang, plan.block
    page = heads(desk, plan, SUMMARY, (_LIVE if plan.live else _STILL).say(lang))
    lists = {sheet.id for sheet in block.template.sheets if sheet.kind is Kind.LIST}
    titles = [_NUMBER.say(lang), _UNIT.say(lang)]
    for part in block.parts:
        plain = part.code == DIFFERENCE or part.code in lists
        titles.append(part.title.say(lang) if plain else f"{part.code} {part.title.say(lang)}")
    titles += [text.say(lang) for text in (_TOTAL, _SHARE, _WARNINGS, _KEY, _CONTROL, _CHART_DATA, _CHART_DATA)]
    titles += [_CHART_DATA.say(lang)] * 2
    longest = max((looks.width(unit.shown(lang)) for unit in block.units), default=0)
    amount = 15 if abs(block.total) < 10**11 else 18
    widths: list[float] = [7, min(36, max(18, longest + 2)), *[amount] * len(block.parts), amount + 2, 10, 11]
    widths += [10, 16, 24, 14, 24, 14]
    columns(page, titles, widths, hidden=_HIDDEN)
    for column, part in enumerate(block.parts, plan.first_amount):
        page.text(KEY_ROW, column, part_key(part.code), looks.HIDDEN)
    for row, unit in enumerate(block.units, FIRST):
        page.number(row, 1, row - FIRST + 1, count())
        page.text(row, 2, unit.shown(lang), label())
        height(page, row, [(unit.shown(lang), widths[1])])
        for column, part in enumerate(block.parts, plan.first_amount):
            _cell(desk, page, plan, row, column, unit.parts[part.code])
        first, last = a1(row, plan.first_amount), a1(row, plan.total_column - 1)
        added = f"SUM({first}:{last})" if block.parts else "0"
        desk.formula(page, row, plan.total_column, added, Fraction(unit.total, 100), figure(RowKind.SUBTOTAL))
        _share(desk, page, plan, row, unit.total, RowKind.LINE)
        page.number(row, plan.total_column + 2, len(unit.warnings), count())
        page.text(row, plan.total_column + 3, plan.unit_keys[unit.label(lang)], looks.HIDDEN)
        page.number(row, plan.total_column + 4, Fraction(unit.total, 100), figure(formula=False))
    _totals(desk, page, plan)
    bottom = _charts(desk, page, plan, sum(widths[:-_HIDDEN]))
    shown = widths[:-_HIDDEN]
    if _fits(plan, shown, bottom):
        close(desk, page, plan.name(SUMMARY), shown, bottom, tall=1)
    else:  # where the table is on one page, its header does not stand above the charts again
        repeated = 2 if _table(plan) * min(1.0, _PAGE_WIDTH / sum(shown)) < _PAGE_POINTS else None
        close(desk, page, plan.name(SUMMARY), shown, bottom, breaks=[plan.total_row], repeated=repeated)


def _cell(desk: Desk, page: Page, plan: Plan, row: int, column: int, fen: int) -> None:
    """A unit's part: live, or a value."""
    if not plan.live:
        page.number(row, column, Fraction(fen, 100), figure(formula=False))
        return
    unit, part = f"${a1(row, plan.total_column + 3)}", f"{letters(column)}${KEY_ROW}"
    ranges = [plan.fact_range(id) for id in ("amount", "key_unit", "key_part")]
    formula = f"SUMIFS({ranges[0]},{ranges[1]},{unit},{ranges[2]},{part})"
    desk.formula(page, row, column, formula, Fraction(fen, 100), figure())


def _share(desk: Desk, page: Page, plan: Plan, row: int, fen: int, kind: RowKind) -> None:
    whole = f"{letters(plan.total_column)}${plan.total_row}"
    value = Fraction(fen, plan.block.total) if plan.block.total else Fraction(0)
    formula = f"IF({whole}=0,0,{a1(row, plan.total_column)}/{whole})"
    desk.formula(page, row, plan.total_column + 1, formula, value, share(kind))


def _totals(desk: Desk, page: Page, plan: Plan) -> None:
    """The row 总计."""
    block, row = plan.block, plan.total_row
    page.text(row, 1, "", label(RowKind.TOTAL))
    page.text(row, 2, TOTAL.say(desk.lang), label(RowKind.TOTAL))
    amounts = [part.total for part in block.parts] + [block.total]
    for column, fen in enumerate(amounts, plan.first_amount):
        formula = sum_of([(unit, column) for unit in range(FIRST, plan.last_unit + 1)])
        desk.formula(page, row, column, formula, Fraction(fen, 100), figure(RowKind.TOTAL))
    _share(desk, page, plan, row, block.total, RowKind.TOTAL)
    column = plan.total_column + 2
    warned = sum(len(unit.warnings) for unit in block.units)
    style = {**count(RowKind.TOTAL), "bold": True}
    formula = sum_of([(unit, column) for unit in range(FIRST, plan.last_unit + 1)])
    desk.formula(page, row, column, formula, Fraction(warned), style)


# ---- charts ------------------------------------------------------------------------------------------------------


def _table(plan: Plan) -> float:
    """Points of the table with what stands above it."""
    return 30 + 30 + looks.LINE_HEIGHT * 2 + looks.ROW_HEIGHT * (len(plan.block.units) + 4)


def _fits(plan: Plan, widths: Sequence[float], bottom: int) -> bool:
    """Whether table and charts go on one page of A4 landscape, no smaller than can be read."""
    tall = _table(plan) + looks.ROW_HEIGHT * (bottom - plan.total_row)
    return not wide(widths) and min(1.0, _PAGE_POINTS / tall) >= _LEAST_SCALE


def _heights(plan: Plan) -> tuple[int, int]:
    """Pixels of both charts."""
    bars = min(len(plan.block.units), TOP + 1)
    return max(_LEAST_CHART, 80 + 17 * bars), max(_LEAST_CHART, 80 + 24 * len(plan.block.parts))


def _charts(desk: Desk, page: Page, plan: Plan, width: float) -> int:
    """Both charts under the table; returns the last row that they cover."""
    block, lang = plan.block, desk.lang
    if not block.units or not block.parts:
        return plan.total_row
    top = plan.total_row + 2
    pixels = int(width * _PIXELS)
    bars = _unit_data(desk, page, plan)
    tall, parts_tall = _heights(plan)
    left = plan.total_column + 5
    several = len(block.parts) > 1  # a single bar would say nothing
    across = min(900, int(pixels * 0.56) if several else pixels)
    labels = [_short(unit.name or unit.label(lang)) for unit in block.units]
    units = _chart(desk, plan, "bar", _BY_UNIT, bars, left, across, tall, labels)
    with refusing():
        said = {"object_position": 2, "description": _titled(plan, _BY_UNIT)}
        page.raw.insert_chart(top - 1, 0, units, said)
    if not several:
        return top + -(-tall * 3 // (4 * looks.ROW_HEIGHT))
    parts_width = min(720, int(pixels * 0.42))
    _part_data(desk, page, plan)
    longest = max(looks.width(part.title.say(lang)) for part in block.parts)
    upright = len(block.parts) <= 6 and longest <= 16
    if upright:
        parts_tall = _LEAST_CHART
    kind = "column" if upright else "bar"
    labels = [_short(part.title.say(lang)) for part in block.parts]
    parts = _chart(desk, plan, kind, _BY_PART, len(block.parts), left + 2, parts_width, parts_tall, labels)
    with refusing():
        options = {"object_position": 2, "x_offset": across + 12, "description": _titled(plan, _BY_PART)}
        page.raw.insert_chart(top - 1, 0, parts, options)
    return top + -(-max(tall, parts_tall) * 3 // (4 * looks.ROW_HEIGHT))


def _chart(
    desk: Desk,
    plan: Plan,
    kind: str,
    title: Text,
    rows: int,
    column: int,
    width: int,
    tall: int,
    labels: Sequence[str],
) -> Any:
    name, first = plan.name(SUMMARY), FIRST
    chart = desk.book.workbook.add_chart({"type": kind})
    chart.add_series(
        {
            "name": _titled(plan, title),
            "categories": [name, first - 1, column - 1, first + rows - 2, column - 1],
            "values": [name, first - 1, column, first + rows - 2, column],
            "fill": {"color": looks.SLATE},
            "border": {"none": True},
            "gap": 45,
            "data_labels": {"value": True, "num_format": "#,##0.00", "font": {"size": 9, "color": "#333333"}},
        }
    )
    chart.set_title(
        {"name": _titled(plan, title), "name_font": {"size": 12, "bold": True, "color": looks.NAVY}, "overlay": False}
    )
    chart.set_legend({"none": True})
    words = {"num_font": {"size": 9, "color": "#333333"}, "line": {"color": looks.LINE}, "major_tick_mark": "none"}
    numbers = {"visible": False, "major_gridlines": {"visible": False}, "num_format": "#,##0"}
    if kind == "bar":  # its axes are swapped; the largest on top, and room for figures beside the longest bar
        before = min(0.4, (_CHART_CHARACTER * max(map(looks.width, labels)) + 16) / width)
        longest = max(len(f"{abs(plan.block.total) // (100 * _scale(plan)):,}.00"), 8)
        after = min(0.3, (_CHART_CHARACTER * longest + 14) / width)
        place = {"x": before, "y": 44 / tall, "width": 1 - before - after, "height": 1 - 56 / tall}
        chart.set_plotarea({"layout": place})
        chart.set_y_axis({**words, "reverse": True})
        chart.set_x_axis(numbers)
    else:
        chart.set_x_axis(words)
        chart.set_y_axis(numbers)
    chart.set_size({"width": width, "height": tall})
    chart.set_chartarea({"border": {"color": looks.LINE}})
    chart.show_hidden_data()
    return chart


def _unit_data(desk: Desk, page: Page, plan: Plan) -> int:
    """Hidden rows for the chart by unit, largest first as of now; returns how many."""
    units = sorted(enumerate(plan.block.units), key=lambda item: (-item[1].total, item[0]))
    shown = units if len(units) <= TOP + 1 else units[:TOP]
    column, total = plan.total_column + 5, letters(plan.total_column)
    for row, (at, unit) in enumerate(shown, FIRST):
        page.text(row, column, _short(unit.name or unit.label(desk.lang)), looks.HIDDEN)
        _scaled(desk, page, plan, row, column + 1, f"{total}{FIRST + at}", unit.total)
    if len(shown) == len(units):
        return len(shown)
    row = FIRST + len(shown)
    page.text(row, column, _OTHERS.say(desk.lang).format(n=len(units) - len(shown)), looks.HIDDEN)
    rest = "-".join([f"{total}{plan.total_row}", *(f"{total}{FIRST + at}" for at, _ in shown)])
    _scaled(desk, page, plan, row, column + 1, rest, sum(unit.total for _, unit in units[TOP:]))
    return len(shown) + 1


def _part_data(desk: Desk, page: Page, plan: Plan) -> None:
    column = plan.total_column + 7
    for at, part in enumerate(plan.block.parts):
        page.text(FIRST + at, column, _short(part.title.say(desk.lang)), looks.HIDDEN)
        _scaled(desk, page, plan, FIRST + at, column + 1, a1(plan.total_row, plan.first_amount + at), part.total)


def _scaled(desk: Desk, page: Page, plan: Plan, row: int, column: int, source: str, fen: int) -> None:
    """An amount of a chart, in 万元 or 元."""
    scale = _scale(plan)
    value = round_half_away(Fraction(fen, 100 * scale), 2)
    formula = f"ROUND(({source})/{scale},2)"
    desk.formula(page, row, column, formula, value, {**looks.HIDDEN, "num_format": "#,##0.00"})


def _scale(plan: Plan) -> int:
    return 10_000 if abs(plan.block.total) >= _LEAST_WAN else 1


def _titled(plan: Plan, title: Text) -> str:
    return title.say(plan.lang).format(money=_MONEY[_scale(plan)].say(plan.lang))


def _short(text: str) -> str:
    """``text`` cut to what a chart has room for."""
    if looks.width(text) <= _LABEL:
        return text
    cut = next(n for n in range(len(text), 0, -1) if looks.width(text[:n]) < _LABEL)
    return f"{text[:cut]}…"
