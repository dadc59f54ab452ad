"""Cells of a template: what each kind of sheet is made of, and columns whose settings agree with their type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from crmxl.define.document import Fault, Trail
from crmxl.define.entries import DECIMALS
from crmxl.define.references import ABOVE, BUILT_IN
from crmxl.define.rows import Row, by_code, column_at, has_total_row, rows, stands
from crmxl.define.sizes import usual
from crmxl.errors import ExpressionError
from crmxl.expression import Call, parse, references, walk
from crmxl.model import Column, Field, Kind, Level, Section, Sheet, Template, Type
from crmxl.money import LIMIT_ISSUED, plain, read_text

BELONGS: dict[Kind, tuple[str, ...]] = {
    Kind.FORM: ("fields",),
    Kind.GRID: ("columns", "section"),
    Kind.LIST: ("columns", "rows"),
}
"""What a sheet of each kind must have, and the only kinds that may have it."""
ADDABLE = frozenset({Type.MONEY, Type.INTEGER, Type.QUANTITY})
"""Types whose values make sense added up; shares and prices do not."""
_LONGEST_LIST = 255
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def cell_faults(template: Template) -> Iterator[Fault]:
    """Every fault in the sheets' contents and columns, and in the template's total."""
    for at, sheet in enumerate(template.sheets):
        trail: Trail = ("sheet", at)
        yield from _contents(sheet, trail)
        yield from _either(sheet, trail)
        yield from _renamed(sheet, trail)
        for index, column in enumerate(sheet.columns):
            yield from _column(column, (*trail, "columns", index))
            yield from _totals(column, sheet, (*trail, "columns", index))
            yield from _given(column, sheet, (*trail, "columns", index))
            yield from _weighed(column, column.id, sheet, (*trail, "columns", index))
        for index, field in enumerate(sheet.fields):
            yield from _column(field.column, (*trail, "fields", index))
            yield from _issued(field, (*trail, "fields", index))
            yield from _weighed(field.column, field.id, sheet, (*trail, "fields", index))
    there = rows(template)
    for row in there:
        if row.line:
            yield from _line(row, template.sheets[row.sheet].columns)
    yield from _of_sums(template, there)
    yield from _total(template, there)


def _either(sheet: Sheet, trail: Trail) -> Iterator[Fault]:
    """Sets of inputs of which one is filled, and a total's code, where they do not belong."""
    inputs = [column.id for column in sheet.columns if not (column.calculated or column.issued or column.months)]
    if sheet.one_of and sheet.kind is Kind.FORM:
        yield Fault((*trail, "one_of"), "belongs to grids and lists")
        return
    for at, names in enumerate(sheet.one_of):
        for index, name in enumerate(names):
            if name not in inputs:
                where: Trail = (*trail, "one_of", at, index)
                yield Fault(where, f"found `{name}`; inputs without months are {', '.join(inputs) or 'none'}")
    if sheet.total_code and (sheet.kind is not Kind.GRID or not has_total_row(sheet)):
        yield Fault((*trail, "total_code"), "belongs to a grid with a column that has total = true")


def _renamed(sheet: Sheet, trail: Trail) -> Iterator[Fault]:
    """Old ids that say no single column: two inputs claim one, or the unit still fills a column of that id."""
    filled = {column.id for column in sheet.columns if not column.calculated}
    first: dict[str, str] = {}
    for index, column in enumerate(sheet.columns):
        where: Trail = (*trail, "columns", index, "was")
        if not column.was:
            continue
        if column.calculated:
            yield Fault(where, "is for inputs; this column is calculated")
        elif column.was in filled:
            yield Fault(where, f"found `{column.was}`, which is still filled here; name a column that is not")
        elif column.was in first:
            yield Fault(where, f"the old column `{column.was}` is named already by `{first[column.was]}`")
        first.setdefault(column.was, column.id)


