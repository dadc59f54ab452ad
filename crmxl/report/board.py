"""Where every unit stands, as data: the words for it, the JSON document and the CSV.

The JSON document is a contract (``schemas/status.schema.json``). For people at a terminal see ``board_text.py``, as a
workbook ``board_workbook.py``; who still owes something is ``chase.py``'s.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

from crmxl.group.acts import Approved, Event, Refused, Returned
from crmxl.group.answers import WORDS, Answer
from crmxl.group.progress import Asked, Branch, Progress, Tally
from crmxl.group.standing import STATES, Standing, State
from crmxl.model import Lang, Text
from crmxl.money import from_fen
from crmxl.report.board_words import (
    APPROVED_SUM,
    NIL,
    ORDER,
    OVERDUE,
    PROVISIONAL_SUM,
    STOP,
    named,
    remarks,
    review_words,
    short_name,
    turn_words,
)
from crmxl.report.harmless import csv_bytes, json_text

Cell: TypeAlias = str | int | Fraction
"""A text, a number of things, or an amount in 元."""

COLUMNS: tuple[tuple[Text, int], ...] = (
    (Text("编码", "Code"), 10),
    (Text("预算单位", "Unit"), 22),
    (Text("层级", "Level"), 6),
    (Text("类型", "Type"), 9),
    (Text("模板", "Template"), 16),
    (Text("状态", "State"), 13),
    (Text("逾期天数", "Days late"), 9),
    (NIL, 8),
    (Text("轮到", "Whose turn"), 18),
    (Text("上报数（元）", "Submitted (yuan)"), 17),
    (Text("核定数（元）", "Approved (yuan)"), 17),
    (Text("版本", "Version"), 8),
    (Text("错误", "Errors"), 7),
    (Text("警告", "Warnings"), 9),
    (Text("已下发", "Issued"), 8),
    (Text("下发时间", "Issued at"), 16),
    (Text("收到时间", "Received at"), 16),
    (Text("最近变动", "Last act"), 16),
    (Text("审核", "Reviews"), 46),
    (Text("备注", "Remarks"), 44),
    (Text("收件人", "Recipient"), 24),
    (Text("回执", "Receipt"), 21),
)
"""Columns of CSV and workbook, with widths; a row for each unit and template."""

UNIT, ASKED, ALL = Text("预算单位", "Unit"), Text("应交", "Asked"), Text("合计", "All")
_ALONE = Text("{name}（本级）", "{name} (itself)")
REFUSED = Text("未受理的文件 {count} 个", "Files refused: {count}")
REFUSED_COLUMNS: tuple[tuple[Text, int], ...] = (
    (Text("回执", "Receipt"), 22),
    (Text("时间", "When"), 17),
    (Text("单位", "Unit"), 14),
    (Text("答复", "Answer"), 26),
    (Text("文件", "File"), 60),
)
BESIDE = Text("轮次记录现在没有要求的上报 {count} 份，都不计入", "Submissions that the round does not ask for: {count}")
BESIDE_COLUMNS: tuple[tuple[Text, int], ...] = (
    (Text("单位", "Unit"), 22),
    (Text("模板", "Template"), 26),
    (Text("状态", "State"), 26),
    (Text("回执", "Receipt"), 26),
)
_YES = Text("是", "yes")
_STAMPED = Text("V{number}", "V{number}")


def cells(one: Asked, progress: Progress, lang: Lang) -> tuple[Cell, ...]:
    """What stands in ``COLUMNS`` for a unit and template; the empty text where there is nothing."""
    standing, version, issues = one.standing, one.standing.version, one.standing.issues
    settled = one.state is State.APPROVED or one.adjusted
    late = -progress.days_left if one.overdue and progress.days_left is not None else ""
    return (
        *(one.unit.code, one.unit.name, one.level, one.unit.type, one.issue.name or one.issue.template),
        *(STATES[one.state].say(lang), late, _YES.say(lang) if standing.nil else ""),
        turn_words(one, progress, lang),
        "" if version is None else _yuan(version.total),
        _yuan(standing.total) if settled else "",
        "" if version is None else version.number,
        *(("", "") if version is None else (version.errors, version.warnings)),
        _STAMPED.say(lang).format(number=one.issued.number) if one.issued else "",
        *(_minute(events[-1] if events else None) for events in (issues, (version.event,) if version else ())),
        _minute(standing.history[-1] if standing.history else None),
        review_words(one, progress, lang),
        STOP.say(lang).join(remarks(one, progress, lang)),
        one.unit.recipient,
        version.event.receipt if version else "",
    )


def branch_columns(progress: Progress, lang: Lang) -> list[tuple[str, int]]:
    """Titles and widths of a table of branches: a pair of totals for each template, named where there are several."""
    found = [(UNIT.say(lang), 32), (ASKED.say(lang), 8)]
    found += [(words.say(lang), 11) for words in (*(STATES[state] for state in ORDER), OVERDUE, NIL)]
    for one in progress.whole.sums:
        name = f"{short_name(progress, one.template)} " if len(progress.whole.sums) > 1 else ""
        found += [(f"{name}{words.say(lang)}", 19) for words in (APPROVED_SUM, PROVISIONAL_SUM)]
    return found


def branch_name(branch: Branch, lang: Lang) -> str:
    """Name and code of its unit; that it stands there without those below it."""
    name = named(branch.unit) if branch.unit else ALL.say(lang)
    return _ALONE.say(lang).format(name=name) if branch.alone else name


def branch_cells(branch: Branch, progress: Progress, lang: Lang) -> tuple[Cell, ...]:
    """What stands in ``branch_columns`` for a unit with all below it; no total where it is asked for no budget."""
    tally = branch.tally
    sums = {one.template: one for one in tally.sums}
    amounts = (sums.get(one.template) for one in progress.whole.sums)
    return (
        branch_name(branch, lang),
        tally.asked,
        *(tally.states[state] for state in ORDER),
        *(sum(tally.overdue.values()), tally.nil),
        *(_yuan(fen) for one in amounts for fen in ((one.approved, one.provisional) if one else (None, None))),
    )


def refused_cells(event: Event, lang: Lang) -> tuple[str, ...]:
    """Receipt, time, unit named, answer and name of a file that was no submission."""
    act = event.act
    if not isinstance(act, Refused):
        raise ValueError(f"{event.receipt} refuses no file")
    said = WORDS[Answer(act.answer)].say(lang) if act.answer in set(Answer) else act.answer
    return event.receipt, _minute(event), act.unit, said, act.name


def beside_cells(standing: Standing, lang: Lang) -> tuple[str, ...]:
    """Unit, template, state and receipt of a budget that the round does not ask for."""
    return standing.unit, standing.template, STATES[standing.state].say(lang), standing.versions[-1].event.receipt


def to_csv(progress: Progress, lang: Lang) -> bytes:
    """A row for each unit and template as CSV that Excel opens as it is, and of which it runs nothing."""
    rows = ([as_text(cell) for cell in cells(one, progress, lang)] for one in progress.asked)
    return csv_bytes([title.say(lang) for title, _ in COLUMNS], rows)


def as_text(cell: Cell) -> str:
    """A cell as text: amounts as decimals, ``133000.00``."""
    return from_fen(int(cell * 100)) if isinstance(cell, Fraction) else str(cell)


def document(progress: Progress) -> dict[str, Any]:
    """What ``status --format json`` prints: ids instead of words, money as decimal strings, times as the ledger's."""
    round = progress.round
    return {
        "round": round.name,
        "stage": round.stage,
        "year": round.year,
        "today": progress.today.isoformat(),
        "deadline": round.deadline,
        "days_left": progress.days_left,
        "units": [_unit(one, progress) for one in progress.asked],
        "tree": [
            {
                "unit": branch.unit.code if branch.unit else "",
                "name": branch.unit.name if branch.unit else round.name,
                "level": branch.level,
                "counts": _counts(branch.tally),
                "totals": _sums(branch.tally),
            }
            for branch in progress.branches
        ],
        "counts": _counts(progress.whole),
        "totals": _sums(progress.whole),
        "refused": [_refused(event) for event in progress.refused],
        "beside": [
            {"unit": one.unit, "template": one.template, "state": one.state.value, "receipt": _last(one).receipt}
            for one in progress.beside
        ],
    }


