"""Where every unit stands: the events of a ledger, one after the other, into standings. Pure.

Owns what an act does and when it is allowed. History explains the present: the same events give the same board, and
nothing else is asked. Deadlines and roles are the round's, and are brought by whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from crmxl.errors import CrmxlError
from crmxl.group.acts import (
    Approved,
    Change,
    Chosen,
    Consolidated,
    Event,
    Issued,
    Nil,
    Received,
    Rechecked,
    Refused,
    Reopened,
    Returned,
)
from crmxl.model import Lang, Text


class State(StrEnum):
    """Where a unit's budget stands."""

    MISSING = "missing"
    """未交: nothing came in."""
    RECEIVED = "received"
    """已交待审: the current version waits for reviewers."""
    BLOCKED = "blocked"
    """待选定: two different files came in at once; one has to be chosen."""
    RETURNED = "returned"
    """退回: by a reviewer, or because the check found errors."""
    APPROVED = "approved"
    """通过: by all roles, and locked."""


STATES: Mapping[State, Text] = {
    State.MISSING: Text("未交", "Not submitted"),
    State.RECEIVED: Text("已交待审", "Under review"),
    State.BLOCKED: Text("待选定", "To be chosen"),
    State.RETURNED: Text("退回", "Returned"),
    State.APPROVED: Text("通过", "Approved"),
}
"""How people call them."""


