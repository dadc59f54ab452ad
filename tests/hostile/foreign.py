"""What does not belong into a budget workbook, and what may well be in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.hostile.case import SAME, Build, Case, cases, refused, reported
from tests.hostile.not_workbooks import compound
from tests.hostile.package import (
    BOOK,
    BOOK_RELS,
    BUDGET,
    MAIN,
    OFFICE,
    RELS,
    SCRATCH,
    TYPES,
    Edit,
    before,
    changed,
    good,
    override,
    relation,
    swap,
    with_parts,
)
from tests.hostile.values import formula

_OOXML = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _part(name: str, data: bytes, kind: str = "", link: str = "", types: str = "") -> Build:
    """The good workbook with one more part, typed and related to the workbook where that is said."""

    def build() -> bytes:
        edits: dict[str, Edit] = {}
        if types:
            edits[TYPES] = override(name, types)
        if link:
            edits[BOOK_RELS] = relation("rId77", kind or f"{OFFICE}/{link}", name.removeprefix("xl/"))
        return with_parts({name: data}, edits)

    return build


_SHEET_RELS = "xl/worksheets/_rels/sheet2.xml.rels"


def _of_sheet(kind: str, target: str, more: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Relationships '
        'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/{kind}" Target="{target}"{more}/></Relationships>'
    ).encode()


_VBA = compound("VBA", "PROJECT")
_CONNECTION = (
    f'<connections xmlns="{MAIN}"><connection id="1" name="q" type="5"><dbPr connection="DSN=evil"/></connection>'
    "</connections>"
)
FOREIGN: dict[str, Build] = {
    "macros": _part(
        "xl/vbaProject.bin",
        _VBA,
        "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
        "vba",
        "application/vnd.ms-office.vbaProject",
    ),
    "macros-not-related": _part("xl/vbaProject.bin", _VBA),
    "macros-elsewhere": _part(
        "xl/theme/theme9.bin",
        _VBA,
        "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
        "vba",
        "application/vnd.ms-office.vbaProject",
    ),
    "macros-in-capitals": _part("xl/VBAPROJECT.BIN", _VBA),
    "macros-signed": _part("xl/vbaProjectSignature.bin", _VBA),
    "macros-as-xml": _part("xl/vbaData.xml", b"<x/>"),
    "macro-sheet": _part(
        "xl/macrosheets/sheet1.xml",
        b"<xm:macrosheet xmlns:xm='http://schemas.microsoft.com/office/excel/2006/main'/>",
        "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet",
        "x",
        "application/vnd.ms-excel.macrosheet+xml",
    ),
    "dialog-sheet": _part("xl/dialogsheets/sheet1.xml", b"<x/>", "", "dialogsheet", f"{_OOXML}.dialogsheet+xml"),
    "controls": lambda: with_parts(
        {"xl/activeX/activeX1.xml": b"<ax/>", "xl/activeX/activeX1.bin": compound("contents")},
        {TYPES: override("xl/activeX/activeX1.xml", "application/vnd.ms-office.activeX+xml")},
    ),
    "controls-binary-alone": _part("xl/activeX/activeX1.bin", bytes(99)),
    "embedded-object": _part("xl/embeddings/oleObject1.bin", compound("Ole10Native")),
    "embedded-workbook": lambda: with_parts({"xl/embeddings/Microsoft_Excel_Sheet1.xlsx": good()}),
    "embedded-document": _part("xl/embeddings/Microsoft_Word_Document1.docx", b"PK\x03\x04"),
    "embedded-package": _part("xl/embeddings/package1.bin", b"MZ\x90\0"),
    "embedded-elsewhere": lambda: with_parts(
        {"xl/objects/a.bin": compound("Ole10Native"), _SHEET_RELS: _of_sheet("oleObject", "../objects/a.bin")}
    ),
    "connections": _part("xl/connections.xml", _CONNECTION.encode(), "", "connections", f"{_OOXML}.connections+xml"),
    "connections-elsewhere": _part(
        "xl/theme/a.xml", _CONNECTION.encode(), "", "connections", f"{_OOXML}.connections+xml"
    ),
    "query-table": _part("xl/queryTables/queryTable1.xml", b"<queryTable/>", "", "", f"{_OOXML}.queryTable+xml"),
    "data-model": _part("xl/model/item.data", bytes(99)),
    "program-inside": _part("xl/media/evil.exe", b"MZ\x90\0"),
    "script": _part("xl/evil.vbs", b"CreateObject"),
    "shortcut": _part("xl/evil.lnk", b"L\0\0\0"),
    "unknown-binary": _part("xl/unknown.bin", bytes(99)),
}
_LINK = f'<externalLink xmlns="{MAIN}" xmlns:r="{OFFICE}"><externalBook r:id="rId1"/></externalLink>'.encode()
_DDE = (
    f'<externalLink xmlns="{MAIN}"><ddeLink ddeService="cmd" ddeTopic="/C calc">'
    '<ddeItems><ddeItem name="A0"/></ddeItems></ddeLink></externalLink>'
)


def _linked(target: str, more: bytes = _LINK, edits: Mapping[str, Edit] | None = None) -> bytes:
    """The good workbook with a link to another, which no cell uses but by ``edits``."""
    name = "xl/externalLinks/externalLink1.xml"
    return with_parts(
        {
            name: more,
            "xl/externalLinks/_rels/externalLink1.xml.rels": _of_sheet(
                "externalLinkPath", target, ' TargetMode="External"'
            ),
        },
        {
            TYPES: override(name, f"{_OOXML}.externalLink+xml"),
            BOOK_RELS: relation("rId77", f"{OFFICE}/externalLink", "externalLinks/externalLink1.xml"),
            BOOK: before(
                "<definedNames>", '<externalReferences><externalReference r:id="rId77"/></externalReferences>'
            ),
            **(edits or {}),
        },
    )


def _used(target: str) -> Build:
    """The same, and an amount comes from it."""

    amount = swap('<c r="C9" s="19"><v>1000</v></c>', '<c r="C9" s="19"><f>[1]Sheet1!A1</f><v>1000</v></c>')
    return lambda: _linked(target, edits={BUDGET: amount})


_TARGETS = {
    "a-file": "file:///C:/budget/2025.xlsx",
    "a-share": "file://///evil/share/a.xlsx",
    "a-page": "http://127.0.0.1:9/a.xlsx",
    "outside": "../../../../etc/passwd",
    "escapes": "file:///C:/%1B%5B2J%E2%80%AEevil.xlsx",
    "of-30000": "a" * 30_000,
}
_XML = b"<x/>"
ALLOWED: dict[str, Build] = {
    "printer-settings": lambda: with_parts(
        {
            "xl/printerSettings/printerSettings1.bin": bytes(220),
            _SHEET_RELS: _of_sheet("printerSettings", "../printerSettings/printerSettings1.bin"),
        },
        {
            TYPES: before(
                "<Default ",
                f'<Default Extension="bin" ContentType="{_OOXML}.printerSettings"/>',
            )
        },
    ),
    "picture": _part("xl/media/image1.png", b"\x89PNG\r\n\x1a\n" + bytes(99)),
    "picture-jpeg": _part("xl/media/image2.jpeg", b"\xff\xd8\xff\xe0" + bytes(99)),
    "picture-emf": _part("xl/media/image3.emf", b"\x01\0\0\0" + bytes(99)),
    "thumbnail": _part("docProps/thumbnail.jpeg", b"\xff\xd8\xff\xe0" + bytes(99)),
    "drawing": _part(
        "xl/drawings/drawing1.xml", _XML, "", "", "application/vnd.openxmlformats-officedocument.drawing+xml"
    ),
    "comments": lambda: with_parts(
        {
            "xl/comments1.xml": f'<comments xmlns="{MAIN}"><authors/><commentList/></comments>'.encode(),
            "xl/drawings/vmlDrawing1.vml": b'<xml xmlns:v="urn:schemas-microsoft-com:vml"></xml>',
            _SHEET_RELS: _of_sheet("comments", "../comments1.xml"),
        },
        {TYPES: override("xl/comments1.xml", f"{_OOXML}.comments+xml")},
    ),
    "threaded-comments": _part("xl/threadedComments/threadedComment1.xml", _XML),
    "persons": _part("xl/persons/person.xml", _XML),
    "calculation-chain": _part(
        "xl/calcChain.xml",
        f'<calcChain xmlns="{MAIN}"><c r="C12" i="2"/></calcChain>'.encode(),
        "",
        "calcChain",
        f"{_OOXML}.calcChain+xml",
    ),
    "metadata": _part(
        "xl/metadata.xml", f'<metadata xmlns="{MAIN}"/>'.encode(), "", "sheetMetadata", f"{_OOXML}.sheetMetadata+xml"
    ),
    "table": _part(
        "xl/tables/table1.xml",
        f'<table xmlns="{MAIN}" id="1" name="t" displayName="t" ref="A1:B2"/>'.encode(),
        "",
        "",
        f"{_OOXML}.table+xml",
    ),
    "chart": _part(
        "xl/charts/chart1.xml", _XML, "", "", "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
    ),
    "pivot-cache": _part("xl/pivotCache/pivotCacheDefinition1.xml", _XML, "", "", f"{_OOXML}.pivotCacheDefinition+xml"),
    "custom-xml": lambda: with_parts(
        {
            "customXml/item1.xml": _XML,
            "customXml/itemProps1.xml": _XML,
            "customXml/_rels/item1.xml.rels": _of_sheet("customXmlProps", "itemProps1.xml"),
        }
    ),
    "sensitivity-label": _part("docMetadata/LabelInfo.xml", _XML),
    "signature": lambda: with_parts({"_xmlsignatures/origin.sigs": b"", "_xmlsignatures/sig1.xml": _XML}),
    "rich-values": _part("xl/richData/rdrichvalue.xml", _XML),
    "feature-bag": _part("xl/featurePropertyBag/featurePropertyBag.xml", _XML),
    "pictures-in-cells-of-wps": _part(
        "xl/cellimages.xml", b'<etc:cellImages xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData"/>'
    ),
    "recovered": _part("xl/revisions/revisionHeaders.xml", _XML),
    "link-not-used": lambda: _linked("file:///C:/budget/2025.xlsx"),
    "link-to-a-page-not-used": lambda: _linked("http://127.0.0.1:9/a.xlsx"),
    "hyperlink-to-a-file": lambda: with_parts(
        {
            "xl/worksheets/_rels/sheet5.xml.rels": _of_sheet(
                "hyperlink", "file:///C:/Windows/system32/calc.exe", ' TargetMode="External"'
            )
        },
        {SCRATCH: swap("</sheetData>", '</sheetData><hyperlinks><hyperlink ref="A1" r:id="rId1"/></hyperlinks>')},
    ),
    "hyperlink-to-a-share": lambda: with_parts(
        {"xl/worksheets/_rels/sheet5.xml.rels": _of_sheet("hyperlink", "\\\\evil\\share\\a", ' TargetMode="External"')},
        {SCRATCH: swap("</sheetData>", '</sheetData><hyperlinks><hyperlink ref="A1" r:id="rId1"/></hyperlinks>')},
    ),
}
"""What Excel, WPS and offices add of their own accord."""
DISPUTED: dict[str, Build] = {
    "attached-template": lambda: changed(
        RELS, relation("rId9", f"{OFFICE}/attachedTemplate", "http://127.0.0.1:9/t.dotm", ' TargetMode="External"')
    ),
    "program-as-a-picture": _part("xl/media/image1.png", b"MZ\x90\0" + bytes(99)),
    "web-extension": _part(
        "xl/webextensions/webextension1.xml", b"<x/>", "", "", "application/vnd.ms-office.webextension+xml"
    ),
    "ribbon": lambda: with_parts(
        {"customUI/customUI14.xml": b'<customUI onLoad="evil"/>'},
        {
            RELS: relation(
                "rId9",
                "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility",
                "customUI/customUI14.xml",
            )
        },
    ),
    "dde-link-not-used": lambda: _linked("x", _DDE.encode()),
    "form-control": _part("xl/ctrlProps/ctrlProp1.xml", b'<formControlPr objectType="Button"/>'),
    "slicer": _part("xl/slicers/slicer1.xml", _XML),
    "ink": _part("xl/ink/ink1.xml", _XML),
    "model-3d": _part("xl/media/model3d1.glb", b"glTF" + bytes(99)),
    "video": _part("xl/media/media1.mp4", bytes(99)),
    "vector-picture-with-script": _part(
        "xl/media/image1.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
    ),
}
"""Refusing and ignoring are both right."""


def all_cases() -> Iterator[Case]:
    yield from cases("foreign content", refused("F109"), FOREIGN)
    yield from cases("allowed content", SAME, ALLOWED)
    yield from cases("disputed content", refused("F109") + SAME, DISPUTED)
    for name, target in _TARGETS.items():
        yield Case("links to workbooks", f"amount-from-{name}", _used(target), reported("E108"))
    dangling = formula("[1]Sheet1!A1")
    yield Case("links to workbooks", "link-without-target", dangling, reported("E108"))
