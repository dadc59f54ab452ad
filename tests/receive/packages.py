"""Packages for the reader's tests, every part written as data: the smallest workbook, and what no program writes."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from openpyxl import Workbook

from crmxl.catalogue import word
from crmxl.define.names import LANGS
from crmxl.model import Finding, say
from crmxl.receive.cells import Cells, Tab, read_cells
from crmxl.receive.gate import admit
from crmxl.receive.limits import LIMITS, Refused
from crmxl.receive.submission import Content
from crmxl.receive.xml import MAIN
from tests.gallery.package import put_together

TYPES, RELS, BOOK, BOOK_RELS = "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
SHEET, STYLES, STRINGS = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml"
CUSTOM = "docProps/custom.xml"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
VALUES = f"{OFFICE}/docPropsVTypes"

Parts = dict[str, bytes]


PLAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


def types(kind: str = PLAIN, part: str = BOOK, more: str = "") -> bytes:
    """Content types that say of the workbook what it is, and ``more``."""
    space = f"{PACKAGE}/content-types"
    return f'<Types xmlns="{space}"><Override PartName="/{part}" ContentType="{kind}"/>{more}</Types>'.encode()


def relations(*targets: tuple[str, str, str]) -> bytes:
    """Relationships: id, last word of the type, target; a target with ``://`` leads out of the file."""
    outside = ' TargetMode="External"'
    items = "".join(
        f'<Relationship Id="{id}" Type="{OFFICE}/relationships/{kind}" Target="{target}"'
        f"{outside if '://' in target else ''}/>"
        for id, kind, target in targets
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{items}</Relationships>'.encode()


def book(*sheets: str, before: str = "", after: str = "") -> bytes:
    """A workbook part with these ``sheet`` elements."""
    spaces = f'xmlns="{MAIN}" xmlns:r="{OFFICE}/relationships"'
    return f"<workbook {spaces}>{before}<sheets>{''.join(sheets)}</sheets>{after}</workbook>".encode()


def sheet(rows: str = "", before: str = "", after: str = "") -> bytes:
    """A sheet's part with these rows, and what stands before and after them."""
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'.encode()


def strings(*items: str) -> bytes:
    """Shared texts, each as the XML inside its ``si``."""
    inside = "".join(f"<si>{item}</si>" for item in items)
    return f'<sst xmlns="{MAIN}">{inside}</sst>'.encode()


def styles(*numbers: int | str, formats: str = "") -> bytes:
    """Styles whose cell formats have these number formats."""
    used = "".join(f'<xf numFmtId="{number}"/>' for number in numbers)
    named = f"<numFmts>{formats}</numFmts>" if formats else ""
    return f'<styleSheet xmlns="{MAIN}">{named}<cellXfs>{used}</cellXfs></styleSheet>'.encode()


def properties(*items: str) -> bytes:
    """Custom document properties."""
    spaces = f'xmlns="{OFFICE}/custom-properties" xmlns:vt="{VALUES}"'
    return f"<Properties {spaces}>{''.join(items)}</Properties>".encode()


TAB = '<sheet name="预算" sheetId="1" r:id="rId1"/>'
ONE_TAB: tuple[str, str, str] = ("rId1", "worksheet", "worksheets/sheet1.xml")
A_BOOK: tuple[str, str, str] = ("rId1", "officeDocument", BOOK)


def smallest(changes: Mapping[str, bytes | None] | None = None) -> Parts:
    """The parts of the smallest workbook, some put in or replaced; None leaves one out."""
    parts: dict[str, bytes | None] = {
        TYPES: types(),
        RELS: relations(A_BOOK),
        BOOK: book(TAB),
        BOOK_RELS: relations(ONE_TAB),
        SHEET: sheet('<row r="1"><c r="A1"><v>5</v></c></row>'),
    }
    return {name: content for name, content in {**parts, **(changes or {})}.items() if content is not None}


def package(changes: Mapping[str, bytes | None] | None = None) -> bytes:
    """The smallest workbook as a file, some of its parts put in or replaced; None leaves one out."""
    return put_together(smallest(changes))


def cells(changes: Mapping[str, bytes | None]) -> Cells:
    """What is read from the smallest workbook with these parts; raises Refused."""
    return opened(package(changes))


def opened(data: bytes) -> Cells:
    """What is read from a file; raises Refused."""
    return read_cells(admit(data, "returned.xlsx"))


def tab(rows: str = "", before: str = "", after: str = "", more: Mapping[str, bytes | None] | None = None) -> Tab:
    """What is read from a sheet with these rows, in the smallest workbook or one with ``more``; raises Refused."""
    return cells({**(more or {}), SHEET: sheet(rows, before, after)}).tabs[0]


def cell(inside: str, attributes: str = "", more: Mapping[str, bytes | None] | None = None) -> Content:
    """What is read from A1 with this XML; raises Refused."""
    there = tab(f'<row r="1"><c r="A1" {attributes}>{inside}</c></row>', more=more).cells
    assert set(there) <= {(1, 1)}
    return there.get((1, 1), Content())


def saved(workbook: Workbook) -> bytes:
    """What openpyxl saves."""
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def refusal(read: Callable[[], object]) -> Finding:
    """The finding with which ``read`` refuses; it can be worded in both languages."""
    with pytest.raises(Refused) as caught:
        read()
    found = caught.value.finding
    assert str(caught.value) == found.code
    for lang in LANGS:
        worded = word(found, lang, "returned.xlsx")
        assert worded.message and worded.fix and "{" not in worded.message + worded.fix
    return found


def answer(read: Callable[[], object]) -> tuple[str, str, str]:
    """Code, what was found in English, and the part or the limit, of the finding with which ``read`` refuses."""
    found = refusal(read)
    return found.code, say(found.found, "en"), say(found.values.get("part", found.expected), "en")


def tighten(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    """Other limits for whatever module of the reader looks at them."""
    tight = replace(LIMITS, **limits)
    for name, module in list(sys.modules.items()):
        if name.startswith("crmxl.receive.") and hasattr(module, "LIMITS"):
            monkeypatch.setattr(module, "LIMITS", tight)
