"""What can stand in a cell that is not what it says: numbers, types, styles, text indexes and formulas."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import replace

from tests.hostile.case import SAME, Build, Case, cases, refused, reported
from tests.hostile.package import (
    BUDGET,
    SCRATCH,
    STYLES,
    SUBTOTAL,
    Edit,
    before,
    both,
    changed,
    entries,
    pack,
    parts,
    swap,
)

_AMOUNT = '<c r="C9" s="19"><v>1000</v></c>'
_SUBTOTAL = f'<c r="{SUBTOTAL}" s="25"><f>SUM(C9:C11)</f><v>11000</v></c>'


def _changing(part: str, edit: Edit) -> Build:
    return lambda: changed(part, edit)


def amount(content: str, more: str = "") -> Build:
    """Another content of C9; ``more`` are attributes."""
    return _changing(BUDGET, swap(_AMOUNT, f'<c r="C9" s="19"{more}>{content}</c>'))


def value(text: str, kind: str = "") -> Build:
    return amount(f"<v>{text}</v>", f' t="{kind}"' if kind else "")


NO_NUMBERS: dict[str, Build] = {
    f"number-{name}": value(text)
    for name, text in {
        "nan": "nan",
        "inf": "inf",
        "minus-infinity": "-INF",
        "underscore": "1_000",
        "full-width": "１０００",
        "arabic": "١٠٠٠",
        "thai": "๑๐๐๐",
        "roman": "Ⅿ",
        "hexadecimal": "0x3E8",
        "octal": "0o1750",
        "comma": "1,000",
        "decimal-comma": "1000,00",
        "two-points": "1.000.00",
        "two-signs": "--1000",
        "minus-behind": "1000-",
        "minus-of-typography": "−1000",
        "percent": "100000%",
        "currency": "¥1000",
        "words": "一千",
        "exponent-alone": "e3",
        "exponent-open": "1e",
        "exponent-fraction": "1e2.5",
        "inner-space": "1 000",
        "no-break-space": "1000\u00a0",
        "zero-width-space": "1000\u200b",
        "two-lines": "1000\n9000",
        "formula": "=1000",
        "text": "约1000",
        "long-text": "9" * 40_000 + "x",
        "many-points": "." * 100_000,
    }.items()
}
"""Not of the type that the cell has: whatever is guessed, another program guesses otherwise."""
HUGE: dict[str, Build] = {
    f"number-{name}": value(text)
    for name, text in {
        "1e999": "1e999",
        "minus-1e999": "-1e999",
        "1e308": "1e308",
        "exponent-of-400-digits": f"1e{'9' * 400}",
        "of-400-digits": "9" * 400,
        "of-100000-digits": "9" * 100_000,
        "of-100000-decimals": f"1000.{'1' * 100_000}",
        "negative-of-400-digits": f"-{'9' * 400}",
    }.items()
}
TINY: dict[str, Build] = {
    f"number-{name}": value(text)
    for name, text in {
        "1e-999": "1e-999",
        "5e-324": "5e-324",
        "exponent-of-minus-400-digits": f"1e-{'9' * 400}",
        "minus-zero": "-0",
    }.items()
}
"""Nothing, or too little to be an amount: the line's 1,000 are gone, which must not look like a good file's total."""
LEGAL_NUMBERS: dict[str, Build] = {
    f"number-{name}": value(text)
    for name, text in {
        "with-spaces": "  1000  ",
        "with-lines": "\n1000\r\n",
        "exponent": "1E3",
        "exponent-signed": "1.0e+03",
        "plus": "+1000",
        "leading-zeros": "0001000",
        "point-behind": "1000.",
        "decimals": "1000.00",
        "dust": "1000.0000000000001",
        "decimals-of-300-zeros": f"1000.{'0' * 300}",
    }.items()
}
BAD_TYPES: dict[str, Build] = {
    "type-unknown": value("1000", "x"),
    "type-empty": amount("<v>1000</v>", ' t=""'),
    "type-upper-case": value("1000", "N"),
    "type-with-a-space": value("1000", "n "),
    "boolean-2": value("2", "b"),
    "boolean-text": value("yes", "b"),
    "boolean-minus": value("-1", "b"),
    "date-garbage": value("yesterday", "d"),
    "date-number": value("1000", "d"),
    "date-0000": value("0000-00-00", "d"),
    "date-year-99999": value("99999-01-01", "d"),
    "error-number": value("1000", "e"),
    "index-negative": value("-1", "s"),
    "index-beyond": value("999999", "s"),
    "index-a-word": value("ten", "s"),
    "index-a-fraction": value("1.0", "s"),
    "index-full-width": value("１", "s"),
    "index-with-underscore": value("1_0", "s"),
    "index-of-400-digits": value(f"1{'0' * 400}", "s"),
    "index-of-100000-digits": value("9" * 100_000, "s"),
    "style-beyond": _changing(BUDGET, swap('r="C9" s="19"', 'r="C9" s="999999"')),
    "style-negative": _changing(BUDGET, swap('r="C9" s="19"', 'r="C9" s="-1"')),
    "style-a-word": _changing(BUDGET, swap('r="C9" s="19"', 'r="C9" s="bold"')),
    "style-full-width": _changing(BUDGET, swap('r="C9" s="19"', 'r="C9" s="１"')),
    "style-of-5000-digits": _changing(BUDGET, swap('r="C9" s="19"', f'r="C9" s="{"9" * 5_000}"')),
}
TYPED: dict[str, tuple[Build, tuple[str, ...]]] = {
    "boolean": (value("1", "b"), ("E112",)),
    "date": (value("2026-01-01", "d"), ("E112",)),
    "error-null": (value("#NULL!", "e"), ("E106",)),
    "error-ref": (value("#REF!", "e"), ("E106",)),
    "error-unknown": (value("#WHAT!", "e"), ("E106", "F102")),
    "error-empty": (value("", "e"), ("S112", "F102")),
    "error-getting-data": (value("#GETTING_DATA", "e"), ("E106", "F102")),
    "text-1e5": (value("1e5", "str"), ("E102",)),
    "text-nan": (value("nan", "str"), ("E102",)),
    "text-underscore": (value("1_000", "str"), ("E102",)),
    "text-ten-thousand": (value("1万", "str"), ("E102",)),
    "text-of-a-megabyte": (value("9" * 1_000_000, "str"), ("E102", "E104", "E105", "F105", "F102")),
    "text-of-zero-width-spaces": (value("\u200b" * 30_000, "str"), ("E102", "E101", "S110", "E103", "F105")),
    "text-of-separators": (value("1" + ",000" * 8_000, "str"), ("E102", "E104")),
    "text-of-brackets": (value("(" * 30_000, "str"), ("E102",)),
    "text-formula": (value("=cmd|'/C calc'!A0", "str"), ("E102",)),
    "text-escape": (value("_x0031_000_x0000_", "str"), ("E102",)),
    "text-control": (value("_x001B_[2J1000", "str"), ("E102",)),
    "text-bidi": (value("\u202e0001", "str"), ("E102", "E101")),
    "inline-without-type": (amount("<is><t>9000</t></is>"), ("E101", "S112", "F102", "F107")),
    "inline-and-value": (
        amount("<is><t>9000</t></is><v>1000</v>", ' t="inlineStr"'),
        ("E101", "S112", "F102", "F107"),
    ),
    "inline-for-a-number": (amount("<is><t>9000</t></is>", ' t="n"'), ("E101", "S112", "F102", "F107")),
    "inline-rich": (
        amount("<is><r><t>1</t></r><r><t>000</t></r></is>", ' t="inlineStr"'),
        ("E101",),
    ),
}


# Dates: a number's format says that it is one, wherever and however that is written.


def _dated(style: str = "{}", format: str = 'numFmtId="14"', formats: str = "") -> Build:
    """The amount as a date, by a format of its own; ``style`` is how the cell writes the format's number."""

    def build() -> bytes:
        count = parts()[STYLES].count(b"<xf ", parts()[STYLES].index(b"<cellXfs"), parts()[STYLES].index(b"</cellXfs>"))
        cell = swap('r="C9" s="19"', f'r="C9" s="{style.format(count)}"')
        styles = both(before("</cellXfs>", f"<xf {format}/>"), before("</numFmts>", formats))
        return pack(entries({BUDGET: cell, STYLES: styles}))

    return build


