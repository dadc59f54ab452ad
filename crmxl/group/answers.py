"""Whose a returned workbook is, and what is said of one that is no submission of the round. Pure: told by its stamp,
the round's records and what was issued, never by its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crmxl.check.verdict import Report
from crmxl.define.round import Round
from crmxl.group.acts import Issued
from crmxl.group.standing import Board, Keys
from crmxl.issue.stamp import Stamp, signed_by
from crmxl.model import Lang, Severity, Text
from crmxl.receive.identity import FIELDS


class Answer(StrEnum):
    """What a file that came in is told to be."""

    ACCEPTED = "accepted"
    RETURNED = "returned"
    BLOCKED = "blocked"
    LATE = "late"
    SAME = "same"
    SUPERSEDED = "superseded"
    UNREADABLE = "unreadable"
    FOREIGN = "foreign"
    COPY = "copy"
    OTHER_ROUND = "other-round"
    OTHER_UNIT = "other-unit"
    OLD_VERSION = "old-version"
    ALTERED = "altered"


WORDS: Mapping[Answer, Text] = {
    Answer.ACCEPTED: Text("收妥，待审", "Received"),
    Answer.RETURNED: Text("有错误，退回", "Errors, returned"),
    Answer.BLOCKED: Text("同时收到不同文件，待选定", "Different files at once"),
    Answer.LATE: Text("单位已通过，留存未用", "Unit is approved; kept aside"),
    Answer.SAME: Text("已收过", "Received before"),
    Answer.SUPERSEDED: Text("已收过，后有新版", "Received before, since replaced"),
    Answer.UNREADABLE: Text("无法读取", "Unreadable"),
    Answer.FOREIGN: Text("不是本系统的工作簿", "Not a workbook of ours"),
    Answer.COPY: Text("是退回的标注副本", "An annotated copy"),
    Answer.OTHER_ROUND: Text("是其他轮次的", "Another round's"),
    Answer.OTHER_UNIT: Text("是其他单位的", "Another unit's"),
    Answer.OLD_VERSION: Text("是旧版", "An old version"),
    Answer.ALTERED: Text("标识不是集团签发的", "Not stamped by the group"),
}
"""How people call them."""
ON_RECORD = frozenset({Answer.ACCEPTED, Answer.RETURNED, Answer.BLOCKED, Answer.LATE})
"""Answers to files that became versions."""
_LANGS: tuple[Lang, Lang] = ("zh", "en")
_DEADLINE_ONLY = frozenset({"deadline", "contact", "lang", "unit_name"})
"""Stamp fields of which a change leaves an issued workbook good."""
_FOREIGN = Text(
    "工作簿没有本系统的标识。请在集团下发的工作簿中填写后提交。",
    "It carries no stamp of ours. Fill in and submit the workbook that the group issued.",
)
_UNREADABLE = Text("文件读不出来，原因见所列问题。", "It cannot be read; see its findings.")
_COPY = Text(
    "这是带“问题清单”的标注副本，不是上报文件。请在自己的原文件中改正后提交。",
    "This is the annotated copy with its list of findings. Correct your own file and submit that.",
)
_ROUND = Text(
    "标识写的是 {found}，本轮次是 {expected}。请提交本轮次下发的工作簿。",
    "It was issued for {found}; this round is {expected}. Submit the workbook of this round.",
)
_NO_UNIT = Text(
    "标识写的单位 {found} 不在本轮次的单位表中。请核对是否发错。",
    "It was issued to unit {found}, which is not in this round. Was it sent by mistake?",
)
_NOT_ASKED = Text(
    "本轮次没有要求单位 {found} 填报模板 {expected}。请核对是否发错。",
    "This round does not ask unit {found} for template {expected}. Was it sent by mistake?",
)
_SENDER = Text(
    "交来的单位是 {expected}，工作簿却是发给 {found} 的。请填报发给本单位的那份。",
    "{expected} sent it, but it was issued to {found}. Fill in the workbook of your own unit.",
)
_OLD_TEMPLATE = Text(
    "用的是旧版模板 {found}，本轮次用 {expected}。可用 crmxl migrate 把已填内容转到新版。",
    "It was filled in {found}; this round has {expected}. crmxl migrate carries the entries to the new version.",
)
_OLD_ISSUE = Text(
    "填的是第 {found} 版下发件，集团已下发第 {expected} 版（变化：{changed}）。请在新版中填报，"
    "或用 crmxl migrate 转过去。",
    "It is workbook V{found}; the group has issued V{expected} since ({changed}). Fill in that one, or carry the "
    "entries over with crmxl migrate.",
)
_SIGNATURE = Text(
    "标识的签名与集团下发时不符，内容可能被改动。请在集团下发的原文件中填报。",
    "Its stamp is not signed by the group; it may have been altered. Fill in the workbook that the group issued.",
)


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a file."""

    answer: Answer
    why: Text


