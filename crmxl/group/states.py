"""A budget as it was at some time: a workbook, a version that the ledger keeps, a nil return, or last year's figures.

Pure. Every state is a report on a layout, so that all of them are compared alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from crmxl.check.evidence import day_text
from crmxl.check.verdict import Report
from crmxl.errors import CrmxlError
from crmxl.expression import Fault, Ready, Value, evaluate
from crmxl.group.facts import amounts, clean
from crmxl.issue.addresses import a1
from crmxl.issue.calculate import calculate
from crmxl.issue.places import Cell, Layout, Role
from crmxl.issue.stamp import Stamp
from crmxl.issue.workbook import issued_values
from crmxl.model import Assignment, Key, Text, Type, split_key
from crmxl.money import round_fen, show, show_plain
from crmxl.receive.submission import Submission

LAST_YEAR = "last_year"
"""Id of the column that holds last year's ``amount``; ``last_year_<id>`` holds last year's ``<id>``."""
_AMOUNT = "amount"


@dataclass(frozen=True)
class State:
    """A budget as it was at some time."""

    label: str
    """What the operator calls it."""
    report: Report
    only: frozenset[Key] | None = None
    """Keys of which it says something; None: of all that its layout has."""
    notes: tuple[Text, ...] = ()
    """What a reader of its figures has to know."""

    @cached_property
    def layout(self) -> Layout:
        """Where it stands; raises CrmxlError for a file that could not be read."""
        if self.report.submission.layout is None:
            raise CrmxlError(f"{self.label}: 不是可识别的预算工作簿 · is no budget workbook that can be told")
        return self.report.submission.layout

    @cached_property
    def total(self) -> int | None:
        """The template's total in fen."""
        return None if self.report.total is None else round_fen(self.report.total)

    @cached_property
    def counted(self) -> Mapping[Key, int]:
        """The amounts that the total adds up, in fen, in the template's order."""
        rows = amounts(self.layout).rows
        keys = [f"{leaf.code}@{column}" for leaf, column, _, counts in rows if counts]
        found = ((key, self.report.values.get(key)) for key in keys)
        return {key: round_fen(value) if isinstance(value, Fraction) else 0 for key, value in found}

    def told(self, key: Key) -> bool:
        """Whether the state says anything of its own key."""
        return self.only is None or key in self.only

    def value(self, cell: Cell) -> Value:
        """What stands in a cell: as converted, else as it was written; None for a blank."""
        content = self.report.submission.contents.get(cell.key)
        if cell.role is Role.LABEL:
            return clean(content.text) if content and content.text else cell.text or None
        value = self.report.values.get(cell.key)
        if value is None and content is not None and not content.invisible:
            value = content.text or content.formula
        return clean(value) if isinstance(value, str) else value

    def place(self, cell: Cell) -> str:
        """Where the cell stands, as people quote it; empty where the state is in no workbook."""
        spot = self.report.submission.spots.get(cell.key)
        if spot is not None:
            return f"{spot.sheet}!{spot.cell}"
        return f"{self.layout.by_id[cell.sheet].name}!{a1(cell.row, cell.column)}" if self.only is None else ""


def shown(value: Value, type: Type) -> str:
    """A cell's value for people."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case Fault(text):
            return text
        case Fraction():
            if type is Type.MONEY:
                return show(value)
            if type is Type.DATE:
                return day_text(value)
            return f"{show_plain(value * 100)}%" if type is Type.PERCENT else show_plain(value)
    return str(value)


def made(label: str, layout: Layout, assignment: Assignment, entries: Mapping[Key, Value] | None = None) -> State:
    """The state of a budget with these entries, which stands in no workbook; without any, what a nil return 零申报
    means. Raises WriteError for an issued parameter that is no number where one belongs.
    """
    given = {**(entries or {}), **issued_values(layout, assignment)}
    stamp = Stamp(layout.template.id, layout.template.version, layout.fingerprint, assignment)
    submission = Submission(file="", digest="", stamp=stamp, layout=layout)
    return State(label, Report(submission, (), {**given, **calculate(layout, given)}))


_OF_LAST_YEAR = Text(
    "{label} 取自 {file} 的上年列（{columns}），总额按本年模板的公式计算。",
    "{label} is what {file} holds in {columns}; its total follows this year's template.",
)
_WITHOUT = Text(
    "{label}：计入总额的金额中有 {count} 项没有上年数，按 0 计。",
    "{label}: {count} of the amounts that count have no figure of last year and stand at 0.",
)


def last_year(state: State, label: str) -> State:
    """Last year's figures as the workbook carries them: the money column ``last_year`` is last year's ``amount``,
    ``last_year_<id>`` last year's ``<id>``, in forms too. The total is what the template makes of them.

    Raises CrmxlError where the template has no such column.
    """
    layout, before = state.layout, state.report
    pairs = _pairs(layout)
    if not pairs:
        raise CrmxlError(
            f"{label}: 模板 {layout.template.name} 没有上年列（id 为 {LAST_YEAR} 或 {LAST_YEAR}_… 的金额列） · "
            f"the template has no money column {LAST_YEAR} or {LAST_YEAR}_…"
        )
    figures = {now: before.values.get(then) for now, then in pairs.items()}
    values: dict[Key, Value] = {**layout.preset_values, **figures}
    issued = (key for key, cell in layout.cells.items() if cell.role is Role.ISSUED and key not in pairs)
    values |= {key: value for key in issued if (value := before.values.get(key)) is not None}
    ready = Ready()
    for key in layout.order:
        formula = layout.cells[key].formula
        if key not in pairs and formula is not None:
            values[key] = evaluate(formula, values.get, ready)
    titles = {key: one for key, one in before.submission.contents.items() if key.endswith("@title")}
    spots = {now: spot for now, then in pairs.items() if (spot := before.submission.spots.get(then))}
    submission = replace(before.submission, contents=titles, spots=spots, findings=())
    columns = "、".join(dict.fromkeys(split_key(then)[1] for then in pairs.values()))
    made = State(label, Report(submission, (), values), frozenset(pairs))
    without = [key for key in made.counted if key not in pairs and layout.cells[key].role is Role.INPUT]
    notes = [_OF_LAST_YEAR.filled(label=label, file=before.submission.file or state.label, columns=columns)]
    notes += [_WITHOUT.filled(label=label, count=str(len(without)))] if without else []
    return replace(made, notes=tuple(notes))


def _pairs(layout: Layout) -> dict[Key, Key]:
    """The cells of last year's figures, by the cells of what they were."""
    found: dict[Key, Key] = {}
    for sheet in layout.template.sheets:
        plan = layout.by_id.get(sheet.id)
        rows = [row.code for row in plan.rows if row.kind.filled] if plan else []
        columns = [column.id for column in sheet.columns if column.type is Type.MONEY]
        for then in columns:
            now = _AMOUNT if then == LAST_YEAR else then.removeprefix(f"{LAST_YEAR}_")
            if now != then and now in columns:
                found |= {f"{code}@{now}": f"{code}@{then}" for code in rows}
        fields = [one.id for one in sheet.fields if one.column.type is Type.MONEY]
        found |= {
            f"{now}@value": f"{then}@value"
            for then in fields
            if (now := then.removeprefix(f"{LAST_YEAR}_")) != then and now in fields
        }
    return {now: then for now, then in found.items() if now in layout.cells and then in layout.cells}
