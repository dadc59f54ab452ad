"""``python -m tests.make_accounts`` writes ``samples/accounts/accounts.xlsx`` from ``accounts.csv`` beside it: the same
list as people keep it in Excel, its title merged over the columns, codes as texts, bounds as numbers.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

from crmxl.files import write_atomically
from crmxl.resources import folder

FOLDER = folder("samples") / "accounts"
WIDTHS = (14, 22, 28, 12, 8, 12, 12, 12, 8, 30)
NUMBERS = (5, 6, 8)
"""Columns of bounds and blank lines."""


def workbook(source: Path = FOLDER / "accounts.csv") -> bytes:
    """The list of ``source`` as a workbook; the same list gives the same bytes."""
    rows = list(csv.reader(io.StringIO(source.read_text(encoding="utf-8-sig"), newline="")))
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})
        page = book.add_worksheet("科目表")
        title, bold = book.add_format({"bold": True, "align": "center"}), book.add_format({"bold": True, "border": 1})
        money = book.add_format({"num_format": "#,##0"})
        page.merge_range(0, 0, 0, len(WIDTHS) - 1, rows[0][0], title)
        for at, row in enumerate(rows[1:], 1):
            for column, text in enumerate(row):
                if text and column in NUMBERS and text.isdigit():
                    page.write_number(at, column, int(text), money)
                elif text:
                    page.write_string(at, column, text, bold if at == 2 else None)
        for column, width in enumerate(WIDTHS):
            page.set_column(column, column, width)
        page.freeze_panes(3, 2)
    return buffer.getvalue()


if __name__ == "__main__":
    write_atomically(FOLDER / "accounts.xlsx", workbook())
