"""What changed, between files, versions, last year, consolidations and positions of a ledger; and migrating a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from crmxl.check.batch import judge
from crmxl.check.standard import Standard
from crmxl.cli import main
from crmxl.commands.receiving import bench
from crmxl.define.library import Library
from crmxl.define.policies import Policies, live
from crmxl.define.round import load_round
from crmxl.expression import Value
from crmxl.files import write_atomically
from crmxl.issue.layout import lay_out
from crmxl.issue.stamp import signed_by
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key
from crmxl.resources import folder as shipped
from tests.group.later import second_version
from tests.group.small_round import PLAN, filled, open_round

CUSTOMERS = Library().load("customer-relations")


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output + repr(result.exception)
    assert "Traceback" not in result.output
    return result


def shown(*arguments: object, code: int = 0) -> Any:
    return json.loads(run(*arguments, code=code).stdout)


@pytest.fixture(autouse=True)
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody stands in a round by accident."""
    monkeypatch.chdir(tmp_path)


def budget(path: Path, typed: Mapping[Key, Value], unit: str = "HN") -> Path:
    rules = live(CUSTOMERS, Policies())
    layout = lay_out(CUSTOMERS, 2026, policies=rules)
    names = tuple(rule.name for rule in rules)
    given = Assignment(unit, "华南", 2026, parameters={"sales_target": "3000000000"}, policies=names)
    write_atomically(path, write(layout, given, typed))
    return path


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    lines: list[dict[Key, Value]] = [
        {"1.1.1@amount": Fraction(100), "1.1.1@last_year": Fraction(90)},
        {"1.1.1@amount": Fraction("130.55"), "1.1.1@last_year": Fraction(90), "1.2.1@amount": Fraction(20)},
        {"1.1.1@amount": Fraction("130.55"), "2.1.1@amount": Fraction(1)},
    ]
    return [budget(tmp_path / f"v{at}.xlsx", typed) for at, typed in enumerate(lines, 1)]


# -- files ---------------------------------------------------------------------------------------------------------


def test_two_files_show_cells_and_a_bridge(three: list[Path]) -> None:
    (found,) = shown("diff", *three[:2], "--json")["differences"]
    assert [one["total"] for one in found["states"]] == ["100.00", "150.55"]
    assert {one["key"]: one["values"] for one in found["cells"]} == {
        "1.1.1@amount": ["100.00", "130.55"],
        "1.2.1@amount": [None, "20.00"],
    }
    assert found["cells"][0]["cells"] == ["费用预算!C9", "费用预算!C9"]
    (bridge,) = found["bridges"]
    assert [(step["key"], step["change"]) for step in bridge["steps"]] == [
        ("1.1.1@amount", "30.55"),
        ("1.2.1@amount", "20.00"),
    ]
    said = run("diff", *three[:2]).stdout
    assert "变动的单元格" in said and "+30.55" in said and "费用预算!C9" in said.replace("\n", "")


def test_a_chain_has_a_bridge_for_each_step_and_ends_in_last_year(three: list[Path]) -> None:
    (found,) = shown("diff", three[0], three[1], f"{three[1]}:last-year", "--json")["differences"]
    assert [one["total"] for one in found["states"]] == ["100.00", "150.55", "90.00"]
    assert [bridge["change"] for bridge in found["bridges"]] == ["50.55", "-60.55"]


def test_equal_files_have_no_difference(three: list[Path]) -> None:
    assert "没有差异" in run("diff", three[0], three[0]).stdout
    assert shown("diff", three[0], three[0], "--json")["differences"][0]["cells"] == []


