"""How an edit is made: in a spreadsheet program, by openpyxl, or in the file's XML or zip.

Each means is a function of the file's bytes. The program is LibreOffice where the bench has one, which moves formulas
as people's programs do and recalculates, and else the small one of ``program.py``. An edit of the XML leaves all else
as it is, so that a changed entry leaves stale values unless ``values=False`` drops them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from random import Random
from typing import Any, cast
from xml.sax.saxutils import escape

import openpyxl

from crmxl.model import Key
from tests.mutation.base import EPOCH, Base, Entry
from tests.mutation.package import cell_in, part_of, parts_of, without_values, zipped
from tests.mutation.program import Program
from tests.office.driver import Commands, Office

UNCALCULATED = frozenset({"F110"})
"""What crmxl says of a file whose formulas have no values."""
PROGRAM = "program"
LIBREOFFICE = "LibreOffice"


@dataclass(frozen=True, slots=True)
class Bench:
    """Where edits are made."""

    office: Office | None
    folder: Path


@dataclass(frozen=True, slots=True)
class Means:
    """One way of editing a file."""

    name: str
    make: Callable[[bytes, Bench], bytes]
    tells: frozenset[str] = frozenset()
    """Codes that come of the means itself."""


def in_office(do: Callable[[Commands], None]) -> Means:
    """Open in LibreOffice, unprotect, ``do``, recalculate, save."""

    def make(data: bytes, bench: Bench) -> bytes:
        assert bench.office is not None, "this edit needs LibreOffice"
        path, saved = bench.folder / "issued.xlsx", bench.folder / "returned.xlsx"
        path.write_bytes(data)
        saved.unlink(missing_ok=True)
        with bench.office.open(path) as book, book.batch() as edits:
            edits.unprotect_all()
            do(edits)
            edits.recalc()
            edits.save(saved)
        return saved.read_bytes()

    return Means(LIBREOFFICE, make)


def in_program(do: Callable[[Commands], None]) -> Means:
    """The same in LibreOffice where the bench has one, else in the small program, which does not calculate."""

    def make(data: bytes, bench: Bench) -> bytes:
        book = Program(data)
        do(cast(Commands, book))
        return book.saved()

    return either(do, Means(PROGRAM, make))


def either(do: Callable[[Commands], None], other: Means) -> Means:
    """LibreOffice where the bench has one, else ``other``."""
    office = in_office(do)
    return Means(other.name, lambda data, bench: (office if bench.office else other).make(data, bench), other.tells)


def in_openpyxl(do: Callable[[Any], None]) -> Means:
    """Load with openpyxl, ``do`` it to the workbook, save."""

    def make(data: bytes, bench: Bench) -> bytes:
        book = openpyxl.load_workbook(io.BytesIO(data))
        do(book)
        saved = io.BytesIO()
        book.save(saved)
        return saved.getvalue()

    return Means("openpyxl", make, UNCALCULATED)


def in_xml(cells: Mapping[tuple[str, str], str], *, values: bool = True) -> Means:
    """Replace cells, by tab and address, by what the functions below make; ``values=False`` drops cached values."""

    def make(data: bytes, bench: Bench) -> bytes:
        parts = dict(parts_of(data))
        texts = {} if values else {name: part.decode() for name, part in parts.items() if "/worksheets/" in name}
        texts = {name: without_values(text) for name, text in texts.items()}
        for (tab, cell), content in cells.items():
            part = part_of(data, tab)
            text = texts.setdefault(part, parts[part].decode())
            found = cell_in(text, cell)
            kind, inner = content.split("|", 1)
            if kind.startswith("cached"):
                inner, kind = f"{found['formula']}<v>{inner}</v>", "str" if kind.endswith("words") else ""
                assert found["formula"], f"{tab}!{cell} has no formula"
            kind = f' t="{kind}"' if kind else ""
            style = found["style"] or ""
            texts[part] = f'{text[: found.start()]}<c r="{cell}"{style}{kind}>{inner}</c>{text[found.end() :]}'
        return zipped((parts | {name: text.encode() for name, text in texts.items()}).items())

    return Means("XML", make, frozenset() if values else UNCALCULATED)


def in_parts(change: Callable[[dict[str, bytes]], None], *, tells: str = "") -> Means:
    """Change the parts, by name."""

    def make(data: bytes, bench: Bench) -> bytes:
        parts = dict(parts_of(data))
        change(parts)
        assert parts != parts_of(data), "nothing was changed"
        return zipped(parts.items())

    return Means("XML", make, frozenset(tells.split()))


def in_part(name: str, change: Callable[[str], str], *, tells: str = "") -> Means:
    """Change the XML text of a part."""

    def do(parts: dict[str, bytes]) -> None:
        text = parts[name].decode()
        changed = change(text)
        assert changed != text, f"nothing to change in {name}"
        parts[name] = changed.encode()

    return in_parts(do, tells=tells)


def in_tab(base: Base, tab: str, change: Callable[[str], str], *, tells: str = "") -> Means:
    """Change the XML text of a tab."""
    return in_part(part_of(base.data, tab), change, tells=tells)


def in_cell(base: Base, tab: str, cell: str, change: Callable[[str], str], *, tells: str = "") -> Means:
    """Change the XML text of a cell."""

    def do(text: str) -> str:
        found = cell_in(text, cell)
        return text[: found.start()] + change(found[0]) + text[found.end() :]

    return in_tab(base, tab, do, tells=tells)


def in_zip(change: Callable[[bytes], bytes], name: str = "zip") -> Means:
    """Change the bytes of the file."""
    return Means(name, lambda data, bench: change(data))


# What a cell of the XML can hold: its type attribute, a bar, and the elements inside.


def number(text: str) -> str:
    """A number as written."""
    return f"|<v>{text}</v>"


def words(text: str) -> str:
    """A text."""
    return f'inlineStr|<is><t xml:space="preserve">{escape(text)}</t></is>'


def truth(value: bool) -> str:
    """A truth value."""
    return f"b|<v>{int(value)}</v>"


def fault(text: str, formula: str = "") -> str:
    """An error value such as ``#REF!``, of a formula without ``=`` or alone."""
    return f"e|<f>{escape(formula)}</f><v>{text}</v>" if formula else f"e|<v>{text}</v>"


