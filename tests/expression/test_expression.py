"""Expressions parse once, mean the same as Excel text and as an exact value, and name their mistakes."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.errors import ExpressionError
from crmxl.expression import (
    FUNCTIONS,
    Call,
    Cells,
    Fault,
    Measure,
    Node,
    Number,
    Ready,
    Reference,
    Value,
    as_result,
    bind,
    evaluate,
    excel,
    holds,
    keys,
    measure,
    moved,
    outcomes,
    parse,
    references,
    rewritten,
    walk,
)
from crmxl.expression.nodes import Negative

MONEY = {"a": "A1", "b": "A2", "c": "A3", "1.1@amount": "B1", "1.10@amount": "B2"}
TEXTS = {"word": "C1", "other": "C2"}
SETS = {"all": ("a", "b", "c"), "two": ("a", "c"), "none": ()}
PLACES = {**MONEY, **TEXTS}


def resolve(reference: Reference) -> Node:
    name = reference.text
    if name in SETS:
        return Cells(SETS[name], Measure.MONEY, several=True)
    if name == "year":
        return Number(Fraction(2026))
    return Cells((name,), Measure.TEXT if name in TEXTS else Measure.MONEY)


def address(keys: tuple[str, ...]) -> list[str]:
    if keys == SETS["all"]:
        return ["A1:A3"]
    return [PLACES[key] for key in keys]


def value(source: str, **values: Value) -> Value:
    return evaluate(bind(parse(source), resolve), values.get)


def text(source: str) -> str:
    return excel(bind(parse(source), resolve), address)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 / 3 * 3", Fraction(1)),
        ("2 + 3 * 4 - 6 / 2", Fraction(11)),
        ("-(2 - 5)", Fraction(3)),
        ("0.5‰ * 200000000", Fraction(100_000)),
        ("10% + 1", Fraction(11, 10)),
        ("ROUND(2.675, 2)", Fraction(268, 100)),
        ("ROUND(-2.5, 0)", Fraction(-3)),
        ("ROUND(1250, -2)", Fraction(1300)),
        ("1 / 0", Fault("#DIV/0!")),
        ("IF(1 = 2, 1 / 0, 7)", Fraction(7)),
        ("IF(1 = 1, 0, 7) + IF(1 = 2, 1, 0)", Fraction(0)),
        ("IF(1 / 0 = 1, 1, 2)", Fault("#DIV/0!")),
        ('"a" & 3 & "b"', "a3b"),
        ('"A" = "a"', True),
        ("year + 1", Fraction(2027)),
        ("MIN(3, 1, 2) + MAX(3, 1, 2)", Fraction(4)),
        ("SUM(none) + COUNT(none) + MIN(none) + MAX(none) + FILLED(none) + BELOW(none, 1)", Fraction(0)),
        ("7 - 2 - 1", Fraction(4)),
        ("7 - 10% - 1‰", Fraction("6.899")),
        ("100.5% * 2", Fraction("2.01")),
        ("- - 2", Fraction(2)),
        ("+2 - +1", Fraction(1)),
        ("1 - (1 = 1) - (1 = 2)", Fraction(0)),
        ("ROUND(10 / 4, 0)", Fraction(3)),
        ('"" & ROUND(1 / 4, 2)', "0.25"),
        ('"" & ROUND(2 / 3, 4) & ROUNDUP(1 / 2, 4) & ROUND(149, -2)', "0.66670.5100"),
        ('"" & 12000000000000000', "12000000000000000"),
        ('"a" <> "A"', False),
        ('"a" <> "b"', True),
        ('"a" = "b"', False),
        ("AND(1 < 2, OR(1 > 2, NOT(2 > 3)))", True),
        ('"say ""hi"""', 'say "hi"'),
        ("1 <= 2 <= 3", True),
        ("3 >= 2 > 2", False),
        ("10% <= 1 / 10 < 0.1", False),
        ("1 / 0 <= 1 <= 2", Fault("#DIV/0!")),
        ("1 <= 1 / 0", Fault("#DIV/0!")),
        ("1 / 0 - 1", Fault("#DIV/0!")),
        ("1 - 1 / 0", Fault("#DIV/0!")),
        ("-(1 / 0)", Fault("#DIV/0!")),
        ("ABS(-1 / 0)", Fault("#DIV/0!")),
    ],
)
def test_values_are_exact(source: str, expected: Value) -> None:
    assert value(source) == expected


def test_of_no_cells_there_is_nought() -> None:
    for function in ("SUM", "MIN", "MAX"):
        nought = value(f"{function}(none)")
        assert isinstance(nought, Fraction) and nought == 0


def test_a_number_typed_as_text_counts_zero() -> None:
    assert value("a + b", a="1,000元", b=Fraction(5)) == 5
    assert value("SUM(all)", a="7", b=Fraction(5), c=None) == 5
    assert value("COUNT(all)", a="7", b=Fraction(5), c=None) == 1
    assert value("MIN(a, b)", a="7", b=Fraction(5)) == 5
    assert value('ROUND(a, 2) & "元"', a="7") == "0元"
    assert value("-a - ABS(b)", a="7", b="7") == 0


def test_a_value_comes_from_its_cell_wherever_it_stands() -> None:
    assert value("-a", a=Fraction(3)) == -3
    assert value("ABS(a - b)", a=Fraction(1), b=Fraction(3)) == 2
    assert value("0 <= a <= b", a=Fraction(1), b=Fraction(3)) is True
    assert value("0 <= a <= b", a=Fraction(4), b=Fraction(3)) is False
    assert value("IF(a > b, a, b)", a=Fraction(4), b=Fraction(3)) == 4
    assert value('word & "×" & other', word="2 场", other=None) == "2 场×"
    assert value("word & other", word=True, other=Fraction(2, 3)) == "TRUE0.666666666666667"
    assert value("word & other", word=False, other=Fraction(-1, 2)) == "FALSE-0.5"
    assert value("ROUND(a, b)", a=Fraction("1.25"), b=Fraction(1)) == Fraction("1.3")


