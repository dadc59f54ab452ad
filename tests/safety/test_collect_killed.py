"""Collecting, killed at any moment and by many at once: what was acknowledged stays, nothing is half there.

``CRMXL_KILLS=200 pytest tests/safety/test_collect_killed.py -s`` tries more often, and says where the kills fell.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from crmxl.define.round import load_round
from crmxl.files import write_atomically
from crmxl.group.acts import Received, Refused
from crmxl.group.ledger import Ledger
from crmxl.group.standing import Board
from tests.group.small_round import filled, open_round
from tests.safety.forking import KILLED, ROOT, Forks

KILLS = int(os.environ.get("CRMXL_KILLS", "24"))
PROCESSES = 16

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is forked for every trial"),
]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks() as running:
        yield running


def sent(folder: Path) -> dict[str, bytes]:
    """What comes in: two different files of A at once, one each of the others, a stranger."""
    return {
        "A-1.xlsx": filled(folder, "A", 1),
        "A-2.xlsx": filled(folder, "A", 2),
        "A1.xlsx": filled(folder, "A1", 3),
        "B.xlsx": filled(folder, "B", 4),
        "B1.xlsx": filled(folder, "B1", 5),
        "stranger.xlsx": b"no workbook",
    }


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def hold(folder: Path, inbox: dict[str, bytes]) -> Board:
    """The board of a ledger of which nothing is half there."""
    with Ledger.open(folder / "ledger.db", load_round(folder).name) as ledger:
        assert ledger.verify() == []
        events = ledger.events()
        board = Board(events)
        received = [event.act for event in events if isinstance(event.act, Received)]
        assert len({act.file for act in received}) == len(received), "a file became two versions"
        for act in received:
            assert digest(ledger.content(act.file)) == act.file
            assert act.file in map(digest, inbox.values())
            assert ledger.content(act.record)
    both = sum(digest(inbox[name]) in board.files for name in ("A-1.xlsx", "A-2.xlsx"))
    assert both in (0, 2), "one of two files that came in at once is on record alone"
    if both:
        assert board.at("A", "plan").state.value == "blocked"
    return board


def test_killed_while_collecting_nothing_is_lost_or_half_there(
    tmp_path: Path, forks: Forks, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, inbox = tmp_path / "round", tmp_path / "in"
    open_round(folder)
    files = sent(folder)
    for name, content in files.items():
        write_atomically(inbox / name, content)
    empty = (folder / "ledger.db").read_bytes()
    arguments = ["collect", str(inbox), "--round", str(folder), "--json"]
    forks.warm(*arguments)
    (folder / "ledger.db").write_bytes(empty)
    start = time.monotonic()
    assert forks.run(*arguments) == 1
    seconds = time.monotonic() - start
    chance = random.Random(5)
    fell: Counter[str] = Counter()
    before: list[str] = []
    whole = False
    for trial in range(KILLS):
        if whole or trial == 0:  # else it goes on from where it was killed
            for path in folder.glob("ledger.db*"):
                path.unlink()
            (folder / "ledger.db").write_bytes(empty)
            before = []
        child = forks.start(arguments)
        time.sleep(chance.uniform(0.2, 1.05) * seconds)
        os.kill(child, signal.SIGKILL)
        ended = forks.wait()
        hot = (folder / "ledger.db-journal").exists()
        board = hold(folder, files)
        with Ledger.open(folder / "ledger.db", "2026") as ledger:
            now = [event.hash for event in ledger.events()]
        assert now[: len(before)] == before, "what was on record has changed"
        if ended != KILLED:
            assert len(board.files) == len(files) - 1, "acknowledged, and not on record"
        fell["within a transaction" if hot else "too late" if ended != KILLED else f"after {len(now)} events"] += 1
        before = now
        whole = len(board.files) == len(files) - 1
        if trial % 5 == 4:
            assert forks.run(*arguments) == 1
            board = hold(folder, files)
            assert len(board.files) == len(files) - 1
            assert len(board.refused) == 1
            whole = True
    with capsys.disabled():
        if KILLS > 40:
            print(f"\ncollect: {KILLS} kills: {dict(fell)}")
    assert fell["too late"] < KILLS / 2, fell


def test_many_collecting_at_once_take_in_every_file_exactly_once(tmp_path: Path) -> None:
    folder = tmp_path / "round"
    open_round(folder)
    shared = tmp_path / "shared"
    write_atomically(shared / "A1.xlsx", filled(folder, "A1", 77))
    own = []
    for number in range(PROCESSES):
        own.append(tmp_path / f"in-{number}")
        write_atomically(own[-1] / "B1.xlsx", filled(folder, "B1", 100 + number))
    command = [sys.executable, str(ROOT / "cli.py"), "collect", "--round", str(folder), "--json", str(shared)]
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen([*command, str(mine)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            )
            for mine in own
        ]
        said = [process.communicate(timeout=300) for process in running]
        assert [process.returncode for process in running] == [0] * PROCESSES, [err for _, err in said]
    receipts = [json.loads(out)["receipts"] for out, _ in said]
    with Ledger.open(folder / "ledger.db", "2026") as ledger:
        assert ledger.verify() == []
        board = Board(ledger.events())
        assert not any(isinstance(event.act, Refused) for event in ledger.events())
    assert len(board.at("A1", "plan").versions) == 1
    assert len({one["receipt"] for shown in receipts for one in shown if one["unit"] == "A1"}) == 1
    versions = board.at("B1", "plan").versions
    assert sorted(version.total or 0 for version in versions) == [10_000 + 100 * n for n in range(PROCESSES)]
    acknowledged = {one["receipt"] for shown in receipts for one in shown if one["unit"] == "B1"}
    assert acknowledged == {version.event.receipt for version in versions}
    assert board.at("B1", "plan").current == PROCESSES
    shutil.rmtree(shared)
