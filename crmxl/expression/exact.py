"""Bound expression → exact value."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from crmxl.expression.functions import FUNCTIONS, LOOKING, Fault, Measure, Value, scalar
from crmxl.expression.nodes import Band, Binary, Call, Cells, Comparison, Literal, Negative, Node, Number, Reference
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
        case Reference(text):
            raise AssertionError(f"unbound reference {text}")


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
    if isinstance(value, Fraction):
        return str(value) if value.denominator == 1 else f"{float(value):.15g}"
    return "" if value is None else str(value)


def _compare(operator: str, left: Value, right: Value, places: int | None) -> Value:
    for side in (left, right):
        if isinstance(side, Fault):
            return side
    if places is None and isinstance(left, Fraction) and isinstance(right, Fraction):
        return holds(operator, left - right)
    if places is None:
        same = str(left or "").casefold() == str(right or "").casefold()
        return same if operator == "=" else not same
    return holds(operator, round_half_away(scalar([left]) - scalar([right]), places))


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
