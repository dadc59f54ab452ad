"""LibreOffice as tests use it: open a workbook, do what a person would do to it, read what it computed, save.

Owns the life of one worker process, which owns one soffice. Knows nothing of crmxl. ``worker`` has the other half,
since ``uno`` exists only in the system's or LibreOffice's own Python::

    with Office() as office, office.open(path) as book:
        book.unprotect_all()
        book.type_in("预算", "C5", "1000")
        book.insert_rows("预算", before=4)
        book.recalc()
        total = book.value("预算", "C60")
        book.save(returned)
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self

WORKER = Path(__file__).with_name("worker.py")


class OfficeError(Exception):
    """LibreOffice did not do as told: a refused command, a dead process, or (``OfficeTimeout``) none of it in time."""


class OfficeTimeout(OfficeError):
    """A command took too long; LibreOffice was killed, and every open ``Book`` is lost."""


class OfficeMissing(Exception):
    """LibreOffice, or a Python that can import ``uno``, is not installed."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Where LibreOffice is."""

    soffice: str
    """The program."""
    python: str
    """An interpreter that can import ``uno``."""


def find_installation() -> Installation:
    """The LibreOffice on PATH and a Python for it; raises ``OfficeMissing`` with the reason."""
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        raise OfficeMissing("LibreOffice is not installed: no soffice on PATH (Debian: libreoffice-calc)")
    program = Path(soffice).resolve().parent
    for python in (sys.executable, "/usr/bin/python3", str(program / "python"), str(program / "python.exe")):
        if Path(python).exists() and _imports_uno(python):
            return Installation(soffice, python)
    raise OfficeMissing("no Python can import uno (Debian: python3-uno)")


