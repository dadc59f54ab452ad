"""Where totals of a round come from: the ledger's position, whose version counts, what reviewers changed.

Knows nothing of how versions are chosen (``counting``) and nothing of how totals are shown. Amounts are whole fen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from crmxl.model import Finding, Key, Text

Include = Literal["approved", "received"]
"""What counts: what was approved, or provisionally what is under review too."""
Figures = Literal["approved", "submitted"]
"""核定数, with what reviewers changed, or 上报数, as the units sent them."""

FIGURES: Mapping[str, Text] = {
    "approved": Text("核定数（含调整）", "As approved (with adjustments)"),
    "submitted": Text("上报数（不含调整）", "As submitted (without adjustments)"),
}
INCLUDE: Mapping[str, Text] = {
    "approved": Text("只计已通过的单位", "Approved units alone"),
    "received": Text("已通过的和已交待审的单位", "Approved units and those under review"),
}
PROVISIONAL = Text("暂计", "Provisional")
NIL = Text("零申报", "Nil return")
SourceKey = tuple[str, str]
"""Unit code and template, ``id@version``."""


@dataclass(frozen=True, slots=True)
class Source:
    """The version by which a unit counts."""

    unit: str
    unit_name: str
    template: str
    """``id@version``."""
    version: int
    receipt: str
    """Number of its receipt in the ledger."""
    file: str
    """Path as given at collection; empty for a nil return."""
    sha256: str
    """Of the file's bytes, which the ledger keeps; empty for a nil return."""
    approved: bool
    """Whether all roles have approved it."""
    waiting: str = ""
    """The role whose turn it is, where it is not approved."""
    nil: bool = False
    reason: str = ""
    """On what ground a nil return was made."""
    submitted: int | None = 0
    """上报数: the template's total as the unit sent it."""
    approved_total: int | None = 0
    """核定数: the template's total with what reviewers changed."""


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One change 调整 of one amount by a reviewer, of a version that counts; that of a month changes its year too."""

    unit: str
    unit_name: str
    template: str
    key: Key
    title: str
    """The line's, with the column's where there are several."""
    submitted: int
    """Before this change: what the unit entered 上报数, and earlier changes at the same key."""
    change: int
    approved: int
    """After this change; of the last at a key its 核定数."""
    reason: str
    role: str
    called: Text
    """What the role is called."""
    by: str
    at: str
    receipt: str
    follows: bool = False
    """Whether it is what the change of a month brings its year."""


@dataclass(frozen=True, slots=True)
class Waived:
    """A rule that a unit breaks and that was waived 特批 for it."""

    unit: str
    unit_name: str
    template: str
    finding: Finding
    file: str = ""


@dataclass(frozen=True)
class Origin:
    """What totals of a round go by."""

    round: str
    """Name of the round."""
    stage: str
    include: Include
    figures: Figures
    position: int
    """The last event that they go by; consolidations themselves do not count."""
    receipt: str
    """Of that event; empty where nothing has happened yet."""
    inputs: str
    """Digest of the versions that were added up, and of the round's records; with another round beside it, of that
    round's digest and position too.
    """
    sources: Mapping[SourceKey, Source] = field(default_factory=dict)
    """By unit and template: what counts, and parents' versions that are only compared."""
    adjustments: tuple[Adjustment, ...] = ()
    """By unit and place in the template, then in the order in which they were made."""
    waived: tuple[Waived, ...] = ()
    stale: tuple[Source, ...] = ()
    """Those judged by records that have changed since."""

    @property
    def not_approved(self) -> tuple[Source, ...]:
        """What counts though reviewers have not approved it yet."""
        return tuple(source for source in self.sources.values() if not source.approved)

    @property
    def provisional(self) -> bool:
        """Whether the totals are 暂计."""
        return bool(self.not_approved)

    @property
    def changes(self) -> int:
        """How many changes reviewers made: a month's counts once, with its year's."""
        return sum(not one.follows for one in self.adjustments)

    @property
    def nil(self) -> tuple[Source, ...]:
        """The nil returns 零申报 that count."""
        return tuple(source for source in self.sources.values() if source.nil)

    def of(self, counted: Collection[SourceKey]) -> Origin:
        """What of it concerns the versions that were ``counted`` or compared."""
        return replace(
            self,
            sources={key: source for key, source in self.sources.items() if key in counted},
            adjustments=tuple(one for one in self.adjustments if (one.unit, one.template) in counted),
            waived=tuple(one for one in self.waived if (one.unit, one.template) in counted),
            stale=tuple(one for one in self.stale if (one.unit, one.template) in counted),
        )

    def source(self, unit: str, template: str) -> Source | None:
        """The version by which a unit counts with a template, ``id@version``."""
        return self.sources.get((unit, template))
