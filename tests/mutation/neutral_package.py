"""Files as other programs write them: another XML or zip for the same workbook, which crmxl must read the same."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from random import Random
from xml.sax.saxutils import escape, unescape

from crmxl.issue.addresses import a1
from crmxl.issue.places import Role, SheetPlan
from crmxl.model import Key
from tests.mutation.base import EPOCH, Base, dated, numeric
from tests.mutation.kinds import Edit, Intent, Unsuitable, edit, kind, one, sign
from tests.mutation.means import Means, in_cell, in_part, in_parts, in_tab, in_xml, in_zip, number
from tests.mutation.package import (
    RELATIONS,
    STRINGS,
    STYLES,
    TYPES,
    WORKBOOK,
    cell_in,
    part_of,
    parts_of,
    strings_of,
    tab_names,
    zipped,
)
from tests.mutation.program import column_number, shifted

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PLACED = re.compile(r'<c r="([A-Z]+)([0-9]+)"')
_SHARED = re.compile(r'(<c r="[A-Z]+[0-9]+"[^>]*) t="s"><v>([0-9]+)</v></c>')
_HARMLESS = ("0", "#,##0", "0.00", "General", '0.00"元"', "0.00E+00", "@", ";;;", '0.00,,"万"', '"约"0', "# ?/?", "0%")
"""Number formats that show an amount otherwise, or not at all."""


def some_tab(random: Random, base: Base) -> SheetPlan:
    """One of the issued sheets, 校验 too."""
    return random.choice(base.layout.sheets)


def amounts_of(base: Base, *, whole: bool = False) -> list[Key]:
    """Keys of numbers that stand in inputs."""
    keys = [key for key in base.inputs if numeric(base, key)]
    return [key for key in keys if not whole or base.inputs[key] == int(str(base.inputs[key]).partition(".")[0])]


def everywhere(base: Base, change: Callable[[str], str], *, tells: str = "") -> Means:
    """Change the XML text of every tab."""

    def do(parts: dict[str, bytes]) -> None:
        for name in list(parts):
            if name.startswith("xl/worksheets/sheet"):
                parts[name] = change(parts[name].decode()).encode()

    return in_parts(do, tells=tells)


def put(parts: dict[str, bytes], name: str, part: bytes, kind: str = "") -> None:
    """Add a part, and say in the content types what it is."""
    parts[name] = part
    if kind:
        mark = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'
        parts[TYPES] = parts[TYPES].replace(b"</Types>", mark.encode())


def relate(parts: dict[str, bytes], id: str, kind: str, target: str, of: str = RELATIONS) -> None:
    """Add a relationship."""
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    empty = f'<Relationships xmlns="{space}"></Relationships>'.encode()
    kind = f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"
    mark = f'<Relationship Id="{id}" Type="{kind}" Target="{target}"/></Relationships>'
    parts[of] = parts.get(of, empty).replace(b"</Relationships>", mark.encode())


@kind(Intent.NEUTRAL)
def dimension_wrong(random: Random, base: Base) -> Edit:
    """The dimension says A1, as WPS writes it, or else something untrue; a reader that trusts it drops rows."""
    said = random.choice(('<dimension ref="A1"/>', '<dimension ref="A1:XFD1048576"/>', "", '<dimension ref="C9:D10"/>'))
    means = everywhere(base, lambda text: re.sub(r"<dimension [^>]*/>", said, text))
    return edit(f"made every dimension {said!r}", means)


@kind(Intent.NEUTRAL)
def namespace_prefixed(random: Random, base: Base) -> Edit:
    """Every element has a prefix, as the Open XML SDK writes it."""
    prefix = random.choice(("x", "main", "ns0"))

    def change(text: str) -> str:
        text = re.sub(r"<(/?)(?=[A-Za-z])(?![A-Za-z0-9]+:)", rf"<\1{prefix}:", text)
        return text.replace(f' xmlns="{MAIN}"', f' xmlns:{prefix}="{MAIN}"')

    def do(parts: dict[str, bytes]) -> None:
        for name, part in parts.items():
            if name.startswith("xl/worksheets/sheet") or name in (STRINGS, WORKBOOK, STYLES):
                parts[name] = change(part.decode()).encode()

    return edit(f"gave every element the prefix {prefix}", in_parts(do))


def _without_places(text: str, *, rows: bool) -> str:
    """A sheet whose cells, or rows too, say no place; what lies between is filled with empty ones."""
    head, data, rest = re.split(r"<sheetData>|</sheetData>", text, maxsplit=2)
    out, last = [], 0
    for found in re.finditer(r'<row r="([0-9]+)"([^>]*?)(?:/>|>(.*?)</row>)', data, re.DOTALL):
        number, attributes, inside = int(found[1]), found[2], found[3] or ""
        if rows:
            out.append("<row/>" * (number - last - 1))
        cells, column = [], 0
        for cell in re.finditer(r'<c r="([A-Z]+)[0-9]+"', inside):
            at = column_number(cell[1])
            end = re.compile(r"/>|</c>").search(inside, inside.index(">", cell.end()) - 1)
            whole = inside[cell.start() : end.end()] if end else ""
            cells.append("<c/>" * (at - column - 1) + whole.replace(cell[0], "<c", 1))
            column = at
        row = "<row" if rows else f'<row r="{number}"'
        out.append(f"{row}{attributes}>{''.join(cells)}</row>")
        last = number
    return f"{head}<sheetData>{''.join(out)}</sheetData>{rest}"


@kind(Intent.NEUTRAL)
def cells_without_places(random: Random, base: Base) -> Edit:
    """Cells, or rows too, are numbered by their order alone."""
    plan, rows = some_tab(random, base), random.random() < 0.5
    means = in_tab(base, plan.name, lambda text: _without_places(text, rows=rows))
    return edit(f"{plan.name}: no places of cells{' and rows' if rows else ''}", means)


@kind(Intent.NEUTRAL)
def texts_inline(random: Random, base: Base) -> Edit:
    """Texts stand in their cells instead of the shared table."""
    strings = strings_of(base.data)

    def inline(found: re.Match[str]) -> str:
        inside = strings[int(found[2])].removeprefix("<si>").removesuffix("</si>")
        return f'{found[1]} t="inlineStr"><is>{inside}</is></c>'

    gone = random.random() < 0.5

    def do(parts: dict[str, bytes]) -> None:
        for name in list(parts):
            if name.startswith("xl/worksheets/sheet"):
                parts[name] = _SHARED.sub(inline, parts[name].decode()).encode()
        if gone:
            del parts[STRINGS]
            parts[RELATIONS] = re.sub(rb"<Relationship [^>]*sharedStrings[^>]*/>", b"", parts[RELATIONS])
            parts[TYPES] = re.sub(rb"<Override PartName=\"/xl/sharedStrings[^>]*/>", b"", parts[TYPES])

    return edit(f"wrote all texts inline{', dropped the shared ones' if gone else ''}", in_parts(do))


@kind(Intent.NEUTRAL)
def strings_rearranged(random: Random, base: Base) -> Edit:
    """The shared texts stand in another order, each twice, with others that nobody uses."""
    strings = list(strings_of(base.data))
    order = list(range(len(strings)))
    random.shuffle(order)
    place = {old: new for new, old in enumerate(order)}

    def do(parts: dict[str, bytes]) -> None:
        listed = "".join(strings[old] for old in order) + "<si><t>1200</t></si><si/>" + "".join(strings)
        head = parts[STRINGS].decode().partition("<si>")[0]
        parts[STRINGS] = f"{head}{listed}</sst>".encode()
        for name in list(parts):
            if name.startswith("xl/worksheets/sheet"):
                text = _SHARED.sub(lambda found: _index(found, place[int(found[2])]), parts[name].decode())
                parts[name] = text.encode()

    return edit("shuffled the shared texts", in_parts(do))


def _index(found: re.Match[str], index: int) -> str:
    return f'{found[1]} t="s"><v>{index}</v></c>'


@kind(Intent.NEUTRAL)
def formulas_shared(random: Random, base: Base) -> Edit:
    """Runs of equal formulas share one text, as Excel writes what was filled down or to the right."""
    plan = some_tab(random, base)
    text = parts_of(base.data)[part_of(base.data, plan.name)].decode()
    if not (made := _shared_runs(text)) or made == text:
        raise Unsuitable
    return edit(f"shared the formulas of {plan.name}", in_tab(base, plan.name, lambda _: made))


def _shared_runs(text: str) -> str:
    """The sheet with each run down a column of at least two equal formulas as one shared formula."""
    cells = re.findall(r'<c r="([A-Z]+)([0-9]+)"([^>]*)><f>([^<]*)</f>', text)
    by_place = {(column, int(row)): unescape(formula, {"&quot;": '"'}) for column, row, _, formula in cells}
    group: dict[tuple[str, int], tuple[int, str]] = {}
    count = 0
    for (column, row), formula in by_place.items():
        if (column, row) in group or "!" in formula:
            continue
        last = row
        while by_place.get((column, last + 1)) == shifted(formula, last + 1 - row, 0) and "!" not in formula:
            last += 1
        if last > row:
            opening = f'<f t="shared" ref="{column}{row}:{column}{last}" si="{count}">{escape(formula)}</f>'
            group[column, row] = count, opening
            group.update({(column, n): (count, f'<f t="shared" si="{count}"/>') for n in range(row + 1, last + 1)})
            count += 1

    def shared(found: re.Match[str]) -> str:
        opening = group.get((found[2], int(found[3])))
        return found[0] if opening is None else f"{found[1]}{opening[1]}"

    return re.sub(r'(<c r="([A-Z]+)([0-9]+)"[^>]*>)<f>[^<]*</f>', shared, text)


@kind(Intent.NEUTRAL)
def targets_absolute(random: Random, base: Base) -> Edit:
    """Relationships name their parts from the root of the package."""

    def do(parts: dict[str, bytes]) -> None:
        parts[RELATIONS] = re.sub(rb'Target="(?!/)', b'Target="/xl/', parts[RELATIONS])
        parts["_rels/.rels"] = re.sub(rb'Target="(?!/)', b'Target="/', parts["_rels/.rels"])

    return edit("made all targets absolute", in_parts(do))


@kind(Intent.NEUTRAL)
def targets_roundabout(random: Random, base: Base) -> Edit:
    """Relationships go up a folder and down again."""
    means = in_part(RELATIONS, lambda text: re.sub(r'Target="(worksheets|styles)', r'Target="../xl/./\1', text))
    return edit("made targets ../xl/./…", means)


@kind(Intent.NEUTRAL)
def zipped_otherwise(random: Random, base: Base) -> Edit:
    """Parts stored without compression, in another order, or written to a pipe, with their sizes behind them."""
    way = random.choice(("stored", "reordered", "streamed"))

    def change(data: bytes) -> bytes:
        entries = list(parts_of(data).items())
        if way == "stored":
            return zipped(entries, zipfile.ZIP_STORED)
        if way == "reordered":
            return zipped(reversed(entries))
        target = _Pipe()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, part in entries:
                archive.writestr(name, part)
        return bytes(target.written)

    return edit(f"zipped {way}", in_zip(change))


class _Pipe:
    """A file that cannot go back: its zip has data descriptors."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes, /) -> int:
        self.written += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is left open."""


@kind(Intent.NEUTRAL)
def byte_order_marks(random: Random, base: Base) -> Edit:
    """Parts begin with a byte order mark."""

    def do(parts: dict[str, bytes]) -> None:
        for name in list(parts):
            parts[name] = b"\xef\xbb\xbf" + parts[name]

    return edit("put a byte order mark before every part", in_parts(do))


@kind(Intent.NEUTRAL)
def calendar_of_1904(random: Random, base: Base) -> Edit:
    """The calendar of old Macs, dates converted: the same days."""
    days = {(base.tab(key), base.at(key)): entry for key, entry in base.inputs.items() if isinstance(entry, date)}

    def do(parts: dict[str, bytes]) -> None:
        parts[WORKBOOK] = parts[WORKBOOK].replace(b"<workbookPr ", b'<workbookPr date1904="1" ')
        for (tab, cell), day in days.items():
            name = part_of(base.data, tab)
            text = parts[name].decode()
            found = cell_in(text, cell)
            serial = (day - EPOCH).days - 1462
            there = re.sub(r"<v>[^<]*</v>", f"<v>{serial}</v>", found[0])
            parts[name] = (text[: found.start()] + there + text[found.end() :]).encode()

    return edit(f"dates from 1904, {len(days)} of them", in_parts(do))


@kind(Intent.NEUTRAL)
def phonetic_guides(random: Random, base: Base) -> Edit:
    """Texts carry reading aids, which are not text."""
    guide = '<rPh sb="0" eb="1"><t>９９９</t></rPh><phoneticPr fontId="1"/></si>'
    return edit("gave every text a phonetic guide", in_part(STRINGS, lambda text: text.replace("</si>", guide)))


@kind(Intent.NEUTRAL)
def texts_in_runs(random: Random, base: Base) -> Edit:
    """Texts of several formats: cut into runs, which joined are the text."""
    cuts = [random.randrange(1, 40) for _ in range(7)]

    def cut(found: re.Match[str]) -> str:
        text = unescape(found[2], {"&quot;": '"'})
        at = cuts[len(text) % len(cuts)] % (len(text) + 1)
        runs = (f'<r><rPr><b/></rPr><t xml:space="preserve">{escape(run)}</t></r>' for run in (text[:at], text[at:]))
        return f"<si>{''.join(runs)}</si>"

    means = in_part(STRINGS, lambda text: re.sub(r"<si><t([^>]*)>([^<]*)</t></si>", cut, text))
    return edit("cut all texts into runs", means)


@kind(Intent.NEUTRAL)
def characters_escaped(random: Random, base: Base) -> Edit:
    """Characters of texts written as _x0031_ or &#x31;, which mean the characters."""
    numeric_reference = random.random() < 0.5

    def coded(character: str) -> str:
        return f"&#x{ord(character):X};" if numeric_reference else f"_x{ord(character):04X}_"

    def change(found: re.Match[str]) -> str:
        text = unescape(found[2], {"&quot;": '"'})
        if not text or ord(text[0]) > 0xFFFF or "_x" in text:
            return found[0]
        return f"<si><t{found[1]}>{coded(text[0])}{escape(text[1:])}</t></si>"

    means = in_part(STRINGS, lambda text: re.sub(r"<si><t([^>]*)>([^<]*)</t></si>", change, text))
    return edit("escaped the first character of every text", means)


