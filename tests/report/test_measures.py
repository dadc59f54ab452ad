"""Measures in JSON, at a terminal and in the group workbook, whose means and sums LibreOffice computes."""

from __future__ import annotations

import io
import json
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from jsonschema import Draft202012Validator

from crmxl.commands.receiving import print_totals
from crmxl.group.consolidate import consolidate
from crmxl.group.totals import Totals
from crmxl.model import Lang, Template, Type
from crmxl.report import group_workbook_plan as planning
from crmxl.report import measures as measuring
from crmxl.report.group_workbook import write_totals
from crmxl.report.measures import exact, shown
from crmxl.report.tables import console
from crmxl.report.totals import totals_csv, totals_json
from crmxl.resources import folder
from tests.group.made_up import BESIDE
from tests.group.returned import COSMETICS, made, report
from tests.group.test_measures import GROWING, MEASURED
from tests.office.driver import Office
from tests.report.test_totals_workbook import ALLOWED, formulas

SCHEMA = json.loads((folder("schemas") / "totals.schema.json").read_text(encoding="utf-8"))
EAST = {
    **{"staff@value": "40", "satisfaction@value": "0.9", "sales@value": "1000.01", "shops@value": "8"},
    **{"1.1@visits": "3", "1.1@price": "100.10", "1.2.1@visits": "5", "1.2.1@price": "33.33"},
    **{"1.2.n01@title": "沙龙", "1.2.n01@visits": "2", "1.2.n01@price": "50"},
    **{"customers.001@name": "甲公司", "customers.001@orders": "1.5", "customers.001@turnover": "3000"},
    **{"customers.001@margin": "0.25", "customers.002@turnover": "1000", "customers.002@margin": "0.125"},
    **{"customers.001@balance": "10", "customers.001@growth": "0.1"},
}
SOUTH = {
    **{"staff@value": "20", "satisfaction@value": "0.8", "sales@value": "0.01"},
    **{"1.1@visits": "6", "1.1@price": "70", "1.2.1@price": "9999"},
    **{"customers.001@orders": "7", "customers.001@turnover": "6000", "customers.001@margin": "0.5"},
    **{"customers.001@balance": "5", "customers.001@growth": "0.5"},
    **{"customers.002@balance": "-5", "customers.002@growth": "0.25"},
}
NORTH = {"satisfaction@value": "0.1", "1.1@visits": "0", "1.1@price": "5"}


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return made(tmp_path_factory.mktemp("visits"), MEASURED, "visits")


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return made(tmp_path_factory.mktemp("growing"), GROWING, "growing")


def grown(template: Template, lang: Lang = "zh") -> Totals:
    """An old unit that grows by a tenth, and a new one without a base: 157 after 100."""
    old = {"1.1@last": "100", "1.1@target": "110", "customers.001@stock": "50", "customers.001@sales": "100"}
    new = {"1.1@target": "47", "customers.002@sales": "50"}
    return consolidate([report(template, unit, sent, lang=lang) for unit, sent in (("R1", old), ("R2", new))])


def totals(template: Template, lang: Lang = "zh") -> Totals:
    sent = (("R1", "华东", EAST), ("R2", "华南", SOUTH), ("", "", NORTH))
    return consolidate([report(template, unit, entries, name=name, lang=lang) for unit, name, entries in sent])


def document(of: Totals, lang: Lang = "zh") -> Any:
    found = json.loads(totals_json(of, lang))
    Draft202012Validator(SCHEMA).validate(found)
    return found


def at(found: Any, code: str, column: str) -> Any:
    (one,) = [one for one in found["measures"] if (one["code"], one["column"]) == (code, column)]
    return one


def opened(data: bytes, *, values: bool = False) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


# ---- JSON and CSV -------------------------------------------------------------------------------------------------


def test_the_json_has_every_measure_exactly(visits: Template) -> None:
    found = document(totals(visits))
    assert at(found, "staff", "value") == {
        "template": "visits@1",
        "year": 2026,
        "code": "staff",
        "column": "value",
        "title": "在岗人数",
        "column_title": "",
        "type": "integer",
        "consolidate": "sum",
        "total": "60",
        "by_unit": {"R1": "40", "R2": "20"},
    }
    satisfaction = at(found, "satisfaction", "value")
    assert satisfaction["total"] == "0.8666666667" and satisfaction["weights"] == {"R1": "40", "R2": "20"}
    assert satisfaction["by_unit"] == {"（未注明单位）": "0.1", "R1": "0.9", "R2": "0.8"}
    assert at(found, "sales", "value")["total"] == "1000.02"
    assert at(found, "1.1", "price")["total"] == "80.03"  # (300.30 + 420) / 9
    assert at(found, "1.2.1", "price")["total"] == "33.33"  # 9999 of nothing weighs nothing
    assert at(found, "1.2", "visits")["by_unit"] == {"R1": "7", "R2": "0", "（未注明单位）": "0"}
    assert at(found, "customers", "orders")["total"] == "8.5"
    assert at(found, "customers", "margin")["total"] == "0.3875"
    assert document(totals(visits, "en"), "en")["measures"][1]["title"] == "Satisfaction"


