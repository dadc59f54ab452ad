"""Packages whose parts do not fit together, names that mislead, and stamps that are no stamps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from html import escape
from typing import Any

from tests.hostile.case import SAME, Build, Case, cases, refused, reported
from tests.hostile.package import (
    APP,
    BOOK,
    BOOK_RELS,
    BUDGET,
    CORE,
    CUSTOM,
    MAIN,
    OFFICE,
    RELS,
    SCRATCH,
    STRINGS,
    STYLES,
    TYPES,
    Edit,
    before,
    both,
    changed,
    entries,
    override,
    pack,
    parts,
    relation,
    swap,
    with_parts,
)

_TARGET = 'Target="worksheets/sheet2.xml"'
_WORKSHEET = f"{OFFICE}/worksheet"


def _changing(part: str, edit: Edit) -> Build:
    return lambda: changed(part, edit)


def _without(part: str) -> Build:
    return lambda: pack(entries(without=part))


def _aimed(target: str, more: str = "") -> Build:
    """The budget sheet's relationship, aimed elsewhere."""
    return _changing(BOOK_RELS, swap(_TARGET, f'Target="{target}"{more}'))


def _moved(edits: Mapping[str, Edit], names: Mapping[str, str]) -> Build:
    """Parts under other names, with what refers to them edited."""

    return lambda: pack([replace(one, name=names.get(str(one.name), one.name)) for one in entries(edits)])


