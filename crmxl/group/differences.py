"""Two or more states of one budget: which cells differ, and a bridge of lines that adds up to the change of the total.

Pure. What a state is, ``states.py`` says. Cells are compared by key, by value and not by spelling: ``1,000元`` and 1000
are one amount. What consolidations differ by is ``differences_of_totals``'s; nothing is known of how it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from crmxl.check.schema import entry_text
from crmxl.errors import CrmxlError
from crmxl.expression import Value
from crmxl.group.carrying import successors
from crmxl.group.facts import DIFFERENCE, clean
from crmxl.group.states import State, shown
from crmxl.group.totals import DIFFERENCE_TITLE
from crmxl.issue.places import Cell, Layout, Role
from crmxl.model import Key, Said, Severity, Text, split_key

_COMPARED = (Role.INPUT, Role.ISSUED, Role.CLOSED, Role.LABEL)


class Kind(StrEnum):
    """How a cell differs from the state before."""

    SAME = ""
    """It does not, or one of the two states says nothing of it."""
    NUMBER = "number"
    TEXT = "text"
    TITLE = "title"
    """The name of a line."""
    FILLED = "filled"
    """It was blank."""
    CLEARED = "cleared"
    """It is blank now."""
    ADDED = "added"
    """The state before has no such cell."""
    GONE = "gone"
    """There is no such cell any more."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell that differs between at least two neighbouring states; tuples go by state."""

    key: Key
    title: Said
    places: tuple[str, ...]
    """``费用预算!C9``, as it stands in each; empty where it is in no workbook."""
    values: tuple[str | None, ...]
    """For programs: money as a decimal string of 元, dates as ISO texts; None for a blank."""
    shown: tuple[str, ...]
    """For people."""
    kinds: tuple[Kind, ...]
    """One less than there are states."""
    unit: str = ""
    """Code, where several units are compared at once."""
    unit_name: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What one line, or one unit, adds to the change of a total. Fen."""

    key: Key
    """Of the amount, or the unit's code; ``_difference`` for what a total has beyond its lines."""
    title: Said
    before: int
    after: int
    kind: Kind = Kind.NUMBER

    @property
    def change(self) -> int:
        """Fen; never 0."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Bridge:
    """From one total to the next: ``before`` and all changes of ``steps`` add up to ``after``, to the fen."""

    before: int
    after: int
    steps: tuple[Step, ...]
    """In the template's order, or by the units' codes."""
    same: int
    """How many further amounts, or units, count and did not change."""

    def __post_init__(self) -> None:
        if self.before + sum(step.change for step in self.steps) != self.after:
            raise ValueError(f"{self.before} and the steps do not add up to {self.after}")

    @property
    def change(self) -> int:
        """Fen."""
        return self.after - self.before

    @property
    def unchanged(self) -> int:
        """Fen of what counts and did not change."""
        return self.before - sum(step.before for step in self.steps)

    @property
    def by_size(self) -> tuple[Step, ...]:
        """The steps, the largest change first."""
        return tuple(sorted(self.steps, key=lambda step: -abs(step.change)))

    def share(self, step: Step) -> Fraction | None:
        """The step's share of the change; None where the total did not change."""
        return Fraction(step.change, self.change) if self.change else None


@dataclass(frozen=True, slots=True)
class Difference:
    """How states of one budget, or of the totals of one template, differ."""

    template: str
    """``id@version`` of each, joined where they differ."""
    labels: tuple[str, ...]
    """What the operator calls each state."""
    totals: tuple[int | None, ...]
    """Fen; None where it cannot be computed."""
    cells: tuple[CellChange, ...]
    by_line: tuple[Bridge | None, ...]
    """One less than there are states; None where a total cannot be computed."""
    by_unit: tuple[Bridge | None, ...] = ()
    """Of consolidations; empty for single budgets."""
    notes: tuple[Text, ...] = ()
    """What a reader has to know."""

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        bridges = (*self.by_line, *self.by_unit)
        return bool(self.cells) or any(bridge is not None and bridge.steps for bridge in bridges)


def compare(states: Sequence[State]) -> Difference:
    """How each state differs from the one before; in the order of the newest template's sheets.

    Raises CrmxlError where they are not of one template.
    """
    first = states[0]
    for state in states:
        if state.layout.template.id != first.layout.template.id:
            raise CrmxlError(
                f"{first.label}（{first.layout.template.name}）、{state.label}（{state.layout.template.name}）："
                "模板不同，不能比较 · different templates cannot be compared"
            )
    newest = max(states, key=lambda state: state.layout.template.version)
    aligned = [_Aligned(state, newest.layout) for state in states]
    order = list(dict.fromkeys(key for one in (_Aligned(newest, newest.layout), *aligned) for key in one.own))
    return Difference(
        template=" → ".join(dict.fromkeys(state.layout.template.name for state in states)),
        labels=tuple(state.label for state in states),
        totals=tuple(state.total for state in states),
        cells=tuple(change for key in order if (change := _change(key, aligned)) is not None),
        by_line=tuple(_bridge(before, after, order) for before, after in pairwise(aligned)),
        notes=tuple(_notes(states)),
    )


