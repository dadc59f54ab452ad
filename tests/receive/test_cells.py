"""A package's parts become cells: texts untouched, sheets in order, references followed, nothing guessed."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from typing import Any

import pytest
import xlsxwriter
from openpyxl import Workbook
from openpyxl.packaging.relationship import Relationship
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.workbook.external_link.external import ExternalBook, ExternalLink
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from crmxl.receive.cells import Cells
from crmxl.receive.limits import Refused
from crmxl.receive.submission import Content, ContentType
from crmxl.receive.xml import MAIN
from tests.gallery.package import put_together, taken_apart
from tests.receive.packages import (
    A_BOOK,
    BOOK,
    BOOK_RELS,
    CUSTOM,
    OFFICE,
    ONE_TAB,
    PACKAGE,
    RELS,
    SHEET,
    STRINGS,
    STYLES,
    TAB,
    TYPES,
    answer,
    book,
    cells,
    opened,
    properties,
    relations,
    saved,
    sheet,
    strings,
    styles,
    types,
)
from tests.receive.returned import issued

N, D, T = ContentType.NUMBER, ContentType.DATE, ContentType.TEXT
LINK = "xl/externalLinks/externalLink1.xml"
LINK_RELS = "xl/externalLinks/_rels/externalLink1.xml.rels"


def contents(cells: Cells) -> dict[tuple[int, int], Content]:
    return dict(cells.tabs[0].cells)


def texts(*items: str, after: str = "") -> dict[str, bytes | None]:
    """A workbook whose column A shows its shared texts, each given as the XML inside its ``si``."""
    rows = "".join(f'<row><c t="s"><v>{number}</v></c></row>' for number in range(len(items)))
    part = strings(*items).replace(b"</sst>", f"{after}</sst>".encode())
    return {
        STRINGS: part,
        SHEET: sheet(rows),
        BOOK_RELS: relations(ONE_TAB, ("rId2", "sharedStrings", "sharedStrings.xml")),
    }


def documented(*items: str) -> dict[str, bytes | None]:
    """A workbook with these custom properties."""
    return {CUSTOM: properties(*items), RELS: relations(A_BOOK, ("rId2", "custom-properties", CUSTOM))}


def two_tabs(first: tuple[str, str, str], second: tuple[str, str, str]) -> dict[str, bytes | None]:
    """A workbook with a second sheet, and where both stand."""
    other = '<sheet name="二" sheetId="2" r:id="rId2"/>'
    return {BOOK: book(TAB, other), BOOK_RELS: relations(first, second), "xl/worksheets/sheet2.xml": sheet()}


# --- texts ----------------------------------------------------------------------------------------------------------


def test_texts_are_never_read_as_anything_else() -> None:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    tab = workbook.add_worksheet()
    written = ["=1+1", "1.10", "_x0041_", "x005F_", "a\r\nb\x01", "TRUE", "#REF!", " ", "\u200b", "😀"]
    for row, text in enumerate(written):
        tab.write_string(row, 0, text)
    workbook.close()
    assert list(contents(opened(buffer.getvalue())).values()) == [Content(T, text) for text in written]


def test_a_shared_text_is_its_runs_without_phonetic_guides() -> None:
    found = cells(
        texts(
            "<t>甲</t>",
            '<t xml:space="preserve"> 1 </t>',
            "<r><rPr><b/></rPr><t>1</t></r>\n<r><t>,000</t></r>",
            "<t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh><phoneticPr fontId='1'/>",
            "<rPh sb='0' eb='2'><t>トウキョウ</t></rPh><r><t>東</t></r><r><t>京</t></r>",
            "<t>_x0031_</t>",
            "",
            after="<extLst><ext/></extLst>",
        )
    )
    shown = {row: content.text for (row, _), content in contents(found).items()}
    assert shown == {1: "甲", 2: " 1 ", 3: "1,000", 4: "東京", 5: "東京", 6: "1"}


@pytest.mark.parametrize("item", ["<t>10<x>5</x>0</t>", "<t>1<t>5</t>0</t>", "<x><t>5</t></x>"])
def test_what_stands_in_a_shared_text_where_none_belongs_is_refused(item: str) -> None:
    assert answer(lambda: cells(texts(item)))[0] == "F107"


# --- what openpyxl and XlsxWriter save ------------------------------------------------------------------------------


def test_dates_are_serial_numbers_in_either_calendar() -> None:
    for epoch in (None, CALENDAR_MAC_1904):
        workbook = Workbook()
        if epoch:
            workbook.epoch = epoch
        tab = workbook.active
        assert tab is not None
        tab["A1"] = datetime.datetime(2026, 1, 2, 12)
        tab["A2"] = 5
        tab["A2"].number_format = 'yyyy"年"m"月"'
        found = opened(saved(workbook))
        assert found.date_1904 is (epoch is not None)
        assert contents(found) == {
            (1, 1): Content(D, "46024.5"),
            (2, 1): Content(D, "1467" if epoch else "5"),
        }


@pytest.mark.parametrize(
    ("said", "date_1904"), [("1", True), ("true", True), ("0", False), ("false", False), ("", False)]
)
def test_the_calendar_is_what_the_workbook_says(said: str, date_1904: bool) -> None:
    found = cells({BOOK: book(TAB, before=f'<workbookPr date1904="{said}"/>')})
    assert found.date_1904 is date_1904


def test_array_and_table_formulas_keep_their_text() -> None:
    workbook = Workbook()
    tab = workbook.active
    assert tab is not None
    tab["A1"] = ArrayFormula("A1:A2", "=SUM(B1:B2*C1:C2)")
    tab["A3"] = DataTableFormula("A3:A4", r1="B1", dt2D=False)
    found = contents(opened(saved(workbook)))
    assert found[1, 1].formula == "=SUM(B1:B2*C1:C2)"
    assert found[3, 1].formula == "={TABLE(B1,)}"


def test_states_properties_and_links_of_the_workbook() -> None:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    workbook.add_worksheet("a")
    workbook.add_worksheet("b").hide()
    workbook.add_worksheet("c").very_hidden()
    chart = workbook.add_chart({"type": "pie"})
    chart.add_series({"values": "=a!$A$1:$A$2"})
    workbook.add_chartsheet("d").set_chart(chart)
    workbook.set_custom_property("crmxl.0", "x", "text")
    workbook.set_custom_property("other", 5, "number")
    workbook.close()
    found = opened(buffer.getvalue())
    assert [(tab.name, tab.state) for tab in found.tabs] == [
        ("a", "visible"),
        ("b", "hidden"),
        ("c", "veryHidden"),
        ("d", "visible"),
    ]
    assert found.properties == {"crmxl.0": "x"}
    assert found.links == ()


# --- relationships --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "worksheets/sheet1.xml",
        "/xl/worksheets/sheet1.xml",
        "./worksheets/../worksheets/sheet1.xml",
        "worksheets/%73heet1.xml",
    ],
)
def test_a_target_may_be_written_in_any_way(target: str) -> None:
    assert contents(cells({BOOK_RELS: relations(("rId1", "worksheet", target))})) == {(1, 1): Content(N, "5")}


def test_a_part_may_have_any_name() -> None:
    changes: dict[str, bytes | None] = {
        TYPES: types(part="Book.xml"),
        RELS: relations(("x", "officeDocument", "book.xml")),
        "book.xml": book(TAB).replace(b"rId1", "表".encode()),
        "_rels/book.xml.rels": relations(("表", "worksheet", "a%20b.xml")),
        "a%20b.xml": sheet('<row><c r="A1"><v>7</v></c></row>'),
    }
    assert contents(cells(changes)) == {(1, 1): Content(N, "7")}


DOUBLED, SEVERAL, OUT = (
    "two references to one part",
    "two parts where there can be one",
    "a reference that leads out of the file",
)
MISSING: dict[str, tuple[dict[str, bytes | None], str]] = {
    "no references at all": ({RELS: None}, "_rels/.rels"),
    "no reference to a workbook": ({RELS: relations()}, "_rels/.rels"),
    "no workbook": ({RELS: relations(("rId1", "officeDocument", "xl/other.xml"))}, "xl/other.xml"),
    "a workbook of another kind": ({BOOK: sheet()}, BOOK),
    "no sheets": ({BOOK: book()}, BOOK),
    "no references of the workbook": ({BOOK_RELS: None}, f"{BOOK}: 预算"),
    "a sheet without a reference": ({BOOK: book('<sheet name="预算"/>')}, f"{BOOK}: 预算"),
    "a sheet whose reference is missing": ({BOOK_RELS: relations(("rId2", "worksheet", "x"))}, f"{BOOK}: 预算"),
    "a sheet whose part is missing": ({SHEET: None}, SHEET),
    "a sheet without a name": ({BOOK: book('<sheet name="" r:id="rId1"/>')}, f"{BOOK}: "),
    "a sheet with no name at all": ({BOOK: book('<sheet r:id="rId1"/>')}, f"{BOOK}: "),
    "a sheet of an unknown state": (
        {BOOK: book('<sheet name="预算" state="shy" r:id="rId1"/>')},
        f"{BOOK}: 预算",
    ),
    "a sheet that is something else": ({SHEET: strings("<t>x</t>")}, SHEET),
    "texts that are missing": ({**texts("<t>x</t>"), STRINGS: None}, f"{SHEET}: A1"),
    "fewer texts than used": ({**texts("<t>x</t>"), STRINGS: strings()}, f"{SHEET}: A1"),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_damage_and_named(name: str) -> None:
    changes, where = MISSING[name]
    assert answer(lambda: cells(changes)) == ("F102", where, "")


REFUSED: dict[str, tuple[dict[str, bytes | None], str, str]] = {
    "two sheets of one name": (
        {**two_tabs(ONE_TAB, ("rId2", "worksheet", "worksheets/sheet2.xml")), BOOK: book(TAB, TAB)},
        "two sheets of one name",
        BOOK,
    ),
    "two sheets of one name in other letters": (
        {BOOK: book('<sheet name="A" r:id="rId1"/>', '<sheet name="a" r:id="rId2"/>')},
        "two sheets of one name",
        BOOK,
    ),
    "two sheets in one part": (
        two_tabs(ONE_TAB, ("rId2", "worksheet", "worksheets/SHEET1.xml")),
        DOUBLED,
        "xl/worksheets/SHEET1.xml",
    ),
    "one reference twice": (two_tabs(ONE_TAB, ONE_TAB), DOUBLED, f"{BOOK_RELS}: rId1"),
    "two workbooks": ({RELS: relations(A_BOOK, ("rId2", "officeDocument", "xl/b.xml"))}, SEVERAL, "xl/b.xml"),
    "two parts of texts": (
        {BOOK_RELS: relations(ONE_TAB, ("rId2", "sharedStrings", "a.xml"), ("rId3", "sharedStrings", "b.xml"))},
        SEVERAL,
        "xl/b.xml",
    ),
    "two parts of styles": (
        {BOOK_RELS: relations(ONE_TAB, ("rId2", "styles", "a.xml"), ("rId3", "styles", "b.xml"))},
        SEVERAL,
        "xl/b.xml",
    ),
    "a workbook elsewhere": (
        {RELS: relations(("rId1", "officeDocument", "http://x.cn/b.xml"))},
        OUT,
        "http://x.cn/b.xml",
    ),
    "a sheet elsewhere": ({BOOK_RELS: relations(("rId1", "worksheet", "file:///c:/a.xml"))}, OUT, "file:///c:/a.xml"),
    "a property twice": (
        documented(*2 * ('<property name="crmxl.0"><vt:lpwstr>x</vt:lpwstr></property>',)),
        "a document property that stands twice",
        "crmxl.0",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_programs_may_take_for_different_parts_is_refused(name: str) -> None:
    changes, found, part = REFUSED[name]
    assert answer(lambda: cells(changes)) == ("F107", found, part)


@pytest.mark.parametrize("name", [SHEET, BOOK, STYLES, STRINGS, CUSTOM, RELS, BOOK_RELS])
def test_a_part_that_is_cut_is_named(name: str) -> None:
    parts = taken_apart(issued())
    whole = parts[name]
    for length in (0, len(whole) // 2, len(whole) - 1):
        code, found, _ = answer(lambda at=length: opened(put_together({**parts, name: whole[:at]})))  # type: ignore[misc]
        assert code == "F102" and found.startswith(f"{name}: ")


# --- styles ---------------------------------------------------------------------------------------------------------


def styled(*numbers: int | str, formats: str = "") -> Callable[[int], Content]:
    """What a 5 reads as under the cell format of a number."""
    changes: dict[str, bytes | None] = {
        STYLES: styles(*numbers, formats=formats),
        BOOK_RELS: relations(ONE_TAB, ("rId2", "styles", "styles.xml")),
    }

    def read(style: int) -> Content:
        return contents(cells({**changes, SHEET: sheet(f'<row><c r="A1" s="{style}"><v>5</v></c></row>')}))[1, 1]

    return read


def test_a_number_under_a_date_format_is_a_date() -> None:
    own = '<numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;"/><numFmt numFmtId="165" formatCode="0.00"/>'
    read = styled(0, 14, 164, 165, 31, 4, formats=own)
    assert [read(style).type for style in range(6)] == [N, D, D, N, D, N]


def test_a_part_that_is_named_twice_in_the_same_way_is_one_part() -> None:
    twice = relations(ONE_TAB, ("rId2", "styles", "styles.xml"), ("rId3", "styles", "/xl/styles.xml"))
    found = cells({STYLES: styles(14), BOOK_RELS: twice, SHEET: sheet('<row><c s="0"><v>5</v></c></row>')})
    assert contents(found) == {(1, 1): Content(D, "5")}


def test_a_workbook_without_styles_has_no_dates() -> None:
    assert contents(cells({SHEET: sheet('<row><c r="A1" s="1"><v>5</v></c></row>')})) == {(1, 1): Content(N, "5")}
    named = relations(ONE_TAB, ("rId2", "styles", "styles.xml"))
    assert contents(cells({BOOK_RELS: named})) == {(1, 1): Content(N, "5")}


# --- properties and links -------------------------------------------------------------------------------------------


def test_only_texts_are_properties() -> None:
    found = cells(
        documented(
            '<property name="a"><vt:lpwstr>_x0031_ 甲</vt:lpwstr></property>',
            '<property name="b"><vt:i4>5</vt:i4></property>',
            '<property name="c"><vt:lpwstr/></property>',
            "<property><vt:lpwstr>无名</vt:lpwstr></property>",
        )
    )
    assert found.properties == {"a": "1 甲", "c": "", "": "无名"}
    missing = relations(A_BOOK, ("rId2", "custom-properties", "docProps/custom.xml"))
    assert cells({RELS: missing}).properties == {}


def linked(
    part: bytes | None, *targets: tuple[str, str, str], kind: str = "externalLinks/externalLink1.xml"
) -> tuple[str, ...]:
    """The links of a workbook whose one link has this part and these references."""
    changes: dict[str, bytes | None] = {
        BOOK: book(TAB, after='<externalReferences><externalReference r:id="rId9"/></externalReferences>'),
        BOOK_RELS: relations(ONE_TAB, ("rId9", "externalLink", kind)),
        LINK: part,
        LINK_RELS: relations(*targets),
    }
    return cells(changes).links


def link(inside: str) -> bytes:
    return f'<externalLink xmlns="{MAIN}" xmlns:r="{OFFICE}/relationships">{inside}</externalLink>'.encode()


def test_a_link_is_told_as_the_file_says_it() -> None:
    external = link('<externalBook r:id="rId1"><sheetNames/></externalBook>')
    target = "file:///C:/预算/去年.xlsx"
    assert linked(external, ("rId1", "externalLinkPath", target)) == (target,)
    assert linked(external, ("rId2", "externalLinkPath", target)) == ("",)
    assert linked(link('<ddeLink ddeService="Excel" ddeTopic="预算"/>')) == ("Excel|预算",)
    assert linked(link("<oleLink/>")) == ("",)
    assert linked(None) == (LINK,)
    assert linked(None, kind="http://x.cn/a.xlsx") == ("http://x.cn/a.xlsx",)


def test_a_link_without_a_reference_leads_nowhere() -> None:
    after = "<externalReferences><externalReference/></externalReferences>"
    assert cells({BOOK: book(TAB, after=after)}).links == ("",)


def test_links_to_other_workbooks_are_named_in_order() -> None:
    workbook: Any = Workbook()
    for target in ("file:///C:/预算/去年.xlsx", "b.xlsx"):
        outside = ExternalLink(externalBook=ExternalBook(id="rId1"))
        relationship: Any = Relationship
        outside.file_link = relationship(type="externalLinkPath", Target=target, TargetMode="External")
        workbook._external_links.append(outside)
    assert opened(saved(workbook)).links == ("file:///C:/预算/去年.xlsx", "b.xlsx")


def test_a_references_part_with_something_else_in_it_is_refused() -> None:
    part = relations(ONE_TAB).replace(b"</Relationships>", b"<note xmlns='http://other'/></Relationships>")
    assert PACKAGE.encode() in part
    with pytest.raises(Refused) as refused:
        cells({BOOK_RELS: part})
    assert refused.value.finding.code == "F107"
