"""Family I, judged by the group's records: round, unit, signature and issued figures, each told as what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crmxl.check.evidence import Evidence
from crmxl.check.rules import identity
from crmxl.check.standard import Standard
from crmxl.define.round import Round, Unit
from crmxl.issue.layout import lay_out
from crmxl.issue.stamp import read_stamp, stamp_text
from crmxl.model import Assignment, Finding, Key, Severity, Text
from crmxl.policy import Policy, Rule
from crmxl.receive.submission import Content, ContentType
from tests.check.submitted import FILLED, GIVEN, TEMPLATE, evidence, submitted

KEY = b"0123456789abcdef"
UNITS = (Unit("HN", "华南", parameters={"target": "5000", "scope": "含项目"}), Unit("SZ", "深圳"))
ISSUED = replace(GIVEN, unit_name="华南", round="2026年度预算", stage="一上")
ROUND = Round(
    name="2026年度预算",
    year=2026,
    stage="一上",
    templates=("made@1",),
    policies=(),
    deadline="",
    contact="",
    units=UNITS,
    limits={},
    key=b"",
    folder=Path("round"),
)


def judged(given: Assignment = ISSUED, round: Round | None = ROUND, layout: Any = None) -> list[Finding]:
    found = evidence(FILLED, given=given, **({"layout": layout} if layout else {}))
    return list(identity.of_this_round(found, Standard(round)))


def test_the_workbook_that_was_issued_is_recognised() -> None:
    assert judged() == []
    assert judged(replace(ISSUED, unit="SZ", unit_name="深圳", parameters={})) == []
    assert judged(replace(ISSUED, round="x"), round=None) == []


def test_without_a_stamp_there_is_nothing_to_compare() -> None:
    found = evidence(FILLED)
    blind = Evidence(replace(found.submission, stamp=None), found.layout)
    assert list(identity.of_this_round(blind, Standard(ROUND))) == []
    assert list(identity.issued_figures(blind, Standard(ROUND))) == []


@pytest.mark.parametrize(
    ("changes", "what", "found", "expected"),
    [
        ({"round": "2025年度预算"}, Text("轮次", "round"), "2025年度预算", "2026年度预算"),
        ({"round": ""}, Text("轮次", "round"), "—", "2026年度预算"),
        ({"stage": "二上"}, Text("阶段", "stage"), "二上", "一上"),
        ({"year": 2025}, Text("预算年度", "year"), "2025", "2026"),
        ({"unit": "BJ"}, Text("预算单位", "unit"), "BJ", "HN、SZ"),
        ({"unit": ""}, Text("预算单位", "unit"), "—", "HN、SZ"),
        ({"first_month": 4}, Text("起始月份", "first month"), "4", "1"),
    ],
)
def test_another_rounds_workbook_is_told_by_what_differs(
    changes: Mapping[str, Any], what: Text, found: str, expected: str
) -> None:
    (one,) = judged(replace(ISSUED, **changes))
    assert (one.code, one.found, one.expected, one.values["what"]) == ("I111", found, expected, what)


def test_the_stage_may_be_missing_in_the_round() -> None:
    (one,) = judged(round=replace(ROUND, stage=""))
    assert (one.found, one.expected) == ("一上", "—")


def test_other_parts_than_those_asked_for_are_told() -> None:
    some = lay_out(TEMPLATE, 2026, parts=("2",))
    (one,) = judged(replace(ISSUED, parts=("2",)), layout=some)
    assert (one.code, one.found, one.expected, one.values["what"]) == ("I111", "2", "—", Text("部分", "parts"))
    asked = replace(ROUND, units=(replace(UNITS[0], parts=("2",)), UNITS[1]))
    assert judged(replace(ISSUED, parts=("2",)), asked, some) == []
    both = lay_out(TEMPLATE, 2026, parts=("1", "2"))
    (one,) = judged(ISSUED, asked, both)
    assert (one.found, one.expected) == ("1、2", "2")


def test_the_templates_own_choice_of_parts_counts_where_nobody_chose() -> None:
    chosen = replace(TEMPLATE, parts=("1", "2"))
    assert judged(layout=lay_out(chosen, 2026, parts=("1", "2"))) == []
    (one,) = judged(layout=lay_out(chosen, 2026, parts=("2",)))
    assert (one.found, one.expected) == ("2", "1、2")


def test_a_template_that_the_round_does_not_have_is_told() -> None:
    (one,) = judged(round=replace(ROUND, templates=("other@3", "a-third@1")))
    assert (one.code, one.found, one.expected) == ("I111", "made", "a-third、other")
    assert one.values["what"] == Text("模板", "template")
    assert judged(round=replace(ROUND, templates=("other@3", "made@9"))) == []


def test_of_many_units_the_first_ten_are_named() -> None:
    many = tuple(Unit(f"U{number:02d}", "单位") for number in range(12))
    (one,) = judged(round=replace(ROUND, units=many))
    assert one.expected == "、".join(f"U{number:02d}" for number in range(10))


def test_everything_that_differs_is_told_at_once() -> None:
    found = judged(replace(ISSUED, round="x", year=2025, unit_name="华东"), replace(ROUND, templates=("other@1",)))
    assert [one.values["what"] for one in found] == [
        Text("轮次", "round"),
        Text("预算年度", "year"),
        Text("模板", "template"),
    ]


def test_only_the_rounds_key_signs() -> None:
    signed = submitted(FILLED, given=ISSUED)
    assert signed.stamp is not None and signed.layout is not None
    own = read_stamp(stamp_text(signed.stamp, KEY))
    ours, keyless = Standard(replace(ROUND, key=KEY)), Standard(ROUND)

    def told(stamp: Any, standard: Standard) -> list[str]:
        assert signed.layout is not None
        found = Evidence(replace(signed, stamp=stamp), signed.layout)
        return [one.code for one in identity.of_this_round(found, standard)]

    assert told(own, ours) == []
    assert told(signed.stamp, ours) == ["I112"]
    assert told(own, Standard(replace(ROUND, key=b"another key of 16"))) == ["I112"]
    assert told(signed.stamp, keyless) == []
    other = replace(own, assignment=replace(ISSUED, stage="二上"))
    assert told(other, ours) == ["I111"]  # the signature is not judged of a workbook that is another one anyway


# Issued figures.


def figures(instead: Mapping[Key, Content], round: Round | None = ROUND, **parts: Any) -> list[Finding]:
    return list(identity.issued_figures(evidence(FILLED, instead, given=ISSUED, **parts), Standard(round)))


def test_an_issued_figure_that_was_changed_is_told_with_the_record() -> None:
    assert figures({}) == []
    assert figures({"target@value": Content(ContentType.NUMBER, "5000.0000001")}) == []
    (one,) = figures({"target@value": Content(ContentType.NUMBER, "6000")})
    assert (one.code, one.key, one.found, one.expected) == ("I109", "target@value", "6,000.00", "5,000.00")
    assert (one.place.sheet, one.place.cell) == ("基本信息", "C7")
    (one,) = figures({"scope@value": Content(ContentType.TEXT, "仅本级")})
    assert (one.key, one.found, one.expected) == ("scope@value", "仅本级", "含项目")
    (one,) = figures({"scope@value": Content()})
    assert (one.found, one.expected) == (Text("空白", "blank"), "含项目")


def test_outside_a_round_the_stamp_has_the_figures() -> None:
    assert figures({}, round=None) == []
    assert [one.key for one in figures({"target@value": Content(ContentType.NUMBER, "6000")}, round=None)] == [
        "target@value"
    ]


def test_only_issued_cells_that_were_found_are_compared() -> None:
    changed = {"scope@value": Content(ContentType.TEXT, "x")}
    assert [one.key for one in figures(changed, missing={"target@value"})] == ["scope@value"]


# What nobody vouches for.


def unverified(
    assertion: str, round: Round | None = None, instead: Mapping[Key, Content] | None = None
) -> list[Finding]:
    words = Text("", "")
    rule = Rule("P901", "made-up", Severity.ERROR, assertion, words, words, words)
    judging = lay_out(TEMPLATE, 2026, policies=(Policy("made-up", 1, words, (rule,)),))
    found = evidence(FILLED, instead, layout=judging, given=ISSUED)
    return list(identity.not_verified(found, Standard(round), judging))


def test_figures_that_rules_read_are_told_as_not_verified_outside_a_round() -> None:
    (one,) = unverified('AND(total@amount <= target, scope <> "x") = (1 = 1)')
    assert (one.code, one.key, one.place.cell) == ("I108", "target@value", "C7")
    assert one.found == "考核任务 5,000.00、下达口径 含项目"
    (one,) = unverified('scope <> "x"')
    assert (one.key, one.found) == ("scope@value", "下达口径 含项目")


def test_a_figure_is_read_through_formulas_too() -> None:
    (one,) = unverified("1.1.1@share <= 90%")
    assert (one.key, one.found) == ("target@value", "考核任务 5,000.00")


def test_figures_that_no_rule_reads_need_nobody() -> None:
    assert unverified("total@amount <= 10000") == []


def test_a_figure_that_is_not_there_is_not_told() -> None:
    assert unverified("total@amount <= target", instead={"target@value": Content()}) == []


def test_a_round_with_a_key_vouches_for_its_figures() -> None:
    assert unverified("total@amount <= target", replace(ROUND, key=KEY)) == []
    assert [one.code for one in unverified("total@amount <= target", ROUND)] == ["I108"]
