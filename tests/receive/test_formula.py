"""Formulas are cut into words and moved as openpyxl does it, in time that grows no faster than their length."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import Translator

from crmxl.issue.addresses import letters
from crmxl.receive.formula import Movable, Sort, Token, tokens

SHEETS = (
    "",
    "Sheet1!",
    "预算!",
    "'预算 表'!",
    "'it''s'!",
    "'a+b'!",
    "[1]Sheet1!",
    "'[1]a b'!",
    "Sheet1:Sheet3!",
    "_1!",
)
NAMES = ("TAXES2026", "预算_总额", "_x1", "\\a", "A1.total", "ABCD1", "TRUE", "r.c")
TABLES = ("T1[金额]", "T1[[#This Row],[a b]]", "T1[[#All],[A1]:[B2]]", "T1[#Headers]", "T1[]", "[金额]")
NUMBERS = ("0", "12", "1.5", "1.", ".5", "1E5", "1e-3", "2.5E+10", "1234567890123456789")
TEXTS = ('""', '"A1"', '"a""B2"', '"[x"', '"\'"', '"预算(A1:B2)"', '"\n"')
ERRORS = ("#REF!", "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#VALUE!")
ARRAYS = ("{1,2;3,4}", '{"A1","B2"}', "{TRUE,#N/A}")
FUNCTIONS = ("SUM", "LOG10", "IF", "ATAN2", "_xlfn.XLOOKUP", "DEC2BIN", "预算函数", "T.DIST.2T", "sum")
OPERATORS = ("+", "-", "*", "/", "^", "&", "=", "<>", "<=", ">=", "<", ">", " + ")
MARGIN = 30
"""Cells that far from the edges of the grid, moved by less, stay on it."""

DOLLAR = st.sampled_from(("", "$"))
COLUMN = st.builds(
    lambda dollar, number, lower: dollar + (letters(number).lower() if lower else letters(number)),
    DOLLAR,
    st.integers(MARGIN, 16_384 - MARGIN),
    st.booleans(),
)
ROW = st.builds(lambda dollar, number: f"{dollar}{number}", DOLLAR, st.integers(MARGIN, 1_048_576 - MARGIN))
CELL = st.builds(str.__add__, COLUMN, ROW)
AREA = st.one_of(CELL, *(st.builds("{}:{}".format, end, end) for end in (CELL, COLUMN, ROW)))
REFERENCE = st.builds(str.__add__, st.sampled_from(SHEETS), AREA)
OPERAND = st.one_of(REFERENCE, *(st.sampled_from(texts) for texts in (NAMES, TABLES, NUMBERS, TEXTS, ERRORS, ARRAYS)))


@st.composite
def formulas(draw: st.DrawFn, depth: int = 3) -> str:
    """A formula without ``=`` that stays on the grid."""
    how = (
        draw(st.sampled_from(("operand", "operand", "call", "operator", "brackets", "sign", "percent")))
        if depth
        else ""
    )
    if how == "call":
        blank = draw(st.sampled_from(("", " ")))
        arguments = draw(st.lists(formulas(depth - 1), max_size=3))
        return f"{draw(st.sampled_from(FUNCTIONS))}({blank}{f',{blank}'.join(arguments)})"
    if how == "operator":
        return f"{draw(formulas(depth - 1))}{draw(st.sampled_from(OPERATORS))}{draw(formulas(depth - 1))}"
    if how in ("brackets", "sign", "percent"):
        around = {"brackets": "({})", "sign": "-{}", "percent": "{}%"}[how]
        return around.format(draw(formulas(depth - 1)))
    operand: str = draw(OPERAND)
    return operand


FORMULA = formulas()


def moved(formula: str, down: int, right: int) -> str:
    """The formula as it reads so many rows and columns further."""
    return Movable(formula).at(down, right)


DOWN = RIGHT = st.integers(1 - MARGIN, MARGIN - 1)


@given(FORMULA, DOWN, RIGHT)
@example('SUM($A30:B$40)*LOG10(AA$30)&"A1"', 3, 2)
@example("Sheet1:Sheet3!AE31+'it''s'!$AE$31:AF32", -1, -1)
def test_a_formula_is_moved_as_openpyxl_moves_it(formula: str, down: int, right: int) -> None:
    theirs = Translator(f"={formula}", origin="A1").translate_formula(row_delta=down, col_delta=right)
    assert f"={moved(formula, down, right)}" == theirs


@given(FORMULA, DOWN, RIGHT)
def test_a_formula_moved_there_and_back_is_itself_again(formula: str, down: int, right: int) -> None:
    there = moved(formula, down, right)
    assert moved(there, -down, -right) == moved(formula, 0, 0)
    assert moved(formula, 0, 0).casefold() == formula.casefold()


@given(FORMULA)
def test_a_formula_is_cut_into_the_words_that_openpyxl_finds(formula: str) -> None:
    found = tokens(formula)
    assert found is not None
    assert "".join(word.text for word in found) == formula
    assert [(word.sort, word.text) for word in found] == [(kind(item), item.value) for item in items(formula)]


def items(formula: str) -> list[Any]:
    return list(Tokenizer(f"={formula}").items)


def kind(item: Any) -> Sort:
    """What openpyxl's word is in ours."""
    if item.type == "OPERAND":
        return {"TEXT": Sort.TEXT, "NUMBER": Sort.NUMBER, "ERROR": Sort.ERROR}.get(item.subtype, Sort.WORD)
    if item.type in ("PAREN", "ARRAY", "FUNC"):
        opened = Sort.FUNCTION if item.type == "FUNC" else Sort.OPEN
        return opened if item.subtype == "OPEN" else Sort.CLOSE
    if item.type in ("SEP", "ARRAYROW"):
        return Sort.SEPARATOR
    return Sort.SPACE if item.type == "WHITE-SPACE" else Sort.OPERATOR


