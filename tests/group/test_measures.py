"""Measures beside the money: only what a template declares, exact, in any order, and never in a total of money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.check.verdict import Report
from crmxl.group.consolidate import consolidate
from crmxl.group.measures import MeasureTotal, measures
from crmxl.group.totals import Block
from crmxl.model import Key, Level, Template, Type
from tests.group import totalled
from tests.group.made_up import ACTIVITIES, BESIDE
from tests.group.returned import COSMETICS, made, report

MEASURED = """
id = "visits"
version = 1
title = { zh = "客户拜访计划", en = "Visiting plan" }
total = "total@amount"

[[sheet]]
id = "head"
title = { zh = "基本情况", en = "Head" }
kind = "form"
[[sheet.fields]]
id = "staff"
title = { zh = "在岗人数", en = "Staff" }
type = "integer"
consolidate = "sum"
[[sheet.fields]]
id = "satisfaction"
title = { zh = "满意度", en = "Satisfaction" }
type = "percent"
consolidate = "weighted"
weight = "staff"
[[sheet.fields]]
id = "target"
title = { zh = "考核任务", en = "Target" }
type = "money"
issued = true
[[sheet.fields]]
id = "sales"
title = { zh = "计划销售额", en = "Sales" }
type = "money"
[[sheet.fields]]
id = "third"
title = { zh = "三分之一", en = "A third" }
type = "money"
expression = "sales / 3"
[[sheet.fields]]
id = "rent"
title = { zh = "每平米租金", en = "Rent" }
type = "money"
consolidate = "none"
[[sheet.fields]]
id = "shops"
title = { zh = "门店数", en = "Shops" }
type = "integer"
[[sheet.fields]]
id = "note"
title = { zh = "说明", en = "Note" }
type = "text"

[[sheet]]
id = "plan"
title = { zh = "拜访", en = "Visits" }
kind = "grid"
[[sheet.columns]]
id = "visits"
title = { zh = "次数", en = "Visits" }
type = "integer"
total = true
consolidate = "sum"
[[sheet.columns]]
id = "price"
title = { zh = "单次费用", en = "Price" }
type = "money"
consolidate = "weighted"
weight = "visits"
[[sheet.columns]]
id = "amount"
title = { zh = "金额", en = "Amount" }
type = "money"
total = true
expression = "visits * price"
[[sheet.columns]]
id = "rate"
title = { zh = "成交率", en = "Rate" }
type = "percent"
consolidate = "weighted"
weight = "visits"
expression = "IF(amount = 0, 0, visits / amount)"
levels = ["line", "group", "section", "total"]
[[sheet.columns]]
id = "hours"
title = { zh = "每次小时", en = "Hours" }
type = "quantity"
[[sheet.section]]
code = "1"
title = { zh = "拜访", en = "Visits" }
lines = [ { code = "1.1", title = { zh = "重点客户", en = "Key customers" } } ]
[[sheet.section.group]]
code = "1.2"
title = { zh = "活动", en = "Events" }
open = 2
lines = [ { code = "1.2.1", title = { zh = "峰会", en = "Summit" } } ]

[[sheet]]
id = "customers"
title = { zh = "客户", en = "Customers" }
kind = "list"
rows = 4
[[sheet.columns]]
id = "name"
title = { zh = "名称", en = "Name" }
type = "text"
[[sheet.columns]]
id = "orders"
title = { zh = "订单数", en = "Orders" }
type = "quantity"
consolidate = "sum"
[[sheet.columns]]
id = "turnover"
title = { zh = "销售额", en = "Turnover" }
type = "money"
consolidate = "none"
[[sheet.columns]]
id = "balance"
title = { zh = "净额", en = "Balance" }
type = "integer"
[[sheet.columns]]
id = "margin"
title = { zh = "毛利率", en = "Margin" }
type = "percent"
consolidate = "weighted"
weight = "turnover"
[[sheet.columns]]
id = "growth"
title = { zh = "增长率", en = "Growth" }
type = "percent"
consolidate = "weighted"
weight = "balance"
"""
"""A template with measures on each kind of sheet."""

GROWING = """
id = "growing"
version = 1
title = { zh = "增长计划", en = "Growth plan" }
total = "total@target"

