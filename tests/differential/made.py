"""Workbooks for the comparison that need no corpus: XlsxWriter's odd ones, hand-written sheets, and the samples as
openpyxl, LibreOffice, ExcelJS and SheetJS save them.
"""

from __future__ import annotations

import datetime
import io
import os
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter

from tests.gallery.issued import SAMPLES
from tests.gallery.package import put_together, taken_apart
from tests.office.driver import Office

SCRIPT = Path(__file__).with_name("write.cjs")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def samples() -> Iterator[Path]:
    """Every sample workbook that ships."""
    yield from sorted(SAMPLES.rglob("*.xlsx"))


# --- XlsxWriter -----------------------------------------------------------------------------------------------------


def written(**options: Any) -> bytes:
    """One workbook with all that XlsxWriter can put into a cell, and that people do around the cells."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True, **options}) as book:
        for fill in (_numbers, _texts, _dates, _errors, _arrays):
            fill(book, book.add_worksheet(fill.__name__.removeprefix("_")))
        if not options.get("constant_memory"):
            _merges(book, book.add_worksheet("merges"))
        _hidden(book, book.add_worksheet("hidden lines"))
        book.add_worksheet("empty")
        hidden, very = book.add_worksheet("hidden"), book.add_worksheet("很隐藏")
        hidden.hide()
        very.very_hidden()
        hidden.write_string(0, 0, "x")
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=numbers!$A$1:$A$3"})
        book.add_chartsheet("chart").set_chart(chart)
    return made.getvalue()


def _numbers(book: Any, sheet: Any) -> None:
    whole = (0, -0.0, 1, -1, 1e15, 123456789012345678, 2**53)
    values = (*whole, 0.1 + 0.2, 1 / 3, 1e-300, 9.99e307, -2.5e-7, 1234.5, 4.35)
    for row, value in enumerate(values):
        sheet.write_number(row, 0, value)
        sheet.write_formula(row, 1, f"=A{row + 1}*1", None, value)
        sheet.write_boolean(row, 2, row % 2 == 0)
    sheet.write_formula(len(values), 0, "=1+1", None, "")
    sheet.write_formula(len(values) + 1, 0, '=""', None, "")
    sheet.write_formula(len(values) + 2, 0, '=A1&"a"', None, "0a")
    sheet.write_formula(len(values) + 3, 0, "=A1=1", None, True)


def _texts(book: Any, sheet: Any) -> None:
    bold, red = book.add_format({"bold": True}), book.add_format({"font_color": "red"})
    plain = ("plain", " around ", "two\nlines", "tab\there", "=SUM(A1)", "预算编制", "𠮷😀", "<&>\"'")
    texts = (*plain, "１２３", "00123", "x" * 32767)
    for row, text in enumerate(texts):
        sheet.write_string(row, 0, text)
        sheet.write_formula(row, 1, f"=A{row + 1}", None, text[:100])
    sheet.write_rich_string(len(texts), 0, "one ", bold, "two ", red, " three")
    sheet.write_rich_string(len(texts) + 1, 0, bold, "1", red, ",000")


def _dates(book: Any, sheet: Any) -> None:
    formats = (
        "yyyy-mm-dd",
        "m/d/yy h:mm",
        "[h]:mm:ss",
        'yyyy"年"m"月"d"日"',
        "[$-804]yyyy-mm-dd aaaa",
        "mm:ss.0",
        "h:mm AM/PM",
    )
    plain = ("0.00", '#,##0.00" 元"', "[Red]0", '"day" 0', "0.0E+00", "@", '_(* #,##0_);_(* "d")', r"\d0", "General")
    serials = (0.25, 1, 36, 45_000.75, 46_023, 60_000.123)
    for column, code in enumerate((*formats, *plain)):
        shown = book.add_format({"num_format": code})
        for row, serial in enumerate(serials):
            sheet.write_number(row, column, serial, shown)
    for index in (*range(1, 50), *range(50, 59)):
        sheet.write_number(10, index, 45_000.5, book.add_format({"num_format": index}))
    sheet.write_datetime(11, 0, datetime.datetime(2026, 1, 31, 12, 30), book.add_format({"num_format": "yyyy-mm-dd"}))


def _errors(book: Any, sheet: Any) -> None:
    for row, error in enumerate(("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")):
        sheet.write_formula(row, 0, "=1/0", None, error)


def _arrays(book: Any, sheet: Any) -> None:
    sheet.write_column(0, 0, [1, 2, 3])
    sheet.write_array_formula("B1:B3", "{=A1:A3*2}", None, 2)
    sheet.write_number("B2", 4)
    sheet.write_number("B3", 6)
    sheet.write_array_formula("C1", "{=SUM(A1:A3*2)}", None, 12)
    sheet.write_dynamic_array_formula("D1:D3", "=A1:A3+1", None, 2)


def _merges(book: Any, sheet: Any) -> None:
    sheet.merge_range("A1:B2", "merged")
    sheet.write_number("B2", 7)
    sheet.merge_range("C5:C7", 5)


def _hidden(book: Any, sheet: Any) -> None:
    for row in range(6):
        sheet.write_row(row, 0, range(8))
        if row in (1, 4):
            sheet.set_row(row, None, None, {"hidden": True})
        elif row == 2:
            sheet.set_row(row, 0)
    sheet.set_column("B:C", None, None, {"hidden": True})
    sheet.set_column("F:F", 0)


# --- by hand --------------------------------------------------------------------------------------------------------


def by_hand() -> dict[str, bytes]:
    """Sheets that Excel writes and XlsxWriter does not: shared formulas, prefixes, places left out."""
    parts = taken_apart(written())
    sheets = {
        name: f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>' for name, rows in _ROWS.items()
    }
    row = '<x:row r="1"><x:c r="A1"><x:v>5</x:v></x:c></x:row>'
    sheets["prefixes"] = f'<x:worksheet xmlns:x="{_MAIN}"><x:sheetData>{row}</x:sheetData></x:worksheet>'
    return {name: put_together({**parts, _FIRST_SHEET: xml.encode()}) for name, xml in sheets.items()}


_FIRST_SHEET = "xl/worksheets/sheet1.xml"
_ROWS = {
    "shared formulas": (
        '<row r="1"><c r="A1"><v>1</v></c>'
        '<c r="B1"><f t="shared" ref="B1:C2" si="0">A1+$A1+A$1+texts!A1+SUM(A:B)+LOG10(A1)</f><v>2</v></c>'
        '<c r="C1"><f t="shared" si="0"/><v>3</v></c></row>'
        '<row r="2"><c r="B2"><f t="shared" si="0"/><v>4</v></c><c r="C2"><f t="shared" si="0"/><v>5</v></c></row>'
    ),
    "places left out": (
        '<row><c><v>1</v></c><c t="b"><v>1</v></c></row><row><c><v>2</v></c></row>'
        '<row r="9"><c r="C9"><v>3</v></c><c><v>4</v></c></row>'
    ),
    "inline texts": (
        '<row r="1"><c r="A1" t="inlineStr"><is><t xml:space="preserve"> a </t></is></c>'
        '<c r="B1" t="inlineStr"><is><r><t>1</t></r><r><rPr><b/></rPr><t>,5</t></r></is></c>'
        '<c r="C1" t="str"><v>text</v></c><c r="D1" t="e"><v>#N/A</v></c></row>'
    ),
}


# --- saved by others ------------------------------------------------------------------------------------------------


def saved_by_openpyxl(path: Path) -> bytes:
    """The workbook as openpyxl saves it: no cached values."""
    made = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        openpyxl.load_workbook(path).save(made)
    return made.getvalue()


def saved_by_libreoffice(path: Path, folder: Path, office: Office) -> bytes:
    """The workbook as LibreOffice saves it."""
    target = folder / f"libreoffice-{path.name}"
    with office.open(path) as book:
        book.save(target)
    return target.read_bytes()


class NodeMissing(Exception):
    """Node, or one of the two packages, is not there."""


def written_by_node(folder: Path, templates: tuple[Path, ...], modules: Path | None = None) -> list[Path]:
    """What ExcelJS and SheetJS write, of their own and over ``templates``; raises NodeMissing.

    The packages are looked for in ``modules`` or in the folder that CRMXL_NODE_MODULES names
    (``npm install exceljs xlsx`` in any folder makes its ``node_modules``).
    """
    node = shutil.which("node")
    named = modules or Path(os.environ.get("CRMXL_NODE_MODULES", "node_modules"))
    absent = [name for name in ("exceljs", "xlsx") if not (named / name).is_dir()]
    if node is None or absent:
        missing = "node" if node is None else ", ".join(absent)
        raise NodeMissing(f"{missing} not found; npm install exceljs xlsx, then CRMXL_NODE_MODULES=that node_modules")
    environment = {**os.environ, "NODE_PATH": str(named.resolve())}
    command = [node, str(SCRIPT), str(folder), *map(str, templates)]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    return sorted(folder.glob("*.xlsx"))


OPTIONS: dict[str, Callable[[], bytes]] = {
    "shared texts": written,
    "inline texts": lambda: written(constant_memory=True),
    "1904": lambda: written(date_1904=True),
    "zip64": lambda: written(use_zip64=True),
}
"""XlsxWriter's ways to write the same workbook."""
