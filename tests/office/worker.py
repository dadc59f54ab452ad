"""The half of the LibreOffice driver that runs under a Python that can import ``uno``.

Started by ``driver`` as ``python worker.py SOFFICE PROFILE``. Starts one headless soffice with its own profile, answers
each JSON line on stdin with one JSON line on stdout, and ends soffice when stdin closes. It knows nothing of crmxl and
imports nothing but the standard library and ``uno``. What each command does is told at ``driver.Book``.

Mind: every UNO call that returns an object takes 1.5 ms, so cells are read by whole ranges, and formats only on demand.
Mind too: the UNO interface writes to locked cells of protected sheets in silence; a person could not, so neither can a
command here.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import uno

FILTERS = {".xlsx": "Calc MS Excel 2007 XML", ".xls": "MS Excel 97", ".ods": "calc8"}
CONTENTS = 1 | 2 | 4 | 16  # com.sun.star.sheet.CellFlags: numbers, dates, texts, formulas
FORMULAS = 16
ERRORS = 4  # com.sun.star.sheet.FormulaResult
EXCEL_GRAMMAR = 3  # com.sun.star.sheet.AddressConvention.XL_OOX: commas, Sheet!A1
NO_MACROS = 0
NO_LINK_UPDATES = 0

# People's Excel is Chinese; without locks a killed soffice leaves nothing behind that stops the next one.
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>zh-CN</value>
</prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="UseLocking" oor:op="fuse"><value>false</value>
</prop></item>
</oor:items>
"""


class Refused(Exception):
    """A command that a person at the screen could not carry out either, or that names something absent."""


