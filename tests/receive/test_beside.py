"""What a unit put beside the form: its own sheets are kept as values, everything else is named, nothing issued is."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment

from crmxl.define.library import Library
from crmxl.model import Lang, say
from crmxl.receive import beside as module
from crmxl.receive.reading import read
from crmxl.receive.submission import Beside, Content, ContentType
from crmxl.resources import folder
from tests.office.driver import Office
from tests.receive.returned import LIST, PLAN, Edit, edited, issued, reading

SCRATCH, LOG, GUIDE = "工作底稿", "变更记录", "填报说明"
SAMPLES = folder("samples")


def beside(folder: Path, edit: Edit) -> Beside:
    return reading(folder, edited(edit)).beside


def named(found: Beside, lang: Lang = "zh") -> list[tuple[str, str]]:
    return [(one.where, say(one.what, lang)) for one in found.uncarried]


def put(sheet: str, **cells: Any) -> Edit:
    def edit(book: Workbook) -> None:
        for cell, value in cells.items():
            book[sheet][cell] = value

    return edit


@pytest.mark.parametrize("path", sorted((SAMPLES / "blank").glob("*.xlsx")), ids=lambda path: path.stem)
def test_a_workbook_as_issued_has_nothing_beside(path: Path) -> None:
    assert read(path, Library()).beside == Beside()


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("c*/[nsc]*.xlsx")), ids=lambda path: path.stem)
def test_a_filled_workbook_has_nothing_beside(path: Path) -> None:
    assert read(path, Library()).beside == Beside()


def test_a_workbook_that_libreoffice_saved_has_nothing_beside(office: Office, tmp_path: Path) -> None:
    source, target = tmp_path / "issued.xlsx", tmp_path / "saved.xlsx"
    source.write_bytes(issued())
    with office.open(source) as book:
        book.save(target)
    assert reading(tmp_path, target.read_bytes()).beside == Beside()


def test_the_scratch_sheet_is_kept_as_it_shows(tmp_path: Path) -> None:
    cells = {
        "A4": "询价",
        "B4": 12.5,
        "C4": datetime.date(2026, 3, 1),
        "D4": True,
        "E4": "  ",
        "A5": "'=1",
        "A1": "我的",
    }
    found = beside(tmp_path, put(SCRATCH, **cells))
    assert found.scratch == {
        (1, 1): Content(ContentType.TEXT, "我的"),
        (4, 1): Content(ContentType.TEXT, "询价"),
        (4, 2): Content(ContentType.NUMBER, "12.5"),
        (4, 3): Content(ContentType.DATE, "46082"),
        (4, 4): Content(ContentType.BOOLEAN, "TRUE"),
        (5, 1): Content(ContentType.TEXT, "'=1"),
    }
    assert (found.log, found.uncarried) == ({}, ())


def test_the_change_log_is_kept_without_its_headings(tmp_path: Path) -> None:
    found = beside(tmp_path, put(LOG, A4="2026-03-02", F4="更正", C30=5))
    assert found.log == {
        (4, 1): Content(ContentType.TEXT, "2026-03-02"),
        (4, 6): Content(ContentType.TEXT, "更正"),
        (30, 3): Content(ContentType.NUMBER, "5"),
    }


def test_formulas_of_the_scratch_sheet_are_kept_by_their_values(office: Office, tmp_path: Path) -> None:
    source, target = tmp_path / "issued.xlsx", tmp_path / "saved.xlsx"
    source.write_bytes(edited(put(SCRATCH, A4=2, B4="=A4*3", C4='="a"&"b"')))
    with office.open(source) as book:
        book.recalc()
        book.save(target)
    found = reading(tmp_path, target.read_bytes()).beside
    kept = {place: (content.text, content.formula) for place, content in found.scratch.items()}
    assert kept == {(4, 1): ("2", ""), (4, 2): ("6", ""), (4, 3): ("ab", "")}


def test_a_formula_that_was_never_calculated_cannot_be_kept_and_is_counted(tmp_path: Path) -> None:
    found = beside(tmp_path, put(SCRATCH, A4="=1+1", B4=1))
    assert list(found.scratch) == [(4, 2)]
    assert named(found) == [(SCRATCH, "另有 1 个单元格")]
    assert named(found, "en") == [(SCRATCH, "cells beyond these: 1")]


@pytest.mark.parametrize(
    ("name", "bound", "kept"), [("MOST_CELLS", 3, 3), ("MOST_CHARACTERS", 12, 2), ("_REACH", (6, 1), 3)]
)
def test_a_scratch_sheet_is_kept_within_bounds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, bound: Any, kept: int
) -> None:
    monkeypatch.setattr(module, name, bound)
    found = beside(tmp_path, put(SCRATCH, **{f"A{row}": "六个字的内容" for row in range(4, 10)}))
    assert len(found.scratch) == kept
    assert named(found) == [(SCRATCH, f"另有 {6 - kept} 个单元格")]


def test_everything_else_is_named_with_its_place(tmp_path: Path) -> None:
    def edit(book: Workbook) -> None:
        plan: Any = book[PLAN]
        plan["Z9"], plan["AA9"], plan["AC9"] = "已与财务核对", 8000, "另见"
        plan["C9"] = "=500*2"
        plan["D4"] = "请先看这里"
        book[GUIDE]["C40"] = "本单位说明"
        book[LIST]["B20"] = "编制人：张三"
        book.create_sheet("询价明细")["A1"] = "供应商"
        chart = BarChart()
        chart.add_data(Reference(plan, min_col=3, min_row=9, max_row=12))
        plan.add_chart(chart, "Z20")
        plan["C10"].comment = Comment("问过了", "张三")

    found = beside(tmp_path, edit)
    assert sorted(named(found)) == sorted(
        [
            ("询价明细", "整张表"),
            ("", "批注"),
            ("", "图表"),
            (f"{GUIDE}!C40", "本单位说明"),
            (f"{PLAN}!C9", "公式 =500*2（副本只有数值）"),
            (f"{PLAN}!D4", "请先看这里"),
            (f"{PLAN}!Z9:AA9", "已与财务核对"),
            (f"{PLAN}!AC9", "另见"),
            (f"{LIST}!B20", "编制人：张三"),
        ]
    )
    assert found.uncarried_count == 9
    assert ("询价明细", "the whole sheet") in named(found, "en")


def test_a_figure_in_a_closed_month_is_named(tmp_path: Path) -> None:
    (one,) = named(beside(tmp_path, put(PLAN, D9=5)))
    assert one[1] == "5（不在预算期间内的月份）"


def test_a_sheet_that_stands_twice_is_named_twice(tmp_path: Path) -> None:
    def edit(book: Workbook) -> None:
        book.copy_worksheet(book[PLAN]).title = "预算表 (2)"

    assert named(beside(tmp_path, edit)) == [(PLAN, "整张表"), ("预算表 (2)", "整张表")]


def test_a_row_that_lost_its_code_is_named_as_it_stands(tmp_path: Path) -> None:
    found = named(beside(tmp_path, put(PLAN, A9=None)))
    assert found and all(where.startswith(f"{PLAN}!") and where[-1] == "9" for where, _ in found)
    assert "1000" in [what for _, what in found]


def test_only_the_first_fifty_are_named_and_all_are_counted(tmp_path: Path) -> None:
    found = beside(tmp_path, put(PLAN, **{f"Z{row}": "看" for row in range(7, 107)}))
    assert (len(found.uncarried), found.uncarried_count) == (50, 100)


def test_a_long_or_unseen_text_is_named_in_one_short_line(tmp_path: Path) -> None:
    ((_, what),) = named(beside(tmp_path, put(PLAN, Z9="上\n下\u202e" + "长" * 1000)))
    assert what.startswith("上<U+000A>下<U+202E>") and len(what) < 90


def test_saving_alone_puts_nothing_beside(tmp_path: Path) -> None:
    assert beside(tmp_path, lambda book: None) == Beside()
