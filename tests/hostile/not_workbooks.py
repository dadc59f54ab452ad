"""What people send by mistake under a workbook's name: other files, other formats, files that broke on the way."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import sys
import tarfile
from collections.abc import Iterator
from random import Random

from tests.hostile.case import SAME, Build, Case, cases, refused
from tests.hostile.package import (
    BOOK,
    MAIN,
    RELS,
    STORED,
    TYPES,
    Entry,
    changed,
    entries,
    good,
    pack,
    parts,
    swap,
)

OLE2 = bytes.fromhex("D0CF11E0A1B11AE1")
_SECTOR = 512
_END_OF_CHAIN, _FAT_SECTOR, _FREE = 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def compound(*streams: str) -> bytes:
    """An OLE2 compound file whose directory names ``streams``, as protected and old workbooks are."""
    header = OLE2 + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, _END_OF_CHAIN, 0, _END_OF_CHAIN, 0)
    header += struct.pack("<109I", 0, *[_FREE] * 108)
    fat = struct.pack("<128I", _FAT_SECTOR, _END_OF_CHAIN, *[_FREE] * 126)
    directory = b"".join(_named(name, 5 if name == "Root Entry" else 2) for name in ("Root Entry", *streams))
    return header + fat + directory.ljust(_SECTOR, b"\0") + bytes(4 * _SECTOR)


def _named(name: str, kind: int) -> bytes:
    text = name.encode("utf-16-le")
    links = struct.pack("<3I", _FREE, _FREE, _FREE)
    return text.ljust(64, b"\0") + struct.pack("<HBB", len(text) + 2, kind, 1) + links + bytes(48)


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("budget.xlsx")
        member.size = len(good())
        archive.addfile(member, io.BytesIO(good()))
    return buffer.getvalue()


def _open_document(kind: str) -> bytes:
    mime = Entry("mimetype", f"application/vnd.oasis.opendocument.{kind}".encode(), STORED)
    return pack([mime, Entry("content.xml", b"<office:document-content/>"), Entry("META-INF/manifest.xml", b"<m/>")])


_PAGE = "<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table><tr><td>1.1.1</td><td>1000</td></tr></table>"
_TABLE = "编码,项目,金额\r\n1.1.1,调查问卷,1000\r\n"
_SYLK = b"ID;PWXL;N;E\r\nC;Y1;X1;K1000\r\nE\r\n"
_WORD = {TYPES: b"<Types/>", "word/document.xml": b"<w:document/>"}
_SLIDES = {TYPES: b"<Types/>", "ppt/presentation.xml": b"<p:presentation/>"}
_MAIN_2003 = (
    b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="urn:schemas-microsoft-com:'
)


def _package(main: str, kind: bytes) -> bytes:
    """A package of another program, whose chief part is ``main``."""
    plain = b"openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    return pack(
        [
            Entry(TYPES, parts()[TYPES].replace(plain, kind).replace(BOOK.encode(), main.encode())),
            Entry(RELS, parts()[RELS].replace(BOOK.encode(), main.encode())),
            Entry(main, b"<x/>"),
        ]
    )


NOT_WORKBOOKS: dict[str, Build] = {
    "nothing": lambda: b"",
    "one-zero": lambda: b"\0",
    "zeros": lambda: bytes(100_000),
    "random": lambda: Random(1).randbytes(50_000),
    "random-after-zip-magic-of-two": lambda: b"PK" + Random(2).randbytes(5_000),
    "html": lambda: _PAGE.encode(),
    "html-gbk": lambda: ("<meta charset=gbk>" + _PAGE + "金额").encode("gbk"),
    "html-utf16": lambda: _PAGE.encode("utf-16"),
    "mhtml": lambda: b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n<html>",
    "csv": lambda: _TABLE.encode(),
    "csv-bom": lambda: _TABLE.encode("utf-8-sig"),
    "csv-gbk": lambda: _TABLE.encode("gbk"),
    "tsv-utf16": lambda: _TABLE.replace(",", "\t").encode("utf-16"),
    "csv-with-formulas": lambda: b"=cmd|'/C calc'!A0,@SUM(1),+1\r\n",
    "text": lambda: "请查收附件".encode(),
    "one-very-long-line": lambda: b"a" * 9_000_000,
    "json": lambda: b'{"1.1.1@amount": "1000.00"}',
    "sylk": lambda: _SYLK,
    "rtf": lambda: rb"{\rtf1\ansi 1000}",
    "mail": lambda: b"Received: from a by b\r\nSubject: budget\r\n\r\n1000",
    "pdf": lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj",
    "png": lambda: b"\x89PNG\r\n\x1a\n" + bytes(64),
    "jpeg": lambda: b"\xff\xd8\xff\xe0" + bytes(64),
    "gif": lambda: b"GIF89a" + bytes(64),
    "bmp": lambda: b"BM" + bytes(64),
    "webp": lambda: b"RIFF\x40\0\0\0WEBPVP8 " + bytes(64),
    "program": lambda: b"MZ\x90\0" + bytes(64) + b"This program cannot be run in DOS mode.",
    "elf": lambda: b"\x7fELF\x02\x01\x01" + bytes(64),
    "shell-script": lambda: b"#!/bin/sh\nrm -rf ~\n",
    "pickle": lambda: b"\x80\x04cos\nsystem\n(S'touch owned'\ntR.",
    "sqlite": lambda: b"SQLite format 3\0" + bytes(64),
    "gzip": lambda: gzip.compress(good(), mtime=0),
    "gzip-bomb": lambda: gzip.compress(bytes(50_000_000), mtime=0),
    "bzip2": lambda: bz2.compress(good()),
    "xz": lambda: lzma.compress(good()),
    "rar": lambda: b"Rar!\x1a\x07\x01\0" + bytes(64),
    "7z": lambda: b"7z\xbc\xaf\x27\x1c" + bytes(64),
    "empty-zip": lambda: pack([]),
    "zip-of-texts": lambda: pack([Entry("readme.txt", b"1000")]),
    "zip-of-workbooks": lambda: pack([Entry("华东.xlsx", good(), STORED), Entry("华南.xlsx", good(), STORED)]),
    "docx": lambda: pack([Entry(name, data) for name, data in _WORD.items()]),
    "pptx": lambda: pack([Entry(name, data) for name, data in _SLIDES.items()]),
    "visio": lambda: _package("visio/document.xml", b"ms-visio.drawing.main+xml"),
    "jar": lambda: pack(
        [Entry("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n"), Entry("A.class", b"\xca\xfe\xba\xbe")]
    ),
    "epub": lambda: pack([Entry("mimetype", b"application/epub+zip", STORED), Entry("OEBPS/a.xhtml", b"<html/>")]),
}
_BIFF = bytes.fromhex("0908080000060500") + bytes(600)
LOCK = b"\x05zhang " + b" " * 48 + "zhang".encode("utf-16-le").ljust(110, b" ")


def _no_book() -> bytes:
    return pack(
        [Entry(TYPES, parts()[TYPES].replace(b"spreadsheetml.sheet.main", b"spreadsheetml.table")), *entries()[1:2]]
    )


def _macro(kind: str) -> Build:
    plain = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    return lambda: changed(TYPES, swap(plain, f"application/vnd.{kind}"))


_STRICT = swap(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
_STRICT_RELATION = swap(
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
    "http://purl.oclc.org/ooxml/officeDocument/relationships/",
    99,
)
OTHER_FORMATS: dict[str, Build] = {
    "xls": lambda: compound("Workbook"),
    "xls-of-excel-95": lambda: compound("Book"),
    "et": lambda: compound("Workbook", "ETExtData"),
    "compound-cut-after-its-magic": lambda: OLE2,
    "xml-spreadsheet-2003": lambda: _MAIN_2003 + b'office:spreadsheet"><Worksheet/></Workbook>',
    "ods": lambda: _open_document("spreadsheet"),
    "ods-template": lambda: _open_document("spreadsheet-template"),
    "xlsb": lambda: _package("xl/workbook.bin", b"ms-excel.sheet.binary.macroEnabled.main"),
    "xlsb-by-type": _macro("ms-excel.sheet.binary.macroEnabled.main"),
    "xlsm": _macro("ms-excel.sheet.macroEnabled.main+xml"),
    "xltm": _macro("ms-excel.template.macroEnabled.main+xml"),
    "xlam": _macro("ms-excel.addin.macroEnabled.main+xml"),
    "xltx": _macro("openxmlformats-officedocument.spreadsheetml.template.main+xml"),
    "strict": lambda: pack(
        entries(
            {
                **{name: _STRICT for name in parts() if name == BOOK or "sheets/" in name},
                "_rels/.rels": _STRICT_RELATION,
                "xl/_rels/workbook.xml.rels": _STRICT_RELATION,
            }
        )
    ),
    "strict-workbook-part": lambda: changed(BOOK, _STRICT),
}
PROTECTED: dict[str, Build] = {
    "password": lambda: compound("EncryptionInfo", "EncryptedPackage"),
    "password-with-data-spaces": lambda: compound("\x06DataSpaces", "EncryptionInfo", "EncryptedPackage"),
    "password-of-wps": lambda: compound("EncryptedPackage", "EncryptionInfo"),
    "password-and-a-large-package": lambda: compound("EncryptedPackage") + Random(3).randbytes(5_000_000),
}
FILE_NAMES = {
    "old-suffix": "预算.xls",
    "csv-suffix": "预算.csv",
    "formula": "=cmd|'/C calc'!A0.xlsx",
    "markup": "[bold red]通过[/]{0}%s.xlsx",
    "turned-about": "预算\u202excod.xlsx",
    "unseen": "预\u200b算.xlsx",
    "lines": "预算\n通过.xlsx",
    "escape": "预算\x1b[2J.xlsx",
    "option": "--help.xlsx",
    "long": f"{'长' * 80}.xlsx",
    **({"no-text": "\udcff\udcfe.xlsx"} if sys.platform == "linux" else {}),
}
"""A good workbook under a name that misleads."""
CUTS = (5, 29, 30, 48, 49, 100, 1_000, 5_000, 10_000, 15_000)


def _cut(to: int) -> Build:
    return lambda: good()[:to]


def _beheaded(by: int) -> Build:
    return lambda: good()[by:]


def all_cases() -> Iterator[Case]:
    yield from cases("not a workbook", refused("F101"), NOT_WORKBOOKS)
    yield Case("not a workbook", "lock-file", lambda: LOCK, refused("F101", said="lock file"), "~$预算.xlsx")
    yield from cases("not a workbook", refused("F101"), {f"first-{n}-bytes": _cut(n) for n in (1, 2, 3)})
    yield Case("not a workbook", "package-without-workbook", _no_book, refused("F101", "F102"))
    yield Case("not a workbook", "tar", _tar, refused("F101", "F107"))
    for name, file in FILE_NAMES.items():
        yield Case("names of files", f"file-name-{name}", good, SAME, file)
    yield from cases("other format", refused("F104"), OTHER_FORMATS)
    yield Case("other format", "xls-without-container", lambda: _BIFF, refused("F101", "F104"))
    yield from cases("password", refused("F103"), PROTECTED)
    yield from cases("truncated", refused("F102"), {f"first-{n}-bytes": _cut(n) for n in (4, *CUTS)})
    yield from cases(
        "truncated", refused("F102"), {f"without-last-{n}-bytes": _cut(-n) for n in (1, 2, 21, 22, 23, 60, 500)}
    )
    # What is left does not begin as a zip does, yet ends as one: told as damage or as the odd thing that it is.
    yield from cases(
        "truncated", refused("F101", "F102", "F107"), {f"without-first-{n}-bytes": _beheaded(n) for n in (1, 4, 400)}
    )
    halves = {
        "zeros-in-the-middle": lambda: good()[:4_000] + bytes(2_000) + good()[6_000:],
        "a-kilobyte-missing": lambda: good()[:4_000] + good()[5_024:],
        "a-kilobyte-twice": lambda: good()[:5_024] + good()[4_000:],
        "line-ends-converted": lambda: good().replace(b"\n", b"\r\n"),
        "eighth-bit-lost": lambda: bytes(byte & 0x7F for byte in good()),
        "read-as-latin-1-and-saved-as-utf-8": lambda: good().decode("latin-1").encode(),
    }
    yield from cases("truncated", refused("F102", "F107"), halves)
