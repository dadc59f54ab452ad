"""Entries that must not be guessed: refused, with the cell named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from random import Random
from typing import Any

from crmxl.expression import keys
from crmxl.issue.addresses import a1
from crmxl.issue.places import Role, RowKind
from crmxl.model import Key, Type
from tests.mutation.base import COUNTED, Base, Entry, numeric, some_fen, yuan
from tests.mutation.kinds import Edit, Intent, Sign, Unsuitable, edit, kind, one, sign
from tests.mutation.means import (
    PROGRAM,
    Means,
    by,
    either,
    fault,
    formula,
    in_openpyxl,
    in_program,
    in_xml,
    number,
    truth,
    typed,
    way,
)
from tests.office.driver import Commands

UNREADABLE = (
    "1万",
    "1.5万元",
    "一千",
    "约300",
    "待定",
    "1e5",
    "1_000",
    "nan",
    "inf",
    "1,00",
    "٣",
    "5%",
    "1 200",
    "#REF!",
)
TOO_PRECISE = ("12.345", "0.001元", "１２．３４５")
NEGATIVE = ("-5元", "(500)", "－１０", "\u2212 3.00")
TOO_LARGE = ("100000000000", "999,999,999,999.99元")


def _with_basis(base: Base, key: Key) -> tuple[str, ...]:
    """Every amount but 0, typed or from a price or a share, needs its basis, and a line of the unit's own its name."""
    code = key.rpartition("@")[0]
    typed = (base.inputs.get(f"{code}{column}") for column in (base.typed, "@unit_price", "@share_in"))
    return ("basis", "title") if any(typed) else ()


REQUIRED: Mapping[str, Callable[[Base, Key], tuple[str, ...]]] = {
    "annual-departments": lambda base, key: ("title", "measure", "by"),
    "cosmetics-plan": _with_basis,
    "crm-evaluation": lambda base, key: ("title", "basis", "unit", "direction", "source", "value"),
    "crm-expense": lambda base, key: (
        *("title", "reason", "goal", "activity", "category", "driver", "account"),
        *("basis", "source", "method", "value"),
    ),
    "customer-maintenance": lambda base, key: (
        *("title", "what", "segment", "stage", "kind", "region", "month", "basis", "result", "how", "value"),
        *(() if key.startswith("regions.") else ("owner",)),
    ),
    "customer-resources": lambda base, key: ("source", "basis", "unit_cost") if "." in key else ("value",),
    "customer-portfolio": lambda base, key: (
        () if key.startswith("regions.") else ("name", "region", "segment", "value")  # a blank name leaves a blank row
    ),
    "customer-relations": lambda base, key: ("title", "kind", "what", "name", "value"),
    "hotel-marketing": _with_basis,
    "marketing-mix": _with_basis,
    "sales-plan": lambda base, key: ("title", "basis", "leader", "method", "value"),
}
"""Columns of texts that a template requires on the row of a key."""


def _money(random: Random, base: Base) -> Key:
    """An amount, of the year or of a month, or a number of persons or pieces; a rate may be written out, and an
    adjustment may be negative.
    """
    cells = [cell for cell in base.layout.inputs if cell.type in (Type.MONEY, Type.INTEGER)]
    return one(random, [cell.key for cell in cells if cell.minimum is not None and cell.minimum >= 0])


@kind(Intent.DAMAGE)
def unreadable_amount(random: Random, base: Base) -> Edit:
    """1万, 约300, 1e5: never guessed."""
    texts = {
        **dict.fromkeys(UNREADABLE, "E102"),
        **dict.fromkeys(TOO_PRECISE, "E105"),
        **dict.fromkeys(NEGATIVE, "E104"),
        **dict.fromkeys(TOO_LARGE, "E104"),
    }
    text, key = random.choice(list(texts)), _money(random, base)
    means = typed(PROGRAM if text == "#REF!" else way(random), base, {key: text})
    return edit(f"wrote {text} at {key}", means, sign(texts[text], base.tab(key), base.at(key)))


@kind(Intent.DAMAGE)
def error_value(random: Random, base: Base) -> Edit:
    """#REF! or another error value stands in an input; it must never count as 0."""
    key = random.choice((_money(random, base), random.choice(base.roles(Role.INPUT))))
    tab, cell = base.tab(key), base.at(key)
    text = random.choice(("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?"))
    divided = in_xml({(tab, cell): fault("#DIV/0!", "1/0")}, values=False)
    means = by(
        random,
        either(lambda book: book.set_formula(tab, cell, "=1/0"), divided),
        in_openpyxl(lambda book: _put(book, tab, cell, text, "e")),
        in_xml({(tab, cell): fault(text)}, values=False),
    )
    return edit(f"{text} at {key}", means, sign("E106", tab, cell))


