"""The units of a round: units.csv, with figures.csv beside it, into types, and every mistake at its line and column.

Owns who there is, who is above whom, and what the group issues to each. Must not know what is asked of whom, nor
when: that is the round's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from crmxl.define.parameters import COLUMNS, Heading, Parameters, Unread, Use
from crmxl.define.policy import near
from crmxl.define.prefilling import Prefills
from crmxl.define.sizes import beyond, most, read_rows, wrong_rows
from crmxl.define.unit_tree import tree_faults
from crmxl.define.units_table import Table, both
from crmxl.errors import Problem
from crmxl.expression import Value
from crmxl.model import Key, Template
from crmxl.money import show_plain

UNITS, FIGURES = "units.csv", "figures.csv"
"""Names of the files in a round's folder; the second need not be there."""
FIGURE_COLUMNS = ("unit", "key", "value")
_FIGURE_NAMES = {**dict(zip(("预算单位", "键", "值"), FIGURE_COLUMNS, strict=True)), "单位": "unit"}
_NAMED = COLUMNS[:5]
"""Columns of words."""
_BETWEEN = re.compile(r"[;,；，、\s]+")
_UNFIT = '<>:"/\\|?*'
"""Signs that a file name cannot have on every system; unit codes become parts of file names."""
_MOST_HINTS = 10
"""Mistakes of one kind that come with a hint at what was meant, which is slow to find."""
_TIMES = 10_000
"""How far off a figure is that was given in 万元 for 元, or the other way round."""
_NEARLY = 3
"""A figure that many times more or less than that is taken for such, since budgets change from year to year."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A budget unit 预算单位 of a round."""

    code: str
    """Compared as exact text."""
    name: str
    """Shown in workbooks and reports."""
    parent: str = ""
    """Code of the unit above; empty at the top."""
    type: str = ""
    """Region, city, department …, as the units file names it; limits and templates may differ by it."""
    recipient: str = ""
    """Who gets the workbook."""
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Issued parameters by field id, or by key for issued columns, exact; what is blank is not there."""
    parts: tuple[str, ...] = ()
    """Chosen parts; empty means the template's own choice."""
    first_month: int = 1
    """First month of a part-year."""
    rows: Mapping[str, int] = field(default_factory=dict, hash=False)
    """How many rows lists offer, by sheet id; what is not there has the template's own number."""
    prefilled: Mapping[Key, Value] = field(default_factory=dict, hash=False)
    """Entries that stand in the workbook when it goes out, and are the unit's to change, exact; by key, or by
    ``template/key`` where several templates of the round have the key.
    """

    def prefilled_in(self, template: str) -> dict[Key, Value]:
        """The entries that are for this template, named by id; keys that it does not have are among them."""
        own = f"{template}/"
        mine = {name.removeprefix(own): value for name, value in self.prefilled.items() if name.startswith(own)}
        return {name: value for name, value in self.prefilled.items() if "/" not in name} | mine


@dataclass(frozen=True, slots=True)
class UnitList:
    """The units of a round, and what is to be said of the files that list them."""

    units: tuple[Unit, ...]
    """In the order of the file."""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def read_units(table: Table, figures: Table | None, templates: Sequence[Template]) -> UnitList:
    """The units of ``table`` with the ``figures`` issued to them, as far as ``templates`` take them.

    Nothing is raised: a list with problems is to be refused by whoever asked for it.
    """
    warnings = (*table.warnings, *(figures.warnings if figures else ()))
    problems = (*table.problems, *(figures.problems if figures else ()))
    if not all(one.legible for one in (table, figures) if one):
        return UnitList((), problems, warnings)
    parameters = Parameters(templates)
    reading = _Reading(table, parameters, templates)
    prefills = Prefills(tuple(map(most, templates)))
    given, wrong = _figures(figures, parameters, prefills) if figures else ({}, [])
    reading.read_header({name for _, name in given})
    if reading.legible:
        reading.read_lines()
    if figures and reading.legible:
        wrong += reading.join(figures, given)
    placed = (*sorted(reading.found, key=_line), *sorted(wrong, key=_line))
    told = (*problems, *(problem for _, problem in placed))
    return UnitList(tuple(reading.units), told, (*warnings, *reading.warnings))