def test_a_text_in_another_case_is_the_same_and_a_number_in_its_cell_is_none() -> None:
    assert value('word = "是"', word="是") is True
    assert value("word = other", word="A1", other="a1") is True
    assert value('word = ""', word=None) is True
    assert value('"" = word', word=None) is True
    assert value('word <> ""', word="x") is True
    assert value('word = "2026"', word=Fraction(2026)) is False
    assert value('word = ""', word=Fraction(0)) is False
    assert value('word = "TRUE"', word=True) is False
    assert value("word = other", word=True, other=True) is True
    assert value("word = other", word=Fraction(1), other=Fraction(1)) is True
    assert value("word <> other", word=Fraction(1), other=Fraction(2)) is True
    assert value("word = other", word=Fault("#N/A"), other="x") == Fault("#N/A")
    assert value("word = other", word="x", other=Fault("#N/A")) == Fault("#N/A")


@given(st.fractions())
def test_no_number_is_too_large_to_be_joined_to_a_text(amount: Fraction) -> None:
    exact = amount * 10**580
    shown = value('word & ""', word=exact)
    assert isinstance(shown, str)
    assert math.isclose(Fraction(shown) / exact if exact else 1, 1, rel_tol=1e-14)


def test_an_error_value_passes_through_sums_and_is_counted_by_checks() -> None:
    broken = Fault("#REF!")
    assert value("SUM(all)", a=broken, b=Fraction(1)) == broken
    assert value("a - b", a=broken) == broken
    assert value("FAULTS(all) + TEXTS(all) + BELOW(all, 0)", a=broken, b="x", c=Fraction(-1)) == 3
    assert value("-a", a=broken) == broken
    assert value("IF(1 = 1, 2, a)", a=broken) == 2
    assert value("AND(1 = 2, a)", a=broken) == broken
    assert value("BLANK(a)", a=broken) is False
    assert value("COUNT(all) + FILLED(all) * 10 + ABOVE(all, 0) * 100", a=broken, b=Fraction(1)) == 121


def test_cells_are_counted_as_they_stand() -> None:
    row: dict[str, Value] = {"a": Fraction(-1), "b": None, "c": "x"}
    assert value("FILLED(all)", **row) == 2
    assert value("COUNT(all)", **row) == 1
    assert value("TEXTS(all)", **row) == 1
    assert value("FAULTS(all)", **row) == 0
    numbers: dict[str, Value] = {"a": Fraction(1), "b": Fraction(2), "c": Fraction(3)}
    assert value("BELOW(all, 2)", **numbers) == 1
    assert value("ABOVE(all, 2)", **numbers) == 1
    assert value("ABOVE(all, 1)", **numbers) == 2
    assert value("BELOW(all, -0.5) + ABOVE(a, -2)", **row) == 2


def test_blank_means_nothing_but_spaces() -> None:
    assert value("BLANK(word)", word=None) is True
    assert value("BLANK(word)", word="  ") is True
    assert value("BLANK(word)", word="依据") is False
    assert value("BLANK(word)", word="　") is False  # TRIM leaves a full-width space
    assert value("BLANK(word)", word="X") is False
    assert value("BLANK(a)", a=Fraction(0)) is False
    assert value("BLANK(a)", a=None) is True


def test_comparisons_of_money_look_at_the_fen() -> None:
    assert value("a = b", a=Fraction(1, 3), b=Fraction(333, 1000)) is True
    assert value("a < b", a=Fraction("100000.00"), b=Fraction("100000.01")) is True
    assert value("a / b = 0.5", a=Fraction(1), b=Fraction("2.00001")) is False
    assert value("a / b = 0.5", a=Fraction(1), b=Fraction("2.0000000001")) is True
    assert value("COUNT(all) > 0.99999999999", a=Fraction(1)) is False
    assert value("COUNT(all) >= 1", a=Fraction(1)) is True


