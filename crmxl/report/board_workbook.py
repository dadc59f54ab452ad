"""The board as a workbook: 概况 by region with a chart, 逐级汇总 down the tree, 进展 with a row for each unit and
template, and files that were no submissions. Values as of one day; nothing in it computes.
"""

from __future__ import annotations

from collections.abc import Sequence

from crmxl.group.progress import Branch, Progress
from crmxl.group.standing import STATES, State
from crmxl.issue import looks
from crmxl.issue.addresses import a1
from crmxl.issue.book import Book, Page, refusing
from crmxl.issue.looks import Looks
from crmxl.model import Lang, Text
from crmxl.report.board import (
    BESIDE,
    BESIDE_COLUMNS,
    COLUMNS,
    REFUSED,
    REFUSED_COLUMNS,
    beside_cells,
    branch_cells,
    branch_columns,
    cells,
    refused_cells,
)
from crmxl.report.board_page import close, head, put, table
from crmxl.report.board_words import ORDER, headline, sum_words, summary

_SUMMARY, _LEVELS, _UNITS = Text("概况", "Summary"), Text("逐级汇总", "By level"), Text("进展", "Progress")
_REFUSED, _BESIDE = Text("未受理", "Refused"), Text("不在要求内", "Not asked")
_TITLE = Text("{round} 进展", "{round}: progress")
_AS_OF = Text("截至 {day}", "As of {day}")
_CHART = Text("各单位进展（份数，含下级）", "Progress by unit (budgets, with units below)")
_BACK = {
    State.APPROVED: (looks.GREEN, looks.GREEN_TEXT),
    State.RECEIVED: ("#DCE8F5", looks.NAVY),
    State.BLOCKED: (looks.AMBER, looks.AMBER_TEXT),
    State.RETURNED: (looks.RED, looks.RED_TEXT),
    State.MISSING: ("#E9ECEF", "#44546A"),
}
"""Beside the word, never instead of it."""
_BARS = {
    State.APPROVED: "#4C9A6A",
    State.RECEIVED: "#6C93C2",
    State.BLOCKED: "#B07D17",
    State.RETURNED: "#CC5C5C",
    State.MISSING: "#7F8A97",
}
_TOTAL: Looks = {"bold": True, "bg_color": "#D5E1EF"}
_STATE, _LATE = (
    next(at for at, (title, _) in enumerate(COLUMNS) if title.en == name) for name in ("State", "Days late")
)
_MOST_BARS = 40
"""Units that the chart has room for; with more there is none."""


def to_workbook(progress: Progress, lang: Lang) -> bytes:
    """The .xlsx of the board; the same board on the same day gives the same bytes."""
    book = Book(cut=True)
    title = _TITLE.say(lang).format(round=progress.round.shown)
    first = _summary(book, progress, title, lang)
    shown = {branch.unit for branch in progress.tops}
    if any(branch.unit not in shown for branch in progress.branches[1:]):
        page = head(book, _LEVELS.say(lang), title, _notes(progress, lang))
        last = _branches(page, 5, progress, progress.branches[1:], lang)
        columns = branch_columns(progress, lang)
        close(page, title, _LEVELS.say(lang), lang, (5, 1), (last, len(columns)), sum(width for _, width in columns))
    _units(book, progress, title, lang)
    refused = [refused_cells(event, lang) for event in progress.refused]
    beside = [beside_cells(one, lang) for one in progress.beside]
    for name, said, columns_said, rows in (
        (_REFUSED, REFUSED, REFUSED_COLUMNS, refused),
        (_BESIDE, BESIDE, BESIDE_COLUMNS, beside),
    ):
        if rows:
            page = head(book, name.say(lang), title, [said.say(lang).format(count=len(rows))])
            last = table(page, 4, [(text.say(lang), width) for text, width in columns_said], rows)
            width = sum(width for _, width in columns_said)
            close(page, title, name.say(lang), lang, (4, 1), (last, len(columns_said)), width)
    book.properties(title, {})
    book.open_at(first)
    return book.close()


def _notes(progress: Progress, lang: Lang) -> list[str]:
    day = _AS_OF.say(lang).format(day=progress.today.isoformat())
    return [f"{day} · {headline(progress, lang)}", summary(progress.whole, lang)]


