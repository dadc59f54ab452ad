"""The functions of expressions: one table, a row each, Excel text beside exact value.

To add a function, add a row. Values are ``Fraction``, ``str``, ``bool``, ``None`` for a blank cell and ``Fault``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate
from typing import TypeAlias

from crmxl.money import round_half_away

MAX_ARGUMENTS = 255
"""Arguments of a function, Excel's limit; LibreOffice gives #N/A beyond it."""
DUST = 6
"""Places to which a number is rounded before it is rounded up."""
MAX_POWER = 25
"""Largest exponent; with it the largest amount is still a number in binary."""


class Measure(StrEnum):
    """What an expression's value is; decides how it is compared and shown."""

    MONEY = "money"
    NUMBER = "number"
    COUNT = "count"
    """A whole number made by counting; exact in binary, so compared as it is."""
    TEXT = "text"
    TRUTH = "truth"


@dataclass(frozen=True, slots=True)
class Fault:
    """An Excel error value; any operation on it gives it back."""

    text: str = "#DIV/0!"
    """As Excel shows it."""


Value: TypeAlias = Fraction | bool | str | Fault | None


@dataclass(frozen=True, slots=True)
class Function:
    """One row of the table: how it is written for Excel and what it is worth."""

    least: int
    """Fewest arguments."""
    most: int
    """Most arguments as written here."""
    excel: Callable[[list[list[str]]], str]
    """Excel text from the arguments, each a list of texts (a set gives one per range)."""
    value: Callable[[list[list[Value]]], Value] | None
    """Exact value from the arguments, each a list of values (a scalar gives one); None where it has ``seek``."""
    measure: Measure | None
    """What comes out; None: money where an argument is money, else what the last argument is."""
    sets: Sequence[int] = ()
    """Positions of the arguments that may be sets."""
    seek: Callable[[list[list[Value]]], Callable[[Value], Value]] | None = None
    """Of a function that looks one value up in its sets: the sets made ready, once for all who ask the same ones."""


def _numbers(arguments: Iterable[Iterable[Value]]) -> list[Fraction]:
    return [value for values in arguments for value in values if isinstance(value, Fraction)]


def _named(name: str) -> Callable[[list[list[str]]], str]:
    def excel(arguments: list[list[str]]) -> str:
        texts = [text for argument in arguments for text in argument]
        if not texts:
            return "0"
        if len(texts) > MAX_ARGUMENTS:
            raise ValueError(f"{name} would get {len(texts)} arguments; Excel allows {MAX_ARGUMENTS}")
        return f"{name}({','.join(texts)})"

    return excel


def _counted(pattern: str) -> Callable[[list[list[str]]], str]:
    """A count over ranges, as a sum of one term a range; ``{0}`` is the range, ``{1}`` the second argument."""

    def excel(arguments: list[list[str]]) -> str:
        rest = [argument[0] for argument in arguments[1:]]
        return "+".join(pattern.format(text, *rest) for text in arguments[0]) or "0"

    return excel


def _aggregate(fold: Callable[[list[Fraction]], Fraction]) -> Callable[[list[list[Value]]], Value]:
    return lambda arguments: fold(_numbers(arguments))


def _sought(argument: int, pattern: str, more: str = "") -> Callable[[list[list[str]]], str]:
    """One term a range: ``pattern`` with the ``range``, the ``sought`` value and the one ``beside``; then ``more``."""

    def excel(arguments: list[list[str]]) -> str:
        sets = [texts for position, texts in enumerate(arguments) if position != argument]
        terms = [
            pattern.format(range=one[0], sought=arguments[argument][0], beside=one[-1])
            for one in zip(*sets, strict=True)
        ]
        return "+".join([*terms, more] if more else terms) or "0"

    return excel


def _rank(sets: list[list[Value]]) -> Callable[[Value], Value]:
    ordered = sorted(_numbers(sets))
    return lambda sought: Fraction(len(ordered) - bisect_right(ordered, scalar([sought])) + 1)


