"""填报说明: what the workbook is for, whose it is, how to fill it, what the colours mean, where to send it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from crmxl.define.round import whole_name
from crmxl.expression import Value
from crmxl.issue import appendix, charting, looks
from crmxl.issue.addresses import quoted
from crmxl.issue.book import Book, Page
from crmxl.issue.places import CHECKS, FLAG, Layout, Role, RowKind
from crmxl.issue.validation import result_colours
from crmxl.model import Assignment, Kind, Text, Type

if TYPE_CHECKING:
    from crmxl.issue.remarks import Carried

NAME = Text("填报说明", "Guide")
_FACTS = Text("基本信息", "Facts")
_STEPS = Text("填报步骤", "Steps")
_LEGEND = Text("图例", "Legend")
_CONTENTS = Text("目录", "Contents")
_UNIT, _YEAR, _ROUND = Text("预算单位", "Unit"), Text("预算年度", "Year"), Text("编制轮次", "Round")
_DEADLINE, _CONTACT = Text("提交截止", "Deadline"), Text("联系人", "Contact")
_VERSION, _CURRENCY, _STATUS = Text("模板版本", "Template"), Text("金额单位", "Amounts"), Text("校验状态", "Check")
_MONTHS = Text("预算期间", "Period")
_PURPOSE = Text("用途", "Purpose")
_YUAN = Text("元（两位小数）", "Yuan, two decimals")
_GENERAL = (
    Text(
        "在浅黄色单元格中填写；灰色为公式，自动计算，请勿改动。",
        "Fill the pale yellow cells; grey cells calculate themselves, leave them alone.",
    ),
    Text(
        "金额以元为单位填数字，最多两位小数，不带“元”“万”等文字；确无预算的填 0。",
        "Enter amounts as numbers in yuan, at most two decimals, no words; enter 0 where there is no budget.",
    ),
    Text(
        "不要增删行列、合并单元格或粘贴公式；需要草算请用“工作底稿”。",
        "Do not insert or delete rows or columns, merge cells or paste formulas; use Scratch for workings.",
    ),
    Text(
        "项目不够时用组末的空白行并写明名称。",
        "Use the blank lines for items of your own and name them.",
    ),
    Text(
        "看各表左上角的校验状态：未完成、提示、不通过时，按“校验”表和“本行检查”列改正，直到显示“通过”。",
        "Watch the check at the top left of each sheet; until it says Pass, follow Checks and the Row check column.",
    ),
    Text(
        "填报后的修改记入“变更记录”，保存为 .xlsx 后按要求提交，无需另存其他格式。",
        "Record later changes in Change log, save as .xlsx and submit; no other format is needed.",
    ),
)
_OPEN = _GENERAL[3]
"""Said only where there are such lines."""
_BEFORE = {f"{_GENERAL[2].zh}{_OPEN.zh}", f"{_GENERAL[2].en} {_OPEN.en}"}
"""How both were said in workbooks that are out."""
_COPY = Text("标注副本，不用于提交", "Marked copy, not to be submitted")
_COPY_STEPS = (
    Text("本文件", "This file"),
    Text(
        "这是标出问题的副本：有问题的单元格已标红并带批注，全部问题见“问题清单”。请不要提交本副本。",
        "This is a copy with the findings: their cells are red and carry a note; the sheet Findings lists them all. "
        "Do not submit it.",
    ),
    Text("怎么改", "What to do"),
    Text(
        "请在原文件中修改，改好后提交原文件。",
        "Change it in your own file, and submit your own file.",
    ),
)
_UNCARRIED = Text("本副本没有带入的内容（请在原文件中修改）", "Not carried into this copy (change it in your own file)")
_FILE = Text("原文件", "Your file")
_FURTHER = Text("另有 {count} 处，请查看原文件。", "{count} more; see your own file.")
_LOG = Text("填报后的修改逐笔登记，不参与计算", "For later changes, one a line; nothing is calculated with")
_SCRATCH = Text("草算用，可随意增删，汇总时不读取", "For your workings; the group never reads it")
_NOTHING = Text("自动计算，不用填写", "Calculated, nothing to fill")
_CHARTS = Text("各表数字的图，自动更新，不用填写", "Figures of the other sheets as charts; nothing to fill")
_SWATCHES = (
    (
        Role.INPUT,
        RowKind.LINE,
        Text("填报单元格：由预算单位填写（虚线框）", "Input: filled by the unit (dotted frame)"),
    ),
    (Role.ISSUED, RowKind.LINE, Text("集团下达：锁定", "Issued by the group: locked")),
    (Role.CALCULATED, RowKind.LINE, Text("公式：自动计算，锁定", "Formula: calculates itself, locked")),
    (
        Role.CALCULATED,
        RowKind.TOTAL,
        Text("小计、合计、总计：自动计算，锁定", "Subtotals and totals: calculated, locked"),
    ),
    (Role.CLOSED, RowKind.LINE, Text("不在预算期间内的月份：锁定", "Month outside the period: locked")),
)
_PAGE = (11.69 - 2 * 0.6) * 72 * 0.97, (8.27 - 2 * 0.5) * 96 * 0.91
"""Points down A4 within our margins, and pixels across, less a little since programs measure fonts differently."""
_WIDTHS = 3, 18, 78
_NEARLY = 1.25
"""Pages that are made one."""
_MOST_KEPT = 100
_texts: dict[tuple[str, str], frozenset[str]] = {}
"""Texts of the sheet as issued to nobody in particular, by layout; the workbooks of a round have few layouts."""


def write(book: Book, layout: Layout, assignment: Assignment, flag: Value, carried: Carried | None = None) -> Page:
    """The sheet 填报说明; returns it, since the workbook opens there.

    An annotated copy, which ``carried`` makes it, says first that it is one, and what of the unit's it does not carry.
    """
    lang = layout.lang
    page = book.sheet(NAME.say(lang))
    page.call("hide_gridlines", 2)
    for column, width in enumerate(_WIDTHS):
        page.call("set_column", column, column, width)
    page.call("set_default_row", looks.ROW_HEIGHT)
    page.call("set_row", 0, 12)
    page.call("set_row", 1, 36)
    page.text(2, 2, headline(layout), looks.TITLE)
    row = _copy(page, 4, carried, layout) if carried is not None else 4
    row, more = _heading(page, row, _FACTS.say(lang)), 0
    for label, value in _facts(layout, assignment):
        page.text(row, 2, label, looks.ASIDE)
        more += _told(page, row, value)
        row += 1
    page.text(row, 2, _STATUS.say(lang), looks.ASIDE)
    page.formula(row, 3, layout.addresser("")((FLAG,))[0], flag, looks.FLAG)
    result_colours(page, f"C{row}", layout)
    row = _heading(page, row + 2, _STEPS.say(lang))
    some_open = any(row.kind is RowKind.OPEN for plan in layout.sheets for row in plan.rows)
    steps = [*layout.template.steps, *(step for step in _GENERAL if some_open or step is not _OPEN)]
    for number, text in enumerate((step.say(lang) for step in steps), 1):
        page.text(row, 2, f"{number}." if lang == "en" else f"第 {number} 步", looks.ASIDE)
        more += _told(page, row, text)
        row += 1
    row = _heading(page, row + 1, _LEGEND.say(lang))
    roles = {cell.role for cell in layout.cells.values()}
    for role, kind, words in _SWATCHES:
        if role in roles:
            sample = {Role.CLOSED: "", Role.INPUT: "12,000.00"}.get(role, "12,000.00")
            page.text(row, 2, sample, {**looks.cell(role, Type.MONEY, kind), "align": "right", "locked": 1})
            page.text(row, 3, words.say(lang), looks.INDENTED)
            row += 1
    row = _heading(page, row + 1, _CONTENTS.say(lang))
    for name, about in _contents(layout):
        page.link(row, 2, f"{quoted(name)}!A1", name, {**looks.LINK, "valign": "top"})
        more += _told(page, row, about)
        row += 1
    page.call("set_paper", 9)
    nearly_one = carried is None and _pages(row * looks.ROW_HEIGHT + more * looks.LINE_HEIGHT) <= _NEARLY
    page.call("fit_to_pages", 1, 1 if nearly_one else 0)
    page.call("set_margins", 0.5, 0.5, 0.6, 0.6)
    page.call("print_area", 0, 0, row, 2)
    page.call("protect", "", {"format_columns": True, "format_rows": True})
    return page


def texts(layout: Layout, assignment: Assignment) -> frozenset[str]:
    """Every text of the sheet as it is issued."""
    key = layout.fingerprint, layout.lang
    if key not in _texts:
        if len(_texts) >= _MOST_KEPT:
            _texts.clear()
        book = Book()
        write(book, layout, Assignment(year=layout.year, lang=layout.lang), "")
        _texts[key] = book.texts
    return (
        _texts[key]
        | _BEFORE
        | set(_contents_before(layout))
        | {text for fact in _facts(layout, assignment) for text in fact}
    )


def _told(page: Page, row: int, text: str) -> int:
    """Says ``text`` in a row as high as it needs; how many lines it takes beyond one."""
    most = looks.lines(text, 82 if text.isascii() else 76) - 1  # Latin letters are narrower than digits
    page.text(row, 3, text, looks.WRAPPED)
    page.call("set_row", row - 1, looks.ROW_HEIGHT + most * looks.LINE_HEIGHT)
    return most


def _pages(tall: float) -> float:
    """How many pages so many points take when the sheet is as wide as one."""
    wide = sum(width * 8.2 + 5 for width in _WIDTHS)
    return tall * min(1.0, _PAGE[1] / wide) / _PAGE[0]


def _copy(page: Page, row: int, carried: Carried, layout: Layout) -> int:
    """That this is a copy, and what it lacks; the next free row."""
    lang = layout.lang
    row = _heading(page, row, _COPY.say(lang))
    told = [text.say(lang) for text in _COPY_STEPS]
    row = _pairs(page, row, list(zip(told[::2], told[1::2], strict=True)))
    if carried.uncarried_count:
        row = _heading(page, row + 1, _UNCARRIED.say(lang))
        row = _pairs(page, row, [(where or _FILE.say(lang), what) for where, what in carried.uncarried])
        if further := carried.uncarried_count - len(carried.uncarried):
            row = _pairs(page, row, [("…", _FURTHER.say(lang).format(count=f"{further:,}"))])
    return row + 1


def _pairs(page: Page, row: int, pairs: Sequence[tuple[str, str]]) -> int:
    """Labels with what is said of them, rows as high as both need; the next free row."""
    for label, value in pairs:
        page.text(row, 2, label, {**looks.ASIDE, "text_wrap": True})
        page.text(row, 3, value, looks.WRAPPED)
        most = max(looks.lines(label, 15), looks.lines(value, 76))
        page.call("set_row", row - 1, looks.ROW_HEIGHT + (most - 1) * looks.LINE_HEIGHT)
        row += 1
    return row


def headline(layout: Layout) -> str:
    """The title of the workbook with its year."""
    title = layout.template.title.say(layout.lang)
    if layout.lang == "en":
        return f"{title} {layout.year}"
    return f"{layout.year}年度{title.removeprefix('年度')}"


def _heading(page: Page, row: int, text: str) -> int:
    for column in (2, 3):
        page.text(row, column, text if column == 2 else "", looks.heading(RowKind.SECTION))
    return row + 1


def _facts(layout: Layout, assignment: Assignment) -> list[tuple[str, str]]:
    lang = layout.lang
    unit = assignment.unit_name or assignment.unit
    if assignment.unit_name and assignment.unit != assignment.unit_name:
        unit = f"{assignment.unit_name}（{assignment.unit}）" if lang == "zh" else f"{unit} ({assignment.unit})"
    period = f"{layout.year}-{layout.first_month:02d} – {layout.year}-12" if layout.first_month > 1 else ""
    facts = (
        (_UNIT, unit),
        (_YEAR, str(layout.year)),
        (_MONTHS, period),
        (_ROUND, whole_name(assignment.round, assignment.stage)),
        (_DEADLINE, assignment.deadline),
        (_CONTACT, assignment.contact),
        (_CURRENCY, _YUAN.say(lang)),
        (_VERSION, layout.template.name),
        (_PURPOSE, layout.template.purpose.say(lang)),
    )
    return [(label.say(lang), value) for label, value in facts if value]


def _contents(layout: Layout) -> Iterator[tuple[str, str]]:
    """The sheets in order, each with what it is for."""
    lang = layout.lang
    for plan in layout.sheets:
        if plan.id == CHECKS and charting.drawn(layout):
            yield charting.NAME.say(lang), _CHARTS.say(lang)
        about = filter(None, (_about(layout, plan.id), plan.note))
        yield plan.name, ("；" if lang == "zh" else ". ").join(about)
    yield appendix.CHANGE_LOG.say(lang), _LOG.say(lang)
    yield appendix.SCRATCH.say(lang), _SCRATCH.say(lang)


def _contents_before(layout: Layout) -> Iterator[str]:
    """What the contents said in workbooks that are out."""
    for plan in layout.sheets:
        rows = sum(1 for row in plan.rows if row.kind.filled)
        for about in (f"{rows} 个填报项", f"{rows} 行可填", f"{rows} fields", f"{rows} rows to fill", _NOTHING.en):
            yield ("；" if layout.lang == "zh" else "; ").join(filter(None, (about, plan.note)))


def _about(layout: Layout, sheet: str) -> str:
    plan = layout.by_id[sheet]
    if sheet == CHECKS:
        return "自动检查结果，不用填写" if layout.lang == "zh" else "Automatic checks, nothing to fill"
    rows = len({cell.row for cell in layout.inputs if cell.sheet == sheet})
    if not rows:
        return _NOTHING.say(layout.lang)
    if plan.kind is Kind.FORM:
        return f"{rows} 个填报项" if layout.lang == "zh" else f"{rows} {'field' if rows == 1 else 'fields'} to fill"
    return f"{rows} 行可填" if layout.lang == "zh" else f"{rows} {'row' if rows == 1 else 'rows'} to fill"
