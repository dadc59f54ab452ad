"""Amounts: exact text to value, whole fen inside, and back to the text that people read.

Owns how a typed amount and a number in a file become exact values, every rounding (half away from zero, as Excel's
ROUND), how an amount is split so that it adds up, and how 元 and 万元 are displayed. Values are ``Fraction``, kept
amounts are ``int`` fen; no float ever holds money. Must not know workbooks, templates, findings or languages: a
refusal is a ``Problem``, worded elsewhere.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate, pairwise
from unicodedata import category

LIMIT_INPUT = 10**11
"""元, exclusive bound on what a unit enters: below it, Excel's ROUND and exact arithmetic agree (field notes)."""
LIMIT_ISSUED = 10**12
"""元, exclusive bound on what the group issues."""


class Problem(StrEnum):
    """Why a text was refused. Several may hold; the first that tells the budget holder what to do is given."""

    NOT_A_NUMBER = "not-a-number"
    """Anything else: words, dates, ranges, ``约300``, other currencies, ``5%`` in an amount, texts too long for one."""
    MAGNITUDE_WORD = "magnitude-word"
    """``1万``, ``一千``, ``10w``: Chinese numerals or a magnitude instead of digits."""
    SEPARATORS = "separators"
    """Digits with thousands separators in the wrong places, ``1,00``: no telling which amount was meant."""
    TOO_PRECISE = "too-precise"
    """More decimals than the column has."""
    SCIENTIFIC = "scientific"
    """``1e5`` typed as text."""
    UNDERSCORE = "underscore"
    """``1_000``, which Python would take."""
    OUT_OF_BOUNDS = "out-of-bounds"
    """At or beyond the limit, either sign."""
    FOREIGN_DIGITS = "foreign-digits"
    """``٣``, ``²``, ``①``, ``½``: numerals other than 0-9 and their full-width forms."""
    NOT_FINITE = "not-finite"
    """``nan``, ``inf``, ``∞``."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What a cell's text means."""

    value: Fraction | None
    """The exact value (元, or the ratio or quantity of another column); None when blank or refused."""
    blank: bool = False
    """Whether there is nothing to see in the cell."""
    problem: Problem | None = None
    """Why it was refused; None when it was accepted or is blank."""
    converted: bool = False
    """Whether the value, or the blank, was taken from a text that is not plainly that; never set on a refusal."""


# Enough for any double written out in full (5e-324 takes 326 places and its digits); what is longer is no amount, and
# is not looked at: int() and regular expressions would take more than linear time.
_LONGEST = 400
_FURTHEST_PLACE = 308  # decimal exponents of a double end here: Excel's ROUND changes nothing beyond

# Deliberately not NFKC: it would read 10² as 102 and ① as 1. Only the forms that a Chinese keyboard or a web page
# gives, plus the minus signs and invisible characters that NFKC leaves alone.
_PLAIN: dict[int, int | None] = {
    **{wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)},
    **{ord(small): ord(char) for small, char in zip("￥﹐﹒﹙﹚﹢﹪", "¥,.()+%", strict=True)},
    **{minus: ord("-") for minus in (0x2010, 0x2011, 0x2012, 0x2013, 0x2212, 0xFE63)},
    # Zero width, soft hyphen and direction marks (Windows' calculator copies them). U+202E stays and is refused: it
    # shows digits in reverse order.
    **dict.fromkeys((0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202E), *range(0x2060, 0x2065), 0xFEFF)),
    **dict.fromkeys(range(0x2066, 0x206A)),
}

# White space is dropped where it cannot join two numbers: `¥ 5` and `5 元`, never `1 2` or the list item `1. 50`.
_GAP = re.compile(r"(?<![0-9.,\s])\s+|\s+(?![0-9.,\s])")
_NIL = re.compile("(?:¥?[-—―─]{1,2}|/|无|無)")
_DIGITS = r"""(?P<whole>[1-9][0-9]{0,2}(?:(?P<comma>[,\u2009\u202f\u00a0])[0-9]{3})(?:(?P=comma)[0-9]{3})*|[0-9]+)?
              (?:\.(?P<places>[0-9]+))?"""


