"""The group workbook: recalculated by LibreOffice, live where it says so, harmless texts, sound criteria."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmxl.check.verdict import Report
from crmxl.group.consolidate import consolidate
from crmxl.group.totals import Totals
from crmxl.issue.places import RowKind
from crmxl.model import Lang
from crmxl.money import from_fen
from crmxl.report import group_workbook_plan as planning
from crmxl.report.group_workbook import write_totals
from crmxl.report.group_workbook_lines import wan_of
from crmxl.report.group_workbook_plan import line_rows, sum_of
from tests.group.made_up import ACTIVITIES, BESIDE
from tests.group.returned import COSMETICS, DEPARTMENTS, error, made, report, samples, unreadable, warning
from tests.office.driver import Office

ALLOWED = {"SUM", "SUMIFS", "SUMPRODUCT", "IF", "ROUND", "ABS", "COUNT"}
NASTY = ["华*", "华?区", "~华", "R1", "r1", "001", "1", "1.10", "=1+1", "'x", "甲", "甲 乙", "＝", "a" * 300]


def opened(data: bytes, *, values: bool = False) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data), data_only=values)


def everything(folder: Path) -> list[Report]:
    """All that can stand in a group workbook."""
    copy = samples("cosmetics-plan")[0]
    return [
        *samples("cosmetics-plan"),
        *samples("annual-departments"),
        replace(copy, submission=replace(copy.submission, file="returned/副本 集团样例.xlsx")),
        *(report(COSMETICS, unit, {"1.1.1@amount": "0.01", "4.3.2@amount": f"{n}.10"}) for n, unit in enumerate(NASTY)),
        report(COSMETICS, "", {"2.1.1@amount": "3"}, findings=(warning(),)),
        report(COSMETICS, "东北", {"1.1.1@amount": "5"}, findings=(error(),)),
        unreadable("a.pdf"),
        report(
            made(folder, BESIDE),
            "甲",
            {"1.1@amount": "10", "1.10@amount": "1", "1.n01@title": "自填", "1.n01@amount": "2", "1.1@last_year": "9"}
            | {"2.1@amount": "5", "reserve@value": "2.5"},
        ),
        report(
            made(folder, ACTIVITIES.replace('"made-up"', '"visits"'), "visits"),
            "乙",
            {
                f"activities.00{n}@{column}": text
                for n in (1, 2)
                for column, text in (("quantity", "0.333"), ("price", "10.01"))
            },
        ),
    ]


def formulas(book: Any) -> dict[tuple[str, str], str]:
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_libreoffice_computes_every_figure_of_the_workbook(office: Office, tmp_path: Path, lang: Lang) -> None:
    totals = consolidate(everything(tmp_path))
    path = tmp_path / "group.xlsx"
    path.write_bytes(write_totals(totals, lang=lang, cache=False))
    expected = opened(write_totals(totals, lang=lang), values=True)
    asked = formulas(opened(path.read_bytes()))
    assert len(asked) > 500
    with office.open(path) as book:
        book.recalc()
        computed = {sheet.title: book.get(sheet.title) for sheet in expected}
    for (sheet, cell), formula in asked.items():
        value, found = expected[sheet][cell].value, computed[sheet][cell]
        assert found.error == 0, (sheet, cell, formula)
        if isinstance(value, str):
            assert found.value == value, (sheet, cell, formula)
        else:
            assert found.value == pytest.approx(value, abs=1e-6), (sheet, cell, formula)


def test_a_changed_fact_moves_the_totals_and_fails_the_check(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "group.xlsx"
    path.write_bytes(write_totals(consolidate(samples("cosmetics-plan")[1:])))
    with office.open(path) as book:
        book.unprotect_all()
        amount = next(cell for cell in book.get("明细", ["F7:H7"]).values() if cell.type == "value")
        assert isinstance(amount.value, float)
        book.set("明细", amount.address, amount.value + 0.01)
        book.recalc()
        texts = [cell.value for cell in book.get("校验", ["E7:E30"]).values()]
        assert texts[0] == "不通过" and texts.count("不通过") > 2
        assert "不通过" in [cell.value for cell in book.get("封面").values()]
        totals = [cell.value for cell in book.get("汇总", ["G13"]).values()]
    assert totals == pytest.approx([1449229.81])


def test_every_formula_uses_functions_that_all_programs_share(tmp_path: Path) -> None:
    for (sheet, cell), formula in formulas(opened(write_totals(consolidate(everything(tmp_path))))).items():
        bare = re.sub(r"'[^']*'!|\"[^\"]*\"", "", formula)
        assert set(re.findall(r"([A-Z][A-Z.]*)\(", bare)) <= ALLOWED, (sheet, cell, formula)
        assert len(formula) < 8192


def test_no_criterion_looks_like_a_number_or_a_wildcard(tmp_path: Path) -> None:
    book = opened(write_totals(consolidate(everything(tmp_path))))
    seen: dict[str, set[str]] = {}
    for (sheet, cell), formula in formulas(book).items():
        for arguments in re.findall(r"SUMIFS\(([^()]*)\)", formula):
            for criterion in arguments.split(",")[2::2]:
                assert re.fullmatch(r"\$?[A-Z]+\$?[0-9]+", criterion), (sheet, cell, formula)
                key = book[sheet][criterion.replace("$", "")].value
                assert re.fullmatch(r"[LOPU]:[A-Za-z0-9._@-]+|N:[LO]:[A-Za-z0-9._@-]+", key), (sheet, criterion, key)
                seen.setdefault(sheet, set()).add(key)
    assert seen and all(len({key.casefold() for key in keys}) == len(keys) for keys in seen.values())


def test_no_text_is_a_formula_and_every_formula_has_its_value(tmp_path: Path) -> None:
    units = [
        report(COSMETICS, text, {"1.1.1@amount": "1", "1.1.1@basis": text}, name=text, file=text) for text in NASTY
    ]
    data = write_totals(consolidate(units))
    values = opened(data, values=True)
    for (sheet, cell), formula in formulas(opened(data)).items():
        assert values[sheet][cell].value is not None, (sheet, cell, formula)
        assert "1+1" not in formula
    names = {cell.value for (cell,) in values["汇总"]["B7:B20"]}
    assert set(NASTY) == names


def test_the_workbook_shows_the_totals_as_they_are() -> None:
    totals = consolidate(samples("cosmetics-plan")[1:])
    book = opened(write_totals(totals, 2026, made_of="returned/"), values=True)
    assert book.sheetnames == ["封面", "汇总", "科目汇总", "万元表", "校验", "明细", "未纳入与提示"]
    cover = {cell.value for row in book["封面"].iter_rows() for cell in row}
    assert {"2026年度化妆品营销策划方案费用预算（集团汇总）", 1449229.8, 144.92, "通过", "returned/", 6} <= cover
    rows = [[cell.value for cell in row] for row in book["汇总"]["B7:G13"]]
    assert rows[0] == ["华东区域", 77620, 163520, 148740, 132015, 521895]
    assert rows[-1] == ["总计", 211142.5, 438743.3, 433200, 366144, 1449229.8]
    assert len(opened(write_totals(totals))["汇总"]._charts) == 2


def test_a_template_with_months_shows_them_by_line() -> None:
    book = opened(write_totals(consolidate(samples("annual-departments"))), values=True)
    head = [cell.value for cell in book["科目汇总"][6]]
    assert head[:3] == ["编码", "项目", "1月"] and head[13:17] == ["12月", "未分解", "全年合计", "占比"]
    months = [cell.value for cell in book["明细"][6]]
    assert "12月" in months and "未分解" in months and "小类" not in months


def test_what_is_left_out_is_told_with_its_remedy() -> None:
    reports = [
        report(COSMETICS, "东北", {"1.1.1@amount": "5"}, findings=(error(),)),
        report(COSMETICS, "华东", {"1.1.1@amount": "5"}, file="1.xlsx"),
        report(COSMETICS, "华东", {"1.1.1@amount": "6"}, file="2.xlsx"),
        report(COSMETICS, "华南", {"1.1.1@amount": "6"}, findings=(warning(),)),
    ]
    rows = [
        [cell.value or "" for cell in row]
        for row in opened(write_totals(consolidate(reports)))["未纳入与提示"].iter_rows()
    ]
    text = "\n".join(" ".join(map(str, row)) for row in rows)
    assert "returned/东北.xlsx 东北 cosmetics-plan@1 E103" in text and "1.xlsx、2.xlsx" in text
    assert text.index("1.xlsx 华东") < text.index("三、已纳入但有提示的单位") < text.index("returned/华南.xlsx")


def test_nothing_at_all_still_gives_a_workbook() -> None:
    assert opened(write_totals(consolidate([]))).sheetnames == ["封面", "未纳入与提示"]
    blank = opened(write_totals(consolidate([report(COSMETICS, "空", {})])), values=True)
    assert blank["汇总"]["G8"].value == 0


def test_english_sheets_have_no_chinese_labels() -> None:
    totals = consolidate([report(DEPARTMENTS, "East", {"1.1@amount": "5"}, lang="en"), unreadable("a.pdf")])
    book = opened(write_totals(totals, lang="en"))
    texts = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not [text for text in (*texts, *book.sheetnames) if re.search("[\u4e00-\u9fff]", text)]


def test_the_same_totals_give_the_same_bytes() -> None:
    one, other = (
        write_totals(consolidate(order)) for order in (samples("cosmetics-plan"), samples("cosmetics-plan")[::-1])
    )
    assert one == other


# ---- many units ---------------------------------------------------------------------------------------------------


def many(count: int) -> Totals:
    return consolidate([report(COSMETICS, f"R{n}", {"1.1.1@amount": f"{n}.01"}) for n in range(count)])


def test_beyond_the_live_limit_figures_are_values_with_live_control_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "LIVE_UNITS", 3)
    live, still = (opened(write_totals(many(count))) for count in (3, 4))
    assert any("SUMIFS" in formula for formula in formulas(live).values())
    found = formulas(still)
    assert not any("SUMIFS" in formula for formula in found.values())
    assert any(sheet == "校验" and "'明细'!" in formula for (sheet, _), formula in found.items())
    assert any("为数值，不是公式" in str(cell.value) for row in still["封面"].iter_rows() for cell in row)


def test_more_facts_than_excel_holds_are_left_to_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "FACT_ROWS", 3)
    book = opened(write_totals(many(4)))
    assert "明细" not in book.sheetnames
    assert not any("明细" in formula for formula in formulas(book).values())
    assert any("--format csv" in str(cell.value) for row in book["封面"].iter_rows() for cell in row)


def test_the_chart_shows_the_twenty_largest_units_and_the_others() -> None:
    with zipfile.ZipFile(io.BytesIO(write_totals(many(30)))) as archive:
        chart = archive.read("xl/charts/chart1.xml").decode()
    assert "$27" in chart and "$28" not in chart  # 20 and the others, from row 7
    book = opened(write_totals(many(30)), values=True)
    labels = [cell.value for cell in book["汇总"]["L"]][6:27]
    assert labels[0] == "R29" and labels[-1] == "其他 10 个单位"
    wan = [cell.value for cell in book["汇总"]["M"]][6:27]
    assert wan[-1] == 45.1  # small totals are shown in yuan


@settings(max_examples=30)
@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=23))
def test_the_ten_thousands_foot_on_every_level(fens: list[int]) -> None:
    codes = [line.code for section in COSMETICS.sheets[0].sections for group in section.groups for line in group.lines]
    entries = {f"{code}@amount": from_fen(fen) for code, fen in zip(codes, fens, strict=False)}
    (block,) = consolidate([report(COSMETICS, "甲", entries)]).blocks
    rows = line_rows(block, "zh")
    shown = wan_of(rows)
    for row in rows:
        if row.adds:
            assert shown[row.number] == sum(shown[n] for n in row.adds)
        if row.kind is not RowKind.SECTION and row.kind is not RowKind.GROUP:
            assert abs(shown[row.number] - Decimal(row.money[0]) / 10**6) < Decimal("0.03")


def test_sums_over_rows_are_written_as_runs() -> None:
    assert sum_of([(2, 3), (3, 3), (5, 3)]) == "SUM(C2:C3,C5)" and sum_of([]) == "0"
