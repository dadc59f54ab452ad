"""A group figure opened down to the cells it comes from: unit by unit, line by line, reviewers' changes apart. Pure.

What is listed of a unit adds up to its figure, and units add up to the group's: where a formula does more than add, or
an adjustment works through one, that is an entry of its own. Amounts are whole fen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from crmxl.check.verdict import Report
from crmxl.define.policy import near
from crmxl.define.round import Round
from crmxl.errors import CrmxlError
from crmxl.group.counting import Counted, fen_at
from crmxl.group.facts import clean, unit_of
from crmxl.group.levels import in_tree_order
from crmxl.group.origin import Adjustment, Source
from crmxl.group.outline import opened
from crmxl.group.states import shown
from crmxl.group.tree import template_of
from crmxl.issue.places import Layout, Role, RowKind
from crmxl.model import Key, Kind, Template, Text, Type, split_key

EFFECT = Text("随调整变动", "Follows from the adjustments")
_LEAF = (RowKind.LINE, RowKind.OPEN, RowKind.RECORD)
BEYOND = Text("公式中明细以外的部分", "What the formula has beyond its lines")


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell of a unit's workbook, or what a reviewer changed."""

    kind: Literal["cell", "adjustment", "effect", "formula"]
    """``effect`` is what an adjustment elsewhere changes here, ``formula`` what a formula has beyond its lines."""
    key: Key
    title: str
    sheet: str = ""
    cell: str = ""
    amount: int | None = None
    """Fen; None for what is no amount."""
    shown: str = ""
    """What stands there, where it is no amount."""
    adjustment: Adjustment | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What one unit brings to a figure."""

    unit: str
    name: str
    depth: int
    """In the tree, 1 at the top."""
    source: Source | None
    """The version that counts."""
    amount: int | None
    """Fen; None for what is no amount."""
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Figure:
    """A figure of one block, opened."""

    key: Key
    title: str
    template: Template
    year: int
    amount: int | None
    """The sum over all units; None for what does not add up."""
    shares: tuple[Share, ...]
    """In the order of the tree, every unit that counts and has the key."""


def open_figure(
    key: Key, added: Sequence[Report], counted: Counted, round: Round, within: Collection[str] | None = None
) -> tuple[Figure, ...]:
    """The figure at ``key`` in every block that has it, over the reports that are ``added`` up.

    ``within`` are the units to look at; None: all. Raises CrmxlError, with a key near it, where no block has the key.
    """
    places = {unit.code: (at, depth) for at, (unit, depth) in enumerate(in_tree_order(round))}
    blocks: dict[tuple[str, int], list[Report]] = {}
    for report in sorted(added, key=lambda one: places.get(unit_of(one), (len(places), 1))):
        if within is None or unit_of(report) in within:
            blocks.setdefault((template_of(report).name, _layout(report).year), []).append(report)
    if not any(key in _layout(report).cells for reports in blocks.values() for report in reports):
        _refuse(key, blocks)
    leaves: dict[int, tuple[Key, ...]] = {}
    found = []
    for (name, year), reports in sorted(blocks.items()):
        having = [report for report in reports if key in _layout(report).cells]
        if not having:
            continue
        adds = additive(_layout(having[0]), key)
        shares = []
        for report in having:
            layout = _layout(report)
            inside = leaves.get(id(layout))
            if inside is None:
                inside = leaves[id(layout)] = _leaves(layout, key) if adds else (key,)
            depth = places.get(unit_of(report), (0, 1))[1]
            shares.append(_share(key, inside, report, counted, name, depth, adds))
        found.append(
            Figure(
                key=key,
                title=_title(key, having[0]),
                template=template_of(having[0]),
                year=year,
                amount=sum(share.amount or 0 for share in shares) if adds else None,
                shares=tuple(shares),
            )
        )
    return tuple(found)


def _refuse(key: Key, blocks: Mapping[tuple[str, int], Sequence[Report]]) -> None:
    layouts = {id(_layout(report)): _layout(report) for reports in blocks.values() for report in reports}
    known = dict.fromkeys(one for layout in layouts.values() for one in layout.cells if "@_" not in one)
    if not known:
        raise CrmxlError("没有任何单位计入，没有数可以展开 · no unit counts yet, so there is no figure to open")
    totals = dict.fromkeys(layout.template.total for layout in layouts.values())
    raise CrmxlError(
        f"{key}: 没有这个键；总额是 {'、'.join(totals)} · there is no such key{near(key, known)}; "
        f"the total is {', '.join(totals)}"
    )


def additive(layout: Layout, key: Key) -> bool:
    """Whether the group adds the figure up over units: amounts, but for unit prices and the like."""
    cell = layout.cells[key]
    sheet = next((sheet for sheet in layout.template.sheets if sheet.id == cell.sheet), None)
    if cell.type is not Type.MONEY or sheet is None:
        return False
    if sheet.kind is Kind.FORM:
        return True
    id = split_key(key)[1].partition(".")[0]
    column = next((column for column in sheet.columns if column.id == id), None)
    return column is not None and (column.consolidate == "sum" or column.total)


def _leaves(layout: Layout, key: Key) -> tuple[Key, ...]:
    """The cells that make the amount at ``key``, in the template's order: of lines, and entered fields of forms."""
    known = frozenset(
        one
        for one, cell in layout.cells.items()
        if layout.kinds.get(split_key(one)[0]) in _LEAF or cell.role in (Role.INPUT, Role.ISSUED)
    )
    found = opened(layout, key, known)
    return tuple(one for one in layout.cells if one in found) or (key,)


