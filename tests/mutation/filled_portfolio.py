"""A customer portfolio, filled and judged by the test's own arithmetic: classes, credit, regions, segments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from random import Random

from crmxl.model import Key
from tests.mutation.base import NAMES, Base, Entries, Entry, yuan
from tests.mutation.rules import fen, figure

SEGMENTS = ("大客户 Key", "经销商 Dealer", "电商 Online", "零售 Shop", "其他 Other")
REGIONS = ("广州", "Online", "1.1", "深圳")
LIMITS = {"A": Fraction(75, 100), "B": Fraction(95, 100)}
CREDIT = {"A": 3_000_000, "B": 800_000, "C": 200_000}
LINE = Fraction(20, 100)
LARGEST = Fraction(30, 100)


def filled(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Customers of whom none is too large, sold above cost and within their credit, often to the fen."""
    yield "filer@value", "林珊"
    named = random.sample(REGIONS, random.randrange(1, len(REGIONS)))
    for at, name in enumerate(named, 1):
        yield f"regions.{at:03d}@name", name
    rows = [row.code for row in empty.layout.by_id["customers"].rows if row.code.partition(".")[2]]
    chosen = sorted(random.sample(rows, random.randrange(8, 20)))
    size = random.randrange(10_000, 10_000_000)
    sales = {code: size + random.choice((0, 1, random.randrange(size))) for code in chosen}
    owed = 0
    for code in chosen:
        within = CREDIT[_class(sales[code], sales.values())] * 100
        receivable = random.choice((0, within, random.randrange(within)))
        owed += receivable
        yield f"{code}@name", random.choice(NAMES)
        yield f"{code}@region", random.choice(named)
        yield f"{code}@segment", random.choice(SEGMENTS)
        yield f"{code}@sales", yuan(sales[code])
        yield f"{code}@cost", yuan(random.choice((sales[code], random.randrange(sales[code]))))
        yield f"{code}@receivable", yuan(receivable)
        if random.random() < 0.7:
            yield f"{code}@last_year", yuan(random.randrange(size))
        if random.random() < 0.7:
            yield f"{code}@stock", yuan(random.randrange(size))
    yield "assets@value", yuan(owed * 5 + random.choice((0, 5, 100_000)))


def total(inputs: Entries) -> Fraction:
    """Planned sales of all customers."""
    return sum(_column(inputs, "sales").values(), Fraction(0))


def broken(base: Base, inputs: Entries) -> Iterator[tuple[str, Key]]:
    """P401 … P408; the class limits of P406 are the group's and always rise."""
    sales, whole = _column(inputs, "sales"), total(inputs)
    owed = _column(inputs, "receivable")
    names = [_said(inputs, key).casefold() for key in inputs if key.startswith("regions.") and key.endswith("@name")]
    for code in sorted({key.partition("@")[0] for key in inputs if key.startswith("customers.")}):
        amount = sales.get(code, Fraction(0))
        credit = CREDIT[_class(amount, sales.values())] if amount else 0
        if owed.get(code, 0) > credit:
            yield "P401", f"{code}@receivable"
        if amount < figure(inputs, f"{code}@cost"):
            yield "P407", f"{code}@sales"
        region = _said(inputs, f"{code}@region")
        if region.strip(" ") and names.count(region.casefold()) != 1:
            yield "P403", f"{code}@region"
    assets = figure(inputs, "assets@value")
    if sum(owed.values()) > fen(assets * LINE):
        yield "P402", "receivables@value"
    if whole > 0:
        in_regions = sum(
            amount * names.count(_said(inputs, f"{code}@region").casefold())
            for code, amount in sales.items()
            if _said(inputs, f"{code}@region").strip(" ")
        )
        if in_regions != whole:
            yield "P404", "regions@sales"
        if sum(amount for code, amount in sales.items() if _said(inputs, f"{code}@segment") in SEGMENTS) != whole:
            yield "P405", "segments@sales"
        if max(sales.values()) > fen(whole * LARGEST):
            yield "P408", "customers@sales"


def _class(amount: Fraction | int, sales: Iterable[Fraction | int]) -> str:
    """By the share of those who buy more."""
    there = list(sales)
    share = Fraction(sum(one for one in there if one > amount)) / sum(there)
    return next((name for name, limit in LIMITS.items() if share < limit), "C")


def _column(inputs: Entries, column: str) -> Mapping[str, Fraction]:
    """Figures of all customers by row."""
    keys = (key for key in inputs if key.startswith("customers.") and key.endswith(f"@{column}"))
    return {key.partition("@")[0]: figure(inputs, key) for key in keys}


def _said(inputs: Entries, key: Key) -> str:
    entry = inputs.get(key)
    return entry if isinstance(entry, str) else ""
