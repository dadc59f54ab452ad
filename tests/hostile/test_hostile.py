"""No file that a sender makes up brings the reader down, makes it wait, or passes for another amount in silence.

``python -m tests.hostile`` is the same with a table; ``--only NAME`` tries one case again.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("resource", reason="the limits of a process are Unix's")

from crmxl.check.runner import check
from crmxl.define.library import Library
from crmxl.receive.reading import read
from crmxl.report.findings import to_csv
from crmxl.report.findings_copy import annotated
from crmxl.report.findings_workbook import to_workbook
from tests.hostile import values
from tests.hostile.case import SAME, Case, Refused, Reported, Same, refused
from tests.hostile.package import TOTAL, good
from tests.hostile.run import ROOT, Outcome, all_cases, answers_of, judged, right, share, try_cases, write_files

SHARES = 4
"""Parts of the cases, which pytest-xdist may deal to its workers."""


@dataclass(frozen=True)
class Tried:
    """A share of the cases, written into a folder and read."""

    cases: list[Case]
    files: Path
    outcomes: list[Outcome]


@pytest.fixture(scope="module", params=range(SHARES))
def tried(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    folder = tmp_path_factory.mktemp("hostile")
    cases = share(request.param, SHARES)
    return Tried(cases, folder / "files", try_cases(cases, folder))


def test_each_file_gets_its_answer_in_time_and_within_the_memory(tried: Tried) -> None:
    failed = [outcome for outcome in tried.outcomes if outcome.problems]
    assert not failed, "\n\n".join(map(str, failed))


def test_the_command_answers_each_file_and_the_good_ones_as_ever(tried: Tried) -> None:
    paths = sorted(path for path in tried.files.rglob("*") if path.is_file() and not path.name.startswith("~$"))
    lock = list(tried.files.rglob("~$*"))
    goods = [tried.files / f"{name}.xlsx" for name in "amz"]  # before, between and behind the others
    for path in goods:
        path.write_bytes(good())
    done = validate(tried.files, *lock)
    answers = json.loads(done.stdout)["files"]
    paths = [*sorted([*paths, *goods]), *lock]
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(answers) == len(paths)
    by_path = dict(zip(paths, answers, strict=True))
    for path in goods:
        assert (by_path[path]["verdict"], by_path[path]["total"], by_path[path]["findings"]) == ("ok", TOTAL, [])
    cases = {(case.kind.replace(" ", "-"), case.file_name): case for case in tried.cases}
    wrong = [
        f"{case.name}: {answer['verdict']} {[found['code'] for found in answer['findings']]}"
        for path, answer in by_path.items()
        if (case := cases.get((path.parent.name, path.name)))
        and not any(right(one, told(answer)) for one in (*case.answers, SLOW))
    ]
    assert not wrong, "\n".join(wrong)


SLOW = Refused(("F108",), "seconds of")
"""The command goes by the clock: where the machine is busy, a file at the limits may get no other answer."""


def validate(*paths: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", str(ROOT / "cli.py"), "validate", *map(str, paths)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [*command, "--format", "json", "--lang", "en"],
        capture_output=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """A file of the command's document as the child tells it."""
    findings = [
        (one["code"], " ".join((one["message"], one["found"], one["expected"], one["sheet"])))
        for one in answer["findings"]
    ]
    return {**answer, "findings": findings, "blocked": answer["verdict"] in ("errors", "unreadable")}


RUN = ("cmd|", "WEBSERVICE", "CALL(", "DDE(", "MSEXCEL|", "calc.exe", "[1]", "evil")
"""What none of our own workbooks may hold in a formula."""


@pytest.mark.parametrize(
    "name", ["dde", "dde-in-words", "dde-msexcel", "web-service", "call", "hyperlink", "link-to-a-share"]
)
def test_a_formula_that_runs_something_is_told_and_never_written_as_one(name: str, tmp_path: Path) -> None:
    path = tmp_path / "returned.xlsx"
    path.write_bytes({**values.FORMULAS, **values.LINKS}[name]())
    report = check(read(path, Library()))
    assert {finding.code for finding in report.findings} & {"E107", "E108"}
    copy = annotated(report)
    assert copy is not None
    for book in (copy, to_workbook([report], "zh")):
        with zipfile.ZipFile(io.BytesIO(book)) as archive:
            texts = [archive.read(part).decode() for part in archive.namelist() if part.endswith((".xml", ".rels"))]
        formulas = [formula for text in texts for formula in re.findall("<f[ >].*?</f>", text)]
        assert formulas or book is not copy
        assert not [formula for formula in formulas if any(mark in formula for mark in RUN)]
        assert not any('TargetMode="External"' in text for text in texts)
    for row in csv.reader(io.StringIO(to_csv([report], "zh").decode("utf-8-sig"))):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_there_are_cases_of_every_kind_with_every_answer() -> None:
    cases = all_cases()
    assert len(cases) >= 1_000
    assert max(Counter(case.name for case in cases).values()) == 1
    assert len({case.kind for case in cases}) >= 35
    strict = {
        answer.codes
        for case in cases
        for answer in case.answers
        if len(case.answers) == 1 and isinstance(answer, Refused)
    }
    assert {("F101",), ("F102",), ("F103",), ("F104",), ("F105",), ("F107",), ("F109",)} <= strict
    assert sum(case.answers == SAME for case in cases) >= 100


