"""What the group workbook's sheets have in common: heads, tables, widths, print set-up, the colours of results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from crmxl.expression import Value
from crmxl.group.origin import PROVISIONAL
from crmxl.issue import looks
from crmxl.issue.addresses import a1, letters, quoted
from crmxl.issue.book import Book, Page, footer, refusing
from crmxl.issue.checklist import FAIL, PASS
from crmxl.issue.looks import Looks
from crmxl.issue.places import Role, RowKind
from crmxl.issue.workbook import PROTECTION
from crmxl.model import Lang, Text, Type
from crmxl.report.group_workbook_plan import CHECKS, FIRST, HEADER, KEY_ROW, Plan

MONEY = Type.MONEY
TEXT = Type.TEXT
_PAGE_CHARACTERS = 140
"""Characters of 10-point type across A4 landscape within our margins, as in the units' workbooks."""
_SAFE_CHARACTERS = 110
"""The same where nothing makes it fit: programs without the font have wider columns."""
_LEAST_SCALE = 0.65
_TITLE_SIZES = 12, 16
"""Points of a title, at least and at most."""
_LEAST_POINTS = 8
"""Of what stands under it."""
PERCENT = "0.00%_ "
"""As far from the cell's edge as amounts are."""
_MOST_BREAKS = 1_023
"""Page breaks of a sheet that Excel takes."""
_PAGES = Text("第 &P 页／共 &N 页", "Page &P of &N")
_CHECK = Text("校验", "Check")
_INFO = Text("预算年度：{year}　　模板：{template}　　单位：{money}", "Year: {year}    Template: {template}    {money}")
YUAN = Text("元", "Amounts in yuan")
WAN_YUAN = Text("万元", "Amounts in 10,000 yuan")


@dataclass(frozen=True)
class Desk:
    """What every sheet is written with."""

    book: Book
    lang: Lang
    title: str
    """Title of the workbook."""
    cache: bool = True
    heads: dict[Page, tuple[str, str, str]] = field(default_factory=dict, compare=False)
    """Title, facts and note of sheets: they are written when the widths are known, since they have to fit."""

    def formula(self, page: Page, row: int, column: int, formula: str, value: Value, style: Looks) -> None:
        """A formula with its true value; none where the workbook is for a program that has to compute it."""
        page.formula(row, column, formula, value if self.cache else "", style)


def label(row: RowKind = RowKind.LINE) -> Looks:
    """A text cell of a table, not as close to its edge as figures of the column before it are to theirs."""
    return {**looks.cell(Role.LABEL, TEXT, row), "indent": 1}


def figure(row: RowKind = RowKind.LINE, *, formula: bool = True) -> Looks:
    """An amount; a value that is not calculated stands on white."""
    if formula or row is not RowKind.LINE:
        return looks.cell(Role.CALCULATED, MONEY, row)
    return {**looks.cell(Role.LABEL, MONEY, row), "num_format": looks.MONEY}


def share(row: RowKind = RowKind.LINE, *, formula: bool = True) -> Looks:
    """A share of the whole."""
    role = Role.CALCULATED if formula else Role.LABEL
    return {**looks.cell(role, Type.PERCENT, row), "num_format": PERCENT}


def code(row: RowKind = RowKind.LINE) -> Looks:
    """A line's code."""
    return {**looks.code(row), "indent": 1, "shrink": True}


def count(row: RowKind = RowKind.LINE) -> Looks:
    """A number of things."""
    return {**looks.cell(Role.LABEL, Type.INTEGER, row), "num_format": "#,##0", "align": "center"}


