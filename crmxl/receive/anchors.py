"""Where the issued sheets, rows and columns stand in a returned workbook, told by their anchors. Findings S101 … S106.

A sheet has its marker ``crmxl:<id>``, whose column is the code column; below it ``#`` opens the row of column ids; rows
go by their codes. So renamed sheets, moved rows and inserted columns do no harm. What stands twice is never guessed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from crmxl.catalogue import finding
from crmxl.issue.addresses import a1
from crmxl.issue.places import CHECKS, MARKER, NOTE_ROW, Layout, Row, RowKind, SheetPlan, Span
from crmxl.model import Finding, Key, Kind, Place
from crmxl.receive.cells import Cells, Tab
from crmxl.receive.submission import ContentType, Spot

IDS = "#"
"""Opens the row of column ids."""
_REACH = 20
"""A marker counts within the first 20 rows and columns."""
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True)
class Located:
    """An issued sheet as it stands in the returned workbook."""

    plan: SheetPlan
    tab: Tab
    marker: tuple[int, int]
    id_row: int = 0
    """The row of column ids; 0 where it is missing."""
    columns: Mapping[str, int] = field(default_factory=dict)
    """Column numbers by id; those missing or doubled are not in it."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """Row numbers by code; those missing or doubled are not in it."""
    doubled_columns: frozenset[int] = frozenset()
    doubled_rows: frozenset[int] = frozenset()

    @property
    def code_column(self) -> int:
        """The column of codes."""
        return self.marker[1]

    def place(self, cell: str = "", title: str = "") -> Place:
        """A place on this sheet."""
        return Place(self.tab.name, cell, title)


@dataclass(frozen=True, slots=True)
class Anchors:
    """All that was found of the issued sheets."""

    sheets: tuple[Located, ...]
    """In the layout's order; missing and doubled ones are not in it."""
    marked: frozenset[str]
    """Names of tabs that carry the marker of an issued sheet, doubled ones too."""
    findings: tuple[Finding, ...]

    def standing(self, layout: Layout) -> Standing:
        """Where each keyed cell stands whose row and column were found, in the layout's order."""
        standing = Standing()
        for sheet in self.sheets:
            crossing = _crossing(layout, sheet)
            standing.spots.update(crossing.spots)
            standing.keys_at.update(crossing.keys_at)
            standing.places[sheet.tab.name] = crossing.places
        return standing


@dataclass(frozen=True)
class Standing:
    """Where the keys stand in a returned workbook."""

    spots: dict[Key, Spot] = field(default_factory=dict)
    keys_at: dict[tuple[str, int, int], Key] = field(default_factory=dict)
    """The key at tab name, row and column."""
    places: dict[str, Mapping[tuple[int, int], Key]] = field(default_factory=dict)
    """By tab name: the key at row and column."""


class _Crossing(NamedTuple):
    """What stands where the rows and columns of a sheet cross."""

    rows: Mapping[str, int]
    columns: Mapping[str, int]
    spots: Mapping[Key, Spot]
    keys_at: Mapping[tuple[str, int, int], Key]
    places: Mapping[tuple[int, int], Key]


_MOST_KEPT = 1_000
_kept: dict[tuple[str, str, str], _Crossing] = {}
"""The last crossing by the layout's fingerprint, sheet and tab: in most files of a round nothing has moved."""


def _crossing(layout: Layout, sheet: Located) -> _Crossing:
    name = sheet.tab.name
    kept = _kept.get((layout.fingerprint, sheet.plan.id, name))
    if kept is not None and (kept.rows, kept.columns) == (sheet.rows, sheet.columns):
        return kept
    rows, columns = sheet.rows, sheet.columns
    spots = {
        key: Spot(name, rows[code], columns[id])
        for key, (code, id) in layout.crossings[sheet.plan.id].items()
        if code in rows and id in columns
    }
    keys_at = {(name, spot.row, spot.column): key for key, spot in spots.items()}
    places = {(spot.row, spot.column): key for key, spot in spots.items()}
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    crossing = _Crossing(rows, columns, spots, keys_at, places)
    _kept[layout.fingerprint, sheet.plan.id, name] = crossing
    return crossing


