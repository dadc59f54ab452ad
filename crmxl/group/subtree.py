"""Rules of scope ``subtree``: a policy's rule asked of a unit together with all units below it.

The rule's own expression is evaluated over sums: amounts of every file that counts, issued figures of the topmost unit
from the round's records. Waivers, severities and words are those of unit rules, by the same function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from crmxl.check.evidence import Evidence
from crmxl.check.rules.policy import broken_rules
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.define.round import Round
from crmxl.define.sizes import longest
from crmxl.define.units import Unit
from crmxl.expression import Fault, Node, Value, evaluate, keys
from crmxl.group.facts import unit_of
from crmxl.group.totals import GroupFinding
from crmxl.group.tree import names_of, repeating, template_of
from crmxl.issue.layout import lay_out
from crmxl.issue.places import Layout, Role
from crmxl.issue.ruling import Asked
from crmxl.model import NOWHERE, Assignment, Finding, Key, Kind, Place, Template, Text, Type, split_key
from crmxl.policy import Limit, Policy
from crmxl.receive.submission import Spot, Submission


def broken_over_subtrees(counted: Sequence[Report], standard: Standard) -> Iterator[GroupFinding]:
    """A finding for every unit of the round, and every template, where a rule does not hold over unit and descendants.

    ``counted`` are the reports that are added up; a unit with none among itself and its descendants is not asked.
    Raises DefinitionError where a rule's names mean nothing in a template.
    """
    round = standard.round
    if round is None or not any(map(_narrowed, _policies(standard, round, None))):
        return
    for template in _templates(round, counted):
        sent = {unit_of(report): report for report in counted if template_of(report).id == template.id}
        questions: dict[str, _Question] = {}
        above = repeating(round, template.id)
        for unit in round.units:
            below = round.descendants(unit.code)
            there = [sent[one.code] for one in (unit, *below) if one.code in sent]
            if not there:
                continue
            if unit.type not in questions:  # limits differ by nothing else
                questions[unit.type] = _question(template, _policies(standard, round, unit), round)
            added = (one.code for one in (unit, *below) if round.asks(one.code, template.id) and one.code not in above)
            absent = [code for code in added if code not in sent]
            for found in _broken(unit, questions[unit.type], sent.get(unit.code), there, standard):
                said = _told(found, len(there), absent) if below else found
                yield GroupFinding(unit.code, unit.name, template.name, said)


def _templates(round: Round, counted: Sequence[Report]) -> list[Template]:
    """The templates that came back, of several versions the round's own, else the newest; lists as long as any."""
    found: dict[str, list[Template]] = {}
    for template in sorted(map(template_of, counted), key=lambda one: (one.name in round.templates, one.version)):
        known = found.setdefault(template.id, [])
        if known and known[0].name != template.name:
            known.clear()
        known.append(template)
    return [longest(found[id]) for id in sorted(found)]


def _policies(standard: Standard, round: Round, unit: Unit | None) -> tuple[Policy, ...]:
    if standard.instead is not None:
        return standard.instead
    named = map(standard.policies.load, round.policies)
    return tuple(round.policy_for(unit.code, policy) if unit else policy for policy in named)


def _narrowed(policy: Policy) -> tuple[Policy, ...]:
    """The policy with its subtree rules alone, to be laid out; none where it has none."""
    rules = tuple(replace(rule, scope="unit") for rule in policy.rules if rule.scope == "subtree")
    return (replace(policy, rules=rules),) if rules else ()


@dataclass(frozen=True, slots=True)
class _Question:
    """The rules to be asked of units of one type."""

    layout: Layout
    additive: _Additive
    needed: frozenset[Key]
    """All keys that the rules depend on."""


def _question(template: Template, policies: Sequence[Policy], round: Round) -> _Question:
    everything = tuple(dict.fromkeys(section.part for sheet in template.sheets for section in sheet.sections))
    rules = tuple(one for policy in policies for one in _narrowed(policy))
    layout = lay_out(template, round.year, everything, 1, round.lang, rules)
    return _Question(layout, _Additive(template), _behind(layout))


