"""One sheet's XML → its cells, merges and hidden lines, in one pass; strict, because a lenient reader reads otherwise
than the approver's Excel.

What programs disagree about is refused rather than guessed: cells out of order or twice, two values in a cell, cells
where none belong. What is only unusual is read: any prefix of the namespace, places left out, inline texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from xml.etree.ElementTree import Element

from crmxl.issue.addresses import a1, column_number, letters
from crmxl.issue.places import LAST_COLUMN, LAST_ROW
from crmxl.model import Text
from crmxl.receive.formula import Movable
from crmxl.receive.limits import LIMITS, damaged, too_many, unsafe
from crmxl.receive.submission import Content, ContentType
from crmxl.receive.values import boolean, error_value, iso_serial, number_text, serial, unescaped
from crmxl.receive.xml import MAIN, elements, named

_TAGS = ("worksheet", "sheetData", "row", "c", "v", "f", "is", "t", "r", "cols", "col", "mergeCells", "mergeCell")
_SHEET, _DATA, _ROW, _C, _V, _F, _IS, _T, _R, _COLS, _COL, _MERGES, _MERGE = (named(MAIN, tag) for tag in _TAGS)
_EXTENSIONS = named(MAIN, "extLst")
_OF_CELLS = frozenset((_DATA, _ROW, _C, _V, _F, _IS, _COL, _MERGE))
"""Elements that stand nowhere but in their places; elsewhere they would be read by some programs only."""
_PHONETIC = frozenset((named(MAIN, "rPh"), named(MAIN, "phoneticPr"), named(MAIN, "rPr"), _EXTENSIONS))
_WHOLE = re.compile(r"[0-9]{1,10}")
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")
BLANK = Content()
"""What a cell holds that holds nothing."""
_CELLS, _ROWS = Text("单元格", "cells"), Text("行", "rows")
_MERGED, _ARRAYS = Text("合并区域", "merged areas"), Text("数组公式", "array formulas")
_SPREAD = Text("数组公式覆盖的单元格", "cells of array formulas")
_FORMULA = Text("公式字符", "characters of a formula")
_FORMULAS = Text("全部公式字符", "characters of all formulas")
_SEEN = {"ht": 1.0, "width": 0.15}
"""From how high (points) and how wide (characters) a row and a column can be seen."""
_ORDER = Text("单元格次序错乱或重复", "cells out of order or twice")
_COLUMNS = Text("列次序错乱", "columns out of order")
_MISPLACED = Text("单元格写在不该出现的位置", "cells where none belong")
_TWICE = Text("一个单元格有两个值", "two values in one cell")
_OFF = Text("单元格地址不合规范", "an address that is none")

_MOST_PLACES = 100_000
_places: dict[str, tuple[int, int]] = {}
"""Row and column by address, as they are met: the workbooks of a round have the same ones."""


@dataclass(frozen=True)
class Tab:
    """A sheet as returned."""

    name: str
    state: str = "visible"
    """``visible``, ``hidden`` or ``veryHidden``."""
    cells: Mapping[tuple[int, int], Content] = field(default_factory=dict)
    """What stands at (row, column), both from 1, by rows; blank cells are left out."""
    merges: tuple[tuple[int, int, int, int], ...] = ()
    """First row, first column, last row, last column."""
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()

    @cached_property
    def by_row(self) -> Mapping[int, Mapping[int, Content]]:
        """The cells by row and column, in order."""
        found: dict[int, dict[int, Content]] = {}
        for row, column in sorted(self.cells):
            found.setdefault(row, {})[column] = self.cells[row, column]
        return found


@dataclass
class Context:
    """What the sheets of a workbook share, and how much of its limits they have used."""

    strings: Mapping[str, Content] = field(default_factory=dict)
    """Shared texts, as cells, by their index as a cell writes it."""
    dates: Mapping[str, bool] | None = None
    """Whether each cell format shows a date or a time, by the same; None where the workbook has no formats."""
    date_1904: bool = False
    cells: int = 0
    formulas: int = 0


def read_sheet(chunks: Iterable[bytes], part: str, name: str, state: str, context: Context) -> Tab:
    """The sheet in ``part``; raises Refused. Counts what it reads in ``context``."""
    reading = _Sheet(part, context)
    for inside, element in elements(chunks, part, _SHEET, _DATA, strict=True):
        if inside:
            reading.read_row(element)
        else:
            reading.read_aside(element)
    reading.spread_arrays()
    merges = tuple(reading.merges)
    return Tab(name, state, reading.cells, merges, frozenset(reading.hidden_rows), frozenset(reading.hidden_columns))


class _Sheet:
    """A sheet being read, and what was found."""

    def __init__(self, part: str, context: Context) -> None:
        self.part, self.context = part, context
        self.cells: dict[tuple[int, int], Content] = {}
        self.merges: list[tuple[int, int, int, int]] = []
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.rows = self.row = self.column = 0
        self.lists: set[str] = set()
        self.shared: dict[str, tuple[Movable, int, int]] = {}
        self.arrays: list[tuple[tuple[int, int, int, int], str]] = []

    def read_row(self, element: Element) -> None:
        """A row and its cells."""
        if element.tag != _ROW:
            raise unsafe(_MISPLACED, self.part)
        given = element.get("r")
        row = self._whole(given) if given is not None else self.row + 1
        if not 1 <= row <= LAST_ROW:
            raise unsafe(_OFF, f"{self.part}: {row}")
        if row <= self.row:
            raise unsafe(_ORDER, f"{self.part}: {row}")
        self.row, column = row, 0
        self.rows += 1
        if self.rows > LIMITS.rows:
            raise too_many(LIMITS.rows, self.rows, _ROWS, self.part)
        self.context.cells += len(element)
        if self.context.cells > LIMITS.cells:
            raise too_many(LIMITS.cells, self.context.cells, _CELLS)
        if _hidden(element, "ht"):
            self.hidden_rows.add(row)
        cells = self.cells
        for cell in element:
            if cell.tag != _C:
                self._refuse_cells(cell, _EXTENSIONS)
                continue
            address = cell.get("r")
            place = (row, column + 1) if address is None else _places.get(address) or self._place(address)
            if place[0] != row or place[1] > LAST_COLUMN:
                raise unsafe(_OFF, f"{self.part}: {address or a1(*place)}")
            if place[1] <= column:
                raise unsafe(_ORDER, f"{self.part}: {a1(*place)}")
            column = place[1]
            if len(cell):
                self.column = column
                content = self._cell(cell)
                if content is not BLANK:
                    cells[place] = content

    def _place(self, text: str) -> tuple[int, int]:
        """Row and column of an address that is met for the first time."""
        match = _CELL.fullmatch(text)
        if match is None:
            raise unsafe(_OFF, f"{self.part}: {text}")
        place = int(match[2]), column_number(match[1])
        if len(_places) < _MOST_PLACES:
            _places[text] = place
        return place

    def _cell(self, cell: Element) -> Content:
        """What a cell holds; ``BLANK`` where that is nothing."""
        kind = cell.get("t", "n")
        first = cell[0]
        if first.tag == _V and len(cell) == 1 and not len(first):
            return self._content(kind, first.text, cell.get("s", "0")) if first.text else BLANK
        value = formula = inline = None
        for child in cell:
            tag = child.tag
            if tag == _V and value is None:
                value = child.text or ""
            elif tag == _F and formula is None:
                formula = child
            elif tag == _IS and inline is None:
                inline = rich_text(child, self._here())
                continue
            elif tag in (_V, _F, _IS):
                raise unsafe(_TWICE, self._here())
            else:
                self._refuse_cells(child, _EXTENSIONS)
                continue
            if len(child):
                raise unsafe(_MISPLACED, self._here())
        if inline is not None and value is not None:
            raise unsafe(_TWICE, self._here())
        content = self._content(kind, value, cell.get("s", "0")) if value else BLANK
        if inline is not None:
            if kind != "inlineStr":
                raise unsafe(_MISPLACED, self._here())
            content = Content(ContentType.TEXT, inline) if inline else BLANK
        if formula is None:
            return content
        text = self._formula(formula)
        if value or inline:
            return Content(content.type, content.text, text)
        # `<v></v>` is the empty text where the type says text; elsewhere openpyxl writes it for no value at all.
        if kind == "str" and value is not None:
            return Content(ContentType.TEXT, "", text)
        return Content(ContentType.BLANK, "", text, False)

    def _content(self, kind: str, raw: str, style: str) -> Content:
        """The value of a cell of type ``kind``; raises Refused where it is not of its type."""
        try:
            if kind == "s":
                return (
                    self.context.strings[raw]
                    if raw in self.context.strings
                    else self.context.strings[raw.strip(" \t\r\n")]
                )
            if kind == "n":
                if self._dated(style):
                    return Content(ContentType.DATE, serial(raw, self.context.date_1904))
                return Content(ContentType.NUMBER, number_text(raw))
            if kind == "str":
                return Content(ContentType.TEXT, unescaped(raw))
            if kind == "b":
                return Content(ContentType.BOOLEAN, boolean(raw))
            if kind == "e":
                return Content(ContentType.ERROR, error_value(raw))
            if kind == "d":
                return Content(ContentType.DATE, iso_serial(raw))
        except (ValueError, KeyError):
            pass
        raise damaged(self._here())

    def _dated(self, style: str) -> bool:
        """Whether the cell format ``style`` shows a date; raises KeyError where there is no such format."""
        dates = self.context.dates
        if dates is None:
            return False
        if style == "0":
            return dates.get(style, False)
        found = dates.get(style)
        return found if found is not None else dates[str(self._whole(style.strip()))]

    # --- formulas -----------------------------------------------------------------------------------------------

    def _formula(self, element: Element) -> str:
        """The cell's formula with ``=``; shared ones as they read here."""
        text = element.text or ""
        if len(text) > LIMITS.formula:
            raise too_many(LIMITS.formula, len(text), _FORMULA, self._here())
        kind = element.get("t", "normal")
        if kind == "shared":
            text = self._shared(text, element.get("si", ""))
        elif kind == "dataTable":
            text = f"{{TABLE({element.get('r1', '')},{element.get('r2', '')})}}"
        self.context.formulas += len(text)
        if self.context.formulas > LIMITS.formulas:
            raise too_many(LIMITS.formulas, self.context.formulas, _FORMULAS)
        if kind in ("array", "dataTable"):
            area = self._area(element.get("ref") or a1(self.row, self.column))
            if area[:2] != area[2:]:
                self.arrays.append((area, f"={text}"))
                if len(self.arrays) > LIMITS.arrays:
                    raise too_many(LIMITS.arrays, len(self.arrays), _ARRAYS, self.part)
        return f"={text}"

    def _shared(self, text: str, group: str) -> str:
        if text:
            self.shared[group] = Movable(text), self.row, self.column
            return text
        if group not in self.shared:
            raise damaged(self._here())
        first, row, column = self.shared[group]
        return first.at(self.row - row, self.column - column)

    def spread_arrays(self) -> None:
        """Say of each cell that a formula elsewhere fills that it is calculated, not typed."""
        steps = 0
        for (top, left, bottom, right), formula in self.arrays:
            steps += min((bottom - top + 1) * (right - left + 1), len(self.cells))
            if steps > LIMITS.cells:
                raise too_many(LIMITS.cells, steps, _SPREAD, self.part)
            if (bottom - top + 1) * (right - left + 1) <= len(self.cells):
                places = list(product(range(top, bottom + 1), range(left, right + 1)))
            else:
                places = [at for at in self.cells if top <= at[0] <= bottom and left <= at[1] <= right]
            for place in places:
                there = self.cells.get(place)
                if there is not None and not there.formula:
                    self.cells[place] = Content(there.type, there.text, formula)

    # --- around the cells ---------------------------------------------------------------------------------------

    def read_aside(self, element: Element) -> None:
        """What stands around the cells."""
        if element.tag in (_COLS, _MERGES):
            if element.tag in self.lists:
                raise unsafe(_MISPLACED, self.part)
            self.lists.add(element.tag)
        if element.tag == _COLS:
            self._hide_columns(element)
        elif element.tag == _MERGES:
            if len(element) > LIMITS.merges:
                raise too_many(LIMITS.merges, len(element), _MERGED, self.part)
            if any(merge.tag != _MERGE for merge in element):
                raise unsafe(_MISPLACED, self.part)
            self.merges = [self._area(merge.get("ref", "")) for merge in element]
        else:
            self._refuse_cells(element)

    def _hide_columns(self, element: Element) -> None:
        begun = done = 0
        hidden = False
        for run in element:
            if run.tag != _COL:
                raise unsafe(_MISPLACED, self.part)
            first, last = self._whole(run.get("min", "")), self._whole(run.get("max", ""))
            # Some programs let runs overlap; that does no harm where both show the columns, or both hide them.
            if not begun <= first <= last or (first <= done and hidden is not _hidden(run, "width")):
                raise unsafe(_COLUMNS, f"{self.part}: {letters(min(first, LAST_COLUMN))}")
            begun, hidden = first, _hidden(run, "width")
            if hidden:
                self.hidden_columns.update(range(max(first, done + 1), min(last, LAST_COLUMN) + 1))
            done = max(done, last)

    def _refuse_cells(self, element: Element, *allowed: str) -> None:
        """Refuse cells that some programs would find inside an element that others pass over."""
        if (allowed and element.tag not in allowed) or any(inner.tag in _OF_CELLS for inner in element.iter()):
            raise unsafe(_MISPLACED, f"{self.part}: {element.tag.rpartition('}')[2]}")

    def _area(self, text: str) -> tuple[int, int, int, int]:
        """First row, first column, last row, last column."""
        match = _AREA.fullmatch(text)
        if match is None:
            raise damaged(f"{self.part}: {text}")
        top, left = int(match[2]), column_number(match[1])
        bottom, right = (int(match[4]), column_number(match[3])) if match[3] else (top, left)
        if not (1 <= top <= bottom <= LAST_ROW and 1 <= left <= right <= LAST_COLUMN):
            raise unsafe(_OFF, f"{self.part}: {text}")
        return top, left, bottom, right

    def _whole(self, text: str) -> int:
        if _WHOLE.fullmatch(text) is None:
            raise damaged(f"{self.part}: {text}")
        return int(text)

    def _here(self) -> str:
        return f"{self.part}: {a1(self.row, self.column)}"


