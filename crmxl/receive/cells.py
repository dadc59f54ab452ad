"""A package's parts → cells: crmxl's own narrow reader, one pass over each sheet.

It reads what it needs (workbook, relationships, styles, shared texts, document properties, sheets) and nothing else.
Knows nothing of templates. Only cells that hold something are kept, so that a space in row 1,048,576 costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crmxl.model import Text
from crmxl.receive.formats import date_formats
from crmxl.receive.gate import Parts
from crmxl.receive.limits import LIMITS, damaged, too_many, unsafe
from crmxl.receive.package import DOUBLED, OUTSIDE, Relation, one, relations
from crmxl.receive.sheet import BLANK, Context, Tab, read_sheet, rich_text
from crmxl.receive.submission import Content, ContentType
from crmxl.receive.values import unescaped
from crmxl.receive.xml import MAIN, elements, named

__all__ = ["Cells", "Tab", "read_cells"]

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_ID = named(f"{_OFFICE}/relationships", "id")
_BOOK, _BOOK_PROPERTIES, _TABS, _TAB, _LINKS = (
    named(MAIN, tag) for tag in ("workbook", "workbookPr", "sheets", "sheet", "externalReferences")
)
_STRINGS, _STRING = named(MAIN, "sst"), named(MAIN, "si")
_LINK, _LINKED, _LIVE = (named(MAIN, tag) for tag in ("externalLink", "externalBook", "ddeLink"))
_PROPERTIES = named(f"{_OFFICE}/custom-properties", "Properties")
_PROPERTY_TEXT = named(f"{_OFFICE}/docPropsVTypes", "lpwstr")
_TRUE = ("1", "true")
_SHEETS, _TEXTS = Text("工作表", "sheets"), Text("文本", "texts")
_PROPERTIES_WORD = Text("文档属性", "properties")
_NAMES = Text("工作表重名", "two sheets of one name")
_PROPERTY_TWICE = Text("同名文档属性出现两次", "a document property that stands twice")
_WITHOUT_CELLS = ("chartsheet", "dialogsheet", "xlMacrosheet")
_ELSEWHERE = Text("工作表清单不止一份", "more than one list of sheets")
_ONCE = {_BOOK_PROPERTIES: Text("工作簿属性有两份", "two sets of workbook properties"), _TABS: _ELSEWHERE}
"""What a workbook says once; of two, programs take one or the other."""
_STATES = ("visible", "hidden", "veryHidden")


@dataclass(frozen=True)
class Cells:
    """A workbook as returned."""

    tabs: tuple[Tab, ...]
    """All sheets in order; a chart sheet has no cells."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Custom document properties that are texts."""
    links: tuple[str, ...] = ()
    """Targets of links to other workbooks; formulas write the first one ``[1]``."""
    date_1904: bool = False
    """Whether the workbook counts days from 1904; dates here are told from 1900 all the same."""


def read_cells(parts: Parts) -> Cells:
    """Every cell that holds something, as the file has it; raises Refused for what is no sound workbook.

    A formula counts as never calculated where no value is stored with it; an empty text stored as a text is a value.
    """
    package = relations(parts, "")
    book = one(package, "officeDocument")
    assert book is not None  # else gate.py refuses the package
    own = relations(parts, book)
    sheets, links, date_1904 = _workbook(parts, book)
    strings, styles = one(own, "sharedStrings"), one(own, "styles")
    context = Context(
        strings=_shared_strings(parts, strings) if strings is not None and strings in parts else {},
        dates=date_formats(parts.chunks(styles), styles) if styles is not None and styles in parts else None,
        date_1904=date_1904,
    )
    targets: set[str] = set()
    tabs = []
    for name, state, id in sheets:
        relation = own.get(id)
        if relation is None:
            raise damaged(f"{book}: {name}")
        if relation.outside:
            raise unsafe(OUTSIDE, relation.target)
        if relation.target.casefold() in targets:
            raise unsafe(DOUBLED, relation.target)
        targets.add(relation.target.casefold())
        if relation.kind == "worksheet":
            tabs.append(read_sheet(parts.chunks(relation.target), relation.target, name, state, context))
        elif relation.kind in _WITHOUT_CELLS:
            tabs.append(Tab(name, state))
        else:
            raise damaged(f"{book}: {name}")
    outside = tuple(_link(parts, own.get(id)) for id in links)
    return Cells(tuple(tabs), _properties(parts, one(package, "custom-properties")), outside, date_1904)


