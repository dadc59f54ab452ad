"""How far a round has come: what it asks of every unit beside where that stands, rolled up the tree. Pure.

Owns what is overdue, whose turn it is, and which amounts are added up on the way; what an act does is ``standing``'s.
Goes by the board alone: no stored file is opened for it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from crmxl.define.round import Issue, Round, Unit
from crmxl.group.acts import Event, Issued, Refused
from crmxl.group.levels import in_tree_order
from crmxl.group.standing import Board, Standing, State, due_role
from crmxl.group.tree import repeating

Basis = Callable[[Round, str], str]
"""Digest of the records by which the unit with this code is judged today (``rejudging.basis`` of today)."""
_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}\Z")
"""A deadline that can pass; one in words never does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One budget that the round asks of a unit: the unit, the template, and where it stands."""

    unit: Unit
    level: int
    """1 at the top of the tree."""
    issue: Issue
    standing: Standing
    roles: tuple[str, ...]
    """That have to approve it, in order."""
    overdue: bool
    """逾期: missing or returned after the deadline."""
    added: bool
    """Whether its total is added up; a parent's is not where it only repeats those below it."""
    changed: bool
    """Whether the round's records are others than those by which the current version was judged."""

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.standing.state

    @property
    def turn(self) -> str:
        """The role whose turn it is; empty where it is no reviewer's."""
        return due_role(self.standing, self.roles) if self.state is State.RECEIVED else ""

    @property
    def issued(self) -> Issued | None:
        """The newest workbook that went out; None where none did."""
        return self.standing.issued[-1] if self.standing.issued else None

    @property
    def outdated(self) -> bool:
        """Whether a newer workbook is out than the one that came back, or than a return made without one."""
        version, issued = self.standing.version, self.issued
        if version is None or issued is None:
            return False
        if version.issue:
            return version.issue < issued.number
        return version.event.position < self.standing.issues[-1].position

    @property
    def counted_as(self) -> str:
        """``id@version`` of the template with whose budgets its total is added up."""
        version = self.standing.version
        return self.issue.template if version is None or version.nil else version.template

    @property
    def adjusted(self) -> bool:
        """Whether reviewers changed its amounts: 核定数 stands beside 上报数."""
        return bool(self.standing.changes)


@dataclass(frozen=True, slots=True)
class Sum:
    """Totals with one version of a template; budgets of different ones are never added to each other."""

    template: str
    """``id@version``."""
    approved: int = 0
    """Fen, 核定数 of what is approved."""
    provisional: int = 0
    """Fen, with what is under review; what is missing, returned or to be chosen counts nothing."""
    unknown: int = 0
    """How many budgets of these have no total that can be computed, or errors by now: they are in neither sum."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many units and budgets stand where."""

    units: int
    """Of which something is asked."""
    asked: int
    """Budgets asked: one for each unit and template."""
    states: Mapping[State, int] = field(hash=False)
    """Budgets by state, each state named."""
    overdue: Mapping[State, int] = field(hash=False)
    """Those that are overdue, by state."""
    nil: int
    """Whose current version is a nil return."""
    sums: tuple[Sum, ...]
    """By template, in the round's order."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A unit with all units below it, its own budgets among them; only with these where it stands ``alone``."""

    unit: Unit | None
    """None for the group at the top."""
    level: int
    """0 for the group at the top."""
    tally: Tally
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where everything that the round asks for stands on a day."""

    round: Round
    today: date
    deadline: date | None
    """None where the round has none, or one in words."""
    asked: tuple[Asked, ...]
    """In tree order: every unit before those below it; of a unit in the round's order of templates."""
    branches: tuple[Branch, ...]
    """The group at the top, then every unit with units below of which anything is asked, in tree order."""
    tops: tuple[Branch, ...]
    """The topmost units that are more than one, each with all below it, and before them whatever stands above them
    with its own budgets alone: together they are the whole.
    """
    refused: tuple[Event, ...]
    """Files that were no submissions, by receipt."""
    beside: tuple[Standing, ...]
    """Budgets that came in and that the round, as it is now, does not ask for: they count nowhere."""

    @property
    def whole(self) -> Tally:
        """Of all units."""
        return self.branches[0].tally

    @property
    def days_left(self) -> int | None:
        """Days until the deadline, negative after it; None where it is no day."""
        return None if self.deadline is None else (self.deadline - self.today).days


