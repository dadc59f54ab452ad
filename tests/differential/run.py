"""Many files through the three readers: first ours over all of them, then the others, then what they see differently.

Ours runs first and in a process that has not loaded the others, so that its memory is its own.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
import resource
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path

from crmxl.model import say
from crmxl.receive.cells import read_cells
from crmxl.receive.gate import admit
from crmxl.receive.limits import Refused
from tests.differential.apart import Outcome, apart
from tests.differential.compare import Difference, differences
from tests.differential.readers import as_book, with_calamine, with_openpyxl
from tests.differential.reasons import Pair, reason_for
from tests.differential.seen import Book

SECONDS, MEGABYTES = 10, 1024
"""Limits for our reader; a file that needs more is a hang or a crash."""
_TO_KEEP = 4
"""How many times that the process may take, which also keeps what was read for the comparison."""
_PATIENT, _ROOMY = 60, 4096
"""The same for the other readers, which are no subject here."""
_LARGE = 1 << 19
"""Bytes of a file beyond which openpyxl, which takes minutes, is left out, unless its answer is kept already."""
_KEPT = 200
"""Unexplained differences kept of one file."""
_DISTINCT = 16
"""Digits of a hash that name a file."""
ORACLES: dict[str, tuple[str, Callable[[bytes, str], Book]]] = {
    "openpyxl": ("openpyxl", with_openpyxl),
    "calamine": ("python-calamine", with_calamine),
}
"""The other readers with the names of their packages."""


@dataclass
class Result:
    """What became of one file."""

    path: Path
    hash: str
    end: str = ""
    """``read``, ``refused``, ``crash`` or ``hang``: our reader."""
    code: str = ""
    found: str = ""
    """Why it was refused, or how it crashed."""
    cells: int = 0
    seconds: float = 0.0
    peak: float = 0.0
    program: str = ""
    """What wrote the file, as the file says."""
    others: dict[str, str] = field(default_factory=dict)
    """How the other readers ended: ``read``, or what went wrong."""
    explained: Counter[str] = field(default_factory=Counter)
    """Differences by reason."""
    unexplained: list[Difference] = field(default_factory=list)


def run(paths: Sequence[Path], cache: Path, jobs: int = 1) -> list[Result]:
    """One result a file, each content once; what the other readers saw is kept in ``cache`` for the next run."""
    cache.mkdir(parents=True, exist_ok=True)
    files = {file_hash(path): path for path in reversed(paths)}
    shares = [dict(islice(files.items(), start, None, jobs)) for start in range(jobs)]
    if jobs == 1:
        return _share(cache, shares[0])
    with ProcessPoolExecutor(jobs) as pool:
        return [result for share in pool.map(partial(_share, cache), shares) for result in share]


def file_hash(path: Path) -> str:
    """The digits of the content's SHA-256 that name a file here."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:_DISTINCT]


def _share(cache: Path, files: dict[str, Path]) -> list[Result]:
    results = []
    for name, path in files.items():
        result = Result(path, name)
        _ours(result, cache)
        results.append(result)
    for result in results:
        if result.end == "read" or result.code in ("F102", "F105", "F106", "F107", "F109"):
            _others(result, cache)
        _kept(cache, result.hash, "crmxl").unlink(missing_ok=True)
    return results


def _kept(cache: Path, name: str, reader: str) -> Path:
    return cache / f"{name}.{reader}.pickle"


# --- ours -----------------------------------------------------------------------------------------------------------


def _ours(result: Result, cache: Path) -> None:
    kept = _kept(cache, result.hash, "crmxl")

    def read() -> tuple[str, str, str, int, float, float]:
        data = result.path.read_bytes()
        began = time.process_time()
        try:
            cells = read_cells(admit(data, result.path.name))
        except Refused as refused:
            found = refused.finding
            part = say(found.values.get("part", ""), "en")
            words = f"{say(found.found, 'en')} {part}".strip()
            return "refused", found.code, words, 0, time.process_time() - began, _peak()
        took, peak = time.process_time() - began, _peak()
        kept.write_bytes(pickle.dumps(as_book(cells)))
        return "read", "", "", sum(len(tab.cells) for tab in cells.tabs), took, peak

    outcome = apart(read, _TO_KEEP * SECONDS, MEGABYTES)
    result.end, result.seconds, result.peak = outcome.end, outcome.seconds, outcome.peak
    if outcome.end == "done":
        result.end, result.code, result.found, result.cells, result.seconds, result.peak = outcome.value
        if result.seconds > SECONDS:
            result.end, result.found = "hang", f"{result.seconds:.1f} s"
    else:
        result.found = _ended(outcome)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _ended(outcome: Outcome) -> str:
    return str(outcome.value or f"signal {outcome.signal}")


