"""A sheet is read cell by cell as Excel would, or refused: what programs disagree about is never guessed."""

from __future__ import annotations

import pytest

from crmxl.receive.sheet import Tab
from crmxl.receive.submission import Content, ContentType
from tests.receive.packages import (
    BOOK,
    BOOK_RELS,
    ONE_TAB,
    SHEET,
    STRINGS,
    STYLES,
    TAB,
    answer,
    book,
    cell,
    relations,
    strings,
    styles,
    tab,
)

N, D, T, B, E = ContentType.NUMBER, ContentType.DATE, ContentType.TEXT, ContentType.BOOLEAN, ContentType.ERROR
ORDER, OFF, MISPLACED = "cells out of order or twice", "an address that is none", "cells where none belong"
TWICE, TWO_SETS = "two values in one cell", "two sets of sheet data"


def sharing(date_1904: bool = False, first: int = 0) -> dict[str, bytes | None]:
    """Two texts, and cell formats of which the seventh shows dates; the ``first`` is of this number format."""
    return {
        BOOK: book(TAB, before=f'<workbookPr date1904="{int(date_1904)}"/>'),
        BOOK_RELS: relations(ONE_TAB, ("rId2", "sharedStrings", "sharedStrings.xml"), ("rId3", "styles", "styles.xml")),
        STRINGS: strings("<t>甲</t>", "<t/>"),
        STYLES: styles(first, 0, 0, 0, 0, 0, 0, 14, 0),
    }


def shown(sheet: Tab) -> dict[tuple[int, int], str]:
    """What each cell holds: its formula, else its text."""
    return {at: content.formula or content.text for at, content in sheet.cells.items()}


def misplaced(found: tuple[str, str, str]) -> bool:
    """Whether it is said that cells stand where none belong, and in which part."""
    code, what, where = found
    return code == "F107" and what in (MISPLACED, TWO_SETS) and where.startswith(SHEET)


# --- values ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "inside", "content"),
    [
        ("", "<v>5</v>", Content(N, "5")),
        ("", "<v> 5.0\n</v>", Content(N, "5")),
        ("", "<v>1.1000000000000001</v>", Content(N, "1.1")),
        ("", "<v>1E3</v>", Content(N, "1000")),
        ("", "<v>-0</v>", Content(N, "0")),
        ("", "<v>1&#50;3</v>", Content(N, "123")),
        ('t="n" s="0"', "<v>5</v>", Content(N, "5")),
        ('s="7"', "<v>5</v>", Content(D, "5")),
        ('s="8"', "<v>5</v>", Content(N, "5")),
        ("", "", Content()),
        ('s="7"', "<v/>", Content()),
        ('t="e"', "<v></v>", Content()),
        ('t="b"', "<v>1</v>", Content(B, "TRUE")),
        ('t="b"', "<v>false</v>", Content(B, "FALSE")),
        ('t="e"', "<v>#REF!</v>", Content(E, "#REF!")),
        ('t="e"', "<v>Err:502</v>", Content(E, "Err:502")),
        ('t="d"', "<v>2026-01-02</v>", Content(D, "46024")),
        ('t="s"', "<v> 0 </v>", Content(T, "甲")),
        ('t="s"', "<v>1</v>", Content()),
        ('t="s"', "<v/>", Content()),
        ('t="str"', "<v>_x0041_ 1</v>", Content(T, "A 1")),
        ('t="str"', "<v></v>", Content()),
        ('t="inlineStr"', "<is><t> a_x000D_ </t></is>", Content(T, " a\r ")),
        ('t="inlineStr"', "<is/>", Content()),
        ('t="inlineStr"', "<is><t/></is>", Content()),
        ('t="inlineStr"', "", Content()),
        (
            't="inlineStr"',
            "<is><r><rPr><b/></rPr><t>1</t></r><r><t>,000</t></r><rPh sb='0' eb='1'><t>x</t></rPh><phoneticPr/></is>",
            Content(T, "1,000"),
        ),
        ("", "<v>5</v><extLst><ext><x xmlns='http://other'>9</x></ext></extLst>", Content(N, "5")),
    ],
)
def test_a_value_is_read_by_its_type(attributes: str, inside: str, content: Content) -> None:
    assert cell(inside, attributes, sharing()) == content


