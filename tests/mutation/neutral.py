"""Edits that change nothing that counts: crmxl must accept the file, with the same entries and the same total."""

from __future__ import annotations

import re
from random import Random
from typing import Any

from crmxl.define.names import TAKEN_TABS
from crmxl.expression import keys
from crmxl.issue.addresses import letters
from crmxl.issue.places import CHECKS, Row, RowKind
from crmxl.issue.stamp import SHEET
from tests.mutation.base import Base
from tests.mutation.kinds import Edit, Intent, Unsuitable, edit, kind, one, sign
from tests.mutation.means import in_office, in_openpyxl, in_program, in_tab, in_xml, number, words
from tests.office.driver import Commands

OWN_TABS = ("工作底稿", "变更记录", "Scratch", "Change log")
REMARKS = ("备注", "已与财务核对", "见附件 3", "同比 +10%", "1,200", "x")


@kind(Intent.NEUTRAL, office=True)
def saved_by_libreoffice(random: Random, base: Base) -> Edit:
    """Opened, calculated and saved by another program, which rewrites every part of the file."""
    return edit("nothing, but saved", in_office(lambda book: None))


@kind(Intent.NEUTRAL)
def saved_by_openpyxl(random: Random, base: Base) -> Edit:
    """Saved by a library that keeps no calculated values."""
    return edit("nothing, but saved", in_openpyxl(lambda book: None), sign("F110"))


@kind(Intent.NEUTRAL)
def saved_without_values(random: Random, base: Base) -> Edit:
    """Formulas without values, everything else as issued, as some programs save."""
    return edit("dropped all cached values", in_xml({}, values=False), sign("F110"))


@kind(Intent.NEUTRAL)
def sheet_renamed(random: Random, base: Base) -> Edit:
    """A tab gets another name; formulas follow."""
    plan = random.choice(base.layout.sheets)
    name = random.choice((f"{plan.name} (2)", "预算'26", "Sheet1", f"副本-{plan.name}"[:31], "终稿 最终版"))
    return edit(f"renamed {plan.name} to {name}", in_program(lambda book: book.rename_sheet(plan.name, name)))


@kind(Intent.NEUTRAL)
def sheets_reordered(random: Random, base: Base) -> Edit:
    """Tabs are dragged to other places."""
    moves = [(random.choice(base.tabs), random.randrange(len(base.tabs))) for _ in range(random.randint(1, 3))]

    def do(book: Commands) -> None:
        for tab, position in moves:
            book.move_sheet(tab, position)

    return edit(f"moved tabs {moves}", in_program(do))


@kind(Intent.NEUTRAL)
def blank_rows_inserted(random: Random, base: Base) -> Edit:
    """Rows are inserted for looks, anywhere, also above the hidden rows."""
    plan = random.choice(base.layout.sheets)
    before, count = random.randint(1, plan.last_row + 1), random.randint(1, 3)
    if random.random() < 0.5:
        before = random.choice([row.number for row in plan.rows])
    says = f"inserted {count} rows before {plan.name}!{before}"
    return edit(says, in_program(lambda book: book.insert_rows(plan.name, before, count)))


@kind(Intent.NEUTRAL)
def remark_on_an_inserted_row(random: Random, base: Base) -> Edit:
    """A row is inserted between lines, with a remark under the titles."""
    row = random.choice(base.rows(RowKind.LINE, RowKind.OPEN, RowKind.SUBTOTAL, RowKind.PART_TOTAL))
    remark, tab = random.choice(REMARKS), base.money.name

    def do(book: Commands) -> None:
        book.insert_rows(tab, row.number)
        book.set(tab, f"B{row.number}", remark)

    return edit(f"wrote {remark} on a row inserted at {tab}!B{row.number}", in_program(do), sign("S113", tab))


@kind(Intent.NEUTRAL)
def remark_column_inserted(random: Random, base: Base) -> Edit:
    """A column is inserted and holds remarks, some of them numbers."""
    plan = random.choice(base.sheets)
    at = random.randint(1, plan.spans[-1].number + 1)
    column, count = letters(at), random.randint(1, 2)
    remarks = {row.number: random.choice(REMARKS) for row in random.sample(plan.rows, 3)}
    figure = random.choice(plan.rows).number

    def do(book: Commands) -> None:
        book.insert_columns(plan.name, column, count)
        for row, text in remarks.items():
            book.set(plan.name, f"{column}{row}", text)
        book.set(plan.name, f"{column}{figure}", 1234.5)

    return edit(f"inserted {count} columns before {plan.name}!{column} with remarks", in_program(do), sign("S113"))


