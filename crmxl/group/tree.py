"""A round's tree against what came back: who has sent nothing, whose version is another, parents against children.

Owns family G within a round. Only the round's records are asked who there is; nothing here changes what is added up,
but for parents' files, which ``parted`` takes aside where a parent's figures are the sums of its children's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from crmxl.catalogue import finding
from crmxl.check.verdict import Report
from crmxl.define.round import Round
from crmxl.define.units import Unit
from crmxl.group.facts import DIFFERENCE, added_up, clean, gather, unit_of
from crmxl.group.outline import leaves
from crmxl.group.totals import GroupFinding, LeftOut
from crmxl.model import Severity, Template, Text
from crmxl.money import round_fen, show_fen

if TYPE_CHECKING:
    import pandas as pd

_AGREES = Text(
    "与下级合计一致（{found} 元）；合计按下级计。",
    "Agrees with the sum of the units below ({found} yuan); the total counts those.",
)
_MOST = 3
"""Lines told where a parent differs; more are counted."""
_MOST_UNITS = 10
"""Units named in a message; more are counted."""


def missing(round: Round, counted: Sequence[Report], left_out: Sequence[LeftOut]) -> Iterator[GroupFinding]:
    """G103. What: a unit of the round has sent no workbook of a template. Why: the total lacks it, and nobody who reads
    the total would know. Fix: ask for it. A unit whose file was left out is told there, once.
    """
    there = {(unit_of(report), template_of(report).id) for report in counted}
    there |= {(one.unit, one.template.partition("@")[0]) for one in left_out}
    above = {issue: repeating(round, issue) for issue in round.templates}
    for unit in round.units:
        for name in (issue.template for issue in round.issues_for(unit)):
            if (unit.code, name.partition("@")[0]) not in there:
                variant = "above" if unit.code in above[name] else ""
                told = finding("G103", variant=variant, found=_shown(unit), expected=name)
                yield GroupFinding(unit.code, unit.name, name, told)


def other_versions(round: Round, counted: Sequence[Report]) -> Iterator[GroupFinding]:
    """G105. What: a workbook of another version than the round's. Why: versions are never added to each other, so there
    is no one total. Fix: have it filled in the round's version.
    """
    own = {name.partition("@")[0]: name for name in round.templates}
    for report in counted:
        template = template_of(report)
        if template.name != own.get(template.id, template.name):
            unit, name = unit_of(report), clean(report.unit_name)
            told = finding("G105", found=template.name, expected=own[template.id])
            yield GroupFinding(unit, name, template.name, told, clean(report.submission.file))


def parted(round: Round | None, counted: Sequence[Report]) -> tuple[list[Report], list[Report]]:
    """Reports to add up, and reports of parents whose figures are compared with their children's and never added."""
    if round is None or round.parent_amount == "own":
        return list(counted), []
    above = {id: repeating(round, id) for id in {template_of(report).id for report in counted}}
    parents = [report for report in counted if unit_of(report) in above[template_of(report).id]]
    return [report for report in counted if unit_of(report) not in above[template_of(report).id]], parents


def repeating(round: Round, template: str) -> frozenset[str]:
    """The units whose figures only repeat those below them: parents of any unit that fills the template too, where the
    round says that a parent's amounts are sums.
    """
    if round.parent_amount == "own":
        return frozenset()
    found: set[str] = set()
    for unit in round.units:
        if round.asks(unit.code, template):
            while unit.parent and unit.parent not in found:
                unit = round.by_code[unit.parent]
                found.add(unit.code)
    return frozenset(found)


