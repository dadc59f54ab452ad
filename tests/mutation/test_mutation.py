"""No edit of a returned workbook changes a total or an entry in silence; good edits are accepted, bad ones named.

``CRMXL_MUTATIONS`` sets the number of runs (240), from seed 0. Seeds are dealt to kinds in turn, so the same number
gives the same runs.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from crmxl.check.runner import check
from crmxl.money import show
from crmxl.receive.reading import read
from tests.mutation import filled_hotel
from tests.mutation import run as runs
from tests.mutation.base import COUNTED, Base
from tests.mutation.fillings import FILLINGS, LIBRARY, POOL, TEMPLATES, base
from tests.mutation.kinds import Edit, Intent, Kind, all_kinds, edit, sign
from tests.mutation.means import Bench, Means, in_xml, number, typed
from tests.mutation.package import part_of, parts_of, tab_names
from tests.mutation.program import Program, shifted
from tests.mutation.run import Tally, judge, plan, run_seeds
from tests.office.driver import Office

COUNT = int(os.environ.get("CRMXL_MUTATIONS", "240"))
CHUNKS = 10
_SHOWN = 10


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_edit_changes_a_total_or_an_entry_in_silence(office: Office, chunk: int) -> None:
    seeds = range(COUNT * chunk // CHUNKS, COUNT * (chunk + 1) // CHUNKS)
    tally = Tally()
    for outcome in run_seeds(seeds, office=office):
        tally.add(outcome)
    failures = "\n\n".join(map(str, tally.failed[:_SHOWN]))
    assert not tally.failed, f"{len(tally.failed)} of {len(seeds)} runs failed, {tally.silent} silently\n\n{failures}"


def test_there_are_kinds_enough_and_a_good_part_must_be_accepted() -> None:
    kinds = all_kinds()
    assert len(kinds) >= 150
    for intent in Intent:
        assert sum(kind.intent is intent for kind in kinds) >= 15
    dealt = [kind for kind, _ in plan(range(max(COUNT, 40 * len(kinds))))]
    assert set(dealt) == set(kinds)
    assert sum(kind.intent is not Intent.DAMAGE for kind in dealt) >= 0.3 * len(dealt)


def test_every_template_that_ships_is_filled_here() -> None:
    assert FILLINGS.keys() == set(TEMPLATES)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("number", [0, 1, POOL + 4])
def test_the_base_has_no_findings_and_is_the_same_every_time(template: str, number: int, tmp_path: Path) -> None:
    start = base(template, number)
    base.cache_clear()
    assert base(template, number).data == start.data
    path = tmp_path / "base.xlsx"
    path.write_bytes(start.data)
    report = check(read(path, LIBRARY), start.standard)
    assert report.findings == ()
    assert report.total == start.total(start.inputs) > 0


# The test itself must be able to fail: edits whose makers declare something else than they do.


def _outcome(tmp_path: Path, intent: Intent, made: Edit, start: Base) -> tuple[list[str], bool]:
    path = tmp_path / "edited.xlsx"
    path.write_bytes(made.means.make(start.data, Bench(None, tmp_path)))
    return judge(intent, start, made, check(read(path, LIBRARY), start.standard))


def test_an_amount_that_changed_unbeknown_to_the_test_is_a_silent_change(tmp_path: Path) -> None:
    start = base("cosmetics-plan", 0)
    code = start.lines(filled=True)[0]
    means = typed("XML", start, {code + COUNTED: Decimal("77.01")})
    problems, silent = _outcome(tmp_path, Intent.NEUTRAL, edit("", means), start)
    assert silent
    total = start.total({**start.inputs, code + COUNTED: Decimal("77.01")})
    assert problems[0].startswith(f"accepted, but the total is {show(total)}")
    assert f"{code}{COUNTED} is {Fraction(7701, 100)!r}" in problems[1]


def test_a_file_refused_against_the_intent_and_damage_accepted_are_failures(tmp_path: Path) -> None:
    start = base("cosmetics-plan", 0)
    key = start.lines(filled=True)[0] + COUNTED
    place = start.tab(key), start.at(key)
    refused = edit("", in_xml({place: number("-1")}, values=False))
    problems, silent = _outcome(tmp_path, Intent.ENTRY, refused, start)
    assert "refused with verdict errors" in problems and not silent
    accepted = edit("", in_xml({}, values=False), sign("E104", *place))
    problems, silent = _outcome(tmp_path, Intent.DAMAGE, accepted, start)
    assert problems == [f"no finding E104 at {place[0]}!{place[1]}", "accepted with verdict ok"] and not silent
    elsewhere = edit("", in_xml({place: number("-1")}, values=False), sign("E104", place[0], "C999"))
    problems, _ = _outcome(tmp_path, Intent.DAMAGE, elsewhere, start)
    assert problems == [f"no finding E104 at {place[0]}!C999"]


def test_a_finding_that_nobody_expects_is_a_failure(tmp_path: Path) -> None:
    start = base("cosmetics-plan", 0)
    told_by_the_means = in_xml({}, values=False)
    assert _outcome(tmp_path, Intent.NEUTRAL, edit("", told_by_the_means), start) == ([], False)
    untold = edit("", Means("XML", told_by_the_means.make))
    problems, _ = _outcome(tmp_path, Intent.NEUTRAL, untold, start)
    assert problems == ["told of F110, which nobody expects"]


def test_a_crash_and_an_edit_that_cannot_be_made_are_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def off_the_sheet(random: Random, start: Base) -> Edit:
        return edit("", in_xml({(start.money.name, "ZZ9"): number("1")}))

    bench = Bench(None, tmp_path)
    outcome = runs.run(Kind("off-the-sheet", Intent.NEUTRAL, off_the_sheet), 0, bench)
    assert outcome.problems[0].startswith("the edit could not be made")
    saved = next(kind for kind in all_kinds() if kind.name == "saved-without-values")
    assert runs.run(saved, 0, bench).problems == ()
    monkeypatch.setattr(runs, "read", lambda path, library: 1 / 0)
    assert "ZeroDivisionError" in runs.run(saved, 0, bench).problems[0]


def test_a_broken_rule_that_is_not_told_is_a_silent_change(tmp_path: Path) -> None:
    start = base("hotel-marketing", 0)
    code = next(code for code in start.lines(filled=True) if code in filled_hotel.RANGES)
    key = code + start.typed
    over = {key: filled_hotel.RANGES[code][1] + Decimal("0.01")}
    told = edit("", typed("XML", start, over), changes=over)
    assert _outcome(tmp_path, Intent.ENTRY, told, start) == ([], False)
    path = tmp_path / "edited.xlsx"
    report = check(read(path, LIBRARY), start.standard)
    silenced = replace(report, findings=tuple(one for one in report.findings if one.code != "P322"))
    problems, silent = judge(Intent.ENTRY, start, told, silenced)
    assert problems == [f"accepted, but P322 is broken at {code}@amount and not told"] and silent
    problems, silent = judge(Intent.ENTRY, start, edit("", told.means), report)
    assert silent and "told of P322, which nobody expects" in problems


def test_references_follow_edits_as_in_a_spreadsheet_program() -> None:
    assert shifted('SUM(C9:C$12,$D4)&"A1"', 2, 1) == 'SUM(D11:D$12,$D6)&"A1"'
    start = base("marketing-mix", 0)
    tab = start.money.name
    book = Program(start.data)
    book.insert_rows(tab, 9, 2)
    book.delete_rows(tab, 40)
    book.rename_sheet(tab, "it's")
    saved = book.saved()
    assert tab_names(saved) == tuple("it's" if name == tab else name for name in start.tabs)
    issued, now = (
        "".join(re.findall("<f>[^<]*</f>", parts_of(data)[part_of(data, start.checks.name)].decode()))
        for data in (start.data, saved)
    )
    assert f"'{tab}'!J8:J10,'{tab}'!J13:J15," in issued and f"'{tab}'!J38," in issued
    assert "'it''s'!J8:J12,'it''s'!J15:J17," in now and "!#REF!)" in now


@pytest.mark.parametrize("name", ["row-deleted", "sheet-renamed", "column-copied", "line-moved-within-its-group"])
def test_the_small_program_and_libreoffice_are_answered_alike(office: Office, tmp_path: Path, name: str) -> None:
    kind = next(kind for kind in all_kinds() if kind.name == name)
    codes = [set(runs.run(kind, 5, Bench(program, tmp_path)).codes) - {"F110"} for program in (None, office)]
    assert codes[0] == codes[1]


def test_the_same_seed_makes_the_same_edit() -> None:
    for kind in all_kinds():
        (start, first), (other, again) = (runs.redo(kind, 3) for _ in range(2))
        assert start == other
        assert (first.says, first.changes, first.signs) == (again.says, again.changes, again.signs), kind.name
