"""Each thing that is no plain workbook has its own answer, by what is in it and never by its name."""

from __future__ import annotations

import pytest

from crmxl.model import say
from crmxl.receive.gate import admit
from crmxl.receive.limits import named
from tests.gallery.package import put_together
from tests.receive.packages import BOOK, TYPES, answer, package, refusal, smallest, types

OLE2 = bytes.fromhex("D0CF11E0A1B11AE1")
CSV, TXT, PAGE = "comma-separated values (CSV)", "plain text (TXT)", "a web page (HTML)"
KIND = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"

NO_PACKAGE: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "F101", "an empty file"),
    "random bytes": (bytes(range(256)), "F101", "unknown data"),
    "zeros": (b"\0" * 5000, "F101", "unknown data"),
    "only a mark of UTF-8": (b"\xef\xbb\xbf", "F101", "unknown data"),
    "a web page": (b"\xef\xbb\xbf\n<html><table><tr><td>1", "F101", PAGE),
    "a web archive": (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n", "F101", PAGE),
    "values by commas": ("编码,金额\n1.1,5\n".encode(), "F101", CSV),
    "values by semicolons under an empty line": ("\n编码;金额\n".encode(), "F101", CSV),
    "values by commas in GBK": ("编码,金额\n1.1,5\n".encode("gbk"), "F101", CSV),
    "values by tabs in UTF-16": ("编码\t金额\n".encode("utf-16"), "F101", CSV),
    "values by tabs in UTF-16 the other way round": (b"\xfe\xff" + "编码\t金额\n".encode("utf-16-be"), "F101", CSV),
    "many values, cut inside a character": (("a," + "预" * 4000).encode(), "F101", CSV),
    "half a character of UTF-16": (b"\xff\xfea", "F101", "unknown data"),
    "a text": ("金额".encode(), "F101", TXT),
    "a text of blanks": (b" \r\n\t\n", "F101", TXT),
    "XML": (b'\n<?xml version="1.0"?><a/>', "F101", "XML"),
    "a portable document": (b"%PDF-1.7\n", "F101", "PDF"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "F101", "PNG"),
    "a photo": (b"\xff\xd8\xff\xe0", "F101", "JPEG"),
    "a RAR archive": (b"Rar!\x1a\x07", "F101", "RAR"),
    "an encrypted workbook": (OLE2 + "EncryptedPackage".encode("utf-16-le"), "F103", "OLE2 (EncryptedPackage)"),
    "an old workbook": (OLE2 + b"\0" * 600, "F104", "Excel 97-2003 or WPS (.xls / .et)"),
    "an XML spreadsheet": (
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        "F104",
        "XML Spreadsheet 2003 (.xml)",
    ),
}


@pytest.mark.parametrize("name", NO_PACKAGE)
def test_what_is_no_package_is_told_by_its_first_bytes(name: str) -> None:
    data, code, found = NO_PACKAGE[name]
    assert answer(lambda: admit(data, "returned.xlsx")) == (code, found, "")


def test_an_empty_file_has_words_of_its_own() -> None:
    assert refusal(lambda: admit(b"", "~$returned.xlsx")).variant == "empty"


def test_a_lock_file_is_told_by_its_name_unless_it_is_an_old_workbook() -> None:
    assert answer(lambda: admit(b"\x06zhang " + b" " * 158, "~$预算.xlsx"))[1] == "a lock file of Excel or WPS (~$)"
    assert answer(lambda: admit(OLE2, "~$预算.xlsx"))[0] == "F104"


@pytest.mark.parametrize(("magic", "code"), [(OLE2, "F104"), (b"%PDF-1.7\n", "F101")])
def test_an_old_workbook_that_embeds_a_new_one_is_an_old_workbook(magic: bytes, code: str) -> None:
    assert answer(lambda: admit(magic + package(), "returned.xlsx"))[0] == code


