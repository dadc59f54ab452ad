"""Inputs that once went wrong, or lie where it could: a seed, what is put for what in which part, and the answer."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fuzz.mutate import Made
from tests.fuzz.seeds import seed
from tests.hostile.package import BOOK, CUSTOM, STRINGS, STYLES, TYPES

_PLAN = "xl/worksheets/sheet3.xml"
_STAMP = '"unit":"R01"'
_BOTH = (STRINGS, CUSTOM)


@dataclass(frozen=True)
class Regression:
    """One input; ``codes`` are those of its findings, none where it is accepted as it is."""

    name: str
    parts: tuple[str, ...]
    old: str
    new: str
    codes: tuple[str, ...]
    seed: str = "small"

    def made(self) -> Made:
        """The input; raises AssertionError where there is nothing to change."""
        start = seed(self.seed)
        draft = start.draft()
        for part in self.parts:
            text = draft.part(part).decode()
            assert self.old in text, f"{self.name}: {self.old} does not stand in {part}"
            draft.put(part, text.replace(self.old, self.new, 1).encode("utf-8", "surrogatepass"))
        return Made(0, start, (self.name,), draft.saved(), False)


REGRESSIONS: tuple[Regression, ...] = (
    Regression("a number in character references", (_PLAN,), "<v>33</v>", "<v>&#51;3</v>", ()),
    Regression("a number in two pieces", (_PLAN,), "<v>33</v>", "<v>3<!-- -->3</v>", ("F107",)),
    Regression("a number with an element in it", (_PLAN,), "<v>33</v>", "<v>3<x/>3</v>", ("F107",)),
    Regression("a number beyond all others", (_PLAN,), "<v>33</v>", "<v>1e309</v>", ("F102",)),
    Regression("a workbook within the workbook", (BOOK,), "<bookViews>", "<workbook/><bookViews>", ("F107",)),
    Regression(
        "another part that says it is the workbook",
        (TYPES,),
        'sheet7.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"',
        'sheet7.xml" ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"',
        (),
    ),
    Regression("more texts than there are", (STRINGS,), ' uniqueCount="', ' uniqueCount="2147483648', ()),
    Regression("a format that no cell has", (STYLES,), "<cellXfs ", '<cellXfs x="1" ', ()),
    Regression("a year of 5,000 digits", _BOTH, '"year":2026', f'"year":{"1" * 5_000}', ("I105",)),
    Regression("half a pair in the unit", _BOTH, _STAMP, '"unit":"\\ud800"', ("I105",)),
    Regression("half a pair in the round", _BOTH, '"round":""', '"round":"\\ud800"', ()),
    Regression("no number for a year", _BOTH, '"year":2026', '"year":NaN', ("I105",)),
    Regression("a stamp 100,000 deep", _BOTH, '"parts":[]', f'"parts":{"[" * 100_000}', ("I105",)),
    Regression("a bracket that opens markup", _BOTH, _STAMP, '"unit":"[/]{found}"', ()),
)
