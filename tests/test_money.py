"""Amounts: what people type, what a file's numbers mean, rounding, splitting, display."""

from __future__ import annotations

import subprocess
import sys
import time
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.money import (
    LIMIT_INPUT,
    LIMIT_ISSUED,
    Amount,
    Problem,
    decimal_text,
    from_fen,
    in_wan,
    plain,
    read_number,
    read_text,
    round_fen,
    round_half_away,
    show,
    show_fen,
    show_plain,
    show_ratio,
    split,
    split_even,
    to_fen,
)

MOST = LIMIT_INPUT * 100 - 1
fens = st.integers(-MOST, MOST)
rationals = st.fractions(min_value=-(10**12), max_value=10**12)
WIDE = str.maketrans("0123456789.,-+()%", "０１２３４５６７８９．，－＋（）％")
# What people and hostile files put in amount cells, so that the fuzz gets past the first character.
pieces = st.lists(
    st.sampled_from(
        [*"0123456789..,,，-−－+()（）%‰¥￥元万千eE_/无—  \n\u00a0\u2009\u200b\u202e٣²①½", "CNY", "元整", "nan", "000"]
    ),
    max_size=30,
).map("".join)


def value(text: str) -> Fraction:
    """What ``text`` is accepted as; fails the test if it is not."""
    amount = read_text(text)
    assert amount.value is not None, (text, amount)
    return amount.value


# What people type: field-notes.md, "What comes back", and the forms around it.

CONVERTED = [
    # field notes, first row
    ("1,000元", "1000"),
    ("¥1,200.50", "1200.5"),
    ("(500)", "-500"),
    ("１２３", "123"),
    ("\u00a01000\u00a0", "1000"),
    ("1\u200b000", "1000"),
    ("1000\n", "1000"),
    ("−5", "-5"),
    ("－5", "-5"),
    # field notes, third row: zero is displayed as a dash, so people type it
    ("-", "0"),
    ("—", "0"),
    ("/", "0"),
    ("无", "0"),
    ("——", "0"),
    ("－", "0"),
    ("／", "0"),
    (" ¥ -   ", "0"),
    # numbers as text
    ("1000", "1000"),
    ("0", "0"),
    ("-0", "0"),
    ("1000.00", "1000"),
    ("1000.5", "1000.5"),
    (".5", "0.5"),
    ("007", "7"),
    ("+5", "5"),
    ("-5.25", "-5.25"),
    ("99999999999.99", "99999999999.99"),
    # thousands separators
    ("1,234,567.89", "1234567.89"),
    ("1，234，567", "1234567"),
    ("1,234，567", "1234567"),
    ("1\u2009234\u2009567.8", "1234567.8"),
    ("1\u00a0234", "1234"),
    ("1\u202f234", "1234"),
    # currency, before and after
    ("￥1000", "1000"),
    ("CNY 1,000", "1000"),
    ("rmb1000", "1000"),
    ("人民币1000元整", "1000"),
    ("1000 元 ", "1000"),
    ("1000元整", "1000"),
    ("1000圆", "1000"),
    ("1000 CNY", "1000"),
    ("CNY ¥1,000.00", "1000"),
    ("1000\n元", "1000"),
    # signs and parentheses with currency
    ("-¥500", "-500"),
    ("¥-500", "-500"),
    ("¥(500)", "-500"),
    ("(¥500)", "-500"),
    ("（５００．５）", "-500.5"),
    ("( 1,000 )元", "-1000"),
    ("(500元)", "-500"),
    ("- 5", "-5"),
    ("–5", "-5"),
    ("\u202d1000\u202c", "1000"),
    ("\ufeff1000", "1000"),
]

