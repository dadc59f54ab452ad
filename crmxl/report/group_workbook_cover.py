"""封面: the result at a glance, what is in it and where it comes from, and how to read the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from crmxl.define.round import whole_name
from crmxl.group.origin import FIGURES, INCLUDE, Origin
from crmxl.group.totals import Totals
from crmxl.issue import looks
from crmxl.issue.book import Page, refusing
from crmxl.issue.checklist import PASS
from crmxl.issue.looks import Looks
from crmxl.issue.places import RowKind
from crmxl.model import Lang, Severity, Text
from crmxl.money import in_wan, show_fen
from crmxl.report.group_workbook_page import Desk, count, figure, height, label, link, results
from crmxl.report.group_workbook_plan import (
    ADJUSTED,
    CHECKS,
    FACT_ROWS,
    FACTS,
    FIRST,
    LEFT_OUT,
    LEVELS,
    LINES,
    LIVE_UNITS,
    MEASURES,
    STAGES,
    SUMMARY,
    WAN,
    Plan,
)

_WIDTHS = (3, 40, 10, 12, 12, 24, 18, 14)
_LAST = len(_WIDTHS)
_RESULT, _SCOPE, _READ, _NOTES = (
    Text("汇总结果", "Result"),
    Text("纳入范围", "What is in it"),
    Text("目录", "Contents"),
    Text("说明", "Notes"),
)
_BLOCKS = (
    Text("模板", "Template"),
    Text("版本", "Version"),
    Text("年度", "Year"),
    Text("纳入单位", "Units"),
    Text("集团合计（元）", "Group total (yuan)"),
    Text("万元", "10,000 yuan"),
    Text("校验", "Check"),
)
_TOTAL = Text("集团合计（元）", "Group total (yuan)")
_UNITS, _OUT = Text("纳入单位", "Units counted"), Text("未纳入的文件", "Files left out")
_COPIES, _WARNED = Text("内容相同的文件", "Identical files"), Text("带提示的单位", "Units with warnings")
_MISSING, _FOUND = Text("未交", "Not submitted"), Text("汇总发现的问题", "Found across submissions")
_COMPARED = Text("只核对、不计入的上级文件", "Parents' files, only compared")
_SOURCE = Text("数据来源", "Made of")
_ROUND, _WHICH = Text("轮次", "Round"), Text("口径", "What counts")
_LEDGER, _INPUTS = Text("台账位置", "Ledger position"), Text("输入摘要", "Digest of inputs")
_AT = Text("{position}（回执 {receipt}）", "{position} (receipt {receipt})")
_NOT_APPROVED, _NIL = Text("尚未审核通过、暂计的", "Counted, not approved yet"), Text("零申报", "Nil returns")
_CHANGES, _WAIVED = Text("审核调整", "Adjustments"), Text("特批", "Waivers")
_STALE = Text("校验后轮次记录已变的", "Judged by earlier records")
_BANNER = Text(
    "暂计：其中 {count} 份尚未审核通过，合计可能还会变。",
    "Provisional: {count} of what counts here is not approved yet; the totals may still change.",
)
_ADJUSTED_SAID = Text(
    "合计为核定数，已含审核调整；上报数和每项调整见“{sheet}”。",
    "Totals are figures as approved, adjustments included; {sheet} shows what was submitted and each change.",
)
_SUBMITTED_SAID = Text(
    "合计为上报数，不含审核调整；核定数和每项调整见“{sheet}”。",
    "Totals are figures as submitted, without adjustments; {sheet} shows each change and what was approved.",
)
_ONLY_EARLIER = Text(
    "{stage}有 {template}，合计 {total} 元，本轮次没有一份计入。",
    "{stage} has {template} with {total} yuan in all; nothing of it counts in this round.",
)
_ABOUT = {
    SUMMARY: Text("单位 × 部分，占比，按单位和按部分的图表", "Units by parts, shares, charts by unit and by part"),
    LEVELS: Text(
        "单位层级的逐级小计，可按层级折叠", "The tree of units with subtotals per level; levels can be folded"
    ),
    ADJUSTED: Text("上报数、调整、核定数并列，注明理由和审核人", "Submitted, changed and approved, with reasons"),
    STAGES: Text("与另一轮次并列，按单位和按项目说明变动", "Beside another round, changes by unit and by line"),
    LINES: Text(
        "每个项目的集团合计，逐级小计；分月的模板有各月",
        "Every line over all units with subtotals; months where there are any",
    ),
    WAN: Text("同样的数，以万元列示，逐级相加一致", "The same figures in 10,000 yuan; every level foots"),
    MEASURES: Text(
        "人数、次数、比率等，按模板声明加总、按汇总数计算或加权平均",
        "Counts, quantities and rates: added, from the sums, or weighted, as declared",
    ),
    CHECKS: Text(
        "用公式核对：单位、科目、各月、明细、各单位工作簿",
        "Live comparison of units, lines, months, facts and the units' own totals",
    ),
    FACTS: Text(
        "每个单位每个项目一行，注明来源文件、工作表和单元格",
        "One row for each unit and line with its file, sheet and cell",
    ),
    LEFT_OUT: Text("未计入合计的文件和原因，以及带提示的单位", "Files that do not count and why; units with warnings"),
}
_LIVE = Text(
    "汇总表和科目汇总是对“明细”的公式（SUMIFS），可以点开追溯；总额在生成时另行精确计算，由“校验”表核对。",
    "Summary and By line are formulas (SUMIFS) over Facts and can be traced; the total was also computed exactly when "
    "this was made, and Checks compares the two.",
)
_STILL = Text(
    f"单位超过 {LIVE_UNITS:,} 个，“{{sheet}}”等表为数值，不是公式；“校验”表用公式与“明细”核对。",
    f"There are more than {LIVE_UNITS:,} units: {{sheet}} and the other tables hold values, not formulas; Checks "
    "compares them with Facts by formulas.",
)
_BARE = Text(
    f"明细超过 {FACT_ROWS:,} 行，Excel 放不下：本工作簿不含“{{sheet}}”，各表为数值。请用 "
    "crmxl consolidate --format csv 或 parquet 另存明细。",
    f"There are more than {FACT_ROWS:,} facts, more than Excel holds: this workbook has no sheet {{sheet}}, and its "
    "tables hold values. Write the facts with crmxl consolidate --format csv or parquet.",
)
_SEVERAL = Text(
    "不同模板、版本或年度分别汇总，互不相加。",
    "Templates, versions and years are totalled apart and never added to each other.",
)
_COUNTED = Text(
    "金额单位为元；被退回、无法读取或同一单位有多份不同文件的，一律不计入，见“未纳入与提示”。",
    "Amounts are in yuan. Files with errors, unreadable files and different files of one unit never count: see "
    "Left out and notes.",
)
_OWN = Text(
    "单位自填的项目在科目汇总中按小类合并，名称见“明细”。",
    "Lines that units name themselves are added up by group in By line; their names stand in Facts.",
)
_BESIDE = Text(
    "模板总额不包含的项目列示在科目汇总末尾和明细中，不计入任何合计。",
    "Lines outside the template's total stand at the end of By line and in Facts, and are in no total.",
)
_SIGNATURES = Text(
    "编制人：____________　　审核人：____________　　批准人：____________　　日期：______年____月____日",
    "Prepared by: ____________   Reviewed by: ____________   Approved by: ____________   Date: ____________",
)


def write_cover(desk: Desk, page: Page, totals: Totals, plans: Sequence[Plan], made_of: str) -> None:
    """The sheet 封面, on a page that was opened before the others."""
    lang = desk.lang
    page.call("hide_gridlines", 2)
    page.call("set_default_row", looks.ROW_HEIGHT)
    for column, width in enumerate(_WIDTHS):
        page.call("set_column", column, column, width)
    page.call("set_row", 1, 36)
    page.text(2, 2, desk.title, looks.TITLE)
    row = 4
    if totals.origin is not None and totals.origin.provisional:
        banner = _BANNER.say(lang).format(count=len(totals.origin.not_approved))
        _merged(page, 3, 2, _LAST, banner, {**looks.LABEL, "bg_color": looks.AMBER, "font_color": looks.AMBER_TEXT})
    if len(plans) == 1:
        page.text(row, 2, _TOTAL.say(lang), looks.LABEL)
        page.call("set_row", row, 40)
        desk.formula(page, row + 1, 2, plans[0].total_cell, Fraction(plans[0].block.total, 100), looks.HEADLINE)
        row += 3
    row = _blocks(desk, page, row, plans)
    row = _scope(desk, page, row + 1, totals, made_of)
    row = _heading(page, row + 1, _NOTES.say(lang))
    for note in _notes(totals, plans, lang):
        row = _paragraph(page, row, note)
    row = _contents(desk, page, row + 1, plans)
    page.text(row + 2, 2, _SIGNATURES.say(lang), looks.SIGNATURE)
    page.call("set_paper", 9)
    page.call("set_landscape")
    page.call("fit_to_pages", 1, 1 if row < 42 else 0)
    page.call("set_margins", 0.5, 0.5, 0.6, 0.6)
    page.call("print_area", 0, 0, row + 2, _LAST - 1)
    page.call("protect", "", {"format_columns": True, "format_rows": True})


def _heading(page: Page, row: int, text: str) -> int:
    for column in range(2, _LAST + 1):
        page.text(row, column, text if column == 2 else "", looks.heading(RowKind.SECTION))
    return row + 1


def _paragraph(page: Page, row: int, text: str) -> int:
    _merged(page, row, 2, _LAST, text, looks.WRAPPED)
    lines = looks.lines(text, sum(_WIDTHS[1:]) - 2)
    page.call("set_row", row - 1, looks.ROW_HEIGHT + (lines - 1) * looks.LINE_HEIGHT)
    return row + 1


def _merged(page: Page, row: int, first: int, last: int, text: str, style: Looks) -> None:
    with refusing():
        page.raw.merge_range(row - 1, first - 1, row - 1, last - 1, "", page.book.format(style))
    page.text(row, first, text, style)


def _blocks(desk: Desk, page: Page, row: int, plans: Sequence[Plan]) -> int:
    """A row for each template, version and year."""
    lang = desk.lang
    row = _heading(page, row, _RESULT.say(lang))
    for column, text in enumerate(_BLOCKS, 2):
        page.text(row, column, text.say(lang), looks.HEADER)
    for plan in plans:
        row += 1
        block = plan.block
        title = block.template.title.say(lang)
        page.text(row, 2, f"{plan.number}. {title}" if plan.number else title, label())
        height(page, row, [(title, _WIDTHS[1])])
        page.text(row, 3, str(block.template.version), {**label(), "align": "center", "indent": 0})
        page.number(row, 4, block.year, {**count(), "num_format": "0"})
        page.number(row, 5, len(block.units), count())
        desk.formula(page, row, 6, plan.total_cell, Fraction(block.total, 100), figure(RowKind.SUBTOTAL))
        page.number(row, 7, Fraction(in_wan([block.total])[0]), figure(formula=False))
        desk.formula(page, row, 8, plan.at(CHECKS, FIRST, 5), PASS.say(lang), looks.FLAG)
        results(page, f"H{row}", lang)
    return row + 1


def _scope(desk: Desk, page: Page, row: int, totals: Totals, made_of: str) -> int:
    lang = desk.lang
    row = _heading(page, row, _SCOPE.say(lang))
    units = sum(len(block.units) for block in totals.blocks)
    warned = sum(len(block.disclosed) for block in totals.blocks)
    red, amber = (looks.RED, looks.RED_TEXT), (looks.AMBER, looks.AMBER_TEXT)
    beside = [finding for one in totals.compared for finding in one.findings]
    colour = {True: red, False: amber}
    differs = colour[any(one.severity is Severity.ERROR for one in beside)] if beside else None
    faulty = any(one.finding.severity is Severity.ERROR for one in totals.further)
    facts = [
        (_UNITS, units, None),
        (_OUT, len(totals.files_left_out), red),
        (_MISSING, len(totals.missing), red),
        (_COPIES, len(totals.duplicates), None),
        (_WARNED, warned, amber),
        (_COMPARED, len(totals.compared), differs),
        (_FOUND, len(totals.further), colour[faulty]),
    ]
    if (origin := totals.origin) is not None:
        facts[1:1] = [(_NOT_APPROVED, len(origin.not_approved), amber), (_NIL, len(origin.nil), None)]
        facts += [(_CHANGES, origin.changes, None), (_WAIVED, len(origin.waived), amber)]
        facts += [(_STALE, len(origin.stale), amber)]
    always = (_UNITS, _OUT, _COPIES, _WARNED)
    for title, number, colours in (fact for fact in facts if fact[1] or fact[0] in always):
        page.text(row, 2, title.say(lang), looks.ASIDE)
        style = {**count(), "bold": True}
        if number and colours:
            style |= {"bg_color": colours[0], "font_color": colours[1]}
        page.number(row, 3, number, style)
        if number and title not in (_UNITS, _CHANGES):
            link(page, row, 4, LEFT_OUT.say(lang), LEFT_OUT.say(lang))
        row += 1
    said = [(_SOURCE, made_of)] if made_of else []
    for title, text in (*said, *(_ledger(origin, lang) if origin is not None else ())):
        page.text(row, 2, title.say(lang), looks.ASIDE)
        _merged(page, row, 3, _LAST, text, looks.WRAPPED)
        lines = looks.lines(text, sum(_WIDTHS[2:]) - 2)
        page.call("set_row", row - 1, looks.ROW_HEIGHT + (lines - 1) * looks.LINE_HEIGHT)
        row += 1
    return row


def _ledger(origin: Origin, lang: Lang) -> Iterator[tuple[Text, str]]:
    """What the totals go by."""
    yield _ROUND, whole_name(origin.round, origin.stage)
    mark = "；" if lang == "zh" else "; "
    yield _WHICH, f"{INCLUDE[origin.include].say(lang)}{mark}{FIGURES[origin.figures].say(lang)}"
    receipt = origin.receipt or "—"
    yield _LEDGER, _AT.say(lang).format(position=origin.position, receipt=receipt)
    yield _INPUTS, origin.inputs


def _notes(totals: Totals, plans: Sequence[Plan], lang: Lang) -> list[str]:
    notes = [_COUNTED.say(lang)]
    for plan in plans:
        if plan.adjusted and plan.origin is not None:
            said = _ADJUSTED_SAID if plan.origin.figures == "approved" else _SUBMITTED_SAID
            notes.append(said.say(lang).format(sheet=plan.name(ADJUSTED)))
    notes += _only_earlier(totals, plans, lang)
    if any(plan.live for plan in plans):
        notes.append(_LIVE.say(lang))
    for plan in plans:
        prefix = f"{plan.number}. " if plan.number else ""
        if not plan.detailed:
            notes.append(prefix + _BARE.say(lang).format(sheet=plan.name(FACTS)))
        elif not plan.live:
            notes.append(prefix + _STILL.say(lang).format(sheet=plan.name(SUMMARY)))
        notes += [prefix + note.say(lang) for note in plan.block.notes]
    if len(plans) > 1:
        notes.append(_SEVERAL.say(lang))
    if any(line.own for plan in plans for line in plan.block.lines):
        notes.append(_OWN.say(lang))
    if any(plan.block.beside for plan in plans):
        notes.append(_BESIDE.say(lang))
    return notes


def _only_earlier(totals: Totals, plans: Sequence[Plan], lang: Lang) -> Iterator[str]:
    """Templates that the other round alone has: no sheet compares them."""
    if (against := totals.against) is not None:
        shown = [plan.pair for plan in plans]
        for pair in (one for one in against.pairs if one not in shown):
            stage = against.origin.stage or against.origin.round
            total = show_fen(pair.earlier)
            yield _ONLY_EARLIER.say(lang).format(stage=stage, template=pair.earlier_name, total=total)


def _contents(desk: Desk, page: Page, row: int, plans: Sequence[Plan]) -> int:
    lang = desk.lang
    row = _heading(page, row, _READ.say(lang))
    names = [(plan.name(sheet), sheet) for plan in plans for sheet in plan.sheets]
    for name, sheet in (*names, (LEFT_OUT.say(lang), LEFT_OUT)):
        link(page, row, 2, name, name)
        page.text(row, 3, _ABOUT[sheet].say(lang), looks.PLAIN)
        row += 1
    return row
