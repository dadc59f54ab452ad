"""A zip that people send workbooks in: its files one by one, in memory and within limits.

No name inside a parcel becomes a path: what it is called is told, where it goes is never decided by it.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from crmxl.files import LOCK, WORKBOOKS
from crmxl.model import Text
from crmxl.receive.limits import LIMITS

SUFFIX = ".zip"
MOST = 10_000
"""Files in one parcel."""
LARGEST = 2 << 30
"""Bytes of all files of one parcel, unpacked."""
_UTF8 = 0x800
"""Flag of an entry whose name is UTF-8; without it Windows in China wrote GBK."""
_DAMAGED = Text("压缩包损坏或不是 zip，请重新压缩后发送", "the zip is damaged or is none; pack it again")
_LOCKED = Text("压缩包加了密码，请去掉密码后重新发送", "the zip has a password; send it without one")
_MANY = Text(
    f"压缩包里文件太多（超过 {MOST:,} 个），请分开发送", f"more than {MOST:,} files in the zip; send it in parts"
)
_LARGE = Text("压缩包解开后太大，请分开发送", "the zip is too large unpacked; send it in parts")
_NESTED = Text("压缩包里还有压缩包，请解开后发送", "a zip within the zip; unpack it first")
_EMPTY = Text("压缩包里没有工作簿", "there is no workbook in the zip")


class Packed(NamedTuple):
    """One file of a parcel."""

    name: str
    """Parcel and name within it, for people: ``上报.zip/华南.xlsx``."""
    content: bytes
    problem: Text | None = None
    """Why there is no content."""


def unpack(parcel: Path) -> Iterator[Packed]:
    """The workbooks in ``parcel``, by name; what cannot be read has a problem and no content.

    A file beyond the limit of one workbook is given up to one byte more, so that the gate refuses it.
    """
    try:
        with zipfile.ZipFile(parcel) as opened:
            yield from _files(parcel, opened)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, UnicodeError):
        yield Packed(str(parcel), b"", _DAMAGED)


def _files(parcel: Path, opened: zipfile.ZipFile) -> Iterator[Packed]:
    entries = sorted((_name(entry), at) for at, entry in enumerate(opened.infolist()) if not entry.is_dir())
    if any(name == "[Content_Types].xml" for name, _ in entries):  # a workbook's own: cut off, or called .zip
        yield Packed(str(parcel), b"", _DAMAGED)
        return
    if len(entries) > MOST:
        yield Packed(str(parcel), b"", _MANY)
        return
    total, found = 0, False
    for name, at in entries:
        inside = PurePosixPath(name.replace("\\", "/"))
        hidden = any(part == "__MACOSX" or (part.startswith(".") and part != "..") for part in inside.parts)
        suffix = inside.suffix.lower()
        if hidden or inside.name.startswith(LOCK) or suffix not in (*WORKBOOKS, SUFFIX):
            continue
        found = True
        shown = f"{parcel}/{name}"
        if suffix == SUFFIX:
            yield Packed(shown, b"", _NESTED)
            continue
        packed = _content(opened, opened.infolist()[at], shown)
        total += len(packed.content)
        if total > LARGEST:
            yield Packed(str(parcel), b"", _LARGE)
            return
        yield packed
    if not found:
        yield Packed(str(parcel), b"", _EMPTY)


def _content(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, shown: str) -> Packed:
    if entry.flag_bits & 1:
        return Packed(shown, b"", _LOCKED)
    try:
        with opened.open(entry) as file:
            return Packed(shown, file.read(LIMITS.file + 1))
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError, ValueError):
        return Packed(shown, b"", _DAMAGED)


def _name(entry: zipfile.ZipInfo) -> str:
    if entry.flag_bits & _UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return entry.filename
