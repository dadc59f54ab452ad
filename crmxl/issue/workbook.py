"""Layout → .xlsx bytes. One writer, three products: no inputs give the blank form, inputs a prefilled one, notes the
annotated copy that goes back. The same inputs give the same bytes; every formula carries its true value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from crmxl.errors import WriteError
from crmxl.expression import Value
from crmxl.issue import appendix, charting, guide, looks, printing, remarks
from crmxl.issue.addresses import a1, letters
from crmxl.issue.book import Book, Page, footer
from crmxl.issue.calculate import calculate, subtract
from crmxl.issue.places import (
    CHECKS,
    FIRST_ROW,
    FLAG,
    HEADER_ROW,
    HEADLINE_COLUMN,
    ID_ROW,
    MARKER,
    MARKER_ROW,
    NOTE_ROW,
    SIGNATURES,
    STATUS_ROW,
    TITLE_ROW,
    Cell,
    Layout,
    Role,
    Row,
    RowKind,
    SheetPlan,
)
from crmxl.issue.remarks import Carried
from crmxl.issue.stamp import Stamp, properties, stamp_text
from crmxl.issue.validation import below_zero, conditional_formats, data_validations
from crmxl.model import Assignment, Key, Kind, Lang, Text, Type, split_key
from crmxl.money import LIMIT_ISSUED, read_number

PROTECTION = {
    "autofilter": True,
    "format_columns": True,
    "format_rows": True,
    "sort": True,
    "select_locked_cells": True,
    "select_unlocked_cells": True,
}
"""What a protected sheet still allows; no password: locks are against accidents, checks are against the rest."""
_UNIT = Text("预算单位：{unit}　　预算年度：{year}　　单位：元", "Unit: {unit}    Year: {year}    Amounts in yuan")
_CHECK = Text("校验", "Check")
_LEFT = Text("距 {code} 上限", "{code} headroom")
_BEFORE = {"上限余额（元）", "Left (yuan)", "应为", "Expected", "差异", "Difference"}
"""What stood for ``_LEFT`` and for headings of 校验 in workbooks that are out."""
_IN_FULL = Text("……（全文见“填报说明”）", " … (in full in the Guide)")
_ELSEWHERE = Text("说明见“填报说明”", "See the Guide")
_CODE = Text("编码", "Code")
_PAGES = Text("第 &P 页／共 &N 页", "Page &P of &N")


@dataclass(frozen=True, slots=True)
class Note:
    """A remark for the annotated copy."""

    key: Key
    """The cell it is about; empty where it is about the file."""
    severity: str
    """As people read it."""
    title: str
    """Which line."""
    message: str
    """What is wrong."""
    fix: str
    """What to do."""


def write(
    layout: Layout,
    assignment: Assignment,
    inputs: Mapping[Key, Value] | None = None,
    *,
    notes: Sequence[Note] = (),
    carried: Carried | None = None,
    secret: bytes = b"",
    cache: bool = True,
) -> bytes:
    """The workbook of one unit. ``inputs`` are exact values (元), texts as typed, dates as serial numbers.

    With ``notes`` it is an annotated copy, which has what is ``carried`` from the returned file.
    ``secret`` signs the stamp; ``cache=False`` leaves the values of formulas empty, for an oracle that must compute
    them. Raises WriteError beyond Excel's limits.
    """
    given = {**(inputs or {}), **issued_values(layout, assignment)}
    values = {**given, **calculate(layout, given)}
    marked: dict[Key, list[Note]] = {}
    for note in notes:
        marked.setdefault(note.key, []).append(note)
    book = Book(locked=True)
    beside = carried or Carried()
    writer = _Writer(book, layout, assignment, values, marked, cache)
    first = guide.write(book, layout, assignment, writer.flag_value(), beside if notes else None)
    for plan in layout.sheets:
        if plan.id == CHECKS:
            writer.charts()
        writer.sheet(plan)
    log = appendix.write_change_log(book, layout.lang, beside.log)
    whose = f"{guide.headline(layout)}　{assignment.unit_name or assignment.unit}".strip()
    log.call("set_header", f"&L&9 {footer(whose)}")  # not in a cell: those are the unit's own
    scratch = appendix.write_scratch(book, layout.lang, beside.scratch)
    around = [(first, guide.NAME), (log, appendix.CHANGE_LOG), (scratch, appendix.SCRATCH)]
    if notes:
        around.append((appendix.write_findings(book, layout, notes), appendix.FINDINGS))
    for page, name in around:
        writer.footer(page, name.say(layout.lang))
    text = stamp_text(
        Stamp(layout.template.id, layout.template.version, layout.fingerprint, assignment, annotated=bool(notes)),
        secret,
    )
    appendix.write_stamp(book, text)
    book.properties(layout.template.title.say(layout.lang), properties(text))
    book.open_at(first)
    return book.close()


def issued_values(layout: Layout, assignment: Assignment) -> dict[Key, Value]:
    """Values of the issued cells, by key: the template's presets, then the unit's parameters (by field id or key).

    Raises WriteError for a parameter that is no number where one belongs.
    """
    found = dict(layout.preset_values)
    own = {name if "@" in name else f"{name}@value": text for name, text in assignment.parameters.items()}
    for key, text in own.items():
        cell = layout.cells.get(key)
        if cell is None or cell.role is not Role.ISSUED or not text:
            continue
        if not cell.type.numeric:
            found[key] = text
            continue
        amount = read_number(text, None, LIMIT_ISSUED)
        if amount.value is None:
            raise WriteError(f"{key}: the issued value “{text}” is not a number")
        found[key] = amount.value
    return found


def words_around(layout: Layout, plan: SheetPlan, assignment: Assignment) -> set[str]:
    """The texts that are issued on a data sheet outside its keyed cells, the signature block aside."""
    lang = layout.lang
    words = {_CHECK.say(lang), _CODE.say(lang), heading(layout, plan.name), *_BEFORE}
    words |= {_LEFT.say(lang).format(code=placed.rule.code) for placed in layout.rules if placed.rule.headline}
    words |= set(_notes(plan.note, lang))
    words |= {row.title for row in plan.rows} | {span.title for span in plan.spans}
    return words | {_unit_line(layout, assignment)}


def words_on_charts(layout: Layout, assignment: Assignment) -> set[str]:
    """The texts that are issued on the sheet 图表."""
    return charting.words(layout) | set(_chart_head(layout, assignment))


def _chart_head(layout: Layout, assignment: Assignment) -> tuple[str, str]:
    return heading(layout, charting.NAME.say(layout.lang)), _unit_line(layout, assignment)


def _unit_line(layout: Layout, assignment: Assignment) -> str:
    unit = assignment.unit_name or assignment.unit
    return _UNIT.say(layout.lang).format(unit=unit or "________", year=layout.year)


class _Writer:
    """Writes the data sheets and 校验."""

    def __init__(
        self,
        book: Book,
        layout: Layout,
        assignment: Assignment,
        values: Mapping[Key, Value],
        marked: Mapping[Key, Sequence[Note]],
        cache: bool,
    ) -> None:
        self.book, self.layout, self.assignment = book, layout, assignment
        self.values, self.marked, self.cache = values, marked, cache
        self.lang: Lang = layout.lang

    def flag_value(self) -> Value:
        return self.cached(FLAG)

    def cached(self, key: Key) -> Value:
        return self.values[key] if self.cache else ""

    def sheet(self, plan: SheetPlan) -> None:
        page = self.book.sheet(plan.name)
        widths = column_widths(plan, self.lang)
        for number, size in widths.items():
            hidden = any(span.hidden and span.number == number for span in plan.spans)
            page.call("set_column", number - 1, number - 1, size, None, {"hidden": hidden})
        visible = {n: w for n, w in widths.items() if not any(s.hidden and s.number == n for s in plan.spans)}
        start = 3 if printing.pages_across(visible)[1] else 1  # in repeated columns it would be cut off on later pages
        self._head(page, plan, start, visible)
        by_place = {(cell.row, cell.column): cell for cell in self.layout.cells.values() if cell.sheet == plan.id}
        heights = {row.number: self._height(row, plan, by_place, widths) for row in plan.rows}
        for row in plan.rows:
            page.call("set_row", row.number - 1, heights[row.number])
            self._row(page, plan, row, by_place)
        if plan.kind is not Kind.FORM and plan.id != CHECKS:
            first = max(start, 2)
            room = self._room(visible, first)
            for number, line in enumerate(_packed([one.say(self.lang) for one in SIGNATURES], room)):
                page.text(plan.last_row + 2 + number, first, line, looks.SIGNATURE)
        data_validations(page, self.layout, plan)
        conditional_formats(page, self.layout, plan)
        printing.set_up(page, plan, visible, heights)
        self.footer(page, plan.name)
        page.call("ignore_errors", {"number_stored_as_text": f"A1:{letters(plan.spans[-1].number)}{plan.last_row}"})
        page.call("protect", "", PROTECTION)

    def charts(self) -> None:
        """图表, where the template has charts of what is issued."""
        head = _chart_head(self.layout, self.assignment)
        page = charting.write(self.book, self.layout, self.values, head, cache=self.cache)
        if page is not None:
            self.footer(page, charting.NAME.say(self.lang))

    def footer(self, page: Page, name: str) -> None:
        """Template and unit, page, sheet."""
        left = footer(f"{self.layout.template.name} {self.assignment.unit_name or self.assignment.unit}".strip())
        page.call("set_footer", f"&L&8 {left}&C&8 {_PAGES.say(self.lang)}&R&8 {footer(name)}")

    def _head(self, page: Page, plan: SheetPlan, start: int, visible: Mapping[int, float]) -> None:
        page.call("set_default_row", looks.ROW_HEIGHT)
        page.text(MARKER_ROW, 1, MARKER + plan.id, looks.HIDDEN)
        page.text(ID_ROW, 1, "#", looks.HIDDEN)
        for span in plan.spans:
            page.text(ID_ROW, span.number, span.id, looks.HIDDEN)
        for row in (MARKER_ROW, ID_ROW):
            page.call("set_row", row - 1, None, None, {"hidden": True})
        page.call("set_row", TITLE_ROW - 1, 30)
        page.text(TITLE_ROW, start, heading(self.layout, plan.name), looks.TITLE)
        page.text(STATUS_ROW, start, _unit_line(self.layout, self.assignment), looks.INFO)
        page.text(NOTE_ROW, 1, _CHECK.say(self.lang), looks.LABEL)
        reference = self.layout.addresser(plan.id)((FLAG,))[0]
        page.formula(NOTE_ROW, 2, reference, self.flag_value(), looks.FLAG)
        self._headline(page, plan, visible)
        page.call("set_row", HEADER_ROW - 1, 30)
        page.text(HEADER_ROW, 1, _CODE.say(self.lang), looks.HEADER)
        for span in plan.spans:
            page.text(HEADER_ROW, span.number, span.title, looks.HEADER)
        page.call("freeze_panes", FIRST_ROW - 1, 2)

    def _headline(self, page: Page, plan: SheetPlan, visible: Mapping[int, float]) -> None:
        """Beside the flag: what is left of the bounds that matter, then as much of the sheet's note as the first page
        has room for (填报说明 has it in full).
        """
        column = HEADLINE_COLUMN - 1
        for placed in self.layout.rules if plan.id != CHECKS else ():
            if placed.rule.headline and not placed.rule.each:
                left, right = (f"{placed.rule.code}@{id}" for id in ("actual", "expected"))
                bound, used = self.layout.addresser(plan.id)((right,))[0], self.layout.addresser(plan.id)((left,))[0]
                said = _LEFT.say(self.lang).format(code=placed.rule.code)
                page.text(NOTE_ROW, column, said, looks.ASIDE_RIGHT)
                rest = subtract(self.cached(right), self.cached(left))
                page.formula(NOTE_ROW, column + 1, f"{bound}-{used}", rest, looks.HEADLINE_NUMBER)
                below_zero(page, a1(NOTE_ROW, column + 1))
                column += 2
        room = self._room(visible, column)
        fitting = (note for note in _notes(plan.note, self.lang) if looks.width(note) * 0.9 <= room)
        if note := next(fitting, ""):
            page.text(NOTE_ROW, column, note, looks.NOTE)

    def _room(self, visible: Mapping[int, float], column: int) -> float:
        """Characters from ``column`` to the end of the first page."""
        ends = printing.pages_across(visible)[1]
        return sum(size for number, size in visible.items() if column <= number <= (ends[0] if ends else number))

    def _row(
        self,
        page: Page,
        plan: SheetPlan,
        row: Row,
        by_place: Mapping[tuple[int, int], Cell],
    ) -> None:
        unlocked = plan.kind is Kind.LIST and row.kind is RowKind.RECORD
        visible = [span for span in plan.spans if not span.hidden]
        if row.kind in (RowKind.SECTION, RowKind.GROUP):
            style = looks.heading(row.kind)
            page.text(row.number, 1, "", style)
            for span in visible:
                page.text(row.number, span.number, row.title if span.id == "title" else "", style)
            return
        shown = row.kind is not RowKind.TOTAL and row.code != split_key(FLAG)[0]
        page.text(row.number, 1, row.code, looks.code(row.kind, unlocked=unlocked, shown=shown))
        for span in plan.spans:
            cell = by_place.get((row.number, span.number))
            if cell is not None:
                self._cell(page, cell, row, unlocked=unlocked)
            elif not span.hidden:
                label = row.title if plan.kind is Kind.LIST and span.number == 2 else ""
                page.text(row.number, span.number, label, looks.cell(Role.LABEL, Type.TEXT, row.kind))

    def _cell(self, page: Page, cell: Cell, row: Row, *, unlocked: bool) -> None:
        style = looks.cell(cell.role, cell.type, row.kind, unlocked=unlocked)
        place = cell.row, cell.column
        if cell.key in self.marked:
            style = {**style, **looks.MARKED}
            remarks.put(page, *place, self.marked[cell.key], self.lang)
        if cell.formula is not None:
            if cell.key.endswith("@_status"):
                style = {**style, "font_color": looks.RED_TEXT, "font_size": 9}
            page.formula(*place, self.layout.formula(cell.key), self.cached(cell.key), style)
        elif cell.role is Role.LABEL:
            page.text(*place, cell.text, style)
        else:
            write_value(page, *place, self.values.get(cell.key), style)

    def _height(
        self, row: Row, plan: SheetPlan, by_place: Mapping[tuple[int, int], Cell], widths: Mapping[int, float]
    ) -> float:
        """Enough points for the longest wrapped text; programs do not grow rows whose height is set."""
        most = 1
        for span in plan.spans:
            cell = by_place.get((row.number, span.number))
            if cell is None or span.hidden or cell.type not in (Type.TEXT, Type.CHOICE):
                continue
            text = cell.text or self.values.get(cell.key)
            if isinstance(text, str) and text:
                most = max(most, looks.lines(text, widths[span.number] + 1))
        return looks.ROW_HEIGHT + (most - 1) * looks.LINE_HEIGHT


def _notes(note: str, lang: Lang) -> list[str]:
    """``note`` and what is said in its stead where there is less room: its first sentences, or where it stands."""
    if not note:
        return []
    ends = [at.end() for at in re.finditer("[。；]|[.;](?= )", note) if at.end() < len(note)]
    shorter = [note[:end].rstrip("。；.;") + _IN_FULL.say(lang) for end in reversed(ends)]
    return [note, *shorter, _ELSEWHERE.say(lang)]


def _packed(texts: Sequence[str], room: float) -> list[str]:
    """``texts`` side by side on as few lines as fit ``room`` characters, closer where that saves a line."""
    return min((_lined(texts, room, gap) for gap in ("　　", "　")), key=len)


def _lined(texts: Sequence[str], room: float, gap: str) -> list[str]:
    lines: list[str] = []
    for text in texts:
        wider = f"{lines[-1]}{gap}{text}" if lines else text
        if lines and looks.width(wider) * 0.86 <= room:  # lines to write on are narrower than digits
            lines[-1] = wider
        else:
            lines.append(text)
    return lines


def write_value(page: Page, row: int, column: int, value: Value, style: Mapping[str, Any]) -> None:
    """An input's value as a cell: number (a date is its serial number), text, or a formatted blank."""
    if value is None:
        page.text(row, column, "", style)
    elif isinstance(value, Fraction):
        page.number(row, column, value, style)
    else:
        page.text(row, column, str(value), style)


def heading(layout: Layout, name: str) -> str:
    """The title line of the sheet called ``name``."""
    title = guide.headline(layout)
    return f"{title}（{name}）" if layout.lang == "zh" else f"{title}: {name}"


def column_widths(plan: SheetPlan, lang: Lang) -> dict[int, float]:
    """Widths in characters by column number, from titles and types; a Chinese character counts two."""
    widths: dict[int, float] = {1: max(8, *(min(14, looks.width(row.code) + 2) for row in plan.rows))}
    for span in plan.spans:
        if span.id == "title":
            longest = max((looks.width(row.title) for row in plan.rows), default=0)
            widths[span.number] = min(46, max(26, longest + 3))
        elif span.id == "_status":
            widths[span.number] = 16 if lang == "zh" else 22
        elif span.id == "value":
            widths[span.number] = 30
        elif plan.id == CHECKS:
            widths[span.number] = 14
        elif span.column is not None and span.column.width and "." not in span.id:
            widths[span.number] = span.column.width
        else:
            widths[span.number] = max(looks.WIDTHS[span.type], min(20, looks.width(span.title) + 2))
    return widths
