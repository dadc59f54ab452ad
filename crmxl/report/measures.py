"""Measures for programs and people: figures as exact texts and as people read them, JSON, a table for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from crmxl.group.measures import MeasureTotal
from crmxl.group.totals import NO_UNIT, Block
from crmxl.model import Kind, Lang, Level, Text, Type
from crmxl.money import decimal_text, plain, round_half_away, show, show_plain, show_ratio
from crmxl.report.tables import print_table

if TYPE_CHECKING:
    from rich.console import Console

NONE = "—"
"""In place of a mean or ratio that there is not: nothing weighs."""
WAYS = {
    "sum": Text("加总", "Sum"),
    "weighted": Text("加权平均", "Weighted mean"),
    "ratio": Text("按汇总数计算", "From the sums"),
}
WEIGHT = Text("权重：{weight}", "Weight: {weight}")
_SUBTOTALS = {
    Level.GROUP: Text("{title}·小计", "{title}: subtotal"),
    Level.SECTION: Text("{title}·合计", "{title}: total"),
}
_WHOLE_LIST = Text("{title}（全部行）", "{title} (all rows)")
_TITLE = Text("指标（不计入金额合计）", "Measures (in no total of money)")
_COLUMNS = (Text("编码", "Code"), Text("指标", "Measure"), Text("口径", "How"), Text("集团", "Group"))
_MORE = Text("另有 {count} 项指标，见 --format json 或 xlsx。", "{count} more measures: see --format json or xlsx.")
_MOST = 20
"""Measures shown at a terminal; more are counted."""
_RATIO_PLACES = 10
_SHOWN_PLACES = 4


def measures_json(block: Block, lang: Lang) -> list[dict[str, Any]]:
    """The block's measures; the keys are those of ``schemas/totals.schema.json``."""
    return [{"template": block.template.name, "year": block.year, **_json(one, lang)} for one in block.measures]


def _json(one: MeasureTotal, lang: Lang) -> dict[str, Any]:
    found: dict[str, Any] = {
        "code": one.code,
        "column": one.column,
        "title": one.title.say(lang),
        "column_title": one.heading.say(lang),
        "type": one.type.value,
        "consolidate": one.way,
        "total": None if one.total is None else exact(one.total, one.type),
        "by_unit": _by_unit(one.by_unit, one.type, lang),
    }
    if one.way == "weighted":
        found |= {"weight": one.weight, "weights": _by_unit(one.weights, Type.QUANTITY, lang)}
    return found


def _by_unit(figures: Mapping[str, Fraction], type: Type, lang: Lang) -> dict[str, str]:
    return {unit or NO_UNIT.say(lang): exact(value, type) for unit, value in figures.items()}


def exact(value: Fraction, type: Type) -> str:
    """``value`` as a decimal string: money to the fen, shares to 10 places, all else exactly where it ends."""
    if type is Type.MONEY:
        return decimal_text(value)
    return plain(round_half_away(value, _RATIO_PLACES) if type is Type.PERCENT else value)


def shown(value: Fraction | None, type: Type) -> str:
    """``value`` for people: ``1,234.50`` of money, ``12.5%``, ``8,000``."""
    if value is None:
        return NONE
    if type is Type.MONEY:
        return show(value)
    return show_ratio(value) if type is Type.PERCENT else show_plain(round_half_away(value, _SHOWN_PLACES))


def row_title(one: MeasureTotal, block: Block, lang: Lang) -> str:
    """What its row is called where other rows stand around it: a list as a whole, a subtotal of what."""
    title = one.title.say(lang)
    if any(sheet.id == one.sheet and sheet.kind is Kind.LIST for sheet in block.template.sheets):
        return _WHOLE_LIST.say(lang).format(title=title)
    said = _SUBTOTALS.get(one.level)
    return said.say(lang).format(title=title) if said else title


def way(one: MeasureTotal, lang: Lang) -> str:
    """How units' figures come together."""
    return WAYS[one.way].say(lang)


def print_measures(to: Console, block: Block, lang: Lang) -> None:
    """A table of the measures over all units; of many those of fields, subtotals and totals, and how many more there
    are. Nothing where there are none.
    """
    if not block.measures:
        return
    told = list(block.measures)
    if len(told) > _MOST:
        told = [one for one in told if one.level is not Level.LINE or not one.heading.zh][:_MOST]
    to.print()
    rows = []
    for one in told:
        title = "·".join(filter(None, (row_title(one, block, lang), one.heading.say(lang))))
        how = way(one, lang)
        if one.way == "weighted":
            how += f"（{WEIGHT.zh}）" if lang == "zh" else f" ({WEIGHT.en.lower()})"
            how = how.format(weight=one.weight_title.say(lang))
        rows.append((one.code, title, how, shown(one.total, one.type)))
    print_table(to, [text.say(lang) for text in _COLUMNS], rows, right=(3,), title=_TITLE.say(lang))
    if len(block.measures) > len(told):
        to.print(_MORE.say(lang).format(count=len(block.measures) - len(told)), soft_wrap=True)
