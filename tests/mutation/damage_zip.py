"""Packages that programs open differently, or that are damaged: refused before anything in them is read."""

from __future__ import annotations

import struct
import zlib
from random import Random

from tests.mutation.base import Base, some_fen, yuan
from tests.mutation.kinds import Edit, Intent, edit, kind, sign
from tests.mutation.means import in_zip
from tests.mutation.neutral_package import amounts_of
from tests.mutation.package import cell_in, part_of, parts_of, zipped

_LOCAL = b"PK\x03\x04"
_CENTRAL = b"PK\x01\x02"
_END = b"PK\x05\x06"


def _forged(random: Random, base: Base) -> tuple[str, bytes]:
    """The part of a sheet with amounts, and the same with another amount."""
    key = random.choice(amounts_of(base))
    name = part_of(base.data, base.tab(key))
    text = parts_of(base.data)[name].decode()
    found = cell_in(text, base.at(key))
    cell = f'<c r="{base.at(key)}"{found["style"] or ""}><v>{yuan(some_fen(random) + 1)}</v></c>'
    return name, (text[: found.start()] + cell + text[found.end() :]).encode()


@kind(Intent.DAMAGE)
def parts_that_differ_by_case(random: Random, base: Base) -> Edit:
    """XL/Worksheets/Sheet2.xml beside xl/worksheets/sheet2.xml: Excel takes one, a tool the other."""
    name, other = _forged(random, base)
    cased = random.choice((name.title(), name.upper(), name.replace("sheet", "Sheet")))
    first = random.random() < 0.5

    def change(data: bytes) -> bytes:
        entries = list(parts_of(data).items())
        return zipped([(cased, other), *entries] if first else [*entries, (cased, other)])

    return edit(f"added {cased}", in_zip(change), sign("F107", part=name))


@kind(Intent.DAMAGE)
def part_twice(random: Random, base: Base) -> Edit:
    """The same part twice in the zip, with another amount."""
    name, other = _forged(random, base)
    first = random.random() < 0.5

    def change(data: bytes) -> bytes:
        entries = list(parts_of(data).items())
        return _twice([(name, other), *entries] if first else [*entries, (name, other)])

    return edit(f"{name} twice", in_zip(change), sign("F107", part=name))


def _twice(entries: list[tuple[str, bytes]]) -> bytes:
    """A zip with a name twice, written under another name of the same length first, so that nobody warns."""
    name = next(one for n, (one, _) in enumerate(entries) if one in [two for two, _ in entries[:n]])
    stand_in = name[:-1] + "~"
    seen = False
    renamed = []
    for one, part in entries:
        renamed.append((stand_in if one == name and seen else one, part))
        seen = seen or one == name
    return zipped(renamed).replace(stand_in.encode(), name.encode())


@kind(Intent.DAMAGE)
def bytes_before_the_package(random: Random, base: Base) -> Edit:
    """Something stands before the zip, such as another workbook or a program."""
    name, other = _forged(random, base)
    whole = zipped({**parts_of(base.data), name: other}.items())
    before = random.choice((b"\0", b"MZ\x90\0", b"PK", b"\xef\xbb\xbf", whole, _LOCAL + b"\0" * 26))
    return edit(f"{len(before)} bytes before", in_zip(lambda data: before + data), sign("F107"))


@kind(Intent.DAMAGE)
def bytes_after_the_package(random: Random, base: Base) -> Edit:
    """Something stands behind the zip: a comment, rubbish, or a second package that another program opens."""
    name, other = _forged(random, base)
    after = random.choice((b"\0", b"\r\n", b"<html></html>", b"x" * 3000, b"whole"))
    commented = random.random() < 0.5

    def change(data: bytes) -> bytes:
        more = zipped({**parts_of(data), name: other}.items()) if after == b"whole" else after
        if commented and len(more) < 0xFFFF:
            return data[:-2] + struct.pack("<H", len(more)) + more
        return data + more

    return edit(f"{after[:8]!r} after, {'as a comment' if commented else 'bare'}", in_zip(change), sign("F107"))


def _fields(data: bytes, name: str) -> tuple[int, int]:
    """Where the local header and the directory's record of a part begin."""
    raw, at = name.encode(), -1
    while True:
        at = data.index(_CENTRAL, at + 1)
        if data[at + 46 : at + 46 + len(raw)] == raw and struct.unpack_from("<H", data, at + 28)[0] == len(raw):
            return struct.unpack_from("<I", data, at + 42)[0], at


