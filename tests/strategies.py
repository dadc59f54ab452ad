"""Templates, assignments and inputs for properties: whatever a template may declare, in all its kinds of cells."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from hypothesis import strategies as st

from crmxl.define.library import Library
from crmxl.define.sizes import differing
from crmxl.errors import CrmxlError
from crmxl.expression import Value
from crmxl.issue.layout import lay_out_for
from crmxl.issue.places import Cell, Layout
from crmxl.model import (
    Assignment,
    Column,
    Field,
    Group,
    Key,
    Kind,
    Level,
    Line,
    Section,
    Sheet,
    Template,
    Text,
    Type,
)

CHOICES = ("是", "否", "不适用")
TITLES = st.text("市场调研广告宣传费用预算 aZ&<>\"'", min_size=1, max_size=12).map(str.strip).filter(bool)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    st.text(string.printable, min_size=1, max_size=40),
    st.sampled_from(
        (
            *("=1+1", "+A1", "@x", "'", "{=A1}", "#REF!", "TRUE", "http://x.cn", "crmxl:plan", "😀\ufffe"),
            *(" ", "\n", "\r\n", "\t", "　", "_x000D_", "_x005F_x0041_", "x005F_", "_x0041_", "\x00\x1f"),
            *("1,000元", "１２３", "1e5", "nan", "2026-01-01", "-", "无", "1.10"),
        )
    ),
).filter(lambda text: not re.search("_x[0-9A-Fa-f]{4}_x[0-9A-Fa-f]{4}_", text))
"""Texts that a cell may hold, odd ones often; less those whose overlapping escapes XlsxWriter writes wrongly."""
AMOUNTS = st.integers(-(10**13) + 1, 10**13 - 1).map(lambda fen: Fraction(fen, 100))
"""Exact 元 with two decimals, within the bound on inputs."""
RATIOS = st.integers(-(10**9), 10**9).map(lambda units: Fraction(units, 10**8))
DATES = st.integers(1, 2_958_465).map(Fraction)
"""Serial numbers from 1900-01-01 to 9999-12-31."""


class Shelf(Library):
    """A library of templates in memory."""

    def __init__(self, *templates: Template) -> None:
        super().__init__()
        self._templates = {template.name: template for template in templates}

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(template.id for template in self._templates.values()))

    def load(self, name: str | Path) -> Template:
        if name not in self._templates:
            raise CrmxlError(f"there is no template `{name}`")
        return self._templates[str(name)]


@dataclass(frozen=True)
class Filled:
    """A template, whom it was issued to, and what was typed."""

    template: Template
    assignment: Assignment
    inputs: Mapping[Key, Value]

    @property
    def layout(self) -> Layout:
        """Where everything stands."""
        return lay_out_for(self.template, self.assignment)


def inputs_of(layout: Layout) -> st.SearchStrategy[dict[Key, Value]]:
    """Values for some of the inputs: mostly of the cell's type, sometimes a text where a number belongs."""
    cells = list(layout.inputs)
    return st.lists(st.sampled_from(cells), unique_by=lambda cell: cell.key, max_size=25).flatmap(
        lambda chosen: st.fixed_dictionaries({cell.key: _value(cell) for cell in chosen})
    )


def _value(cell: Cell) -> st.SearchStrategy[Value]:
    match cell.type:
        case Type.MONEY:
            return st.one_of(AMOUNTS, AMOUNTS, TEXTS)
        case Type.INTEGER:
            return st.integers(-(10**9), 10**9).map(Fraction)
        case Type.PERCENT | Type.QUANTITY:
            return RATIOS
        case Type.DATE:
            return DATES
        case Type.CHOICE:
            return st.sampled_from(cell.choices)
    return TEXTS


@st.composite
def columns(draw: st.DrawFn) -> tuple[Column, ...]:
    """Columns of a grid or list: an amount, perhaps by months, then others of any type, perhaps a calculated one."""
    months, total = draw(st.booleans()), draw(st.booleans())
    found = [Column("amount", Text("金额", "Amount"), Type.MONEY, months=months, total=total, consolidate="sum")]
    for number, type in enumerate(draw(st.lists(st.sampled_from(list(Type)), max_size=4))):
        choices = CHOICES if type is Type.CHOICE else ()
        condition = draw(st.sampled_from([None, "amount <> 0"]))
        found.append(Column(f"c{number}", Text(draw(TITLES)), type, required_if=condition, choices=choices))
    if draw(st.booleans()):
        found.append(Column("double", Text("两倍", "Twice"), Type.MONEY, expression="amount * 2"))
    return tuple(found)


