"""What the tests of returned workbooks share: what was sent out, three ways to change it, and what crmxl says then.

A person changes a workbook in LibreOffice (fixture ``by_hand``), a program with openpyxl, and what only other
spreadsheet programs would do is done to the XML.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

import openpyxl
from openpyxl import Workbook

from crmxl.catalogue import Worded, word
from crmxl.check.runner import check
from crmxl.check.verdict import Report
from crmxl.define.library import Library
from crmxl.expression import Value
from crmxl.issue.addresses import a1
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout, Role
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Finding, Key, Lang, Type, say
from crmxl.receive.reading import read
from crmxl.receive.submission import Content
from crmxl.resources import folder
from tests.gallery import package
from tests.gallery.issued import request_for, workbook
from tests.office.driver import Book

Hand: TypeAlias = Callable[[Book], None]
"""What a person does to an open workbook."""
ByHand: TypeAlias = Callable[..., bytes]
"""The workbook after a person's edit: ``by_hand(edit)``, or of another workbook ``by_hand(edit, data)``."""

PLAN, SCRATCH = "费用预算", "工作底稿"
TOTAL = Fraction(133_000)
"""Of the sample that was sent out, 元."""


class Told(NamedTuple):
    """A finding as a clerk reads it in Chinese."""

    code: str
    place: str
    title: str
    found: str
    expected: str


@cache
def library() -> Library:
    """The templates that ship, and one whose amounts may be reductions."""
    return Library(Path(__file__).with_name("templates"), folder("templates"))


@cache
def cosmetics() -> Layout:
    """The layout of ``sent``."""
    return lay_out(library().load("cosmetics-plan"), 2026)


@cache
def sent() -> bytes:
    """The workbook of the group's sample, every line filled."""
    return workbook(request_for("cosmetics-plan", "cosmetics-plan/group-sample.json"))


@cache
def adjustments() -> Layout:
    """The layout of ``sent_adjustments``."""
    return lay_out(library().load("staff-adjustments"), 2026)


@cache
def sent_adjustments() -> bytes:
    """A workbook whose amounts may be negative, one line filled."""
    inputs: Mapping[Key, Value] = {"1.12@amount": Fraction(1000)}
    return write(adjustments(), Assignment(unit="华南区域", year=2026), inputs)


def amounts(layout: Layout) -> list[Key]:
    """The amounts that a unit fills in, in their order."""
    cells = layout.cells.values()
    return [cell.key for cell in cells if cell.role is Role.INPUT and cell.type is Type.MONEY]


def place(key: Key, layout: Layout | None = None) -> tuple[str, str]:
    """Tab and address of a key as issued."""
    layout = layout or cosmetics()
    cell = layout.cells[key]
    return layout.by_id[cell.sheet].name, a1(cell.row, cell.column)


def by_program(edit: Callable[[Workbook], object], data: bytes | None = None) -> bytes:
    """The workbook as openpyxl saves it after ``edit``: no formula has a result."""
    book = openpyxl.load_workbook(io.BytesIO(sent() if data is None else data))
    edit(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def in_xml(edit: Callable[[package.Parts], object], data: bytes | None = None) -> bytes:
    """The workbook after ``edit`` of its parts."""
    parts = package.taken_apart(sent() if data is None else data)
    edit(parts)
    return package.put_together(parts)


@cache
def checked(data: bytes, name: str = "returned.xlsx") -> Report:
    """What crmxl says of ``data`` as a returned file; asked once, however many tests read the answer."""
    with tempfile.TemporaryDirectory() as inside:
        path = Path(inside) / name
        path.write_bytes(data)
        return check(read(path, library()))


def told(report: Report) -> list[Told]:
    """Every finding."""
    return [one_told(found) for found in report.findings]


def one_told(found: Finding) -> Told:
    """One finding."""
    at = "!".join(filter(None, (found.place.sheet, found.place.cell)))
    return Told(found.code, at, found.place.title, say(found.found, "zh"), say(found.expected, "zh"))


def told_of(report: Report, key: Key) -> list[Told]:
    """The findings about one cell."""
    return [one_told(found) for found in report.findings if found.key == key]


def words(report: Report, lang: Lang, key: Key | None = None) -> Worded:
    """The words of the only finding, or of the only one about a cell."""
    (found,) = (found for found in report.findings if key is None or found.key == key)
    return word(found, lang)


def content(report: Report, key: Key) -> Content:
    """What stands in the file at ``key``."""
    return report.submission.contents[key]