def to_json(progress: Progress) -> bytes:
    """The document as UTF-8 text."""
    return json_text(document(progress)).encode()


def _unit(one: Asked, progress: Progress) -> dict[str, Any]:
    standing, version = one.standing, one.standing.version
    given = {act.role: event for event in standing.approvals if isinstance(act := event.act, Approved)}
    numbers = standing.candidates
    back = standing.returned
    return {
        "unit": one.unit.code,
        "name": one.unit.name,
        "level": one.level,
        "parent": one.unit.parent,
        "type": one.unit.type,
        "recipient": one.unit.recipient,
        "template": one.issue.template,
        "state": one.state.value,
        "overdue": one.overdue,
        "nil": standing.nil,
        "turn": one.turn,
        "reviews": [
            {
                "role": role,
                "title": progress.round.role_title(role).say(progress.round.lang),
                "at": given[role].at if role in given else None,
                "by": given[role].by if role in given else None,
            }
            for role in dict.fromkeys((*one.roles, *given))
        ],
        "submitted": _money(version.total if version else None),
        "total": _money(standing.total),
        "adjusted": one.adjusted,
        "added": one.added,
        "version": version.number if version else None,
        "versions": len(standing.versions),
        "errors": version.errors if version else None,
        "warnings": version.warnings if version else None,
        "receipt": version.event.receipt if version else None,
        "file": version.name if version else None,
        "issued": one.issued.number if one.issued else None,
        "issued_as": one.issued.file if one.issued else None,
        "filled_in": version.issue or None if version else None,
        "outdated": one.outdated,
        "records_changed": one.changed,
        "issued_at": standing.issues[-1].at if standing.issues else None,
        "received_at": version.event.at if version else None,
        "last_at": standing.history[-1].at if standing.history else None,
        "candidates": [{"version": number, "receipt": _receipt(standing, number)} for number in numbers],
        "late": [{"version": number, "receipt": _receipt(standing, number)} for number in standing.late],
        "returned": _returned(back) if back is not None else None,
    }


