"""The one door to XML: a part's elements, some at a time, and nothing that programs read differently.

ElementTree builds the tree in C and it is taken apart as it grows, so that a large sheet is never in memory as a whole.
Document types are refused, and with them entities. Where ``strict``, comments, instructions and CDATA are
refused too: ElementTree joins ``1<!-- -->00`` to 100, other readers make 1 of it.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from itertools import chain
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLPullParser, fromstring

from crmxl.model import Text
from crmxl.receive.limits import LIMITS, Refused, damaged, too_many, unsafe

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
"""The namespace of workbooks."""
_STEP = 1 << 20
"""Bytes parsed at once: at most some hundred thousand elements."""
_WINDOW = 1 << 17
"""Bytes within which a tag must end; expat takes time squared, and much memory, over longer ones."""
_ENCODING = re.compile(rb"""^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']{0,40})""")
_HEAD = 1 << 10
"""Bytes within which an XML declaration must end."""
_DEPTH, _LENGTH = Text("XML 层数", "levels of XML"), Text("XML 标记字节", "bytes of an XML tag")
_HELD = Text("XML 元素", "XML elements in one list")
_ASIDE = Text("XML 注释、处理指令或 CDATA 段", "an XML comment, instruction or CDATA section")
_TWICE = Text("工作表数据有两份", "two sets of sheet data")


def named(space: str, name: str) -> str:
    """The name of an element or attribute as ElementTree has it."""
    return f"{{{space}}}{name}"


def elements(
    chunks: Iterable[bytes], part: str, root: str, within: str = "", *, strict: bool = False
) -> Iterator[tuple[bool, Element]]:
    """The children of the element ``root``, each complete; in place of the child called ``within`` its own children,
    told by True. Raises Refused for what is no sound XML, has another root, or is beyond the limits.
    """
    steps = _steps(chunks, part, strict)
    first, second = next(steps, b""), next(steps, b"")
    taking = _Taking(part, within)
    try:
        if second:
            top = yield from _grown(chain((first, second), steps), root, taking)
        else:
            top = taking.rooted(fromstring(first), root)
    except (ParseError, LookupError, ValueError) as error:
        raise damaged(f"{part}: {error}") from None
    yield from taking.rest(top)


def _grown(steps: Iterable[bytes], root: str, taking: _Taking) -> Generator[tuple[bool, Element], None, Element]:
    """What is complete after each step; returns the root with what is left."""
    parser: Any = XMLPullParser(("start",))
    top: Element | None = None
    for step in steps:
        parser.feed(step)
        started = 0
        for _, element in parser.read_events():
            started += 1
            if top is None:
                top = element
        if top is not None:
            yield from taking.ready(taking.rooted(top, root), started)
    parser.close()
    assert top is not None  # else close() has found no element
    return top


class _Taking:
    """What was taken off a growing tree."""

    def __init__(self, part: str, within: str) -> None:
        self.part, self.within = part, within
        self.held = 0
        """Elements that were begun since something was taken."""
        self.sets = 0
        """How many elements called ``within`` are complete."""

    def ready(self, top: Element, started: int) -> Iterator[tuple[bool, Element]]:
        """All that is complete, taken off the tree."""
        there = top[:-1]
        del top[:-1]
        inside: list[Element] = []
        if len(top) and top[0].tag == self.within:
            self._refuse_second()
            inside = top[0][:-1]
            del top[0][:-1]
        self.held = started if there or inside else self.held + started
        if self.held > LIMITS.elements:
            raise too_many(LIMITS.elements, self.held, _HELD, self.part)
        yield from self._opened(there)
        yield from ((True, child) for child in inside)

    def rest(self, top: Element) -> Iterator[tuple[bool, Element]]:
        """What is left when the part has ended."""
        return self._opened(list(top))

    def _opened(self, children: list[Element]) -> Iterator[tuple[bool, Element]]:
        for child in children:
            if child.tag == self.within:
                self._refuse_second()
                self.sets += 1
                yield from ((True, one) for one in child)
            else:
                yield False, child

    def _refuse_second(self) -> None:
        if self.sets:
            raise unsafe(_TWICE, self.part)

    def rooted(self, top: Element, root: str) -> Element:
        """``top``, if it is what it should be, and not too deep."""
        if top.tag != root:
            raise damaged(self.part)
        depth, node = 1, top
        while len(node):
            depth, node = depth + 1, node[-1]
            if depth > LIMITS.depth:
                raise too_many(LIMITS.depth, depth, _DEPTH, self.part)
        return top


def _steps(chunks: Iterable[bytes], part: str, strict: bool) -> Iterator[bytes]:
    """The part in pieces that are safe to parse."""
    before = b""
    for chunk in chunks:
        for at in range(0, len(chunk), _STEP):
            step = chunk[at : at + _STEP]
            for window in range(0, len(step) - _WINDOW + 1, _WINDOW):
                if step.find(b">", window, window + _WINDOW) < 0:
                    raise too_many(_WINDOW, f"> {_WINDOW:,}", _LENGTH, part)
            seen = before + step
            if (odd := odd_markup(seen, part, first=not before)) is not None:
                raise odd
            # `<` stands nowhere else in XML; the declaration opens the part, perhaps behind a byte order mark.
            if strict and (b"<!" in seen or seen.find(b"<?", 0 if before else 4) >= 0):
                raise unsafe(_ASIDE, part)
            before = step[-16:]
            yield step


def odd_markup(chunk: bytes, part: str, *, first: bool) -> Refused | None:
    """Why XML is not read that programs read differently, told from its bytes; None for plain XML in UTF-8.

    The gate asks it of every part that is XML by its name, ``elements`` of every part that is read, whatever its name.
    """
    wide = b"\0" in chunk  # UTF-16 and UTF-32, told or not; expat knows them by themselves
    head = chunk[:_HEAD] if first else b""
    declared = _ENCODING.match(head)
    endless = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml") and b"?>" not in head
    if wide or endless or (declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii")):
        return unsafe(Text("编码不是 UTF-8", "an encoding other than UTF-8"), part)
    return unsafe("DOCTYPE", part) if b"<!DOCTYPE" in chunk else None
