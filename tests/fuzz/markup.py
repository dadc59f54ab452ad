"""Mutations of XML by its tokens: elements and attributes deleted, doubled, moved, renamed, nested, repeated, given
other values. What comes out need not be well-formed.
"""

from __future__ import annotations

import re
from random import Random

from tests.fuzz.draft import Draft, Mutation, Unsuitable
from tests.fuzz.nasty import ATTRIBUTES, MARKUP, SPACES, TAGS, text_of, tweaked, value_of

_TOKEN = re.compile("<[^<>]*>|[^<]+|<")
_NAME = re.compile(r"</?([^\s/>]+)")
_ATTRIBUTE = re.compile(r"""\s([^\s=<>/"']+)\s*=\s*("[^"]*"|'[^']*')""")
_ADDRESS = re.compile(r'\sr="([^"]*)"')
_HOT = 0.6
"""How often a cell that matters is taken where there is one."""
_MOST = 2_000_000
"""Characters beyond which nothing is repeated."""


class Tokens:
    """A part's tokens, and where its elements begin and end."""

    def __init__(self, text: str) -> None:
        self.all: list[str] = _TOKEN.findall(text)
        self.elements: dict[str, list[tuple[int, int]]] = {}
        """First and last token of each element, by its name without prefix."""
        opened: list[tuple[str, int]] = []
        for at, token in enumerate(self.all):
            match = _NAME.match(token)
            if match is None or token[1] in "?!":
                continue
            name = match[1].rpartition(":")[2]
            if token[1] == "/":
                if opened and opened[-1][0] == name:
                    self.elements.setdefault(name, []).append((opened.pop()[1], at))
            elif token.endswith("/>"):
                self.elements.setdefault(name, []).append((at, at))
            else:
                opened.append((name, at))

    def pick(self, random: Random, hot: frozenset[str], name: str = "") -> tuple[str, int, int]:
        """An element, all names alike likely; of cells rather one that matters."""
        if not self.elements:
            raise Unsuitable
        name = name or random.choice(sorted(self.elements))
        spans = self.elements.get(name)
        if not spans:
            raise Unsuitable
        if name in ("c", "v", "f", "is") and random.random() < _HOT:
            matters = [span for span in spans if self._address(span[0]) in hot]
            spans = matters or spans
        first, last = random.choice(spans)
        return name, first, last

    def _address(self, at: int) -> str:
        """The address of the cell at a token, or of the one just before it."""
        for token in reversed(self.all[max(0, at - 4) : at + 1]):
            if match := _ADDRESS.search(token):
                return match[1]
        return ""

    def text(self) -> str:
        return "".join(self.all)


def _edit(random: Random, draft: Draft) -> tuple[str, Tokens]:
    """A part to change: sheets rather than others."""
    names = draft.markup()
    sheets = [name for name in names if "/worksheets/" in name and not name.endswith(".rels")]
    name = random.choice(sheets if sheets and random.random() < 0.6 else names)
    return name, Tokens(draft.part(name).decode("utf-8", "surrogateescape"))


def _done(draft: Draft, name: str, tokens: Tokens, what: str) -> str:
    draft.put(name, tokens.text().encode("utf-8", "surrogateescape"))
    return f"{name}: {what}"


def deleted(random: Random, draft: Draft) -> str:
    """An element less, or only its tags."""
    part, tokens = _edit(random, draft)
    name, first, last = tokens.pick(random, draft.hot(part))
    if random.random() < 0.8:
        del tokens.all[first : last + 1]
    else:
        tokens.all[last] = tokens.all[first] = ""
    return _done(draft, part, tokens, f"<{name}> deleted")


def doubled(random: Random, draft: Draft) -> str:
    """An element twice, side by side."""
    part, tokens = _edit(random, draft)
    name, first, last = tokens.pick(random, draft.hot(part))
    tokens.all[first:first] = tokens.all[first : last + 1]
    return _done(draft, part, tokens, f"<{name}> doubled")


def moved(random: Random, draft: Draft) -> str:
    """An element, or a copy of it, elsewhere."""
    part, tokens = _edit(random, draft)
    name, first, last = tokens.pick(random, draft.hot(part))
    taken = tokens.all[first : last + 1]
    other, to, _ = tokens.pick(random, draft.hot(part))
    copied = random.random() < 0.5
    if not copied:
        tokens.all[first : last + 1] = [""] * len(taken)
    tokens.all[to + random.randrange(2) : to + 1] = [*taken, *tokens.all[to + 1 : to + 1]]
    return _done(draft, part, tokens, f"<{name}> {'copied' if copied else 'moved'} to <{other}>")


