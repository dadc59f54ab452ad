"""Units of bounds, number formats of codes and bounds: read exactly, or refused with the cell."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from crmxl.define.account_cells import Cell, as_shown
from crmxl.define.accounts import AccountList, Listing, read_accounts

HEADER = ("编码", "名称", "上限")


def read(*rows: Sequence[str | Cell], sheet: str = "表", name: str = "a.xlsx") -> AccountList:
    cells = ((at, tuple(Cell(one) if isinstance(one, str) else one for one in row)) for at, row in enumerate(rows, 1))
    return read_accounts([Listing(name, tuple(cells), sheet, tuple("ABCDEFG"))])


def bounded(heading: str, cell: Cell | str = "5") -> AccountList:
    return read(("编码", "名称", heading), ("1", "甲", cell))


def places(found: AccountList) -> list[str]:
    return [problem.place.removeprefix("a.xlsx: 表!") for problem in found.problems]


@pytest.mark.parametrize(
    ("heading", "yuan"),
    [
        ("上限（元）", 5),
        ("上限（RMB）", 5),
        ("上限（元/年）", 5),
        ("上限（含税）", 5),
        ("上限（千元）", 5_000),
        ("上限（万元）", 50_000),
        ("上限（万）", 50_000),
        ("上限（人民币：万 元）", 50_000),
        ("上限【百万元】", 5_000_000),
        ("上限百万元", 5_000_000),
        ("上限／千万元", 50_000_000),
        ("上限-百万元", 5_000_000),
        ("上限 单位：亿元", 500_000_000),
        ("Max (thousand yuan)", 5_000),
        ("Max (k)", 5_000),
        ("Maximum (million)", 5_000_000),
    ],
)
def test_a_unit_in_a_heading_of_bounds_is_an_exact_multiple_of_yuan(heading: str, yuan: int) -> None:
    found = bounded(heading)
    assert not found.problems and found.accounts[0].high == Fraction(yuan)


def test_bounds_in_an_unusual_unit_are_told_before_and_after() -> None:
    (warning,) = bounded("上限（百万元）", Cell("1.5", "number")).warnings
    assert "百万元" in warning.message and "C2 1.5 → 1,500,000" in warning.message and " · " in warning.message
    assert not bounded("上限（万元）").warnings and not bounded("上限（元）").warnings


@pytest.mark.parametrize(
    "heading",
    [
        "上限（美元）",
        "上限（USD）",
        "上限（%）",
        "上限（元/人）",
        "上限（元、万元）",
        "Max (RMB'000)",
        "上限（次）",
        "上限（万亿元）",
    ],
)
def test_a_unit_that_is_no_multiple_of_yuan_is_refused_at_its_heading(heading: str) -> None:
    found = bounded(heading)
    assert places(found) == ["C1"] and " · " in found.problems[0].message


@pytest.mark.parametrize(
    "note",
    [
        "单位：千元",
        "单位：万",
        "单位：万 元",
        "（单位：百万元）",
        "金额单位：人民币万元",
        "科目表（千元）",
        "单位：美元",
        "Unit: RMB'000",
        "万",
    ],
)
def test_a_unit_above_the_header_must_be_written_into_the_heading(note: str) -> None:
    (problem,) = read((note,), HEADER, ("1", "甲", "5")).problems
    assert problem.place == "a.xlsx: 表!C2" and problem.message.startswith("A1 写着")
    assert not read((note,), ("编码", "名称", "上限（元）"), ("1", "甲", "5")).problems


@pytest.mark.parametrize(
    "note", ["单位：元", "单位：集团客户部", "单位：千岛湖分公司", "单项不超过 50 万元", "百日行动"]
)
def test_notes_that_say_no_other_unit_ask_for_nothing(note: str) -> None:
    assert not read((note,), HEADER, ("1", "甲", "5")).problems


def test_a_unit_in_the_name_of_the_sheet_or_file_or_beside_the_list_must_be_written_into_the_heading() -> None:
    rows = (HEADER, ("1", "甲", "5"))
    assert "预算（千元）" in read(*rows, sheet="预算（千元）").problems[0].message
    assert "科目(万元).xlsx" in read(*rows, name="科目(万元).xlsx").problems[0].message
    assert "A3" in read(*rows, ("单位：万元", "", "")).problems[0].message
    assert "D2" in read((*HEADER, "单位"), ("1", "甲", "5", "万元")).problems[0].message
    assert "B2" in read(HEADER, ("1", "甲（千元）", "5")).problems[0].message


def test_one_bound_in_another_unit_than_the_other_says_so_in_both_headings() -> None:
    assert places(read(("编码", "名称", "下限", "上限（万元）"), ("1", "甲", "5", "6"))) == ["C1"]


@pytest.mark.parametrize("cell", [Cell("5元"), Cell("5 万"), Cell("5", "number", "", '0"元"')])
def test_a_bound_that_names_yuan_under_a_heading_of_another_unit_is_refused(cell: Cell) -> None:
    assert places(bounded("上限（千元）", cell)) == ["C2"]


@pytest.mark.parametrize("format", ["0%", "0.00%", '0"万元"', "#,##0,", "0!.0,", '0\\.0,"万"', "[$€-2] #,##0", '0" ‰"'])
def test_a_bound_whose_cell_shows_another_number_is_refused(format: str) -> None:
    found = bounded("上限", Cell("0.1", "number", "", format))
    assert places(found) == ["C2"] and format in found.problems[0].message


@pytest.mark.parametrize(
    "format", ["", "General", "#,##0.00", '0.00"元"', '_ ¥* #,##0.00_ ;_ ¥* "-"??_ ;_ @_ ', "[Red]0"]
)
def test_a_bound_in_the_usual_formats_of_amounts_is_read(format: str) -> None:
    found = bounded("上限", Cell("20000", "number", "", format))
    assert not found.problems and found.accounts[0].high == Fraction(20000)


@pytest.mark.parametrize(
    ("text", "format", "code"),
    [
        ("1", "0000", "0001"),
        ("12", "00000;-0", "00012"),
        ("6601", "0_ ", "6601"),
        ("6601", "#,##0.00", "6601"),
        ("1.1", "0.0", "1.1"),
        ("1.1", "00.0", "01.1"),
    ],
)
def test_a_code_stored_as_a_number_is_the_one_that_is_shown(text: str, format: str, code: str) -> None:
    assert as_shown(Cell(text, "number", "", format)) == Cell(code, "number", "", format)


def test_a_code_with_leading_zeros_by_its_format_is_told() -> None:
    found = read(HEADER, (Cell("1", "number", "", "0000"), "甲", ""))
    assert found.accounts[0].code == "0001" and "A2 1 → 0001" in found.warnings[0].message


@pytest.mark.parametrize(
    ("text", "format"), [("1.1", "0.00"), ("1.1", "0"), ("1", "00-00"), ("1", '"CRM"0'), ("1", "[>9]00;0"), ("1", "0%")]
)
def test_a_code_whose_cell_shows_what_cannot_be_told_is_refused(text: str, format: str) -> None:
    found = read(HEADER, (Cell(text, "number", "", format), "甲", ""))
    assert places(found) == ["A2"] and format in found.problems[0].message


@pytest.mark.parametrize("title", ["乙{year-1}", "{year}", "a{year+2}b"])
def test_a_title_in_which_a_template_would_put_a_year_is_refused(title: str) -> None:
    found = read(("编码", "名称", "英文"), ("1", title, ""), ("2", "乙", title))
    assert places(found) == ["B2", "C3"] and "{year" in found.problems[0].message
    assert not read(("编码", "名称"), ("1", "乙{"), ("2", "{年}")).problems
