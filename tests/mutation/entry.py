"""Edits by which the unit changes its figures: crmxl must accept the file, and count exactly what now stands there."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from crmxl.issue.addresses import letters
from crmxl.issue.places import Role
from crmxl.model import Key
from tests.mutation.base import TEXTS, Base, Entry, dated, some_fen, split, worded, yuan
from tests.mutation.kinds import Edit, Intent, Unsuitable, edit, kind, one, sign, two
from tests.mutation.means import either, formula, in_program, in_xml, number, typed, way
from tests.office.driver import Commands

FULL_WIDTH = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")
LARGEST = 9_999_999_999_999
"""Fen; a hundred thousand million yuan is the first amount that is refused."""


@kind(Intent.ENTRY)
def amount_changed(random: Random, base: Base) -> Edit:
    """Another amount for a line, and the months with it."""
    code = one(random, base.lines(filled=True))
    changes = base.with_line(random, code, some_fen(random))
    return edit(f"line {code} is {changes[code + base.typed]}", typed(way(random), base, changes), changes=changes)


@kind(Intent.ENTRY)
def several_amounts_changed(random: Random, base: Base) -> Edit:
    """Half of the lines get other amounts."""
    codes = base.lines(filled=True)
    changes: dict[Key, Entry | None] = {}
    if not codes:
        raise Unsuitable
    for code in random.sample(codes, max(1, len(codes) // 2)):
        changes.update(base.with_line(random, code, some_fen(random)))
    return edit(f"changed {len(changes)} cells", typed(way(random), base, changes), changes=changes)


@kind(Intent.ENTRY)
def line_cleared(random: Random, base: Base) -> Edit:
    """Everything typed in a line is deleted: blank is 0."""
    codes = base.lines(filled=True)
    if len(codes) < 2:
        raise Unsuitable
    code = one(random, codes)
    changes: dict[Key, Entry | None] = {key: None for key in base.inputs if key.rpartition("@")[0] == code}
    return edit(f"cleared line {code}", typed(way(random), base, changes), changes=changes)


@kind(Intent.ENTRY)
def blank_line_filled(random: Random, base: Base) -> Edit:
    """A line that was blank gets an amount, a basis and, where it has none, a name."""
    code = one(random, base.lines(filled=False))
    changes = base.with_line(random, code, some_fen(random))
    return edit(f"filled line {code}", typed(way(random), base, changes), changes=changes)


@kind(Intent.ENTRY)
def largest_amount(random: Random, base: Base) -> Edit:
    """The largest amounts that are allowed, to the fen."""
    changes: dict[Key, Entry | None] = {}
    if not base.lines():
        raise Unsuitable
    for code in random.sample(base.lines(), 2) if len(base.lines()) > 1 else base.lines():
        changes.update(base.with_line(random, code, LARGEST - random.randrange(1000)))
    return edit("typed the largest amounts", typed(way(random), base, changes), changes=changes)


@kind(Intent.ENTRY)
def zero_of_some_kind(random: Random, base: Base) -> Edit:
    """0, 0.00 or a negative zero: a nil line."""
    code = one(random, base.lines(filled=True))
    changes: dict[Key, Entry | None] = dict.fromkeys((code + base.typed, *base.months(code)), Decimal(0))
    zero = random.choice(("-0", "0", "0.00", "-0.0"))
    places = {(base.tab(key), base.at(key)): zero for key in changes}
    if random.random() < 0.5:
        means = in_xml({place: number(text) for place, text in places.items()}, values=False)
    else:

        def do(book: Commands) -> None:
            for (tab, cell), text in places.items():
                book.type_in(tab, cell, text)

        means = in_program(do)
    return edit(f"typed {zero} in line {code}", means, changes=changes)


@kind(Intent.ENTRY)
def amount_typed_as_text(random: Random, base: Base) -> Edit:
    """1,200元, ￥1,200.50, full-width digits, hidden blanks: converted, told, and counted."""
    code = one(random, base.lines(filled=True))
    fen = some_fen(random)
    amount = yuan(fen)
    plain, parted = str(amount), f"{amount:,.2f}"
    text = random.choice(
        (
            f"{parted}元",
            f"¥{parted}",
            f"￥{parted}",
            plain.translate(FULL_WIDTH),
            parted.translate(FULL_WIDTH) + "元",
            f"\u00a0{plain}\u200b",
            f"  {plain} \n",
            plain,
            f"{parted} 元",
            f"+{plain}",
        )
    )
    key = code + base.typed
    changes: dict[Key, Entry | None] = {key: amount, **split(random, fen, base.months(code))}
    means = typed(way(random), base, {**changes, key: text})
    return edit(f"typed {text!r} at {key}", means, sign("E101", base.tab(key), base.at(key)), changes=changes)


@kind(Intent.ENTRY)
def dash_for_nothing(random: Random, base: Base) -> Edit:
    """A dash, a stroke or 无 where there is no amount: 0, and told."""
    code = one(random, base.lines(filled=True))
    text, key = random.choice(("-", "—", "/", "无", "－")), code + base.typed
    changes: dict[Key, Entry | None] = {**dict.fromkeys(base.months(code), Decimal(0)), key: Decimal(0)}
    means = typed(way(random), base, {**changes, key: text})
    return edit(f"typed {text} at {key}", means, sign("E101", base.tab(key), base.at(key)), changes=changes)


@kind(Intent.ENTRY)
def binary_dust(random: Random, base: Base) -> Edit:
    """Another program's arithmetic leaves 1234.5600000000001, which is 1234.56."""
    code = one(random, base.lines(filled=True))
    fen = random.randrange(1, 10**9)
    changes: dict[Key, Entry | None] = {code + base.typed: yuan(fen), **split(random, fen, base.months(code))}
    text = repr(fen / 100 + random.choice((1e-9, -1e-9, 2e-7)))
    cells = {(base.tab(key), base.at(key)): number(str(entry)) for key, entry in changes.items()}
    cells[base.tab(code + base.typed), base.at(code + base.typed)] = number(text)
    return edit(f"line {code} is {text}", in_xml(cells, values=False), changes=changes)


