"""Which cell formats of a workbook show a date or a time: a number under one of them is a day, not an amount."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crmxl.model import Text
from crmxl.receive.limits import LIMITS, damaged, too_many, unsafe
from crmxl.receive.xml import MAIN, elements, named

_SHEET, _FORMATS, _STYLES, _STYLE = (named(MAIN, tag) for tag in ("styleSheet", "numFmts", "cellXfs", "xf"))
_BUILT_IN = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Dates and times without a format text (ECMA-376 part 1, 18.8.30); 27 … 36 and 50 … 58 in Chinese, Japanese and
Korean programs."""
_ASIDE = re.compile(r'"[^"]*+"?|\\.|[_*].|\[(?![hms]+\])[^]]*+\]?|General|G/\w+|e[+-]', re.IGNORECASE | re.DOTALL)
"""What a format only repeats or pads with, colours, conditions and languages, and what else holds a letter of dates."""
_DATES = re.compile("[dmyhseg]|a/p|aaa", re.IGNORECASE)
_STYLES_WORD = Text("单元格样式", "cell formats")
_TWICE = Text("两份单元格样式", "two lists of cell formats")
_LETTERS = Text("数字格式字符", "characters of a number format")


def date_formats(chunks: Iterable[bytes], part: str) -> dict[str, bool]:
    """By the number of a cell format, as cells write it: whether it shows a date or a time. Raises Refused."""
    own: dict[int, bool] = {}
    used: list[int] = []
    met: set[str] = set()
    for _, element in elements(chunks, part, _SHEET):
        if element.tag in met and element.tag in (_FORMATS, _STYLES):
            raise unsafe(_TWICE, part)  # which of two counts, programs see differently
        met.add(element.tag)
        if element.tag == _FORMATS:
            for format in element:
                code = format.get("formatCode", "")
                if len(code) > LIMITS.format:
                    raise too_many(LIMITS.format, len(code), _LETTERS, part)
                number = _number(format.get("numFmtId", ""), part)
                if own.setdefault(number, shows_date(code)) is not shows_date(code):
                    raise unsafe(_TWICE, part)
        elif element.tag == _STYLES:
            if len(element) > LIMITS.styles:
                raise too_many(LIMITS.styles, len(element), _STYLES_WORD, part)
            if any(style.tag != _STYLE for style in element):
                raise unsafe(_TWICE, part)
            used += [_number(style.get("numFmtId", "0"), part) for style in element]
    return {str(at): own.get(id, id in _BUILT_IN) for at, id in enumerate(used)}


def shows_date(code: str) -> bool:
    """Whether a number format shows positive numbers as dates or times."""
    plain = _ASIDE.sub("", code)
    return _DATES.search(plain.partition(";")[0]) is not None


def _number(text: str, part: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise damaged(part)
    return int(text)