def _workbook(parts: Parts, part: str) -> tuple[list[tuple[str, str, str]], list[str], bool]:
    """Name, state and relationship id of each sheet; the ids of links to other workbooks; whether days count from
    1904.
    """
    sheets: list[tuple[str, str, str]] = []
    links: list[str] = []
    date_1904 = False
    met: set[str] = set()
    for _, element in elements(parts.chunks(part), part, _BOOK):
        if element.tag in met and element.tag in _ONCE:
            raise unsafe(_ONCE[element.tag], part)
        met.add(element.tag)
        if element.tag == _BOOK_PROPERTIES:
            date_1904 = element.get("date1904") in _TRUE
        elif element.tag == _LINKS:
            links += [link.get(_ID, "") for link in element]
        elif element.tag == _TABS:
            for tab in element:
                name, state = tab.get("name", ""), tab.get("state", "visible")
                if tab.tag != _TAB or state not in _STATES or not name:
                    raise damaged(f"{part}: {name}")
                sheets.append((name, state, tab.get(_ID, "")))
        elif any(inner.tag in (_BOOK, _TABS, _TAB) for inner in element.iter()):
            raise unsafe(_ELSEWHERE, part)
    if not sheets:
        raise damaged(part)
    if len(sheets) > LIMITS.sheets:
        raise too_many(LIMITS.sheets, len(sheets), _SHEETS)
    if len({name.casefold() for name, _, _ in sheets}) < len(sheets):
        raise unsafe(_NAMES, part)  # formulas and findings name sheets; Excel allows no name twice
    return sheets, links, date_1904


def _shared_strings(parts: Parts, part: str) -> dict[str, Content]:
    """The shared texts, as cells, by their index as a cell writes it."""
    found: dict[str, Content] = {}
    for _, element in elements(parts.chunks(part), part, _STRINGS, strict=True):
        if element.tag == _STRING:
            text = rich_text(element, part)
            found[str(len(found))] = Content(ContentType.TEXT, text) if text else BLANK
            if len(found) > LIMITS.strings:
                raise too_many(LIMITS.strings, len(found), _TEXTS, part)
    return found


def _properties(parts: Parts, part: str | None) -> dict[str, str]:
    """Custom document properties that are texts."""
    found: dict[str, str] = {}
    if part is None or part not in parts:
        return found
    for _, element in elements(parts.chunks(part), part, _PROPERTIES, strict=True):
        value = element.find(_PROPERTY_TEXT)
        if value is None:
            continue
        name = element.get("name", "")
        if name in found:
            raise unsafe(_PROPERTY_TWICE, name)
        found[name] = unescaped(value.text or "")
        if len(found) > LIMITS.properties:
            raise too_many(LIMITS.properties, len(found), _PROPERTIES_WORD)
    return found


def _link(parts: Parts, relation: Relation | None) -> str:
    """What a link to another workbook leads to, as the file says it; empty where it does not say."""
    if relation is None or relation.outside or relation.target not in parts:
        return relation.target if relation is not None else ""
    part = relation.target
    id = live = ""
    for _, element in elements(parts.chunks(part), part, _LINK):
        if element.tag == _LINKED:
            id = element.get(_ID, "")
        elif element.tag == _LIVE:
            live = f"{element.get('ddeService', '')}|{element.get('ddeTopic', '')}"
    target = relations(parts, part).get(id)
    return target.target if target is not None else live
