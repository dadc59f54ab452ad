"""校验: the group's total reached in every way that there is, compared by live formulas to the fen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from crmxl.group.facts import DIFFERENCE
from crmxl.issue import looks
from crmxl.issue.addresses import a1, letters
from crmxl.issue.checklist import FAIL, PASS
from crmxl.issue.places import RowKind
from crmxl.model import Kind, Text
from crmxl.money import plain
from crmxl.report.group_workbook_levels import levels_total
from crmxl.report.group_workbook_page import Desk, close, columns, figure, heads, height, label, results
from crmxl.report.group_workbook_plan import CHECKS, FIRST, LINES, SUMMARY, Plan
from crmxl.report.group_workbook_reviews import adjusted_total
from crmxl.report.group_workbook_stages import stage_total

_COLUMNS = (
    (Text("校验项目", "Check"), 58),
    (Text("左方", "Left"), 20),
    (Text("右方", "Right"), 20),
    (Text("差异", "Difference"), 16),
    (Text("结果", "Result"), 14),
)
_NOTE = Text(
    "左方与右方逐分比较；差异不为 0 即不通过。", "Left and right are compared to the fen; any difference fails."
)
_ROWS = Text('#,##0" 行"_ ', '#,##0" rows"_ ')
"""How a number of rows looks among amounts."""
_OVERALL = Text("总体结论", "Overall")
_LINES = Text("科目汇总的总计 = 汇总的总计", "Total by line = total by unit")
_FACTS = Text("明细合计 = 汇总的总计", "Sum of Facts = total by unit")
_RECORDED = Text("crmxl 汇总时的总额 = 汇总的总计", "Total when consolidated = total by unit")
_WORKBOOKS = Text("各单位工作簿总额之和 = 汇总的总计", "Sum of the units' own totals = total by unit")
_EACH = Text(
    "逐单位：汇总合计与其工作簿总额之差（绝对值之和）= 0",
    "Unit by unit: differences from the units' own totals (absolute) = 0",
)
_LEVELS = Text("层级汇总各顶层单位小计之和 = 汇总的总计", "Subtotals of the topmost units = total by unit")
_ADJUSTED = Text("调整表的集团合计 = 汇总的总计", "Group total of Adjustments = total by unit")
_STAGES = Text("阶段对比（按单位）的本轮合计 = 汇总的总计", "This round's total by unit in Stages = total by unit")
_STAGE_LINES = Text("阶段对比（按项目）的本轮合计 = 汇总的总计", "This round's total by line in Stages = total by unit")
_PART = Text("部分“{part}”：科目汇总 = 汇总", "Part “{part}”: by line = by unit")
_MONTHS = Text("各月之和 + 未分解 = 全年（科目汇总）", "Months + not split = year (by line)")
_MONTH_FACTS = Text("明细各月之和 + 未分解 = 明细全年", "Months + not split = year (Facts)")
_COUNT = Text("明细行数 = 汇总时的行数", "Rows of Facts = rows when consolidated")


@dataclass(frozen=True, slots=True)
class _Check:
    title: str
    left: str
    left_value: Fraction
    right: str
    right_value: Fraction
    count: bool = False
    """Whether rows are compared, not amounts."""


def write_checks(desk: Desk, plan: Plan) -> None:
    """The sheet 校验 of a block."""
    lang = desk.lang
    page = heads(desk, plan, CHECKS, _NOTE.say(lang))
    widths = [float(width) for _, width in _COLUMNS]
    columns(page, [title.say(lang) for title, _ in _COLUMNS], widths)
    checks = list(_checks(plan))
    last = FIRST + len(checks)
    said = PASS.say(lang), FAIL.say(lang)
    for row, check in enumerate(checks, FIRST + 1):
        page.text(row, 1, check.title, label())
        height(page, row, [(check.title, widths[0])])
        style = {**figure(), "num_format": _ROWS.say(lang)} if check.count else figure()
        desk.formula(page, row, 2, check.left, check.left_value, style)
        desk.formula(page, row, 3, check.right, check.right_value, style)
        off = check.left_value - check.right_value
        desk.formula(page, row, 4, f"ROUND({a1(row, 2)}-{a1(row, 3)},2)", off, style)
        desk.formula(page, row, 5, f'IF({a1(row, 4)}=0,"{said[0]}","{said[1]}")', said[bool(off)], looks.FLAG)
    page.text(FIRST, 1, _OVERALL.say(lang), label(RowKind.SUBTOTAL))
    for column in (2, 3, 4):
        page.text(FIRST, column, "", label(RowKind.SUBTOTAL))
    failed = any(check.left_value != check.right_value for check in checks)
    formula = f'IF(SUMPRODUCT(ABS(D{FIRST + 1}:D{last}))=0,"{said[0]}","{said[1]}")'
    desk.formula(page, FIRST, 5, formula, said[failed], looks.FLAG)
    results(page, f"E{FIRST}:E{last}", lang)
    close(desk, page, plan.name(CHECKS), widths, last, fixed=1)


def _checks(plan: Plan) -> Iterator[_Check]:
    block, lang = plan.block, plan.lang
    total = Fraction(block.total, 100)
    units = FIRST, plan.last_unit
    in_units = plan.down(SUMMARY, plan.total_column, *units)
    control = plan.down(SUMMARY, plan.total_column + 4, *units)
    by_line = plan.at(LINES, plan.line_total.number, plan.year_column)
    yield _Check(_LINES.say(lang), by_line, total, plan.total_cell, total)
    yield from _parts(plan)
    if block.monthly:
        months = f"SUM({plan.down_right(LINES, plan.line_total.number, 3, plan.year_column - 1)})"
        yield _Check(_MONTHS.say(lang), months, total, by_line, total)
    yield _Check(_WORKBOOKS.say(lang), f"SUM({control})", total, plan.total_cell, total)
    each = f"SUMPRODUCT(ABS(ROUND({in_units}-{control},2)))"
    yield _Check(_EACH.say(lang), each, Fraction(0), "0", Fraction(0))
    yield from _reviewed(plan, total)
    yield _Check(_RECORDED.say(lang), _number(total), total, plan.total_cell, total)
    if plan.detailed:
        yield from _facts(plan, total)


def _reviewed(plan: Plan, total: Fraction) -> Iterator[_Check]:
    """Sheets of a round, where there are any."""
    if plan.block.several_levels:
        yield _Check(_LEVELS.say(plan.lang), levels_total(plan), total, plan.total_cell, total)
    if plan.adjusted:
        yield _Check(_ADJUSTED.say(plan.lang), adjusted_total(plan), total, plan.total_cell, total)
    if plan.pair is not None:
        yield _Check(_STAGES.say(plan.lang), stage_total(plan, plan.pair, by_line=False), total, plan.total_cell, total)
        by_line = stage_total(plan, plan.pair, by_line=True)
        yield _Check(_STAGE_LINES.say(plan.lang), by_line, total, plan.total_cell, total)


def _parts(plan: Plan) -> Iterator[_Check]:
    lists = {sheet.id for sheet in plan.block.template.sheets if sheet.kind is Kind.LIST}
    rows = [row for row in plan.rows if row.kind is RowKind.PART_TOTAL]
    for column, (part, row) in enumerate(zip(plan.block.parts, rows, strict=True), plan.first_amount):
        value = Fraction(part.total, 100)
        bare = part.code == DIFFERENCE or part.code in lists
        name = part.title.say(plan.lang) if bare else f"{part.code} {part.title.say(plan.lang)}"
        yield _Check(
            _PART.say(plan.lang).format(part=name),
            plan.at(LINES, row.number, plan.year_column),
            value,
            plan.at(SUMMARY, plan.total_row, column),
            value,
        )


def _facts(plan: Plan, total: Fraction) -> Iterator[_Check]:
    block, lang = plan.block, plan.lang
    amount = plan.fact_range("amount")
    beside = Fraction(sum(line.total for line in block.beside), 100)
    everything = f"SUM({amount})"
    if block.beside:
        shown = [row.number for row in plan.rows if not row.counted]
        lines = plan.down(LINES, plan.year_column, shown[0], shown[-1])
        yield _Check(_FACTS.say(lang), f"{everything}-SUM({lines})", total, plan.total_cell, total)
    else:
        yield _Check(_FACTS.say(lang), everything, total, plan.total_cell, total)
    if block.monthly:
        row = f"${letters(plan.fact_columns['m01'])}${FIRST}:${letters(plan.fact_columns['rest'])}${plan.last_fact}"
        sheet = amount.rpartition("!")[0]
        yield _Check(_MONTH_FACTS.say(lang), f"SUM({sheet}!{row})", total + beside, everything, total + beside)
    count = Fraction(len(plan.facts))
    yield _Check(_COUNT.say(lang), f"COUNT({amount})", count, _number(count), count, count=True)


def _number(value: Fraction) -> str:
    """A constant as formulas write it; it records what was true when the workbook was made."""
    return plain(value)
