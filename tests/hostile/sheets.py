"""Sheets that Excel would not write: cells off the grid, twice or out of order, and more of everything than allowed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from tests.hostile.case import SAME, Build, Case, cases, refused, reported
from tests.hostile.package import (
    BOOK,
    BUDGET,
    MAIN,
    SCRATCH,
    SHEET_NAMES,
    STRINGS,
    STYLES,
    Edit,
    before,
    both,
    changed,
    entries,
    pack,
    padded,
    parts,
    swap,
)

_VALUE = '<c r="C9" s="19"><v>1000</v></c>'
_ROW = '<row r="9"'


def _changing(part: str, edit: Edit) -> Build:
    return lambda: changed(part, edit)


def _rows(text: str) -> Build:
    """More rows at the end of the scratch sheet."""
    return _changing(SCRATCH, before("</sheetData>", text))


def _cell(name: str) -> Build:
    """One more cell, alone in its row, on the scratch sheet."""
    row = "".join(re.findall("[0-9]", name)) or "9"
    return _rows(f'<row r="{row}"><c r="{name}"><v>1</v></c></row>')


def _row(number: int) -> bytes:
    found = re.search(rb'<row r="%d" .*?</row>' % number, parts()[BUDGET])
    assert found
    return found[0]


def _twice(number: int) -> Build:
    return _changing(BUDGET, swap(_row(number), _row(number) + _row(number)))


OFF_THE_GRID: dict[str, Build] = {
    "cell-xfe1": _cell("XFE1"),
    "cell-zzz1": _cell("ZZZ1"),
    "cell-aaaa1": _cell("AAAA1"),
    "cell-a1048577": _cell("A1048577"),
    "cell-a99999999": _cell("A99999999"),
    "cell-a0": _cell("A0"),
    "cell-a-1": _cell("A-1"),
    "cell-lower-case": _cell("a9"),
    "cell-full-width": _changing(BUDGET, swap('r="C9"', 'r="C９"')),
    "cell-full-width-letter": _changing(BUDGET, swap('r="C9"', 'r="Ｃ9"')),
    "cell-absolute": _cell("$A$9"),
    "cell-with-a-space": _cell(" A9"),
    "cell-a-range": _cell("A9:B9"),
    "cell-of-a-sheet": _cell("Sheet!A9"),
    "cell-by-numbers": _changing(BUDGET, swap('r="C9"', 'r="R9C3"')),
    "cell-a-column": _cell("C"),
    "cell-a-row": _changing(BUDGET, swap('r="C9"', 'r="9"')),
    "row-1048577": _rows('<row r="1048577"/>'),
    "row-0": _changing(SCRATCH, swap("<sheetData>", '<sheetData><row r="0"/>')),
    "cells-beyond-the-last-column": _rows(f'<row r="9"><c r="XFD9"><v>1</v></c>{"<c><v>2</v></c>"}</row>'),
    "rows-beyond-the-last-row": _rows('<row r="1048576"/><row/>'),
}
NO_ROWS: dict[str, Build] = {
    "cell-of-a-megabyte": _changing(SCRATCH, before("</sheetData>", f'<row r="9"><c r="{"A" * 900_000}9"/></row>')),
    "row-negative": _changing(SCRATCH, swap("<sheetData>", '<sheetData><row r="-1"/>')),
    "row-full-width": _changing(BUDGET, swap(_ROW, '<row r="９"')),
    "row-arabic": _changing(BUDGET, swap(_ROW, '<row r="٩"')),
    "row-a-fraction": _changing(BUDGET, swap(_ROW, '<row r="9.0"')),
    "row-with-underscore": _rows('<row r="1_0"/>'),
    "row-of-5000-digits": _rows(f'<row r="{"9" * 5_000}"/>'),
    "row-a-word": _rows('<row r="nine"/>'),
}
OUT_OF_ORDER: dict[str, Build] = {
    "rows-twice-the-same": _twice(9),
    "rows-twice-other": _changing(BUDGET, swap(_row(9), _row(9) + b'<row r="9"><c r="C9"><v>9</v></c></row>')),
    "rows-backwards": _changing(BUDGET, swap(_row(9) + _row(10), _row(10) + _row(9))),
    "row-at-the-end": _changing(BUDGET, both(swap(_row(9), b""), before("</sheetData>", _row(9)))),
    "rows-twice-on-the-scratch-sheet": _rows('<row r="2"/>'),
    "row-twice-by-counting": _changing(BUDGET, swap('<row r="10"', '<row r="8"/><row')),
    "cells-twice": _changing(BUDGET, swap(_VALUE, _VALUE + _VALUE)),
    "cells-twice-other": _changing(BUDGET, swap(_VALUE, _VALUE + '<c r="C9"><v>9</v></c>')),
    "cells-twice-blank": _changing(BUDGET, swap(_VALUE, '<c r="C9"/>' + _VALUE)),
    "cells-backwards": _changing(BUDGET, swap(_VALUE + '<c r="D9" s="18"/>', '<c r="D9" s="18"/>' + _VALUE)),
    "cell-twice-by-counting": _changing(BUDGET, swap(_VALUE, '<c r="B9"/><c><v>1000</v></c>')),
    "cell-of-another-row": _changing(BUDGET, swap('r="C9"', 'r="C10"')),
    "cell-of-a-row-above": _changing(BUDGET, swap('r="C9"', 'r="C1"')),
    "two-values": _changing(BUDGET, swap("<v>1000</v>", "<v>1000</v><v>9000</v>")),
    "two-values-the-same": _changing(BUDGET, swap("<v>1000</v>", "<v>1000</v><v>1000</v>")),
    "two-values-one-empty": _changing(BUDGET, swap("<v>1000</v>", "<v></v><v>1000</v>")),
    "two-formulas": _changing(BUDGET, swap("<f>SUM(C9:C11)</f>", "<f>SUM(C9:C11)</f><f>SUM(C9:C10)</f>")),
    "value-and-inline-text": _changing(BUDGET, swap("<v>1000</v>", "<v>1000</v><is><t>9000</t></is>")),
}


# More than allowed. Huffman coding alone keeps the archive's ratio below what betrays a bomb.


def _loose(part: str, edit: Edit, more: Mapping[str, Edit] | None = None) -> Build:
    def build() -> bytes:
        made = entries({part: edit, **(more or {})})
        return pack([replace(one, strategy=zlib.Z_HUFFMAN_ONLY) if one.name == part else one for one in made])

    return build


def _filled(count: int, per_row: int = 100, start: int = 10) -> Callable[[], str]:
    def text() -> str:
        whole = f"<row>{'<c><v>1</v></c>' * per_row}</row>"
        rest = f"<row>{'<c><v>1</v></c>' * (count % per_row)}</row>" if count % per_row else ""
        return f'<row r="{start}"/>' + whole * (count // per_row) + rest

    return text


def _more(text: Callable[[], str]) -> Edit:
    return lambda data: before("</sheetData>", text())(data)


def _many_cells(sheets: int, each: int) -> Build:
    """Cells spread over sheets that crmxl does not read for amounts."""
    names = [f"xl/worksheets/sheet{number}.xml" for number in (5, 1, 4)][:sheets]

    def build() -> bytes:
        made = entries(dict.fromkeys(names, _more(_filled(each, start=500))))
        return pack([replace(one, strategy=zlib.Z_HUFFMAN_ONLY) if one.name in names else one for one in made])

    return build


def _times(count: int, text: str, around: str = "{}") -> Callable[[], str]:
    return lambda: around.format(text * count)


def _merges(*areas: str) -> str:
    return f'<mergeCells count="{len(areas)}">{"".join(f"<mergeCell ref={area!r}/>" for area in areas)}</mergeCells>'


def _below(text: Callable[[], str], part: str = SCRATCH) -> Build:
    """Elements right behind the rows."""
    return _loose(part, lambda data: swap("</sheetData>", "</sheetData>" + text())(data))


def _styles(count: int) -> Callable[[], str]:
    return lambda: '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>' * count


def _format(code: str) -> Build:
    return _changing(STYLES, before("</numFmts>", f'<numFmt numFmtId="200" formatCode="{code}"/>'))


def _sheets(count: int) -> Build:
    """More sheets, all of them the scratch sheet's relationship."""
    sheets = "".join(f'<sheet name="n{number}" sheetId="{number + 100}" r:id="rId5"/>' for number in range(count))
    return _changing(BOOK, before("</sheets>", sheets))


