"""A table that the operator made, as rows of text that know where they stand: units.csv, figures.csv, a sheet.

Knows encodings, lines and cells, and nothing of what a column means. A workbook's sheet is read elsewhere, behind the
gate, and comes here as rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from crmxl.define.document import label
from crmxl.errors import CrmxlError, Problem

Row = tuple[int, Sequence[str]]
"""A line's number, as an editor or a spreadsheet program shows it, and its cells."""


def both(zh: str, en: str) -> str:
    """What is said of an operator's table, in both languages: those who make it are not those who run commands."""
    return f"{zh} · {en}"


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the lines below it, cells stripped, blank lines left out."""

    name: str
    """How messages call the file."""
    header: tuple[str, ...] = ()
    head: int = 1
    """The header's line."""
    lines: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """Number and cells, as many as the header has."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with it as a table."""
    warnings: tuple[Problem, ...] = ()
    sheet: str = ""
    """The tab's name, where the table stands in a workbook."""
    letters: tuple[str, ...] = ()
    """Its columns there."""

    @property
    def legible(self) -> bool:
        """Whether its cells stand where they belong; those of a CSV file are shifted by a comma too many."""
        return bool(self.header) and (bool(self.sheet) or not self.problems)

    def place(self, line: int, column: int | None = None) -> str:
        """How messages name a line, or a cell of it; ``column`` is counted from 0."""
        if self.sheet:
            return f"{self.name}: {self.sheet}!{'' if column is None else self.letters[column]}{line}"
        where = f"{self.name}: line {line}"
        return where if column is None else f"{where}, column {self.header[column]}"

    def heading(self, column: int | None = None) -> str:
        """How messages name the header, or one heading."""
        return self.place(self.head, column) if self.sheet else f"{self.name}: header"


def csv_table(path: Path) -> Table:
    """The table in a CSV file; raises CrmxlError where it cannot be read."""
    name = label(path)
    text = csv_text(path)
    if text is None:
        said = both(
            "既不是 UTF-8 也不是 GBK 文本，请另存为 CSV UTF-8", "is neither UTF-8 nor GBK text; save it as CSV UTF-8"
        )
        return Table(name, problems=(Problem(name, said),))
    rows: list[Row] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 1
    broken: tuple[Problem, ...] = ()
    try:
        for row in reader:
            rows.append((number, row))
            number = reader.line_num + 1
    except csv.Error as error:
        broken = (Problem(f"{name}: line {number}", both(f"不是 CSV：{error}", f"this is not CSV: {error}")),)
    found = table_of(Table(name, problems=broken), rows)
    return replace(found, problems=broken) if broken and not found.header else found


def csv_text(path: Path) -> str | None:
    """The text of a CSV file: UTF-8 with or without a mark, else GBK (and GB18030), in which Excel saves CSV in China.

    None where it is neither; raises CrmxlError where it cannot be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CrmxlError(f"{label(path)}: cannot be read ({error.strerror})") from error
    wide = raw.startswith((b"\xff\xfe", b"\xfe\xff"))  # UTF-16, which GB18030 might take for other words
    for encoding in () if wide else ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return None


def table_of(empty: Table, rows: Iterable[Row]) -> Table:
    """``empty`` with these rows: the first that is not blank is the header."""
    header: tuple[str, ...] = ()
    head, width = 1, 0
    lines: list[tuple[int, tuple[str, ...]]] = []
    ragged: list[tuple[int, int]] = []
    for number, row in rows:
        cells = tuple(cell.strip() for cell in row)
        if not header:
            width = len(cells)  # a blank cell more than the header has is a comma typed into another cell
            head, header = number, cells[: max((at for at, cell in enumerate(cells, 1) if cell), default=0)]
        elif any(cells):
            if not len(header) <= len(cells) <= width or any(cells[len(header) :]):
                ragged.append((number, len(cells)))
            lines.append((number, (*cells, *[""] * len(header))[: len(header)]))
    table = replace(empty, header=header, head=head, lines=tuple(lines))
    problems = [Problem(table.place(number), _ragged(table, cells)) for number, cells in ragged]
    if not header:
        said = both(
            "是空的，第一行应是列名：编码、名称、上级、类型、收件人 …", "is empty; its first line names columns"
        )
        problems.append(Problem(empty.name, said))
    return replace(table, problems=(*empty.problems, *problems))


def _ragged(table: Table, cells: int) -> str:
    if table.sheet:
        return both("有内容的列没有列名", "something stands in a column that has no heading")
    return both(
        f"有 {cells} 格，列名有 {len(table.header)} 格；格子里有逗号的请加引号",
        f"has {cells} cells, the header {len(table.header)}; put quotes around a comma in a cell",
    )
