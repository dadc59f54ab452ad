"""A units file that is a workbook: its first sheet as a table, as it would stand in a CSV file.

What the columns mean is asked in define/units.py, how a cell becomes a text in sheet_texts.py.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from crmxl.commands.sheet_texts import Formats, cell_text, shown_tabs
from crmxl.define.document import label
from crmxl.define.units_table import Table, both, table_of
from crmxl.errors import Problem
from crmxl.issue.addresses import a1, letters
from crmxl.receive.cells import Tab
from crmxl.receive.submission import Content
from crmxl.signs import visible

_ZEROS = re.compile("0{2,}")
"""A number format that shows 1 as 0001: a code, and read as it is shown."""
_MOST = 10
"""Rows that a message lists."""


def workbook_table(path: Path) -> Table:
    """The table on the first sheet that can be seen; raises CrmxlError for what is no sound .xlsx file."""
    return _table(label(path), *shown_tabs(path)[0])


def _table(name: str, tab: Tab, formats: Formats) -> Table:
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
            text, wrong = cell_text(there.get(column, Content()))
            if wrong:
                problems.append(Problem(empty.place(row, at), wrong))
            zeros = _ZEROS.fullmatch(formats.get((row, column), ""))
            texts.append(text.zfill(len(zeros[0])) if zeros and text.isdigit() else text)
        rows.append((row, texts))
    table = table_of(replace(empty, problems=tuple(problems)), rows)
    hidden = [number for number, _ in table.lines if number in tab.hidden_rows]
    if not hidden:
        return table
    listed = ", ".join(map(str, hidden[:_MOST])) + (" …" if len(hidden) > _MOST else "")
    said = both(f"隐藏的行也算：{listed}", f"hidden rows count too: {listed}")
    return replace(table, warnings=(Problem(f"{name}: {empty.sheet}", said),))


_MERGED = both("有合并单元格，请取消合并、每行填全", "cells are merged; unmerge them and fill each row")
