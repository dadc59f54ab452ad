"""A workbook that the operator made: its sheets as texts, read as carefully as a returned file.

Owns how a cell becomes the text that stands in a CSV file. What rows and columns mean is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Context, Decimal
from pathlib import Path

from crmxl.catalogue import word
from crmxl.define.document import label
from crmxl.define.units_table import both
from crmxl.errors import CrmxlError
from crmxl.issue.addresses import column_number
from crmxl.receive.cells import Tab, read_cells
from crmxl.receive.gate import Parts, admit
from crmxl.receive.limits import LIMITS, Refused
from crmxl.receive.package import one, relations
from crmxl.receive.submission import Content, ContentType
from crmxl.receive.xml import MAIN, elements, named

_SHOWN = Context(prec=15)
"""Digits that Excel shows of a number; behind them is the dust of binary fractions."""
_DAY_ZERO = date(1899, 12, 30)
_LAST_DAY = 2_958_465
_TAGS = ("workbook", "sheets", "styleSheet", "numFmts", "cellXfs", "worksheet", "sheetData", "c")
_BOOK, _TABS, _STYLES, _FORMATS, _USED, _SHEET, _DATA, _CELL = (named(MAIN, tag) for tag in _TAGS)
_ID = named("http://schemas.openxmlformats.org/officeDocument/2006/relationships", "id")
_BUILT_IN = {
    **dict.fromkeys(("1", "3", "37", "38", "41", "42"), "0"),
    **dict.fromkeys(("2", "4", "39", "40", "43", "44"), "0.00"),
    **dict.fromkeys(("11", "48"), "0.00E+00"),
    **dict.fromkeys(("12", "13"), "# ?/?"),
    **{"9": "0%", "10": "0.00%"},
}
"""Formats without a text, as far as they show other digits than a plain number (ECMA-376 part 1, 18.8.30)."""
Formats = Mapping[tuple[int, int], str]
"""Number formats by row and column, of the cells that have one of their own."""


def shown_tabs(path: Path) -> tuple[tuple[Tab, Formats], ...]:
    """The sheets that can be seen, the first sheet where none can, each with the number formats of its cells.

    Raises CrmxlError for what is no sound workbook.
    """
    name = label(path)
    try:
        with path.open("rb") as file:
            data = file.read(LIMITS.file + 1)
        parts = admit(data, path.name)
        tabs = read_cells(parts).tabs
        formats = _formats(parts)
    except OSError as error:
        raise CrmxlError(f"{name}: cannot be read ({error.strerror})") from error
    except Refused as refused:
        zh, en = (word(refused.finding, lang, name) for lang in ("zh", "en"))
        raise CrmxlError(f"{name}: {both(f'{zh.message}{zh.fix}', f'{en.message} {en.fix}')}") from None
    seen = tuple(tab for tab in tabs if tab.state == "visible") or tabs[:1]
    return tuple((tab, formats.get(tab.name, {})) for tab in seen)


def _formats(parts: Parts) -> Mapping[str, Formats]:
    """The number formats of each sheet by its name; ``read_cells`` has read the same parts, so they are sound."""
    book = one(relations(parts, ""), "officeDocument") or ""
    own = relations(parts, book)
    styles = one(own, "styles")
    by_style = _by_style(parts, styles) if styles is not None and styles in parts else {}
    if not by_style:
        return {}
    tabs = (tab for _, listed in elements(parts.chunks(book), book, _BOOK) if listed.tag == _TABS for tab in listed)
    sheets = ((tab.get("name", ""), own[tab.get(_ID, "")]) for tab in tabs)
    return {name: _of_sheet(parts, to.target, by_style) for name, to in sheets if to.kind == "worksheet"}


def _by_style(parts: Parts, part: str) -> Mapping[str, str]:
    """Number formats by the number of a cell format, as cells write it; those that Excel has itself are left out."""
    texts = dict(_BUILT_IN)
    used: list[str] = []
    for _, listed in elements(parts.chunks(part), part, _STYLES):
        if listed.tag == _FORMATS:
            texts |= {format.get("numFmtId", ""): format.get("formatCode", "") for format in listed}
        elif listed.tag == _USED:
            used += [style.get("numFmtId", "0") for style in listed]
    return {str(at): texts[id] for at, id in enumerate(used) if id in texts}


def _of_sheet(parts: Parts, part: str, by_style: Mapping[str, str]) -> Formats:
    found: dict[tuple[int, int], str] = {}
    number = 0
    for inside, row in elements(parts.chunks(part), part, _SHEET, _DATA, strict=True):
        if not inside:
            continue
        number, column = int(row.get("r", number + 1)), 0
        for cell in row:
            if cell.tag == _CELL:
                address = cell.get("r")
                column = column_number(address.rstrip("0123456789")) if address else column + 1
                format = by_style.get(cell.get("s", "0").strip())
                if format is not None and len(cell):
                    found[number, column] = format
    return found


def cell_text(content: Content) -> tuple[str, str]:
    """What a cell says, numbers as plain decimals and days as 2026-06-30; and what is wrong with it."""
    if not content.calculated:
        said = both(
            "公式没有计算结果，请用 Excel 或 WPS 打开保存", "the formula has no value; open and save it in Excel"
        )
        return "", said
    match content.type:
        case ContentType.NUMBER:
            return f"{_SHOWN.create_decimal(content.text).normalize():f}", ""
        case ContentType.DATE:
            serial = Decimal(content.text)
            if serial == serial.to_integral_value() and 0 < serial <= _LAST_DAY:
                return (_DAY_ZERO + timedelta(days=int(serial))).isoformat(), ""
            return "", both("是日期时间，请改为文字或数字", "is a time; write a text or a number")
        case ContentType.TEXT | ContentType.BLANK:
            return content.text, ""
    return "", both(f"{content.text} 不是文字也不是数字", f"{content.text} is neither a text nor a number")
