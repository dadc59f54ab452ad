"""Files in which something is there twice, or is spelled so that one program takes it for another thing.

Where the file itself says which one counts, crmxl must take that one; where it does not, it must refuse.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape, quoteattr

from crmxl.issue.addresses import a1
from crmxl.issue.places import Role
from crmxl.model import Key
from tests.mutation.base import COUNTED, Base, Entry, some_fen, yuan
from tests.mutation.kinds import Edit, Intent, Unsuitable, edit, kind, one, sign
from tests.mutation.means import Bench, formula, in_cell, in_part, in_parts, in_tab, in_xml, shown
from tests.mutation.neutral_package import amounts_of, put, relate
from tests.mutation.package import (
    RELATIONS,
    STRINGS,
    STYLES,
    TYPES,
    WORKBOOK,
    part_of,
    parts_of,
)

_OFFICE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RANGE = re.compile(r"(?<![A-Z'!])([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)")


def _retyped(base: Base, changes: dict[Key, Entry]) -> dict[str, bytes]:
    """The sheets' parts with a line typed anew and no values of formulas."""
    made = in_xml({(base.tab(k), base.at(k)): f"|<v>{v}</v>" for k, v in changes.items()}, values=False)
    return dict(parts_of(made.make(base.data, Bench(None, Path()))))


def _line(random: Random, base: Base) -> tuple[str, dict[Key, Entry]]:
    """A line and other amounts for it."""
    code = one(random, base.lines(filled=True))
    return code, {key: entry for key, entry in base.with_line(random, code, some_fen(random)).items()}


@kind(Intent.NEUTRAL)
def texts_beside_the_texts(random: Random, base: Base) -> Edit:
    """The shared texts are in a part of another name; the one of the usual name, with other texts, is nobody's."""

    def do(parts: dict[str, bytes]) -> None:
        texts = parts[STRINGS]
        parts[STRINGS] = re.sub(rb"(<t[^>]*>)[^<]+", rb"\g<1>9", texts)
        put(parts, "xl/texts.xml", texts, f"{_OFFICE}.sharedStrings+xml")
        parts[RELATIONS] = parts[RELATIONS].replace(b'Target="sharedStrings.xml"', b'Target="texts.xml"')

    return edit("the texts are in xl/texts.xml", in_parts(do))


@kind(Intent.NEUTRAL)
def sheets_beside_the_sheets(random: Random, base: Base) -> Edit:
    """A part of a sheet that no tab leads to, with other amounts."""
    code, changes = _line(random, base)

    def do(parts: dict[str, bytes]) -> None:
        other = _retyped(base, changes)
        put(parts, "xl/worksheets/sheet0.xml", other[part_of(base.data, base.money.name)], f"{_OFFICE}.worksheet+xml")

    return edit(f"another {base.money.name} with {code} changed", in_parts(do))


@kind(Intent.ENTRY)
def workbook_beside_the_workbook(random: Random, base: Base) -> Edit:
    """The package leads to a second workbook part whose tab is another sheet: that is what Excel opens."""
    code, changes = _line(random, base)
    if not all(isinstance(entry, Decimal) for entry in changes.values()):
        raise Unsuitable

    def do(parts: dict[str, bytes]) -> None:
        other = _retyped(base, changes)
        for name in list(parts):
            if name.startswith("xl/worksheets/"):
                put(parts, name.replace("/sheet", "/page"), other[name], f"{_OFFICE}.worksheet+xml")
        put(parts, "xl/book.xml", parts[WORKBOOK], f"{_OFFICE}.sheet.main+xml")
        parts["xl/_rels/book.xml.rels"] = parts[RELATIONS].replace(b"worksheets/sheet", b"worksheets/page")
        parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"xl/workbook.xml", b"xl/book.xml")

    return edit(f"xl/book.xml with {code} changed", in_parts(do, tells="F110"), changes=dict(changes))


