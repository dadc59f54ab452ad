"""Damage to sheets, rows, columns, codes and titles: by these amounts would be dropped, doubled or mixed up."""

from __future__ import annotations

import json
import re
from html import unescape
from random import Random

from crmxl.issue.addresses import a1, letters
from crmxl.issue.places import HEADER_ROW, ID_ROW, Role, RowKind, SheetPlan, Span
from crmxl.issue.stamp import SHEET
from crmxl.model import Type
from tests.mutation.base import COUNTED, Base, some_fen, yuan
from tests.mutation.kinds import Edit, Intent, Unsuitable, edit, kind, one, sign, two
from tests.mutation.means import BLANK, by, in_openpyxl, in_program, in_xml, words
from tests.mutation.package import cell_in, part_of, parts_of, strings_of
from tests.office.driver import Commands

CODED = (RowKind.LINE, RowKind.OPEN, RowKind.SUBTOTAL, RowKind.PART_TOTAL, RowKind.TOTAL)


@kind(Intent.DAMAGE)
def code_changed(random: Random, base: Base) -> Edit:
    """A row's code is deleted or typed over: its amounts belong to nothing."""
    plan = random.choice(base.sheets)
    row = random.choice([row for row in plan.rows if row.code])
    wide = row.code.translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)})
    text = random.choice(("", f"{row.code}x", f"0{row.code}", wide, f"{row.code}.", row.code.upper() + "号", "9.9.9"))
    cell = f"A{row.number}"
    match random.randrange(3):
        case 0:
            means = in_program(lambda book: book.set(plan.name, cell, text or None))
        case 1:
            means = in_xml({(plan.name, cell): words(text) if text else BLANK})
        case _:
            means = in_program(lambda book: book.set_formula(plan.name, cell, f'="{row.code}"'))
    says = f"changed the code {row.code} at {plan.name}!{cell} to {text!r}, or a formula"
    return edit(says, means, sign("S105", plan.name, expected=row.code))


@kind(Intent.DAMAGE)
def code_of_another_line(random: Random, base: Base) -> Edit:
    """A line gets the code of another one: two lines of one code."""
    here, there = two(random, base.lines())
    rows = {row.code: row.number for row in base.money.rows}
    tab, cell = base.money.name, f"A{rows[here]}"
    return edit(
        f"gave {tab}!{cell} the code {there}",
        in_xml({(tab, cell): words(there)}),
        sign("S106", tab, expected=there),
        sign("S105", tab, expected=here),
    )


@kind(Intent.DAMAGE)
def codes_swapped(random: Random, base: Base) -> Edit:
    """Two lines swap their codes, so that each amount would count for the other's title."""
    here, there = two(random, base.lines(opened=False))
    rows = {row.code: row.number for row in base.money.rows}
    tab = base.money.name
    cells = {(tab, f"A{rows[here]}"): words(there), (tab, f"A{rows[there]}"): words(here)}
    return edit(f"swapped the codes {here} and {there}", in_xml(cells), sign("S109 S110", tab))


@kind(Intent.DAMAGE)
def row_copied(random: Random, base: Base) -> Edit:
    """A whole row is copied and inserted, with its code."""
    row = random.choice(base.rows(*CODED))
    tab, last = base.money.name, letters(base.money.spans[-1].number)
    below = row.number + random.randint(1, 3)

    def do(book: Commands) -> None:
        book.insert_rows(tab, below)
        book.copy_range(tab, f"A{row.number}:{last}{row.number}", f"A{below}")

    return edit(f"copied {tab} row {row.number} to {below}", in_program(do), sign("S106", tab, expected=row.code))


@kind(Intent.DAMAGE)
def row_deleted(random: Random, base: Base) -> Edit:
    """A row is deleted; the sums shrink with it."""
    plan = random.choice(base.sheets)
    row = random.choice([row for row in plan.rows if row.code])
    means = in_program(lambda book: book.delete_rows(plan.name, row.number))
    return edit(f"deleted {plan.name} row {row.number} ({row.code})", means, sign("S105", plan.name, expected=row.code))