@pytest.mark.parametrize(
    ("attributes", "inside", "content"),
    [
        ("", "<f>A2</f>", Content(formula="=A2", calculated=False)),
        ("", "<f>A2</f><v></v>", Content(formula="=A2", calculated=False)),
        ("", "<f>A2</f><v>7</v>", Content(N, "7", "=A2")),
        ("", "<v>7</v><f>A2</f>", Content(N, "7", "=A2")),
        ("", "<f/><v>7</v>", Content(N, "7", "=")),
        ("", "<f t='normal' ca='1'>A2&lt;&gt;\"&amp;\"</f><v>7</v>", Content(N, "7", '=A2<>"&"')),
        ("", "<f>[1]Sheet1!A1</f><v>7</v>", Content(N, "7", "=[1]Sheet1!A1")),
        ('s="7"', "<f>A2</f><v>7</v>", Content(D, "7", "=A2")),
        ('t="str"', "<f>A2</f><v></v>", Content(T, "", "=A2")),
        ('t="str"', "<f>A2</f><v/>", Content(T, "", "=A2")),
        ('t="str"', "<f>A2</f>", Content(formula="=A2", calculated=False)),
        ('t="str"', "<f>A2</f><v>x</v>", Content(T, "x", "=A2")),
        ('t="s"', "<f>A2</f><v>0</v>", Content(T, "甲", "=A2")),
        ('t="e"', "<f>1/0</f><v>#DIV/0!</v>", Content(E, "#DIV/0!", "=1/0")),
        ('t="b"', "<f>TRUE()</f><v>1</v>", Content(B, "TRUE", "=TRUE()")),
        ('t="inlineStr"', "<f>A2</f><is><t>x</t></is>", Content(T, "x", "=A2")),
        ('t="inlineStr"', "<f>A2</f><is/>", Content(formula="=A2", calculated=False)),
        ("", "<f t='array' ref='A1'>SUM(B1:B2*2)</f><v>7</v>", Content(N, "7", "=SUM(B1:B2*2)")),
        ("", "<f t='array'>SUM(B1:B2*2)</f><v>7</v>", Content(N, "7", "=SUM(B1:B2*2)")),
        ("", "<f t='dataTable' ref='A1' r1='B1' r2='C1'/><v>7</v>", Content(N, "7", "={TABLE(B1,C1)}")),
        ("", "<f t='dataTable' ref='A1' dt2D='0' r1='B1'/>", Content(formula="={TABLE(B1,)}", calculated=False)),
    ],
)
def test_a_formula_is_kept_beside_its_value(attributes: str, inside: str, content: Content) -> None:
    assert cell(inside, attributes, sharing()) == content


@pytest.mark.parametrize(
    "value", ["１２３", "1_000", "1e999", "-1e999", "nan", "INF", "0x10", "1,000", "1 0", "5元", "٣", "."]
)
def test_a_number_that_is_none_is_damage_at_its_cell(value: str) -> None:
    assert answer(lambda: cell(f"<v>{value}</v>")) == ("F102", f"{SHEET}: A1", "")
    assert answer(lambda: cell(f"<v>{value}</v>", 's="7"', sharing())) == ("F102", f"{SHEET}: A1", "")
    assert answer(lambda: cell(f"<f>A2</f><v>{value}</v>")) == ("F102", f"{SHEET}: A1", "")


@pytest.mark.parametrize(
    ("attributes", "value"),
    [
        ('t="b"', "2"),
        ('t="b"', "是"),
        ('t="e"', "5"),
        ('t="d"', "46024"),
        ('t="d"', "2026-02-30"),
        ('t="s"', "2"),
        ('t="inlineStr"', "5"),
        ('t="x"', "5"),
        ('t=""', "5"),
    ],
)
def test_a_value_that_is_not_of_its_type_is_damage_at_its_cell(attributes: str, value: str) -> None:
    assert answer(lambda: cell(f"<v>{value}</v>", attributes, sharing())) == ("F102", f"{SHEET}: A1", "")


@pytest.mark.parametrize(("attributes", "value"), [('t="s"', "-1"), ('t="s"', "１"), ('t="s"', "2"), ('t="s"', "00")])
def test_a_number_of_a_text_that_is_none_is_damage(attributes: str, value: str) -> None:
    assert answer(lambda: cell(f"<v>{value}</v>", attributes, sharing())) == ("F102", f"{SHEET}: A1", "")