class NotAllowedError(CrmxlError):
    """An act that the unit's standing does not allow; says what is allowed instead."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a unit's submission: a file, or a nil return."""

    number: int
    event: Event
    """Its receipt."""
    name: str
    """Path as given; empty for a nil return."""
    file: str
    """SHA-256 of its bytes; empty for a nil return."""
    record: str
    """SHA-256 of its record; empty for a nil return."""
    template: str
    verdict: str
    errors: int
    warnings: int
    total: int | None
    """Fen, 上报数."""
    basis: str
    """Digest of the records by which it was judged."""
    issue: int = 0
    """Number of the issued workbook that it is."""
    nil: bool = False

    @property
    def blocked(self) -> bool:
        """Whether the check found errors, or cannot read it any more: it can be neither approved nor counted."""
        return self.verdict in ("errors", "unreadable")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one unit stands with one template."""

    unit: str
    template: str
    """Template id, without version."""
    state: State = State.MISSING
    versions: tuple[Version, ...] = ()
    """All that ever came in, by number."""
    current: int = 0
    """Number of the version that counts; 0 where there is none."""
    candidates: tuple[int, ...] = ()
    """Versions of which one has to be chosen, while blocked."""
    late: tuple[int, ...] = ()
    """Versions that came in while the unit was approved; they replace nothing."""
    approvals: tuple[Event, ...] = ()
    """Of the current version, role by role."""
    adjusted_record: str = ""
    """Digest of the current version's record with all adjustments; empty where there are none."""
    adjusted_total: int | None = None
    """核定数 in fen, where there are adjustments."""
    returned: Event | None = None
    """The last return by a reviewer, while it holds."""
    issues: tuple[Event, ...] = ()
    """Workbooks that went out, by number."""
    history: tuple[Event, ...] = ()
    """Every event about it, in order."""

    @property
    def version(self) -> Version | None:
        """The current version."""
        return self.versions[self.current - 1] if self.current else None

    @property
    def issued(self) -> tuple[Issued, ...]:
        """The workbooks that went out, by number."""
        return tuple(event.act for event in self.issues if isinstance(event.act, Issued))

    @property
    def nil(self) -> bool:
        """Whether the current version is a nil return 零申报."""
        return bool(self.current) and self.versions[self.current - 1].nil

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that have approved the current version."""
        return tuple(event.act.role for event in self.approvals if isinstance(event.act, Approved))

    @property
    def changes(self) -> tuple[Change, ...]:
        """All adjustments 调整 of the current version."""
        acts = (event.act for event in self.approvals)
        return tuple(change for act in acts if isinstance(act, Approved) for change in act.changes)

    @property
    def total(self) -> int | None:
        """Fen: 核定数 where there are adjustments, else 上报数; None where there is none or it cannot be computed."""
        if self.adjusted_record:
            return self.adjusted_total
        return self.version.total if self.version else None

    @property
    def record(self) -> str:
        """Digest of the record that counts: with adjustments where there are any; empty for none or a nil return."""
        return self.adjusted_record or (self.version.record if self.version else "")

    @property
    def late_versions(self) -> tuple[Version, ...]:
        """What came in while the unit was locked."""
        return tuple(self.versions[number - 1] for number in self.late)


Keys = tuple[str, str]
"""Unit code and template id."""


class Board:
    """The standings of a round after some event. Taking in further events is the only way in which it changes."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        """The board after ``events``, which start with the first."""
        self.position = 0
        """Of the last event taken in."""
        self.standings: dict[Keys, Standing] = {}
        self.refused: dict[str, Event] = {}
        """Files that were no submissions, by digest: the newest answer to each."""
        self.runs: list[Event] = []
        """Consolidations."""
        self.files: dict[str, tuple[Keys, int]] = {}
        """Which version has these bytes, by digest."""
        self.settled = 0
        """Position of the last event that is no consolidation."""
        for event in events:
            self.take(event)

    def at(self, unit: str, template: str) -> Standing:
        """The standing of a unit with a template, named with or without version."""
        id = template.partition("@")[0]
        return self.standings.get((unit, id)) or Standing(unit, id)

    def take(self, event: Event) -> None:
        """Take in the next event; raises NotAllowedError where it cannot follow."""
        act = event.act
        if event.position != self.position + 1:
            raise NotAllowedError(f"台账事件 {event.position} 不连续 · event {event.position} is out of order")
        if isinstance(act, Consolidated):
            self.runs.append(event)
        elif isinstance(act, Refused):
            self.refused[act.file] = event
        else:
            before = self.at(act.unit, act.template)
            after = replace(_after(before, event, act), history=(*before.history, event))
            self.standings[after.unit, after.template] = after
            if isinstance(act, Received):
                self.files[act.file] = (after.unit, after.template), act.version
                self.refused.pop(act.file, None)
        self.position = event.position
        if not isinstance(act, Consolidated):
            self.settled = event.position


def next_role(standing: Standing, roles: Sequence[str]) -> str:
    """The role whose turn it is, of the ``roles`` that the round asks for in order; empty where all have approved."""
    given = standing.roles
    return next((role for role in roles if role not in given), "")


def due_role(standing: Standing, roles: Sequence[str]) -> str:
    """The role whose turn it is; where all have approved and the unit is not approved in full, since the round asks for
    fewer than before, the last one, to finish it. Empty where nobody is asked.
    """
    return next_role(standing, roles) or (roles[-1] if roles and standing.state is State.RECEIVED else "")


_Counted = Issued | Received | Nil | Chosen | Rechecked | Approved | Returned | Reopened


def _after(now: Standing, event: Event, act: _Counted) -> Standing:
    match act:
        case Issued():
            _must(act.number == len(now.issues) + 1, now, "issue")
            return replace(now, issues=(*now.issues, event))
        case Received() | Nil():
            return _received(now, event, act)
        case Chosen():
            _must(now.state is not State.APPROVED, now, "choose")
            _must(1 <= act.version <= len(now.versions), now, "choose")
            late = tuple(number for number in now.late if number != act.version)
            return _current(replace(now, late=late), act.version)
        case Rechecked():
            _must(1 <= act.version <= len(now.versions), now, "recheck")
            _must(not act.held or (now.state is State.APPROVED and act.version == now.current), now, "recheck")
            return _rechecked(now, act)
        case Approved():
            _must(now.state is State.RECEIVED and act.version == now.current, now, "approve")
            _must(act.final or act.role not in now.roles, now, "approve")
            state = State.APPROVED if act.final else State.RECEIVED
            now = replace(now, state=state, approvals=(*now.approvals, event))
            return replace(now, adjusted_record=act.record, adjusted_total=act.total) if act.record else now
        case Returned():
            fits = now.state in (State.RECEIVED, State.RETURNED) and act.version == now.current
            _must(fits or (now.state is State.BLOCKED and act.version in now.candidates), now, "return")
            now = _unreviewed(now)
            return replace(now, state=State.RETURNED, candidates=(), current=act.version, returned=event)
        case Reopened():
            _must(now.state is State.APPROVED and act.version == now.current, now, "reopen")
            return replace(_unreviewed(now), state=State.RECEIVED)


def _received(now: Standing, event: Event, act: Received | Nil) -> Standing:
    _must(act.version == len(now.versions) + 1, now, "receive")
    version = _version(event, act)
    now = replace(now, versions=(*now.versions, version))
    if now.state is State.APPROVED:
        return replace(now, late=(*now.late, version.number))
    if isinstance(act, Received) and act.rivals:
        rivals = {one.number for one in now.versions if one.file in act.rivals}
        together = tuple(sorted({version.number, *(rivals if now.state is State.BLOCKED else ())}))
        cleared = replace(_unreviewed(now), returned=None, current=0)
        return replace(cleared, state=State.BLOCKED, candidates=together)
    return _current(now, version.number)


def _version(event: Event, act: Received | Nil) -> Version:
    if isinstance(act, Nil):
        return Version(act.version, event, "", "", "", act.template, "ok", 0, 0, 0, "", nil=True)
    return Version(
        number=act.version,
        event=event,
        name=act.name,
        file=act.file,
        record=act.record,
        template=act.template,
        verdict=act.verdict,
        errors=act.errors,
        warnings=act.warnings,
        total=act.total,
        basis=act.basis,
        issue=act.issue,
    )


def _current(now: Standing, number: int) -> Standing:
    """With this version as the current one, to be reviewed from the first role on; sent back if it has errors."""
    state = State.RETURNED if now.versions[number - 1].blocked else State.RECEIVED
    return replace(_unreviewed(now), state=state, current=number, candidates=(), returned=None)


def _unreviewed(now: Standing) -> Standing:
    """Without approvals, and without the adjustments that came with them."""
    return replace(now, approvals=(), adjusted_record="", adjusted_total=None)


def _rechecked(now: Standing, act: Rechecked) -> Standing:
    """With the new verdict and figures; approvals hold where what they approved is the same. What was approved in full
    never changes its figures by being judged again: a verdict is taken, and other figures ask for a reopening.
    """
    before = now.versions[act.version - 1]
    judged = replace(before, verdict=act.verdict, errors=act.errors, warnings=act.warnings)
    if not act.held:
        total = act.submitted if act.adjusted else act.total
        judged = replace(judged, record=act.record, total=total, basis=act.basis)
    versions = (*now.versions[: act.version - 1], judged, *now.versions[act.version :])
    after = replace(now, versions=versions)
    if act.version != now.current:
        return after
    if act.adjusted and not act.held:
        after = replace(after, adjusted_record=act.adjusted, adjusted_total=act.total)
    if now.state is State.APPROVED or now.returned is not None:
        return after
    return after if act.record == before.record else _current(after, act.version)


_NAMES = {
    "issue": Text("下发", "issue"),
    "receive": Text("登记收到", "receive"),
    "choose": Text("选定版本", "choose a version"),
    "recheck": Text("重新校验", "check again"),
    "approve": Text("审批通过", "approve"),
    "return": Text("退回", "return"),
    "reopen": Text("重新打开", "reopen"),
}
_ALLOWED = {
    State.MISSING: Text("登记收到（collect、nil）", "receive it (collect, nil)"),
    State.RECEIVED: Text("审批、退回、选定其他版本", "approve or return it, or choose another version"),
    State.BLOCKED: Text("选定一个版本（choose）、退回", "choose one version (choose), or return it"),
    State.RETURNED: Text("等待重新提交，或选定其他版本", "wait for a new submission, or choose another version"),
    State.APPROVED: Text("重新打开（review reopen）", "reopen it (review reopen)"),
}


def refusal(now: Standing, act: str, lang: Lang | None = None) -> str:
    """That ``act`` (``approve``, ``return`` …) is not allowed as the unit stands, and what is; in both languages
    where none is given.
    """
    state, allowed, name = STATES[now.state], _ALLOWED[now.state], _NAMES[act]
    zh = f"{now.unit} {now.template}：{state.zh}，不能{name.zh}；可以：{allowed.zh}"
    en = f"{now.unit} {now.template}: {state.en.lower()}; cannot {name.en}. Allowed: {allowed.en}"
    return zh if lang == "zh" else en if lang == "en" else f"{zh} · {en}"


def _must(fits: bool, now: Standing, act: str) -> None:
    if not fits:
        raise NotAllowedError(refusal(now, act))