def test_the_json_has_a_ratio_of_the_sums_without_weights(growing: Template) -> None:
    found = document(grown(growing))
    assert at(found, "1.1", "rate") == {
        "template": "growing@1",
        "year": 2026,
        "code": "1.1",
        "column": "rate",
        "title": "电视",
        "column_title": "增长率",
        "type": "percent",
        "consolidate": "ratio",
        "total": "0.57",
        "by_unit": {"R1": "0.1"},
    }
    turnover = at(found, "customers", "turnover")
    assert turnover["total"] == "3" and turnover["by_unit"] == {"R1": "2", "R2": "0"}
    assert at(found, "2.1", "rate")["total"] is None


def test_where_nothing_weighs_the_json_has_no_mean(visits: Template) -> None:
    found = document(consolidate([report(visits, "北", NORTH)]))
    assert at(found, "satisfaction", "value")["total"] is None
    assert at(found, "staff", "value")["total"] == "0" and at(found, "staff", "value")["by_unit"] == {}


def test_money_of_measures_is_in_no_total_and_not_in_the_facts(visits: Template) -> None:
    of = totals(visits)
    assert document(of)["total"] == document(of)["totals"][0]["total"] == "986.95"
    rows = totals_csv(of).decode("utf-8-sig")
    assert "在岗人数" not in rows and "计划销售额" not in rows and "price" not in rows


def test_totals_of_templates_without_measures_have_an_empty_list() -> None:
    assert document(consolidate([report(COSMETICS, "华东", {"1.1.1@amount": "5"})]))["measures"] == []
    older = {
        name: value for name, value in document(consolidate([])).items() if name != "measures"
    }  # as written before there were any
    assert Draft202012Validator(SCHEMA).is_valid(older)


@pytest.mark.parametrize(
    ("value", "type", "text", "said"),
    [
        (Fraction(1, 3), Type.PERCENT, "0.3333333333", "33.3333%"),
        (Fraction(1, 8), Type.PERCENT, "0.125", "12.5%"),
        (Fraction(-2, 3), Type.PERCENT, "-0.6666666667", "-66.6667%"),
        (Fraction(8000), Type.INTEGER, "8000", "8,000"),
        (Fraction(1, 2**12), Type.QUANTITY, "0.000244140625", "0.0002"),
        (Fraction(200, 3), Type.MONEY, "66.67", "66.67"),
    ],
)
def test_figures_are_written_exactly_and_shown_shortly(value: Fraction, type: Type, text: str, said: str) -> None:
    assert exact(value, type) == text and shown(value, type) == said
    assert abs(Fraction(Decimal(text)) - value) < Fraction(1, 100)


# ---- at a terminal ------------------------------------------------------------------------------------------------


def said(of: Totals, lang: Lang = "zh") -> str:
    text = io.StringIO()
    print_totals(console(text, 110), of, lang)
    return text.getvalue()


def test_the_terminal_shows_them_in_a_small_table(visits: Template) -> None:
    text = said(totals(visits))
    assert "指标（不计入金额合计）" in text and "客户（全部行）·毛利率" in text
    assert re.search(r"satisfaction +满意度 +加权平均（权重：在岗人数） +86.6667%", text)
    assert "重点客户" in text and "另有" not in text
    assert "Weighted mean (weight: Staff)" in said(totals(visits, "en"), "en")
    assert "指标" not in said(consolidate([report(COSMETICS, "华东", {"1.1.1@amount": "5"})]))


def test_of_many_the_terminal_shows_fields_and_totals_and_counts_the_rest(
    visits: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "_MOST", 15)
    text = said(totals(visits))
    assert "另有 6 项指标" in text and "重点客户" not in text and "活动·小计·次数" in text


def test_the_terminal_says_that_a_ratio_is_worked_out_from_the_sums(growing: Template) -> None:
    of = grown(growing)
    assert re.search(r"growth +增长率 +按汇总数计算 +57%", said(of))
    assert re.search(r"growth +Growth +From the sums +57%", said(of, "en"))


# ---- the workbook -------------------------------------------------------------------------------------------------


