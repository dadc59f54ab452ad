"""Customer maintenance, filled and judged by the test's own arithmetic: goals, value, activities, reserve."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from random import Random

from crmxl.model import Key
from tests.mutation.base import NAMES, TEXTS, Base, Entries, Entry, usual_fen, yuan
from tests.mutation.rules import amounts, fen, figure

SEGMENTS = {"V.1": "高价值 High value", "V.2": "潜力 Potential", "V.3": "普通 Ordinary"}
STAGES = ("获取 Acquire", "成长 Grow", "成熟 Mature", "衰退 Decline")
KINDS = ("拜访 Visit", "培训 Training", "峰会 Summit", "节日关怀 Festival", "定制化服务 Tailored", "礼品 Gift")
STANDARDS = {"拜访 Visit": ("P374", 200), "礼品 Gift": ("P375", 300)}
MONTHS = (
    *("1月 Jan", "2月 Feb", "3月 Mar", "4月 Apr", "5月 May", "6月 Jun"),
    *("7月 Jul", "8月 Aug", "9月 Sep", "10月 Oct", "11月 Nov", "12月 Dec"),
)
REGIONS = ("广州", "Online", "1.1", "家用空调")
APPROVAL = 50_000
GOALS = ("G.1", "G.2", "G.3", "G.4")


def filled(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Goals that rise, activities within the standards, value in the order of spend, a reserve of a twentieth."""
    yield "filer@value", "林珊"
    for code in (*GOALS, *random.sample(("G.n01", "G.n02"), random.randrange(3))):
        last = random.randrange(9_000)
        yield f"{code}@base", Decimal(random.randrange(1, 5_000))
        yield f"{code}@target", Decimal(last + random.choice((0, 1, 250))).scaleb(-4)
        yield f"{code}@how", "电话调查"
        yield f"{code}@owner", "王敏"
        if random.random() < 0.8:
            yield f"{code}@last_year", Decimal(last).scaleb(-4)
        if ".n" in code:
            yield f"{code}@title", random.choice(NAMES)
    named = random.sample(REGIONS, random.randrange(1, len(REGIONS)))
    for at, name in enumerate(named, 1):
        yield f"regions.{at:03d}@name", name
    spent: dict[str, int] = dict.fromkeys(SEGMENTS.values(), 0)
    rows = [row.code for row in empty.layout.by_id["activities"].rows if row.code.partition(".")[2]]
    for code in random.sample(rows, random.randrange(3, 12)):
        segment = random.choice(list(SEGMENTS.values()))
        amount = yield from _activity(random, code, segment, random.choice(named))
        spent[segment] += amount
    for code, segment in SEGMENTS.items():
        yield f"{code}@customers", Decimal(random.randrange(1, 2_000))
        yield f"{code}@margin", yuan(spent[segment] * 30 + 100_000)
        yield f"{code}@reason", "由总部统一安排"  # another unit's activities may reverse spend and value
    for code, part in (("R.1", 20), *random.sample((("R.n01", 60), ("R.n02", 55)), random.randrange(3))):
        yield from empty.with_line(random, code, sum(spent.values()) // part).items()
        yield f"{code}@owner", "分管副总"


def _activity(random: Random, code: str, segment: str, region: str) -> Generator[tuple[Key, Entry], None, int]:
    """One activity; gives its amount in fen."""
    kind = random.choice(KINDS)
    price = random.choice((usual_fen(random) // 100 + 1, 12_345, STANDARDS.get(kind, ("", 400))[1] * 100))
    price = min(price, STANDARDS[kind][1] * 100) if kind in STANDARDS else price
    quantity = random.randrange(1, 300)
    yield f"{code}@what", random.choice(NAMES)
    yield f"{code}@segment", segment
    yield f"{code}@stage", random.choice(STAGES)
    yield f"{code}@kind", kind
    yield f"{code}@region", region
    yield f"{code}@month", random.choice(MONTHS)
    yield f"{code}@quantity", Decimal(quantity)
    yield f"{code}@unit_price", yuan(price)
    yield f"{code}@basis", random.choice(TEXTS)
    yield f"{code}@owner", "王敏"
    yield f"{code}@result", "续约 95%"
    if quantity * price > APPROVAL * 100:
        yield f"{code}@approval", "集团客批 41 号"
    return quantity * price


def issued(random: Random, empty: Base, inputs: Mapping[Key, Entry]) -> dict[str, str]:
    """A control total that holds the budget, often to the fen."""
    whole = total(inputs)
    cap = random.choice((whole, whole * 2, whole + 1_000))
    return {"cap": str(Decimal(cap.numerator) / cap.denominator)}


def total(inputs: Entries) -> Fraction:
    """Activities and reserve."""
    return sum(_amounts(inputs).values(), _reserve(inputs))


def broken(base: Base, inputs: Entries) -> Iterator[tuple[str, Key]]:
    """P371 … P379."""
    each, whole = _amounts(inputs), total(inputs)
    cap, reserve = Fraction(base.parameters.get("cap", "0")), _reserve(inputs)
    if cap > 0 and whole > cap:
        yield "P371", "total_budget@value"
    if whole > 0 and not fen(whole * Fraction(3, 100)) <= reserve <= fen(whole * Fraction(10, 100)):
        yield "P373", "R.1@amount"
    spend = {code: _of(each, inputs, "segment", segment) for code, segment in SEGMENTS.items()}
    margin = {code: figure(inputs, f"{code}@margin") for code in SEGMENTS}
    for code in SEGMENTS:
        less = [spend[other] for other in SEGMENTS if margin[other] < margin[code]]
        if margin[code] > 0 and spend[code] < max(less, default=Fraction(0)):
            yield "P372", f"{code}@spend"
    names = [_said(inputs, key) for key in inputs if key.startswith("regions.") and key.endswith("@name")]
    for code in sorted({key.partition("@")[0] for key in inputs if key.startswith("activities.")}):
        rule, standard = STANDARDS.get(_said(inputs, f"{code}@kind"), ("", 0))
        if rule and figure(inputs, f"{code}@unit_price") > standard:
            yield rule, f"{code}@unit_price"
        if each[code] > APPROVAL and not _said(inputs, f"{code}@approval").strip(" "):
            yield "P376", f"{code}@amount"
        region = _said(inputs, f"{code}@region")
        if region.strip(" ") and [name.casefold() for name in names].count(region.casefold()) != 1:
            yield "P377", f"{code}@region"
    for code in GOALS:
        if 0 < figure(inputs, f"{code}@last_year") > figure(inputs, f"{code}@target"):
            yield "P378", f"{code}@target"
    placed = sum(each[code] for code in each if all(_listed(inputs, code, *one) for one in PLACES))
    timed = sum(each[code] for code in each if all(_listed(inputs, code, *one) for one in TIMES))
    if min(placed, timed) != sum(each.values()):
        yield "P379", "matrix@all"


PLACES = (("segment", tuple(SEGMENTS.values())), ("stage", STAGES), ("kind", KINDS))
TIMES = (("month", MONTHS), ("stage", STAGES))


def _amounts(inputs: Entries) -> dict[str, Fraction]:
    """Quantity by price of every activity."""
    codes = {key.partition("@")[0] for key in inputs if key.startswith("activities.")}
    return {code: fen(figure(inputs, f"{code}@quantity") * figure(inputs, f"{code}@unit_price")) for code in codes}


def _reserve(inputs: Entries) -> Fraction:
    return sum(amounts(inputs, "amount", "R").values(), Fraction(0))


def _of(each: Mapping[str, Fraction], inputs: Entries, column: str, wanted: str) -> Fraction:
    return sum((amount for code, amount in each.items() if _said(inputs, f"{code}@{column}") == wanted), Fraction(0))


def _listed(inputs: Entries, code: str, column: str, allowed: tuple[str, ...]) -> bool:
    return _said(inputs, f"{code}@{column}") in allowed


def _said(inputs: Entries, key: Key) -> str:
    entry = inputs.get(key)
    return entry if isinstance(entry, str) else ""
