"""How much memory this process has held at the most since it last asked."""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from pathlib import Path

_OF_BYTES = 1 << 20
_OF_KILOBYTES = 1 << 10


def forget_peak() -> None:
    """Let the kernel count the peak anew, where it can; elsewhere peaks only grow."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def held() -> float:
    """MB held now; 0 where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(status.partition("VmRSS:")[2].split()[0]) / _OF_KILOBYTES


def peak() -> float:
    """MB held at the most."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (_OF_BYTES if sys.platform == "darwin" else _OF_KILOBYTES)
    return int(status.partition("VmHWM:")[2].split()[0]) / _OF_KILOBYTES
