"""The shipped policies in the test's own arithmetic: which rules a filled workbook breaks, and where.

Written from the policies' words, not from their expressions, so that the two can differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from crmxl.model import Key

if TYPE_CHECKING:
    from tests.mutation.base import Base, Entries

CAP = Fraction(5, 10_000)
RESERVE = "1.5.1"
OWN_SHARES = {"2.1": Fraction(60, 100), "2.2": Fraction(50, 100)}
"""What of the shared groups is the customer-relations department's own."""
STANDARDS = {"拜访": 200, "礼品": 300}


def fen(value: Fraction) -> Fraction:
    """``value`` to the fen, halves away from zero; of amounts that are not negative."""
    return Fraction(int(value * 100 + Fraction(1, 2)), 100)


def figure(inputs: Entries, key: Key) -> Fraction:
    """The number at ``key``; 0 where there is none."""
    entry = inputs.get(key)
    return Fraction(entry) if isinstance(entry, Decimal) else Fraction(0)


def amounts(inputs: Entries, column: str, *prefixes: str) -> dict[str, Fraction]:
    """The numbers of a column by line, of lines below these codes."""
    found = {key.rpartition("@")[0]: figure(inputs, key) for key in inputs if key.endswith(f"@{column}")}
    return {code: value for code, value in found.items() if code.startswith(tuple(f"{one}." for one in prefixes))}


def relations_total(inputs: Entries) -> Fraction:
    """What counts against the cap: own expenses, and the department's share of the shared ones."""
    shared = (fen(sum(amounts(inputs, "amount", group).values()) * share) for group, share in OWN_SHARES.items())
    return sum(amounts(inputs, "amount", "1").values(), Fraction(0)) + sum(shared)


def relations(base: Base, inputs: Entries) -> Iterator[tuple[str, Key]]:
    """P301 … P309; the shares of P302 are the group's and always whole."""
    used, target = relations_total(inputs), Fraction(base.parameters["sales_target"])
    if used > fen(target * CAP):
        yield "P301", "used@value"
    for code, amount in amounts(inputs, "amount", "1", "2", "3").items():
        last = figure(inputs, f"{code}@last_year")
        if amount > fen(last * Fraction(12, 10)) and last > 0 and not written(inputs, f"{code}@growth_reason"):
            yield "P303", f"{code}@amount"
        if amount != 0 and not written(inputs, f"{code}@basis"):
            yield "P307", f"{code}@amount"
        if amount > 0 and last > 0 and amount < fen(last / 1000):
            yield "P309", f"{code}@amount"
    for row in base.layout.by_id["activities"].rows:
        kind, price = inputs.get(f"{row.code}@kind"), figure(inputs, f"{row.code}@unit_price")
        if isinstance(kind, str) and price > STANDARDS.get(kind, price):
            yield {"礼品": "P304", "拜访": "P305"}[kind], f"{row.code}@unit_price"
    reserve = figure(inputs, f"{RESERVE}@amount")
    if used > 0 and not fen(used * Fraction(3, 100)) <= reserve <= fen(used * Fraction(10, 100)):
        yield "P306", ""
    counted = amounts(inputs, "amount", "1", "2")
    december = sum(amounts(inputs, "amount.12", "1", "2").values())
    if base.layout.first_month <= 6 and december > fen(sum(counted.values(), Fraction(0)) * Fraction(30, 100)):
        yield "P308", ""


def written(inputs: Mapping[Key, object], key: Key) -> bool:
    """Whether words stand there."""
    entry = inputs.get(key)
    return isinstance(entry, str) and bool(entry.strip())
