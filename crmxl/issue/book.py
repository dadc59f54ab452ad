"""The one door to XlsxWriter: every write succeeds or raises, and bytes depend on nothing but what is written.

XlsxWriter answers off-grid cells, over-long strings and over-long choice lists with a return code or a warning, and
caches 0 for a formula without a value. Here each of these raises WriteError, text is never turned into a formula, a
link or a number, and a formula always carries its value. What no XML can hold, half of a surrogate pair, is ``?``.
"""

from __future__ import annotations

import io
import re
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from fractions import Fraction
from functools import cache
from typing import Any

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from crmxl.errors import WriteError
from crmxl.expression import Fault, Value

MADE = datetime(2026, 1, 1)
"""Creation time written into every file: the same inputs must give the same bytes."""
FONT = "微软雅黑"
MAX_TEXT = 32_767
"""Characters of a cell, Excel's limit; those beyond U+FFFF count two."""
MAX_HEIGHT = 409
"""Points of a row, Excel's limit."""
_FOOTER = 120
"""Characters of one part of a header or footer; Excel takes 255 for all three with their commands."""
_NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_CALL = re.compile(r"\w+\(")


class _Sheet(Worksheet):  # type: ignore[misc]  # XlsxWriter has no type hints
    """XlsxWriter looks in every formula for thirty functions that need a prefix, one by one, which is most of what a
    formula costs; it is asked about each function once.
    """

    saved: Iterator[object] = iter(())
    """Takes a step for every row that goes into the file."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        if all(map(_unchanged, _CALL.findall(formula))) and formula[:1] == "=" and formula[-1] != "}":
            return formula[1:]
        return str(super()._prepare_formula(formula, expand_future_functions))

    def _write_row(self, *arguments: Any, **options: Any) -> None:
        next(self.saved, None)
        super()._write_row(*arguments, **options)


@cache
def _unchanged(call: str) -> bool:
    """Whether XlsxWriter leaves a call of this function as it is."""
    return bool(Worksheet()._prepare_formula(call) == call)


class _LockedWorkbook(Workbook):  # type: ignore[misc]  # XlsxWriter has no type hints
    """XlsxWriter cannot lock a workbook's structure; this adds the element where the schema wants it."""

    locked = False

    def _write_workbook_pr(self) -> None:
        super()._write_workbook_pr()
        if self.locked:
            self._xml_empty_tag("workbookProtection", [("lockStructure", "1")])


class Book:
    """A workbook in memory. With ``cut`` it tells of other files: a text too long for a cell ends in ``…`` then, where
    a budget workbook must not lose a character and raises WriteError.
    """

    def __init__(self, *, locked: bool = False, cut: bool = False) -> None:
        self.cut = cut
        self._buffer = io.BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            # Pasted cells take the Normal style: unlocked, so that pasting does not lock inputs.
            "default_format_properties": {"locked": False, "font_name": FONT, "font_size": 10, "valign": "vcenter"},
        }
        self.workbook = _LockedWorkbook(self._buffer, options)
        self.workbook.locked = locked
        self.workbook.set_properties({"created": MADE})
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def format(self, properties: Mapping[str, Any]) -> Any:
        """The format with these properties; one object for equal properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format({"valign": "vcenter", **properties})
        return self._formats[key]

    def sheet(self, name: str) -> Page:
        """A new sheet; raises WriteError where Excel would refuse the name."""
        with refusing():
            return Page(self, self.workbook.add_worksheet(name, _Sheet))

    def properties(self, title: str, custom: Mapping[str, str]) -> None:
        """Document properties."""
        self.workbook.set_properties({"title": _NO_XML.sub("?", title), "created": MADE, "author": "crmxl"})
        for name, value in custom.items():
            with refusing():
                self.workbook.set_custom_property(name, _NO_XML.sub("?", value), "text")

    def fitting(self, text: str) -> str:
        """``text`` as a cell can hold it; raises WriteError where it is too long and must not be cut."""
        text = text.encode("utf-8", "replace").decode("utf-8")
        if len(text) * 2 <= MAX_TEXT or (length := _length(text)) <= MAX_TEXT:
            return text
        if not self.cut:
            raise WriteError(f"a cell holds at most {MAX_TEXT:,} characters, not {length:,}")
        return text.encode("utf-16-le")[: 2 * (MAX_TEXT - 1)].decode("utf-16-le", "ignore") + "…"

    @property
    def texts(self) -> frozenset[str]:
        """Every text that was written, formulas' values aside."""
        return frozenset(self.workbook.str_table.string_table)

    def open_at(self, page: Page) -> None:
        """The sheet that is shown when the file is opened."""
        page.raw.activate()
        page.raw.set_first_sheet()

    def close(self, watched: Callable[[Sequence[int]], Iterable[int]] = iter) -> bytes:
        """The finished file; ``watched`` sees every row go by."""
        sheets = self.workbook.worksheets()
        rows = iter(watched(range(sum(len(sheet.table) for sheet in sheets))))
        for sheet in sheets:
            sheet.saved = rows
        with refusing():
            self.workbook.close()
        deque(rows, 0)
        return self._buffer.getvalue()


