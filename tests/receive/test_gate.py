"""Nothing is parsed before its container passed: what lies, hides, repeats or is damaged is named and refused."""

from __future__ import annotations

import os
import random
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from crmxl.errors import CrmxlError
from crmxl.receive.gate import Parts, admit
from crmxl.receive.reading import read
from tests.gallery.package import put_together
from tests.hostile.package import DEFLATED, DESCRIPTOR, ENCRYPTED, STORED, UTF8, Entry, deflated, pack, says
from tests.receive.packages import SHEET, TYPES, answer, package, refusal, smallest
from tests.receive.returned import SHELF, issued, reading

DIGITS = random.Random(0).randbytes(3 << 20).hex().encode()
"""Six megabytes that packing only halves."""


def admitted(data: bytes) -> Parts:
    return admit(data, "returned.xlsx")


def entries() -> list[Entry]:
    """The smallest workbook's."""
    return [Entry(name, content) for name, content in smallest().items()]


def with_entry(change: Callable[[Entry], Entry], name: str = SHEET) -> bytes:
    """The smallest workbook with one entry written otherwise."""
    return pack([change(entry) if entry.name == name else entry for entry in entries()])


def added(name: str | bytes, content: bytes = b"<x/>", **how: object) -> bytes:
    """The smallest workbook with one more entry."""
    return pack([*entries(), Entry(name, content, **how)])  # type: ignore[arg-type]


def sheet_written(**how: object) -> Callable[[Entry], Entry]:
    """The entry with other fields."""
    return lambda entry: Entry(**{"name": entry.name, "data": entry.data, **how})  # type: ignore[arg-type]


def content(parts: Parts, name: str) -> bytes:
    return b"".join(parts.chunks(name))


# --- what passes ----------------------------------------------------------------------------------------------------


def test_a_good_workbook_passes_whatever_its_name() -> None:
    for name in ("预算.xls", "~$预算.xlsx", ""):
        assert SHEET in admit(issued(), name)


@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize("descriptor", [False, True])
def test_parts_may_be_stored_or_deflated_and_measured_before_or_after(method: int, descriptor: bool) -> None:
    data = pack([Entry(entry.name, entry.data, method, descriptor=descriptor) for entry in entries()])
    parts = admitted(data)
    assert {name: content(parts, name) for name in parts.names()} == smallest()


def test_parts_are_found_without_regard_to_case() -> None:
    parts = admitted(package())
    assert "XL/WorkBook.XML" in parts
    assert content(parts, "XL/WorkBook.XML") == smallest()["xl/workbook.xml"]
    assert parts.names() == list(smallest())


def test_a_part_that_is_not_there_is_damage_where_it_is_asked_for() -> None:
    parts = admitted(package())
    assert "xl/styles.xml" not in parts
    assert answer(lambda: content(parts, "xl/styles.xml")) == ("F102", "xl/styles.xml", "")


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_a_large_part_is_inflated_again_each_time_it_is_read(method: int) -> None:
    parts = admitted(added("xl/media/photo.png", DIGITS, method=method))
    assert content(parts, "xl/media/photo.png") == content(parts, "xl/media/photo.png") == DIGITS


def test_an_empty_part_and_a_folder_do_no_harm() -> None:
    parts = admitted(pack([*entries(), Entry("xl/worksheets/", b"", STORED), Entry("xl/empty.xml")]))
    assert content(parts, "xl/empty.xml") == b""


def test_a_package_with_the_wide_end_record_is_refused() -> None:
    assert answer(lambda: admitted(wide_end(pack(entries())))) == ("F107", "a ZIP64 record", "ZIP")


def wide_end(data: bytes) -> bytes:
    """The package with a zip64 end record, as programs write that do not know in advance how large it gets."""
    at = data.rindex(b"PK\x05\x06")
    _, _, _, here, count, size, offset, _ = struct.unpack("<4s4H2IH", data[at:])
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, here, count, size, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, here, count, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:at] + record + locator + end


def test_a_part_with_wide_sizes_in_its_own_header_passes() -> None:
    def wide(entry: Entry) -> Entry:
        size = struct.pack("<2H2Q", 1, 16, len(entry.data), len(deflated(entry.data)))
        return Entry(entry.name, entry.data, local=says(size=0xFFFFFFFF, packed=0xFFFFFFFF, extra=size))

    assert SHEET in admitted(with_entry(wide))


