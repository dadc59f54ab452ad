"""A small spreadsheet program: rows, columns, cells and tabs edited as people do, references in formulas following.

It has the commands of LibreOffice's driver, so that an edit can be made by either: LibreOffice is the real path and
slow, this one is a hundredth of it. It does not calculate: after an edit that may change values it saves formulas
without theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from html import unescape
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from crmxl.issue.addresses import a1, letters, quoted
from tests.mutation.package import RELATIONS, STRINGS, TYPES, WORKBOOK, parts_of, zipped

_CELL = re.compile(
    r'<c r="([A-Z]+)([0-9]+)"(?: s="([0-9]+)")?(?: t="([a-z]+)")?(?:/>|>(?:<f>([^<]*)</f>)?(?:<v>([^<]*)</v>)?</c>)'
)
_ROW = re.compile(r'<row r="([0-9]+)"(?: spans="[^"]*")?([^>]*?)/?>')
_MERGE = re.compile(r'<mergeCell ref="([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)"/>')
_COLUMN = re.compile(r'<col min="([0-9]+)" max="([0-9]+)"([^>]*)/>')
_ANCHORED = re.compile(
    r"<autoFilter.*?(?:/>|</autoFilter>)|<mergeCells.*?</mergeCells>|<conditionalFormatting.*?</conditionalFormatting>"
    r"|<dataValidations.*?</dataValidations>|<rowBreaks.*?</rowBreaks>|<colBreaks.*?</colBreaks>"
    r"|<ignoredErrors>.*?</ignoredErrors>|<hyperlinks>.*?</hyperlinks>|<sheetProtection[^>]*/>",
    re.DOTALL,
)
"""What hangs on addresses and is not moved with them, and protection; merges are written anew."""
_REFERENCE = re.compile(
    r'(?P<words>"(?:[^"]|"")*")'
    r"|(?P<sheet>(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)?"
    r"(?<![\w.])(?P<d1>\$?)(?P<c1>[A-Z]{1,3})(?P<d2>\$?)(?P<r1>[1-9][0-9]*)"
    r"(?::(?P<d3>\$?)(?P<c2>[A-Z]{1,3})(?P<d4>\$?)(?P<r2>[1-9][0-9]*))?(?![\w(.!])"
)


class Box(NamedTuple):
    """A rectangle of cells, ends included."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, other: Box) -> bool:
        """Whether ``other`` lies in it wholly."""
        return (
            self.top <= other.top
            and self.left <= other.left
            and other.bottom <= self.bottom
            and other.right <= self.right
        )

    def moved(self, down: int, right: int) -> Box:
        """It, elsewhere."""
        return Box(self.top + down, self.left + right, self.bottom + down, self.right + right)


class Cell(NamedTuple):
    """A cell as the XML has it."""

    style: str = ""
    type: str = ""
    formula: str = ""
    value: str = ""
    """Empty: none; an index into the shared strings where the type is ``s``."""
    text: str = ""
    """A text that was typed."""


@dataclass
class Sheet:
    """A tab."""

    name: str
    attributes: str
    head: str
    columns: list[tuple[int, int, str]]
    rows: dict[int, str]
    """Attributes by number."""
    cells: dict[tuple[int, int], Cell]
    tail: str
    merges: list[Box]


Follow = Callable[[str, Box], Box | None]
"""Where the cells at a box of a sheet are now; None: gone."""


