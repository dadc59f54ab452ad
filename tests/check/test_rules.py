"""What a unit may type and what is answered: a table of entries, and what each edit of a filled workbook is told."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from crmxl.catalogue import word
from crmxl.check.runner import check
from crmxl.check.verdict import Report, Verdict
from crmxl.define.library import Library
from crmxl.expression import Value
from crmxl.issue.addresses import a1
from crmxl.issue.layout import lay_out
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key
from crmxl.receive.reading import read

LIBRARY = Library()
COSMETICS = lay_out(LIBRARY.load("cosmetics-plan"), 2026)
ANNUAL = lay_out(LIBRARY.load("annual-departments"), 2026)
FILLED: dict[Key, Value] = {
    "1.1.1@amount": Fraction(1000),
    "1.1.1@basis": "问卷 500 份 × 2 元",
    "4.3.2@amount": Fraction(200050, 100),
    "4.3.2@basis": "2 场",
}
Edit = Callable[[Any], None]


def checked(
    tmp_path: Path, edit: Edit | None = None, inputs: dict[Key, Value] | None = None, layout: Any = COSMETICS
) -> Report:
    """The report on a filled workbook after ``edit`` of its openpyxl workbook; without one, as it was written."""
    data = write(layout, Assignment(unit="华南区域", year=2026), FILLED if inputs is None else inputs)
    if edit is not None:
        book = openpyxl.load_workbook(io.BytesIO(data))
        edit(book)
        made = io.BytesIO()
        book.save(made)
        data = made.getvalue()
    path = tmp_path / "returned.xlsx"
    path.write_bytes(data)
    return check(read(path, LIBRARY))


def place(key: Key, layout: Any = COSMETICS) -> tuple[str, str]:
    cell = layout.cells[key]
    return layout.by_id[cell.sheet].name, a1(cell.row, cell.column)


def typing(key: Key, value: object, layout: Any = COSMETICS, number_format: str | None = None) -> Edit:
    def edit(book: Any) -> None:
        sheet, cell = place(key, layout)
        book[sheet][cell] = value
        if number_format:
            book[sheet][cell].number_format = number_format

    return edit


def told(report: Report) -> list[tuple[str, str]]:
    """Codes and cells, without the note that openpyxl drops cached values."""
    return [(finding.code, finding.place.cell) for finding in report.findings if finding.code != "F110"]


def test_a_filled_workbook_has_no_findings(tmp_path: Path) -> None:
    report = checked(tmp_path)
    assert report.findings == ()
    assert report.verdict is Verdict.OK
    assert report.total == Fraction(300050, 100)


def test_a_blank_form_is_not_a_nil_return(tmp_path: Path) -> None:
    assert [f.code for f in checked(tmp_path, inputs={}).findings] == ["E115"]
    nil = checked(tmp_path, inputs={"1.1.1@amount": Fraction(0)})
    assert nil.findings == ()
    assert nil.total == 0


@pytest.mark.parametrize(
    ("typed", "code", "total"),
    [
        ("1,000元", "E101", "3000.50"),
        ("１０００", "E101", "3000.50"),
        ("1000", "E101", "3000.50"),
        ("￥1,000.00", "E101", "3000.50"),
        ("-", "E101", "2000.50"),
        ("无", "E101", "2000.50"),
        (" ", "E101", "2000.50"),
        ("1万", "E102", None),
        ("约1000", "E102", None),
        ("1e3", "E102", None),
        ("1_000", "E102", None),
        ("nan", "E102", None),
        ("待定", "E102", None),
        ("(500)", "E104", None),
        ("−5", "E104", None),
        (-5, "E104", None),
        (10**11, "E104", None),
        (1000.005, "E105", None),
        ("1000.005", "E105", None),
        ("#REF!", "E106", None),
        (True, "E112", None),
    ],
)
def test_what_is_typed_into_an_amount(tmp_path: Path, typed: object, code: str, total: str | None) -> None:
    report = checked(tmp_path, typing("1.1.1@amount", typed))
    assert told(report) == [(code, place("1.1.1@amount")[1])]
    assert report.blocked == (total is None)
    if total is not None:
        assert report.total == Fraction(total)


def test_a_date_in_an_amount_is_no_amount(tmp_path: Path) -> None:
    report = checked(tmp_path, typing("1.1.1@amount", 46000, number_format="yyyy-mm-dd"))
    assert told(report) == [("E112", place("1.1.1@amount")[1])]


def test_binary_dust_is_dropped_in_silence(tmp_path: Path) -> None:
    report = checked(tmp_path, typing("1.1.1@amount", 0.1 + 0.2))
    assert told(report) == []
    assert report.total == Fraction(200080, 100)


def test_a_conversion_shows_before_and_after(tmp_path: Path) -> None:
    report = checked(tmp_path, typing("1.1.1@amount", "1,000元"))
    words = word(report.findings[-1], "zh")
    assert "“1,000元”" in words.message
    assert "1,000.00" in words.message
    assert (words.found, words.expected) == ("1,000元", "1,000.00")


def test_an_amount_without_its_basis_is_reported_at_the_basis(tmp_path: Path) -> None:
    report = checked(tmp_path, inputs={"1.1.1@amount": Fraction(5)})
    assert told(report) == [("E103", place("1.1.1@basis")[1])]
    assert checked(tmp_path, inputs={"1.1.1@amount": Fraction(0)}).findings == ()


def test_a_formula_in_an_input_counts_by_its_value_and_says_so(office: Any, tmp_path: Path) -> None:
    path = tmp_path / "issued.xlsx"
    path.write_bytes(write(COSMETICS, Assignment(unit="华南区域", year=2026), FILLED))
    sheet, cell = place("1.1.1@amount")
    with office.open(path) as book:
        book.unprotect_all()
        book.set_formula(sheet, cell, "=500*2+1")
        book.recalc()
        book.save(tmp_path / "saved.xlsx")
    report = check(read(tmp_path / "saved.xlsx", LIBRARY))
    assert [(f.code, f.place.cell) for f in report.findings] == [("E107", cell)]
    assert report.total == Fraction(300150, 100)


def test_a_formula_in_an_input_without_a_result_is_refused(tmp_path: Path) -> None:
    report = checked(tmp_path, typing("1.1.1@amount", "=500*2"))
    assert told(report) == [("E109", place("1.1.1@amount")[1])]


def test_a_link_to_another_workbook_names_its_target(tmp_path: Path) -> None:
    report = checked(tmp_path, typing("1.1.1@amount", "='[去年预算.xlsx]表1'!B5"))
    assert told(report) == [("E108", place("1.1.1@amount")[1])]
    assert "去年预算.xlsx" in word(report.findings[-1], "zh").message


def test_a_changed_label_is_reported(tmp_path: Path) -> None:
    report = checked(tmp_path, typing("2.3.2@title", "网络推广"))
    assert told(report) == [("S109", place("2.3.2@title")[1])]
    assert "网络广告" in word(report.findings[-1], "zh").message


def test_a_total_overwritten_by_hand_is_reported_with_both_values(tmp_path: Path) -> None:
    report = checked(tmp_path, typing("4@amount", 2500))
    assert told(report) == [("S110", place("4@amount")[1])]
    words = word(report.findings[-1], "zh")
    assert "显示 2,500.00" in words.message
    assert "应为 2,000.50" in words.message
    assert "相差 499.50" in words.message
    assert "=SUM(" in words.message


@pytest.mark.parametrize("formula", ["=SUM(C9:C11)+1", "=SUM(C9:C10)", "=C9+C10+C11", "=SUM(C9,C10,C10)", "=1000"])
def test_another_formula_is_reported_even_where_it_gives_the_same(tmp_path: Path, formula: str) -> None:
    assert told(checked(tmp_path, typing("1.1@amount", formula))) == [("S110", place("1.1@amount")[1])]


@pytest.mark.parametrize(
    "formula", ["= sum( $C$9:$C$11 )", "=SUM('费用预算'!C9:C11)", "=SUM(C11:C9)", "=SUM(C9,C10:C11)"]
)
def test_the_same_formula_written_otherwise_is_the_same(tmp_path: Path, formula: str) -> None:
    assert told(checked(tmp_path, typing("1.1@amount", formula))) == []


def test_an_overwritten_flag_does_not_hide_anything(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        typing("flag@result", "通过")(book)
        typing("1.1.1@basis", None)(book)

    assert told(checked(tmp_path, edit)) == [
        ("S110", place("flag@result")[1]),
        ("E103", place("1.1.1@basis")[1]),
    ]


def test_months_are_compared_with_their_year(tmp_path: Path) -> None:
    year: dict[Key, Value] = {"1.1@amount": Fraction(120)}
    split: dict[Key, Value] = {**year, **{f"1.1@amount.{m:02d}": Fraction(10) for m in range(1, 13)}}
    assert told(checked(tmp_path, inputs=split, layout=ANNUAL)) == []
    unsplit = checked(tmp_path, inputs=year, layout=ANNUAL)
    assert told(unsplit) == [("E114", place("1.1@amount", ANNUAL)[1])]
    assert unsplit.verdict is Verdict.WARNINGS
    wrong = checked(tmp_path, inputs={**split, "1.1@amount.05": Fraction(9)}, layout=ANNUAL)
    assert told(wrong) == [("E113", place("1.1@amount", ANNUAL)[1])]
    assert "未分解 1.00" in word(wrong.findings[0], "zh").message


def test_a_line_of_ones_own_needs_a_name(tmp_path: Path) -> None:
    own: dict[Key, Value] = {"1.n01@amount": Fraction(12), "1.n01@amount.12": Fraction(12)}
    assert told(checked(tmp_path, inputs=own, layout=ANNUAL)) == [("E103", place("1.n01@title", ANNUAL)[1])]
    assert told(checked(tmp_path, inputs={**own, "1.n01@title": "外包"}, layout=ANNUAL)) == []


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("2026-6-30", "E101"),
        ("2026年6月30日", "E101"),
        ("2026/06/30", "E101"),
        ("6月底", "E111"),
        ("2026-02-30", "E111"),
        (7, "E111"),
    ],
)
def test_dates_are_read_strictly(tmp_path: Path, typed: object, code: str) -> None:
    inputs: dict[Key, Value] = {
        "1.1@amount": Fraction(0),
        "W1.n01@title": "招聘",
        "W1.n01@measure": "到岗",
        "W1.n01@by": Fraction(46203),
    }
    report = checked(tmp_path, typing("W1.n01@by", typed, ANNUAL), inputs, ANNUAL)
    assert told(report) == [(code, place("W1.n01@by", ANNUAL)[1])]


def test_a_pasted_document_is_no_basis(tmp_path: Path) -> None:
    report = checked(tmp_path, typing("1.1.1@basis", "长" * 2001))
    assert told(report) == [("E116", place("1.1.1@basis")[1])]


def test_all_errors_come_in_one_pass(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        typing("1.1.1@amount", "1万")(book)
        typing("4.3.2@amount", -3)(book)
        typing("2.2@amount", 99)(book)
        typing("3.1.1@title", "别的")(book)

    assert {code for code, _ in told(checked(tmp_path, edit))} == {"E102", "E104", "S110", "S109"}
