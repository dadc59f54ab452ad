"""What consolidating gives: a block for each template and year, and everything that was left out. Types and wording.

Amounts are whole fen. Tuples are in the template's order (lines, parts) or in order of the unit's code (units): nothing
depends on the order in which files were given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crmxl.catalogue import word
from crmxl.model import Finding, Lang, Severity, Template, Text

if TYPE_CHECKING:
    import pandas as pd

    from crmxl.group.levels import Level
    from crmxl.group.measures import MeasureTotal
    from crmxl.group.origin import Origin
    from crmxl.group.stages import Stages

NO_UNIT = Text("（未注明单位）", "(no unit)")
OWN = Text("自填项目", "Named by the unit")
DIFFERENCE_TITLE = Text("总额与明细之差", "Total less its lines")
UNREAD = Text("无法读取，也不知道是哪份模板。", "It cannot be read, and it cannot be told which template it is.")
NO_TOTAL = Text("模板的总额 {key} 算不出来，无法计入。", "The template's total {key} cannot be computed.")
RETURN = Text("请改正后重新提交。", "Correct it and submit it again.")
_MOST = 5
"""Findings told for a file that was left out; more are counted."""


class ConservationError(RuntimeError):
    """Totals that do not agree with each other: a mistake in crmxl, never in a workbook."""


@dataclass(frozen=True, slots=True)
class UnitTotal:
    """What one unit brings to a block."""

    unit: str
    """Code from the units file, else the name given; empty where the workbook names none."""
    name: str
    """Name for people; empty where the workbook names none."""
    total: int
    """The template's total as recomputed."""
    parts: Mapping[str, int] = field(hash=False)
    """By part code; every part of the block."""
    months: tuple[int, ...]
    """Twelve."""
    rest: int
    """What no month has."""
    file: str
    warnings: tuple[Finding, ...] = ()
    """What somebody should look at; the unit counts all the same."""

    def label(self, lang: Lang) -> str:
        """The unit's key in outputs."""
        return self.unit or NO_UNIT.say(lang)

    def shown(self, lang: Lang) -> str:
        """The unit for people: its name, with the code where that is another."""
        if not self.name or self.name == self.unit:
            return self.label(lang)
        return f"{self.name}（{self.unit}）" if lang == "zh" else f"{self.name} ({self.unit})"


@dataclass(frozen=True, slots=True)
class LineTotal:
    """A leaf line over all units."""

    code: str
    column: str
    """Column id."""
    title: Text
    """The template's; of a line that units name, their common name or ``OWN``."""
    part: str
    group: str
    total: int
    by_unit: Mapping[str, int] = field(hash=False)
    """Every unit that has the line (a blank line: that used it), 0 where blank."""
    months: tuple[int, ...]
    rest: int
    own: Mapping[str, str] = field(default_factory=dict, hash=False)
    """By unit, the name that it gave the line; empty for the template's lines."""


@dataclass(frozen=True, slots=True)
class PartTotal:
    """A part, or a group of one, over all units."""

    code: str
    title: Text
    total: int
    part: str = ""
    """The part of a group; empty for a part itself."""


@dataclass(frozen=True, slots=True)
class Block:
    """The totals of one version of a template in one year; nothing is added up across blocks."""

    template: Template
    year: int
    total: int
    units: tuple[UnitTotal, ...]
    lines: tuple[LineTotal, ...]
    """What the total adds up."""
    beside: tuple[LineTotal, ...]
    """Planned and shown, but not in the total: lines and columns that the template's total does not add."""
    groups: tuple[PartTotal, ...]
    parts: tuple[PartTotal, ...]
    months: tuple[int, ...]
    rest: int
    monthly: bool
    """Whether the template splits anything into months."""
    columns: Mapping[str, Text] = field(hash=False)
    """Titles of the columns that amounts stand in, by id."""
    notes: tuple[Text, ...] = ()
    """What a reader of the totals has to know."""
    levels: tuple[Level, ...] = ()
    """In a round, every unit in the order of the tree with its subtotal."""
    measures: tuple[MeasureTotal, ...] = ()
    """Declared figures beside the money, in no total of it: sums of counts, ratios of sums, weighted means."""

    @property
    def several_levels(self) -> bool:
        """Whether any unit stands below another."""
        return any(level.depth > 1 for level in self.levels)

    @property
    def disclosed(self) -> tuple[UnitTotal, ...]:
        """Units that count and have warnings."""
        return tuple(unit for unit in self.units if unit.warnings)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that does not count, and why; or a copy of one that does."""

    file: str
    """Path as given; empty where a unit of the round has sent none, and for a nil return."""
    unit: str
    unit_name: str
    template: str
    """Id and version, as far as known."""
    findings: tuple[Finding, ...] = ()
    reason: Text = field(default=Text(""))
    """Where no finding says it."""
    remedy: Text = field(default=Text(""))
    """What to do where no finding says it; by default, correct and resubmit."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the findings, each once."""
        return tuple(dict.fromkeys(finding.code for finding in self.findings))

    def shown(self, lang: Lang) -> str:
        """The unit for people; empty where unknown."""
        return named(self.unit, self.unit_name, lang)

    def why(self, lang: Lang) -> str:
        """The reasons, with codes and cells."""
        said = [told(finding, lang, self.file) for finding in self.findings[:_MOST]]
        if self.reason.zh:
            said.append(self.reason.say(lang))
        more = len(self.findings) - _MOST
        if more > 0:
            said.append(f"另有 {more} 项" if lang == "zh" else f"{more} more")
        return "\n".join(said)

    def fix(self, lang: Lang) -> str:
        """What to do, each remedy once."""
        fixes = dict.fromkeys(word(finding, lang, self.file).fix for finding in self.findings)
        return "\n".join(tuple(fixes)[:_MOST]) or (self.remedy if self.remedy.zh else RETURN).say(lang)

    @property
    def absent(self) -> bool:
        """Whether nothing came in that could count."""
        return not self.file and bool(self.findings)