@kind(Intent.DAMAGE)
def rows_deleted(random: Random, base: Base) -> Edit:
    """Several rows are deleted at once, headings and totals with them."""
    plan = base.money
    first = random.choice([row for row in plan.rows if row.code])
    last = min(plan.last_row, first.number + random.randint(1, 8))
    gone = [row.code for row in plan.rows if first.number <= row.number <= last and row.code]
    means = in_program(lambda book: book.delete_rows(plan.name, first.number, last))
    signs = [sign("S105", plan.name, expected=code) for code in gone]
    return edit(f"deleted {plan.name} rows {first.number} to {last}", means, *signs)


@kind(Intent.DAMAGE)
def column_deleted(random: Random, base: Base) -> Edit:
    """A column is deleted, its amounts with it."""
    plan, span = _column(random, base)
    column = letters(span.number)
    means = in_program(lambda book: book.delete_columns(plan.name, column))
    return edit(f"deleted {plan.name} column {column} ({span.id})", means, sign("S103", plan.name))


@kind(Intent.DAMAGE)
def code_column_deleted(random: Random, base: Base) -> Edit:
    """The first column is deleted, and with it every code and the sheet's marker."""
    plan = random.choice(base.layout.sheets)
    means = in_program(lambda book: book.delete_columns(plan.name, "A"))
    return edit(f"deleted {plan.name} column A", means, sign("S101", title=plan.name))


@kind(Intent.DAMAGE)
def column_copied(random: Random, base: Base) -> Edit:
    """A whole column is copied and inserted, hidden rows included."""
    plan, span = _column(random, base)
    column, to, last = letters(span.number), letters(span.number + 1), plan.last_row

    def do(book: Commands) -> None:
        book.insert_columns(plan.name, to)
        book.copy_range(plan.name, f"{column}1:{column}{last}", f"{to}1")

    cells = (a1(ID_ROW, span.number), a1(ID_ROW, span.number + 1))
    return edit(f"copied {plan.name} column {column} to {to}", in_program(do), sign("S104", plan.name, *cells))


@kind(Intent.DAMAGE)
def hidden_row_deleted(random: Random, base: Base) -> Edit:
    """Somebody shows the two hidden rows and deletes one."""
    plan = random.choice(base.layout.sheets)
    row = random.randint(1, 2)
    means = in_program(lambda book: book.delete_rows(plan.name, row))
    expected = sign("S101", title=plan.name) if row == 1 else sign("S103", plan.name)
    return edit(f"deleted {plan.name} row {row}", means, expected)


@kind(Intent.DAMAGE)
def marker_changed(random: Random, base: Base) -> Edit:
    """The marker in A1 is typed over."""
    plan = random.choice(base.layout.sheets)
    text = random.choice(("", "crmxl:", f"crmxl:{plan.id}2", f"crmxl {plan.id}", plan.name))
    means = in_xml({(plan.name, "A1"): words(text) if text else BLANK})
    return edit(f"made the marker of {plan.name} {text!r}", means, sign("S101", title=plan.name))


@kind(Intent.DAMAGE)
def column_id_changed(random: Random, base: Base) -> Edit:
    """A column's id in the hidden row is typed over."""
    plan, span = _column(random, base)
    text = random.choice(("", f"{span.id}_", span.id.upper(), "x"))
    means = in_xml({(plan.name, a1(ID_ROW, span.number)): words(text) if text else BLANK})
    return edit(f"made the column id {span.id} of {plan.name} {text!r}", means, sign("S103", plan.name))


@kind(Intent.DAMAGE)
def column_ids_swapped(random: Random, base: Base) -> Edit:
    """Two columns swap their ids, so that one month's amounts would count for another."""
    plan = base.money
    spans = [span for span in plan.spans if span.type is Type.MONEY or span.id in ("title", "basis")]
    if len(spans) < 2:
        raise Unsuitable
    one, other = random.sample(spans, 2)
    cells = {
        (plan.name, a1(ID_ROW, one.number)): words(other.id),
        (plan.name, a1(ID_ROW, other.number)): words(one.id),
    }
    return edit(f"swapped the column ids {one.id} and {other.id}", in_xml(cells), sign("S103 S109 S110", plan.name))


