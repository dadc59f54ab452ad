"""What people do to rows, columns and sheets: found by codes, ids and markers, and told where it cannot be."""

from __future__ import annotations

import pytest

from tests.gallery.edits import Person
from tests.office.driver import Book
from tests.returned.workbooks import (
    PLAN,
    SCRATCH,
    TOTAL,
    ByHand,
    Hand,
    Told,
    checked,
    content,
    cosmetics,
    told,
    words,
)


def person(book: Book) -> Person:
    """Somebody who took off the protection."""
    book.unprotect_all()
    return Person(book, cosmetics())


def column_dragged_right(book: Book) -> None:
    person(book)
    book.insert_columns(PLAN, "F")
    book.move_range(PLAN, "C1:C70", "F1")
    book.delete_columns(PLAN, "C")


def column_dragged_left(book: Book) -> None:
    person(book)
    book.insert_columns(PLAN, "C")
    book.move_range(PLAN, "F1:F70", "C1")
    book.delete_columns(PLAN, "F")


def column_inserted_before_the_codes(book: Book) -> None:
    person(book)
    book.insert_columns(PLAN, "A")


def rows_sorted(book: Book) -> None:
    person(book)
    book.sort(PLAN, "A9:Z11", "C")


def row_moved_to_another_part(book: Book) -> None:
    person(book).move_row("1.1.2", "2.1.2")


def rows_inserted_above_everything(book: Book) -> None:
    person(book)
    book.insert_rows(PLAN, 1, 3)


def sheet_renamed_and_moved(book: Book) -> None:
    actor = person(book)
    actor.rename_sheet(PLAN, "预算(终稿) 2026")
    actor.move_sheet("预算(终稿) 2026", 4)


def free_sheets_renamed(book: Book) -> None:
    person(book)
    book.rename_sheet(SCRATCH, "草稿")
    book.hide_sheet("草稿")


@pytest.mark.parametrize(
    "edit",
    [
        column_dragged_right,
        column_dragged_left,
        column_inserted_before_the_codes,
        rows_sorted,
        rows_inserted_above_everything,
        sheet_renamed_and_moved,
    ],
    ids=lambda edit: edit.__name__,
)
def test_what_only_moved_is_found_by_its_anchors(edit: Hand, by_hand: ByHand) -> None:
    report = checked(by_hand(edit))
    assert told(report) == []
    assert report.total == TOTAL


def test_amounts_sorted_alone_belong_to_the_lines_where_they_stand_now(by_hand: ByHand) -> None:
    def amounts_sorted(book: Book) -> None:
        person(book)
        book.sort(PLAN, "C9:C11", "C")

    report = checked(by_hand(amounts_sorted))
    assert [content(report, f"1.1.{n}@amount").text for n in (1, 2, 3)] == ["1000", "2000", "8000"]
    assert report.total == TOTAL


def test_a_row_among_the_lines_of_another_part_is_told_at_both_sums(by_hand: ByHand) -> None:
    report = checked(by_hand(row_moved_to_another_part))
    assert told(report) == [
        Told("S110", "费用预算!C11", "市场调研 小计·金额", "3,000.00", "11,000.00"),
        Told("S110", "费用预算!C26", "品牌包装设计 小计·金额", "17,000.00", "9,000.00"),
    ]
    assert report.total == TOTAL


def three_rows_deleted(book: Book) -> None:
    person(book)
    book.delete_rows(PLAN, 9, 11)


def test_every_line_that_was_deleted_is_named_and_nothing_else(by_hand: ByHand) -> None:
    report = checked(by_hand(three_rows_deleted))
    assert told(report) == [
        Told("S105", PLAN, "调查问卷制作与发放", "", "1.1.1"),
        Told("S105", PLAN, "市场调研员薪酬及差旅", "", "1.1.2"),
        Told("S105", PLAN, "数据分析软件订阅", "", "1.1.3"),
    ]
    assert report.blocked


def row_copied(book: Book) -> None:
    person(book).copy_row("1.1.1", "1.2.1")


def test_a_row_that_was_copied_is_named_with_both_places(by_hand: ByHand) -> None:
    report = checked(by_hand(row_copied))
    assert told(report) == [Told("S106", "费用预算!A9", "调查问卷制作与发放", "A9, A14", "1.1.1")]
    assert words(report, "zh").message == "编码 1.1.1（调查问卷制作与发放）重复出现在 A9, A14。"
    assert words(report, "en").message.startswith("Code 1.1.1 (调查问卷制作与发放) stands more than once: A9, A14")
    assert report.blocked


def row_inserted(book: Book) -> None:
    person(book)
    book.insert_rows(PLAN, 10)
    book.type_in(PLAN, "B10", "竞争对手门店走访")
    book.type_in(PLAN, "C10", "3,000")


def test_an_amount_on_an_inserted_row_is_named_at_its_cell(by_hand: ByHand) -> None:
    report = checked(by_hand(row_inserted))
    assert told(report) == [Told("S107", "费用预算!C10", "竞争对手门店走访", "3,000", "")]
    assert words(report, "zh").message == "该行没有可识别的编码，但填了“3,000”，无法计入任何项目。"
    assert words(report, "en").message == "The row has no known code but holds “3,000”, which belongs to no line."
    assert report.blocked


def copied_as_a_draft(book: Book) -> None:
    person(book)
    book.copy_sheet(PLAN, "费用预算 副本", 3)


def copied_and_the_first_hidden(book: Book) -> None:
    person(book)
    book.copy_sheet(PLAN, "费用预算 (2)", 0)
    book.hide_sheet(PLAN)


@pytest.mark.parametrize(
    ("edit", "first", "second"),
    [
        (copied_as_a_draft, "费用预算", "费用预算 副本"),
        (copied_and_the_first_hidden, "费用预算 (2)", "费用预算"),
    ],
    ids=["副本", "(2)"],
)
def test_two_copies_of_a_sheet_are_both_named_and_neither_is_guessed(
    edit: Hand, first: str, second: str, by_hand: ByHand
) -> None:
    report = checked(by_hand(edit))
    assert told(report) == [Told("S102", f"{first}!A1", PLAN, "2", "1")]
    zh, en = words(report, "zh"), words(report, "en")
    assert zh.message == f"工作表“{PLAN}”出现了 2 份：{first}、{second}；只能保留一份。"
    assert zh.fix == "请删除多余的副本后重新提交。"
    assert first in en.message and second in en.message
    assert report.blocked


def renamed_and_damaged(book: Book) -> None:
    person(book)
    book.rename_sheet(PLAN, "我的预算")
    book.insert_rows("我的预算", 7, 2)
    book.insert_columns("我的预算", "B")
    book.set("我的预算", "D11", "约300")


def test_findings_name_sheets_and_cells_as_they_are_now(by_hand: ByHand) -> None:
    report = checked(by_hand(renamed_and_damaged))
    assert told(report) == [Told("E102", "我的预算!D11", "调查问卷制作与发放·金额", "约300", "")]


def test_a_free_sheet_of_another_name_is_told_as_added(by_hand: ByHand) -> None:
    report = checked(by_hand(free_sheets_renamed))
    assert told(report) == [Told("S116", "草稿", "", "草稿", "")]
    assert words(report, "zh").message == "工作簿里增加了工作表：草稿，未读取。"
    assert report.total == TOTAL and not report.blocked
