"""Many returned files, each read and checked apart: in worker processes with limits, so that no file harms another.

A file that hangs, eats memory or kills the process that reads it costs itself alone: it gets F108 and the others go on.
Workers are spawned, on every system alike: they inherit nothing, no thread's lock and no open file. Definitions are
sent to a worker once; a report comes back without its layout, and each layout once. Knows nothing of what reading and
checking find. The only importer of pebble.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import pickle
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import wait
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pebble import CONSTS, ProcessExpired, ProcessFuture, ProcessPool

from crmxl.catalogue import finding
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.define.library import Library
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.issue.places import Layout
from crmxl.model import Text
from crmxl.processes import cores, end_with_parent, interrupts_held
from crmxl.receive.submission import Submission

if sys.platform != "win32":
    import resource

Work = Callable[[Path, Library, Standard], Report]
"""What is done with one file; a top-level function, since it is sent to the workers by name."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading and checking one file may take. Memory and processor time are not limited on Windows."""

    seconds: float = 120
    """By the clock: also where a file's drive does not answer."""
    processor: int = 60
    """Seconds of processor time: a net that holds even when nobody watches the clock any more."""
    memory: int = 1 << 30
    """Bytes of address space. A worker takes 180 MB for all samples, 60 MB of them resident."""


LIMITS = Limits()
_OUT_OF_MEMORY = 199
"""Exit code of a worker that could get no more; beyond the error numbers, which pebble uses."""
CONSTS.sleep_unit = 0.02
"""Seconds between two looks at the workers, also before a pool ends: with pebble's tenth every command waits one."""
_KEPT = 32
"""Layouts that a worker remembers having sent; stamps made up to name ever new ones must not fill its memory."""


def judge(path: Path, library: Library, standard: Standard) -> Report:
    """The report of the file at ``path``; of one that cannot be opened, a report that says so.

    Raises DefinitionError where the operator's own template is unsound.
    """
    from crmxl.check.runner import check
    from crmxl.receive.reading import read

    try:
        submission = read(path, library, standard.policies)
    except DefinitionError:
        raise
    except CrmxlError as error:
        submission = Submission(file=str(path), digest="", findings=(finding("F106", found=str(error)),))
    return check(submission, standard)


def judge_all(
    paths: Sequence[Path], library: Library, standard: Standard, *, work: Work = judge, limits: Limits = LIMITS
) -> Generator[Report]:
    """The reports of ``paths`` in their order, each as soon as it and those before it are there.

    Close the iterator if you leave it early: that ends the processes. Raises, at the file's turn, whatever CrmxlError
    ``work`` raises.
    """
    layouts: dict[str, Layout] = {}
    task = _Task(library, standard, work, limits)
    done = 0
    while done < len(paths):  # again where the pool itself broke; each time at least one file is done
        with closing(_answers(paths[done:], task)) as answers:
            for answer in answers:
                path = paths[done]
                if isinstance(answer, _Stopped) and not answer.certain and len(paths) > 1:
                    with closing(_answers((path,), task)) as alone:
                        answer = next(alone)  # its process may have died of what others did
                done += 1
                yield _report(path, answer, layouts)


# -- in this process ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stopped:
    """Why there is no report of a file."""

    found: Text
    """As F108 says it."""
    certain: bool = True
    """Whether it is the file's own doing."""


_BROKEN = _Stopped(Text("读取进程无法启动或都已终止", "reading processes could not start, or all died"), False)


def _answers(paths: Sequence[Path], task: _Task) -> Generator[bytes | _Stopped]:
    """What the workers say of ``paths``, in order; ends early where the pool broke, after one answer at least."""
    pool = ProcessPool(
        max_workers=min(cores(), len(paths)),
        initializer=_start,
        initargs=(task,),
        context=multiprocessing.get_context("spawn"),
    )
    futures: deque[ProcessFuture[bytes]] = deque()  # each dropped with its answer once that is told
    try:
        with interrupts_held(), suppress(RuntimeError):  # raised once the pool is broken
            futures += (pool.schedule(_answer, args=(path,), timeout=task.limits.seconds) for path in paths)
        for at in range(len(paths)):
            answer = _awaited(futures.popleft(), pool, task.limits) if futures else None
            if answer is None and at == 0:
                yield _BROKEN
            if answer is None:
                return
            yield answer
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _awaited(future: ProcessFuture[bytes], pool: ProcessPool, limits: Limits) -> bytes | _Stopped | None:
    """One answer; None where the pool is broken, which leaves some futures waiting for ever."""
    while not wait((future,), timeout=1).done:
        if not pool.active and not future.done():
            return None
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, TimeoutError):
        return _Stopped(Text(f"读取时间 {limits.seconds:g} 秒", f"{limits.seconds:g} seconds of reading"))
    if isinstance(error, ProcessExpired):
        return _expired(error.exitcode, limits)
    if isinstance(error, RuntimeError):
        return None
    raise error


