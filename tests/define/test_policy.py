"""A sound policy loads exactly; every way of being unsound is refused at its place, by itself or in its template."""

from __future__ import annotations

import dataclasses
import string
from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.define.issued import read_issued
from crmxl.define.issued_policies import check_issued, fingerprint, main, write_issued
from crmxl.define.library import Library
from crmxl.define.policies import (
    Policies,
    applicable,
    check_policy,
    shipped,
)
from crmxl.define.policy import line_codes, load_policy
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.expression import Cells, Measure, Node, Number, Reference, Value, bind, evaluate, parse
from crmxl.model import Severity, Text
from crmxl.policy import Limit, LineSet, Policy, Rule, Status
from tests.define import unsound

SOUND = """
id = "house"
version = 1
title = { zh = "制度", en = "Policy" }

[sets.capped]
title = { zh = "计入上限的科目" }
codes = ["1.*"]
tags = ["own"]
without = ["1.2.1"]

[sets.visits]
title = { zh = "拜访" }
codes = ["visits"]

[[rule]]
code = "P101"
name = "over-cap"
severity = "error"
status = "trial"
applies_to = ["small"]
params = { rate = "0.5‰", floor = 0.10 }
when = "target > floor"
assert = "SUM(capped@amount) <= ROUND(target * rate, 2)"
at = "total@amount"
clause = "4.2"
valid_from = 2026-01-01
valid_to = "2026-12-31"
title = { zh = "上限" }
message = { zh = "{left}/{right}/{excess}（{target} × {rate}）", en = "{left} over {right}" }
fix = { zh = "请调减 {excess} 元" }

[[rule]]
code = "P102"
name = "price-range"
severity = "warning"
applies_to = ["small"]
each = "visits"
lines = { "visits.001" = { low = "5", high = 20 }, "visits.002" = { low = "1", high = "2" }, "visits.003" = { low = 1, high = 2 } }
assert = "low <= unit_price <= high"
at = "unit_price"
title = { zh = "单价区间" }
message = { zh = "{line}：{left}，应为 {low}–{high}" }
fix = { zh = "请调整" }
"""  # noqa: E501

SMALL = unsound.SOUND.replace('title = { zh = "甲" }', 'title = { zh = "甲" }, tags = ["own"]')
"""A template with the field target, lines 1.1, 1.n01, 1.n02 and 1.2.1, and a list of three visits."""

BROKEN = {  # (text in SOUND, its replacement, place, words of the message)
    "no assert": ('assert = "low <= unit_price <= high"\n', "", "rule[1].assert", "is missing"),
    "a code of another family": ('"P102"', '"E102"', "rule[1].code", "P and three digits"),
    "a code too short": ('"P102"', '"P12"', "rule[1].code", "P and three digits"),
    "a code twice": ('"P102"', '"P101"', "rule[1].code", "stands already at rule[0]"),
    "a name twice": ('"price-range"', '"over-cap"', "rule[1].name", "stands already at rule[0]"),
    "a limit that is no number": ('"0.5‰"', '"0.5 per mille"', "rule[0].params.rate", "300, 20% or 0.5‰"),
    "a limit with separators": ('"0.5‰"', '"1,000"', "rule[0].params.rate", "without separators"),
    "a limit of truth": ("floor = 0.10", "floor = true", "rule[0].params.floor", "a number"),
    "a limit named as crmxl's own": ("floor = 0.10", "floor = 0.10, left = 1", "rule[0].params.left", "crmxl uses"),
    "a limit of nothing": ("floor = 0.10", "floor = 0.10, other = 1", "rule[0].params.other", "neither in assert nor"),
    "a limit misspelt": ("target * rate", "target * rat", "rule[0].assert (position 38)", "`rate` meant?"),
    "a set misspelt": ("SUM(capped@", "SUM(caped@", "rule[0].assert (position 5)", "set `capped` meant?"),
    "an unknown set": ('each = "visits"', 'each = "visit"', "rule[1].each", "`visits` meant?"),
    "an expression cut off": ("rate, 2)", "rate, 2", "rule[0].assert (position 45)", "missing at the end"),
    "an unknown function": ("ROUND(", "RUND(", "rule[0].assert (position 23)", "not a known function"),
    "no comparison": ('"low <= unit_price <= high"', '"low + unit_price + high"', "rule[1].assert", "one comparison"),
    "two conditions": ('"low <= unit_price <= high"', '"AND(low < 1, high > 1)"', "rule[1].assert", "one comparison"),
    "a band that turns": ("price <= high", "price >= high", "rule[1].assert (position 19)", "low <= x <= high"),
    "no condition": ('"target > floor"', '"target + floor"', "rule[0].when", "a condition such as"),
    "an unknown placeholder": ("请调减 {excess}", "请调减 {exces}", "rule[0].fix.zh", "`excess` meant?"),
    "a placeholder with a format": ("{left} over", "{left:.2f} over", "rule[0].message.en", "a name alone"),
    "an open brace": ("请调减 {excess}", "请调减 {excess", "rule[0].fix.zh", "without its partner"),
    "a day that is none": ('"2026-12-31"', '"2026-02-30"', "rule[0].valid_to", "no day of the calendar"),
    "a time": ("valid_from = 2026-01-01", "valid_from = 2026-01-01T08:00:00", "rule[0].valid_from", "a text"),
    "an end before its start": ('"2026-12-31"', '"2025-12-31"', "rule[0].valid_to", "before valid_from"),
    "limits by line without each": ('each = "visits"\n', "", "rule[1].lines", "belongs to a rule with each"),
    "a headline by line": ('each = "visits"', 'each = "visits"\nheadline = true', "rule[1].headline", "asked once"),
    "a bare place without each": ('at = "total@amount"', 'at = "amount"', "rule[0].at", "no each"),
    "a line without a limit": ('low = "5", high = 20', 'low = "5"', 'rule[1].lines."visits.001".high', "is missing"),
    "limits that cross": ('low = "5"', 'low = "50"', 'rule[1].lines."visits.001".low', "above high = 20"),
    "a set of nothing": ('codes = ["visits"]', "", "sets.visits", "give codes or tags"),
    "a set named total": ("[sets.visits]", "[sets.total]\ntitle = { zh = 'x' }\ncodes = ['1.1']\n[sets.visits]",
                          "sets.total", "crmxl uses itself"),
    "a set with a capital": ("[sets.visits]", "[sets.Visits]", "sets", "small letters"),
}  # fmt: skip

