"""How many rows a list offers: what is asked, what is refused, and that definitions name no row of such a list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.define.library import Library
from crmxl.define.sizes import (
    STEP,
    beyond,
    differing,
    fewest,
    kept,
    longest,
    most,
    offered,
    read_rows,
    rows_text,
    sized,
    usual,
    wrong_rows,
)
from crmxl.define.template import load_template
from crmxl.errors import CrmxlError, DefinitionError
from crmxl.model import Sheet, Template

PORTFOLIO = Library().load("customer-portfolio")
PLAN = Library().load("cosmetics-plan")


def customers(template: Template) -> Sheet:
    return next(sheet for sheet in template.sheets if sheet.id == "customers")


def test_a_unit_gets_at_least_the_rows_that_it_asks_for_in_steps() -> None:
    assert [customers(sized(PORTFOLIO, {"customers": n})).rows for n in (1, 50, 51, 320, 2999, 3000)] == [
        *(50, 50, 100, 350, 3000, 3000)
    ]
    assert sized(PORTFOLIO, {}) is PORTFOLIO
    assert sized(PORTFOLIO, {"customers": 1000}) is PORTFOLIO
    assert sized(PORTFOLIO, {"customers": 301}) is sized(PORTFOLIO, {"customers": 350})
    assert sized(sized(PORTFOLIO, {"customers": 301}), {}) == PORTFOLIO


@given(st.integers(1, 3000))
def test_what_is_offered_is_enough_and_offering_it_again_changes_nothing(number: int) -> None:
    sheet = customers(PORTFOLIO)
    found = offered(sheet, {"customers": number})
    assert number <= found < number + STEP and found <= sheet.most
    assert offered(sheet, {"customers": found}) == found
    assert offered(customers(sized(PORTFOLIO, {"customers": number})), {}) == sheet.rows == usual(sheet)
    asked = differing(PORTFOLIO, {"customers": number, "regions": 3})
    assert asked == ({} if found == sheet.rows else {"customers": found})
    assert read_rows(rows_text(asked)) == asked


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"customers": 0}, "has 1 to 3000 rows; found 0"),
        ({"customers": 3001}, "has 1 to 3000 rows; found 3001"),
        ({"regions": 10}, "no list `regions` whose rows can be chosen; there are: customers (1 – 3000)"),
    ],
)
def test_lists_that_offer_no_such_number_are_refused(asked: dict[str, int], said: str) -> None:
    assert said in wrong_rows([PLAN, PORTFOLIO], asked)
    with pytest.raises(CrmxlError, match="customer-portfolio@1: "):
        sized(PORTFOLIO, asked)
    assert "there are: none" in wrong_rows([PLAN], {"customers": 5})


@pytest.mark.parametrize(
    "text", ["customers", "customers=", "customers=many", "customers=1;customers=2", "customers=-1"]
)
def test_what_says_no_number_of_rows_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="customers"):
        read_rows(text)


def test_numbers_of_rows_are_read_as_people_write_them() -> None:
    assert read_rows(" customers = 300；visits＝12, acts=7 ") == {"customers": 300, "visits": 12, "acts": 7}
    assert read_rows("") == {}


def test_a_row_beyond_a_units_list_is_told_with_its_length() -> None:
    templates = [PLAN, PORTFOLIO]
    assert beyond("customers.1001@name", templates, {}) == ("customers", 1000)
    assert beyond("customer-portfolio/customers.051@name", templates, {"customers": 20}) == ("customers", 50)
    for key in ("customers.1000@name", "regions.999@region", "1.1.1@amount", "customers@sales"):
        assert beyond(key, templates, {}) is None


def test_the_longest_of_several_has_the_most_rows_and_the_fewest_one_each() -> None:
    some = [sized(PORTFOLIO, {"customers": n}) for n in (50, 700, 100)]
    assert longest(some) is some[1]
    assert longest([PLAN, PLAN]) is PLAN
    assert customers(fewest(some[0])).rows == 1 and fewest(some[0]) is fewest(PORTFOLIO)
    assert customers(most(some[0])).rows == 3000
    assert fewest(PLAN) is most(PLAN) is PLAN


def test_another_version_keeps_chosen_rows_and_what_it_would_have_fewer_of() -> None:
    def version(rows: int) -> Template:
        return replace(
            PORTFOLIO,
            version=2,
            sheets=tuple(replace(sheet, rows=rows) if sheet.id == "customers" else sheet for sheet in PORTFOLIO.sheets),
        )

    assert kept(PORTFOLIO, version(500)) == {"customers": 1000}
    assert kept(PORTFOLIO, version(2000)) == {}
    assert kept(sized(PORTFOLIO, {"customers": 300}), version(2000)) == {"customers": 300}
    assert kept(PLAN, PORTFOLIO) == {}


DEFINED = """
id = "visits"
version = 1
title = { zh = "拜访", en = "Visits" }
total = "visits@cost"

[[sheet]]
id = "visits"
title = { zh = "拜访清单", en = "Visits" }
kind = "list"
rows = 20
most = 400

[[sheet.columns]]
id = "name"
title = { zh = "客户", en = "Customer" }
type = "text"

[[sheet.columns]]
id = "cost"
title = { zh = "费用", en = "Cost" }
type = "money"
total = true
"""
FIRST = """
[[sheet.columns]]
id = "share"
title = { zh = "占首行", en = "Of the first" }
type = "percent"
expression = "IF(visits.002@cost = 0, 0, cost / visits.002@cost)"
"""
CHART = """
[[chart]]
title = { zh = "图", en = "Chart" }
kind = "bar"
rows = ["visits.003"]
columns = ["cost"]
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DEFINED.replace("most = 400", "most = 19"), "most: found 19, less than the 20 rows it has anyway"),
        (DEFINED + FIRST, "visits.002"),
        (DEFINED + CHART, "there is no row `visits.003`"),
        (DEFINED.replace('kind = "list"\nrows = 20', 'kind = "form"'), "most: belongs to a list"),
    ],
)
def test_a_definition_that_needs_some_row_of_such_a_list_is_unsound(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "visits.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_template(path)
    assert any(said in str(problem) for problem in caught.value.problems), caught.value.problems


def test_a_sound_definition_has_the_rows_that_it_says(tmp_path: Path) -> None:
    path = tmp_path / "visits.toml"
    path.write_text(DEFINED, encoding="utf-8")
    (sheet,) = load_template(path).sheets
    assert (sheet.rows, sheet.most, sheet.usual) == (20, 400, 0)
