"""What could be read in two ways is refused, at every level: package, list of sheets, formats, cells."""

from __future__ import annotations

import pytest

from tests.hostile.package import Entry, pack
from tests.receive.packages import (
    BOOK,
    BOOK_RELS,
    SHEET,
    STYLES,
    TYPES,
    answer,
    book,
    cells,
    opened,
    package,
    relations,
    sheet,
    smallest,
    styles,
    tab,
    tighten,
    types,
)

ONE = '<sheet name="一" sheetId="1" r:id="rId1"/>'


def test_bytes_between_parts_are_refused() -> None:
    entries = [Entry(name, data) for name, data in smallest().items()]
    assert answer(lambda: opened(pack(entries, between=b"unlisted"))) == ("F107", "bytes between parts", "ZIP")


def test_a_binary_workbook_part_makes_a_binary_workbook() -> None:
    found = answer(lambda: opened(package({"xl/workbook.bin": b"\0", TYPES: types()})))
    assert found == ("F104", "Excel Binary Workbook (.xlsb)", "")


def test_a_sheet_of_a_kind_that_nobody_knows_is_damage() -> None:
    changes: dict[str, bytes | None] = {BOOK_RELS: relations(("rId1", "worksheets", "worksheets/sheet1.xml"))}
    assert answer(lambda: cells(changes))[0] == "F102"


@pytest.mark.parametrize("more", ["<x><sheets/></x>", f"<x>{ONE}</x>", "<sheets/>", "<workbook/>"])
def test_sheets_listed_a_second_time_are_refused(more: str) -> None:
    assert answer(lambda: cells({BOOK: book(ONE, after=more)})) == ("F107", "more than one list of sheets", BOOK)


def test_two_lists_of_cell_formats_are_refused() -> None:
    twice = styles(0, 14).replace(b"</cellXfs>", b"</cellXfs><cellXfs/>")
    named = relations(("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId2", "styles", "styles.xml"))
    changes: dict[str, bytes | None] = {STYLES: twice, BOOK_RELS: named}
    assert answer(lambda: cells(changes)) == ("F107", "two lists of cell formats", STYLES)


def test_array_formulas_that_cover_too_much_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    array = '<row r="1">{}<c r="C1"><v>1</v></c></row>'
    both = "".join(f'<c r="{name}1"><f t="array" ref="A1:C1">1</f><v>1</v></c>' for name in "AB")
    tighten(monkeypatch, cells=5)
    assert answer(lambda: tab(array.format(both)))[:2] == ("F105", f"6 cells of array formulas ({SHEET})")


@pytest.mark.parametrize(("height", "hidden"), [("0.00", True), ("0e0", True), (" 0 ", True), ("high", False)])
def test_a_row_is_hidden_where_its_height_is_none(height: str, hidden: bool) -> None:
    assert (1 in tab(f'<row r="1" ht="{height}"/>').hidden_rows) is hidden


@pytest.mark.parametrize("item", ["<t>3</t><t>3</t>", "<t>3</t><r><t>3</t></r>"])
def test_a_text_beside_another_is_refused(item: str) -> None:
    inline = f'<row r="1"><c r="A1" t="inlineStr"><is>{item}</is></c></row>'
    assert answer(lambda: cells({SHEET: sheet(inline)}))[0] == "F107"


WIDE_COMMENT = sheet('<row r="1"><c r="A1"><v>21<!-- -->0000</v></c></row>').decode().encode("utf-16")


@pytest.mark.parametrize("name", ["xl/media/sheet1.xml", "customXml/sheet1.xml", "xl/sheet1.png"])
def test_a_sheet_is_looked_through_whatever_its_part_is_called(name: str) -> None:
    changes: dict[str, bytes | None] = {BOOK_RELS: relations(("rId1", "worksheet", f"/{name}")), name: WIDE_COMMENT}
    assert answer(lambda: cells(changes)) == ("F107", "an encoding other than UTF-8", name)


@pytest.mark.parametrize("encoding", ["foo", "gb18030", "iso-8859-1"])
def test_an_encoding_said_far_behind_is_none(encoding: str) -> None:
    part = f'<?xml version="1.0"{" " * 1_100}encoding="{encoding}"?>'.encode() + sheet()
    assert answer(lambda: cells({SHEET: part})) == ("F107", "an encoding other than UTF-8", SHEET)


def test_two_sets_of_workbook_properties_are_refused() -> None:
    twice = book(ONE, before='<workbookPr/><workbookPr date1904="1"/>')
    assert answer(lambda: cells({BOOK: twice})) == ("F107", "two sets of workbook properties", BOOK)


@pytest.mark.parametrize(
    "part",
    [
        styles(164, formats='<numFmt numFmtId="164" formatCode="0"/><numFmt numFmtId="164" formatCode="yyyy"/>'),
        styles(0, 14).replace(b"<cellXfs>", b"<cellXfs><other/>"),
    ],
    ids=["one number, two formats", "an element that is no format"],
)
def test_a_list_of_formats_that_counts_in_two_ways_is_refused(part: bytes) -> None:
    named = relations(("rId1", "worksheet", "worksheets/sheet1.xml"), ("rId2", "styles", "styles.xml"))
    assert answer(lambda: cells({STYLES: part, BOOK_RELS: named}))[0] == "F107"


def test_two_texts_in_one_run_are_refused() -> None:
    inline = '<row r="1"><c r="A1" t="inlineStr"><is><r><t>1</t><t>00</t></r></is></c></row>'
    assert answer(lambda: cells({SHEET: sheet(inline)}))[0] == "F107"
