"""What stands on an issued sheet but in none of its cells: amounts without a code (S107), and strays (S113).

An amount between the header and the last line must not be dropped in silence, so it is an error; other content is told
and left alone. What was issued there (headings, header, status, signature block) is neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from crmxl.catalogue import finding
from crmxl.issue.addresses import a1
from crmxl.issue.places import SIGNATURES, Layout, Role, column_of
from crmxl.model import Finding, Kind, Place, Text
from crmxl.money import read_number, show_plain
from crmxl.receive.anchors import Located, span_title
from crmxl.receive.submission import Content, ContentType

_SIGNATURES = tuple(text.partition(mark)[0] for one in SIGNATURES for text, mark in ((one.zh, "："), (one.en, ":")))
"""Open the lines of the signature block, which units fill in."""
_NOTHING = Text("空白", "blank")
_FIGURES = (ContentType.NUMBER, ContentType.DATE)
_TYPED = (Role.INPUT, Role.ISSUED, Role.CLOSED)


@dataclass(slots=True)
class Leftovers:
    """What one sheet holds beside its keyed cells."""

    findings: list[Finding] = field(default_factory=list)
    strays: dict[tuple[int, int], Content] = field(default_factory=dict)


def leftovers(layout: Layout, sheet: Located, keyed: Collection[tuple[int, int]]) -> Leftovers:
    """What stands on ``sheet`` outside the ``keyed`` places, in the order of rows; nothing where S103 names it all."""
    return _Sweep(layout, sheet, keyed).result() if sheet.id_row else Leftovers()


class _Sweep:
    """One sheet's rows, from top to bottom."""

    def __init__(self, layout: Layout, sheet: Located, keyed: Collection[tuple[int, int]]) -> None:
        self.sheet = sheet
        plan = sheet.plan
        keys = layout.keys_by_sheet[plan.id]
        typed = {column_of(key) for role in _TYPED for key in keys[role]} - {"title"}
        self.inputs = frozenset(sheet.columns[id] for id in typed if id in sheet.columns)
        self.known = frozenset(sheet.columns.values())
        self.issued = {row.title for row in plan.rows} | {span.title for span in plan.spans} | {plan.note}
        self.codes = frozenset(sheet.rows.values())
        self.coded = self.codes | sheet.doubled_rows
        self.found = Leftovers()
        self.reported: set[int] = set()
        self.by_row: dict[int, dict[int, Content]] = defaultdict(dict)
        """What can be seen outside the keyed cells."""
        for place, content in sheet.tab.cells.items():
            if place not in keyed and not content.invisible:
                self.by_row[place[0]][place[1]] = content
        self.header, self.last = self._header(), self._last()

    def result(self) -> Leftovers:
        self._titles()
        for row, cells in self.by_row.items():
            if row <= self.header:
                self._above(row, cells)
                continue
            others = {column: content for column, content in cells.items() if self._foreign(row, column, content)}
            if row in self.codes:
                # A number in a column of the form, on a line that has no cell there, has no place.
                self._report(row, _columns(others, self.known, numbers=True))
            elif row <= self.last and row not in self.sheet.doubled_rows:
                self._report(row, _columns(others, self.inputs))
            if row > self.last:
                below = _columns(others, self.inputs, numbers=True)
                self._below(row, below)
                others = {column: content for column, content in others.items() if column not in below}
            if row not in self.reported:
                self._stray(row, others)
        return self.found

    def _below(self, row: int, cells: Mapping[int, Content]) -> None:
        """A number in an amount column under the table: probably meant as a line, so it is told by itself."""
        for column, content in cells.items():
            place = self.sheet.place(a1(row, column))
            self.found.findings.append(finding("S117", place=place, found=content.text or content.formula))

    def _header(self) -> int:
        """The first row with a column's title under its id; the one before the first code where the titles are gone."""
        first, sheet = min(self.coded, default=0), self.sheet
        titles = {sheet.columns[span.id]: span.title for span in sheet.plan.spans if span.id in sheet.columns}
        for row, cells in self.by_row.items():
            if sheet.id_row < row < first and any(cells[column].text == titles.get(column) for column in cells):
                return row
        return max(first - 1, sheet.id_row)

    def _titles(self) -> None:
        """S109: a column under another title than it was issued with; where all are gone, one for the row."""
        cells, wrong, right = self.by_row.get(self.header, {}), [], 0
        for span in self.sheet.plan.spans:
            column = self.sheet.columns.get(span.id)
            if column is None or span.hidden:
                continue
            content = cells.get(column, Content())
            if content.text.strip() == span.title.strip():
                right += 1
            elif content.invisible or _text(content) or column not in self.inputs:  # else S107 tells of it
                place = self.sheet.place(a1(self.header, column), span_title(self.sheet.plan, span))
                wrong.append(
                    finding("S109", variant="column", place=place, found=content.text or _NOTHING, expected=span.title)
                )
        self.found.findings += wrong if right else wrong[:1]

    def _last(self) -> int:
        """The last row where an entry is looked for.

        Where the form ends with rows that units fill, they may have gone on below: rows that follow without a gap
        belong to it.
        """
        last = max(self.coded, default=0)
        if self.sheet.plan.rows[-1].kind.filled:
            while any(column in self.known for column in self.by_row.get(last + 1, ())):
                last += 1
        return last

    def _above(self, row: int, cells: Mapping[int, Content]) -> None:
        """Rows down to the header hold issued words and the flag; only a figure there is somebody's own."""
        if row == self.header:
            self._report(row, _columns(cells, self.inputs, numbers=True))
        else:
            self._stray(
                row,
                {
                    column: content
                    for column, content in cells.items()
                    if content.type in _FIGURES and not content.formula
                },
            )

    def _foreign(self, row: int, column: int, content: Content) -> bool:
        """Whether somebody put it there: not issued, nor told of by S104 … S106."""
        sheet = self.sheet
        if column in sheet.doubled_columns:
            return False
        if column == sheet.code_column and row <= self.last:
            return False
        if column in self.known and row in sheet.doubled_rows:
            return False
        copied = content.formula and column in self.known - self.inputs and row not in self.codes
        return not copied and not self._was_issued(content)

    def _was_issued(self, content: Content) -> bool:
        return _text(content) and (content.text in self.issued or content.text.startswith(_SIGNATURES))

    def _report(self, row: int, amounts: Mapping[int, Content]) -> None:
        """One finding for a row, at its first number, else at its first content."""
        if not amounts:
            return
        numbers = (column for column, content in amounts.items() if content.type is ContentType.NUMBER)
        column = next(numbers, min(amounts))
        content = amounts[column]
        title = self.sheet.tab.cells.get((row, self.sheet.columns.get("title", 0)), Content()).text
        place = self.sheet.place(a1(row, column), title)
        self.found.findings.append(finding("S107", variant=self._variant(row), place=place, found=_said(content)))
        self.reported.add(row)

    def _variant(self, row: int) -> str:
        """What S107 advises: where there may be a free line near ``row``."""
        if row in self.codes:
            return "no-cell"
        plan = self.sheet.plan
        if plan.kind is Kind.LIST:
            return "record"
        near = min(((abs(row - at), at > row, code) for code, at in self.sheet.rows.items()), default=(0, False, ""))
        return "" if plan.has_blanks(near[2]) else "no-blanks"

    def _stray(self, row: int, cells: Mapping[int, Content]) -> None:
        for column, content in cells.items():
            if not self._was_issued(content):
                self.found.strays[row, column] = content


def _columns(cells: Mapping[int, Content], columns: Collection[int], *, numbers: bool = False) -> dict[int, Content]:
    """The cells that stand in ``columns``; with ``numbers``, without plain texts."""
    return {
        column: content for column, content in cells.items() if column in columns and not (numbers and _text(content))
    }


def _said(content: Content) -> str:
    """What stands there, numbers with separators."""
    value = read_number(content.text, None).value if content.type is ContentType.NUMBER else None
    return show_plain(value) if value is not None else content.text or content.formula


def _text(content: Content) -> bool:
    return content.type is ContentType.TEXT and not content.formula


def tell(strays: Mapping[tuple[str, int, int], Content]) -> Iterator[Finding]:
    """One finding for all strays of a file, at the first."""
    if strays:
        sheet, row, column = next(iter(strays))
        cell = a1(row, column)
        yield finding("S113", place=Place(sheet, cell), found=str(len(strays)), example=f"{sheet}!{cell}")