@pytest.mark.parametrize("difference", [Fraction(-1), Fraction(-1, 100), Fraction(0), Fraction(1, 100), Fraction(1)])
def test_a_comparison_holds_by_the_sign_of_the_difference(difference: Fraction) -> None:
    below, same, above = difference < 0, not difference, difference > 0
    told = {operator: holds(operator, difference) for operator in ("=", "<>", "<", "<=", ">", ">=")}
    assert told == {"=": same, "<>": not same, "<": below, "<=": below or same, ">": above, ">=": above or same}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("SUM(all)", "SUM(A1:A3)"),
        ("SUM(none)", "0"),
        ("a / b", "N(A1)/N(A2)"),
        ("a - (b - c)", "N(A1)-(N(A2)-N(A3))"),
        ("(a + b) * c", "(N(A1)+N(A2))*N(A3)"),
        ("a <= b", "ROUND(N(A1)-N(A2),2)<=0"),
        ("a <> 0", "ROUND(N(A1),2)<>0"),
        ("a / b >= 0.5‰", "ROUND(N(A1)/N(A2)-0.0005,10)>=0"),
        ("COUNT(all) > 2", "COUNT(A1:A3)>2"),
        ('word = "x"', 'C1="x"'),
        ("a <= b < c", "AND(ROUND(N(A1)-N(A2),2)<=0,ROUND(N(A2)-N(A3),2)<0)"),
        ("BLANK(word)", "LEN(TRIM(C1))=0"),
        ("BELOW(all, 0)", 'COUNTIF(A1:A3,"<0")'),
        ("1.1@amount - 1.10@amount", "N(B1)-N(B2)"),
        ("-a * 2", "-N(A1)*2"),
        ('word & (COUNT(all) + 1) & "项"', 'C1&COUNT(A1:A3)+1&"项"'),
        ("a + (b + c)", "N(A1)+(N(A2)+N(A3))"),
        ("a - b - c + a", "N(A1)-N(A2)-N(A3)+N(A1)"),
        ("a + b - c", "N(A1)+N(A2)-N(A3)"),
        ("a * b / c", "N(A1)*N(A2)/N(A3)"),
        ("a / b * c", "N(A1)/N(A2)*N(A3)"),
        ("a * b + c / b", "N(A1)*N(A2)+N(A3)/N(A2)"),
        ("a / (b * c)", "N(A1)/(N(A2)*N(A3))"),
        ("-(-a)", "--N(A1)"),
        ("-(a + b)", "-(N(A1)+N(A2))"),
        ("a - -b", "N(A1)--N(A2)"),
        ("a * 0.5 + 0.005 + 12.25 + 10% + year", "N(A1)*0.5+0.005+12.25+0.1+2026"),
        ("a + b > b + c", "ROUND(N(A1)+N(A2)-(N(A2)+N(A3)),2)>0"),
        ("a > b * c", "ROUND(N(A1)-N(A2)*N(A3),2)>0"),
        ("COUNT(all) > 0.5", "ROUND(COUNT(A1:A3)-0.5,10)>0"),
        ("word = other", "C1=C2"),
        ('word & "x" = other & "y"', 'C1&"x"=C2&"y"'),
        ('(word <> "x") * 2', '(C1<>"x")*2'),
        ("(a > b) + 1", "(ROUND(N(A1)-N(A2),2)>0)+1"),
        ("(COUNT(all) = 1) + (COUNT(all) = 2)", "(COUNT(A1:A3)=1)+(COUNT(A1:A3)=2)"),
        ("IF(a > b, 1, 2) = 1", "IF(ROUND(N(A1)-N(A2),2)>0,1,2)=1"),
        ('"say ""hi"""', '"say ""hi"""'),
        ("BLANK(a)", "LEN(TRIM(A1))=0"),
        ("BLANK(word) + 1", "(LEN(TRIM(C1))=0)+1"),
        ("ABS(a)", "ABS(N(A1))"),
        ("SUM(two, 1)", "SUM(A1,A3,1)"),
        ("MIN(two) + MAX(all)", "MIN(A1,A3)+MAX(A1:A3)"),
        ("ROUND(a, 2)", "ROUND(N(A1),2)"),
        ("IF(AND(1 = 1, OR(1 = 2)), 1, NOT(1 = 1))", "IF(AND(1=1,OR(1=2)),1,NOT(1=1))"),
        ("FILLED(all)", "COUNTA(A1:A3)"),
        ("TEXTS(all) * 2", "SUMPRODUCT(ISTEXT(A1:A3)*1)*2"),
        ("TEXTS(two) * 2", "(SUMPRODUCT(ISTEXT(A1)*1)+SUMPRODUCT(ISTEXT(A3)*1))*2"),
        ("1 - FAULTS(two)", "1-(SUMPRODUCT(ISERROR(A1)*1)+SUMPRODUCT(ISERROR(A3)*1))"),
        ("ABOVE(two, 1.5)", 'COUNTIF(A1,">1.5")+COUNTIF(A3,">1.5")'),
        ("TEXTS(none) * 2", "0*2"),
        ('TEXTS(two) & "x"', '(SUMPRODUCT(ISTEXT(A1)*1)+SUMPRODUCT(ISTEXT(A3)*1))&"x"'),
    ],
)
def test_excel_text(source: str, expected: str) -> None:
    assert text(source) == expected


def test_keys_are_words_and_not_numbers() -> None:
    assert references(parse("2*1.10@amount + 1.1@amount.03 - *@amount + SUM(1.1.*@amount)")) == (
        "1.10@amount",
        "1.1@amount.03",
        "*@amount",
        "1.1.*@amount",
    )


