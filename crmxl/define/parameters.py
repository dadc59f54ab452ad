"""What the group issues to units, and what the headings of a units file mean by it.

An issued field goes by its id, an issued cell by its key; people also write titles, and say of an amount whether it is
in 元 or 万元. Knows templates by their rows, nothing of units, rounds or layouts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from crmxl.define.entries import take_entries
from crmxl.define.policy import near
from crmxl.define.rows import rows
from crmxl.define.units_table import both
from crmxl.errors import DefinitionError
from crmxl.model import Column, Key, Lang, Template, Text, Type
from crmxl.money import plain, show_plain

COLUMNS = ("code", "name", "parent", "type", "recipient", "parts", "first_month", "rows")
"""Columns of units.csv that are no issued parameters; code and name must be there."""
_ALSO = {
    **dict(zip(("编码", "名称", "上级", "类型", "收件人", "部分", "起始月份", "清单行数"), COLUMNS, strict=True)),
    **dict(zip(("单位编码", "单位名称", "上级编码", "单位类型"), COLUMNS, strict=False)),
}
_MONEY = {"元": 1, "人民币元": 1, "yuan": 1, "万元": 10_000, "10,000 yuan": 10_000}
"""How many yuan one is, by what a heading says in parentheses."""
_WITH_UNIT = re.compile(r"(.+?)\s*\(\s*([^()]*?)\s*\)")
_LAST = re.compile(r"(?:上年[·•・]?|last:)\s*(?P<after>.+)|(?P<before>.+?)\s*[·•・]\s*上年")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_SHARE = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)\s*([%％‰])")
_LONGEST = 400
"""Characters of a number; what is longer is refused as none."""
_MOST = 20
"""Names that a message lists."""


class Issued(NamedTuple):
    """An issued cell, as entries.py fills it."""

    type: Type
    choices: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    """What people call it, in each language that there is."""
    role: str = "issued"
    minimum: Fraction | None = None
    maximum: Fraction | None = None

    def refused(self, value: object) -> str:
        """Why the cell's bounds do not admit ``value``, in both languages; empty where they do."""
        if not isinstance(value, Fraction):
            return ""
        if (self.minimum is None or self.minimum <= value) and (self.maximum is None or value <= self.maximum):
            return ""
        found, low, high = (None if one is None else self._shown(one) for one in (value, self.minimum, self.maximum))
        if low is None or high is None:
            zh, en = (f"不小于 {low}", f"at least {low}") if high is None else (f"不大于 {high}", f"at most {high}")
        else:
            zh, en = f"在 {low} 至 {high} 之间", f"{low} to {high}"
        return both(f"填的是 {found}，应{zh}", f"found {found}; must be {en}")

    def _shown(self, value: Fraction) -> str:
        return f"{plain(value * 100)}%" if self.type is Type.PERCENT else show_plain(value)


class Form(NamedTuple):
    """One cell of a template that the group fills, as entries.py fills it."""

    template: Template
    cells: Mapping[Key, Issued]
    lang: Lang


class Use(Enum):
    """What a column of a units file is for."""

    OWN = "own"
    """Says what the unit is."""
    ISSUED = "issued"
    """Gives a parameter."""
    LAST = "last"
    """Gives last year's figure of a parameter, to compare with."""


class Heading(NamedTuple):
    """What a heading means."""

    use: Use
    name: str
    """One of COLUMNS, or a parameter."""
    factor: int = 1
    """Yuan of one."""


class Unread(Exception):
    """A heading means nothing, or not one thing; the text says why."""


_LANGS: tuple[Lang, Lang] = ("zh", "en")
_asked: dict[str, tuple[Template, Mapping[Key, Issued]]] = {}


def issued(template: Template) -> Mapping[Key, Issued]:
    """What the group gives: issued fields, and cells of issued columns, by key."""
    known = _asked.get(template.name)
    if known is None or known[0] is not template:  # asked for every unit of a round; a template is slow to hash
        known = _asked[template.name] = template, _issued(template)
    return known[1]


