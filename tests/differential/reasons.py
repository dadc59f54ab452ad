"""Why readers may differ where none misreads an amount: the ways of representing that are known, each with its test.

A difference that a reason here explains is counted under it. What none explains has to be in ``explained.toml``, file
by file, or it fails. No reason excuses two different numbers: those are compared exactly throughout.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from crmxl.receive.values import iso_serial
from tests.differential.compare import SECOND, Difference, empty
from tests.differential.seen import Book, Seen, Sheet

Area = tuple[int, int, int, int]

_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_SPACES = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')|\s+""")
_DAYS_FROM_1900_TO_1904 = 1_462
_LAST_DAY = 2_958_466
"""The serial number after 9999-12-31."""


@dataclass(frozen=True)
class Pair:
    """Both books that a difference is of."""

    ours: Book
    theirs: Book

    def sheet(self, name: str) -> Sheet:
        """Our sheet of that name."""
        return next(sheet for sheet in self.ours.sheets if sheet.name == name)


@dataclass(frozen=True)
class Reason:
    """One way in which readers represent the same thing differently."""

    name: str
    reader: str
    why: str
    """What the other reader does, and why ours may stand."""
    explains: Callable[[Difference, Pair], bool]


def _cells(difference: Difference) -> tuple[Seen, Seen] | None:
    """What both see in the cell; None for a difference that is not of a cell."""
    if isinstance(difference.ours, Seen) and isinstance(difference.theirs, Seen):
        return difference.ours, difference.theirs
    return None


def _inside(difference: Difference, areas: tuple[Area, ...] | frozenset[Area]) -> bool:
    """Whether the cell lies in one of ``areas``, but not at its top left corner."""
    if difference.place is None:
        return False
    row, column = difference.place
    return any(
        top <= row <= bottom and left <= column <= right and (row, column) != (top, left)
        for top, left, bottom, right in areas
    )


def _under_merge(difference: Difference, pair: Pair) -> bool:
    cells = _cells(difference)
    merges = pair.sheet(difference.sheet).merges if cells else None
    return cells is not None and empty(cells[1]) and not cells[1].formula and _inside(difference, merges or frozenset())


def _filled_by_array(difference: Difference, pair: Pair) -> bool:
    cells = _cells(difference)
    areas = pair.theirs.arrays.get(difference.sheet, ())
    return difference.aspect == "formula" and cells is not None and not cells[1].formula and _inside(difference, areas)


def _spaces_in_formula(difference: Difference, pair: Pair) -> bool:
    def tight(formula: str) -> str:
        return _SPACES.sub(lambda found: found[1] or " ", formula)

    cells = _cells(difference)
    return difference.aspect == "formula" and cells is not None and tight(cells[0].formula) == tight(cells[1].formula)


def _escaped(difference: Difference, pair: Pair) -> bool:
    cells = _cells(difference)
    if cells is None or cells[0].kind != "text" or not isinstance(cells[1].value, str):
        return False
    plain, theirs = str(cells[0].value), cells[1].value
    if _unescaped(theirs) in (plain, _unescaped(plain)) and "_x" in theirs:
        return True
    return theirs == _ESCAPE.sub(lambda found: f"_x005F{found[0]}", plain).replace("x005F_", "")


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _no_date_for_python(difference: Difference, pair: Pair) -> bool:
    cells = _cells(difference)
    if cells is None or cells[0].kind != "date" or not isinstance(cells[0].value, float):
        return False
    start = _DAYS_FROM_1900_TO_1904 if pair.ours.date_1904 else 0
    outside = cells[0].value < start or cells[0].value >= _LAST_DAY
    return outside and (cells[1].kind in ("error", "number", "date"))


def _leap_day_of_1900(difference: Difference, pair: Pair) -> bool:
    cells = _cells(difference)
    return (
        cells is not None
        and cells[0].kind == cells[1].kind == "date"
        and isinstance(cells[0].value, float)
        and isinstance(cells[1].value, float)
        and cells[0].value < 61
        and abs(abs(cells[0].value - cells[1].value) - 1) < SECOND
    )


def _duration_from_1904(difference: Difference, pair: Pair) -> bool:
    cells = _cells(difference)
    return (
        bool(pair.ours.date_1904)
        and cells is not None
        and cells[0].kind == cells[1].kind == "date"
        and isinstance(cells[0].value, float)
        and isinstance(cells[1].value, float)
        and abs(cells[0].value - _DAYS_FROM_1900_TO_1904 - cells[1].value) < SECOND
    )


def _local_date(difference: Difference, pair: Pair) -> bool:
    cells = _cells(difference)
    if cells is None or difference.place is None or (cells[0].kind, cells[1].kind) != ("date", "number"):
        return False
    moved = _DAYS_FROM_1900_TO_1904 if pair.ours.date_1904 else 0
    same = float(cells[0].value or 0) == float(cells[1].value or 0) + moved
    return same and (difference.sheet, *difference.place) in pair.theirs.local_dates


