"""Family P: a policy's rules asked of a submission, by the very expressions that are live in its workbook.

Rules, limits and issued figures are given by whoever asks: the round's records, or what the workbook itself carries.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from crmxl.catalogue import finding
from crmxl.check.evidence import Evidence
from crmxl.define.waivers import Waiver
from crmxl.expression import Node, Ready, Value, evaluate
from crmxl.issue.places import Layout
from crmxl.issue.ruling import Asked, PlacedRule, shown_as
from crmxl.model import Finding, Key, Lang, Severity, Spoken, Text, Type
from crmxl.money import show, show_plain, show_ratio
from crmxl.policy import Limit

_GENTLER = (Severity.INFO, Severity.WARNING, Severity.ERROR)
_PER_MILLE = Fraction(1, 200)
"""Bounds below 0.5 % are shown in ‰, and what is compared with them too."""
_WAIVED = Text("已获特批，可上报；请在变更记录中注明。", "It is waived and may be submitted; note it in Change log.")
_MARK = "waived"
"""Among a finding's values: that it was waived, whatever a release words it like."""
_PLACES = 6
"""Decimals of a ratio: a fen off in a million must still show."""


def broken_rules(
    evidence: Evidence, layout: Layout, values: Mapping[Key, Value], waivers: Sequence[Waiver] = (), today: str = ""
) -> Iterator[Finding]:
    """A finding for every rule of ``layout`` that the submission breaks, one a line where it is asked line by line.

    ``layout`` is the submission's template with the rules to judge by, ``values`` are every value to judge by.
    ``waivers`` are the unit's own; a waived finding is disclosed as a warning, an expired or unused waiver is told
    (``today`` is an ISO date).
    """
    by_rule = {waiver.rule: waiver for waiver in waivers}
    used: set[str] = set()
    ready = Ready()
    for placed in layout.rules:
        broken = [asked for asked in placed.asked if evaluate(asked.holds, values.get, ready) is False]
        for asked in broken:
            found = _finding(evidence, layout, placed, asked, values.get, len(broken))
            waiver = by_rule.get(placed.rule.code)
            if waiver is None:
                yield found
                continue
            used.add(waiver.rule)
            if waiver.until < today:
                yield found
                yield finding("I113", place=found.place, found=waiver.until, expected=today, rule=waiver.rule)
            elif waiver.up_to is None or _reaches(evaluate(asked.left, values.get)) <= waiver.up_to.value:
                yield _disclosed(found, waiver)
            else:
                yield found
    for rule in by_rule:
        if rule not in used and any(placed.rule.code == rule for placed in layout.rules):
            yield finding("I114", found=rule, approver=by_rule[rule].approver)


def _reaches(value: Value) -> Fraction:
    return value if isinstance(value, Fraction) else Fraction(0)


def _bound(limit: Limit) -> str:
    """A waiver's bound for people: a ratio as written, money with separators."""
    return limit.text if limit.text.endswith(("%", "‰")) else show(limit.value)


def _disclosed(found: Finding, waiver: Waiver) -> Finding:
    """The finding of a waived rule: it counts, and everybody sees why."""
    assert found.spoken is not None
    up_to = _bound(waiver.up_to) if waiver.up_to else ""
    zh = f"已特批（{waiver.approver}，{waiver.reason}，有效期至 {waiver.until}"
    zh += f"，不超过 {up_to}）。" if up_to else "）。"
    en = f" Waived ({waiver.approver}, {waiver.reason}, until {waiver.until}"
    en += f", up to {up_to})." if up_to else ")."
    message = Text(found.spoken.message.zh + zh, found.spoken.message.en + en)
    spoken = replace(found.spoken, message=message, fix=_WAIVED)
    gentler = min(found.severity, Severity.WARNING, key=_GENTLER.index)
    return replace(found, severity=gentler, values={**found.values, _MARK: waiver.rule}, spoken=spoken)


def waived(found: Finding) -> bool:
    """Whether a broken rule is disclosed only, since it was waived 特批."""
    return _MARK in found.values


def _finding(
    evidence: Evidence,
    layout: Layout,
    placed: PlacedRule,
    asked: Asked,
    value_of: Callable[[Key], Value],
    count: int,
) -> Finding:
    rule, submission, cells = placed.rule, evidence.submission, layout.cells
    key = asked.at if asked.at in submission.spots else f"{rule.code}@actual"
    place = submission.place(key)
    words: dict[str, str] = {"line": place.title, "count": str(count)}
    bound = evaluate(asked.right, value_of)
    per_mille = isinstance(bound, Fraction) and 0 < abs(bound) < _PER_MILLE
    for name, node in (("left", asked.left), ("right", asked.right), ("excess", asked.excess)):
        words[name] = _shown(node, value_of, shown_as(asked.left, cells), per_mille)
    for name, meant in asked.names.items():
        words[name] = meant.text if isinstance(meant, Limit) else _shown(meant, value_of, shown_as(meant, cells))
    return Finding(
        code=rule.code,
        severity=rule.effective,
        place=place,
        key=key,
        found=words["left"],
        expected=words["right"],
        spoken=Spoken(rule.name, rule.title, _filled(rule.message, words), _filled(rule.fix, words)),
    )


def _shown(node: Node, value_of: Callable[[Key], Value], type: Type, per_mille: bool = False) -> str:
    value = evaluate(node, value_of)
    if isinstance(value, Fraction) and not isinstance(value, bool):
        if type is Type.MONEY:
            return show(value)
        if type is Type.PERCENT:
            return show_ratio(value, per_mille, places=_PLACES)
        return show_plain(value)
    return "" if value is None else str(value)


def _filled(text: Text, words: Mapping[str, str]) -> Text:
    def fill(lang: Lang) -> str:
        return string.Formatter().vformat(text.say(lang), (), words)

    return Text(fill("zh"), fill("en"))