def _hidden(element: Element, size: str) -> bool:
    """Whether a row or column is not shown: hidden, filtered out, or of no size."""
    flag, extent = element.get("hidden"), element.get(size)
    if flag is not None and flag.strip() in ("1", "true"):
        return True
    return extent is not None and _thin(extent, _SEEN[size])


def _thin(extent: str, seen: float) -> bool:
    try:
        return float(extent) < seen
    except ValueError:
        return False  # then the program that shows it takes its usual size


def rich_text(element: Element, where: str) -> str:
    """The text of a string item, its runs joined; phonetic guides are not text. Raises Refused for foreign elements."""
    if len(element) == 1 and element[0].tag == _T and not len(element[0]):
        return unescaped(element[0].text or "")
    runs: list[Element] = []
    for child in element:
        if child.tag == _T:
            runs.append(child)
        elif child.tag == _R:
            own = child.findall(_T)
            if len(own) > 1:
                raise unsafe(_MISPLACED, where)
            runs += own
        elif child.tag not in _PHONETIC:
            raise unsafe(_MISPLACED, where)
    plain = sum(child.tag == _T for child in element)
    if plain > 1 or (plain and len(runs) > plain) or any(len(run) for run in runs):
        raise unsafe(_MISPLACED, where)  # programs differ in which of several texts they read
    return unescaped("".join(run.text or "" for run in runs))
