"""What the guides show works: the template in docs/templates.md, the commands in README.md and docs/guide.md."""

from __future__ import annotations

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from crmxl.cli import main
from crmxl.define.library import Library

ROOT = Path(__file__).parent.parent
SOURCES = ("README.md", "docs/guide.md", "docs/templates.md")
"""Files with command lines in plain fenced blocks."""


def blocks(file: str, kind: str) -> list[str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


def commands(file: str) -> list[str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    lines = [line for block in re.split(r"```", text)[1::2] for line in block.splitlines()]
    return [line.partition("#")[0].strip() for line in lines if line.startswith("crmxl ")]


def test_the_template_of_the_authors_guide_is_sound_and_gives_a_workbook(tmp_path: Path) -> None:
    (source,) = blocks("docs/templates.md", "toml")
    path = tmp_path / "travel.toml"
    path.write_text(source, encoding="utf-8")
    assert CliRunner().invoke(main, ["check-template", str(path)]).exit_code == 0
    made = tmp_path / "差旅.xlsx"
    arguments = ["generate", str(path), "--unit", "华南区域", "--year", "2026", "-o", str(made)]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert made.exists()


def test_the_data_of_the_user_guide_names_real_keys() -> None:
    (source,) = blocks("docs/guide.md", "json")
    keys = set(json.loads(source))
    columns = {key.rpartition("@")[2] for key in keys}
    assert columns == {"amount", "basis", "amount.03"}


@pytest.mark.parametrize("file", SOURCES)
def test_every_command_that_is_shown_exists_with_its_options(file: str) -> None:
    shown = commands(file)
    assert shown
    for line in shown:
        words = shlex.split(line)[1:]
        command = main.commands[words[0]]
        known = {option for parameter in command.params for option in parameter.opts}
        for word in words[1:]:
            if word.startswith("-"):
                assert word in known, line
        if words[0] in ("generate", "schema") and not words[1].endswith(".toml"):
            assert words[1] in Library().names(), line
        for option, value in pairwise(words):
            if option == "--data":
                assert (ROOT / value).exists(), line