[[sheet]]
id = "head"
title = { zh = "结果", en = "Results" }
kind = "form"
[[sheet.fields]]
id = "cost"
title = { zh = "费用", en = "Cost" }
type = "money"
[[sheet.fields]]
id = "growth"
title = { zh = "增长率", en = "Growth" }
type = "percent"
consolidate = "ratio"
expression = "IF(total@last = 0, 0, total@target / total@last - 1)"
[[sheet.fields]]
id = "intensity"
title = { zh = "两部分费用率", en = "Cost of both parts" }
type = "percent"
consolidate = "ratio"
expression = "IF(1@target + 2@target = 0, 0, cost / (1@target + 2@target))"

[[sheet]]
id = "plan"
title = { zh = "产品", en = "Products" }
kind = "grid"
[[sheet.columns]]
id = "last"
title = { zh = "上年", en = "Last year" }
type = "money"
total = true
[[sheet.columns]]
id = "target"
title = { zh = "目标", en = "Target" }
type = "money"
total = true
[[sheet.columns]]
id = "rate"
title = { zh = "增长率", en = "Growth" }
type = "percent"
consolidate = "ratio"
expression = 'IF(last = 0, "", target / last - 1)'
levels = ["line", "section", "total"]
[[sheet.section]]
code = "1"
title = { zh = "国内", en = "Home" }
open = 1
lines = [
    { code = "1.1", title = { zh = "电视", en = "Television" } },
    { code = "1.2", title = { zh = "占比", en = "Share" }, formulas = { rate = "target / MAX(0.01, total@target)" } },
]
[[sheet.section]]
code = "2"
title = { zh = "国外", en = "Abroad" }
lines = [ { code = "2.1", title = { zh = "冰箱", en = "Fridges" } } ]