def _contents(sheet: Sheet, trail: Trail) -> Iterator[Fault]:
    """What the kind of sheet needs and what belongs to another."""
    there = {
        "fields": bool(sheet.fields),
        "columns": bool(sheet.columns),
        "section": bool(sheet.sections),
        "rows": sheet.rows > 0,
    }
    for name, given in there.items():
        if name in BELONGS[sheet.kind] and not given:
            yield Fault((*trail, name), f"is missing: a {sheet.kind} has {_listed(sheet.kind)}")
        elif name not in BELONGS[sheet.kind] and given:
            yield Fault((*trail, name), f"does not belong to a {sheet.kind}, which has {_listed(sheet.kind)}")
    if sheet.most and sheet.kind is not Kind.LIST:
        yield Fault((*trail, "most"), "belongs to a list, whose rows it bounds")
    elif sheet.most and sheet.most < usual(sheet):
        yield Fault((*trail, "most"), f"found {sheet.most}, less than the {usual(sheet)} rows it has anyway")
    for at, section in enumerate(sheet.sections):
        yield from _filled(section, (*trail, "section", at))


def _listed(kind: Kind) -> str:
    return " and ".join(BELONGS[kind])


def _filled(section: Section, trail: Trail) -> Iterator[Fault]:
    """Sections and groups without any line."""
    if not (section.lines or section.open or section.groups):
        yield Fault(trail, f"the section `{section.code}` has no lines; give lines, open = n or groups")
    for at, group in enumerate(section.groups):
        if not (group.lines or group.open):
            yield Fault((*trail, "group", at), f"the group `{group.code}` has no lines; give lines or open = n")


def _column(column: Column, trail: Trail) -> Iterator[Fault]:
    """Settings that contradict the type, or each other."""
    choice = column.type is Type.CHOICE
    if choice and not column.choices:
        yield Fault((*trail, "choices"), "is missing: a choice names the texts that it allows")
    yield from _choices(column, (*trail, "choices"))
    if column.choices and not choice:
        yield Fault((*trail, "choices"), f"belongs to type choice, not {column.type}")
    if not column.type.numeric:
        for name, bound in (("minimum", column.minimum), ("maximum", column.maximum)):
            if bound is not None:
                yield Fault((*trail, name), f"belongs to numbers, not to {column.type}")
    elif column.minimum is not None and column.maximum is not None and column.minimum > column.maximum:
        least, most = float(column.minimum), float(column.maximum)
        yield Fault((*trail, "minimum"), f"is {least:,.10g}, above the maximum {most:,.10g}")
    if column.months and (column.type is not Type.MONEY or column.calculated):
        found = "a calculated column" if column.calculated else column.type
        yield Fault((*trail, "months"), f"found {found}; only money inputs are split into months")
    if column.calculated:
        for name, given in (("required", column.required), ("required_if", column.required_if is not None)):
            if given:
                yield Fault((*trail, name), "is for inputs; this column is calculated")
    if column.required and column.required_if is not None:
        yield Fault((*trail, "required_if"), "is pointless beside required = true; keep one")
    if column.consolidate == "sum" and column.type not in ADDABLE:
        yield Fault((*trail, "consolidate"), f"found sum; {column.type} cannot be added up, use weighted or none")
    if column.consolidate == "weighted" and not column.type.numeric:
        yield Fault((*trail, "consolidate"), f"found weighted; {column.type} is not a number, use none")
    if column.consolidate == "ratio" and not column.calculated:
        yield Fault((*trail, "consolidate"), "found ratio; it is for calculated columns, whose formula sums are put in")
    elif column.consolidate == "ratio" and (column.type is Type.MONEY or not column.type.numeric):
        yield Fault((*trail, "consolidate"), f"found ratio; {column.type} is none, use sum or none")


def _choices(column: Column, trail: Trail) -> Iterator[Fault]:
    """Choices that Excel's drop-down list cannot hold: it is one text with commas between, which trims each."""
    for at, one in enumerate(column.choices):
        if "," in one or '"' in one or one != one.strip():
            yield Fault((*trail, at), f"found `{one}`; Excel's lists take no comma, no quote and no blanks at the ends")
    if (length := len(",".join(column.choices))) > _LONGEST_LIST:
        said = f"come to {length} characters; Excel's lists take {_LONGEST_LIST} with the commas between"
        yield Fault(trail, f"{said}: shorten them, or use text")


