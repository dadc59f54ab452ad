"""Where every value of a workbook stands: the layout's types.

Rows and columns count from 1, as in A1 addresses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from crmxl.expression import MAX_FORMULA, Cells, Measure, Node, Value, excel, outcomes, rewritten
from crmxl.issue.addresses import Box, boxes, quoted
from crmxl.model import Column, Key, Kind, Lang, Template, Text, Type, split_key

if TYPE_CHECKING:
    from crmxl.issue.ruling import PlacedRule
    from crmxl.policy import Policy

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
"""Excel's grid."""
MARKER_ROW = 1
"""Hidden; A1 holds ``crmxl:<sheet id>``."""
ID_ROW = 2
"""Hidden; ``#``, then each column's id."""
TITLE_ROW = 3
STATUS_ROW = 4
NOTE_ROW = 5
HEADLINE_COLUMN = 4
"""Of the first number beside the flag: what is left of a bound; each further one stands two columns on."""
HEADER_ROW = 6
FIRST_ROW = 7
MARKER = "crmxl:"
_OWN_ROW = "\0"
_LARGE = 64
"""Keys from which on a set is large."""
CHECKS = "_checks"
"""Id of the generated sheet 校验."""
SIGNATURES = (
    Text("编制人：____________", "Prepared by: ____________"),
    Text("审核人：____________", "Reviewed by: ____________"),
    Text("批准人：____________", "Approved by: ____________"),
    Text("日期：______年____月____日", "Date: ____________"),
)
"""The signature block, on as many rows as the page's width needs."""
FLAG: Key = "flag@result"
"""The master flag: 未完成 / 通过 / 提示 / 不通过."""


class Role(StrEnum):
    """What a cell is for."""

    INPUT = "input"
    """The unit types here."""
    ISSUED = "issued"
    """A parameter given by the group, locked."""
    CALCULATED = "calculated"
    """A formula, locked."""
    LABEL = "label"
    """A title that names its row, locked and compared."""
    CLOSED = "closed"
    """A month before the first one, locked and empty."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value's place."""

    key: Key
    """What stands there."""
    sheet: str
    """Sheet id."""
    row: int
    """From 1."""
    column: int
    """From 1."""
    role: Role
    """What the cell is for."""
    type: Type
    """What it holds."""
    formula: Node | None = None
    """The bound expression of a calculated cell."""
    minimum: Fraction | None = None
    """Smallest allowed value of an input."""
    maximum: Fraction | None = None
    """Largest allowed value of an input."""
    choices: tuple[str, ...] = ()
    """Allowed texts of a choice."""
    text: str = ""
    """The text of a label."""
    required: Node | None = None
    """When this bound condition is true, a blank is a finding."""

    @property
    def measure(self) -> Measure:
        """How an expression sees it."""
        if self.type is Type.MONEY:
            return Measure.MONEY
        if self.role is Role.CALCULATED and (self.sheet == CHECKS or "@_" in self.key) and self.type is Type.INTEGER:
            return Measure.COUNT
        return Measure.NUMBER if self.type.numeric else Measure.TEXT


class RowKind(StrEnum):
    """What a row is, for looks and for reading."""

    SECTION = "section"
    GROUP = "group"
    LINE = "line"
    OPEN = "open"
    SUBTOTAL = "subtotal"
    PART_TOTAL = "part_total"
    TOTAL = "total"
    FIELD = "field"
    RECORD = "record"
    CHECK = "check"

    @property
    def filled(self) -> bool:
        """Whether a unit types in it."""
        return self in (RowKind.LINE, RowKind.OPEN, RowKind.FIELD, RowKind.RECORD)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a data sheet."""

    number: int
    kind: RowKind
    code: str = ""
    """Empty on headings."""
    title: str = ""
    """As shown; empty where the unit names the line."""


@dataclass(frozen=True, slots=True)
class Span:
    """A column of a data sheet."""

    id: str
    """As in the ``#`` row."""
    number: int
    title: str
    type: Type
    column: Column | None = None
    """The definition it comes from; None for titles and generated columns."""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """A sheet laid out."""

    id: str
    name: str
    """The tab's name as issued."""
    kind: Kind
    spans: tuple[Span, ...]
    """Columns from the second on; the first holds the codes."""
    rows: tuple[Row, ...]
    note: str = ""

    def has_blanks(self, code: str) -> bool:
        """Whether a unit may name a line of its own beside the row ``code``: in its group, or right in its section."""
        section = group = 0
        owners: dict[str, tuple[int, int]] = {}
        blanks: set[tuple[int, int]] = set()
        for row in self.rows:
            if row.kind is RowKind.SECTION:
                section, group = section + 1, 0
            elif row.kind is RowKind.GROUP:
                group += 1
            elif row.kind is RowKind.OPEN:
                blanks.add((section, group))
            owners[row.code] = section, group
        section, group = owners.get(code, (0, 0))
        return bool(blanks & {(section, group), (section, 0)})

    @property
    def last_row(self) -> int:
        """Number of the last row."""
        return self.rows[-1].number

    def span(self, id: str) -> Span:
        """The column with this id; raises KeyError."""
        for span in self.spans:
            if span.id == id:
                return span
        raise KeyError(id)