@pytest.mark.parametrize(
    ("source", "position", "words"),
    [
        ("SUM(1,", 6, "something is missing at the end ("),
        ("1 +", 3, "something is missing at the end ("),
        ("VLOOKUP(1, 2)", 0, "VLOOKUP is not a known function; there are ABOVE ABS AND BELOW "),
        ("1 + ROUND(1)", 4, "ROUND takes 2 arguments, not 1 ("),
        (";", 0, "not understood here ("),
        ("(1) + " + "(" * 41 + "1" + ")" * 41, 46, "more than 40 nested parentheses ("),
        ('1 & "' + "x" * 256 + '"', 4, "a text literal has at most 255 characters ("),
        ("a ; b", 2, "not understood here ("),
        ("a < b > c", 6, "a band reads low <= x <= high ("),
        ("a >= b < c", 7, "a band reads low <= x <= high ("),
        ("a = b < c", 6, "a band reads low <= x <= high ("),
        ("(1) + FOO(1)", 6, "FOO is not a known function; there are ABOVE ABS AND BELOW "),
        ("NOT(1, 2)", 0, "NOT takes 1 arguments, not 2 ("),
        ("SUM()", 0, "SUM takes 1 to 255 arguments, not 0 ("),
        ("1 + AND(" + ", ".join(["1 = 1"] * 256) + ")", 4, "AND takes 1 to 255 arguments, not 256 ("),
        ("(" * 41 + "1" + ")" * 41, 40, "more than 40 nested parentheses ("),
        (" & ".join(["1"] * 201), 0, "more than 200 terms in a row; use SUM ("),
        ("-" * 5_000 + "1", 0, "nested too deeply ("),
        ("__import__('os')", 11, "not understood here ("),
        ('"' + "x" * 256 + '"', 0, "a text literal has at most 255 characters ("),
    ],
)
def test_mistakes_have_a_position(source: str, position: int, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(source)
    assert str(caught.value).startswith(words)
    assert caught.value.position == position


def test_a_reference_knows_where_it_stands() -> None:
    assert parse("-1.1@amount") == Negative(Reference("1.1@amount", 1))
    assert parse("+(a)") == Reference("a", 2)


FUNCTION_SIZES = {
    **dict.fromkeys(("SUM", "MIN", "MAX", "COUNT", "AND", "OR"), (1, 255)),
    **dict.fromkeys(("ABS", "NOT", "BLANK", "FILLED", "TEXTS", "FAULTS"), (1, 1)),
    **dict.fromkeys(("ROUND", "ROUNDUP", "POWER", "BELOW", "ABOVE", "COUNTIF", "RANK", "SUMABOVE"), (2, 2)),
    "SUMIF": (3, 3),
    "IF": (3, 3),
}


def test_each_function_takes_as_many_arguments_as_excels() -> None:
    assert {name: (row.least, row.most) for name, row in FUNCTIONS.items()} == FUNCTION_SIZES


def test_what_is_just_within_the_limits_is_parsed() -> None:
    assert value("(" * 40 + "1" + ")" * 40) == 1
    assert value("+".join(["(1)"] * 60)) == 60
    assert value(" + ".join(["1"] * 200)) == 200
    assert value("SUM(" + ", ".join(["1"] * 255) + ")") == 255
    assert value(f'"{"x" * 255}"') == "x" * 255


SEVERAL = "^several cells stand where one is needed; use SUM, MIN, MAX or COUNT$"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("all + 1", SEVERAL),
        ("1 + all", SEVERAL),
        ("-all", SEVERAL),
        ("ABS(all)", SEVERAL),
        ("AND(1 = 1, all)", SEVERAL),
        ("IF(all = 1, 1, 2)", SEVERAL),
        ("1 < all < 2", SEVERAL),
        ('"x" & all', SEVERAL),
        ('word < "x"', "^a text can only be compared with a text, by = or <>, not by <$"),
        ("word = 1", "^a text can only be compared with a text"),
        ("word + 1", r"^a text cannot be calculated with by \+$"),
        ("1 * word", r"^a text cannot be calculated with by \*$"),
        ("-word", "^a text cannot be calculated with by -$"),
        ("BELOW(all, b)", "^BELOW counts cells by a number written out"),
        ("ABOVE(all, -b)", "^ABOVE counts cells by a number written out"),
        ("BELOW(SUM(all), 0)", "^BELOW counts cells by a number written out"),
        ('IF(a > 0, "", b) + 1', r"^a text cannot be calculated with by \+$"),
        ('1 - IF(a > 0, 1, IF(b > 0, 2, "x"))', "^a text cannot be calculated with by -$"),
        ('-IF(a > 0, "", b)', "^a text cannot be calculated with by -$"),
        ('IF(a > 0, "", b) > 1', "^a text can only be compared with a text"),
        ('IF(a > 0, "", b) = "x"', "^a text can only be compared with a text"),
        ('"x" = IF(a > 0, b, "")', "^a text can only be compared with a text"),
        ("SUM(a, word)", "^a text cannot be calculated with by SUM$"),
        ('MAX(IF(a > 0, "", b), 3)', "^a text cannot be calculated with by MAX$"),
        ('MIN(1, IF(a > 0, b, ""))', "^a text cannot be calculated with by MIN$"),
        ('COUNT(a, "5")', "^a text cannot be calculated with by COUNT$"),
        ('COUNT(word & "5")', "^a text cannot be calculated with by COUNT$"),
        ("COUNT(a > 1, a)", r"^COUNT takes numbers, not conditions; IF\(amount > 0, 1, 0\) makes one$"),
        ("SUM(a, BLANK(word))", "^SUM takes numbers, not conditions"),
        ("MAX(1, IF(a > 0, 1, b > 0))", "^MAX takes numbers, not conditions"),
        ('ABS(IF(a > 0, "", b))', "^a text cannot be calculated with by ABS$"),
        ("ROUND(word, 2)", "^a text cannot be calculated with by ROUND$"),
        ("ROUND(a, word)", "^a text cannot be calculated with by ROUND$"),
        ("ROUNDUP(word, 2)", "^a text cannot be calculated with by ROUNDUP$"),
        ("POWER(word, 2)", "^a text cannot be calculated with by POWER$"),
        ("POWER(a, 0)", r"^POWER\(x, 0\) is 1, or an error where x is blank; write 1$"),
        ("IF(word, 1, 2)", r"^a text is no condition; IF asks one such as amount > 0, or BLANK\(name\)$"),
        ("AND(1 = 1, word)", "^a text is no condition; AND asks one"),
        ('OR(IF(a > 0, "", b > 0))', "^a text is no condition; OR asks one"),
        ("NOT(word)", "^a text is no condition; NOT asks one"),
        ("a & word", r"^& joins texts; round a number to at most 4 places first, as ROUND\(x, 2\)$"),
        ("word & (a > 1)", "^& joins texts; round a number"),
        ("word & BLANK(word)", "^& joins texts; round a number"),
        ("word & a / 3", "^& joins texts; round a number"),
        ("word & -a", "^& joins texts; round a number"),
        ("word & 0.00001", "^& joins texts; round a number"),
        ("word & ROUND(a, 5)", "^& joins texts; round a number"),
        ("word & ROUNDUP(a, 5)", "^& joins texts; round a number"),
        ("word & ROUND(a, b)", "^& joins texts; round a number"),
        ("word & ABS(ROUND(a, 2))", "^& joins texts; round a number"),
        ("word & IF(a > 0, ROUND(a, 2), b)", "^& joins texts; round a number"),
        ("word & IF(a > 0, b, ROUND(a, 2))", "^& joins texts; round a number"),
    ],
)
def test_sets_and_texts_stand_only_where_they_make_sense(source: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        bind(parse(source), resolve)


@pytest.mark.parametrize(
    "source",
    [
        "word & other",
        "word & COUNT(all) & -COUNT(all) & COUNT(all) + 1",
        "word & 0.0001 & -0.5 & 2026 & 1 + 1",
        "word & ROUND(a / 3, 4) & -ROUND(a, 0) & ROUNDUP(a, 2) & ROUND(a, -5)",
        'word & IF(a > 0, ROUND(a, 2), IF(a < 0, "", 7))',
        "COUNT(all, word)",
        "SUM(all, none, IF(a > 0, 1, 2), a)",
        "IF(a, AND(b), OR(NOT(c)))",
        "IF(a > 0, 1, 2) + 1",
        'IF(a > 0, word, "") = "x"',
        'IF(a > 0, "", a)',
        "POWER(1 + a, 0) + POWER(a, 25) + POWER(a, -1)",
    ],
)
def test_what_every_program_reads_alike_is_bound(source: str) -> None:
    assert bind(parse(source), resolve) is not None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a", {Measure.MONEY}),
        ("IF(a > 0, a, 1)", {Measure.MONEY, Measure.NUMBER}),
        ('IF(a > 0, "", IF(a < 0, a > 1, COUNT(all)))', {Measure.TEXT, Measure.TRUTH, Measure.COUNT}),
        ('IF(a > 0, IF(a > 1, 10%, "x"), a)', {Measure.TEXT, Measure.NUMBER, Measure.MONEY}),
        ('IF(a > 0, "", a) & "x"', {Measure.TEXT}),
    ],
)
def test_the_outcomes_of_an_expression_are_those_of_its_branches(source: str, expected: set[Measure]) -> None:
    if source.endswith('& "x"'):
        source = source.replace('"", a)', '"", ROUND(a, 2))')
    assert outcomes(bind(parse(source), resolve)) == expected


