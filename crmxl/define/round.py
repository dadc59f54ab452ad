"""A hand-written round: ``round.toml`` and ``units.csv`` of one folder into types, refused with every mistake.

What a round issues and by what it judges. The ledger and what comes back are the group's; the definitions that a
round names are loaded here only to see whether its parameters and limits mean something in them.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from crmxl.define.document import Fault, label, read_toml, refuse
from crmxl.define.entries import take_entries
from crmxl.define.library import Library
from crmxl.define.policies import Policies, override_faults, shipped
from crmxl.define.policy import day_faults, days_as_text, near, read_limit
from crmxl.define.rows import rows
from crmxl.define.shape import shape_problems
from crmxl.define.waivers import Waiver, waivers_beside
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.model import Assignment, Key, Lang, Template, Type
from crmxl.policy import Limit, Policy
from crmxl.resources import folder as resource

ROUND, UNITS = "round.toml", "units.csv"
"""Names of a round's files."""
COLUMNS = ("code", "name", "parent", "type", "recipient", "parts", "first_month")
"""Columns of units.csv that are no issued parameters; code and name must be there."""
SHORTEST_KEY = 16
"""Bytes of the secret: 128 bits, below which a signature could be guessed."""
_BETWEEN = re.compile(r"[;,；，、\s]+")
_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}\Z")
_UNFIT = '<>:"/\\|?*'
"""Signs that a file name cannot have on every system; unit codes become parts of file names."""


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
    """Region, city, department …, as the units file names it; limits may differ by it."""
    recipient: str = ""
    """Who gets the workbook."""
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Issued parameters by field id, or by key for issued columns, exact; what is blank is not there."""
    parts: tuple[str, ...] = ()
    """Chosen parts; empty means the template's own choice."""
    first_month: int = 1
    """First month of a part-year."""


@dataclass(frozen=True)
class Round:
    """A budget round 预算编制轮次."""

    name: str
    year: int
    stage: str
    """一上, 二上 …; may be empty."""
    templates: tuple[str, ...]
    """``id@version``, the newest where the file names none; policies too."""
    policies: tuple[str, ...]
    deadline: str
    """ISO date or words; may be empty."""
    contact: str
    units: tuple[Unit, ...]
    """In the order of the units file."""
    limits: Mapping[str, Mapping[str, Mapping[str, Limit]]] = field(hash=False)
    """Overridden limits by rule code, unit type and name."""
    key: bytes = field(repr=False)
    """The secret by which stamps are signed; empty where there is none. Never printed."""
    folder: Path
    waivers: tuple[Waiver, ...] = ()
    """Approvals beyond rules, the round's own and those beside its policies."""
    phase: Literal["none", "even"] = "none"
    """How prefilled amounts are split into months."""
    lang: Lang = "zh"
    parent_amount: Literal["own", "sum"] = "own"
    """``own``: a parent's amounts are added to its children's; ``sum``: compared with them, never added."""

    @cached_property
    def by_code(self) -> Mapping[str, Unit]:
        """Units by code."""
        return {unit.code: unit for unit in self.units}

    def unit(self, code: str) -> Unit:
        """The unit with this code; raises CrmxlError with the code near it where there is none."""
        if code not in self.by_code:
            raise CrmxlError(f"{label(self.folder / UNITS)}: there is no unit `{code}`{near(code, self.by_code)}")
        return self.by_code[code]

    def children(self, code: str) -> tuple[Unit, ...]:
        """The units right below ``code``; the topmost ones for the empty code."""
        return self._below.get(code, ())

    def descendants(self, code: str) -> tuple[Unit, ...]:
        """All units below ``code``, level by level."""
        found = list(self.children(code))
        for unit in found:
            found.extend(self.children(unit.code))
        return tuple(found)

    @cached_property
    def _below(self) -> Mapping[str, tuple[Unit, ...]]:
        parents = {unit.parent for unit in self.units}
        return {code: tuple(unit for unit in self.units if unit.parent == code) for code in parents}

    def assignment(self, unit_code: str, template: Template) -> Assignment:
        """What the unit is asked to fill in ``template``: its own parts and parameters as far as they are there."""
        unit = self.unit(unit_code)
        there = {section.part for sheet in template.sheets for section in sheet.sections}
        issued = set(map(_parameter, _issued(template)))
        return Assignment(
            unit=unit.code,
            unit_name=unit.name,
            year=self.year,
            round=self.name,
            stage=self.stage,
            deadline=self.deadline,
            contact=self.contact,
            parts=tuple(part for part in unit.parts if part in there),
            first_month=unit.first_month,
            parameters={name: value for name, value in unit.parameters.items() if name in issued},
            lang=self.lang,
            policies=self.policies,
            limits={rule: {name: one.text for name, one in own.items()} for rule, own in self.overrides(unit).items()},
        )

    def overrides(self, unit: Unit) -> dict[str, Mapping[str, Limit]]:
        """The round's own limits for units of this type, by rule and name."""
        return {rule: by_type[unit.type] for rule, by_type in self.limits.items() if unit.type in by_type}

    def policy_for(self, unit_code: str, policy: Policy) -> Policy:
        """``policy`` with the limits that the round has for units of this type."""
        return policy.limited(self.overrides(self.unit(unit_code)))


