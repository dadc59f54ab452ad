"""What a returned file is, told by its content before anything parses it: a finding, or None for a plain .xlsx.

Knows containers and limits, nothing of cells. What it looks like is told by format names and sizes.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

from crmxl.catalogue import finding
from crmxl.model import Finding, Said, Text

_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a returned file may be, in bytes; beyond any of these it is F105."""

    file: int = 10 * _MB
    """The file itself."""
    part: int = 64 * _MB
    """One part, inflated."""
    total: int = 128 * _MB
    """All parts, inflated."""


LIMITS = Limits()

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
_OTHER_OFFICE = (("word/document.xml", "Word (.docx)"), ("ppt/presentation.xml", "PowerPoint (.pptx)"))
_CONTENT_TYPES = "[Content_Types].xml"
_PLAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Only these inflate in bounded steps, and Excel knows no other."""
_CHUNK = 1 << 16
_EMPTY = Text("空文件", "an empty file")
_LOCK = Text("Excel/WPS 打开时的临时文件（~$）", "a lock file of Excel or WPS (~$)")
_OLD = Text("Excel 97-2003 或 WPS 表格格式（.xls / .et）", "Excel 97-2003 or WPS (.xls / .et)")
_OPEN = Text("OpenDocument 格式（.ods）", "OpenDocument (.ods)")
_XML = Text("XML 表格 2003 格式（.xml）", "XML Spreadsheet 2003 (.xml)")
_BINARY = Text("Excel 二进制工作簿（.xlsb）", "Excel Binary Workbook (.xlsb)")
_MACROS = Text("启用宏的工作簿（.xlsm）", "Macro-Enabled Workbook (.xlsm)")
_TEMPLATE = Text("Excel 模板（.xltx）", "Excel Template (.xltx)")
_STRICT_FORM = Text("Strict Open XML 电子表格（“严格”格式）", "Strict Open XML Spreadsheet")
_PAGE = Text("网页（HTML）", "a web page (HTML)")
_VALUES = Text("文本表格（CSV）", "comma-separated values (CSV)")
_WORDS = Text("纯文本（TXT）", "plain text (TXT)")
_UNKNOWN = Text("无法辨认的数据", "unknown data")


def refuse(data: bytes, name: str) -> Finding | None:
    """Why the file cannot be read as a workbook, told from its bytes; None where it can.

    ``name`` only tells a lock file from other stray bytes.
    """
    if len(data) > LIMITS.file:
        return too_large(len(data))
    if not data:
        return finding("F101", variant="empty", found=_EMPTY)
    if data.startswith(_OLE2):
        if _ENCRYPTED in data:
            return finding("F103", found="OLE2 (EncryptedPackage)")
        return finding("F104", found=_OLD)
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        try:
            return _refuse_zip(data)
        except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError):
            return finding("F102", found="ZIP")
    if name.startswith("~$"):
        return finding("F101", found=_LOCK)
    if b"urn:schemas-microsoft-com:office:spreadsheet" in data[:4096]:
        return finding("F104", found=_XML)
    return finding("F101", found=_looks_like(data))


def too_large(size: int) -> Finding:
    """The finding for a file of ``size`` bytes."""
    return _too_large(size, LIMITS.file)


def _too_large(size: int, allowed: int, part: str = "") -> Finding:
    return finding("F105", found=f"{part} {_megabytes(size)}".strip(), expected=_megabytes(allowed))


def _refuse_zip(data: bytes) -> Finding | None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        sizes = {entry.filename: entry.file_size for entry in entries}
        if refused := _outsized(sizes):
            return refused
        if any(entry.flag_bits & 1 for entry in entries):
            return finding("F101", found="ZIP (encrypted)")
        for entry in entries:
            if entry.compress_type not in _METHODS:
                return finding("F102", found=entry.filename)
        if len(sizes) < len(entries):
            return finding("F102", found="ZIP")  # a name twice: programs differ in which part they read
        inflated = 0
        heads: dict[str, bytes] = {}
        for entry in entries:
            size, unsafe = 0, False
            tail = b""
            try:
                with archive.open(entry) as part:
                    while chunk := part.read(_CHUNK):
                        size += len(chunk)
                        if size > LIMITS.part or inflated + size > LIMITS.total:
                            return _outsized({entry.filename: size}) or _too_large(inflated + size, LIMITS.total)
                        unsafe = unsafe or _declares_type(tail + chunk)
                        heads.setdefault(entry.filename, chunk)
                        tail = chunk[-32:]
            except (zipfile.BadZipFile, zlib.error, EOFError):
                return finding("F102", found=entry.filename)
            if unsafe and not entry.filename.startswith("xl/media/"):
                return finding("F102", found=f"DOCTYPE: {entry.filename}")
            inflated += size
        types = archive.read(_CONTENT_TYPES) if _CONTENT_TYPES in sizes else b""
    return _refuse_package(heads, types)


def _outsized(sizes: dict[str, int]) -> Finding | None:
    name, largest = max(sizes.items(), key=lambda item: item[1], default=("", 0))
    if largest > LIMITS.part:
        return _too_large(largest, LIMITS.part, name)
    total = sum(sizes.values())
    return _too_large(total, LIMITS.total) if total > LIMITS.total else None


def _refuse_package(heads: dict[str, bytes], types: bytes) -> Finding | None:
    """What kind of zip it is, from the first bytes of its parts and its content types."""
    names = heads.keys()
    if heads.get("mimetype", b"").startswith(b"application/vnd.oasis.opendocument"):
        return finding("F104", found=_OPEN)
    for part, kind in _OTHER_OFFICE:
        if part in names:
            return finding("F101", found=kind)
    if not types:
        return finding("F101", found="ZIP")
    if b"sheet.binary" in types or "xl/workbook.bin" in names:
        return finding("F104", found=_BINARY)
    if b"macroEnabled" in types or any(name.endswith("vbaProject.bin") for name in names):
        return finding("F104", found=_MACROS)
    if b"template.main+xml" in types:
        return finding("F104", found=_TEMPLATE)
    if any(_STRICT in head for name, head in heads.items() if name.startswith("xl/")):
        return finding("F104", found=_STRICT_FORM)
    if _PLAIN not in types:
        return finding("F101", found="ZIP")
    return None


def _declares_type(chunk: bytes) -> bool:
    """Whether a document type is declared here, in UTF-8 or UTF-16; `<` cannot stand in XML text otherwise."""
    return b"<!DOCTYPE" in chunk or b"<!DOCTYPE" in chunk.replace(b"\0", b"")


def _looks_like(data: bytes) -> Said:
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    head = data[:4096]
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
            if all(char.isprintable() or char in "\r\n\t\f" for char in text):
                return text
    return ""


def _megabytes(size: int) -> str:
    return f"{size / _MB:,.1f} MB".replace(".0 MB", " MB")
