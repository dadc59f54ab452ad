"""Do 校验 as LibreOffice recomputes it and the verdict of ``validate`` agree, filling by filling, row by row?

A workbook of each variant is written by the real writer without any calculated value, opened once, and filled again
and again: only LibreOffice computes. The submission is the one that the real reader made of the blank workbook, with
the filling's contents; every so many fillings the whole way is gone instead: written, recomputed, saved, read.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from crmxl.check.evidence import Evidence
from crmxl.check.runner import check
from crmxl.check.verdict import Report
from crmxl.expression import Fault, Measure, Value
from crmxl.issue.addresses import a1
from crmxl.issue.places import CHECKS, NOTE_ROW, Role
from crmxl.issue.workbook import write
from crmxl.model import Finding, Key, Kind
from crmxl.money import plain, show
from crmxl.receive.reading import read
from crmxl.receive.submission import Content, ContentType, Submission
from tests.office.driver import Book, Cell, Office
from tests.policy.fillings import LIBRARY, POLICIES, Filling, Variant, fill

WHOLE = 40
"""Every so many fillings the whole way is gone, through files."""
_COLUMNS = ("expected", "actual", "difference", "result", "kept")
_PASS = {"zh": "通过", "en": "Pass"}
_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one filling."""

    filling: str
    number: int
    template: str
    kept: tuple[str, ...]
    """Rules and generated checks whose row LibreOffice found passing."""
    broken: tuple[str, ...]
    marks: tuple[str, ...]
    """``bound``, ``blank``, ``text``, ``refused``, ``error``, ``whole``, ``judged``: what kind of filling it is."""
    at_bound: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """Where the two worlds disagree."""


