"""What may be done to an issued workbook: the small language of ``edits`` in ``cases.toml``.

Edits happen in order. Those of a person run in LibreOffice, which recalculates and saves as Excel would; those that
only programs do change the file itself. A cell is ``at = "1.1.1@amount"`` (a key, at its issued place) or
``"费用预算!C9"``; a row is a code; a column is its id with ``sheet`` (tab name or id) beside it. So edit cells first,
then move rows, or give addresses.

A person, in LibreOffice, after taking off the protection:

====================  ==================================================================================
``type``              ``at``, ``text``: enter it as at the keyboard; ``1,000`` becomes a number, ``2026/1/5`` a date
``text``              ``at``, ``text``, ``times``: a text that stays a text (a cell of format Text), so often
``clear``             ``at``
``formula``           ``at``, ``formula`` (as in English Excel)
``paste``             ``at``, ``to``: copy one cell to another, formula, format and all
``cut``               ``at``, ``to``: cut one cell and paste it; references follow
``merge``             ``at``, ``to``: corners
``insert_row``        ``before`` a code, ``count``
``delete_row``        ``row``
``copy_row``          ``row``, ``before``: a second row like it
``move_row``          ``row``, ``before``
``hide_row``          ``row``
``insert_column``     ``sheet``, ``before`` a column id
``delete_column``     ``sheet``, ``column``
``copy_column``       ``sheet``, ``column``, ``before``
``hide_column``       ``sheet``, ``column``
``insert_sheet``      ``name``
``rename_sheet``      ``sheet``, ``name``
``copy_sheet``        ``sheet``, ``name``
``move_sheet``        ``sheet``, ``position`` from 0
``delete_sheet``      ``sheet``
``hide_sheet``        ``sheet``
``recalculate``       all formulas, as Ctrl+Alt+F9 does: after a program has stored something
``resave``            nothing: open and save
``save_as``           ``suffix`` (``.xlsx``, ``.xls``, ``.ods``), ``password``: the last edit; the file keeps its name
====================  ==================================================================================

A program:

====================  ==================================================================================
``store``             ``at``, ``value``, ``kind`` (``n`` number, ``b`` truth, ``e`` error, ``str`` text), ``formula``:
                      into the XML; without ``formula`` one that is there stays, and keeps the stored value
``calculate``         the results that follow, stored in every formula as Excel's F9 does, by crmxl's own arithmetic
                      (which other tests hold against LibreOffice's)
``openpyxl``          ``set``, a table of cells and values (a text with ``=`` is a formula): saves without results
``annotate``          the marked copy that the group sends back, made by ``validate --annotate``
``link``              ``target``: a link to another workbook, which formulas write ``[1]``
``stamp``             ``set``, a table of fields; ``where``: ``sheet``, ``properties`` or ``both``
``drop_properties``   the document properties cleared
``pad``               ``megabytes``: a picture of that many zeros
``file``              ``kind``: something else under the name, see ``FILES``
====================  ==================================================================================
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any, TypeAlias

from crmxl.check.evidence import Evidence
from crmxl.check.runner import check
from crmxl.expression import Fault, Value
from crmxl.issue.addresses import a1, letters
from crmxl.issue.places import Layout, SheetPlan
from crmxl.issue.stamp import SHEET
from crmxl.receive.reading import read
from crmxl.report.findings_copy import annotated
from tests.gallery import package
from tests.gallery.issued import gallery_library
from tests.office.driver import Book, Office

Edit: TypeAlias = Mapping[str, Any]
"""A verb ``do`` and its words."""

_CSV = "编码,项目,金额,测算依据\r\n1.1.1,调查问卷制作与发放,1000.00,问卷500份\r\n1.1.2,差旅,8000.00,2人\r\n"
_HTML = (
    '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="utf-8"></head><body>'
    "<table><tr><td>编码</td><td>项目</td><td>金额</td></tr><tr><td>1.1.1</td><td>调查问卷制作与发放</td>"
    "<td>1000.00</td></tr></table></body></html>"
)
FILES: Mapping[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "csv": lambda _: _CSV.encode("gb18030"),
    "html": lambda _: _HTML.encode(),
    "truncated": lambda workbook: workbook[: len(workbook) * 6 // 10],
    "scrambled": lambda workbook: workbook[:9000] + bytes(200) + workbook[9200:],
}
"""Kinds of ``file``: nothing at all, an export of another system, a download cut off, a byte block lost on the way."""

_CUT = ("truncated", "scrambled")


class _Places:
    """Cells, rows and columns as edits name them."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def cell(self, at: str) -> tuple[str, str]:
        """Tab and address."""
        if "!" in at:
            tab, _, address = at.rpartition("!")
            return tab, address
        found = self.layout.cells[at]
        return self.layout.by_id[found.sheet].name, a1(found.row, found.column)

    def row(self, code: str) -> tuple[str, int]:
        """Tab and number."""
        found = [(plan.name, row.number) for plan in self.layout.sheets for row in plan.rows if row.code == code]
        if not found:
            raise KeyError(code)
        return found[0]

    def plan(self, sheet: str) -> SheetPlan:
        """The sheet with this tab name or id."""
        return next(plan for plan in self.layout.sheets if sheet in (plan.name, plan.id))

    def tab(self, sheet: str) -> str:
        """The tab's name, of a sheet that was issued or another."""
        by_id = self.layout.by_id
        return by_id[sheet].name if sheet in by_id else sheet

    def column(self, sheet: str, column: str) -> tuple[str, str]:
        """Tab and letters; the code column is ``code``."""
        plan = self.plan(sheet)
        return plan.name, "A" if column == "code" else letters(plan.span(column).number)


