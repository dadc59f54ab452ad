"""Reports → measures: what the group makes of figures beside the plan's money, such as visits or conversion rates.

Owns which columns are measures and how units' figures come together: only as a template declares, exactly, and never
with another column. The money of grids and lists is ``facts``'; nothing here is in any total of money. Lines that units
name are no measures: one unit's means something else than another's, and where a column has totals they are in these.
Knows nothing of which reports count, and nothing of how measures are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from crmxl.check.verdict import Report
from crmxl.define.sizes import longest
from crmxl.expression import Cells, Node, Number, Reference, Value, bind, evaluate, keys, parse
from crmxl.group.facts import unit_of
from crmxl.issue.places import Layout
from crmxl.model import Column, Field, Group, Key, Kind, Level, Line, Section, Sheet, Template, Text, Type, split_key
from crmxl.money import round_fen

GRAND_TOTAL = Text("总计", "Grand total")
_MEANT = ("weighted", "ratio")
"""Ways of coming together that nobody declares of what is no measure."""


@dataclass(frozen=True, slots=True)
class MeasureTotal:
    """A measure over all units: of a line, of a subtotal or total, of a list as a whole, or of a form's field."""

    sheet: str
    """Sheet id."""
    code: str
    """Of its row; of a list, the sheet's id."""
    column: str
    """Column id; ``value`` for a form's field."""
    title: Text
    """The row's."""
    heading: Text
    """The column's; empty for a form's field, whose title says it."""
    type: Type
    level: Level
    """LINE for everything that is no subtotal or total."""
    way: Literal["sum", "weighted", "ratio"]
    total: Fraction | None
    """The sum; or Σ(value × weight) ÷ Σ(weight) over all that have both, None where the weights add up to 0; or the
    row's own formula over the sums of what it refers to, None where it gives no number.
    """
    by_unit: Mapping[str, Fraction] = field(hash=False)
    """Units that have a number there. A unit's figure of several rows comes together as the group's does."""
    weight: str = ""
    """Id of the column, or field, that weighs it; empty but for a mean."""
    weight_title: Text = field(default=Text(""))
    weights: Mapping[str, Fraction] = field(default_factory=dict, hash=False)
    """Of units that have both a value and a weight, the weight that counts."""

    @property
    def follows(self) -> bool:
        """Whether the total follows from units' figures and weights alone, as a formula over them computes it. A ratio
        of sums does not, nor a mean where weights below zero cancel out within a unit, which then has none of its own.
        """
        if self.way != "weighted":
            return self.way == "sum"
        whole = sum(self.weights.values())
        parts = sum((self.by_unit.get(unit, Fraction(0)) * weight for unit, weight in self.weights.items()))
        return (parts / whole if whole else None) == self.total


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a template, or rows that come together in one figure."""

    code: str
    title: Text
    level: Level
    leaves: tuple[str, ...]
    """Codes whose cells come together."""
    line: Line | None = None
    """The fixed line that it is."""


@dataclass(frozen=True, slots=True)
class _Share:
    """What one unit brings to a measure."""

    value: Fraction | None
    product: Fraction = Fraction(0)
    """Σ(value × weight)."""
    weight: Fraction | None = None
    """Σ(weight); None where nothing has both."""


def measures(reports: Sequence[Report]) -> tuple[MeasureTotal, ...]:
    """The measures of ``reports`` with one template and year, one for each unit, by sheet, column and row.

    Blank cells, texts and errors count nothing; a sum of nothing is 0. A computed amount of money is rounded to whole
    fen before it is added up.
    """
    layouts = tuple({id(one): one for report in reports if (one := report.submission.layout) is not None}.values())
    if not layouts:
        return ()
    template = longest(layout.template for layout in layouts)
    found = []
    for sheet in template.sheets:
        for column, rows in _measured(sheet, template):
            for row in rows:
                if not any(f"{leaf}@{column.id}" in layout.cells for layout in layouts for leaf in row.leaves):
                    continue
                if column.consolidate == "ratio":
                    found.append(_ratio(sheet, column, row, _formula(column, row, layouts), reports))
                else:
                    found.append(_total(sheet, column, _weight(sheet, column), row, reports))
    return tuple(found)


def measured_columns(sheet: Sheet) -> tuple[Column, ...]:
    """The columns of a grid or list that are measures: everything declared but sums of money, which are facts."""
    return tuple(
        column
        for column in sheet.columns
        if column.consolidate in _MEANT or (column.consolidate == "sum" and column.type is not Type.MONEY)
    )


def measured_fields(sheet: Sheet, total: Key) -> tuple[Field, ...]:
    """The fields of a form that are measures. Money defaults to a sum, which nobody may have meant: what the group
    itself issues is not added, and the template's ``total`` has been already.
    """
    return tuple(
        one
        for one in sheet.fields
        if one.column.consolidate in _MEANT
        or (
            one.column.consolidate == "sum"
            and (one.column.type is not Type.MONEY or not (one.issued or f"{one.id}@value" == total))
        )
    )


def _measured(sheet: Sheet, template: Template) -> Iterator[tuple[Column, Sequence[_Row]]]:
    """The measured columns of ``sheet`` with the rows that they may stand on."""
    if sheet.kind is Kind.FORM:
        for one in measured_fields(sheet, template.total):
            yield one.column, [_Row(one.id, one.column.title, Level.LINE, (one.id,))]
        return
    rows = list(_rows(sheet))
    for column in measured_columns(sheet):
        yield column, rows


def _rows(sheet: Sheet) -> Iterator[_Row]:
    """Lines before the subtotals that they stand under; the rows of a list as one, since no row of one unit means what
    a row of another does.
    """
    if sheet.kind is Kind.LIST:
        codes = tuple(f"{sheet.id}.{number:03d}" for number in range(1, sheet.rows + 1))
        yield _Row(sheet.id, sheet.title, Level.TOTAL, codes)
        return
    for section in sheet.sections:
        yield from _lines(section)
        for group in section.groups:
            yield from _lines(group)
            yield _Row(group.code, group.title, Level.GROUP, (group.code,))
        yield _Row(section.code, section.title, Level.SECTION, (section.code,))
    if any(column.total for column in sheet.columns):
        yield _Row(sheet.total_row, GRAND_TOTAL, Level.TOTAL, (sheet.total_row,))


def _lines(owner: Section | Group) -> Iterator[_Row]:
    for line in owner.lines:
        yield _Row(line.code, line.title, Level.LINE, (line.code,), line)


def _weight(sheet: Sheet, column: Column) -> tuple[str, Text] | None:
    """Id and title of what weighs ``column``."""
    if column.consolidate != "weighted":
        return None
    titles = {one.id: one.title for one in sheet.columns} | {one.id: one.column.title for one in sheet.fields}
    return column.weight, titles[column.weight]


def _total(
    sheet: Sheet, column: Column, weight: tuple[str, Text] | None, row: _Row, reports: Sequence[Report]
) -> MeasureTotal:
    """The measure of one row that is added up, or weighed."""
    pairs = [(f"{leaf}@{column.id}", _weight_key(sheet, leaf, weight)) for leaf in row.leaves]
    shares = {unit_of(report): _share(report.values, pairs, column.type) for report in reports}
    by_unit = {unit: share.value for unit, share in shares.items() if share.value is not None}
    weights = {unit: share.weight for unit, share in shares.items() if share.weight is not None}
    total: Fraction | None = sum(by_unit.values(), start=Fraction(0))
    if weight is not None:
        whole = sum(weights.values())
        total = sum(share.product for share in shares.values()) / whole if whole else None
    found = _made(sheet, column, row, total, by_unit)
    return replace(found, weight=weight[0], weight_title=weight[1], weights=weights) if weight else found


def _ratio(sheet: Sheet, column: Column, row: _Row, formula: Node, reports: Sequence[Report]) -> MeasureTotal:
    """The measure of one row whose formula is worked out over sums: one unit's for its own figure, then all units'."""
    asked = keys(formula)
    totals, by_unit = dict.fromkeys(asked, Fraction(0)), {}
    for report in reports:
        sums = {key: _summed(report.values, key, row.leaves) for key in asked}
        own = evaluate(formula, sums.__getitem__)
        if isinstance(own, Fraction) and any(f"{leaf}@{column.id}" in report.values for leaf in row.leaves):
            by_unit[unit_of(report)] = own
        totals = {key: total + sums[key] for key, total in totals.items()}
    whole = evaluate(formula, totals.__getitem__)
    return _made(sheet, column, row, whole if isinstance(whole, Fraction) else None, by_unit)


def _formula(column: Column, row: _Row, layouts: Sequence[Layout]) -> Node:
    """What ``column`` calculates on ``row``, of all that any unit has: a layout lacks parts that its unit has not."""
    source = (row.line.formulas.get(column.id) if row.line else None) or column.expression
    assert source is not None

    def resolve(reference: Reference) -> Node:
        text = reference.text
        for key in (text,) if "@" in text else (f"{row.leaves[0]}@{text}", f"{text}@value"):
            for layout in layouts:
                if key in layout.cells:
                    return Cells((key,), layout.cells[key].measure)
        return Number(Fraction(0))

    return bind(parse(source), resolve)


def _summed(values: Mapping[Key, Value], key: Key, leaves: Sequence[str]) -> Fraction:
    """A unit's figure at ``key``; of the first of ``leaves``, what its column comes to on all of them."""
    code, column = split_key(key)
    there = [f"{leaf}@{column}" for leaf in leaves] if code == leaves[0] else [key]
    return sum((value for one in there if isinstance(value := values.get(one), Fraction)), start=Fraction(0))


