"""Formulas and what they show: overwritten, replaced, or given another value in the file."""

from __future__ import annotations

import re
from decimal import Decimal
from random import Random
from typing import Any

from crmxl.issue.addresses import a1
from crmxl.issue.places import CHECKS, FLAG, NOTE_ROW, Role, RowKind
from crmxl.model import Key
from tests.mutation.base import Base, some_fen, yuan
from tests.mutation.kinds import Edit, Intent, Unsuitable, edit, kind, one, sign
from tests.mutation.means import (
    Means,
    by,
    cached,
    cached_words,
    formula,
    in_openpyxl,
    in_program,
    in_xml,
    number,
    shown,
    words,
)

SUMS = (RowKind.SUBTOTAL, RowKind.PART_TOTAL, RowKind.TOTAL)
_RANGE = re.compile(r"([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)")


def _sums(base: Base) -> list[Key]:
    """Calculated amounts of groups, parts and the whole."""
    keys = [f"{row.code}@{span.id}" for row in base.rows(*SUMS) for span in base.money.spans]
    return [key for key in keys if key in base.layout.cells and base.layout.cells[key].role is Role.CALCULATED]


def _typed_over(random: Random, tab: str, cell: str, value: Decimal | str) -> Means:
    """``value`` in place of a formula, by some means."""
    plain = float(value) if isinstance(value, Decimal) else value
    return by(
        random,
        in_program(lambda book: book.set(tab, cell, plain)),
        in_openpyxl(lambda book: setattr(book[tab][cell], "value", plain)),
        in_xml({(tab, cell): number(str(value)) if isinstance(value, Decimal) else words(value)}),
    )


@kind(Intent.DAMAGE)
def total_typed_over(random: Random, base: Base) -> Edit:
    """A number stands where a sum was, even the same number: it no longer follows its lines."""
    key = one(random, _sums(base))
    tab, cell = base.tab(key), base.at(key)
    was = Decimal(shown(base.data, tab, cell))
    value = random.choice((was, was + yuan(some_fen(random)), Decimal(0), was + Decimal("0.01"), was / 10_000))
    return edit(f"typed {value} over {key} (was {was})", _typed_over(random, tab, cell, value), sign("S110", tab, cell))


@kind(Intent.DAMAGE)
def total_cleared(random: Random, base: Base) -> Edit:
    """A sum is deleted."""
    key = one(random, _sums(base))
    tab, cell = base.tab(key), base.at(key)
    means = by(
        random,
        in_program(lambda book: book.set(tab, cell, None)),
        in_openpyxl(lambda book: setattr(book[tab][cell], "value", None)),
        in_program(lambda book: book.set(tab, cell, "见附件")),
    )
    return edit(f"cleared {key}", means, sign("S110", tab, cell))


@kind(Intent.DAMAGE)
def formula_replaced(random: Random, base: Base) -> Edit:
    """Another formula: a range that lacks a row, a hand adjustment, rounding, another cell's sum."""
    key = one(random, _sums(base))
    tab, cell, issued = base.tab(key), base.at(key), base.layout.formula(key)
    other = base.layout.formula(random.choice([found for found in _sums(base) if found != key]))
    choices = [f"{issued}+1", f"({issued})*1.1", f"ROUND({issued},-2)", f"{issued}-0", f"IF(1=1,{issued},0)", other]
    if shorter := _shorter(random, issued):
        choices += [shorter] * 6
    text = random.choice(choices)
    was = shown(base.data, tab, cell)
    means = by(
        random,
        in_program(lambda book: book.set_formula(tab, cell, f"={text}")),
        in_openpyxl(lambda book: setattr(book[tab][cell], "value", f"={text}")),
        in_xml({(tab, cell): formula(text, was)}),
    )
    return edit(f"made {key} ={text} (issued ={issued})", means, sign("S110", tab, cell))


def _shorter(random: Random, issued: str) -> str:
    """``issued`` with its first range a row or column short."""
    found = _RANGE.search(issued)
    if found is None:
        return ""
    left, top, right, bottom = found[1], int(found[2]), found[3], int(found[4])
    if top < bottom:
        rows = random.choice(((top + 1, bottom), (top, bottom - 1)))
    elif left == right:
        return ""
    else:
        return issued.replace(found[0], f"{left}{top}", 1)
    return issued.replace(found[0], f"{left}{rows[0]}:{right}{rows[1]}", 1)