def _issued(template: Template) -> dict[Key, Issued]:
    found = {
        f"{one.id}@value": issued_cell(one.column, _said(one.column.title))
        for sheet in template.sheets
        for one in sheet.fields
        if one.issued
    }
    for row in rows(template):
        for id, column in row.columns.items() if row.leaf else ():
            if column.issued:
                own = _of_line(row.line.title, column.title) if row.line else ()
                found[f"{row.code}@{id}"] = issued_cell(column, own)
    return found


def issued_cell(column: Column, title: tuple[str, ...] = (), role: str = "issued") -> Issued:
    """A cell of ``column`` for entries.py, with the column's bounds."""
    return Issued(column.type, column.choices, title, role, column.minimum, column.maximum)


def _said(title: Text) -> tuple[str, ...]:
    return tuple(filter(None, (title.zh, title.en)))


def _of_line(line: Text, column: Text) -> tuple[str, ...]:
    """What people call a cell of a line."""
    en = (f"{line.en}·{column.en}",) if line.en and column.en else ()
    return (f"{line.zh}·{column.zh}", *en)


def parameter(key: Key) -> str:
    """How units.csv and assignments call it: a field by its id, a cell by its key."""
    return key.removesuffix("@value")


@dataclass(frozen=True, slots=True)
class _Known:
    """A parameter."""

    key: Key
    forms: tuple[tuple[Template, Issued], ...]
    """The templates that take it; those that take the same are there once."""

    @property
    def money(self) -> bool:
        return all(cell.type is Type.MONEY for _, cell in self.forms)

    @property
    def share(self) -> bool:
        return all(cell.type is Type.PERCENT for _, cell in self.forms)

    @property
    def numeric(self) -> bool:
        return all(cell.type.numeric for _, cell in self.forms)


