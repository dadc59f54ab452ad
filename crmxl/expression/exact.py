"""Bound expression → exact value."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from crmxl.expression.functions import FUNCTIONS, LOOKING, Fault, Measure, Value, scalar
from crmxl.expression.nodes import Band, Binary, Call, Cells, Comparison, Literal, Negative, Node, Number
from crmxl.model import Key
from crmxl.money import round_half_away


def evaluate(node: Node, value_of: Callable[[Key], Value]) -> Value:
    """The exact value of a bound expression; never raises on any cell content."""
    match node:
        case Number(value):
            return value
        case Literal(text):
            return text
        case Cells():
            return _cell(node, value_of)
        case Negative(operand):
            found = evaluate(operand, value_of)
            return found if isinstance(found, Fault) else -scalar([found])
        case Binary(operator, left, right):
            return _combine(operator, evaluate(left, value_of), evaluate(right, value_of))
        case Comparison(operator, left, right, places):
            return _compare(operator, evaluate(left, value_of), evaluate(right, value_of), places)
        case Band(lower, upper):
            return _apply("AND", (lower, upper), value_of)
        case Call(name, arguments):
            return _apply(name, arguments, value_of)
        case _:
            raise AssertionError(f"unbound reference {node.text}")


def _cell(node: Cells, value_of: Callable[[Key], Value]) -> Value:
    value = value_of(node.keys[0])
    if node.measure is Measure.TEXT or isinstance(value, Fault):
        return value
    return scalar([value])


def _apply(name: str, arguments: tuple[Node, ...], value_of: Callable[[Key], Value]) -> Value:
    looking = name in LOOKING
    values: list[list[Value]] = []
    for argument in arguments:
        if isinstance(argument, Cells) and (looking or FUNCTIONS[name].sets):
            values.append([value_of(key) for key in argument.keys])
        else:
            values.append([evaluate(argument, value_of)])
    if name == "IF":
        return values[0][0] if isinstance(values[0][0], Fault) else FUNCTIONS[name].value(values)
    if not looking:
        for cell in (cell for argument in values for cell in argument):
            if isinstance(cell, Fault):
                return cell
    return FUNCTIONS[name].value(values)


def _combine(operator: str, left: Value, right: Value) -> Value:
    for side in (left, right):
        if isinstance(side, Fault):
            return side
    if operator == "&":
        return _shown(left) + _shown(right)
    a, b = scalar([left]), scalar([right])
    match operator:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case _:
            return a / b if b else Fault()


def _shown(value: Value) -> str:
    """``value`` as Excel joins it to a text."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, Fraction) and value.denominator > 1:
        return f"{Decimal(value.numerator) / value.denominator:.15g}"  # a float would end at 10³⁰⁸
    return "" if value is None else str(value)


def _compare(operator: str, left: Value, right: Value, places: int | None) -> Value:
    for side in (left, right):
        if isinstance(side, Fault):
            return side
    if places is not None:
        return holds(operator, round_half_away(scalar([left]) - scalar([right]), places))
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return holds(operator, left - right)
    return _same(left, right) is (operator == "=")


def _same(left: Value, right: Value) -> bool:
    """Whether two texts are equal, as Excel has it: case does not matter, a blank is the empty text, and a number or
    truth value that stands where a text belongs equals no text.
    """
    a, b = ("" if side is None else side for side in (left, right))
    return a.casefold() == b.casefold() if isinstance(a, str) and isinstance(b, str) else a is b


def holds(operator: str, difference: Fraction) -> bool:
    """Whether ``difference operator 0``."""
    match operator:
        case "=":
            return difference == 0
        case "<>":
            return difference != 0
        case "<":
            return difference < 0
        case "<=":
            return difference <= 0
        case ">":
            return difference > 0
        case _:
            return difference >= 0