@kind(Intent.DAMAGE)
def check_typed_over(random: Random, base: Base) -> Edit:
    """A figure or a result of 校验, or a row's own check, is typed over."""
    keys = [key for key in base.roles(Role.CALCULATED) if key not in set(_sums(base)) and key != FLAG]
    here = random.random() < 0.5
    key = one(random, [key for key in keys if (base.layout.cells[key].sheet == CHECKS) == here])
    tab, cell = base.tab(key), base.at(key)
    value = random.choice((Decimal(0), Decimal(1), "通过", "Pass", "见说明"))
    return edit(f"typed {value} over {key}", _typed_over(random, tab, cell, value), sign("S110", tab, cell))


@kind(Intent.DAMAGE)
def flag_typed_over(random: Random, base: Base) -> Edit:
    """The overall verdict is typed: 通过."""
    means = _typed_over(random, base.checks.name, base.at(FLAG), random.choice(("通过", "Pass")))
    return edit("typed 通过 over the flag", means, sign("S110", base.checks.name, base.at(FLAG)))


@kind(Intent.DAMAGE)
def flag_in_a_header_typed_over(random: Random, base: Base) -> Edit:
    """The verdict that a data sheet repeats in its frozen header is typed over."""
    plan, cell = random.choice(base.layout.sheets), a1(NOTE_ROW, 2)
    means = _typed_over(random, plan.name, cell, random.choice(("通过", "Pass", "不通过")))
    return edit(f"typed over {plan.name}!{cell}", means, sign("S110", plan.name, cell))


@kind(Intent.DAMAGE)
def shown_value_changed(random: Random, base: Base) -> Edit:
    """The formula is intact and shows another value; spreadsheet programs trust what the file says."""
    keys = [key for key in base.roles(Role.CALCULATED) if base.layout.cells[key].type.numeric]
    key = random.choice((one(random, keys), one(random, _sums(base))))
    tab, cell = base.tab(key), base.at(key)
    value = Decimal(shown(base.data, tab, cell)) + random.choice((1, -1, Decimal("0.01"), 10_000))
    means = in_xml({(tab, cell): cached(str(value))})
    return edit(f"{key} shows {value}", means, sign("S112", tab, cell))


@kind(Intent.DAMAGE)
def shown_text_changed(random: Random, base: Base) -> Edit:
    """A formula that gives a text shows another one, the flag included."""
    keys = [key for key in base.roles(Role.CALCULATED) if not base.layout.cells[key].type.numeric]
    key = random.choice((FLAG, one(random, keys)))
    tab, cell = base.tab(key), base.at(key)
    value = random.choice(("未完成(还差 1 项)", "不通过", "Incomplete", "超出允许范围"))
    return edit(f"{key} shows {value}", in_xml({(tab, cell): cached_words(value)}), sign("S112", tab, cell))


@kind(Intent.DAMAGE)
def shown_total_and_flag_changed(random: Random, base: Base) -> Edit:
    """The total's value is changed in the file, all sums above the line with it, and the flag says 通过."""
    total = base.layout.template.total
    added = random.choice((1, 10_000, -1))
    keys = {total, *(key for key in _sums(base) if key.endswith("@amount") and random.random() < 0.3)}
    cells = {
        (base.tab(key), base.at(key)): cached(str(Decimal(shown(base.data, base.tab(key), base.at(key))) + added))
        for key in keys
    }
    tab, cell = base.tab(total), base.at(total)
    if len(keys) > 1:
        cells[base.tab(FLAG), base.at(FLAG)] = cached_words("提示")
        return edit(
            f"{sorted(keys)} and the flag show others", in_xml(cells), sign("S112", base.tab(FLAG), base.at(FLAG))
        )
    return edit(f"{total} shows {added} more", in_xml(cells), sign("S112", tab, cell))


@kind(Intent.DAMAGE)
def formula_of_a_line_replaced_by_a_reference(random: Random, base: Base) -> Edit:
    """A sum reads a figure on a sheet of the unit's own."""
    key = one(random, _sums(base))
    tab, cell, own = base.tab(key), base.at(key), base.tabs[-2]
    if own == tab:
        raise Unsuitable
    was = shown(base.data, tab, cell)

    def do(book: Any) -> None:
        book.set(own, "H20", float(was or 0))
        book.set_formula(tab, cell, f"='{own}'!H20")

    return edit(f"made {key} ='{own}'!H20", in_program(do), sign("S110", tab, cell))
