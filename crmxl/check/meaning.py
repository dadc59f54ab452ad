"""What a formula means: its tokens with every reference resolved to the keys that it covers.

Quotes, ``$``, case, blanks, renamed sheets, inserted rows and columns change the text of a formula and not its meaning;
each workbook's references are read through its own anchors. Cells without a key (an inserted row) mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from crmxl.issue.addresses import column_number
from crmxl.issue.places import Layout
from crmxl.model import Key
from crmxl.receive.formula import Sort, Token, tokens

Meaning: TypeAlias = tuple[Any, ...]
KeysAt: TypeAlias = Mapping[tuple[str, int, int], Key]

_REFERENCE = re.compile(
    r"(?:(?P<sheet>'(?:[^']|'')+'|[^'!]+)!)?\$?(?P<c1>[A-Za-z]{1,3})\$?(?P<r1>[0-9]{1,7})"
    r"(?::\$?(?P<c2>[A-Za-z]{1,3})\$?(?P<r2>[0-9]{1,7}))?\Z"
)
_ADDING = {"SUM", "COUNT", "COUNTA", "MIN", "MAX"}
"""Functions for which it does not matter how their cells are grouped and ordered."""
_MOST = 100_000
"""Keys that a formula may cover, each time it covers one; the widest issued formula covers a fifth of it."""
_LARGE, _KEPT = 64, 256
"""Keys from which on an area is remembered, and how many areas are: thousands of rows ask for a few whole columns."""
_PLAIN = re.compile(r"[0-9.]{1,40}(?:[eE][+-]?[0-9]{1,3})?")
_OPERANDS = (Sort.WORD, Sort.NUMBER, Sort.TEXT, Sort.ERROR)


class Area:
    """Which keys an area of a workbook holds."""

    def __init__(self, keys_at: KeysAt) -> None:
        self._by_sheet: dict[str, dict[tuple[int, int], Key]] = {}
        self._known: dict[tuple[str, int, int, int, int], tuple[Key, ...]] = {}
        for (sheet, row, column), key in keys_at.items():
            self._by_sheet.setdefault(sheet.casefold(), {})[row, column] = key

    def keys(self, sheet: str, top: int, left: int, bottom: int, right: int) -> tuple[Key, ...]:
        """Keys in the rectangle, sorted; what thousands of formulas ask for is found once."""
        asked = sheet, top, left, bottom, right
        found = self._known.get(asked)
        if found is None:
            found = tuple(sorted(self._within(*asked)))
            if len(found) > _LARGE and len(self._known) < _KEPT:
                self._known[asked] = found
        return found

    def _within(self, sheet: str, top: int, left: int, bottom: int, right: int) -> list[Key]:
        cells = self._by_sheet.get(sheet.casefold(), {})
        if (bottom - top + 1) * (right - left + 1) <= len(cells):
            places = ((r, c) for r in range(top, bottom + 1) for c in range(left, right + 1))
            return [cells[place] for place in places if place in cells]
        return [key for (r, c), key in cells.items() if top <= r <= bottom and left <= c <= right]


def meaning(formula: str, home: str, area: Area, counts: Callable[[Key], bool] | None = None) -> Meaning:
    """The meaning of ``formula`` (with ``=``) standing on the tab ``home``; keys that ``counts`` denies are left out.

    A text that is no formula of Excel's grammar means itself, and so does one that covers far more than a workbook.
    """
    words = tokens(formula.removeprefix("="))
    if words is None:
        return ("text", formula)
    result: list[Any] = []
    covered = 0
    merged: dict[int, list[Key]] = {}
    """Sets that are one with those after them, no longer sorted, by where in ``result`` they stand."""
    argument = -1
    """Where in ``result`` the last set stands that is a whole argument."""
    functions: list[str] = []
    """What is open: functions by name, plain brackets as ""."""
    for at, (sort, text) in enumerate(words):
        adding = bool(functions) and functions[-1] in _ADDING
        match sort:
            case Sort.SPACE:
                if _intersects(words, at):
                    result.append(" ")
            case Sort.FUNCTION:
                functions.append(text[:-1].upper().removeprefix("_XLFN."))
                result.append(functions[-1])
            case Sort.OPEN:
                functions.append("")
                result.append(text)
            case Sort.CLOSE:
                if functions:
                    functions.pop()
                result.append(text)
            case Sort.WORD:
                found = _resolve(text, home, area, counts)
                covered += len(found) if isinstance(found, tuple) else 0
                if covered > _MOST:
                    return ("text", formula)
                whole = adding and isinstance(found, tuple) and _is_argument(words, at)
                if whole and len(result) - 2 == argument and result[-1] == ",":
                    result.pop()
                    merged.setdefault(argument, list(result[argument])).extend(found)
                else:
                    result.append(found)
                    argument = len(result) - 1 if whole else -1
            case Sort.NUMBER:
                result.append(Fraction(text) if _PLAIN.fullmatch(text) else text.upper())
            case Sort.TEXT:
                result.append(text)
            case _:
                result.append(text.upper())
    for at, keys in merged.items():
        result[at] = tuple(sorted(keys))
    return tuple(result)


def _intersects(words: Sequence[Token], at: int) -> bool:
    """Whether the blank at ``at`` is Excel's intersection operator: it stands between two references."""
    if not 0 < at < len(words) - 1:
        return False
    ends = words[at - 1].sort in (*_OPERANDS, Sort.CLOSE)
    begins = words[at + 1].sort in (*_OPERANDS, Sort.OPEN, Sort.FUNCTION)
    return ends and begins


def _is_argument(words: Sequence[Token], at: int) -> bool:
    """Whether the reference at ``at`` is a whole argument of a function: neither negated nor part of a sum."""
    before, after = _beside(words, at, -1), _beside(words, at, 1)
    return before in (Sort.FUNCTION, Sort.SEPARATOR) and after in (Sort.SEPARATOR, Sort.CLOSE)


def _beside(words: Sequence[Token], at: int, step: int) -> Sort | None:
    """What stands beside a word, a blank aside; blanks in a row are one word."""
    beside = at + step
    if 0 <= beside < len(words) and words[beside].sort is Sort.SPACE:
        beside += step
    return words[beside].sort if 0 <= beside < len(words) else None


def _resolve(reference: str, home: str, area: Area, counts: Callable[[Key], bool] | None) -> tuple[Key, ...] | str:
    match = _REFERENCE.match(reference)
    if match is None:
        return reference.upper()
    sheet = match["sheet"] or home
    if sheet.startswith("'"):
        sheet = sheet[1:-1].replace("''", "'")
    top, left = int(match["r1"]), column_number(match["c1"])
    bottom, right = (int(match["r2"]), column_number(match["c2"])) if match["r2"] else (top, left)
    found = area.keys(sheet, min(top, bottom), min(left, right), max(top, bottom), max(left, right))
    if not found:  # cells that were not issued, or another sheet's: that is not the same formula
        return reference.upper()
    return found if counts is None else tuple(filter(counts, found))


def issued_area(layout: Layout) -> Area:
    """The area of the workbook as issued."""
    return Area({(layout.by_id[c.sheet].name, c.row, c.column): key for key, c in layout.cells.items()})