REFUSED = [
    # field notes, second and fourth row
    ("1万", Problem.MAGNITUDE_WORD),
    ("1.5万元", Problem.MAGNITUDE_WORD),
    ("一千", Problem.MAGNITUDE_WORD),
    ("2000万", Problem.MAGNITUDE_WORD),
    ("约300", Problem.NOT_A_NUMBER),
    ("待定", Problem.NOT_A_NUMBER),
    ("nan", Problem.NOT_FINITE),
    ("inf", Problem.NOT_FINITE),
    ("1_000", Problem.UNDERSCORE),
    ("1e5", Problem.SCIENTIFIC),
    ("٣", Problem.FOREIGN_DIGITS),
    ("#REF!", Problem.NOT_A_NUMBER),
    # magnitudes and Chinese numerals
    ("约300万", Problem.MAGNITUDE_WORD),
    ("3千", Problem.MAGNITUDE_WORD),
    ("1亿", Problem.MAGNITUDE_WORD),
    ("三百元整", Problem.MAGNITUDE_WORD),
    ("叁元", Problem.MAGNITUDE_WORD),
    ("二〇", Problem.MAGNITUDE_WORD),
    ("10w", Problem.MAGNITUDE_WORD),
    ("5K", Problem.MAGNITUDE_WORD),
    # not finite, scientific, underscore, in other spellings
    ("NaN", Problem.NOT_FINITE),
    ("-Infinity", Problem.NOT_FINITE),
    ("∞", Problem.NOT_FINITE),
    ("ｎａｎ", Problem.NOT_FINITE),
    ("-1.5E+3", Problem.SCIENTIFIC),
    ("１ｅ５", Problem.SCIENTIFIC),
    ("1＿000", Problem.UNDERSCORE),
    # digits that NFKC would turn into 0-9
    ("10²", Problem.FOREIGN_DIGITS),
    ("①", Problem.FOREIGN_DIGITS),
    ("1½", Problem.FOREIGN_DIGITS),
    ("Ⅷ", Problem.FOREIGN_DIGITS),
    ("𝟏𝟎", Problem.FOREIGN_DIGITS),
    # separators in the wrong places
    ("1,00", Problem.SEPARATORS),
    ("1,0000", Problem.SEPARATORS),
    ("1234,567", Problem.SEPARATORS),
    ("0,123", Problem.SEPARATORS),
    (",500", Problem.SEPARATORS),
    ("1,,000", Problem.SEPARATORS),
    ("1,000,", Problem.SEPARATORS),
    ("1.000,00", Problem.SEPARATORS),
    ("1，00元", Problem.SEPARATORS),
    # precision and bounds
    ("0.001", Problem.TOO_PRECISE),
    ("1.000", Problem.TOO_PRECISE),
    ("1,000.005元", Problem.TOO_PRECISE),
    ("100000000000", Problem.OUT_OF_BOUNDS),
    ("-100000000000", Problem.OUT_OF_BOUNDS),
    ("9" * 400, Problem.OUT_OF_BOUNDS),
    ("9" * 401, Problem.NOT_A_NUMBER),
    # two numbers, lists, ranges, arithmetic, dates
    ("1 2", Problem.NOT_A_NUMBER),
    ("1 000", Problem.NOT_A_NUMBER),
    ("100\n200", Problem.NOT_A_NUMBER),
    ("1. 50", Problem.NOT_A_NUMBER),
    ("1\u2009000\u00a0000", Problem.NOT_A_NUMBER),
    ("1\u00a0000\u2009000", Problem.NOT_A_NUMBER),
    ("300-500", Problem.NOT_A_NUMBER),
    ("1/2", Problem.NOT_A_NUMBER),
    ("=1+1", Problem.NOT_A_NUMBER),
    ("2026-01-05", Problem.NOT_A_NUMBER),
    ("TRUE", Problem.NOT_A_NUMBER),
    ("0x10", Problem.NOT_A_NUMBER),
    # half a number
    ("5.", Problem.NOT_A_NUMBER),
    ("¥", Problem.NOT_A_NUMBER),
    ("元", Problem.NOT_A_NUMBER),
    ("()", Problem.NOT_A_NUMBER),
    ("+", Problem.NOT_A_NUMBER),
    ("1.2.3", Problem.NOT_A_NUMBER),
    # contradictions
    ("(-500)", Problem.NOT_A_NUMBER),
    ("-(500)", Problem.NOT_A_NUMBER),
    ("-¥-5", Problem.NOT_A_NUMBER),
    ("--5", Problem.NOT_A_NUMBER),
    ("(500", Problem.NOT_A_NUMBER),
    ("500)", Problem.NOT_A_NUMBER),
    ("500-", Problem.NOT_A_NUMBER),
    ("500元元", Problem.NOT_A_NUMBER),
    # other currencies and units
    ("$500", Problem.NOT_A_NUMBER),
    ("€500", Problem.NOT_A_NUMBER),
    ("5角", Problem.NOT_A_NUMBER),
    ("5%", Problem.NOT_A_NUMBER),
    # shown in reverse order
    ("\u202e123", Problem.NOT_A_NUMBER),
]


