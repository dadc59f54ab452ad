"""What a budget holder reads: one code says different things of different mistakes, in both languages."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from crmxl.catalogue import word
from crmxl.check.rules.entry import _path
from crmxl.expression import Value
from crmxl.model import Finding, Key, Place
from tests.check.test_rules import ANNUAL, COSMETICS, Edit, checked, place, typing

AMOUNT, TOTAL = "1.1.1@amount", "total@amount"
OWN: dict[Key, Value] = {"1.n01@amount": Fraction(12), "1.n01@amount.12": Fraction(12)}
PLAN: dict[Key, Value] = {
    "1.1@amount": Fraction(0),
    "W1.n01@title": "招聘",
    "W1.n01@measure": "到岗",
    "W1.n01@by": Fraction(46203),
}


def only(tmp_path: Path, edit: Edit | None, inputs: dict[Key, Value] | None = None, layout: Any = COSMETICS) -> Finding:
    (found,) = (one for one in checked(tmp_path, edit, inputs, layout).findings if one.code != "F110")
    return found


def said(found: Finding) -> tuple[str, str]:
    worded = word(found, "zh")
    return worded.message, worded.fix


@pytest.mark.parametrize(
    ("edit", "variant", "message"),
    [
        (
            typing("1.1@amount", 2500),
            "typed",
            "公式被直接键入的数字盖住：显示 2,500.00，应为 1,000.00，相差 1,500.00（下发公式 =SUM(C9:C11)）。",
        ),
        (
            typing("1.1@amount", "=SUM(C9:C10)+1"),
            "",
            "公式被改动：下发公式 =SUM(C9:C11)，现为 =SUM(C9:C10)+1；显示 1,001.00，应为 1,000.00，相差 1.00。",
        ),
        (typing("1.1@amount", None), "cleared", "公式被清空，应为 1,000.00（下发公式 =SUM(C9:C11)）。"),
        (typing("1.1.1@_fault", 0), "helper-pasted", "该行的自动检查公式被粘贴为数值。"),
    ],
)
def test_a_changed_formula_is_told_as_what_was_done_to_it(
    edit: Edit, variant: str, message: str, tmp_path: Path
) -> None:
    found = only(tmp_path, edit)
    if variant:
        assert (found.code, found.variant, said(found)[0]) == ("S110", variant, message)
    else:  # openpyxl saves no result, so nothing is shown that could differ
        assert said(found)[0].startswith(message.partition("；")[0])


def test_a_text_over_a_formula_has_no_difference_and_a_long_formula_is_shortened(tmp_path: Path) -> None:
    found = only(tmp_path, typing("flag@result", "好"))
    message, _ = said(found)
    assert found.variant == "overwritten" and message.startswith("公式被直接键入的内容盖住：显示“好”，应为“通过”")
    assert "相差" not in message and message.endswith("…）。") and len(message) < 140


@pytest.mark.parametrize(
    ("typed", "expected", "fix"),
    [
        (-5, "不得小于 0.00", "请改为允许范围内的数；冲减请在对应项目行直接减少金额。"),
        ("-", "0.00", "请确认；没有预算请填 0 或清空。"),
        ("1,000元", "1,000.00", "请确认，并改填为纯数字 1,000.00；工作簿自己的合计不包含文本。"),
    ],
)
def test_the_remedy_fits_what_was_typed_into_an_amount(typed: object, expected: str, fix: str, tmp_path: Path) -> None:
    found = only(tmp_path, typing(AMOUNT, typed))
    assert (word(found, "zh").expected, said(found)[1]) == (expected, fix)


def test_a_date_is_asked_for_as_a_date(tmp_path: Path) -> None:
    found = only(tmp_path, typing("W1.n01@by", "2026年6月30日", ANNUAL), PLAN, ANNUAL)
    assert said(found) == ("填的是“2026年6月30日”，已按 2026-06-30 计入。", "请确认，并改填为日期 2026-06-30。")


def test_a_line_without_a_name_is_asked_for_its_name(tmp_path: Path) -> None:
    assert said(only(tmp_path, None, OWN, ANNUAL))[0] == "“项目名称”必须填写，该行已填内容。"


def test_a_blank_form_is_no_cells_mistake(tmp_path: Path) -> None:
    found = only(tmp_path, None, {})
    assert (found.code, found.place, found.key) == ("E115", Place("费用预算"), "")


def test_a_text_that_is_too_long_is_counted_not_repeated(tmp_path: Path) -> None:
    assert said(only(tmp_path, typing("1.1.1@basis", "长" * 2550)))[0] == "文字过长：共 2,550 个字，最多 2,000 个。"


@pytest.mark.parametrize(
    ("layout", "key", "inputs", "words"),
    [(COSMETICS, "2.3.2@title", None, "没有空白行"), (ANNUAL, "1.1@title", PLAN, "请用预留的空白行")],
)
def test_blank_lines_are_named_only_where_there_are_any(
    layout: Any, key: Key, inputs: dict[Key, Value] | None, words: str, tmp_path: Path
) -> None:
    assert words in said(only(tmp_path, typing(key, "别的", layout), inputs, layout))[1]


def test_the_total_row_is_missed_by_its_name(tmp_path: Path) -> None:
    sheet, cell = place(TOTAL)
    report = checked(tmp_path, lambda book: book[sheet].delete_rows(int(cell[1:])))
    assert "找不到“总计”行。" in [said(found)[0] for found in report.findings]


def test_a_subtotal_row_is_missed_with_the_name_of_its_group(tmp_path: Path) -> None:
    sheet, cell = place("1.1@amount")
    report = checked(tmp_path, lambda book: book[sheet].__setitem__(f"A{cell[1:]}", None))
    heading = COSMETICS.headings["1.1"].partition("　")[2]
    assert f"找不到“{heading} 小计”行。" in [said(found)[0] for found in report.findings]


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("file:///C:/%E9%A2%84%E7%AE%97/a%20b.xlsx", r"C:\预算\a b.xlsx"),
        ("file:///C:\\预算\\a.xlsx", r"C:\预算\a.xlsx"),
        ("file://server/share/a.xlsx", r"\\server\share\a.xlsx"),
        ("file:////server/share/a.xlsx", r"\\server\share\a.xlsx"),
        ("file:///home/u/a.xlsx", "/home/u/a.xlsx"),
        ("%E9%A2%84%E7%AE%97.xlsx", "预算.xlsx"),
        ("a%0Ab.xlsx", "a?b.xlsx"),
        ("https://x.cn/a.xlsx", "https://x.cn/a.xlsx"),
    ],
)
def test_a_linked_file_is_named_by_its_path(target: str, path: str) -> None:
    assert _path(target) == path
