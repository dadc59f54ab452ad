"""Lists of many rows: worded once, computed as LibreOffice does; several totals, years in titles, one of two inputs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from crmxl.define.template import load_template
from crmxl.expression import Value, excel
from crmxl.issue.addresses import a1
from crmxl.issue.calculate import calculate
from crmxl.issue.layout import lay_out
from crmxl.issue.places import FLAG, Layout
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key, Lang, Text
from tests.office.driver import Office

ROWS = 300
SOURCE = """
id = "portfolio"
version = 1
title = { zh = "客户", en = "Customers" }
total = "customers@sales"

[[sheet]]
id = "customers"
kind = "list"
rows = 300
title = { zh = "客户清单", en = "Customers" }
columns = [
  { id = "region", title = { zh = "区域", en = "Region" }, type = "text" },
  { id = "sales", title = { zh = "{year-1}年销售额", en = "Sales {year-1}" }, type = "money", total = true },
  { id = "rank", title = { zh = "名次", en = "Rank" }, type = "integer", expression = "RANK(sales, customers.*@sales)" },
  { id = "before", title = { zh = "之前", en = "Before" }, type = "percent", expression = "IF(customers@sales = 0, 0, SUMABOVE(customers.*@sales, sales) / customers@sales)" },
  { id = "class", title = { zh = "类", en = "Class" }, type = "text", expression = 'IF(sales = 0, "", IF(before < 75%, "A", IF(before < 95%, "B", "C")))' },
  { id = "share", title = { zh = "占区域", en = "Of region" }, type = "percent", expression = "IF(SUMIF(customers.*@region, region, customers.*@sales) = 0, 0, sales / SUMIF(customers.*@region, region, customers.*@sales))" },
]

[[sheet]]
id = "regions"
kind = "grid"
title = { zh = "区域", en = "Regions" }
note = { zh = "{year}年对比{year-1}年", en = "{year} against {year-1}" }
columns = [
  { id = "name", title = { zh = "区域名", en = "Region" }, type = "text", issued = true },
  { id = "customers", title = { zh = "客户数", en = "Customers" }, type = "integer", expression = "COUNTIF(customers.*@region, name)", total = true },
  { id = "sales", title = { zh = "销售额", en = "Sales" }, type = "money", expression = "SUMIF(customers.*@region, name, customers.*@sales)", total = true, consolidate = "none" },
]
[[sheet.section]]
code = "R"
title = { zh = "区域", en = "Regions" }
lines = [
  { code = "R.1", title = { zh = "华东", en = "East" }, values = { name = "华东" } },
  { code = "R.2", title = { zh = "华南", en = "South" }, values = { name = "华南" } },
  { code = "R.3", title = { zh = "1.1", en = "1.1" }, values = { name = "1.1" } },
]

