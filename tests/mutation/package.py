"""A workbook's parts: taken out of the zip, put back, and found by the names of tabs.

Knows the files of XlsxWriter, by which all bases are made; not what may be done to them.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import unescape
from types import MappingProxyType

WORKBOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
STRINGS = "xl/sharedStrings.xml"
STYLES = "xl/styles.xml"
TYPES = "[Content_Types].xml"
_WRITTEN = (1980, 1, 1, 0, 0, 0)


@lru_cache(maxsize=64)
def parts_of(data: bytes) -> Mapping[str, bytes]:
    """Every part by its name, in the order of the zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return MappingProxyType({name: archive.read(name) for name in archive.namelist()})


def zipped(entries: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED, level: int = 1) -> bytes:
    """A zip with these entries, which may have a name twice."""
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w") as target:
        for name, part in entries:
            info = zipfile.ZipInfo(name, _WRITTEN)
            info.filename, info.compress_type = name, method  # the constructor cuts names at NUL
            target.writestr(info, part, compresslevel=level)
    return saved.getvalue()


@lru_cache(maxsize=64)
def tab_names(data: bytes) -> tuple[str, ...]:
    """Tabs in order."""
    return tuple(unescape(name) for name in re.findall(r'<sheet name="([^"]*)"', parts_of(data)[WORKBOOK].decode()))


def part_of(data: bytes, tab: str) -> str:
    """Where a tab's cells are: XlsxWriter numbers the parts in the order of tabs."""
    return f"xl/worksheets/sheet{tab_names(data).index(tab) + 1}.xml"


def cell_in(text: str, cell: str) -> re.Match[str]:
    """A cell in the XML of a sheet, with the groups ``style``, ``type`` and ``formula``."""
    attributes = r'(?P<style> s="[0-9]+")?(?: t="(?P<type>[a-zA-Z]+)")?'
    found = re.search(
        rf'<c r="{cell}"{attributes}(?:/>|>(?P<formula><f>[^<]*</f>)?(?:(?!</c>).)*</c>)', text, re.DOTALL
    )
    assert found, f"{cell} does not stand there"
    return found


def without_values(text: str) -> str:
    """A sheet's XML whose formulas have no values."""
    return re.sub(r"(</f>)<v>[^<]*</v>", r"\1", text)


@lru_cache(maxsize=64)
def strings_of(data: bytes) -> tuple[str, ...]:
    """The shared strings' XML, in order."""
    return tuple(re.findall(r"<si>.*?</si>", parts_of(data)[STRINGS].decode(), re.DOTALL))


def uncalculated(data: bytes) -> bool:
    """Whether some formula of a readable file has no value."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return False
    return any(re.search(rb"(</(?:\w+:)?f>|<(?:\w+:)?f [^>]*/>)(?:<v\s*/>|<v></v>)?</", sheet) for sheet in sheets)
