"""What the cells of an account list mean: headings, codes as they are typed, titles, bounds, tags.

A cell's meaning is its value and what is wrong with it, in both languages. Must not know files, rows, nor what stands
under what.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from crmxl.define.account_units import Unit, amount_format_fault, plain_note, shown_code, units_of, without_unit
from crmxl.define.units_table import both
from crmxl.money import LIMIT_ISSUED, Amount, read_number, read_text
from crmxl.signs import UNSEEN, visible

_HEADINGS: Mapping[str, str] = {
    "code": "code 编码 科目编码 科目代码 代码 编号 科目编号 项目编码 费用编码 费用代码 预算编码 预算科目编码 "
    "预算科目代码 account accountcode accountno",
    "title": "title name 名称 科目名称 项目名称 科目 项目 会计科目 费用项目 费用科目 预算科目 预算科目名称 accountname",
    "parent": "parent parentcode 上级 上级编码 上级科目 上级科目编码 上级代码 上级编号 父级 父级编码 父科目",
    "type": "type kind 类型 科目类型 行类型",
    "low": "min minimum low 最小 最小值 最低 下限 金额下限 预算下限",
    "high": "max maximum high 最大 最大值 最高 上限 金额上限 预算上限",
    "range": "range 区间 范围 金额区间 预算区间 金额范围",
    "en": "en english titleen 英文 英文名 英文名称",
    "tags": "tags tag 标签",
    "note": "note notes remark 备注 说明 科目说明",
    "open": "open 空白行 自填行 空白行数 自填行数",
}
"""What headings say a column is, without blanks and case."""
_ROLES = {word: role for role, names in _HEADINGS.items() for word in names.split()}
_BOUNDS = frozenset(word for word, role in _ROLES.items() if role in ("low", "high", "range"))
_HEADING, _LINE = "heading", "line"
_TYPES: Mapping[str, str] = {
    _HEADING: "合计 汇总 小计 标题 分类 部分 小类 类 汇总科目 非末级 header heading total subtotal group section sum",
    _LINE: "金额 费用 支出 成本 元 明细 末级 明细科目 末级科目 项目 成本类 费用类 损益 损益类 期间费用 "
    "money amount expense cost line detail leaf",
}
"""What types say a row is; kinds of account that are all expenses are lines."""
_KINDS = {word: kind for kind, names in _TYPES.items() for word in names.split()}
_DASHES = re.compile("[‐‑‒–—―−]")
_BETWEEN = re.compile(r"[-/\\·•]")
"""What people put between the parts of a code besides the dot."""
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*\Z")
_POWER = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]+\Z")
_DECIMAL = re.compile(r"[0-9]+\.[0-9]+\Z")
_TAG = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*\Z")
_UNSEEN = re.compile(f"[{UNSEEN}]")
NONE = frozenset(("-", "—", "–", "--", "——", "/", "无", "不限", "none"))
"""How people say in a cell that there is nothing, where 0 would say something else."""
_TOTALS = frozenset(("合计", "总计", "小计", "总合计", "合计数", "total", "grandtotal", "subtotal", "sum"))
_TOTAL_ENDS = ("合计", "总计", "小计")
_OF_WHICH = re.compile("其中|ofwhich|(?:sub|grand)?totalof|subtotal")
_YEAR = re.compile(r"\{year(?:[+-][0-9]{1,2})?\}")
"""What a template's texts put the budget year in for (issue/dating.py); there is no way to write it otherwise."""
_MONEY_WORD = re.compile("[元圆]|rmb|cny|yuan", re.IGNORECASE)
_DIGITS = 15
"""Digits that a spreadsheet keeps of a number."""
LONGEST_CODE = 40
_LONGEST_TITLE = 200
_MOST_OPEN = 99