def _above(sets: list[list[Value]]) -> Callable[[Value], Value]:
    ordered = sorted(_numbers(sets), reverse=True)
    sums = [Fraction(0), *accumulate(ordered)]
    return lambda sought: sums[bisect_left(ordered, -scalar([sought]), key=lambda number: -number)]


def _matching(sets: list[list[Value]]) -> Callable[[Value], Value]:
    """Counts by text, or with a second set beside the first the sums of its numbers."""
    found: dict[str, Fraction] = {}
    for row in zip(*sets, strict=True):
        text = "" if row[0] is None else row[0]
        if isinstance(text, str):
            more = Fraction(1) if len(row) == 1 else row[1] if isinstance(row[1], Fraction) else Fraction(0)
            found[text.lower()] = found.get(text.lower(), Fraction(0)) + more
    return lambda sought: found.get(shown(sought).lower(), Fraction(0))


def _count(test: Callable[..., bool]) -> Callable[[list[list[Value]]], Value]:
    def value(arguments: list[list[Value]]) -> Value:
        rest = [argument[0] for argument in arguments[1:]]
        return Fraction(sum(1 for cell in arguments[0] if test(cell, *rest)))

    return value


def _round(arguments: list[list[Value]]) -> Value:
    number, places = scalar(arguments[0]), scalar(arguments[1])
    return round_half_away(number, int(places))