[[sheet]]
id = "customers"
title = { zh = "客户", en = "Customers" }
kind = "list"
rows = 3
[[sheet.columns]]
id = "sales"
title = { zh = "销售额", en = "Sales" }
type = "money"
total = true
consolidate = "none"
[[sheet.columns]]
id = "stock"
title = { zh = "库存", en = "Stock" }
type = "money"
total = true
consolidate = "none"
[[sheet.columns]]
id = "turnover"
title = { zh = "周转次数", en = "Turnover" }
type = "quantity"
consolidate = "ratio"
expression = "IF(stock = 0, 0, sales / stock)"
"""
"""A template with ratios on each kind of sheet."""

WHOLE = st.integers(0, 500).map(Fraction)
SHARES = st.integers(0, 10_000).map(lambda n: Fraction(n, 10_000))
FENS = st.integers(0, 10**9).map(lambda n: Fraction(n, 100))
ROWS = [f"customers.{n:03d}" for n in range(1, 5)]
LINES = ["1.1", "1.2.1", "1.2.n01", "1.2.n02"]
INPUTS: Mapping[Key, st.SearchStrategy[Fraction]] = {
    "staff@value": WHOLE,
    "satisfaction@value": SHARES,
    "target@value": FENS,
    "sales@value": FENS,
    "rent@value": FENS,
    "shops@value": WHOLE,
    **{f"{line}@visits": WHOLE for line in LINES},
    **{f"{line}@price": FENS for line in LINES},
    **{f"{row}@orders": SHARES.map(lambda share: share * 100) for row in ROWS},
    **{f"{row}@turnover": FENS for row in ROWS},
    **{f"{row}@margin": SHARES for row in ROWS},
}
UNITS = st.lists(st.fixed_dictionaries({}, optional=INPUTS), min_size=1, max_size=4)
"""What units entered; any cell may be blank."""


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return made(tmp_path_factory.mktemp("visits"), MEASURED, "visits")


def reports(template: Template, sent: Sequence[Mapping[Key, Fraction]]) -> list[Report]:
    """A report for each unit ``U0``, ``U1`` …"""
    return [
        report(template, f"U{n}", {key: str(value) for key, value in entries.items()}) for n, entries in enumerate(sent)
    ]


def block_of(template: Template, *sent: Mapping[Key, Fraction]) -> Block:
    (block,) = consolidate(reports(template, sent)).blocks
    return block


def at(block: Block, key: Key) -> MeasureTotal:
    """The measure at ``key``, code@column."""
    (found,) = [one for one in block.measures if f"{one.code}@{one.column}" == key]
    return found


def mean(sent: Sequence[Mapping[Key, Fraction]], keys: Sequence[tuple[Key, Key]]) -> Fraction | None:
    """The weighted mean by the book, from what was entered."""
    pairs = [(one[value], one[weight]) for one in sent for value, weight in keys if value in one and weight in one]
    whole = sum(weight for _, weight in pairs)
    return Fraction(sum(value * weight for value, weight in pairs)) / whole if whole else None


@given(sent=UNITS)
def test_sums_and_means_are_those_of_what_was_entered(visits: Template, sent: list[dict[Key, Fraction]]) -> None:
    block = block_of(visits, *sent)
    for key in ("staff@value", "1.1@visits", "1.2.1@visits"):
        assert at(block, key).total == sum(one.get(key, 0) for one in sent)
        assert at(block, key).by_unit == {f"U{n}": one[key] for n, one in enumerate(sent) if key in one}
    events = sum(one.get(f"{line}@visits", 0) for one in sent for line in LINES[1:])
    assert at(block, "1.2@visits").total == events
    assert at(block, "total@visits").total == at(block, "1@visits").total
    assert at(block, "1@visits").total == events + sum(one.get("1.1@visits", 0) for one in sent)
    assert at(block, "customers@orders").total == sum(one.get(f"{row}@orders", 0) for one in sent for row in ROWS)
    assert at(block, "satisfaction@value").total == mean(sent, [("satisfaction@value", "staff@value")])
    assert at(block, "1.1@price").total == mean(sent, [("1.1@price", "1.1@visits")])
    margins = [(f"{row}@margin", f"{row}@turnover") for row in ROWS]
    assert at(block, "customers@margin").total == mean(sent, margins)
    for n, one in enumerate(sent):
        assert at(block, "customers@margin").by_unit.get(f"U{n}") == mean([one], margins)


@given(sent=UNITS)
def test_a_rate_of_a_subtotal_is_weighed_by_the_subtotal(visits: Template, sent: list[dict[Key, Fraction]]) -> None:
    block = block_of(visits, *sent)
    wanted = Fraction(0)
    for one in sent:
        count = sum(one.get(f"{line}@visits", Fraction(0)) for line in LINES)
        money = sum(one.get(f"{line}@visits", Fraction(0)) * one.get(f"{line}@price", Fraction(0)) for line in LINES)
        wanted += count * count / money if money else 0
    whole = at(block, "total@visits").total
    assert at(block, "total@rate").total == (wanted / whole if whole else None)


@given(sent=UNITS, order=st.randoms(use_true_random=False))
def test_measures_do_not_depend_on_the_order_of_units(
    visits: Template, sent: list[dict[Key, Fraction]], order: Random
) -> None:
    given_reports = reports(visits, sent)
    shuffled = list(given_reports)
    order.shuffle(shuffled)
    assert measures(shuffled) == measures(given_reports)
    assert consolidate(shuffled).blocks == consolidate(given_reports).blocks


@given(sent=UNITS)
def test_a_mean_lies_between_the_figures_that_weigh_and_follows_from_units(
    visits: Template, sent: list[dict[Key, Fraction]]
) -> None:
    for one in block_of(visits, *sent).measures:
        assert one.follows
        assert one.way != "ratio"
        if one.way == "sum":
            assert one.total == sum(one.by_unit.values())
        elif one.total is not None:
            weighing = [one.by_unit[unit] for unit, weight in one.weights.items() if weight]
            assert min(weighing) <= one.total <= max(weighing)
        else:
            assert not any(one.weights.values())


@given(sent=UNITS)
def test_no_measure_moves_a_total_of_money(visits: Template, sent: list[dict[Key, Fraction]]) -> None:
    plan = [{key: value for key, value in one.items() if "visits" in key or "price" in key} for one in sent]
    all_, bare = block_of(visits, *sent), block_of(visits, *plan)
    assert (all_.total, all_.units, all_.lines, all_.beside) == (bare.total, bare.units, bare.lines, bare.beside)
    assert {line.column for line in (*all_.lines, *all_.beside)} <= {"amount"}


# ---- what is a measure --------------------------------------------------------------------------------------------


def test_only_what_is_declared_is_a_measure(visits: Template) -> None:
    block = block_of(visits, {"1.1@visits": Fraction(1)})
    form = [one.code for one in block.measures if one.sheet == "head"]
    assert form == ["staff", "satisfaction", "sales", "third"]  # none for none, nor for what the group issues
    assert {one.column for one in block.measures if one.sheet == "plan"} == {"visits", "price", "rate"}
    assert [one.column for one in block.measures if one.sheet == "customers"] == ["orders", "margin", "growth"]
    assert {one.type for one in block.measures} == {Type.INTEGER, Type.PERCENT, Type.MONEY, Type.QUANTITY}


def test_rows_stand_before_the_subtotals_that_add_them(visits: Template) -> None:
    entries = {"1.2.n02@visits": Fraction(3), "1.1@visits": Fraction(1)}
    counts = [one for one in block_of(visits, entries).measures if one.column == "visits"]
    assert [one.code for one in counts] == ["1.1", "1.2.1", "1.2", "1", "total"]
    assert [one.level for one in counts] == [Level.LINE] * 2 + [Level.GROUP, Level.SECTION, Level.TOTAL]
    prices = [one.code for one in block_of(visits, entries).measures if one.column == "price"]
    assert prices == ["1.1", "1.2.1"]  # no price on subtotals


def test_lines_that_units_name_are_no_measures_but_in_the_sums_above_them(visits: Template) -> None:
    first = {"1.2.n01@visits": Fraction(1), "1.2.n01@price": Fraction(10)}
    first |= {"1.2.n02@visits": Fraction(3), "1.2.n02@price": Fraction(20)}
    block = block_of(visits, first, {"1.2.n01@visits": Fraction(4), "1.2.n01@price": Fraction(5)})
    assert not [one for one in block.measures if ".n" in one.code]  # one unit's salon is another's fair
    assert at(block, "1.2@visits").total == 8 and at(block, "1.2@visits").by_unit == {"U0": 4, "U1": 4}
    assert [(line.code, line.total) for line in block.lines if ".n" in line.code] != []  # money stays


def test_a_unit_without_a_weight_is_shown_and_weighs_nothing(visits: Template) -> None:
    sent = (
        {"staff@value": Fraction(4), "satisfaction@value": Fraction(1, 2)},
        {"satisfaction@value": Fraction(1)},
        {"staff@value": Fraction(0), "satisfaction@value": Fraction(3, 4)},
        {"staff@value": Fraction(7)},
    )
    one = at(block_of(visits, *sent), "satisfaction@value")
    assert one.total == Fraction(1, 2)
    assert one.by_unit == {"U0": Fraction(1, 2), "U1": Fraction(1), "U2": Fraction(3, 4)}
    assert one.weights == {"U0": 4, "U2": 0} and (one.weight, one.weight_title.zh) == ("staff", "在岗人数")
    assert at(block_of(visits, *sent[1:]), "satisfaction@value").total is None


def test_where_weights_cancel_out_there_is_no_mean(visits: Template) -> None:
    cancel = {"customers.001@balance": Fraction(5), "customers.001@growth": Fraction(1, 2)}
    cancel |= {"customers.002@balance": Fraction(-5), "customers.002@growth": Fraction(1, 4)}
    alone = at(block_of(visits, cancel), "customers@growth")
    assert alone.total is None and alone.by_unit == {} and alone.weights == {"U0": 0}
    other = {"customers.001@balance": Fraction(10), "customers.001@growth": Fraction(1, 10)}
    both = at(block_of(visits, cancel, other), "customers@growth")
    assert both.total == (Fraction(5, 2) - Fraction(5, 4) + 1) / 10
    assert not both.follows and at(block_of(visits, other), "customers@growth").follows


def test_money_of_a_field_is_added_in_whole_fen(visits: Template) -> None:
    block = block_of(visits, {"sales@value": Fraction(1)}, {"sales@value": Fraction(1)})
    assert at(block, "sales@value").total == 2
    assert at(block, "third@value").by_unit == {"U0": Fraction(33, 100), "U1": Fraction(33, 100)}
    assert at(block, "third@value").total == Fraction(66, 100)


def test_the_templates_own_total_is_no_measure(tmp_path: Path) -> None:
    block = block_of(made(tmp_path, BESIDE), {"reserve@value": Fraction(5)})
    assert [(one.code, one.total) for one in block.measures] == [("reserve", Fraction(5))]


def test_templates_that_declare_none_have_none(tmp_path: Path) -> None:
    assert block_of(COSMETICS, {"1.1.1@amount": Fraction(1)}).measures == ()
    assert block_of(made(tmp_path, ACTIVITIES), {"activities.001@quantity": Fraction(1)}).measures == ()
    assert measures([]) == ()


def test_parts_that_no_unit_has_are_no_measures(tmp_path: Path) -> None:
    more = (
        '[[sheet.section]]\ncode = "2"\ntitle = { zh = "其他" }\nlines = [{ code = "2.1", title = { zh = "乙" } }]\n\n'
    )
    at_list = MEASURED.index('[[sheet]]\nid = "customers"')
    template = made(tmp_path, MEASURED[:at_list] + more + MEASURED[at_list:], "visits")
    some = report(template, "甲", {"1.1@visits": "2"}, parts=("1",))
    every = report(template, "乙", {"2.1@visits": "3"})
    assert not [one for one in measures([some]) if one.code in ("2", "2.1")]
    (line,) = [one for one in measures([some, every]) if (one.code, one.column) == ("2.1", "visits")]
    assert line.by_unit == {"乙": 3}


# ---- ratios of sums ------------------------------------------------------------------------------------------------

GROWN: Mapping[Key, st.SearchStrategy[Fraction]] = {
    "cost@value": FENS,
    **{f"{line}@{column}": FENS for line in ("1.1", "1.2", "1.n01", "2.1") for column in ("last", "target")},
    **{f"customers.{n:03d}@{column}": FENS for n in (1, 2, 3) for column in ("sales", "stock")},
}
GROWN_UNITS = st.lists(st.fixed_dictionaries({}, optional=GROWN), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return made(tmp_path_factory.mktemp("growing"), GROWING, "growing")


@given(sent=GROWN_UNITS)
def test_a_ratio_is_its_formula_over_all_that_was_entered(growing: Template, sent: list[dict[Key, Fraction]]) -> None:
    def whole(column: str, *rows: str, of: Sequence[Mapping[Key, Fraction]] = sent) -> Fraction:
        return sum((one.get(f"{row}@{column}", Fraction(0)) for one in of for row in rows), Fraction(0))

    block = block_of(growing, *sent)
    lines = ("1.1", "1.2", "1.n01", "2.1")
    last, target = whole("last", *lines), whole("target", *lines)
    assert at(block, "growth@value").total == (target / last - 1 if last else 0)
    assert at(block, "total@rate").total == (target / last - 1 if last else None)
    for row, part in (("1.1", ("1.1",)), ("2.1", ("2.1",)), ("1", lines[:3])):
        base = whole("last", *part)
        assert at(block, f"{row}@rate").total == (whole("target", *part) / base - 1 if base else None)
    assert at(block, "1.2@rate").total == (whole("target", "1.2") / target if target else 0)  # its own formula
    assert at(block, "intensity@value").total == (whole("value", "cost") / target if target else 0)
    rows = [f"customers.{n:03d}" for n in (1, 2, 3)]
    stock = whole("stock", *rows)
    turnover = at(block, "customers@turnover")
    assert turnover.total == (whole("sales", *rows) / stock if stock else 0)
    for n, one in enumerate(sent):
        mine = whole("stock", *rows, of=[one])
        assert turnover.by_unit[f"U{n}"] == (whole("sales", *rows, of=[one]) / mine if mine else 0)


def test_a_unit_without_a_base_counts_in_a_ratio(growing: Template) -> None:
    old = {"1.1@last": Fraction(100), "1.1@target": Fraction(110)}
    block = block_of(growing, old, {"1.1@target": Fraction(47)})
    rate, growth = at(block, "1.1@rate"), at(block, "growth@value")
    assert (rate.way, rate.total, growth.total) == ("ratio", Fraction(57, 100), Fraction(57, 100))
    assert rate.by_unit == {"U0": Fraction(1, 10)}  # the new unit's workbook shows none
    assert growth.by_unit == {"U0": Fraction(1, 10), "U1": Fraction(0)}
    assert (rate.weight, rate.weights) == ("", {}) and not rate.follows


def test_a_ratio_asks_parts_that_only_some_units_have(growing: Template) -> None:
    home = report(growing, "甲", {"cost@value": "30", "1.1@target": "100"}, parts=("1",))
    both = report(growing, "乙", {"cost@value": "10", "2.1@target": "300"})
    for sent in ([home, both], [both, home]):
        found = {(one.code, one.column): one for one in measures(sent)}
        assert found["intensity", "value"].total == Fraction(40, 400)
        assert found["intensity", "value"].by_unit == {"甲": Fraction(3, 10), "乙": Fraction(1, 30)}
        assert set(found["2", "rate"].by_unit) == set() and found["2", "rate"].total is None
    (alone,) = [one for one in measures([home]) if one.code == "intensity"]
    assert alone.total == Fraction(3, 10)


def test_ratios_do_not_depend_on_the_order_of_units(growing: Template) -> None:
    sent = reports(growing, [{"1.1@last": Fraction(n), "1.1@target": Fraction(n * n)} for n in range(4)])
    assert measures(sent) == measures(sent[::-1])


# ---- in a round ---------------------------------------------------------------------------------------------------

COUNTED = totalled.PLAN.replace(
    '[[sheet.fields]]\nid = "filer"',
    """[[sheet.fields]]
