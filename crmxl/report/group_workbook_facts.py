"""明细: one row for each unit and line with its source cell, and the hidden match keys that SUMIFS go by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from crmxl.group.facts import DIFFERENCE
from crmxl.issue import looks
from crmxl.issue.book import check, refusing, yuan
from crmxl.model import Kind, Lang, Text
from crmxl.report.group_workbook_page import Desk, close, columns, figure, heads, height, label, wide
from crmxl.report.group_workbook_plan import FACTS, FIRST, HEADER, MONTH_NAMES, REST, LineKeys, Plan, part_key
from crmxl.report.totals import Fact

_TITLES = {
    "unit": (Text("预算单位", "Unit"), 18),
    "part": (Text("部分", "Part"), 24),
    "group": (Text("小类", "Group"), 24),
    "code": (Text("编码", "Code"), 20),
    "title": (Text("项目", "Item"), 32),
    "column": (Text("列", "Column"), 12),
    "basis": (Text("测算依据", "Basis"), 40),
    "amount": (Text("全年（元）", "Year (yuan)"), 15),
    **{f"m{month:02d}": (MONTH_NAMES[month - 1], 13) for month in range(1, 13)},
    "rest": (REST, 13),
    "counted": (Text("计入总额", "Counted"), 9),
    "file": (Text("来源文件", "File"), 26),
    "sheet": (Text("工作表", "Sheet"), 16),
    "cell": (Text("单元格", "Cell"), 10),
    "template": (Text("模板", "Template"), 26),
    "key_unit": (Text("匹配：单位", "Match: unit"), 10),
    "key_part": (Text("匹配：部分", "Match: part"), 10),
    "key_line": (Text("匹配：项目", "Match: line"), 14),
}
"""Headers, and how wide a column is, which is how wide a column of texts may be."""
_HIDDEN = 3
_NOTE = Text(
    "每个单位每个项目一行，注明来源单元格；右侧隐藏的匹配码请勿改动。",
    "One row for each unit and line, with its source; three hidden match columns at the right serve the formulas.",
)
_UNWRAPPED = ("code", "cell", "counted", "template")
"""Texts without a place to break: smaller rather than cut."""
_YES, _NO = Text("是", "yes"), Text("否", "no")
_MONEY_IDS = ("amount", *(f"m{month:02d}" for month in range(1, 13)), "rest")


def write_facts(desk: Desk, plan: Plan, watched: Callable[[Sequence[Fact]], Iterable[Fact]] = iter) -> None:
    """The sheet 明细 of a block; ``watched`` sees every fact go by."""
    lang = desk.lang
    page = heads(desk, plan, FACTS, _NOTE.say(lang))
    ids = list(plan.fact_columns)
    texts = texts_of(plan, lang)
    widths = [_width(plan, id, texts[id], lang) if id in texts else float(_TITLES[id][1]) for id in ids]
    columns(page, [_TITLES[id][0].say(lang) for id in ids], widths, hidden=_HIDDEN)
    wrapped = [
        (n, widths[n]) for n, id in enumerate(ids) if id in ("unit", "part", "group", "title", "basis", "file", "sheet")
    ]
    told = [(column, texts[id]) for column, id in enumerate(ids) if id in texts]
    money = [(column, _MONEY_IDS.index(id)) for column, id in enumerate(ids) if id in _MONEY_IDS]
    style, amount = desk.book.format(label()), desk.book.format(figure(formula=False))
    unwrapped = desk.book.format({**label(), "text_wrap": False, "shrink": True})
    styles = {column: unwrapped if ids[column] in _UNWRAPPED else style for column, _ in told}
    fitting = cache(desk.book.fitting)
    raw = page.raw
    with refusing():  # once for all rows: there may be a million
        for row, fact in enumerate(watched(plan.facts), FIRST):
            said = {column: fitting(text(fact)) for column, text in told}
            for column, text in said.items():
                if text:
                    check(raw.write_string(row - 1, column, text, styles[column]))
                else:
                    check(raw.write_blank(row - 1, column, None, styles[column]))
            for column, at in money:
                check(raw.write_number(row - 1, column, yuan(fact.money[at]), amount))
            height(page, row, [(said[n], width) for n, width in wrapped])
    if not plan.facts:
        for column in range(1, len(ids) + 1):
            page.text(FIRST, column, "", label())
    page.call("autofilter", HEADER - 1, 0, plan.last_fact - 1, len(ids) - 1 - _HIDDEN)
    fixed = plan.fact_columns["title"] if wide(widths[:-_HIDDEN]) else 1
    close(desk, page, plan.name(FACTS), widths[:-_HIDDEN], plan.last_fact, fixed=fixed)


def _width(plan: Plan, id: str, text: Callable[[Fact], str], lang: Lang) -> float:
    """As wide as its longest text, and its header, within what the column may take."""
    title, most = _TITLES[id]
    found = looks.width(title.say(lang)) + 4
    if id.startswith("key"):
        return most
    for said in dict.fromkeys(map(text, plan.facts)):
        if (found := max(found, looks.width(said) + 2)) >= most:
            return most
    return found


def texts_of(plan: Plan, lang: Lang) -> dict[str, Callable[[Fact], str]]:
    """What stands in each text column of 明细."""
    keys = LineKeys(plan.block)
    units = {unit.label(lang): unit.shown(lang) for unit in plan.block.units}
    lists = {sheet.id for sheet in plan.block.template.sheets if sheet.kind is Kind.LIST}
    files = short_names([unit.file for unit in plan.block.units])
    titles = {id: title.say(lang) for id, title in plan.block.columns.items()}

    def part(fact: Fact) -> str:
        plain = fact.part == DIFFERENCE or fact.part in lists
        return fact.part_title if plain else f"{fact.part} {fact.part_title}"

    return {
        "unit": lambda fact: units[fact.unit],
        "part": part,
        "group": lambda fact: f"{fact.group} {fact.group_title}".strip(),
        "code": lambda fact: "" if fact.code == DIFFERENCE else fact.code,
        "title": lambda fact: fact.title,
        "column": lambda fact: titles.get(fact.column, ""),
        "basis": lambda fact: fact.basis,
        "counted": lambda fact: (_YES if fact.counted else _NO).say(lang),
        "file": lambda fact: files[fact.file],
        "sheet": lambda fact: fact.sheet,
        "cell": lambda fact: fact.cell,
        "template": lambda fact: fact.template,
        # What does not count matches no unit and no part.
        "key_unit": lambda fact: plan.unit_keys[fact.unit] if fact.counted else "",
        "key_part": lambda fact: part_key(fact.part) if fact.counted else "",
        "key_line": lambda fact: keys.of(fact.code, fact.column, counted=fact.counted),
    }


def short_names(files: Sequence[str]) -> dict[str, str]:
    """Names without folders where these tell the files apart, else the paths as given."""
    names = {file: file.replace("\\", "/").rpartition("/")[2] for file in files}
    return names if len(set(names.values())) == len(names) else {file: file for file in files}
