"""Values that programs read differently, or that are too much of something: what mutations put in others' place."""

from __future__ import annotations

from random import Random

NUMBERS = (
    *("0", "-0", "1", "-1", "5", "0.005", "0.1", "-0.01", "1.005", "99999999999.99", "100000000000", "1e11", "1E3"),
    *("1e308", "1e309", "-1e309", "1e-400", "4.9E-324", "9007199254740993", "123456789012345678901234567890"),
    *("NaN", "nan", "INF", "Infinity", "1_000", "1,000", "１２３", "٣", "0x10", "+5", ".5", "5.", "1e", "1e+", "--1"),
    *(" 5", "5 ", "5\n", "\u00a05", "5\u200b", "−5", "1 000", "(5)", "5%", "1/2", "1e5", "1" * 400, "0." + "3" * 350),
    *("2147483648", "4294967296", "18446744073709551616", "1048576", "1048577", "16384", "16385", "65536", "60", "61"),
)
TEXTS = (
    *("", " ", "　", "\t", "x", "无", "-", "—", "/", "1,000元", "1万", "约300", "待定", "¥1,200.50", "=1+1", "@x", "'"),
    *("TRUE", "true", "#REF!", "#DIV/0!", "#N/A", "Err:502", "2026-01-01", "2026-02-30", "2026-01-01T25:00", "46000"),
    *("crmxl:plan", "crmxl:work", "crmxl:checks", "#", "amount", "1.1", "1.10", "1.1.1", "1.1.n01", "total", "_crmxl"),
    *("{", "}", "{0}", "{found}", "{found!r}", "%s", "%", "[bold]", "[/]", "[link=x]", "\\", "_x0000_", "_x000D_"),
    *("_xD800_", "_x005F_x0041_", "_xFFFE_", "\u202e12", "\ufeff", "😀", "\x7f", "\x85", "\u2028", "é", "e\u0301"),
    *("a" * 300, "甲" * 33_000, "<b>", "]]>", "../../etc/passwd", "C:\\x", "//host/share", "http://x.cn/", "file:///x"),
)
FORMULAS = (
    *("", "1", "1/0", "A1", "SUM(A1:XFD1048576)", "SUM(A:A)", "A1048577", "XFE1", "RC[-1]", "C9", "$C$9", "C9#"),
    *("SUM(C9:C11)", "SUM(C9,C9)", "SUM(C9:C11)+0", "C9+C10", "'x'!A1", "'[1]x'!A1", "[1]x!A1", "[99]x!A1", "x!A1:B2"),
    *("'C:\\[a.xlsx]x'!A1", "SUM((((((C9))))))", "((((", "))))", '"', "'", "[", "{1,2;3}", "{", "1e999", "1e", "#REF!"),
    *("INDIRECT(A1)", 'HYPERLINK("http://x.cn")', 'cmd|" /C calc"!A0', "_xlfn.LET(a,1,a)", "IF(" * 60, "(" * 5_000),
    *("A1:" * 2_000, "'" * 4_001, "[" * 3_000, "-" * 4_000 + "1", "1+" * 4_000 + "1", '"' * 4_001, "A" * 8_193, "C 9"),
    *("sum(c9:c11)", " SUM( C9:C11 ) ", "+C9", "@C9", "C9 C10", "C9:C10:C11", "Sheet1:Sheet2!A1", "名称", "TAXES2026"),
)
ADDRESSES = (
    *("A1", "C9", "C10", "C12", "B2", "XFD1", "A1048576", "XFD1048576", "XFE1", "A1048577", "A0", "A", "1", "", "a1"),
    *(
        "$A$1",
        "A01",
        "AAAA1",
        "A1:B2",
        "Ａ１",
        "A1 ",
        "-A1",
        "ZZZ9999999",
        "A1:XFD1048576",
        "B2:A1",
        "C9:C9",
        "A1:A1,B2",
    ),
    *("C8:D12", "C9:C10", "A:A", "1:1"),
)
TAGS = (
    *("c", "v", "f", "is", "t", "r", "row", "sheetData", "cols", "col", "mergeCells", "mergeCell", "extLst", "ext"),
    *("worksheet", "sheet", "sheets", "workbook", "si", "sst", "rPh", "rPr", "xf", "numFmt", "cellXfs", "cellStyleXfs"),
    *(
        "Relationship",
        "Override",
        "Default",
        "property",
        "dimension",
        "x",
        "workbookPr",
        "definedName",
        "V",
        "C",
        "Row",
    ),
)
ATTRIBUTES = (
    *("r", "s", "t", "ref", "si", "min", "max", "hidden", "ht", "width", "name", "state", "r:id", "id", "Id", "Target"),
    *("Type", "TargetMode", "ContentType", "PartName", "Extension", "numFmtId", "formatCode", "date1904", "xml:space"),
    *("x", "xmlns", "xmlns:x", "spans", "count", "uniqueCount", "collapsed", "R", "T", "z:r"),
)
KINDS = ("s", "n", "str", "b", "e", "d", "inlineStr", "", "S", "x", "date", "shared", "array", "dataTable", "normal")
FORMATS = (
    *("General", "0.00", "yyyy-mm-dd", "[h]:mm", "@", "A/P", "[", "[" * 900, '"', "\\", "m" * 1_001, "e+", "[Red]0;d"),
    *("[$-804]yyyy", "_", "*", "0;0;0;@", "General;", "ggge", '"d"0', "\\d0", ";;;", "0.00E+00", "# ?/?"),
)
SPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://schemas.openxmlformats.org/package/2006/relationships",
    "http://schemas.openxmlformats.org/package/2006/content-types",
    "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "urn:x",
    "",
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main ",
    "HTTP://schemas.openxmlformats.org/spreadsheetml/2006/main",
)
TARGETS = (
    *(
        "worksheets/sheet1.xml",
        "worksheets/sheet2.xml",
        "worksheets/sheet3.xml",
        "/xl/worksheets/sheet2.xml",
        "xl/x.xml",
    ),
    *(
        "../xl/worksheets/sheet2.xml",
        "../../x",
        "../../../xl/workbook.xml",
        "/xl/workbook.xml",
        "workbook.xml",
        "",
        "/",
    ),
    *(
        "worksheets/Sheet2.xml",
        "worksheets%2Fsheet2.xml",
        "worksheets/%73heet2.xml",
        "worksheets\\sheet2.xml",
        "#x",
        ".",
    ),
    *(
        "sharedStrings.xml",
        "styles.xml",
        "http://x.cn/a.xml",
        "file:///etc/passwd",
        "worksheets/sheet2.xml#a",
        "x?y",
        "%",
    ),
    *(
        "worksheets/./sheet2.xml",
        "worksheets//sheet2.xml",
        "xl/worksheets/sheet2.xml",
        "%00",
        "a" * 5_000,
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ),
)
TYPES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.chartsheet+xml",
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    "application/vnd.openxmlformats-package.relationships+xml",
    "application/xml",
    "image/png",
    "",
)
MARKUP = (
    *("<!-- -->", "<!--x", "-->", "<?x y?>", "<![CDATA[5]]>", "<!DOCTYPE x>", '<!DOCTYPE x [<!ENTITY e "5">]>', "&e;"),
    *("&#49;", "&#x31;", "&amp;", "&lt;", "&#0;", "&#xFFFE;", "&#xD800;", "&", "<", ">", "]]>", "\x00", "\x01", "\x0b"),
    *("<v>5</v>", "<f>1</f>", "<is><t>5</t></is>", '<c r="C9"><v>5</v></c>', "<c><v>5</v></c>", "<row/>", "<row>"),
    *('<row r="9"><c r="C9"><v>77</v></c></row>', "<sheetData/>", '<mergeCells><mergeCell ref="C9:C10"/></mergeCells>'),
    *('<mergeCell ref="B8:D12"/>', '<col min="3" max="3" hidden="1"/>', "<t>5</t>", "<r><t>5</t></r>", "<x/>", "</x>"),
    *("<extLst><ext><c/></ext></extLst>", '<x:v xmlns:x="urn:x">5</x:v>', '<x xmlns="">5</x>', "<rPh><t>9</t></rPh>"),
    '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Fallback><v>5</v>'
    "</mc:Fallback></mc:AlternateContent>",
    '<sheet name="x" sheetId="99" r:id="rId1"/>',
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    'Target="worksheets/sheet2.xml"/>',
    '<definedName name="x">1</definedName>',
    '<externalReferences><externalReference r:id="rId1"/></externalReferences>',
    "<si><t>5</t></si>",
)
BYTES = (
    b"\x00",
    b"\xff",
    b"\xfe\xff",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"<",
    b"&",
    b'"',
    b"\r",
)
INTEGERS = (
    0,
    1,
    2,
    7,
    8,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFE,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFE,
    0xFFFFFFFF,
)