@kind(Intent.DAMAGE)
def negative_amount(random: Random, base: Base) -> Edit:
    """A reduction is entered as a negative amount."""
    key = _money(random, base)
    amount = -yuan(some_fen(random))
    if base.layout.cells[key].type is Type.INTEGER:
        amount = amount.to_integral_value(ROUND_FLOOR)
    return edit(f"typed {amount} at {key}", typed(way(random), base, {key: amount}), _there("E104", base, key))


@kind(Intent.DAMAGE)
def three_decimals(random: Random, base: Base) -> Edit:
    """More decimals than are shown."""
    key = _money(random, base)
    amount = Decimal(random.randrange(10**9)) + random.choice((Decimal("0.001"), Decimal("0.125"), Decimal("0.33333")))
    return edit(f"typed {amount} at {key}", typed(way(random), base, {key: amount}), _there("E105", base, key))


@kind(Intent.DAMAGE)
def too_large_amount(random: Random, base: Base) -> Edit:
    """A hundred thousand million and more: no budget, a slip."""
    key = _money(random, base)
    amount = Decimal(10 ** random.randint(11, 17))
    return edit(f"typed {amount} at {key}", typed(way(random), base, {key: amount}), _there("E104", base, key))


@kind(Intent.DAMAGE)
def truth_value_or_date(random: Random, base: Base) -> Edit:
    """TRUE or a date in an amount: numbers to Excel, no amounts to people.

    Not by LibreOffice: in a cell formatted as an amount it saves TRUE as 1 and a date as its serial number.
    """
    key = _money(random, base)
    tab, cell, value = base.tab(key), base.at(key), random.random() < 0.5
    typed_over = random.choice((value, date(2026, 3, 5)))
    means = by(
        random,
        in_xml({(tab, cell): truth(value)}, values=False),
        in_openpyxl(lambda book: setattr(book[tab][cell], "value", typed_over)),
        in_xml({(tab, cell): "d|<v>2026-03-05</v>"}, values=False),
    )
    return edit(f"a truth value or date at {key}", means, sign("E112", tab, cell))


@kind(Intent.DAMAGE)
def external_link(random: Random, base: Base) -> Edit:
    """An input reads another workbook, which the group does not have."""
    key = _money(random, base)
    tab, cell = base.tab(key), base.at(key)
    text = random.choice(
        (
            "[1]Sheet1!$B$3",
            "'[2025 预算.xlsx]汇总'!$B$3",
            "'D:\\预算\\[2025.xlsx]Sheet1'!B3",
            "SUM([1]Sheet1!B3:B9)",
            "[2025.xlsx]Sheet1!B3*1.1",
        )
    )
    linked = in_xml({(tab, cell): formula(text, "1200")})
    means = by(random, linked, _formula_by_openpyxl(tab, cell, text), linked)
    return edit(f"typed ={text} at {key}", means, sign("E108", tab, cell))


@kind(Intent.DAMAGE)
def formula_never_calculated(random: Random, base: Base) -> Edit:
    """A formula in an input, saved without its value: what did the unit see?"""
    key = _money(random, base)
    tab, cell = base.tab(key), base.at(key)
    bare = in_xml({(tab, cell): "|<f>500+700</f>"}, values=random.random() < 0.5)
    means = by(random, bare, _formula_by_openpyxl(tab, cell, "500+700"), bare)
    return edit(f"typed =500+700 at {key}", means, sign("E109", tab, cell))


@kind(Intent.DAMAGE)
def inputs_merged(random: Random, base: Base) -> Edit:
    """Inputs are merged into one cell, which keeps one of their values."""
    inputs = {(base.layout.cells[key].row, base.layout.cells[key].column) for key in base.lines_inputs()}
    if not inputs:
        raise Unsuitable
    row, column = random.choice(sorted(inputs))
    down, right = (1, 0) if random.random() < 0.6 else (0, 1)
    if (row + down, column + right) not in inputs:
        raise Unsuitable
    tab, area = base.money.name, f"{a1(row, column)}:{a1(row + down, column + right)}"
    return edit(f"merged {tab}!{area}", in_program(lambda book: book.merge(tab, area)), sign("S111", tab, area))


