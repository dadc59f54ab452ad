"""The gate: nothing in a returned file is parsed before its container passes here.

Content decides, not the extension. Knows zip and limits, nothing of cells. Each part is inflated under a bound, its
size and checksum verified, and inflated again when it is read, so that no more than one part is in memory at a time.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote

from crmxl.model import Text
from crmxl.receive.limits import LIMITS, Refused, damaged, too_large, too_many, unsafe
from crmxl.receive.looks import BEFORE, no_package, refuse_other_kinds
from crmxl.receive.xml import odd_markup

_XML_PART = re.compile(r".*\.(?:xml|rels|vml|psmdcp)")
_NEVER_READ = ("xl/media/", "customxml/", "_xmlsignatures/")
"""Pictures, add-ins' own data (which Excel keeps in UTF-16) and signatures."""
_END_MARK, _WIDE_END = b"PK\x05\x06", b"PK\x06\x07"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LOCAL = struct.Struct("<4s5H3I2H")
_END = struct.Struct("<4s4H2IH")
_IN_DESCRIPTOR, _IN_UTF8 = 0x8, 0x800
_FLAGS = 0x6 | _IN_DESCRIPTOR | _IN_UTF8
"""The flags of plain parts; 0x6 only says how hard the writer tried."""
_DESCRIPTORS = (0, 12, 16, 20, 24)
"""Bytes of a descriptor behind a part: with and without a mark, sizes of four or eight bytes."""
_ZIP64, _UNICODE_NAME = 0x0001, 0x7075
"""Extra fields that say sizes and names again."""
_CHUNK = 1 << 22
"""Bytes that are inflated or parsed at once; expat takes time squared over pieces of one long token."""
_KEPT = 1 << 20
"""Parts up to this size stay inflated."""


@dataclass(frozen=True)
class Parts:
    """The parts of a package that passed, by name; names are told apart without regard to case, as in Excel."""

    _data: bytes
    _entries: Mapping[str, zipfile.ZipInfo]
    _starts: Mapping[str, int]
    _kept: Mapping[str, bytes]

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._entries

    def names(self) -> list[str]:
        """Names as the package has them."""
        return [entry.filename for entry in self._entries.values()]

    def chunks(self, name: str) -> Iterator[bytes]:
        """A part's content, a few megabytes at a time; raises Refused where there is no such part."""
        folded = name.casefold()
        if folded not in self._entries:
            raise damaged(name)
        if folded in self._kept:
            yield self._kept[folded]
        else:
            yield from _inflated(self._data, self._entries[folded], self._starts[folded])


def admit(data: bytes, name: str) -> Parts:
    """The parts of the workbook package in ``data``; raises Refused for anything else than a sound, plain .xlsx.

    ``name`` is the file's, only used to tell a lock file from other stray bytes.
    """
    if len(data) > LIMITS.file:
        raise too_large(len(data), LIMITS.file)
    if data[:4] not in (b"PK\x03\x04", b"PK\x05\x06"):
        raise no_package(data, name)
    entries, directory = _directory(data)
    _refuse_names(entries)
    _refuse_sizes(entries)
    starts = {entry.filename.casefold(): _start(data, entry) for entry in entries}
    _refuse_gaps(entries, starts, directory)
    kept = {}
    for entry in entries:
        folded = entry.filename.casefold()
        pieces, size, before = [], 0, b""
        odd: Refused | None = None
        xml = _XML_PART.fullmatch(folded) is not None and not folded.startswith(_NEVER_READ)
        for chunk in _inflated(data, entry, starts[folded]):
            if xml and odd is None:
                odd = odd_markup(before + chunk if before else chunk, entry.filename, first=not size)
                before = chunk[-16:]
            size += len(chunk)
            if size <= _KEPT:
                pieces.append(chunk)
        if odd is not None:  # told only now: a damaged part is damaged, whatever else is odd about it
            raise odd
        if size <= _KEPT:
            kept[folded] = b"".join(pieces)
    parts = Parts(data, {entry.filename.casefold(): entry for entry in entries}, starts, kept)
    refuse_other_kinds(parts)
    return parts