class Program:
    """A workbook of XlsxWriter's that is open; has the commands of ``tests.office.driver.Commands`` that edits use."""

    def __init__(self, data: bytes) -> None:
        self._parts = dict(parts_of(data))
        self._tabs = [_copy(sheet) for sheet in _opened(data)]
        self._stale = False

    def saved(self) -> bytes:
        """The file."""
        parts = {name: part for name, part in self._parts.items() if not name.startswith("xl/worksheets/")}
        sheets, relations, types = "", "", ""
        for number, sheet in enumerate(self._tabs, 1):
            parts[f"xl/worksheets/sheet{number}.xml"] = self._xml(sheet).encode()
            sheets += f'<sheet name={quoteattr(sheet.name)} sheetId="{number}"{sheet.attributes} r:id="rId{number}"/>'
            kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
            relations += f'<Relationship Id="rId{number}" Type="{kind}" Target="worksheets/sheet{number}.xml"/>'
            kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
            types += f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{kind}"/>'
        book = re.sub(r"<definedNames>.*?</definedNames>|<workbookProtection[^>]*/>", "", parts[WORKBOOK].decode())
        parts[WORKBOOK] = re.sub(r"<sheets>.*</sheets>", lambda _: f"<sheets>{sheets}</sheets>", book).encode()
        others = re.sub(r'<Relationship Id="rId[0-9]+" Type="[^"]*/worksheet"[^>]*/>', "", parts[RELATIONS].decode())
        others = re.sub(r'Id="rId', 'Id="other', others)
        parts[RELATIONS] = others.replace("</Relationships>", f"{relations}</Relationships>").encode()
        rest = re.sub(r'<Override PartName="/xl/worksheets/[^>]*/>', "", parts[TYPES].decode())
        parts[TYPES] = rest.replace("</Types>", f"{types}</Types>").encode()
        return zipped(parts.items())

    def _xml(self, sheet: Sheet) -> str:
        columns = "".join(f'<col min="{first}" max="{last}"{rest}/>' for first, last, rest in sorted(sheet.columns))
        by_row: dict[int, list[int]] = {number: [] for number in sheet.rows}
        for row, column in sheet.cells:
            by_row.setdefault(row, []).append(column)
        rows = []
        for row in sorted(by_row):
            cells = (self._cell(a1(row, at), sheet.cells[row, at]) for at in sorted(by_row[row]))
            rows.append(f'<row r="{row}"{sheet.rows.get(row, "")}>{"".join(cells)}</row>')
        merges = "".join(f'<mergeCell ref="{_area(box)}"/>' for box in sheet.merges)
        merges = f'<mergeCells count="{len(sheet.merges)}">{merges}</mergeCells>' if merges else ""
        columns = f"<cols>{columns}</cols>" if columns else ""
        return f"{sheet.head}{columns}<sheetData>{''.join(rows)}</sheetData>{merges}{sheet.tail}"

    def _cell(self, at: str, cell: Cell) -> str:
        style = f' s="{cell.style}"' if cell.style else ""
        if cell.text:
            kind, inside = "inlineStr", f'<is><t xml:space="preserve">{escape(cell.text)}</t></is>'
        elif cell.formula:
            value = "" if self._stale or not cell.value else f"<v>{cell.value}</v>"
            kind, inside = cell.type if value else "", f"<f>{escape(cell.formula)}</f>{value}"
        else:
            kind, inside = cell.type, f"<v>{cell.value}</v>" if cell.value else ""
        kind = f' t="{kind}"' if kind and inside else ""
        return f'<c r="{at}"{style}{kind}>{inside}</c>' if inside else f'<c r="{at}"{style}/>'

    # Cells

    def set(self, sheet: str, cell: str, value: str | float | bool | None) -> None:
        """Put exactly ``value`` there; None empties the cell."""
        tab, at = self._tab(sheet), _place(cell)
        bare = Cell(tab.cells.get(at, Cell()).style)
        if isinstance(value, bool):
            tab.cells[at] = bare._replace(type="b", value=str(int(value)))
        elif isinstance(value, str):
            tab.cells[at] = bare._replace(text=value)
        else:
            tab.cells[at] = bare if value is None else bare._replace(value=repr(value).removesuffix(".0"))
        self._stale = True

    def set_formula(self, sheet: str, cell: str, formula: str) -> None:
        """Put a formula there."""
        tab, at = self._tab(sheet), _place(cell)
        tab.cells[at] = Cell(tab.cells.get(at, Cell()).style, formula=formula.removeprefix("="))
        self._stale = True

    def type_in(self, sheet: str, cell: str, text: str) -> None:
        """Enter a number, a date (``2026/1/5``) or a text."""
        plain = text.replace(",", "")
        if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", plain):
            self.set(sheet, cell, None)
            tab, at = self._tab(sheet), _place(cell)
            tab.cells[at] = tab.cells[at]._replace(value=plain)
        elif found := re.fullmatch(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})", text):
            self.set(sheet, cell, (date(*map(int, found.groups())) - date(1899, 12, 30)).days)
        else:
            self.set(sheet, cell, text)

    def copy_range(self, sheet: str, range: str, to: str, to_sheet: str | None = None) -> None:
        """Copy and paste, formulas with their references shifted."""
        source, target, box = self._tab(sheet), self._tab(to_sheet or sheet), _box(range)
        row, column = _place(to)
        down, right = row - box.top, column - box.left
        copies = {at: source.cells.get(at) for at in _cells(box)}
        for (r, c), cell in copies.items():
            target.cells.pop((r + down, c + right), None)
            if cell is not None:
                target.cells[r + down, c + right] = cell._replace(formula=shifted(cell.formula, down, right))
        self._stale = True

    def move_range(self, sheet: str, range: str, to: str, to_sheet: str | None = None) -> None:
        """Cut and paste; references follow."""
        source, target, box = self._tab(sheet), self._tab(to_sheet or sheet), _box(range)
        row, column = _place(to)
        down, right = row - box.top, column - box.left
        assert source is target, "cells are moved within their sheet"
        landing = box.moved(down, right)

        def follow(name: str, other: Box) -> Box | None:
            if name != source.name:
                return other
            if box.holds(other):
                return other.moved(down, right)
            return None if landing.holds(other) else other

        taken = {at: source.cells.pop(at) for at in list(source.cells) if box.holds(Box(*at, *at))}
        for at in [at for at in target.cells if landing.holds(Box(*at, *at))]:
            del target.cells[at]
        target.cells.update({(r + down, c + right): cell for (r, c), cell in taken.items()})
        self._follow(follow)
        self._stale = True

    def merge(self, sheet: str, range: str, merged: bool = True) -> None:
        """Merge a range."""
        self._tab(sheet).merges.append(_box(range))

    def sort(self, sheet: str, range: str, column: str, ascending: bool = True, header: bool = False) -> None:
        """Sort rows by the numbers of a column, blanks last; formulas are shifted with their rows."""
        tab, box = self._tab(sheet), _box(range)
        by = _place(f"{column}1")[1]
        rows = list(_span(box.top, box.bottom))
        filled = [row for row in rows if tab.cells.get((row, by), Cell()).value]
        filled.sort(key=lambda row: float(tab.cells[row, by].value), reverse=not ascending)
        ordered = filled + [row for row in rows if row not in filled]
        before, self._stale = dict(tab.cells), True
        for row, origin in zip(rows, ordered, strict=True):
            for at in _span(box.left, box.right):
                cell = before.get((origin, at), Cell())
                tab.cells[row, at] = cell._replace(formula=shifted(cell.formula, row - origin, 0))

    # Rows and columns

    def insert_rows(self, sheet: str, before: int, count: int = 1) -> None:
        """Insert empty rows."""
        self._shift(sheet, 0, before, count)

    def delete_rows(self, sheet: str, first: int, last: int | None = None) -> None:
        """Delete rows."""
        self._shift(sheet, 0, first, first - (last or first) - 1)

    def move_rows(self, sheet: str, first: int, last: int, before: int) -> None:
        """Cut rows and insert them elsewhere."""
        count = last - first + 1
        self.insert_rows(sheet, before, count)
        if before < first:
            first, last = first + count, last + count
        self.move_range(sheet, f"A{first}:XFD{last}", f"A{before}")
        self.delete_rows(sheet, first, last)

    def hide_rows(self, sheet: str, first: int, last: int | None = None, hidden: bool = True) -> None:
        """Hide rows."""
        rows = self._tab(sheet).rows
        for row in _span(first, last or first):
            rows[row] = rows.get(row, "").replace(' hidden="1"', "") + (' hidden="1"' if hidden else "")

    def insert_columns(self, sheet: str, before: str, count: int = 1) -> None:
        """Insert empty columns."""
        self._shift(sheet, 1, _place(f"{before}1")[1], count)

    def delete_columns(self, sheet: str, first: str, last: str | None = None) -> None:
        """Delete columns."""
        left, right = _place(f"{first}1")[1], _place(f"{last or first}1")[1]
        self._shift(sheet, 1, left, left - right - 1)

    def hide_columns(self, sheet: str, first: str, last: str | None = None, hidden: bool = True) -> None:
        """Hide columns."""
        tab, columns = self._tab(sheet), []
        left, right = _place(f"{first}1")[1], _place(f"{last or first}1")[1]
        for low, high, rest in tab.columns:
            for column in _span(low, high):
                plain = rest.replace(' hidden="1"', "")
                mark = (plain + (' hidden="1"' if hidden else "")) if left <= column <= right else rest
                columns.append((column, column, mark))
        tab.columns = columns

    # Tabs

    def insert_sheet(self, name: str, position: int = 0) -> None:
        """Insert an empty sheet."""
        other = self._tabs[0]
        head = re.sub(r"<sheetViews>.*?</sheetViews>", "", other.head, flags=re.DOTALL)
        tail = "</worksheet>"
        self._tabs.insert(position, Sheet(name, "", head, [], {}, {}, tail, []))

    def rename_sheet(self, sheet: str, name: str) -> None:
        """Rename a tab; formulas follow."""
        self._tab(sheet).name = name
        for tab in self._tabs:
            for at, cell in tab.cells.items():
                if cell.formula:
                    tab.cells[at] = cell._replace(formula=_renamed(cell.formula, sheet, name))

    def copy_sheet(self, sheet: str, name: str, position: int = 0) -> None:
        """Copy a sheet."""
        self._tabs.insert(position, replace(_copy(self._tab(sheet)), name=name))

    def move_sheet(self, sheet: str, position: int) -> None:
        """Move a tab."""
        tab = self._tab(sheet)
        self._tabs.remove(tab)
        self._tabs.insert(position, tab)

    def delete_sheet(self, sheet: str) -> None:
        """Delete a sheet; formulas that read it show #REF!."""
        self._tabs.remove(self._tab(sheet))
        self._follow(lambda name, box: None if name == sheet else box)
        self._stale = True

    def hide_sheet(self, sheet: str, hidden: bool = True) -> None:
        """Hide a sheet."""
        self._tab(sheet).attributes = ' state="hidden"' if hidden else ""

    # Inside

    def _tab(self, name: str) -> Sheet:
        return next(sheet for sheet in self._tabs if sheet.name == name)

    def _shift(self, sheet: str, axis: int, at: int, count: int) -> None:
        """Insert ``count`` rows (axis 0) or columns (1) before ``at``, or delete as many as ``count`` is below 0."""
        tab = self._tab(sheet)
        gone = range(at, at - count) if count < 0 else range(0)

        def one(number: int) -> int:
            return number if number < at else number + count

        def box(given: Box) -> Box | None:
            low, high = given[axis], given[axis + 2]
            if low in gone and high in gone:
                return None
            low, high = (at if low in gone else one(low)), (at - 1 if high in gone else one(high))
            return Box(low, given.left, high, given.right) if axis == 0 else Box(given.top, low, given.bottom, high)

        tab.cells = {
            (one(row), column) if axis == 0 else (row, one(column)): cell
            for (row, column), cell in tab.cells.items()
            if (row, column)[axis] not in gone
        }
        if axis == 0:
            tab.rows = {one(row): rest for row, rest in tab.rows.items() if row not in gone}
        else:
            single = [(n, rest) for low, high, rest in tab.columns for n in _span(low, high) if n not in gone]
            tab.columns = [(one(n), one(n), rest) for n, rest in single]
        tab.merges = [there for given in tab.merges if (there := box(given)) is not None]
        self._follow(lambda name, given: box(given) if name == sheet else given)
        self._stale = self._stale or count < 0

    def _follow(self, follow: Follow) -> None:
        for tab in self._tabs:
            for at, cell in tab.cells.items():
                if cell.formula and (moved := _followed(cell.formula, tab.name, follow)) != cell.formula:
                    tab.cells[at] = cell._replace(formula=moved)


