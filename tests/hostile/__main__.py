"""``python -m tests.hostile``: try every hostile file, or some, and print a table; or write the files."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from tests.hostile.run import all_cases, table, try_all, write_files


def main() -> int:
    """Exit 1 where an answer was wrong, late, too large or none."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a case or a kind; may be repeated")
    parser.add_argument("--write", type=Path, metavar="DIR", help="write the files, and read none")
    parser.add_argument("--list", action="store_true", help="name the cases and the answers expected")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="processes")
    given = parser.parse_args()
    cases = [case for case in all_cases() if not given.only or {case.name, case.kind} & set(given.only)]
    if not cases:
        parser.error(f"no case or kind {', '.join(given.only)}; --list names them")
    if given.list:
        for case in cases:
            print(f"{case.kind:<26} {case.name:<48} {' or '.join(map(str, case.answers))}")
        return 0
    if given.write:
        print(f"{len(write_files(cases, given.write))} files in {given.write}")
        return 0
    began = time.monotonic()
    outcomes = try_all(cases, given.jobs)
    failed = [outcome for outcome in outcomes if outcome.problems]
    for outcome in failed:
        print(outcome, end="\n\n")
    print("\n".join(table(outcomes)))
    print(f"{len(failed)} wrong; {time.monotonic() - began:.0f} s in {given.jobs} processes")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
