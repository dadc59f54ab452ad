"""Account lists in real workbooks: several sheets, and cells that show another thing than they hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner

from crmxl.cli import main
from crmxl.define.template import load_template

LIST = (("编码", "名称", "上限"), ("1", "礼品", 5))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def book(formats: dict[tuple[int, int], str] | None = None, **sheets: Sequence[Sequence[Any]]) -> None:
    """a.xlsx with these sheets, cells of every sheet in these number formats."""
    with xlsxwriter.Workbook("a.xlsx") as made:
        styles = {place: made.add_format({"num_format": format}) for place, format in (formats or {}).items()}
        for name, rows in sheets.items():
            page = made.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    page.write(row, column, cell, styles.get((row, column)))


def imported(*options: str, code: int = 0) -> str:
    """What is said of the list on stderr."""
    result = CliRunner().invoke(main, ["template", "import", "a.xlsx", "--force", *options], prog_name="crmxl")
    assert result.exit_code == code, result.output
    return result.stderr


def codes() -> list[str]:
    sections = load_template(Path("a.toml")).sheets[0].sections
    return [line.values.get("account", line.code) for section in sections for line in section.lines]


def test_other_sheets_that_are_lists_are_told_and_can_be_chosen() -> None:
    book(说明=[("看下一张",)], 甲=LIST, 乙=[*LIST, ("2", "活动", 6)], 丙=LIST)
    said = imported()
    assert "乙；丙" in said and "说明" not in said and "--sheet" in said and codes() == ["1"]
    assert "--sheet" not in imported("--sheet", "乙") and codes() == ["1", "2"]


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are() -> None:
    book(甲=LIST, 乙=LIST)
    assert "没有工作表“丁”；看得到的工作表：甲、乙" in imported("--sheet", "丁", code=2)
    Path("b.csv").write_text("编码,名称\n1,甲\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["template", "import", "b.csv", "--sheet", "甲"], prog_name="crmxl")
    assert result.exit_code == 2 and "CSV 没有工作表" in result.stderr


@pytest.mark.parametrize("format", ["0%", "0.00%", "0.0%", '0"万元"', "#,##0,"])
def test_a_bound_that_a_workbook_shows_in_another_unit_is_refused(format: str) -> None:
    book({(1, 2): format}, 甲=[LIST[0], ("1", "礼品", 0.1)])
    said = imported(code=2)
    assert "a.xlsx: 甲!C2: " in said and format in said and not Path("a.toml").exists()


def test_codes_of_a_workbook_keep_the_zeros_that_are_shown() -> None:
    book({(1, 0): "0000", (2, 0): "0000"}, 甲=[("编码", "名称"), (1, "礼品"), (2, "活动")])
    assert "A2 1 → 0001" in imported() and codes() == ["0001", "0002"]


def test_a_code_that_a_workbook_rounds_or_lengthens_is_refused() -> None:
    book({(2, 0): "0.00"}, 甲=[("编码", "名称"), ("1", "客户费用"), (1.1, "礼品")])  # Excel shows 1.10
    assert "a.xlsx: 甲!A3: " in imported(code=2)


def test_a_unit_in_a_sheets_name_is_asked_for() -> None:
    book({}, **{"预算（千元）": LIST})
    assert "预算（千元）!C1: " in imported(code=2)


def test_a_title_that_comes_from_the_list_takes_no_year_and_one_that_is_given_may() -> None:
    book(甲=[("{year}年费用",), *LIST])
    assert "--title" in imported(code=2)
    imported("--title", "{year}年费用")
    assert load_template(Path("a.toml")).title.zh == "{year}年费用"
