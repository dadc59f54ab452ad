"""The board reaches people and programs whole: terminal, CSV, workbook, JSON as its schema has it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any

import jsonschema
import openpyxl
import pytest

from crmxl.define.round import Issue, Unit
from crmxl.define.shape import schema_document
from crmxl.group.acts import Act, Change
from crmxl.group.progress import Progress, progress
from crmxl.group.standing import Board
from crmxl.model import Lang
from crmxl.report.board import COLUMNS, document, to_csv, to_json
from crmxl.report.board_text import print_board
from crmxl.report.board_words import summary
from crmxl.report.board_workbook import to_workbook
from crmxl.report.tables import console
from tests.group.events import (
    BASIS,
    TEMPLATE,
    approved,
    events,
    issued,
    nil,
    received,
    refused,
    returned,
    round_of,
)

LANGS: tuple[Lang, Lang] = ("zh", "en")
OTHER = "cosmetics-plan@1"
SCHEMA = schema_document("status")
UNITS = (
    Unit("G", "集团", "", "group"),
    Unit("HN", "华南区域", "G", "region", "hn@example.com"),
    Unit("GZ", "广州", "HN", "city"),
    Unit("SZ", "深圳", "HN", "city"),
    Unit("FS", "佛山", "HN", "city"),
    Unit("HD", "=华东\x1b[2J[red]", "G", "region", "@hd"),
    Unit("SH", "上海", "HD", "city"),
)


def board(*more: Act, today: date = date(2025, 12, 4), several: bool = False, deadline: str = "2025-11-30") -> Progress:
    """A round in which every state is somebody's."""
    issues = (Issue(TEMPLATE, (), "客户关系"), Issue(OTHER, ("city",), "化妆品"))[: 1 + several]
    round = round_of(
        UNITS, templates=[one.template for one in issues], issues=issues, roles=("finance", "cost"), deadline=deadline
    )
    first, second = received("HD"), received("HD", 2)
    acts: list[Act] = [issued(unit.code) for unit in UNITS]
    acts += [received("G", total=-5_00), approved("G", role="finance", final=False)]
    cut = [Change("1.1@amount", -30_00, "压减")]
    acts += [received("HN", total=1_234_567_00, warnings=2), approved("HN", role="finance", final=False)]
    acts += [approved("HN", role="cost", total=1_234_537_00, changes=cut), received("HN", 2)]
    acts += [received("GZ", errors=3), received("SZ", basis="old"), issued("SZ", 2)]
    acts += [returned("SZ", role="finance", comment="请核实。", remarks={"1.1@amount": "偏高"}), nil("FS")]
    acts += [replace(first, rivals=(second.file,)), replace(second, rivals=(first.file,))]
    acts += [refused("收件/旧\x1b.xlsx", "other-round", unit="HN"), refused("x.xlsx", "not known"), received("GONE")]
    return progress(round, Board(events(*acts, *more)), today, lambda _round, _unit: BASIS)


def text(found: Progress, lang: Lang = "zh", width: int = 160) -> str:
    into = io.StringIO()
    print_board(console(into, width), found, lang)
    return into.getvalue()


def rows(found: Progress, lang: Lang = "zh") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(found, lang).decode("utf-8-sig"))))


def test_one_line_says_how_many_units_stand_where() -> None:
    said = "7 个单位：通过 1，已交待审 2，待选定 1，退回 2（其中逾期 2），未交 1（其中逾期 1）；其中零申报 1"
    assert summary(board().whole, "zh") == said
    assert "7 units: Approved 1, Under review 2" in summary(board().whole, "en")
    assert summary(board(several=True).whole, "zh").startswith("7 个单位、11 份：")
    assert "逾期" not in summary(board(today=date(2025, 11, 30)).whole, "zh")


@pytest.mark.parametrize("width", [70, 100, 160])
def test_the_terminal_shows_every_unit_in_tree_order_with_its_state_in_words(width: int) -> None:
    shown = text(board(), width=width)
    assert "截止 2025-11-30（已过 4 天）" in shown
    places = [shown.index(name) for name in ("集团 G", "  华南区域", "    广州", "    深圳", "    佛山", "    上海")]
    assert places == sorted(places)
    for word in ("通过", "已交待审 · 零申报", "退回 · 逾期", "待选定", "未交 · 逾期", "1,234,537.00"):
        assert word in shown
    flat = re.sub(r"\s", "", shown)
    for remark in (
        "上报数1,234,567.00",
        "已另下发V2，收到的是V1",
        "请recheck",
        "请核实；1.1@amount：偏高",
        "未受理的文件2个",
    ):
        assert remark in flat
    assert "GONE" in shown


