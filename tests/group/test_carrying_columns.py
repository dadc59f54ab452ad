"""Migrating where an input took over another column's entries: by key, as everything else, and nothing counts twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest

from crmxl.check.runner import check
from crmxl.define.library import Library
from crmxl.expression import Value
from crmxl.group.carrying import Carried, carry, parameters
from crmxl.group.differences import compare
from crmxl.group.states import State, made
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout
from crmxl.model import Assignment, Key
from tests.check.submitted import submitted

GIVEN = Assignment("HN", "华南区域", 2026)
HOTEL: Mapping[Key, Value] = {
    **{f"{code}@basis": "报价" for code in ("1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "3.n01")},
    **{"1.1@amount": Fraction(15000), "1.2@amount": Fraction("8600.50"), "1.3@amount": Fraction(12000)},
    **{"2.1@amount": Fraction(38000), "2.2@amount": Fraction(87000), "2.3@amount": Fraction(25200)},
    **{"3.n01@title": "直播", "3.n01@amount": Fraction("38400.01")},
}
MIX: Mapping[Key, Value] = {
    **{f"{part}.1@basis": "报价" for part in range(1, 8)},
    **{"1.1@amount": Fraction(1200), "2.1@amount": Fraction(2500), "3.1@amount": Fraction(1200)},
    **{"4.1@amount": Fraction(1800), "5.1@amount": Fraction(800), "6.1@amount": Fraction(800)},
    **{"6.n01@title": "会员日", "6.n01@amount": Fraction(100), "6.n01@basis": "报价", "7.1@amount": Fraction(1600)},
}


def layout_of(name: str) -> Layout:
    return lay_out(Library().load(name), 2026)


def carried(name: str, typed: Mapping[Key, Value]) -> tuple[State, Carried]:
    report = check(submitted(typed, layout=layout_of(f"{name}@1"), given=GIVEN))
    return State("v1", report), carry(report, layout_of(f"{name}@2"))


def test_a_hotel_s_amounts_become_lump_sums_and_its_total_and_lines_stay() -> None:
    before, found = carried("hotel-marketing", HOTEL)
    assert found.lost == found.notes == ()
    assert found.entries == {key.replace("@amount", "@amount_in"): value for key, value in HOTEL.items()}
    after = made("v2", layout_of("hotel-marketing@2"), GIVEN, found.entries)
    (bridge,) = compare([before, after]).by_line
    assert bridge is not None
    assert (bridge.before, bridge.after, bridge.steps) == (22_420_051, 22_420_051, ())


def test_what_was_typed_as_unallocated_is_calculated_now_and_told() -> None:
    before, found = carried("marketing-mix", MIX)
    assert [(one.key, one.text, one.why.zh) for one in found.lost] == [("7.1@amount", "1,600.00", "新版由公式计算")]
    kept = {key.replace("@amount", "@amount_in"): value for key, value in MIX.items() if key != "7.1@amount"}
    assert found.entries == kept
    whole = {**found.entries, "budget_in@value": Fraction(10_000)}
    after = made("v2", layout_of("marketing-mix@2"), GIVEN, whole)
    assert after.report.values["7.1@amount"] == 1600
    (bridge,) = compare([before, after]).by_line
    assert bridge is not None and bridge.before == bridge.after and bridge.steps == ()


@pytest.mark.parametrize("name", ["hotel-marketing", "marketing-mix"])
def test_the_version_after_takes_each_column_as_it_is(name: str) -> None:
    second = layout_of(f"{name}@2")
    third = lay_out(replace(second.template, version=3), 2026)
    typed: dict[Key, Value] = {"1.1@amount_in": Fraction(700), "1.1@basis": "报价"}
    found = carry(check(submitted(typed, layout=second, given=GIVEN)), third)
    assert (found.entries, found.lost, found.notes) == (typed, (), ())


def test_issued_figures_keep_the_column_that_they_are_for() -> None:
    old, new = layout_of("hotel-marketing@1"), layout_of("hotel-marketing@2")
    given = {"1.1@low": "12000", "3.n01@high": "50000"}
    assert parameters(given, old, new) == given