@kind(Intent.DAMAGE)
def records_that_differ(random: Random, base: Base) -> Edit:
    """A part's own header says another name, size, checksum or method than the directory."""
    name, _ = _forged(random, base)
    field = random.choice(("name", "checksum", "size", "stored", "method"))

    def change(data: bytes) -> bytes:
        made = bytearray(data)
        local, _ = _fields(data, name)
        match field:
            case "name":
                made[local + 30 + len(name) - 5] ^= 1
            case "checksum":
                made[local + 14] ^= 1
            case "size":
                made[local + 22] ^= 1
            case "stored":
                made[local + 18] ^= 1
            case _:
                made[local + 8] ^= 8
        return bytes(made)

    return edit(f"another {field} of {name}", in_zip(change), sign("F107", part=name))


@kind(Intent.DAMAGE)
def parts_that_overlap(random: Random, base: Base) -> Edit:
    """Two records of the directory lead to the same bytes."""
    name, _ = _forged(random, base)
    other = random.choice([one for one in parts_of(base.data) if one != name])

    def change(data: bytes) -> bytes:
        made = bytearray(data)
        here, there = _fields(data, name), _fields(data, other)
        struct.pack_into("<I", made, here[1] + 42, there[0])
        return bytes(made)

    return edit(f"{name} is where {other} is", in_zip(change), sign("F107"))


@kind(Intent.DAMAGE)
def part_encrypted_or_packed_strangely(random: Random, base: Base) -> Edit:
    """A part is said to be encrypted, or packed by a method that Excel does not know."""
    name, _ = _forged(random, base)
    encrypted, method = random.random() < 0.5, random.choice((9, 12, 14, 93, 99))

    def change(data: bytes) -> bytes:
        made = bytearray(data)
        local, central = _fields(data, name)
        for at, flags, packed in ((local, 6, 8), (central, 8, 10)):
            if encrypted:
                made[at + flags] |= 1
            else:
                struct.pack_into("<H", made, at + packed, method)
        return bytes(made)

    return edit(f"{name} {'encrypted' if encrypted else f'by method {method}'}", in_zip(change), sign("F107"))


@kind(Intent.DAMAGE)
def part_of_a_strange_name(random: Random, base: Base) -> Edit:
    """Names by which an unpacker writes elsewhere, or which programs take for another part."""
    name, other = _forged(random, base)
    strange = random.choice(
        (
            name.replace("/", "\\"),
            f"../{name}",
            f"/{name}",
            f"C:/{name}",
            f"{name}\0.txt",
            name.replace("/", "//"),
            f"xl/../{name}",
            f"{name}\u202e",
        )
    )
    change = in_zip(lambda data: zipped([*parts_of(data).items(), (strange, other)]))
    return edit(f"added {strange!r}", change, sign("F107"))


@kind(Intent.DAMAGE)
def bytes_flipped(random: Random, base: Base) -> Edit:
    """A byte of a part is another one than was sent: the checksum tells."""
    name, _ = _forged(random, base)
    share, bit = random.random(), 1 << random.randrange(8)

    def change(data: bytes) -> bytes:
        made = bytearray(data)
        local, central = _fields(data, name)
        begin = local + 30 + len(name) + struct.unpack_from("<H", data, local + 28)[0]
        size = struct.unpack_from("<I", data, central + 20)[0]
        made[begin + int(share * size)] ^= bit
        return bytes(made)

    return edit(f"flipped a bit of {name}", in_zip(change), sign("F102", part=name))


@kind(Intent.DAMAGE)
def file_cut_off(random: Random, base: Base) -> Edit:
    """The file was not sent whole."""
    share = random.choice((random.random(), 0.999, 0.5, 0.0))
    left = int(share * (len(base.data) - 1))
    codes = "F102" if left > 30 else "F101 F102"
    return edit(f"cut off after {left} bytes", in_zip(lambda data: data[:left]), sign(codes))


@kind(Intent.DAMAGE)
def amount_changed_under_its_checksum(random: Random, base: Base) -> Edit:
    """A part is replaced by another of the right length and the old checksum."""
    name, other = _forged(random, base)

    def change(data: bytes) -> bytes:
        made = bytearray(zipped({**parts_of(data), name: other}.items()))
        local, central = _fields(bytes(made), name)
        crc = zlib.crc32(parts_of(data)[name])
        struct.pack_into("<I", made, local + 14, crc)
        struct.pack_into("<I", made, central + 16, crc)
        return bytes(made)

    return edit(f"another {name} under the old checksum", in_zip(change), sign("F102", part=name))


@kind(Intent.DAMAGE)
def part_that_swells(random: Random, base: Base) -> Edit:
    """A part that is a thousand times as large as its place in the zip."""

    def change(data: bytes) -> bytes:
        return zipped([*parts_of(data).items(), ("xl/media/image1.png", b"\0" * (2 << 20))], level=9)

    return edit("added a swelling part", in_zip(change), sign("F105"))