def _followed(formula: str, home: str, follow: Follow) -> str:
    def there(found: re.Match[str]) -> str:
        if found["words"]:
            return found[0]
        name = _unquoted(found["sheet"][:-1]) if found["sheet"] else home
        box = _of(found)
        moved = follow(name, box)
        if moved == box:
            return found[0]
        return f"{found['sheet'] or ''}{'#REF!' if moved is None else _written(found, moved)}"

    return _REFERENCE.sub(there, formula)


def shifted(formula: str, down: int, right: int) -> str:
    """A formula pasted elsewhere: relative references move with it."""

    def there(found: re.Match[str]) -> str:
        if found["words"]:
            return found[0]
        box = _of(found)
        rows, columns = down * (not found["d2"]), right * (not found["d1"])
        last = down * (not (found["d4"] or "")), right * (not (found["d3"] or ""))
        moved = Box(box.top + rows, box.left + columns, box.bottom + last[0], box.right + last[1])
        if min(moved) < 1:
            return f"{found['sheet'] or ''}#REF!"
        return f"{found['sheet'] or ''}{_written(found, moved)}"

    return _REFERENCE.sub(there, formula) if formula and (down or right) else formula


def _renamed(formula: str, sheet: str, name: str) -> str:
    def there(found: re.Match[str]) -> str:
        if found["words"] or not found["sheet"] or _unquoted(found["sheet"][:-1]) != sheet:
            return found[0]
        return quoted(name) + "!" + found[0][len(found["sheet"]) :]

    return _REFERENCE.sub(there, formula)


