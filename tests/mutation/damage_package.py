"""Sheets that programs read differently, or that say what nobody typed: refused, with the part and the cell named."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from xml.sax.saxutils import escape, quoteattr, unescape

from crmxl.issue.addresses import a1, letters
from crmxl.issue.places import HEADER_ROW, Role
from crmxl.issue.stamp import PROPERTY, SHEET
from crmxl.model import Key
from tests.mutation.base import Base, some_fen, yuan
from tests.mutation.entry_package import alike, foreign_sheet
from tests.mutation.fillings import POOL
from tests.mutation.fillings import base as other_base
from tests.mutation.kinds import Edit, Intent, Sign, Unsuitable, edit, kind, one, sign
from tests.mutation.means import Means, in_cell, in_part, in_parts, in_tab, shown, words
from tests.mutation.neutral_package import amounts_of, formatted, put, relate, some_tab, swapped
from tests.mutation.package import (
    RELATIONS,
    STRINGS,
    TYPES,
    WORKBOOK,
    cell_in,
    part_of,
    parts_of,
    strings_of,
    tab_names,
)

_DATES = ("yyyy/m/d", 'm"月"d"日"', "[$-804]yyyy-mm-dd", "h:mm:ss", "[h]:mm", "dddd", "yyyy\\-mm")
_VALUE = re.compile(r"<v>([^<]*)</v>")
_COMPATIBLE = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def _amount(random: Random, base: Base) -> tuple[Key, str, str]:
    """A filled number input: its key, its tab and its cell."""
    key = one(random, amounts_of(base))
    return key, base.tab(key), base.at(key)


def _in_amount(
    random: Random, base: Base, says: str, change: Callable[[str], str], codes: str = "F107", *, cell: bool = False
) -> Edit:
    """An edit of the XML of a filled number input, which is refused with the part (and the ``cell``) named."""
    key, tab, at = _amount(random, base)
    means = in_cell(base, tab, at, change)
    return edit(f"{says} at {key}, {tab}!{at}", means, _refused(base, tab, codes, at if cell else ""))


def _refused(base: Base, tab: str, codes: str = "F107", cell: str = "") -> Sign:
    part = part_of(base.data, tab)
    return sign(codes, part=f"{part}: {cell}" if cell else part)


def _other(random: Random) -> str:
    return str(yuan(some_fen(random)))


@kind(Intent.DAMAGE)
def two_values_in_a_cell(random: Random, base: Base) -> Edit:
    """A cell with two values: Excel shows one, a tool reads the other."""
    more, first = f"<v>{_other(random)}</v>", random.random() < 0.5

    def change(text: str) -> str:
        return text.replace("<v>", f"{more}<v>") if first else text.replace("</c>", f"{more}</c>")

    return _in_amount(random, base, "two values", change, cell=True)


@kind(Intent.DAMAGE)
def value_and_inline_text(random: Random, base: Base) -> Edit:
    """A cell with a value and an inline text; where its type says text, the value is not of its type."""
    kind = random.choice((' t="inlineStr"', "", ' t="n"'))
    inline = f"<is><t>{_other(random)}</t></is></c>"

    def change(text: str) -> str:
        return text.replace("><v>", f"{kind}><v>").replace("</c>", inline)

    return _in_amount(
        random, base, "a value and a text", change, "F107 F102" if "inline" in kind else "F107", cell=True
    )


@kind(Intent.DAMAGE)
def two_formulas_in_a_cell(random: Random, base: Base) -> Edit:
    """A sum with two formulas."""
    key = one(random, base.roles(Role.CALCULATED))
    tab, cell = base.tab(key), base.at(key)
    more = random.choice(("<f>1+1</f>", "<f/>"))
    means = in_cell(base, tab, cell, lambda text: text.replace("</f>", f"</f>{more}"))
    return edit(f"two formulas at {key}", means, _refused(base, tab, cell=cell))


@kind(Intent.DAMAGE)
def two_cells_with_one_address(random: Random, base: Base) -> Edit:
    """A cell stands twice: Excel calls it damaged or takes the last, a tool may take the first."""
    more = f"<v>{_other(random)}</v>"
    return _in_amount(
        random, base, "the cell twice", lambda text: text + _VALUE.sub(more, text), cell=random.random() < 0.9
    )


@kind(Intent.DAMAGE)
def row_twice(random: Random, base: Base) -> Edit:
    """A row stands twice, or a second one behind the last says the same number."""
    _, tab, cell = _amount(random, base)
    row = re.sub("[A-Z]+", "", cell)
    more = f'<row r="{row}"><c r="{cell}"><v>{_other(random)}</v></c></row>'
    late = random.random() < 0.5

    def change(text: str) -> str:
        if late:
            return text.replace("</sheetData>", f"{more}</sheetData>")
        return re.sub(rf'(<row r="{row}" .*?</row>)', rf"\1{more}", text, count=1, flags=re.DOTALL)

    return edit(f"{tab} row {row} twice", in_tab(base, tab, change), _refused(base, tab))


@kind(Intent.DAMAGE)
def cells_out_of_order(random: Random, base: Base) -> Edit:
    """Cells or rows stand in another order than their addresses."""
    _, tab, cell = _amount(random, base)
    row = re.sub("[A-Z]+", "", cell)
    rows = random.random() < 0.5

    def change(text: str) -> str:
        found = re.search(rf'<row r="{row}" [^>]*>(.*?)</row>', text, re.DOTALL)
        assert found
        if rows:
            return text[: found.start()] + text[found.end() :].replace("</sheetData>", f"{found[0]}</sheetData>")
        cells = re.findall(r"<c [^>]*?/>|<c .*?</c>", found[1], re.DOTALL)
        return text[: found.start(1)] + "".join(reversed(cells)) + text[found.end(1) :]

    return edit(f"{tab} row {row} out of order", in_tab(base, tab, change), _refused(base, tab))


@kind(Intent.DAMAGE)
def address_of_another_row(random: Random, base: Base) -> Edit:
    """A cell says another row than the one it stands in, or an address that is none."""
    key, tab, cell = _amount(random, base)
    column, row = re.sub("[0-9]+", "", cell), int(re.sub("[A-Z]+", "", cell))
    text = random.choice(
        (
            f"{column}{row + 1}",
            f"{column}{row - 1}",
            cell.lower(),
            f"${column}${row}",
            f"XFE{row}",
            "7",
        )
    )
    means = in_cell(base, tab, cell, lambda there: there.replace(f'r="{cell}"', f'r="{text}"'))
    return edit(f"the cell of {key} says {text}", means, _refused(base, tab))


@kind(Intent.DAMAGE)
def row_off_the_grid(random: Random, base: Base) -> Edit:
    """A row or a column beyond Excel's grid, or a number that is none."""
    tab = random.choice(base.sheets).name
    row = random.choice(("1048577", "0", "-7", "7.0", "９", "99999999999"))
    more = f'<row r="{row}"><c r="C{row}"><v>{_other(random)}</v></c></row></sheetData>'
    means = in_tab(base, tab, lambda text: text.replace("</sheetData>", more))
    return edit(f"{tab}: a row {row}", means, _refused(base, tab, "F107 F102"))


