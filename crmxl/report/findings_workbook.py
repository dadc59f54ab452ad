"""Findings as a workbook: 概况, a line a file, and 问题, a line a finding; text only, nothing that computes."""

from __future__ import annotations

from collections.abc import Sequence

from crmxl.catalogue import word
from crmxl.check.verdict import Report, Verdict
from crmxl.issue import looks
from crmxl.issue.addresses import letters
from crmxl.issue.book import Book, Page
from crmxl.issue.looks import Looks
from crmxl.model import Lang, Severity, Text
from crmxl.report.findings import SEVERITIES, VERDICTS, counts, template_name
from crmxl.report.findings_text import summary

_SUMMARY, _FINDINGS = Text("概况", "Summary"), Text("问题", "Findings")
_TITLE = Text("校验结果", "Validation")
_SUMMARY_COLUMNS = (
    (Text("文件", "File"), 46),
    (Text("模板", "Template"), 23),
    (Text("预算单位", "Unit"), 20),
    (Text("结论", "Verdict"), 11),
    (Text("总额（元）", "Total (yuan)"), 16),
    (Text("错误", "Errors"), 7),
    (Text("警告", "Warnings"), 9),
    (Text("提示", "Notes"), 7),
)
# Together below 180 characters: beyond that, A4 landscape prints too small to read.
_FINDING_COLUMNS = (
    (Text("文件", "File"), 24),
    (Text("预算单位", "Unit"), 14),
    (Text("级别", "Severity"), 8),
    (Text("代码", "Code"), 7),
    (Text("工作表", "Sheet"), 12),
    (Text("单元格", "Cell"), 9),
    (Text("项目", "Item"), 20),
    (Text("问题", "Finding"), 46),
    (Text("怎么改", "What to do"), 36),
)
_BACK = {
    Verdict.OK: (looks.GREEN, looks.GREEN_TEXT),
    Verdict.WARNINGS: (looks.AMBER, looks.AMBER_TEXT),
    Verdict.ERRORS: (looks.RED, looks.RED_TEXT),
    Verdict.UNREADABLE: (looks.RED, looks.RED_TEXT),
    Severity.ERROR: (looks.RED, looks.RED_TEXT),
    Severity.WARNING: (looks.AMBER, looks.AMBER_TEXT),
    Severity.INFO: ("#FFFFFF", looks.NAVY),
}
_CELL: Looks = {"border": 1, "border_color": looks.LINE, "text_wrap": True, "num_format": "@"}
_MONEY: Looks = {"border": 1, "border_color": looks.LINE, "num_format": looks.MONEY}
_COUNT: Looks = {"border": 1, "border_color": looks.LINE, "align": "center", "num_format": "0;-0;;@"}
_HEADER_ROW = 4


def to_workbook(reports: Sequence[Report], lang: Lang) -> bytes:
    """The .xlsx of all files and findings; the same reports give the same bytes."""
    book = Book(cut=True)
    first = _page(book, _SUMMARY.say(lang), _SUMMARY_COLUMNS, summary(reports, lang), lang)
    for row, report in enumerate(reports, _HEADER_ROW + 1):
        _summary_row(first, row, report, lang)
    _close(first, len(reports), len(_SUMMARY_COLUMNS))
    page = _page(book, _FINDINGS.say(lang), _FINDING_COLUMNS, summary(reports, lang), lang)
    row = _HEADER_ROW
    for report in reports:
        for finding in report.findings:
            row += 1
            worded = word(finding, lang, report.submission.file)
            where = finding.place
            texts = (
                *(report.submission.file, report.unit_name, SEVERITIES[finding.severity].say(lang), finding.code),
                *(where.sheet, where.cell, where.title or worded.title, worded.message, worded.fix),
            )
            for column, text in enumerate(texts, 1):
                style = _coloured(finding.severity) if column == 3 else _CELL
                page.text(row, column, text, style)
            _height(page, row, texts, _FINDING_COLUMNS)
    _close(page, row - _HEADER_ROW, len(_FINDING_COLUMNS))
    book.properties(_TITLE.say(lang), {})
    book.open_at(first)
    return book.close()


def _summary_row(page: Page, row: int, report: Report, lang: Lang) -> None:
    texts = (report.submission.file, template_name(report), report.unit_name, VERDICTS[report.verdict].say(lang))
    for column, text in enumerate(texts, 1):
        page.text(row, column, text, _coloured(report.verdict) if column == 4 else _CELL)
    if report.total is None:
        page.text(row, 5, "", _CELL)
    else:
        page.number(row, 5, report.total, _MONEY)
    for column, severity in enumerate(SEVERITIES, 6):
        page.number(row, column, counts(report)[severity], _COUNT)
    _height(page, row, texts, _SUMMARY_COLUMNS)


def _page(book: Book, name: str, columns: Sequence[tuple[Text, int]], note: str, lang: Lang) -> Page:
    page = book.sheet(name)
    page.call("set_default_row", looks.ROW_HEIGHT)
    page.call("set_row", 0, 30)
    page.text(1, 1, f"{_TITLE.say(lang)}{'：' if lang == 'zh' else ': '}{name}", {**looks.TITLE, "locked": 0})
    page.text(2, 1, note, {**looks.INFO, "locked": 0})
    for column, (title, width) in enumerate(columns, 1):
        page.call("set_column", column - 1, column - 1, width)
        page.text(_HEADER_ROW, column, title.say(lang), looks.HEADER)
    page.call("freeze_panes", _HEADER_ROW, 1)
    page.call("set_paper", 9)
    page.call("set_landscape")
    page.call("fit_to_pages", 1, 0)
    page.call("repeat_rows", _HEADER_ROW - 1)
    return page


def _close(page: Page, rows: int, columns: int) -> None:
    """A filter over the table, and what codes in text cells need so that Excel shows no green triangles."""
    last = _HEADER_ROW + rows
    page.call("autofilter", _HEADER_ROW - 1, 0, last - 1, columns - 1)
    page.call("ignore_errors", {"number_stored_as_text": f"A1:{letters(columns)}{last}"})


def _height(page: Page, row: int, texts: Sequence[str], columns: Sequence[tuple[Text, int]]) -> None:
    """Points for the longest wrapped text; programs do not grow rows by themselves for files they did not make."""
    most = max(looks.lines(text, width - 1) for text, (_, width) in zip(texts, columns, strict=False))
    page.call("set_row", row - 1, looks.ROW_HEIGHT + (most - 1) * looks.LINE_HEIGHT)


def _coloured(worth: Verdict | Severity) -> Looks:
    back, text = _BACK[worth]
    return {**_CELL, "bg_color": back, "font_color": text, "bold": True, "align": "center"}
