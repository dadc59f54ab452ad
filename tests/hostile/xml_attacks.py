"""XML that explodes, fetches, hides or means two things, in every kind of part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tests.hostile.case import SAME, Build, Case, cases, refused, reported
from tests.hostile.package import (
    APP,
    BOOK,
    BOOK_RELS,
    BUDGET,
    CORE,
    CUSTOM,
    MAIN,
    RELS,
    SCRATCH,
    STRINGS,
    STYLES,
    THEME,
    TYPES,
    Edit,
    before,
    both,
    changed,
    entries,
    pack,
    parts,
    swap,
)

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_VALUE = "<v>1000</v>"
"""The amount in C9."""
_PARTS = {
    "types": TYPES,
    "rels": RELS,
    "book": BOOK,
    "book-rels": BOOK_RELS,
    "sheet": BUDGET,
    "scratch-sheet": SCRATCH,
    "strings": STRINGS,
    "styles": STYLES,
    "custom": CUSTOM,
    "core": CORE,
    "app": APP,
    "theme": THEME,
}


_NOT_PARSED = (TYPES, CORE, APP, THEME)
"""What stands in them costs nothing; whether it is looked at is the reader's business."""


def _declared(subset: str) -> Edit:
    return swap(_DECLARATION, f"{_DECLARATION}{subset}")


