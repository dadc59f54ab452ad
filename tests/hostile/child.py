"""One process that reads files and says, a line of JSON each, what crmxl answered and what it cost.

It stops itself: a file that takes too long ends it by a signal, one that asks for too much memory meets the limit.
Whatever is opened, started or connected meanwhile, besides the file itself, is told.
"""

from __future__ import annotations

import io
import json
import os
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from crmxl.check.runner import check
from crmxl.check.verdict import Report
from crmxl.define.library import Library
from crmxl.define.names import LANGS
from crmxl.receive.reading import read
from crmxl.report.findings import document, to_csv, to_json
from crmxl.report.findings_text import print_findings
from crmxl.report.tables import console
from tests.hostile.case import SECONDS, WAITING

ADDRESS_SPACE = 1 << 30
"""Bytes that the process may map: far more than it should ever use, so that a leak ends here and not the machine."""
LONGEST = 4_000
"""Characters of the longest message."""

_ALLOWED = tuple(str(Path(place).resolve()) for place in (sys.prefix, sys.base_prefix, Path(__file__).parents[2]))
_STARTING = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.system",
    "pty.",
    "ftplib.",
)
_CHANGING = (
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "shutil.",
)
_OTHER = ("urllib.", "http.", "webbrowser.", "pickle.find_class", "ctypes.", "tempfile.")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MISLEADING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_MB = 1 << 20


class _Watch:
    """Notes what Python's audit events tell while a file is read."""

    def __init__(self) -> None:
        self.file = ""
        self.seen: list[str] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.file:
            return
        if event == "open":
            path, _, flags = arguments
            text = os.fspath(path) if isinstance(path, str | bytes | os.PathLike) else ""
            name = os.fsdecode(text)
            writing = isinstance(flags, int) and flags & _WRITING
            inside = not name or name == self.file or os.path.realpath(name).startswith(_ALLOWED)
            if writing or not inside:
                self.seen.append(f"opened {name[:200]!r}{' to write' if writing else ''}")
        elif event.startswith((*_STARTING, *_CHANGING, *_OTHER)):
            self.seen.append(f"{event} {str(arguments)[:200]}")

    @contextmanager
    def watching(self, path: Path) -> Iterator[None]:
        self.file, self.seen = str(path), []
        try:
            yield
        finally:
            self.file = ""


def main() -> None:
    """Files by their paths, one a line on stdin; answers on stdout."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    library, watch = Library(), _Watch()
    for line in sys.stdin:
        path = Path(json.loads(line))
        # Neither signal has a handler: their default ends the process, even inside a loop of C code.
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        signal.alarm(WAITING)
        answer = _tried(path, library, watch)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        print(json.dumps(answer), flush=True)


def _tried(path: Path, library: Library, watch: _Watch) -> dict[str, Any]:
    report = None
    problems: list[str] = []
    _forget_peak()
    began = time.process_time()
    try:
        with watch.watching(path):
            report = check(read(path, library))
    except Exception:  # whatever comes out of reading is what this test looks for
        problems.append(traceback.format_exc(limit=-4))
    seconds = time.process_time() - began
    peak = _peak()
    problems += [f"while reading: {what}" for what in watch.seen]
    answer: dict[str, Any] = {"seconds": seconds, "peak": peak, "problems": problems}
    if report is not None:
        try:
            answer |= _told(report)
            problems += _wording(report)
        except Exception:
            problems.append(traceback.format_exc(limit=-4))
    return answer


def _told(report: Report) -> dict[str, Any]:
    (told,) = document([report], "en")["files"]
    shown = [
        (one["code"], " ".join((one["message"], one["found"], one["expected"], one["sheet"])))
        for one in told["findings"]
    ]
    return {
        "verdict": told["verdict"],
        "total": told["total"],
        "blocked": report.blocked,
        "findings": [(code, text[:LONGEST]) for code, text in shown],
    }


def _wording(report: Report) -> Iterator[str]:
    """What is wrong with how the findings are said: every form must be writable, short, and not mislead."""
    for lang in LANGS:
        json.loads(to_json([report], lang))
        to_csv([report], lang).decode("utf-8-sig")
        text = io.StringIO()
        print_findings(console(text, 100), [report], lang)
        shown = text.getvalue()
        if found := _MISLEADING.search(shown):
            around = shown[max(0, found.start() - 40) : found.end() + 40]
            yield f"{lang}: the report shows the character {found[0]!r}: {around!r}"
        for one in document([report], lang)["files"][0]["findings"]:
            if not one["message"].strip() or not one["fix"].strip():
                yield f"{lang}: {one['code']} says nothing"
            if len(one["message"]) > LONGEST:
                yield f"{lang}: the message of {one['code']} has {len(one['message']):,} characters"


def _forget_peak() -> None:
    """Let the kernel count the peak anew, where it can; elsewhere peaks only grow from file to file."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """MB of memory held at the most."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (_MB if sys.platform == "darwin" else 1024)
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
