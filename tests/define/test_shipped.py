"""The shipped templates and their samples: sound, bilingual, as issued, with the sources' figures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from crmxl.define.issued import check_issued, read_issued
from crmxl.define.library import Library
from crmxl.define.rows import Row, by_code, column_at, rows
from crmxl.model import MONTHS, Group, Line, Section, Template, Text, Type, split_key
from crmxl.resources import folder
from tests.catalogue import test_hotel, test_maintenance, test_mix, test_portfolio, test_resources
from tests.catalogue.test_crm_expense import budget

LIBRARY = Library()
UNITS: list[dict[str, Any]] = json.loads((folder("samples") / "units.json").read_text(encoding="utf-8"))
AMOUNT = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]{2})?\Z")
COSMETICS = {
    "1.1.1": 1000, "1.1.2": 8000, "1.1.3": 2000, "1.2.1": 5000, "1.2.2": 3000, "1.3.1": 2000, "1.3.2": 5000,
    "2.1.1": 6000, "2.1.2": 3000, "2.2.1": 15000, "2.2.2": 5000, "2.3.1": 8000, "2.3.2": 5000,
    "3.1.1": 8000, "3.1.2": 10000, "3.2.1": 10000, "3.3.1": 12000,
    "4.1.1": 1000, "4.1.2": 8000, "4.2.1": 3000, "4.2.2": 5000, "4.3.1": 6000, "4.3.2": 2000,
}  # fmt: skip
DEPARTMENTS = {
    "1.1": 200000, "1.2": 150000, "1.3": 300000, "2.1": 500000, "2.2": 300000, "2.3": 200000,
    "3.1": 800000, "3.2": 500000, "3.3": 400000, "4.1": 300000, "4.2": 200000, "4.3": 800000, "5.1": 100000,
}  # fmt: skip
TOTALS = {
    "cosmetics-plan/group-sample.json": "133000.00",
    "cosmetics-plan/south-china.json": "317258.00",
    "cosmetics-plan/east-china.json": "521895.00",
    "cosmetics-plan/north-china.json": "242100.00",
    "cosmetics-plan/central-china.json": "159002.00",
    "cosmetics-plan/southwest-china.json": "131856.00",
    "cosmetics-plan/northwest-china.json": "77118.80",
    "annual-departments/whole-company.json": "4750000.00",
    "annual-departments/east-china-company.json": "2118899.99",
    "annual-departments/south-china-company.json": "1396210.50",
    "annual-departments/southwest-company.json": "363800.00",
    "annual-departments/hr-department.json": "521800.00",
    "annual-departments/sales-department.json": "1047133.33",
    "annual-departments/rnd-centre.json": "1496400.00",
    "annual-departments/finance-and-culture.json": "1069100.00",
    "customer-relations/south-china.json": "89760.00",
    "customer-relations/east-china.json": "127121.00",
    "customer-relations/north-china.json": "80455.50",
    "customer-relations/central-china.json": "65380.00",
    "customer-relations/southwest-china.json": "155686.00",
    "customer-relations/northwest-china.json": "38654.90",
    "hotel-marketing/seaside-resort.json": "250200.00",
    "hotel-marketing/city-business.json": "99166.00",
    "hotel-marketing/hot-spring.json": "300599.88",
    "marketing-mix/appliances.json": "800000.00",
    "marketing-mix/foods.json": "500000.00",
    "marketing-mix/software.json": "360000.00",
    "hotel-marketing/airport-transit.json": "185558.00",
    "hotel-marketing/conference-centre.json": "261250.00",
    "hotel-marketing/old-town-boutique.json": "120425.56",
    "marketing-mix/home-textiles.json": "333333.33",
    "marketing-mix/maternal-baby.json": "640000.00",
    "marketing-mix/cloud-service.json": "1250000.55",
    "customer-resources/document-case.json": "4764254.00",
    "customer-resources/south-china.json": "2981853.00",
    "customer-resources/east-china.json": "3145750.00",
    "customer-resources/north-china.json": "1338921.00",
    "customer-resources/southwest-china.json": "1421886.00",
    "customer-resources/northwest-china.json": "324940.00",
    "sales-plan/document-case.json": "18148000.00",
    "sales-plan/south-china.json": "7278100.00",
    "sales-plan/east-china.json": "7953000.80",
    "sales-plan/north-china.json": "5200200.00",
    "sales-plan/southwest-china.json": "4012800.25",
    "sales-plan/northwest-china.json": "1688300.00",
    "crm-expense/south-china.json": "1939868.00",
    "crm-expense/east-china.json": "3150126.66",
    "crm-expense/north-china.json": "1189084.00",
    "crm-expense/central-china.json": "959885.33",
    "crm-expense/southwest-china.json": "738850.00",
    "crm-expense/northwest-china.json": "411980.00",
    "crm-evaluation/south-china.json": "1538000.00",
    "crm-evaluation/east-china.json": "2329000.00",
    "crm-evaluation/north-china.json": "913500.00",
    "crm-evaluation/central-china.json": "274000.00",
    "crm-evaluation/southwest-china.json": "924000.00",
    "crm-evaluation/northwest-china.json": "151300.50",
    "customer-maintenance/south-china.json": "565640.50",
    "customer-maintenance/east-china.json": "788089.50",
    "customer-maintenance/north-china.json": "422652.50",
    "customer-maintenance/central-china.json": "344812.50",
    "customer-maintenance/southwest-china.json": "350748.00",
    "customer-maintenance/northwest-china.json": "133676.00",
    "customer-portfolio/south-china.json": "424596700.00",
    "customer-portfolio/east-china.json": "550597200.00",
    "customer-portfolio/north-china.json": "267204700.00",
    "customer-portfolio/central-china.json": "185788200.00",
    "customer-portfolio/southwest-china.json": "155849200.00",
    "customer-portfolio/northwest-china.json": "84010800.00",
}
"""Sums of the amounts in the data, added up outside of crmxl."""
RANGES = {
    "1.1": (10000, 20000), "1.2": (5000, 10000), "1.3": (10000, 15000),
    "2.1": (20000, 50000), "2.2": (30000, 100000), "2.3": (10000, 30000),
}  # fmt: skip
"""Mission T5."""
BANDS = {"1": (10, 15), "2": (20, 30), "3": (10, 15), "4": (15, 20), "5": (5, 10), "6": (5, 10)}
"""Mission T6, in percent of the whole."""
REGIONS = tuple(file for file in TOTALS if file.startswith("customer-relations/"))
TAGS = {"1": "capped", "2": "shared", "3": "excluded"}
SHARES = {"2.1": Decimal("0.6"), "2.2": Decimal("0.5")}
"""What the customer-relations department bears of shared expenses in the sample split table."""
FEN = Decimal("0.01")

each_template = pytest.mark.parametrize("name", LIBRARY.names())
each_unit = pytest.mark.parametrize("unit", UNITS, ids=[unit["file"] for unit in UNITS])


def filled(unit: Mapping[str, Any]) -> dict[str, str]:
    """The entries of a sample."""
    entries: dict[str, str] = json.loads((folder("samples") / unit["file"]).read_text(encoding="utf-8"))
    return entries


def amounts(entries: Mapping[str, str]) -> dict[str, Decimal]:
    """Year amounts by code."""
    return {split_key(key)[0]: Decimal(value) for key, value in entries.items() if key.endswith("@amount")}


def total_of(file: str, entries: Mapping[str, str]) -> Decimal:
    """The template's total, added up outside of crmxl; a region bears its part of shared expenses, no excluded ones."""
    if file.startswith("crm-expense/"):
        return Decimal(sum(budget(entries).values())).scaleb(-2)
    if file.startswith("hotel-marketing/"):
        return Decimal(sum(test_hotel.budget(entries).values())).scaleb(-2)
    if file.startswith("marketing-mix/"):
        return Decimal(test_mix.whole(entries)).scaleb(-2)
    if file.startswith("customer-maintenance/"):
        return Decimal(test_maintenance.budget(entries)).scaleb(-2)
    if file.startswith("customer-portfolio/"):
        return Decimal(test_portfolio.budget(entries)).scaleb(-2)
    if file.startswith("customer-resources/"):
        return Decimal(test_resources.cost(entries)).scaleb(-2)
    found = amounts(entries)
    if file not in REGIONS:
        return sum(found.values(), Decimal(0))
    total = sum((amount for code, amount in found.items() if code.startswith("1.")), Decimal(0))
    for group, share in SHARES.items():
        base = sum((amount for code, amount in found.items() if code.startswith(f"{group}.")), Decimal(0))
        total += (base * share).quantize(FEN, ROUND_HALF_UP)
    return total


