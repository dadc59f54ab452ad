"""The tutorial of a new template: from an empty file to list, computed column, rule and chart, command by command."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmxl.define.library import Library
from crmxl.define.policies import Policies
from crmxl.model import Kind, Lang
from tests.make_docs import FIRST_TEMPLATE
from tests.rounds.tutorial import BETWEEN, story

ZH, EN = FIRST_TEMPLATE.read_text(encoding="utf-8").split(BETWEEN)
HALVES: dict[Lang, str] = {"zh": ZH, "en": EN}


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_commands_of_the_tutorial_print_what_it_shows(lang: Lang, tmp_path: Path) -> None:
    told = story(HALVES[lang], tmp_path / lang, lang)
    assert told.split("\n") == HALVES[lang].split("\n"), "run make docs, and read what has changed"


@pytest.mark.slow
def test_what_the_reader_has_in_the_end_has_a_list_a_computed_column_a_rule_and_a_chart(tmp_path: Path) -> None:
    story(ZH, tmp_path / "here", "zh")
    template = Library(tmp_path / "here").load("training")
    columns = [column for sheet in template.sheets if sheet.kind is Kind.LIST for column in sheet.columns]
    assert any(column.calculated for column in columns) and template.charts
    (rule,) = Policies(tmp_path / "here" / "policies").load("training-rules").rules
    taken = {one.code for policy in Policies().all() for one in policy.rules}
    assert rule.code not in taken
