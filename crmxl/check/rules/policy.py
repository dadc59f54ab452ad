"""Family P: a policy's rules asked of a submission, by the very expressions that are live in its workbook.

Rules, limits and issued figures are given by whoever asks: the round's records, or what the workbook itself carries.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from crmxl.check.evidence import Evidence
from crmxl.expression import Measure, Node, Value, evaluate, measure
from crmxl.issue.calculate import calculate
from crmxl.issue.places import Layout
from crmxl.issue.ruling import Asked, PlacedRule
from crmxl.model import Finding, Key, Lang, Spoken, Text
from crmxl.money import show, show_ratio
from crmxl.policy import Limit

_PER_MILLE = Fraction(1, 200)
"""Ratios below 0.5 % are shown in ‰."""


def broken_rules(evidence: Evidence, layout: Layout, issued: Mapping[Key, Value]) -> Iterator[Finding]:
    """A finding for every rule of ``layout`` that the submission breaks, one a line where it is asked line by line.

    ``layout`` is the submission's template with the rules to judge by; ``issued`` are the issued figures to judge by.
    """
    values = {**evidence.converted, **issued}
    values |= calculate(layout, values)
    for placed in layout.rules:
        for asked in placed.asked:
            if evaluate(asked.holds, values.get) is False:
                yield _finding(evidence, placed, asked, values.get)


def _finding(evidence: Evidence, placed: PlacedRule, asked: Asked, value_of: Callable[[Key], Value]) -> Finding:
    rule, submission = placed.rule, evidence.submission
    key = asked.at if asked.at in submission.spots else f"{rule.code}@actual"
    place = submission.place(key)
    words: dict[str, str] = {"line": place.title, "count": str(len(placed.asked))}
    for name, node in (("left", asked.left), ("right", asked.right), ("excess", asked.excess)):
        words[name] = _shown(node, value_of, measure(asked.left))
    for name, meant in asked.names.items():
        words[name] = meant.text if isinstance(meant, Limit) else _shown(meant, value_of, measure(meant))
    return Finding(
        code=rule.code,
        severity=rule.effective,
        place=place,
        key=key,
        found=words["left"],
        expected=words["right"],
        spoken=Spoken(rule.name, rule.title, _filled(rule.message, words), _filled(rule.fix, words)),
    )


def _shown(node: Node, value_of: Callable[[Key], Value], kind: Measure) -> str:
    value = evaluate(node, value_of)
    if isinstance(value, Fraction) and not isinstance(value, bool):
        if kind is Measure.MONEY:
            return show(value)
        if kind is Measure.COUNT:
            return str(value)
        return show_ratio(value, per_mille=0 < abs(value) < _PER_MILLE)
    return "" if value is None else str(value)


def _filled(text: Text, words: Mapping[str, str]) -> Text:
    def fill(lang: Lang) -> str:
        return string.Formatter().vformat(text.say(lang), (), words)

    return Text(fill("zh"), fill("en"))
