"""Bound expression → exact value."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

from crmxl.expression.functions import ADDING, FUNCTIONS, LOOKING, RANKING, Fault, Measure, Value, scalar, shown
from crmxl.expression.nodes import Band, Binary, Call, Cells, Comparison, Literal, Negative, Node, Number
from crmxl.model import Key
from crmxl.money import round_half_away

Ready: TypeAlias = dict[tuple[object, ...], Callable[[Value], Value]]
"""Sets made ready to be looked up in, by function and identity of their keys; and what large sets give."""
_LARGE = 64
"""Keys from which on a set is large."""


def evaluate(node: Node, value_of: Callable[[Key], Value], ready: Ready | None = None) -> Value:
    """The exact value of a bound expression; never raises on any cell content.

    Who asks the same large sets of the same values again and again brings a dictionary, in which they are kept
    ``ready``.
    """
    if ready is None:
        ready = {}
    match node:
        case Number(value):
            return value
        case Literal(text):
            return text
        case Cells():
            return _cell(node, value_of)
        case Negative(operand):
            found = evaluate(operand, value_of, ready)
            return found if isinstance(found, Fault) else -scalar([found])
        case Binary(operator, left, right):
            return _combine(operator, evaluate(left, value_of, ready), evaluate(right, value_of, ready))
        case Comparison(operator, left, right, places):
            return _compare(operator, evaluate(left, value_of, ready), evaluate(right, value_of, ready), places)
        case Band(lower, upper):
            return _apply("AND", (lower, upper), value_of, ready)
        case Call(name, arguments):
            return _apply(name, arguments, value_of, ready)
        case _:
            raise AssertionError(f"unbound reference {node.text}")


def _cell(node: Cells, value_of: Callable[[Key], Value]) -> Value:
    value = value_of(node.keys[0])
    if node.measure is Measure.TEXT or isinstance(value, Fault):
        return value
    return scalar([value])


def _apply(name: str, arguments: tuple[Node, ...], value_of: Callable[[Key], Value], ready: Ready) -> Value:
    function, looking = FUNCTIONS[name], name in LOOKING
    if function.seek is not None:
        return _seek(name, arguments, value_of, ready)
    assert function.value is not None, name
    if any(map(_is_large, arguments)):
        return _of_large(name, arguments, value_of, ready)
    values: list[list[Value]] = []
    for position, argument in enumerate(arguments):
        if isinstance(argument, Cells) and (looking or position in function.sets):
            values.append([value_of(key) for key in argument.keys])
        else:
            values.append([evaluate(argument, value_of, ready)])
    if name == "IF":
        return values[0][0] if isinstance(values[0][0], Fault) else function.value(values)
    return _folded(name, values)


def _of_large(name: str, arguments: tuple[Node, ...], value_of: Callable[[Key], Value], ready: Ready) -> Value:
    """What a function gives of large sets, each of which is gone through once for all who ask."""

    def values(one: Node) -> list[Value]:
        return [value_of(key) for key in one.keys] if isinstance(one, Cells) else [evaluate(one, value_of, ready)]

    def given(asked: tuple[object, ...], sets: tuple[Node, ...]) -> Value:
        """What the function gives of ``sets``; None for the least of no numbers, beside which others count."""
        if asked in ready:
            return ready[asked](None)
        found = [values(one) for one in sets]
        told = _folded(name, found)
        if name in ADDING and not any(isinstance(value, Fraction | Fault) for value in found[0]):
            told = None
        if _is_large(sets[0]):
            ready[asked] = lambda _: told
        return told

    if name not in ADDING:  # it counts the cells of the first
        return given((name, *map(_identity, arguments)), arguments)
    return _folded(ADDING[name], [[given((name, _identity(one)), (one,)) for one in arguments]])


def _is_large(node: Node) -> bool:
    return isinstance(node, Cells) and len(node.keys) > _LARGE


def _identity(node: Node) -> object:
    """What tells a set from others without going through its keys."""
    return id(node.keys) if isinstance(node, Cells) else node


def _folded(name: str, values: list[list[Value]]) -> Value:
    """What a function gives; a fault among its values goes on, unless it looks at them as they stand."""
    if name not in LOOKING:
        for cell in (cell for argument in values for cell in argument):
            if isinstance(cell, Fault):
                return cell
    fold = FUNCTIONS[name].value
    assert fold is not None, name
    return fold(values)


def _seek(name: str, arguments: tuple[Node, ...], value_of: Callable[[Key], Value], ready: Ready) -> Value:
    """What one value is worth among sets."""
    function = FUNCTIONS[name]
    sets = [argument for position, argument in enumerate(arguments) if position in function.sets]
    (sought,) = (argument for position, argument in enumerate(arguments) if position not in function.sets)
    value = evaluate(sought, value_of, ready)
    if isinstance(value, Fault):
        return value
    asked = name, tuple(id(one.keys) for one in sets if isinstance(one, Cells))
    found = ready.get(asked)
    if found is None:
        assert function.seek is not None
        values = [[value_of(key) for key in one.keys] for one in sets if isinstance(one, Cells)]
        fault = next((cell for one in values for cell in one if isinstance(cell, Fault)), None)
        found = (lambda _: fault) if fault and name not in RANKING else function.seek(values)
        ready[asked] = found
    return found(value)


def _combine(operator: str, left: Value, right: Value) -> Value:
    for side in (left, right):
        if isinstance(side, Fault):
            return side
    if operator == "&":
        return shown(left) + shown(right)
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
    return a.lower() == b.lower() if isinstance(a, str) and isinstance(b, str) else a is b


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
