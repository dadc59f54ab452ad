"""The chase list names everybody who owes something, and what to write to them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import openpyxl
import pytest

from crmxl.define.round import Round, Unit
from crmxl.group.acts import Act
from crmxl.group.progress import Progress, progress
from crmxl.group.standing import Board
from crmxl.report.chase import COLUMNS, Owed, owed, to_csv, to_workbook
from tests.group.events import BASIS, approved, events, issued, nil, received, returned, round_of

UNITS = tuple(Unit(code, f"{code}区域", "", "region", f"{code}@example.com") for code in "ABCDEFGH")
LATE, EARLY = date(2025, 12, 4), date(2025, 11, 20)


def stand(*acts: Act, today: date = LATE, round: Round | None = None) -> Progress:
    return progress(round or round_of(UNITS), Board(events(*acts)), today, lambda _round, _unit: BASIS)


def everything(today: date = LATE, round: Round | None = None) -> Progress:
    """A approved, B under review, C nil, D not submitted, E not issued, F failed, G returned, H to be chosen."""
    first, second = received("H"), received("H", 2)
    acts: list[Act] = [issued(code) for code in "ABCDFGH"]
    acts += [received("A"), approved("A"), received("B"), nil("C"), received("F", errors=7), received("G")]
    acts += [returned("G", comment="请补充依据", remarks={"1.1@amount": "偏高"})]
    acts += [replace(first, rivals=(second.file,)), replace(second, rivals=(first.file,))]
    return stand(*acts, today=today, round=round)


def by_unit(found: Progress) -> dict[str, Owed]:
    return {one.asked.unit.code: one for one in owed(found, "zh")}


def test_only_what_is_owed_is_chased() -> None:
    assert list(by_unit(everything())) == list("DEFGH")
    assert {code for code, one in by_unit(everything()).items() if one.by_group} == {"E", "H"}


def test_what_is_missing_is_said() -> None:
    missing = {code: one.missing for code, one in by_unit(everything()).items()}
    assert missing["D"] == "尚未提交"
    assert missing["E"] == "工作簿尚未下发"
    assert missing["F"] == "校验有 7 个错误"
    assert "请补充依据；1.1@amount：偏高" in missing["G"]
    assert missing["H"] == "收到 2 份不同的文件，待选定"


def test_the_text_is_whole_names_the_unit_and_says_what_to_do_next() -> None:
    found = by_unit(everything(round=round_of(UNITS, contact="张三 8888")))
    for code in "DFG":
        text = found[code].text
        assert text.startswith(f"{code}区域：您好。") and text.endswith("请联系 张三 8888。谢谢。")
        assert "应于 2025-11-30（含当日）前提交，已逾期 4 天。" in text
        assert "{" not in text
    assert "2026预算_customer-relations@1_D_V1.xlsx" in found["D"].text and "零申报" in found["D"].text
    assert "7 个错误" in found["F"].text and "重新报送" in found["F"].text
    assert "意见：请补充依据；1.1@amount：偏高。" in found["G"].text
    assert "crmxl distribute --only E" in found["E"].text
    assert "crmxl choose H" in found["H"].text and "第 2 版 R" in found["H"].text


def test_before_the_deadline_nobody_is_late() -> None:
    found = by_unit(everything(today=EARLY))
    assert {one.days_late for one in found.values()} == {0}
    assert "应于 2025-11-30（含当日）前提交。" in found["D"].text and "逾期" not in found["D"].text
    assert {one.days_late for one in by_unit(everything()).values()} == {0, 4}


@pytest.mark.parametrize(
    ("deadline", "said"), [("", "“customer-relations@1”：我们"), ("十一月底", "提交截止为：十一月底。")]
)
def test_a_deadline_in_words_or_none_is_told_as_it_is(deadline: str, said: str) -> None:
    assert said in by_unit(everything(round=round_of(UNITS, deadline=deadline)))["D"].text


def test_a_unit_that_was_sent_a_newer_workbook_is_told_to_use_it() -> None:
    found = by_unit(stand(issued("F"), received("F", errors=1), issued("F", 2, changed=["parameters.sales_target"])))
    assert "_F_V2.xlsx（V2），请以它为准填报。" in found["F"].text


def test_the_text_is_in_the_language_of_the_round_and_the_headings_in_the_readers() -> None:
    round = round_of(UNITS, lang="en", contact="Zhang")
    found = everything(round=round)
    texts = {one.asked.unit.code: one.text for one in owed(found, "zh")}
    assert texts["D"].startswith("Dear colleagues of D区域: ") and texts["D"].endswith("please ask Zhang. Thank you.")
    assert "was due by 2025-11-30 (days late: 4). We have not received it yet." in texts["D"]
    header = to_csv(found, "zh").decode("utf-8-sig").splitlines()[0]
    assert header == ",".join(title.zh for title, _ in COLUMNS)


def test_the_csv_runs_nothing_that_a_reviewer_or_a_unit_wrote() -> None:
    round = round_of((Unit("A", "=1+1", recipient="@SUM(A1)"),))
    found = stand(issued("A"), received("A"), returned("A", comment="=cmd"), round=round)
    [row] = list(csv.DictReader(io.StringIO(to_csv(found, "zh").decode("utf-8-sig"))))
    assert (row["预算单位"], row["收件人"]) == ("'=1+1", "'@SUM(A1)")
    assert row["催报内容"].startswith("'=1+1")


def test_the_workbook_has_the_rows_of_the_csv() -> None:
    found = everything()
    rows = list(csv.reader(io.StringIO(to_csv(found, "zh").decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(to_workbook(found, "zh")))["催报"]
    shown = [[str("" if value is None else value) for value in row] for row in sheet.iter_rows(5, values_only=True)]
    assert shown == rows
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("C6", "A5:J10")
    assert to_workbook(found, "zh") == to_workbook(everything(), "zh")


def test_nobody_to_chase_is_an_empty_list() -> None:
    found = stand(*(act for unit in UNITS for act in (received(unit.code), approved(unit.code))))
    assert len(to_csv(found, "en").decode("utf-8-sig").splitlines()) == 1
    assert openpyxl.load_workbook(io.BytesIO(to_workbook(found, "en")))["Chase list"].max_row == 5
