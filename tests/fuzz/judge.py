"""What must hold of every input: nothing is raised, all is told, the same twice, and no number is wrong in silence."""

from __future__ import annotations

import hashlib
import math
import re
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from crmxl.catalogue import word
from crmxl.check.runner import check
from crmxl.check.verdict import Report
from crmxl.define.names import LANGS
from crmxl.issue.places import Role
from crmxl.model import Key
from crmxl.money import plain
from crmxl.receive.cells import read_cells
from crmxl.receive.gate import admit
from crmxl.receive.package import TYPES
from crmxl.receive.reading import read
from crmxl.receive.submission import Content
from crmxl.report.findings import to_csv, to_json
from tests.differential.readers import ours as with_crmxl
from tests.differential.readers import with_calamine, with_openpyxl
from tests.differential.run import sort_out
from tests.differential.seen import Seen
from tests.fuzz.independent import READERS, Unread, Values, entries, limited
from tests.fuzz.memory import forget_peak, held, peak
from tests.fuzz.mutate import Made
from tests.fuzz.seeds import Seed
from tests.fuzz.seeds import seed as seed_of
from tests.mutation.base import Entry, lines_in_all
from tests.mutation.fillings import FILLINGS

SECONDS = 10
"""Processor time for one input."""
PEAK = 300
"""MB of memory that the process may hold."""
FRESH = 100
"""MB that a process holds before it reads; what tests have loaded beside that is not the reader's."""
NAME = "returned.xlsx"
_DUST = 1e-6
_MOST_CELLS = 3_000_000
"""Cells that a sheet may span for calamine, which holds them all."""
_LONGEST = 2_000
_PLAIN = b"openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_BOOKS = re.compile(rb'="application/vnd\.((?:openxmlformats-officedocument\.spreadsheetml|ms-excel)\.[^"]*main\+xml)"')
_MANY = re.compile(rb"""ount\s*=\s*["'][^"'0-9]*[0-9]{7}""")
_NUMBER = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,2})?")
_ODD_DIGITS = re.compile(rb"<(?:\w+:)?v>(?:[^<]*&#|[^<]*[0-9]\s+<|\s+[0-9])")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one input."""

    number: int
    seed: str
    steps: tuple[str, ...]
    size: int = 0
    verdict: str = ""
    codes: tuple[str, ...] = ()
    digest: str = ""
    """Of all that was told, to be the same in every process."""
    seconds: float = 0
    peak: float = 0
    compared: int = 0
    """With how many other readers the amounts were compared."""
    unread: tuple[str, ...] = ()
    """Why they were not with others."""
    problems: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"input {self.number}: {self.seed}: {self.verdict or 'no answer'} {' '.join(self.codes)}"]
        lines += [f"  step: {step[:_LONGEST]}" for step in self.steps]
        lines += [f"  wrong: {problem.strip()[:_LONGEST]}".replace("\n", "\n    ") for problem in self.problems]
        return "\n".join((*lines, f"  again: python -m tests.fuzz --number {self.number} --keep DIR"))


def judge(made: Made, folder: Path, *, every_cell: bool = False) -> Outcome:
    """What crmxl answers to an input, and what is wrong with that; the file is left in ``folder``. With ``every_cell``
    other readers must see the same in all of a readable file, whether it is accepted or not.
    """
    outcome = Outcome(made.number, made.seed.name, made.steps, len(made.data))
    try:
        forget_peak()
        before = held()
        began = time.process_time()
        report, told = _answer(made.seed, made.data, folder)
        seconds, most = time.process_time() - began, peak()
        problems = list(_said(report))
        if replace(read(folder / NAME, made.seed.library), file=NAME) != report.submission:
            problems.append("reading it again gives another submission")
        if made.same:
            problems += _changed(made.seed, report, folder)
        compared, unread, differing = _compared(made, report)
        if every_cell and report.submission.sheet_names:
            differing += _cells_otherwise(made.data)
    except Exception:  # whatever comes out is what this test looks for
        return replace(outcome, problems=(traceback.format_exc(limit=-5),))
    if seconds > SECONDS:
        problems.append(f"took {seconds:.1f} s of processor time")
    if most - max(0, before - FRESH) > PEAK:
        problems.append(f"held {most:.0f} MB")
    return replace(
        outcome,
        verdict=report.verdict.value,
        codes=tuple(sorted({finding.code for finding in report.findings})),
        digest=hashlib.sha256(told).hexdigest()[:16],
        seconds=seconds,
        peak=most,
        compared=compared,
        unread=unread,
        problems=(*problems, *differing),
    )


def _answer(start: Seed, data: bytes, folder: Path) -> tuple[Report, bytes]:
    """The report on a file, and all that is told of it in both languages."""
    path = folder / NAME
    path.write_bytes(data)
    submission = replace(read(path, start.library), file=NAME)
    report = check(submission, start.standard)
    return report, b"".join(form([report], lang) for form in (to_json, to_csv) for lang in LANGS)


def _said(report: Report) -> Iterator[str]:
    """What is wrong with how the findings are said."""
    for lang in LANGS:
        for found in report.findings:
            worded = word(found, lang, NAME)
            if not worded.message.strip() or not worded.fix.strip():
                yield f"{lang}: {found.code} says nothing"


@lru_cache(maxsize=64)
def _as_it_is(name: str, folder: Path) -> tuple[list[str], Fraction | None]:
    """Codes and total of a seed."""
    report, _ = _answer(seed_of(name), seed_of(name).data, folder)
    return [finding.code for finding in report.findings], report.total


def _changed(start: Seed, report: Report, folder: Path) -> Iterator[str]:
    """What crmxl makes of a seed written otherwise that it does not make of the seed."""
    codes, total = _as_it_is(start.name, folder)
    now = [finding.code for finding in report.findings]
    if now != codes:
        said = "; ".join(f"{found.code} {word(found, 'en').message}"[:300] for found in report.findings[:3])
        yield f"nothing was changed, and yet the codes are {now[:9]}, not {codes[:9]}: {said}"
    if report.total != total:
        yield f"nothing was changed, and yet the total is {_shown(report.total)}, not {_shown(total)}"


def _compared(made: Made, report: Report) -> tuple[int, tuple[str, ...], list[str]]:
    """With how many readers the amounts of an accepted file were compared, why not with others, and what differs."""
    if report.blocked or report.submission.layout is None:
        return 0, (), []
    unread: list[str] = []
    found: list[str] = []
    for name, values_of in READERS.items():
        if why := _unfit(name, made.data):
            unread.append(why)
            continue
        try:
            values = values_of(made.data)
        except Unread as error:
            unread.append(f"{name}: {error}"[:200])
            continue
        if not any(entries(values, layout) for layout in (made.seed.layout, report.submission.layout)):
            unread.append(f"{name}: it sees none of our sheets")
            continue
        found += (f"{name}: {problem}" for problem in differences(made.seed, report, values, _reasons(name, made.data)))
    return len(READERS) - len(unread), tuple(unread), found


def _cells_otherwise(data: bytes) -> Iterator[str]:
    """What other readers see otherwise in any cell, less what tests.differential has a reason for."""
    seen = with_crmxl(data, NAME)
    for name, read_by in (("openpyxl", with_openpyxl), ("calamine", with_calamine)):
        if _unfit(name, data):
            continue
        try:
            with limited():
                theirs = read_by(data, NAME)
        except BaseException as error:  # whatever they raise; a panic of Rust is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            continue
        reasons = _reasons(name, data)
        for one in sort_out(seen, theirs, name)[1]:
            mine, other = one.ours, one.theirs
            blanks = isinstance(mine, Seen) and isinstance(other, Seen) and _same_number(str(other.value), mine.value)
            if not blanks and not (reasons and name == "calamine" and one.aspect in ("value", "type")):
                yield str(one)[:_LONGEST]


def _unfit(reader: str, data: bytes) -> str:
    """Why a reader is not asked; empty where it is."""
    if reader == "calamine" and _too_much(data):
        return f"{reader}: a sheet spans, or a part says that it has, too much"
    if reader == "openpyxl" and _BOOKS.findall(_types(data)) != [_PLAIN]:
        return f"{reader}: it takes another part for the workbook, by its content type"
    return ""


def _types(data: bytes) -> bytes:
    return b"".join(admit(data, NAME).chunks(TYPES))


def _too_much(data: bytes) -> bool:
    """Whether calamine would ask for so much memory that the process ends: it holds every cell between the first and
    the last, and makes room for as many texts as the part says.
    """

    def area(cells: Mapping[tuple[int, int], Content]) -> int:
        return max((row for row, _ in cells), default=0) * max((column for _, column in cells), default=0)

    parts = admit(data, NAME)
    if any(_MANY.search(b"".join(parts.chunks(name))) for name in parts.names() if name.endswith(".xml")):
        return True
    return any(area(tab.cells) > _MOST_CELLS for tab in read_cells(parts).tabs)


_NOTHING_THERE = "where nothing stands"


def _reasons(reader: str, data: bytes) -> frozenset[str]:
    """What need not be told of a reader's differences, by how it is wrong in this file."""
    parts = admit(data, NAME)
    sheets = (b"".join(parts.chunks(name)) for name in parts.names() if name.endswith(".xml"))
    if reader == "calamine" and any(_ODD_DIGITS.search(sheet) for sheet in sheets):
        return frozenset(
            {_NOTHING_THERE}
        )  # blank to it is a number in character references; an index with blanks is the first
    return frozenset()


