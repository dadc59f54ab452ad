"""An .xlsx taken apart and put together again: parts by name, sheets by tab, one cell's XML. For what only programs do.

Deterministic: entries keep their order and carry one fixed time.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from html import escape, unescape
from typing import Any
from xml.etree import ElementTree

from crmxl.issue.stamp import PROPERTY, properties

Parts = dict[str, bytes]

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_WHEN = (2026, 1, 1, 0, 0, 0)
_CUSTOM = "docProps/custom.xml"
_STRINGS = "xl/sharedStrings.xml"
_PROPERTY = re.compile(rf'<property [^>]*name="{PROPERTY}\.[0-9]+"[^>]*>.*?</property>', re.DOTALL)
_VALUE = re.compile(r"<vt:lpwstr>(.*?)</vt:lpwstr>", re.DOTALL)
_STAMP = re.compile(r'(<t[^>]*>)(\{"[^<]*"crmxl":[^<]*)(</t>)')
_SAVED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLink"


def taken_apart(workbook: bytes) -> Parts:
    """The parts by name, in the archive's order."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def put_together(parts: Mapping[str, bytes]) -> bytes:
    """The archive of ``parts``; the same parts give the same bytes (with one zlib)."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return made.getvalue()


def dated(parts: Parts) -> Parts:
    """``parts`` with the time of saving set to the fixed one."""
    core = "docProps/core.xml"
    return {**parts, core: _SAVED.sub(rb"\g<1>2026-01-01T00:00:00Z\g<2>", parts[core])} if core in parts else parts


def sheet_path(parts: Mapping[str, bytes], tab: str) -> str:
    """The part that holds the sheet ``tab``; raises KeyError."""
    relations = ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    targets = {relation.attrib["Id"]: relation.attrib["Target"] for relation in relations}
    sheets = ElementTree.fromstring(parts["xl/workbook.xml"]).iter(f"{_MAIN}sheet")
    target = {sheet.attrib["name"]: targets[sheet.attrib[_RELATION]] for sheet in sheets}[tab]
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def set_cell(parts: Parts, tab: str, cell: str, *, kind: str, value: str, formula: str | None) -> None:
    """Store ``value`` of the XML type ``kind`` (``n``, ``b``, ``e``, ``str``) in one cell, its format kept.

    ``formula`` replaces the formula; None leaves the one that is there. Raises ValueError where the cell is not there.
    """
    path = sheet_path(parts, tab)
    found = re.compile(rf'<c r="{cell}"(?P<rest>[^>]*?)(?:/>|>(?P<inside>.*?)</c>)', re.DOTALL)
    text = parts[path].decode()
    match = found.search(text)
    if match is None:
        raise ValueError(f"{tab} has no cell {cell}")
    rest = re.sub(r' t="[^"]*"', "", match["rest"])
    there = re.search(r"<f>.*?</f>", match["inside"] or "", re.DOTALL)
    said = (there[0] if there else "") if formula is None else f"<f>{escape(formula, False)}</f>" if formula else ""
    kind_said = "" if kind == "n" else f' t="{kind}"'
    stored = f"<v>{escape(value, False)}</v>" if value else ""
    changed = f'<c r="{cell}"{rest}{kind_said}>{said}{stored}</c>'
    parts[path] = (text[: match.start()] + changed + text[match.end() :]).encode()


def add_value(parts: Parts, tab: str, cell: str, value: str) -> None:
    """A further value in a cell that has one, as no program writes it."""
    path = sheet_path(parts, tab)
    text = parts[path].decode()
    at = text.index("</v>", text.index(f'<c r="{cell}"')) + len("</v>")
    parts[path] = f"{text[:at]}<v>{value}</v>{text[at:]}".encode()


def change_stamp(parts: Parts, changes: Mapping[str, Any], where: str) -> None:
    """Change fields of the stamp on the hidden ``sheet``, in the ``properties`` or in ``both``."""
    if where in ("sheet", "both"):
        text = parts[_STRINGS].decode()
        parts[_STRINGS] = _STAMP.sub(
            lambda at: at[1] + escape(_changed(unescape(at[2]), changes), False) + at[3], text
        ).encode()
    if where in ("properties", "both"):
        text = parts[_CUSTOM].decode()
        said = "".join(unescape(_VALUE.findall(item)[0]) for item in _PROPERTY.findall(text))
        made = "".join(
            f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{number}" name="{name}">'
            f"<vt:lpwstr>{escape(value, False)}</vt:lpwstr></property>"
            for number, (name, value) in enumerate(properties(_changed(said, changes)).items(), start=2)
        )
        parts[_CUSTOM] = _PROPERTY.sub("", text).replace("</Properties>", f"{made}</Properties>").encode()


def drop_properties(parts: Parts) -> None:
    """Clear the custom document properties, as 检查文档 does."""
    parts[_CUSTOM] = _PROPERTY.sub("", parts[_CUSTOM].decode()).encode()


def add_link(parts: Parts, target: str) -> None:
    """A link to the workbook ``target`` as Excel keeps it; formulas write it ``[1]``."""
    name = "xl/externalLinks/externalLink1.xml"
    parts[name] = (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<externalBook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:id="rId1">'
        b'<sheetNames><sheetName val="Sheet1"/></sheetNames></externalBook></externalLink>'
    )
    parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{_LINK}Path" Target="{escape(target)}" TargetMode="External"/></Relationships>'
    ).encode()
    _put_before(
        parts,
        "[Content_Types].xml",
        "</Types>",
        f'<Override PartName="/{name}" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"/>',
    )
    _put_before(
        parts,
        "xl/_rels/workbook.xml.rels",
        "</Relationships>",
        f'<Relationship Id="rIdLink1" Type="{_LINK}" Target="externalLinks/externalLink1.xml"/>',
    )
    after = "<definedNames>" if b"<definedNames>" in parts["xl/workbook.xml"] else "<calcPr"
    reference = '<externalReferences><externalReference r:id="rIdLink1"/></externalReferences>'
    _put_before(parts, "xl/workbook.xml", after, reference)


def _put_before(parts: Parts, name: str, mark: str, text: str) -> None:
    head, found, tail = parts[name].decode().partition(mark)
    if not found:
        raise ValueError(f"{name} has no {mark}")
    parts[name] = f"{head}{text}{found}{tail}".encode()


def _changed(text: str, changes: Mapping[str, Any]) -> str:
    body = {**json.loads(text), **changes}
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