@kind(Intent.NEUTRAL)
def characters_of_numbers_referenced(random: Random, base: Base) -> Edit:
    """Digits written as character references: the same number."""
    key = one(random, amounts_of(base))
    tab, cell = base.tab(key), base.at(key)

    def change(text: str) -> str:
        return re.sub(r"<v>([-0-9.]+)</v>", lambda v: f"<v>{''.join(f'&#{ord(c)};' for c in v[1])}</v>", text)

    return edit(f"wrote the digits of {key} as references", in_cell(base, tab, cell, change))


@kind(Intent.NEUTRAL)
def dates_in_iso(random: Random, base: Base) -> Edit:
    """Dates written out as ISO 8601, as the standard also has it."""
    key = one(random, [key for key in base.inputs if dated(base, key)])
    day = base.inputs[key]
    assert isinstance(day, date)
    text = random.choice((day.isoformat(), f"{day.isoformat()}T00:00:00", f"{day.isoformat()}T00:00:00.000"))
    return edit(f"wrote {text} at {key}", in_xml({(base.tab(key), base.at(key)): f"d|<v>{text}</v>"}))


@kind(Intent.NEUTRAL)
def numbers_written_otherwise(random: Random, base: Base) -> Edit:
    """The same number with an exponent, zeros, white space or its type said: 1.33E5."""
    key = one(random, [key for key in amounts_of(base) if base.inputs[key] != 0])
    entry = base.inputs[key]
    assert isinstance(entry, Decimal)
    exponent = f"{entry:E}"
    ways = (exponent, exponent.lower(), exponent.replace("+", "+0"), f"{entry}0" if "." in str(entry) else f"{entry}.0")
    text = random.choice((*ways, f"00{entry}", f"+{entry}", f"\n  {entry}\t"))
    content = random.choice((number(text), f"n|<v>{text}</v>", f'|<v xml:space="preserve">{text}</v>'))
    return edit(f"wrote {content!r} at {key}", in_xml({(base.tab(key), base.at(key)): content}))


