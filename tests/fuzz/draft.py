"""A workbook in the making: entries of a zip that mutations change, and the file that comes of them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, TypeAlias

from tests.hostile.package import Entry, pack

_NUMBER = re.compile(r"([0-9]+)\.xml$")


class Unsuitable(Exception):
    """The mutation finds nothing to change here."""


@dataclass
class Draft:
    """Entries, how they are put together, and what is done to the bytes after that."""

    entries: list[Entry]
    inputs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Addresses of the cells that units fill, by the number in the name of the sheet's part."""
    packing: dict[str, Any] = field(default_factory=dict)
    """Arguments of ``pack``."""
    after: list[Callable[[bytes], bytes]] = field(default_factory=list)

    def names(self) -> list[str]:
        """Names of the entries in their order."""
        return [_text(entry.name) for entry in self.entries]

    def at(self, name: str) -> int:
        """Where the first entry of this name is."""
        names = self.names()
        if name not in names:
            raise Unsuitable
        return names.index(name)

    def part(self, name: str) -> bytes:
        """The content of a part."""
        return self.entries[self.at(name)].data

    def put(self, name: str, data: bytes) -> None:
        """Change a part's content."""
        at = self.at(name)
        self.entries[at] = replace(self.entries[at], data=data, packed=None)

    def hot(self, name: str) -> frozenset[str]:
        """Addresses of cells in a part that mutations prefer."""
        return self.inputs.get("".join(_NUMBER.findall(name)), frozenset())

    def markup(self) -> list[str]:
        """Names of the parts that are XML."""
        found = [name for name in self.names() if name.casefold().endswith((".xml", ".rels"))]
        if not found:
            raise Unsuitable
        return found

    def saved(self) -> bytes:
        """The file."""
        data = pack(self.entries, **self.packing)
        for change in self.after:
            data = change(data)
        return data


Mutation: TypeAlias = Callable[[Random, Draft], str]
"""Changes a draft and says how; raises Unsuitable where there is nothing to change."""


def opened(data: bytes, inputs: Mapping[str, frozenset[str]]) -> Draft:
    """A workbook to be changed; raises BadZipFile and its like where it is none."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return Draft([Entry(name, archive.read(name)) for name in archive.namelist()], inputs)


def _text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode("latin-1")
