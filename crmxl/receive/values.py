"""The text of a value in a sheet's XML → the text that crmxl goes on with: for a number the shortest one that means the
same double, which is what the cell holds. No arithmetic is done with doubles; money.py takes the text as a decimal.

Each raises ValueError for a text that is not of its type: Excel would call such a file damaged.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, time, timedelta

_INTEGER = re.compile("-?[0-9]{1,15}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_ERROR = re.compile("#[A-Z0-9/_]{2,20}[!?]?|Err:[0-9]{3}")
"""Excel's, and LibreOffice's own."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?")
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_LONGEST = 400
"""Characters of a number; the longest that a program writes has about 330."""
_EPOCH = datetime(1899, 12, 30)
_DAYS_FROM_1900_TO_1904 = 1_462
_MARCH_1900 = 61
"""The first serial after the 29th of February that 1900 did not have."""
_BLANKS = " \t\r\n"


def number_text(raw: str) -> str:
    """The shortest text for the number in a cell's XML: ``5`` for ``5.0``, ``0`` for ``-0``."""
    if raw.isascii() and raw.isdigit() and len(raw) < 16 and (raw[0] != "0" or raw == "0"):
        return raw
    text = raw.strip(_BLANKS)
    if _INTEGER.fullmatch(text):
        return str(int(text))
    if len(text) > _LONGEST or not _NUMBER.fullmatch(text) or not math.isfinite(value := float(text)):
        raise ValueError(raw)
    return "0" if value == 0 else repr(value).removesuffix(".0")


def serial(raw: str, date_1904: bool) -> str:
    """The serial number of a date in the calendar that begins in 1900."""
    text = number_text(raw)
    return number_text(repr(float(text) + _DAYS_FROM_1900_TO_1904)) if date_1904 else text


def iso_serial(raw: str) -> str:
    """The serial number of a date or time written in ISO 8601, as LibreOffice and strict files may."""
    text = raw.strip(_BLANKS).removesuffix("Z")
    if _CLOCK.fullmatch(text):
        clock = time.fromisoformat(text)
        return _days(datetime.combine(_EPOCH, clock) - _EPOCH)
    if not _DAY.fullmatch(text):
        raise ValueError(raw)
    passed = datetime.fromisoformat(text) - _EPOCH
    if timedelta(days=1) <= passed < timedelta(days=_MARCH_1900):
        passed -= timedelta(days=1)
    return _days(passed)


def boolean(raw: str) -> str:
    """``TRUE`` or ``FALSE``."""
    values = {"1": "TRUE", "true": "TRUE", "0": "FALSE", "false": "FALSE"}
    text = raw.strip(_BLANKS)
    if text not in values:
        raise ValueError(raw)
    return values[text]


def error_value(raw: str) -> str:
    """An error value such as ``#DIV/0!``."""
    text = raw.strip(_BLANKS)
    if not _ERROR.fullmatch(text):
        raise ValueError(raw)
    return text


def unescaped(text: str) -> str:
    """``_x000D_`` and its like as the characters they stand for (ECMA-376 part 1, 22.9.2.19); halves of pairs stay."""

    def character(found: re.Match[str]) -> str:
        code = int(found[1], 16)
        return found[0] if 0xD800 <= code < 0xE000 else chr(code)

    return _ESCAPE.sub(character, text) if "_x" in text else text


def _days(passed: timedelta) -> str:
    return number_text(repr(passed / timedelta(days=1)))
