"""What the writer writes: anchors, locks, true values, the same bytes, and only functions that every program has."""

from __future__ import annotations

import io
import json
import re
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from crmxl.define.library import Library
from crmxl.errors import DefinitionError, WriteError
from crmxl.expression import Fault, Value
from crmxl.issue.addresses import a1
from crmxl.issue.book import Book
from crmxl.issue.calculate import calculate
from crmxl.issue.layout import lay_out
from crmxl.issue.places import FLAG, Layout, Role, RowKind, column_of
from crmxl.issue.stamp import read_stamp, signed_by
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key, Lang, Type
from tests.office.driver import Office
from tests.thin import ThinLibrary

LIBRARY = ThinLibrary()
TEMPLATES = LIBRARY.names()
UNIT = Assignment(unit="HN", unit_name="华南区域", year=2026, deadline="2025-11-30", contact="王敏")
SHARED = {
    *("SUM", "SUMIFS", "SUMPRODUCT", "SUBTOTAL", "INDEX", "MATCH", "VLOOKUP", "IF", "IFERROR", "ROUND", "COUNTIF"),
    *("TEXT", "EOMONTH", "AND", "OR", "NOT", "MIN", "MAX", "ABS"),
    *("N", "TRIM", "LEN", "COUNT", "COUNTA", "ISTEXT", "ISERROR", "ISNUMBER", "LEFT"),
    *("ROUNDUP", "POWER", "SUMIF"),
}
"""The functions that Excel 2016, WPS and LibreOffice share; the last rows are as old as Excel itself."""


def layout_of(name: str, lang: Lang = "zh") -> Layout:
    return lay_out(LIBRARY.load(name), 2026, lang=lang)


def every_entry(layout: Layout) -> dict[Key, Value]:
    """Something allowed in every input; where one of several is filled, in the first."""
    entries: dict[Key, Value] = {}
    others = {f"{sheet.id}@{name}" for sheet in layout.template.sheets for names in sheet.one_of for name in names[1:]}
    for number, cell in enumerate(layout.inputs, 1):
        if f"{cell.sheet}@{column_of(cell.key)}" in others:
            continue
        if cell.type is Type.DATE:
            entries[cell.key] = Fraction(46000 + number)
        elif cell.type.numeric:
            amount = Fraction(number * 1000 + (0 if cell.type is Type.INTEGER else 7), 100)
            low, high = cell.minimum, cell.maximum
            entries[cell.key] = amount if high is None else min(amount, high) if low is None or low <= amount else low
        else:
            entries[cell.key] = cell.choices[0] if cell.choices else f"文字 {number}"
    return entries


