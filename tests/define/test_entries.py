"""DATA.json is the operator's own file: exact values go in, anything else is named with its key."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from crmxl.define.entries import load_entries, take_entries
from crmxl.define.library import Library
from crmxl.define.sizes import sized
from crmxl.define.template import load_template
from crmxl.errors import CrmxlError, DefinitionError
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout, Role
from crmxl.model import Lang
from crmxl.resources import folder

PLAN = lay_out(Library().load("cosmetics-plan"), 2026)
HALF = lay_out(Library().load("annual-departments"), 2026, ("hr",), 7)

FORM = """
id = "small"
version = 1
title = { zh = "小" }
total = "total@amount"
[[sheet]]
id = "head"
kind = "form"
title = { zh = "封面" }
fields = [
  { id = "target", type = "money", title = { zh = "目标" }, issued = true },
  { id = "rate", type = "percent", title = { zh = "比例" }, issued = true },
  { id = "since", type = "date", title = { zh = "起始" }, issued = true },
  { id = "people", type = "integer", title = { zh = "人数" } },
  { id = "share", type = "percent", title = { zh = "占比" } },
  { id = "level", type = "choice", title = { zh = "级别" }, choices = ["高", "低"] },
]
[[sheet]]
id = "plan"
kind = "grid"
title = { zh = "明细" }
columns = [{ id = "amount", type = "money", total = true }]
[[sheet.section]]
code = "1"
title = { zh = "部分" }
lines = [{ code = "1.1", title = { zh = "行" } }]
"""


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    path = tmp_path_factory.mktemp("templates") / "small.toml"
    path.write_text(FORM, encoding="utf-8")
    return lay_out(load_template(path), 2026)


def load(tmp_path: Path, text: str, layout: Layout) -> tuple[dict[str, Any], dict[str, str]]:
    path = tmp_path / "data.json"
    path.write_text(text, encoding="utf-8")
    return load_entries(path, layout)


def problems(document: Any, layout: Layout) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        take_entries(document, layout, "data.json")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"1000.00"', Fraction(1000)),
        ('"0.01"', Fraction(1, 100)),
        ("1000", Fraction(1000)),
        ("1000.10", Fraction(10001, 10)),
        ("1e3", Fraction(1000)),
        ('"-5"', Fraction(-5)),
        ('"0"', Fraction(0)),
        ("0.30000000000000004", Fraction(3, 10)),
    ],
)
def test_a_plain_amount_is_taken_exactly(tmp_path: Path, text: str, value: Fraction) -> None:
    assert load(tmp_path, f'{{"1.1.1@amount": {text}}}', PLAN) == ({"1.1.1@amount": value}, {})


@pytest.mark.parametrize("text", ["null", '""'])
def test_null_and_the_empty_text_are_blank(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, f'{{"1.1.1@amount": {text}, "1.1.1@basis": {text}}}', PLAN) == ({}, {})


@pytest.mark.parametrize(
    "value", ["1,000", "1000元", "￥5", "１２", " 5", "1万", "约300", "-", "1.005", "1e5", "nan", "99999999999999"]
)
def test_an_amount_that_is_not_plain_is_refused_with_its_key(value: str) -> None:
    (problem,) = problems({"1.1.1@amount": value}, PLAN)
    assert problem.startswith("data.json: 1.1.1@amount: ") and value in problem


@pytest.mark.parametrize("text", ["true", "[1]", '{"a": 1}', "NaN", "Infinity", "1e400", "1.005", "123456789012345"])
def test_json_that_is_no_amount_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DefinitionError, match=r"1\.1\.1@amount"):
        load(tmp_path, f'{{"1.1.1@amount": {text}}}', PLAN)


def test_a_date_is_its_serial_number() -> None:
    inputs, _ = take_entries({"W1.n01@by": "2026-06-30"}, HALF, "data.json")
    assert inputs == {"W1.n01@by": Fraction(46203)}


@pytest.mark.parametrize("value", ["2026-6-30", "20260630", "2026-W26-2", "2026-02-30", "六月底", "2206-01-01", 46203])
def test_what_is_no_iso_date_of_this_century_is_refused(value: object) -> None:
    (problem,) = problems({"W1.n01@by": value}, HALF)
    assert str(value) in problem and "2026-06-30" in problem


def test_every_problem_is_told_at_once_in_file_order() -> None:
    found = problems({"1.1.9@amount": 1, "1.1.1@amount": "x", "1.1.2@amount": 2, "total@amount": 3}, PLAN)
    assert [problem.split(": ")[1] for problem in found] == ["1.1.9@amount", "1.1.1@amount", "total@amount"]


def test_near_keys_are_suggested() -> None:
    (problem,) = problems({"1.1.1@amout": 1}, PLAN)
    assert "1.1.1@amount" in problem


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("total@amount", "公式"),
        ("1.1@title", "项目名称"),
        ("1.1@amount.06", "预算期间"),
        ("2.1@amount", "没有这个单元格"),
        ("first_month", "--first-month"),
        ("rows", "--rows"),
        ("parts", "--parts"),
    ],
)
def test_only_what_a_unit_or_the_group_fills_can_be_filled(key: str, said: str) -> None:
    (problem,) = problems({key: "1"}, HALF)
    assert said in problem


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"1\.1\.1@amount: 这个键写了两次"):
        load(tmp_path, '{"1.1.1@amount": 1, "1.1.1@amount": 2}', PLAN)


def test_numbers_are_no_texts_and_choices_are_held(form: Layout) -> None:
    assert len(problems({"1.1.1@basis": 5}, PLAN)) == 1
    assert take_entries({"level@value": "高"}, form, "x")[0] == {"level@value": "高"}
    (problem,) = problems({"level@value": "中"}, form)
    assert "高, 低" in problem


def test_other_numbers_keep_the_places_of_their_type(form: Layout) -> None:
    inputs, _ = take_entries({"people@value": 12, "share@value": "0.125"}, form, "x")
    assert inputs == {"people@value": Fraction(12), "share@value": Fraction(1, 8)}
    assert len(problems({"people@value": "1.5", "share@value": "12.5%"}, form)) == 2


def test_issued_fields_are_parameters_as_an_assignment_keeps_them(form: Layout) -> None:
    given = {"target@value": "600000000.00", "rate@value": "0.0005", "since@value": "2026-01-01"}
    inputs, parameters = take_entries(given, form, "x")
    assert not inputs
    assert parameters == {"target": "600000000", "rate": "0.0005", "since": "2026-01-01"}


def test_the_group_may_issue_more_than_a_unit_may_enter(form: Layout) -> None:
    assert take_entries({"target@value": "500000000000"}, form, "x")[1] == {"target": "500000000000"}
    assert len(problems({"1.1@amount": "500000000000"}, form)) == 1


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '"a"', "5", '{"a": ' + "9" * 5000 + "}", "[" * 100_000])
def test_a_file_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CrmxlError, match=r"data\.json"):
        load(tmp_path, text, PLAN)


def test_a_file_that_is_not_there_or_no_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CrmxlError, match="无法读取"):
        load_entries(tmp_path / "none.json", PLAN)
    (tmp_path / "gbk.json").write_bytes('{"1.1.1@basis": "测算"}'.encode("gbk"))
    with pytest.raises(CrmxlError, match="UTF-8"):
        load_entries(tmp_path / "gbk.json", PLAN)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_problems_are_told_in_the_workbooks_language(lang: Lang) -> None:
    layout = lay_out(PLAN.template, 2026, lang=lang)
    (problem,) = problems({"total@amount": 1}, layout)
    assert problem.isascii() == (lang == "en")


def test_every_sample_loads() -> None:
    root = folder("samples")
    for unit in json.loads((root / "units.json").read_text(encoding="utf-8")):
        template = sized(Library().load(unit["template"]), unit.get("rows", {}))
        layout = lay_out(template, unit["year"], tuple(unit.get("parts", ())), unit.get("first_month", 1))
        inputs, parameters = load_entries(root / unit["file"], layout)
        assert len(inputs) > 5, unit["file"]
        assert all(layout.cells[f"{name}@value"].role is Role.ISSUED for name in parameters), unit["file"]
