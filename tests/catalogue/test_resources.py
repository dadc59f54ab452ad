"""The customer-resource plan's six samples, consolidated, against a funnel reckoned here in customers and fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pytest

from crmxl.group.consolidate import consolidate
from tests.catalogue.samples import Samples, fen
from tests.group.returned import LIBRARY, report

UNITS = ("document-case", "south-china", "east-china", "north-china", "southwest-china", "northwest-china")
OWN = Samples("customer-resources", UNITS)
report_of, raw, block, figure, measure = OWN.report, OWN.raw, OWN.block, OWN.figure, OWN.measure
CASE = "document-case"
"""The source's: sales +78 % last year, +92 % this year."""
YEARS = ("y3", "y2", "y1")


@dataclass(frozen=True)
class Stage:
    """A stage that must be fed: what it needs, lacks and costs."""

    needed: int
    short: int
    cost: int
    """Fen."""


def customers(entries: Mapping[str, str], stage: int) -> int:
    """Of three years."""
    return sum(int(entries[f"H.{stage}@{year}"]) for year in YEARS)


def up(count: int, by: Fraction) -> int:
    """``count`` customers divided by a rate, or fen by fen, rounded up."""
    return -(-count * by.denominator // by.numerator)


def stages(entries: Mapping[str, str]) -> dict[int, Stage]:
    """The funnel from the buyers, stage 4, back to the leads, stage 1."""
    found = {}
    need = up(fen(entries["sales_target@value"]), Fraction(fen(entries["average_deal@value"])))
    for stage in (4, 3, 2, 1):
        short = max(0, need - int(entries.get(f"N.{stage}@on_hand", "0")))
        found[stage] = Stage(need, short, short * fen(entries[f"N.{stage}@unit_cost"]))
        if stage > 1:
            past = Fraction(customers(entries, stage), customers(entries, stage - 1))
            need = up(short, Fraction(entries.get(f"N.{stage}@plan_rate", past)))
    return found


def cost(entries: Mapping[str, str]) -> int:
    """What closing the shortfalls costs, in fen."""
    return sum(stage.cost for stage in stages(entries).values())


def quarters(whole: int, entries: Mapping[str, str]) -> list[int]:
    """``whole`` split by the quarters' shares: what all up to one are, half up, less what all before it are."""
    found: list[int] = []
    share = 0
    for quarter in (1, 2, 3, 4):
        share += int(Fraction(entries[f"share_q{quarter}@value"]) * 10_000)
        found.append((2 * whole * share + 10_000) // 20_000 - sum(found))
    return found


def test_the_group_total_is_what_all_shortfalls_cost() -> None:
    assert block().total == sum(cost(raw(unit)) for unit in UNITS)
    assert not block().notes, "a difference line"
    assert {line.code: line.total for line in block().lines} == {
        f"N.{stage}": sum(stages(raw(unit))[stage].cost for unit in UNITS) for stage in (1, 2, 3, 4)
    }


@pytest.mark.parametrize("stage", [1, 2, 3, 4])
def test_customers_are_added_up_stage_by_stage_and_their_cost_is_a_mean(stage: int) -> None:
    found = [stages(raw(unit))[stage] for unit in UNITS]
    assert measure(f"N.{stage}", "needed") == sum(one.needed for one in found)
    assert measure(f"N.{stage}", "shortfall") == sum(one.short for one in found)
    assert measure(f"N.{stage}", "unit_cost") == Fraction(
        sum(one.cost for one in found), 100 * sum(one.short for one in found)
    )


@pytest.mark.parametrize("stage", [2, 3, 4, 5])
def test_the_group_s_rate_is_its_customers_over_those_of_the_stage_before(stage: int) -> None:
    before, here = (sum(customers(raw(unit), one) for unit in UNITS) for one in (stage - 1, stage))
    assert measure(f"H.{stage}", "rate") == Fraction(here, before)


def test_growth_is_that_of_the_sums() -> None:
    target, last, before, marketing = (
        sum(fen(raw(unit)[f"{field}@value"]) for unit in UNITS)
        for field in ("sales_target", "last_sales", "sales_before", "last_marketing")
    )
    assert measure("sales_growth", "value") == Fraction(target, last) - 1
    assert measure("last_growth", "value") == Fraction(last, before) - 1
    assert measure("cost_growth", "value") == Fraction(sum(cost(raw(unit)) for unit in UNITS), marketing) - 1


def test_a_unit_without_sales_last_year_counts_in_the_group_s_growth() -> None:
    template = LIBRARY.load("customer-resources")
    old = {"sales_target@value": "120", "last_sales@value": "100", "sales_before@value": "80"}
    (found,) = consolidate([report(template, "老", old), report(template, "新", {"sales_target@value": "60"})]).blocks
    growth = {one.code: one.total for one in found.measures if one.column == "value"}
    assert growth["sales_growth"] == Fraction(180, 100) - 1 and growth["last_growth"] == Fraction(100, 80) - 1


@pytest.mark.parametrize("quarter", [1, 2, 3, 4])
def test_the_quarters_stand_beside_the_total_stage_by_stage(quarter: int) -> None:
    there = {line.code: line.total for line in block().beside if line.column == f"c{quarter}"}
    for stage in (1, 2, 3, 4):
        wanted = [quarters(stages(raw(unit))[stage].cost, raw(unit))[quarter - 1] for unit in UNITS]
        assert there[f"V.{stage}"] == sum(wanted)
        won = [quarters(stages(raw(unit))[stage].short, raw(unit))[quarter - 1] for unit in UNITS]
        assert measure(f"V.{stage}", f"w{quarter}") == sum(won)


@pytest.mark.parametrize("unit", UNITS)
def test_the_quarters_of_a_unit_add_up_to_the_customer_and_the_fen(unit: str) -> None:
    for stage, one in stages(raw(unit)).items():
        assert sum(figure(unit, f"V.{stage}@w{quarter}") for quarter in (1, 2, 3, 4)) == one.short
        assert sum(figure(unit, f"V.{stage}@c{quarter}") for quarter in (1, 2, 3, 4)) * 100 == one.cost
    assert figure(unit, "total@cost") * 100 == cost(raw(unit))


def test_the_source_s_company_grew_by_78_percent_and_plans_92() -> None:
    found = stages(raw(CASE))
    assert {stage: (one.needed, one.short) for stage, one in found.items()} == {
        4: (3418, 2888),
        3: (5584, 4684),
        2: (12491, 9891),
        1: (24728, 19528),
    }
    assert {stage: figure(CASE, f"N.{stage}@needed") for stage in found} == {
        stage: one.needed for stage, one in found.items()
    }
    assert figure(CASE, "last_growth@value") == Fraction(78, 100)
    assert figure(CASE, "sales_growth@value") == Fraction(92, 100)
    assert figure(CASE, "cost_growth@value") < figure(CASE, "sales_growth@value")