@pytest.mark.parametrize(
    ("source", "text", "dated"),
    [
        ("word", 'C1&""', 'IF(C1="","",C1)'),
        ('IF(a > 0, word, "x")', 'IF(ROUND(N(A1),2)>0,C1&"","x")', 'IF(ROUND(N(A1),2)>0,IF(C1="","",C1),"x")'),
        (
            'IF(word = "x", "x", IF(BLANK(word), other, "y"))',
            'IF(C1="x","x",IF(LEN(TRIM(C1))=0,C2&"","y"))',
            'IF(C1="x","x",IF(LEN(TRIM(C1))=0,IF(C2="","",C2),"y"))',
        ),
        ('word & "x"', 'C1&"x"', 'C1&"x"'),
        ("a", "N(A1)", "N(A1)"),
        ("BLANK(word)", "LEN(TRIM(C1))=0", "LEN(TRIM(C1))=0"),
    ],
)
def test_a_text_that_stands_bare_as_a_result_is_empty_where_its_cell_is(source: str, text: str, dated: str) -> None:
    node = bind(parse(source), resolve)
    assert excel(as_result(node), address) == text
    assert excel(as_result(node, True), address) == dated


def test_a_blank_text_as_a_result_is_the_empty_text() -> None:
    node = bind(parse("word"), resolve)
    for word, wanted, dated in (
        (None, "", ""),
        ("x", "x", "x"),
        (Fraction(5), "5", Fraction(5)),
        (Fault(), Fault(), Fault()),
    ):
        assert evaluate(as_result(node), {"word": word}.get) == wanted
        assert evaluate(as_result(node, True), {"word": word}.get) == dated


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a", Measure.MONEY),
        ("-a", Measure.MONEY),
        ("a + 1", Measure.MONEY),
        ("a * 10%", Measure.MONEY),
        ("a / 2", Measure.MONEY),
        ("a / 10%", Measure.MONEY),
        ("a / b", Measure.NUMBER),
        ("COUNT(all) / 2", Measure.NUMBER),
        ("1 / 2", Measure.NUMBER),
        ("10% + 1", Measure.NUMBER),
        ("1 + 1", Measure.NUMBER),
        ("COUNT(all)", Measure.COUNT),
        ("COUNT(all) + 1", Measure.COUNT),
        ("-COUNT(all)", Measure.COUNT),
        ("COUNT(all) * 0.5", Measure.NUMBER),
        ("COUNT(all) + a", Measure.MONEY),
        ("MIN(a, 10%)", Measure.MONEY),
        ("IF(a > 1, 10%, COUNT(all))", Measure.NUMBER),
        ("IF(a > 1, a, 1)", Measure.MONEY),
        ("IF(a > 1, 1, 2)", Measure.NUMBER),
        ('IF(a > 1, 10%, "x")', Measure.TEXT),
        ("word", Measure.TEXT),
        ('"x" & 1', Measure.TEXT),
        ("word & 1", Measure.TEXT),
        ("a > 1", Measure.TRUTH),
        ("0 <= a <= 1", Measure.TRUTH),
        ("NOT(a > 1)", Measure.TRUTH),
        ("AND(a)", Measure.TRUTH),
        ("NOT(a)", Measure.TRUTH),
        ("OR(a)", Measure.TRUTH),
        ("BLANK(word)", Measure.TRUTH),
        ("FILLED(all)", Measure.COUNT),
        ("TEXTS(all)", Measure.COUNT),
        ("FAULTS(all)", Measure.COUNT),
        ("BELOW(all, 0)", Measure.COUNT),
        ("ABOVE(all, 0)", Measure.COUNT),
    ],
)
def test_what_an_expression_measures_follows_from_its_parts(source: str, expected: Measure) -> None:
    assert measure(bind(parse(source), resolve)) is expected


def test_names_and_keys_are_told_in_order_and_once() -> None:
    source = "IF(-c <= a <= b, a + 1, -other & word) & a"
    assert references(parse(source.replace("-other", "other"))) == ("c", "a", "b", "other", "word")
    bound = bind(parse("SUM(two, -b) <= IF(0 <= a <= c, year, c)"), resolve)
    assert keys(bound) == ("a", "c", "b")


def test_a_name_that_nobody_bound_is_no_value() -> None:
    unbound = parse("a + 1")
    with pytest.raises(AssertionError, match=r"^unbound reference a$"):
        evaluate(unbound, lambda _: None)
    with pytest.raises(AssertionError, match=r"^unbound reference a$"):
        excel(unbound, address)
    with pytest.raises(AssertionError, match=r"^unbound reference a$"):
        measure(unbound)