@dataclass
class Tally:
    """Outcomes counted."""

    seed: int
    kept: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    at_bound: Counter[str] = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)
    templates: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    failed: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one."""
        self.kept.update(outcome.kept)
        self.broken.update(outcome.broken)
        self.at_bound.update(outcome.at_bound)
        self.marks.update((*outcome.marks, "all"))
        self.templates[outcome.template] += 1
        self.rows += len(outcome.kept) + len(outcome.broken)
        if outcome.problems:
            self.failed.append(outcome)

    @property
    def one_sided(self) -> list[str]:
        """Shipped rules that were not seen both kept and broken."""
        return [code for code in rules() if not (self.kept[code] and self.broken[code])]

    @property
    def near(self) -> Fraction:
        """The part of the fillings that sits at a bound, a step from it, or blank."""
        return Fraction(self.marks["bound or blank"], self.marks["all"] or 1)

    def table(self) -> Iterator[str]:
        """What ran and how often each row passed and failed."""
        yield f"{'row':<6} {'passing':>8} {'failing':>8} {'at bound':>9}"
        for code in sorted({*self.kept, *self.broken, *rules()}):
            yield f"{code:<6} {self.kept[code]:>8,} {self.broken[code]:>8,} {self.at_bound[code] or '':>9}"
        yield ""
        yield f"fillings: {self.marks['all']:,} (" + ", ".join(f"{n} {c:,}" for n, c in self.templates.items()) + ")"
        names = ("bound", "blank", "bound or blank", "text", "refused", "error", "judged", "whole")
        yield ", ".join(f"{name} {self.marks[name]:,}" for name in names)
        yield f"rows compared: {self.rows:,}; fillings that disagree: {len(self.failed)}; seed {self.seed}"


@lru_cache(maxsize=1)
def rules() -> tuple[str, ...]:
    """Codes of the shipped rules that are live."""
    from tests.policy.fillings import variants

    return tuple(sorted({placed.rule.code for variant in variants() for placed in variant.layout.rules}))


class Bench:
    """One LibreOffice with a workbook of each variant."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.office, self.folder = office, folder
        self._standing: dict[Variant, dict[Key, Value]] = {}
        self._files: dict[Variant, Path] = {}
        self._books: dict[Variant, Book] = {}
        self._read: dict[Variant, Submission] = {}

    def judge(self, filling: Filling, whole: bool = False) -> Outcome:
        """Both worlds on one filling; ``whole`` goes through files, which a broken formula in an input cannot."""
        if whole and not filling.faulty:
            return self._whole(filling)
        there = self._recomputed(filling)
        submission = self.submission(filling, filling.typed)
        found = list(_compare(filling, submission, there))
        found += _verdicts(filling, check(submission), there, self._meant(filling))
        return _outcome(filling, there, found, whole=False)

    def _meant(self, filling: Filling) -> Report | None:
        """The report on the same filling with every text-typed number typed as the number that it means."""
        if not filling.texts or filling.refused:
            return None
        return check(self.submission(filling, filling.meant))

    # -- LibreOffice ---------------------------------------------------------------------------------------------

    def _recomputed(self, filling: Filling) -> Mapping[Key, Cell]:
        """What stands on 校验 after typing the filling over the last one, and what is left of each bound."""
        variant, layout = filling.variant, filling.layout
        book, standing = self._book(variant), self._standing[variant]
        commands: list[dict[str, object]] = []
        for key in {**standing, **filling.typed}:
            value = filling.typed.get(key, layout.preset_values.get(key))
            if value == standing.get(key, layout.preset_values.get(key)):
                continue
            cell = layout.cells[key]
            at: dict[str, object] = {"sheet": layout.by_id[cell.sheet].name, "cell": a1(cell.row, cell.column)}
            if isinstance(value, Fault):
                commands.append({"do": "set_formula", **at, "formula": "=1/0"})
            else:
                exact = float(value) if isinstance(value, Fraction) else value
                commands.append({"do": "set", **at, "value": exact})
        book.send([*commands, {"do": "recalc"}])
        self._standing[variant] = dict(filling.typed)
        return _checks(filling, book)

    def _book(self, variant: Variant) -> Book:
        if variant not in self._books:
            book = self._books[variant] = self.office.open(self._blank(variant))
            book.unprotect_all()
            self._standing[variant] = {}
        return self._books[variant]

    def _blank(self, variant: Variant) -> Path:
        if variant not in self._files:
            path = self._files[variant] = self.folder / f"{len(self._files)}.xlsx"
            path.write_bytes(write(variant.layout, variant.assignment(), cache=False))
        return self._files[variant]

    # -- crmxl ---------------------------------------------------------------------------------------------------

    def submission(self, filling: Filling, typed: Mapping[Key, Value]) -> Submission:
        """The blank workbook as read, with ``typed`` in it and the filling's figures issued."""
        variant = filling.variant
        if variant not in self._read:
            self._read[variant] = read(self._blank(variant), LIBRARY, POLICIES)
        blank = self._read[variant]
        assert blank.stamp is not None and blank.layout is not None
        assert blank.layout.fingerprint == variant.layout.fingerprint
        contents = {**blank.contents, **{key: _content(value) for key, value in typed.items()}}
        return replace(blank, contents=contents, stamp=replace(blank.stamp, assignment=filling.assignment))

    # -- the whole way -------------------------------------------------------------------------------------------

    def _whole(self, filling: Filling) -> Outcome:
        issued, saved = self.folder / "whole.xlsx", self.folder / "saved.xlsx"
        inputs = {key: value for key, value in filling.typed.items() if key not in filling.issued}
        issued.write_bytes(write(filling.layout, filling.assignment, inputs, cache=False))
        with self.office.open(issued) as book:
            book.recalc()
            there = _checks(filling, book)
            book.save(saved)
        submission = read(saved, LIBRARY, POLICIES)
        report = check(submission)
        found = list(_compare(filling, submission, there))
        found += _verdicts(filling, report, there, self._meant(filling))
        found += [f"saved and read, {f.code} at {f.key}: {f.found}" for f in report.findings if f.code[0] in "FS"]
        in_memory = check(self.submission(filling, filling.typed))
        if _ruled(report) != _ruled(in_memory):
            found.append(f"read from the file, the rules find {_ruled(report)}, else {_ruled(in_memory)}")
        return _outcome(filling, there, found, whole=True)


