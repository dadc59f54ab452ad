"""Where every unit stands, in words: states, whose turn it is, reviews, remarks, counts, deadline and totals."""

from __future__ import annotations

from collections.abc import Sequence

from crmxl.define.round import Unit
from crmxl.group.acts import Approved, Returned
from crmxl.group.progress import Asked, Progress, Sum, Tally
from crmxl.group.standing import STATES, State
from crmxl.model import Lang, Text
from crmxl.money import show_fen

APPROVED_SUM, PROVISIONAL_SUM = Text("核定（元）", "Approved (yuan)"), Text("暂计，含待审（元）", "Provisional (yuan)")
ORDER = (State.APPROVED, State.RECEIVED, State.BLOCKED, State.RETURNED, State.MISSING)
"""States from the end to the beginning, as people count them."""
OVERDUE, NIL = Text("逾期", "Overdue"), Text("零申报", "Nil return")
_UNITS, _BUDGETS = (
    Text("{units} 个单位", "{units} units"),
    Text("{units} 个单位、{asked} 份", "{units} units, {asked} budgets"),
)
_LATE = Text("（其中逾期 {count}）", " ({count} overdue)")
_OF_THESE_NIL = Text("；其中零申报 {count}", "; of these nil returns: {count}")
_DEADLINE = Text("截止 {deadline}", "due {deadline}")
_LEFT, _TODAY, _PASSED = (
    Text("（还有 {days} 天）", " (days left: {days})"),
    Text("（今天）", " (today)"),
    Text("（已过 {days} 天）", " (days past: {days})"),
)
_SUM = Text(
    "{template}：核定 {approved} 元；连同待审，暂计 {provisional} 元",
    "{template}: approved {approved} yuan; provisional, with what is under review, {provisional} yuan",
)
_UNKNOWN = Text("；另有 {count} 份有错误或总额无法计算，未计", "; {count} more with errors or no total, not counted")
_UNIT_TURN, _ISSUING, _CHOOSING = (
    Text("单位", "The unit"),
    Text("集团（下发）", "The group: issue"),
    Text("集团（选定）", "The group: choose"),
)
_GIVEN = Text("{role}：通过，{by}，{day}", "{role}: approved, {by}, {day}")
_WAITING = Text("{role}：待审", "{role}: to review")
_LATER = Text("{role}：—", "{role}: —")
_ADJUSTED = Text("已调整，上报数 {total}", "Adjusted; submitted {total}")
_NEWER = Text("已另下发 V{issued}，收到的是 V{version}", "V{issued} is out; what came back is V{version}")
_NEWER_UNKNOWN = Text("收到之后又下发了 V{issued}", "V{issued} was issued after it came in")
_CHANGED = Text("轮次记录已变，请 recheck", "The round's records have changed: recheck")
_FAULTY = Text("已通过，但现有 {count} 个错误", "Approved, yet with errors now: {count}")
_WAITING_LATE = Text("通过后又收到第 {versions} 版，未采用", "Came in after approval and waits: version {versions}")
_CANDIDATES = Text("同时收到第 {versions} 版，请选定", "Came in at once, choose one: version {versions}")
_REPEATS = Text("与下级重复，只核对不加总", "Repeats the units below: compared, not added")
_BY_CHECK = Text("校验有 {count} 个错误", "Errors found by the check: {count}")
_NO_TOTAL = Text("总额无法计算", "Its total cannot be computed")
_REMARK = Text("{role} 退回（{by}，{day}）：{words}", "Returned by {role} ({by}, {day}): {words}")
_WORDLESS = Text("未写意见", "no comment")
_COMMA, STOP, _BETWEEN = Text("，", ", "), Text("；", "; "), Text("、", ", ")


def state_words(one: Asked, lang: Lang) -> str:
    """The state, with 逾期 and 零申报 beside it where they hold."""
    more = (text for text, holds in ((OVERDUE, one.overdue), (NIL, one.standing.nil)) if holds)
    return " · ".join((STATES[one.state].say(lang), *(text.say(lang) for text in more)))


def turn_words(one: Asked, progress: Progress, lang: Lang) -> str:
    """Who has to act next; empty where nobody has to."""
    match one.state:
        case State.RECEIVED:
            return progress.round.role_title(one.turn).say(lang) if one.turn else ""
        case State.BLOCKED:
            return _CHOOSING.say(lang)
        case State.MISSING:
            return (_UNIT_TURN if one.issued else _ISSUING).say(lang)
        case State.RETURNED:
            return _UNIT_TURN.say(lang)
    return ""


