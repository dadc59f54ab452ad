"""Whatever order the acts of a round take: nothing that was accepted is lost, one version counts, totals are the sum
of what was approved, and the ledger alone explains where everybody stands.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crmxl.check.batch import judge
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.commands.collecting import choose_version, record_nil
from crmxl.commands.reviewing import approve_units, reopen_units, return_units
from crmxl.define.round import load_round, policies_beside, round_library
from crmxl.errors import CrmxlError
from crmxl.expression import Value
from crmxl.files import write_atomically
from crmxl.group.answers import Answer
from crmxl.group.consolidate import consolidate
from crmxl.group.counting import counted
from crmxl.group.intake import Arrival, known, take_in
from crmxl.group.ledger import Ledger
from crmxl.group.origin import Figures, Include
from crmxl.group.record import Definitions
from crmxl.group.register import Register
from crmxl.group.rejudging import outdated, recheck
from crmxl.group.standing import Board, State
from tests.group.small_round import BASIS, ROUND, filled, lay_round, open_round

OPERATIONS = int(os.environ.get("CRMXL_OPERATIONS", "1000"))
"""Random acts in one run of the tests."""
STEPS = 100
UNITS = ("A", "A1", "B", "B1")
REGIONS = ("A", "B")
CAP = 50_000_000
"""Fen; one hundredth of it is less than what B sends."""
VARIANTS = 4
"""Different workbooks of each unit; the last has an error."""


@dataclass(frozen=True)
class Sent:
    """A workbook that a unit may send."""

    unit: str
    content: bytes
    report: Report
    fen: int
    broken: bool


@cache
def home() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="crmxl-test-")


@cache
def sent() -> dict[tuple[str, int], Sent]:
    """Every unit's workbooks, written and read once."""
    folder = Path(home().name)
    round = lay_round(folder)
    library = round_library(folder)
    standard = Standard(round, policies_beside(folder), None, "2026-01-01")
    found = {}
    for at, unit in enumerate(UNITS):
        for variant in range(VARIANTS):
            fen = 10_000 * 10**at + variant
            broken = variant == VARIANTS - 1
            entries: dict[str, Value] = {"1.1@amount": Fraction(fen, 100), **({} if broken else BASIS)}
            path = folder / "sent" / f"{unit}-{variant}.xlsx"
            write_atomically(path, filled(folder, unit, others=entries))
            report = judge(path, library, standard)
            assert report.blocked is broken, report.findings
            found[unit, variant] = Sent(unit, path.read_bytes(), report, fen, broken)
    return found


@dataclass
class Expected:
    """What a unit's standing must be, kept by other means than events."""

    state: str = "missing"
    versions: list[int | None] = field(default_factory=list)
    """Variant of each version; None for a nil return."""
    caps: dict[int, int] = field(default_factory=dict)
    """The cap by which each version was judged, in fen."""
    bad: set[int] = field(default_factory=set)
    """Versions with errors."""
    current: int = 0
    candidates: set[int] = field(default_factory=set)
    late: set[int] = field(default_factory=set)
    roles: list[str] = field(default_factory=list)
    cut: int = 0
    """Fen by which reviewers changed it."""
    sent_back: bool = False
    """Whether a reviewer returned it."""


REPORTS: dict[tuple[str, int, int], Report] = {}
"""By unit, variant and cap."""
INCLUDE: tuple[Include, ...] = ("approved", "received")
FIGURES: tuple[Figures, ...] = ("approved", "submitted")
UNIT = st.sampled_from(UNITS)
VARIANT = st.integers(0, VARIANTS - 1)


