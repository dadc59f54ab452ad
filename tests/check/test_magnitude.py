"""E117 where an amount is typed beside the column that has the total; tests/returned has the plain case."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from crmxl.check.rules.magnitude import _given, _taken
from crmxl.check.runner import check
from crmxl.define.library import Library
from crmxl.expression import Value, parse
from crmxl.issue.layout import lay_out
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Finding, Key
from crmxl.receive.reading import read

LIBRARY = Library()


def suspects(tmp_path: Path, template: str, typed: dict[Key, str]) -> list[Finding]:
    """What is said of magnitudes; texts of a line are filled in."""
    layout = lay_out(LIBRARY.load(template), 2026)
    inputs: dict[Key, Value] = {key: Fraction(text) for key, text in typed.items()}
    inputs |= {f"{key.partition('@')[0]}@basis": "合同" for key in typed if not key.endswith("@value")}
    path = tmp_path / "returned.xlsx"
    path.write_bytes(write(layout, Assignment("HN", year=2026), inputs))
    return [found for found in check(read(path, LIBRARY)).findings if found.code == "E117"]


HOTEL = {
    **{"1.1@quantity": "3", "1.1@unit_price": "5000", "1.2@amount_in": "8000", "1.3@amount_in": "12000"},
    **{"2.1@amount_in": "30000", "2.2@quantity": "12", "2.2@unit_price": "5000"},
}
"""Four of five amounts are typed or counted as they should be."""


def test_a_lump_sum_typed_in_ten_thousands_is_asked_about(tmp_path: Path) -> None:
    (found,) = suspects(tmp_path, "hotel-marketing", {**HOTEL, "2.3@amount_in": "1.5"})
    assert (found.key, found.found, found.variant) == ("2.3@amount_in", "1.50", "")
    assert found.values["meant"] == "15,000.00"
    assert suspects(tmp_path, "hotel-marketing", {**HOTEL, "2.3@amount_in": "15000"}) == []


def test_a_unit_price_far_from_the_others_is_no_slip(tmp_path: Path) -> None:
    priced = {"2.3@quantity": "100000", "2.3@unit_price": "0.15", "1.3@unit_price": "0.5", "1.3@quantity": "24000"}
    del (plain := dict(HOTEL))["1.3@amount_in"]
    assert suspects(tmp_path, "hotel-marketing", plain | priced) == []


def test_an_amount_beside_shares_is_compared_with_what_the_shares_come_to(tmp_path: Path) -> None:
    shares = {f"{line}@share_in": "0.1" for line in ("1.1", "2.1", "3.1", "4.1")}
    (found,) = suspects(tmp_path, "marketing-mix", {"budget_in@value": "800000", **shares, "6.1@amount_in": "5"})
    assert found.key == "6.1@amount_in" and found.values["meant"] == "50,000.00"
    assert suspects(tmp_path, "marketing-mix", {"budget_in@value": "60", **shares}) == []  # nothing is typed there


def test_a_new_product_s_target_is_compared_with_those_that_grow(tmp_path: Path) -> None:
    grown = {f"P1.{n}@{id}": text for n in (1, 2, 3) for id, text in (("base_sales", f"{n}000000"), ("growth", "0.2"))}
    grown |= {"P1.n01@base_sales": "1500000", "P1.n01@growth": "0.1"}
    (found,) = suspects(tmp_path, "sales-plan", {**grown, "P2.n01@target_in": "300"})
    assert (found.key, found.values["meant"]) == ("P2.n01@target_in", "3,000,000.00")
    assert suspects(tmp_path, "sales-plan", {**grown, "P2.n01@target_in": "3000000"}) == []


def test_typed_amounts_of_grids_and_lists_are_looked_at_and_no_prices_or_fields() -> None:
    def looked_at(template: str) -> set[str]:
        return {f"{sheet}.{column}" for sheet, column, _ in _taken(LIBRARY.load(template))}

    assert looked_at("hotel-marketing") == {"plan.amount_in"}  # unit_price is multiplied
    assert looked_at("marketing-mix") == {"plan.amount_in"}
    assert looked_at("customer-resources") == set()  # fields of a form, and the cost of winning one
    assert looked_at("customer-portfolio") == {f"customers.{id}" for id in ("last_year", "sales", "cost", "stock")} | {
        "customers.receivable"
    }
    quarters = {f"products.q{number}" for number in (1, 2, 3, 4)}
    teams = {f"teams.{id}" for id in ("tv", "aircon", "fridge", "other")}
    expenses = {"expenses.amount", "expenses.last_year"}
    assert looked_at("sales-plan") == {"products.base_sales", "products.target_in"} | quarters | teams | expenses


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("IF(BLANK(amount_in), ROUND(quantity * unit_price, 2), amount_in)", ["amount_in"]),
        ("labour + material - refund", ["labour", "material", "refund"]),
        ("ROUND(labour, 2)", ["labour"]),
        ("hours * price", []),
        ("IF(price > 5, 1, 2)", []),
        ("SUM(1.*@amount)", []),
    ],
)
def test_what_a_total_takes_as_it_stands(source: str, names: list[str]) -> None:
    assert list(_given(parse(source))) == names
