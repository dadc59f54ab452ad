"""层级汇总: the round's tree with subtotals per level, live over 汇总, in levels that can be folded."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from crmxl.group.levels import Level
from crmxl.group.totals import Totals
from crmxl.issue import looks
from crmxl.issue.addresses import a1
from crmxl.issue.book import Page
from crmxl.issue.places import RowKind
from crmxl.model import Text
from crmxl.report.group_workbook_page import Desk, close, columns, figure, heads, label, share
from crmxl.report.group_workbook_plan import FIRST, LEVELS, SUMMARY, TOTAL, Plan, sum_of
from crmxl.report.levels import remarks

_COLUMNS = (
    Text("预算单位", "Unit"),
    Text("本级（元）", "Own (yuan)"),
    Text("下级合计（元）", "Units below (yuan)"),
    Text("小计（元）", "Subtotal (yuan)"),
    Text("占比", "Share"),
    Text("说明", "Remarks"),
)
_NOTE = Text(
    "小计 = 本级 + 下级合计；本级取自“汇总”。行首的加减号可按层级折叠。",
    "Subtotal = own + units below; own figures come from Summary. The signs beside the rows fold the levels.",
)
_OWN, _BELOW, _SUBTOTAL = 2, 3, 4
"""Columns of the amounts."""
_DEEPEST = 7
"""Levels that Excel folds."""
_MOST_ROOTS = 1_000
"""Cells that one formula adds one by one; Excel takes 8,192 characters."""


def write_levels(desk: Desk, plan: Plan, totals: Totals) -> None:
    """The sheet 层级汇总 of a block; ``totals`` say what is not in it."""
    lang, levels = desk.lang, plan.block.levels
    page = heads(desk, plan, LEVELS, _NOTE.say(lang))
    longest = max(looks.width(level.shown(lang)) + 2 * level.depth for level in levels)
    amount = 17 if abs(plan.block.total) < 10**11 else 20
    widths: list[float] = [min(50, max(26, longest + 3)), amount, amount, amount, 11, 40]
    columns(page, [title.say(lang) for title in _COLUMNS], widths)
    page.raw.outline_settings(True, False, True, False)  # a unit stands above those below it
    said = remarks(totals, plan.block, lang)
    own_rows = plan.unit_rows
    for row, level in enumerate(levels, FIRST):
        _level(desk, page, plan, row, level, own_rows.get(level.unit), said.get(level.unit, ""), widths)
    _total(desk, page, plan)
    close(desk, page, plan.name(LEVELS), widths, _total_row(plan), fixed=1, locked=False)


def levels_total(plan: Plan) -> str:
    """The cell that adds up the topmost units, for formulas on other sheets."""
    return plan.at(LEVELS, _total_row(plan), _SUBTOTAL)


def _total_row(plan: Plan) -> int:
    return FIRST + len(plan.block.levels)


def _level(
    desk: Desk,
    page: Page,
    plan: Plan,
    row: int,
    level: Level,
    at: int | None,
    said: str,
    widths: Sequence[float],
) -> None:
    lang, block = desk.lang, plan.block
    kind = RowKind.LINE if level.leaf else RowKind.SUBTOTAL
    name = level.shown(lang)
    page.text(row, 1, name, {**label(kind), "indent": min(15, 1 + 2 * (level.depth - 1))})
    if at is None:
        page.text(row, _OWN, "", label(kind))
    else:
        desk.formula(
            page, row, _OWN, plan.at(SUMMARY, at, plan.total_column), Fraction(level.own or 0, 100), figure(kind)
        )
    if level.leaf:
        page.text(row, _BELOW, "", label(kind))
    else:  # those below stand right under it
        last = _last(block.levels, row - FIRST) + FIRST
        formula = f"SUM({a1(row + 1, _OWN)}:{a1(last, _OWN)})"
        desk.formula(page, row, _BELOW, formula, Fraction(level.below, 100), figure(kind))
    formula = f"SUM({a1(row, _OWN)}:{a1(row, _BELOW)})"
    desk.formula(page, row, _SUBTOTAL, formula, Fraction(level.total, 100), figure(RowKind.SUBTOTAL))
    _share(desk, page, plan, row, level.total, kind)
    page.text(row, 6, said, label(kind))
    lines = max(looks.lines(name, widths[0] - 1 - 2 * level.depth), looks.lines(said, widths[5] - 2))
    folded = {"level": min(_DEEPEST, level.depth - 1)} if level.depth > 1 else {}
    page.call("set_row", row - 1, looks.ROW_HEIGHT + (lines - 1) * looks.LINE_HEIGHT, None, folded)


def _last(levels: Sequence[Level], at: int) -> int:
    """Where the last unit below the one at ``at`` stands."""
    end = at + 1
    while end < len(levels) and levels[end].depth > levels[at].depth:
        end += 1
    return end - 1


def _total(desk: Desk, page: Page, plan: Plan) -> None:
    block, row = plan.block, _total_row(plan)
    page.text(row, 1, TOTAL.say(desk.lang), label(RowKind.TOTAL))
    total = Fraction(block.total, 100)
    own = f"SUM({a1(FIRST, _OWN)}:{a1(row - 1, _OWN)})"
    desk.formula(page, row, _OWN, own, total, figure(RowKind.TOTAL))
    page.text(row, _BELOW, "", label(RowKind.TOTAL))
    tops = [(at, _SUBTOTAL) for at, level in enumerate(block.levels, FIRST) if level.depth == 1]
    formula = sum_of(tops) if len(tops) <= _MOST_ROOTS else own
    desk.formula(page, row, _SUBTOTAL, formula, total, figure(RowKind.TOTAL))
    _share(desk, page, plan, row, block.total, RowKind.TOTAL)
    page.text(row, 6, "", label(RowKind.TOTAL))


def _share(desk: Desk, page: Page, plan: Plan, row: int, fen: int, kind: RowKind) -> None:
    whole = a1(_total_row(plan), _SUBTOTAL).replace("D", "D$")
    value = Fraction(fen, plan.block.total) if plan.block.total else Fraction(0)
    formula = f"IF({whole}=0,0,{a1(row, _SUBTOTAL)}/{whole})"
    desk.formula(page, row, 5, formula, value, share(kind))
