"""Customer-relationship management expense: six samples by four methods, against sums of the raw data in whole fen."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest

from crmxl.define.prefilling import Prefills
from tests.catalogue.samples import Samples, fen
from tests.gallery.issued import shipped_library

UNITS = ("south-china", "east-china", "north-china", "central-china", "southwest-china", "northwest-china")
OWN = Samples("crm-expense", UNITS)
raw, report, block = OWN.raw, OWN.report, OWN.block
WORDS = {
    "1": "技术支持 Technology",
    "2": "人力资源 People",
    "3": "市场推广 Marketing",
    "4": "数据管理 Data",
    "5": "咨询和外包 Consulting",
}
METHODS = {"历史法 Historical": 0, "目标法 Objective": 1, "竞争对手法 Competitor": 2, "作业法 Activity": 3}
COLUMNS = ("history", "objective", "competitor", "activity")


def parts(text: str) -> tuple[int, int]:
    """A decimal text as a whole number and what it is to be divided by."""
    whole, _, rest = text.partition(".")
    return int(whole + rest), 10 ** len(rest)


def nearest(number: int, by: int) -> int:
    """``number`` divided by ``by``, halves away from zero."""
    sign = -1 if number < 0 else 1
    return sign * ((2 * abs(number) + by) // (2 * by))


def historical(entries: Mapping[str, str], code: str) -> int:
    """What the historical method gives for an account."""
    past = [fen(entries[key]) for year in ("year_3", "year_2", "last_year") if (key := f"{code}@{year}") in entries]
    base = past[-1]
    if entries["base_of_history@value"].startswith("三年平均"):
        base = nearest(sum(past), len(past))
    rate, by = parts(entries.get(f"{code}@growth", "0"))
    return nearest(base * (by + rate), by) + fen(entries.get(f"{code}@adjustment", "0.00"))


def results(entries: Mapping[str, str], category: str) -> tuple[int, int, int, int]:
    """Fen by the four methods."""
    accounts = {key.partition("@")[0] for key in entries if key.endswith("@last_year")}
    found = [sum(historical(entries, code) for code in accounts if code[0] == category), 0, 0, 0]
    for key in [key for key in entries if key.endswith("@quantity")]:
        row = key.partition("@")[0]
        quantity, by = parts(entries[key])
        cost = nearest(quantity * fen(entries[f"{row}@unit_price"]), by)
        if entries.get(f"{row}@category") == WORDS[category]:
            found[1] += cost
        elif entries.get(f"{row}@account", "").startswith(f"{category}."):
            found[3] += cost
    spent = [fen(entries[key]) for one in "abc" if (key := f"K.{category}@rival_{one}_spend") in entries]
    if spent:
        mean = entries["matching@value"].startswith("平均")
        rate, by = parts(entries[f"K.{category}@relative"])
        found[2] = nearest((nearest(sum(spent), len(spent)) if mean else max(spent)) * rate, by)
    return (found[0], found[1], found[2], found[3])


def budget(entries: Mapping[str, str]) -> dict[str, int]:
    """Fen of the chosen amount by category."""
    return {one: results(entries, one)[METHODS[entries[f"B.{one}@method"]]] for one in WORDS}


@pytest.mark.parametrize("unit", UNITS)
def test_each_category_has_the_results_of_the_four_methods_to_the_fen(unit: str) -> None:
    entries, values = raw(unit), report(unit).values
    for category in WORDS:
        shown = [values[f"B.{category}@{column}"] for column in COLUMNS]
        assert shown == [Fraction(one, 100) for one in results(entries, category)], category


def test_south_china_by_hand() -> None:
    """技术支持 by four methods: the figures worked out on paper from its sample."""
    values = report("south-china").values
    assert [values[f"B.1@{column}"] for column in (*COLUMNS, "lowest", "spread", "amount")] == [
        *(288024, 285600, 284700, 283932),
        *(283932, 4092, 283932),
    ]
    assert values["K.1@benchmark"] == 365000
    assert values["1.1@result"] == 100000
    assert values["B.1@growth"] == Fraction(283932, 301700) - 1


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_s_total_is_the_sum_of_what_it_chose(unit: str) -> None:
    assert report(unit).total == Fraction(sum(budget(raw(unit)).values()), 100)


def test_the_group_s_total_counts_each_category_once_and_no_working() -> None:
    chosen = {unit: budget(raw(unit)) for unit in UNITS}
    found = block()
    assert found.total == sum(sum(one.values()) for one in chosen.values())
    assert {line.code: line.total for line in found.lines} == {
        f"B.{category}": sum(one[category] for one in chosen.values()) for category in WORDS
    }
    assert found.beside == () and found.measures == ()


def test_last_year_is_prefilled_by_a_round_as_an_entry_that_the_unit_may_correct() -> None:
    prefills = Prefills((shipped_library().load("crm-expense"),))
    assert prefills.take("1.1@last_year", "96000") == (Fraction(96000), ())
    assert prefills.takes("2.3@year_3") and not prefills.takes("1.1@result")
