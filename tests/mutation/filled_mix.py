"""营销策划方案的预算: how it is filled so that no rule is broken, and its shares in the test's own arithmetic.

Written from the template's and the policy's words, not from their expressions, so that the two can differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from random import Random

from crmxl.issue.places import Row, RowKind
from crmxl.model import Key
from tests.mutation.base import NAMES, TEXTS, Base, Entries, Entry, yuan
from tests.mutation.rules import fen, figure

WHOLE = "budget_in@value"
BANDS = {
    "1": ("M.1", 1000, 1500),
    "2": ("M.2", 2000, 3000),
    "3": ("M.3", 1000, 1500),
    "4": ("M.4", 1500, 2000),
    "5": ("M.5", 500, 1000),
    "6": ("M.6", 500, 1000),
}
"""By part: where its share is judged, and the limits of its share in hundredths of a per cent."""
FIXED = {"A": ("N.1", 3000), "B": ("N.2", 2000)}
RESTS = {"7.1": ("M.7", 3500), "D.1": ("N.4", 5000)}
"""By line: where what is unallocated is judged, and how much it may be at most."""


def filled(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Every part within its share of the whole, some at a limit, by shares and amounts; the rest is explained."""
    whole = random.randrange(1_000_000, 9_000_000) * random.choice((100, 123, 1_000))
    made: dict[Key, Entry] = {WHOLE: yuan(whole)}
    lines: dict[str, list[Row]] = {}
    for row in empty.rows(RowKind.LINE, RowKind.OPEN):
        lines.setdefault(row.code.partition(".")[0], []).append(row)
    for part, rows in lines.items():
        if part in BANDS:
            _, low, high = BANDS[part]
            exact = random.random() < 0.3
            made |= _part(
                random, rows, whole, random.choice((low, high)) if exact else random.randint(low + 5, high - 5), exact
            )
        elif part in FIXED:
            made |= _part(random, rows, whole, FIXED[part][1], random.random() < 0.5)
        elif part == "C":
            made |= _part(random, rows, whole, random.randint(500, 4500), False)
    amount = amounts(empty, made)
    for code in RESTS:
        if amount.get(code):
            made[f"{code}@basis"] = random.choice(TEXTS)
    yield from made.items()


def _part(random: Random, rows: list[Row], whole: int, points: int, shares: bool) -> Iterator[tuple[Key, Entry]]:
    """``points`` of the whole, in hundredths of a per cent, on some lines; all as ``shares`` or some as amounts."""
    chosen = random.sample(rows, random.randint(1, len(rows)))
    for at, row in enumerate(chosen):
        mine = points if at == len(chosen) - 1 else points // 3
        points -= mine
        if shares or random.random() < 0.5:
            yield f"{row.code}@share_in", Decimal(mine).scaleb(-4)
        else:
            yield f"{row.code}@amount_in", yuan(whole * mine // 10_000)
        yield f"{row.code}@basis", random.choice(TEXTS)
        if row.kind is RowKind.OPEN:
            yield f"{row.code}@title", random.choice(NAMES)


def amounts(base: Base, inputs: Entries) -> dict[str, Fraction]:
    """What each line comes to; shares are rounded so that those down to any line come to theirs of the whole."""
    whole, shares, done = figure(inputs, WHOLE), Fraction(0), Fraction(0)
    found: dict[str, Fraction] = {}
    for row in base.rows(RowKind.LINE, RowKind.OPEN):
        if row.code in RESTS:
            found[row.code] = whole - sum(found.values())
            continue
        shares += figure(inputs, f"{row.code}@share_in")
        share, done = fen(whole * shares) - done, fen(whole * shares)
        typed = isinstance(inputs.get(f"{row.code}@amount_in"), Decimal)
        found[row.code] = figure(inputs, f"{row.code}@amount_in") if typed else share
    return found


def total(inputs: Entries) -> Fraction:
    """The whole budget, allocated or not."""
    return figure(inputs, WHOLE)


def broken(base: Base, inputs: Entries) -> Iterator[tuple[str, Key]]:
    """P337 to P340; the limits of P351 and P352 are the group's, and P353 takes a whole that the group has given."""
    whole, amount = figure(inputs, WHOLE), amounts(base, inputs)
    parts: dict[str, Fraction] = {}
    for code, one in amount.items():
        part = code.partition(".")[0]
        parts[part] = parts.get(part, Fraction(0)) + one
    allocated = sum(one for code, one in amount.items() if code not in RESTS)
    if isinstance(inputs.get(WHOLE), Decimal) and allocated > whole:
        yield "P338", "allocated@value"
    if not whole > 0:
        return
    for part, (line, low, high) in BANDS.items():
        if part in parts and not low <= _points(parts[part], whole) <= high:
            yield "P337", f"{line}@share"
    for part, (line, share) in FIXED.items():
        if allocated > 0 and part in parts and _points(parts[part], whole) != share:
            yield "P339", f"{line}@share"
    for code, (line, most) in RESTS.items():
        if code in amount and _points(amount[code], whole) > most:
            yield "P340", f"{line}@share"


def _points(amount: Fraction, whole: Fraction) -> int:
    """A share of the whole in hundredths of a per cent, halves away from zero."""
    return int(amount / whole * 10_000 + (Fraction(1, 2) if amount > 0 else -Fraction(1, 2)))