def test_a_csv_has_every_step_and_cell_and_a_workbook_adds_up_live(three: list[Path], tmp_path: Path) -> None:
    run("diff", *three, "-o", tmp_path / "d.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "d.csv").read_bytes().decode("utf-8-sig"))))
    steps = [row for row in rows if row["表"] == "按项目"]
    assert [(row["由"], row["键"], row["增减"]) for row in steps] == [
        ("v1.xlsx", "1.1.1@amount", "30.55"),
        ("v1.xlsx", "1.2.1@amount", "20.00"),
        ("v2.xlsx", "1.2.1@amount", "-20.00"),
        ("v2.xlsx", "S.1@crd_amount", "0.60"),
    ]
    run("diff", *three, "-o", tmp_path / "d.xlsx")
    again = tmp_path / "again.xlsx"
    run("diff", *three, "-o", again)
    assert again.read_bytes() == (tmp_path / "d.xlsx").read_bytes()
    values, formulas = (openpyxl.load_workbook(again, data_only=only)["变动桥"] for only in (True, False))
    total = next(row for row in range(1, 20) if values.cell(row, 1).value == "总额")
    assert [values.cell(total, column).value for column in (3, 4, 5)] == [100, 150.55, 50.55]
    top = next(row for row in range(1, 20) if values.cell(row, 1).value == "1.1.1@amount")
    assert formulas.cell(total, 5).value == f"=SUM(E{top}:E{total - 1})"
    assert openpyxl.load_workbook(again)["变动明细"].cell(5, 2).value == "1.1.1@amount"


@pytest.mark.parametrize(
    ("operands", "words"),
    [
        (["v1.xlsx"], "两个或更多"),
        (["v1.xlsx", "没有.xlsx"], "没有.xlsx"),
        (["v1.xlsx", "HN:2"], "没有轮次"),
        (["v1.xlsx", "t.json"], "不能互相比较"),
        (["v1.xlsx", "v1.xlsx:2"], "冒号后"),
        (["v1.xlsx", "other.xlsx"], "模板不同"),
        (["v1.xlsx", "other.xlsx:last-year"], "没有上年列"),
        (["v1.xlsx", "x.xlsx"], "不是可识别的预算工作簿"),
        (["t.json", "x.json"], "x.json"),
        (["t.json", "@5"], "没有轮次"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_operand(
    three: list[Path], tmp_path: Path, operands: list[str], words: str
) -> None:
    run("generate", "cosmetics-plan", "--unit", "HN", "-o", "other.xlsx")
    (tmp_path / "x.xlsx").write_bytes(b"no workbook")
    (tmp_path / "x.json").write_bytes(b"{")
    run("consolidate", three[0], "-o", "t.json", code=1)
    assert words in run("diff", *operands, code=2).stderr


def test_two_consolidations_by_unit_and_line(tmp_path: Path) -> None:
    for name, fen in (("一上", 100), ("二上", 175)):
        inside = tmp_path / name
        for unit, share in (("HN", fen), ("HD", 50)):
            run(
                "generate",
                "cosmetics-plan",
                "--unit",
                unit,
                "--year",
                2026,
                "-o",
                inside / f"{unit}.xlsx",
                "--data",
                _data(tmp_path, {"1.1.1@amount": share, "1.1.1@basis": "x"}),
            )
        run("consolidate", inside, "-o", f"{name}.json")
    (found,) = shown("diff", "一上.json", "二上.json", "--json")["differences"]
    assert [one["total"] for one in found["states"]] == ["150.00", "225.00"]
    assert [(step["key"], step["change"]) for step in found["unit_bridges"][0]["steps"]] == [("HN", "75.00")]
    assert [(step["key"], step["change"]) for step in found["bridges"][0]["steps"]] == [("1.1.1@amount", "75.00")]
    assert [(one["unit"], one["key"]) for one in found["cells"]] == [("HN", "1.1.1@amount")]
    assert "按单位" in run("diff", "一上.json", "二上.json").stdout
    run("diff", "一上.json", "二上.json", "-o", tmp_path / "d.xlsx")
    assert openpyxl.load_workbook(tmp_path / "d.xlsx")["变动明细"].cell(5, 2).value == "HN"


def _data(folder: Path, entries: Mapping[str, object]) -> Path:
    path = folder / "data.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    return path


# -- a round -------------------------------------------------------------------------------------------------------


@pytest.fixture
def round(tmp_path: Path) -> Path:
    """Unit A sent two versions and is approved, B a nil return."""
    folder = tmp_path / "round"
    open_round(folder)
    for at, yuan in enumerate((1000, 1200), 1):
        path = tmp_path / "in" / f"{at}.xlsx"
        write_atomically(path, filled(folder, "A", yuan))
        run("collect", path, "--round", folder)
    run("nil", "B", "--reason", "没有活动", "--round", folder)
    return folder


def test_versions_of_a_unit_are_compared_from_the_ledger(round: Path) -> None:
    (found,) = shown("diff", "A:1", "A:2", "A", "--round", round, "--json")["differences"]
    assert [one["name"] for one in found["states"]] == ["A:1", "A:2", "A:2"]
    assert [one["total"] for one in found["states"]] == ["1000.00", "1200.00", "1200.00"]
    assert [(one["key"], one["changes"]) for one in found["cells"]] == [("1.1@amount", ["number", ""])]
    (same,) = shown("diff", "A:2", round.parent / "in" / "2.xlsx", "--round", round, "--json")["differences"]
    assert same["cells"] == []


def test_a_nil_return_is_a_version_with_nothing_in_it(round: Path) -> None:
    (found,) = shown("diff", "B:1", "A:2", "--round", round, "--json")["differences"]
    assert [one["total"] for one in found["states"]] == ["0.00", "1200.00"]
    assert any("不同单位" in note for note in found["notes"])


def test_positions_of_the_ledger_are_compared(round: Path) -> None:
    before = shown("ledger", "log", "--json", "--round", round)
    last = max(one["position"] for one in before["events"])
    run("review", "approve", "A", "--role", "crd", "--round", round)
    arguments = "diff", f"@{last}:received", f"@{last + 1}:received", "--round", round, "--json"
    (found,) = shown(*arguments)["differences"]
    assert found["cells"] == []
    first = shown("diff", "@1:received", f"@{last}:received", "--round", round, "--json")["differences"][0]
    assert [step["change"] for step in first["unit_bridges"][0]["steps"]] == ["200.00"]


@pytest.mark.parametrize(
    ("operands", "words"),
    [
        (["A:1", "A:3"], "没有这一版"),
        (["A:1", "Z:1"], "没有这个单位"),
        (["A:1", "A:approved"], "还没有审核通过"),
        (["A:1", "A:last-year"], "没有上年列"),
        (["@1", "@999"], "台账只到"),
        (["@1", "@x"], "台账位置"),
        (["@1", "A:1"], "不能互相比较"),
        (["B1:1", "A:1"], "没有这一版"),
    ],
)
def test_what_the_ledger_does_not_have_is_refused(round: Path, operands: list[str], words: str) -> None:
    assert words in run("diff", *operands, "--round", round, code=2).stderr


# -- migrate -------------------------------------------------------------------------------------------------------

TYPED: Mapping[Key, Value] = {
    "1.1.2@amount": Fraction(800),
    "1.1.3@amount": Fraction(300),
    "1.1.3@basis": "30 场",
    "filer@value": "陈洁",
}


def test_a_file_becomes_one_of_the_newest_version_and_tells_what_was_lost(tmp_path: Path) -> None:
    own = second_version(tmp_path / "templates")
    file = budget(tmp_path / "华南.xlsx", TYPED)
    said = shown("migrate", file, "--templates", own, "--json", code=1)
    assert (said["from"], said["to"], said["carried"]) == ("customer-relations@1", "customer-relations@2", 1)
    assert [(one["key"], one["cell"], one["text"]) for one in said["lost"]] == [
        ("filer@value", "下达指标!C10", "陈洁"),
        ("1.1.3@amount", "费用预算!C11", "300.00"),
        ("1.1.3@basis", "费用预算!R11", "30 场"),
    ]
    assert (said["bridge"]["before"], said["bridge"]["after"]) == ("1100.00", "800.00")
    new = tmp_path / "华南_customer-relations@2.xlsx"
    assert said["output"] == new.name
    again = judge(new, Library(own, shipped("templates")), Standard())
    assert again.values["1.1.5@amount"] == 800 and again.unit == "HN"
    assert again.submission.stamp is not None
    assert again.submission.stamp.assignment.parameters == {"sales_target": "3000000000"}
    assert {finding.code for finding in again.findings if finding.code[0] in "FIS"} == {"I108"}
    assert "已存在" in run("migrate", file, "--templates", own, code=2).stderr
    text = run("migrate", file, "--templates", own, "-o", tmp_path / "2.xlsx", code=1).stdout
    assert "带不过来的内容" in text and "新版没有这一行" in text and "-300.00" in text
    assert (tmp_path / "2.xlsx").read_bytes() == new.read_bytes()


def test_where_all_of_it_fits_the_exit_code_says_so(tmp_path: Path) -> None:
    own = second_version(tmp_path / "templates")
    file = budget(tmp_path / "a.xlsx", {"1.1.1@amount": Fraction(5)})
    assert "总额没有变化：5.00 元" in run("migrate", file, "--to", 2, "--templates", own, "-o", "b.xlsx").stdout


def test_what_the_unit_noted_on_its_scratch_sheet_comes_along_as_values(tmp_path: Path) -> None:
    own = second_version(tmp_path / "templates")
    file = budget(tmp_path / "a.xlsx", {})
    book = openpyxl.load_workbook(file)
    book["工作底稿"]["B5"] = 42
    book["工作底稿"]["B6"] = "合同价"
    book.create_sheet("我的表")["A1"] = "测算"
    book.save(file)
    lost = shown("migrate", file, "--templates", own, "-o", tmp_path / "b.xlsx", "--json", code=1)["lost"]
    assert any(one["cell"].startswith("我的表") for one in lost)
    new = openpyxl.load_workbook(tmp_path / "b.xlsx")["工作底稿"]
    assert (new["B5"].value, new["B6"].value) == (42, "合同价")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["没有.xlsx"], "找不到文件"),
        (["x.xlsx"], "不是可识别的预算工作簿"),
        (["a.xlsx"], "没有可转的"),
        (["a.xlsx", "--to", "9"], "9"),
        (["a.xlsx", "--to", "cosmetics-plan"], "不是 customer-relations 的另一版"),
        (["a.xlsx", "--to", "2", "--templates", "templates", "-o", "a.xlsx"], "不能覆盖"),
    ],
)
def test_what_cannot_be_migrated_is_refused(tmp_path: Path, arguments: list[str], words: str) -> None:
    second_version(tmp_path / "templates")
    before = budget(tmp_path / "a.xlsx", TYPED).read_bytes()
    (tmp_path / "x.xlsx").write_bytes(b"no workbook")
    assert words in run("migrate", *arguments, code=2).stderr
    assert (tmp_path / "a.xlsx").read_bytes() == before


def test_in_a_round_its_records_count_and_its_key_signs(round: Path) -> None:
    (round / "templates").mkdir(exist_ok=True)
    second = PLAN.replace("version = 1", "version = 2").replace('{ code = "1.1",', '{ code = "1.5", was = "1.1",')
    (round / "templates" / "plan@1.toml").write_text(PLAN, encoding="utf-8")
    (round / "templates" / "plan.toml").write_text(second, encoding="utf-8")
    settings = (round / "round.toml").read_text(encoding="utf-8")
    (round / "round.toml").write_text(settings.replace("plan@1", "plan"), encoding="utf-8")
    file = round.parent / "in" / "2.xlsx"
    new = round.parent / "new.xlsx"
    assert "总额没有变化" in run("migrate", file, "-o", new, "--round", round).stdout
    at = bench(round=round)
    report = judge(new, at.library, at.standard)
    assert report.values["1.5@amount"] == 1200
    assert report.submission.stamp is not None
    assert signed_by(report.submission.stamp, load_round(round).key)
    other = budget(round.parent / "other.xlsx", {})
    assert "不是“2026”的" in run("migrate", other, "--round", round, code=2).stderr