@given(st.text("A1$:'\"[]{}(),;!#.+-eE% @é\n<>&R", max_size=30))
def test_any_text_is_cut_without_loss_or_is_none_of_excels_grammar(text: str) -> None:
    found = tokens(text)
    assert found is None or "".join(word.text for word in found) == text
    assert found is not None or Movable(text).at(1, 1) == text


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("", []),
        ("1A", [(Sort.WORD, "1A")]),
        ("1:1", [(Sort.WORD, "1:1")]),
        ("1E5", [(Sort.NUMBER, "1E5")]),
        ("1E", [(Sort.WORD, "1E")]),
        ("A1#", [(Sort.WORD, "A1#")]),
        ("@A1", [(Sort.OPERATOR, "@"), (Sort.WORD, "A1")]),
        ("A1:B2 B1", [(Sort.WORD, "A1:B2"), (Sort.SPACE, " "), (Sort.WORD, "B1")]),
        ("#SPILL!", [(Sort.ERROR, "#SPILL!")]),
        ("SUM (A1)", [(Sort.WORD, "SUM"), (Sort.SPACE, " "), (Sort.OPEN, "("), (Sort.WORD, "A1"), (Sort.CLOSE, ")")]),
    ],
)
def test_words_that_openpyxl_cuts_otherwise(formula: str, words: list[tuple[Sort, str]]) -> None:
    assert tokens(formula) == [Token(sort, text) for sort, text in words]


@pytest.mark.parametrize("formula", ['"', "'", "[", "'a", "A1]", '"a""', "'[1]a!A1", "T1[[a]", "T1['[a]", "A1?'"])
def test_what_is_none_of_excels_grammar_is_not_moved(formula: str) -> None:
    assert tokens(formula) is None
    assert Movable(formula).at(1, 1) == formula


