"""Cells are read as the file has them: texts untouched, numbers by their shortest text, formulas beside values."""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import Any

import pytest
import xlsxwriter
from openpyxl import Workbook
from openpyxl.packaging.relationship import Relationship
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook.external_link.external import ExternalBook, ExternalLink
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from crmxl.receive.cells import Cells, Unreadable, number_text, read_cells
from crmxl.receive.submission import Content, ContentType
from tests.receive.test_gate import changed, zipped

SHEET = "xl/worksheets/sheet1.xml"
N, D, T, B, E = ContentType.NUMBER, ContentType.DATE, ContentType.TEXT, ContentType.BOOLEAN, ContentType.ERROR


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def raw(rows: str, after: str = "", before: str = "") -> Cells:
    """A workbook whose first sheet has these rows as XML."""
    data = saved(Workbook())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{main}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
    return read_cells(zipped({**parts, SHEET: sheet.encode()}))


def contents(cells: Cells) -> dict[tuple[int, int], Content]:
    return dict(cells.tabs[0].cells)


@pytest.mark.parametrize(
    ("cell", "content"),
    [
        ("<v>5</v>", Content(N, "5")),
        ("<v>5.0</v>", Content(N, "5")),
        ("<v>1.1000000000000001</v>", Content(N, "1.1")),
        ("<v>1E3</v>", Content(N, "1000")),
        ("<v>-0</v>", Content(N, "0")),
        ("<v>１２３</v>", Content(N, "１２３")),
        ("<v>1_000</v>", Content(N, "1_000")),
        ("<v>1e999</v>", Content(N, "1e999")),
        ("<f>A2</f>", Content(formula="=A2", calculated=False)),
        ("<f>A2</f><v></v>", Content(formula="=A2", calculated=False)),
        ("<f>A2</f><v>7</v>", Content(N, "7", "=A2")),
        ("<f>[1]Sheet1!A1</f><v>7</v>", Content(N, "7", "=[1]Sheet1!A1")),
    ],
)
def test_numbers_and_formulas(cell: str, content: Content) -> None:
    assert contents(raw(f'<row r="1"><c r="A1">{cell}</c></row>')) == {(1, 1): content}


@pytest.mark.parametrize(
    ("type", "cell", "content"),
    [
        ("str", "<f>A2</f><v></v>", Content(T, "", "=A2")),
        ("str", "<f>A2</f><v>x</v>", Content(T, "x", "=A2")),
        ("b", "<v>1</v>", Content(B, "TRUE")),
        ("b", "<v>0</v>", Content(B, "FALSE")),
        ("e", "<v>#REF!</v>", Content(E, "#REF!")),
        ("e", "<f>1/0</f><v>#DIV/0!</v>", Content(E, "#DIV/0!", "=1/0")),
        ("inlineStr", "<is><t> a_x000D_ </t></is>", Content(T, " a\r ")),
        ("inlineStr", "<is><r><t>1</t></r><r><t>,000</t></r><rPh><t>x</t></rPh></is>", Content(T, "1,000")),
        ("d", "<v>2026-01-02</v>", Content(D, "46024")),
    ],
)
def test_other_types(type: str, cell: str, content: Content) -> None:
    assert contents(raw(f'<row r="1"><c r="A1" t="{type}">{cell}</c></row>')) == {(1, 1): content}


def test_places_may_be_left_out() -> None:
    rows = "<row><c><v>1</v></c><c><v>2</v></c></row>"
    rows += '<row r="5"><c r="C5"><v>3</v></c><c><f t="shared" si="0" ref="D5:D6">C5</f></c></row>'
    rows += '<row><c r="D6"><f t="shared" si="0"/></c></row>'
    found = contents(raw(rows))
    assert {at: content.text or content.formula for at, content in found.items()} == {
        (1, 1): "1",
        (1, 2): "2",
        (5, 3): "3",
        (5, 4): "=C5",
        (6, 4): "=C6",
    }


def test_a_cell_that_stands_twice_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"sheet1\.xml: A1"):
        raw('<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>')


def test_a_cell_in_another_row_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"sheet1\.xml: A2"):
        raw('<row r="1"><c r="A2"><v>1</v></c></row>')


def test_values_under_a_merge_are_kept() -> None:
    cells = raw(
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>',
        after='<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="A1:XFD1048576"/></mergeCells>',
    )
    assert {at: content.text for at, content in contents(cells).items()} == {(1, 1): "1", (1, 2): "2"}
    assert cells.tabs[0].merges == ((1, 1, 1, 2), (1, 1, 1048576, 16384))


