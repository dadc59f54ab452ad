"""Findings for people at a terminal: a line a file, its findings under it, a count at the end.

Every finding has one layout: severity and place, title, message, remedy. What says the same of many cells is said
once, with all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crmxl.catalogue import Worded, word
from crmxl.check.verdict import Report, Verdict
from crmxl.model import Finding, Lang, Severity, Text
from crmxl.money import show
from crmxl.report.findings import SEVERITIES, VERDICTS, counts, place, template_name
from crmxl.report.harmless import visible
from crmxl.report.tables import broken, indented, print_table

if TYPE_CHECKING:
    from rich.console import Console

COLOURS: Mapping[object, str] = {
    **{Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "cyan"},
    **{
        Verdict.OK: "bold green",
        Verdict.WARNINGS: "bold yellow",
        Verdict.ERRORS: "bold red",
        Verdict.UNREADABLE: "bold red",
    },
}
"""Beside the word, never instead of it."""

_TOTAL = Text("总额 {total} 元", "total {total} yuan")
_RECOMPUTED = Text("按明细重算的总额 {total} 元", "total recomputed from the lines {total} yuan")
_HEADERS = (
    Text("结论", "Verdict"),
    Text("预算单位", "Unit"),
    Text("模板", "Template"),
    Text("总额（元）", "Total (yuan)"),
    Text("问题", "Findings"),
)
_NO_UNIT = Text("（未注明单位）", "(no unit)")
_UNCONFIRMED = Text("{unit}（未确认）", "{unit} (unconfirmed)")
_ALTERED = ("I105", "I112")
"""Say that the stamp, which names the unit, may not be as it was issued."""
_FIX = Text("改法：", "Fix: ")
_TIMES = Text("共 {count} 处", "{count} cells")
_FILES = Text("共 {count} 个文件：", "{count} files: ")
_COUNTED = Text("{count} 个{severity}", "{severity}: {count}")
_COMMA, _AND = Text("，", ", "), Text("、", ", ")
_WIDEST = 120
"""Columns of a line; longer ones are hard to read."""


def print_findings(to: Console, reports: Sequence[Report], lang: Lang) -> None:
    """Every file with its findings, then how many files there are of each verdict."""
    for report in reports:
        _print_file(to, report, lang)
    if len(reports) > 1:
        to.print()
        to.print(summary(reports, lang), soft_wrap=True)


def print_verdicts(to: Console, reports: Sequence[Report], lang: Lang) -> None:
    """A table with a row for each file: verdict, unit, template, total, how many findings."""
    rows = []
    for report in reports:
        number = counts(report)
        total = "" if report.total is None else show(report.total)
        facts = (VERDICTS[report.verdict].say(lang), _unit(report, lang), template_name(report), total)
        found = (f"{words.say(lang)} {number[severity]}" for severity, words in SEVERITIES.items() if number[severity])
        rows.append((*facts, _COMMA.say(lang).join(found)))
    print_table(to, [header.say(lang) for header in _HEADERS], rows, right=(3,))
    to.print(summary(reports, lang), soft_wrap=True)


def summary(reports: Sequence[Report], lang: Lang) -> str:
    """How many files there are of each verdict, in one line."""
    found = Counter(report.verdict for report in reports)
    parts = (f"{words.say(lang)} {found[verdict]}" for verdict, words in VERDICTS.items() if found[verdict])
    return _FILES.say(lang).format(count=len(reports)) + _COMMA.say(lang).join(parts)


def _print_file(to: Console, report: Report, lang: Lang) -> None:
    from rich.text import Text as Line

    verdict = VERDICTS[report.verdict].say(lang)
    number = counts(report)
    facts = [report.submission.file, template_name(report)]
    if report.submission.stamp:
        facts.append(_unit(report, lang) or _NO_UNIT.say(lang))
    if report.total is not None:
        facts.append((_RECOMPUTED if report.blocked else _TOTAL).say(lang).format(total=show(report.total)))
    facts += [
        _COUNTED.say(lang).format(count=number[severity], severity=words.say(lang))
        for severity, words in SEVERITIES.items()
        if number[severity]
    ]
    text = Line(indented(visible(" · ".join(filter(None, facts))), f"{verdict}  ", _width(to)))
    text.stylize(COLOURS[report.verdict], 0, len(verdict))
    to.print(text, soft_wrap=True)
    for worded, alike in _alike(report, lang):
        _print_finding(to, worded, alike, lang)


def _unit(report: Report, lang: Lang) -> str:
    """The unit's name; marked where the stamp that says it was altered."""
    altered = any(finding.code in _ALTERED for finding in report.findings)
    if not altered or not report.unit_name:
        return report.unit_name
    return _UNCONFIRMED.say(lang).format(unit=report.unit_name)


def _width(to: Console) -> int:
    return max(40, min(_WIDEST, to.width))


def _alike(report: Report, lang: Lang) -> list[tuple[Worded, list[Finding]]]:
    """Findings that say the same, gathered at the first of them."""
    groups: dict[tuple[str, str, str], tuple[Worded, list[Finding]]] = {}
    for finding in report.findings:
        worded = word(finding, lang, report.submission.file)
        groups.setdefault((finding.code, worded.message, worded.fix), (worded, []))[1].append(finding)
    return list(groups.values())


def _print_finding(to: Console, worded: Worded, alike: Sequence[Finding], lang: Lang) -> None:
    from rich.text import Text as Line

    first = alike[0]
    severity = SEVERITIES[first.severity].say(lang)
    where = _where(alike, lang)
    if len(alike) == 1:
        where = "  ".join(filter(None, (where, first.place.title)))
    head = Line(indented(visible(f"{where}  {worded.title} [{first.code}]".strip()), f"  {severity}  ", _width(to)))
    head.stylize(COLOURS[first.severity], 2, 2 + len(severity))
    to.print(head, soft_wrap=True)
    for text in (worded.message, _FIX.say(lang) + worded.fix):
        to.print(Line("\n".join(" " * 8 + line for line in broken(text, _width(to) - 8))), soft_wrap=True)


def _where(alike: Sequence[Finding], lang: Lang) -> str:
    """The place of one finding, or the cells of many by sheet with their number."""
    if len(alike) == 1:
        return place(alike[0])
    sheets: dict[str, list[str]] = {}
    for finding in alike:
        sheets.setdefault(finding.place.sheet, []).append(finding.place.cell or finding.place.title)
    said = (
        f"{sheet}!{_AND.say(lang).join(cells)}" if sheet else _AND.say(lang).join(cells)
        for sheet, cells in sheets.items()
    )
    times = _TIMES.say(lang).format(count=len(alike))
    return "; ".join(said) + (f"（{times}）" if lang == "zh" else f" ({times})")