# --- the others -----------------------------------------------------------------------------------------------------


def _others(result: Result, cache: Path) -> None:
    import openpyxl  # noqa: F401 — here, so that each child need not load it again
    import python_calamine  # noqa: F401

    result.program = program(result.path)
    for reader in ORACLES:
        result.others[reader] = _read_by(reader, result, cache)
        if result.end != "read" or result.others[reader] != "read":
            continue
        outcome = apart(partial(_compared, cache, result.hash, reader), _PATIENT, _ROOMY)
        if outcome.end != "done":
            result.others[reader] = f"not compared: {_ended(outcome)}"
            continue
        explained, unexplained = outcome.value
        result.explained += explained
        result.unexplained += unexplained


def _read_by(reader: str, result: Result, cache: Path) -> str:
    package, function = ORACLES[reader]
    kept = _kept(cache, result.hash, f"{reader}-{version(package)}")
    if not kept.exists():
        if reader == "openpyxl" and result.path.stat().st_size > _LARGE:
            return "left out: large"

        def read() -> None:
            try:
                seen: Book | str = function(result.path.read_bytes(), result.path.name)
            except Exception as error:  # other readers raise what they like; that is theirs
                seen = f"{type(error).__name__}: {str(error)[:100]}"
            kept.with_suffix(".part").write_bytes(pickle.dumps(seen))
            os.replace(kept.with_suffix(".part"), kept)

        outcome = apart(read, _PATIENT, _ROOMY)
        if outcome.end != "done":
            kept.write_bytes(pickle.dumps(f"{outcome.end}: {_ended(outcome)}"))
    with kept.open("rb") as file:
        start = file.read(1 << 12)
    seen = pickle.loads(kept.read_bytes()) if len(start) < 1 << 12 else None
    return seen if isinstance(seen, str) else "read"


def _compared(cache: Path, name: str, reader: str) -> tuple[Counter[str], list[Difference]]:
    ours = pickle.loads(_kept(cache, name, "crmxl").read_bytes())
    theirs = pickle.loads(_kept(cache, name, f"{reader}-{version(ORACLES[reader][0])}").read_bytes())
    return sort_out(ours, theirs, reader)


def sort_out(ours: Book, theirs: Book, reader: str) -> tuple[Counter[str], list[Difference]]:
    """Differences that have a reason, counted, and those that have none."""
    pair = Pair(ours, theirs)
    explained: Counter[str] = Counter()
    unexplained: list[Difference] = []
    for difference in differences(ours, theirs, reader):
        if reason := reason_for(difference, pair):
            explained[reason] += 1
        elif len(unexplained) < _KEPT:
            unexplained.append(difference)
    return explained, unexplained


def program(path: Path) -> str:
    """What wrote the file, as ``docProps/app.xml`` says; empty where it says nothing."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("docProps/app.xml") as part:
            found = re.search(rb"<(?:\w+:)?Application>([^<]{1,60})", part.read(20_000))
    except Exception:  # whatever is wrong with the file, our reader is asked elsewhere
        return ""
    return found[1].decode("utf-8", "replace").strip() if found else ""


def workbooks(places: Sequence[Path]) -> Iterator[Path]:
    """The files to read: those named, and those in the folders named that are called like workbooks."""
    for place in places:
        if place.is_dir():
            yield from sorted(path for path in place.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
        else:
            yield place


SUFFIXES = frozenset((".xlsx", ".xlsm", ".xltx", ".xltm", ".xlam", ".xlsb", ".et"))
"""Names under which workbooks may come; the content decides."""