@pytest.mark.parametrize("style", ["x", "-1", "+7", "1000000", "9" * 5000])
def test_a_number_of_a_format_that_is_none_is_damage(style: str) -> None:
    assert answer(lambda: cell("<v>5</v>", f's="{style}"', sharing()))[0] == "F102"


@pytest.mark.parametrize("style", ["7", "07", " 7 "])
def test_the_number_of_a_format_may_be_written_otherwise(style: str) -> None:
    assert cell("<v>5</v>", f's="{style}"', sharing()) == Content(D, "5")


def test_dates_of_either_calendar_are_told_in_one() -> None:
    old, new = sharing(date_1904=True), sharing()
    assert cell("<v>44562.5</v>", 's="7"', old) == cell("<v>46024.5</v>", 's="7"', new) == Content(D, "46024.5")
    assert cell("<v>44562</v>", "", old) == Content(N, "44562")


@pytest.mark.parametrize("attributes", ["", 's="0"'])
def test_the_first_cell_format_may_show_dates_too(attributes: str) -> None:
    assert cell("<v>5</v>", attributes, sharing(first=14)) == Content(D, "5")


@pytest.mark.parametrize(
    ("attributes", "inside", "found"),
    [
        ("", "<v>1</v><v>2</v>", TWICE),
        ("", "<v/><v>2</v>", TWICE),
        ("", "<f>A2</f><f>A3</f>", TWICE),
        ('t="inlineStr"', "<is><t>1</t></is><is><t>2</t></is>", TWICE),
        ("", "<v>2</v><is><t>1</t></is>", TWICE),
        ("", "<is><t>1</t></is>", MISPLACED),
        ('t="str"', "<is><t>1</t></is>", MISPLACED),
    ],
)
def test_two_values_in_a_cell_are_refused(attributes: str, inside: str, found: str) -> None:
    assert answer(lambda: cell(inside, attributes)) == ("F107", found, f"{SHEET}: A1")


@pytest.mark.parametrize(
    "inside",
    [
        "<c r='B1'><v>1</v></c>",
        "<row><c><v>1</v></c></row>",
        "<x><v>1</v></x>",
        "<v>1<v>2</v></v>",
        "<v>1<x/>2</v>",
        "<is><v>1</v></is>",
        "<is><x><t>1</t></x></is>",
        "<t>1</t>",
        "<r><t>1</t></r>",
        "<extLst><ext><v>1</v></ext></extLst>",
        "<sheetData/>",
    ],
)
def test_an_element_inside_a_cell_where_none_belongs_is_refused(inside: str) -> None:
    assert misplaced(answer(lambda: cell(inside, 't="inlineStr"' if "<is>" in inside else "")))


@pytest.mark.parametrize("element", ["rPh", "phoneticPr", "rPr", "extLst", "v", "t"])
@pytest.mark.parametrize("around", ["<v>10{}0</v>", "<f>A1{}0</f>"])
def test_what_stands_inside_a_value_or_formula_is_refused(around: str, element: str) -> None:
    assert misplaced(answer(lambda: cell(around.format(f"<{element}>5</{element}>"))))


@pytest.mark.parametrize("element", ["rPh", "phoneticPr", "rPr", "extLst", "t"])
def test_what_stands_inside_the_text_of_a_cell_is_refused(element: str) -> None:
    inside = f"<is><t>10<{element}>5</{element}>0</t></is>"
    assert misplaced(answer(lambda: cell(inside, 't="inlineStr"')))


def test_a_value_beside_a_text_of_the_cells_own_is_one_too_many() -> None:
    inside = "<is><t>1</t></is><v>2</v>"
    assert answer(lambda: cell(inside, 't="inlineStr"')) == ("F107", TWICE, f"{SHEET}: A1")


def test_text_between_elements_is_no_value() -> None:
    assert shown(tab('8<row r="1">7<c r="A1">6<v>5</v>4</c>3</row>2')) == {(1, 1): "5"}
    assert cell("9<is>8<r>7<t>5</t>6</r>4</is>3", 't="inlineStr"') == Content(T, "5")


# --- places ---------------------------------------------------------------------------------------------------------


def test_places_may_be_left_out() -> None:
    rows = "<row><c><v>1</v></c><c><v>2</v></c></row>"
    rows += '<row r="5"><c r="C5"><v>3</v></c><c><v>4</v></c></row><row><c r="AZ6"><v>5</v></c><c><v>6</v></c></row>'
    assert shown(tab(rows)) == {(1, 1): "1", (1, 2): "2", (5, 3): "3", (5, 4): "4", (6, 52): "5", (6, 53): "6"}


