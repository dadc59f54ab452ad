"""Judging again: by which of the round's records a version was judged, and what the records of now make of it. What is
approved in full keeps its figures until it is opened.

Knows nothing of files that come in, nor of how anything is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.define.round import Round
from crmxl.group.acts import Event, Rechecked, canonical
from crmxl.group.adjusting import adjusted
from crmxl.group.facts import figures
from crmxl.group.record import to_record, values_of
from crmxl.group.register import Register
from crmxl.group.standing import Board, Standing, State, Version
from crmxl.model import Severity
from crmxl.money import round_fen


def basis(round: Round, unit: str, today: str) -> str:
    """Digest of the round's records by which the unit's submissions are judged: changed records, another digest; a
    waiver that has expired by ``today``, an ISO date, is a change too.
    """
    record = round.by_code[unit]
    limits = {rule: {name: limit.text for name, limit in own.items()} for rule, own in round.overrides(record).items()}
    waivers = [
        {**asdict(waiver), "up_to": waiver.up_to.text if waiver.up_to else "", "over": waiver.until < today}
        for waiver in round.waivers
        if waiver.unit == unit
    ]
    judged_by = [
        *(round.name, round.stage, round.year, list(round.templates), list(round.policies)),
        *(record.name, list(record.parts), record.first_month, dict(record.parameters), limits, waivers),
        *([dict(record.rows)] if record.rows else []),
        {name: str(value) for name, value in record.prefilled.items()},
    ]
    return hashlib.sha256(canonical(judged_by).encode()).hexdigest()


def outdated(board: Board, round: Round, today: str) -> list[tuple[Standing, Version]]:
    """Current and candidate versions of files that were judged by other records than the round has now."""
    now = {unit.code: basis(round, unit.code, today) for unit in round.units}
    return [(standing, version) for standing, version in judged(board) if version.basis != now.get(standing.unit)]


def judged(board: Board) -> Iterator[tuple[Standing, Version]]:
    """Every file of the board that counts or may be chosen."""
    for standing in board.standings.values():
        for number in dict.fromkeys((standing.current, *standing.candidates, *standing.late)):
            if number and not standing.versions[number - 1].nil:
                yield standing, standing.versions[number - 1]


class Rechecking(NamedTuple):
    """What judging a version again came to."""

    event: Event | None
    """What says so; None where nothing is otherwise than it was."""
    held: bool
    """Whether it is approved in full, by the records of now would have other figures, and keeps its own."""


def recheck(
    register: Register, round: Round, standing: Standing, version: Version, report: Report, standard: Standard, by: str
) -> Rechecking:
    """Keep the new report of a version, and that of its adjusted figures where it has any."""
    today = register.clock()[:10]
    held = False

    def decide(board: Board, store: Callable[[bytes], str]) -> Iterator[Rechecked]:
        nonlocal held
        now = board.at(standing.unit, standing.template)
        before = now.versions[version.number - 1]
        current = version.number == now.current
        changes = now.changes if current else ()
        layout = report.submission.layout
        counting = adjusted(report, changes, standard, hold=False) if changes and layout else report
        record, own = to_record(report), to_record(counting) if counting is not report else b""
        judged_by = basis(round, standing.unit, today)
        approved = current and now.state is State.APPROVED
        held = approved and (
            layout is None
            or figures(values_of(register.ledger.content(now.record), layout), layout)
            != figures(counting.values, layout)
        )
        if held:
            same = counting.verdict.value == before.verdict
        else:
            kept = before.record, now.adjusted_record if changes else "", before.basis
            same = (_digest(record), _digest(own), judged_by) == kept
        if not same:
            yield Rechecked(
                unit=standing.unit,
                template=version.template,
                version=version.number,
                record=store(record),
                **outcome(counting),
                basis=judged_by,
                submitted=None if report.total is None else round_fen(report.total),
                adjusted=store(own) if own else "",
                held=held,
            )

    made = register.record(by, decide)
    return Rechecking(made[0] if made else None, held)


def _digest(content: bytes) -> str:
    """SHA-256 by which the ledger knows content; empty for none."""
    return hashlib.sha256(content).hexdigest() if content else ""


def outcome(report: Report) -> dict[str, Any]:
    """What the ledger's act says of a report: verdict, counts of errors and warnings, total in fen (None: none)."""
    severities = [finding.severity for finding in report.findings]
    return {
        "verdict": report.verdict.value,
        "errors": severities.count(Severity.ERROR),
        "warnings": severities.count(Severity.WARNING),
        "total": None if report.total is None else round_fen(report.total),
    }
