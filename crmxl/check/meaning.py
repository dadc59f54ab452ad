"""What a formula means: its tokens with every reference resolved to the keys that it covers.

Quotes, ``$``, case, blanks, renamed sheets, inserted rows and columns change the text of a formula and not its meaning;
each workbook's references are read through its own anchors. Cells without a key (an inserted row) mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from crmxl.issue.places import Layout
from crmxl.model import Key

Meaning: TypeAlias = tuple[Any, ...]
KeysAt: TypeAlias = Mapping[tuple[str, int, int], Key]

_REFERENCE = re.compile(
    r"(?:(?P<sheet>'(?:[^']|'')+'|[^'!]+)!)?\$?(?P<c1>[A-Za-z]{1,3})\$?(?P<r1>[0-9]+)"
    r"(?::\$?(?P<c2>[A-Za-z]{1,3})\$?(?P<r2>[0-9]+))?\Z"
)
_ADDING = {"SUM", "COUNT", "COUNTA", "MIN", "MAX"}
"""Functions for which it does not matter how their cells are grouped and ordered."""


class Area:
    """Which keys an area of a workbook holds."""

    def __init__(self, keys_at: KeysAt) -> None:
        self._by_sheet: dict[str, dict[tuple[int, int], Key]] = {}
        for (sheet, row, column), key in keys_at.items():
            self._by_sheet.setdefault(sheet.casefold(), {})[row, column] = key

    def keys(self, sheet: str, top: int, left: int, bottom: int, right: int) -> list[Key]:
        """Keys in the rectangle, in any order."""
        cells = self._by_sheet.get(sheet.casefold(), {})
        if (bottom - top + 1) * (right - left + 1) <= len(cells):
            places = ((r, c) for r in range(top, bottom + 1) for c in range(left, right + 1))
            return [cells[place] for place in places if place in cells]
        return [key for (r, c), key in cells.items() if top <= r <= bottom and left <= c <= right]


def meaning(formula: str, home: str, area: Area, counts: Callable[[Key], bool]) -> Meaning:
    """The meaning of ``formula`` (with ``=``) standing on the tab ``home``; keys that ``counts`` denies are left out.

    A text that is no formula of Excel's grammar means itself.
    """
    from openpyxl.formula import Tokenizer
    from openpyxl.formula.tokenizer import TokenizerError

    try:
        tokens = Tokenizer(formula).items
    except (TokenizerError, IndexError, ValueError):
        return ("text", formula)
    result: list[Any] = []
    functions: list[str] = []
    for at, token in enumerate(tokens):
        value, kind = token.value, (token.type, token.subtype)
        if token.type == "WHITE-SPACE":
            if _intersects(tokens, at):
                result.append(" ")
            continue
        if kind == ("FUNC", "OPEN"):
            functions.append(value.upper().removeprefix("_XLFN.").rstrip("("))
            result.append(functions[-1])
        elif kind == ("FUNC", "CLOSE"):
            functions and functions.pop()
            result.append(")")
        elif kind == ("OPERAND", "RANGE"):
            _add(result, _resolve(value, home, area, counts), functions)
        elif kind == ("OPERAND", "NUMBER"):
            result.append(_number(value))
        elif token.type == "SEP" and functions and functions[-1] in _ADDING and result and isinstance(result[-1], list):
            continue  # what follows joins the set, if it is one
        else:
            result.append(value if kind == ("OPERAND", "TEXT") else value.upper())
    return tuple(tuple(sorted(item)) if isinstance(item, list) else item for item in result)


def _intersects(tokens: Sequence[Any], at: int) -> bool:
    """Whether the blank at ``at`` is Excel's intersection operator: it stands between two references."""
    if not 0 < at < len(tokens) - 1:
        return False
    before, after = tokens[at - 1], tokens[at + 1]
    ends = before.type == "OPERAND" or before.subtype == "CLOSE"
    begins = after.type == "OPERAND" or after.subtype == "OPEN"
    return bool(ends and begins)


def _add(result: list[Any], found: list[Key] | str, functions: list[str]) -> None:
    if isinstance(found, list) and functions and functions[-1] in _ADDING and result and isinstance(result[-1], list):
        result[-1].extend(found)
    elif isinstance(found, list):
        result.append(list(found))
    else:
        result.append(found)


def _resolve(reference: str, home: str, area: Area, counts: Callable[[Key], bool]) -> list[Key] | str:
    match = _REFERENCE.match(reference)
    if match is None:
        return reference.upper()
    sheet = match["sheet"] or home
    if sheet.startswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    top, left = int(match["r1"]), _column(match["c1"])
    bottom, right = (int(match["r2"]), _column(match["c2"])) if match["r2"] else (top, left)
    found = area.keys(sheet, min(top, bottom), min(left, right), max(top, bottom), max(left, right))
    if not found:  # cells that were not issued, or another sheet's: that is not the same formula
        return reference.upper()
    return [key for key in found if counts(key)]


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _number(text: str) -> Any:
    try:
        return Fraction(text)
    except ValueError:
        return text


def issued_area(layout: Layout) -> Area:
    """The area of the workbook as issued."""
    return Area({(layout.by_id[c.sheet].name, c.row, c.column): key for key, c in layout.cells.items()})