def lines(owner: str) -> st.SearchStrategy[tuple[Line, ...]]:
    """Lines under ``owner``, sometimes enough for ``1.1`` and ``1.10``."""
    counts = st.one_of(st.integers(0, 3), st.just(11))
    titles = counts.flatmap(lambda count: st.lists(TITLES, min_size=count, max_size=count))
    return titles.map(lambda some: tuple(Line(f"{owner}.{n}", Text(title)) for n, title in enumerate(some, 1)))


@st.composite
def sections(draw: st.DrawFn, prefix: str) -> tuple[Section, ...]:
    """Sections with groups, own lines and blank lines; none is empty."""
    found = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        code = f"{prefix}{number}"
        own = draw(lines(code)) if draw(st.booleans()) else ()
        groups = []
        for at in range(1, draw(st.integers(0, 2)) + 1):
            inner = f"{code}.g{at}"
            groups.append(Group(inner, Text(draw(TITLES)), draw(lines(inner)), open=draw(st.integers(1, 2))))
        open = draw(st.integers(0 if own or groups else 1, 2))
        found.append(Section(code, Text(draw(TITLES)), code, tuple(groups), own, open))
    return tuple(found)


@st.composite
def templates(draw: st.DrawFn) -> Template:
    """Sound templates with every kind of sheet: a grid with totals, perhaps a form, a list, a second grid."""
    amount, *others = draw(columns())
    levels = draw(st.sampled_from([(Level.LINE,), (Level.GROUP, Level.SECTION), tuple(Level)]))
    ratio = "IF(total@amount = 0, 0, amount / total@amount)"
    share = Column("share", Text("占比"), Type.PERCENT, expression=ratio, levels=levels)
    shown = (replace(amount, total=True), *others, share)
    plan = Sheet("plan", Text("预算表", "Plan"), Kind.GRID, shown, draw(sections("")))
    sheets = [plan]
    if draw(st.booleans()):
        types = draw(st.lists(st.sampled_from(list(Type)), min_size=1, max_size=4))
        fields = [
            Field(f"f{n}", Column("value", Text(draw(TITLES)), type, choices=CHOICES if type is Type.CHOICE else ()))
            for n, type in enumerate(types)
        ]
        fields.append(Field("target", Column("value", Text("考核任务", "Target"), Type.MONEY), issued=True))
        sheets.insert(0, Sheet("form", Text("基本信息", "Facts"), Kind.FORM, fields=tuple(fields)))
    if draw(st.booleans()):
        rows, most = draw(st.sampled_from([(1, 0), (3, 0), (5, 0), (2, 7), (5, 60)]))
        sheets.append(Sheet("acts", Text("活动清单", "List"), Kind.LIST, draw(columns()), rows=rows, most=most))
    if draw(st.booleans()):
        free = tuple(replace(column, total=False) for column in draw(columns()))
        sheets.append(Sheet("work", Text("工作计划", "Work"), Kind.GRID, free, draw(sections("W"))))
    return Template("made", draw(st.integers(1, 3)), Text("测试预算", "Test budget"), "total@amount", tuple(sheets))


def wanted_rows(template: Template) -> st.SearchStrategy[dict[str, int]]:
    """Numbers of rows for some of the lists that offer a choice."""
    choices = {sheet.id: st.integers(1, sheet.most) for sheet in template.sheets if sheet.most}
    return st.fixed_dictionaries({}, optional=choices)


@st.composite
def filled(draw: st.DrawFn) -> Filled:
    """A generated template issued to somebody, and filled."""
    template = draw(templates())
    known = [section.part for sheet in template.sheets for section in sheet.sections]
    some = st.lists(st.sampled_from(known), unique=True)
    parts = draw(some.filter(lambda chosen: not chosen or any(part[0] != "W" for part in chosen)))
    assignment = Assignment(
        unit=draw(st.text("R0123华东&", min_size=1, max_size=8)),
        unit_name=draw(st.sampled_from(["", "华东大区", 'A "B" & <C>'])),
        year=draw(st.integers(2020, 2040)),
        parts=tuple(parts),
        first_month=draw(st.integers(1, 12)),
        rows=differing(template, draw(wanted_rows(template))),
        parameters={"target": "2000000.50"},
        lang=draw(st.sampled_from(["zh", "en"])),
    )
    return Filled(template, assignment, draw(inputs_of(Filled(template, assignment, {}).layout)))