_BY_ATTRIBUTE = {
    "r": ADDRESSES,
    "ref": ADDRESSES,
    "t": KINDS,
    "Target": TARGETS,
    "PartName": TARGETS,
    "ContentType": TYPES,
    "formatCode": FORMATS,
    "xmlns": SPACES,
    "TargetMode": ("External", "Internal", "external", ""),
    "state": ("visible", "hidden", "veryHidden", "Hidden", ""),
    "hidden": ("1", "0", "true", "false", "on", ""),
    "date1904": ("1", "0", "true", "false", "on", ""),
}


def value_of(random: Random, attribute: str) -> str:
    """Something to put into an attribute of this name."""
    own = _BY_ATTRIBUTE.get(attribute)
    if own is not None and random.random() < 0.7:
        return random.choice(own)
    return random.choice(random.choice((NUMBERS, NUMBERS, TEXTS, ADDRESSES)))


def text_of(random: Random, tag: str) -> str:
    """Something to put between the tags of an element of this name."""
    own = {"v": NUMBERS, "f": FORMULAS, "t": TEXTS}.get(tag)
    if own is not None and random.random() < 0.8:
        return random.choice(own)
    return random.choice(random.choice((NUMBERS, TEXTS, FORMULAS)))


def tweaked(random: Random, text: str) -> str:
    """``text`` with a small change: a digit, a character, the number next to it."""
    if text.isascii() and text.isdigit() and len(text) < 19 and random.random() < 0.5:
        return str(int(text) + random.choice((-1, 1, 1, 10, -100)))
    if not text:
        return random.choice(TEXTS)
    at = random.randrange(len(text))
    match random.randrange(5):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at] * 2 + text[at + 1 :]
        case 2:
            return text[:at] + random.choice("0159.-+eE %_:!$'\"aZ中\u200b") + text[at + 1 :]
        case 3:
            return text[:at] + random.choice(NUMBERS + TEXTS) + text[at:]
        case _:
            return text.swapcase() if random.random() < 0.5 else text[::-1]