def round_library(folder: Path) -> Library:
    """The templates of the round in ``folder``: its own ``templates/`` before the shipped ones."""
    return Library(own, resource("templates")) if (own := folder / "templates").is_dir() else Library()


def round_policies(folder: Path) -> Policies:
    """The policies of the round in ``folder``: its own ``policies/`` before the shipped ones."""
    return Policies(own, shipped()) if (own := folder / "policies").is_dir() else Policies()


def load_round(folder: Path, library: Library | None = None, policies: Policies | None = None) -> Round:
    """The round in ``folder``, sound in itself and with the templates and policies that it names.

    Raises DefinitionError with every problem, its line and column in units.csv; CrmxlError when a file cannot be
    read or a template or policy is not there. Definitions are looked for in the round's folder, then the shipped ones.
    """
    path = folder / ROUND
    document = days_as_text(read_toml(path), "deadline")
    refuse(path, document, shape_problems(document, "round"))
    templates = _load(path, document, "templates", (library or round_library(folder)).load)
    judging = _load(path, document, "policies", (policies or round_policies(folder)).load)
    units, problems = _units(folder / UNITS, templates)
    key, faults = _key(folder, document.get("key_file", ""))
    deadline = document.get("deadline", "")
    faults += day_faults([(("deadline",), deadline)] if _DAY.match(deadline) else [])
    faults += override_faults(document.get("limits", {}), judging, None if problems else {unit.type for unit in units})
    waivers, wrong = waivers_beside(folder, None if problems else {unit.code for unit in units}, judging)
    try:
        refuse(path, document, faults)
    except DefinitionError as error:
        problems = [*error.problems, *problems]
    if problems or wrong:
        raise DefinitionError((*problems, *wrong))
    return Round(
        **{name: document.get(name, "") for name in ("name", "year", "stage", "contact", "deadline")},
        **{name: document[name] for name in ("phase", "lang", "parent_amount") if name in document},
        templates=tuple(template.name for template in templates),
        policies=tuple(policy.name for policy in judging),
        units=tuple(units),
        limits={
            rule: {kind: {name: read_limit(value) for name, value in values.items()} for kind, values in kinds.items()}
            for rule, kinds in document.get("limits", {}).items()
        },
        key=key,
        folder=folder,
        waivers=waivers,
    )


_Named = TypeVar("_Named")


def _load(path: Path, document: Mapping[str, Any], what: str, load: Callable[[str], _Named]) -> list[_Named]:
    """The definitions that the round names, refused at their place where there are none."""
    found, faults = [], []
    for at, name in enumerate(document.get(what, ())):
        try:
            found.append(load(name))
        except DefinitionError:
            raise
        except CrmxlError as error:
            faults.append(Fault((what, at), str(error)))
    refuse(path, document, faults)
    return found


