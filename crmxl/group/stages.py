"""Two rounds side by side, such as 一上 and 二上: what changed by unit and by line, and what explains it. Pure.

Changes of units, and changes of lines, add up to the change of the total, exactly; so do the lines told of a unit and
the units told of a line, together with what is counted as others. Amounts are whole fen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from crmxl.group.acts import Approved, Returned
from crmxl.group.facts import DIFFERENCE
from crmxl.group.origin import Figures, Origin
from crmxl.group.outline import Leaf, leaves
from crmxl.group.standing import Board, Standing
from crmxl.group.totals import OWN, Block, LeftOut, LineTotal, Totals
from crmxl.model import Template, Text, split_key
from crmxl.money import show_fen

MOST = 3
"""Causes told of a change; the others are one figure."""
_ADJUSTED = Text("调整 {amount}：{reason}", "adjusted {amount}: {reason}")
_SENT_BACK = Text("退回意见：{comment}", "returned: {comment}")
_OWN_IN = Text("{title}·自填项目", "{title}: named by units")
_NONE = Text(""), 0


@dataclass(frozen=True, slots=True)
class Cause:
    """A part of a change: a line of a unit, or a unit of a line."""

    code: str
    """Key of the line (``1.1.1@amount``), or the unit's code."""
    title: Text
    change: int


@dataclass(frozen=True, slots=True)
class Move:
    """A unit, or a line, in both rounds."""

    code: str
    """The unit's code, or the line's key."""
    title: Text
    earlier: int | None
    """None where it does not count there."""
    now: int | None
    causes: tuple[Cause, ...] = ()
    """The largest parts of the change."""
    others: int = 0
    """How many further parts there are."""
    reasons: tuple[Text, ...] = ()
    """What reviewers said: adjustments and returns."""
    depth: int = 1
    """Of a unit, in the tree."""

    @property
    def change(self) -> int:
        """What it brings more than in the earlier round."""
        return (self.now or 0) - (self.earlier or 0)

    @property
    def rate(self) -> Fraction | None:
        """The change by what was there before; None where there was nothing."""
        return Fraction(self.change, abs(self.earlier)) if self.earlier else None

    @property
    def rest(self) -> int:
        """The change of all further parts together."""
        return self.change - sum(cause.change for cause in self.causes)


@dataclass(frozen=True)
class Pair:
    """A template in both rounds."""

    template: Template
    """As in this round; as in the earlier one where this has none."""
    year: int
    earlier_name: str
    """``id@version`` in the earlier round; empty where nothing counts there."""
    earlier: int
    now: int
    units: tuple[Move, ...]
    """In the order of the tree, then those of the earlier round alone."""
    lines: tuple[Move, ...]
    """In the template's order, then those of the earlier round alone."""

    @property
    def whole(self) -> Move:
        """The totals as a move."""
        return Move("", Text(""), self.earlier, self.now)


@dataclass(frozen=True)
class Stages:
    """Another round beside this one."""

    origin: Origin
    """Where the earlier totals come from."""
    pairs: tuple[Pair, ...]
    left_out: tuple[LeftOut, ...]
    """What does not count in the earlier round."""

    def pair(self, block: Block) -> Pair | None:
        """The pair that ``block`` is the newer part of."""
        mine = (one for one in self.pairs if (one.template.name, one.year) == (block.template.name, block.year))
        return next(mine, None)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reviewer said of a unit's budget."""

    unit: str
    template: str
    """Template id."""
    code: str
    """Code of the line; empty where it is about the whole."""
    said: Text


def remarks(board: Board, figures: Figures = "approved") -> tuple[Remark, ...]:
    """Comments of returns, and adjustments of current versions where the figures have them, by unit and in order."""
    return tuple(remark for _, standing in sorted(board.standings.items()) for remark in _remarks(standing, figures))


def _remarks(standing: Standing, figures: Figures) -> Iterator[Remark]:
    unit, template = standing.unit, standing.template
    for event in standing.history:
        if isinstance(event.act, Returned):
            if event.act.comment:
                yield Remark(unit, template, "", _SENT_BACK.filled(comment=event.act.comment))
            for key, comment in event.act.remarks.items():
                yield Remark(unit, template, split_key(key)[0], _SENT_BACK.filled(comment=comment))
    for event in standing.approvals if figures == "approved" else ():
        for change in event.act.changes if isinstance(event.act, Approved) else ():
            signed = f"{'+' if change.change > 0 else ''}{show_fen(change.change)}"
            said = _ADJUSTED.filled(amount=signed, reason=change.reason)
            yield Remark(unit, template, split_key(change.key)[0], said)


def beside(now: Totals, earlier: Totals, said: Sequence[Remark] = ()) -> Stages:
    """``earlier`` totals of another round beside those of this one; ``said`` is what reviewers said in this one.

    Blocks go together by template, also where the version or the year is another; where a round has several versions
    of a template, only equal ones go together. Raises ValueError where the earlier totals are of no round.
    """
    if earlier.origin is None:
        raise ValueError("the earlier totals are of no round")
    pairs = tuple(_pair(*one, said) for one in _paired(now.blocks, earlier.blocks))
    return Stages(earlier.origin, pairs, earlier.left_out)


def _paired(now: Sequence[Block], earlier: Sequence[Block]) -> Iterator[tuple[Block | None, Block | None]]:
    waiting = list(earlier)
    for block in now:
        same = [one for one in waiting if one.template.id == block.template.id]
        alone = sum(one.template.id == block.template.id for one in now) == 1 and len(same) == 1
        fits = [one for one in same if alone or one.template.name == block.template.name]
        if fits:
            waiting.remove(fits[0])
        yield block, (fits[0] if fits else None)
    for block in waiting:
        yield None, block


