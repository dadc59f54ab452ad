"""Lines that share a whole: one of two inputs, running sums, a line that is calculated, a column's older entries."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmxl.define.rows import by_code, rows
from crmxl.define.template import load_template
from crmxl.errors import DefinitionError
from crmxl.expression import Value
from crmxl.issue.calculate import calculate
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout
from crmxl.model import Key, Template

SHARED = """
id = "small"
version = 2
title = { zh = "小模板" }
total = "total@amount"

[[sheet]]
id = "head"
kind = "form"
title = { zh = "总额" }
fields = [{ id = "whole", title = { zh = "总预算" }, type = "money" }]

[[sheet]]
id = "plan"
kind = "grid"
title = { zh = "预算" }
one_of = [["share_in", "amount_in"]]
columns = [
  { id = "share_in", title = { zh = "填比例" }, type = "percent", minimum = 0 },
  { id = "amount_in", title = { zh = "填金额" }, type = "money", was = "amount" },
  { id = "amount", type = "money", total = true, expression = "IF(BLANK(amount_in), ROUND(whole * (above@share_in + share_in), 2) - ROUND(whole * above@share_in, 2), amount_in)" },
  { id = "basis", type = "text" },
  { id = "half", title = { zh = "一半" }, type = "money", expression = "whole / 2" },
]
[[sheet.section]]
code = "1"
title = { zh = "分配" }
lines = [{ code = "1.1", title = { zh = "甲" } }, { code = "1.2", title = { zh = "乙" } }]
open = 1
[[sheet.section]]
code = "2"
title = { zh = "其余" }
lines = [{ code = "2.1", title = { zh = "丙" } }]
[[sheet.section]]
code = "3"
title = { zh = "未分配" }
[[sheet.section.lines]]
code = "3.1"
title = { zh = "未分配" }
without = ["share_in", "amount_in"]
formulas = { amount = "whole - SUM(1.*@amount) - SUM(2.*@amount)" }

