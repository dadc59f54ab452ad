"""An account list as finance people keep it, row by row: where its header stands, which rows are accounts.

Knows listings of cells; must not know files, nor what stands under what: that is account_tree.py. Everything that is
wrong is told at once, each at its cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePath
from typing import TypeAlias, TypeVar

from crmxl.define.account_cells import (
    Cell,
    as_shown,
    bound_of,
    code_fault,
    code_of,
    fraction,
    heading_of,
    key_of,
    open_of,
    plain_word,
    role,
    roles,
    tags_of,
    title_fault,
    total_title,
    units_in,
    words,
)
from crmxl.define.account_units import open_unit_fault, unit_fault
from crmxl.define.units_table import both
from crmxl.errors import Problem
from crmxl.model import Text
from crmxl.money import show_plain
from crmxl.signs import visible

_SEARCHED = 20
"""Rows in which the header is looked for; titles and units stand above it."""
_REMARK = re.compile(r"注[0-9]*[:、.]|(?:说明|备注|制表|编制|审核|审批|批准|填表|单位|日期|note)[^:]{0,3}:")
"""How rows begin that stand beside a list and are none of its accounts."""
_SIDES = ("low", "high")
_MONEY = re.compile("[万萬千百亿億元币]|000|thousand|million|usd|hkd|eur", re.IGNORECASE)
"""What a remark holds that may say a unit; a title ``k`` does not."""
_MOST = 10
"""Cells that a message lists."""

_Value = TypeVar("_Value")
Merge: TypeAlias = tuple[int, int, int, int]
"""First row, first column, last row, last column; columns from 0."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of cells, not yet understood: a sheet, or a text file cut at one kind of sign."""

    name: str
    """How messages call the file."""
    rows: tuple[tuple[int, tuple[Cell, ...]], ...] = ()
    """Number, as people see it, and cells from the first column on."""
    sheet: str = ""
    """The tab's name, where it stands in a workbook."""
    letters: tuple[str, ...] = ()
    """Its columns there."""
    merges: tuple[Merge, ...] = ()
    hidden: frozenset[int] = frozenset()
    """Numbers of rows that nobody sees."""

    @property
    def whole(self) -> str:
        """How messages name all of it."""
        return f"{self.name}: {self.sheet}" if self.sheet else self.name

    def cell(self, row: int, column: int) -> str:
        """How messages name a cell beside the file."""
        return f"{self.letters[column]}{row}" if self.sheet else f"line {row}, column {column + 1}"

    def place(self, row: int, column: int) -> str:
        """How messages name a cell."""
        return f"{self.name}: {f'{self.sheet}!' if self.sheet else ''}{self.cell(row, column)}"


@dataclass(frozen=True, slots=True)
class Account:
    """One account, as its row says."""

    row: int
    code: str
    """The list's own code, full-width signs and blanks put right: ``660101``, ``6601-01``; empty where unusable."""
    title: Text
    parent: str = ""
    """Code or title of the account above, as written, where the list says it."""
    heading: bool | None = None
    """Whether the list says that it is a heading; None where it does not say."""
    low: Fraction | None = None
    """元; None where there is no bound."""
    high: Fraction | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    open: int = 0
    """Blank lines under it."""

    @property
    def key(self) -> str:
        """The code with dots between its parts."""
        return key_of(self.code)


@dataclass(frozen=True, slots=True)
class AccountList:
    """The accounts of a list, and what is to be said of it."""

    listing: Listing
    accounts: tuple[Account, ...] = ()
    """In the order of the list."""
    title: str = ""
    """What stands above the header; empty where nothing does."""
    columns: Mapping[str, int] = field(default_factory=dict)
    """Columns by meaning."""
    fractions: frozenset[int] = frozenset()
    """Rows whose code is stored as a number such as 1.1."""
    parent_fractions: frozenset[int] = frozenset()
    """Rows whose parent is."""
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def place(self, account: Account, meaning: str = "code") -> str:
        """How messages name a cell of the account's row."""
        return self.listing.place(account.row, self.columns[meaning])


