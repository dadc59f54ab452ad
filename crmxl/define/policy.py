"""Policy files into types: shape, then types with their defaults, then everything a schema cannot say.

Judges a file by itself; whether its names mean something in a template is asked in policies.py. Knows nothing of
units, rounds, cells or verdicts.
"""

from __future__ import annotations

import difflib
import re
import string
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from crmxl.define.document import Fault, Trail, dotted, read_toml, refuse
from crmxl.define.references import BUILT_IN
from crmxl.define.rows import Row, rows
from crmxl.define.shape import shape_problems
from crmxl.errors import DefinitionError, ExpressionError, Problem
from crmxl.expression import FUNCTIONS, Band, Call, Comparison, Measure, Node, Reference, parse, walk
from crmxl.model import Group, Kind, Section, Severity, Template, Text, split_key
from crmxl.policy import Limit, LineSet, Policy, Rule, Status

PLACEHOLDERS = ("left", "right", "excess", "count", "line")
"""What every message may name: the two sides, the distance, how many lines fail, and which line."""
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_POSITION = re.compile(r'\."(position [0-9]+)"\Z')
_NEAR_ENOUGH = 0.8


def load_policy(path: Path) -> Policy:
    """The policy in ``path``, sound in shape and in itself; ``policies.policy_faults`` asks a template.

    Raises DefinitionError with every problem in file order, its place ``rule[2].assert (position 14)`` inside an
    expression, and CrmxlError when the file cannot be read.
    """
    document = days_as_text(read_toml(path), "valid_from", "valid_to")
    try:
        refuse(path, document, shape_problems(document, "policy"))
        policy = _policy(document)
        refuse(path, document, _faults(policy))
    except DefinitionError as error:
        raise DefinitionError(tuple(Problem(_placed(one.place), one.message) for one in error.problems)) from None
    return policy


def problem_at(name: str, fault: Fault) -> Problem:
    """``fault`` as a problem of the file called ``name``."""
    return Problem(_placed(f"{name}: {dotted(fault.trail)}"), fault.message)


def days_as_text(value: Any, *names: str) -> Any:
    """``value`` with TOML dates under ``names`` as ISO texts, as JSON has them; times stay and are refused."""
    if isinstance(value, Mapping):
        return {
            name: inner.isoformat()
            if name in names and isinstance(inner, date) and not isinstance(inner, datetime)
            else days_as_text(inner, *names)
            for name, inner in value.items()
        }
    return [days_as_text(inner, *names) for inner in value] if isinstance(value, list) else value


def day_faults(named: Iterable[tuple[Trail, str]]) -> Iterator[Fault]:
    """A fault for each ISO text that names no day of the calendar; the empty text is none."""
    for trail, text in named:
        try:
            date.fromisoformat(text or "2000-01-01")
        except ValueError:
            yield Fault(trail, f"found `{text}`, which is no day of the calendar")


def read_limit(value: str | int | Decimal) -> Limit:
    """A limit whose shape was checked, exact and as written: ``0.5‰`` is 1/2000."""
    text = value if isinstance(value, str) else f"{value:f}" if isinstance(value, Decimal) else str(value)
    scale = {"%": 100, "‰": 1000}.get(text[-1], 1)
    return Limit(Fraction(text.rstrip("%‰")) / scale, text)


