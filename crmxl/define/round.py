"""A round: ``round.toml`` and ``units.csv`` of one folder into types, refused with every mistake.

What a round issues to whom, by what it judges and who reviews. The ledger and what comes back are the group's; the
definitions that a round names are loaded here only to see whether its parameters and limits mean something in them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from crmxl.define.asking import (
    GROUP,
    ROLES,
    Issue,
    Review,
    asking_faults,
    issues_of,
    named_templates,
    reviews_of,
    template_faults,
)
from crmxl.define.document import Fault, Trail, label, read_toml, refuse
from crmxl.define.library import Library
from crmxl.define.parameters import issued, parameter
from crmxl.define.policies import Policies, override_faults, shipped
from crmxl.define.policy import day_faults, days_as_text, near, read_limit
from crmxl.define.shape import shape_problems
from crmxl.define.sizes import differing
from crmxl.define.unit_tree import by_parent
from crmxl.define.units import FIGURES, UNITS, Unit, read_units
from crmxl.define.units_table import Table, csv_table
from crmxl.define.waivers import Waiver, waivers_beside
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.model import Assignment, Lang, Template, Text
from crmxl.policy import Limit, Policy
from crmxl.resources import folder as resource

__all__ = ["ROUND", "UNITS", "Issue", "Review", "Round", "Unit", "load_round", "policies_beside", "round_library"]

ROUND = "round.toml"
"""Name of the file that makes a folder a round."""
SHORTEST_KEY = 16
"""Bytes of the secret: 128 bits, below which a signature could be guessed."""
_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}\Z")


@dataclass(frozen=True)
class Round:
    """A budget round 预算编制轮次."""

    name: str
    year: int
    stage: str
    """一上, 二上 …; may be empty."""
    templates: tuple[str, ...]
    """All that are issued to anybody, ``id@version``, the newest where the file names none; policies too."""
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
    issues: tuple[Issue, ...] = ()
    """Who gets which of the templates; none says that every unit gets each."""
    reviews: tuple[Review, ...] = ()
    """Who reviews; the first that fits a unit's type counts."""
    roles: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The round's own titles of roles."""
    ledger: str = ""
    """URL of the database that keeps the ledger; empty: a file in the folder."""
    warnings: tuple[Problem, ...] = ()
    """What somebody should look at in the units file: it counts as it stands."""

    @property
    def shown(self) -> str:
        """The name with the stage, for people; a name that says its stage is enough."""
        return whole_name(self.name, self.stage)

    @cached_property
    def by_code(self) -> Mapping[str, Unit]:
        """Units by code."""
        return {unit.code: unit for unit in self.units}

    def unit(self, code: str) -> Unit:
        """The unit with this code; raises CrmxlError with the code near it where there is none."""
        if code not in self.by_code:
            raise CrmxlError(
                f"{label(self.folder / UNITS)}: 没有单位“{code}” · there is no unit `{code}`{near(code, self.by_code)}"
            )
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
        return by_parent(self.units)

    def issues_for(self, unit: Unit) -> tuple[Issue, ...]:
        """What the unit is given, in the order of ``templates``."""
        return self._issues_of(unit.type)

    def asks(self, unit_code: str, template_id: str) -> bool:
        """Whether the unit is to fill the template, named with or without its version; no unknown unit is."""
        unit, id = self.by_code.get(unit_code), template_id.partition("@")[0]
        return unit is not None and any(one.template.partition("@")[0] == id for one in self._issues_of(unit.type))

    def _issues_of(self, type: str) -> tuple[Issue, ...]:
        found = self._by_type.get(type)
        if found is None:
            every = self.issues or tuple(map(Issue, self.templates))
            found = tuple(one for one in every if not one.unit_types or type in one.unit_types)
            self._by_type[type] = found
        return found

    @cached_property
    def _by_type(self) -> dict[str, tuple[Issue, ...]]:
        return {}

    def roles_for(self, unit: Unit) -> tuple[str, ...]:
        """Who reviews what the unit sends, in order."""
        fitting = (one.roles for one in self.reviews if not one.unit_types or unit.type in one.unit_types)
        return next(fitting, (GROUP,))

    def role_title(self, role: str) -> Text:
        """What a role is called; its id where nobody said."""
        own = self.roles.get(role)
        return Text(own) if own else ROLES.get(role, Text(role))

    def assignment(self, unit_code: str, template: Template) -> Assignment:
        """What the unit is asked to fill in ``template``: its own parts and parameters as far as they are there."""
        unit = self.unit(unit_code)
        there = {section.part for sheet in template.sheets for section in sheet.sections}
        own = {name if "@" in name else f"{name}@value": value for name, value in unit.parameters.items()}
        taken = issued(template)
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
            rows=differing(template, unit.rows),
            parameters={parameter(key): value for key, value in own.items() if key in taken},
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