id = "staff"
title = { zh = "人数", en = "Staff" }
type = "integer"
consolidate = "sum"
[[sheet.fields]]
id = "score"
title = { zh = "得分", en = "Score" }
type = "quantity"
consolidate = "weighted"
weight = "staff"
[[sheet.fields]]
id = "filer\"""",
)


@pytest.mark.parametrize(("amount", "staff", "score"), [("own", 60, Fraction(140, 60)), ("sum", 10, Fraction(2))])
def test_a_round_counts_the_measures_of_the_versions_whose_money_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, amount: str, staff: int, score: Fraction
) -> None:
    from crmxl.commands.totalling import totals_of

    monkeypatch.setattr(totalled, "PLAN", COUNTED)
    folder = totalled.lay(tmp_path / "round", amount=amount)
    for unit, people, points in (("N", 50, "2.4"), ("N1", 4, "5"), ("N2", 6, "0"), ("E1", 100, "9")):
        said: dict[Key, Fraction] = {"staff@value": Fraction(people), "score@value": Fraction(points)}
        totalled.send(folder, unit, {**totalled.entries(a=10), **said})
    totalled.nothing(folder, "E2")
    totalled.approve(folder, "N", "N1", "N2", "E2")  # E1 is under review and does not count
    with totalled.opened(folder) as (round, register):
        (block,) = totals_of(round, register, "approved", "approved", "zh").blocks
    assert at(block, "staff@value").total == staff
    assert at(block, "score@value").total == score
    assert "E2" not in at(block, "staff@value").by_unit and "E1" not in at(block, "staff@value").by_unit