BROKEN: dict[str, Build] = {
    "sheet-part-missing": _without(BUDGET),
    "scratch-part-missing": _without(SCRATCH),
    "strings-missing": _without(STRINGS),
    "book-missing": _without(BOOK),
    "book-relationships-missing": _without(BOOK_RELS),
    "package-relationships-missing": _without(RELS),
    "relationship-missing": _changing(BOOK_RELS, swap('Id="rId2"', 'Id="rId22"')),
    "relationship-id-empty": _changing(BOOK, swap('r:id="rId2"', 'r:id=""')),
    "relationship-id-gone": _changing(BOOK, swap(' r:id="rId2"', "")),
    "relationship-id-of-another-namespace": _changing(BOOK, swap(' r:id="rId2"', ' id="rId2"')),
    "target-missing": _aimed("worksheets/none.xml"),
    "target-empty": _aimed(""),
    "target-a-folder": _aimed("worksheets/"),
    "target-gone": _changing(BOOK_RELS, swap(_TARGET, "")),
    "target-outside": _aimed("../../etc/passwd"),
    "target-outside-absolute": _aimed("/etc/passwd"),
    "target-far-outside": _aimed("../" * 5_000 + "etc/passwd"),
    "target-a-drive": _aimed("C:\\Windows\\win.ini"),
    "target-a-share": _aimed("\\\\evil\\share\\sheet.xml"),
    "target-a-file": _aimed("file:///etc/passwd"),
    "target-a-page": _aimed("http://127.0.0.1:9/sheet.xml"),
    "target-external": _aimed("http://127.0.0.1:9/sheet.xml", ' TargetMode="External"'),
    "target-external-but-there": _aimed("worksheets/sheet2.xml", ' TargetMode="External"'),
    "target-with-nul": _aimed("worksheets/sheet2.xml&#x10000;"),
    "target-the-book-itself": _aimed("workbook.xml"),
    "target-its-relationships": _aimed("_rels/workbook.xml.rels"),
    "target-the-strings": _aimed("sharedStrings.xml"),
    "target-the-styles": _aimed("styles.xml"),
    "two-sheets-of-one-part": _aimed("worksheets/sheet5.xml"),
    "relationship-ids-twice": _changing(BOOK_RELS, relation("rId2", _WORKSHEET, "worksheets/sheet5.xml")),
    "two-books": _changing(RELS, relation("rId9", f"{OFFICE}/officeDocument", "xl/worksheets/sheet2.xml")),
    "two-strings": lambda: with_parts(
        {"xl/other.xml": parts()[STRINGS].replace(b"crmxl:plan", b"crmxl:nalp")},
        {
            BOOK_RELS: relation("rId99", f"{OFFICE}/sharedStrings", "other.xml"),
            TYPES: override(
                "xl/other.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
            ),
        },
    ),
    "book-that-is-a-sheet": _changing(RELS, swap("xl/workbook.xml", "xl/worksheets/sheet2.xml")),
    "book-outside": _changing(RELS, swap("xl/workbook.xml", "../../../etc/passwd")),
    "book-external": _changing(
        RELS, swap('Target="xl/workbook.xml"', 'Target="xl/workbook.xml" TargetMode="External"')
    ),
    "no-sheets": _changing(BOOK, lambda data: re.sub(b"<sheets>.*</sheets>", b"<sheets/>", data)),
    "sheets-twice": _changing(
        BOOK,
        lambda data: re.sub(
            b"(<sheets>.*</sheets>)", rb'\1<sheets><sheet name="x" sheetId="99" r:id="rId2"/></sheets>', data
        ),
    ),
    "sheet-without-name": _changing(BOOK, swap('name="费用预算" ', "")),
    "sheet-name-empty": _changing(BOOK, swap('name="费用预算"', 'name=""')),
    "sheet-names-twice": _changing(BOOK, swap('name="工作底稿"', 'name="费用预算"')),
    "sheet-names-by-case": _changing(BOOK, both(swap("工作底稿", "Plan"), swap("变更记录", "PLAN"))),
    "sheet-state-unknown": _changing(BOOK, swap('name="费用预算"', 'name="费用预算" state="ghost"')),
    "styles-of-nothing": _changing(STYLES, lambda data: f'<styleSheet xmlns="{MAIN}"/>'.encode()),
}
SHEET_NAMES: dict[str, Build] = {
    "sheet-name-of-200": _changing(BOOK, swap("工作底稿", "长" * 200)),
    "sheet-name-of-100000": _changing(BOOK, swap("工作底稿", "x" * 100_000)),
    "sheet-name-bidi": _changing(BOOK, swap("工作底稿", "\u202e稿底")),
    "sheet-name-lines": _changing(BOOK, swap("工作底稿", "稿&#10;FAKE: 通过")),
    "sheet-name-escape": _changing(BOOK, swap("工作底稿", "稿_x001B_[2J")),
    "sheet-name-formula": _changing(BOOK, swap("工作底稿", "=cmd|'/C calc'!A0")),
    "sheet-name-with-separators": _changing(BOOK, swap("工作底稿", "../a\\b:c*?[d]")),
    "sheet-name-markup": _changing(BOOK, swap("工作底稿", "[bold red]x[/]{0}{found}%s")),
}
"""Names that mislead a reader: refused or read, and never shown as they are."""
LEGAL: dict[str, Build] = {
    "target-absolute": lambda: pack(
        entries(
            {
                BOOK_RELS: lambda data: data.replace(b'Target="', b'Target="/xl/'),
                RELS: swap('"xl/workbook', '"/xl/workbook'),
            }
        )
    ),
    "sheet-name-zero-width": lambda: pack(
        entries({name: _renamed for name in parts() if name == BOOK or "/worksheets/sheet" in name})
    ),
    "target-dotted": _aimed("./worksheets/../worksheets/sheet2.xml"),
    "book-elsewhere": _moved(
        {RELS: swap("xl/workbook.xml", "xl/book2.xml"), TYPES: swap("/xl/workbook.xml", "/xl/book2.xml")},
        {BOOK: "xl/book2.xml", BOOK_RELS: "xl/_rels/book2.xml.rels"},
    ),
    "sheet-elsewhere": _moved(
        {
            BOOK_RELS: swap("worksheets/sheet2.xml", "worksheets/sheet-of-china.xml"),
            TYPES: swap("/sheet2.xml", "/sheet-of-china.xml"),
        },
        {BUDGET: "xl/worksheets/sheet-of-china.xml"},
    ),
    "years-from-1904": _changing(BOOK, swap("<workbookPr ", '<workbookPr date1904="1" ')),
    "years-from-1904-in-words": _changing(BOOK, swap("<workbookPr ", '<workbookPr date1904="true" ')),
    "no-theme-no-properties": lambda: pack([one for one in entries({RELS: _unrelated}) if one.name not in (CORE, APP)]),
    "calculation-chain-missing": _changing(BOOK_RELS, relation("rId50", f"{OFFICE}/calcChain", "calcChain.xml")),
    "names-defined-10000": _changing(
        BOOK, before("</definedNames>", "".join(f'<definedName name="n{n}">1</definedName>' for n in range(10_000)))
    ),
    "names-defined-in-circles": _changing(
        BOOK, before("</definedNames>", '<definedName name="a">b</definedName><definedName name="b">a</definedName>')
    ),
    "content-types-10000": _changing(
        TYPES,
        before(
            "</Types>",
            "".join(f'<Override PartName="/x/{n}.xml" ContentType="application/xml"/>' for n in range(10_000)),
        ),
    ),
    "relationships-10000": _changing(
        BOOK_RELS,
        before(
            "</Relationships>", "".join(f'<Relationship Id="x{n}" Type="urn:x" Target="x{n}"/>' for n in range(10_000))
        ),
    ),
    "properties-9000": _changing(
        CUSTOM,
        before(
            "</Properties>",
            "".join(
                f'<property fmtid="{{X}}" pid="{n}" name="x{n}"><vt:lpwstr>x</vt:lpwstr></property>'
                for n in range(10, 9_010)
            ),
        ),
    ),
    "title-of-1-mb": _changing(CORE, swap("化妆品营销策划方案费用预算", "长" * 333_000)),
}
PROPERTY = _changing(
    CUSTOM,
    before(
        "</Properties>", f'<property fmtid="{{X}}" pid="9" name="x"><vt:lpwstr>{"x" * 999_000}</vt:lpwstr></property>'
    ),
)


