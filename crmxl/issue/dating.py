"""The years that a template's texts speak of: ``{year}``, ``{year-1}`` (last year), ``{year+2}``, put in where it is
laid out for a year.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any

from crmxl.model import Template, Text

_YEAR = re.compile(r"\{year(?P<away>[+-][0-9]{1,2})?\}")


@lru_cache(maxsize=512)
def dated(template: Template, year: int) -> Template:
    """``template`` with the years in its texts; itself where none speaks of a year."""
    found = _dated(template, year)
    assert isinstance(found, Template)
    return found


def _dated(value: Any, year: int) -> Any:
    if isinstance(value, Text):
        return Text(_filled(value.zh, year), _filled(value.en, year)) if "{year" in value.zh + value.en else value
    if isinstance(value, tuple):
        new = tuple(_dated(one, year) for one in value)
        return new if any(one is not other for one, other in zip(new, value, strict=True)) else value
    if is_dataclass(value) and not isinstance(value, type):
        there = {one.name: getattr(value, one.name) for one in fields(value)}
        changes = {name: new for name, old in there.items() if (new := _dated(old, year)) is not old}
        return replace(value, **changes) if changes else value
    return value


def _filled(text: str, year: int) -> str:
    return _YEAR.sub(lambda found: str(year + int(found["away"] or 0)), text)
