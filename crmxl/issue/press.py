"""Many workbooks of a round, made by as many processes as there are processors. Knows nothing of files or ledger.

A workbook takes a tenth of a second, nearly all of it writing cells and formulas one by one: a thousand are worth the
start of a few processes, a dozen are not. What is made, and in which order it is told, does not depend on their number.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from crmxl.errors import WriteError
from crmxl.issue.assigning import Assigner
from crmxl.processes import cores, end_with_parent, interrupts_held

Wanted = tuple[str, str]
"""Unit code and template ``id@version``."""
WORTH = 16
"""Workbooks for which processes are started: below, starting them takes longer than they save."""


def printed(assigner: Assigner, wanted: Sequence[Wanted]) -> Generator[bytes | WriteError]:
    """The workbooks of ``wanted`` in their order, or why one cannot be made. Close it if you leave it early."""
    done, workers = 0, min(cores(), len(wanted))
    if workers > 1 and len(wanted) >= WORTH:
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start, (assigner,))
        try:
            with interrupts_held():
                workbooks = pool.map(_answer, wanted)
            for workbook in workbooks:
                done += 1
                yield workbook
        except BrokenProcessPool:
            pass  # no process can be started here, or one was ended: the rest is made without them
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    yield from (_made(assigner, one) for one in wanted[done:])


def _made(assigner: Assigner, wanted: Wanted) -> bytes | WriteError:
    try:
        return assigner.ask(*wanted).workbook(assigner.records.key)
    except WriteError as error:
        return error


_told: list[Assigner] = []
"""In a worker, the one assigner."""


def _start(assigner: Assigner) -> None:
    """Make this process a worker: Ctrl-C is its parent's business, and it ends with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    _told.append(assigner)


def _answer(wanted: Wanted) -> bytes | WriteError:
    return _made(_told[0], wanted)