def _totals(column: Column, sheet: Sheet, trail: Trail) -> Iterator[Fault]:
    """Subtotals and levels that do not fit the column or the sheet."""
    above = tuple(level for level in column.levels if level is not Level.LINE)
    if column.total and column.type not in ADDABLE:
        yield Fault((*trail, "total"), f"{column.type} cannot be added up; money, integer and quantity can")
    elif column.total and above:
        yield Fault((*trail, "levels"), f"{above[0]} rows would hold both a total and a calculation; drop one")
    elif column.total and Level.LINE not in column.levels:
        yield Fault((*trail, "levels"), "has no line; there is nothing to add up")
    if column.levels != (Level.LINE,) and not column.calculated:
        yield Fault((*trail, "levels"), "belongs to calculated columns; inputs stand on lines")
    elif column.levels != (Level.LINE,) and sheet.kind is not Kind.GRID:
        yield Fault((*trail, "levels"), "belongs to grids; a list has lines alone")
    elif above and not has_total_row(sheet):
        yield Fault((*trail, "levels"), f"there are no {above[0]} rows to stand on, since no column has total = true")


def _weighed(column: Column, id: str, sheet: Sheet, trail: Trail) -> Iterator[Fault]:
    """A weighted mean names what weighs it: another number of the same row, or field of the same form, that adds up."""
    if column.consolidate != "weighted":
        if column.weight:
            yield Fault((*trail, "weight"), f'belongs to consolidate = "weighted", not {column.consolidate}')
        return
    if not column.type.numeric:
        return
    form = sheet.kind is Kind.FORM
    others = {one.id: one.column for one in sheet.fields} if form else {one.id: one for one in sheet.columns}
    beside = [
        name
        for name, one in others.items()
        if form or any(stands(column, level) and stands(one, level) for level in Level)
    ]
    fit = ", ".join(name for name in beside if others[name].type in ADDABLE and name != id) or "none"
    what = "field" if form else "column"
    if not column.weight:
        found = f"is missing: a weighted mean needs a {what} that weighs it"
    elif column.weight not in others:
        found = f"there is no {what} `{column.weight}` on this sheet"
    elif column.weight == id:
        found = f"`{id}` cannot weigh itself"
    elif (kind := others[column.weight].type) not in ADDABLE:
        found = f"`{column.weight}` is {kind}, which cannot be added up"
    elif column.weight not in beside:
        found = f"`{column.weight}` stands on no row with `{id}`"
    else:
        return
    yield Fault((*trail, "weight"), f"{found}; there are {fit}")


def _of_sums(template: Template, there: Sequence[Row]) -> Iterator[Fault]:
    """A ratio is worked out over sums, so that its formulas may ask for nothing but what makes sense added up."""
    fields = {field.id: field.column for sheet in template.sheets for field in sheet.fields}
    codes = by_code(there)
    for trail, source, sheet in _ratios(template, there):
        known = fields | {column.id: column for column in sheet.columns}
        for found in _unsummed(source, known, codes):
            yield Fault(trail, f"{found}; a ratio is worked out over sums")


def _ratios(template: Template, there: Sequence[Row]) -> Iterator[tuple[Trail, str, Sheet]]:
    """Every formula of a ratio with its place and sheet: those of columns and fields, and lines' own."""
    for at, sheet in enumerate(template.sheets):
        for name, columns in (("columns", sheet.columns), ("fields", [field.column for field in sheet.fields])):
            for index, column in enumerate(columns):
                if column.consolidate == "ratio" and column.expression is not None:
                    yield ("sheet", at, name, index, "expression"), column.expression, sheet
        ratios = [column.id for column in sheet.columns if column.consolidate == "ratio"]
        for row in there:
            formulas = row.line.formulas if row.line and row.sheet == at else {}
            for id in ratios:
                if id in formulas:
                    yield (*row.trail[:-1], "formulas", id), formulas[id], sheet


def _unsummed(source: str, known: Mapping[str, Column], codes: Mapping[str, Row]) -> Iterator[str]:
    """What of an expression sums over units do not answer; names that nothing has are told elsewhere."""
    try:
        node = parse(source)
    except ExpressionError:
        return
    asked = {part.function for part in walk(node) if isinstance(part, Call)}
    yield from (f"{name} asks for blanks, and a sum is none" for name in sorted(asked & {"BLANK", "COUNT"}))
    for name in references(node):
        column = column_at(codes, name) if "@" in name else known.get(name)
        if name in BUILT_IN:
            yield f"`{name}` is no figure of a unit"
        elif "*" in name or (column is None and name.startswith(f"{ABOVE}@")):
            yield f"`{name}` is a set of cells; name their total"
        elif column is None:
            continue
        elif column.type not in ADDABLE:
            yield f"`{name}` is {column.type}, which cannot be added up"
        elif column.consolidate in ("weighted", "ratio"):
            yield f'`{name}` is itself a mean or ratio (consolidate = "{column.consolidate}")'
        elif not (column.calculated or column.total or column.consolidate == "sum"):
            yield f'`{name}` is not added up, like a price; if it can be, say consolidate = "sum" or total = true'


