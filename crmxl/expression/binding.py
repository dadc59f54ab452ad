"""References → cells: what a name means is said by whoever lays the workbook out."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from crmxl.expression.functions import BOUNDED, FUNCTIONS, MATCHING, MAX_POWER, Measure
from crmxl.expression.nodes import Band, Binary, Call, Cells, Comparison, Literal, Negative, Node, Number, Reference
from crmxl.model import Key


def bind(node: Node, resolve: Callable[[Reference], Node]) -> Node:
    """``node`` with every reference replaced by what ``resolve`` gives (cells, or a constant such as the year).

    Raises ValueError where a set stands outside a function, a text is calculated with, or what Excel must find written
    out is an expression.
    """
    match node:
        case Reference():
            return resolve(node)
        case Negative(operand):
            return Negative(_number("-", bind(operand, resolve)))
        case Binary(operator, left, right):
            return Binary(operator, _number(operator, bind(left, resolve)), _number(operator, bind(right, resolve)))
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
                _exponent(inner[1])
            sets = FUNCTIONS[name].sets
            return Call(name, tuple(one if at in sets else _single(one) for at, one in enumerate(inner)))
        case _:
            return node


def _number(operator: str, node: Node) -> Node:
    single = _single(node)
    if operator != "&" and measure(single) is Measure.TEXT:
        raise ValueError(f"a text cannot be calculated with by {operator}")
    return single


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
        if (measure(one) is Measure.TEXT) is not textual and not (isinstance(one, Cells) and not one.keys):
            raise ValueError(f"{name} looks for {'a text among texts' if textual else 'a number among numbers'}")
    if textual and len(sets) > 1 and measure(sets[1]) is Measure.TEXT:
        raise ValueError(f"{name} adds up numbers")


@lru_cache(maxsize=64)
def _rows_of(keys: tuple[Key, ...]) -> tuple[str, ...]:
    return tuple(key.partition("@")[0] for key in keys)


def _exponent(node: Node) -> None:
    number = node.operand if isinstance(node, Negative) else node
    if not isinstance(number, Number) or number.value.denominator != 1 or number.value > MAX_POWER:
        raise ValueError(f"the exponent of POWER is a whole number written out, at most {MAX_POWER}")


def _compared(node: Comparison, resolve: Callable[[Reference], Node]) -> Comparison:
    left, right = _single(bind(node.left, resolve)), _single(bind(node.right, resolve))
    measures = {measure(left), measure(right)}
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
