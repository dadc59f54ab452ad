"""A report as the ledger keeps it: canonical JSON from which consolidation, trace, diff, reviews and the annotated copy
get what the file gave, without reading it again.

Values, findings and the unit's own words are kept exactly; what follows from the template is laid out anew and must
have the fingerprint that it had. Cells are not named: they stand in the layout's order, and what repeats is counted.
Left out is what only checking asks: what calculated and issued cells showed, links, strays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from operator import is_
from typing import Any

from crmxl.check.verdict import Report
from crmxl.errors import CrmxlError
from crmxl.expression import Fault, Value
from crmxl.group.acts import canonical
from crmxl.group.definitions import Definitions, nil_report
from crmxl.group.record_words import (
    MOST_NUMBERS,
    Contents,
    as_number,
    as_text,
    beside_of,
    beside_said,
    content_of,
    content_said,
    finding_of,
    finding_said,
    text_of,
)
from crmxl.issue.places import Layout, Role
from crmxl.issue.stamp import Stamp, read_stamp, stamp_text
from crmxl.model import Key
from crmxl.receive.submission import Content, ContentType, Spot, Submission

__all__ = ["Definitions", "from_record", "nil_report", "to_record"]

FORM = 1
"""Version of the record's form."""
_RUN = re.compile(r"([1-9][0-9]*)([-nt*])")
_WITHOUT_LAYOUT = frozenset(("record", "digest", "findings", "stamp"))
_PARTS = _WITHOUT_LAYOUT | {"layout", "live", "values", "typed", "odd", "places", "beside"}
_BLANK = Content()
_NONE = object()
"""In place of a value that is not there; a blank cell's is None."""
_MOST_KEPT = 1_000
"""Layouts and places that are remembered: those of a round's records are much the same."""


# -- report → record ---------------------------------------------------------------------------------------------


def to_record(report: Report) -> bytes:
    """``report`` as canonical JSON; the same for equal reports, whatever their files are called.

    Raises ValueError for a value of a cell that the layout does not have.
    """
    submission = report.submission
    stamp, layout = submission.stamp, submission.layout
    body: dict[str, Any] = {
        "record": FORM,
        "digest": submission.digest,
        "findings": [finding_said(one) for one in report.findings],
    }
    if stamp is not None:
        body["stamp"] = _stamp_body(stamp)
    if layout is not None and stamp is not None:
        order = _order(layout)
        if strange := report.values.keys() - layout.cells.keys():
            raise ValueError(f"values of no cell: {', '.join(sorted(strange))}")
        body["layout"] = layout.fingerprint
        body["live"] = len(layout.policies) == len(stamp.assignment.policies)
        body["values"] = _values(order, report.values)
        body["typed"], body["odd"] = _typed(order, submission, report.values)
        body["places"] = _places(layout, submission.spots)
        body["beside"] = beside_said(submission.beside)
    return canonical(body).encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class _Order:
    """The cells of a layout in the order in which records name them."""

    values: tuple[Key, ...]
    """Inputs and issued figures by rows; then calculated cells by columns, where they repeat."""
    entries: tuple[Key, ...]
    """What units type: inputs and closed months."""
    labels: Mapping[Key, str]
    """Titles that name rows, as issued."""


_orders: dict[str, _Order] = {}


def _order(layout: Layout) -> _Order:
    order = _orders.get(layout.fingerprint)
    if order is None:
        cells = list(layout.cells.values())
        typed = [cell for cell in cells if cell.role not in (Role.CALCULATED, Role.LABEL)]
        sheets = {plan.id: number for number, plan in enumerate(layout.sheets)}
        others = sorted(
            (cell for cell in cells if cell.role in (Role.CALCULATED, Role.LABEL)),
            key=lambda cell: (cell.role is Role.LABEL, sheets[cell.sheet], cell.column, cell.row),
        )
        order = _Order(
            values=tuple(cell.key for cell in (*typed, *others)),
            entries=tuple(cell.key for cell in cells if cell.role in (Role.INPUT, Role.CLOSED)),
            labels={cell.key: cell.text for cell in cells if cell.role is Role.LABEL},
        )
        if len(_orders) >= _MOST_KEPT:
            _orders.clear()
        _orders[layout.fingerprint] = order
    return order


def _values(order: _Order, values: Mapping[Key, Value]) -> list[object]:
    """The values in order, several equal ones in a row as ``[how many, value]``."""
    runs: list[list[Any]] = []
    last: object = None
    for key in order.values:
        value = values.get(key, _NONE)
        if runs and (value is last or (type(value) is type(last) and value == last)):
            runs[-1][0] += 1
        else:
            runs.append([1, _said(value)])
            last = value
    return [run if run[0] > 1 else run[1] for run in runs]


