"""Customer maintenance: six samples, consolidated, against sums of the raw data in whole fen, added up here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest

from crmxl.expression import evaluate
from crmxl.group.consolidate import consolidate
from crmxl.issue.layout import lay_out
from tests.catalogue.samples import Samples, fen
from tests.group.returned import LIBRARY
from tests.group.returned import report as report_of

UNITS = ("south-china", "east-china", "north-china", "central-china", "southwest-china", "northwest-china")
OWN = Samples("customer-maintenance", UNITS)
raw, report, block = OWN.raw, OWN.report, OWN.block
SEGMENTS = {"V.1": "高价值 High value", "V.2": "潜力 Potential", "V.3": "普通 Ordinary"}
STAGES = ("获取 Acquire", "成长 Grow", "成熟 Mature", "衰退 Decline")
KINDS = {
    "visit": "拜访 Visit",
    "training": "培训 Training",
    "summit": "峰会 Summit",
    "festival": "节日关怀 Festival",
    "tailored": "定制化服务 Tailored",
    "gift": "礼品 Gift",
}


def activities(entries: Mapping[str, str]) -> dict[str, int]:
    """Fen of every activity: whole numbers of persons or pieces by their price."""
    codes = [key.partition("@")[0] for key in entries if key.startswith("activities.") and key.endswith("@quantity")]
    return {code: int(entries[f"{code}@quantity"]) * fen(entries[f"{code}@unit_price"]) for code in codes}


def reserves(entries: Mapping[str, str]) -> dict[str, int]:
    """Fen of every reserve."""
    return {key.partition("@")[0]: fen(text) for key, text in entries.items() if key[:2] == "R." and "@amount" in key}


def budget(entries: Mapping[str, str]) -> int:
    """Fen of activities and reserve."""
    return sum(activities(entries).values()) + sum(reserves(entries).values())


def gathered(entries: Mapping[str, str], *columns: str) -> Counter[tuple[str, ...]]:
    """Fen of the activities by what stands in these columns."""
    found: Counter[tuple[str, ...]] = Counter()
    for code, amount in activities(entries).items():
        found[tuple(entries[f"{code}@{column}"] for column in columns)] += amount
    return found


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_s_total_is_its_activities_and_its_reserve(unit: str) -> None:
    assert report(unit).total == Fraction(budget(raw(unit)), 100)


@pytest.mark.parametrize("unit", UNITS)
def test_every_table_of_a_unit_is_its_activities_gathered_anew(unit: str) -> None:
    entries, values = raw(unit), report(unit).values

    def shown(key: str) -> int:
        value = values[key]
        assert isinstance(value, Fraction)
        return int(value * 100)

    places, times = gathered(entries, "segment", "stage", "kind"), gathered(entries, "month", "stage")
    for m, segment in enumerate(SEGMENTS.values(), 1):
        for s, stage in enumerate(STAGES, 1):
            assert {id: shown(f"M{m}.{s}@{id}") for id in KINDS} == {
                id: places[segment, stage, kind] for id, kind in KINDS.items()
            }
    months = {code: value for key, value in values.items() if (code := key.removesuffix("@month"))[:1] == "Q"}
    months = {code: value for code, value in months.items() if "@" not in code}
    assert len(months) == 12
    for code, month in months.items():
        columns = zip(("acquire", "grow", "mature", "decline"), STAGES, strict=True)
        assert all(shown(f"{code}@{id}") == times[str(month), stage] for id, stage in columns), code
    by_region = gathered(entries, "region")
    named = {key.partition("@")[0]: name for key, name in entries.items() if key[:8] == "regions." and "@name" in key}
    assert {name: shown(f"{code}@amount") for code, name in named.items()} == {
        name: by_region[name,] for name in named.values()
    }
    for key in ("matrix@all", "calendar@all", "worth@spend", "regions@amount", "planned@value"):
        assert shown(key) == sum(activities(entries).values()), key


@pytest.mark.parametrize("unit", UNITS)
def test_the_share_of_spend_stands_beside_the_share_of_value(unit: str) -> None:
    entries, values = raw(unit), report(unit).values
    spend, margin = gathered(entries, "segment"), {code: fen(entries[f"{code}@margin"]) for code in SEGMENTS}
    whole = sum(spend.values())
    for code, segment in SEGMENTS.items():
        assert values[f"{code}@spend_share"] == Fraction(spend[segment,], whole)
        assert values[f"{code}@value_share"] == Fraction(margin[code], sum(margin.values()))
    reversed_ = [
        code
        for code in SEGMENTS
        if any(margin[o] < margin[code] and spend[SEGMENTS[o],] > spend[SEGMENTS[code],] for o in SEGMENTS)
    ]
    told = [finding.key for finding in report(unit).findings if finding.code == "P372"]
    assert told == [f"{code}@spend" for code in reversed_]
    assert bool(told) == (unit == "northwest-china")


def test_the_group_s_total_counts_activities_and_reserves_once_and_no_table() -> None:
    found = block()
    assert found.total == sum(budget(raw(unit)) for unit in UNITS)
    assert sum(line.total for line in found.lines) == found.total
    assert {line.code.partition(".")[0] for line in found.lines} == {"activities", "R"}
    assert {(line.code, line.column): line.total for line in found.beside} == {
        (code, "margin"): sum(fen(raw(unit)[f"{code}@margin"]) for unit in UNITS) for code in SEGMENTS
    }


def test_goals_are_weighted_by_the_customers_that_they_are_a_share_of() -> None:
    found = {(one.code, one.column): one.total for one in block().measures}
    for code in ("G.1", "G.2", "G.3", "G.4"):
        base = {unit: int(raw(unit)[f"{code}@base"]) for unit in UNITS}
        assert found[code, "base"] == sum(base.values())
        for column in ("last_year", "target"):
            mean = sum(base[unit] * Fraction(raw(unit)[f"{code}@{column}"]) for unit in UNITS) / sum(base.values())
            assert found[code, column] == mean, (code, column)


def test_customers_add_up_and_shares_of_the_summary_are_those_of_all_money() -> None:
    found = {(one.code, one.column): one.total for one in block().measures}
    for code in SEGMENTS:
        assert found[code, "customers"] == sum(int(raw(unit)[f"{code}@customers"]) for unit in UNITS)
    assert found["reserve_rate", "value"] == _share(lambda one: sum(reserves(one).values()), budget)
    high = SEGMENTS["V.1"]
    assert found["high_value_share", "value"] == _share(
        lambda one: gathered(one, "segment")[high,], lambda one: sum(activities(one).values())
    )


def test_goals_that_units_name_have_no_group_figure() -> None:
    own = {"G.n01@title": "服务响应", "G.n01@base": "10", "G.n01@target": "0.9"}
    other = {"G.n01@title": "投诉关闭", "G.n01@base": "90", "G.n01@target": "0.1"}
    template = LIBRARY.load("customer-maintenance")
    (found,) = consolidate([report_of(template, "甲", own), report_of(template, "乙", other)]).blocks
    assert not [one for one in found.measures if ".n" in one.code]


@pytest.mark.parametrize("column", ["target", "last_year"])
def test_a_goal_says_of_how_many_customers_it_is_a_share(column: str) -> None:
    """Without them it would not count in the group's mean, and nobody would know."""
    values = report_of(LIBRARY.load("customer-maintenance"), "甲", {f"G.1@{column}": "0.9"}).values
    required = lay_out(LIBRARY.load("customer-maintenance"), 2026).cells["G.1@base"].required
    assert required is not None and evaluate(required, lambda key: values.get(key)) is True


def _share(part: Callable[[Mapping[str, str]], int], whole: Callable[[Mapping[str, str]], int]) -> Fraction:
    """Of all units together."""
    return Fraction(sum(part(raw(unit)) for unit in UNITS), sum(whole(raw(unit)) for unit in UNITS))
