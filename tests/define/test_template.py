"""A sound template loads with its defaults; every way of being unsound is refused at its place."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.define.template import load_template
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.model import Kind, Level, Text, Type
from crmxl.resources import folder
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
    assert problem.message == "the total row `total` stands already in sheet[1]; give this grid a total_code"


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


SPLIT = """
[[sheet]]
id = "split"
kind = "grid"
title = { zh = "分摊", en = "Split" }
columns = [
    { id = "base", type = "money", title = { zh = "合计" }, expression = "0" },
    { id = "share", type = "percent", minimum = 0, maximum = 1, issued = true },
    { id = "ceiling", type = "money", title = { zh = "标准" }, issued = true },
    { id = "heads", type = "integer", title = { zh = "人数" }, issued = true },
    { id = "kind", type = "choice", title = { zh = "类型" }, choices = ["拜访", "礼品"], issued = true },
    { id = "since", type = "date", title = { zh = "起" }, issued = true },
    { id = "note", type = "text", title = { zh = "说明" } },
    { id = "part", type = "money", title = { zh = "其中" }, expression = "ROUND(base * share, 2)" },
]
[[sheet.section]]
code = "9"
title = { zh = "第九" }
[[sheet.section.lines]]
code = "9.1"
title = { zh = "丁" }
values = { share = "60%", ceiling = 300.5, heads = 3, kind = "礼品", since = "2026-01-01" }
formulas = { base = "1@amount" }
[[sheet.section.lines]]
code = "9.2"
title = { zh = "戊" }
values = { share = "0.5‰" }
formulas = { base = "9.1@part" }
"""
LINE = "sheet[3].section[0].lines[0]"
UNFIT = {
    # what is wrong: (text in SPLIT, its replacement, place, words of the message)
    "an issued column that is calculated": (
        'expression = "0"',
        'expression = "0", issued = true',
        "sheet[3].columns[0].issued",
        "this column is calculated",
    ),
    "an issued column that is required": (
        'zh = "人数" }',
        'zh = "人数" }, required = true',
        "sheet[3].columns[3].required",
        "this column is issued",
    ),
    "an issued column that is split into months": (
        'zh = "标准" }',
        'zh = "标准" }, months = true',
        "sheet[3].columns[2].months",
        "this column is issued",
    ),
    "a value of an input": ('share = "60%"', 'note = "60%"', f"{LINE}.values.note", "`note` is not issued on lines"),
    "a value of a calculated column": ('share = "60%"', "part = 1", f"{LINE}.values.part", "issued columns are share"),
    "a value of no column": ('share = "60%"', 'shares = "60%"', f"{LINE}.values.shares", "there is no column `shares`"),
    "a value that is true": ("heads = 3", "heads = true", f"{LINE}.values.heads", "found true"),
    "a share that is no number": ('"60%"', '"60 %"', f"{LINE}.values.share", 'a share such as "60%"'),
    "a share above its maximum": ('"60%"', '"160%"', f"{LINE}.values.share", "found `1.6`; must be at most 1"),
    "a negative share": ('"60%"', "-0.6", f"{LINE}.values.share", "must be at least 0"),
    "a share where an amount belongs": ("300.5", '"60%"', f"{LINE}.values.ceiling", "an amount such as 20000"),
    "an amount below the fen": ("300.5", "300.505", f"{LINE}.values.ceiling", "an amount such as 20000"),
    "half a person": ("heads = 3", "heads = 3.5", f"{LINE}.values.heads", "a whole number"),
    "a choice that is not offered": ('kind = "礼品"', 'kind = "峰会"', f"{LINE}.values.kind", "one of 拜访, 礼品"),
    "a day that no calendar has": ("2026-01-01", "2026-02-30", f"{LINE}.values.since", "must be a day"),
    "a formula of an input": (
        'base = "1@amount"',
        'note = "1"',
        f"{LINE}.formulas.note",
        "calculated columns are base",
    ),
    "a formula of no column": ('base = "1@amount"', 'bass = "1"', f"{LINE}.formulas.bass", "no column `bass`"),
    "a formula that cannot be read": ('"1@amount"', '"1 +"', f"{LINE}.formulas.base", "»"),
    "a formula of a line that is not there": ('"1@amount"', '"3@amount"', f"{LINE}.formulas.base", "`3`"),
    "a formula that gives a condition": ('"1@amount"', '"1@amount > 0"', f"{LINE}.formulas.base", "a condition"),
    "a formula that needs itself": (
        '"1@amount"',
        '"9.2@part"',
        f"{LINE}.formulas.base",
        "circle: 9.1@base needs 9.2@part needs 9.2@base needs 9.1@part needs 9.1@base",
    ),
}


def test_a_line_has_its_issued_values_and_formulas_exactly(tmp_path: Path) -> None:
    first, second = load_template(write(tmp_path, SOUND + SPLIT)).sheets[3].sections[0].lines
    assert first.values == {"share": "0.6", "ceiling": "300.5", "heads": "3", "kind": "礼品", "since": "2026-01-01"}
    assert second.values == {"share": "0.0005"}
    assert first.formulas == {"base": "1@amount"}


def test_only_columns_that_say_so_are_issued(tmp_path: Path) -> None:
    sheets = load_template(write(tmp_path, SOUND + SPLIT)).sheets
    issued = [column.id for sheet in sheets for column in sheet.columns if column.issued]
    assert issued == ["share", "ceiling", "heads", "kind", "since"]
    assert sheets[0].fields[0].issued and not sheets[0].fields[0].column.issued


@pytest.mark.parametrize(("old", "new", "place", "words"), UNFIT.values(), ids=UNFIT.keys())
def test_a_line_s_unfit_value_or_formula_is_refused_at_the_place(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    assert SPLIT.count(old) == 1, f"{old} must stand once in SPLIT"
    (problem,) = problems(tmp_path, SOUND + SPLIT.replace(old, new))
    assert problem.place == f"templates/small.toml: {place}"
    assert words in problem.message


def test_a_list_has_no_issued_columns(tmp_path: Path) -> None:
    text = SOUND.replace('id = "unit_price", type = "money"', 'id = "unit_price", type = "money", issued = true')
    (problem,) = problems(tmp_path, text)
    assert problem.place == "templates/small.toml: sheet[2].columns[1].issued"
    assert problem.message == "belongs to grids; the rows of a list are the unit's own"


def test_a_column_s_own_expression_counts_only_where_no_line_replaces_it(tmp_path: Path) -> None:
    circular = SPLIT.replace('expression = "0"', 'expression = "part"')
    load_template(write(tmp_path, SOUND + circular))
    (problem,) = problems(tmp_path, SOUND + circular.replace('formulas = { base = "9.1@part" }\n', ""))
    assert problem.message == "calculates in a circle: 9.2@base needs 9.2@part needs 9.2@base"


def test_the_guide_s_split_table_is_sound(tmp_path: Path) -> None:
    guide = (folder("docs") / "templates.md").read_text(encoding="utf-8")
    table = guide.partition("~~~toml\n")[2].partition("~~~\n")[0]
    groups = '[[sheet.section]]\ncode = "2"\ntitle = { zh = "共用" }\n'
    for code in ("2.1", "2.2"):
        groups += f'[[sheet.section.group]]\ncode = "{code}"\ntitle = {{ zh = "小类" }}\nopen = 1\n'
    text = SOUND.replace('[[sheet]]\nid = "visits"', f'{groups}[[sheet]]\nid = "visits"')
    lines = load_template(write(tmp_path, text + table)).sheets[3].sections[0].lines
    assert [line.values["crd"] for line in lines] == ["0.6", "0.5"]
