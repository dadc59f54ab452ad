"""Files that are no plain workbook: one line each, saying what it is and how to save it right; the others go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from crmxl.catalogue import word
from crmxl.cli import main
from crmxl.model import Finding
from tests.gallery import package
from tests.office.driver import Book
from tests.returned.workbooks import TOTAL, ByHand, checked, in_xml, sent, told

SAVE_AS = "另存为 → Excel 工作簿 (*.xlsx)"
KINDS = {
    ".xls": ("F104", ".xls", ".xls"),
    ".ods": ("F104", ".ods", ".ods"),
    ".xlsm": ("F104", ".xlsm", ".xlsm"),
    ".html": ("F101", "HTML", "HTML"),
}
"""What each format that LibreOffice saved is called, in both languages."""
LOCK = b"\x04WANG".ljust(55) + "\x04WANG".ljust(55).encode("utf-16-le")
"""By which Excel keeps a workbook to one user: the name twice, 165 bytes."""


def only(data: bytes, name: str = "预算.xlsx") -> Finding:
    """The only finding of a file that cannot be read."""
    report = checked(data, name)
    (found,) = report.findings
    assert report.verdict == "unreadable"
    return found


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("renamed", [False, True], ids=["under its own name", "named .xlsx"])
def test_another_format_is_named_whatever_the_file_is_called(
    suffix: str, renamed: bool, saved_as: Mapping[str, bytes]
) -> None:
    code, zh, en = KINDS[suffix]
    found = only(saved_as[suffix], "预算.xlsx" if renamed else f"预算{suffix}")
    assert found.code == code
    assert zh in word(found, "zh").message and en in word(found, "en").message
    assert SAVE_AS in word(found, "zh").fix
    assert "Save As → Excel Workbook (*.xlsx)" in word(found, "en").fix


def test_a_csv_of_the_form_is_no_workbook(saved_as: Mapping[str, bytes]) -> None:
    found = only(saved_as[".csv"])
    assert found.code == "F101"
    assert SAVE_AS in word(found, "zh").fix


def test_a_binary_workbook_is_named() -> None:
    def binary(parts: package.Parts) -> None:
        parts["xl/workbook.bin"] = parts.pop("xl/workbook.xml")
        types = parts["[Content_Types].xml"].replace(b"/xl/workbook.xml", b"/xl/workbook.bin")
        main = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
        assert main in types
        parts["[Content_Types].xml"] = types.replace(main, b"application/vnd.ms-excel.sheet.binary.macroEnabled.main")

    found = only(in_xml(binary))
    assert found.code == "F104"
    assert ".xlsb" in word(found, "zh").message and SAVE_AS in word(found, "zh").fix


def test_a_password_is_told_with_the_way_to_clear_it(saved_as: Mapping[str, bytes]) -> None:
    found = only(saved_as["password"])
    assert found.code == "F103"
    assert word(found, "zh").message == "文件设有打开密码，无法读取。"
    assert "用密码进行加密" in word(found, "zh").fix and "清空密码" in word(found, "zh").fix
    assert "Encrypt with Password" in word(found, "en").fix and "WPS" in word(found, "zh").fix


def test_a_lock_file_is_told_when_it_is_named() -> None:
    found = only(LOCK, "~$预算.xlsx")
    assert found.code == "F101"
    assert "~$" in word(found, "zh").message and "~$" in word(found, "en").message


def test_a_file_of_no_bytes_is_empty() -> None:
    found = only(b"")
    assert found.code == "F101"
    assert word(found, "zh").message == "文件是空的（0 字节），可能没有传完。"
    assert word(found, "zh").fix == "请重新发送。"


@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_file_cut_off_anywhere_is_damaged_and_never_half_read(tenths: int) -> None:
    data = sent()
    found = only(data[: len(data) * tenths // 10])
    assert found.code == "F102"
    assert "重新发送" in word(found, "zh").fix


@pytest.mark.parametrize("missing", [1, 10, 22])
def test_a_file_that_lacks_its_last_bytes_is_damaged(missing: int) -> None:
    assert only(sent()[:-missing]).code in ("F102", "F107")


def saved(book: Book) -> None:
    book.recalc()


def test_a_round_trip_through_libreoffice_changes_nothing_that_counts(by_hand: ByHand) -> None:
    report = checked(by_hand(saved))
    assert told(report) == []
    assert report.total == TOTAL
    assert all(one.calculated for one in report.submission.contents.values())


def saved_without_the_lock(book: Book) -> None:
    book.unprotect_all()
    book.hide_sheet("_crmxl", hidden=False)


def test_a_workbook_without_its_locks_and_with_its_stamp_in_sight_is_the_same(by_hand: ByHand) -> None:
    report = checked(by_hand(saved_without_the_lock))
    assert told(report) == []
    assert report.total == TOTAL


def test_every_broken_file_has_one_line_and_the_others_go_on(saved_as: Mapping[str, bytes], tmp_path: Path) -> None:
    returned = tmp_path / "returned"
    returned.mkdir()
    for number, (kind, data) in enumerate(saved_as.items(), start=1):
        (returned / f"{number}{kind if kind.startswith('.') else '.xlsx'}").write_bytes(data)
    (returned / "7.xlsx").write_bytes(b"")
    (returned / "8.xlsx").write_bytes(sent()[:9000])
    (returned / "9.xlsx").write_bytes(sent())
    (returned / "~$9.xlsx").write_bytes(LOCK)
    result = CliRunner().invoke(main, ["validate", str(returned), "--format", "json"])
    files = json.loads(result.stdout)["files"]
    assert result.exit_code == 1
    assert [Path(one["file"]).name[0] for one in files] == [*"123456789"]
    assert [len(one["findings"]) for one in files] == [1] * 8 + [0]
    assert [one["verdict"] for one in files] == ["unreadable"] * 8 + ["ok"]
    totals = CliRunner().invoke(main, ["consolidate", str(returned), "--format", "json"])
    assert totals.exit_code == 1
    added = json.loads(totals.stdout)
    assert added["total"] == "133000.00"
    assert len(added["left_out"]) == 8


@pytest.mark.parametrize("name", ["预算.xls", "预算.et", "预算.xlsx"])
def test_a_web_page_of_another_system_is_named_by_its_content(name: str) -> None:
    page = "<html><body><table><tr><td>编码</td><td>金额</td></tr></table></body></html>"
    found = only(page.encode("gb18030"), name)
    assert found.code == "F101"
    assert "HTML" in word(found, "zh").message