# --- damage ---------------------------------------------------------------------------------------------------------


def test_a_workbook_cut_anywhere_is_damaged_and_never_read() -> None:
    data = package()
    for length in range(4, len(data)):
        assert answer(lambda at=length: admitted(data[:at])) == ("F102", "ZIP", "")  # type: ignore[misc]


def turned(data: bytes, part: bytes) -> bytes:
    at = data.index(part)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def shortened(entry: Entry) -> Entry:
    packed = deflated(entry.data)
    return Entry(entry.name, entry.data, packed=packed[: len(packed) // 2])


DAMAGE: dict[str, tuple[bytes, str]] = {
    "a byte of a stored part is another": (
        turned(with_entry(lambda entry: Entry(entry.name, entry.data, STORED)), b"<sheetData>"),
        SHEET,
    ),
    "a deflated part is cut": (with_entry(shortened), SHEET),
    "a deflated part is none": (with_entry(sheet_written(packed=b"\xff\xff\xff\xff")), SHEET),
    "something follows in the space of a deflated part": (
        with_entry(lambda entry: Entry(entry.name, entry.data, packed=deflated(entry.data) + b"more")),
        SHEET,
    ),
    "a part is larger than it says": (
        with_entry(lambda entry: Entry(entry.name, entry.data, local=says(size=9), central=says(size=9))),
        SHEET,
    ),
    "a stored part is larger than it says": (
        with_entry(lambda entry: Entry(entry.name, entry.data, STORED, local=says(size=9), central=says(size=9))),
        SHEET,
    ),
    "a part is smaller than it says": (
        with_entry(lambda entry: Entry(entry.name, entry.data, local=says(size=9000), central=says(size=9000))),
        SHEET,
    ),
    "a part leads past the end of the file": (
        with_entry(lambda entry: Entry(entry.name, entry.data, local=says(packed=9000), central=says(packed=9000))),
        SHEET,
    ),
    "the directory leads to no header": (with_entry(sheet_written(central=says(offset=2))), SHEET),
    "the directory leads past the end of the file": (with_entry(sheet_written(central=says(offset=1 << 20))), SHEET),
    "the directory is none": (package().replace(b"PK\x01\x02", b"PK\x01\x03"), "ZIP"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named_by_its_part(name: str) -> None:
    data, where = DAMAGE[name]
    assert answer(lambda: admitted(data)) == ("F102", where, "")


# --- what programs read differently ---------------------------------------------------------------------------------


def end(data: bytes, **fields: int) -> bytes:
    """The package with other values in its end record."""
    names = ("disk", "first_disk", "here", "count", "size", "offset", "comment")
    at = data.rindex(b"PK\x05\x06") + 4
    there = dict(zip(names, struct.unpack("<4H2IH", data[at:]), strict=True))
    return data[:at] + struct.pack("<4H2IH", *{**there, **fields}.values())


def archive_of(names: Sequence[str | bytes]) -> bytes:
    return pack([*entries(), *(Entry(name, b"<x/>") for name in names)])


NAME, TWICE, RECORDS = "the name of a part", "a part that stands twice", "two records of a part that differ"
BEFORE, AFTER = "bytes before the package", "bytes after the package"
VOLUMES, ENCODING = "a package in several volumes", "an encoding other than UTF-8"
MACHINE = b"MZ\x90\0\3\0\0\0\4"
"""How a program that unpacks itself begins."""
UNSAFE: dict[str, tuple[bytes, str, str]] = {
    "a program before it, offsets right": (pack(entries(), before=MACHINE), BEFORE, "ZIP"),
    "a program before it, offsets wrong": (pack(entries(), before=MACHINE, shifted=False), BEFORE, "ZIP"),
    "an entry before it that the directory leaves out": (
        pack([Entry("a.xml", b"<x/>", listed=False), *entries()]),
        BEFORE,
        "ZIP",
    ),
    "a package before it": (package() + pack(entries()), BEFORE, "ZIP"),
    "text after it": (package() + b"\n", AFTER, "ZIP"),
    "a comment": (pack(entries(), comment=b"PK\x05"), AFTER, "ZIP"),
    "a comment that is not there": (end(package(), comment=1), AFTER, "ZIP"),
    "a second volume": (end(package(), disk=1), VOLUMES, "ZIP"),
    "a directory in the second volume": (end(package(), first_disk=1), VOLUMES, "ZIP"),
    "entries in another volume": (end(package(), count=6), VOLUMES, "ZIP"),
    "a name with a backslash": (archive_of(["xl\\a.xml"]), NAME, "xl\\a.xml"),
    "a name with NUL": (archive_of([b"xl/a.xml\0.png"]), NAME, "xl/a.xml?.png"),
    "a name with a line break": (archive_of(["xl/a\n.xml"]), NAME, "xl/a?.xml"),
    "a name from the root": (archive_of(["/xl/a.xml"]), NAME, "/xl/a.xml"),
    "a name with a drive": (archive_of(["c:a.xml"]), NAME, "c:a.xml"),
    "a name that leads out": (archive_of(["xl/../a.xml"]), NAME, "xl/../a.xml"),
    "a name with nothing between": (archive_of(["xl//a.xml"]), NAME, "xl//a.xml"),
    "a name that is none": (archive_of([""]), NAME, ""),
    "a name twice": (archive_of([SHEET]), TWICE, SHEET),
    "a name twice in other letters": (archive_of([SHEET.upper()]), TWICE, SHEET.upper()),
    "an encrypted part": (
        with_entry(sheet_written(central=says(flags=ENCRYPTED))),
        "an encrypted or irregular part",
        SHEET,
    ),
    "another compression": (with_entry(sheet_written(method=12)), "the method of compression", SHEET),
    "another name": (with_entry(sheet_written(local=says(name=b"xl/worksheets/sheet2.xml"))), RECORDS, SHEET),
    "another method": (with_entry(sheet_written(local=says(method=STORED))), RECORDS, SHEET),
    "another flag": (with_entry(sheet_written(local=says(flags=ENCRYPTED))), RECORDS, SHEET),
    "another size": (with_entry(sheet_written(local=says(size=1))), RECORDS, SHEET),
    "another checksum": (with_entry(sheet_written(local=says(crc=1))), RECORDS, SHEET),
    "another checksum, measured after": (
        with_entry(sheet_written(local=says(crc=1, size=0, packed=0, flags=DESCRIPTOR))),
        RECORDS,
        SHEET,
    ),
    "wide sizes that stand nowhere": (
        with_entry(sheet_written(local=says(size=0xFFFFFFFF, packed=0xFFFFFFFF))),
        RECORDS,
        SHEET,
    ),
    "the same name in another encoding": (
        added("xl/é.xml".encode("cp437"), local=says(flags=UTF8, name="xl/é.xml".encode("latin-1"))),
        RECORDS,
        "xl/é.xml",
    ),
    "one content under two names": (
        pack([*entries(), Entry(SHEET, smallest()[SHEET], here=False, central=says(offset=0))]),
        TWICE,
        SHEET,
    ),
    "a part that ends within the next": (
        pack(
            [
                Entry("xl/a.xml", b"<x/>", STORED, local=says(packed=40), central=says(packed=40)),
                *entries(),
            ]
        ),
        "parts that overlap",
        TYPES,
    ),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_what_programs_may_read_differently_is_refused(name: str) -> None:
    data, found, part = UNSAFE[name]
    assert answer(lambda: admitted(data)) == ("F107", found, part)


MARKUP: dict[str, tuple[bytes, str]] = {
    "a document type": (b"<!DOCTYPE x []><x/>", "DOCTYPE"),
    "a document type after a comment": (b"<?xml version='1.0'?><!-- --><!DOCTYPE x><x/>", "DOCTYPE"),
    "UTF-16": ("<x/>".encode("utf-16"), ENCODING),
    "UTF-16 the other way round": ("\ufeff<x/>".encode("utf-16-be"), ENCODING),
    "UTF-16 without a mark": ("<x/>".encode("utf-16-le"), ENCODING),
    "UTF-16 without a mark the other way round": ("<x/>".encode("utf-16-be"), ENCODING),
    "UTF-32": ("<x/>".encode("utf-32"), ENCODING),
    "a declared GB18030": (b"<?xml version='1.0' encoding='GB18030'?><x/>", ENCODING),
    "a declared UTF-7": (b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-7" standalone="yes"?><x/>', ENCODING),
    "a declared UTF-16 that is none": (b'\n<?xml version="1.0" encoding = "UTF-16"?><x/>', ENCODING),
}


@pytest.mark.parametrize("part", ["xl/new.xml", "XL/_RELS/NEW.RELS", "xl/drawings/new.vml"])
@pytest.mark.parametrize("name", MARKUP)
def test_xml_of_a_kind_that_programs_read_differently_is_refused_though_nobody_reads_it(name: str, part: str) -> None:
    content, found = MARKUP[name]
    assert answer(lambda: admitted(added(part, content))) == ("F107", found, part)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("before", ["", "<!-- -->", '<!DOCTYPE worksheet [<!ENTITY a "9">]>'])
def test_utf_16_that_begins_with_white_space_is_refused(before: str, encoding: str) -> None:
    part = f" {before}{smallest()[SHEET].decode()}".encode(encoding)
    assert answer(lambda: admitted(package({SHEET: part}))) == ("F107", ENCODING, SHEET)


@pytest.mark.parametrize("declared", ["utf-8", "UTF-8", "utf8", "US-ASCII", "ascii"])
def test_utf_8_may_be_declared_or_marked(declared: str) -> None:
    for content in (f'<?xml version="1.0" encoding="{declared}"?><x/>', "<?xml version='1.0'?><x/>", "<x/>"):
        assert "xl/new.xml" in admitted(added("xl/new.xml", content.encode()))
        assert "xl/new.xml" in admitted(added("xl/new.xml", b"\xef\xbb\xbf" + content.encode()))


def test_a_document_type_is_found_wherever_a_large_part_is_cut() -> None:
    piece = 1 << 22
    large = DIGITS[: piece - 4] + b"<!DOCTYPE x>" + DIGITS
    assert answer(lambda: admitted(added("xl/new.xml", large))) == ("F107", "DOCTYPE", "xl/new.xml")


@pytest.mark.parametrize(
    "name", ["xl/media/notes.xml", "customXml/item1.xml", "_xmlsignatures/sig1.xml", "xl/printerSettings1.bin"]
)
def test_pictures_signatures_printers_and_what_add_ins_keep_are_not_looked_at_as_xml(name: str) -> None:
    assert name in admitted(added(name, "<!DOCTYPE x>".encode("utf-16")))


# --- the file on disk -----------------------------------------------------------------------------------------------


def test_a_refused_file_gives_one_finding_and_no_layout(tmp_path: Path) -> None:
    for data, code in ((b"", "F101"), (issued()[:5000], "F102"), (issued() + b"\n", "F107")):
        submission = reading(tmp_path, data)
        assert [found.code for found in submission.findings] == [code]
        assert submission.layout is None and submission.stamp is None
        assert submission.findings == (refusal(lambda there=data: admitted(there)),)  # type: ignore[misc]


def test_a_file_beyond_the_limit_is_measured_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    with path.open("wb") as file:
        file.seek(25 * (1 << 20) - 1)
        file.write(b"\0")
    submission = read(path, SHELF)
    assert [(found.code, found.found, found.expected) for found in submission.findings] == [("F105", "25 MB", "10 MB")]
    assert len(submission.digest) == 64


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes by name")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    with pytest.raises(CrmxlError, match="not a plain file"):
        read(tmp_path / "pipe.xlsx", SHELF)


def test_a_file_that_is_not_there_is_the_operators_mistake(tmp_path: Path) -> None:
    with pytest.raises(CrmxlError, match=r"none\.xlsx"):
        read(tmp_path / "none.xlsx", SHELF)


def test_bytes_thrown_at_the_gate_are_refused_or_read_but_never_crash_it() -> None:
    chance = random.Random(7)
    data = package()
    for _ in range(2_000):
        mutant = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            mutant[chance.randrange(len(mutant))] = chance.randrange(256)
        try:
            parts = admitted(bytes(mutant))
        except Exception as error:
            assert type(error).__name__ == "Refused", error
        else:
            assert all(zlib.crc32(content(parts, name)) for name in parts.names())


def test_the_same_package_is_admitted_from_any_writer() -> None:
    assert admitted(put_together(smallest())).names() == admitted(pack(entries())).names()