THIRD = ', "visits.003" = { low = 1, high = 2 }'

MISFITS = {
    # what means nothing in SMALL: (text in SOUND, its replacement, place, words of the message)
    "an unknown field": ("ROUND(target", "ROUND(targt", "rule[0].assert (position 29)", "`target` meant?"),
    "an unknown column": ("<= unit_price", "<= unit_prise", "rule[1].assert (position 8)", "`unit_price` meant?"),
    "a column no line has": ("capped@amount", "capped@cos", "rule[0].assert (position 5)", "no set `capped` has"),
    "a set without a sum": ("SUM(capped@amount)", "capped@amount", "rule[0].assert", "use SUM"),
    "no such line": ("amount) <=", "amount) + 3.1@amount <=", "rule[0].assert (position 22)", "or field is `3.1`"),
    "no such code": ('without = ["1.2.1"]', 'without = ["1.9"]', "sets.capped.without[0]", "no line of small@1"),
    "a section taken for a line": ('"1.*"', '"1"', "sets.capped.codes[0]", "write `1.*`"),
    "a tag that no line has": ('tags = ["own"]', 'tags = ["owm"]', "sets.capped.tags[0]", "`own` meant?"),
    "no such place": ("total@amount", "total@basis", "rule[0].at", "no cell `total@basis`"),
    "no such column": ('at = "unit_price"', 'at = "basis"', "rule[1].at", "no cell `visits.001@basis`"),
    "a line without limits": (THIRD, "", 'rule[1].lines."visits.003"', "needs low, high"),
    "limits of no line": (THIRD, THIRD + THIRD.replace("3", "4"), 'rule[1].lines."visits.004"', "`visits.003` meant?"),
    "a limit that hides a field": ("floor = 0.10", "floor = 0.10, target = 1", "rule[0].params.target", "also a field"),
    "a set and code": ("amount) <=", "amount) + SUM(visits@cost) <=", "rule[0].assert (position 26)", "rename"),
    "a text beside a number": ("target > floor", "1.1@basis > floor", "rule[0].when", "a text can only"),
}  # fmt: skip


def write(folder: Path, text: str) -> Path:
    file = folder / "policies" / "house.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def library(folder: Path) -> Library:
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / "small.toml").write_text(SMALL, encoding="utf-8")
    return Library(folder / "templates")


def misfits(folder: Path, text: str) -> tuple[Problem, ...]:
    return check_policy(load_policy(write(folder, text)), library(folder))


