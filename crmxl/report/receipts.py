"""Receipts for people and programs: a line for every file that came in, and what happens next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crmxl.group.answers import ON_RECORD, WORDS, Answer
from crmxl.group.intake import Receipt
from crmxl.model import Lang, Text
from crmxl.money import from_fen, round_fen, show
from crmxl.report.findings import finding_record
from crmxl.report.tables import indented, print_table
from crmxl.signs import visible

if TYPE_CHECKING:
    from rich.console import Console

_FILE, _TEMPLATE = Text("文件", "File"), Text("模板", "Template")
_HEADERS = (
    Text("结果", "Answer"),
    Text("预算单位", "Unit"),
    Text("版次", "Version"),
    Text("总额（元）", "Total (yuan)"),
    Text("回执", "Receipt"),
)
_COUNTED = Text("{answer} {count}", "{answer}: {count}")
_FILES = Text("共 {count} 个文件：", "{count} files: ")
_SEMICOLON = Text("；", "; ")
SETTLED = frozenset({Answer.ACCEPTED, Answer.RETURNED, Answer.SAME, Answer.SUPERSEDED})
"""Answers of which the table, or the findings above it, say everything; the others are told in words."""


def print_receipts(to: Console, receipts: Sequence[Receipt], lang: Lang) -> None:
    """A row for each file, what is to be done about those that need it, and a count of the answers."""
    several = len({one.template for one in receipts if one.version}) > 1
    headers = [_FILE, *((_TEMPLATE,) if several else ()), *_HEADERS]
    rows = [
        (
            visible(one.file).replace("\\", "/").rpartition("/")[2],
            *((one.kind or one.template,) if several else ()),
            WORDS[one.answer].say(lang),
            one.unit_name or one.unit,
            str(one.version or ""),
            _total(one),
            one.event.receipt if one.event else "",
        )
        for one in receipts
    ]
    money = len(headers) - 2
    print_table(to, [header.say(lang) for header in headers], rows, right=(money, money + 1))
    for one in receipts:
        if one.answer not in SETTLED:
            to.print(indented(one.why.say(lang), f"{visible(one.file)}: ", to.width), soft_wrap=True)
    number = Counter(one.answer for one in receipts)
    counts = (
        _COUNTED.say(lang).format(answer=WORDS[answer].say(lang), count=number[answer])
        for answer in Answer
        if number[answer]
    )
    to.print(_FILES.say(lang).format(count=len(receipts)) + _SEMICOLON.say(lang).join(counts), soft_wrap=True)


def receipts_json(receipts: Sequence[Receipt], lang: Lang) -> list[dict[str, Any]]:
    """The receipts for programs; money as decimal strings."""
    return [
        {
            "file": one.file,
            "answer": one.answer.value,
            "why": one.why.say(lang),
            "unit": one.unit,
            "unit_name": one.unit_name,
            "template": one.template,
            "version": one.version or None,
            "receipt": one.event.receipt if one.event else None,
            "at": one.event.at if one.event else None,
            "total": _fen(one),
            "verdict": one.report.verdict.value if one.report else None,
            "findings": [finding_record(found, one.report, lang) for found in one.report.findings]
            if one.report
            else [],
        }
        for one in receipts
    ]


def _total(receipt: Receipt) -> str:
    report = receipt.report
    return show(report.total) if report and receipt.answer in ON_RECORD and report.total is not None else ""


def _fen(receipt: Receipt) -> str | None:
    report = receipt.report
    return from_fen(round_fen(report.total)) if report and report.total is not None else None
