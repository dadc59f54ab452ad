"""Mutations of the container: headers and directory that lie, and bytes of the whole file."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from tests.fuzz.draft import Draft, Mutation, Unsuitable
from tests.fuzz.nasty import BYTES, INTEGERS
from tests.hostile.package import DEFLATED, DESCRIPTOR, ENCRYPTED, STORED, UTF8, Header, deflated, says

_FIELDS = {"flags": 16, "method": 16, "version": 16, "crc": 32, "packed": 32, "size": 32, "offset": 32, "disk": 16}
_RECORD = re.compile(rb"PK(?:\x01\x02|\x03\x04|\x05\x06|\x07\x08)")


def _number(random: Random, bits: int, old: int) -> int:
    near = old + random.choice((-1, 1, 2, 100, -old, old))
    return (random.choice(INTEGERS) if random.random() < 0.5 else near) % (1 << bits)


def header_lies(random: Random, draft: Draft) -> str:
    """Another value in a field of an entry's header, of the directory, or of both."""
    at = random.randrange(len(draft.entries))
    name = random.choice(list(_FIELDS))
    flag = random.choice((ENCRYPTED, DESCRIPTOR, UTF8, 1 << 6, 1 << 13))
    seed = random.getrandbits(32)

    def lie(header: Header) -> Header:
        old = getattr(header, name)
        value = old ^ flag if name == "flags" else _number(Random(seed), _FIELDS[name], old)
        return says(**{name: value})(header)

    where = random.choice(("local", "central", "both"))
    entry = draft.entries[at]
    if where != "central":
        entry = replace(entry, local=lie)
    if where != "local":
        entry = replace(entry, central=lie)
    draft.entries[at] = entry
    return f"{where} header of {draft.names()[at]}: {name}"


def name_lies(random: Random, draft: Draft) -> str:
    """A name in one header that the other does not have."""
    at = random.randrange(len(draft.entries))
    other = random.choice((*draft.names(), "x", "", "..", "xl\\a.xml", "XL/WORKBOOK.XML", "a\0b", "中.xml")).encode()
    lie = says(name=other)
    local = random.random() < 0.5
    entry = draft.entries[at]
    draft.entries[at] = replace(entry, local=lie) if local else replace(entry, central=lie)
    return f"{'local' if local else 'central'} name of entry {at}: {other!r}"


def extra_field(random: Random, draft: Draft) -> str:
    """An extra field: zip64 sizes, a Unicode path, or noise."""
    at = random.randrange(len(draft.entries))
    extra = random.choice(
        (
            b"\x01\x00\x10\x00" + random.randbytes(16),
            b"\x01\x00\x1c\x00" + bytes(28),
            b"up\x0a\x00\x01" + random.randbytes(4) + b"abcde",
            random.randbytes(random.randrange(1, 20)),
            b"\x99\x99\xff\xff",
        )
    )
    wide = random.random() < 0.3
    fields: dict[str, object] = {"extra": extra, **({"packed": 0xFFFFFFFF, "size": 0xFFFFFFFF} if wide else {})}
    entry = draft.entries[at]
    where = random.choice(("local", "central", "both"))
    draft.entries[at] = replace(
        entry,
        local=says(**fields) if where != "central" else entry.local,
        central=says(**fields) if where != "local" else entry.central,
    )
    return f"{where} extra field of entry {at}{', sizes in it' if wide else ''}"


def listing(random: Random, draft: Draft) -> str:
    """An entry that the directory does not name, or names though it is not there."""
    at = random.randrange(len(draft.entries))
    unlisted = random.random() < 0.5
    entry = draft.entries[at]
    draft.entries[at] = replace(entry, listed=False) if unlisted else replace(entry, here=False)
    return f"entry {at} is {'not listed' if unlisted else 'listed only'}"


def stored_otherwise(random: Random, draft: Draft) -> str:
    """Another method, truncated or doubled deflate data, bytes behind it."""
    at = random.randrange(len(draft.entries))
    entry = draft.entries[at]
    packed = deflated(entry.data)
    choice = random.randrange(6)
    if choice == 0:
        entry = replace(entry, method=STORED if entry.method == DEFLATED else DEFLATED, packed=None)
    elif choice == 1:
        entry = replace(entry, packed=packed[: random.randrange(len(packed))])
    elif choice == 2:
        entry = replace(entry, packed=packed + random.randbytes(random.randrange(1, 9)))
    elif choice == 3:
        entry = replace(entry, packed=packed + packed)
    elif choice == 4:
        spoiled = bytearray(packed)
        spoiled[random.randrange(len(spoiled))] ^= 1 << random.randrange(8)
        entry = replace(entry, packed=bytes(spoiled))
    else:
        entry = replace(entry, descriptor=not entry.descriptor)
    draft.entries[at] = entry
    return f"entry {at} stored otherwise ({choice})"


def around(random: Random, draft: Draft) -> str:
    """Bytes before, between or after; a comment; an end record that lies."""
    noise = random.choice((b"\0", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"MZ", random.randbytes(30), b"\n"))
    where = random.choice(("before", "between", "after", "comment", "end"))
    if where == "end":
        name = random.choice(("count", "size", "offset", "here", "disk", "first_disk", "comment_size"))
        seed = random.random()
        bits = 32 if name in ("size", "offset") else 16

        def lie(end: object) -> object:
            return replace(end, **{name: _number(Random(seed), bits, max(0, getattr(end, name)))})  # type: ignore[type-var]

        draft.packing["end"] = lie
        return f"end record: {name}"
    draft.packing[where] = noise
    if where == "before":
        draft.packing["shifted"] = random.random() < 0.5
    return f"{where} {noise[:8]!r}"


def bytes_of_the_file(random: Random, draft: Draft) -> str:
    """Bits flipped; bytes cut, doubled or put in; fields of a record overwritten; the file cut short."""
    seed, choice = random.random(), random.randrange(6)

    def change(data: bytes) -> bytes:
        own, changed = Random(seed), bytearray(data)
        if not changed:
            return data
        at = own.randrange(len(changed))
        long = own.choice((1, 2, 4, 30, 1_000))
        if choice == 0:
            for _ in range(own.choice((1, 1, 2, 8, 64))):
                changed[own.randrange(len(changed))] ^= 1 << own.randrange(8)
        elif choice == 1:
            del changed[at : at + long]
        elif choice == 2:
            changed[at:at] = changed[at : at + long]
        elif choice == 3:
            changed[at:at] = own.choice(BYTES)
        elif choice == 4:
            records = [match.start() for match in _RECORD.finditer(data)]
            begin = own.choice(records or [0]) + own.randrange(4, 44, 2)
            width = own.choice((2, 4))
            changed[begin : begin + width] = _number(own, width * 8, 1).to_bytes(width, "little")
        else:
            del changed[at:]
        return bytes(changed)

    draft.after.append(change)
    return f"bytes of the file ({choice})"


def large_part(random: Random, draft: Draft) -> str:
    """Many more bytes at the end of a part: blanks or a long text."""
    name = random.choice(draft.markup())
    data, size = draft.part(name), random.choice((70_000, 1_200_000, 3_000_000))
    if not data:
        raise Unsuitable
    draft.put(name, data + random.choice((b" ", b"\n", b"<!-- x -->", b"x")) * size)
    return f"{name}: much more at its end"


MUTATIONS: tuple[Mutation, ...] = (
    header_lies,
    header_lies,
    name_lies,
    extra_field,
    listing,
    stored_otherwise,
    stored_otherwise,
    around,
    bytes_of_the_file,
    bytes_of_the_file,
    large_part,
)
