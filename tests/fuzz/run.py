"""Many inputs, each judged in a child process that a signal ends where one takes too long; and what came of them."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue

from tests.fuzz.judge import SECONDS, Outcome, judge
from tests.fuzz.mutate import make

ROOT = Path(__file__).parents[2]
_START = "from tests.fuzz.run import serve; serve()"
EVERY_CELL = "--every-cell"
_BEYOND = 6 * SECONDS
"""Processor time after which a child is ended: it reads twice, and other readers take theirs."""
_WAITING = 600
"""By the clock, for an input that makes the reader wait."""
_AGAIN = 0.02
"""Share of the inputs that are tried in another process too, in another order."""


def serve() -> None:
    """In a child: numbers of inputs, one a line on stdin; outcomes on stdout. Its argument is ``EVERY_CELL`` or not."""
    answers, sys.stdout = sys.stdout, sys.stderr  # openpyxl prints
    with tempfile.TemporaryDirectory(prefix="crmxl-fuzz-") as folder:
        for line in sys.stdin:
            # Neither signal has a handler: their default ends the process, even inside a loop of C code.
            signal.setitimer(signal.ITIMER_PROF, _BEYOND)
            signal.alarm(_WAITING)
            outcome = judge(make(int(line)), Path(folder), every_cell=EVERY_CELL in sys.argv)
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.alarm(0)
            print(json.dumps(asdict(outcome)), file=answers, flush=True)


class _Child:
    """A process that judges inputs, started anew after one that ended it."""

    def __init__(self, every_cell: bool) -> None:
        self.arguments = [EVERY_CELL] if every_cell else []
        self.process: subprocess.Popen[str] | None = None

    def judged(self, number: int) -> Outcome:
        if self.process is None:
            command = [sys.executable, "-c", _START, *self.arguments]
            pipe = subprocess.PIPE
            self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if answer:
            return _outcome(answer)
        status = self.process.wait()
        self.process = None
        why = {-signal.SIGPROF: f"{_BEYOND} s of processor time", -signal.SIGALRM: f"{_WAITING} s by the clock"}
        problem = f"the process ended: {why.get(status, f'status {status}')}"
        return Outcome(number, "", (), problems=(problem,))

    def stop(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            self.process.wait()


def _outcome(answer: str) -> Outcome:
    fields = json.loads(answer)
    lists = ("steps", "codes", "unread", "problems")
    return Outcome(**fields | {name: tuple(fields[name]) for name in lists})


def judged(numbers: Iterable[int], jobs: int, *, every_cell: bool = False) -> Iterator[Outcome]:
    """Outcomes of the inputs with these numbers, as they come."""
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in numbers:
        waiting.put(number)
    done: SimpleQueue[Outcome | None] = SimpleQueue()

    def work() -> None:
        child = _Child(every_cell)
        try:
            while True:
                done.put(child.judged(waiting.get_nowait()))
        except Empty:
            pass
        finally:
            child.stop()
            done.put(None)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    running = jobs
    while running:
        outcome = done.get()
        if outcome is None:
            running -= 1
        else:
            yield outcome


@dataclass(slots=True)
class Tally:
    """Outcomes counted."""

    verdicts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    compared: Counter[int] = field(default_factory=Counter)
    failed: list[Outcome] = field(default_factory=list)
    slowest: Outcome | None = None
    largest: Outcome | None = None
    digests: dict[int, str] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Count one."""
        self.verdicts[outcome.verdict or "no answer"] += 1
        self.codes.update(outcome.codes or ("none",))
        self.steps.update({step.partition(":")[0] for step in outcome.steps})
        self.unread.update(": ".join(why.split(": ")[:2])[:70] for why in outcome.unread)
        if outcome.verdict in ("ok", "warnings"):
            self.compared[outcome.compared] += 1
        if self.slowest is None or outcome.seconds > self.slowest.seconds:
            self.slowest = outcome
        if self.largest is None or outcome.peak > self.largest.peak:
            self.largest = outcome
        self.digests[outcome.number] = outcome.digest
        if outcome.problems:
            self.failed.append(outcome)

    def table(self) -> Iterator[str]:
        """Lines for people."""
        yield f"{sum(self.verdicts.values()):,} inputs; {_counts(self.verdicts)}"
        yield f"codes: {_counts(self.codes)}"
        yield f"mutations: {_counts(self.steps)}"
        yield f"accepted, compared with so many other readers: {_counts(self.compared)}"
        yield f"not compared: {_counts(self.unread, 12)}"
        if self.slowest and self.largest:
            yield f"slowest: {self.slowest.seconds:.2f} s of processor time, input {self.slowest.number}"
            yield f"peak memory: {self.largest.peak:.0f} MB, input {self.largest.number}"
        yield f"failed: {len(self.failed):,}"


def _counts(counter: Counter[str] | Counter[int], most: int | None = None) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counter.most_common(most)) or "none"


def run_many(
    first: int, count: int, jobs: int, progress: Callable[[Tally], None], *, every_cell: bool = False
) -> Tally:
    """``count`` inputs from number ``first`` on, and some of them again in another order and process."""
    tally = Tally()
    for outcome in judged(range(first, first + count), jobs, every_cell=every_cell):
        tally.add(outcome)
        progress(tally)
    finished = [number for number, digest in tally.digests.items() if digest]
    sample = random.Random(first).sample(finished, int(len(finished) * _AGAIN))
    for outcome in judged(sample, jobs):
        if outcome.digest != tally.digests[outcome.number]:
            tally.failed.append(replace(outcome, problems=("another process was told otherwise",)))
    return tally