def test_the_sound_policy_loads_exactly(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, SOUND))
    assert policy.name == "house@1"
    assert policy.sets["capped"] == LineSet("capped", Text("计入上限的科目"), ("1.*",), ("own",), ("1.2.1",))
    cap, prices = policy.rules
    assert cap.limits == {"rate": Limit(Fraction(1, 2000), "0.5‰"), "floor": Limit(Fraction(1, 10), "0.10")}
    assert (cap.status, cap.severity, cap.effective) == (Status.TRIAL, Severity.ERROR, Severity.WARNING)
    assert (cap.valid_from, cap.valid_to, cap.at, cap.scope) == ("2026-01-01", "2026-12-31", "total@amount", "unit")
    assert prices.by_line["visits.001"] == {"low": Limit(Fraction(5), "5"), "high": Limit(Fraction(20), "20")}
    assert cap.in_force(2026) and not cap.in_force(2027)


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_an_unsound_policy_is_refused_at_the_place(tmp_path: Path, old: str, new: str, place: str, words: str) -> None:
    assert SOUND.count(old) == 1, f"{old} must stand once in SOUND"
    with pytest.raises(DefinitionError) as caught:
        load_policy(write(tmp_path, SOUND.replace(old, new)))
    found = [problem for problem in caught.value.problems if problem.place == f"policies/house.toml: {place}"]
    assert found, caught.value
    assert words in found[0].message


def test_every_problem_is_told_in_file_order(tmp_path: Path) -> None:
    text = SOUND.replace("rate, 2)", "rate, 2").replace('each = "visits"', 'each = "none"').replace("调减 {ex", "{ex")
    with pytest.raises(DefinitionError) as caught:
        load_policy(write(tmp_path, text.replace('codes = ["visits"]', "")))
    places = [problem.place.partition(": ")[2] for problem in caught.value.problems]
    assert places == ["sets.visits", "rule[0].assert (position 45)", "rule[1].each"]


@pytest.mark.parametrize(("old", "new", "place", "words"), MISFITS.values(), ids=MISFITS.keys())
def test_what_means_nothing_in_the_template_is_told_at_the_place(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    assert SOUND.count(old) == 1, f"{old} must stand once in SOUND"
    (problem,) = misfits(tmp_path, SOUND.replace(old, new))
    assert problem.place == f"templates/policies/house.toml: {place}"
    assert words in problem.message


def test_a_policy_that_fits_its_template_has_no_problem(tmp_path: Path) -> None:
    assert misfits(tmp_path, SOUND) == ()


def test_an_empty_set_is_told_even_where_the_policy_is_for_other_templates_too(tmp_path: Path) -> None:
    text = SOUND.replace('applies_to = ["small"]\neach', 'applies_to = ["small", "other"]\neach')
    text = text.replace('codes = ["visits"]', 'codes = ["elsewhere"]')
    problems = misfits(tmp_path, text)
    assert [problem.place.partition(": ")[2] for problem in problems] == ["rule[1].applies_to[1]", "rule[1].each"]


@pytest.mark.parametrize(
    ("line_set", "codes"),
    [
        (LineSet("s", Text("x"), codes=("1.*",)), ["1.1", "1.n01", "1.n02", "1.2.1"]),
        (LineSet("s", Text("x"), codes=("1.2.*",)), ["1.2.1"]),
        (LineSet("s", Text("x"), tags=("own",)), ["1.1"]),
        (LineSet("s", Text("x"), codes=("*",), without=("1.2.*",), without_tags=("own",)), ["1.n01", "1.n02"]),
        (LineSet("s", Text("x"), codes=("visits",)), ["visits.001", "visits.002", "visits.003"]),
        (LineSet("s", Text("x"), codes=("1.2.1", "1.1")), ["1.1", "1.2.1"]),
        (LineSet("s", Text("x"), codes=("target", "1")), []),
    ],
)
def test_a_set_takes_lines_by_code_and_tag_in_definition_order(
    tmp_path: Path, line_set: LineSet, codes: list[str]
) -> None:
    assert line_codes(line_set, library(tmp_path).load("small")) == tuple(codes)


def test_a_rule_for_no_template_in_particular_is_for_those_that_know_its_names(tmp_path: Path) -> None:
    free = load_policy(write(tmp_path, SOUND.replace('applies_to = ["small"]\n', "")))
    small = library(tmp_path).load("small")
    assert [rule.code for rule in applicable(small, [free])[0].rules] == ["P101", "P102"]
    assert not applicable(Library().load("cosmetics-plan"), [free]) and not check_policy(free, library(tmp_path))


def test_only_rules_for_the_template_are_applicable(tmp_path: Path) -> None:
    text = SOUND.replace('applies_to = ["small"]\neach', 'applies_to = ["other"]\neach')
    (narrowed,) = applicable(library(tmp_path).load("small"), [load_policy(write(tmp_path, text))])
    assert [rule.code for rule in narrowed.rules] == ["P101"]


def test_a_policy_is_found_by_id_version_and_path(tmp_path: Path) -> None:
    file = write(tmp_path, SOUND.replace("version = 1", "version = 2"))
    (file.parent / "house@1.toml").write_text(SOUND, encoding="utf-8")
    (file.parent / "waivers.toml").write_text("waiver = []", encoding="utf-8")
    policies = Policies(file.parent)
    assert policies.names() == ("house",)
    assert [policies.load(name).version for name in ("house", "house@2", "house@1", str(file))] == [2, 2, 1, 2]
    with pytest.raises(CrmxlError, match=r"no policy `hose`; is `house` meant\?"):
        policies.load("hose")
    with pytest.raises(CrmxlError, match="no version `3`; newest is house@2"):
        policies.load("house@3")


def test_a_library_file_must_be_called_as_its_policy(tmp_path: Path) -> None:
    write(tmp_path, SOUND.replace('id = "house"', 'id = "home"'))
    with pytest.raises(DefinitionError, match=r"house\.toml: id: found `home`"):
        Policies(tmp_path / "policies").load("house")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.5‰", "0.4‰"),
        ("0.5‰", "0.05%"),
        ('"5"', '"6"'),
        ("请调整", "请改"),
        ('"trial"', '"active"'),
        ('["1.*"]', '["1.1"]'),
    ],
)
def test_a_change_of_meaning_or_words_changes_the_fingerprint(tmp_path: Path, old: str, new: str) -> None:
    before = fingerprint(load_policy(write(tmp_path, SOUND)))
    assert fingerprint(load_policy(write(tmp_path, SOUND.replace(old, new)))) != before
    assert fingerprint(load_policy(write(tmp_path, "# a comment\n" + SOUND))) == before