def heads(desk: Desk, plan: Plan, sheet: Text, note: str, money: Text = YUAN) -> Page:
    """A sheet of a block with title, facts, check and note; the table's header follows."""
    page = desk.book.sheet(plan.name(sheet))
    page.call("set_default_row", looks.ROW_HEIGHT)
    title = plan.block.template.title.say(desk.lang)
    name = sheet.say(desk.lang)
    if plan.origin is not None and plan.origin.provisional:
        name += f"·{PROVISIONAL.zh}" if desk.lang == "zh" else f" ({PROVISIONAL.en.lower()})"
    if desk.lang == "zh":
        title = f"{plan.block.year}年度{title.removeprefix('年度')}（{name}）"
    else:
        title = f"{title} {plan.block.year}: {name}"
    info = _INFO.say(desk.lang).format(
        year=plan.block.year, template=plan.block.template.name, money=money.say(desk.lang)
    )
    desk.heads[page] = title, info, note
    page.text(3, 1, _CHECK.say(desk.lang), looks.LABEL)
    flag = a1(FIRST, 5) if sheet == CHECKS else plan.at(CHECKS, FIRST, 5)
    desk.formula(page, 3, 2, flag, PASS.say(desk.lang), looks.FLAG)
    results(page, "B3", desk.lang)
    page.call("set_row", KEY_ROW - 1, None, None, {"hidden": True})
    return page


def columns(page: Page, titles: Sequence[str], widths: Sequence[float], hidden: int = 0) -> None:
    """The table's header and widths; the last ``hidden`` columns are hidden."""
    most = max((looks.lines(title, width - 1) for title, width in zip(titles, widths, strict=True)), default=1)
    page.call("set_row", HEADER - 1, max(30, looks.LINE_HEIGHT * most + 4))
    for column, (title, width) in enumerate(zip(titles, widths, strict=True), 1):
        options = {"hidden": True} if column > len(titles) - hidden else {}
        page.call("set_column", column - 1, column - 1, width, None, options)
        page.text(HEADER, column, title, looks.HEADER)


def height(page: Page, row: int, texts: Sequence[tuple[str, float]]) -> None:
    """Points for the longest of wrapped texts with the widths of their columns."""
    most = max((_lines(text, width - 2) for text, width in texts), default=1)
    if most > 1:
        page.call("set_row", row - 1, looks.ROW_HEIGHT + (most - 1) * looks.LINE_HEIGHT)


@lru_cache(maxsize=20_000)
def _lines(text: str, width: float) -> int:
    """``looks.lines``, remembered: every unit has the same titles."""
    return looks.lines(text, width)


def close(
    desk: Desk,
    page: Page,
    name: str,
    widths: Sequence[float],
    last_row: int,
    *,
    fixed: int = 2,
    header: int = HEADER,
    breaks: Sequence[int] = (),
    repeated: int | None = None,
    tall: int = 0,
    locked: bool = True,
) -> None:
    """A4 landscape with headers repeated, never below 65 %: several pages wide with the first columns repeated instead.

    Rows down to ``header`` repeat, or to ``repeated``; ``tall`` 1 makes it fit one page. A sheet that is not ``locked``
    lets its levels be folded, which no protected sheet does.
    """
    last = len(widths)
    page.call("freeze_panes", header, fixed)
    page.call("set_paper", 9)
    page.call("set_landscape")
    page.call("set_margins", 0.4, 0.4, 0.6, 0.6)
    page.call("center_horizontally")
    page.call("repeat_rows", 0, (repeated or header) - 1)
    page.call("print_area", 0, 0, last_row - 1, last - 1)
    total = sum(widths)
    _head(desk, page, widths[:fixed] if not breaks and wide(widths) else widths)
    if breaks:  # a sheet that is made to fit ignores them
        page.call("set_print_scale", max(10, int(min(1.0, _SAFE_CHARACTERS / total) * 100)))
        page.call("set_h_pagebreaks", list(breaks))
    elif not wide(widths):
        page.call("fit_to_pages", 1, tall)
    else:
        kept = sum(widths[:fixed])
        run, after = kept, fixed
        for number in range(fixed, last):
            if run + widths[number] > kept + (total - kept) / 2 + 6:
                break
            run, after = run + widths[number], number + 1
        widest = max(run, total - run + kept)
        ends = [after]
        if widest * _LEAST_SCALE > _SAFE_CHARACTERS:
            widest, ends = _pages(widths, fixed)
        page.call("repeat_columns", 0, fixed - 1)
        page.call("set_print_scale", int(min(1.0, _SAFE_CHARACTERS / widest) * 100))
        page.call("set_v_pagebreaks", ends[:_MOST_BREAKS])
    # A space: a size followed by digits would be another size.
    left, right = footer(desk.title), footer(name)
    page.call("set_footer", f"&L&8 {left}&C&8 {_PAGES.say(desk.lang)}&R&8 {right}")
    page.call("ignore_errors", {"number_stored_as_text": f"A1:{letters(last)}{max(1, last_row)}"})
    if locked:
        page.call("protect", "", PROTECTION)


