"""DATA.json into exact values: what the operator puts into a workbook before it goes out, ``{key: value}``.

Strict, for it is the operator's own file: nothing is converted. Bounds and required entries are not asked for here;
they are what the workbook asks of its unit. Knows a laid-out form only by what can be filled in it.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from crmxl.define.document import label
from crmxl.define.sizes import split_row
from crmxl.errors import CrmxlError, DefinitionError
from crmxl.errors import Problem as Mistake
from crmxl.expression import Value
from crmxl.model import Key, Lang, Sheet, Template, Text, Type
from crmxl.money import LIMIT_INPUT, LIMIT_ISSUED, Problem, plain, read_number, read_text

OPTIONS = ("parts", "first_month", "rows", "phase", "unit", "year", "deadline", "contact")
"""Names that people look for in DATA.json and that are options of ``generate`` instead."""
DECIMALS: Mapping[Type, int] = {Type.MONEY: 2, Type.INTEGER: 0}
"""Places of a number by type; others have as many as they like."""
MAX_TEXT = 32_767
"""Characters of a cell, Excel's limit."""

_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?\Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_DAY_ZERO = date(1899, 12, 30)
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""What a budget can mean, as the workbook's own data validation has it."""

_NOT_OBJECT = Text("应为 {{键: 值}} 的 JSON 对象，现为{found}", "must be a JSON object {{key: value}}, found {found}")
_TWICE = Text("这个键写了两次，只能写一次", "this key stands twice; keep one")
_UNKNOWN = Text("模板 {template} 里没有这个单元格{near}", "there is no such cell in {template}{near}")
_NEAR = Text("；是不是 {names}？", "; is {names} meant?")
_ENDS = Text(
    "清单 {list} 只有 {rows} 行；请加 --rows {list}={wanted}（轮次里写在单位表的“清单行数”列）",
    "the list {list} has {rows} rows; add --rows {list}={wanted} (in a round: the column rows of units.csv)",
)
_OPTION = Text("不是单元格；请用命令行选项 --{option}", "is no cell; give it as the option --{option}")
_ROLES: Mapping[str, Text] = {
    "calculated": Text("是公式，由工作簿自己计算，不能填", "is a formula that calculates itself; it cannot be filled"),
    "label": Text("是项目名称，不能填", "is a title; it cannot be filled"),
    "closed": Text("不在预算期间内的月份，不能填", "is a month outside the period; it cannot be filled"),
}
_KIND = Text("是{found}，这里应填{wanted}", "is {found}; {wanted} belongs here")
_NUMBER = Text('数字，例如 "15000.00"', 'a number, such as "15000.00"')
_TEXT = Text("加引号的文字", "a text in quotes")
_DATE = Text('日期，例如 "2026-06-30"', 'a date, such as "2026-06-30"')
_SAID: Mapping[type, Text] = {
    bool: Text("逻辑值 {value}", "the truth value {value}"),
    int: Text("数字 {value}", "the number {value}"),
    Decimal: Text("数字 {value}", "the number {value}"),
    str: Text("“{value}”", "“{value}”"),
    list: Text("列表", "a list"),
    dict: Text("对象", "an object"),
}
_REFUSED: Mapping[Problem, Text] = {
    Problem.TOO_PRECISE: Text("“{value}”的小数超过 {places} 位", "“{value}” has more than {places} decimals"),
    Problem.OUT_OF_BOUNDS: Text("“{value}”过大，应小于 {limit}", "“{value}” is too large; it must be below {limit}"),
}
_NO_NUMBER = Text("“{value}”不是数字，请写成 15000.00 这样", "“{value}” is not a number; write it like 15000.00")
_NOT_PLAIN = Text("“{value}”请直接写成 {number}", "“{value}” must be written {number}")
_NO_DATE = Text(
    "“{value}”不是 2000 至 2099 年间、写成 2026-06-30 这样的日期",
    "“{value}” is not a date of 2000 to 2099 like 2026-06-30",
)
_NO_CHOICE = Text("“{value}”不在可选范围：{choices}", "“{value}” is not one of {choices}")
_UNSEEN = Text("文字含控制字符或不成对的代理字符", "the text has control characters or half of a surrogate pair")
_TOO_LONG = Text("文字过长：{length} 个字符，最多 {limit} 个", "the text has {length} characters; at most {limit} fit")