@kind(Intent.NEUTRAL)
def line_moved_within_its_group(random: Random, base: Base) -> Edit:
    """A row is cut and inserted elsewhere between the first and the last line of its group."""
    runs = [run for run in base.runs() if len(run) > 2]
    if not runs:
        raise Unsuitable
    run = random.choice(runs)
    first, last = run[0].number, run[-1].number
    moves = [
        (row, to) for row in range(first, last + 1) for to in range(first + 1, last + 1) if to not in (row, row + 1)
    ]
    row, to = random.choice(moves)
    tab = base.money.name
    return edit(f"moved {tab} row {row} before row {to}", in_program(lambda book: book.move_rows(tab, row, row, to)))


def _reads_its_row(base: Base, row: Row) -> bool:
    """Whether all formulas of a line read nothing but its own row."""
    cells = [cell for cell in base.layout.cells.values() if cell.sheet == base.money.id and cell.row == row.number]
    read = {key for cell in cells if cell.formula is not None for key in keys(cell.formula)}
    return all(base.layout.cells[key] in cells for key in read)


@kind(Intent.NEUTRAL)
def lines_sorted_whole(random: Random, base: Base) -> Edit:
    """All lines of a group are sorted by amount, whole rows with their codes.

    Where a row's formula reads another row, sorting changes it, in Excel as here; such rows are not sorted.
    """
    runs = [run for run in base.runs() if len(run) > 1 and all(_reads_its_row(base, row) for row in run)]
    if not runs:
        raise Unsuitable
    run, tab = random.choice(runs), base.money.name
    last, by = letters(base.money.spans[-1].number), letters(base.money.span("amount").number)
    area, up = f"A{run[0].number}:{last}{run[-1].number}", random.random() < 0.5
    says = f"sorted {tab}!{area} by {by}, {'up' if up else 'down'}"
    return edit(says, in_program(lambda book: book.sort(tab, area, by, ascending=up)))


@kind(Intent.NEUTRAL)
def row_hidden(random: Random, base: Base) -> Edit:
    """A line with an amount is hidden, by hand or by a filter; it counts."""
    code = one(random, base.lines(filled=True))
    row, tab = base.layout.cells[code + base.typed].row, base.money.name
    says = f"hid {tab} row {row}"
    return edit(says, in_program(lambda book: book.hide_rows(tab, row)), sign("S114", tab))


@kind(Intent.NEUTRAL)
def column_hidden(random: Random, base: Base) -> Edit:
    """A column with entries is hidden; it counts."""
    key = one(random, [key for key in base.inputs if base.layout.cells[key].sheet == base.money.id])
    column, tab = letters(base.layout.cells[key].column), base.money.name
    says = f"hid {tab} column {column}"
    return edit(says, in_program(lambda book: book.hide_columns(tab, column)), sign("S114", tab))


@kind(Intent.NEUTRAL)
def sheet_hidden(random: Random, base: Base) -> Edit:
    """A data sheet is hidden; it counts."""
    plan = random.choice(base.layout.sheets)
    return edit(f"hid {plan.name}", in_program(lambda book: book.hide_sheet(plan.name)), allowed="S114")


@kind(Intent.NEUTRAL)
def sheet_added(random: Random, base: Base) -> Edit:
    """A sheet of the unit's own, with figures and formulas that read the form."""
    name, position = random.choice(("明细测算", "Sheet1", "预算 (旧)")), random.randint(0, len(base.tabs))

    def do(book: Commands) -> None:
        book.insert_sheet(name, position)
        book.set(name, "A1", "合计")
        book.set(name, "B1", 88_888)
        book.set_formula(name, "B2", f"='{base.money.name}'!{base.at(base.layout.template.total)}*2")

    return edit(f"added the sheet {name} at {position}", in_program(do), sign("S116", name))


@kind(Intent.NEUTRAL)
def notes_on_free_sheets(random: Random, base: Base) -> Edit:
    """工作底稿 and 变更记录 are filled; they are never read."""
    tab = random.choice([tab for tab in base.tabs if tab in OWN_TABS])
    total = base.total_at

    def do(book: Commands) -> None:
        book.type_in(tab, "A5", "2026/1/5")
        book.set(tab, "B5", "王敏")
        book.type_in(tab, "C6", "12,345.678")
        book.set_formula(tab, "D7", f"={total}+1")

    return edit(f"wrote on {tab}", in_program(do))


@kind(Intent.NEUTRAL)
def looks_changed(random: Random, base: Base) -> Edit:
    """Another number format, font or column width for cells with entries."""
    keys = [key for key in base.inputs if key.endswith(base.typed)]
    keys = random.sample(keys, min(3, len(keys)))
    shape = random.choice(("0", "#,##0", "0.0", "General", '0.00"元"', "0.00E+00", "@"))

    def do(book: Any) -> None:
        from openpyxl.styles import Font

        for key in keys:
            cell = book[base.tab(key)][base.at(key)]
            cell.number_format = shape
            cell.font = Font(bold=True)
        book[base.money.name].column_dimensions["B"].width = 60

    return edit(f"formatted {keys} as {shape}", in_openpyxl(do), sign("F110"))