class Person:
    """Edits in LibreOffice: each public method is a verb."""

    def __init__(self, book: Book, layout: Layout) -> None:
        self._book, self._places = book, _Places(layout)
        self._suffix, self._password = ".xlsx", ""

    def type(self, at: str, text: str) -> None:
        self._book.type_in(*self._places.cell(at), text)

    def text(self, at: str, text: str, times: int = 1) -> None:
        self._book.set(*self._places.cell(at), text * times)

    def clear(self, at: str) -> None:
        self._book.set(*self._places.cell(at), None)

    def formula(self, at: str, formula: str) -> None:
        self._book.set_formula(*self._places.cell(at), formula)

    def paste(self, at: str, to: str) -> None:
        (tab, cell), (to_tab, to_cell) = self._places.cell(at), self._places.cell(to)
        self._book.copy_range(tab, cell, to_cell, to_tab)

    def cut(self, at: str, to: str) -> None:
        (tab, cell), (to_tab, to_cell) = self._places.cell(at), self._places.cell(to)
        self._book.move_range(tab, cell, to_cell, to_tab)

    def merge(self, at: str, to: str) -> None:
        (tab, first), (_, last) = self._places.cell(at), self._places.cell(to)
        self._book.merge(tab, f"{first}:{last}")

    def insert_row(self, before: str, count: int = 1) -> None:
        tab, row = self._places.row(before)
        self._book.insert_rows(tab, row, count)

    def delete_row(self, row: str) -> None:
        self._book.delete_rows(*self._places.row(row))

    def copy_row(self, row: str, before: str) -> None:
        (tab, source), (_, target) = self._places.row(row), self._places.row(before)
        self._book.insert_rows(tab, target)
        source += target <= source
        last = letters(self._places.plan(tab).spans[-1].number)
        self._book.copy_range(tab, f"A{source}:{last}{source}", f"A{target}")

    def move_row(self, row: str, before: str) -> None:
        (tab, source), (_, target) = self._places.row(row), self._places.row(before)
        self._book.move_rows(tab, source, source, target)

    def hide_row(self, row: str) -> None:
        self._book.hide_rows(*self._places.row(row))

    def insert_column(self, sheet: str, before: str) -> None:
        self._book.insert_columns(*self._places.column(sheet, before))

    def delete_column(self, sheet: str, column: str) -> None:
        self._book.delete_columns(*self._places.column(sheet, column))

    def copy_column(self, sheet: str, column: str, before: str) -> None:
        (tab, source), (_, target) = self._places.column(sheet, column), self._places.column(sheet, before)
        plan = self._places.plan(sheet)
        numbers = {letters(span.number): span.number for span in plan.spans}
        self._book.insert_columns(tab, target)
        moved = letters(numbers[source] + (numbers[target] <= numbers[source]))
        self._book.copy_range(tab, f"{moved}1:{moved}{plan.last_row}", f"{target}1")

    def hide_column(self, sheet: str, column: str) -> None:
        self._book.hide_columns(*self._places.column(sheet, column))

    def insert_sheet(self, name: str) -> None:
        self._book.insert_sheet(name, len(self._book.sheets()))

    def rename_sheet(self, sheet: str, name: str) -> None:
        self._book.rename_sheet(self._places.tab(sheet), name)

    def copy_sheet(self, sheet: str, name: str) -> None:
        self._book.copy_sheet(self._places.tab(sheet), name, len(self._book.sheets()))

    def move_sheet(self, sheet: str, position: int) -> None:
        self._book.move_sheet(self._places.tab(sheet), position)

    def delete_sheet(self, sheet: str) -> None:
        self._book.delete_sheet(self._places.tab(sheet))

    def hide_sheet(self, sheet: str) -> None:
        self._book.hide_sheet(self._places.tab(sheet))

    def recalculate(self) -> None:
        self._book.recalc()

    def resave(self) -> None:
        pass

    def save_as(self, suffix: str = ".xlsx", password: str = "") -> None:
        self._suffix, self._password = suffix, password

    def _saved(self, folder: Path) -> bytes:
        path = folder / f"returned{self._suffix}"
        self._book.save(path, self._password)
        return path.read_bytes()


