"""Workbook bytes → cells: the narrow interface behind which openpyxl stands until crmxl has its own reader.

One pass over each sheet's XML. openpyxl reads the package around it (workbook, styles, links, properties) and
translates shared formulas; its own cell reading is not used, because it drops the values under merged cells, tells an
empty cached text from none, no more than ``１２３`` from 123, and takes two loads for values and formulas. Knows
nothing of templates. Only cells that hold something are kept, so that a space in row 1,048,576 costs nothing.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, iterparse

from crmxl.receive.submission import Content, ContentType

if TYPE_CHECKING:
    from openpyxl.reader.excel import ExcelReader

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ROW, _CELL, _VALUE, _FORMULA, _INLINE = (f"{_MAIN}{tag}" for tag in ("row", "c", "v", "f", "is"))
_COLUMN, _MERGE, _STRING, _RUN, _TEXT = (f"{_MAIN}{tag}" for tag in ("col", "mergeCell", "si", "r", "t"))
_LAST_COLUMN = 16_384
_DAYS_FROM_1900_TO_1904 = 1_462
_LOCAL_DATES = frozenset((*range(27, 37), *range(50, 59)))
"""Built-in formats that are dates in Chinese, Japanese and Korean programs (ECMA-376 part 1, 18.8.30)."""
_INTEGER = re.compile("-?[0-9]{1,15}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


class Unreadable(Exception):
    """The bytes cannot be read as a workbook; the text names the part, where it is known."""


@dataclass(frozen=True)
class Tab:
    """A sheet as returned."""

    name: str
    state: str = "visible"
    """``visible``, ``hidden`` or ``veryHidden``."""
    cells: Mapping[tuple[int, int], Content] = field(default_factory=dict)
    """What stands at (row, column), both from 1; blank cells are left out."""
    merges: tuple[tuple[int, int, int, int], ...] = ()
    """First row, first column, last row, last column."""
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Cells:
    """A workbook as returned."""

    tabs: tuple[Tab, ...]
    """All sheets in order; a chart sheet has no cells."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Custom document properties that are texts."""
    links: tuple[str, ...] = ()
    """Targets of links to other workbooks; formulas write the first one ``[1]``."""


def read_cells(data: bytes) -> Cells:
    """Every cell that holds something, as the file has it; raises Unreadable for bytes that are no sound workbook.

    A formula counts as never calculated where no value is stored with it; an empty text stored as a text is a value.
    """
    reading = _Reading()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells what it would not save again; nothing is saved
            return reading.workbook(data)
    except Unreadable:
        raise
    except Exception as error:
        # Broad on purpose, and here only: openpyxl raised 39 undeclared kinds of exception on real files (safety.md),
        # and one broken file must not stop a batch.
        raise Unreadable(reading.part) from error