def test_hidden_rows_and_columns() -> None:
    tab = raw(
        '<row r="3" hidden="1"/><row r="4" ht="0" customHeight="1"/><row r="5"/>',
        before='<cols><col min="2" max="3" hidden="1"/><col min="5" max="5" width="0"/><col min="6" max="6"/></cols>',
    ).tabs[0]
    assert tab.hidden_rows == {3, 4}
    assert tab.hidden_columns == {2, 3, 5}


def test_dates_are_serial_numbers_in_either_epoch() -> None:
    for epoch in (None, CALENDAR_MAC_1904):
        book = Workbook()
        if epoch:
            book.epoch = epoch
        sheet = book.active
        assert sheet is not None
        sheet["A1"] = datetime.datetime(2026, 1, 2, 12)
        sheet["A2"] = 5
        sheet["A2"].number_format = 'yyyy"年"m"月"'
        found = contents(read_cells(saved(book)))
        assert found[1, 1] == Content(D, "46024.5")
        assert found[2, 1] == Content(D, "1467" if epoch else "5")


def test_a_builtin_chinese_date_format_is_a_date() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = 46024
    sheet["A1"].number_format = "mm-dd-yy"
    data = saved(book)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/styles.xml"] = parts["xl/styles.xml"].replace(b'numFmtId="14"', b'numFmtId="31"')
    assert contents(read_cells(zipped(parts))) == {(1, 1): Content(D, "46024")}


def test_array_and_table_formulas_keep_their_text() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = ArrayFormula("A1:A2", "=SUM(B1:B2*C1:C2)")
    sheet["A3"] = DataTableFormula("A3:A4", r1="B1", dt2D=False)
    found = contents(read_cells(saved(book)))
    assert found[1, 1].formula == "=SUM(B1:B2*C1:C2)"
    assert found[3, 1].formula == "={TABLE(B1,)}"


def test_texts_are_never_read_as_anything_else() -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet()
    texts = ["=1+1", "1.10", "_x0041_", "x005F_", "a\r\nb\x01", "TRUE", "#REF!"]
    for row, text in enumerate(texts):
        sheet.write_string(row, 0, text)
    book.close()
    assert list(contents(read_cells(buffer.getvalue())).values()) == [Content(T, text) for text in texts]


def test_states_properties_and_links_of_the_workbook() -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    book.add_worksheet("a")
    book.add_worksheet("b").hide()
    book.add_worksheet("c").very_hidden()
    chart = book.add_chart({"type": "pie"})
    chart.add_series({"values": "=a!$A$1:$A$2"})
    book.add_chartsheet("d").set_chart(chart)
    book.set_custom_property("crmxl.0", "x", "text")
    book.set_custom_property("other", 5, "number")
    book.close()
    cells = read_cells(buffer.getvalue())
    assert [(tab.name, tab.state) for tab in cells.tabs] == [
        ("a", "visible"),
        ("b", "hidden"),
        ("c", "veryHidden"),
        ("d", "visible"),
    ]
    assert cells.properties == {"crmxl.0": "x"}
    assert cells.links == ()


@pytest.mark.parametrize(
    "name", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "docProps/custom.xml"]
)
def test_a_part_that_cannot_be_read_is_named(name: str) -> None:
    with pytest.raises(Unreadable, match=name):
        read_cells(changed(name, lambda content: content[: len(content) // 2]))


def test_two_sheets_of_one_name_are_refused() -> None:
    with pytest.raises(Unreadable, match=r"workbook\.xml"):
        read_cells(changed("xl/workbook.xml", lambda part: part.replace("活动清单".encode(), "预算表".encode())))


def test_links_to_other_workbooks_are_named_in_order() -> None:
    book: Any = Workbook()
    for target in ("file:///C:/预算/去年.xlsx", "b.xlsx"):
        link = ExternalLink(externalBook=ExternalBook())
        relationship: Any = Relationship
        link.file_link = relationship(type="externalLinkPath", Target=target, TargetMode="External")
        book._external_links.append(link)
    assert read_cells(saved(book)).links == ("file:///C:/预算/去年.xlsx", "b.xlsx")


def test_number_texts() -> None:
    assert number_text("9" * 5000) == "9" * 5000
    assert number_text("12345678901234567890") == "1.2345678901234567e+19"
    assert number_text(" 0.10 ") == "0.1"
