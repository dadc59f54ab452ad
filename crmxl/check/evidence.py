"""What a submission says, as numbers: twice for the inputs, once for what the formulas showed.

*As the workbook computes*: a text in an amount counts 0, as SUM has it; against this cached values are compared.
*As converted*: what people evidently meant (``1,000元`` is 1000.00), each conversion told; this is what counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

from crmxl.expression import Fault, Value
from crmxl.issue.calculate import calculate
from crmxl.issue.places import Cell, Layout, Role
from crmxl.model import Key, Type
from crmxl.money import LIMIT_INPUT, LIMIT_ISSUED, Amount, read_number, read_text
from crmxl.receive.submission import Content, ContentType, Submission

DECIMALS: Mapping[Type, int | None] = {Type.MONEY: 2, Type.INTEGER: 0, Type.PERCENT: None, Type.QUANTITY: None}
"""Decimals that each type allows; None: any."""
_EPOCH = date(1899, 12, 30)
FIRST_DAY, LAST_DAY = 36526, 73050
"""Serial numbers of 2000-01-01 and 2099-12-31, the dates that a budget can mean."""
_BLANK = Content()


@dataclass(frozen=True)
class Evidence:
    """A submission with a layout, and its values."""

    submission: Submission
    layout: Layout

    def content(self, key: Key) -> Content:
        """What stands at ``key``; blank where it was not found."""
        return self.submission.contents.get(key, _BLANK)

    @cached_property
    def entries(self) -> tuple[Cell, ...]:
        """The cells that carry values into the calculation: inputs and issued parameters that were found."""
        roles = (Role.INPUT, Role.ISSUED)
        spots = self.submission.spots
        return tuple(cell for cell in self.layout.cells.values() if cell.role in roles and cell.key in spots)

    @cached_property
    def amounts(self) -> Mapping[Key, Amount]:
        """How each non-blank numeric entry reads."""
        return {
            cell.key: amount
            for cell in self.entries
            if cell.type.numeric and (amount := read_amount(cell, self.content(cell.key))) is not None
        }

    @cached_property
    def computed(self) -> Mapping[Key, Value]:
        """Entries as the workbook computes with them, those in closed months too."""
        closed = (key for key, cell in self.layout.cells.items() if cell.role is Role.CLOSED)
        there = (key for key in closed if key in self.submission.spots)
        return {key: as_computed(self.content(key)) for key in (*(cell.key for cell in self.entries), *there)}

    @cached_property
    def converted(self) -> Mapping[Key, Value]:
        """Entries as they count; what is refused is None here and a finding elsewhere."""
        return {cell.key: self._convert(cell) for cell in self.entries}

    def _convert(self, cell: Cell) -> Value:
        content = self.content(cell.key)
        if content.type is ContentType.ERROR:
            return Fault(content.text)
        if cell.type.numeric:
            amount = self.amounts.get(cell.key)
            return amount.value if amount is not None else None
        if cell.type is Type.DATE:
            day = read_day(content)
            return None if day is None else Fraction((day - _EPOCH).days)
        return written(content) or None

    @cached_property
    def recomputed(self) -> Mapping[Key, Value]:
        """Every calculated cell from the entries as they count."""
        return calculate(self.layout, self.converted)

    @cached_property
    def as_workbook(self) -> Mapping[Key, Value]:
        """Every calculated cell from the entries as the workbook computes with them, less the binary dust of numbers:
        programs sum 12.299999999999999 as 12.30, and a rounded bound must not move by it.
        """
        numbers = {
            key: amount.value
            for key, amount in self.amounts.items()
            if amount.value is not None and self.content(key).type is ContentType.NUMBER
        }
        entries = {**self.computed, **numbers}
        return self.recomputed if _same(entries, self.converted) else calculate(self.layout, entries)

    def judged(self, issued: Mapping[Key, Value]) -> dict[Key, Value]:
        """Every value by which the submission is judged and counts: entries as converted, but for figures ``issued``
        those of the records, and what follows from them.
        """
        entries = {**self.converted, **issued}
        calculated = self.recomputed if _same(entries, self.converted) else calculate(self.layout, entries)
        return {**entries, **calculated}

    @cached_property
    def shown(self) -> Mapping[Key, Value]:
        """What every cell shows: entries as computed, formulas by their cached values, recomputed where never
        calculated.
        """
        values: dict[Key, Value] = dict(self.computed)
        for key in self.layout.order:
            content = self.submission.contents.get(key)
            if content is None or (content.formula and not content.calculated):
                values[key] = self.as_workbook[key]
            else:
                values[key] = as_computed(content)
        return values


def _same(some: Mapping[Key, Value], others: Mapping[Key, Value]) -> bool:
    """Whether the same entries are filled with the same values."""
    filled = {key: value for key, value in some.items() if value is not None}
    return filled == {key: value for key, value in others.items() if value is not None}


def read_amount(cell: Cell, content: Content) -> Amount | None:
    """How a numeric entry reads; None for a blank, an error value, a date or a truth value."""
    decimals = DECIMALS[cell.type]
    limit = LIMIT_ISSUED if cell.role is Role.ISSUED else LIMIT_INPUT
    if content.type is ContentType.NUMBER:
        return read_number(content.text, decimals, limit)
    if content.type is ContentType.TEXT and content.text:
        return read_text(content.text, decimals, limit, percent=cell.type is Type.PERCENT)
    return None


def read_day(content: Content) -> date | None:
    """The day that an entry means; None where it means none."""
    if content.type in (ContentType.DATE, ContentType.NUMBER):
        amount = read_number(content.text, None)
        if amount.value is not None and amount.value.denominator == 1 and FIRST_DAY <= amount.value <= LAST_DAY:
            return _EPOCH + timedelta(days=int(amount.value))
        return None
    text = (
        content.text.strip().replace("年", "-").replace("月", "-").replace("日", "").replace("/", "-").replace(".", "-")
    )
    parts = text.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts) or len(parts[0]) != 4:
        return None
    try:
        day = date(*map(int, parts))
    except ValueError:
        return None
    return day if FIRST_DAY <= (day - _EPOCH).days <= LAST_DAY else None


def as_computed(content: Content) -> Value:
    """A cell's content as Excel computes with it."""
    match content.type:
        case ContentType.BLANK:
            return None
        case ContentType.NUMBER | ContentType.DATE:
            return read_number(content.text, None, limit=10**300).value
        case ContentType.BOOLEAN:
            return content.text == "TRUE"
        case ContentType.ERROR:
            return Fault(content.text)
        case _:
            return content.text


def written(content: Content) -> str:
    """A text entry as it counts: as typed, nothing where there is only white space; a date as its ISO text."""
    if content.type is ContentType.DATE:
        day = read_day(content)
        return day.isoformat() if day else content.text
    return "" if content.invisible else content.text


def day_text(serial: Fraction) -> str:
    """The ISO text of a date's serial number."""
    return (_EPOCH + timedelta(days=int(serial))).isoformat()
