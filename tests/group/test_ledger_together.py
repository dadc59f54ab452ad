"""Many write at once, and any of them may be killed: what was acknowledged is there, whole, once, and in order.

``CRMXL_KILLS=500 pytest tests/group/test_ledger_together.py -s`` tries more often, and says where the kills fell.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from crmxl.group.acts import Received
from crmxl.group.ledger import Ledger
from tests.group.entries import ROUND, fill, receipts, writer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")

KILLS = int(os.environ.get("CRMXL_KILLS", "40"))
MANY = 16
EACH = 10


@pytest.mark.slow
def test_sixteen_processes_append_at_once_and_every_event_is_there_once(place: Path | str) -> None:
    with Ledger.create(place, ROUND) as ledger:
        with ExitStack() as stack:
            writers = [stack.enter_context(writer(place, f"U{number:02}", EACH)) for number in range(MANY)]
            told = {receipt for _, ours in writers for receipt in receipts(ours)}
        events = ledger.events()
        assert [event.position for event in events] == list(range(1, MANY * EACH + 1))
        assert {event.receipt for event in events} == told
        by = Counter((event.by, event.act.version) for event in events if isinstance(event.act, Received))
        assert len(by) == MANY * EACH and set(by.values()) == {1}
        assert ledger.verify(told) == [] and ledger.count() == (MANY * EACH, 2 * MANY * EACH)


@pytest.mark.slow
def test_a_killed_writer_loses_nothing_acknowledged_and_leaves_nothing_half(
    place: Path | str, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(11)
    told: list[str] = []
    fell: Counter[str] = Counter()
    journal = place.with_name(f"{place.name}-journal") if isinstance(place, Path) else None
    Ledger.create(place, ROUND).close()
    for trial in range(KILLS):
        before = len(told)
        with writer(place, f"T{trial}", 10_000, size=60_000) as (running, ours):
            told.append(ours.recv())
            time.sleep(chance.uniform(0, 0.04))
            if journal is not None and trial % 2:  # in the middle of a transaction
                end = time.monotonic() + 1
                while not journal.exists() and time.monotonic() < end:
                    time.sleep(0.0002)
                time.sleep(chance.choice((0, 0.0005, 0.002)))
            os.kill(running.pid or 0, signal.SIGKILL)
            running.join()
            fell["in a transaction" if journal is not None and journal.exists() else "between or unseen"] += 1
            told.extend(receipts(ours))
        with Ledger.open(place, ROUND) as ledger:
            events = ledger.events()
            known = [event.receipt for event in events]
            assert len(told) > before and [receipt for receipt in known if receipt in set(told)] == told
            # What was committed in the moment of the kill could not be acknowledged any more.
            assert len(known) - len(told) <= trial + 1
            if trial % 10 == 9:
                assert ledger.verify(told) == []
    with Ledger.open(place, ROUND) as ledger:
        fill(ledger, 3)  # nobody is locked out
        assert ledger.verify(told) == []
    with capsys.disabled():
        if "CRMXL_KILLS" in os.environ:
            print(f"\n{KILLS} kills, {len(told):,} events: {dict(fell)}")