def test_nothing_that_others_wrote_is_a_command_to_the_terminal() -> None:
    for lang in LANGS:
        shown = text(board(), lang)
        assert "\x1b" not in shown
        assert "[red]" in shown


@pytest.mark.parametrize(
    ("deadline", "today", "said"),
    [
        ("2025-11-30", date(2025, 11, 28), "截止 2025-11-30（还有 2 天）"),
        ("2025-11-30", date(2025, 11, 30), "截止 2025-11-30（今天）"),
        ("月底", date(2025, 11, 30), "截止 月底"),
    ],
)
def test_the_deadline_is_told_with_the_days_left(deadline: str, today: date, said: str) -> None:
    first = text(board(deadline=deadline, today=today)).splitlines()[0]
    assert first.endswith(said)


def test_a_round_without_a_deadline_shows_none() -> None:
    assert "截止" not in text(board(deadline=""))


def test_the_csv_has_a_row_for_each_unit_and_template_and_runs_nothing() -> None:
    found = rows(board(several=True))
    assert len(found) == 11
    assert list(found[0]) == [title.zh for title, _ in COLUMNS]
    by_code = {row["编码"]: row for row in found if row["模板"] == "客户关系"}
    assert by_code["HD"]["预算单位"].startswith("'=华东") and by_code["HD"]["收件人"] == "'@hd"
    assert (by_code["G"]["上报数（元）"], by_code["G"]["核定数（元）"]) == ("-5.00", "")
    assert (by_code["HN"]["上报数（元）"], by_code["HN"]["核定数（元）"]) == ("1234567.00", "1234537.00")
    assert (by_code["GZ"]["错误"], by_code["GZ"]["逾期天数"], by_code["GZ"]["轮到"]) == ("3", "4", "单位")
    assert (by_code["G"]["轮到"], by_code["HD"]["轮到"]) == ("集团成本管理中心", "集团（选定）")
    assert by_code["FS"]["零申报"] == "是"
    assert re.fullmatch(r"集团财务管理中心：通过，王会计，2025-11-03；集团成本管理中心：待审", by_code["G"]["审核"])
    assert {row["轮到"] for row in found if row["模板"] == "化妆品"} == {"集团（下发）"}


def test_late_versions_and_approvals_that_stand_beside_errors_are_remarked() -> None:
    remarks = {row["编码"]: row["备注"] for row in rows(board())}
    assert "通过后又收到第 2 版，未采用" in remarks["HN"]
    assert "同时收到第 1、2 版，请选定" in remarks["HD"]
    assert remarks["GZ"] == "校验有 3 个错误"


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("today", [date(2025, 11, 1), date(2025, 12, 4)])
def test_the_json_fits_its_schema(several: bool, today: date) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    found = json.loads(to_json(board(several=several, today=today)))
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    assert found == document(board(several=several, today=today))


def test_the_json_says_by_ids_what_the_board_says_in_words() -> None:
    found = document(board())
    units = {one["unit"]: one for one in found["units"]}
    assert (found["stage"], found["deadline"], found["days_left"]) == ("一上", "2025-11-30", -4)
    assert found["counts"] == {
        **{"units": 7, "asked": 7, "approved": 1, "received": 2, "blocked": 1, "returned": 2, "missing": 1},
        **{"overdue": 3, "nil": 1},
    }
    totals = {"approved": "1234537.00", "provisional": "1234532.00", "without_total": 0}
    assert found["totals"] == [{"template": TEMPLATE, **totals}]
    assert (units["HN"]["submitted"], units["HN"]["total"]) == ("1234567.00", "1234537.00")
    assert (units["G"]["turn"], units["SH"]["turn"], units["SH"]["version"]) == ("cost", "", None)
    assert [one["at"] is None for one in units["G"]["reviews"]] == [False, True]
    assert (units["SZ"]["issued"], units["SZ"]["filled_in"], units["SZ"]["outdated"]) == (2, 1, True)
    assert units["SZ"]["records_changed"] and units["SZ"]["returned"]["remarks"] == {"1.1@amount": "偏高"}
    assert [one["version"] for one in units["HD"]["candidates"]] == [1, 2]
    assert [one["version"] for one in units["HN"]["late"]] == [2]
    assert [(one["answer"], one["unit"]) for one in found["refused"]] == [("other-round", "HN"), ("not known", "")]
    assert [one["unit"] for one in found["beside"]] == ["GONE"]
    assert [one["unit"] for one in found["tree"]] == ["", "G", "HN", "HD"]


