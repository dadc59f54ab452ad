"""Reports → totals: which files count, and exact sums by unit, line, part and month, with the measures beside them.

Owns the rules of counting: blocked files never, identical bytes once, and never a guess between two files of one unit.
Pure but for pandas (in ``facts``). Knows nothing of how totals are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from crmxl.catalogue import finding
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.define.sizes import longest
from crmxl.group.facts import DIFFERENCE, MONEY_COLUMNS, Amounts, added_up, amounts, clean, gather, unit_of
from crmxl.group.levels import levels
from crmxl.group.measures import measures
from crmxl.group.outline import Leaf
from crmxl.group.subtree import broken_over_subtrees
from crmxl.group.totals import (
    DIFFERENCE_TITLE,
    NO_TOTAL,
    NO_UNIT,
    OWN,
    UNREAD,
    Block,
    ConservationError,
    GroupFinding,
    LeftOut,
    LineTotal,
    PartTotal,
    Totals,
    UnitTotal,
    difference_note,
)
from crmxl.group.tree import compared, missing, other_versions, parted
from crmxl.issue.places import Layout
from crmxl.model import Finding, Severity, Template, Text
from crmxl.money import round_fen, show_fen

if TYPE_CHECKING:
    import pandas as pd

    from crmxl.define.round import Round

_ZERO = (0,) * len(MONEY_COLUMNS)
_Sums = Mapping[Any, tuple[int, ...]]


def consolidate(
    reports: Sequence[Report], standard: Standard | None = None, *, beside: Sequence[LeftOut] = ()
) -> Totals:
    """The totals of ``reports``, whatever their order; with a round's ``standard``, what its records ask of all.

    Left out: blocked reports, reports whose total cannot be computed, and all files of a unit that sent different ones
    for a template, in whatever versions or years (G101). Identical bytes count once (G102). In a round, units that sent
    nothing are listed (G103), and a parent's figures are added or compared (G104) as the round says; ``beside`` are
    what somebody has left out already, to be listed with the others. Raises
    ConservationError where sums of the same facts disagree, DefinitionError where a rule means nothing in a template.
    """
    blocked, candidates = _without_blocked(reports)
    accepted, conflicts, duplicates = _one_for_each_unit(candidates)
    left_out = [*beside, *blocked, *conflicts]
    accepted.sort(key=_order)
    ordered, parents = parted(standard.round if standard else None, accepted)
    facts = gather(ordered)
    blocks = []
    for name, year in sorted({_block(report) for report in ordered}, key=_block_order):
        members = [report for report in ordered if _block(report) == (name, year)]
        mine = facts[(facts["template"] == name) & (facts["year"] == year)] if len(facts) else facts
        blocks.append(_hold(_add_up(members, mine)))
    only_compared: list[LeftOut] = []
    findings: list[GroupFinding] = []
    if standard is not None and (round := standard.round) is not None:
        findings = list(missing(round, accepted, left_out))
        left_out += [LeftOut("", one.unit, one.unit_name, one.template, (one.finding,)) for one in findings]
        for file, told in compared(round, parents, ordered, facts):
            only_compared.append(file)
            findings += [told] if told else []
        findings += [*other_versions(round, accepted), *broken_over_subtrees(ordered, standard)]
        aside = {(_block(one), unit_of(one)): round_fen(one.total) for one in parents if one.total is not None}
        blocks = [_in_levels(round, block, aside) for block in blocks]
    return Totals(
        blocks=tuple(blocks),
        left_out=tuple(sorted(left_out, key=_left_out_order)),
        duplicates=tuple(sorted(duplicates, key=_left_out_order)),
        compared=tuple(only_compared),
        findings=tuple(findings),
        facts=facts,
    )


def _in_levels(round: Round, block: Block, aside: Mapping[tuple[tuple[str, int], str], int]) -> Block:
    """``block`` with the round's tree; ``aside`` are parents' totals that are only compared, by block and unit."""
    mine = {unit: fen for (of, unit), fen in aside.items() if of == (block.template.name, block.year)}
    return replace(block, levels=levels(round, block, mine))


def added_of(round: Round, reports: Sequence[Report]) -> tuple[list[Report], list[LeftOut]]:
    """Of reports with one for each unit and template: those that are added up, and those that do not count."""
    left_out, kept = _without_blocked(reports)
    return parted(round, kept)[0], left_out


# ---- which files count -------------------------------------------------------------------------------------------


def _without_blocked(reports: Iterable[Report]) -> tuple[list[LeftOut], list[Report]]:
    left_out, kept = [], []
    for report in reports:
        if report.blocked:
            errors = tuple(one for one in report.findings if one.severity is Severity.ERROR)
            left_out.append(_left_out(report, errors, UNREAD if not errors else Text("")))
        elif report.total is None:
            left_out.append(_left_out(report, (), NO_TOTAL.filled(key=_layout(report).template.total)))
        else:
            kept.append(report)
    return left_out, kept


def _one_for_each_unit(reports: Iterable[Report]) -> tuple[list[Report], list[LeftOut], list[LeftOut]]:
    """Reports that count, files of units that sent several, copies."""
    sent: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        sent.setdefault((unit_of(report), _layout(report).template.id), []).append(report)
    counted, conflicts, copies = [], [], []
    for files in sent.values():
        files.sort(key=lambda report: (len(_file(report)), _file(report)))  # a copy's name is the longer one
        first = files[0]
        others = [report for report in files[1:] if not _same(report, first)]
        if others:
            said = sorted(files, key=_file)  # as they stand in the report: the first names them all
            conflicts += [_left_out(report, (_conflict(files, said[0], report),)) for report in said]
            continue
        counted.append(first)
        copies += [_left_out(report, (finding("G102", expected=_file(first)),)) for report in files[1:]]
    return counted, conflicts, copies


def _same(one: Report, other: Report) -> bool:
    return bool(one.submission.digest) and one.submission.digest == other.submission.digest


def _conflict(files: Sequence[Report], first: Report, report: Report) -> Finding:
    """G101 for ``report``: naming every file for the ``first``, with template version and year where these differ."""
    blocks = sorted({_block(report) for report in files}, key=_block_order)
    names = list(dict.fromkeys(name for name, _ in blocks))
    years = len({year for _, year in blocks}) > 1
    listed = []
    for one in files:
        marks = [_layout(one).template.name] if len(names) > 1 else []
        marks += [str(_layout(one).year)] if years else []
        listed.append(f"{_file(one)} ({', '.join(marks)})" if marks else _file(one))
    unit = clean(files[0].unit_name) or NO_UNIT
    return finding(
        "G101",
        variant="" if report is first else "again",
        found=unit,
        expected=", ".join(names),
        files=Text("、".join(listed), ", ".join(listed)),
        first=_file(first),
    )


def _left_out(report: Report, findings: tuple[Finding, ...], reason: Text = Text("")) -> LeftOut:  # noqa: B008
    stamp = report.submission.stamp
    template = f"{stamp.template}@{stamp.version}" if stamp else ""
    return LeftOut(_file(report), unit_of(report), clean(report.unit_name), template, findings, reason)


# ---- sums --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Offered:
    """A line that at least one unit's workbook has."""

    leaf: Leaf
    column: str
    units: tuple[str, ...]