@kind(Intent.DAMAGE)
def markup_inside_a_value(random: Random, base: Base) -> Edit:
    """1<!-- -->00 is 1, 100 or an error, by program."""
    inside = random.choice(("<!-- -->", "<![CDATA[0]]>", "<?x y?>", "<!--0-->"))
    at = random.random()

    def change(text: str) -> str:
        return _VALUE.sub(lambda v: f"<v>{v[1][: int(at * len(v[1]))]}{inside}{v[1][int(at * len(v[1])) :]}</v>", text)

    return _in_amount(random, base, f"{inside} in the value", change)


@kind(Intent.DAMAGE)
def element_inside_a_value(random: Random, base: Base) -> Edit:
    """An element in the middle of a value, a cell in a cell, or a value that is no child of its cell."""
    other = _other(random)
    shape = random.choice(
        (
            "<v>{first}<b/>{rest}</v>",
            "<v>{value}<v>{other}</v></v>",
            "<x><v>{other}</v></x><v>{value}</v>",
            "<v>{value}</v><extLst><ext><v>{other}</v></ext></extLst>",
            '<v>{value}</v><c r="C9"><v>{other}</v></c>',
        )
    )

    def change(text: str) -> str:
        value = _VALUE.search(text)
        assert value
        return text.replace(value[0], shape.format(value=value[1], other=other, first=value[1][:1], rest=value[1][1:]))

    return _in_amount(random, base, shape, change, "F107 F102")