@pytest.mark.parametrize(("text", "expected"), CONVERTED)
def test_what_clearly_is_an_amount_is_converted(text: str, expected: str) -> None:
    assert read_text(text) == Amount(Fraction(expected), converted=True)


@pytest.mark.parametrize(("text", "problem"), REFUSED)
def test_what_is_not_clearly_an_amount_is_refused(text: str, problem: Problem) -> None:
    assert read_text(text) == Amount(None, problem=problem)


def test_every_problem_has_a_case() -> None:
    assert {problem for _, problem in REFUSED} == set(Problem)


@pytest.mark.parametrize("minus", [0x2010, 0x2011, 0x2012, 0x2013, 0x2212, 0xFE63, 0xFF0D, 0x2D])
def test_every_sign_that_looks_like_a_minus_is_one(minus: int) -> None:
    assert value(f"{chr(minus)}5") == -5


@pytest.mark.parametrize(
    ("first", "last"),
    [(0xAD, 0xAD), (0x200B, 0x200F), (0x202A, 0x202D), (0x2060, 0x2064), (0x2066, 0x2069), (0xFEFF, 0xFEFF)],
)
def test_signs_that_nobody_sees_are_dropped_and_no_others(first: int, last: int) -> None:
    for code in range(first, last + 1):
        assert value(f"1{chr(code)}0") == 10, hex(code)
    for code in (first - 1, last + 1):
        assert read_text(f"1{chr(code)}0").value is None, hex(code)


def test_full_width_signs_are_the_signs_and_no_others() -> None:
    for code in range(0x21, 0x7F):
        wide = read_text(f"1{chr(code + 0xFEE0)}0"), read_text(f"{chr(code + 0xFEE0)}5")
        assert wide == (read_text(f"1{chr(code)}0"), read_text(f"{chr(code)}5")), chr(code)
    assert read_text("\uff5f5").value is None


def test_an_empty_text_is_blank() -> None:
    assert read_text("") == Amount(None, blank=True)


@pytest.mark.parametrize("text", [" ", "\n", "\u3000", "\u00a0", "\u200b", "\ufeff \u200b\t", " " * 32_767])
def test_a_stray_space_is_blank_and_converted(text: str) -> None:
    assert read_text(text) == Amount(None, blank=True, converted=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5%", "0.05"),
        ("0.5‰", "0.0005"),
        ("５％", "0.05"),
        ("5 %", "0.05"),
        ("-5.25%", "-0.0525"),
        ("(5%)", "-0.05"),
        ("(5)%", "-0.05"),
        ("1,000%", "10"),
        ("0.05", "0.05"),
        ("0.0525", "0.0525"),
        ("-", "0"),
    ],
)
def test_a_percent_column_takes_percent_signs_and_ratios(text: str, expected: str) -> None:
    assert read_text(text, percent=True) == Amount(Fraction(expected), converted=True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("5元", Problem.NOT_A_NUMBER),
        ("¥5", Problem.NOT_A_NUMBER),
        ("5%%", Problem.NOT_A_NUMBER),
        ("(5%)%", Problem.NOT_A_NUMBER),
        ("5.125%", Problem.TOO_PRECISE),
        ("0.05125", Problem.TOO_PRECISE),
        ("百分之五", Problem.MAGNITUDE_WORD),
    ],
)
def test_a_percent_column_refuses_amounts_and_more_places(text: str, problem: Problem) -> None:
    assert read_text(text, percent=True).problem is problem


