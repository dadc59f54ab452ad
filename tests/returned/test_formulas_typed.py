"""Formulas: typed where a number belongs, replaced where they were issued, saved without results, wrapped by another
program.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.issue.places import Role
from crmxl.model import Key
from tests.gallery import package
from tests.office.driver import Book
from tests.returned.workbooks import (
    PLAN,
    SCRATCH,
    TOTAL,
    ByHand,
    Told,
    amounts,
    by_program,
    checked,
    content,
    cosmetics,
    in_xml,
    place,
    told,
    told_of,
    words,
)

AMOUNT, SUBTOTAL = "1.1.1@amount", "1.1@amount"
AT, TITLE = "费用预算!C9", "调查问卷制作与发放·金额"
GIVEN = {
    "=500*2": "1,000.00",
    "=C9*2": "2,000.00",
    "=SUM(C9:C10)": "3,000.00",
    "=工作底稿!C5": "777.00",
    "=ROUND(1000/3,2)": "333.33",
    "=100.1+200.2": "300.30",
}
"""Formulas that people type for an amount, and what they give; the first stands at C9, the second at C10."""
FAULTS = {"=1/0": "#DIV/0!", '=VLOOKUP("外包",B9:C11,2,FALSE)': "#N/A", '="约"*2': "#VALUE!"}
"""Formulas that give none."""
TYPED_AT: dict[str, Key] = dict(zip((*GIVEN, *FAULTS), amounts(cosmetics()), strict=False))


def typed(book: Book) -> None:
    book.type_in(SCRATCH, "C5", "777")
    for formula, key in TYPED_AT.items():
        book.set_formula(*place(key), formula)


@pytest.mark.parametrize("formula", GIVEN)
def test_a_formula_in_an_amount_counts_by_its_result_and_is_told(formula: str, by_hand: ByHand) -> None:
    key, gives = TYPED_AT[formula], GIVEN[formula]
    report = checked(by_hand(typed))
    returned = content(report, key).formula
    ((code, where, _, found, expected),) = told_of(report, key)
    assert (code, where, found, expected) == ("E107", "!".join(place(key)), returned, gives)
    assert words(report, "zh", key).message == f"填报格里是公式 {returned}，已按其结果 {gives} 计入。"
    assert words(report, "zh", key).fix == "请“复制 → 选择性粘贴 → 数值”改为数字。"
    assert words(report, "en", key).message == f"The input holds the formula {returned}; its result {gives} counts."


@pytest.mark.parametrize("formula", FAULTS)
def test_a_formula_that_gives_an_error_is_no_zero(formula: str, by_hand: ByHand) -> None:
    key, fault = TYPED_AT[formula], FAULTS[formula]
    report = checked(by_hand(typed))
    title = f"{cosmetics().titles[key.partition('@')[0]]}·金额"
    assert told_of(report, key) == [Told("E106", "!".join(place(key)), title, fault, "")]
    assert words(report, "zh", key).message == f"单元格显示错误值 {fault}。"
    assert words(report, "en", key).message == f"The cell shows the error value {fault}."
    assert report.blocked and report.total is None


def lost(book: Book) -> None:
    book.unprotect_all()
    book.type_in(SCRATCH, "C9", "700")
    book.set_formula(PLAN, "C9", "=工作底稿!C9+1")
    book.delete_sheet(SCRATCH)


def test_an_amount_whose_source_was_deleted_is_an_error_at_its_cell(by_hand: ByHand) -> None:
    report = checked(by_hand(lost))
    assert "#REF!" in content(report, AMOUNT).formula
    assert told(report) == [Told("E106", AT, TITLE, "#REF!", "")]
    assert words(report, "zh").fix == "请改填数字；如由公式产生，请修正公式的引用。"


def test_a_link_to_another_workbook_is_told_with_the_workbook(by_hand: ByHand, tmp_path: Path) -> None:
    (tmp_path / "去年 预算.xlsx").write_bytes(by_program(lambda book: book.__delitem__(SCRATCH)))
    target = (tmp_path / "去年 预算.xlsx").as_uri()

    def linked(book: Book) -> None:
        book.type_in(PLAN, "C9", f"='{target}'#$费用预算.C10")

    report = checked(by_hand(linked))
    ((code, where, title, formula, expected),) = told(report)
    assert (code, where, title) == ("E108", AT, TITLE)
    assert expected.endswith("去年 预算.xlsx")
    assert words(report, "zh").message == f"公式 {formula} 引用了其他工作簿 {expected}，集团无法核对。"
    assert words(report, "zh").fix == "请“数据 → 编辑链接 → 断开链接”，或改填数字。"
    assert words(report, "en").fix == "Use Data → Edit Links → Break Link, or enter the number."
    assert report.blocked


def overwritten(book: Book) -> None:
    book.unprotect_all()
    book.type_in(PLAN, "C12", "12,000")
    book.set_formula(PLAN, "C21", "=C12+C16")


def test_a_locked_formula_that_was_replaced_is_told_with_both_formulas_and_both_values(by_hand: ByHand) -> None:
    report = checked(by_hand(overwritten))
    assert told(report) == [
        Told("S110", "费用预算!C12", "市场调研 小计·金额", "12,000.00", "11,000.00"),
        Told("S110", "费用预算!C21", "市场调研与分析 合计·金额", "20,000.00", "26,000.00"),
    ]
    first, second = (words(report, "zh", key).message for key in (SUBTOTAL, "1@amount"))
    assert first == "公式被直接键入的数字盖住：显示 12,000.00，应为 11,000.00，相差 1,000.00（下发公式 =SUM(C9:C11)）。"
    assert second.startswith("公式被改动：下发公式 =SUM(C12,C16,C20)，现为 =C12+C16；显示 20,000.00，应为 26,000.00")
    assert words(report, "en", SUBTOTAL).message == (
        "A number was typed over the formula: shown 12,000.00, should be 11,000.00, difference 1,000.00 "
        "(issued formula =SUM(C9:C11))."
    )
    assert report.total == TOTAL


def values_pasted(book: Book) -> None:
    book.unprotect_all()
    for address, cell in book.get(PLAN, ["C9:C62"]).items():
        if cell.type == "formula":
            book.set(PLAN, address, cell.value)


def test_values_pasted_over_the_amounts_are_told_at_every_total_although_they_are_right(by_hand: ByHand) -> None:
    report = checked(by_hand(values_pasted))
    layout = cosmetics()
    calculated = (cell.key for cell in layout.cells.values() if cell.role is Role.CALCULATED)
    totals = {key for key in calculated if key.endswith("@amount") and layout.cells[key].sheet == "plan"}
    assert {found.key for found in report.findings} == totals
    assert {found.code for found in report.findings} == {"S110"}
    assert all(found.found == found.expected for found in report.findings)
    assert (report.total, report.blocked) == (TOTAL, True)


def without_results(parts: package.Parts) -> None:
    for name in list(parts):
        if name.startswith("xl/worksheets/sheet"):
            parts[name] = re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", parts[name])


def test_formulas_that_were_never_calculated_are_computed_and_told_once() -> None:
    report = checked(in_xml(without_results))
    formulas = sum(bool(one.formula) for one in report.submission.contents.values())
    (found,) = report.findings
    assert (found.code, found.place.sheet, found.severity) == ("F110", "", "info")
    assert words(report, "zh").message == f"{formulas} 个公式没有保存计算结果，已由 crmxl 按公式重新计算。"
    assert words(report, "zh").fix == "无需处理；用 Excel 或 WPS 打开并保存一次即可看到结果。"
    assert words(report, "en").message == f"{formulas} formulas were saved without results; crmxl computed them."
    assert report.total == TOTAL


def test_a_formula_of_the_units_own_that_was_never_calculated_is_not_guessed() -> None:
    report = checked(by_program(lambda book: book[PLAN].__setitem__("C9", "=500*2")))
    assert told_of(report, AMOUNT) == [Told("E109", AT, TITLE, "=500*2", "")]
    assert words(report, "zh", AMOUNT).message == "填报格里是公式 =500*2，但文件没有保存它的结果。"
    assert words(report, "zh", AMOUNT).fix == "请改填数字，或用 Excel、WPS 打开计算并保存后再提交。"
    assert report.blocked


def wrapped(formula: str, value: str) -> str:
    """A formula as Google Sheets saves one that Excel does not have: its text, and its result beside it."""
    inner = formula.replace('"', '""')
    return f'IFERROR(__xludf.DUMMYFUNCTION("{inner}"),{value})'


def test_a_formula_that_google_sheets_wrapped_counts_by_its_result() -> None:
    own = wrapped('GOOGLEFINANCE("CURRENCY:USDCNY")*140', "1000.0")
    report = checked(in_xml(lambda parts: package.set_cell(parts, PLAN, "C9", kind="n", value="1000", formula=own)))
    assert told(report) == [Told("E107", AT, TITLE, f"={own}", "1,000.00")]
    assert report.total == TOTAL


def test_an_issued_formula_that_google_sheets_wrapped_no_longer_computes_and_is_told() -> None:
    own = wrapped("SUM(C9:C11)", "11000.0")
    report = checked(in_xml(lambda parts: package.set_cell(parts, PLAN, "C12", kind="n", value="11000", formula=own)))
    assert told(report) == [Told("S110", "费用预算!C12", "市场调研 小计·金额", "11,000.00", "11,000.00")]
    message = words(report, "zh").message
    assert "下发公式 =SUM(C9:C11)" in message and f"现为 ={own}" in message
    assert report.total == TOTAL


def test_array_and_shared_forms_of_a_sum_in_an_amount_count_by_their_result() -> None:
    def edit(parts: package.Parts) -> None:
        path = package.sheet_path(parts, PLAN)
        text = parts[path].decode()
        single = re.compile(r'<c r="C9"(?P<style>[^>]*)><v>1000</v></c>')
        array = r'<c r="C9"\g<style>><f t="array" ref="C9">SUM(C10:C11*{0.1})</f><v>1000</v></c>'
        changed, count = single.subn(array, text)
        assert count == 1
        parts[path] = changed.encode()

    report = checked(in_xml(edit))
    assert told(report) == [Told("E107", AT, TITLE, "=SUM(C10:C11*{0.1})", "1,000.00")]
    assert report.total == Fraction(133_000)