def compared(
    round: Round, parents: Sequence[Report], counted: Sequence[Report], facts: pd.DataFrame
) -> Iterator[tuple[LeftOut, GroupFinding | None]]:
    """Each parent's file as compared, with G104 where it differs, line by line or in all.

    What: a parent's figures are not the sum of those of the units below it. Why: one of them is wrong, and the total
    counts those below. Fix: find the line. ``facts`` are those of ``counted``.
    """
    for report in parents:
        unit, template = round.unit(unit_of(report)), template_of(report)
        above = repeating(round, template.id)
        sent = {unit_of(one): one for one in counted if template_of(one).id == template.id}
        under = (one.code for one in round.descendants(unit.code) if one.code not in above)
        below = [code for code in under if code in sent or round.asks(code, template.id)]
        totals = [round_fen(one.total) for code in below if (one := sent.get(code)) and one.total is not None]
        absent = [code for code in below if code not in sent]
        own, theirs = round_fen(report.total or 0), sum(totals)
        mine = facts[facts["unit"].isin(below)] if len(facts) else facts
        mine = mine[mine["template"].str.partition("@")[0] == template.id] if len(mine) else mine
        lines = _different_lines(template, gather([report]), mine)
        file = LeftOut(clean(report.submission.file), unit.code, unit.name, template.name)
        if own == theirs and not lines:
            yield replace(file, reason=_AGREES.filled(found=show_fen(own))), None
            continue
        told = finding(
            "G104",
            variant="incomplete" if absent else "lines" if own == theirs else "",
            found=show_fen(own),
            expected=show_fen(theirs),
            unit=_shown(unit),
            difference=show_fen(own - theirs),
            count=len(lines),
            lines=_listed(lines),
            absent=len(absent),
            missing=names_of(absent),
        )
        if absent:
            told = replace(told, severity=Severity.WARNING)  # what is missing is told itself, and may explain it
        yield replace(file, findings=(told,)), GroupFinding(unit.code, unit.name, template.name, told, file.file)


def template_of(report: Report) -> Template:
    """The template that a report was read by; raises ValueError where there is none."""
    layout = report.submission.layout
    if layout is None:
        raise ValueError(f"{report.submission.file} was not read")
    return layout.template


def names_of(units: Sequence[str]) -> Text:
    """Codes of units in a sentence; many are counted."""
    named, more = units[:_MOST_UNITS], len(units) - _MOST_UNITS
    zh, en = "、".join(named), ", ".join(named)
    return Text(f"{zh} 等 {len(units)} 个", f"{en} and {more} more") if more > 0 else Text(zh, en)


def _shown(unit: Unit) -> Text:
    return (
        Text(f"{unit.name}（{unit.code}）", f"{unit.name} ({unit.code})") if unit.name != unit.code else Text(unit.code)
    )


_Line = tuple[Text, int, int]
"""A line's title, the parent's amount and the sum of its children's."""


def _different_lines(template: Template, own: pd.DataFrame, theirs: pd.DataFrame) -> list[_Line]:
    """The lines in which a parent differs, the largest difference first; lines that units name go by their group."""
    above, below = _by_line(template, own), _by_line(template, theirs)
    titles = {sheet.id: sheet.title for sheet in template.sheets}
    for leaf in leaves(template):
        titles[leaf.code] = Text(f"{leaf.code} {leaf.title.zh}", f"{leaf.code} {leaf.title.say('en')}")
    columns = {column.id: column.title for sheet in template.sheets for column in sheet.columns}
    several = len({column for _, column in (*above, *below)}) > 1
    found = []
    for key in dict.fromkeys((*above, *below)):
        if above.get(key, 0) != below.get(key, 0):
            title = titles.get(key[0], Text(key[0]))
            if several:
                column = columns[key[1]]
                title = Text(f"{title.zh}·{column.zh}", f"{title.say('en')}·{column.say('en')}")
            found.append((title, above.get(key, 0), below.get(key, 0)))
    return sorted(found, key=lambda line: -abs(line[1] - line[2]))


def _by_line(template: Template, facts: pd.DataFrame) -> dict[tuple[str, str], int]:
    owners = {leaf.code: leaf.owner for leaf in leaves(template) if leaf.own}
    lists = {sheet.id for sheet in template.sheets}
    sums: dict[tuple[str, str], int] = {}
    for (code, column), money in added_up(facts, "code", "column").items():
        if code == DIFFERENCE:
            continue
        owner = owners.get(code, "")
        key = (owner if owner in lists else f"{owner}.n" if owner else code), column
        sums[key] = sums.get(key, 0) + money[0]
    return sums


def _listed(lines: Sequence[_Line]) -> Text:
    """The lines that differ most, each with both amounts."""
    zh = [f"{title.zh} 本级 {show_fen(own)}、下级 {show_fen(theirs)}" for title, own, theirs in lines[:_MOST]]
    en = [f"{title.say('en')} {show_fen(own)} against {show_fen(theirs)}" for title, own, theirs in lines[:_MOST]]
    if len(lines) > _MOST:
        zh.append(f"另有 {len(lines) - _MOST} 项")
        en.append(f"{len(lines) - _MOST} more")
    return Text("；".join(zh) or "无", "; ".join(en) or "none")