def _issued(field: Field, trail: Trail) -> Iterator[Fault]:
    """Values that the group gives and the workbook computes at once."""
    if field.issued and field.column.calculated:
        yield Fault((*trail, "issued"), "is for inputs; this field is calculated")


def _given(column: Column, sheet: Sheet, trail: Trail) -> Iterator[Fault]:
    """Columns that the group gives: in grids, and nothing for the unit to do."""
    if not column.issued:
        return
    if sheet.kind is not Kind.GRID:
        yield Fault((*trail, "issued"), "belongs to grids; the rows of a list are the unit's own")
    elif column.calculated:
        yield Fault((*trail, "issued"), "is for inputs; this column is calculated")
    for name, given in (
        ("months", column.months),
        ("required", column.required),
        ("required_if", column.required_if is not None),
    ):
        if given:
            yield Fault((*trail, name), "is for the unit's inputs; this column is issued")


def _line(row: Row, columns: Iterable[Column]) -> Iterator[Fault]:
    """Values and formulas that a line gives to columns of its own."""
    assert row.line is not None
    trail, known = row.trail[:-1], {column.id: column for column in columns}
    issued = [column.id for column in known.values() if column.issued]
    calculated = [column.id for column in known.values() if column.calculated and Level.LINE in column.levels]
    for name, value in row.line.values.items():
        where: Trail = (*trail, "values", name)
        if name not in issued:
            yield Fault(where, _unfit(name, known, "issued", issued))
        elif said := _wrong(value, known[name]):
            yield Fault(where, f"found `{value}`; {said}")
    for name in row.line.formulas:
        if name not in calculated:
            yield Fault((*trail, "formulas", name), _unfit(name, known, "calculated", calculated))
    for at, name in enumerate(row.line.without):
        if name not in known:
            yield Fault((*trail, "without", at), f"there is no column `{name}`; there are {', '.join(known)}")
        elif known[name].total:
            yield Fault((*trail, "without", at), f"`{name}` is added up, so every line has it")
        elif name in row.line.values or name in row.line.formulas:
            yield Fault((*trail, "without", at), f"`{name}` has no cell here, yet the line gives it a value or formula")


def _unfit(name: str, known: Iterable[str], kind: str, there: list[str]) -> str:
    what = f"`{name}` is not {kind} on lines" if name in known else f"there is no column `{name}`"
    return f"{what}; {kind} columns are {', '.join(there)}" if there else f"{what}; no column here is {kind}"


def _wrong(value: str, column: Column) -> str:
    """What must stand instead of ``value``; empty where it is right."""
    match column.type:
        case Type.TEXT:
            return "" if value.strip() else "must be a text"
        case Type.CHOICE:
            return "" if value in column.choices else f"must be one of {', '.join(column.choices)}"
        case Type.DATE:
            return "" if _is_day(value) else "must be a day such as 2026-06-30"
    number = read_text(value, DECIMALS.get(column.type), LIMIT_ISSUED).value if _NUMBER.match(value) else None
    if number is None:
        shapes = {Type.PERCENT: 'a share such as "60%" or 0.6', Type.MONEY: "an amount such as 20000"}
        whole = "a whole number" if column.type is Type.INTEGER else "a number"
        return f"must be {shapes.get(column.type, whole)}"
    if column.minimum is not None and number < column.minimum:
        return f"must be at least {plain(column.minimum)}"
    if column.maximum is not None and number > column.maximum:
        return f"must be at most {plain(column.maximum)}"
    return ""


def _is_day(text: str) -> bool:
    try:
        return bool(_DAY.match(text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _total(template: Template, there: Sequence[Row]) -> Iterator[Fault]:
    """The template's total must be one money cell."""
    column = column_at(by_code(there), template.total)
    if column is None:
        yield Fault(("total",), f"found `{template.total}`; no cell has this key")
    elif column.type is not Type.MONEY:
        yield Fault(("total",), f"found `{template.total}`, which is {column.type}; must be money")
