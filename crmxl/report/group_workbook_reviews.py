"""调整: what the units submitted, what reviewers changed, and what was approved, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from crmxl.group.origin import FIGURES, Adjustment, Source
from crmxl.group.totals import named
from crmxl.issue.addresses import a1
from crmxl.issue.book import Page
from crmxl.issue.places import RowKind
from crmxl.model import Lang, Text
from crmxl.money import show_fen
from crmxl.report.group_workbook_page import Desk, close, columns, figure, heads, height, label
from crmxl.report.group_workbook_plan import ADJUSTED, FIRST, SUMMARY, Plan

_COLUMNS = (
    (Text("预算单位", "Unit"), 22),
    (Text("键", "Key"), 16),
    (Text("项目", "Item"), 30),
    (Text("上报数（元）", "Submitted (yuan)"), 17),
    (Text("调整（元）", "Change (yuan)"), 16),
    (Text("核定数（元）", "Approved (yuan)"), 17),
    (Text("理由、审核人和回执", "Reason, reviewer and receipt"), 52),
)
_SENT, _CHANGE, _APPROVED = 4, 5, 6
"""Columns of the amounts."""
_NOTE = Text(
    "上报数 + 调整 = 核定数。单位总额按模板公式随之变动，可能与逐项调整之和不同。合计采用：{figures}。",
    "Submitted + change = approved. A unit's total follows by the template's formulas and may move otherwise than its "
    "lines together. Totals show: {figures}.",
)
_TOTAL = Text("单位总额", "Unit's total")
_OTHERS = Text("没有调整的 {count} 个单位", "Units without adjustments: {count}")
_GROUP = Text("集团合计", "Group total")
_SAID = Text(
    "{change} {reason}（{role}，{by}，{day}，{receipt}）", "{change} {reason} ({role}, {by}, {day}, {receipt})"
)


@dataclass(frozen=True, slots=True)
class _Row:
    kind: RowKind
    unit: str
    key: str
    title: str
    submitted: int
    approved: int
    said: str = ""
    counted: str = ""
    """Of a unit's total, its code, by which 汇总 has it."""


def write_adjustments(desk: Desk, plan: Plan) -> None:
    """The sheet 调整 of a block that has any."""
    lang, origin = desk.lang, plan.origin
    assert origin is not None
    page = heads(desk, plan, ADJUSTED, _NOTE.say(lang).format(figures=FIGURES[origin.figures].say(lang)))
    widths = [float(width) for _, width in _COLUMNS]
    columns(page, [title.say(lang) for title, _ in _COLUMNS], widths)
    rows = _rows(plan, lang)
    for row, one in enumerate(rows, FIRST):
        _write(desk, page, plan, row, one)
        height(page, row, [(one.unit, widths[0]), (one.key, widths[1]), (one.title, widths[2]), (one.said, widths[6])])
    last = FIRST + len(rows)
    totals = [row for row, one in enumerate(rows, FIRST) if one.kind is RowKind.SUBTOTAL]
    for column, text in enumerate((_GROUP.say(lang), "", "", "", "", "", ""), 1):
        page.text(last, column, text, label(RowKind.TOTAL))
    for column, fens in ((_SENT, [r.submitted for r in rows]), (_APPROVED, [r.approved for r in rows])):
        fen = sum(fens[row - FIRST] for row in totals)
        first, end = a1(FIRST, column), a1(last - 1, column)
        marks = f"{a1(FIRST, 2)}:{a1(last - 1, 2)}"
        formula = f'SUMIFS({first}:{end},{marks},"T:")'
        desk.formula(page, last, column, formula, Fraction(fen, 100), figure(RowKind.TOTAL))
    change = sum(rows[row - FIRST].approved - rows[row - FIRST].submitted for row in totals)
    formula = f"{a1(last, _APPROVED)}-{a1(last, _SENT)}"
    desk.formula(page, last, _CHANGE, formula, Fraction(change, 100), figure(RowKind.TOTAL))
    close(desk, page, plan.name(ADJUSTED), widths, last, fixed=3)


