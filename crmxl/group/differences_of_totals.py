"""Two or more consolidations: what each unit and each line adds to the change of the total.

Pure. Reads the document that ``consolidate --format json`` gives, which is also what a round's ledger gives for any of
its positions; totals are compared template by template, years and versions of one template with each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

from crmxl.define.shape import shape_problems
from crmxl.errors import CrmxlError
from crmxl.group.differences import Bridge, CellChange, Difference, Kind, Step
from crmxl.model import Key, Text
from crmxl.money import from_fen, show_fen, to_fen


@dataclass(slots=True)
class Block:
    """The totals of one template in one year, its versions together."""

    templates: list[str]
    """``id@version`` of each version."""
    year: int
    total: int = 0
    units: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    lines: dict[Key, int] = field(default_factory=dict)
    titles: dict[Key, str] = field(default_factory=dict)
    amounts: dict[tuple[str, Key], int] = field(default_factory=dict)
    """By unit and line."""


@dataclass(frozen=True, slots=True)
class Sums:
    """One consolidation."""

    label: str
    """What the operator calls it."""
    blocks: Mapping[tuple[str, int], Block]
    """By template id and year."""
    left_out: int
    """How many files and units it leaves out."""


def read_sums(document: Any, label: str) -> Sums:
    """The consolidation that a totals document describes. Raises CrmxlError where it is none, or does not add up."""
    faults = list(shape_problems(document, "totals"))
    if faults:
        raise CrmxlError(
            f"{label}: 不是 consolidate --format json 的结果（{faults[0].message}） · "
            "is not what consolidate --format json writes"
        )
    blocks: dict[tuple[str, int], Block] = {}
    for one in document["totals"]:
        block = blocks.setdefault(_of(one), Block([], one["year"]))
        block.templates.append(one["template"])
        block.total += _fen(one["total"])
    for one in document["units"]:
        block = blocks.setdefault(_of(one), Block([], one["year"]))
        block.units[one["unit"]] = block.units.get(one["unit"], 0) + _fen(one["total"])
        block.names[one["unit"]] = one["unit_name"]
    for one in document["lines"]:
        block, key = blocks.setdefault(_of(one), Block([], one["year"])), f"{one['code']}@{one['column']}"
        block.lines[key] = block.lines.get(key, 0) + _fen(one["total"])
        block.titles[key] = one["title"]
        for unit, text in one["by_unit"].items():
            block.amounts[unit, key] = block.amounts.get((unit, key), 0) + _fen(text)
    for block in blocks.values():
        for sums in (block.units, block.lines, block.amounts):
            if sum(sums.values()) != block.total:
                name = ", ".join(block.templates)
                raise CrmxlError(
                    f"{label}: {name} 的各单位、各项之和不等于合计 {show_fen(block.total)}，文件被改过 · "
                    "units or lines do not add up to the total; the file was changed"
                )
    return Sums(label, blocks, len(document["left_out"]))


def compare_totals(sums: Sequence[Sums]) -> tuple[Difference, ...]:
    """How each consolidation differs from the one before, a difference for each template.

    Where every consolidation has a template in one year only, these years are compared; else equal years are.
    """
    return tuple(
        _difference(sums, [one.blocks.get(key) for one, key in zip(sums, keys, strict=True)]) for keys in _matched(sums)
    )


def _matched(sums: Sequence[Sums]) -> Iterable[list[tuple[str, int]]]:
    """For each template the blocks to compare, as template id and year for every consolidation."""
    for template in sorted({id for one in sums for id, _ in one.blocks}):
        years = [sorted(year for id, year in one.blocks if id == template) for one in sums]
        if all(len(some) <= 1 for some in years):
            yield [(template, some[0] if some else 0) for some in years]
        else:
            yield from ([(template, year)] * len(sums) for year in sorted({year for some in years for year in some}))


_ABSENT = Text("{label} 没有 {template}，按 0 比较。", "{label} has no {template}: it stands at 0.")
_YEARS = Text("预算年度不同：{said}。", "Budget years differ: {said}.")
_TOGETHER = Text(
    "{label} 的 {templates} 合在一起比较，按键对应。", "In {label}, {templates} are taken together, matched by key."
)
_LEFT_OUT = Text("未纳入的份数：{said}。", "Left out: {said}.")


def _difference(sums: Sequence[Sums], found: Sequence[Block | None]) -> Difference:
    there = [block for block in found if block is not None]
    names = list(dict.fromkeys(name for block in there for name in block.templates))
    blocks = [block or Block([], 0) for block in found]
    keys = list(dict.fromkeys(key for block in reversed(blocks) for key in block.lines))
    units = sorted({unit for block in blocks for unit in block.units})
    titles = {key: title for block in blocks for key, title in block.titles.items()}
    called = {unit: name for block in blocks for unit, name in block.names.items()}
    pairs = list(pairwise(blocks))
    changes = (_change(unit, key, blocks, titles, called) for unit in units for key in keys)
    return Difference(
        template=" → ".join(names),
        labels=tuple(one.label for one in sums),
        totals=tuple(block.total for block in blocks),
        cells=tuple(change for change in changes if change is not None),
        by_line=tuple(_bridge(one.lines, other.lines, keys, titles) for one, other in pairs),
        by_unit=tuple(_bridge(one.units, other.units, units, called) for one, other in pairs),
        notes=tuple(_notes(sums, found, names)),
    )


def _bridge(
    before: Mapping[str, int], after: Mapping[str, int], order: Sequence[str], titles: Mapping[str, str]
) -> Bridge:
    steps, same = [], 0
    for key in order:
        kind = Kind.NUMBER if key in before and key in after else Kind.ADDED if key in after else Kind.GONE
        step = Step(key, titles.get(key) or key, before.get(key, 0), after.get(key, 0), kind)
        if step.change:
            steps.append(step)
        else:
            same += key in before or key in after
    return Bridge(sum(before.values()), sum(after.values()), tuple(steps), same)


def _change(
    unit: str, key: Key, blocks: Sequence[Block], titles: Mapping[Key, str], names: Mapping[str, str]
) -> CellChange | None:
    """What changed in one line of one unit; None where nothing did."""
    amounts = [block.amounts.get((unit, key)) for block in blocks]
    kinds = []
    for before, after in pairwise(amounts):
        if (before or 0) == (after or 0):
            kinds.append(Kind.SAME)
        else:
            kinds.append(Kind.ADDED if before is None else Kind.GONE if after is None else Kind.NUMBER)
    if not any(kinds):
        return None
    return CellChange(
        key=key,
        title=titles[key],
        places=("",) * len(blocks),
        values=tuple(None if fen is None else from_fen(fen) for fen in amounts),
        shown=tuple("" if fen is None else show_fen(fen) for fen in amounts),
        kinds=tuple(kinds),
        unit=unit,
        unit_name=names.get(unit, ""),
    )


def _notes(sums: Sequence[Sums], found: Sequence[Block | None], names: Sequence[str]) -> Iterable[Text]:
    years = [str(block.year) for block in found if block is not None]
    if len(set(years)) > 1:
        yield _YEARS.filled(said=" / ".join(years))
    for one, block in zip(sums, found, strict=True):
        if block is None:
            yield _ABSENT.filled(label=one.label, template=", ".join(names))
        elif len(block.templates) > 1:
            yield _TOGETHER.filled(label=one.label, templates=", ".join(block.templates))
    if any(one.left_out for one in sums):
        yield _LEFT_OUT.filled(said="；".join(f"{one.label} {one.left_out}" for one in sums))


def _of(one: Mapping[str, Any]) -> tuple[str, int]:
    return one["template"].partition("@")[0], one["year"]


def _fen(text: str) -> int:
    return to_fen(Fraction(text))