def whose(report: Report, round: Round, board: Board, sender: str = "") -> Told | Keys:
    """Unit and template id of a submission of this round; of anything else what it is told."""
    stamp = report.submission.stamp
    codes = {one.code for one in report.findings if one.severity is Severity.ERROR}
    if stamp is None:
        foreign = bool(codes) and all(code.startswith("I") for code in codes)
        answer, why = (Answer.FOREIGN, _FOREIGN) if foreign else (Answer.UNREADABLE, _UNREADABLE)
        return Told(answer, why)
    given = stamp.assignment
    if stamp.annotated:
        return Told(Answer.COPY, _COPY)
    issued_for = given.round, given.stage, str(given.year)
    if issued_for != (round.name, round.stage, str(round.year)):
        words = {"found": " ".join(filter(None, issued_for)) or "—", "expected": f"{round.name} {round.year}"}
        return Told(Answer.OTHER_ROUND, _ROUND.filled(**words))
    if given.unit not in round.by_code:
        return Told(Answer.OTHER_UNIT, _NO_UNIT.filled(found=given.unit or "—"))
    if not round.asks(given.unit, stamp.template):
        words = {"found": given.unit, "expected": stamp.template}
        return Told(Answer.OTHER_UNIT, _NOT_ASKED.filled(**words))
    if round.key and not signed_by(stamp, round.key):
        return Told(Answer.ALTERED, _SIGNATURE)
    if sender and sender != given.unit:
        words = {"found": round.unit(given.unit).name, "expected": round.unit(sender).name}
        return Told(Answer.OTHER_UNIT, _SENDER.filled(**words))
    if old := _older(report, stamp, round, board):
        return Told(Answer.OLD_VERSION, old)
    if report.submission.layout is None:
        return Told(Answer.UNREADABLE, _UNREADABLE)
    return given.unit, stamp.template


def _older(report: Report, stamp: Stamp, round: Round, board: Board) -> Text | None:
    """What to say of a workbook in place of which another one was issued."""
    name = f"{stamp.template}@{stamp.version}"
    own = next(one for one in round.templates if one.partition("@")[0] == stamp.template)
    if name != own:
        return _OLD_TEMPLATE.filled(found=name, expected=own)
    issues = board.at(stamp.assignment.unit, stamp.template).issued
    number = number_of(issues, stamp)
    later = {field for act in issues[number:] for field in act.changed} - _DEADLINE_ONLY
    if not number or not later:
        return None
    names = [_titled(report, field) for field in sorted(later)]
    zh, en = (("、", ", ")[at].join(dict.fromkeys(name.say(lang) for name in names)) for at, lang in enumerate(_LANGS))
    words = {"found": number, "expected": issues[-1].number}
    return Text(_OLD_ISSUE.zh.format(**words, changed=zh), _OLD_ISSUE.en.format(**words, changed=en))


def _titled(report: Report, field: str) -> Text:
    """A field of the stamp as people call it: an issued figure by its title in the workbook."""
    kind, _, name = field.partition(".")
    layout = report.submission.layout
    if name and kind in ("parameters", "prefilled") and layout is not None:
        title = report.submission.title(name if "@" in name else f"{name}@value")
        return Text(title or name, title or name)
    return FIELDS.get(kind, Text(field, field))


def number_of(issues: Sequence[Issued], stamp: Stamp) -> int:
    """Number of the issued workbook with this stamp's signature, the newest such; 0 where there is none."""
    return next((act.number for act in reversed(issues) if act.signature and act.signature == stamp.signature), 0)