def whole_name(name: str, stage: str) -> str:
    """What a round is called, with its stage unless the name ends with it."""
    return name if not stage or name.endswith(stage) else f"{name} {stage}"


def round_library(folder: Path) -> Library:
    """The templates of the round in ``folder``: its own ``templates/`` before the shipped ones."""
    return Library(own, resource("templates")) if (own := folder / "templates").is_dir() else Library()


def policies_beside(folder: Path) -> Policies:
    """The policies of a round, or of own templates, in ``folder``: its ``policies/`` before the shipped ones."""
    return Policies(own, shipped()) if (own := folder / "policies").is_dir() else Policies()


def load_round(folder: Path, library: Library | None = None, policies: Policies | None = None) -> Round:
    """The round in ``folder``, sound in itself and with the templates and policies that it names.

    Raises DefinitionError with every problem, its line and column in units.csv; CrmxlError when a file cannot be
    read or a template or policy is not there. Definitions are looked for in the round's folder, then the shipped ones.
    """
    document = read_toml(folder / ROUND)
    figures = folder / FIGURES
    return compose(
        folder,
        document,
        lambda: csv_table(folder / UNITS),
        lambda: csv_table(figures) if figures.exists() else None,
        (library or round_library(folder)).load,
        (policies or policies_beside(folder)).load,
    )


def compose(
    folder: Path,
    document: Mapping[str, Any],
    units: Callable[[], Table],
    figures: Callable[[], Table | None],
    template: Callable[[str], Template],
    policy: Callable[[str], Policy],
    key: bytes | None = None,
) -> Round:
    """The round that round.toml, ``document``, and its tables make: ``load_round`` before there is a folder.

    ``template`` and ``policy`` give what it names; ``key`` is the secret where it is not yet in a file. Raises as
    ``load_round`` does.
    """
    path = folder / ROUND
    document = days_as_text(document, "deadline")
    refuse(path, document, shape_problems(document, "round"))
    templates, faults = _load(named_templates(document), template)
    named = [(("policies", at), name) for at, name in enumerate(document.get("policies", ()))]
    judging, unknown = _load(named, policy)
    refuse(path, document, (*faults, *unknown, *template_faults(document, templates)))
    listed = read_units(units(), figures(), [template for _, template in templates])
    types = None if listed.problems else {unit.type for unit in listed.units}
    if key is None:
        key, faults = _key(folder, document.get("key_file", ""))
    issues = issues_of(document, templates, document.get("lang", "zh"))
    deadline = document.get("deadline", "")
    faults += day_faults([(("deadline",), deadline)] if _DAY.match(deadline) else [])
    faults += override_faults(document.get("limits", {}), [policy for _, policy in judging], types)
    faults += asking_faults(document, issues, types)
    codes = None if listed.problems else {unit.code for unit in listed.units}
    waivers, wrong = waivers_beside(folder, codes, [policy for _, policy in judging])
    problems = (*listed.problems, *wrong)
    try:
        refuse(path, document, faults)
    except DefinitionError as error:
        problems = (*error.problems, *problems)
    if problems:
        raise DefinitionError(problems)
    return Round(
        **{name: document.get(name, "") for name in ("name", "year", "stage", "contact", "deadline", "ledger")},
        **{name: document[name] for name in ("phase", "lang", "parent_amount", "roles") if name in document},
        templates=tuple(template.name for _, template in templates),
        policies=tuple(policy.name for _, policy in judging),
        units=listed.units,
        limits={
            rule: {kind: {name: read_limit(value) for name, value in values.items()} for kind, values in kinds.items()}
            for rule, kinds in document.get("limits", {}).items()
        },
        key=key,
        folder=folder,
        waivers=waivers,
        issues=issues,
        reviews=reviews_of(document),
        warnings=listed.warnings,
    )


_Named = TypeVar("_Named")


def _load(
    named: Sequence[tuple[Trail, str]], load: Callable[[str], _Named]
) -> tuple[list[tuple[Trail, _Named]], list[Fault]]:
    """The definitions that the round names, each with its place, and a fault at each place where there is none."""
    found, faults = [], []
    for trail, name in named:
        try:
            found.append((trail, load(name)))
        except DefinitionError:
            raise
        except CrmxlError as error:
            faults.append(Fault(trail, str(error)))
    return found, faults


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