@dataclass(frozen=True, slots=True)
class GroupFinding:
    """What only shows where a round's submissions lie together: about a unit, not about a cell."""

    unit: str
    unit_name: str
    template: str
    """Id and version."""
    finding: Finding
    file: str = ""
    """Where it is about one file."""

    def shown(self, lang: Lang) -> str:
        """The unit for people."""
        return named(self.unit, self.unit_name, lang)


@dataclass(frozen=True)
class Totals:
    """Everything that consolidating gave."""

    blocks: tuple[Block, ...]
    """By template id, version and year."""
    left_out: tuple[LeftOut, ...]
    """By unit and file."""
    duplicates: tuple[LeftOut, ...]
    """Copies of files that count; nothing is missing for want of them."""
    compared: tuple[LeftOut, ...] = ()
    """Parents' files that are compared with the units below and never added; nothing is missing for want of them."""
    findings: tuple[GroupFinding, ...] = ()
    """What the submissions of a round show together; none outside one."""
    origin: Origin | None = None
    """Where totals from a round's ledger come from; None for totals of files."""
    against: Stages | None = None
    """Another round beside this one, with the changes."""
    facts: pd.DataFrame = field(repr=False, compare=False, kw_only=True)
    """Every fact that counts, by block, unit and place in the template; columns as in ``facts.COLUMNS``."""

    @property
    def total(self) -> int | None:
        """The total in fen where there is one block, 0 where there is none; None for several, which never add up."""
        if len(self.blocks) > 1:
            return None
        return self.blocks[0].total if self.blocks else 0

    @property
    def complete(self) -> bool:
        """Whether nothing was left out."""
        return not self.left_out

    @property
    def sound(self) -> bool:
        """Whether nothing was left out and no unit's figures are refused by what they show together."""
        return self.complete and not any(one.finding.severity is Severity.ERROR for one in self.findings)

    @property
    def files_left_out(self) -> tuple[LeftOut, ...]:
        """Files, and nil returns, that do not count."""
        return tuple(one for one in self.left_out if not one.absent)

    @property
    def missing(self) -> tuple[LeftOut, ...]:
        """Units of the round, once for each template, that have sent nothing."""
        return tuple(one for one in self.left_out if one.absent)

    @property
    def further(self) -> tuple[GroupFinding, ...]:
        """Findings that do not stand beside a file or unit that was left out or compared."""
        told = {id(finding) for one in (*self.missing, *self.compared) for finding in one.findings}
        return tuple(one for one in self.findings if id(one.finding) not in told)


def named(unit: str, name: str, lang: Lang) -> str:
    """A unit for people: its name, with the code where that is another."""
    if not name or name == unit:
        return unit
    return f"{name}（{unit}）" if lang == "zh" else f"{name} ({unit})"


def told(finding: Finding, lang: Lang, file: str) -> str:
    """A finding in one line: code, cell and message."""
    place = finding.place
    where = f"{place.sheet}!{place.cell}" if place.sheet and place.cell else place.sheet or place.cell
    message = word(finding, lang, file).message
    return " ".join(filter(None, (finding.code, where if where not in message else "", message)))


def difference_note(named: Sequence[tuple[str, str]]) -> Text:
    """That totals are not the sums of their lines: units and amounts, in order."""
    shown = named[:_MOST]
    zh = "；".join(f"{unit} {amount} 元" for unit, amount in shown)
    en = "; ".join(f"{unit} {amount} yuan" for unit, amount in shown)
    more = len(named) - len(shown)
    return Text(
        f"{len(named)} 个单位的总额按模板公式计算，与计入的明细之和不同，差额单列为“{DIFFERENCE_TITLE.zh}”：{zh}"
        + (f"；另有 {more} 个单位。" if more else "。"),
        f"The totals of {len(named)} units follow the template's formula and differ from the lines that count; the "
        f"difference stands as “{DIFFERENCE_TITLE.en}”: {en}" + (f"; {more} more units." if more else "."),
    )
