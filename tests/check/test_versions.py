"""A workbook of an older version is judged by the rules that it was issued with, or by today's that are for it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.check.runner import check
from crmxl.check.standard import Standard
from crmxl.define.library import Library
from crmxl.define.policies import Policies, applicable, live
from crmxl.define.round import Round, Unit
from crmxl.expression import Value
from crmxl.issue.layout import lay_out
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key
from crmxl.receive.reading import read

LIBRARY, POLICIES = Library(), Policies()
OLD = LIBRARY.load("hotel-marketing@1")
GIVEN = Assignment("HN", "华南酒店", 2026)
TYPED: dict[Key, Value] = {"1.1@amount": Fraction(9000), "1.1@basis": "x"}
UNPLANNED = ("1.2", "1.3", "2.1", "2.2", "2.3")
TOLD = [("P321", f"{code}@amount") for code in ("1.1", *UNPLANNED)]


def returned(folder: Path, *policies: str) -> Path:
    """A workbook of the first version, issued with these policies."""
    layout = lay_out(OLD, 2026, policies=tuple(map(POLICIES.load, policies)))
    (folder / "old.xlsx").write_bytes(write(layout, replace(GIVEN, policies=policies), TYPED))
    return folder / "old.xlsx"


def test_the_newest_policy_has_the_rules_of_each_version_of_its_template() -> None:
    for name, codes in (("hotel-marketing@1", ["P321"]), ("hotel-marketing", ["P322", "P323", "P324", "P325"])):
        template = LIBRARY.load(name)
        (policy,) = applicable(template, live(template, POLICIES))
        assert policy.name == "hotel-marketing@2"
        assert [rule.code for rule in policy.rules] == codes


def test_a_workbook_is_judged_by_the_policy_version_that_it_carries(tmp_path: Path) -> None:
    submission = read(returned(tmp_path, "hotel-marketing@1"), LIBRARY, POLICIES)
    assert submission.layout is not None
    assert [policy.name for policy in submission.layout.policies] == ["hotel-marketing@1"]
    assert Standard().rules(GIVEN, submission.layout) is submission.layout
    assert [(one.code, one.key) for one in check(submission).findings] == TOLD


@pytest.mark.parametrize("policies", [(), ("hotel-marketing@2",)])
def test_one_that_carries_none_or_the_newest_is_asked_the_same(tmp_path: Path, policies: tuple[str, ...]) -> None:
    submission = read(returned(tmp_path, *policies), LIBRARY, POLICIES)
    assert [(one.code, one.key) for one in check(submission).findings] == TOLD


@pytest.mark.parametrize("policy", ["hotel-marketing", "hotel-marketing@1", "hotel-marketing@2"])
def test_a_round_of_the_older_version_is_judged_by_either_policy(tmp_path: Path, policy: str) -> None:
    unit, key = Unit(code="HN", name="华南酒店"), b"a key of sixteen bytes and more"
    round = Round("2026 预算", 2026, "一上", (OLD.name,), (policy,), "", "", (unit,), {}, key, Path())
    given = round.assignment("HN", OLD)
    layout = lay_out(OLD, 2026, policies=(POLICIES.load(policy),))
    (tmp_path / "old.xlsx").write_bytes(write(layout, given, TYPED, secret=key))
    report = check(read(tmp_path / "old.xlsx", LIBRARY, POLICIES), Standard(round))
    assert [(one.code, one.key) for one in report.findings] == TOLD