def test_a_listed_version_that_differs_is_refused_and_nothing_written(tmp_path: Path) -> None:
    policies, listed = Policies(write(tmp_path, SOUND).parent), tmp_path / "ISSUED"
    (added,) = write_issued(policies, listed)
    assert write_issued(policies, listed) == ()
    write(tmp_path, SOUND.replace("0.5‰", "0.4‰"))
    with pytest.raises(CrmxlError, match=r"policies/house\.toml: version: version 1 was issued and differs"):
        write_issued(Policies(tmp_path / "policies"), listed)
    assert listed.read_text(encoding="utf-8") == f"{added}\n"


def test_the_command_prints_what_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    printed = dict(line.split() for line in capsys.readouterr().out.splitlines())
    assert printed.items() <= read_issued(shipped() / "ISSUED").items()
    assert main(["--force"]) == 2


SHIPPED = Policies().all()
RULES = {rule.code: rule for policy in SHIPPED for rule in policy.rules}
each_policy = pytest.mark.parametrize("policy", SHIPPED, ids=[policy.id for policy in SHIPPED])

CASES: list[tuple[str, dict[str, str | int], bool]] = [
    ("P301", {"sales_target": "200000000", "used": "100000.00"}, True),
    ("P301", {"sales_target": "200000000", "used": "100000.01"}, False),
    ("P301", {"sales_target": 0, "used": "0.01"}, False), ("P301", {"sales_target": 0, "used": 0}, True),
    ("P302", {"sum": 1, "base": 5}, True), ("P302", {"sum": "0.99", "base": 0}, False),
    ("P302", {"sum": "1.0001", "base": 5}, False), ("P302", {"sum": 0, "base": 5}, False),
    ("P302", {"sum": 0, "base": 0}, True), ("P303", {"amount": "120.00", "last_year": 100}, True),
    ("P303", {"amount": "120.01", "last_year": 100}, False),
    ("P303", {"amount": "120.01", "last_year": 100, "growth_reason": "新增两个城市"}, True),
    ("P303", {"amount": 500, "last_year": 0}, True), ("P304", {"kind": "礼品", "unit_price": "300.00"}, True),
    ("P304", {"kind": "礼品", "unit_price": "300.01"}, False), ("P304", {"kind": "拜访", "unit_price": "300.01"}, True),
    ("P304", {"unit_price": "300.01"}, True), ("P305", {"kind": "拜访", "unit_price": "200.00"}, True),
    ("P305", {"kind": "拜访", "unit_price": "200.01"}, False), ("P305", {"kind": "礼品", "unit_price": "200.01"}, True),
    ("P306", {"used": 1000, "reserve@amount": 30}, True),
    ("P306", {"used": 1000, "reserve@amount": "29.99"}, False),
    ("P306", {"used": 1000, "reserve@amount": 100}, True),
    ("P306", {"used": 1000, "reserve@amount": "100.01"}, False), ("P306", {"used": 0, "reserve@amount": 0}, True),
    ("P307", {"amount": 1, "basis": "40 场 × 2,500 元"}, True), ("P307", {"amount": 1}, False),
    ("P307", {"amount": 1, "basis": "  "}, False), ("P307", {"amount": 0}, True),
    ("P308", {"first_month": 1, "counted@amount": 1000, "counted@amount.12": 300}, True),
    ("P308", {"first_month": 1, "counted@amount": 1000, "counted@amount.12": "300.01"}, False),
    ("P308", {"first_month": 10, "counted@amount": 1000, "counted@amount.12": 1000}, True),
    ("P309", {"amount": "35.00", "last_year": 35000}, True),
    ("P309", {"amount": "34.99", "last_year": 35000}, False), ("P309", {"amount": 0, "last_year": 35000}, True),
    ("P321", {"low": 10000, "high": 20000, "amount": "10000.00", "total@amount": 1}, True),
    ("P321", {"low": 10000, "high": 20000, "amount": "9999.99", "total@amount": 1}, False),
    ("P321", {"low": 10000, "high": 20000, "amount": "20000.01", "total@amount": 1}, False),
    ("P321", {"low": 10000, "high": 20000, "total@amount": 0}, True),
    ("P331", {"1@amount": 10, "total@amount": 100}, True),
    ("P331", {"1@amount": "9.99", "total@amount": 100}, False),
    ("P331", {"1@amount": 15, "total@amount": 100}, True),
    ("P331", {"1@amount": "15.01", "total@amount": 100}, False), ("P331", {"1@amount": 0, "total@amount": 0}, True),
]  # fmt: skip
"""Values by name as the rule writes it, and whether the rule is content; what is not named is blank."""
TEXTS = {"kind", "basis", "growth_reason"}
NUMBERS = {"sum", "first_month"}


