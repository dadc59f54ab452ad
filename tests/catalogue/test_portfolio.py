"""The customer portfolio: six samples, consolidated, against sums of the raw data in whole fen, added up here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

import pytest

from tests.catalogue.samples import Samples, fen
from tests.group.returned import LIBRARY
from tests.group.returned import report as returned

UNITS = ("south-china", "east-china", "north-china", "central-china", "southwest-china", "northwest-china")
SEGMENTS = {
    "N.1": "大客户 Key",
    "N.2": "经销商 Dealer",
    "N.3": "电商 Online",
    "N.4": "零售 Shop",
    "N.5": "其他 Other",
}
OWN = Samples("customer-portfolio", UNITS)
raw, report, block = OWN.raw, OWN.report, OWN.block
CREDIT = {"A": 3_000_000_00, "B": 800_000_00, "C": 200_000_00}


def column(entries: Mapping[str, str], name: str) -> dict[str, int]:
    """Fen of every customer who has any."""
    keys = [key for key in entries if key.startswith("customers.") and key.endswith(f"@{name}")]
    return {key.partition("@")[0]: fen(entries[key]) for key in keys}


def budget(entries: Mapping[str, str]) -> int:
    """Fen of planned sales."""
    return sum(column(entries, "sales").values())


def classes(entries: Mapping[str, str]) -> dict[str, str]:
    """The class of every customer: in order of sales, by what those before have together in percent."""
    sales = column(entries, "sales")
    whole, before, found = sum(sales.values()), 0, {}
    for code in sorted(sales, key=lambda code: -sales[code]):
        found[code] = "A" if before * 100 < whole * 75 else "B" if before * 100 < whole * 95 else "C"
        before += sales[code]
    assert len(set(sales.values())) == len(sales), "customers with equal sales share a class"
    return found


def gathered(entries: Mapping[str, str], by: Mapping[str, str], name: str) -> Counter[str]:
    """Fen of a column by what ``by`` says of each customer."""
    found: Counter[str] = Counter()
    for code, amount in column(entries, name).items():
        found[by[code]] += amount
    return found


def said(entries: Mapping[str, str], name: str) -> dict[str, str]:
    """A text of every customer."""
    return {code: entries[f"{code}@{name}"] for code in column(entries, "sales")}


def yuan(amount: int) -> Fraction:
    return Fraction(amount, 100)


@pytest.mark.parametrize("unit", UNITS)
def test_customers_are_ranked_and_classed_by_what_larger_ones_have_together(unit: str) -> None:
    entries, values = raw(unit), report(unit).values
    sales, cost, stock = (column(entries, name) for name in ("sales", "cost", "stock"))
    whole, ordered, done = sum(sales.values()), sorted(sales, key=lambda code: -sales[code]), 0
    by = classes(entries)
    for rank, code in enumerate(ordered, 1):
        done += sales[code]
        assert values[f"{code}@rank"] == rank
        assert values[f"{code}@cumulative"] == Fraction(done, whole)
        assert values[f"{code}@class"] == by[code]
        assert values[f"{code}@credit"] == yuan(CREDIT[by[code]])
        if code not in stock:  # blank, not the worst of all
            assert [values[f"{code}@{name}"] for name in ("turnover", "cross", "contribution")] == [""] * 3
            continue
        cross = Fraction(sales[code] - cost[code], stock[code])  # margin ÷ stock
        assert values[f"{code}@turnover"] == Fraction(sales[code], stock[code])
        assert values[f"{code}@cross"] == cross
        assert values[f"{code}@contribution"] == Fraction(sales[code], whole) * cross
    assert [by[code] for code in ordered] == sorted(by.values())
    assert report(unit).total == yuan(whole)


@pytest.mark.parametrize("unit", UNITS)
def test_the_tables_are_the_list_gathered_anew_and_their_shares_are_whole(unit: str) -> None:
    entries, values = raw(unit), report(unit).values
    by_class, by_segment, by_region = classes(entries), said(entries, "segment"), said(entries, "region")
    regions = {key.partition("@")[0]: name for key, name in entries.items() if key[:8] == "regions." and "@name" in key}
    tables: Iterable[tuple[Mapping[str, str], Mapping[str, str], str]] = (
        ({f"K.{name}": name for name in CREDIT}, by_class, "receivable"),
        (SEGMENTS, by_segment, "last_year"),
        (regions, by_region, "last_year"),
    )
    whole = budget(entries)
    for rows, by, other in tables:
        counts, sales, others = Counter(by.values()), gathered(entries, by, "sales"), gathered(entries, by, other)
        for code, name in rows.items():
            assert values[f"{code}@customers"] == counts[name], code
            assert values[f"{code}@customer_share"] == Fraction(counts[name], len(by)), code
            assert values[f"{code}@sales"] == yuan(sales[name]), code
            assert values[f"{code}@share"] == Fraction(sales[name], whole), code
            assert values[f"{code}@{other}"] == yuan(others[name]), code
        assert sum(Fraction(str(values[f"{code}@share"])) for code in rows) == 1


@pytest.mark.parametrize("unit", UNITS)
def test_receivables_are_held_to_the_credit_of_each_class_and_to_a_fifth_of_assets(unit: str) -> None:
    entries, by = raw(unit), classes(raw(unit))
    owed = column(entries, "receivable")
    over = {f"{code}@receivable" for code, amount in owed.items() if amount > CREDIT[by[code]]}
    assert {finding.key for finding in report(unit).findings if finding.code == "P401"} == over
    line = [finding for finding in report(unit).findings if finding.code == "P402"]
    assert bool(line) == (sum(owed.values()) * 5 > fen(entries["assets@value"])) == (unit == "southwest-china")
    assert bool(over) == (unit == "southwest-china")


def test_the_group_s_total_is_the_planned_sales_of_all_customers() -> None:
    assert block().total == sum(budget(raw(unit)) for unit in UNITS)
    assert sum(line.total for line in block().lines) == block().total
    assert {line.column for line in block().lines} == {"sales"} and block().beside == ()


def test_ratios_are_those_of_all_customers_and_customers_add_up() -> None:
    found = {(one.code, one.column): one.total for one in block().measures}
    every = [raw(unit) for unit in UNITS]

    def summed(name: str) -> int:
        return sum(sum(column(entries, name).values()) for entries in every)

    assert found["customers", "margin"] == Fraction(summed("sales") - summed("cost"), summed("sales"))
    assert found["customers", "turnover"] == Fraction(summed("sales"), summed("stock"))
    assert found["assets", "value"] == yuan(sum(fen(entries["assets@value"]) for entries in every))
    assert found["receivables", "value"] == yuan(summed("receivable"))
    assert found["receivable_rate", "value"] == yuan(summed("receivable")) / found["assets", "value"]
    assert found["receivable_days", "value"] == Fraction(365 * summed("receivable"), summed("sales"))
    assert {one.way for one in block().measures if one.column in ("margin", "turnover")} == {"ratio"}
    by = Counter(name for entries in every for name in classes(entries).values())
    assert {name: found[f"K.{name}", "customers"] for name in CREDIT} == dict(by)
    assert found["listed", "value"] == sum(by.values()) == found["segments", "customers"]


@pytest.mark.parametrize(
    ("typed", "missing"),
    [({"sales": "100"}, 1), ({"sales": "100", "cost": "0"}, 0), ({"sales": "0"}, 0)],
)
def test_a_customer_with_sales_asks_for_their_cost(typed: Mapping[str, str], missing: int) -> None:
    """A blank would be a margin of 100 %; 0 is an answer."""
    entries = {"name": "恒信", "region": "广州", "segment": "其他 Other", **typed}
    sent = {f"customers.001@{id}": text for id, text in entries.items()}
    found = returned(LIBRARY.load("customer-portfolio"), "甲", sent, rows={"customers": 1})
    assert found.values["customers.001@_missing"] == missing


def test_rows_that_nobody_filled_show_no_ratios() -> None:
    """0 % would read as the worst of all: so would the growth of a region that is new."""
    sent = {"regions.001@name": "广州", "customers.001@region": "广州", "customers.001@sales": "100"}
    values = returned(LIBRARY.load("customer-portfolio"), "甲", sent, rows={"customers": 2}).values
    blank = {
        "regions.002": ("customer_share", "last_share", "share", "growth"),
        "regions.001": ("last_share", "growth"),
    }
    blank["customers.002"] = ("cumulative", "class", "margin", "turnover", "cross", "contribution")
    assert {values[f"{code}@{name}"] for code, names in blank.items() for name in names} == {""}
    assert values["regions.001@share"] == values["customers.001@cumulative"] == 1
