"""What changed between budgets as a workbook: 变动桥, whose totals and changes are live sums, and every change."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from crmxl.group.differences import Difference
from crmxl.issue import looks
from crmxl.issue.addresses import a1, letters
from crmxl.issue.book import Book, Page
from crmxl.issue.looks import Looks
from crmxl.model import Lang, Text, say
from crmxl.report.differences import (
    AMOUNTS,
    CELLS,
    CHANGE,
    ITEM,
    KEY,
    NO_BRIDGE,
    NOTHING,
    PLACE,
    REST,
    SHARE,
    TITLE,
    TOTAL,
    UNIT,
    WHAT,
    Walk,
    heading,
    kinds,
    step_title,
    walks,
)

_BRIDGES, _CHANGES = Text("变动桥", "Bridges"), Text("变动明细", "Changes")
_TEMPLATE = Text("模板", "Template")
_WIDTHS = (22, 34, 18, 18, 18, 10)
_CELL: Looks = {"border": 1, "border_color": looks.LINE, "text_wrap": True, "num_format": "@"}
_MONEY: Looks = {"border": 1, "border_color": looks.LINE, "num_format": looks.MONEY}
_CHANGED: Looks = {**_MONEY, "num_format": '+#,##0.00_ ;[Red]-#,##0.00_ ;"-"_ ;@'}
_SHARE: Looks = {"border": 1, "border_color": looks.LINE, "num_format": "0.0%"}
_SUM = {"bold": True, "bg_color": "#EDF2F8"}
_HEADER_ROW = 4


def differences_workbook(differences: Sequence[Difference], lang: Lang) -> bytes:
    """The .xlsx; the same differences give the same bytes."""
    book = Book(cut=True)
    first = _bridges(book, differences, lang)
    _changes(book, differences, lang)
    book.properties(TITLE.say(lang), {})
    book.open_at(first)
    return book.close()


def _bridges(book: Book, differences: Sequence[Difference], lang: Lang) -> Page:
    page = book.sheet(_BRIDGES.say(lang))
    _set_up(page, [(number, width) for number, width in enumerate(_WIDTHS, 1)])
    page.text(1, 1, TITLE.say(lang), {**looks.TITLE, "locked": 0})
    row = 3
    for difference in differences:
        page.text(row, 1, heading(difference, lang), {**looks.LABEL, "locked": 0})
        for note in difference.notes:
            row += 1
            page.text(row, 1, note.say(lang), {**looks.INFO, "locked": 0})
        row += 2
        for walk in walks(difference):
            row = _walk(page, row, walk, lang) + 2
    if not differences:
        page.text(row, 1, NOTHING.say(lang), {**looks.INFO, "locked": 0})
    page.call("ignore_errors", {"number_stored_as_text": f"A1:F{row}"})
    return page


def _walk(page: Page, row: int, walk: Walk, lang: Lang) -> int:
    """One bridge from ``row`` on; its last row. The sums are formulas over the rows above."""
    page.text(row, 1, f"{walk.name.say(lang)}  {walk.before} → {walk.after}", {**looks.LABEL, "locked": 0})
    if walk.bridge is None:
        page.text(row + 1, 1, NO_BRIDGE.say(lang), {**looks.INFO, "locked": 0})
        return row + 1
    bridge = walk.bridge
    titles = (*(one.say(lang) for one in walk.columns), walk.before, walk.after, CHANGE.say(lang), SHARE.say(lang))
    for column, title in enumerate(titles, 1):
        page.text(row + 1, column, title, looks.HEADER)
    rows = [(step.key, step_title(step, lang), step.before, step.after) for step in bridge.steps]
    if bridge.same or not rows:
        rest = bridge.unchanged
        rows.append(("", REST.say(lang).format(count=bridge.same), rest, rest))
    top, total = row + 2, row + 2 + len(rows)
    for at, (key, title, before, after) in enumerate(rows, top):
        page.text(at, 1, key, _CELL)
        page.text(at, 2, title, _CELL)
        page.number(at, 3, Fraction(before, 100), _MONEY)
        page.number(at, 4, Fraction(after, 100), _MONEY)
        page.formula(at, 5, f"D{at}-C{at}", Fraction(after - before, 100), _CHANGED)
        part = Fraction(after - before, bridge.change) if bridge.change else Fraction(0)
        page.formula(at, 6, f"IF(E${total}=0,0,E{at}/E${total})", part, _SHARE)
        lines = max(looks.lines(key, _WIDTHS[0] - 1), looks.lines(title, _WIDTHS[1] - 1))
        page.call("set_row", at - 1, looks.ROW_HEIGHT + (lines - 1) * looks.LINE_HEIGHT)
    page.text(total, 1, TOTAL.say(lang), {**_CELL, **_SUM})
    page.text(total, 2, "", {**_CELL, **_SUM})
    sums = (bridge.before, _MONEY), (bridge.after, _MONEY), (bridge.change, _CHANGED)
    for column, (fen, style) in enumerate(sums, 3):
        formula = f"SUM({a1(top, column)}:{a1(total - 1, column)})"
        page.formula(total, column, formula, Fraction(fen, 100), {**style, **_SUM})
    page.formula(total, 6, f"IF(E{total}=0,0,1)", Fraction(bool(bridge.change)), {**_SHARE, **_SUM})
    return total


def _changes(book: Book, differences: Sequence[Difference], lang: Lang) -> None:
    """Every change, a row each; states side by side. Differences have the same states throughout."""
    labels = differences[0].labels if differences else ()
    of_units = any(difference.by_unit for difference in differences)
    columns = [(_TEMPLATE.say(lang), 22), *([(UNIT.say(lang), 16)] if of_units else [])]
    columns += [(KEY.say(lang), 20), (ITEM.say(lang), 30)]
    for label in labels:
        columns += [(label, 22)] if of_units else [(label, 22), (PLACE.say(lang), 14)]
    columns.append((WHAT.say(lang), 12))
    page = book.sheet(_CHANGES.say(lang))
    _set_up(page, [(number, width) for number, (_, width) in enumerate(columns, 1)])
    page.text(1, 1, (AMOUNTS if of_units else CELLS).say(lang), {**looks.TITLE, "locked": 0})
    for number, (title, _) in enumerate(columns, 1):
        page.text(_HEADER_ROW, number, title, looks.HEADER)
    row = _HEADER_ROW
    for difference in differences:
        for change in difference.cells:
            row += 1
            texts = [difference.template, *([change.unit_name or change.unit] if of_units else [])]
            texts += [change.key, say(change.title, lang)]
            for text, place in zip(change.shown, change.places, strict=True):
                texts += [text] if of_units else [text, place]
            texts.append(kinds(change, lang))
            for number, text in enumerate(texts, 1):
                page.text(row, number, text, _CELL)
            most = max(looks.lines(text, width - 1) for text, (_, width) in zip(texts, columns, strict=True))
            page.call("set_row", row - 1, looks.ROW_HEIGHT + (most - 1) * looks.LINE_HEIGHT)
    page.call("freeze_panes", _HEADER_ROW, 1)
    page.call("repeat_rows", _HEADER_ROW - 1)
    page.call("autofilter", _HEADER_ROW - 1, 0, row - 1, len(columns) - 1)
    page.call("ignore_errors", {"number_stored_as_text": f"A1:{letters(len(columns))}{row}"})


def _set_up(page: Page, widths: Sequence[tuple[int, int]]) -> None:
    page.call("set_default_row", looks.ROW_HEIGHT)
    page.call("set_row", 0, 30)
    for number, width in widths:
        page.call("set_column", number - 1, number - 1, width)
    page.call("set_paper", 9)
    page.call("set_landscape")
    page.call("fit_to_pages", 1, 0)