def _add_up(reports: Sequence[Report], facts: pd.DataFrame) -> Block:
    """The block of reports with one template and year, from their facts."""
    template, year = longest(_layout(report).template for report in reports), _layout(reports[0]).year
    mine = facts[facts["counted"]] if len(facts) else facts
    layouts = {id(_layout(report)): _layout(report) for report in reports}
    plans = {id: amounts(layout) for id, layout in layouts.items()}
    all_amounts = [row for plan in plans.values() for row in plan.rows]
    lines = _lines(_offered(reports, plans, adds=True), mine)
    beside = _lines(_offered(reports, plans, adds=False), facts[~facts["counted"]] if len(facts) else facts)
    part_titles = {leaf.part: leaf.part_title for leaf, *_ in all_amounts} | {DIFFERENCE: DIFFERENCE_TITLE}
    group_titles = {(leaf.part, leaf.group): leaf.group_title for leaf, *_ in all_amounts if leaf.group}
    parts = tuple(
        PartTotal(part, part_titles[part], sum(line.total for line in lines if line.part == part))
        for part in dict.fromkeys(line.part for line in lines)
    )
    groups = tuple(
        PartTotal(group, group_titles[part, group], _sum(lines, part, group), part)
        for part, group in dict.fromkeys((line.part, line.group) for line in lines if line.group)
    )
    of_units, of_parts = added_up(mine, "unit"), added_up(mine, "unit", "part")
    units = tuple(_unit(report, of_units, of_parts, [part.code for part in parts]) for report in reports)
    everything = [sum(sums[index] for sums in of_units.values()) for index in range(len(MONEY_COLUMNS))]
    titles = _column_titles(template, {(leaf.sheet, column) for leaf, column, *_ in all_amounts})
    used = dict.fromkeys(line.column for line in (*lines, *beside) if line.column in titles)
    return Block(
        template=template,
        year=year,
        total=sum(unit.total for unit in units),
        units=units,
        lines=lines,
        beside=beside,
        groups=groups,
        parts=parts,
        months=tuple(everything[1:-1]),
        rest=everything[-1],
        monthly=any(split for _, _, split, _ in all_amounts),
        columns={column: titles[column] for column in used},
        notes=_notes(mine, units),
        measures=measures(reports),
    )


def _offered(reports: Sequence[Report], plans: Mapping[int, Amounts], *, adds: bool) -> list[_Offered]:
    """The lines that the reports' workbooks have, in the template's order, and which units have each."""
    found: dict[tuple[int, str, str], tuple[Leaf, list[str]]] = {}
    for report in reports:
        unit = unit_of(report)
        for leaf, column, _, counted in plans[id(_layout(report))].rows:
            if counted is adds:
                found.setdefault((leaf.rank, leaf.code, column), (leaf, []))[1].append(unit)
    return [_Offered(found[key][0], key[2], tuple(found[key][1])) for key in sorted(found)]


