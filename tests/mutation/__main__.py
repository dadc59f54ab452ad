"""``python -m tests.mutation``: one case again, or many cases and a table."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.mutation.kinds import all_kinds
from tests.mutation.means import Bench
from tests.mutation.run import OFFICE_EVERY, Tally, needs_office, run, run_many
from tests.office.driver import Office


def main() -> int:
    """Exit 1 where a run failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the kinds")
    parser.add_argument("--kind", action="append", default=[], help="only this kind; may be repeated")
    seeds = f"the seed, or with --count the first one; LibreOffice makes the edit of every {OFFICE_EVERY}th"
    parser.add_argument("--seed", type=int, default=0, help=seeds)
    parser.add_argument("--count", type=int, help="how many runs; without it one for each kind named")
    parser.add_argument("--jobs", type=int, default=2, help="processes for --count")
    parser.add_argument("--show", type=int, default=20, help="failures to print")
    parser.add_argument("--keep", type=Path, help="where to leave the edited file of a single case")
    given = parser.parse_args()
    kinds = {kind.name: kind for kind in all_kinds()}
    if given.list:
        for kind in kinds.values():
            print(f"{kind.name:<46} {kind.intent:<8} {(kind.make.__doc__ or '').splitlines()[0]}")
        return 0
    if unknown := [name for name in given.kind if name not in kinds]:
        parser.error(f"no kind {', '.join(unknown)}; --list names them")
    if given.count is None:
        if not given.kind:
            parser.error("give --kind K --seed N for one case, or --count N")
        office = Office()
        try:
            with tempfile.TemporaryDirectory() as folder:
                chosen = [kinds[name] for name in given.kind]
                benches = [Bench(office if needs_office(kind, given.seed) else None, Path(folder)) for kind in chosen]
                found = [run(kind, given.seed, bench, given.keep) for kind, bench in zip(chosen, benches, strict=True)]
        finally:
            office.stop()
        print("\n".join(map(str, found)))
        return int(any(outcome.problems for outcome in found))
    began = time.monotonic()

    told = 0

    def progress(tally: Tally) -> None:
        nonlocal told
        for outcome in tally.failed[told:]:  # now, since a long run may be stopped
            print(outcome, end="\n\n", file=sys.stderr)
        told = len(tally.failed)
        print(f"{tally.runs.total():,} runs, {told} failed", file=sys.stderr)

    tally = run_many(given.seed, given.count, given.kind, given.jobs, progress)
    for outcome in sorted(tally.failed, key=lambda one: not one.silent)[: given.show]:
        print(outcome, end="\n\n")
    print("\n".join(tally.table()))
    last, took = given.seed + given.count - 1, time.monotonic() - began
    each = took * given.jobs / max(1, given.count)
    print(f"seeds {given.seed} to {last}; {took:.0f} s in {given.jobs} processes, {each * 1000:.0f} ms a run")
    return int(bool(tally.failed))


if __name__ == "__main__":
    sys.exit(main())
