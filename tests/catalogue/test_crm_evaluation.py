"""CRM evaluation: six samples against sums of the raw data in whole fen; present values and ratios worked out here."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from crmxl.issue.calculate import calculate
from tests.catalogue.samples import Samples, fen

UNITS = ("south-china", "east-china", "north-china", "central-china", "southwest-china", "northwest-china")
OWN = Samples("crm-evaluation", UNITS)
raw, report, block, measure = OWN.raw, OWN.report, OWN.block, OWN.measure
COST = ("amount", "y1", "y2", "y3", "y4")
BENEFIT = ("y0", "y1", "y2", "y3", "y4")
PAYBACK = {
    "south-china": "2.18 年 years",
    "east-china": "1.71 年 years",
    "north-china": "3.3 年 years",
    "central-china": "当年收回 Within the first year",
    "southwest-china": "4.31 年 years",
    "northwest-china": "2.52 年 years",
}
"""Years until the cumulative flow is positive for good, worked out on paper."""


def typed(entries: Mapping[str, str], part: str, column: str) -> int:
    """The fen typed in a column of a part."""
    return sum(fen(one) for key, one in entries.items() if key.startswith(f"{part}.") and key.endswith(f"@{column}"))


def cost(entries: Mapping[str, str], column: str) -> int:
    """A year's total cost of ownership in fen."""
    return typed(entries, "V", column) + typed(entries, "H", column)


def ownership(entries: Mapping[str, str]) -> int:
    """Five years' total cost of ownership in fen."""
    return sum(cost(entries, column) for column in COST)


def visible(entries: Mapping[str, str]) -> int:
    """Five years' visible cost in fen."""
    return sum(typed(entries, "V", column) for column in COST)


def gains(entries: Mapping[str, str]) -> int:
    """Five years' benefits in fen."""
    return sum(typed(entries, "R", column) for column in BENEFIT)


def present(entries: Mapping[str, str]) -> int:
    """The net present value in fen: each year's flow discounted and rounded to the fen."""
    rate = Fraction(entries["discount_rate@value"])
    found = 0
    for year, (benefit, column) in enumerate(zip(BENEFIT, COST, strict=True)):
        worth = (typed(entries, "R", benefit) - cost(entries, column)) / (1 + rate) ** year
        found += int(worth + Fraction(1, 2)) if worth >= 0 else -int(Fraction(1, 2) - worth)
    return found


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_s_figures_are_those_of_its_data(unit: str) -> None:
    entries, values = raw(unit), report(unit).values
    whole, apparent, gained = ownership(entries), visible(entries), gains(entries)
    assert report(unit).total == Fraction(cost(entries, "amount"), 100)
    assert values["tco@value"] == Fraction(whole, 100)
    assert values["hidden_cost@value"] == Fraction(whole - apparent, 100)
    assert values["multiple@value"] == Fraction(whole, apparent)
    assert values["roi@value"] == Fraction(gained - whole, whole)
    assert values["npv@value"] == Fraction(present(entries), 100)
    assert values["eva@value"] == Fraction(fen(entries["nopat@value"]), 100) - Fraction(
        fen(entries["capital@value"]), 100
    ) * Fraction(entries["wacc@value"])
    assert values["payback@value"] == PAYBACK[unit]


def test_south_china_s_scorecard_by_hand() -> None:
    """15 × 92.5/90 + 15 × 86.2/88 + 5 × 3.5/3.1 + 15 × 96.4/95 + 10 × 8/9.2 …, each to two decimals."""
    values = report("south-china").values
    scores = ["15.42", "14.69", "5.65", "15.22", "8.70", "9.18", "5.22", "15.80", "10.34"]
    assert values["scorecard@score"] == sum(map(Fraction, scores)) == Fraction("100.22")
    assert values["S2.2@achievement"] == Fraction(80, 92)


