"""The sales plan's six samples, consolidated, against sums of the raw data in whole fen, added up here."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from crmxl.group.consolidate import consolidate
from tests.catalogue.samples import Samples, fen
from tests.group.returned import LIBRARY, report

UNITS = ("document-case", "south-china", "east-china", "north-china", "southwest-china", "northwest-china")
OWN = Samples("sales-plan", UNITS)
report_of, raw, block, figure, measure = OWN.report, OWN.raw, OWN.block, OWN.figure, OWN.measure
CASE = "document-case"
"""The source's: whole +20 %, 电视 +15 %, 空调 +20 %, 冰箱 +25 %."""


def typed(entries: Mapping[str, str], column: str, *parts: str) -> dict[str, int]:
    """The fen typed in a column of the lines of ``parts``, by line."""
    keys = [key for key in entries if key.endswith(f"@{column}") and key.startswith(tuple(f"{one}." for one in parts))]
    return {key.partition("@")[0]: fen(entries[key]) for key in keys}


def rate(text: str) -> int:
    """A rate in ten thousandths."""
    return int(Fraction(text) * 10_000)


def targets(entries: Mapping[str, str]) -> dict[str, int]:
    """The year's target of each product in fen: last year and the growth, half a fen up, or as typed."""
    found = typed(entries, "target_in", "P1", "P2")
    for code, last in typed(entries, "base_sales", "P1", "P2").items():
        found[code] = (2 * last * (10_000 + rate(entries[f"{code}@growth"])) + 10_000) // 20_000
    return found


def test_the_group_total_is_the_expense_that_all_units_typed() -> None:
    assert block().total == sum(sum(typed(raw(unit), "amount", "1", "2", "3").values()) for unit in UNITS)
    assert not block().notes, "a difference line"


def test_every_expense_line_is_the_sum_of_what_was_typed_in_it() -> None:
    fixed = [line for line in block().lines if ".n" not in line.code]
    assert len(fixed) == 12
    for line in fixed:
        assert line.total == sum(typed(raw(unit), "amount", "1", "2", "3").get(line.code, 0) for unit in UNITS)


@pytest.mark.parametrize("column", ["base_sales", "target", "q1", "q2", "q3", "q4"])
def test_sales_stand_beside_the_total_and_are_summed_product_by_product(column: str) -> None:
    wanted = dict.fromkeys(("P1.1", "P1.2", "P1.3"), 0)
    for unit in UNITS:
        there = targets(raw(unit)) if column == "target" else typed(raw(unit), column, "P1")
        for code in wanted:
            wanted[code] += there.get(code, 0)
    assert {line.code: line.total for line in block().beside if line.column == column and line.code in wanted} == wanted


def test_growth_and_expense_ratios_are_those_of_the_sums() -> None:
    last = {unit: sum(typed(raw(unit), "base_sales", "P1", "P2").values()) for unit in UNITS}
    target = {unit: sum(targets(raw(unit)).values()) for unit in UNITS}
    spent = {unit: sum(typed(raw(unit), "amount", "1", "2", "3").values()) for unit in UNITS}
    assert measure("product_growth", "value") == Fraction(sum(target.values()), sum(last.values())) - 1
    assert measure("sales", "rate") == measure("product_growth", "value")
    assert measure("expense_ratio", "value") == Fraction(sum(spent.values()), sum(target.values()))
    before = sum(sum(typed(raw(unit), "last_year", "1", "2", "3").values()) for unit in UNITS)
    assert measure("last_ratio", "value") == Fraction(before, sum(last.values()))
    issued = sum(rate(raw(unit)["whole_growth@value"]) * last[unit] for unit in UNITS)
    assert measure("whole_growth", "value") == Fraction(issued, 10_000 * sum(last.values()))
    assert measure("sales_target", "value") == Fraction(sum(target.values()), 100)


@pytest.mark.parametrize("code", ["P1.1", "P1.2", "P1.3"])
def test_a_product_s_growth_is_that_of_all_units_sales(code: str) -> None:
    last = sum(typed(raw(unit), "base_sales", "P1").get(code, 0) for unit in UNITS)
    assert measure(code, "rate") == Fraction(sum(targets(raw(unit)).get(code, 0) for unit in UNITS), last) - 1
    assert not [one for one in block().measures if one.column == "growth" and one.code != "growth"]
    assert not [one for one in block().measures if ".n" in one.code]