def _broken(
    unit: Unit, question: _Question, top: Report | None, sent: Sequence[Report], standard: Standard
) -> Iterator[Finding]:
    """What does not hold over ``sent``, the files of the unit and those below; ``top`` is its own."""
    layout = question.layout
    if not layout.rules:
        return
    issued = standard.figures(Assignment(unit=unit.code), layout)
    values = _summed(question, top, sent, issued)
    spots = {asked.at: Spot("", 0, 0) for placed in layout.rules for asked in placed.asked if asked.at}
    submission = Submission(file="", digest="", layout=layout, spots=spots)
    settled = replace(layout, order=())  # nothing is to be calculated from the sums again
    evidence = _Sums(submission, settled, values)
    for found in broken_rules(evidence, settled, values, standard.waivers(unit.code), standard.today):
        yield replace(found, place=Place(title=found.place.title) if found.place.title else NOWHERE)


@dataclass(frozen=True)
class _Sums(Evidence):
    """The files of a subtree as one: values that are added up and calculated already."""

    values: Mapping[Key, Value] = field(default_factory=dict)

    @cached_property
    def converted(self) -> Mapping[Key, Value]:
        return self.values


class _Additive:
    """Which cells of a template add up over units."""

    def __init__(self, template: Template) -> None:
        self.total = template.total
        self.sheets = {sheet.id: sheet for sheet in template.sheets}

    def __call__(self, layout: Layout, key: Key) -> bool:
        """Amounts and whole numbers, unless the template says that a column is not added, such as a unit price.

        Calculated fields of forms are not: they are calculated anew from sums and the issued figures.
        """
        cell = layout.cells[key]
        sheet = self.sheets.get(cell.sheet)
        if key == self.total:
            return True
        if sheet is None or cell.type not in (Type.MONEY, Type.INTEGER, Type.QUANTITY):
            return False
        if sheet.kind is Kind.FORM:
            return cell.role is Role.INPUT and cell.type is not Type.QUANTITY
        id = split_key(key)[1].partition(".")[0]
        column = next((column for column in sheet.columns if column.id == id), None)
        if column is None:
            return False
        if column.consolidate == "sum" or column.total:
            return True
        return column.type is Type.INTEGER and not column.calculated


def _summed(
    question: _Question, top: Report | None, sent: Sequence[Report], issued: Mapping[Key, Value]
) -> dict[Key, Value]:
    """What the rules read: sums, issued figures, and whatever follows from them.

    What neither adds up nor follows, such as a text or a price, is the topmost unit's own.
    """
    found: dict[Key, Value] = dict(issued)
    layout, additive = question.layout, question.additive
    calculated = [key for key in layout.order if key in question.needed]
    for key in question.needed.difference(calculated):
        if layout.cells[key].role is not Role.ISSUED:
            own = top.values.get(key) if top is not None else None
            found[key] = _sum(sent, key) if additive(layout, key) else own
    for key in calculated:
        formula = layout.cells[key].formula
        assert formula is not None
        found[key] = _sum(sent, key) if additive(layout, key) else evaluate(formula, found.get)
    return found


def _sum(sent: Sequence[Report], key: Key) -> Value:
    """The sum over all files; blank where all are, an error where one has one."""
    values = [report.values.get(key) for report in sent]
    faults = [value for value in values if isinstance(value, Fault)]
    numbers = [value for value in values if isinstance(value, Fraction)]
    if faults:
        return faults[0]
    return sum(numbers, Fraction(0)) if numbers else None


def _behind(layout: Layout) -> frozenset[Key]:
    """All keys that the rules depend on, through formulas."""
    nodes = [node for placed in layout.rules for asked in placed.asked for node in _read(asked)]
    waiting, seen = [key for node in nodes for key in keys(node)], set[Key]()
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            formula = layout.cells[key].formula
            waiting.extend(keys(formula) if formula is not None else ())
    return frozenset(seen)


def _read(asked: Asked) -> list[Node]:
    named = [node for node in asked.names.values() if not isinstance(node, Limit)]
    return [asked.holds, asked.left, asked.right, asked.excess, *named]


def _told(found: Finding, count: int, absent: Sequence[str]) -> Finding:
    """The finding with what it was asked of: how many files, and who is missing."""
    if found.spoken is None:
        return found
    zh, en = f"（与下级合并计算，共 {count} 份", f" (Together with the units below, workbooks: {count}"
    if absent:
        named = names_of(absent)
        zh, en = f"{zh}；未纳入：{named.zh}", f"{en}; not in it: {named.en}"
    message = Text(f"{found.spoken.message.zh}{zh}。）", f"{found.spoken.message.say('en')}{en}.)")
    return replace(found, spoken=replace(found.spoken, message=message))