def content(rule: Rule, given: dict[str, str | int]) -> bool:
    """Whether the rule does not ask, or holds."""
    values: dict[str, Value] = {name: value if name in TEXTS else Fraction(value) for name, value in given.items()}  # type: ignore[misc]

    def resolve(reference: Reference) -> Node:
        name = reference.text
        if name in rule.limits:
            return Number(rule.limits[name].value)
        kind = Measure.TEXT if name in TEXTS else Measure.NUMBER if name in NUMBERS else Measure.MONEY
        return Cells((name,), kind)

    when, asserted = (
        evaluate(bind(parse(text or "1 = 1"), resolve), values.get) for text in (rule.when, rule.assertion)
    )
    return when is False or asserted is True


@pytest.mark.parametrize(("code", "given", "fine"), CASES, ids=[f"{code}-{at}" for at, (code, *_) in enumerate(CASES)])
def test_a_shipped_rule_is_content_up_to_its_bound_and_not_beyond(
    code: str, given: dict[str, str | int], fine: bool
) -> None:
    assert content(RULES[code], given) is fine


@each_policy
def test_a_shipped_policy_speaks_both_languages_with_the_same_placeholders(policy: Policy) -> None:
    words = [policy.title, *(line_set.title for line_set in policy.sets.values())]
    words += [text for rule in policy.rules for text in (rule.title, rule.message, rule.fix)]
    for text in words:
        assert text.zh and text.en
        named = [{name for _, name, _, _ in string.Formatter().parse(said) if name} for said in (text.zh, text.en)]
        assert named[0] == named[1], text
        assert "!" not in text.zh + text.en and "！" not in text.zh


@each_policy
def test_a_shipped_policy_is_as_issued_and_every_rule_has_a_clause(policy: Policy) -> None:
    assert policy.name in read_issued(shipped() / "ISSUED"), "run python -m crmxl.define.issued_policies --write"
    assert check_issued(policy) is None
    assert all(rule.clause and rule.applies_to for rule in policy.rules)


