"""What a unit did to its workbook is found at its cell; what does no harm reads the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from crmxl.define.names import LANGS
from tests.receive.returned import (
    ASSIGNMENT,
    FORM,
    INPUTS,
    LIST,
    PLAN,
    Edit,
    edited,
    findings,
    issued,
    reading,
    table,
    values,
)

Facts = list[tuple[str, str, str, str]]


def on(sheet: str, change: object) -> Edit:
    """``change`` applied to one sheet."""

    def edit(book: Workbook) -> None:
        change(book[sheet])  # type: ignore[operator]

    return edit


def put(sheet: str, **cells: object) -> Edit:
    """Values typed into cells."""

    def change(page: Worksheet) -> None:
        for cell, value in cells.items():
            page[cell].value = value

    return on(sheet, change)


def copy_of(sheet: str, name: str) -> Edit:
    def edit(book: Workbook) -> None:
        book.copy_worksheet(book[sheet]).title = name

    return edit


def hide_row(page: Worksheet) -> None:
    page.row_dimensions[9].hidden = True
    page.row_dimensions[14].hidden = True  # nothing typed there
    page.column_dimensions["Q"].hidden = True


def hide_tab(page: Worksheet) -> None:
    page.sheet_state = "hidden"


def insert_coded_row(page: Worksheet) -> None:
    page.insert_rows(11)
    page["A11"] = "1.1.9"
    page["B11"] = "自加项目"
    page["C11"] = 500


CASES: dict[str, tuple[Edit, Facts]] = {
    "a sheet that is gone": (lambda book: book.remove(book[LIST]), [("S101", "", "", "")]),
    "a marker that is gone": (put(LIST, A1=None), [("S101", "", "", ""), ("S116", LIST, "", LIST)]),
    "a sheet copied": (copy_of(LIST, "活动清单 (2)"), [("S102", LIST, "A1", "2")]),
    "a marker twice on one sheet": (put(LIST, C1="crmxl:acts", C2="#"), [("S102", LIST, "A1", "2")]),
    "a marker typed into a cell": (put(PLAN, Q9="crmxl:plan"), []),
    "a column deleted": (on(PLAN, lambda page: page.delete_cols(17)), [("S103", PLAN, "", "")]),
    "an id blanked": (put(LIST, C2=None), [("S103", LIST, "", ""), ("S113", LIST, "C8", "1")]),
    "the row of ids gone": (put(LIST, A2=None), [("S103", LIST, "A1", "")]),
    "a column twice": (put(PLAN, AB2="amount"), [("S104", PLAN, "C2", "C2, AB2")]),
    "a row deleted": (on(PLAN, lambda page: page.delete_rows(14)), [("S105", PLAN, "", "")]),
    "a code retyped as a number": (put(PLAN, A28=2.1), [("S105", PLAN, "", ""), ("S107", PLAN, "C28", "33")]),
    "a code with another's number": (put(PLAN, A27=2.1), [("S105", PLAN, "", "")]),
    "a code by formula": (put(PLAN, A9="=A10"), [("S105", PLAN, "", ""), ("S107", PLAN, "C9", "1,000")]),
    "a code twice": (put(PLAN, A14="1.1.1"), [("S106", PLAN, "A9", "A9, A14"), ("S105", PLAN, "", "")]),
    "a row inserted with an amount": (on(PLAN, insert_coded_row), [("S107", PLAN, "C11", "500")]),
    "an amount on a heading": (put(PLAN, D8=1, F8=2, C8="x"), [("S107", PLAN, "D8", "1")]),
    "an amount in the header": (put(PLAN, C6=5), [("S107", PLAN, "C6", "5")]),
    "an amount above the first line": (
        on(PLAN, lambda page: (page.insert_rows(9), page.__setitem__("C9", "１２"))),
        [("S107", PLAN, "C9", "１２")],
    ),
    "a formula on a heading": (put(PLAN, C8="=SUM(C9:C11)"), [("S107", PLAN, "C8", "=SUM(C9:C11)")]),
    "a number on a total, where there is no cell": (put(PLAN, Q31=5), [("S107", PLAN, "Q31", "5")]),
    "a record below the list": (put(LIST, B10="发布会", C10=3), [("S107", LIST, "C10", "3")]),
    "remarks": (
        put(PLAN, Q31="见附件", B36="制表说明", AD9=1, C37="  ", F37="\u200b", B26="2　广告"),
        [("S113", PLAN, "AD9", "3")],
    ),
    "a figure above the header": (put(PLAN, G4=13800138000), [("S113", PLAN, "G4", "1")]),
    "the signature filled in": (put(PLAN, B33="编制人：张三　　审核人：李四", C33=None), []),
    "inputs merged": (on(PLAN, lambda page: page.merge_cells("C9:C10")), [("S111", PLAN, "C9:C10", "C9:C10")]),
    "labels merged": (on(PLAN, lambda page: page.merge_cells("A7:B7")), []),
    "hidden entries": (on(PLAN, hide_row), [("S114", PLAN, "C9", "row 9, column Q")]),
    "a hidden sheet": (on(FORM, hide_tab), [("S114", FORM, "C7", "the whole sheet")]),
    "a closed month": (put(PLAN, D9=8, E9=" "), [("S115", PLAN, "D9", "8")]),
    "added sheets": (lambda book: list(map(book.create_sheet, ("附表", "底稿"))), [("S116", "附表", "", "附表, 底稿")]),
    "a renamed sheet": (lambda book: setattr(book[PLAN], "title", "2026预算(终)"), []),
    "rows moved": (on(PLAN, lambda page: page.move_range("A9:Y9", rows=100)), []),
    "a column inserted": (on(PLAN, lambda page: page.insert_cols(3)), []),
    "rows inserted at the top": (on(PLAN, lambda page: page.insert_rows(1, 3)), []),
    "a space at the end of the sheet": (put(PLAN, XFD1048576=" "), []),
    "sheets in another order": (lambda book: book.move_sheet(PLAN, 3), []),
}
SAME = ("renamed", "moved", "inserted", "space", "order", "merged", "hidden", "added", "remarks", "signature", "closed")


@pytest.mark.parametrize("name", CASES)
def test_every_case_gives_its_findings_at_their_cells(name: str, tmp_path: Path) -> None:
    edit, facts = CASES[name]
    assert table(reading(tmp_path, edited(edit))) == facts


@pytest.mark.parametrize("name", [name for name in CASES if any(word in name for word in SAME)])
def test_what_does_no_harm_reads_the_same(name: str, tmp_path: Path) -> None:
    edit, _ = CASES[name]
    submission = reading(tmp_path, edited(edit))
    lost = {"1.1.2@amount"} if name == "inputs merged" else set()  # openpyxl drops the value under the merge
    assert values(submission) == {key: value for key, value in INPUTS.items() if key not in lost}


def test_findings_name_the_title_and_what_is_expected(tmp_path: Path) -> None:
    submission = reading(tmp_path, edited(on(PLAN, lambda page: (page.delete_rows(14), page.delete_cols(6)))))
    found = {(f.code, f.place.title, f.expected) for f in findings(submission)}
    assert found == {("S105", "数据1", "1.2.1"), ("S103", "金额·3月", "金额·3月")}


def test_a_doubled_sheet_is_not_guessed(tmp_path: Path) -> None:
    submission = reading(tmp_path, edited(copy_of(PLAN, "副本")))
    assert not any(key.startswith("1.1.1@") for key in submission.contents)
    (found,) = findings(submission)
    assert found.values["sheets"] == f"{PLAN}、副本"


def test_formulas_without_values_are_told_once(tmp_path: Path) -> None:
    submission = reading(tmp_path, edited(lambda book: None))
    count = sum(bool(content.formula) for content in submission.contents.values())
    assert [(f.code, f.found) for f in submission.findings] == [("F110", str(count))]
    assert not any(content.calculated for content in submission.contents.values() if content.formula)


def test_strays_are_kept_with_their_places(tmp_path: Path) -> None:
    submission = reading(tmp_path, edited(put(PLAN, AD9=1)))
    assert {at: content.text for at, content in submission.strays.items()} == {(PLAN, 9, 30): "1"}


def test_keys_are_found_by_place_and_places_by_key(tmp_path: Path) -> None:
    submission = reading(tmp_path, edited(on(PLAN, lambda page: page.insert_cols(3))))
    assert submission.spots["1.1.1@amount"].cell == "D9"
    assert submission.keys_at[PLAN, 9, 4] == "1.1.1@amount"
    assert submission.place("1.1.1@amount.03").title == "问卷·3月"


def test_a_fresh_workbook_has_no_findings(tmp_path: Path) -> None:
    for lang in LANGS:
        given = replace(ASSIGNMENT, lang=lang)
        submission = reading(tmp_path, issued(given, {}))
        assert submission.findings == ()
        assert values(submission) == {}
        assert submission.contents["target@value"].text == "2000000"
        assert submission.contents["1.1.1@_status"].text == ""
        assert submission.contents["1.1.1@_status"].calculated
