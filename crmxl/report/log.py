"""What happened in a round, event by event, for people and programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crmxl.check.verdict import Verdict
from crmxl.group.acts import (
    Act,
    Approved,
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
from crmxl.group.answers import WORDS, Answer
from crmxl.model import Lang, Text
from crmxl.money import from_fen, show_fen
from crmxl.report.findings import VERDICTS
from crmxl.report.tables import indented
from crmxl.signs import visible

if TYPE_CHECKING:
    from rich.console import Console

ACTS: Mapping[str, Text] = {
    Issued.kind: Text("下发", "Issued"),
    Received.kind: Text("收到", "Received"),
    Refused.kind: Text("未收", "Refused"),
    Nil.kind: Text("零申报", "Nil return"),
    Chosen.kind: Text("选定版本", "Version chosen"),
    Rechecked.kind: Text("重新校验", "Checked again"),
    Approved.kind: Text("通过", "Approved"),
    Returned.kind: Text("退回", "Returned"),
    Reopened.kind: Text("重新打开", "Reopened"),
    Consolidated.kind: Text("汇总", "Consolidated"),
}
"""How people call what happened."""
_COMMA = Text("，", ", ")
_VERSION = Text("第 {number} 版", "version {number}")
_TOTAL = Text("{total} 元", "{total} yuan")
_CHANGES = Text("调整 {number} 处", "{number} adjustments")
_REMARKS = Text("意见 {number} 条", "{number} remarks")
_FINAL = Text("末审", "final")
_UP_TO = Text("按第 {number} 条记录", "as of event {number}")


def print_log(to: Console, events: Sequence[Event], lang: Lang) -> None:
    """Two lines for each event, in order: receipt, time and who; then what happened to whom."""
    for event in events:
        act = event.act
        whom = " ".join(filter(None, (getattr(act, "unit", ""), getattr(act, "template", ""))))
        what = " ".join(filter(None, (whom, _COMMA.say(lang).join(filter(None, _details(act, lang))))))
        when = event.at.replace("T", " ")
        to.print(visible(f"{event.receipt}  {when}  {event.by}"), soft_wrap=True)
        to.print(indented(what, f"  {ACTS[act.kind].say(lang)}  ", to.width), soft_wrap=True)


def event_record(event: Event) -> dict[str, Any]:
    """An event for programs: the act's own fields, money as decimal strings."""
    act = json.loads(to_json(event.act))
    if act.get("total") is not None:
        act["total"] = from_fen(act["total"])
    for change in act.get("changes", ()):
        change["change"] = from_fen(change["change"])
    said = {"receipt": event.receipt, "position": event.position, "at": event.at, "by": event.by}
    return {**said, "kind": event.act.kind, **act}


def _details(act: Act, lang: Lang) -> Iterator[str]:
    """What is to be said of an act beside its name, unit and template."""
    if isinstance(act, Issued):
        yield f"V{act.number}"
        yield act.file
    elif isinstance(act, Refused):
        yield WORDS[Answer(act.answer)].say(lang) if act.answer in set(Answer) else act.answer
        yield act.name
    elif isinstance(act, Consolidated):
        yield _UP_TO.say(lang).format(number=act.position)
        yield act.form
    else:
        yield _VERSION.say(lang).format(number=act.version)
        yield from _of_version(act, lang)


def _of_version(act: Received | Nil | Chosen | Rechecked | Approved | Returned | Reopened, lang: Lang) -> Iterator[str]:
    if isinstance(act, Received | Rechecked):
        yield VERDICTS[Verdict(act.verdict)].say(lang)
    if isinstance(act, Approved | Returned):
        yield act.role
    if isinstance(act, Approved):
        yield _FINAL.say(lang) if act.final else ""
        yield _CHANGES.say(lang).format(number=len(act.changes)) if act.changes else ""
    if isinstance(act, Received | Rechecked | Approved) and act.total is not None:
        yield _TOTAL.say(lang).format(total=show_fen(act.total))
    if isinstance(act, Returned):
        yield _REMARKS.say(lang).format(number=len(act.remarks)) if act.remarks else ""
    if isinstance(act, Received):
        yield act.name
    yield act.comment if isinstance(act, Approved | Returned) else getattr(act, "reason", "")
