"""Which version of every unit counts: a board → reports to add up, and everything that is left out, with its words.

Approved versions count; where the operator says so, provisionally those under review too. Goes by the board and the
round's records; of stored contents only the records that count are read. Knows nothing of sums.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from crmxl.check.rules.policy import waived
from crmxl.check.verdict import Report
from crmxl.define.round import Round
from crmxl.define.units import Unit
from crmxl.errors import CrmxlError, DefinitionError
from crmxl.group.acts import Approved, Event, Nil, Returned, canonical
from crmxl.group.facts import clean
from crmxl.group.levels import in_tree_order
from crmxl.group.origin import Adjustment, Figures, Include, Origin, Source, SourceKey, Waived
from crmxl.group.record import Definitions, from_record, nil_report
from crmxl.group.rejudging import basis
from crmxl.group.standing import Board, Standing, State, Version, due_role
from crmxl.group.totals import LeftOut
from crmxl.model import MONTHS, Key, Text, split_key
from crmxl.money import round_fen

_BLOCKED = Text(
    "待选定：同时收到不同的文件（{versions}），还没有选定以哪份为准。",
    "To be chosen: different files came in at once ({versions}), and none has been chosen.",
)
_CHOOSE = Text("请选定一份：crmxl choose {unit} 版本号。", "Choose one: crmxl choose {unit} VERSION.")
_ERRORS = Text(
    "退回：第 {version} 版校验有 {count} 个错误，未计入。",
    "Returned: version {version} has {count} errors; not counted.",
)
_RETURNED = Text("退回：{role}（{by}）{comment}", "Returned by {role} ({by}){comment}")
_RESUBMIT = Text("请单位改正后重新提交。", "Have the unit correct and resubmit it.")
_WAITING = Text(
    "已交待审：第 {version} 版还没有通过审核，等待{role}。",
    "Under review: version {version} is not approved yet, it waits for {role}.",
)
_APPROVE = Text(
    "审核通过后计入；要先看暂计数，用 --include received。",
    "It counts once approved; for a provisional total use --include received.",
)
_STALE_ERRORS = Text(
    "已通过，但按现在的轮次记录重新校验，第 {version} 版有 {count} 个错误，未计入。",
    "Approved, but judged again by the round's records of today version {version} has {count} errors; not counted.",
)
_REOPEN = Text(
    "请核对轮次记录；确有问题的，重新打开（review reopen）后退回。",
    "Look at the round's records; if they are right, reopen it (review reopen) and send it back.",
)
_LATE = Text(
    "单位通过之后又交来第 {version} 版，未计入；计入的是第 {current} 版。",
    "Version {version} came in after the unit was approved and does not count; version {current} does.",
)
_OPEN_FIRST = Text(
    "要用它，先重新打开（review reopen），再选定（choose）；不用则无需处理。",
    "To use it, reopen the unit (review reopen) and choose it (choose); otherwise there is nothing to do.",
)
_NOT_ASKED = Text(
    "台账里有它交来的预算，但轮次现在不要求它填报（单位表或 round.toml 已变），未计入。",
    "The ledger has its budget, but the round no longer asks for one (units file or round.toml changed); not counted.",
)
_PUT_BACK = Text("请核对单位表和 round.toml。", "Look at the units file and round.toml.")
_CANNOT = Text("第 {version} 版不能计入：{why}", "Version {version} cannot count: {why}")
_NO_NIL = Text(
    "请退回零申报，让单位提交预算表；下发数有误的，先改正单位表。",
    "Send the nil return back and have the unit file its workbook; correct the issued figures first if they are wrong.",
)
_RESTORE = Text(
    "请把模板和制度文件恢复原样，再汇总。", "Restore the template and policy files, then consolidate again."
)


class Contents(Protocol):
    """A ledger, as far as counting needs it."""

    def events(self, after: int = 0) -> list[Event]:
        """The events after a position."""

    def contents(self, digests: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Stored bytes by digest."""


@dataclass(frozen=True)
class Counted:
    """What is to be added up."""

    reports: tuple[Report, ...]
    left_out: tuple[LeftOut, ...]
    origin: Origin
    submitted: Mapping[SourceKey, Report]
    """As the unit sent it: only where adjustments make ``reports`` another."""


@dataclass(frozen=True, slots=True)
class _Due:
    """A version that counts."""

    unit: Unit
    standing: Standing
    version: Version
    waiting: str