def adjusted_total(plan: Plan) -> str:
    """The group's total among the figures that the totals show, for formulas on other sheets."""
    assert plan.origin is not None
    column = _APPROVED if plan.origin.figures == "approved" else _SENT
    return plan.at(ADJUSTED, FIRST + len(_rows(plan, plan.lang)), column)


def _rows(plan: Plan, lang: Lang) -> list[_Row]:
    """Lines and total of every unit with adjustments, then all other units together."""
    origin, template = plan.origin, plan.block.template.name
    assert origin is not None
    found: list[_Row] = []
    by_unit: dict[str, list[Adjustment]] = {}
    for one in plan.adjusted:
        by_unit.setdefault(one.unit, []).append(one)
    for code, changes in by_unit.items():
        source = origin.source(code, template)
        assert source is not None
        found += _lines(changes, lang)
        found.append(_total(source, lang))
    others = [unit for unit in plan.block.units if unit.unit not in by_unit]
    rest = sum(unit.total for unit in others)
    if others:
        found.append(_Row(RowKind.SUBTOTAL, _OTHERS.say(lang).format(count=len(others)), "T:", "", rest, rest))
    return found


def _lines(changes: Sequence[Adjustment], lang: Lang) -> Iterator[_Row]:
    by_key: dict[str, list[Adjustment]] = {}
    for one in changes:
        by_key.setdefault(one.key, []).append(one)
    for key, mine in by_key.items():
        first, approved = mine[0], mine[-1].approved
        said = "\n".join(_said(one, lang) for one in mine)
        yield _Row(
            RowKind.LINE, named(first.unit, first.unit_name, lang), key, first.title, first.submitted, approved, said
        )


def _total(source: Source, lang: Lang) -> _Row:
    name = named(source.unit, source.unit_name, lang)
    sent, approved = source.submitted or 0, source.approved_total or 0
    return _Row(RowKind.SUBTOTAL, name, "T:", _TOTAL.say(lang), sent, approved, counted=source.unit)


def _write(desk: Desk, page: Page, plan: Plan, row: int, one: _Row) -> None:
    origin = plan.origin
    assert origin is not None
    page.text(row, 1, one.unit, label(one.kind))
    mark = {"num_format": ";;;"} if one.key == "T:" else {}
    page.text(row, 2, one.key, {**label(one.kind), **mark})
    page.text(row, 3, one.title, label(one.kind))
    shown = _APPROVED if origin.figures == "approved" else _SENT
    for column, fen in ((_SENT, one.submitted), (_APPROVED, one.approved)):
        if one.counted and column == shown:
            cell = plan.at(SUMMARY, plan.unit_rows[one.counted], plan.total_column)
            desk.formula(page, row, column, cell, Fraction(fen, 100), figure(one.kind))
        elif column == _APPROVED and one.kind is RowKind.LINE:
            formula = f"{a1(row, _SENT)}+{a1(row, _CHANGE)}"
            desk.formula(page, row, column, formula, Fraction(fen, 100), figure(one.kind))
        else:
            page.number(row, column, Fraction(fen, 100), figure(one.kind, formula=False))
    change = Fraction(one.approved - one.submitted, 100)
    if one.kind is RowKind.LINE:
        page.number(row, _CHANGE, change, figure(one.kind, formula=False))
    else:
        formula = f"{a1(row, _APPROVED)}-{a1(row, _SENT)}"
        desk.formula(page, row, _CHANGE, formula, change, figure(one.kind))
    page.text(row, 7, one.said, label(one.kind))


def _said(one: Adjustment, lang: Lang) -> str:
    change = f"{'+' if one.change > 0 else ''}{show_fen(one.change)}"
    return _SAID.say(lang).format(
        change=change, reason=one.reason, role=one.called.say(lang), by=one.by, day=one.at[:10], receipt=one.receipt
    )
