"""How many rows a list offers a unit: the template's own number, or another that the unit is given, up to the most.

Knows templates and what is asked; nothing of units files, workbooks or layouts. Formulas, charts and policies name no
row of such a list by its number (``customers.007@sales``), since a unit's list may be shorter: definitions are judged
with ``fewest`` rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from crmxl.define.units_table import both
from crmxl.errors import CrmxlError
from crmxl.model import Key, Sheet, Template

STEP = 50
"""Numbers of rows are rounded up to a multiple of this: a thousand units then share a few dozen layouts."""
_BETWEEN = re.compile(r"[;,；，、\s]+")
_ONE = re.compile(r"([^=＝]*)[=＝]([0-9]{1,6})\Z", re.ASCII)
_ROW = re.compile(r"(.+)\.([0-9]{3,6})@")
_made: dict[tuple[str, tuple[int, ...]], Template] = {}


def sized(template: Template, asked: Mapping[str, int]) -> Template:
    """``template`` with its lists as long as ``asked``, by sheet id, rounded up to ``STEP``; itself where that is no
    change, and the same object for the same numbers.

    Raises CrmxlError for a sheet that offers no choice, or a number that it does not offer.
    """
    if wrong := wrong_rows([template], asked):
        raise CrmxlError(f"{template.name}: {wrong}")
    return _with_rows(template, tuple(offered(sheet, asked) for sheet in template.sheets))


def offered(sheet: Sheet, asked: Mapping[str, int]) -> int:
    """How many rows ``sheet`` offers where ``asked`` are wanted, by sheet id."""
    number = asked.get(sheet.id, usual(sheet))
    return number if number == usual(sheet) else min(sheet.most, -(-number // STEP) * STEP)


def differing(template: Template, asked: Mapping[str, int]) -> dict[str, int]:
    """What of ``asked`` is for lists of ``template`` and other than their own number, as it is offered."""
    choices = [sheet for sheet in template.sheets if sheet.most]
    return {sheet.id: number for sheet in choices if (number := offered(sheet, asked)) != usual(sheet)}


def fewest(template: Template) -> Template:
    """``template`` with every list that offers a choice cut to one row."""
    return _with_rows(template, tuple(1 if sheet.most else sheet.rows for sheet in template.sheets))


def longest(templates: Iterable[Template]) -> Template:
    """One of the ``templates``, which differ in the rows of their lists alone, with the most rows that any has."""
    found = list(templates)
    rows = tuple(max(sheets) for sheets in zip(*([sheet.rows for sheet in one.sheets] for one in found), strict=True))
    return _with_rows(found[0], rows)


def most(template: Template) -> Template:
    """``template`` with as many rows as a unit can be given."""
    return _with_rows(template, tuple(max(sheet.rows, sheet.most) for sheet in template.sheets))


def read_rows(text: str) -> dict[str, int]:
    """``customers=300; visits=100`` as numbers of rows by sheet id; raises ValueError for anything else."""
    found: dict[str, int] = {}
    for part in filter(None, _BETWEEN.split(re.sub(r"\s*([=＝])\s*", r"\1", text))):
        one = _ONE.match(part)
        if not one or one[1] in found:
            raise ValueError(part)
        found[one[1]] = int(one[2])
    return found


def wrong_rows(templates: Iterable[Template], asked: Mapping[str, int]) -> str:
    """Why none of the ``templates`` can be given lists of these lengths, in both languages; empty where one can."""
    choices = {sheet.id: sheet for template in templates for sheet in template.sheets if sheet.most}
    there = "、".join(f"{id} (1 – {sheet.most})" for id, sheet in choices.items())
    for id, number in asked.items():
        if id not in choices:
            said = f"no list `{id}` whose rows can be chosen; there are: {there or 'none'}"
            return both(f"“{id}”不是可选行数的清单；可选的有：{there or '无'}", said)
        limit = choices[id].most
        if not 1 <= number <= limit:
            said = f"`{id}` has 1 to {limit} rows; found {number}"
            return both(f"{id} 的行数应在 1 到 {limit} 之间，现为 {number}", said)
    return ""


def beyond(key: Key, templates: Iterable[Template], asked: Mapping[str, int]) -> tuple[str, int] | None:
    """The list, and its number of rows, that ends before the row of ``key``; None where the row is there."""
    id, number = split_row(key.rpartition("/")[2])
    for template in templates:
        for sheet in template.sheets:
            if sheet.id == id and sheet.most and number > offered(sheet, asked):
                return sheet.id, offered(sheet, asked)
    return None


def split_row(key: Key) -> tuple[str, int]:
    """The list and the number of the row that ``key`` is of, ``("customers", 7)``; ``("", 0)`` where it is of none."""
    row = _ROW.match(key)
    return (row[1], int(row[2])) if row else ("", 0)


def kept(before: Template, after: Template) -> dict[str, int]:
    """The rows of the lists of ``before`` that lists of ``after`` can be given and would not have, by sheet id: chosen
    numbers, and what another version had more of.
    """
    was = {sheet.id: sheet for sheet in before.sheets if sheet.usual or sheet.rows > 0}
    there = [sheet for sheet in after.sheets if sheet.most and sheet.id in was]
    more = [one for one in there if was[one.id].usual or was[one.id].rows > one.rows]
    return differing(after, {one.id: min(was[one.id].rows, one.most) for one in more})


def rows_text(asked: Mapping[str, int]) -> str:
    """Numbers of rows as ``read_rows`` reads them; empty where there are none."""
    return "; ".join(f"{id}={number}" for id, number in sorted(asked.items()))


def usual(sheet: Sheet) -> int:
    """The definition's own number of rows."""
    return sheet.usual or sheet.rows


def _with_rows(template: Template, rows: tuple[int, ...]) -> Template:
    if all(sheet.rows == number for sheet, number in zip(template.sheets, rows, strict=True)):
        return template
    made = replace(template, sheets=tuple(map(_long, template.sheets, rows)))
    if _made.get((template.name, rows)) != made:
        _made[template.name, rows] = made
    return _made[template.name, rows]


def _long(sheet: Sheet, rows: int) -> Sheet:
    if sheet.rows == rows:
        return sheet
    return replace(sheet, rows=rows, usual=0 if rows == usual(sheet) else usual(sheet))
