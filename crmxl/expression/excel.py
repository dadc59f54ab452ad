"""Bound expression → Excel text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from crmxl.expression.functions import FUNCTIONS, Measure
from crmxl.expression.nodes import Band, Binary, Call, Cells, Comparison, Literal, Negative, Node, Number
from crmxl.model import Key

MAX_FORMULA = 8192
"""Characters of a formula, Excel's limit."""
Address: TypeAlias = Callable[[tuple[Key, ...]], Sequence[str]]
"""Where keys stand: as few ranges as possible, in the order given, such as ``["C5:C8", "C10"]``."""

_QUOTED = re.compile("'[^']*'|\"[^\"]*\"")
"""Names of tabs and texts, in which a parenthesis opens nothing."""
_LEVEL = {"&": 1, "+": 2, "-": 2, "*": 3, "/": 3}


def excel(node: Node, address: Address) -> str:
    """The Excel text of a bound expression, without the leading ``=``.

    Raises ValueError beyond Excel's limits: 255 arguments, 8,192 characters.
    """
    text, _ = _write(node, address)
    if len(text) + 1 > MAX_FORMULA:
        raise ValueError(f"the formula would have {len(text) + 1:,} characters; Excel allows {MAX_FORMULA:,}")
    return text


def _write(node: Node, address: Address) -> tuple[str, int]:
    """Text and binding strength (0 comparison … 5 atom)."""
    match node:
        case Number(value):
            return _number_text(value), 5
        case Literal(text):
            return '"' + text.replace('"', '""') + '"', 5
        case Cells():
            (place,) = address(node.keys)
            return (f"N({place})" if node.typed and node.measure is not Measure.TEXT else place), 5
        case Negative(operand):
            return f"-{_within(operand, 4, address)}", 4
        case Binary(operator, left, right):
            level = _LEVEL[operator]
            return f"{_within(left, level, address)}{operator}{_within(right, level + 1, address)}", level
        case Comparison(operator, left, right, None):
            return f"{_within(left, 1, address)}{operator}{_within(right, 1, address)}", 0
        case Comparison(operator, left, right, places):
            difference = _within(left, 2, address)
            if right != Number(Fraction(0)):
                difference += f"-{_within(right, 3, address)}"
            return f"ROUND({difference},{places}){operator}0", 0
        case Band(lower, upper):
            return _write(Call("AND", (lower, upper)), address)
        case Call(name, arguments):
            function = FUNCTIONS[name]
            texts = [
                list(address(argument.keys))
                if isinstance(argument, Cells) and (position in function.sets or name == "BLANK")
                else [_write(argument, address)[0]]
                for position, argument in enumerate(arguments)
            ]
            text = function.excel(texts)
            return text, 5 if _atomic(text) else 0
        case _:
            raise AssertionError(f"unbound reference {node.text}")


def _within(node: Node, level: int, address: Address) -> str:
    text, strength = _write(node, address)
    return text if strength >= level else f"({text})"


def _number_text(value: Fraction) -> str:
    """An exact decimal: literals have finitely many places."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(int(value * 10**places))
    if not places:
        return digits
    digits = digits.rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def _atomic(text: str) -> bool:
    """Whether ``text`` is one call or one word, so that it needs no parentheses anywhere."""
    depth = 0
    for character in _QUOTED.sub("", text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and character != ")" and not character.isalnum():
            return False
    return True