def _key(folder: Path, name: str) -> tuple[bytes, list[Fault]]:
    """The secret, without the line end that an editor adds, and what is wrong with it."""
    if not name:
        return b"", []
    try:
        key = (folder / name).read_bytes().rstrip(b"\r\n")
    except OSError as error:
        return b"", [Fault(("key_file",), f"`{name}` cannot be read ({error.strerror})")]
    if len(key) < SHORTEST_KEY:
        return b"", [Fault(("key_file",), f"`{name}` has {len(key)} bytes; a secret has at least {SHORTEST_KEY}")]
    return key, []


# -- units.csv ---------------------------------------------------------------------------------------------------


class _Cell(NamedTuple):
    """An issued field, as entries.py fills it."""

    type: Type
    choices: tuple[str, ...]
    role: str = "issued"


class _Form(NamedTuple):
    """The issued fields of a template, as entries.py fills them."""

    template: Template
    cells: Mapping[Key, _Cell]
    lang: Lang = "en"


def _issued(template: Template) -> dict[Key, _Cell]:
    """What the group gives: issued fields, and cells of issued columns."""
    fields = {f"{one.id}@value": one.column for sheet in template.sheets for one in sheet.fields if one.issued}
    leaves = (row for row in rows(template) if row.leaf)
    cells = {f"{row.code}@{id}": column for row in leaves for id, column in row.columns.items() if column.issued}
    return {key: _Cell(column.type, column.choices) for key, column in {**fields, **cells}.items()}


def _parameter(key: Key) -> str:
    """How units.csv and assignments call it: a field by its id, a cell by its key."""
    return key.removesuffix("@value")


def _units(path: Path, templates: list[Template]) -> tuple[list[Unit], list[Problem]]:
    """The units, and every problem with its line and column."""
    name = label(path)
    forms = [_Form(template, _issued(template)) for template in templates]
    parameters = tuple(dict.fromkeys(_parameter(key) for form in forms for key in form.cells))
    parts = {section.part for template in templates for sheet in template.sheets for section in sheet.sections}
    header, lines, problems = _table(path, name)
    problems += _header_problems(header, parameters, f"{name}: header") if header else []
    if problems:
        return [], problems
    units = []
    for number, cells in lines:
        unit, wrong = _unit(cells, forms, parts)
        units.append(unit)
        problems += (Problem(f"{name}: line {number}, column {column}", said) for column, said in wrong)
    if not lines:
        problems.append(Problem(name, "there are no units; give a line for each"))
    tree = _tree_faults(units, [number for number, _ in lines])
    return units, [
        *problems,
        *(Problem(f"{name}: line {number}, column {column}", said) for number, column, said in tree),
    ]


