"""Files at the two ends: which workbooks a command was given, and writing that is done wholly or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from crmxl.errors import CrmxlError

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods", ".et", ".csv", ".htm", ".html"})
"""Suffixes taken from folders; all but the first are the wrong format, and are answered rather than passed over."""
_LOCK = "~$"
"""Start of the name of the file by which Excel and WPS keep a workbook to one user."""


def workbooks_in(paths: Iterable[Path]) -> list[Path]:
    """The files named, and the workbooks in the folders named and below them, sorted within each; each file once.

    Lock files and hidden files are passed over in folders and taken where named. Raises CrmxlError with every path
    that is not there, and for a folder without a workbook.
    """
    found: dict[Path, Path] = {}
    problems = []
    for path in paths:
        if path.is_dir():
            inside = sorted(_below(path))
            found.update((one.resolve(), one) for one in inside if one.resolve() not in found)
            if not inside:
                problems.append(f"{path}: 文件夹里没有工作簿 · no workbook in this folder")
        elif path.exists():
            found.setdefault(path.resolve(), path)
        else:
            problems.append(f"{path}: 找不到文件或文件夹 · no such file or folder")
    if problems:
        raise CrmxlError("\n".join(problems))
    return list(found.values())


def _below(folder: Path) -> Iterator[Path]:
    """Workbooks in ``folder`` and its visible subfolders."""
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith((".", _LOCK)) and Path(name).suffix.lower() in WORKBOOKS:
                yield Path(here, name)


def write_atomically(path: Path, data: bytes) -> None:
    """``data`` as the file ``path``, making its folder if need be: whoever looks sees the old file or the new one.

    Raises CrmxlError when it cannot be written; then nothing is left behind.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, _mode(path))
            os.replace(name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise CrmxlError(f"{path}: 无法写入 · cannot be written ({error.strerror})") from error
    _keep_name(path.parent)


def _mode(path: Path) -> int:
    """The old file's permissions, else those of any new file; mkstemp makes a private one."""
    with suppress(OSError):
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _keep_name(folder: Path) -> None:
    """Put the new name on the disk too; not every system lets a folder be opened."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