def _renamed(data: bytes) -> bytes:
    return data.replace("费用预算".encode(), "费用\u200b预算".encode())


def _unrelated(data: bytes) -> bytes:
    return re.sub(rb'<Relationship Id="rId[23]".*?/>', b"", data)


# Stamps.


def _genuine() -> dict[str, Any]:
    text = parts()[STRINGS].decode()
    body: dict[str, Any] = json.loads(text[text.index('{"contact"') : text.index("}</t>") + 1])
    return body


def stamped(text: str, *, sheet: bool = True, properties: bool = True) -> Build:
    """The good workbook under another stamp, in both its copies or in one."""
    shown = escape(text, quote=False)

    def on_sheet(data: bytes) -> bytes:
        start, end = data.index(b'{"contact"'), data.index(b"}</t>") + 1
        return data[:start] + shown.encode() + data[end:]

    def in_properties(data: bytes) -> bytes:
        opened = data[: data.index(b"<property ")]
        one = f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="crmxl.0"><vt:lpwstr>{shown}'
        return opened + one.encode() + b"</vt:lpwstr></property></Properties>"

    edits: dict[str, Edit] = {}
    if sheet:
        edits[STRINGS] = on_sheet
    if properties:
        edits[CUSTOM] = in_properties
    return lambda: pack(entries(edits))


