"""The tutorial of a round: every command in docs/rounds.md runs in order, and prints what stands there."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import click
import pytest

from crmxl.cli import main
from crmxl.group.answers import WORDS
from crmxl.group.standing import STATES
from crmxl.model import Lang, Text
from crmxl.resources import folder
from tests.make_docs import TUTORIAL, commands
from tests.rounds.tutorial import BETWEEN, story

TEXT = TUTORIAL.read_text(encoding="utf-8")
ZH, EN = TEXT.split(BETWEEN)
HALVES: dict[Lang, str] = {"zh": ZH, "en": EN}
OF_ROUNDS = {"rounds", "tracing"}
"""Modules of the command line whose commands belong to rounds."""


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_commands_of_the_tutorial_print_what_it_shows(lang: Lang, tmp_path: Path) -> None:
    told = story(HALVES[lang], tmp_path / lang, lang)
    assert told.split("\n") == HALVES[lang].split("\n"), "run make docs, and read what has changed"


def test_the_tutorial_begins_with_the_sample_list_of_units() -> None:
    (shown,) = re.findall(r"<!-- write 单位.csv -->\n```csv\n(.*?)```", ZH, re.DOTALL)
    sample = (folder("samples") / "rounds" / "small" / "units.csv").read_text(encoding="utf-8-sig")
    assert list(csv.reader(shown.splitlines())) == list(csv.reader(sample.splitlines()))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("word", [*WORDS.values(), *STATES.values()], ids=lambda word: word.en)
def test_every_answer_and_every_state_is_explained(word: Text, lang: Lang) -> None:
    assert f"\n| {word.say(lang)} | " in HALVES[lang]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_setting_of_a_round_is_explained(lang: Lang) -> None:
    schema = json.loads((folder("schemas") / "round.schema.json").read_text(encoding="utf-8"))
    tables = HALVES[lang].partition("## 参考" if lang == "zh" else "## Reference")[2]
    assert [name for name in schema["properties"] if not re.search(rf"`\[*{name}\b", tables)] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_of_rounds_has_its_place_in_the_story(lang: Lang) -> None:
    for words in commands():
        command: click.Command = main
        for word in words:
            assert isinstance(command, click.Group)
            command = command.commands[word]
        assert command.callback is not None
        if command.callback.__module__.rpartition(".")[2] in OF_ROUNDS:
            assert " ".join(words) in HALVES[lang]


def test_a_command_that_fails_where_nothing_is_shown_breaks_the_story_off(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="status"):
        story("<!-- quiet -->\n```console\n$ crmxl status\n```\n", tmp_path / "here", "zh")


def test_an_exit_code_that_is_not_0_is_shown(tmp_path: Path) -> None:
    told = story("```console\n$ crmxl status\nold words\n```\n", tmp_path / "here", "en")
    assert "old words" not in told and told.endswith("(exit code 2)\n```\n") and "there is no round here" in told