def _error_as_blank(difference: Difference, pair: Pair) -> bool:
    cells = _cells(difference)
    return cells is not None and cells[0].kind == "error" and cells[1].kind == "blank"


def _iso_as_text(difference: Difference, pair: Pair) -> bool:
    cells = _cells(difference)
    if cells is None or cells[0].kind != "date" or cells[1].kind != "text":
        return False
    try:
        return abs(float(iso_serial(str(cells[1].value))) - float(cells[0].value or 0)) < SECOND
    except ValueError:
        return False


def _trimmed(difference: Difference, pair: Pair) -> bool:
    cells = _cells(difference)
    if cells is None or cells[0].kind != "text":
        return False
    mine, other = str(cells[0].value), "" if cells[1].kind == "blank" else str(cells[1].value)
    same = "".join(mine.split()) == "".join(other.split())
    return cells[1].kind in ("text", "blank") and same and len(mine) > len(other)


def _line_ends(difference: Difference, pair: Pair) -> bool:
    cells = _cells(difference)
    return (
        cells is not None
        and cells[0].kind == cells[1].kind == "text"
        and str(cells[0].value).replace("\r\n", "\n") == str(cells[1].value).replace("\r\n", "\n")
    )


REASONS: tuple[Reason, ...] = (
    Reason(
        "values under merges",
        "openpyxl",
        "openpyxl drops what stands in a merged area outside its first cell; the file has it, and "
        "SUM in Excel counts it.",
        _under_merge,
    ),
    Reason(
        "cells that an array formula fills",
        "openpyxl",
        "openpyxl tells an array formula in its first cell alone; ours tells it of every cell that it fills, since "
        "those are calculated and not typed.",
        _filled_by_array,
    ),
    Reason(
        "spaces in shared formulas",
        "openpyxl",
        "openpyxl writes runs of spaces as one when it translates a shared formula; ours leaves them as they are.",
        _spaces_in_formula,
    ),
    Reason(
        "escaped characters",
        "openpyxl",
        "_x000D_ stands for a character (ECMA-376 part 1, 22.9.2.19); openpyxl leaves it as it is, or "
        "drops _x005F_ alone.",
        _escaped,
    ),
    Reason(
        "escaped characters",
        "calamine",
        "calamine leaves the rarer ones as they are, such as _xFFFE_.",
        _escaped,
    ),
    Reason(
        "dates that Python has not",
        "openpyxl",
        "A serial number below 0 or beyond the year 9999 is no date for Python's datetime, and an error for openpyxl; "
        "ours keeps the number that the file has.",
        _no_date_for_python,
    ),
    Reason(
        "29 February 1900",
        "openpyxl",
        "Serial 60 is a day that was not; openpyxl and ours agree on the number but its datetime cannot hold it.",
        _leap_day_of_1900,
    ),
    Reason(
        "dates of Chinese, Japanese and Korean programs",
        "openpyxl",
        "Formats 27 to 36 and 50 to 58 are dates there; openpyxl does not know them. Excel and calamine do, and "
        "so does ours.",
        _local_date,
    ),
    Reason(
        "durations in books from 1904",
        "openpyxl",
        "Ours tells every date and time of such a book from 1900; openpyxl does not move a time of day or a duration.",
        _duration_from_1904,
    ),
    Reason(
        "error values as blanks",
        "calamine",
        "calamine gives Python an empty text for #DIV/0! and its like; the cell shows the error.",
        _error_as_blank,
    ),
    Reason(
        "ISO dates as texts",
        "calamine",
        "calamine leaves a cell of type d (ISO 8601) a text; Excel shows a date.",
        _iso_as_text,
    ),
    Reason(
        "white space around texts",
        "calamine",
        "calamine trims texts without xml:space=preserve and drops those of white space alone; ours keeps what the "
        "file has, as openpyxl does, and judges texts without the space around them.",
        _trimmed,
    ),
    Reason(
        "line ends",
        "calamine",
        "A text's line ends are \\r\\n in some files and \\n in others; XML makes them one, an escape keeps them.",
        _line_ends,
    ),
    Reason(
        "dates that Python has not",
        "calamine",
        "A serial number below 0 or beyond the year 9999: calamine gives the number, or the first day.",
        _no_date_for_python,
    ),
    Reason(
        "29 February 1900",
        "calamine",
        "As for openpyxl.",
        _leap_day_of_1900,
    ),
    Reason(
        "durations in books from 1904",
        "calamine",
        "As for openpyxl.",
        _duration_from_1904,
    ),
)


def reason_for(difference: Difference, pair: Pair) -> str:
    """The name of the first reason that explains ``difference``; empty where none does."""
    for reason in REASONS:
        if reason.reader == difference.reader and reason.explains(difference, pair):
            return f"{reason.reader}: {reason.name}"
    return ""
