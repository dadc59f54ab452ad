"""A submission: one returned workbook, read. What was typed, what the formulas showed, where everything stood.

Types only; ``reading.py`` makes them, check/ judges them. Nothing is converted here: an entry keeps the file's own
text, since a conversion is a decision that has to be told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from crmxl.define.rows import naming
from crmxl.issue.addresses import a1
from crmxl.issue.places import Layout, RowKind
from crmxl.issue.stamp import Stamp
from crmxl.model import Finding, Key, Place, Said

_TITLE = 60
"""Characters of a name that findings repeat."""
_ZERO_WIDTH = dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x2060, 0x2065), 0xFEFF))


class ContentType(StrEnum):
    """What a cell's content is, by the file."""

    BLANK = "blank"
    NUMBER = "number"
    DATE = "date"
    """A number with a date format; the text is the serial number."""
    TEXT = "text"
    BOOLEAN = "boolean"
    ERROR = "error"


class Content(NamedTuple):
    """A cell as the file has it."""

    type: ContentType = ContentType.BLANK
    text: str = ""
    """The value's own text: digits as written, error values as shown, TRUE/FALSE; a formula's cached value."""
    formula: str = ""
    """Formula text with ``=``; empty where there is none."""
    calculated: bool = True
    """False for a formula whose value was never calculated."""

    @property
    def blank(self) -> bool:
        """Whether nothing stands there: no formula, and no text; white space is text."""
        return self.type is ContentType.BLANK and not self.formula

    @property
    def invisible(self) -> bool:
        """Whether there is nothing to see: blank, or text of nothing but white space and zero-width characters."""
        if self.formula or self.type is ContentType.NUMBER or self.text.isalnum():
            return False
        return not self.text.translate(_ZERO_WIDTH).strip()


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a key stands in the returned workbook."""

    sheet: str
    """The tab's name as returned."""
    row: int
    column: int

    @property
    def cell(self) -> str:
        """A1 address."""
        return a1(self.row, self.column)


@dataclass(frozen=True, slots=True)
class Uncarried:
    """Something of the unit's own that no copy of its file carries."""

    where: str
    """Tab's name, with a cell or a range where it stands in one; empty where only the file is known."""
    what: Said
    """The content's beginning, or what it is, for people."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a unit put into its file beside the form; never judged, never counted."""

    scratch: Mapping[tuple[int, int], Content] = field(default_factory=dict)
    """工作底稿 by row and column: values and texts as shown, without formulas; bounded."""
    log: Mapping[tuple[int, int], Content] = field(default_factory=dict)
    """变更记录, likewise."""
    uncarried: tuple[Uncarried, ...] = ()
    """The first of what a copy does not carry."""
    uncarried_count: int = 0
    """How much of that there is."""


@dataclass(frozen=True)
class Submission:
    """One returned workbook, read against the layout it was issued from."""

    file: str
    """Path as given."""
    digest: str
    """SHA-256 of the file's bytes."""
    stamp: Stamp | None = None
    """What the workbook says of itself; None where it says nothing (then there is no layout either)."""
    layout: Layout | None = None
    """The layout it was issued from."""
    contents: Mapping[Key, Content] = field(default_factory=dict)
    """By key, for every keyed cell found: inputs, issued parameters, labels, closed months and calculated cells."""
    spots: Mapping[Key, Spot] = field(default_factory=dict)
    """Where each key stands; keys whose row or column is missing are not in it."""
    keys_at: Mapping[tuple[str, int, int], Key] = field(default_factory=dict)
    """The key at (tab name, row, column): by it, formulas of the returned file are read by meaning."""
    sheet_names: tuple[str, ...] = ()
    """All tab names as returned, for resolving references."""
    links: tuple[str, ...] = ()
    """Targets of links to other workbooks in order; formulas write the first one ``[1]``."""
    strays: Mapping[tuple[str, int, int], Content] = field(default_factory=dict)
    """Contents inside the area of a data sheet that stand in no keyed cell: rows without a code, foreign columns."""
    flags: Mapping[tuple[str, int, int], Content] = field(default_factory=dict)
    """Where the frozen headers repeat the master flag, and what stands there."""
    headers: Mapping[str, tuple[int, Mapping[int, Content]]] = field(default_factory=dict)
    """By tab name of a data sheet: the row of that flag, and what stands in it by column."""
    beside: Beside = Beside()
    """What a copy of the file carries beside the entries, and what it does not."""
    findings: tuple[Finding, ...] = ()
    """What went wrong while reading (families F, I and S)."""

    def place(self, key: Key) -> Place:
        """Where ``key`` stands, for a finding."""
        title = self.title(key)
        spot = self.spots.get(key)
        return Place(spot.sheet, spot.cell, title) if spot else Place(title=title)

    def title(self, key: Key) -> str:
        """The line's title, with the column's where the sheet has several; what the unit named a blank line or a row of
        a list, which has no title of its own.
        """
        if self.layout is None or key not in self.layout.cells:
            return ""
        code = key.rpartition("@")[0]
        content = self.contents.get(self._naming(code))
        row = (content.text[:_TITLE] if content and content.text else "") or self.layout.titles.get(code, "") or code
        heading = self.layout.headings.get(code, "").partition("　")[2]
        row = f"{heading} {row}" if heading else row
        field = self.layout.kinds.get(code) is RowKind.FIELD
        column = "" if field else self.layout.heading(key)
        return f"{row}·{column}" if column and not key.endswith("@title") else row

    def _naming(self, code: str) -> Key:
        """The cell in which a unit names the row: of a list the first with words."""
        assert self.layout is not None
        if self.layout.kinds.get(code) is not RowKind.RECORD:
            return f"{code}@title"
        (sheet,) = (sheet for sheet in self.layout.template.sheets if sheet.id == code.rpartition(".")[0])
        return f"{code}@{naming(sheet)}"
