"""The plans that ship, for the pages and pictures of docs/plans: templates, policies, samples and what checking gives.

Reads the workbooks as they lie in samples/. Knows nothing of how anything is told or drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

from crmxl.check.runner import check
from crmxl.check.verdict import Report, Verdict
from crmxl.define.policies import live, shipped_policies
from crmxl.expression import keys
from crmxl.group.consolidate import consolidate
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout, SheetPlan
from crmxl.model import Finding, Group, Kind, Lang, Line, Section, Sheet, Template
from crmxl.money import show_fen
from crmxl.policy import Policy
from crmxl.receive.reading import read
from crmxl.resources import folder
from tests.gallery.issued import SAMPLES, Request, shipped_library, units

PLANS = SAMPLES.parent / "docs" / "plans"
"""Pages and pictures."""
YEAR = 2026
"""Budget year of a page whose template has no samples yet."""
BROKEN = "broken-"
"""Begins the names of samples that are wrong on purpose."""
_LANGUAGES: tuple[Lang, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample workbook."""

    name: str
    """Its file, below samples/."""
    unit: str = ""
    """The unit that filled it; empty where only the workbook says."""
    parts: tuple[str, ...] = ()
    """The parts issued; empty: all."""
    first_month: int = 1
    """First open month."""

    @property
    def path(self) -> Path:
        """The workbook."""
        return SAMPLES / self.name

    @property
    def link(self) -> str:
        """From a page to the workbook."""
        return f"../../samples/{self.name}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A template that ships with all that its page tells of."""

    layouts: Mapping[Lang, Layout]
    """Laid out for the year of its samples, all parts."""
    policies: tuple[Policy, ...]
    """Those with rules for it, narrowed to these rules."""
    samples: tuple[Sample, ...]
    """The filled ones, in the order of units.json."""
    broken: tuple[Sample, ...]
    """Those that are wrong on purpose."""

    @property
    def template(self) -> Template:
        """The definition, its texts as they read in that year."""
        return self.layouts["zh"].template

    @property
    def main(self) -> SheetPlan:
        """The sheet of the template's total; where that stands in a form, the first table that it reads."""
        layout = self.layouts["zh"]
        total = layout.cells[layout.template.total]
        home = layout.by_id[total.sheet]
        if home.kind is not Kind.FORM or total.formula is None:
            return home
        tables = (layout.by_id[layout.cells[key].sheet] for key in keys(total.formula))
        return next((table for table in tables if table.kind is not Kind.FORM), home)

    @property
    def pictured(self) -> Sample:
        """The workbook whose main sheet is the page's picture: the first sample, else the blank one."""
        return self.samples[0] if self.samples else Sample(f"blank/{self.template.id}.xlsx")

    @property
    def judged(self) -> Judged:
        """What the program says of the samples."""
        return _judged(self.samples, self.broken)

    @property
    def older(self) -> tuple[str, ...]:
        """Names of the older versions that can still be issued."""
        return tuple(sorted(path.stem for path in folder("templates").glob(f"{self.template.id}@*.toml")))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What checking one sample gives."""

    unit: str
    verdict: Verdict
    total: Fraction | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """What checking and consolidating the samples of a plan gives."""

    outcomes: Mapping[str, Outcome]
    """By the sample's file."""
    counted: int
    """How many of the filled ones the group total takes."""
    total: str
    """The group total of the filled ones for people, in 元; empty where there is none."""


@cache
def plan(id: str) -> Plan:
    """What there is about the template ``id``."""
    template = shipped_library().load(id)
    requests = [one for one in units() if one.template in (template.id, template.name)]
    year = requests[0].year if requests else YEAR
    policies = live(template, shipped_policies())
    broken = {f"{id}/{path.name}": Sample(f"{id}/{path.name}") for path in (SAMPLES / id).glob(f"{BROKEN}*.xlsx")}
    filled = [_sample(one) for one in requests if not Path(one.file).name.startswith(BROKEN)]
    broken |= {one.name: one for one in map(_sample, requests) if one not in filled}
    return Plan(
        layouts={lang: lay_out(template, year, lang=lang, policies=policies) for lang in _LANGUAGES},
        policies=policies,
        samples=tuple(filled),
        broken=tuple(broken[name] for name in sorted(broken)),
    )


def _sample(request: Request) -> Sample:
    name = Path(request.file).with_suffix(".xlsx").as_posix()
    return Sample(name, request.unit, request.parts, request.first_month)


@cache
def _judged(samples: tuple[Sample, ...], broken: tuple[Sample, ...]) -> Judged:
    reports = {sample.name: _report(sample) for sample in (*samples, *broken)}
    totals = consolidate([reports[sample.name] for sample in samples]) if samples else None
    return Judged(
        outcomes={
            name: Outcome(report.unit_name, report.verdict, report.total, report.findings)
            for name, report in reports.items()
        },
        counted=sum(len(block.units) for block in totals.blocks) if totals else 0,
        total=show_fen(totals.total) if totals and totals.total is not None else "",
    )


def _report(sample: Sample) -> Report:
    return check(replace(read(sample.path, shipped_library()), file=sample.name))


# -- the lines of its grids ---------------------------------------------------------------------------------------


def line_counts(template: Template) -> tuple[int, int]:
    """How many fixed lines and how many blank ones the grids have."""
    owners = [owner for sheet in template.sheets for section in sheet.sections for owner in owners_of(section)]
    return sum(len(owner.lines) for owner in owners), sum(owner.open for owner in owners)


def leaves(sheet: Sheet) -> Iterator[Line]:
    """The fixed lines of a grid."""
    for section in sheet.sections:
        yield from lines_of(section)


def lines_of(section: Section) -> Iterator[Line]:
    """The fixed lines of a part, its own first."""
    for owner in owners_of(section):
        yield from owner.lines


def owners_of(section: Section) -> tuple[Section | Group, ...]:
    """What has lines: the section itself, then its groups."""
    return (section, *section.groups)
