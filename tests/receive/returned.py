"""Returned workbooks for tests: issued by the real writer, changed with openpyxl as a unit or a program would."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import openpyxl
from openpyxl import Workbook

from crmxl.catalogue import word
from crmxl.define.names import LANGS
from crmxl.expression import Value
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout, Role
from crmxl.issue.workbook import write
from crmxl.model import (
    Assignment,
    Column,
    Field,
    Finding,
    Group,
    Key,
    Kind,
    Line,
    Section,
    Sheet,
    Template,
    Text,
    Type,
    say,
)
from crmxl.receive.reading import read
from crmxl.receive.submission import ContentType, Submission
from tests.strategies import Shelf


def lines(titles: Mapping[str, str]) -> tuple[Line, ...]:
    return tuple(Line(code, Text(title)) for code, title in titles.items())


PLAN, WORK, FORM, LIST = "预算表", "工作计划", "基本信息", "活动清单"
TEMPLATE = Template(
    id="small",
    version=1,
    title=Text("小预算", "Small budget"),
    total="total@amount",
    sheets=(
        Sheet(
            "form",
            Text(FORM, "Facts"),
            Kind.FORM,
            fields=(
                Field("preparer", Column("value", Text("编制人"), Type.TEXT)),
                Field("target", Column("value", Text("考核任务"), Type.MONEY), issued=True),
            ),
        ),
        Sheet(
            "plan",
            Text(PLAN, "Plan"),
            Kind.GRID,
            columns=(
                Column("amount", Text("金额", "Amount"), Type.MONEY, months=True, total=True, consolidate="sum"),
                Column("basis", Text("测算依据", "Basis"), Type.TEXT),
                Column("double", Text("两倍"), Type.MONEY, expression="amount * 2"),
            ),
            sections=(
                Section(
                    "1",
                    Text("市场调研"),
                    "1",
                    groups=(
                        Group("1.1", Text("调研费用"), lines({"1.1.1": "问卷", "1.1.2": "访谈"}), open=1),
                        Group("1.2", Text("数据费用"), lines({f"1.2.{n}": f"数据{n}" for n in range(1, 11)})),
                    ),
                ),
                Section("2", Text("广告"), "2", lines=lines({"2.1": "电视", "2.10": "网络", "2.2": "报纸"})),
            ),
        ),
        Sheet(
            "acts",
            Text(LIST, "List"),
            Kind.LIST,
            columns=(
                Column("name", Text("活动"), Type.TEXT),
                Column("quantity", Text("数量"), Type.QUANTITY),
                Column("by", Text("时间"), Type.DATE),
            ),
            rows=3,
        ),
    ),
)
ASSIGNMENT = Assignment(unit="R01", unit_name="华东大区", year=2026, first_month=3, parameters={"target": "2000000"})
INPUTS: Mapping[Key, Value] = {
    "preparer@value": "张三",
    "1.1.1@amount": Fraction(1000),
    "1.1.1@amount.03": Fraction(1000),
    "1.1.2@amount": Fraction(25050, 100),
    "1.1.n01@title": "差旅",
    "1.1.n01@amount": Fraction(7),
    "2.10@amount": Fraction(33),
    "2.10@basis": "报价单",
    "acts.002@name": "路演",
    "acts.002@quantity": Fraction(5, 2),
    "acts.002@by": Fraction(46000),
}
SHELF = Shelf(TEMPLATE)

Edit = Callable[[Workbook], object]


def layout(assignment: Assignment = ASSIGNMENT) -> Layout:
    return lay_out(TEMPLATE, assignment.year, assignment.parts, assignment.first_month, assignment.lang)


def issued(assignment: Assignment = ASSIGNMENT, inputs: Mapping[Key, Value] = INPUTS) -> bytes:
    """The filled workbook, as the writer makes it."""
    return write(layout(assignment), assignment, inputs)


def edited(edit: Edit, data: bytes | None = None) -> bytes:
    """The workbook after ``edit``, as openpyxl saves it: without any calculated value."""
    book = openpyxl.load_workbook(io.BytesIO(issued() if data is None else data))
    edit(book)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def reading(folder: Path, data: bytes, name: str = "returned.xlsx") -> Submission:
    """``data`` read as a returned file; every finding can be worded in both languages."""
    path = folder / name
    path.write_bytes(data)
    submission = read(path, SHELF)
    for found in submission.findings:
        for lang in LANGS:
            worded = word(found, lang, name)
            assert worded.message and worded.fix and "{" not in worded.message + worded.fix
    return submission


def values(submission: Submission) -> dict[Key, Value]:
    """What was typed, by key: exact numbers, texts as typed."""
    assert submission.layout is not None
    found: dict[Key, Value] = {}
    for key, content in submission.contents.items():
        if submission.layout.cells[key].role is not Role.INPUT or content.blank:
            continue
        number = content.type in (ContentType.NUMBER, ContentType.DATE)
        found[key] = Fraction(content.text) if number else content.text
    return found


def findings(submission: Submission, *without: str) -> list[Finding]:
    """The findings, less those that every workbook saved by openpyxl has."""
    return [found for found in submission.findings if found.code not in ("F110", *without)]


def table(submission: Submission, *without: str) -> list[tuple[str, str, str, str]]:
    """Code, sheet, cell and what was found."""
    return [(f.code, f.place.sheet, f.place.cell, say(f.found, "en")) for f in findings(submission, *without)]