def _said(value: object) -> object:
    """A value in JSON: whole numbers as numbers, other exact ones ``=1/3``, texts ``'text``, errors ``!#DIV/0!``; the
    empty text where there is no value at all.
    """
    if type(value) is Fraction:
        return value.numerator if value.denominator == 1 else f"={value.numerator}/{value.denominator}"
    if isinstance(value, Fault):
        return f"!{value.text}"
    if value is _NONE:
        return ""
    return f"'{value}" if isinstance(value, str) else value


def _typed(order: _Order, submission: Submission, values: Mapping[Key, Value]) -> tuple[str, dict[Key, object]]:
    """How each entry stands in the file: ``-`` blank, ``n`` the number or ``t`` the text that its value is, ``*``
    otherwise; and the contents of these, and of labels that are not as issued.
    """
    contents = submission.contents
    kinds = []
    odd: dict[Key, object] = {}
    for key in order.entries:
        content = contents.get(key, _BLANK)
        if content.blank:
            kinds.append("-")
        elif content == as_number(values.get(key)):
            kinds.append("n")
        elif content == as_text(values.get(key)):
            kinds.append("t")
        else:
            kinds.append("*")
            odd[key] = content_said(content)
    for key, text in order.labels.items():
        content = contents.get(key, _BLANK)
        if not content.blank and content != Content(ContentType.TEXT, text):
            odd[key] = content_said(content)
    return "".join(f"{sum(1 for _ in run)}{kind}" for kind, run in groupby(kinds)), odd


def _places(layout: Layout, standing: Mapping[Key, Spot]) -> dict[str, object]:
    """Where the keys of each sheet stand: the tab's name where as issued, with rows and columns where they moved."""
    found: dict[str, object] = {}
    for sheet, crossing in layout.crossings.items():
        spots = {key: standing[key] for key in crossing if key in standing}
        if not spots:
            continue
        tab = next(iter(spots.values())).sheet
        rows = {crossing[key][0]: spot.row for key, spot in spots.items()}
        columns = {crossing[key][1]: spot.column for key, spot in spots.items()}
        if spots == _issued_spots(layout, sheet, tab):
            found[sheet] = tab
        elif spots == _crossed(crossing, tab, rows, columns):
            found[sheet] = [tab, rows, columns]
        else:
            found[sheet] = {key: [spot.sheet, spot.row, spot.column] for key, spot in spots.items()}
    return found


def _issued_spots(layout: Layout, sheet: str, tab: str) -> dict[Key, Spot]:
    cells = layout.cells
    return {key: Spot(tab, cells[key].row, cells[key].column) for key in layout.crossings[sheet]}


def _crossed(
    crossing: Mapping[Key, tuple[str, str]], tab: str, rows: Mapping[str, int], columns: Mapping[str, int]
) -> dict[Key, Spot]:
    return {
        key: Spot(tab, rows[code], columns[id])
        for key, (code, id) in crossing.items()
        if code in rows and id in columns
    }


def _stamp_body(stamp: Stamp) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(stamp_text(stamp))
    del body["crmxl"]  # the version of the program that writes the record, which would change it
    return body


# -- record → report ---------------------------------------------------------------------------------------------


def from_record(content: bytes, file: str, definitions: Definitions) -> Report:
    """The report that ``to_record`` was given, of the file called ``file``.

    Its submission has what the record keeps: contents of entries that are not blank, and of labels that are not as
    issued. Raises ValueError for anything that ``to_record`` did not make, CrmxlError where the definitions no longer
    give the layout that the workbook was issued from.
    """
    try:
        text = content.decode("utf-8", "surrogatepass")
        body = json.loads(text)
        _must(canonical(body) == text and body.keys() - _PARTS == set())
        return _restored(body, file, definitions)
    except (KeyError, TypeError, AttributeError, IndexError, ArithmeticError, RecursionError) as error:
        raise ValueError(f"not a record: {error}") from None


def values_of(content: bytes, layout: Layout) -> Mapping[Key, Value]:
    """The values in a record that was made with ``layout``; raises ValueError for another one."""
    body = json.loads(content.decode("utf-8", "surrogatepass"))
    _must(body.get("layout") == layout.fingerprint)
    return _valued(_order(layout).values, body["values"])


def _must(made: bool) -> None:
    """Raise ValueError for what ``to_record`` does not make."""
    if not made:
        raise ValueError("not a record: it says what to_record does not")