def test_decimals_and_limit_are_the_columns() -> None:
    assert read_text("1.5", decimals=0).problem is Problem.TOO_PRECISE
    assert read_text("1.2345", decimals=None).value == Fraction("1.2345")
    assert read_text("100000000000", limit=LIMIT_ISSUED).value == LIMIT_INPUT
    assert read_text("12", limit=12).problem is Problem.OUT_OF_BOUNDS
    assert read_text("999999999999.99", limit=LIMIT_ISSUED).value == Fraction("999999999999.99")
    assert read_text("1000000000000", limit=LIMIT_ISSUED).problem is Problem.OUT_OF_BOUNDS


@given(fens, st.booleans())
def test_what_is_shown_reads_back(fen: int, wide: bool) -> None:
    for text in (show_fen(fen), from_fen(fen), f"¥{show_fen(fen)}元", show_fen(fen).replace("-", "−")):
        assert to_fen(value(text.translate(WIDE) if wide else text)) == fen


@given(st.text() | pieces, st.booleans())
def test_any_text_is_blank_or_accepted_or_refused(text: str, percent: bool) -> None:
    for amount in (read_text(text, percent=percent), read_number(text), read_number(text, decimals=None)):
        assert (amount.value is not None) + amount.blank + (amount.problem is not None) == 1
        if amount.value is not None:
            assert abs(amount.value) < LIMIT_INPUT
        if amount.problem is not None:
            assert not amount.converted


@given(pieces)
def test_an_accepted_amount_has_the_digits_that_were_typed(text: str) -> None:
    amount = read_text(text)
    if amount.value:
        digits = "".join(char for char in normalize("NFKC", text) if char.isdecimal())
        assert all(char in "0123456789０１２３４５６７８９" for char in text if char.isnumeric())
        assert from_fen(abs(round_fen(amount.value))).replace(".", "").strip("0") == digits.strip("0")


@pytest.mark.parametrize("code", range(0x80, 0x30000, 0x1000))
def test_no_character_becomes_a_digit_but_the_full_width_ones(code: int) -> None:
    for char in map(chr, range(code, code + 0x1000)):
        if (
            char.isnumeric() or any(part.isdecimal() for part in normalize("NFKC", char))
        ) and char not in "０１２３４５６７８９":
            assert read_text(f"1{char}").value is None, hex(ord(char))
            assert read_text(char).value is None, hex(ord(char))


@pytest.mark.parametrize(
    "text",
    [
        "9" * 10_000,
        " " * 10_000 + "x",
        "1" + " " * 10_000 + "2",
        "¥" + " " * 390 + "x",
        "-" * 10_000,
        "1," * 200,
        "1,000" * 80,
        "1" + ",000" * 99 + "x",
        "(" * 400,
        "1" * 399 + "e",
        "一" * 399 + "x",
        "e" + "\u0301" * 10_000,
        "1e999999999",
        "1e-999999999",
        "1E" + "9" * 390,
        "0." + "0" * 9_000 + "1",
    ],
    ids=range(16),
)
def test_no_text_takes_long(text: str) -> None:
    start = time.perf_counter()
    for decimals in (2, None):
        read_text(text, decimals)
        read_number(text, decimals)
    assert time.perf_counter() - start < 0.2