def _says(**fields: Any) -> Callable[[], str]:
    return lambda: json.dumps({**_genuine(), **fields}, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def _raw(old: str, new: str) -> Callable[[], str]:
    """The genuine text with one passage written otherwise, as no JSON library writes it."""

    def text() -> str:
        genuine = json.dumps(_genuine(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert old in genuine
        return genuine.replace(old, new, 1)

    return text


_TEXTS: dict[str, Callable[[], str]] = {
    "no-json": lambda: "hello",
    "empty-object": lambda: "{}",
    "an-array": lambda: "[]",
    "a-number": lambda: "1",
    "null": lambda: "null",
    "deep-arrays": lambda: "[" * 100_000,
    "deep-objects": lambda: '{"a":' * 20_000 + "1" + "}" * 20_000,
    "deep-unit": _raw('"R01"', "[" * 50_000 + "]" * 50_000),
    "nan-year": _raw("2026}", "NaN}"),
    "infinite-year": _raw("2026}", "1e999}"),
    "year-of-4000-digits": _raw("2026}", "9" * 4_000 + "}"),
    "year-of-100000-digits": _raw("2026}", "9" * 100_000 + "}"),
    "fraction-of-100000-digits": _raw("2026}", f"2026.{'0' * 100_000}" + "}"),
    "year-negative": _says(year=-1),
    "year-beyond-9999": _says(year=10_000),
    "month-13": _says(first_month=13),
    "part-unknown": _says(parts=["99"]),
    "parts-10000": _says(parts=[str(n) for n in range(4_000)]),
    "unit-half-pair": _says(unit="\ud800"),
    "unit-control": _says(unit_name="华东\x1b[2J大区"),
    "unit-nul": _says(unit_name="华东\0大区"),
    "unit-bidi": _says(unit_name="华东\u202e区大"),
    "unit-zero-width": _says(unit_name="华东\u200b大区"),
    "unit-lines": _says(unit_name="华东\n通过"),
    "unit-of-30000": _says(unit_name="x" * 30_000),
    "year-truth": _says(year=True),
    "version-huge": _says(version=10**3_000),
    "template-path": _says(template="../../etc/passwd"),
    "template-absolute": _says(template="/etc/passwd"),
    "template-nul": _says(template="cosmetics-plan\0"),
    "template-of-30000": _says(template="x" * 30_000),
    "policy-path": _says(policies=["../../../etc/passwd"]),
    "policies-10000": _says(policies=[f"p{n}" for n in range(3_000)]),
    "limits-of-words": _says(limits={"P301": {"rate": "((((((" * 1_000}}),
}
"""By name; None of them is what crmxl writes."""
_FIELDS = ("template", "version", "unit", "year", "parts", "first_month", "policies", "limits", "signature")
_LOOSE_FIELDS = ("parameters", "lang", "annotated")
"""Read for what they can only mean."""
_WRONG: dict[str, Any] = {"null": None, "number": 1.5, "list": [[]], "object": {"a": {"b": {}}}, "truth": True}


def _of_another_type(fields: tuple[str, ...]) -> dict[str, Callable[[], str]]:
    return {f"{field}-a-{name}": _says(**{field: wrong}) for field in fields for name, wrong in _WRONG.items()}


_ODD_UNITS: dict[str, Callable[[], str]] = {
    "unit-of-paths": _says(unit="../../etc/passwd"),
    "unit-formula": _says(unit_name="=cmd|'/C calc'!A0"),
    "unit-markup": _says(unit_name="[bold]{0}{found}%s<b>"),
}
"""Names that a unit may have, for all that crmxl knows; they must not be taken for anything else."""
_LONE: dict[str, Callable[[], str]] = {
    "key-twice": _raw('"unit":"R01"', '"unit":"R02","unit":"R01"'),
    "spaces": _raw(":", " : "),
    "key-more": _says(more="x"),
    "escapes": _raw("R01", "\\u0052\\u0030\\u0031"),
}
"""They say what the genuine one says, in other words."""


def _stamps() -> Iterator[Case]:
    answer = reported("I101", "I102", "I104", "I105", "I110", "E116", blocked=False)
    strict = {**_TEXTS, **_of_another_type(_FIELDS)}
    loose = {**_ODD_UNITS, **_of_another_type(_LOOSE_FIELDS)}
    for name, text in (strict | loose).items():

        def build(text: Callable[[], str] = text) -> bytes:
            return stamped(text())()

        yield Case("stamps", f"stamp-{name}", build, answer if name in strict else answer + reported("I107") + SAME)
    for name in ("no-json", "deep-objects", "unit-half-pair", "year-of-4000-digits", "unit-control"):

        def one(text: Callable[[], str] = _TEXTS[name]) -> bytes:
            return stamped(text(), properties=False)()

        def other(text: Callable[[], str] = _TEXTS[name]) -> bytes:
            return stamped(text(), sheet=False)()

        yield Case("stamps", f"stamp-{name}-on-the-sheet", one, reported("I105"))
        yield Case("stamps", f"stamp-{name}-in-the-properties", other, reported("I105"))
    for name, text in _LONE.items():

        def twice(text: Callable[[], str] = text) -> bytes:
            return stamped(text())()

        def once(text: Callable[[], str] = text) -> bytes:
            return stamped(text(), properties=False)()

        yield Case("stamps", f"stamp-{name}", twice, reported("I105") + SAME)
        yield Case("stamps", f"stamp-{name}-on-the-sheet", once, reported("I105"))


def _doubled(*units: str) -> Edit:
    """The document properties with the stamp's text in several of one name."""

    def edit(data: bytes) -> bytes:
        opened = data[: data.index(b"<property ")].decode()
        texts = (escape(_says(unit=unit)(), quote=False) for unit in units)
        named = '<property fmtid="{X}" pid="2" name="crmxl.0">'
        stamps = (f"{named}<vt:lpwstr>{text}</vt:lpwstr></property>" for text in texts)
        return f"{opened}{''.join(stamps)}</Properties>".encode()

    return edit


def all_cases() -> Iterator[Case]:
    yield from cases("packages", refused("F102", "F107", "F109", "F104", "F101"), BROKEN)
    yield from cases(
        "names of sheets", refused("F107", "F105", "F102") + SAME + reported("S116", blocked=False), SHEET_NAMES
    )
    yield from cases("legal packages", SAME, LEGAL)
    yield Case("legal packages", "property-of-1-mb", PROPERTY, refused("F105") + SAME)
    for name, units in {"first": ("R01", "R02"), "last": ("R02", "R01")}.items():
        build = _changing(CUSTOM, _doubled(*units))
        yield Case("stamps", f"stamp-twice-genuine-{name}", build, refused("F107", "F102") + reported("I105"))
    yield from _stamps()
