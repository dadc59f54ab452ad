"""The samples of the three first plans, consolidated, against sums of the raw data in whole fen, added up here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from crmxl.check.runner import check
from crmxl.group.consolidate import consolidate
from crmxl.receive.reading import read
from tests.catalogue.samples import fen
from tests.gallery.issued import SAMPLES, shipped_library

Entries = Mapping[str, str]
OWN_PERCENT = {"2.1.": 60, "2.2.": 50}
"""What of the shared expenses is the customer-relations department's own."""


def amounts(entries: Entries, under: str = "") -> int:
    """The fen of all amounts of the year below a code."""
    return sum(fen(text) for key, text in entries.items() if key.endswith("@amount") and key.startswith(under))


def relations(entries: Entries) -> int:
    """What counts against the cap: own expenses, and the own part of the shared ones, half a fen up."""
    shared = ((2 * amounts(entries, group) * percent + 100) // 200 for group, percent in OWN_PERCENT.items())
    return amounts(entries, "1.") + sum(shared)


@pytest.mark.parametrize(
    ("name", "total"), [("cosmetics-plan", amounts), ("annual-departments", amounts), ("customer-relations", relations)]
)
def test_the_group_total_is_the_sum_of_what_units_typed(name: str, total: Callable[[Entries], int]) -> None:
    files: list[Path] = sorted((SAMPLES / name).glob("*.json"))
    wanted = {file.stem: total(json.loads(file.read_text(encoding="utf-8"))) for file in files}
    assert len(wanted) >= 6
    found = consolidate([check(read(file.with_suffix(".xlsx"), shipped_library())) for file in files])
    (block,) = found.blocks
    assert found.complete and block.total == sum(wanted.values())
    assert {Path(unit.file).stem: unit.total for unit in block.units} == wanted
