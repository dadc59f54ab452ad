"""Sheets of the board's workbook and of the chase list: a head, tables to filter and sort, A4 landscape."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from crmxl.issue import looks
from crmxl.issue.addresses import letters
from crmxl.issue.book import Book, Page, footer
from crmxl.issue.looks import Looks
from crmxl.model import Lang, Text
from crmxl.report.board import Cell

PLAIN: Looks = {"border": 1, "border_color": looks.LINE, "text_wrap": True, "num_format": "@"}
MONEY: Looks = {"border": 1, "border_color": looks.LINE, "num_format": looks.MONEY}
COUNT: Looks = {"border": 1, "border_color": looks.LINE, "align": "center", "num_format": "0;-0;;@"}
"""Zero is shown as nothing: a board has many."""
_PAGES = Text("第 &P 页／共 &N 页", "Page &P of &N")
_DEEPEST = 6
"""Steps that a name stands in at most, so that there is room for it."""
_INDENT = 2
"""Characters of a step."""
_ONE_PAGE = 215
"""Characters across A4 landscape at 65 %, below which it prints too small to read."""


def head(book: Book, name: str, title: str, notes: Sequence[str]) -> Page:
    """A sheet with its title and a line for each note."""
    page = book.sheet(name)
    page.call("set_default_row", looks.ROW_HEIGHT)
    page.call("set_row", 0, 30)
    page.text(1, 1, title, {**looks.TITLE, "locked": 0})
    for row, note in enumerate(notes, 2):
        page.text(row, 1, note, {**looks.INFO, "locked": 0})
    return page


def header(page: Page, row: int, titles: Sequence[str], widths: Sequence[int]) -> None:
    """A table's header, with the height that its titles need."""
    most = max(looks.lines(title, width - 1) for title, width in zip(titles, widths, strict=True))
    page.call("set_row", row - 1, looks.ROW_HEIGHT + 4 + (most - 1) * looks.LINE_HEIGHT)
    for column, title in enumerate(titles, 1):
        page.text(row, column, title, {**looks.HEADER, "locked": 0})


def put(page: Page, row: int, column: int, cell: Cell, more: Looks | None = None) -> None:
    """A text, a count or an amount, as each looks."""
    if isinstance(cell, str):
        page.text(row, column, cell, {**PLAIN, **(more or {})})
    else:
        page.number(row, column, cell, {**(MONEY if isinstance(cell, Fraction) else COUNT), **(more or {})})


def table(
    page: Page,
    first: int,
    columns: Sequence[tuple[str, int]],
    rows: Sequence[Sequence[Cell]],
    *,
    depths: Sequence[int] = (),
    name: int = 0,
) -> int:
    """A table from row ``first`` on with a filter over it; its last row.

    ``depths`` says how far the unit's name of each row, in the column ``name`` from 0, stands in.
    """
    titles, widths = [title for title, _ in columns], [width for _, width in columns]
    header(page, first, titles, widths)
    for column, width in enumerate(widths):
        page.call("set_column", column, column, width)
    for row, cells in enumerate(rows, first + 1):
        depth = min(depths[row - first - 1], _DEEPEST) if depths else 0
        most = 1
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            inward = depth if column == name else 0
            put(page, row, column + 1, cell, {"indent": inward} if inward else None)
            if isinstance(cell, str):
                most = max(most, looks.lines(cell, width - 1 - _INDENT * inward))
        if most > 1:
            page.call("set_row", row - 1, looks.ROW_HEIGHT + (most - 1) * looks.LINE_HEIGHT)
    last = first + len(rows)
    page.call("autofilter", first - 1, 0, last - 1, len(columns) - 1)
    return last


def close(
    page: Page, title: str, name: str, lang: Lang, frozen: tuple[int, int], last: tuple[int, int], width: int
) -> None:
    """Print set-up: rows above ``frozen`` and columns before it repeat; two pages wide where one would be too small.

    ``last`` is the last row and column, ``width`` what all columns have together.
    """
    row, column = frozen
    page.call("freeze_panes", row, column)
    page.call("set_paper", 9)
    page.call("set_landscape")
    page.call("set_margins", 0.4, 0.4, 0.6, 0.6)
    page.call("print_area", 0, 0, last[0] - 1, last[1] - 1)
    if row:
        page.call("repeat_rows", row - 1)
    if width <= _ONE_PAGE:
        page.call("fit_to_pages", 1, 0)
    else:
        page.call("fit_to_pages", 2, 0)
        page.call("repeat_columns", 0, column - 1)
    left, right = footer(title), footer(name)
    page.call("set_footer", f"&L&8 {left}&C&8 {_PAGES.say(lang)}&R&8 {right}")
    page.call("ignore_errors", {"number_stored_as_text": f"A1:{letters(last[1])}{last[0]}"})