@kind(Intent.NEUTRAL)
def number_format_changed(random: Random, base: Base) -> Edit:
    """An amount is shown otherwise, in 万 or not at all; what stands there counts."""
    key, shape = one(random, amounts_of(base)), random.choice(_HARMLESS)
    return edit(f"formatted {key} as {shape}", formatted(base, key, shape))


def formatted(base: Base, key: Key, shape: str) -> Means:
    """The cell of ``key`` with another number format."""
    tab, cell = base.tab(key), base.at(key)

    def do(parts: dict[str, bytes]) -> None:
        styles = parts[STYLES].decode()
        mark = escape(shape, {'"': "&quot;"})
        styles = styles.replace("</numFmts>", f'<numFmt numFmtId="240" formatCode="{mark}"/></numFmts>')
        count = int(re.findall(r'<cellXfs count="([0-9]+)"', styles)[0])
        xf = '<xf numFmtId="240" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
        styles = styles.replace("</cellXfs>", xf).replace(f'<cellXfs count="{count}"', f'<cellXfs count="{count + 1}"')
        parts[STYLES] = styles.encode()
        name = part_of(base.data, tab)
        text = parts[name].decode()
        found = cell_in(text, cell)
        there = re.sub(r' s="[0-9]+"', f' s="{count}"', found[0])
        parts[name] = (text[: found.start()] + there + text[found.end() :]).encode()

    return in_parts(do)