def test_the_last_cell_of_the_grid_is_one() -> None:
    assert shown(tab('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')) == {(1048576, 16384): "1"}


def test_an_address_reads_the_same_whether_or_not_it_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmxl.receive.sheet._MOST_PLACES", 0, raising=False)
    rows = '<row r="7"><c r="XCV7"><v>1</v></c><c r="XCW7"><v>2</v></c></row>'
    assert shown(tab(rows)) == shown(tab(rows)) == {(7, 16324): "1", (7, 16325): "2"}


def test_the_cells_of_a_row_are_found_by_their_column_in_order() -> None:
    rows = '<row r="2"><c r="B2"><v>1</v></c><c r="D2"><v>2</v></c></row><row r="9"><c r="A9"><v>3</v></c></row>'
    found = {
        row: {column: content.text for column, content in cells.items()} for row, cells in tab(rows).by_row.items()
    }
    assert found == {2: {2: "1", 4: "2"}, 9: {1: "3"}}


def test_blank_cells_cost_nothing() -> None:
    assert tab('<row r="1"><c r="A1" s="1"/><c r="B1"><v/></c></row><row r="9" spans="1:2"/>').cells == {}


@pytest.mark.parametrize(
    ("rows", "found", "where"),
    [
        ('<row r="1"><c r="A1"/><c r="A1"/></row>', ORDER, "A1"),
        ('<row r="1"><c r="B1"/><c r="A1"/></row>', ORDER, "A1"),
        ('<row r="1"><c/><c r="A1"/></row>', ORDER, "A1"),
        ('<row r="2"/><row r="2"/>', ORDER, "2"),
        ('<row r="2"/><row r="1"/>', ORDER, "1"),
        ('<row/><row r="1"/>', ORDER, "1"),
        ('<row r="1"><c r="A2"/></row>', OFF, "A2"),
        ('<row r="1"><c r="A11"/></row>', OFF, "A11"),
        ('<row r="11"><c r="A1"/></row>', OFF, "A1"),
        ('<row r="1"><c r="a1"/></row>', OFF, "a1"),
        ('<row r="1"><c r="$A$1"/></row>', OFF, "$A$1"),
        ('<row r="1"><c r="Ａ1"/></row>', OFF, "Ａ1"),
        ('<row r="1"><c r="1"/></row>', OFF, "1"),
        ('<row r="1"><c r=""/></row>', OFF, ""),
        ('<row r="1"><c r="A1:B1"/></row>', OFF, "A1:B1"),
        ('<row r="1"><c r="XFE1"/></row>', OFF, "XFE1"),
        ('<row r="1"><c r="XFD1"/><c/></row>', OFF, "XFE1"),
        ('<row r="1"><c r="ZZZ1"/></row>', OFF, "ZZZ1"),
        ('<row r="0"/>', OFF, "0"),
        ('<row r="1048577"/>', OFF, "1048577"),
        ('<row r="1048576"/><row/>', OFF, "1048577"),
    ],
)
def test_cells_and_rows_out_of_order_twice_or_off_the_grid_are_refused(rows: str, found: str, where: str) -> None:
    for _ in range(2):  # an address refused once is refused again
        assert answer(lambda: tab(rows)) == ("F107", found, f"{SHEET}: {where}")


@pytest.mark.parametrize("number", ["", "x", "1.0", "-1", "１", "12345678901", "A1"])
def test_a_row_whose_number_is_none_is_damage(number: str) -> None:
    assert answer(lambda: tab(f'<row r="{number}"/>')) == ("F102", f"{SHEET}: {number}", "")


