"""Where a wrong branch would be a wrong amount, the tests take every branch."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import run

import pytest

from tests.strength.modules import COVERED

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_every_branch_of_these_modules_is_taken(tmp_path: Path) -> None:
    tests = sorted({test for those in COVERED.values() for test in those})
    measured = ",".join(name if name.endswith(".py") else f"{name}/*" for name in COVERED)
    coverage = [sys.executable, "-m", "coverage"]
    data = f"--data-file={tmp_path / 'coverage'}"
    pytest_run = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not office", *tests]
    done = run(
        [*coverage, "run", data, "--branch", f"--include={measured}", *pytest_run],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    told = tmp_path / "coverage.json"
    run([*coverage, "json", data, "-q", "-o", told], cwd=ROOT, check=True)
    files = json.loads(told.read_text(encoding="utf-8"))["files"]
    there = {path.relative_to(ROOT).as_posix() for name in COVERED for path in modules(ROOT / name)}
    assert set(files) == there
    missing = {
        name: (file["missing_lines"], file["missing_branches"])
        for name, file in files.items()
        if file["missing_lines"] or file["missing_branches"]
    }
    assert missing == {}, "lines and branches that no test takes"


def modules(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.rglob("*.py"))
