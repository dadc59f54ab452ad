"""Zip files that may lie in every field, and the good workbook from which most hostile ones are made.

The standard library's zipfile writes only what is true; here a header is data, and the directory may say other things
than the headers before the parts.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TypeAlias

from crmxl.define.library import Library
from crmxl.issue.layout import lay_out
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Type
from crmxl.resources import folder

STORED, DEFLATED = 0, 8
UTF8, ENCRYPTED, DESCRIPTOR = 0x800, 0x1, 0x8
_LOCAL, _CENTRAL, _END, _AFTER = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x07\x08"


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says of its entry."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    extra: bytes = b""
    version: int = 20
    offset: int = 0
    """In the directory only."""
    disk: int = 0
    """In the directory only."""


@dataclass(frozen=True, slots=True)
class End:
    """The end record."""

    count: int
    size: int
    offset: int
    here: int = -1
    """Entries on this disk; ``count`` where it is -1."""
    disk: int = 0
    first_disk: int = 0
    comment: bytes = b""
    comment_size: int = -1


Lie: TypeAlias = Callable[[Header], Header]


def _true(header: Header) -> Header:
    return header


def says(**fields: object) -> Lie:
    """A header with other values in some fields."""
    return lambda header: replace(header, **fields)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; what is not said otherwise is true."""

    name: str | bytes
    data: bytes = b""
    method: int = DEFLATED
    strategy: int = zlib.Z_DEFAULT_STRATEGY
    """Z_HUFFMAN_ONLY keeps the ratio below 9, whatever the data."""
    packed: bytes | None = None
    """What stands in the file, where it is not ``data`` by ``method``."""
    descriptor: bool = False
    """Sizes and CRC come after the data, as programs write that stream."""
    local: Lie = _true
    """What the header before the data says instead."""
    central: Lie = _true
    """What the directory says instead."""
    here: bool = True
    """Whether there is a header with data; without one the directory names an entry that stands elsewhere."""
    listed: bool = True
    """Whether the directory names it."""


def pack(
    entries: Sequence[Entry],
    *,
    before: bytes = b"",
    shifted: bool = True,
    between: bytes = b"",
    after: bytes = b"",
    comment: bytes = b"",
    end: Callable[[End], End] = lambda end: end,
) -> bytes:
    """The archive. ``before`` stands before it (offsets count it where ``shifted``), ``between`` the last entry and the
    directory, ``after`` behind the end record.
    """
    body, directory = bytearray(before), bytearray()
    start = 0 if shifted else len(before)
    for entry in entries:
        header, packed = _header(entry)
        header = replace(header, offset=len(body) - start)
        if entry.here:
            body += local_header(entry.local(_streamed(header) if entry.descriptor else header)) + packed
            if entry.descriptor:
                body += _AFTER + struct.pack("<III", header.crc, header.packed, header.size)
        if entry.listed:
            directory += central_header(entry.central(header))
    body += between
    listed = sum(entry.listed for entry in entries)
    said = end(End(listed, len(directory), len(body) - start, comment=comment))
    return bytes(body + directory) + end_record(said) + after


def _header(entry: Entry) -> tuple[Header, bytes]:
    name = entry.name if isinstance(entry.name, bytes) else entry.name.encode()
    packed = entry.packed
    if packed is None:
        packed = deflated(entry.data, entry.strategy) if entry.method == DEFLATED else entry.data
    flags = (0 if name.isascii() or isinstance(entry.name, bytes) else UTF8) | (DESCRIPTOR if entry.descriptor else 0)
    return Header(name, flags, entry.method, zlib.crc32(entry.data), len(packed), len(entry.data)), packed


def _streamed(header: Header) -> Header:
    return replace(header, crc=0, packed=0, size=0)