@pytest.mark.parametrize(
    ("formula", "down", "right", "there"),
    [
        ("A1", -1, 0, "#REF!"),
        ("A1", 0, -1, "#REF!"),
        ("XFD1048576", 1, 0, "#REF!"),
        ("XFD1048576", 0, 1, "#REF!"),
        ("SUM(A1:B2)+C3", -1, 0, "SUM(#REF!)+C2"),
        ("A2:B1", -1, 0, "#REF!"),
        ("预算!A1*2", -1, 0, "预算!#REF!*2"),
        ("A:B", 5, -1, "#REF!"),
        ("1:2", -1, 5, "#REF!"),
        ("'a b'!1:2", -1, 0, "'a b'!#REF!"),
        ("$A$1", -1, -1, "$A$1"),
        ("$A:B", -9, -1, "$A:A"),
        ("1048576:$1", 1, 0, "#REF!"),
    ],
)
def test_what_falls_off_the_sheet_is_an_error(formula: str, down: int, right: int, there: str) -> None:
    assert moved(formula, down, right) == there


@pytest.mark.parametrize(
    ("formula", "there", "why"),
    [
        ("A1#", "B2#", "openpyxl knows no spilled areas"),
        ("@A1", "@B2", "openpyxl knows no implicit intersection"),
        ("Sheet1!TAXES", "Sheet1!TAXES", "openpyxl loses the sheet of a name"),
        ("Sheet1!#REF!", "Sheet1!#REF!", "as above"),
        ("Sheet1!A1:Sheet1!B2", "Sheet1!B2:Sheet1!C3", "openpyxl takes the first sheet for part of a name"),
        ("A1\n+A1", "B2\n+B2", "openpyxl puts a line break before what it follows"),
        ("XFE1", "XFE1", "openpyxl moves names like cells beyond the last column"),
        ("A1:XFE1", "B2:XFE1", "as above; the other end is a cell"),
    ],
)
def test_what_is_moved_otherwise_than_by_openpyxl(formula: str, there: str, why: str) -> None:
    assert why and Movable(formula).at(1, 1) == there
    try:
        theirs = Translator(f"={formula}", origin="A1").translate_formula(row_delta=1, col_delta=1)
    except TokenizerError:
        return
    assert theirs != f"={there}"


@pytest.mark.parametrize(
    ("formula", "there"),
    [
        ("SUM(A1:INDEX(C:C,5))", "SUM(B2:INDEX(D:D,5))"),
        ("SUM(INDEX(C:C,5):A1)", "SUM(INDEX(D:D,5):B2)"),
        ("A1:TAXES2026", "B2:TAXES2026"),
        ("TAXES2026:A1", "TAXES2026:B2"),
        ("A1:B2:C3", "B2:C3:D4"),
    ],
)
def test_both_ends_of_an_area_are_moved(formula: str, there: str) -> None:
    assert Movable(formula).at(1, 1) == there


@pytest.mark.parametrize("name", ["A0", "Q01", "AB1048577", "A9999999"])
def test_a_name_like_a_cell_off_the_grid_is_a_name(name: str) -> None:
    assert Movable(name).at(1, 1) == name


PIECES = (
    *("[", "]", "'", '"', "(", "{", "A1:", "A1:B2:", "A1!", "''", '""', "[]", "[[", "[a]", "'['", "!", "$", "$A$"),
    *("A", "1", "1.", "1E", "1E+", "#", "#REF!", "A1#", ".", ",", " ", "\n", "-", "<", "预", "_", "\\", "@", "A1 "),
)


@pytest.mark.parametrize("piece", PIECES)
def test_no_formula_takes_long(piece: str) -> None:
    """8,192 characters made to be tried again and again take hundredths of a second, with garbage collected one."""
    for first in ("", "'", "[", "A1:"):
        for last in ("", "'", '"', "é!A1"):
            formula = first + (piece * 8192)[: 8192 - len(first + last)] + last
            began = time.process_time()
            there = Movable(formula).at(1, 1)
            assert time.process_time() - began < 5
            assert len(there) >= len(formula) // 2