def _shape(before: str, after: str) -> re.Pattern[str]:
    """An amount with its sign or parentheses, marks before the digits and marks after them."""
    return re.compile(
        rf"""(?P<sign>[-+])?{before}(?P<inner_sign>[-+])?(?P<open>\()?{before}
             {_DIGITS}(?P<mark>{after})?(?P<close>\))?(?P<outer_mark>{after})?""",
        re.VERBOSE | re.IGNORECASE,
    )


_MONEY = _shape("(?:人民币|CNY|RMB)?¥?", "元整?|圆整?|CNY|RMB")
_RATE = _shape("", "[%‰]")
_NUMBER = re.compile(r"(?=[-+]?\.?[0-9])(?P<whole>[-+]?[0-9]*)(?:\.(?P<places>[0-9]*))?(?P<power>[eE][-+]?[0-9]+)?")

_REFUSALS = (
    (Problem.NOT_FINITE, re.compile(r"^[-+]?(?:nan|inf|infinity|∞)$", re.IGNORECASE)),
    (
        Problem.MAGNITUDE_WORD,
        re.compile(
            "[十百千万亿兆拾佰仟萬億]|[0-9][kwm]元?$|^[-+¥]*[〇零一二两三四五六七八九壹贰叁肆伍陆柒捌玖点]+[元圆]?整?$",
            re.IGNORECASE,
        ),
    ),
    (Problem.UNDERSCORE, re.compile("[0-9]_|_[0-9]")),
    (Problem.SCIENTIFIC, re.compile(r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)e[-+]?[0-9]+$", re.IGNORECASE)),
    (Problem.SEPARATORS, re.compile(r"^[-+¥(]*[0-9.]*,[0-9.,]*[)元]*$")),
)


def read_text(text: str, decimals: int | None = 2, limit: int = LIMIT_INPUT, percent: bool = False) -> Amount:
    """What a person typed as *text* into a numeric input. Never raises, never guesses.

    Returns the exact value, in 元 for money. ``converted`` is set on every accepted text, ``1000`` too: the cell holds
    text, so the workbook counts it as 0. The empty text is blank; so is white space, converted. ``decimals`` bounds
    the places *written* (``1.000`` is refused with 2: it may be a thousand), None leaves them free; ``limit`` is
    exclusive. With ``percent``, ``5%`` is 0.05 and ``0.5‰`` 0.0005, 元 is refused, and a text without a sign is the
    ratio itself, as in a numeric cell, with two places more. What is converted and what refused: field notes.
    """
    if not text:
        return Amount(None, blank=True)
    body = text.translate(_PLAIN).strip()
    if not body:
        return Amount(None, blank=True, converted=True)
    if len(body) > _LONGEST:
        return _refuse(Problem.NOT_A_NUMBER)
    body = _GAP.sub("", body)
    if _NIL.fullmatch(body):
        return Amount(Fraction(0), converted=True)
    found = (_RATE if percent else _MONEY).fullmatch(body)
    if found is None:
        return _refuse(_problem(body))
    whole, places, mark = found["whole"] or "", found["places"] or "", found["mark"] or found["outer_mark"]
    signs = [sign for sign in (found["sign"], found["inner_sign"], found["open"]) if sign]
    paired = bool(found["open"]) == bool(found["close"])
    doubled = len(signs) > 1 or (found["mark"] and found["outer_mark"])
    if not (whole or places) or not paired or doubled:
        return _refuse(Problem.NOT_A_NUMBER)
    digits = whole.replace(found["comma"], "") if found["comma"] else whole
    value = Fraction(int(digits + places), 10 ** len(places) * {"%": 100, "‰": 1000}.get(mark, 1))
    if value >= limit:
        return _refuse(Problem.OUT_OF_BOUNDS)
    if decimals is not None and len(places) > decimals + (2 if percent and not mark else 0):
        return _refuse(Problem.TOO_PRECISE)
    return Amount(-value if signs and signs[0] != "+" else value, converted=True)


def read_number(text: str, decimals: int | None = 2, limit: int = LIMIT_INPUT) -> Amount:
    """What the raw text of a *numeric* cell (``<v>`` in the file's XML) means. Never raises.

    Returns the exact value, in 元 for money, at most ``decimals`` places; binary dust is dropped in silence, for it is
    the program's, not the unit's: within 10⁻⁶ (less for more than two decimals) or one ulp of the double, whichever is
    more. More decimals are refused. None keeps all places of the shortest text for the same double, for ratios and
    quantities. Scientific notation is fine; an empty text is refused, being no number. ``limit`` is exclusive.
    """
    body = text.strip(" \t\r\n")
    if len(body) > _LONGEST:
        return _refuse(Problem.NOT_A_NUMBER)
    found = _NUMBER.fullmatch(body)
    if found is None:
        return _refuse(_problem(body))
    whole, places = found["whole"], found["places"] or ""
    # Most cells say what they mean; below 16 digits no shorter text means the same double.
    if not found["power"] and (len(whole + places) < 16 if decimals is None else len(places) <= decimals):
        value = Fraction(int(whole + places), 10 ** len(places))
        return Amount(value) if abs(value) < limit else _refuse(Problem.OUT_OF_BOUNDS)
    # The double that the program had in its cell: it only tells infinity and nothing (so that no exponent can blow up
    # below), the size of its dust, and which shorter text means the same cell (Excel writes 1.1 as 1.1000000000000001).
    double = float(body)
    if math.isinf(double):
        return _refuse(Problem.OUT_OF_BOUNDS)
    if decimals is None or double == 0:
        value = Fraction(repr(double))
    else:
        exact = Fraction(body)
        value = round_half_away(exact, decimals)
        dust = max(Fraction(1, 10 ** max(6, decimals + 4)), Fraction(math.ulp(double)))
        if abs(value) < limit and abs(exact - value) > dust:
            return _refuse(Problem.TOO_PRECISE)
    return Amount(value) if abs(value) < limit else _refuse(Problem.OUT_OF_BOUNDS)


def _refuse(problem: Problem) -> Amount:
    return Amount(None, problem=problem)


def _problem(body: str) -> Problem:
    """The best reason for refusing what is no number."""
    for problem, pattern in _REFUSALS:
        if pattern.search(body):
            return problem
    # CJK numerals are letters (Lo) to Unicode and were looked for above.
    if any(category(char).startswith("N") for char in body if not char.isascii()):
        return Problem.FOREIGN_DIGITS
    return Problem.NOT_A_NUMBER


def round_half_away(value: Fraction | int, places: int) -> Fraction:
    """``value`` at ``places`` decimals (negative: tens, hundreds), ties away from zero, as Excel's ROUND.

    Beyond ±308 places, where a double has none, the value itself or 0: a cell's content must not be able to ask for
    10 to the power of a billion.
    """
    if places > _FURTHEST_PLACE:
        return Fraction(value)
    if places < -_FURTHEST_PLACE:
        return Fraction(0)
    scale = Fraction(10) ** places
    return _nearest(value * scale) / scale


def _nearest(value: Fraction) -> Fraction:
    """The nearest whole number, ties away from zero."""
    size = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return Fraction(-size if value < 0 else size)


def to_fen(value: Fraction | int) -> int:
    """``value`` 元 as fen, exactly. Raises ValueError if it is not a whole number of fen."""
    fen = Fraction(value * 100)
    if fen.denominator != 1:
        raise ValueError(f"{value} yuan is not a whole number of fen")
    return fen.numerator


def round_fen(value: Fraction | int) -> int:
    """``value`` 元 as fen, ties away from zero."""
    fen, rest = divmod(value.numerator * 100, value.denominator)
    return fen if not rest else _nearest(Fraction(value * 100)).numerator


def from_fen(fen: int) -> str:
    """``fen`` as a decimal string of 元 with two places, ``133000.00``; never ``-0.00``."""
    return _fixed(fen, 2)


def show_fen(fen: int) -> str:
    """``fen`` as 元 for people, ``133,000.00``."""
    return _fixed(fen, 2, ",")


def show(value: Fraction | int) -> str:
    """``value`` 元 for people, ``133,000.00``, ties away from zero."""
    return show_fen(round_fen(value))


def decimal_text(value: Fraction | int) -> str:
    """``value`` 元 as a decimal string with two places, ``133000.00``, ties away from zero.

    For computed amounts; where rounding would hide a mistake, ``from_fen(to_fen(value))`` raises instead.
    """
    return from_fen(round_fen(value))


def plain(value: Fraction | int) -> str:
    """The shortest decimal text of a ratio or quantity: exact where it ends, otherwise rounded to 10 places."""
    rest, twos, fives = Fraction(value).denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return _shortest(Fraction(value), max(twos, fives) if rest == 1 else 10)


def show_plain(value: Fraction | int) -> str:
    """``value`` for people as short as exact, ``8,000`` or ``2.5``."""
    return f"{Decimal(plain(value)):,f}"


def show_ratio(value: Fraction | int, per_mille: bool = False, places: int = 4) -> str:
    """A ratio for people: ``12.5%``, or ``0.5‰``; at most ``places`` decimals, ties away from zero."""
    return _shortest(Fraction(value * (1000 if per_mille else 100)), places) + ("‰" if per_mille else "%")


def _shortest(value: Fraction, places: int) -> str:
    """``value`` at ``places`` decimals without trailing zeros."""
    text = _fixed(_nearest(value * 10**places).numerator, places)
    return text.rstrip("0").rstrip(".") if places else text


def _fixed(units: int, places: int, comma: str = "") -> str:
    """``units`` of 10⁻ᵖˡᵃᶜᵉˢ as a decimal text, its whole part grouped by ``comma``; zero has no sign."""
    whole, rest = divmod(abs(units), 10**places)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole:{comma}}" + (f".{rest:0{places}d}" if places else "")


