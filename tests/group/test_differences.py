"""What changed between budgets: every changed cell, and steps that add up to the change of the total, to the fen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmxl.check.runner import check
from crmxl.check.verdict import Report
from crmxl.errors import CrmxlError
from crmxl.group.differences import Bridge, Kind, Step, compare
from crmxl.group.facts import DIFFERENCE
from crmxl.group.states import State, last_year, made
from crmxl.issue.layout import lay_out
from crmxl.model import Assignment, Key, Template
from crmxl.money import from_fen, round_fen
from crmxl.receive.submission import Content, ContentType
from tests.check.submitted import submitted
from tests.group.made_up import ACTIVITIES, BESIDE
from tests.group.returned import COSMETICS, LIBRARY, error, report, unreadable
from tests.group.returned import made as made_template
from tests.strategies import filled, inputs_of
from tests.thin import ThinLibrary

CUSTOMERS = LIBRARY.load("customer-relations")
SHIPPED = list(map(ThinLibrary().load, LIBRARY.names()))


def states(*reports: Report) -> list[State]:
    return [State("ABCDEF"[at], one) for at, one in enumerate(reports)]


def kinds(*reports: Report) -> dict[Key, tuple[Kind, ...]]:
    return {change.key: change.kinds for change in compare(states(*reports)).cells}


def test_every_changed_cell_is_told_in_the_order_of_the_sheets() -> None:
    before = report(
        COSMETICS, "HN", {"2.3.1@amount": "7", "1.1.1@amount": "100", "1.1.1@basis": "旧", "1.1.2@amount": "5"}
    )
    after = report(
        COSMETICS, "HN", {"2.3.1@amount": "8", "1.1.1@amount": "100", "1.1.1@basis": "新", "1.1.3@amount": "0"}
    )
    found = compare(states(before, after)).cells
    assert [(one.key, one.kinds) for one in found] == [
        ("1.1.1@basis", (Kind.TEXT,)),
        ("1.1.2@amount", (Kind.CLEARED,)),
        ("1.1.3@amount", (Kind.FILLED,)),
        ("2.3.1@amount", (Kind.NUMBER,)),
    ]
    last = found[-1]
    assert (last.title, last.shown, last.values) == ("社交媒体推广·金额", ("7.00", "8.00"), ("7.00", "8.00"))
    assert last.places == ("费用预算!C32", "费用预算!C32")


def test_a_blank_line_s_name_is_a_title() -> None:
    before = check(submitted({"1.1.n01@title": "甲"}))
    assert kinds(before, check(submitted({"1.1.n01@title": "乙"}))) == {"1.1.n01@title": (Kind.TITLE,)}


def test_a_title_that_was_overwritten_is_told() -> None:
    changed = check(submitted({}, {"1.1.1@title": Content(ContentType.TEXT, "别的")}))
    assert kinds(check(submitted({})), changed) == {"1.1.1@title": (Kind.TITLE,)}


def test_another_spelling_of_an_amount_is_no_change() -> None:
    typed = check(submitted({}, {"1.1.1@amount": Content(ContentType.TEXT, "1,200.00元")}))
    assert not compare(states(check(submitted({"1.1.1@amount": Fraction(1200)})), typed)).changed


def test_what_cannot_be_read_as_an_amount_is_shown_as_typed() -> None:
    typed = check(submitted({}, {"1.1.1@amount": Content(ContentType.TEXT, "约300")}))
    (change,) = compare(states(check(submitted({})), typed)).cells
    assert change.shown == ("", "约300") and change.kinds == (Kind.FILLED,)


def test_three_versions_stand_side_by_side() -> None:
    found = compare(
        states(*(report(COSMETICS, "HN", {"1.1.1@amount": text, "1.1.2@amount": "3"}) for text in ("1", "2", "2")))
    )
    (change,) = found.cells
    assert change.shown == ("1.00", "2.00", "2.00") and change.kinds == (Kind.NUMBER, Kind.SAME)
    first, second = found.by_line
    assert first is not None and second is not None
    assert [(step.key, step.change) for step in first.steps] == [("1.1.1@amount", 100)]
    assert second.steps == () and found.totals == (400, 500, 500)


def test_the_largest_change_comes_first_where_people_read() -> None:
    amounts = {"1.1.1@amount": "1", "1.1.2@amount": "100", "1.1.3@amount": "-50"}
    (bridge,) = compare(states(report(COSMETICS, "HN", {}), report(COSMETICS, "HN", amounts))).by_line
    assert bridge is not None
    assert [step.change for step in bridge.steps] == [100, 10000, -5000]
    assert [step.change for step in bridge.by_size] == [10000, -5000, 100]
    assert sum(bridge.share(step) or 0 for step in bridge.steps) == 1


def test_a_total_that_is_more_than_its_lines_has_a_step_of_its_own() -> None:
    one, other = (report(CUSTOMERS, "HN", {"2.1.1@amount": text}) for text in ("100", "200"))
    (bridge,) = compare(states(one, other)).by_line
    assert bridge is not None
    assert [(step.key, step.change) for step in bridge.steps] == [("S.1@crd_amount", 6000)]
    beyond = replace(other, values={**other.values, CUSTOMERS.total: Fraction("120.01")})
    (bridge,) = compare(states(one, beyond)).by_line
    assert bridge is not None
    assert [(step.key, step.change) for step in bridge.steps] == [("S.1@crd_amount", 6000), (DIFFERENCE, 1)]


def test_a_bridge_that_does_not_add_up_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        Bridge(1, 3, (Step("1.1@amount", "", 0, 1),), 0)


def test_without_a_total_there_is_no_bridge_and_that_is_said() -> None:
    broken = check(submitted({}, {"1.1.1@amount": Content(ContentType.ERROR, "#REF!")}))
    found = compare(states(check(submitted({})), broken))
    assert found.by_line == (None,)
    assert any("总额算不出来" in note.zh for note in found.notes)


def test_a_reader_is_told_of_other_units_years_and_errors() -> None:
    found = compare(states(report(COSMETICS, "HN", {}), report(COSMETICS, "HD", {}, year=2025, findings=(error(),))))
    said = "".join(note.zh for note in found.notes)
    assert "不同单位" in said and "预算年度不同" in said and "1 项错误" in said


def test_different_templates_are_refused() -> None:
    with pytest.raises(CrmxlError, match="模板不同"):
        compare(states(report(COSMETICS, "HN", {}), report(CUSTOMERS, "HN", {})))


def test_a_file_that_was_not_read_is_refused() -> None:
    with pytest.raises(CrmxlError, match="不是可识别的预算工作簿"):
        compare(states(report(COSMETICS, "HN", {}), unreadable("x.pdf")))


# -- last year -----------------------------------------------------------------------------------------------------


def test_last_year_is_what_its_column_holds_added_up_by_the_template() -> None:
    now = State(
        "HN:2",
        report(
            CUSTOMERS,
            "HN",
            {
                "1.1.1@amount": "100",
                "1.1.1@last_year": "90",
                "2.1.1@last_year": "50",
                "3.1.1@last_year": "7",
                "1.1.1@basis": "x",
                "1.1.n01@title": "自填",
                "1.1.n01@last_year": "3",
            },
        ),
    )
    then = last_year(now, "HN:last-year")
    assert then.total == round_fen(Fraction(90 + 3) + Fraction(50) * Fraction("0.6"))
    found = compare([now, then])
    assert {one.key: one.shown for one in found.cells} == {
        "1.1.1@amount": ("100.00", "90.00"),
        "1.1.n01@amount": ("", "3.00"),
        "2.1.1@amount": ("", "50.00"),
        "3.1.1@amount": ("", "7.00"),
    }
    assert found.cells[0].places == ("费用预算!C9", "费用预算!Q9")
    assert any("上年列（last_year）" in note.zh for note in found.notes)


def test_a_template_without_last_year_says_so() -> None:
    with pytest.raises(CrmxlError, match="没有上年列"):
        last_year(State("A", report(COSMETICS, "HN", {})), "A:last-year")


def test_nothing_filled_is_a_state_too() -> None:
    nil = made("HN:1", lay_out(COSMETICS, 2026), Assignment("HN", year=2026))
    found = compare([nil, State("HN:2", report(COSMETICS, "HN", {"1.1.1@amount": "9"}))])
    assert found.totals == (0, 900) and [one.kinds for one in found.cells] == [(Kind.FILLED,)]


# -- whatever was filled in ----------------------------------------------------------------------------------------


def _reached(found: Bridge | None, before: Report, after: Report) -> None:
    """The bridge leads from the one total to the other, without a step that is none."""
    if before.total is None or after.total is None:
        assert found is None
        return
    assert found is not None
    assert (found.before, found.after) == (round_fen(before.total), round_fen(after.total))
    assert found.before + sum(step.change for step in found.steps) == found.after
    assert all(step.change for step in found.steps)
    assert found.unchanged + sum(step.after for step in found.steps) == found.after


@settings(max_examples=40)
@given(st.data())
def test_steps_add_up_in_every_shipped_template(data: st.DataObject) -> None:
    template: Template = data.draw(st.sampled_from(SHIPPED))
    layout = lay_out(template, 2026)
    one, two, three = (check(submitted(data.draw(inputs_of(layout)), layout=layout)) for _ in range(3))
    found = compare(states(one, two, three))
    _reached(found.by_line[0], one, two)
    _reached(found.by_line[1], two, three)


@settings(max_examples=60)
@given(st.data())
def test_steps_add_up_and_every_other_entry_is_told_whatever_the_template(data: st.DataObject) -> None:
    first = data.draw(filled())
    layout = first.layout
    second = data.draw(inputs_of(layout))
    one, two = (check(submitted(typed, layout=layout, given=first.assignment)) for typed in (first.inputs, second))
    found = compare(states(one, two))
    _reached(found.by_line[0], one, two)
    told = {change.key for change in found.cells}
    assert told == {cell.key for cell in layout.inputs if _says(one, cell.key) != _says(two, cell.key)}


def _says(report: Report, key: Key) -> object:
    """What counts in a cell: the value as converted, else what is seen."""
    value, content = report.values.get(key), report.submission.contents[key]
    return value if value is not None else None if content.invisible else content.text.encode("utf-8", "replace")


LINES = [line.code for section in COSMETICS.sheets[0].sections for group in section.groups for line in group.lines]
FILLINGS = st.dictionaries(st.sampled_from(LINES), st.integers(0, 10**13 - 1), max_size=8)


@given(FILLINGS, FILLINGS)
def test_each_step_is_the_change_of_its_line(before: Mapping[str, int], after: Mapping[str, int]) -> None:
    one, two = (
        report(COSMETICS, "HN", {f"{code}@amount": from_fen(fen) for code, fen in some.items()})
        for some in (before, after)
    )
    (bridge,) = compare(states(one, two)).by_line
    assert bridge is not None
    changes = {f"{code}@amount": after.get(code, 0) - before.get(code, 0) for code in {*before, *after}}
    assert {step.key: step.change for step in bridge.steps} == {key: fen for key, fen in changes.items() if fen}


def test_rows_of_lists_are_steps_too(tmp_path: Path) -> None:
    template = made_template(tmp_path, ACTIVITIES)
    one, two = (report(template, "HN", {"activities.001@quantity": n, "activities.001@price": "5"}) for n in ("1", "3"))
    (bridge,) = compare(states(one, two)).by_line
    assert bridge is not None and bridge.change == sum(step.change for step in bridge.steps) == 1000
    assert [step.key for step in bridge.steps] == ["activities.001@amount"]


def test_a_field_that_the_total_adds_to_its_lines_is_what_it_has_beyond_them(tmp_path: Path) -> None:
    template = made_template(tmp_path, BESIDE)
    one, two = (report(template, "HN", {"1.1@amount": "5", "reserve@value": text}) for text in ("1", "3.01"))
    (bridge,) = compare(states(one, two)).by_line
    assert bridge is not None
    assert [(step.key, step.change) for step in bridge.steps] == [(DIFFERENCE, 201)]
