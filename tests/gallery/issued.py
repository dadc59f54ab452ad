"""Workbooks as a group sends them out, from the samples' data: what every case starts from, and what a clean sample is.

Knows the generator, nothing of cases or of what may be done to a workbook.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from crmxl.define.entries import load_entries
from crmxl.define.library import Library
from crmxl.define.policies import live, shipped_policies
from crmxl.define.sizes import differing
from crmxl.issue.layout import lay_out_for
from crmxl.issue.phase import phase_even
from crmxl.issue.places import Layout
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Lang
from crmxl.policy import Policy
from crmxl.resources import folder

SAMPLES = folder("samples")
GALLERY = Path(__file__).parent
OWN = GALLERY / "templates"
"""A template with what the shipped ones lack (a form, choices, rates), for the findings that need it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One workbook to make; the fields are those of ``samples/units.json``."""

    template: str
    """Template id."""
    file: str = ""
    """The data, below samples/ or else beside this module; empty: a blank workbook."""
    unit: str = ""
    """The unit's name; empty where the workbook names none."""
    year: int = 2026
    """Budget year."""
    parts: tuple[str, ...] = ()
    """Chosen parts; empty: all."""
    first_month: int = 1
    """First open month."""
    rows: tuple[tuple[str, int], ...] = ()
    """How many rows lists offer, where other than the template's own number."""
    phase: str = ""
    """``even`` prefills the months."""
    lang: Lang = "zh"
    """Language of the labels."""

    @property
    def own(self) -> bool:
        """Whether the template is the gallery's own."""
        return (OWN / f"{self.template}.toml").exists()

    @property
    def library(self) -> Library:
        """Where the template is: the library that ships, or the gallery's own behind it."""
        return gallery_library() if self.own else shipped_library()

    @property
    def layout(self) -> Layout:
        """Where everything stands in the workbook as issued."""
        return lay_out_for(self.library.load(self.template), self.assignment, self.rules)

    @property
    def assignment(self) -> Assignment:
        """What the unit is asked to fill; parameters come with the data."""
        return Assignment(
            unit=self.unit,
            year=self.year,
            parts=self.parts,
            first_month=self.first_month,
            rows=differing(self.library.load(self.template), dict(self.rows)),
            lang=self.lang,
            policies=tuple(rule.name for rule in self.rules),
        )

    @property
    def rules(self) -> tuple[Policy, ...]:
        """The policies whose rules are live in it."""
        return live(self.library.load(self.template), shipped_policies())


@cache
def shipped_library() -> Library:
    """The templates that ship."""
    return Library()


@cache
def gallery_library() -> Library:
    """The templates that ship, and the gallery's own."""
    return Library(folder("templates"), OWN)


@cache
def units() -> tuple[Request, ...]:
    """The units of the samples."""
    records: list[dict[str, Any]] = json.loads((SAMPLES / "units.json").read_text(encoding="utf-8"))
    listed = {"parts": tuple, "rows": lambda rows: tuple(rows.items())}
    found: list[dict[str, Any]] = [
        {name: listed[name](value) if name in listed else value for name, value in record.items()} for record in records
    ]
    return tuple(Request(**record) for record in found)


def request_for(template: str, file: str, **changes: Any) -> Request:
    """The request for a unit's data as units.json has it, with ``changes``."""
    known = next((one for one in units() if one.file == file and one.template == template), Request(template, file))
    if "parts" in changes:
        changes["parts"] = tuple(changes["parts"])
    return replace(known, **changes)


def blanks() -> dict[str, Request]:
    """The blank samples by file name: each template that ships, in both languages."""
    names = shipped_library().names()
    chinese = {f"{name}.xlsx": Request(name, unit="华南区域") for name in names}
    return chinese | {f"{name}-en.xlsx": Request(name, unit="South China", lang="en") for name in names}


def workbook(request: Request) -> bytes:
    """The workbook as it goes out: blank, or filled with the data."""
    layout = request.layout
    inputs, parameters = load_entries(_data(request.file), layout) if request.file else ({}, {})
    if request.phase == "even":
        inputs = phase_even(layout, inputs)
    return write(layout, replace(request.assignment, parts=layout.parts, parameters=parameters), inputs)


def _data(file: str) -> Path:
    ours = GALLERY / file
    return ours if ours.exists() else SAMPLES / file
