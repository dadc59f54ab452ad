"""What LibreOffice saves, after what a person may do there, reads the same as what was issued."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.office.driver import Book, Office
from tests.receive.returned import ASSIGNMENT, INPUTS, LIST, PLAN, issued, layout, reading, table, values


def rename(book: Book) -> None:
    book.rename_sheet(PLAN, "2026预算(终)")


def reorder(book: Book) -> None:
    book.move_sheet(PLAN, 5)


def insert_column(book: Book) -> None:
    book.insert_columns(PLAN, "C", 2)


def insert_rows(book: Book) -> None:
    book.insert_rows(PLAN, 9, 2)


def move_rows(book: Book) -> None:
    book.move_rows(PLAN, 9, 10, 28)


EDITS: list[Callable[[Book], None]] = [rename, reorder, insert_column, insert_rows, move_rows]


def saved(office: Office, folder: Path, *edits: Callable[[Book], None]) -> bytes:
    """The issued workbook, opened, edited and saved by LibreOffice."""
    source, target = folder / "issued.xlsx", folder / "saved.xlsx"
    source.write_bytes(issued())
    with office.open(source) as book:
        book.unprotect_all()
        for edit in edits:
            edit(book)
        book.save(target)
    return target.read_bytes()


def test_a_copy_saved_by_libreoffice_reads_the_same(office: Office, tmp_path: Path) -> None:
    submission = reading(tmp_path, saved(office, tmp_path))
    assert submission.findings == ()
    assert submission.stamp is not None and submission.stamp.assignment == ASSIGNMENT
    assert set(submission.spots) == set(layout().cells)
    assert values(submission) == INPUTS
    assert all(content.calculated for content in submission.contents.values())


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_edits_that_do_no_harm_read_the_same(edit: Callable[[Book], None], office: Office, tmp_path: Path) -> None:
    submission = reading(tmp_path, saved(office, tmp_path, edit))
    assert submission.findings == ()
    assert values(submission) == INPUTS


def test_an_amount_typed_beside_the_form_and_one_below_it_are_told(office: Office, tmp_path: Path) -> None:
    def type_in(book: Book) -> None:
        book.insert_rows(PLAN, 11)
        book.type_in(PLAN, "C11", "500")
        book.type_in(LIST, "C10", "4")
        book.type_in(PLAN, "AE9", "备注")

    assert table(reading(tmp_path, saved(office, tmp_path, type_in))) == [
        ("S107", PLAN, "C11", "500"),
        ("S107", LIST, "C10", "4"),
        ("S113", PLAN, "AE9", "1"),
    ]


def test_a_password_is_told(office: Office, tmp_path: Path) -> None:
    source, target = tmp_path / "issued.xlsx", tmp_path / "locked.xlsx"
    source.write_bytes(issued())
    with office.open(source) as book:
        book.save(target, password="secret")
    assert [found.code for found in reading(tmp_path, target.read_bytes()).findings] == ["F103"]
