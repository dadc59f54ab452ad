"""The annotated copy: the unit's own entries written anew by the one writer, with notes on marked cells and a list of
what was found and remarked. Its scratch sheet and change log come along as values; what does not is named.

The returned file itself is never loaded, changed and saved: libraries drop what they do not know.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import isfinite
from pathlib import Path

from crmxl.catalogue import word
from crmxl.check.verdict import Report
from crmxl.errors import WriteError
from crmxl.expression import Value
from crmxl.files import slug
from crmxl.group.acts import Returned
from crmxl.issue.remarks import Aside, Carried
from crmxl.issue.workbook import Note, write
from crmxl.model import Finding, Key, Lang, Text, say
from crmxl.receive.submission import Content, ContentType
from crmxl.report.findings import SEVERITIES, place

_THERE = Text("（原文件 {place}）", "(in your file: {place}) ")
_NAME = Text("问题", "findings")
_REMARK, _REMARK_OF = Text("审核意见", "Remark"), Text("审核意见（{role}）", "Remark ({role})")
_ON_WHOLE = Text("整份预算", "The budget as a whole")
_REMEDY = Text(
    "请按审核意见在原文件中修改后重新提交；有不同意见请与审核部门联系。",
    "Change your own file accordingly and submit it again; if you disagree, ask the reviewers.",
)


def notes(report: Report, lang: Lang) -> list[Note]:
    """The findings as the remarks of an annotated copy; the place is named where the copy has no such cell."""
    return [_note(finding, report, lang) for finding in report.findings]


def remarks(report: Report, returned: Returned, lang: Lang, role: str = "") -> list[Note]:
    """What a reviewer said on returning the submission, as remarks of an annotated copy: on the whole, then key by key
    as they stand in the workbook. ``role`` is the reviewer's, as people call it.
    """
    layout = report.submission.layout
    order = {key: number for number, key in enumerate(layout.cells)} if layout is not None else {}
    by_place = sorted(returned.remarks.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))
    severity = (_REMARK_OF if role else _REMARK).say(lang).format(role=role)
    said = [("", _ON_WHOLE.say(lang), returned.comment)] if returned.comment else []
    said += [(key if key in order else "", report.submission.title(key) or key, text) for key, text in by_place]
    return [Note(key, severity, title, text, _REMEDY.say(lang)) for key, title, text in said]


def annotated(report: Report, remarks: Sequence[Note] = ()) -> bytes | None:
    """The copy of the workbook with reviewers' ``remarks`` and its findings, in the workbook's own language.

    None for a file with neither, or not known well enough to be written again: unreadable, or with a stamp that says
    what no workbook can hold, a deadline of 40,000 characters. That must not stop the other copies.
    """
    layout, stamp = report.submission.layout, report.submission.stamp
    if layout is None or stamp is None or not (report.findings or remarks):
        return None
    every = [*remarks, *notes(report, layout.lang)]
    carried = _carried(report, layout.lang)
    try:
        return write(layout, stamp.assignment, _returned(report), notes=every, carried=carried)
    except WriteError:
        return None


def copy_names(reports: Iterable[Report]) -> list[str]:
    """A file name for each report's copy, ``<name>-问题.xlsx``, good on any system; numbered where names are alike.

    The name is the returned file's own as ``slug`` has it, so that people find it again; no word of its content.
    """
    taken: dict[str, int] = {}
    names = []
    for report in reports:
        stem = slug(Path(report.submission.file).stem)
        alike = unicodedata.normalize("NFKC", stem).casefold()  # as Windows and macOS see it
        number = taken[alike] = taken.get(alike, 0) + 1
        lang = report.submission.layout.lang if report.submission.layout else "zh"
        names.append(f"{stem}-{_NAME.say(lang)}{f'-{number}' if number > 1 else ''}.xlsx")
    return names


def _note(finding: Finding, report: Report, lang: Lang) -> Note:
    worded = word(finding, lang, report.submission.file)
    layout = report.submission.layout
    known = layout is not None and finding.key in layout.cells
    there = place(finding)
    message = worded.message if known or not there else _THERE.say(lang).format(place=there) + worded.message
    return Note(
        key=finding.key if known else "",
        severity=SEVERITIES[finding.severity].say(lang),
        title=finding.place.title or worded.title,
        message=message,
        fix=worded.fix,
    )


def _returned(report: Report) -> dict[Key, Value]:
    """What the unit entered, numbers as numbers and everything else as the text that it typed."""
    submission = report.submission
    assert submission.layout is not None
    contents = ((cell.key, submission.contents.get(cell.key)) for cell in submission.layout.inputs)
    return {key: _typed(content) for key, content in contents if content is not None and content.text}


def _carried(report: Report, lang: Lang) -> Carried:
    beside = report.submission.beside
    return Carried(
        scratch=_asides(beside.scratch),
        log=_asides(beside.log),
        uncarried=[(one.where, say(one.what, lang)) for one in beside.uncarried],
        uncarried_count=beside.uncarried_count,
    )


def _asides(contents: Mapping[tuple[int, int], Content]) -> dict[tuple[int, int], Aside]:
    return {place: Aside(_typed(content), content.type is ContentType.DATE) for place, content in contents.items()}


def _typed(content: Content) -> Fraction | str:
    if content.type not in (ContentType.NUMBER, ContentType.DATE):
        return content.text
    try:
        number = float(content.text)
    except ValueError:
        return content.text
    # repr: the text may ask for 10 to the power of a billion, its double cannot.
    return Fraction(repr(number)) if isfinite(number) else content.text
