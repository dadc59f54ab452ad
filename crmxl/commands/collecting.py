"""Taking in what comes back: files, folders and parcels; nil returns; choosing a version; judging again."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from crmxl.check.batch import judge_all
from crmxl.check.verdict import Report, Verdict
from crmxl.commands.output import put_json, say
from crmxl.commands.receiving import Bench, bench_of, keep_apart, write_copies
from crmxl.commands.rounds_folder import open_register, who, why
from crmxl.define.round import Round
from crmxl.errors import CrmxlError
from crmxl.files import WORKBOOKS, passing_folder, workbooks_in, write_atomically
from crmxl.group.acts import Act, Chosen, Event, Nil
from crmxl.group.answers import ON_RECORD, Answer
from crmxl.group.intake import Arrival, Receipt, kind_of, known, take_in
from crmxl.group.record import Definitions, nil_report
from crmxl.group.register import Decide, Register
from crmxl.group.rejudging import judged, outdated, recheck
from crmxl.group.standing import STATES, Board, NotAllowedError, Standing, State, Version, refusal
from crmxl.issue.assigning import Assigner
from crmxl.model import Lang, Text
from crmxl.receive.limits import LIMITS
from crmxl.receive.parcel import SUFFIX, unpack
from crmxl.report.findings import VERDICTS
from crmxl.report.findings_text import print_findings
from crmxl.report.receipts import print_receipts, receipts_json
from crmxl.report.tables import console, print_table, progress

_READING = Text("读取并校验", "Reading and checking")
_RECORDING = Text("登记入账", "Recording")
_COPIES = Text("{count} 份标出问题的副本在 {folder}", "Marked copies in {folder}: {count}")
_NIL = Text(
    "已登记零申报：{unit}，第 {version} 版，回执 {receipt}", "Nil return of {unit}, version {version}: {receipt}"
)
_INSTEAD = Text("，取代第 {before} 版", ", in place of version {before}")
_CHOSEN = Text(
    "{unit}：第 {version} 版有效（{state}），回执 {receipt}", "{unit}: version {version} counts ({state}), {receipt}"
)
_UNCHANGED = Text(
    "没有需要重新校验的：轮次记录没有变化。", "Nothing to judge again: the round's records are unchanged."
)
_AS_BEFORE = Text("重新校验过，与原来相同。", "Judged again: all is as it was.")
_HELD = Text(
    "{unit} {template}：已审核通过，按现在的记录重算会有不同，核定的数没有变；要用新的数，请先 crmxl review reopen",
    "{unit} {template}: approved; by the records of now it would be otherwise, and the approved figures stand. To take "
    "the new ones, reopen it (crmxl review reopen)",
)
_VOID = Text("作废，须重新审核", "void, to be given again")
_AGAIN = (
    Text("预算单位", "Unit"),
    Text("模板", "Template"),
    Text("版次", "Version"),
    Text("原结论", "Before"),
    Text("现结论", "Now"),
    Text("审批", "Approvals"),
    Text("回执", "Receipt"),
)
FINE = frozenset({Answer.ACCEPTED, Answer.SAME, Answer.SUPERSEDED})
"""Answers that leave nothing to be done."""


class _Came(NamedTuple):
    """A file that came in, wherever it lay."""

    name: str
    """For people."""
    path: Path
    """Where its bytes are."""
    problem: Text | None = None
    """Why there are none."""


def collect_files(
    paths: Sequence[Path], lang: Lang, *, annotate: Path | None, sender: str, by: str, round: Path | None, as_json: bool
) -> int:
    """Take in all files, show a receipt for each; 1 where one is anything but received or received before."""
    keep_apart(annotate, paths)
    by = who(by)
    records, register = open_register(round)
    with register, _unpacked(paths) as came:
        sender = records.unit(sender).code if sender else ""
        receipts = _take_in(register, records, bench_of(records), came, lang, by, sender)
    if as_json:
        put_json({"receipts": receipts_json(receipts, lang)})
    else:
        _show(receipts, lang)
    if annotate is not None:
        marked = [one.report for one in receipts if one.report is not None and one.answer in ON_RECORD]
        if made := write_copies(marked, annotate):
            say(_COPIES.say(lang).format(count=made, folder=annotate))
    return int(any(one.answer not in FINE or one.owed for one in receipts))


def _show(receipts: Sequence[Receipt], lang: Lang) -> None:
    to = console()
    told = ON_RECORD | {Answer.UNREADABLE}
    shown = [one.report for one in receipts if one.report and one.report.findings and one.answer in told]
    if shown:
        print_findings(to, shown, lang)
        to.print()
    print_receipts(to, receipts, lang)


@contextmanager
def _unpacked(paths: Sequence[Path]) -> Iterator[list[_Came]]:
    """The files to be taken in, those of parcels in a folder that is gone afterwards."""
    with passing_folder() as folder:
        found: list[_Came] = []
        for path in workbooks_in(paths, WORKBOOKS | {SUFFIX}):
            if path.suffix.lower() != SUFFIX:
                found.append(_Came(str(path), path))
                continue
            for packed in unpack(path):
                place = folder / f"{len(found):06d}{Path(packed.name).suffix.lower()}"
                if packed.problem is None:
                    write_atomically(place, packed.content)
                found.append(_Came(packed.name, place, packed.problem))
        yield found


def _take_in(
    register: Register, round: Round, at: Bench, came: Sequence[_Came], lang: Lang, by: str, sender: str
) -> list[Receipt]:
    """The receipts of all files in their order; what is known already is not read again."""
    receipts: dict[int, Receipt] = {}
    new: list[int] = []
    for number, one in enumerate(came):
        if one.problem is not None:
            receipts[number] = Receipt(one.name, Answer.UNREADABLE, one.problem)
        elif (receipt := known(register.board, _digest(one.path), one.name)) and sender in ("", receipt.unit):
            unit = round.by_code.get(receipt.unit)
            receipts[number] = replace(
                receipt, unit_name=unit.name if unit else "", kind=kind_of(round, receipt.unit, receipt.template)
            )
        else:
            new.append(number)
    paths = [came[number].path for number in new]
    arrivals = []
    with closing(judge_all(paths, at.library, at.standard)) as reports:
        for number, report in zip(progress(new, _READING.say(lang)), reports, strict=True):
            named = replace(report, submission=replace(report.submission, file=came[number].name))
            arrivals.append(Arrival(named, _reader(came[number].path, report)))
    watched = partial(progress, description=_RECORDING.say(lang))
    receipts.update(zip(new, take_in(register, round, arrivals, by, sender, watched), strict=True))
    return [receipts[number] for number in range(len(came))]


def _digest(path: Path) -> str:
    """SHA-256 of a file that may be a workbook of ours; empty for one that cannot be read or is too large."""
    try:
        there = path.stat()
        if not stat.S_ISREG(there.st_mode) or there.st_size > LIMITS.file:
            return ""  # a pipe would be waited for without end
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _reader(path: Path, report: Report) -> Callable[[], bytes]:
    """Gives the bytes that were read; raises CrmxlError where the file has changed since, or is gone."""

    def content() -> bytes:
        try:
            found = path.read_bytes() if path.is_file() else b""
        except OSError:
            found = b""
        if hashlib.sha256(found).hexdigest() != report.submission.digest:
            raise CrmxlError(
                f"{path}: 读取期间文件被改动，请重新收件 · the file changed while it was read; collect it again"
            )
        return found

    return content


# -- acts on versions ----------------------------------------------------------------------------------------------


def the_standing(board: Board, round: Round, unit: str, template: str) -> Standing:
    """Where a unit of the round stands with ``template``, or with the one template that it is asked for.

    Raises CrmxlError for a unit or template that is not the round's, or where the template has to be named.
    """
    record = round.unit(unit)
    asked = [issue.template for issue in round.issues_for(record)]
    wanted = [name for name in asked if template in (name, name.partition("@")[0])] if template else asked
    if len(wanted) != 1:
        there = "、".join(asked)
        raise CrmxlError(
            f"{unit}: 请用 --template 指明模板（{there}） · name the template with --template ({there})"
            if asked
            else f"{unit}: 本轮次没有要求它填报 · this round asks nothing of it"
        )
    return board.at(unit, wanted[0])


def template_name(round: Round, standing: Standing) -> str:
    """The round's version of a standing's template."""
    return next(name for name in round.templates if name.partition("@")[0] == standing.template)


def record_nil(unit: str, lang: Lang, *, reason: str, template: str, by: str, round: Path | None) -> int:
    """Record a nil return; 1 where the unit is locked."""
    by, reason = who(by), why(reason, "--reason")
    records, register = open_register(round)
    at = bench_of(records)
    assigner = Assigner(records, at.library, at.standard.policies)
    definitions = Definitions(at.library, at.standard.policies)
    superseded: list[int] = []
    with register:

        def decide(board: Board, _store: Callable[[bytes], str]) -> Iterator[Act]:
            standing = the_standing(board, records, unit, template)
            if standing.state is State.APPROVED:
                raise NotAllowedError(refusal(standing, "receive"))
            name = template_name(records, standing)
            nil_report(name, assigner.ask(unit, name).assignment, definitions)  # refuses where the total is not 0
            superseded.append(standing.current)
            yield Nil(unit, name, len(standing.versions) + 1, reason)

        event = _allowed(register, by, decide)
        if event is None:
            return 1
        assert isinstance(event.act, Nil)
        said = _NIL.say(lang).format(unit=records.unit(unit).name, version=event.act.version, receipt=event.receipt)
        say(said + (_INSTEAD.say(lang).format(before=superseded[-1]) if superseded[-1] else ""))
    return 0


def choose_version(
    unit: str, version: str, lang: Lang, *, reason: str, template: str, by: str, round: Path | None
) -> int:
    """Make one of the unit's versions the one that counts; 1 where the unit is locked."""
    by, reason = who(by), why(reason, "--reason")
    records, register = open_register(round)
    with register:

        def decide(board: Board, _store: Callable[[bytes], str]) -> Iterator[Act]:
            standing = the_standing(board, records, unit, template)
            found = _version(standing, version)
            if standing.state is State.RECEIVED and found.number == standing.current:
                said = f"第 {found.number} 版已经是有效的 · version {found.number} counts already"
                raise NotAllowedError(f"{unit}: {said}")
            yield Chosen(unit, found.template, found.number, reason)

        event = _allowed(register, by, decide)
        if event is None:
            return 1
        assert isinstance(event.act, Chosen)
        state = STATES[register.board.at(unit, event.act.template).state].say(lang)
        name = records.unit(unit).name
        say(_CHOSEN.say(lang).format(unit=name, version=event.act.version, state=state, receipt=event.receipt))
    return 0


