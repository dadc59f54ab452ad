"""Expressions parse once, mean the same as Excel text and as an exact value, and name their mistakes."""

from __future__ import annotations

from fractions import Fraction

import pytest

from crmxl.errors import ExpressionError
from crmxl.expression import (
    Cells,
    Fault,
    Measure,
    Node,
    Number,
    Reference,
    Value,
    bind,
    evaluate,
    excel,
    parse,
    references,
)

MONEY = {"a": "A1", "b": "A2", "c": "A3", "1.1@amount": "B1", "1.10@amount": "B2"}
TEXTS = {"word": "C1", "other": "C2"}
SETS = {"all": ("a", "b", "c"), "none": ()}


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
    return [{**MONEY, **TEXTS}[key] for key in keys]


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
        ("IF(1 / 0 = 1, 1, 2)", Fault("#DIV/0!")),
        ('"a" & 3 & "b"', "a3b"),
        ('"A" = "a"', True),
        ("year + 1", Fraction(2027)),
        ("MIN(3, 1, 2) + MAX(3, 1, 2)", Fraction(4)),
        ("SUM(none) + COUNT(none) + MIN(none)", Fraction(0)),
        ("AND(1 < 2, OR(1 > 2, NOT(2 > 3)))", True),
        ('"say ""hi"""', 'say "hi"'),
        ("1 <= 2 <= 3", True),
        ("3 >= 2 > 2", False),
        ("10% <= 1 / 10 < 0.1", False),
    ],
)
def test_values_are_exact(source: str, expected: Value) -> None:
    assert value(source) == expected


def test_a_number_typed_as_text_counts_zero() -> None:
    assert value("a + b", a="1,000元", b=Fraction(5)) == 5
    assert value("SUM(all)", a="7", b=Fraction(5), c=None) == 5
    assert value("COUNT(all)", a="7", b=Fraction(5), c=None) == 1
    assert value("MIN(a, b)", a="7", b=Fraction(5)) == 5


def test_an_error_value_passes_through_sums_and_is_counted_by_checks() -> None:
    broken = Fault("#REF!")
    assert value("SUM(all)", a=broken, b=Fraction(1)) == broken
    assert value("a - b", a=broken) == broken
    assert value("FAULTS(all) + TEXTS(all) + BELOW(all, 0)", a=broken, b="x", c=Fraction(-1)) == 3


def test_blank_means_nothing_but_spaces() -> None:
    assert value("BLANK(word)", word=None) is True
    assert value("BLANK(word)", word="  ") is True
    assert value("BLANK(word)", word="依据") is False


def test_comparisons_of_money_look_at_the_fen() -> None:
    assert value("a = b", a=Fraction(1, 3), b=Fraction(333, 1000)) is True
    assert value("a < b", a=Fraction("100000.00"), b=Fraction("100000.01")) is True


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
        ("SUM(1,", 6, "missing at the end"),
        ("1 +", 3, "missing at the end"),
        ("VLOOKUP(1, 2)", 0, "not a known function"),
        ("1 + ROUND(1)", 4, "takes 2 arguments"),
        ("a ; b", 2, "not understood"),
        ("a < b > c", 6, "a band reads"),
        ("__import__('os')", 11, "not understood"),
        ('"' + "x" * 256 + '"', 0, "at most 255"),
    ],
)
def test_mistakes_have_a_position(source: str, position: int, words: str) -> None:
    with pytest.raises(ExpressionError, match=words) as caught:
        parse(source)
    assert caught.value.position == position


@pytest.mark.parametrize("source", ["all + 1", "-all", "IF(all = 1, 1, 2)", 'word < "x"', "word = 1", "word + 1"])
def test_sets_and_texts_stand_only_where_they_make_sense(source: str) -> None:
    with pytest.raises(ValueError, match=r"several cells|a text"):
        bind(parse(source), resolve)


def test_excels_limits_are_refused() -> None:
    many = Cells(tuple(f"k{n}" for n in range(256)), Measure.MONEY, several=True)
    with pytest.raises(ValueError, match="256 arguments"):
        excel(bind(parse("SUM(x)"), lambda _: many), lambda keys: list(keys))
    with pytest.raises(ValueError, match="8,192"):
        excel(bind(parse(" + ".join(["a"] * 150)), resolve), lambda _: [f"'{'表' * 60}'!A1"])


def test_deep_nesting_is_refused_without_a_crash() -> None:
    with pytest.raises(ExpressionError):
        parse("(" * 20_000 + "1" + ")" * 20_000)
    with pytest.raises(ExpressionError, match="use SUM"):
        parse("+".join(["a"] * 20_000))