def _table(path: Path, name: str) -> tuple[list[str], list[tuple[int, dict[str, str]]], list[Problem]]:
    """Header, then each line's number and stripped cells by column; blank lines are left out."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CrmxlError(f"{name}: cannot be read ({error.strerror})") from error
    text = _decode(raw)
    if text is None:
        return [], [], [Problem(name, "is neither UTF-8 nor GBK text; save it as CSV UTF-8")]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    lines: list[tuple[int, dict[str, str]]] = []
    problems: list[Problem] = []
    number, width = 1, 0
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not header:
                width = len(cells)  # a blank cell more than the header has is a comma typed into another cell
                header = cells[: max((at for at, cell in enumerate(cells, 1) if cell), default=0)]
            elif any(cells):
                if not len(header) <= len(cells) <= width or any(cells[len(header) :]):
                    said = f"has {len(cells)} cells, the header {len(header)}; put quotes around a comma in a cell"
                    problems.append(Problem(f"{name}: line {number}", said))
                lines.append((number, dict(zip(header, cells, strict=False))))
            number = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(f"{name}: line {number}", f"this is not CSV: {error}"))
    if not header and not problems:
        problems.append(Problem(name, f"is empty; its first line is {', '.join(COLUMNS[:5])} …"))
    return header, lines, problems


def _decode(raw: bytes) -> str | None:
    """The text: UTF-8 with or without a mark, else GBK (and GB18030), in which Excel saves CSV in China."""
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))  # UTF-16, which GB18030 might take for other words
    for encoding in () if wide else ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return None


def _header_problems(header: list[str], parameters: tuple[str, ...], place: str) -> list[Problem]:
    known = (*COLUMNS, *parameters)
    problems = [
        Problem(place, f"the column `{name}` stands twice")
        for name, n in Counter(filter(None, header)).items()
        if n > 1
    ]
    for at, name in enumerate(header, 1):
        if not name:
            problems.append(Problem(place, f"column {at} has no name"))
        elif name not in known:
            said = f"the column `{name}` is no parameter that the round's templates take{near(name, known)}"
            problems.append(Problem(place, f"{said} (known: {', '.join(known)})"))
    # Issued cells of lines, which have an @, may keep what the template gives.
    missing = [name for name in ("code", "name", *parameters) if name not in header and "@" not in name]
    return [*problems, *(Problem(place, f"the column `{name}` is missing") for name in missing)]


def _unit(cells: Mapping[str, str], forms: list[_Form], parts: set[str]) -> tuple[Unit, list[tuple[str, str]]]:
    """The unit of one line, and what is wrong in it as column and words."""
    wrong: list[tuple[str, str]] = []
    for name in COLUMNS[:5]:
        hidden = [char for char in cells.get(name, "") if unicodedata.category(char) in ("Cc", "Cf")]
        wrong += ((name, f"has the invisible sign U+{ord(char):04X}; type it again") for char in hidden[:1])
    wrong += ((name, "is blank") for name in ("code", "name") if not cells[name])
    if any(char in _UNFIT or char.isspace() for char in cells["code"]):
        wrong.append(("code", f"found `{cells['code']}`; a code has no spaces and none of {' '.join(_UNFIT)}"))
    chosen = tuple(part for part in _BETWEEN.split(cells.get("parts", "")) if part)
    wrong += (("parts", f"no section has the part `{part}`{near(part, parts)}") for part in chosen if part not in parts)
    month = cells.get("first_month") or "1"
    if not re.fullmatch("[1-9]|1[0-2]", month, re.ASCII):
        wrong.append(("first_month", f"found `{month}`; must be a month from 1 to 12"))
        month = "1"
    parameters: dict[str, str] = {}
    for form in forms:
        for key in form.cells:
            name = _parameter(key)
            try:
                taken = take_entries({key: cells.get(name, "")}, form, name)[1]
                parameters |= dict.fromkeys([name] if taken else [], *taken.values())
            except DefinitionError as error:
                wrong += ((name, problem.message) for problem in error.problems)
    plain = {name: cells.get(name, "") for name in COLUMNS[:5]}
    unit = Unit(**plain, parameters=parameters, parts=chosen, first_month=int(month))
    return unit, list(dict.fromkeys(wrong))


def _tree_faults(units: list[Unit], numbers: list[int]) -> Iterator[tuple[int, str, str]]:
    """Codes that stand twice, parents that there are not, and circles, as line, column and words."""
    first: dict[str, int] = {}
    for at, unit in enumerate(units):
        before = first.setdefault(unit.code.casefold(), at) if unit.code else at
        if before != at:
            alike = "stands" if units[before].code == unit.code else f"differs only in case from `{units[before].code}`"
            yield numbers[at], "code", f"`{unit.code}` {alike} already in line {numbers[before]}"
    parents = {unit.code: unit.parent for unit in reversed(units)}
    done: set[str] = set()
    for at, unit in enumerate(units):
        if unit.parent and unit.parent not in parents:
            yield numbers[at], "parent", f"there is no unit `{unit.parent}`{near(unit.parent, parents)}"
        chain = [unit.code]
        while chain[-1] not in done and parents.get(chain[-1]) and parents[chain[-1]] not in chain:
            chain.append(parents[chain[-1]])
        above = parents.get(chain[-1], "")
        if chain[-1] not in done and above in chain:
            circle = [*chain[chain.index(above) :], above]
            yield numbers[at], "parent", f"a unit cannot be above itself: {' under '.join(circle)}"
        done.update(chain)
