"""What stands where nobody looks: outside the form, in hidden or filtered rows, under a merge, beyond the dimension."""

from __future__ import annotations

import re
import time

import pytest
from openpyxl import Workbook

from tests.gallery import package
from tests.office.driver import Book
from tests.returned.workbooks import (
    PLAN,
    TOTAL,
    ByHand,
    Told,
    by_program,
    checked,
    content,
    in_xml,
    sent,
    told,
    words,
)

FAR = {"A1048576": "备注", "XFD1048576": " ", "XFD9": "x", "M500000": "见附件"}
"""Texts far outside the form; a space is nothing to tell of."""


def stray(book: Workbook) -> None:
    for cell, text in FAR.items():
        book[PLAN][cell] = text


def test_texts_far_outside_the_form_are_a_note_at_most() -> None:
    report = checked(by_program(stray))
    notes = [one for one in told(report) if one.code != "F110"]
    assert notes == [Told("S113", "费用预算!XFD9", "", "3", "")]
    (found,) = (found for found in report.findings if found.code == "S113")
    assert found.severity == "info"
    assert found.values["example"] == "费用预算!XFD9"
    assert report.total == TOTAL and not report.blocked


def test_a_cell_in_the_last_row_costs_no_time() -> None:
    near, far = by_program(lambda book: None), by_program(stray)

    def seconds(data: bytes) -> float:
        start = time.perf_counter()
        checked.__wrapped__(data)
        return time.perf_counter() - start

    assert min(seconds(far) for _ in range(3)) < 2 * min(seconds(near) for _ in range(3)) + 0.1


@pytest.mark.parametrize("dimension", ["A1", "A1:B2", "A1:XFD1048576"])
def test_a_wrong_dimension_is_ignored(dimension: str) -> None:
    def edit(parts: package.Parts) -> None:
        for name in list(parts):
            if name.startswith("xl/worksheets/sheet"):
                new = f'<dimension ref="{dimension}"/>'.encode()
                parts[name], count = re.subn(rb"<dimension [^>]*/>", new, parts[name])
                assert count == 1

    report = checked(in_xml(edit))
    assert told(report) == []
    assert report.total == TOTAL


def hidden(book: Book) -> None:
    book.unprotect_all()
    book.hide_rows(PLAN, 9, 11)
    book.hide_columns(PLAN, "E")


def test_hidden_amounts_count_and_their_rows_and_columns_are_listed(by_hand: ByHand) -> None:
    report = checked(by_hand(hidden))
    assert told(report) == [Told("S114", "费用预算!C9", "", "第 9、10、11 行，E 列", "")]
    assert words(report, "zh").message == "工作表“费用预算”有隐藏的填报内容：第 9、10、11 行，E 列，已照常计入。"
    assert words(report, "zh").fix == "请取消隐藏并核对；如不应计入请清空。"
    assert report.total == TOTAL and not report.blocked


def filtered(book: Workbook) -> None:
    page = book[PLAN]
    page.auto_filter.ref = "A7:E62"
    page.auto_filter.add_filter_column(2, ["1000"])
    for row in range(10, 12):
        page.row_dimensions[row].hidden = True


def test_amounts_that_a_filter_hides_count_and_are_listed() -> None:
    report = checked(by_program(filtered))
    assert [one for one in told(report) if one.code != "F110"] == [Told("S114", "费用预算!C10", "", "第 10、11 行", "")]
    assert report.total == TOTAL


def merged(book: Book) -> None:
    book.unprotect_all()
    book.merge(PLAN, "C9:C11")
    book.merge(PLAN, "A1:B1")


def test_merged_amounts_are_an_error_that_names_the_area(by_hand: ByHand) -> None:
    report = checked(by_hand(merged))
    assert told(report) == [Told("S111", "费用预算!C9:C11", "调查问卷制作与发放·金额", "C9:C11", "")]
    assert words(report, "zh").message == "单元格区域 C9:C11 被合并，合并后只剩左上角的值。"
    assert words(report, "en").message == "The cells C9:C11 are merged; only the top-left value remains."
    assert words(report, "zh").fix == "请取消合并，并逐格填写。"
    assert report.blocked


def test_a_value_under_a_merge_is_read_as_it_stands_in_the_file() -> None:
    def edit(parts: package.Parts) -> None:
        path = package.sheet_path(parts, PLAN)
        merge = rb'\g<0><mergeCells count="1"><mergeCell ref="C9:C10"/></mergeCells>'
        parts[path], count = re.subn(rb"<sheetProtection [^>]*/>", merge, parts[path])
        assert count == 1

    report = checked(in_xml(edit))
    assert [(one.code, one.found) for one in told(report)] == [("S111", "C9:C10")]
    assert content(report, "1.1.2@amount").text == "8000"


def test_the_workbook_as_it_was_sent_has_nothing_of_all_this() -> None:
    report = checked(sent())
    assert told(report) == []
    assert report.total == TOTAL
