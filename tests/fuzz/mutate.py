"""A number → a mutated workbook, always the same one."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from tests.fuzz import cells, containers, harmless, markup, parts, stamps
from tests.fuzz.draft import Draft, Mutation, Unsuitable
from tests.fuzz.seeds import NAMES, Seed, seed

MOST = 8
"""Mutations of one input."""
_HARMLESS = 0.12
"""Share of the inputs that are the same workbook written otherwise."""
Levels: TypeAlias = tuple[tuple[float, tuple[Mutation, ...]], ...]
_LEVELS: Levels = (
    (0.40, markup.MUTATIONS),
    (0.26, cells.MUTATIONS),
    (0.10, parts.MUTATIONS),
    (0.08, containers.MUTATIONS),
    (0.10, stamps.MUTATIONS),
    (0.06, harmless.MUTATIONS),
)
_TRIES = 20
_SLOW = ("annual-departments", "customer-relations")
_WEIGHTS = [1 if name.startswith(_SLOW) else 3 for name in NAMES]


@dataclass(frozen=True)
class Made:
    """A mutated workbook."""

    number: int
    seed: Seed
    steps: tuple[str, ...]
    data: bytes
    same: bool
    """Whether it is the seed written otherwise, so that nothing may change."""

    def __str__(self) -> str:
        return f"{self.number}: {self.seed.name}; {'; '.join(self.steps)}"


def make(number: int) -> Made:
    """The input of this number."""
    random = Random(f"fuzz {number}")
    (name,) = random.choices(NAMES, _WEIGHTS)
    start = seed(name)
    draft = start.draft()
    same = random.random() < _HARMLESS
    if same:
        wanted = random.choice((1, 1, 2, 3, 4))
        levels: Levels = ((1.0, harmless.MUTATIONS),)
    else:
        wanted = min(MOST, 1 + int(random.expovariate(1)))
        levels = _LEVELS
    return Made(number, start, _mutated(random, draft, wanted, levels), draft.saved(), same)


def again(random: Random, draft: Draft) -> None:
    """One mutation more."""
    _mutated(random, draft, 1, _LEVELS)


def _mutated(random: Random, draft: Draft, wanted: int, levels: Levels) -> tuple[str, ...]:
    steps: list[str] = []
    done: set[Mutation] = set()
    for _ in range(_TRIES):
        if len(steps) == wanted:
            break
        (level,) = random.choices([level for _, level in levels], [weight for weight, _ in levels])
        chosen = random.choice(level)
        if chosen in done:
            continue  # what is harmless once need not be twice
        kept = list(draft.entries)
        try:
            steps.append(f"{chosen.__module__.rpartition('.')[2]}.{chosen.__name__}: {chosen(random, draft)}")
            done |= {chosen} & {*harmless.MUTATIONS}
        except (Unsuitable, ValueError, LookupError):  # earlier steps have left nothing that this one could change
            draft.entries[:] = kept
    return tuple(steps)
