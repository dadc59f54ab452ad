"""Two consolidations: what each unit and each line adds to the change of the total."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.check.verdict import Report
from crmxl.errors import CrmxlError
from crmxl.group.consolidate import consolidate
from crmxl.group.differences import Kind
from crmxl.group.differences_of_totals import Sums, compare_totals, read_sums
from crmxl.model import Lang
from crmxl.money import from_fen
from crmxl.report.totals import totals_json
from tests.group.returned import COSMETICS, DEPARTMENTS, report, unreadable

LINES = ("1.1.1", "1.1.2", "2.3.1")
ROUND = st.dictionaries(
    st.sampled_from(("HN", "HD", "XB", "")),
    st.dictionaries(st.sampled_from(LINES), st.integers(0, 10**12), max_size=3),
    max_size=4,
)


def document(reports: Sequence[Report], lang: Lang = "zh") -> Any:
    return json.loads(totals_json(consolidate(reports), lang))


def sums(label: str, *reports: Report) -> Sums:
    return read_sums(document(reports), label)


def sent(units: Mapping[str, Mapping[str, int]]) -> list[Report]:
    return [
        report(COSMETICS, unit, {f"{code}@amount": from_fen(fen) for code, fen in lines.items()})
        for unit, lines in units.items()
    ]


@given(st.lists(ROUND, min_size=2, max_size=4))
def test_units_and_lines_lead_from_each_total_to_the_next(rounds: list[Mapping[str, Mapping[str, int]]]) -> None:
    found = compare_totals([sums(str(at), *sent(units)) for at, units in enumerate(rounds)])
    if not any(rounds):
        assert not found
        return
    (difference,) = found
    totals = [sum(fen for lines in units.values() for fen in lines.values()) for units in rounds]
    assert difference.totals == tuple(totals)
    for bridges in (difference.by_unit, difference.by_line):
        for bridge, (before, after) in zip(bridges, pairwise(totals), strict=True):
            assert bridge is not None and (bridge.before, bridge.after) == (before, after)
            assert before + sum(step.change for step in bridge.steps) == after
    for at, bridge in enumerate(difference.by_unit):
        assert bridge is not None
        was, now = ({unit: sum(lines.values()) for unit, lines in some.items()} for some in rounds[at : at + 2])
        for step in bridge.steps:
            unit = "" if step.key == "（未注明单位）" else step.key
            assert step.change == now.get(unit, 0) - was.get(unit, 0)


def test_every_changed_amount_names_unit_and_line() -> None:
    before = sums("一上", *sent({"HN": {"1.1.1": 100, "1.1.2": 5}, "HD": {"1.1.1": 7}}))
    after = sums("二上", *sent({"HN": {"1.1.1": 130, "1.1.2": 5}, "XB": {"1.1.1": 9}}))
    (found,) = compare_totals([before, after])
    changed = {(one.unit, one.key): one.shown for one in found.cells if one.shown != ("0.00", "")}
    assert changed[("HN", "1.1.1@amount")] == ("1.00", "1.30")
    assert changed[("HD", "1.1.1@amount")] == ("0.07", "")
    assert changed[("XB", "1.1.1@amount")] == ("", "0.09")
    assert {one.unit for one in found.cells} == {"HN", "HD", "XB"}
    (bridge,) = found.by_unit
    assert bridge is not None
    assert {step.key: (step.change, step.kind) for step in bridge.steps} == {
        "HN": (30, Kind.NUMBER),
        "HD": (-7, Kind.GONE),
        "XB": (9, Kind.ADDED),
    }


def test_last_year_s_consolidation_is_compared_with_this_one() -> None:
    then = sums("2025", report(COSMETICS, "HN", {"1.1.1@amount": "5"}, year=2025))
    now = sums("2026", report(COSMETICS, "HN", {"1.1.1@amount": "8"}))
    (found,) = compare_totals([then, now])
    assert found.totals == (500, 800)
    assert any("2025 / 2026" in note.zh for note in found.notes)


def test_years_are_kept_apart_where_one_consolidation_has_several() -> None:
    one = report(COSMETICS, "HN", {"1.1.1@amount": "5"}, year=2025)
    other = report(COSMETICS, "HD", {"1.1.1@amount": "8"})
    found = compare_totals([sums("A", one, other), sums("B", other)])
    assert [difference.totals for difference in found] == [(500, 0), (800, 800)]


def test_each_template_has_a_difference_of_its_own_and_one_that_is_absent_is_told() -> None:
    both = sums("A", report(COSMETICS, "HN", {"1.1.1@amount": "5"}), report(DEPARTMENTS, "HN", {}))
    found = compare_totals([both, sums("B", report(COSMETICS, "HN", {"1.1.1@amount": "5"}))])
    assert [difference.template for difference in found] == ["annual-departments@1", "cosmetics-plan@1"]
    assert any("B 没有 annual-departments@1" in note.zh for note in found[0].notes)
    assert not found[1].changed


def test_what_was_left_out_is_told() -> None:
    (found,) = compare_totals(
        [sums("A", *sent({"HN": {"1.1.1": 1}}), unreadable("x.pdf")), sums("B", *sent({"HN": {}}))]
    )
    assert any("A 1；B 0" in note.zh for note in found.notes)


def test_a_document_that_does_not_add_up_is_refused() -> None:
    changed = document(sent({"HN": {"1.1.1": 100}}))
    changed["lines"][0]["by_unit"]["HN"] = "2.00"
    with pytest.raises(CrmxlError, match="文件被改过"):
        read_sums(changed, "a.json")


@pytest.mark.parametrize("document", [{}, [], 5, {"total": None}, {"files": []}])
def test_what_is_no_totals_document_is_refused(document: object) -> None:
    with pytest.raises(CrmxlError, match="--format json"):
        read_sums(document, "a.json")