def _separate_sheets(count: int) -> Build:
    numbers = range(100, 100 + count)

    def build() -> bytes:
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
        links = "".join(f'<Relationship Id="n{n}" Type="{kind}" Target="worksheets/sheet{n}.xml"/>' for n in numbers)
        named = "".join(f'<sheet name="n{n}" sheetId="{n}" r:id="n{n}"/>' for n in numbers)
        content = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
        types = "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{content}"/>' for n in numbers)
        edits = {
            BOOK: before("</sheets>", named),
            "xl/_rels/workbook.xml.rels": before("</Relationships>", links),
            "[Content_Types].xml": before("</Types>", types),
        }
        blank = f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'.encode()
        return pack(entries(edits, {f"xl/worksheets/sheet{n}.xml": blank for n in numbers}))

    return build


def _strings(count: int) -> bytes:
    return "".join(f"<si><t>{number * 7_919:x}</t></si>" for number in range(count)).encode()


TOO_MANY: dict[str, Build] = {
    "cells-500001": _loose(SCRATCH, _more(_filled(500_001))),
    "cells-500001-without-values": _loose(
        SCRATCH, _more(lambda: '<row r="9"/>' + f"<row>{'<c/>' * 10_000}</row>" * 50 + "<row><c/></row>")
    ),
    "cells-over-three-sheets": _many_cells(3, 200_000),
    "rows-100001": _loose(SCRATCH, _more(lambda: "<row/>" * 100_001)),
    "rows-100001-with-numbers": _loose(
        SCRATCH, _more(lambda: "".join(f'<row r="{number}"/>' for number in range(10, 100_011)))
    ),
    "rows-1048576": _loose(SCRATCH, _more(lambda: "<row/>" * 1_048_570)),
    "merges-5001": _below(lambda: _merges(*(f"A{number}:B{number}" for number in range(10, 5_011)))),
    "merges-100000": _below(lambda: _merges(*(f"A{number}:B{number}" for number in range(10, 100_010)))),
    "styles-20001": _loose(STYLES, lambda data: before("</cellXfs>", _styles(20_001)())(data)),
    "styles-100000": _loose(STYLES, lambda data: before("</cellXfs>", _styles(100_000)())(data)),
    "number-format-of-200000-brackets": _format("[" * 200_000),
    "number-format-of-1001": _format("0" * 1_001),
    "sheets-300": _separate_sheets(300),
}
_LONG = '<c t="s"><v>200</v></c>'
"""A cell with the scratch sheet's heading."""
OVERLOADED: dict[str, Build] = {
    "empty-strings-4000000": _loose(STRINGS, lambda data: before("</sst>", "<si/>" * 4_000_000)(data)),
    "strings-2000000": lambda: padded(STRINGS, "</sst>", _strings(20_000), 100),
    "runs-of-one-string-300000": _loose(
        STRINGS, lambda data: before("</sst>", f"<si>{'<r><t>a</t></r>' * 300_000}</si>")(data)
    ),
    "one-string-of-20-mb": _loose(STRINGS, lambda data: before("</sst>", f"<si><t>{'a' * 20_000_000}</t></si>")(data)),
    "cells-of-one-long-string-100000": _loose(
        SCRATCH,
        _more(_times(1_000, f"<row>{_LONG * 100}</row>", '<row r="9"/>{}')),
        {STRINGS: swap("工作底稿", "长" * 32_000)},
    ),
    "fonts-300000": _loose(STYLES, lambda data: before("</fonts>", "<font/>" * 300_000)(data)),
    "formats-100000": _loose(
        STYLES,
        lambda data: before(
            "</numFmts>", "".join(f'<numFmt numFmtId="{n}" formatCode="0"/>' for n in range(1_000, 101_000))
        )(data),
    ),
    "conditional-formats-20000": _below(
        _times(
            20_000, '<conditionalFormatting sqref="A1"><cfRule><formula>A1</formula></cfRule></conditionalFormatting>'
        )
    ),
    "one-conditional-format-of-100000-areas": _below(
        lambda: f'<conditionalFormatting sqref="{" ".join(f"A{n}:XFD{n}" for n in range(1, 100_001))}"/>'
    ),
    "validations-20000": _below(
        _times(20_000, '<dataValidation sqref="A1:XFD1048576"/>', "<dataValidations>{}</dataValidations>")
    ),
    "links-60000": _below(
        _times(60_000, '<hyperlink ref="A1:XFD1048576" location="a"/>', "<hyperlinks>{}</hyperlinks>")
    ),
    "columns-100000": _changing(SCRATCH, before("</cols>", '<col min="1" max="16384" hidden="1"/>' * 100_000)),
    "sheets-300-of-one-part": _sheets(300),
}
"""Beyond what anybody fills in: reading it quickly and refusing it are both right."""
_TEXT = '<c t="str"><v>a</v></c>'
AT_THE_LIMIT: dict[str, Build] = {
    "rows-not-written-hidden": _changing(BUDGET, swap("<sheetFormatPr ", '<sheetFormatPr zeroHeight="1" ')),
    "first-and-last-cell": _changing(
        SCRATCH,
        before("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    ),
    "a-space-in-the-last-row": _changing(
        SCRATCH, before("</sheetData>", '<row r="1048576"><c r="A1048576" t="inlineStr"><is><t> </t></is></c></row>')
    ),
    "cells-490000": _loose(SCRATCH, _more(_filled(490_000))),
    "cells-200000-of-text": _loose(SCRATCH, _more(_times(2_000, f"<row>{_TEXT * 100}</row>", '<row r="9"/>{}'))),
    "rows-99000": _loose(SCRATCH, _more(lambda: "<row/>" * 99_000)),
    "merge-over-the-sheet": _below(lambda: _merges("A1:XFD1048576")),
    "merges-4900": _below(lambda: _merges(*(f"A{number}:B{number}" for number in range(10, 4_910)))),
    "link-over-the-sheet": _below(lambda: '<hyperlinks><hyperlink ref="A1:XFD1048576" location="A1"/></hyperlinks>'),
    "validation-over-the-sheet": _below(
        lambda: '<dataValidations count="1"><dataValidation sqref="A1:XFD1048576"/></dataValidations>'
    ),
    "columns-hidden-on-the-scratch-sheet": _changing(SCRATCH, swap('max="21"', 'max="16384" hidden="1"')),
    "dimension-of-one-cell": _changing(
        BUDGET, lambda data: re.sub(b"<dimension[^>]*>", b'<dimension ref="A1"/>', data)
    ),
    "dimension-of-the-whole-sheet": _changing(
        BUDGET, lambda data: re.sub(b"<dimension[^>]*>", b'<dimension ref="A1:XFD1048576"/>', data)
    ),
    "dimension-of-nonsense": _changing(
        BUDGET, lambda data: re.sub(b"<dimension[^>]*>", b'<dimension ref="nonsense"/>', data)
    ),
    "spans-wrong": _changing(BUDGET, lambda data: data.replace(b'spans="1:10"', b'spans="3:3"')),
    "rows-without-numbers": _changing(SCRATCH, lambda data: re.sub(b' r="[A-Z]*[0-9]+"', b"", data)),
    "cells-without-names": _changing(BUDGET, lambda data: re.sub(b'<c r="[A-Z]+[0-9]+"', b"<c", _gapless(data))),
    "number-format-of-1000": _format("0" * 1_000),
    "styles-19000": _loose(STYLES, lambda data: before("</cellXfs>", _styles(19_000)())(data)),
}


def _gapless(data: bytes) -> bytes:
    """Rows whose cells stand from A on without a gap lose nothing when their names go; the others keep theirs."""

    def row(found: re.Match[bytes]) -> bytes:
        letters = re.findall(b'<c r="([A-Z])[0-9]+"', found[0])
        whole = letters == [bytes([65 + n]) for n in range(len(letters))]
        return found[0] if whole else found[0].replace(b"<c r=", b"<c  r=")

    return re.sub(b"<row .*?</row>", row, data)


def _merged(area: str) -> Callable[[], str]:
    return lambda: _merges(area)


def _shaped(attributes: str) -> Build:
    """The row of C9 with other attributes than ``ht="18.75" customHeight="1"``."""
    return _changing(BUDGET, swap('<row r="9" spans="1:10" ht="18.75" customHeight="1"', f'<row r="9" {attributes}'))


def _column(attributes: str) -> Build:
    return _changing(BUDGET, swap('<col min="3" max="3" width="14.7109375" customWidth="1"', f"<col {attributes}"))


# Odd things on the budget sheet, which are told.

TOLD: dict[str, tuple[Build, tuple[str, ...]]] = {
    "inputs-merged-over-the-sheet": (_below(lambda: _merges("A1:XFD1048576"), BUDGET), ("S111", "F107")),
    "inputs-merged-twice": (_below(lambda: _merges("C9:C10", "C10:C11"), BUDGET), ("S111", "F107")),
    "inputs-merged-a-thousand-times": (
        _below(lambda: _merges(*["C9:C10"] * 1_000), BUDGET),
        ("S111", "F107"),
    ),
    "columns-hidden-twice": (
        _changing(BUDGET, swap("<cols>", "<cols>" + '<col min="1" max="16384" hidden="1"/>' * 2)),
        ("S114", "F107"),
    ),
    **{
        f"inputs-merged-{name}": (_below(_merged(area), BUDGET), ("S111", "F107", "F102"))
        for name, area in {
            "absolutely": "$C$9:$C$10",
            "backwards": "C10:C9",
            "in-small-letters": "c9:c10",
            "with-spaces": " C9:C10 ",
            "with-zeros": "C09:C010",
        }.items()
    },
    "rows-of-no-height": (
        _changing(BUDGET, swap('<row r="9" spans="1:10" ht="18.75"', '<row r="9" ht="0"')),
        ("S114",),
    ),
}
HIDDEN: dict[str, Build] = {
    "row-hidden": _shaped('hidden="1"'),
    "row-hidden-in-words": _shaped('hidden="true"'),
    "row-hidden-with-spaces": _shaped('hidden=" 1 "'),
    "row-hidden-with-a-line": _shaped('hidden="&#10;true"'),
    "row-of-height-0": _shaped('ht="0" customHeight="1"'),
    "row-of-height-0.00": _shaped('ht="0.00" customHeight="1"'),
    "row-of-height-0e0": _shaped('ht="0e0" customHeight="1"'),
    "row-of-height-minus-0": _shaped('ht="-0" customHeight="1"'),
    "row-of-height-0-with-spaces": _shaped('ht=" 0 " customHeight="1"'),
    "column-hidden": _column('min="3" max="3" hidden="1"'),
    "column-hidden-with-spaces": _column('min=" 3 " max=" 3 " hidden=" true "'),
    "column-hidden-with-zeros": _column('min="03" max="0003" hidden="1"'),
    "row-of-height-0.1": _shaped('ht="0.1" customHeight="1"'),
    "column-of-width-0.01": _column('min="3" max="3" width="0.01" customWidth="1"'),
    "column-of-width-0.00": _column('min="3" max="3" width="0.00" customWidth="1"'),
}
"""An amount that an approver does not see counts, and is told."""
BAD_AREAS: dict[str, Build] = {
    f"merge-{name}": _below(lambda area=area: _merges(area))  # type: ignore[misc]
    for name, area in {
        "of-nothing": "",
        "of-a-word": "nonsense",
        "half": "A1:",
        "off-the-grid": "A1:XFE1",
        "below-the-grid": "A1:A1048577",
        "of-row-0": "A0:B1",
        "of-a-column": "A:A",
        "of-a-row": "1:1",
        "of-5000-digits": f"A1:A{'9' * 5_000}",
        "lower-case": "a1:b2",
        "backwards": "B2:A1",
    }.items()
}
BAD_COLUMNS: dict[str, Build] = {
    f"columns-{name}": _changing(BUDGET, swap("<cols>", f"<cols><col {text}/>"))
    for name, text in {
        "to-a-billion": 'min="1" max="1000000000" hidden="1"',
        "from-zero": 'min="0" max="3" hidden="1"',
        "negative": 'min="-5" max="3" hidden="1"',
        "backwards": 'min="9" max="3" hidden="1"',
        "of-words": 'min="a" max="b" hidden="1"',
        "without-numbers": 'hidden="1"',
        "of-5000-digits": f'min="1" max="{"9" * 5_000}" hidden="1"',
    }.items()
}


def all_cases() -> Iterator[Case]:
    sheet = SHEET_NAMES[BUDGET]
    yield from cases("off the grid", refused("F107"), OFF_THE_GRID)
    yield Case("off the grid", "cell-a01", _cell("A09"), refused("F107", "F102") + SAME)
    yield from cases("off the grid", refused("F107", "F102", "F105"), NO_ROWS)
    yield from cases("twice or out of order", refused("F107"), OUT_OF_ORDER)
    yield from cases("too many", refused("F105"), TOO_MANY)
    yield from cases("overloaded", refused("F105", "F107") + SAME, OVERLOADED)
    yield from cases("at the limit", SAME, AT_THE_LIMIT)
    for name, (build, codes) in TOLD.items():
        yield Case(
            "told on the sheet", name, build, reported(*codes, said="" if "F107" in codes else sheet, blocked=False)
        )
    yield from cases("hidden amounts", refused("F107", "F102") + reported("S114", blocked=False), HIDDEN)
    yield from cases("bad areas", refused("F107", "F102") + SAME, BAD_AREAS)
    yield from cases("bad areas", refused("F107", "F102") + reported("S114", blocked=False), BAD_COLUMNS)
