"""One entry from a cell of an older template into a cell of a newer one: its value there, or why it does not fit.

Pure. Nothing is guessed: a percentage is no amount, a text that is no number stays behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from crmxl.check.evidence import DECIMALS, FIRST_DAY, LAST_DAY, day_text, read_day
from crmxl.expression import Value
from crmxl.group.states import shown
from crmxl.issue.places import Cell
from crmxl.model import Text, Type
from crmxl.money import plain, read_number, read_text
from crmxl.receive.submission import Content, ContentType

TYPES: Mapping[Type, Text] = {
    Type.MONEY: Text("金额", "amount"),
    Type.INTEGER: Text("整数", "whole number"),
    Type.PERCENT: Text("百分比", "percentage"),
    Type.QUANTITY: Text("数量", "quantity"),
    Type.TEXT: Text("文字", "text"),
    Type.CHOICE: Text("选项", "choice"),
    Type.DATE: Text("日期", "date"),
}
"""How people call what a cell holds."""
_DAY_ZERO = date(1899, 12, 30)
_UNFIT = Text("这里要填{wanted}，读不出来", "a {wanted} belongs there; it cannot be read as one")
_NO_CHOICE = Text("新版没有这个选项，可选：{choices}", "it is not offered any more; there are: {choices}")
_RETYPED = Text("原为{before}，新版为{wanted}", "was a {before}, is a {wanted} now")
_BELOW = Text("低于新版的下限 {bound}", "is below the minimum {bound}")
_ABOVE = Text("高于新版的上限 {bound}", "is above the maximum {bound}")


@dataclass(frozen=True, slots=True)
class Fit:
    """What becomes of an entry."""

    value: Value
    """Of the new cell; None where the entry does not fit."""
    told: tuple[Text, ...] = ()
    """Why it does not fit, or what somebody should look at."""


def fit(value: Value, typed: str, was: Cell, now: Cell) -> Fit:
    """What ``value`` of the cell ``was`` (None where it was refused), ``typed`` as text, is in the cell ``now``."""
    found = _converted(value, typed, was, now)
    if found is None:
        if now.type is Type.CHOICE:
            return Fit(None, (_NO_CHOICE.filled(choices="、".join(now.choices)),))
        return Fit(None, (_typed(_UNFIT, wanted=now.type),))
    told = [] if alike(was.type, now.type) else [_typed(_RETYPED, before=was.type, wanted=now.type)]
    if isinstance(found, Fraction) and now.type.numeric:
        if now.minimum is not None and found < now.minimum:
            told.append(_BELOW.filled(bound=shown(now.minimum, now.type)))
        if now.maximum is not None and found > now.maximum:
            told.append(_ABOVE.filled(bound=shown(now.maximum, now.type)))
    return Fit(found, tuple(told))


def alike(one: Type, other: Type) -> bool:
    """Whether an entry of one type means the same in the other."""
    words = (Type.TEXT, Type.CHOICE)
    return one is other or (one in words and other in words)


def _converted(value: Value, typed: str, was: Cell, now: Cell) -> Fraction | str | None:
    """The entry as ``now`` holds it; None where it does not fit."""
    if now.type is Type.TEXT:
        return _as_text(value, typed, was) or None
    if now.type is Type.CHOICE:
        text = _as_text(value, typed, was)
        return text if text in now.choices else None
    if now.type is Type.DATE:
        if isinstance(value, Fraction):
            return value if was.type is Type.DATE and FIRST_DAY <= value <= LAST_DAY else None
        day = read_day(Content(ContentType.TEXT, value)) if isinstance(value, str) else None
        return Fraction((day - _DAY_ZERO).days) if day else None
    places, percent = DECIMALS[now.type], now.type is Type.PERCENT
    if isinstance(value, Fraction):
        if not was.type.numeric or percent != (was.type is Type.PERCENT):
            return None
        return read_number(plain(value), places).value
    return read_text(value, places, percent=percent).value if isinstance(value, str) else None


def _as_text(value: Value, typed: str, was: Cell) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, Fraction):
        return typed
    if was.type is Type.DATE:
        return day_text(value)
    return f"{plain(value * 100)}%" if was.type is Type.PERCENT else plain(value)


def _typed(text: Text, **types: Type) -> Text:
    zh = {name: TYPES[type].zh for name, type in types.items()}
    en = {name: TYPES[type].en for name, type in types.items()}
    return Text(text.zh.format(**zh), text.en.format(**en))