def locate(layout: Layout, cells: Cells) -> Anchors:
    """The issued sheets of ``layout`` in ``cells``, with a finding for every anchor that is missing or doubled."""
    markers: dict[str, list[tuple[Tab, tuple[int, int]]]] = defaultdict(list)
    for tab in cells.tabs:
        for row in tab.by_row:
            if row > _REACH:
                break
            for column, content in tab.by_row[row].items():
                if column <= _REACH and content.type is ContentType.TEXT and not content.formula:
                    text = content.text.strip()
                    if text.startswith(MARKER):
                        markers[text.removeprefix(MARKER)].append((tab, (row, column)))
    sheets: list[Located] = []
    findings: list[Finding] = []
    marked: set[str] = set()
    for plan in layout.sheets:
        places = _standing(markers.get(plan.id, []))
        marked.update(tab.name for tab, _ in places)
        match places:
            case []:
                findings.append(finding("S101", place=Place(title=plan.name), expected=MARKER + plan.id))
            case [(tab, marker)]:
                located, wrong = _inside(layout, Located(plan, tab, marker))
                sheets.append(located)
                findings += wrong
            case _:
                findings.append(_doubled(plan, places))
    return Anchors(tuple(sheets), frozenset(marked), tuple(findings))


def _standing(places: list[tuple[Tab, tuple[int, int]]]) -> list[tuple[Tab, tuple[int, int]]]:
    """The markers that have column ids below them, if any has: a unit may type such a text into a cell."""

    def followed(tab: Tab, row: int, column: int) -> bool:
        below = (tab.cells.get((row + step, column)) for step in range(1, _REACH))
        return any(content is not None and content.text.strip() == IDS for content in below)

    return [place for place in places if followed(place[0], *place[1])] or places


def _doubled(plan: SheetPlan, places: list[tuple[Tab, tuple[int, int]]]) -> Finding:
    names = [tab.name for tab, _ in places]
    once = len(set(names)) == len(names)
    said = [name if once else f"{name}!{a1(*at)}" for name, (_, at) in zip(names, places, strict=True)]
    place = Place(names[0], a1(*places[0][1]), plan.name)
    return finding("S102", place=place, found=str(len(places)), expected="1", sheets="、".join(said))


def _inside(layout: Layout, sheet: Located) -> tuple[Located, list[Finding]]:
    """``sheet`` with its columns and rows."""
    marker_row, code_column = sheet.marker
    tab, plan = sheet.tab, sheet.plan
    down = [row for row, cells in tab.by_row.items() if code_column in cells and row > marker_row]
    id_row = next((row for row in down if tab.cells[row, code_column].text.strip() == IDS), 0)
    columns, doubled_columns, findings = _columns(layout, sheet, id_row)
    places: dict[str, list[int]] = defaultdict(list)
    codes = {row.code for row in plan.rows if row.code}
    for number in down:
        if number > id_row and (code := _code(sheet, number, codes)):
            places[code].append(number)
    for row in plan.rows:
        found = places[row.code] if row.code else [0]
        if not found:
            findings.append(_missing(layout, sheet, row))
        elif len(found) > 1:
            findings.append(_repeated(layout, sheet, row, [a1(number, code_column) for number in found]))
    located = Located(
        plan=plan,
        tab=tab,
        marker=sheet.marker,
        id_row=id_row,
        columns=columns,
        rows={code: found[0] for code, found in places.items() if len(found) == 1},
        doubled_columns=doubled_columns,
        doubled_rows=frozenset(number for found in places.values() if len(found) > 1 for number in found),
    )
    return located, findings


