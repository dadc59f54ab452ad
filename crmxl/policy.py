"""Policy as data: rules with their limits, sets of lines, words. Types only; ``define/policy.py`` loads them.

A rule's one ``assertion`` is the live row of 校验 in the unit's workbook and the verdict at the group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from crmxl.model import Key, Severity, Text


class Status(StrEnum):
    """Whether a rule is in force."""

    ACTIVE = "active"
    TRIAL = "trial"
    """Being tried out: only ever a warning, so that it cannot block a round."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A parameter of a rule."""

    value: Fraction
    """Exact."""
    text: str
    """As written, such as ``0.5‰``; shown in messages."""


@dataclass(frozen=True, slots=True)
class LineSet:
    """Named lines, so that rules need not list codes; a line is in it if any criterion takes it and none drops it."""

    id: str
    """ASCII identifier; ``<id>@amount`` in expressions."""
    title: Text
    """What these lines have in common."""
    codes: tuple[str, ...] = ()
    """Line codes, or ``1.2.*`` for every line under a code; ``*`` for all; a list sheet's id for all its rows."""
    tags: tuple[str, ...] = ()
    """Tags of lines."""
    without: tuple[str, ...] = ()
    """Codes that are not in it after all, written as in ``codes``."""
    without_tags: tuple[str, ...] = ()
    """Tags whose lines are not in it after all."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a policy."""

    code: str
    """``P`` and three digits, or more; never reused."""
    name: str
    """Short English name for programs."""
    severity: Severity
    """Error blocks, warning may be submitted, info is told."""
    assertion: str
    """One comparison ``x <= bound``, or a band ``low <= x <= high``, as source text."""
    title: Text
    """What the policy says."""
    message: Text
    """What is told where it does not hold; placeholders ``{left} {right} {excess}`` and any name of the expression."""
    fix: Text
    """What to do; the same placeholders."""
    applies_to: tuple[str, ...] = ()
    """Templates: an id for all its versions, or ``id@version``; empty: every template in which its names mean
    something.
    """
    status: Status = Status.ACTIVE
    """In force or on trial."""
    scope: Literal["unit", "subtree"] = "unit"
    """``unit``: live and at the group; ``subtree``: a unit with its children, at the group only."""
    limits: Mapping[str, Limit] = field(default_factory=dict, hash=False)
    """Parameters by name; a round may override them by unit type."""
    by_line: Mapping[str, Mapping[str, Limit]] = field(default_factory=dict, hash=False)
    """Parameters that differ from line to line, by line code: min and max of each line."""
    each: str = ""
    """Name of a set: the assertion is asked of each of its lines, bare names being the line's own columns."""
    when: str = ""
    """Condition under which it is asked at all."""
    at: Key = ""
    """Where the finding points, if not at the first cell that the left side reads."""
    headline: bool = False
    """Whether what is left of the bound stands in every data sheet's frozen header while people type."""
    clause: str = ""
    """Clause of the policy document."""
    valid_from: str = ""
    """ISO date from which it is in force; empty: always. Compared with the last day of the budget year."""
    valid_to: str = ""
    """ISO date until which it is in force; empty: always. Compared with the first day of the budget year."""

    @property
    def effective(self) -> Severity:
        """Its severity, never more than a warning on trial."""
        if self.status is Status.TRIAL and self.severity is Severity.ERROR:
            return Severity.WARNING
        return self.severity

    def in_force(self, year: int) -> bool:
        """Whether it is in force at some time in the budget year."""
        return (not self.valid_from or self.valid_from <= f"{year}-12-31") and (
            not self.valid_to or self.valid_to >= f"{year}-01-01"
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document."""

    id: str
    """Name of its file."""
    version: int
    """Counted from 1."""
    title: Text
    """Name of the document."""
    rules: tuple[Rule, ...]
    """In the order of the document."""
    sets: Mapping[str, LineSet] = field(default_factory=dict, hash=False)
    """Named sets by id."""

    @property
    def name(self) -> str:
        """Id and version, such as ``group-customer-relations@1``."""
        return f"{self.id}@{self.version}"

    def limited(self, own: Mapping[str, Mapping[str, Limit]]) -> Policy:
        """This policy with other limits, by rule code and name."""
        rules = (replace(rule, limits={**rule.limits, **own.get(rule.code, {})}) for rule in self.rules)
        return replace(self, rules=tuple(rules))