def read_accounts(listings: Sequence[Listing]) -> AccountList:
    """The accounts of the first listing that has a header; nothing is raised, problems are for the caller to refuse.

    The listings are one file: the sheets of a workbook, or a text cut at commas, at semicolons, at tabs. Other sheets
    that have a header are told.
    """
    headed = [(listing, at) for listing in listings if (at := _head(listing)) is not None]
    if headed:
        return _Reading(*headed[0]).read(tuple(listing.sheet for listing, _ in headed[1:] if listing.sheet))
    first = listings[0]
    seen = next((cells for _, cells in first.rows if any(cell.text.strip() for cell in cells)), ())
    there = "、".join(words(cell.text) for cell in seen[:_MOST] if cell.text.strip()) or "—"
    said = both(
        f"前 {_SEARCHED} 行里没有列名：要有“编码”和“名称”两列；表的开头是 {there}",
        f"no header in the first {_SEARCHED} rows: the columns code and title must be there; it begins with {there}",
    )
    return AccountList(first, problems=(Problem(first.whole, said),))


def _head(listing: Listing) -> int | None:
    """The index of the row that is the header."""
    rows = enumerate(listing.rows[:_SEARCHED])
    return next((at for at, (_, cells) in rows if {"code", "title"} <= roles(cells).keys()), None)