@kind(Intent.NEUTRAL)
def controls_beside_the_cells(random: Random, base: Base) -> Edit:
    """What Excel writes behind the cells for newer features, with a choice for older programs."""
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    newer = 'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"'
    more = random.choice(
        (
            f'<mc:AlternateContent {space}><mc:Choice Requires="x14"><controls/></mc:Choice></mc:AlternateContent>',
            f'<extLst><ext uri="{{05C60535-1F16-4fd2}}" {newer}><x14:sparklineGroups/></ext></extLst>',
        )
    )
    plan = some_tab(random, base)
    means = in_tab(base, plan.name, lambda text: text.replace("</worksheet>", f"{more}</worksheet>"))
    return edit(f"{plan.name}: {more[:40]} at the end", means)


@kind(Intent.NEUTRAL)
def protection_removed(random: Random, base: Base) -> Edit:
    """Sheets and structure are unprotected, and every cell unlocked: checks are not locks."""

    def do(parts: dict[str, bytes]) -> None:
        for name in list(parts):
            part = re.sub(rb"<(sheet|workbook)Protection[^>]*/>", b"", parts[name])
            parts[name] = re.sub(rb'<protection [^>]*locked="1"[^>]*/>', b'<protection locked="0"/>', part)

    return edit("removed all protection", in_parts(do))


