"""Templates with what the shipped ones do not have: lists, several money columns, lines outside the total."""

ACTIVITIES = """
id = "made-up"
version = 1
title = { zh = "活动预算", en = "Activities" }
total = "activities@amount"

[[sheet]]
id = "activities"
title = { zh = "活动", en = "Activities" }
kind = "list"
rows = 5
columns = [
  { id = "name", title = { zh = "活动", en = "Activity" }, type = "text" },
  { id = "quantity", title = { zh = "数量", en = "Quantity" }, type = "quantity" },
  { id = "price", title = { zh = "单价", en = "Price" }, type = "money", consolidate = "none" },
  { id = "amount", title = { zh = "金额", en = "Sum" }, type = "money", total = true, expression = "quantity * price" },
]
"""

BESIDE = """
id = "made-up"
version = 1
title = { zh = "有不计入的预算", en = "With lines outside the total" }
total = "budget@value"

[[sheet]]
id = "lines"
title = { zh = "费用", en = "Lines" }
kind = "grid"
columns = [
  { id = "amount", title = { zh = "金额", en = "Amount" }, type = "money", total = true },
  { id = "last_year", title = { zh = "上年", en = "Last year" }, type = "money", total = true },
]
[[sheet.section]]
code = "1"
title = { zh = "计入", en = "Inside" }
open = 2
lines = [ { code = "1.1", title = { zh = "甲", en = "A" } }, { code = "1.10", title = { zh = "乙", en = "B" } } ]
[[sheet.section]]
code = "2"
title = { zh = "不计入", en = "Outside" }
lines = [ { code = "2.1", title = { zh = "丙", en = "C" } } ]

[[sheet]]
id = "whole"
title = { zh = "合计", en = "Whole" }
kind = "form"
[[sheet.fields]]
id = "reserve"
title = { zh = "预备费", en = "Reserve" }
type = "money"
[[sheet.fields]]
id = "budget"
title = { zh = "预算总额", en = "Budget" }
type = "money"
expression = "1@amount + reserve"
"""