class Cell(NamedTuple):
    """A cell of a list."""

    text: str = ""
    kind: Literal["text", "number", "day"] = "text"
    wrong: str = ""
    """Why it cannot be read, in both languages."""
    format: str = ""
    """The number format under which a number is shown; empty where that is the number itself."""


def role(heading: str) -> str:
    """What a heading means: code, title, parent, type, low, high, range, en, tags, note, open; empty: nothing known."""
    body = re.sub(r"\(.*?\)|\[.*?\]|【.*?】|〔.*?〕", "", unicodedata.normalize("NFKC", heading).casefold())
    pieces = [_UNSEEN.sub("", re.sub(r"[\s*:_-]", "", piece)) for piece in (body, *re.split(r"[/|·\n]", body))]
    found = next((_ROLES[piece] for piece in pieces if piece in _ROLES), "")
    bare = [without_unit(piece.partition("(")[0]).rstrip(",;、") for piece in (*pieces, plain_note(body))]
    return found or next((_ROLES[piece] for piece in bare if piece in _BOUNDS), "")


def roles(cells: Sequence[Cell]) -> dict[str, int]:
    """The first column of each meaning."""
    found: dict[str, int] = {}
    for at, cell in enumerate(cells):
        if meaning := role(cell.text):
            found.setdefault(meaning, at)
    return found


def words(text: str) -> str:
    """``text`` as one line of words: line breaks are blanks, signs that nobody sees are gone."""
    return " ".join(_UNSEEN.sub("", re.sub(r"\s", " ", text)).split())


