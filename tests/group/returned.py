"""Reports as checking would give them, built from data: the shipped samples, and whatever a test makes up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from crmxl.catalogue import finding
from crmxl.check.verdict import Report
from crmxl.define.library import Library
from crmxl.define.sizes import differing
from crmxl.define.template import load_template
from crmxl.expression import Value
from crmxl.issue.calculate import calculate
from crmxl.issue.layout import lay_out_for
from crmxl.issue.phase import phase_even
from crmxl.issue.stamp import Stamp
from crmxl.model import Assignment, Finding, Key, Lang, Place, Template
from crmxl.receive.submission import Content, ContentType, Spot, Submission
from crmxl.resources import folder

LIBRARY = Library()
COSMETICS = LIBRARY.load("cosmetics-plan")
DEPARTMENTS = LIBRARY.load("annual-departments")


def report(
    template: Template,
    unit: str,
    entries: Mapping[Key, str],
    *,
    name: str = "",
    file: str = "",
    year: int = 2026,
    parts: tuple[str, ...] = (),
    first_month: int = 1,
    rows: Mapping[str, int] | None = None,
    findings: tuple[Finding, ...] = (),
    even: bool = False,
    lang: Lang = "zh",
) -> Report:
    """A report on a workbook of ``unit`` with these entries."""
    assignment = Assignment(
        unit=unit,
        unit_name=name,
        year=year,
        parts=parts,
        first_month=first_month,
        rows=differing(template, rows or {}),
        lang=lang,
    )
    layout = lay_out_for(template, assignment)
    inputs: dict[Key, Value] = {
        key: Fraction(text) if layout.cells[key].type.numeric else text for key, text in entries.items()
    }
    if even:
        inputs = phase_even(layout, inputs)
    names = {sheet.id: sheet.name for sheet in layout.sheets}
    said = f"{template.name} {assignment} {sorted(entries.items())}"
    submission = Submission(
        file=file or f"returned/{unit or 'nobody'}.xlsx",
        digest=hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest(),
        stamp=Stamp(template.id, template.version, layout.fingerprint, assignment),
        layout=layout,
        contents={key: Content(ContentType.TEXT, text) for key, text in entries.items()},
        spots={key: Spot(names[cell.sheet], cell.row, cell.column) for key, cell in layout.cells.items()},
    )
    return Report(submission, findings, {**inputs, **calculate(layout, inputs)})


def unreadable(file: str) -> Report:
    """A report on a file that is no workbook."""
    return Report(Submission(file, "d" * 64), (finding("F101", found="PDF"),))


def error(cell: str = "C9") -> Finding:
    """Something that blocks."""
    return finding("E103", column="测算依据", place=Place("费用预算", cell, "数据分析软件订阅"))


def warning() -> Finding:
    """Something that does not block."""
    return finding("E114", expected="1,000.00", place=Place("部门预算", "C9", "招聘"))


def samples(template: str) -> list[Report]:
    """The shipped samples of a template."""
    root = folder("samples")
    units = json.loads((root / "units.json").read_text(encoding="utf-8"))
    return [
        report(
            LIBRARY.load(template),
            unit["unit"],
            json.loads((root / unit["file"]).read_text(encoding="utf-8")),
            parts=tuple(unit.get("parts", ())),
            first_month=unit.get("first_month", 1),
            rows=unit.get("rows"),
            even=unit.get("phase") == "even",
            file=f"returned/{unit['unit']}.xlsx",
        )
        for unit in units
        if unit["template"] == template
    ]


def made(folder: Path, text: str, name: str = "made-up") -> Template:
    """A template from its TOML text."""
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return load_template(path)