def split(total_fen: int, weights: Sequence[Fraction | int]) -> tuple[int, ...]:
    """``total_fen`` shared out by ``weights`` (percentages, amounts, …), as fen that add up to it.

    Part i is ROUND(total × cumᵢ) − ROUND(total × cumᵢ₋₁), which a workbook's formulas can do too; each part is within
    1 fen of its exact share, and weight 0 gets nothing. Raises ValueError if a weight is negative or they add up to 0.
    """
    reached = tuple(accumulate(map(Fraction, weights), initial=Fraction(0)))
    if reached[-1] == 0 or min(weights) < 0:
        raise ValueError("weights must not be negative, and must not add up to 0")
    rounded = [_nearest(total_fen * part / reached[-1]).numerator for part in reached]
    return tuple(after - before for before, after in pairwise(rounded))


def split_even(total_fen: int, parts: int) -> tuple[int, ...]:
    """``total_fen`` in ``parts`` parts that differ by at most 1 fen and add up to it. Raises ValueError below 1."""
    if parts < 1:
        raise ValueError("at least one part is needed")
    return split(total_fen, (1,) * parts)


def in_wan(fens: Sequence[int], total: int | None = None, places: int = 2) -> tuple[Decimal, ...]:
    """``fens`` as 万元 with ``places`` decimals for display, adding up exactly to their displayed total.

    The displayed total is ``total`` fen (their sum where not given) in 万元, ties away from zero; giving the figure
    that a section already shows makes its lines foot to that. Largest remainder, ties to the earlier figure: each is
    less than one last place off, and a figure that needs no rounding keeps its value. Raises ValueError if ``total``
    shown is a last place or more off the sum: that is another total, not rounding.
    """
    exact = [Fraction(fen * 10**places, 10**6) for fen in fens]
    goal = _nearest(Fraction((sum(fens) if total is None else total) * 10**places, 10**6))
    if abs(goal - sum(exact)) >= 1:
        raise ValueError(f"{total} fen is not the total of these amounts")
    units = [math.floor(value) for value in exact]
    by_remainder = sorted(range(len(units)), key=lambda index: units[index] - exact[index])
    for index in by_remainder[: goal.numerator - sum(units)]:
        units[index] += 1
    return tuple(Decimal(_fixed(unit, places)) for unit in units)
