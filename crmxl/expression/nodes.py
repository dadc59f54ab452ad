"""What a parsed expression is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import is_
from typing import TypeAlias

from crmxl.expression.functions import Measure
from crmxl.model import Key


@dataclass(frozen=True, slots=True)
class Number:
    """An exact literal such as ``0.5‰``."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Literal:
    """A text literal."""

    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A name, key or pattern as written, not yet bound; ``position`` is its offset in the source."""

    text: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Cells:
    """A bound reference: the cells of one key, or of a set (possibly empty)."""

    keys: tuple[Key, ...]
    """In layout order."""
    measure: Measure
    """What each cell holds."""
    typed: bool = True
    """Whether people type there, so that a text may stand where a number belongs."""
    several: bool = False
    """Whether it is a set; only functions take sets."""


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """``+ - * / &``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison:
    """``= <> < <= > >=``; ``places`` rounds the difference, None between texts and counts (and before binding)."""

    operator: str
    left: Node
    right: Node
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """``low <= x <= high``: two comparisons that share their middle."""

    lower: Comparison
    upper: Comparison


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the table ``FUNCTIONS``."""

    function: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Number | Literal | Reference | Cells | Negative | Binary | Comparison | Band | Call


def walk(node: Node) -> Iterator[Node]:
    """``node`` and everything in it, outermost first."""
    yield node
    match node:
        case Negative(operand):
            yield from walk(operand)
        case Binary(_, left, right) | Comparison(_, left, right):
            yield from walk(left)
            yield from walk(right)
        case Band(lower, upper):
            yield from walk(lower)
            yield from walk(upper.right)
        case Call(_, arguments):
            for argument in arguments:
                yield from walk(argument)


def moved(node: Node, row: str, other: str) -> Node:
    """A bound expression of one row of a list as another row has it: ``row`` and ``other`` begin their keys
    (``visits.001@``). What reads nothing of the row itself is shared.

    A cell of the row that was named outright moves, too: whoever moves makes sure that there is none.
    """

    def there(cells: Cells) -> Cells:
        if not cells.keys or not all(key.startswith(row) for key in cells.keys):
            return cells
        return replace(cells, keys=tuple(other + key[len(row) :] for key in cells.keys))

    return rewritten(node, there)


def rewritten(node: Node, change: Callable[[Cells], Cells]) -> Node:
    """A bound expression with its cells changed; what nothing changes in is shared."""
    match node:
        case Cells():
            return change(node)
        case Negative(operand):
            inner = rewritten(operand, change)
            return node if inner is operand else Negative(inner)
        case Binary(operator, left, right):
            first, second = rewritten(left, change), rewritten(right, change)
            return node if first is left and second is right else Binary(operator, first, second)
        case Comparison():
            return _compared(node, change)
        case Band(lower, upper):
            low, high = _compared(lower, change), _compared(upper, change)
            return node if low is lower and high is upper else Band(low, high)
        case Call(function, arguments):
            inside = tuple(rewritten(one, change) for one in arguments)
            return node if all(map(is_, inside, arguments)) else Call(function, inside)
        case _:
            return node


def _compared(node: Comparison, change: Callable[[Cells], Cells]) -> Comparison:
    left, right = rewritten(node.left, change), rewritten(node.right, change)
    same = left is node.left and right is node.right
    return node if same else Comparison(node.operator, left, right, node.places)


def references(node: Node) -> tuple[str, ...]:
    """The references in ``node`` as written, in order, each once."""
    return tuple(dict.fromkeys(part.text for part in walk(node) if isinstance(part, Reference)))


def keys(node: Node) -> tuple[Key, ...]:
    """The keys that a bound expression reads, in order, each once."""
    return tuple(dict.fromkeys(key for part in walk(node) if isinstance(part, Cells) for key in part.keys))