@kind(Intent.DAMAGE)
def months_that_do_not_add_up(random: Random, base: Base) -> Edit:
    """The year or one month is changed, and not the rest."""
    code = one(random, [code for code in base.lines(filled=True) if base.months(code)])
    year = code + base.typed
    key = random.choice((year, random.choice(base.months(code))))
    was = base.inputs[key]
    assert isinstance(was, Decimal)
    amount = was + yuan(random.choice((1, 100, some_fen(random))))
    means = typed(way(random), base, {key: amount})
    return edit(f"typed {amount} at {key}", means, _there("E113", base, year))


@kind(Intent.DAMAGE)
def amount_in_a_closed_month(random: Random, base: Base) -> Edit:
    """An amount before the first month of a part-year."""
    key = one(random, base.roles(Role.CLOSED))
    entry: Entry = random.choice((yuan(some_fen(random)), Decimal(0), "1,200元"))
    means = typed(way(random), base, {key: entry})
    return edit(f"typed {entry} at {key}", means, _there("S115", base, key))


@kind(Intent.DAMAGE)
def required_text_cleared(random: Random, base: Base) -> Edit:
    """The basis of an amount, or the name of a line of the unit's own, is deleted."""
    key = one(random, [key for key in base.inputs if key.rpartition("@")[2] in REQUIRED[base.template](base, key)])
    entry = random.choice((None, "  "))
    return edit(f"wrote {entry!r} at {key}", typed(way(random), base, {key: entry}), _there("E103", base, key))


@kind(Intent.DAMAGE)
def everything_cleared(random: Random, base: Base) -> Edit:
    """All figures are deleted: a blank form is not a nil return."""
    changes: dict[Key, Entry | None] = {key: None for key in base.inputs if numeric(base, key)}
    return edit("cleared every figure", typed(way(random), base, changes), sign("E115"))


@kind(Intent.DAMAGE)
def amount_cut_and_pasted(random: Random, base: Base) -> Edit:
    """An amount is cut and pasted: formulas follow it to the other line, and the checks of its own line are gone."""
    rows = base.rows(RowKind.LINE, RowKind.OPEN)
    here = one(random, base.lines(filled=True))
    there = random.choice([row.code for row in rows if row.code != here])
    source, target = base.at(here + base.typed), base.at(there + base.typed)

    def do(book: Commands) -> None:
        book.move_range(base.money.name, source, target)

    return edit(f"cut {source} and pasted it at {target}", in_program(do), sign("S110", base.money.name))


@kind(Intent.DAMAGE)
def entry_changed_and_not_recalculated(random: Random, base: Base) -> Edit:
    """Another program changes an amount and keeps the totals: what the unit saw is not what adds up."""
    code = one(random, base.lines(filled=True))
    key = code + base.typed
    was = base.inputs[key]
    assert isinstance(was, Decimal)
    amount = was + yuan(some_fen(random))
    cells = base.layout.cells
    follows = (one.key for one in cells.values() if one.formula is not None and key in keys(one.formula))
    owner = code.rpartition(".")[0] + COUNTED
    direct = base.typed == COUNTED and owner in cells
    shown = owner if direct else next(key for key in follows if "@_" not in key)
    means = in_xml({(base.tab(key), base.at(key)): number(str(amount))})
    return edit(f"changed {key} to {amount} alone", means, _there("S112", base, shown))


@kind(Intent.DAMAGE)
def choice_that_is_not_offered(random: Random, base: Base) -> Edit:
    """Another word than the list offers: no rule would be asked of it."""
    key = one(random, [key for key in base.inputs if base.layout.cells[key].type is Type.CHOICE])
    choice = random.choice(base.layout.cells[key].choices)
    others = (f"{choice}类", choice[0], f"{choice[0]} {choice[1:]}", f"{choice}\u200b", "其他", "1")
    text = random.choice((*others, f"{choice} ", f" {choice}", f"{choice}\u3000", f"{choice}\u00a0"))
    return edit(f"wrote {text!r} at {key}", typed(way(random), base, {key: text}), _there("E110 E116", base, key))


def _there(codes: str, base: Base, key: Key) -> Sign:
    return sign(codes, base.tab(key), base.at(key))


def _formula_by_openpyxl(tab: str, cell: str, text: str) -> Means:
    return in_openpyxl(lambda book: setattr(book[tab][cell], "value", f"={text}"))


def _put(book: Any, tab: str, cell: str, value: str, kind: str) -> None:
    book[tab][cell].value = value
    book[tab][cell].data_type = kind
