"""Amounts as people write them: converted with before and after, refused with the reason, never guessed.

Each text stands in an amount of its own in one workbook that LibreOffice saved: once as a text, as it comes from a cell
of format Text, a web page or a phone, and once typed at the keyboard, where the program itself takes some for numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import pytest

from crmxl.receive.submission import ContentType
from tests.office.driver import Book
from tests.returned.workbooks import (
    TOTAL,
    ByHand,
    Told,
    adjustments,
    amounts,
    checked,
    content,
    cosmetics,
    place,
    sent_adjustments,
    told_of,
    words,
)

AMOUNTS = {
    "1,000元": "1,000.00",
    "¥1,200.50": "1,200.50",
    "￥ 1,200.5": "1,200.50",
    "１２３": "123.00",
    "１，２００．５０元": "1,200.50",
    "人民币1,000元整": "1,000.00",
    "CNY 1,000": "1,000.00",
}
"""What evidently is an amount, and how it counts."""
INVISIBLE = ("1000", "\u00a01000", "1000\u3000", "1\u200b000", "\ufeff1000", "1000\n", "1000\r\n元")
"""1000 as a text: by the cell's format alone, or with white space or characters of no width."""
NOTHING = ("-", "—", "——", "/", "／", "无", "－")
"""What people write for no amount; the workbook shows zero as a dash itself."""
REDUCTIONS = {"(500)": "-500.00", "（500）": "-500.00", "−5": "-5.00", "－5": "-5.00", "-¥1,000": "-1,000.00"}
"""Negative amounts: of use only where the template takes them."""
WORD = "含“万”“千”等单位或中文数字", "has a magnitude word such as 万"
NUMBER = "不是数字", "not a number"
FINITE = "不是有限的数", "is not finite"
REFUSED = {
    "1万": WORD,
    "1.5万元": WORD,
    "一千": WORD,
    "2000万": WORD,
    "3千": WORD,
    "约300": NUMBER,
    "300左右": NUMBER,
    "300-500": NUMBER,
    "待定": NUMBER,
    "见附件": NUMBER,
    "5%": NUMBER,
    "$500": NUMBER,
    "1 000": NUMBER,
    "nan": FINITE,
    "inf": FINITE,
    "1_000": ("含下划线", "has an underscore"),
    "1e5": ("是科学计数法", "is in scientific notation"),
    "٣": ("含其他文字的数字", "has digits of another script"),
    "1,00": ("千位分隔符的位置不对", "thousands separators are misplaced"),
    "#REF!": NUMBER,
}
"""What must not be guessed, and why it is refused, in both languages."""
TAKEN = {
    "(500)": "-500",
    "１２３": "123",
    "\u00a01000\u00a0": "1000",
    "1e5": "100000",
    "￥1,000": "1000",
    "1,000": "1000",
}
"""Texts that the program takes for numbers when they are typed."""


def in_order(texts: Iterable[str]) -> dict[str, str]:
    """The amount where each text is put: the first text in the first one."""
    return dict(zip(texts, amounts(cosmetics()), strict=False))


CONVERTED_AT = in_order((*AMOUNTS, *INVISIBLE, *NOTHING))
REFUSED_AT = in_order(REFUSED)
REDUCED_AT = dict(zip(REDUCTIONS, amounts(adjustments()), strict=False))
TYPED_AT = in_order((*TAKEN, *[text for text in (*AMOUNTS, *NOTHING) if text not in TAKEN][:15]))


def converted(book: Book) -> None:
    for text, key in CONVERTED_AT.items():
        book.set(*place(key), text)


def refused(book: Book) -> None:
    for text, key in REFUSED_AT.items():
        book.set(*place(key), text)


def reduced(book: Book) -> None:
    for text, key in REDUCED_AT.items():
        book.set(*place(key, adjustments()), text)


def negative(book: Book) -> None:
    for text, key in in_order(REDUCTIONS).items():
        book.set(*place(key), text)


def typed(book: Book) -> None:
    for text, key in TYPED_AT.items():
        book.type_in(*place(key), text)


def at(key: str) -> tuple[str, str]:
    """Place and title of an amount of the sample, as findings say them."""
    code = key.partition("@")[0]
    return "!".join(place(key)), f"{cosmetics().titles[code]}·金额"


@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_written_as_text_is_converted_before_and_after_told(text: str, by_hand: ByHand) -> None:
    key, after = CONVERTED_AT[text], AMOUNTS[text]
    report = checked(by_hand(converted))
    assert content(report, key).type is ContentType.TEXT
    assert told_of(report, key) == [Told("E101", *at(key), text, after)]
    assert words(report, "zh", key).message == f"填的是“{text}”，已按 {after} 计入。"
    assert words(report, "en", key).message == f"The entry “{text}” was read as {after}."
    assert words(report, "zh", key).fix == f"请确认，并改填为纯数字 {after}；工作簿自己的合计不包含文本。"


