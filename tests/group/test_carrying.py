"""Migrating: every entry is carried or listed, whatever the new version changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmxl.check.batch import judge
from crmxl.check.runner import check
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.define.library import Library
from crmxl.errors import CrmxlError
from crmxl.expression import Value
from crmxl.group.carrying import Carried, Lost, carry, parameters, successors
from crmxl.group.differences import compare
from crmxl.group.states import State, made
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout, Role
from crmxl.issue.workbook import issued_values, write
from crmxl.model import Assignment, Column, Key, Kind, Line, Section, Sheet, Template, Text, Type, split_key
from crmxl.money import round_fen, show
from crmxl.receive.submission import Content, ContentType
from crmxl.resources import folder
from tests.check.submitted import submitted
from tests.group.later import later, second_version
from tests.group.returned import COSMETICS, report
from tests.strategies import Filled, filled

GIVEN = Assignment("HN", "华南区域", 2026, parameters={"sales_target": "3000000000", "S.1@crd": "0.6"})
TYPED: Mapping[Key, Value] = {
    "filer@value": "陈洁",
    "1.1.1@amount": Fraction("1200.50"),
    "1.1.1@amount.03": Fraction("1200.50"),
    "1.1.1@basis": "500 份",
    "1.1.1@owner": "客户关系部",
    "1.1.2@amount": Fraction(800),
    "1.1.2@owner": "王五",
    "1.1.3@amount": Fraction(300),
    "1.1.3@growth_reason": "新增",
    "1.1.n01@title": "周年活动",
    "1.1.n01@amount": Fraction(50),
    "1.1.n02@title": "开放日",
    "1.1.n02@amount": Fraction(60),
    "1.2.1@amount": Fraction(70),
    "1.2.1@last_year": Fraction(65),
    "2.1.1@amount": Fraction(10),
    "2.1.2@amount": Fraction(20),
    "activities.001@what": "中秋",
    "activities.001@city": "广州",
    "activities.001@persons": Fraction(600),
    "activities.003@what": "年会",
}


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Template:
    own = second_version(tmp_path_factory.mktemp("templates"))
    return Library(own, folder("templates")).load("customer-relations@2")


def layout_of(template: Template, first_month: int = 1) -> Layout:
    return lay_out(template, 2026, first_month=first_month)


def returned(typed: Mapping[Key, Value], into: Path) -> Report:
    """What the real writer and reader make of a filled first version."""
    layout = layout_of(Library().load("customer-relations"))
    path = into / "returned.xlsx"
    path.write_bytes(write(layout, GIVEN, typed))
    return judge(path, Library(), Standard())


def whys(some: tuple[Lost, ...]) -> dict[Key, str]:
    return {one.key: one.why.zh for one in some}


def test_a_filled_workbook_becomes_one_of_the_next_version(newer: Template, tmp_path: Path) -> None:
    report, new = returned(TYPED, tmp_path), layout_of(newer)
    given = issued_values(new, GIVEN)
    carried = carry(report, new, given)
    assert whys(carried.lost) == {
        "filer@value": "新版由公式计算",
        "1.1.2@owner": "新版没有这个选项，可选：客户关系部、物业公司",
        "1.1.3@amount": "新版没有这一行",
        "1.1.3@growth_reason": "新版没有这一行",
        "1.1.n02@title": "新版的空白行没有这么多",
        "1.1.n02@amount": "新版的空白行没有这么多",
        "1.2.1@last_year": "新版由集团下达，下达的是“”",
        "2.1.1@amount": "新版里这个编码给了另一行",
        "activities.001@city": "新版没有这一列",
        "activities.003@what": "新版的空白行没有这么多",
    }
    assert {(one.key, one.now): one.why.zh for one in carried.notes} == {
        ("1.2.1@amount", "1.2.1@amount"): "这一行新版叫“满意度与净推荐值调查”",
        ("activities.001@persons", "activities.001@persons"): "高于新版的上限 500",
    }
    assert carried.entries == {
        "1.1.1@amount": Fraction("1200.50"),
        "1.1.1@amount.03": Fraction("1200.50"),
        "1.1.1@basis": "500 份",
        "1.1.1@owner": "客户关系部",
        "1.1.5@amount": Fraction(800),
        "1.1.n01@title": "周年活动",
        "1.1.n01@amount": Fraction(50),
        "1.2.1@amount": Fraction(70),
        "2.1.1@amount": Fraction(20),
        "activities.001@what": "中秋",
        "activities.001@persons": Fraction(600),
    }
    (gone,) = (one for one in carried.lost if one.key == "1.1.3@amount")
    assert (gone.place, gone.title, gone.text) == ("费用预算!C11", "客户拜访与座谈·本年预算", "300.00")


def test_the_change_of_the_total_is_what_was_lost(newer: Template, tmp_path: Path) -> None:
    report, new = returned(TYPED, tmp_path), layout_of(newer)
    carried = carry(report, new, issued_values(new, GIVEN))
    after = made("v2", new, GIVEN, carried.entries)
    (bridge,) = compare([State("v1", report), after]).by_line
    assert bridge is not None
    steps = {step.key: step.change for step in bridge.steps}
    assert steps == {"1.1.n02@amount": -6000, "1.1.3@amount": -30000, "S.1@crd_amount": -600}


def test_what_the_prefilled_workbook_holds_is_what_was_carried(newer: Template, tmp_path: Path) -> None:
    new = layout_of(newer)
    carried = carry(returned(TYPED, tmp_path), new, issued_values(new, GIVEN))
    own = second_version(tmp_path / "templates")
    path = tmp_path / "v2.xlsx"
    path.write_bytes(write(new, GIVEN, carried.entries))
    again = judge(path, Library(own, folder("templates")), Standard())
    found = {cell.key: again.values[cell.key] for cell in new.inputs if again.values[cell.key] is not None}
    assert found == carried.entries


def test_a_last_year_s_figure_that_the_group_gives_as_filled_is_not_lost(newer: Template, tmp_path: Path) -> None:
    new = layout_of(newer)
    given = {**issued_values(new, GIVEN), "1.2.1@last_year": Fraction(65)}
    carried = carry(returned({"1.2.1@last_year": Fraction(65)}, tmp_path), new, given)
    assert not carried.lost and not carried.entries and not carried.notes


def test_another_target_from_the_group_is_told_and_is_no_loss_of_the_unit_s(newer: Template, tmp_path: Path) -> None:
    new = layout_of(newer)
    carried = carry(returned({}, tmp_path), new, {"sales_target@value": Fraction(5)})
    assert not carried.lost
    assert [(one.key, one.text, one.why.zh) for one in carried.notes] == [
        ("sales_target@value", "3,000,000,000.00", "新版由集团下达，下达的是“5.00”")
    ]


def test_months_that_are_closed_now_are_told(tmp_path: Path) -> None:
    typed = {"1.1.1@amount": Fraction(12), "1.1.1@amount.03": Fraction(5), "1.1.1@amount.04": Fraction(7)}
    carried = carry(returned(typed, tmp_path), layout_of(Library().load("customer-relations"), first_month=4))
    assert whys(carried.lost) == {"1.1.1@amount.03": "新版这个月不开放"}
    assert carried.entries["1.1.1@amount.04"] == 7


def test_a_part_that_was_not_issued_is_told_as_that(tmp_path: Path) -> None:
    carried = carry(
        returned({"3.1.1@amount": Fraction(9)}, tmp_path),
        lay_out(Library().load("customer-relations"), 2026, ("1", "2", "S")),
    )
    assert whys(carried.lost) == {"3.1.1@amount": "新版没有下发这一部分"}


ODD = {
    # what somebody typed into an amount: (what the file has, what becomes of it, which words)
    "a text that reads as a number": (Content(ContentType.TEXT, "1,000元"), Fraction(1000), "原写法“1,000元”"),
    "a text that does not": (Content(ContentType.TEXT, "约300"), None, "读不出来"),
    "a formula": (Content(ContentType.NUMBER, "30", "=10*3"), Fraction(30), "原是公式 =10*3"),
    "a formula never calculated": (Content(formula="=A1", calculated=False), None, "读不出来"),
    "a date": (Content(ContentType.DATE, "45000"), None, "读不出来"),
    "an error": (Content(ContentType.ERROR, "#REF!"), None, "读不出来"),
    "a truth value": (Content(ContentType.BOOLEAN, "TRUE"), None, "读不出来"),
    "too many decimals": (Content(ContentType.NUMBER, "1.234"), None, "读不出来"),
}


@pytest.mark.parametrize(("content", "value", "words"), ODD.values(), ids=ODD.keys())
def test_an_odd_entry_is_carried_as_read_or_listed_as_it_stood(
    newer: Template, content: Content, value: Fraction | None, words: str
) -> None:
    old, new = layout_of(Library().load("customer-relations")), layout_of(newer)
    report = check(submitted({}, {"1.1.1@amount": content}, layout=old, given=GIVEN))
    carried = carry(report, new, issued_values(new, GIVEN))
    assert carried.entries.get("1.1.1@amount") == value
    (told,) = carried.notes if value is not None else carried.lost
    assert words in told.why.zh
    assert told.text == (content.text or content.formula if value is None else show(Fraction(value)))


def test_what_stands_beside_the_form_is_listed(newer: Template) -> None:
    old = layout_of(Library().load("customer-relations"))
    strays = {
        ("费用预算", 60, 3): Content(ContentType.NUMBER, "5000"),
        ("费用预算", 61, 3): Content(ContentType.TEXT, " "),
    }
    carried = carry(check(submitted({}, layout=old, given=GIVEN, strays=strays)), layout_of(newer))
    assert [(one.key, one.place, one.text) for one in carried.lost] == [("", "费用预算!C60", "5000")]


def _plan(version: int, half: str | None) -> Layout:
    amount = Column("amount", Text("金额"), Type.MONEY, total=True)
    lines = (Line("1.1", Text("活动")), Line("1.2", Text("礼品")))
    sheet = Sheet("lines", Text("费用"), Kind.GRID, (amount, Column("half", Text("一半"), Type.MONEY, expression=half)))
    sections = (Section("1", Text("自有"), "", lines=lines),)
    return lay_out(Template("plan", version, Text("计划"), "total@amount", (replace(sheet, sections=sections),)), 2026)


TYPED_OVER = {"1.1@half": Content(ContentType.NUMBER, "7777")}


def test_a_formula_that_was_typed_over_is_an_entry_where_the_unit_fills_it_now() -> None:
    report = check(
        submitted(
            {"1.1@amount": Fraction(10), "1.2@amount": Fraction(6)},
            TYPED_OVER,
            layout=_plan(1, "amount / 2"),
            given=GIVEN,
        )
    )
    carried = carry(report, _plan(2, None))
    assert (carried.entries["1.1@half"], carried.entries["1.2@half"]) == (7777, 3)
    assert carried.lost == ()
    told = {one.key: one.why.zh for one in carried.notes}
    assert told == {"1.1@half": "原是公式，被改成了数值", "1.2@half": "原由公式计算，新版由单位填"}


def test_a_formula_that_was_typed_over_is_lost_where_it_is_calculated_again() -> None:
    report = check(submitted({"1.1@amount": Fraction(10)}, TYPED_OVER, layout=_plan(1, "amount / 2"), given=GIVEN))
    carried = carry(report, _plan(2, "amount / 2"))
    assert [(one.key, one.text, one.why.zh) for one in carried.lost] == [("1.1@half", "7,777.00", "新版由公式计算")]
    pasted = {"1.1@half": Content(ContentType.NUMBER, "5")}
    report = check(submitted({"1.1@amount": Fraction(10)}, pasted, layout=_plan(1, "amount / 2"), given=GIVEN))
    assert carry(report, _plan(2, "amount / 2")).lost == ()


def test_a_workbook_of_another_template_is_refused(newer: Template) -> None:
    with pytest.raises(CrmxlError, match="customer-relations"):
        carry(report(COSMETICS, "HN", {}), layout_of(newer))


def test_issued_parameters_are_called_as_the_new_version_calls_them(newer: Template) -> None:
    old, new = layout_of(Library().load("customer-relations")), layout_of(newer)
    given = {"sales_target": "1", "1.1.2@last_year": "2", "2.1.1@last_year": "3", "S.1@crd": "4"}
    assert parameters(given, old, new) == {"sales_target": "1", "1.1.5@last_year": "2", "S.1@crd": "4"}


# -- whatever changes ----------------------------------------------------------------------------------------------


@st.composite
def moves(draw: st.DrawFn) -> tuple[Filled, Layout]:
    """A filled workbook, and a later version of its template."""
    old = draw(filled())
    given = old.assignment
    month = draw(st.sampled_from([given.first_month, 1, 12]))
    return old, lay_out(draw(later(old.template)), given.year, given.parts, month, given.lang)


@settings(max_examples=60)
@given(moves())
def test_nothing_is_lost_in_silence(move: tuple[Filled, Layout]) -> None:
    old, new = move
    report = check(submitted(old.inputs, layout=old.layout, given=old.assignment))
    carried = carry(report, new, issued_values(new, old.assignment))
    lost = {one.key for one in carried.lost}
    renamed = {line.was: line.code for line in _lines(new.template) if line.was}
    for key, typed in old.inputs.items():
        if Content(ContentType.TEXT, typed).invisible if isinstance(typed, str) else typed is None:
            continue
        code, column = split_key(key)
        now = f"{renamed.get(code, code)}@{column}"
        assert (now in carried.entries) != (key in lost), key
        if now in carried.entries and new.cells[now].type is old.layout.cells[key].type:
            assert carried.entries[now] == report.values[key]
    assert all(new.cells[key].role is Role.INPUT for key in carried.entries)
    assert len(carried.entries) + len(lost) == _filled(report, old)


@settings(max_examples=50)
@given(moves())
def test_the_total_of_the_new_workbook_is_reached_step_by_step(move: tuple[Filled, Layout]) -> None:
    old, new = move
    report = check(submitted(old.inputs, layout=old.layout, given=old.assignment))
    carried: Carried = carry(report, new)
    after = made("new", new, old.assignment, carried.entries)
    (bridge,) = compare([State("old", report), after]).by_line
    if report.total is None:
        assert bridge is None
        return
    assert bridge is not None and after.total is not None
    assert bridge.before == round_fen(report.total)
    assert bridge.before + sum(step.change for step in bridge.steps) == bridge.after == after.total


def _lines(template: Template) -> list[Line]:
    sections = [section for sheet in template.sheets for section in sheet.sections]
    groups = [group for section in sections for group in section.groups]
    return [line for some in (*(one.lines for one in sections), *(one.lines for one in groups)) for line in some]


def _filled(report: Report, old: Filled) -> int:
    """How many entries of the old workbook are not blank; the issued one is not the unit's."""
    contents = report.submission.contents
    return sum(not contents[cell.key].invisible for cell in old.layout.inputs)


def test_a_line_that_takes_a_code_over_does_not_take_its_entries(newer: Template) -> None:
    old, new = layout_of(Library().load("customer-relations")), layout_of(newer)
    assert successors(old, new) == {"1.1.2": "1.1.5", "2.1.2": "2.1.1", "2.1.1": ""}
    assert successors(new, new) == {}