def _pair(now: Block | None, earlier: Block | None, said: Sequence[Remark]) -> Pair:
    newest = now or earlier
    assert newest is not None
    mine = [remark for remark in said if remark.template == newest.template.id]
    return Pair(
        template=newest.template,
        year=newest.year,
        earlier_name=earlier.template.name if earlier else "",
        earlier=earlier.total if earlier else 0,
        now=now.total if now else 0,
        units=tuple(_units(now, earlier, mine)),
        lines=tuple(_lines(now, earlier, mine)),
    )


def _units(now: Block | None, earlier: Block | None, said: Sequence[Remark]) -> Iterator[Move]:
    before, after = _totals(earlier), _totals(now)
    lines_before, lines_after = _lines_by_unit(earlier), _lines_by_unit(now)
    for unit, (name, depth) in {**_places(now), **{k: v for k, v in _places(earlier).items() if k in before}}.items():
        if unit not in before and unit not in after:
            continue
        old, new = lines_before.get(unit, {}), lines_after.get(unit, {})
        parts = [
            Cause(at[0], title, new.get(at, _NONE)[1] - old.get(at, _NONE)[1])
            for at, (title, _) in (new | old | new).items()
        ]
        reasons = tuple(remark.said for remark in said if remark.unit == unit)
        yield Move(unit, Text(name), before.get(unit), after.get(unit), *_largest(parts), reasons, depth)


def _places(block: Block | None) -> dict[str, tuple[str, int]]:
    """Name and depth of every unit, in order."""
    if block is None:
        return {}
    levels = {level.unit: (level.name, level.depth) for level in block.levels}
    return levels or {unit.unit: (unit.name, 1) for unit in block.units}


def _totals(block: Block | None) -> dict[str, int]:
    return {unit.unit: unit.total for unit in block.units} if block else {}


def _lines_by_unit(block: Block | None) -> dict[str, dict[tuple[str, str], tuple[Text, int]]]:
    """Of every unit, titles and amounts of its lines by key; a line that the unit names goes by its group and name."""
    found: dict[str, dict[tuple[str, str], tuple[Text, int]]] = {}
    named = _Named(block) if block else None
    for line in block.lines if block else ():
        for unit, fen in line.by_unit.items():
            assert named is not None
            own = line.own.get(unit, "")
            at, mine = (named.key(line), own), found.setdefault(unit, {})
            mine[at] = named.title(line, own), mine.get(at, _NONE)[1] + fen
    return found


def _lines(now: Block | None, earlier: Block | None, said: Sequence[Remark]) -> Iterator[Move]:
    before, after = _gathered(earlier), _gathered(now)
    newest = now or earlier
    assert newest is not None
    named = _Named(newest)
    names = {unit: Text(name) for unit, (name, _) in {**_places(earlier), **_places(now)}.items()}
    for key in dict.fromkeys((*after, *before)):
        title, old = before.get(key, (Text(""), {}))
        title, new = after.get(key, (title, {}))
        units = dict.fromkeys((*new, *old))
        parts = [Cause(unit, names.get(unit, Text(unit)), new.get(unit, 0) - old.get(unit, 0)) for unit in units]
        reasons = tuple(
            Text(f"{names[one.unit].zh}：{one.said.zh}", f"{names[one.unit].zh}: {one.said.say('en')}")
            for one in said
            if one.unit in names and one.code and named.code(one.code) == split_key(key)[0]
        )
        yield Move(
            key,
            title,
            sum(old.values()) if key in before else None,
            sum(new.values()) if key in after else None,
            *_largest(parts),
            reasons,
        )


def _gathered(block: Block | None) -> dict[str, tuple[Text, dict[str, int]]]:
    """Of every line, its title and its amounts by unit; lines that units name are gathered by their group."""
    found: dict[str, tuple[Text, dict[str, int]]] = {}
    named = _Named(block) if block else None
    for line in block.lines if block else ():
        assert named is not None
        _, units = found.setdefault(named.key(line), (named.title(line), {}))
        for unit, fen in line.by_unit.items():
            units[unit] = units.get(unit, 0) + fen
    return found


class _Named:
    """How lines of a block are called."""

    def __init__(self, block: Block) -> None:
        self._own: dict[str, Leaf] = {leaf.code: leaf for leaf in leaves(block.template) if leaf.own}
        self._columns = block.columns
        self._several = len({line.column for line in block.lines if line.code != DIFFERENCE}) > 1

    def code(self, code: str) -> str:
        """The line's code; of one that units name, its group's."""
        leaf = self._own.get(code)
        return f"{leaf.owner}.n" if leaf else code

    def key(self, line: LineTotal) -> str:
        """The line's key, with that code."""
        return f"{self.code(line.code)}@{line.column}"

    def title(self, line: LineTotal, own: str = "") -> Text:
        """The line's title with its code; the name ``own`` that a unit gave it."""
        leaf = self._own.get(line.code)
        if leaf is not None:
            above = leaf.group_title if leaf.group else leaf.part_title
            title = Text(own) if own else _OWN_IN.filled(title=above) if above.zh else OWN
        elif line.code == DIFFERENCE:
            title = line.title
        else:
            title = Text(f"{line.code} {line.title.zh}", f"{line.code} {line.title.say('en')}")
        if self._several and line.column in self._columns:
            column = self._columns[line.column]
            title = Text(f"{title.zh}·{column.zh}", f"{title.say('en')}: {column.say('en')}")
        return title


def _largest(parts: Iterable[Cause]) -> tuple[tuple[Cause, ...], int]:
    """The largest changes, and how many others there are."""
    changed = sorted((part for part in parts if part.change), key=lambda part: -abs(part.change))
    return tuple(changed[:MOST]), max(0, len(changed) - MOST)
