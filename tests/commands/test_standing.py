"""``crmxl status``: from a round's folder and its ledger to the board and the chase list."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from crmxl.cli import main
from crmxl.define.shape import shape_problems

UNITS = """code,name,parent,type,recipient
G,集团,,group,
HN,华南区域,G,region,hn@example.com
GZ,广州,HN,city,gz@example.com
HD,华东区域,G,region,hd@example.com
"""


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="crmxl")
    assert result.exit_code == code, result.output + repr(result.exception)
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round that is long overdue: 华南 approved as nil, 广州 under review as nil, the others have sent nothing."""
    here = tmp_path_factory.mktemp("status")
    (here / "units.csv").write_text(UNITS, encoding="utf-8")
    made = here / "round"
    options = ("--template", "cosmetics-plan", "--units", here / "units.csv", "--year", 2026, "--stage", "一上")
    run("init", made, *options, "--deadline", "2020-01-01", "--name", "一上轮次")
    run("distribute", "--round", made)
    for unit in ("HN", "GZ"):
        run("nil", unit, "--reason", "本年无此项活动", "--round", made, "--by", "王会计")
    run("review", "approve", "HN", "--round", made, "--by", "李经理")
    return made


def test_the_board_is_printed_with_its_counts_and_all_is_well(folder: Path) -> None:
    shown = run("status", "--round", folder).output
    assert "4 个单位：通过 1，已交待审 1，未交 2（其中逾期 2）；其中零申报 2" in shown
    assert "华南区域 HN" in shown and "已过" in shown
    assert "4 units: Approved 1" in run("status", "--round", folder, "--lang", "en").output


def test_the_json_of_a_real_round_fits_its_schema(folder: Path) -> None:
    found = json.loads(run("status", "--round", folder, "--json").stdout)
    assert shape_problems(found, "status") == ()
    states = {one["unit"]: one["state"] for one in found["units"]}
    assert states == {"G": "missing", "HN": "approved", "GZ": "received", "HD": "missing"}
    assert not any(one["records_changed"] for one in found["units"])
    assert found["units"][1]["reviews"][0]["by"] == "李经理"


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "json", "txt"])
def test_the_suffix_says_in_which_form_it_is_saved(folder: Path, tmp_path: Path, suffix: str) -> None:
    saved = tmp_path / f"进展.{suffix}"
    result = run("status", "--round", folder, "-o", saved)
    assert result.stdout == "" and "4 个单位" in result.stderr
    assert saved.stat().st_size > 500


def test_units_alone_are_shown_with_those_below_them(folder: Path) -> None:
    found = json.loads(run("status", "--round", folder, "--only", "HN", "--json").stdout)
    assert [one["unit"] for one in found["units"]] == ["HN", "GZ"]


def test_the_chase_list_is_written_beside_the_board(folder: Path, tmp_path: Path) -> None:
    result = run("status", "--round", folder, "--chase", tmp_path / "催报.csv")
    assert "华南区域" in result.stdout and "需要催报 2 份" in result.stderr
    text = (tmp_path / "催报.csv").read_bytes().decode("utf-8-sig")
    assert [row["编码"] for row in csv.DictReader(io.StringIO(text))] == ["G", "HD"]
    run("status", "--round", folder, "--chase", tmp_path / "催报.xlsx", "-o", tmp_path / "进展.xlsx")
    assert openpyxl.load_workbook(tmp_path / "催报.xlsx")["催报"].max_row == 7


def test_what_cannot_be_answered_is_refused_before_anything_is_written(folder: Path, tmp_path: Path) -> None:
    same = tmp_path / "x.csv"
    for options in (
        ("--chase", tmp_path / "x.txt"),
        ("-o", tmp_path / "x.pdf"),
        ("--format", "xlsx"),
        ("--only", "XX"),
        ("-o", same, "--chase", same),
        ("-o", folder / "units.csv"),
        ("--chase", folder / "issued" / "manifest.csv"),
    ):
        run("status", "--round", folder, *options, code=2)
    run("status", "--round", tmp_path, code=2)
    assert list(tmp_path.iterdir()) == []
    assert (folder / "units.csv").read_text(encoding="utf-8-sig").startswith("code,name")
