"""A pytest plugin that tries mutants: the tests are collected once, and every mutant gets a process of its own.

Only tests that run the mistaken line are tried, quick ones first, until one fails.
"""

from __future__ import annotations

import gc
import math
import os
import resource
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase, settings

from tests.strength.mutants import Mutant
from tests.strength.swap import NotApplied, Original

SECONDS, MEMORY = 2, 4 << 30
"""What a mutant may take beyond what its tests took without it, and in all, before it counts as killed: it loops."""
KILLED, SURVIVED, NOT_APPLIED, UNFIT = 0, 1, 2, 3

# Few examples, the same every time, and only whether they fail.
settings.register_profile(
    "strength",
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Trial:
    """Tries ``mutants`` of one module."""

    def __init__(self, path: Path, mutants: Iterable[Mutant]) -> None:
        self.path, self.mutants = path, list(mutants)
        self.outcomes: dict[str, int] = {}
        """By mutant's name; anything but SURVIVED and NOT_APPLIED is a kill."""

    def pytest_configure(self) -> None:
        """After conftest.py, which loads a profile of its own."""
        settings.load_profile("strength")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own."""
        module = import_module(".".join(self.path.with_suffix("").parts).removesuffix(".__init__"))
        original = Original(module)
        ran = {item: _watched(item, original) for item in session.items}
        quick = sorted(session.items, key=lambda item: ran[item].seconds)
        gc.collect()
        gc.freeze()
        seconds = {item: ran[item].seconds for item in quick}
        assert _forked(original, f"{original.text}\n", seconds) == SURVIVED
        for mutant in self.mutants:
            those = [item for item in quick if mutant.everywhere or mutant.line in ran[item].lines]
            those = those or [item for item in quick if mutant.line in ran[item].functions]
            self.outcomes[mutant.name] = _forked(
                original, mutant.text, {item: seconds[item] for item in those or quick}
            )
        return True


@dataclass(frozen=True)
class _Run:
    """What one test did without a mistake."""

    seconds: float
    lines: frozenset[int]
    """Lines of the module that ran."""
    functions: frozenset[int]
    """Lines of the functions that ran, those of other branches too."""


def _watched(item: pytest.Item, original: Original) -> _Run:
    lines: set[int] = set()
    functions: set[int] = set()

    def inside(frame: FrameType, event: str, argument: object) -> Any:
        lines.add(frame.f_lineno)
        return inside

    def watch(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename != original.module.__file__:
            return None
        numbers = [line for _, _, line in frame.f_code.co_lines() if line]
        functions.update(range(min(numbers), max(numbers) + 1))
        return inside(frame, event, argument)

    original.forget()
    began = time.process_time()
    sys.settrace(watch)
    reports = runtestprotocol(item, nextitem=None, log=False)
    sys.settrace(None)
    if any(report.failed for report in reports):
        raise pytest.UsageError(f"{item.nodeid} fails without a mistake")
    return _Run(time.process_time() - began, frozenset(lines), frozenset(functions))


def _forked(original: Original, text: str, items: Mapping[pytest.Item, float]) -> int:
    """The outcome of ``text`` by ``items``, each with what it takes without a mistake."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    seconds = SECONDS + math.ceil(sum(items.values()))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    outcome = KILLED
    try:
        original.become(text)
        if all(report.passed for item in items for report in runtestprotocol(item, nextitem=None, log=False)):
            outcome = SURVIVED
    except NotApplied:
        outcome = NOT_APPLIED
    except BaseException:  # the mutant cannot even be imported
        outcome = UNFIT
    finally:
        os._exit(outcome)
