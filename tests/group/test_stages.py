"""Two rounds side by side: changes add up exactly, and each says what explains it."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.check.standard import Standard
from crmxl.commands.totalling import consolidate_round
from crmxl.files import write_atomically
from crmxl.group.consolidate import consolidate
from crmxl.group.origin import Origin
from crmxl.group.stages import Stages, beside
from crmxl.group.totals import Totals
from crmxl.resources import folder as resource
from tests.group.returned import COSMETICS, DEPARTMENTS, report
from tests.group.test_levels import tree
from tests.group.totalled import PLAN, approve, entries, give_back, lay, mixed, opened, send

LINES = ("1.1.1", "1.1.2", "2.1.1", "4.3.2")
BUDGETS = st.dictionaries(
    st.sampled_from([f"U{n}" for n in range(5)]),
    st.dictionaries(st.sampled_from(LINES), st.integers(0, 10**6), min_size=1),
)


def totals(budgets: dict[str, dict[str, int]], name: str = "") -> Totals:
    """The totals of a round in which these units have these lines, in fen."""
    reports = [
        report(COSMETICS, unit, {f"{code}@amount": f"{fen // 100}.{fen % 100:02d}" for code, fen in lines.items()})
        for unit, lines in budgets.items()
    ]
    found = consolidate(reports, Standard(tree([-1, 0, 0, 1, 1])))
    return replace(found, origin=Origin(name, "", "approved", "approved", 1, "", "0" * 64))


def compared(now: dict[str, dict[str, int]], earlier: dict[str, dict[str, int]]) -> Stages:
    return beside(totals(now, "now"), totals(earlier, "earlier"))


@given(BUDGETS, BUDGETS)
def test_every_way_of_adding_up_gives_the_change_of_the_total(
    now: dict[str, dict[str, int]], earlier: dict[str, dict[str, int]]
) -> None:
    change = sum(sum(lines.values()) for lines in now.values()) - sum(sum(lines.values()) for lines in earlier.values())
    found = compared(now, earlier)
    assert sum(pair.whole.change for pair in found.pairs) == change
    for pair in found.pairs:
        assert sum(move.change for move in pair.units) == sum(move.change for move in pair.lines) == pair.whole.change
        for move in (*pair.units, *pair.lines):
            assert sum(cause.change for cause in move.causes) + move.rest == move.change
            assert bool(move.others) or move.rest == 0
            assert move.others == 0 or len(move.causes) == 3
        assert {move.code for move in pair.units} == set(now) | set(earlier)


def test_the_largest_changes_stand_first_and_what_is_not_there_is_no_zero() -> None:
    now = {"U1": {"1.1.1": 500, "1.1.2": 0, "2.1.1": 900, "4.3.2": 10}, "U3": {"1.1.1": 7}}
    (pair,) = compared(now, {"U1": {"1.1.1": 100, "1.1.2": 90}, "U4": {"1.1.1": 1}}).pairs
    by_unit = {move.code: move for move in pair.units}
    assert [(one.code, one.change) for one in by_unit["U1"].causes] == [
        ("2.1.1@amount", 900),
        ("1.1.1@amount", 400),
        ("1.1.2@amount", -90),
    ]
    assert (by_unit["U1"].others, by_unit["U1"].rest) == (1, 10)
    assert (by_unit["U3"].earlier, by_unit["U3"].now, by_unit["U3"].rate) == (None, 7, None)
    assert (by_unit["U4"].earlier, by_unit["U4"].now, by_unit["U4"].rate) == (1, None, Fraction(-1))
    assert [move.code for move in pair.units] == ["U1", "U3", "U4"]
    first = next(move for move in pair.lines if move.code == "1.1.1@amount")
    assert [(one.code, one.change) for one in first.causes] == [("U1", 400), ("U3", 7), ("U4", -1)]


def test_templates_that_one_round_alone_has_are_pairs_of_their_own() -> None:
    origin = Origin("x", "", "approved", "approved", 1, "", "0" * 64)
    now = replace(consolidate([report(COSMETICS, "甲", {"1.1.1@amount": "5"})]), origin=origin)
    earlier = replace(consolidate([report(DEPARTMENTS, "甲", {"1.1@amount": "3"})]), origin=origin)
    found = beside(now, earlier)
    assert [(pair.template.id, pair.earlier, pair.now) for pair in found.pairs] == [
        ("cosmetics-plan", 0, 500),
        ("annual-departments", 300, 0),
    ]


# -- over ledgers --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """一上 and 二上, the second with returns and adjustments."""
    folder = tmp_path_factory.mktemp("rounds")
    first = lay(folder / "first")
    send(first, "G", entries(a=1000))
    send(first, "N", entries(a=100, b=200))
    send(first, "E2", entries(a=40, own=2))
    approve(first, "G", "N", "E2")
    second = mixed(folder / "second")
    send(second, "E1", entries(a=6000))
    give_back(second, "E1", "1.1.1@amount=与上年不符")
    send(second, "E1", entries(a=5500))
    approve(second, "E1")
    return folder


def run(rounds: Path, output: Path, **options: Any) -> None:
    said: dict[str, Any] = {"form": None, "include": "approved", "figures": "approved", "by": "王"}
    said |= {"round": rounds / "second", "against": rounds / "first"}
    consolidate_round("zh", output=output, **(said | options))


def test_the_json_compares_both_rounds_and_says_why(rounds: Path, tmp_path: Path) -> None:
    run(rounds, tmp_path / "t.json")
    found = json.loads((tmp_path / "t.json").read_bytes())
    schema = json.loads((resource("schemas") / "totals.schema.json").read_bytes())
    jsonschema.Draft202012Validator(schema).validate(found)
    against = found["against"]
    assert against["round"] == "2026一上" and against["ledger"]["position"] == 6
    (total,) = against["totals"]
    assert (total["earlier"], total["now"]) == ("1342.00", found["total"])
    by_unit = {one["unit"]: one for one in against["units"]}
    assert by_unit["E2"]["now"] is None and by_unit["E2"]["change"] == "-42.00"
    assert any("压缩" in reason for reason in by_unit["N"]["reasons"])
    assert by_unit["E1"]["reasons"] == ["退回意见：与上年不符"]
    assert {one["unit"] for one in against["left_out"]} == {"N1", "N2", "E", "E1"}


def test_figures_as_submitted_are_not_explained_by_adjustments(rounds: Path, tmp_path: Path) -> None:
    run(rounds, tmp_path / "t.json", figures="submitted")
    against = json.loads((tmp_path / "t.json").read_bytes())["against"]
    reasons = [reason for one in (*against["units"], *against["lines"]) for reason in one["reasons"]]
    assert reasons and all("退回意见" in reason for reason in reasons)


def test_a_line_with_another_title_is_the_same_line(rounds: Path, tmp_path: Path) -> None:
    second = lay(tmp_path / "second", "2026二上", "二上")
    write_atomically(second / "templates" / "plan.toml", PLAN.replace("节日关怀", "节日慰问").encode())
    send(second, "N", entries(a=100, b=200))
    send(second, "E2", entries(a=41) | {"1.1.n01@amount": Fraction(2), "1.1.n01@title": "另一活动"})
    approve(second, "N", "E2")
    run(rounds, tmp_path / "t.json", round=second)
    by_unit = {one["unit"]: one for one in json.loads((tmp_path / "t.json").read_bytes())["against"]["units"]}
    assert by_unit["N"]["causes"] == []
    assert [(one["key"], one["title"], one["change"]) for one in by_unit["E2"]["causes"]] == [
        ("1.1.n@amount", "另一活动·本年预算", "2.00"),
        ("1.1.n@amount", "开盘活动·本年预算", "-2.00"),
        ("1.1.1@amount", "1.1.1 节日慰问·本年预算", "1.00"),
    ]


def test_a_run_records_what_it_was_compared_with(rounds: Path, tmp_path: Path) -> None:
    shutil.copytree(rounds, tmp_path / "rounds")
    inputs = []
    for against in (None, tmp_path / "rounds" / "first", tmp_path / "rounds" / "first"):
        run(tmp_path / "rounds", tmp_path / "t.json", against=against)
        inputs.append(json.loads((tmp_path / "t.json").read_bytes())["ledger"]["inputs"])
    send(tmp_path / "rounds" / "first", "N1", entries(a=1))
    run(tmp_path / "rounds", tmp_path / "t.json")
    inputs.append(json.loads((tmp_path / "t.json").read_bytes())["ledger"]["inputs"])
    assert inputs[1] == inputs[2] and len(set(inputs)) == 3
    with opened(tmp_path / "rounds" / "second") as (_, register):
        assert [event.act.inputs for event in register.board.runs[-4:]] == inputs


def test_nothing_is_written_into_the_other_rounds_ledger(rounds: Path, tmp_path: Path) -> None:
    shutil.copytree(rounds, tmp_path / "rounds")
    run(tmp_path / "rounds", tmp_path / "t.json")
    with opened(tmp_path / "rounds" / "first") as (_, register):
        assert register.board.runs == [] and register.board.position == 6


def test_the_workbook_has_a_sheet_with_both_rounds(rounds: Path, tmp_path: Path) -> None:
    run(rounds, tmp_path / "t.xlsx")
    first = (tmp_path / "t.xlsx").read_bytes()
    run(rounds, tmp_path / "t.xlsx")
    assert (tmp_path / "t.xlsx").read_bytes() == first
    page = openpyxl.load_workbook(io.BytesIO(first), data_only=True)["阶段对比"]
    rows = [row for row in page.iter_rows(min_row=6, values_only=True)]
    assert rows[0][:5] == ("预算单位", "一上（元）", "二上（元）", "变动（元）", "变动率")
    totals = [row for row in rows if row[0] == "总计"]
    assert len(totals) == 2 and totals[0][1:4] == totals[1][1:4] and totals[0][1] == 1342


def test_a_terminal_shows_what_changed(
    rounds: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    said: dict[str, Any] = {"form": None, "include": "approved", "figures": "approved", "by": "王", "output": None}
    consolidate_round("zh", round=rounds / "second", against=rounds / "first", **said)
    shown = capsys.readouterr().out
    assert "2026一上 → 2026二上" in shown and "退回意见：与上年不符" in shown
