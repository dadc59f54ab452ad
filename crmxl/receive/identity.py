"""Which issued workbook this is: its stamp, the template it names, the layout it was issued from. Findings I101 … I107.

The stamp stands twice, on a hidden sheet and in the document properties, so that one copy can vouch for the other.
Whether the round knows the unit, and whether the signature is ours, is not asked here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import count, takewhile

from crmxl.catalogue import finding
from crmxl.define.library import Library
from crmxl.errors import CrmxlError, DefinitionError
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout
from crmxl.issue.stamp import PROPERTY, SHEET, Stamp, read_stamp
from crmxl.model import Assignment, Finding, Place, Template
from crmxl.receive.cells import Cells

_AT = Place(SHEET, "A1")
_IN_SHEET = f"{SHEET}!A1"
_IN_PROPERTIES = f"docProps/custom.xml ({PROPERTY}.0 …)"
_SHOWN = 60
"""Characters of a foreign text that a finding repeats."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What could be told of a workbook."""

    stamp: Stamp | None = None
    layout: Layout | None = None
    findings: tuple[Finding, ...] = ()


def identify(cells: Cells, library: Library) -> Identity:
    """The workbook's stamp and layout; raises DefinitionError where the library's own template is unsound."""
    on_sheet, in_properties = _on_sheet(cells), _in_properties(cells)
    if not on_sheet and not in_properties:
        return Identity(findings=(finding("I101"),))
    stamp, found = _agreed(on_sheet, in_properties)
    if stamp is None:
        return Identity(findings=found)
    if stamp.annotated:
        found += (finding("I107", place=_AT),)
    if not (stamp.assignment.unit or stamp.assignment.unit_name):
        found += (finding("I104", place=_AT),)
    name = f"{stamp.template}@{stamp.version}"
    try:
        template = library.load(name)
    except DefinitionError:
        raise
    except CrmxlError:
        there = ", ".join(library.names())
        return Identity(stamp, None, (*found, finding("I102", place=_AT, found=_shown(name), expected=there)))
    if impossible := _impossible(stamp.assignment, template):
        return Identity(stamp, None, (*found, finding("I105", place=_AT, found=impossible[0], expected=impossible[1])))
    given = stamp.assignment
    layout = lay_out(template, given.year, given.parts, given.first_month, given.lang)
    if stamp.fingerprint != layout.fingerprint:
        found += (finding("I103", place=_AT, found=_shown(stamp.fingerprint), expected=layout.fingerprint),)
    return Identity(stamp, layout, found)


def _on_sheet(cells: Cells) -> str:
    for tab in cells.tabs:
        if tab.name == SHEET and (1, 1) in tab.cells:
            return tab.cells[1, 1].text
    return ""


def _in_properties(cells: Cells) -> str:
    names = takewhile(cells.properties.__contains__, (f"{PROPERTY}.{n}" for n in count()))
    return "".join(cells.properties[name] for name in names)


def _agreed(on_sheet: str, in_properties: str) -> tuple[Stamp | None, tuple[Finding, ...]]:
    """The stamp, and what is wrong with its two copies; the sheet's copy is read on where they differ."""
    first, second = _parsed(on_sheet), _parsed(in_properties)
    if on_sheet == in_properties and first:
        return first, ()
    if not on_sheet or not in_properties:
        missing = _IN_PROPERTIES if on_sheet else _IN_SHEET
        if stamp := first or second:
            return stamp, (finding("I106", place=_AT, found=missing),)
    if first and second:
        ours, theirs = _difference(first, second)
        found, expected = f"{_IN_SHEET}: {ours}", f"{_IN_PROPERTIES}: {theirs}"
    else:
        where, text = (_IN_SHEET, on_sheet) if on_sheet and not first else (_IN_PROPERTIES, in_properties)
        found, expected = f"{where}: {_shown(text)}", "JSON"
    return first or second, (finding("I105", place=_AT, found=found, expected=expected),)


def _parsed(text: str) -> Stamp | None:
    try:
        return read_stamp(text)
    except ValueError:
        return None


def _difference(first: Stamp, second: Stamp) -> tuple[str, str]:
    """The first field in which two stamps differ, as each has it."""
    pairs = [(item.name, getattr(first, item.name), getattr(second, item.name)) for item in fields(Stamp)]
    one, other = first.assignment, second.assignment
    pairs += [(item.name, getattr(one, item.name), getattr(other, item.name)) for item in fields(Assignment)]
    for name, ours, theirs in pairs:
        if name != "assignment" and ours != theirs:
            return _shown(f"{name} = {ours}"), _shown(f"{name} = {theirs}")
    return "…", "…"


def _impossible(given: Assignment, template: Template) -> tuple[str, str] | None:
    """What the stamp says that no issued workbook says, and what is possible; None where all of it is possible."""
    known = {section.part for sheet in template.sheets for section in sheet.sections}
    unknown = [part for part in given.parts if part not in known]
    if unknown:
        return _shown(f"parts = {', '.join(unknown)}"), f"parts = {', '.join(sorted(known))}"
    if not 1 <= given.first_month <= 12:
        return _shown(f"first_month = {given.first_month}"), "first_month = 1 … 12"
    if not 0 <= given.year <= 9999:
        return _shown(f"year = {given.year}"), "year = 0 … 9999"
    return None


def _shown(text: str) -> str:
    """The beginning of a text from the file, in one line of printable characters."""
    text = "".join(char if char.isprintable() else "?" for char in text[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