def _line(placed: _Placed) -> int:
    return placed[0]


def _parts(templates: Sequence[Template]) -> set[str]:
    return {section.part for template in templates for sheet in template.sheets for section in sheet.sections}


_Placed = tuple[int, Problem]
"""A problem and its line."""
_Figure = tuple[int, int, Value]
"""Line, column and value, exact; empty where it is none."""


class _Reading:
    """A units file being read."""

    def __init__(self, table: Table, parameters: Parameters, templates: Sequence[Template]) -> None:
        self.table, self.parameters, self.templates, self.parts = table, parameters, templates, _parts(templates)
        self.units: list[Unit] = []
        self.found: list[_Placed] = []
        self.warnings: list[Problem] = []
        self.columns: dict[Heading, int] = {}
        self.own: dict[str, int] = {}

    @property
    def legible(self) -> bool:
        """Whether the lines can be judged."""
        return "code" in self.own and "name" in self.own

    def read_header(self, given: set[str]) -> None:
        """What each column means; ``given`` are the parameters that come from elsewhere."""
        table = self.table
        met: dict[tuple[Use, str], int] = {}
        for at, text in enumerate(table.header):
            if not text:
                self._of_header(at, both(f"第 {at + 1} 列没有列名", f"column {at + 1} has no name"))
                continue
            try:
                heading = self.parameters.read(text)
            except Unread as unread:
                self._of_header(at, str(unread))
                continue
            before = met.setdefault((heading.use, heading.name), at)
            if before != at:
                other = table.header[before]
                said = both(f"“{text}”出现两次", f"the column `{text}` stands twice")
                if other != text:
                    said = both(f"“{other}”和“{text}”是一回事，请留一列", f"`{other}` and `{text}` mean the same")
                self._of_header(at, said)
                continue
            self.columns[heading] = at
        self.own = {heading.name: at for heading, at in self.columns.items() if heading.use is Use.OWN}
        there = {heading.name for heading in self.columns if heading.use is not Use.LAST}
        # Issued cells of lines, which have an @, may keep what the template gives.
        wanted = (name for name in self.parameters.names if "@" not in name and name not in given)
        for name in ("code", "name", *wanted):
            if name not in there:
                self._of_header(None, both(f"缺少“{name}”这一列", f"the column `{name}` is missing"))

    def read_lines(self) -> None:
        """Every line as a unit, then the units as a tree."""
        if not self.table.lines:
            said = both("没有单位，每个单位占一行", "there are no units; give a line for each")
            self.found.append((0, Problem(self.table.name, said)))
        for number, cells in self.table.lines:
            self.units.append(self._unit(number, cells))
        numbers = [number for number, _ in self.table.lines]
        for at, column, said in tree_faults(self.units, numbers):
            self._wrong(numbers[at], self.own[column], said)

    def join(self, figures: Table, given: Mapping[tuple[str, str], _Figure]) -> list[_Placed]:
        """Give each unit its ``given`` figures; what contradicts the units file, or is for nobody."""
        wrong: list[_Placed] = []
        there = {unit.code: at for at, unit in enumerate(self.units)}
        own: dict[int, dict[str, str]] = {}
        entries: dict[int, dict[Key, Value]] = {}
        told: set[tuple[str, str]] = set()
        for (code, name), (number, column, value) in given.items():
            at = there.get(code)
            if at is None:
                hint = near(code, there) if len(wrong) < _MOST_HINTS else ""
                said = both(f"没有单位“{code}”", f"there is no unit `{code}`{hint}")
                wrong.append((number, Problem(figures.place(number, _column(figures, "unit")), said)))
                continue
            if value is None or value == "":  # told already
                continue
            if not self.parameters.find(name):
                short = beyond(name, self.templates, self.units[at].rows)
                if short and (code, short[0]) not in told:  # once for all the rows beyond its end
                    told.add((code, short[0]))
                    said = _too_short(code, *short)
                    wrong.append((number, Problem(figures.place(number, _column(figures, "key")), said)))
                entries.setdefault(at, {})[name] = value
                continue
            assert isinstance(value, str)
            stated = self.units[at].parameters.get(name, value)
            if stated != value:
                said = both(
                    f"{code} 的 {name} 是 {value}，单位表里是 {stated}，请改成一致",
                    f"{name} of {code} is {value} here and {stated} in the units file; make them agree",
                )
                wrong.append((number, Problem(figures.place(number, column), said)))
            own.setdefault(at, {})[name] = value
        for at, values in own.items():
            self.units[at] = replace(self.units[at], parameters={**self.units[at].parameters, **values})
        for at, filled in entries.items():
            self.units[at] = replace(self.units[at], prefilled=filled)
        return wrong

    def _unit(self, number: int, cells: tuple[str, ...]) -> Unit:
        words = {name: cells[at] for name, at in self.own.items()}
        for name in _NAMED:
            hidden = [char for char in words.get(name, "") if unicodedata.category(char) in ("Cc", "Cf")]
            for char in hidden[:1]:
                sign = f"U+{ord(char):04X}"
                said = both(f"含看不见的字符 {sign}，请重新输入", f"has the invisible sign {sign}; type it again")
                self._wrong(number, self.own[name], said)
        for name in ("code", "name"):
            if not words[name]:
                self._wrong(number, self.own[name], both("空着", "is blank"))
        code = words["code"]
        if any(char in _UNFIT or char.isspace() for char in code):
            unfit = " ".join(_UNFIT)
            said = f"found `{code}`; a code has no spaces and none of {unfit}"
            self._wrong(number, self.own["code"], both(f"“{code}”：编码不能含空格和 {unfit}", said))
        chosen = tuple(part for part in _BETWEEN.split(words.get("parts", "")) if part)
        for part in chosen:
            if part not in self.parts:
                said = f"no section has the part `{part}`{near(part, self.parts)}"
                self._wrong(number, self.own["parts"], both(f"模板里没有部分“{part}”", said))
        month = words.get("first_month") or "1"
        if not re.fullmatch("[1-9]|1[0-2]", month, re.ASCII):
            said = f"found `{month}`; must be a month from 1 to 12"
            self._wrong(number, self.own["first_month"], both(f"“{month}”不是 1 到 12 的月份", said))
            month = "1"
        return Unit(
            code=code,
            name=words["name"],
            parent=words.get("parent", ""),
            type=words.get("type", ""),
            recipient=words.get("recipient", ""),
            parameters=self._parameters(number, cells),
            parts=chosen,
            first_month=int(month),
            rows=self._rows(number, words.get("rows", "")),
        )

    def _rows(self, number: int, text: str) -> dict[str, int]:
        try:
            asked = read_rows(text)
            wrong = wrong_rows(self.templates, asked)
        except ValueError as error:
            said = f"found `{error}`; write customers=300, several with ; between them"
            asked, wrong = {}, both(f"“{error}”应写成 customers=300 这样，多个用分号隔开", said)
        if wrong:
            self._wrong(number, self.own["rows"], wrong)
        return {} if wrong else asked

    def _parameters(self, number: int, cells: tuple[str, ...]) -> dict[str, str]:
        """What the line issues, in yuan; a warning where it is about 10,000 times off last year's."""
        taken: dict[Use, dict[str, str]] = {Use.ISSUED: {}, Use.LAST: {}}
        places: dict[str, int] = {}
        for heading, at in self.columns.items():
            if heading.use is Use.OWN or not cells[at]:
                continue
            given = heading.use is Use.ISSUED
            value, wrong = self.parameters.take(heading.name, cells[at], heading.factor, given=given)
            for said in wrong:
                self._wrong(number, at, said)
            if not wrong:
                taken[heading.use][heading.name] = value
                if heading.use is Use.ISSUED:
                    places[heading.name] = at
        for name, last in taken[Use.LAST].items():
            now = taken[Use.ISSUED].get(name)
            if now and (times := _magnitude(Fraction(now), Fraction(last))):
                said = _far_off(now, last, times, self.parameters.money(name))
                self.warnings.append(Problem(self.table.place(number, places[name]), said))
        return taken[Use.ISSUED]

    def _wrong(self, number: int, column: int, said: str) -> None:
        self.found.append((number, Problem(self.table.place(number, column), said)))

    def _of_header(self, column: int | None, said: str) -> None:
        self.found.append((0, Problem(self.table.heading(column), said)))