def _imports_uno(python: str) -> bool:
    try:
        tried = subprocess.run([python, "-c", "import uno"], env=_environment(), capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def _environment() -> dict[str, str]:
    """Ours, less what would lead another Python to this one's packages."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty."""

    address: str
    """Such as ``B5``."""
    type: Literal["value", "text", "formula"]
    """Numbers and dates are ``value``; a constant TRUE of an .xlsx is the formula ``=TRUE()`` to LibreOffice."""
    value: float | str | None
    """The number or text that it holds or computed; None for an error."""
    string: str
    """The text of a text, ``#DIV/0!`` for an error; of a number only when read with ``display=True``."""
    formula: str
    """In LibreOffice's notation: ``=SUM($预算.B1:B9;2)``; empty unless ``type`` is formula."""
    error: int
    """LibreOffice's code, 0 for none: 532 #DIV/0!, 32767 #N/A, 519 #VALUE!, 524 #REF!, 525 #NAME?, 503 #NUM!, 522 a
    circle."""


@dataclass(frozen=True, slots=True)
class SheetState:
    """What is known of a sheet without reading its cells."""

    name: str
    """The tab's name."""
    visible: bool
    """False when hidden."""
    protected: bool
    """Whether locked cells are locked."""
    used: str
    """The used area, from A1."""


class Commands:
    """What a person does to a workbook. Rows count from 1, columns are letters, sheets go by name.

    Protection is kept as it would be on the screen: an edit of a locked cell, or of the structure of a protected sheet
    or workbook, raises ``OfficeError`` until ``unprotect`` was called.
    """

    def _send(self, do: str, **arguments: object) -> Any:
        raise NotImplementedError

    def set(self, sheet: str, cell: str, value: str | float | bool | None) -> None:
        """Put exactly ``value`` there: a text stays text, even ``"1000"``; None empties the cell."""
        self._send("set", sheet=sheet, cell=cell, value=value)

    def set_formula(self, sheet: str, cell: str, formula: str) -> None:
        """Put a formula there, written as in English Excel: ``=SUM('预算'!B1:B9,2)``."""
        self._send("set_formula", sheet=sheet, cell=cell, formula=formula)

    def type_in(self, sheet: str, cell: str, text: str) -> None:
        """Enter ``text`` as a person in China would: ``1,000`` becomes a number, ``2026/1/5`` a date, ``'7`` a text."""
        self._send("type_in", sheet=sheet, cell=cell, text=text)

    def copy_range(self, sheet: str, range: str, to: str, to_sheet: str | None = None) -> None:
        """Copy and paste ``range``, with formats and locks, so that its first cell is at ``to``."""
        self._send("copy_range", sheet=sheet, range=range, to=to, to_sheet=to_sheet)

    def move_range(self, sheet: str, range: str, to: str, to_sheet: str | None = None) -> None:
        """Cut and paste ``range`` over what is at ``to``; references follow."""
        self._send("move_range", sheet=sheet, range=range, to=to, to_sheet=to_sheet)

    def merge(self, sheet: str, range: str, merged: bool = True) -> None:
        """Merge (or split) ``range``; contents of the covered cells stay, hidden."""
        self._send("merge", sheet=sheet, range=range, merged=merged)

    def sort(self, sheet: str, range: str, column: str, ascending: bool = True, header: bool = False) -> None:
        """Sort the rows of ``range`` by ``column``; with ``header`` the first row stays."""
        self._send("sort", sheet=sheet, range=range, column=column, ascending=ascending, header=header)

    def insert_rows(self, sheet: str, before: int, count: int = 1) -> None:
        """Insert empty rows before row ``before``."""
        self._send("insert_rows", sheet=sheet, before=before, count=count)

    def delete_rows(self, sheet: str, first: int, last: int | None = None) -> None:
        """Delete rows ``first`` to ``last``, or one row."""
        self._send("delete_rows", sheet=sheet, first=first, last=last)

    def move_rows(self, sheet: str, first: int, last: int, before: int) -> None:
        """Cut rows ``first`` to ``last`` and insert them before row ``before`` (as numbered now); not their heights."""
        self._send("move_rows", sheet=sheet, first=first, last=last, before=before)

    def hide_rows(self, sheet: str, first: int, last: int | None = None, hidden: bool = True) -> None:
        """Hide (or show) rows."""
        self._send("hide_rows", sheet=sheet, first=first, last=last, hidden=hidden)

    def insert_columns(self, sheet: str, before: str, count: int = 1) -> None:
        """Insert empty columns before column ``before``."""
        self._send("insert_columns", sheet=sheet, before=before, count=count)

    def delete_columns(self, sheet: str, first: str, last: str | None = None) -> None:
        """Delete columns ``first`` to ``last``, or one column."""
        self._send("delete_columns", sheet=sheet, first=first, last=last)

    def hide_columns(self, sheet: str, first: str, last: str | None = None, hidden: bool = True) -> None:
        """Hide (or show) columns."""
        self._send("hide_columns", sheet=sheet, first=first, last=last, hidden=hidden)

    def insert_sheet(self, name: str, position: int = 0) -> None:
        """Insert an empty sheet; ``position`` counts from 0."""
        self._send("insert_sheet", name=name, position=position)

    def rename_sheet(self, sheet: str, name: str) -> None:
        """Rename a tab."""
        self._send("rename_sheet", sheet=sheet, name=name)

    def copy_sheet(self, sheet: str, name: str, position: int = 0) -> None:
        """Copy a sheet within the workbook, under a new name."""
        self._send("copy_sheet", sheet=sheet, name=name, position=position)

    def move_sheet(self, sheet: str, position: int) -> None:
        """Move a tab to ``position``, counted from 0."""
        self._send("move_sheet", sheet=sheet, position=position)

    def delete_sheet(self, sheet: str) -> None:
        """Delete a sheet."""
        self._send("delete_sheet", sheet=sheet)

    def hide_sheet(self, sheet: str, hidden: bool = True) -> None:
        """Hide (or show) a sheet."""
        self._send("hide_sheet", sheet=sheet, hidden=hidden)

    def protect(self, sheet: str | None = None) -> None:
        """Protect a sheet, or without a name the workbook's structure; no password."""
        self._send("protect", sheet=sheet)

    def unprotect(self, sheet: str | None = None) -> None:
        """Unprotect a sheet, or without a name the workbook's structure; nothing happens where none is protected."""
        self._send("unprotect", sheet=sheet)

    def unprotect_all(self) -> None:
        """Unprotect the structure and every sheet."""
        self._send("unprotect_all")

    def recalc(self) -> None:
        """Compute every formula anew. Without it LibreOffice keeps the values that the file brought."""
        self._send("recalc")

    def save(self, path: str | Path, password: str = "") -> None:
        """Save a copy; the suffix (.xlsx, .xls, .ods) decides the format, a password encrypts it."""
        self._send("save", path=_absolute(path), password=password)

    def pdf(self, path: str | Path, sheet: str | None = None) -> None:
        """Print all visible sheets, or one, to a PDF."""
        self._send("pdf", path=_absolute(path), sheet=sheet)


class Book(Commands):
    """An open workbook. Commands act at once; ``batch`` gathers them."""

    def __init__(self, office: Office, handle: int, session: int) -> None:
        self._office = office
        self._handle = handle
        self._session = session

    def _send(self, do: str, **arguments: object) -> Any:
        if self._session != self._office.session:
            raise OfficeError("this workbook was open in a LibreOffice that has ended")
        return self._office.call(do, book=self._handle, **arguments)

    def sheets(self) -> tuple[SheetState, ...]:
        """Every sheet, hidden ones too, in order."""
        return tuple(SheetState(**found) for found in self._send("sheets"))

    def get(self, sheet: str, ranges: Iterable[str] | None = None, display: bool = False) -> dict[str, Cell]:
        """The cells that are not empty, by address, of the used area or of ``ranges``.

        ``display`` also reads each number as shown, which takes 2 ms a cell.
        """
        wanted = None if ranges is None else list(ranges)
        found = self._send("get", sheet=sheet, ranges=wanted, display=display)
        return {cell[0]: Cell(*cell) for cell in found}

    def value(self, sheet: str, cell: str) -> float | str | None:
        """The value of one cell; None if it is empty or an error."""
        found = self.get(sheet, [cell]).get(cell)
        return found.value if found else None

    def batch(self) -> Batch:
        """``with book.batch() as edits:`` sends the commands given to ``edits`` in one go at its end."""
        return Batch(self)

    def send(self, commands: Sequence[Mapping[str, object]]) -> list[Any]:
        """Carry out commands such as ``{"do": "set", "sheet": …}`` in one round trip; stops at the first that fails."""
        if self._session != self._office.session:
            raise OfficeError("this workbook was open in a LibreOffice that has ended")
        return self._office.batch([{"book": self._handle, **command} for command in commands])

    def close(self) -> None:
        """Close without saving; a second time does nothing."""
        if self._session == self._office.session:
            self._session = -1
            self._office.call("close", book=self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Batch(Commands):
    """Commands for one workbook, gathered and sent together when the ``with`` block ends without an exception."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._commands: list[dict[str, object]] = []

    def _send(self, do: str, **arguments: object) -> None:
        self._commands.append({"do": do, **arguments})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._commands:
            self._book.send(self._commands)


class Office:
    """One LibreOffice for many workbooks. Starts by itself when first needed, and again after it was killed."""

    def __init__(self, timeout: float = 60, start_timeout: float = 120) -> None:
        """``timeout`` seconds for each command or batch, ``start_timeout`` for LibreOffice to answer at all."""
        self.timeout = timeout
        self.start_timeout = start_timeout
        self.session = 0
        """Counts the LibreOffices started; a ``Book`` belongs to one."""
        self._installation: Installation | None = None
        self._process: subprocess.Popen[str] | None = None
        self._replies: queue.Queue[str] = queue.Queue()
        self._profile: Path | None = None

    @property
    def running(self) -> bool:
        """Whether there is a LibreOffice now."""
        return self._process is not None

    def start(self) -> None:
        """Start LibreOffice unless it runs; raises ``OfficeMissing``, ``OfficeError``."""
        if self._process is not None:
            return
        if self._installation is None:
            self._installation = find_installation()
        self._profile = Path(tempfile.mkdtemp(prefix="crmxl-office-"))
        with (self._profile / "worker.log").open("w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [self._installation.python, str(WORKER), self._installation.soffice, str(self._profile)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=_environment(),
                encoding="ascii",
                start_new_session=True,  # so that worker and soffice can be killed together
            )
        self._replies = queue.Queue()
        assert self._process.stdout is not None
        threading.Thread(target=_listen, args=(self._process.stdout, self._replies), daemon=True).start()
        self.session += 1
        self._reply("start", self.start_timeout)

    def stop(self) -> None:
        """End LibreOffice; open workbooks are lost. Does nothing when it does not run."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(15)
        except (OSError, subprocess.TimeoutExpired):
            pass  # killed below
        self._kill()

    def restart(self) -> None:
        """End LibreOffice and start another."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def open(self, path: str | Path, password: str = "") -> Book:
        """The workbook at ``path``; starts LibreOffice if need be."""
        self.start()
        return Book(self, self.call("open", path=_absolute(path), password=password), self.session)

    def batch(self, commands: Sequence[Mapping[str, object]]) -> list[Any]:
        """Carry out commands such as ``{"do": "set", "book": …}`` in one round trip; stops at the first that fails."""
        done: list[Any] = self.call("batch", commands=[dict(command) for command in commands])
        return done

    def call(self, do: str, **arguments: object) -> Any:
        """One command and its result; raises ``OfficeError`` with the reason, ``OfficeTimeout`` after killing."""
        if self._process is None:
            raise OfficeError(f"{do}: LibreOffice is not running")
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise OfficeError(f"{do}: LibreOffice has ended. {self._kill()}") from error
        return self._reply(do, self.timeout)

    def _reply(self, do: str, timeout: float) -> Any:
        try:
            line = self._replies.get(timeout=timeout)
        except queue.Empty:
            raise OfficeTimeout(f"{do}: no answer in {timeout:g} s, LibreOffice killed. {self._kill()}") from None
        except BaseException:  # Ctrl-C in between: the answer to come would be taken for the next command's
            self._kill()
            raise
        if not line:
            raise OfficeError(f"{do}: LibreOffice has ended. {self._kill()}")
        reply = json.loads(line)
        if "error" in reply:
            if "DisposedException" in reply["error"]:
                raise OfficeError(f"{do}: LibreOffice has crashed. {self._kill()}")
            raise OfficeError(reply["error"])
        return reply["ok"]

    def _kill(self) -> str:
        """End worker and soffice at once; returns the end of their logs."""
        if self._process is None or self._profile is None:
            return ""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)  # also what a worker that ended left behind
        except (OSError, AttributeError):  # nobody left; or Windows, which has no groups
            self._process.kill()
        self._process.wait()
        logs = [self._profile / name for name in ("worker.log", "soffice.log")]
        said = "\n".join(log.read_text(encoding="utf-8", errors="replace")[-1000:] for log in logs if log.exists())
        shutil.rmtree(self._profile, ignore_errors=True)
        self._process = self._profile = None
        self.session += 1  # so that no open Book takes the next LibreOffice for its own
        return said.strip()


def _listen(stream: IO[str], replies: queue.Queue[str]) -> None:
    for line in stream:
        replies.put(line)
    replies.put("")


def _absolute(path: str | Path) -> str:
    return str(Path(path).resolve())
