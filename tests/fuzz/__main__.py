"""``python -m tests.fuzz --count N --seed S``: inputs S … S+N-1 and a table; ``--number N --keep DIR``: one again."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.judge import judge
from tests.fuzz.mutate import make
from tests.fuzz.run import EVERY_CELL, Tally, run_many

_EVERY = 500


def main() -> int:
    """Exit 1 where an input failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="how many inputs")
    parser.add_argument("--seed", type=int, default=0, help="number of the first input")
    parser.add_argument("--number", type=int, help="one input, in this process")
    parser.add_argument("--keep", type=Path, help="where to leave the files of failures, or of the one input")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument(EVERY_CELL, action="store_true", help="compare all cells of readable files with other readers")
    parser.add_argument("--show", type=int, default=30, help="failures to print")
    given = parser.parse_args()
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    if given.number is not None:
        return _one(given.number, given.keep, given.every_cell)
    began = time.monotonic()
    shown = 0

    def progress(tally: Tally) -> None:
        nonlocal shown
        for outcome in tally.failed[shown : given.show]:
            print(outcome, end="\n\n", flush=True)
        shown = len(tally.failed)
        done = sum(tally.verdicts.values())
        if done % _EVERY == 0:
            print(f"{done:,} inputs, {shown} failed, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    tally = run_many(given.seed, given.count, given.jobs, progress, every_cell=given.every_cell)
    for outcome in tally.failed[shown : given.show]:
        print(outcome, end="\n\n")
    if given.keep:
        for outcome in tally.failed:
            (given.keep / f"{outcome.number}.xlsx").write_bytes(make(outcome.number).data)
    print("\n".join(tally.table()))
    took = time.monotonic() - began
    print(f"numbers {given.seed} to {given.seed + given.count - 1}; {took:.0f} s in {given.jobs} processes")
    return int(bool(tally.failed))


def _one(number: int, keep: Path | None, every_cell: bool) -> int:
    made = make(number)
    if keep:
        (keep / f"{number}.xlsx").write_bytes(made.data)
    with tempfile.TemporaryDirectory() as folder:
        outcome = judge(made, Path(folder), every_cell=every_cell)
    print(outcome)
    return int(bool(outcome.problems))


if __name__ == "__main__":
    sys.exit(main())