# What a numeric cell of the file means.


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1000", "1000"),
        ("0.1", "0.1"),
        ("-0", "0"),
        ("0.30000000000000004", "0.3"),
        ("133000.00000000001", "133000"),
        ("1E+5", "100000"),
        ("1.0000000000000001E-2", "0.01"),
        ("0.0000001", "0"),
        ("1e-999999999", "0"),
        ("0e999999999", "0"),
        ("4.9E-324", "0"),
        ("99999999999.990005", "99999999999.99"),
        (" 5.\n", "5"),
        (".5", "0.5"),
        ("1.000", "1"),
        ("0.000001", "0"),
        ("1.000001", "1"),
        ("0" * 399 + "5", "5"),
    ],
)
def test_a_numeric_cell_gives_its_amount_without_binary_dust(text: str, expected: str) -> None:
    assert read_number(text) == Amount(Fraction(expected))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", Problem.NOT_A_NUMBER),
        (" ", Problem.NOT_A_NUMBER),
        ("0x10", Problem.NOT_A_NUMBER),
        (".", Problem.NOT_A_NUMBER),
        ("1e", Problem.NOT_A_NUMBER),
        ("1 2", Problem.NOT_A_NUMBER),
        ("5X", Problem.NOT_A_NUMBER),
        ("5\u00a0", Problem.NOT_A_NUMBER),
        ("1" * 401, Problem.NOT_A_NUMBER),
        ("1_000", Problem.UNDERSCORE),
        ("nan", Problem.NOT_FINITE),
        ("-inf", Problem.NOT_FINITE),
        ("٣", Problem.FOREIGN_DIGITS),
        ("１", Problem.FOREIGN_DIGITS),
        ("1,000", Problem.SEPARATORS),
        ("0.005", Problem.TOO_PRECISE),
        ("0.0000010001", Problem.TOO_PRECISE),
        ("0.000002", Problem.TOO_PRECISE),
        ("12.345", Problem.TOO_PRECISE),
        ("100000000000", Problem.OUT_OF_BOUNDS),
        ("100000000000.125", Problem.OUT_OF_BOUNDS),
        ("-1e11", Problem.OUT_OF_BOUNDS),
        ("99999999999.999999", Problem.OUT_OF_BOUNDS),
        ("99999999999.996", Problem.OUT_OF_BOUNDS),
        ("123456789012345678.125", Problem.OUT_OF_BOUNDS),
        ("1e999999999", Problem.OUT_OF_BOUNDS),
    ],
)
def test_a_numeric_cell_that_is_no_amount_is_refused(text: str, problem: Problem) -> None:
    assert read_number(text) == Amount(None, problem=problem)


def test_the_dust_shrinks_with_the_places() -> None:
    assert read_number("3.0001", decimals=0).problem is Problem.TOO_PRECISE
    assert read_number("0.0525001", decimals=4).problem is Problem.TOO_PRECISE
    assert read_number("0.05250001", decimals=4).value == Fraction("0.0525")
    assert read_number("0.0525000101", decimals=4).problem is Problem.TOO_PRECISE
    assert read_number("0.052500000000000005", decimals=4).value == Fraction("0.0525")
    assert read_number("0.1234567", decimals=6).problem is Problem.TOO_PRECISE


def test_without_decimals_a_number_keeps_the_shortest_text_of_its_double() -> None:
    assert read_number("1.1000000000000001", decimals=None).value == Fraction("1.1")
    assert read_number("5.0000000000000001E-4", decimals=None).value == Fraction("0.0005")
    assert read_number("9.000000000000001", decimals=None).value == Fraction("9.000000000000002")
    assert read_number("0.12345678", decimals=None).value == Fraction("0.12345678")
    assert read_number("1e12", decimals=None).problem is Problem.OUT_OF_BOUNDS
    assert read_number("1e11", decimals=None, limit=LIMIT_ISSUED).value == LIMIT_INPUT


@given(fens)
def test_a_double_of_two_decimals_gives_the_exact_amount(fen: int) -> None:
    for text in (repr(fen / 100), f"{fen / 100:.17g}", f"{fen / 100:.16E}", f"{fen / 100:.20f}"):
        assert read_number(text).value == Fraction(fen, 100)


@given(st.lists(st.integers(-(10**9), 10**9), max_size=50))
def test_the_dust_of_a_long_float_sum_is_dropped(amounts: list[int]) -> None:
    assert read_number(repr(sum(fen / 100 for fen in amounts))).value == Fraction(sum(amounts), 100)


@given(fens, st.integers(1, 9))
def test_a_third_decimal_is_never_dropped(fen: int, third: int) -> None:
    exact = Fraction(fen, 100) + Fraction(third, 1000)
    text = plain(exact)
    assert read_text(text).value is None
    if abs(exact) < 10**10:
        assert read_number(text).problem is Problem.TOO_PRECISE


# Rounding and display.


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9),
    st.integers(-6, 8),
)
def test_rounding_is_half_away_from_zero(number: Decimal, places: int) -> None:
    expected = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=60))
    assert round_half_away(Fraction(number), places) == Fraction(expected)


@given(rationals, st.integers(-12, 12))
def test_rounding_is_symmetric_and_near_and_stable(number: Fraction, places: int) -> None:
    rounded = round_half_away(number, places)
    assert round_half_away(-number, places) == -rounded
    assert abs(rounded - number) <= Fraction(10) ** -places / 2
    assert round_half_away(rounded, places) == rounded


