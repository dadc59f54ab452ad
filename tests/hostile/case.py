"""A hostile file as data: who makes it, what crmxl must answer, and within which limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

SECONDS = 10
"""How long one file may take, in processor time: a busy machine is not the file's fault."""
WAITING = 60
"""How long it may take by the clock, for files that make the reader wait."""
PEAK = 300
"""MB of memory that the process may hold while it reads one file, Python and the packages included."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Not read at all: one finding, with one of these codes, whose English words hold ``said``."""

    codes: tuple[str, ...]
    said: str = ""

    def __str__(self) -> str:
        return f"refused {'|'.join(self.codes)}" + (f" “{self.said}”" if self.said else "")


@dataclass(frozen=True, slots=True)
class Reported:
    """Read or not, a finding with one of these codes is there, and its English words hold ``said``.

    ``blocked``: the file must not count. Where it may, its total is the good workbook's.
    """

    codes: tuple[str, ...]
    said: str = ""
    blocked: bool = True

    def __str__(self) -> str:
        return f"reported {'|'.join(self.codes)}" + (f" “{self.said}”" if self.said else "")


@dataclass(frozen=True, slots=True)
class Same:
    """Odd but legal: no findings, and the good workbook's total."""

    def __str__(self) -> str:
        return "reads the same"


Answer: TypeAlias = Refused | Reported | Same


@dataclass(frozen=True, slots=True)
class Case:
    """One file and the answers that are right for it."""

    kind: str
    name: str
    build: Callable[[], bytes]
    answers: tuple[Answer, ...]
    """Any of them; more than one only where they serve the sender equally well."""
    file: str = ""
    """File name; ``<name>.xlsx`` where none is given."""

    @property
    def file_name(self) -> str:
        return self.file or f"{self.name}.xlsx"


def refused(*codes: str, said: str = "") -> tuple[Answer, ...]:
    return (Refused(codes, said),)


def reported(*codes: str, said: str = "", blocked: bool = True) -> tuple[Answer, ...]:
    return (Reported(codes, said, blocked),)


SAME: tuple[Answer, ...] = (Same(),)

Build: TypeAlias = Callable[[], bytes]


def cases(kind: str, answers: tuple[Answer, ...], builds: Mapping[str, Build]) -> Iterable[Case]:
    """Cases of one kind that have the same answer, by name."""
    return (Case(kind, name, build, answers) for name, build in builds.items())
