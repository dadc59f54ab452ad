"""A file is told by its content, and each thing that is no plain .xlsx has its own answer."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from crmxl.errors import CrmxlError
from crmxl.model import say
from crmxl.receive import gate
from crmxl.receive.gate import Limits, refuse
from crmxl.receive.reading import read
from tests.receive.returned import SHELF, issued, reading

OLE2 = bytes.fromhex("D0CF11E0A1B11AE1")


def zipped(parts: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(issued())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def changed(name: str, change: Callable[[bytes], bytes]) -> bytes:
    """A good workbook with one part changed or added."""
    there = parts()
    there[name] = change(there.get(name, b""))
    return zipped(there)


def flipped() -> bytes:
    """A good workbook with one byte of a stored part turned."""
    data = bytearray(zipped(parts(), zipfile.ZIP_STORED))
    data[data.index(b"<sheetData>") + 3] ^= 1
    return bytes(data)


def types(old: bytes, new: bytes) -> bytes:
    return changed("[Content_Types].xml", lambda part: part.replace(old, new))


CASES: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "F101", "an empty file"),
    "random bytes": (bytes(range(256)), "F101", "unknown data"),
    "a web page": (b"\xef\xbb\xbf\n<html><table><tr><td>1", "F101", "a web page (HTML)"),
    "a web archive": (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n", "F101", "a web page (HTML)"),
    "values by commas": ("编码,金额\n1.1,5\n".encode(), "F101", "comma-separated values (CSV)"),
    "values by commas in GBK": ("编码,金额\n1.1,5\n".encode("gbk"), "F101", "comma-separated values (CSV)"),
    "values by tabs in UTF-16": ("编码\t金额\n".encode("utf-16"), "F101", "comma-separated values (CSV)"),
    "a text": ("金额".encode(), "F101", "plain text (TXT)"),
    "a portable document": (b"%PDF-1.7\n", "F101", "PDF"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "F101", "PNG"),
    "an archive": (zipped({"a.txt": b"a"}), "F101", "ZIP"),
    "an empty archive": (zipped({}), "F101", "ZIP"),
    "a letter": (zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}), "F101", "Word (.docx)"),
    "an encrypted workbook": (OLE2 + "EncryptedPackage".encode("utf-16-le"), "F103", "OLE2 (EncryptedPackage)"),
    "an old workbook": (OLE2 + b"\0" * 600, "F104", "Excel 97-2003 or WPS (.xls / .et)"),
    "an XML spreadsheet": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        "F104",
        "XML Spreadsheet 2003 (.xml)",
    ),
    "an OpenDocument": (
        zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}),
        "F104",
        "OpenDocument (.ods)",
    ),
    "a binary workbook": (changed("xl/workbook.bin", lambda part: b"\0"), "F104", "Excel Binary Workbook (.xlsb)"),
    "macros": (changed("xl/vbaProject.bin", lambda part: b"\0"), "F104", "Macro-Enabled Workbook (.xlsm)"),
    "a macro-enabled type": (
        types(b"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main", b"vnd.ms-excel.sheet.macroEnabled.main"),
        "F104",
        "Macro-Enabled Workbook (.xlsm)",
    ),
    "a template": (types(b"sheet.main+xml", b"template.main+xml"), "F104", "Excel Template (.xltx)"),
    "a strict workbook": (
        changed(
            "xl/workbook.xml",
            lambda part: part.replace(
                b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
                b"http://purl.oclc.org/ooxml/spreadsheetml/main",
            ),
        ),
        "F104",
        "Strict Open XML Spreadsheet",
    ),
    "half a workbook": (issued()[:5000], "F102", "ZIP"),
    "a damaged part": (flipped(), "F102", "xl/worksheets/sheet1.xml"),
    "a document type": (
        changed("xl/workbook.xml", lambda part: part.replace(b"?>", b"?><!DOCTYPE x []>", 1)),
        "F102",
        "DOCTYPE: xl/workbook.xml",
    ),
    "a document type in UTF-16": (
        changed("xl/new.xml", lambda part: "<!DOCTYPE x []>".encode("utf-16")),
        "F102",
        "DOCTYPE: xl/new.xml",
    ),
    "another compression": (zipped(parts(), zipfile.ZIP_BZIP2), "F102", "[Content_Types].xml"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_has_its_own_answer(name: str, tmp_path: Path) -> None:
    data, code, found = CASES[name]
    refused = refuse(data, "returned.xlsx")
    assert refused is not None
    assert (refused.code, say(refused.found, "en")) == (code, found)
    submission = reading(tmp_path, data)  # words it too
    assert submission.findings == (refused,)
    assert submission.layout is None


def test_a_good_workbook_passes_whatever_its_name() -> None:
    assert refuse(issued(), "预算.xls") is None
    assert refuse(issued(), "~$预算.xlsx") is None
    assert refuse(zipped(parts(), zipfile.ZIP_STORED), "x") is None


def test_a_lock_file_is_told() -> None:
    refused = refuse(b"\x06zhang " + b" " * 158, "~$预算.xlsx")
    assert refused is not None
    assert (refused.code, say(refused.found, "en")) == ("F101", "a lock file of Excel or WPS (~$)")


def test_a_name_twice_is_damage() -> None:
    buffer = io.BytesIO(issued())
    with zipfile.ZipFile(buffer, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/worksheets/sheet1.xml", b"<worksheet/>")
    refused = refuse(buffer.getvalue(), "x.xlsx")
    assert refused is not None and refused.code == "F102"


@pytest.mark.parametrize(
    ("limits", "found", "expected"),
    [
        (Limits(file=1 << 10), "0.1 MB", "0 MB"),
        (Limits(part=1 << 10), "xl/", "0 MB"),
        (Limits(total=1 << 10), "0.", "0 MB"),
    ],
)
def test_each_limit_says_what_was_found(
    limits: Limits, found: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    padded = changed("xl/media/pad.bin", lambda part: bytes(range(256)) * 400)
    monkeypatch.setattr(gate, "LIMITS", limits)
    refused = refuse(padded + b"\0" * 60_000 if limits.file == 1 << 10 else padded, "x.xlsx")
    assert refused is not None and refused.code == "F105"
    assert say(refused.found, "en").startswith(found)
    assert refused.expected == expected


def test_a_part_that_lies_about_its_size_is_damage() -> None:
    data = bytearray(zipped({"[Content_Types].xml": b"<Types/>" * 1000}))
    at = data.rindex(b"PK\x01\x02") + 24  # size in the directory
    data[at : at + 4] = (100).to_bytes(4, "little")
    refused = refuse(bytes(data), "x.xlsx")
    assert refused is not None and refused.code == "F102"


def test_a_file_beyond_the_limit_is_measured_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    with path.open("wb") as file:
        file.seek(25 * (1 << 20) - 1)
        file.write(b"\0")
    submission = read(path, SHELF)
    assert [(found.code, found.found, found.expected) for found in submission.findings] == [("F105", "25 MB", "10 MB")]
    assert len(submission.digest) == 64


def test_a_file_that_is_not_there_is_the_operators_mistake(tmp_path: Path) -> None:
    with pytest.raises(CrmxlError, match=r"none\.xlsx"):
        read(tmp_path / "none.xlsx", SHELF)