@kind(Intent.DAMAGE)
def alternate_content_around_cells(random: Random, base: Base) -> Edit:
    """Cells in a choice that Excel makes and a plain reader passes over, or reads both halves of."""
    key, tab, cell = _amount(random, base)
    other = f'<c r="{cell}"><v>{_other(random)}</v></c>'
    requires = random.choice(("x14", "nothing"))
    newer = 'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" xmlns:nothing="urn:x"'

    def choice(inside: str, fallback: str) -> str:
        return (
            f'<mc:AlternateContent {_COMPATIBLE} {newer}><mc:Choice Requires="{requires}">{inside}</mc:Choice>'
            f"<mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent>"
        )

    def change(text: str) -> str:
        if whole:
            data = re.search(r"<sheetData>.*</sheetData>", text, re.DOTALL)
            assert data
            return text.replace(data[0], choice(data[0], "<sheetData/>"))
        found = cell_in(text, cell)
        return text[: found.start()] + choice(found[0], other) + text[found.end() :]

    whole = random.random() < 0.4
    means = in_tab(base, tab, change)
    return edit(f"{key} in an AlternateContent{' with all cells' if whole else ''}", means, _refused(base, tab))


@kind(Intent.DAMAGE)
def cell_of_another_namespace(random: Random, base: Base) -> Edit:
    """A cell, a row or all cells in another namespace: invisible to one program and not to the next."""
    _, tab, cell = _amount(random, base)
    row = re.sub("[A-Z]+", "", cell)
    start = random.choice((f'<c r="{cell}"', f'<row r="{row}"', "<sheetData"))
    space = random.choice(("urn:x", "http://purl.oclc.org/ooxml/spreadsheetml/main", ""))
    means = in_tab(base, tab, lambda text: text.replace(start, f'{start} xmlns="{space}"', 1))
    said = "F107 F102" if start != "<sheetData" else "F107 F102 S101"
    wanted = sign(said) if start == "<sheetData" else _refused(base, tab, said)
    return edit(f"{tab}: {start} in the namespace {space!r}", means, wanted)


@kind(Intent.DAMAGE)
def cells_twice_over(random: Random, base: Base) -> Edit:
    """A second sheetData, with other amounts."""
    tab = random.choice(base.sheets).name
    more = f'<sheetData><row r="9"><c r="C9"><v>{_other(random)}</v></c></row></sheetData>'
    first = random.random() < 0.5
    mark = "<sheetData>" if first else "</sheetData>"
    means = in_tab(base, tab, lambda text: text.replace(mark, f"{more}{mark}" if first else f"{mark}{more}", 1))
    return edit(f"{tab}: two sheetData", means, _refused(base, tab))


@kind(Intent.DAMAGE)
def document_type(random: Random, base: Base) -> Edit:
    """A document type with an entity that stands for an amount or for another file."""
    key, tab, cell = _amount(random, base)
    entity = random.choice((f'"{_other(random)}"', 'SYSTEM "file:///etc/hostname"'))
    prolog = f"<!DOCTYPE worksheet [<!ENTITY a {entity}>]><worksheet "

    def change(text: str) -> str:
        found = cell_in(text, cell)
        there = _VALUE.sub("<v>&a;</v>", found[0])
        return (text[: found.start()] + there + text[found.end() :]).replace("<worksheet ", prolog, 1)

    return edit(f"{key} is an entity", in_tab(base, tab, change), _refused(base, tab))


