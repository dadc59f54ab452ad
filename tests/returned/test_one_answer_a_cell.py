"""One cell gets one answer, in words that fit its column; and what would be told by mistake is not."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from crmxl.catalogue import word
from crmxl.expression import Value
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key
from tests.gallery.edits import Program
from tests.office.driver import Book
from tests.returned.workbooks import (
    PLAN,
    TOTAL,
    ByHand,
    Told,
    adjustments,
    amounts,
    by_program,
    checked,
    cosmetics,
    place,
    sent,
    sent_adjustments,
    told,
    told_of,
    words,
)

AMOUNT = "1.1.1@amount"
AT, TITLE = "费用预算!C9", "调查问卷制作与发放·金额"


def stored(value: str, kind: str = "n", formula: str = "", at: Key = AMOUNT) -> bytes:
    program = Program(sent(), cosmetics())
    program.store(at, value, kind, formula)
    program.calculate()
    return program._workbook


# ---- one cell, one finding -----------------------------------------------------------------------------------------

RESULTS = {
    '="1万"': Told("E102", AT, TITLE, "1万", ""),
    '="1,000元"': Told("E101", AT, TITLE, "1,000元", "1,000.00"),
    '=""': Told("E107", AT, TITLE, '=""', "空白"),
    "=1000.005": Told("E105", AT, TITLE, "1000.005", "2"),
    "=-5": Told("E104", AT, TITLE, "-5.00", "不得小于 0.00"),
}


@pytest.mark.parametrize("formula", RESULTS)
def test_a_formula_whose_result_is_refused_or_converted_has_one_finding(formula: str, by_hand: ByHand) -> None:
    def edit(book: Book) -> None:
        book.set_formula(PLAN, "C9", formula)

    assert told_of(checked(by_hand(edit)), AMOUNT) == [RESULTS[formula]]


def test_a_truth_value_by_formula_has_one_finding() -> None:
    assert told(checked(stored("1", "b", "1=1"))) == [Told("E112", AT, TITLE, "TRUE", "")]


@pytest.mark.parametrize(
    "formula", ["SUM(表1[金额])+工作底稿!B2", "SUM(表1[[#All],[金额]])+工作底稿!B2", 'LEN("[x]!")*0+1000']
)
def test_a_table_of_the_units_own_is_no_other_workbook(formula: str) -> None:
    assert told(checked(stored("1000", formula=formula))) == [Told("E107", AT, TITLE, f"={formula}", "1,000.00")]


@pytest.mark.parametrize(
    ("formula", "target"),
    [
        ("[1]表1!B5", "1"),
        ("'[1]去年 预算'!B5", "1"),
        ("SUM('C:\\预算\\[去年.xlsx]表1'!B5,1)", "去年.xlsx"),
        ("[1]!去年合计", "1"),
    ],
)
def test_every_form_of_a_link_is_told(formula: str, target: str) -> None:
    assert told(checked(stored("1000", formula=formula))) == [Told("E108", AT, TITLE, f"={formula}", target)]


# ---- what nobody sees ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", ["\u200b", "\ufeff \u200b", "\u00a0", "\u3000"], ids=ascii)
def test_a_basis_that_nobody_sees_is_none(basis: str) -> None:
    report = checked(by_program(lambda book: book[PLAN].__setitem__("E9", basis)))
    assert ("E103", "费用预算!E9") in [(one.code, one.place) for one in told(report)]


@pytest.mark.parametrize("text", ["1000", "1\u200b000", "1000\n", "\u00a01000"], ids=ascii)
def test_a_text_that_looks_like_a_number_is_called_a_text(text: str, by_hand: ByHand) -> None:
    def edit(book: Book) -> None:
        book.set(PLAN, "C9", text)

    report = checked(by_hand(edit))
    assert told(report) == [Told("E101", AT, TITLE, "1000", "1,000.00")]
    assert words(report, "zh").message == (
        "填的是文本“1000”（单元格是文本格式，或带有看不见的字符），已按 1,000.00 计入。"
    )
    assert report.total == TOTAL


def test_an_amount_of_no_width_is_named() -> None:
    ((code, *_, found, read),) = told_of(
        checked(by_program(lambda book: book[PLAN].__setitem__("C9", "\u200b"))), AMOUNT
    )
    assert (code, found, read) == ("E101", "（空格）", "空白")


def test_a_csv_of_the_form_is_called_one(saved_as: Mapping[str, bytes]) -> None:
    (found,) = checked(saved_as[".csv"]).findings
    assert "CSV" in word(found, "zh").message


# ---- words that fit the column -------------------------------------------------------------------------------------

OTHER = {
    "1.1@people": ("3人", "请填整数，不带单位，例如 12。"),
    "1.2@hours": ("约8", "请填纯数字，不带单位，例如 12.5。"),
    "1.3@rate": ("五成", "请填百分数，例如 5%。"),
    "1.4@amount": ("约8", "请按“元”填纯数字，最多两位小数，例如 15000.00。"),
}


@pytest.mark.parametrize("key", OTHER)
def test_the_remedy_of_a_refused_number_fits_its_column(key: Key, by_hand: ByHand) -> None:
    def edit(book: Book) -> None:
        for one, (text, _) in OTHER.items():
            book.set(*place(one, adjustments()), text)
        book.set(*place("1.5@people", adjustments()), 2.5)
        book.set(*place("1.6@rate", adjustments()), "50%")
        book.set(*place("1.7@amount", adjustments()), -1000000.01)

    report = checked(by_hand(edit, sent_adjustments()))
    assert words(report, "zh", key).fix == OTHER[key][1]
    assert words(report, "zh", "1.5@people").message == "填的是 2.5，应为整数。"
    assert words(report, "zh", "1.6@rate").message == "填的是“50%”，已按 50% 计入。"
    assert words(report, "zh", "1.7@amount").fix == "请改为允许范围内的数。"


def test_an_error_in_a_text_asks_for_a_text() -> None:
    report = checked(stored("#REF!", "e", at="1.1.1@basis"))
    assert words(report, "zh", "1.1.1@basis").fix == "请改填文字；如由公式产生，请修正公式的引用。"


# ---- magnitude -----------------------------------------------------------------------------------------------------


def filled(*values: str) -> bytes:
    inputs: dict[Key, Value] = {}
    for key, value in zip(amounts(cosmetics()), values, strict=False):
        inputs[key] = Fraction(value)
        inputs[key.replace("@amount", "@basis")] = "见合同"
    return write(cosmetics(), Assignment(unit="华南区域", year=2026), inputs)


def suspects(*values: str) -> list[tuple[str, str]]:
    """Places and variants of E117; nothing else may be told."""
    report = checked(filled(*values))
    assert {found.code for found in report.findings} <= {"E117"} and not report.blocked
    return [(found.place.cell, found.variant) for found in report.findings]


def test_an_amount_typed_in_ten_thousands_is_asked_about() -> None:
    report = checked(filled("0.8", "8000", "2000", "5000", "3000"))
    assert told(report) == [Told("E117", AT, TITLE, "0.80", "其他各行 2,000.00 至 8,000.00")]
    assert words(report, "zh").message == (
        "填的是 0.80 元，其他各行 2,000.00 至 8,000.00 元；如按万元填写，应为 8,000.00 元。"
    )
    assert words(report, "zh").fix == "本表单位是元，请核对：1.5 万元请填 15000；金额无误的可不改。"
    assert "if it was typed in 万元 (10,000 yuan) it should be 8,000.00" in words(report, "en").message
    assert report.total == Fraction("18000.8")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("10", "2000", "2000", "2000", "2000"), []),  # 200 times 10 is the nearest, 100,000 is not among them
        (("0.5", "2000", "2000", "2000", "2000"), [("C9", "")]),
        (("10", "2000", "3000", "40000", "50000"), [("C9", "")]),  # 100,000 is within three times 50,000
        (("10.01", "2000", "3000", "40000", "50000"), []),  # less than 200 times apart
        (("4.99", "2000", "3000", "40000"), []),  # four amounts are too few
        (("5", "50", "1000", "2000", "3000", "40000"), []),  # steps, no gap
        (("0.5", "0.6", "2000", "3000", "4000"), []),  # two of five are more than a third
        (("0.5", "0.6", "2000", "3000", "4000", "5000"), [("C9", ""), ("C10", "")]),
        (("20000000", "2000", "3000", "4000", "5000"), [("C9", "large")]),
        (("900000", "2000", "3000", "4000", "5000"), []),  # a large line, 180 times the next
        (("0", "2000", "3000", "4000", "5000", "6000"), []),
        (("0.1", "0.8", "0.2", "0.5", "99.99"), [("", "whole")]),
        (("0.1", "0.8", "0.2", "0.5", "100"), []),
        (("0.1", "0.8", "0.2", "0.5"), []),
    ],
)
def test_where_an_amount_is_asked_about(values: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    assert suspects(*values) == expected


def test_the_samples_are_not_asked_about() -> None:
    assert told(checked(sent())) == []
