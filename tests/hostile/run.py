"""Trying cases: their files are written, read in child processes within limits, and the answers judged."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.hostile import books, containers, foreign, not_workbooks, sheets, values, xml_attacks
from tests.hostile.case import PEAK, SECONDS, WAITING, Answer, Case, Refused, Reported
from tests.hostile.package import TOTAL

ROOT = Path(__file__).parents[2]
_START = "from tests.hostile.child import main; main()"
_MODULES = (not_workbooks, containers, xml_attacks, sheets, values, books, foreign)


@cache
def all_cases() -> tuple[Case, ...]:
    """Every case, in the order of the modules."""
    return tuple(case for module in _MODULES for case in module.all_cases())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one case."""

    kind: str
    name: str
    verdict: str = ""
    codes: tuple[str, ...] = ()
    size: int = 0
    seconds: float = 0
    peak: float = 0
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = f"{self.kind}: {self.name}: {self.verdict or 'no answer'} {' '.join(self.codes)}"
        return "\n    ".join((said, *(problem.strip().replace("\n", "\n    ") for problem in self.problems)))


def share(number: int, of: int, cases: Sequence[Case] | None = None) -> list[Case]:
    """A part of the cases, the slow kinds dealt to all."""
    return list(all_cases() if cases is None else cases)[number::of]


def write_files(cases: Iterable[Case], folder: Path) -> dict[str, Path]:
    """Each case's file, by its name, in a folder of its kind."""
    paths = {}
    for case in cases:
        paths[case.name] = path = folder / case.kind.replace(" ", "-") / case.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(case.build())
    return paths


def try_cases(cases: Sequence[Case], folder: Path) -> list[Outcome]:
    """Write the files of ``cases`` into ``folder`` and read them; ``folder`` must be there and empty."""
    paths = write_files(cases, folder / "files")
    before = _listed(folder / "files")
    empty = folder / "working-folder"
    empty.mkdir()
    answers = list(answers_of([paths[case.name] for case in cases], empty))
    outcomes = [judged(case, answer, paths[case.name]) for case, answer in zip(cases, answers, strict=True)]
    changed = {*_listed(folder / "files").items()} ^ {*before.items()} | {*_listed(empty).items()}
    if changed:
        names = ", ".join(sorted({path for path, _ in changed}))
        outcomes.append(Outcome("files", "changed while reading", problems=(names,)))
    return outcomes


def try_all(cases: Sequence[Case], jobs: int) -> list[Outcome]:
    """All of ``cases``, in processes side by side."""
    names = [[case.name for case in share(number, jobs, cases)] for number in range(jobs)]
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        found = [outcome for outcomes in pool.map(_try_named, names) for outcome in outcomes]
    order = {case.name: number for number, case in enumerate(all_cases())}
    return sorted(found, key=lambda outcome: order.get(outcome.name, -1))


def _try_named(names: Sequence[str]) -> list[Outcome]:
    chosen = set(names)
    with tempfile.TemporaryDirectory() as folder:
        return try_cases([case for case in all_cases() if case.name in chosen], Path(folder))


def _listed(folder: Path) -> dict[str, str]:
    """What stands in a folder and below it, by path."""
    return {str(path): _digest(path) if path.is_file() else "folder" for path in folder.rglob("*")}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def answers_of(paths: Sequence[Path], folder: Path, start: str = _START) -> Iterator[dict[str, Any]]:
    """What a child working in ``folder`` says of each file; one that it does not survive is told, and another child
    goes on behind it.
    """
    left = list(paths)
    while left:
        lines = "".join(json.dumps(str(path)) + "\n" for path in left)
        command = [sys.executable, "-B", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {start}"]
        done = subprocess.run(command, input=lines.encode(), capture_output=True, cwd=folder, check=False)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        yield from answers
        left = left[len(answers) :]
        if left:
            yield {"problems": [f"{_ending(done.returncode)}: {done.stderr.decode(errors='replace')[-800:]}"]}
            left = left[1:]


def _ending(code: int) -> str:
    if code in (-signal.SIGPROF, -signal.SIGALRM):
        return f"stopped after {SECONDS if code == -signal.SIGPROF else WAITING} s"
    return f"the process died of {signal.Signals(-code).name}" if code < 0 else f"the process ended with {code}"


def judged(case: Case, answer: dict[str, Any], path: Path) -> Outcome:
    """The outcome of a case from what the child said."""
    problems = list(answer["problems"])
    codes = tuple(code for code, _ in answer.get("findings", ()))
    if "verdict" in answer and not any(right(one, answer) for one in case.answers):
        told = "; ".join(f"{code} {text[:300]}" for code, text in answer["findings"][:5])
        problems.append(f"should be {' or '.join(map(str, case.answers))}; total {answer['total']}; {told}")
    peak = answer.get("peak", 0)
    if peak > PEAK:
        problems.append(f"took {peak:.0f} MB of memory, allowed {PEAK} MB")
    seconds, verdict = answer.get("seconds", 0), answer.get("verdict", "")
    return Outcome(case.kind, case.name, verdict, codes, path.stat().st_size, seconds, peak, tuple(problems))


def right(expected: Answer, answer: dict[str, Any]) -> bool:
    """Whether this is the answer."""
    findings = [(code, text) for code, text in answer["findings"]]
    if isinstance(expected, Refused):
        return answer["verdict"] == "unreadable" and len(findings) == 1 and _among(expected, findings)
    if isinstance(expected, Reported):
        counts = answer["blocked"] or (not expected.blocked and answer["total"] == TOTAL)
        return counts and _among(expected, findings)
    return not findings and answer["verdict"] == "ok" and answer["total"] == TOTAL


def _among(expected: Refused | Reported, findings: Iterable[tuple[str, str]]) -> bool:
    return any(code in expected.codes and expected.said in text for code, text in findings)


def table(outcomes: Sequence[Outcome]) -> list[str]:
    """A line a kind: cases, right answers, slowest, peak memory; then all of them."""
    kinds: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        kinds.setdefault(outcome.kind, []).append(outcome)
    kinds["all"] = list(outcomes)
    lines = [f"{'kind':<26}{'cases':>7}{'right':>7}{'slowest':>10}{'memory':>9}  slowest case"]
    for kind, some in kinds.items():
        good = sum(not outcome.problems for outcome in some)
        slowest = max(some, key=lambda outcome: outcome.seconds)
        peak = max(outcome.peak for outcome in some)
        lines.append(f"{kind:<26}{len(some):>7}{good:>7}{slowest.seconds:>8.2f} s{peak:>6.0f} MB  {slowest.name}")
    return lines
