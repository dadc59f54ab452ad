"""The sheets around the data: 变更记录, 工作底稿, 问题清单 (annotated copies) and the hidden stamp."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crmxl.issue import looks
from crmxl.issue.addresses import a1, quoted
from crmxl.issue.book import Book, Page
from crmxl.issue.places import Layout
from crmxl.issue.stamp import SHEET
from crmxl.model import Lang, Text

if TYPE_CHECKING:
    from crmxl.issue.remarks import Aside
    from crmxl.issue.workbook import Note

CHANGE_LOG = Text("变更记录", "Change log")
SCRATCH = Text("工作底稿", "Scratch")
FINDINGS = Text("问题清单", "Findings")
_LOG_COLUMNS = (
    (Text("日期", "Date"), 14),
    (Text("修改人", "By"), 14),
    (Text("位置（表、单元格）", "Where (sheet, cell)"), 26),
    (Text("原内容", "Before"), 22),
    (Text("修改后", "After"), 22),
    (Text("原因", "Reason"), 44),
)
_LOG_ROWS = 22
_SCRATCH_WIDTH = 14
_LOG_NOTE = Text(
    "填报后的修改请逐笔登记，便于审核。本表不参与计算。",
    "Record each later change for the reviewers. Nothing here is calculated with.",
)
_SCRATCH_NOTE = Text("草算用，可随意增删；汇总时不读取本表。", "For your workings; the group never reads this sheet.")
_FINDING_COLUMNS = (
    (Text("序号", "No."), 7),
    (Text("级别", "Severity"), 18),
    (Text("位置", "Where"), 24),
    (Text("项目", "Item"), 28),
    (Text("问题", "Finding"), 64),
    (Text("怎么改", "What to do"), 48),
)
_FINDINGS_NOTE = Text(
    "点“位置”可跳到单元格。本副本用来看问题，不要提交；请在原文件中修改后提交原文件。",
    "Click Where to go to the cell. This copy is for reading only: change your own file and submit that one.",
)


def scratch_words(lang: Lang) -> dict[tuple[int, int], str]:
    """What 工作底稿 is issued with, by row and column."""
    return {(1, 1): SCRATCH.say(lang), (2, 1): _SCRATCH_NOTE.say(lang)}


def log_words(lang: Lang) -> dict[tuple[int, int], str]:
    """What 变更记录 is issued with, by row and column."""
    titles = {(3, column): title.say(lang) for column, (title, _) in enumerate(_LOG_COLUMNS, 1)}
    return {(1, 1): CHANGE_LOG.say(lang), (2, 1): _LOG_NOTE.say(lang), **titles}


def write_change_log(book: Book, lang: Lang, entered: Mapping[tuple[int, int], Aside]) -> Page:
    """变更记录: a table for the unit's own record of changes, with what it has ``entered`` in a copy; never counted."""
    page = _table(book, CHANGE_LOG.say(lang), _LOG_NOTE.say(lang), _LOG_COLUMNS, lang)
    for row in range(4, 4 + _LOG_ROWS):
        for column in range(1, len(_LOG_COLUMNS) + 1):
            page.text(row, column, "", looks.FREE)
    heights: dict[int, int] = {}
    for (row, column), aside in entered.items():
        width = _LOG_COLUMNS[column - 1][1] if column <= len(_LOG_COLUMNS) else 8
        heights[row] = max(heights.get(row, 1), looks.lines(aside.shown, width - 1))
        _write_aside(page, row, column, aside, looks.FREE)
    for row, most in heights.items():
        page.call("set_row", row - 1, looks.ROW_HEIGHT + (most - 1) * looks.LINE_HEIGHT)
    page.call("protect", "", {"format_columns": True, "format_rows": True, "sort": True})
    return page


def write_scratch(book: Book, lang: Lang, entered: Mapping[tuple[int, int], Aside]) -> Page:
    """工作底稿: free, with what the unit has ``entered`` in a copy; never counted."""
    page = book.sheet(SCRATCH.say(lang))
    page.call("set_column", 0, 20, _SCRATCH_WIDTH)
    page.text(1, 1, SCRATCH.say(lang), looks.TITLE)
    page.call("set_row", 0, 30)
    page.text(2, 1, _SCRATCH_NOTE.say(lang), looks.NOTE)
    page.call("set_paper", 9)
    page.call("set_landscape")
    widest: dict[int, int] = {}
    for (row, column), aside in entered.items():
        if not isinstance(aside.value, str):  # a number that does not fit is shown as ####; a text flows on
            widest[column] = max(widest.get(column, 0), len(aside.shown) + 2)
        _write_aside(page, row, column, aside, {})
    for column, width in widest.items():
        if width > _SCRATCH_WIDTH:
            page.call("set_column", column - 1, column - 1, width)
    return page


def _write_aside(page: Page, row: int, column: int, aside: Aside, style: looks.Looks) -> None:
    """A value of the unit's own, never a formula."""
    if isinstance(aside.value, str):
        page.text(row, column, aside.value, {**style, "num_format": "@"})
    else:
        page.number(row, column, aside.value, {**style, "num_format": aside.number_format})


def write_findings(book: Book, layout: Layout, notes: Sequence[Note]) -> Page:
    """问题清单: each finding with a link to its cell."""
    lang = layout.lang
    page = _table(book, FINDINGS.say(lang), _FINDINGS_NOTE.say(lang), _FINDING_COLUMNS, lang)
    wrapped = {**looks.WRAPPED, "border": 1, "border_color": looks.LINE}
    for number, note in enumerate(notes, 1):
        row = number + 3
        page.number(row, 1, number, wrapped)
        page.text(row, 2, note.severity, wrapped)
        cell = layout.cells.get(note.key)
        if cell is not None:
            name, place = layout.by_id[cell.sheet].name, a1(cell.row, cell.column)
            page.link(row, 3, f"{quoted(name)}!{place}", f"{name}!{place}", {**wrapped, **looks.LINK})
        else:
            page.text(row, 3, "", wrapped)
        page.text(row, 4, note.title, wrapped)
        page.text(row, 5, note.message, wrapped)
        page.text(row, 6, note.fix, wrapped)
        sides = (note.severity, 9), (note.title, 26), (note.message, 60), (note.fix, 44)
        most = max(looks.lines(text, width) for text, width in sides)
        page.call("set_row", row - 1, looks.ROW_HEIGHT + (most - 1) * looks.LINE_HEIGHT)
    page.call("protect", "", {"format_columns": True, "format_rows": True})
    return page


def write_stamp(book: Book, text: str) -> None:
    """The hidden sheet ``_crmxl`` with the stamp's text."""
    page = book.sheet(SHEET)
    page.text(1, 1, text, looks.HIDDEN)
    page.call("very_hidden")
    page.call("protect", "")


def _table(book: Book, name: str, note: str, columns: Sequence[tuple[Text, int]], lang: Lang) -> Page:
    page = book.sheet(name)
    page.call("set_default_row", looks.ROW_HEIGHT)
    page.call("set_row", 0, 30)
    page.text(1, 1, name, looks.TITLE)
    page.text(2, 1, note, looks.NOTE)
    for column, (title, size) in enumerate(columns, 1):
        page.call("set_column", column - 1, column - 1, size)
        page.text(3, column, title.say(lang), looks.HEADER)
    page.call("freeze_panes", 3, 0)
    page.call("set_paper", 9)
    page.call("set_landscape")
    page.call("fit_to_pages", 1, 0)
    page.call("repeat_rows", 0, 2)
    return page
