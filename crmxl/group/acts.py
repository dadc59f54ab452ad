"""The acts of a round, as its ledger keeps them: who was sent what, what came back, what reviewers decided.

An act is a fact that never changes; what follows from all of them is ``standing``'s. Each act is a flat record that
goes to canonical JSON and back. Knows nothing of how acts are stored, and nothing of what is allowed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, TypeAlias

from crmxl.model import Key


@dataclass(frozen=True, slots=True)
class Change:
    """An adjustment 调整 of one amount by a reviewer."""

    key: Key
    change: int
    """Fen added to what the unit entered; negative to cut."""
    reason: str


@dataclass(frozen=True, slots=True)
class Issued:
    """A workbook went out to a unit, or a newer one in its place."""

    kind: ClassVar[str] = "issued"
    unit: str
    template: str
    """``id@version``."""
    number: int
    """Counted from 1 for each unit and template: V1, V2 …"""
    file: str
    """Its name in ``issued/``."""
    sha256: str
    signature: str
    """By which a returned workbook is known to be this one."""
    assignment: Mapping[str, Any] = field(hash=False)
    """What the unit is asked to fill: the stamp's own fields, and what was prefilled."""
    changed: tuple[str, ...] = ()
    """What differs from the number before: names of the stamp's fields, of parameters as ``parameters.<name>``."""


@dataclass(frozen=True, slots=True)
class Received:
    """A unit's workbook came in: it is a version of the unit's submission."""

    kind: ClassVar[str] = "received"
    unit: str
    template: str
    """``id@version``, as stamped."""
    version: int
    """Counted from 1 for each unit and template id."""
    name: str
    """Path as given, for people."""
    file: str
    """SHA-256 of its bytes, which the ledger has."""
    record: str
    """SHA-256 of what was read in it, which the ledger has (``record.to_record``)."""
    verdict: str
    """``ok``, ``warnings`` or ``errors``."""
    errors: int
    warnings: int
    total: int | None
    """Fen; None where it cannot be computed."""
    basis: str
    """Digest of the round's records by which it was judged."""
    issue: int = 0
    """Number of the issued workbook that it is; 0 where none has its signature."""
    rivals: tuple[str, ...] = ()
    """Digests of the other files of this unit that came in with it, where they differ: one has to be chosen."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A file came in that is no submission of this round: nothing of it counts, its bytes are not kept."""

    kind: ClassVar[str] = "refused"
    name: str
    file: str
    """SHA-256 of its bytes."""
    answer: str
    """What it is: ``foreign``, ``other-round``, ``other-unit``, ``unreadable`` …"""
    codes: tuple[str, ...] = ()
    """Codes of the findings that say so."""
    unit: str = ""
    """The unit that it names, as far as known."""
    template: str = ""


@dataclass(frozen=True, slots=True)
class Nil:
    """A unit declared that it has nothing to budget 零申报: a version with the total 0 and no file."""

    kind: ClassVar[str] = "nil"
    unit: str
    template: str
    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """One of a unit's versions was made the current one."""

    kind: ClassVar[str] = "chosen"
    unit: str
    template: str
    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class Rechecked:
    """A version was judged again, by records that had changed."""

    kind: ClassVar[str] = "rechecked"
    unit: str
    template: str
    version: int
    record: str
    verdict: str
    """Of what counts: with adjustments where there are any; ``errors`` and ``warnings`` too."""
    errors: int
    warnings: int
    total: int | None
    """Fen of what counts; 核定数 where there are adjustments."""
    basis: str
    submitted: int | None = None
    """Fen of 上报数."""
    adjusted: str = ""
    """SHA-256 of the record with the adjustments made so far; empty where there are none."""
    held: bool = False
    """Whether it is approved in full and would have other figures now: these are not taken, only the verdict is."""


@dataclass(frozen=True, slots=True)
class Approved:
    """A reviewer approved the current version in a role; with the last role the unit is approved and locked."""

    kind: ClassVar[str] = "approved"
    unit: str
    template: str
    version: int
    role: str
    final: bool
    """Whether it was the last role that the round asked for: the unit is then locked."""
    comment: str = ""
    changes: tuple[Change, ...] = ()
    """Adjustments that the approval makes, added to those of earlier roles."""
    total: int | None = None
    """核定数: fen after all adjustments so far; None where there are none."""
    record: str = ""
    """SHA-256 of the record with all adjustments, which the ledger has; empty where there are none."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A reviewer sent the current version back 退回."""

    kind: ClassVar[str] = "returned"
    unit: str
    template: str
    version: int
    role: str
    comment: str = ""
    """About the whole."""
    remarks: Mapping[Key, str] = field(default_factory=dict, hash=False)
    """By key."""


@dataclass(frozen=True, slots=True)
class Reopened:
    """An approved unit was opened again."""

    kind: ClassVar[str] = "reopened"
    unit: str
    template: str
    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class Consolidated:
    """Totals were made."""

    kind: ClassVar[str] = "consolidated"
    position: int
    """The last event that they go by; runs themselves do not count."""
    include: str
    """``approved`` or ``received``."""
    figures: str
    """``approved`` (核定数) or ``submitted`` (上报数)."""
    inputs: str
    """Digest of the versions that were added up, of the round's records, and of what they were compared with."""
    form: str
    sha256: str
    """Of the file that was written."""


Act: TypeAlias = Issued | Received | Refused | Nil | Chosen | Rechecked | Approved | Returned | Reopened | Consolidated
KINDS: Mapping[str, type[Act]] = {
    one.kind: one
    for one in (
        Issued,
        Received,
        Refused,
        Nil,
        Chosen,
        Rechecked,
        Approved,
        Returned,
        Reopened,
        Consolidated,
    )
}


@dataclass(frozen=True, slots=True)
class Event:
    """An act in its place."""

    position: int
    """Counted from 1 without gaps."""
    at: str
    """ISO date and time with seconds and offset, such as ``2026-03-01T09:12:30+08:00``."""
    by: str
    """Who did it, as given."""
    act: Act
    previous: str
    """Hash of the event before; of the first, of the round's name."""
    hash: str
    """SHA-256 over the event and ``previous``, 64 hex digits."""

    @property
    def receipt(self) -> str:
        """The number by which people quote it: position and the beginning of the hash."""
        return f"R{self.position:06d}-{self.hash[:12]}"


def canonical(value: Any) -> str:
    """``value`` as the one JSON text that says it: sorted keys, no spaces, characters as they are.

    Raises ValueError for a number that is no JSON.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def to_json(act: Act) -> str:
    """The act's fields as canonical JSON; its kind stands beside it."""
    return canonical(asdict(act))


def from_json(kind: str, text: str) -> Act:
    """The act that ``to_json`` made; raises ValueError for anything else."""
    if kind not in KINDS:
        raise ValueError(f"no act is called {kind}")
    body = json.loads(text)
    made = KINDS[kind]
    if not isinstance(body, dict) or set(body) - {item.name for item in fields(made)}:
        raise ValueError(f"not an act: {kind}")
    for name in ("changed", "rivals", "codes"):
        if name in body:
            body[name] = tuple(body[name])
    if "changes" in body:
        body["changes"] = tuple(Change(**one) for one in body["changes"])
    try:
        return made(**body)
    except TypeError as error:
        raise ValueError(f"not an act: {kind}: {error}") from None