def test_a_unit_without_sales_last_year_counts_in_the_group_s_growth() -> None:
    template = LIBRARY.load("sales-plan")
    old = {"P1.1@base_sales": "21050000", "P1.1@growth": "0.0984", "1.1@amount": "100", "1.1@last_year": "80"}
    new = {"P2.n01@title": "净水器", "P2.n01@target_in": "10000180", "1.1@amount": "50"}
    (found,) = consolidate([report(template, "老单位", old), report(template, "新单位", new)]).blocks
    one = {(one.code, one.column): one for one in found.measures}
    assert one["last_sales", "value"].total == 21_050_000 and one["sales_target", "value"].total == 33_121_500
    for key in (("product_growth", "value"), ("sales", "rate")):
        assert one[key].way == "ratio" and one[key].total == Fraction(33_121_500, 21_050_000) - 1
    assert one["sales", "rate"].by_unit == {"老单位": Fraction(984, 10_000)}  # the other shows none
    assert one["expense_ratio", "value"].total == Fraction(150, 33_121_500)


@pytest.mark.parametrize(("typed_in", "told"), [({}, True), ({"target_in": "120"}, False), ({"growth": "0"}, False)])
def test_a_product_with_sales_last_year_asks_for_its_growth(typed_in: Mapping[str, str], told: bool) -> None:
    """A blank rate would count as 0 % and nobody would know; a target or 0 is an answer."""
    sent = {"P1.1@base_sales": "100", "P1.1@basis": "x"} | {f"P1.1@{id}": text for id, text in typed_in.items()}
    values = report(LIBRARY.load("sales-plan"), "甲", sent).values
    assert values["P1.1@_missing"] == told
    assert values["P1.1@target"] == Fraction(sent.get("P1.1@target_in", "100"))


@pytest.mark.parametrize("code", ["Q1.1", "Q1.2", "Q1.3", "Q2.1", "Q2.2", "Q3.1", "Q3.2", "Q3.3"])
def test_a_quota_is_added_up_with_itself_alone(code: str) -> None:
    assert measure(code, "quota") == sum(int(raw(unit).get(f"{code}@quota", "0")) for unit in UNITS)
    assert not [one for one in block().measures if one.code in ("Q1", "Q2", "Q3", "composite")]


def test_staff_are_counted_and_weights_and_teams_money_are_not_added() -> None:
    staff = [int(value) for unit in UNITS for key, value in raw(unit).items() if key.endswith("@staff")]
    assert measure("teams", "staff") == sum(staff)
    added = {line.column for line in (*block().lines, *block().beside)} | {one.column for one in block().measures}
    assert not added & {"tv", "aircon", "fridge", "other", "team_target", "weight", "of_product", "of_teams", "unsplit"}


def test_the_source_s_rates_give_its_whole_company_rate() -> None:
    entries = raw(CASE)
    assert {code: entries[f"{code}@growth"] for code in ("P1.1", "P1.2", "P1.3")} == {
        "P1.1": "0.15",
        "P1.2": "0.2",
        "P1.3": "0.25",
    }
    assert [figure(CASE, f"P1.{number}@target") for number in (1, 2, 3)] == [69_000_000, 96_000_000, 75_000_000]
    assert figure(CASE, "sales_target@value") == 240_000_000
    assert figure(CASE, "product_growth@value") == Fraction(entries["whole_growth@value"]) == Fraction(20, 100)
    assert figure(CASE, "expense_ratio@value") == Fraction(18_148_000, 240_000_000)


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_s_teams_and_quarters_are_its_targets(unit: str) -> None:
    entries, wanted = raw(unit), sum(targets(raw(unit)).values())
    teams = sum(
        sum(typed(entries, column, "T1", "T2", "T3").values()) for column in ("tv", "aircon", "fridge", "other")
    )
    quarters = sum(sum(typed(entries, quarter, "P1", "P2").values()) for quarter in ("q1", "q2", "q3", "q4"))
    assert teams == quarters == wanted == figure(unit, "teams@team_target") * 100 == figure(unit, "sales@target") * 100