@kind(Intent.DAMAGE)
def encoding_other_than_utf_8(random: Random, base: Base) -> Edit:
    """A sheet in UTF-16, or in an encoding in which its bytes mean other texts."""
    tab = random.choice(base.sheets).name
    name = part_of(base.data, tab)
    encoding = random.choice(("utf-16", "utf-16-le", "gb18030", "utf-7"))

    def do(parts: dict[str, bytes]) -> None:
        text = parts[name].decode().replace('encoding="UTF-8"', f'encoding="{encoding.upper().removesuffix("-LE")}"')
        parts[name] = text.encode(encoding, "xmlcharrefreplace")

    return edit(f"{tab} in {encoding}", in_parts(do), _refused(base, tab))


@kind(Intent.DAMAGE)
def value_not_of_its_type(random: Random, base: Base) -> Edit:
    """A number cell with what is no number: Excel calls it damaged, other programs read 0, 123 or infinity."""
    text = random.choice(
        ("12a", "１２３", "1_000", "1e999", "nan", "INF", "0x10", "1,200", "1 200", "--5", "#REF!", "٣")
    )
    content = random.choice(
        (f"<v>{text}</v>", f"<v>{text}</v>", '" t="s"><v>999999</v>', '" t="b"><v>yes</v>', '" t="x"><v>5</v>')
    )

    def change(there: str) -> str:
        if content.startswith('"'):
            return re.sub(r'" ?(?: t="[a-z]+")?><v>[^<]*</v>', content, there)
        return _VALUE.sub(content, there)

    return _in_amount(random, base, content, change, "F102", cell=True)


@kind(Intent.DAMAGE)
def shared_text_changed(random: Random, base: Base) -> Edit:
    """A title or a header points to another shared text: the amount then means something else."""
    labels = [(base.tab(key), base.at(key)) for key in base.roles(Role.LABEL)]
    headers = [(base.money.name, a1(HEADER_ROW, span.number)) for span in base.money.spans if not span.hidden]
    tab, cell = random.choice((random.choice(labels), random.choice(headers)))
    strings = strings_of(base.data)
    there = cell_in(parts_of(base.data)[part_of(base.data, tab)].decode(), cell)[0]
    now = re.search(r't="s"><v>([0-9]+)</v>', there)
    if now is None:
        raise Unsuitable
    index = random.choice([n for n, text in enumerate(strings) if text != strings[int(now[1])]])
    means = in_cell(base, tab, cell, lambda text: _VALUE.sub(f"<v>{index}</v>", text))
    return edit(f"{tab}!{cell} is text {index}", means, sign("S109", tab, cell))


@kind(Intent.DAMAGE)
def shared_text_rewritten(random: Random, base: Base) -> Edit:
    """A code changed in the shared table: wherever it stands, it is another code."""
    row = random.choice([row for row in base.money.rows if row.code])
    mark = f"<si><t>{escape(row.code)}</t></si>"
    means = in_part(STRINGS, lambda text: text.replace(mark, f"<si><t>{escape(row.code)}x</t></si>"))
    return edit(f"rewrote the code {row.code}", means, sign("S105", base.money.name, expected=row.code))


@kind(Intent.DAMAGE)
def two_tabs_on_one_part(random: Random, base: Base) -> Edit:
    """Two tabs lead to one part, so that one sheet's amounts stand twice and the other's nowhere."""
    here, there = random.sample(base.layout.sheets, 2)
    first, second = (part_of(base.data, plan.name).removeprefix("xl/") for plan in (here, there))
    means = in_part(RELATIONS, lambda text: text.replace(f'Target="{second}"', f'Target="{first}"'))
    signs = sign("S101 F107", title="", part=""), sign("S102 F107")
    return edit(f"{there.name} leads to the part of {here.name}", means, *signs)


@kind(Intent.DAMAGE)
def tabs_swapped(random: Random, base: Base) -> Edit:
    """Two sheets swap their parts, so that the checks read another sheet than they name."""
    here, there = random.sample(base.layout.sheets, 2)
    return edit(f"swapped {here.name} and {there.name}", swapped(base, here.name, there.name), sign("S110"))