def _summary(book: Book, progress: Progress, title: str, lang: Lang) -> Page:
    notes = [*_notes(progress, lang), *(sum_words(one, progress, lang) for one in progress.whole.sums)]
    page = head(book, _SUMMARY.say(lang), title, notes)
    first = len(notes) + 3
    last = _branches(page, first, progress, progress.tops, lang)
    columns = branch_columns(progress, lang)
    bottom = last
    if 0 < len(progress.tops) <= _MOST_BARS:
        tall = 110 + 26 * len(progress.tops)
        _chart(book, page, (first + 1, first + len(progress.tops)), last + 2, tall, lang)
        bottom = last + 2 + tall * 3 // (4 * looks.ROW_HEIGHT)
    close(page, title, _SUMMARY.say(lang), lang, (first, 1), (bottom, len(columns)), sum(width for _, width in columns))
    return page


def _branches(page: Page, first: int, progress: Progress, branches: Sequence[Branch], lang: Lang) -> int:
    """A table of branches from row ``first`` on, the whole under it; its last row."""
    top = min((branch.level for branch in branches), default=0)
    rows = [branch_cells(branch, progress, lang) for branch in branches]
    depths = [branch.level - top for branch in branches]
    last = table(page, first, branch_columns(progress, lang), rows, depths=depths) + 1
    for column, cell in enumerate(branch_cells(progress.branches[0], progress, lang), 1):
        put(page, last, column, cell, _TOTAL)
    return last


def _units(book: Book, progress: Progress, title: str, lang: Lang) -> None:
    page = head(book, _UNITS.say(lang), title, _notes(progress, lang))
    rows = [cells(one, progress, lang) for one in progress.asked]
    depths = [one.level - 1 for one in progress.asked]
    last = table(page, 5, [(text.say(lang), width) for text, width in COLUMNS], rows, depths=depths, name=1)
    for state, (back, colour) in _BACK.items():
        style = book.format({"bg_color": back, "font_color": colour})
        rule = {"type": "cell", "criteria": "==", "value": f'"{STATES[state].say(lang)}"', "format": style}
        page.call("conditional_format", 5, _STATE, max(5, last - 1), _STATE, rule)
    late = book.format({"bg_color": looks.RED, "font_color": looks.RED_TEXT, "bold": True})
    rule = {"type": "formula", "criteria": f"=ISNUMBER({a1(6, _LATE + 1)})", "format": late}
    page.call("conditional_format", 5, _LATE, max(5, last - 1), _LATE, rule)
    close(page, title, _UNITS.say(lang), lang, (5, 2), (last, len(COLUMNS)), sum(width for _, width in COLUMNS))


def _chart(book: Book, page: Page, rows: tuple[int, int], at: int, tall: int, lang: Lang) -> None:
    """States of each unit side by side, under the table from whose rows they are drawn."""
    name = _SUMMARY.say(lang)
    chart = book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    for column, state in enumerate(ORDER, 2):
        chart.add_series(
            {
                "name": STATES[state].say(lang),
                "categories": [name, rows[0] - 1, 0, rows[1] - 1, 0],
                "values": [name, rows[0] - 1, column, rows[1] - 1, column],
                "fill": {"color": _BARS[state]},
                "border": {"none": True},
                "gap": 45,
                "data_labels": {"value": True, "num_format": "0;;;", "font": {"size": 9, "color": "#FFFFFF"}},
            }
        )
    chart.set_title(
        {"name": _CHART.say(lang), "name_font": {"size": 12, "bold": True, "color": looks.NAVY}, "overlay": False}
    )
    chart.set_legend({"position": "bottom", "font": {"size": 9, "color": "#333333"}})
    words = {"num_font": {"size": 9, "color": "#333333"}, "line": {"color": looks.LINE}, "major_tick_mark": "none"}
    chart.set_y_axis({**words, "reverse": True})  # a bar chart's axes are swapped; the first unit on top
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_size({"width": 900, "height": tall})
    chart.set_chartarea({"border": {"color": looks.LINE}})
    with refusing():
        page.raw.insert_chart(at - 1, 0, chart, {"object_position": 2, "description": _CHART.say(lang)})
