"""What a file that is no plain workbook is, for the one who sent it: by its first bytes, or by what a package holds."""

from __future__ import annotations

import re

from crmxl.catalogue import finding
from crmxl.model import Said, Text
from crmxl.receive.limits import Refused, damaged, named, unsafe
from crmxl.receive.package import TYPES, Source, content_types, one, relations

_OLE2 = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MAGIC = (
    (b"%PDF", "PDF"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
)
_HTML = (b"<!doctype html", b"<html", b"<table", b"<head", b"<body", b"mime-version:")
_SPREADSHEET_2003 = b"urn:schemas-microsoft-com:office:spreadsheet"
_HEAD = 4096
_EMPTY = Text("空文件", "an empty file")
_LOCK = Text("Excel/WPS 打开时的临时文件（~$）", "a lock file of Excel or WPS (~$)")
_OLD = Text("Excel 97-2003 或 WPS 表格格式（.xls / .et）", "Excel 97-2003 or WPS (.xls / .et)")
_XML = Text("XML 表格 2003 格式（.xml）", "XML Spreadsheet 2003 (.xml)")
_PAGE = Text("网页（HTML）", "a web page (HTML)")
_VALUES = Text("文本表格（CSV）", "comma-separated values (CSV)")
_WORDS = Text("纯文本（TXT）", "plain text (TXT)")
_UNKNOWN = Text("无法辨认的数据", "unknown data")
BEFORE = Text("压缩包前有多余内容", "bytes before the package")
"""Why a package is refused that begins later than its file."""
_PACKAGE, _PACKAGE_END = b"PK\x03\x04", b"PK\x05\x06"
_OTHER_OFFICE = (("word/document.xml", "Word (.docx)"), ("ppt/presentation.xml", "PowerPoint (.pptx)"))
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument"
_OPEN = Text("OpenDocument 格式（.ods）", "OpenDocument (.ods)")
_PLAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_BINARY = Text("Excel 二进制工作簿（.xlsb）", "Excel Binary Workbook (.xlsb)")
_OTHER_KINDS = (
    ("sheet.binary", _BINARY),
    ("macroenabled", Text("启用宏的工作簿（.xlsm）", "Macro-Enabled Workbook (.xlsm)")),
    ("template.main+xml", Text("Excel 模板（.xltx）", "Excel Template (.xltx)")),
)
"""By content type, in lower case."""
_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
_STRICT_FORM = Text("Strict Open XML 电子表格（“严格”格式）", "Strict Open XML Spreadsheet")
_MACROS = Text("宏", "macros")
_CONTROLS = Text("ActiveX 控件", "ActiveX controls")
_EMBEDDED = Text("嵌入的文件", "embedded files")
_CONNECTIONS = Text("数据连接", "data connections")
_STRANGE = Text("无法辨认的内容", "content of an unknown kind")
_FOREIGN: tuple[tuple[str, Text], ...] = (
    ("vbaproject", _MACROS),
    ("vbadata", _MACROS),
    ("jsaproject", _MACROS),
    ("jdedata", _MACROS),
    ("macrosheet", _MACROS),
    ("dialogsheet", _MACROS),
    ("activex", _CONTROLS),
    ("/embeddings/", _EMBEDDED),
    ("oleobject", _EMBEDDED),
    ("xl/connections", _CONNECTIONS),
    ("spreadsheetml.connections+xml", _CONNECTIONS),
    ("xl/querytables/", _CONNECTIONS),
)
"""What the name or the content type of a part says of it, in lower case."""
_KNOWN = re.compile(
    r".*/|.*\.(?:xml|rels|vml|psmdcp|png|jpe?g|jfif|gif|bmp|tiff?|emf|wmf|svg|webp|wdp|ico)"
    r"|.*/(?:printersettings|customproperty)[0-9]*\.bin|xl/metadata|\[trash\]/.*\.dat|_xmlsignatures/origin\.sigs"
)
"""Parts that may be there: XML, pictures, printer settings, add-ins' properties; what Google Sheets (``xl/metadata``),
Excel (``[trash]``) and signatures leave behind."""


def no_package(data: bytes, name: str) -> Refused:
    """The refusal of bytes that do not begin as a zip: F101, F103, F104 or F107.

    ``name`` only tells a lock file from stray bytes.
    """
    if not data:
        return _refused("F101", variant="empty", found=_EMPTY)
    if data.startswith(_OLE2):
        if _ENCRYPTED in data:
            return _refused("F103", found="OLE2 (EncryptedPackage)")
        return _refused("F104", found=_OLD)
    if name.startswith("~$"):
        return _refused("F101", found=_LOCK)
    if _SPREADSHEET_2003 in data[:_HEAD]:
        return _refused("F104", found=_XML)
    looks = _looks_like(data[:_HEAD])
    if looks is _UNKNOWN and _PACKAGE_END in data and _PACKAGE in data:
        return unsafe(BEFORE, "ZIP")
    return _refused("F101", found=looks)


def _looks_like(head: bytes) -> Said:
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if any(mark in head.lower() for mark in _HTML):
        return _PAGE
    text = _decoded(head)
    if not text:
        return _UNKNOWN
    if text.lstrip().startswith("<?xml"):
        return "XML"
    first = next((line for line in text.splitlines() if line.strip()), "")
    return _VALUES if any(mark in first for mark in ",\t;") else _WORDS


def _decoded(head: bytes) -> str:
    """``head`` as text; empty where it is none."""
    for encoding in ("utf-16",) if head[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        for cut in range(4):  # the head may end inside a character
            try:
                text = head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            if all(char.isprintable() or char.isspace() for char in text):
                return text
    return ""


def refuse_other_kinds(parts: Source) -> None:
    """Raise Refused for a package that is no plain workbook (F101, F104), or holds what none has a use for (F109)."""
    if "mimetype" in parts and next(iter(parts.chunks("mimetype")), b"").startswith(_OPEN_DOCUMENT):
        raise _refused("F104", found=_OPEN)
    for part, kind in _OTHER_OFFICE:
        if part in parts:
            raise _refused("F101", found=kind)
    if TYPES not in parts:
        raise _refused("F101", found="ZIP")
    types = content_types(parts)
    book = one(relations(parts, ""), "officeDocument")
    if "xl/workbook.bin" in parts:
        raise _refused("F104", found=_BINARY)
    if book is None or book not in parts:
        raise damaged(book or "_rels/.rels")
    _refuse_kind(types(book).lower(), next(iter(parts.chunks(book)), b""))
    for name in parts.names():
        folded, type = name.casefold(), types(name).lower()
        for sign, what in _FOREIGN:
            if sign in folded or sign in type:
                raise _refused("F109", found=what, part=named(name))
        if not _KNOWN.fullmatch(folded):
            raise _refused("F109", found=_STRANGE, part=named(name))


def _refuse_kind(type: str, head: bytes) -> None:
    """By the content type of the workbook's own part, and its first bytes."""
    for sign, kind in _OTHER_KINDS:
        if sign in type:
            raise _refused("F104", found=kind)
    if _STRICT in head:
        raise _refused("F104", found=_STRICT_FORM)
    if type != _PLAIN:
        raise _refused("F101", found="ZIP")


def _refused(code: str, variant: str = "", **values: Said) -> Refused:
    return Refused(finding(code, variant=variant, **values))
