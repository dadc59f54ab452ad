"""Over our own workbooks, whoever saved them, three readers see the same; and whatever they see differently is told."""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from crmxl.receive.limits import Refused
from tests.differential.__main__ import account
from tests.differential.apart import apart
from tests.differential.made import (
    OPTIONS,
    NodeMissing,
    by_hand,
    samples,
    saved_by_libreoffice,
    saved_by_openpyxl,
    written,
    written_by_node,
)
from tests.differential.readers import ours
from tests.differential.reasons import REASONS
from tests.differential.records import explained, refusals
from tests.differential.run import ORACLES, Result, program, sort_out
from tests.differential.seen import Book, Seen, Sheet
from tests.gallery.issued import SAMPLES
from tests.office.driver import Office

GALLERY = [path for path in samples() if path.parent.name == "gallery"]
TYPICAL = [path for path in samples() if path.parent.name != "gallery"][::3]
"""One in three: many are alike, and other readers take seconds for the long ones."""
ERRORS = "calamine: error values as blanks"
MERGES = "openpyxl: values under merges"
ISO_DATES = "calamine: ISO dates as texts"
ARRAYS = "openpyxl: cells that an array formula fills"
REFUSED = {"F101", "F102", "F103", "F104", "F105", "F107", "F109"}
"""What the gallery has of files that are no sound workbooks."""


def compared(data: bytes, name: str = "returned.xlsx") -> Counter[str]:
    """Differences by reason; fails where there is one without."""
    seen = ours(data, name)
    reasons: Counter[str] = Counter()
    for reader, (_, read) in ORACLES.items():
        explained, unexplained = sort_out(seen, read(data, name), reader)
        assert not unexplained, "\n".join(map(str, unexplained))
        reasons += explained
    return reasons