def test_the_files_are_the_same_every_time() -> None:
    some = all_cases()[::7]
    assert [case.name for case in some if case.build() != case.build()] == []


# The test itself must be able to fail.


def answer(verdict: str, total: str | None, *codes: str, said: str = "") -> dict[str, Any]:
    blocked = verdict in ("errors", "unreadable")
    found = [(code, said) for code in codes]
    return {"verdict": verdict, "total": total, "blocked": blocked, "findings": found, "problems": []}


def test_another_answer_than_the_right_one_is_seen() -> None:
    same, gone, told_of = Same(), Refused(("F102",), "sheet1"), Reported(("E104",))
    assert right(same, answer("ok", TOTAL))
    assert not right(same, answer("ok", "9.00"))
    assert not right(same, answer("warnings", TOTAL, "E101"))
    assert right(gone, answer("unreadable", None, "F102", said="in sheet1"))
    assert not right(gone, answer("unreadable", None, "F102"))
    assert not right(gone, answer("unreadable", None, "F107", said="sheet1"))
    assert not right(gone, answer("unreadable", None, "F102", "F107", said="sheet1"))
    assert right(told_of, answer("errors", None, "E104", "S112"))
    assert not right(told_of, answer("warnings", TOTAL, "E104"))
    assert right(replace(told_of, blocked=False), answer("warnings", TOTAL, "E104"))
    assert not right(replace(told_of, blocked=False), answer("warnings", "9.00", "E104"))


def test_wrong_late_and_large_answers_are_problems(tmp_path: Path) -> None:
    case = Case("kind", "name", good, refused("F102"))
    (path,) = write_files([case], tmp_path).values()
    good_answer = {**answer("unreadable", None, "F102"), "seconds": 1, "peak": 50}
    assert judged(case, good_answer, path).problems == ()
    assert "should be" in judged(case, {**answer("ok", TOTAL)}, path).problems[0]
    assert "memory" in judged(case, {**good_answer, "peak": 301}, path).problems[0]
    assert judged(case, {"problems": ["Traceback"]}, path).problems == ("Traceback",)


BAD_READERS = {
    "crashes": ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    "waits": ("child.signal.alarm(1); child.time.sleep(30)", "stopped after"),
    "computes": ("child.signal.setitimer(signal.ITIMER_PROF, 0.2); re.match('(a*)*b', 'a' * 40)", "stopped after"),
    "takes memory": ("bytearray(2 << 30)", "MemoryError"),
    "raises": ("1 / 0", "ZeroDivisionError"),
    "writes": ("open('left-behind', 'w').close()", "to write"),
    "reads": ("open('/etc/hosts').close()", "/etc/hosts"),
    "connects": ("socket.socket().connect_ex(('127.0.0.1', 9))", "socket.connect"),
    "starts": ("subprocess.run(['true'])", "subprocess.Popen"),
}


@pytest.mark.parametrize("what", BAD_READERS)
def test_a_reader_that_does_what_it_must_not_is_seen(what: str, tmp_path: Path) -> None:
    deed, problem = BAD_READERS[what]
    start = f"""
import os, re, signal, socket, subprocess
from tests.hostile import child
genuine = child.read
def read(path, library):
    if path.stem == "bad":
        {deed}
    return genuine(path, library)
child.read = read
child.main()
"""
    paths = [tmp_path / "1.xlsx", tmp_path / "bad.xlsx", tmp_path / "2.xlsx"]
    for path in paths:
        path.write_bytes(good())
    folder = tmp_path / "folder"
    folder.mkdir()
    first, bad, last = answers_of(paths, folder, start)
    assert first["problems"] == last["problems"] == []
    assert first["total"] == last["total"] == TOTAL
    assert problem in " ".join(bad["problems"])
