"""The chase list 催报: who still owes a budget, what is missing, and a text to send that says what to do next.

What waits for reviewers or is approved is nobody's debt. What the group itself has to do first, to issue a workbook or
to choose one of two, stands there too, addressed to the group.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from crmxl.group.acts import Returned
from crmxl.group.progress import Asked, Progress
from crmxl.group.standing import STATES, State
from crmxl.issue.book import Book
from crmxl.model import Lang, Text
from crmxl.report.board import Cell, as_text
from crmxl.report.board_page import close, head, table
from crmxl.report.board_words import comments, headline, why_returned
from crmxl.report.harmless import csv_bytes

COLUMNS: tuple[tuple[Text, int], ...] = (
    (Text("编码", "Code"), 10),
    (Text("预算单位", "Unit"), 20),
    (Text("收件人", "Recipient"), 26),
    (Text("模板", "Template"), 16),
    (Text("状态", "State"), 14),
    (Text("欠什么", "What is missing"), 30),
    (Text("由谁处理", "Who acts"), 10),
    (Text("截止", "Deadline"), 12),
    (Text("逾期天数", "Days late"), 9),
    (Text("催报内容", "Text to send"), 66),
)
_NAME = Text("催报", "Chase list")
_TITLE = Text("{round} 催报", "{round}: chase list")
_COUNTED = Text("需要催报 {count} 份", "Owed: {count}")
_UNIT, _GROUP = Text("单位", "Unit"), Text("集团", "Group")
_NOT_SENT = Text("尚未提交", "Not submitted")
_NOT_ISSUED = Text("工作簿尚未下发", "The workbook has not been issued")
_UNCHOSEN = Text("收到 {count} 份不同的文件，待选定", "{count} different files came in; one is to be chosen")

_HELLO = Text("{unit}：您好。", "Dear colleagues of {unit}: ")
_WHAT = Text("{round}的“{template}”", "“{template}” of {round}")
_DUE = Text("应于 {deadline}（含当日）前提交。", " is due by {deadline}. ")
_LATE = Text("应于 {deadline}（含当日）前提交，已逾期 {days} 天。", " was due by {deadline} (days late: {days}). ")
_WORDS = Text("的提交截止为：{deadline}。", " is due: {deadline}. ")
_NO_DAY = Text("：", ": ")
_NOTHING_YET = Text(
    "我们还没有收到。请填好下发的工作簿 {file}，通过其中的“校验”后尽快报送；"
    "如果没有此项预算，请书面回复零申报并说明理由。",
    "We have not received it yet. Please fill in the workbook {file} that was issued to you, see that its checks pass, "
    "and send it as soon as you can. If you have nothing to budget, please reply with an explicit nil return and the "
    "reason.",
)
_SENT_BACK = Text(
    "第 {version} 版已由{role}退回，意见：{words}。请在贵单位自己的文件中修改后尽快重新报送。",
    "Version {version} was returned by {role}, who wrote: {words}. Please correct your own file and send it again as "
    "soon as you can.",
)
_FAILED = Text(
    "第 {version} 版校验有 {count} 个错误，不能受理。请按退回的问题清单在贵单位自己的文件中逐项改正后尽快重新报送。",
    "Version {version} has errors ({count}) and cannot be accepted. Please correct them in your own file, by the list "
    "that was sent back to you, and send it again as soon as you can.",
)
_NEWER = Text(
    "另已下发新的工作簿 {file}（V{number}），请以它为准填报。",
    " A newer workbook, {file} (V{number}), has been issued: please fill in that one.",
)
_ISSUE_FIRST = Text(
    "{what}还没有下发给{unit}。请先下发：crmxl distribute --only {code}，再发给 {recipient}。",
    "{what} has not been issued to {unit}. Issue it first, crmxl distribute --only {code}, and send it to {recipient}.",
)
_CHOOSE = Text(
    "{unit} 一次交来{what}的 {count} 份不同文件（{receipts}）。请与{recipient}确认以哪一份为准，再选定："
    "crmxl choose {code} 版本号 --reason 理由。",
    "{unit} sent {count} different files of {what} at once ({receipts}). Ask {recipient} which one is meant, then "
    "choose it: crmxl choose {code} VERSION --reason REASON.",
)
_CONTACT = Text("如有疑问，请联系 {contact}。谢谢。", " If you have questions, please ask {contact}. Thank you.")
_THANKS = Text("谢谢。", " Thank you.")
_VERSION = Text("第 {version} 版 {receipt}", "version {version} {receipt}")
_AND = Text("、", ", ")


@dataclass(frozen=True, slots=True)
class Owed:
    """A budget that somebody still owes."""

    asked: Asked
    missing: str
    """What is missing, in the reader's language."""
    by_group: bool
    """Whether the group has to act first, not the unit."""
    days_late: int
    """After the deadline; 0 before it, or where it is no day."""
    text: str
    """To send, in the round's language; where the group has to act, what it has to do."""