def lines_of(name: str) -> dict[str, Line]:
    """The fixed lines of a shipped template by code."""
    sections = [section for sheet in LIBRARY.load(name).sheets for section in sheet.sections]
    owners: list[Section | Group] = [*sections, *(group for section in sections for group in section.groups)]
    return {line.code: line for owner in owners for line in owner.lines}


def sample(file: str) -> dict[str, str]:
    """The entries of a sample by its file."""
    return filled({"file": file})


def rows_of(template: Template) -> dict[str, Row]:
    return by_code(rows(template))


def texts(value: object) -> Iterator[Text]:
    """Every Text inside a definition."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, tuple):
        for inner in value:
            yield from texts(inner)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from texts(getattr(value, name))


@each_template
def test_a_shipped_template_speaks_both_languages(name: str) -> None:
    missing = [text.zh for text in texts(LIBRARY.load(name)) if not (text.zh and text.en)]
    assert not missing


@each_template
def test_a_shipped_template_is_as_issued(name: str) -> None:
    template = LIBRARY.load(name)
    assert template.name in read_issued(), "run python -m crmxl.define.issued --write"
    assert check_issued(template) is None


def test_the_cosmetics_plan_has_the_23_lines_of_its_source_in_order() -> None:
    lines = [
        line.code
        for sheet in LIBRARY.load("cosmetics-plan").sheets
        for section in sheet.sections
        for group in section.groups
        for line in group.lines
    ]
    assert lines == list(COSMETICS)


def test_the_five_departments_have_a_budget_and_work_items_under_one_part() -> None:
    budget, work = LIBRARY.load("annual-departments").sheets
    parts = ["hr", "sales", "rnd", "finance", "culture"]
    assert [section.part for section in budget.sections] == parts
    assert [section.part for section in work.sections] == parts
    assert [section.open for section in work.sections] == [6] * 5


def test_the_group_sample_is_the_source_document_line_by_line() -> None:
    assert amounts(filled(UNITS[0])) == COSMETICS
    parts = [sum(amount for code, amount in COSMETICS.items() if code[0] == part) for part in "1234"]
    assert parts == [26000, 42000, 40000, 25000]


def test_the_whole_company_is_the_source_document_line_by_line() -> None:
    (unit,) = [unit for unit in UNITS if unit["file"].endswith("whole-company.json")]
    assert amounts(filled(unit)) == DEPARTMENTS


def test_every_sample_is_listed_with_its_total() -> None:
    root = folder("samples")
    there = {path.relative_to(root).as_posix() for name in LIBRARY.names() for path in (root / name).glob("*.json")}
    assert there == {unit["file"] for unit in UNITS} == set(TOTALS)


@each_unit
def test_a_sample_has_its_total(unit: dict[str, Any]) -> None:
    assert total_of(unit["file"], filled(unit)) == Decimal(TOTALS[unit["file"]])


@each_unit
def test_a_sample_fills_inputs_of_its_parts_only(unit: dict[str, Any]) -> None:
    template = LIBRARY.load(unit["template"])
    known = rows_of(template)
    sheets = template.sheets
    parts = {section.code: section.part for sheet in sheets for section in sheet.sections}
    for key, value in filled(unit).items():
        row, column = known[split_key(key)[0]], column_at(known, key)
        assert row.leaf and column is not None and not column.calculated, key
        if sheets[row.sheet].sections:
            assert parts[row.code.partition(".")[0]] in unit.get("parts", parts.values()), key
        if column.type is Type.MONEY:
            assert AMOUNT.match(value.removeprefix("-" if (column.minimum or 0) < 0 else "")), key
        elif column.type is Type.DATE:
            assert date.fromisoformat(value).year == unit["year"], key
        else:
            assert value.strip() == value and value, key


@each_unit
def test_a_sample_gives_a_basis_wherever_it_must_and_names_every_blank_line(unit: dict[str, Any]) -> None:
    entries = filled(unit)
    for code, amount in amounts(entries).items():
        if unit["template"] != "annual-departments" and amount and not code.startswith("cities."):
            assert f"{code}@basis" in entries, code
    for code in {split_key(key)[0] for key in entries}:
        if ".n" in code:
            assert f"{code}@title" in entries, code
        if code.startswith("W"):
            assert {f"{code}@measure", f"{code}@by"} <= entries.keys(), code


@each_unit
def test_months_add_up_to_the_year_or_are_left_to_phasing(unit: dict[str, Any]) -> None:
    entries, known = filled(unit), rows_of(LIBRARY.load(unit["template"]))
    for code, year in amounts(entries).items():
        if not known[code].columns["amount"].months:
            continue
        months = {month: entries[key] for month in MONTHS if (key := f"{code}@amount.{month}") in entries}
        if months:
            assert sum(map(Decimal, months.values())) == year, code
            assert min(map(int, months)) >= unit.get("first_month", 1), code
        else:
            assert unit.get("phase") == "even", code


def test_every_account_of_a_region_says_how_it_counts() -> None:
    for code, line in lines_of("customer-relations").items():
        if code[0] in TAGS:
            assert TAGS[code[0]] in line.tags, code
    reserve = [code for code, line in lines_of("customer-relations").items() if "reserve" in line.tags]
    assert reserve == ["1.5.1"]


def test_no_blank_line_of_a_region_is_outside_the_cap() -> None:
    """Blank lines have no tags: policies take them by code, and what is not counted is on the group's list."""
    template = LIBRARY.load("customer-relations")
    blank = {row.code[0] for row in rows(template) if row.code.rpartition(".")[2].startswith("n")}
    assert blank == {"1", "2"}


