"""How a sheet prints: A4 landscape, headers repeated, nothing cut off, never below 65 %.

A sheet too wide for one page prints several pages wide with code and title repeated; pages break before a part or a
group rather than inside it, a sum stays with lines of its own, and the signatures with the last lines. What passes one
page by a little is printed a little smaller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crmxl.issue.book import Page
from crmxl.issue.places import FIRST_ROW, HEADER_ROW, MARKER_ROW, Row, RowKind, SheetPlan

_PAGE_WIDTH = (11.69 - 2 * 0.4) * 96 * 0.91
"""Pixels across A4 landscape within our margins, less a little since programs measure fonts differently."""
_DIGIT = 8.2
"""Pixels of one character of width: 7 with 微软雅黑 10, up to 8.5 with the fonts that stand in for it elsewhere."""
_PAGE_HEIGHT = (8.27 - 2 * 0.6) * 72 * 0.97
"""Points down A4 landscape within our margins, less a little for the same reason."""
_LEAST_SCALE = 0.65
_HEAD = 30 + 20 + 20 + 30
"""Points of the repeated title, status, note and header rows."""
_AFTER = 4
"""Rows after the last line that print: a gap and the signatures."""
_BREAKABLE = (RowKind.SECTION, RowKind.GROUP)
_SUMS = (RowKind.SUBTOTAL, RowKind.PART_TOTAL, RowKind.TOTAL)
_LAST = 3
"""Rows that the last page has at least."""
_SIGNATURES = 2 * 20
"""Points of the signatures and the gap before them."""
_LITTLE = 0.85
"""By how much a sheet may shrink to fit one page."""


def pages_across(widths: Mapping[int, float]) -> tuple[float, tuple[int, ...]]:
    """Scale (0.65 … 1) and the columns after which a page ends, for the visible columns' widths in characters."""
    order = sorted(widths)
    pixels = [widths[number] * _DIGIT + 5 for number in order]
    fixed = sum(pixels[:2])
    for pages in range(1, len(order)):
        limit = _narrowest(pixels[2:], fixed, pages)
        scale = min(1.0, _PAGE_WIDTH / limit)
        if scale >= _LEAST_SCALE or pages == len(order) - 1:
            return max(scale, 0.1), tuple(order[2 + n - 1] for n in _ends(pixels[2:], fixed, limit))
    return 1.0, ()


def _narrowest(pixels: Sequence[float], fixed: float, pages: int) -> float:
    """The least page width that holds all columns on so many pages."""
    low, high = fixed + max(pixels), fixed + sum(pixels)
    while high - low > 1:
        middle = (low + high) / 2
        if len(_ends(pixels, fixed, middle)) < pages:
            high = middle
        else:
            low = middle
    return high


def _ends(pixels: Sequence[float], fixed: float, limit: float) -> list[int]:
    """How many columns stand before each page's end but the last."""
    ends, run = [], fixed
    for number, width in enumerate(pixels):
        if run + width > limit + 0.5 and run > fixed:  # half a pixel: sums of floats differ by their order
            ends.append(number)
            run = fixed
        run += width
    return ends


def pages_down(plan: SheetPlan, heights: Mapping[int, float], scale: float) -> tuple[int, ...]:
    """Rows before which a new page starts; ``heights`` in points by row number."""
    room = _PAGE_HEIGHT / scale - _HEAD
    rows, found = plan.rows, []
    start = index = 0
    used = 0.0
    while index < len(rows):
        block = heights[rows[index].number]
        if rows[index].kind in _BREAKABLE:
            block = _block(rows, index, heights, room)
        if index == len(rows) - 1:
            block += _SIGNATURES
        if used + block > room and index > start:
            start = index = _in_company(rows, start, index)
            found.append(rows[index].number)
            used = 0.0
        used += heights[rows[index].number]
        index += 1
    return tuple(found)


def _in_company(rows: Sequence[Row], start: int, index: int) -> int:
    """Where the page really ends that began at ``start`` and is full before ``index``: no sum begins a page, nor do the
    last few rows make one.
    """
    at = min(index, len(rows) - _LAST)
    while at > start + 1 and rows[at].kind in _SUMS:
        at -= 1
    if at < index and at > start + 1 and rows[at - 1].kind in _BREAKABLE:
        at -= 1  # a heading goes with its first line
    return max(at, start + 1)


def shrunk(heights: Mapping[int, float], scale: float) -> float:
    """``scale``, or a little less where the whole sheet then fits one page."""
    fitting = _PAGE_HEIGHT / (_HEAD + sum(heights.values()) + _SIGNATURES)
    return fitting if max(_LEAST_SCALE, scale * _LITTLE) <= fitting < scale else scale


def _block(rows: Sequence[Row], index: int, heights: Mapping[int, float], room: float) -> float:
    """Height of the part or group that starts here, if it fits a page at all; else of its heading and first line."""
    start = rows[index]
    total = 0.0
    for row in rows[index:]:
        if row is not start and (row.kind is start.kind or row.kind is RowKind.SECTION):
            break
        total += heights[row.number]
    return total if total <= room else sum(heights[row.number] for row in rows[index : index + 3])


def set_up(page: Page, plan: SheetPlan, widths: Mapping[int, float], heights: Mapping[int, float]) -> None:
    """Paper, margins, scale, breaks, repeated rows and columns of a data sheet; ``widths`` of visible columns only."""
    scale, ends = pages_across(widths)
    scale = shrunk(heights, scale)
    page.call("set_paper", 9)
    page.call("set_landscape")
    page.call("set_margins", 0.4, 0.4, 0.6, 0.6)
    page.call("center_horizontally")
    page.call("repeat_rows", MARKER_ROW - 1, HEADER_ROW - 1)
    page.call("print_area", 0, 0, max(plan.last_row, FIRST_ROW) + _AFTER, max(widths) - 1)
    page.call("set_print_scale", int(scale * 100))
    if ends:
        page.call("repeat_columns", 0, 1)
        page.call("set_v_pagebreaks", list(ends))
    if breaks := [number - 1 for number in pages_down(plan, heights, scale)]:
        page.call("set_h_pagebreaks", breaks)