def summary(tally: Tally, lang: Lang) -> str:
    """``60 个单位：通过 41，已交待审 12，退回 3，未交 4（其中逾期 4）``."""
    counted = (_UNITS if tally.units == tally.asked else _BUDGETS).say(lang)
    parts = []
    for state in ORDER:
        if tally.states[state]:
            late = _LATE.say(lang).format(count=tally.overdue[state]) if tally.overdue[state] else ""
            parts.append(f"{STATES[state].say(lang)} {tally.states[state]}{late}")
    nil = _OF_THESE_NIL.say(lang).format(count=tally.nil) if tally.nil else ""
    head = counted.format(units=tally.units, asked=tally.asked)
    return head + _colon(lang) + _COMMA.say(lang).join(parts) + nil if parts else head


def headline(progress: Progress, lang: Lang) -> str:
    """The round, its stage and its deadline with the days left."""
    round = progress.round
    return " · ".join(filter(None, (round.shown, deadline_words(progress, lang))))


def deadline_words(progress: Progress, lang: Lang) -> str:
    """``截止 2025-11-30（还有 4 天）``; empty where the round has none."""
    if not progress.round.deadline:
        return ""
    days = progress.days_left
    words = _DEADLINE.say(lang).format(deadline=progress.round.deadline)
    if days is None:
        return words
    return words + (_LEFT if days > 0 else _PASSED if days else _TODAY).say(lang).format(days=abs(days))


def sum_words(sum: Sum, progress: Progress, lang: Lang) -> str:
    """Both totals of a template in one line."""
    words = _SUM.say(lang).format(
        template=short_name(progress, sum.template),
        approved=show_fen(sum.approved),
        provisional=show_fen(sum.provisional),
    )
    return words + (_UNKNOWN.say(lang).format(count=sum.unknown) if sum.unknown else "")


def named(unit: Unit) -> str:
    """Name and code; the name alone where they are the same."""
    return unit.name if unit.name == unit.code else f"{unit.name} {unit.code}"


def short_name(progress: Progress, template: str) -> str:
    """What the round calls the template ``id@version``; the template itself where it has no name for that version."""
    return next(
        (one.issue.name for one in progress.asked if one.issue.template == template and one.issue.name), template
    )


def review_words(one: Asked, progress: Progress, lang: Lang) -> str:
    """Every role with who approved and when, or that it has to; empty where nothing is reviewed."""
    if one.state not in (State.RECEIVED, State.APPROVED):
        return ""
    given = {act.role: event for event in one.standing.approvals if isinstance(act := event.act, Approved)}
    words = []
    for role in dict.fromkeys((*one.roles, *given)):
        text = _GIVEN if role in given else _WAITING if role == one.turn else _LATER
        by, day = (given[role].by, given[role].at[:10]) if role in given else ("", "")
        words.append(text.say(lang).format(role=progress.round.role_title(role).say(lang), by=by, day=day))
    return STOP.say(lang).join(words)


def remarks(one: Asked, progress: Progress, lang: Lang) -> tuple[str, ...]:
    """Whatever else is to be known of a budget, each in a short phrase."""
    standing, version = one.standing, one.standing.version
    found: list[str] = []

    def say(text: Text, holds: object = True, **values: object) -> None:
        if holds:
            found.append(text.say(lang).format(**values))

    say(_CANDIDATES, standing.candidates, versions=_numbers(standing.candidates, lang))
    if version is not None:
        if one.state is State.RETURNED:
            found.append(why_returned(one, progress, lang))
        say(_FAULTY, one.state is State.APPROVED and version.blocked, count=version.errors)
        say(_ADJUSTED, one.adjusted, total="—" if version.total is None else show_fen(version.total))
        say(_NO_TOTAL, standing.total is None and not version.blocked)
        if one.outdated and one.issued:
            say(_NEWER if version.issue else _NEWER_UNKNOWN, issued=one.issued.number, version=version.issue)
    say(_CHANGED, one.changed)
    say(_WAITING_LATE, standing.late, versions=_numbers(standing.late, lang))
    say(_REPEATS, not one.added)
    return tuple(found)


def why_returned(one: Asked, progress: Progress, lang: Lang) -> str:
    """The reviewer's comments, or how many errors the check found."""
    event, version = one.standing.returned, one.standing.version
    if event is not None and isinstance(event.act, Returned):
        return _REMARK.say(lang).format(
            role=progress.round.role_title(event.act.role).say(lang),
            by=event.by,
            day=event.at[:10],
            words=comments(event.act, lang) or _WORDLESS.say(lang),
        )
    return _BY_CHECK.say(lang).format(count=version.errors if version else 0)


def comments(act: Returned, lang: Lang) -> str:
    """What a reviewer wrote: on the whole, then by key."""
    by_key = (f"{key}{_colon(lang)}{words}" for key, words in act.remarks.items())
    return STOP.say(lang).join(filter(None, (act.comment.rstrip("。；;"), *by_key)))


def _numbers(numbers: Sequence[int], lang: Lang) -> str:
    return _BETWEEN.say(lang).join(map(str, numbers))


def _colon(lang: Lang) -> str:
    return "：" if lang == "zh" else ": "
