"""The registry of edit kinds: what an edit is, what it intends, and by which signs crmxl must tell of it.

A kind is a function ``(random, base) -> Edit`` under ``@kind(intent)``, in one of the ``FAMILIES``; its name is the
function's, its docstring says what people do and why it matters. A kind that finds no place in a base raises
``Unsuitable`` and is given another base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from random import Random
from typing import TypeAlias

from crmxl.model import Finding, Key
from tests.mutation.base import Base, Entries, Entry
from tests.mutation.means import Means

FAMILIES = (
    "neutral",
    "neutral_package",
    "entry",
    "entry_package",
    "damage_anchors",
    "damage_entries",
    "damage_formulas",
    "damage_package",
    "damage_zip",
    "decoys_package",
)
"""Modules with kinds; those named ``_package`` and ``_zip`` edit the file rather than what stands in it."""


class Intent(StrEnum):
    """What an edit is meant to be."""

    NEUTRAL = "neutral"
    """Entries and total stay; the file is accepted."""
    ENTRY = "entry"
    """The unit changes its entries; the file is accepted with exactly those."""
    DAMAGE = "damage"
    """The file must not count, and a finding says where."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A finding that must be there: one of the codes, at this place."""

    codes: frozenset[str]
    sheet: str = ""
    """The tab's name as returned; for a missing sheet, row or column see the next ones."""
    cells: frozenset[str] = frozenset()
    """Addresses as returned, one of which it names."""
    key: Key = ""
    """Where an edit has moved the cell."""
    title: str = ""
    """What is missing, by its name."""
    expected: str = ""
    """What is missing, by its code."""
    part: str = ""
    """The part of the file that it names."""

    def matches(self, finding: Finding) -> bool:
        """Whether this is the finding."""
        return (
            finding.code in self.codes
            and self.sheet in ("", finding.place.sheet)
            and (not self.cells or finding.place.cell in self.cells)
            and self.key in ("", finding.key)
            and self.title in ("", finding.place.title)
            and self.expected in ("", finding.expected)
            and self.part.casefold() in f"{finding.found} {dict(finding.values)}".casefold()
        )

    def __str__(self) -> str:
        place = f"{self.sheet}!{'/'.join(sorted(self.cells))}".strip("!")
        others = [part for part in (self.key, self.title, self.expected, self.part) if part]
        return f"{'/'.join(sorted(self.codes))} at {' '.join([place, *others]).strip() or 'anywhere'}"


def sign(
    codes: str, sheet: str = "", *cells: str, key: Key = "", title: str = "", expected: str = "", part: str = ""
) -> Sign:
    """A sign; ``codes`` are separated by blanks."""
    return Sign(frozenset(codes.split()), sheet, frozenset(cells), key, title, expected, part)


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit of one base."""

    says: str
    """What was done, for people."""
    means: Means
    changes: Mapping[Key, Entry | None]
    """Entries that are no longer the base's; None: cleared."""
    signs: tuple[Sign, ...] = ()
    """All of them must be there."""
    allowed: frozenset[str] = frozenset()
    """Codes that may be there, of a neutral edit or an entry."""

    def inputs(self, base: Base) -> Entries:
        """What stands in the edited file."""
        after = {**base.inputs, **self.changes}
        return {key: entry for key, entry in after.items() if entry is not None}


def edit(
    says: str, means: Means, *signs: Sign, changes: Mapping[Key, Entry | None] | None = None, allowed: str = ""
) -> Edit:
    """An edit; ``allowed`` codes are separated by blanks."""
    return Edit(says, means, changes or {}, signs, frozenset(allowed.split()))


class Unsuitable(Exception):
    """The base has no place for this kind of edit."""


Make: TypeAlias = Callable[[Random, Base], Edit]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of edit."""

    name: str
    intent: Intent
    make: Make
    office: bool = False
    """Whether only LibreOffice can make it."""

    @property
    def of_package(self) -> bool:
        """Whether it is an edit of the XML or the zip, which no spreadsheet program makes."""
        return self.make.__module__.endswith(("_package", "_zip"))


KINDS: dict[str, Kind] = {}


def kind(intent: Intent, *, office: bool = False) -> Callable[[Make], Make]:
    """Register the decorated function."""

    def register(make: Make) -> Make:
        name = make.__name__.replace("_", "-")
        assert name not in KINDS, name
        assert make.__doc__, f"{name} has no docstring"
        KINDS[name] = Kind(name, intent, make, office)
        return make

    return register


def all_kinds() -> tuple[Kind, ...]:
    """Every kind, families mixed, so that the beginning of a list has some of each."""
    for family in FAMILIES:
        import_module(f"tests.mutation.{family}")
    return tuple(KINDS[name] for name in sorted(KINDS))


def one(random: Random, choices: list[str]) -> str:
    """One of ``choices``; raises Unsuitable where there is none."""
    if not choices:
        raise Unsuitable
    return random.choice(choices)


def two(random: Random, choices: list[str]) -> tuple[str, str]:
    """Two different ones of ``choices``; raises Unsuitable where there are fewer."""
    if len(choices) < 2:
        raise Unsuitable
    first, second = random.sample(choices, 2)
    return first, second
