"""Random fillings of every shipped template with its shipped policies: seeded, many of them right at a rule's bound.

Where a rule's bound lies is found by asking the rule's two sides, so that a new rule needs nothing here. Knows layouts
and expressions, nothing of LibreOffice or of verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from random import Random

from crmxl.define.policies import Policies, applicable
from crmxl.define.policy import read_limit
from crmxl.expression import Call, Fault, Node, Value, evaluate, keys
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Cell, Layout, Role, RowKind
from crmxl.issue.ruling import Asked, PlacedRule
from crmxl.model import MONTHS, Assignment, Key, Lang, Type, split_key
from crmxl.money import round_half_away
from tests.thin import ThinLibrary

LIBRARY = ThinLibrary()
POLICIES = Policies()
YEAR = 2026
ERROR = Fault("#DIV/0!")
"""What a broken formula in an input shows."""
_LARGEST = Fraction(10**10)
_TRIES = 4
_STEPS = 12
_FEN = Fraction(1, 100)
_STEP = {Type.MONEY: _FEN, Type.PERCENT: Fraction(1, 10_000), Type.QUANTITY: _FEN, Type.INTEGER: Fraction(1)}
"""The smallest change that people make."""
_WORDS = ("40 场 × 2,500 元", "上年合同价", "新增两个城市", "2024", "A&B <试用>")
_SPACES = (" ", "　", "\u00a0")
_WIDE = {ord(char): ord(char) + 0xFEE0 for char in "0123456789.,"}


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to issue a template."""

    template: str
    parts: tuple[str, ...] = ()
    first_month: int = 1
    lang: Lang = "zh"
    limits: tuple[tuple[str, str, str], ...] = ()
    """Limits of a round: rule, name, value as written."""
    weight: int = 1
    """How often it is filled, relative to the others."""

    @property
    def own(self) -> dict[str, dict[str, str]]:
        """Its limits as an assignment has them."""
        found: dict[str, dict[str, str]] = {}
        for rule, name, text in self.limits:
            found.setdefault(rule, {})[name] = text
        return found

    @property
    def layout(self) -> Layout:
        """Where everything stands, with the shipped rules live."""
        return _layout(self)

    def assignment(self, parameters: Mapping[Key, Value] | None = None) -> Assignment:
        """Issued to somebody, with these issued figures."""
        policies = dict.fromkeys(placed.policy.name for placed in self.layout.rules)
        told = {key: _decimal(value) for key, value in (parameters or {}).items() if isinstance(value, Fraction)}
        return Assignment(
            unit="HN",
            unit_name="华南区域",
            year=YEAR,
            parts=self.parts,
            first_month=self.first_month,
            parameters=told,
            lang=self.lang,
            policies=tuple(policies),
            limits=self.own,
        )


_LIMITS = (("P301", "rate", "0.37‰"), ("P303", "growth", "12.5%"), ("P306", "low", "1.25%"), ("P309", "times", "300"))
_OTHERS = {
    "crm-evaluation": (
        Variant("crm-evaluation", weight=6),
        Variant("crm-evaluation", lang="en", limits=(("P392", "low", "2.5"), ("P397", "least", "12.5")), weight=2),
    ),
    "crm-expense": (
        Variant("crm-expense", weight=6),
        Variant("crm-expense", lang="en", limits=(("P342", "least", "3"), ("P344", "rate", "0.5%")), weight=2),
    ),
    "customer-relations": (
        Variant("customer-relations", weight=12),
        Variant("customer-relations", lang="en", first_month=4, weight=3),
        Variant("customer-relations", first_month=7, weight=2),
        Variant("customer-relations", parts=("1", "2", "S"), limits=_LIMITS, weight=4),
    ),
    "customer-maintenance": (
        Variant("customer-maintenance", weight=5),
        Variant(
            "customer-maintenance",
            lang="en",
            limits=(("P373", "low", "1.25%"), ("P374", "ceiling", "66.6"), ("P376", "limit", "1234.56")),
            weight=2,
        ),
    ),
    "customer-resources": (
        Variant("customer-resources", weight=3),
        Variant("customer-resources", lang="en", limits=(("P383", "margin", "2.5%"), ("P387", "times", "3"))),
    ),
    "customer-portfolio": (
        Variant("customer-portfolio", limits=(("P402", "rate", "12.5%"), ("P408", "share", "21%"))),
        Variant("customer-portfolio", lang="en"),
    ),
    "hotel-marketing": (
        Variant("hotel-marketing", weight=4),
        Variant("hotel-marketing", parts=("1", "3", "R"), lang="en", weight=2),
        Variant("hotel-marketing@1", weight=2),
    ),
    "marketing-mix": (
        Variant("marketing-mix", weight=7),
        Variant("marketing-mix", parts=("software",), lang="en", weight=3),
        Variant("marketing-mix@1", weight=4),
    ),
    "sales-plan": (
        Variant("sales-plan", weight=5),
        Variant(
            "sales-plan", first_month=4, lang="en", limits=(("P361", "tolerance", "2.5%"), ("P364", "limit", "33%"))
        ),
        Variant("sales-plan", parts=("P1", "T1", "T3", "K", "Q1", "Q2", "1", "3"), weight=2),
    ),
}