@kind(Intent.DAMAGE)
def tab_without_a_part(random: Random, base: Base) -> Edit:
    """A tab's part or relationship is missing."""
    plan = some_tab(random, base)
    name = part_of(base.data, plan.name)
    gone = random.choice(("part", "relationship", "id"))

    def do(parts: dict[str, bytes]) -> None:
        target = name.removeprefix("xl/").encode()
        if gone == "part":
            del parts[name]
        elif gone == "relationship":
            parts[RELATIONS] = re.sub(rb'<Relationship [^>]*Target="%s"/>' % target, b"", parts[RELATIONS])
        else:
            mark = f"<sheet name={quoteattr(plan.name)} "
            at = parts[WORKBOOK].decode()
            parts[WORKBOOK] = re.sub(rf'({re.escape(mark)}[^>]*) r:id="[^"]*"', r"\1", at).encode()

    return edit(f"removed the {gone} of {plan.name}", in_parts(do), sign("F102 F107"))


@kind(Intent.DAMAGE)
def tabs_of_one_name(random: Random, base: Base) -> Edit:
    """Two tabs have one name, or names that differ by case alone: formulas name both."""
    one_name, other = random.sample(tab_names(base.data), 2)
    said = random.choice((one_name, one_name.upper(), one_name.lower()))

    def change(text: str) -> str:
        return text.replace(f"<sheet name={quoteattr(other)} ", f"<sheet name={quoteattr(said)} ")

    return edit(f"{other} is called {said}", in_part(WORKBOOK, change), sign("F107 F102"))


@kind(Intent.DAMAGE)
def sheet_of_another_unit_calculated(random: Random, base: Base) -> Edit:
    """Another unit's sheet stands in this file, and the checks still show this unit's results."""
    other, plan = alike(random, base), base.money
    shows = ((base.tab(key), base.at(key)) for key in base.roles(Role.CALCULATED) if base.tab(key) != plan.name)
    if all(shown(base.data, *place) == shown(other.data, *place) for place in shows):
        raise Unsuitable  # like amounts that were all typed anew, and calculated
    sheet = foreign_sheet(other, plan.name)

    def do(parts: dict[str, bytes]) -> None:
        parts[part_of(base.data, plan.name)] = sheet

    return edit(f"pasted {plan.name} of {other}", in_parts(do), sign("S112"))


@kind(Intent.DAMAGE)
def sheet_of_another_form(random: Random, base: Base) -> Edit:
    """A sheet of the same name from a workbook with other parts, other months or another language."""
    pool = base.number // POOL * POOL
    others = (other_base(base.template, number) for number in range(pool, pool + POOL))
    mine = {(row.code, row.title) for row in base.money.rows if row.code}
    found = [
        (other, plan)
        for other in others
        for plan in other.sheets
        if plan.id == base.money.id and {(row.code, row.title) for row in plan.rows if row.code} != mine
    ]
    if not found:
        raise Unsuitable
    other, plan = random.choice(found)
    sheet = foreign_sheet(other, plan.name)

    def do(parts: dict[str, bytes]) -> None:
        parts[part_of(base.data, base.money.name)] = sheet

    return edit(f"pasted {plan.name} of {other}", in_parts(do), sign("S105 S109 S107", base.money.name))


@kind(Intent.DAMAGE)
def sheet_of_another_unit_added(random: Random, base: Base) -> Edit:
    """Another unit's sheet stands beside this one's: which one counts?"""
    other = alike(random, base)
    plan, name, last = random.choice(base.sheets), "别家预算", random.random() < 0.5
    sheet = foreign_sheet(other, plan.name)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"

    def do(parts: dict[str, bytes]) -> None:
        put(parts, "xl/worksheets/sheet77.xml", sheet, kind)
        relate(parts, "rId777", "worksheet", "worksheets/sheet77.xml")
        mark = f'<sheet name="{name}" sheetId="777" r:id="rId777"/>'.encode()
        at = b"</sheets>" if last else b"<sheets>"
        there = mark + at if last else at + mark
        parts[WORKBOOK] = parts[WORKBOOK].replace(at, there)

    return edit(f"added {plan.name} of {other}", in_parts(do), sign("S102", title=plan.name))


@kind(Intent.DAMAGE)
def amount_shown_as_a_date(random: Random, base: Base) -> Edit:
    """An amount gets a date format: people see a day, and nobody knows whether an amount was meant."""
    key, tab, cell = _amount(random, base)
    shape = random.choice(_DATES)
    return edit(f"formatted {key} as {shape}", formatted(base, key, shape), sign("E112", tab, cell))