[[sheet]]
id = "mix"
kind = "grid"
title = { zh = "分配", en = "Mix" }
total_code = "mix"
one_of = [["share_in", "amount_in"]]
columns = [
  { id = "share_in", title = { zh = "填比例", en = "Share" }, type = "percent", minimum = 0, maximum = 1 },
  { id = "amount_in", title = { zh = "填金额", en = "Amount" }, type = "money", consolidate = "none" },
  { id = "amount", title = { zh = "金额", en = "Yuan" }, type = "money", total = true, expression = "IF(BLANK(share_in), amount_in, ROUND(customers@sales * share_in, 2))" },
]
[[sheet.section]]
code = "M"
title = { zh = "分配", en = "Mix" }
open = 2
lines = [ { code = "M.1", title = { zh = "甲", en = "First" } } ]
"""  # noqa: E501


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return laid_out(tmp_path_factory.mktemp("here"), 2026)


def laid_out(folder: Path, year: int, lang: Lang = "zh") -> Layout:
    path = folder / "portfolio.toml"
    path.write_text(SOURCE, encoding="utf-8")
    return lay_out(load_template(path), year, lang=lang)


def customers(seed: int) -> dict[Key, Value]:
    """Customers in any order, with gaps, ties, texts in amounts and regions that look like numbers or wildcards."""
    chance = Random(seed)
    found: dict[Key, Value] = {}
    for number in range(1, ROWS + 1):
        if chance.random() < 0.8:
            found[f"customers.{number:03d}@region"] = chance.choice(["华东", "华南", "1.1", "1.10", "*", "华东 "])
            amount = Fraction(chance.choice([chance.randrange(10**8), 500_000, 0]), 100)
            found[f"customers.{number:03d}@sales"] = amount if chance.random() < 0.95 else "待定"
    return found


def test_each_formula_of_a_list_is_worded_as_by_itself(layout: Layout) -> None:
    for key in layout.order:
        cell = layout.cells[key]
        assert cell.formula is not None
        assert layout.formula(key) == excel(cell.formula, layout.addresser(cell.sheet)), key


@pytest.mark.office
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_ranks_classes_and_sums_by_text_are_what_libreoffice_computes(
    office: Office, tmp_path: Path, layout: Layout, seed: int
) -> None:
    entries = {**customers(seed), "M.1@share_in": Fraction(1, 3), "M.n01@amount_in": Fraction(5)}
    path = tmp_path / "list.xlsx"
    path.write_bytes(write(layout, Assignment(unit="U", year=2026), entries, cache=False))
    values = calculate(layout, entries)
    with office.open(path) as book:
        shown = {plan.id: book.get(plan.name) for plan in layout.sheets}
    for key in layout.order:
        cell, exact = layout.cells[key], values[key]
        there = shown[cell.sheet][a1(cell.row, cell.column)]
        if isinstance(exact, str):
            assert there.string == exact, (key, exact, there)
        else:
            assert isinstance(exact, Fraction) and isinstance(there.value, float | int), (key, exact, there)
            assert not there.error and abs(there.value - float(exact)) < 1e-6, (key, exact, there)


def test_classes_follow_the_share_of_the_larger_customers(layout: Layout) -> None:
    entries: dict[Key, Value] = {f"customers.{n:03d}@sales": Fraction(v) for n, v in enumerate((5, 80, 10, 0, 5), 1)}
    values = calculate(layout, entries)
    assert [values[f"customers.{n:03d}@class"] for n in range(1, 7)] == ["B", "A", "B", "", "B", ""]
    assert [values[f"customers.{n:03d}@rank"] for n in range(1, 4)] == [3, 1, 2]


def test_each_grid_has_a_total_of_its_own(layout: Layout) -> None:
    values = calculate(
        layout, {"M.n01@amount_in": Fraction(7), "customers.001@region": "华东", "customers.001@sales": Fraction(9)}
    )
    assert (values["mix@amount"], values["total@sales"], values["customers@sales"]) == (7, 9, 9)


def test_a_share_and_an_amount_in_one_line_fail_the_check_and_either_alone_does_not(layout: Layout) -> None:
    entries: dict[Key, Value] = {"customers.001@region": "华东", "customers.001@sales": Fraction(90)}
    assert calculate(layout, {**entries, "M.1@share_in": Fraction(1, 2)})[FLAG] == "通过"
    assert calculate(layout, {**entries, "M.1@amount_in": Fraction(0)})[FLAG] == "通过"
    both = calculate(layout, {**entries, "M.1@share_in": Fraction(1, 2), "M.1@amount_in": Fraction(0)})
    assert (both[FLAG], both["M.1@_status"], both["C08@actual"]) == ("不通过", "只能填其中一格", 1)


@pytest.mark.parametrize(("year", "lang", "words"), [(2026, "zh", "2025年销售额"), (2030, "en", "Sales 2029")])
def test_titles_speak_of_the_budget_year_and_its_neighbours(tmp_path: Path, year: int, lang: Lang, words: str) -> None:
    layout = laid_out(tmp_path, year, lang)
    assert layout.heading("customers.001@sales") == words
    assert layout.template.sheets[1].note == Text(f"{year}年对比{year - 1}年", f"{year} against {year - 1}")


def test_another_year_is_another_fingerprint_and_the_same_year_the_same_template(tmp_path: Path) -> None:
    one, same, other = (laid_out(tmp_path, year) for year in (2026, 2026, 2027))
    assert one.fingerprint == same.fingerprint != other.fingerprint
    assert one.template == same.template
