"""Units in an account list, 元, 千元, 万元, 百万元, 亿元, in whatever words; and what number formats make of a cell.

A unit is an exact multiple of 元, or it is refused: one that is guessed makes every bound wrong by thousands. Must not
know rows, nor what stands under what.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crmxl.define.units_table import both
from crmxl.signs import UNSEEN, visible

_TIMES = {"十": 10, "百": 100, "千": 1_000, "万": 10_000, "萬": 10_000, "亿": 10**8, "億": 10**8}
_ENGLISH = {"thousand": 1_000, "k": 1_000, "million": 10**6}
_COUNTED = r"[十百千]?[万萬亿億]|[十百千]"
_YUAN = "人民币|本位币|元|圆|rmb|cny|yuan"
_UNIT = re.compile(rf"(?:人民币|rmb|cny|¥)?(?P<times>{_COUNTED}|{'|'.join(_ENGLISH)})?(?:{_YUAN}|¥)?\Z")
_FOREIGN = re.compile(
    r"[美欧日港韩澳加新泰台]元|英镑|美金|(?<!人民)(?<!本位)币|\$|€|£|usd|us\$|hkd|eur|jpy|gbp|krw|twd|mop|dollar|euro"
)
_LIKE = re.compile(
    rf"{_FOREIGN.pattern}|[万萬千百亿億十元圆%‰]|比例|占比|000|thousand|million|billion|^(?:k|m|mn|bn)\Z"
    r"|^[次人个件天月间套场户]\Z"
)
"""What in a heading can only be a unit, though perhaps none of money."""
_OPENING, _CLOSING = "【〔「『〖《<[{", "】〕」』〗》>]}"
_BRACKETS = str.maketrans(_OPENING + _CLOSING, "(" * len(_OPENING) + ")" * len(_CLOSING))
_PIECES = re.compile(r"[(),;:、。|·*_—-]")
_ASIDE = re.compile(r"^(?:金额|预算)?(?:单位|units?)[:为是]?|^(?:以|按|in)(?=.)|为单位\Z|计\Z")
_MONEY = frozenset(("人民币", "本位币", "rmb", "cny", "yuan", "¥"))
"""Names of the money alone, beside which a unit may stand."""
_YEARLY = frozenset(("年", "每年", "全年", "年度", "year", "yr"))
_NOTED = re.compile(r"(?:单位|units?)[:为是]?(?P<said>[^(),;:、。|·]*)|\((?P<inside>[^()]*)\)?")
"""Where a note says a unit: behind 单位, in brackets."""
_IN_WORDS = re.compile(
    r"(?<![0-9〇零一二两三四五六七八九十百千几数.])(?:[十百千]?[万萬亿億]元|(?<=[以按])[百千]元)|rmb'?000|\(?'000\)?"
    r"|in(?:thousands|millions)"
)
"""Units that are none of an amount in words, such as 50 万元."""


class Unit(NamedTuple):
    """A unit that a text says."""

    words: str
    """As it stands there, without blanks."""
    times: int
    """How many 元 one of it is; 0 where that cannot be told."""

    @property
    def plain(self) -> bool:
        """Whether it is 元 or 万元, which are so usual that reading them needs no word."""
        return self.times == 1 or (self.times == _TIMES["万"] and "元" in self.words)


def plain_note(text: str) -> str:
    """``text`` in signs of a Latin keyboard, without blanks, in small letters, every bracket round."""
    body = unicodedata.normalize("NFKC", re.sub(f"[{UNSEEN}]", "", re.sub(r"\s", "", text)))
    return re.sub(r"\s", "", body).casefold().replace("’", "'").replace("￥", "¥").translate(_BRACKETS)


def unit_of(word: str) -> Unit | None:
    """The unit that ``word``, as ``plain_note`` gives it, is from end to end."""
    found = _UNIT.match(word)
    if not word or found is None:
        return Unit(word, 0) if word and _FOREIGN.fullmatch(word) else None
    times = found["times"] or ""
    return Unit(word, _ENGLISH.get(times) or math.prod(_TIMES[sign] for sign in times))


def without_unit(piece: str) -> str:
    """``上限`` of ``上限百万元``: a word without the unit at its end, where there is one."""
    return re.sub(rf"(?:(?:金额)?单位)?:?(?:人民币|rmb|cny)?(?:(?:{_COUNTED})?元|{_COUNTED}|¥)\Z", "", piece)


def units_of(heading: str, known: frozenset[str]) -> tuple[Unit, ...]:
    """The units that the heading of a column of amounts says; ``known`` are words that are headings themselves."""
    found = (unit for piece in _PIECES.split(plain_note(heading)) for unit in _in_piece(piece, known))
    units = tuple(dict.fromkeys(found))
    return tuple(unit for unit in units if unit.words not in _MONEY) or units


def _in_piece(piece: str, known: frozenset[str]) -> Iterator[Unit]:
    parts = [_bare(part, known) for part in piece.split("/")]
    for at, part in enumerate(parts):
        unit = unit_of(part)
        per = parts[at + 1] if at + 1 < len(parts) else ""
        if unit is not None:
            yield unit if not per or per in _YEARLY or unit_of(per) else Unit(f"{part}/{per}", 0)
        elif _LIKE.search(part):
            yield Unit(part, 0)


def _bare(part: str, known: frozenset[str]) -> str:
    """A part of a heading without the words that say which column it is."""
    while part:
        before = part
        part = _ASIDE.sub("", part)
        word = max((one for one in known if part.startswith(one)), key=len, default="")
        part = part.removeprefix(word)
        if part == before:
            break
    return part


def noted_units(text: str) -> tuple[Unit, ...]:
    """The units other than 元 that a text beside the bounds says: ``单位：千元``, ``科目表（万元）``, ``万``."""
    note = plain_note(text)
    found = [unit_of(note)]
    for said in _NOTED.finditer(note):
        word = _ASIDE.sub("", said["inside"] or "") if said["said"] is None else said["said"]
        found.append(unit_of(word))
        if said["said"] and found[-1] is None and "元" in word:
            found += _in_piece(word, frozenset())
    found += [Unit(word[0], _times(word[0])) for word in _IN_WORDS.finditer(note)]
    return tuple(dict.fromkeys(unit for unit in found if unit is not None and unit.times != 1))


def _times(word: str) -> int:
    unit = unit_of(word)
    return unit.times if unit else 0


def unit_fault(units: tuple[Unit, ...]) -> str:
    """What is wrong with the units of one heading; empty where nothing is."""
    unsure = [unit.words for unit in units if not unit.times]
    if unsure:
        return both(
            f"单位“{visible(unsure[0])}”不能换算成元；列名里可以写（元）、（千元）、（万元）、（百万元）、（亿元）",
            f"the unit `{visible(unsure[0])}` cannot be turned into yuan; a heading may say (元), (千元), (万元), "
            "(百万元) or (亿元)",
        )
    if len({unit.times for unit in units}) > 1:
        listed = "、".join(unit.words for unit in units)
        return both(f"列名里有几个单位：{listed}；请只写一个", f"the heading says several units: {listed}; keep one")
    return ""


def open_unit_fault(beside: Iterable[tuple[str, str]], others: Iterable[Unit]) -> str:
    """Why a heading of bounds must say its unit: texts ``beside`` it, each after its place, or the other bound's
    heading name another unit than 元; empty where 元 goes without saying.
    """
    place, unit = next(((place, unit) for place, text in beside for unit in noted_units(text)), ("", None))
    if unit is None:
        unit = next((unit for unit in others if unit.times != 1), None)
    if unit is None:
        return ""
    word = visible(unit.words)
    zh, en = (visible(place), visible(place)) if place else ("另一列界限", "the other bound")
    return both(
        f"{zh} 写着“{word}”，这一列没写单位；请在列名里写明，如（元）、（万元）",
        f"{en} says `{word}` and this heading no unit; write it into the heading, such as (元) or (万元)",
    )


# -- number formats ----------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|[_*].|\[\$(?P<money>[^]-]*)[^]]*\]|\[(?P<asked>[<>=][^]]*)\]|\[[^]]*\]|'
    r"(?P<sign>[0#?.,;%Ee+@/])|(?P<other>.)",
    re.DOTALL,
)
_SECTION = re.compile(r"""(?:"[^"]*"?|[\\!].|[^;"\\!])*""", re.DOTALL)
"""What is said of numbers above 0."""
_GENERAL = frozenset(("", "general", "@"))
_DIGITS = re.compile(r"(?P<whole>[0#?,]*)(?:\.(?P<places>[0#?]*))?")
_SCALED = re.compile(r"[0#?.],+(?![0#?,])")
_SCALES = re.compile(rf"{_FOREIGN.pattern}|[万萬千百亿億十%‰]|k\Z", re.IGNORECASE)


def _taken_apart(format: str) -> tuple[str, str, bool]:
    """The signs of a number format that stand for digits, the words that it puts beside them, whether it asks."""
    signs: list[str] = []
    literal: list[str] = []
    asks = False
    for token in _TOKEN.finditer(format):
        signs.append(token["sign"] or "")
        literal.append(token["quoted"] or token["escaped"] or token["money"] or token["other"] or "")
        asks = asks or bool(token["asked"])
    return "".join(signs), re.sub(r"\s", "", "".join(literal)), asks


def amount_format_fault(format: str, times: int) -> str:
    """Why the cell shows something else than its number in the column's unit, 10% for 0.1; empty where it does not."""
    if format.casefold() in _GENERAL:
        return ""
    signs, literal, _ = _taken_apart(format)
    said = _SCALES.search(literal) or (times != 1 and re.search("[元圆]", literal))
    if "%" not in signs and not _SCALED.search(signs) and not said:
        return ""
    return both(
        f"单元格的数字格式是 {visible(format)}，显示的不是所存的数；请改成普通数字格式，写上以列名里的单位计的金额",
        f"the cell's number format {visible(format)} shows another amount than is stored; give it a plain number "
        "format and write the amount in the unit of the heading",
    )


def shown_code(text: str, format: str) -> tuple[str, str]:
    """A code stored as the number ``text`` as its cell shows it, 0001 for 1, and why it cannot be told."""
    if format.casefold() in _GENERAL:
        return text, ""
    signs, literal, asks = _taken_apart("".join(_SECTION.findall(format)[:1]))
    digits = _DIGITS.fullmatch(signs)
    whole, _, places = text.partition(".")
    if digits and not (literal or asks or _SCALED.search(signs)):
        wanted = digits["places"] or ""
        if not places or wanted.count("0") <= len(places) <= len(wanted):
            least = digits["whole"].count("0")
            return text.zfill(least + len(text) - len(whole)), ""
    return text, both(
        f"编码存成了数字 {text}，按数字格式 {visible(format)} 显示成别的样子；请把这一列设为文本，照编码重新输入",
        f"the code is stored as the number {text}, which its format {visible(format)} shows otherwise; format the "
        "column as text and type the code again",
    )