def opened(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


def formulas(data: bytes) -> list[str]:
    return [
        cell.value
        for sheet in opened(data).worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.data_type == "f"
    ]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_same_inputs_give_the_same_bytes(name: str) -> None:
    layout = layout_of(name)
    assert write(layout, UNIT, every_entry(layout)) == write(layout_of(name), UNIT, every_entry(layout))


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_formulas_use_only_functions_that_excel_wps_and_libreoffice_share(name: str, lang: Lang) -> None:
    found = formulas(write(layout_of(name, lang), UNIT))
    assert found
    for formula in found:
        bare = re.sub(r'"[^"]*"|\'[^\']*\'', "", formula)
        assert set(re.findall(r"[A-Z][A-Z.]*(?=\()", bare)) <= SHARED, formula
        assert len(formula) <= 8192


@pytest.mark.parametrize("name", TEMPLATES)
def test_criteria_never_look_like_numbers_or_wildcards(name: str) -> None:
    for formula in formulas(write(layout_of(name), UNIT)):
        for criterion in re.findall(r'(?:COUNT|SUM)IFS?\([^"()]*,("[^"]*"&?)', formula):
            # a bound on numbers, written out or joined; never a code
            assert re.fullmatch(r'"[<>]=?-?[0-9.]+"|">"&', criterion), formula
        assert "SUMIFS" not in formula


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_visible_formula_carries_its_true_value_as_libreoffice_computes_it(
    office: Office, tmp_path: Path, name: str, lang: Lang
) -> None:
    layout = layout_of(name, lang)
    numeric = [cell.key for cell in layout.inputs if cell.type.numeric]
    cases: list[dict[Key, Value]] = [{}, every_entry(layout)]
    cases.append({key: Fraction(n, 100) for n, key in enumerate(numeric[::3])})
    cases.append({numeric[0]: "1,000元", numeric[1]: Fraction(-5), numeric[-1]: Fraction(1, 100)})
    for number, entries in enumerate(cases):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(write(layout, UNIT, entries, cache=False))
        values = calculate(layout, entries)
        with office.open(path) as book:
            shown = {plan.id: book.get(plan.name) for plan in layout.sheets}
        for key in layout.order:
            cell = layout.cells[key]
            place = a1(cell.row, cell.column)
            there = shown[cell.sheet][place]
            exact = values[key]
            assert there.type == "formula"
            if isinstance(exact, Fault):
                assert there.error, (key, exact, there)
            elif isinstance(exact, str):
                assert there.string == exact, (key, there)
            else:
                assert isinstance(exact, Fraction)
                assert not there.error and isinstance(there.value, float | int), (key, there)
                assert abs(there.value - float(exact)) < 1e-6, (key, exact, there)


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_blank_form_is_never_green_and_a_complete_one_passes(name: str) -> None:
    layout = layout_of(name)
    assert str(calculate(layout, {})[FLAG]).startswith("未完成")
    entries = every_entry(layout)
    for cell in layout.inputs:  # months that add up to their years
        code, _, column = cell.key.rpartition("@")
        if "." in column and f"{code}@{column.partition('.')[0]}" in entries:
            entries[cell.key] = Fraction(0)
            entries[f"{code}@{column.partition('.')[0]}.12"] = entries[f"{code}@{column.partition('.')[0]}"]
    assert calculate(layout, entries)[FLAG] == "通过"


def test_the_flag_says_how_many_are_missing_and_what_is_wrong() -> None:
    layout = layout_of("cosmetics-plan")

    def flag(entries: dict[Key, Value]) -> Value:
        return calculate(layout, entries)[FLAG]

    assert flag({}) == "未完成(还差 1 项)"
    assert flag({"1.1.1@amount": Fraction(5), "1.1.2@amount": Fraction(6)}) == "未完成(还差 2 项)"
    assert flag({"1.1.1@amount": Fraction(0)}) == "通过"
    assert flag({"1.1.1@amount": Fraction(-1), "1.1.1@basis": "x"}) == "不通过"
    assert flag({"1.1.1@amount": "1万"}) == "不通过"
    assert flag({"1.1.1@amount": Fault("#REF!")}) == "不通过"


@pytest.mark.parametrize("name", TEMPLATES)
def test_anchors_stand_where_the_reader_looks(name: str) -> None:
    layout = layout_of(name)
    book = opened(write(layout, UNIT))
    for plan in layout.sheets:
        sheet = book[plan.name]
        assert sheet["A1"].value == f"crmxl:{plan.id}"
        assert sheet["A2"].value == "#"
        assert sheet.row_dimensions[1].hidden
        assert sheet.row_dimensions[2].hidden
        assert [sheet.cell(2, span.number).value for span in plan.spans] == [span.id for span in plan.spans]
        for row in plan.rows:
            assert (sheet.cell(row.number, 1).value or "") == row.code
            assert sheet.cell(row.number, 1).data_type in ("s", "n")
        assert sheet.freeze_panes == "C7"


@pytest.mark.parametrize("name", TEMPLATES)
def test_inputs_are_unlocked_and_everything_else_in_the_form_is_locked(name: str) -> None:
    layout = layout_of(name)
    book = opened(write(layout, UNIT))
    inputs = {(cell.sheet, cell.row, cell.column) for cell in layout.inputs}
    for plan in layout.sheets:
        sheet = book[plan.name]
        assert sheet.protection.sheet
        assert not sheet.protection.password
        for row in plan.rows:
            if row.kind is RowKind.RECORD:
                continue
            for column in range(1, plan.spans[-1].number + 1):
                free = not sheet.cell(row.number, column).protection.locked
                assert free == ((plan.id, row.number, column) in inputs), (plan.name, row.number, column)
    assert book.security.lockStructure
    assert book["工作底稿"].protection.sheet is False


def test_the_stamp_stands_twice_and_is_signed_by_the_rounds_key() -> None:
    layout = layout_of("cosmetics-plan")
    data = write(layout, UNIT, secret=b"key")
    book = opened(data)
    assert book["_crmxl"].sheet_state == "veryHidden"
    text = book["_crmxl"]["A1"].value
    properties = {p.name: p.value for p in book.custom_doc_props.props}
    assert "".join(properties[f"crmxl.{n}"] for n in range(len(properties))) == text
    stamp = read_stamp(text)
    assert (stamp.template, stamp.version, stamp.assignment.unit) == ("cosmetics-plan", 1, "HN")
    assert stamp.fingerprint == layout.fingerprint
    assert signed_by(stamp, b"key")
    assert not signed_by(stamp, b"other")
    forged = json.loads(text) | {"unit": "HD"}
    assert not signed_by(read_stamp(json.dumps(forged)), b"key")


def test_text_that_looks_like_a_formula_or_a_link_stays_text() -> None:
    layout = layout_of("cosmetics-plan")
    nasty = ["=1+1", "@SUM(A1)", "+1", "http://example.com", "=cmd|' /C calc'!A0", "-1"]
    keys = [cell.key for cell in layout.inputs if cell.key.endswith("@basis")]
    data = write(layout, UNIT, dict(zip(keys, nasty, strict=False)))
    sheet = opened(data).worksheets[1]
    for key, text in zip(keys, nasty, strict=False):
        cell = sheet.cell(layout.cells[key].row, layout.cells[key].column)
        assert (cell.value, cell.data_type, cell.hyperlink) == (
            text,
            "s" if not text.startswith("=") else cell.data_type,
            None,
        )
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert not any("externalLink" in name for name in parts.namelist())
        sheet_xml = parts.read("xl/worksheets/sheet2.xml").decode()
    assert "cmd|" not in sheet_xml


def test_facts_that_nobody_gave_have_no_empty_label() -> None:
    layout = layout_of("cosmetics-plan")
    with_all = {cell.value for row in opened(write(layout, UNIT))["填报说明"].iter_rows() for cell in row}
    without = {c.value for row in opened(write(layout, Assignment(year=2026)))["填报说明"].iter_rows() for c in row}
    assert {"提交截止", "联系人", "2025-11-30", "王敏"} <= with_all
    assert not {"提交截止", "联系人", "预算单位"} & without


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_the_guide_counts_what_is_filled_and_speaks_of_blank_lines_where_there_are_some(name: str, lang: Lang) -> None:
    layout = layout_of(name, lang)
    book = opened(write(layout, UNIT))
    told = {row[1].value: row[2].value for row in book.worksheets[0].iter_rows() if row[1].value}
    for plan in layout.sheets:
        count = len({cell.row for cell in layout.inputs if cell.sheet == plan.id})
        said = re.match(r"(\d+) ", told[plan.name])
        assert int(said[1] if said else 0) == count
    has_open = any(row.kind is RowKind.OPEN for plan in layout.sheets for row in plan.rows)
    assert any(re.search("空白行|blank lines", str(text)) for text in told.values()) == has_open
    assert book.sheetnames[-3:-1] == [one for one in told if one in book.sheetnames][-2:]


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_sheet_that_is_seen_has_a_footer(name: str) -> None:
    book = opened(write(layout_of(name), UNIT))
    for sheet in book.worksheets[:-1]:
        assert (sheet.oddFooter.right.text or "").strip() == sheet.title
    assert "华南区域" in book["变更记录"].oddHeader.left.text


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_note_is_on_its_sheet_or_points_to_where_it_is(name: str) -> None:
    layout = layout_of(name)
    book = opened(write(layout, UNIT))
    for plan in layout.sheets:
        said = {cell.value for cell in book[plan.name][5]}
        assert not plan.note or plan.note in said or any("见“填报说明”" in str(one) for one in said), plan.name


def test_parts_give_one_department_its_own_workbook() -> None:
    template = Library().load("annual-departments")
    whole, one = lay_out(template, 2026), lay_out(template, 2026, ("hr",))
    assert {row.code for row in one.by_id["budget"].rows if row.code} < {row.code for row in whole.by_id["budget"].rows}
    assert calculate(one, {"1.1@amount": Fraction(5)})["total@amount"] == 5
    assert "W1.n01@title" in one.cells and "W2.n01@title" not in one.cells
    with pytest.raises(DefinitionError, match="no part named legal"):
        lay_out(template, 2026, ("legal",))


def test_months_before_the_first_one_are_closed() -> None:
    layout = lay_out(Library().load("annual-departments"), 2026, first_month=7)
    assert layout.cells["1.1@amount.06"].role is Role.CLOSED
    assert layout.cells["1.1@amount.07"].role is Role.INPUT
    assert calculate(layout, {"1.1@amount": Fraction(6), "1.1@amount.07": Fraction(6)})["1.1@amount.rest"] == 0


def test_not_split_is_the_year_less_its_months() -> None:
    layout = layout_of("annual-departments")
    values = calculate(layout, {"1.1@amount": Fraction(100), "1.1@amount.03": Fraction(30)})
    assert values["1.1@amount.rest"] == 70
    assert values["total@amount.rest"] == 70
    assert values["C06@actual"] == 1
    assert values[FLAG] == "不通过"
    assert calculate(layout, {"1.1@amount": Fraction(100)})[FLAG] == "提示"


def test_what_xlsxwriter_would_swallow_is_raised() -> None:
    page = Book().sheet("表")
    with pytest.raises(WriteError, match="32,767"):
        page.text(1, 1, "x" * 32_768, {})
    with pytest.raises(WriteError, match="off the grid"):
        page.number(2_000_000, 1, 1, {})
    with pytest.raises(WriteError, match="no value"):
        page.formula(1, 1, "A1", None, {})
    with pytest.raises(WriteError):
        page.call("data_validation", "A1", {"validate": "list", "source": ["x" * 300]})
    with pytest.raises(WriteError):
        Book().sheet("a[b]")
