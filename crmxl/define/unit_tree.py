"""The tree that units form: who is below whom, and why a list of units is no tree.

Pure. Knows units by code and parent alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from crmxl.define.policy import near
from crmxl.define.units_table import both

_MOST_HINTS = 10
"""Unknown parents that come with a hint at the one meant, which is slow to find."""


class Placed(Protocol):
    """A unit, as far as its place in the tree goes."""

    @property
    def code(self) -> str:
        """Empty where its line gives none."""

    @property
    def parent(self) -> str:
        """Code of the unit above; empty at the top."""


Unit = TypeVar("Unit", bound=Placed)


def by_parent(units: Iterable[Unit]) -> dict[str, tuple[Unit, ...]]:
    """The units right below each code, the topmost ones below the empty code, in their order."""
    found: dict[str, list[Unit]] = {}
    for unit in units:
        found.setdefault(unit.parent, []).append(unit)
    return {code: tuple(below) for code, below in found.items()}


def tree_faults(units: Sequence[Placed], numbers: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    """Codes that stand twice, parents that there are not, and circles, as index, column and words."""
    first: dict[str, int] = {}
    for at, unit in enumerate(units):
        before = first.setdefault(unit.code.casefold(), at) if unit.code else at
        if before != at:
            other, line = units[before].code, numbers[before]
            zh, en = "", "stands"
            if other != unit.code:
                zh, en = f"和“{other}”只差大小写，", f"differs only in case from `{other}`; it stands"
            yield at, "code", both(f"“{unit.code}”{zh}第 {line} 行已有", f"`{unit.code}` {en} already in line {line}")
    parents = {unit.code: unit.parent for unit in reversed(units) if unit.code}
    done: set[str] = set()
    hints = 0
    for at, unit in enumerate(units):
        if unit.parent and unit.parent not in parents:
            hints += 1
            hint = near(unit.parent, parents) if hints <= _MOST_HINTS else ""
            said = f"there is no unit `{unit.parent}`{hint}"
            yield at, "parent", both(f"没有单位“{unit.parent}”", said)
        if not unit.code:
            continue
        chain = [unit.code]
        while chain[-1] not in done and parents.get(chain[-1]) and parents[chain[-1]] not in chain:
            chain.append(parents[chain[-1]])
        above = parents.get(chain[-1], "")
        if chain[-1] not in done and above in chain:
            circle = [*chain[chain.index(above) :], above]
            said = f"a unit cannot be above itself: {' under '.join(circle)}"
            yield at, "parent", both(f"上级成了一圈：{' → '.join(circle)}", said)
        done.update(chain)