class Fillable(Protocol):
    """A laid-out cell, as far as filling it goes; ``issue.places.Cell`` is one."""

    @property
    def role(self) -> str:
        """``input``, ``issued``, ``calculated``, ``label`` or ``closed``."""

    @property
    def type(self) -> Type:
        """What it holds."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed texts of a choice."""


class Form(Protocol):
    """A laid-out template, as far as filling it goes; ``issue.places.Layout`` is one."""

    @property
    def template(self) -> Template:
        """What was laid out."""

    @property
    def lang(self) -> Lang:
        """The language of the workbook, and of what is said here."""

    @property
    def cells(self) -> Mapping[Key, Fillable]:
        """Every cell by key."""


def load_entries(path: Path, form: Form) -> tuple[dict[Key, Value], dict[str, str]]:
    """The inputs by key and the issued parameters by field id, from the JSON file ``path``.

    Inputs are exact (元; a date is its serial number), parameters decimal strings or texts as in an Assignment; null
    and the empty text are blank and left out. Raises DefinitionError with every problem, its key in the place, and
    CrmxlError when the file cannot be read.
    """
    return take_entries(_read(path, form.lang), form, label(path))


def take_entries(document: Any, form: Form, name: str) -> tuple[dict[Key, Value], dict[str, str]]:
    """``load_entries`` for a document already read, numbers as int or Decimal; ``name`` is how messages call it."""
    pairs = document.items() if isinstance(document, Mapping) else document
    if not isinstance(document, (Mapping, _Pairs)):
        message = _NOT_OBJECT.say(form.lang).format(found=_said(document, form.lang))
        raise DefinitionError((Mistake(name, message),))
    inputs: dict[Key, Value] = {}
    parameters: dict[str, str] = {}
    mistakes: list[Mistake] = []
    seen: set[Key] = set()
    for key, value in pairs:
        try:
            if key in seen:
                raise _Refusal(_TWICE)
            seen.add(key)
            cell = _cell(key, form)
            exact = _value(value, cell, form.lang)
        except _Refusal as refusal:
            mistakes.append(Mistake(f"{name}: {key}", refusal.text.say(form.lang).format(**refusal.words)))
            continue
        if exact is None:
            continue
        if cell.role == "issued":
            parameters[key.removesuffix("@value")] = _parameter(exact, value, cell.type)
        else:
            inputs[key] = exact
    if mistakes:
        raise DefinitionError(tuple(mistakes))
    return inputs, parameters


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with its keys as often as they stand."""

    def items(self) -> list[tuple[str, Any]]:
        return self


class _Refusal(Exception):
    """One value is not taken."""

    def __init__(self, text: Text, **words: object) -> None:
        super().__init__(text.en)
        self.text, self.words = text, words


def _read(path: Path, lang: Lang) -> Any:
    name = label(path)
    try:
        source = path.read_bytes().decode("utf-8-sig")
        return json.loads(source, parse_float=Decimal, parse_constant=str, object_pairs_hook=_Pairs)
    except OSError as error:
        message = Text("无法读取（{why}）", "cannot be read ({why})").say(lang).format(why=error.strerror)
    except UnicodeDecodeError:
        message = Text("不是 UTF-8 文本，请另存为 UTF-8", "is not UTF-8 text; save it as UTF-8").say(lang)
    except json.JSONDecodeError as error:
        text = Text("不是 JSON：第 {row} 行第 {at} 个字符（{why}）", "is not JSON: line {row}, column {at} ({why})")
        message = text.say(lang).format(row=error.lineno, at=error.colno, why=error.msg)
    except (ValueError, RecursionError):  # a number of thousands of digits, or brackets without end
        message = Text("不是 {键: 值} 的 JSON 数据", "is not JSON data {key: value}").say(lang)
    raise CrmxlError(f"{name}: {message}")


def _cell(key: Key, form: Form) -> Fillable:
    """The cell that ``key`` fills; refuses what cannot be filled."""
    cell = form.cells.get(key)
    if cell is None:
        if key in OPTIONS:
            raise _Refusal(_OPTION, option=key.replace("_", "-"))
        if short := _short_list(key, form.template):
            raise _Refusal(_ENDS, list=short.id, rows=short.rows, wanted=split_row(key)[1])
        there = [one for one, cell in form.cells.items() if cell.role in ("input", "issued")]
        close = difflib.get_close_matches(key, there, 3, 0.7)
        near = _NEAR.say(form.lang).format(names=", ".join(close)) if close else ""
        raise _Refusal(_UNKNOWN, template=form.template.name, near=near)
    if cell.role in _ROLES:
        raise _Refusal(_ROLES[cell.role])
    return cell


def _short_list(key: Key, template: Template) -> Sheet | None:
    """The list that ends before the row of ``key``, where a unit can be given a longer one."""
    id, number = split_row(key)
    return next((one for one in template.sheets if one.id == id and one.rows < number <= one.most), None)


def _value(value: Any, cell: Fillable, lang: Lang) -> Value:
    """The exact value, None for a blank."""
    if value is None or value == "":
        return None
    kind = type(value)
    if cell.type.numeric:
        if kind in (int, Decimal) or kind is str:
            return _number(value, cell)
        wanted = _NUMBER
    elif kind is not str:
        wanted = _DATE if cell.type is Type.DATE else _TEXT
    else:
        return _text(value, cell)
    raise _Refusal(_KIND, found=_said(value, lang), wanted=wanted.say(lang))


def _number(value: str | int | Decimal, cell: Fillable) -> Fraction:
    places = DECIMALS.get(cell.type)
    limit = LIMIT_ISSUED if cell.role == "issued" else LIMIT_INPUT
    if isinstance(value, str):
        amount = read_text(value, places, limit, percent=cell.type is Type.PERCENT)
    else:
        amount = read_number(str(value), places, limit)
    if amount.value is None:
        text = _REFUSED.get(amount.problem, _NO_NUMBER) if amount.problem else _NO_NUMBER
        raise _Refusal(text, value=_short(value), places=places, limit=f"{limit:,}")
    if isinstance(value, str) and not _PLAIN.match(value):
        raise _Refusal(_NOT_PLAIN, value=_short(value), number=plain(amount.value))
    return amount.value


def _text(value: str, cell: Fillable) -> Value:
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in value):
        raise _Refusal(_UNSEEN)
    if len(value) > MAX_TEXT:
        raise _Refusal(_TOO_LONG, length=f"{len(value):,}", limit=f"{MAX_TEXT:,}")
    if cell.type is Type.CHOICE and value not in cell.choices:
        raise _Refusal(_NO_CHOICE, value=_short(value), choices=", ".join(cell.choices))
    if cell.type is not Type.DATE:
        return value
    day = _day(value)
    if day is None or not _FIRST_DAY <= day <= _LAST_DAY:
        raise _Refusal(_NO_DATE, value=_short(value))
    return Fraction((day - _DAY_ZERO).days)


def _day(text: str) -> date | None:
    """The day that ``text`` names; fromisoformat alone would also take weeks, ``2026-W01-1``."""
    try:
        return date.fromisoformat(text) if _DAY.match(text) else None
    except ValueError:
        return None


def _parameter(exact: Value, value: Any, type: Type) -> str:
    """An issued value as an Assignment keeps it; numbers as the shortest decimal text, all else as written."""
    return plain(exact) if type.numeric and isinstance(exact, Fraction) else str(value)


def _said(value: Any, lang: Lang) -> str:
    """A JSON value of the wrong kind, for people."""
    kind = dict if isinstance(value, _Pairs) else type(value)
    said = json.dumps(value) if kind is bool else _short(value)
    return _SAID.get(kind, _SAID[str]).say(lang).format(value=said)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
