"""The flat submission document and its JSON Schema: the general one, and the one derived from a template.

The document is what other systems take: stamp fields, then ``entries: {key: value}``, money as decimal strings, dates
as ISO texts. Each schema error is mapped by its path back to a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from crmxl.catalogue import finding
from crmxl.check.evidence import DECIMALS, Evidence, day_text
from crmxl.define.shape import schema_document, shape_problems
from crmxl.define.sizes import fewest
from crmxl.expression import Value
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Cell, Layout, Role
from crmxl.model import Finding, Key, Template, Text, Type, split_key
from crmxl.money import decimal_text, plain

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAX_TEXT = 2000
"""Characters of a text entry; more is a pasted document, not a basis."""
_TEXT = rf"\A[^\u0000-\u0008\u000b\u000c\u000e-\u001f]{{1,{MAX_TEXT}}}\Z"
_DATE = r"\A20[0-9]{2}-[0-9]{2}-[0-9]{2}\Z"
_WHY_TEXT = Text("文字里有看不见的控制字符", "the text has invisible control characters")
_WHY_OTHER = Text("值的格式不对", "the value has another form")


def document(evidence: Evidence) -> dict[str, Any]:
    """The submission as one flat JSON document; only entries that are not blank and were not refused."""
    layout, stamp = evidence.layout, evidence.submission.stamp
    assert stamp is not None
    assignment = stamp.assignment
    entries = {
        cell.key: entry_text(value, cell)
        for cell in evidence.entries
        if cell.role is Role.INPUT and isinstance(value := evidence.converted[cell.key], Fraction | str)
    }
    return {
        "template": layout.template.id,
        "version": layout.template.version,
        "unit": assignment.unit,
        "unit_name": assignment.unit_name,
        "year": layout.year,
        "round": assignment.round,
        "stage": assignment.stage,
        "parts": list(layout.parts),
        "first_month": layout.first_month,
        "entries": entries,
    }


def entry_text(value: Value, cell: Cell) -> str:
    """An entry in the document: money with two decimals, other numbers as short as exact, dates as ISO texts."""
    if isinstance(value, Fraction):
        if cell.type is Type.MONEY:
            return decimal_text(value)
        return day_text(value) if cell.type is Type.DATE else plain(value)
    return str(value)


def template_schema(template: Template, whole: Layout | None = None) -> dict[str, Any]:
    """The JSON Schema of a template's submissions: the general one with every key of the template spelled out; of
    lists whose rows are chosen for each unit, every column.

    ``whole`` is a layout of all its parts and months, where one is at hand.
    """
    schema = schema_document("submission")
    every_part = tuple(dict.fromkeys(section.part for sheet in template.sheets for section in sheet.sections))
    chosen = {sheet.id for sheet in template.sheets if sheet.most}
    layout = whole if whole and not chosen else lay_out(fewest(template), 2000, every_part)
    keys: dict[str, Any] = {}
    columns: dict[str, Any] = {}
    for cell in layout.inputs:
        code, column = split_key(cell.key)
        if cell.sheet in chosen:
            columns[rf"\A{re.escape(cell.sheet)}\.[0-9]{{3,4}}@{re.escape(column)}\Z"] = _entry(cell, "")
        else:
            keys[cell.key] = _entry(cell, layout.titles.get(code, ""))
    properties: Mapping[str, Any] = schema["properties"]
    entries = {"type": "object", "additionalProperties": False, "properties": keys}
    return {
        "$schema": DIALECT,
        "title": f"{template.name} {template.title.zh}",
        "type": "object",
        "additionalProperties": False,
        "required": schema["required"],
        "properties": {
            **properties,
            "template": {"const": template.id},
            "version": {"const": template.version},
            "entries": {**entries, "patternProperties": columns} if columns else entries,
        },
    }


def _entry(cell: Cell, title: str) -> dict[str, Any]:
    described = {"description": title} if title else {}
    if cell.type is Type.CHOICE:
        return {**described, "enum": list(cell.choices)}
    return {**described, "type": "string", "pattern": _pattern(cell)}


def _pattern(cell: Cell) -> str:
    if cell.type is Type.DATE:
        return _DATE
    if not cell.type.numeric:
        return _TEXT
    sign = "" if cell.minimum is not None and cell.minimum >= 0 else "-?"
    places = DECIMALS[cell.type]
    tail = {0: "", 2: r"\.[0-9]{2}", None: r"(\.[0-9]+)?"}[places]
    return rf"\A{sign}[0-9]{{1,12}}{tail}\Z"


def fits_schema(evidence: Evidence, reported: set[Key]) -> Iterator[Finding]:
    """E116. What: the document does not fit the template's schema where no rule has said so (``reported`` are the keys
    with a finding). Why: other systems take it by that schema. Fix: correct the cell.
    """
    body = document(evidence)
    for fault in shape_problems(body, template_schema_of(evidence)):
        key = str(fault.trail[1]) if len(fault.trail) > 1 and fault.trail[0] == "entries" else ""
        if key in reported:
            continue
        cell = evidence.layout.cells.get(key)
        text = str(body["entries"].get(key, ""))
        long = cell is not None and not cell.type.numeric and len(text) > MAX_TEXT
        reason = _WHY_TEXT if cell is not None and not cell.type.numeric else _WHY_OTHER
        place = {"place": evidence.submission.place(key)} if key else {}
        yield finding(
            "E116",
            variant="long" if long else "",
            **place,
            key=key,
            found=_short(text) or fault.message,
            reason=reason,
            count=f"{len(text):,}",
            limit=f"{MAX_TEXT:,}",
        )


_SCHEMAS: dict[str, tuple[Template, dict[str, Any]]] = {}


def template_schema_of(evidence: Evidence) -> dict[str, Any]:
    """The derived schema of the submission's template, made once."""
    layout = evidence.layout
    template, whole = fewest(layout.template), layout if not layout.parts and layout.first_month == 1 else None
    known = _SCHEMAS.get(template.name)
    if known is None or known[0] is not template:  # another library may have another template of that name
        known = _SCHEMAS[template.name] = template, template_schema(template, whole)
    return known[1]


def _short(text: str) -> str:
    clean = re.sub(r"[\x00-\x1f]", "␣", text)
    return clean if len(clean) <= 60 else f"{clean[:57]}…"
