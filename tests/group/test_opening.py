"""A figure of the group opened: what is listed adds up to it, and leads to file, sheet and cell."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from crmxl.commands.totalling import totals_of
from crmxl.commands.trail import trace_figure
from crmxl.errors import CrmxlError
from tests.group.test_counting import FEN
from tests.group.totalled import approve, entries, lay, mixed, opened, send


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mixed(tmp_path_factory.mktemp("mixed"))


@pytest.fixture
def trace(made: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def traced(key: str, round: Path = made, **options: Any) -> Any:
        said: dict[str, Any] = {"unit": "", "include": "approved", "template": "", "as_json": True}
        assert trace_figure(key, "zh", round=round, **(said | options)) == 0
        return json.loads(capsys.readouterr().out)

    return traced


def fen(text: str) -> int:
    return int(Fraction(text) * 100)


def held(figure: Any) -> int:
    """The figure in fen; entries add up to units, and units to it."""
    for unit in figure["units"]:
        assert sum(fen(entry["amount"]) for entry in unit["entries"]) == fen(unit["total"]), unit
    assert sum(fen(unit["total"]) for unit in figure["units"]) == fen(figure["total"])
    return fen(figure["total"])


def test_the_total_opens_to_the_groups_total(trace: Any) -> None:
    (figure,) = trace("used@value")["figures"]
    assert held(figure) == sum(FEN.values())
    assert {unit["unit"]: fen(unit["total"]) for unit in figure["units"]} == FEN


def test_every_line_part_and_month_opens_to_what_the_totals_say(made: Path, trace: Any) -> None:
    with opened(made) as (records, register):
        (block,) = totals_of(records, register, "approved", "approved", "zh").blocks
    checked = 0
    for line in (*block.lines, *block.beside):
        if line.code == "_difference":
            continue
        key = f"{line.code}@{line.column}"
        assert held(trace(key)["figures"][0]) == line.total
        checked += 1
        if any(line.months):
            months = [held(trace(f"{key}.{n:02d}")["figures"][0]) for n in range(1, 13)]
            assert tuple(months) == line.months
            assert held(trace(f"{key}.rest")["figures"][0]) == line.rest
    assert checked >= 5
    by_part = {part.code: part.total for part in block.parts}
    assert held(trace("1@amount")["figures"][0]) == held(trace("1.1@amount")["figures"][0]) == by_part["1"]


def test_an_entry_names_the_cell_that_has_its_amount(made: Path, trace: Any) -> None:
    (figure,) = trace("1.1@amount")["figures"]
    (unit,) = (unit for unit in figure["units"] if unit["unit"] == "N")
    book = openpyxl.load_workbook(unit["file"], data_only=True)
    cells = [entry for entry in unit["entries"] if entry["kind"] == "cell"]
    assert [entry["amount"] for entry in cells] == ["200.00", "300.33"]
    for entry in cells:
        assert f"{book[entry['sheet']][entry['cell']].value:.2f}" == entry["amount"]


def test_what_reviewers_changed_is_an_entry_of_its_own_and_so_is_what_follows_from_it(trace: Any) -> None:
    (figure,) = trace("used@value")["figures"]
    units = {unit["unit"]: unit for unit in figure["units"]}
    assert [(one["kind"], one["amount"]) for one in units["N"]["entries"]] == [
        ("cell", "200.00"),
        ("adjustment", "-50.50"),
        ("cell", "300.33"),
        ("adjustment", "10.00"),
    ]
    assert [(one["kind"], one["amount"]) for one in units["N1"]["entries"]] == [
        ("cell", "77.07"),
        ("cell", "99.90"),
        ("effect", "-33.30"),
    ]
    adjusted = units["N"]["entries"][1]
    assert (adjusted["reason"], adjusted["by"], adjusted["role"]) == ("压缩", "李会计", "finance")


def test_a_unit_is_looked_at_with_those_below_it(trace: Any) -> None:
    (figure,) = trace("used@value", unit="N")["figures"]
    assert [unit["unit"] for unit in figure["units"]] == ["N", "N1", "N2"]
    assert held(figure) == FEN["N"] + FEN["N1"] + FEN["N2"]


def test_what_is_under_review_can_be_looked_at_too(trace: Any) -> None:
    found = trace("used@value", include="received")
    assert found["provisional"] and held(found["figures"][0]) == sum(FEN.values()) + 500000
    assert [one["unit"] for one in trace("used@value")["left_out"]] == ["G", "E1", "E2"]


def test_a_text_is_shown_and_not_added_up(tmp_path: Path, trace: Any) -> None:
    round = lay(tmp_path / "round")
    send(round, "G", entries(a=1) | {"filer@value": "张三"})
    approve(round, "G")
    (figure,) = trace("filer@value", round)["figures"]
    assert figure["total"] is None
    assert [(unit["unit"], unit["entries"][0]["shown"]) for unit in figure["units"]] == [("G", "张三")]
    (figure,) = trace("S.1@whole", round)["figures"]
    assert figure["total"] is None


def test_a_key_that_there_is_not_is_refused_with_one_near_it(made: Path, trace: Any) -> None:
    with pytest.raises(CrmxlError, match=r"1\.1\.1@amount") as refused:
        trace("1.1.1@amonut")
    assert "used@value" in str(refused.value)
    with pytest.raises(CrmxlError, match="HQ"):
        trace("used@value", unit="HQ")
    with pytest.raises(CrmxlError, match="plam"):
        trace("used@value", template="plam")


def test_a_round_without_anything_says_so(tmp_path: Path, trace: Any) -> None:
    with pytest.raises(CrmxlError, match="没有任何单位计入"):
        trace("used@value", lay(tmp_path / "round"))


def test_people_see_units_files_cells_receipts_and_nil_returns(
    made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    said: dict[str, Any] = {"unit": "", "include": "approved", "template": "plan", "as_json": False}
    assert trace_figure("used@value", "zh", round=made, **said) == 0
    shown = capsys.readouterr().out
    assert "used@value 计入总额（plan@1，2026 年度）：151,636.80 元" in shown
    for words in (
        "零申报：本年无活动",
        "费用!C",
        "压缩（集团财务管理中心，李会计）",
        "随调整变动",
        "R0000",
        "未纳入 3 份",
    ):
        assert words in shown


def test_parents_that_are_only_compared_are_in_no_figure(tmp_path: Path, trace: Any) -> None:
    round = lay(tmp_path / "round", amount="sum")
    send(round, "N", entries(a=30))
    send(round, "N1", entries(a=10))
    send(round, "N2", entries(a=20))
    approve(round, "N", "N1", "N2")
    (figure,) = trace("used@value", round)["figures"]
    assert held(figure) == 3000 and [unit["unit"] for unit in figure["units"]] == ["N1", "N2"]
