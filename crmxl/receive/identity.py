"""Which issued workbook this is: its stamp, the template it names, the layout it was issued from. I101 … I107, I110.

The stamp stands twice, on a hidden sheet and in the document properties, so that one copy can vouch for the other.
Whether the round knows the unit, and whether the signature is ours, is not asked here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import count, takewhile

from crmxl.catalogue import finding
from crmxl.define.library import Library
from crmxl.define.policies import Policies, assigned
from crmxl.define.sizes import wrong_rows
from crmxl.errors import CrmxlError, DefinitionError
from crmxl.issue.layout import lay_out_for
from crmxl.issue.places import Layout
from crmxl.issue.stamp import PROPERTY, SHEET, Stamp, read_stamp
from crmxl.model import Assignment, Finding, Place, Template, Text
from crmxl.receive.cells import Cells

_AT = Place(SHEET, "A1")
_IN_SHEET = Text(f"隐藏页 “{SHEET}”", f"hidden sheet “{SHEET}”")
_IN_PROPERTIES = Text("文档属性", "document properties")
FIELDS = {
    "template": Text("模板", "the template"),
    "version": Text("模板版本", "the template's version"),
    "fingerprint": Text("版式指纹", "the layout's fingerprint"),
    "annotated": Text("标注副本的记号", "the mark of an annotated copy"),
    "signature": Text("签名", "the signature"),
    "unit": Text("预算单位", "the unit"),
    "unit_name": Text("单位名称", "the unit's name"),
    "year": Text("预算年度", "the budget year"),
    "round": Text("编制轮次", "the round"),
    "stage": Text("编制阶段", "the stage"),
    "deadline": Text("提交截止", "the deadline"),
    "contact": Text("联系人", "the contact"),
    "parts": Text("部分", "the choice of parts"),
    "first_month": Text("起始月份", "the first month"),
    "rows": Text("清单行数", "the rows of a list"),
    "parameters": Text("下发参数", "an issued parameter"),
    "policies": Text("制度", "the choice of policies"),
    "limits": Text("制度限额", "a limit of a policy"),
    "lang": Text("语言", "the language"),
}
"""The stamp's fields as people call them."""
_NOTHING = Text("空白", "blank")
_SHOWN = 60
"""Characters of a foreign text that a finding repeats."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What could be told of a workbook."""

    stamp: Stamp | None = None
    layout: Layout | None = None
    findings: tuple[Finding, ...] = ()


def identify(cells: Cells, library: Library, policies: Policies) -> Identity:
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
        return Identity(stamp, None, (*found, impossible))
    given = stamp.assignment
    try:
        live = assigned(policies, given)
    except DefinitionError:
        raise
    except (CrmxlError, ValueError, IndexError):
        live = ()
        there = ", ".join(policies.names())
        found += (finding("I110", place=_AT, found=_shown(", ".join(given.policies)), expected=there),)
    layout = lay_out_for(template, given, live)
    known = len(live) == len(given.policies)  # with unknown rules the layout differs, and I110 says why
    if known and stamp.fingerprint != layout.fingerprint:
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
        return first, (_difference(first, second),)
    where, text = (_IN_PROPERTIES, in_properties) if first else (_IN_SHEET, on_sheet)
    unreadable = finding("I105", variant="unreadable", place=_AT, found=_shown(text), expected="JSON", where=where)
    return first or second, (unreadable,)


def _parsed(text: str) -> Stamp | None:
    try:
        return read_stamp(text)
    except ValueError:
        return None


def _difference(first: Stamp, second: Stamp) -> Finding:
    """The first field in which two stamps differ, as the hidden sheet and as the properties have it."""
    ours, theirs = _facts(first), _facts(second)
    for name in (*ours, *theirs):
        if ours.get(name) != theirs.get(name):
            found, expected = (_shown(one) if one else _NOTHING for one in (ours.get(name), theirs.get(name)))
            return finding("I105", place=_AT, found=found, expected=expected, field=FIELDS[name.partition(".")[0]])
    return finding("I105", variant="spelled", place=_AT)


def _facts(stamp: Stamp) -> dict[str, str]:
    """What a stamp says, as text by field; of several values each by ``field.name``."""
    facts = {item.name: getattr(stamp, item.name) for item in fields(Stamp) if item.name != "assignment"}
    facts |= {item.name: getattr(stamp.assignment, item.name) for item in fields(Assignment)}
    parameters, limits, rows = facts.pop("parameters"), facts.pop("limits"), facts.pop("rows")
    said = {name: ", ".join(value) if isinstance(value, tuple) else str(value) for name, value in facts.items()}
    said |= {f"parameters.{name}": f"{name} = {value}" for name, value in parameters.items()}
    said |= {f"rows.{id}": f"{id} = {number}" for id, number in rows.items()}
    return said | {f"limits.{rule}": f"{rule}: {dict(sorted(own.items()))}" for rule, own in limits.items()}


def _impossible(given: Assignment, template: Template) -> Finding | None:
    """I105 where the stamp says what no issued workbook says; None where all of it is possible."""
    known = {section.part for sheet in template.sheets for section in sheet.sections}
    unknown = [part for part in given.parts if part not in known]
    if unknown:
        name, found, expected = "parts", ", ".join(unknown), ", ".join(sorted(known))
    elif not 1 <= given.first_month <= 12:
        name, found, expected = "first_month", str(given.first_month), "1 … 12"
    elif wrong_rows([template], given.rows):
        name, found = "rows", ", ".join(f"{id} = {number}" for id, number in given.rows.items())
        expected = ", ".join(f"{sheet.id} = 1 … {sheet.most}" for sheet in template.sheets if sheet.most) or "—"
    elif not 0 <= given.year <= 9999:
        name, found, expected = "year", str(given.year), "0 … 9999"
    elif not (given.unit + given.unit_name).isprintable():
        name, found, expected = "unit", given.unit_name or given.unit, "—"
    else:
        return None
    found = _shown(found)
    return finding("I105", variant="impossible", place=_AT, found=found, expected=expected, field=FIELDS[name])


def _shown(text: str) -> str:
    """The beginning of a text from the file, in one line of printable characters."""
    text = "".join(char if char.isprintable() else "?" for char in text[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