class Program:
    """Edits of the file itself: each public method is a verb."""

    def __init__(self, workbook: bytes, layout: Layout) -> None:
        self._workbook, self._places = workbook, _Places(layout)

    def store(self, at: str, value: str = "", kind: str = "n", formula: str | None = None) -> None:
        parts = package.taken_apart(self._workbook)
        package.set_cell(parts, *self._places.cell(at), kind=kind, value=value, formula=formula)
        self._workbook = package.put_together(parts)

    def calculate(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "stored.xlsx"
            path.write_bytes(self._workbook)
            evidence = Evidence(read(path, gallery_library()), self._places.layout)
        parts = package.taken_apart(self._workbook)
        for key, value in evidence.as_workbook.items():
            if evidence.content(key).formula:
                kind, text = _stored(value)
                package.set_cell(parts, *self._places.cell(key), kind=kind, value=text, formula=None)
        self._workbook = package.put_together(parts)

    def openpyxl(self, set: Mapping[str, str | int | float | bool]) -> None:
        from openpyxl import load_workbook

        book = load_workbook(io.BytesIO(self._workbook))
        for at, value in set.items():
            tab, address = self._places.cell(at)
            book[tab][address].value = value
        saved = io.BytesIO()
        book.save(saved)
        self._workbook = package.put_together(package.dated(package.taken_apart(saved.getvalue())))

    def annotate(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "returned.xlsx"
            path.write_bytes(self._workbook)
            copy = annotated(check(read(path, gallery_library())))
        assert copy is not None, "there is nothing to annotate"
        self._workbook = copy

    def link(self, target: str) -> None:
        parts = package.taken_apart(self._workbook)
        package.add_link(parts, target)
        self._workbook = package.put_together(parts)

    def stamp(self, set: Mapping[str, Any], where: str) -> None:
        parts = package.taken_apart(self._workbook)
        package.change_stamp(parts, set, where)
        self._workbook = package.put_together(parts)

    def drop_properties(self) -> None:
        parts = package.taken_apart(self._workbook)
        package.drop_properties(parts)
        self._workbook = package.put_together(parts)

    def pad(self, megabytes: int) -> None:
        parts = package.taken_apart(self._workbook)
        parts["xl/media/image1.bmp"] = bytes(megabytes << 20)
        self._workbook = package.put_together(parts)

    def embed(self, part: str) -> None:
        parts = package.taken_apart(self._workbook)
        parts[part] = b"\xd0\xcf\x11\xe0"
        self._workbook = package.put_together(parts)

    def second_value(self, at: str, value: str) -> None:
        parts = package.taken_apart(self._workbook)
        package.add_value(parts, *self._places.cell(at), value)
        self._workbook = package.put_together(parts)

    def file(self, kind: str) -> None:
        self._workbook = FILES[kind](self._workbook)


def _stored(value: Value) -> tuple[str, str]:
    """A result as the XML's type and text."""
    if isinstance(value, Fault):
        return "e", value.text
    if isinstance(value, bool):
        return "b", str(int(value))
    return ("n", repr(float(value))) if isinstance(value, Fraction) else ("str", str(value or ""))


def repeatable(edits: Sequence[Edit]) -> bool:
    """Whether doing ``edits`` again gives the same parts: LibreOffice's saving does not, and where bytes are cut out of
    an archive they depend on zlib.
    """
    return not any(_by_person(edit) or edit.get("kind") in _CUT for edit in edits)


def carry_out(edits: Sequence[Edit], workbook: bytes, layout: Layout, office: Callable[[], Office]) -> bytes:
    """The workbook after ``edits``; ``office`` gives LibreOffice where a person's edit needs it.

    Raises OfficeError where LibreOffice refuses, AttributeError and TypeError for an unknown verb or word.
    """
    for person, run in groupby(edits, _by_person):
        if person:
            workbook = _by_hand(list(run), workbook, layout, office())
        else:
            program = Program(workbook, layout)
            for edit in run:
                _do(program, edit)
            workbook = program._workbook
    return workbook


def _by_hand(edits: Sequence[Edit], workbook: bytes, layout: Layout, office: Office) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "issued.xlsx"
        path.write_bytes(workbook)
        with office.open(path) as book:
            book.unprotect_all()
            person = Person(book, layout)
            for edit in edits:
                _do(person, edit)
            for sheet in book.sheets():
                if sheet.name != SHEET:
                    book.protect(sheet.name)
            return person._saved(Path(name))


def _by_person(edit: Edit) -> bool:
    return hasattr(Person, str(edit["do"]))


def _do(actor: Person | Program, edit: Edit) -> None:
    words = dict(edit)
    getattr(actor, words.pop("do"))(**words)
