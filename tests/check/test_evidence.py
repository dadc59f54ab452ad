"""What a submission says as numbers: as the workbook computes, as it counts, and as it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from crmxl.check.evidence import as_computed, day_text, read_amount, read_day, written
from crmxl.expression import Fault, Value
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Role
from crmxl.model import Key
from crmxl.money import Amount, Problem
from crmxl.receive.submission import Content, ContentType
from tests.check.submitted import FILLED, MADE, TEMPLATE, content, evidence

NUMBER, TEXT, DATE = ContentType.NUMBER, ContentType.TEXT, ContentType.DATE
LINE = "1.1.1@amount"


def serial(day: str) -> str:
    return str((date.fromisoformat(day) - date(1899, 12, 30)).days)


@pytest.mark.parametrize(
    ("one", "day"),
    [
        (Content(DATE, serial("2026-06-30")), "2026-06-30"),
        (Content(NUMBER, serial("2026-06-30")), "2026-06-30"),
        (Content(DATE, serial("2000-01-01")), "2000-01-01"),
        (Content(DATE, serial("1999-12-31")), None),
        (Content(DATE, serial("2099-12-31")), "2099-12-31"),
        (Content(DATE, serial("2100-01-01")), None),
        (Content(DATE, "46203.5"), None),
        (Content(DATE, "x"), None),
        (Content(TEXT, "2026-06-30"), "2026-06-30"),
        (Content(TEXT, " 2026/6/3 "), "2026-06-03"),
        (Content(TEXT, "2026.6.3"), "2026-06-03"),
        (Content(TEXT, "2026年6月3日"), "2026-06-03"),
        (Content(TEXT, "2026年6月3"), "2026-06-03"),
        (Content(TEXT, "2000-1-1"), "2000-01-01"),
        (Content(TEXT, "1999-12-31"), None),
        (Content(TEXT, "2099-12-31"), "2099-12-31"),
        (Content(TEXT, "2100-01-01"), None),
        (Content(TEXT, "2026-02-30"), None),
        (Content(TEXT, "26-6-30"), None),
        (Content(TEXT, "02026-6-30"), None),
        (Content(TEXT, "2026-6"), None),
        (Content(TEXT, "2026-6-30-1"), None),
        (Content(TEXT, "2026-六-30"), None),
        (Content(TEXT, "２０２６-6-30"), None),
        (Content(TEXT, "2026-6月-30"), None),
        (Content(TEXT, "6月底"), None),
        (Content(), None),
        (Content(ContentType.BOOLEAN, "TRUE"), None),
    ],
)
def test_a_day_is_read_where_only_one_can_be_meant(one: Content, day: str | None) -> None:
    assert read_day(one) == (date.fromisoformat(day) if day else None)


def test_a_days_number_is_shown_as_its_iso_text() -> None:
    assert day_text(Fraction(serial("2026-06-30"))) == "2026-06-30"


@pytest.mark.parametrize(
    ("one", "value"),
    [
        (Content(), None),
        (Content(NUMBER, "12.50"), Fraction("12.5")),
        (Content(NUMBER, "1.005"), Fraction("1.005")),
        (Content(NUMBER, "1e15"), Fraction(10**15)),
        (Content(NUMBER, "-1E+299"), -Fraction(10**299)),
        (Content(NUMBER, "1E+301"), None),
        (Content(DATE, "46203"), Fraction(46203)),
        (Content(TEXT, "1,000元"), "1,000元"),
        (Content(TEXT, ""), ""),
        (Content(ContentType.BOOLEAN, "TRUE"), True),
        (Content(ContentType.BOOLEAN, "FALSE"), False),
        (Content(ContentType.ERROR, "#N/A"), Fault("#N/A")),
    ],
)
def test_a_cell_is_computed_with_as_excel_does(one: Content, value: Value) -> None:
    assert as_computed(one) == value


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (Content(TEXT, " 是 "), " 是 "),
        (Content(TEXT, " \u3000"), ""),
        (Content(), ""),
        (Content(NUMBER, "12"), "12"),
        (Content(DATE, serial("2026-06-30")), "2026-06-30"),
        (Content(DATE, "7"), "7"),
    ],
)
def test_a_text_counts_as_it_was_typed(one: Content, text: str) -> None:
    assert written(one) == text


@pytest.mark.parametrize(
    ("key", "one", "amount"),
    [
        (LINE, Content(NUMBER, "12.5"), Amount(Fraction("12.5"))),
        (LINE, Content(NUMBER, "0.005"), Amount(None, problem=Problem.TOO_PRECISE)),
        (LINE, Content(TEXT, "1,000元"), Amount(Fraction(1000), converted=True)),
        (LINE, Content(TEXT, "5%"), Amount(None, problem=Problem.NOT_A_NUMBER)),
        (LINE, Content(TEXT, "1.005"), Amount(None, problem=Problem.TOO_PRECISE)),
        (LINE, Content(TEXT, " "), Amount(None, blank=True, converted=True)),
        (LINE, Content(TEXT, ""), None),
        (LINE, Content(), None),
        (LINE, Content(DATE, "46203"), None),
        (LINE, Content(ContentType.BOOLEAN, "TRUE"), None),
        (LINE, Content(ContentType.ERROR, "#N/A"), None),
        ("rate@value", Content(TEXT, "5%"), Amount(Fraction("0.05"), converted=True)),
        ("rate@value", Content(TEXT, "1.23456%"), Amount(Fraction("0.0123456"), converted=True)),
        ("rate@value", Content(NUMBER, "0.0123456"), Amount(Fraction("0.0123456"))),
        ("heads@value", Content(NUMBER, "1.5"), Amount(None, problem=Problem.TOO_PRECISE)),
    ],
)
def test_a_number_is_read_by_the_type_of_its_cell(key: Key, one: Content, amount: Amount | None) -> None:
    assert read_amount(MADE.cells[key], one) == amount


ODD: Mapping[Key, Content] = {
    LINE: Content(TEXT, "1,000元"),
    f"{LINE}.01": Content(NUMBER, "12.299999999999999"),
    f"{LINE}.02": Content(TEXT, "1万"),
    "filer@value": Content(TEXT, " "),
    "owner@value": Content(TEXT, " 是"),
    "start@value": Content(TEXT, "2026年6月30日"),
    "heads@value": Content(ContentType.BOOLEAN, "TRUE"),
    "bonus@value": Content(ContentType.ERROR, "#REF!"),
}


def test_entries_count_as_converted_and_compute_as_they_stand() -> None:
    found = evidence(FILLED, ODD)
    keys = [*ODD, "target@value", "1.1.2@amount"]
    assert [found.converted[key] for key in keys] == [
        Fraction(1000),
        Fraction("12.3"),
        None,
        None,
        " 是",
        Fraction(serial("2026-06-30")),
        None,
        Fault("#REF!"),
        Fraction(5000),
        None,
    ]
    assert [found.computed[key] for key in keys] == [
        "1,000元",
        Fraction("12.299999999999999"),
        "1万",
        " ",
        " 是",
        "2026年6月30日",
        True,
        Fault("#REF!"),
        Fraction(5000),
        None,
    ]
    assert set(found.amounts) >= {LINE, f"{LINE}.01", f"{LINE}.02", "target@value"}
    assert not set(found.amounts) & {"1.1.2@amount", "heads@value", "bonus@value", "filer@value", "start@value"}
    assert found.amounts[f"{LINE}.02"].problem is Problem.MAGNITUDE_WORD


def test_a_day_that_is_none_counts_as_nothing() -> None:
    assert evidence(FILLED, {"start@value": Content(TEXT, "6月底")}).converted["start@value"] is None
    assert evidence(FILLED, {"start@value": Content(DATE, serial("2026-06-30"))}).converted["start@value"] == Fraction(
        serial("2026-06-30")
    )


def test_totals_are_counted_from_conversions_and_compared_without_them() -> None:
    found = evidence(FILLED, {LINE: Content(TEXT, "1,000元"), "1.1.2@amount": Content(NUMBER, "12.299999999999999")})
    assert found.recomputed["total@amount"] == Fraction("1012.30")
    assert found.as_workbook["total@amount"] == Fraction("12.30")
    assert found.shown["total@amount"] == Fraction("12.299999999999999")


def test_a_refused_number_stays_in_what_the_workbook_computes() -> None:
    found = evidence(FILLED, {LINE: Content(NUMBER, "0.005")})
    assert found.recomputed["1.1.1@double"] == 0
    assert found.as_workbook["1.1.1@double"] == Fraction("0.01")


def test_what_is_shown_is_recomputed_only_where_nothing_was_calculated() -> None:
    never = Content(formula="=SUM(C9:C11)", calculated=False)
    typed = Content(NUMBER, "7")
    empty = Content()
    blank = Content(calculated=False)
    instead = {"1.1@amount": never, "1@amount": typed, "total@amount": empty, "2@amount": blank}
    found = evidence(FILLED, instead)
    assert found.shown["1.1@amount"] == 1200
    assert found.shown["1@amount"] == 7
    assert found.shown["total@amount"] is None
    assert found.shown["2@amount"] is None
    assert found.shown[LINE] == 1200
    assert evidence(FILLED, missing={"1.1@amount"}).shown["1.1@amount"] == 1200


def test_entries_are_the_inputs_and_issued_cells_that_were_found() -> None:
    assert {cell.key for cell in evidence(FILLED).entries} == {
        key for key, cell in MADE.cells.items() if cell.role in (Role.INPUT, Role.ISSUED)
    }
    gone = evidence(FILLED, missing={LINE, "target@value"})
    there = {cell.key for cell in gone.entries}
    assert LINE not in there and "target@value" not in there and "filer@value" in there
    assert gone.content(LINE) == Content()


def test_a_closed_month_is_computed_with_where_it_was_found() -> None:
    part = lay_out(TEMPLATE, 2026, first_month=3)
    key = f"{LINE}.01"
    assert part.cells[key].role is Role.CLOSED
    filled = {name: value for name, value in FILLED.items() if not name.endswith((".01", ".02"))}
    found = evidence(filled, {key: content(Fraction(5))}, layout=part)
    assert found.computed[key] == 5
    assert found.computed[f"{LINE}.02"] is None
    assert key not in found.converted
    assert key not in evidence(filled, {key: content(Fraction(5))}, layout=part, missing={key}).computed


def test_issued_figures_that_the_template_gives_need_nobody_to_type_them() -> None:
    found = evidence(FILLED)
    assert found.converted["scope@value"] == "含项目"
    blind = replace(found, submission=replace(found.submission, contents={}))
    assert set(blind.converted.values()) == {None}
