"""A function run in a process of its own, so that whatever a file does to a reader is seen and counted: a crash, a
hang, more memory than allowed. Only where the system has ``fork``.

Time is the processor's, so that a busy machine makes nothing a hang; the clock only ends what waits for nothing.
"""

from __future__ import annotations

import math
import os
import pickle
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

_MB = 1 << 20
_PATIENCE = 10
"""How many times its processor time a process may take by the clock."""


@dataclass(frozen=True)
class Outcome:
    """How it ended."""

    end: Literal["done", "crash", "hang"]
    value: Any = None
    """What the function returned."""
    seconds: float = 0.0
    """Of the processor."""
    peak: float = 0.0
    """Largest memory of the process in MB, that of Python and its libraries included."""
    signal: int = 0
    """What ended a process that crashed."""


def apart(function: Callable[[], Any], seconds: float, megabytes: int) -> Outcome:
    """Run ``function`` under both limits; an exception that it raises is a crash."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _child(function, writer, seconds, megabytes)
    os.close(writer)
    answer, hung = _read(reader, time.monotonic() + _PATIENCE * seconds)
    os.close(reader)
    if hung:
        os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    took, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    if hung or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return Outcome("hang", None, took, peak)
    if os.WIFSIGNALED(status) or not answer:
        ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        return Outcome("crash", None, took, peak, ended)
    done, value = pickle.loads(answer)
    return Outcome("done" if done else "crash", value, took, peak)


def _child(function: Callable[[], Any], writer: int, seconds: float, megabytes: int) -> None:
    """Never returns."""
    try:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes * _MB, megabytes * _MB))
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds), math.ceil(seconds) + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            answer = pickle.dumps((True, function()))
        except BaseException as error:  # whatever it is, the other side has to hear of it
            answer = pickle.dumps((False, f"{type(error).__name__}: {str(error)[:200]}"))
        with os.fdopen(writer, "wb") as pipe:
            pipe.write(answer)
    finally:
        sys.stdout.flush()
        os._exit(0)


def _read(reader: int, until: float) -> tuple[bytes, bool]:
    pieces: list[bytes] = []
    while True:
        left = until - time.monotonic()
        if left <= 0 or not select.select([reader], [], [], left)[0]:
            return b"", True
        piece = os.read(reader, 1 << 16)
        if not piece:
            return b"".join(pieces), False
        pieces.append(piece)
