"""How an edit is made: by LibreOffice, which moves formulas as a real program does, by openpyxl, or in the file's XML.

Each means is a function of the file's bytes. LibreOffice recalculates; openpyxl saves formulas without their values; an
edit of the XML leaves all else as it is, so that a changed entry leaves stale values unless ``without_values``.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl

from crmxl.model import Key
from tests.mutation.base import EPOCH, Base, Entry
from tests.office.driver import Commands, Office

UNCALCULATED = frozenset({"F110"})
"""What crmxl says of a file whose formulas have no values."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where edits are made."""

    office: Office
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
        path, saved = bench.folder / "issued.xlsx", bench.folder / "returned.xlsx"
        path.write_bytes(data)
        saved.unlink(missing_ok=True)
        with bench.office.open(path) as book, book.batch() as edits:
            edits.unprotect_all()
            do(edits)
            edits.recalc()
            edits.save(saved)
        return saved.read_bytes()

    return Means("LibreOffice", make)


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
        parts = _parts(data)
        for (tab, cell), content in cells.items():
            part = _part(data, tab)
            text = parts[part].decode()
            found = _cell(cell).search(text)
            assert found, f"{tab}!{cell} does not stand in {part}"
            kind, inner = content.split("|", 1)
            if kind.startswith("cached"):
                inner, kind = f"{found['formula']}<v>{inner}</v>", "str" if kind.endswith("words") else ""
                assert found["formula"], f"{tab}!{cell} has no formula"
            kind = f' t="{kind}"' if kind else ""
            style = found["style"] or ""
            parts[part] = f'{text[: found.start()]}<c r="{cell}"{style}{kind}>{inner}</c>{text[found.end() :]}'.encode()
        return _zipped(data, parts if values else _without_values(parts))

    return Means("XML", make, frozenset() if values else UNCALCULATED)


def in_part(tab: str, change: Callable[[str], str]) -> Means:
    """Change the XML text of a tab."""

    def make(data: bytes, bench: Bench) -> bytes:
        parts, part = _parts(data), _part(data, tab)
        text = parts[part].decode()
        changed = change(text)
        assert changed != text, f"nothing to change in {part}"
        return _zipped(data, {**parts, part: changed.encode()})

    return Means("XML", make)


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


def fault(text: str) -> str:
    """An error value such as ``#REF!``."""
    return f"e|<v>{text}</v>"


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
    found = re.search(r"<v>([^<]*)</v>", _cell(cell).search(_parts(data)[_part(data, tab)].decode())[0])  # type: ignore[index]
    return unescape(found[1]) if found else ""


def tab_names(data: bytes) -> tuple[str, ...]:
    """Tabs of a file by XlsxWriter, in order."""
    return tuple(
        unescape(name) for name in re.findall(r'<sheet name="([^"]*)"', _parts(data)["xl/workbook.xml"].decode())
    )


def typed(how: str, base: Base, changes: Mapping[Key, Entry | None]) -> Means:
    """Type ``changes`` into their cells, None clearing a cell; ``how`` is one of ``WAYS``."""
    places = {(base.tab(key), base.at(key)): entry for key, entry in changes.items()}
    if how == "LibreOffice":

        def do(book: Commands) -> None:
            for (tab, cell), entry in places.items():
                if isinstance(entry, Decimal):
                    book.type_in(tab, cell, str(entry))
                elif isinstance(entry, date):
                    book.type_in(tab, cell, f"{entry.year}/{entry.month}/{entry.day}")
                else:
                    book.set(tab, cell, entry)

        return in_office(do)
    if how == "openpyxl":

        def fill(book: Any) -> None:
            for (tab, cell), entry in places.items():
                book[tab][cell].value = float(entry) if isinstance(entry, Decimal) else entry

        return in_openpyxl(fill)
    return in_xml({place: _in_cell(entry) for place, entry in places.items()}, values=False)


WAYS = ("LibreOffice", "openpyxl", "XML")


def _in_cell(entry: Entry | None) -> str:
    if entry is None:
        return BLANK
    if isinstance(entry, date):
        return number(str((entry - EPOCH).days))
    return number(str(entry)) if isinstance(entry, Decimal) else words(entry)


def _cell(cell: str) -> re.Pattern[str]:
    attributes = r'(?P<style> s="[0-9]+")?(?: t="(?P<type>[a-zA-Z]+)")?'
    return re.compile(rf'<c r="{cell}"{attributes}(?:/>|>(?P<formula><f>[^<]*</f>)?(?:(?!</c>).)*</c>)', re.DOTALL)


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _part(data: bytes, tab: str) -> str:
    """XlsxWriter numbers the parts in the order of tabs."""
    return f"xl/worksheets/sheet{tab_names(data).index(tab) + 1}.xml"


def _without_values(parts: Mapping[str, bytes]) -> dict[str, bytes]:
    return {
        name: re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", part) if name.startswith("xl/worksheets/") else part
        for name, part in parts.items()
    }


def _zipped(data: bytes, parts: Mapping[str, bytes]) -> bytes:
    """``data`` with other parts, all else as it was."""
    saved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in archive.infolist():
            target.writestr(entry.filename, parts[entry.filename])
    return saved.getvalue()