class _Reading:
    """One workbook being read; ``part`` names what is being read when something goes wrong."""

    def __init__(self) -> None:
        self.part = "[Content_Types].xml"
        self.strings: list[str] = []
        self.dates: frozenset[int] = frozenset()
        self.offset = 0

    def workbook(self, data: bytes) -> Cells:
        from openpyxl.reader.excel import ExcelReader
        from openpyxl.styles.stylesheet import apply_stylesheet
        from openpyxl.utils.datetime import CALENDAR_MAC_1904

        reader = ExcelReader(io.BytesIO(data), keep_links=True)
        reader.read_manifest()
        self.part = "xl/workbook.xml"
        reader.read_workbook()
        self.part = "docProps/custom.xml"
        reader.read_custom()
        self.part = "xl/styles.xml"
        apply_stylesheet(reader.archive, reader.wb)
        book: Any = reader.wb
        styles = enumerate(book._cell_styles)
        local = {number for number, style in styles if style.numFmtId in _LOCAL_DATES}
        self.dates = frozenset({*book._date_formats, *book._timedelta_formats, *local})
        self.offset = _DAYS_FROM_1900_TO_1904 if book.epoch == CALENDAR_MAC_1904 else 0
        self.strings = list(self._shared_strings(reader))
        tabs = tuple(self._tabs(reader))
        if len({tab.name.casefold() for tab in tabs}) < len(tabs):
            raise Unreadable("xl/workbook.xml")  # formulas and findings name sheets; Excel allows no name twice
        properties = {item.name: item.value for item in book.custom_doc_props.props if isinstance(item.value, str)}
        return Cells(tabs, properties, tuple(str(link.file_link.Target) for link in book._external_links))

    def _shared_strings(self, reader: ExcelReader) -> Iterator[str]:
        from openpyxl.xml.constants import SHARED_STRINGS

        package: Any = reader.package
        entry = package.find(SHARED_STRINGS)
        if entry is None:
            return
        self.part = entry.PartName[1:]
        with reader.archive.open(self.part) as source:
            for _, element in iterparse(source):
                if element.tag == _STRING:
                    yield _rich_text(element)
                    element.clear()

    def _tabs(self, reader: ExcelReader) -> Iterator[Tab]:
        for sheet, relation in reader.parser.find_sheets():
            self.part = relation.target
            if not relation.Type.endswith("/worksheet"):
                yield Tab(sheet.name, sheet.state or "visible")
                continue
            with reader.archive.open(self.part) as source:
                yield self._tab(sheet.name, sheet.state or "visible", source)

    def _tab(self, name: str, state: str, source: Any) -> Tab:
        from openpyxl.worksheet._reader import WorkSheetParser

        formula_of = WorkSheetParser(source, []).parse_formula
        cells: dict[tuple[int, int], Content] = {}
        merges: list[tuple[int, int, int, int]] = []
        hidden_rows: set[int] = set()
        hidden_columns: set[int] = set()
        row = 0
        for _, element in iterparse(source):
            if element.tag == _ROW:
                row = int(element.get("r") or row + 1)
                if _hidden(element, "ht"):
                    hidden_rows.add(row)
                self._row(row, element, cells, formula_of)
                element.clear()
            elif element.tag == _COLUMN and _hidden(element, "width"):
                first, last = int(element.attrib["min"]), int(element.attrib["max"])
                hidden_columns.update(range(first, min(last, _LAST_COLUMN) + 1))
            elif element.tag == _MERGE:
                merges.append(_rectangle(element.attrib["ref"]))
        return Tab(name, state, cells, tuple(merges), frozenset(hidden_rows), frozenset(hidden_columns))

    def _row(
        self, row: int, element: Element, cells: dict[tuple[int, int], Content], formula_of: Callable[[Element], Any]
    ) -> None:
        from openpyxl.utils.cell import coordinate_to_tuple

        column = 0
        for cell in element:
            if cell.tag != _CELL:
                continue
            name = cell.get("r")
            if name:
                at, column = coordinate_to_tuple(name)
                if at != row:
                    raise Unreadable(f"{self.part}: {name}")
            else:
                column += 1
                cell.set("r", _address(row, column))
            content = self._content(cell, formula_of)
            if content.type is ContentType.BLANK and not content.formula:
                continue
            if (row, column) in cells:
                # One of the two would have to be dropped in silence, and programs differ in which one they show.
                raise Unreadable(f"{self.part}: {cell.get('r')}")
            cells[row, column] = content

    def _content(self, cell: Element, formula_of: Callable[[Element], Any]) -> Content:
        kind, text = self._value(cell)
        if cell.find(_FORMULA) is None:
            return Content(kind, text) if text else Content()
        formula = formula_of(cell)
        if not isinstance(formula, str):
            formula = getattr(formula, "text", None) or f"={{TABLE({formula.r1 or ''},{formula.r2 or ''})}}"
        # `<v></v>` is the empty text where the type says text; elsewhere openpyxl writes it for no value at all.
        calculated = bool(text) or (cell.get("t") == "str" and cell.find(_VALUE) is not None)
        return Content(kind if calculated else ContentType.BLANK, text, str(formula), calculated)

    def _value(self, cell: Element) -> tuple[ContentType, str]:
        kind, raw = cell.get("t", "n"), cell.findtext(_VALUE) or ""
        if kind == "inlineStr":
            inline = cell.find(_INLINE)
            return ContentType.TEXT, _rich_text(inline) if inline is not None else ""
        if not raw:
            return (ContentType.TEXT if kind == "str" else ContentType.BLANK), ""
        match kind:
            case "n":
                dated = int(cell.get("s", "0")) in self.dates
                return (ContentType.DATE, self._serial(raw)) if dated else (ContentType.NUMBER, number_text(raw))
            case "s":
                return ContentType.TEXT, self.strings[int(raw)]
            case "str":
                return ContentType.TEXT, _unescaped(raw)
            case "b":
                return ContentType.BOOLEAN, "TRUE" if raw.strip() in ("1", "true") else "FALSE"
            case "e":
                return ContentType.ERROR, raw.strip()
            case "d":
                return ContentType.DATE, _iso_serial(raw)
        raise Unreadable(f"{self.part}: {cell.get('r')}")

    def _serial(self, raw: str) -> str:
        text = number_text(raw)
        if not self.offset or not _NUMBER.fullmatch(text):
            return text
        return number_text(repr(float(text) + self.offset))


def number_text(raw: str) -> str:
    """The shortest text for the number in a cell's XML, ``5`` for ``5.0``; what is no finite number stays as it is."""
    text = raw.strip(" \t\r\n")
    if _INTEGER.fullmatch(text):
        return str(int(text))
    if len(text) > 400 or not _NUMBER.fullmatch(text) or not math.isfinite(value := float(text)):
        return text
    return "0" if value == 0 else repr(value).removesuffix(".0")


def _rich_text(element: Element) -> str:
    """The text of a string item, its runs joined; phonetic guides are not text."""
    runs: list[Element] = []
    for child in element:
        runs += [child] if child.tag == _TEXT else child.findall(_TEXT) if child.tag == _RUN else []
    return _unescaped("".join(run.text or "" for run in runs))


def _unescaped(text: str) -> str:
    """``_x000D_`` and its like as the characters they stand for (ECMA-376 part 1, 22.9.2.19); halves of pairs stay."""

    def character(found: re.Match[str]) -> str:
        code = int(found[1], 16)
        return found[0] if 0xD800 <= code < 0xE000 else chr(code)

    return _ESCAPE.sub(character, text) if "_x" in text else text


def _hidden(element: Element, size: str) -> bool:
    """Whether a row or column is not shown: hidden, filtered out, or of no size."""
    return element.get("hidden") in ("1", "true") or element.get(size) in ("0", "0.0")


def _rectangle(reference: str) -> tuple[int, int, int, int]:
    """First row, first column, last row, last column; raises for whole rows and columns, which no merge names."""
    from openpyxl.utils.cell import coordinate_to_tuple

    first, _, last = reference.replace("$", "").partition(":")
    return (*coordinate_to_tuple(first), *coordinate_to_tuple(last or first))


def _iso_serial(raw: str) -> str:
    """The serial number of a date written in ISO 8601, as LibreOffice and strict files may."""
    from openpyxl.utils import datetime

    library: Any = datetime
    return number_text(repr(float(library.to_excel(library.from_ISO8601(raw)))))


def _address(row: int, column: int) -> str:
    from openpyxl.utils.cell import get_column_letter

    return f"{get_column_letter(column)}{row}"
