"""The several hands that fill workbooks, and what each does wrong: LibreOffice, openpyxl, crmxl's own writer.

Where a cell is they see as a program of somebody else's would: by the marks in the workbook, not by crmxl's layout.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from tests.gallery import package
from tests.office.driver import Office
from tests.rounds.figures import Budget, Key, yuan

Cell = tuple[str, str]
"""Tab and address."""


def places(workbook: Any) -> dict[Key, Cell]:
    """Where each key of an open workbook is: its column's id stands in row 2, its line's code in column A."""
    found: dict[Key, Cell] = {}
    for sheet in workbook.worksheets:
        if not str(sheet["A1"].value or "").startswith("crmxl:"):
            continue
        columns = {cell.column_letter: str(cell.value) for cell in sheet[2] if cell.value and cell.value != "#"}
        for row in sheet.iter_rows(min_row=3, max_col=1):
            code = str(row[0].value or "")
            if code and code != "编码":
                found |= {f"{code}@{id}": (sheet.title, f"{column}{row[0].row}") for column, id in columns.items()}
    return found


def by_openpyxl(issued: Path, budget: Budget, to: Path, also: Mapping[Key, Any] | None = None) -> Path:
    """Fill with openpyxl, which saves no formula's result; ``also`` is typed on top of it, None empties a cell."""
    book = load_workbook(issued)
    at = places(book)
    typed: dict[Key, Any] = {key: Decimal(yuan(fen)) for key, fen in budget.amounts.items()}
    for key, value in {**typed, **budget.texts, **(also or {})}.items():
        tab, address = at[key]
        book[tab][address].value = value
    to.parent.mkdir(parents=True, exist_ok=True)
    book.save(to)
    return to


def by_office(
    office: Office,
    issued: Path,
    budget: Budget,
    to: Path,
    also: Mapping[Key, str] | None = None,
    without: str = "",
    password: str = "",
) -> Path:
    """Fill in LibreOffice as at the keyboard, recalculated; ``without`` is a line whose row is deleted."""
    at = places(load_workbook(issued))
    typed = {key: f"{fen // 100:,}.{fen % 100:02}" for key, fen in budget.amounts.items()}
    to.parent.mkdir(parents=True, exist_ok=True)
    with office.open(issued) as book:
        with book.batch() as edits:
            for key, text in {**typed, **budget.texts, **(also or {})}.items():
                edits.type_in(*at[key], text)
        if without:
            tab, address = at[f"{without}@amount"]
            book.unprotect(tab)
            book.delete_rows(tab, int("".join(filter(str.isdigit, address))))
            book.protect(tab)
        book.recalc()
        book.save(to, password)
    return to


def entries(budget: Budget, path: Path) -> Path:
    """The budget as DATA.json for crmxl's own writer."""
    given = {**{key: yuan(fen) for key, fen in budget.amounts.items()}, **budget.texts}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(given, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def cut_off(workbook: Path, to: Path) -> Path:
    """A transfer that broke off."""
    content = workbook.read_bytes()
    to.write_bytes(content[: len(content) * 6 // 10])
    return to


def another_unit(workbook: Path, unit: str, to: Path) -> Path:
    """The stamp rewritten to another unit by somebody who has no key."""
    parts = package.taken_apart(workbook.read_bytes())
    package.change_stamp(parts, {"unit": unit}, "both")
    to.write_bytes(package.put_together(parts))
    return to


def foreign(to: Path, amounts: Mapping[str, int]) -> Path:
    """A table of the unit's own."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for code, fen in amounts.items():
        sheet.append([code, Decimal(yuan(fen))])
    book.save(to)
    return to


class _OnWindows(zipfile.ZipInfo):
    """An entry whose name is GBK, with no mark that says so."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # zipfile asks for it, header and directory alike
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


def gbk_zip(files: Mapping[str, Path], to: Path) -> Path:
    """A zip as Windows in China makes it."""
    with zipfile.ZipFile(to, "w") as archive:
        for name, path in files.items():
            entry = _OnWindows(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return to


def text_at(workbook: Path, tab: str, address: str) -> str:
    """What openpyxl finds in a cell, an amount with two decimals."""
    value = load_workbook(workbook, data_only=True)[tab][address].value
    return f"{Decimal(str(value)):.2f}" if isinstance(value, int | float | Decimal) else str(value)