def _missing(layout: Layout, sheet: Located, row: Row) -> Finding:
    variants = {RowKind.LINE: "", RowKind.OPEN: "blank", RowKind.RECORD: "record"}
    place = sheet.place(title=row_title(layout, row))
    return finding("S105", variant=variants.get(row.kind, "named"), place=place, expected=row.code)


def _repeated(layout: Layout, sheet: Located, row: Row, cells: list[str]) -> Finding:
    line = "" if sheet.plan.has_blanks(row.code) else "no-blanks"
    variants = {RowKind.LINE: line, RowKind.OPEN: "coded", RowKind.RECORD: "coded"}
    place = sheet.place(cells[0], row_title(layout, row))
    variant = variants.get(row.kind, "named")
    return finding("S106", variant=variant, place=place, found=", ".join(cells), expected=row.code)


def _columns(layout: Layout, sheet: Located, id_row: int) -> tuple[dict[str, int], frozenset[int], list[Finding]]:
    """Columns by id, the doubled ones, and findings."""
    tab, plan = sheet.tab, sheet.plan
    if not id_row:
        place = sheet.place(a1(*sheet.marker), plan.name)
        return {}, frozenset(), [finding("S103", variant="ids", place=place, expected=IDS)]
    at: dict[str, list[int]] = defaultdict(list)
    for column, content in tab.by_row[id_row].items():
        if column != sheet.code_column:
            at[content.text.strip()].append(column)
    keyed = {id for _, id in layout.crossings[plan.id].values()}
    columns: dict[str, int] = {}
    doubled: set[int] = set()
    findings: list[Finding] = []
    for span in plan.spans:
        found = at[span.id]
        title = span_title(plan, span)
        if len(found) == 1:
            columns[span.id] = found[0]
        elif found:
            doubled.update(found)
            cells = [a1(id_row, column) for column in found]
            place = sheet.place(cells[0], title)
            findings.append(finding("S104", place=place, found=", ".join(cells), expected=title))
        elif span.id in keyed:
            findings.append(finding("S103", place=sheet.place(title=title), expected=title))
    return columns, frozenset(doubled), findings


def _code(sheet: Located, row: int, codes: set[str]) -> str:
    """The code in ``row``; empty where there is none.

    A code typed as a number counts only where no other code of the sheet is the same number: 1.10 becomes 1.1.
    """
    content = sheet.tab.cells[row, sheet.code_column]
    text = content.text.strip()
    if content.formula or text not in codes:
        return ""
    if content.type is ContentType.TEXT:
        return text
    if content.type is not ContentType.NUMBER or not _PLAIN.fullmatch(text):
        return ""
    same = [code for code in codes if _PLAIN.fullmatch(code) and Fraction(code) == Fraction(text)]
    return text if len(same) == 1 else ""


def flag_place(sheet: Located) -> tuple[int, int]:
    """Where the sheet's frozen header repeats the master flag; about where it stood, if no formula is left there."""
    code, first = min(sheet.rows.items(), key=lambda item: item[1], default=("", sheet.id_row))
    column = sheet.columns.get(sheet.plan.spans[0].id, sheet.code_column + 1)
    formulas = (
        row
        for row, cells in sheet.tab.by_row.items()
        if sheet.id_row < row < first and column in cells and cells[column].formula
    )
    issued = next((row.number for row in sheet.plan.rows if row.code == code), NOTE_ROW)
    return next(formulas, max(1, first - issued + NOTE_ROW)), column


def row_title(layout: Layout, row: Row) -> str:
    """What people call a row: its title, behind that of its group where it is a subtotal; else its code."""
    above = layout.headings.get(row.code, "").partition("　")[2]
    return f"{above} {row.title}".strip() or row.code


def span_title(plan: SheetPlan, span: Span) -> str:
    """What people call a column: its header; months with the column that they split."""
    owner, dot, _ = span.id.partition(".")
    if dot and plan.kind is not Kind.FORM and plan.id != CHECKS:
        return f"{plan.span(owner).title}·{span.title}"
    return span.title
