"""References → cells: what a name means is said by whoever lays the workbook out."""

from __future__ import annotations

from collections.abc import Callable

from crmxl.expression.functions import FUNCTIONS, Measure
from crmxl.expression.nodes import Binary, Call, Cells, Comparison, Literal, Negative, Node, Number, Reference


def bind(node: Node, resolve: Callable[[Reference], Node]) -> Node:
    """``node`` with every reference replaced by what ``resolve`` gives (cells, or a constant such as the year).

    Raises ValueError where a set stands outside a function, or a text is calculated with.
    """
    match node:
        case Reference():
            return resolve(node)
        case Negative(operand):
            return Negative(_single(bind(operand, resolve)))
        case Binary(operator, left, right):
            return Binary(operator, _single(bind(left, resolve)), _single(bind(right, resolve)))
        case Comparison(operator, left, right):
            bound = _single(bind(left, resolve)), _single(bind(right, resolve))
            measures = {measure(side) for side in bound}
            if Measure.TEXT in measures:
                if measures != {Measure.TEXT} or operator not in ("=", "<>"):
                    raise ValueError(f"a text can only be compared with a text, by = or <>, not by {operator}")
                return Comparison(operator, *bound, None)
            if all(_counts(side) for side in bound):
                return Comparison(operator, *bound, None)
            return Comparison(operator, *bound, 2 if Measure.MONEY in measures else 10)
        case Call(name, arguments):
            inner = tuple(bind(argument, resolve) for argument in arguments)
            return Call(name, inner if FUNCTIONS[name].sets else tuple(map(_single, inner)))
        case _:
            return node


def _single(node: Node) -> Node:
    if isinstance(node, Cells) and node.several:
        raise ValueError("several cells stand where one is needed; use SUM, MIN, MAX or COUNT")
    return node


def measure(node: Node) -> Measure:
    """What a bound expression's value is."""
    match node:
        case Cells(measure=kind):
            return kind
        case Literal():
            return Measure.TEXT
        case Negative(operand):
            return measure(operand)
        case Binary("&", _, _):
            return Measure.TEXT
        case Binary("/", left, right) if measure(left) == measure(right) == Measure.MONEY:
            return Measure.NUMBER
        case Binary(operator, left, right):
            if operator != "/" and _counts(left) and _counts(right):
                return Measure.COUNT
            return Measure.MONEY if Measure.MONEY in (measure(left), measure(right)) else Measure.NUMBER
        case Comparison():
            return Measure.TRUTH
        case Call(name, arguments):
            fixed = FUNCTIONS[name].measure
            if fixed is not None:
                return fixed
            considered = [measure(argument) for argument in (arguments[1:] if name == "IF" else arguments)]
            if all(_counts(argument) for argument in (arguments[1:] if name == "IF" else arguments)):
                return Measure.COUNT
            return Measure.MONEY if Measure.MONEY in considered else considered[-1]
        case _:
            return Measure.NUMBER


def _counts(node: Node) -> bool:
    """Whether ``node`` is a whole number made by counting, or a whole literal beside one."""
    if isinstance(node, Number):
        return node.value.denominator == 1
    return not isinstance(node, Reference) and measure(node) is Measure.COUNT