def _restored(body: Any, file: str, definitions: Definitions) -> Report:
    if body["record"] != FORM:
        raise ValueError(f"not a record of form {FORM}: {body['record']}")
    stamp = read_stamp(canonical({"crmxl": "", **body["stamp"]})) if "stamp" in body else None
    findings = tuple(map(finding_of, body["findings"]))
    digest = text_of(body["digest"])
    _must(type(body["record"]) is int and [finding_said(one) for one in findings] == body["findings"])
    _must(stamp is None or _stamp_body(stamp) == body["stamp"])
    if stamp is None or "layout" not in body:
        _must(body.keys() <= _WITHOUT_LAYOUT)
        return Report(Submission(file, digest, stamp), findings)
    layout = definitions.layout(f"{stamp.template}@{stamp.version}", stamp.assignment, live=body["live"])
    if layout.fingerprint != body["layout"]:
        raise CrmxlError(
            f"{layout.template.name}：收到上报后，模板或制度文件改过"
            f"（版式指纹 {body['layout']}，现为 {layout.fingerprint}）；请恢复原文件，改动另立新版本 · "
            "the template or a policy has changed since submissions came in; restore it, and give changes a new version"
        )
    order = _order(layout)
    values = _valued(order.values, body["values"])
    beside = beside_of(body["beside"])
    _must(beside_said(beside) == body["beside"])
    _must(body["live"] is (len(layout.policies) == len(stamp.assignment.policies)))
    spots, keys_at = _standing(layout, body["places"])
    submission = Submission(
        file=file,
        digest=digest,
        stamp=stamp,
        layout=layout,
        contents=_contents(order, values, body["typed"], body["odd"]),
        spots=spots,
        keys_at=keys_at,
        beside=beside,
    )
    return Report(submission, findings, values)


def _valued(keys: Sequence[Key], items: Sequence[Any]) -> dict[Key, Value]:
    given: list[Any] = []
    last: Any = _NONE
    for item in items:
        count = 1
        if type(item) is list:
            count, item = item
            _must(type(count) is int and 1 < count <= len(keys))
        if type(item) is type(last) and item == last:
            raise ValueError("not a record: equal values stand apart")
        last = item
        if type(item) is int:
            value: Any = _whole(item)
        else:
            value = _NONE if item == "" else _value(item)
        given += (value,) * count
    _must(len(given) == len(keys))
    return {key: value for key, value in zip(keys, given, strict=True) if value is not _NONE}


def _value(item: Any) -> Value:
    return item if item is None or type(item) is bool else _in_words(item)


@lru_cache(maxsize=MOST_NUMBERS)
def _whole(number: int) -> Fraction:
    return Fraction(number)


@lru_cache(maxsize=MOST_NUMBERS)
def _in_words(item: str) -> Value:
    """A value that JSON has no number for."""
    if item[0] == "'":
        return item[1:]
    if item[0] == "!":
        return Fault(item[1:])
    numerator, denominator = map(int, item[1:].split("/"))
    ratio = Fraction(numerator, denominator)
    _must(_said(ratio) == item)
    return ratio


def _contents(order: _Order, values: Mapping[Key, Value], typed: str, odd: Mapping[Key, Any]) -> Contents:
    told: list[Key] = []
    types: list[type] = []
    stars: set[Key] = set()
    at, last = 0, ""
    runs = _RUN.findall(typed)
    for count, kind in runs:
        keys = order.entries[at : at + int(count)]
        at += int(count)
        _must(kind != last)
        last = kind
        if kind == "*":
            stars.update(keys)
        elif kind != "-":
            told += keys
            types += [Fraction if kind == "n" else str] * len(keys)
    _must(all(map(is_, map(type, map(values.get, told)), types)))
    _must(at == len(order.entries) and "".join(map("".join, runs)) == typed)
    found: dict[Key, Content] = {}
    for key, item in odd.items():
        content = found[key] = content_of(item)
        value = values.get(key)
        _must(not content.blank and content_said(content) == item)
        if key in stars:
            _must(content not in (as_number(value), as_text(value)))
        else:
            _must(key in order.labels and content != Content(ContentType.TEXT, order.labels[key]))
    _must(stars <= odd.keys())
    return Contents(values, dict.fromkeys(told), found)


_standings: dict[tuple[str, str], tuple[dict[Key, Spot], dict[tuple[str, int, int], Key]]] = {}
"""Places by layout and what a record says of them: in most files of a round nothing has moved."""


def _standing(layout: Layout, places: Mapping[str, Any]) -> tuple[dict[Key, Spot], dict[tuple[str, int, int], Key]]:
    """Where each key stands, and the key at each place."""
    named = layout.fingerprint, canonical(places)
    if named not in _standings:
        spots: dict[Key, Spot] = {}
        for sheet, at in places.items():
            if isinstance(at, str):
                spots |= _issued_spots(layout, sheet, at)
            elif isinstance(at, list):
                tab, rows, columns = at
                spots |= _crossed(layout.crossings[sheet], tab, rows, columns)
            else:
                spots |= {key: Spot(*spot) for key, spot in at.items()}
        plain_ones = all(
            (type(one.sheet), type(one.row), type(one.column)) == (str, int, int) for one in spots.values()
        )
        if not plain_ones or _places(layout, spots) != places:
            raise ValueError("not a record: places")
        if len(_standings) >= _MOST_KEPT:
            _standings.clear()
        _standings[named] = spots, {(spot.sheet, spot.row, spot.column): key for key, spot in spots.items()}
    return _standings[named]
