"""The words of a formula, and a formula moved to another cell as a shared one is.

Linear in the length of the text, whatever it holds: returned formulas are untrusted. Knows no keys and no cells.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from crmxl.issue.addresses import column_number, letters
from crmxl.issue.places import LAST_COLUMN, LAST_ROW

_WORD = r"""(?:'(?:[^']|'')*+'|\[(?:[^][]|\[[^][]*+\])*+\]|[^\s"'\[\](){},;+\-*/^&=<>%@])"""
_TOKEN = re.compile(
    rf"""
    (?P<space>\s++)
    |(?P<text>"(?:[^"]|"")*+")
    |(?P<error>\#(?:REF!|DIV/0!|N/A|NAME\?|NULL!|NUM!|VALUE!|GETTING_DATA|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!))
    |(?P<number>(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)(?!{_WORD})
    |(?P<function>{_WORD}++\()
    |(?P<word>{_WORD}++)
    |(?P<separator>[,;])
    |(?P<open>[({{])
    |(?P<close>[)}}])
    |(?P<operator><=|>=|<>|[-+*/^&=<>%@])
    """,
    re.VERBOSE,
)
_SHEET = r"(?P<{0}>(?:'(?:[^']|'')*+'|[^'!]++)!)?"
_CELL = r"(?P<{0}c>\$?[A-Za-z]{{1,3}})(?P<{0}r>\$?[1-9][0-9]{{0,6}})"
_AREA = re.compile(
    _SHEET.format("s1") + _CELL.format("a") + "(?::" + _SHEET.format("s2") + _CELL.format("b") + ")?(?P<spill>#?)"
)
_COLUMNS = re.compile(_SHEET.format("s1") + r"(?P<ac>\$?[A-Za-z]{1,3}):(?P<bc>\$?[A-Za-z]{1,3})")
_ROWS = re.compile(_SHEET.format("s1") + r"(?P<ar>\$?[0-9]{1,7}):(?P<br>\$?[0-9]{1,7})")
_ENDS = re.compile(r"(?:'(?:[^']|'')*+'|[^':])++|:")


class Sort(StrEnum):
    """What a word of a formula is."""

    SPACE = "space"
    TEXT = "text"
    ERROR = "error"
    NUMBER = "number"
    FUNCTION = "function"
    """A function's name with its opening bracket."""
    WORD = "word"
    """A reference, a name, TRUE or FALSE."""
    SEPARATOR = "separator"
    OPEN = "open"
    CLOSE = "close"
    OPERATOR = "operator"


class Token(NamedTuple):
    """One word of a formula."""

    sort: Sort
    text: str


def tokens(formula: str) -> list[Token] | None:
    """The words of ``formula`` (without ``=``), which joined are the formula again; None where it is none of Excel's
    grammar.
    """
    found: list[Token] = []
    at = 0
    while at < len(formula):
        match = _TOKEN.match(formula, at)
        if match is None:
            return None
        assert match.lastgroup is not None
        found.append(Token(Sort(match.lastgroup), match[0]))
        at = match.end()
    return found


class Movable:
    """A formula taken apart once, to be read at many places as a shared one is."""

    def __init__(self, formula: str) -> None:
        """``formula`` is without ``=``; a text that is none stays as it is everywhere."""
        self._pieces: list[str | _Reference] = []
        words = tokens(formula)
        for sort, text in words if words is not None else [Token(Sort.TEXT, formula)]:
            if sort is Sort.WORD:
                self._pieces += _references(text)
            elif sort is Sort.FUNCTION and ":" in text:  # A1:INDEX(
                first, colon, name = text.rpartition(":")
                self._pieces += [*_references(first), colon + name]
            else:
                self._pieces.append(text)

    def at(self, down: int, right: int) -> str:
        """The formula so many rows and columns away; ``#REF!`` for what falls off the sheet."""
        return "".join([piece if isinstance(piece, str) else _moved(piece, down, right) for piece in self._pieces])


class _Reference(NamedTuple):
    """A reference: its ends, each a sheet's prefix, a column and a row; what is absolute or missing is text."""

    ends: tuple[tuple[str, str | int, str | int], ...]
    spill: str


def _references(word: str) -> list[str | _Reference]:
    """``word`` taken apart; where it is more than one area, such as ``A1:TOTAL``, each end by itself."""
    whole = _reference(word)
    if ":" not in word or not isinstance(whole, str):
        return [whole]
    return [_reference(piece) for piece in _ENDS.findall(word)]


def _reference(word: str) -> str | _Reference:
    """``word`` taken apart, if it refers to anything; a name such as TAXES2026 stays as it is."""
    if match := _AREA.fullmatch(word):
        ends = [(match["s1"] or "", _column(match["ac"]), _row(match["ar"]))]
        if match["br"]:
            ends.append((match["s2"] or "", _column(match["bc"]), _row(match["br"])))
        spill = match["spill"]
    elif match := _COLUMNS.fullmatch(word):
        ends = [(match["s1"] or "", _column(match["ac"]), ""), ("", _column(match["bc"]), "")]
        spill = ""
    elif match := _ROWS.fullmatch(word):
        ends = [(match["s1"] or "", "", _row(match["ar"])), ("", "", _row(match["br"]))]
        spill = ""
    else:
        return word
    if any(isinstance(column, int) and column > LAST_COLUMN for _, column, _ in ends):
        return word
    if any(isinstance(row, int) and row > LAST_ROW for _, _, row in ends):
        return word
    return _Reference(tuple(ends), spill)


def _moved(reference: _Reference, down: int, right: int) -> str:
    said = []
    for sheet, column, row in reference.ends:
        if isinstance(column, int):
            if not 1 <= column + right <= LAST_COLUMN:
                return f"{reference.ends[0][0]}#REF!"
            column = letters(column + right)
        if isinstance(row, int):
            if not 1 <= row + down <= LAST_ROW:
                return f"{reference.ends[0][0]}#REF!"
            row += down
        said.append(f"{sheet}{column}{row}")
    return ":".join(said) + reference.spill


def _row(text: str) -> str | int:
    return text if text.startswith("$") else int(text)


def _column(text: str) -> str | int:
    """The number of a column; its text where it is absolute."""
    return text if text.startswith("$") else column_number(text)
