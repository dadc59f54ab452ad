"""Submissions without a file: what the reader would make of a returned workbook, cell by cell as a test says.

A small template with every kind of cell, and `submitted`, which fills it in, shows what the workbook would show, and
puts whatever somebody did to it in place of that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from crmxl.check.evidence import Evidence
from crmxl.expression import Fault, Value
from crmxl.issue.calculate import calculate
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout, Role
from crmxl.issue.stamp import Stamp
from crmxl.issue.workbook import issued_values
from crmxl.model import Assignment, Column, Field, Finding, Group, Key, Kind, Line, Section, Sheet, Template, Text, Type
from crmxl.money import plain
from crmxl.receive.submission import Content, ContentType, Spot, Submission


def _column(id: str, title: str, type: Type, low: str = "", high: str = "", **more: Any) -> Column:
    least, most = (Fraction(text) if text else None for text in (low, high))
    return Column(id, Text(title, id.title()), type, least, most, **more)


AMOUNT = _column("amount", "金额", Type.MONEY, "0", months=True, total=True, consolidate="sum")
BASIS = _column("basis", "测算依据", Type.TEXT, required_if="amount <> 0")
FACTS = Sheet(
    "facts",
    Text("基本信息", "Facts"),
    Kind.FORM,
    fields=(
        Field("target", _column("value", "考核任务", Type.MONEY), issued=True),
        Field("scope", _column("value", "下达口径", Type.TEXT), issued=True),
        Field("filer", _column("value", "编制人", Type.TEXT, required=True)),
        Field("rate", _column("value", "费率", Type.PERCENT, "0", "1")),
        Field("heads", _column("value", "人数", Type.INTEGER, "1", "10")),
        Field("hours", _column("value", "工时", Type.QUANTITY, "", "100")),
        Field("floor", _column("value", "面积", Type.QUANTITY, "5")),
        Field("bonus", _column("value", "奖金", Type.MONEY, "-50", "1000")),
        Field("change", _column("value", "调整", Type.MONEY)),
        Field("owner", _column("value", "是否自营", Type.CHOICE, choices=("是", "否"))),
        Field("start", _column("value", "开始日期", Type.DATE)),
    ),
)
PLAN = Sheet(
    "plan",
    Text("费用预算", "Plan"),
    Kind.GRID,
    (
        AMOUNT,
        BASIS,
        _column("double", "两倍", Type.MONEY, expression="amount * 2", total=True),
        _column("share", "占任务", Type.PERCENT, expression="IF(target = 0, 0, double / target)"),
    ),
    (
        Section(
            "1",
            Text("市场", "Market"),
            "1",
            (
                Group(
                    "1.1", Text("调研", "Research"), (Line("1.1.1", Text("问卷")), Line("1.1.2", Text("访谈"))), open=1
                ),
            ),
        ),
        Section("2", Text("推广", "Promotion"), "2", lines=(Line("2.1", Text("广告")),)),
    ),
)
TEMPLATE = Template("made", 1, Text("测试预算", "Test budget"), "total@amount", (FACTS, PLAN))
MADE = lay_out(TEMPLATE, 2026)
GIVEN = Assignment("HN", "华南", 2026, parameters={"target": "5000", "scope": "含项目"})
FILLED: Mapping[Key, Value] = {
    "filer@value": "陈洁",
    "1.1.1@amount": Fraction(1200),
    **{f"1.1.1@amount.{month:02d}": Fraction(100) for month in range(1, 13)},
    "1.1.1@basis": "问卷 500 份",
}


def content(value: Value, formula: str = "") -> Content:
    """What a cell with ``value`` holds."""
    match value:
        case None:
            return Content(formula=formula)
        case bool():
            return Content(ContentType.BOOLEAN, str(value).upper(), formula)
        case Fraction():
            return Content(ContentType.NUMBER, plain(value), formula)
        case Fault(text):
            return Content(ContentType.ERROR, text, formula)
        case _:
            return Content(ContentType.TEXT, value, formula)


def submitted(
    entries: Mapping[Key, Value] = FILLED,
    instead: Mapping[Key, Content] | None = None,
    *,
    layout: Layout = MADE,
    given: Assignment = GIVEN,
    missing: Collection[Key] = (),
    findings: tuple[Finding, ...] = (),
    **more: Any,
) -> Submission:
    """``entries`` as filled in and calculated by the workbook, with ``instead`` in place of what then stands there.

    Inputs among ``instead`` are calculated with, as the workbook would; other cells only look as they are given.
    Keys in ``missing`` were not found by the reader.
    """
    changed = dict(instead or {})
    typed = {key: one for key, one in changed.items() if layout.cells[key].role in (Role.INPUT, Role.ISSUED)}
    values: dict[Key, Value] = {**entries, **issued_values(layout, given), **{k: _seen(c) for k, c in typed.items()}}
    shown = calculate(layout, values)
    contents = {key: content(values.get(key)) for key in layout.cells}
    contents |= {key: content(cell.text) for key, cell in layout.cells.items() if cell.role is Role.LABEL and cell.text}
    contents |= {key: content(value, f"={layout.formula(key)}") for key, value in shown.items()}
    contents |= changed
    spots = {
        key: Spot(layout.by_id[cell.sheet].name, cell.row, cell.column)
        for key, cell in layout.cells.items()
        if key not in missing
    }
    return Submission(
        file="returned.xlsx",
        digest="",
        stamp=Stamp(layout.template.id, layout.template.version, layout.fingerprint, given),
        layout=layout,
        contents={key: one for key, one in contents.items() if key in spots},
        spots=spots,
        keys_at={(spot.sheet, spot.row, spot.column): key for key, spot in spots.items()},
        sheet_names=tuple(sheet.name for sheet in layout.sheets),
        findings=findings,
        **more,
    )


def _seen(one: Content) -> Value:
    """A typed cell as the workbook calculates with it."""
    if one.type in (ContentType.NUMBER, ContentType.DATE):
        return Fraction(one.text)
    if one.type is ContentType.ERROR:
        return Fault(one.text)
    return one.text == "TRUE" if one.type is ContentType.BOOLEAN else one.text or None


def evidence(*arguments: Any, **parts: Any) -> Evidence:
    """The evidence of such a submission."""
    submission = submitted(*arguments, **parts)
    assert submission.layout is not None
    return Evidence(submission, submission.layout)


def moved(submission: Submission, name: str, rows: int = 0) -> Submission:
    """``submission`` with the tab ``name`` renamed to ``name`` and more, and its cells ``rows`` further down."""
    spots = {
        key: Spot(f"{name}（终稿）", spot.row + rows, spot.column) if spot.sheet == name else spot
        for key, spot in submission.spots.items()
    }
    return replace(
        submission, spots=spots, keys_at={(spot.sheet, spot.row, spot.column): key for key, spot in spots.items()}
    )