def _custom(code: str, id: str = "200") -> Build:
    return _dated(format='numFmtId="200"', formats=f'<numFmt numFmtId="{id}" formatCode="{code}"/>')


DATES: dict[str, Build] = {
    "date-style": _dated(),
    "date-style-with-zero": _dated("0{}"),
    "date-style-with-zeros": _dated("000000{}"),
    "date-style-with-plus": _dated("+{}"),
    "date-style-with-spaces": _dated(" {} "),
    "date-style-with-line": _dated("&#10;{}"),
    "date-format-with-zero": _dated(format='numFmtId="014"'),
    "date-format-with-space": _dated(format='numFmtId=" 14"'),
    "date-format-of-east-asia": _dated(format='numFmtId="31"'),
    "date-format-custom": _custom("yyyy-mm-dd"),
    "date-format-custom-with-zero": _custom("yyyy-mm-dd", "0200"),
    "date-format-in-capitals": _custom("YYYY/MM/DD"),
    "date-format-with-locale": _custom("[$-804]yyyy&quot;年&quot;m&quot;月&quot;"),
    "date-format-of-an-era": _custom("[DBNum1][$-804]yyyy年m月d日;@"),
    "date-format-of-hours": _custom("[h]:mm:ss"),
    "date-format-with-colour": _custom("[Red]dd"),
    "date-format-behind-a-condition": _custom("[&gt;0]yyyy-mm-dd;0.00"),
    "date-format-by-reference": _custom("&#121;&#121;&#121;&#121;"),
}
NO_DATES: dict[str, Build] = {
    "number-format-with-a-word": _custom("0.00&quot; yuan, dd&quot;"),
    "number-format-with-colour": _custom("[Red]#,##0.00;[Green]-0.00"),
    "number-format-with-escapes": _custom("0.00\\d\\a\\y"),
    "number-format-with-currency": _custom("[$¥-804]#,##0.00"),
    "number-format-with-padding": _custom("_d0.00_y"),
    "number-format-of-brackets-1000": _custom("[" * 1_000),
    "number-format-never-closed": _custom("&quot;" + "d" * 900),
}


