"""Family E, cell by cell: what each kind of entry is told, and what is not told of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import pytest

from crmxl.check.rules import entry
from crmxl.expression import Value
from crmxl.model import Finding, Key, Place, Text
from crmxl.receive.submission import Content, ContentType
from tests.check.submitted import FILLED, MADE, content, evidence

NUMBER, TEXT, DATE, BOOLEAN, ERROR = (
    ContentType.NUMBER,
    ContentType.TEXT,
    ContentType.DATE,
    ContentType.BOOLEAN,
    ContentType.ERROR,
)
CHANGE, RATE, HEADS, HOURS, FLOOR, BONUS = (
    f"{field}@value" for field in ("change", "rate", "heads", "hours", "floor", "bonus")
)
LINE = "1.1.1@amount"

BELOW = Text("绝对值须小于 100,000,000,000.00", "below 100,000,000,000.00, whatever its sign")


def serial(year: int, month: int, day: int) -> str:
    return str((date(year, month, day) - date(1899, 12, 30)).days)


def brief(findings: list[Finding]) -> list[tuple[object, ...]]:
    """What matters of findings that must stand at their own cell."""
    for one in findings:
        spot = evidence().submission.spots[one.key]
        assert (one.place.sheet, one.place.cell) == (spot.sheet, spot.cell)
        assert one.place.title
    return [(one.code, one.variant, one.key, one.found, one.expected) for one in findings]


def amounts(key: Key, one: Content) -> list[Finding]:
    return list(entry.amounts(evidence(FILLED, {key: one})))


@pytest.mark.parametrize(
    ("key", "one", "told"),
    [
        (LINE, Content(NUMBER, "5"), None),
        (LINE, Content(NUMBER, "0"), None),
        (LINE, Content(), None),
        (LINE, Content(formula="=A1"), None),
        ("filer@value", Content(TEXT, "1万"), None),
        ("owner@value", Content(TEXT, "5"), None),
        ("start@value", Content(TEXT, "5"), None),
        ("start@value", Content(BOOLEAN, "TRUE"), None),
        # how it is written
        (LINE, Content(TEXT, "1,000元"), ("E101", "", "1,000元", "1,000.00")),
        (LINE, Content(TEXT, "-"), ("E101", "nothing", "-", "0.00")),
        (LINE, Content(TEXT, " "), ("E101", "nothing", Text("（空格）", "(spaces)"), Text("空白", "blank"))),
        (HEADS, Content(TEXT, "５"), ("E101", "", "５", "5")),
        (RATE, Content(TEXT, "5%"), ("E101", "", "5%", "5%")),
        (RATE, Content(TEXT, "0.05"), ("E101", "text", "0.05", "5%")),
        (
            LINE,
            Content(TEXT, " -1,0\u200b00.50 "),
            ("E104", "reduction", "-1,000.50", Text("不得小于 0.00", "at least 0.00")),
        ),
        (CHANGE, Content(TEXT, " -1,0\u200b00.50\u00a0"), ("E101", "text", "-1,000.50", "-1,000.50")),
        (CHANGE, Content(TEXT, "+5"), ("E101", "text", "+5", "5.00")),
        (CHANGE, Content(TEXT, ".5"), ("E101", "", ".5", "0.50")),
        (HOURS, Content(TEXT, "12.50"), ("E101", "text", "12.50", "12.5")),
        # more decimals than there may be
        (LINE, Content(NUMBER, "0.005"), ("E105", "", "0.005", "2")),
        (LINE, Content(TEXT, "1.000"), ("E105", "", "1.000", "2")),
        (HEADS, Content(NUMBER, "1.5"), ("E105", "integer", "1.5", "0")),
        (RATE, Content(NUMBER, "0.12345678"), None),
        # beyond any bound
        (
            CHANGE,
            Content(NUMBER, "1e11"),
            (
                "E104",
                "",
                "100000000000",
                Text("绝对值须小于 100,000,000,000.00", "below 100,000,000,000.00, whatever its sign"),
            ),
        ),
        # beyond the column's bounds
        (LINE, Content(NUMBER, "-0.01"), ("E104", "reduction", "-0.01", Text("不得小于 0.00", "at least 0.00"))),
        (LINE, Content(TEXT, "(500)"), ("E104", "reduction", "-500.00", Text("不得小于 0.00", "at least 0.00"))),
        ("heads@value", Content(NUMBER, "-1"), ("E104", "", "-1", Text("允许 1 至 10", "between 1 and 10"))),
        (RATE, Content(NUMBER, "1e-400"), None),
        (RATE, Content(NUMBER, "1e11"), ("E104", "", "100000000000", BELOW)),
        (BONUS, Content(NUMBER, "-50"), None),
        (BONUS, Content(NUMBER, "1000"), None),
        (
            BONUS,
            Content(NUMBER, "-51"),
            ("E104", "", "-51.00", Text("允许 -50.00 至 1,000.00", "between -50.00 and 1,000.00")),
        ),
        (
            BONUS,
            Content(NUMBER, "1001"),
            ("E104", "", "1,001.00", Text("允许 -50.00 至 1,000.00", "between -50.00 and 1,000.00")),
        ),
        (RATE, Content(NUMBER, "0"), None),
        (RATE, Content(NUMBER, "1"), None),
        (RATE, Content(NUMBER, "1.25"), ("E104", "", "125%", Text("允许 0% 至 100%", "between 0% and 100%"))),
        (HEADS, Content(NUMBER, "0"), ("E104", "", "0", Text("允许 1 至 10", "between 1 and 10"))),
        (HOURS, Content(NUMBER, "-3"), None),
        (HOURS, Content(NUMBER, "100"), None),
        (HOURS, Content(NUMBER, "100.5"), ("E104", "", "100.5", Text("不得大于 100", "at most 100"))),
        (FLOOR, Content(NUMBER, "5"), None),
        (FLOOR, Content(NUMBER, "4.5"), ("E104", "", "4.5", Text("不得小于 5", "at least 5"))),
        (CHANGE, Content(NUMBER, "-99999"), None),
        # error values, wherever they stand
        (LINE, Content(ERROR, "#REF!"), ("E106", "", "#REF!", "")),
        ("filer@value", Content(ERROR, "#N/A"), ("E106", "text", "#N/A", "")),
        (LINE, Content(ERROR, "#DIV/0!", "=1/0"), ("E106", "", "#DIV/0!", "")),
        (LINE, Content(ERROR, "#REF!", "=[1]表!B5"), None),
    ],
)
def test_an_entry_is_told_what_is_wrong_with_it(key: Key, one: Content, told: tuple[object, ...] | None) -> None:
    expected = [(told[0], told[1], key, *told[2:])] if told else []
    assert brief(amounts(key, one)) == expected


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("待定", Text("不是数字", "not a number")),
        ("1万", Text("含“万”“千”等单位或中文数字", "has a magnitude word such as 万")),
        ("1,00", Text("千位分隔符的位置不对", "thousands separators are misplaced")),
        ("1e5", Text("是科学计数法", "is in scientific notation")),
        ("1_000", Text("含下划线", "has an underscore")),
        ("٣", Text("含其他文字的数字", "has digits of another script")),
        ("nan", Text("不是有限的数", "is not finite")),
    ],
)
def test_what_is_no_number_is_told_why(typed: str, reason: Text) -> None:
    (found,) = amounts(LINE, Content(TEXT, typed))
    assert brief([found]) == [("E102", "", LINE, typed, "")]
    assert found.values["reason"] == reason


@pytest.mark.parametrize(("key", "kind"), [(RATE, "percent"), (HEADS, "integer"), (HOURS, "quantity"), (BONUS, "")])
def test_what_belongs_there_is_named_by_the_type_of_the_cell(key: Key, kind: str) -> None:
    assert brief(amounts(key, Content(TEXT, "待定"))) == [("E102", kind, key, "待定", "")]


@pytest.mark.parametrize(
    ("one", "found", "kind"),
    [
        (Content(DATE, serial(2026, 3, 5)), "2026-03-05", Text("日期", "date")),
        (Content(DATE, "7"), "7", Text("日期", "date")),
        (Content(BOOLEAN, "TRUE"), "TRUE", Text("逻辑值", "truth value")),
    ],
)
def test_a_date_or_truth_value_in_a_number_is_told_as_what_it_is(one: Content, found: str, kind: Text) -> None:
    (told,) = amounts(LINE, one)
    assert brief([told]) == [("E112", "", LINE, found, "")]
    assert told.values["kind"] == kind


def test_one_bad_entry_hides_no_other() -> None:
    bad = {LINE: Content(TEXT, "1万"), "1.1.2@amount": Content(), HEADS: Content(ERROR, "#N/A"), BONUS: content("x")}
    told = list(entry.amounts(evidence(FILLED, {**bad, "2.1@amount": Content(NUMBER, "-1")})))
    assert {(one.code, one.key) for one in told} == {
        ("E102", LINE),
        ("E106", HEADS),
        ("E102", BONUS),
        ("E104", "2.1@amount"),
    }


# Formulas in inputs.


@pytest.mark.parametrize(
    ("key", "one", "told"),
    [
        (LINE, Content(NUMBER, "5"), None),
        (LINE, Content(NUMBER, "1002", "=501*2"), ("E107", "=501*2", "1,002.00")),
        (RATE, Content(NUMBER, "0.25", "=1/4"), ("E107", "=1/4", "25%")),
        (LINE, Content(TEXT, "1万", '="1万"'), None),
        (LINE, Content(formula='=""'), ("E107", '=""', Text("空白", "blank"))),
        (LINE, Content(NUMBER, "5", "=SUM(表1[金额])"), ("E107", "=SUM(表1[金额])", "5.00")),
        (LINE, Content(NUMBER, "5", '=LEN("[1]表!B5")'), ("E107", '=LEN("[1]表!B5")', "5.00")),
        (LINE, Content(NUMBER, "-5", "=-5"), None),
        (HEADS, Content(NUMBER, "1.5", "=3/2"), None),
        (LINE, Content(DATE, "46203", "=TODAY()"), None),
        ("owner@value", Content(TEXT, "也许", '="也许"'), None),
        ("start@value", Content(NUMBER, "7", "=3+4"), None),
        ("filer@value", Content(TEXT, "陈洁", '="陈"&"洁"'), ("E107", '="陈"&"洁"', "陈洁")),
        ("start@value", Content(DATE, serial(2026, 3, 5), "=TODAY()"), ("E107", "=TODAY()", "2026-03-05")),
        (LINE, Content(formula="=1+1", calculated=False), ("E109", "=1+1", "")),
        (LINE, Content(ERROR, "#DIV/0!", "=1/0"), None),
        (LINE, Content(NUMBER, "5", "='[去年预算.xlsx]表1'!B5"), ("E108", "='[去年预算.xlsx]表1'!B5", "去年预算.xlsx")),
        (LINE, Content(formula="=[1]表!B5", calculated=False), ("E108", "=[1]表!B5", r"c:\预算\a.xlsx")),
        (LINE, Content(ERROR, "#REF!", "=[2]表!B5"), ("E108", "=[2]表!B5", "/home/u/b　二.xlsx")),
        (LINE, Content(NUMBER, "5", "=[3]表!B5"), ("E108", "=[3]表!B5", "3")),
        (LINE, Content(NUMBER, "5", "=[0]表!B5"), ("E108", "=[0]表!B5", "0")),
    ],
)
def test_a_formula_in_an_input_is_told_with_its_result(key: Key, one: Content, told: tuple[object, ...] | None) -> None:
    links = ("file:///c:/预算/a.xlsx", "file:///home/u/b　二.xlsx")
    found = list(entry.formulas_in_inputs(evidence(FILLED, {key: one}, links=links)))
    assert brief(found) == ([(told[0], "", key, *told[1:])] if told else [])


def test_a_formula_hides_no_formula_after_it() -> None:
    formulas = {
        "filer@value": content("陈洁", '="陈洁"'),
        HEADS: Content(ERROR, "#N/A", "=NA()"),
        LINE: Content(formula="=1+1", calculated=False),
        "1.1.2@amount": Content(NUMBER, "5", "=[1]表!B5"),
        "2.1@amount": content(Fraction(3), "=1+2"),
    }
    found = list(entry.formulas_in_inputs(evidence(FILLED, formulas)))
    assert {one.code for one in found if one.key == "2.1@amount"} == {"E107"}
    assert [one.code for one in found] == ["E107", "E109", "E108", "E107"]


# Dates and choices.


@pytest.mark.parametrize(
    ("key", "one", "told"),
    [
        ("start@value", Content(DATE, serial(2026, 6, 30)), None),
        ("start@value", Content(NUMBER, serial(2026, 6, 30)), None),
        ("start@value", Content(), None),
        ("start@value", Content(TEXT, " "), None),
        ("start@value", Content(ERROR, "#N/A"), None),
        ("start@value", Content(formula="=TODAY()", calculated=False), None),
        ("start@value", Content(TEXT, "2026年6月3日"), ("E101", "date", "2026年6月3日", "2026-06-03")),
        ("start@value", Content(TEXT, "6月底"), ("E111", "", "6月底", "")),
        ("start@value", Content(TEXT, "6月底", '="6月底"'), ("E111", "", "6月底", "")),
        ("start@value", Content(NUMBER, "7"), ("E111", "", "7", "")),
        ("start@value", Content(DATE, "7"), ("E111", "", "7", "")),
        ("start@value", Content(BOOLEAN, "TRUE"), ("E111", "", "TRUE", "")),
        ("owner@value", Content(TEXT, "是"), None),
        ("owner@value", Content(TEXT, " 否 "), ("E110", "", " 否 ", Text("是、否", "是, 否"))),
        ("owner@value", Content(), None),
        ("owner@value", Content(TEXT, " "), None),
        ("owner@value", Content(TEXT, "也许"), ("E110", "", "也许", Text("是、否", "是, 否"))),
        ("owner@value", Content(TEXT, "是否"), ("E110", "", "是否", Text("是、否", "是, 否"))),
        ("filer@value", Content(TEXT, "也许"), None),
    ],
)
def test_a_date_is_a_day_and_a_choice_one_of_its_texts(key: Key, one: Content, told: tuple[object, ...] | None) -> None:
    found = list(entry.dates_and_choices(evidence(FILLED, {key: one})))
    assert brief(found) == ([(told[0], told[1], key, *told[2:])] if told else [])


# Signs that nobody sees.


@pytest.mark.parametrize(
    ("key", "one", "shown"),
    [
        ("filer@value", Content(TEXT, "陈\u200b洁"), True),
        ("filer@value", Content(TEXT, "陈洁"), False),
        ("filer@value", Content(TEXT, "👨\u200d👩"), False),
        ("filer@value", Content(TEXT, "👨\u200d👩\u200b"), True),
        ("filer@value", Content(TEXT, "\u200b"), False),
        (LINE, Content(TEXT, "1\u200b0"), False),
        ("filer@value", Content(ERROR, "#N/\u200bA"), False),
    ],
)
def test_signs_that_nobody_sees_are_told(key: Key, one: Content, shown: bool) -> None:
    found = list(entry.unseen_signs(evidence(FILLED, {key: one})))
    assert [(told.code, told.key) for told in found] == ([("E118", key)] if shown else [])
    assert all(told.found and not {"\u200b", "X"} & set(str(told.found)) for told in found)


# What must be filled in.


def asked(entries: Mapping[Key, Value], instead: Mapping[Key, Content] | None = None) -> list[Finding]:
    return list(entry.required(evidence(entries, instead)))


def test_a_required_entry_is_asked_for_where_it_stands() -> None:
    filled = {key: value for key, value in FILLED.items() if key not in ("filer@value", "1.1.1@basis")}
    field, basis = asked(filled)
    assert brief([field, basis]) == [
        ("E103", "field", "filer@value", Text("空白", "blank"), "编制人"),
        ("E103", "", "1.1.1@basis", Text("空白", "blank"), "测算依据"),
    ]
    assert [one.values["column"] for one in (field, basis)] == ["编制人", "测算依据"]


def test_a_blank_line_with_an_amount_is_asked_for_its_name() -> None:
    own: Mapping[Key, Value] = {**FILLED, "1.1.n01@amount": Fraction(5), "1.1.n01@basis": "自填"}
    assert brief(asked(own)) == [("E103", "name", "1.1.n01@title", Text("空白", "blank"), "项目")]
    assert asked({**own, "1.1.n01@title": "外包"}) == []


def test_an_amount_of_nought_needs_no_basis() -> None:
    assert asked({**FILLED, LINE: Fraction(0), "1.1.1@basis": None}) == []


def test_nothing_is_asked_for_where_nothing_is_filled_in() -> None:
    assert asked({}) == []
    assert [one.key for one in asked({BONUS: Fraction(0)})] == ["filer@value"]


def test_spaces_fill_nothing_in() -> None:
    found = asked(FILLED, {"1.1.1@basis": Content(TEXT, " \u3000"), "filer@value": Content(TEXT, " ")})
    assert [one.key for one in found] == ["filer@value", "1.1.1@basis"]


def test_what_was_refused_or_is_unknown_is_not_asked_for() -> None:
    own: Mapping[Key, Value] = {**FILLED, "1.1.1@basis": None}
    assert asked(own, {"1.1.1@basis": Content(formula="=A1", calculated=False)}) == []
    assert asked(own, {"1.1.1@basis": Content(ERROR, "#N/A")}) == []
    assert [one.key for one in asked(own, {"start@value": Content(TEXT, "6月底")})] == ["1.1.1@basis"]


# Months.


def split(**months: object) -> list[Finding]:
    """What is told of the line whose year is 1,200, its months 100 each where ``m01`` … say nothing else."""
    contents = {f"{LINE}.{name[1:]}": one for name, one in months.items()}
    typed = {key: one if isinstance(one, Content) else content(one) for key, one in contents.items()}  # type: ignore[arg-type]
    return list(entry.months(evidence(FILLED, typed)))


def test_months_that_add_up_are_right() -> None:
    assert split() == []
    assert split(m01=Fraction(0), m02=Fraction(200)) == []


def test_months_that_do_not_add_up_are_told_with_what_is_left() -> None:
    (found,) = split(m05=Fraction(99))
    assert brief([found]) == [("E113", "", LINE, "1,199.00", "1,200.00")]
    assert found.values["difference"] == "1.00"
    (found,) = split(m05=Fraction("100.01"))
    assert (found.code, found.found, found.values["difference"]) == ("E113", "1,200.01", "-0.01")


def test_a_year_without_months_is_told_as_not_split() -> None:
    (found,) = entry.months(evidence({LINE: Fraction(1200)}))
    assert brief([found]) == [("E114", "", LINE, "0.00", "1,200.00")]


def test_months_without_a_year_are_told_against_nought() -> None:
    (found,) = entry.months(evidence({f"{LINE}.03": Fraction(7)}))
    assert brief([found]) == [("E113", "", LINE, "7.00", "0.00")]
    assert found.values["difference"] == "-7.00"


def test_months_are_not_judged_where_an_amount_of_the_line_was_refused_or_not_found() -> None:
    assert split(m05=Content(TEXT, "1万")) == []
    assert split(m05=Content(ERROR, "#N/A")) == []
    bad = {"1.1.2@amount": Content(TEXT, "1万"), f"{LINE}.05": Content(NUMBER, "1")}
    assert [one.key for one in entry.months(evidence(FILLED, bad))] == [LINE]
    for gone in (LINE, f"{LINE}.05"):
        assert list(entry.months(evidence(FILLED, {f"{LINE}.06": Content(NUMBER, "1")}, missing={gone}))) == []


def test_a_column_that_only_ends_like_the_rest_of_a_year_is_none() -> None:
    assert [one.key for one in entry.months(evidence({LINE: Fraction("0.01")}))] == [LINE]


def test_every_line_is_judged_by_its_own_months() -> None:
    year = {"1.1.1@amount": Fraction(5), "1.1.2@amount": Fraction(0), "2.1@amount": Fraction(7)}
    assert [(one.key, one.code) for one in entry.months(evidence(year))] == [
        ("1.1.1@amount", "E114"),
        ("2.1@amount", "E114"),
    ]
    gone = evidence(year, missing={"1.1.1@amount.02"})
    assert [one.key for one in entry.months(gone)] == ["2.1@amount"]


# A blank form.


def test_a_blank_form_is_told_at_its_sheet() -> None:
    (found,) = entry.nothing_filled(evidence({}), {})
    assert (found.code, found.place, found.key) == ("E115", Place("基本信息"), "")
    assert (found.found, found.expected) == ("0", Text("至少 1 个", "at least 1"))


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ({"filer@value": "陈洁", "1.1.1@basis": "问卷"}, True),
        ({HEADS: Fraction(1)}, False),
        ({LINE: Fraction(0)}, False),
        ({LINE: "待定"}, False),
    ],
)
def test_one_number_is_enough_and_texts_are_none(entries: Mapping[Key, Value], told: bool) -> None:
    assert bool(list(entry.nothing_filled(evidence(entries), {}))) is told


def test_what_the_group_prefilled_does_not_make_a_form_filled() -> None:
    found = evidence({HEADS: Fraction(7)})
    assert [one.code for one in entry.nothing_filled(found, {HEADS: Fraction(7)})] == ["E115"]
    assert list(entry.nothing_filled(found, {HEADS: Fraction(8)})) == []
    assert list(entry.nothing_filled(found, {LINE: Fraction(7)})) == []


@pytest.mark.parametrize("amount", [7, 0])
def test_a_form_sent_back_with_the_amounts_that_the_group_proposed_is_an_answer(amount: int) -> None:
    proposed = {LINE: Fraction(amount), HEADS: Fraction(7)}
    assert list(entry.nothing_filled(evidence(proposed), proposed)) == []
    assert [one.code for one in entry.nothing_filled(evidence({HEADS: Fraction(7)}), proposed)] == ["E115"]


def test_a_form_none_of_whose_cells_were_found_is_not_called_blank() -> None:
    inputs = {cell.key for cell in MADE.inputs}
    assert list(entry.nothing_filled(evidence({}, missing=inputs), {})) == []
    numbers = {cell.key for cell in MADE.inputs if cell.type.numeric}
    assert [one.code for one in entry.nothing_filled(evidence({}, missing=numbers), {})] == ["E115"]
    assert list(entry.nothing_filled(evidence({"filer@value": "陈洁"}, missing=numbers), {})) == []