@pytest.mark.parametrize(
    ("rows", "before", "after"),
    [
        ("<c r='A1'><v>1</v></c>", "", ""),
        ("<v>1</v>", "", ""),
        ("<x><row/></x>", "", ""),
        ("<row><v>1</v></row>", "", ""),
        ("<row><x/></row>", "", ""),
        ("<row><row/></row>", "", ""),
        ("<row><extLst><ext><c/></ext></extLst></row>", "", ""),
        ("<row><extLst><c/></extLst></row>", "", ""),
        ("<extLst><row/></extLst>", "", ""),
        ("", "<row r='1'/>", ""),
        ("", "<c r='A1'><v>1</v></c>", ""),
        ("", "<mergeCell ref='A1:B1'/>", ""),
        ("", "<col min='1' max='2' hidden='1'/>", ""),
        ("", "<sheetViews><row r='1'/></sheetViews>", ""),
        ("", "<sheetViews><sheetView><c r='A1'/></sheetView></sheetViews>", ""),
        ("", "<cols><mergeCell ref='A1:B1'/></cols>", ""),
        ("", "<cols><x><col min='1' max='2'/></x></cols>", ""),
        ("", "<cols/><cols/>", ""),
        ("", "<sheetData/>", ""),
        ("", "", "<sheetData/>"),
        ("", "<mergeCells/>", "<mergeCells/>"),
        ("", "", "<mergeCells><col min='1' max='2'/></mergeCells>"),
        ("", "", "<mergeCells><x><mergeCell ref='A1:B1'/></x></mergeCells>"),
        ("", "", "<extLst><ext><sheetData/></ext></extLst>"),
        ("", "", "<extLst><ext><x><y><c r='A1'/></y></x></ext></extLst>"),
    ],
)
def test_cells_where_none_belong_are_refused(rows: str, before: str, after: str) -> None:
    assert misplaced(answer(lambda: tab(rows, before, after)))


def test_a_cell_in_the_extensions_of_the_rows_is_refused() -> None:
    assert misplaced(answer(lambda: tab("<extLst><c/></extLst>")))


def test_what_has_nothing_to_do_with_cells_is_passed_over() -> None:
    before = "<sheetPr><tabColor rgb='1'/></sheetPr><dimension ref='A1'/><sheetViews><sheetView/></sheetViews>"
    after = "<extLst><ext><x:f xmlns:x='http://other'>A1</x:f></ext></extLst>"
    rows = '<row r="1"><c r="A1"><v>5</v></c><extLst><ext/></extLst></row>'
    assert shown(tab(rows, before, after)) == {(1, 1): "5"}


# --- formulas of several cells --------------------------------------------------------------------------------------


def test_a_shared_formula_reads_in_each_cell_as_if_typed_there() -> None:
    rows = '<row r="5"><c r="D5"><f t="shared" si="0" ref="D5:E6">C5+$A$1+SUM(B:B)</f></c>'
    rows += '<c><f t="shared" si="0"/></c></row>'
    rows += '<row><c r="D6"><f t="shared" si="0"></f><v>1</v></c></row>'
    assert shown(tab(rows)) == {
        (5, 4): "=C5+$A$1+SUM(B:B)",
        (5, 5): "=D5+$A$1+SUM(C:C)",
        (6, 4): "=C6+$A$1+SUM(B:B)",
    }


def test_shared_formulas_are_told_apart_by_their_group() -> None:
    rows = '<row r="1"><c r="B1"><f t="shared" si="0">A1</f></c><c r="C1"><f t="shared" si="1">A1*2</f></c></row>'
    rows += '<row r="2"><c r="B2"><f t="shared" si="0"/></c><c r="C2"><f t="shared" si="1"/></c></row>'
    assert shown(tab(rows)) == {(1, 2): "=A1", (1, 3): "=A1*2", (2, 2): "=A2", (2, 3): "=A2*2"}


def test_a_shared_formula_that_begins_nowhere_is_damage() -> None:
    assert answer(lambda: cell("<f t='shared' si='3'/><v>1</v>")) == ("F102", f"{SHEET}: A1", "")


def test_cells_that_a_formula_elsewhere_fills_are_calculated_and_not_typed() -> None:
    rows = '<row r="1"><c r="A1"><f t="array" ref="A1:B2">C1:D2*2</f><v>1</v></c>'
    rows += '<c r="B1"><v>2</v></c><c r="C1"><v>3</v></c></row>'
    rows += '<row r="2"><c r="A2"><f>C2</f><v>4</v></c><c r="B2" s="1"/></row><row r="3"><c r="A3"><v>5</v></c></row>'
    assert tab(rows).cells == {
        (1, 1): Content(N, "1", "=C1:D2*2"),
        (1, 2): Content(N, "2", "=C1:D2*2"),
        (1, 3): Content(N, "3"),
        (2, 1): Content(N, "4", "=C2"),
        (3, 1): Content(N, "5"),
    }


