"""阶段对比: this round beside another, by unit in the order of the tree and by line, with what explains each change."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from crmxl.group.origin import FIGURES, PROVISIONAL, Origin
from crmxl.group.stages import Move, Pair
from crmxl.group.totals import Totals
from crmxl.issue import looks
from crmxl.issue.addresses import a1
from crmxl.issue.book import Page
from crmxl.issue.places import RowKind
from crmxl.model import Lang, Text
from crmxl.report.group_workbook_page import Desk, close, columns, figure, heads, height, label, share
from crmxl.report.group_workbook_plan import FIRST, STAGES, SUMMARY, TOTAL, Plan
from crmxl.report.stages import causes, stage_name

_UNIT, _LINE = Text("预算单位", "Unit"), Text("项目", "Item")
_CHANGE, _RATE = Text("变动（元）", "Change (yuan)"), Text("变动率", "Change %")
_WHY = Text("主要变动和原因", "What changed most, and why")
_WHY_LINE = Text("变动最大的单位和原因", "Units that changed most, and why")
_YUAN = Text("{stage}（元）", "{stage} (yuan)")
_NOTE = Text(
    "左为 {earlier}（台账位置 {position}，{figures}），右为本轮次；变动逐行相加等于总计的变动。",
    "On the left {earlier} (ledger position {position}, {figures}), on the right this round; changes add up to the "
    "change of the total.",
)
_EARLIER, _NOW, _DIFFERENCE = 2, 3, 4
"""Columns of the amounts."""


def write_stages(desk: Desk, plan: Plan, pair: Pair, totals: Totals) -> None:
    """The sheet 阶段对比 of a block."""
    lang = desk.lang
    assert totals.against is not None and totals.origin is not None
    earlier = totals.against.origin
    page = heads(desk, plan, STAGES, _note(earlier, lang))
    stages = [_YUAN.say(lang).format(stage=name) for name in _names(earlier, totals.origin, lang)]
    widths: list[float] = [36, 17, 17, 16, 11, 64]
    titles = [*stages, _CHANGE.say(lang), _RATE.say(lang)]
    columns(page, [_UNIT.say(lang), *titles, _WHY.say(lang)], widths)
    rows = plan.unit_rows
    for row, move in enumerate(pair.units, FIRST):
        at = rows.get(move.code)
        live = plan.at(SUMMARY, at, plan.total_column) if at is not None else ""
        _move(desk, page, row, move, widths, live, 2 * (move.depth - 1))
    _total(desk, page, pair, FIRST, _unit_total(pair))
    header = _unit_total(pair) + 2
    for column, title in enumerate([_LINE.say(lang), *titles, _WHY_LINE.say(lang)], 1):
        page.text(header, column, title, looks.HEADER)
    for row, move in enumerate(pair.lines, header + 1):
        _move(desk, page, row, move, widths)
    _total(desk, page, pair, header + 1, _line_total(pair))
    close(desk, page, plan.name(STAGES), widths, _line_total(pair), fixed=1)


def stage_total(plan: Plan, pair: Pair, *, by_line: bool) -> str:
    """The cell with this round's total, by unit or by line, for formulas on other sheets."""
    return plan.at(STAGES, _line_total(pair) if by_line else _unit_total(pair), _NOW)


def _unit_total(pair: Pair) -> int:
    return FIRST + len(pair.units)


def _line_total(pair: Pair) -> int:
    return _unit_total(pair) + 3 + len(pair.lines)


def _note(earlier: Origin, lang: Lang) -> str:
    figures = FIGURES[earlier.figures].say(lang) + (
        f"，{PROVISIONAL.zh}" if earlier.provisional and lang == "zh" else ""
    )
    return _NOTE.say(lang).format(earlier=stage_name(earlier, lang), position=earlier.position, figures=figures)


def _names(earlier: Origin, now: Origin, lang: Lang) -> tuple[str, str]:
    """What both rounds are called: by stage where that tells them apart."""
    if earlier.stage and now.stage and earlier.stage != now.stage:
        return earlier.stage, now.stage
    return earlier.round, now.round


def _move(
    desk: Desk, page: Page, row: int, move: Move, widths: Sequence[float], live: str = "", indent: int = 0
) -> None:
    lang = desk.lang
    name, why = move.title.say(lang), causes(move, lang)
    page.text(row, 1, name, {**label(), "indent": min(15, 1 + indent)})
    for column, fen in ((_EARLIER, move.earlier), (_NOW, move.now)):
        if fen is None:
            page.text(row, column, "", label())
        elif live and column == _NOW:
            desk.formula(page, row, column, live, Fraction(fen, 100), figure())
        else:
            page.number(row, column, Fraction(fen, 100), figure(formula=False))
    _change(desk, page, row, move, RowKind.LINE)
    page.text(row, 6, why, {**label(), "valign": "top"})
    height(page, row, [(name, widths[0] - indent), (why, widths[5])])


def _change(desk: Desk, page: Page, row: int, move: Move, kind: RowKind) -> None:
    earlier, now, difference = a1(row, _EARLIER), a1(row, _NOW), a1(row, _DIFFERENCE)
    # SUM: a blank that is a text counts 0
    formula = f"SUM({now})-SUM({earlier})"
    desk.formula(page, row, _DIFFERENCE, formula, Fraction(move.change, 100), figure(kind))
    rate = f'IF(SUM({earlier})=0,"",{difference}/ABS({earlier}))'
    desk.formula(page, row, 5, rate, "" if move.rate is None else move.rate, share(kind))


def _total(desk: Desk, page: Page, pair: Pair, first: int, row: int) -> None:
    page.text(row, 1, TOTAL.say(desk.lang), label(RowKind.TOTAL))
    for column, fen in ((_EARLIER, pair.earlier), (_NOW, pair.now)):
        formula = f"SUM({a1(first, column)}:{a1(row - 1, column)})" if row > first else "0"
        desk.formula(page, row, column, formula, Fraction(fen, 100), figure(RowKind.TOTAL))
    _change(desk, page, row, pair.whole, RowKind.TOTAL)
    page.text(row, 6, "", label(RowKind.TOTAL))
