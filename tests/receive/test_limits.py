"""Whatever grows has a limit: at it a file is read, beyond it the finding tells the limit and what was found."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import pytest

from crmxl.model import say
from crmxl.receive.limits import LIMITS, Limits
from tests.hostile.package import STORED, Entry, deflated, pack
from tests.receive.packages import (
    A_BOOK,
    BOOK,
    BOOK_RELS,
    CUSTOM,
    ONE_TAB,
    RELS,
    SHEET,
    STRINGS,
    STYLES,
    TAB,
    book,
    opened,
    package,
    properties,
    refusal,
    relations,
    sheet,
    smallest,
    strings,
    styles,
    tighten,
)


@dataclass(frozen=True)
class Case:
    """A limit, tightened, and files with as many of what it counts as asked for."""

    limit: int
    build: Callable[[int], bytes]
    found: tuple[str, str]
    """What was found one beyond the limit, in Chinese and English."""
    expected: str = ""
    """The limit in words; its digits where nothing is given."""
    beyond: int = 0
    """How many are too many; one more than the limit where nothing is given."""


def rows(count: int, cells: str = "") -> str:
    return "".join(f"<row>{cells}</row>" for _ in range(count))


def shown(rows: str, before: str = "", after: str = "") -> bytes:
    return package({SHEET: sheet(rows, before, after)})


def with_part(name: str, kind: str, part: bytes) -> bytes:
    """The smallest workbook with one more part of its own."""
    more = (f"rId{9}", kind, name.removeprefix("xl/"))
    return package({name: part, BOOK_RELS: relations(ONE_TAB, more)})


def with_sheets(count: int) -> bytes:
    named = [f'<sheet name="{number}" r:id="rId{number}"/>' for number in range(count)]
    targets = [(f"rId{number}", "worksheet", f"worksheets/{number}.xml") for number in range(count)]
    parts = {f"xl/worksheets/{number}.xml": sheet() for number in range(count)}
    return package({BOOK: book(*named), BOOK_RELS: relations(*targets), SHEET: None, **parts})


def with_properties(count: int) -> bytes:
    items = (f'<property name="{number}"><vt:lpwstr>x</vt:lpwstr></property>' for number in range(count))
    return package({CUSTOM: properties(*items), RELS: relations(A_BOOK, ("rId2", "custom-properties", CUSTOM))})


def with_merges(count: int) -> bytes:
    areas = "".join(f'<mergeCell ref="A{number}:B{number}"/>' for number in range(1, count + 1))
    return shown("", after=f"<mergeCells>{areas}</mergeCells>")


def with_picture(size: int) -> bytes:
    """The smallest workbook with a picture of so many bytes."""
    return pack([*entries(), Entry("xl/media/a.png", bytes(size), STORED)])


def entries() -> list[Entry]:
    return [Entry(name, content) for name, content in smallest().items()]


def of_size(size: int) -> bytes:
    """A file of so many bytes."""
    return with_picture(size - len(with_picture(0)))


def of_content(size: int) -> bytes:
    """A file whose parts are so many bytes, inflated."""
    return with_picture(size - sum(len(content) for content in smallest().values()))


def formulas(count: int) -> str:
    """A shared formula of ten characters and so many cells in all."""
    rest = '<row><c><f t="shared" si="0"/></c></row>' * (count - 1)
    return f'<row><c><f t="shared" si="0">$A$1+$B$12</f></c></row>{rest}'


ARRAY = '<c><f t="array" ref="A1:B2">C1</f></c>'
MB = 1 << 20
CASES: Mapping[str, Case] = {
    "file": Case(MB, of_size, ("1.5 MB", "1.5 MB"), "1 MB", MB * 3 // 2),
    "part": Case(MB, with_picture, ("xl/media/a.png 1.5 MB", "xl/media/a.png 1.5 MB"), "1 MB", MB * 3 // 2),
    "total": Case(MB, of_content, ("1.5 MB", "1.5 MB"), "1 MB", MB * 3 // 2),
    "entries": Case(
        6,
        lambda count: package({f"xl/{number}.xml": b"<x/>" for number in range(count - len(smallest()))}),
        ("部件 7", "7 parts"),
    ),
    "depth": Case(
        10,
        lambda depth: shown("", after="<x>" * (depth - 1) + "</x>" * (depth - 1)),
        (f"XML 层数 11 ({SHEET})", f"11 levels of XML ({SHEET})"),
    ),
    "sheets": Case(3, with_sheets, ("工作表 4", "4 sheets")),
    "cells": Case(5, lambda count: shown(rows(1, "<c/>" * (count - 1)) + rows(1, "<c/>")), ("单元格 6", "6 cells")),
    "rows": Case(5, lambda count: shown(rows(count)), (f"行 6 ({SHEET})", f"6 rows ({SHEET})")),
    "merges": Case(5, with_merges, (f"合并区域 6 ({SHEET})", f"6 merged areas ({SHEET})")),
    "arrays": Case(
        5, lambda count: shown(rows(count, ARRAY)), (f"数组公式 6 ({SHEET})", f"6 array formulas ({SHEET})")
    ),
    "styles": Case(
        5,
        lambda count: with_part(STYLES, "styles", styles(*range(count))),
        (f"单元格样式 6 ({STYLES})", f"6 cell formats ({STYLES})"),
    ),
    "format": Case(
        8,
        lambda size: with_part(STYLES, "styles", styles(formats=f'<numFmt numFmtId="164" formatCode="{"0" * size}"/>')),
        (f"数字格式字符 9 ({STYLES})", f"9 characters of a number format ({STYLES})"),
    ),
    "strings": Case(
        5,
        lambda count: with_part(STRINGS, "sharedStrings", strings(*("<t>x</t>",) * count)),
        (f"文本 6 ({STRINGS})", f"6 texts ({STRINGS})"),
    ),
    "formula": Case(
        1_500,
        lambda size: shown(f'<row><c r="A1"><f>{"1" * size}</f></c></row>'),
        (f"公式字符 1,501 ({SHEET}: A1)", f"1,501 characters of a formula ({SHEET}: A1)"),
        "1,500",
    ),
    "formulas": Case(
        59,
        lambda size: shown(formulas(size // 10)),
        ("全部公式字符 60", "60 characters of all formulas"),
    ),
    "properties": Case(5, with_properties, ("文档属性 6", "6 properties")),
}
ELSEWHERE = {"ratio", "ratio_from", "elements"}


def test_every_limit_has_its_case() -> None:
    assert {*CASES, *ELSEWHERE} == {field.name for field in fields(Limits)}


@pytest.mark.parametrize("name", CASES)
def test_at_a_limit_a_file_is_read_and_beyond_it_refused_with_both_numbers(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    tighten(monkeypatch, **{name: case.limit})
    assert opened(case.build(case.limit)).tabs
    found = refusal(lambda: opened(case.build(case.beyond or case.limit + 1)))
    assert (found.code, say(found.found, "zh"), say(found.found, "en")) == ("F105", *case.found)
    assert found.expected == (case.expected or f"{case.limit:,}")


@pytest.mark.parametrize("name", ["file", "part", "total"])
def test_a_single_byte_too_many_does_not_read_as_the_limit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tighten(monkeypatch, **{name: MB})
    found = refusal(lambda: opened(CASES[name].build(MB + 1)))
    assert say(found.found, "zh").endswith("1.1 MB") and found.expected == "1 MB"


def test_a_part_that_is_packed_too_well_is_refused_where_it_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    def zeros(size: int) -> bytes:
        return pack([*entries(), Entry("xl/media/a.png", bytes(size))])

    tighten(monkeypatch, ratio=40, ratio_from=2_000)
    assert opened(zeros(2_000)).tabs
    tighten(monkeypatch, ratio=400, ratio_from=2_000)
    assert opened(zeros(2_001)).tabs
    tighten(monkeypatch, ratio=40, ratio_from=2_000)
    found = refusal(lambda: opened(zeros(2_001)))
    times = 2_001 // len(deflated(bytes(2_001)))
    assert (found.code, found.expected) == ("F105", "40")
    assert say(found.found, "zh") == f"压缩倍数 {times} (xl/media/a.png)"
    assert say(found.found, "en") == f"{times} times its stored size (xl/media/a.png)"


def test_a_large_part_may_not_hold_its_content_in_one_endless_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def listed(count: int) -> bytes:
        digits = random.Random(0).randbytes(count * 25).hex()
        items = "".join(f'<y a="{digits[50 * number : 50 * number + 50]}"/>' for number in range(count))
        return shown(rows(2, "<c><v>5</v></c>"), after=f"<x>{items}</x>")

    tighten(monkeypatch, elements=30_000)
    assert len(opened(listed(29_000)).tabs[0].cells) == 2
    found = refusal(lambda: opened(listed(40_000)))
    assert (found.code, found.expected) == ("F105", "30,000")
    assert say(found.found, "zh").startswith("XML 元素 ")
    assert say(found.found, "en").endswith(f" XML elements in one list ({SHEET})")


def test_limits_of_sheets_are_of_all_sheets_together_or_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    other = '<sheet name="二" sheetId="2" r:id="rId2"/>'
    parts = {
        BOOK: book(TAB, other),
        BOOK_RELS: relations(ONE_TAB, ("rId2", "worksheet", "worksheets/sheet2.xml")),
        SHEET: sheet(rows(3, "<c><f>A1</f></c>")),
        "xl/worksheets/sheet2.xml": sheet(rows(3, "<c><f>A1</f></c>")),
    }
    tighten(monkeypatch, rows=3, cells=6, formulas=12)
    assert len(opened(package(parts)).tabs) == 2
    tighten(monkeypatch, cells=5)
    assert say(refusal(lambda: opened(package(parts))).found, "en") == "6 cells"
    tighten(monkeypatch, formulas=11)
    assert say(refusal(lambda: opened(package(parts))).found, "en") == "12 characters of all formulas"


def test_the_limits_leave_room_for_any_real_budget() -> None:
    assert Limits() == LIMITS
    assert LIMITS.formula == 8_192 and LIMITS.file < LIMITS.part < LIMITS.total
    assert LIMITS.rows * 5 <= LIMITS.cells and LIMITS.merges >= 1_000 and LIMITS.sheets >= 100
