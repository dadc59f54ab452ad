"""Edits of the XML by which entries change: crmxl must accept the file, and count exactly what now stands there."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from xml.sax.saxutils import escape, unescape

from crmxl.issue.places import Role
from crmxl.model import Key
from tests.mutation.base import TEXTS, Base, Entry, some_fen, worded
from tests.mutation.fillings import POOL
from tests.mutation.fillings import base as other_base
from tests.mutation.kinds import Edit, Intent, Unsuitable, edit, kind, one, sign
from tests.mutation.means import in_cell, in_part, in_parts, in_xml, number
from tests.mutation.package import WORKBOOK, part_of, parts_of, strings_of, without_values

_CALENDARS = 1462
"""Days between the two calendars."""


@kind(Intent.ENTRY)
def amount_as_the_text_of_a_formula(random: Random, base: Base) -> Edit:
    """A number stored as the text that a formula gave (t="str"): converted, told, and counted."""
    code = one(random, base.lines(filled=True))
    key, changes = code + base.typed, base.with_line(random, code, some_fen(random))
    cells = {(base.tab(k), base.at(k)): _plain(entry) for k, entry in changes.items()}
    cells[base.tab(key), base.at(key)] = f"str|<v>{changes[key]}</v>"
    told = sign("E101", base.tab(key), base.at(key))
    return edit(f"line {code} is the text {changes[key]}", in_xml(cells, values=False), told, changes=changes)


def _plain(entry: Entry) -> str:
    return number(str(entry)) if isinstance(entry, Decimal) else f"str|<v>{escape(str(entry))}</v>"


@kind(Intent.ENTRY)
def amount_with_an_exponent(random: Random, base: Base) -> Edit:
    """Another amount, written as 1.33E5 or with white space around it."""
    code = one(random, base.lines(filled=True))
    changes = base.with_line(random, code, some_fen(random))
    cells = {(base.tab(key), base.at(key)): _plain(entry) for key, entry in changes.items()}
    key = code + base.typed
    amount = changes[key]
    assert isinstance(amount, Decimal)
    text = random.choice((f"{amount:E}", f" {amount} ", f"{amount:E}".lower().replace("e+", "e"), f"{amount}00"))
    cells[base.tab(key), base.at(key)] = f'|<v xml:space="preserve">{text}</v>'
    return edit(f"line {code} is {text!r}", in_xml(cells, values=False), changes=changes)


@kind(Intent.ENTRY)
def line_breaks_in_a_text(random: Random, base: Base) -> Edit:
    """A text with _x000D_ for a carriage return, in runs, or with a phonetic guide."""
    key = one(random, [key for key in base.inputs if worded(base, key)])
    first, second = random.sample(TEXTS, 2)
    guide = '<rPh sb="0" eb="1"><t>XX</t></rPh>'
    runs = "".join(f'<r><t xml:space="preserve">{escape(text)}</t></r>' for text in (f"{first}_x000D_\n", second))
    content = f"inlineStr|<is>{runs}{guide}</is>"
    changes: dict[Key, Entry | None] = {key: f"{first}\r\n{second}"}
    return edit(f"wrote {changes[key]!r} at {key}", in_xml({(base.tab(key), base.at(key)): content}), changes=changes)


@kind(Intent.ENTRY)
def dates_of_the_other_calendar(random: Random, base: Base) -> Edit:
    """The workbook is said to count from 1904: every date is now four years later, as Excel shows it."""
    days = {key: entry for key, entry in base.inputs.items() if isinstance(entry, date)}
    one(random, list(days))
    changes: dict[Key, Entry | None] = {key: entry + timedelta(days=_CALENDARS) for key, entry in days.items()}
    switched = random.choice(('date1904="1"', 'date1904="true"'))
    means = in_part(WORKBOOK, lambda text: text.replace("<workbookPr ", f"<workbookPr {switched} "))
    return edit(f"{len(days)} dates from 1904", means, changes=changes)


@kind(Intent.ENTRY)
def text_of_another_cell(random: Random, base: Base) -> Edit:
    """A text cell points to another text of the shared table: another entry, as if it was typed."""
    key = one(random, [key for key in base.inputs if worded(base, key)])
    strings = [unescape(re.sub(r"<[^>]*>", "", text), {"&quot;": '"'}) for text in strings_of(base.data)]
    others = [n for n, text in enumerate(strings) if text.strip() and len(text) < 200 and text != base.inputs[key]]
    index = random.choice(others)
    changes: dict[Key, Entry | None] = {key: strings[index]}
    means = in_cell(base, base.tab(key), base.at(key), lambda cell: re.sub(r"<v>[0-9]+</v>", f"<v>{index}</v>", cell))
    return edit(f"{key} is text {index}, {strings[index][:30]!r}", means, changes=changes)


@kind(Intent.ENTRY)
def sheet_of_another_unit(random: Random, base: Base) -> Edit:
    """The same form of another unit is pasted over a sheet, and not calculated: its entries are the file's entries."""
    other = alike(random, base)
    plan = random.choice(base.sheets)
    keys = [cell.key for cell in base.layout.cells.values() if cell.sheet == plan.id and cell.role is Role.INPUT]
    changes: dict[Key, Entry | None] = {key: other.inputs.get(key) for key in keys}
    sheet = foreign_sheet(other, plan.name)

    def do(parts: dict[str, bytes]) -> None:
        parts[part_of(base.data, plan.name)] = sheet
        for name in list(parts):
            if name.startswith("xl/worksheets/sheet"):
                parts[name] = without_values(parts[name].decode()).encode()

    figures = any(cell.role is Role.ISSUED for cell in base.layout.cells.values() if cell.sheet == plan.id)
    means = in_parts(do, tells="F110 I109" if figures else "F110")
    return edit(f"pasted {plan.name} of {other}", means, changes=changes)


def alike(random: Random, base: Base) -> Base:
    """Another base with the same layout and styles; raises Unsuitable where there is none nearby."""
    pool = base.number // POOL
    found = []
    for near in range(max(0, pool - 1) * POOL, (pool + 2) * POOL):
        if near != base.number and near % POOL in (0, base.number % POOL, 6, 7):
            other = other_base(base.template, near)
            if other.layout.fingerprint == base.layout.fingerprint:
                found.append(other)
    if not found:
        raise Unsuitable
    return random.choice(found)


def foreign_sheet(other: Base, tab: str) -> bytes:
    """A sheet of another file, its texts inline."""
    strings = strings_of(other.data)

    def inline(found: re.Match[str]) -> str:
        inside = strings[int(found[2])].removeprefix("<si>").removesuffix("</si>")
        return f'{found[1]} t="inlineStr"><is>{inside}</is></c>'

    text = parts_of(other.data)[part_of(other.data, tab)].decode()
    return re.sub(r'(<c r="[A-Z]+[0-9]+"[^>]*) t="s"><v>([0-9]+)</v></c>', inline, text).encode()
