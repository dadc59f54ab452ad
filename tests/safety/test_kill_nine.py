"""kill -9 at any moment: a target is absent, the old file or the new one, whole; what came back is as it was.

``CRMXL_KILLS=1000 pytest tests/safety/test_kill_nine.py -s`` tries more often, and says where the kills fell.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from crmxl.files import STALE, write_atomically
from crmxl.resources import folder as shipped
from tests.safety.forking import KILLED, ROOT, Forks

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")

KILLS = int(os.environ.get("CRMXL_KILLS", "16"))
"""For each command."""
BYTES = 1_000_000
SAMPLE = shipped("samples") / "cosmetics-plan" / "group-sample.json"


# ---- at each step of one write -----------------------------------------------------------------------------------

STEPS = {
    "before anything": "Path.lstat = dead",
    "before the temporary": "tempfile.mkstemp = dead",
    "with half of it written": "os.fdopen = lambda *a: Half(fdopen(*a))",
    "before it is on the disk": "os.fsync = dead",
    "before it has its rights": "os.chmod = dead",
    "before it has its name": "os.replace = dead",
    "after it has its name": "os.replace = lambda *a: (replace(*a), dead())",
    "before leftovers are swept": "os.scandir = dead",
}
PROGRAM = """
import os, signal, sys, tempfile
from pathlib import Path
from crmxl.files import write_atomically

