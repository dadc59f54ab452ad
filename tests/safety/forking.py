"""A process that has crmxl imported already and forks one child for each command: tests can kill those by the dozen.

``Forks`` is the test's side; run as a program, this module is the other. Needs ``os.fork``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parent.parent.parent
KILLED = -9
"""What ``wait`` answers for a child that was killed."""


class Forks:
    """Starts commands, each in a process of its own; they end with the block."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.safety.forking"],
            cwd=ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},  # a fork keeps no threads
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def start(self, arguments: Sequence[str]) -> int:
        """The process number of ``crmxl arguments…``, now running."""
        return self._ask(list(arguments))

    def wait(self) -> int:
        """The exit code of the command started last, once it has ended; ``KILLED`` for one that was killed."""
        return self._ask(None)

    def run(self, *arguments: str) -> int:
        """The exit code of a command that nobody disturbs."""
        self.start(arguments)
        return self.wait()

    def warm(self, *arguments: str) -> None:
        """Run a command without a fork, so that later ones find loaded what it needs."""
        self._ask(["", *arguments])

    def _ask(self, what: list[str] | None) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def serve() -> None:
    """Fork for every command that is asked for; never two at a time."""
    from crmxl.cli import main
    from crmxl.commands import collecting, receiving
    from tests.safety.conftest import judge_here

    vars(receiving)["judge_all"] = vars(collecting)["judge_all"] = judge_here
    answers, nowhere = os.fdopen(os.dup(1), "w"), os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    child = 0
    for line in sys.stdin:
        arguments = json.loads(line)
        if arguments is None:
            _, status = os.waitpid(child, 0)
            answer = os.waitstatus_to_exitcode(status)
        elif not arguments[0]:
            with suppress(SystemExit):
                main(arguments[1:], prog_name="crmxl")
            answer = 0
        else:
            answer = child = os.fork()
            if child == 0:
                main(arguments, prog_name="crmxl")
        print(answer, file=answers, flush=True)


if __name__ == "__main__":
    serve()