def test_the_schema_refuses_what_is_not_promised() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)

    def spoilt(change: Any) -> dict[str, Any]:
        found = document(board())
        change(found)
        return found

    for change in (
        lambda found: found.pop("counts"),
        lambda found: found.update(extra=1),
        lambda found: found["units"][0].update(state="done"),
        lambda found: found["units"][0].update(total=1.5),
        lambda found: found["units"][0].update(total="1,000.00"),
        lambda found: found["refused"][0].update(receipt="R1"),
        lambda found: found["totals"][0].update(approved="-0"),
    ):
        assert not validator.is_valid(spoilt(change))


@pytest.mark.parametrize("lang", LANGS)
def test_the_workbook_shows_regions_units_and_what_was_refused(lang: Lang) -> None:
    made = to_workbook(board(several=True), lang)
    assert made == to_workbook(board(several=True), lang)
    book = openpyxl.load_workbook(io.BytesIO(made))
    zh = ["概况", "进展", "未受理", "不在要求内"]
    assert book.sheetnames == (zh if lang == "zh" else ["Summary", "Progress", "Refused", "Not asked"])
    sheet = book[book.sheetnames[1]]
    assert [cell.value for cell in sheet[5]] == [title.say(lang) for title, _ in COLUMNS]
    assert (sheet.max_row, sheet.freeze_panes, sheet.auto_filter.ref) == (
        16,
        "C6",
        f"A5:{sheet.dimensions.split(':')[1]}",
    )
    assert sheet.page_setup.orientation == "landscape" and sheet.print_title_rows == "$5:$5"
    assert sheet.conditional_formatting
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert b"barChart" in parts.read("xl/charts/chart1.xml")


def test_amounts_of_the_workbook_are_numbers_and_names_are_never_formulas() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(to_workbook(board(), "zh")))["进展"]
    header = [cell.value for cell in sheet[5]]
    found = {row[0].value: dict(zip(header, row, strict=True)) for row in sheet.iter_rows(min_row=6)}
    assert found["HN"]["核定数（元）"].value == 1234537
    assert found["HN"]["上报数（元）"].data_type == "n"
    assert (found["HD"]["预算单位"].data_type, found["HD"]["收件人"].data_type) == ("s", "s")
    assert str(found["HD"]["预算单位"].value).startswith("=华东")


def test_the_totals_by_region_in_the_workbook_add_up_to_the_whole() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(to_workbook(board(), "zh")))["概况"]
    table = [row for row in sheet.iter_rows(min_row=7, max_col=11, values_only=True) if row[0] and row[1] is not None]
    *parts, whole = table
    assert [row[0] for row in parts][:2] == ["集团 G（本级）", "华南区域 HN"] and whole[0] == "合计"
    numbers = [[cell if isinstance(cell, int | float) else 0 for cell in row[1:]] for row in table]
    for *some, total in zip(*numbers, strict=True):
        assert sum(some) == total != 0


def test_a_deeper_tree_has_a_sheet_of_its_own() -> None:
    units = (*UNITS, Unit("TH", "天河", "GZ", "project"))
    found = progress(round_of(units), Board(), date(2025, 12, 4), lambda _round, _unit: BASIS)
    sheet = openpyxl.load_workbook(io.BytesIO(to_workbook(found, "zh")))["逐级汇总"]
    names = [cell.value for cell in sheet["A"][5:]]
    assert [str(name)[:3] for name in names] == ["集团 ", "华南区", "广州 ", "=华东", "合计"]
    assert sheet["A8"].alignment.indent == 2
