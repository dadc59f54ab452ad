"""科目汇总, every line over all units with months and subtotals, and 万元, the same in 万元 figures that foot."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from crmxl.issue import looks
from crmxl.issue.addresses import a1, letters
from crmxl.issue.book import Page
from crmxl.issue.places import RowKind
from crmxl.model import Text
from crmxl.money import in_wan
from crmxl.report.group_workbook_page import (
    WAN_YUAN,
    Desk,
    close,
    code,
    columns,
    figure,
    heads,
    height,
    label,
    share,
    title_width,
)
from crmxl.report.group_workbook_plan import (
    FIRST,
    HEADER,
    LINES,
    MONTH_NAMES,
    REST,
    TOTAL,
    WAN,
    YEAR,
    LineRow,
    Plan,
    sum_of,
)

_CODE, _ITEM = Text("编码", "Code"), Text("项目", "Item")
_ITEM_OR_UNIT, _BY_UNIT = Text("项目或预算单位", "Item or unit"), Text("按预算单位", "By unit")
_AMOUNT, _WAN, _SHARE = Text("合计（元）", "Total (yuan)"), Text("金额（万元）", "10,000 yuan"), Text("占比", "Share")
_KEY = Text("匹配：项目", "Match: line")
_LIVE = Text(
    "项目金额由公式汇总“明细”，小计、合计、总计逐级相加。",
    "Lines are formulas over Facts; subtotals and totals add them.",
)
_STILL = Text("项目金额为数值，小计、合计、总计为公式。", "Lines are values; subtotals and totals are formulas.")
_WAN_NOTE = Text(
    "数值；按最大余数法取舍，逐级相加一致，个别数与四舍五入差 0.01。",
    "Values; rounded so that every level foots, at most 0.01 off a figure's own rounding.",
)
_PAGE_ROWS = 20
"""Rows of 万元 under its header on one page."""
_LEAST_KEPT = 47
"""Characters of code and item together beside months."""
_HEADINGS = (RowKind.SECTION, RowKind.GROUP)


def write_lines(desk: Desk, plan: Plan) -> None:
    """The sheet 科目汇总 of a block."""
    lang, monthly = desk.lang, plan.block.monthly
    page = heads(desk, plan, LINES, (_LIVE if plan.live else _STILL).say(lang))
    months = [*(month.say(lang) for month in MONTH_NAMES), REST.say(lang)] if monthly else []
    year = YEAR if monthly else _AMOUNT
    titles = [_CODE.say(lang), _ITEM.say(lang), *months, year.say(lang), _SHARE.say(lang), _KEY.say(lang)]
    month_width = 14 if abs(plan.block.total) < 10**10 else 17
    widths: list[float] = [_code_width(plan), _title_width(plan), *[month_width] * len(months), 18, 11, 14]
    if monthly:  # code and item are repeated on every page, with the title
        widths[1] = max(widths[1], _LEAST_KEPT - widths[0])
    else:  # a narrow table: wide enough for its title
        widths[1] += min(20.0, max(0.0, title_width(desk.heads[page][0]) + 1 - sum(widths[:-1])))
    columns(page, titles, widths, hidden=1)
    for row in plan.rows:
        height(page, row.number, [(row.title, widths[1])])
        if row.kind in _HEADINGS:
            for column in range(1, plan.year_column + 2):
                page.text(row.number, column, row.title if column == 2 else "", looks.heading(row.kind))
            continue
        page.text(row.number, 1, row.code, code(row.kind))
        page.text(row.number, 2, row.title, label(row.kind))
        year_fen, *split = row.money
        figures = [*split, year_fen] if monthly else [year_fen]
        for column, fen in enumerate(figures, 3):
            if row.split or column == plan.year_column:
                _figure(desk, page, plan, row, column, fen)
            else:
                page.text(row.number, column, "", label(row.kind))
        _share(desk, page, plan, row, year_fen)
        if row.key:
            page.text(row.number, plan.year_column + 2, row.key, looks.HIDDEN)
    fixed = 2
    close(desk, page, plan.name(LINES), widths[:-1], plan.rows[-1].number, fixed=fixed)


def _figure(desk: Desk, page: Page, plan: Plan, row: LineRow, column: int, fen: int) -> None:
    value = Fraction(fen, 100)
    if row.kind is not RowKind.LINE:
        desk.formula(page, row.number, column, sum_of([(n, column) for n in row.adds]), value, figure(row.kind))
        return
    monthly = plan.block.monthly
    ids = [*(f"m{month:02d}" for month in range(1, 13)), "rest", "amount"] if monthly else ["amount"]
    if monthly and column == plan.year_column - 1:
        year, first, last = (a1(row.number, n) for n in (plan.year_column, 3, 14))
        desk.formula(page, row.number, column, f"{year}-SUM({first}:{last})", value, figure())
    elif plan.live:
        key = f"${a1(row.number, plan.year_column + 2)}"
        formula = f"SUMIFS({plan.fact_range(ids[column - 3])},{plan.fact_range('key_line')},{key})"
        desk.formula(page, row.number, column, formula, value, figure())
    else:
        page.number(row.number, column, value, figure(formula=False))


def _share(desk: Desk, page: Page, plan: Plan, row: LineRow, fen: int) -> None:
    column = plan.year_column + 1
    if not row.counted:
        page.text(row.number, column, "", label(row.kind))
        return
    whole = f"{letters(plan.year_column)}${plan.line_total.number}"
    value = Fraction(fen, plan.block.total) if plan.block.total else Fraction(0)
    formula = f"IF({whole}=0,0,{a1(row.number, plan.year_column)}/{whole})"
    desk.formula(page, row.number, column, formula, value, share(row.kind))


def _code_width(plan: Plan) -> float:
    return min(18, max(10, max((looks.width(row.code) for row in plan.rows), default=0) + 3))


def _title_width(plan: Plan) -> float:
    longest = max((looks.width(row.title) for row in plan.rows), default=0)
    return min(44, max(26, longest + 3))


# ---- 万元 ---------------------------------------------------------------------------------------------------------


def write_wan(desk: Desk, plan: Plan) -> None:
    """The sheet 万元 of a block: values by part, group and line, then by unit; every level foots."""
    lang, block = desk.lang, plan.block
    page = heads(desk, plan, WAN, _WAN_NOTE.say(lang), WAN_YUAN)
    widths: list[float] = [_code_width(plan), max(_title_width(plan), 48), 18, 11]
    columns(page, [text.say(lang) for text in (_CODE, _ITEM_OR_UNIT, _WAN, _SHARE)], widths)
    shown = wan_of(plan.rows)
    rows = [
        row for row in plan.rows if row.counted and (row.kind not in _HEADINGS or row.number < plan.line_total.number)
    ]
    row_number = FIRST
    for row in rows:
        if row.kind in _HEADINGS:
            for column in range(1, 5):
                page.text(row_number, column, row.title if column == 2 else "", looks.heading(row.kind))
        else:
            _wan_row(
                page, row_number, row.kind, row.code, row.title, shown[row.number], _part(row.money[0], block.total)
            )
        height(page, row_number, [(row.title, widths[1])])
        row_number += 1
    by_item = row_number
    row_number += 1
    for column in range(1, 5):
        page.text(row_number, column, _BY_UNIT.say(lang) if column == 2 else "", looks.heading(RowKind.SECTION))
    by_unit = in_wan([unit.total for unit in block.units], block.total)
    for unit, wan in zip(block.units, by_unit, strict=True):
        row_number += 1
        name = unit.shown(lang)
        _wan_row(page, row_number, RowKind.LINE, "", name, wan, _part(unit.total, block.total))
        height(page, row_number, [(name, widths[1])])
    row_number += 1
    total = shown[plan.line_total.number]
    _wan_row(page, row_number, RowKind.TOTAL, "", TOTAL.say(lang), total, _part(block.total, block.total))
    left = -(by_item - HEADER) % _PAGE_ROWS
    breaks = [by_item] if row_number - by_item > left else []  # the second part is not torn from its heading
    close(desk, page, plan.name(WAN), widths, row_number, header=HEADER, breaks=breaks)


def wan_of(rows: Sequence[LineRow]) -> dict[int, Decimal]:
    """万元 of each amount row that counts, by row number: what a subtotal adds adds up to what it shows."""
    by_number = {row.number: row for row in rows}
    total = next(row for row in rows if row.kind is RowKind.TOTAL)
    shown = {total.number: in_wan([total.money[0]])[0]}
    todo = [total]
    while todo:
        row = todo.pop()
        children = [by_number[number] for number in row.adds]
        if children:
            goal = int(shown[row.number] * 10**6)
            figures = in_wan([child.money[0] for child in children], goal)
            shown |= {child.number: wan for child, wan in zip(children, figures, strict=True)}
        todo.extend(children)
    return shown


def _part(fen: int, total: int) -> Fraction:
    return Fraction(fen, total) if total else Fraction(0)


def _wan_row(page: Page, row: int, kind: RowKind, shown: str, title: str, wan: Decimal, part: Fraction) -> None:
    page.text(row, 1, shown, code(kind))
    page.text(row, 2, title, label(kind))
    page.number(row, 3, Fraction(wan), figure(kind, formula=False))
    page.number(row, 4, part, share(kind, formula=False))