def _checks(filling: Filling, book: Book) -> dict[Key, Cell]:
    """The calculated cells of 校验 by key; ``<rule>@left`` is what a data sheet's frozen header says is left."""
    layout = filling.layout
    shown = book.get(layout.by_id[CHECKS].name)
    cells = {key: cell for key, cell in layout.cells.items() if cell.sheet == CHECKS and cell.role is Role.CALCULATED}
    found = {key: shown[a1(cell.row, cell.column)] for key, cell in cells.items()}
    column = 4  # beside the flag: a label and its figure for each
    for placed in layout.rules:
        if placed.rule.headline and not placed.rule.each:
            for plan in (plan for plan in layout.sheets if plan.id != CHECKS and plan.kind is not Kind.FORM):
                place = a1(NOTE_ROW, column)
                found[f"{placed.rule.code}@left"] = book.get(plan.name, [place])[place]
                break
            column += 2
    return found


def _content(value: Value) -> Content:
    """A typed value as the reader gives it."""
    match value:
        case None:
            return Content()
        case Fraction():
            return Content(ContentType.NUMBER, repr(float(value)).removesuffix(".0"))
        case Fault(text):
            return Content(ContentType.ERROR, text, "=1/0")
        case _:
            return Content(ContentType.TEXT, str(value))


def _compare(filling: Filling, submission: Submission, there: Mapping[Key, Cell]) -> Iterator[str]:
    """Cells of 校验 where LibreOffice and ``Evidence.as_workbook`` differ."""
    assert submission.layout is not None
    layout, values = submission.layout, Evidence(submission, submission.layout).as_workbook
    for key, cell in there.items():
        if key.endswith("@left"):
            code = key.removesuffix("@left")
            right, left = values[f"{code}@expected"], values[f"{code}@actual"]
            exact = right - left if isinstance(right, Fraction) and isinstance(left, Fraction) else left
            exact = right if isinstance(right, Fault) else exact
            measure = Measure.MONEY
        else:
            exact, measure = values[key], layout.cells[key].measure
        if not _same(exact, cell, measure):
            yield f"{key}: LibreOffice has {_said(cell)}, crmxl {exact}"


def _same(exact: Value, cell: Cell, measure: Measure) -> bool:
    """Equal: texts and counts exactly, money far within a fen, ratios to 10 places, errors as errors; what is too large
    for that in binary, to 14 digits.
    """
    if isinstance(exact, Fault) or cell.error:
        return isinstance(exact, Fault) and bool(cell.error)
    if isinstance(exact, str) or not isinstance(cell.value, float | int):
        return exact == cell.string
    if not isinstance(exact, Fraction):
        return False
    least = {Measure.MONEY: Fraction(1, 2_000), Measure.NUMBER: Fraction(1, 2 * 10**10)}.get(measure)
    slack = Fraction(0) if least is None else max(least, abs(exact) / 10**14)
    return abs(Fraction(cell.value) - exact) <= slack


def _verdicts(filling: Filling, report: Report, there: Mapping[Key, Cell], meant: Report | None) -> Iterator[str]:
    """Where the verdict is not what the row says, or not that of the numbers meant."""
    judged = not filling.refused and not filling.faulty
    by_rule: dict[str, list[Finding]] = {placed.rule.code: [] for placed in filling.layout.rules}
    for finding in report.findings:
        if finding.code in by_rule:
            by_rule[finding.code].append(finding)
    if not judged:
        yield from (f"{code} judged, though an amount cannot be read" for code, found in by_rule.items() if found)
        return
    if meant is not None and _ruled(report) != _ruled(meant):
        yield f"as texts the rules find {_ruled(report)}, as the numbers meant {_ruled(meant)}"
    if filling.converted:
        return
    for placed in filling.layout.rules:
        code, found = placed.rule.code, by_rule[placed.rule.code]
        passing = there[f"{code}@result"].string == _PASS[filling.layout.lang]
        if passing == bool(found):
            yield f"{code}: the row says {there[f'{code}@result'].string}, the verdict has {len(found)} findings"
        elif placed.rule.each:
            if there[f"{code}@actual"].value != len(found):
                yield f"{code}: the row counts {_said(there[f'{code}@actual'])} lines, the verdict {len(found)}"
        elif found:
            yield from _words(placed.kind, there, found)


