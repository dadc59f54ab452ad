"""The samples: clean ones are clean, each broken one gives exactly its codes, and what is generated is fresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmxl.catalogue import catalogue
from crmxl.check.runner import check
from crmxl.check.verdict import Report, Verdict
from crmxl.money import decimal_text
from crmxl.receive.reading import read
from tests import make_samples
from tests.define.test_shipped import TOTALS
from tests.gallery.cases import Case, cases, got, reports
from tests.gallery.issued import SAMPLES, Request, blanks, shipped_library, units

CHECKED = tuple("FISEG")
"""Families that a file, or several, can have; policies have cases of their own."""
NO_WORKBOOK = {
    "F106": "a file that the system will not open cannot lie in the repository",
    "F108": "it takes a process that dies: tests/check/test_batch.py",
    **dict.fromkeys(("I111", "I112", "I113", "I114"), "it takes a round: tests/check/test_round.py"),
    **dict.fromkeys(("G103", "G104", "G105"), "it takes a round: tests/group/test_tree.py"),
}
MOST = 9 << 20
"""Bytes of all samples together."""
DISCLOSED = {
    "customer-maintenance/northwest-china.json": {"P372"},
    "customer-portfolio/southwest-china.json": {"P401", "P402"},
}
"""Samples with something that the reviewer should see: spending against value, credit and receivables."""


def _checked(path: Path) -> Report:
    return check(read(path, shipped_library()))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_gallery_workbook_gives_exactly_its_findings(case: Case) -> None:
    found = reports(case)
    assert got(case, found) == case.expect
    if case.total:
        assert [report.total is not None and decimal_text(report.total) for report in found] == [case.total]


def test_the_sources_mistaken_totals_are_told_to_the_fen() -> None:
    (case,) = (case for case in cases() if case.name == "source-totals")
    (report,) = reports(case)
    assert [(one.place.cell, one.found, one.expected, one.values["difference"]) for one in report.findings] == [
        ("C61", "26,000.00", "25,000.00", "1,000.00"),
        ("C62", "134,000.00", "133,000.00", "1,000.00"),
    ]
    assert report.blocked


@pytest.mark.parametrize("code", [code for code in catalogue() if code.startswith(CHECKED)])
def test_every_code_has_a_case(code: str) -> None:
    if code not in NO_WORKBOOK:
        assert make_samples.names_of(code), f"{code} has no case in tests/gallery/cases.toml"


def test_case_names_are_unique() -> None:
    names = [case.name for case in cases()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("unit", units(), ids=lambda unit: Path(unit.file).stem)
def test_a_filled_sample_is_clean(unit: Request) -> None:
    report = _checked((SAMPLES / unit.file).with_suffix(".xlsx"))
    codes = {one.code for one in report.findings}
    stamp = report.submission.stamp
    unverified = {"I108"} if stamp and stamp.assignment.parameters else set()  # no round vouches for issued figures
    assert codes == DISCLOSED.get(unit.file, set()) | unverified
    assert report.verdict is (Verdict.WARNINGS if codes else Verdict.OK)
    assert report.total is not None and decimal_text(report.total) == TOTALS[unit.file]


@pytest.mark.parametrize("name", blanks())
def test_a_blank_sample_is_reported_as_not_filled_in_and_nothing_else(name: str) -> None:
    report = _checked(SAMPLES / "blank" / name)
    assert [one.code for one in report.findings] == ["E115"]


def test_samples_stay_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < MOST


@pytest.mark.slow
def test_samples_and_the_gallerys_readme_are_fresh() -> None:
    assert make_samples.stale() == [], "run make samples"