@kind(Intent.DAMAGE)
def shared_formula_of_another_place(random: Random, base: Base) -> Edit:
    """A sum takes part in a shared formula whose text, moved here, reads other cells; or in one that is nowhere."""
    keys = [key for key in base.roles(Role.CALCULATED) if base.layout.cells[key].sheet == base.money.id]
    key = one(random, [key for key in keys if re.match(r"SUM\([A-Z]+[0-9]+:", base.layout.formula(key))])
    cell, tab = base.layout.cells[key], base.tab(key)
    nowhere = random.random() < 0.3
    issued = base.layout.formula(key)
    own = '<f t="shared" si="7"/>'

    def change(text: str) -> str:
        found = cell_in(text, base.at(key))
        text = text[: found.start()] + re.sub(r"<f>[^<]*</f>", own, found[0]) + text[found.end() :]
        if nowhere:
            return text
        far = f'<c r="{letters(cell.column)}1"'
        first = f'<f t="shared" ref="{letters(cell.column)}1:{base.at(key)}" si="7">{escape(issued)}</f><v>0</v>'
        master = cell_in(text, f"{letters(cell.column)}1") if far in text else None
        row = re.search(r'(<row r="1" [^>]*>)(.*?)</row>', text, re.DOTALL)
        assert row and master is None
        return text[: row.end(2)] + f"{far}>{first}</c>" + text[row.end(2) :]

    wanted = _refused(base, tab, "F102", base.at(key)) if nowhere else sign("S110", tab, base.at(key))
    return edit(
        f"{key} shares a formula that is {'nowhere' if nowhere else 'elsewhere'}", in_tab(base, tab, change), wanted
    )


@kind(Intent.DAMAGE)
def stamp_forged_in_both_places(random: Random, base: Base) -> Edit:
    """Both copies of the stamp say another unit, round, year or target: the signature does not."""
    if base.standard.round is None:
        raise Unsuitable
    field = random.choice(("unit", "year", "round", "stage", "unit_name", "signature", "parameters", "policies"))
    found = cell_in(parts_of(base.data)[part_of(base.data, SHEET)].decode(), "A1")
    index = re.search(r"<v>([0-9]+)</v>", found[0])
    assert index
    text = unescape(re.sub(r"<[^>]*>", "", strings_of(base.data)[int(index[1])]), {"&quot;": '"'})
    body = json.loads(text)
    match body.get(field):
        case int(year):
            body[field] = year + 1
        case str(said):
            body[field] = f"{said}9" if field != "signature" else said[::-1]
        case dict(figures):
            body[field] = {**figures, "sales_target": "900000000"}
        case _:
            forged_list = ["hotel-marketing@1"] if base.template == "cosmetics-plan" else []
            if not forged_list and not body.get(field):
                raise Unsuitable  # nothing is nothing, said or not
            body[field] = forged_list
    forged = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if forged == text:
        raise Unsuitable
    part = part_of(base.data, SHEET)

    def do(parts: dict[str, bytes]) -> None:
        sheet = parts[part].decode()
        there = cell_in(sheet, "A1")
        cell = f'<c r="A1" t="inlineStr">{words(forged).partition("|")[2]}</c>'
        parts[part] = (sheet[: there.start()] + cell + sheet[there.end() :]).encode()
        head, _, rest = parts["docProps/custom.xml"].decode().partition("<property ")
        cut = [forged[at : at + 200] for at in range(0, len(forged), 200)]
        items = (
            f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{n + 2}" name="{PROPERTY}.{n}">'
            f"<vt:lpwstr>{escape(piece)}</vt:lpwstr></property>"
            for n, piece in enumerate(cut)
        )
        assert rest
        parts["docProps/custom.xml"] = f"{head}{''.join(items)}</Properties>".encode()

    return edit(f"forged {field} in the stamp", in_parts(do), sign("I111 I112 I103 I105"))


