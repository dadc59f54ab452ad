"""What comes back: validating it, and adding it up."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crmxl.check.batch import judge_all
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.commands.output import BINARY, form_of, put, say
from crmxl.commands.rounds_folder import keep_records
from crmxl.define.library import Library
from crmxl.define.policies import Policies
from crmxl.define.policy import load_policy
from crmxl.define.round import Round, load_round, policies_beside, round_library
from crmxl.errors import CrmxlError
from crmxl.files import workbooks_in, write_atomically
from crmxl.model import Lang, Severity, Text
from crmxl.money import show_fen
from crmxl.report.findings import clean, to_csv, to_json
from crmxl.report.findings_text import print_findings, summary
from crmxl.report.tables import console, indented, print_table, progress
from crmxl.resources import folder
from crmxl.signs import visible

if TYPE_CHECKING:
    from rich.console import Console

    from crmxl.group.totals import Totals

_READING = Text("读取并校验", "Reading and checking")
_WRITING = Text("写入明细", "Writing facts")
_COPIES = Text("{count} 份标出问题的副本在 {folder}", "Marked copies in {folder}: {count}")
_WIDTH = 100
"""Columns of a text report in a file."""
_LIMITS = {
    "error": {Severity.ERROR},
    "warning": {Severity.ERROR, Severity.WARNING},
    "never": set[Severity](),
}
_LEFT_OUT = Text("未纳入汇总 {count} 个文件", "Left out, files: {count}")
_MISSING = Text("未交 {count} 份", "Not submitted: {count}")
_COMPARED = Text(
    "只与下级核对、不计入的上级文件 {count} 个", "Parents' files, only compared with the units below: {count}"
)
_FURTHER = Text("汇总发现的问题 {count} 个", "Found across submissions: {count}")
_DUPLICATES = Text("内容相同、只计一次的文件 {count} 个", "Copies that count once, files: {count}")
_NOTHING = Text("没有可以汇总的文件", "There is nothing to add up")
_PART, _YUAN = Text("部分", "Part"), Text("总额（元）", "Total (yuan)")
_GROUP = Text("集团合计", "Group total")
_TITLE = Text("{title}（{name}，{year} 年度，{count} 个单位）", "{title} ({name}, {year}, {count} units)")


def library_with(own: Path | None) -> Library:
    """The shipped templates, and those of the operator's own folder before them."""
    return Library(own, folder("templates")) if own is not None else Library()


@dataclass(frozen=True)
class Bench:
    """Where definitions are found, and what submissions are judged by."""

    library: Library
    standard: Standard


def bench(own: Path | None = None, round: Path | None = None, policy: Path | None = None) -> Bench:
    """The bench for a round, or for the shipped definitions with the operator's own folder before them."""
    today = date.today().isoformat()
    if round is not None:
        records, policies = load_round(round), policies_beside(round)
        library = round_library(round)
    else:
        policies = policies_beside(own) if own is not None else Policies()
        records, library = None, library_with(own)
    instead = (load_policy(policy),) if policy is not None else None
    return Bench(library, Standard(records, policies, instead, today))


def bench_of(records: Round) -> Bench:
    """The bench of a round that is loaded already: what is judged is judged by those very records."""
    policies = policies_beside(records.folder)
    return Bench(round_library(records.folder), Standard(records, policies, None, date.today().isoformat()))


def read_all(paths: Sequence[Path], lang: Lang, at: Bench) -> list[Report]:
    """The reports of ``paths`` in their order, with a bar on a terminal; each file is read apart from this process."""
    with closing(judge_all(paths, at.library, at.standard)) as reports:
        return [report for _, report in zip(progress(paths, _READING.say(lang)), reports, strict=True)]


def validate_files(
    paths: Sequence[Path],
    lang: Lang,
    *,
    form: str | None,
    output: Path | None,
    annotate: Path | None,
    fail_on: str,
    own: Path | None,
    round: Path | None,
    policy: Path | None,
    compare: bool,
) -> int:
    """Print or save the findings of all files; the exit code."""
    if compare:
        if policy is None:
            raise CrmxlError("--compare 要与 --policy 文件 一起用 · --compare goes with --policy FILE")
        return compare_policies(paths, lang, form, bench(own, round), bench(own, round, policy))
    form = form_of(form, output, ("text", "json", "csv", "xlsx"), "text")
    keep_apart(annotate, paths)
    _keep_input(output, paths)
    reports = read_all(workbooks_in(paths), lang, bench(own, round, policy))
    copies = write_copies(reports, annotate) if annotate is not None else 0  # first: a reader may close the pipe
    if form == "text" and output is None:
        print_findings(console(), reports, lang)
    else:
        put(_rendered(reports, form, lang), output, lang)
        if output is not None:
            say(summary(reports, lang))
    if annotate is not None:
        say(_COPIES.say(lang).format(count=copies, folder=annotate))
    severities = {finding.severity for report in reports for finding in report.findings}
    return int(bool(severities & _LIMITS[fail_on]))


def write_copies(reports: Sequence[Report], into: Path) -> int:
    """The marked copies of the files that have findings, into a folder; how many there are."""
    from crmxl.report.findings_copy import annotated, copy_names

    copies = [(name, annotated(report)) for name, report in zip(copy_names(reports), reports, strict=True)]
    made = [(name, copy) for name, copy in copies if copy is not None]
    for name, copy in made:
        write_atomically(into / name, copy)
    return len(made)


