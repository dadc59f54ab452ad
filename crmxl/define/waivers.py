"""Waivers 特批: what was approved beyond a rule, by whom, why and until when, read from ``waivers.toml``.

Reads only. Whether a waiver covers a finding, has expired or is used by nobody is judged where the findings are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmxl.define.document import Fault, label, read_toml, refuse
from crmxl.define.policy import day_faults, days_as_text, near, read_limit
from crmxl.define.shape import shape_problems
from crmxl.errors import Problem
from crmxl.policy import Limit, Policy

WAIVERS = "waivers.toml"
"""Name of the file, in a round's folder or beside its policies."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One approval for one unit and one rule."""

    rule: str
    """Code of the rule."""
    unit: str
    """Code of the unit."""
    approver: str
    """Who approved it."""
    reason: str
    """Why."""
    until: str
    """ISO date of the last day on which it holds."""
    up_to: Limit | None = None
    """How far the rule's judged figure, its left side, may go; None: any distance was approved."""


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """The waivers in ``path``, in file order, at most one for a rule and unit.

    Raises DefinitionError with every problem in file order, CrmxlError when the file cannot be read.
    """
    document = days_as_text(read_toml(path), "until")
    refuse(path, document, shape_problems(document, "waivers"))
    waivers = tuple(map(_waiver, document["waiver"]))
    refuse(path, document, _faults(waivers))
    return waivers


def waivers_beside(
    folder: Path, units: set[str] | None, policies: Sequence[Policy]
) -> tuple[tuple[Waiver, ...], tuple[Problem, ...]]:
    """The waivers of the round in ``folder`` and of its own policies, and what they name in vain."""
    rules = {rule.code for policy in policies for rule in policy.rules}
    found: list[Waiver] = []
    problems: list[Problem] = []
    for path in (folder / WAIVERS, folder / "policies" / WAIVERS):
        for at, waiver in enumerate(load_waivers(path) if path.exists() else ()):
            place = f"{label(path)}: waiver[{at}]"
            if any((one.rule, one.unit) == (waiver.rule, waiver.unit) for one in found):
                problems.append(Problem(place, f"{waiver.rule} is waived for unit `{waiver.unit}` already; keep one"))
            if waiver.rule not in rules:
                message = f"no policy of the round has the rule `{waiver.rule}`{near(waiver.rule, rules)}"
                problems.append(Problem(f"{place}.rule", message))
            if units is not None and waiver.unit not in units:
                message = f"there is no unit `{waiver.unit}`{near(waiver.unit, units)}"
                problems.append(Problem(f"{place}.unit", message))
            found.append(waiver)
    return tuple(found), tuple(problems)


def _waiver(record: Mapping[str, Any]) -> Waiver:
    return Waiver(
        rule=record["rule"],
        unit=record["unit"],
        approver=record["approver"],
        reason=record["reason"],
        until=record["until"],
        up_to=read_limit(record["up_to"]) if "up_to" in record else None,
    )


def _faults(waivers: tuple[Waiver, ...]) -> Iterator[Fault]:
    first: dict[tuple[str, str], int] = {}
    for at, waiver in enumerate(waivers):
        before = first.setdefault((waiver.rule, waiver.unit), at)
        if before != at:
            yield Fault(("waiver", at), f"waiver[{before}] is for {waiver.rule} and unit `{waiver.unit}` too; keep one")
    yield from day_faults((("waiver", at, "until"), waiver.until) for at, waiver in enumerate(waivers))
