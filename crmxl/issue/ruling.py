"""A policy's rules laid out: what each asks of which cells, bound once for the live row of 校验 and for the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from crmxl.define.policies import applicable
from crmxl.define.policy import line_codes
from crmxl.define.rows import by_code, rows
from crmxl.errors import DefinitionError, Problem
from crmxl.expression import (
    Band,
    Call,
    Cells,
    Comparison,
    Measure,
    Node,
    Number,
    Reference,
    as_result,
    bind,
    keys,
    measure,
    moved,
    outcomes,
    parse,
    walk,
)
from crmxl.expression import references as names_in
from crmxl.expression.nodes import Binary
from crmxl.issue.names import Names
from crmxl.issue.places import Cell
from crmxl.model import Key, Kind, Sheet, Template, Type
from crmxl.policy import Limit, Policy, Rule

_ZERO, _ONE = Number(Fraction(0)), Number(Fraction(1))


@dataclass(frozen=True)
class Asked:
    """A rule asked once: of the workbook, or of one line."""

    code: str
    """The line's code; empty where it is asked of the workbook."""
    holds: Node
    """True where the rule is kept, or not asked."""
    left: Node
    """What is limited."""
    right: Node
    """The bound; of a band the one that is violated."""
    excess: Node
    """How far beyond the bound, 0 where kept."""
    at: Key
    """The cell it is about."""
    names: Mapping[str, Node | Limit] = field(default_factory=dict)
    """What the message's other placeholders stand for."""

    def moved(self, code: str) -> Asked:
        """What is asked of the row ``code`` of the same list."""
        row, other = f"{self.code}@", f"{code}@"

        def here(node: Node) -> Node:
            return moved(node, row, other)

        names = {name: one if isinstance(one, Limit) else here(one) for name, one in self.names.items()}
        at = other + self.at[len(row) :] if self.at.startswith(row) else self.at
        return Asked(code, here(self.holds), here(self.left), here(self.right), here(self.excess), at, names)


@dataclass(frozen=True)
class PlacedRule:
    """A rule that applies to a layout."""

    rule: Rule
    policy: Policy
    asked: tuple[Asked, ...]

    @property
    def column(self) -> str:
        """Id of the helper column of a rule that is asked line by line."""
        return f"_{self.rule.code}"

    @property
    def kind(self) -> Measure:
        """What the rule compares."""
        return measure(self.asked[0].left)


@dataclass(frozen=True)
class Ruled:
    """Which lines of which sheet a rule asks, known before anything is placed."""

    rule: Rule
    policy: Policy
    codes: tuple[str, ...]
    sheets: frozenset[int]

    @cached_property
    def lines(self) -> frozenset[str]:
        """The codes, to ask thousands of rows whether they are among them."""
        return frozenset(self.codes)


def rules_for(template: Template, policies: Sequence[Policy], year: int) -> list[Ruled]:
    """The unit's own rules of ``policies`` that are in force for ``template`` in ``year``, in their order."""
    found = []
    by = by_code(rows(template))
    for policy in applicable(template, policies):
        for rule in policy.rules:
            if rule.scope != "unit" or not rule.in_force(year):
                continue
            codes: tuple[str, ...] = ()
            if rule.each:
                codes = line_codes(policy.sets[rule.each], template)
                if rule.by_line:
                    codes = tuple(code for code in codes if code in rule.by_line)
            found.append(Ruled(rule, policy, codes, frozenset(by[code].sheet for code in codes)))
    return found


def place(template: Template, ruled: Sequence[Ruled], names: Names) -> tuple[PlacedRule, ...]:
    """``ruled`` bound to the cells of ``names``; raises DefinitionError where a name means nothing there.

    A rule none of whose lines this layout has is left out, and so is one whose own cell it does not have.
    """
    index = by_code(rows(template))
    there = {key.rpartition("@")[0] for key in names.cells}
    problems: list[Problem] = []
    placed = []
    for one in ruled:
        if "@" in one.rule.at and one.rule.at not in names.cells:
            continue  # it is about a line of a part that was not issued
        names.sets = {id: line_codes(line_set, template) for id, line_set in one.policy.sets.items()}
        codes = [code for code in one.codes if code in there]
        asked = []
        try:
            first: dict[str, Asked] = {}
            shared: dict[str, bool] = {}
            for code in codes if one.rule.each else [""]:
                sheet = template.sheets[index[code].sheet] if code else None
                alike = sheet.id if sheet and sheet.kind is Kind.LIST and not one.rule.by_line else ""
                if shared.get(alike):
                    asked.append(first[alike].moved(code))
                    continue
                asked.append(_ask(one.rule, code, sheet, names))
                before = first.setdefault(alike, asked[-1])
                if alike and before is not asked[-1] and alike not in shared:
                    shared[alike] = asked[-1] == before.moved(code)  # else a row is named outright
        except ValueError as error:
            problems.append(Problem(f"{one.policy.name}: {one.rule.code}", f"{error} (template {template.name})"))
        if asked:
            placed.append(PlacedRule(one.rule, one.policy, tuple(asked)))
    names.sets = {}
    if problems:
        raise DefinitionError(tuple(problems))
    return tuple(placed)


