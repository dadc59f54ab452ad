"""What a round is made of is not written over, whoever names it as a place for something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from crmxl.cli import main
from crmxl.commands.rounds_folder import keep_records
from crmxl.errors import CrmxlError
from tests.commands.test_collecting import came, collect, run
from tests.group.small_round import ROUND, filled, open_round

OWN = (
    "round.toml",
    "units.csv",
    "Units.CSV",
    "figures.csv",
    "waivers.toml",
    "mine.key",
    "key",
    "ledger.db",
    "ledger.db-wal",
    "templates/plan.toml",
    "policies/new.toml",
    "issued",
    "issued/甲.xlsx",
    "issued/texts/甲.txt",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "round"
    open_round(folder)
    (folder / "mine.key").write_bytes((folder / "key").read_bytes())
    (folder / "round.toml").write_text(ROUND.replace('"key"', '"mine.key"'), encoding="utf-8")
    collect(folder, came(folder, "甲.xlsx", filled(folder, "A", 1000)))
    return folder


@pytest.mark.parametrize("name", OWN)
def test_a_rounds_own_files_are_kept_from_whoever_names_them(folder: Path, name: str) -> None:
    with pytest.raises(CrmxlError, match="轮次自己的文件"):
        keep_records(None, folder / name)
    with pytest.raises(CrmxlError, match="轮次自己的文件"):
        keep_records(None, folder / "in" / ".." / name)


def test_everything_else_may_be_written(folder: Path) -> None:
    keep_records(folder, None, folder, folder / "汇总.xlsx", folder / "in" / "units.csv", folder.parent / "round.toml")
    keep_records(None, folder.parent / "templates" / "plan.toml")


def test_a_key_outside_the_folder_and_in_a_round_that_cannot_be_read_is_kept(folder: Path) -> None:
    (folder / "round.toml").write_text('key_file = "../keys/mine"\nyear = "?"\n', encoding="utf-8")
    with pytest.raises(CrmxlError, match="轮次自己的文件"):
        keep_records(folder, folder.parent / "keys" / "mine")
    (folder / "round.toml").write_bytes(b"\xff = no toml")
    with pytest.raises(CrmxlError, match="轮次自己的文件"):
        keep_records(None, folder / "round.toml")


@pytest.mark.parametrize(
    "command",
    [
        ("consolidate", "--format", "json", "-o", "mine.key"),
        ("status", "--format", "csv", "-o", "waivers.toml"),
        ("diff", "A:1", "A:1", "--format", "csv", "-o", "units.csv"),
        ("migrate", "{file}", "-o", "ledger.db"),
        ("collect", "{file}", "--annotate", "issued"),
        ("review", "return", "A", "--comment", "x", "--annotate", "issued/copies"),
        ("validate", "{file}", "--format", "json", "-o", "round.toml"),
        ("validate", "{file}", "--annotate", "templates"),
        ("generate", "plan", "--unit", "A", "-o", "issued/甲.xlsx"),
        ("ledger", "backup", "issued/b.db"),
    ],
)
def test_no_command_writes_over_a_record(folder: Path, command: tuple[str, ...]) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    *words, place = (word.format(file=folder.parent / "in" / "甲.xlsx") for word in command)
    assert "轮次自己的文件" in run(folder, *words, folder / place, code=2).output
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_another_rounds_records_are_kept_too(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    open_round(other)
    before = (other / "round.toml").read_bytes()
    arguments = ("consolidate", "--against", other, "--format", "json", "-o", other / "round.toml")
    assert "轮次自己的文件" in run(folder, *arguments, code=2).output
    assert (other / "round.toml").read_bytes() == before


def test_a_place_is_kept_without_a_round_named(folder: Path) -> None:
    sent = folder.parent / "in" / "甲.xlsx"
    found = CliRunner().invoke(main, ["validate", str(sent), "--format", "json", "-o", str(folder / "units.csv")])
    assert found.exit_code == 2 and "轮次自己的文件" in found.output