def _expired(code: int, limits: Limits) -> _Stopped:
    """Why a process ended, by its exit code; that of one ended by a signal is the signal's number, negative."""
    if code == _OUT_OF_MEMORY:
        size = f"{limits.memory >> 20:,} MB"
        return _Stopped(Text(f"内存 {size}", f"{size} of memory"))
    if sys.platform != "win32" and code == -signal.SIGXCPU:
        seconds = limits.processor
        return _Stopped(Text(f"处理器时间 {seconds} 秒", f"{seconds} seconds of processor time"))
    return _Stopped(Text(f"读取进程意外终止，退出码 {code}", f"the reading process died, exit code {code}"), False)


def _report(path: Path, answer: bytes | _Stopped, layouts: dict[str, Layout]) -> Report:
    """The report that ``answer`` is, with its layout again, one object for all reports that have the same."""
    if isinstance(answer, _Stopped):
        return _stopped(path, answer.found)
    sent: _Sent = pickle.loads(answer)
    if sent.problems:
        raise DefinitionError(sent.problems)
    if sent.refused:
        raise CrmxlError(sent.refused)
    if sent.stopped is not None:
        return _stopped(path, sent.stopped)
    assert sent.report is not None
    if not sent.digest:
        return sent.report
    if sent.layout and sent.digest not in layouts:
        layouts[sent.digest] = pickle.loads(sent.layout)
    return replace(sent.report, submission=replace(sent.report.submission, layout=layouts[sent.digest]))


def _stopped(path: Path, found: Text) -> Report:
    told = (finding("F108", found=found),)
    return Report(Submission(file=str(path), digest="", findings=told), told)


# -- in a worker -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Task:
    """What a worker is told once."""

    library: Library
    standard: Standard
    work: Work
    limits: Limits


@dataclass(frozen=True, slots=True)
class _Sent:
    """What a worker sends back of one file. Errors go as their parts: not every exception survives pickling."""

    report: Report | None = None
    """Without its layout, which is two thirds of it."""
    digest: str = ""
    """Stands for the layout."""
    layout: bytes = b""
    """The layout pickled, with the first report that has it."""
    problems: tuple[Problem, ...] = ()
    refused: str = ""
    stopped: Text | None = None
    """Why there is neither."""


_told: list[_Task] = []
"""In a worker, the one task; pebble gives an initializer no other place to leave it."""
_known: dict[object, str] = {}
"""In a worker, digests of the layouts sent, by what a layout is made of."""


def _start(task: _Task) -> None:
    """Make this process a worker: within limits, silent, and ended at once when told to, even in the midst of C."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _limit("RLIMIT_CORE", 0)
    _limit("RLIMIT_AS", task.limits.memory)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # what a dying interpreter says is no message for a budget holder
        os.dup2(nowhere, stream)
    end_with_parent()
    _told.append(task)


def _limit(name: str, value: int) -> None:
    """Limit a resource of this process, where the system has it and lets us."""
    if sys.platform != "win32" and (kind := getattr(resource, name, None)) is not None:
        _, hard = resource.getrlimit(kind)
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _answer(path: Path) -> bytes:
    """What there is to say of ``path``, pickled here, since that takes memory too."""
    (task,) = _told
    _limit("RLIMIT_CPU", int(time.process_time()) + 1 + task.limits.processor)
    try:
        return pickle.dumps(_sent(task, path), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)  # what is left of the memory is in pieces: the next file needs a new process


def _sent(task: _Task, path: Path) -> _Sent:
    try:
        return _packed(task.work(path, task.library, task.standard))
    except DefinitionError as error:
        return _Sent(problems=error.problems)
    except CrmxlError as error:
        return _Sent(refused=str(error))
    except MemoryError:
        raise
    except RecursionError:
        levels = f"{sys.getrecursionlimit():,}"
        return _Sent(stopped=Text(f"嵌套 {levels} 层", f"nesting of {levels} levels"))
    except BaseException as error:
        name, last = type(error).__name__, traceback.extract_tb(error.__traceback__)[-1]
        where = f"{name}, {Path(last.filename).name}:{last.lineno}"
        return _Sent(stopped=Text(f"程序内部错误 {where}", f"internal error {where}"))


def _packed(report: Report) -> _Sent:
    """``report`` as it is sent."""
    layout = report.submission.layout
    if layout is None:
        return _Sent(report)
    bare = replace(report, submission=replace(report.submission, layout=None))
    rows = tuple(sheet.rows for sheet in layout.template.sheets)
    made_of = (layout.template.name, layout.parts, layout.first_month, rows, layout.year, layout.lang, layout.policies)
    if digest := _known.get(made_of):
        return _Sent(bare, digest)
    if len(_known) == _KEPT:
        _known.clear()
    digest = _known[made_of] = hashlib.sha256(repr((layout.fingerprint, made_of)).encode()).hexdigest()
    return _Sent(bare, digest, pickle.dumps(layout, pickle.HIGHEST_PROTOCOL))
