"""Text → nodes, by the grammar beside this file."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmxl.errors import ExpressionError
from crmxl.expression.functions import FUNCTIONS
from crmxl.expression.nodes import Band, Binary, Call, Comparison, Literal, Negative, Node, Number, Reference

if TYPE_CHECKING:
    from lark import Lark

MAX_DEPTH = 40
"""Nested parentheses; Excel allows 64, and each may become more than one level there."""
MAX_CHAIN = 200
"""Terms of one chain such as ``a + b + c``; longer sums are SUM's business."""
MAX_LITERAL = 255
"""Characters of a text literal in a formula, Excel's limit."""


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from lark import Lark

    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", propagate_positions=True, maybe_placeholders=False)


@lru_cache(maxsize=4096)
def parse(source: str) -> Node:
    """The expression in ``source``; raises ExpressionError with the position of the first mistake."""
    from lark import Token, Tree, UnexpectedInput

    _hold_depth(source)
    try:
        tree = _parser().parse(source)
    except UnexpectedInput as error:
        if getattr(getattr(error, "token", None), "type", "") == "$END":
            raise ExpressionError(source, len(source), "something is missing at the end") from None
        raise ExpressionError(source, error.pos_in_stream or 0, "not understood here") from None

    def build(item: Any) -> Node:
        assert isinstance(item, Tree)
        children: list[Any] = item.children
        match item.data:
            case "number":
                return Number(_literal_number(str(children[0])))
            case "literal":
                text = str(children[0])[1:-1].replace('""', '"')
                if len(text) > MAX_LITERAL:
                    raise ExpressionError(
                        source, item.meta.start_pos, f"a text literal has at most {MAX_LITERAL} characters"
                    )
                return Literal(text)
            case "reference":
                return Reference(str(children[0]), item.meta.start_pos)
            case "negative":
                return Negative(build(children[0]))
            case "call":
                return _call(source, children[0], tuple(build(child) for child in children[1:]))
            case "comparison":
                return Comparison(str(children[1]), build(children[0]), build(children[2]))
            case "band":
                low, first, middle, second, high = children
                if {str(first), str(second)} - {"<", "<="} and {str(first), str(second)} - {">", ">="}:
                    raise ExpressionError(source, second.start_pos, "a band reads low <= x <= high")
                x = build(middle)
                return Band(Comparison(str(first), build(low), x), Comparison(str(second), x, build(high)))
            case "joined":
                return _fold(source, [build(child) for child in children], ["&"] * (len(children) - 1))
            case _:  # a chain; a plus sign and parentheses are chains of one
                operators = [str(child) for child in children if isinstance(child, Token)]
                return _fold(source, [build(child) for child in children if not isinstance(child, Token)], operators)

    try:
        return build(tree)
    except RecursionError:
        raise ExpressionError(source, 0, "nested too deeply") from None


def _hold_depth(source: str) -> None:
    depth = 0
    for position, character in enumerate(source):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth > MAX_DEPTH:
            raise ExpressionError(source, position, f"more than {MAX_DEPTH} nested parentheses")


def _fold(source: str, operands: list[Node], operators: list[str]) -> Node:
    if len(operands) > MAX_CHAIN:
        raise ExpressionError(source, 0, f"more than {MAX_CHAIN} terms in a row; use SUM")
    result = operands[0]
    for operator, operand in zip(operators, operands[1:], strict=True):
        result = Binary(operator, result, operand)
    return result


def _literal_number(text: str) -> Fraction:
    if text.endswith("%"):
        return Fraction(text[:-1]) / 100
    if text.endswith("‰"):
        return Fraction(text[:-1]) / 1000
    return Fraction(text)


def _call(source: str, name: Any, arguments: tuple[Node, ...]) -> Call:
    function = FUNCTIONS.get(str(name))
    if function is None:
        allowed = " ".join(sorted(FUNCTIONS))
        raise ExpressionError(source, name.start_pos, f"{name} is not a known function; there are {allowed}")
    if not function.least <= len(arguments) <= function.most:
        wanted = str(function.least) if function.least == function.most else f"{function.least} to {function.most}"
        raise ExpressionError(source, name.start_pos, f"{name} takes {wanted} arguments, not {len(arguments)}")
    return Call(str(name), arguments)
