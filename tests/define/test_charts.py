"""A template's charts are refused where they show what no cell holds, what cannot be compared, or too much."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crmxl.define.charts import MOST_SERIES
from crmxl.define.template import load_template
from crmxl.errors import DefinitionError
from crmxl.model import ChartKind
from tests.define.unsound import SOUND

LINES = """
[[sheet]]
id = "many"
kind = "grid"
title = { zh = "多项" }
columns = [{ id = "amount", type = "money" }, { id = "share", type = "percent" }, { id = "basis", type = "text" }]
[[sheet.section]]
code = "9"
title = { zh = "多项" }
open = 9
"""
MANY = ", ".join(f'"9.n{number:02d}"' for number in range(1, 10))


def chart(kind: str, rows: str, columns: str, across: str = "rows") -> str:
    return f"""
[[chart]]
title = {{ zh = "图" }}
kind = "{kind}"
rows = [{rows}]
columns = [{columns}]
across = "{across}"
"""


def loaded(folder: Path, *charts: str) -> tuple[ChartKind, ...]:
    file = folder / "small.toml"
    file.write_text(SOUND + LINES + "".join(charts), encoding="utf-8")
    return tuple(one.kind for one in load_template(file).charts)


GOOD = {
    "lines and their total": chart("bar", '"1.1", "1.2.1", "total"', '"amount"'),
    "a blank line": chart("column", '"1.1", "1.n01"', '"amount"'),
    "fields of a form": chart("column", '"target", "cap"', '"value"'),
    "rows of a list": chart("line", '"visits.001", "visits.003", "visits"', '"cost"'),
    "rows of several sheets": chart("stacked", '"1.1", "9.n01"', '"amount"'),
    "a pie of rows": chart("pie", '"1", "1.2"', '"amount"'),
    "a pie of columns": chart("pie", '"visits.001"', '"unit_price", "cost"', "columns"),
    "many bars": chart("bar", MANY, '"amount"'),
}

BAD = {
    # what is wrong: (the chart, its place, words of the message)
    "a row that there is not": (chart("bar", '"1.1", "1.9"', '"amount"'), "chart[0].rows[1]", "no row `1.9`"),
    "a column that there is not": (chart("bar", '"1.1"', '"amont"'), "chart[0].columns[0]", "`1.1` has amount"),
    "a row without the column": (
        chart("bar", '"1", "1.1"', '"share"'),
        "chart[0].rows[1]",
        "the row `1.1` has no cell in the column `share`",
    ),
    "a text": (chart("bar", '"1.1"', '"basis"'), "chart[0].columns[0]", "`1.1@basis` is text; only numbers"),
    "a choice among amounts": (chart("bar", '"target", "stage"', '"value"'), "chart[0].rows[1]", "is choice"),
    "shares beside amounts": (
        chart("column", '"9.n01", "9.n02"', '"amount", "share"'),
        "chart[0].columns[1]",
        "among shares, the others are amounts",
    ),
    "numbers beside amounts": (chart("line", '"visits.001"', '"cost", "quantity"'), "chart[0].columns[1]", "numbers"),
    "a pie of two columns": (
        chart("pie", '"visits.001"', '"unit_price", "cost"'),
        "chart[0].columns",
        "found 2 series; a pie shows one",
    ),
    "a pie of two rows": (chart("pie", '"1.1", "1.2.1"', '"amount"', "columns"), "chart[0].rows", "found 2 series"),
    "a pie of many slices": (chart("pie", MANY, '"amount"'), "chart[0].rows", f"at most {MOST_SERIES}"),
    "many series": (chart("line", MANY, '"amount"', "columns"), "chart[0].rows", "found 9 series"),
    "a kind that there is not": (
        chart("area", '"1.1"', '"amount"'),
        "chart[0].kind",
        "column, bar, stacked, line, pie",
    ),
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
def test_a_sound_chart_is_taken(tmp_path: Path, text: str) -> None:
    assert len(loaded(tmp_path, text)) == 1


@pytest.mark.parametrize(("text", "place", "words"), BAD.values(), ids=BAD.keys())
def test_an_unsound_chart_is_refused_at_the_place(tmp_path: Path, text: str, place: str, words: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        loaded(tmp_path, text)
    (problem,) = caught.value.problems
    assert problem.place.endswith(f"small.toml: {place}")
    assert words in problem.message


def test_every_fault_of_every_chart_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        loaded(tmp_path, *(text for text, _, _ in list(BAD.values())[:-1]))
    assert len(caught.value.problems) == len(BAD) - 1


@pytest.mark.parametrize("name", ["图表", "charts"])
def test_no_data_sheet_has_the_name_of_the_charts(tmp_path: Path, name: str) -> None:
    file = tmp_path / "small.toml"
    file.write_text(SOUND.replace('title = { zh = "预算",', f'title = {{ zh = "{name}",'), encoding="utf-8")
    with pytest.raises(DefinitionError, match="choose another"):
        load_template(file)


def test_the_chart_of_the_authors_guide_fits_its_template(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    (template,) = re.findall("```toml\n(.*?)```", guide, re.DOTALL)
    (example,) = re.findall(r"~~~toml\n(\[\[chart\]\]\n.*?)~~~", guide, re.DOTALL)
    file = tmp_path / "travel.toml"
    file.write_text(template + example, encoding="utf-8")
    assert [one.kind for one in load_template(file).charts] == [ChartKind.COLUMN]
