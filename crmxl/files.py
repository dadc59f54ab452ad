"""Files at the two ends: which workbooks a command was given, names that every system takes, and writing that is done
wholly or not at all. Nothing else in crmxl writes to a file; a test holds that.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from crmxl.errors import CrmxlError
from crmxl.model import Text
from crmxl.signs import visible

WORKBOOKS = frozenset({".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods", ".et", ".csv", ".htm", ".html"})
"""Suffixes taken from folders; all but the first are the wrong format, and are answered rather than passed over."""
LOCK = "~$"
"""Start of the name of the file by which Excel and WPS keep a workbook to one user."""
_TEMPORARY = ".crmxl-"
_PART = ".part"
_OURS = re.compile(r"\.crmxl-[a-z0-9_]{8}\.part\Z")
"""Names of our temporaries: the two above with what tempfile puts between."""
STALE = 3600
"""Seconds after which a temporary is taken for what a dead process left."""
_LONGEST = 200
"""Bytes of a file name made from another; systems take 255, and a suffix follows."""
_FORBIDDEN = frozenset('<>:"/\\|?*')
_DEVICES = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])\Z", re.IGNORECASE)
"""Names that Windows keeps for devices, with any suffix."""
_FULL = Text("磁盘空间不足，请清理后重试", "free some space and try again")
_READ_ONLY = Text("这个位置是只读的，请换一个文件夹", "the place is read-only; choose another folder")
_IN_USE = Text(
    "文件可能正在 Excel 或 WPS 中打开，请关闭后重试，或换一个文件名",
    "it may be open in Excel or WPS: close it and try again, or choose another name",
)
_NOT_ALLOWED = Text("没有写入这个文件夹的权限，请换一个文件夹", "no right to write there; choose another folder")
_TOO_LONG = Text("文件名或路径太长，请换短一些的", "choose a shorter name or path")
_ELSEWHERE = Text("请换一个位置再试", "try another place")
_REMEDIES = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.ENAMETOOLONG: _TOO_LONG,
}


def workbooks_in(paths: Iterable[Path], suffixes: frozenset[str] = WORKBOOKS) -> list[Path]:
    """The files named, and the workbooks in the folders named and below them, sorted within each; each file once.

    Lock files and hidden files are passed over in folders and taken where named. Raises CrmxlError with every path
    that is not there, and for a folder without a workbook.
    """
    found: dict[Path, Path] = {}
    problems: list[str] = []
    for path in paths:
        if path.is_dir():
            before = len(problems)
            inside = sorted(_below(path, problems, suffixes))
            for one in inside:
                found.setdefault(_identity(one), one)
            if not inside and len(problems) == before:
                problems.append(f"{path}: 文件夹里没有工作簿 · no workbook in this folder")
        elif os.path.lexists(path):
            found.setdefault(_identity(path), path)
        else:
            problems.append(f"{path}: 找不到文件或文件夹 · no such file or folder")
    if problems:
        raise CrmxlError("\n".join(problems))
    return list(found.values())


def _identity(path: Path) -> Path:
    """What tells two names of one file; of a link that leads nowhere, the name itself."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _below(folder: Path, unread: list[str], suffixes: frozenset[str]) -> Iterator[Path]:
    """Files with these suffixes in ``folder`` and its visible subfolders; what cannot be looked into goes to
    ``unread``.
    """

    def tell(error: OSError) -> None:
        unread.append(f"{error.filename}: 文件夹打不开 · the folder cannot be opened ({error.strerror})")

    for here, folders, names in os.walk(folder, onerror=tell):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith((".", LOCK)) and Path(name).suffix.lower() in suffixes:
                yield Path(here, name)


@contextmanager
def passing_folder() -> Iterator[Path]:
    """An empty folder of our own that nobody else may look into, gone with all that is in it at the end."""
    with tempfile.TemporaryDirectory(prefix="crmxl-") as folder:
        yield Path(folder)


def slug(name: str) -> str:
    """``name`` as part of a file name on Windows, macOS and Linux: readable, one line, no path, no hidden file.

    Signs that a system refuses, and those that nobody sees, are ``_``; blanks are one kind of blank; names of devices
    get a ``_``; a long one is cut to leave room for a suffix. Never empty. Different names can have one slug.
    """
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    plain = (" " if char.isspace() else char if char.isprintable() and visible(char) == char else "_" for char in text)
    text = "".join("_" if char in _FORBIDDEN else char for char in plain).lstrip(". ~")
    text = text.encode("utf-8")[:_LONGEST].decode("utf-8", "ignore").rstrip(". ")
    return f"_{text}" if not text or _DEVICES.match(text.partition(".")[0].rstrip()) else text


def write_atomically(path: Path, data: bytes, mode: int | None = None) -> None:
    """``data`` as the file ``path``, making its folder if need be: whoever looks sees the old file or the new one,
    whole, whenever the process is killed or the power fails. ``mode`` are its permissions where they are not to be the
    usual ones; what is private is so from its first moment.

    The bytes go to a temporary in the same folder, ``.crmxl-xxxxxxxx.part``, then to the disk, then under the name.
    Replaces only a plain file that may be written: no folder, device or pipe, and no link, whose target somebody else
    may have chosen. Raises CrmxlError when it cannot be written; then no file is left behind.

    A process that was killed leaves its temporary. Each write removes those of the folder that are over an hour old,
    by the clock that stamps the files of that folder, which on a network drive is the server's. Age is the one sign
    that holds everywhere: process numbers say nothing about another machine or container, locks are not kept on
    every network drive, and Windows cannot rename an open file. A write takes seconds; should a process have slept
    for an hour in the middle of one, its temporary is gone, it fails with a message, and the old file is whole.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _refuse_to_replace(path)
        handle, name = tempfile.mkstemp(prefix=_TEMPORARY, suffix=_PART, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                now = os.fstat(file.fileno()).st_mtime
            os.chmod(name, _mode(path) if mode is None else mode)
            os.replace(name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise CrmxlError(f"{path}: 无法写入 · cannot be written ({error.strerror}): {_remedy(error, path)}") from error
    _keep_name(path.parent)
    _sweep(path.parent, now)


def _refuse_to_replace(path: Path) -> None:
    """Raise CrmxlError for what is there and is no plain file, OSError for a file that is write-protected."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise CrmxlError(
            f"{path}: 不是普通文件（文件夹、链接或设备），请换一个文件名 · "
            "is no plain file but a folder, link or device; choose another name"
        )
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def _remedy(error: OSError, path: Path) -> str:
    """What the operator can do about it."""
    remedy = _REMEDIES.get(error.errno or 0)
    if remedy is None and isinstance(error, PermissionError):
        remedy = _IN_USE if path.exists() else _NOT_ALLOWED
    elif remedy is None:
        remedy = _ELSEWHERE
    return f"{remedy.zh} · {remedy.en}"


def _sweep(folder: Path, now: float) -> None:
    """Remove our temporaries that are older than an hour at ``now``; whatever cannot be removed stays."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _OURS.match(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    if now - entry.stat(follow_symlinks=False).st_mtime > STALE:
                        os.unlink(entry.path)


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