PACKAGES: dict[str, tuple[dict[str, bytes], str, str]] = {
    "an archive": ({"a.txt": b"a"}, "F101", "ZIP"),
    "an empty archive": ({}, "F101", "ZIP"),
    "a package of something else": (smallest({TYPES: types("application/pdf")}), "F101", "ZIP"),
    "a package that does not say what it is": (smallest({TYPES: types(part="xl/other.xml")}), "F101", "ZIP"),
    "a package without anything in it": ({TYPES: types()}, "F102", "_rels/.rels"),
    "a package without its workbook": (smallest({BOOK: None}), "F102", BOOK),
    "a letter": ({TYPES: types(), "word/document.xml": b"<w/>"}, "F101", "Word (.docx)"),
    "slides": ({TYPES: types(), "PPT/presentation.xml": b"<w/>"}, "F101", "PowerPoint (.pptx)"),
    "an OpenDocument": (
        {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"},
        "F104",
        "OpenDocument (.ods)",
    ),
    "a binary workbook": (
        smallest({TYPES: types("application/vnd.ms-excel.sheet.binary.macroEnabled.main")}),
        "F104",
        "Excel Binary Workbook (.xlsb)",
    ),
    "a workbook with macros": (
        smallest({TYPES: types("application/vnd.ms-excel.sheet.macroEnabled.main+xml")}),
        "F104",
        "Macro-Enabled Workbook (.xlsm)",
    ),
    "a template": (
        smallest({TYPES: types().replace(b"sheet.main", b"template.main")}),
        "F104",
        "Excel Template (.xltx)",
    ),
    "a strict workbook": (
        smallest({BOOK: b'<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"/>'}),
        "F104",
        "Strict Open XML Spreadsheet",
    ),
}


@pytest.mark.parametrize("name", PACKAGES)
def test_what_is_another_package_is_told_by_its_parts_and_types(name: str) -> None:
    parts, code, found = PACKAGES[name]
    assert answer(lambda: admit(put_together(parts), "returned.xlsx")) == (code, found, "")


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("xl/vbaProject.bin", "macros"),
        ("xl/VBADATA.xml", "macros"),
        ("xl/macrosheets/sheet1.xml", "macros"),
        ("xl/dialogsheets/sheet1.xml", "macros"),
        ("xl/activeX/activeX1.xml", "ActiveX controls"),
        ("xl/embeddings/oleObject1.bin", "embedded files"),
        ("xl/worksheets/embeddings/预算.xlsx", "embedded files"),
        ("xl/connections.xml", "data connections"),
        ("xl/queryTables/queryTable1.xml", "data connections"),
        ("xl/new.bin", "content of an unknown kind"),
        ("run.exe", "content of an unknown kind"),
        ("xl/media/image1.png.exe", "content of an unknown kind"),
        ("没有扩展名", "content of an unknown kind"),
    ],
)
def test_content_that_a_budget_has_no_use_for_is_named(part: str, found: str) -> None:
    assert answer(lambda: admit(package({part: b"<x/>"}), "returned.xlsx")) == ("F109", found, part)


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("application/vnd.ms-office.vbaProject", "macros"),
        ("application/vnd.ms-office.activeX+xml", "ActiveX controls"),
        ("application/vnd.openxmlformats-officedocument.oleObject", "embedded files"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.connections+xml", "data connections"),
    ],
)
def test_such_content_is_told_by_its_type_whatever_it_is_called(kind: str, found: str) -> None:
    by_name = f'<Override PartName="/xl/media/Image1.PNG" ContentType="{kind}"/>'
    by_suffix = f'<Default Extension="png" ContentType="{kind}"/>'
    for said in (by_name, by_suffix):
        data = package({TYPES: types(more=said), "xl/media/image1.png": b"\0"})
        assert answer(lambda there=data: admit(there, "returned.xlsx")) == ("F109", found, "xl/media/image1.png")  # type: ignore[misc]
        assert admit(package({TYPES: types(more=said)}), "returned.xlsx").names()


@pytest.mark.parametrize(
    "part",
    [
        "xl/media/photo.JPEG",
        "xl/media/image1.emf",
        "xl/printerSettings/printerSettings12.bin",
        "xl/customProperty1.bin",
        "xl/customProperty/customProperty1.bin",
        "docProps/thumbnail.jpeg",
        "xl/drawings/vmlDrawing1.vml",
        "xl/externalLinks/externalLink1.xml",
        "package/services/metadata/core-properties/a1.psmdcp",
        "xl/metadata",
        "[trash]/0000.dat",
        "_xmlsignatures/origin.sigs",
        "xl/worksheets/",
    ],
)
def test_pictures_printers_comments_links_and_what_programs_leave_behind_may_be_there(part: str) -> None:
    assert part in admit(package({part: b"<x/>"}), "returned.xlsx")


def test_only_types_are_taken_from_the_part_of_types() -> None:
    more = "<note xmlns='http://other' PartName='/xl/workbook.xml' ContentType='application/pdf'/>"
    assert BOOK in admit(package({TYPES: types(more=more)}), "returned.xlsx")


def test_a_name_from_outside_is_shown_in_one_short_printable_line() -> None:
    assert named("预算.xlsx") == "预算.xlsx"
    assert named("a\n\u202eb\x00c") == "a??b?c"
    assert named("x" * 100) == "x" * 100
    assert named("x" * 101) == "x" * 100 + "…"


def test_every_answer_is_said_in_chinese_too() -> None:
    for data, _, _ in NO_PACKAGE.values():
        found = refusal(lambda there=data: admit(there, "returned.xlsx")).found  # type: ignore[misc]
        assert say(found, "zh") and (isinstance(found, str) or say(found, "zh") != say(found, "en"))