def plain_word(text: str) -> str:
    """A word in the signs of a Latin keyboard, without blanks, in small letters."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", _UNSEEN.sub("", text))).casefold()


def code_of(text: str) -> str:
    """A code as typed, full-width signs, blanks and a dot at its end put right."""
    body = unicodedata.normalize("NFKC", _UNSEEN.sub("", text))
    return _DASHES.sub("-", re.sub(r"\s", "", body)).rstrip(".、")


def key_of(code: str) -> str:
    """``code`` with dots between its parts."""
    return _BETWEEN.sub(".", code)


def fraction(cell: Cell) -> bool:
    """Whether a code is stored as a number such as 1.1, which 1.10 would be too."""
    return cell.kind == "number" and bool(_DECIMAL.match(cell.text))


def code_fault(cell: Cell, code: str) -> str:
    """What is wrong with a code that is not blank; empty where nothing is."""
    if cell.kind == "day":
        return both(
            f"Excel 把编码变成了日期（{cell.text}）；请把这一列设为文本后重新输入",
            f"the code became a day ({cell.text}); format the column as text and type it again",
        )
    if _POWER.match(code) or (cell.kind == "number" and not fraction(cell) and len(code) > _DIGITS):
        return both(
            f"长编码存成了数字（{code}），尾数已不可靠；请把这一列设为文本后重新输入",
            f"a long code stored as a number ({code}) has lost digits; format the column as text and type it again",
        )
    if not _KEY.match(key_of(code)) or len(code) > LONGEST_CODE:
        return both(
            f"编码“{visible(code)}”不能用：只能有字母、数字、_，各级之间用 . 或 -，最多 {LONGEST_CODE} 个字符",
            f"the code `{visible(code)}` cannot be taken: letters, digits and _ with . or - between levels, "
            f"at most {LONGEST_CODE} signs",
        )
    return ""


def title_fault(title: str) -> str:
    """What is wrong with a title; empty where nothing is."""
    if year := _YEAR.search(title):
        return both(
            f"模板会把 {year[0]} 换成年份；请去掉花括号，或先写成别的字，生成后再改模板",
            f"a template puts a year in the place of {year[0]}; drop the braces, or change the template afterwards",
        )
    if len(title) <= _LONGEST_TITLE:
        return ""
    return both(f"有 {len(title)} 个字，最多 {_LONGEST_TITLE} 个", f"has {len(title)} signs, at most {_LONGEST_TITLE}")


def units_in(heading: str) -> tuple[Unit, ...]:
    """The units that the heading of a bound says; none where it leaves them open."""
    return units_of(heading, _BOUNDS)


def bound_of(cell: Cell, times: int) -> tuple[Fraction | None, str]:
    """A bound in 元, None where there is none, and what is wrong with it; ``times``: 元 in the column's unit."""
    text = cell.text.strip()
    if not text or text in NONE:
        return None, ""
    if said := amount_format_fault(cell.format, times):
        return None, said
    found = Amount(None)
    if cell.kind != "day":
        read = read_number if cell.kind == "number" else read_text
        found = read(text, 1 + len(str(times)), LIMIT_ISSUED // times)
    if times != 1 and _MONEY_WORD.search(text):
        return None, both(
            f"“{visible(text)}”写着元，列名却写着别的单位：请只写数",
            f"`{visible(text)}` names yuan where the heading names another unit; write the number alone",
        )
    if found.value is not None and found.value >= 0:
        return found.value * times, ""
    return None, "" if found.blank else both(
        f"“{visible(text)}”不是金额：写 20000 这样不小于 0 的数，最多两位小数（以元计）；不限则留空",
        f"`{visible(text)}` is no amount: write a number such as 20000, not below 0, at most two decimals of a yuan; "
        "leave the cell blank where there is no bound",
    )


def as_shown(cell: Cell) -> Cell:
    """A code's cell with the text that people see, 0001 for a number 1 that is shown so."""
    if cell.kind != "number" or cell.wrong:
        return cell
    text, wrong = shown_code(cell.text, cell.format)
    return cell._replace(text=text, wrong=wrong)


def total_title(title: str) -> bool:
    """Whether a title says total and nothing else."""
    return plain_note(title).strip(":.、()-=") in _TOTALS


def like_total(title: str) -> bool:
    """Whether a title ends as those of totals do: 客户费用小计."""
    return re.sub(r"\(.*?\)|[:.]", "", plain_note(title)).endswith(_TOTAL_ENDS)


def of_which(title: str) -> bool:
    """Whether a title says that another row holds its amount already: 其中：礼品."""
    return bool(_OF_WHICH.match(plain_note(title).lstrip("(-")))


def heading_of(cell: Cell) -> tuple[bool | None, str]:
    """Whether a type says heading or line, None where it says neither, and what is wrong with it."""
    kind = plain_word(cell.text)
    if not kind or kind in _KINDS:
        return (_KINDS[kind] == _HEADING if kind else None), ""
    shown = visible(cell.text.strip())
    return None, both(
        f"类型“{shown}”不能和费用金额放在一张表里相加；可以写：金额、合计，或留空；收入、数量、文字请另列",
        f"the type `{shown}` cannot be added to amounts of expense; write money or total, or leave it blank; "
        "list income, quantities and texts elsewhere",
    )


def tags_of(cell: Cell) -> tuple[tuple[str, ...], str]:
    """Tags, however they are separated, and what is wrong with them."""
    tags = tuple(dict.fromkeys(tag.casefold() for tag in re.split(r"[;,；，、\s]+", cell.text) if tag))
    unfit = [visible(tag) for tag in tags if not _TAG.match(tag) or len(tag) > LONGEST_CODE]
    if not unfit:
        return tags, ""
    return (), both(
        f"标签“{unfit[0]}”要用小写英文字母和数字，如 capped",
        f"the tag `{unfit[0]}` must be small letters and digits, such as capped",
    )


def open_of(cell: Cell) -> tuple[int, str]:
    """How many blank lines, and what is wrong with the number."""
    text = plain_word(cell.text)
    if not text or text in NONE:
        return 0, ""
    if re.match(r"[0-9]{1,2}\Z", text):
        return int(text), ""
    return 0, both(f"空白行数写 0 到 {_MOST_OPEN} 的整数", f"write a whole number from 0 to {_MOST_OPEN}")