def counted(
    board: Board,
    round: Round,
    ledger: Contents,
    definitions: Definitions,
    include: Include = "approved",
    figures: Figures = "approved",
    watched: Callable[[Sequence[Any]], Iterable[Any]] = iter,
) -> Counted:
    """What counts of ``round`` as its ``board`` stands, in the order of the tree.

    ``received`` takes in versions under review whose check found no errors. A version that today's definitions cannot
    read, and a nil return whose total is not 0, are left out. ``watched`` sees every unit go by. Raises CrmxlError
    where stored contents are gone or changed, DefinitionError where a template or policy is unsound.
    """
    due: list[_Due] = []
    left_out: list[LeftOut] = []
    for unit, standing in _asked(board, round):
        found = _of(standing, unit, round, include)
        if isinstance(found, _Due):
            due.append(found)
        elif found is not None:
            left_out.append(found)
        left_out += _late(standing, unit)
    left_out += _no_longer_asked(board, round)
    wanted = {digest for one in due for digest in (_record(one, figures), one.version.record) if digest}
    kept = dict(ledger.contents(sorted(wanted)))
    reports: list[Report] = []
    submitted: dict[SourceKey, Report] = {}
    adjustments: list[Adjustment] = []
    sources: dict[SourceKey, Source] = {}
    readable: list[_Due] = []
    for one in watched(due):
        try:
            report = sent = _report(one, _record(one, figures), kept, definitions, round)
            if one.standing.changes and _record(one, figures) != one.version.record:
                sent = _report(one, one.version.record, kept, definitions, round)
                submitted[one.unit.code, one.version.template] = sent
        except DefinitionError:
            raise
        except CrmxlError as error:
            left_out.append(_unreadable(one, error))
            continue
        readable.append(one)
        reports.append(report)
        sources[one.unit.code, one.version.template] = _source(one)
        adjustments += _adjustments(one, sent, round)
    due = readable
    today = as_of(board, ledger)
    digests = {code: basis(round, code, today) for code in dict.fromkeys(one.unit.code for one in due)}
    inputs = _inputs(round, due, include, figures, digests)
    stale = tuple(
        sources[one.unit.code, one.version.template]
        for one in due
        if not one.version.nil and one.version.basis != digests[one.unit.code]
    )
    origin = Origin(
        round=round.name,
        stage=round.stage,
        include=include,
        figures=figures,
        position=board.settled,
        receipt=next((event.receipt for event in ledger.events(board.settled - 1)[:1]), "") if board.settled else "",
        inputs=inputs,
        sources=sources,
        adjustments=tuple(adjustments),
        waived=tuple(_waived(due, reports)),
        stale=stale,
    )
    return Counted(tuple(reports), tuple(left_out), origin, submitted)


def as_of(board: Board, ledger: Contents) -> str:
    """The day of the last event that totals go by, an ISO date: by it waivers expire, so that the same ledger gives the
    same totals on any day. Empty where nothing has happened.
    """
    return ledger.events(board.settled - 1)[0].at[:10] if board.settled else ""


# -- what counts -------------------------------------------------------------------------------------------------


def _asked(board: Board, round: Round) -> Iterator[tuple[Unit, Standing]]:
    for unit, _ in in_tree_order(round):
        for id in dict.fromkeys(issue.template.partition("@")[0] for issue in round.issues_for(unit)):
            yield unit, board.at(unit.code, id)


def _of(standing: Standing, unit: Unit, round: Round, include: Include) -> _Due | LeftOut | None:
    """The version that counts, or why none does; None where nothing came in, which consolidating tells."""
    version = standing.version
    if standing.state is State.BLOCKED:
        versions = [standing.versions[number - 1] for number in standing.candidates]
        listed = [f"{one.number}: {clean(one.name)}" for one in versions]
        reason = _BLOCKED.filled(versions=Text("；".join(listed), "; ".join(listed)))
        file = clean(versions[-1].name) if versions else ""
        return _left_out(unit, file, versions[-1].template, reason, _CHOOSE.filled(unit=unit.code))
    if version is None:
        return None
    file = clean(version.name)
    if standing.state is State.RETURNED:
        return _left_out(unit, file, version.template, _returned(standing, version, round), _RESUBMIT)
    if version.blocked:
        reason = _STALE_ERRORS.filled(version=version.number, count=version.errors)
        return _left_out(unit, file, version.template, reason, _REOPEN)
    waiting = "" if standing.state is State.APPROVED else due_role(standing, round.roles_for(unit))
    if standing.state is State.RECEIVED and include == "approved":
        role = round.role_title(waiting)
        return _left_out(unit, file, version.template, _WAITING.filled(version=version.number, role=role), _APPROVE)
    return _Due(unit, standing, version, waiting)


def _returned(standing: Standing, version: Version, round: Round) -> Text:
    event = standing.returned
    if event is None or not isinstance(event.act, Returned):
        return _ERRORS.filled(version=version.number, count=version.errors)
    said = "；".join(filter(None, (event.act.comment, *(f"{key} {why}" for key, why in event.act.remarks.items()))))
    comment = Text(f"：{said}" if said else "。", f": {said}" if said else ".")
    return _RETURNED.filled(role=round.role_title(event.act.role), by=event.by, comment=comment)


