"""Who is asked for what, and who reviews it: ``[[issue]]``, ``[[review]]`` and ``[roles]`` of a round.

Knows unit types and templates by name, nothing of units or of what they send.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmxl.define.document import Fault, Trail, dotted
from crmxl.define.policy import near
from crmxl.model import Lang, Template, Text

GROUP = "group"
"""The role that reviews where the round names none."""
ROLES: Mapping[str, Text] = {
    GROUP: Text("集团", "Group"),
    "customer-relations": Text("集团客户关系部", "Group customer relations"),
    "finance": Text("集团财务管理中心", "Group finance centre"),
    "cost": Text("集团成本管理中心", "Group cost centre"),
}
"""Titles of roles where the round gives none of its own."""


@dataclass(frozen=True, slots=True)
class Issue:
    """What some units are given: an ``[[issue]]``, or one of ``templates``, which go to all."""

    template: str
    """``id@version``."""
    unit_types: tuple[str, ...] = ()
    """Types of the units that get it; empty means all units."""
    name: str = ""
    """Short name for file names."""


@dataclass(frozen=True, slots=True)
class Review:
    """Who reviews what some units send: a ``[[review]]``."""

    roles: tuple[str, ...]
    """In the order in which they approve."""
    unit_types: tuple[str, ...] = ()
    """Types of the units that it is for; empty means all units."""


Named = Sequence[tuple[Trail, Template]]
"""The templates of a round, each with the place that names it."""


def named_templates(document: Mapping[str, Any]) -> list[tuple[Trail, str]]:
    """The names of the templates of a round.toml, each with its place."""
    named: list[tuple[Trail, str]] = [
        (("templates", at), name) for at, name in enumerate(document.get("templates", ()))
    ]
    return [*named, *((("issue", at, "template"), one["template"]) for at, one in enumerate(document.get("issue", ())))]


def issues_of(document: Mapping[str, Any], templates: Named, lang: Lang) -> tuple[Issue, ...]:
    """Who is given what; the short name of a template is its title in ``lang`` where the file gives none."""
    found = []
    for trail, template in templates:
        record = document["issue"][trail[1]] if trail[0] == "issue" else {}
        name = record.get("name") or template.title.say(lang)
        found.append(Issue(template.name, tuple(record.get("unit_types", ())), name))
    return tuple(found)


def reviews_of(document: Mapping[str, Any]) -> tuple[Review, ...]:
    """Who reviews, in the order of the file."""
    return tuple(Review(tuple(one["roles"]), tuple(one.get("unit_types", ()))) for one in document.get("review", ()))


def template_faults(document: Mapping[str, Any], templates: Named) -> Iterator[Fault]:
    """No template, or one that is named again, in another version too: a unit fills one budget once."""
    if not document.get("templates") and not document.get("issue"):
        yield Fault(("templates",), 'is missing: name them here, or who gets what: [[issue]] template = "…"')
    first: dict[str, Trail] = {}
    for trail, template in templates:
        before = first.setdefault(template.id, trail)
        if before != trail:
            yield Fault(trail, f"the template `{template.id}` is named already at {dotted(before)}; keep one")


def asking_faults(document: Mapping[str, Any], issues: Sequence[Issue], types: set[str] | None) -> Iterator[Fault]:
    """Unit types that no unit has (``types``; None: not known), short names that stand twice, reviews for nobody."""
    offset = len(issues) - len(document.get("issue", ()))
    first: dict[str, int] = {}
    for at, issue in enumerate(issues):
        before = first.setdefault(issue.name.casefold(), at)
        if before != at:
            trail: Trail = ("issue", at - offset, "name") if at >= offset else ("templates", at)
            yield Fault(
                trail, f"`{issue.name}` is the short name of {issues[before].template} too; give another `name`"
            )
    for what in ("issue", "review"):
        for at, record in enumerate(document.get(what, ())):
            yield from _unknown_types((what, at, "unit_types"), record, types)
    met: dict[str, int] = {}
    everybody: int | None = None
    for at, review in enumerate(reviews_of(document)):
        for index, role in enumerate(review.roles):
            if role in review.roles[:index]:
                yield Fault(("review", at, "roles", index), f"`{role}` reviews already; keep one")
        if everybody is not None:
            said = f"is never asked: review[{everybody}] is for all unit types; put it last"
            yield Fault(("review", at), said)
        elif not review.unit_types:
            everybody = at
        for index, kind in enumerate(review.unit_types):
            before = met.setdefault(kind, at)
            if before != at:
                said = f"units of type `{kind}` are reviewed by review[{before}]; keep one"
                yield Fault(("review", at, "unit_types", index), said)
    roles = {GROUP, *(role for review in reviews_of(document) for role in review.roles)}
    for role in document.get("roles", {}):
        if role not in roles:
            yield Fault(("roles", role), f"no review names the role `{role}`{near(role, roles)}")


def _unknown_types(trail: Trail, record: Mapping[str, Any], types: set[str] | None) -> Iterator[Fault]:
    if types is None:
        return
    for at, kind in enumerate(record.get("unit_types", ())):
        if kind not in types:
            there = ", ".join(sorted(filter(None, types))) or "none"
            said = f"no unit has the type `{kind}`{near(kind, types)} (types: {there})"
            yield Fault((*trail, at), said)
