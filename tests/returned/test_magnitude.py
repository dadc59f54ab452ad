"""万元 typed into a sheet of 元: told against last year's figure, as a question and never as a conversion."""

from __future__ import annotations

from fractions import Fraction

import pytest

from crmxl.model import Key, Severity
from tests.gallery.issued import Request, request_for, workbook
from tests.office.driver import Book
from tests.returned.workbooks import ByHand, checked, place, told_of

REQUEST: Request = request_for("customer-relations", "customer-relations/south-china.json")
TYPED: dict[str, dict[str, str]] = {
    "1.1.1": {"": "1.39", ".02": "0.69", ".09": "0.55", ".12": "0.15"},  # 13,600 last year: 1.39万元 was meant
    "1.1.2": {"": "12.90", ".03": "12.90", **{f".{month}": "0" for month in ("05", "06", "08", "10", "11")}},
    "1.2.1": {"": "5.39", ".06": "5.39", ".11": "0"},
    "1.2.2": {"": "0", **{f".{month}": "0" for month in ("04", "07", "10")}},
}
"""What is typed for the year and its months. Last year's 12,900 and 5,400 make 12.90 and 5.40 the bounds."""


def typed(book: Book) -> None:
    for code, values in TYPED.items():
        for month, text in values.items():
            book.type_in(*place(f"{code}@amount{month}", REQUEST.layout), text)


@pytest.mark.parametrize(
    ("key", "found", "bound", "message"),
    [
        ("1.1.1@amount", "1.39", "13.60", "本年 1.39 元，不到上年 13,600.00 元的 1/1000，疑似按万元填写。"),
        ("1.2.1@amount", "5.39", "5.40", "本年 5.39 元，不到上年 5,400.00 元的 1/1000，疑似按万元填写。"),
    ],
)
def test_an_amount_a_thousandth_of_last_years_is_asked_about(
    key: Key, found: str, bound: str, message: str, by_hand: ByHand
) -> None:
    report = checked(by_hand(typed, workbook(REQUEST)))
    ((code, where, _, shown, expected),) = told_of(report, key)
    assert (code, where) == ("P309", "!".join(place(key, REQUEST.layout)))
    assert (shown, expected) == (found, bound)
    (one,) = (one for one in report.findings if one.key == key)
    assert one.severity is Severity.WARNING
    assert one.spoken is not None
    assert one.spoken.message.zh.endswith(message)
    assert one.spoken.fix.zh == "本表单位是元：3.5 万元请填 35000；金额无误的可不改。"


@pytest.mark.parametrize("key", ["1.1.2@amount", "1.2.2@amount", "1.1.3@amount"])
def test_at_the_bound_at_nothing_and_near_last_years_nothing_is_asked(key: Key, by_hand: ByHand) -> None:
    report = checked(by_hand(typed, workbook(REQUEST)))
    assert [one.code for one in told_of(report, key)] == []


def test_what_was_typed_counts_as_it_stands(by_hand: ByHand) -> None:
    before, after = checked(workbook(REQUEST)), checked(by_hand(typed, workbook(REQUEST)))
    assert before.total is not None and after.total is not None
    assert before.total - after.total == 13_920 + 13_500 + 6_000 + 3_600 - Fraction("1.39") - Fraction(
        "12.90"
    ) - Fraction("5.39")
    assert not after.blocked
