"""Formulas are one where they mean one thing: sets may be grouped otherwise, signs and missing arguments may not go."""

from __future__ import annotations

import pytest

from crmxl.check.meaning import Area, meaning

AREA = Area({("表", row, column): f"{'ABC'[column - 1]}{row}@amount" for row in (1, 2, 3) for column in (1, 2, 3)})


def means(formula: str) -> object:
    return meaning(formula, "表", AREA, lambda _: True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("=SUM(A1:A3)", "= sum( $A$1 , A2:A3 )"),
        ("=SUM(A1,A2,A3)", "=SUM('表'!A3,A1:A2)"),
        ("=MIN(0,A1,B1)", "=MIN(0,A1:B1)"),
        ("=A1*2", "=A1*2.0"),
    ],
)
def test_the_same_in_other_words_is_the_same(one: str, other: str) -> None:
    assert means(one) == means(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("=MIN(0,A1-B1)", "=MIN(0,A1,-B1)"),
        ("=MIN(A1,B1)", "=MIN(A1,,B1)"),
        ("=MIN(A1,B1)", "=MIN(A1,B1,)"),
        ("=COUNT(A1-B1)", "=COUNT(A1,-B1)"),
        ("=SUM(A1:B1*2)", "=SUM(A1,B1*2)"),
        ("=MAX(A1-B1,C1)", "=MAX(A1,-B1,C1)"),
        ("=SUM(A1:A3)", "=SUM(A1;A3)"),
        ("=SUM(A1 B1)", "=SUM(A1,B1)"),
    ],
)
def test_what_gives_something_else_is_not_the_same(one: str, other: str) -> None:
    assert means(one) != means(other)


@pytest.mark.parametrize(
    "formula", ["=A" + "1" * 5_000, "=1e" + "9" * 30, "=" + "(" * 4_000, "=SUM(" + "A1:C3," * 2_500]
)
def test_formulas_beyond_all_measure_mean_themselves(formula: str) -> None:
    assert means(formula) == means(formula) != means("=SUM(A1:A3)")
