"""Mutated workbooks raise nothing and change no number in silence; the long run is ``python -m tests.fuzz``.

``CRMXL_FUZZ`` sets the number of random inputs (160), from number 0.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import openpyxl
import pytest

from crmxl.check.runner import check
from crmxl.receive.reading import read
from tests.differential.readers import with_openpyxl
from tests.fuzz import guided, harmless, judge, mutate, run
from tests.fuzz.draft import Mutation, Unsuitable
from tests.fuzz.independent import READERS, Unread, by_calamine, by_openpyxl, entries
from tests.fuzz.mutate import Made, make
from tests.fuzz.regressions import REGRESSIONS, Regression
from tests.fuzz.seeds import NAMES, seed
from tests.mutation.fillings import TEMPLATES

COUNT = int(os.environ.get("CRMXL_FUZZ", "160"))
CHUNKS = 4
AMOUNT = "2.10@amount"


def _judged(number: int, folder: Path) -> judge.Outcome:
    return judge.judge(make(number), folder, every_cell=number % 4 == 0)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_inputs_are_answered_rightly(chunk: int, tmp_path: Path) -> None:
    numbers = range(COUNT * chunk // CHUNKS, COUNT * (chunk + 1) // CHUNKS)
    failed = [outcome for number in numbers if (outcome := _judged(number, tmp_path)).problems]
    assert not failed, "\n\n".join(map(str, failed))


@pytest.mark.parametrize("regression", REGRESSIONS, ids=lambda regression: regression.name)
def test_regressions_are_answered_as_they_should_be(regression: Regression, tmp_path: Path) -> None:
    outcome = judge.judge(regression.made(), tmp_path)
    assert (outcome.problems, outcome.codes) == ((), regression.codes)


@pytest.mark.parametrize("change", harmless.MUTATIONS, ids=lambda change: change.__name__)
def test_a_workbook_written_otherwise_is_answered_as_before(change: Mutation, tmp_path: Path) -> None:
    start = seed("small")
    draft = start.draft()
    made = Made(0, start, (change(Random(0), draft),), draft.saved(), True)
    assert made.data != start.data
    assert judge.judge(made, tmp_path).problems == ()


def test_the_seeds_are_every_template_in_both_languages_and_have_no_findings(tmp_path: Path) -> None:
    assert set(TEMPLATES) | {"small"} == {name.partition(" ")[0] for name in NAMES}
    for name in (*(f"{template} 2" for template in TEMPLATES), *(name for name in NAMES if "small" in name)):
        start = seed(name)
        outcome = judge.judge(Made(0, start, (), start.data, False), tmp_path)
        assert (outcome.codes, outcome.problems, outcome.compared) == ((), (), len(READERS)), name
    assert seed("marketing-mix 2").layout.lang == "en"


def test_the_same_number_makes_the_same_input() -> None:
    first = [make(number) for number in range(8)]
    seed.cache_clear()
    again = [make(number) for number in range(8)]
    assert [(made.steps, made.data) for made in first] == [(made.steps, made.data) for made in again]
    assert len({made.data for made in first}) == len(first)


def test_one_to_eight_mutations_are_stacked() -> None:
    counts = {len(make(number).steps) for number in range(150)}
    assert {1, 2, 3, 4} <= counts <= set(range(1, mutate.MOST + 1))


def test_a_mutation_that_finds_nothing_leaves_the_draft_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def half_done(random: Random, draft: object) -> str:
        draft.entries.clear()  # type: ignore[attr-defined]
        raise Unsuitable

    monkeypatch.setattr(mutate, "_LEVELS", ((1.0, (half_done,)),))
    number = next(number for number in range(20) if not make(number).same)
    made = make(number)
    assert made.steps == () and made.data == made.seed.draft().saved()


# The judge must be able to fail.


def _small() -> Made:
    return Made(0, seed("small"), (), seed("small").data, False)


def test_whatever_is_raised_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "check", lambda submission, standard: 1 / 0)
    outcome = judge.judge(_small(), tmp_path)
    assert "ZeroDivisionError" in outcome.problems[0]
    assert "again: python -m tests.fuzz --number 0" in str(outcome)


def test_a_reading_that_changes_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = iter(range(9))
    monkeypatch.setattr(
        judge, "read", lambda path, library: replace(read(path, library), digest=f"reading {next(turns)}")
    )
    assert judge.judge(_small(), tmp_path).problems == ("reading it again gives another submission",)


@pytest.mark.parametrize(("limit", "said"), [("SECONDS", "of processor time"), ("PEAK", "held")])
def test_too_much_time_or_memory_is_a_failure(
    limit: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, limit, 0)
    (problem,) = judge.judge(_small(), tmp_path).problems
    assert said in problem


def test_a_harmless_change_that_is_refused_is_a_failure(tmp_path: Path) -> None:
    start = seed("small")
    draft = start.draft()
    del draft.entries[draft.at("xl/sharedStrings.xml")]
    problems = judge.judge(Made(0, start, (), draft.saved(), True), tmp_path).problems
    assert problems[0].startswith("nothing was changed, and yet the codes are [")
    assert "the total is None, not 1290.5" in problems[1]


@pytest.mark.parametrize(
    ("key", "there", "told"),
    [
        (AMOUNT, 34.0, "2.10@amount counts 33, not 34.0"),
        (AMOUNT, None, "2.10@amount counts 33, where nothing stands"),
        (AMOUNT, "34", "2.10@amount counts 33, though there stands '34'"),
        (AMOUNT, " 34 ", "2.10@amount counts 33, though there stands ' 34 '"),
        (AMOUNT, True, "2.10@amount counts 33, though there stands True"),
        ("2.2@amount", 5, "2.2@amount counts None, not 5"),
        ("2.2@amount", "5", "2.2@amount counts None, though there stands '5'"),
    ],
)
def test_a_number_that_another_reader_sees_otherwise_is_a_failure(
    key: str, there: object, told: str, tmp_path: Path
) -> None:
    start = seed("small")
    path = tmp_path / "small.xlsx"
    path.write_bytes(start.data)
    report = check(read(path, start.library), start.standard)
    cell = start.layout.cells[key]
    values = {name: dict(cells) for name, cells in by_openpyxl(start.data).items()}
    assert list(judge.differences(start, report, values)) == []
    tab = values[start.layout.by_id[cell.sheet].name]
    tab.pop((cell.row, cell.column), None)
    if there is not None:
        tab[cell.row, cell.column] = there
    (problem,) = judge.differences(start, report, values)
    assert problem.startswith(told)
    more = replace(report, values={**report.values, "total@amount": Fraction(1)})
    assert "the total is 1, but the amounts add up to 1290.5" in list(judge.differences(start, more, values))[-1]


def test_a_cell_that_another_reader_sees_otherwise_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert judge.judge(_small(), tmp_path, every_cell=True).problems == ()
    other = with_openpyxl(seed("small en").data, "a.xlsx")
    monkeypatch.setattr(judge, "with_openpyxl", lambda data, name: other)
    problems = judge.judge(_small(), tmp_path, every_cell=True).problems
    assert problems and all("openpyxl" in problem for problem in problems)


@pytest.mark.parametrize("values_of", [by_openpyxl, by_calamine])
def test_entries_are_found_by_anchors_wherever_they_stand(values_of: Callable[[bytes], object]) -> None:
    start = seed("small")
    there = entries(READERS["openpyxl"](start.data), start.layout)
    assert (there[AMOUNT], there["preparer@value"], there["2.2@amount"]) == (33, "张三", None)
    book = openpyxl.load_workbook(io.BytesIO(start.data))
    tab = book[start.layout.by_id["plan"].name]
    tab.title = "x"
    tab.insert_rows(9, 2)
    tab.insert_cols(3)
    saved = io.BytesIO()
    book.save(saved)
    moved = values_of(saved.getvalue())
    assert entries(moved, start.layout)[AMOUNT] == 33  # type: ignore[arg-type]
    with pytest.raises(Unread):
        values_of(b"PK")


# The long run.


def test_children_judge_inputs_and_the_tally_counts_them() -> None:
    tally = run.run_many(0, 2, 1, lambda tally: None)
    assert sum(tally.verdicts.values()) == 2 and tally.failed == []
    said = "\n".join(tally.table())
    assert "2 inputs" in said and "failed: 0" in said and "peak memory" in said


def test_a_child_that_dies_is_a_failure_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    dying = "import os, signal, sys; sys.stdin.readline(); os.kill(os.getpid(), signal.SIGPROF)"
    monkeypatch.setattr(run, "_START", dying)
    outcomes = list(run.judged([3, 4], 1))
    assert [outcome.number for outcome in outcomes] == [3, 4]
    assert all("s of processor time" in outcome.problems[0] for outcome in outcomes)


def test_an_answer_that_another_process_does_not_give_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = iter(("one", "other"))

    def answers(numbers: object, jobs: int, *, every_cell: bool = False) -> list[judge.Outcome]:
        return [judge.Outcome(7, "small", (), digest=next(turns))]

    monkeypatch.setattr(run, "judged", answers)
    monkeypatch.setattr(run, "_AGAIN", 1)
    tally = run.run_many(7, 1, 1, lambda tally: None)
    assert [outcome.problems for outcome in tally.failed] == [("another process was told otherwise",)]


def test_the_guided_run_says_that_it_needs_atheris(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "atheris", None)
    assert guided.main() == 2
    assert "atheris is not installed, nothing was tried" in capsys.readouterr().err
