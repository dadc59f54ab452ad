"""References → cells: what a name means is said by whoever lays the workbook out."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from crmxl.expression.functions import ADDING, BOUNDED, CONDITIONAL, FUNCTIONS, MATCHING, MAX_POWER, NUMERIC, Measure
from crmxl.expression.nodes import Band, Binary, Call, Cells, Comparison, Literal, Negative, Node, Number, Reference
from crmxl.model import Key

MAX_JOINED = 4
"""Decimals of a number that is joined to a text: with the eleven digits of the largest amount all that a double holds,
so that every program shows the same.
"""


def bind(node: Node, resolve: Callable[[Reference], Node]) -> Node:
    """``node`` with every reference replaced by what ``resolve`` gives (cells, or a constant such as the year).

    Raises ValueError where a set stands outside a function, a text is calculated with, what Excel must find written
    out is an expression, or programs would disagree on what the workbook shows.
    """
    match node:
        case Reference():
            return resolve(node)
        case Negative(operand):
            return Negative(_number("-", bind(operand, resolve)))
        case Binary(operator, left, right):
            checked = _joined_up if operator == "&" else _number
            return Binary(operator, checked(operator, bind(left, resolve)), checked(operator, bind(right, resolve)))
        case Comparison():
            return _compared(node, resolve)
        case Band(lower, upper):
            return Band(_compared(lower, resolve), _compared(upper, resolve))
        case Call(name, arguments):
            inner = tuple(bind(argument, resolve) for argument in arguments)
            if name in BOUNDED:
                _bounded(name, *inner)
            elif FUNCTIONS[name].seek is not None:
                _seeks(name, inner)
            elif name == "POWER":
                _exponent(*inner)
            sets = FUNCTIONS[name].sets
            _fitting(name, inner)
            return Call(name, tuple(one if at in sets else _single(one) for at, one in enumerate(inner)))
        case _:
            return node


def _number(operator: str, node: Node) -> Node:
    if Measure.TEXT in outcomes(_single(node)):
        raise ValueError(f"a text cannot be calculated with by {operator}")
    return node


def _joined_up(operator: str, node: Node) -> Node:
    if not joinable(_single(node)):
        raise ValueError(f"{operator} joins texts; round a number to at most {MAX_JOINED} places first, as ROUND(x, 2)")
    return node


def joinable(node: Node) -> bool:
    """Whether every program shows the value of a bound expression as the same text: that of texts and counts, of other
    numbers with few decimals alone, of conditions never (LibreOffice has 1 for TRUE).
    """
    match node:
        case Number(value):
            return (value * Fraction(10) ** MAX_JOINED).denominator == 1
        case Negative(operand):
            return joinable(operand)
        case Call("IF", (_, yes, no)):
            return joinable(yes) and joinable(no)
        case Call("ROUND" | "ROUNDUP", (_, places)):
            return isinstance(places, Negative) or (isinstance(places, Number) and places.value <= MAX_JOINED)
        case _:
            return _counts(node) or measure(node) is Measure.TEXT


def outcomes(node: Node) -> frozenset[Measure]:
    """What a bound expression's value may be: of ``IF`` that of either branch."""
    match node:
        case Call("IF", (_, yes, no)):
            return outcomes(yes) | outcomes(no)
        case _:
            return frozenset({measure(node)})


def as_result(node: Node, dated: bool = False) -> Node:
    """A bound expression as the formula of a cell, of a date where ``dated``: Excel shows a blank cell that stands bare
    as the result as 0, where the text that it holds is the empty one.
    """
    match node:
        case Cells(measure=Measure.TEXT):
            blank = Comparison("=", node, Literal(""), None)
            return Call("IF", (blank, Literal(""), node)) if dated else Binary("&", node, Literal(""))
        case Call("IF", (condition, yes, no)):
            return Call("IF", (condition, as_result(yes, dated), as_result(no, dated)))
        case _:
            return node


def _fitting(name: str, arguments: tuple[Node, ...]) -> None:
    """Raise ValueError where Excel would refuse an argument, or read it as crmxl does not."""
    if name in CONDITIONAL:
        for one in arguments[:1] if name == "IF" else arguments:
            if Measure.TEXT in outcomes(one):
                raise ValueError(f"a text is no condition; {name} asks one such as amount > 0, or BLANK(name)")
    elif name in NUMERIC:
        for one in arguments:
            if Measure.TEXT in outcomes(one):
                raise ValueError(f"a text cannot be calculated with by {name}")
    elif name in ADDING:
        for one in arguments:
            whole = isinstance(one, Cells)  # cells are read as they stand, what is calculated is not
            if (not whole or name != "COUNT") and Measure.TEXT in outcomes(one):
                raise ValueError(f"a text cannot be calculated with by {name}")
            if Measure.TRUTH in outcomes(one):
                raise ValueError(f"{name} takes numbers, not conditions; IF(amount > 0, 1, 0) makes one")


