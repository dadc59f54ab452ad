"""Template files into types: shape, then types with their defaults, then everything a schema cannot say.

Knows the TOML form of a template; what a sound one is, is said by names.py, cells.py, references.py and charts.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from crmxl.define.cells import cell_faults
from crmxl.define.charts import chart_faults
from crmxl.define.document import Fault, read_toml, refuse
from crmxl.define.names import name_faults
from crmxl.define.references import reference_faults
from crmxl.define.shape import shape_problems
from crmxl.define.sizes import fewest
from crmxl.model import Chart, ChartKind, Column, Field, Group, Kind, Level, Line, Section, Sheet, Template, Text, Type
from crmxl.money import plain

USUAL_TITLES: Mapping[str, Text] = {
    "amount": Text("金额", "Amount"),
    "basis": Text("测算依据", "Basis"),
    "quantity": Text("数量", "Quantity"),
    "share": Text("占比", "Share"),
    "unit_price": Text("单价", "Unit price"),
}
"""Headers of columns that give none, by id."""
_RATE = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)([%‰])\Z")


def load_template(path: Path) -> Template:
    """The template in ``path``, sound in shape, names, cells and references.

    Raises DefinitionError with every problem in file order, CrmxlError when the file cannot be read.
    """
    document = read_toml(path)
    refuse(path, document, (*shape_problems(document, "template"), *_untitled(document)))
    template = _template(document)
    judged = fewest(template)
    faults = (*name_faults(judged), *cell_faults(judged), *reference_faults(judged), *chart_faults(judged))
    refuse(path, document, faults)
    return template


def _untitled(document: Mapping[str, Any]) -> Iterable[Fault]:
    """Columns without a title whose id has no usual one; loose in shape, since the shape is told beside."""
    sheets = document.get("sheet")
    for at, sheet in enumerate(sheets if isinstance(sheets, list) else ()):
        columns = sheet.get("columns") if isinstance(sheet, dict) else None
        for index, column in enumerate(columns if isinstance(columns, list) else ()):
            if isinstance(column, dict) and "title" not in column and str(column.get("id", "")) not in USUAL_TITLES:
                usual = ", ".join(USUAL_TITLES)
                message = f"is missing: the header; only {usual} have a usual one"
                yield Fault(("sheet", at, "columns", index, "title"), message)


def _template(document: Mapping[str, Any]) -> Template:
    title = _text(document["title"])
    return Template(
        id=document["id"],
        version=document["version"],
        title=title,
        total=document["total"],
        sheets=tuple(_sheet(sheet, title) for sheet in document["sheet"]),
        purpose=_text(document["purpose"]) if "purpose" in document else Text(""),
        steps=tuple(map(_text, document.get("steps", ()))),
        parts=tuple(document.get("parts", ())),
        charts=tuple(map(_chart, document.get("chart", ()))),
    )


def _chart(record: Mapping[str, Any]) -> Chart:
    return Chart(
        title=_text(record["title"]),
        kind=ChartKind(record["kind"]),
        rows=tuple(record["rows"]),
        columns=tuple(record["columns"]),
        across=record.get("across", "rows"),
    )


def _sheet(record: Mapping[str, Any], title: Text) -> Sheet:
    optional: dict[str, Any] = {"open_title": _text(record["open_title"])} if "open_title" in record else {}
    columns = tuple(_column(column, column["id"], column.get("issued", False)) for column in record.get("columns", ()))
    shares = frozenset(column.id for column in columns if column.type is Type.PERCENT)
    return Sheet(
        id=record["id"],
        title=_text(record["title"]) if "title" in record else title,
        kind=Kind(record["kind"]),
        columns=columns,
        sections=tuple(_section(section, shares) for section in record.get("section", ())),
        fields=tuple(map(_field, record.get("fields", ()))),
        rows=record.get("rows", 0),
        most=record.get("most", 0),
        note=_text(record["note"]) if "note" in record else None,
        total_code=record.get("total_code", ""),
        one_of=tuple(map(tuple, record.get("one_of", ()))),
        **optional,
    )


def _section(record: Mapping[str, Any], shares: frozenset[str]) -> Section:
    return Section(
        code=record["code"],
        title=_text(record["title"]),
        part=record.get("part", record["code"]),
        groups=tuple(_group(group, shares) for group in record.get("group", ())),
        lines=_lines(record.get("lines", ()), shares),
        open=record.get("open", 0),
    )


def _group(record: Mapping[str, Any], shares: frozenset[str]) -> Group:
    lines = _lines(record.get("lines", ()), shares)
    return Group(record["code"], _text(record["title"]), lines, record.get("open", 0))


def _lines(records: Sequence[Mapping[str, Any]], shares: frozenset[str]) -> tuple[Line, ...]:
    """Lines; ``shares`` are the ids of percent columns, whose values may be written ``60%``."""
    return tuple(
        Line(
            code=record["code"],
            title=_text(record["title"]),
            tags=tuple(record.get("tags", ())),
            values={id: _preset(value, id in shares) for id, value in record.get("values", {}).items()},
            formulas=dict(record.get("formulas", {})),
            was=record.get("was", ""),
            without=tuple(record.get("without", ())),
        )
        for record in records
    )


def _preset(value: str | int | Decimal, share: bool) -> str:
    """A value as a model keeps it, exact; a text that is no number stays, and is refused by cells.py where it must."""
    if not isinstance(value, str):
        return plain(Fraction(value))
    found = _RATE.match(value) if share else None
    return plain(Fraction(found[1]) / {"%": 100, "‰": 1000}[found[2]]) if found else value


def _field(record: Mapping[str, Any]) -> Field:
    return Field(record["id"], _column(record, "value"), record.get("issued", False))


def _column(record: Mapping[str, Any], column_id: str, issued: bool = False) -> Column:
    """A column or a field's value; money and quantity inputs get minimum 0, money is summed by the group."""
    kind = Type(record["type"])
    calculated = "expression" in record
    least = 0 if kind in (Type.MONEY, Type.QUANTITY) and not calculated else None
    return Column(
        id=column_id,
        title=_text(record["title"]) if "title" in record else USUAL_TITLES[column_id],
        type=kind,
        minimum=_number(record.get("minimum", least)),
        maximum=_number(record.get("maximum")),
        months=record.get("months", False),
        expression=record.get("expression"),
        levels=tuple(map(Level, record.get("levels", ("line",)))),
        required=record.get("required", False),
        required_if=record.get("required_if"),
        total=record.get("total", False),
        choices=tuple(record.get("choices", ())),
        consolidate=record.get("consolidate", "sum" if kind is Type.MONEY else "none"),
        weight=record.get("weight", ""),
        was=record.get("was", ""),
        width=record.get("width"),
        help=_text(record["help"]) if "help" in record else None,
        issued=issued,
    )


def _text(record: Mapping[str, str]) -> Text:
    return Text(record["zh"], record.get("en", ""))


def _number(value: int | Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)