def test_the_sample_split_table_is_whole_and_each_line_has_its_group() -> None:
    lines = [line for code, line in lines_of("customer-relations").items() if code.startswith("S.")]
    assert [sum(map(Decimal, line.values.values())) for line in lines] == [1, 1]
    assert [line.formulas["base"] for line in lines] == [f"{group}@amount" for group in SHARES]
    assert [Decimal(line.values["crd"]) for line in lines] == list(SHARES.values())
    shared = LIBRARY.load("customer-relations").sheets[1].sections[1]
    assert [line.title for line in lines] == [group.title for group in shared.groups]


@pytest.mark.parametrize("file", REGIONS)
def test_a_region_s_sample_keeps_the_cap_and_its_cities_add_up_to_its_total(file: str) -> None:
    entries = sample(file)
    total = total_of(file, entries)
    assert total <= Decimal(entries["sales_target@value"]) * Decimal("0.0005")
    assert sum(amount for code, amount in amounts(entries).items() if code.startswith("cities.")) == total


def test_a_hotel_s_lines_have_the_ranges_of_their_source() -> None:
    lines = {code: line for code, line in lines_of("hotel-marketing").items() if line.values}
    assert {code: (int(line.values["low"]), int(line.values["high"])) for code, line in lines.items()} == RANGES


