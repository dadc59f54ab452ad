"""A workbook that the operator made: its sheets as texts, read as carefully as a returned file.

Owns how a cell becomes the text that stands in a CSV file. What rows and columns mean is asked elsewhere.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Context, Decimal
from pathlib import Path

from crmxl.catalogue import word
from crmxl.define.document import label
from crmxl.define.units_table import both
from crmxl.errors import CrmxlError
from crmxl.receive.cells import Tab, read_cells
from crmxl.receive.gate import admit
from crmxl.receive.limits import LIMITS, Refused
from crmxl.receive.submission import Content, ContentType

_SHOWN = Context(prec=15)
"""Digits that Excel shows of a number; behind them is the dust of binary fractions."""
_DAY_ZERO = date(1899, 12, 30)
_LAST_DAY = 2_958_465


def visible_tabs(path: Path) -> tuple[Tab, ...]:
    """The sheets that can be seen, the first sheet where none can; raises CrmxlError for what is no sound workbook."""
    name = label(path)
    try:
        with path.open("rb") as file:
            data = file.read(LIMITS.file + 1)
        cells = read_cells(admit(data, path.name))
    except OSError as error:
        raise CrmxlError(f"{name}: cannot be read ({error.strerror})") from error
    except Refused as refused:
        zh, en = (word(refused.finding, lang, name) for lang in ("zh", "en"))
        raise CrmxlError(f"{name}: {both(f'{zh.message}{zh.fix}', f'{en.message} {en.fix}')}") from None
    return tuple(tab for tab in cells.tabs if tab.state == "visible") or cells.tabs[:1]


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
