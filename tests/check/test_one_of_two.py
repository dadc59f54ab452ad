"""A share or an amount: what a row with both is told, and cells that show nothing where there is nothing to show."""

from __future__ import annotations

import re
import zipfile
from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.catalogue import word
from crmxl.check.runner import check
from crmxl.check.verdict import Report
from crmxl.define.library import Library
from crmxl.expression import Value
from crmxl.issue.addresses import a1
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Finding, Key
from crmxl.receive.reading import read
from tests.check.test_rules import checked, told, typing
from tests.mutation.package import part_of, parts_of

LIBRARY = Library()
MIX, HOTEL = (lay_out(LIBRARY.load(name), 2026) for name in ("marketing-mix", "hotel-marketing"))
WHOLE: dict[Key, Value] = {"budget_in@value": Fraction(1000), "7.1@basis": "待定", "1.1@basis": "x"}


def findings(tmp_path: Path, layout: Layout, typed: dict[Key, Value]) -> list[Finding]:
    path = tmp_path / "returned.xlsx"
    path.write_bytes(write(layout, Assignment("HN", year=2026), typed))
    found: Report = check(read(path, LIBRARY))
    return [one for one in found.findings if one.code.startswith("E")]


@pytest.mark.parametrize(
    "typed",
    [
        {"1.1@share_in": Fraction(1, 10)},
        {"1.1@amount_in": Fraction(100)},
        {"1.1@amount_in": Fraction(100), "1.1@share_in": "  "},
        {"1.1@amount_in": Fraction(0)},
    ],
)
def test_one_entry_is_enough(tmp_path: Path, typed: dict[Key, Value]) -> None:
    assert [one for one in findings(tmp_path, MIX, {**WHOLE, **typed}) if one.code == "E119"] == []


def test_a_share_beside_an_amount_is_told_with_both_and_the_amount_counts(tmp_path: Path) -> None:
    typed: dict[Key, Value] = {"1.1@share_in": Fraction(5, 100), "1.1@amount_in": Fraction("1234.5")}
    (found,) = findings(tmp_path, MIX, {**WHOLE, **typed})
    assert (found.code, found.key, found.found) == ("E119", "1.1@amount_in", "5%; 1,234.50")
    assert "填比例 / 或填金额" in word(found, "zh").message and "Enter share" not in word(found, "zh").message
    report = checked(tmp_path, None, {**WHOLE, **typed}, MIX)
    assert report.values["1.1@amount"] == Fraction("1234.5")


@pytest.mark.parametrize("text", ["100元", "约100"])
def test_a_text_is_an_entry_too(tmp_path: Path, text: str) -> None:
    report = checked(tmp_path, typing("1.1@amount_in", text, MIX), {**WHOLE, "1.1@share_in": Fraction(1, 10)}, MIX)
    codes = [code for code, _ in told(report) if code.startswith("E")]
    assert codes == [{"100元": "E101", "约100": "E102"}[text], "E119"]


def test_each_row_and_each_pair_is_asked_by_itself(tmp_path: Path) -> None:
    twice: dict[Key, Value] = {"amount_in": Fraction(12000), "unit_price": Fraction(3000), "basis": "x"}
    typed = {f"{code}@{column}": value for code in ("1.1", "3.n01") for column, value in twice.items()}
    found = findings(tmp_path, HOTEL, {**typed, "3.n01@title": "直播", "1.2@quantity": Fraction(2)})
    assert {(one.code, one.key) for one in found} == {
        ("E119", "1.1@amount_in"),
        ("E103", "1.2@unit_price"),
        ("E119", "3.n01@amount_in"),
    }


def test_a_ratio_that_shows_nothing_is_calculated_all_the_same(tmp_path: Path) -> None:
    report = checked(tmp_path, None, {"3.n01@title": "直播", "3.n01@amount_in": Fraction(5), "3.n01@basis": "x"}, HOTEL)
    assert report.values["3.n01@position"] == ""
    assert "F110" not in [one.code for one in report.findings]


def test_a_number_that_was_never_calculated_is_told_as_that(tmp_path: Path) -> None:
    data = write(HOTEL, Assignment("HN", year=2026), {"1.1@amount_in": Fraction(15000), "1.1@basis": "x"})
    cell = HOTEL.cells["R.1@span"]
    parts, name = dict(parts_of(data)), part_of(data, HOTEL.by_id["range"].name)
    pattern = rf'(<c r="{a1(cell.row, cell.column)}"[^>]*><f>[^<]*</f>)<v>[^<]*</v>'.encode()
    parts[name], times = re.subn(pattern, rb"\1", parts[name])
    assert times == 1
    path = tmp_path / "returned.xlsx"
    with zipfile.ZipFile(path, "w") as made:
        for part, content in parts.items():
            made.writestr(part, content)
    (found,) = (one for one in check(read(path, LIBRARY)).findings if one.code == "F110")
    assert found.found == "1"
