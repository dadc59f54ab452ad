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


def test_whole_columns_are_remembered_and_single_cells_are_not() -> None:
    area = Area({("表", row, 1): f"l.{row:03d}@x" for row in range(1, 101)})
    column = area.keys("表", 1, 1, 100, 1)
    assert area.keys("表", 1, 1, 100, 1) is column
    assert area.keys("表", 1, 1, 64, 1) is not area.keys("表", 1, 1, 64, 1)
    for last in range(66, 100):
        for right in range(1, 11):
            assert len(area.keys("表", 1, 1, last, right)) == last
    assert area.keys("表", 1, 1, 99, 10) is not area.keys("表", 1, 1, 99, 10)  # there are enough


def test_sets_one_after_the_other_are_one_each() -> None:
    assert means("=SUM(A1,A2,3,B1,B2)+MAX(C1,C2)") == means("=SUM(A2,A1,3,B2,B1)+MAX(C2,C1)")
    assert means("=SUM(A1,A2,3,B1,B2)") != means("=SUM(B1,B2,3,A1,A2)")


@pytest.mark.parametrize(
    "formula", ["=A" + "1" * 5_000, "=1e" + "9" * 30, "=" + "(" * 4_000, "=SUM(" + "A1:C3," * 2_500]
)
def test_formulas_beyond_all_measure_mean_themselves(formula: str) -> None:
    assert means(formula) == means(formula) != means("=SUM(A1:A3)")
