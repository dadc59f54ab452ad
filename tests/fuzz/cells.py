"""Mutations of cells that count: another value, type, format, formula or address; what stands around them."""

from __future__ import annotations

import re
from random import Random
from xml.sax.saxutils import escape

from tests.fuzz.draft import Draft, Mutation, Unsuitable
from tests.fuzz.nasty import ADDRESSES, FORMULAS, KINDS, MARKUP, NUMBERS, TEXTS, tweaked

_CELL = re.compile(
    r"<(?P<p>\w+:)?c (?P<attributes>[^<>]*?)(?:/>|>(?P<inside>(?:(?!</(?:\w+:)?c>).)*)</(?:\w+:)?c>)", re.DOTALL
)
_ADDRESS = re.compile(r"""\br\s*=\s*["']([A-Z]+[0-9]+)["']""")
_VALUE = re.compile(r"<(?:\w+:)?v>([^<]*)</(?:\w+:)?v>")
_PLAIN = ("12", "12.5", "12.34", "-3", "0", "1000000", "99999999999.99", "0.10", "1E3", "12.340000000000001")
_ROW = re.compile(r"<(?:\w+:)?row [^<>]*?(?=/?>)")


def _picked(random: Random, draft: Draft) -> tuple[str, str, re.Match[str]]:
    """A sheet, its text, and a cell of it that matters, rather one that holds something."""
    sheets = [name for name in draft.markup() if re.search(r"/(?:worksheets|tabs)/[^/]*\.xml$", name)]
    random.shuffle(sheets)
    for name in sheets:
        text = draft.part(name).decode("utf-8", "surrogateescape")
        cells = [match for match in _CELL.finditer(text) if _of(match) in draft.hot(name)]
        filled = [match for match in cells if match["inside"]]
        if cells:
            return name, text, random.choice(filled if filled and random.random() < 0.8 else cells)
    raise Unsuitable


def _of(cell: re.Match[str]) -> str:
    found = _ADDRESS.search(cell["attributes"])
    return found[1] if found else ""


def _put(draft: Draft, part: str, text: str, cell: re.Match[str], new: str) -> str:
    changed = text[: cell.start()] + new + text[cell.end() :]
    draft.put(part, changed.encode("utf-8", "surrogateescape"))
    return f"{part} {_of(cell)}: {cell[0][:90]} is {new[:120]}"


def another_value(random: Random, draft: Draft) -> str:
    """Another number or text, of the type that it had or of another."""
    part, text, cell = _picked(random, draft)
    prefix, attributes = cell["p"] or "", re.sub(r"""\st\s*=\s*["'][^"']*["']""", "", cell["attributes"])
    old = _VALUE.search(cell["inside"] or "")
    tweak = tweaked(random, old[1] if old else "7")
    kind = random.choice(("", "", "", "str", "inlineStr", "inlineStr", random.choice(KINDS)))
    value = random.choice((random.choice(NUMBERS if kind == "" else NUMBERS + TEXTS), tweak, random.choice(_PLAIN)))
    if kind == "inlineStr":
        inside = f"<{prefix}is><{prefix}t>{escape(value)}</{prefix}t></{prefix}is>"
    else:
        inside = f"<{prefix}v>{escape(value)}</{prefix}v>"
    typed = f' t="{kind}"' if kind else ""
    return _put(draft, part, text, cell, f"<{prefix}c {attributes}{typed}>{inside}</{prefix}c>")


def another_format(random: Random, draft: Draft) -> str:
    """Another cell format, perhaps of a date."""
    part, text, cell = _picked(random, draft)
    number = random.choice((str(random.randrange(60)), "0", "999", "-1", "", "x", "01", " 1"))
    new = re.sub(r"""\bs\s*=\s*["'][^"']*["']""", f's="{number}"', cell[0], count=1)
    return _put(draft, part, text, cell, new)


def a_formula(random: Random, draft: Draft) -> str:
    """A formula typed into an input, with a value, none, or an empty one; shared, of an array, or plain."""
    part, text, cell = _picked(random, draft)
    prefix, address = cell["p"] or "", _of(cell)
    kinds = (
        "",
        "",
        ' t="array" ref="{0}"',
        ' t="shared" si="0"',
        ' t="shared" ref="{0}" si="99"',
        ' t="dataTable" ref="{0}"',
    )
    kind = random.choice(kinds).format(random.choice((address, random.choice(ADDRESSES))))
    value = random.choice(
        ("", f"<{prefix}v></{prefix}v>", f"<{prefix}v/>", f"<{prefix}v>{random.choice(NUMBERS)}</{prefix}v>")
    )
    if value == "" and (old := _VALUE.search(cell["inside"] or "")):
        value = old[0]
    inside = f"<{prefix}f{kind}>{escape(random.choice(FORMULAS))}</{prefix}f>{value}"
    return _put(draft, part, text, cell, f"<{prefix}c {cell['attributes']}>{inside}</{prefix}c>")


def another_address(random: Random, draft: Draft) -> str:
    """Another address, or none."""
    part, text, cell = _picked(random, draft)
    to = random.choice((f'r="{random.choice(ADDRESSES)}"', f'r="{random.choice(sorted(draft.hot(part)))}"', ""))
    return _put(draft, part, text, cell, _ADDRESS.sub(to, cell[0], count=1))


def with_markup(random: Random, draft: Draft) -> str:
    """Something between the digits, beside the value, or around it."""
    part, text, cell = _picked(random, draft)
    inside = re.search(r"<(?:\w+:)?v>", cell[0])
    at = inside.end() if inside and random.random() < 0.7 else random.randrange(len(cell[0]) + 1)
    at = min(len(cell[0]), at + random.choice((0, 1)))
    return _put(draft, part, text, cell, cell[0][:at] + random.choice(MARKUP) + cell[0][at:])


def row_changed(random: Random, draft: Draft) -> str:
    """Rows that are hidden, numbered otherwise or not at all, or begun again."""
    part, text, _ = _picked(random, draft)
    row = random.choice(list(_ROW.finditer(text)))
    match random.randrange(4):
        case 0:
            new = f'{row[0]} hidden="1"'
        case 1:
            new = re.sub(r'\br="[^"]*"', random.choice(('r="1"', 'r="9"', 'r="0"', 'r="1048577"', 'r="x"', "")), row[0])
        case 2:
            new = re.sub(r'\br="([0-9]+)"', lambda match: f'r="{int(match[1]) + random.choice((-1, 1, 1000))}"', row[0])
        case _:
            new = f"{row[0]}></row>{row[0]}"
    draft.put(part, (text[: row.start()] + new + text[row.end() :]).encode("utf-8", "surrogateescape"))
    return f"{part}: {row[0][:60]} is {new[:90]}"


def merged(random: Random, draft: Draft) -> str:
    """A merge over cells that count."""
    part, text, cell = _picked(random, draft)
    address = _of(cell)
    other = random.choice((random.choice(sorted(draft.hot(part))), random.choice(ADDRESSES)))
    merge = f'<mergeCell ref="{address}:{other}"/>'
    if "<mergeCells" in text:
        new = re.sub(r"(<mergeCells[^>]*>)", rf"\1{merge}", text, count=1)
    else:
        new = text.replace("</sheetData>", f"</sheetData><mergeCells>{merge}</mergeCells>", 1)
    draft.put(part, new.encode("utf-8", "surrogateescape"))
    return f"{part}: {merge}"


MUTATIONS: tuple[Mutation, ...] = (
    *(another_value,) * 5,
    *(another_format,) * 2,
    *(a_formula,) * 2,
    another_address,
    with_markup,
    row_changed,
    merged,
)