def formula(text: str, cached: str) -> str:
    """A formula without ``=``, and the number that it shows."""
    return f"|<f>{escape(text)}</f><v>{cached}</v>"


def cached(text: str) -> str:
    """Another number for the formula that stands there."""
    return f"cached|{escape(text)}"


def cached_words(text: str) -> str:
    """Another text for the formula that stands there."""
    return f"cached words|{escape(text)}"


BLANK = "|"


def shown(data: bytes, tab: str, cell: str) -> str:
    """The value that stands with a cell in the XML; empty where there is none."""
    found = re.search(r"<v>([^<]*)</v>", cell_in(parts_of(data)[part_of(data, tab)].decode(), cell)[0])
    return unescape(found[1]) if found else ""


WAYS = (PROGRAM, "openpyxl", "XML")
_WEIGHTS = (5, 1, 5)


def way(random: Random) -> str:
    """How something is typed; openpyxl, which takes ten times as long, now and then."""
    return random.choices(WAYS, _WEIGHTS)[0]


def by(random: Random, program: Means, openpyxl: Means, xml: Means) -> Means:
    """One of the three, openpyxl now and then."""
    return random.choices((program, openpyxl, xml), _WEIGHTS)[0]


def typed(how: str, base: Base, changes: Mapping[Key, Entry | None]) -> Means:
    """Type ``changes`` into their cells, None clearing a cell; ``how`` is one of ``WAYS``."""
    places = {(base.tab(key), base.at(key)): entry for key, entry in changes.items()}
    if how == PROGRAM:

        def do(book: Commands) -> None:
            for (tab, cell), entry in places.items():
                if isinstance(entry, Decimal):
                    book.type_in(tab, cell, str(entry))
                elif isinstance(entry, date):
                    book.type_in(tab, cell, f"{entry.year}/{entry.month}/{entry.day}")
                else:
                    book.set(tab, cell, entry)

        return in_program(do)
    if how == "openpyxl":

        def fill(book: Any) -> None:
            for (tab, cell), entry in places.items():
                book[tab][cell].value = float(entry) if isinstance(entry, Decimal) else entry

        return in_openpyxl(fill)
    return in_xml({place: content_of(entry) for place, entry in places.items()}, values=False)


def content_of(entry: Entry | None) -> str:
    """What a cell holds when ``entry`` is typed there."""
    if entry is None:
        return BLANK
    if isinstance(entry, date):
        return number(str((entry - EPOCH).days))
    return number(str(entry)) if isinstance(entry, Decimal) else words(entry)