def _round_up(arguments: list[list[Value]]) -> Value:
    number, places = round_half_away(scalar(arguments[0]), DUST), int(scalar(arguments[1]))
    shifted = abs(number) * Fraction(10) ** places
    up = Fraction(-(-shifted.numerator // shifted.denominator)) / Fraction(10) ** places
    return up if number > 0 else -up


def _power(arguments: list[list[Value]]) -> Value:
    number, exponent = scalar(arguments[0]), int(scalar(arguments[1]))
    if not number and exponent <= 0:
        return Fault("#DIV/0!" if exponent else "#NUM!")
    return number**exponent


def scalar(argument: list[Value]) -> Fraction:
    """The number that one value is in arithmetic: a blank or a text counts 0, a truth value 1 or 0."""
    (value,) = argument
    if isinstance(value, bool):
        return Fraction(int(value))
    return value if isinstance(value, Fraction) else Fraction(0)


def _truth(argument: list[Value]) -> bool:
    return bool(scalar(argument))


def shown(value: Value) -> str:
    """``value`` as Excel joins it to a text."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, Fraction) and value.denominator > 1:
        return f"{Decimal(value.numerator) / value.denominator:.15g}"  # a float would end at 10³⁰⁸
    return "" if value is None else str(value)


def _blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip(" "))


def _less(cell: Value, limit: Fraction) -> bool:
    return isinstance(cell, Fraction) and cell < limit


def _more(cell: Value, limit: Fraction) -> bool:
    return isinstance(cell, Fraction) and cell > limit


_ANY = range(MAX_ARGUMENTS)
_ABOVE = '">"&{sought}'

FUNCTIONS: dict[str, Function] = {
    "SUM": Function(1, 255, _named("SUM"), _aggregate(lambda numbers: sum(numbers, Fraction(0))), None, _ANY),
    "MIN": Function(1, 255, _named("MIN"), _aggregate(lambda numbers: min(numbers, default=Fraction(0))), None, _ANY),
    "MAX": Function(1, 255, _named("MAX"), _aggregate(lambda numbers: max(numbers, default=Fraction(0))), None, _ANY),
    "COUNT": Function(1, 255, _named("COUNT"), lambda a: Fraction(len(_numbers(a))), Measure.COUNT, _ANY),
    "ROUND": Function(2, 2, _named("ROUND"), _round, None),
    # Up from six places on: 100 / 0.8 is 125.00000000000001 in binary, and a customer more would be asked for.
    "ROUNDUP": Function(2, 2, lambda a: f"ROUNDUP(ROUND({a[0][0]},{DUST}),{a[1][0]})", _round_up, None),
    "POWER": Function(2, 2, _named("POWER"), _power, Measure.NUMBER),
    "ABS": Function(1, 1, _named("ABS"), lambda a: abs(scalar(a[0])), None),
    "IF": Function(3, 3, _named("IF"), lambda a: a[1][0] if _truth(a[0]) else a[2][0], None),
    "AND": Function(1, 255, _named("AND"), lambda a: all(map(_truth, a)), Measure.TRUTH),
    "OR": Function(1, 255, _named("OR"), lambda a: any(map(_truth, a)), Measure.TRUTH),
    "NOT": Function(1, 1, _named("NOT"), lambda a: not _truth(a[0]), Measure.TRUTH),
    "BLANK": Function(1, 1, lambda a: f"LEN(TRIM({a[0][0]}))=0", lambda a: _blank(a[0][0]), Measure.TRUTH),
    # Equal texts as Excel's = has it, never its criteria: there "1.1" is "1.10" and * is anything.
    "COUNTIF": Function(
        *(2, 2, _sought(1, 'SUMPRODUCT(({range}={sought}&"")*1)'), None, Measure.COUNT),
        *((0,), _matching),
    ),
    "SUMIF": Function(
        *(3, 3, _sought(1, 'SUMPRODUCT(({range}={sought}&"")*1,{beside})'), None, None),
        *((0, 2), _matching),
    ),
    "RANK": Function(
        *(2, 2, _sought(0, f"COUNTIF({{range}},{_ABOVE})", "1"), None, Measure.COUNT),
        *((1,), _rank),
    ),
    "SUMABOVE": Function(
        *(2, 2, _sought(1, f"SUMIF({{range}},{_ABOVE})"), None, None),
        *((0,), _above),
    ),
    # Counts over cells as they stand, for the generated checks: a text in an amount, an error value, a bound passed.
    "FILLED": Function(1, 1, _named("COUNTA"), _count(lambda cell: cell is not None), Measure.COUNT, (0,)),
    "TEXTS": Function(
        1, 1, _counted("SUMPRODUCT(ISTEXT({0})*1)"), _count(lambda cell: isinstance(cell, str)), Measure.COUNT, (0,)
    ),
    "FAULTS": Function(
        1, 1, _counted("SUMPRODUCT(ISERROR({0})*1)"), _count(lambda cell: isinstance(cell, Fault)), Measure.COUNT, (0,)
    ),
    "BELOW": Function(2, 2, _counted('COUNTIF({0},"<{1}")'), _count(_less), Measure.COUNT, (0,)),
    "ABOVE": Function(2, 2, _counted('COUNTIF({0},">{1}")'), _count(_more), Measure.COUNT, (0,)),
}
LOOKING = {"FILLED", "TEXTS", "FAULTS", "BELOW", "ABOVE", "COUNT", "BLANK"}
"""Functions that look at cells as they stand: a fault among them is counted, not passed on."""
RANKING = {"RANK", "SUMABOVE"}
"""Functions whose sets may hold faults, which Excel's criteria pass over; their other argument may not."""
MATCHING = {"COUNTIF", "SUMIF"}
"""Functions that look for equal texts."""
ADDING = {"SUM": "SUM", "MIN": "MIN", "MAX": "MAX", "COUNT": "SUM"}
"""Functions of any number of sets, and what makes one value of what each set gives."""
CONDITIONAL = {"IF", "AND", "OR", "NOT"}
"""Functions that ask conditions."""
NUMERIC = {"ROUND", "ROUNDUP", "POWER", "ABS"}
"""Functions that calculate with single numbers."""
BOUNDED = {"BELOW", "ABOVE"}
"""Functions whose limit stands inside a criterion's text, where Excel calculates nothing."""
