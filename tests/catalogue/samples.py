"""The six samples of a template: what each unit typed, what its workbook comes to, and what the group makes of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from crmxl.check.runner import check
from crmxl.check.verdict import Report
from crmxl.group.consolidate import consolidate
from crmxl.group.totals import Block
from crmxl.receive.reading import read
from tests.gallery.issued import SAMPLES, shipped_library


@dataclass(frozen=True)
class Samples:
    """The samples of ``template``, by their files' names."""

    template: str
    units: tuple[str, ...]

    def raw(self, unit: str) -> dict[str, str]:
        """What the unit typed, as its data has it."""
        text = (SAMPLES / self.template / f"{unit}.json").read_text(encoding="utf-8")
        entries: dict[str, str] = json.loads(text)
        return entries

    def report(self, unit: str) -> Report:
        """The sample workbook, read and checked as a group does it."""
        return _report(self.template, unit)

    def block(self) -> Block:
        """All units, consolidated."""
        return _block(self)

    def figure(self, unit: str, key: str) -> Fraction:
        """What the unit's workbook comes to, in yuan or as a ratio."""
        value = self.report(unit).values[key]
        assert isinstance(value, Fraction)
        return value

    def measure(self, code: str, column: str = "value") -> Fraction | None:
        """The group's figure of a measure."""
        (found,) = (one for one in self.block().measures if (one.code, one.column) == (code, column))
        return found.total


def fen(text: str) -> int:
    """Whole fen of an amount of whole yuan, or with two decimals."""
    yuan, _, cents = text.partition(".")
    assert len(cents) in (0, 2), text
    return int(yuan) * 100 + int(cents or 0)


@cache
def _report(template: str, unit: str) -> Report:
    return check(read(SAMPLES / template / f"{unit}.xlsx", shipped_library()))


@cache
def _block(samples: Samples) -> Block:
    totals = consolidate([samples.report(unit) for unit in samples.units])
    assert not totals.left_out
    (found,) = totals.blocks
    return found
