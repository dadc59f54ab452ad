"""客户关系管理系统评价: how it is filled so that no rule is broken, and its figures in the test's own arithmetic.

Written from the template's words, not from its expressions, so that the two can differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from random import Random

from crmxl.model import Key
from tests.mutation.base import NAMES, TEXTS, Base, Entries, Entry, yuan
from tests.mutation.filled_crm_expense import rounded
from tests.mutation.rules import figure

COST = ("amount", "y1", "y2", "y3", "y4")
BENEFIT = ("y0", "y1", "y2", "y3", "y4")
VISIBLE = ("V.1", "V.2", "V.3", "V.4")
HIDDEN = ("H.1", "H.2", "H.3", "H.4")
OWN_HIDDEN = ("H.5.n01", "H.5.n02")
BENEFITS = ("R.1", "R.2", "R.3", "R.4", "R.n01", "R.n02")
PERSPECTIVES = ("S1", "S2", "S3", "S4")
HIGHER, LOWER = "越高越好 Higher", "越低越好 Lower"
LOW, HIGH, LEAST = 3, 4, 10


def filled(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Hidden cost two to three times the visible, benefits above both, weights of 100."""
    yield from {"system@value": "系统二期", "filer@value": "林珊", "conclusion@value": random.choice(TEXTS)}.items()
    capital = random.randrange(1_000_000, 5_000_000_000)
    yield "capital@value", yuan(capital)
    yield "nopat@value", yuan(capital // 5 + random.randrange(1_000_000))
    about = random.randrange(1_000_000, 20_000_000)
    for code in VISIBLE:
        yield from _line(random, code, COST, about)
    for code in HIDDEN:
        yield from _line(random, code, COST, about * 5 // 2)
    for code in BENEFITS[:5]:
        if ".n" in code:
            yield f"{code}@title", random.choice(NAMES)
        yield from _line(random, code, BENEFIT, about * 4)
    lines = [row.code for row in empty.layout.by_id["scorecard"].rows if row.code.endswith((".1", ".2"))]
    left = 100
    for code in lines:
        weight = left if code == lines[-1] else 12
        left -= weight
        yield from _metric(random, code, weight)


def _line(random: Random, code: str, columns: tuple[str, ...], about: int) -> Iterator[tuple[Key, Entry]]:
    """About that many fen in each year, a little more in some; with the basis."""
    for column in columns:
        yield f"{code}@{column}", yuan(about * random.randint(97, 103) // 100)
    yield f"{code}@basis", random.choice(TEXTS)


def _metric(random: Random, code: str, weight: int) -> Iterator[tuple[Key, Entry]]:
    yield f"{code}@unit", random.choice(("分", "%", "天"))
    yield f"{code}@direction", random.choice((HIGHER, LOWER))
    yield f"{code}@weight", Decimal(weight)
    yield f"{code}@target", Decimal(random.choice(("90", "92.5", "0.7")))
    yield f"{code}@result", Decimal(random.choice(("0", "88", "93.5", "0.8")))
    yield f"{code}@source", random.choice(TEXTS)


def issued(random: Random, base: Base, inputs: Mapping[Key, Entry]) -> dict[str, str]:
    """The group's rates; a workbook without a round carries them too."""
    return {"discount_rate": random.choice(("0.08", "0.065", "0.1")), "wacc": random.choice(("0.09", "0.075"))}


# ---- the test's own arithmetic -------------------------------------------------------------------------------------


def total(inputs: Entries) -> Fraction:
    """What the budget year costs, hidden part included."""
    return spent(inputs, "amount")


def spent(inputs: Entries, column: str, *lines: str) -> Fraction:
    """A year's cost, of all lines or of some."""
    chosen = lines or (*VISIBLE, *HIDDEN, *OWN_HIDDEN)
    return sum((figure(inputs, f"{code}@{column}") for code in chosen), Fraction(0))


def five(inputs: Entries, *lines: str) -> Fraction:
    """Five years' cost."""
    return sum((spent(inputs, column, *lines) for column in COST), Fraction(0))


def flows(inputs: Entries) -> list[Fraction]:
    """Benefits less cost, year by year."""
    gains = [sum((figure(inputs, f"{code}@{year}") for code in BENEFITS), Fraction(0)) for year in BENEFIT]
    return [gain - spent(inputs, column) for gain, column in zip(gains, COST, strict=True)]


def present(inputs: Entries, rate: Fraction) -> Fraction:
    """The net present value, each year's to the fen."""
    return sum((rounded(flow / (1 + rate) ** year) for year, flow in enumerate(flows(inputs))), Fraction(0))


def broken(base: Base, inputs: Entries) -> Iterator[tuple[str, Key]]:
    """P391 … P399; the rates are the group's and never missing."""
    rate, wacc = Fraction(base.parameters["discount_rate"]), Fraction(base.parameters["wacc"])
    whole, visible = five(inputs), five(inputs, *VISIBLE)
    weights = {key.partition("@")[0]: figure(inputs, key) for key in inputs if key.endswith("@weight")}
    weight = sum(weights.values(), Fraction(0))
    if (whole > 0 or weight > 0) and weight != 100:
        yield "P391", "scorecard@weight"
    if visible > 0:
        if not visible * LOW <= whole <= visible * HIGH:
            yield "P392", "multiple@value"
        for code in HIDDEN:
            if five(inputs, code) <= 0:
                yield "P396", f"{code}@five"
    if whole > 0:
        if present(inputs, rate) < 0:
            yield "P394", "npv@value"
        if sum(flows(inputs)) < 0:
            yield "P395", "payback@value"
    sums = [sum(one for code, one in weights.items() if code.startswith(f"{part}.")) for part in PERSPECTIVES]
    if weight > 0 and min(sums) < LEAST:
        yield "P397", "scorecard@weight"
    capital = figure(inputs, "capital@value")
    if capital > 0 and rounded(figure(inputs, "nopat@value") - capital * wacc) < 0:
        yield "P398", "eva@value"
    for code, one in weights.items():
        if one > 0 and figure(inputs, f"{code}@target") <= 0:
            yield "P399", f"{code}@target"