def _magnitude(now: Fraction, last: Fraction) -> Fraction | None:
    """How many times one is the other, where that is about 10,000."""
    small, large = sorted((abs(now), abs(last)))
    if not small:
        return None
    times = large / small
    return times if Fraction(_TIMES, _NEARLY) <= times <= _TIMES * _NEARLY else None


def _far_off(now: str, last: str, times: Fraction, money: bool) -> str:
    a, b, most = show_plain(Fraction(now)), show_plain(Fraction(last)), f"{round(times):,}"
    zh, en = (" 元", " yuan") if money else ("", "")
    return both(
        f"本年 {a}{zh}，上年 {b}{zh}，相差约 {most} 倍：元和万元是否弄错？请核对",
        f"{a}{en} this year, {b}{en} last year, about {most} times off: 万元 for 元? Please look",
    )


def _too_short(unit: str, list_id: str, there: int) -> str:
    return both(
        f"{unit} 的清单 {list_id} 只有 {there} 行；请在单位表的“清单行数”列写够行数",
        f"the list {list_id} of {unit} has {there} rows; give it more in the column rows of the units file",
    )


def _column(figures: Table, name: str) -> int:
    return next(at for at, text in enumerate(figures.header) if _FIGURE_NAMES.get(text, text) == name)


def _figures(
    table: Table, parameters: Parameters, prefills: Prefills
) -> tuple[dict[tuple[str, str], _Figure], list[_Placed]]:
    """The figures by unit and parameter, and what is wrong with them."""
    wrong: list[_Placed] = []
    names = [_FIGURE_NAMES.get(text, text) for text in table.header]
    if sorted(names) != sorted(FIGURE_COLUMNS):
        said = both("列名应为 预算单位、键、值", "the columns are unit, key, value")
        return {}, [(0, Problem(table.heading(), said))]
    unit, key, value = (names.index(name) for name in FIGURE_COLUMNS)
    found: dict[tuple[str, str], _Figure] = {}
    for number, cells in table.lines:
        blank = [at for at in (unit, key, value) if not cells[at]]
        for at in blank:
            wrong.append((number, Problem(table.place(number, at), both("空着", "is blank"))))
        name = parameters.find(cells[key]) or (cells[key] if prefills.takes(cells[key]) else "")
        if several := prefills.several(name) if name and not parameters.find(name) else ():
            ways = "、".join(f"{template}/{name}" for template in several)
            said = f"several templates have `{name}`; write {ways}"
            wrong.append((number, Problem(table.place(number, key), both(f"几份模板都有“{name}”，请写 {ways}", said))))
            continue
        if cells[key] and not name:
            hint = ""
            if len(wrong) < _MOST_HINTS:
                hint = near(cells[key], parameters.names) or prefills.near(cells[key])
            said = f"no template of the round has the issued cell or entry `{cells[key]}`{hint}"
            zh = f"“{cells[key]}”不是下发的格，也不是可预填的格"
            wrong.append((number, Problem(table.place(number, key), both(zh, said))))
        if blank or not name:
            continue
        before = found.get((cells[unit], name))
        if before is not None:
            said = both(f"第 {before[0]} 行已给出这个数", f"line {before[0]} gives this figure already")
            wrong.append((number, Problem(table.place(number, key), said)))
            continue
        taken: Value
        if parameters.find(name):
            taken, said_wrong = parameters.take(name, cells[value])
        else:
            taken, said_wrong = prefills.take(name, cells[value])
        wrong += ((number, Problem(table.place(number, value), said)) for said in said_wrong)
        found[cells[unit], name] = number, value, taken
    return found, wrong
