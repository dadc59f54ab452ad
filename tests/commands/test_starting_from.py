"""A second stage that starts from what counted in the first."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from crmxl.check.batch import judge
from crmxl.commands.distributing import distribute_workbooks
from crmxl.commands.receiving import bench
from crmxl.commands.rounds import init_round
from crmxl.define.round import load_round
from tests.commands.test_collecting import came, collect, run
from tests.group.small_round import PLAN, UNITS, filled, open_round


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """一上: 甲 approved with an adjustment, 甲一 received, 乙 returned, 乙一 nil."""
    folder = tmp_path / "一上"
    open_round(folder)
    for unit, yuan in (("A", 1000), ("A1", 70), ("B", 5)):
        collect(folder, came(folder, f"{unit}.xlsx", filled(folder, unit, yuan)))
    path = tmp_path / "调整.csv"
    path.write_text("键,调整,理由\n1.1@amount,-200,压减\n", encoding="utf-8")
    run(folder, "review", "approve", "A", "--role", "crd", "--adjust", path)
    run(folder, "review", "approve", "A")
    run(folder, "review", "return", "B", "--comment", "偏低")
    run(folder, "nil", "B1", "--reason", "本年没有")
    return folder


def second(first: Path, plan: str = PLAN, units: str = UNITS) -> Path:
    folder = first.parent / "二上"
    (first.parent / "plan.toml").write_text(plan, encoding="utf-8")
    (first.parent / "units.csv").write_text(units, encoding="utf-8")
    init_round(
        folder,
        "zh",
        templates=(str(first.parent / "plan.toml"),),
        units=first.parent / "units.csv",
        year=2026,
        stage="二上",
        start_from=first,
    )
    return folder


def figures(folder: Path) -> list[tuple[str, ...]]:
    text = (folder / "figures.csv").read_text(encoding="utf-8-sig")
    return [tuple(row) for row in csv.reader(io.StringIO(text))][1:]


def test_what_counted_is_where_the_second_stage_starts(first: Path) -> None:
    folder = second(first)
    assert figures(folder) == [
        ("A", "plan/1.1@amount", "800"),
        ("A", "plan/1.1@basis", "按上年"),
        ("A1", "plan/1.1@amount", "70"),
        ("A1", "plan/1.1@basis", "按上年"),
    ]
    assert load_round(folder).unit("B").prefilled == {}


def test_the_workbook_holds_it_and_unchanged_it_is_an_answer(first: Path) -> None:
    folder = second(first)
    distribute_workbooks("zh", only=(), changed=False, zipped=False, by="集团", round=folder, as_json=False)
    at = bench(round=folder)
    reports = [judge(path, at.library, at.standard) for path in sorted((folder / "issued").glob("*.xlsx"))]
    found = {report.submission.stamp.assignment.unit: report for report in reports if report.submission.stamp}
    assert {unit: report.total for unit, report in found.items() if report.total} == {"A": 800, "A1": 70}
    told = {unit: {one.code for one in report.findings} for unit, report in found.items()}
    assert told == {"A": set(), "A1": set(), "B": {"E115"}, "B1": {"E115"}}


def test_what_the_new_template_or_round_lacks_is_told(first: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = PLAN.replace('code = "1.1"', 'code = "1.3"')
    units = "\n".join(line for line in UNITS.splitlines() if not line.startswith("A1,"))
    folder = second(first, plan, units)
    assert figures(folder) == []
    said = capsys.readouterr().err
    assert "有 2 格新模板里没有，没有带过来：A plan/1.1@amount、A plan/1.1@basis" in said
    assert "有 1 个单位不在新轮次里，没有带过来：A1" in said