def _share(
    key: Key, leaves: Sequence[Key], report: Report, counted: Counted, template: str, depth: int, adds: bool
) -> Share:
    unit = unit_of(report)
    source = counted.origin.source(unit, template)
    name = source.unit_name if source else clean(report.unit_name)
    if not adds:
        said = shown(report.values.get(key), _layout(report).cells[key].type)
        return Share(unit, name, depth, source, None, (_cell(key, report, None, said),))
    sent = counted.submitted.get((unit, template), report)
    changes = [
        one for one in counted.origin.adjustments if sent is not report and (one.unit, one.template) == (unit, template)
    ]
    entries: list[Entry] = []
    for leaf in leaves:
        entries += _entries(leaf, report, sent, changes, always=leaves == (key,))
    amount = fen_at(report, key)
    if beyond := amount - sum(entry.amount or 0 for entry in entries):
        told = _cell(key, report, beyond)
        entries.append(Entry("formula", key, told.title, told.sheet, told.cell, beyond))
    return Share(unit, name, depth, source, amount, tuple(entries))


def _entries(key: Key, report: Report, sent: Report, changes: Sequence[Adjustment], *, always: bool) -> Iterator[Entry]:
    """The cell at ``key`` as the unit sent it, and what reviewers changed there."""
    before, after = fen_at(sent, key), fen_at(report, key)
    mine = [one for one in changes if one.key == key]
    if before or mine or always:
        yield _cell(key, sent, before)
    for one in mine:
        yield Entry("adjustment", one.key, one.title, amount=one.change, adjustment=one)
    if rest := after - before - sum(one.change for one in mine):
        yield Entry("effect", key, sent.submission.title(key), amount=rest)


def _cell(key: Key, report: Report, amount: int | None, said: str = "") -> Entry:
    spot = report.submission.spots.get(key)
    place = (clean(spot.sheet), spot.cell) if spot else ("", "")
    return Entry("cell", key, clean(report.submission.title(key)), *place, amount, said)


def _title(key: Key, report: Report) -> str:
    """What the figure is called, with its column."""
    layout = _layout(report)
    code, _ = split_key(key)
    if layout.kinds.get(code) in _LEAF:
        return clean(report.submission.title(key))
    row = layout.headings.get(code) or layout.titles.get(code) or code
    field = layout.kinds.get(code) is RowKind.FIELD
    column = "" if field else layout.heading(key)
    return f"{row}·{column}" if column else row


def _layout(report: Report) -> Layout:
    layout = report.submission.layout
    if layout is None:
        raise ValueError(f"{report.submission.file} was not read")
    return layout