def _words(kind: Measure, there: Mapping[Key, Cell], found: Sequence[Finding]) -> Iterator[str]:
    """Where a finding's words do not have the row's numbers."""
    if len(found) > 1:
        yield f"{found[0].code}: {len(found)} findings of one cause"
    finding = found[0]
    assert finding.spoken is not None
    for column, words in (("actual", finding.found), ("expected", finding.expected)):
        if not _is(str(words), there[f"{finding.code}@{column}"], kind):
            yield f"{finding.code}: {words} told, {_said(there[f'{finding.code}@{column}'])} in the row"
    difference = there[f"{finding.code}@difference"]
    if kind is Measure.MONEY and show(_number(difference)) not in finding.spoken.message.zh:
        yield f"{finding.code}: {show(_number(difference))} over in the row, told: {finding.spoken.message.zh}"


def _is(words: str, cell: Cell, kind: Measure) -> bool:
    """Whether ``words`` are the figure in a cell, to the fen or to a ratio's last shown digit."""
    if kind is Measure.MONEY:
        return words == show(_number(cell))
    scale = {"%": 100, "‰": 1000}.get(words[-1])
    if scale is None:
        return abs(Fraction(words.replace(",", "")) - _number(cell)) <= Fraction(1, 10**9)
    return abs(Fraction(words[:-1].replace(",", "")) / scale - _number(cell)) <= Fraction(51, 10**6 * scale)


def _number(cell: Cell) -> Fraction:
    assert isinstance(cell.value, float | int), cell
    return Fraction(repr(cell.value))


def _said(cell: Cell) -> str:
    return cell.string if cell.error or not isinstance(cell.value, float | int) else plain(Fraction(repr(cell.value)))


def _ruled(report: Report) -> list[tuple[str, Key, str, str]]:
    """The findings of policies, as facts."""
    layout = report.submission.layout
    codes = {placed.rule.code for placed in layout.rules} if layout else set()
    return [(f.code, f.key, str(f.found), str(f.expected)) for f in report.findings if f.code in codes]


def _outcome(filling: Filling, there: Mapping[Key, Cell], problems: Iterable[str], whole: bool) -> Outcome:
    results = {key.removesuffix("@result"): cell for key, cell in there.items() if key.endswith("@result")}
    results.pop("flag", None)
    passing = _PASS[filling.layout.lang]
    marks = {
        "bound": bool(filling.at_bound),
        "blank": bool(filling.blank),
        "bound or blank": bool(filling.at_bound or filling.blank),
        "text": filling.texts > 0,
        "refused": filling.refused,
        "error": filling.faulty,
        "judged": not (filling.converted or filling.faulty),
        "whole": whole,
    }
    return Outcome(
        str(filling),
        filling.number,
        filling.variant.template,
        tuple(code for code, cell in results.items() if cell.string == passing),
        tuple(code for code, cell in results.items() if cell.string != passing and not cell.error),
        tuple(name for name, there_is in marks.items() if there_is),
        filling.at_bound,
        tuple(problems),
    )


def run(seed: int, numbers: Iterable[int], office: Office) -> Iterator[Outcome]:
    """The fillings ``numbers`` of ``seed``, judged one after another."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(office, Path(folder))
        for number in numbers:
            yield bench.judge(fill(seed, number), whole=number % WHOLE == 0)


def run_many(seed: int, count: int, jobs: int, progress: Callable[[Tally], None] = lambda _: None) -> Tally:
    """``count`` fillings in ``jobs`` processes, each with its own LibreOffice."""
    tally = Tally(seed)
    shares = [(seed, job, range(job, count, jobs)) for job in range(jobs)]
    with ProcessPoolExecutor(jobs) as pool:
        for outcomes in pool.map(_share, shares):
            for outcome in outcomes:
                tally.add(outcome)
            progress(tally)
    return tally


def _share(share: tuple[int, int, range]) -> list[Outcome]:
    seed, job, numbers = share
    done = []
    with Office() as office:
        for outcome in run(seed, numbers, office):
            done.append(outcome)
            if len(done) % _CHUNK == 0:
                print(f"process {job}: {len(done):,} of {len(numbers):,}", file=sys.stderr)
    return done
