"""``python -m benchmarks.rounds [--units N]``: a whole round through the command line, and what its answers cost.

For each answer from the ledger (status, consolidate, trace) the floor beside it: a fresh Python that imports what the
command imports, reads every event and record from the ledger and takes the JSON apart. Seconds depend on the machine;
they are shown to explain the ratios.
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
from crmxl.define.round import load_round, round_library, round_policies
from crmxl.files import write_atomically
from crmxl.issue.assigning import Assigner
from crmxl.issue.workbook import write

SAMPLES = sorted((Path(__file__).parent.parent / "samples" / "customer-relations").glob("*.json"))
FLOOR = """
import json, sys
import crmxl.commands.totalling, crmxl.report.group_workbook, pandas
from pathlib import Path
from crmxl.group.ledger import Ledger
with Ledger.open(Path(sys.argv[1]) / "ledger.db", sys.argv[2]) as ledger:
    records = [event.act.record for event in ledger.events() if getattr(event.act, "record", "")]
    read = [json.loads(content) for _, content in ledger.contents(records)]
print(len(read))
"""


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


def main() -> None:
    """Run the round, then measure its answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=100)
    count = parser.parse_args().units
    crmxl = (sys.executable, str(Path(__file__).parent.parent / "cli.py"))
    with TemporaryDirectory() as place:
        folder, inbox = Path(place, "round"), Path(place, "in")
        units_table(Path(place, "units.csv"), count)
        template = "customer-relations"
        options = ("--template", template, "--units", str(Path(place, "units.csv")), "--year", "2026")
        at = ("--round", str(folder))
        steps = {"init": timed(*crmxl, "init", str(folder), *options)}
        steps["distribute"] = timed(*crmxl, "distribute", *at)
        records = load_round(folder)
        assigner = Assigner(records, round_library(folder), round_policies(folder))
        start = time.perf_counter()
        for number, unit in enumerate(records.units):
            asked = assigner.ask(unit.code, records.templates[0])
            sample = SAMPLES[number % len(SAMPLES)]
            made = write(asked.layout, asked.assignment, load_entries(sample, asked.layout)[0], secret=records.key)
            write_atomically(inbox / f"{unit.code}.xlsx", made)
        steps["(filling in)"] = time.perf_counter() - start
        steps["collect"] = timed(*crmxl, "collect", str(inbox), *at)
        steps["collect again"] = timed(*crmxl, "collect", str(inbox), *at)
        steps["approve all"] = timed(*crmxl, "review", "approve", *(unit.code for unit in records.units), *at)
        for name, seconds in steps.items():
            print(f"{name:28} {seconds:7.2f} s   {len(records.units) / seconds:8.1f} units/s")
        floor = min(timed(sys.executable, "-c", FLOOR, str(folder), records.name) for _ in range(3))
        print(f"{'floor: read everything':28} {floor:7.2f} s")
        answers = {
            "status": ("status",),
            "status --json": ("status", "--json"),
            "consolidate --json": ("consolidate", "--json"),
            "consolidate -o .xlsx": ("consolidate", "-o", str(Path(place, "out.xlsx"))),
            "trace total": ("trace", "total@amount"),
            "ledger verify": ("ledger", "verify"),
        }
        for name, arguments in answers.items():
            seconds = min(timed(*crmxl, *arguments, *at) for _ in range(2))
            print(f"{name:28} {seconds:7.2f} s   {seconds / floor:5.2f} × the floor")


if __name__ == "__main__":
    main()
