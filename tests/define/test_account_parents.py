"""What stands under what: parents that are numbers, blank or contradicted; rows of totals; hints."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from crmxl.define.account_cells import Cell
from crmxl.define.account_tree import Outline, outline
from crmxl.define.accounts import AccountList, Listing, read_accounts
from crmxl.model import Text

HEADER = ("编码", "名称", "上级", "类型", "上限")


def number(text: str) -> Cell:
    return Cell(text, "number")


def read(*rows: Sequence[str | Cell]) -> AccountList:
    cells = (
        (at, tuple(Cell(one) if isinstance(one, str) else one for one in row))
        for at, row in enumerate([HEADER, *rows], 1)
    )
    found = read_accounts([Listing("a.xlsx", tuple(cells), "表", tuple("ABCDE"))])
    assert not found.problems, found.problems
    return found


def grown(*rows: Sequence[str | Cell]) -> Outline:
    return outline(read(*rows), Text("全部费用"))


def codes(found: Outline) -> list[str]:
    assert not found.problems, found.problems
    return [line.code for line in found.lines]


def said(found: Outline) -> list[str]:
    """The cells of the problems."""
    assert not found.sections
    return [problem.place.removeprefix("a.xlsx: 表!") for problem in found.problems]


def warned(found: AccountList | Outline) -> str:
    return "\n".join(map(str, found.warnings))


# -- parents -------------------------------------------------------------------------------------------------------


def test_a_parent_stored_as_a_number_is_told() -> None:
    found = read(("1.1", "甲"), ("x", "乙", number("1.1")))
    assert "C3" in warned(found) and "上级编码存成了数字" in warned(found)


def test_a_parent_that_may_have_lost_a_zero_is_refused() -> None:
    tops = (("1.1", "甲", "无"), ("1.10", "乙", "无"))
    assert said(grown(*tops, ("1.10.1", "丙", number("1.1")))) == ["C4"]
    assert said(grown(*tops, ("x", "丙", number("1.1")))) == ["C4"]
    assert codes(grown(*tops, ("1.1.1", "丙", number("1.1")), ("x", "丁", "1.10"))) == ["1.1.1", "1.10.x"]
    (problem,) = grown(("1.10", "乙", "无"), ("x", "丙", number("1.1"))).problems
    assert "1.10 会变成 1.1" in problem.message and "`1.10` meant" in problem.message


def test_a_code_loses_the_parents_code_at_a_dot_only() -> None:
    assert codes(grown(("1.1", "甲", "无"), ("1.100", "乙", "1.1"))) == ["1.1.1.100"]
    assert codes(grown(("1.1", "甲", "无"), ("1.1.100", "乙", "1.1"))) == ["1.1.100"]
    assert codes(grown(("66", "甲"), ("6601", "乙", "66"), ("660101", "丙", "6601"))) == ["66.01.01"]


def test_a_blank_parent_falls_back_on_the_code_where_other_rows_have_parents() -> None:
    found = grown(("1", "甲"), ("1.1", "乙", "1"), ("1.1.1", "丙", ""), ("1.2", "丁", ""))
    assert codes(found) == ["1.2", "1.1.1"] and [section.code for section in found.sections] == ["1"]


@pytest.mark.parametrize(
    ("rows", "cell"),
    [
        ((("1", "甲"), ("1.1", "乙", "1"), ("1.2.1", "丙", "")), "C4"),
        ((("1", "甲"), ("1.1", "乙", "1"), ("2.1", "丙", "")), "C4"),
        ((("6601", "甲"), ("660101", "乙", "6601"), ("660102", "丙", "")), "C4"),
        ((("1", "甲"), ("1.1", "乙", "1"), ("1.1.1", "丙", "1")), "C4"),
        ((("1", "甲"), ("2", "乙"), ("2.1", "丙", "1")), "C4"),
    ],
)
def test_a_parent_that_is_open_or_against_the_code_is_refused_and_no_new_section(
    rows: Sequence[Sequence[str]], cell: str
) -> None:
    found = grown(*rows)
    assert said(found) == [cell] and " · " in found.problems[0].message


def test_an_account_without_a_parent_can_say_so() -> None:
    found = grown(("6601", "甲"), ("660101", "乙", "6601"), ("660102", "丙", "无"))
    assert [section.code for section in found.sections] == ["6601", "660102"] and "660102" not in warned(found)


def test_accounts_alone_where_others_have_parents_are_told() -> None:
    found = grown(("A", "甲"), ("B", "乙", "A"), ("C", "丙", ""))
    assert [section.code for section in found.sections] == ["A", "C"] and "A4 C 丙" in warned(found)


def test_hints_are_given_for_the_first_unknown_parents_only_and_as_the_list_writes_codes() -> None:
    rows = [(f"A{at:06d}", "甲", f"A{at + 2:06d}x") for at in range(3000)]
    begun = time.perf_counter()
    found = grown(*rows)
    assert time.perf_counter() - begun < 5
    hints = [problem.message for problem in found.problems if "meant?" in problem.message]
    assert len(found.problems) == 3000 and len(hints) == 10 and "是不是“A000002”" in hints[0]


# -- totals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "total", [("1.9", "小计"), ("9", "合计"), ("1.3", "合 计"), ("99", "总计："), ("9", "Total"), ("1", "小计")]
)
def test_a_row_of_totals_with_a_code_is_left_out_and_told(total: tuple[str, str]) -> None:
    found = grown(("1", "甲"), ("1.1", "乙"), ("1.2", "丙"), total)
    assert codes(found) == ["1.1", "1.2"] and f"A5 {total[0]}" in warned(found)


def test_a_row_of_totals_with_accounts_below_it_or_bounds_is_refused() -> None:
    assert said(grown(("1", "甲"), ("1.1", "乙"), ("1.9", "小计"), ("1.9.1", "丙"))) == ["B4"]
    assert said(grown(("6601", "甲"), ("660101", "乙"), ("9", "合计"), ("901", "丙"))) == ["B4"]
    assert said(grown(("1", "甲"), ("2", "小计"), ("x", "乙", "2"))) == ["B3"]
    assert said(grown(("1", "甲"), ("2", "小计", "", "", "5"))) == ["B3"]
    assert said(grown(("1", "合计"))) == ["B2"]


def test_a_line_that_looks_like_a_total_is_refused_unless_it_is_said_to_be_money() -> None:
    assert said(grown(("1", "甲"), ("1.1", "乙"), ("1.9", "客户费用小计"))) == ["B4"]
    assert codes(grown(("1", "甲"), ("1.1", "乙"), ("1.9", "其他合计", "", "金额"))) == ["1.1", "1.9"]
    assert codes(grown(("1", "客户费用合计"), ("1.1", "乙"))) == ["1.1"]


@pytest.mark.parametrize("title", ["其中：礼品", "（其中 礼品）", "Of which gifts"])
def test_a_part_of_another_row_is_told(title: str) -> None:
    found = grown(("1", "甲"), ("1.1", "乙"), ("1.2", title))
    assert codes(found) == ["1.1", "1.2"] and "A4 1.2" in warned(found)