def _allowed(register: Register, by: str, decide: Decide) -> Event | None:
    """The event that the act became; None where the unit's standing does not allow it, which is said."""
    try:
        return register.record(by, decide)[0]
    except NotAllowedError as error:
        say(str(error))
        return None


def _version(standing: Standing, wanted: str) -> Version:
    """The version meant by a number, a receipt or a file name; raises CrmxlError with those there are."""
    fits = [
        version
        for version in standing.versions
        if wanted in (str(version.number), version.event.receipt, version.name, Path(version.name).name)
    ]
    if len(fits) != 1:
        there = "、".join(f"{one.number}（{Path(one.name).name or '零申报'}）" for one in standing.versions) or "—"
        raise CrmxlError(
            f"{standing.unit}: 没有唯一的版本 {wanted}；现有：{there} · no one version {wanted}; there are: {there}"
        )
    return fits[0]


def recheck_units(units: Sequence[str], lang: Lang, *, by: str, round: Path | None, as_json: bool) -> int:
    """Judge again what was judged by other records, or all of the units named; 1 where one has errors now, or keeps
    approved figures that would be others.
    """
    by = who(by)
    records, register = open_register(round)
    with register, passing_folder() as folder:
        board = register.board
        codes = {records.unit(unit).code for unit in units}
        found = (
            [pair for pair in judged(board) if pair[0].unit in codes]
            if units
            else outdated(board, records, register.clock()[:10])
        )
        found = [(standing, version) for standing, version in found if standing.unit in records.by_code]
        paths = []
        for number, (_, version) in enumerate(found):
            paths.append(folder / f"{number:06d}.xlsx")
            write_atomically(paths[-1], register.ledger.content(version.file))
        at = bench_of(records)
        rows: list[_Again] = []
        reports, held = [], list[str]()
        with closing(judge_all(paths, at.library, at.standard)) as again:
            for (standing, version), report in zip(progress(found, _READING.say(lang)), again, strict=True):
                report = replace(report, submission=replace(report.submission, file=version.name))
                event, kept = recheck(register, records, standing, version, report, at.standard, by)
                if kept:
                    held.append(
                        _HELD.say(lang).format(unit=records.unit(standing.unit).name, template=version.template)
                    )
                if event is not None:
                    reports.append(report)
                    now = register.board.at(standing.unit, standing.template)
                    void = bool(standing.approvals) and not now.approvals
                    rows.append(_Again(version, now.versions[version.number - 1], standing.unit, event, void))
    if as_json:
        put_json({"rechecked": [row.record() for row in rows]})
    elif not rows and not held:
        say((_AS_BEFORE if units else _UNCHANGED).say(lang))
    elif rows:
        to = console()
        print_findings(to, [report for report in reports if report.findings], lang)
        print_table(to, [header.say(lang) for header in _AGAIN], [row.cells(records, lang) for row in rows])
    for said in held:
        say(said)
    return int(bool(held) or any(row.now.blocked for row in rows))


class _Again(NamedTuple):
    """A version that was judged again."""

    before: Version
    now: Version
    unit: str
    event: Event
    void: bool
    """Whether approvals that it had do not hold any more."""

    def record(self) -> dict[str, Any]:
        """For programs."""
        return {
            "unit": self.unit,
            "template": self.now.template,
            "version": self.now.number,
            "before": self.before.verdict,
            "now": self.now.verdict,
            "approvals_void": self.void,
            "receipt": self.event.receipt,
        }

    def cells(self, round: Round, lang: Lang) -> tuple[str, ...]:
        """For people."""
        before, now = (VERDICTS[Verdict(one.verdict)].say(lang) for one in (self.before, self.now))
        void = _VOID.say(lang) if self.void else ""
        return (
            round.unit(self.unit).name,
            self.now.template,
            str(self.now.number),
            before,
            now,
            void,
            self.event.receipt,
        )
