"""Hotel marketing: six samples, consolidated, against sums of the raw data in whole fen, added up here."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from crmxl.group.consolidate import consolidate
from tests.catalogue.samples import Samples, fen
from tests.group.returned import LIBRARY
from tests.group.returned import report as hotel

UNITS = (
    *("seaside-resort", "city-business", "hot-spring"),
    *("airport-transit", "conference-centre", "old-town-boutique"),
)
OWN = Samples("hotel-marketing", UNITS)
raw, report, block = OWN.raw, OWN.report, OWN.block
RANGES = {
    "1.1": (10_000, 20_000),
    "1.2": (5_000, 10_000),
    "1.3": (10_000, 15_000),
    "2.1": (20_000, 50_000),
    "2.2": (30_000, 100_000),
    "2.3": (10_000, 30_000),
}
"""Mission T5, in yuan."""


def budget(entries: Mapping[str, str]) -> dict[str, int]:
    """Fen of every line: whole numbers of pieces by their price, else the lump sum."""
    found = {}
    for key, text in entries.items():
        code, _, column = key.partition("@")
        if column == "unit_price":
            found[code] = int(entries[f"{code}@quantity"]) * fen(text)
        elif column == "amount_in":
            found[code] = fen(text)
    return found


def part(entries: Mapping[str, str], code: str) -> int:
    """Fen of a part."""
    return sum(amount for line, amount in budget(entries).items() if line.startswith(f"{code}."))


def limits(code: str = "") -> tuple[int, int]:
    """Both limits of a part, or of all lines with a range, in fen."""
    bounds = [one for line, one in RANGES.items() if line.startswith(code)]
    return 100 * sum(low for low, _ in bounds), 100 * sum(high for _, high in bounds)


@pytest.mark.parametrize("unit", UNITS)
def test_a_hotel_s_lines_are_quantity_by_price_or_the_lump_sum_and_keep_their_ranges(unit: str) -> None:
    entries, values = raw(unit), report(unit).values
    for code, amount in budget(entries).items():
        assert values[f"{code}@amount"] == Fraction(amount, 100), code
        if code in RANGES:
            low, high = RANGES[code]
            assert low * 100 <= amount <= high * 100
            assert values[f"{code}@position"] == Fraction(amount - low * 100, (high - low) * 100)
        else:
            assert values[f"{code}@position"] == ""
    assert report(unit).total == Fraction(sum(budget(entries).values()), 100)
    assert {"quantity", "amount_in"} <= {key.partition("@")[2] for key in entries}


@pytest.mark.parametrize("unit", UNITS)
def test_the_ranges_of_parts_and_whole_are_those_of_their_lines(unit: str) -> None:
    entries, values = raw(unit), report(unit).values
    online = part(entries, "3")
    wanted = {"R.1": (part(entries, "1"), *limits("1")), "R.2": (part(entries, "2"), *limits("2"))}
    wanted["R.3"] = (online, online, online)
    whole = sum(budget(entries).values())
    wanted["R.4"] = (whole, limits()[0] + online, limits()[1] + online)
    for code, (plan, low, high) in wanted.items():
        shown = [values[f"{code}@{column}"] for column in ("planned", "low", "high")]
        assert shown == [Fraction(amount, 100) for amount in (plan, low, high)], code
        assert values[f"{code}@position"] == (Fraction(plan - low, high - low) if high > low else ""), code


def test_the_group_s_total_adds_every_line_once_and_shows_the_range_of_all_hotels() -> None:
    found = block()
    budgets = [budget(raw(unit)) for unit in UNITS]
    assert found.total == sum(sum(one.values()) for one in budgets) == 121_719_944
    assert {line.column for line in found.lines} == {"amount"}
    by_line = {line.code: line.total for line in found.lines}
    assert by_line == {
        code: sum(one.get(code, 0) for one in budgets) for code in dict.fromkeys(c for b in budgets for c in b)
    }
    online = sum(part(raw(unit), "3") for unit in UNITS)
    beside = {(line.code, line.column): line.total for line in found.beside}
    wanted = {
        "R.1": tuple(6 * bound for bound in limits("1")),
        "R.2": tuple(6 * bound for bound in limits("2")),
        "R.3": (online, online),
        "R.4": tuple(6 * bound + online for bound in limits()),
    }
    assert beside == {
        (code, id): one for code, both in wanted.items() for id, one in zip(("low", "high"), both, strict=True)
    }


def test_where_the_group_stands_in_its_range_is_that_of_all_hotels_plans_and_limits() -> None:
    found = {one.code: one for one in block().measures}
    plans = {"R.1": "1", "R.2": "2", "R.4": ""}
    assert found.keys() == {*plans, "R.3"}
    for code, prefix in plans.items():
        low, high = limits(prefix)
        lines = [amount for unit in UNITS for line, amount in budget(raw(unit)).items() if line in RANGES]
        lines = lines if not prefix else [part(raw(unit), prefix) for unit in UNITS]
        assert found[code].total == Fraction(sum(lines) - 6 * low, 6 * (high - low)), code
    assert found["R.3"].total is None


def test_a_hotel_that_plans_nothing_of_a_part_counts_in_the_group_s_position() -> None:
    template = LIBRARY.load("hotel-marketing")
    some = {"2.1@amount_in": "30000", "2.2@amount_in": "90000", "2.3@amount_in": "20000"}
    none = {"1.1@amount_in": "15000"}
    (found,) = consolidate([hotel(template, "甲", some), hotel(template, "乙", none)]).blocks
    (part,) = [one for one in found.measures if one.code == "R.2"]
    low, high = limits("2")
    assert part.total == Fraction(14_000_000 - 2 * low, 2 * (high - low))
    assert part.by_unit["乙"] == Fraction(-low, high - low)  # told, not left blank
    (blank,) = consolidate([hotel(template, "丙", {})]).blocks
    assert not [one for one in blank.measures if one.by_unit or one.total is not None]  # nothing is planned at all