@pytest.mark.parametrize(
    ("number", "places", "expected"),
    [("2.5", 0, "3"), ("-2.5", 0, "-3"), ("1.005", 2, "1.01"), ("150", -2, "200"), ("-49", -2, "0"), ("50", -2, "100")],
)
def test_ties_go_away_from_zero(number: str, places: int, expected: str) -> None:
    assert round_half_away(Fraction(number), places) == Fraction(expected)


def test_places_that_no_double_has_cost_nothing() -> None:
    third = Fraction(1, 3)
    assert round_half_away(third, 10**12) == third
    assert round_half_away(third, -(10**12)) == 0
    assert round_half_away(5, 10**12) == 5


def test_the_furthest_places_of_a_double_are_still_rounded() -> None:
    assert round_half_away(Fraction(2, 3), 308) == Fraction(2 * 10**308 + 1, 3 * 10**308)
    assert round_half_away(6 * 10**307, -308) == 10**308
    assert round_half_away(Fraction(2, 3), 309) == Fraction(2, 3)
    assert round_half_away(6 * 10**308, -309) == 0


def test_fen_are_exact_or_refused() -> None:
    assert to_fen(Fraction("133000.05")) == 13_300_005
    assert to_fen(-3) == -300
    with pytest.raises(ValueError, match="whole number of fen"):
        to_fen(Fraction("0.005"))
    assert round_fen(Fraction("0.005")) == 1
    assert round_fen(Fraction("-0.005")) == -1
    assert round_fen(7) == 700


@pytest.mark.parametrize(
    ("fen", "text", "shown"),
    [
        (13_300_000, "133000.00", "133,000.00"),
        (-5, "-0.05", "-0.05"),
        (0, "0.00", "0.00"),
        (-123_456_789, "-1234567.89", "-1,234,567.89"),
    ],
)
def test_fen_are_shown_as_yuan(fen: int, text: str, shown: str) -> None:
    assert (from_fen(fen), show_fen(fen)) == (text, shown)
    assert (decimal_text(Fraction(fen, 100)), show(Fraction(fen, 100))) == (text, shown)


def test_zero_has_no_sign() -> None:
    assert from_fen(-0) == show(Fraction("-0.004")) == decimal_text(Fraction("-0.004")) == "0.00"
    assert plain(Fraction(-1, 10**11 * 3)) == "0"
    assert show_ratio(Fraction("-0.0000001")) == "0%"


@given(fens)
def test_fen_survive_their_text(fen: int) -> None:
    assert to_fen(Fraction(from_fen(fen))) == fen
    assert Fraction(show_fen(fen).replace(",", "")) * 100 == fen


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.0005", "0.0005"),
        ("12", "12"),
        ("1200", "1200"),
        ("1/3", "0.3333333333"),
        ("-2/3", "-0.6666666667"),
        ("2999999999999/30000000000", "100"),
        ("0", "0"),
        ("-0.5", "-0.5"),
        ("1/1024", "0.0009765625"),
        ("0.000000000001", "0.000000000001"),
        ("100/3", "33.3333333333"),
    ],
)
def test_a_plain_number_is_its_shortest_decimal_text(number: str, text: str) -> None:
    assert plain(Fraction(number)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**9), max_value=10**9))
def test_a_plain_number_that_ends_is_exact_and_has_no_idle_zeros(number: Decimal) -> None:
    text = plain(Fraction(number))
    assert Fraction(text) == Fraction(number)
    assert "." not in text or text[-1] not in "0."


@given(st.integers(-(10**40), 10**40), st.integers(0, 40), st.integers(0, 40))
def test_a_plain_number_is_exact_wherever_its_decimals_end(numerator: int, twos: int, fives: int) -> None:
    number = Fraction(numerator, 2**twos * 5**fives)
    assert Fraction(plain(number)) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [("8000", "8,000"), ("2.5", "2.5"), ("-1234567.125", "-1,234,567.125"), ("1/3", "0.3333333333"), ("0", "0")],
)
def test_a_number_for_people_has_separators_and_no_idle_zeros(number: str, text: str) -> None:
    assert show_plain(Fraction(number)) == text


