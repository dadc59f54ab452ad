"""Acts to fill ledgers with, and processes that write until they are done or killed."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from hypothesis import strategies as some

from crmxl.group.acts import Act, Event, Issued, Nil, Received, Refused, Returned
from crmxl.group.ledger import Ledger, Writing

ROUND = "2026年预算（一上）"
AT = "2025-11-03T09:12:30+08:00"


def received(writing: Writing, number: int, size: int = 40, unit: str = "HN") -> Received:
    """A version with a file and a record of its own, both stored."""
    file = writing.store(f"{unit} file {number} ".encode().ljust(size, b"x"))
    record = writing.store(f"{unit} record {number} ".encode().ljust(size, b"y"))
    return Received(
        unit=unit,
        template="customer-relations@1",
        version=number,
        name=f"收件/华南区域 {number}.xlsx",
        file=file,
        record=record,
        verdict="ok",
        errors=0,
        warnings=number % 3,
        total=number * 12_345,
        basis="ab" * 32,
    )


def fill(ledger: Ledger, count: int, size: int = 40) -> list[Event]:
    """So many acts of several kinds, each in a transaction of its own."""
    made = []
    for number in range(1, count + 1):
        with ledger.writing() as writing:
            made.append(writing.append(AT, "张三", varied(writing, number, size)))
    return made


def varied(writing: Writing, number: int, size: int = 40) -> Act:
    match number % 5:
        case 0:
            return Nil("HD", "cosmetics-plan@2", 1, "无业务")
        case 1:
            return Issued("HN", "cosmetics-plan@2", 1, "华南.xlsx", "0" * 64, "sig", {"year": 2026, "parts": ["1"]})
        case 2:
            return Returned("HN", "cosmetics-plan@2", 1, "finance", "请核对", {"1.1@amount": "太高"})
        case _:
            return received(writing, number, size)


NAMES = some.text(some.characters(), max_size=12)
"""Any text at all: halves of surrogate pairs and NUL too."""
TOTALS = some.none() | some.integers(-(10**30), 10**30)
ACTS: some.SearchStrategy[Act] = some.one_of(
    some.builds(Nil, NAMES, NAMES, some.integers(1, 9), NAMES),
    some.builds(Refused, NAMES, NAMES, NAMES, some.tuples(NAMES), NAMES, NAMES),
    some.builds(Returned, NAMES, NAMES, some.integers(1, 9), NAMES, NAMES, some.dictionaries(NAMES, NAMES, max_size=3)),
)


# ---- processes ---------------------------------------------------------------------------------------------------

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.group.entries", "crmxl.group.ledger_versions", "crmxl.group.ledger_check"])


def write(place: Path | str, unit: str, count: int, size: int, told: Connection) -> None:
    """Append so many acts, and tell each receipt once it is acknowledged; then an empty text."""
    with Ledger.open(place, ROUND) as ledger:
        for number in range(1, count + 1):
            with ledger.writing() as writing:
                event = writing.append(AT, unit, received(writing, number, size, unit))
            told.send(event.receipt)
    told.send("")


@contextmanager
def writer(
    place: Path | str, unit: str, count: int, size: int = 40
) -> Iterator[tuple[multiprocessing.process.BaseProcess, Connection]]:
    """A process that writes, and where it tells receipts; killed if it is still there in the end."""
    ours, theirs = PROCESSES.Pipe(duplex=False)
    running = PROCESSES.Process(target=write, args=(place, unit, count, size, theirs))
    running.start()
    theirs.close()
    try:
        yield running, ours
    finally:
        running.kill()
        running.join()
        ours.close()


def receipts(told: Connection) -> Iterator[str]:
    """What a writer told, to its end, which may be a sudden one."""
    try:
        while receipt := told.recv():
            yield receipt
    except EOFError:
        return