def _late(standing: Standing, unit: Unit) -> Iterator[LeftOut]:
    for version in standing.late_versions:
        reason = _LATE.filled(version=version.number, current=standing.current)
        yield _left_out(unit, clean(version.name), version.template, reason, _OPEN_FIRST)


def _no_longer_asked(board: Board, round: Round) -> Iterator[LeftOut]:
    for (code, template), standing in sorted(board.standings.items()):
        if standing.versions and not round.asks(code, template):
            unit, newest = round.by_code.get(code), standing.versions[-1]
            name = unit.name if unit else ""
            yield LeftOut(clean(newest.name), code, name, newest.template, reason=_NOT_ASKED, remedy=_PUT_BACK)


def _unreadable(due: _Due, error: CrmxlError) -> LeftOut:
    reason = _CANNOT.filled(version=due.version.number, why=str(error))
    remedy = _NO_NIL if due.version.nil else _RESTORE
    return _left_out(due.unit, clean(due.version.name), due.version.template, reason, remedy)


def _left_out(unit: Unit, file: str, template: str, reason: Text, remedy: Text) -> LeftOut:
    return LeftOut(file, unit.code, unit.name, template, reason=reason, remedy=remedy)


# -- what it says ------------------------------------------------------------------------------------------------


def _record(due: _Due, figures: Figures) -> str:
    return due.standing.record if figures == "approved" else due.version.record


def _report(due: _Due, digest: str, kept: Mapping[str, bytes], definitions: Definitions, round: Round) -> Report:
    if due.version.nil:
        template = definitions.library.load(due.version.template)
        return nil_report(template.name, round.assignment(due.unit.code, template), definitions)
    return from_record(kept[digest], due.version.name, definitions)


def _source(due: _Due) -> Source:
    version, act = due.version, due.version.event.act
    return Source(
        unit=due.unit.code,
        unit_name=due.unit.name,
        template=version.template,
        version=version.number,
        receipt=version.event.receipt,
        file=clean(version.name),
        sha256=version.file,
        approved=due.standing.state is State.APPROVED,
        waiting=due.waiting,
        nil=version.nil,
        reason=act.reason if isinstance(act, Nil) else "",
        submitted=version.total,
        approved_total=due.standing.total,
    )


def _adjustments(due: _Due, sent: Report, round: Round) -> list[Adjustment]:
    """What reviewers changed in the version, cell by cell; ``sent`` is as the unit sent it."""
    changes = [
        (event, event.act, change, key)
        for event in due.standing.approvals
        if isinstance(event.act, Approved)
        for change in event.act.changes
        for key in changed_by(change.key)
    ]
    if not changes:
        return []
    layout = sent.submission.layout
    order = {key: at for at, key in enumerate(layout.cells)} if layout else {}
    now = {key: fen_at(sent, key) for *_, key in changes}
    found = []
    for event, act, change, key in changes:
        before = now[key]
        now[key] += change.change
        found.append(
            Adjustment(
                unit=due.unit.code,
                unit_name=due.unit.name,
                template=due.version.template,
                key=key,
                title=sent.submission.title(key),
                submitted=before,
                change=change.change,
                approved=now[key],
                reason=change.reason,
                role=act.role,
                called=round.role_title(act.role),
                by=event.by,
                at=event.at,
                receipt=event.receipt,
                follows=key != change.key,
            )
        )
    return sorted(found, key=lambda one: order.get(one.key, len(order)))


def changed_by(key: Key) -> tuple[Key, ...]:
    """The entries that a change of ``key`` changes: a month's year too."""
    code, column = split_key(key)
    year, _, month = column.partition(".")
    return (key, f"{code}@{year}") if month in MONTHS else (key,)


def fen_at(report: Report, key: Key) -> int:
    """The amount at ``key`` in fen; blank counts 0."""
    value = report.values.get(key)
    return round_fen(value) if isinstance(value, Fraction) else 0


def _waived(due: Sequence[_Due], reports: Sequence[Report]) -> Iterator[Waived]:
    for one, report in zip(due, reports, strict=True):
        for found in report.findings:
            if waived(found):
                yield Waived(one.unit.code, one.unit.name, one.version.template, found, clean(one.version.name))


def _inputs(round: Round, due: Sequence[_Due], include: Include, figures: Figures, digests: Mapping[str, str]) -> str:
    """Digest of everything that the sums follow from."""
    versions = sorted(
        [one.unit.code, one.version.template, one.version.number, _record(one, figures), digests[one.unit.code]]
        for one in due
    )
    tree = [[unit.code, unit.name, unit.parent, unit.type] for unit in round.units]
    asked = [[one.template, list(one.unit_types)] for one in round.issues]
    said = [versions, tree, asked, list(round.templates), list(round.policies), round.parent_amount, include, figures]
    return hashlib.sha256(canonical(said).encode()).hexdigest()