@lru_cache(maxsize=1)
def variants() -> tuple[Variant, ...]:
    """Every shipped template at least once, those with rules in several ways."""
    return tuple(one for name in LIBRARY.names() for one in _OTHERS.get(name, (Variant(name),)))


@lru_cache(maxsize=64)
def _layout(variant: Variant) -> Layout:
    template = LIBRARY.load(variant.template)
    own = {rule: {name: read_limit(text) for name, text in names.items()} for rule, names in variant.own.items()}
    rules = tuple(POLICIES.load(one.name).limited(own) for one in applicable(template, POLICIES.all()))
    return lay_out(template, YEAR, variant.parts, variant.first_month, variant.lang, rules)


@dataclass(frozen=True)
class Filling:
    """What stands in the inputs and issued cells of one workbook."""

    number: int
    variant: Variant
    typed: Mapping[Key, Value]
    """As typed: numbers, texts (also where a number belongs), or an error value. Presets are in it only if changed."""
    meant: Mapping[Key, Value]
    """The same, each text-typed number as the number that it means."""
    refused: bool
    """Whether an amount cannot be read, so that no rule is judged."""
    at_bound: tuple[str, ...]
    """Rules of which a fen more or less decides."""
    blank: tuple[str, ...]
    """Rules whose figure was left blank on purpose; ``*`` where nothing is filled in."""
    texts: int
    """How many numbers are typed as text."""
    issued: Mapping[Key, Value] = field(default_factory=dict)
    """Those of ``typed`` that the group gives."""

    @cached_property
    def layout(self) -> Layout:
        """Where everything stands."""
        return self.variant.layout

    @property
    def assignment(self) -> Assignment:
        """As it was issued."""
        return self.variant.assignment(self.issued)

    @property
    def converted(self) -> bool:
        """Whether the workbook's own figures are not those that count: texts in number cells, words of mere spaces."""
        return self.texts > 0 or any(isinstance(one, str) and not one.strip() for one in self.typed.values())

    @property
    def faulty(self) -> bool:
        """Whether an input shows an error value."""
        return any(isinstance(one, Fault) for one in self.typed.values())

    def __str__(self) -> str:
        given = self.variant
        choice = f"parts {','.join(given.parts) or 'all'}, from month {given.first_month}, {given.lang}"
        return f"filling {self.number}: {given.template} ({choice}), {len(self.typed)} cells"


@lru_cache(maxsize=1)
def _wheel() -> tuple[Variant, ...]:
    return tuple(variant for variant in variants() for _ in range(variant.weight))


def fill(seed: int, number: int) -> Filling:
    """The ``number``-th filling of ``seed``."""
    wheel = _wheel()
    random = Random(f"policy {seed} {number}")
    return _Filler(random, wheel[number * 7 % len(wheel)], number).filling()  # 7: neighbours differ


class Sheet:
    """The values of a filling in the making, calculated where asked for."""

    def __init__(self, layout: Layout, typed: Mapping[Key, Value]) -> None:
        self.layout, self.typed = layout, typed
        self._known: dict[Key, Value] = {}

    def __call__(self, key: Key) -> Value:
        """The value at ``key``."""
        formula = self.layout.cells[key].formula
        if formula is None:
            return self.typed.get(key, self.layout.preset_values.get(key))
        if key not in self._known:
            self._known[key] = evaluate(formula, self)
        return self._known[key]


