"""Adjustments 调整: what a reviewer changes without touching what a unit submitted. 上报数 + 调整 = 核定数.

Owns how an adjustment is read and applied: to the unit's entries, exactly; every formula follows, and the policy is
asked again. An adjustment that breaks a rule is refused like a submission that does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from crmxl.catalogue import word
from crmxl.check.evidence import Evidence
from crmxl.check.rules import entry
from crmxl.check.rules.policy import broken_rules
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.define.policy import near
from crmxl.define.units_table import Table, both, csv_table
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.expression import Value
from crmxl.group.acts import Change
from crmxl.group.facts import clean
from crmxl.issue.places import Layout, Role
from crmxl.model import MONTHS, Finding, Key, Severity, Type, split_key
from crmxl.money import decimal_text, from_fen, read_text, show, show_fen, to_fen
from crmxl.receive.submission import Content, ContentType

HEADINGS: Mapping[str, str] = {
    "unit": "unit",
    "预算单位": "unit",
    "单位": "unit",
    "key": "key",
    "键": "key",
    "change": "change",
    "调整": "change",
    "调整(元)": "change",
    "调整（元）": "change",
    "reason": "reason",
    "理由": "reason",
    "原因": "reason",
}
"""What the columns of an adjustment table may be called."""
_NEEDED = {"key": "键 key", "change": "调整 change", "reason": "理由 reason"}
_AGAIN = (entry.required, entry.months)
_CODES = frozenset({"E103", "E113", "E114"})
"""What these checks of entries tell, asked again of adjusted figures."""
_BY_MONTH = both(
    "已分解到月的科目请按月调整，键如 1.1.1@amount.03，全年随之变动",
    "adjust a line that is split into months by month, 1.1.1@amount.03; its year follows",
)
_LONGEST = 500
"""Characters of a reason."""


def read_changes(path: Path, units: Sequence[str]) -> dict[str, tuple[Change, ...]]:
    """The adjustments in a CSV file by unit, amounts in 元 there and in fen here; a column for the unit is needed
    where ``units`` are several. Raises DefinitionError with every mistake, its line and column.
    """
    table = csv_table(path)
    columns = {HEADINGS[name]: at for at, name in enumerate(table.header) if name in HEADINGS}
    problems = list(table.problems)
    needed = dict(_NEEDED) | ({"unit": "预算单位 unit"} if len(units) > 1 else {})
    for name, shown in needed.items():
        if name not in columns:
            problems.append(Problem(table.heading(), both(f"缺少列 {shown}", f"the column {shown} is missing")))
    if problems:
        raise DefinitionError(tuple(problems))
    found: dict[str, dict[Key, Change]] = {}
    for line, cells in table.lines:
        unit = cells[columns["unit"]] if "unit" in columns else units[0]
        change, wrong = _change(table, line, cells, columns)
        problems += wrong
        if unit not in units:
            said = both(
                f"{unit} 不在这次审核的单位中", f"{unit} is not among the units reviewed now{near(unit, units)}"
            )
            problems.append(Problem(table.place(line, columns.get("unit")), said))
        elif change is not None and change.key in found.setdefault(unit, {}):
            said = both(f"{change.key} 出现了两次", f"{change.key} stands twice")
            problems.append(Problem(table.place(line, columns["key"]), said))
        elif change is not None:
            found[unit][change.key] = change
    if not table.lines:
        problems.append(Problem(table.name, both("没有一行调整", "has no adjustment")))
    if problems:
        raise DefinitionError(tuple(problems))
    return {unit: tuple(changes.values()) for unit, changes in found.items()}


def _change(
    table: Table, line: int, cells: Sequence[str], columns: Mapping[str, int]
) -> tuple[Change | None, list[Problem]]:
    key, amount, reason = (cells[columns[name]].strip() for name in ("key", "change", "reason"))
    problems = []
    read = read_text(amount.removeprefix("+")) if amount else None
    if read is None or read.value is None or not read.value:
        said = both(
            f"调整额 {amount or '空白'}：要写不为 0 的金额（元），如 -5000",
            f"found {amount or 'nothing'}: an amount other than 0 in yuan belongs here, such as -5000",
        )
        problems.append(Problem(table.place(line, columns["change"]), said))
    if not key:
        problems.append(Problem(table.place(line, columns["key"]), both("没有写键", "the key is missing")))
    if not reason or len(reason) > _LONGEST:
        said = both(f"要用 1 到 {_LONGEST} 个字写明理由", f"say why in 1 to {_LONGEST} characters")
        problems.append(Problem(table.place(line, columns["reason"]), said))
    if problems or read is None or read.value is None:
        return None, problems
    return Change(key, to_fen(read.value), clean(reason)), []


@dataclass(frozen=True)
class _Adjusted(Evidence):
    """A submission with adjusted entries in place of its own."""

    values: Mapping[Key, Value]

    @property
    def converted(self) -> Mapping[Key, Value]:
        return self.values


def adjusted(report: Report, changes: Sequence[Change], standard: Standard, *, hold: bool = True) -> Report:
    """``report`` with ``changes``: entries, every value that follows from them, and what the checks of entries and the
    policy say of these.

    A change of a month changes its year as much; a change of a year alone goes to what no month has. Raises CrmxlError
    for a key that is no amount of the unit's and for an amount outside what is allowed; with ``hold`` also for an
    error that the submission does not have: months that no longer make the year, a line without basis, a broken rule.
    """
    layout, stamp = report.submission.layout, report.submission.stamp
    if layout is None or stamp is None:
        raise ValueError(f"{report.submission.file} was not read")
    unit = report.unit_name or report.unit
    values = {key: report.values.get(key) for key, cell in layout.cells.items() if cell.role is not Role.CALCULATED}
    contents = dict(report.submission.contents)
    for change in changes:
        for key in _keys(layout, change.key, unit):
            values[key] = amount = _added(layout, key, values.get(key), change, unit)
            contents[key] = Content(ContentType.NUMBER, decimal_text(amount))
    issued = standard.figures(stamp.assignment, layout)
    values |= issued
    submission = replace(report.submission, contents=contents)
    evidence = _Adjusted(submission, layout, values)
    judging = standard.rules(stamp.assignment, layout)
    waivers, judged = standard.waivers(stamp.assignment.unit), evidence.judged(issued)
    found = (
        *(one for rule in _AGAIN for one in rule(evidence)),
        *broken_rules(evidence, judging, judged, waivers, standard.today),
    )
    if hold:
        _hold(report, found, unit)
    others = tuple(one for one in report.findings if one.code not in _CODES and not one.code.startswith("P"))
    return replace(
        report,
        submission=submission,
        findings=(*others, *found),
        values=judged,
    )


def _keys(layout: Layout, key: Key, unit: str) -> tuple[Key, ...]:
    """The cells that a change of ``key`` changes; raises CrmxlError where it is no amount that the unit enters."""
    cell = layout.cells.get(key)
    inputs = [one.key for one in layout.cells.values() if one.role is Role.INPUT and one.type is Type.MONEY]
    if cell is None or cell.role is not Role.INPUT or cell.type is not Type.MONEY:
        zh = "是计算或下发的数，只能调整填报的金额" if cell is not None else "没有这个键"
        en = "is calculated or issued; only entered amounts can be adjusted" if cell is not None else "there is no key"
        raise CrmxlError(f"{unit}: {key} {zh} · {en}{near(key, inputs)}")
    code, column = split_key(key)
    year, _, month = column.partition(".")
    return (key, f"{code}@{year}") if month in MONTHS else (key,)


def _added(layout: Layout, key: Key, value: Value, change: Change, unit: str) -> Fraction:
    before = value if isinstance(value, Fraction) else Fraction(0)
    after = before + Fraction(change.change, 100)
    low, high = layout.cells[key].minimum, layout.cells[key].maximum
    if (low is None or after >= low) and (high is None or after <= high):
        return after
    shown = f"{show_fen(to_fen(before))} {'+' if change.change > 0 else '−'} {show_fen(abs(change.change))}"
    zh, en, bound = ("低于允许的", "below", low) if low is not None and after < low else ("高于允许的", "above", high)
    allowed = show(bound or 0)
    raise CrmxlError(
        f"{unit}: {key} 调整后 {shown} = {from_fen(to_fen(after))}，{zh} {allowed} · "
        f"would be {from_fen(to_fen(after))}, {en} the allowed {allowed}"
    )


def _hold(report: Report, found: Sequence[Finding], unit: str) -> None:
    """Raise CrmxlError where adjustments give an error that the submission does not have."""
    before = {(one.code, one.key) for one in report.findings if one.severity is Severity.ERROR}
    broken = [one for one in found if one.severity is Severity.ERROR and (one.code, one.key) not in before]
    if broken:
        said = "\n".join(f"  {one.code} {word(one, 'zh').message} · {word(one, 'en').message}" for one in broken)
        if any(one.code == "E113" for one in broken):
            said += f"\n  {_BY_MONTH}"
        raise CrmxlError(f"{unit}: 调整后有新的错误 · the adjustments make new errors:\n{said}")
