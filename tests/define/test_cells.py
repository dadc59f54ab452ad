"""A weighted mean names what weighs it, or the definition is refused at its place."""

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
