"""A weighted mean names what weighs it and a ratio asks for sums, or the definition is refused at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmxl.define.template import load_template
from crmxl.errors import DefinitionError

WEIGHED = """
id = "small"
version = 1
title = { zh = "小模板" }
total = "total@amount"

[[sheet]]
id = "head"
kind = "form"
title = { zh = "基本信息" }
fields = [
  { id = "staff", title = { zh = "人数" }, type = "integer" },
  { id = "score", title = { zh = "得分" }, type = "percent", consolidate = "weighted", weight = "staff" },
]

[[sheet]]
id = "plan"
kind = "grid"
title = { zh = "预算" }
columns = [
  { id = "visits", title = { zh = "次数" }, type = "quantity", consolidate = "sum" },
  { id = "amount", title = { zh = "金额" }, type = "money", total = true },
  { id = "price", title = { zh = "单价" }, type = "money", consolidate = "weighted", weight = "visits" },
  { id = "rate", title = { zh = "比率" }, type = "percent", expression = "amount", levels = ["line", "total"] },
  { id = "whole", title = { zh = "合计数" }, type = "money", expression = "amount", levels = ["total"] },
  { id = "basis", title = { zh = "依据" }, type = "text" },
]
[[sheet.section]]
code = "1"
title = { zh = "部分" }
lines = [{ code = "1.1", title = { zh = "甲" } }]
"""
PRICE = "templates/small.toml: sheet[1].columns[2].weight"
SCORE = "templates/small.toml: sheet[0].fields[1].weight"
BROKEN = {
    # what is wrong: (text in WEIGHED, its replacement, place, words of the message)
    "no weight": (', weight = "visits"', "", PRICE, "needs a column that weighs it; there are visits, amount"),
    "no weight of a field": (', weight = "staff"', "", SCORE, "needs a field that weighs it; there are staff"),
    "an unknown weight": ('weight = "visits"', 'weight = "staff"', PRICE, "no column `staff` on this sheet"),
    "a weight from another sheet": ('weight = "staff"', 'weight = "visits"', SCORE, "no field `visits` on this sheet"),
    "itself as weight": ('weight = "visits"', 'weight = "price"', PRICE, "`price` cannot weigh itself"),
    "a share as weight": ('weight = "visits"', 'weight = "rate"', PRICE, "`rate` is percent, which cannot be added up"),
    "a text as weight": ('weight = "visits"', 'weight = "basis"', PRICE, "`basis` is text"),
    "a weight on other rows": ('weight = "visits"', 'weight = "whole"', PRICE, "stands on no row with `price`"),
    "a weight of a sum": ('"weighted", weight = "visits"', '"sum", weight = "visits"', PRICE, 'weighted", not sum'),
    "a weight of what is not added": ('"weighted", weight = "staff"', '"none", weight = "staff"', SCORE, "not none"),
}


def write(folder: Path, text: str) -> Path:
    (folder / "templates").mkdir(exist_ok=True)
    (folder / "templates" / "small.toml").write_text(text, encoding="utf-8")
    return folder / "templates" / "small.toml"


@pytest.mark.parametrize(("old", "new", "place", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_an_unsound_weight_is_refused_at_the_place(tmp_path: Path, old: str, new: str, place: str, words: str) -> None:
    assert WEIGHED.count(old) == 1
    with pytest.raises(DefinitionError) as caught:
        load_template(write(tmp_path, WEIGHED.replace(old, new)))
    (problem,) = caught.value.problems
    assert problem.place.endswith(place) and words in problem.message


def test_a_weight_stands_beside_what_it_weighs(tmp_path: Path) -> None:
    head, plan = load_template(write(tmp_path, WEIGHED)).sheets
    assert head.fields[1].column.weight == "staff" and plan.columns[2].weight == "visits"
    subtotals = WEIGHED.replace(
        '"percent", expression', '"percent", consolidate = "weighted", weight = "whole", expression'
    )
    assert load_template(write(tmp_path, subtotals)).sheets[1].columns[3].weight == "whole"


# ---- ratios --------------------------------------------------------------------------------------------------------

RATIOS = """
id = "small"
version = 1
title = { zh = "小模板" }
total = "total@amount"

[[sheet]]
id = "head"
kind = "form"
title = { zh = "基本信息" }
[[sheet.fields]]
id = "sales"
title = { zh = "销售额" }
type = "money"
[[sheet.fields]]
id = "kind"
title = { zh = "类型" }
type = "text"
[[sheet.fields]]
id = "rent"
title = { zh = "每平米租金" }
type = "money"
consolidate = "none"
[[sheet.fields]]
id = "expense"
title = { zh = "费用" }
type = "money"
expression = "total@amount"
consolidate = "none"
[[sheet.fields]]
id = "ratio"
title = { zh = "费用率" }
type = "percent"
expression = "IF(sales = 0, 0, expense / sales)"
consolidate = "ratio"

