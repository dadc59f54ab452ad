"""Runs edits, judges what crmxl says of them, and counts.

Whatever an edit intends: a file that is accepted must give the independent sum, every entry as it stands, and every
policy rule that these entries break. Anything else is a *silent change*. The intent is judged beside that.
"""

from __future__ import annotations

import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from random import Random

from crmxl.catalogue import word
from crmxl.check.runner import check
from crmxl.check.verdict import Report
from crmxl.issue.places import Role
from crmxl.model import Finding, Severity
from crmxl.money import show
from crmxl.receive.reading import read
from tests.mutation.base import Base, exact
from tests.mutation.fillings import LIBRARY, POOL, TEMPLATES, base
from tests.mutation.kinds import Edit, Intent, Kind, Unsuitable, all_kinds, edit
from tests.mutation.means import LIBREOFFICE, PROGRAM, UNCALCULATED, Bench, Means
from tests.mutation.package import uncalculated
from tests.office.driver import Office

SEEDS_OF_A_POOL = 2000
"""That many seeds share a pool of bases, which cost as much as an edit each."""
OFFICE_EVERY = 40
"""Every so many seeds LibreOffice makes the edit, if a spreadsheet program can; it takes as long as ten others."""
_TRIES = 4 * POOL * len(TEMPLATES)
_SIZES = frozenset({"E117"})
"""What crmxl says of an amount that is far from the others; edits of entries make such amounts on purpose."""
_SAID = 8
"""Findings that a failure repeats."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one run."""

    kind: str
    intent: Intent
    seed: int
    template: str = ""
    base: str = ""
    edit: str = ""
    means: str = ""
    said: tuple[str, ...] = ()
    """What crmxl said, one line a finding."""
    codes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """Why the run failed; empty for a good one."""
    silent: bool = False

    def __str__(self) -> str:
        said = [*self.said[:_SAID], *([f"… {len(self.said) - _SAID} more"] if len(self.said) > _SAID else [])]
        return "\n".join(
            (
                f"{'SILENT CHANGE' if self.silent else 'failed' if self.problems else 'good'}: {self.kind} "
                f"({self.intent}), seed {self.seed}",
                f"  base:  {self.base}",
                f"  edit:  {self.edit} [{self.means}]",
                *(f"  wrong: {problem}" for problem in self.problems),
                *(f"  said:  {line}" for line in said or ["nothing"]),
                f"  again: python -m tests.mutation --kind {self.kind} --seed {self.seed}",
            )
        )


def run(kind: Kind, seed: int, bench: Bench, keep: Path | None = None) -> Outcome:
    """One edit, made and judged; ``keep`` is where the edited file goes."""
    outcome = Outcome(kind.name, kind.intent, seed)
    try:
        start, edit = redo(kind, seed)
    except Unsuitable:
        return replace(outcome, problems=(f"no base in {_TRIES} has a place for it",))
    except Exception:  # a mistake in one kind must not end all
        return replace(outcome, problems=(f"the edit could not be made: {traceback.format_exc()}",))
    by_office = bench.office is not None and edit.means.name in (PROGRAM, LIBREOFFICE)
    means = LIBREOFFICE if by_office else edit.means.name
    outcome = replace(outcome, template=start.template, base=str(start), edit=edit.says, means=means)
    if wrong := _faulty(start.template, start.number):
        return replace(outcome, problems=(f"the base is faulty: {wrong}",))
    try:
        data = edit.means.make(start.data, bench)
    except Exception:
        return replace(outcome, problems=(f"the edit could not be made: {traceback.format_exc()}",))
    path = keep or bench.folder / "edited.xlsx"
    path.write_bytes(data)
    try:
        report = check(read(path, LIBRARY), start.standard)
    except Exception:  # a crash is a failure of this run, not of the whole test
        return replace(outcome, problems=(traceback.format_exc(),))
    told = UNCALCULATED if means == PROGRAM and uncalculated(data) else frozenset()
    problems, silent = judge(kind.intent, start, edit, report, told)
    said = tuple(map(_line, report.findings))
    codes = tuple(sorted({finding.code for finding in report.findings}))
    return replace(outcome, said=said, codes=codes, problems=tuple(problems), silent=silent)