def exchanged(random: Random, draft: Draft) -> str:
    """Two elements of a name in each other's place, or only what is in them."""
    part, tokens = _edit(random, draft)
    name, first, last = tokens.pick(random, draft.hot(part))
    _, begin, end = tokens.pick(random, draft.hot(part), name)
    if not (last < begin or end < first):
        raise Unsuitable
    (first, last), (begin, end) = sorted(((first, last), (begin, end)))
    if random.random() < 0.5 and last - first > 1 and end - begin > 1:
        first, last, begin, end = first + 1, last - 1, begin + 1, end - 1
    one, other = tokens.all[first : last + 1], tokens.all[begin : end + 1]
    tokens.all[begin : end + 1] = one
    tokens.all[first : last + 1] = other
    return _done(draft, part, tokens, f"two <{name}> exchanged")


def renamed(random: Random, draft: Draft) -> str:
    """An element by another name, or with another prefix."""
    part, tokens = _edit(random, draft)
    name, first, last = tokens.pick(random, draft.hot(part))
    new = random.choice((*TAGS, *sorted(tokens.elements), f"x:{name}", name.upper(), f"r:{name}"))
    for at in {first, last}:
        tokens.all[at] = _NAME.sub(lambda match: match[0].replace(match[1], new), tokens.all[at], count=1)
    return _done(draft, part, tokens, f"<{name}> is <{new}>")


def attribute(random: Random, draft: Draft) -> str:
    """An attribute less, twice, by another name, or of another value."""
    part, tokens = _edit(random, draft)
    name, first, _ = tokens.pick(random, draft.hot(part))
    token = tokens.all[first]
    found = list(_ATTRIBUTE.finditer(token))
    if not found:
        raise Unsuitable
    match = random.choice(found)
    choice = random.choice(("deleted", "doubled", "renamed", "set", "set", "set", "tweaked", "tweaked", "taken"))
    key, quoted = match[1], match[2]
    if choice == "deleted":
        new = ""
    elif choice == "doubled":
        new = match[0] * 2
    elif choice == "renamed":
        new = f" {random.choice(ATTRIBUTES)}={quoted}"
    elif choice == "set":
        new = f' {key}="{_quoted(value_of(random, key))}"'
    elif choice == "tweaked":
        new = f' {key}="{_quoted(tweaked(random, quoted[1:-1]))}"'
    else:
        _, at, _ = tokens.pick(random, draft.hot(part), name)
        others = [other for other in _ATTRIBUTE.finditer(tokens.all[at]) if other[1] == key]
        if not others:
            raise Unsuitable
        new = others[0][0]
    tokens.all[first] = token[: match.start()] + new + token[match.end() :]
    return _done(draft, part, tokens, f"<{name}> {key}={quoted[:40]} {choice}:{new[:60]}")


def attribute_added(random: Random, draft: Draft) -> str:
    """An attribute more."""
    part, tokens = _edit(random, draft)
    name, first, _ = tokens.pick(random, draft.hot(part))
    key = random.choice(ATTRIBUTES)
    new = f' {key}="{_quoted(value_of(random, key))}"'
    tokens.all[first] = _NAME.sub(lambda match: match[0] + new, tokens.all[first], count=1)
    return _done(draft, part, tokens, f"<{name}>{new[:60]} added")


def text_changed(random: Random, draft: Draft) -> str:
    """Another text between the tags of an element that has one: numbers, texts, formulas."""
    part, tokens = _edit(random, draft)
    name, first, last = tokens.pick(random, draft.hot(part), random.choice(("", "", "v", "v", "v", "f", "f", "t")))
    if first == last:
        raise Unsuitable
    old = tokens.all[first + 1] if last == first + 2 else ""
    choice = random.choice(("set", "set", "tweaked", "markup"))
    if choice == "set":
        new = _escaped(text_of(random, name))
    elif choice == "tweaked":
        new = _escaped(tweaked(random, old))
    else:
        at = random.randrange(len(old) + 1)
        new = old[:at] + random.choice(MARKUP) + old[at:]
    tokens.all[first + 1 : last] = [new]
    return _done(draft, part, tokens, f"<{name}> {old[:40]!r} {choice}: {new[:60]!r}")