def test_policies_that_were_issued_before_are_kept_as_they_were() -> None:
    policies = Policies()
    older = {policies.load(name).name for name in ("hotel-marketing@1", "marketing-mix@1")}
    assert {*older, *(policy.name for policy in SHIPPED)} == read_issued(shipped() / "ISSUED").keys()
    assert all(check_issued(policies.load(name)) is None for name in older)


def test_no_two_shipped_rules_share_a_code_or_name() -> None:
    rules = [rule for policy in SHIPPED for rule in policy.rules]
    assert len({rule.code for rule in rules}) == len({rule.name for rule in rules}) == len(rules)


@each_policy
def test_a_shipped_policy_fits_the_templates_that_are_shipped(policy: Policy) -> None:
    there = Library().names()
    named = {rule.code: {name.partition("@")[0] for name in rule.applies_to} for rule in policy.rules}
    known = tuple(rule for rule in policy.rules if named[rule.code] <= set(there))
    assert check_policy(dataclasses.replace(policy, rules=known), Library()) == ()


def test_the_cap_is_the_source_s() -> None:
    assert RULES["P301"].limits["rate"].value == Fraction(1, 2000)


def test_the_shares_of_the_marketing_mix_can_be_met_together() -> None:
    mix = [rule for rule in RULES.values() if "marketing-mix@1" in rule.applies_to]
    assert sum(rule.limits["low"].value for rule in mix) == Fraction(65, 100)
    assert sum(rule.limits["high"].value for rule in mix) == 1


def versions(folder: Path) -> Library:
    """The template in two versions, the second without the list of visits."""
    own = library(folder)
    (folder / "templates" / "small@1.toml").write_text(SMALL, encoding="utf-8")
    newer = SMALL[: SMALL.index('[[sheet]]\nid = "visits"')].replace("version = 1", "version = 2")
    (folder / "templates" / "small.toml").write_text(newer, encoding="utf-8")
    return own


def test_a_rule_for_one_version_is_asked_of_that_version_alone(tmp_path: Path) -> None:
    text = SOUND.replace('applies_to = ["small"]\neach', 'applies_to = ["small@1"]\neach')
    policy, own = load_policy(write(tmp_path, text)), versions(tmp_path)
    assert check_policy(policy, own) == ()
    older, newer = own.versions("small")
    assert [rule.code for rule in applicable(older, [policy])[0].rules] == ["P101", "P102"]
    assert [rule.code for rule in applicable(newer, [policy])[0].rules] == ["P101"]


def test_a_rule_for_a_template_is_asked_of_all_its_versions(tmp_path: Path) -> None:
    problems = check_policy(load_policy(write(tmp_path, SOUND)), versions(tmp_path))
    assert [problem.place.partition(": ")[2] for problem in problems] == ["sets.visits.codes[0]", "rule[1].each"]
    assert problems[1].message == "the set `visits` has no line in small@2"


def test_a_set_may_take_lines_that_only_the_newest_version_has(tmp_path: Path) -> None:
    own = versions(tmp_path)
    older, newer = (tmp_path / "templates" / name for name in ("small@1.toml", "small.toml"))
    older.write_text(newer.read_text(encoding="utf-8").replace("version = 2", "version = 1"), encoding="utf-8")
    newer.write_text(SMALL.replace("version = 1", "version = 2"), encoding="utf-8")
    text = SOUND[: SOUND.index('[[rule]]\ncode = "P102"')].replace("[sets.visits]", "[sets.calls]")
    text = text.replace("SUM(capped@amount)", "SUM(capped@amount) + SUM(calls@amount)")
    policy = load_policy(write(tmp_path, text.replace('codes = ["visits"]', 'codes = ["visits", "1.1"]')))
    assert check_policy(policy, own) == ()


def test_a_version_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    text = SOUND.replace('applies_to = ["small"]\neach', 'applies_to = ["small@3"]\neach')
    (problem,) = check_policy(load_policy(write(tmp_path, text)), versions(tmp_path))
    assert problem.place == "templates/policies/house.toml: rule[1].applies_to[0]"
    assert problem.message == "there is no `small@3`; there is small@1, small@2"


def test_a_template_that_is_not_there_is_told(tmp_path: Path) -> None:
    (problem,) = misfits(tmp_path, SOUND.replace('["small"]\neach', '["small", "smal"]\neach'))
    assert problem.place == "templates/policies/house.toml: rule[1].applies_to[1]"
    assert problem.message == "there is no template `smal`; is `small` meant?"
