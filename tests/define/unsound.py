"""A small sound template, and each way to make it unsound: a change, its place, words of the message."""

from __future__ import annotations

SOUND = """
id = "small"
version = 1
title = { zh = "小模板", en = "Small" }
total = "total@amount"
parts = ["one"]

[[sheet]]
id = "head"
kind = "form"
title = { zh = "基本信息", en = "Head" }
fields = [
    { id = "target", type = "money", title = { zh = "考核任务" }, issued = true },
    { id = "cap", type = "money", title = { zh = "上限" }, expression = "ROUND(target * 0.5‰, 2)" },
    { id = "stage", type = "choice", title = { zh = "阶段" }, choices = ["一上", "二上"] },
]

[[sheet]]
id = "plan"
kind = "grid"
title = { zh = "预算", en = "Plan" }
columns = [
    { id = "amount", type = "money", total = true, months = true },
    { id = "share", type = "percent", expression = "amount / total@amount", levels = ["section"] },
    { id = "basis", type = "text", required_if = "amount <> 0" },
]

[[sheet.section]]
code = "1"
part = "one"
title = { zh = "第一部分" }
lines = [{ code = "1.1", title = { zh = "甲" } }]
open = 2

[[sheet.section.group]]
code = "1.2"
title = { zh = "小类" }
lines = [{ code = "1.2.1", title = { zh = "乙" } }]

[[sheet]]
id = "visits"
kind = "list"
rows = 3
title = { zh = "拜访", en = "Visits" }
columns = [
    { id = "quantity", type = "integer", minimum = 0, maximum = 10, total = true },
    { id = "unit_price", type = "money" },
    { id = "cost", type = "money", title = { zh = "费用" }, expression = "quantity * unit_price", total = true },
]
"""