@pytest.mark.parametrize("text", INVISIBLE, ids=ascii)
def test_characters_that_nobody_sees_do_not_change_an_amount(text: str, by_hand: ByHand) -> None:
    key = CONVERTED_AT[text]
    report = checked(by_hand(converted))
    ((code, where, title, _, after),) = told_of(report, key)
    assert (code, (where, title), after) == ("E101", at(key), "1,000.00")
    assert "已按 1,000.00 计入" in words(report, "zh", key).message
    assert "was read as 1,000.00" in words(report, "en", key).message


@pytest.mark.parametrize("text", NOTHING)
def test_a_dash_counts_nothing_and_is_told(text: str, by_hand: ByHand) -> None:
    key = CONVERTED_AT[text]
    report = checked(by_hand(converted))
    assert told_of(report, key) == [Told("E101", *at(key), text, "0.00")]
    assert words(report, "zh", key).message == f"填的是“{text}”，已按 0.00 计入。"
    assert words(report, "zh", key).fix == "请确认；没有预算请填 0 或清空。"
    assert words(report, "en", key).fix == "Please confirm; where there is no budget, enter 0 or clear the cell."


def test_conversions_count_to_the_fen_and_nothing_else_is_told(by_hand: ByHand) -> None:
    report = checked(by_hand(converted))
    after = [*AMOUNTS.values(), *["1,000.00"] * len(INVISIBLE), *["0.00"] * len(NOTHING)]
    kept = [Fraction(content(report, key).text) for key in amounts(cosmetics()) if key not in CONVERTED_AT.values()]
    assert {found.key for found in report.findings} == set(CONVERTED_AT.values())
    assert report.total == sum(Fraction(one.replace(",", "")) for one in after) + sum(kept)
    assert not report.blocked


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_plain_amount_is_refused_with_the_reason(text: str, by_hand: ByHand) -> None:
    key, (zh, en) = REFUSED_AT[text], REFUSED[text]
    report = checked(by_hand(refused))
    assert told_of(report, key) == [Told("E102", *at(key), text, "")]
    assert words(report, "zh", key).message == f"这里应填数字，现为“{text}”（{zh}）。"
    assert words(report, "en", key).message == f"A number belongs here but it says “{text}” ({en})."
    assert words(report, "zh", key).fix == "请按“元”填纯数字，最多两位小数，例如 15000.00。"


def test_a_refused_amount_is_no_zero_and_nothing_else_is_told(by_hand: ByHand) -> None:
    report = checked(by_hand(refused))
    assert {found.key for found in report.findings} == set(REFUSED_AT.values())
    assert report.blocked


@pytest.mark.parametrize("text", REDUCTIONS)
def test_a_reduction_is_converted_where_the_template_takes_one(text: str, by_hand: ByHand) -> None:
    key, after = REDUCED_AT[text], REDUCTIONS[text]
    report = checked(by_hand(reduced, sent_adjustments()))
    title = f"{adjustments().titles[key.partition('@')[0]]}·调整金额"
    assert told_of(report, key) == [Told("E101", "!".join(place(key, adjustments())), title, text, after)]
    assert words(report, "zh", key).message == f"填的是“{text}”，已按 {after} 计入。"
    assert report.total == Fraction(1000 - 500 - 500 - 5 - 5 - 1000)


@pytest.mark.parametrize("text", REDUCTIONS)
def test_a_reduction_is_refused_where_the_template_takes_none(text: str, by_hand: ByHand) -> None:
    key = in_order(REDUCTIONS)[text]
    report = checked(by_hand(negative))
    assert told_of(report, key) == [Told("E104", *at(key), REDUCTIONS[text], "不得小于 0.00")]
    assert words(report, "zh", key).message == f"填的是 {REDUCTIONS[text]}，不得小于 0.00。"
    assert words(report, "en", key).message == f"The entry is {REDUCTIONS[text]}; it must be at least 0.00."


@pytest.mark.parametrize("text", TAKEN, ids=ascii)
def test_what_the_program_takes_for_a_number_is_that_number(text: str, by_hand: ByHand) -> None:
    key = TYPED_AT[text]
    report = checked(by_hand(typed))
    assert (content(report, key).type, content(report, key).text) == (ContentType.NUMBER, TAKEN[text])
    below_nothing = [Told("E104", *at(key), "-500.00", "不得小于 0.00")]
    assert told_of(report, key) == (below_nothing if text == "(500)" else [])


def test_what_is_typed_and_stays_text_is_told_as_pasted_text_is(by_hand: ByHand) -> None:
    report = checked(by_hand(typed))
    texts = [text for text, key in TYPED_AT.items() if text not in TAKEN and content(report, key).type == "text"]
    assert {"1,000元", "¥1,200.50", "-", "—", "/", "无"} <= set(texts)
    for text in texts:
        key = TYPED_AT[text]
        assert told_of(report, key) == [Told("E101", *at(key), text, AMOUNTS.get(text, "0.00"))]


def test_an_amount_of_text_and_the_same_number_give_the_same_total(by_hand: ByHand) -> None:
    def as_text(book: Book) -> None:
        for key in amounts(cosmetics()):
            book.set(*place(key), f"{book.value(*place(key))}元")

    report = checked(by_hand(as_text))
    assert {found.code for found in report.findings} == {"E101"}
    assert report.total == TOTAL