def _ask(rule: Rule, code: str, sheet: Sheet | None, names: Names) -> Asked:
    limits = {**rule.limits, **rule.by_line.get(code, {})}
    resolve = names.resolver(code, sheet)

    def known(reference: Reference) -> Node:
        limit = limits.get(reference.text)
        return Number(limit.value) if limit is not None else resolve(reference)

    assertion = bind(parse(rule.assertion), known)
    when = bind(parse(rule.when), known) if rule.when else None
    if when is not None and outcomes(when) != {Measure.TRUTH}:
        raise ValueError("the rule's `when` may give something else than a condition such as amount > 0")
    left, right, excess = _sides(assertion)
    holds = assertion
    if when is not None:
        truth = Comparison("=", _ZERO, _ZERO)
        holds = Call("IF", (when, assertion, truth))
        excess = Call("IF", (when, excess, _ZERO))
    used = [*names_in(parse(rule.assertion)), *(names_in(parse(rule.when)) if rule.when else ())]
    spoken: dict[str, Node | Limit] = dict(limits)
    for name in used:
        if name not in limits and "@" not in name:
            spoken[name] = resolve(Reference(name))
    own = f"{code}@{rule.at}" if rule.at and "@" not in rule.at else rule.at
    at = own or _first(left) or _first(assertion)
    return Asked(code, holds, left, right, excess, at, spoken)


def _sides(assertion: Node) -> tuple[Node, Node, Node]:
    """Left side, bound and excess of a comparison or band."""
    match assertion:
        case Comparison(_, left, right) if Measure.TEXT in outcomes(left):
            return as_result(left), as_result(right), Call("IF", (assertion, _ZERO, _ONE))
        case Comparison(operator, left, right):
            over, under = Binary("-", left, right), Binary("-", right, left)
            if operator in ("<", "<="):
                return left, right, Call("MAX", (over, _ZERO))
            if operator in (">", ">="):
                return left, right, Call("MAX", (under, _ZERO))
            return left, right, Call("ABS", (over,))
        case Band(lower, upper):
            low, high = (lower.left, upper.right) if lower.operator in ("<", "<=") else (upper.right, lower.left)
            x = lower.right
            below = Comparison("<", x, low, _places(x, low))
            excess = Call("MAX", (Binary("-", low, x), Binary("-", x, high), _ZERO))
            return x, Call("IF", (below, low, high)), excess
        case _:
            raise ValueError("the assertion is no comparison")


def _places(left: Node, right: Node) -> int:
    return 2 if Measure.MONEY in (measure(left), measure(right)) else 10


def _first(node: Node) -> Key:
    """The first cell that ``node`` reads; of a set its subtotal would be better known, so single cells go first."""
    read = [part for part in walk(node) if isinstance(part, Cells)]
    single = [part.keys[0] for part in read if not part.several]
    return next(iter(single or keys(node)), "")


def shown_as(node: Node, cells: Mapping[Key, Cell]) -> Type:
    """How a number that ``node`` gives reads: an amount, so many of something, or a ratio.

    A number of things is what stands in cells of whole numbers and quantities; what is divided is a ratio.
    """
    kind = measure(node)
    if kind in (Measure.MONEY, Measure.COUNT):
        return Type.MONEY if kind is Measure.MONEY else Type.INTEGER
    types = {cells[key].type for key in keys(node)} & {Type.INTEGER, Type.QUANTITY, Type.PERCENT, Type.MONEY}
    divided = any(isinstance(part, Binary) and part.operator == "/" for part in walk(node))
    if divided or not types or not types <= {Type.INTEGER, Type.QUANTITY}:
        return Type.PERCENT
    return Type.INTEGER if types == {Type.INTEGER} else Type.QUANTITY


def each_on(sheet: int, ruled: Sequence[Ruled]) -> Iterator[Ruled]:
    """The rules that are asked line by line on a sheet."""
    return (one for one in ruled if sheet in one.sheets)
