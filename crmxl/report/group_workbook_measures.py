"""指标: figures beside the money, a row for each and a column for each unit, live sums and weighted means; ratios of
sums as values, since what they are worked out from need not stand here.

Under each weighted mean stand the weights that count: a unit that has no value, or no weight, is blank there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from crmxl.group.measures import MeasureTotal
from crmxl.issue import looks
from crmxl.issue.addresses import a1
from crmxl.issue.book import Page
from crmxl.issue.looks import Looks
from crmxl.issue.places import Role, RowKind
from crmxl.model import Kind, Level, Text, Type
from crmxl.report.group_workbook_page import PERCENT, Desk, close, code, columns, heads, height, label
from crmxl.report.group_workbook_plan import FIRST, MEASURES, Plan
from crmxl.report.measures import NONE, WEIGHT, row_title, way

_COLUMNS = (
    (Text("编码", "Code"), 10),
    (Text("指标", "Measure"), 40),
    (Text("口径", "How"), 15),
    (Text("集团", "Group"), 17),
)
_GROUP = 4
"""Column of the group's figure; the units' follow."""
_UNIT_WIDTH = 14
_OWN_UNITS = Text("各指标自己的单位", "each measure in its own unit")
_NOTE = Text(
    "不计入任何金额合计。加权平均 = Σ(值×权重)÷Σ权重，只计两者都有的单位；按汇总数计算 = 各单位合计数代入本项公式。",
    "In no total of money. Weighted mean = Σ(value × weight) ÷ Σ weight, over units that have both; from the sums = "
    "the row's own formula over all units' sums.",
)
_STILL = Text(
    "单位较多，只列集团的数值；各单位的见 JSON。", "Many units: the group's values alone; JSON has each unit's."
)
_KINDS = {
    Level.LINE: RowKind.LINE,
    Level.GROUP: RowKind.SUBTOTAL,
    Level.SECTION: RowKind.PART_TOTAL,
    Level.TOTAL: RowKind.TOTAL,
}


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table, its figures by unit."""

    kind: RowKind
    code: str
    title: str
    way: str
    total: Fraction | None
    by_unit: Mapping[str, Fraction]
    look: Looks
    live: bool
    weighted: bool = False
    """Whether the row below it weighs it."""


def write_measures(desk: Desk, plan: Plan) -> None:
    """The sheet 指标 of a block that has any; beyond the live limit the group's figures alone, as values."""
    lang, block = desk.lang, plan.block
    note = _NOTE.say(lang) if plan.live else f"{_STILL.say(lang)}{'' if lang == 'zh' else ' '}{_NOTE.say(lang)}"
    page = heads(desk, plan, MEASURES, note, _OWN_UNITS)
    units = block.units if plan.live else ()
    widths = [float(width) for _, width in _COLUMNS] + [float(_UNIT_WIDTH)] * len(units)
    columns(page, [*(title.say(lang) for title, _ in _COLUMNS), *(unit.shown(lang) for unit in units)], widths)
    row = FIRST
    names = [unit.unit for unit in units]
    for one in _rows(plan):
        if isinstance(one, str):
            for column in range(1, len(widths) + 1):
                page.text(row, column, one if column == 2 else "", looks.heading(RowKind.SECTION))
        else:
            _write(desk, page, row, one, names)
            height(page, row, [(one.title, widths[1]), (one.way, widths[2])])
        row += 1
    close(desk, page, plan.name(MEASURES), widths, row - 1, fixed=_GROUP)


def _rows(plan: Plan) -> Iterator[_Row | str]:
    """Headings, which are texts, and rows: by sheet and column, weights under what they weigh."""
    lang, block = plan.lang, plan.block
    sheets = {sheet.id: sheet for sheet in block.template.sheets}
    for sheet, ones in groupby(block.measures, key=lambda one: one.sheet):
        yield sheets[sheet].title.say(lang)
        for one in ones:
            title = row_title(one, block, lang)
            heading = one.heading.say(lang)
            yield _Row(
                kind=RowKind.LINE if sheets[sheet].kind is Kind.LIST else _KINDS[one.level],
                code="" if sheets[sheet].kind is not Kind.GRID or one.level is Level.TOTAL else one.code,
                title=f"{title}·{heading}" if heading else title,
                way=way(one, lang),
                total=one.total,
                by_unit=_counted(one),
                look=_number(one.type, one, one.by_unit),
                live=plan.live and one.follows,
                weighted=one.way == "weighted",
            )
            if one.way == "weighted":
                yield _weights(plan, one)


def _counted(one: MeasureTotal) -> Mapping[str, Fraction]:
    """Its figures by unit; of a mean, those that weigh: what a unit does not use is no 0."""
    if one.way != "weighted":
        return one.by_unit
    return {unit: value for unit, value in one.by_unit.items() if one.weights.get(unit)}


def _weights(plan: Plan, one: MeasureTotal) -> _Row:
    title = one.weight_title.say(plan.lang)
    said = WEIGHT.say(plan.lang)
    if not title.casefold().startswith(said.partition("{")[0].rstrip("： :").casefold()):  # it says so itself
        title = said.format(weight=title)
    whole = sum(one.weights.values(), start=Fraction(0))
    look = {**_number(Type.QUANTITY, one, one.weights), "italic": True, "font_color": "#5F6B7A"}
    return _Row(RowKind.LINE, "", f"　　{title}", "", whole, one.weights, look, plan.live)


def _number(type: Type, one: MeasureTotal, figures: Mapping[str, Fraction]) -> Looks:
    """How its numbers look: whole ones without places, unless it is a mean or ratio."""
    if type in (Type.MONEY, Type.PERCENT):
        return {"num_format": PERCENT if type is Type.PERCENT else looks.NUMBERS[type], "align": "right"}
    mean = one.way != "sum" and figures is one.by_unit
    whole = not mean and all(value.denominator == 1 for value in figures.values())
    places = "" if whole else ".00"
    return {"num_format": f"#,##0{places}_ ;[Red]-#,##0{places}_ ;0{places}_ ;@", "align": "right"}


def _write(desk: Desk, page: Page, row: int, one: _Row, units: Sequence[str]) -> None:
    page.text(row, 1, one.code, code(one.kind))
    aside = {name: one.look[name] for name in ("italic", "font_color") if name in one.look}
    page.text(row, 2, one.title, {**label(one.kind), **aside})
    page.text(row, 3, one.way, label(one.kind))
    plain = {**looks.cell(Role.LABEL, Type.QUANTITY, one.kind), **one.look}
    for column, unit in enumerate(units, _GROUP + 1):
        value = one.by_unit.get(unit)
        if value is None:
            page.text(row, column, "", plain)
        else:
            page.number(row, column, value, plain)
    if one.live and units:
        live = {**looks.cell(Role.CALCULATED, Type.QUANTITY, one.kind), **one.look}
        desk.formula(page, row, _GROUP, _formula(row, one, len(units)), NONE if one.total is None else one.total, live)
    elif one.total is None:
        page.text(row, _GROUP, NONE, plain)
    else:
        page.number(row, _GROUP, one.total, plain)


def _formula(row: int, one: _Row, units: int) -> str:
    """The group's figure over the units' in its row, and their weights in the row below."""
    first, last = _GROUP + 1, _GROUP + units
    values, weights = (f"{a1(at, first)}:{a1(at, last)}" for at in (row, row + 1))
    if not one.weighted:
        return f"SUM({values})"
    whole = a1(row + 1, _GROUP)
    return f'IF({whole}=0,"{NONE}",SUMPRODUCT({values},{weights})/{whole})'
