"""``python -m benchmarks [--files N]``: what crmxl costs beside a floor and beside what people would use instead.

Ratios of runs in one process, best of several; seconds depend on the machine and are shown only to explain the ratios.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pandas as pd
import xlsxwriter

from crmxl.check.runner import check
from crmxl.define.library import Library
from crmxl.expression import Value
from crmxl.group.consolidate import consolidate
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key
from crmxl.receive.reading import read

TEMPLATES = ("cosmetics-plan", "annual-departments")


def best(what: Callable[[], object], times: int = 5) -> float:
    """Least seconds of several runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        what()
        taken.append(time.perf_counter() - start)
    return min(taken)


def side_by_side(ours: Callable[[], object], theirs: Callable[[], object], times: int = 20) -> tuple[float, float]:
    """Least processor seconds of both, in turns, so that a busy machine is busy for both."""
    taken: list[list[float]] = [[], []]
    for _ in range(times):
        for what, seconds in zip((ours, theirs), taken, strict=True):
            start = time.process_time()
            what()
            seconds.append(time.process_time() - start)
    return min(taken[0]), min(taken[1])


def entries(layout: Layout, seed: int) -> dict[Key, Value]:
    """An amount and its basis in every line, and in the first blank one."""
    found: dict[Key, Value] = {}
    for number, cell in enumerate(layout.inputs):
        if cell.key.endswith("@amount"):
            found[cell.key] = Fraction((number + seed) * 101 % 999_983, 100)
        elif cell.key.endswith(("@basis", ".n01@title")) and not cell.key.startswith("W"):
            found[cell.key] = "依据"
    return {key: value for key, value in found.items() if ".n" not in key or ".n01" in key}


def plain_write(layout: Layout) -> bytes:
    """The floor of writing: the same number of cells, plain."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for cell in layout.cells.values():
            sheet.write_number(cell.row, cell.column, 1)
    return buffer.getvalue()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=50, help="workbooks to consolidate")
    files = parser.parse_args().files
    library = Library()
    print(f"{'what':70} {'crmxl':>9} {'beside':>9} {'ratio':>7}")
    for name in TEMPLATES:
        measure(name, lay_out(library.load(name), 2026), library, files)


def measure(name: str, layout: Layout, library: Library, files: int) -> None:
    """The rows of one template."""
    filled, unit = entries(layout, 7), Assignment(unit="单位", year=2026)
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{n}.xlsx" for n in range(files)]
        for n, path in enumerate(paths):
            path.write_bytes(write(layout, Assignment(unit=f"单位{n:03d}", year=2026), entries(layout, n)))
        one = paths[0]
        row(
            f"{name}: write one / XlsxWriter, bare cells",
            best(lambda: write(layout, unit, filled)),
            best(lambda: plain_write(layout)),
        )
        row(
            f"{name}: read one (gate, cells, submission) / openpyxl, plain load",
            *side_by_side(lambda: read(one, library), lambda: openpyxl.load_workbook(one)),
        )
        row(
            f"{name}: read and check one / openpyxl, plain load",
            best(lambda: check(read(one, library))),
            best(lambda: openpyxl.load_workbook(one)),
        )
        reports = [check(read(path, library)) for path in paths]
        assert consolidate(reports).complete, "every file must count"
        row(
            f"{name}: add up {files} read files / pandas read_excel",
            best(lambda: consolidate(reports), 3),
            best(
                lambda: pd.concat(pd.read_excel(path, sheet_name=1, header=5, engine="openpyxl") for path in paths), 1
            ),
        )


def row(what: str, ours: float, beside: float) -> None:
    """One line of the table."""
    print(f"{what:70} {ours:8.3f}s {beside:8.3f}s {ours / beside:7.2f}")


if __name__ == "__main__":
    main()
