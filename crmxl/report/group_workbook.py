"""Totals → the group workbook: 封面, for each block 汇总 科目汇总 万元 校验 明细, and 未纳入与提示; where a template
declares any 指标, in a round with several levels 层级汇总, where reviewers changed anything 调整, beside another round
阶段对比.

The same totals give the same bytes; every formula carries its true value; text is never a formula. Sheets of several
blocks are numbered as on the cover.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from crmxl.group.totals import Totals
from crmxl.issue.book import Book
from crmxl.model import Lang, Text
from crmxl.report.group_workbook_checks import write_checks
from crmxl.report.group_workbook_cover import write_cover
from crmxl.report.group_workbook_facts import write_facts
from crmxl.report.group_workbook_left_out import write_left_out
from crmxl.report.group_workbook_levels import write_levels
from crmxl.report.group_workbook_lines import write_lines, write_wan
from crmxl.report.group_workbook_measures import write_measures
from crmxl.report.group_workbook_page import Desk
from crmxl.report.group_workbook_plan import COVER, plan
from crmxl.report.group_workbook_reviews import write_adjustments
from crmxl.report.group_workbook_stages import write_stages
from crmxl.report.group_workbook_units import write_units

_SEVERAL = Text("预算", "Budgets")
_GROUP = Text("（集团汇总）", " (group totals)")
_PROVISIONAL = Text("（集团汇总·暂计）", " (group totals, provisional)")


def write_totals(
    totals: Totals,
    year: int | None = None,
    lang: Lang = "zh",
    *,
    made_of: str = "",
    cache: bool = True,
    watched: Callable[[Sequence[Any]], Iterable[Any]] = iter,
) -> bytes:
    """The group workbook.

    ``year`` stands in the title (the blocks' own where it is not given), ``made_of`` says on the cover where the files
    came from; ``watched`` sees each block's facts go by, then every row of the file: these take the most time.
    ``cache=False`` leaves the values of formulas empty, for an oracle that must compute them. Totals are live up to
    1,000 units; 明细 is left out beyond a million rows; the cover says which. Raises WriteError beyond Excel's other
    limits.
    """
    book = Book(cut=True)
    desk = Desk(book, lang, _title(totals, year, lang), cache)
    several = len(totals.blocks) > 1
    plans = [plan(totals, block, n if several else 0, lang) for n, block in enumerate(totals.blocks, 1)]
    cover = book.sheet(COVER.say(lang))
    write_cover(desk, cover, totals, plans, made_of)
    for one in plans:
        write_units(desk, one)
        if one.block.several_levels:
            write_levels(desk, one, totals)
        write_lines(desk, one)
        write_wan(desk, one)
        if one.block.measures:
            write_measures(desk, one)
        if one.adjusted:
            write_adjustments(desk, one)
        if one.pair is not None:
            write_stages(desk, one, one.pair, totals)
        write_checks(desk, one)
        if one.detailed:
            write_facts(desk, one, watched)
    write_left_out(desk, totals)
    book.properties(desk.title, {})
    book.open_at(cover)
    return book.close(watched)


def _title(totals: Totals, year: int | None, lang: Lang) -> str:
    years = {block.year for block in totals.blocks}
    shown = str(year) if year else "–".join(map(str, sorted({min(years), max(years)}))) if years else ""
    group = _PROVISIONAL if totals.origin is not None and totals.origin.provisional else _GROUP
    title = totals.blocks[0].template.title if len(totals.blocks) == 1 else _SEVERAL
    if lang == "en":
        return f"{title.say(lang)} {shown}".strip() + group.say(lang)
    return (f"{shown}年度" if shown else "") + title.zh.removeprefix("年度") + group.zh