@kind(Intent.DAMAGE)
def two_relationships_of_one_kind(random: Random, base: Base) -> Edit:
    """Two parts of shared texts or formats, two workbooks: programs take the first or the last."""
    choice = random.choice(("texts", "styles", "workbooks"))

    def do(parts: dict[str, bytes]) -> None:
        if choice == "texts":
            put(parts, "xl/texts.xml", parts[STRINGS].replace(b"<t>1", b"<t>2"), f"{_OFFICE}.sharedStrings+xml")
            relate(parts, "rId800", "sharedStrings", "texts.xml")
        elif choice == "styles":
            put(parts, "xl/styles2.xml", parts[STYLES], f"{_OFFICE}.styles+xml")
            relate(parts, "rId800", "styles", "styles2.xml")
        else:
            put(parts, "xl/book.xml", parts[WORKBOOK], f"{_OFFICE}.sheet.main+xml")
            parts["xl/_rels/book.xml.rels"] = parts[RELATIONS]
            relate(parts, "rId800", "officeDocument", "xl/book.xml", of="_rels/.rels")

    return edit(f"two {choice}", in_parts(do), sign("F107 F102"))


@kind(Intent.DAMAGE)
def two_relationships_of_one_id(random: Random, base: Base) -> Edit:
    """Two relationships have one id, and lead to two sheets."""
    _, changes = _line(random, base)
    part = part_of(base.data, base.money.name)
    first = random.random() < 0.5

    def do(parts: dict[str, bytes]) -> None:
        other = _retyped(base, changes)
        put(parts, "xl/worksheets/sheet0.xml", other[part], f"{_OFFICE}.worksheet+xml")
        found = re.search(rf'<Relationship [^>]*Target="{part.removeprefix("xl/")}"/>'.encode(), parts[RELATIONS])
        assert found
        more = found[0].replace(part.removeprefix("xl/").encode(), b"worksheets/sheet0.xml")
        parts[RELATIONS] = parts[RELATIONS].replace(found[0], more + found[0] if first else found[0] + more)

    return edit(f"two parts for {base.money.name}", in_parts(do), sign("F107 F102"))


@kind(Intent.DAMAGE)
def list_of_sheets_twice(random: Random, base: Base) -> Edit:
    """The workbook lists its sheets twice, or wraps one in a choice of versions."""
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    mark = f"<sheet name={quoteattr(base.money.name)} "

    def change(text: str) -> str:
        if twice:
            return re.sub(r"(<sheets>.*</sheets>)", r"\1\1", text)
        wrapped = f'<mc:AlternateContent {space}><mc:Choice Requires="r">\\1</mc:Choice></mc:AlternateContent>'
        return re.sub(rf"({re.escape(mark)}[^>]*/>)", wrapped, text)

    twice = random.random() < 0.5
    says = "listed twice" if twice else "in an AlternateContent"
    return edit(f"sheets {says}", in_part(WORKBOOK, change), sign("F107 F102 S101"))


@kind(Intent.DAMAGE)
def stamp_property_twice(random: Random, base: Base) -> Edit:
    """The document properties hold a piece of the stamp twice, the second for another unit."""

    def change(text: str) -> str:
        found = re.search(r'<property [^>]*name="crmxl\.0".*?</property>', text)
        assert found
        other = found[0].replace('"contact":""', '"contact":"x"')
        return text.replace(found[0], found[0] + other if last else other + found[0])

    last = random.random() < 0.5
    return edit("a property twice", in_part("docProps/custom.xml", change), sign("F107 F102 I105"))


@kind(Intent.DAMAGE)
def sheet_of_another_kind(random: Random, base: Base) -> Edit:
    """A sheet is said to be a sheet of macros, of a chart or of a dialogue."""
    plan = random.choice(base.sheets)
    part = part_of(base.data, plan.name)
    how = random.choice(("relationship", "external", "macro"))

    def do(parts: dict[str, bytes]) -> None:
        target = f'Target="{part.removeprefix("xl/")}"'
        text = parts[RELATIONS].decode()
        if how == "external":
            text = text.replace(target, f'{target} TargetMode="External"')
        elif how == "relationship":
            text = re.sub(rf'relationships/worksheet" {target}', f'relationships/chartsheet" {target}', text)
        else:
            old = f'PartName="/{part}" ContentType="{_OFFICE}.worksheet+xml"'
            new = f'PartName="/{part}" ContentType="application/vnd.ms-excel.macrosheet+xml"'
            parts[TYPES] = parts[TYPES].replace(old.encode(), new.encode())
        parts[RELATIONS] = text.encode()

    return edit(f"{plan.name} is another kind of sheet: {how}", in_parts(do), sign("F107 F102 F109 F104 S101"))


