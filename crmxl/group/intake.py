"""What comes in: what each file is answered, and which version of its unit's submission it becomes. Decided on the
newest board, all files of one unit in one transaction; a receipt is given when that is committed.

Owns the receipts. Reads no file: reports and bytes are brought. Knows nothing of how receipts are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from crmxl.check.verdict import Report
from crmxl.define.round import Round
from crmxl.errors import CrmxlError
from crmxl.files import slug
from crmxl.group.acts import Event, Received, Refused
from crmxl.group.answers import Answer, Told, number_of, whose
from crmxl.group.facts import clean
from crmxl.group.record import to_record
from crmxl.group.register import Register
from crmxl.group.rejudging import basis, outcome
from crmxl.group.standing import Board, Keys, State
from crmxl.model import Severity, Text

_RIVALS = Text(
    "{unit} 同时交来 {count} 份不同的文件，请用 crmxl choose 选定一份。",
    "{unit} sent {count} different files at once; choose one with crmxl choose.",
)
_LOCKED = Text(
    "{unit} 已审核通过并锁定，新文件留存为第 {version} 版，没有替换。需要用它时请先 crmxl review reopen。",
    "{unit} is approved and locked; the file is kept as version {version} and replaces nothing. "
    "To use it, reopen the unit first (crmxl review reopen).",
)
_SUPERSEDES = Text("第 {version} 版，取代第 {before} 版。", "Version {version}, in place of version {before}.")
_FIRST = Text("第 {version} 版。", "Version {version}.")
_SAME = Text(
    "与已登记的第 {version} 版相同，回执不变。", "The same as version {version} on record; the receipt is the same."
)
_SAME_OLD = Text(
    "与已登记的第 {version} 版相同，该版已被第 {current} 版取代，不会恢复。",
    "The same as version {version} on record, which version {current} has replaced; it does not come back by itself.",
)
_ERRORS = Text("有 {count} 个错误，须改正后重新提交。", "{count} errors; to be corrected and submitted again.")

_TOGETHER = 50
"""Units whose files are kept in one transaction."""
_MOST_BYTES = 64 << 20
"""Bytes after which a transaction takes no more."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that came in, read and checked by the round's records."""

    report: Report
    content: Callable[[], bytes]
    """Gives its bytes, those that were read; raises CrmxlError where they are no longer there."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender of a file is told."""

    file: str
    """Path as given."""
    answer: Answer
    why: Text
    unit: str = ""
    unit_name: str = ""
    template: str = ""
    kind: str = ""
    """What the round calls the template; empty where it has no short name for it."""
    version: int = 0
    """Number of the submission's version; 0 where it became none."""
    event: Event | None = None
    """The entry of the ledger that vouches for it."""
    report: Report | None = None
    """What was read; None where the same bytes had been received before."""
    owed: bool = False
    """Whether something is still to be done about a version that was received before: corrected, or chosen."""


def take_in(
    register: Register,
    round: Round,
    arrivals: Sequence[Arrival],
    by: str,
    sender: str = "",
    watched: Callable[[Sequence[Any]], Iterable[Any]] = iter,
) -> list[Receipt]:
    """The receipts of ``arrivals``, in their order, everything on record.

    ``sender`` is the unit that sent them, where that is known; ``watched`` sees every unit go by. Different
    files of one unit at once block it, unless all but one of them have errors: then that one counts and the others are
    kept before it.
    """
    receipts: dict[int, Receipt] = {}
    ours: dict[Keys, list[int]] = {}
    strangers: list[tuple[int, Told]] = []
    board = register.refresh()  # what was issued while the files were read is known
    for at, arrival in enumerate(arrivals):
        found = whose(arrival.report, round, board, sender)
        if isinstance(found, Told):
            strangers.append((at, found))
        else:
            ours.setdefault(found, []).append(at)
    told = [(arrivals[at].report, answer) for at, answer in strangers]
    receipts.update(zip((at for at, _ in strangers), _refuse(register, by, told), strict=True))
    sent = (_Came(keys, tuple(arrivals[at] for at in places)) for keys, places in watched(tuple(ours.items())))
    for chunk in _chunks(sent):
        for came, given in zip(chunk, _record(register, round, chunk, by), strict=True):
            receipts.update(zip(ours[came.keys], given, strict=True))
    return [receipts[at] for at in range(len(arrivals))]