@dataclass
class _Filler:
    random: Random
    variant: Variant
    number: int
    typed: dict[Key, Value] = field(default_factory=dict)
    nudged: list[tuple[PlacedRule, Asked, Key]] = field(default_factory=list)
    blanked: list[str] = field(default_factory=list)

    @cached_property
    def layout(self) -> Layout:
        return self.variant.layout

    def filling(self) -> Filling:
        random = self.random
        if random.random() < 0.02:
            self.blanked.append("*")
        else:
            self.rows()
            self.issue()
            if random.random() < 0.5:
                for _ in range(2 if len(self.layout.inputs) > 100 else 5):
                    self.tidy()
            asked = [(placed, one) for placed in self.layout.rules for one in placed.asked]
            rules = self.layout.rules
            whole = [placed for placed in rules if not placed.rule.each]  # the more a figure depends on, the harder
            for _ in range(random.randint(1, 6) if asked else 0):
                placed = random.choice(whole if whole and random.random() < 0.4 else rules)
                active = [one for one in placed.asked if self.asks(placed, one)]
                if active:
                    self.nudge(placed, random.choice(active))
        self.typed = {key: as_double(value) for key, value in self.typed.items()}
        near = tuple(dict.fromkeys(p.rule.code for p, asked, key in self.nudged if self.decides(p, asked, key)))
        meant, texts, refused = dict(self.typed), 0, False
        if self.typed and random.random() < 0.25:
            meant, texts, refused = self.as_texts()
        if self.typed and random.random() < 0.02:
            key = random.choice([cell.key for cell in self.layout.inputs if cell.type.numeric])
            self.typed[key] = meant[key] = ERROR
        issued = {key: one for key, one in self.typed.items() if self.layout.cells[key].role is Role.ISSUED}
        return Filling(
            self.number,
            self.variant,
            self.typed,
            meant,
            refused,
            near,
            tuple(dict.fromkeys(self.blanked)),
            texts,
            issued,
        )

    # -- a plain filling -----------------------------------------------------------------------------------------

    def rows(self) -> None:
        """Some rows with something, in amounts of one magnitude a row."""
        random = self.random
        by_row: dict[str, list[Cell]] = {}
        for cell in self.layout.inputs:
            by_row.setdefault(split_key(cell.key)[0], []).append(cell)
        density = random.choice((0.05, 0.1, 0.2, 0.3, 0.6))
        if len(self.layout.inputs) < 100:
            density += 0.35  # a small template is soon filled
        for code, cells in by_row.items():
            few = self.layout.kinds[code] is RowKind.RECORD
            if random.random() < (density / 4 if few else density):
                self.row(cells)

    def row(self, cells: list[Cell]) -> None:
        random = self.random
        size = 10 ** random.randint(1, 5)
        for cell in cells:
            column = split_key(cell.key)[1]
            if column[-3:-2] == "." and column[-2:] in MONTHS:
                continue
            if cell.type is Type.MONEY:
                value = self.amount(size)
                if value is not None:
                    self.typed[cell.key] = value
                    self.months(cell.key, value)
            elif cell.type is Type.PERCENT:
                self.typed[cell.key] = Fraction(random.randint(0, 60), 100)
            elif cell.type.numeric:
                self.typed[cell.key] = Fraction(random.randint(0, 60))
            elif cell.type is Type.DATE:
                self.typed[cell.key] = Fraction(46_023 + random.randrange(365))
            elif cell.type is Type.CHOICE:
                if random.random() < 0.9:
                    self.typed[cell.key] = random.choice(cell.choices)
            elif random.random() < 0.6:
                self.typed[cell.key] = random.choice(_WORDS if random.random() < 0.93 else _SPACES)

    def amount(self, size: int) -> Fraction | None:
        """An amount about ``size``, sometimes nothing, 0, negative, in 万元, or with what binary arithmetic left."""
        random = self.random
        chance = random.random()
        if chance < 0.08:
            return None
        if chance < 0.12:
            return Fraction(0)
        fen = random.randint(1, 100 * size) if chance < 0.7 else random.randint(1, 20) * 10 * size
        value = Fraction(fen, 100)
        if chance > 0.98:
            return -value
        if chance > 0.96:
            return max(_FEN, round_half_away(value / 10_000, 2))
        if chance > 0.94:
            return Fraction(repr(0.1 * (fen // 10)))  # as 4.1 * 3 leaves 12.299999999999999
        return value

    def months(self, year: Key, value: Fraction) -> None:
        """Sometimes the months: all alike, most at the end, or not adding up."""
        random = self.random
        cells = (self.layout.cells.get(f"{year}.{month}") for month in MONTHS)
        there = [cell.key for cell in cells if cell is not None and cell.role is Role.INPUT]
        if not there or random.random() < 0.7:
            return
        last = random.choice((0, 0, 2, 5, 20))
        weights = [random.choice((0, 1, 1)) for _ in there[:-1]] + [1 + last]
        done = Fraction(0)
        for key, weight in zip(there, weights, strict=True):
            part = round_half_away(value * weight / sum(weights), 2)
            if weight:
                self.typed[key] = part
                done += part
        if random.random() < 0.8:
            self.typed[there[-1]] = (
                round_half_away(value, 2) - done + round_half_away(value * (1 + last) / sum(weights), 2)
            )

    def issue(self) -> None:
        """The group's figures: targets that make round and half fen, presets as they are or changed."""
        random = self.random
        for cell in self.layout.cells.values():
            if cell.role is not Role.ISSUED or not cell.type.numeric:
                continue
            preset = self.layout.preset_values.get(cell.key)
            if isinstance(preset, Fraction):
                if random.random() < 0.04:
                    self.typed[cell.key] = preset + random.choice((-1, 1)) * _STEP[cell.type] * random.randint(1, 500)
            elif cell.type is Type.PERCENT and random.random() < 0.9:
                self.typed[cell.key] = Fraction(random.randint(0, 60), 100)
            elif cell.type is not Type.PERCENT and random.random() < 0.9:
                self.typed[cell.key] = Fraction(random.randint(1, 5000) * random.choice((10, 1_000, 200_000)))

    # -- to the bound --------------------------------------------------------------------------------------------

    def tidy(self) -> None:
        """Bring most rules within their bounds, as a unit does that looks at 校验."""
        for placed in self.layout.rules:
            for asked in placed.asked:
                if self.random.random() < 0.9 and evaluate(asked.holds, self.sheet()) is False:
                    self.nudge(placed, asked, keep=True)

    def sheet(self, key: Key = "", value: Value = None) -> Sheet:
        """The values as they are, or with ``value`` at ``key``."""
        return Sheet(self.layout, {**self.typed, key: value} if key else self.typed)

    def asks(self, placed: PlacedRule, asked: Asked) -> bool:
        """Whether the rule's condition is true there."""
        if not placed.rule.when:
            return True
        assert isinstance(asked.holds, Call)
        return bool(evaluate(asked.holds.arguments[0], self.sheet()))

    def over(self, asked: Asked, key: Key, value: Fraction) -> Fraction | None:
        """How far the left side is above the bound with ``value`` at ``key``."""
        values = self.sheet(key, value)
        left, right = evaluate(asked.left, values), evaluate(asked.right, values)
        return left - right if isinstance(left, Fraction) and isinstance(right, Fraction) else None

    def nudge(self, placed: PlacedRule, asked: Asked, keep: bool = False) -> None:
        """Move one figure that the rule reads to where the rule turns, or a step from there; with ``keep`` to a side
        that keeps it.
        """
        random = self.random
        bound = behind(self.layout, asked.right) if random.random() < 0.3 else ()
        read = [self.layout.cells[key] for key in dict.fromkeys((*behind(self.layout, asked.left), *bound))]
        numbers = [cell for cell in read if cell.type.numeric and cell.role in (Role.INPUT, Role.ISSUED)]
        if keep:  # what the rule is about, rather than the whole that it is a part of
            numbers = [cell for cell in numbers if cell.key.startswith(f"{split_key(asked.at)[0]}.")] or numbers
        for _ in range(_TRIES if numbers else 0):
            cell = random.choice(numbers)
            turn = self.turn(asked, cell)
            if turn is None:
                continue
            step = _STEP[cell.type]
            far = _away(random, turn, step)
            offsets = [Fraction(0), step, -step] if random.random() < (0.4 if keep else 0.8) else [far, -far]
            random.shuffle(offsets)
            for offset in offsets:
                value = turn + offset
                if value < 0 or (keep and evaluate(asked.holds, self.sheet(cell.key, value)) is not True):
                    continue
                self.typed[cell.key] = value
                self.nudged.append((placed, asked, cell.key))
                return
        if numbers and not keep and random.random() < 0.3:
            cell = random.choice(numbers)
            if cell.role is Role.INPUT and self.typed.pop(cell.key, None) is not None:
                self.blanked.append(placed.rule.code)
            return
        for key in behind(self.layout, asked.holds):
            cell = self.layout.cells[key]
            if cell.role is Role.INPUT and cell.type is Type.TEXT:
                if keep or random.random() < 0.5:
                    self.typed[key] = random.choice(_WORDS)
                else:
                    self.typed.pop(key, None)
                    self.blanked.append(placed.rule.code)
                return

    def turn(self, asked: Asked, cell: Cell) -> Fraction | None:
        """The value of ``cell``, in whole steps, at which the rule's left side is nearest to its bound."""
        step, key = _STEP[cell.type], cell.key
        now = self.typed.get(key, self.layout.preset_values.get(key))
        x = round_half_away(now / step, 0) * step if isinstance(now, Fraction) else Fraction(0)
        if self.random.random() < 0.4:
            x = self.random.choice((Fraction(0), x * 10, Fraction(1)))
        for _ in range(_STEPS):
            gap = max(step, round_half_away(abs(x) / 64 / step, 0) * step)
            here, there = self.over(asked, key, x), self.over(asked, key, x + gap)
            if here is None or there is None or here == there:
                return None
            if here == 0:
                break
            moved = round_half_away((x - here * gap / (there - here)) / step, 0) * step
            if moved == x:
                break
            x = moved
        if not 0 <= x < _LARGEST:
            return None
        close = [
            (abs(over), abs(n), x + n * step)
            for n in range(-2, 3)
            if (over := self.over(asked, key, x + n * step)) is not None and x + n * step >= 0
        ]
        return min(close)[2] if close else None

    def decides(self, placed: PlacedRule, asked: Asked, key: Key) -> bool:
        """Whether the rule is asked, and the smallest change at ``key`` takes it to or over its bound."""
        value = self.typed.get(key, self.layout.preset_values.get(key))
        if not isinstance(value, Fraction) or not self.asks(placed, asked):
            return False
        step = _STEP[self.layout.cells[key].type]
        found = [self.over(asked, key, value + n * step) for n in (-1, 0, 1)]
        signs = {(over > 0) - (over < 0) for over in found if over is not None}
        return 0 in signs or len(signs) > 1

    # -- texts ---------------------------------------------------------------------------------------------------

    def as_texts(self) -> tuple[dict[Key, Value], int, bool]:
        """Type some numbers as text; returns the filling as it is meant, how many, and whether one is refused."""
        random, meant, refused = self.random, dict(self.typed), False
        inputs = {cell.key: cell for cell in self.layout.inputs if cell.type.numeric}
        filled = [key for key in inputs if isinstance(self.typed.get(key), Fraction)]
        favoured = [key for _, _, key in self.nudged if key in filled]
        chosen = dict.fromkeys(random.choice(favoured or filled) for _ in range(random.randint(1, 3)) if filled)
        for key in chosen:
            text, value = _as_text(random, inputs[key], self.typed[key])
            self.typed[key], meant[key] = text, value
            refused |= isinstance(value, Fault)
        return meant, len(chosen), refused


def _as_text(random: Random, cell: Cell, value: Value) -> tuple[str, Value]:
    """``value`` as people type it into a text cell, and what that means; a Fault where nobody can say."""
    assert isinstance(value, Fraction)
    if random.random() < 0.15:
        return random.choice((("-", Fraction(0)), ("无", Fraction(0)), (" ", None), ("　", None)))
    if random.random() < 0.12:
        return random.choice(("1万", "约300", "待定", "1e3")), ERROR
    value = max(Fraction(0), round_half_away(value, 2 if cell.type is Type.MONEY else 0))
    text = f"{float(value):.2f}" if cell.type is Type.MONEY else str(value)
    forms: tuple[Callable[[], str], ...] = (
        lambda: text,
        lambda: text.translate(_WIDE),
        lambda: f" {text} ",
        lambda: f"{float(value):,.2f}" if cell.type is Type.MONEY else text,
        lambda: f"{float(value):,.2f}元" if cell.type is Type.MONEY else text,
        lambda: f"￥{text}" if cell.type is Type.MONEY else text,
    )
    return random.choice(forms)(), value


def _away(random: Random, turn: Fraction, step: Fraction) -> Fraction:
    """A good way off ``turn``, on either side."""
    far = round_half_away(turn * random.randint(1, 90) / 100 / step, 0) * step
    return random.choice((-1, 1)) * max(far, step)


def as_double(value: Value) -> Value:
    """``value`` as a file can hold it: in the shortest digits of its double."""
    return Fraction(repr(float(value))) if isinstance(value, Fraction) else value


def behind(layout: Layout, node: Node) -> tuple[Key, ...]:
    """Keys of all entries that a value depends on, through formulas."""
    waiting, seen = list(keys(node)), dict[Key, None]()
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen[key] = None
            formula = layout.cells[key].formula
            waiting.extend(keys(formula) if formula is not None else ())
    return tuple(key for key in seen if layout.cells[key].formula is None)


def _decimal(value: Fraction) -> str:
    """An exact decimal text; issued figures have finitely many places."""
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(abs(int(value * 10**places))).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)