def _made(
    sheet: Sheet, column: Column, row: _Row, total: Fraction | None, by_unit: Mapping[str, Fraction]
) -> MeasureTotal:
    assert column.consolidate != "none"
    return MeasureTotal(
        sheet=sheet.id,
        code=row.code,
        column=column.id,
        title=row.title,
        heading=Text("") if sheet.kind is Kind.FORM else column.title,
        type=column.type,
        level=row.level,
        way=column.consolidate,
        total=total,
        by_unit=by_unit,
    )


def _weight_key(sheet: Sheet, leaf: str, weight: tuple[str, Text] | None) -> Key:
    """Where the weight of a cell stands: a column of its row, another field of its form; empty for a sum."""
    if weight is None:
        return ""
    return f"{weight[0]}@value" if sheet.kind is Kind.FORM else f"{leaf}@{weight[0]}"


def _share(values: Mapping[Key, Value], keys: Sequence[tuple[Key, Key]], type: Type) -> _Share:
    """A unit's sum or weighted mean over ``keys`` of values and weights."""
    numbers = [(number, weight) for key, weight in keys if isinstance(number := values.get(key), Fraction)]
    if not numbers:
        return _Share(None)
    if not keys[0][1]:
        added = sum((number for number, _ in numbers), start=Fraction(0))
        return _Share(Fraction(round_fen(added), 100) if type is Type.MONEY else added)
    pairs = [(number, weight) for number, key in numbers if isinstance(weight := values.get(key), Fraction)]
    product = sum((number * weight for number, weight in pairs), start=Fraction(0))
    whole = sum((weight for _, weight in pairs), start=Fraction(0))
    alone = numbers[0][0] if len(keys) == 1 else None
    return _Share(product / whole if whole else alone, product, whole if pairs else None)
