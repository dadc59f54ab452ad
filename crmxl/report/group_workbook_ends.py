"""封面, the result at a glance and how to read the rest, and 未纳入: what does not count and why, what was found."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from crmxl.group.totals import LeftOut, Totals
from crmxl.issue import looks
from crmxl.issue.book import Page, refusing
from crmxl.issue.checklist import PASS
from crmxl.issue.looks import Looks
from crmxl.issue.places import RowKind
from crmxl.model import Lang, Severity, Text
from crmxl.money import in_wan
from crmxl.report.group_workbook_page import Desk, close, count, figure, height, label, link, results
from crmxl.report.group_workbook_plan import (
    CHECKS,
    FACT_ROWS,
    FACTS,
    FIRST,
    LEFT_OUT,
    LINES,
    LIVE_UNITS,
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
_ABOUT = {
    SUMMARY: Text("单位 × 部分，占比，按单位和按部分的图表", "Units by parts, shares, charts by unit and by part"),
    LINES: Text(
        "每个项目的集团合计，逐级小计；分月的模板有各月",
        "Every line over all units with subtotals; months where there are any",
    ),
    WAN: Text("同样的数，以万元列示，逐级相加一致", "The same figures in 10,000 yuan; every level foots"),
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
    "金额单位为元；被退回、无法读取或同一单位有多份不同文件的，一律不计入，见“未纳入”。",
    "Amounts are in yuan. Files with errors, unreadable files and different files of one unit never count: Left out.",
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
    if len(plans) == 1:
        page.text(row, 2, _TOTAL.say(lang), looks.LABEL)
        page.call("set_row", row, 40)
        desk.formula(page, row + 1, 2, plans[0].total_cell, Fraction(plans[0].block.total, 100), looks.HEADLINE)
        row += 3
    row = _blocks(desk, page, row, plans)
    row = _scope(desk, page, row + 1, totals, made_of)
    row = _heading(page, row + 1, _NOTES.say(lang))
    for note in _notes(plans, lang):
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
        page.text(row, 3, str(block.template.version), {**label(), "align": "center"})
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
    only_in_rounds = (_MISSING, _COMPARED, _FOUND)
    for title, number, colours in (fact for fact in facts if fact[1] or fact[0] not in only_in_rounds):
        page.text(row, 2, title.say(lang), looks.ASIDE)
        style = {**count(), "bold": True}
        if number and colours:
            style |= {"bg_color": colours[0], "font_color": colours[1]}
        page.number(row, 3, number, style)
        if number and title is not _UNITS:
            link(page, row, 4, LEFT_OUT.say(lang), LEFT_OUT.say(lang))
        row += 1
    if made_of:
        page.text(row, 2, _SOURCE.say(lang), looks.ASIDE)
        _merged(page, row, 3, _LAST, made_of, looks.WRAPPED)
        lines = looks.lines(made_of, sum(_WIDTHS[2:]) - 2)
        page.call("set_row", row - 1, looks.ROW_HEIGHT + (lines - 1) * looks.LINE_HEIGHT)
        row += 1
    return row


def _notes(plans: Sequence[Plan], lang: Lang) -> list[str]:
    notes = [_COUNTED.say(lang)]
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


def _contents(desk: Desk, page: Page, row: int, plans: Sequence[Plan]) -> int:
    lang = desk.lang
    row = _heading(page, row, _READ.say(lang))
    names = [(plan.name(sheet), sheet) for plan in plans for sheet in sheets_of(plan)]
    for name, sheet in (*names, (LEFT_OUT.say(lang), LEFT_OUT)):
        link(page, row, 2, name, name)
        page.text(row, 3, _ABOUT[sheet].say(lang), looks.PLAIN)
        row += 1
    return row


def sheets_of(plan: Plan) -> tuple[Text, ...]:
    """A block's sheets in order."""
    return (SUMMARY, LINES, WAN, CHECKS, FACTS) if plan.detailed else (SUMMARY, LINES, WAN, CHECKS)


# ---- 未纳入 --------------------------------------------------------------------------------------------------------

_OUT_COLUMNS = (
    (Text("文件", "File"), 34),
    (Text("预算单位", "Unit"), 20),
    (Text("模板", "Template"), 22),
    (Text("原因", "Why"), 62),
    (Text("怎么办", "What to do"), 50),
)
_NONE = Text("（无）", "(none)")
_OUT_NOTE = Text("第一部分的文件没有计入任何合计。", "The files of the first part are in no total.")
_OUT_HEAD = Text("未纳入汇总的文件", "Files that do not count")
_MISSING_HEAD = Text("未交的单位", "Units that have not submitted")
_COPIES_HEAD = Text("内容相同、只计一次的文件", "Identical files, counted once")
_WARNED_HEAD = Text("已纳入但有提示的单位", "Units that count and have warnings")
_COMPARED_HEAD = Text("只与下级核对、不计入的上级文件", "Parents' files, only compared with the units below")
_FURTHER_HEAD = Text("汇总发现的问题", "Found across submissions")
_NUMERALS = "一二三四五六"


def write_left_out(desk: Desk, totals: Totals) -> None:
    """The sheet 未纳入: files left out, copies, warnings of what counts; in a round, missing units and findings."""
    lang = desk.lang
    name = LEFT_OUT.say(lang)
    page = desk.book.sheet(name)
    page.call("set_default_row", looks.ROW_HEIGHT)
    page.call("set_row", 0, 30)
    page.text(1, 1, name, looks.TITLE)
    page.text(2, 1, _OUT_NOTE.say(lang), looks.NOTE)
    widths = [float(width) for _, width in _OUT_COLUMNS]
    for column, (title, width) in enumerate(_OUT_COLUMNS, 1):
        page.call("set_column", column - 1, column - 1, width)
        page.text(3, column, title.say(lang), looks.HEADER)
    row = 4
    warned = [
        LeftOut(unit.file, unit.unit, unit.name, block.template.name, unit.warnings)
        for block in totals.blocks
        for unit in block.disclosed
    ]
    further = [LeftOut(one.file, one.unit, one.unit_name, one.template, (one.finding,)) for one in totals.further]
    parts = [(_OUT_HEAD, totals.files_left_out), (_COPIES_HEAD, totals.duplicates), (_WARNED_HEAD, tuple(warned))]
    parts[1:1] = [(_MISSING_HEAD, totals.missing)] if totals.missing else []
    parts += [(_COMPARED_HEAD, totals.compared)] if totals.compared else []
    parts += [(_FURTHER_HEAD, tuple(further))] if further else []
    for n, (head, files) in enumerate(parts, 1):
        heading = f"{_NUMERALS[n - 1]}、{head.zh}" if lang == "zh" else f"{n}. {head.en}"
        for column in range(1, len(widths) + 1):
            page.text(row, column, heading if column == 1 else "", looks.heading(RowKind.SECTION))
        row += 1
        for one in files:
            row = _file(page, row, one, lang, widths)
        if not files:
            page.text(row, 1, _NONE.say(lang), looks.NOTE)
            row += 1
    close(desk, page, name, widths, row - 1, fixed=1, header=3)


def _file(page: Page, row: int, one: LeftOut, lang: Lang, widths: Sequence[float]) -> int:
    texts = (one.file, one.shown(lang), one.template, one.why(lang), one.fix(lang))
    style = {**label(), "valign": "top"}
    for column, text in enumerate(texts, 1):
        page.text(row, column, text, style)
    height(page, row, list(zip(texts, widths, strict=True)))
    return row + 1
