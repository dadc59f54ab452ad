"""The sales plan, filled and judged by the test's own arithmetic: products, quarters, teams, quotas, expense."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from random import Random

from crmxl.model import Key
from tests.mutation.base import TEXTS, Base, Entries, Entry, usual_fen, yuan
from tests.mutation.rules import amounts, fen, figure

PARTS = ("P1", "T1", "T3", "K", "Q1", "Q2", "1", "3")
"""A choice of parts that can be filled: two of three kinds of teams and quotas, no new products."""
LIMIT = Fraction(8, 100)
TOLERANCE = Fraction(5, 1000)
SPREAD = Fraction(20, 100)
LARGEST_QUARTER = Fraction(40, 100)
COLUMNS = {"tv": "P1.1", "aircon": "P1.2", "fridge": "P1.3"}
"""The product of each column of teams; what is left is `other`."""
CHECKED = {"tv": "K.1", "aircon": "K.2", "fridge": "K.3", "other": "K.4"}
QUARTERS = ("q1", "q2", "q3", "q4")
PRODUCTS = ("洗衣机", "热水器", "厨房小家电", "净水器", "空气净化器", "扫地机器人")
TEAMS = ("直营一部", "直营二部", "粤东经销部", "广西经销部", "电商组", "直播组", "工程部", "大客户部")


def filled(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Expense first; then products whose target bears it, split to quarters and teams, and quotas that weigh 100 %."""
    yield "filer@value", "周岚（计划经理）"
    growth = random.randrange(-300, 2000)
    spent: dict[str, int] = {}
    for run in empty.runs():
        for row in run:
            if row is run[0] or random.random() < 0.6:
                spent[row.code] = usual_fen(random)
                yield from empty.with_line(random, row.code, spent[row.code]).items()
    if random.random() < 0.7:
        for code, amount in spent.items():  # a little more than what grows to it with sales
            yield f"{code}@last_year", yuan(amount * 10_000 // (10_000 + growth - 300) + 1)
    planned = yield from _products(random, empty, growth, sum(spent.values()))
    yield from _teams(random, empty, planned)
    yield from _quotas(random, empty)


def _products(
    random: Random, empty: Base, growth: int, spent: int
) -> Generator[tuple[Key, Entry], None, dict[str, int]]:
    """Targets that bear ``spent``, each in four quarters; gives them by code, in fen."""
    codes = [code for code in ("P1.1", "P1.2", "P1.3", "P1.n01", "P2.n01") if f"{code}@basis" in empty.layout.cells]
    chosen = codes[:1] + [code for code in codes[1:] if random.random() < 0.7]
    each = spent * 100 // 8 // len([code for code in chosen if code != "P2.n01"]) * 105 // 100
    planned: dict[str, int] = {}
    for code in chosen:
        if code == "P2.n01":
            planned[code] = each // random.randrange(5, 40)
            yield f"{code}@target_in", yuan(planned[code])
        else:
            rate = Fraction(growth + random.randrange(-300, 1200), 10_000)
            last = each * 10_000 // (10_000 + growth - 300) + random.randrange(1_000_000)
            planned[code] = int(fen(Fraction(last, 100) * (1 + rate)) * 100)
            yield f"{code}@base_sales", yuan(last)
            yield f"{code}@growth", Decimal(rate.numerator) / rate.denominator
        yield f"{code}@basis", random.choice(TEXTS)
        if ".n" in code:
            yield f"{code}@title", random.choice(PRODUCTS)
        yield from _split(random, planned[code], [f"{code}@{quarter}" for quarter in QUARTERS])
    return planned


def _teams(random: Random, empty: Base, planned: Mapping[str, int]) -> Iterator[tuple[Key, Entry]]:
    rows = [row.code for row in empty.layout.by_id["teams"].rows if row.code.partition(".")[2]]
    chosen = random.sample(rows, random.randrange(1, len(rows)))
    for code in chosen:
        yield f"{code}@title", random.choice(TEAMS)
        yield f"{code}@leader", "陈立"
        if random.random() < 0.7:
            yield f"{code}@staff", Decimal(random.randrange(1, 60))
    for column in CHECKED:
        named = [code for code in planned if COLUMNS.get(column, code) == code and code not in COLUMNS.values()]
        whole = planned.get(COLUMNS[column], 0) if column in COLUMNS else sum(planned[code] for code in named)
        yield from _split(random, whole, [f"{code}@{column}" for code in chosen])


def _quotas(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    rows = [row.code for row in empty.layout.by_id["quotas"].rows if row.code]
    left = 10_000
    for row in rows:
        weight = left if row == rows[-1] else random.randrange(left + 1) if random.random() < 0.7 else 0
        left -= weight
        if weight or random.random() < 0.3:
            yield f"{row}@quota", Decimal(random.randrange(1, 500_000))
        if weight:
            yield f"{row}@weight", Decimal(weight).scaleb(-4)
            yield f"{row}@method", random.choice(TEXTS)
        if random.random() < 0.5:
            yield f"{row}@actual", Decimal(random.randrange(500_000))


def _split(random: Random, whole: int, keys: list[Key]) -> Iterator[tuple[Key, Entry]]:
    """``whole`` fen over ``keys`` in like parts, none above two fifths where there are four."""
    weights = [random.randrange(20, 31) for _ in keys]
    done = 0
    for at, key in enumerate(keys):
        part = whole * sum(weights[: at + 1]) // sum(weights) - done
        done += part
        if part:
            yield key, yuan(part)


def issued(random: Random, empty: Base, inputs: Mapping[Key, Entry]) -> dict[str, str]:
    """The whole-company rate: what the products give, or a good half point from it."""
    last, target = _last(inputs), sum(targets(inputs).values())
    off = Decimal(random.choice(("0", "0.0049", "-0.0049", "0.002")))
    rate = Decimal(round((target / last - 1) * 10_000)).scaleb(-4)
    return {"whole_growth": str(rate + off)}


def targets(inputs: Entries) -> dict[str, Fraction]:
    """The year's target of every product that has one, in yuan."""
    codes = {key.rpartition("@")[0] for key in inputs if key.startswith(("P1.", "P2."))}
    return {
        code: figure(inputs, f"{code}@target_in")
        if inputs.get(f"{code}@target_in") is not None
        else fen(figure(inputs, f"{code}@base_sales") * (1 + figure(inputs, f"{code}@growth")))
        for code in codes
    }


def _last(inputs: Entries) -> Fraction:
    return sum(amounts(inputs, "base_sales", "P1", "P2").values(), Fraction(0))


def total(inputs: Entries) -> Fraction:
    """The expense."""
    return sum(amounts(inputs, "amount", "1", "2", "3").values(), Fraction(0))


def broken(base: Base, inputs: Entries) -> Iterator[tuple[str, Key]]:
    """P361 … P369."""
    whole = Fraction(base.parameters["whole_growth"])
    by_product, last, spent = targets(inputs), _last(inputs), total(inputs)
    target = sum(by_product.values(), Fraction(0))
    growth = target / last - 1 if last else Fraction(0)
    if last > 0 and abs(round(growth, 10) - whole) > TOLERANCE:
        yield "P361", "product_growth@value"
    for column, code in CHECKED.items():
        wanted = by_product.get(COLUMNS.get(column, ""), Fraction(0))
        if column == "other":
            wanted = sum((one for name, one in by_product.items() if name not in COLUMNS.values()), Fraction(0))
        if sum(amounts(inputs, column, "T1", "T2", "T3").values()) != wanted:
            yield "P362", f"{code}@of_teams"
    for code, one in by_product.items():
        if sum(figure(inputs, f"{code}@{quarter}") for quarter in QUARTERS) != one:
            yield "P363", f"{code}@unsplit"
        before = figure(inputs, f"{code}@base_sales")
        if before > 0 and one > fen(before * (1 + whole + SPREAD)):
            yield "P369", f"{code}@target"
        if code.startswith("P1.") and one > 0 and before <= 0:
            yield "P367", f"{code}@base_sales"
    if spent > fen(target * LIMIT):
        yield "P364", "total@amount"
    weights = sum(amounts(inputs, "weight", "Q1", "Q2", "Q3").values())
    if (target > 0 or weights > 0) and weights != 1:
        yield "P365", "weights@value"
    before = sum(amounts(inputs, "last_year", "1", "2", "3").values(), Fraction(0))
    if before > 0 and last > 0 and spent > fen(before * (1 + growth)):
        yield "P366", "total@amount"
    largest = max(sum(amounts(inputs, quarter, "P1", "P2").values()) for quarter in QUARTERS)
    if target > 0 and largest > fen(target * LARGEST_QUARTER):
        yield "P368", "sales@target"