def _of(found: re.Match[str]) -> Box:
    top, left = int(found["r1"]), column_number(found["c1"])
    return Box(top, left, int(found["r2"]), column_number(found["c2"])) if found["c2"] else Box(top, left, top, left)


def _written(found: re.Match[str], box: Box) -> str:
    first = f"{found['d1']}{letters(box.left)}{found['d2']}{box.top}"
    return f"{first}:{found['d3']}{letters(box.right)}{found['d4']}{box.bottom}" if found["c2"] else first


def _unquoted(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def column_number(column: str) -> int:
    """Number of a column by its letters."""
    number = 0
    for letter in column:
        number = number * 26 + ord(letter) - 64
    return number


def _place(cell: str) -> tuple[int, int]:
    found = re.fullmatch(r"([A-Z]+)([0-9]+)", cell)
    assert found, cell
    return int(found[2]), column_number(found[1])


def _box(range: str) -> Box:
    first, _, last = range.partition(":")
    return Box(*_place(first), *_place(last or first))


def _area(box: Box) -> str:
    return f"{a1(box.top, box.left)}:{a1(box.bottom, box.right)}"


def _cells(box: Box) -> list[tuple[int, int]]:
    return [(row, column) for row in _span(box.top, box.bottom) for column in _span(box.left, box.right)]


def _span(first: int, last: int) -> range:
    return range(first, last + 1)


def _copy(sheet: Sheet) -> Sheet:
    return replace(
        sheet,
        columns=list(sheet.columns),
        rows=dict(sheet.rows),
        cells=dict(sheet.cells),
        merges=list(sheet.merges),
    )


@lru_cache(maxsize=64)
def _opened(data: bytes) -> tuple[Sheet, ...]:
    parts = parts_of(data)
    tabs = re.findall(r'<sheet name="([^"]*)" sheetId="[0-9]+"([^>]*) r:id="rId([0-9]+)"/>', parts[WORKBOOK].decode())
    assert STRINGS in parts
    return tuple(
        _sheet(unescape(name), rest, parts[f"xl/worksheets/sheet{number}.xml"].decode()) for name, rest, number in tabs
    )


def _sheet(name: str, attributes: str, text: str) -> Sheet:
    head, _, rest = text.partition("<sheetData>")
    body, _, tail = rest.partition("</sheetData>")
    if not _:  # an empty sheet has <sheetData/>
        head, _, tail = text.partition("<sheetData/>")
        body = ""
    columns = [(int(low), int(high), more) for low, high, more in _COLUMN.findall(head)]
    merges = [Box(int(r1), column_number(c1), int(r2), column_number(c2)) for c1, r1, c2, r2 in _MERGE.findall(tail)]
    cells: dict[tuple[int, int], Cell] = {}
    for column, row, style, kind, formula, value in _CELL.findall(body):
        cells[int(row), column_number(column)] = Cell(style, kind, unescape(formula), value)
    assert len(cells) == body.count("<c "), name
    rows = {int(row): more.rstrip("/") for row, more in _ROW.findall(body)}
    head = re.sub(r"<cols>.*?</cols>", "", head)
    return Sheet(name, attributes, head, columns, rows, cells, _ANCHORED.sub("", tail), merges)