def _laughs() -> str:
    lines = ['<!ENTITY l0 "lol">']
    lines += [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    return f"<!DOCTYPE x [{''.join(lines)}]>"


DOCTYPES = {
    "doctype": "<!DOCTYPE x>",
    "laughs": _laughs(),
    "blow-up": f'<!DOCTYPE x [<!ENTITY a "{"a" * 50_000}"><!ENTITY b "{"&a;" * 1_000}">]>',
    "external-entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>',
    "external-subset": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/evil.dtd">',
    "parameter-entity": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p">%p;]>',
}
SLY_DOCTYPES: dict[str, Callable[[str], bytes]] = {
    "utf-16": lambda text: f"<!DOCTYPE x []>{text}".encode("utf-16"),
    "utf-16-be": lambda text: f"\ufeff<!DOCTYPE x []>{text}".encode("utf-16-be"),
    "utf-32": lambda text: f"<!DOCTYPE x []>{text}".encode("utf-32"),
    "after-spaces": lambda text: f"{' ' * 100_000}<!DOCTYPE x []>{text}".encode(),
    "after-a-comment": lambda text: f"<!--{'x' * 70_000}--><!DOCTYPE x []>{text}".encode(),
    "at-a-chunk-border": lambda text: f"<!--{'x' * (65_536 - 12)}--><!DOCTYPE x []>{text}".encode(),
}


def _remade(make: Callable[[str], bytes]) -> Edit:
    return lambda data: make(data.decode().removeprefix(_DECLARATION))


def _used(part: str) -> Edit:
    """The amount is an entity's text, where the part is the sheet."""
    return swap(_VALUE, "<v>&e;</v>") if part == BUDGET else lambda data: data


def doctypes() -> Iterator[Case]:
    for short, part in _PARTS.items():
        for name, subset in DOCTYPES.items():
            edit = _declared(subset) if name != "external-entity" else both(_declared(subset), _used(part))
            yield Case("document types", f"{name}-in-{short}", _changing(part, edit), refused("F107", said=part))
    for name, make in SLY_DOCTYPES.items():
        for part in (BUDGET, CUSTOM):
            build = _changing(part, _remade(make))
            yield Case("document types", f"{name}-in-{part.rpartition('/')[2]}", build, refused("F107", said=part))
    hidden = _changing(BUDGET, _declared('<!DOCTYPE x [<!ATTLIST c t CDATA "str">]>'))
    yield Case("document types", "default-attribute", hidden, refused("F107", said=BUDGET))


def _changing(part: str, edit: Edit) -> Build:
    return lambda: changed(part, edit)


# Encodings.


def _encoded(encoding: str, declared: str = "", part: str = BUDGET) -> Build:
    """``part`` in another encoding, and what its declaration says of it."""

    def edit(data: bytes) -> bytes:
        text = data.decode().replace("UTF-8", declared or encoding, 1)
        return text.encode(encoding, "xmlcharrefreplace")

    return _changing(part, edit)


ENCODINGS: dict[str, Build] = {
    **{f"utf-16-{short}": _encoded("utf-16", part=part) for short, part in _PARTS.items() if short != "app"},
    "utf-16-le-without-mark": _encoded("utf-16-le", "UTF-16"),
    "utf-16-be-without-mark": _encoded("utf-16-be", "UTF-16"),
    "utf-16-said-to-be-utf-8": _encoded("utf-16", "UTF-8"),
    "utf-32": _encoded("utf-32"),
    "utf-7": _encoded("utf-7"),
    "gbk": _encoded("gbk", "GBK"),
    "gb18030-strings": _encoded("gb18030", "GB18030", STRINGS),
    "latin-1": _encoded("latin-1", "ISO-8859-1"),
    "windows-1252": _encoded("cp1252", "windows-1252"),
    "ebcdic": _encoded("cp037", "cp037"),
    "utf-8-said-to-be-gbk": _encoded("utf-8", "GBK", STRINGS),
    "utf-8-said-to-be-latin-1": _encoded("utf-8", "ISO-8859-1", STRINGS),
    "utf-8-said-to-be-utf-16": _encoded("utf-8", "UTF-16"),
    "utf-8-said-to-be-nonsense": _encoded("utf-8", "x-nonsense"),
    "utf-8-said-to-be-ascii": _encoded("utf-8", "US-ASCII", STRINGS),
    "gbk-said-to-be-utf-8": _changing(STRINGS, lambda data: data.decode().encode("gbk", "xmlcharrefreplace")),
    "overlong-bytes": _changing(STRINGS, swap("crmxl:plan", b"crmxl\xc0\xbaplan")),
    "half-pairs": _changing(STRINGS, swap("crmxl:plan", b"crmxl:plan\xed\xa0\x80")),
    "cut-inside-a-character": _changing(BOOK, lambda data: data[: data.index("费用".encode()) + 1]),
    "nul-bytes": _changing(BUDGET, swap(_VALUE, b"<v>1\x00000</v>")),
    "control-characters": _changing(BUDGET, swap(_VALUE, b"<v>1\x08000</v>")),
}
_LEGAL_ENCODINGS: dict[str, Build] = {
    **{f"mark-in-{short}": _changing(part, lambda data: b"\xef\xbb\xbf" + data) for short, part in _PARTS.items()},
    "lower-case": _changing(BUDGET, swap('encoding="UTF-8"', 'encoding="utf-8"')),
    "single-quotes": _changing(BUDGET, swap(_DECLARATION, "<?xml version='1.0' encoding='UTF-8'?>")),
    "no-declaration": _changing(BUDGET, swap(_DECLARATION, "")),
    "no-encoding": _changing(BUDGET, swap(_DECLARATION, '<?xml version="1.0"?>')),
    "not-standalone": _changing(BUDGET, swap('standalone="yes"', 'standalone="no"')),
}


# What is no XML, and what XML can hide.

BROKEN: dict[str, Build] = {
    **{
        f"empty-{short}": _changing(part, lambda data: b"")
        for short, part in _PARTS.items()
        if short in ("book", "sheet", "strings", "styles", "custom")
    },
    "no-xml-but-text": _changing(BUDGET, lambda data: b"hello"),
    "cut-in-a-tag": _changing(BUDGET, lambda data: data[:-5]),
    "cut-in-the-rows": _changing(BUDGET, lambda data: data[: data.index(b'<row r="40"')]),
    "two-roots": _changing(BUDGET, lambda data: data + b"<worksheet/>"),
    "text-after-the-root": _changing(BUDGET, lambda data: data + b"more"),
    "tags-crossed": _changing(BUDGET, swap(_VALUE + "</c>", "<v>1000</c></v>")),
    "attribute-twice": _changing(BUDGET, swap('r="C9"', 'r="C9" r="C10"')),
    "attribute-unquoted": _changing(BUDGET, swap('r="C9"', "r=C9")),
    "entity-unknown": _changing(BUDGET, swap(_VALUE, "<v>&thousand;</v>")),
    "entity-of-html": _changing(BUDGET, swap(_VALUE, "<v>1&nbsp;000</v>")),
    "character-zero": _changing(BUDGET, swap(_VALUE, "<v>1&#0;000</v>")),
    "character-of-no-use": _changing(BUDGET, swap(_VALUE, "<v>1&#xFFFF;000</v>")),
    "character-half-pair": _changing(STRINGS, swap("crmxl:plan", "crmxl:plan&#xD800;")),
    "character-huge": _changing(BUDGET, swap(_VALUE, f"<v>&#{'9' * 1_000};</v>")),
    "prefix-undeclared": _changing(BUDGET, swap("<sheetData>", "<x:sheetData>")),
    "attribute-prefix-undeclared": _changing(BUDGET, swap('r="C9"', 'r="C9" x:y="1"')),
    "space-before-declaration": _changing(BUDGET, lambda data: b" " + data),
    "declaration-twice": _changing(BUDGET, lambda data: _DECLARATION.encode() + data),
}
HIDDEN: dict[str, Build] = {
    "comment-in-a-value": _changing(BUDGET, swap(_VALUE, "<v>1<!-- -->000</v>")),
    "comment-for-a-value": _changing(BUDGET, swap(_VALUE, "<v><!--1000--></v>")),
    "comment-in-a-cell": _changing(BUDGET, swap(_VALUE, f"<!-- -->{_VALUE}")),
    "comment-in-rows": _changing(BUDGET, swap("<sheetData>", "<sheetData><!-- -->")),
    "comment-in-a-formula": _changing(BUDGET, swap("SUM(C9:C11)", "SUM(C9<!-- -->:C11)")),
    "instruction-in-a-value": _changing(BUDGET, swap(_VALUE, "<v>1<?x?>000</v>")),
    "instruction-in-rows": _changing(BUDGET, swap("<sheetData>", "<sheetData><?x y?>")),
    "cdata-in-a-value": _changing(BUDGET, swap(_VALUE, "<v>1<![CDATA[000]]></v>")),
    "cdata-for-a-value": _changing(BUDGET, swap(_VALUE, "<v><![CDATA[1000]]></v>")),
    "cdata-in-a-formula": _changing(BUDGET, swap("SUM(C9:C11)", "<![CDATA[SUM(C9:C11)]]>")),
    "row-in-a-comment": _changing(
        BUDGET, swap('<row r="9"', '<!--<row r="9"><c r="C9"><v>1</v></c></row>--><row r="9"')
    ),
}
_HARMLESS: dict[str, Build] = {
    "xml-1.1": _changing(BUDGET, swap('version="1.0"', 'version="1.1"')),
    "byte-order-mark-inside": _changing(BUDGET, swap("<sheetData>", b"<sheetData>\xef\xbb\xbf")),
    "text-in-rows": _changing(BUDGET, swap("<sheetData>", "<sheetData>1000")),
    "text-in-a-cell": _changing(BUDGET, swap(_VALUE, f"9{_VALUE}")),
    "comment-in-the-book": _changing(BOOK, swap("<sheets>", "<!-- --><sheets>")),
    "comment-above-the-sheet": _changing(BUDGET, _declared("<!-- made by a program -->")),
    "instruction-above-the-sheet": _changing(BUDGET, _declared('<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?>')),
    "cdata-in-strings": _changing(STRINGS, swap("crmxl:plan", "<![CDATA[crmxl:plan]]>")),
    "comment-in-strings": _changing(STRINGS, swap("crmxl:plan", "crmxl<!-- -->:plan")),
    "comment-in-a-theme": _changing(THEME, before("</a:theme>", "<!-- -->")),
}
"""No amount can hang on it; refusing it and reading it are both right."""


# Size: depth, attributes, names, texts.


def _deep(depth: int, name: str = "x") -> str:
    return f"<{name}>" * depth + f"</{name}>" * depth


def _after(part: str, text: Callable[[], str]) -> Build:
    """``text`` as the last thing in the root."""

    def edit(data: bytes) -> bytes:
        at = data.rindex(b"</")
        return data[:at] + text().encode() + data[at:]

    return _changing(part, edit)


def _attributes(count: int) -> str:
    names = (f'a{number}=""' for number in range(count))
    return f"<x {' '.join(names)}/>"


def _namespaces(count: int) -> str:
    names = (f'xmlns:n{number}="u{number}"' for number in range(count))
    return f"<x {' '.join(names)}/>"


LARGE: dict[str, Build] = {
    "depth-65": _after(SCRATCH, lambda: _deep(65)),
}
DEEP_ROWS: dict[str, Build] = {
    "depth-in-a-cell": _changing(BUDGET, swap(_VALUE, _deep(1_000, "v"))),
    "depth-unclosed": _changing(BUDGET, swap("<sheetData>", "<sheetData>" * 5_000)),
}
VERY_LONG: dict[str, Build] = {
    "attributes-257": _after(SCRATCH, lambda: _attributes(257)),
    "namespaces-10000": _after(SCRATCH, lambda: _namespaces(10_000)),
    "element-name-of-1-mb": _after(SCRATCH, lambda: f"<{'x' * 999_000}/>"),
    "attribute-name-of-1-mb": _after(SCRATCH, lambda: f'<x {"a" * 999_000}="1"/>'),
    "attribute-of-1-mb": _after(SCRATCH, lambda: f'<x a="{"a" * 999_000}"/>'),
    "namespace-of-1-mb": _after(SCRATCH, lambda: f'<x xmlns="{"a" * 999_000}"/>'),
    "text-of-1-mb": _after(SCRATCH, lambda: f"<x>{'a' * 999_000}</x>"),
    "elements-200000": _after(SCRATCH, lambda: "<x/>" * 200_000),
}


# Namespaces.


def _rename(old: str, new: str) -> Edit:
    return lambda data: data.replace(old.encode(), new.encode())


def _prefixed(data: bytes) -> bytes:
    """Every element of the main namespace by a prefix, as some programs write."""
    text = data.decode().replace(f'xmlns="{MAIN}"', f'xmlns:x="{MAIN}"')
    return re.sub(r"<(/?)([A-Za-z])(?![A-Za-z]*:)", r"<\1x:\2", text).encode()


_DECOY = '<row r="9"><c r="C9"><v>9</v></c></row>'
FOREIGN: dict[str, Build] = {
    "namespace-missing": _changing(BUDGET, swap(f' xmlns="{MAIN}"', "")),
    "namespace-other": _changing(BUDGET, swap(MAIN, "urn:other")),
    "namespace-of-2009": _changing(BUDGET, swap(MAIN, MAIN.replace("2006", "2009"))),
    "namespace-with-a-space": _changing(BUDGET, swap(MAIN, MAIN + " ")),
    "namespace-other-case": _changing(BUDGET, swap(MAIN, MAIN.upper())),
    "namespace-strict-in-one-sheet": _changing(BUDGET, swap(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")),
    "namespace-other-for-a-row": _changing(BUDGET, swap('<row r="9"', '<row xmlns="urn:other" r="9"')),
    "namespace-other-for-a-cell": _changing(BUDGET, swap('<c r="C9"', '<c xmlns="urn:other" r="C9"')),
    "namespace-other-for-a-value": _changing(BUDGET, swap(_VALUE, '<v xmlns="urn:other">1000</v>')),
    "root-other": _changing(BUDGET, lambda data: data.replace(b"worksheet", b"chartsheet")),
    "rows-twice": _changing(BUDGET, swap("</sheetData>", f"</sheetData><sheetData>{_DECOY}</sheetData>")),
    "rows-in-rows": _changing(BUDGET, swap('<row r="9"', f'<row r="8">{_DECOY}</row><row r="9"')),
    "rows-outside": _changing(BUDGET, swap("<sheetData>", f"{_DECOY}<sheetData>")),
    "cell-in-a-cell": _changing(BUDGET, swap(_VALUE, f'{_VALUE}<c r="C10"><v>1</v></c>')),
    "value-in-a-value": _changing(BUDGET, swap(_VALUE, "<v><v>1000</v></v>")),
    "value-in-a-formula": _changing(BUDGET, swap(_VALUE, "<f><v>9</v></f><v>1000</v>")),
    "value-in-an-unknown-element": _changing(BUDGET, swap(_VALUE, "<z><v>9</v></z>")),
    "element-in-a-value": _changing(BUDGET, swap(_VALUE, "<v>1<z>0</z>000</v>")),
    "alternate-content-cell": _changing(
        BUDGET,
        swap(
            _VALUE,
            '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
            '<mc:Choice Requires="x14" xmlns:x14="urn:x"><v>9</v></mc:Choice>'
            f"<mc:Fallback>{_VALUE}</mc:Fallback></mc:AlternateContent>",
        ),
    ),
    "alternate-content-row": _changing(
        BUDGET,
        both(
            swap(
                '<row r="9"',
                '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
                f'<mc:Choice Requires="x">{_DECOY}</mc:Choice><mc:Fallback><row r="9"',
            ),
            swap('<row r="10"', '</mc:Fallback></mc:AlternateContent><row r="10"'),
        ),
    ),
}
"""Programs differ in what they take for an amount here; none of it may pass as another amount, or as nothing."""
_COMPATIBLE = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
_EXCEL = (
    f'{_COMPATIBLE}mc:Ignorable="x14ac xr" xmlns:xr="urn:xr" '
    'xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac" '
)
LEGAL_XML: dict[str, Build] = {
    "sheet-as-excel-writes-it": _changing(
        BUDGET,
        both(
            swap("<worksheet ", f'<worksheet {_EXCEL}xr:uid="{{00000000-0001-0000-0000-000000000000}}" '),
            swap('<row r="9" ', '<row r="9" x14ac:dyDescent="0.25" '),
        ),
    ),
    "book-as-excel-writes-it": _changing(
        BOOK,
        both(
            swap("<workbook ", f"<workbook {_EXCEL}"),
            swap(
                "<workbookProtection",
                '<mc:AlternateContent><mc:Choice Requires="x15" xmlns:x15="urn:x15"><x15:absPath url="C:\\"/>'
                '</mc:Choice></mc:AlternateContent><xr:revisionPtr documentId="8"/><workbookProtection',
            ),
        ),
    ),
    "controls-as-excel-writes-them": _after(
        BUDGET,
        lambda: (
            f'<mc:AlternateContent {_COMPATIBLE}><mc:Choice Requires="x14" xmlns:x14="urn:x14"><controls/></mc:Choice>'
            "</mc:AlternateContent>"
        ),
    ),
    "phonetic-guides": _changing(
        STRINGS, swap("<t>crmxl:plan</t>", '<t>crmxl:plan</t><rPh sb="0" eb="1"><t>x</t></rPh><phoneticPr fontId="1"/>')
    ),
    "prefixed-sheet": _changing(BUDGET, _prefixed),
    "prefixed-everything": lambda: pack(
        entries({name: _prefixed for name in (BOOK, STRINGS, STYLES, *(name for name in parts() if "/sheet" in name))})
    ),
    "other-prefix-for-relationships": _changing(
        BOOK, both(_rename("xmlns:r=", "xmlns:rel="), _rename(" r:id", " rel:id"))
    ),
    "foreign-attributes": _changing(BUDGET, swap('<row r="9"', '<row x:dyDescent="0.25" xmlns:x="urn:x" r="9"')),
    "extension-list": _after(
        BUDGET, lambda: '<extLst><ext uri="{X}" xmlns:x="urn:x"><x:v>9</x:v><x:row r="9"/></ext></extLst>'
    ),
    "character-references": _changing(BUDGET, swap(_VALUE, "<v>&#49;&#x30;00</v>")),
    "white-space-everywhere": _changing(BUDGET, lambda data: re.sub(rb">(</row|</c>|<[a-zA-Z])", rb">\n  \1", data)),
    "attributes-in-single-quotes": _changing(BUDGET, swap('r="C9"', "r='C9'")),
    "attributes-in-another-order": _changing(BUDGET, swap('<c r="C9" s="19">', '<c s="19" r="C9">')),
    "depth-20": _after(SCRATCH, lambda: _deep(20)),
}


def all_cases() -> Iterator[Case]:
    yield from doctypes()
    yield from cases("encodings", refused("F107", "F102"), ENCODINGS)
    yield from cases("encodings", SAME, _LEGAL_ENCODINGS)
    yield from cases("broken XML", refused("F102", "F107"), BROKEN)
    yield from cases("hidden in XML", refused("F107", said=BUDGET), HIDDEN)
    yield from cases("hidden in XML", refused("F107") + SAME, _HARMLESS)
    yield from cases("large XML", refused("F105"), LARGE)
    for short, part in _PARTS.items():
        answers = refused("F105") + SAME if part in _NOT_PARSED else refused("F105")
        yield Case("large XML", f"depth-100000-in-{short}", _after(part, lambda: _deep(100_000)), answers)
        yield Case("large XML", f"attributes-100000-in-{short}", _after(part, lambda: _attributes(100_000)), answers)
    yield from cases("large XML", refused("F105", "F107", "F102"), DEEP_ROWS)
    yield from cases("large XML", refused("F105") + SAME, VERY_LONG)
    yield from cases("namespaces and nesting", refused("F107", "F102", "F104"), FOREIGN)
    gone = _changing(BUDGET, swap("<sheetData>", '<sheetData xmlns="urn:other">'))
    answers = refused("F107", "F102") + reported("S101")
    yield Case("namespaces and nesting", "namespace-other-for-rows", gone, answers)
    yield from cases("legal XML", SAME, LEGAL_XML)
