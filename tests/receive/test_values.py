"""The text of a value is read exactly or refused: no digits but ASCII's, no infinities, no dates that never were."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import from_ISO8601, to_excel

from crmxl.receive.values import boolean, error_value, iso_serial, number_text, serial, unescaped

TIMES = st.times().map(lambda time: time.replace(fold=0))
MOMENTS = st.datetimes(datetime.datetime(1899, 12, 31), datetime.datetime(9999, 12, 31))


def theirs(moment: object) -> float:
    """The serial number that openpyxl gives a moment."""
    return float(to_excel(moment))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0e5", "0"),
        ("007", "7"),
        ("+5", "5"),
        ("5.", "5"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        (" 0.10\r\n\t", "0.1"),
        ("1E3", "1000"),
        ("1e-7", "1e-07"),
        ("1.1000000000000001", "1.1"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("999999999999999", "999999999999999"),
        ("9007199254740993", "9007199254740992"),
        ("12345678901234567890", "1.2345678901234567e+19"),
        ("0" * 300 + "7", "7"),
        ("5e-324", "5e-324"),
        ("1e-999", "0"),
    ],
)
def test_a_number_is_told_by_its_shortest_text(raw: str, text: str) -> None:
    assert number_text(raw) == text


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "x",
        "１２３",
        "1_000",
        "1,000",
        "1 0",
        "--1",
        "1e",
        "e5",
        ".",
        "0x1",
        "nan",
        "inf",
        "1e999",
        "٣",
        "1\xa0",
        "9" * 401,
    ],
)
def test_a_number_that_is_none_is_refused(raw: str) -> None:
    for read in (number_text, lambda raw: serial(raw, False), lambda raw: serial(raw, True)):
        with pytest.raises(ValueError):
            read(raw)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_loses_a_bit(number: float) -> None:
    for raw in (repr(number), f"{number:.17g}", f"{number:.17E}"):
        text = number_text(raw)
        assert float(text) == number and (text == "0") == (number == 0)
        assert number_text(text) == text and "_" not in text and not text.endswith(".0")


@given(st.text("0123456789.eE+-_ ,x٣１", max_size=12))
def test_a_text_is_a_number_only_where_python_agrees_and_says_so_in_ascii(raw: str) -> None:
    try:
        text = number_text(raw)
    except ValueError:
        return
    assert raw.isascii() and "_" not in raw
    assert float(text) == float(raw) and math.isfinite(float(text))


@given(MOMENTS)
def test_a_moment_has_the_serial_number_that_openpyxl_gives_it(moment: datetime.datetime) -> None:
    expected = theirs(moment)
    assert math.isclose(float(iso_serial(moment.isoformat())), expected, rel_tol=0, abs_tol=1e-9)
    assert float(iso_serial(moment.date().isoformat())) == int(expected)


@given(TIMES)
def test_a_time_has_the_serial_number_that_openpyxl_gives_it(time: datetime.time) -> None:
    assert math.isclose(float(iso_serial(time.isoformat())), theirs(time), rel_tol=0, abs_tol=1e-9)


@pytest.mark.parametrize(
    "raw", ["2026-01-02", "2026-01-02T03:04", "2026-01-02T03:04:05", "2026-01-02T03:04:05.678", "03:04:05"]
)
def test_iso_texts_are_read_as_openpyxl_reads_them(raw: str) -> None:
    expected = theirs(from_ISO8601(raw))  # type: ignore[no-untyped-call]
    for text in (raw, f"{raw}Z", f" {raw}\n"):
        assert math.isclose(float(iso_serial(text)), expected, rel_tol=0, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("1900-01-01", "1"),
        ("1900-02-28", "59"),
        ("1900-03-01", "61"),
        ("2026-01-02", "46024"),
        ("2026-01-02T12:00:00", "46024.5"),
        ("12:00", "0.5"),
        ("00:00:00", "0"),
        ("9999-12-31", "2958465"),
    ],
)
def test_the_29th_of_february_that_1900_did_not_have_is_counted(raw: str, text: str) -> None:
    assert iso_serial(raw) == text


def test_a_time_on_the_day_zero_is_a_time() -> None:
    assert iso_serial("1899-12-30T12:00:00") == "0.5" and theirs(datetime.datetime(1899, 12, 30, 12)) == 0.5


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "46024",
        "2026-02-30",
        "2026-13-01",
        "1900-02-29",
        "2026-1-2",
        "20260102",
        "2026-01-02 03:04",
        "2026-01-02T24:00",
        "25:00",
        "2026-01-02T03:04:05+08:00",
        "２０２６-01-02",
        "2026-01-02T03",
    ],
)
def test_a_date_that_never_was_is_refused(raw: str) -> None:
    with pytest.raises(ValueError):
        iso_serial(raw)


def test_serial_numbers_of_the_calendar_from_1904_are_moved() -> None:
    assert serial("0", True) == "1462" and serial("0", False) == "0"
    assert serial("44562.5", True) == "46024.5"


@pytest.mark.parametrize(("raw", "text"), [("1", "TRUE"), ("0", "FALSE"), ("true", "TRUE"), (" false ", "FALSE")])
def test_a_boolean_is_true_or_false(raw: str, text: str) -> None:
    assert boolean(raw) == text


@pytest.mark.parametrize(
    "raw", ["#REF!", "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#VALUE!", "#GETTING_DATA", "#SPILL!", "Err:522"]
)
def test_an_error_value_is_kept_as_it_is(raw: str) -> None:
    assert error_value(raw) == error_value(f" {raw}\n") == raw


@pytest.mark.parametrize(
    ("read", "raw"),
    [
        *((boolean, raw) for raw in ("", "2", "TRUE", "yes", "１", "-1")),
        *((error_value, raw) for raw in ("", "5", "REF!", "#", "#!", "#ref!", "Err:5022", "#REF!5", "#" + "A" * 30)),
    ],
)
def test_what_is_not_of_its_type_is_refused(read: Callable[[str], str], raw: str) -> None:
    with pytest.raises(ValueError):
        read(raw)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("_x000D_\n", "\r\n"),
        ("_x0041_B_x0043_", "ABC"),
        ("_x005F_x0041_", "_x0041_"),
        ("_x4e2d_", "中"),
        ("_X0041_", "_X0041_"),
        ("_x041_ _x00041_", "_x041_ _x00041_"),
        ("_xD83D__xDE00_", "_xD83D__xDE00_"),
        ("_xDFFF__xE000_", "_xDFFF_\ue000"),
        ("x0041_", "x0041_"),
    ],
)
def test_escapes_are_the_characters_they_stand_for(raw: str, text: str) -> None:
    assert unescaped(raw) == text


@given(st.text())
def test_a_text_without_escapes_is_untouched(text: str) -> None:
    assert "_x" in text or unescaped(text) == text
    assert unescaped(text.replace("_", "_x005F_")) == text