def _directory(data: bytes) -> tuple[list[zipfile.ZipInfo], int]:
    """The entries of the central directory, which must be all that stands behind the last part, and where it begins."""
    at = data.rfind(_END_MARK)
    if at < 0 or at + _END.size > len(data):
        raise damaged("ZIP")
    _, disk, first_disk, here, entries, size, offset, comment = _END.unpack_from(data, at)
    if at + _END.size != len(data) or comment:
        raise unsafe(Text("压缩包后有多余内容", "bytes after the package"), "ZIP")
    if disk or first_disk or here != entries:
        raise unsafe(Text("分卷压缩包", "a package in several volumes"), "ZIP")
    if _WIDE_END in data[max(at - 20, 0) : at]:  # it says all of this again, and ten megabytes have no use for it
        raise unsafe(Text("ZIP64 登记", "a ZIP64 record"), "ZIP")
    if entries > LIMITS.entries:
        raise too_many(LIMITS.entries, entries, Text("部件", "parts"))
    if offset + size != at:
        raise unsafe(BEFORE, "ZIP")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found = archive.infolist()
    except (zipfile.BadZipFile, struct.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise damaged("ZIP") from error
    if len(found) != entries:
        raise unsafe(Text("部件数与登记不符", "another number of parts than the package says"), "ZIP")
    return found, offset


def _refuse_names(entries: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        steps = name.split("/")
        if (
            "\\" in name
            or not name.isprintable()
            or name.startswith("/")
            or name[1:2] == ":"
            or not {".", ".."}.isdisjoint(steps)
            or "" in steps[:-1]
            or not name
        ):
            raise unsafe(Text("部件名称不合规范", "the name of a part"), name)
        plain = unquote(name).casefold()
        if plain in seen:
            raise unsafe(Text("同名部件出现两次", "a part that stands twice"), name)
        seen.add(plain)


def _refuse_sizes(entries: list[zipfile.ZipInfo]) -> None:
    """By what the directory says; that it says the truth is seen while inflating."""
    total = 0
    for entry in entries:
        if entry.flag_bits & ~_FLAGS or entry.volume:
            raise unsafe(Text("加密或不合规范的部件", "an encrypted or irregular part"), entry.filename)
        if entry.compress_type not in _METHODS:
            raise unsafe(Text("压缩方法不合规范", "the method of compression"), entry.filename)
        if entry.file_size > LIMITS.part:
            raise too_large(entry.file_size, LIMITS.part, entry.filename)
        total += entry.file_size
        if entry.file_size > LIMITS.ratio_from and entry.file_size > LIMITS.ratio * max(entry.compress_size, 1):
            times = entry.file_size // max(entry.compress_size, 1)
            raise too_many(LIMITS.ratio, times, Text("压缩倍数", "times its stored size"), entry.filename)
    if total > LIMITS.total:
        raise too_large(total, LIMITS.total)


def _refuse_gaps(entries: list[zipfile.ZipInfo], starts: Mapping[str, int], directory: int) -> None:
    """Parts must follow one another: what stands between them, or in two, some programs read and others do not."""
    spans = sorted(
        (
            entry.header_offset,
            starts[entry.filename.casefold()] + entry.compress_size,
            bool(entry.flag_bits & _IN_DESCRIPTOR),
            entry.filename,
        )
        for entry in entries
    )
    if spans and spans[0][0] != 0:
        raise unsafe(BEFORE, "ZIP")
    for (_, end, later, _), (begin, *_, name) in pairwise((*spans, (directory, directory, False, "ZIP"))):
        if begin < end:
            raise unsafe(Text("部件在压缩包中重叠", "parts that overlap"), name)
        if begin - end not in (_DESCRIPTORS if later else (0,)):
            raise unsafe(Text("部件之间有多余内容", "bytes between parts"), name)


def _start(data: bytes, entry: zipfile.ZipInfo) -> int:
    """Where the entry's content begins; its own header must say what the directory says."""
    at = entry.header_offset
    try:
        mark, _, flags, method, _, _, crc, stored, size, name_length, extra = _LOCAL.unpack_from(data, at)
    except struct.error:
        raise damaged(entry.filename) from None
    if mark != b"PK\x03\x04":
        raise damaged(entry.filename)
    begin = at + _LOCAL.size
    raw = data[begin : begin + name_length]
    name = raw.decode("utf-8" if flags & _IN_UTF8 else "cp437", "replace")
    extras = dict(_extras(data[begin + name_length : begin + name_length + extra]))
    told = (crc, stored, size) == (entry.CRC, entry.compress_size, entry.file_size)
    later = bool(flags & _IN_DESCRIPTOR) and crc in (0, entry.CRC)
    sizes = struct.pack("<2Q", entry.file_size, entry.compress_size)
    wide = stored == size == 0xFFFFFFFF and crc == entry.CRC and extras.get(_ZIP64) == sizes
    named = extras.get(_UNICODE_NAME, b"")[5:].decode("utf-8", "replace") or name
    same = name == named == entry.orig_filename and method == entry.compress_type
    differ = flags ^ entry.flag_bits
    same = same and (not differ or (differ == _IN_UTF8 and name.isascii()))  # of an ASCII name it says nothing
    if not same or not (told or later or wide):
        raise unsafe(Text("部件的两处登记不一致", "two records of a part that differ"), entry.filename)
    start = begin + int(name_length) + int(extra)
    if start + entry.compress_size > len(data):
        raise damaged(entry.filename)
    return start


def _extras(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The extra fields of a header, by their kind."""
    at = 0
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("<2H", data, at)
        yield kind, data[at + 4 : at + 4 + length]
        at += 4 + length


def _inflated(data: bytes, entry: zipfile.ZipInfo, start: int) -> Iterator[bytes]:
    """The content in pieces, checked against its size and checksum; never more than the directory says."""
    stored = memoryview(data)[start : start + entry.compress_size]
    crc = size = 0
    if not entry.compress_size and not entry.file_size:
        return  # some programs call nothing at all deflated
    if entry.compress_type == zipfile.ZIP_STORED:
        pieces: Iterator[bytes] = iter((bytes(stored),))
    else:
        pieces = _unpacked(stored, entry)
    for piece in pieces:
        size += len(piece)
        crc = zlib.crc32(piece, crc)
        if size > entry.file_size:
            break
        yield piece
    if size != entry.file_size or crc != entry.CRC:
        raise damaged(entry.filename)


def _unpacked(stored: memoryview, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    rest: bytes | memoryview = stored
    try:
        while not unpack.eof:
            piece = unpack.decompress(rest, _CHUNK)
            rest = unpack.unconsumed_tail
            if not piece:
                break
            yield piece
    except zlib.error:
        raise damaged(entry.filename) from None
    if not unpack.eof or unpack.unused_data:
        raise damaged(entry.filename)