def owed(progress: Progress, lang: Lang) -> tuple[Owed, ...]:
    """What is missing, returned or to be chosen, in tree order."""
    return tuple(_owed(progress, lang))


def to_csv(progress: Progress, lang: Lang) -> bytes:
    """The list as CSV that Excel opens as it is, and of which it runs nothing."""
    rows = ([as_text(cell) for cell in _cells(one, progress, lang)] for one in owed(progress, lang))
    return csv_bytes([title.say(lang) for title, _ in COLUMNS], rows)


def to_workbook(progress: Progress, lang: Lang) -> bytes:
    """The list as .xlsx; the same board on the same day gives the same bytes."""
    book = Book(cut=True)
    title = _TITLE.say(lang).format(round=progress.round.shown)
    rows = [_cells(one, progress, lang) for one in owed(progress, lang)]
    notes = [f"{progress.today.isoformat()} · {headline(progress, lang)}", _COUNTED.say(lang).format(count=len(rows))]
    page = head(book, _NAME.say(lang), title, notes)
    last = table(page, 5, [(text.say(lang), width) for text, width in COLUMNS], rows)
    close(page, title, _NAME.say(lang), lang, (5, 2), (last, len(COLUMNS)), sum(width for _, width in COLUMNS))
    book.properties(title, {})
    book.open_at(page)
    return book.close()


def _cells(one: Owed, progress: Progress, lang: Lang) -> tuple[Cell, ...]:
    asked = one.asked
    return (
        *(asked.unit.code, asked.unit.name, asked.unit.recipient, asked.issue.name or asked.issue.template),
        *(STATES[asked.state].say(lang), one.missing, (_GROUP if one.by_group else _UNIT).say(lang)),
        *(progress.round.deadline, one.days_late or "", one.text),
    )


def _owed(progress: Progress, lang: Lang) -> Iterator[Owed]:
    passed = max(0, -(progress.days_left or 0))
    for one in progress.asked:
        days = passed if one.overdue else 0
        match one.state:
            case State.MISSING if one.issued is None:
                yield Owed(one, _NOT_ISSUED.say(lang), True, days, _to_group(_ISSUE_FIRST, one, progress))
            case State.MISSING:
                yield Owed(one, _NOT_SENT.say(lang), False, days, _to_unit(one, progress, days))
            case State.RETURNED:
                yield Owed(one, why_returned(one, progress, lang), False, days, _to_unit(one, progress, days))
            case State.BLOCKED:
                missing = _UNCHOSEN.say(lang).format(count=len(one.standing.candidates))
                yield Owed(one, missing, True, days, _to_group(_CHOOSE, one, progress))


def _to_unit(one: Asked, progress: Progress, days: int) -> str:
    """A complete text in the round's language, with what to do next."""
    round, lang = progress.round, progress.round.lang
    due = _NO_DAY if not round.deadline else _WORDS if progress.deadline is None else _LATE if days else _DUE
    contact = _CONTACT if round.contact else _THANKS
    return "".join(
        (
            _HELLO.say(lang).format(unit=one.unit.name),
            _what(one, progress),
            due.say(lang).format(deadline=round.deadline, days=days),
            _next_step(one, progress),
            _NEWER.say(lang).format(file=one.issued.file, number=one.issued.number)
            if one.outdated and one.issued
            else "",
            contact.say(lang).format(contact=round.contact),
        )
    )


def _next_step(one: Asked, progress: Progress) -> str:
    lang, version, back = progress.round.lang, one.standing.version, one.standing.returned
    if version is None:
        return _NOTHING_YET.say(lang).format(file=one.issued.file if one.issued else "")
    if back is None or not isinstance(back.act, Returned):
        return _FAILED.say(lang).format(version=version.number, count=version.errors)
    return _SENT_BACK.say(lang).format(
        version=version.number,
        role=progress.round.role_title(back.act.role).say(lang),
        words=comments(back.act, lang) or "—",
    )


def _to_group(text: Text, one: Asked, progress: Progress) -> str:
    """What the group has to do before the unit can do anything."""
    lang, standing = progress.round.lang, one.standing
    versions = [standing.versions[number - 1] for number in standing.candidates]
    receipts = (_VERSION.say(lang).format(version=one.number, receipt=one.event.receipt) for one in versions)
    return text.say(lang).format(
        what=_what(one, progress),
        unit=one.unit.name,
        code=one.unit.code,
        recipient=one.unit.recipient or one.unit.name,
        count=len(versions),
        receipts=_AND.say(lang).join(receipts),
    )


def _what(one: Asked, progress: Progress) -> str:
    round = progress.round
    name = round.shown
    return _WHAT.say(round.lang).format(round=name, template=one.issue.name or one.issue.template)