class _Reading:
    """A listing being read, its header in the row with index ``at``."""

    def __init__(self, listing: Listing, at: int) -> None:
        self.listing = listing
        self.head, header = listing.rows[at]
        self.above, self.below = listing.rows[:at], listing.rows[at + 1 :]
        self.columns = roles(header)
        self.headings = {column: cell.text for column, cell in enumerate(header) if cell.text.strip()}
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.changed: list[str] = []
        self.fractions: list[int] = []
        self.parent_fractions: list[int] = []
        self._second_row()
        self.units = {name: units_in(self.headings[self.columns[name]]) for name in _SIDES if name in self.columns}
        self.converted: dict[str, list[str]] = {}

    def _second_row(self) -> None:
        """A header of two rows: 预算区间 stands above 下限 and 上限."""
        cells = self.below[0][1] if self.below else ()
        named = {meaning: at for meaning, at in roles(cells).items() if meaning in ("low", "high")}
        own = (self.columns["code"], self.columns["title"])
        if not named or any(at < len(cells) and cells[at].text.strip() for at in own):
            return
        self.columns.pop("range", None)
        for meaning, at in named.items():
            self.columns.setdefault(meaning, at)
            over = next((text for column, text in reversed(self.headings.items()) if column <= at), "")
            self.headings[at] = f"{cells[at].text} {over}"
        self.below = self.below[1:]

    def read(self, others: Sequence[str]) -> AccountList:
        """Every row as an account; rows that are none are told, and ``others``, the sheets that are lists too."""
        self._of_header()
        merged = [area for area in self.listing.merges if self._matters(area)]
        accounts: list[Account] = []
        passed: list[str] = []
        for row, cells in self.below:
            there = {name: cells[at] if at < len(cells) else Cell() for name, at in self.columns.items()}
            if self._passes(there):
                passed += [str(row)] if any(words(cell.text) for cell in there.values()) else []
            else:
                accounts.append(self._account(row, there, any(area[0] <= row <= area[2] for area in merged)))
        if not accounts:
            said = both("列名下面没有科目", "there is no account below the header")
            self.problems.append(Problem(self.listing.place(self.head, self.columns["code"]), said))
        self._of_merges(merged, {account.row for account in accounts})
        self._told("编码读作", "codes were read as", self.changed)
        for name, what, whats, lost in (
            ("code", "编码", "codes", self.fractions),
            ("parent", "上级编码", "parents", self.parent_fractions),
        ):
            self._told(
                f"{what}存成了数字，1.10 会读成 1.1；有这样编码的，请把这一列设为文本后重新输入",
                f"{whats} stored as numbers, where 1.10 reads as 1.1; if there is such a code, format the column as "
                "text and type it again",
                [self.listing.cell(row, self.columns[name]) for row in lost],
            )
        for name, turned in self.converted.items():
            unit = visible(self.units[name][0].words)
            self._told(f"界限从{unit}换算成了元", f"bounds were turned from {unit} into yuan", turned)
        self._told(
            "这些工作表也有科目表的列名，没有采用；要用其中一张，请加 --sheet 表名",
            "sheets that have the header of a list too and were not taken; name the one to take with --sheet",
            others,
        )
        self._told("合计、说明等行没有采用", "rows of totals and remarks were not taken", passed)
        hidden = [str(account.row) for account in accounts if account.row in self.listing.hidden]
        self._told("隐藏的行也算", "hidden rows count too", hidden)
        return AccountList(
            self.listing,
            tuple(accounts),
            self._title(),
            self.columns,
            frozenset(self.fractions),
            frozenset(self.parent_fractions),
            tuple(self.problems),
            tuple(self.warnings),
        )

    def _of_header(self) -> None:
        """Two columns of one meaning, bounds whose unit is not certain, columns that are not used."""
        for at, text in self.headings.items():
            other = self.columns.get(role(text), at)
            if other != at:
                one, two = words(text), words(self.headings.get(other, ""))
                said = both(f"“{one}”和“{two}”是一回事，请留一列", f"`{one}` and `{two}` mean the same; keep one")
                self.problems.append(Problem(self.listing.place(self.head, at), said))
        unused = [words(text) for at, text in self.headings.items() if not role(text) and at not in self._used()]
        self._told("这些列没有用到", "columns that are not used", [word for word in unused if word])
        for name, units in self.units.items():
            others = (unit for other in self.units.values() for unit in other)
            if said := unit_fault(units) or ("" if units else open_unit_fault(self._beside(), others)):
                self.problems.append(Problem(self.listing.place(self.head, self.columns[name]), said))

    def _beside(self) -> Iterator[tuple[str, str]]:
        """Where units may stand beside the bounds, each with its text: names, the rows above, titles, remarks."""
        yield self.listing.sheet, self.listing.sheet
        yield PurePath(self.listing.name).name, PurePath(self.listing.name).stem
        passed = {self.columns.get(name, -1) for name in ("parent", "range", "open", "tags", *_SIDES)}
        for rows in (self.above, self.below):
            for row, cells in rows:
                for at, cell in enumerate(cells):
                    if cell.kind == "text" and (rows is self.above or (at not in passed and _MONEY.search(cell.text))):
                        yield self.listing.cell(row, at), cell.text

    def _used(self) -> set[int]:
        return set(self.columns.values())

    def _matters(self, area: Merge) -> bool:
        """Whether merged cells stand among the accounts, in columns that count."""
        _, left, bottom, right = area
        first = self.below[0][0] if self.below else self.head + 1
        return bottom >= first and any(left <= at <= right for at in self._used())

    def _of_merges(self, merged: Sequence[Merge], rows: set[int]) -> None:
        for top, left, bottom, right in merged:
            if any(top <= row <= bottom for row in rows):
                said = both("有合并单元格，请取消合并、每行填全", "cells are merged; unmerge them and fill each row")
                place = f"{self.listing.place(top, left)}:{self.listing.cell(bottom, right)}"
                self.problems.append(Problem(place, said))

    def _passes(self, there: Mapping[str, Cell]) -> bool:
        """Whether the row is no account: blank, a total, a remark beside the list, a header repeated on each page."""
        code, title = plain_word(there["code"].text), plain_word(there["title"].text)
        said = [one for one in (code, title) if one]
        if not any(words(cell.text) for cell in there.values()) or (said and all(map(total_title, said))):
            return True
        if (role(code), role(title)) == ("code", "title"):
            return True
        return not (code and title) and bool(_REMARK.match(code or title))

    def _account(self, row: int, there: Mapping[str, Cell], merged: bool) -> Account:
        """The row as an account; in ``merged`` rows a blank cell is no mistake of its own."""
        for name, cell in there.items():
            if cell.wrong:
                self._wrong(row, name, cell.wrong)
        absent = Cell()
        code = self._code(row, there["code"], merged)
        title = self._words(row, "title", there["title"])
        if not title and not there["title"].wrong and not merged:
            self._wrong(row, "title", both("名称空着", "the title is blank"))
        bounds = {}
        for name in _SIDES:
            bounds[name] = self._bound(row, name, there.get(name, absent))
        low, high = bounds["low"], bounds["high"]
        if low is not None and high is not None and low > high:
            a, b = show_plain(low), show_plain(high)
            self._wrong(row, "low", both(f"下限 {a} 大于上限 {b}", f"the minimum {a} is above the maximum {b}"))
        if words(there.get("range", absent).text):
            self._wrong(row, "range", both("请分成“下限”“上限”两列", "split it into two columns, min and max"))
        return Account(
            row,
            code,
            Text(title, self._words(row, "en", there.get("en", absent))),
            self._parent(row, there.get("parent", absent)),
            self._take(row, "type", heading_of(there.get("type", absent))),
            low,
            high,
            self._take(row, "tags", tags_of(there.get("tags", absent))),
            words(there.get("note", absent).text),
            self._take(row, "open", open_of(there.get("open", absent))),
        )

    def _bound(self, row: int, name: str, cell: Cell) -> Fraction | None:
        """A bound in 元; where its unit is no usual one, what it was turned into is told."""
        unit = next(iter(self.units.get(name, ())), None)
        times = unit.times if unit else 1
        if not times:  # the heading is told
            return None
        bound = self._take(row, name, bound_of(cell, times))
        if bound is not None and unit and not unit.plain:
            where = self.listing.cell(row, self.columns[name])
            self.converted.setdefault(name, []).append(f"{where} {words(cell.text)} → {show_plain(bound)}")
        return bound

    def _parent(self, row: int, cell: Cell) -> str:
        """The parent as it is shown."""
        shown = as_shown(cell)
        if shown.wrong and not cell.wrong:
            self._wrong(row, "parent", shown.wrong)
        if fraction(shown):
            self.parent_fractions.append(row)
        return words(shown.text)

    def _take(self, row: int, name: str, meaning: tuple[_Value, str]) -> _Value:
        """The value; what is wrong with it is kept."""
        value, said = meaning
        if said:
            self._wrong(row, name, said)
        return value

    def _wrong(self, row: int, name: str, said: str) -> None:
        self.problems.append(Problem(self.listing.place(row, self.columns[name]), said))

    def _code(self, row: int, cell: Cell, merged: bool) -> str:
        """The code, put right; empty where it cannot be used."""
        shown = as_shown(cell)
        code = code_of(shown.text)
        said = shown.wrong or (code_fault(shown, code) if code else both("编码空着", "the code is blank"))
        if said:
            if not cell.wrong and (code or not merged):
                self._wrong(row, "code", said)
            return ""
        if code != cell.text.strip(" "):
            where = self.listing.cell(row, self.columns["code"])
            self.changed.append(f"{where} {visible(cell.text)} → {code}")
        if fraction(shown):
            self.fractions.append(row)
        return code

    def _words(self, row: int, name: str, cell: Cell) -> str:
        """A title in one line."""
        title = words(cell.text)
        if said := title_fault(title):
            self._wrong(row, name, said)
        elif title != " ".join(cell.text.split()):
            said = both(f"去掉了看不见的字符：{title}", f"signs that nobody sees were dropped: {title}")
            self.warnings.append(Problem(self.listing.place(row, self.columns[name]), said))
        return title

    def _told(self, zh: str, en: str, what: Sequence[str]) -> None:
        """A warning that lists cells or rows."""
        if what:
            listed = "；".join(what[:_MOST]) + (" …" if len(what) > _MOST else "")
            self.warnings.append(Problem(self.listing.whole, both(f"{zh}：{listed}", f"{en}: {listed}")))

    def _title(self) -> str:
        """The first row above the header that holds one text alone, and no 单位：元 or the like."""
        for _, cells in self.above:
            texts = [words(cell.text) for cell in cells if words(cell.text)]
            if len(texts) == 1 and not _REMARK.match(plain_word(texts[0])):
                return texts[0]
        return ""