def progress(round: Round, board: Board, today: date, basis: Basis, only: Sequence[str] = ()) -> Progress:
    """Where the round's budgets stand on ``today``; with ``only``, those of these units and of the units below them.

    Raises CrmxlError for a code in ``only`` that is no unit's.
    """
    chosen = {below.code for code in only for below in (round.unit(code), *round.descendants(code))}
    deadline = date.fromisoformat(round.deadline) if _DAY.match(round.deadline) else None
    repeated = {name: repeating(round, name) for name in round.templates}
    places = [(unit, level) for unit, level in in_tree_order(round) if not only or unit.code in chosen]
    late = deadline is not None and deadline < today
    own = {unit.code: tuple(_asked(round, board, unit, level, late, basis, repeated)) for unit, level in places}
    asked = tuple(one for unit, _ in places for one in own[unit.code])
    whole = _with_below(places, own, asked)
    names = tuple(dict.fromkeys([*(one.issue.template for one in asked), *(one.counted_as for one in asked)]))
    branches = [Branch(None, 0, _tally(asked, names))]
    above = [(unit, level) for unit, level in places if round.children(unit.code) and whole[unit.code]]
    branches += [Branch(unit, level, _tally(whole[unit.code], names)) for unit, level in above]
    tops: list[Branch] = []
    top = [(unit, level) for unit, level in places if unit.parent not in own]
    while len(top) == 1 and round.children(top[0][0].code):
        [(unit, level)] = top
        if own[unit.code]:
            tops.append(Branch(unit, level, _tally(own[unit.code], names), alone=True))
        top = [(below, level + 1) for below in round.children(unit.code)]
    tops += [Branch(unit, level, _tally(whole[unit.code], names)) for unit, level in top if whole[unit.code]]
    wanted = {(one.unit.code, one.standing.template) for one in asked}
    return Progress(
        round=round,
        today=today,
        deadline=deadline,
        asked=asked,
        branches=tuple(branches),
        tops=tuple(tops),
        refused=tuple(
            event
            for event in sorted(board.refused.values(), key=lambda event: event.position)
            if not only or (isinstance(event.act, Refused) and event.act.unit in chosen)
        ),
        beside=tuple(
            standing
            for keys, standing in board.standings.items()
            if standing.versions and keys not in wanted and (not only or standing.unit in chosen)
        ),
    )


def _with_below(
    places: Sequence[tuple[Unit, int]], own: Mapping[str, Sequence[Asked]], asked: Sequence[Asked]
) -> dict[str, Sequence[Asked]]:
    """What is asked of each unit and of those below it: in tree order they follow each other."""
    found: dict[str, Sequence[Asked]] = {}
    open_units: list[tuple[str, int]] = []
    at = 0
    for unit, _ in places:
        while open_units and open_units[-1][0] != unit.parent:
            code, start = open_units.pop()
            found[code] = asked[start:at]
        open_units.append((unit.code, at))
        at += len(own[unit.code])
    return {**found, **{code: asked[start:] for code, start in open_units}}


def _asked(
    round: Round, board: Board, unit: Unit, level: int, late: bool, basis: Basis, repeated: Mapping[str, frozenset[str]]
) -> Iterator[Asked]:
    roles, by = round.roles_for(unit), ""
    issues: dict[str, Issue] = {}
    for issue in round.issues_for(unit):
        issues.setdefault(issue.template.partition("@")[0], issue)
    for issue in issues.values():
        standing = board.at(unit.code, issue.template)
        numbers = filter(None, (standing.current, *standing.candidates))
        judged = {version.basis for number in numbers if not (version := standing.versions[number - 1]).nil}
        if judged:
            by = by or basis(round, unit.code)
        yield Asked(
            unit=unit,
            level=level,
            issue=issue,
            standing=standing,
            roles=roles,
            overdue=late and standing.state in (State.MISSING, State.RETURNED),
            added=unit.code not in repeated[issue.template],
            changed=bool(judged - {by}),
        )


def _tally(asked: Sequence[Asked], names: Sequence[str]) -> Tally:
    states = Counter(one.state for one in asked)
    overdue = Counter(one.state for one in asked if one.overdue)
    of: dict[str, list[Asked]] = {one.issue.template: [] for one in asked}
    for one in asked:
        of.setdefault(one.counted_as, []).append(one)
    return Tally(
        units=len({one.unit.code for one in asked}),
        asked=len(asked),
        states={state: states[state] for state in State},
        overdue={state: overdue[state] for state in State},
        nil=sum(one.standing.nil for one in asked),
        sums=tuple(_sum(name, of[name]) for name in names if name in of),
    )


def _sum(name: str, asked: Sequence[Asked]) -> Sum:
    approved = received = unknown = 0
    for one in asked:
        version, total = one.standing.version, one.standing.total
        if version is None or not one.added or one.state not in (State.APPROVED, State.RECEIVED):
            continue
        if total is None or version.blocked:
            unknown += 1
        elif one.state is State.APPROVED:
            approved += total
        else:
            received += total
    return Sum(name, approved, approved + received, unknown)