@kind(Intent.NEUTRAL)
def protection_with_a_password(random: Random, base: Base) -> Edit:
    """A unit protects its sheets with a password of its own."""
    tab = some_tab(random, base).name
    lock = '<sheetProtection password="CC1A" sheet="1" objects="1"/>'
    means = in_tab(base, tab, lambda text: re.sub(r"<sheetProtection[^>]*/>", lock, text))
    return edit(f"{tab}: a password", means)


@kind(Intent.NEUTRAL)
def names_changed(random: Random, base: Base) -> Edit:
    """Names are defined, hidden ones too, or all are gone; no formula of the form uses one."""
    tab = f"'{base.money.name}'"
    name = random.choice(("合计", "SUM", "Total", "_xlnm._FilterDatabase", "A1B"))
    added = f'<definedName name="{name}" hidden="1">{tab}!$C$9</definedName></definedNames>'
    gone = random.random() < 0.5

    def change(text: str) -> str:
        if gone:
            return re.sub(r"<definedNames>.*</definedNames>", "", text)
        return text.replace("</definedNames>", added)

    return edit("removed all names" if gone else f"defined {name}", in_part(WORKBOOK, change))


@kind(Intent.NEUTRAL)
def titles_merged(random: Random, base: Base) -> Edit:
    """The heading is merged across, as people like it."""
    plan = some_tab(random, base)
    area = f"{random.choice('ABC')}3:{random.choice('EFG')}{random.choice('34')}"
    means = in_tab(base, plan.name, lambda text: _with_merge(text, area))
    return edit(f"merged {plan.name}!{area}", means)


