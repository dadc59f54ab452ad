"""Judging again by changed records: what was approved keeps its figures until it is opened; the rest takes the new."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmxl.commands.collecting import recheck_units
from crmxl.commands.reviewing import reopen_units
from crmxl.commands.totalling import totals_of
from crmxl.files import write_atomically
from crmxl.group.standing import State
from tests.group.totalled import approve, entries, lay, opened, send


@pytest.fixture
def round(tmp_path: Path) -> Path:
    folder = lay(tmp_path / "round")
    for unit in ("N", "N1", "E1"):
        send(folder, unit, entries(a=1000, s=300))
    approve(folder, "N")
    approve(folder, "N1", changes="S.1@whole,-100,按标准\n")
    return folder


def share(folder: Path, text: str) -> None:
    """The group issues another share to everybody: 300 × 33.3 % is no longer what they split."""
    rows = "".join(f"{unit},S.1@share,{text}\n" for unit in ("N", "N1", "E1"))
    write_atomically(folder / "figures.csv", f"unit,key,value\n{rows}".encode())


def judge_again(folder: Path, *units: str) -> int:
    return recheck_units(units, "zh", by="集团", round=folder, as_json=False)


def total(folder: Path) -> int | None:
    with opened(folder) as (records, register):
        return totals_of(records, register, "received", "approved", "zh").total


def test_approved_figures_stay_until_they_are_opened(round: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (100_000 + 9_990) + (100_000 + 6_660) + (100_000 + 9_990)
    assert total(round) == before
    share(round, "0.5")
    assert judge_again(round) == 1
    assert capsys.readouterr().err.count("review reopen") == 2
    assert total(round) == before - 9_990 + 15_000  # E1 alone was not approved
    with opened(round) as (_, register):
        assert register.board.at("N1", "plan").state is State.APPROVED
    for unit in ("N", "N1"):
        reopen_units([unit], "zh", reason="比例有变", template="", by="集团", round=round)
    assert judge_again(round) == 0
    assert total(round) == (100_000 + 15_000) * 3  # and without the adjustment, which went with its approval


def test_a_second_look_at_what_stays_adds_nothing(round: Path) -> None:
    share(round, "0.5")
    judge_again(round)
    with opened(round) as (_, register):
        position = register.board.position
    assert judge_again(round) == 1
    with opened(round) as (_, register):
        assert register.board.position == position


def test_nothing_new_is_said_so(round: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge_again(round) == 0
    assert "没有变化" in capsys.readouterr().err
    assert judge_again(round, "N") == 0
    said = capsys.readouterr().err
    assert "与原来相同" in said and "reopen" not in said


def test_approved_figures_that_break_a_rule_now_are_left_out(round: Path) -> None:
    write_atomically(round / "round.toml", (round / "round.toml").read_bytes() + b'[limits.P901.region]\ncap = "900"\n')
    assert judge_again(round) == 1
    with opened(round) as (records, register):
        found = totals_of(records, register, "approved", "approved", "zh")
    assert [unit.unit for block in found.blocks for unit in block.units] == ["N1"]
    assert "N" in {one.unit for one in found.left_out}