class Parameters:
    """The parameters that some templates take."""

    def __init__(self, templates: Sequence[Template]) -> None:
        """Those of ``templates``, in their order."""
        found: dict[str, dict[Issued, Template]] = {}
        for template in templates:
            for key, cell in issued(template).items():
                found.setdefault(key, {}).setdefault(cell, template)
        self._known = {
            parameter(key): _Known(key, tuple((template, cell) for cell, template in cells.items()))
            for key, cells in found.items()
        }
        self._titles: dict[str, tuple[str, ...]] = {}
        for name, one in self._known.items():
            for title in {_folded(title) for _, cell in one.forms for title in cell.title}:
                self._titles[title] = (*self._titles.get(title, ()), name)

    @property
    def names(self) -> tuple[str, ...]:
        """What they are called."""
        return tuple(self._known)

    def find(self, text: str) -> str:
        """The parameter with this id or key; empty where there is none."""
        name = parameter(text)
        return name if name in self._known else ""

    def money(self, name: str) -> bool:
        """Whether it is an amount."""
        return self._known[name].money

    def near(self, text: str) -> str:
        """A hint at what was probably meant, and what there is."""
        there = (*COLUMNS, *self._known)
        listed = ", ".join(there[:_MOST]) + (" …" if len(there) > _MOST else "")
        return f"{near(text, (*there, *_ALSO, *self._titles))} (known: {listed})"

    def read(self, text: str) -> Heading:
        """What a heading means; raises Unread."""
        whole = unicodedata.normalize("NFKC", text).strip()
        own = _ALSO.get(whole, whole.lower())
        if own in COLUMNS:
            return Heading(Use.OWN, own)
        matched = _WITH_UNIT.fullmatch(whole)
        ways: list[tuple[str, str | None]] = [(whole, None)]
        if matched:
            ways.append((matched[1], matched[2]))
        for use in (Use.ISSUED, Use.LAST):
            for title, unit in ways:
                last = _LAST.fullmatch(title) if use is Use.LAST else None
                name = (last["after"] or last["before"]) if last else title if use is Use.ISSUED else ""
                if found := self.find(name):
                    return self._measured(use, text, found, unit, plain=True)
                if titled := self._titles.get(_folded(name), ()):
                    if len(titled) > 1:
                        listed = "、".join(titled)
                        said = f"the title stands for {listed}; write the id"
                        raise Unread(both(f"“{text}”有几个下发指标叫这个名字：{listed}，请写它的 id", said))
                    return self._measured(use, text, titled[0], unit, plain=False)
        said = f"the column `{text}` is no parameter that the round's templates take{self.near(text)}"
        raise Unread(both(f"“{text}”不是本轮模板的下发指标", said))

    def _measured(self, use: Use, text: str, name: str, unit: str | None, plain: bool) -> Heading:
        """The heading, once it is clear in what unit its figures are."""
        if use is Use.LAST and not self._known[name].numeric:
            raise Unread(both(f"“{text}”不是数字，不用写上年数", f"`{text}` is no number; leave last year's away"))
        if not self.money(name):
            if unit is None:
                return Heading(use, name)
            raise Unread(both(f"“{text}”不是金额，请去掉（{unit}）", f"`{text}` is no amount; leave ({unit}) away"))
        if unit is None and not plain:
            title = _WITH_UNIT.fullmatch(_folded(text))
            unit = title[2] if title and title[2] == "元" else None  # the title itself says it
            if unit is None:
                said = f"the amount `{text}` must say its unit: `{text}(元)` or `{text}(万元)`"
                raise Unread(both(f"金额列“{text}”要写明单位：{text}(元) 或 {text}(万元)", said))
        factor = _MONEY.get(unit.lower()) if unit is not None else 1
        if factor is None:
            raise Unread(both(f"“{text}”的单位只能是元或万元", f"`{text}`: the unit can be 元 or 万元 alone"))
        return Heading(use, name, factor)

    def take(self, name: str, text: str, factor: int = 1, *, given: bool = True) -> tuple[str, tuple[str, ...]]:
        """``text`` as a parameter, exact and in yuan where it is an amount; and what is wrong with it.

        One that is ``given`` to a unit keeps the cell's bounds; last year's need not. A figure in 万元 is multiplied as
        a decimal text, exactly. The empty text is blank.
        """
        scaled = factor != 1 and len(text) <= _LONGEST and _NUMBER.fullmatch(text) is not None
        written = plain(Fraction(text) * factor) if scaled else as_share(text) if self._known[name].share else text
        document = {self._known[name].key: written}
        value = ""
        wrong: list[str] = []
        for template, cell in self._known[name].forms if text else ():
            zh, en = (Form(template, dict.fromkeys(document, cell), lang) for lang in _LANGS)
            try:
                (value,) = take_entries(document, zh, name)[1].values()
                if given and cell.type.numeric and (said := cell.refused(Fraction(value))):
                    wrong.append(said)
            except DefinitionError as error:
                aside = (f"（表中为 {text} 万元）", f" (found {text} in 万元)") if scaled else ("", "")
                wrong.append(both(error.problems[0].message + aside[0], _refused(document, en, name) + aside[1]))
        return value, tuple(dict.fromkeys(wrong))


def _refused(document: Mapping[Key, str], form: Form, name: str) -> str:
    try:
        take_entries(document, form, name)
    except DefinitionError as error:
        return error.problems[0].message
    raise AssertionError(f"{name} is refused in one language alone")


def as_share(text: str) -> str:
    """``20%`` and ``0.5‰`` as the exact number; any other text as it is."""
    found = _SHARE.fullmatch(text) if len(text) <= _LONGEST else None
    return plain(Fraction(found[1]) / (100 if found[2] in "%％" else 1000)) if found else text


def _folded(title: str) -> str:
    return unicodedata.normalize("NFKC", title).strip().casefold()
