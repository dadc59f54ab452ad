"""What is drafted from an account list is a sound template with exactly the list's accounts, and a policy that holds
its bounds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from crmxl.define.account_cells import Cell, like_total, title_fault, total_title, words
from crmxl.define.account_tree import outline
from crmxl.define.account_units import noted_units
from crmxl.define.accounts import Listing, read_accounts
from crmxl.define.drafting import Draft, policy_text, template_text
from crmxl.define.policies import policy_faults
from crmxl.define.policy import load_policy
from crmxl.define.template import load_template
from crmxl.issue.layout import lay_out
from crmxl.model import Lang, Line, Template, Text
from crmxl.money import plain
from crmxl.policy import Policy

HEADER = ("编码", "名称", "英文", "上级", "下限", "上限", "标签", "空白行", "备注")


TITLE = Text("费用预算")


def drafted(rows: Sequence[tuple[str, ...]], title: Text = TITLE, *, months: bool = False, basis: bool = True) -> Draft:
    cells = tuple((at, tuple(map(Cell, row))) for at, row in enumerate([HEADER, *rows], 1))
    found = read_accounts([Listing("a.csv", cells)])
    grown = outline(found, title)
    assert not found.problems and not grown.problems, (found.problems, grown.problems)
    return Draft("a", title, "a.csv", grown, months, basis)


def loaded(draft: Draft) -> tuple[Template, Policy | None]:
    """The template and policy that the text says."""
    with tempfile.TemporaryDirectory() as folder:
        template, policy = Path(folder, "a.toml"), Path(folder, "p.toml")
        template.write_text(template_text(draft), encoding="utf-8")
        if not draft.ruled:
            return load_template(template), None
        policy.write_text(policy_text(draft), encoding="utf-8")
        return load_template(template), load_policy(policy)


def usual(text: str) -> bool:
    """Whether it can be a title: no total, no unit, no year to be put in."""
    return bool(words(text)) and not (total_title(text) or like_total(text) or noted_units(text) or title_fault(text))


TITLES = some.text(
    some.one_of(some.sampled_from("\"'\\{}#=[]€费用（）“”@\u3000 "), some.characters(codec="utf-8")),
    min_size=1,
    max_size=12,
).filter(usual)
BOUNDS = some.one_of(some.none(), some.integers(0, 10**13).map(lambda fen: Fraction(fen, 100)))


@some.composite
def lists(draw: some.DrawFn) -> list[tuple[str, ...]]:
    """Accounts of one to four levels, with parents or by dots or by length."""
    how = draw(some.sampled_from(("parent", "dots", "length")))
    rows: list[tuple[str, ...]] = []

    def add(code: str, above: str, level: int) -> None:
        low, high = draw(BOUNDS), draw(BOUNDS)
        if low is not None and high is not None:
            low, high = sorted((low, high))
        said = tuple("" if one is None else plain(one) for one in (low, high))
        en = draw(some.one_of(some.just(""), TITLES))
        note = draw(some.one_of(some.just(""), TITLES))
        rows.append((code, draw(TITLES), en, above if how == "parent" else "", *said, "", "", note))
        for at in range(1, 1 + (draw(some.integers(0, 3)) if level < 4 else 0)):
            nested = {"parent": f"{code}x{at}", "dots": f"{code}.{at}", "length": f"{code}{at:02d}"}[how]
            add(nested, code, level + 1)

    for at in range(1, 1 + draw(some.integers(1, 4))):
        add(f"{6600 + at}", "", 1)
    return rows


PIECES = some.one_of(
    some.sampled_from(("", "1", "1.1", "1.10", "6601", "660101", "合计", "注：", "-", "20000", "编码", "名称", "0")),
    some.text(max_size=4),
)


@given(some.lists(some.lists(PIECES, min_size=len(HEADER), max_size=len(HEADER)), max_size=4))
@settings(deadline=None)
def test_whatever_stands_in_a_list_there_is_a_problem_or_a_sound_template(rows: list[list[str]]) -> None:
    cells = tuple((at, tuple(map(Cell, row))) for at, row in enumerate([HEADER, *rows], 1))
    found = read_accounts([Listing("a.csv", cells)])
    grown = outline(found, TITLE)
    if found.problems or grown.problems:
        assert all(problem.place.startswith("a.csv") for problem in (*found.problems, *grown.problems))
    else:
        loaded(Draft("a", TITLE, "a.csv", grown))


@given(lists(), TITLES, some.booleans(), some.booleans())
@settings(deadline=None)
def test_a_draft_is_a_sound_template_with_exactly_the_accounts_of_the_list(
    rows: list[tuple[str, ...]], title: str, months: bool, basis: bool
) -> None:
    draft = drafted(rows, Text(words(title)), months=months, basis=basis)
    template, policy = loaded(draft)
    (sheet,) = template.sheets
    assert sheet.sections == draft.outline.sections and template.title == Text(words(title))
    lines = draft.outline.lines
    given = {row[0]: row for row in rows}
    headings = {row[0] for row in rows if any(_under(other[0], row[0]) for other in rows)}
    own = [line.values.get("account", line.code) for line in lines]
    assert sorted(own) == sorted(given.keys() - headings)
    for code, line in zip(own, lines, strict=True):
        row = given[code]
        assert line.title.zh.endswith(words(row[1])) and (not line.title.en or line.title.en.endswith(words(row[2])))
        assert (line.values.get("low", ""), line.values.get("high", "")) == row[4:6]
    bounded = any(row[4] or row[5] for row in rows)
    assert (policy is not None) == bounded
    if policy:
        assert not list(policy_faults(policy, template))


def _under(code: str, above: str) -> bool:
    return code != above and code.startswith(above)


def test_a_draft_is_laid_out_in_both_languages_with_its_rules() -> None:
    rows = [("1", "甲", "", "", "", "500", "own", "2", ""), ("1.1", "乙", "B", "", "5", "10", "", "", '# "x"')]
    template, policy = loaded(drafted(rows, months=True))
    assert policy is not None
    langs: tuple[Lang, ...] = ("zh", "en")
    for lang in langs:
        layout = lay_out(template, 2026, (), 1, lang, (policy,))
        assert {"1.1@amount.03", "1.n02@title", "total@amount"} <= set(layout.cells)


def test_lines_carry_tags_and_bounds_and_headings_their_blank_lines_and_limit() -> None:
    rows = [("6601", "甲", "", "", "", "500.5", "own", "2", ""), ("660101", "乙", "", "", "5", "", "ads", "", "")]
    template, policy = loaded(drafted(rows))
    (section,) = template.sheets[0].sections
    assert section.open == 2
    assert section.lines == (Line("6601.01", Text("乙"), ("own", "ads"), {"account": "660101", "low": "5"}),)
    assert policy is not None
    assert [(rule.code, rule.each, rule.assertion) for rule in policy.rules] == [
        ("P901", "with_minimum", "amount >= low"),
        ("P902", "", "SUM(6601.*@amount) <= high"),
    ]
    assert policy.rules[1].limits["high"].text == "500.5"


def test_rule_codes_that_other_policies_have_are_left_to_them() -> None:
    draft = drafted([("1", "甲", "", "", "5", "10", "", "", "")])
    assert [line for line in policy_text(draft, ["P901", "P903"]).splitlines() if line.startswith("code = ")] == [
        'code = "P902"',
        'code = "P904"',
    ]


@pytest.mark.parametrize(("months", "basis"), [(False, True), (True, True), (False, False)])
def test_months_and_basis_are_there_when_asked_for(months: bool, basis: bool) -> None:
    template, policy = loaded(drafted([("1", "甲", "", "", "", "", "", "", "")], months=months, basis=basis))
    columns = {column.id: column for column in template.sheets[0].columns}
    assert columns["amount"].months == months and ("basis" in columns) == basis and policy is None
