"""How every shipped template is filled, so that nothing is wrong with it: no finding, and no rule of its policy broken.

A template that ships without a record in ``FILLINGS`` makes every test here fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from random import Random

from crmxl.check.standard import Standard
from crmxl.define.policies import live, shipped_policies
from crmxl.define.round import Round, Unit
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Role, RowKind
from crmxl.issue.workbook import write
from crmxl.model import Assignment, Key, Lang, Template
from tests.mutation import (
    filled_crm_evaluation,
    filled_crm_expense,
    filled_hotel,
    filled_maintenance,
    filled_mix,
    filled_portfolio,
    filled_resources,
    filled_sales,
    rules,
)
from tests.mutation.base import COUNTED, NAMES, TEXTS, Arithmetic, Base, Entry, exact, usual_fen, yuan
from tests.thin import ThinLibrary

LIBRARY = ThinLibrary()
TEMPLATES = LIBRARY.names()
"""Every template that ships."""
POOL = 8
"""Bases of a template that many edits share; the rest of a base's number by it says how the base is issued."""
KEY = b"the key of a round in tests"


@dataclass(frozen=True)
class Filling:
    """How one template is filled."""

    entries: Callable[[Random, Base], Iterable[tuple[Key, Entry]]]
    parts: Callable[[Random, Template], tuple[str, ...]]
    """A choice of parts that can be filled."""
    arithmetic: Arithmetic = field(default_factory=Arithmetic)
    monthly: bool = False
    """Whether it has months, so that it can be issued for a part-year."""
    parameters: Callable[[Random, Base, Mapping[Key, Entry]], dict[str, str]] = lambda random, base, inputs: {}
    """Figures that the group issues, by field id."""


@lru_cache(maxsize=256)
def base(template: str, number: int) -> Base:
    """The ``number``-th base of ``template``: whole or in part, of a part-year, in English, in a round or not."""
    random = Random(f"base {template} {number}")
    filling, way = FILLINGS[template], number % POOL
    definition = LIBRARY.load(template)
    lang: Lang = "en" if way in (2, 5) else "zh"
    unit = Unit(
        code=f"U{number:03d}",
        name=random.choice(("华南区域", "财务部")) if way % 2 else random.choice(("华南区域", "财务部", "")),
        type="region",
        parts=filling.parts(random, definition) if way in (3, 4) else (),
        first_month=random.randrange(2, 12) if filling.monthly and way in (1, 4) else 1,
    )
    policies = live(definition, shipped_policies())
    layout = lay_out(definition, 2026, unit.parts, unit.first_month, lang, policies)
    empty = Base(template, number, layout, {}, b"", Standard(), filling.arithmetic)
    inputs = dict(filling.entries(random, empty))
    assert all(layout.cells[key].role is Role.INPUT for key in inputs), template
    parameters = filling.parameters(random, empty, inputs)
    unit = replace(unit, parameters=parameters)
    names = tuple(policy.name for policy in policies)
    standard, secret = Standard(), b""
    if parameters or way % 2:
        round = Round("2026 预算", 2026, "一上", (definition.name,), names, "", "", (unit,), {}, KEY, Path(), lang=lang)
        standard, secret, given = Standard(round), KEY, round.assignment(unit.code, definition)
    else:
        given = Assignment(unit.code, unit.name, 2026, parts=unit.parts, first_month=unit.first_month, lang=lang)
        given = replace(given, policies=names)
    data = write(layout, given, {key: exact(entry) for key, entry in inputs.items()}, secret=secret)
    return replace(empty, inputs=inputs, data=data, standard=standard, parameters=parameters)


def _some_parts(random: Random, template: Template) -> tuple[str, ...]:
    known = sorted({section.part for sheet in template.sheets for section in sheet.sections})
    return tuple(random.sample(known, random.randrange(1, len(known))))


