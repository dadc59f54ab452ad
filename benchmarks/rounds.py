"""``python -m benchmarks.rounds [--units N] [--keep DIR]``: a whole round through the command line, and what its
answers cost. ``--keep`` leaves the round in a folder, and measures the one that stands there without making it again.

Beside each answer its floor, a fresh Python that imports what the command imports and then only reads and prints: for
the board every event of the ledger, for totals every record too, each taken apart as JSON; then a line for each unit.
Nothing is checked, laid out, added up or recorded in it. Seconds depend on the machine; they explain the ratios.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from crmxl.define.entries import load_entries
from crmxl.define.round import load_round, policies_beside, round_library
from crmxl.files import write_atomically
from crmxl.issue.assigning import Assigner
from crmxl.issue.workbook import write

CRMXL = (sys.executable, str(Path(__file__).parent.parent / "cli.py"))
SAMPLES = sorted((Path(__file__).parent.parent / "samples" / "customer-relations").glob("*.json"))
READ_EVENTS = """
import json, sys
import {imports}
from pathlib import Path
from crmxl.group.ledger import Ledger
with Ledger.open(Path(sys.argv[1]) / "ledger.db", sys.argv[2]) as ledger:
    events = [event for event in ledger.events() if event.act.kind == "received"]
    {records}
for event in events:
    print(event.position, event.at, event.by, event.act.unit, event.act.template, event.act.total)
"""
READ_RECORDS = "read = [json.loads(content) for _, content in ledger.contents([one.act.record for one in events])]"
FLOORS = {
    "events": READ_EVENTS.format(imports="crmxl.commands.standing, rich.table", records=""),
    "records": READ_EVENTS.format(imports="crmxl.commands.totalling, rich.table, pandas", records=READ_RECORDS),
}
"""What an answer has to read, in Python."""
ANSWERS = {
    "status": ("events", ("status",)),
    "status --json": ("events", ("status", "--json")),
    "consolidate": ("records", ("consolidate",)),
    "consolidate --json": ("records", ("consolidate", "--json")),
    "consolidate -o .csv": ("records", ("consolidate", "-o", "out.csv")),
    "consolidate -o .xlsx": ("records", ("consolidate", "-o", "out.xlsx")),
    "trace total@amount": ("records", ("trace", "total@amount")),
    "ledger verify": ("records", ("ledger", "verify")),
}


def timed(*command: str) -> float:
    """Seconds of a process that has to end well, or with something left out."""
    start = time.perf_counter()
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode not in (0, 1) or "Traceback" in ended.stderr:
        raise SystemExit(f"{command}: {ended.returncode}\n{ended.stderr[-2000:]}")
    return time.perf_counter() - start


def units_table(path: Path, count: int) -> None:
    """A group of ten regions, each with as many cities as it takes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("code", "name", "parent", "type", "recipient", "sales_target", "last_year_actual", "scope_note"))
        rows.writerow(("G", "集团", "", "group", "", 500_000_000, "", ""))
        for number in range(count):
            region = f"R{number % 10}"
            if number < 10:
                rows.writerow((region, f"区域{number}", "G", "region", "r", 500_000_000, "", ""))
            else:
                rows.writerow((f"C{number:05d}", f"城市{number}", region, "city", "c", 500_000_000, "", ""))


def run_round(place: Path, count: int) -> None:
    """Make a round in ``place``, fill in its workbooks, take them in and approve them; what each step took is shown."""
    folder, inbox = place / "round", place / "in"
    units_table(place / "units.csv", count)
    options = ("--template", "customer-relations", "--units", str(place / "units.csv"), "--year", "2026")
    at = ("--round", str(folder))
    steps = {"init": timed(*CRMXL, "init", str(folder), *options)}
    steps["distribute"] = timed(*CRMXL, "distribute", *at)
    steps["distribute again"] = timed(*CRMXL, "distribute", *at)
    records = load_round(folder)
    assigner = Assigner(records, round_library(folder), policies_beside(folder))
    start = time.perf_counter()
    for number, unit in enumerate(records.units):
        asked = assigner.ask(unit.code, records.templates[0])
        sample = SAMPLES[number % len(SAMPLES)]
        made = write(asked.layout, asked.assignment, load_entries(sample, asked.layout)[0], secret=records.key)
        write_atomically(inbox / f"{unit.code}.xlsx", made)
    steps["(filling in)"] = time.perf_counter() - start
    steps["collect"] = timed(*CRMXL, "collect", str(inbox), *at)
    steps["collect again"] = timed(*CRMXL, "collect", str(inbox), *at)
    steps["approve all"] = timed(*CRMXL, "review", "approve", *(unit.code for unit in records.units), *at)
    for name, seconds in steps.items():
        print(f"{name:28} {seconds:7.2f} s   {len(records.units) / seconds:8.1f} units/s", flush=True)


def main() -> None:
    """Run the round, then measure its answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=100)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as passing:
        place = options.keep or Path(passing)
        folder = place / "round"
        if not folder.exists():
            place.mkdir(parents=True, exist_ok=True)
            run_round(place, options.units)
        name = load_round(folder).name
        floors = {}
        for read, code in FLOORS.items():
            floors[read] = min(timed(sys.executable, "-c", code, str(folder), name) for _ in range(5))
            print(f"{'floor: read all ' + read:28} {floors[read]:7.2f} s", flush=True)
        for answer, (read, (command, *arguments)) in ANSWERS.items():
            given = [str(Path(passing, one)) if one.startswith("out.") else one for one in arguments]
            seconds = min(timed(*CRMXL, command, *given, "--round", str(folder)) for _ in range(3))
            print(f"{answer:28} {seconds:7.2f} s   {seconds / floors[read]:5.2f} × the floor", flush=True)


if __name__ == "__main__":
    main()
