"""The annotated copy: what the unit typed, a note on each cell that somebody has something to say of, the unit's own
sheets, and on its first page what it does not have.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from crmxl.catalogue import word
from crmxl.check.runner import check
from crmxl.check.verdict import Report
from crmxl.expression import Value
from crmxl.group.acts import Returned
from crmxl.issue.addresses import a1
from crmxl.issue.workbook import Note, write
from crmxl.model import Key, Lang, Text
from crmxl.receive.reading import read
from crmxl.receive.submission import Beside, Content, ContentType, Submission, Uncarried
from crmxl.report.findings_copy import annotated, remarks
from tests.office.driver import Office
from tests.receive.returned import ASSIGNMENT, INPUTS, PLAN, SHELF, issued, layout
from tests.strategies import TEXTS

TEXT, NUMBER, DATE = ContentType.TEXT, ContentType.NUMBER, ContentType.DATE
LANGS: tuple[Lang, Lang] = ("zh", "en")
AMOUNTS = ("1.1.1@amount", "1.1.2@amount", "2.10@amount")
RETURNED = Returned(
    "R01",
    "small@1",
    1,
    "finance",
    "总额偏高。",
    {"total@amount": "请控制在 1,000 元以内。", "1.1.1@amount": "请说明依据。"},
)


def report(
    folder: Path, typed: Mapping[Key, Value] | None = None, beside: Beside | None = None, lang: Lang = "zh"
) -> Report:
    """The report of a workbook with ``typed`` among its entries, as if ``beside`` stood there too."""
    given_one = replace(ASSIGNMENT, lang=lang)
    path = folder / "华东大区.xlsx"
    path.write_bytes(issued(given_one, {**INPUTS, **(typed or {})}))
    one = check(read(path, SHELF))
    return replace(one, submission=replace(one.submission, beside=beside or Beside()))


def opened(content: bytes | None) -> Workbook:
    assert content is not None
    return openpyxl.load_workbook(io.BytesIO(content))


def comments(book: Workbook) -> dict[str, str]:
    """The notes of all sheets by place."""
    return {
        f"{sheet.title}!{cell.coordinate}": cell.comment.text
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment is not None
    }


def column(book: Workbook, sheet: str, letter: str) -> list[str]:
    return [str(cell.value) for cell in book[sheet][letter] if cell.value is not None]


# ---- notes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_each_marked_cell_has_one_note_with_all_that_is_said_of_it(tmp_path: Path, lang: Lang) -> None:
    one = report(tmp_path, {"1.1.1@amount": "约300", "1.1.2@amount": "1,000元", "acts.002@by": "明天"}, lang=lang)
    book = opened(annotated(one))
    made = layout(replace(ASSIGNMENT, lang=lang))
    found = comments(book)
    keyed = [finding for finding in one.findings if finding.key]
    assert len(keyed) >= 3
    for finding in keyed:
        cell = made.cells[finding.key]
        said = found[f"{made.by_id[cell.sheet].name}!{a1(cell.row, cell.column)}"]
        worded = word(finding, lang, one.submission.file)
        assert worded.message in said and worded.fix in said
        assert {"error": Text("错误", "Error"), "warning": Text("警告", "Warning")}[finding.severity].say(lang) in said
    assert len(found) == len({finding.key for finding in keyed})
    assert {cell.comment.author for sheet in book for row in sheet for cell in row if cell.comment} == {"crmxl"}


def test_several_remarks_on_one_cell_share_its_note_and_the_sixth_is_in_the_list(tmp_path: Path) -> None:
    said = [Note("1.1.1@amount", "审核意见", "问卷", f"第 {number} 条", "请改") for number in range(1, 8)]
    book = opened(annotated(replace(report(tmp_path), findings=()), said))
    (text,) = comments(book).values()
    assert [f"第 {number} 条" in text for number in range(1, 8)] == [True] * 5 + [False] * 2
    assert "另有 2 条，见“问题清单”。" in text
    assert sum("第 " in text for text in column(book, "问题清单", "E")) == 7


def test_a_book_of_a_remark_is_cut_in_the_note_and_whole_in_the_list(tmp_path: Path) -> None:
    long = "说明" * 5000
    one = replace(report(tmp_path), findings=())
    book = opened(annotated(one, [Note("1.1.1@amount", "审核意见", "问卷", long, "")]))
    ((_, text),) = comments(book).items()
    assert len(text) < 700
    assert long in column(book, "问题清单", "E")


def test_only_annotated_copies_have_notes_and_say_that_they_are_copies() -> None:
    book = opened(issued())
    assert not comments(book)
    assert not any("副本" in text for text in column(book, "填报说明", "C"))
    made = layout()
    assert write(made, ASSIGNMENT, INPUTS, notes=()) == issued()


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    one = report(tmp_path, {"1.1.1@amount": "约300"})
    assert annotated(one) == annotated(one) is not None


# ---- what the unit typed -----------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from(AMOUNTS), st.one_of(TEXTS, st.integers(-(10**9), 10**9).map(Fraction))))
def test_a_copy_reads_as_the_file_it_was_made_of(
    tmp_path_factory: pytest.TempPathFactory, typed: dict[Key, Value]
) -> None:
    folder = tmp_path_factory.mktemp("copy")
    one = report(folder, {**typed, "1.1.1@basis": "=1+1"})
    copy = annotated(one, remarks(one, RETURNED, "zh"))
    assert copy is not None
    (folder / "copy.xlsx").write_bytes(copy)
    again = read(folder / "copy.xlsx", SHELF)
    assert [found.code for found in again.findings] == ["I107"]
    for cell in layout().inputs:
        before, after = one.submission.contents[cell.key], again.contents[cell.key]
        assert after._replace(text="") == before._replace(text="")
        assert after.text == before.text or Fraction(after.text) == Fraction(before.text)
    assert again.beside == Beside()


def test_libreoffice_opens_a_copy_and_keeps_its_notes(office: Office, tmp_path: Path) -> None:
    asides = Beside({(4, 1): Content(TEXT, "=1+1"), (4, 2): Content(NUMBER, "2.5"), (4, 3): Content(DATE, "46082")})
    one = report(tmp_path, {"1.1.1@amount": "约300"}, asides)
    copy, saved = tmp_path / "copy.xlsx", tmp_path / "saved.xlsx"
    copy.write_bytes(annotated(one) or b"")
    with office.open(copy) as book:
        assert [book.value("工作底稿", cell) for cell in ("A4", "B4", "C4")] == ["=1+1", 2.5, 46082]
        book.save(saved)
    again = check(read(saved, SHELF))
    assert "I107" in {found.code for found in again.findings}
    assert again.submission.contents["1.1.1@amount"] == Content(TEXT, "约300")
    assert comments(opened(saved.read_bytes())).keys() == comments(opened(copy.read_bytes())).keys()


# ---- what it carries beside, and what it does not ----------------------------------------------------------------


def test_the_units_own_sheets_come_along_as_values(tmp_path: Path) -> None:
    beside = Beside(
        {
            (1, 1): Content(TEXT, "我的底稿"),
            (4, 1): Content(TEXT, "=HYPERLINK(1)"),
            (4, 2): Content(NUMBER, "1234567890123"),
            (5, 3): Content(DATE, "46082.5"),
            (6, 1): Content(ContentType.ERROR, "#REF!"),
            (7, 1): Content(ContentType.BOOLEAN, "TRUE"),
            (900, 40): Content(TEXT, "http://x.cn"),
        },
        {(4, 1): Content(DATE, "46082"), (4, 6): Content(TEXT, "改" * 100), (60, 9): Content(NUMBER, "5")},
    )
    book = opened(annotated(report(tmp_path, {"1.1.1@amount": "约300"}, beside)))
    scratch, log = book["工作底稿"], book["变更记录"]
    cells = {place: scratch.cell(*place) for place in beside.scratch}
    assert [cell.data_type for cell in cells.values()] == ["s", "s", "n", "d", "s", "s", "s"]
    texts = [cells[place].value for place in ((1, 1), (4, 1), (6, 1), (7, 1), (900, 40))]
    assert texts == ["我的底稿", "=HYPERLINK(1)", "#REF!", "TRUE", "http://x.cn"]
    assert (cells[4, 2].value, str(cells[5, 3].value)) == (1234567890123, "2026-03-01 12:00:00")
    assert scratch.column_dimensions["B"].width > 17
    assert (str(log["A4"].value), log["F4"].value, log["I60"].value) == ("2026-03-01 00:00:00", "改" * 100, 5)
    assert (log.row_dimensions[4].height or 0) > (log.row_dimensions[5].height or 19) * 2


@pytest.mark.parametrize("lang", LANGS)
def test_the_first_page_says_that_it_is_a_copy_and_what_it_lacks(tmp_path: Path, lang: Lang) -> None:
    lacking = (
        Uncarried("询价明细", Text("整张表", "the whole sheet")),
        Uncarried("", Text("图表", "charts")),
        Uncarried(f"{PLAN}!Z9:AA9", "=SUM(A1) 已核对"),
    )
    one = report(tmp_path, {"1.1.1@amount": "约300"}, Beside(uncarried=lacking, uncarried_count=53), lang)
    book = opened(annotated(one))
    assert book.active is not None and book.active.title == Text("填报说明", "Guide").say(lang)
    said = [str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row if cell.value is not None]
    expected = {
        "zh": (
            "询价明细",
            "整张表",
            "原文件",
            "图表",
            f"{PLAN}!Z9:AA9",
            "=SUM(A1) 已核对",
            "…",
            "另有 50 处，请查看原文件。",
        ),
        "en": (
            "询价明细",
            "the whole sheet",
            "Your file",
            "charts",
            f"{PLAN}!Z9:AA9",
            "=SUM(A1) 已核对",
            "…",
            "50 more; see your own file.",
        ),
    }[lang]
    at = said.index(expected[0])
    assert tuple(said[at : at + len(expected)]) == expected
    heading = {"zh": "请在原文件中修改", "en": "change it in your own file"}[lang]
    assert heading in said[at - 1]
    assert any({"zh": "请不要提交本副本", "en": "Do not submit it"}[lang] in text for text in said[:at])
    assert sum(cell.data_type == "f" for row in book.worksheets[0].iter_rows() for cell in row) == 1  # the check's flag


def test_where_all_is_carried_nothing_is_said_to_lack(tmp_path: Path) -> None:
    book = opened(annotated(report(tmp_path, {"1.1.1@amount": "约300"})))
    assert not any("没有带入" in text for text in column(book, "填报说明", "B"))


# ---- reviewers' remarks ------------------------------------------------------------------------------------------


def test_a_return_without_findings_gives_a_copy_with_the_remarks_where_they_belong(tmp_path: Path) -> None:
    one = replace(report(tmp_path), findings=())
    assert annotated(one) is None
    said = remarks(
        one, replace(RETURNED, remarks={**RETURNED.remarks, "9.9@amount": "没有的行"}), "zh", "集团财务管理中心"
    )
    assert [note.key for note in said] == ["", "1.1.1@amount", "total@amount", ""]
    assert {note.severity for note in said} == {"审核意见（集团财务管理中心）"}
    book = opened(annotated(one, said))
    found = comments(book)
    assert sorted("请说明依据。" in text or "请控制在 1,000 元以内。" in text for text in found.values()) == [
        True,
        True,
    ]
    assert column(book, "问题清单", "E")[1:] == ["总额偏高。", "请说明依据。", "请控制在 1,000 元以内。", "没有的行"]
    assert "9.9@amount" in column(book, "问题清单", "D")


def test_remarks_stand_before_findings_and_share_their_cells_note(tmp_path: Path) -> None:
    one = report(tmp_path, {"1.1.1@amount": "约300"})
    book = opened(annotated(one, remarks(one, RETURNED, "zh")))
    listed = column(book, "问题清单", "B")[1:]
    assert listed[:3] == ["审核意见"] * 3 and "错误" in listed[3:]
    cell = layout().cells["1.1.1@amount"]
    text = comments(book)[f"{PLAN}!{a1(cell.row, cell.column)}"]
    assert text.index("请说明依据。") < text.index("约300")


def test_a_file_that_nobody_can_read_gets_no_copy_even_with_remarks() -> None:
    unread = Report(Submission("x.pdf", "0" * 64))
    said = remarks(unread, replace(RETURNED, comment=""), "en")
    assert [(note.key, note.title) for note in said] == [("", "1.1.1@amount"), ("", "total@amount")]
    assert annotated(unread, said) is None