def test_libreoffice_computes_sums_and_means_over_the_units(office: Office, visits: Template, tmp_path: Path) -> None:
    of = totals(visits)
    path = tmp_path / "group.xlsx"
    path.write_bytes(write_totals(of, cache=False))
    written = opened(write_totals(of), values=True)["指标"]
    asked = {cell: formula for (sheet, cell), formula in formulas(opened(path.read_bytes())).items() if sheet == "指标"}
    with office.open(path) as book:
        book.recalc()
        computed = book.get("指标")
    for cell, formula in asked.items():
        assert computed[cell].error == 0, formula
        if isinstance(written[cell].value, str):
            assert computed[cell].value == written[cell].value, formula
        else:
            assert computed[cell].value == pytest.approx(written[cell].value, abs=1e-9), formula
    (block,) = of.blocks
    live = [one for one in block.measures if one.follows]
    assert len(live) == len(block.measures) - 1  # of one, weights cancel out within a unit
    shown_means = [row[3].value for row in written.iter_rows() if row[2].value in ("加总", "加权平均")]
    assert shown_means == [pytest.approx(float(one.total)) if one.total is not None else "—" for one in block.measures]
    assert sum("SUMPRODUCT" in formula for formula in asked.values()) == sum(one.way == "weighted" for one in live)


def test_a_ratio_stands_as_a_value_beside_the_units_own(growing: Template) -> None:
    sheet = opened(write_totals(grown(growing)))["指标"]
    rows = {row[1].value: [cell.value for cell in row[2:6]] for row in sheet.iter_rows(min_row=7)}
    assert rows["电视·增长率"] == ["按汇总数计算", 0.57, 0.1, None]
    assert rows["冰箱·增长率"][:2] == ["按汇总数计算", "—"]
    assert rows["客户（全部行）·周转次数"] == ["按汇总数计算", 3, 2, 0]
    assert "按汇总数计算 =" in str(sheet["A5"].value) + str(sheet["A4"].value)


def test_every_formula_uses_functions_that_all_programs_share(visits: Template) -> None:
    used = formulas(opened(write_totals(totals(visits))))
    assert {name for text in used.values() for name in re.findall(r"([A-Z]+)\(", text)} <= ALLOWED


def test_the_sheet_says_what_it_is_and_stands_in_the_contents(visits: Template) -> None:
    book = opened(write_totals(totals(visits)), values=True)
    assert book.sheetnames == ["封面", "汇总", "科目汇总", "万元表", "指标", "校验", "明细", "未纳入与提示"]
    rows = [[cell.value for cell in row] for row in book["指标"].iter_rows(min_row=6)]
    assert rows[0][:7] == ["编码", "指标", "口径", "集团", "（未注明单位）", "华东（R1）", "华南（R2）"]
    assert rows[1][1] == "基本情况" and rows[2][1:] == ["在岗人数", "加总", 60, None, 40, 20]
    assert rows[4][1:] == ["　　权重：在岗人数", None, 60, None, 40, 20]
    assert ["1.2", "活动·小计·次数"] in [row[:2] for row in rows]
    assert "不计入任何金额合计" in str(book["指标"]["A5"].value) + str(book["指标"]["A4"].value)
    assert "指标" in [cell.value for row in book["封面"].iter_rows() for cell in row]


def test_english_measures_have_no_chinese_labels(visits: Template) -> None:
    english = {key: "Salon" if key.endswith("title") else text for key, text in EAST.items() if "@name" not in key}
    book = opened(write_totals(consolidate([report(visits, "East", english, lang="en")]), lang="en"))
    texts = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert "Measures" in book.sheetnames
    assert not [text for text in (*texts, *book.sheetnames) if re.search("[\u4e00-\u9fff]", text)]


def test_blocks_have_their_own_measures(visits: Template, tmp_path: Path) -> None:
    several = [
        report(visits, "R1", EAST),
        report(made(tmp_path, BESIDE), "R1", {"reserve@value": "5"}),
        report(COSMETICS, "R1", {"1.1.1@amount": "1"}),
    ]
    names = opened(write_totals(consolidate(several))).sheetnames
    assert [name for name in names if name.startswith("指标")] == ["指标2", "指标3"]


def test_beyond_the_live_limit_the_groups_figures_stand_alone(
    visits: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "LIVE_UNITS", 2)
    sheet = opened(write_totals(totals(visits)))["指标"]
    assert sheet.max_column == 5 or sheet["E6"].value is None
    assert sheet["D8"].value == 60 and "只列集团" in str(sheet["A5"].value) + str(sheet["A4"].value)


def test_many_units_go_on_several_pages_that_can_be_read(visits: Template) -> None:
    many = [report(visits, f"U{n:02d}", {"staff@value": str(n)}) for n in range(60)]
    sheet = opened(write_totals(consolidate(many)))["指标"]
    ends = [one.id for one in sheet.col_breaks.brk]
    assert sheet.page_setup.scale >= 64 and sheet.print_title_cols == "$A:$D"
    assert len(ends) > 5 and all(later - sooner <= 12 for sooner, later in zip([4, *ends], [*ends, 64], strict=True))
