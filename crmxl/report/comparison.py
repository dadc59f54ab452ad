"""What another policy would change: which units would newly fail or pass which rule, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from crmxl.catalogue import word
from crmxl.check.verdict import Report
from crmxl.model import Finding, Lang, Text
from crmxl.report.harmless import json_text
from crmxl.report.tables import print_table

if TYPE_CHECKING:
    from rich.console import Console

_NEWLY = {"fails": Text("将不符合", "would fail"), "passes": Text("将符合", "would pass")}
_COLUMNS = (
    Text("预算单位", "Unit"),
    Text("规则", "Rule"),
    Text("变化", "Change"),
    Text("项目", "Item"),
    Text("实际", "Actual"),
    Text("界限", "Bound"),
)
_NONE = Text("没有变化：每个单位的结论都与现行制度相同。", "No change: every unit is judged as by the policy in force.")


@dataclass(frozen=True, slots=True)
class Change:
    """One rule and place that would be judged otherwise."""

    file: str
    unit: str
    rule: str
    newly: Literal["fails", "passes"]
    item: str
    actual: str
    bound: str
    message: str


def compared(now: Sequence[Report], then: Sequence[Report], lang: Lang) -> list[Change]:
    """The changes from ``now`` to ``then``, reports of the same files in the same order."""
    changes: list[Change] = []
    for before, after in zip(now, then, strict=True):
        old, new = _broken(before), _broken(after)
        changes += (_change(after, new[at], "fails", lang) for at in new if at not in old)
        changes += (_change(before, old[at], "passes", lang) for at in old if at not in new)
    return changes


def _broken(report: Report) -> dict[tuple[str, str], Finding]:
    return {(finding.code, finding.key): finding for finding in report.findings if finding.code.startswith("P")}


def _change(report: Report, finding: Finding, newly: Literal["fails", "passes"], lang: Lang) -> Change:
    words = word(finding, lang)
    unit = report.unit_name or report.submission.file
    place = finding.place.title
    return Change(report.submission.file, unit, finding.code, newly, place, words.found, words.expected, words.message)


def comparison_json(changes: Sequence[Change]) -> str:
    """The changes as JSON."""
    return json_text({"changes": [asdict(change) for change in changes]}).rstrip("\n")


def print_comparison(to: Console, changes: Sequence[Change], lang: Lang) -> None:
    """The changes as a table."""
    if not changes:
        to.print(_NONE.say(lang))
        return
    rows = [(c.unit, c.rule, _NEWLY[c.newly].say(lang), c.item, c.actual, c.bound) for c in changes]
    print_table(to, tuple(title.say(lang) for title in _COLUMNS), rows, right=(4, 5))
