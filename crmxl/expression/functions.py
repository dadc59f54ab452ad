"""The functions of expressions: one table, a row each, Excel text beside exact value.

To add a function, add a row. Values are ``Fraction``, ``str``, ``bool``, ``None`` for a blank cell and ``Fault``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from crmxl.money import round_half_away

MAX_ARGUMENTS = 255
"""Arguments of a function, Excel's limit; LibreOffice gives #N/A beyond it."""


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
    value: Callable[[list[list[Value]]], Value]
    """Exact value from the arguments, each a list of values (a scalar gives one)."""
    measure: Measure | None
    """What comes out; None: money where an argument is money, else what the last argument is."""
    sets: bool = False
    """Whether its first argument, or any of a SUM-like one, may be a set."""


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


def _count(test: Callable[..., bool]) -> Callable[[list[list[Value]]], Value]:
    def value(arguments: list[list[Value]]) -> Value:
        rest = [argument[0] for argument in arguments[1:]]
        return Fraction(sum(1 for cell in arguments[0] if test(cell, *rest)))

    return value


def _round(arguments: list[list[Value]]) -> Value:
    number, places = scalar(arguments[0]), scalar(arguments[1])
    return round_half_away(number, int(places))


def scalar(argument: list[Value]) -> Fraction:
    """The number that one value is in arithmetic: a blank or a text counts 0, a truth value 1 or 0."""
    (value,) = argument
    if isinstance(value, bool):
        return Fraction(int(value))
    return value if isinstance(value, Fraction) else Fraction(0)


def _truth(argument: list[Value]) -> bool:
    return bool(scalar(argument))


def _blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip(" "))


def _less(cell: Value, limit: Fraction) -> bool:
    return isinstance(cell, Fraction) and cell < limit


def _more(cell: Value, limit: Fraction) -> bool:
    return isinstance(cell, Fraction) and cell > limit


FUNCTIONS: dict[str, Function] = {
    "SUM": Function(1, 255, _named("SUM"), _aggregate(lambda numbers: sum(numbers, Fraction(0))), None, True),
    "MIN": Function(1, 255, _named("MIN"), _aggregate(lambda numbers: min(numbers, default=Fraction(0))), None, True),
    "MAX": Function(1, 255, _named("MAX"), _aggregate(lambda numbers: max(numbers, default=Fraction(0))), None, True),
    "COUNT": Function(1, 255, _named("COUNT"), lambda a: Fraction(len(_numbers(a))), Measure.COUNT, True),
    "ROUND": Function(2, 2, _named("ROUND"), _round, None),
    "ABS": Function(1, 1, _named("ABS"), lambda a: abs(scalar(a[0])), None),
    "IF": Function(3, 3, _named("IF"), lambda a: a[1][0] if _truth(a[0]) else a[2][0], None),
    "AND": Function(1, 255, _named("AND"), lambda a: all(map(_truth, a)), Measure.TRUTH),
    "OR": Function(1, 255, _named("OR"), lambda a: any(map(_truth, a)), Measure.TRUTH),
    "NOT": Function(1, 1, _named("NOT"), lambda a: not _truth(a[0]), Measure.TRUTH),
    "BLANK": Function(1, 1, lambda a: f"LEN(TRIM({a[0][0]}))=0", lambda a: _blank(a[0][0]), Measure.TRUTH),
    # Counts over cells as they stand, for the generated checks: a text in an amount, an error value, a bound passed.
    "FILLED": Function(1, 1, _named("COUNTA"), _count(lambda cell: cell is not None), Measure.COUNT, True),
    "TEXTS": Function(
        1, 1, _counted("SUMPRODUCT(ISTEXT({0})*1)"), _count(lambda cell: isinstance(cell, str)), Measure.COUNT, True
    ),
    "FAULTS": Function(
        1, 1, _counted("SUMPRODUCT(ISERROR({0})*1)"), _count(lambda cell: isinstance(cell, Fault)), Measure.COUNT, True
    ),
    "BELOW": Function(2, 2, _counted('COUNTIF({0},"<{1}")'), _count(_less), Measure.COUNT, True),
    "ABOVE": Function(2, 2, _counted('COUNTIF({0},">{1}")'), _count(_more), Measure.COUNT, True),
}
LOOKING = {"FILLED", "TEXTS", "FAULTS", "BELOW", "ABOVE", "COUNT", "BLANK"}
"""Functions that look at cells as they stand: a fault among them is counted, not passed on."""
BOUNDED = {"BELOW", "ABOVE"}
"""Functions whose limit stands inside a criterion's text, where Excel calculates nothing."""