def test_ratios_are_shown_in_percent_or_per_mille() -> None:
    assert show_ratio(Fraction("0.125")) == "12.5%"
    assert show_ratio(Fraction("0.0005"), per_mille=True) == "0.5‰"
    assert show_ratio(1) == "100%"
    assert show_ratio(Fraction(2, 3)) == "66.6667%"
    assert show_ratio(Fraction(2, 3), places=2) == "66.67%"
    assert show_ratio(Fraction(9, 10), places=0) == "90%"


# Splitting and footing.

weights = st.lists(st.integers(0, 10**6) | st.fractions(0, 100, max_denominator=10**4), min_size=1).filter(any)


@given(st.integers(-(10**15), 10**15), weights)
def test_a_split_conserves_the_total_within_a_fen_a_part(total: int, shares: list[Fraction | int]) -> None:
    parts = split(total, shares)
    assert sum(parts) == total
    assert len(parts) == len(shares)
    whole = sum(map(Fraction, shares))
    assert all(abs(part - total * share / whole) <= 1 for part, share in zip(parts, shares, strict=True))
    assert all(part == 0 for part, share in zip(parts, shares, strict=True) if share == 0)
    assert split(-total, shares) == tuple(-part for part in parts)


@given(st.integers(-(10**15), 10**15), st.integers(1, 60))
def test_an_even_split_differs_by_a_fen_at_most(total: int, parts: int) -> None:
    shares = split_even(total, parts)
    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1


def test_a_split_is_the_workbooks_cumulative_rounding() -> None:
    assert split(100, [1, 1, 1]) == (33, 34, 33)
    assert split(1, [Fraction("0.5"), Fraction("0.5")]) == (1, 0)
    assert split_even(10_000, 12)[:3] == (833, 834, 833)


@pytest.mark.parametrize("shares", [[], [0, 0], [2, -1], [-1, -1]])
def test_weights_that_share_nothing_out_are_refused(shares: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^weights must"):
        split(100, shares)


def test_no_parts_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^at least one part"):
        split_even(100, 0)


@given(st.lists(fens, max_size=40), st.integers(0, 8))
def test_a_view_in_wan_foots(amounts: list[int], places: int) -> None:
    shown = in_wan(amounts, places=places)
    last_place = Fraction(1, 10**places)
    assert sum(map(Fraction, shown)) == round_half_away(Fraction(sum(amounts), 10**6), places)
    for figure, fen in zip(shown, amounts, strict=True):
        assert abs(Fraction(figure) - Fraction(fen, 10**6)) < last_place
        assert figure.as_tuple().exponent == -places
        assert not (figure == 0 and figure.is_signed())
    assert in_wan(amounts, places=places) == shown


@given(st.lists(st.lists(fens, min_size=1, max_size=5), min_size=1, max_size=8))
def test_lines_foot_to_the_figure_that_their_section_shows(sections: list[list[int]]) -> None:
    shown = in_wan([sum(lines) for lines in sections])
    for figure, lines in zip(shown, sections, strict=True):
        assert sum(in_wan(lines, total=int(figure * 10**6))) == figure


def test_figures_in_wan_follow_the_largest_remainder() -> None:
    assert in_wan([13_300_000, 5_000_000]) == (Decimal("13.30"), Decimal("5.00"))
    assert in_wan([4_000, 4_000, 4_000]) == (Decimal("0.01"), Decimal("0.00"), Decimal("0.00"))
    assert in_wan([1_000, 6_000]) == (Decimal("0.00"), Decimal("0.01"))
    assert in_wan([1_500_000, 500_000], places=0) == (Decimal(2), Decimal(0))
    assert in_wan([]) == ()


def test_another_total_is_refused() -> None:
    with pytest.raises(ValueError, match="not the total"):
        in_wan([1_000_000], total=1_010_000)


def test_money_is_light_to_import() -> None:
    heavy = "import sys; before = set(sys.modules); import crmxl.money; print(*sorted(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout.split()
    assert {name.partition(".")[0] for name in loaded} <= set(sys.stdlib_module_names) | {"crmxl"}