def _returned(event: Event) -> dict[str, Any] | None:
    act = event.act
    if not isinstance(act, Returned):
        return None
    words = {"comment": act.comment, "remarks": dict(act.remarks)}
    return {"role": act.role, "by": event.by, "at": event.at, **words}


def _refused(event: Event) -> dict[str, Any]:
    act = event.act
    if not isinstance(act, Refused):
        raise ValueError(f"{event.receipt} refuses no file")
    return {
        **{"file": act.name, "answer": act.answer, "codes": list(act.codes), "unit": act.unit},
        **{"template": act.template, "receipt": event.receipt, "at": event.at, "by": event.by},
    }


def _counts(tally: Tally) -> dict[str, int]:
    return {
        "units": tally.units,
        "asked": tally.asked,
        **{state.value: tally.states[state] for state in ORDER},
        "overdue": sum(tally.overdue.values()),
        "nil": tally.nil,
    }


def _sums(tally: Tally) -> list[dict[str, Any]]:
    return [
        {
            **{"template": one.template, "approved": from_fen(one.approved)},
            **{"provisional": from_fen(one.provisional), "without_total": one.unknown},
        }
        for one in tally.sums
    ]


def _receipt(standing: Standing, number: int) -> str:
    return standing.versions[number - 1].event.receipt


def _last(standing: Standing) -> Event:
    return (standing.version or standing.versions[-1]).event


def _money(fen: int | None) -> str | None:
    return None if fen is None else from_fen(fen)


def _yuan(fen: int | None) -> Cell:
    return "" if fen is None else Fraction(fen, 100)


def _minute(event: Event | None) -> str:
    return event.at[:16].replace("T", " ") if event else ""
