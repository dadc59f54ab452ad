"""The customer-resource plan, filled and judged by the test's own arithmetic: stages, rates, shortfalls, quarters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from random import Random

from crmxl.model import Key
from tests.mutation.base import TEXTS, Base, Entries, Entry, yuan
from tests.mutation.rules import fen, figure

MARGIN = Fraction(10, 100)
"""How far a planned rate, and average sales, may be above the past."""
TIMES, LEAST = 2, Fraction(20, 100)
"""Growth that needs no reason: so many times last year's, and this in any case."""
LEAST_RATE = Fraction(1, 1000)
MOST = 10_000_000
"""Customers of a stage, from which on a plan is refused."""
YEARS = ("y3", "y2", "y1")
STAGES = (4, 3, 2, 1)
"""From the buyers back to the leads."""


def filled(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Three years of a funnel, what is on hand and what one more costs; base figures that no rule minds."""
    yield "filer@value", "江雪（客户资源主管）"
    customers = [random.randrange(3_000, 12_000)]
    for low, high in ((300, 450), (350, 500), (450, 600), (300, 800)):
        customers.append(customers[-1] * random.randrange(low, high) // 1000)
    for number, count in enumerate(customers, 1):
        for year in YEARS:
            yield f"H.{number}@{year}", Decimal(count * random.randrange(950, 1050) // 1000)
        yield f"H.{number}@source", random.choice(TEXTS)
    buyers = customers[3] + customers[4]
    deal = random.randrange(2_000_000, 6_000_000)
    last = buyers * deal * 104 // 100  # beyond what a year of a few more buyers could hide
    yield "average_deal@value", yuan(deal)
    yield "last_sales@value", yuan(last)
    if random.random() < 0.7:
        yield "sales_before@value", yuan(last * 100 // random.randrange(101, 125))
    if random.random() < 0.4:
        yield "growth_reason@value", random.choice(TEXTS)
    yield "gross_margin@value", Decimal(random.randrange(20, 45)).scaleb(-2)
    left = 100
    for quarter in (1, 2, 3, 4):
        share = left if quarter == 4 else random.randrange(0, left + 1)
        left -= share
        yield f"share_q{quarter}@value", Decimal(share).scaleb(-2)
    for number, cost in ((1, 50), (2, 90), (3, 240), (4, 560)):
        most = customers[4] * 9 // 10 if number == 4 else customers[number - 1] // 4
        yield f"N.{number}@on_hand", Decimal(random.randrange(most + 1))
        yield f"N.{number}@unit_cost", yuan(cost * random.randrange(60, 140))
        yield f"N.{number}@basis", random.choice(TEXTS)
        if number > 1 and random.random() < 0.2:
            yield f"N.{number}@plan_rate", Decimal(random.randrange(250, 300)).scaleb(-3)


def issued(random: Random, empty: Base, inputs: Mapping[Key, Entry]) -> dict[str, str]:
    """A target a little above last year's sales."""
    last = figure(inputs, "last_sales@value")
    growth = Fraction(random.randrange(-500, 1900), 10_000)
    if not isinstance(inputs.get("growth_reason@value"), str):
        before = figure(inputs, "sales_before@value")
        growth = min(growth, max(LEAST, (last / before - 1) * TIMES if before else LEAST) - Fraction(1, 1000))
    return {"sales_target": str(yuan(int(last * (1 + growth) * 100)))}


def years(inputs: Entries, stage: int) -> Fraction:
    """How many customers a stage held in three years."""
    return sum((figure(inputs, f"H.{stage}@{year}") for year in YEARS), Fraction(0))


def past(inputs: Entries, stage: int) -> Fraction:
    """The rate of past years into a stage; 0 where the one before held nobody."""
    before = years(inputs, stage - 1)
    return years(inputs, stage) / before if before else Fraction(0)


def taken(inputs: Entries, stage: int) -> Fraction:
    """The planned rate into a stage, else that of the past."""
    planned = inputs.get(f"N.{stage}@plan_rate")
    return Fraction(planned) if isinstance(planned, Decimal) else past(inputs, stage) if stage > 1 else Fraction(1)


def needed(inputs: Entries) -> dict[int, int]:
    """How many customers each stage needs, from the buyers back: what feeds the shortfall of the next one."""
    target, deal = figure(inputs, "sales_target@value"), figure(inputs, "average_deal@value")
    found: dict[int, int] = {}
    need = _up(target / deal) if deal else 0
    for stage in STAGES:
        found[stage] = min(MOST, need)
        rate = taken(inputs, stage)
        need = _up(shortfall(inputs, stage, found[stage]) / rate) if rate else 0
    return found


def shortfall(inputs: Entries, stage: int, need: int) -> Fraction:
    """What a stage lacks."""
    return max(Fraction(0), need - figure(inputs, f"N.{stage}@on_hand"))


def total(inputs: Entries) -> Fraction:
    """What closing the shortfalls costs; the target is issued."""
    costs = (
        fen(shortfall(inputs, stage, need) * figure(inputs, f"N.{stage}@unit_cost"))
        for stage, need in needed(inputs).items()
    )
    return sum(costs, Fraction(0))


def broken(base: Base, inputs: Entries) -> Iterator[tuple[str, Key]]:
    """P381 … P389."""
    inputs = {**base.issued, **inputs}
    target, last = figure(inputs, "sales_target@value"), figure(inputs, "last_sales@value")
    before, marketing = figure(inputs, "sales_before@value"), figure(inputs, "last_marketing@value")
    needs, cost, growth = needed(inputs), total(inputs), target / last - 1 if last else Fraction(0)
    if last > 0 and marketing > 0 and not _at_most(cost / marketing - 1, growth):
        yield "P381", "cost_growth@value"
    if target <= 0 and (last > 0 or figure(inputs, "average_deal@value") > 0):
        yield "P390", "sales_target@value"
    for stage in STAGES:
        rate = taken(inputs, stage)
        if target > 0 and not LEAST_RATE <= rate <= 1:
            yield "P382", f"N.{stage}@rate"
        if stage > 1 and past(inputs, stage) > 0 and not _at_most(rate, past(inputs, stage) * (1 + MARGIN)):
            yield "P383", f"N.{stage}@rate"
        if needs[stage] >= MOST:
            yield "P388", f"N.{stage}@needed"
    if cost > 0 and sum(figure(inputs, f"share_q{quarter}@value") for quarter in (1, 2, 3, 4)) != 1:
        yield "P384", "shares@value"
    if cost > fen(target * figure(inputs, "gross_margin@value")):
        yield "P385", "total@cost"
    if target > 0 and figure(inputs, "N.4@on_hand") > _up(figure(inputs, "H.4@y1") * past(inputs, 5)):
        yield "P386", "N.4@on_hand"
    reason = inputs.get("growth_reason@value")
    usual = max((last / before - 1) * TIMES if before else Fraction(0), LEAST)
    if last > 0 and not (isinstance(reason, str) and reason.strip(" ")) and not _at_most(growth, usual):
        yield "P387", "growth_reason@value"
    buyers = figure(inputs, "H.4@y1") + figure(inputs, "H.5@y1")
    average = fen(last / buyers) if buyers else Fraction(0)
    if average > 0 and figure(inputs, "average_deal@value") > fen(average * (1 + MARGIN)):
        yield "P389", "average_deal@value"


def _at_most(one: Fraction, other: Fraction) -> bool:
    """Rates are compared to ten decimals."""
    return round(one, 10) <= round(other, 10)


def _up(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
