"""The group workbook on paper: nothing above a table is cut, codes stand in one line, charts have something to say."""

from __future__ import annotations

import re
from typing import Any

import pytest
from openpyxl.utils import column_index_from_string, get_column_letter

from crmxl.catalogue import finding
from crmxl.group.consolidate import consolidate
from crmxl.group.totals import Totals
from crmxl.issue import looks
from crmxl.model import Lang, Place
from crmxl.report.group_workbook import write_totals
from tests.group.returned import COSMETICS, report, samples
from tests.report.test_totals_workbook import many, opened

NAMES: dict[Lang, str] = {"zh": "未纳入与提示", "en": "Left out and notes"}


@pytest.fixture(scope="module")
def several() -> list[Totals]:
    names = "customer-portfolio", "crm-evaluation", "cosmetics-plan", "annual-departments"
    return [consolidate(samples(name)) for name in names]


def kept(sheet: Any) -> float:
    """Characters of the columns that what stands above the table is printed with."""
    across = sheet.print_title_cols
    asked = re.sub(r".*!|\$|\d", "", across or str(sheet.print_area)).split(":")
    first, last = (column_index_from_string(letters) for letters in asked)
    runs = [one for one in sheet.column_dimensions.values() if one.min]  # columns of one width stand together
    widths = [next(one.width for one in runs if one.min <= n <= one.max) for n in range(first, last + 1)]
    return float(sum(widths))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_above_a_table_is_wider_than_what_it_is_printed_with(several: list[Totals], lang: Lang) -> None:
    for totals in several:
        for sheet in opened(write_totals(totals, lang=lang)).worksheets[1:-1]:
            merged = {str(one) for one in sheet.merged_cells.ranges}
            for row in (1, 2, 4):
                cell = sheet.cell(row, 1)
                need = looks.width(cell.value) * cell.font.sz / 10
                wraps = cell.alignment.wrap_text and any(one.startswith(f"A{row}:") for one in merged)
                assert need <= kept(sheet) or wraps, (sheet.title, cell.value)
                assert cell.font.sz >= 8


def test_codes_of_facts_stand_in_one_line(several: list[Totals]) -> None:
    sheet = opened(write_totals(several[0]))["明细"]
    column = next(cell.column for cell in sheet[6] if cell.value == "编码")
    codes = [row[0] for row in sheet.iter_rows(min_row=7, min_col=column, max_col=column)]
    assert any(cell.value == "customers.001" for cell in codes)
    assert not any(cell.alignment.wrap_text for cell in codes)
    assert sheet.column_dimensions[get_column_letter(column)].width > max(len(cell.value or "") for cell in codes)


def test_a_single_part_has_no_chart_and_few_units_share_a_page_with_theirs(several: list[Totals]) -> None:
    for totals, charts in zip(several, (1, 2, 2, 2), strict=True):
        sheet = opened(write_totals(totals))["汇总"]
        assert len(sheet._charts) == charts
        assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToHeight != 0
        assert not sheet.row_breaks.brk


def test_no_header_stands_above_charts_on_a_page_of_their_own() -> None:
    sheet = opened(write_totals(many(18)))["汇总"]
    assert [one.id for one in sheet.row_breaks.brk] == [25] and sheet.print_title_rows == "$1:$2"
    assert opened(write_totals(many(40)))["汇总"].print_title_rows == "$1:$6"  # the table goes on


def test_the_units_in_ten_thousands_begin_a_page_where_they_would_be_torn(several: list[Totals]) -> None:
    sheet = opened(write_totals(several[1]))["万元表"]
    (at,) = [row for row in range(7, sheet.max_row) if sheet.cell(row, 2).value == "按预算单位"]
    assert [one.id for one in sheet.row_breaks.brk] == [at - 1]
    assert sheet["B6"].value == "项目或预算单位"


def test_numbers_of_rows_are_no_yuan(several: list[Totals]) -> None:
    sheet = opened(write_totals(several[0]))["校验"]
    assert [cell.value for cell in sheet[6]][1:3] == ["左方", "右方"]
    (row,) = [row for row in sheet.iter_rows(min_row=8) if str(row[0].value).startswith("明细行数")]
    assert all("行" in cell.number_format for cell in row[1:4])


def test_a_figure_that_a_unit_does_not_use_is_blank(several: list[Totals]) -> None:
    (block,) = several[1].blocks
    rows = {row[1].value: row for row in opened(write_totals(several[1]), values=True)["指标"].iter_rows(min_row=7)}
    weighed = [one for one in block.measures if one.way == "weighted"]
    assert weighed and {f"　　{one.weight_title.zh}" for one in weighed} <= rows.keys()  # not 权重：权重
    for one in weighed:
        shown = [cell.value for cell in rows[f"{one.title.zh}·{one.heading.zh}"][4:]]
        assert [value is not None for value in shown] == [bool(one.weights.get(unit.unit)) for unit in block.units]


def test_finance_people_are_not_told_to_run_commands() -> None:
    unverified = finding("I108", found="8%", place=Place("评价参数", "C7", "折现率"))
    sent = report(COSMETICS, "华东", {"1.1.1@amount": "5"}, findings=(unverified,))
    for lang, name in NAMES.items():
        text = str([cell.value for cell in opened(write_totals(consolidate([sent]), lang=lang))[name]["E"]])
        assert "crmxl" not in text and ("下达记录" in text or "own records" in text)


def test_a_line_without_months_beside_the_total_has_nothing_left_to_split() -> None:
    book = opened(write_totals(consolidate(samples("sales-plan"))), values=True)
    lines = {row[17]: row for row in book["科目汇总"].iter_rows(values_only=True)}
    last, now = lines["N:L:1.1@last_year"], lines["L:1.1"]
    assert last[15] and set(last[2:15]) <= {None, ""}
    assert now[15] == pytest.approx(sum(now[2:15])) and all(isinstance(month, int | float) for month in now[2:15])
