"""The same workbook written in another way: legal, read alike by others, and to be accepted with the same findings."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from html import unescape
from random import Random

from tests.fuzz.draft import Draft, Mutation, Unsuitable
from tests.hostile.package import DEFLATED, STORED, STRINGS, STYLES, TYPES, Entry
from tests.mutation.program import shifted

_CELL = re.compile(r'<c r="([A-Z]+)([0-9]+)"((?: s="[0-9]+")?)((?: t="[a-zA-Z]+")?)>(.*?)</c>', re.DOTALL)
_PLAIN_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)(?=[\s/>])")
_SHARED = re.compile(r'(<c(?: r="[A-Z]+[0-9]+")?(?: s="[0-9]+")?) t="s"><v>([0-9]+)</v></c>')
_NUMBER = re.compile(r'(<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?>(?:<f>[^<]*</f>)?<v>)([0-9]+)(</v>)')
_ITEM = re.compile(r"<si><t([^>]*)>([^<&]*)</t></si>")
_MARK = b"\xef\xbb\xbf"


def _sheets(draft: Draft) -> list[str]:
    found = [name for name in draft.names() if "/worksheets/" in name and name.endswith(".xml")]
    if not found:
        raise Unsuitable
    return found


def _text(draft: Draft, name: str) -> str:
    return draft.part(name).decode()


def _texts(draft: Draft) -> list[str]:
    return [_text(draft, name) for name in _sheets(draft)]


def _put(draft: Draft, name: str, text: str) -> None:
    if text == _text(draft, name):
        raise Unsuitable
    draft.put(name, text.encode())


def _each_sheet(draft: Draft, change: re.Pattern[str], to: object) -> None:
    before = [draft.part(name) for name in _sheets(draft)]
    for name in _sheets(draft):
        draft.put(name, change.sub(to, _text(draft, name)).encode())  # type: ignore[call-overload]
    if before == [draft.part(name) for name in _sheets(draft)]:
        raise Unsuitable


def stored(random: Random, draft: Draft) -> str:
    """Entries stored, or deflated in another way."""
    for at, entry in enumerate(draft.entries):
        if random.random() < 0.5:
            draft.entries[at] = replace(entry, method=STORED)
        else:
            draft.entries[at] = replace(entry, method=DEFLATED, strategy=zlib.Z_HUFFMAN_ONLY)
    return "stored or deflated otherwise"


def streamed(random: Random, draft: Draft) -> str:
    """Sizes after the data, as programs write that stream."""
    draft.entries[:] = [replace(entry, descriptor=True) for entry in draft.entries]
    return "with data descriptors"


def shuffled(random: Random, draft: Draft) -> str:
    """The parts in another order."""
    random.shuffle(draft.entries)
    return "parts in another order"


def prefixed(random: Random, draft: Draft) -> str:
    """A prefix for the main namespace."""
    for name in _sheets(draft):
        text = _text(draft, name)
        if ' xmlns="' not in text:
            raise Unsuitable
        text = _PLAIN_TAG.sub(r"<\1w:\2", text).replace(' xmlns="', ' xmlns:w="', 1)
        draft.put(name, text.encode())
    return "prefixed"


def marked(random: Random, draft: Draft) -> str:
    """Byte order marks."""
    for name in draft.markup():
        if not draft.part(name).startswith(_MARK):
            draft.put(name, _MARK + draft.part(name))
    return "with byte order marks"


def undeclared(random: Random, draft: Draft) -> str:
    """No XML declarations."""
    for name in draft.markup():
        draft.put(name, re.sub(rb"^(\xef\xbb\xbf)?<\?xml[^>]*\?>\s*", rb"\1", draft.part(name)))
    return "without XML declarations"


def spaced(random: Random, draft: Draft) -> str:
    """White space between rows and in tags, single quotes, no tags that close themselves."""
    for name in _sheets(draft):
        text = re.sub(r"(</row>|<sheetData>)", "\\1\n  ", _text(draft, name))
        text = re.sub(r'<c r="([A-Z]+[0-9]+)"', r"<c  r = '\1' ", text)
        text = re.sub(r"<c ([^<>]*)/>", r"<c \1></c>", text)
        draft.put(name, text.encode())
    return "spaced"


def reversed_attributes(random: Random, draft: Draft) -> str:
    """Attributes of cells in another order."""
    _each_sheet(draft, re.compile(r'<c (r="[^"]*") (s="[^"]*")( t="[^"]*")?'), r"<c\3 \2 \1")
    return "attributes reversed"


def annotated(random: Random, draft: Draft) -> str:
    """Attributes and elements of another program, which may be ignored."""
    for name in _sheets(draft):
        text = _text(draft, name)
        spaces = (
            'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:z="urn:z" mc:Ignorable="z" '
        )
        text = re.sub(r"<((?:\w+:)?worksheet) ", rf"<\1 {spaces}", text, count=1)
        draft.put(name, re.sub(r"<((?:\w+:)?row) ", r'<\1 z:id="1" ', text).encode())
    return "with attributes of another program"


def undimensioned(random: Random, draft: Draft) -> str:
    """No spans, a wrong dimension or none."""
    _each_sheet(draft, re.compile(r' spans="[^"]*"'), "")
    _each_sheet(draft, re.compile(r'<dimension ref="[^"]*"/>'), random.choice(("", '<dimension ref="A1"/>')))
    return "without dimensions"


def unplaced(random: Random, draft: Draft) -> str:
    """No addresses where they go without saying."""

    def row(match: re.Match[str]) -> str:
        before = 0

        def cell(found: re.Match[str]) -> str:
            nonlocal before
            column = 0
            for letter in found[1]:
                column = column * 26 + ord(letter) - 64
            next_one, before = column == before + 1, column
            return "<c" if next_one else found[0]

        return re.sub(r'<c r="([A-Z]+)[0-9]+"', cell, match[0])

    _each_sheet(draft, re.compile(r"<row .*?</row>", re.DOTALL), row)
    return "without addresses"


def inline(random: Random, draft: Draft) -> str:
    """Texts in the cells, some of them rich."""
    items = re.findall(r"<si>(.*?)</si>", _text(draft, STRINGS), re.DOTALL)
    rich = random.random() < 0.5

    def cell(match: re.Match[str]) -> str:
        item = items[int(match[2])]
        item = f"<r>{item}</r>" if rich and item.startswith("<t") else item
        return f'{match[1]} t="inlineStr"><is>{item}</is></c>'

    _each_sheet(draft, _SHARED, cell)
    return f"inline texts{', rich' if rich else ''}"


def rich(random: Random, draft: Draft) -> str:
    """Shared texts in runs, with phonetic guides."""

    def item(match: re.Match[str]) -> str:
        text, middle = match[2], len(match[2]) // 2
        runs = "".join(
            f'<r><rPr><b/></rPr><t xml:space="preserve">{piece}</t></r>' for piece in (text[:middle], text[middle:])
        )
        return f'<si>{runs}<rPh sb="0" eb="1"><t>ああ</t></rPh><phoneticPr fontId="0"/></si>'

    _put(draft, STRINGS, _ITEM.sub(item, _text(draft, STRINGS)))
    return "rich texts"


def strings_shuffled(random: Random, draft: Draft) -> str:
    """Shared texts in another order, some twice."""
    text = _text(draft, STRINGS)
    items = re.findall(r"<si>.*?</si>", text, re.DOTALL)
    order = list(range(len(items))) * 2
    random.shuffle(order)
    places: dict[int, int] = {old: new for new, old in enumerate(order)}
    if any(len(re.findall(r' t\s*=\s*["\']s["\']', sheet)) != len(_SHARED.findall(sheet)) for sheet in _texts(draft)):
        raise Unsuitable
    begin, end = text.index("<si>"), text.rindex("</si>") + len("</si>")

    def cell(match: re.Match[str]) -> str:
        return f'{match[1]} t="s"><v>{places[int(match[2])]}</v></c>'

    _each_sheet(draft, _SHARED, cell)
    _put(draft, STRINGS, text[:begin] + "".join(items[old] for old in order) + text[end:])
    return "shared texts in another order"


def respelled(random: Random, draft: Draft) -> str:
    """Whole numbers as 5.0 or 5E0."""
    end = random.choice((".0", "E0", "e+00", ".00E0", "E-0"))
    _each_sheet(draft, _NUMBER, lambda match: f"{match[1]}{match[2]}{end}{match[3]}")
    return f"numbers with {end}"


def in_references(random: Random, draft: Draft) -> str:
    """Digits of numbers as character references."""
    _each_sheet(
        draft, _NUMBER, lambda match: f"{match[1]}{''.join(f'&#{ord(digit)};' for digit in match[2])}{match[3]}"
    )
    return "numbers in character references"


def targets_respelled(random: Random, draft: Draft) -> str:
    """Relationship targets from the root, or by a detour."""
    name = "xl/_rels/workbook.xml.rels"
    to = random.choice(("/xl/worksheets/", "./worksheets/", "worksheets/../worksheets/", "../xl/worksheets/"))
    _put(draft, name, _text(draft, name).replace('Target="worksheets/', f'Target="{to}'))
    return f"targets by {to}"


def parts_renamed(random: Random, draft: Draft) -> str:
    """Sheets by other names, in another folder."""
    rels = "xl/_rels/workbook.xml.rels"
    for at, entry in enumerate(draft.entries):
        name = draft.names()[at]
        if name.startswith("xl/worksheets/"):
            new = name.replace("xl/worksheets/sheet", "xl/tabs/Blatt")
            draft.entries[at] = replace(entry, name=new)
    for name in (rels, TYPES):
        _put(draft, name, re.sub(r'(worksheets/)sheet([0-9]+\.xml")', r"tabs/Blatt\2", _text(draft, name)))
    return "sheets by other names"


def ids_renamed(random: Random, draft: Draft) -> str:
    """Relationships by other ids."""
    _put(draft, "xl/workbook.xml", _text(draft, "xl/workbook.xml").replace('r:id="rId', 'r:id="R中'))
    rels = "xl/_rels/workbook.xml.rels"
    _put(draft, rels, _text(draft, rels).replace('Id="rId', 'Id="R中'))
    return "other ids"


def accompanied(random: Random, draft: Draft) -> str:
    """Parts that nobody needs."""
    known = _text(draft, TYPES)
    for name, data in (("docProps/thumbnail.jpeg", b"\xff\xd8\xff"), ("customXml/item1.xml", "<x/>".encode("utf-16"))):
        if name not in draft.names():
            draft.entries.append(Entry(name, data))
    extra = '<Default Extension="jpeg" ContentType="image/jpeg"/>'
    _put(draft, TYPES, known.replace("<Override ", f"{extra}<Override ", 1) if extra not in known else known)
    return "accompanied"


def unadorned(random: Random, draft: Draft) -> str:
    """Without the parts that only tell of the program."""
    name = "docProps/app.xml"
    del draft.entries[draft.at(name)]
    _put(draft, "_rels/.rels", re.sub(rf'<Relationship [^>]*Target="{name}"/>', "", _text(draft, "_rels/.rels")))
    _put(draft, TYPES, re.sub(rf'<Override PartName="/{name}"[^>]*/>', "", _text(draft, TYPES)))
    return f"without {name}"


def shared_formulas(random: Random, draft: Draft) -> str:
    """Formulas that continue the one above, or stand alone, written as shared ones."""
    groups = 0

    def sheet(text: str) -> str:
        nonlocal groups
        above: dict[str, tuple[int, str, int]] = {}

        def cell(match: re.Match[str]) -> str:
            nonlocal groups
            column, row, inner = match[1], int(match[2]), match[5]
            found = re.match(r"<f>([^<]*)</f>", inner)
            if found is None:
                return match[0]
            formula = unescape(found[1])
            first = above.get(column)
            if first is not None and shifted(first[1], row - first[0], 0) == formula:
                new = f'<f t="shared" si="{first[2]}"/>'
            else:
                above[column] = row, formula, groups
                new = f'<f t="shared" ref="{column}{row}:{column}{row + 50}" si="{groups}">{found[1]}</f>'
                groups += 1
            return match[0].replace(found[0], new, 1)

        return _CELL.sub(cell, text)

    before = [draft.part(name) for name in _sheets(draft)]
    for name in _sheets(draft):
        draft.put(name, sheet(_text(draft, name)).encode())
    if before == [draft.part(name) for name in _sheets(draft)]:
        raise Unsuitable
    return "shared formulas"


def array_formulas(random: Random, draft: Draft) -> str:
    """Formulas as arrays of one cell."""
    _each_sheet(draft, re.compile(r'(<c r="([A-Z]+[0-9]+)"[^>]*>)<f>'), r'\1<f t="array" ref="\2">')
    return "array formulas"


def styles_doubled(random: Random, draft: Draft) -> str:
    """More cell formats than are used."""
    _put(draft, STYLES, _text(draft, STYLES).replace("</cellXfs>", '<xf numFmtId="14"/></cellXfs>'))
    return "another format"


MUTATIONS: tuple[Mutation, ...] = (
    stored,
    streamed,
    shuffled,
    prefixed,
    marked,
    undeclared,
    spaced,
    reversed_attributes,
    annotated,
    undimensioned,
    unplaced,
    inline,
    rich,
    strings_shuffled,
    respelled,
    in_references,
    targets_respelled,
    parts_renamed,
    ids_renamed,
    accompanied,
    unadorned,
    shared_formulas,
    array_formulas,
    styles_doubled,
)
