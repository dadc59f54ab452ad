"""An even split gives every month its share and loses no fen."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.define.library import Library
from crmxl.expression import Value
from crmxl.issue.layout import lay_out
from crmxl.issue.phase import phase_even
from crmxl.model import MONTHS

TEMPLATE = Library().load("annual-departments")


@given(fen=st.integers(1, 10**13 - 1), first_month=st.integers(1, 12))
def test_open_months_differ_by_at_most_one_fen_and_add_up(fen: int, first_month: int) -> None:
    layout = lay_out(TEMPLATE, 2026, (), first_month)
    year = Fraction(fen, 100)
    filled = phase_even(layout, {"1.1@amount": year})
    months = [filled.pop(f"1.1@amount.{month}") for month in MONTHS[first_month - 1 :]]
    assert filled == {"1.1@amount": year}
    amounts = [month for month in months if isinstance(month, Fraction)]
    assert len(amounts) == 13 - first_month
    assert sum(amounts) == year
    assert max(amounts) - min(amounts) <= Fraction(1, 100)
    assert all((amount * 100).denominator == 1 for amount in amounts)


def test_a_line_with_any_month_stays_as_it_is() -> None:
    inputs: dict[str, Value] = {
        "1.1@amount": Fraction(1200),
        "1.1@amount.03": Fraction(1200),
        "1.2@amount": Fraction(12),
    }
    filled = phase_even(lay_out(TEMPLATE, 2026), inputs)
    assert {key: filled[key] for key in inputs} == inputs
    assert {key.partition("@")[0] for key in filled.keys() - inputs.keys()} == {"1.2"}


@pytest.mark.parametrize("year", [None, Fraction(0), "1200"])
def test_what_has_no_amount_is_not_split(year: Value) -> None:
    assert phase_even(lay_out(TEMPLATE, 2026), {"1.1@amount": year}) == {"1.1@amount": year}


def test_blank_lines_with_names_are_split_and_texts_and_dates_are_left_alone() -> None:
    inputs: dict[str, Value] = {
        **{"1.n01@title": "顾问", "1.n01@amount": Fraction(100), "1.n01@basis": "合同"},
        **{"W1.n01@title": "招聘", "W1.n01@by": Fraction(46203)},
    }
    filled = phase_even(lay_out(TEMPLATE, 2026), inputs)
    assert filled.keys() - inputs.keys() == {f"1.n01@amount.{month}" for month in MONTHS}


def test_a_template_without_months_is_not_split() -> None:
    inputs: dict[str, Value] = {"1.1.1@amount": Fraction(1000)}
    assert phase_even(lay_out(Library().load("cosmetics-plan"), 2026), inputs) == inputs
