"""The units of a block as a table for a terminal: in the order of the tree with subtotals where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crmxl.group.origin import NIL, PROVISIONAL
from crmxl.group.totals import Block, Totals
from crmxl.model import Lang, Text
from crmxl.money import show_fen
from crmxl.report.tables import print_table

if TYPE_CHECKING:
    from rich.console import Console

_UNIT, _YUAN = Text("预算单位", "Unit"), Text("总额（元）", "Total (yuan)")
_OWN, _SUBTOTAL = Text("本级（元）", "Own (yuan)"), Text("小计（元）", "Subtotal (yuan)")
_REMARKS = Text("说明", "Remarks")
_MISSING, _OUT = Text("未交", "Not submitted"), Text("未纳入", "Left out")
_COMPARED = Text("本级上报 {amount} 元，只与下级核对", "Filed {amount} yuan, only compared with those below")


def print_units(to: Console, totals: Totals, block: Block, lang: Lang, *, title: str, group: str) -> None:
    """The table; its last row, ``group``, is the block's total."""
    said = remarks(totals, block, lang)
    if block.several_levels:
        rows = [
            (
                "　" * (level.depth - 1) + level.shown(lang),
                "" if level.own is None else show_fen(level.own),
                show_fen(level.total),
                said.get(level.unit, ""),
            )
            for level in block.levels
        ]
        tree = tuple(text.say(lang) for text in (_UNIT, _OWN, _SUBTOTAL, _REMARKS))
        last = (group, show_fen(block.total), show_fen(block.total), "")
        print_table(to, tree, rows, right=(1, 2), title=title, total=last)
        return
    units = [(unit.shown(lang), show_fen(unit.total), said.get(unit.unit, "")) for unit in block.units]
    shown = 3 if any(unit[2] for unit in units) else 2
    headers = tuple(text.say(lang) for text in (_UNIT, _YUAN, _REMARKS))
    total = (group, show_fen(block.total), "")
    print_table(to, headers[:shown], [unit[:shown] for unit in units], right=(1,), title=title, total=total[:shown])


def remarks(totals: Totals, block: Block, lang: Lang) -> Mapping[str, str]:
    """By unit, what a reader of its figures has to know: nil, provisional, left out, only compared."""
    said: dict[str, list[str]] = {}
    template = block.template
    there = {unit.unit for unit in block.units}
    for one in totals.left_out if block.levels else ():
        if one.template.partition("@")[0] == template.id and one.unit not in there:
            said.setdefault(one.unit, []).append((_MISSING if one.absent else _OUT).say(lang))
    for level in block.levels:
        if level.compared is not None:
            words = _COMPARED.say(lang).format(amount=show_fen(level.compared))
            said.setdefault(level.unit, []).append(words)
    for source in totals.origin.sources.values() if totals.origin else ():
        if source.template == template.name:
            words_of = [NIL.say(lang)] if source.nil else []
            words_of += [] if source.approved else [PROVISIONAL.say(lang)]
            said.setdefault(source.unit, []).extend(words_of)
    mark = "；" if lang == "zh" else "; "
    return {unit: mark.join(dict.fromkeys(words)) for unit, words in said.items()}