def consolidate_files(
    paths: Sequence[Path], lang: Lang, *, output: Path | None, form: str | None, own: Path | None, round: Path | None
) -> int:
    """Save or print the totals, show them to people, name what was left out; the exit code."""
    from crmxl.group.consolidate import consolidate

    form = form_of(form, output, ("xlsx", "csv", "json", "parquet"), "" if output is None else "xlsx")
    _keep_input(output, paths)
    at = bench(own, round)
    totals = consolidate(read_all(workbooks_in(paths), lang, at), at.standard)
    data = render_totals(totals, form, lang, ", ".join(map(str, paths))) if form else b""
    if output is not None:
        put(data, output, lang)  # first: who reads what is shown may close the pipe
    print_totals(console(sys.stderr if form and output is None else sys.stdout), totals, lang)
    if form and output is None:
        put(data, None, lang)
    return int(not totals.sound)


def render_totals(totals: Totals, form: str, lang: Lang, source: str) -> bytes:
    """The totals in one of the forms; ``source`` says on the workbook's cover where the files came from."""
    from crmxl.report.totals import totals_csv, totals_json, totals_parquet

    if form == "json":
        return totals_json(totals, lang).encode()
    if form == "csv":
        return totals_csv(totals, lang)
    if form == "parquet":
        return totals_parquet(totals, lang)
    from crmxl.report.group_workbook import write_totals

    return write_totals(totals, lang=lang, made_of=source, watched=partial(progress, description=_WRITING.say(lang)))


def print_totals(to: Console, totals: Totals, lang: Lang) -> None:
    """A table of units for each block, then what was left out and why, and what the files show together."""
    from crmxl.group.totals import told as told_in_line
    from crmxl.report.levels import print_units
    from crmxl.report.measures import print_measures

    if not totals.blocks:
        to.print(_NOTHING.say(lang))
    for block in totals.blocks:
        title = _TITLE.say(lang).format(
            title=block.template.title.say(lang), name=block.template.name, year=block.year, count=len(block.units)
        )
        total = (_GROUP.say(lang), show_fen(block.total))
        print_units(to, totals, block, lang, title=title, group=_GROUP.say(lang))
        parts = [(part.title.say(lang), show_fen(part.total)) for part in block.parts]
        if len(parts) > 1:
            to.print()
            print_table(to, (_PART.say(lang), _YUAN.say(lang)), parts, right=(1,), total=total)
        print_measures(to, block, lang)
        to.print()
    told = (_LEFT_OUT, totals.files_left_out), (_MISSING, totals.missing), (_DUPLICATES, totals.duplicates)
    for words, files in (*told, (_COMPARED, totals.compared)):
        listed = [(" · ".join(filter(None, (one.file, one.shown(lang)))), one.why(lang)) for one in files]
        _print_listed(to, words, listed, lang)
    further = [(one.shown(lang), told_in_line(one.finding, lang, one.file)) for one in totals.further]
    _print_listed(to, _FURTHER, further, lang)


def _print_listed(to: Console, words: Text, listed: Sequence[tuple[str, str]], lang: Lang) -> None:
    """A heading with the count, then each name with its reasons."""
    if listed:
        mark = "：" if lang == "zh" else ":"
        to.print(words.say(lang).format(count=len(listed)) + mark, style="bold")
    for name, reasons in listed:
        to.print(indented(visible(name), "  ", to.width), soft_wrap=True)
        for reason in reasons.splitlines():
            to.print(indented(reason, "    ", to.width), soft_wrap=True)


def compare_policies(paths: Sequence[Path], lang: Lang, form: str | None, now: Bench, then: Bench) -> int:
    """Which units would newly fail or pass under another policy, and by how much; the exit code."""
    from crmxl.report.comparison import compared, comparison_json, print_comparison

    changes = compared(read_all(workbooks_in(paths), lang, now), read_all(workbooks_in(paths), lang, then), lang)
    if form == "json":
        print(comparison_json(changes))
    else:
        print_comparison(console(), changes, lang)
    return int(any(change.newly == "fails" for change in changes))


def _rendered(reports: Sequence[Report], form: str, lang: Lang) -> bytes:
    if form == "json":
        return to_json(reports, lang)
    if form == "csv":
        return to_csv(reports, lang)
    if form in BINARY:
        from crmxl.report.findings_workbook import to_workbook

        return to_workbook(reports, lang)
    text = io.StringIO()
    print_findings(console(text, _WIDTH), reports, lang)
    return clean(text.getvalue()).encode()


def _keep_input(output: Path | None, paths: Sequence[Path]) -> None:
    """Refuse to write over a workbook that came back."""
    if output is not None and any(output.resolve() == path.resolve() for path in workbooks_in(paths)):
        raise CrmxlError(
            f"-o {output}: 不能覆盖上报文件，请换一个文件名 · would overwrite a submission; choose another name"
        )


def keep_apart(folder: Path | None, paths: Sequence[Path]) -> None:
    """Refuse to put copies among the files, where the next run would take them for a second submission, and among a
    round's own.
    """
    if folder is None:
        return
    keep_records(None, folder)
    inside = [path for path in paths if path.is_dir() and folder.resolve().is_relative_to(path.resolve())]
    if inside:
        raise CrmxlError(
            f"--annotate {folder}: 不能放在 {inside[0]} 里，否则副本会被当作上报文件 · "
            f"must not lie in {inside[0]}, or the copies would be taken for submissions"
        )
