"""What a policy's rule says, in full: for ``crmxl rules``, ``crmxl explain`` and docs/rules.md, as facts and as JSON.

Says what the records say; judges nothing and knows no workbook.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from crmxl.define.library import Library
from crmxl.define.policies import applies
from crmxl.expression import parse, references
from crmxl.model import Text, split_key
from crmxl.policy import Limit, LineSet, Policy, Rule, Status
from crmxl.report.findings import SEVERITIES

TRIAL = Text("试行", "Trial")
"""Stands where a severity does: a rule on trial is told and blocks nothing."""
_SCOPES: Mapping[str, Text] = {
    "unit": Text("本单位：工作簿中即时判断，集团复核", "the unit: live in its workbook, judged again at the group"),
    "subtree": Text("本单位连同下级：只在集团判断", "the unit with those below it: judged at the group only"),
}
_ACTIVE = Text("执行中", "in force")
_HEADLINE = Text("每张数据表冻结的表头显示余额", "what is left stands in the frozen header of every data sheet")
_BY_LINE = Text("{names}（逐行）", "{names} (by line)")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a rule says."""

    label: Text
    words: Text
    exact: bool = False
    """Whether the words are as written in the file: an expression, a name."""


def rule_facts(rule: Rule, policy: Policy, library: Library) -> list[Fact]:
    """Everything that ``rule`` says, for people; ``library`` has the titles of the templates that it is for."""
    clause = Text(f"，第 {rule.clause} 条", f", clause {rule.clause}") if rule.clause else Text("")
    named = Text(f"{policy.title.zh}（{policy.name}）", f"{policy.title.say('en')} ({policy.name})")
    facts = [
        Fact(Text("制度", "Policy"), Text(named.zh + clause.zh, named.en + clause.en)),
        Fact(Text("适用模板", "Applies to"), _joined(_applies_to(rule, policy, library))),
        Fact(Text("范围", "Scope"), _SCOPES[rule.scope]),
    ]
    if rule.each:
        asked = Text(f"集合 {rule.each} 的每一行", f"each line of the set {rule.each}")
        facts.append(Fact(Text("逐行判断", "Asked of"), asked))
    facts.append(Fact(Text("式子", "Expression"), Text(rule.assertion), exact=True))
    for name, words in ((rule.when, Text("条件", "When")), (rule.at, Text("指向", "Points at"))):
        facts += [Fact(words, Text(name), exact=True)] if name else []
    if rule.limits:
        facts.append(Fact(Text("界限", "Limits"), Text(_written(rule.limits)), exact=True))
    for code, own in rule.by_line.items():
        facts.append(Fact(Text(f"{code} 的界限", f"Limits of {code}"), Text(_written(own)), exact=True))
    named_in = [parse(source) for source in (rule.assertion, rule.when) if source]
    used = {rule.each, *(split_key(name)[0] for node in named_in for name in references(node))}
    facts += [Fact(Text(f"集合 {id}", f"Set {id}"), set_words(one)) for id, one in policy.sets.items() if id in used]
    if rule.headline:
        facts.append(Fact(Text("表头", "Header"), _HEADLINE))
    worst = SEVERITIES[rule.severity]
    trial = Text(f"试行：只提醒，不阻断；转正后为“{worst.zh}”", f"on trial, blocks nothing; then: {worst.en}")
    facts.append(Fact(Text("状态", "Status"), trial if rule.status is Status.TRIAL else _ACTIVE))
    facts.append(Fact(Text("有效期", "Valid"), _validity(rule)))
    for words, text in ((Text("提示语", "Message"), rule.message), (Text("改法", "Fix"), rule.fix)):
        facts.append(Fact(words, Text(*(_with_limits(text.say(lang), rule.limits) for lang in ("zh", "en")))))
    return facts


def standing(rule: Rule) -> Text:
    """The rule's severity, or that it is on trial."""
    return TRIAL if rule.status is Status.TRIAL else SEVERITIES[rule.severity]


def limits(rule: Rule) -> Text:
    """The rule's limits in short."""
    by_line = ", ".join(dict.fromkeys(name for own in rule.by_line.values() for name in own))
    parts = [Text(_written(rule.limits))] if rule.limits else []
    parts += [Text(*(_BY_LINE.say(lang).format(names=by_line) for lang in ("zh", "en")))] if by_line else []
    return _joined(parts)


def set_words(one: LineSet) -> Text:
    """What a set is and which lines it takes."""
    taken = Text(", ".join(one.codes)) if one.codes else None
    tagged = Text(f"标签 {', '.join(one.tags)}", f"tagged {', '.join(one.tags)}") if one.tags else None
    dropped = ", ".join((*one.without, *one.without_tags))
    without = Text(f"不含 {dropped}", f"without {dropped}") if dropped else None
    lines = _joined(part for part in (taken, tagged, without) if part)
    return Text(f"{one.title.zh}（{lines.zh}）", f"{one.title.say('en')} ({lines.say('en')})")


def _applies_to(rule: Rule, policy: Policy, library: Library) -> list[Text]:
    if not rule.applies_to:
        found = [template.id for template in map(library.load, library.names()) if applies(rule, policy, template)]
        names = ", ".join(found) or "—"
        return [Text(f"凡是有这些名称的模板（现有：{names}）", f"every template that has these names (now: {names})")]
    titles = {one.name: one.title for id in library.names() for one in library.versions(id)}
    titles |= {id: library.load(id).title for id in library.names()}
    named = {name: titles.get(name, Text("")) for name in rule.applies_to}
    return [Text(f"{name} {title.zh}".strip(), f"{name} {title.say('en')}".strip()) for name, title in named.items()]


def _validity(rule: Rule) -> Text:
    if not (rule.valid_from or rule.valid_to):
        return Text("一直有效", "always")
    since, until = rule.valid_from, rule.valid_to
    zh = "".join((f"{since} 起" if since else "", "，" if since and until else "", f"至 {until}" if until else ""))
    return Text(zh, " ".join((*((f"from {since}",) if since else ()), *((f"until {until}",) if until else ()))))


def _with_limits(text: str, limits: Mapping[str, Limit]) -> str:
    """A message with the limits that are the same on every line; what a finding fills in stays open."""
    for name, limit in limits.items():
        text = text.replace(f"{{{name}}}", limit.text)
    return text


def _written(limits: Mapping[str, Limit]) -> str:
    return ", ".join(f"{name} = {limit.text}" for name, limit in limits.items())


def _joined(parts: Iterable[Text]) -> Text:
    found = list(parts)
    return Text("；".join(part.zh for part in found), "; ".join(part.say("en") for part in found))


def rule_record(rule: Rule, policy: Policy) -> dict[str, Any]:
    """A policy's rule as JSON, with the sets of its policy."""
    words = {part: _both(getattr(rule, part)) for part in ("title", "message", "fix")}
    sets = {
        id: {
            "title": _both(one.title),
            **{name: list(getattr(one, name)) for name in ("codes", "tags", "without", "without_tags")},
        }
        for id, one in policy.sets.items()
    }
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity.value,
        **words,
        "policy": policy.name,
        "policy_title": _both(policy.title),
        **{part: getattr(rule, part) for part in ("clause", "scope", "each", "when", "at", "headline")},
        "status": rule.status.value,
        "applies_to": list(rule.applies_to),
        "assert": rule.assertion,
        "limits": _texts(rule.limits),
        "lines": {code: _texts(own) for code, own in rule.by_line.items()},
        "sets": sets,
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
    }


def _texts(limits: Mapping[str, Limit]) -> dict[str, str]:
    return {name: limit.text for name, limit in limits.items()}


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