def line_codes(line_set: LineSet, template: Template) -> tuple[str, ...]:
    """Codes of the rows of ``template`` that are in the set, blank lines too, in definition order.

    ``*`` and ``1.2.*`` take lines of grids, a list sheet's id all its rows; a form's fields are in no set.
    """
    tags = tags_of(template)

    def taken(row: Row, codes: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
        by_tag = any(tag in wanted for tag in tags.get(row.code, ()))
        return by_tag or any(matches(code, row, template) for code in codes)

    return tuple(
        row.code
        for row in rows(template)
        if row.leaf
        and taken(row, line_set.codes, line_set.tags)
        and not taken(row, line_set.without, line_set.without_tags)
    )


def matches(code: str, row: Row, template: Template) -> bool:
    """Whether a code as sets and expressions write it, such as ``1.2.*``, takes a leaf row."""
    sheet = template.sheets[row.sheet]
    match sheet.kind:
        case Kind.FORM:
            return False
        case Kind.LIST:
            return code in (sheet.id, f"{sheet.id}.*", row.code)
        case Kind.GRID:
            return row.code == code or code == "*" or (code.endswith(".*") and row.code.startswith(code[:-1]))


def tags_of(template: Template) -> dict[str, tuple[str, ...]]:
    """Tags of lines by code."""
    sections = [section for sheet in template.sheets for section in sheet.sections]
    owners: list[Section | Group] = [*sections, *(group for section in sections for group in section.groups)]
    return {line.code: line.tags for owner in owners for line in owner.lines}


def near(name: str, known: Iterable[str]) -> str:
    """A hint at the name that was probably meant, or nothing."""
    close = difflib.get_close_matches(name, list(known), 1)
    return f"; is `{close[0]}` meant?" if close else ""


def _placed(place: str) -> str:
    """Trails end in ``position 14`` inside an expression; people read it in parentheses."""
    return _POSITION.sub(r" (\1)", place)


def _policy(document: Mapping[str, Any]) -> Policy:
    return Policy(
        id=document["id"],
        version=document["version"],
        title=_text(document["title"]),
        rules=tuple(map(_rule, document["rule"])),
        sets={id: _set(id, record) for id, record in document.get("sets", {}).items()},
    )


def _set(id: str, record: Mapping[str, Any]) -> LineSet:
    names = ("codes", "tags", "without", "without_tags")
    return LineSet(id, _text(record["title"]), **{name: tuple(record.get(name, ())) for name in names})


def _rule(record: Mapping[str, Any]) -> Rule:
    plain = ("scope", "each", "when", "at", "clause", "valid_from", "valid_to")
    return Rule(
        code=record["code"],
        name=record["name"],
        severity=Severity(record["severity"]),
        assertion=record["assert"],
        title=_text(record["title"]),
        message=_text(record["message"]),
        fix=_text(record["fix"]),
        applies_to=tuple(record.get("applies_to", ())),
        status=Status(record.get("status", "active")),
        limits=_limits(record.get("params", {})),
        headline=record.get("headline", False),
        by_line={code: _limits(limits) for code, limits in record.get("lines", {}).items()},
        **{name: record[name] for name in plain if name in record},
    )


def _limits(record: Mapping[str, str | int | Decimal]) -> dict[str, Limit]:
    return {name: read_limit(value) for name, value in record.items()}


def _text(record: Mapping[str, str]) -> Text:
    return Text(record["zh"], record.get("en", ""))


def _faults(policy: Policy) -> Iterator[Fault]:
    """Everything that is wrong whatever the templates are."""
    for id, line_set in policy.sets.items():
        if not (line_set.codes or line_set.tags):
            yield Fault(("sets", id), "takes no line; give codes or tags")
        if id == "total" or id in BUILT_IN:
            yield Fault(("sets", id), f"found `{id}`, which crmxl uses itself; choose another id")
    for what in ("code", "name"):
        first: dict[str, int] = {}
        for at, rule in enumerate(policy.rules):
            before = first.setdefault(getattr(rule, what), at)
            if before != at:
                yield Fault(("rule", at, what), f"the {what} `{getattr(rule, what)}` stands already at rule[{before}]")
    named = {split_key(text)[0] for rule in policy.rules for text in _keys_in(rule)} | {r.each for r in policy.rules}
    idle = tuple(id for id in policy.sets if id not in named)
    for at, rule in enumerate(policy.rules):
        yield from _rule_faults(rule, ("rule", at), policy, idle)


def _rule_faults(rule: Rule, trail: Trail, policy: Policy, idle: tuple[str, ...]) -> Iterator[Fault]:
    limits = dict.fromkeys((*rule.limits, *(name for line in rule.by_line.values() for name in line)))
    if rule.each and rule.each not in policy.sets:
        there = ", ".join(policy.sets) or "none"
        yield Fault((*trail, "each"), f"there is no set `{rule.each}`{near(rule.each, policy.sets)} (sets: {there})")
    if rule.by_line and not rule.each:
        yield Fault((*trail, "lines"), 'belongs to a rule with each = "<set>", which is asked line by line')
    if rule.at and "@" not in rule.at and not rule.each:
        yield Fault((*trail, "at"), f"found `{rule.at}`; must be a key such as total@amount, since there is no each")
    if rule.headline and rule.each:
        yield Fault((*trail, "headline"), "is for a rule that is asked once; this one has each")
    yield from day_faults(((*trail, name), getattr(rule, name)) for name in ("valid_from", "valid_to"))
    if rule.valid_from and rule.valid_to and rule.valid_from > rule.valid_to:
        yield Fault((*trail, "valid_to"), f"is {rule.valid_to}, before valid_from = {rule.valid_from}")
    nodes: list[tuple[str, Node]] = []
    sound = True
    for name, source, wanted in (("assert", rule.assertion, _ASSERT), ("when", rule.when, _WHEN)):
        if not source:
            continue
        try:
            node = parse(source)
        except ExpressionError as error:
            sound = False
            yield Fault((*trail, name, f"position {error.position + 1}"), error.message)
            continue
        nodes.append((name, node))
        if not (_compares(node) if name == "assert" else _condition(node)):
            yield Fault((*trail, name), wanted)
    used = {part.text for _, node in nodes for part in walk(node) if isinstance(part, Reference)}
    unused = [name for name in limits if name not in used]
    if sound:
        for name, node in nodes:
            yield from _misspelt(node, (*trail, name), unused, idle, policy)
    yield from _limit_faults(rule, trail, unused if sound else [], used)
    if sound:
        names = (*PLACEHOLDERS, *limits, *(name for name in used if "@" not in name))
        for part, text in (("message", rule.message), ("fix", rule.fix)):
            for lang in ("zh", "en"):
                yield from _placeholder_faults(getattr(text, lang), names, (*trail, part, lang))


_ASSERT = "must be one comparison such as x <= bound, or a band low <= x <= high"
_WHEN = "must be a condition such as amount > 0"


def _compares(node: Node) -> bool:
    return isinstance(node, Comparison | Band)


def _condition(node: Node) -> bool:
    if isinstance(node, Call):
        return node.function == "IF" or FUNCTIONS[node.function].measure is Measure.TRUTH
    return _compares(node)


def _misspelt(node: Node, trail: Trail, unused: list[str], idle: tuple[str, ...], policy: Policy) -> Iterator[Fault]:
    """Names near a parameter or set that nobody uses; what else they may mean is known by the template."""
    for part in walk(node):
        if not isinstance(part, Reference):
            continue
        code = split_key(part.text)[0]
        name, known, what = (code, idle, "set") if "@" in part.text else (part.text, unused, "parameter")
        close = difflib.get_close_matches(name, known, 1, _NEAR_ENOUGH) if name not in policy.sets else []
        if close:
            yield Fault((*trail, f"position {part.position + 1}"), f"found `{name}`; is the {what} `{close[0]}` meant?")
            if what == "parameter":
                unused.remove(close[0])  # one mistake, told where it was made


def _limit_faults(rule: Rule, trail: Trail, unused: list[str], used: set[str]) -> Iterator[Fault]:
    """Parameters that limit nothing, that hide other names, that a line lacks, or that cross."""
    places: list[tuple[Trail, Mapping[str, Limit]]] = [((*trail, "params"), rule.limits)]
    places += (((*trail, "lines", code), limits) for code, limits in rule.by_line.items())
    told: set[str] = set()
    for where, limits in places:
        for name in limits:
            if name in PLACEHOLDERS or name in BUILT_IN:
                yield Fault((*where, name), f"found `{name}`, which crmxl uses itself; choose another name")
            elif name in unused and name not in told:
                told.add(name)
                yield Fault((*where, name), f"`{name}` is used neither in assert nor in when")
    wanted = dict.fromkeys(name for limits in rule.by_line.values() for name in limits if name in used)
    for where, limits in places[1:]:
        for name in wanted:
            if name not in limits and name not in rule.limits:
                yield Fault((*where, name), "is missing: other lines have it, and params give no default")
    for where, limits in places:
        low, high = ({**rule.limits, **limits}.get(name) for name in ("low", "high"))
        if low and high and low.value > high.value:
            yield Fault((*where, "low"), f"is {low.text}, above high = {high.text}")


def _placeholder_faults(text: str, names: tuple[str, ...], trail: Trail) -> Iterator[Fault]:
    """Braces that do not close, and placeholders that nothing fills."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        yield Fault(trail, "has a { or } without its partner; a placeholder is {left}, a brace itself {{ or }}")
        return
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if form or conversion or not _NAME.match(name):
            yield Fault(trail, f"found a placeholder `{name}` that is not a name alone, such as {{left}}")
        elif name not in names:
            yield Fault(
                trail, f"nothing fills {{{name}}}{near(name, names)}; known are {', '.join(dict.fromkeys(names))}"
            )


def _keys_in(rule: Rule) -> Iterator[str]:
    """Keys that its expressions name, where they can be parsed."""
    for source in filter(None, (rule.assertion, rule.when)):
        try:
            yield from (part.text for part in walk(parse(source)) if isinstance(part, Reference) and "@" in part.text)
        except ExpressionError:
            continue
