"""Tries every mutant: ``python -m tests.strength [MODULE…] [--jobs N]`` prints each module's score and survivors.

A survivor that SURVIVORS.md explains is counted apart. Exits 1 where another survives, or where SURVIVORS.md explains
one that does not.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, run

import pytest

from tests.strength.modules import MUTATED, explained
from tests.strength.mutants import mutants
from tests.strength.trial import NOT_APPLIED, SURVIVED, Trial

_QUIET = ["-q", "-q", "--no-header", "--no-summary", "--tb=native", "-p", "no:cacheprovider", "-m", "not office"]


def tried(path: Path) -> int:
    """Tries the mutants of one module in this process, and prints what comes of it."""
    trial = Trial(path, mutants(path))
    status = pytest.main([*_QUIET, *MUTATED[path.as_posix()]], plugins=[trial])
    if status:
        print(f"{path}: the tests do not pass as they are")
        return 1
    survivors = {name for name, outcome in trial.outcomes.items() if outcome == SURVIVED}
    odd = {name for name, outcome in trial.outcomes.items() if outcome == NOT_APPLIED}
    known = {name for name in explained() if name.startswith(f"{path.as_posix()}: ")}
    total = len(trial.outcomes) - len(odd)
    killed = total - len(survivors)
    print(f"{path}: {killed} of {total} killed, {killed / total:.1%}; {len(survivors & known)} explained")
    for title, names in (
        ("survives", survivors - known),
        ("explained, but does not survive", known - survivors),
        ("not tried", odd - known),
    ):
        for name in sorted(names):
            print(f"  {title}: {name.partition(': ')[2]}")
    return 1 if survivors ^ known else 0


def main() -> int:
    """The modules named, else all; each in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tests.strength", description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(MUTATED), choices=[*MUTATED, []], metavar="MODULE")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    if len(given.modules) == 1:
        return tried(Path(given.modules[0]))
    with ThreadPoolExecutor(given.jobs) as pool:
        commands = [[sys.executable, "-m", "tests.strength", module] for module in given.modules]
        results = pool.map(lambda command: run(command, stdout=PIPE, text=True, check=False), commands)
        statuses = [print(result.stdout, end="", flush=True) or result.returncode for result in results]
    return int(any(statuses))


if __name__ == "__main__":
    sys.exit(main())
