"""What 校验 says in the unit's workbook, as LibreOffice recomputes it, is what the group says: row by row.

``CRMXL_FILLINGS`` sets the number of random fillings (80), of seed 0; the full run is ``python -m tests.policy``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.expression import Value
from crmxl.issue.addresses import a1
from crmxl.issue.places import CHECKS, Layout
from crmxl.model import Key
from tests.office.driver import Cell, Office
from tests.policy import agreement
from tests.policy.agreement import Bench, Tally, run
from tests.policy.cases import Case, cases
from tests.policy.fillings import ERROR, Filling, Variant, fill, variants

COUNT = int(os.environ.get("CRMXL_FILLINGS", "80"))
_ENOUGH = 4_000
"""Fillings in which every rule of every template is kept once and broken once."""
_SHOWN = 5


@pytest.fixture(scope="module")
def tally(office: Office) -> Tally:
    found = Tally(0)
    for outcome in run(0, range(COUNT), office):
        found.add(outcome)
    return found


@pytest.mark.slow
def test_every_row_recomputed_by_libreoffice_is_what_the_group_says(tally: Tally) -> None:
    told = "\n\n".join("\n  ".join((one.filling, *one.problems)) for one in tally.failed[:_SHOWN])
    assert not tally.failed, f"{len(tally.failed)} of {COUNT} fillings disagree\n\n{told}"
    assert tally.rows > COUNT * 5


@pytest.mark.slow
def test_every_rule_is_seen_passing_and_failing_at_bounds_blank_and_in_texts(tally: Tally) -> None:
    if COUNT >= _ENOUGH:
        assert not tally.one_sided
    assert tally.near >= Fraction(1, 10)
    assert tally.marks["text"] and tally.marks["refused"] and tally.marks["blank"] and tally.marks["bound"]
    assert tally.marks["judged"] > COUNT / 4
    assert tally.marks["whole"]


@pytest.mark.slow
def test_what_few_fillings_do_not_reach_the_cases_of_the_rules_do(tally: Tally, office: Office, tmp_path: Path) -> None:
    reached = {code: {"kept": tally.kept[code], "broken": tally.broken[code]} for code in tally.one_sided}
    for case in cases():
        if case.rule not in reached or reached[case.rule][case.expect] or case.also:
            continue
        passing = _rows(case, office, tmp_path)[f"{case.rule}@result"].string == "通过"
        assert passing == (case.expect == "kept"), f"{case}: 校验 in LibreOffice says otherwise"
        reached[case.rule][case.expect] += 1
    assert [code for code, sides in reached.items() if not all(sides.values())] == []


def _rows(case: Case, office: Office, folder: Path) -> dict[Key, Cell]:
    """The calculated cells of 校验 in the case's workbook, as LibreOffice computes them."""
    path, layout = folder / "issued.xlsx", case.layout
    path.write_bytes(case.workbook(cache=False))
    with office.open(path) as book:
        book.recalc()
        shown = book.get(layout.by_id[CHECKS].name)
    there = ((key, layout.cells[key]) for key in layout.cells if layout.cells[key].sheet == CHECKS)
    return {key: shown[place] for key, cell in there if (place := a1(cell.row, cell.column)) in shown}


def test_the_same_seed_gives_the_same_fillings_and_every_template_is_filled() -> None:
    assert [fill(0, n).typed for n in range(5)] == [fill(0, n).typed for n in range(5)]
    wheel = {fill(1, n).variant for n in range(sum(variant.weight for variant in variants()))}
    assert wheel == set(variants())


def test_a_disagreement_would_be_seen(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    variant = next(one for one in variants() if one.template == "customer-relations")
    typed: dict[Key, Value] = {"1.1.1@amount": Fraction(500), "1.5.1@amount": Fraction(50)}
    filling = Filling(1, variant, typed, typed, False, (), (), 0)
    bench = Bench(office, tmp_path)
    assert bench.judge(filling).problems == ()
    real = agreement._checks
    here: Layout = variant.layout

    def altered(filling: Filling, book: object) -> Mapping[Key, Cell]:
        found = dict(real(filling, book))  # type: ignore[arg-type]
        at = here.cells["P306@result"]
        text = "通过" if found["P306@result"].string != "通过" else "提示"
        found["P306@result"] = Cell(a1(at.row, at.column), "formula", text, text, "", 0)
        return found

    monkeypatch.setattr(agreement, "_checks", altered)
    assert any("P306" in problem for problem in bench.judge(filling).problems)


@pytest.mark.parametrize("case", [case for case in cases() if case.rule == "P301"], ids=str)
def test_the_cap_is_judged_in_libreoffice_as_in_validate(case: Case, office: Office, tmp_path: Path) -> None:
    rows = _rows(case, office, tmp_path)
    if case.also:  # a text counts 0 in the workbook; the row 文本型金额 is red instead
        assert rows["C03@result"].string == "不通过"
        return
    assert rows["P301@result"].string == {"kept": "通过", "broken": "不通过"}[case.expect]
    if case.at:
        figures = [f"{rows[f'P301@{id}'].value:,.2f}" for id in ("actual", "expected", "difference")]
        assert figures == [case.found, case.expected, case.excess]


def test_binary_dust_moves_no_rounded_bound(office: Office, tmp_path: Path) -> None:
    # 4.1 * 3 is 12.299999999999999; the sum is 23,272.35 to every program, and 30 % of it is a tie.
    typed: dict[Key, Value] = {"1.1.1@amount": Fraction("12.299999999999999"), "1.1.2@amount": Fraction("23260.05")}
    filling = Filling(1, Variant("customer-relations"), typed, typed, False, (), (), 0)
    assert Bench(office, tmp_path).judge(filling).problems == ()


def test_an_error_beside_another_entry_leaves_what_was_filled_twice_to_be_counted(
    office: Office, tmp_path: Path
) -> None:
    variant = Variant("marketing-mix")
    typed: dict[Key, Value] = {
        **{"1.1@share_in": ERROR, "1.1@amount_in": Fraction(5)},
        **{"2.1@share_in": Fraction(1, 5), "2.1@amount_in": Fraction(5)},
    }
    outcome = Bench(office, tmp_path).judge(Filling(1, variant, typed, typed, False, (), (), 0))
    assert outcome.problems == ()
    assert "C08" not in outcome.kept


def test_an_error_value_in_an_input_is_never_green(office: Office, tmp_path: Path) -> None:
    variant = Variant("hotel-marketing")
    typed: dict[Key, Value] = {"1.1@amount_in": ERROR}
    outcome = Bench(office, tmp_path).judge(Filling(1, variant, typed, typed, False, (), (), 0))
    assert outcome.problems == ()
    assert "P322" not in outcome.kept
