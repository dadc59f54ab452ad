"""酒店营销策划: how it is filled so that no rule is broken, and its ranges in the test's own arithmetic.

Written from the template's and the policy's words, not from their expressions, so that the two can differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from random import Random

from crmxl.issue.places import RowKind
from crmxl.model import Key
from tests.mutation.base import NAMES, TEXTS, Base, Entries, Entry, usual_fen, yuan
from tests.mutation.rules import fen, figure, written

RANGES = {
    "1.1": (10_000, 20_000),
    "1.2": (5_000, 10_000),
    "1.3": (10_000, 15_000),
    "2.1": (20_000, 50_000),
    "2.2": (30_000, 100_000),
    "2.3": (10_000, 30_000),
}


def filled(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Each line within its range, often at a bound, by lump sum or quantity and price; lines of the hotel's own."""
    for row in empty.rows(RowKind.LINE):
        low, high = (bound * 100 for bound in RANGES[row.code])
        pieces = random.choice((1, 4, 5, 10))
        if random.random() < 0.3:
            yield from _priced(random, row.code, pieces, random.choice((low, high)) // pieces)
        else:
            amount = random.choice(
                (low, high, random.randint(low, high), random.randint(low // 100, high // 100) * 100)
            )
            yield from empty.with_line(random, row.code, amount).items()
    for row in empty.rows(RowKind.OPEN):
        chance = random.random()
        if chance < 0.3:
            yield f"{row.code}@title", random.choice(NAMES)
            yield from _priced(random, row.code, random.randint(1, 24), usual_fen(random))
        elif chance < 0.6:
            yield from empty.with_line(random, row.code, usual_fen(random)).items()


def _priced(random: Random, code: str, pieces: int, price: int) -> Iterator[tuple[Key, Entry]]:
    yield f"{code}@quantity", Decimal(pieces)
    yield f"{code}@unit_price", yuan(price)
    yield f"{code}@basis", random.choice(TEXTS)


def planned(inputs: Entries, code: str) -> Fraction:
    """What a line comes to: its lump sum, or quantity times price where it has none."""
    if isinstance(inputs.get(f"{code}@amount_in"), Decimal):
        return figure(inputs, f"{code}@amount_in")
    return fen(figure(inputs, f"{code}@quantity") * figure(inputs, f"{code}@unit_price"))


def total(inputs: Entries) -> Fraction:
    """All lines together."""
    return sum((planned(inputs, code) for code in {key.rpartition("@")[0] for key in inputs}), Fraction(0))


def broken(base: Base, inputs: Entries) -> Iterator[tuple[str, Key]]:
    """P322 to P325: ranges of the lines that were issued, asked once anything is planned."""
    there = {code: bounds for code, bounds in RANGES.items() if f"{code}@amount" in base.layout.cells}
    anything = total(inputs) > 0
    for code, (low, high) in there.items():
        inside = low <= planned(inputs, code) <= high
        reasoned = written(inputs, f"{code}@reason")
        if anything and not inside:
            yield "P323" if reasoned else "P322", f"{code}@amount"
        if inside and reasoned:
            yield "P324", f"{code}@reason"
    if "R.4@planned" in base.layout.cells and anything:
        most = sum(high for _, high in there.values())
        if sum(planned(inputs, code) for code in there) > most:
            yield "P325", "R.4@planned"
