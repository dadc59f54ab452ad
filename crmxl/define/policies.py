"""The policies there are: found by name like templates, and asked which templates they mean.

A policy against a template: which lines its sets take, which rules are for it, and whether their names mean something
there. Knows templates by their rows, nothing of layouts, rounds or verdicts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from crmxl.define.document import Fault, Trail, label
from crmxl.define.library import SUFFIX, Library
from crmxl.define.policy import line_codes, load_policy, matches, near, problem_at, read_limit, tags_of
from crmxl.define.references import BUILT_IN, MEASURES
from crmxl.define.rows import Row, by_code, column_at, rows
from crmxl.define.sizes import fewest
from crmxl.define.waivers import WAIVERS
from crmxl.errors import CrmxlError, DefinitionError, Problem
from crmxl.expression import Call, Cells, Measure, Node, Number, Reference, bind, measure, parse, walk
from crmxl.model import Assignment, Key, Template, split_key
from crmxl.policy import LineSet, Policy, Rule
from crmxl.resources import folder


def shipped() -> Path:
    """The folder of the policies that crmxl ships."""
    return folder("templates") / "policies"


class Policies:
    """Policies by id, by ``id@version`` or by path; loaded when asked for, and once."""

    def __init__(self, *folders: Path) -> None:
        """Policies of ``folders``, the first that has a name wins; the shipped ones where none is given."""
        self._folders = folders
        self._loaded: dict[Path, Policy] = {}

    def names(self) -> tuple[str, ...]:
        """Ids of the policies that there are, sorted, older versions aside."""
        return tuple(sorted({path.stem for path in self._files() if "@" not in path.stem}))

    def load(self, name: str | Path) -> Policy:
        """The policy called ``name``: an id (newest version), ``id@version``, or the path of a ``.toml`` file.

        Raises CrmxlError for a name that nothing answers to, DefinitionError for an unsound file.
        """
        if isinstance(name, Path) or name.endswith(SUFFIX):
            return self._read(Path(name))
        policy_id, at, version = name.partition("@")
        for path in self._files():
            if path.stem == name:
                return self._own(path)
        for path in self._files():
            if at and path.stem == policy_id and (policy := self._own(path)).name == name:
                return policy
        if at and policy_id in self.names():
            raise CrmxlError(
                f"the policy `{policy_id}` has no version `{version}`; newest is {self.load(policy_id).name}"
            )
        there = ", ".join(self.names()) or "none"
        raise CrmxlError(f"there is no policy `{policy_id}`{near(policy_id, self.names())} (there are: {there})")

    def all(self) -> tuple[Policy, ...]:
        """The newest version of every policy."""
        return tuple(map(self.load, self.names()))

    def _files(self) -> tuple[Path, ...]:
        places = self._folders or (shipped(),)
        return tuple(path for place in places for path in sorted(place.glob(f"*{SUFFIX}")) if path.name != WAIVERS)

    def _own(self, path: Path) -> Policy:
        """The policy of a library file, whose name must be what it says of itself."""
        policy = self._read(path)
        if path.stem not in (policy.id, policy.name):
            message = f"found `{policy.id}`; in a library the file's name says `{path.stem}`"
            raise DefinitionError((Problem(f"{label(path)}: id", message),))
        return policy

    def _read(self, path: Path) -> Policy:
        if path not in self._loaded:
            self._loaded[path] = load_policy(path)
        return self._loaded[path]


@cache
def shipped_policies() -> Policies:
    """The policies that ship, each file read once."""
    return Policies()


# -- policies and templates --------------------------------------------------------------------------------------


def live(template: Template, policies: Policies) -> tuple[Policy, ...]:
    """The policies that have rules for ``template``: those whose rules are live in workbooks issued outside a round."""
    return tuple(policy for policy in policies.all() if applicable(template, (policy,)))


def assigned(policies: Policies, assignment: Assignment) -> tuple[Policy, ...]:
    """The policies whose rules are live in an issued workbook, with its own limits.

    Raises CrmxlError for a policy that is not there, ValueError for a limit that is no number.
    """
    own = {
        rule: {name: read_limit(text) for name, text in limits.items()} for rule, limits in assignment.limits.items()
    }
    return tuple(policies.load(name).limited(own) for name in assignment.policies)


def applicable(template: Template, policies: Iterable[Policy]) -> tuple[Policy, ...]:
    """The policies that have rules for ``template``, each with those rules alone."""
    narrowed = (
        dataclasses.replace(policy, rules=tuple(rule for rule in policy.rules if applies(rule, policy, template)))
        for policy in policies
    )
    return tuple(policy for policy in narrowed if policy.rules)


def applies(rule: Rule, policy: Policy, template: Template) -> bool:
    """Whether the rule is for this version of the template: ``applies_to`` names it or all of its versions, or with
    none named, all the rule's names are known.
    """
    if rule.applies_to:
        return _named(rule, template)
    return not any(_against(rule, (), _View(policy, template)))


def policy_faults(policy: Policy, template: Template) -> Iterator[Fault]:
    """What of ``policy`` means nothing in ``template``: names, keys, sets, lines; trails are those of its file.

    Only rules whose ``applies_to`` names the template are asked: a rule for every template that knows its names
    cannot be wrong about one that does not.
    """
    view = _View(policy, template)
    alone = all(rule.applies_to and {*rule.applies_to} <= {template.id, template.name} for rule in policy.rules)
    for id, line_set in policy.sets.items() if alone else ():
        yield from _criterion_faults(line_set, ("sets", id), view)
    yield from _rule_faults(policy, view)


def _rule_faults(policy: Policy, view: _View) -> Iterator[Fault]:
    for at, rule in enumerate(policy.rules):
        if _named(rule, view.template):
            yield from dict.fromkeys(_against(rule, ("rule", at), view))


def _named(rule: Rule, template: Template) -> bool:
    return template.id in rule.applies_to or template.name in rule.applies_to


class _Unknown(Exception):
    """A reference that nothing in the template answers."""


class _View:
    """A template as the rules of a policy see it."""

    def __init__(self, policy: Policy, template: Template) -> None:
        self.template = template = fewest(template)
        self.rows = rows(template)
        self.by_code = by_code(self.rows)
        self.fields = tuple(field.id for sheet in template.sheets for field in sheet.fields)
        self.members = {id: line_codes(line_set, template) for id, line_set in policy.sets.items()}

    def resolve(self, reference: Reference, rule: Rule, row: Row | None) -> Node:
        """What the reference means to the rule, asked on ``row`` where it is asked of each line."""
        text = reference.text
        own = {} if row is None else rule.by_line.get(row.code, next(iter(rule.by_line.values()), {}))
        limit = {**rule.limits, **own}.get(text)
        if limit is not None:
            return Number(limit.value)
        code, column = split_key(text)
        if "@" not in text:
            if row is not None and text in row.columns:
                return self._cells((f"{row.code}@{text}",))
            if text in self.fields:
                return self._cells((f"{text}@value",))
            if text in BUILT_IN:
                return Number(Fraction(1))
            known = (*rule.limits, *(row.columns if row else ()), *self.fields, *BUILT_IN)
            what = f"a column of line `{row.code}`, a field" if row else "a field"
            raise _Unknown(f"`{text}` is neither a parameter, {what} nor built in{near(text, known)}")
        exact = column_at(self.by_code, text)
        if code in self.members:
            if exact:
                raise _Unknown(f"`{text}`: `{code}` is a set and a code of {self.template.name}; rename the set")
            codes, what = self.members[code], f"set `{code}`"
        elif "*" in code:
            leaves = (row.code for row in self.rows if row.leaf and matches(code, row, self.template))
            codes, what = tuple(leaves), f"line of `{code}`"
        elif exact:
            return self._cells((text,))
        elif code in self.by_code:
            cells = self.by_code[code].columns
            there = ", ".join(cells) or "none"
            raise _Unknown(f"`{text}`: `{code}` has no cell `{column}`{near(column, cells)} (cells: {there})")
        else:
            hint = near(code, (*self.members, *self.by_code))
            raise _Unknown(f"`{text}`: no set, line, section or field is `{code}`{hint}")
        found = tuple(key for one in codes if column_at(self.by_code, key := f"{one}@{column}"))
        if not found:
            raise _Unknown(f"`{text}`: no {what} has a cell `{column}` in {self.template.name}")
        return self._cells(found, several=True)

    def _cells(self, keys: tuple[Key, ...], several: bool = False) -> Cells:
        column = column_at(self.by_code, keys[0])
        assert column is not None, keys
        return Cells(keys, MEASURES.get(column.type, Measure.NUMBER), several=several)


def _criterion_faults(line_set: LineSet, trail: Trail, view: _View) -> Iterator[Fault]:
    """Codes and tags of a set that no line answers; only asked where the policy is for one template."""
    leaves = [row for row in view.rows if row.leaf]
    for name in ("codes", "without"):
        for at, code in enumerate(getattr(line_set, name)):
            if any(matches(code, row, view.template) for row in leaves):
                continue
            row = view.by_code.get(code)
            hint = f"; it is a {row.level}, write `{code}.*`" if row and not row.leaf else near(code, view.by_code)
            yield Fault((*trail, name, at), f"no line of {view.template.name} is `{code}`{hint}")
    tags = {tag for tags in tags_of(view.template).values() for tag in tags}
    for name in ("tags", "without_tags"):
        for at, tag in enumerate(getattr(line_set, name)):
            if tag not in tags:
                yield Fault((*trail, name, at), f"no line of {view.template.name} has the tag `{tag}`{near(tag, tags)}")


def _against(rule: Rule, trail: Trail, view: _View) -> Iterator[Fault]:
    """What of the rule means nothing in the template."""
    asked: list[Row | None] = [None]
    if rule.each:
        codes = view.members[rule.each]
        if not codes:
            yield Fault((*trail, "each"), f"the set `{rule.each}` has no line in {view.template.name}")
            return
        standing = [view.by_code[code] for code in reversed(codes)]
        asked = list({(row.sheet, *row.columns): row for row in standing}.values())  # the first of each kind of row
        yield from _line_faults(rule, trail, codes)
    for name, hidden in (("field", set(view.fields)), ("column", {one for row in asked if row for one in row.columns})):
        for limit in sorted(hidden & {*rule.limits, *(one for line in rule.by_line.values() for one in line)}):
            where = "params" if limit in rule.limits else "lines"
            yield Fault((*trail, where, limit), f"`{limit}` is also a {name} of {view.template.name}; choose another")
    for name, source in (("assert", rule.assertion), ("when", rule.when)):
        for row in asked if source else ():
            yield from _expression_faults(parse(source), (*trail, name), rule, row, view)
    for row in asked if rule.at else ():
        key = rule.at if "@" in rule.at or row is None else f"{row.code}@{rule.at}"
        if column_at(view.by_code, key) is None:
            yield Fault((*trail, "at"), f"found `{rule.at}`; {view.template.name} has no cell `{key}`")


def _line_faults(rule: Rule, trail: Trail, codes: tuple[str, ...]) -> Iterator[Fault]:
    """Limits for lines that are not asked, and lines that are asked without their limits."""
    if not rule.by_line:
        return
    for code in rule.by_line:
        if code not in codes:
            yield Fault((*trail, "lines", code), f"the set `{rule.each}` has no line `{code}`{near(code, codes)}")
    names = dict.fromkeys(name for limits in rule.by_line.values() for name in limits if name not in rule.limits)
    for code in codes if names else ():
        if code not in rule.by_line:
            message = f"is missing: the set `{rule.each}` has line {code}, which needs {', '.join(names)}"
            yield Fault((*trail, "lines", code), message)


def _expression_faults(node: Node, trail: Trail, rule: Rule, row: Row | None, view: _View) -> Iterator[Fault]:
    """Names that nothing answers, told at their position; then values that do not go together."""
    unknown = False
    for part in walk(node):
        if isinstance(part, Reference):
            try:
                view.resolve(part, rule, row)
            except _Unknown as error:
                unknown = True
                yield Fault((*trail, f"position {part.position + 1}"), str(error))
    if unknown:
        return
    try:
        bound = bind(node, lambda reference: view.resolve(reference, rule, row))
    except ValueError as error:
        yield Fault(trail, str(error))
        return
    if isinstance(bound, Call) and measure(bound) is not Measure.TRUTH:
        yield Fault(trail, "must be a condition such as amount > 0")


def check_policy(policy: Policy, library: Library, name: str = "") -> tuple[Problem, ...]:
    """Every problem of ``policy`` with the templates that it applies to, unknown ones too, as ``name`` calls its file.

    Its own soundness was seen to when it was loaded. Raises DefinitionError where a template itself is unsound.
    """
    file = name or f"templates/policies/{policy.id}{SUFFIX}"
    faults: list[Fault] = []
    asked: dict[str, Template] = {}
    for at, rule in enumerate(policy.rules):
        for index, name in enumerate(rule.applies_to):
            there = library.versions(name.partition("@")[0])
            meant = {one.name: one for one in there if name in (one.id, one.name)}
            if not meant:
                faults.append(Fault(("rule", at, "applies_to", index), _unknown(name, there, library)))
            asked |= meant
    newest = {library.load(one.id).name for one in asked.values()}
    for name, template in asked.items():  # what a set takes is in the newest version, perhaps not in those before
        faults += policy_faults(policy, template) if name in newest else _rule_faults(policy, _View(policy, template))
    return tuple(problem_at(file, fault) for fault in dict.fromkeys(faults))


def _unknown(name: str, there: Sequence[Template], library: Library) -> str:
    """What to say of a name in ``applies_to`` that no template answers to."""
    if there:
        return f"there is no `{name}`; there is {', '.join(one.name for one in there)}"
    return f"there is no template `{name}`{near(name, library.names())}"


def override_faults(limits: Mapping[str, Any], policies: Sequence[Policy], types: set[str] | None) -> Iterator[Fault]:
    """What a round's ``limits`` name in vain: rules, types (None: not known), limits; rule codes of two policies."""
    owners: dict[str, Policy] = {}
    for at, policy in enumerate(policies):
        for rule in policy.rules:
            other = owners.setdefault(rule.code, policy)
            if other is not policy:
                yield Fault(("policies", at), f"{rule.code} is a rule of `{other.name}` and of `{policy.name}`")
    rules = {rule.code: rule for policy in policies for rule in policy.rules}
    for code, kinds in limits.items():
        if code not in rules:
            yield Fault(("limits", code), f"no policy of the round has the rule `{code}`{near(code, rules)}")
            continue
        rule = rules[code]
        lines = {name for by_name in rule.by_line.values() for name in by_name}
        for kind, names in kinds.items():
            if types is not None and kind not in types:
                yield Fault(("limits", code, kind), f"no unit has the type `{kind}`{near(kind, types)}")
            for name in names:
                trail: Trail = ("limits", code, kind, name)
                if name in lines:
                    yield Fault(trail, f"`{name}` differs from line to line, so it cannot be overridden by type")
                elif name not in rule.limits:
                    there = ", ".join(rule.limits) or "none"
                    yield Fault(trail, f"{code} has no limit `{name}`{near(name, rule.limits)} (limits: {there})")
