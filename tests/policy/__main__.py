"""``python -m tests.policy``: many fillings and a table, or one of them again."""

from __future__ import annotations

import argparse
import sys
import time

from tests.office.driver import Office
from tests.policy.agreement import rules, run, run_many
from tests.policy.fillings import fill


def main() -> int:
    """Exit 1 where a filling disagrees, a rule was not seen both ways, or too few fillings sit at a bound."""
    parser = argparse.ArgumentParser(prog="python -m tests.policy", description=__doc__)
    parser.add_argument("--fillings", type=int, default=2000, help="how many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="processes, each with a LibreOffice")
    parser.add_argument("--show", type=int, default=10, help="disagreements to print")
    parser.add_argument("--only", type=int, help="the number of one filling, told in full")
    given = parser.parse_args()
    if given.only is not None:
        filling = fill(given.seed, given.only)
        print(filling)
        for key, value in filling.typed.items():
            print(f"  {key} = {value!s}")
        with Office() as office:
            (outcome,) = run(given.seed, [given.only], office)
        print(f"kept {' '.join(outcome.kept)}; broken {' '.join(outcome.broken)}")
        print("\n".join(outcome.problems) or "agrees")
        return int(bool(outcome.problems))
    began = time.monotonic()
    tally = run_many(given.seed, given.fillings, given.jobs)
    for outcome in tally.failed[: given.show]:
        print(outcome.filling, *(f"  {problem}" for problem in outcome.problems), sep="\n")
        print(f"  again: python -m tests.policy --seed {given.seed} --only {outcome.number}\n")
    print("\n".join(tally.table()))
    if tally.one_sided:
        print(f"not seen both passing and failing: {', '.join(tally.one_sided)}")
    else:
        print(f"all {len(rules())} rules were seen passing and failing")
    print(f"{float(tally.near):.0%} at a bound, a step from it, or blank; {time.monotonic() - began:.0f} s")
    return int(bool(tally.failed or tally.one_sided or tally.near < 0.1))


if __name__ == "__main__":
    sys.exit(main())
