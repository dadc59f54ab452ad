"""Later versions of templates: one that somebody might make of a shipped template, and whatever a property draws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from crmxl.model import Column, Field, Group, Kind, Line, Section, Sheet, Template, Text, Type
from crmxl.resources import folder
from tests.strategies import CHOICES

CHANGES = {
    # what the second version changes: text in the shipped template, and what it becomes
    "the version": ("version = 1", "version = 2"),
    "a code": ('{ code = "1.1.2", title', '{ code = "1.1.5", was = "1.1.2", title'),
    "a line gone": (
        '    { code = "1.1.3", title = { zh = "客户拜访与座谈", en = "Visits and round tables" }, '
        'tags = ["capped"] },\n',
        "",
    ),
    "a line more": (
        '    { code = "1.2.2", title',
        '    { code = "1.2.3", title = { zh = "焦点小组" }, tags = ["capped"] },\n    { code = "1.2.2", title',
    ),
    "a title": ('"满意度调查"', '"满意度与净推荐值调查"'),
    "a code given to another line": (
        '{ code = "2.1.1", title = { zh = "客户会会员维系", en = "Customer club" }',
        '{ code = "2.1.1", was = "2.1.2", title = { zh = "老客户答谢", en = "Thanks" }',
    ),
    "and the old line gone": (
        '    { code = "2.1.2", title = { zh = "老客户答谢", en = "Thanks to long-standing customers" }, '
        'tags = ["shared"] },\n',
        "",
    ),
    "fewer blank lines": (
        'title = { zh = "客户活动费", en = "Customer activities" }\nopen = 2',
        'title = { zh = "客户活动费" }\nopen = 1',
    ),
    "a column that the group gives": ('title = { zh = "上年预算", en', 'issued = true\ntitle = { zh = "上年预算", en'),
    "a column of choices": (
        'title = { zh = "责任人", en = "Responsible" }\ntype = "text"',
        'title = { zh = "责任人" }\ntype = "choice"\nchoices = ["客户关系部", "物业公司"]',
    ),
    "a column gone": ('id = "city"', 'id = "place"'),
    "fewer rows": (
        'id = "activities"\ntitle = { zh = "活动与礼品标准", en = "Activities and gifts" }\nkind = "list"\nrows = 20',
        'id = "activities"\ntitle = { zh = "活动与礼品标准" }\nkind = "list"\nrows = 2',
    ),
    "a kind of number": (
        'title = { zh = "人数/份数", en = "Persons" }\ntype = "integer"\nminimum = 0',
        'title = { zh = "人数/份数" }\ntype = "quantity"\nminimum = 1\nmaximum = 500',
    ),
    "a field that is calculated": (
        'id = "filer"\ntitle = { zh = "填报人", en = "Filed by" }\ntype = "text"\nrequired = true',
        'id = "filer"\ntitle = { zh = "任务的一半", en = "Half" }\ntype = "money"\nexpression = "sales_target / 2"',
    ),
}


def second_version(into: Path) -> Path:
    """A folder with a second version of customer-relations."""
    text = (folder("templates") / "customer-relations.toml").read_text(encoding="utf-8")
    for what, (old, new) in CHANGES.items():
        assert text.count(old) == 1, what
        text = text.replace(old, new)
    into.mkdir(parents=True, exist_ok=True)
    (into / "customer-relations.toml").write_text(text, encoding="utf-8")
    return into


@st.composite
def later(draw: st.DrawFn, template: Template) -> Template:
    """Another version of a template of ``strategies.templates``: lines and columns gone, renamed, of another type."""
    sheets = tuple(draw(_sheet(sheet)) for sheet in template.sheets)
    return replace(template, version=template.version + 1, sheets=sheets)


@st.composite
def _sheet(draw: st.DrawFn, sheet: Sheet) -> Sheet:
    columns = [draw(_column(column)) for column in sheet.columns if _needed(column) or draw(st.booleans())]
    fields = [
        Field(one.id, draw(_column(one.column, form=True)), one.issued)
        for one in sheet.fields
        if one.issued or draw(st.booleans())
    ]
    rows = draw(st.integers(1, 5)) if sheet.kind is Kind.LIST else 0
    sections = tuple(draw(_section(section)) for section in sheet.sections)
    return replace(sheet, columns=tuple(columns), fields=tuple(fields), sections=sections, rows=rows)


def _needed(column: Column) -> bool:
    """Whether expressions or the total ask for it."""
    return column.id == "amount" or column.calculated


@st.composite
def _column(draw: st.DrawFn, column: Column, form: bool = False) -> Column:
    if column.id == "amount":
        return replace(column, months=draw(st.booleans()), minimum=draw(st.sampled_from([None, column.minimum])))
    if column.calculated or draw(st.booleans()):
        return column
    type = draw(st.sampled_from(list(Type)))
    choices = draw(st.sampled_from([CHOICES, CHOICES[:1]])) if type is Type.CHOICE else ()
    return replace(column, type=type, choices=choices, required_if=None, consolidate="none", total=False, months=False)


@st.composite
def _section(draw: st.DrawFn, section: Section) -> Section:
    groups = tuple(
        replace(group, lines=lines, open=draw(st.integers(0 if lines else 1, 2)))
        for group in section.groups
        for lines in [draw(_lines(group))]
    )
    lines = draw(_lines(section))
    return replace(section, groups=groups, lines=lines, open=draw(st.integers(0 if lines or groups else 1, 2)))


@st.composite
def _lines(draw: st.DrawFn, owner: Section | Group) -> tuple[Line, ...]:
    found = []
    for line in owner.lines:
        match draw(st.sampled_from(["same", "gone", "moved", "title"])):
            case "same":
                found.append(line)
            case "moved":
                found.append(replace(line, code=f"{line.code}x", was=line.code))
            case "title":
                found.append(replace(line, title=Text(f"{line.title.zh}（新）")))
    return tuple(found)
