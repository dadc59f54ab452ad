"""What commands that start worker processes need of the system: how many, undisturbed by Ctrl-C, never left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from threading import Thread

if sys.platform != "win32":
    from multiprocessing import resource_tracker


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Processes started meanwhile never see Ctrl-C, not even before they can ignore it; this one sees it afterwards.

    Not on Windows, where nothing can be held back.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # else spawning starts it, which lifts the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """In a worker: end when the parent is gone, however that ended; what hangs must not outlive the command."""
    if (parent := multiprocessing.parent_process()) is not None:
        Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
