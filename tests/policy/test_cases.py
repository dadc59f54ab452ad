"""Every rule that ships has cases that keep and break it, and each is told exactly that: cell, figures, excess."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.catalogue import word
from crmxl.define.policies import applicable
from crmxl.expression import Value
from crmxl.model import Key, Severity
from tests.policy.cases import Case, cases
from tests.policy.fillings import LIBRARY, POLICIES

COMPENSATION: dict[Key, Value] = {"3.3.1@amount": Fraction(5_000_000), "3.3.1@basis": "历年平均"}


@pytest.mark.parametrize("case", cases(), ids=str)
def test_a_case_is_told_exactly_what_its_rule_says(case: Case, tmp_path: Path) -> None:
    assert (case.expect == "broken") == bool(case.at), "a broken rule is told at a cell"
    report = case.report(tmp_path)
    told = [(finding.code, finding.key) for finding in report.findings if finding.code not in case.always]
    wanted = [(case.rule, case.at)] if case.at else []
    assert sorted(told) == sorted([*case.also, *wanted])
    assert {finding.code for finding in report.findings} >= set(case.always)
    for finding in (finding for finding in report.findings if finding.code == case.rule):
        words = word(finding, "zh")
        assert finding.place.cell
        assert (case.found or words.found, case.expected or words.expected) == (words.found, words.expected)
        assert not case.excess or re.search(rf"(?<![0-9.,]){re.escape(case.excess)}(?![0-9])", words.message)
        assert case.says in words.message
        assert "{" not in words.message + words.fix
        assert "{" not in word(finding, "en").message + word(finding, "en").fix


def test_every_shipped_rule_has_cases_that_keep_and_break_it() -> None:
    there = {(case.rule, case.expect) for case in cases()}
    codes = {rule.code for policy in POLICIES.all() for rule in policy.rules}
    assert {(code, expect) for code in codes for expect in ("kept", "broken")} == there


def test_every_policy_has_its_case_file_for_a_template_that_it_is_for() -> None:
    assert {case.policy for case in cases()} == set(POLICIES.names())
    for template, policy in {(case.template, case.policy) for case in cases()}:
        assert applicable(LIBRARY.load(template), (POLICIES.load(policy),))


def test_a_broken_case_gives_the_figures_wherever_its_rule_compares_amounts() -> None:
    bare = {case.rule for case in cases() if case.expect == "broken" and not (case.found and case.excess)}
    assert bare <= {"P307", "P309", "P324", "P401", "P402"}  # about a text, a magnitude, names in a list


@pytest.mark.parametrize("case", [case for case in cases() if case.rule == "P301"][:3], ids=str)
def test_compensation_changes_neither_verdict_nor_total(case: Case, tmp_path: Path) -> None:
    before = case.report(tmp_path)
    after = replace(case, entries={**case.entries, **COMPENSATION}).report(tmp_path)
    assert before.total is not None
    assert after.total == before.total
    assert after.verdict == before.verdict
    assert [(f.code, f.found, f.expected) for f in after.findings if f.severity is Severity.ERROR] == [
        (f.code, f.found, f.expected) for f in before.findings if f.severity is Severity.ERROR
    ]