[[sheet]]
id = "visits"
kind = "list"
rows = 2
title = { zh = "拜访" }
columns = [
  { id = "cost", title = { zh = "费用" }, type = "money" },
  { id = "twice", title = { zh = "两倍" }, type = "money", expression = "cost * 2" },
]
"""  # noqa: E501
SHARES = ("1.1", "1.2", "1.n01", "2.1")
PLAN = "templates/small.toml: sheet[1]"
LINE = f"{PLAN}.section[2].lines[0]"
BROKEN = {
    # what is wrong: (text in SHARED, its replacement, place, words of the message)
    "an unknown input": ('[["share_in",', '[["share",', f"{PLAN}.one_of[0][0]", "found `share`; inputs without months"),
    "a calculated one of two": ('"amount_in"]]', '"amount"]]', f"{PLAN}.one_of[0][1]", "found `amount`; inputs"),
    "one of one": (', "amount_in"]]', "]]", f"{PLAN}.one_of[0]", "must have at least 2"),
    "one of two in a form": (
        'fields = [{ id = "whole"',
        'one_of = [["whole", "other"]]\nfields = [{ id = "whole"',
        "templates/small.toml: sheet[0].one_of",
        "belongs to grids and lists",
    ),
    "without an unknown column": (
        'without = ["share_in"',
        'without = ["share"',
        f"{LINE}.without[0]",
        "no column `share`",
    ),
    "without what is added up": (
        'without = ["share_in", "amount_in"]\nformulas = { amount = "whole - SUM(1.*@amount) - SUM(2.*@amount)" }',
        'without = ["amount"]',
        f"{LINE}.without[0]",
        "every line has it",
    ),
    "without what it calculates": (
        'without = ["share_in", "amount_in"]\nformulas = {',
        'without = ["half"]\nformulas = { half = "whole",',
        f"{LINE}.without[0]",
        "yet the line gives it a value or formula",
    ),
    "an older column of a calculation": (
        'total = true, expression = "IF',
        'total = true, was = "sum", expression = "IF',
        f"{PLAN}.columns[2].was",
        "is for inputs",
    ),
    "an older column that is still filled": (
        'was = "amount"',
        'was = "basis"',
        f"{PLAN}.columns[1].was",
        "still filled here",
    ),
    "an older column twice": (
        "minimum = 0 }",
        'minimum = 0, was = "amount" }',
        f"{PLAN}.columns[1].was",
        "named already by `share_in`",
    ),
    "a running sum in a list": (
        '"cost * 2"',
        '"cost + above@cost"',
        "templates/small.toml: sheet[2].columns[1].expression",
        "rows of lists may be sorted",
    ),
    "a running sum of nothing": (
        "(above@share_in +",
        "(above@shares +",
        f"{PLAN}.columns[2].expression",
        "there is no column `shares` here",
    ),
    "a running sum of texts": ("(above@share_in +", "(above@basis +", f"{PLAN}.columns[2].expression", "text"),
}


def load(folder: Path, text: str = SHARED) -> Template:
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / "small.toml").write_text(text, encoding="utf-8")
    return load_template(folder / "templates" / "small.toml")


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    return lay_out(load(tmp_path_factory.mktemp("own")), 2026)


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_an_unsound_definition_is_refused_at_its_place(
    tmp_path: Path, old: str, new: str, place: str, words: str
) -> None:
    assert SHARED.count(old) == 1
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, SHARED.replace(old, new))
    (problem,) = caught.value.problems
    assert problem.place.endswith(place) and words in problem.message


def test_a_calculated_line_has_no_cells_for_what_its_neighbours_are_asked(layout: Layout) -> None:
    row = by_code(rows(layout.template))["3.1"]
    assert list(row.columns) == ["amount", "basis", "half"]
    assert {"3.1@amount", "3.1@basis"} <= layout.cells.keys()
    assert not {"3.1@share_in", "3.1@amount_in"} & layout.cells.keys()


def test_the_first_line_has_nothing_above_it_and_a_line_knows_what_stands_above(layout: Layout) -> None:
    typed: dict[Key, Value] = {"whole@value": Fraction(100), "2.1@share_in": Fraction(1, 10)}
    for code in SHARES:
        values = calculate(layout, {**typed, f"{code}@share_in": Fraction(1, 4)})
        assert values[f"{code}@amount"] == 25
        assert values["3.1@amount"] == (75 if code == "2.1" else 65)


@given(
    st.integers(1, 10**11),
    st.lists(st.integers(0, 10**6), min_size=3, max_size=3),
    st.permutations(range(4)),
)
def test_shares_that_add_up_to_the_whole_give_it_to_the_fen(
    layout: Layout, fen: int, cuts: list[int], order: list[int]
) -> None:
    bounds = [0, *sorted(cuts), 10**6]
    pieces = [Fraction(after - before, 10**6) for before, after in pairwise(bounds)]
    shares = {code: pieces[at] for code, at in zip(SHARES, order, strict=True)}
    whole = Fraction(fen, 100)
    typed: dict[Key, Value] = {"whole@value": whole, **{f"{code}@share_in": share for code, share in shares.items()}}
    values = calculate(layout, typed)
    assert values["3.1@amount"] == 0 and values["total@amount"] == whole
    for code, share in shares.items():
        amount = values[f"{code}@amount"]
        assert isinstance(amount, Fraction) and (amount * 100).denominator == 1
        assert abs(amount - whole * share) <= Fraction(1, 100)


def test_two_entries_where_one_is_allowed_are_counted_on_their_row_unless_one_is_an_error(layout: Layout) -> None:
    typed: dict[Key, Value] = {
        "1.1@share_in": Fraction(1, 2),
        "1.1@amount_in": Fraction(5),
        "1.2@share_in": Fraction(0),
    }
    values = calculate(layout, {"whole@value": Fraction(100), **typed})
    both = [values[f"{code}@_both"] for code in (*SHARES, "3.1")]
    assert both == [1, 0, 0, 0, 0]
    assert (values["C08@actual"], values["C08@result"]) == (1, "不通过")