def inserted(random: Random, draft: Draft) -> str:
    """Markup put in before a tag."""
    part, tokens = _edit(random, draft)
    name, first, last = tokens.pick(random, draft.hot(part))
    new = random.choice(MARKUP)
    tokens.all.insert(random.choice((first, first + 1, last, last + 1)), new)
    return _done(draft, part, tokens, f"{new[:60]} put in at <{name}>")


def nested(random: Random, draft: Draft) -> str:
    """An element within itself, many times."""
    part, tokens = _edit(random, draft)
    name, first, last = tokens.pick(random, draft.hot(part))
    if first == last:
        raise Unsuitable
    times = random.choice((1, 2, 61, 62, 70, 1_000, 30_000))
    opening, closing = tokens.all[first], tokens.all[last]
    tokens.all[last] = closing * (times + 1)
    tokens.all[first] = opening * (times + 1)
    return _done(draft, part, tokens, f"<{name}> within itself {times} times")


def repeated(random: Random, draft: Draft) -> str:
    """An element many times."""
    part, tokens = _edit(random, draft)
    name, first, last = tokens.pick(random, draft.hot(part))
    piece = "".join(tokens.all[first : last + 1])
    times = random.choice((2, 3, 10, 1_001, 5_001, 20_001, 200_000) if random.random() < 0.3 else (2, 3, 10, 300))
    if len(piece) * times > _MOST:
        raise Unsuitable
    counted = random.random() < 0.5
    if counted and (match := re.search(r'="([0-9]{1,6})"', piece)):
        numbered = (piece[: match.start(1)] + str(int(match[1]) + n) + piece[match.end(1) :] for n in range(times))
        tokens.all[first : last + 1] = list(numbered)
    else:
        tokens.all[first : last + 1] = [piece] * times
    return _done(draft, part, tokens, f"<{name}> {times} times{', counted up' if counted else ''}")


def namespace(random: Random, draft: Draft) -> str:
    """Another namespace for a prefix, or for none."""
    part, tokens = _edit(random, draft)
    text = tokens.text()
    found = list(re.finditer(r'xmlns(?::\w+)?="([^"]*)"', text))
    if not found:
        raise Unsuitable
    match, new = random.choice(found), random.choice(SPACES)
    draft.put(part, (text[: match.start(1)] + new + text[match.end(1) :]).encode("utf-8", "surrogateescape"))
    return f"{part}: the namespace {match[1]} is {new!r}"


def prologue(random: Random, draft: Draft) -> str:
    """Another beginning: a byte order mark, an encoding, no declaration, a document type."""
    part = random.choice(draft.markup())
    text = re.sub(rb"^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*\?>\s*", b"", draft.part(part))
    declared = b'<?xml version="1.0" encoding="%s"?>'
    choice = random.randrange(9)
    if choice == 7:
        data = text.decode("utf-8", "replace").encode("utf-16")
    elif choice == 8:
        data = (declared % b"GBK") + text.decode("utf-8", "replace").encode("gbk", "replace")
    else:
        begin = (
            b"",
            b"\xef\xbb\xbf",
            declared % b"utf-8",
            declared % b"latin-1",
            b"\n" + declared % b"UTF-8",
            b'<?xml version="1.1"?>',
            b'<!DOCTYPE x [<!ENTITY a "b">]>',
        )[choice]
        data = begin + text
    draft.put(part, data)
    return f"{part}: begins otherwise ({choice})"


def cut(random: Random, draft: Draft) -> str:
    """The part cut at a token, or its rest twice."""
    part, tokens = _edit(random, draft)
    at = random.randrange(len(tokens.all) + 1)
    if random.random() < 0.7:
        del tokens.all[at:]
    else:
        tokens.all += tokens.all[at:]
    return _done(draft, part, tokens, f"cut at token {at}")


def _quoted(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


MUTATIONS: tuple[Mutation, ...] = (
    deleted,
    doubled,
    moved,
    exchanged,
    renamed,
    *(attribute,) * 4,
    attribute_added,
    *(text_changed,) * 5,
    inserted,
    nested,
    repeated,
    namespace,
    prologue,
    cut,
)