def letters(column: int) -> str:
    """The name of the zero-based ``column``: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def named(name: str, value: Any) -> Any:
    item = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
    item.Name = name
    item.Value = value
    return item


def encryption(suffix: str, password: str) -> Any:
    if suffix != ".xlsx":
        return named("Password", password)
    secrets = []
    for name, value in (("OOXPassword", password), ("CryptoType", "Standard")):  # the xlsx filter ignores Password
        secret = uno.createUnoStruct("com.sun.star.beans.NamedValue")
        secret.Name, secret.Value = name, value
        secrets.append(secret)
    return named("EncryptionData", uno.Any("[]com.sun.star.beans.NamedValue", tuple(secrets)))


def start(soffice: str, profile: Path) -> tuple[subprocess.Popen[bytes], Any]:
    """A running soffice and its desktop."""
    settings = profile / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(SETTINGS, encoding="utf-8")
    pipe = f"pipe,name=crmxl{os.getpid()}{os.path.basename(tempfile.mktemp())};urp;StarOffice.ComponentContext"
    with (profile / "soffice.log").open("wb") as log:
        process = subprocess.Popen(
            [
                soffice,
                "--headless",
                "--norestore",
                "--nologo",
                "--nodefault",
                f"-env:UserInstallation={profile.as_uri()}",
                f"--accept={pipe}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    while True:
        try:
            context = resolver.resolve("uno:" + pipe)
            break
        except Exception:  # NoConnectException, until it listens; the driver watches the time
            if process.poll() is not None:
                raise SystemExit(f"soffice ended with {process.returncode} before it listened") from None
            time.sleep(0.05)
    return process, context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)


class Desk:
    """The open workbooks and the commands on them: each public method is one command."""

    def __init__(self, desktop: Any) -> None:
        self._desktop = desktop
        self._books: dict[int, Any] = {}
        self._sheets: dict[tuple[int, str], Any] = {}
        self._opened = 0

    # Books

    def open(self, path: str, password: str = "") -> int:
        options = [
            named("Hidden", True),
            named("MacroExecutionMode", NO_MACROS),
            named("UpdateDocMode", NO_LINK_UPDATES),
        ]
        if password:
            options.append(named("Password", password))
        if not os.path.exists(path):
            raise Refused(f"no file {path}")
        book = self._desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, tuple(options))
        if book is None:
            raise Refused(f"LibreOffice cannot load {path}")
        if not book.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
            book.close(True)
            raise Refused(f"LibreOffice does not take {path} for a workbook")
        self._opened += 1
        self._books[self._opened] = book
        return self._opened

    def close(self, book: int) -> None:
        self._forget(book)
        self._books.pop(book).close(True)

    def save(self, book: int, path: str, password: str = "") -> None:
        suffix = os.path.splitext(path)[1].lower()
        if suffix not in FILTERS:
            raise Refused(f"save as one of {', '.join(FILTERS)}, not {path}")
        options = [named("FilterName", FILTERS[suffix]), named("Overwrite", True)]
        if password:
            options.append(encryption(suffix, password))
        self._book(book).storeToURL(uno.systemPathToFileUrl(path), tuple(options))

    def pdf(self, book: int, path: str, sheet: str | None = None) -> None:
        options = [named("FilterName", "calc_pdf_Export"), named("Overwrite", True)]
        if sheet is not None:
            chosen = (named("Selection", self._sheet(book, sheet)),)
            options.append(named("FilterData", uno.Any("[]com.sun.star.beans.PropertyValue", chosen)))
        self._book(book).storeToURL(uno.systemPathToFileUrl(path), tuple(options))

    def recalc(self, book: int) -> None:
        self._book(book).calculateAll()

    # Reading

    def sheets(self, book: int) -> list[dict[str, Any]]:
        found = []
        for name in self._book(book).Sheets.ElementNames:
            sheet = self._sheet(book, name)
            _, _, right, bottom = self._used(sheet)
            found.append(
                {
                    "name": name,
                    "visible": sheet.IsVisible,
                    "protected": sheet.isProtected(),
                    "used": f"A1:{letters(right)}{bottom + 1}",
                }
            )
        return found

    def get(self, book: int, sheet: str, ranges: list[str] | None = None, display: bool = False) -> list[Any]:
        surface = self._sheet(book, sheet)
        used = self._used(surface)
        if ranges is None:
            areas = [used]
        else:
            areas = []
            for name in ranges:
                area = self._area(surface, name)
                clipped = (area[0], area[1], min(area[2], used[2]), min(area[3], used[3]))
                if clipped[0] <= clipped[2] and clipped[1] <= clipped[3]:
                    areas.append(clipped)
        return [cell for area in areas for cell in self._read(surface, area, display)]

    def _read(self, sheet: Any, area: tuple[int, int, int, int], display: bool) -> list[list[Any]]:
        left, top, right, bottom = area
        block = sheet.getCellRangeByPosition(left, top, right, bottom)
        formulas = self._positions(block.queryContentCells(FORMULAS))
        errors = self._positions(block.queryFormulaCells(ERRORS))
        texts = block.getFormulaArray()
        cells: list[list[Any]] = []
        for y, row in enumerate(block.getDataArray(), start=top):
            for x, value in enumerate(row, start=left):
                calculated = (x, y) in formulas
                if not calculated and value in ("", None):
                    continue
                error, string = 0, value if isinstance(value, str) else ""
                if (x, y) in errors:
                    cell = sheet.getCellByPosition(x, y)
                    error, string, value = cell.getError(), cell.getString(), None
                elif display:
                    string = sheet.getCellByPosition(x, y).getString()
                kind = "formula" if calculated else "text" if isinstance(value, str) else "value"
                formula = texts[y - top][x - left] if calculated else ""
                cells.append([f"{letters(x)}{y + 1}", kind, value, string, formula, error])
        return cells

    @staticmethod
    def _positions(ranges: Any) -> set[tuple[int, int]]:
        return {
            (x, y)
            for area in ranges.getRangeAddresses()
            for x in range(area.StartColumn, area.EndColumn + 1)
            for y in range(area.StartRow, area.EndRow + 1)
        }

    # Cells

    def set(self, book: int, sheet: str, cell: str, value: str | float | bool | None) -> None:
        place = self._unlocked(book, sheet, cell)
        if value is None:
            place.clearContents(CONTENTS)
        elif isinstance(value, bool):
            self._one(place).setPropertyValue("FormulaLocal", "TRUE" if value else "FALSE")
        elif isinstance(value, str):
            one = self._one(place)
            was = one.NumberFormat
            one.setString(value)
            one.NumberFormat = was  # setString makes it Text; what a person enters there next would stay text
        else:
            self._one(place).setValue(value)

    def set_formula(self, book: int, sheet: str, cell: str, formula: str) -> None:
        one = self._one(self._unlocked(book, sheet, cell))
        parser = self._book(book).createInstance("com.sun.star.sheet.FormulaParser")
        parser.FormulaConvention = EXCEL_GRAMMAR
        parser.CompileEnglish = True
        one.setTokens(parser.parseFormula(formula[1:] if formula.startswith("=") else formula, one.CellAddress))

    def type_in(self, book: int, sheet: str, cell: str, text: str) -> None:
        self._one(self._unlocked(book, sheet, cell)).setPropertyValue("FormulaLocal", text)

    def copy_range(self, book: int, sheet: str, range: str, to: str, to_sheet: str | None = None) -> None:
        source = self._sheet(book, sheet).getCellRangeByName(range).RangeAddress
        wide, high = source.EndColumn - source.StartColumn, source.EndRow - source.StartRow
        start = self._one(self._sheet(book, to_sheet or sheet).getCellRangeByName(to)).CellAddress
        end = f"{letters(start.Column + wide)}{start.Row + high + 1}"
        self._unlocked(book, to_sheet or sheet, f"{to}:{end}")
        self._sheet(book, sheet).copyRange(start, source)

    def move_range(self, book: int, sheet: str, range: str, to: str, to_sheet: str | None = None) -> None:
        source = self._unprotected(book, sheet)
        target = self._unprotected(book, to_sheet or sheet)
        start = self._one(target.getCellRangeByName(to)).CellAddress
        source.moveRange(start, source.getCellRangeByName(range).RangeAddress)

    def merge(self, book: int, sheet: str, range: str, merged: bool = True) -> None:
        self._unprotected(book, sheet).getCellRangeByName(range).merge(merged)

    def sort(
        self, book: int, sheet: str, range: str, column: str, ascending: bool = True, header: bool = False
    ) -> None:
        block = self._unlocked(book, sheet, range)
        by = uno.createUnoStruct("com.sun.star.table.TableSortField")
        by.Field = self._area(self._sheet(book, sheet), f"{column}1")[0] - block.RangeAddress.StartColumn
        by.IsAscending = ascending
        fields = uno.Any("[]com.sun.star.table.TableSortField", (by,))
        block.sort((named("SortFields", fields), named("ContainsHeader", header)))

    # Rows and columns; rows count from 1

    def insert_rows(self, book: int, sheet: str, before: int, count: int = 1) -> None:
        self._unprotected(book, sheet).Rows.insertByIndex(before - 1, count)

    def delete_rows(self, book: int, sheet: str, first: int, last: int | None = None) -> None:
        self._unprotected(book, sheet).Rows.removeByIndex(first - 1, (last or first) - first + 1)

    def move_rows(self, book: int, sheet: str, first: int, last: int, before: int) -> None:
        if first <= before <= last + 1:
            raise Refused(f"rows {first} to {last} are already before row {before}, or it is one of them")
        surface = self._unprotected(book, sheet)
        count = last - first + 1
        surface.Rows.insertByIndex(before - 1, count)
        if before < first:
            first, last = first + count, last + count
        end = letters(surface.Columns.Count - 1)
        source = surface.getCellRangeByName(f"A{first}:{end}{last}").RangeAddress
        surface.moveRange(surface.getCellByPosition(0, before - 1).CellAddress, source)
        surface.Rows.removeByIndex(first - 1, count)

    def hide_rows(self, book: int, sheet: str, first: int, last: int | None = None, hidden: bool = True) -> None:
        self._unprotected(book, sheet).getCellRangeByName(f"A{first}:A{last or first}").Rows.IsVisible = not hidden

    def insert_columns(self, book: int, sheet: str, before: str, count: int = 1) -> None:
        surface = self._unprotected(book, sheet)
        surface.Columns.insertByIndex(self._area(surface, f"{before}1")[0], count)

    def delete_columns(self, book: int, sheet: str, first: str, last: str | None = None) -> None:
        surface = self._unprotected(book, sheet)
        left, _, right, _ = self._area(surface, f"{first}1:{last or first}1")
        surface.Columns.removeByIndex(left, right - left + 1)

    def hide_columns(self, book: int, sheet: str, first: str, last: str | None = None, hidden: bool = True) -> None:
        block = self._unprotected(book, sheet).getCellRangeByName(f"{first}1:{last or first}1")
        block.Columns.IsVisible = not hidden

    # Sheets; positions count from 0

    def insert_sheet(self, book: int, name: str, position: int) -> None:
        self._free(book).Sheets.insertNewByName(name, position)

    def rename_sheet(self, book: int, sheet: str, name: str) -> None:
        self._free(book)
        surface = self._sheet(book, sheet)
        self._forget(book)
        surface.setName(name)
        if surface.getName() != name:
            raise Refused(f"LibreOffice does not take {name!r} as a sheet's name")

    def copy_sheet(self, book: int, sheet: str, name: str, position: int) -> None:
        self._free(book)
        self._sheet(book, sheet)
        self._book(book).Sheets.copyByName(sheet, name, position)

    def move_sheet(self, book: int, sheet: str, position: int) -> None:
        self._free(book)
        self._sheet(book, sheet)
        self._book(book).Sheets.moveByName(sheet, position)

    def delete_sheet(self, book: int, sheet: str) -> None:
        self._free(book)
        self._sheet(book, sheet)
        self._forget(book)
        self._book(book).Sheets.removeByName(sheet)

    def hide_sheet(self, book: int, sheet: str, hidden: bool = True) -> None:
        self._free(book)
        self._sheet(book, sheet).IsVisible = not hidden

    # Protection

    def protect(self, book: int, sheet: str | None = None) -> None:
        (self._book(book) if sheet is None else self._sheet(book, sheet)).protect("")

    def unprotect(self, book: int, sheet: str | None = None) -> None:
        thing = self._book(book) if sheet is None else self._sheet(book, sheet)
        if thing.isProtected():
            thing.unprotect("")
            if thing.isProtected():
                raise Refused(f"{sheet or 'the workbook'} is protected by a password")

    def unprotect_all(self, book: int) -> None:
        self.unprotect(book)
        for name in self._book(book).Sheets.ElementNames:
            self.unprotect(book, name)

    # What the commands share

    def _book(self, book: int) -> Any:
        if book not in self._books:
            raise Refused("the workbook is closed")
        return self._books[book]

    def _free(self, book: int) -> Any:
        found = self._book(book)
        if found.isProtected():
            raise Refused("the workbook's structure is protected; unprotect() first")
        return found

    def _forget(self, book: int) -> None:
        for key in [key for key in self._sheets if key[0] == book]:
            del self._sheets[key]

    def _sheet(self, book: int, name: str) -> Any:
        if (book, name) not in self._sheets:
            sheets = self._book(book).Sheets
            if not sheets.hasByName(name):
                raise Refused(f"no sheet {name!r}; there are {', '.join(sheets.ElementNames)}")
            self._sheets[book, name] = sheets.getByName(name)
        return self._sheets[book, name]

    def _unprotected(self, book: int, name: str) -> Any:
        sheet = self._sheet(book, name)
        if sheet.isProtected():
            raise Refused(f"sheet {name!r} is protected; unprotect({name!r}) first")
        return sheet

    def _unlocked(self, book: int, name: str, cells: str) -> Any:
        sheet = self._sheet(book, name)
        block = sheet.getCellRangeByName(cells)
        if sheet.isProtected():
            protection = block.getPropertyValue("CellProtection")
            if protection is None or protection.IsLocked:
                raise Refused(f"{cells} of the protected sheet {name!r} is locked; unprotect({name!r}) first")
        return block

    @staticmethod
    def _one(block: Any) -> Any:
        return block.getCellByPosition(0, 0)

    @staticmethod
    def _area(sheet: Any, name: str) -> tuple[int, int, int, int]:
        address = sheet.getCellRangeByName(name).RangeAddress
        return address.StartColumn, address.StartRow, address.EndColumn, address.EndRow

    @staticmethod
    def _used(sheet: Any) -> tuple[int, int, int, int]:
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        address = cursor.RangeAddress
        return 0, 0, address.EndColumn, address.EndRow


def answer(desk: Desk, command: dict[str, Any]) -> dict[str, Any]:
    """The reply to one command: ``{"ok": result}`` or ``{"error": message}``."""
    arguments = dict(command)
    verb = str(arguments.pop("do", ""))
    try:
        if verb == "batch":
            done = []
            for number, one in enumerate(arguments["commands"]):
                reply = answer(desk, one)
                if "error" in reply:
                    return {"error": f"command {number} of the batch: {reply['error']}"}
                done.append(reply["ok"])
            return {"ok": done}
        if verb.startswith("_") or not hasattr(desk, verb):
            raise Refused(f"no command {verb!r}")
        return {"ok": getattr(desk, verb)(**arguments)}
    except Exception as error:  # UNO's exceptions share no useful class
        reason = str(error) or "no reason given"
        kind = "" if isinstance(error, Refused) else f"{type(error).__name__}: "
        return {"error": f"{verb}: {kind}{reason}"}


def main(soffice: str, profile: Path) -> None:
    process, desktop = start(soffice, profile)
    lines: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        for line in sys.stdin:
            lines.put(line)
        lines.put("")
        try:  # a command that hangs must not outlive the driver
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()

    threading.Thread(target=listen, daemon=True).start()
    desk = Desk(desktop)
    print(json.dumps({"ok": None}), flush=True)
    while line := lines.get():
        print(json.dumps(answer(desk, json.loads(line))), flush=True)
    try:
        desktop.terminate()
        process.wait(5)
    except Exception:  # it may be gone already; that is what we want
        process.kill()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
