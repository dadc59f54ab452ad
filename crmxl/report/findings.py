"""Findings as data: the words for verdicts and severities, the JSON document and the CSV.

The JSON document is a contract (``schemas/findings.schema.json``). For people at a terminal see ``findings_text.py``,
as a workbook ``findings_workbook.py``, as the unit's own workbook with marks ``findings_copy.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from crmxl.catalogue import name_of, word
from crmxl.check.verdict import Report, Verdict
from crmxl.model import Finding, Lang, Severity, Text
from crmxl.money import decimal_text
from crmxl.report.harmless import clean as clean
from crmxl.report.harmless import csv_bytes, json_text
from crmxl.report.harmless import inert as inert

SEVERITIES: Mapping[Severity, Text] = {
    Severity.ERROR: Text("错误", "Error"),
    Severity.WARNING: Text("警告", "Warning"),
    Severity.INFO: Text("提示", "Note"),
}
"""Worst first."""
VERDICTS: Mapping[Verdict, Text] = {
    Verdict.OK: Text("通过", "Passed"),
    Verdict.WARNINGS: Text("有警告", "Warnings"),
    Verdict.ERRORS: Text("不通过", "Failed"),
    Verdict.UNREADABLE: Text("无法读取", "Unreadable"),
}
"""Best first."""
COLUMNS = (
    Text("文件", "File"),
    Text("模板", "Template"),
    Text("预算单位", "Unit"),
    Text("结论", "Verdict"),
    Text("总额（元）", "Total (yuan)"),
    Text("级别", "Severity"),
    Text("代码", "Code"),
    Text("工作表", "Sheet"),
    Text("单元格", "Cell"),
    Text("项目", "Item"),
    Text("问题", "Finding"),
    Text("怎么改", "What to do"),
    Text("实际", "Found"),
    Text("应为", "Expected"),
    Text("键", "Key"),
)
"""Headers of the CSV, a finding a row; a file without findings has a row too."""


def document(reports: Sequence[Report], lang: Lang) -> dict[str, Any]:
    """What ``validate --format json`` prints: a record a file, in the order given; money as decimal strings."""
    return {"files": [_file(report, lang) for report in reports]}


def to_json(reports: Sequence[Report], lang: Lang) -> bytes:
    """The document as UTF-8 text."""
    return json_text(document(reports, lang)).encode()


def to_csv(reports: Sequence[Report], lang: Lang) -> bytes:
    """The findings as CSV that Excel opens as it is: UTF-8 with a mark, and no cell that it would run as a formula.

    Amounts stay numbers, negative ones too (``inert`` leaves a plain number alone).
    """
    rows = []
    for report in reports:
        total = "" if report.total is None else decimal_text(report.total)
        verdict = VERDICTS[report.verdict].say(lang)
        of_file = report.submission.file, template_name(report), report.unit_name, verdict, total
        rows += [(*of_file, *_cells(finding, report, lang)) for finding in report.findings or (None,)]
    return csv_bytes([column.say(lang) for column in COLUMNS], rows)


def template_name(report: Report) -> str:
    """Id and version of the template, as the workbook says; empty where it says nothing."""
    stamp = report.submission.stamp
    return f"{stamp.template}@{stamp.version}" if stamp else ""


def counts(report: Report) -> Counter[Severity]:
    """How many findings of each severity."""
    return Counter(finding.severity for finding in report.findings)


def place(finding: Finding) -> str:
    """Where a finding stands, ``费用预算!C8``; the sheet alone, or nothing, where there is no cell."""
    return "!".join(filter(None, (finding.place.sheet, finding.place.cell)))


def _file(report: Report, lang: Lang) -> dict[str, Any]:
    return {
        "file": report.submission.file,
        "template": template_name(report),
        "unit": report.unit,
        "unit_name": report.unit_name,
        "verdict": report.verdict.value,
        "total": None if report.total is None else decimal_text(report.total),
        "findings": [finding_record(finding, report, lang) for finding in report.findings],
    }


def finding_record(finding: Finding, report: Report, lang: Lang) -> dict[str, str]:
    """A finding of ``report`` for programs, as ``validate --format json`` has it."""
    worded = word(finding, lang, report.submission.file)
    return {
        "code": finding.code,
        "name": name_of(finding),
        "severity": finding.severity.value,
        "sheet": finding.place.sheet,
        "cell": finding.place.cell,
        "title": finding.place.title,
        "key": finding.key,
        "message": worded.message,
        "fix": worded.fix,
        "found": worded.found,
        "expected": worded.expected,
    }


def _cells(finding: Finding | None, report: Report, lang: Lang) -> tuple[str, ...]:
    """The part of a CSV row that is about the finding."""
    if finding is None:
        return ("",) * (len(COLUMNS) - 5)
    worded = word(finding, lang, report.submission.file)
    where = finding.place
    return (
        *(SEVERITIES[finding.severity].say(lang), finding.code, where.sheet, where.cell, where.title or worded.title),
        *(worded.message, worded.fix, worded.found, worded.expected, finding.key),
    )