@pytest.mark.parametrize("path", TYPICAL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_sample_reads_as_others_read_it(path: Path) -> None:
    assert set(compared(path.read_bytes(), path.name)) <= {ERRORS}


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_a_file_of_the_gallery_reads_as_others_read_it(path: Path) -> None:
    try:
        reasons = compared(path.read_bytes(), path.name)
    except Refused as refused:
        assert refused.finding.code in REFUSED
    else:
        assert set(reasons) <= {ERRORS, MERGES, ISO_DATES}


@pytest.mark.parametrize("write", OPTIONS.values(), ids=OPTIONS)
def test_everything_that_xlsxwriter_writes_reads_as_others_read_it(write: Callable[[], bytes]) -> None:
    reasons = compared(write())
    assert reasons[ERRORS] == 7
    assert reasons[ARRAYS] == 4


@pytest.mark.parametrize("name", by_hand())
def test_sheets_written_by_hand_read_as_others_read_them(name: str) -> None:
    compared(by_hand()[name])


@pytest.mark.parametrize("path", TYPICAL[::3], ids=lambda path: path.stem)
def test_a_sample_that_openpyxl_saved_reads_as_others_read_it(path: Path) -> None:
    assert set(compared(saved_by_openpyxl(path))) <= {ERRORS}


@pytest.mark.parametrize("path", TYPICAL[::3], ids=lambda path: path.stem)
def test_a_sample_that_libreoffice_saved_reads_as_others_read_it(path: Path, tmp_path: Path, office: Office) -> None:
    assert set(compared(saved_by_libreoffice(path, tmp_path, office))) <= {ERRORS}


def test_what_exceljs_and_sheetjs_write_reads_as_others_read_it(tmp_path: Path) -> None:
    template = SAMPLES / "blank" / "cosmetics-plan.xlsx"
    try:
        files = written_by_node(tmp_path, (template,))
    except NodeMissing as missing:
        warnings.warn(f"NOT RUN: {missing}", stacklevel=1)  # a skip alone is only counted
        pytest.skip(str(missing))
    assert len(files) == 10
    for path in files:
        assert set(compared(path.read_bytes(), path.name)) <= {ERRORS, MERGES, ISO_DATES}
        if path.name.endswith(template.name):
            cells = (cell for sheet in ours(path.read_bytes(), path.name).sheets for cell in sheet.cells.values())
            assert sum(cell == Seen("number", 12001.2) for cell in cells) == 1


# --- the comparison itself ------------------------------------------------------------------------------------------


def book(cell: Seen, **more: object) -> Book:
    return Book((Sheet("S", cells={(1, 1): cell}, **more),), date_1904=False)  # type: ignore[arg-type]


NUMBER = book(Seen("number", 1.0, "=A2"), merges=frozenset({(1, 1, 2, 2)}), hidden_rows=frozenset({3}))


@pytest.mark.parametrize(
    ("other", "aspect"),
    [
        (book(Seen("number", 1.0000000000000002, "=A2"), merges=frozenset({(1, 1, 2, 2)})), "value"),
        (book(Seen("date", 1.0, "=A2"), merges=frozenset({(1, 1, 2, 2)})), "type"),
        (book(Seen("text", "1", "=A2"), merges=frozenset({(1, 1, 2, 2)})), "type"),
        (book(Seen("number", 1.0, "=A3"), merges=frozenset({(1, 1, 2, 2)})), "formula"),
        (book(Seen("number", 1.0, "=A2"), merges=frozenset()), "merges"),
        (book(Seen("number", 1.0, "=A2"), hidden_rows=frozenset()), "hidden rows"),
        (book(Seen("number", 1.0, "=A2"), state="hidden"), "state"),
        (Book((Sheet("T", cells={(1, 1): Seen("number", 1.0)}),)), "sheets"),
        (Book(NUMBER.sheets, date_1904=True), "calendar"),
    ],
)
@pytest.mark.parametrize("reader", ORACLES)
def test_every_kind_of_difference_is_seen_and_has_no_excuse(other: Book, aspect: str, reader: str) -> None:
    explained, unexplained = sort_out(NUMBER, other, reader)
    assert not explained
    assert [difference.aspect for difference in unexplained] == [aspect]


def test_what_differs_without_a_reason_fails_the_account_and_is_named() -> None:
    _, left = sort_out(NUMBER, book(Seen("number", 2.0, "=A2")), "openpyxl")
    result = Result(Path("some.xlsx"), "0" * 16, "read", others={"openpyxl": "read"}, unexplained=left)
    lines, failed = account([result])
    assert failed
    assert "value S!A1: ours number 1.0 =A2, openpyxl number 2.0 =A2" in lines[-1]


@pytest.mark.parametrize("end", ["crash", "hang"])
def test_a_reader_that_dies_fails_the_account(end: str) -> None:
    lines, failed = account([Result(Path("some.xlsx"), "0" * 16, end, found="signal 9")])
    assert failed and "signal 9" in lines[-1]


def test_a_refused_file_that_others_read_fails_the_account_until_it_is_known() -> None:
    unknown = Result(Path("some.xlsx"), "0" * 16, "refused", "F109", others={"openpyxl": "read"})
    assert account([unknown])[1]
    assert not account([Result(Path("some.xlsx"), "0" * 16, "refused", "F104", others={})])[1]
    known = refusals()[0]
    result = Result(Path("some.xlsx"), known.files[0], "refused", known.code, others={"openpyxl": "read"})
    assert not account([result])[1]


def test_hangs_crashes_and_exceptions_are_told_apart() -> None:
    def hang() -> None:
        while True:
            time.sleep(0)

    def fail() -> None:
        raise ValueError("why")

    assert apart(lambda: 5, 5, 1024).value == 5
    assert apart(hang, 1, 1024).end == "hang"
    assert apart(lambda: os.kill(os.getpid(), signal.SIGKILL), 5, 1024).signal == signal.SIGKILL
    assert apart(fail, 5, 1024).value == "ValueError: why"
    assert apart(lambda: len(bytearray(1 << 30)), 5, 512).value == "MemoryError: "


def test_the_program_that_wrote_a_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "made.xlsx"
    path.write_bytes(written())
    assert program(path) == "Microsoft Excel"  # XlsxWriter says so
    path.write_bytes(b"no zip")
    assert program(path) == ""


def test_records_name_each_file_once_and_say_why() -> None:
    files = [(one.reader, aspect, file) for one in explained() for aspect in one.aspects for file in one.files]
    assert len(files) == len(set(files))
    refused = [file for one in refusals() for file in one.files]
    assert len(refused) == len(set(refused))
    assert all([one.why for one in explained()] + [one.why for one in refusals()] + [one.why for one in REASONS])
    assert {one.reader for one in explained()} | {one.reader for one in REASONS} <= set(ORACLES)
