"""Whether a cell format shows a date: as openpyxl says, but where openpyxl errs for a reason that is written here."""

from __future__ import annotations

import time

import pytest
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

from crmxl.receive.formats import date_formats, shows_date
from tests.receive.packages import STYLES, answer, styles

DATES = (
    "yyyy-mm-dd",
    "yyyy/m/d;@",
    "m/d/yy h:mm",
    "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy",
    "[$-409]d\\-mmm\\-yy;@",
    '[$-804]yyyy"年"m"月"d"日";@',
    '[DBNum1][$-804]yyyy"年"m"月"d"日";@',
    'yyyy"年"m"月"',
    "yyyy年m月d日",
    "[$-x-sysdate]dddd, mmmm dd, yyyy",
    "mmm-yy",
    "DD/MM/YYYY",
    "h:mm AM/PM",
    "[$-409]h:mm:ss\\ AM/PM;@",
    '上午/下午h"时"mm"分"',
    "[h]:mm:ss",
    "[mm]:ss",
    "[s].000",
    "mm:ss.0",
    "yyyy\\-mm\\-dd\\ hh:mm:ss",
    "_(yyyy_)",
    "[Red]yyyy",
    "[hh]:mm",
)
NUMBERS = (
    "",
    "General",
    "GENERAL",
    "general",
    "0",
    "0.00",
    "#,##0.00",
    "#,##0.00_ ",
    "#,##0.00_ ;[Red]\\-#,##0.00\\ ",
    '_ * #,##0.00_ ;_ * \\-#,##0.00_ ;_ * "-"??_ ;_ @_ ',
    '_-"¥"* #,##0.00_-;\\-"¥"* #,##0.00_-;_-"¥"* "-"??_-;_-@_-',
    '"¥"#,##0.00;[Red]"¥"\\-#,##0.00',
    "[$¥-804]#,##0.00",
    "[$USD] #,##0.00",
    '#,##0.00;-#,##0.00;"-"',
    '#,##0.00"元"',
    '0.00,"千元"',
    '0!.0,"万元"',
    "[DBNum1]General",
    '[DBNum2][$-804]General"元整"',
    '[>=10000]0.0,"days";0',
    "0%",
    "0.00%",
    "0.00E+00",
    "##0.0e-0",
    "# ??/??",
    "@",
    ";;;",
    "000000",
    "0\\d",
    "0\\h\\m",
    "0_d",
    "#,##0_y",
    "0*d",
    '0"d"',
    '0 "hours"',
    "[Magenta]0",
    "[Color 10]0",
    "[<=9999999]###\\-####;\\(###\\)\\ ###\\-####",
    "0;yyyy",
    '"unclosed d',
)
OTHERWISE = {
    "[$-411]ge": "openpyxl knows no years of an era",
    "ggge": "openpyxl knows no years of an era",
    "e": "openpyxl knows no e, the year in Chinese and Japanese formats",
    "0*d": "openpyxl takes what fills a cell for a day",
    '"unclosed d': "openpyxl takes text whose quote is left open for a day",
    '";"yyyy': "openpyxl ends the first section inside a text",
    "[$;-804]yyyy": "openpyxl ends the first section inside brackets",
}
"""Where the two differ, and why."""


@pytest.mark.parametrize("code", DATES)
def test_a_format_of_dates_or_times_shows_dates(code: str) -> None:
    assert shows_date(code)


@pytest.mark.parametrize("code", NUMBERS)
def test_a_format_of_numbers_or_texts_shows_none(code: str) -> None:
    assert not shows_date(code)


@pytest.mark.parametrize("code", sorted({*DATES, *NUMBERS, *BUILTIN_FORMATS.values(), *OTHERWISE}))
def test_openpyxl_says_the_same_but_for_known_reasons(code: str) -> None:
    assert (shows_date(code) == is_date_format(code)) == (code not in OTHERWISE)


def read(*numbers: int | str, formats: str = "") -> set[int]:
    return dated([styles(*numbers, formats=formats)])


def dated(chunks: list[bytes]) -> set[int]:
    return {int(number) for number, shows in date_formats(chunks, STYLES).items() if shows}


def test_formats_without_a_text_are_told_by_their_number() -> None:
    every = tuple(range(200))
    named = {number for number, code in BUILTIN_FORMATS.items() if is_date_format(code)}
    chinese = {*range(27, 37), *range(50, 59)}
    assert read(*every) == named | chinese


def test_a_format_with_a_text_is_told_by_its_text_whatever_its_number() -> None:
    own = '<numFmt numFmtId="14" formatCode="0.00"/><numFmt numFmtId="0" formatCode="yyyy"/>'
    assert read(14, 0, 15, formats=own) == {1, 2}


def test_only_formats_that_cells_use_count() -> None:
    part = styles(14).replace(b"cellXfs", b"cellStyleXfs")
    assert dated([part]) == set()
    part = styles(0).replace(b"<cellXfs>", b'<dxfs><dxf><numFmt numFmtId="0" formatCode="yyyy"/></dxf></dxfs><cellXfs>')
    assert dated([part]) == set()
    assert dated([styles(14).replace(b' numFmtId="14"', b"")]) == set()


@pytest.mark.parametrize("number", ["x", "", "-1", "１４", "1.0", "9999999999"])
def test_a_number_of_a_format_that_is_none_is_damage(number: str) -> None:
    assert answer(lambda: read(14, number)) == ("F102", STYLES, "")


@pytest.mark.parametrize("code", ["G/通用格式", "G/標準", 'G/通用格式"元"'])
def test_the_general_format_may_be_written_in_chinese(code: str) -> None:
    assert not shows_date(code)


@pytest.mark.parametrize("code", ["aaaa", "[$-804]aaaa;@", "aaa"])
def test_a_weekday_is_a_date(code: str) -> None:
    assert shows_date(code)


@pytest.mark.parametrize(
    "piece", ["[", '"', "\\", "_", "*", "[h", "[$", "e", "General", "Genera", "e+", ";", '""', "[]", '"[']
)
def test_no_format_takes_long(piece: str) -> None:
    """As long as a format may be, made to be tried again and again; a second is far more than any should take."""
    began = time.perf_counter()
    for last in ("", "]", '"', "0", "h]"):
        assert shows_date((piece * 1000)[:1000] + last) in (True, False)
    assert time.perf_counter() - began < 5