@kind(Intent.DAMAGE)
def stamp_removed(random: Random, base: Base) -> Edit:
    """Both copies of the stamp are gone: nobody can tell whose workbook it is."""
    part = part_of(base.data, SHEET)

    def do(parts: dict[str, bytes]) -> None:
        parts[part] = re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData/>", parts[part])
        properties = parts["docProps/custom.xml"]
        parts["docProps/custom.xml"] = re.sub(rb"<property .*</property>", b"", properties, flags=re.DOTALL)

    return edit("removed the stamp", in_parts(do), sign("I101"))


@kind(Intent.DAMAGE)
def workbook_of_another_unit(random: Random, base: Base) -> Edit:
    """The whole workbook is another unit's, or another round's."""
    if base.standard.round is None:
        raise Unsuitable
    pool = base.number // POOL * POOL
    number = random.choice([near for near in range(pool, pool + 2 * POOL) if near != base.number])
    other = other_base(base.template, number)
    return edit(f"sent {other}", Means("another file", lambda data, bench: other.data), sign("I111"))


@kind(Intent.DAMAGE)
def stamp_property_changed(random: Random, base: Base) -> Edit:
    """The copy of the stamp in the document properties alone says something else."""
    means = in_part("docProps/custom.xml", lambda text: text.replace('"contact":""', '"contact":"王敏"'))
    return edit("changed the contact in the properties", means, sign("I105", SHEET, "A1"))


@kind(Intent.DAMAGE)
def content_of_a_program(random: Random, base: Base) -> Edit:
    """Macros, embedded files, controls or data connections inside a plain workbook."""
    name, kind = random.choice(
        (
            ("xl/vbaProject.bin", "application/vnd.ms-office.vbaProject"),
            ("xl/embeddings/oleObject1.bin", "application/vnd.openxmlformats-officedocument.oleObject"),
            ("xl/embeddings/Book1.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ("xl/connections.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.connections+xml"),
            ("xl/activeX/activeX1.bin", "application/vnd.ms-office.activeX"),
            ("xl/payload.exe", "application/octet-stream"),
        )
    )
    return edit(
        f"added {name}",
        in_parts(lambda parts: put(parts, name, b"<x/>" if name.endswith(".xml") else b"\0" * 64, kind)),
        sign("F109"),
    )


@kind(Intent.DAMAGE)
def format_of_another_kind(random: Random, base: Base) -> Edit:
    """A macro-enabled workbook, a template or a Strict one under the name of a plain one."""
    plain = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    other = random.choice(
        (
            "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml",
            "strict",
        )
    )
    if other == "strict":
        spaces = (
            "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            "http://purl.oclc.org/ooxml/spreadsheetml/main",
        )
        means: Means = in_part(WORKBOOK, lambda text: text.replace(*spaces))
    else:
        means = in_part(TYPES, lambda text: text.replace(plain, other))
    return edit(f"a workbook that is {other}", means, sign("F104"))


@kind(Intent.DAMAGE)
def input_linked_to_another_workbook(random: Random, base: Base) -> Edit:
    """An input reads another workbook through a link that the file declares: the finding names the target."""
    key, tab, cell = _amount(random, base)
    office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    space = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    book = f'<externalLink xmlns="{main}" xmlns:r="{space}"><externalBook r:id="rId1"/></externalLink>'

    def do(parts: dict[str, bytes]) -> None:
        put(parts, "xl/externalLinks/externalLink1.xml", book.encode(), f"{office}.externalLink+xml")
        relate(parts, "rId901", "externalLink", "externalLinks/externalLink1.xml")
        link = "xl/externalLinks/_rels/externalLink1.xml.rels"
        relate(parts, "rId1", "externalLinkPath", 'file:///D:/2025.xlsx" TargetMode="External', of=link)
        names = b'<externalReferences><externalReference r:id="rId901"/></externalReferences><definedNames>'
        parts[WORKBOOK] = parts[WORKBOOK].replace(b"<definedNames>", names)
        name = part_of(base.data, tab)
        text = parts[name].decode()
        found = cell_in(text, cell)
        there = found[0].replace("<v>", "<f>[1]Sheet1!B3</f><v>")
        parts[name] = (text[: found.start()] + there + text[found.end() :]).encode()

    return edit(f"{key} reads 2025.xlsx", in_parts(do), sign("E108", tab, cell))