# Formulas: the same in other words, and others in almost the same words.


def _sum(random: Random, base: Base) -> tuple[Key, str]:
    """A calculated amount whose formula adds up a range, and the formula."""
    keys = [key for key in base.roles(Role.CALCULATED) if base.layout.cells[key].type.numeric]
    plain = re.compile(r"SUM\([A-Z]+[0-9]+:[A-Z]+[0-9]+\)")
    key = one(random, [key for key in keys if plain.fullmatch(base.layout.formula(key))])
    return key, base.layout.formula(key)


def _replaced(base: Base, key: Key, text: str) -> dict[tuple[str, str], str]:
    place = base.tab(key), base.at(key)
    return {place: formula(text, shown(base.data, *place))}


@kind(Intent.NEUTRAL)
def formula_respelled(random: Random, base: Base) -> Edit:
    """Case, blanks, dollar signs, quotes, the ends of a range: other programs spell the same formula otherwise."""
    key, issued = _sum(random, base)
    found = _RANGE.search(issued)
    assert found
    left, top, right, bottom = found.groups()
    tab = base.tab(key)
    text = random.choice(
        (
            issued.lower(),
            f"SUM( ${left}${top}:{right}${bottom} )",
            f"sum({right}{bottom}:{left}{top})",
            f"SUM('{tab}'!{left}{top}:{right}{bottom})",
            f"SUM('{tab}'!${left}${top}:${right}${bottom})",
            f" {issued}\n",
        )
    )
    return edit(f"spelled {key} {text!r} (issued {issued})", in_xml(_replaced(base, key, text)))


@kind(Intent.DAMAGE)
def formula_almost_the_same(random: Random, base: Base) -> Edit:
    """A formula that looks like the issued one and is another: intersections, other sheets, other digits, a factor."""
    key, issued = _sum(random, base)
    found = _RANGE.search(issued)
    assert found
    left, top, right, bottom = found.groups()
    area, wide = found[0], str.maketrans("0123456789", "０１２３４５６７８９")
    other = random.choice([name for name in base.tabs if name != base.tab(key)])
    choices = [
        f"SUM({area} {left}{top})",
        f"SUM({area},{left}{top})",
        f"SUM({area})*1",
        f"SUM({area})%",
        f"-SUM({area})",
        f"SUM(-{area})",
        f"SUM({area},0)",
        f"SUM({area})+0.00",
        f"SUM('{other}'!{area})",
        f"SUM([1]Sheet1!{area})",
        f"SUM({left}{top}:{right}{bottom.translate(wide)})",
        f"SUMSQ({area})",
        f"MAX({area})",
        f"SUMM({area})",
        f'SUM("{area}")',
        f"IF(1,SUM({area}))",
        f'SUM(INDIRECT("{area}"))',
        f"SUBTOTAL(109,{area})",
        f"SUM({area}",
        f'_xlfn.SUM({area})+N("x")',
        "R[-1]C",
        "",
    ]
    if int(bottom) - int(top) > 1:
        choices += [
            f"SUM({left}{top},{right}{bottom})",
            f"SUM({left}{top};{right}{bottom})",
            f"SUM({left}{top}:{right}{int(bottom) - 1})",
            f"SUM({left}{int(top) + 1}:{right}{bottom})",
        ]
    text = random.choice(choices)
    content = _replaced(base, key, text)
    return edit(f"made {key} ={text} (issued ={issued})", in_xml(content), sign("S110", base.tab(key), base.at(key)))


@kind(Intent.NEUTRAL)
def formula_marked(random: Random, base: Base) -> Edit:
    """Attributes by which programs remember to calculate, which change nothing."""
    mark = random.choice((' ca="1"', ' t="normal"', ' xml:space="preserve"', ' aca="false"'))
    tab = random.choice(base.layout.sheets).name
    return edit(f"{tab}: formulas with{mark}", in_tab(base, tab, lambda text: text.replace("<f>", f"<f{mark}>")))


