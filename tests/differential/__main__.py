"""``python -m tests.differential DIR…``: every workbook below the folders, read by crmxl, openpyxl and calamine.

Exits 1 for a crash, a hang, a difference without a reason, or a file that another reader reads, the gate refuses and
``refused.toml`` does not know.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.differential.records import explained, refusals
from tests.differential.run import ORACLES, Result, run, workbooks

_OBVIOUS = ("F101", "F103", "F104")
"""Refusals that say what the file is instead; nobody has to look into them one by one."""


def main() -> int:
    """Print the account; 0 where everything is explained."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("places", nargs="+", type=Path, metavar="DIR", help="folders of workbooks, or files")
    parser.add_argument("--cache", type=Path, help="where to keep what the other readers saw, for the next run")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--show", type=int, default=5, help="differences to print of one file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = run(list(workbooks(given.places)), given.cache or Path(folder), given.jobs)
    lines, failed = account(results, given.show)
    print("\n".join(lines))
    return int(failed)


def account(results: Sequence[Result], show: int = 5) -> tuple[list[str], bool]:
    """The account in words, and whether anything in it is wrong."""
    known = explained()
    by_hand: Counter[str] = Counter()
    wrong: list[str] = []
    for result in results:
        if result.end in ("crash", "hang"):
            wrong.append(f"{result.hash} {result.end}: {result.found} ({result.path})")
        left = []
        for difference in result.unexplained:
            reason = next((one.reason for one in known if one.explains(result.hash, difference)), "")
            if reason:
                by_hand[reason] += 1
            else:
                left.append(difference)
        if left:
            wrong.append(f"{result.hash} {len(left)} differences without a reason ({result.path})")
            wrong += [f"    {difference}" for difference in left[:show]]
    wrong += list(_unknown_refusals(results))
    return [*_figures(results), *_reasons(results, by_hand), *_refused(results), *wrong], bool(wrong)


def _figures(results: Sequence[Result]) -> Iterator[str]:
    ends = Counter(result.end for result in results)
    yield f"{len(results):,} files: " + ", ".join(f"{count:,} {end}" for end, count in ends.most_common())
    read = [result for result in results if result.end == "read"]
    yield f"{sum(result.cells for result in read):,} cells read"
    if results:
        largest, slowest = max(results, key=lambda one: one.peak), max(results, key=lambda one: one.seconds)
        yield f"peak memory {largest.peak:.0f} MB ({largest.hash}), longest {slowest.seconds:.1f} s ({slowest.hash})"
    for reader in ORACLES:
        compared = [result for result in read if result.others.get(reader) == "read"]
        failed = Counter(result.others.get(reader, "").split(":")[0] for result in read if result not in compared)
        told = ", ".join(f"{count} {why}" for why, count in failed.most_common())
        yield f"compared with {reader}: {len(compared):,}" + (f"; not with {told}" if told else "")


def _reasons(results: Sequence[Result], by_hand: Counter[str]) -> Iterator[str]:
    differences: Counter[str] = Counter()
    files: Counter[str] = Counter()
    for result in results:
        differences += result.explained
        files.update(result.explained.keys())
    yield "differences by reason:"
    yield from (f"    {count:,} in {files[reason]:,} files: {reason}" for reason, count in differences.most_common())
    yield from (f"    {count:,} by hand: {reason}" for reason, count in by_hand.most_common())


def _refused(results: Sequence[Result]) -> Iterator[str]:
    codes: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        if result.end == "refused":
            codes[result.code].append(result)
    yield "refused:"
    for code, found in sorted(codes.items()):
        good = sum(1 for result in found if _readable(result))
        yield f"    {code}: {len(found):,}" + ("" if code in _OBVIOUS else f", of which another reader reads {good:,}")


def _readable(result: Result) -> bool:
    """Whether another reader made sense of it."""
    return "read" in result.others.values()


def _unknown_refusals(results: Sequence[Result]) -> Iterator[str]:
    known = {file: refusal for refusal in refusals() for file in refusal.files}
    for result in results:
        if result.end != "refused" or result.code in _OBVIOUS or not _readable(result):
            continue
        refusal = known.get(result.hash)
        if refusal is None or refusal.code != result.code:
            yield f"{result.hash} refused: {result.code} {result.found} ({result.program or '?'}; {result.path})"


if __name__ == "__main__":
    sys.exit(main())
