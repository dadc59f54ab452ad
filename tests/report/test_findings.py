"""Findings reach people and programs whole: text, JSON, CSV, workbook, and the unit's own workbook with marks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction

import openpyxl
import pytest

from crmxl.catalogue import catalogue, finding
from crmxl.check.verdict import Report
from crmxl.define.library import Library
from crmxl.define.shape import shape_problems
from crmxl.expression import Value
from crmxl.issue.addresses import a1
from crmxl.issue.calculate import calculate
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout
from crmxl.issue.stamp import Stamp
from crmxl.model import Assignment, Finding, Key, Lang, Place
from crmxl.receive.submission import Content, ContentType, Spot, Submission
from crmxl.report.findings import COLUMNS, document, inert, to_csv, to_json
from crmxl.report.findings_copy import annotated, copy_names, notes
from crmxl.report.findings_text import print_findings, print_verdicts
from crmxl.report.findings_workbook import to_workbook
from crmxl.report.tables import broken, console

LAYOUT = lay_out(Library().load("cosmetics-plan"), 2026)
NUMBER, TEXT = ContentType.NUMBER, ContentType.TEXT
LANGS: tuple[Lang, Lang] = ("zh", "en")


def place(key: Key, title: str = "") -> Place:
    cell = LAYOUT.cells[key]
    return Place("费用预算", a1(cell.row, cell.column), title)


TYPED_OVER = finding(
    "S110",
    place=place("4@amount", "合计·金额"),
    key="4@amount",
    variant="typed",
    found="26,000.00",
    expected="25,000.00",
    issued="=SUM(C52,C56,C60)",
    returned="26,000.00",
    difference="1,000.00",
)
CONVERTED = finding(
    "E101", place=place("1.1.1@amount", "问卷·金额"), key="1.1.1@amount", found="1,000元", expected="1,000.00"
)
NO_BASIS = [
    finding("E103", place=place(f"{code}@basis", f"{code}·测算依据"), key=f"{code}@basis", column="测算依据")
    for code in ("1.1.2", "1.1.3", "1.2.1")
]
STRAY = finding("S107", place=Place("费用预算", "C99"), found="500")
NOT_A_WORKBOOK = finding("F101", found="=cmd|' /C calc'!A0")


def report(
    *findings: Finding,
    file: str = "上报/华南区域.xlsx",
    typed: Mapping[Key, Content] | None = None,
    layout: Layout | None = LAYOUT,
) -> Report:
    """A report over a workbook of 华南区域 with one amount of 1,000 and whatever is ``typed`` beside it."""
    contents = {"1.1.1@amount": Content(NUMBER, "1000"), "1.1.1@basis": Content(TEXT, "问卷"), **(typed or {})}
    if layout is None:
        return Report(Submission(file, "0" * 64), findings)
    inputs: dict[Key, Value] = {"1.1.1@amount": Fraction(1000)}
    stamp = Stamp(layout.template.id, 1, layout.fingerprint, Assignment(unit="R01", unit_name="华南区域", year=2026))
    spots = {key: Spot("费用预算", cell.row, cell.column) for key, cell in layout.cells.items()}
    submission = Submission(file, "0" * 64, stamp, layout, contents, spots)
    return Report(submission, findings, {**inputs, **calculate(layout, inputs)})


def text(reports: Sequence[Report], lang: Lang = "zh", width: int = 80) -> str:
    out = io.StringIO()
    print_findings(console(out, width), reports, lang)
    return out.getvalue()


def test_a_clean_file_is_one_line() -> None:
    (line,) = text([report()], width=120).splitlines()
    assert line.startswith("通过") and "华南区域" in line and "cosmetics-plan@1" in line and "1,000.00 元" in line


def test_a_finding_says_severity_cell_title_message_and_remedy() -> None:
    said = text([report(TYPED_OVER)], width=120)
    for words in (
        "不通过",
        "错误  费用预算!C61  合计·金额",
        "公式被改动",
        "26,000.00",
        "25,000.00",
        "改法：请恢复公式",
        "S110",
    ):
        assert words in said, words


def test_what_says_the_same_of_many_cells_is_said_once_with_all_of_them() -> None:
    said = text([report(*NO_BASIS)], width=120)
    assert said.count("必须填写") == 1
    for one in NO_BASIS:
        assert one.place.cell in said
    assert "共 3 处" in said


def test_a_unit_that_an_altered_stamp_names_is_not_stated_as_a_fact() -> None:
    altered = report(finding("I105", found="R01", expected="R02", field="x"))
    assert "华南区域（未确认）" in text([altered], width=120).splitlines()[0]
    assert "华南区域 (unconfirmed)" in text([altered], "en", 120).splitlines()[0]
    assert "未确认" not in text([report(TYPED_OVER)])


def test_several_files_end_with_a_count_of_verdicts() -> None:
    reports = [report(), report(TYPED_OVER), report(CONVERTED), report(NOT_A_WORKBOOK, layout=None)]
    assert text(reports).splitlines()[-1] == "共 4 个文件：通过 1，有警告 1，不通过 1，无法读取 1"
    assert text(reports, "en").splitlines()[-1] == "4 files: Passed 1, Warnings 1, Failed 1, Unreadable 1"


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("lang", LANGS)
def test_no_line_is_wider_than_the_terminal_or_starts_with_a_closing_mark(width: int, lang: Lang) -> None:
    from rich.cells import cell_len

    everything = [
        finding(code, variant=name, **blanks(code, name))
        for code, entry in catalogue().items()
        for name in ("", *entry.variants)
    ]
    for line in text([report(*everything, *NO_BASIS)], lang, width).splitlines():
        assert cell_len(line) <= width, line
        assert line.strip()[:1] not in set("，。；：！？、）”》"), line


def blanks(code: str, variant: str) -> dict[str, str]:
    """Long words for every placeholder of a message."""
    import string

    record = catalogue()[code].words(variant)
    names = {
        name for text in (record.message, record.fix) for _, name, _, _ in string.Formatter().parse(text.zh) if name
    }
    return {name: "、".join(["甲乙丙丁 1,234,567.00"] * 4) for name in names - {"file", "sheet", "cell", "title"}}


def test_words_and_numbers_are_not_torn() -> None:
    assert broken("合计应为 133,000.00，现为 134,000.00。", 18) == ["合计应为", "133,000.00，现为", "134,000.00。"]
    assert broken("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert broken("", 10) == [""]


def test_a_file_name_is_never_markup() -> None:
    assert "[red]a[/red].xlsx" in text([report(file="[red]a[/red].xlsx")], width=120)


def test_colour_is_never_alone_and_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    said = text([report(TYPED_OVER)])
    assert "\x1b[3" not in said and "错误" in said


def test_the_table_of_verdicts_has_a_row_for_each_file() -> None:
    out = io.StringIO()
    print_verdicts(console(out, 100), [report(), report(TYPED_OVER, CONVERTED)], "zh")
    assert "错误 1，警告 1" in out.getvalue() and out.getvalue().count("cosmetics-plan@1") == 2


# ---- JSON --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGS)
def test_the_json_is_the_contract(lang: Lang) -> None:
    reports = [report(), report(TYPED_OVER, CONVERTED, *NO_BASIS, STRAY), report(NOT_A_WORKBOOK, layout=None)]
    assert shape_problems(json.loads(to_json(reports, lang)), "findings") == ()


def test_the_schema_refuses_anything_else() -> None:
    good = document([report(TYPED_OVER)], "zh")
    for change in ({"total": "1,000.00"}, {"total": 1000}, {"verdict": "fine"}, {"more": 1}, {"template": "x"}):
        assert shape_problems({"files": [{**good["files"][0], **change}]}, "findings"), change


def test_a_record_has_exact_figures() -> None:
    (record,) = document([report(TYPED_OVER)], "zh")["files"]
    assert (record["unit"], record["unit_name"], record["verdict"], record["total"]) == (
        "R01",
        "华南区域",
        "errors",
        "1000.00",
    )
    (found,) = record["findings"]
    assert list(found) == [
        "code",
        "name",
        "severity",
        "sheet",
        "cell",
        "title",
        "key",
        "message",
        "fix",
        "found",
        "expected",
    ]
    assert (found["code"], found["name"], found["sheet"], found["cell"]) == (
        "S110",
        "formula-changed",
        "费用预算",
        "C61",
    )


def test_an_unreadable_file_has_no_total_and_says_so() -> None:
    (record,) = document([report(NOT_A_WORKBOOK, layout=None)], "zh")["files"]
    assert (record["verdict"], record["total"], record["template"], record["unit"]) == ("unreadable", None, "", "")


def test_a_name_that_is_no_unicode_is_written_all_the_same() -> None:
    reports = [report(TYPED_OVER, file="\udcff.xlsx")]
    for made in (to_json(reports, "zh"), to_csv(reports, "zh"), to_workbook(reports, "zh")):
        assert made


# ---- CSV and workbook --------------------------------------------------------------------------------------------


def test_the_csv_opens_in_excel_with_a_row_for_each_finding_and_each_clean_file() -> None:
    made = to_csv([report(), report(TYPED_OVER, CONVERTED)], "zh")
    assert made.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(made.decode("utf-8-sig"))))
    assert rows[0] == [column.zh for column in COLUMNS]
    assert [row[6] for row in rows[1:]] == ["", "S110", "E101"]
    assert all(len(row) == len(COLUMNS) for row in rows)


@pytest.mark.parametrize("risky", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "|x", "%0a"])
def test_no_cell_of_the_csv_is_a_formula(risky: str) -> None:
    assert inert(risky) == f"'{risky}"
    made = to_csv([report(finding("F101", found=risky), file=f"{risky}.xlsx", layout=None)], "zh").decode("utf-8-sig")
    assert all(not cell.lstrip().startswith(tuple("=+-@")) for row in csv.reader(io.StringIO(made)) for cell in row)


@pytest.mark.parametrize("plain", ["-1,000.00", "1.5", "-3", "华南区域", ""])
def test_amounts_and_words_stay_as_they_are(plain: str) -> None:
    assert inert(plain) == plain


@pytest.mark.parametrize("lang", LANGS)
def test_the_workbook_has_a_line_for_each_file_and_each_finding(lang: Lang) -> None:
    reports = [report(), report(TYPED_OVER, CONVERTED), report(NOT_A_WORKBOOK, layout=None)]
    made = to_workbook(reports, lang)
    assert made == to_workbook(reports, lang)
    summary, findings = openpyxl.load_workbook(io.BytesIO(made)).worksheets
    assert [summary.cell(row, 5).value for row in (5, 6, 7)] == [1000, 1000, None]
    assert [findings.cell(row, 4).value for row in (5, 6, 7, 8)] == ["S110", "E101", "F101", None]
    assert findings.cell(7, 8).data_type == "s"


def test_no_findings_at_all_make_a_workbook_too() -> None:
    assert to_workbook([report()], "zh")
    assert to_workbook([], "zh")


# ---- the annotated copy ------------------------------------------------------------------------------------------


def test_the_copy_has_what_was_typed_with_marks_and_a_list() -> None:
    typed = {
        "1.1.1@amount": Content(TEXT, "1,000元"),
        "1.1.2@amount": Content(NUMBER, "2000.5"),
        "1.1.3@amount": Content(ContentType.ERROR, "#REF!"),
        "1.2.1@amount": Content(NUMBER, "1e400"),
    }
    made = annotated(report(CONVERTED, STRAY, typed=typed))
    assert made is not None
    book = openpyxl.load_workbook(io.BytesIO(made), data_only=True)
    sheet = book["费用预算"]
    cells = {key: LAYOUT.cells[key] for key in typed}
    values = [sheet.cell(cell.row, cell.column).value for cell in cells.values()]
    assert values == ["1,000元", 2000.5, "#REF!", "1e400"]
    total = LAYOUT.cells["total@amount"]
    assert sheet.cell(total.row, total.column).value == 2000.5
    fills = {key: sheet.cell(cell.row, cell.column).fill.fgColor.rgb for key, cell in cells.items()}
    assert fills["1.1.1@amount"] != fills["1.1.2@amount"]
    listed = book["问题清单"]
    assert listed["C4"].value == "费用预算!C9" and "费用预算!C99" in listed["E5"].value


def test_only_files_that_are_known_and_have_findings_get_a_copy() -> None:
    assert annotated(report()) is None
    assert annotated(report(NOT_A_WORKBOOK, layout=None)) is None


def test_notes_speak_the_language_asked_for() -> None:
    zh, en = (notes(report(TYPED_OVER), lang)[0] for lang in LANGS)
    assert (zh.severity, en.severity) == ("错误", "Error")
    assert (zh.key, zh.title) == ("4@amount", "合计·金额")


def test_copies_of_files_with_one_name_do_not_replace_each_other() -> None:
    reports = [report(CONVERTED, file=file) for file in ("甲/a.xlsx", "乙/A.xlsx", "b.xlsx")]
    assert copy_names(reports) == ["a-问题.xlsx", "A-问题-2.xlsx", "b-问题.xlsx"]
