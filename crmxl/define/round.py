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
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from crmxl.define.document import Fault, Trail, label, read_toml, refuse
from crmxl.define.entries import take_entries
from crmxl.define.library import Library
from crmxl.define.policies import WAIVERS, Policies, shipped
from crmxl.define.policy import day_faults, days_as_text, near, read_limit
from crmxl.define.shape import shape_problems
from crmxl.define.waivers import Waiver, load_waivers
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
    """Issued parameters by field id, exact; what is blank in the units file is not there."""
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
    """Ids, or ``id@version``, as written."""
    policies: tuple[str, ...]
    """Ids, or ``id@version``, as written."""
    deadline: str
    """ISO date or words; may be empty."""
    contact: str
    """Whom to ask; may be empty."""
    units: tuple[Unit, ...]
    """In the order of the units file."""
    limits: Mapping[str, Mapping[str, Mapping[str, Limit]]] = field(hash=False)
    """Overridden limits by rule code, unit type and name."""
    key: bytes = field(repr=False)
    """The secret by which stamps are signed; empty where there is none. Never printed."""
    folder: Path
    """Where the round stands."""
    waivers: tuple[Waiver, ...] = ()
    """Approvals beyond rules, the round's own and those beside its policies."""
    phase: Literal["none", "even"] = "none"
    """How prefilled amounts are split into months."""
    lang: Lang = "zh"
    """Language of the workbooks."""
    parent_amount: Literal["own", "sum"] = "own"
    """``own``: a parent's amounts are added to its children's; ``sum``: compared with them, never added."""

    @cached_property
    def by_code(self) -> Mapping[str, Unit]:
        """Units by code."""
        return MappingProxyType({unit.code: unit for unit in self.units})

    def unit(self, code: str) -> Unit:
        """The unit with this code; raises CrmxlError with the code near it where there is none."""
        if code not in self.by_code:
            raise CrmxlError(f"{label(self.folder / UNITS)}: there is no unit `{code}`{near(code, self.by_code)}")
        return self.by_code[code]

    def children(self, code: str) -> tuple[Unit, ...]:
        """The units right below ``code``; the topmost ones for the empty code."""
        return self._below.get(code, ())

    def descendants(self, code: str) -> tuple[Unit, ...]:
        """All units below ``code``, each before its own children."""
        found: list[Unit] = []
        waiting = list(reversed(self.children(code)))
        while waiting:
            found.append(waiting.pop())
            waiting.extend(reversed(self.children(found[-1].code)))
        return tuple(found)

    @cached_property
    def _below(self) -> Mapping[str, tuple[Unit, ...]]:
        below: dict[str, list[Unit]] = {}
        for unit in self.units:
            below.setdefault(unit.parent, []).append(unit)
        return {code: tuple(units) for code, units in below.items()}

    def assignment(self, unit_code: str, template: Template) -> Assignment:
        """What the unit is asked to fill in ``template``: its own parts and parameters as far as they are there.

        Raises CrmxlError where there is no such unit.
        """
        unit = self.unit(unit_code)
        there = {section.part for sheet in template.sheets for section in sheet.sections}
        issued = {one.id for sheet in template.sheets for one in sheet.fields if one.issued}
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
        )

    def policy_for(self, unit_code: str, policy: Policy) -> Policy:
        """``policy`` with the limits that the round has for units of this type."""
        kind = self.unit(unit_code).type
        rules = (
            replace(rule, limits={**rule.limits, **self.limits.get(rule.code, {}).get(kind, {})})
            for rule in policy.rules
        )
        return replace(policy, rules=tuple(rules))


def round_library(folder: Path) -> Library:
    """The templates of the round in ``folder``: its own ``templates/`` before the shipped ones."""
    own = folder / "templates"
    return Library(own, resource("templates")) if own.is_dir() else Library()


def round_policies(folder: Path) -> Policies:
    """The policies of the round in ``folder``: its own ``policies/`` before the shipped ones."""
    own = folder / "policies"
    return Policies(own, shipped()) if own.is_dir() else Policies()


def load_round(folder: Path, library: Library | None = None, policies: Policies | None = None) -> Round:
    """The round in ``folder``, sound in itself and with the templates and policies that it names.

    Raises DefinitionError with every problem, its line and column in units.csv; CrmxlError when a file cannot be
    read or a template or policy is not there. Definitions are looked for in the round's folder, then the shipped ones.
    """
    path = folder / ROUND
    document = days_as_text(read_toml(path), "deadline")
    refuse(path, document, shape_problems(document, "round"))
    templates = _load(path, document, "templates", library or round_library(folder))
    judging = _load(path, document, "policies", policies or round_policies(folder))
    units, problems = _units(folder / UNITS, templates)
    key, faults = _key(folder, document.get("key_file", ""))
    deadline = document.get("deadline", "")
    faults += day_faults([(("deadline",), deadline)] if _DAY.match(deadline) else [])
    faults += _limit_faults(document.get("limits", {}), judging, None if problems else {unit.type for unit in units})
    waivers, wrong = _waivers(folder, None if problems else {unit.code for unit in units}, judging)
    try:
        refuse(path, document, faults)
    except DefinitionError as error:
        problems = [*error.problems, *problems]
    if problems or wrong:
        raise DefinitionError((*problems, *wrong))
    return Round(
        **{name: document.get(name, "") for name in ("name", "year", "stage", "contact")},
        **{name: document[name] for name in ("phase", "lang", "parent_amount") if name in document},
        templates=tuple(document["templates"]),
        policies=tuple(document.get("policies", ())),
        deadline=deadline,
        units=tuple(units),
        limits={
            rule: {kind: {name: read_limit(value) for name, value in values.items()} for kind, values in kinds.items()}
            for rule, kinds in document.get("limits", {}).items()
        },
        key=key,
        folder=folder,
        waivers=waivers,
    )