def _lines(offered: Sequence[_Offered], facts: pd.DataFrame) -> tuple[LineTotal, ...]:
    """Every line of the template that is offered, and the units' own lines that are used."""
    sums = added_up(facts, "code", "column")
    by_unit: dict[tuple[str, str], dict[str, int]] = {}
    own: dict[tuple[str, str], dict[str, str]] = {}
    if len(facts):
        for code, column, unit, fen, title in zip(
            *(facts[name] for name in ("code", "column", "unit", "amount", "title")), strict=True
        ):
            by_unit.setdefault((code, column), {})[unit] = int(fen)
            own.setdefault((code, column), {})[unit] = title
    found = []
    for line in offered:
        key = line.leaf.code, line.column
        amounts_of, names = by_unit.get(key, {}), own.get(key, {})
        if line.leaf.own:
            if not amounts_of:
                continue
            common = set(names.values())
            title = Text(common.pop()) if len(common) == 1 and "" not in common else OWN
        else:
            title, names = line.leaf.title, {}
            amounts_of = {unit: amounts_of.get(unit, 0) for unit in line.units}
        year, *months, rest = sums.get(key, _ZERO)
        leaf = line.leaf
        found.append(LineTotal(*key, title, leaf.part, leaf.group, year, amounts_of, tuple(months), rest, names))
    for key in sorted(key for key in by_unit if key[0] == DIFFERENCE):
        year, *months, rest = sums[key]
        found.append(LineTotal(*key, DIFFERENCE_TITLE, DIFFERENCE, "", year, by_unit[key], tuple(months), rest))
    return tuple(found)


def _column_titles(template: Template, standing: set[tuple[str, str]]) -> dict[str, Text]:
    """Titles of the columns that amounts stand in, by id; of sheets that call it otherwise, all that it is called."""
    found: dict[str, list[Text]] = {}
    for sheet in template.sheets:
        for column in sheet.columns:
            if (sheet.id, column.id) in standing and column.title not in found.setdefault(column.id, []):
                found[column.id].append(column.title)
    return {
        id: Text(" / ".join(one.zh for one in titles), " / ".join(one.say("en") for one in titles))
        for id, titles in found.items()
    }


def _unit(report: Report, of_units: _Sums, of_parts: _Sums, parts: Sequence[str]) -> UnitTotal:
    year, *months, rest = of_units.get(unit_of(report), _ZERO)
    total = report.total
    if total is None or round_fen(total) != year:
        raise ConservationError(f"{_file(report)}: total {total}, facts {show_fen(year)}")
    return UnitTotal(
        unit=unit_of(report),
        name=clean(report.unit_name),
        total=year,
        parts={part: of_parts.get((unit_of(report), part), _ZERO)[0] for part in parts},
        months=tuple(months),
        rest=rest,
        file=_file(report),
        warnings=tuple(one for one in report.findings if one.severity is Severity.WARNING),
    )


def _notes(facts: pd.DataFrame, units: Sequence[UnitTotal]) -> tuple[Text, ...]:
    if not len(facts):
        return ()
    off = facts[facts["code"] == DIFFERENCE]
    differences = dict(zip(off["unit"], off["amount"], strict=True))
    named = [(unit.shown("zh"), show_fen(int(differences[unit.unit]))) for unit in units if unit.unit in differences]
    return (difference_note(named),) if named else ()


def _sum(lines: Iterable[LineTotal], part: str, group: str) -> int:
    return sum(line.total for line in lines if line.part == part and line.group == group)


def _hold(block: Block) -> Block:
    """``block``; raises ConservationError unless units, lines, parts and months all add up to its total."""
    sums = {
        "lines": sum(line.total for line in block.lines),
        "lines by unit": sum(sum(line.by_unit.values()) for line in block.lines),
        "parts": sum(part.total for part in block.parts),
        "parts by unit": sum(sum(unit.parts.values()) for unit in block.units),
        "months": sum(block.months) + block.rest,
    }
    for name, fen in sums.items():
        if fen != block.total:
            raise ConservationError(
                f"{block.template.name} {block.year}: units give {show_fen(block.total)}, {name} give {show_fen(fen)}"
            )
    return block


def _file(report: Report) -> str:
    return clean(report.submission.file)


def _layout(report: Report) -> Layout:
    layout = report.submission.layout
    if layout is None:
        raise ValueError(f"{_file(report)} was not read")
    return layout


def _block(report: Report) -> tuple[str, int]:
    layout = _layout(report)
    return layout.template.name, layout.year


def _block_order(block: tuple[str, int]) -> tuple[str, int, int]:
    name, _, version = block[0].rpartition("@")
    return name, int(version), block[1]


def _order(report: Report) -> tuple[tuple[str, int, int], str, str]:
    return _block_order(_block(report)), unit_of(report), _file(report)


def _left_out_order(one: LeftOut) -> tuple[str, str, str]:
    return one.unit, one.file, one.template