def test_an_achievement_counts_120_percent_at_most_and_nothing_without_a_target() -> None:
    layout = report("south-china").submission.layout
    assert layout is not None
    found = calculate(
        layout,
        {
            **{
                f"S1.1@{column}": Fraction(value)
                for column, value in {"weight": 10, "target": 50, "result": 90}.items()
            },
            **{"S1.2@direction": "越低越好 Lower", "S1.2@target": Fraction(5), "S1.2@result": Fraction(0)},
            **{"S1.3@target": Fraction(0), "S1.3@result": Fraction(3)},
        },
    )
    achieved = [found[f"S1.{number}@achievement"] for number in (1, 2, 3)]
    assert achieved == [Fraction(12, 10), Fraction(12, 10), 0] and found["S1.1@score"] == 12


@pytest.mark.parametrize(
    ("flows", "said"),
    [
        ((-100, 50, 100, 0, 0), "2.5 年 years"),
        ((-100, 150, -100, 100, 0), "3.5 年 years"),
        ((-100, 100, 0, 0, 0), "2 年 years"),
        ((100, 0, 0, 0, -100), "当年收回 Within the first year"),
        ((100, 0, -150, 100, 0), "3.5 年 years"),
        ((-100, 150, 0, 0, -51), "五年内不能收回 Not within five years"),
        ((-100, 0, 0, 0, 50), "五年内不能收回 Not within five years"),
    ],
)
def test_payback_is_the_year_from_which_the_investment_stays_paid_back(flows: tuple[int, ...], said: str) -> None:
    layout = report("south-china").submission.layout
    assert layout is not None
    typed = {}
    for year, flow in enumerate(flows):
        key = f"R.1@{BENEFIT[year]}" if flow > 0 else f"V.1@{COST[year]}"
        typed[key] = Fraction(abs(flow))
    if "V.1@amount" not in typed:
        typed |= {"V.1@amount": Fraction(1), "R.1@y0": typed["R.1@y0"] + 1}
    assert calculate(layout, typed)["payback@value"] == said


def test_the_group_s_total_is_the_budget_year_s_cost_and_later_years_stand_beside_it() -> None:
    entries = [raw(unit) for unit in UNITS]
    assert block().total == sum(cost(one, "amount") for one in entries)
    assert {line.column for line in block().lines} == {"amount"}
    for code in ("V.1", "H.3"):
        (line,) = (line for line in block().lines if line.code == code)
        assert line.total == sum(fen(one.get(f"{code}@amount", "0.00")) for one in entries)
    beside = {(line.code, line.column): line.total for line in block().beside}
    assert beside["H.2", "y3"] == sum(fen(one["H.2@y3"]) for one in entries)
    assert beside["R.1", "y0"] == sum(fen(one["R.1@y0"]) for one in entries)
    assert {column for _, column in beside} == {"y0", "y1", "y2", "y3", "y4"}


def test_the_group_s_ratios_are_those_of_all_units_together() -> None:
    entries = [raw(unit) for unit in UNITS]
    whole, apparent = sum(map(ownership, entries)), sum(map(visible, entries))
    assert measure("tco") == Fraction(whole, 100)
    assert measure("npv") == Fraction(sum(map(present, entries)), 100)
    assert measure("roi") == Fraction(sum(map(gains, entries)) - whole, whole)
    assert measure("multiple") == Fraction(whole, apparent)
    assert measure("capital") == sum(Fraction(one["capital@value"]) for one in entries)
    assert not [one for one in block().measures if one.code == "score" or one.column in ("weight", "score", "target")]


def test_satisfaction_achieved_is_weighted_by_each_unit_s_own_weight() -> None:
    achieved = {unit: Fraction(raw(unit)["S1.1@result"]) / Fraction(raw(unit)["S1.1@target"]) for unit in UNITS}
    weights = {unit: Fraction(raw(unit)["S1.1@weight"]) for unit in UNITS}
    assert measure("S1.1", "achievement") == sum(achieved[unit] * weights[unit] for unit in UNITS) / sum(
        weights.values()
    )