def deflated(data: bytes, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    """Raw deflate, as zip has it."""
    return _kept(data, strategy) if len(data) < 1 << 16 else _deflated(data, strategy)


@lru_cache(maxsize=200)
def _kept(data: bytes, strategy: int) -> bytes:
    """Most parts of most cases are the good workbook's."""
    return _deflated(data, strategy)


def _deflated(data: bytes, strategy: int) -> bytes:
    packer = zlib.compressobj(6 if len(data) < 1 << 22 else 1, zlib.DEFLATED, -15, 8, strategy)
    return packer.compress(data) + packer.flush()


def spread(name: str, piece: bytes, count: int, head: bytes = b"", tail: bytes = b"") -> Entry:
    """An entry of ``head``, ``count`` times ``piece`` and ``tail``, whose large content is never made: a deflated piece
    that ends on a byte can be repeated.
    """
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    first = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    crc = zlib.crc32(head)
    for _ in range(count):
        crc = zlib.crc32(piece, crc)
    truth = says(crc=zlib.crc32(tail, crc), size=len(head) + count * len(piece) + len(tail))
    return Entry(name, packed=first + packed * count + deflated(tail), local=truth, central=truth)


def local_header(said: Header) -> bytes:
    fields = (said.version, said.flags, said.method, 0, 33, said.crc, said.packed, said.size, len(said.name))
    return _LOCAL + struct.pack("<5H3I2H", *fields, len(said.extra)) + said.name + said.extra


def central_header(said: Header) -> bytes:
    fields = (20, said.version, said.flags, said.method, 0, 33, said.crc, said.packed, said.size, len(said.name))
    rest = (len(said.extra), 0, said.disk, 0, 0, said.offset)
    return _CENTRAL + struct.pack("<6H3I5H2I", *fields, *rest) + said.name + said.extra


def end_record(said: End) -> bytes:
    here = said.count if said.here < 0 else said.here
    comment_size = len(said.comment) if said.comment_size < 0 else said.comment_size
    fields = (said.disk, said.first_disk, here, said.count, said.size, said.offset, comment_size)
    return _END + struct.pack("<4H2IH", *fields) + said.comment


# The good workbook.

TYPES, RELS, BOOK = "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"
BOOK_RELS, STYLES, STRINGS = "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/sharedStrings.xml"
CUSTOM, CORE, APP, THEME = "docProps/custom.xml", "docProps/core.xml", "docProps/app.xml", "xl/theme/theme1.xml"
GUIDE, BUDGET, CHECKS, SCRATCH, STAMP = (f"xl/worksheets/sheet{number}.xml" for number in (1, 2, 3, 5, 6))
SHEET_NAMES = MappingProxyType({BUDGET: "费用预算", SCRATCH: "工作底稿", STAMP: "_crmxl"})
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
AMOUNT = "C9"
"""An amount on BUDGET, 1,000.00 yuan; next to it C10, 8,000.00."""
SUBTOTAL = "C12"
"""A calculated cell on BUDGET."""
TOTAL = "133000.00"

Parts: TypeAlias = Mapping[str, bytes]
Edit: TypeAlias = Callable[[bytes], bytes]


@cache
def good() -> bytes:
    """A filled workbook as the writer makes it, whose check finds nothing."""
    layout = lay_out(Library().load("cosmetics-plan"), 2026)
    texts = json.loads((folder("samples") / "cosmetics-plan" / "group-sample.json").read_text(encoding="utf-8"))
    numbers = {key: text for key, text in texts.items() if layout.cells[key].type is Type.MONEY}
    entries = {**texts, **{key: Fraction(text) for key, text in numbers.items()}}
    return write(layout, Assignment(unit="R01", unit_name="华东大区", year=2026), entries)


@cache
def parts() -> Parts:
    """The good workbook's parts."""
    with zipfile.ZipFile(io.BytesIO(good())) as archive:
        return MappingProxyType({name: archive.read(name) for name in archive.namelist()})


def entries(edits: Mapping[str, Edit] | None = None, added: Parts | None = None, without: str = "") -> list[Entry]:
    """The good workbook's entries, some parts edited, some added, one left out."""
    edited = {name: (edits or {}).get(name, _as_is)(data) for name, data in parts().items() if name != without}
    unknown = set(edits or ()) - set(edited)
    assert not unknown, unknown
    return [Entry(name, data) for name, data in {**edited, **(added or {})}.items()]


def _as_is(data: bytes) -> bytes:
    return data


def changed(name: str, edit: Edit) -> bytes:
    """The good workbook with one part edited; the edit must change it."""
    made = entries({name: edit})
    assert any(entry.data != parts()[str(entry.name)] for entry in made), f"{name}: the edit changed nothing"
    return pack(made)


def with_entry(name: str, change: Callable[[Entry], Entry]) -> bytes:
    """The good workbook with one entry written otherwise."""
    return pack([change(entry) if entry.name == name else entry for entry in entries()])


def with_parts(added: Parts, edits: Mapping[str, Edit] | None = None) -> bytes:
    """The good workbook with more parts."""
    return pack(entries(edits, added))


def swap(old: str | bytes, new: str | bytes, count: int = 1) -> Edit:
    """An edit that puts one text in the place of another; there must be one."""
    old, new = (text.encode() if isinstance(text, str) else text for text in (old, new))

    def edit(data: bytes) -> bytes:
        assert old in data, old
        return data.replace(old, new, count)

    return edit


def instead(entry: Entry, edits: Mapping[str, Edit] | None = None) -> list[Entry]:
    """The good workbook's entries with ``entry`` for the one of its name."""
    return [entry if one.name == entry.name else one for one in entries(edits)]


def padded(name: str, mark: str, piece: bytes, count: int) -> bytes:
    """The good workbook with ``count`` times ``piece`` before the ``mark`` in one part."""
    head, tail = parts()[name].split(mark.encode(), 1)
    return pack(instead(spread(name, piece, count, head, mark.encode() + tail)))


def before(mark: str, text: str | bytes) -> Edit:
    """An edit that puts ``text`` before the first ``mark``."""
    return swap(mark, text.encode() + mark.encode() if isinstance(text, str) else text + mark.encode())


def override(name: str, kind: str) -> Edit:
    """An edit of the content types: ``name`` is of ``kind``."""
    return before("</Types>", f'<Override PartName="/{name}" ContentType="{kind}"/>')


def relation(id: str, kind: str, target: str, more: str = "") -> Edit:
    """An edit of a relationships part: one more."""
    return before("</Relationships>", f'<Relationship Id="{id}" Type="{kind}" Target="{target}"{more}/>')


def both(*edits: Edit) -> Edit:
    """Edits one after the other."""

    def edit(data: bytes) -> bytes:
        for one in edits:
            data = one(data)
        return data

    return edit