def known(board: Board, file: str, name: str) -> Receipt | None:
    """The receipt of bytes that are a version already, by SHA-256; None where they are new."""
    there = board.files.get(file)
    if there is None:
        return None
    (unit, template), number = there
    standing = board.at(unit, template)
    version = standing.versions[number - 1]
    if standing.current > number and number not in standing.late:
        answer, why = Answer.SUPERSEDED, _SAME_OLD.filled(version=number, current=standing.current)
    else:
        answer, why = Answer.SAME, _SAME.filled(version=number)
    owed = number in standing.candidates or (number == standing.current and standing.state is State.RETURNED)
    return Receipt(name, answer, why, unit, "", version.template, version=number, event=version.event, owed=owed)


# -- no submission of this round ----------------------------------------------------------------------------------


def _refuse(register: Register, by: str, told: Sequence[tuple[Report, Told]]) -> list[Receipt]:
    """The receipts of files that are no submissions; the same answer to the same bytes is on record once."""
    receipts = [_stranger(report, answer) for report, answer in told]
    events: dict[str, Event] = {}

    def decide(board: Board, _store: Callable[[bytes], str]) -> Iterator[Refused]:
        events.clear()
        made = set[str]()
        for receipt, (report, _) in zip(receipts, told, strict=True):
            act = _refused(receipt, report)
            before = board.refused.get(act.file)
            if before is not None and isinstance(before.act, Refused) and before.act.answer == act.answer:
                events[act.file] = before
            elif act.file and act.file not in made:  # one that could not be opened has nothing to vouch for
                made.add(act.file)
                yield act

    if receipts:
        made = register.record(by, decide)
        events |= {event.act.file: event for event in made if isinstance(event.act, Refused)}
    return [
        replace(receipt, event=events.get(report.submission.digest))
        for receipt, (report, _) in zip(receipts, told, strict=True)
    ]


def _stranger(report: Report, told: Told) -> Receipt:
    stamp = report.submission.stamp
    template = f"{stamp.template}@{stamp.version}" if stamp else ""
    unit, name = clean(report.unit), clean(report.unit_name)
    return Receipt(report.submission.file, told.answer, told.why, unit, name, template, report=report)


def _refused(receipt: Receipt, report: Report) -> Refused:
    errors = (one.code for one in report.findings if one.severity is Severity.ERROR)
    return Refused(
        name=clean(receipt.file),
        file=report.submission.digest,
        answer=receipt.answer.value,
        codes=tuple(dict.fromkeys(errors)),
        unit=receipt.unit,
        template=receipt.template,
    )


# -- which version it becomes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Came:
    """What one unit sent for one template, and its bytes as far as they are still there."""

    keys: Keys
    arrivals: tuple[Arrival, ...]

    @cached_property
    def contents(self) -> Mapping[str, bytes | CrmxlError]:
        """Bytes by SHA-256, or why there are none."""
        found: dict[str, bytes | CrmxlError] = {}
        for arrival in self.arrivals:
            try:
                found[arrival.report.submission.digest] = arrival.content()
            except CrmxlError as error:
                found[arrival.report.submission.digest] = error
        return found