def differences(start: Seed, report: Report, values: Values, reasons: frozenset[str] = frozenset()) -> Iterator[str]:
    """Where the amounts and the total of an accepted file are not what another reader sees in it; ``reasons`` are
    differences that are known to be the other reader's.
    """
    layout = report.submission.layout
    assert layout is not None
    cells = {cell.key: None for cell in (*start.layout.inputs, *layout.inputs) if cell.type.numeric}
    there = {**entries(values, start.layout), **entries(values, layout)}
    told = {finding.key for finding in report.findings}
    counted: dict[Key, Entry] = {}
    for key, cell in layout.cells.items():  # what is chosen and issued decides which amounts count
        value = report.values.get(key)
        if cell.role in (Role.INPUT, Role.ISSUED) and isinstance(value, Fraction | str):
            counted[key] = value if isinstance(value, str) else Decimal(value.numerator) / Decimal(value.denominator)
    for key in cells:
        ours = report.values.get(key)
        wrong = _wrong(key, ours, there, told)
        if wrong and wrong not in reasons:
            content = report.submission.contents.get(key, Content())
            yield f"{key} counts {_shown(ours)}, {wrong} (the cell is {content.type} {content.text[:40]!r})"
    template = layout.template.id
    total = (FILLINGS[template].arithmetic.total if template in FILLINGS else lines_in_all)(counted)
    if report.total != total:
        yield f"the total is {_shown(report.total)}, but the amounts add up to {_shown(total)}"


def _wrong(key: Key, ours: Any, there: Mapping[Key, Any], told: set[Key]) -> str:
    """How the value that counts is not what the other reader sees; empty where it is."""
    if key not in there:
        return "which stands nowhere" if ours else ""
    theirs = there[key]
    if theirs is None:
        return _NOTHING_THERE if ours else ""
    if isinstance(theirs, bool) or not isinstance(theirs, int | float):
        if key in told or (isinstance(theirs, str) and _same_number(theirs, ours)):
            return ""
        return f"though there stands {theirs!r}" if ours or not isinstance(theirs, str) or theirs.strip() else ""
    if not isinstance(ours, Fraction):
        return f"not {theirs!r}"
    if not math.isfinite(theirs) or abs(ours - Fraction(theirs)) > max(_DUST, math.ulp(theirs)):
        return f"not {theirs!r}"
    return ""


def _same_number(theirs: str, ours: Any) -> bool:
    """Whether it is our number with blanks around it, which calamine takes for a text."""
    return _NUMBER.fullmatch(theirs.strip()) is not None and ours == Fraction(theirs.strip())


def _shown(value: Any) -> str:
    return plain(value) if isinstance(value, Fraction) else repr(value)