[[sheet]]
id = "plan"
kind = "grid"
title = { zh = "预算" }
[[sheet.columns]]
id = "count"
title = { zh = "次数" }
type = "quantity"
consolidate = "sum"
[[sheet.columns]]
id = "amount"
title = { zh = "金额" }
type = "money"
total = true
[[sheet.columns]]
id = "share"
title = { zh = "占比" }
type = "percent"
expression = "amount / MAX(1, total@amount)"
consolidate = "ratio"
[[sheet.columns]]
id = "each"
title = { zh = "每次" }
type = "quantity" # of money by visits
expression = "IF(count = 0, 0, amount / count)"
consolidate = "ratio"
[[sheet.section]]
code = "1"
title = { zh = "部分" }
[[sheet.section.lines]]
code = "1.1"
title = { zh = "甲" }
[[sheet.section.lines]]
code = "1.2"
title = { zh = "乙" }
formulas = { each = "IF(sales = 0, 0, amount / sales)" }
"""
FIELD, EACH = "sheet[0].fields[4].expression", "sheet[1].columns[3].expression"
OWN = "sheet[1].section[0].lines[1].formulas.each"
UNSUMMED = {
    # what is wrong: (text in RATIOS, its replacement, place, words of the message)
    "an input": ('expression = "amount / MAX(1, total@amount)"', "", "sheet[1].columns[2].consolidate", "calculated"),
    "money": ('"quantity" # of money by visits', '"money"', "sheet[1].columns[3].consolidate", "money is none"),
    "a text": ("IF(sales = 0, 0, expense", "IF(kind = '', 0, expense", FIELD, "`kind` is text"),
    "a share": ("amount / count)", "amount / count + share)", EACH, "`share` is percent, which cannot be added up"),
    "another ratio": ("0, expense / sales)", "0, 1.1@each / sales)", FIELD, "`1.1@each` is itself a mean or ratio"),
    "a price": ("0, expense / sales)", "0, rent / sales)", FIELD, "`rent` is not added up, like a price"),
    "a set": ("0, expense / sales)", "0, SUM(1.*@amount) / sales)", FIELD, "`1.*@amount` is a set of cells"),
    "lines above": ("amount / count)", "above@amount / count)", EACH, "`above@amount` is a set of cells"),
    "the year": ("0, expense / sales)", "0, expense / year)", FIELD, "`year` is no figure of a unit"),
    "blanks": ("IF(sales = 0, 0, expense", "IF(BLANK(sales), 0, expense", FIELD, "BLANK asks for blanks"),
    "a line's own formula": ("amount / sales)", "amount / rent)", OWN, "`rent` is not added up"),
}


@pytest.mark.parametrize(("old", "new", "place", "words"), UNSUMMED.values(), ids=UNSUMMED.keys())
def test_a_ratio_that_sums_do_not_answer_is_refused(tmp_path: Path, old: str, new: str, place: str, words: str) -> None:
    assert RATIOS.count(old) == 1
    with pytest.raises(DefinitionError) as caught:
        load_template(write(tmp_path, RATIOS.replace(old, new.replace("''", '\\"\\"'))))
    (problem,) = caught.value.problems
    assert problem.place.endswith(place) and words in problem.message


def test_a_ratio_of_sums_is_sound(tmp_path: Path) -> None:
    head, plan = load_template(write(tmp_path, RATIOS)).sheets
    assert head.fields[4].column.consolidate == plan.columns[2].consolidate == plan.columns[3].consolidate == "ratio"


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ('["a,b", "c"]', "found `a,b`; Excel's lists take no comma"),
        ("['\"q\"', 'c']", "no quote"),
        ('["a ", "c"]', "no blanks at the ends"),
        (str([f"选项{number}很长很长" for number in range(60)]).replace("'", '"'), "come to 529 characters"),
    ],
)
def test_choices_that_excels_list_cannot_hold_are_refused(choices: str, said: str, tmp_path: Path) -> None:
    text = CHOOSING.replace("CHOICES", choices)
    (tmp_path / "choosing.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_template(tmp_path / "choosing.toml")
    (problem,) = caught.value.problems
    assert said in str(problem) and "choices" in problem.place


CHOOSING = """
id = "choosing"
version = 1
title = { zh = "选择", en = "Choosing" }
total = "visits@cost"
[[sheet]]
id = "visits"
title = { zh = "拜访", en = "Visits" }
kind = "list"
rows = 3
columns = [
    { id = "kind", title = { zh = "种类" }, type = "choice", choices = CHOICES },
    { id = "cost", title = { zh = "费用" }, type = "money", total = true },
]
"""
