"""Tables, wrapped text and progress for people at a terminal; the only importer of rich.

Text is never markup, and never a command to the terminal: a file called ``[red].xlsx`` is shown as it is, an escape
sequence in a name is spelled out. NO_COLOR and the terminal's width are rich's business; a line is broken by crmxl
itself, since Chinese has no spaces to break at and no line may start with 。.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, TypeVar

from crmxl.report.harmless import visible, visible_lines

if TYPE_CHECKING:
    from rich.console import Console

Item = TypeVar("Item")
_NARROWEST = 8
"""Columns that a text needs to be read."""
_GAP = 3
"""Columns between two columns of a table."""
_MANY = 100
"""Rows of a table beyond which laying it out takes longer than all the rest."""

_BREAK = re.compile(r"\r?\n")
_PIECE = re.compile(r"\s+|[“‘「『（《【〈(\[{¥]*(?:[!-~]+|.)[、，。；：？！）》】〉」』’”％…·]*", re.DOTALL)
"""What a line is broken between: a Latin word or number, or one other character, with the marks that belong to it."""


def console(file: IO[str] | None = None, width: int | None = None) -> Console:
    """A console on ``file`` (stdout where none is given) that takes every text literally, whatever is in it."""
    from rich.console import Console
    from rich.segment import Segment

    class Literal(Console):
        """The last to see a text; only rich's own colours pass as they are."""

        def render(self, *arguments: Any, **options: Any) -> Iterator[Segment]:
            for text, style, control in super().render(*arguments, **options):
                yield Segment(text if control else visible_lines(text), style, control)

    return Literal(file=file or sys.stdout, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False)


def broken(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` columns; a Chinese character takes two."""
    from rich.cells import cell_len, chop_cells

    lines: list[str] = []
    for paragraph in _BREAK.split(text.rstrip("\r\n")):
        line = ""
        for piece in _PIECE.findall(visible(paragraph)):
            if cell_len(line) + cell_len(piece.rstrip()) > width and line:
                lines.append(line.rstrip())
                line = ""
            if cell_len(piece) > width:
                *full, piece = chop_cells(piece, width)
                lines.extend(full)
            line += piece if line else piece.lstrip()
        lines.append(line.rstrip())
    return lines


def indented(text: str, first: str, width: int) -> str:
    """``text`` broken to ``width`` columns behind ``first``, later lines under the start of the text."""
    from rich.cells import cell_len

    indent = cell_len(first)
    lines = broken(text, max(20, width - indent))
    return first + ("\n" + " " * indent).join(lines)


def print_table(
    to: Console,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    title: str = "",
    total: Sequence[str] = (),
    sections: bool = False,
) -> None:
    """A table with ``headers``, and a last row ``total``; columns ``right`` (from 0) hold numbers, never broken: where
    the terminal is too narrow for them the table is wider than it.

    With ``sections`` a line is drawn wherever the first column changes, which is then not repeated.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    if title:
        to.print(Text(title, style="bold"), soft_wrap=True)
    if not sections and print_long(to, headers, rows, right=right, total=total):
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for at, header in enumerate(headers):
        number = at in right
        table.add_column(Text(visible(header)), justify="right" if number else "left", no_wrap=number, overflow="fold")
    before = ""
    for row in rows:
        if sections and before and row[0] != before:
            table.add_section()
        first = "" if sections and row[0] == before else row[0]
        before = row[0]
        table.add_row(*(Text(visible(cell)) for cell in (first, *row[1:])))
    if total:
        table.add_section()
        table.add_row(*(Text(visible(cell), style="bold") for cell in total))
    width = _least_width((headers, *rows, *((total,) if total else ())), right)
    to.print(table, width=max(to.width, width), crop=False)


def print_long(
    to: Console,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    total: Sequence[str] = (),
    coloured: Sequence[tuple[int, str]] = (),
) -> bool:
    """Print a table of many rows line by line, which looks the same and takes a fraction of the time; False, and
    nothing printed, for a short one and where the terminal is too narrow. ``coloured``: by row, a column and its style.
    """
    from rich.cells import cell_len
    from rich.text import Text

    if len(rows) <= _MANY:
        return False
    head, *body = [[visible(cell) for cell in row] for row in (headers, *rows, *((total,) if total else ()))]
    widths = [max(map(cell_len, column)) for column in zip(head, *body, strict=True)]
    whole = sum(widths) + _GAP * (len(widths) - 1)
    if whole > to.width:
        return False

    def line(row: Sequence[str], style: str = "", at: int = -1, colour: str = "") -> Text:
        found = Text(style=style)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            fill = " " * (width - cell_len(cell))
            found.append(" " * _GAP if column else "")
            found.append(fill + cell if column in right else cell + fill, colour if column == at else None)
        return found

    lines = [line(head, "bold"), Text("─" * whole)]
    colours = coloured or ((-1, ""),) * len(rows)
    lines += [line(row, "", *colour) for row, colour in zip(body, colours, strict=False)]
    lines += [Text(" " * whole), line(body[-1], "bold")] if total else []
    to.print(Text("\n").join(lines), soft_wrap=True)
    return True


def _least_width(rows: Sequence[Sequence[str]], right: Sequence[int]) -> int:
    """Columns that a table takes in which numbers stand whole and texts are broken as far as can be."""
    from rich.cells import cell_len

    numbers = [max(cell_len(visible(row[at])) for row in rows) for at in right]
    return sum(numbers) + _NARROWEST * (len(rows[0]) - len(right)) + _GAP * (len(rows[0]) - 1)


def progress(items: Sequence[Item], description: str) -> Iterator[Item]:
    """``items`` one by one, with a bar on stderr where that is a terminal and there is something to wait for."""
    if len(items) < 2 or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description, console=Console(stderr=True), transient=True)