class Page:
    """A sheet. Rows and columns count from 1, as everywhere in crmxl; XlsxWriter's own object is ``raw``.

    Of texts, numbers and formulas XlsxWriter tells by return codes alone; only what it may warn of is ``refusing``.
    """

    def __init__(self, book: Book, raw: Worksheet) -> None:
        self.book, self.raw = book, raw

    def text(self, row: int, column: int, text: str, looks: Mapping[str, Any]) -> None:
        """A string, never anything else; an empty one leaves a formatted blank."""
        text = self.book.fitting(text)
        if text:
            check(self.raw.write_string(row - 1, column - 1, text, self.book.format(looks)))
        else:
            check(self.raw.write_blank(row - 1, column - 1, None, self.book.format(looks)))

    def number(self, row: int, column: int, number: Fraction | int, looks: Mapping[str, Any]) -> None:
        """A number; 15 digits are kept, which is Excel's precision and more than any allowed amount needs."""
        check(self.raw.write_number(row - 1, column - 1, binary(number), self.book.format(looks)))

    def formula(self, row: int, column: int, formula: str, value: Value, looks: Mapping[str, Any]) -> None:
        """A formula (without ``=``) with its true value."""
        if value is None:
            raise WriteError(f"the formula {formula} has no value")
        check(self.raw.write_formula(row - 1, column - 1, f"={formula}", self.book.format(looks), cached(value)))

    def link(self, row: int, column: int, target: str, text: str, looks: Mapping[str, Any]) -> None:
        """A link inside the workbook, such as ``'校验'!A1``."""
        with refusing():
            check(self.raw.write_url(row - 1, column - 1, f"internal:{target}", self.book.format(looks), text))

    def comment(self, row: int, column: int, text: str, width: int, height: int) -> None:
        """A note on a cell, in a box of this many pixels."""
        options = {"author": "crmxl", "width": width, "height": height, "font_name": FONT, "font_size": 9}
        text = self.book.fitting(text)
        with refusing():
            check(self.raw.write_comment(row - 1, column - 1, text, options))

    def chart(
        self,
        row: int,
        column: int,
        kind: Mapping[str, str],
        series: Sequence[Mapping[str, Any]],
        settings: Mapping[str, Mapping[str, Any]],
        options: Mapping[str, Any],
    ) -> None:
        """A native chart with its top left corner on the cell, which its ``options`` may shift.

        ``kind`` is what XlsxWriter's add_chart takes, each of ``series`` what add_series takes, ``settings`` are by
        method: ``legend`` is what set_legend takes.
        """
        with refusing():
            chart = self.book.workbook.add_chart(dict(kind))
            # Its fonts are for Latin letters alone; Chinese ones would be the theme's, 宋体.
            chart._write_a_latin = lambda font: [chart._xml_empty_tag(tag, font) for tag in ("a:latin", "a:ea")]
            for one in series:
                chart.add_series(dict(one))
            for method, setting in settings.items():
                getattr(chart, f"set_{method}")(dict(setting))
            check(self.raw.insert_chart(row - 1, column - 1, chart, dict(options)))

    def call(self, method: str, *arguments: Any, **options: Any) -> None:
        """Any other method of XlsxWriter's sheet, its failures raised; a row is no higher than Excel allows."""
        if method == "set_row" and len(arguments) > 1 and arguments[1] is not None:
            arguments = (arguments[0], min(arguments[1], MAX_HEIGHT), *arguments[2:])
        with refusing():
            check(getattr(self.raw, method)(*arguments, **options))


def binary(number: Fraction | int) -> float | int:
    """The cell content of an exact number; whole numbers stay whole."""
    return number.numerator if number.denominator == 1 else number.numerator / number.denominator


def yuan(fen: int) -> float | int:
    """The cell content of an amount in fen: ``binary`` of its 元."""
    return fen / 100 if fen % 100 else fen // 100


def cached(value: Value) -> float | int | str | bool:
    """The cached value of a formula whose exact value is ``value``."""
    if isinstance(value, Fault):
        return value.text
    if isinstance(value, Fraction):
        return binary(value)
    return "" if value is None else value


def check(result: object) -> None:
    """Raise WriteError for XlsxWriter's negative return codes."""
    if isinstance(result, int) and not isinstance(result, bool) and result < 0:
        raise WriteError(f"XlsxWriter refused ({result}): off the grid, or longer than Excel allows")


def footer(text: str) -> str:
    """Plain text for a header or footer, where ``&`` is a command; the beginning of a long one."""
    text = kept = _NO_XML.sub("?", text)
    while _length(kept.replace("&", "&&")) > _FOOTER:
        kept = kept[: min(len(kept) - 1, _FOOTER)]
    return (kept if kept == text else f"{kept[:-1]}…").replace("&", "&&")


def _length(text: str) -> int:
    """Characters as Excel counts them."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@contextmanager
def refusing() -> Iterator[None]:
    """Within it, XlsxWriter's warnings and own exceptions are WriteErrors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            yield
        except (UserWarning, xlsxwriter.exceptions.XlsxWriterException) as error:
            raise WriteError(str(error)) from error