def _with_merge(text: str, area: str) -> str:
    """A sheet's XML with one more merge, where the schema wants it."""
    if "<mergeCells" in text:
        return text.replace("</mergeCells>", f'<mergeCell ref="{area}"/></mergeCells>')
    before = re.search(r"</sheetData>(?:<sheetProtection[^>]*/>)?(?:<autoFilter.*?(?:/>|</autoFilter>))?", text)
    assert before
    return f'{text[: before.end()]}<mergeCells count="1"><mergeCell ref="{area}"/></mergeCells>{text[before.end() :]}'


@kind(Intent.NEUTRAL)
def sheet_very_hidden(random: Random, base: Base) -> Edit:
    """A sheet is hidden so that no menu shows it; it counts, and is told where it holds entries."""
    plan = random.choice(base.sheets)
    state = random.choice(("hidden", "veryHidden"))
    filled = any(base.layout.cells[key].sheet == plan.id for key in base.inputs)
    mark = f'<sheet name="{escape(plan.name, {chr(34): "&quot;"})}" '
    means = in_part(WORKBOOK, lambda text: text.replace(mark, f'{mark}state="{state}" '))
    return edit(f"made {plan.name} {state}", means, *([sign("S114", plan.name)] if filled else []))


@kind(Intent.NEUTRAL)
def rows_hidden_by_height(random: Random, base: Base) -> Edit:
    """A row with an amount is made no height at all; it counts."""
    key = one(random, [key for key in amounts_of(base) if base.layout.cells[key].sheet == base.money.id])
    row, tab = base.layout.cells[key].row, base.money.name
    means = in_tab(base, tab, lambda text: re.sub(rf'(<row r="{row}" [^>]*) ht="[^"]*"', r'\1 ht="0"', text))
    return edit(f"made {tab} row {row} no height", means, sign("S114", tab))


@kind(Intent.NEUTRAL)
def parts_that_do_not_count(random: Random, base: Base) -> Edit:
    """A picture, printer settings, a thumbnail, a calculation chain, a link to another workbook that no cell reads."""
    choice = random.choice(("picture", "printer", "chain", "link"))

    def do(parts: dict[str, bytes]) -> None:
        office = "application/vnd.openxmlformats-officedocument.spreadsheetml"
        match choice:
            case "picture":
                put(parts, "xl/media/image1.png", b"\x89PNG\r\n\x1a\n<!DOCTYPE", "image/png")
            case "printer":
                put(parts, "xl/printerSettings/printerSettings1.bin", b"\0\1", f"{office}.printerSettings")
            case "chain":
                chain = f'<calcChain xmlns="{MAIN}"><c r="A1" i="1"/></calcChain>'.encode()
                put(parts, "xl/calcChain.xml", chain, f"{office}.calcChain+xml")
                relate(parts, "rId900", "calcChain", "calcChain.xml")
            case "link":
                put(parts, "xl/externalLinks/externalLink1.xml", _LINK, f"{office}.externalLink+xml")
                relate(parts, "rId901", "externalLink", "externalLinks/externalLink1.xml")
                link = "xl/externalLinks/_rels/externalLink1.xml.rels"
                relate(parts, "rId1", "externalLinkPath", '2025.xlsx" TargetMode="External', of=link)
                names = b'<externalReferences><externalReference r:id="rId901"/></externalReferences><definedNames>'
                parts[WORKBOOK] = parts[WORKBOOK].replace(b"<definedNames>", names)

    return edit(f"added a {choice}", in_parts(do))