def _cosmetics(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Most lines with an amount and its basis, some 0, some blank; at least one of each group filled."""
    for run in empty.runs():
        sure = random.choice(run)
        for row in run:
            chance = random.random()
            if row is sure or chance < 0.75:
                yield from empty.with_line(random, row.code, usual_fen(random)).items()
            elif chance < 0.85:
                yield f"{row.code}{COUNTED}", Decimal(0)


def _departments(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Amounts with months that add up; lines of the unit's own; work items with dates."""
    for run in empty.runs():
        sure = run[0]
        for row in run:
            if row is sure or random.random() < (0.8 if row.kind is RowKind.LINE else 0.4):
                yield from empty.with_line(random, row.code, usual_fen(random)).items()
    for row in empty.layout.by_id["work"].rows:
        if row.kind is RowKind.OPEN and random.random() < 0.5:
            yield f"{row.code}@title", random.choice(NAMES)
            yield f"{row.code}@measure", random.choice(TEXTS)
            yield f"{row.code}@by", date(2026, 1, 1) + timedelta(days=random.randrange(365))
            if random.random() < 0.5:
                yield f"{row.code}@owner", "王敏"


def _relations(random: Random, empty: Base) -> Iterator[tuple[Key, Entry]]:
    """Lines with even months and a basis, a reserve of a twentieth, activities within the standards, cities."""
    yield "filer@value", "林珊"
    counted = 0
    for run in empty.runs():
        for row in run:
            if row.code != rules.RESERVE and (row is run[0] or random.random() < 0.5):
                fen = random.randrange(50_000, 3_000_000)
                if row.code.startswith("1."):
                    counted += fen
                yield from _relations_line(random, empty, row.code, fen)
    yield from _relations_line(random, empty, rules.RESERVE, counted // 15)
    for row in empty.layout.by_id["activities"].rows:
        if row.kind is RowKind.RECORD and random.random() < 0.2:
            kind = random.choice(("拜访", "培训", "峰会", "节日关怀", "礼品"))
            yield f"{row.code}@kind", kind
            yield f"{row.code}@what", random.choice(TEXTS)
            yield f"{row.code}@persons", Decimal(random.randrange(1, 500))
            yield f"{row.code}@unit_price", yuan(random.choice((rules.STANDARDS.get(kind, 900) * 100, 12_345)))
            if random.random() < 0.5:
                yield f"{row.code}@city", "广州"
    for row in empty.layout.by_id["cities"].rows:
        if row.kind is RowKind.RECORD and random.random() < 0.2:
            yield f"{row.code}@name", random.choice(("广州", "深圳", "佛山 (二期)"))
            yield f"{row.code}@amount", yuan(usual_fen(random))


def _relations_line(random: Random, empty: Base, code: str, fen: int) -> Iterator[tuple[Key, Entry]]:
    yield from empty.with_line(random, code, fen, even=True).items()
    chance = random.random()
    if chance < 0.3:
        yield f"{code}@last_year", yuan(fen - fen // random.randint(8, 20))
    elif chance < 0.4:
        yield f"{code}@last_year", yuan(fen // 2)
        yield f"{code}@growth_reason", random.choice(TEXTS)
    if random.random() < 0.3:
        yield f"{code}@owner", "王敏"


def _target(random: Random, empty: Base, inputs: Mapping[Key, Entry]) -> dict[str, str]:
    """A sales target whose cap holds the budget, often to the fen."""
    least = rules.relations_total(inputs) / rules.CAP
    target = random.choice((least, least * 2, least + 1_000_000))
    return {
        "sales_target": str(Decimal(target.numerator) / target.denominator),
        "last_year_actual": str(yuan(usual_fen(random))),
        "scope_note": "含所辖全部城市和项目",
    }


FILLINGS: Mapping[str, Filling] = {
    "annual-departments": Filling(_departments, _some_parts, monthly=True),
    "cosmetics-plan": Filling(_cosmetics, _some_parts),
    "crm-evaluation": Filling(
        filled_crm_evaluation.filled,
        lambda random, template: (),
        Arithmetic(filled_crm_evaluation.total, filled_crm_evaluation.broken),
        parameters=filled_crm_evaluation.issued,
    ),
    "crm-expense": Filling(
        filled_crm_expense.filled,
        lambda random, template: (),
        Arithmetic(filled_crm_expense.total, filled_crm_expense.broken),
    ),
    "customer-maintenance": Filling(
        filled_maintenance.filled,
        lambda random, template: (),
        Arithmetic(filled_maintenance.total, filled_maintenance.broken),
        parameters=filled_maintenance.issued,
    ),
    "customer-portfolio": Filling(
        filled_portfolio.filled,
        lambda random, template: (),
        Arithmetic(filled_portfolio.total, filled_portfolio.broken),
    ),
    "customer-relations": Filling(
        _relations,
        lambda random, template: ("1", "2", "S"),
        Arithmetic(rules.relations_total, rules.relations),
        monthly=True,
        parameters=_target,
    ),
    "customer-resources": Filling(
        filled_resources.filled,
        lambda random, template: (),
        Arithmetic(filled_resources.total, filled_resources.broken),
        parameters=filled_resources.issued,
    ),
    "hotel-marketing": Filling(
        filled_hotel.filled,
        lambda random, template: random.choice((("1", "3"), ("1", "2", "R"))),
        Arithmetic(filled_hotel.total, filled_hotel.broken),
    ),
    "marketing-mix": Filling(
        filled_mix.filled, lambda random, template: ("software",), Arithmetic(filled_mix.total, filled_mix.broken)
    ),
    "sales-plan": Filling(
        filled_sales.filled,
        lambda random, template: filled_sales.PARTS,
        Arithmetic(filled_sales.total, filled_sales.broken),
        monthly=True,
        parameters=filled_sales.issued,
    ),
}