# Formulas.


def _scratch(cells: str) -> Build:
    return _changing(SCRATCH, before("</sheetData>", f'<row r="9">{cells}</row>'))


def _shared(size: int, count: int) -> Build:
    """A shared formula of ``size`` characters and the cells that follow it, on the scratch sheet."""

    def build() -> bytes:
        text = "+".join(["A1"] * (size // 3 + 1))
        master = f'<row r="9"><c r="A9"><f t="shared" si="0" ref="A9:A{9 + count}">{text}</f><v>0</v></c></row>'
        followers = "".join(
            f'<row r="{row}"><c r="A{row}"><f t="shared" si="0"/><v>0</v></c></row>' for row in range(10, 10 + count)
        )
        made = entries({SCRATCH: before("</sheetData>", master + followers)})
        return pack([replace(one, strategy=zlib.Z_HUFFMAN_ONLY) if one.name == SCRATCH else one for one in made])

    return build


def _shared_amounts() -> bytes:
    """The statuses of all lines as one shared formula, as Excel saves them."""

    def edit(data: bytes) -> bytes:
        formulas = re.findall(rb'<c r="H([0-9]+)" s="[0-9]+"><f>SUMPRODUCT\(ISTEXT\(C\1\)\*1\)</f>', data)
        first = formulas[0]
        area = b"H" + first + b":H" + formulas[-1]

        def shared(found: re.Match[bytes]) -> bytes:
            text = found[3] if found[2] == first else b""
            return found[1] + b'<f t="shared" si="0"' + (b' ref="' + area + b'">' if text else b">") + text + b"</f>"

        return re.sub(rb'(<c r="H([0-9]+)" s="[0-9]+">)<f>(SUMPRODUCT\(ISTEXT\(C\2\)\*1\))</f>', shared, data)

    return changed(BUDGET, edit)


def formula(text: str, attributes: str = "", value: str = "1000") -> Build:
    """A formula in C9 that shows what was there."""
    return amount(f"<f{attributes}>{text}</f><v>{value}</v>")


def locked(text: str, attributes: str = "") -> Build:
    """Another formula in a locked subtotal."""
    cell = f'<c r="{SUBTOTAL}" s="25"><f{attributes}>{text}</f><v>11000</v></c>'
    return _changing(BUDGET, swap(_SUBTOTAL, cell))


NO_FORMULAS: dict[str, Build] = {
    "shared-without-master": formula("", ' t="shared" si="77"'),
    "shared-without-number": formula("", ' t="shared"'),
    "shared-number-a-word": formula("", ' t="shared" si="x"'),
    "shared-number-of-5000-digits": formula("", f' t="shared" si="{"9" * 5_000}"'),
    "shared-master-below": _changing(
        BUDGET,
        both(
            swap(_AMOUNT, '<c r="C9" s="19"><f t="shared" si="0"/><v>1000</v></c>'),
            swap("<f>SUM(C9:C11)</f>", '<f t="shared" si="0" ref="C9:C12">SUM(C9:C11)</f>'),
        ),
    ),
}
"""A formula that nobody can know, in an input."""
FORMULAS: dict[str, Build] = {
    "shared-master-alone": formula("500+500", ' t="shared" si="0" ref="C9"'),
    "shared-over-the-sheet": formula("500+500", ' t="shared" si="0" ref="A1:XFD1048576"'),
    "shared-to-itself": formula("C9", ' t="shared" si="0" ref="C9:C10"'),
    "circular": formula("C9"),
    "nested-1000": formula("(" * 1_000 + "1000" + ")" * 1_000),
    "nested-20000": formula("(" * 20_000 + "1000" + ")" * 20_000),
    "nested-functions-5000": formula("ABS(" * 5_000 + "1000" + ")" * 5_000),
    "link-brackets-20000": formula("[" * 20_000 + "a]b!A1"),
    "unclosed": formula("(" * 5_000),
    "minus-60000": formula("-" * 60_000 + "1000"),
    "of-64-kb": formula("+".join(["0"] * 32_000) + "+1000"),
    "of-1-mb": formula("+".join(["A1"] * 330_000)),
    "text-never-closed": formula("&quot;" + "a" * 60_000),
    "sheet-never-closed": formula("'" + "a" * 60_000),
    "quotes-60000": formula("&quot;" * 60_000),
    "areas-10000": formula("SUM(" + ",".join(["A1:XFD1048576"] * 10_000) + ")"),
    "array": formula("SUM(C10:C11)", ' t="array" ref="C9"'),
    "array-over-the-column": formula("C10:C11", ' t="array" ref="C9:C1048576"'),
    "array-off-the-grid": formula("C10", ' t="array" ref="C9:XFE1048577"'),
    "data-table": formula("", ' t="dataTable" ref="C9:C11" dt2D="1" dtr="1" r1="A1" r2="B1"'),
    "data-table-of-nothing": formula("", ' t="dataTable"'),
    "type-of-formula-unknown": formula("500+500", ' t="x"'),
    "unknown-function": formula("_xlfn.ANCHORARRAY(C10)"),
    "web-service": formula("WEBSERVICE(&quot;http://127.0.0.1:9/&quot;)"),
    "call": formula("CALL(&quot;kernel32&quot;,&quot;WinExec&quot;,&quot;JCJ&quot;,&quot;calc&quot;,0)"),
    "hyperlink": formula("HYPERLINK(&quot;file:///C:/Windows/system32/calc.exe&quot;,1000)"),
    "dde": formula("cmd|'/C calc'!A0"),
    "dde-in-words": formula("DDE(&quot;cmd&quot;,&quot;/C calc&quot;,&quot;x&quot;)"),
    "dde-msexcel": formula("MSEXCEL|'\\..\\..\\..\\Windows\\System32\\cmd.exe /c calc.exe'!''"),
    "control-characters-in-a-formula": formula("_x001B_[2J&#9;500+500"),
    "equals-twice": formula("=500+500"),
}
"""Formulas in an input: told, never run, and never taken for the unit's own number in silence."""
LINKS: dict[str, Build] = {
    "link-by-number": formula("[1]Sheet1!A1"),
    "link-by-number-beyond": formula("[99]Sheet1!A1"),
    "link-by-number-of-5000-digits": formula(f"[{'9' * 5_000}]Sheet1!A1"),
    "link-by-name": formula("'C:\\[budget.xlsx]Sheet1'!A1"),
    "link-to-a-share": formula("'\\\\evil\\share\\[a.xlsx]Sheet1'!A1"),
}
LOCKED: dict[str, Build] = {
    "locked-nested-1000": locked("(" * 1_000 + "SUM(C9:C11)" + ")" * 1_000),
    "locked-nested-20000": locked("(" * 20_000 + "SUM(C9:C11)" + ")" * 20_000),
    "locked-minus-60000": locked("-" * 60_000 + "SUM(C9:C11)"),
    "locked-of-64-kb": locked("SUM(C9:C11)" + "+0" * 32_000),
    "locked-of-1-mb": locked("SUM(C9:C11)" + "+A1" * 300_000),
    "locked-unclosed": locked("SUM(" * 5_000),
    "locked-dde": locked("cmd|'/C calc'!A0"),
    "locked-link": locked("[1]Sheet1!A1"),
    "locked-whole-sheets": locked("SUM(" + ",".join(["A1:XFD1048576"] * 2_000) + ")"),
    "locked-text-never-closed": locked("&quot;" + "a" * 60_000),
    "locked-shared-without-master": locked("", ' t="shared" si="77"'),
    "locked-data-table": locked("", ' t="dataTable" ref="C12" r1="A1"'),
}
"""A formula of the form replaced: told with what was issued."""
ON_SCRATCH: dict[str, Build] = {
    "scratch-shared-of-8200-and-3000-followers": _shared(8_200, 3_000),
    "scratch-shared-of-1000-and-20000-followers": _shared(1_000, 20_000),
    "scratch-array-over-the-column": _scratch('<c r="A9"><f t="array" ref="A1:A1048576">B1:B9</f><v>1</v></c>'),
    "scratch-data-table": _scratch('<c r="A9"><f t="dataTable" ref="A9:XFD1048576" r1="A1"/><v>1</v></c>'),
    "scratch-dde": _scratch("<c r=\"A9\"><f>cmd|'/C calc'!A0</f><v>1</v></c>"),
    "scratch-nested": _scratch(f'<c r="A9"><f>{"(" * 30_000}1{")" * 30_000}</f><v>1</v></c>'),
}
"""On the sheet that is never read, formulas are the unit's own business; they must only cost no time."""


def all_cases() -> Iterator[Case]:
    yield from cases("no numbers", refused("F102", "F107", said=BUDGET), NO_NUMBERS)
    yield from cases("huge and tiny numbers", refused("F102") + reported("E104", "E105", "E102"), HUGE)
    yield from cases("huge and tiny numbers", refused("F102") + reported("S112", "E105", "E104"), TINY)
    yield from cases("legal numbers", SAME, LEGAL_NUMBERS)
    yield Case("legal numbers", "number-of-type-n", value("1000", "n"), SAME)
    yield Case("legal numbers", "formula-of-libreoffice", locked("SUM(C9:C11)", ' aca="false"'), SAME)
    yield Case("legal numbers", "number-zeros-of-10000-digits", value("0" * 10_000 + "1000"), refused("F102") + SAME)
    yield from cases("wrong types", refused("F102", said=BUDGET), BAD_TYPES)
    yield Case("wrong types", "type-of-a-megabyte", value("1000", "n" * 900_000), refused("F102", "F105"))
    for name, (build, codes) in TYPED.items():
        yield Case("wrong types", name, build, reported(*codes, blocked="E101" not in codes))
    yield from cases("dates", refused("F102", "F107") + reported("E112"), DATES)
    yield from cases("dates", SAME, NO_DATES)
    yield from cases("formulas", refused("F102", "F107"), NO_FORMULAS)
    yield from cases("formulas", reported("E107", "E108", "E109", "F102", "F105", "F107", blocked=False), FORMULAS)
    yield from cases("formulas", reported("E108"), LINKS)
    yield from cases("formulas", reported("S110", "F102", "F105", "F107"), LOCKED)
    over = locked("SUM(C9:C11)", ' t="array" ref="C9:C12"')
    yield Case("formulas", "locked-array-over-inputs", over, reported("E107", "F107", "S110", blocked=False))
    yield from cases("formulas", refused("F105") + SAME, ON_SCRATCH)
    yield Case("formulas", "shared-statuses", _shared_amounts, SAME)