_LINK = (
    f'<externalLink xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<externalBook r:id="rId1"><sheetNames><sheetName val="汇总"/></sheetNames></externalBook></externalLink>'
).encode()


@kind(Intent.NEUTRAL)
def spans_and_styles_wrong(random: Random, base: Base) -> Edit:
    """Rows say other spans, as some libraries write them; readers that trust them drop cells."""
    said = random.choice((' spans="1:1"', "", ' spans="3:200"'))
    means = everywhere(base, lambda text: re.sub(r' spans="[^"]*"', said, text))
    return edit(f"made all spans {said!r}", means)


@kind(Intent.NEUTRAL)
def free_sheets_swapped(random: Random, base: Base) -> Edit:
    """Two sheets that are never read swap their contents."""
    tabs = tab_names(base.data)
    last = [tab for tab in tabs if tab not in {plan.name for plan in base.layout.sheets}][-3:-1]
    return edit(f"swapped {last}", swapped(base, *last))


def swapped(base: Base, one: str, other: str) -> Means:
    """Two tabs whose relationships lead to each other's part."""
    first, second = (part_of(base.data, tab).removeprefix("xl/") for tab in (one, other))

    def change(text: str) -> str:
        text = text.replace(f'Target="{first}"', 'Target="@"').replace(f'Target="{second}"', f'Target="{first}"')
        return text.replace('Target="@"', f'Target="{second}"')

    return in_part(RELATIONS, change)


@kind(Intent.NEUTRAL)
def parts_renamed(random: Random, base: Base) -> Edit:
    """Sheets' parts have other names and numbers; only the relationships say which is which."""
    count = len(tab_names(base.data))
    order = list(range(1, count + 1))
    random.shuffle(order)

    def do(parts: dict[str, bytes]) -> None:
        names = {f"xl/worksheets/sheet{n}.xml": f"xl/worksheets/Blatt{to}.xml" for n, to in enumerate(order, 1)}
        for name, to in names.items():
            parts[to] = parts.pop(name)
            parts[TYPES] = parts[TYPES].replace(f'"/{name}"'.encode(), f'"/{to}"'.encode())
            before, after = f'"{name.removeprefix("xl/")}"', f'"{to.removeprefix("xl/")}"'
            parts[RELATIONS] = parts[RELATIONS].replace(before.encode(), after.encode())

    return edit("renamed all parts of sheets", in_parts(do))


@kind(Intent.NEUTRAL)
def issued_figure_changed(random: Random, base: Base) -> Edit:
    """The unit raises its own target or limit in the file: told, and the group's record decides."""
    cells = [cell for cell in base.layout.cells.values() if cell.role is Role.ISSUED and cell.type.numeric]
    if not cells:
        raise Unsuitable
    cell = random.choice(cells)
    tab, at = base.tab(cell.key), a1(cell.row, cell.column)
    issued = base.parameters.get(cell.key.partition("@")[0], base.layout.presets.get(cell.key, "0"))
    raised = "0.9" if cell.maximum is not None else f"{Decimal(issued) * 10 + 1:f}"
    means = in_xml({(tab, at): number(raised)}, values=False)
    return edit(f"made {cell.key} {raised}", means, sign("I109", tab, at))
