"""客户关系管理费用预算: how it is filled so that no rule is broken, and its four methods in the test's own arithmetic.

Written from the template's words, not from its expressions, so that the two can differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from random import Random

from crmxl.model import Key
from tests.mutation.base import NAMES, TEXTS, Base, Entries, Entry, yuan
from tests.mutation.rules import fen, figure

CATEGORIES = {
    "1": "技术支持 Technology",
    "2": "人力资源 People",
    "3": "市场推广 Marketing",
    "4": "数据管理 Data",
    "5": "咨询和外包 Consulting",
}
METHODS = ("历史法 Historical", "目标法 Objective", "竞争对手法 Competitor", "作业法 Activity")
LAST_YEAR, MEAN = "上年实际 Last year", "三年平均 Three-year mean"
AVERAGE, HIGHEST = "平均 Mean", "最高 Highest"
YEARS = ("year_3", "year_2", "last_year")
RIVALS = ("a", "b", "c")


def filled(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Every category by two to four methods close to each other, some wide apart and explained."""
    made: dict[Key, Entry] = {"filer@value": "林珊", "base_of_history@value": random.choice((LAST_YEAR, MEAN))}
    rows = {"objective": 0, "activity": 0}
    rivals = False
    for category, words in CATEGORIES.items():
        about = random.randrange(5_000_000, 50_000_000)
        made |= _history(random, empty, category, about)
        used = random.sample(METHODS[1:], random.randint(1, 3))
        for method, sheet in ((METHODS[1], "objective"), (METHODS[3], "activity")):
            for _ in range(random.randint(1, 2) if method in used else 0):
                rows[sheet] += 1
                made |= _row(random, empty, f"{sheet}.{rows[sheet]:03d}", category, _near(random, about) // 2)
        if METHODS[2] in used:
            rivals = True
            made |= _rivals(random, category, _near(random, about))
        made |= {f"B.{category}@method": METHODS[0], f"B.{category}@reason": random.choice(TEXTS)}
        if _explains(random, made, category):
            made[f"B.{category}@explanation"] = f"{words}：{random.choice(TEXTS)}"
    if rivals:
        made["matching@value"] = random.choice((AVERAGE, HIGHEST))
        made |= {f"rival_{one}@value": f"{one}公司" for one in RIVALS[:2]}
    return iter(made.items())


def _explains(random: Random, made: Entries, category: str) -> bool:
    """Where an explanation is asked for or somebody writes one anyway."""
    found = results(made)[category]
    apart = max(found.values()) - min(found.values()) > min(found.values()) / 4
    return apart or random.random() < 0.3


def _near(random: Random, about: int) -> int:
    return about * random.randint(90, 110) // 100


def _history(random: Random, empty: Base, category: str, about: int) -> dict[Key, Entry]:
    """Past years of a category, about that many fen each; growth and adjustment with their reason."""
    lines = [row.code for row in empty.layout.by_id["history"].rows if row.code.startswith(f"{category}.")]
    found: dict[Key, Entry] = {}
    for code in lines:
        if ".n" in code:
            if random.random() < 0.7:
                continue
            found[f"{code}@title"] = random.choice(NAMES)
        share = about // len(lines)
        for year in YEARS:
            if year == "last_year" or random.random() < 0.8:
                found[f"{code}@{year}"] = yuan(share)
        growth = random.choice((Decimal(0), Decimal("0.05"), Decimal("-0.03"), Decimal("0.1")))
        adjustment = random.choice((0, 0, share // 20, -share // 20))
        if growth:
            found[f"{code}@growth"] = growth
        if adjustment:
            found[f"{code}@adjustment"] = yuan(adjustment)
        if growth or adjustment:
            found[f"{code}@reason"] = random.choice(TEXTS)
    return found


def _row(random: Random, empty: Base, code: str, category: str, about: int) -> dict[Key, Entry]:
    """A row of a list that comes to about that many fen."""
    quantity = random.choice((1, 2, 12, 40))
    found: dict[Key, Entry] = {
        f"{code}@quantity": Decimal(quantity),
        f"{code}@unit_price": yuan(about // quantity),
        f"{code}@basis": random.choice(TEXTS),
        f"{code}@activity": random.choice(NAMES),
    }
    if code.startswith("objective"):
        return found | {f"{code}@goal": "客户满意度 92 分", f"{code}@category": CATEGORIES[category]}
    accounts = empty.layout.cells[f"{code}@account"].choices
    account = random.choice([one for one in accounts if one.startswith(category)])
    return found | {f"{code}@driver": "次", f"{code}@account": account}


def _rivals(random: Random, category: str, about: int) -> dict[Key, Entry]:
    """Two competitors' figures, ours the same size or half of it."""
    times = random.choice((1, 2))
    found: dict[Key, Entry] = {f"K.{category}@rival_{one}_spend": yuan(about * times) for one in RIVALS[:2]}
    relative = Decimal(1) / Decimal(times)
    return found | {f"K.{category}@relative": relative, f"K.{category}@source": random.choice(TEXTS)}


# ---- the test's own arithmetic -------------------------------------------------------------------------------------


def rounded(value: Fraction) -> Fraction:
    """``value`` to the fen, halves away from zero."""
    return fen(value) if value >= 0 else -fen(-value)


def written(inputs: Entries, key: Key) -> bool:
    """Whether words stand there."""
    return bool(str(inputs.get(key, "")).strip())


def by_account(inputs: Entries) -> dict[str, Fraction]:
    """What the historical method gives, by account."""
    codes = {key.partition("@")[0] for key in inputs if key[0] in CATEGORIES and key[1] == "."}
    found = {}
    for code in codes:
        there = [
            figure(inputs, f"{code}@{year}") for year in YEARS if isinstance(inputs.get(f"{code}@{year}"), Decimal)
        ]
        base = figure(inputs, f"{code}@last_year")
        if inputs.get("base_of_history@value") == MEAN:
            base = rounded(sum(there, Fraction(0)) / len(there)) if there else Fraction(0)
        growth, adjustment = figure(inputs, f"{code}@growth"), figure(inputs, f"{code}@adjustment")
        found[code] = rounded(base * (1 + growth) + adjustment)
    return found


def results(inputs: Entries) -> dict[str, dict[str, Fraction]]:
    """What the methods give that give anything, by category and method."""
    found = {}
    accounts = by_account(inputs)
    rows = {key.partition("@")[0] for key in inputs}
    for category, words in CATEGORIES.items():
        sums = dict.fromkeys(METHODS, Fraction(0))
        sums[METHODS[0]] = sum((value for code, value in accounts.items() if code[0] == category), Fraction(0))
        for row in rows:
            cost = rounded(figure(inputs, f"{row}@quantity") * figure(inputs, f"{row}@unit_price"))
            if row.startswith("objective.") and inputs.get(f"{row}@category") == words:
                sums[METHODS[1]] += cost
            if row.startswith("activity.") and str(inputs.get(f"{row}@account")).startswith(f"{category}."):
                sums[METHODS[3]] += cost
        sums[METHODS[2]] = rounded(_benchmark(inputs, category) * figure(inputs, f"K.{category}@relative"))
        found[category] = {method: value for method, value in sums.items() if value > 0}
    return found


def _spent(inputs: Entries, category: str) -> list[Fraction]:
    keys = [f"K.{category}@rival_{one}_spend" for one in RIVALS]
    return [figure(inputs, key) for key in keys if isinstance(inputs.get(key), Decimal)]


def _benchmark(inputs: Entries, category: str) -> Fraction:
    spent = _spent(inputs, category)
    if not spent:
        return Fraction(0)
    return max(spent) if inputs.get("matching@value") == HIGHEST else rounded(sum(spent, Fraction(0)) / len(spent))


def chosen(inputs: Entries) -> dict[str, Fraction]:
    """The budget by category."""
    found = results(inputs)
    return {one: found[one].get(str(inputs.get(f"B.{one}@method")), Fraction(0)) for one in CATEGORIES}


def total(inputs: Entries) -> Fraction:
    """The budget: what the chosen methods give."""
    return sum(chosen(inputs).values(), Fraction(0))


def last_year(inputs: Entries, category: str) -> Fraction:
    """What was spent on a category."""
    keys = (key for key in inputs if key.startswith(f"{category}.") and key.endswith("@last_year"))
    return sum((figure(inputs, key) for key in keys), Fraction(0))


def broken(base: Base, inputs: Entries) -> Iterator[tuple[str, Key]]:
    """P341 … P347."""
    found, budget = results(inputs), chosen(inputs)
    whole, before = total(inputs), sum((last_year(inputs, one) for one in CATEGORIES), Fraction(0))
    for category, sums in found.items():
        row, amount, last = f"B.{category}", budget[category], last_year(inputs, category)
        told = written(inputs, f"{row}@explanation")
        if sums and written(inputs, f"{row}@method") and amount <= 0:
            yield "P341", f"{row}@amount"
        if len(sums) == 1:
            yield "P342", f"{row}@methods"
        if sums and not told:
            low = min(sums.values())
            if max(sums.values()) - low > rounded(low * Fraction(3, 10)):
                yield "P343", f"{row}@spread"
        if last > 0 and not told and amount > rounded(last * Fraction(12, 10)):
            yield "P344", f"{row}@amount"
        if len(_spent(inputs, category)) == 1:
            yield "P347", f"K.{category}@figures"
    if before > 0 and whole > rounded(before * Fraction(12, 10)):
        yield "P345", "total@amount"
    for code, value in by_account(inputs).items():
        if value < 0:
            yield "P346", f"{code}@result"
