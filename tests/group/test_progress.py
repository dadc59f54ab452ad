"""What a round asks for beside where it stands: overdue, turns, totals on the way, rolled up the tree."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.define.round import Issue, Round, Unit
from crmxl.errors import CrmxlError
from crmxl.group.acts import Act, Change, Received
from crmxl.group.progress import Asked, Progress, Sum, progress
from crmxl.group.standing import Board, State
from tests.group.events import (
    BASIS,
    TEMPLATE,
    approved,
    chosen,
    digest,
    events,
    issued,
    nil,
    received,
    rechecked,
    refused,
    reopened,
    returned,
    round_of,
)

OTHER = "cosmetics-plan@1"
UNITS = (
    Unit("G", "集团", "", "group"),
    Unit("HN", "华南区域", "G", "region"),
    Unit("GZ", "广州", "HN", "city"),
    Unit("SZ", "深圳", "HN", "city"),
    Unit("HD", "华东区域", "G", "region"),
    Unit("SH", "上海", "HD", "city"),
)
BEFORE, ON, AFTER = date(2025, 11, 29), date(2025, 11, 30), date(2025, 12, 4)


def stand(round: Round, *acts: Act, today: date = AFTER, only: Sequence[str] = ()) -> Progress:
    return progress(round, Board(events(*acts)), today, lambda _round, _unit: BASIS, only)


def of(found: Progress, unit: str) -> Asked:
    [one] = [one for one in found.asked if one.unit.code == unit]
    return one


def rivals(unit: str) -> tuple[Received, Received]:
    """Two different files of a unit that came in at once."""
    first, second = received(unit), received(unit, 2)
    return replace(first, rivals=(second.file,)), replace(second, rivals=(first.file,))


def test_every_unit_stands_where_its_acts_put_it() -> None:
    faulty = received("SZ", errors=3)
    acts = (received("G"), approved("G"), received("HN"), received("GZ"), returned("GZ"), faulty, *rivals("HD"))
    found = stand(round_of(UNITS), *acts)
    assert {one.unit.code: one.state.value for one in found.asked} == {
        **{"G": "approved", "HN": "received", "GZ": "returned", "SZ": "returned", "HD": "blocked", "SH": "missing"}
    }
    assert found.whole.states == {
        **{State.MISSING: 1, State.RECEIVED: 1, State.BLOCKED: 1, State.RETURNED: 2, State.APPROVED: 1}
    }


@pytest.mark.parametrize(
    ("deadline", "today", "late"),
    [
        ("2025-11-30", BEFORE, False),
        ("2025-11-30", ON, False),
        ("2025-11-30", AFTER, True),
        ("", AFTER, False),
        ("十一月底", AFTER, False),
        ("2025-11-30 18:00", AFTER, False),
    ],
)
def test_what_is_missing_or_returned_is_overdue_after_the_day_and_never_after_words(
    deadline: str, today: date, late: bool
) -> None:
    acts = (received("G"), approved("G"), received("HN"), received("GZ"), returned("GZ"), *rivals("HD"))
    found = stand(round_of(UNITS, deadline=deadline), *acts, today=today)
    assert {one.unit.code for one in found.asked if one.overdue} == ({"GZ", "SZ", "SH"} if late else set())
    assert found.whole.overdue[State.MISSING] == (2 if late else 0)
    assert found.whole.overdue[State.RETURNED] == (1 if late else 0)


def test_days_left_count_down_to_the_deadline_and_below() -> None:
    days = [stand(round_of(UNITS), today=today).days_left for today in (BEFORE, ON, AFTER)]
    assert days == [1, 0, -4]
    assert stand(round_of(UNITS, deadline="月底")).days_left is None


def test_the_turn_goes_from_role_to_role_and_starts_again_with_a_new_version() -> None:
    round = round_of(UNITS[:1], roles=("crd", "finance"))
    acts: list[Act] = [received("G")]
    turns = [of(stand(round, *acts), "G").turn]
    for act in (approved("G", role="crd", final=False), received("G", 2), approved("G", 2, role="crd", final=False)):
        acts.append(act)
        turns.append(of(stand(round, *acts), "G").turn)
    done = stand(round, *acts, approved("G", 2, role="finance"))
    assert (turns, of(done, "G").turn) == (["crd", "finance", "crd", "finance"], "")
    assert of(stand(round), "G").turn == ""


def test_approved_and_provisional_totals_count_what_reviewers_left_of_it() -> None:
    cut = [Change("1.1@amount", -30_00, "压减")]
    acts = (
        *(received("G", total=100_00), approved("G", total=70_00, changes=cut)),
        *(received("HN", total=20_00), received("GZ", total=5_00), returned("GZ")),
        *(received("SZ", total=7_00, errors=1), *rivals("HD"), nil("SH"), approved("SH")),
    )
    found = stand(round_of(UNITS), *acts)
    assert found.whole.sums == (Sum(TEMPLATE, approved=70_00, provisional=90_00),)
    assert (of(found, "G").adjusted, of(found, "HN").adjusted, found.whole.nil) == (True, False, 1)


def test_a_total_that_cannot_be_computed_or_has_errors_by_now_is_counted_apart_never_as_nothing() -> None:
    acts = (received("G", total=None), received("HN"), approved("HN"), rechecked("HN", errors=2))
    assert stand(round_of(UNITS), *acts).whole.sums == (Sum(TEMPLATE, unknown=2),)


def test_a_parent_that_only_repeats_those_below_it_is_not_added() -> None:
    acts = [act for unit in UNITS for act in (received(unit.code), approved(unit.code))]
    own = stand(round_of(UNITS), *acts)
    sums = stand(round_of(UNITS, parent_amount="sum"), *acts)
    assert own.whole.sums[0].approved == 600_00
    assert sums.whole.sums[0].approved == 300_00
    assert {one.unit.code for one in sums.asked if not one.added} == {"G", "HN", "HD"}


def test_a_parent_asked_for_what_nobody_below_is_asked_for_is_added() -> None:
    issues = (Issue(TEMPLATE, ("region",), "客户关系"), Issue(OTHER, ("city",), "化妆品"))
    round = round_of(UNITS, templates=(TEMPLATE, OTHER), issues=issues, parent_amount="sum")
    found = stand(round, received("HN"), approved("HN"), received("GZ", template=OTHER))
    assert found.whole.sums == (Sum(TEMPLATE, 100_00, 100_00), Sum(OTHER, 0, 100_00))
    assert (found.whole.units, found.whole.asked) == (5, 5)


def test_what_came_in_on_another_version_of_a_template_is_never_added_to_it() -> None:
    round = round_of(UNITS, templates=("customer-relations@2",))
    found = stand(round, received("HN"), received("HD", template="customer-relations@2", total=5_00))
    assert found.whole.sums == (Sum("customer-relations@2", 0, 5_00), Sum("customer-relations@1", 0, 100_00))


def test_a_newer_workbook_than_the_one_that_came_back_is_told() -> None:
    came = (issued("HN"), received("HN", issue=1))
    assert not of(stand(round_of(UNITS), *came), "HN").outdated
    assert of(stand(round_of(UNITS), *came, issued("HN", 2)), "HN").outdated
    assert not of(stand(round_of(UNITS), *came, issued("HN", 2), received("HN", 2, issue=2)), "HN").outdated
    assert of(stand(round_of(UNITS), issued("HN"), nil("HN"), issued("HN", 2)), "HN").outdated
    assert not of(stand(round_of(UNITS), issued("HN"), received("HN", issue=0)), "HN").outdated


def test_records_that_changed_since_it_was_judged_are_told_and_a_nil_return_has_none() -> None:
    old = [replace(act, basis="old") for act in rivals("HD")]
    found = stand(round_of(UNITS), received("HN", basis="old"), received("GZ"), nil("SZ"), *old)
    assert {one.unit.code for one in found.asked if one.changed} == {"HN", "HD"}
    assert not of(stand(round_of(UNITS), received("HN", basis="old"), rechecked("HN")), "HN").changed


def test_the_tree_counts_each_unit_with_all_below_it() -> None:
    found = stand(round_of(UNITS), received("GZ", total=1_00), approved("GZ"), received("HN", total=2_00))
    told = {branch.unit.code if branch.unit else "": branch.tally for branch in found.branches}
    assert list(told) == ["", "G", "HN", "HD"]
    assert [told[code].asked for code in told] == [6, 6, 3, 2]
    assert told["HN"].sums == (Sum(TEMPLATE, 1_00, 3_00),)
    assert [branch.level for branch in found.branches] == [0, 1, 2, 2]
    assert [one.unit.code for one in found.asked] == ["G", "HN", "GZ", "SZ", "HD", "SH"]


def test_the_regions_stand_beside_what_the_group_itself_files() -> None:
    found = stand(round_of(UNITS))
    assert [top.alone for top in found.tops] == [True, False, False]
    assert [(top.unit.code if top.unit else "", top.tally.asked) for top in found.tops] == [
        ("G", 1),
        ("HN", 3),
        ("HD", 2),
    ]


def test_a_branch_of_which_nothing_is_asked_is_not_shown() -> None:
    round = round_of(UNITS, issues=(Issue(TEMPLATE, ("region",)),))
    found = stand(round)
    assert [branch.unit.code for branch in found.branches if branch.unit] == ["G", "HN", "HD"]
    nothing = stand(round_of(UNITS, issues=(Issue(TEMPLATE, ("village",)),)))
    assert (len(nothing.branches), nothing.tops, nothing.whole.asked) == (1, (), 0)


def test_some_units_alone_are_counted_with_those_below_them() -> None:
    found = stand(round_of(UNITS), received("HN"), refused("a.xlsx", unit="HN"), refused("b.xlsx"), only=["SH", "HN"])
    assert [one.unit.code for one in found.asked] == ["HN", "GZ", "SZ", "SH"]
    assert (found.whole.asked, [branch.tally.asked for branch in found.branches]) == (4, [4, 3])
    assert len(found.refused) == 1
    with pytest.raises(CrmxlError, match="XX"):
        stand(round_of(UNITS), only=["XX"])


def test_what_the_round_no_longer_asks_for_is_named_and_not_counted() -> None:
    found = stand(round_of(UNITS), received("GONE"), received("HN", template=OTHER), issued("XX"))
    assert {(one.unit, one.template) for one in found.beside} == {
        ("GONE", "customer-relations"),
        ("HN", "cosmetics-plan"),
    }
    assert found.whole.sums == (Sum(TEMPLATE),)


def test_a_thousand_units_with_five_thousand_events_take_no_time() -> None:
    units = [Unit("G", "集团"), *(Unit(f"R{n}", f"区域{n}", "G") for n in range(30))]
    units += [Unit(f"C{n}", f"城市{n}", f"R{n % 30}") for n in range(969)]
    round = round_of(units, templates=(TEMPLATE, OTHER), parent_amount="sum")
    pairs = [(unit.code, template) for unit in units for template in (TEMPLATE, OTHER)]
    acts: list[Act] = [issued(unit, template=template) for unit, template in pairs]
    for unit, template in pairs[:1500]:
        acts += [received(unit, template=template), approved(unit, template=template)]
    board = Board(events(*acts))
    took = []
    for _ in range(3):
        start = time.perf_counter()
        found = progress(round, board, AFTER, lambda _round, _unit: BASIS)
        took.append(time.perf_counter() - start)
    assert (len(acts), len(found.asked)) == (5000, 2000)
    assert min(took) < 0.2  # 0.02 s where nothing else runs


ACTS = st.sampled_from(["received", "faulty", "nil", "approved", "returned", "reopened", "rivals", "chosen", "issued"])


@given(st.lists(st.tuples(st.sampled_from([unit.code for unit in UNITS]), ACTS), max_size=40), st.booleans())
def test_counts_and_totals_of_every_branch_are_those_of_its_units(steps: list[tuple[str, str]], sums: bool) -> None:
    round = round_of(UNITS, parent_amount="sum" if sums else "own")
    acts: list[Act] = []
    board = Board()
    for unit, act in steps:
        acts += _allowed(board, unit, act)
        board = Board(events(*acts))
    found = progress(round, board, AFTER, lambda _round, _unit: BASIS)
    for branch in found.branches:
        codes = {one.code for one in round.descendants(branch.unit.code)} | {branch.unit.code} if branch.unit else None
        inside = [one for one in found.asked if codes is None or one.unit.code in codes]
        states = Counter(one.state for one in inside)
        assert branch.tally.states == {state: states[state] for state in State}
        assert sum(branch.tally.states.values()) == branch.tally.asked == len(inside)
        leaf = [one for one in inside if not sums or not round.children(one.unit.code)]
        expected = sum(one.standing.total or 0 for one in leaf if one.state is State.APPROVED)
        assert branch.tally.sums[0].approved == expected
    parts = [top.tally for top in found.tops]
    assert sum(part.asked for part in parts) == found.whole.asked
    assert sum(one.provisional for part in parts for one in part.sums) == found.whole.sums[0].provisional


def _allowed(board: Board, unit: str, act: str) -> Sequence[Act]:
    """The act, where the unit's standing allows it."""
    now = board.at(unit, TEMPLATE)
    number = len(now.versions) + 1
    match act, now.state:
        case "received", _:
            return [received(unit, number, total=number * 1_01)]
        case "faulty", _:
            return [received(unit, number, errors=1)]
        case "nil", _:
            return [nil(unit, number)]
        case "issued", _:
            return [issued(unit, len(now.issues) + 1)]
        case "rivals", State.MISSING | State.RETURNED | State.RECEIVED:
            return [
                received(unit, number, rivals=[digest("other")]),
                received(unit, number + 1, rivals=[digest("one")]),
            ]
        case "approved", State.RECEIVED:
            return [approved(unit, now.current)]
        case "returned", State.RECEIVED:
            return [returned(unit, now.current)]
        case "reopened", State.APPROVED:
            return [reopened(unit, now.current)]
        case "chosen", State.BLOCKED:
            return [chosen(unit, now.candidates[0])]
    return []