class Rounds(RuleBasedStateMachine):
    """One round; every rule is an act of somebody."""

    @initialize()
    def begin(self) -> None:
        self.at = TemporaryDirectory(prefix="crmxl-test-")
        self.folder = Path(self.at.name)
        self.round = open_round(self.folder)
        self.there: Any = {"round": self.folder, "template": ""}
        self.open()
        self.model = {unit: Expected() for unit in UNITS}
        self.cap = CAP

    def open(self) -> None:
        self.register = Register(Ledger.open(self.folder / "ledger.db", self.round.name))

    def teardown(self) -> None:
        if hasattr(self, "register"):
            self.register.ledger.close()
            self.at.cleanup()

    # -- acts

    def arrive(self, unit: str, variants: list[int], sender: str = "") -> list[Answer]:
        made = [sent()[unit, variant] for variant in variants]
        reports = [self.judged(unit, variant) for variant in variants]
        arrivals = [
            Arrival(report, lambda one=one: one.content)  # type: ignore[misc]
            for one, report in zip(made, reports, strict=True)
        ]
        return [one.answer for one in take_in(self.register, self.round, arrivals, "收件人", sender)]

    @rule(unit=UNIT, variants=st.lists(VARIANT, min_size=1, max_size=3))
    def submit(self, unit: str, variants: list[int]) -> None:
        model = self.model[unit]
        before = list(model.versions)
        answers = self.arrive(unit, variants)
        new = [variant for variant in dict.fromkeys(variants) if variant not in before]
        wrong = {variant for variant in new if self.breaks(unit, variant)}
        for variant, answer in zip(variants, answers, strict=True):
            if variant in before:
                assert answer in (Answer.SAME, Answer.SUPERSEDED)
        if not new:
            return
        good = [variant for variant in new if variant not in wrong]
        ordered = [v for v in sorted(new) if v not in good] + [v for v in sorted(new) if v in good]
        first = len(model.versions) + 1
        model.versions += ordered
        numbers = set(range(first, first + len(ordered)))
        model.caps |= dict.fromkeys(numbers, self.cap)
        model.bad |= {number for number, variant in zip(sorted(numbers), ordered, strict=True) if variant in wrong}
        if model.state == "approved":
            model.late |= numbers
            return
        model.roles, model.cut, model.candidates, model.sent_back = [], 0, set(), False
        if len(ordered) > 1 and len(good) != 1:
            model.state, model.current, model.candidates = "blocked", 0, numbers
        else:
            self.make_current(model, max(numbers))

    def judged(self, unit: str, variant: int) -> Report:
        """The report on a workbook by the records of now."""
        if (unit, variant, self.cap) not in REPORTS:
            path = Path(home().name) / "sent" / f"{unit}-{variant}.xlsx"
            standard = Standard(self.round, policies_beside(self.folder), None, "2026-01-01")
            REPORTS[unit, variant, self.cap] = judge(path, round_library(self.folder), standard)
        return REPORTS[unit, variant, self.cap]

    def breaks(self, unit: str, variant: int, cut: int = 0) -> bool:
        """Whether a workbook of the unit has errors by the records of now."""
        one = sent()[unit, variant]
        return one.broken or (unit in REGIONS and one.fen + cut > self.cap)

    def make_current(self, model: Expected, number: int) -> None:
        model.current, model.candidates, model.roles, model.cut = number, set(), [], 0
        model.sent_back = False
        model.late.discard(number)
        model.state = "returned" if number in model.bad else "received"

    @rule(unit=UNIT, variant=VARIANT)
    def somebody_else_sends_it(self, unit: str, variant: int) -> None:
        other = UNITS[(UNITS.index(unit) + 1) % len(UNITS)]
        told = self.arrive(unit, [variant], sender=other)
        assert told == [Answer.OTHER_UNIT]

    @rule(unit=UNIT)
    def nothing_to_budget(self, unit: str) -> None:
        model = self.model[unit]
        if self.allowed(
            model.state != "approved",
            lambda: record_nil(unit, "zh", reason="无", by="单位", **self.there),
        ):
            model.versions.append(None)
            self.make_current(model, len(model.versions))

    @rule(unit=UNIT, role=st.sampled_from(["crd", "finance", "group"]))
    def approve(self, unit: str, role: str) -> None:
        model = self.model[unit]
        roles = ["crd", "finance"] if unit in ("A", "B") else ["group"]
        due = next((one for one in roles if one not in model.roles), "")
        fits = model.state == "received" and role == due and self.judged_by_now(unit, model)
        if self.allowed(fits, lambda: self.approving(unit, role, None)):
            model.roles.append(role)
            if model.roles == roles:
                model.state = "approved"

    @rule(unit=UNIT, yuan=st.integers(-200, 200).filter(bool))
    def adjust(self, unit: str, yuan: int) -> None:
        model = self.model[unit]
        roles = ["crd", "finance"] if unit in ("A", "B") else ["group"]
        due = next((one for one in roles if one not in model.roles), "group")
        path = self.folder / "adjust.csv"
        write_atomically(path, f"键,调整,理由\n1.1@amount,{yuan},压减\n".encode())
        variant = model.versions[model.current - 1] if model.current else None
        now = 0 if variant is None else sent()[unit, variant].fen + model.cut
        after = now + yuan * 100
        breaks = variant is not None and unit in REGIONS and after > self.cap
        fits = model.state == "received" and variant is not None and after >= 0 and not breaks
        fits = fits and self.judged_by_now(unit, model)
        if self.allowed(fits, lambda: self.approving(unit, due, path)):
            model.roles.append(due)
            model.cut += yuan * 100
            if model.roles == roles:
                model.state = "approved"

    def judged_by_now(self, unit: str, model: Expected) -> bool:
        if unit not in REGIONS:
            return True
        nil = model.versions[model.current - 1] is None
        return nil or model.caps[model.current] == self.cap

    @rule(cap=st.sampled_from([CAP, CAP // 100]))
    def the_group_changes_its_records(self, cap: int) -> None:
        limits = f'[limits.P901.region]\ncap = "{cap // 100}"\n' if cap != CAP else ""
        write_atomically(self.folder / "round.toml", (ROUND + limits).encode())
        self.round, self.cap = load_round(self.folder), cap

    @rule()
    def everything_outdated_is_judged_again(self) -> None:
        standard = Standard(self.round, policies_beside(self.folder), None, "2026-01-01")
        today = self.register.clock()[:10]
        for standing, version in outdated(self.register.refresh(), self.round, today):
            model = self.model[standing.unit]
            variant = model.versions[version.number - 1]
            assert variant is not None
            report = self.judged(standing.unit, variant)
            assert recheck(self.register, self.round, standing, version, report, standard, "集团").event is not None
            number = version.number
            cut = model.cut if number == model.current else 0
            before = number in model.bad
            model.caps[number] = self.cap
            (model.bad.add if self.breaks(standing.unit, variant, cut) else model.bad.discard)(number)
            changed = before != (number in model.bad)
            if number == model.current and changed and model.state in ("received", "returned") and not model.sent_back:
                self.make_current(model, number)
        assert not outdated(self.register.refresh(), self.round, today)

    def approving(self, unit: str, role: str, adjust: Path | None) -> int:
        return approve_units([unit], "zh", role=role, comment="", adjust=adjust, by="审核", **self.there)

    @rule(unit=UNIT)
    def send_back(self, unit: str) -> None:
        model = self.model[unit]
        fits = model.state in ("received", "returned", "blocked")

        def act() -> int:
            return return_units([unit], "zh", role="", comments=["请补充"], annotate=None, by="审核", **self.there)

        if self.allowed(fits, act):
            model.current = model.current or max(model.candidates)
            model.state, model.roles, model.cut, model.candidates = "returned", [], 0, set()
            model.sent_back = True

    @rule(unit=UNIT)
    def reopen(self, unit: str) -> None:
        model = self.model[unit]
        if self.allowed(
            model.state == "approved",
            lambda: reopen_units([unit], "zh", reason="目标调整", by="集团", **self.there),
        ):
            model.state, model.roles, model.cut = "received", [], 0

    @rule(unit=UNIT, number=st.integers(1, 6))
    def choose(self, unit: str, number: int) -> None:
        model = self.model[unit]
        fits = model.state != "approved" and number <= len(model.versions)
        fits = fits and not (model.state == "received" and number == model.current)
        if self.allowed(
            fits,
            lambda: choose_version(unit, str(number), "zh", reason="确认", by="集团", **self.there),
        ):
            self.make_current(model, number)

    @precondition(lambda self: self.register.board.position > 0)
    @rule()
    def another_process_goes_on(self) -> None:
        self.register.ledger.close()
        self.open()

    def allowed(self, fits: bool, act: Callable[[], int]) -> bool:
        """Whether the act was done, which it must be exactly where it ``fits``; a refusal changes nothing."""
        before = self.register.refresh().position
        try:
            done = act() == 0
        except CrmxlError as error:
            assert str(error)
            done = False
        assert done is fits
        assert (self.register.refresh().position == before + 1) is fits
        return done

    # -- what must hold after each

    @invariant()
    def everybody_stands_where_they_must(self) -> None:
        board = self.register.refresh()
        for unit, model in self.model.items():
            standing = board.at(unit, "plan")
            assert standing.state.value == model.state, unit
            assert standing.current == model.current
            assert set(standing.candidates) == model.candidates
            assert set(standing.late) == model.late
            assert list(standing.roles) == model.roles
            assert len(standing.versions) == len(model.versions)
            assert (standing.state is State.MISSING) == (not model.versions)

    @invariant()
    def history_explains_the_present(self) -> None:
        assert Board(self.register.ledger.events()).standings == self.register.refresh().standings

    @rule()
    def no_accepted_byte_is_lost(self) -> None:
        board = self.register.refresh()
        for unit, model in self.model.items():
            for number, variant in enumerate(model.versions, 1):
                version = board.at(unit, "plan").versions[number - 1]
                if variant is None:
                    assert version.nil
                    continue
                assert self.register.ledger.content(version.file) == sent()[unit, variant].content
                receipt = known(board, version.file, "again.xlsx")
                assert receipt is not None
                assert receipt.event == version.event
        assert self.register.ledger.verify() == []

    @rule(include=st.sampled_from(INCLUDE), figures=st.sampled_from(FIGURES))
    def totals_are_the_sum_of_what_counts(self, include: Include, figures: Figures) -> None:
        library, policies = round_library(self.folder), policies_beside(self.folder)
        definitions = Definitions(library, policies)
        board = self.register.refresh()
        found = counted(board, self.round, self.register.ledger, definitions, include, figures)
        totals = consolidate(found.reports, Standard(self.round, policies, None, "2026-01-01"))
        states = ("approved",) if include == "approved" else ("approved", "received")
        counts = [(unit, one) for unit, one in self.model.items() if one.state in states and one.current not in one.bad]
        expected = 0
        for unit, model in counts:
            variant = model.versions[model.current - 1]
            if variant is not None:
                expected += sent()[unit, variant].fen + (model.cut if figures == "approved" else 0)
        assert (totals.total or 0) == expected
        assert sum(len(block.units) for block in totals.blocks) == len(counts)


@pytest.mark.slow
def test_any_order_of_acts_keeps_every_byte_and_every_fen(capsys: pytest.CaptureFixture[str]) -> None:
    examples = max(1, OPERATIONS // STEPS)
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Rounds,
        settings=settings(
            max_examples=examples, stateful_step_count=STEPS, deadline=None, suppress_health_check=checks
        ),
    )