@dataclass(frozen=True)
class Layout:
    """A template laid out for some parts, months, a year and a language: every value has one cell."""

    template: Template
    parts: tuple[str, ...]
    first_month: int
    year: int
    lang: Lang
    sheets: tuple[SheetPlan, ...]
    """Data sheets, then 校验."""
    cells: Mapping[Key, Cell]
    """Every keyed cell, in sheet order."""
    order: tuple[Key, ...]
    """Calculated keys, each after what it reads."""
    policies: tuple[Policy, ...] = ()
    """The policies that it was laid out with."""
    rules: tuple[PlacedRule, ...] = ()
    """The policy's rules that apply, bound to these cells."""
    presets: Mapping[Key, str] = field(default_factory=dict)
    """Values of issued cells that the template itself gives, as decimal strings or text."""

    def __getstate__(self) -> dict[str, object]:
        """What it is made of; what has been found out goes by the identity of objects, which another process lacks."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """Row titles by code."""
        return {row.code: row.title for sheet in self.sheets for row in sheet.rows if row.code}

    @cached_property
    def preset_values(self) -> Mapping[Key, Value]:
        """The presets as values."""
        return {key: Fraction(text) if self.cells[key].type.numeric else text for key, text in self.presets.items()}

    @cached_property
    def headings(self) -> Mapping[str, str]:
        """The heading that each subtotal and total row of a part or group stands under, by code."""
        found: dict[str, str] = {}
        for sheet in self.sheets:
            last: dict[RowKind, str] = {}
            for row in sheet.rows:
                last[row.kind] = row.title
                above = {RowKind.SUBTOTAL: RowKind.GROUP, RowKind.PART_TOTAL: RowKind.SECTION}.get(row.kind)
                if above is not None:
                    found[row.code] = last.get(above, "")
        return found

    @cached_property
    def kinds(self) -> Mapping[str, RowKind]:
        """Row kinds by code."""
        return {row.code: row.kind for sheet in self.sheets for row in sheet.rows if row.code}

    @cached_property
    def by_id(self) -> Mapping[str, SheetPlan]:
        """Sheets by id."""
        return {sheet.id: sheet for sheet in self.sheets}

    @cached_property
    def inputs(self) -> tuple[Cell, ...]:
        """The cells that units fill, in sheet order."""
        return tuple(cell for cell in self.cells.values() if cell.role is Role.INPUT)

    @cached_property
    def keys_by_sheet(self) -> Mapping[str, Mapping[Role, tuple[Key, ...]]]:
        """Keys by sheet id and role, in sheet order."""
        found: dict[str, dict[Role, list[Key]]] = {sheet.id: {role: [] for role in Role} for sheet in self.sheets}
        for key, cell in self.cells.items():
            found[cell.sheet][cell.role].append(key)
        return {sheet: {role: tuple(keys) for role, keys in roles.items()} for sheet, roles in found.items()}

    @cached_property
    def crossings(self) -> Mapping[str, Mapping[Key, tuple[str, str]]]:
        """By sheet id: the code and the column id of each key."""
        found: dict[str, dict[Key, tuple[str, str]]] = {sheet.id: {} for sheet in self.sheets}
        for key, cell in self.cells.items():
            code, _, column = key.rpartition("@")
            found[cell.sheet][key] = code, column
        return found

    @cached_property
    def _large(self) -> dict[int, tuple[tuple[Key, ...], list[Box]]]:
        return {}

    @cached_property
    def _formulas(self) -> dict[Key, str]:
        return {}

    def formula(self, key: Key) -> str:
        """The Excel text of a calculated cell, without ``=``; raises ValueError beyond Excel's limits."""
        text = self._formulas.get(key)
        if text is None:
            cell = self.cells[key]
            alike = cell.sheet in self._alike and key.startswith(f"{cell.sheet}.") and "@_P" not in key
            text = self._in_row(cell) if alike else self._excel(cell, self.addresser(cell.sheet))
            self._formulas[key] = text
        return text

    def _excel(self, cell: Cell, address: Callable[[tuple[Key, ...]], list[str]]) -> str:
        assert cell.formula is not None, cell.key
        return excel(rewritten(cell.formula, self._guarded) if self._worded else cell.formula, address)

    @cached_property
    def _worded(self) -> frozenset[Key]:
        """Calculated numbers that may be texts: a ratio is ``""`` where it means nothing."""
        numbers = (cell for cell in self.cells.values() if cell.formula is not None and cell.type.numeric)
        return frozenset(cell.key for cell in numbers if cell.formula and Measure.TEXT in outcomes(cell.formula))

    def _guarded(self, cells: Cells) -> Cells:
        """A number that may be a text counts 0 then, as a typed one does."""
        return replace(cells, typed=True) if not cells.several and cells.keys[0] in self._worded else cells

    @cached_property
    def _alike(self) -> frozenset[str]:
        """Lists whose rows have the same formulas but for their own row's number: every rule asks all rows or none."""
        asked = [[one.code.rpartition(".")[0] for one in placed.asked] for placed in self.rules]
        lists = (sheet for sheet in self.sheets if sheet.kind is Kind.LIST)
        counts = {sheet.id: sum(row.kind is RowKind.RECORD for row in sheet.rows) for sheet in lists}
        return frozenset(id for id, rows in counts.items() if all(one.count(id) in (0, rows) for one in asked))

    @cached_property
    def _wordings(self) -> dict[tuple[str, int], str]:
        """Excel texts of columns of lists, with a placeholder for the row's own number; empty where a row is named
        outright, and each has its own.
        """
        return {}

    def _in_row(self, cell: Cell) -> str:
        """The Excel text of a list's cell: worded once for its column, thousands of rows are filled in."""
        column = cell.sheet, cell.column
        if column not in self._wordings:
            code, name = split_key(cell.key)
            rows = (row.code for row in self.by_id[cell.sheet].rows if row.kind is RowKind.RECORD)
            other = next((f"{one}@{name}" for one in rows if one != code), cell.key)
            wording = self._wording(cell)
            self._wordings[column] = wording if wording == self._wording(self.cells[other]) else ""
        text = self._wordings[column].replace(_OWN_ROW, str(cell.row)) or self._excel(cell, self.addresser(cell.sheet))
        if len(text) + 1 > MAX_FORMULA:
            raise ValueError(f"the formula would have {len(text) + 1:,} characters; Excel allows {MAX_FORMULA:,}")
        return text

    def _wording(self, cell: Cell) -> str:
        elsewhere = self.addresser(cell.sheet)

        def address(keys: tuple[Key, ...]) -> list[str]:
            if any((self.cells[key].sheet, self.cells[key].row) != (cell.sheet, cell.row) for key in keys):
                return elsewhere(keys)
            return [box.in_row(_OWN_ROW) for box in self._boxes(keys)]

        return self._excel(cell, address)

    def addresser(self, home: str) -> Callable[[tuple[Key, ...]], list[str]]:
        """How formulas on the sheet ``home`` write keys."""

        def address(keys: tuple[Key, ...]) -> list[str]:
            return [
                str(box) if box.sheet == home else f"{quoted(self.by_id[box.sheet].name)}!{box}"
                for box in self._boxes(keys)
            ]

        return address

    def _boxes(self, keys: tuple[Key, ...]) -> list[Box]:
        """The rectangles of ``keys``; those of a large set, which thousands of rows may share, are found once."""
        found = self._large.get(id(keys))
        if found is None or found[0] is not keys:
            places = ((self.cells[key].sheet, self.cells[key].row, self.cells[key].column) for key in keys)
            found = keys, boxes(places)
            if len(keys) > _LARGE:
                self._large[id(keys)] = found
        return found[1]

    def heading(self, key: Key) -> str:
        """Column title of ``key`` for people; empty where the sheet has one value column."""
        sheet = self.by_id[self.cells[key].sheet]
        return next((span.title for span in sheet.spans if span.number == self.cells[key].column), "")

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits over every place, role, label and formula; equal for equal layouts on any machine."""
        digest = hashlib.sha256(f"{self.template.name} {self.year} {self.first_month} {self.parts}".encode())
        for sheet in self.sheets:
            digest.update(f"\n{sheet.id} {sheet.name}".encode())
        for key, cell in self.cells.items():
            what = self.formula(key) if cell.formula is not None else cell.text
            digest.update(f"\n{key} {cell.sheet} {cell.row} {cell.column} {cell.role} {what}".encode())
        return digest.hexdigest()[:16]


def column_of(key: Key) -> str:
    """The column id in a key."""
    return split_key(key)[1]