def wide(widths: Sequence[float]) -> bool:
    """Whether columns of these widths are printed on several pages side by side."""
    return sum(widths) * _LEAST_SCALE > _PAGE_CHARACTERS


def title_width(text: str) -> float:
    """Characters of 10-point type that a title takes."""
    return looks.width(text) * _TITLE_SIZES[1] / 10 + 1


def _head(desk: Desk, page: Page, widths: Sequence[float]) -> None:
    """What stands above a table, no wider than the columns that it is printed with: smaller, then wrapped."""
    if page not in desk.heads:
        return
    title, info, note = desk.heads[page]
    room = sum(widths) - 1
    told = (1, title, looks.TITLE, *_TITLE_SIZES), (2, info, looks.INFO, _LEAST_POINTS, 10)
    for row, text, style, least, most in (*told, (4, note, looks.NOTE, _LEAST_POINTS, 9)):
        points = max(least, min(most, int(room * 10 / max(1, looks.width(text)))))
        found = {**style, "font_size": points}
        lines = looks.lines(text, room * 10 / points)
        if lines > 1:
            found |= {"text_wrap": True, "valign": "top"}
            if len(widths) > 1:
                with refusing():
                    page.raw.merge_range(row - 1, 0, row - 1, len(widths) - 1, "", page.book.format(found))
        page.text(row, 1, text, found)
        if row == 1:
            page.call("set_row", 0, 30 + (lines - 1) * points * 1.5)
        elif lines > 1:
            page.call("set_row", row - 1, looks.ROW_HEIGHT + (lines - 1) * looks.LINE_HEIGHT)


def _pages(widths: Sequence[float], fixed: int) -> tuple[float, list[int]]:
    """Characters of the widest page, and the columns that pages end with, where two pages would be too small to read:
    as many columns on each, beside the repeated ones, as the least scale allows.
    """
    kept = sum(widths[:fixed])
    room = max(_SAFE_CHARACTERS / _LEAST_SCALE, kept + max(widths[fixed:]))
    ends: list[int] = []
    run, widest = kept, kept
    for number in range(fixed, len(widths)):
        if run + widths[number] > room:
            ends.append(number)
            run = kept
        run += widths[number]
        widest = max(widest, run)
    return widest, ends


def results(page: Page, box: str, lang: Lang) -> None:
    """通过 green, 不通过 red; the word itself says the same."""
    at = box.partition(":")[0]
    for word, back, text in ((PASS, looks.GREEN, looks.GREEN_TEXT), (FAIL, looks.RED, looks.RED_TEXT)):
        style = page.book.format({"bg_color": back, "font_color": text})
        options = {"type": "formula", "criteria": f'={at}="{word.say(lang)}"', "format": style}
        page.call("conditional_format", box, options)


def link(page: Page, row: int, column: int, name: str, text: str, style: Mapping[str, Any] = looks.LINK) -> None:
    """A link to the head of a sheet."""
    page.link(row, column, f"{quoted(name)}!A1", text, style)
