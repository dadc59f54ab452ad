"""Who is given which template, and who reviews: by unit type, refused at its place where it says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmxl.define.round import Issue, Review, Round, Unit, load_round
from crmxl.model import Text
from tests.define.test_round import make, problems

SETTINGS = """
name = "2026 年度预算"
year = 2026
ledger = "postgresql+psycopg://crmxl@localhost/rounds"

[[issue]]
template = "small"
unit_types = ["区域", "城市"]
name = "小表"

[[issue]]
template = "cosmetics-plan@1"

[[review]]
roles = ["customer-relations", "finance"]
unit_types = ["区域"]

[[review]]
roles = ["audit"]
unit_types = ["城市"]

[roles]
audit = "审计部"
"""
BROKEN = {
    # what is wrong: (text in SETTINGS, its replacement, place, words of the message)
    "a type that no unit has": ('"区域", "城市"', '"区域", "成市"', "issue[0].unit_types[1]", "(types: 区域, 城市,"),
    "a reviewed type that no unit has": ('["区域"]', '["部门"]', "review[0].unit_types[0]", "no unit has the type"),
    "a template twice": ('"cosmetics-plan@1"', '"small@1"', "issue[1].template", "named already at issue[0].template"),
    "a template that is not there": ('"small"', '"smal"', "issue[0].template", "near it: small"),
    "a version that is not there": ("plan@1", "plan@7", "issue[1].template", "no version `7`"),
    "no template": ('template = "small"\n', "", "issue[0].template", "is missing"),
    "a short name twice": ('"小表"', '"化妆品营销策划方案费用预算"', "issue[1].name", "name of small@1 too"),
    "a role twice": ('"finance"]', '"customer-relations"]', "review[0].roles[1]", "reviews already"),
    "a role in capitals": ('"finance"', '"Finance"', "review[0].roles[1]", "small letters"),
    "no role": ('roles = ["audit"]', "roles = []", "review[1].roles", "is empty"),
    "a type reviewed twice": ('["城市"]\n\n[roles]', '["区域"]\n[roles]', "review[1].unit_types[0]", "by review[0]"),
    "a review that is never asked": ('\nunit_types = ["区域"]', "", "review[1]", "never asked"),
    "the title of no role": ("audit = ", "audits = ", "roles.audits", "`audit` meant?"),
    "no type": ('["城市"]\n\n[roles]', "[]\n[roles]", "review[1].unit_types", "is empty"),
}  # fmt: skip


def test_each_type_of_unit_gets_its_templates_and_reviewers(tmp_path: Path) -> None:
    found = load_round(make(tmp_path, SETTINGS))
    small = Issue("small@1", ("区域", "城市"), "小表")
    plan = Issue("cosmetics-plan@1", (), "化妆品营销策划方案费用预算")
    assert found.issues == (small, plan) and found.templates == ("small@1", "cosmetics-plan@1")
    assert found.ledger == "postgresql+psycopg://crmxl@localhost/rounds"
    assert found.issues_for(found.unit("HN")) == (small, plan)
    assert found.issues_for(found.unit("JT")) == (plan,)
    assert found.asks("HN", "small") and found.asks("HN", "small@1") and found.asks("JT", "cosmetics-plan")
    assert not found.asks("JT", "small") and not found.asks("XX", "small") and not found.asks("HN", "other")
    assert found.reviews[0] == Review(("customer-relations", "finance"), ("区域",))
    roles = [found.roles_for(found.unit(code)) for code in ("JT", "HN", "SZ")]
    assert roles == [("group",), ("customer-relations", "finance"), ("audit",)]
    assert found.role_title("audit") == Text("审计部")
    assert found.role_title("finance").zh == "集团财务管理中心" and found.role_title("other") == Text("other")


def test_templates_are_for_all_units_and_come_before_those_for_some(tmp_path: Path) -> None:
    issue = '[[issue]]\ntemplate = "small"\nunit_types = ["区域"]\n'
    text = f'name = "x"\nyear = 2026\nlang = "en"\ntemplates = ["cosmetics-plan"]\n{issue}'
    found = load_round(make(tmp_path, text))
    assert found.templates == ("cosmetics-plan@1", "small@1")
    assert [one.name for one in found.issues] == ["Cosmetics marketing plan budget", "Small"]
    assert [len(found.issues_for(unit)) for unit in found.units] == [1, 2, 1, 1, 2]


def test_a_round_made_of_templates_alone_gives_each_to_all() -> None:
    unit = Unit("A", "甲")
    made = Round("x", 2026, "", ("a@1", "b@2"), (), "", "", (unit,), {}, b"", Path())
    assert made.issues_for(unit) == (Issue("a@1"), Issue("b@2")) and made.asks("A", "b")


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_what_asks_nobody_is_refused_at_its_place(tmp_path: Path, old: str, new: str, place: str, words: str) -> None:
    assert SETTINGS.count(old) == 1, f"{old} must stand once in SETTINGS"
    found = problems(make(tmp_path, SETTINGS.replace(old, new)))
    assert [problem.place for problem in found if words in problem.message] == [f"round/round.toml: {place}"]


def test_a_round_that_issues_nothing_is_told(tmp_path: Path) -> None:
    (problem,) = problems(make(tmp_path, 'name = "x"\nyear = 2026\n'))
    assert problem.place == "round/round.toml: templates" and "[[issue]]" in problem.message


def test_two_versions_of_one_template_are_one_template_twice(tmp_path: Path) -> None:
    (problem,) = problems(make(tmp_path, 'name = "x"\nyear = 2026\ntemplates = ["small", "small@1"]\n'))
    assert problem.place == "round/round.toml: templates[1]" and "templates[0]" in problem.message