@kind(Intent.DAMAGE)
def header_changed(random: Random, base: Base) -> Edit:
    """A column gets another title: amounts typed in 万元, or this month's for that one's."""
    plan = base.money
    span = random.choice([span for span in plan.spans if span.type is Type.MONEY])
    cell = a1(HEADER_ROW, span.number)
    text = random.choice((f"{span.title}（万元）", "上年实际", "13月", "备注"))
    means = in_program(lambda book: book.set(plan.name, cell, text))
    return edit(f"made the header {plan.name}!{cell} {text}", means, sign("S109", plan.name, cell))


@kind(Intent.DAMAGE)
def title_changed(random: Random, base: Base) -> Edit:
    """A locked title is changed: the amount then means something else."""
    key = one(random, base.roles(Role.LABEL))
    tab, cell, was = base.tab(key), base.at(key), base.layout.cells[key].text
    text = random.choice(("", f"{was}（含税）", was[:-1], f"{was[:1]} {was[1:]}", "其他费用"))
    means = by(
        random,
        in_program(lambda book: book.set(tab, cell, text or None)),
        in_openpyxl(lambda book: setattr(book[tab][cell], "value", text or None)),
        in_xml({(tab, cell): words(text) if text else BLANK}),
    )
    return edit(f"made the title {was} at {tab}!{cell} {text!r}", means, sign("S109", tab, cell))


@kind(Intent.DAMAGE)
def titles_swapped(random: Random, base: Base) -> Edit:
    """Two titles are swapped, for instance by sorting the titles alone."""
    here, there = two(random, [key for key in base.roles(Role.LABEL) if base.tab(key) == base.money.name])
    texts = [base.layout.cells[key].text for key in (here, there)]
    if texts[0] == texts[1]:
        raise Unsuitable
    tab, cells = base.money.name, (base.at(here), base.at(there))
    means = in_xml({(tab, cells[0]): words(texts[1]), (tab, cells[1]): words(texts[0])})
    return edit(f"swapped {cells}", means, sign("S109", tab, cells[0]), sign("S109", tab, cells[1]))


@kind(Intent.DAMAGE)
def amount_without_a_code(random: Random, base: Base) -> Edit:
    """A row is inserted for an item that the form does not name; nobody gives it a code that counts."""
    row = random.choice(base.rows(RowKind.LINE, RowKind.OPEN, RowKind.SUBTOTAL))
    columns = [span for span in base.money.spans if f"{row.code}@{span.id}" in base.layout.cells]
    asked = [span for span in columns if span.column and not span.column.calculated]
    spans = [span for span in asked if span.type is Type.MONEY and not span.id.endswith(".rest")]
    if not spans:
        raise Unsuitable
    tab, cell = base.money.name, a1(row.number, random.choice(spans).number)
    own = f"{row.code}.1"
    code = random.choice(("", "", own if own not in base.layout.kinds else f"{own}0", "补充"))
    amount = float(yuan(some_fen(random)))

    def do(book: Commands) -> None:
        book.insert_rows(tab, row.number)
        book.set(tab, f"B{row.number}", "临时增加的项目")
        book.set(tab, cell, amount)
        if code:
            book.set(tab, f"A{row.number}", code)

    return edit(
        f"typed {amount} on a row inserted at {tab}!{cell}, code {code!r}", in_program(do), sign("S107", tab, cell)
    )


@kind(Intent.DAMAGE)
def amount_where_none_belongs(random: Random, base: Base) -> Edit:
    """A figure in a heading, in the header, or in a column that its row does not use."""
    plan = base.money
    keyed = {(cell.row, cell.column) for cell in base.layout.cells.values() if cell.sheet == plan.id}
    money = [span for span in plan.spans if span.type is Type.MONEY and not span.id.endswith(".rest")]
    typed = [span for span in money if span.column and not span.column.calculated]
    spans = [span for span in plan.spans if not span.hidden and span.id != "title"]
    places = [(HEADER_ROW, span.number) for span in typed]
    places += [(row.number, span.number) for row in plan.rows for span in (spans if row.code else typed)]
    row, column = random.choice([place for place in places if place not in keyed])
    cell, amount = a1(row, column), float(yuan(some_fen(random)))
    means = in_program(lambda book: book.set(plan.name, cell, amount))
    return edit(f"typed {amount} at {plan.name}!{cell}", means, sign("S107", plan.name, cell))


