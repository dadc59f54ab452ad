"""Family S, judged after reading: labels, formulas, what they show, and the flag that every sheet repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from crmxl.check.rules import structure
from crmxl.check.rules.structure import same_value, shown_value
from crmxl.expression import Fault, Value
from crmxl.issue.layout import lay_out
from crmxl.issue.places import FLAG, Layout
from crmxl.model import NOWHERE, Finding, Key, Place, Severity, Text
from crmxl.receive.submission import Content, ContentType
from tests.check.submitted import FILLED, MADE, TEMPLATE, content, evidence, moved

NUMBER, TEXT = ContentType.NUMBER, ContentType.TEXT
LINE, GROUP, PART, TOTAL = "1.1.1@amount", "1.1@amount", "1@amount", "total@amount"
PLAN = "费用预算"


def brief(findings: list[Finding]) -> list[tuple[str, str, Key]]:
    """Codes, variants and keys of findings that must stand at their own cell."""
    for one in findings:
        spot = evidence().submission.spots[one.key]
        assert (one.place.sheet, one.place.cell) == (spot.sheet, spot.cell)
    return [(one.code, one.variant, one.key) for one in findings]


def intact(key: Key, value: Value, layout: Layout = MADE) -> Content:
    """The issued formula of ``key``, showing ``value``."""
    return content(value, f"={layout.formula(key)}")


def changed(instead: Mapping[Key, Content], **parts: Any) -> list[Finding]:
    return list(structure.formula_changed(evidence(FILLED, instead, **parts)))


def about(code: str, sheet: str = "") -> Finding:
    """A finding of the reader."""
    return Finding(code, Severity.ERROR, Place(sheet) if sheet else NOWHERE)


# Labels.


@pytest.mark.parametrize(
    ("key", "variant", "expected"),
    [
        ("1.1.1@title", "", "问卷"),
        ("2.1@title", "no-blanks", "广告"),
        ("1.1@title", "other", "小计"),
        ("filer@title", "other", "编制人"),
        ("C01@title", "other", "已填报的数字项（至少 1 项；确无预算请填 0）"),
    ],
)
def test_a_changed_label_is_told_with_the_issued_one(key: Key, variant: str, expected: str) -> None:
    (found,) = structure.label_changed(evidence(FILLED, {key: Content(TEXT, "别的")}))
    assert brief([found]) == [("S109", variant, key)]
    assert (found.found, found.expected) == ("别的", expected)


def test_a_label_that_is_gone_is_told_as_blank_and_one_not_found_is_not_told() -> None:
    (found,) = structure.label_changed(evidence(FILLED, {"1.1.1@title": Content()}))
    assert found.found == Text("空白", "blank")
    assert list(structure.label_changed(evidence(FILLED, missing={"1.1.1@title"}))) == []


def test_spaces_around_a_label_and_titles_of_ones_own_are_nobodys_business() -> None:
    own = {"1.1.1@title": Content(TEXT, " 问卷\u3000"), "1.1.n01@title": Content(TEXT, "外包")}
    assert list(structure.label_changed(evidence(FILLED, own))) == []


# Formulas.


def test_issued_formulas_are_intact() -> None:
    assert changed({}) == []


@pytest.mark.parametrize(
    ("key", "one", "variant", "found", "expected", "returned", "difference"),
    [
        (GROUP, Content(NUMBER, "2500"), "typed", "2,500.00", "1,200.00", "", "1,300.00"),
        (GROUP, Content(NUMBER, "1200"), "same", "1,200.00", "1,200.00", "", "0.00"),
        (GROUP, Content(ContentType.BOOLEAN, "TRUE"), "typed", "1.00", "1,200.00", "", "-1,199.00"),
        (GROUP, Content(), "cleared", Text("空白", "blank"), "1,200.00", "", "—"),
        (GROUP, Content(TEXT, "\u200b "), "cleared", "\u200b ", "1,200.00", "", "—"),
        (GROUP, Content(TEXT, "无"), "overwritten", "无", "1,200.00", "", "—"),
        (GROUP, Content(NUMBER, "1201", "=SUM(C9:C11)+1"), "", "1,201.00", "1,200.00", "=SUM(C9:C11)+1", "1.00"),
        (GROUP, Content(TEXT, "x", '="x"'), "no-number", "x", "1,200.00", '="x"', "—"),
        (GROUP, Content(ContentType.ERROR, "#N/A", "=NA()"), "no-number", "#N/A", "1,200.00", "=NA()", "—"),
        (FLAG, Content(TEXT, "好"), "overwritten", "好", "提示", "", "—"),
        ("1.1.1@_fault", Content(NUMBER, "0"), "helper-pasted", "0", "0", "", "0"),
    ],
)
def test_a_changed_formula_is_told_as_what_was_done(
    key: Key, one: Content, variant: str, found: object, expected: str, returned: str, difference: str
) -> None:
    (told,) = changed({key: one, **({GROUP: intact(GROUP, Fraction(1200))} if key != GROUP else {})})
    if key == FLAG:
        expected = str(evidence(FILLED).recomputed[FLAG])
    assert brief([told]) == [("S110", variant, key)]
    assert (told.found, told.expected) == (found, expected)
    issued = f"={MADE.formula(key)}"
    assert told.values == {
        "issued": issued if len(issued) <= 80 else issued[:79] + "…",
        "returned": returned,
        "difference": difference,
    }


def test_a_formula_of_80_characters_is_told_whole() -> None:
    for extra, shown in ((80, "=" + "1" * 79), (81, "=" + "1" * 78 + "…")):
        (told,) = changed({GROUP: Content(NUMBER, "1200", "=" + "1" * (extra - 1))})
        assert told.values["returned"] == shown


def test_totals_above_an_overwritten_one_are_not_told_again() -> None:
    above = {PART: intact(PART, Fraction(2500)), TOTAL: intact(TOTAL, Fraction(2500))}
    assert brief(changed({GROUP: Content(NUMBER, "2500"), **above})) == [("S110", "typed", GROUP)]


def test_an_intact_formula_that_shows_something_else_is_told_with_what_it_gives() -> None:
    stale = intact(GROUP, Fraction(1000))
    (told,) = changed({GROUP: stale, PART: intact(PART, Fraction(1000)), TOTAL: intact(TOTAL, Fraction(1000))})
    assert brief([told]) == [("S112", "", GROUP)]
    assert (told.found, told.expected, told.values) == ("1,000.00", "1,200.00", {"difference": "-200.00"})


def test_a_result_is_explained_by_what_its_cells_show_or_by_the_entries() -> None:
    shown = {GROUP: intact(GROUP, Fraction(1000)), PART: intact(PART, Fraction(1000))}
    assert brief(changed({**shown, TOTAL: intact(TOTAL, Fraction(1000))})) == [("S112", "", GROUP)]
    assert brief(changed({**shown, TOTAL: intact(TOTAL, Fraction(1200))})) == [("S112", "", GROUP)]
    assert brief(changed({**shown, TOTAL: intact(TOTAL, Fraction(1100))})) == [("S112", "", GROUP), ("S112", "", TOTAL)]


def test_a_formula_that_was_never_calculated_shows_nothing_wrong() -> None:
    assert changed({GROUP: Content(formula=f"={MADE.formula(GROUP)}", calculated=False)}) == []


def test_a_typed_text_changes_no_formula() -> None:
    assert changed({LINE: Content(TEXT, "1,200元")}) == []


def test_a_sheet_pasted_over_as_values_is_told_once_and_what_is_wrong_in_it_by_itself() -> None:
    plan = MADE.cells[GROUP].sheet
    pasted = {
        key: content(value) for key, value in evidence(FILLED).recomputed.items() if MADE.cells[key].sheet == plan
    }
    assert len(pasted) >= 10
    (sheet,) = changed(pasted)
    assert (sheet.code, sheet.variant, sheet.place.cell) == ("S110", "sheet", "")
    wrong = changed({**pasted, GROUP: Content(NUMBER, "2500")})
    assert [(one.variant, one.key) for one in wrong] == [("sheet", ""), ("typed", GROUP)]


def test_the_helper_columns_of_a_row_are_told_once() -> None:
    gone = {f"1.1.1@_{name}": Content() for name in ("fault", "text", "missing")}
    other = {"1.1.2@_text": Content(), "2.1@double": Content()}
    assert brief(changed({**gone, **other})) == [
        ("S110", "helper", "1.1.1@_fault"),
        ("S110", "helper", "1.1.2@_text"),
        ("S110", "cleared", "2.1@double"),
    ] or {(one.variant, one.key.partition("@")[0]) for one in changed({**gone, **other})} == {
        ("helper", "1.1.1"),
        ("helper", "1.1.2"),
        ("cleared", "2.1"),
    }
    assert len(changed({**gone, **other})) == 3


@pytest.mark.parametrize(
    ("formula", "same"),
    [
        ("= sum( $C$9:$C$11 )", True),
        ("=SUM('费用预算'!C9:C11)", True),
        ("=SUM(C9,C10:C11)", True),
        ("=SUM(C9:C10)", False),
        ("=C9+C10+C11", False),
        ("=SUM(D9:D11)", False),
    ],
)
def test_formulas_are_compared_by_what_they_mean(formula: str, same: bool) -> None:
    assert (changed({GROUP: Content(NUMBER, "1200", formula)}) == []) is same


def test_references_move_with_their_sheet() -> None:
    """Two rows were inserted on top and the tab renamed: the program has shifted every reference, or has not."""
    whole = evidence(FILLED)
    here = moved(whole.submission, PLAN, rows=2)
    told = list(structure.formula_changed(replace(whole, submission=here)))
    assert {one.code for one in told} == {"S110"}
    assert GROUP in {one.key for one in told}
    shifted = {**here.contents, GROUP: Content(NUMBER, "1200", "=SUM(C11:C13)")}
    told = list(structure.formula_changed(replace(whole, submission=replace(here, contents=shifted))))
    assert GROUP not in {one.key for one in told}


def test_where_everything_has_moved_the_issued_text_means_something_else() -> None:
    whole = evidence(FILLED)
    here = whole.submission
    for sheet in MADE.sheets:
        here = moved(here, sheet.name, rows=2)
    assert GROUP in {one.key for one in structure.formula_changed(replace(whole, submission=here))}


def test_every_kind_of_move_is_seen() -> None:
    """Where each cell stands as issued, the issued text will do; a single cell elsewhere, and meanings are compared."""
    for key, formula in ((LINE, "=SUM(C9:C11)"), ("filer@value", "=SUM(C9:C11)")):
        whole = evidence(FILLED)
        spot = whole.submission.spots[key]
        for other in (replace(spot, row=90), replace(spot, column=30), replace(spot, sheet="草稿")):
            spots = {**whole.submission.spots, key: other}
            at = {(one.sheet, one.row, one.column): name for name, one in spots.items()}
            told = structure.formula_changed(
                replace(whole, submission=replace(whole.submission, spots=spots, keys_at=at))
            )
            keys = {one.key for one in told if one.code == "S110"}
            assert (GROUP in keys) is (key == LINE), (key, other, formula)


def test_what_reads_a_missing_line_is_not_told_again() -> None:
    gone = {key for key in MADE.cells if key.startswith("1.1.2@")}
    reads = evidence(FILLED, missing=gone, findings=(about("S105", PLAN),))
    assert list(structure.formula_changed(reads)) == []
    (told,) = structure.formula_changed(
        evidence(FILLED, {GROUP: Content(NUMBER, "1200", "=SUM(C9:C9)")}, missing=gone, findings=(about("S105", PLAN),))
    )
    assert brief([told]) == [("S110", "", GROUP)]


def test_broken_references_are_explained_by_broken_anchors() -> None:
    broken = {GROUP: Content(ContentType.ERROR, "#REF!", "=SUM(#REF!)")}
    assert {one.key for one in changed(broken)} >= {GROUP}
    assert changed(broken, findings=(about("S105", PLAN),)) == []
    typed = changed({**broken, TOTAL: content(Fraction(1))}, findings=(about("S105", PLAN),))
    assert [one.key for one in typed] == [TOTAL]
    assert [one.key for one in changed({GROUP: content(Fraction(1))}, findings=(about("S105", PLAN),))] == [GROUP]


ANCHORS = [f"S10{number}" for number in range(1, 8)]


@pytest.mark.parametrize("code", ANCHORS)
def test_every_kind_of_broken_anchor_explains_broken_references(code: str) -> None:
    broken = {GROUP: Content(ContentType.ERROR, "#REF!", "=SUM(#REF!)")}
    assert changed(broken, findings=(about(code, PLAN),)) == []


@pytest.mark.parametrize("code", ANCHORS)
def test_only_lost_sheets_and_columns_make_formulas_unreadable(code: str) -> None:
    lost = {key for key in MADE.cells if key.partition("@")[2] == "amount"}
    other = {"1.1.1@double": Content(NUMBER, "2400", "=N(D9)*2"), "2.1@double": Content(NUMBER, "7")}
    told = [one.key for one in changed(other, missing=lost, findings=(about(code, PLAN),)) if one.key in other]
    assert told == (["2.1@double"] if code < "S105" else ["1.1.1@double", "2.1@double"])


def test_a_result_that_reads_a_missing_line_is_not_compared() -> None:
    gone = {key for key in MADE.cells if key.startswith("1.1.2@")}
    stale = {GROUP: intact(GROUP, Fraction(7)), "2@amount": intact("2@amount", Fraction(7))}
    told = {one.key for one in changed(stale, missing=gone, findings=(about("S105", "基本信息"),))}
    assert GROUP not in told
    assert "2@amount" in told


def test_formulas_of_another_layout_are_its_own() -> None:
    part = lay_out(TEMPLATE, 2026, parts=("2",))
    for layout in (MADE, part, MADE):
        typed = {TOTAL: content(Fraction(7), f"= {layout.formula(TOTAL)}")}
        assert {one.code for one in changed(typed, layout=layout) if one.key == TOTAL} == {"S112"}


def test_a_formula_into_a_lost_column_cannot_be_read() -> None:
    lost = {key for key in MADE.cells if key.partition("@")[2] == "amount"}
    other = {"1.1.1@double": Content(NUMBER, "2400", "=N(D9)*2"), "1.1.1@_text": Content(NUMBER, "0", "=0+0")}
    told = changed(other, missing=lost, findings=(about("S103", PLAN),))
    assert "1.1.1@double" not in {one.key for one in told}
    assert "1.1.1@double" in {one.key for one in changed(other, missing=lost, findings=(about("S105", PLAN),))}
    typed = {"1.1.1@double": Content(NUMBER, "7")}
    assert "1.1.1@double" in {one.key for one in changed(typed, missing=lost, findings=(about("S103", PLAN),))}


def test_results_on_sheets_with_broken_anchors_are_not_compared() -> None:
    stale = {GROUP: intact(GROUP, Fraction(7))}
    assert [one.code for one in changed(stale, findings=(about("S105", "基本信息"),))][:1] == ["S112"]
    assert GROUP not in {one.key for one in changed(stale, findings=(about("S105", PLAN),))}
    assert GROUP not in {one.key for one in changed(stale, findings=(about("S101"),))}
    assert GROUP in {one.key for one in changed(stale, findings=(about("S109", PLAN), about("E101", PLAN)))}
    checks = {"C01@actual": intact("C01@actual", Fraction(99))}
    assert "C01@actual" in {one.key for one in changed(checks)}
    assert "C01@actual" not in {one.key for one in changed(checks, findings=(about("S105", PLAN),))}


def test_results_of_inputs_without_a_result_are_not_compared() -> None:
    unknown = {LINE: Content(formula="=1+1", calculated=False)}
    stale = {GROUP: intact(GROUP, Fraction(7)), "2@amount": intact("2@amount", Fraction(7))}
    keys = {one.key for one in changed({**unknown, **stale})}
    assert GROUP not in keys
    assert "2@amount" in keys


def test_the_checks_of_an_unknown_policy_are_not_compared() -> None:
    other = {"C01@actual": Content(NUMBER, "5"), "1.1.1@_text": Content(NUMBER, "0"), "2.1@double": content("x")}
    stale = {"C02@actual": intact("C02@actual", Fraction(99))}
    assert [one.code for one in changed(stale)] == ["S112"]
    assert changed(stale, findings=(about("I110"),)) == []
    keys = [one.key for one in changed(other, findings=(about("I110"),))]
    assert keys == ["2.1@double"]
    assert {"C01@actual", "1.1.1@_text"} <= {one.key for one in changed(other)}


def test_a_range_that_has_grown_over_strays_explains_another_result() -> None:
    wide = Content(NUMBER, "1250", "=SUM(C9:D11)")
    stray = (PLAN, 10, 4)
    keyed = {key: value for key, value in FILLED.items() if not key.startswith(f"{LINE}.")}
    gone = {key for key in MADE.cells if key.rpartition("@")[2].startswith("amount.")}
    parts: dict[str, Any] = {"missing": gone, "findings": (about("I110"),)}
    seen = {GROUP: wide, PART: intact(PART, Fraction(1250)), TOTAL: intact(TOTAL, Fraction(1250))}

    def told(**more: Any) -> list[Key]:
        return [
            one.key
            for one in structure.formula_changed(evidence(keyed, seen, **parts, **more))
            if one.code == "S112" and one.key == GROUP
        ]

    assert told() == [GROUP]
    assert told(strays={stray: content(Fraction(50))}) == []
    assert told(strays={(PLAN, 30, 4): content(Fraction(50))}) == [GROUP]
    many = {(PLAN, row, 40): content("x") for row in range(100, 10_099)}
    assert told(strays={**many, stray: content(Fraction(50))}) == []
    assert told(strays={**many, (PLAN, 99, 40): content("x"), stray: content(Fraction(50))}) == [GROUP]


# The master flag.


def flags(one: Content, **parts: Any) -> list[Finding]:
    found = evidence(FILLED, flags={(PLAN, 4, 2): one}, **parts)
    return list(structure.flag_repeated(found))


def test_a_header_repeats_the_flag() -> None:
    verdict = evidence(FILLED).recomputed[FLAG]
    spot = evidence().submission.spots[FLAG]
    assert flags(content(verdict, f"='校验'!{spot.cell}")) == []
    assert flags(content(verdict, f"=校验!${spot.cell[0]}${spot.cell[1:]}")) == []
    assert flags(content("通过"), missing={FLAG}) == []
    here = evidence(FILLED, flags={("校验", 4, 2): content(verdict, f"={spot.cell}")})
    assert list(structure.flag_repeated(here)) == []


@pytest.mark.parametrize(
    ("one", "variant", "found", "returned"),
    [
        (content("通过"), "overwritten", "通过", ""),
        (Content(), "cleared", Text("空白", "blank"), ""),
        (content("\u200b"), "cleared", "\u200b", ""),
        (content("通过", '="通过"'), "no-number", "通过", '="通过"'),
        (content("通过", "='校验'!C8"), "no-number", "通过", "='校验'!C8"),
    ],
)
def test_a_header_that_says_something_of_its_own_is_told(
    one: Content, variant: str, found: object, returned: str
) -> None:
    (told,) = flags(one)
    spot = evidence().submission.spots[FLAG]
    assert (told.code, told.variant, told.key) == ("S110", variant, "")
    assert told.place == Place(PLAN, "B4", "总体结论")
    assert (told.found, told.expected) == (found, evidence(FILLED).recomputed[FLAG])
    assert told.values == {"issued": f"='校验'!{spot.cell}", "returned": returned, "difference": "—"}


def test_every_header_is_looked_at() -> None:
    spot = evidence().submission.spots[FLAG]
    good, bad = content("x", f"='校验'!{spot.cell}"), content("通过")
    found = evidence(FILLED, flags={("基本信息", 4, 2): bad, (PLAN, 4, 2): good, ("校验", 4, 2): bad})
    assert [one.place.sheet for one in structure.flag_repeated(found)] == ["基本信息", "校验"]


# Values.

MONEY, RATIO, WORDS = MADE.cells[LINE], MADE.cells["rate@value"], MADE.cells["filer@value"]


@pytest.mark.parametrize(
    ("shown", "should", "cell", "same"),
    [
        (Fraction("1.004"), Fraction(1), MONEY, True),
        (Fraction("1.005"), Fraction(1), MONEY, False),
        (Fraction("0.004"), Fraction(0), RATIO, False),
        (Fraction(1, 10**11), Fraction(0), RATIO, True),
        (Fraction(1, 10**10), Fraction(0), RATIO, False),
        (True, Fraction(1), RATIO, True),
        (False, Fraction(1), RATIO, False),
        (Fault("#N/A"), Fault("#REF!"), MONEY, True),
        (Fault("#N/A"), Fraction(0), MONEY, False),
        (Fraction(0), Fault("#N/A"), MONEY, False),
        ("x", "x", WORDS, True),
        ("x", "y", WORDS, False),
        (None, "", WORDS, True),
        ("", None, WORDS, True),
        ("x", None, WORDS, False),
        (None, "x", WORDS, False),
        (None, Fraction(0), MONEY, True),
        (None, Fraction(1), MONEY, False),
        ("1", Fraction(1), MONEY, False),
        # LibreOffice keeps 15 digits: of a large ratio fewer than ten places are left
        (Fraction("193684.210526316"), Fraction(3680000, 19), RATIO, True),
        (Fraction("193684.210526326"), Fraction(3680000, 19), RATIO, False),
    ],
)
def test_values_are_the_same_to_the_fen_to_ten_places_or_to_the_letter(
    shown: Value, should: Value, cell: Any, same: bool
) -> None:
    assert same_value(shown, should, cell) is same


@pytest.mark.parametrize(
    ("value", "cell", "said"),
    [
        (None, MONEY, Text("空白", "blank")),
        ("", WORDS, Text("空白", "blank")),
        ("x", MONEY, "x"),
        (Fault("#N/A"), MONEY, "#N/A"),
        (Fraction(1200), MONEY, "1,200.00"),
        (Fraction(1, 4), RATIO, "25%"),
        (Fraction(5, 2), MADE.cells["hours@value"], "2.5"),
        (True, MADE.cells["hours@value"], "1"),
    ],
)
def test_a_value_is_shown_as_its_cell_would(value: Value, cell: Any, said: object) -> None:
    assert shown_value(value, cell) == said