@kind(Intent.ENTRY)
def amount_copied_to_another_line(random: Random, base: Base) -> Edit:
    """One line's amount, and its months, are copied onto another's."""
    here, there = two(random, base.lines(filled=True))
    source = [
        here + base.typed,
        *(key for key in base.roles(Role.INPUT, Role.CLOSED) if key.startswith(f"{here}{base.typed}.")),
    ]
    area = f"{base.at(source[0])}:{base.at(source[-1])}"
    changes = {there + key.removeprefix(here): base.inputs.get(key) for key in source}
    tab, to = base.money.name, base.at(there + base.typed)
    means = in_program(lambda book: book.copy_range(tab, area, to))
    return edit(f"copied {tab}!{area} to {to}", means, changes=changes)


@kind(Intent.ENTRY)
def amounts_sorted_alone(random: Random, base: Base) -> Edit:
    """Amounts are sorted without their codes: another budget, which cannot be told from typing it."""
    filled = set(base.lines(filled=True))
    runs = [run for run in base.runs() if len(run) > 1]
    runs = [run for run in (list(filter(lambda row: row.code in filled, run)) for run in runs) if len(run) > 1]
    runs = [run for run in runs if run[-1].number - run[0].number == len(run) - 1]
    if not runs:
        raise Unsuitable
    run, tab = random.choice(runs), base.money.name
    keys = [key for key in base.roles(Role.INPUT, Role.CLOSED) if key.startswith(f"{run[0].code}{base.typed}")]
    ends = [letters(base.layout.cells[key].column) for key in (keys[0], keys[-1])]
    area = f"{ends[0]}{run[0].number}:{ends[1]}{run[-1].number}"
    ordered = sorted((row.code for row in run), key=lambda code: Decimal(str(base.inputs[code + base.typed])))
    if len({base.inputs[code + base.typed] for code in ordered}) < len(ordered):
        raise Unsuitable  # which of two equal amounts comes first is LibreOffice's choice
    columns = [key.removeprefix(run[0].code) for key in keys]
    changes = {
        row.code + column: base.inputs.get(code + column)
        for row, code in zip(run, ordered, strict=True)
        for column in columns
    }
    means = in_program(lambda book: book.sort(tab, area, ends[0]))
    return edit(f"sorted {tab}!{area} by {ends[0]}", means, changes=changes)


@kind(Intent.ENTRY)
def formula_in_an_input(random: Random, base: Base) -> Edit:
    """The amount is worked out in its cell: its value counts, and is told."""
    key = one(random, [code + base.typed for code in base.lines(filled=True)])
    amount = base.inputs[key]
    assert isinstance(amount, Decimal)
    fen = int(amount * 100)
    text = random.choice((f"{fen}/100", f"ROUND({fen // 100}+{fen % 100}/100,2)", f"SUM({amount},0)"))
    tab, cell = base.tab(key), base.at(key)
    xml = in_xml({(tab, cell): formula(text, str(amount))})
    means = either(lambda book: book.set_formula(tab, cell, f"={text}"), xml)
    return edit(f"typed ={text} at {tab}!{cell}", means, sign("E107", tab, cell))


@kind(Intent.ENTRY)
def words_changed(random: Random, base: Base) -> Edit:
    """A basis, a name or another text is written anew."""
    key = one(random, [key for key in base.inputs if worded(base, key)])
    text = random.choice((*TEXTS, "改", "  前后有空格 ", "９９９", "a" * 1500))
    changes: dict[Key, Entry | None] = {key: text}
    return edit(f"wrote {text[:30]!r} at {key}", typed(way(random), base, changes), changes=changes)


@kind(Intent.ENTRY)
def date_changed(random: Random, base: Base) -> Edit:
    """Another due date, typed as a date or written out."""
    key = one(random, [key for key in base.inputs if dated(base, key)])
    day = date(2026, 1, 1) + timedelta(days=random.randrange(365))
    changes: dict[Key, Entry | None] = {key: day}
    if random.random() < 0.5:
        return edit(f"typed {day} at {key}", typed(way(random), base, changes), changes=changes)
    text = random.choice(
        (f"{day.year}年{day.month}月{day.day}日", f"{day.year}.{day.month}.{day.day}", day.isoformat())
    )
    means = typed(way(random), base, {key: text})
    return edit(f"wrote {text} at {key}", means, sign("E101", base.tab(key), base.at(key)), changes=changes)
