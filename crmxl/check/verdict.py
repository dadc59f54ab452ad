"""A report: what checking one file gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from crmxl.expression import Value
from crmxl.model import Finding, Key, Severity
from crmxl.receive.submission import Submission


class Verdict(StrEnum):
    """The outcome for one file, as ``validate --format json`` has it."""

    OK = "ok"
    WARNINGS = "warnings"
    ERRORS = "errors"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Report:
    """One file's submission and findings."""

    submission: Submission
    findings: tuple[Finding, ...] = ()
    """In the order of stages, then of sheets and cells."""
    values: Mapping[Key, Value] = field(default_factory=dict)
    """Every input as converted and every calculated cell as recomputed from them; exact 元."""

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings."""
        severities = {finding.severity for finding in self.findings}
        if self.submission.layout is None:
            return Verdict.UNREADABLE
        if Severity.ERROR in severities:
            return Verdict.ERRORS
        return Verdict.WARNINGS if Severity.WARNING in severities else Verdict.OK

    @property
    def blocked(self) -> bool:
        """Whether the submission must not count."""
        return self.verdict in (Verdict.ERRORS, Verdict.UNREADABLE)

    @property
    def total(self) -> Fraction | None:
        """The template's total as recomputed, in 元; None where it cannot be."""
        layout = self.submission.layout
        value = self.values.get(layout.template.total) if layout else None
        return value if isinstance(value, Fraction) else None

    @property
    def unit(self) -> str:
        """The unit's code, else the name given; empty where nobody said."""
        stamp = self.submission.stamp
        return (stamp.assignment.unit or stamp.assignment.unit_name) if stamp else ""

    @property
    def unit_name(self) -> str:
        """The unit's name for people."""
        stamp = self.submission.stamp
        return (stamp.assignment.unit_name or stamp.assignment.unit) if stamp else ""