def dead(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def stop(_):
    os.fsync = fsync
    os.kill(os.getpid(), signal.SIGSTOP)

class Half:
    def __init__(self, file):
        self.file = file
    def __enter__(self):
        return self
    def __exit__(self, *_):
        pass
    def write(self, data):
        self.file.write(data[:len(data) // 2])
        self.file.flush()
        dead()

fdopen, fsync, replace = os.fdopen, os.fsync, os.replace
{step}
write_atomically(Path(sys.argv[1]), b"new" * {size})
"""


@pytest.mark.parametrize("old", [True, False], ids=["over an old file", "under a new name"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_of_a_write(tmp_path: Path, step: str, old: bool) -> None:
    path = tmp_path / "集团汇总.xlsx"
    if old:
        path.write_bytes(b"old" * BYTES)
    program = PROGRAM.format(step=STEPS[step], size=BYTES)
    done = subprocess.run([sys.executable, "-c", program, str(path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == KILLED, done.stderr
    named = step.startswith(("after it has", "before leftovers"))
    if named:
        assert path.read_bytes() == b"new" * BYTES
    else:
        assert path.read_bytes() == b"old" * BYTES if old else not path.exists()
    left = [one.name for one in tmp_path.iterdir() if one != path]
    expected = 0 if named or step in ("before anything", "before the temporary") else 1
    assert len(left) == expected and all(name.startswith(".crmxl-") and name.endswith(".part") for name in left)


# ---- at any moment of a command ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Work:
    """A command that writes into the folder ``target``, and what may stand there: nothing, ``old`` or ``new`` files."""

    arguments: tuple[str, ...]
    target: Path
    old: Mapping[str, bytes]
    new: Mapping[str, bytes]
    seconds: float
    """How long the command takes when nobody disturbs it."""


def contents(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def leftovers(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.name.startswith(".crmxl-") and one.name.endswith(".part")]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks() as running:
        yield running


def consolidating(forks: Forks, folder: Path) -> Work:
    """Group totals; the old ones are of fewer files."""
    out = str(folder / "target" / "集团汇总.xlsx")
    for name, units in (("inbox", "甲乙"), ("earlier", "甲")):
        for unit in units:
            generate(forks, folder / name / f"{unit}.xlsx", "--unit", unit, "--data", str(SAMPLE))
    return work(forks, folder, *(("consolidate", str(folder / name), "-o", out) for name in ("earlier", "inbox")))


def annotating(forks: Forks, folder: Path) -> Work:
    """Marked copies of blank workbooks; the old ones are of another year."""
    for name, year in (("inbox", "2026"), ("earlier", "2025")):
        for unit in "甲乙丙":
            generate(forks, folder / name / f"{unit}.xlsx", "--unit", unit, "--year", year)
    into = str(folder / "target")
    return work(forks, folder, *(("validate", str(folder / name), "--annotate", into) for name in ("earlier", "inbox")))


def generate(forks: Forks, path: Path, *options: str) -> None:
    forks.warm("generate", "cosmetics-plan", *options, "-o", str(path))
    assert path.exists()


def work(forks: Forks, folder: Path, earlier: tuple[str, ...], now: tuple[str, ...]) -> Work:
    target = folder / "target"
    forks.warm(*earlier)
    old = contents(target)
    start = time.monotonic()
    assert forks.run(*now) in (0, 1)
    seconds = time.monotonic() - start
    new = contents(target)
    assert old and set(old) == set(new) and all(old[name] != new[name] for name in old)
    return Work(now, target, old, new, seconds)


def disturbed(forks: Forks, work: Work, chance: random.Random, *, inside: bool) -> str:
    """Where the kill fell: at any moment of the command, or as soon as it writes."""
    child = forks.start(work.arguments)
    end = time.monotonic() + 3 * work.seconds
    if not inside:
        time.sleep(chance.uniform(0, 1.05) * work.seconds)
    while inside and time.monotonic() < end:
        if leftovers(work.target):
            time.sleep(chance.choice((0, 0, 0.0005, 0.002)))
            break
        time.sleep(0.0003)
    os.kill(child, signal.SIGKILL)
    if forks.wait() != KILLED:
        return "too late"
    return "in a write" if leftovers(work.target) else "between writes"


@pytest.mark.parametrize("make", [consolidating, annotating])
def test_killed_at_any_moment_of_a_command(
    tmp_path: Path, forks: Forks, make: Callable[[Forks, Path], Work], capsys: pytest.CaptureFixture[str]
) -> None:
    work = make(forks, tmp_path)
    inputs = contents(tmp_path / "inbox")
    chance = random.Random(9)
    fell: Counter[str] = Counter()
    for trial in range(KILLS):
        start = work.old if trial % 4 >= 2 else {}
        for path in work.target.iterdir():
            path.unlink()
        for name, data in start.items():
            (work.target / name).write_bytes(data)
        fell[disturbed(forks, work, chance, inside=trial % 2 == 0)] += 1
        parts = leftovers(work.target)
        found = {name: data for name, data in contents(work.target).items() if work.target / name not in parts}
        assert set(start) <= set(found) <= set(work.new), trial
        assert all(data in (start.get(name), work.new[name]) for name, data in found.items()), trial
        assert len(parts) <= 1 and contents(tmp_path / "inbox") == inputs, trial
        if trial % 10 == 9:  # the next run succeeds, and sweeps what has been there for more than an hour
            foreign = work.target / "video.part"
            for path in (*parts, foreign):
                path.touch()
                os.utime(path, (time.time() - STALE - 60,) * 2)
            assert forks.run(*work.arguments) in (0, 1)
            assert contents(work.target) == {**work.new, foreign.name: b""}, trial
    assert fell["in a write"] + fell["between writes"] > KILLS / 2, fell
    with capsys.disabled():
        if KILLS > 40:
            print(f"\n{make.__name__}: {KILLS} kills: {dict(fell)}")


@pytest.mark.parametrize("make", [consolidating, annotating])
def test_the_whole_program_killed_with_its_workers(
    tmp_path: Path, forks: Forks, make: Callable[[Forks, Path], Work]
) -> None:
    """The program as people start it, which reads in processes of its own: killed as soon as it writes."""
    work = make(forks, tmp_path)
    inputs = contents(tmp_path / "inbox")
    for _ in range(max(1, KILLS // 40)):
        program = subprocess.Popen(
            [sys.executable, str(ROOT / "cli.py"), *work.arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for path in work.target.iterdir():
            path.unlink()
        while program.poll() is None and not any(work.target.iterdir()):
            time.sleep(0.0003)
        program.kill()
        program.wait(30)
        parts = leftovers(work.target)
        found = {name: data for name, data in contents(work.target).items() if work.target / name not in parts}
        assert found.items() <= work.new.items() and contents(tmp_path / "inbox") == inputs
    assert forks.run(*work.arguments) in (0, 1)
    assert work.new.items() <= contents(work.target).items()


def test_the_temporary_of_a_running_process_stays_and_is_not_in_the_way(tmp_path: Path) -> None:
    """A process stopped in the middle of a write goes on after another has written to the same folder."""
    program = PROGRAM.format(step="os.fsync = stop", size=1)
    slow = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "slow.xlsx")], cwd=ROOT)
    os.waitpid(slow.pid, os.WUNTRACED)
    (part,) = leftovers(tmp_path)
    write_atomically(tmp_path / "quick.xlsx", b"quick")
    assert part.exists() and not (tmp_path / "slow.xlsx").exists()
    os.kill(slow.pid, signal.SIGCONT)
    assert slow.wait(30) == 0
    assert contents(tmp_path) == {"quick.xlsx": b"quick", "slow.xlsx": b"new"}