@kind(Intent.DAMAGE)
def lines_added_below(random: Random, base: Base) -> Edit:
    """A sheet that ends with blank lines is continued below them."""
    typed: dict[str, list[int]] = {}
    for cell in base.layout.inputs:
        if not cell.key.endswith("@title"):
            typed.setdefault(cell.sheet, []).append(cell.column)
    plans = [plan for plan in base.sheets if plan.rows[-1].kind.filled and plan.id in typed]
    if not plans:
        raise Unsuitable
    plan = random.choice(plans)
    row, column = plan.last_row + 1, letters(min(typed[plan.id]))

    def do(book: Commands) -> None:
        book.set(plan.name, f"B{row}", "再加一项")
        book.set(plan.name, f"{column}{row}", "完成")

    return edit(f"wrote on {plan.name} row {row}", in_program(do), sign("S107", plan.name, f"{column}{row}"))


@kind(Intent.DAMAGE)
def line_moved_to_another_group(random: Random, base: Base) -> Edit:
    """A row is cut and inserted among the lines of another group: the subtotals move an amount between them."""
    runs = [run for run in base.runs() if len(run) > 1]
    if len(runs) < 2:
        raise Unsuitable
    here, there = random.sample(runs, 2)
    row, to = random.choice(here).number, there[1].number
    tab, owner = base.money.name, there[0].code.rpartition(".")[0]
    if owner + COUNTED not in base.layout.cells:
        raise Unsuitable
    means = in_program(lambda book: book.move_rows(tab, row, row, to))
    return edit(f"moved {tab} row {row} before row {to}", means, sign("S110", tab, key=owner + COUNTED))


@kind(Intent.DAMAGE)
def sheet_deleted(random: Random, base: Base) -> Edit:
    """A data sheet or 校验 is deleted."""
    plan = random.choice(base.layout.sheets)
    means = in_program(lambda book: book.delete_sheet(plan.name))
    return edit(f"deleted {plan.name}", means, sign("S101", title=plan.name))


@kind(Intent.DAMAGE)
def sheet_copied(random: Random, base: Base) -> Edit:
    """A data sheet is copied and one copy filled on: which one counts?"""
    plan = random.choice(base.sheets)
    name, position = f"{plan.name[:20]} (2)", random.randint(0, len(base.tabs))
    key = one(random, [key for key in base.inputs if base.tab(key) == plan.name])

    def do(book: Commands) -> None:
        book.copy_sheet(plan.name, name, position)
        book.set(name, base.at(key), "改")

    return edit(f"copied {plan.name} to {name}", in_program(do), sign("S102", title=plan.name))


@kind(Intent.DAMAGE)
def stamp_changed(random: Random, base: Base) -> Edit:
    """The hidden sheet says another unit, year or version than the document properties."""
    body = json.loads(_stamp(base))
    name = random.choice(
        ("unit", "unit_name", "year", "first_month", "rows", "version", "template", "fingerprint", "round")
    )
    if name == "rows":
        body[name] = {**body.get(name, {}), "customers": 50 + sum(body.get(name, {}).values())}
    else:
        body[name] = body[name] + 1 if isinstance(body[name], int) else f"{body[name]}x"
    text = random.choice((json.dumps(body, ensure_ascii=False), "{", "HN"))
    means = in_xml({(SHEET, "A1"): words(text)})
    return edit(f"changed {name} in the stamp: {text[:40]}", means, sign("I105", SHEET, "A1"))


def _stamp(base: Base) -> str:
    found = cell_in(parts_of(base.data)[part_of(base.data, SHEET)].decode(), "A1")
    shared = re.search(r"<v>([0-9]+)</v>", found[0])
    assert shared
    return unescape(re.sub(r"<[^>]*>", "", strings_of(base.data)[int(shared[1])]))


def _column(random: Random, base: Base) -> tuple[SheetPlan, Span]:
    """A column that holds issued cells."""
    plan = random.choice(base.layout.sheets)
    used = {cell.column for cell in base.layout.cells.values() if cell.sheet == plan.id}
    return plan, random.choice([span for span in plan.spans if span.number in used])