@kind(Intent.NEUTRAL)
def widths_changed(random: Random, base: Base) -> Edit:
    """Columns get other widths."""
    plan = random.choice(base.layout.sheets)
    width = random.choice(("1.5", "9", "80.7109375"))
    means = in_tab(base, plan.name, lambda text: re.sub(r'(<col [^>]*width=")[^"]*', rf"\g<1>{width}", text))
    return edit(f"made all columns of {plan.name} {width} wide", means)


@kind(Intent.NEUTRAL)
def validations_removed(random: Random, base: Base) -> Edit:
    """Pasting, or a converter, has removed data validations and conditional formats."""
    tab = base.money.name
    dropped = r"<dataValidations.*?</dataValidations>|<conditionalFormatting.*?</conditionalFormatting>"
    means = in_tab(base, tab, lambda text: re.sub(dropped, "", text, flags=re.DOTALL))
    return edit(f"removed validations and conditional formats of {tab}", means)


@kind(Intent.NEUTRAL)
def cell_notes_added(random: Random, base: Base) -> Edit:
    """A reviewer leaves notes on cells."""
    keys = random.sample(base.roles(*{cell.role for cell in base.layout.cells.values()}), 3)

    def do(book: Any) -> None:
        from openpyxl.comments import Comment

        for key in keys:
            book[base.tab(key)][base.at(key)].comment = Comment("请核实 99,999", "审核人")

    return edit(f"noted at {keys}", in_openpyxl(do), sign("F110"))


@kind(Intent.NEUTRAL)
def code_as_a_number(random: Random, base: Base) -> Edit:
    """A code that looks like a number was entered anew and is one now."""
    codes = {row.code: row for plan in base.sheets for row in plan.rows if re.fullmatch(r"[0-9]+(\.[0-9]+)?", row.code)}
    code = one(random, sorted(codes))
    tab, cell = base.money.name, f"A{codes[code].number}"
    return edit(f"made the code at {tab}!{cell} the number {code}", in_xml({(tab, cell): number(code)}))


@kind(Intent.NEUTRAL)
def spaces_around_words(random: Random, base: Base) -> Edit:
    """Blanks that nobody sees, before or after a code or a title."""
    row = random.choice([row for row in base.money.rows if row.code])
    column = random.choice("AB") if row.title else "A"
    word = row.code if column == "A" else row.title
    cell, text = f"{column}{row.number}", random.choice((f" {word}", f"{word}  ", f"{word}\u3000", f"\u00a0{word}"))
    return edit(f"wrote {text!r} at {base.money.name}!{cell}", in_xml({(base.money.name, cell): words(text)}))


@kind(Intent.NEUTRAL)
def writing_outside_the_form(random: Random, base: Base) -> Edit:
    """A stray word or figure far from the form."""
    plan = random.choice(base.sheets)
    cell = f"{random.choice(('AZ', 'CC', 'XFD'))}{random.randint(7, 5000)}"
    if plan.rows[-1].kind is RowKind.TOTAL and random.random() < 0.5:
        cell = f"{random.choice('BC')}{plan.last_row + random.randint(4, 300)}"
    what = random.choice(("备注", 77_777.7))
    says = f"wrote {what} at {plan.name}!{cell}"
    return edit(says, in_program(lambda book: book.set(plan.name, cell, what)), sign("S113 S117", plan.name, cell))


@kind(Intent.NEUTRAL)
def stamp_sheet_deleted(random: Random, base: Base) -> Edit:
    """The hidden sheet is deleted; the copy in the document properties still says whose file it is."""
    return edit("deleted the hidden sheet", in_program(lambda book: book.delete_sheet(SHEET)), sign("I106"))


@kind(Intent.NEUTRAL)
def several_at_once(random: Random, base: Base) -> Edit:
    """Rows and columns inserted, a tab renamed and moved, a guide deleted: everything at once."""
    plan, checks = base.money, base.checks
    row = random.choice([row.number for row in plan.rows])
    column = letters(random.randint(1, plan.spans[-1].number))
    other = next(tab for tab in base.tabs if tab in TAKEN_TABS and tab != checks.name and tab not in OWN_TABS)

    def do(book: Commands) -> None:
        book.insert_rows(plan.name, row, 2)
        book.insert_columns(plan.name, column)
        book.rename_sheet(plan.name, "我的预算")
        book.move_sheet("我的预算", len(base.tabs))
        book.insert_rows(checks.name, 8)
        book.rename_sheet(checks.name, CHECKS)
        book.delete_sheet(other)

    return edit(f"2 rows at {row}, a column at {column}, renamed, moved, deleted {other}", in_program(do))
