"""The parts of a record that are words: findings, contents of cells and a unit's own sheets, to JSON and back.

What reads them raises KeyError, TypeError, ValueError or AttributeError where they are none; record.py says what that
means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from crmxl.catalogue import catalogue
from crmxl.expression import Value
from crmxl.model import NOWHERE, Finding, Key, Place, Said, Severity, Spoken, Text
from crmxl.money import plain
from crmxl.receive.submission import Beside, Content, ContentType, Uncarried

MOST_NUMBERS = 20_000
"""Numbers that are remembered: those of a round's records are much the same."""


def finding_said(finding: Finding) -> dict[str, object]:
    """A finding, empty parts left out."""
    words = finding.spoken
    parts: dict[str, object] = {
        "code": finding.code,
        "severity": finding.severity.value,
        "sheet": finding.place.sheet,
        "cell": finding.place.cell,
        "title": finding.place.title,
        "key": finding.key,
        "found": _said(finding.found),
        "expected": _said(finding.expected),
        "values": {name: _said(value) for name, value in finding.values.items()},
        "variant": finding.variant,
        "spoken": [words.name, *map(_said, (words.title, words.message, words.fix))] if words is not None else None,
    }
    return {name: part for name, part in parts.items() if part}


def _said(said: Said) -> object:
    return [said.zh, said.en] if isinstance(said, Text) else said


def beside_said(beside: Beside) -> dict[str, object]:
    """The unit's own sheets, by row and column, and what no copy carries; empty parts left out."""
    found = {"scratch": _grid(beside.scratch), "log": _grid(beside.log), "count": beside.uncarried_count}
    listed = [[one.where, _said(one.what)] for one in beside.uncarried]
    return {name: value for name, value in {**found, "uncarried": listed}.items() if value}


def _grid(contents: Mapping[tuple[int, int], Content]) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for (row, column), content in contents.items():
        found.setdefault(str(row), {})[str(column)] = content_said(content)
    return found


def content_said(content: Content) -> list[object]:
    """A cell's content: type, text, and where there is one its formula and whether it was calculated."""
    formula = [content.formula, content.calculated] if content.formula or not content.calculated else []
    return [content.type.value, content.text, *formula]


def finding_of(body: Mapping[str, Any]) -> Finding:
    """The finding that ``finding_said`` was given."""
    spoken = body.get("spoken")
    words = Spoken(text_of(spoken[0]), *map(_in_both, spoken[1:])) if spoken is not None else None
    variant = body.get("variant", "")
    if words is None:
        catalogue()[body["code"]].words(variant)
    where = tuple(text_of(body.get(part, "")) for part in ("sheet", "cell", "title"))
    return Finding(
        code=body["code"],
        severity=Severity(body["severity"]),
        place=Place(*where) if any(where) else NOWHERE,
        key=text_of(body.get("key", "")),
        found=_words_of(body.get("found", "")),
        expected=_words_of(body.get("expected", "")),
        values={name: _words_of(value) for name, value in body.get("values", {}).items()},
        spoken=words,
        variant=variant,
    )


def beside_of(body: Mapping[str, Any]) -> Beside:
    """What ``beside_said`` was given."""
    return Beside(
        scratch=_ungrid(body.get("scratch", {})),
        log=_ungrid(body.get("log", {})),
        uncarried=tuple(Uncarried(text_of(where), _words_of(what)) for where, what in body.get("uncarried", ())),
        uncarried_count=int(body.get("count", 0)),
    )


def _ungrid(rows: Mapping[str, Mapping[str, Any]]) -> dict[tuple[int, int], Content]:
    found = {(int(row), int(column)): content_of(item) for row, cells in rows.items() for column, item in cells.items()}
    return dict(sorted(found.items()))


def content_of(item: Sequence[Any]) -> Content:
    """The content that ``content_said`` was given."""
    type, text, *more = item
    if not more:
        return Content(ContentType(type), text_of(text))
    formula, calculated = more
    return Content(ContentType(type), text_of(text), text_of(formula), bool(calculated))


def _words_of(said: Any) -> Said:
    return _in_both(said) if isinstance(said, list) else text_of(said)


def _in_both(said: Sequence[Any]) -> Text:
    zh, en = said
    return Text(text_of(zh), text_of(en))


def text_of(value: Any) -> str:
    """``value``, which must be a text; raises TypeError."""
    if not isinstance(value, str):
        raise TypeError(f"no text: {value!r}")
    return value


class Contents(Mapping[Key, Content]):
    """What stood in cells; those that their value tells are made when asked for, which adding up hardly does."""

    def __init__(self, values: Mapping[Key, Value], told: Mapping[Key, None], odd: Mapping[Key, Content]) -> None:
        """Of ``told``, in order, whose values are numbers and texts as they stood; then ``odd`` ones."""
        self._values, self._told, self._odd = values, told, odd

    def __getitem__(self, key: Key) -> Content:
        if key not in self._told:
            return self._odd[key]
        content = as_number(self._values[key]) or as_text(self._values[key])
        assert content is not None
        return content

    def __iter__(self) -> Iterator[Key]:
        yield from self._told
        yield from self._odd

    def __len__(self) -> int:
        return len(self._told) + len(self._odd)


def as_number(value: Value) -> Content | None:
    """How a file has a number that nobody had to convert."""
    if type(value) is not Fraction:
        return None
    whole = value.denominator == 1
    return Content(ContentType.NUMBER, str(value.numerator) if whole else _decimal(value.numerator, value.denominator))


@lru_cache(maxsize=MOST_NUMBERS)
def _decimal(numerator: int, denominator: int) -> str:
    return plain(Fraction(numerator, denominator))


def as_text(value: Value) -> Content | None:
    """How a file has a text."""
    return Content(ContentType.TEXT, value) if isinstance(value, str) else None