def sums(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Source texts of sums and products over ``names``, with parentheses where chance puts them."""
    return st.recursive(
        st.sampled_from((*names, "2", "0.5", "10%")),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({' '.join(parts)})"),
            st.tuples(inner, st.sampled_from("+-*"), inner).map(" ".join),
            inner.map(lambda text: f"-({text})"),
        ),
        max_leaves=12,
    )


@given(sums(("a", "b", "c")), st.tuples(*[st.integers(-5, 5).map(Fraction)] * 3))
def test_the_excel_text_has_parentheses_wherever_they_matter(source: str, given: tuple[Fraction, ...]) -> None:
    values = dict(zip("abc", given, strict=True))

    def issued(reference: Reference) -> Node:
        return Cells((reference.text,), Measure.MONEY, typed=False)

    bound = bind(parse(source), issued)
    again = bind(parse(excel(bound, lambda keys: list(keys))), issued)
    assert evaluate(again, values.get) == evaluate(bound, values.get)


def test_a_parenthesis_in_a_tabs_name_changes_no_formula() -> None:
    tab = "'费用(一'!A"

    def address(keys: tuple[str, ...]) -> list[str]:
        return [f"{tab}{'abc'.index(key) + 1}" for key in keys]

    count = f"SUMPRODUCT(ISTEXT({tab}1)*1)+SUMPRODUCT(ISTEXT({tab}3)*1)"
    assert excel(bind(parse("1 - TEXTS(two)"), resolve), address) == f"1-({count})"
    assert excel(bind(parse("1 - TEXTS(two)"), resolve), lambda keys: [f"'a)'!{key}1" for key in keys[:1]]) == (
        "1-SUMPRODUCT(ISTEXT('a)'!a1)*1)"
    )


def test_excels_limits_are_refused() -> None:
    many = Cells(tuple(f"k{n}" for n in range(256)), Measure.MONEY, several=True)
    with pytest.raises(ValueError, match=r"^SUM would get 256 arguments; Excel allows 255$"):
        excel(bind(parse("SUM(x)"), lambda _: many), lambda keys: list(keys))
    assert excel(bind(parse("SUM(x)"), lambda _: many), lambda keys: list(keys[1:])).count(",") == 254
    with pytest.raises(ValueError, match="8,192"):
        excel(bind(parse(" + ".join(["a"] * 150)), resolve), lambda _: [f"'{'表' * 60}'!A1"])


def test_a_formula_may_have_8192_characters_with_its_equals_sign() -> None:
    total = bind(parse("SUM(all)"), resolve)
    assert len(excel(total, lambda _: ["A" * (8191 - len("SUM()"))])) == 8191
    with pytest.raises(ValueError, match=r"^the formula would have 8,193 characters; Excel allows 8,192$"):
        excel(total, lambda _: ["A" * (8192 - len("SUM()"))])


def test_deep_nesting_is_refused_without_a_crash() -> None:
    with pytest.raises(ExpressionError):
        parse("(" * 20_000 + "1" + ")" * 20_000)
    with pytest.raises(ExpressionError, match="use SUM"):
        parse("+".join(["a"] * 20_000))


# -- looking values up in a column -------------------------------------------------------------------------------

LIST = {"sales": Measure.MONEY, "region": Measure.TEXT, "other": Measure.MONEY}


def in_list(source: str, rows: int, values: dict[str, Value] | None = None) -> Value:
    """The value of ``source`` on the first row of a list with ``rows`` rows."""

    def resolve(reference: Reference) -> Node:
        name = reference.text.removeprefix("all_")
        codes = range(rows) if reference.text.startswith("all_") else range(1)
        return Cells(tuple(f"{n}@{name}" for n in codes), LIST[name], several=reference.text.startswith("all_"))

    return evaluate(bind(parse(source), resolve), (values or {}).get)


cells = st.one_of(st.none(), st.just("文字"), st.fractions(-99, 99, max_denominator=4))
WORDS = ("华东", "a", "*", "1.1", "1.10", "")


@given(st.lists(cells, min_size=1, max_size=9))
def test_a_rank_counts_the_larger_numbers_and_the_sum_above_adds_them(column: list[Value]) -> None:
    values = {f"{n}@sales": value for n, value in enumerate(column)}
    own = column[0] if isinstance(column[0], Fraction) else Fraction(0)
    larger = [value for value in column if isinstance(value, Fraction) and value > own]
    assert in_list("RANK(sales, all_sales)", len(column), values) == len(larger) + 1
    assert in_list("SUMABOVE(all_sales, sales)", len(column), values) == sum(larger)


@given(st.lists(st.tuples(st.sampled_from([*WORDS, "A", None]), st.integers(0, 9)), min_size=1))
def test_sums_by_text_share_out_the_whole(rows: list[tuple[str | None, int]]) -> None:
    values: dict[str, Value] = {f"{n}@region": word for n, (word, _) in enumerate(rows)}
    values |= {f"{n}@sales": Fraction(number) for n, (_, number) in enumerate(rows)}
    parts = [in_list(f'SUMIF(all_region, "{word}", all_sales)', len(rows), values) for word in WORDS]
    counts = [in_list(f'COUNTIF(all_region, "{word}")', len(rows), values) for word in WORDS]
    assert sum(part for part in parts if isinstance(part, Fraction)) == sum(number for _, number in rows)
    assert sum(count for count in counts if isinstance(count, Fraction)) == len(rows)


def test_a_fault_in_a_column_is_passed_over_by_a_rank_and_not_by_a_sum() -> None:
    values: dict[str, Value] = {"0@sales": Fraction(1), "1@sales": Fault(), "2@sales": Fraction(2), "0@region": "a"}
    assert in_list("RANK(sales, all_sales)", 3, values) == 2
    assert in_list("SUMABOVE(all_sales, sales)", 3, values) == 2
    assert in_list("SUMIF(all_region, region, all_sales)", 3, values) == Fault()
    assert in_list("RANK(sales, all_sales)", 3, {**values, "0@sales": Fault("#REF!")}) == Fault("#REF!")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("RANK(sales, sales)", "RANK looks in the column of several rows"),
        ("RANK(sales, all_region)", "RANK looks for a number among numbers"),
        ("COUNTIF(all_sales, sales)", "COUNTIF looks for a text among texts"),
        ("SUMIF(all_region, sales, all_sales)", "SUMIF looks for a text among texts"),
        ("SUMIF(all_region, region, all_region)", "SUMIF adds up numbers"),
        ("SUMIF(all_region, all_region, all_sales)", "SUMIF looks in the column of several rows"),
        ("POWER(sales, sales)", "the exponent of POWER is a whole number written out"),
        ("POWER(sales, 26)", "the exponent of POWER is a whole number written out"),
        ("POWER(sales, 1.5)", "the exponent of POWER is a whole number written out"),
    ],
)
def test_what_is_looked_up_must_fit_the_column(source: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        in_list(source, 3)


def test_columns_of_other_rows_are_no_pair() -> None:
    def resolve(reference: Reference) -> Node:
        codes = {"texts": "123", "numbers": "124"}[reference.text]
        kind = Measure.TEXT if reference.text == "texts" else Measure.MONEY
        return Cells(tuple(f"{code}@{reference.text}" for code in codes), kind, several=True)

    with pytest.raises(ValueError, match="SUMIF takes two columns of the same rows"):
        bind(parse('SUMIF(texts, "a", numbers)'), resolve)


def test_rounding_up_forgives_the_dust_of_a_quotient_and_nothing_more() -> None:
    assert value("ROUNDUP(100 / 0.8, 0)") == 125
    assert value("ROUNDUP(10 / 3, 0)") == 4
    assert value("ROUNDUP(-10 / 3, 1)") == Fraction(-34, 10)
    assert value("ROUNDUP(1234, -2)") == 1300
    assert value("ROUNDUP(5.000001, 0)") == 6
    assert value("ROUNDUP(5.0000004, 0)") == 5
    assert text("ROUNDUP(a / 0.8, 0)") == "ROUNDUP(ROUND(N(A1)/0.8,6),0)"


def test_powers_are_exact() -> None:
    assert value("POWER(1 + 10%, -2)") == Fraction(100, 121)
    assert value("POWER(1 + a, 0)", a=Fraction(-1)) == Fault("#NUM!")
    assert value("POWER(1 + a, 0)", a=Fraction(1)) == 1
    assert value("POWER(a, -1)", a=Fraction(0)) == Fault("#DIV/0!")


ROWS = ("l.001", "l.002", "l.003")
OF_THE_ROW = (
    *("sales", "-sales", "sales + all_sales_total", "1 + 2", "ABS(sales)", "SUM(all_sales)", "SUM(own)", "-year"),
    *("RANK(sales, all_sales)", "SUMABOVE(all_sales, sales)", "IF(sales > year, sales, -sales)", "year = 2"),
    *(
        "0 <= sales <= year",
        "1 <= year <= 2",
        "0 < year",
        "sales < 1",
        "1 < sales",
        "year + 1",
        "1 - sales",
        "sales - 1",
    ),
    *('IF(COUNTIF(all_region, region) > 1, "twice", region & "x")', "SUMIF(all_region, region, all_sales)"),
    *("IF(1 <= sales <= 2, 1, 2)", "1 <= 2 <= sales", "sales <= 1 <= 2", 'COUNTIF(all_region, "a")', "SUM(none)"),
)


def on_row(source: str, code: str) -> Node:
    """``source`` bound on a row of a list; the columns of all rows are one object, as a layout has them."""

    def resolve(reference: Reference) -> Node:
        name = reference.text
        if name == "year":
            return Number(Fraction(2026))
        if name == "own":
            return Cells((f"{code}@sales", f"{code}@cost"), Measure.MONEY, several=True)
        if name == "none":
            return Cells((), Measure.MONEY, several=True)
        if name == "all_sales_total":
            return Cells(("l@sales",), Measure.MONEY, typed=False)
        if name in WHOLE:
            return WHOLE[name]
        return Cells((f"{code}@{name}",), Measure.TEXT if name == "region" else Measure.MONEY)

    return bind(parse(source), resolve)


WHOLE = {
    "all_sales": Cells(tuple(f"{code}@sales" for code in ROWS), Measure.MONEY, several=True),
    "all_region": Cells(tuple(f"{code}@region" for code in ROWS), Measure.TEXT, several=True),
}


@pytest.mark.parametrize("source", OF_THE_ROW)
def test_an_expression_moved_to_another_row_is_what_is_bound_there(source: str) -> None:
    first, second = on_row(source, ROWS[0]), on_row(source, ROWS[1])
    there = moved(first, f"{ROWS[0]}@", f"{ROWS[1]}@")
    assert there == second
    assert (there is first) == (first == second)  # what reads nothing of the row is shared
    shared = {id(part.keys) for part in walk(there) if isinstance(part, Cells) and part in WHOLE.values()}
    assert shared <= {id(one.keys) for one in WHOLE.values()}


def test_what_is_looked_up_is_written_range_by_range() -> None:
    def address(keys: tuple[str, ...]) -> list[str]:
        column = {"sales": "C", "region": "B", "cost": "D"}[keys[0].partition("@")[2]]
        return [f"{column}7:{column}8", f"{column}10"] if len(keys) > 1 else [f"{column}7"]

    def written(source: str) -> str:
        return excel(on_row(source, ROWS[0]), address)

    assert written("RANK(sales, all_sales)") == 'COUNTIF(C7:C8,">"&N(C7))+COUNTIF(C10,">"&N(C7))+1'
    assert written("SUMABOVE(all_sales, sales)") == 'SUMIF(C7:C8,">"&N(C7))+SUMIF(C10,">"&N(C7))'
    assert written("COUNTIF(all_region, region)") == 'SUMPRODUCT((B7:B8=B7&"")*1)+SUMPRODUCT((B10=B7&"")*1)'
    assert written('SUMIF(all_region, "a", all_sales)') == (
        'SUMPRODUCT((B7:B8="a"&"")*1,C7:C8)+SUMPRODUCT((B10="a"&"")*1,C10)'
    )


def test_sets_that_many_ask_are_made_ready_once() -> None:
    large = tuple(f"{n}@x" for n in range(100))
    values: dict[str, Value] = {key: Fraction(n) for n, key in enumerate(large)}
    values |= {"0@y": Fraction(1), "1@y": "a"}
    texts, ready = ("0@y", "1@y"), Ready()

    def resolve(reference: Reference) -> Node:
        match reference.text:
            case "all":
                return Cells(large, Measure.MONEY, several=True)
            case "texts":
                return Cells(texts, Measure.TEXT, several=True)
        return Cells(("5@x",), Measure.MONEY)

    for source, wanted in (("SUM(all)", 4950), ("RANK(own, all)", 95), ('COUNTIF(texts, "a")', 1), ("MAX(all)", 99)):
        node = bind(parse(source), resolve)
        assert [evaluate(node, values.get, ready) for _ in range(2)] == [wanted, wanted]


class Looked(dict[str, Value]):
    """Values that count how often they are asked for."""

    asked = 0

    def get(self, key: str, default: Value = None) -> Value:  # type: ignore[override]
        self.asked += 1
        return super().get(key, default)


LARGE = {
    "all": Cells(tuple(f"{n}@x" for n in range(65)), Measure.MONEY, several=True),
    "half": Cells(tuple(f"{n}@x" for n in range(64)), Measure.MONEY, several=True),
    "blanks": Cells(tuple(f"{n}@none" for n in range(65)), Measure.MONEY, several=True),
    "rates": Cells(tuple(f"{n}@rate" for n in range(65)), Measure.NUMBER, several=True),
    "words": Cells(tuple(f"{n}@word" for n in range(65)), Measure.TEXT, several=True),
    "broken": Cells((*(f"{n}@none" for n in range(65)), "fault"), Measure.MONEY, several=True),
    "faulty": Cells((*(f"{n}@x" for n in range(65)), "fault"), Measure.MONEY, several=True),
    "worse": Cells((*(f"{n}@x" for n in range(65)), "ref"), Measure.MONEY, several=True),
}
NUMBERS: dict[str, Value] = {
    **{f"{n}@x": Fraction(n - 9) for n in range(65)},
    **{f"{n}@word": "x" for n in range(65)},
    **{f"{n}@rate": Fraction(n, 100) if n % 2 else "x" for n in range(65)},
    **{"own": Fraction(7), "text": "x", "fault": Fault(), "ref": Fault("#REF!")},
}


def of_large(source: str) -> Node:
    return bind(parse(source), lambda one: LARGE.get(one.text) or Cells((one.text,), Measure.MONEY))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("SUM(all, rates)", sum(range(-9, 56)) + sum(Fraction(n, 100) for n in range(1, 65, 2))),
        ("SUM(all, half, own, text, own * 2)", sum(range(-9, 56)) + sum(range(-9, 55)) + 21),
        ("SUM(blanks)", Fraction(0)),
        ("SUM(blanks, own)", Fraction(7)),
        ("MAX(all, 60)", Fraction(60)),
        ("MAX(all, 1)", Fraction(55)),
        ("MAX(blanks, -1)", Fraction(-1)),
        ("MAX(blanks, text, -own)", Fraction(-7)),
        ("MIN(blanks, 3)", Fraction(3)),
        ("MIN(blanks, rates)", Fraction(1, 100)),
        ("MIN(blanks)", Fraction(0)),
        ("MIN(all, rates)", Fraction(-9)),
        ("COUNT(all, rates, own, text, 5, own / 0)", Fraction(65 + 32 + 2)),
        ("COUNT(blanks)", Fraction(0)),
        ("COUNT(faulty, own)", Fraction(66)),
        ("SUM(faulty, worse)", Fault()),
        ("SUM(worse, faulty)", Fault("#REF!")),
        ("MAX(all, own / 0)", Fault()),
        ("FILLED(all) + FILLED(blanks)", Fraction(65)),
        ("TEXTS(rates) + TEXTS(blanks)", Fraction(33)),
        ("FAULTS(faulty) + FAULTS(worse) + FAULTS(all)", Fraction(2)),
        ("BELOW(all, 0)", Fraction(9)),
        ("BELOW(all, 1)", Fraction(10)),
        ("BELOW(all, -2)", Fraction(7)),
        ("BELOW(blanks, 1)", Fraction(0)),
        ("ABOVE(all, 0)", Fraction(55)),
        ("BELOW(rates, 1) - BELOW(all, 1)", Fraction(22)),
        ("TEXTS(words) + FILLED(words)", Fraction(130)),
        ("SUM(broken)", Fault()),
        ("MAX(own, broken)", Fault()),
        ("COUNT(broken, own)", Fraction(1)),
        ("-SUM(all)", Fraction(-1495)),
        ("ABS(MIN(all)) + SUM(all) * 2", Fraction(2999)),
        ("IF(SUM(all) > MAX(all), 1, 2)", Fraction(1)),
        ("IF(0 <= SUM(all) <= MAX(all), 1, 2)", Fraction(2)),
        ("MAX(all, SUM(all) - 1)", Fraction(1494)),
        ("RANK(own, all) + RANK(MAX(all), all)", Fraction(50)),
        ("SUMABOVE(all, own) - RANK(own, all) + RANK(own, rates)", Fraction(sum(range(8, 56)) - 49 + 1)),
        ("BELOW(half, 0)", Fraction(9)),
    ],
)
def test_a_large_set_is_gone_through_once_for_all_who_ask(source: str, expected: Value) -> None:
    node, ready, values = of_large(source), Ready(), Looked(NUMBERS)
    found = evaluate(node, values.get, ready)
    assert found == expected and type(found) is type(expected if isinstance(expected, Fault) else Fraction())
    values.asked = 0
    assert evaluate(node, values.get, ready) == expected
    small = sum(len(part.keys) for part in walk(node) if isinstance(part, Cells) and len(part.keys) < 65)
    assert values.asked == small


def test_what_one_function_gives_of_a_large_set_is_not_another_s() -> None:
    ready, values = Ready(), NUMBERS.get
    sources = (
        "SUM(all, 0)",
        "MAX(all, 0)",
        "COUNT(all, 0)",
        "MIN(all, 0)",
        "FILLED(all)",
        "BELOW(all, 0)",
        "ABOVE(all, 0)",
    )
    for source in sources:
        assert evaluate(of_large(source), values, ready) == evaluate(of_large(source), values)
    assert evaluate(of_large("BELOW(all, 5)"), values, ready) == 14


def test_cells_are_rewritten_and_what_does_not_change_is_shared() -> None:
    node = bind(parse("IF(0 <= a <= c, -b + SUM(all), ABS(c - 1))"), resolve)

    def typed(cells: Cells) -> Cells:
        return replace(cells, typed=False) if cells.keys == ("b",) else cells

    there = rewritten(node, typed)
    assert excel(there, address) == "IF(AND(ROUND(0-N(A1),2)<=0,ROUND(N(A1)-N(A3),2)<=0),-A2+SUM(A1:A3),ABS(N(A3)-1))"
    assert isinstance(there, Call) and isinstance(node, Call)
    assert there.arguments[0] is node.arguments[0] and there.arguments[2] is node.arguments[2]
    assert rewritten(node, lambda cells: cells) is node
