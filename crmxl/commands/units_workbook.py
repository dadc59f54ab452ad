"""A units file that is a workbook: its first sheet as rows of text, read as carefully as a returned file.

Owns how a cell becomes the text that stands in a CSV file. What the columns mean is asked in define/units.py.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Context, Decimal
from pathlib import Path

from crmxl.catalogue import word
from crmxl.define.document import label
from crmxl.define.units_table import Table, both, table_of
from crmxl.errors import CrmxlError, Problem
from crmxl.issue.places import a1, letters
from crmxl.receive.cells import Tab, read_cells
from crmxl.receive.gate import admit
from crmxl.receive.limits import LIMITS, Refused
from crmxl.receive.submission import Content, ContentType
from crmxl.signs import visible

_SHOWN = Context(prec=15)
"""Digits that Excel shows of a number; behind them is the dust of binary fractions."""
_DAY_ZERO = date(1899, 12, 30)
_LAST_DAY = 2_958_465
_MOST = 10
"""Rows that a message lists."""


def workbook_table(path: Path) -> Table:
    """The table on the first sheet that can be seen; raises CrmxlError for what is no sound .xlsx file."""
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
    tab = next((tab for tab in cells.tabs if tab.state == "visible"), cells.tabs[0])
    return _table(name, tab)


def _table(name: str, tab: Tab) -> Table:
    """The tab's cells without the columns that are blank from top to bottom."""
    columns = sorted({column for _, column in tab.cells})
    empty = Table(name, sheet=visible(tab.name), letters=tuple(map(letters, columns)))
    problems = [
        Problem(f"{name}: {empty.sheet}!{a1(top, left)}:{a1(bottom, right)}", _MERGED)
        for top, left, bottom, right in tab.merges
    ]
    rows = []
    for row, there in tab.by_row.items():
        texts = []
        for at, column in enumerate(columns):
            text, wrong = _text(there.get(column, Content()))
            if wrong:
                problems.append(Problem(empty.place(row, at), wrong))
            texts.append(text)
        rows.append((row, texts))
    table = table_of(replace(empty, problems=tuple(problems)), rows)
    hidden = [number for number, _ in table.lines if number in tab.hidden_rows]
    if not hidden:
        return table
    listed = ", ".join(map(str, hidden[:_MOST])) + (" …" if len(hidden) > _MOST else "")
    said = both(f"隐藏的行也算：{listed}", f"hidden rows count too: {listed}")
    return replace(table, warnings=(Problem(f"{name}: {empty.sheet}", said),))


_MERGED = both("有合并单元格，请取消合并、每行填全", "cells are merged; unmerge them and fill each row")


def _text(content: Content) -> tuple[str, str]:
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
