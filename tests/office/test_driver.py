"""The LibreOffice driver does what its commands say, and fails aloud."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from tests.office.driver import Book, Office, OfficeError, OfficeTimeout
from tests.office.look import look

pytestmark = pytest.mark.office


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """预算 with three amounts and their total, 'Notes 说明' that refers to it; no formula has a cached value."""
    path = tmp_path / "small.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        budget = workbook.add_worksheet("预算")
        notes = workbook.add_worksheet("Notes 说明")
        hidden = workbook.add_worksheet("_hidden")
        hidden.hide()
        hidden.write_string("A1", "x")
        budget.write_column("A1", ["编码", "1.1", "1.2", "1.10"])
        budget.write_column("B1", ["金额", 100.5, 200, 0.25])
        budget.write_formula("B5", "=SUM(B2:B4)", None, "")
        budget.write_formula("C2", '=IF(B2>100,"over","ok")', None, "")
        budget.write_formula("C3", "=B3/0", None, "")
        notes.write_formula("A1", "='预算'!B5*2", None, "")
        notes.write_string("A2", "=not a formula")
        notes.write_boolean("A3", True)
    return path


@pytest.fixture
def book(office: Office, small: Path) -> Iterator[Book]:
    with office.open(small) as opened:
        yield opened


def reopened(book: Book, folder: Path) -> openpyxl.Workbook:
    book.save(folder / "saved.xlsx")
    return openpyxl.load_workbook(folder / "saved.xlsx")


def shown(book: Book, sheet: str, *ranges: str) -> dict[str, float | str | None]:
    return {address: cell.value for address, cell in book.get(sheet, ranges or None).items()}


def test_formulas_without_cached_values_are_computed_on_opening(book: Book) -> None:
    assert book.value("预算", "B5") == 300.75
    assert book.value("Notes 说明", "A1") == 601.5


def test_get_tells_types_errors_and_formulas_apart(book: Book) -> None:
    cells = [*book.get("预算", ["A2:C3"]).values(), *book.get("Notes 说明").values()]
    facts = [[c.address, c.type, c.value, c.string, c.formula, c.error] for c in cells]
    assert facts == [
        ["A2", "text", "1.1", "1.1", "", 0],
        ["B2", "value", 100.5, "", "", 0],
        ["C2", "formula", "over", "over", '=IF(B2>100;"over";"ok")', 0],
        ["A3", "text", "1.2", "1.2", "", 0],
        ["B3", "value", 200.0, "", "", 0],
        ["C3", "formula", None, "#DIV/0!", "=B3/0", 532],
        ["A1", "formula", 601.5, "", "=$预算.B5*2", 0],
        ["A2", "text", "=not a formula", "=not a formula", "", 0],
        ["A3", "formula", 1.0, "", "=TRUE()", 0],
    ]


def test_ranges_are_clipped_to_the_used_area(book: Book) -> None:
    assert shown(book, "预算", "B1:B1048576", "Z1:Z9") == {
        "B1": "金额",
        "B2": 100.5,
        "B3": 200,
        "B4": 0.25,
        "B5": 300.75,
    }
    assert book.get("预算", ["B2"], display=True)["B2"].string == "100.5"


def test_an_inserted_row_shifts_formulas_in_the_saved_file(book: Book, tmp_path: Path) -> None:
    book.insert_rows("预算", before=3)
    saved = reopened(book, tmp_path)
    assert saved["预算"]["B6"].value == "=SUM(B2:B5)"
    assert "B6" in saved["Notes 说明"]["A1"].value
    assert saved["预算"]["A4"].value == "1.2"


def test_a_set_text_stays_text_and_a_typed_one_becomes_what_it_says(book: Book, tmp_path: Path) -> None:
    book.set("预算", "B2", "1000")
    book.set("预算", "B3", None)
    assert book.value("预算", "B5") == 0.25
    book.type_in("预算", "B2", "1,000")
    book.type_in("预算", "D1", "2026/1/5")
    book.type_in("预算", "D2", "'7")
    book.type_in("预算", "D3", "=B2+1")
    book.set("预算", "B3", 0.1)
    book.set("预算", "D4", True)
    assert book.value("预算", "B5") == 1000.35
    saved = reopened(book, tmp_path)["预算"]
    assert [saved[f"D{row}"].value for row in (2, 3, 4)] == ["7", "=B2+1", True]
    assert saved["D1"].is_date


def test_a_formula_is_given_in_excels_notation(book: Book, tmp_path: Path) -> None:
    book.set_formula("Notes 说明", "B1", "=ROUND(SUM('预算'!B2:B4,1)*0.5%, 2)")
    assert book.value("Notes 说明", "B1") == 1.51
    assert "," in reopened(book, tmp_path)["Notes 说明"]["B1"].value


def test_rows_and_ranges_move_and_references_follow(book: Book) -> None:
    book.set_formula("Notes 说明", "B1", "='预算'!B2")
    book.move_rows("预算", 2, 2, before=5)
    assert shown(book, "预算", "A2:A4") == {"A2": "1.2", "A3": "1.10", "A4": "1.1"}
    book.move_range("预算", "A4:B4", "D9")
    assert book.get("Notes 说明")["B1"].formula == "=$预算.E9"
    book.move_range("预算", "D9:E9", "A4")
    book.move_rows("预算", 4, 4, before=2)
    assert shown(book, "预算", "A2:A4") == {"A2": "1.1", "A3": "1.2", "A4": "1.10"}
    assert book.get("Notes 说明")["B1"].formula == "=$预算.B2"
    with pytest.raises(OfficeError, match="already before row 4"):
        book.move_rows("预算", 2, 3, before=4)


def test_ranges_are_copied_and_sorted(book: Book) -> None:
    book.copy_range("预算", "B2:B3", "F1", to_sheet="Notes 说明")
    assert shown(book, "Notes 说明", "F1:F2") == {"F1": 100.5, "F2": 200}
    book.sort("预算", "A2:B4", "B")
    assert shown(book, "预算", "A2:A4") == {"A2": "1.10", "A3": "1.1", "A4": "1.2"}
    book.sort("预算", "A1:B4", "B", ascending=False, header=True)
    assert shown(book, "预算", "A1:A4") == {"A1": "编码", "A2": "1.2", "A3": "1.1", "A4": "1.10"}


def test_rows_and_columns_are_inserted_deleted_and_hidden(book: Book, tmp_path: Path) -> None:
    book.delete_rows("预算", 3)
    assert book.value("预算", "B4") == 100.75
    book.insert_columns("预算", before="B", count=2)
    book.delete_columns("预算", "A")
    book.hide_rows("预算", 2, 3)
    book.hide_columns("预算", "C")
    book.merge("预算", "E1:F2")
    saved = reopened(book, tmp_path)["预算"]
    assert saved["C4"].value == "=SUM(C2:C3)"
    assert saved.row_dimensions[2].hidden and saved.row_dimensions[3].hidden
    assert saved.column_dimensions["C"].hidden
    assert [str(merged) for merged in saved.merged_cells.ranges] == ["E1:F2"]


def test_sheets_are_renamed_copied_moved_hidden_and_deleted(book: Book) -> None:
    book.rename_sheet("预算", "预算 (改)")
    book.copy_sheet("预算 (改)", "副本", position=0)
    book.move_sheet("Notes 说明", 0)
    book.hide_sheet("副本")
    book.delete_sheet("_hidden")
    book.insert_sheet("新", position=3)
    assert [(sheet.name, sheet.visible) for sheet in book.sheets()] == [
        ("Notes 说明", True),
        ("副本", False),
        ("预算 (改)", True),
        ("新", True),
    ]
    assert book.value("Notes 说明", "A1") == 601.5
    assert book.sheets()[2].used == "A1:C5"
    with pytest.raises(OfficeError, match="no sheet '预算'; there are Notes 说明"):
        book.get("预算")


def test_protection_holds_until_it_is_taken_off(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "protected.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("表")
        sheet.write_number("A1", 1)
        sheet.write_number("A2", 2, workbook.add_format({"locked": False}))
        sheet.protect()
    with office.open(path) as book:
        book.set("表", "A2", 3)
        refused: list[Callable[[], None]] = [
            lambda: book.set("表", "A1", 3),
            lambda: book.type_in("表", "A1", "3"),
            lambda: book.copy_range("表", "A2", "A1"),
            lambda: book.insert_rows("表", 1),
            lambda: book.sort("表", "A1:A2", "A"),
        ]
        for edit in refused:
            with pytest.raises(OfficeError, match="protected"):
                edit()
        book.protect()
        with pytest.raises(OfficeError, match="structure is protected"):
            book.rename_sheet("表", "其他")
        book.unprotect_all()
        book.rename_sheet("表", "其他")
        book.set("其他", "A1", 4)
        assert shown(book, "其他") == {"A1": 4, "A2": 3}
        book.protect("其他")
        assert book.sheets()[0].protected


def test_cached_values_stay_until_recalculated(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "stale.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        workbook.add_worksheet("表").write_formula("A1", "=1+1", None, 5)
    with office.open(path) as book:
        assert book.value("表", "A1") == 5
        book.recalc()
        assert book.value("表", "A1") == 2


def test_a_batch_is_one_round_trip_and_names_what_failed(book: Book) -> None:
    with book.batch() as edits:
        for row in range(2, 5):
            edits.set("预算", f"B{row}", row)
        edits.recalc()
    assert book.value("预算", "B5") == 9
    assert book.send([{"do": "set", "sheet": "预算", "cell": "B2", "value": 3}, {"do": "recalc"}]) == [None, None]
    with pytest.raises(OfficeError, match="command 1 of the batch: set: no sheet '无'"), book.batch() as edits:
        edits.set("预算", "B2", 7)
        edits.set("无", "B2", 7)


def test_one_libreoffice_holds_many_workbooks(office: Office, small: Path, tmp_path: Path) -> None:
    session = office.session
    books = [office.open(small) for _ in range(20)]
    for number, one in enumerate(books):
        one.set("预算", "B2", number)
    assert [one.value("预算", "B5") for one in books] == [number + 200.25 for number in range(20)]
    for one in books:
        one.close()
        one.close()
    assert office.session == session


def test_other_formats_and_passwords_go_round(book: Book, office: Office, tmp_path: Path) -> None:
    for name in ("a.ods", "a.xls"):
        book.save(tmp_path / name)
        with office.open(tmp_path / name) as again:
            assert again.value("预算", "B5") == 300.75
    book.save(tmp_path / "secret.xlsx", password="密码")
    with pytest.raises(OfficeError, match="secret"):
        office.open(tmp_path / "secret.xlsx")
    with office.open(tmp_path / "secret.xlsx", password="密码") as again:
        assert again.value("预算", "B5") == 300.75
    with pytest.raises(OfficeError, match="save as one of"):
        book.save(tmp_path / "a.docx")


def test_visible_sheets_are_printed_to_pictures(office: Office, small: Path, tmp_path: Path) -> None:
    pictures = look(office, small, tmp_path / "out")
    assert [picture.name for picture in pictures] == ["01-预算-1.png", "02-Notes 说明-1.png"]
    with office.open(small) as book:
        book.pdf(tmp_path / "all.pdf")
    assert (tmp_path / "all.pdf").read_bytes().startswith(b"%PDF")


def test_a_missing_or_broken_file_is_an_error_and_not_the_end(office: Office, small: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(small.read_bytes()[:300])
    session = office.session
    for path in (broken, tmp_path / "none.xlsx"):
        with pytest.raises(OfficeError, match=path.name):
            office.open(path)
    assert office.session == session and office.running


@pytest.mark.slow
def test_a_hung_libreoffice_is_killed_in_time_and_the_next_open_starts_another(small: Path) -> None:
    with Office() as office:
        book = office.open(small)
        assert office._process is not None
        group = office._process.pid
        os.killpg(group, signal.SIGSTOP)
        office.timeout = 1
        with pytest.raises(OfficeTimeout, match="recalc: no answer in 1 s"):
            book.recalc()
        assert not office.running
        with pytest.raises(ProcessLookupError):
            for _ in range(100):  # the init process may need a moment to reap soffice
                os.killpg(group, 0)
                threading.Event().wait(0.05)
        with pytest.raises(OfficeError, match="has ended"):
            book.recalc()
        book.close()
        office.timeout = 60
        with office.open(small) as again:
            assert again.value("预算", "B5") == 300.75
        office.restart()
        with office.open(small) as again:
            assert again.value("预算", "B5") == 300.75


@pytest.mark.slow
def test_a_crash_is_reported_and_nothing_is_left_behind(small: Path) -> None:
    office = Office()
    book = office.open(small)
    assert office._process is not None and office._profile is not None
    profile = office._profile
    os.killpg(office._process.pid, signal.SIGKILL)
    with pytest.raises(OfficeError, match="LibreOffice has ended"):
        book.recalc()
    assert not profile.exists() and not office.running
    office.stop()
