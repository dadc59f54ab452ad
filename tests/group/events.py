"""Acts and events of a made-up ledger, as a test writes them down: what is not said is as it usually is.

board = Board(events(issued("HN"), received("HN", total=100_00), approved("HN")))
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from crmxl.define.round import Review, Round, Unit
from crmxl.group.acts import (
    Act,
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
    to_json,
)

TEMPLATE = "customer-relations@1"
START = datetime(2025, 11, 3, 9, 0, 0, tzinfo=timezone(timedelta(hours=8)))
"""When the first event happens; each further one a minute later."""
BASIS = "basis of today"
"""By which whatever comes in was judged."""


def round_of(
    units: Sequence[Unit],
    *,
    templates: Sequence[str] = (TEMPLATE,),
    roles: Sequence[str] = (),
    name: str = "2026年度客户关系费用预算",
    stage: str = "一上",
    deadline: str = "2025-11-30",
    **options: Any,
) -> Round:
    """A round of these units; ``roles`` review all of them."""
    return Round(
        name=name,
        year=2026,
        stage=stage,
        templates=tuple(templates),
        policies=(),
        deadline=deadline,
        contact=options.pop("contact", ""),
        units=tuple(units),
        limits={},
        key=b"",
        folder=Path(),
        reviews=(Review(tuple(roles)),) if roles else (),
        **options,
    )


def events(*acts: Act, by: str = "王会计", after: Sequence[Event] = ()) -> tuple[Event, ...]:
    """``acts`` one after the other, a minute apart, behind the events ``after``; those and these."""
    made = list(after)
    for act in acts:
        previous = made[-1].hash if made else digest("the round's name")
        at = (START + timedelta(minutes=len(made))).isoformat(timespec="seconds")
        hash = digest(f"{previous} {len(made) + 1} {at} {by} {act.kind} {to_json(act)}")
        made.append(Event(len(made) + 1, at, by, act, previous, hash))
    return tuple(made)


def digest(text: str) -> str:
    """A SHA-256, told apart by ``text``."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def issued(unit: str, number: int = 1, *, template: str = TEMPLATE, changed: Sequence[str] = ()) -> Issued:
    """Workbook V``number`` went out."""
    file = f"2026预算_{template}_{unit}_V{number}.xlsx"
    return Issued(unit, template, number, file, digest(file), digest(f"signature {file}"), {}, tuple(changed))


def received(
    unit: str,
    version: int = 1,
    *,
    total: int | None = 100_00,
    errors: int = 0,
    warnings: int = 0,
    template: str = TEMPLATE,
    basis: str = BASIS,
    issue: int = 1,
    rivals: Sequence[str] = (),
    file: str = "",
) -> Received:
    """Version ``version`` came in, with a total in fen; its bytes are those of ``file``, else its own."""
    name = f"收件/{unit}-{version}.xlsx"
    bytes = digest(file or f"{name} {template}")
    return Received(
        unit=unit,
        template=template,
        version=version,
        name=name,
        file=bytes,
        record=digest(f"record {bytes}"),
        verdict="errors" if errors else "warnings" if warnings else "ok",
        errors=errors,
        warnings=warnings,
        total=total,
        basis=basis,
        issue=issue,
        rivals=tuple(rivals),
    )


def refused(name: str, answer: str = "foreign", *, unit: str = "", codes: Sequence[str] = ()) -> Refused:
    """A file that is no submission."""
    return Refused(name, digest(f"refused {name}"), answer, tuple(codes), unit)


def nil(unit: str, version: int = 1, *, reason: str = "本年无此项活动", template: str = TEMPLATE) -> Nil:
    """The unit has nothing to budget."""
    return Nil(unit, template, version, reason)


def chosen(unit: str, version: int, *, reason: str = "电话确认", template: str = TEMPLATE) -> Chosen:
    """This version counts."""
    return Chosen(unit, template, version, reason)


def rechecked(
    unit: str, version: int = 1, *, errors: int = 0, total: int | None = 100_00, template: str = TEMPLATE
) -> Rechecked:
    """Judged again by the records of today."""
    verdict = "errors" if errors else "ok"
    return Rechecked(unit, template, version, digest(f"again {unit}"), verdict, errors, 0, total, BASIS)


def approved(
    unit: str,
    version: int = 1,
    *,
    role: str = "group",
    final: bool = True,
    total: int | None = None,
    changes: Sequence[Change] = (),
    comment: str = "",
    template: str = TEMPLATE,
) -> Approved:
    """Approved in a role; with ``changes``, ``total`` is 核定数 in fen."""
    record = digest(f"adjusted {unit} {version} {role}") if changes else ""
    return Approved(unit, template, version, role, final, comment, tuple(changes), total, record)


def returned(
    unit: str,
    version: int = 1,
    *,
    role: str = "group",
    comment: str = "请补充依据",
    remarks: Mapping[str, str] | None = None,
    template: str = TEMPLATE,
) -> Returned:
    """Sent back by a reviewer."""
    return Returned(unit, template, version, role, comment, dict(remarks or {}))


def reopened(unit: str, version: int = 1, *, reason: str = "集团调整目标", template: str = TEMPLATE) -> Reopened:
    """Opened again."""
    return Reopened(unit, template, version, reason)


def consolidated(position: int, *, include: str = "approved", figures: str = "approved") -> Consolidated:
    """Totals were made of what stood after an event."""
    return Consolidated(position, include, figures, digest("inputs"), "xlsx", digest("workbook"))
