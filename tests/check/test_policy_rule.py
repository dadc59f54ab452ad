"""Family P: what a broken rule is told with, and what a waiver changes. The rules are made up, one for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from crmxl.check.rules.policy import broken_rules, waived
from crmxl.define.policy import read_limit
from crmxl.define.waivers import Waiver
from crmxl.expression import Fault, Value
from crmxl.group.record_words import finding_of, finding_said
from crmxl.issue.layout import lay_out
from crmxl.model import Finding, Key, Severity, Text
from crmxl.policy import LineSet, Policy, Rule
from tests.check.submitted import FILLED, TEMPLATE, evidence

TODAY = "2026-01-15"
MESSAGE = Text("“{line}”{left} 对 {right}，差 {excess}；共 {count} 项", "{line}: {left} to {right}, {excess}; {count}")
FIX = Text("调减 {excess}", "Cut {excess}")


def rule(code: str, assertion: str, limit: str = "", **more: Any) -> Rule:
    """A rule that says everything that a rule can say; its limit is called ``bound``."""
    parts = {"severity": Severity.ERROR, "message": MESSAGE, "fix": FIX, **more}
    if limit:
        parts["limits"] = {"bound": read_limit(limit)}
    return Rule(code, f"rule-{code}", assertion=assertion, title=Text(f"规则 {code}", f"Rule {code}"), **parts)


def told(
    *rules: Rule,
    entries: Mapping[Key, Value] | None = None,
    waivers: tuple[Waiver, ...] = (),
    issued: Mapping[Key, Value] | None = None,
    missing: set[Key] | None = None,
) -> list[Finding]:
    """What is told of a filled workbook with ``entries`` changed, judged by ``rules``."""
    sets = {"lines": LineSet("lines", Text("各项"), codes=("*",))}
    layout = lay_out(TEMPLATE, 2026, policies=(Policy("made-up", 1, Text("制度"), rules, sets),))
    given = evidence({**FILLED, **(entries or {})}, layout=layout, missing=missing or ())
    return list(broken_rules(given, layout, given.judged(issued or {}), waivers, TODAY))


CAP = rule("P901", "total@amount <= target")


def test_a_rule_that_is_kept_is_not_told() -> None:
    assert told(CAP) == []
    assert told(CAP, entries={"1.1.1@amount": Fraction(5000)}) == []


def test_a_broken_rule_is_told_with_both_sides_and_the_excess() -> None:
    (found,) = told(CAP, entries={"1.1.1@amount": Fraction("5000.01")})
    assert (found.code, found.severity, found.key) == ("P901", Severity.ERROR, "total@amount")
    assert (found.place.sheet, found.place.cell) == ("费用预算", "C17")
    assert (found.found, found.expected) == ("5,000.01", "5,000.00")
    assert found.spoken is not None
    assert (found.spoken.name, found.spoken.title) == ("rule-P901", Text("规则 P901", "Rule P901"))
    assert found.spoken.message == Text(
        f"“{found.place.title}”5,000.01 对 5,000.00，差 0.01；共 1 项",
        f"{found.place.title}: 5,000.01 to 5,000.00, 0.01; 1",
    )
    assert found.spoken.fix == Text("调减 0.01", "Cut 0.01")


def test_issued_figures_are_the_records_not_the_workbooks() -> None:
    (found,) = told(CAP, issued={"target@value": Fraction(1000)})
    assert (found.found, found.expected) == ("1,200.00", "1,000.00")
    assert told(CAP, entries={"1.1.1@amount": Fraction(7000)}, issued={"target@value": Fraction(7000)}) == []


def test_a_rule_on_trial_warns() -> None:
    (found,) = told(rule("P901", "total@amount <= 1", severity=Severity.WARNING))
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("assertion", "limit", "rate", "found", "expected", "excess"),
    [
        ("rate <= bound", "10%", "0.25", "25%", "10%", "15%"),
        ("rate <= bound", "10%", "0.100000015", "10.000002%", "10%", "0.000002%"),
        ("rate <= bound", "0.4‰", "0.0005", "0.5‰", "0.4‰", "0.1‰"),
        ("rate <= bound", "0.5%", "0.006", "0.6%", "0.5%", "0.1%"),
        ("rate <= bound", "0.498%", "0.006", "6‰", "4.98‰", "1.02‰"),
        ("rate <= bound", "0", "0.001", "0.1%", "0%", "0.1%"),
        ("0 - rate >= -0.1%", "", "0.002", "-2‰", "-1‰", "1‰"),
        ("10% <= rate <= 20%", "", "0.25", "25%", "20%", "5%"),
        ("10% <= rate <= 20%", "", "0.05", "5%", "10%", "5%"),
    ],
)
def test_ratios_are_shown_in_percent_and_small_bounds_in_per_mille(
    assertion: str, limit: str, rate: str, found: str, expected: str, excess: str
) -> None:
    (one,) = told(rule("P902", assertion, limit), entries={"rate@value": Fraction(rate)})
    assert (one.found, one.expected) == (found, expected)
    assert one.spoken is not None
    assert f"差 {excess}；" in one.spoken.message.zh


def test_a_small_amount_of_money_is_no_ratio() -> None:
    (one,) = told(rule("P901", "total@amount <= bound", "0.001"), entries={"1.1.1@amount": Fraction(1)})
    assert (one.found, one.expected) == ("1.00", "0.00")


def test_counts_are_shown_as_they_are() -> None:
    (one,) = told(rule("P903", "COUNT(lines@amount) >= 2"))
    assert (one.found, one.expected) == ("1", "2")
    assert one.spoken is not None and "差 1；" in one.spoken.message.zh


def test_numbers_of_things_are_no_ratios_and_their_quotients_are() -> None:
    heads: dict[Key, Value] = {"heads@value": Fraction(1250)}
    (one,) = told(rule("P903", "heads <= 1000"), entries=heads)
    assert (one.found, one.expected) == ("1,250", "1,000")
    assert one.spoken is not None and "差 250；" in one.spoken.message.zh
    (one,) = told(rule("P903", "heads / 1000 <= 50%"), entries=heads)
    assert (one.found, one.expected) == ("125%", "50%")


def test_texts_are_shown_as_they_are_and_a_blank_as_nothing() -> None:
    (one,) = told(rule("P904", 'filer = "李四"'))
    assert (one.found, one.expected, one.key) == ("陈洁", "李四", "filer@value")
    (one,) = told(rule("P904", 'filer = "李四"'), entries={"filer@value": None})
    assert (one.found, one.expected) == ("", "李四")


def test_the_names_of_an_expression_can_be_said() -> None:
    words = Text("任务 {target}，费率 {rate}，上限 {bound}，人数 {heads}", "{target} {rate} {bound} {heads}")
    one = rule("P905", "rate <= bound", "0.50‰", message=words, when="AND(target > 0, heads <> 99)")
    (found,) = told(one, entries={"rate@value": Fraction(1, 4), "heads@value": Fraction(3)})
    assert found.spoken is not None
    assert found.spoken.message == Text("任务 5,000.00，费率 25%，上限 0.50‰，人数 3", "5,000.00 25% 0.50‰ 3")


def test_a_rule_is_asked_only_when_its_condition_holds() -> None:
    one = rule("P906", "total@amount <= 1", when="target > 9000")
    assert told(one) == []
    assert [found.code for found in told(one, issued={"target@value": Fraction(9001)})] == ["P906"]


def test_a_rule_of_every_line_is_told_at_each_that_breaks_it() -> None:
    one = rule("P907", "amount <= 1000", each="lines")
    assert [found.key for found in told(one)] == ["1.1.1@amount"]
    first, second = told(one, entries={"2.1@amount": Fraction(1001)})
    assert [first.key, second.key] == ["1.1.1@amount", "2.1@amount"]
    assert first.spoken is not None and second.spoken is not None
    assert "问卷" in first.spoken.message.zh and "广告" in second.spoken.message.zh
    assert all("共 2 项" in found.spoken.message.zh for found in (first, second) if found.spoken)


def test_a_finding_whose_cell_was_not_found_stands_at_the_checks_row() -> None:
    (found,) = told(rule("P901", "total@amount <= 1"), missing={"total@amount"})
    assert (found.key, found.place.sheet) == ("P901@actual", "校验")


def test_an_error_value_breaks_no_rule() -> None:
    assert told(CAP, entries={"1.1.1@amount": Fault("#REF!")}) == []


# Waivers.

OVER: Mapping[Key, Value] = {"1.1.1@amount": Fraction(6000)}


def waiver(until: str = "2026-12-31", up_to: str = "", code: str = "P901") -> Waiver:
    return Waiver(code, "HN", "集团总裁", "新盘交付", until, read_limit(up_to) if up_to else None)


def test_a_waived_rule_is_disclosed_as_a_warning() -> None:
    (plain,) = told(CAP, entries=OVER)
    (found,) = told(CAP, entries=OVER, waivers=(waiver(),))
    assert plain.spoken is not None and found.spoken is not None
    assert found.severity is Severity.WARNING
    assert found.spoken.message == Text(
        plain.spoken.message.zh + "已特批（集团总裁，新盘交付，有效期至 2026-12-31）。",
        plain.spoken.message.en + " Waived (集团总裁, 新盘交付, until 2026-12-31).",
    )
    assert found.spoken.fix == Text(
        "已获特批，可上报；请在变更记录中注明。", "It is waived and may be submitted; note it in Change log."
    )
    assert (found.code, found.place, found.found, found.expected) == ("P901", plain.place, plain.found, plain.expected)


def test_a_waived_finding_is_known_after_its_record_however_it_is_worded() -> None:
    (plain,) = told(CAP, entries=OVER)
    (found,) = told(CAP, entries=OVER, waivers=(waiver(),))
    assert found.spoken is not None
    reworded = replace(found, spoken=replace(found.spoken, fix=Text("特批。", "Waived.")))
    assert [waived(finding_of(finding_said(one))) for one in (plain, found, reworded)] == [False, True, True]


@pytest.mark.parametrize(
    ("up_to", "said"), [("6000", "6,000.00"), ("1000000.5", "1,000,000.50"), ("600000%", "600000%")]
)
def test_a_waiver_says_how_far_it_goes(up_to: str, said: str) -> None:
    (found,) = told(CAP, entries=OVER, waivers=(waiver(up_to=up_to),))
    assert found.severity is Severity.WARNING
    assert found.spoken is not None
    assert found.spoken.message.zh.endswith(f"，有效期至 2026-12-31，不超过 {said}）。")
    assert found.spoken.message.en.endswith(f", until 2026-12-31, up to {said}).")


def test_a_waiver_in_per_mille_is_said_as_written() -> None:
    one = rule("P902", "rate <= bound", "0.4‰")
    (found,) = told(one, entries={"rate@value": Fraction("0.0005")}, waivers=(waiver(code="P902", up_to="0.50‰"),))
    assert found.spoken is not None and found.spoken.message.zh.endswith("，不超过 0.50‰）。")


def test_beyond_its_bound_a_waiver_changes_nothing() -> None:
    (plain,) = told(CAP, entries=OVER)
    assert told(CAP, entries=OVER, waivers=(waiver(up_to="5999.99"),)) == [plain]


def test_a_waiver_makes_nothing_worse() -> None:
    (found,) = told(rule("P901", "total@amount <= 1", severity=Severity.INFO), waivers=(waiver(),))
    assert found.severity is Severity.INFO


def test_a_waiver_of_a_text_has_no_bound_to_reach() -> None:
    one = rule("P904", 'filer = "李四"')
    (found,) = told(one, waivers=(waiver(code="P904", up_to="0"),))
    assert found.severity is Severity.WARNING
    (found,) = told(one, waivers=(waiver(code="P904", up_to="-1"),))
    assert found.severity is Severity.ERROR


def test_an_expired_waiver_is_told_beside_the_finding() -> None:
    (plain,) = told(CAP, entries=OVER)
    found, expired = told(CAP, entries=OVER, waivers=(waiver(until="2026-01-14"),))
    assert found == plain
    assert (expired.code, expired.place, expired.found, expired.expected) == (
        "I113",
        plain.place,
        "2026-01-14",
        TODAY,
    )
    assert expired.values == {"rule": "P901"}


def test_on_its_last_day_a_waiver_still_holds() -> None:
    (found,) = told(CAP, entries=OVER, waivers=(waiver(until=TODAY),))
    assert found.severity is Severity.WARNING


def test_where_nobody_says_what_day_it_is_no_waiver_has_expired() -> None:
    layout = lay_out(TEMPLATE, 2026, policies=(Policy("made-up", 1, Text("制度"), (CAP,)),))
    given = evidence({**FILLED, **OVER}, layout=layout)
    (found,) = broken_rules(given, layout, given.judged({}), (waiver(until="2000-01-01"),))
    assert found.severity is Severity.WARNING


def test_a_waiver_that_nothing_needs_is_told_if_the_workbook_has_its_rule() -> None:
    (unused,) = told(CAP, waivers=(waiver(), waiver(code="P999")))
    assert (unused.code, unused.found, dict(unused.values)) == ("I114", "P901", {"approver": "集团总裁"})
    assert told(CAP, entries=OVER, waivers=(waiver(code="P999"),)) == told(CAP, entries=OVER)


def test_each_rule_has_its_own_waiver() -> None:
    rules = (
        rule("P901", "total@amount <= 1"),
        rule("P902", "rate <= bound", "10%"),
        rule("P903", "amount <= 1", each="lines"),
    )
    entries: Mapping[Key, Value] = {"rate@value": Fraction(1, 4), "2.1@amount": Fraction(5)}
    found = told(*rules, entries=entries, waivers=(waiver(code="P902"), waiver(code="P903", up_to="5")))
    assert [(one.code, one.key, one.severity) for one in found] == [
        ("P901", "total@amount", Severity.ERROR),
        ("P902", "rate@value", Severity.WARNING),
        ("P903", "1.1.1@amount", Severity.ERROR),
        ("P903", "2.1@amount", Severity.WARNING),
    ]
