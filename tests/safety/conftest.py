"""Files are read in the test's own process here: what is asked is how they are written."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import pytest

from crmxl.check.batch import judge
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.commands import receiving
from crmxl.define.library import Library


def judge_here(paths: Sequence[Path], library: Library, standard: Standard) -> Generator[Report]:
    """What ``judge_all`` does, without its processes: starting those takes longer than all the rest."""
    yield from (judge(path, library, standard) for path in paths)


@pytest.fixture(scope="package", autouse=True)
def without_workers() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(receiving, "judge_all", judge_here)
        yield