@kind(Intent.ENTRY)
def array_formula_over_inputs(random: Random, base: Base) -> Edit:
    """One array formula fills several inputs, only the first of which holds it: all are formulas, and told."""
    runs = [run for run in base.runs() if len(run) > 1]
    filled = [(a, b) for run in runs for a, b in pairwise(run)]
    amounts = [(a.code + base.typed, b.code + base.typed) for a, b in filled]
    amounts = [pair for pair in amounts if all(key in base.inputs for key in pair)]
    if not amounts:
        raise Unsuitable
    first, second = random.choice(amounts)
    tab, area = base.tab(first), f"{base.at(first)}:{base.at(second)}"
    opening = f'<f t="array" ref="{area}">{{{base.inputs[first]};{base.inputs[second]}}}</f><v>'
    means = in_cell(base, tab, base.at(first), lambda text: text.replace("<v>", opening))
    signs = [sign("E107", tab, base.at(key)) for key in (first, second)]
    return edit(f"an array formula over {tab}!{area}", means, *signs)


@kind(Intent.DAMAGE)
def inputs_merged_in_other_words(random: Random, base: Base) -> Edit:
    """A merge over two inputs whose area is written backwards or with dollar signs."""
    inputs = {(base.layout.cells[key].row, base.layout.cells[key].column) for key in base.lines_inputs()}
    pairs = [(row, column) for row, column in sorted(inputs) if (row + 1, column) in inputs]
    row, column = pairs[random.randrange(len(pairs))] if pairs else (0, 0)
    if not pairs:
        raise Unsuitable
    top, bottom = a1(row, column), a1(row + 1, column)
    area = random.choice((f"{bottom}:{top}", f"{top}:{bottom}", f"${top[0]}${top[1:]}:{bottom}"))
    merges = f'<mergeCells count="1"><mergeCell ref="{escape(area)}"/></mergeCells>'
    tab = base.money.name

    def change(text: str) -> str:
        before = re.search(r"</sheetData>(?:<sheetProtection[^>]*/>)?", text)
        assert before and "<mergeCells" not in text
        return text[: before.end()] + merges + text[before.end() :]

    return edit(f"merged {tab}!{area}", in_tab(base, tab, change), sign("S111 F107 F102"))


@kind(Intent.DAMAGE)
def shown_value_of_another_type(random: Random, base: Base) -> Edit:
    """A sum shows a text, a truth value or an error, and its formula is intact."""
    keys = [key for key in base.roles(Role.CALCULATED) if key.endswith(COUNTED)]
    key = one(random, [key for key in keys if shown(base.data, base.tab(key), base.at(key)) not in ("", "0")])
    tab, cell = base.tab(key), base.at(key)
    kind, value = random.choice((("str", "0"), ("b", "1"), ("e", "#REF!"), ("str", "见附件"), ("e", "#N/A")))

    def change(text: str) -> str:
        return re.sub(r'(<c r="[^"]*"[^>]*?)>(<f>.*?</f>)<v>[^<]*</v>', rf'\1 t="{kind}">\2<v>{value}</v>', text)

    return edit(f"{key} shows {kind} {value}", in_cell(base, tab, cell, change), sign("S112", tab, cell))


@kind(Intent.DAMAGE)
def amount_of_two_types(random: Random, base: Base) -> Edit:
    """An amount said to be a shared text, a date or a truth value: another thing than its digits."""
    key = one(random, [key for key in amounts_of(base) if base.inputs[key] != 0])
    tab, cell = base.tab(key), base.at(key)
    amount = yuan(some_fen(random))
    kind, text, codes = random.choice(
        (
            ("d", "2026-03-05", "E112"),
            ("d", f"{amount}", "F102"),
            ("b", "1", "E112"),
            ("b", f"{amount}", "F102"),
            ("e", "#VALUE!", "E106"),
            ("e", f"{amount}", "F102"),
            ("S", "1", "F102"),
        )
    )
    place = (tab, cell) if codes.startswith("E") else ()
    wanted = sign(codes, *place, part="" if place else f"{part_of(base.data, tab)}: {cell}")
    if (kind, text) == ("b", str(amount)) and amount == 1:
        raise Unsuitable
    return edit(f"{key} is {text} of type {kind}", in_xml({(tab, cell): f"{kind}|<v>{text}</v>"}), wanted)
