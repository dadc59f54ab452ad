"""Mutations of parts: dropped, doubled, swapped, renamed, of another type, referred to otherwise."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from tests.fuzz.draft import Draft, Mutation, Unsuitable
from tests.fuzz.nasty import BYTES, TARGETS, TYPES
from tests.hostile.package import Entry

_NAMES = (
    *("xl/vbaProject.bin", "xl/embeddings/a.bin", "xl/connections.xml", "mimetype", "word/document.xml", "x", "xl/"),
    *(
        "xl/worksheets/sheet99.xml",
        "xl/media/image1.png",
        "customXml/item1.xml",
        "docProps/thumbnail.jpeg",
        "XL/styles.xml",
    ),
    *(
        "xl/worksheets/_rels/sheet2.xml.rels",
        "../x.xml",
        "/xl/x.xml",
        "C:/x.xml",
        "xl\\x.xml",
        "a\0b.xml",
        "中文.xml",
        "[trash]/0.dat",
    ),
)


def dropped(random: Random, draft: Draft) -> str:
    """One part less."""
    if len(draft.entries) < 2:
        raise Unsuitable
    at = random.randrange(len(draft.entries))
    name = draft.names()[at]
    del draft.entries[at]
    return f"{name} dropped"


def doubled(random: Random, draft: Draft) -> str:
    """A part twice, by the same name or one that differs in case."""
    entry = random.choice(draft.entries)
    name = entry.name if isinstance(entry.name, str) else entry.name.decode("latin-1")
    other = random.choice((name, name.swapcase(), name.upper(), f"/{name}", f"./{name}", name.replace("/", "\\")))
    draft.entries.insert(random.randrange(len(draft.entries) + 1), replace(entry, name=other))
    return f"{name} again as {other}"


def swapped(random: Random, draft: Draft) -> str:
    """Two parts with each other's content."""
    if len(draft.entries) < 2:
        raise Unsuitable
    first, second = random.sample(range(len(draft.entries)), 2)
    one, other = draft.entries[first], draft.entries[second]
    draft.entries[first], draft.entries[second] = replace(one, name=other.name), replace(other, name=one.name)
    return f"{one.name!r} and {other.name!r} swapped"


def renamed(random: Random, draft: Draft) -> str:
    """A part by another name."""
    at = random.randrange(len(draft.entries))
    old = draft.names()[at]
    new = random.choice(
        (*_NAMES, old.upper(), old.replace("1", "7"), old + ".xml", old.removesuffix(".xml"), *draft.names())
    )
    draft.entries[at] = replace(draft.entries[at], name=new)
    return f"{old} renamed {new!r}"


def added(random: Random, draft: Draft) -> str:
    """One part more."""
    name = random.choice(_NAMES)
    data = random.choice((b"", b"x", b"<x/>", *BYTES, random.choice(draft.entries).data))
    draft.entries.append(Entry(name, data))
    return f"{name!r} added"


def reordered(random: Random, draft: Draft) -> str:
    """The same parts in another order."""
    random.shuffle(draft.entries)
    return "parts reordered"


def retyped(random: Random, draft: Draft) -> str:
    """Another content type in [Content_Types].xml, of a part or of a suffix."""
    return _attribute(random, draft, "[Content_Types].xml", rb'ContentType="([^"]*)"', TYPES)


def typed_elsewhere(random: Random, draft: Draft) -> str:
    """A content type that is said of another part."""
    return _attribute(random, draft, "[Content_Types].xml", rb'PartName="([^"]*)"', TARGETS)


def redirected(random: Random, draft: Draft) -> str:
    """A relationship that leads elsewhere."""
    return _attribute(random, draft, _relations(random, draft), rb'Target="([^"]*)"', TARGETS)


def related_otherwise(random: Random, draft: Draft) -> str:
    """A relationship of another kind, or by another id."""
    return _attribute(random, draft, _relations(random, draft), rb'(?:Type|Id)="([^"]*)"', ("rId1", "rId2", "", *TYPES))


def external(random: Random, draft: Draft) -> str:
    """A relationship that leads out of the file."""
    name = _relations(random, draft)
    found = list(re.finditer(rb'Target="', draft.part(name)))
    if not found:
        raise Unsuitable
    at = random.choice(found).start()
    draft.put(name, draft.part(name)[:at] + b'TargetMode="External" ' + draft.part(name)[at:])
    return f"{name}: a target outside"


def emptied(random: Random, draft: Draft) -> str:
    """A part without content, or with noise."""
    name = random.choice(draft.names())
    draft.put(name, random.choice((b"", b" ", b"<x/>", random.randbytes(40), *BYTES)))
    return f"{name} emptied"


def spoiled(random: Random, draft: Draft) -> str:
    """Bytes of a part changed, under a checksum that is right."""
    name = random.choice(draft.names())
    data = bytearray(draft.part(name))
    if not data:
        raise Unsuitable
    for _ in range(random.choice((1, 1, 1, 3, 20))):
        at = random.randrange(len(data) or 1)
        match random.randrange(5):
            case 0 if data:
                data[at] ^= 1 << random.randrange(8)
            case 1:
                del data[at : at + random.choice((1, 2, 50))]
            case 2:
                data[at:at] = random.choice(BYTES)
            case 3:
                data[at:at] = data[at : at + random.choice((1, 10, 300))]
            case _:
                other = random.randrange(len(data) + 1)
                data[at : at + 20] = data[other : other + 20]
    draft.put(name, bytes(data))
    return f"bytes of {name}"


def _relations(random: Random, draft: Draft) -> str:
    names = [name for name in draft.names() if name.endswith(".rels")]
    if not names:
        raise Unsuitable
    return random.choice(names)


def _attribute(random: Random, draft: Draft, name: str, pattern: bytes, values: tuple[str, ...]) -> str:
    data = draft.part(name)
    found = list(re.finditer(pattern, data))
    if not found:
        raise Unsuitable
    match = random.choice(found)
    new = random.choice(found)[1] if random.random() < 0.4 else random.choice(values).encode()
    draft.put(name, data[: match.start(1)] + new + data[match.end(1) :])
    return f"{name}: {match[1][:60]!r} is {new[:60]!r}"


MUTATIONS: tuple[Mutation, ...] = (
    dropped,
    doubled,
    swapped,
    renamed,
    added,
    reordered,
    retyped,
    typed_elsewhere,
    redirected,
    redirected,
    related_otherwise,
    external,
    emptied,
    spoiled,
    spoiled,
)