def _bounded(name: str, cells: Node, limit: Node) -> None:
    number = limit.operand if isinstance(limit, Negative) else limit
    if not isinstance(cells, Cells) or not isinstance(number, Number):
        raise ValueError(f"{name} counts cells by a number written out; for others compare MIN or MAX")


def _seeks(name: str, arguments: tuple[Node, ...]) -> None:
    """Raise ValueError unless the sets are columns over the same rows, and what is looked for is of their kind."""
    places = FUNCTIONS[name].sets
    sets = [one for one in arguments if isinstance(one, Cells) and one.several]
    if len(sets) != len(places) or any(arguments[place] not in sets for place in places):
        raise ValueError(f"{name} looks in the column of several rows, such as 1.*@amount")
    (sought,) = (_single(one) for at, one in enumerate(arguments) if at not in places)
    if len(sets) > 1 and _rows_of(sets[0].keys) != _rows_of(sets[1].keys):
        raise ValueError(f"{name} takes two columns of the same rows")
    textual = name in MATCHING
    for one in (sets[0], sought):
        fits = outcomes(one) == {Measure.TEXT} if textual else Measure.TEXT not in outcomes(one)
        if not fits and not (isinstance(one, Cells) and not one.keys):
            raise ValueError(f"{name} looks for {'a text among texts' if textual else 'a number among numbers'}")
    if textual and len(sets) > 1 and measure(sets[1]) is Measure.TEXT:
        raise ValueError(f"{name} adds up numbers")


@lru_cache(maxsize=64)
def _rows_of(keys: tuple[Key, ...]) -> tuple[str, ...]:
    return tuple(key.partition("@")[0] for key in keys)


def _exponent(base: Node, node: Node) -> None:
    number = node.operand if isinstance(node, Negative) else node
    if not isinstance(number, Number) or number.value.denominator != 1 or number.value > MAX_POWER:
        raise ValueError(f"the exponent of POWER is a whole number written out, at most {MAX_POWER}")
    if not number.value and isinstance(base, Cells):  # of a blank Excel makes #NUM!, LibreOffice 1
        raise ValueError("POWER(x, 0) is 1, or an error where x is blank; write 1")


def _compared(node: Comparison, resolve: Callable[[Reference], Node]) -> Comparison:
    left, right = _single(bind(node.left, resolve)), _single(bind(node.right, resolve))
    measures = outcomes(left) | outcomes(right)
    if Measure.TEXT in measures:
        if measures != {Measure.TEXT} or node.operator not in ("=", "<>"):
            raise ValueError(f"a text can only be compared with a text, by = or <>, not by {node.operator}")
        return Comparison(node.operator, left, right, None)
    if _counts(left) and _counts(right):
        return Comparison(node.operator, left, right, None)
    return Comparison(node.operator, left, right, 2 if Measure.MONEY in measures else 10)


def _single(node: Node) -> Node:
    if isinstance(node, Cells) and node.several:
        raise ValueError("several cells stand where one is needed; use SUM, MIN, MAX or COUNT")
    return node


def measure(node: Node) -> Measure:
    """What a bound expression's value is."""
    return _kind(node) or Measure.NUMBER


def _kind(node: Node) -> Measure | None:
    """The measure of ``node``; None for whole literals, which go with anything."""
    match node:
        case Number(value):
            return None if value.denominator == 1 else Measure.NUMBER
        case Cells(measure=kind):
            return kind
        case Literal() | Binary("&", _, _):
            return Measure.TEXT
        case Negative(operand):
            return _kind(operand)
        case Binary(operator, left, right):
            kinds = _kind(left), _kind(right)
            if operator == "/":
                return Measure.NUMBER if kinds.count(Measure.MONEY) != 1 else Measure.MONEY
            return _joined(kinds)
        case Comparison() | Band():
            return Measure.TRUTH
        case Call(name, arguments):
            fixed = FUNCTIONS[name].measure
            return fixed or _joined(
                tuple(_kind(argument) for argument in (arguments[1:] if name == "IF" else arguments))
            )
        case _:
            raise AssertionError(f"unbound reference {node.text}")


def _joined(kinds: tuple[Measure | None, ...]) -> Measure | None:
    """The measure of a sum of such values: money if any is, a count where all count, else what the last one is."""
    if Measure.MONEY in kinds:
        return Measure.MONEY
    if set(kinds) <= {Measure.COUNT, None}:
        return Measure.COUNT if Measure.COUNT in kinds else None
    rest = [kind for kind in kinds if kind not in (Measure.COUNT, None)]
    return rest[-1]


def _counts(node: Node) -> bool:
    """Whether ``node`` is a whole number made by counting, or a whole literal beside one."""
    return _kind(node) in (Measure.COUNT, None)
