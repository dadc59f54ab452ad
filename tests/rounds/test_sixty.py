"""The round of sixty units, and the data of the sample rounds."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from crmxl.cli import main as crmxl
from tests.office.driver import Office
from tests.rounds import figures
from tests.rounds.sixty import Sixty
from tests.rounds.story import Story


@pytest.mark.slow
def test_a_round_of_sixty_units_comes_to_the_sum_of_their_figures(tmp_path: Path, office: Office) -> None:
    said: list[str] = []
    sixty = Sixty(tmp_path, office, said.append)
    assert sixty.tell() == 0, "\n".join(said)
    assert sixty.story.met > 100


def test_the_sample_rounds_are_what_the_fixed_rule_makes() -> None:
    assert figures.stale() == []


def test_the_units_are_sixty_in_three_levels() -> None:
    units = figures.units()
    types = [unit.type for unit in units]
    assert (len(units), types.count(figures.REGION), types.count(figures.CITY)) == (60, 10, 49)
    by_code = {unit.code: unit for unit in units}
    assert {by_code[unit.parent].type for unit in units if unit.type == figures.CITY} == {figures.REGION}


def test_a_new_round_takes_the_small_units_file(tmp_path: Path) -> None:
    listed = figures.SAMPLES / "small" / "units.csv"
    given = ["--template", figures.REGIONAL, "--units", str(listed), "--year", "2026", "--stage", "一上"]
    made = CliRunner().invoke(crmxl, ["init", str(tmp_path / "一上"), *given])
    assert made.exit_code == 0, made.output
    assert "单位 8 个：集团 1、区域 3、城市 4" in made.output


def test_a_story_in_which_one_fen_is_missing_ends_with_1(tmp_path: Path) -> None:
    said: list[str] = []
    story = Story(tmp_path, said.append)
    story.check("合计", {"G": 100, "HN": 40}, {"G": 100, "HN": 41})
    assert story.end() == 1
    assert any("HN：应为 41，实际 40" in line for line in said)


def test_a_command_that_ends_otherwise_than_told_is_no_success(tmp_path: Path) -> None:
    story = Story(tmp_path, lambda _: None)
    story.run("status", "--round", tmp_path / "无")
    assert story.end() == 1