BROKEN = {
    # what is wrong: (text in SOUND, its replacement, place, words of the message)
    "an unknown setting": ("parts =", "part =", "part", "`parts` meant?"),
    "a missing id": ('id = "small"\n', "", "id", "is missing"),
    "a missing version": ("version = 1\n", "", "version", "is missing"),
    "a version below 1": ("version = 1", "version = 0", "version", "at least 1"),
    "a version in quotes": ("version = 1", 'version = "1"', "version", "found the text `1`; must be a whole number"),
    "a title without Chinese": ('zh = "小模板", ', "", "title.zh", "is missing"),
    "an empty title": ('zh = "预算"', 'zh = " "', "sheet[1].title.zh", "visible sign"),
    "a number that is not finite": ("minimum = 0", "minimum = nan", "sheet[2].columns[0].minimum", "finite"),
    "an unknown type": ('"percent"', '"percentage"', "sheet[1].columns[1].type", "`percent` meant?"),
    "an unknown kind": ('kind = "grid"', 'kind = "table"', "sheet[1].kind", "form, grid, list"),
    "an id with a capital": ('id = "plan"', 'id = "Plan"', "sheet[1].id", "small letters"),
    "an id that begins with _": ('id = "plan"', 'id = "_plan"', "sheet[1].id", "small letters"),
    "an id with two _": ('id = "plan"', 'id = "plan__a"', "sheet[1].id", "single _"),
    "full-width digits in an id": ('id = "plan"', 'id = "plan２"', "sheet[1].id", "small letters"),
    "a code with a space": ('code = "1.1"', 'code = "1. 1"', "sheet[1].section[0].lines[0].code", "letters, digits"),
    "a code with a star": ('code = "1.1"', 'code = "1.*"', "sheet[1].section[0].lines[0].code", "letters, digits"),
    "a code with @": ('code = "1.1"', 'code = "1.1@x"', "sheet[1].section[0].lines[0].code", "letters, digits"),
    "a code with a line end": ('code = "1.1"', r'code = "1.1\n"', "sheet[1].section[0].lines[0].code", "letters"),
    "a reserved sheet id": ('id = "visits"', 'id = "value"', "sheet[2].id", "choose another id"),
    "a reserved column id": ('id = "cost"', 'id = "code"', "sheet[2].columns[2].id", "choose another id"),
    "a reserved field id": ('id = "stage"', 'id = "title"', "sheet[0].fields[2].id", "choose another id"),
    "two sheets with one id": ('id = "visits"', 'id = "plan"', "sheet[2].id", "already at sheet[1].id"),
    "two columns with one id": (
        'id = "basis"',
        'id = "share"',
        "sheet[1].columns[2].id",
        "sheet[1].columns[1].id",
    ),
    "two fields with one id": ('id = "stage"', 'id = "cap"', "sheet[0].fields[2].id", "fields[1].id"),
    "a column without a header": ('title = { zh = "费用" }, ', "", "sheet[2].columns[2].title", "usual"),
    "a line under a foreign section": ('code = "1.1"', 'code = "2.1"', "sheet[1].section[0].lines[0].code", "`1.`"),
    "a line whose code only looks nested": (
        'code = "1.1"',
        'code = "11.1"',
        "sheet[1].section[0].lines[0].code",
        "`1.`",
    ),
    "a group under a foreign section": (
        'code = "1.2"\ntitle = { zh = "小类" }\nlines = [{ code = "1.2.1"',
        'code = "3.2"\ntitle = { zh = "小类" }\nlines = [{ code = "3.2.1"',
        "sheet[1].section[0].group[0].code",
        "`1.`",
    ),
    "a line under a foreign group": (
        'code = "1.2.1"',
        'code = "1.3.1"',
        "sheet[1].section[0].group[0].lines[0].code",
        "`1.2.`",
    ),
    "a code that stands twice": (
        '{ code = "1.1", title = { zh = "甲" } }',
        '{ code = "1.1", title = { zh = "甲" } }, { code = "1.1", title = { zh = "丙" } }',
        "sheet[1].section[0].lines[1].code",
        "already at sheet[1].section[0].lines[0].code",
    ),
    "an old code that a line still has": (
        'title = { zh = "甲" } }',
        'title = { zh = "甲" }, was = "1.2.1" }',
        "sheet[1].section[0].lines[0].was",
        "still has",
    ),
    "an old code that is the line's own": (
        'title = { zh = "甲" } }',
        'title = { zh = "甲" }, was = "1.1" }',
        "sheet[1].section[0].lines[0].was",
        "still has",
    ),
    "an old code that a blank line has": (
        'title = { zh = "甲" } }',
        'title = { zh = "甲" }, was = "1.N02" }',
        "sheet[1].section[0].lines[0].was",
        "still has",
    ),
    "an old code that two lines claim": (
        '{ code = "1.1", title = { zh = "甲" } }',
        '{ code = "1.1", title = { zh = "甲" }, was = "1.9" }, { code = "1.3", title = { zh = "丙" }, was = "1.9" }',
        "sheet[1].section[0].lines[1].was",
        "already at sheet[1].section[0].lines[0].was",
    ),
    "an old code with a space": (
        'title = { zh = "甲" } }',
        'title = { zh = "甲" }, was = "1. 9" }',
        "sheet[1].section[0].lines[0].was",
        "letters, digits",
    ),
    "codes that differ in case": (
        '{ code = "1.1", title = { zh = "甲" } }',
        '{ code = "1.a", title = { zh = "甲" } }, { code = "1.A", title = { zh = "丙" } }',
        "sheet[1].section[0].lines[1].code",
        "only in case",
    ),
    "a line with a blank line's code": ('"1.1"', '"1.n02"', "sheet[1].section[0].lines[0].code", "section[0].open"),
    "a field with the total's code": ('id = "stage"', 'id = "total"', "sheet[0].fields[2].id", "sheet[1] generates"),
    "a field with a list's code": ('id = "stage"', 'id = "visits"', "sheet[0].fields[2].id", "sheet[2].id generates"),
    "a tab name of 32 signs": ('zh = "拜访"', f'zh = "{"拜" * 32}"', "sheet[2].title.zh", "at most 31"),
    "a tab name with a slash": ('en = "Visits"', 'en = "Visits/Calls"', "sheet[2].title.en", "has /"),
    "a tab name in quotes": ('en = "Visits"', 'en = "\'Visits"', "sheet[2].title.en", "begins or ends with '"),
    "a tab name that crmxl makes": ('zh = "拜访"', 'zh = "校验"', "sheet[2].title.zh", "choose another"),
    "a tab name that crmxl makes in English": ('en = "Visits"', 'en = "change LOG"', "sheet[2].title.en", "choose"),
    "a tab name that Excel keeps": ('en = "Visits"', 'en = "HISTORY"', "sheet[2].title.en", "choose another"),
    "two tabs with one name": ('en = "Visits"', 'en = "PLAN"', "sheet[2].title.en", "already at sheet[1]"),
    "two tabs with one name, one untranslated": (
        'title = { zh = "拜访", en = "Visits" }',
        'title = { zh = "Plan" }',
        "sheet[2].title.zh",
        "already at sheet[1]",
    ),
    "a part that no section has": ('parts = ["one"]', 'parts = ["two"]', "parts[0]", "there are one"),
    "a list without rows": ("rows = 3\n", "", "sheet[2].rows", "is missing"),
    "a list of no rows": ("rows = 3", "rows = 0", "sheet[2].rows", "at least 1"),
    "a grid with rows": ('kind = "grid"', 'kind = "grid"\nrows = 3', "sheet[1].rows", "does not belong to a grid"),
    "a choice without choices": (', choices = ["一上", "二上"]', "", "sheet[0].fields[2].choices", "is missing"),
    "choices of a number": (
        'type = "integer", ',
        'type = "integer", choices = ["1"], ',
        "sheet[2].columns[0].choices",
        "belongs to type choice",
    ),
    "a choice that stands twice": ('"二上"', '"一上"', "sheet[0].fields[2].choices", "twice"),
    "a minimum above the maximum": (
        "minimum = 0",
        "minimum = 10.5",
        "sheet[2].columns[0].minimum",
        "above the max",
    ),
    "bounds of a text": (
        'type = "text", ',
        'type = "text", minimum = 1, ',
        "sheet[1].columns[2].minimum",
        "belongs to numbers",
    ),
    "months of a percent": (
        'type = "percent", ',
        'type = "percent", months = true, ',
        "sheet[1].columns[1].months",
        "only money inputs",
    ),
    "months of a calculated amount": (
        'expression = "quantity * unit_price"',
        'expression = "quantity * unit_price", months = true',
        "sheet[2].columns[2].months",
        "a calculated column",
    ),
    "months of a form field": ("issued = true", "months = true", "sheet[0].fields[0].months", "not known here"),
    "a calculated field that the group gives": (
        'zh = "上限" }',
        'zh = "上限" }, issued = true',
        "sheet[0].fields[1].issued",
        "is for inputs",
    ),
    "a calculated column that is required": (
        'zh = "费用" }',
        'zh = "费用" }, required = true',
        "sheet[2].columns[2].required",
        "is for inputs",
    ),
    "required twice over": (
        'required_if = "amount',
        'required = true, required_if = "amount',
        "sheet[1].columns[2].required_if",
        "keep one",
    ),
    "a sum of shares at the group": (
        'levels = ["section"]',
        'levels = ["section"], consolidate = "sum"',
        "sheet[1].columns[1].consolidate",
        "cannot be added up",
    ),
    "a weighted text": (
        'type = "text", ',
        'type = "text", consolidate = "weighted", ',
        "sheet[1].columns[2].consolidate",
        "is not a number",
    ),
    "a total of a text": ('type = "text", ', 'type = "text", total = true, ', "sheet[1].columns[2].total", "added up"),
    "levels of an input": (
        'type = "text", ',
        'type = "text", levels = ["total"], ',
        "sheet[1].columns[2].levels",
        "calculated columns",
    ),
    "levels in a list": (
        'expression = "quantity * unit_price", total = true',
        'expression = "quantity * unit_price", levels = ["line", "total"]',
        "sheet[2].columns[2].levels",
        "belongs to grids",
    ),
    "a subtotal that is also calculated": (
        'type = "percent", expression = "amount / total@amount", levels = ["section"]',
        'type = "quantity", expression = "amount", levels = ["line", "section"], total = true',
        "sheet[1].columns[1].levels",
        "both a total and a calculation",
    ),
    "a section without lines": (
        '[[sheet]]\nid = "visits"',
        '[[sheet.section]]\ncode = "2"\ntitle = { zh = "空" }\n[[sheet]]\nid = "visits"',
        "sheet[1].section[1]",
        "has no lines",
    ),
    "a group without lines": (
        'lines = [{ code = "1.2.1", title = { zh = "乙" } }]\n',
        "",
        "sheet[1].section[0].group[0]",
        "has no lines",
    ),
    "a total that no cell is": ('total = "total@amount"', 'total = "sum@amount"', "total", "no cell has this key"),
    "a total that is not money": ('total = "total@amount"', 'total = "1@share"', "total", "must be money"),
    "a total that is a month": ('total = "total@amount"', 'total = "1@amount.03"', "total", "must be"),
    "an expression that cannot be read": (
        '"quantity * unit_price"',
        '"quantity * "',
        "sheet[2].columns[2].expression",
        "»",
    ),
    "an unknown bare name": (
        '"quantity * unit_price"',
        '"quantity * unit_prize"',
        "sheet[2].columns[2].expression",
        "`unit_price` meant?",
    ),
    "a column of another sheet": (
        '"quantity * unit_price"',
        '"quantity * amount"',
        "sheet[2].columns[2].expression",
        "neither a column here nor a form field",
    ),
    "a line that is not there": (
        'total@amount", levels',
        '1.9@amount", levels',
        "sheet[1].columns[1].expression",
        "`1.9`",
    ),
    "a cell that a line has not": (
        'total@amount", levels',
        '1@basis", levels',
        "sheet[1].columns[1].expression",
        "has no cell `basis`",
    ),
    "a month of a column without months": (
        'total@amount", levels',
        'visits@cost.03", levels',
        "sheet[1].columns[1].expression",
        "has no cell `cost.03`",
    ),
    "a pattern under no section": (
        'amount / total@amount"',
        'SUM(7.*@amount)"',
        "sheet[1].columns[1].expression",
        "no section or group has the code `7`",
    ),
    "a pattern of a column that a list does not have": (
        '"quantity * unit_price"',
        '"unit_price / SUM(visits.*@amount)"',
        "sheet[2].columns[2].expression",
        "the list `visits` has no column `amount`",
    ),
    "a pattern under a line": (
        'amount / total@amount"',
        'SUM(1.1.*@amount)"',
        "sheet[1].columns[1].expression",
        "no section or group has the code `1.1`",
    ),
    "a pattern of a column that no line has": (
        'amount / total@amount"',
        'SUM(1.*@cost)"',
        "sheet[1].columns[1].expression",
        "no line there has the column `cost`",
    ),
    "a set where one value belongs": (
        'amount / total@amount"',
        '1.*@amount"',
        "sheet[1].columns[1].expression",
        "several cells",
    ),
    "a row value that has no subtotal": (
        'amount / total@amount"',
        'SUM(basis)"',
        "sheet[1].columns[1].expression",
        "no cell on section rows",
    ),
    "a text that is calculated with": (
        'amount <> 0"',
        'basis + 1 > 0"',
        "sheet[1].columns[2].required_if",
        "a text cannot be calculated with",
    ),
    "a condition that is no condition": (
        'amount <> 0"',
        'amount"',
        "sheet[1].columns[2].required_if",
        "must be a condition",
    ),
    "a value that is a condition": (
        '"quantity * unit_price"',
        '"quantity > unit_price"',
        "sheet[2].columns[2].expression",
        "gives a condition",
    ),
    "an unknown name in a condition": ('amount <> 0"', 'amuont <> 0"', "sheet[1].columns[2].required_if", "`amount`"),
    "a column that needs itself": (
        '"quantity * unit_price"',
        '"cost + unit_price"',
        "sheet[2].columns[2].expression",
        "circle: visits.001@cost needs visits.001@cost",
    ),
    "a line that needs its own total": (
        '"quantity * unit_price"',
        '"unit_price + visits@cost"',
        "sheet[2].columns[2].expression",
        "in a circle",
    ),
    "a line that needs the sum of all lines": (
        'amount / total@amount", levels = ["section"]',
        'amount / SUM(1.*@share)"',
        "sheet[1].columns[1].expression",
        "circle: 1.1@share needs 1.*@share needs 1.1@share",
    ),
    "fields that need each other": (
        'title = { zh = "考核任务" }, issued = true',
        'title = { zh = "考核任务" }, expression = "cap * 2"',
        "sheet[0].fields[0].expression",
        "in a circle",
    ),
}
