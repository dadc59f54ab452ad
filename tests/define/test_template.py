"""A sound template loads with its defaults; every way of being unsound is refused at its place."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.define.template import load_template
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.model import Kind, Level, Text, Type
from tests.define.unsound import BROKEN, SOUND


def write(folder: Path, text: str) -> Path:
    file = folder / "templates" / "small.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def problems(folder: Path, text: str) -> tuple[Problem, ...]:
    with pytest.raises(DefinitionError) as caught:
        load_template(write(folder, text))
    return caught.value.problems


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_an_unsound_template_is_refused_at_the_place(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    assert SOUND.count(old) == 1, f"{old} must stand once in SOUND"
    (problem,) = problems(tmp_path, SOUND.replace(old, new))
    assert problem.place == f"templates/small.toml: {place}"
    assert words in problem.message


def test_the_sound_template_loads(tmp_path: Path) -> None:
    template = load_template(write(tmp_path, SOUND))
    assert template.name == "small@1"
    assert [sheet.kind for sheet in template.sheets] == [Kind.FORM, Kind.GRID, Kind.LIST]
    head, plan, visits = template.sheets
    assert head.fields[0].issued and head.fields[0].column.id == "value"
    assert plan.columns[1].levels == (Level.SECTION,)
    assert plan.sections[0].open == 2 and plan.sections[0].part == "one"
    assert plan.sections[0].groups[0].lines[0].title == Text("乙")
    assert visits.rows == 3 and visits.columns[0].maximum == Fraction(10)


def test_amounts_and_quantities_may_not_be_negative_unless_said(tmp_path: Path) -> None:
    plan, visits = load_template(write(tmp_path, SOUND)).sheets[1:]
    assert plan.columns[0].minimum == 0
    assert visits.columns[2].calculated and visits.columns[2].minimum is None
    free = SOUND.replace('{ id = "amount", type = "money"', '{ id = "amount", type = "money", minimum = -0.10')
    assert load_template(write(tmp_path, free)).sheets[1].columns[0].minimum == Fraction(Decimal("-0.10"))


def test_amounts_are_added_up_by_the_group_and_nothing_else_is(tmp_path: Path) -> None:
    template = load_template(write(tmp_path, SOUND))
    columns = [column for sheet in template.sheets for column in sheet.columns]
    assert {column.consolidate for column in columns if column.type is Type.MONEY} == {"sum"}
    assert {column.consolidate for column in columns if column.type is not Type.MONEY} == {"none"}


def test_a_sheet_without_a_title_has_the_template_s(tmp_path: Path) -> None:
    template = load_template(write(tmp_path, SOUND.replace('title = { zh = "预算", en = "Plan" }\n', "")))
    assert template.sheets[1].title == Text("小模板", "Small")


def test_a_section_without_a_part_is_chosen_by_its_code(tmp_path: Path) -> None:
    text = SOUND.replace('part = "one"\n', "").replace('parts = ["one"]', 'parts = ["1"]')
    assert load_template(write(tmp_path, text)).sheets[1].sections[0].part == "1"


SECOND_GRID = """
[[sheet]]
id = "more"
kind = "grid"
title = { zh = "更多" }
columns = [{ id = "amount", type = "money" }, { id = "share", type = "percent", expression = "1", levels = ["line"] }]
[[sheet.section]]
code = "9"
title = { zh = "第九" }
open = 1
"""


def test_a_second_grid_without_totals_is_fine(tmp_path: Path) -> None:
    assert len(load_template(write(tmp_path, SOUND + SECOND_GRID)).sheets) == 4


def test_a_second_grid_with_totals_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, SOUND + SECOND_GRID.replace('type = "money"', 'type = "money", total = true'))
    assert problem.place == "templates/small.toml: sheet[3]"
    assert problem.message == "only one grid of a template may have totals; sheet[1] has them already"


def test_a_level_needs_rows_to_stand_on(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, SOUND + SECOND_GRID.replace('["line"]', '["line", "section"]'))
    assert problem.place == "templates/small.toml: sheet[3].columns[1].levels"
    assert problem.message == "there are no section rows to stand on, since no column has total = true"


def test_every_problem_is_told_in_file_order(tmp_path: Path) -> None:
    text = SOUND.replace('zh = "拜访"', 'zh = "校验"').replace('code = "1.1"', 'code = "2.1"')
    text = text.replace('total = "total@amount"', 'total = "none@amount"').replace('"quantity * unit', '"quantity + un')
    assert [problem.place.partition(": ")[2] for problem in problems(tmp_path, text)] == [
        "total",
        "sheet[1].section[0].lines[0].code",
        "sheet[2].title.zh",
        "sheet[2].columns[2].expression",
    ]


def test_two_circles_are_two_problems(tmp_path: Path) -> None:
    text = SOUND.replace('"quantity * unit_price"', '"cost + 1"').replace('"amount / total@amount"', '"share"')
    assert len(problems(tmp_path, text)) == 2


def test_months_and_the_part_not_split_can_be_referred_to(tmp_path: Path) -> None:
    text = SOUND.replace('amount / total@amount"', 'total@amount.03 + 1.1@amount.rest + SUM(1.*@amount.12)"')
    assert load_template(write(tmp_path, text)).sheets[1].columns[1].expression is not None


def test_year_and_first_month_are_known_everywhere(tmp_path: Path) -> None:
    load_template(
        write(tmp_path, SOUND.replace('"quantity * unit_price"', '"unit_price * (13 - first_month) + 0 * year"'))
    )


def test_a_syntax_error_has_its_line_and_column(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, 'id = "small"\nversion = = 1\n')
    assert problem.place == "templates/small.toml: line 2, column 11"
    assert problem.message.startswith("this is not TOML: ")


def test_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    file = write(tmp_path, "")
    file.write_bytes('id = "small"\ntitle = "预算"\n'.encode("gbk"))
    with pytest.raises(DefinitionError, match=r"templates/small\.toml: line 2: this is not UTF-8"):
        load_template(file)


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    file = write(tmp_path, "")
    file.write_bytes(b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode())
    assert load_template(file).id == "small"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CrmxlError, match="cannot be read"):
        load_template(tmp_path / "none.toml")
