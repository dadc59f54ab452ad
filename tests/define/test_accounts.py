"""Account lists as people keep them: what stands above and below the header, codes of every habit, bounds, levels."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from crmxl.define.account_cells import Cell
from crmxl.define.account_tree import Outline, outline
from crmxl.define.accounts import AccountList, Listing, Merge, read_accounts
from crmxl.model import Section, Text

WHOLE = Text("全部费用")
LETTERS = tuple("ABCDEFGHIJ")


def listing(*rows: Sequence[str | Cell], merges: Sequence[Merge] = (), hidden: Sequence[int] = ()) -> Listing:
    """The rows as they stand in a sheet, from row 1."""
    cells = ((at, tuple(Cell(one) if isinstance(one, str) else one for one in row)) for at, row in enumerate(rows, 1))
    return Listing("a.xlsx", tuple(cells), "表", LETTERS, tuple(merges), frozenset(hidden))


def read(*rows: Sequence[str | Cell], header: Sequence[str] = ("编码", "名称")) -> AccountList:
    return read_accounts([listing(header, *rows)])


def grown(*codes: str, parents: Sequence[str] = ()) -> Outline:
    """The outline of accounts with these codes, and parents where they are given."""
    header = ("编码", "名称", *(["上级"] if parents else []))
    rows = [(code, f"科目{code}", *([parents[at]] if parents else [])) for at, code in enumerate(codes)]
    found = read(*rows, header=header)
    assert not found.problems, found.problems
    return outline(found, WHOLE)


def shape(sections: Sequence[Section]) -> dict[str, object]:
    """Codes of the lines by section and group."""
    return {
        section.code: [line.code for line in section.lines]
        + [{group.code: [line.code for line in group.lines]} for group in section.groups]
        for section in sections
    }


def said(found: AccountList | Outline) -> list[tuple[str, str]]:
    """Cell and message of each problem."""
    return [(problem.place.removeprefix("a.xlsx: 表!"), problem.message) for problem in found.problems]


def warned(found: AccountList) -> str:
    return "\n".join(map(str, found.warnings))


# -- rows ----------------------------------------------------------------------------------------------------------


def test_the_header_is_found_below_titles_and_units_and_the_first_title_is_the_lists() -> None:
    found = read_accounts(
        [listing(("客户费用科目表", ""), ("单位：元", ""), ("", ""), ("科目编码", "科目名称"), ("1", "礼品"))]
    )
    assert found.title == "客户费用科目表" and [(one.row, one.code) for one in found.accounts] == [(5, "1")]


@pytest.mark.parametrize(
    "header",
    [
        ("code", "title", "parent", "type", "min", "max"),
        ("Code", "Title", "Parent", "Type", "Min ", "MAX"),
        ("科目 编码", "科目名称*", "上级科目编码", "科目类型", "最小值（元）", "上限(元)"),
        ("科目代码/Code", "科目名称/Name", "上级/Parent", "类型/Type", "下限/Min", "上限/Max"),
    ],
    ids=" ".join,
)
def test_headings_may_be_chinese_or_english_or_both(header: Sequence[str]) -> None:
    (one, _) = read(("A", "甲", "B", "金额", "1.5", "20,000"), ("B", "乙", "", "合计", "", ""), header=header).accounts
    assert (one.code, one.title.zh, one.parent, one.heading, one.low, one.high) == (
        *("A", "甲", "B", False),
        Fraction("1.5"),
        Fraction(20000),
    )


def test_a_header_may_have_two_rows_with_the_unit_in_the_upper_one() -> None:
    found = read_accounts(
        [listing(("编码", "名称", "预算区间（万元）", ""), ("", "", "下限", "上限"), ("1", "礼品", "1.5", "20"))]
    )
    assert not found.problems and not found.warnings
    assert (found.accounts[0].low, found.accounts[0].high) == (Fraction(15000), Fraction(200000))


def test_a_list_without_a_header_is_told_with_what_stands_there() -> None:
    (one,) = said(read_accounts([listing(("6601", "客户费用"))]))
    assert "编码" in one[1] and "客户费用" in one[1]


def test_the_first_sheet_that_has_a_header_is_the_list() -> None:
    found = read_accounts([listing(("说明",)), listing(("编码", "名称"), ("1", "礼品"))])
    assert [one.code for one in found.accounts] == ["1"]


def test_totals_remarks_repeated_headers_and_blank_rows_are_no_accounts() -> None:
    found = read(
        ("1", "礼品"), ("", " "), ("编码", "名称"), ("合计", ""), ("", "总计"), ("注：样例", ""), ("", "制表人：王")
    )
    assert [one.code for one in found.accounts] == ["1"] and not found.problems
    assert "4；5；6；7；8" in warned(found)


def test_a_row_without_code_or_title_is_a_problem_and_not_passed_over() -> None:
    assert [cell for cell, _ in said(read(("", "编制费用"), ("2", ""), ("3", "丙")))] == ["A2", "B3"]


def test_all_problems_are_told_at_once_each_at_its_cell() -> None:
    header = ("编码", "名称", "类型", "下限", "上限", "标签", "空白行")
    found = read(("一、", "甲", "收入", "5", "3", "自有", "many"), ("2", "乙", "", "-1", "1万", "", ""), header=header)
    assert sorted(cell for cell, _ in said(found)) == ["A2", "C2", "D2", "D3", "E3", "F2", "G2"]
    assert all(" · " in message for _, message in said(found))


def test_columns_that_mean_the_same_or_nothing_are_told() -> None:
    found = read(("1", "甲", "x", "y"), header=("编码", "名称", "科目名称", "余额方向"))
    assert [cell for cell, _ in said(found)] == ["C1"] and "余额方向" in warned(found)


def test_merged_cells_among_the_accounts_are_refused_and_those_above_are_not() -> None:
    rows = (("科目表", ""), ("编码", "名称"), ("1", "甲"), ("", "乙"))
    found = read_accounts([listing(*rows, merges=[(1, 0, 1, 1), (3, 0, 4, 0)])])
    assert [cell for cell, _ in said(found)] == ["A3:A4"]


def test_hidden_rows_count_and_are_told() -> None:
    found = read_accounts([listing(("编码", "名称"), ("1", "甲"), ("2", "乙"), hidden=[3])])
    assert len(found.accounts) == 2 and "隐藏的行也算：3" in warned(found)


# -- cells ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("６６０１．０１", "6601.01"),
        (" 6601\u00a001", "660101"),
        ("6601－01", "6601-01"),
        ("1.1.", "1.1"),
        ("\u200b66", "66"),
        ("1、", "1"),
    ],
)
def test_a_code_that_was_put_right_is_told_with_its_cell(typed: str, code: str) -> None:
    found = read((typed, "甲"))
    assert found.accounts[0].code == code and not found.problems
    assert f"A2 {typed}".replace("\u200b", "<U+200B>") in warned(found) and f"→ {code}" in warned(found)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (Cell("2026-01-01", "day"), "日期"),
        (Cell("1234567890123456789", "number"), "尾数"),
        (Cell("6.60101E+11"), "尾数"),
        (Cell("销售"), "字母"),
        (Cell("1..1"), "字母"),
        (Cell("a" * 41), "40"),
        (Cell("", wrong="公式没有计算结果 · no value"), "公式"),
    ],
)
def test_a_code_that_nobody_can_be_sure_of_is_refused(cell: Cell, words: str) -> None:
    ((place, message),) = said(read((cell, "甲")))
    assert place == "A2" and words in message


def test_codes_stored_as_numbers_are_told_and_a_lost_1_10_is_explained() -> None:
    rows: list[tuple[str | Cell, str]] = [("1", "甲"), (Cell("1.1", "number"), "乙"), ("1.2", "丙")]
    assert "A3" in warned(read(*rows)) and "1.10" in warned(read(*rows))
    ((place, message),) = said(outline(read(*rows, (Cell("1.1", "number"), "丁")), WHOLE))
    assert place == "A5" and "1.10" in message and "第 3 行" in message


@pytest.mark.parametrize(
    ("heading", "cell", "bound"),
    [
        ("上限", Cell("20000.5", "number"), Fraction("20000.5")),
        ("上限", Cell("20,000"), Fraction(20000)),
        ("上限（万元）", Cell("2.00005", "number"), Fraction("20000.5")),
        ("上限", Cell("0"), Fraction(0)),
        ("上限", Cell("—"), None),
        ("上限", Cell("不限"), None),
        ("上限", Cell(" "), None),
    ],
)
def test_bounds_are_exact_and_in_yuan(heading: str, cell: Cell, bound: Fraction | None) -> None:
    found = read(("1", "甲", cell), header=("编码", "名称", heading))
    assert found.accounts[0].high == bound and not found.problems


@pytest.mark.parametrize("text", ["2万", "1.005", "-5", "1e5", "约300", "1000000000000"])
def test_what_is_no_amount_is_no_bound(text: str) -> None:
    assert [cell for cell, _ in said(read(("1", "甲", text), header=("编码", "名称", "上限")))] == ["C2"]


def test_a_unit_that_stands_above_the_header_only_is_asked_for() -> None:
    found = read_accounts([listing(("单位：万元",), ("编码", "名称", "上限"), ("1", "甲", "5"))])
    assert [cell for cell, _ in said(found)] == ["C2"]


def test_titles_keep_every_sign_that_can_be_seen() -> None:
    title = "“A\\B”'\"{#}=@（一）"
    found = read(("1", f" {title}\u3000"), ("2", "差\u202e旅\n费"))
    assert [one.title.zh for one in found.accounts] == [title, "差旅 费"] and "B3" in warned(found)


# -- levels --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (("1", "1.1", "1.1.1", "1.10", "1.10.1"), {"1": [{"1.1": ["1.1.1"]}, {"1.10": ["1.10.1"]}]}),
        (("6601", "660101", "66010101"), {"6601": [{"6601.01": ["6601.01.01"]}]}),
        (("6601", "6601001", "6601001001"), {"6601": [{"6601.001": ["6601.001.001"]}]}),
        (("6601", "66010101", "66010102"), {"6601": ["6601.0101", "6601.0102"]}),
        (("66010101", "660101", "6601"), {"6601": [{"6601.01": ["6601.01.01"]}]}),
        (("A", "A01", "A0101"), {"A": [{"A.01": ["A.01.01"]}]}),
        (("6601", "6601-01", "6601-01/1"), {"6601": [{"6601.01": ["6601.01.1"]}]}),
        (("1", "1.1", "2"), {"1": ["1.1"], "2": ["2.1"]}),
        (("6601", "660101", "6602"), {"6601": ["6601.01"], "6602": ["6602.01"]}),
        (("1", "1.1", "10", "10.1"), {"1": ["1.1"], "10": ["10.1"]}),
        (("101", "102"), {"1": ["1.101", "1.102"]}),
        (("6601",), {"6601": ["6601.01"]}),
        (("1", "1.1", "1.1.1", "1.1.1.1", "1.1.1.2.".strip(".")), {"1": [{"1.1": ["1.1.1.1", "1.1.1.2"]}]}),
    ],
)
def test_codes_say_what_stands_under_what(codes: Sequence[str], expected: object) -> None:
    found = grown(*codes)
    assert not found.problems and shape(found.sections) == expected


def test_a_list_with_parents_goes_by_them_by_code_or_by_title() -> None:
    found = grown("A", "6601", "660101", "7", parents=("", "科目A", "6601", "6601"))
    assert not found.problems and shape(found.sections) == {"A": [{"A.6601": ["A.6601.01", "A.6601.7"]}]}


@pytest.mark.parametrize(
    ("codes", "cells"),
    [
        (("1", "1.1.1"), ["A3"]),
        (("1.1", "1.2"), ["A2", "A3"]),
        (("6601", "660101", "670201"), ["A4"]),
        (("6601", "660101", "66020101"), ["A4"]),
        (("6601", "660101", "66010101", "66019901"), ["A5"]),
        (tuple(map(str, range(1, 12))), ["A11", "A12"]),
        (("1", "1.1", "101"), ["A4"]),
        (("1", "2", "1"), ["A4"]),
        (("a", "b", "A"), ["A4"]),
    ],
)
def test_what_codes_do_not_say_is_asked_and_never_guessed(codes: Sequence[str], cells: Sequence[str]) -> None:
    found = grown(*codes)
    assert [cell for cell, _ in said(found)] == cells and not found.sections


def test_unknown_parents_and_circles_are_told() -> None:
    assert [cell for cell, _ in said(grown("A", "B", parents=("", "C")))] == ["C3"]
    ((place, message),) = said(grown("A", "B", "C", "D", parents=("B", "C", "A", "A")))
    assert place == "C2" and "A → B → C → A" in message


def test_parents_are_judged_beside_other_problems() -> None:
    header = ("编码", "名称", "上级")
    found = read(("A", "甲", "Z"), ("A", "乙", ""), ("B", "丙", "C"), ("C", "丁", "B"), ("二", "戊", ""), header=header)
    assert [cell for cell, _ in said(found)] == ["A6"]
    assert [cell for cell, _ in said(outline(found, WHOLE))] == ["A3", "C2", "C4"]


def test_deeper_levels_join_their_titles_under_the_group() -> None:
    header = ("编码", "名称", "英文", "标签")
    rows = [
        ("1", "甲", "", "own"),
        ("1.1", "乙", "", ""),
        ("1.1.1", "媒体", "Media", "ads"),
        ("1.1.1.1", "线上", "Online", ""),
    ]
    (line,) = outline(read(*rows, header=header), WHOLE).lines
    assert (line.code, line.title, line.tags) == ("1.1.1.1", Text("媒体—线上", "Media – Online"), ("own", "ads"))


def test_every_changed_code_is_told_and_the_lists_own_stands_on_each_line() -> None:
    found = grown("6601", "660101", "6602")
    assert found.renamed == (("660101", "6601.01", "科目660101"), ("6602", "6602.01", "科目6602"))
    assert [line.values["account"] for line in found.lines] == ["660101", "6602"]
    assert not grown("1", "1.1").renamed and not grown("1", "1.1").lines[0].values


@pytest.mark.parametrize(
    ("rows", "cell"),
    [
        ([("1", "甲", "合计", "")], "C2"),
        ([("1", "甲", "金额", "2")], "D2"),
        ([("1", "甲", "", ""), ("1.1", "乙", "", ""), ("1.1.1", "丙", "", "2")], "D4"),
        ([("1", "甲", "", "1"), ("1.n01", "乙", "", "")], "A3"),
        ([("total", "甲", "", "1")], "A2"),
    ],
)
def test_what_cannot_be_a_row_of_a_template_is_refused(rows: Sequence[Sequence[str]], cell: str) -> None:
    found = outline(read(*rows, header=("编码", "名称", "类型", "空白行")), WHOLE)
    assert [place for place, _ in said(found)] == [cell]


def test_a_nested_code_that_gets_too_long_or_repeats_is_refused() -> None:
    deep = [f"{at:02d}" + "x" * 16 for at in range(4)]
    assert [cell for cell, _ in said(grown(*deep, parents=("", *deep[:3])))] == ["A4"]
    assert [cell for cell, _ in said(grown("A", "A01", "01", parents=("", "A", "A")))] == ["A4"]


def test_a_long_chain_of_parents_is_refused_and_not_followed_to_the_end() -> None:
    codes = [f"c{at}" for at in range(3000)]
    assert len(grown(*codes, parents=("", *codes[:-1])).problems) == 1