def test_the_parts_of_a_marketing_mix_have_the_bands_of_their_source() -> None:
    lines = {code: line for code, line in lines_of("marketing-mix").items() if line.values}
    bands = {code: tuple(int(Decimal(line.values[id]) * 100) for id in ("low", "high")) for code, line in lines.items()}
    parts: dict[str, tuple[int, ...]] = {f"M.{part}": band for part, band in BANDS.items()}
    assert bands == {**parts, "M.7": (0, 35), "N.1": (30, 30), "N.2": (20, 20), "N.3": (0, 50), "N.4": (0, 50)}
    assert sum(low for low, _ in parts.values()) == 65 and sum(high for _, high in parts.values()) == 100


def test_the_marketing_samples_stand_at_all_minima_and_at_all_maxima() -> None:
    units = map(test_mix.raw, test_mix.GENERAL)
    rests = [Decimal(test_mix.rest(entries)) / test_mix.whole(entries) for entries in units]
    assert max(rests) == Decimal("0.35") and min(rests) == 0


def test_versions_that_were_issued_before_are_kept_as_they_were() -> None:
    every = {one.name: one for name in LIBRARY.names() for one in LIBRARY.versions(name)}
    assert every.keys() == read_issued().keys()
    assert {"hotel-marketing@1", "marketing-mix@1"} <= every.keys()
    assert all(check_issued(one) is None for one in every.values())