def _chunks(came: Iterable[_Came]) -> Iterator[list[_Came]]:
    """What is kept in one transaction: the disk is waited for once for some dozen units, and memory stays bounded."""
    chunk: list[_Came] = []
    size = 0
    for one in came:
        chunk.append(one)
        size += sum(len(content) for content in one.contents.values() if isinstance(content, bytes))
        if len(chunk) == _TOGETHER or size > _MOST_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _record(register: Register, round: Round, came: Sequence[_Came], by: str) -> list[list[Receipt]]:
    """The receipts of some units' files, on record together or not at all."""
    board = register.refresh()
    before = {one.keys: board.at(*one.keys).current for one in came}

    def decide(board: Board, store: Callable[[bytes], str]) -> Iterator[Received]:
        for one in came:
            yield from _versions(one, board, round, store, register.clock()[:10])

    made = {event.act.file: event for event in register.record(by, decide) if isinstance(event.act, Received)}
    return [[_receipt(register.board, round, one, at, made, before[one.keys]) for at in _indices(one)] for one in came]


def _indices(came: _Came) -> range:
    return range(len(came.arrivals))


def _versions(came: _Came, board: Board, round: Round, store: Callable[[bytes], str], today: str) -> Iterator[Received]:
    """The versions that a unit's new files become; those with errors come before the one that has none."""
    fresh: dict[str, Report] = {}
    for arrival in came.arrivals:
        digest = arrival.report.submission.digest
        if digest not in board.files and isinstance(came.contents[digest], bytes):
            fresh.setdefault(digest, arrival.report)
    good = [file for file, report in fresh.items() if not report.blocked]
    ordered = sorted(fresh, key=lambda file: (file in good, slug(fresh[file].submission.file)))
    standing = board.at(*came.keys)
    issues = standing.issued
    for number, file in enumerate(ordered, len(standing.versions) + 1):
        report, content = fresh[file], came.contents[file]
        assert isinstance(content, bytes)
        yield Received(
            unit=standing.unit,
            template=_template(report),
            version=number,
            name=clean(report.submission.file),
            file=store(content),
            record=store(to_record(report)),
            **outcome(report),
            basis=basis(round, standing.unit, today),
            issue=number_of(issues, stamp) if (stamp := report.submission.stamp) else 0,
            rivals=tuple(one for one in ordered if one != file) if len(good) != 1 else (),
        )


def _receipt(board: Board, round: Round, came: _Came, at: int, made: Mapping[str, Event], before: int) -> Receipt:
    """The receipt of the file at ``at``; of the same bytes twice the first became the version."""
    report = came.arrivals[at].report
    name, digest = report.submission.file, report.submission.digest
    unit, content = round.unit(came.keys[0]), came.contents[digest]
    if isinstance(content, CrmxlError):
        return Receipt(name, Answer.UNREADABLE, Text(str(content)), report=report)
    event = made.get(digest)
    if event is None or any(one.report.submission.digest == digest for one in came.arrivals[:at]):
        there = known(board, digest, name)
        assert there is not None
        return replace(there, unit_name=unit.name, kind=kind_of(round, *came.keys), report=report)
    keys = came.keys
    standing, act = board.at(*keys), event.act
    assert isinstance(act, Received)
    if act.version in standing.late:
        answer, why = Answer.LATE, _LOCKED.filled(unit=unit.name, version=act.version)
    elif standing.state is State.BLOCKED and act.version in standing.candidates:
        answer = Answer.BLOCKED
        why = _RIVALS.filled(unit=unit.name, count=len(standing.candidates))
    elif report.blocked:
        answer, why = Answer.RETURNED, _ERRORS.filled(count=act.errors)
    else:
        answer = Answer.ACCEPTED
        why = (_SUPERSEDES if before else _FIRST).filled(version=act.version, before=before)
    kind = kind_of(round, *keys)
    return Receipt(name, answer, why, unit.code, unit.name, act.template, kind, act.version, event, report)


def kind_of(round: Round, unit: str, template: str) -> str:
    """The round's short name for what the unit is asked to fill in a template; empty where there is none."""
    issues = round.issues_for(round.by_code[unit]) if unit in round.by_code else ()
    return next((issue.name for issue in issues if issue.template.partition("@")[0] == template.partition("@")[0]), "")


def _template(report: Report) -> str:
    layout = report.submission.layout
    assert layout is not None
    return layout.template.name
