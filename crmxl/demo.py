"""What units of the samples send: blank workbooks out, filled ones back, some with the mistakes that people make.

Makes workbooks only; validating, collecting and consolidating them is what the commands do with any others.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from crmxl.define.entries import load_entries
from crmxl.define.library import Library
from crmxl.define.policies import Policies, live
from crmxl.define.round import load_round, policies_beside, round_library
from crmxl.define.sizes import differing
from crmxl.expression import Value, evaluate
from crmxl.issue.addresses import a1
from crmxl.issue.assigning import Assigner
from crmxl.issue.book import cached
from crmxl.issue.calculate import calculate
from crmxl.issue.layout import lay_out_for
from crmxl.issue.phase import phase_even
from crmxl.issue.places import Layout, Role
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key, Lang
from crmxl.resources import folder

MISTAKEN: Mapping[Key, Fraction] = {"4@amount": Fraction(26000), "total@amount": Fraction(134000)}
"""The totals that the source document states; its own lines add up to 25,000 and 133,000."""
FAULTY = "cosmetics-plan/group-sample.json"
"""The sample that has the source document's figures."""

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True, slots=True)
class Sample:
    """A unit of the samples with its two workbooks."""

    name: str
    """File name, ``华南区域-cosmetics-plan.xlsx``."""
    issued: bytes
    """As it goes out."""
    returned: bytes
    """As it comes back."""
    faulty: bool = False
    """Whether totals were typed over its formulas."""


def samples(lang: Lang = "zh") -> Iterator[Sample]:
    """A workbook out and back for every unit of the samples; 集团样例 comes back with the source's mistaken totals."""
    root, library, policies = folder("samples"), Library(), Policies()
    units: list[dict[str, Any]] = json.loads((root / "units.json").read_text(encoding="utf-8"))
    return (_sample(unit, root, library, policies, lang) for unit in units)


def _sample(unit: Mapping[str, Any], root: Path, library: Library, policies: Policies, lang: Lang) -> Sample:
    template = library.load(unit["template"])
    parts, first_month = tuple(unit.get("parts", ())), unit.get("first_month", 1)
    rules = live(template, policies)
    given = Assignment(
        unit=unit["unit"],
        year=unit["year"],
        parts=parts,
        first_month=first_month,
        rows=differing(template, unit.get("rows", {})),
        lang=lang,
        policies=tuple(rule.name for rule in rules),
    )
    layout = lay_out_for(template, given, rules)
    inputs, parameters = load_entries(root / unit["file"], layout)
    if unit.get("phase") == "even":
        inputs = phase_even(layout, inputs)
    assignment = replace(given, parameters=parameters)
    filled, faulty = write(layout, assignment, inputs), unit["file"] == FAULTY
    return Sample(
        name=f"{unit['unit']}-{template.id}.xlsx",
        issued=write(layout, assignment),
        returned=type_over(filled, layout, inputs, MISTAKEN) if faulty else filled,
        faulty=faulty,
    )


def filled(round: Path, unit: str, sample: str, otherwise: Mapping[Key, Fraction | str | None] | None = None) -> bytes:
    """The workbook that the round in the folder ``round`` asks of ``unit``, filled as the sample ``TEMPLATE/NAME``.

    ``otherwise`` is typed on top of it: None empties a cell, a text may be any, what is meant for a calculated cell
    covers its formula. Raises CrmxlError for a unit or sample that is not there.
    """
    records, template = load_round(round), sample.partition("/")[0]
    name = next(one for one in records.templates if one.partition("@")[0] == template)
    asked = Assigner(records, round_library(round), policies_beside(round)).ask(unit, name)
    inputs, _ = load_entries(folder("samples") / f"{sample}.json", asked.layout)
    typed: dict[Key, Fraction] = {}
    for key, value in (otherwise or {}).items():
        if asked.layout.cells[key].role is Role.CALCULATED:
            typed[key] = Fraction(value or 0)
        else:
            inputs[key] = value
    workbook = write(asked.layout, asked.assignment, inputs, secret=records.key)
    return type_over(workbook, asked.layout, inputs, typed) if typed else workbook


def type_over(workbook: bytes, layout: Layout, inputs: Mapping[Key, Value], typed: Mapping[Key, Fraction]) -> bytes:
    """The filled ``workbook`` after somebody typed numbers over the formulas of the keys ``typed``.

    As in Excel, formulas that read those cells show what follows from the typed numbers; nothing else changes.
    """
    before = calculate(layout, inputs)
    after: dict[Key, Value] = {**inputs}
    for key in layout.order:
        formula = layout.cells[key].formula
        assert formula is not None
        after[key] = typed[key] if key in typed else evaluate(formula, after.get)
    changed = [key for key in layout.order if key in typed or after[key] != before[key]]
    parts = _parts(workbook)
    paths = _sheet_paths(parts)
    for key in changed:
        cell = layout.cells[key]
        path = paths[layout.by_id[cell.sheet].name]
        parts[path] = set_cell(parts[path], a1(cell.row, cell.column), after[key], keep_formula=key not in typed)
    return _joined(workbook, parts)


def set_cell(sheet: bytes, address: str, value: Value, *, keep_formula: bool = False) -> bytes:
    """The XML of a sheet with another value in one cell, its format kept; a text must have been one before.

    Raises ValueError where the cell is not there.
    """
    text = str(cached(value))
    formula = rb"(?:<f>[^<]*</f>)?"
    pattern = re.compile(rb'(<c r="%b"[^>]*>)(%b)<v>[^<]*</v>(?=</c>)' % (address.encode(), formula))
    content = text.replace("&", "&amp;").replace("<", "&lt;").encode()

    def replaced(found: re.Match[bytes]) -> bytes:
        return found[1] + (found[2] if keep_formula else b"") + b"<v>" + content + b"</v>"

    changed, times = pattern.subn(replaced, sheet)
    if times != 1:
        raise ValueError(f"the sheet has no calculated cell {address}")
    return changed


def _parts(workbook: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _sheet_paths(parts: Mapping[str, bytes]) -> dict[str, str]:
    """The path of each sheet's XML by tab name."""
    relations = ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    targets = {relation.attrib["Id"]: relation.attrib["Target"] for relation in relations}
    sheets = ElementTree.fromstring(parts["xl/workbook.xml"]).iter(f"{_MAIN}sheet")
    return {sheet.attrib["name"]: f"xl/{targets[sheet.attrib[_RELATION]]}" for sheet in sheets}


def _joined(workbook: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The archive ``workbook`` with other contents, entry by entry as it was."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry, parts[entry.filename])
    return made.getvalue()