class _Aligned:
    """A state whose keys are called as the newest template calls them."""

    def __init__(self, state: State, newest: Layout) -> None:
        self.state = state
        moved = successors(state.layout, newest)
        self.own: dict[Key, Key] = {}
        """The state's own keys by the names that all states share."""
        for key in state.layout.cells:
            code, column = split_key(key)
            now = moved.get(code, code)
            self.own[f"{now}@{column}" if now else f"{key}（{state.layout.template.name}）"] = key

    def cell(self, key: Key) -> Cell | None:
        own = self.own.get(key)
        return None if own is None else self.state.layout.cells[own]

    def told(self, key: Key) -> bool:
        own = self.own.get(key)
        return own is None or self.state.told(own)

    def title(self, key: Key) -> str:
        own = self.own.get(key)
        return clean(self.state.report.submission.title(own)) if own is not None else ""

    @cached_property
    def counted(self) -> dict[Key, int]:
        """Counted amounts by shared key."""
        shared = {own: key for key, own in self.own.items()}
        return {shared[own]: fen for own, fen in self.state.counted.items()}


def _change(key: Key, states: Sequence[_Aligned]) -> CellChange | None:
    """How the cell ``key`` differs; None where it does not, or is no entry anywhere."""
    cells = [one.cell(key) for one in states]
    if not any(cell is not None and cell.role in _COMPARED for cell in cells):
        return None
    values = [one.state.value(cell) if cell is not None else None for one, cell in zip(states, cells, strict=True)]
    kinds = tuple(
        _kind(key, (states[at], cells[at], values[at]), (states[at + 1], cells[at + 1], values[at + 1]))
        for at in range(len(states) - 1)
    )
    if not any(kinds):
        return None
    told = [one.told(key) for one in states]
    there = [(one, cell, value, says) for one, cell, value, says in zip(states, cells, values, told, strict=True)]
    return CellChange(
        key=key,
        title=_title(key, states),
        places=tuple(one.state.place(cell) if cell is not None else "" for one, cell, _, _ in there),
        values=tuple(_for_programs(value, cell) if says else None for _, cell, value, says in there),
        shown=tuple(shown(value, cell.type) if cell is not None and says else "" for _, cell, value, says in there),
        kinds=kinds,
    )


_Seen = tuple[_Aligned, Cell | None, Value]


def _kind(key: Key, before: _Seen, after: _Seen) -> Kind:
    (one, was, old), (other, now, new) = before, after
    if old == new or not (one.told(key) and other.told(key)):
        return Kind.SAME
    label = any(cell is not None and cell.role is Role.LABEL for cell in (was, now))
    if label and (was is None or now is None or one.state.layout.lang != other.state.layout.lang):
        return Kind.SAME  # a line that came or went shows by its entries; another language is no change
    if was is None or now is None:
        return Kind.ADDED if was is None else Kind.GONE
    if old is None or new is None:
        return Kind.FILLED if old is None else Kind.CLEARED
    if label or key.endswith("@title"):
        return Kind.TITLE
    return Kind.NUMBER if isinstance(old, Fraction) and isinstance(new, Fraction) else Kind.TEXT


def _for_programs(value: Value, cell: Cell | None) -> str | None:
    if value is None or cell is None:
        return None
    return entry_text(value, cell) if isinstance(value, Fraction) else shown(value, cell.type)


def _title(key: Key, states: Sequence[_Aligned]) -> str:
    """What the last state calls it, else the one before."""
    return next((title for one in reversed(states) if (title := one.title(key))), key)


def _bridge(before: _Aligned, after: _Aligned, order: Iterable[Key]) -> Bridge | None:
    """The bridge between two states; what a total has beyond its lines is a step of its own."""
    start, end = before.state.total, after.state.total
    if start is None or end is None:
        return None
    steps, same = [], 0
    for key in order:
        if key not in before.counted and key not in after.counted:
            continue
        step = Step(key, "", before.counted.get(key, 0), after.counted.get(key, 0), _presence(key, before, after))
        if step.change:
            steps.append(Step(key, _title(key, (before, after)), step.before, step.after, step.kind))
        else:
            same += 1
    beyond = start - sum(before.counted.values()), end - sum(after.counted.values())
    if beyond[0] != beyond[1]:
        steps.append(Step(DIFFERENCE, DIFFERENCE_TITLE, *beyond))
    return Bridge(start, end, tuple(steps), same)


def _presence(key: Key, before: _Aligned, after: _Aligned) -> Kind:
    if key not in before.counted:
        return Kind.ADDED
    return Kind.NUMBER if key in after.counted else Kind.GONE


_UNITS = Text("比较的是不同单位：{said}。", "These are different units: {said}.")
_VERSIONS = Text(
    "模板版本不同（{said}），按键对应；改过编码的行按模板里的 was 对应。",
    "Versions of the template differ ({said}); cells are matched by key, renamed lines by the template's `was`.",
)
_YEARS = Text("预算年度不同：{said}。", "Budget years differ: {said}.")
_PARTS = Text("所选部分不同：{said}。", "Chosen parts differ: {said}.")
_ERRORS = Text(
    "{label} 有 {count} 项错误未改，不能计入汇总；这里的数只供比较。",
    "{label} has {count} errors and does not count anywhere; its figures serve this comparison alone.",
)
_NO_TOTAL = Text("{label} 的总额算不出来，没有变动桥。", "The total of {label} cannot be computed: there is no bridge.")


def _notes(states: Sequence[State]) -> Iterable[Text]:
    for words, said in (
        (_UNITS, [state.report.unit_name for state in states]),
        (_VERSIONS, [state.layout.template.name for state in states]),
        (_YEARS, [str(state.layout.year) for state in states]),
        (_PARTS, ["、".join(state.layout.parts) or "—" for state in states]),
    ):
        if len(set(said)) > 1:
            yield words.filled(said=" / ".join(said))
    for state in states:
        yield from state.notes
        if state.report.blocked:
            errors = sum(1 for one in state.report.findings if one.severity is Severity.ERROR)
            yield _ERRORS.filled(label=state.label, count=str(errors))
        if state.total is None:
            yield _NO_TOTAL.filled(label=state.label)