def test_so_are_those_of_a_what_if_table_and_of_areas_far_wider_than_the_sheet() -> None:
    rows = '<row r="1"><c r="A1"><f t="dataTable" ref="A1:A2" r1="C1" r2=""/><v>1</v></c><c r="C1"><v>3</v></c></row>'
    rows += '<row r="2"><c r="A2"><v>2</v></c></row>'
    assert shown(tab(rows)) == {(1, 1): "={TABLE(C1,)}", (1, 3): "3", (2, 1): "={TABLE(C1,)}"}
    wide = rows.replace("A1:A2", "A1:XFD1048576")
    assert shown(tab(wide)) == dict.fromkeys([(1, 1), (1, 3), (2, 1)], "={TABLE(C1,)}")


def test_an_array_in_one_cell_fills_no_other() -> None:
    rows = '<row r="1"><c r="A1"><f t="array" ref="A1:A1">SUM(B:B)</f><v>1</v></c></row><row><c><v>2</v></c></row>'
    assert shown(tab(rows)) == {(1, 1): "=SUM(B:B)", (2, 1): "2"}


# --- around the cells -----------------------------------------------------------------------------------------------


def test_values_under_a_merge_are_kept() -> None:
    read = tab(
        '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>',
        after='<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="$C$3"/><mergeCell ref="D1:XFD9"/></mergeCells>',
    )
    assert shown(read) == {(1, 1): "1", (1, 2): "2"}
    assert read.merges == ((1, 1, 1, 2), (3, 3, 3, 3), (1, 4, 9, 16384))


@pytest.mark.parametrize(
    ("ref", "code"),
    [
        ("", "F102"),
        ("a1:b2", "F102"),
        ("A1:B2:C3", "F102"),
        ("A:B", "F102"),
        ("表!A1:B2", "F102"),
        ("B1:A2", "F107"),
        ("A2:B1", "F107"),
        ("A0:B1", "F107"),
        ("A1:XFE1", "F107"),
        ("A1:A1048577", "F107"),
    ],
)
def test_an_area_that_is_none_is_refused(ref: str, code: str) -> None:
    found = answer(lambda: tab(after=f'<mergeCells><mergeCell ref="{ref}"/></mergeCells>'))
    assert found == (("F102", f"{SHEET}: {ref}", "") if code == "F102" else ("F107", OFF, f"{SHEET}: {ref}"))


def test_hidden_rows_and_columns() -> None:
    read = tab(
        '<row r="3" hidden="1"/><row r="4" ht="0"/><row r="5"/><row hidden="true"/><row hidden="0" ht="15"/>',
        before='<cols><col min="2" max="3" hidden="1"/><col min="5" max="5" width="0"/><col min="6" max="6"/></cols>',
    )
    assert read.hidden_rows == {3, 4, 6}
    assert read.hidden_columns == {2, 3, 5}


def test_columns_beyond_the_grid_cost_nothing() -> None:
    read = tab(before='<cols><col min="16384" max="999999999" hidden="1"/></cols>')
    assert read.hidden_columns == {16384}


@pytest.mark.parametrize(
    "cols",
    [
        "<col min='2' max='1'/>",
        "<col min='3' max='3'/><col min='1' max='2'/>",
        "<col min='1' max='2' hidden='1'/><col min='2' max='3'/>",
        "<col min='1' max='9'/><col min='2' max='3' hidden='1'/>",
        "<col min='1' max='9'/><col min='2' max='3'/><col min='4' max='4' hidden='1'/>",
        "<col min='20000' max='20001'/><col min='20001' max='20001' width='0'/>",
    ],
)
def test_columns_out_of_order_or_both_shown_and_hidden_are_refused(cols: str) -> None:
    code, found, where = answer(lambda: tab(before=f"<cols>{cols}</cols>"))
    assert (code, found) == ("F107", "columns out of order") and where.startswith(f"{SHEET}: ")


def test_runs_of_columns_that_meet_and_agree_do_no_harm() -> None:
    cols = "<col min='1' max='4' hidden='1'/><col min='2' max='2' hidden='1'/><col min='4' max='5' width='0'/>"
    assert tab(before=f"<cols>{cols}<col min='6' max='7'/><col min='7' max='8'/></cols>").hidden_columns == {
        1,
        2,
        3,
        4,
        5,
    }


@pytest.mark.parametrize("cols", ["<col max='1'/>", "<col min='1'/>", "<col min='A' max='B'/>"])
def test_columns_without_numbers_are_damage(cols: str) -> None:
    assert answer(lambda: tab(before=f"<cols>{cols}</cols>"))[0] == "F102"
