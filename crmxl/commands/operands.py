"""What ``diff`` compares, as the operator writes it: files, versions of a unit, last year, positions of the ledger."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from crmxl.check.runner import check
from crmxl.check.standard import Standard
from crmxl.check.verdict import Report
from crmxl.commands.collecting import the_standing
from crmxl.commands.receiving import Bench, bench, read_all
from crmxl.commands.rounds_folder import open_register, round_folder
from crmxl.define.round import Round
from crmxl.errors import CrmxlError
from crmxl.group.consolidate import consolidate
from crmxl.group.counting import as_of, counted
from crmxl.group.differences_of_totals import Sums, read_sums
from crmxl.group.origin import Include
from crmxl.group.record import Definitions, from_record, nil_report
from crmxl.group.register import Register
from crmxl.group.standing import Board, Standing, Version
from crmxl.group.states import State, last_year
from crmxl.issue.assigning import Assigner
from crmxl.model import Lang
from crmxl.report.totals import totals_json

LAST_YEAR, APPROVED, RECEIVED = "last-year", "approved", "received"
"""What may stand after a colon beside the number of a version."""
_OPERAND = re.compile(rf"(?P<base>.+?)(?::(?P<which>[0-9]+|{LAST_YEAR}|{APPROVED}|{RECEIVED}))?", re.DOTALL)
_JSON = ".json"
_USAGE = (
    "工作簿 .xlsx、汇总 .json、单位的版本 HN:2、HN:last-year、HN:approved，或台账位置 @120 · "
    "a workbook .xlsx, totals .json, a unit's version HN:2, HN:last-year, HN:approved, or a ledger position @120"
)


class Operand(NamedTuple):
    """One operand, parsed."""

    text: str
    base: str
    which: str
    """What stands after the colon; empty where nothing does."""

    @property
    def file(self) -> Path | None:
        """The file that it names; None where it names none."""
        whole = Path(self.text)
        if whole.is_file():
            return whole
        return Path(self.base) if self.which and Path(self.base).is_file() else None

    @property
    def totals(self) -> bool:
        """Whether it is a consolidation rather than one budget."""
        return self.base.startswith("@") or (self.file or Path(self.text)).suffix.lower() == _JSON


def parse(text: str) -> Operand:
    """The operand; raises CrmxlError for an empty one."""
    found = _OPERAND.fullmatch(text)
    if found is None:
        raise CrmxlError(f"“{text}”: {_USAGE}")
    return Operand(text, found["base"], found["which"] or "")


class Desk:
    """Where operands are looked up: the files, and the round one stands in, opened when an operand asks for it."""

    def __init__(self, round: Path | None, lang: Lang, stack: ExitStack, template: str = "") -> None:
        """``round`` is the folder named, else the one that one stands in, if any; ``stack`` closes its ledger;
        ``template`` is the one that is meant of units that have several.
        """
        self.lang, self._stack, self._named, self._template = lang, stack, round, template

    @cached_property
    def folder(self) -> Path | None:
        """The round's folder; None where there is no round."""
        try:
            return round_folder(self._named)
        except CrmxlError:
            if self._named is not None:
                raise
            return None

    @cached_property
    def at(self) -> Bench:
        """Where definitions are found, and what is judged by."""
        return bench(round=self.folder)

    @cached_property
    def _opened(self) -> tuple[Round, Register]:
        records, register = open_register(self._named)
        return records, self._stack.enter_context(register)

    @cached_property
    def definitions(self) -> Definitions:
        """Templates, policies and layouts."""
        return Definitions(self.at.library, self.at.standard.policies)

    def states(self, operands: Sequence[Operand]) -> list[State]:
        """The budgets that the operands name, each file read once."""
        files = [(operand, file) for operand in operands if (file := operand.file) is not None]
        paths = list(dict.fromkeys(file for _, file in files))
        reports = dict(zip(paths, self._read(paths), strict=True))
        names = [path.name for path in paths]
        found = []
        for operand in operands:
            file = operand.file
            if file is None:
                found.append(self._version(operand))
                continue
            label = operand.text if names.count(file.name) > 1 else file.name
            state = State(label, reports[file])
            _ = state.layout  # a file that cannot be told ends it here
            if operand.which and operand.text != str(file):
                _only(operand, LAST_YEAR)
                state = last_year(state, f"{label}:{LAST_YEAR}")
            found.append(state)
        return found

    def sums(self, operands: Sequence[Operand]) -> list[Sums]:
        """The consolidations that the operands name."""
        return [self._position(operand) if operand.base.startswith("@") else _document(operand) for operand in operands]

    def _read(self, paths: Sequence[Path]) -> list[Report]:
        """The reports of files, each judged by the records of its own round, else by what it carries itself: last
        year's workbook must not be given this year's figures.
        """
        own = Standard(policies=self.at.standard.policies, today=date.today().isoformat())
        reports = read_all(paths, self.lang, Bench(self.at.library, own))
        records = self.at.standard.round
        if records is None:
            return reports
        return [
            check(report.submission, self.at.standard)
            if report.submission.stamp is not None and report.submission.stamp.assignment.round == records.name
            else report
            for report in reports
        ]

    def _version(self, operand: Operand) -> State:
        """A version that the ledger keeps."""
        unit, _, template = operand.base.partition("/")
        if self.folder is None:
            raise CrmxlError(f"{operand.text}: 找不到文件，这里也没有轮次 · no such file, and no round here; {_USAGE}")
        records, register = self._opened
        if unit not in records.by_code:
            raise CrmxlError(f"{operand.text}: 没有这个文件，轮次里也没有这个单位 · no such file or unit; {_USAGE}")
        standing = the_standing(register.board, records, unit, template or self._template)
        number = int(operand.which) if operand.which.isdigit() else standing.current
        if not 1 <= number <= len(standing.versions):
            there = "、".join(str(one.number) for one in standing.versions) or "—"
            raise CrmxlError(f"{operand.text}: 没有这一版；现有：{there} · no such version; there are: {there}")
        version = standing.versions[number - 1]
        if operand.which == LAST_YEAR:
            return last_year(self._kept(standing, version, version.record, f"{operand.base}:{number}"), operand.text)
        if operand.which == RECEIVED:
            _only(operand, LAST_YEAR, APPROVED)
        if operand.which == APPROVED and not standing.approvals:
            raise CrmxlError(f"{operand.text}: 还没有审核通过的数 · nothing of it is approved yet")
        record = standing.record if operand.which == APPROVED else version.record
        return self._kept(standing, version, record, operand.text if operand.which else f"{operand.text}:{number}")

    def _kept(self, standing: Standing, version: Version, record: str, label: str) -> State:
        records, register = self._opened
        if version.nil:
            policies = self.at.standard.policies
            given = Assigner(records, self.at.library, policies).ask(standing.unit, version.template).assignment
            return State(label, nil_report(version.template, given, self.definitions))
        return State(label, from_record(register.ledger.content(record), version.name, self.definitions))

    def _position(self, operand: Operand) -> Sums:
        """The totals of the round as its ledger stood after an event; judged by the round's records of today."""
        number = operand.base[1:]
        if not number.isdecimal() or operand.which not in ("", APPROVED, RECEIVED):
            raise CrmxlError(f"{operand.text}: {_USAGE}")
        records, register = self._opened
        if int(number) > register.board.position:
            last = register.board.position
            raise CrmxlError(f"{operand.text}: 台账只到 @{last} · the ledger ends at @{last}")
        board = Board(event for event in register.ledger.events() if event.position <= int(number))
        include: Include = "received" if operand.which == RECEIVED else "approved"
        found = counted(board, records, register.ledger, self.definitions, include)
        standard = Standard(records, self.at.standard.policies, today=as_of(board, register.ledger))
        totals = consolidate(found.reports, standard, beside=found.left_out)
        return read_sums(json.loads(totals_json(totals, self.lang)), operand.text)


def _document(operand: Operand) -> Sums:
    """The consolidation in a JSON file."""
    path = operand.file
    if path is None:
        raise CrmxlError(f"{operand.text}: 找不到文件 · no such file; {_USAGE}")
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise CrmxlError(f"{path}: 不是 JSON 文件 · is no JSON") from None
    return read_sums(document, path.name)


def _only(operand: Operand, *allowed: str) -> None:
    """Refuse what means nothing after this operand's colon."""
    if operand.which not in allowed:
        there = "、".join(f":{one}" for one in allowed)
        raise CrmxlError(f"{operand.text}: 冒号后可以写 {there} · after the colon: {there}")
