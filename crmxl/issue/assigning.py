"""What a round asks one unit to fill, from its records: template, policies with the unit's limits, layout, assignment.

The one way from records to a unit's workbook, so that making one and distributing all cannot differ. Pure; knows
nothing of files, of what was issued before, or of the ledger.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from crmxl.define.library import Library
from crmxl.define.policies import Policies, applicable
from crmxl.define.round import Round
from crmxl.expression import Value
from crmxl.issue.layout import lay_out_for
from crmxl.issue.phase import phase_even
from crmxl.issue.places import Layout
from crmxl.issue.stamp import Stamp, stamp_text
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key
from crmxl.money import plain
from crmxl.policy import Policy

PREFILLED = "prefilled"
"""Name of the prefilled entries among the fields."""
_ONLY_SAID = ("crmxl", "signature")
"""What a stamp has beyond what is asked: by which program, and who vouches."""
_SHAPING = {"version", "year", "parts", "first_month", "rows", "lang", "policies", "limits"}
"""Fields by which the layout's fingerprint differs too, which is then no news."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one unit is asked to fill."""

    layout: Layout
    assignment: Assignment
    fields: Mapping[str, Any]
    """The stamp's own fields, and what is prefilled, as JSON reads them back: equal where the same is asked."""
    signature: str
    """Of the stamp, by the round's key."""
    prefilled: Mapping[Key, Value]
    """Entries that stand in it when it goes out."""

    def workbook(self, secret: bytes) -> bytes:
        """The workbook as it goes out; raises WriteError beyond Excel's limits."""
        return write(self.layout, self.assignment, self.prefilled, secret=secret)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which two assignments differ."""

    name: str
    """``deadline``; ``parameters.<name>``, ``limits.<rule>.<name>`` of several values."""
    before: str
    """Empty where it was not there."""
    after: str


class Assigner:
    """A round with its definitions, each loaded once."""

    def __init__(self, records: Round, library: Library, policies: Policies) -> None:
        """The assigner of ``records``; ``library`` and ``policies`` are where their definitions are found."""
        self.records, self._library, self._policies = records, library, policies
        self._rules: dict[str, tuple[Policy, ...]] = {}

    def ask(self, unit: str, template_name: str) -> Asked:
        """What the round asks the unit to fill in the template ``id@version``.

        Raises CrmxlError for a unit or template that is not there, DefinitionError where it cannot be laid out.
        """
        records, template = self.records, self._library.load(template_name)
        if template_name not in self._rules:
            self._rules[template_name] = applicable(template, map(self._policies.load, records.policies))
        rules = tuple(records.policy_for(unit, policy) for policy in self._rules[template_name])
        given = records.assignment(unit, template)
        layout = lay_out_for(template, given, rules)
        names = tuple(rule.name for rule in rules)
        entries = records.unit(unit).prefilled_in(template.id)
        there = {cell.key for cell in layout.inputs} if entries else set[Key]()
        prefilled = {name: value for name, value in entries.items() if name in there}
        if prefilled and records.phase == "even":
            prefilled = phase_even(layout, prefilled)
        return asked(layout, replace(given, parts=layout.parts, policies=names), records.key, prefilled)


def asked(layout: Layout, assignment: Assignment, key: bytes, prefilled: Mapping[Key, Value] | None = None) -> Asked:
    """``assignment`` on ``layout``, with what its stamp says, and what stands in it already."""
    template = layout.template
    stamp = Stamp(template.id, template.version, layout.fingerprint, assignment)
    said = json.loads(stamp_text(stamp, key))
    fields = {name: value for name, value in said.items() if name not in _ONLY_SAID}
    entries = dict(prefilled or {})
    if entries:
        fields[PREFILLED] = {name: _written(value) for name, value in sorted(entries.items())}
    return Asked(layout, assignment, fields, said["signature"], entries)


def _written(value: Value) -> str:
    return plain(value) if isinstance(value, Fraction) else str(value)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """The fields in which two stamps' fields differ, by name; the fingerprint only where nothing explains it."""
    old, new = dict(_flat(before)), dict(_flat(after))
    names = [name for name in sorted({*old, *new}) if old.get(name, "") != new.get(name, "")]
    if any(name.partition(".")[0] in _SHAPING for name in names):
        names = [name for name in names if name != "fingerprint"]
    return tuple(Difference(name, old.get(name, ""), new.get(name, "")) for name in names)


def _flat(fields: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{within}{name}.")
        else:
            yield f"{within}{name}", "、".join(map(str, value)) if isinstance(value, list) else str(value)