def redo(kind: Kind, seed: int) -> tuple[Base, Edit]:
    """The edit of a kind and seed, on the first base that has a place for it."""
    random = Random(f"base {kind.name} {seed}")
    pool, template, number = seed // SEEDS_OF_A_POOL, random.randrange(len(TEMPLATES)), random.randrange(POOL)
    for attempt in range(_TRIES):
        chosen = TEMPLATES[(template + attempt) % len(TEMPLATES)]
        turn = attempt // len(TEMPLATES)
        start = base(chosen, (pool + turn // POOL) * POOL + (number + turn) % POOL)
        try:
            return start, kind.make(Random(f"{kind.name} {seed} {attempt}"), start)
        except Unsuitable:
            continue
    raise Unsuitable


def by_libreoffice(seed: int) -> bool:
    """Whether LibreOffice makes the edit of ``seed``."""
    return seed % OFFICE_EVERY == 0


@lru_cache(maxsize=1024)
def _faulty(template: str, number: int) -> str:
    """What is wrong with a base; empty where nothing is: it has no findings, and its total is the independent sum."""
    start = base(template, number)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "base.xlsx")
        path.write_bytes(start.data)
        report = check(read(path, LIBRARY), start.standard)
    if report.findings:
        return "; ".join(map(_line, report.findings[:_SAID]))
    return "; ".join(differences(start, edit("", Means("none", lambda data, bench: data)), report))


def judge(
    intent: Intent, start: Base, edit: Edit, report: Report, told: frozenset[str] = frozenset()
) -> tuple[list[str], bool]:
    """What is wrong with what crmxl made of an edit, and whether it is a silent change; ``told`` are codes that come
    of how it was made.
    """
    refused = any(one.severity is Severity.ERROR and not _of_policy(one) for one in report.findings)
    problems = [] if refused else [f"accepted, but {what}" for what in differences(start, edit, report)]
    silent = bool(problems)
    for wanted in edit.signs:
        if not any(wanted.matches(finding) for finding in report.findings):
            problems.append(f"no finding {wanted}")
    if intent is Intent.DAMAGE:
        if not refused:
            problems.append(f"accepted with verdict {report.verdict}")
        return problems, silent
    if refused:
        problems.append(f"refused with verdict {report.verdict}")
    allowed = edit.allowed | edit.means.tells | told | {code for wanted in edit.signs for code in wanted.codes}
    if edit.changes:
        allowed |= _SIZES
    surplus = {finding.code for finding in report.findings if not _of_policy(finding)} - allowed
    broken = set(start.arithmetic.broken(start, edit.inputs(start)))
    if not refused:
        rules = {(one.code, one.key) for one in report.findings if _of_policy(one)}
        surplus |= {code for code, key in rules if not {(code, key), (code, "")} & broken}
    if surplus:
        problems.append(f"told of {', '.join(sorted(surplus))}, which nobody expects")
    return problems, silent


def _of_policy(finding: Finding) -> bool:
    return finding.code.startswith("P")


def differences(start: Base, edit: Edit, report: Report) -> Iterator[str]:
    """Where the report's total, entries and broken rules are not what stands in the file, by the test's own record."""
    inputs = edit.inputs(start)
    total = start.total(inputs)
    if report.total != total:
        yield f"the total is {_shown(report.total)}, not {show(total)}"
    layout = report.submission.layout
    keys = {cell.key: None for cell in start.layout.inputs}
    if layout is not None:
        keys |= {cell.key: None for cell in layout.cells.values() if cell.role in (Role.INPUT, Role.CLOSED)}
    for key in keys:
        there, wanted = report.values.get(key), exact(inputs.get(key))
        if there != wanted:
            yield f"{key} is {there!r}, not {wanted!r}"
    said = {(one.code, key) for one in report.findings if _of_policy(one) for key in (one.key, "")}
    for code, key in start.arithmetic.broken(start, inputs):
        if (code, key) not in said:
            yield f"{code} is broken at {key or 'the whole'} and not told"


def _shown(value: Fraction | None) -> str:
    return "unknown" if value is None else show(value)


def _line(finding: Finding) -> str:
    place = f"{finding.place.sheet}!{finding.place.cell}".strip("!") or finding.place.title
    mark = "!" if finding.severity is Severity.ERROR else " "
    return f"{mark}{finding.code} {place}: {word(finding, 'zh').message}"


@dataclass(slots=True)
class Tally:
    """Runs counted by kind."""

    runs: Counter[str] = field(default_factory=Counter)
    templates: Counter[str] = field(default_factory=Counter)
    intents: dict[str, Intent] = field(default_factory=dict)
    means: dict[str, Counter[str]] = field(default_factory=dict)
    codes: dict[str, Counter[str]] = field(default_factory=dict)
    most: Counter[str] = field(default_factory=Counter)
    """Most findings of one run."""
    failed: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one."""
        name = outcome.kind
        self.runs[name] += 1
        self.templates[outcome.template or "none"] += 1
        self.intents[name] = outcome.intent
        self.means.setdefault(name, Counter())[outcome.means or "none"] += 1
        self.codes.setdefault(name, Counter()).update(outcome.codes)
        self.most[name] = max(self.most[name], len(outcome.said))
        if outcome.problems:
            self.failed.append(outcome)

    @property
    def silent(self) -> int:
        """Silent changes."""
        return sum(outcome.silent for outcome in self.failed)

    @property
    def accepted_share(self) -> float:
        """Share of runs whose edit is neutral or an entry."""
        good = sum(count for name, count in self.runs.items() if self.intents[name] is not Intent.DAMAGE)
        return good / max(1, self.runs.total())

    def table(self) -> Iterator[str]:
        """Lines for people."""
        yield f"{'kind':<46} {'intent':<8} {'runs':>6} {'failed':>6} {'silent':>6} {'most':>4}  codes; means"
        for name in sorted(self.runs, key=lambda name: (self.intents[name], name)):
            failed = [outcome for outcome in self.failed if outcome.kind == name]
            codes = " ".join(code for code, _ in self.codes[name].most_common(7)) or "-"
            means = ", ".join(f"{means} {count}" for means, count in self.means[name].most_common())
            silent = sum(outcome.silent for outcome in failed)
            yield (
                f"{name:<46} {self.intents[name]:<8} {self.runs[name]:>6} {len(failed):>6} {silent:>6} "
                f"{self.most[name]:>4}  {codes}; {means}"
            )
        yield ""
        for what, counts in (("intent", self._by_intent()), ("template", self.templates)):
            for name, count in sorted(counts.items()):
                wrong = sum((one.intent if what == "intent" else one.template) == name for one in self.failed)
                yield f"{what} {name:<20} {count:>7,} runs, {wrong:,} failed"
        by_office = sum(means[LIBREOFFICE] for means in self.means.values())
        yield f"{len(self.runs)} kinds, {self.runs.total():,} runs, {by_office:,} of them by LibreOffice"
        yield f"neutral or entry {self.accepted_share:.0%}"
        yield f"failed: {len(self.failed):,}; silent changes: {self.silent:,}"

    def _by_intent(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for name, count in self.runs.items():
            counts[self.intents[name]] += count
        return counts


def plan(seeds: Iterable[int], kinds: Sequence[Kind] = ()) -> Iterator[tuple[Kind, int]]:
    """Kinds in turn, one a seed; in LibreOffice's turns those that people make, some of them in these turns alone."""
    chosen = kinds or all_kinds()
    quick = [kind for kind in chosen if not kind.office]
    slow = [kind for kind in chosen if not kind.of_package] or chosen
    for seed in seeds:
        turn = seed // OFFICE_EVERY
        if by_libreoffice(seed) or not quick:
            yield slow[turn % len(slow)], seed
        else:
            yield quick[(seed - turn - 1) % len(quick)], seed


def run_seeds(seeds: Sequence[int], names: Sequence[str] = (), office: Office | None = None) -> list[Outcome]:
    """The runs of ``seeds``, with ``office`` or a LibreOffice of their own, started where one is needed."""
    kinds = [kind for kind in all_kinds() if not names or kind.name in names]
    own = Office()
    with tempfile.TemporaryDirectory(prefix="crmxl-mutation-") as folder, ExitStack() as stack:
        outcomes = []
        for kind, seed in plan(seeds, kinds):
            program = (office or _started(own, stack)) if needs_office(kind, seed) else None
            outcomes.append(run(kind, seed, Bench(program, Path(folder))))
        return outcomes


def needs_office(kind: Kind, seed: int) -> bool:
    """Whether LibreOffice makes this edit."""
    return kind.office or by_libreoffice(seed)


def _started(office: Office, stack: ExitStack) -> Office:
    if not office.running:
        stack.enter_context(office)
    return office


def run_many(first: int, count: int, names: Sequence[str], jobs: int, progress: Callable[[Tally], None]) -> Tally:
    """``count`` runs from seed ``first`` on, in ``jobs`` processes with a LibreOffice each."""
    last = first + count
    size = min(SEEDS_OF_A_POOL // 4, max(POOL, -(-count // max(1, jobs))))
    chunks = [range(at, min(last, at + size)) for at in range(first, last, size)]
    tally = Tally()
    with ProcessPoolExecutor(jobs) as pool:
        for outcomes in pool.map(run_seeds, chunks, [names] * len(chunks)):
            for outcome in outcomes:
                tally.add(outcome)
            progress(tally)
    return tally
